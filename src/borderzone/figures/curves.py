"""The curve: how many units give how much, with bands and with what real forces had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

import borderzone
from borderzone.errors import InvalidParameterError
from borderzone.figures import sheet
from borderzone.figures.style import A4_LANDSCAPE, INK, RULE_STYLE, context, halo, page
from borderzone.figures.words import attribution, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["coverage_curve", "coverage_curve_data"]

MEASURES = ("mean", "min")
PANEL_TITLE = {
    "mean": "On average along the border",
    "min": "Every inch: at its weakest segment",
}
# The rule that is best for each measure, drawn with its band.
BEST_RULE = {"mean": "optimal", "min": "maximin"}
# The page ends where the band's middle has come this near to what is reachable at all.
SHOWN_SHARE = 0.97


def coverage_curve(
    result: StudyResult | pd.DataFrame, ax: Axes | None = None, *, measure: str = "mean"
) -> Axes:
    """
    Draw how many units give how much interdiction, and detection as its upper bound.

    Parameters
    ----------
    result
        What a study gave, or the table of `borderzone.patrol.coverage_curve`.
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
            ax.legend(handles=_key(curve), loc="lower right", fontsize=7)
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
        msg = f"the study of {result.name} has no curve: {' '.join(result.notes)}"
        raise InvalidParameterError(msg)
    return result.curve.copy()


def _table_panel(curve: pd.DataFrame, ax: Axes | None, measure: str) -> Axes:
    ax = ax if ax is not None else page((7.0, 4.6)).add_axes((0.1, 0.13, 0.87, 0.76))
    column = f"{measure}_poi" if f"{measure}_poi" in curve else f"{measure}_pod"
    for rule, rows in curve.groupby("rule", sort=False) if "rule" in curve else (("", curve),):
        style = RULE_STYLE.get(str(rule), {"color": INK["optimal"], "linestyle": "-"})
        ax.plot(rows["unit_count"], rows[column], **(style | {"linewidth": 2.0}))
    _percent(ax)
    ax.set_xlim(0, float(curve["unit_count"].max()))
    ax.set_xlabel("patrol units on station")
    what = "detection" if column.endswith("pod") else "interdiction"
    ax.set_ylabel(f"probability of {what} per crossing")
    ax.set_title(PANEL_TITLE[measure])
    if "rule" in curve:
        ax.legend(loc="lower right")
    return ax


def _whole_page(result: StudyResult, curve: pd.DataFrame) -> Axes:
    figure = page(A4_LANDSCAPE)
    wide, high = A4_LANDSCAPE
    panels = []
    for column, measure in enumerate(MEASURES):
        left = (0.95 + column * 5.4) / wide
        ax = figure.add_axes((left, 3.05 / high, 4.85 / wide, 3.45 / high), label=measure)
        gain = figure.add_axes(
            (left, 1.72 / high, 4.85 / wide, 0.75 / high), label=f"{measure}-gain"
        )
        limit = _panel(ax, curve, measure, result)
        _gain_panel(gain, curve, measure, limit)
        ax.set_xlabel("")
        panels.append(ax)
    panels[0].set_ylabel("chance that a crossing is stopped, or seen")
    figure.axes[1].set_ylabel("next unit\nadds, pts")
    sheet.heading(figure, _finding(result), _standing(result))
    figure.legend(
        handles=_key(curve),
        loc="upper left",
        bbox_to_anchor=(sheet.SIDE / wide, 1 - 0.77 / high),
        ncols=4,
        columnspacing=1.6,
        handlelength=3.0,
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=7.5,
    )
    sheet.footer(figure, _caption(result))
    return panels[0]


def _panel(ax: Axes, curve: pd.DataFrame, measure: str, result: StudyResult) -> float:
    best = BEST_RULE[measure]
    night, day = (curve[curve["light"] == light] for light in ("night", "day"))
    chosen = night[night["rule"] == best]
    limit = _shown_units(chosen, measure)
    poi, pod = f"{measure}_poi", f"{measure}_pod"
    if f"{poi}_p05" in chosen:
        ax.fill_between(
            chosen["unit_count"],
            chosen[f"{poi}_p05"],
            chosen[f"{poi}_p95"],
            color=RULE_STYLE[best]["color"],
            alpha=0.16,
            linewidth=0,
        )
    style = RULE_STYLE[best]
    for rule in ("even", best):
        rows = night[night["rule"] == rule]
        line = {key: RULE_STYLE[rule][key] for key in ("color", "linestyle")}
        ax.plot(rows["unit_count"], rows[poi], linewidth=2.2 if rule == best else 1.5, **line)
    ax.plot(
        chosen["unit_count"],
        chosen[pod],
        color=style["color"],
        linewidth=1.2,
        linestyle=(0, (1, 1.4)),
    )
    bright = day[day["rule"] == best]
    ax.plot(bright["unit_count"], bright[poi], color=style["color"], linewidth=0.9, alpha=0.9)
    _percent(ax)
    ax.set_xlim(0, limit)
    ax.set_title(PANEL_TITLE[measure], pad=28)
    ax.set_xlabel("patrol units on station")
    _ceiling(ax, result, measure)
    _roll_axis(ax, chosen, limit)
    _real_forces(ax, result, limit)
    return limit


def _shown_units(chosen: pd.DataFrame, measure: str) -> float:
    column = f"{measure}_poi"
    reached = chosen[chosen[column] >= SHOWN_SHARE * chosen[column].max()]
    raw = float(reached["unit_count"].iloc[0]) if len(reached) else 1.0
    step = 10 ** np.floor(np.log10(max(raw, 1.0))) / 2
    rounded = float(np.ceil(raw / step) * step)
    return min(rounded, float(chosen["unit_count"].max()))


def _percent(ax: Axes) -> None:
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
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
        0.985,
        top + 0.012,
        f"no number of units stops more than {100 * top:.0f} %: not all who are seen are "
        "identified and reached",
        transform=ax.get_yaxis_transform(),
        ha="right",
        va="bottom",
        fontsize=7,
        path_effects=halo(),
    )


def _roll_axis(ax: Axes, chosen: pd.DataFrame, limit: float) -> None:
    rows = chosen[(chosen["unit_count"] > 0) & np.isfinite(chosen["on_roll_p50"])]
    if rows.empty:
        return
    factor = float((rows["on_roll_p50"] / rows["unit_count"]).median())
    top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
    top.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    top.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    top.set_xlabel(f"on roll, at {factor:.1f} for each on station (median)", fontsize=7.5)
    top.tick_params(length=3)
    ax.set_xlim(0, limit)


def _times(factor: float) -> Callable[[Any], Any]:
    def scaled(number: Any) -> Any:
        return number * factor

    return scaled


def _real_forces(ax: Axes, result: StudyResult, limit: float) -> None:
    table = result.plausibility
    if table is None:
        return
    counts = table[np.isfinite(table["unit_count_equivalent"])].sort_values(
        "unit_count_equivalent", kind="stable"
    )
    for number, row in enumerate(counts[counts["unit_count_equivalent"] <= limit].itertuples()):
        x = float(row.unit_count_equivalent)
        ax.plot([x, x], [0, 0.05], color=INK["text"], linewidth=1.0, clip_on=False)
        ax.text(
            x,
            0.06 + 0.05 * (number % 4),
            row.case,
            fontsize=7,
            ha="left" if x < 0.6 * limit else "right",
            va="bottom",
            path_effects=halo(),
        )
    beyond = counts[counts["unit_count_equivalent"] > limit]
    if len(beyond):
        words = "; ".join(
            f"{row.case} {row.unit_count_equivalent:,.0f}" for row in beyond.itertuples()
        )
        ax.text(
            0.99,
            0.30,
            f"off the axis to the right:\n{words.replace('; ', chr(10))}",
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=7,
            path_effects=halo(),
        )


def _gain_panel(ax: Axes, curve: pd.DataFrame, measure: str, limit: float) -> None:
    rows = curve[(curve["light"] == "night") & (curve["rule"] == BEST_RULE[measure])]
    units, value = rows["unit_count"].to_numpy(), rows[f"{measure}_poi"].to_numpy()
    gain = 100 * np.diff(value) / np.diff(units)
    style = RULE_STYLE[BEST_RULE[measure]]
    ax.step(units[1:], gain, where="pre", color=style["color"], linewidth=1.3)
    ax.set(xlim=(0, limit), ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_xlabel("patrol units on station")
    ax.grid(axis="y")


def _key(curve: pd.DataFrame) -> list[Any]:
    blue, brown, grey = (RULE_STYLE[rule] for rule in ("optimal", "maximin", "even"))
    marks: list[Any] = [
        Line2D(
            [],
            [],
            color=blue["color"],
            linestyle=blue["linestyle"],
            linewidth=2.2,
            label="stopped, night, best for the mean",
        ),
        Line2D(
            [],
            [],
            color=brown["color"],
            linestyle=brown["linestyle"],
            linewidth=2.2,
            label="stopped, night, best for every inch",
        ),
        Line2D(
            [],
            [],
            color=grey["color"],
            linestyle=grey["linestyle"],
            linewidth=1.5,
            label="stopped, night, spread evenly",
        ),
        Line2D([], [], color=INK["quiet"], linewidth=0.9, label="stopped, day"),
        Line2D(
            [],
            [],
            color=INK["quiet"],
            linestyle=(0, (1, 1.4)),
            linewidth=1.2,
            label="seen, night (upper bound)",
        ),
    ]
    if "mean_poi_p05" in curve:
        marks.append(
            Patch(
                color=INK["quiet"],
                alpha=0.25,
                linewidth=0,
                label="5 to 95 % of draws over the assumptions",
            )
        )
    marks.append(
        Line2D(
            [],
            [],
            color=INK["text"],
            marker="|",
            markersize=8,
            linestyle="none",
            label="what a real force had",
        )
    )
    return marks


def _finding(result: StudyResult) -> str:
    half = _needed(result, "mean_poi", 0.5)
    if half is None:
        return f"{result.name}: half of all crossings cannot be stopped by patrols alone"
    return (
        f"{result.name}: stopping half of all crossings takes {say(half['on_station_p05'])} to "
        f"{say(half['on_station_p95'])} units on station"
    )


def _needed(result: StudyResult, measure: str, target: float) -> pd.Series | None:
    table = result.required
    if table is None:
        return None
    rows = table[
        (table["measure"] == measure)
        & np.isclose(table["target"], target)
        & (table["light"] == "night")
        & (table["rule"] == BEST_RULE[measure.split("_", maxsplit=1)[0]])
    ]
    if rows.empty or not np.isfinite(rows["on_station_p50"].iloc[0]):
        return None
    return rows.iloc[0]


def _standing(result: StudyResult) -> str:
    inch = _needed(result, "min_poi", 0.5)
    words = "5 to 95 % of the draws over the assumptions, by night."
    if inch is not None:
        words += (
            f" For half at every inch: {say(inch['on_station_p05'])} to "
            f"{say(inch['on_station_p95'])}."
        )
    return f"{words} A model, with crossings spread evenly along {result.border.length_km:,.0f} km."


def _caption(result: StudyResult) -> str:
    table = result.assumptions
    listed = "; ".join(
        f"{row.assumption} {row.value:g} {row.unit}".strip()
        if isinstance(row.value, (int, float))
        else f"{row.assumption} {row.value} {row.unit}".strip()
        for row in table.head(10).itertuples()
    )
    return (
        f"Assumptions: {listed}. All of them, with bands and sources, stand in the report. Ticks "
        f"show numbers of real forces for this length of border, not a claim of what they "
        f"achieved. {attribution(result)} borderzone {borderzone.__version__}, run {result.run_id}."
    )
