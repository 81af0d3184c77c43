"""The panel as the page holds it: its numbers as compact JSON, its map and strip, and the words beside them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards.escapes import line
from borderzone.report import cells
from borderzone.report.panel.shapes import PanelMap, panel_map
from borderzone.report.panel.states import (
    LIGHTS,
    RULES,
    TACTICS,
    PanelNumbers,
    panel_numbers,
    places_of,
)
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from borderzone._typing import FloatArray, IntArray
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["Panel", "made_panel"]

# Every share as it is told, in order: a place in this list stands for it in the page.
PERCENTS = (
    "0 %",
    "less than 1 %",
    *(f"{share} %" for share in range(1, 100)),
    "more than 99 %",
    "100 %",
)
# Columns and pixels of the strip, and the most that its numbers take.
_STRIP_WIDTH, _EDGE = 1000.0, 34.0
_MOONS = {"mean": "mean of the moons", "dark": "no moon", "full": "full moon"}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """
    The panel of one edition.

    Attributes
    ----------
    numbers
        What units see, by state of the controls; `PanelNumbers.table` is told as a file.
    map
        Its map.
    data
        What the script reads, as JSON that can stand inside a page.
    strip
        Places along the border, with heights of the ground.
    start
        What it shows before a script runs.
    table
        The same for a few numbers of units, as a table.
    """

    numbers: PanelNumbers
    map: PanelMap
    data: str
    strip: dict[str, Any]
    start: dict[str, Any]
    table: cells.Table


def made_panel(edition: Edition) -> Panel | None:
    """Make the panel of what an edition may tell; None where it is not known what units see."""
    asked, result = edition.asked, edition.result
    if asked is None:
        return None
    # Places are the segments of this edition or wider, whatever those are that were asked about.
    together = -(-len(asked.lengths_km) // max(len(result.segments), 1))
    told_as = places_of(len(asked.lengths_km), together)
    group = places_of(len(result.segments), 1)
    if told_as.max() + 1 == len(result.segments):
        told_as = group[told_as]
    numbers = panel_numbers(asked, result.scenario, told_as)
    shapes = result.segments[["geometry"]].dissolve(by=group).geometry
    ground = _ground(result, group)
    state = numbers.states.index(numbers.start)
    stop = _nearest(numbers.stops, result.scenario.reference_units)
    return Panel(
        numbers=numbers,
        map=panel_map(result, shapes),
        data=_data(result, numbers, ground, stop),
        strip=_strip(result, ground),
        start=_shown(numbers, state, stop),
        table=_table(numbers, state),
    )


def _nearest(stops: tuple[int, ...], units: int) -> int:
    return int(np.argmin(np.abs(np.log(stops) - math.log(max(units, 1)))))


def _ground(result: StudyResult, group: IntArray) -> list[dict[str, Any]]:
    """Say of each place where it is, what its ground is like, and what is seen on the weakest way across."""
    found = []
    for _, rows in result.segments.groupby(group):
        start, end = float(rows["km_start"].min()), float(rows["km_end"].max())
        found.append(
            {
                "a": round(start, 1),
                "b": round(end, 1),
                "words": "; ".join([*_reasons(rows), *_way_words(result, start, end)]),
                "low": _known(rows, "elevation_min_m", "min"),
                "high": _known(rows, "elevation_max_m", "max"),
                "mean": _known(rows, "elevation_mean_m", "mean"),
            }
        )
    return found


def _way_words(result: StudyResult, start: float, end: float) -> list[str]:
    """Tell the weakest way between two chainages, as the table of 10 km has it."""
    table = result.crossing.by_10_km
    if table is None:
        return []
    here = table[(table["km_end"] > start + 1e-6) & (table["km_start"] < end - 1e-6)]
    if not len(here):
        return []
    least, units = told.percent(float(here["pod"].min())), result.scenario.reference_units
    return [f"the weakest way across is seen with {least} by {units} units spread evenly"]


def _known(rows: pd.DataFrame, name: str, how: str) -> float | None:
    if name not in rows or rows[name].isna().all():
        return None
    return round(float(getattr(rows[name], how)()), 1)


def _reasons(rows: pd.DataFrame) -> list[str]:
    words = []
    if "landform" in rows:
        words.append(str(rows["landform"].mode().iloc[0]).replace("_", " "))
    shares = (("remote_share", "remote desert on {}"), ("f_mask", "{} out of sight"))
    for name, text in shares:
        if name in rows and rows[name].notna().any():
            words.append(text.format(told.percent(float(rows[name].mean()))))
    if "cave_rank" in rows:
        rank = rows["cave_rank"].max()
        known = told.RANK_WORDS.get(int(rank), "none") if rank == rank else "unknown"  # noqa: PLR0124 - NaN
        words.append(f"caves: {known}")
    if "third_country_share" in rows and rows["third_country_share"].max() > 0:
        words.append(f"third country on {told.percent(float(rows['third_country_share'].mean()))}")
    return [line(each) for each in words]


def _codes(shares: FloatArray) -> list[Any]:
    """Write shares as places in `PERCENTS`, so that the page tells each as the tables do."""
    place = np.round(100.0 * shares).astype(int) + 1
    place = np.where(shares <= 0.0, 0, np.where(shares < 0.005, 1, place))
    place = np.where((shares >= 0.995) & (shares < 1.0), len(PERCENTS) - 2, place)
    found: list[Any] = np.where(shares >= 1.0, len(PERCENTS) - 1, place).tolist()
    return found


def _two_digits(units: FloatArray) -> list[Any]:
    """Round units of a place to two digits."""
    with np.errstate(divide="ignore"):
        step = 10.0 ** (np.floor(np.log10(units)) - 1)
    rounded = np.where(units > 0.0, np.round(units / np.where(step > 0, step, 1.0)) * step, 0.0)
    return [[[_short(value) for value in row] for row in rows] for rows in rounded.tolist()]


def _short(value: float) -> float:
    return int(value) if value >= 10.0 else float(f"{value:.2g}")


def _data(
    result: StudyResult, numbers: PanelNumbers, ground: list[dict[str, Any]], stop: int
) -> str:
    shape = len(numbers.states), len(numbers.stops)
    column = {name: numbers.table[name].to_numpy().reshape(shape) for name in numbers.table}
    found = {
        "stops": numbers.stops,
        "kits": [
            {"id": name, "words": told.KIT_WORDS[name], "crew": crew}
            for name, crew in numbers.crews.items()
        ],
        "tactics": {"|".join(key): words for key, words in TACTICS.items()},
        "lights": LIGHTS,
        "rules": RULES,
        "states": ["|".join(vars(state).values()) for state in numbers.states],
        "percents": PERCENTS,
        "people": [
            [told.rounded(crew * n) for n in numbers.stops] for crew in numbers.crews.values()
        ],
        "seen": _codes(column["seen"]),
        "weakest": _codes(column["seen_weakest"]),
        "empty": column["segments_without"].tolist(),
        "segments": len(numbers.group),
        "units": _two_digits(numbers.units),
        "places": [{"a": each["a"], "b": each["b"], "words": each["words"]} for each in ground],
        "place_seen": _codes(numbers.seen),
        "goals": _goals(result, numbers),
        "nights": _nights(result),
        "start": {"state": "|".join(vars(numbers.start).values()), "stop": stop},
    }
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    # Inside a page nothing may look like the end of a script.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _goals(result: StudyResult, numbers: PanelNumbers) -> dict[str, Any]:
    """Give what the table of answers takes for half by night and for every inch in the dark, with bands."""
    if result.answer is None:
        return {}
    shown = {(state.kit, state.law, state.opponent) for state in numbers.states}
    lights = {"mean_pod": "night", "min_pod": "dark"}
    found = {}
    rows: Iterable[Any] = told.answer_rows(result).itertuples()
    for row in rows:
        key = row.kit, row.law, row.opponent
        if key in shown and row.measure in lights:
            found["|".join((*key, lights[row.measure]))] = {
                "words": told.band(row.people_low, row.people, row.people_high),
                "units": [_finite(row.low), _finite(row.units), _finite(row.high)],
                "share": float(row.target),
            }
    return found


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None


def _nights(result: StudyResult) -> list[dict[str, str]]:
    """Give what the scenario's own kit takes by month and moon, from the table of nights."""
    table = result.patrol.by_night
    if table is None:
        return []
    rows: Iterable[Any] = table.reset_index().rename(columns={"name": "called"}).itertuples()
    return [
        {"month": row.called, "moon": _MOONS[row.moon], "people": told.rounded(row.people)}
        for row in rows
        if math.isfinite(row.people)
    ]


def _strip(result: StudyResult, ground: list[dict[str, Any]]) -> dict[str, Any]:
    """Lay the places along a line, with the heights of their ground."""
    length = max(each["b"] for each in ground)
    per_km = (_STRIP_WIDTH - 2 * _EDGE) / length
    known = [each for each in ground if each["low"] is not None]
    low = min((each["low"] for each in known), default=0.0)
    high = max((each["high"] for each in known), default=1.0)
    high = max(high, low + 1.0)
    columns = []
    for each in ground:
        has = each["low"] is not None
        ends = [(each[name] - low) / (high - low) if has else 0.0 for name in ("low", "high")]
        columns.append(
            {
                "x": round(_EDGE + each["a"] * per_km, 2),
                "width": round(max((each["b"] - each["a"]) * per_km, 0.5), 2),
                "low": round(ends[0], 3),
                "high": round(ends[1], 3),
                "known": has,
            }
        )
    step = _round_step(length / 6.0)
    return {
        "columns": columns,
        "ticks": [
            {"x": round(_EDGE + km * per_km, 1), "words": f"{km:,.0f}"}
            for km in np.arange(0.0, length + 0.01, step)
        ],
        "low": f"{low:,.0f}",
        "high": f"{high:,.0f}",
        "known": bool(known),
        "ends": [result.border.start_name, result.border.end_name],
    }


def _round_step(most: float) -> float:
    step = 10.0 ** math.floor(math.log10(max(most, 1.0)))
    return next(step * part for part in (10, 5, 2, 1) if step * part <= max(most, 1.0))


# The frame of the curve, as the script has it too: left end, width, foot and height.
_LEFT, _ACROSS, _FOOT, _UP = 52.0, 414.0, 282.0, 250.0
# Shares at which a shade ends.
_SHADES = (0.05, 0.25, 0.5, 0.95)


def _shown(numbers: PanelNumbers, state: int, stop: int) -> dict[str, Any]:
    """Give what the panel shows before anybody has touched it."""
    count = len(numbers.stops)
    rows = numbers.table.iloc[state * count : (state + 1) * count]
    row, at = rows.iloc[stop], numbers.states[state]
    across = _LEFT + _ACROSS * np.log(numbers.stops) / math.log(numbers.stops[-1])
    decades = range(int(math.log10(numbers.stops[-1])) + 1)
    step = _ACROSS / math.log10(numbers.stops[-1])
    return {
        "curves": {
            name: _curve(across, rows[column].to_numpy())
            for name, column in (("seen", "seen"), ("weakest", "seen_weakest"))
        },
        "ticks": [
            {"x": round(_LEFT + step * power, 1), "words": f"{10**power:,}"} for power in decades
        ],
        "cursor": round(float(across[stop]), 1),
        "classes": np.digitize(numbers.seen[state, stop], _SHADES).tolist(),
        "stop": stop,
        "kit": told.KIT_WORDS[at.kit],
        "tactic": TACTICS[at.law, at.opponent],
        "light": LIGHTS[at.light],
        "rule": RULES[at.rule],
        "units": f"{row['units']:,.0f}",
        "people": told.rounded(row["people"]),
        "seen": told.percent(row["seen"]),
        "weakest": told.percent(row["seen_weakest"]),
        "empty": int(row["segments_without"]),
        "place_seen": [round(float(share), 3) for share in numbers.seen[state, stop]],
        "most": float(numbers.units[state, stop].max()),
        "units_by_place": [float(value) for value in numbers.units[state, stop]],
    }


def _curve(across: FloatArray, shares: FloatArray) -> str:
    points = zip(across, _FOOT - _UP * shares, strict=True)
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _table(numbers: PanelNumbers, state: int) -> cells.Table:
    """Tabulate a few stops of the first state, for whoever has no script."""
    rows = numbers.table.iloc[state * len(numbers.stops) :][: len(numbers.stops)]
    at = numbers.states[state]
    picked: Iterable[Any] = rows.iloc[:: max(1, len(rows) // 8)].itertuples()
    return cells.table(
        "The same as a table",
        f"With {told.KIT_WORDS[at.kit]}, {TACTICS[at.law, at.opponent]}, {LIGHTS[at.light]}, units placed for "
        f"the {RULES[at.rule]}. All states stand in tables/panel.csv.",
        [
            ("units out", True),
            ("people out", True),
            ("seen on average", True),
            ("seen at the weakest place", True),
            ("segments without a unit", True),
        ],
        [
            (
                f"{row.units:,.0f}",
                told.rounded(row.people),
                told.percent(row.seen),
                told.percent(row.seen_weakest),
                f"{row.segments_without:,}",
            )
            for row in picked
        ],
        folded=True,
    )
