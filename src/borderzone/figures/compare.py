"""Two scenarios side by side: A, B, and B less A."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    SIZES,
    Look,
    Page,
    Sheet,
    SheetOptions,
    border_axis,
    drawing,
    figure_of,
    open_page,
    percent_ticks,
    rows_of,
    run_words,
    say,
    width_in,
    wrapped,
)
from borderzone.figures.reach import edges_km
from borderzone.patrol import BEST_RULE
from borderzone.study import told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["whatif", "whatif_data"]

_PAIR = (
    Look(color="even", linestyle=(0, (5, 2)), linewidth=1.8),
    Look(color="optimal", linestyle="-", linewidth=2.2),
)
# More is seen, and less: told apart by hatch too.
_MORE = Look(facecolor="bar", edgecolor="optimal", linewidth=0.0)
_LESS = Look(facecolor="paper", edgecolor="maximin", hatch="////", linewidth=0.0)
# Pages this wide and high have room for the table; narrower than the second, or lower than the third, for
# the curves and the difference alone. Units: inches.
_TABLED_IN, _BESIDE_IN, _ALONE_IN = (9.0, 6.0), 4.6, 3.4
_GAP_IN = 0.2


@drawing
def whatif(
    a: StudyResult,
    b: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw two scenarios, and what changes from one to the other.

    Parameters
    ----------
    a, b
        Results of one border, run with one seed and one number of draws.
    ax
        Axes for the two curves; a page is made when left out, with the segments and a table
        of paired differences as far as it has room.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the curves.

    Raises
    ------
    InvalidParameterError
        If one of them has no curve, or their segments differ.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> goggles = study.scenario.changed({"name": "goggles", "force.sensor": "night_vision_goggles"})
    >>> results = [one.run(seed=1) for one in (study, study.with_scenario(goggles))]
    >>> ax = bz.figures.whatif(*results, size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    100 units see 52 % under “as is”; “goggles” changes that by +48 points (median of paired differences)
    """
    if a.curve is None or b.curve is None:
        bare = a if a.curve is None else b
        msg = f"only studies with elevation have a curve to compare: {told.without_elevation(bare, 'curve')}"
        raise InvalidParameterError(msg)
    if not a.segments[["km_start", "km_end"]].equals(b.segments[["km_start", "km_end"]]):
        msg = "the two studies have different segments; give both scenarios one segment_km"
        raise InvalidParameterError(msg)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    table = compare(a, b)
    page.heading(_finding(table, a, b), _standing(a, b))
    page.footer(
        *([told.DIFFERENCE_WORDS] if page.whole else []),
        "Both scenarios use the same draws, so a difference is that of the change alone.",
        f"A unit: {_crews(a, b)} people.",
        "In grey: within the noise, or no number of units is enough (none).",
        run_words(a, b),
    )
    page.key_below(_key(a, b))
    if page.whole:
        _panels(page, table, a, b)
    else:
        _curves(page, page.ax, a, b)
    return page.ax


def whatif_data(a: StudyResult, b: StudyResult) -> pd.DataFrame:
    """
    Return what the comparison shows by segment, as a table.

    Parameters
    ----------
    a, b
        Results of one border.

    Returns
    -------
    DataFrame
        Chance to be seen at the reference units spread evenly: ``a``, ``b``
        and ``difference`` by segment.
    """
    table = pd.DataFrame(a.segments[["km_start", "km_end"]])
    table["a"], table["b"] = a.segments["pod_even"], b.segments["pod_even"]
    table["difference"] = table["b"] - table["a"]
    return table


def _panels(page: Page, table: pd.DataFrame, a: StudyResult, b: StudyResult) -> None:
    """Lay curves, segments, their difference and the table: all, or what has room, one under another if narrow."""
    left, bottom, right, top = page.body_in
    tabled = page.wide_in >= _TABLED_IN[0] and page.cell_in[3] >= _TABLED_IN[1]
    if page.wide_in >= _BESIDE_IN:
        middle = left + (0.45 if tabled else 0.5) * (right - left)
        curves = (left, bottom, middle - _GAP_IN / 2, top)
        floor = bottom + 0.5 * (top - bottom) if tabled else bottom
        strips = (middle + _GAP_IN / 2, floor, right, top)
    elif top - bottom >= _ALONE_IN:
        half = bottom + 0.5 * (top - bottom)
        curves, strips = (left, half + 0.05, right, top), (left, bottom, right, half - 0.05)
    else:
        curves, strips = (left, bottom, right, top), None
    _curves(page, page.ax, a, b)
    page.fit(box_in=curves)
    if strips is not None:
        _strips(page, a, b, strips)
    if tabled:
        _table(page, table, a, (strips[0] if strips else left, bottom, right, floor - _GAP_IN))


def _curves(page: Page, ax: Axes, a: StudyResult, b: StudyResult) -> None:
    limit, measure = 0.0, _told_of_both(a, b)
    for result, style in zip((a, b), _PAIR, strict=True):
        if result.curve is None:
            continue
        rows = result.curve[
            (result.curve["rule"] == BEST_RULE[measure])
            & (result.curve["light"] == result.scenario.light)
        ]
        low, high = rows[f"{measure}_p05"], rows[f"{measure}_p95"]
        ax.fill_between(
            rows["unit_count"], low, high, color=style["color"], alpha=0.13, linewidth=0
        )
        middle = rows[f"{measure}_p50"]
        ax.plot(rows["unit_count"], middle, **style)
        near = middle >= 0.95 * middle.max()
        limit = max(limit, float(rows.loc[near, "unit_count"].iloc[0]))
    ax.set(xlim=(0, limit), ylim=(0, 1))
    ax.set_xlabel("patrol units out", fontsize=page.points)
    ax.set_ylabel(
        say("chance to be {done}", done=say(told.SEGMENT_WORDS[measure])), fontsize=page.points
    )
    ax.yaxis.set_major_formatter(percent_ticks())
    ax.xaxis.set_major_locator(MaxNLocator(int(np.clip(page.wide_in / 1.1, 3, 6)), integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _told_of_both(a: StudyResult, b: StudyResult) -> str:
    """Name what is compared: what is stopped where both tell it, else what is seen."""
    both = all(result.curve is not None and "mean_poi" in result.curve for result in (a, b))
    return "mean_poi" if both else "mean_pod"


def _strips(
    page: Page, a: StudyResult, b: StudyResult, box: tuple[float, float, float, float]
) -> None:
    """Draw both by segment over what changes, each on a scale that it fills."""
    table, edges = whatif_data(a, b), edges_km(a)
    left, bottom, right, top = box
    both = right - left > _BESIDE_IN / 2 and top - bottom > 1.9
    middle = bottom + 0.5 * (top - bottom)
    units = a.scenario.reference_units
    change = page.axes(
        (left + 0.5, bottom + 0.4, right, (middle if both else top) - 0.25), "difference"
    )
    size: Any = {"fontsize": page.points}
    if both:
        pair = page.axes((left + 0.5, middle + 0.2, right, top - 0.2), "pair")
        for column, style in zip(("a", "b"), _PAIR, strict=True):
            pair.stairs(table[column], edges, baseline=None, **style)
        pair.set_ylim(0, 1.1 * float(max(table["a"].max(), table["b"].max(), 1e-9)))
        pair.set_title(say("Seen by {units} units spread evenly", units=units), pad=4, **size)
        pair.tick_params(labelbottom=False)
    _difference(change, table["difference"].to_numpy(dtype=float), edges)
    rest = (
        "B less A, in points"
        if both
        else f"B less A, in points, by segment: {units} units spread evenly"
    )
    change.set_title(
        "\n".join(wrapped(rest, right - left - 0.3, page.points, bold=True)), pad=4, **size
    )
    shown = (pair, change) if both else (change,)
    border_axis(page, a.border, *shown)
    change.set_xlabel("km along the border", **size)
    for axes in shown:
        axes.yaxis.set_major_formatter(percent_ticks())
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_locator(MaxNLocator(int(np.clip((right - left) / 0.6, 3, 8))))
        axes.tick_params(labelsize=max(LEAST_POINTS, page.points - 0.5))
    change.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: told.signed(100 * value) if round(100 * value) else "0")
    )
    page.fit(*shown, box_in=box)


def _difference(ax: Axes, change: FloatArray, edges: FloatArray) -> None:
    """Draw what changes on both sides of nothing, on a scale that it fills."""
    for look, part in ((_MORE, change > 0), (_LESS, change < 0)):
        ax.stairs(np.where(part, change, 0.0), edges, baseline=0, fill=True, **look)
    ax.axhline(0.0, color=INK["text"], linewidth=0.8)
    most, least = 1.12 * max(float(change.max()), 0.0), 1.12 * min(float(change.min()), 0.0)
    ax.set_ylim(least, most if most > least else 1e-9)


def _table(
    page: Page, table: pd.DataFrame, a: StudyResult, box: tuple[float, float, float, float]
) -> None:
    """Write numbers of both and the paired differences, as many rows as have room."""
    figure = figure_of(page.ax)
    wide, high = figure.get_size_inches()
    left, bottom, right, top = box
    points = LEAST_POINTS
    change_in = 1.75
    columns = (
        (left, "left"),
        (right - change_in - 0.6, "right"),
        (right - change_in, "right"),
        (right, "right"),
    )
    heads = (
        f"at {a.scenario.reference_units} units, or units needed",
        "A",
        "B",
        "median of paired differences",
    )
    rows = [(heads, "bold", INK["text"])]
    for row in rows_of(table):
        share = told.is_share(str(row.quantity))
        cells = (
            told.quantity_words(row.quantity),
            told.percent(row.a) if share else _units(row.a),
            told.percent(row.b) if share else _units(row.b),
            told.change_words(row),
        )
        noisy = row.within_noise is None or bool(row.within_noise)
        rows.append((cells, "normal", INK["even"] if noisy else INK["text"]))
    step = max(1.4 * points / 72, min(0.24, (top - bottom) / len(rows)))
    most = max(1, int((top - bottom) / step))
    room = columns[1][0] - left - 0.5
    for number, (cells, weight, ink) in enumerate(rows[:most]):
        y = (top - number * step) / high
        for (x, side), cell in zip(columns, cells, strict=True):
            words = cell
            while side == "left" and width_in(words, points, bold=weight == "bold") > room + 0.1:
                words = words[:-2].rstrip(" ,") + "…"
            figure.text(
                x / wide, y, words, ha=side, va="top", fontsize=points, fontweight=weight, color=ink
            )


def _crews(a: StudyResult, b: StudyResult) -> str:
    crews = (a.scenario.force.crew, b.scenario.force.crew)
    return f"{crews[0]}" if crews[0] == crews[1] else f"in A {crews[0]}, in B {crews[1]}"


def _units(value: float) -> str:
    return told.count(value) if math.isfinite(value) else "none"


def _key(a: StudyResult, b: StudyResult) -> list[Any]:
    marks: list[Any] = [
        Line2D([], [], label=f"{letter}: {result.scenario.name}", **style)
        for letter, result, style in zip("AB", (a, b), _PAIR, strict=True)
    ]
    return [*marks, Patch(color=INK["quiet"], alpha=0.2, linewidth=0, label="5 to 95 %")]


def _finding(table: pd.DataFrame, a: StudyResult, b: StudyResult) -> str:
    measure = _told_of_both(a, b)
    row = table[table["quantity"] == measure].iloc[0]
    change = told.signed(100 * float(row["difference"]))
    does = "stop" if measure == "mean_poi" else "see"
    verb = f"{does}s as many" if bool(row["within_noise"]) else f"changes that by {change} points"
    return (
        f"{a.scenario.reference_units} units {does} {told.percent(row['a'])} under “{a.scenario.name}”; "
        f"“{b.scenario.name}” {verb} (median of paired differences)"
    )


def _standing(a: StudyResult, b: StudyResult) -> str:
    before, after = (_flat(result.scenario.model_dump(mode="json")) for result in (a, b))
    changed = [
        f"{name}: {before[name]} to {after[name]}"
        for name in before
        if name != "name" and before[name] != after.get(name)
    ]
    return f"{a.name}, by {a.scenario.light}. What changes: {'; '.join(changed) or 'nothing'}."


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
