"""Maps: a border, a corridor, the corridor map of a study; their page and the relief under them."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from borderzone import datasets, io
from borderzone.crs import check_has_crs
from borderzone.errors import CoverageGapError, InvalidParameterError, NoOverlapError
from borderzone.figures import country, layers
from borderzone.figures.grammar import (
    INK,
    NO_RELIEF,
    SIZES,
    Page,
    Sheet,
    SheetOptions,
    arrow_inches,
    credits_of,
    drawing,
    figure_of,
    finding,
    graticule,
    inches_of,
    key_in_box,
    north_arrow,
    open_page,
    run_words,
    say,
    scale_bar,
    scale_inches,
    unshown,
    watch,
)
from borderzone.figures.layers import KNOWN_KM, placed_events, sheet_events
from borderzone.grid import Grid
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from matplotlib.axes import Axes

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.figures.layers import SheetEvents
    from borderzone.study import StudyResult

__all__ = [
    "Furnished",
    "add_layer",
    "colophon",
    "corridor_map",
    "corridor_map_data",
    "depth_words",
    "draw_ground",
    "draw_locator",
    "draw_relief",
    "drawn_words",
    "furnish",
    "ground_asked",
    "hillshade",
    "map_elevation",
    "map_frame",
    "open_map",
    "page_events",
    "plot_border",
    "plot_corridor",
]

# Light from four sides keeps ridges of every direction visible; weights as the slopes that
# each light grazes would ask for, here equal but for the north-west that readers expect.
LIGHTS = ((225.0, 0.2), (270.0, 0.25), (315.0, 0.35), (360.0, 0.2))
ALTITUDE_DEG = 40.0
# Cells of relief on an inch of paper.
_CELLS_PER_INCH = 100
# Where the steepest twentieth of the ground should come to lie once exaggerated.
SHOWN_SLOPE = math.tan(math.radians(22))


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
    ax: Axes, crs: Any, layers: xr.Dataset | None, *, columns: int | None = None
) -> Relief | None:
    """Draw grey relief over a map, where there is elevation."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    # As fine as a page of paper shows of a background.
    columns = columns or int(np.clip(_CELLS_PER_INCH * inches_of(ax)[0], 150, 1200))
    elevation = map_elevation((west, south, east, north), crs, layers, columns=columns)
    if elevation is None or not np.isfinite(elevation.to_numpy()).any():
        return None
    grid = _map_grid((west, south, east, north), crs, columns)
    values = elevation.to_numpy().astype("float64")
    steep = float(np.nanpercentile(np.hypot(*np.gradient(values, grid.resolution_m)), 95))
    exaggeration = float(np.clip(round(SHOWN_SLOPE / max(steep, 1e-6)), 1, 20))
    shade = hillshade(values, grid.resolution_m, exaggeration=exaggeration)
    # The cells are those of the map's own frame: they are laid under it as they are.
    left, bottom, right, top = grid.bounds
    ax.imshow(
        _tinted(shade).transpose(1, 2, 0),
        extent=(left, right, bottom, top),
        interpolation="bilinear",
        zorder=0,
    )
    ax.set(xlim=(west, east), ylim=(south, north))
    return Relief(exaggeration, np.isnan(shade), grid)


def _tinted(shade: FloatArray) -> FloatArray:
    # From the paper down to a middle grey: relief is a background, it never competes.
    # Ground without elevation stays paper, which no shade is: flat ground is grey.
    light = np.clip((np.where(np.isfinite(shade), shade, 1.0) - 0.15) / (0.95 - 0.15), 0, 1)
    low, high, paper = (np.array(to_rgb(INK[name])) for name in ("shade", "relief", "paper"))
    tint = low[:, None, None] + (high - low)[:, None, None] * light
    return np.round(255 * np.where(np.isfinite(shade), tint, paper[:, None, None])).astype("uint8")


MARGIN = 0.06
# How far a locator reaches up and down from the middle of its map. Units: m.
LOCATOR_REACH_M = (400e3, 4500e3)
# Room of the labels of degrees; widths of a column beside a map, heights of a legend below it, the
# least height of a column that holds a locator as well, and the least axes that hold a legend. Units:
# inches.
_DEGREES_IN = (0.4, 0.2)
_BESIDE_IN, _BELOW_IN, _LOCATED_IN, _KEYED_IN = (1.45, 3.0), (0.55, 1.6), 3.6, 1.9
_GAP_IN = 0.14
# What explains itself goes first from a legend that has little room.
_DROP = ("Ground", "Not known", "Border", "No data")


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


class _Boxes(NamedTuple):
    """Boxes of a map and what stands around it, left, bottom, right and top. Units: inches."""

    map: tuple[float, float, float, float]
    key: tuple[float, float, float, float] | None
    columns: int
    locator: tuple[float, float, float, float] | None


def _boxes(
    body: tuple[float, float, float, float], bounds: Any, legend: str, *, whole: bool
) -> _Boxes:
    """Share the room between a map, its legend and its locator, so that the ground is largest."""
    left, bottom, right, top = body
    if whole:
        left, bottom = left + _DEGREES_IN[0], bottom + _DEGREES_IN[1]
    wide, high = right - left, top - bottom
    beside = float(np.clip(0.29 * (right - body[0]), *_BESIDE_IN))
    below = float(np.clip(0.3 * high, *_BELOW_IN))
    if legend == "none" or (legend == "auto" and min(wide, high) < _KEYED_IN):
        return _Boxes((left, bottom, right, top), None, 1, None)
    ground = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
    scale = {
        "right": min((wide - beside - _GAP_IN) / ground[0], high / ground[1]),
        "below": min(wide / ground[0], (high - below - _GAP_IN) / ground[1]),
    }
    where = max(scale, key=lambda each: scale[each]) if legend == "auto" else legend
    if where == "right":
        edge = right - beside
        tall = min(0.6 * beside, 0.3 * high) if whole and high >= _LOCATED_IN else 0.0
        floor = bottom + tall + (_GAP_IN if tall else 0.0)
        locator = (edge, bottom, right, bottom + tall) if tall else None
        return _Boxes((left, bottom, edge - _GAP_IN, top), (edge, floor, right, top), 1, locator)
    floor = bottom - (_DEGREES_IN[1] if whole else 0.0)
    start = body[0]
    columns = max(1, int((right - start) / 1.5))
    key = (start, floor, right, floor + below)
    return _Boxes((left, bottom + below + _GAP_IN, right, top), key, columns, None)


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


def _corners(drawn: layers.MapPage, shape: Any) -> list[tuple[float, float]]:
    """Put scale bar and arrow each in the corner that has least to hide, below and above rather than the other way."""
    wide, high = inches_of(drawn.ax)
    rim = 0.09
    corners: list[tuple[float, float]] = []
    taken: list[shapely.Polygon] = []
    for room, first in ((scale_inches(drawn.ax), 0), (arrow_inches(), 1)):
        size = (room[0] / wide, room[1] / high)
        ups = (rim / high, max(1 - size[1] - rim / high, rim / high))
        boxes = {
            (x, y): _box(drawn.window, (x, y), size)
            for y in (ups[first], ups[1 - first])
            for x in (rim / wide, max(1 - size[0] - rim / wide, rim / wide))
        }
        free = [each for each in boxes if not any(boxes[each].intersects(box) for box in taken)]
        corner = min(free or boxes, key=lambda each: _hidden(shape, boxes[each]))
        corners.append(corner)
        taken.append(boxes[corner])
    drawn.reserved += taken
    return corners


def _box(
    window: shapely.Polygon, corner: tuple[float, float], size: tuple[float, float]
) -> shapely.Polygon:
    west, south, east, north = window.bounds
    x, y = west + corner[0] * (east - west), south + corner[1] * (north - south)
    return shapely.box(x, y, x + size[0] * (east - west), y + size[1] * (north - south))


def _hidden(shape: Any, box: shapely.Polygon) -> float:
    cut = shape.intersection(box)
    return float(cut.area + cut.length)


def ground_asked(
    sheet: Sheet, border: Border, corridor: Corridor | None = None
) -> tuple[gpd.GeoSeries, float]:
    """Give the ground that a map is to show, and the margin around it."""
    if (box := sheet.box_asked()) is not None:
        rim = shapely.segmentize(shapely.box(*box), 0.25)
        return gpd.GeoSeries([rim], crs=4326), 0.0
    if sheet.km is not None:
        first, last = sheet.km_along(border.length_km)
        if corridor is None:
            points = border.point_at(np.linspace(first, last, 50))
            return gpd.GeoSeries([shapely.LineString(points.to_numpy())], crs=4326), MARGIN
        rows = corridor.segments
        near = rows[(rows["km_end"] > first) & (rows["km_start"] < last)]
        return near.geometry, MARGIN
    return (border.line, 2 * MARGIN) if corridor is None else (corridor.outline, MARGIN)


class Furnished(NamedTuple):
    """A map that was opened: what is drawn on, and where its legend and its locator go."""

    drawn: layers.MapPage
    boxes: _Boxes

    def finish(self, border: Border | None = None) -> None:
        """Write the legend into its box, and draw where on earth the map lies."""
        drawn, page = self.drawn, self.drawn.page
        if self.boxes.key is not None:
            page.left_out += key_in_box(
                page.figure, drawn.key, self.boxes.key, columns=self.boxes.columns, drop=_DROP
            )
        if self.boxes.locator is not None and border is not None:
            draw_locator(page.axes(self.boxes.locator, "locator"), drawn, border)


def open_map(page: Page, shapes: gpd.GeoSeries, *, margin: float = MARGIN) -> Furnished:
    """Open a map around what is to be drawn, in the room between heading and foot."""
    ax, frame = page.ax, map_frame(shapes)
    bounds = shapes.to_crs(frame).total_bounds
    boxes = _boxes(page.body_in, bounds, page.sheet.legend, whole=page.whole)
    left, bottom, right, top = boxes.map
    ax.set_position(page.share(boxes.map))
    west, south, east, north = _window(bounds, (right - left) / (top - bottom), margin).bounds
    ax.set(xlim=(west, east), ylim=(south, north))
    ax.set_aspect("equal", adjustable="box", anchor="C")
    ax.set(xlabel="", ylabel="")
    ax.set_autoscale_on(False)
    ax.set_facecolor(INK["land"])
    # For whoever draws more on the map: the frame that its coordinates are in.
    ax.bz_crs = frame  # type: ignore[attr-defined]  # documented at `add_layer`
    return Furnished(layers.MapPage(ax=ax, crs=frame, page=page), boxes)


def add_layer(ax: Axes, layer: gpd.GeoDataFrame | gpd.GeoSeries, **style: Any) -> Axes:
    """
    Draw a layer of your own on a map, in the map's frame whatever its own is.

    Parameters
    ----------
    ax
        Axes that a map of this package was drawn on. Their frame, a
        `pyproj.CRS` in metres, is ``ax.bz_crs``.
    layer
        Points, lines or areas with a CRS.
    **style
        Passed on to the ``plot`` of geopandas.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes, their limits as they were.

    Raises
    ------
    InvalidParameterError
        If the axes hold no map, or the layer has no CRS.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR")
    >>> ax = bz.figures.plot_border(border)
    >>> posts = border.point_at([100.0, 200.0])
    >>> bz.figures.add_layer(ax, posts, color="black").bz_crs.is_projected
    True
    """
    frame = getattr(ax, "bz_crs", None)
    if frame is None:
        msg = "the axes hold no map: give those that corridor_map or another map returned"
        raise InvalidParameterError(msg)
    if not isinstance(layer, gpd.GeoDataFrame | gpd.GeoSeries):
        msg = f"the layer must be a GeoDataFrame or GeoSeries, got {type(layer).__name__}"
        raise InvalidParameterError(msg)
    check_has_crs(layer, "the layer")
    limits = ax.get_xlim(), ax.get_ylim()
    layer.to_crs(frame).plot(ax=ax, **({"zorder": layers.Z_INCIDENT - 2} | style))
    ax.set(xlim=limits[0], ylim=limits[1], xlabel="", ylabel="")
    return ax


def furnish(drawn: layers.MapPage, label: Callable[[layers.MapPage], None], busy: Any) -> None:
    """Draw what follows the map's limits: degrees, scale, arrow, and the words that `label` writes."""
    shape = drawn.united(busy)

    def lay() -> None:
        drawn.begin_words()
        bar, arrow = _corners(drawn, shape)
        label(drawn)
        graticule(drawn.ax, drawn.crs)
        scale_bar(drawn.ax, drawn.crs, corner=bar)
        north_arrow(drawn.ax, drawn.crs, corner=arrow)
        drawn.ax.set(xlabel="", ylabel="")

    watch(drawn.ax, lay)


def draw_ground(drawn: layers.MapPage, result: StudyResult, *, relief: bool = True) -> None:
    """Draw what a map lies on: sea, land, relief, and where there is no elevation for it."""
    country.draw_land(drawn)
    if not relief:
        return
    shaded = draw_relief(drawn.ax, drawn.crs, result.ground.layers)
    if shaded is None:
        plain = Patch(facecolor=INK["land"], edgecolor=INK["rule"], linewidth=0.7)
        why = (lack.reason for lack in told.lacking(result, "units"))
        drawn.explain("No data", plain, ": ".join([say("land, without relief"), *why]))
        return
    drawn.exaggeration = shaded.exaggeration
    blank = layers.cells_as_polygons(shaded.blank, shaded.grid).union_all()
    blank = shapely.difference(shapely.intersection(blank, drawn.window), drawn.sea)
    land = drawn.window.area - drawn.sea.area
    drawn.unrelieved = blank.area / land if land > 0 else 0.0
    if drawn.unrelieved >= 0.005:
        gpd.GeoSeries([blank], crs=drawn.crs).plot(ax=drawn.ax, zorder=0.3, **NO_RELIEF)
        drawn.explain("No data", Patch(**NO_RELIEF), "land without elevation")


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
    small = layers.MapPage(ax=ax, crs=drawn.crs, page=drawn.page)
    country.draw_land(small)
    border.line.to_crs(drawn.crs).plot(ax=ax, color=INK["border"], linewidth=1.8, zorder=8)
    least = high / 30  # a map of a few kilometres is still seen
    frame = drawn.window.buffer(max(0.0, least - (east - west) / 2), join_style="mitre")
    (rim,) = ax.plot(*frame.exterior.xy, color=INK["incident"], linewidth=1.2, zorder=9)
    country.name_countries(
        small, {border.a, border.b}, avoid=frame.exterior, sizes=(7.5, 7.0), small=True
    )
    ax.set(xlabel="", ylabel="")
    ax.spines[:].set_visible(True)
    ax.spines[:].set(linewidth=0.8, edgecolor=INK["quiet"])

    def follow() -> None:
        shown = drawn.window.buffer(max(0.0, least - drawn.window.length / 8), join_style="mitre")
        rim.set_data(*shown.exterior.xy)

    watch(drawn.ax, follow)


def depth_words(corridor: Corridor) -> str:
    """Say how deep a corridor is."""
    depths = sorted(set(corridor.depth_km.values()))
    if len(depths) == 1:
        return say("{depth:g} km on each side", depth=depths[0])
    return ", ".join(
        say("{depth:g} km in {country}", depth=depth, country=code)
        for code, depth in corridor.depth_km.items()
    )


def colophon(drawn: layers.MapPage, result: StudyResult) -> list[str | tuple[str, str]]:
    """Write the foot of a map, what is owed first: credits, run, boundaries, frame, relief."""
    words: list[str | tuple[str, str]] = [
        credits_of(result),
        run_words(result),
        say(told.DISCLAIMER),
    ]
    words.append(say("Map: {frame}.", frame=drawn.crs.name))
    if drawn.exaggeration is not None:
        relief = say("Relief exaggerated {times:.0f} times", times=drawn.exaggeration)
        lacking = say("{share:.0f} % of the land has no elevation", share=100 * drawn.unrelieved)
        words.append(f"{relief}; {lacking}." if drawn.unrelieved >= 0.005 else f"{relief}.")
    return words


@drawing
def corridor_map(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    relief: bool = True,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the corridor with its flagged ground, incidents and towns, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page with heading, legend, locator and foot is made
        when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    relief
        Whether to draw relief under the map.
    **options
        The same by name, as in `Sheet`: ``size="column"``, ``km=(100, 200)``.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.corridor_map(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    Iraq-Syria, km 200 to 320: nearly three quarters (72 %) of Iraq's half of the corridor is desert more than two hours'
    off-road drive from any town or open airfield in Iraq
    """
    opened = _opened(open_page(ax, Sheet.of(sheet, options), SIZES["a4"]), result)
    drawn, page = opened.drawn, opened.drawn.page
    draw_ground(drawn, result, relief=relief)
    _draw_layers(drawn, result)
    furnish(drawn, partial(_label, result=result), result.corridor.outline)
    _explain_rest(drawn, result)
    opened.finish(result.border)
    page.footer(*colophon(drawn, result))
    return page.ax


def _opened(page: Page, result: StudyResult) -> Furnished:
    """Write the words around the map of a study, and open it in the room they leave."""
    if result.synthetic:
        page.warn(_synthetic_words(result))
    page.heading(_finding(result), _standing(result), mark=_mark(result))
    shown, margin = ground_asked(page.sheet, result.border, result.corridor)
    frame = layers.MapPage(page.ax, map_frame(shown), page, exaggeration=10)
    page.keep_foot(*colophon(frame, result))
    return open_map(page, shown, margin=margin)


def _synthetic_words(result: StudyResult) -> str:
    events = result.incidents.events
    number = 0 if events is None else int(events["synthetic"].sum())
    return f"{number:,} incidents were drawn by a random process; none of them happened."


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
def plot_border(
    border: Border,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw a border with its kilometre posts.

    Parameters
    ----------
    border
        The border.
    ax
        Axes to draw on; made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    **options
        The same by name, as in `Sheet`.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Examples
    --------
    >>> import borderzone as bz
    >>> ax = bz.figures.plot_border(bz.Border.between("IRQ", "SYR"))
    >>> ax.bz_crs.name
    'Lambert azimuthal equal-area at 35.24° N, 40.58° E, WGS 84'
    >>> print(ax.figure.texts[0].get_text())
    Tripoint with Jordan to tripoint with Turkey: 599 km
    """
    page = open_page(ax, Sheet.of(sheet, options), _PLAIN_IN)
    start = f"{border.start_name[0].upper()}{border.start_name[1:]}"
    page.heading(f"{start} to {border.end_name}: {told.length_words(border)}")
    page.footer(say(told.DISCLAIMER))
    shown, margin = ground_asked(page.sheet, border)
    opened = open_map(page, shown, margin=margin)
    drawn = opened.drawn
    country.draw_land(drawn)
    layers.draw_border(drawn, border.stretches)
    furnish(drawn, partial(_label_plain, border=border, edge=None), border.line)
    opened.finish(border)
    return page.ax


@drawing
def plot_corridor(
    corridor: Corridor,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw a corridor with its segments.

    Parameters
    ----------
    corridor
        The corridor.
    ax
        Axes to draw on; made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    **options
        The same by name, as in `Sheet`.

    Returns
    -------
    matplotlib.axes.Axes
        The map; its frame is ``ax.bz_crs``, and `add_layer` draws more on it.

    Examples
    --------
    >>> import borderzone as bz
    >>> corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50, segment_km=50)
    >>> ax = bz.figures.plot_corridor(corridor)
    >>> print(ax.figure.texts[0].get_text())
    12 segments, 60,389 km²
    """
    page = open_page(ax, Sheet.of(sheet, options), _PLAIN_IN)
    page.heading(f"{len(corridor.segments)} segments, {corridor.area_km2:,.0f} km²")
    page.footer(say(told.DISCLAIMER))
    shown, margin = ground_asked(page.sheet, corridor.border, corridor)
    opened = open_map(page, shown, margin=margin)
    drawn = opened.drawn
    country.draw_land(drawn)
    segments = corridor.segments.to_crs(drawn.crs)
    segments.boundary.plot(
        ax=page.ax, color=INK["rule"], linewidth=0.4, zorder=layers.Z_GROUND + 0.1
    )
    ground = segments.set_geometry(segments.geometry.difference(drawn.sea))
    for parity, fill in ((0, INK["land"]), (1, INK["land_2"])):
        ground[ground.index % 2 == parity].plot(ax=page.ax, facecolor=fill, zorder=layers.Z_GROUND)
    layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
    layers.draw_border(drawn, corridor.border.stretches)
    edge = drawn.united(corridor.outline).boundary
    label = partial(_label_plain, border=corridor.border, edge=edge)
    furnish(drawn, label, corridor.border.line)
    opened.finish(corridor.border)
    return page.ax


# Width and height of the page of a border or a corridor alone. Units: inches.
_PLAIN_IN = (7.5, 6.5)


def _label_plain(drawn: layers.MapPage, *, border: Border, edge: Any) -> None:
    country.draw_towns(drawn, None, border.line, layers.draw_posts(drawn, border))
    country.name_countries(drawn, {border.a, border.b}, avoid=edge)


def _draw_layers(drawn: layers.MapPage, result: StudyResult) -> None:
    ground = result.ground.furniture
    corridor = result.corridor
    layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
    layers.draw_border(drawn, corridor.border.stretches)
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


def _label(drawn: layers.MapPage, *, result: StudyResult) -> None:
    """Write the words of the corridor map: posts, zones, towns, countries."""
    ground, corridor = result.ground.furniture, result.corridor
    posts = layers.draw_posts(drawn, corridor.border)
    country.name_rivers(drawn, result.ground.furniture.get("rivers"))
    layers.name_zones(drawn, result.zones)
    country.draw_towns(drawn, ground.get("places"), corridor.outline, posts)
    edge = drawn.united(corridor.outline).boundary
    country.name_countries(drawn, set(corridor.depth_km), avoid=edge)


def _explain_rest(drawn: layers.MapPage, result: StudyResult) -> None:
    """Say in the legend what is not known and what has no symbol, and put its groups in order."""
    plain = Line2D([], [], linestyle="none")
    if drawn.events is not None:
        if drawn.events.symbols.size:
            drawn.explain("Incidents", plain, drawn.events.words)
        if drawn.events.not_drawn:
            drawn.explain("Incidents", plain, say("no symbol: {why}", why=drawn.events.not_drawn))
    for words in told.unknowns(result):
        drawn.explain("Not known", plain, words)
    order = ("Flagged ground", "Incidents", "Border", "No data", "Not known", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}


def _draw_incidents(drawn: layers.MapPage, result: StudyResult) -> None:
    most = layers.room_for_symbols(drawn)
    drawn.events = sheet_events(result, drawn.crs, drawn.window, most=most)
    if drawn.events is not None:
        layers.draw_incidents(drawn, drawn.events)


def page_events(result: StudyResult) -> SheetEvents | None:
    """Gather what a whole page's map shows of the incidents."""
    with unshown():
        drawn = _opened(open_page(None, Sheet(), SIZES["a4"]), result).drawn
    most = layers.room_for_symbols(drawn)
    return sheet_events(result, drawn.crs, drawn.window, most=most)


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

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, incidents="embedded", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> drawn_words(study.run(seed=1))
    '; the map has 2 symbols for 3 of them; without one are 1 off this sheet, 1 known only to an area'
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
    if not share.unknown:
        return say("remote desert")
    part = told.percent(share.unknown)
    return finding(
        f"remote desert, not known on {part} of {share.ground}",
        "remote desert, not known on {share}",
        share=part,
    )


def _unhatched(result: StudyResult) -> bool:
    """Whether some ground has no hatch because no rock is mapped there."""
    caves = told.cave_prone(result)
    return caves.known and caves.unknown > 0


def _finding(result: StudyResult) -> str:
    share = told.remote_desert(result)
    if not share.known:
        words = told.first_reason(result, "remote desert")
        return finding(
            f"{result.name}: remote desert is {words}",
            "{name}: remote desert not known",
            name=result.name,
        )
    return finding(
        f"{result.name}: {told.remote_words(result)}",
        "{name}: {share} of {half} is desert more than {hours:g} h away",
        name=result.name,
        share=told.percent(share.chosen),
        half=say("the half of {country}", country=told.force_country(result)),
        hours=result.scenario.remote_hours,
    )


def _standing(result: StudyResult) -> str:
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
        alone = "" if placed_events(result) is not None else "; none is drawn by itself"
        words.append(f"incidents, {told.incident_line(result)}{alone}")
    return finding(
        "; ".join(words) + ".", "{length:.0f} km of border", length=result.border.length_km
    )


def _mark(result: StudyResult) -> str:
    return "  [SYNTHETIC DATA]" if result.synthetic else ""
