"""The map of travel times: how long it takes from the nearest origin, and how deep a night reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from borderzone.errors import InvalidParameterError
from borderzone.figures import country, layers, sheet
from borderzone.figures.map_page import (
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
from borderzone.figures.style import A4_LANDSCAPE, INK, context, drawing, figure_of, page
from borderzone.figures.words import MODE_WORDS
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["travel_time_map", "travel_time_map_data"]

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
    if result.reach is None or result.reach.bands is None:
        raise InvalidParameterError(told.no_travel_times(result))
    return result.reach.bands


def _draw(drawn: layers.MapPage, result: StudyResult) -> None:
    _draw_bands(drawn, result)
    corridor, ground = result.corridor, result.furniture
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
    across = None if result.reach is None else result.reach.across
    if across is None:
        return
    style: dict[str, Any] = {"facecolor": ACROSS, "alpha": 0.6, "linewidth": 0}
    across.to_crs(drawn.crs).plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
    drawn.explain("Travel time", Patch(**style), told.across_words(result))


def _unreached(drawn: layers.MapPage, result: StudyResult) -> gpd.GeoSeries:
    """Ground of the corridor without a travel time; slivers of a cell along its edge are none."""
    told = drawn.united(_bands(result).geometry)
    if result.reach is not None and result.reach.across is not None:
        told = told.union(drawn.united(result.reach.across))
    outline = drawn.united(result.corridor.outline)
    cell = result.scenario.resolution_m
    rest = shapely.buffer(shapely.difference(outline, told), -cell)
    return gpd.GeoSeries([shapely.buffer(rest, cell)], crs=drawn.crs)


def _draw_origins(drawn: layers.MapPage, result: StudyResult) -> None:
    if result.origins is None:
        return
    shown = drawn.bring(result.origins)
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
    how = MODE_WORDS[result.scenario.force.mode]
    return (
        f"{result.name}: {told.percent(far)} of {told.ground_words(result)} is more than {limit:g} h "
        f"away {how}"
    )


def _standing(result: StudyResult) -> str:
    roads = result.reach is not None and result.reach.on_roads
    return (
        f"Hours from the nearest {told.origin_words(result)} {'on roads and ' if roads else ''}over open ground, slowed by slope and "
        f"surface; cells of {result.scenario.resolution_m / 1000:g} km"
        f"{told.upper_bound(result)}."
    )
