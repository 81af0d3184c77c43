"""Small charts: assumptions, nights, incidents by zone and along the border, what nobody counted."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import NullFormatter

from borderzone import incidents
from borderzone.errors import InvalidParameterError
from borderzone.figures.style import (
    INK,
    SMALL,
    context,
    drawing,
    month_ticks,
    page,
    percent_ticks,
    rows_of,
)
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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
    Draw which assumption owns how much of the uncertainty of the required units.

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
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.33, 0.17, 0.63, 0.7))
        rows = table.sort_values("total", kind="stable").reset_index(drop=True)
        place = np.arange(len(rows))
        ax.barh(place, rows["total"], height=0.72, color="#c9d5e3", label="with its interactions")
        ax.barh(
            place,
            rows["first_order"].clip(lower=0),
            height=0.36,
            color=INK["optimal"],
            label="by itself",
        )
        words = [told.ASSUMPTION_WORDS.get(name, name) for name in rows["assumption"]]
        ax.set_yticks(place, words)
        ax.xaxis.set_major_formatter(percent_ticks())
        ax.set_xlim(0, max(0.05, 1.12 * float(rows["total"].max())))
        ax.set_xlabel("share of the variance of the required units")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        top = rows.iloc[-1]
        share = told.percent(float(top["total"]))
        ax.set_title(f"{words[-1].capitalize()} owns {share} of the uncertainty")
        ax.legend(loc="lower right")
    return ax


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
        ax.legend(loc="lower center", ncols=2)
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


def _foot(ax: Axes, words: str, credit: str) -> None:
    lines = [words, f"{credit.rstrip('.')}." if credit else ""]
    ax.annotate(
        "\n".join(row for line in lines for row in textwrap.wrap(line, _FOOT_WIDTH)),
        (0.02, 0.0),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(0, -34),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=7.0,
        color=INK["quiet"],
        annotation_clip=False,
    )
