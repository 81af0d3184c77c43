"""Maps that shade the ground: hours from the nearest origin, and the chance to be seen by segment."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from borderzone.errors import InvalidParameterError
from borderzone.figures import country, layers
from borderzone.figures.grammar import (
    INK,
    SIZES,
    Sheet,
    SheetOptions,
    drawing,
    finding,
    open_page,
    say,
)
from borderzone.figures.maps import (
    colophon,
    depth_words,
    draw_ground,
    furnish,
    ground_asked,
    map_frame,
    open_map,
)
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = [
    "crossing_map",
    "crossing_map_data",
    "travel_time_map",
    "travel_time_map_data",
    "weakest_place_map",
    "weakest_place_map_data",
]

# Names of the inks of the bands, light to dark, told apart in grey as well.
BANDS = ("hours_1", "hours_2", "hours_3", "hours_4", "hours_5")


@drawing
def travel_time_map(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the hours from the nearest origin over the corridor, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page with heading, legend and foot is made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    **options
        The same by name, as in `Sheet`: ``size="column"``, ``km=(100, 200)``.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Raises
    ------
    InvalidParameterError
        If the study has no travel times.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.travel_time_map(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Iraq-Syria, km 200 to 320: 75 % of Iraq's half of the corridor is more than 2 h away by vehicle off
    road
    """
    _bands(result)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    page.heading(_finding(result), _standing(result))
    shown, margin = ground_asked(page.sheet, result.border, result.corridor)
    page.keep_foot(
        *colophon(layers.MapPage(page.ax, map_frame(shown), page, exaggeration=10), result)
    )
    opened = open_map(page, shown, margin=margin)
    drawn = opened.drawn
    draw_ground(drawn, result)
    _draw(drawn, result)
    furnish(drawn, partial(_label, result=result), result.corridor.outline)
    order = ("Travel time", "Origins", "Border", "No data", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}
    opened.finish(result.border)
    page.footer(*colophon(drawn, result))
    return page.ax


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
    layers.draw_outside(drawn, corridor)
    _draw_across(drawn, result)
    layers.draw_unknown(drawn, _unreached(drawn, result), "travel time not known")
    country.draw_lakes(drawn, ground.get("lakes"))
    country.draw_rivers(drawn, ground.get("rivers"))
    _draw_origins(drawn, result)
    country.draw_provinces(drawn, ground.get("admin1"))
    drawn.keep_symbols()


def _label(drawn: layers.MapPage, *, result: StudyResult) -> None:
    """Write the words of the map: posts, towns, countries."""
    corridor = result.corridor
    posts = layers.draw_posts(drawn, corridor.border)
    country.name_rivers(drawn, result.ground.furniture.get("rivers"))
    country.draw_towns(drawn, result.ground.furniture.get("places"), corridor.outline, posts)
    edge = drawn.united(corridor.outline).boundary
    country.name_countries(drawn, set(corridor.depth_km), avoid=edge)


def _draw_bands(drawn: layers.MapPage, result: StudyResult) -> None:
    bands = _bands(result).to_crs(drawn.crs)
    for name, row in zip(BANDS, bands.itertuples(), strict=True):
        if row.geometry.is_empty or not row.share > 0:
            continue
        style: dict[str, Any] = {"facecolor": INK[name], "alpha": 0.85, "linewidth": 0}
        bands.loc[[row.Index]].plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
        words = (
            say("more than {hours:g} h", hours=row.from_h)
            if np.isinf(row.to_h)
            else say("{low:g} to {high:g} h", low=row.from_h, high=row.to_h)
        )
        drawn.explain(
            "Travel time",
            Patch(**style),
            f"{words}: {told.percent(row.share)}",
        )
    cells = 4 * (result.scenario.resolution_m) ** 2
    parts = bands.geometry.explode(index_parts=False)
    # An island of a cell or two is drawn, but not outlined. The line is what tells bands apart whose
    # fills are near each other, in grey as well.
    parts[parts.area > cells].boundary.plot(
        ax=drawn.ax, zorder=layers.Z_GROUND + 0.5, color=INK["hours_line"], linewidth=0.6
    )


def _draw_across(drawn: layers.MapPage, result: StudyResult) -> None:
    """Grey out the side on which the force does not move: that is not ground of unknown hours."""
    across = result.reach.across
    if across is None:
        return
    style: dict[str, Any] = {"facecolor": INK["across"], "alpha": 0.6, "linewidth": 0}
    across.to_crs(drawn.crs).plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
    drawn.explain("Travel time", Patch(**style), say("across the border: out of reach"))


def _unreached(drawn: layers.MapPage, result: StudyResult) -> gpd.GeoSeries:
    """Ground of the corridor without a travel time; slivers of a cell along its edge are none."""
    known = drawn.united(_bands(result).geometry)
    if result.reach.across is not None:
        known = known.union(drawn.united(result.reach.across))
    outline = drawn.united(result.corridor.outline)
    cell = result.scenario.resolution_m
    rest = shapely.buffer(shapely.difference(outline, known), -cell)
    return gpd.GeoSeries([shapely.buffer(rest, cell)], crs=drawn.crs)


def _draw_origins(drawn: layers.MapPage, result: StudyResult) -> None:
    if result.ground.origins is None:
        return
    shown = drawn.bring(result.ground.origins)
    style: dict[str, Any] = {
        "linestyle": "none",
        "marker": "^",
        "markersize": 2.6,
        "markerfacecolor": INK["paper"],
        "markeredgecolor": INK["text"],
        "markeredgewidth": 0.5,
    }
    points = shown.geometry.representative_point()
    drawn.ax.plot(points.x, points.y, zorder=layers.Z_BORDER + 1, **style)
    words = finding(told.origin_words(result), "origin of the force")
    drawn.explain("Origins", Line2D([], [], **style), words)


def _finding(result: StudyResult) -> str:
    limit = result.scenario.remote_hours
    far = told.beyond(_bands(result), limit)
    how = told.MODE_WORDS[result.scenario.force.mode]
    return finding(
        f"{result.name}: {told.percent(far)} of {told.ground_words(result)} is more than {limit:g} h "
        f"away {how}",
        "{name}: {share} of {half} is more than {hours:g} h away",
        name=result.name,
        share=told.percent(far),
        half=say("the half of {country}", country=told.force_country(result)),
        hours=limit,
    )


def _standing(result: StudyResult) -> str:
    roads = "on roads and " if result.reach.on_roads else ""
    return finding(
        f"Hours from the nearest {told.origin_words(result)} {roads}over open ground, slowed by slope "
        f"and surface; of {told.ground_words(result)}; cells of "
        f"{result.scenario.resolution_m / 1000:g} km{told.upper_bound(result)}.",
        "Hours from the nearest origin, slowed by slope and surface",
    )


@drawing
def weakest_place_map(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the chance to be seen at the weakest place of a beat, segment by segment, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page with heading, legend and foot is made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    **options
        The same by name, as in `Sheet`: ``size="column"``, ``km=(100, 200)``.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Raises
    ------
    InvalidParameterError
        If the study has no units, or they stand.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.weakest_place_map(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    100 led units see 63 % over all places...
    """
    table = weakest_place_map_data(result)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    units, light = result.scenario.reference_units, result.scenario.light
    page.heading(
        finding(
            told.weakest_place_finding(result),
            "{name}: {share} seen at the weakest place",
            name=result.name,
            share=told.percent(float(table["led_weakest"].min())),
        ),
        finding(
            f"{units} led units spread evenly, by {light}, watching with "
            f"{told.sensor_words(result.scenario)}; by segment, every state of nature at its middle.",
            "By segment, units spread evenly and led",
        ),
    )
    shown, margin = ground_asked(page.sheet, result.border, result.corridor)
    page.keep_foot(
        *colophon(layers.MapPage(page.ax, map_frame(shown), page, exaggeration=10), result)
    )
    opened = open_map(page, shown, margin=margin)
    drawn = opened.drawn
    draw_ground(drawn, result)
    _draw_classes(drawn, result, table["led_weakest"].to_numpy(dtype=float))
    layers.draw_corridor(drawn, result.corridor.outline, depth_words(result.corridor))
    layers.draw_border(drawn, result.border.stretches)
    layers.draw_outside(drawn, result.corridor)
    country.draw_lakes(drawn, result.ground.furniture.get("lakes"))
    country.draw_rivers(drawn, result.ground.furniture.get("rivers"))
    furnish(drawn, partial(_label, result=result), result.corridor.outline)
    order = ("Seen at the weakest place", "Border", "No data", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}
    opened.finish(result.border)
    page.footer(*colophon(drawn, result))
    return page.ax


def weakest_place_map_data(result: StudyResult) -> pd.DataFrame:
    """Give what `weakest_place_map` draws, as a table."""
    return told.weakest_place_table(result)[["km_start", "km_end", "led_weakest"]]


@drawing
def crossing_map(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the way across that is watched least in every 10 km, and where posts go, north up: for internal use.

    Parameters
    ----------
    result
        What a study gave; no public edition holds what this draws.
    ax
        Axes to draw on; a page with heading, legend and foot is made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    **options
        The same by name, as in `Sheet`: ``size="column"``, ``km=(100, 200)``.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Raises
    ------
    InvalidParameterError
        If the study has no units, or they stand, or this is a public edition.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.crossing_map(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    100 units spread evenly see 54 %...
    """
    ways = _ways_of(result)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    page.heading(
        finding(
            told.crossing_finding(result),
            "{name}: {share} seen on the weakest way",
            name=result.name,
            share=told.percent(float(ways["pod"].min())),
        ),
        finding(
            f"INTERNAL. The weakest way of every 10 km, {result.scenario.reference_units} units spread evenly, "
            f"by {result.scenario.light}; cells of {result.scenario.resolution_m / 1000:g} km.",
            "INTERNAL. The weakest way of every 10 km",
        ),
    )
    shown, margin = ground_asked(page.sheet, result.border, result.corridor)
    page.keep_foot(
        *colophon(layers.MapPage(page.ax, map_frame(shown), page, exaggeration=10), result)
    )
    opened = open_map(page, shown, margin=margin)
    drawn = opened.drawn
    draw_ground(drawn, result)
    layers.draw_corridor(drawn, result.corridor.outline, depth_words(result.corridor))
    layers.draw_border(drawn, result.border.stretches)
    layers.draw_outside(drawn, result.corridor)
    country.draw_lakes(drawn, result.ground.furniture.get("lakes"))
    country.draw_rivers(drawn, result.ground.furniture.get("rivers"))
    _draw_ways(drawn, ways, result.crossing.sites)
    furnish(drawn, partial(_label, result=result), result.corridor.outline)
    order = ("Watched least", "Border", "No data", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}
    opened.finish(result.border)
    page.footer(*colophon(drawn, result))
    return page.ax


def _ways_of(result: StudyResult) -> gpd.GeoDataFrame:
    """Take the weakest way of every 10 km that leads across."""
    told.crossing_table(result)
    ways = result.crossing.ways
    if ways is None:
        msg = "the public edition holds no ways; draw the map of the internal one, or of what Study.run gave"
        raise InvalidParameterError(msg)
    ways = ways[~ways.geometry.isna()]
    block = (ways["km_start"] // 10).astype(int)
    return ways.loc[ways.groupby(block)["pod"].idxmin()]


def crossing_map_data(result: StudyResult) -> pd.DataFrame:
    """Give what `crossing_map` draws, as a table."""
    return pd.DataFrame(_ways_of(result).drop(columns="geometry")).reset_index(drop=True)


def _draw_ways(
    drawn: layers.MapPage, ways: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None
) -> None:
    group = "Watched least"
    thin: dict[str, Any] = {"color": INK["incident"], "linewidth": 1.1}
    thick: dict[str, Any] = {"color": INK["incident"], "linewidth": 2.4}
    lines = ways.to_crs(drawn.crs)
    lines.plot(ax=drawn.ax, zorder=layers.Z_BORDER + 1, **thin)
    drawn.explain(group, Line2D([], [], **thin), "the weakest way of 10 km")
    lines.loc[[ways["pod"].idxmin()]].plot(ax=drawn.ax, zorder=layers.Z_BORDER + 1, **thick)
    drawn.explain(group, Line2D([], [], **thick), "the weakest of all")
    if sites is not None:
        mark: dict[str, Any] = {"marker": "^", "color": INK["maximin"]}
        places = sites.to_crs(drawn.crs)
        places.plot(
            ax=drawn.ax, zorder=layers.Z_BORDER + 2, markersize=26, edgecolor=INK["paper"], **mark
        )
        drawn.explain(
            group,
            Line2D([], [], linestyle="none", markersize=6, **mark),
            "a post, at the best place found",
        )
    drawn.keep_symbols()


def _draw_classes(drawn: layers.MapPage, result: StudyResult, seen: FloatArray) -> None:
    """Fill segments by five classes at most, the least seen darkest, and outline the least of all."""
    segments = result.corridor.segments.to_crs(drawn.crs)
    breaks = MaxNLocator(len(BANDS), steps=[1, 2, 2.5, 5, 10]).tick_values(
        float(np.nanmin(seen)), float(np.nanmax(seen))
    )[: len(BANDS) + 1]
    decimals = 0 if breaks[1] - breaks[0] > 0.0099 else 1
    group = "Seen at the weakest place"
    for number, (low, high) in reversed(list(enumerate(pairwise(breaks)))):
        last = number == len(breaks) - 2
        inside = (seen >= low) & ((seen <= high) if last else (seen < high))
        style: dict[str, Any] = {
            "facecolor": INK[BANDS[len(BANDS) - 1 - number]],
            "edgecolor": INK["hours_line"],
            "linewidth": 0.4,
            "alpha": 0.85,
        }
        if inside.any():
            segments[inside].plot(ax=drawn.ax, zorder=layers.Z_GROUND, **style)
        ends = (f"{100 * end:.{decimals}f}" for end in (low, high))
        drawn.explain(group, Patch(**style), "{} – {} %".format(*ends))
    least = segments.iloc[[int(np.nanargmin(seen))]]
    edge: dict[str, Any] = {"edgecolor": INK["incident"], "facecolor": "none", "linewidth": 2.0}
    least.plot(ax=drawn.ax, zorder=layers.Z_BORDER - 1, **edge)
    drawn.explain(group, Patch(**edge), "least of all")
    drawn.keep_symbols()
