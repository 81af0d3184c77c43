"""The page of a map: its frame, the room it takes, and the scale, grid and arrow on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

import borderzone
from borderzone.figures import furniture, layers, sheet
from borderzone.figures.style import A4_LANDSCAPE, INK, figure_of
from borderzone.figures.words import attribution

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from borderzone.corridor import Corridor
    from borderzone.study import StudyResult

__all__ = [
    "MAP_BOX",
    "SIDE_BOX",
    "colophon",
    "depth_words",
    "furnish",
    "map_frame",
    "open_map",
    "reserve",
    "share_of_page",
]

# Inches on an A4 page: the neatline, and the column beside it.
MAP_BOX = (0.75, 1.2, 7.15, 6.15)
SIDE_BOX = (8.22, 1.2, 3.0, 6.15)
MARGIN = 0.06


def map_frame(shapes: gpd.GeoSeries) -> ProjectedCRS:
    """
    Return a north-up equal-area frame centred on what is to be drawn.

    Parameters
    ----------
    shapes
        What is to be drawn, in any frame.

    Returns
    -------
    pyproj.crs.ProjectedCRS
        Lambert azimuthal equal-area in metres, true north up at the centre.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> map_frame(gpd.GeoSeries([shapely.box(40, 34, 42, 36)], crs=4326)).name
    'Lambert azimuthal equal-area at 35° N, 41° E, WGS 84'
    """
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
    """
    Keep room for the scale bar and the north arrow.

    Parameters
    ----------
    drawn
        The map.
    busy
        What they should not hide.

    Returns
    -------
    list of tuple
        Corner of the scale bar and of the arrow, as shares of the axes.
    """
    # Scale bar below and arrow above, each on the side that has less to hide.
    shape = busy.to_crs(drawn.crs).union_all()
    corners = []
    for choices, size in (
        (((0.03, 0.03), (0.62, 0.03)), (0.36, 0.11)),
        (((0.91, 0.84), (0.01, 0.84)), (0.08, 0.14)),
    ):
        boxes = {corner: _box(drawn, corner, size) for corner in choices}
        corner = min(choices, key=lambda corner: _hidden(shape, boxes[corner]))
        corners.append(corner)
        drawn.reserved.append(boxes[corner])
    return corners


def _box(
    drawn: layers.MapPage, corner: tuple[float, float], size: tuple[float, float]
) -> shapely.Polygon:
    (west, east), (south, north) = drawn.ax.get_xlim(), drawn.ax.get_ylim()
    x, y = west + corner[0] * (east - west), south + corner[1] * (north - south)
    return shapely.box(x, y, x + size[0] * (east - west), y + size[1] * (north - south))


def _hidden(shape: Any, box: shapely.Polygon) -> float:
    cut = shape.intersection(box)
    return float(cut.area + cut.length)


def furnish(drawn: layers.MapPage, corners: list[tuple[float, float]]) -> None:
    """
    Draw grid, scale bar and north arrow.

    Parameters
    ----------
    drawn
        The map.
    corners
        Where `reserve` kept room.
    """
    bar, arrow = corners
    furniture.graticule(drawn.ax, drawn.crs)
    furniture.scale_bar(drawn.ax, drawn.crs, corner=bar)
    furniture.north_arrow(drawn.ax, drawn.crs, centre=(arrow[0] + 0.04, arrow[1] + 0.06))
    drawn.ax.set(xlabel="", ylabel="")


def open_map(ax: Axes, shapes: gpd.GeoSeries, *, margin: float = MARGIN) -> layers.MapPage:
    """
    Open a map that fills its axes around what is to be drawn.

    Parameters
    ----------
    ax
        Axes; their limits and face are set.
    shapes
        What is to be drawn, in any frame.
    margin
        Ground kept around it, as a share of its extent.

    Returns
    -------
    MapPage
        The map.
    """
    frame = map_frame(shapes)
    west, south, east, north = shapes.to_crs(frame).total_bounds
    box = ax.get_position()
    wide, high = figure_of(ax).get_size_inches()
    ratio = box.width * wide / (box.height * high)
    width = max(east - west, 1.0) * (1 + 2 * margin)
    height = max(north - south, 1.0) * (1 + 2 * margin)
    width, height = max(width, height * ratio), max(height, width / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    ax.set(xlim=(x - width / 2, x + width / 2), ylim=(y - height / 2, y + height / 2))
    ax.set_aspect("equal", adjustable="box", anchor="C")
    ax.set(xlabel="", ylabel="")
    ax.set_autoscale_on(False)
    ax.set_facecolor(INK["land"])
    return layers.MapPage(ax=ax, crs=frame)


def share_of_page(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """
    Turn a box in inches on an A4 page into shares of it.

    Parameters
    ----------
    box
        Left, bottom, width, height. Units: inches.

    Returns
    -------
    tuple of float
        The same in shares.
    """
    wide, high = A4_LANDSCAPE
    return box[0] / wide, box[1] / high, box[2] / wide, box[3] / high


def depth_words(corridor: Corridor) -> str:
    """
    Say how deep a corridor is.

    Parameters
    ----------
    corridor
        The corridor.

    Returns
    -------
    str
        "50 km on each side".
    """
    depths = sorted(set(corridor.depth_km.values()))
    if len(depths) == 1:
        return f"{depths[0]:g} km on each side"
    return ", ".join(f"{depth:g} km in {code}" for code, depth in corridor.depth_km.items())


def colophon(drawn: layers.MapPage, result: StudyResult, shaded: tuple[float, float] | None) -> str:
    """
    Write the foot of a map: credits, frame, relief, version and run.

    Parameters
    ----------
    drawn
        The map.
    result
        What a study gave.
    shaded
        What `draw_relief` gave.

    Returns
    -------
    str
        A line of sentences.
    """
    words = [attribution(result), f"Map: {drawn.crs.name}."]
    if shaded is not None:
        exaggeration, blank = shaded
        missing = f", and left flat on {100 * blank:.0f} % of the map" if blank >= 0.005 else ""
        words.append(f"Relief exaggerated {exaggeration:.0f} times{missing}.")
    words.append(f"borderzone {borderzone.__version__}, run {result.run_id}.")
    words.append(sheet.DISCLAIMER)
    return " ".join(words)
