"""Reach and sight along the border: hours to it, the race to cover, the reach of a night, what is out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from borderzone import access
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    NO_DATA,
    SIZES,
    Look,
    Sheet,
    SheetOptions,
    axis_words,
    border_axis,
    drawing,
    finding,
    month_ticks,
    open_page,
    percent_ticks,
    run_words,
    say,
)
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = [
    "LONG",
    "edges_km",
    "night_reach",
    "night_reach_data",
    "race_to_cover",
    "race_to_cover_data",
    "response_times",
    "response_times_data",
    "sight_lines",
    "sight_lines_data",
]

# A page wide and low, as a border is. Units: inches.
LONG = (10.4, 3.6)
# Ground to which no way leads is not ground of which nothing is known.
_UNREACHABLE = Look(facecolor="noise", edgecolor="rule", hatch="////", linewidth=0)
# Bands of what was measured, and of what was assumed.
_BANDS = {True: Look(facecolor="fill", edgecolor="fill", linewidth=0), False: _UNREACHABLE}


@drawing
def response_times(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how long it takes to every kilometre of the border from the nearest origin.

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
        If the study has no travel times.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.response_times(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    Iraq-Syria, km 200 to 320: half of the border is reached within 2.0 h by vehicle off road, nine tenths within 5.0 h,
    the farthest kilometre in reach in 5.7 h
    >>> print(ax.get_xlabel())
    km along the border, from km 200 of the whole border to km 320 of the whole border
    """
    along = response_times_data(result)
    reached = along["state"].to_numpy() == "reached"
    hours = np.where(reached, along["hours"].to_numpy(dtype=float), np.nan)
    edges = np.append(along["chainage_km"] - along["length_km"] / 2, result.border.length_km)
    page = open_page(ax, Sheet.of(sheet, options), LONG)
    ax, limit = page.ax, result.scenario.remote_hours
    ax.stairs(hours, edges, baseline=0, fill=True, color=INK["fill"])
    ax.stairs(hours, edges, baseline=None, color=INK["optimal"], linewidth=1.4)
    top = 1.12 * max(float(np.nanmax(hours)) if reached.any() else 1.0, limit)
    key: list[Any] = []
    for state, words, look in (
        ("unreachable", "no way leads there", _UNREACHABLE),
        ("unknown", "no elevation", NO_DATA),
    ):
        these = along["state"].to_numpy() == state
        if these.any():
            ax.stairs(np.where(these, top, np.nan), edges, baseline=0, fill=True, **look)
            key.append(Patch(label=words, **look))
    dashed: dict[str, Any] = {"color": INK["maximin"], "linewidth": 1.2, "linestyle": "--"}
    ax.axhline(limit, **dashed)
    key.append(Line2D([], [], label=say("remote above {hours:g} h", hours=limit), **dashed))
    border_axis(page, result.border)
    ax.set_ylim(0, top)
    axis_words(
        page,
        up=say(
            "hours from the nearest {origin}",
            origin=finding(told.origin_words(result), "origin of the force"),
        ),
    )
    first, _, rest = told.response_words(result).partition("; ")
    page.close(
        f"{result.name}: {first[0].lower()}{first[1:]}",
        f"{rest[:1].upper()}{rest[1:]}.",
        foot=(run_words(result),),
        key=key,
    )
    return page.ax


@drawing
def race_to_cover(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw on which share of each segment the response is there before the crosser is in cover.

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
        If the study was given no cover, or has no travel times.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> villages = gpd.GeoSeries.from_xy([40.9, 41.4], [34.5, 34.3], crs=4326).to_frame("geometry")
    >>> scenario = bz.Scenario(draws=100, resolution_m=5000)
    >>> study = bz.Study(border=border, cover=villages, scenario=scenario)
    >>> ax = bz.figures.race_to_cover(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Where the response is there first: 99 % of the border into Iraq
    """
    race = race_to_cover_data(result)
    edges, key = edges_km(result), []
    page = open_page(ax, Sheet.of(sheet, options), LONG)
    looks = (("optimal", "-"), ("maximin", "--"))
    for side, (ink, dash) in zip(race.index.get_level_values("side").unique(), looks, strict=False):
        style: dict[str, Any] = {"color": INK[ink], "linestyle": dash, "linewidth": 1.6}
        share = race.loc[side, "response_share"].to_numpy(dtype=float)
        page.ax.stairs(share, edges, baseline=None, **style)
        key.append(
            Line2D(
                [],
                [],
                label=say("flight into {country}", country=result.border.names.get(side, side)),
                **style,
            )
        )
    border_axis(page, result.border)
    page.ax.yaxis.set_major_formatter(percent_ticks())
    page.ax.set_ylim(-0.02, 1.02)
    page.ax.set_ylabel("of the segment")
    page.close(
        f"Where the response is there first: {told.race_words(result)}",
        f"{result.name}: against who runs for the next cover.",
        foot=(run_words(result),),
        key=key,
    )
    return page.ax


@drawing
def night_reach(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how deep somebody on foot gets from the border in one night, by month.

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
        If the study has no travel times.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.night_reach(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    One night on foot: 16 to 27 km over flat ground, 29 to 62 % of the corridor on either side
    """
    night = night_reach_data(result)
    months = np.arange(1, 13)
    by_month = night.groupby("month")
    flat = by_month["flat_km"].first().to_numpy(dtype=float)
    hours = by_month["night_h"].first().to_numpy(dtype=float)
    slower = access.at_night("foot")
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    ax = page.ax
    low, high = (flat * end / slower.factor for end in (slower.low, slower.high))
    ax.fill_between(months, low, high, color=INK["fill"], linewidth=0)
    ax.plot(months, flat, color=INK["optimal"], linewidth=1.8)
    ax.plot(months, flat / slower.factor, color=INK["quiet"], linewidth=1.2, linestyle="--")
    month_ticks(ax)
    names = [
        f"{letter}\n{length:.0f} h" for letter, length in zip("JFMAMJJASOND", hours, strict=True)
    ]
    ax.set_xticks(months, names)
    axis_words(
        page, "15th of the month, and hours of nautical darkness", "km on foot over flat ground"
    )
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    band = f"{slower.factor:g} ({slower.low:g} to {slower.high:g}) of that"
    page.close(
        f"One night on foot: {told.night_words(result)}",
        f"{result.name}: as far as the hours of darkness carry, month by month.",
        foot=(run_words(result),),
        key=(
            Line2D(
                [], [], color=INK["quiet"], linewidth=1.2, linestyle="--", label="as fast as by day"
            ),
            Line2D(
                [],
                [],
                color=INK["optimal"],
                linewidth=1.8,
                label=say("in the dark, {band}", band=band),
            ),
        ),
    )
    return page.ax


def _reach(result: StudyResult) -> Any:
    if result.reach.night is None:
        raise InvalidParameterError(told.no_travel_times(result))
    return result.reach


def response_times_data(result: StudyResult) -> pd.DataFrame:
    """Give what `response_times` draws, as a table."""
    along: pd.DataFrame | None = _reach(result).along
    if along is None:
        raise InvalidParameterError(told.no_travel_times(result))
    return along


def race_to_cover_data(result: StudyResult) -> pd.DataFrame:
    """Give what `race_to_cover` draws, as a table."""
    race: pd.DataFrame | None = _reach(result).race
    if race is None:
        msg = f"the study of {result.name} was given no cover, so no race to it was run"
        raise InvalidParameterError(msg)
    return race


def night_reach_data(result: StudyResult) -> pd.DataFrame:
    """Give what `night_reach` draws, as a table."""
    night: pd.DataFrame = _reach(result).night
    return night


@drawing
def sight_lines(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw which share of the strip along the border a patrol on it does not see.

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
        If the study has no terrain, and so no share.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.sight_lines(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Out of a patrol's sight beside the border: 15 to 41 %, assumed from landforms
    """
    sight = told.out_of_sight(result)
    if sight is None:
        raise InvalidParameterError(told.without_elevation(result, "lines of sight"))
    rows, edges = result.segments, edges_km(result)
    measured = rows["f_mask_source"].to_numpy() == told.MEASURED
    page = open_page(ax, Sheet.of(sheet, options), LONG)
    ax = page.ax
    low, high = (rows[f"f_mask_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    line: dict[str, Any] = {"color": INK["optimal"], "linewidth": 1.6}
    key: list[Any] = [Line2D([], [], label="for a patrol on the line", **line)]
    for which, words in (
        (True, "measured: standing still / after every stop"),
        (False, "assumed by landform, with its band"),
    ):
        these = measured == which
        if these.any():
            bottom = np.where(these, low, np.nan)
            ax.stairs(
                np.where(these, high, np.nan), edges, baseline=bottom, fill=True, **_BANDS[which]
            )
            key.append(Patch(label=words, **_BANDS[which]))
    ax.stairs(rows["f_mask"].to_numpy(dtype=float), edges, baseline=None, **line)
    border_axis(page, result.border)
    ax.yaxis.set_major_formatter(percent_ticks())
    ax.set_ylim(0, 1)
    axis_words(page, up="out of sight within 2 km")
    page.close(
        f"Out of a patrol's sight beside the border: {sight.words}",
        f"{result.name}: share of the ground within 2 km of the line, by segment.",
        foot=(run_words(result),),
        key=key,
    )
    return page.ax


def sight_lines_data(result: StudyResult) -> pd.DataFrame:
    """Give what `sight_lines` draws, as a table."""
    if "f_mask" not in result.segments:
        raise InvalidParameterError(told.without_elevation(result, "lines of sight"))
    columns = ["km_start", "km_end", "f_mask", "f_mask_low", "f_mask_high", "f_mask_source"]
    return pd.DataFrame(result.segments[columns])


def edges_km(result: StudyResult) -> FloatArray:
    """Give the ends of the segments."""
    rows = result.segments
    return np.append(rows["km_start"].to_numpy(dtype=float), float(rows["km_end"].iloc[-1]))
