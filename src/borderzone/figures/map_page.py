"""The page of a map: its frame, the room it takes, and the scale, grid and arrow on it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Patch
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

import borderzone
from borderzone.figures import country, furniture, layers, sheet
from borderzone.figures.relief import draw_relief
from borderzone.figures.style import A4_LANDSCAPE, INK, NO_RELIEF, figure_of
from borderzone.figures.words import attribution
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.study import StudyResult

__all__ = [
    "KEY_CHARACTERS",
    "MAP_BOX",
    "colophon",
    "depth_words",
    "draw_ground",
    "draw_locator",
    "explain_beside",
    "furnish",
    "map_frame",
    "open_map",
    "reserve",
    "share_of_page",
    "sheet_of",
]

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
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


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
    furniture.graticule(drawn.ax, drawn.crs)
    furniture.scale_bar(drawn.ax, drawn.crs, corner=bar)
    furniture.north_arrow(drawn.ax, drawn.crs, centre=(arrow[0] + 0.04, arrow[1] + 0.06))
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
    shaded = draw_relief(drawn.ax, drawn.crs, result.layers)
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
    words.append(f"borderzone {borderzone.__version__}, run {result.run_id}.")
    words.append(sheet.DISCLAIMER)
    return " ".join(words)
