"""Reach and sight: hours to the border, the reach of a night, what is out of sight, and their map."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from borderzone import access
from borderzone.errors import InvalidParameterError
from borderzone.figures import country, layers, sheet
from borderzone.figures.maps import (
    MAP_BOX,
    colophon,
    depth_words,
    draw_ground,
    explain_beside,
    furnish,
    open_map,
    reserve,
    share_of_page,
)
from borderzone.figures.style import (
    A4_LANDSCAPE,
    INK,
    NO_DATA,
    SMALL,
    context,
    drawing,
    figure_of,
    halo,
    month_ticks,
    page,
    percent_ticks,
)
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = [
    "night_reach",
    "night_reach_data",
    "race_to_cover",
    "race_to_cover_data",
    "response_times",
    "response_times_data",
    "sight_lines",
    "sight_lines_data",
    "travel_time_map",
    "travel_time_map_data",
]

# A page wide and low, as a border is. Units: inches.
LONG = (10.4, 3.1)


# Ground to which no way leads is not ground of which nothing is known.
_UNREACHABLE: dict[str, Any] = {
    "facecolor": "#ececec",
    "edgecolor": "#9a9a9a",
    "hatch": "////",
    "linewidth": 0,
}


@drawing
def response_times(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how long it takes to every kilometre of the border from the nearest origin.

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
        If the study has no travel times.
    """
    along = response_times_data(result)
    reached = along["state"].to_numpy() == "reached"
    hours = np.where(reached, along["hours"].to_numpy(dtype=float), np.nan)
    edges = np.append(along["chainage_km"] - along["length_km"] / 2, result.border.length_km)
    with context():
        ax = along_border(result, ax)
        ax.stairs(hours, edges, baseline=0, fill=True, color="#c9d5e3")
        ax.stairs(hours, edges, baseline=None, color=INK["optimal"], linewidth=1.4)
        top = 1.18 * float(np.nanmax(hours)) if reached.any() else 1.0
        for state, words, look in (
            ("unreachable", "no way leads there", _UNREACHABLE),
            ("unknown", "no elevation", NO_DATA),
        ):
            these = along["state"].to_numpy() == state
            if these.any():
                ax.stairs(np.where(these, top, np.nan), edges, baseline=0, fill=True, **look)
                ax.fill_between([], [], [], label=words, **look)
                ax.legend(loc="upper right", frameon=True, framealpha=0.9)
        ax.axhline(
            result.scenario.remote_hours, color=INK["maximin"], linewidth=1.2, linestyle="--"
        )
        ax.annotate(
            f"remote above {result.scenario.remote_hours:g} h",
            (0.995, result.scenario.remote_hours),
            (0, 2),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=7.5,
            ha="right",
            color=INK["maximin"],
            path_effects=halo(),
        )
        ax.set_ylim(0, top)
        ax.set_ylabel(textwrap.fill(f"hours from the nearest {told.origin_words(result)}", 30))
        ax.set_title(told.response_words(result).replace("; ", ";\n", 1), fontsize=9)
    return ax


@drawing
def race_to_cover(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw on which share of each segment the response is there before the crosser is in cover.

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
        If the study was given no cover, or has no travel times.
    """
    race = race_to_cover_data(result)
    edges = edges_km(result)
    looks = ((INK["optimal"], "-"), (INK["maximin"], "--"))
    sides = race.index.get_level_values("side").unique()
    with context():
        ax = along_border(result, ax)
        for side, (ink, dash) in zip(sides, looks, strict=False):
            ax.stairs(
                race.loc[side, "response_share"].to_numpy(dtype=float),
                edges,
                baseline=None,
                color=ink,
                linestyle=dash,
                linewidth=1.6,
                label=f"flight into {result.border.names.get(side, side)}",
            )
        ax.yaxis.set_major_formatter(percent_ticks())
        ax.set_ylim(-0.02, 1.02)
        ax.set_ylabel("of the segment")
        ax.legend(loc="upper right", ncols=2, frameon=True, framealpha=0.9)
        ax.set_title(f"Where the response is there first: {told.race_words(result)}")
    return ax


@drawing
def night_reach(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how deep somebody on foot gets from the border in one night, by month.

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
        If the study has no travel times.
    """
    night = night_reach_data(result)
    months = np.arange(1, 13)
    flat = night["flat_km"].groupby("month").first().to_numpy(dtype=float)
    slower = access.at_night("foot")
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.12, 0.12, 0.84, 0.74))
        low, high = (flat * end / slower.factor for end in (slower.low, slower.high))
        ax.fill_between(months, low, high, color="#c9d5e3", linewidth=0)
        ax.plot(months, flat, color=INK["optimal"], linewidth=1.8)
        ax.plot(months, flat / slower.factor, color=INK["quiet"], linewidth=1.2, linestyle="--")
        notes = (
            ("as fast as by day", flat / slower.factor, 8),
            (
                f"in the dark, {slower.factor:g} ({slower.low:g} to {slower.high:g}) of that",
                low,
                -14,
            ),
        )
        for words, line, up in notes:
            ax.annotate(
                words,
                (6.5, line[6]),
                (0, up),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
            )
        month_ticks(ax)
        ax.set_ylabel("km on foot over flat ground")
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        words = told.night_words(result).replace(", ", ",\n", 1)
        ax.set_title(f"One night on foot: {words}", fontsize=8.5)
    return ax


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
def sight_lines(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw which share of the strip along the border a patrol on it does not see.

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
        If the study has no terrain, and so no share.
    """
    sight = told.out_of_sight(result)
    if sight is None:
        raise InvalidParameterError(told.without_elevation(result, "lines of sight"))
    rows = result.segments
    measured = rows["f_mask_source"].to_numpy() == told.MEASURED
    with context():
        ax = along_border(result, ax)
        edges = edges_km(result)
        low, high = (rows[f"f_mask_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        for which, style in ((measured, _BANDS[True]), (~measured, _BANDS[False])):
            ax.stairs(
                np.where(which, high, np.nan),
                edges,
                baseline=np.where(which, low, np.nan),
                fill=True,
                **style,
            )
        ax.stairs(
            rows["f_mask"].to_numpy(dtype=float),
            edges,
            baseline=None,
            color=INK["optimal"],
            linewidth=1.6,
        )
        ax.yaxis.set_major_formatter(percent_ticks())
        ax.set_ylim(0, 1)
        ax.set_ylabel("out of sight within 2 km")
        ax.set_title(f"Out of a patrol's sight beside the border, by segment: {sight.words}")
        marks: list[Any] = [Line2D([], [], color=INK["optimal"], linewidth=1.6)]
        words = ["for a patrol on the line"]
        for which, how in (
            (True, "measured: standing still / after every stop"),
            (False, "assumed by landform, with its band"),
        ):
            if (measured == which).any():
                marks.append(Patch(**_BANDS[which]))
                words.append(how)
        ax.legend(marks, words, loc="upper right", ncols=3, frameon=True, framealpha=0.9)
    return ax


def sight_lines_data(result: StudyResult) -> pd.DataFrame:
    """Give what `sight_lines` draws, as a table."""
    if "f_mask" not in result.segments:
        raise InvalidParameterError(told.without_elevation(result, "lines of sight"))
    columns = ["km_start", "km_end", "f_mask", "f_mask_low", "f_mask_high", "f_mask_source"]
    return pd.DataFrame(result.segments[columns])


_BANDS: dict[bool, dict[str, Any]] = {
    True: {"color": "#c9d5e3"},
    False: {"facecolor": "#ececec", "edgecolor": "#9a9a9a", "hatch": "////", "linewidth": 0},
}


def along_border(result: StudyResult, ax: Axes | None) -> Axes:
    """Open axes along the border."""
    if ax is None:
        ax = page(LONG).add_axes((0.075, 0.17, 0.905, 0.7))
    border = result.border
    ax.set_xlim(0, border.length_km)
    ax.set_xlabel(f"km along the border, from {border.start_name} to {border.end_name}")
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    return ax


def edges_km(result: StudyResult) -> FloatArray:
    """Give the ends of the segments."""
    rows = result.segments
    return np.append(rows["km_start"].to_numpy(dtype=float), float(rows["km_end"].iloc[-1]))


ACROSS = "#b9b4a8"
# Light to dark, told apart in grey as well.
INKS = ("#eaf0d6", "#c3d6a5", "#8fb58a", "#4f8a83", "#1f5570")


@drawing
def travel_time_map(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw the hours from the nearest origin over the corridor, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a whole page with heading, legend and footer is made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The map.

    Raises
    ------
    InvalidParameterError
        If the study has no travel times.
    """
    _bands(result)
    with context():
        whole = ax is None
        if ax is None:
            ax = page(A4_LANDSCAPE).add_axes(share_of_page(MAP_BOX), label="map")
        outline = result.corridor.outline
        drawn = open_map(ax, outline)
        draw_ground(drawn, result)
        corners = reserve(drawn, outline)
        _draw(drawn, result)
        furnish(drawn, corners)
        if whole:
            figure = figure_of(ax)
            sheet.heading(figure, _finding(result), _standing(result))
            explain_beside(drawn)
            sheet.footer(figure, colophon(drawn, result))
        else:
            sheet.legend(
                ax, drawn.key, loc="lower right", frameon=True, framealpha=0.85, fontsize=7
            )
            ax.set_title(_finding(result))
    return ax


def travel_time_map_data(result: StudyResult) -> pd.DataFrame:
    """
    Give the ground of the corridor by travel time.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row a band: ``from_h``, ``to_h``, ``area_km2`` and ``share``.

    Raises
    ------
    InvalidParameterError
        If the study has no travel times.
    """
    return pd.DataFrame(_bands(result).drop(columns="geometry"))


def _bands(result: StudyResult) -> gpd.GeoDataFrame:
    """Ground by travel time, or say that there is none."""
    if result.reach.bands is None:
        raise InvalidParameterError(told.no_travel_times(result))
    return result.reach.bands


def _draw(drawn: layers.MapPage, result: StudyResult) -> None:
    _draw_bands(drawn, result)
    corridor, ground = result.corridor, result.ground.furniture
    layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
    layers.draw_border(drawn, corridor.border.stretches)
    posts = layers.draw_posts(drawn, corridor.border)
    layers.draw_outside(drawn, corridor)
    _draw_across(drawn, result)
    layers.draw_unknown(drawn, _unreached(drawn, result), "travel time not known")
    country.draw_lakes(drawn, ground.get("lakes"))
    country.draw_rivers(drawn, ground.get("rivers"))
    _draw_origins(drawn, result)
    country.draw_towns(drawn, ground.get("places"), corridor.outline, posts)
    country.draw_provinces(drawn, ground.get("admin1"))
    edge = drawn.united(corridor.outline).boundary
    country.name_countries(drawn, set(corridor.depth_km), avoid=edge)
    order = ("Travel time", "Origins", "Border", "Ground", "No data")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}


def _draw_bands(drawn: layers.MapPage, result: StudyResult) -> None:
    bands = _bands(result).to_crs(drawn.crs)
    for ink, row in zip(INKS, bands.itertuples(), strict=True):
        if row.geometry.is_empty or not row.share > 0:
            continue
        style: dict[str, Any] = {"facecolor": ink, "alpha": 0.78, "linewidth": 0}
        bands.loc[[row.Index]].plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
        words = (
            f"more than {row.from_h:g} h"
            if np.isinf(row.to_h)
            else f"{row.from_h:g} to {row.to_h:g} h"
        )
        drawn.explain(
            "Travel time",
            Patch(**style),
            f"{words}: {told.percent(row.share)} of {told.ground_words(result)}",
        )
    cells = 4 * (result.scenario.resolution_m) ** 2
    parts = bands.geometry.explode(index_parts=False)
    # An island of a cell or two is drawn, but not outlined.
    parts[parts.area > cells].boundary.plot(
        ax=drawn.ax, zorder=layers.Z_GROUND + 0.5, color="#ffffff", linewidth=0.5, alpha=0.8
    )


def _draw_across(drawn: layers.MapPage, result: StudyResult) -> None:
    """Grey out the side on which the force does not move: that is not ground of unknown hours."""
    across = result.reach.across
    if across is None:
        return
    style: dict[str, Any] = {"facecolor": ACROSS, "alpha": 0.6, "linewidth": 0}
    across.to_crs(drawn.crs).plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
    drawn.explain("Travel time", Patch(**style), told.across_words(result))


def _unreached(drawn: layers.MapPage, result: StudyResult) -> gpd.GeoSeries:
    """Ground of the corridor without a travel time; slivers of a cell along its edge are none."""
    told = drawn.united(_bands(result).geometry)
    if result.reach.across is not None:
        told = told.union(drawn.united(result.reach.across))
    outline = drawn.united(result.corridor.outline)
    cell = result.scenario.resolution_m
    rest = shapely.buffer(shapely.difference(outline, told), -cell)
    return gpd.GeoSeries([shapely.buffer(rest, cell)], crs=drawn.crs)


def _draw_origins(drawn: layers.MapPage, result: StudyResult) -> None:
    if result.ground.origins is None:
        return
    shown = drawn.bring(result.ground.origins)
    style: dict[str, Any] = {
        "linestyle": "none",
        "marker": "^",
        "markersize": 3.6,
        "markerfacecolor": "#ffffff",
        "markeredgecolor": INK["text"],
        "markeredgewidth": 0.7,
    }
    points = shown.geometry.representative_point()
    drawn.ax.plot(points.x, points.y, zorder=layers.Z_BORDER + 1, **style)
    drawn.explain("Origins", Line2D([], [], **style), told.origin_words(result))


def _finding(result: StudyResult) -> str:
    limit = result.scenario.remote_hours
    far = told.beyond(_bands(result), limit)
    how = told.MODE_WORDS[result.scenario.force.mode]
    return (
        f"{result.name}: {told.percent(far)} of {told.ground_words(result)} is more than {limit:g} h "
        f"away {how}"
    )


def _standing(result: StudyResult) -> str:
    roads = result.reach.on_roads
    return (
        f"Hours from the nearest {told.origin_words(result)} {'on roads and ' if roads else ''}over open ground, slowed by slope and "
        f"surface; cells of {result.scenario.resolution_m / 1000:g} km"
        f"{told.upper_bound(result)}."
    )
