"""How many it takes: people by kit beside real forces, and the curve of units with its bands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from borderzone.errors import InvalidParameterError
from borderzone.figures import sheet
from borderzone.figures.style import (
    A4_LANDSCAPE,
    INK,
    RULE_STYLE,
    attribution,
    context,
    drawing,
    figure_of,
    halo,
    page,
    percent_ticks,
    rows_of,
    run_words,
)
from borderzone.patrol import BEST_RULE
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["answer", "answer_data", "coverage_curve", "coverage_curve_data"]

_LED, _UNLED, _INFORMED = INK["optimal"], "#8a5a00", "#5b6f82"
# Room of a decade that takes three labels, and axes below which all is short. Units: inches.
_IN_OF_A_DECADE, _NARROW_IN = 1.25, 3.6
# Room that the words at the left take. Units: inches.
_WORDS_IN = 1.9
# What labels and margins leave of somebody's axes.
_LEFT_OF_AXES = 0.75
# Marks by law: unled above, led below the middle of a row.
_MARKS: dict[str, dict[str, Any]] = {
    "random": {"marker": "o", "markerfacecolor": "#ffffff", "color": _UNLED, "offset": -0.2},
    "beats_soft": {"marker": "o", "markerfacecolor": _LED, "color": _LED, "offset": 0.2},
    "standing": {"marker": "s", "markerfacecolor": _LED, "color": _LED, "offset": 0.0},
}


@drawing
def answer(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how many people it takes to see half, to leave no gap, and to stop half, by kit.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no answer.
    """
    table = answer_data(result)
    with context():
        whole = ax is None
        if ax is None:
            figure = page(A4_LANDSCAPE)
            ax = figure.add_axes((0.235, 0.16, 0.6, 0.69))
            sheet.heading(figure, told.answer_finding(result), told.answer_standing(result))
            sheet.footer(
                figure,
                f"{told.answer_caution(result)} {run_words(result)}",
            )
        _frame(ax, table, whole=whole)
        _rows(ax, table, narrow=not whole and _is_narrow(ax))
        forces = told.forces_in_people(result)
        _force_lines(ax, forces, named=whole)
        _legend(ax, forces, whole=whole)
    return ax


def answer_data(result: StudyResult) -> pd.DataFrame:
    """Give what `answer` draws, as a table."""
    if result.answer is None:
        raise InvalidParameterError(told.without_elevation(result, "answer"))
    return told.answer_rows(result)


def _places(table: pd.DataFrame) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """Where each kit of each aim stands, from the top, and where the headings do."""
    place, heads, y = {}, {}, 0.0
    for measure, rows in table.groupby("measure", sort=False):
        heads[str(measure)] = y
        for kit in rows["kit"].unique():
            y += 1.0
            place[str(measure), str(kit)] = y
        y += 1.6
    return place, heads


def _rows(ax: Axes, table: pd.DataFrame, *, narrow: bool) -> None:
    place, heads = _places(table)
    for row in rows_of(table[table["opponent"] == "blind"]):
        style = dict(_MARKS[row.law])
        y = place[row.measure, row.kit] + style.pop("offset")
        if not math.isfinite(row.people):
            ax.text(0.99, y, "no number is enough", transform=ax.get_yaxis_transform(), ha="right",
                    va="center", fontsize=7, color=style["color"])  # fmt: skip
            continue
        high = row.people_high if math.isfinite(row.people_high) else ax.get_xlim()[1]
        ax.plot([row.people_low, high], [y, y], color=style["color"], linewidth=1.6, alpha=0.55)
        ax.plot([row.people], [y], markersize=5.5, linestyle="none", **style)
    informed = table[(table["opponent"] == "informed") & (table["law"] == "beats_soft")]
    for row in rows_of(informed):
        if math.isfinite(row.people):
            y = place[row.measure, row.kit] + _MARKS["beats_soft"]["offset"]
            ax.plot([row.people], [y], marker="|", markersize=9, color=_INFORMED, linestyle="none")
    # Where there is little room, kits go by their names in the table and aims stand inside.
    words = [kit if narrow else told.KIT_WORDS.get(kit, kit) for _, kit in place]
    ax.set_yticks(list(place.values()), words)
    side, x, points = ("left", 0.01, 7.0) if narrow else ("right", -0.005, 8.5)
    for measure, y in heads.items():
        aim = table[table["measure"] == measure].iloc[0]
        ax.text(x, y, told.aim_words(aim), transform=ax.get_yaxis_transform(), ha=side,
                va="center", fontweight="bold", fontsize=points)  # fmt: skip
    ax.set_ylim(max(place.values()) + 0.8, -0.7)


def _force_lines(ax: Axes, forces: list[told.ForceInPeople], *, named: bool) -> None:
    for number, force in enumerate(forces):
        ax.axvline(force.people, color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        if not named:
            continue  # over somebody's own axes stands the key, which names them
        ax.annotate(
            f"{force.words}: {told.rounded(force.people)}",
            (force.people, 1.0), xycoords=("data", "axes fraction"),
            xytext=(3, 3 + 9 * (number % 2)), textcoords="offset points", fontsize=7,
        )  # fmt: skip


def _wide_in(ax: Axes) -> float:
    """Give the width of axes, of which on somebody's own page the labels take a part. Units: inches."""
    return float(figure_of(ax).get_figwidth() * ax.get_position().width)


def _is_narrow(ax: Axes) -> bool:
    """Tell whether axes leave no room for the words at their left, which a layout engine would make."""
    figure = figure_of(ax)
    left_in = figure.get_figwidth() * ax.get_position().x0
    return _wide_in(ax) < _NARROW_IN or (figure.get_layout_engine() is None and left_in < _WORDS_IN)


def _frame(ax: Axes, table: pd.DataFrame, *, whole: bool) -> None:
    finite = table[["people_low", "people", "people_high"]].to_numpy().ravel()
    finite = finite[np.isfinite(finite) & (finite > 0)]
    ax.set_xscale("log")
    ax.set_xlim(0.7 * finite.min(), 1.5 * finite.max())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("people out at once by night (logarithmic)", fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelsize=8 if whole else 7)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    # Every decade has a label, and where there is room 2 and 5 between.
    decades = math.log10(1.5 * finite.max() / (0.7 * finite.min()))
    room_in = _wide_in(ax) * (1.0 if whole else _LEFT_OF_AXES) / decades
    subs = (1.0, 2.0, 5.0) if room_in > _IN_OF_A_DECADE else (1.0,)
    ax.xaxis.set_major_locator(LogLocator(base=10, subs=subs))


def _legend(ax: Axes, forces: list[told.ForceInPeople], *, whole: bool) -> None:
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 5.5}
    key = [
        Line2D([], [], label="unled", **plain, **_mark("random")),
        Line2D([], [], label="led", **plain, **_mark("beats_soft")),
        Line2D([], [], label="posts", **plain, **_mark("standing")),
        Line2D([], [], marker="|", color=_INFORMED, linestyle="none", markersize=9,
               label="led, against who knows place and time"),
        Line2D([], [], color=INK["text"], linewidth=1.6, alpha=0.55, label="5 to 95 % of the states of nature"),
    ]  # fmt: skip
    if whole:
        figure_of(ax).legend(handles=key, loc="lower center", ncols=5, fontsize=7.5, frameon=False,
                             bbox_to_anchor=(0.5, 0.075))  # fmt: skip
        return
    if forces:
        had = "; ".join(f"{force.words}: {told.rounded(force.people)}" for force in forces)
        key.append(
            Line2D([], [], color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), label=had)
        )
    # Above somebody's own axes: below stand their label and whatever is under them. On narrow ones it
    # reaches over the labels at the left.
    right = _wide_in(ax) < _NARROW_IN
    ax.legend(
        handles=key,
        loc="lower right" if right else "lower left",
        bbox_to_anchor=(1.0 if right else 0.0, 1.01),
        ncols=2,
        fontsize=7,
        frameon=False,
        borderaxespad=0.0,
        columnspacing=1.0,
        handletextpad=0.4,
        handlelength=1.4,
    )


def _mark(law: str) -> dict[str, Any]:
    return {name: value for name, value in _MARKS[law].items() if name != "offset"}


MEASURES = ("mean", "min")
PANEL_TITLE = {
    "mean": "On average along the border",
    "min": "Every inch: at its weakest segment",
}
SEEN_DASH = (0, (1, 1.4))


@drawing
def coverage_curve(
    result: StudyResult | pd.DataFrame, ax: Axes | None = None, *, measure: str = "mean"
) -> Axes:
    """
    Draw how many units give how much detection, and interdiction by constants of the user's own.

    Parameters
    ----------
    result
        What a study gave, or the table of `borderzone.patrol.coverage_curve`. Interdiction
        is drawn where it is told, with detection as its upper bound.
    ax
        Axes to draw one panel on; a whole page with a panel for the average,
        one for the weakest segment and the gain of the next unit is made when
        left out and a study is given.
    measure
        ``"mean"`` or ``"min"``: which panel to draw on `ax`.

    Returns
    -------
    matplotlib.axes.Axes
        The panel drawn on, or the first of the page.

    Raises
    ------
    InvalidParameterError
        If the study has no curve, or the measure is unknown.
    """
    if measure not in MEASURES:
        msg = f"measure must be 'mean' or 'min', got {measure!r}"
        raise InvalidParameterError(msg)
    with context():
        if isinstance(result, pd.DataFrame):
            return _table_panel(result, ax, measure)
        curve = _curve_of(result)
        if ax is not None:
            _panel(ax, curve, measure, result)
            ax.legend(handles=_key(curve, result.scenario.light), loc="upper left", fontsize=7)
            return ax
        return _whole_page(result, curve)


def coverage_curve_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the curve shows, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row for each number of units, rule and light.

    Raises
    ------
    InvalidParameterError
        If the study has no curve.
    """
    return _curve_of(result)


def _curve_of(result: StudyResult) -> pd.DataFrame:
    if result.curve is None:
        raise InvalidParameterError(told.without_elevation(result, "curve"))
    return result.curve.copy()


def _table_panel(curve: pd.DataFrame, ax: Axes | None, measure: str) -> Axes:
    ax = ax if ax is not None else page((7.0, 4.6)).add_axes((0.1, 0.13, 0.87, 0.76))
    column = f"{measure}_{_kind(curve)}"
    for rule, rows in curve.groupby("rule", sort=False) if "rule" in curve else (("", curve),):
        style = RULE_STYLE.get(str(rule), {"color": INK["optimal"], "linestyle": "-"})
        ax.plot(rows["unit_count"], rows[column], **(style | {"linewidth": 2.0}))
    _percent(ax)
    ax.set_xlim(0, float(curve["unit_count"].max()))
    ax.set_xlabel("patrol units out")
    what = "detection" if column.endswith("pod") else "interdiction"
    ax.set_ylabel(f"probability of {what} per crossing")
    ax.set_title(PANEL_TITLE[measure])
    if "rule" in curve:
        ax.legend(loc="lower right")
    return ax


def _whole_page(result: StudyResult, curve: pd.DataFrame) -> Axes:
    figure = page(A4_LANDSCAPE)
    wide, high = A4_LANDSCAPE
    columns = [0.95 / wide, 6.35 / wide]
    panels = []
    for left, measure in zip(columns, MEASURES, strict=True):
        ax = figure.add_axes((left, 3.2 / high, 4.85 / wide, 3.3 / high), label=measure)
        _panel(ax, curve, measure, result)
        panels.append(ax)
    stops = _kind(curve) == "poi"
    panels[0].set_ylabel(f"chance that a crossing is {'stopped, or seen' if stops else 'seen'}")
    limits = panels[0].get_xlim()
    if told.real_forces(result):
        box = (columns[0], 1.0 / high, 4.85 / wide, 1.43 / high)
        _force_ticks(figure.add_axes(box, label="forces"), result, limits)
    box = (columns[1], 1.4 / high, 4.85 / wide, 0.98 / high)
    _gain_panel(figure.add_axes(box, label="gain"), curve, result.scenario.light, limits)
    lines = sheet.heading(figure, _finding(result), _standing(result))
    figure.legend(
        handles=_key(curve, result.scenario.light),
        loc="upper left",
        bbox_to_anchor=(sheet.SIDE / wide, 1 - (0.8 if lines == 1 else 0.9) / high),
        ncols=3,
        columnspacing=1.6,
        handlelength=3.0,
        borderaxespad=0.0,
        borderpad=0.0,
        labelspacing=0.3,
        fontsize=7.5,
    )
    sheet.footer(figure, _caption(result))
    return panels[0]


def _panel(ax: Axes, curve: pd.DataFrame, measure: str, result: StudyResult) -> None:
    kind = _kind(curve)
    best = BEST_RULE[f"{measure}_{kind}"]
    light = result.scenario.light
    other = curve[(curve["light"] != light) & (curve["rule"] == best)]
    shown = curve[curve["light"] == light]
    chosen = shown[shown["rule"] == best]
    main, pod = _middle(curve, f"{measure}_{kind}"), _middle(curve, f"{measure}_pod")
    ink = RULE_STYLE[best]["color"]
    if f"{measure}_{kind}_p05" in chosen:
        low, high = chosen[f"{measure}_{kind}_p05"], chosen[f"{measure}_{kind}_p95"]
        ax.fill_between(chosen["unit_count"], low, high, color=ink, alpha=0.16, linewidth=0)
    for rule in ("even", best):
        rows = shown[shown["rule"] == rule]
        line = {key: RULE_STYLE[rule][key] for key in ("color", "linestyle")}
        ax.plot(rows["unit_count"], rows[main], linewidth=2.2 if rule == best else 1.5, **line)
    if kind == "poi":
        ax.plot(chosen["unit_count"], chosen[pod], color=ink, linewidth=1.3, linestyle=SEEN_DASH)
    ax.plot(other["unit_count"], other[main], color=ink, linewidth=0.9)
    _percent(ax)
    _count_axis(ax, chosen)
    ax.set_title(PANEL_TITLE[measure], pad=28)
    ax.set_xlabel("patrol units out (each step to the right multiplies)")
    _ceiling(ax, result, measure)
    _payroll_axis(ax, chosen)


def _kind(curve: pd.DataFrame) -> str:
    """Tell whether a curve tells what is stopped, or only what is seen."""
    return "poi" if "mean_poi" in curve else "pod"


def _middle(curve: pd.DataFrame, measure: str) -> str:
    return f"{measure}_p50" if f"{measure}_p50" in curve else measure


def _count_axis(ax: Axes, chosen: pd.DataFrame) -> None:
    # The answer spans a factor of five, so equal factors get equal room.
    counts = chosen["unit_count"]
    ax.set_xscale("log")
    ax.set_xlim(max(10.0, float(counts[counts > 0].min())), float(counts.max()))
    _plain_counts(ax.xaxis)


def _plain_counts(axis: Any) -> None:
    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_minor_locator(NullLocator())


def _percent(ax: Axes) -> None:
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(percent_ticks())
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _ceiling(ax: Axes, result: StudyResult, measure: str) -> None:
    if result.required is None or "ceiling" not in result.required:
        return
    rows = result.required[result.required["measure"] == f"{measure}_poi"]
    if rows.empty or float(rows["ceiling"].iloc[0]) >= 1:
        return
    top = float(rows["ceiling"].iloc[0])
    ax.axhline(top, color=INK["text"], linewidth=0.8, linestyle=(0, (8, 4)))
    ax.text(
        0.015,
        top + 0.012,
        f"with constants of your own no number of units stops more than about {told.percent(top)}:\n"
        "not all who are seen are identified and reached; the band draws both",
        transform=ax.get_yaxis_transform(),
        ha="left",
        va="bottom",
        fontsize=7,
        path_effects=halo(),
    )


def _payroll_axis(ax: Axes, chosen: pd.DataFrame) -> None:
    rows = chosen[(chosen["unit_count"] > 0) & np.isfinite(chosen["payroll_p50"])]
    if rows.empty:
        return
    factor = float((rows["payroll_p50"] / rows["unit_count"]).median())
    top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
    _plain_counts(top.xaxis)
    top.set_xlabel(f"units on the payroll, {factor:.1f} for each out (median)", fontsize=7.5)
    top.tick_params(length=3)


def _times(factor: float) -> Callable[[Any], Any]:
    def scaled(number: Any) -> Any:
        return number * factor

    return scaled


def _force_ticks(ax: Axes, result: StudyResult, limits: tuple[float, float]) -> None:
    forces = [force for force in told.real_forces(result) if np.isfinite(force.units[0])]
    rows = sorted(forces, key=lambda force: -force.units[0])
    ax.set(xscale="log", xlim=limits, ylim=(-0.6, len(rows) - 0.4))
    for place, row in enumerate(rows):
        units = row.units[0]
        x = min(max(units, limits[0]), limits[1])
        beyond = units > limits[1]
        ax.hlines(place, limits[0], x, color="#d0d0d0", linewidth=0.6)
        ax.plot(
            [x], [place], ">" if beyond else "o", color=INK["text"], markersize=4, clip_on=False
        )
        left = x > np.sqrt(limits[0] * limits[1])
        ax.annotate(
            f"{row.case}, {row.words}",
            (x, place),
            (-6 if left else 6, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=7,
            path_effects=halo(),
        )
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.xaxis.set_major_locator(NullLocator())
    ax.xaxis.set_minor_locator(NullLocator())
    first, *others = (told.along_words(result, length) for length in told.lengths(result))
    where = f"{first} of border (on {others[0]})" if others else "this length of border"
    ax.set_title(f"What real forces had, as units on {where}", fontsize=8, pad=3, loc="left")


def _gain_panel(ax: Axes, curve: pd.DataFrame, light: str, limits: tuple[float, float]) -> None:
    for measure in MEASURES:
        rule = BEST_RULE[f"{measure}_{_kind(curve)}"]
        rows = curve[(curve["light"] == light) & (curve["rule"] == rule)]
        units = rows["unit_count"].to_numpy(dtype=float)
        value = rows[_middle(curve, f"{measure}_{_kind(curve)}")].to_numpy(dtype=float)
        twice = 2 * units <= units.max()
        gain = 100 * (np.interp(2 * units[twice], units, value) - value[twice])
        style = {key: RULE_STYLE[rule][key] for key in ("color", "linestyle")}
        ax.plot(units[twice], gain, linewidth=1.4, **style)
    ax.set(xscale="log", xlim=limits)
    ax.set_ylim(bottom=0)
    _plain_counts(ax.xaxis)
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_xlabel("patrol units out")
    ax.set_title(
        "What twice as many units would add, percentage points", fontsize=8, pad=3, loc="left"
    )
    ax.grid(axis="y")


def _key(curve: pd.DataFrame, light: str) -> list[Any]:
    kind = _kind(curve)
    done = "stopped" if kind == "poi" else "seen"
    marks: list[Any] = [
        Line2D(
            [],
            [],
            linewidth=1.5 if rule == "even" else 2.2,
            label=f"{done}, by {light}, units {style['label']}",
            **{key: style[key] for key in ("color", "linestyle")},
        )
        for rule, style in RULE_STYLE.items()
    ]
    other = "day" if light == "night" else "night"
    marks.append(Line2D([], [], color=INK["quiet"], linewidth=0.9, label=f"{done}, by {other}"))
    if kind == "poi":
        marks.append(
            Line2D(
                [],
                [],
                color=INK["quiet"],
                linestyle=SEEN_DASH,
                linewidth=1.3,
                label=f"seen, by {light}: the upper bound",
            )
        )
    if f"mean_{kind}_p05" in curve:
        words = "5 to 95 % of the draws over the assumptions"
        marks.append(Patch(color=INK["quiet"], alpha=0.25, linewidth=0, label=words))
    return marks


def _finding(result: StudyResult) -> str:
    kind = _kind(_curve_of(result))
    half = _half(result, f"mean_{kind}", " out")
    verb, done = ("stopping", "stopped") if kind == "poi" else ("seeing", "seen")
    if not half:
        return f"{result.name}: half of all crossings cannot be {done} by patrols alone"
    return f"{result.name}: {verb} half of all crossings takes {half}"


def _half(result: StudyResult, measure: str, where: str = "") -> str:
    """Units that reach half, for each length of the border; empty where no number does."""
    first, *others = told.lengths(result)
    found = [
        f"{row.range}{where}"
        if length == first
        else f"{told.at_length(result, length)} {row.range}"
        for length in (first, *others)
        for row in told.units(result, measure, target=0.5, length=length)
        if row.enough
    ]
    return "; ".join(found)


def _standing(result: StudyResult) -> str:
    inch = _half(result, f"min_{_kind(_curve_of(result))}")
    words = f"By {result.scenario.light}, watching with {told.sensor_words(result.scenario)}; 5 to 95 % of the draws."
    if inch:
        words += f" Half at every inch takes {inch}."
    return words


def _caption(result: StudyResult) -> str:
    force = result.scenario.force
    sources = ["borders", "elevation", "landcover"]
    if told.lengths(result) != ("measured",):
        sources.append("published_lengths")
    return (
        f"A unit: {force.crew} people, {told.MODE_WORDS[force.mode]}, watching with {told.sensor_words(result.scenario)}. "
        f"{' '.join([*told.constants_words(result), ''])}"
        f"Crossings are spread evenly along {told.along_words(result)}. "
        "Units spread evenly, or placed best for the mean, or placed so that every inch is equal. "
        "Real forces are counted as such units and scaled to this length; it is not said what they "
        f"achieved. {attribution(result, *sources)} {run_words(result)}"
    )
