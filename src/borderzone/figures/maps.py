"""Maps: a border, a corridor, the corridor map of a study; their page and the relief under them."""

from __future__ import annotations

import math
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import contextily
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from borderzone import datasets, io
from borderzone._guards import temporary_folder
from borderzone.errors import CoverageGapError, NoOverlapError
from borderzone.figures import country, layers, sheet
from borderzone.figures.layers import KNOWN_KM, placed_events, sheet_events
from borderzone.figures.style import (
    A4_LANDSCAPE,
    INK,
    NO_RELIEF,
    attribution,
    context,
    drawing,
    figure_of,
    page,
    run_words,
)
from borderzone.grid import Grid
from borderzone.study import told

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.figures.layers import SheetEvents
    from borderzone.study import StudyResult

__all__ = [
    "KEY_CHARACTERS",
    "MAP_BOX",
    "colophon",
    "corridor_map",
    "corridor_map_data",
    "depth_words",
    "draw_ground",
    "draw_locator",
    "draw_relief",
    "drawn_words",
    "explain_beside",
    "furnish",
    "hillshade",
    "map_elevation",
    "map_frame",
    "open_map",
    "page_events",
    "plot_border",
    "plot_corridor",
    "reserve",
    "share_of_page",
    "sheet_of",
]

# Light from four sides keeps ridges of every direction visible; weights as the slopes that
# each light grazes would ask for, here equal but for the north-west that readers expect.
LIGHTS = ((225.0, 0.2), (270.0, 0.25), (315.0, 0.35), (360.0, 0.2))
ALTITUDE_DEG = 40.0
# Where the steepest twentieth of the ground should come to lie once exaggerated.
SHOWN_SLOPE = math.tan(math.radians(22))
DARKEST = 0.62


def hillshade(elevation_m: FloatArray, cell_m: float, *, exaggeration: float = 1.0) -> FloatArray:
    """Shade ground from four directions at once."""
    south, east = np.gradient(elevation_m * exaggeration, cell_m)
    slope = np.arctan(np.hypot(south, east))
    facing = np.arctan2(-east, south)  # direction of fall, clockwise from north
    zenith = math.radians(90 - ALTITUDE_DEG)
    total = np.zeros_like(slope)
    for azimuth_deg, weight in LIGHTS:
        turn = math.radians(azimuth_deg) - facing
        lit = math.cos(zenith) * np.cos(slope) + math.sin(zenith) * np.sin(slope) * np.cos(turn)
        total += weight * np.clip(lit, 0, 1)
    return np.asarray(total)


def map_elevation(
    bounds: tuple[float, float, float, float], crs: Any, layers: xr.Dataset | None, *, columns: int
) -> xr.DataArray | None:
    """Elevation for the whole of a map: the embedded one, else the study's own."""
    grid = _map_grid(bounds, crs, columns)
    try:
        return datasets.elevation(grid)
    except (CoverageGapError, NoOverlapError):
        if layers is None or "elevation_m" not in layers:
            return None
        return io.warp(layers["elevation_m"], grid, resampling="bilinear")


def _map_grid(bounds: tuple[float, float, float, float], crs: Any, columns: int) -> Grid:
    """Cells of a map with two around it; no length is measured on them, so any frame will do."""
    west, south, east, north = bounds
    cell = (east - west) / columns
    rows = math.ceil((north - south) / cell)
    return Grid(
        shape=(rows + 4, columns + 4),
        transform=Affine(cell, 0, west - 2 * cell, 0, -cell, south + (rows + 2) * cell),
        crs=crs,
    )


class Relief(NamedTuple):
    """
    How relief was drawn.

    Attributes
    ----------
    exaggeration
        How many times steeper the ground was drawn.
    blank
        Cells of the map without elevation.
    grid
        Their grid.
    """

    exaggeration: float
    blank: BoolArray
    grid: Grid


def draw_relief(
    ax: Axes, crs: Any, layers: xr.Dataset | None, *, columns: int = 700
) -> Relief | None:
    """Draw grey relief over a map, where there is elevation."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    elevation = map_elevation((west, south, east, north), crs, layers, columns=columns)
    if elevation is None or not np.isfinite(elevation.to_numpy()).any():
        return None
    grid = _map_grid((west, south, east, north), crs, columns)
    values = elevation.to_numpy().astype("float64")
    steep = float(np.nanpercentile(np.hypot(*np.gradient(values, grid.resolution_m)), 95))
    exaggeration = float(np.clip(round(SHOWN_SLOPE / max(steep, 1e-6)), 1, 20))
    shade = hillshade(values, grid.resolution_m, exaggeration=exaggeration)
    # A local file and no tile server: the map is the same with and without a network.
    with temporary_folder() as folder:
        source = Path(folder) / "relief.tif"
        _write(source, _tinted(shade), grid)
        contextily.add_basemap(
            ax,
            source=source,
            attribution=False,
            reset_extent=False,
            interpolation="bilinear",
            zorder=0,
        )
    ax.set(xlim=(west, east), ylim=(south, north))
    return Relief(exaggeration, np.isnan(shade), grid)


def _tinted(shade: FloatArray) -> FloatArray:
    # Greys from paper white down to a middle grey: relief is a background, it never competes.
    # Ground without elevation stays paper, which no shade is: flat ground is grey.
    light = np.clip((np.where(np.isfinite(shade), shade, 1.0) - 0.15) / (0.95 - 0.15), 0, 1)
    grey = 255 * (DARKEST + (1 - DARKEST) * light)
    warm = np.stack([grey, grey * 0.995, grey * 0.975])
    return np.round(np.where(np.isfinite(shade), warm, 255)).astype("uint8")


def _write(path: Path, image: FloatArray, grid: Grid) -> None:
    with (
        warnings.catch_warnings(),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=grid.shape[1],
            height=grid.shape[0],
            count=3,
            dtype="uint8",
            crs=grid.crs.to_wkt(),
            transform=grid.transform,
            photometric="RGB",
        ) as target,
    ):
        target.write(image)


# Inches on an A4 page: the neatline, and the column beside it.
MAP_BOX = (0.75, 1.2, 7.15, 6.15)
SIDE_BOX = (8.22, 1.2, 3.0, 6.15)
LOCATOR_BOX = (8.22, 1.2, 3.0, 1.75)
KEY_CHARACTERS = 42
# Size of the words, height of a mark and gap between rows: closer rows before smaller words.
KEY_SETTINGS = (
    (7.5, 1.35, 0.36),
    (7.0, 1.35, 0.36),
    (7.0, 1.1, 0.2),
    (6.5, 1.1, 0.2),
    (6.0, 1.1, 0.2),
    (5.5, 1.1, 0.2),
)
MARGIN = 0.06
# How far a locator reaches up and down from the middle of its map. Units: m.
LOCATOR_REACH_M = (400e3, 4500e3)


def map_frame(shapes: gpd.GeoSeries) -> ProjectedCRS:
    """Return a north-up equal-area frame centred on what is to be drawn."""
    west, south, east, north = shapes.to_crs(4326).total_bounds
    lon, lat = round((west + east) / 2, 2), round((south + north) / 2, 2)
    north_south, east_west = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return ProjectedCRS(
        conversion=LambertAzimuthalEqualAreaConversion(lat, lon),
        name=(
            f"Lambert azimuthal equal-area at {abs(lat):g}° {north_south}, "
            f"{abs(lon):g}° {east_west}, WGS 84"
        ),
    )


def reserve(drawn: layers.MapPage, busy: gpd.GeoSeries) -> list[tuple[float, float]]:
    """Keep room for the scale bar and the north arrow."""
    corners, boxes = _furniture_boxes(drawn.window, drawn.united(busy))
    drawn.reserved += boxes
    return corners


def _furniture_boxes(window: Any, shape: Any) -> tuple[list[tuple[float, float]], list[Any]]:
    # Scale bar below and arrow above, each on the side that has less to hide.
    corners = []
    for choices, size in (
        (((0.03, 0.03), (0.62, 0.03)), (0.36, 0.11)),
        (((0.91, 0.84), (0.01, 0.84)), (0.08, 0.14)),
    ):
        boxes = {corner: _box(window, corner, size) for corner in choices}
        corner = min(choices, key=lambda corner: _hidden(shape, boxes[corner]))
        corners.append((corner, boxes[corner]))
    return [corner for corner, _ in corners], [box for _, box in corners]


def sheet_of(outline: gpd.GeoSeries) -> tuple[ProjectedCRS, shapely.Polygon, list[Any]]:
    """Give the frame and the ground of a whole page's map, and what its scale bar and arrow cover."""
    frame = map_frame(outline)
    window = _window(outline.to_crs(frame).total_bounds, MAP_BOX[2] / MAP_BOX[3], MARGIN)
    shape = shapely.union_all(outline.to_crs(frame).make_valid().to_numpy())
    return frame, window, _furniture_boxes(window, shape)[1]


def _window(bounds: Any, ratio: float, margin: float) -> shapely.Polygon:
    """Widen bounds to the proportions of axes, with a margin around."""
    west, south, east, north = bounds
    width = max(east - west, 1.0) * (1 + 2 * margin)
    height = max(north - south, 1.0) * (1 + 2 * margin)
    width, height = max(width, height * ratio), max(height, width / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    window: shapely.Polygon = shapely.box(
        x - width / 2, y - height / 2, x + width / 2, y + height / 2
    )
    return window


def _box(
    window: shapely.Polygon, corner: tuple[float, float], size: tuple[float, float]
) -> shapely.Polygon:
    west, south, east, north = window.bounds
    x, y = west + corner[0] * (east - west), south + corner[1] * (north - south)
    return shapely.box(x, y, x + size[0] * (east - west), y + size[1] * (north - south))


def _hidden(shape: Any, box: shapely.Polygon) -> float:
    cut = shape.intersection(box)
    return float(cut.area + cut.length)


def furnish(drawn: layers.MapPage, corners: list[tuple[float, float]]) -> None:
    """Draw grid, scale bar and north arrow."""
    bar, arrow = corners
    sheet.graticule(drawn.ax, drawn.crs)
    sheet.scale_bar(drawn.ax, drawn.crs, corner=bar)
    sheet.north_arrow(drawn.ax, drawn.crs, centre=(arrow[0] + 0.04, arrow[1] + 0.06))
    drawn.ax.set(xlabel="", ylabel="")


def open_map(ax: Axes, shapes: gpd.GeoSeries, *, margin: float = MARGIN) -> layers.MapPage:
    """Open a map that fills its axes around what is to be drawn."""
    frame = map_frame(shapes)
    box = ax.get_position()
    wide, high = figure_of(ax).get_size_inches()
    ratio = box.width * wide / (box.height * high)
    west, south, east, north = _window(shapes.to_crs(frame).total_bounds, ratio, margin).bounds
    ax.set(xlim=(west, east), ylim=(south, north))
    ax.set_aspect("equal", adjustable="box", anchor="C")
    ax.set(xlabel="", ylabel="")
    ax.set_autoscale_on(False)
    ax.set_facecolor(INK["land"])
    return layers.MapPage(ax=ax, crs=frame)


def draw_ground(drawn: layers.MapPage, result: StudyResult, *, relief: bool = True) -> None:
    """Draw what a map lies on: sea, land, relief, and where there is no elevation for it."""
    country.draw_land(drawn)
    if not relief:
        return
    shaded = draw_relief(drawn.ax, drawn.crs, result.ground.layers)
    if shaded is None:
        plain = Patch(facecolor=INK["land"], edgecolor=INK["rule"], linewidth=0.7)
        why = (lack.reason for lack in told.lacking(result, "units"))
        words = ": ".join(["land, without relief", *why])
        drawn.explain("No data", plain, textwrap.fill(words, KEY_CHARACTERS))
        return
    drawn.exaggeration = shaded.exaggeration
    blank = layers.cells_as_polygons(shaded.blank, shaded.grid).union_all()
    blank = shapely.difference(shapely.intersection(blank, drawn.window), drawn.sea)
    land = drawn.window.area - drawn.sea.area
    drawn.unrelieved = blank.area / land if land > 0 else 0.0
    if drawn.unrelieved >= 0.005:
        gpd.GeoSeries([blank], crs=drawn.crs).plot(ax=drawn.ax, zorder=0.3, **NO_RELIEF)
        drawn.explain("No data", Patch(**NO_RELIEF), "land without elevation")


def explain_beside(drawn: layers.MapPage, border: Border | None = None) -> None:
    """Write the legend of a map in the column beside it, and draw where on earth it lies below."""
    figure = figure_of(drawn.ax)
    side = figure.add_axes(share_of_page(SIDE_BOX), label="legend")
    side.set_axis_off()
    floor = 0.0
    if border is not None:
        inset = figure.add_axes(share_of_page(LOCATOR_BOX), label="locator")
        draw_locator(inset, drawn, border)
        floor = inset.get_window_extent().y1
    for points, high, gap in KEY_SETTINGS:  # what is not known has long reasons: not hidden
        key = sheet.legend(
            side,
            drawn.key,
            bbox_to_anchor=(0.03, 1.0),
            fontsize=points,
            handleheight=high,
            labelspacing=gap,
        )
        if key.get_window_extent().y0 > floor:
            break


def draw_locator(ax: Axes, drawn: layers.MapPage, border: Border) -> None:
    """Draw where on earth a map lies: land, sea, borders, and names where there is room."""
    (west, east), (south, north) = drawn.ax.get_xlim(), drawn.ax.get_ylim()
    x, y = (west + east) / 2, (south + north) / 2
    box = ax.get_position()
    wide, tall = figure_of(ax).get_size_inches()
    high = float(np.clip(1.35 * max(east - west, north - south), *LOCATOR_REACH_M))
    half = high * box.width * wide / (box.height * tall)
    ax.set(xlim=(x - half, x + half), ylim=(y - high, y + high), xticks=[], yticks=[])
    ax.set(aspect="equal", facecolor=INK["land"])
    ax.set_autoscale_on(False)
    small = layers.MapPage(ax=ax, crs=drawn.crs)
    country.draw_land(small)
    border.line.to_crs(drawn.crs).plot(ax=ax, color=INK["border"], linewidth=1.8, zorder=8)
    least = high / 30  # a map of a few kilometres is still seen
    frame = drawn.window.buffer(max(0.0, least - (east - west) / 2), join_style="mitre")
    ax.plot(*frame.exterior.xy, color=INK["incident"], linewidth=1.2, zorder=9)
    country.name_countries(
        small, {border.a, border.b}, avoid=frame.exterior, sizes=(7.5, 7.0), small=True
    )
    ax.set(xlabel="", ylabel="")
    ax.spines[:].set_visible(True)
    ax.spines[:].set(linewidth=0.8, edgecolor=INK["quiet"])


def share_of_page(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Turn a box in inches on an A4 page into shares of it."""
    wide, high = A4_LANDSCAPE
    return box[0] / wide, box[1] / high, box[2] / wide, box[3] / high


def depth_words(corridor: Corridor) -> str:
    """Say how deep a corridor is."""
    depths = sorted(set(corridor.depth_km.values()))
    if len(depths) == 1:
        return f"{depths[0]:g} km on each side"
    return ", ".join(f"{depth:g} km in {code}" for code, depth in corridor.depth_km.items())


def colophon(drawn: layers.MapPage, result: StudyResult, *, first: str = "") -> str:
    """Write the foot of a map: credits, frame, relief, version and run."""
    words = [first] if first else []
    words += [attribution(result), f"Map: {drawn.crs.name}."]
    if drawn.exaggeration is not None:
        lacking = f"; {100 * drawn.unrelieved:.0f} % of the land has no elevation"
        missing = lacking if drawn.unrelieved >= 0.005 else ""
        words.append(f"Relief exaggerated {drawn.exaggeration:.0f} times{missing}.")
    words.append(run_words(result))
    words.append(told.DISCLAIMER)
    return " ".join(words)


@drawing
def corridor_map(result: StudyResult, ax: Axes | None = None, *, relief: bool = True) -> Axes:
    """
    Draw the corridor with its flagged ground, incidents and towns, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a whole page with heading, legend column, locator and
        footer is made when left out.
    relief
        Whether to draw relief under the map.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        whole = ax is None
        if ax is None:
            sheet_ = page(A4_LANDSCAPE)
            ax = sheet_.add_axes(share_of_page(MAP_BOX), label="map")
        outline = result.corridor.outline
        drawn = open_map(ax, outline)
        draw_ground(drawn, result, relief=relief)
        corners = reserve(drawn, outline)
        posts = _draw_layers(drawn, result)
        furnish(drawn, corners)
        if whole:
            _finish_page(drawn, result)
        else:
            if drawn.events is not None and drawn.events.not_drawn:
                words = textwrap.fill(f"no symbol: {drawn.events.not_drawn}", KEY_CHARACTERS)
                drawn.explain("Incidents", Line2D([], [], linestyle="none"), words)
            _place_key(drawn)
            ax.set_title(_finding(result) + _mark(result), fontsize=8.5, wrap=True)
        ax.set_gid(f"corridor-map-{len(posts)}")
    return ax


def _place_key(drawn: layers.MapPage) -> None:
    """Lay the legend into the corner with the fewest events; beside the map where none is free."""
    looks: dict[str, Any] = {"frameon": True, "framealpha": 0.92, "fontsize": 7}
    looks |= {"handleheight": 1.1, "labelspacing": 0.2, "borderpad": 0.3}
    high = drawn.ax.get_window_extent().height
    # Small axes: what explains itself goes first.
    for group in ("", "Ground", "Border", "No data"):
        drawn.key.pop(group, None)
        key = sheet.legend(drawn.ax, drawn.key, loc="lower right", **looks)
        if key.get_window_extent().height <= high:
            break
    hidden: dict[str, float] = {}
    for corner in ("lower right", "lower left", "upper left", "upper right"):
        key = sheet.legend(drawn.ax, drawn.key, loc=corner, **looks)
        hidden[corner] = layers.events_under(drawn, key.get_window_extent())
    best = min(hidden, key=lambda corner: hidden[corner])
    key = sheet.legend(drawn.ax, drawn.key, loc=best, **looks)
    room = figure_of(drawn.ax).bbox.x1 - drawn.ax.get_window_extent().x1
    if hidden[best] and key.get_window_extent().width + 10 < room:
        looks["bbox_to_anchor"] = (1.02, 1.0)
        key = sheet.legend(drawn.ax, drawn.key, loc="upper left", **looks)
    key.set_zorder(40)  # above labels, which would be read as part of it


def corridor_map_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the corridor map shows, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row a mark: ``layer``, ``name``, ``lon``, ``lat``, ``km_start``,
        ``km_end``, ``value``, ``unit`` and ``note``.
    """
    rows = [*_zone_rows(result), *_outside_rows(result)]
    rows += [*_symbol_rows(result), *_incident_rows(result)]
    border = result.border
    for name, km in ((border.start_name, 0.0), (border.end_name, border.length_km)):
        point = border.point_at(km)
        rows.append(_row("border end", name, point, km_start=km, km_end=km))
    columns = ["layer", "name", "lon", "lat", "km_start", "km_end", "value", "unit", "note"]
    return pd.DataFrame(rows, columns=columns)


def _zone_rows(result: StudyResult) -> list[dict[str, Any]]:
    if result.zones is None:
        return []
    return [
        _row(
            row.kind,
            row.zone,
            row.geometry.representative_point(),
            km_start=row.km_start,
            km_end=row.km_end,
            value=row.area_km2,
            unit="km2",
            note=f"rank {row.rank}, {told.zone_words(row)}; {row.reasons}",
        )
        for row in result.zones.itertuples()
    ]


def _outside_rows(result: StudyResult) -> list[dict[str, Any]]:
    return [
        _row(
            row.kind,
            row.name,
            row.geometry.representative_point(),
            value=row.area_km2,
            unit="km2",
            note="in the corridor, of neither country",
        )
        for row in result.corridor.outside_ground().itertuples()
    ]


def _symbol_rows(result: StudyResult) -> list[dict[str, Any]]:
    shown = page_events(result)
    if shown is None:
        return []
    rows = []
    symbols = shown.symbols.to_crs(4326)
    for row in symbols.itertuples():
        where = "may lie in the corridor" if row.inside else "outside the corridor, drawn small"
        note = (
            f"{'SYNTHETIC; ' if row.synthetic else ''}{row.types}; {row.known:,} known to within "
            f"{KNOWN_KM:.0f} km; {where}"
        )
        place = row.place if row.events == 1 else f"{row.place} and around"
        rows.append(
            _row("incident symbol", place, row.geometry, value=row.events, unit="events", note=note)
        )
    return rows


def _incident_rows(result: StudyResult) -> list[dict[str, Any]]:
    events = placed_events(result)
    if events is None:
        return []
    rows = []
    for row in events.itertuples():
        how = "has a circle" if row.drawn else f"not drawn: {row.why_not}"
        note = f"{'SYNTHETIC; ' if row.synthetic else ''}{row.event_type}, {row.place}; {how}"
        point = row.geometry if row.drawn else None
        rows.append(_row("incident", row.id, point, value=row.radius_km, unit="km", note=note))
    return rows


def _row(layer: str, name: str, point: Any, **values: Any) -> dict[str, Any]:
    empty = point is None or point.is_empty
    place = {"lon": np.nan, "lat": np.nan} if empty else {"lon": point.x, "lat": point.y}
    rest: dict[str, Any] = {"km_start": np.nan, "km_end": np.nan, "value": np.nan}
    return {"layer": layer, "name": name, "unit": "", "note": ""} | place | rest | values


@drawing
def plot_border(border: Border, ax: Axes | None = None) -> Axes:
    """
    Draw a border with its kilometre posts.

    Parameters
    ----------
    border
        The border.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        ax = _plain_axes(ax)
        drawn = open_map(ax, border.line, margin=0.12)
        country.draw_land(drawn)
        layers.draw_border(drawn, border.stretches)
        _close_plain(drawn, border, border.line)
        ax.set_title(f"{border.start_name} to {border.end_name}: {told.length_words(border)}")
    return ax


@drawing
def plot_corridor(corridor: Corridor, ax: Axes | None = None) -> Axes:
    """
    Draw a corridor with its segments.

    Parameters
    ----------
    corridor
        The corridor.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        ax = _plain_axes(ax)
        drawn = open_map(ax, corridor.outline)
        country.draw_land(drawn)
        segments = corridor.segments.to_crs(drawn.crs)
        segments.boundary.plot(
            ax=ax, color=INK["rule"], linewidth=0.4, zorder=layers.Z_GROUND + 0.1
        )
        ground = segments.set_geometry(segments.geometry.difference(drawn.sea))
        for parity, fill in ((0, INK["land"]), (1, "#dcd6c6")):
            ground[ground.index % 2 == parity].plot(ax=ax, facecolor=fill, zorder=layers.Z_GROUND)
        layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
        layers.draw_border(drawn, corridor.border.stretches)
        _close_plain(drawn, corridor.border, corridor.outline)
        ax.set_title(f"{len(segments)} segments, {corridor.area_km2:,.0f} km²")
    return ax


def _plain_axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    return page((7.5, 6.5)).add_axes((0.08, 0.06, 0.88, 0.86))


def _close_plain(drawn: layers.MapPage, border: Border, around: gpd.GeoSeries) -> None:
    corners = reserve(drawn, border.line)
    country.draw_towns(drawn, None, border.line, layers.draw_posts(drawn, border))
    edge = drawn.united(around)
    country.name_countries(
        drawn, {border.a, border.b}, avoid=edge.boundary if edge.area > 0 else edge
    )
    furnish(drawn, corners)


def _draw_layers(drawn: layers.MapPage, result: StudyResult) -> pd.DataFrame:
    ground = result.ground.furniture
    corridor = result.corridor
    layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
    layers.draw_border(drawn, corridor.border.stretches)
    posts = layers.draw_posts(drawn, corridor.border)
    layers.draw_outside(drawn, corridor)
    if not told.hidden(result):
        layers.draw_unknown(drawn, layers.unflagged(result), "remote desert not known")
    layers.draw_zones(
        drawn,
        result.zones,
        across=None if result.zones is None else told.across_zones(result),
        filled=_remote_words(result),
        unhatched=_unhatched(result),
    )
    country.draw_lakes(drawn, ground.get("lakes"))
    country.draw_rivers(drawn, ground.get("rivers"))
    country.draw_airfields(drawn, ground.get("airfields"))
    _draw_incidents(drawn, result)
    country.draw_provinces(drawn, ground.get("admin1"))
    country.draw_towns(drawn, ground.get("places"), corridor.outline, posts)
    edge = drawn.united(corridor.outline).boundary
    country.name_countries(drawn, set(corridor.depth_km), avoid=edge)
    for words in told.unknowns(result):
        drawn.explain(
            "Not known", Line2D([], [], linestyle="none"), textwrap.fill(words, KEY_CHARACTERS)
        )
    order = ("Border", "Flagged ground", "Incidents", "Not known", "No data", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}
    return posts


def _finish_page(drawn: layers.MapPage, result: StudyResult) -> None:
    figure = figure_of(drawn.ax)
    sheet.heading(figure, _finding(result), _standing(result, drawn.events))
    if result.synthetic:
        number = (
            int(result.incidents.events["synthetic"].sum())
            if result.incidents.events is not None
            else 0
        )
        sheet.synthetic_band(
            figure,
            top=0.03,
            words=f"{number:,} incidents were drawn by a random process; none of them happened.",
        )
    explain_beside(drawn, result.border)
    rest = "" if drawn.events is None else drawn.events.not_drawn
    first = f"Incidents without a symbol: {rest}." if rest else ""
    sheet.footer(figure, colophon(drawn, result, first=first))


def _draw_incidents(drawn: layers.MapPage, result: StudyResult) -> None:
    most = layers.room_for_symbols(drawn)
    drawn.events = sheet_events(result, drawn.crs, drawn.window, drawn.reserved, most=most)
    if drawn.events is not None:
        layers.draw_incidents(drawn, drawn.events)


def page_events(result: StudyResult) -> SheetEvents | None:
    """Gather what a whole page's map shows of the incidents."""
    return sheet_events(result, *sheet_of(result.corridor.outline))


def drawn_words(result: StudyResult) -> str:
    """
    Say what the map shows of the incidents, after the line that says where all went.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    str
        Words that go on after the line; none where the study has no incidents.
    """
    if result.incidents.account is None:
        return ""
    shown = page_events(result)
    if shown is None:
        return "; none is drawn by itself"
    rest = f"; without one are {shown.not_drawn}" if shown.not_drawn else ""
    return f"; the map has {shown.words}{rest}"


def _remote_words(result: StudyResult) -> str:
    share = told.remote_desert(result)
    unknown = f",\nnot known on {told.percent(share.unknown)} of {share.ground}"
    return f"remote desert{unknown if share.unknown else ''}"


def _unhatched(result: StudyResult) -> bool:
    """Whether some ground has no hatch because no rock is mapped there."""
    caves = told.cave_prone(result)
    return caves.known and caves.unknown > 0


def _finding(result: StudyResult) -> str:
    share = told.remote_desert(result)
    if not share.known:
        return f"{result.name}: remote desert is {told.first_reason(result, 'remote desert')}"
    return f"{result.name}: {told.remote_words(result)}"


def _standing(result: StudyResult, events: SheetEvents | None) -> str:
    words = [told.length_words(result.border, " of border")]
    if told.hidden(result):
        words.append("remote desert is not drawn, for its shape would tell where posts are")
    elif told.remote_desert(result).known:
        words.append(
            f"drawn: bare ground more than {result.scenario.remote_hours:g} h from the nearest "
            f"{told.origin_words(result)}; across the border none of it is in reach"
            f"{told.upper_bound(result)}"
        )
    if result.incidents.account is not None:
        shown = "none is drawn by itself" if events is None else events.words
        words.append(f"incidents, {told.incident_line(result)}; {shown}")
    return "; ".join(words) + "."


def _mark(result: StudyResult) -> str:
    return "  [SYNTHETIC DATA]" if result.synthetic else ""
