"""The country around a map's subject: neighbours, rivers, airfields, towns and their names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import textalloc
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from borderzone import datasets
from borderzone._guards.escapes import figure_words
from borderzone.border import LINE_KINDS
from borderzone.figures.grammar import INK, figure_of, halo, inches_of, rows_of, width_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from borderzone.figures.layers import MapPage

__all__ = [
    "draw_airfields",
    "draw_lakes",
    "draw_land",
    "draw_provinces",
    "draw_rivers",
    "draw_towns",
    "name_countries",
    "name_rivers",
    "town_labels",
]

Z_SEA, Z_LINE, Z_POINT, Z_LABEL = 0.5, 5, 10, 20
DISPUTED = ("disputed", "indefinite", "line_of_control")
MAX_TOWNS = 25
LEAST_FOR_AIRFIELDS_IN = 3.0
# So many names have room on a square inch, and towns whose dots lie nearer than this share one. Unit of
# the second: points.
TOWNS_PER_INCH2, APART_POINTS = 0.55, 32.0
# A town at the border counts as one this many orders of magnitude larger; at this many
# kilometres from it no more.
NEAR_BONUS, NEAR_KM = 1.6, 60.0
# Administrative rank of a place -> the logarithm of people it counts as, at least.
SEAT_SIZE = {1: 5.3, 2: 4.5, 3: 3.5}


def draw_land(page: MapPage) -> None:
    """Draw the sea, the coast and the other land borders, anywhere on earth."""
    page.land = page.bring(datasets.countries(around=page.degrees))
    land = _one_land(page, page.land)
    page.sea = shapely.difference(page.window, land)
    style: dict[str, Any] = {"facecolor": INK["sea"], "edgecolor": "none"}
    if page.sea.area > 1e-5 * page.window.area:
        _plot(page, page.sea, zorder=Z_SEA, **style)
        coast = shapely.difference(land.boundary, shapely.buffer(page.window.boundary, _thin(page)))
        _plot(page, coast, color=INK["water"], linewidth=0.8, zorder=Z_SEA + 0.1)
        page.explain("Ground", Patch(**(style | {"edgecolor": INK["water"]})), "sea, and its coast")
    _draw_borders(page)


def _one_land(page: MapPage, shown: gpd.GeoDataFrame) -> Any:
    parts = shown.geometry.to_numpy()
    west, _, east, _ = page.degrees
    if (west, east) != (-180.0, 180.0):
        return shapely.union_all(parts)
    # What is cut at the 180th meridian grows together; a hairline would look like a coast.
    thin = _thin(page)
    return shapely.buffer(shapely.union_all(shapely.buffer(parts, thin)), -thin)


def _thin(page: MapPage) -> float:
    return float(page.window.length / 20_000)


def _plot(page: MapPage, shape: Any, **style: Any) -> None:
    if not shape.is_empty:
        gpd.GeoSeries([shape], crs=page.crs).plot(ax=page.ax, **style)


def _draw_borders(page: MapPage) -> None:
    lines = page.bring(datasets.land_borders())
    kinds = lines["featurecla"].map(LINE_KINDS)
    for kind, dashed in ((("international",), False), (DISPUTED, True)):
        rows = lines[[name in kind for name, _ in kinds]]
        if rows.empty:
            continue
        style: dict[str, Any] = {"color": INK["quiet"], "linewidth": 0.8}
        style |= {"linestyle": (0, (3, 1.5))} if dashed else {}
        rows.plot(ax=page.ax, zorder=Z_LINE, **style)
        if dashed:
            page.explain(
                "Ground", Line2D([], [], **style), "another border, disputed or indefinite"
            )


def draw_provinces(page: MapPage, admin1: gpd.GeoDataFrame | None) -> None:
    """Draw the limits of governorates and provinces as thin dots."""
    shown = None if admin1 is None else page.bring(admin1)
    if shown is None or shown.empty:
        return
    style: dict[str, Any] = {"color": INK["rule"], "linestyle": (0, (1, 2))}
    shown.boundary.plot(ax=page.ax, linewidth=0.5, zorder=Z_LINE, **style)
    page.explain("Ground", Line2D([], [], linewidth=0.7, **style), "governorate, province")


def draw_lakes(page: MapPage, lakes: gpd.GeoDataFrame | None) -> None:
    """Draw lakes and reservoirs."""
    shown = None if lakes is None else page.bring(lakes)
    if shown is not None and len(shown):
        style: dict[str, Any] = {
            "facecolor": INK["sea"],
            "edgecolor": INK["water"],
            "linewidth": 0.5,
        }
        shown.plot(ax=page.ax, zorder=Z_LINE - 0.5, **style)
        page.explain("Ground", Patch(**style), "lake, reservoir")


def name_countries(
    page: MapPage,
    own: Collection[str],
    *,
    avoid: Any = None,
    sizes: tuple[float, float] = (12.0, 8.5),
    small: bool = False,
) -> list[str]:
    """Write the names of countries on their ground, where nothing else stands."""
    lines = [shapely.linestrings(line) for line in page.lines]
    busy = shapely.union_all([shape for shape in (*lines, avoid) if shape is not None])
    free = shapely.difference(
        shapely.box(*shapely.buffer(page.window, -6 * page.point_m).bounds),
        shapely.union_all([shapely.buffer(busy, 5 * page.point_m), *page.reserved, *page.named]),
    )
    order = page.land.assign(main=page.land["code"].isin(own), area=page.land.area)
    written = []
    for row in order.sort_values(["main", "area"], ascending=False, kind="stable").itertuples():
        largest = sizes[0] if row.main else sizes[1]
        room = shapely.intersection(row.geometry, free)
        box = _write_country(page, row.name if small else row.name.upper(), room, largest)
        if box is None and small:
            # A code may reach over the rim of its country, as on any small map.
            room = shapely.intersection(shapely.buffer(row.geometry, 5 * page.point_m), free)
            code = _iso_codes().get(row.code, row.code)
            box = _write_country(page, code, room, largest, home=row.geometry)
        if box is not None:
            written.append(row.name)
            page.named.append(box)
            free = shapely.difference(free, box)
    return written


def _iso_codes() -> dict[str, str]:
    table = datasets.country_aliases()
    return {row.code: row.iso_a3 for row in rows_of(table) if row.iso_a3}


def _write_country(page: MapPage, name: str, room: Any, largest: float, *, home: Any = None) -> Any:
    """Write one name as large as its room allows, whole or in two lines; give its box."""
    room = max(shapely.get_parts(room), key=lambda part: part.area, default=room)
    if room.is_empty:
        return None
    for size in sorted({largest, min(largest, 8.5), 7.0}, reverse=True):
        for text in dict.fromkeys((name, _in_two_lines(name))):
            box = _roomiest(page, room, _text_size(page, text, size), home)
            if box is None:
                continue
            page.ax.text(
                box.centroid.x,
                box.centroid.y,
                text,
                fontsize=size,
                color=INK["quiet"],
                ha="center",
                va="center",
                alpha=0.9,
                linespacing=1.05,
                path_effects=halo(2.0),
                zorder=Z_LINE + 1,
            )
            return box
    return None


def _in_two_lines(words: str) -> str:
    breaks = [place for place, letter in enumerate(words) if letter == " "]
    if not breaks:
        return words
    middle = min(breaks, key=lambda place: abs(place - len(words) / 2))
    return f"{words[:middle]}\n{words[middle + 1 :]}"


def _text_size(page: MapPage, text: str, size: float) -> tuple[float, float]:
    lines = text.split("\n")
    wide = max(72 * width_in(line, size) for line in lines)
    return (wide + 3) * page.point_m, (1.25 * size * len(lines) + 2) * page.point_m


def _roomiest(page: MapPage, room: Any, size: tuple[float, float], home: Any) -> Any:
    """
    Find the box on a coarse lattice that lies in the room, farthest from every symbol.

    Where the room is wider than the country, it is the box with most of its home.
    """
    west, south, east, north = room.bounds
    x, y = (
        axis.ravel()
        for axis in np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25))
    )
    wide, high = size
    boxes = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    shapely.prepare(room)
    inside = np.flatnonzero(shapely.contains(room, boxes))
    if not len(inside):
        return None
    if home is not None:
        return boxes[
            inside[int(np.argmax(shapely.area(shapely.intersection(boxes[inside], home))))]
        ]
    clear = shapely.distance(shapely.boundary(room), boxes[inside])
    if page.taken_x:
        symbols = shapely.points(page.taken_x, page.taken_y)
        clear = np.minimum(clear, shapely.distance(boxes[inside][:, None], symbols).min(axis=1))
    return boxes[inside[int(np.argmax(clear))]]


def draw_rivers(page: MapPage, rivers: gpd.GeoDataFrame | None) -> None:
    """Draw rivers."""
    shown = None if rivers is None else page.bring(rivers)
    if shown is not None and len(shown):
        shown.plot(ax=page.ax, color=INK["water"], linewidth=0.9, zorder=Z_LINE)
        page.explain("Ground", Line2D([], [], color=INK["water"], linewidth=1.2), "river")


def name_rivers(page: MapPage, rivers: gpd.GeoDataFrame | None) -> None:
    """Name the large rivers along their course."""
    shown = None if rivers is None else page.bring(rivers)
    if shown is None or shown.empty:
        return
    longest = shown.assign(length=shown.length).sort_values(
        "length", ascending=False, kind="stable"
    )
    for row in longest.drop_duplicates("name").head(3).itertuples():
        line = max(getattr(row.geometry, "geoms", [row.geometry]), key=lambda part: part.length)
        if row.name and line.length > 0.08 * page.window.length / 4:
            _along(page, line, str(row.name))


def _along(page: MapPage, line: Any, name: str) -> None:
    """Write a name along a line, where nothing else stands."""
    keep_off = shapely.union_all(
        [*page.reserved, *page.named, *map(shapely.linestrings, page.lines)]
    )
    inner = shapely.buffer(page.window, -0.5 * 7 * len(name) * page.point_m * 0.6)
    for place in (0.62, 0.45, 0.75, 0.3, 0.85):
        before, middle, after = shapely.line_interpolate_point(
            line, (place - 0.03, place, place + 0.03), normalized=True
        )
        half = 0.3 * 7 * len(name) * page.point_m
        if not shapely.contains(inner, middle) or shapely.distance(keep_off, middle) < half:
            continue
        angle = math.degrees(math.atan2(after.y - before.y, after.x - before.x))
        page.ax.text(
            middle.x,
            middle.y,
            name,
            fontsize=7,
            fontstyle="italic",
            color=INK["water"],
            rotation=(angle + 90) % 180 - 90,
            ha="center",
            va="center",
            path_effects=halo(1.8),
            zorder=Z_LABEL - 2,
        )
        page.named.append(shapely.buffer(middle, half))
        return


def draw_airfields(page: MapPage, airfields: gpd.GeoDataFrame | None) -> None:
    """Draw airfields as small open triangles."""
    if airfields is None:
        return
    shown = page.bring(airfields[airfields["kind"] != "closed"])
    # A small map has no room for what it does not name.
    if shown.empty or min(inches_of(page.ax)) < LEAST_FOR_AIRFIELDS_IN:
        return
    style: dict[str, Any] = {
        "linestyle": "none",
        "marker": "^",
        "markersize": 4.0,
        "markerfacecolor": INK["paper"],
        "markeredgecolor": INK["text"],
        "markeredgewidth": 0.7,
    }
    page.ax.plot(shown.geometry.x, shown.geometry.y, zorder=Z_POINT, **style)
    page.explain("Ground", Line2D([], [], **style), "airfield")


def draw_towns(
    page: MapPage, places: gpd.GeoDataFrame | None, corridor: gpd.GeoSeries, posts: pd.DataFrame
) -> gpd.GeoDataFrame | None:
    """Draw the towns worth naming and write their names clear of each other."""
    towns = None if places is None else _chosen(page, places, corridor)
    texts = [f"{km:.0f} km" for km in posts["chainage_km"]]
    x, y = posts["x"].tolist(), posts["y"].tolist()
    # Numbers of large symbols go first, for they stand right beside them.
    reach = [points for _, _, points, _ in page.numbers] + [0.0] * len(texts)
    texts = [words for *_, words in page.numbers] + texts
    x, y = [x for x, *_ in page.numbers] + x, [y for _, y, *_ in page.numbers] + y
    weights = ["bold"] * len(texts)
    if towns is not None and len(towns):
        town_x, town_y = towns.geometry.x.tolist(), towns.geometry.y.tolist()
        style: dict[str, Any] = {
            "linestyle": "none",
            "marker": "o",
            "markersize": 3.2,
            "markerfacecolor": INK["text"],
            "markeredgecolor": INK["paper"],
            "markeredgewidth": 0.6,
        }
        page.ax.plot(town_x, town_y, zorder=Z_POINT, **style)
        page.explain("Ground", Line2D([], [], **style), "town")
        texts += towns["label"].tolist()
        weights += ["normal"] * len(towns)
        x, y, reach = x + town_x, y + town_y, reach + [0.0] * len(towns)
    _write_labels(
        page, pd.DataFrame({"x": x, "y": y, "text": texts, "weight": weights, "reach": reach})
    )
    return towns


def town_labels(places: gpd.GeoDataFrame) -> pd.Series:
    """Give the names of towns in plain letters where the table has them; a backtick is no letter."""
    names = places["asciiname"] if "asciiname" in places else places["name"]
    plain: pd.Series = names.astype(str).str.replace("`", "", regex=False)
    return plain


def _chosen(page: MapPage, places: gpd.GeoDataFrame, corridor: gpd.GeoSeries) -> gpd.GeoDataFrame:
    shown = page.bring(places)
    label = town_labels(shown)
    border = shapely.union_all([shapely.linestrings(line) for line in page.lines])
    near_km = shapely.distance(shown.geometry.to_numpy(), border) / 1000
    inside = shown.within(page.united(corridor))
    size = np.log10(shown["population"].fillna(0).clip(lower=300))
    if "rank" in shown:  # a seat of government without a count of people is a town all the same
        size = np.maximum(size, shown["rank"].map(SEAT_SIZE).fillna(0.0))
    shown = shown.assign(
        label=label, score=size + NEAR_BONUS * np.clip(1 - near_km / NEAR_KM, 0, 1)
    ).sort_values(["score", "label"], ascending=[False, True], kind="stable")
    apart = max(math.sqrt(page.window.area) / 15, APART_POINTS * page.point_m)
    area_in2 = page.window.area / (72 * page.point_m) ** 2
    most = int(np.clip(TOWNS_PER_INCH2 * area_in2, 3, MAX_TOWNS))
    # Along the border more is worth naming than out in the country.
    inside = inside.reindex(shown.index)
    taken: list[tuple[float, float]] = []
    keep = []
    (west, east), (south, north) = page.ax.get_xlim(), page.ax.get_ylim()
    edge = (east - west) / 60
    reserved = shapely.union_all(page.reserved).buffer(edge)
    for row in shown.itertuples():
        x, y = row.geometry.x, row.geometry.y
        rim = min(x - west, east - x, y - south, north - y)
        clear = rim > edge and not shapely.intersects_xy(reserved, x, y)
        gap = max(0.18 * apart, 7 * page.point_m) if inside[row.Index] else apart
        if clear and all(math.hypot(x - a, y - b) > gap for a, b in taken):
            taken.append((x, y))
            keep.append(row.Index)
        if len(keep) == most:
            break
    page.take([x for x, _ in taken], [y for _, y in taken])
    return shown.loc[keep]


def _write_labels(page: MapPage, labels: pd.DataFrame) -> None:
    lines: dict[str, Any] = {}
    if page.lines:
        lines["x_lines"] = [line[:, 0] for line in page.lines]
        lines["y_lines"] = [line[:, 1] for line in page.lines]
    pixels = figure_of(page.ax).dpi / 72
    kept_x, kept_y = _covered(page)
    sizes: Any = [*np.multiply(pixels, page.taken_points).tolist(), *[0.0] * len(kept_x)]
    texts: Any
    _, _, texts, _ = textalloc.allocate(
        page.ax,
        labels["x"].to_numpy(),
        labels["y"].to_numpy(),
        [figure_words(text) for text in labels["text"]],
        x_scatter=[*page.taken_x, *kept_x],
        y_scatter=[*page.taken_y, *kept_y],
        scatter_sizes=sizes,
        text_scatter_sizes=(pixels * labels["reach"]).tolist(),
        **lines,
        textsize=7,
        fontweight=labels["weight"].tolist(),
        margin=0.004,
        min_distance=0.008,
        max_distance=0.09,
        linecolor=INK["quiet"],
        linewidth=0.5,
        textcolor=INK["text"],
        path_effects=halo(1.8),
        zorder=Z_LABEL,
        # A name on a name is none: what finds no room is left to its dot.
        draw_all=False,
    )
    to_map = page.ax.transData.inverted()
    for text in texts:
        if text is None:
            continue
        text.set_gid("label")
        page.named.append(shapely.box(*text.get_window_extent().transformed(to_map).extents))


def _covered(page: MapPage) -> tuple[list[float], list[float]]:
    """Points all over the boxes of scale, arrow and names, which labels keep off."""
    step = 5 * page.point_m
    x: list[float] = []
    y: list[float] = []
    for box in [*page.reserved, *page.named]:
        west, south, east, north = box.bounds
        across, up = np.meshgrid(
            np.arange(west, east + step, step), np.arange(south, north + step, step)
        )
        x += across.ravel().tolist()
        y += up.ravel().tolist()
    return x, y
