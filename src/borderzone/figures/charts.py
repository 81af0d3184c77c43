"""Small charts: states of nature, what real borders achieved, known caves, incidents by zone and along the border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    SIZES,
    SYNTHETIC_TEXT,
    Page,
    Sheet,
    SheetOptions,
    axis_words,
    border_axis,
    count_axis,
    drawing,
    halo,
    open_page,
    percent_ticks,
    row_labels,
    rows_of,
    run_words,
    say,
    width_in,
)
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from borderzone.difficulty.cave_calibration import CaveCalibration
    from borderzone.study import StudyResult

__all__ = [
    "FEWEST_EVENTS",
    "cave_calibration_of",
    "cave_success_rate",
    "cave_success_rate_data",
    "hindcast",
    "hindcast_data",
    "incident_overlay",
    "incident_overlay_data",
    "incident_pressure",
    "incident_pressure_data",
    "sensitivity",
    "sensitivity_data",
]


@drawing
def sensitivity(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many people it takes with each state of nature alone at its ends.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such table.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.sensitivity(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Detection range alone: 230 to 850 people see half
    """
    table = sensitivity_data(result)
    moving, still = told.swings(table)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    ax, rows = page.ax, moving.iloc[::-1].reset_index(drop=True)
    middle, place = float(table["people"].iloc[0]), np.arange(len(rows))
    ends = rows[["people_low", "people_high"]].to_numpy()
    number = width_in("10,000", LEAST_POINTS) + 0.1
    count_axis(page, np.append(ends[np.isfinite(ends)], middle), most_in=number)
    limits = ax.get_xlim()
    for name, ink in (("people_low", "fill"), ("people_high", "optimal")):
        # A state with which no number is enough reaches to the edge.
        end = rows[name].clip(upper=limits[1]).fillna(middle)
        ax.barh(
            place, end - middle, left=middle, height=0.5, color=INK[ink], edgecolor=INK["optimal"],
            linewidth=0.5,
        )  # fmt: skip
    ax.axvline(middle, color=INK["text"], linewidth=0.9)
    names = [told.ASSUMPTION_WORDS.get(name, name) for name in rows["assumption"]]
    words = [
        [name, f"{told.percent(row.total)} of the variance"]
        for name, row in zip(names, rows_of(rows), strict=True)
    ]
    row_labels(page, place, words)
    for at, row in zip(place, rows_of(rows), strict=True):
        _swing_words(page, float(at), row)
    axis_words(page, "people out at once that see half")
    page.close(
        told.sensitivity_finding(result),
        f"{result.name}: each state of nature alone at its ends, all others at their medians.",
        foot=(_still_words(still), run_words(result)),
        key=(
            Patch(facecolor=INK["fill"], edgecolor=INK["optimal"], linewidth=0.5, label="at its 5 %"),
            Patch(facecolor=INK["optimal"], linewidth=0.5, label="at its 95 %"),
            Line2D([], [], color=INK["text"], linewidth=0.9,
                   label=say("all at their medians: {people}", people=told.rounded(middle))),
        ),
    )  # fmt: skip
    return page.ax


def _still_words(still: list[str]) -> str:
    return f"Moves it by less than one in a hundred: {told.listed(still)}." if still else ""


def _swing_words(page: Page, place: float, row: Any) -> None:
    """Write the two numbers at the ends of a bar."""
    ax = page.ax
    few, many = sorted((row.people_low, row.people_high))
    edge = ax.get_xlim()[1]
    if not np.isfinite(few):
        words = "each segment for itself: no two ends"
        ax.annotate(
            words, (0.5, place), fontsize=LEAST_POINTS, va="center", ha="center",
            xycoords=("axes fraction", "data"), path_effects=halo(),
        )  # fmt: skip
        return
    for value, side, gap in ((few, "right", -3), (many, "left", 3)):
        ax.annotate(
            told.rounded(value), (min(value, edge), place), (gap, 0), va="center", ha=side,
            textcoords="offset points", fontsize=LEAST_POINTS, path_effects=halo(),
        )  # fmt: skip


def sensitivity_data(result: StudyResult) -> pd.DataFrame:
    """Give what `sensitivity` draws, as a table."""
    if result.patrol.sobol is None:
        raise InvalidParameterError(told.without_elevation(result, "table of Sobol indices"))
    return result.patrol.sobol


@drawing
def hindcast(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw what real borders achieved with their agents, beside the model with as many.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such table.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.hindcast(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Published rates have 4.7 to 21 times the effect of the model for
    each agent on the line
    >>> print(ax.get_xlabel())
    K km per agent on the line, K = −ln(1 − P)
    """
    table = hindcast_data(result)
    rows = table[table["reason"] == ""].iloc[::-1].reset_index(drop=True)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    ax, place = page.ax, np.arange(len(rows))
    real, model = rows["k_km_per_agent"], rows["k_km_per_agent_model"]
    ax.hlines(place, np.minimum(real, model), np.maximum(real, model), color=INK["rule"])
    low, high = (
        -np.log1p(-rows[f"p_model_{end}"]) / rows["agents_per_km"] for end in ("low", "high")
    )
    ax.hlines(place, low, high, color=INK["optimal"], alpha=0.45, linewidth=4)
    ax.plot(real, place, "o", color=INK["text"])
    ax.plot(model, place, "D", color=INK["optimal"], markerfacecolor=INK["paper"])
    # A number and its sign stay on one line.
    labels = [
        told.observed_words(row).replace(" %", "\N{NO-BREAK SPACE}%") for row in rows_of(rows)
    ]
    row_labels(page, place, [[label] for label in labels])
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    axis_words(page, "K km per agent on the line, K = −ln(1 − P)")
    page.close(
        told.hindcast_title(result),
        f"{result.name}: the model with as many agents per km.",
        foot=("What was achieved is published, or worked from what is.", run_words(result)),
        key=(
            Line2D([], [], marker="o", color=INK["text"], linestyle="none", label="published or worked"),
            Line2D([], [], marker="D", color=INK["optimal"], markerfacecolor=INK["paper"],
                   linestyle="none", label="the model here"),
            Line2D([], [], color=INK["optimal"], alpha=0.45, linewidth=4, label="its 5 to 95 %"),
        ),
    )  # fmt: skip
    return page.ax


def hindcast_data(result: StudyResult) -> pd.DataFrame:
    """Give what `hindcast` draws, as a table."""
    if result.patrol.hindcast is None:
        raise InvalidParameterError(told.without_elevation(result, "hindcast"))
    return result.patrol.hindcast


@drawing
def cave_success_rate(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw which share of the known caves lies on the most susceptible ground.

    Parameters
    ----------
    result
        What a study with an inventory of caves gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no inventory.

    Examples
    --------
    Caves that lie everywhere, in rows, tell no rock from another: the area is that of chance.

    >>> import geopandas as gpd
    >>> import numpy as np
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> lon, lat = np.meshgrid(np.arange(40.6, 42.2, 0.1), np.arange(33.8, 35.0, 0.1))
    >>> caves = gpd.GeoSeries.from_xy(lon.ravel(), lat.ravel(), crs=4326).to_frame("geometry")
    >>> scenario = bz.Scenario(draws=100, resolution_m=5000)
    >>> study = bz.Study(border=border, known_caves=caves, scenario=scenario)
    >>> ax = bz.figures.cave_success_rate(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Area 0.48 ± 0.09 on 44 cells with caves
    """
    curve, found = cave_success_rate_data(result), cave_calibration_of(result)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    ax = page.ax
    ax.plot([0, 1], [0, 1], color=INK["rule"], linestyle=(0, (4, 2)), linewidth=1.2)
    ax.plot(curve["ground_share"], curve["cave_share"], color=INK["optimal"], linewidth=2)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(percent_ticks())
    ax.grid(visible=True)
    ax.set_axisbelow(True)
    axis_words(page, "share of the mapped rock, most susceptible first", "share of the known caves")
    # Under the diagonal no curve of a map that knows anything runs.
    ax.annotate(
        "dashes: a map without knowledge", (0.98, 0.04), xycoords="axes fraction", ha="right",
        va="bottom", fontsize=LEAST_POINTS, color=INK["quiet"], path_effects=halo(),
    )  # fmt: skip
    page.close(
        f"Area {found.auc:.2f} ± {1.96 * found.auc_se:.2f} on {found.n_used} cells with caves",
        f"{result.name}: how many of the known caves the most susceptible rock holds.",
        foot=(run_words(result),),
    )
    return page.ax


def cave_success_rate_data(result: StudyResult) -> pd.DataFrame:
    """Give what `cave_success_rate` draws, as a table."""
    return cave_calibration_of(result).curve[["ground_share", "cave_share"]]


def cave_calibration_of(result: StudyResult) -> CaveCalibration:
    """Give what known caves say of the cave classes, or why nothing does."""
    if result.ground.cave_calibration is None:
        msg = f"the study of {result.name} has no known_caves, so there is no success rate"
        raise InvalidParameterError(msg)
    return result.ground.cave_calibration


# Zones that a chart shows; the table has them all. With fewer events no weight of a segment says anything
# to the eye.
_MOST_ZONES, FEWEST_EVENTS = 10, 20


@drawing
def incident_overlay(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many incidents fall into each zone, given how vaguely they are placed.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no incidents, or no zones to lay them over.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, incidents="embedded", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.incident_overlay(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    3 of 8 incidents lie in the corridor
    """
    table, account = incident_overlay_data(result), result.incidents.account
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    mark = _stamped(page, result)
    told_of = table[table["silent"] == ""].sort_values("zone", ascending=False)
    rows = told_of.sort_values("expected", kind="stable").tail(_MOST_ZONES)
    ax, place = page.ax, np.arange(len(rows))
    ink = INK["synthetic" if result.synthetic else "incident"]
    ax.hlines(place, rows["p05"], rows["p95"], color=ink, linewidth=5, alpha=0.35)
    ax.plot(rows["expected"], place, "o", color=ink, markersize=5)
    uniform: dict[str, Any] = {
        "marker": "|", "linestyle": "none", "color": INK["text"], "markersize": 10, "markeredgewidth": 1.6,
    }  # fmt: skip
    ax.plot(rows["expected_if_uniform"], place, **uniform)
    names = [f"{row.zone}, {told.KIND_WORDS[row.kind]}" for row in rows_of(rows)]
    row_labels(page, place, [[name] for name in names])
    ax.set_xlim(left=0)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    axis_words(page, "incidents in the zone")
    silent = f"{told.silent_zones(table)}." if len(told_of) < len(table) else ""
    finding = "incidents by zone" if account is None else account.finding
    page.close(
        f"{mark}{finding}",
        f"{result.name}: reports, placed as vaguely as they are told.",
        foot=(told.incident_line(result) + ".", silent, _credit(result), run_words(result)),
        key=(
            Line2D(
                [], [], marker="o", color=ink, linestyle="none", label="expected, with 5 to 95 %"
            ),
            Line2D([], [], label="if incidents ignored the ground", **uniform),
        ),
    )
    return page.ax


def incident_overlay_data(result: StudyResult) -> pd.DataFrame:
    """Give what `incident_overlay` draws, as a table."""
    table = result.incidents.overlay
    if table is None or table.empty:
        msg = f"the study of {result.name} has no incidents laid over zones: {told.no_overlay(result)}"
        raise InvalidParameterError(msg)
    return table


def _stamped(page: Page, result: StudyResult) -> str:
    """Say that none of it happened where the set is invented: over the page, or in the title of axes."""
    if not result.synthetic:
        return ""
    page.warn("none of it happened")
    return "" if page.whole else f"{SYNTHETIC_TEXT}: "


def _credit(result: StudyResult) -> str:
    return f"{result.incidents.credit.rstrip('.')}." if result.incidents.credit else ""


@drawing
def incident_pressure(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the share of crossings that reports would give each piece of the border, with its band.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such weights, or too few events that can be placed.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, incidents="synthetic", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.incident_pressure(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    SYNTHETIC DATA: none of it happened
    >>> print(ax.get_ylabel())
    share of crossings per km
    """
    table, ground = incident_pressure_data(result), result.corridor.segments
    placed = int(table.attrs["n_placed"])
    if placed < FEWEST_EVENTS:
        msg = (
            f"the study of {result.name} places {placed} events, and a figure of their weights takes "
            f"{FEWEST_EVENTS} or more; figure_data gives the weights with their bands"
        )
        raise InvalidParameterError(msg)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    mark = _stamped(page, result)
    ax, ink = page.ax, INK["synthetic" if result.synthetic else "incident"]
    edges = np.r_[ground["km_start"], ground["km_end"].iloc[-1]]
    per_km = 1.0 / ground["length_km"].to_numpy()
    middle, low, high = (
        table[name].to_numpy() * per_km for name in ("weight", "weight_low", "weight_high")
    )
    ax.stairs(high, edges, baseline=low, fill=True, color=ink, alpha=0.25)
    ax.stairs(middle, edges, baseline=None, color=ink, linewidth=1.8)
    dashed: dict[str, Any] = {"color": INK["text"], "linewidth": 1.0, "linestyle": (0, (4, 2))}
    ax.axhline(1.0 / float(ground["length_km"].sum()), **dashed)
    border_axis(page, result.border)
    ax.set_ylim(0)
    ax.yaxis.set_major_formatter(percent_ticks(decimals=1))
    ax.set_ylabel("share of crossings per km")
    number = "No" if result.incidents.account is None else f"{result.incidents.account.inside:,}"
    page.close(
        f"{mark}{number} reported events weigh {len(table)} segments",
        "Reports, not crossings: no segment is safe.",
        foot=(f"{told.incident_line(result)}.", _credit(result), run_words(result)),
        key=(
            Line2D([], [], color=ink, linewidth=1.8, label="by reports"),
            Patch(color=ink, alpha=0.25, linewidth=0, label="95 % band"),
            Line2D([], [], label="uniform", **dashed),
        ),
    )
    return page.ax


def incident_pressure_data(result: StudyResult) -> pd.DataFrame:
    """Give what `incident_pressure` draws, as a table."""
    if result.incidents.pressure is None:
        msg = f"the study of {result.name} has no incidents, or does not tell their weights"
        raise InvalidParameterError(msg)
    return result.incidents.pressure
