"""Small charts: states of nature, nights, incidents by zone and along the border, what nobody counted."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from borderzone import incidents
from borderzone.errors import InvalidParameterError
from borderzone.figures.style import (
    INK,
    SMALL,
    context,
    drawing,
    figure_of,
    month_ticks,
    page,
    percent_ticks,
    rows_of,
)
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.difficulty.cave_calibration import CaveCalibration
    from borderzone.incidents.placing.overlaying import Account
    from borderzone.study import StudyResult

__all__ = [
    "cave_calibration_of",
    "cave_success_rate",
    "cave_success_rate_data",
    "hindcast",
    "hindcast_data",
    "incident_overlay",
    "incident_overlay_data",
    "incident_overlay_demo",
    "incident_overlay_demo_data",
    "incident_pressure",
    "incident_pressure_data",
    "interdiction_curve",
    "interdiction_curve_data",
    "night_hours",
    "night_hours_data",
    "sensitivity",
    "sensitivity_data",
]


@drawing
def sensitivity(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how many people it takes with each state of nature alone at its ends.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such table.
    """
    table = sensitivity_data(result)
    moving, still = told.swings(table)
    whole = ax is None
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.27, 0.25, 0.6, 0.57))
        rows = moving.iloc[::-1].reset_index(drop=True)
        middle, place = float(table["people"].iloc[0]), np.arange(len(rows))
        ends = rows[["people_low", "people_high"]].to_numpy()
        known = np.append(ends[np.isfinite(ends)], middle)
        _people_axis(ax, known)
        limits = ax.get_xlim()
        for name, ink, words in (
            ("people_low", "#c9d5e3", "with it at its 5 %"),
            ("people_high", INK["optimal"], "at its 95 %"),
        ):
            # A state with which no number is enough reaches to the edge.
            end = rows[name].clip(upper=limits[1]).fillna(middle)
            ax.barh(
                place, end - middle, left=middle, height=0.6, color=ink, label=words,
                edgecolor=INK["optimal"], linewidth=0.5,
            )  # fmt: skip
        ax.axvline(middle, color=INK["text"], linewidth=0.9)
        for at, row in zip(place, rows_of(rows), strict=True):
            _swing_words(ax, float(at), row)
        ax.set_yticks(place, [told.ASSUMPTION_WORDS.get(n, n) for n in rows["assumption"]])
        ax.set_ylim(-0.6, len(rows) - 0.1)
        ax.tick_params(axis="y", length=0)
        ax.tick_params(labelsize=7.5)
        ax.set_xlabel("people out at once that see half", fontsize=8)
        ax.annotate(
            "of variance", (1.0, 1.0), xycoords="axes fraction", ha="right", va="bottom", fontsize=7
        )
        _close(ax, told.sensitivity_finding(result), still, whole=whole)
    return ax


def _close(ax: Axes, title: str, still: list[str], *, whole: bool) -> None:
    """Give title, key and note of a tornado: below a page of its own, inside somebody's axes."""
    if not whole:
        wide_in = figure_of(ax).get_figwidth() * ax.get_position().width
        ax.set_title(textwrap.fill(title, max(20, int(11 * wide_in))), fontsize=8.5, pad=14)
        ax.set_xlabel(
            f"{ax.get_xlabel()}\n(light: with it at its 5 %; dark: at its 95 %)", fontsize=7
        )
        return
    ax.set_title(title, pad=16)
    # The note takes the last line, under the key.
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=3.4, ncols=2)
    if still:
        _foot(ax, f"Moves it by less than one in a hundred: {told.listed(still)}.", "", drop=52)


def _people_axis(ax: Axes, known: FloatArray) -> None:
    """Give room for the bars and the numbers at their ends; equal factors get equal room where they are wide."""
    low, high = float(known.min()), float(known.max())
    if high > _WIDE * low > 0.0:
        ax.set_xscale("log")
        room = (high / low) ** 0.22
        # At the right stands the share of the variance too.
        ax.set_xlim(low / room, high * room**2)
        ax.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    else:
        room = 0.22 * max(high - low, 0.1 * high, 1.0)
        ax.set_xlim(max(0.0, low - room), high + 2.0 * room)
        ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="x")
    ax.set_axisbelow(True)


def _swing_words(ax: Axes, place: float, row: Any) -> None:
    """Write the two numbers at the ends of a bar, and its share of the variance at the right."""
    few, many = sorted((row.people_low, row.people_high))
    edge = ax.get_xlim()[1]
    if np.isfinite(few):
        for value, side, gap in ((few, "right", -3), (many, "left", 3)):
            ax.annotate(
                told.rounded(value), (min(value, edge), place), (gap, 0), va="center", ha=side,
                textcoords="offset points", fontsize=7,
            )  # fmt: skip
    else:
        ax.annotate(
            "each segment for itself: no two ends", (0.5, place), fontsize=7, va="center", ha="center",
            xycoords=("axes fraction", "data"),
        )  # fmt: skip
    ax.annotate(
        told.percent(row.total), (1.0, place), (-2, 0), fontsize=7, va="center", ha="right",
        xycoords=("axes fraction", "data"), textcoords="offset points",
    )  # fmt: skip


def sensitivity_data(result: StudyResult) -> pd.DataFrame:
    """Give what `sensitivity` draws, as a table."""
    if result.patrol.sobol is None:
        raise InvalidParameterError(told.without_elevation(result, "table of Sobol indices"))
    return result.patrol.sobol


@drawing
def hindcast(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw what real borders achieved with their agents, beside the model with as many.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such table.
    """
    table = hindcast_data(result)
    rows = table[table["reason"] == ""].iloc[::-1].reset_index(drop=True)
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.36, 0.2, 0.6, 0.66))
        place = np.arange(len(rows))
        real, model = rows["k_km_per_agent"], rows["k_km_per_agent_model"]
        ax.hlines(place, np.minimum(real, model), np.maximum(real, model), color=INK["rule"])
        low, high = (
            -np.log1p(-rows[f"p_model_{end}"]) / rows["agents_per_km"] for end in ("low", "high")
        )
        ax.hlines(
            place, low, high, color=INK["optimal"], alpha=0.45, linewidth=4, label="its 5 to 95 %"
        )
        ax.plot(real, place, "o", color=INK["text"], label="published or worked")
        ax.plot(
            model, place, "D", color=INK["optimal"], markerfacecolor="none", label="the model here"
        )
        # A number and its sign stay on one line.
        labels = [
            told.observed_words(row).replace(" %", "\N{NO-BREAK SPACE}%") for row in rows_of(rows)
        ]
        words = [textwrap.fill(label, 30) for label in labels]
        ax.set_yticks(place, words, fontsize=7.0)
        ax.set_ylim(-1.2, len(rows) - 0.4)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel("K km per agent on the line, K = -ln(1 - P)")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        ax.set_title(told.hindcast_title(result))
        marks, names = ax.get_legend_handles_labels()
        order = [
            names.index(name) for name in ("published or worked", "the model here", "its 5 to 95 %")
        ]
        ax.legend(
            [marks[k] for k in order],
            [names[k] for k in order],
            loc="lower center",
            ncols=3,
            fontsize=7,
            columnspacing=0.8,
            handlelength=1.2,
            handletextpad=0.4,
        )
    return ax


def hindcast_data(result: StudyResult) -> pd.DataFrame:
    """Give what `hindcast` draws, as a table."""
    if result.patrol.hindcast is None:
        raise InvalidParameterError(told.without_elevation(result, "hindcast"))
    return result.patrol.hindcast


@drawing
def night_hours(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how long the night is, month by month, under four definitions of night.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.1, 0.12, 0.72, 0.74))
        table = result.reach.night_hours.select_dtypes("number")
        months = np.arange(1, 13)
        dashes: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (3, 1.5)), (0, (1, 1.2)))
        shades = ("#0b3c6f", "#35618f", "#4f7396", "#5b6f82")
        for (name, hours), dash, shade in zip(table.items(), dashes, shades, strict=False):
            ax.plot(months, hours, linestyle=dash, color=shade, linewidth=1.8)
            ax.text(12.15, float(hours.iloc[-1]), str(name), va="center", fontsize=7.5)
        month_ticks(ax)
        ax.set_ylabel("hours of darkness")
        ax.grid(axis="y")
        words = told.night_length_words(result).replace(" on the ", "\non the ", 1)
        ax.set_title(f"Without useful light: {words}")
    return ax


def night_hours_data(result: StudyResult) -> pd.DataFrame:
    """Give what `night_hours` draws, as a table."""
    return result.reach.night_hours


@drawing
def cave_success_rate(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw which share of the known caves lies on the most susceptible ground.

    Parameters
    ----------
    result
        What a study with an inventory of caves gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no inventory.
    """
    curve, found = cave_success_rate_data(result), cave_calibration_of(result)
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.13, 0.17, 0.8, 0.7))
        ax.plot([0, 1], [0, 1], color="#8a8f96", linestyle=(0, (4, 2)), linewidth=1.2)
        ax.text(0.6, 0.5, "a map without knowledge", fontsize=7.5, color="#5b6f82")
        ax.plot(
            curve["ground_share"],
            curve["cave_share"],
            color=INK["optimal"],
            linewidth=2,
        )
        ax.set(xlim=(0, 1), ylim=(0, 1.02))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(percent_ticks())
        ax.set_xlabel("share of the mapped rock, most susceptible first")
        ax.set_ylabel("share of the known caves")
        ax.grid(visible=True)
        ax.set_axisbelow(True)
        ax.set_title(
            f"Area {found.auc:.2f} ± {1.96 * found.auc_se:.2f} on {found.n_used} cells with caves"
        )
    return ax


def cave_success_rate_data(result: StudyResult) -> pd.DataFrame:
    """Give what `cave_success_rate` draws, as a table."""
    return cave_calibration_of(result).curve[["ground_share", "cave_share"]]


def cave_calibration_of(result: StudyResult) -> CaveCalibration:
    """Give what known caves say of the cave classes, or why nothing does."""
    if result.ground.cave_calibration is None:
        msg = f"the study of {result.name} has no known_caves, so there is no success rate"
        raise InvalidParameterError(msg)
    return result.ground.cave_calibration


# From this ratio of the ends on an axis is logarithmic.
_WIDE = 3.0
# Supposed numbers of people stopped that the curve shows.
_STOPPED = np.geomspace(30, 20_000, 60)
_FOOT_WIDTH = 100
_TICKS = (30, 100, 300, 1000, 3000, 10_000)


@drawing
def incident_overlay(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how many incidents fall into each zone, given how vaguely they are placed.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no incidents, or no zones to lay them over.
    """
    table = incident_overlay_data(result)
    account, credit = result.incidents.account, result.incidents.credit
    return _draw_overlay(ax, table, account, credit=credit, fake=result.synthetic)


def incident_overlay_data(result: StudyResult) -> pd.DataFrame:
    """Give what `incident_overlay` draws, as a table."""
    return _laid_over_zones(result, result.incidents.overlay)


@drawing
def incident_overlay_demo(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw what the overlay shows of a larger table: the SYNTHETIC set of a study.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no synthetic set, or no zones to lay it over.
    """
    table, demo = incident_overlay_demo_data(result), result.incidents.demo
    account = None if demo is None else demo.account
    return _draw_overlay(ax, table, account, credit="", fake=True)


def incident_overlay_demo_data(result: StudyResult) -> pd.DataFrame:
    """Give what `incident_overlay_demo` draws, as a table that says of each row what it is."""
    demo = result.incidents.demo
    table = _laid_over_zones(result, None if demo is None else demo.overlay)
    return table.assign(synthetic="SYNTHETIC")


def _laid_over_zones(result: StudyResult, table: pd.DataFrame | None) -> pd.DataFrame:
    if table is None or table.empty:
        msg = f"the study of {result.name} has no incidents laid over zones: {told.no_overlay(result)}"
        raise InvalidParameterError(msg)
    return table


def _draw_overlay(
    ax: Axes | None,
    table: pd.DataFrame,
    account: Account | None,
    *,
    credit: str,
    fake: bool,
) -> Axes:
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.27, 0.26, 0.69, 0.61))
        told_of = table[table["silent"] == ""].sort_values("zone", ascending=False)
        rows = told_of.sort_values("expected", kind="stable").tail(10)
        place = np.arange(len(rows))
        ink = INK["synthetic"] if fake else INK["incident"]
        ax.hlines(place, rows["p05"], rows["p95"], color=ink, linewidth=5, alpha=0.35)
        ax.plot(rows["expected"], place, "o", color=ink, markersize=5, label="expected, 5 to 95 %")
        ax.plot(
            rows["expected_if_uniform"],
            place,
            "|",
            color=INK["text"],
            markersize=12,
            markeredgewidth=1.6,
            label="if incidents ignored the ground",
        )
        ax.set_yticks(place, [f"{row.zone}, {told.KIND_WORDS[row.kind]}" for row in rows_of(rows)])
        ax.set_xlim(left=0)
        ax.set_xlabel("incidents in the zone")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        ax.legend(loc="lower right")
        what = "SYNTHETIC DATA: " if fake else ""
        title = ax.set_title(f"{what}{'incidents by zone' if account is None else account.finding}")
        if fake:
            title.set_backgroundcolor(INK["warning"])
        line = "" if account is None else f"{account.line}."
        line += f" {told.silent_zones(table)}" if len(told_of) < len(table) else ""
        _foot(ax, line, credit)
    return ax


@drawing
def incident_pressure(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw the share of crossings that reports would give each piece of the border, with its band.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such weights.
    """
    table = incident_pressure_data(result)
    ink = INK["synthetic"] if result.synthetic else INK["incident"]
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.13, 0.26, 0.83, 0.61))
        _draw_weights(ax, result.corridor.segments, table, ink)
        ax.yaxis.set_major_formatter(percent_ticks(decimals=1))
        ax.set_xlabel(f"km from {result.border.start_name}")
        ax.set_ylabel("share of crossings per km")
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        ax.legend(loc="upper right")
        what = "SYNTHETIC DATA: " if result.synthetic else ""
        number = (
            "No" if result.incidents.account is None else f"{result.incidents.account.inside:,}"
        )
        title = ax.set_title(f"{what}{number} reported events weigh {len(table)} segments")
        if result.synthetic:
            title.set_backgroundcolor(INK["warning"])
        words = f"Reports, not crossings: no segment is safe. {told.incident_line(result)}."
        _foot(ax, words, result.incidents.credit)
    return ax


def incident_pressure_data(result: StudyResult) -> pd.DataFrame:
    """Give what `incident_pressure` draws, as a table."""
    if result.incidents.pressure is None:
        msg = f"the study of {result.name} has no incidents, or does not tell their weights"
        raise InvalidParameterError(msg)
    return result.incidents.pressure


def _draw_weights(ax: Axes, ground: Any, table: Any, ink: str) -> None:
    edges = np.r_[ground["km_start"], ground["km_end"].iloc[-1]]
    per_km = 1.0 / ground["length_km"].to_numpy()
    middle, low, high = (
        table[name].to_numpy() * per_km for name in ("weight", "weight_low", "weight_high")
    )
    ax.stairs(high, edges, baseline=low, fill=True, color=ink, alpha=0.25, label="95 % band")
    ax.stairs(middle, edges, baseline=None, color=ink, linewidth=1.8, label="by reports")
    even = 1.0 / float(ground["length_km"].sum())
    ax.axhline(even, color=INK["text"], linewidth=1.0, linestyle=(0, (4, 2)), label="uniform")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0)


@drawing
def interdiction_curve(ax: Axes | None = None) -> Axes:
    """
    Draw the chance of being stopped against the number of people stopped, which nobody published.

    Parameters
    ----------
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = incidents.ARTICLE_ESTIMATE.interdiction_curve(_STOPPED)
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.13, 0.26, 0.83, 0.61))
        # A band alone: a line in it would be read as the answer.
        ax.fill_between(
            table["interdicted"],
            table["p_low"],
            table["p_high"],
            color=INK["incident"],
            alpha=0.3,
            linewidth=0,
        )
        ax.set_xscale("log")
        ax.set_xlim(_STOPPED[0], _STOPPED[-1])
        ax.set_xticks(_TICKS, [f"{tick:,}" for tick in _TICKS])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_formatter(percent_ticks())
        ax.set_xlabel("people stopped in the same months, if it were known")
        ax.set_ylabel("stopped, of all who tried")
        ax.grid(visible=True)
        ax.set_axisbelow(True)
        ax.set_title("How many were stopped is not published")
        _foot(
            ax,
            "Band: about 1,000 got through, taken as right within a factor of 2 [A].",
            "H. al-Hashimi in Loveluck and Salim, The Washington Post, 21 July 2019",
        )
    return ax


def interdiction_curve_data() -> pd.DataFrame:
    """Give the chance of being stopped at the numbers of people that its users suppose."""
    return incidents.ARTICLE_ESTIMATE.interdiction_curve()


def _foot(ax: Axes, words: str, credit: str, *, drop: float = 34) -> None:
    lines = [words, f"{credit.rstrip('.')}." if credit else ""]
    ax.annotate(
        "\n".join(row for line in lines for row in textwrap.wrap(line, _FOOT_WIDTH)),
        (0.02, 0.0),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(0, -drop),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=7.0,
        color=INK["quiet"],
        annotation_clip=False,
    )
