"""The country around a map's subject: neighbours, rivers, airfields, towns and their names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import textalloc
from matplotlib.lines import Line2D

from borderzone._guards.escapes import figure_words
from borderzone.figures.style import INK, halo

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from borderzone.border import Border
    from borderzone.figures.layers import MapPage

__all__ = ["draw_airfields", "draw_countries", "draw_neighbours", "draw_rivers", "draw_towns"]

Z_LINE, Z_POINT, Z_LABEL = 5, 10, 20
MAX_TOWNS = 25
# A town at the border counts as one this many orders of magnitude larger; at this many
# kilometres from it no more.
NEAR_BONUS, NEAR_KM = 1.6, 60.0
# Administrative rank of a place -> the logarithm of people it counts as, at least.
SEAT_SIZE = {1: 5.3, 2: 4.5, 3: 3.5}


def draw_countries(
    page: MapPage,
    countries: gpd.GeoDataFrame,
    admin1: gpd.GeoDataFrame | None,
    own: Mapping[str, str],
) -> None:
    """
    Draw the land around: other borders, governorates, and the names of countries.

    Parameters
    ----------
    page
        The map.
    countries
        Countries with ``code`` and ``name``.
    admin1
        Governorates with ``name``, or None.
    own
        Code -> name of the two countries of the border.
    """
    if admin1 is not None:
        lines = page.bring(admin1)
        lines.boundary.plot(
            ax=page.ax, color=INK["rule"], linewidth=0.5, linestyle=(0, (1, 2)), zorder=Z_LINE
        )
        page.explain(
            "Ground",
            Line2D([], [], color=INK["rule"], linewidth=0.7, linestyle=(0, (1, 2))),
            "governorate, province",
        )
    shown = page.bring(countries)
    shown.boundary.plot(ax=page.ax, color=INK["quiet"], linewidth=0.7, zorder=Z_LINE)
    for row in shown.itertuples():
        _name_country(page, row.name, row.geometry, main=row.code in own)


def draw_neighbours(
    page: MapPage, borders: gpd.GeoDataFrame, border: Border, deep_m: float
) -> None:
    """
    Draw the land around where no outlines of countries are at hand.

    Parameters
    ----------
    page
        The map.
    borders
        Land borders of the world.
    border
        The border of the map, whose two sides are named.
    deep_m
        Depth of the corridor, beyond which the names stand. Units: m.
    """
    lines = page.bring(borders)
    if len(lines):
        lines.plot(ax=page.ax, color=INK["quiet"], linewidth=0.7, zorder=Z_LINE)
    middle, step = border.length_km / 2, border.length_km / 50
    ends = border.point_at(np.array([middle - step, middle + step])).to_crs(page.crs)
    (x, next_x), (y, next_y) = ends.x, ends.y
    length = math.hypot(next_x - x, next_y - y)
    left = np.array([y - next_y, next_x - x]) / length
    away = max(1.45 * deep_m, page.window.length / 45)
    for code, side in ((border.left, 1.0), (border.right, -1.0)):
        spot = np.array([x + next_x, y + next_y]) / 2 + side * away * left
        if shapely.contains_xy(page.window.buffer(-page.window.length / 60), *spot):
            _write_country(page, border.names.get(code, code), spot, main=True)


def _name_country(page: MapPage, name: str, shape: Any, *, main: bool) -> None:
    (west, east), (south, north) = page.ax.get_xlim(), page.ax.get_ylim()
    room = shape.buffer(-0.02 * (east - west))
    if room.is_empty or shape.area < 0.004 * (east - west) * (north - south):
        return
    spot = _emptiest(room, np.array([page.taken_x, page.taken_y]).T)
    _write_country(page, name, spot, main=main)


def _write_country(page: MapPage, name: str, spot: Any, *, main: bool) -> None:
    page.ax.text(
        spot[0],
        spot[1],
        name.upper(),
        fontsize=12 if main else 8.5,
        color=INK["quiet"],
        ha="center",
        va="center",
        alpha=0.9,
        path_effects=halo(2.0),
        zorder=Z_LINE + 1,
    )


def _emptiest(room: Any, taken: Any) -> tuple[float, float]:
    # The point of a coarse lattice that is farthest from the rim and from every symbol.
    west, south, east, north = room.bounds
    x, y = (
        axis.ravel()
        for axis in np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25))
    )
    points = shapely.points(x, y)
    clear = np.where(shapely.contains(room, points), shapely.distance(room.boundary, points), 0.0)
    if len(taken):
        gap = np.hypot(x[:, None] - taken[:, 0], y[:, None] - taken[:, 1]).min(axis=1)
        clear = np.where(clear > 0, np.minimum(clear, gap), 0.0)
    if clear.max() <= 0:
        place = room.representative_point()
        return float(place.x), float(place.y)
    best = int(np.argmax(clear))
    return float(x[best]), float(y[best])


def draw_rivers(page: MapPage, rivers: gpd.GeoDataFrame | None) -> None:
    """
    Draw rivers and name the large ones.

    Parameters
    ----------
    page
        The map.
    rivers
        Rivers with ``name``, or None.
    """
    if rivers is None:
        return
    shown = page.bring(rivers)
    if shown.empty:
        return
    shown.plot(ax=page.ax, color=INK["water"], linewidth=0.9, zorder=Z_LINE)
    page.explain("Ground", Line2D([], [], color=INK["water"], linewidth=1.2), "river")
    longest = shown.assign(length=shown.length).sort_values(
        "length", ascending=False, kind="stable"
    )
    for row in longest.drop_duplicates("name").head(3).itertuples():
        line = max(getattr(row.geometry, "geoms", [row.geometry]), key=lambda part: part.length)
        if row.name and line.length > 0.08 * page.window.length / 4:
            _along(page, line, str(row.name))


def _along(page: MapPage, line: Any, name: str) -> None:
    before, middle, after = shapely.line_interpolate_point(
        line, (0.59, 0.62, 0.65), normalized=True
    )
    angle = math.degrees(math.atan2(after.y - before.y, after.x - before.x))
    angle = (angle + 90) % 180 - 90
    page.ax.text(
        middle.x,
        middle.y,
        name,
        fontsize=7,
        fontstyle="italic",
        color=INK["water"],
        rotation=angle,
        ha="center",
        va="center",
        path_effects=halo(1.8),
        zorder=Z_LABEL - 2,
    )


def draw_airfields(page: MapPage, airfields: gpd.GeoDataFrame | None) -> None:
    """
    Draw airfields as small open triangles.

    Parameters
    ----------
    page
        The map.
    airfields
        Points with ``kind``, or None.
    """
    if airfields is None:
        return
    shown = page.bring(airfields[airfields["kind"] != "closed"])
    if shown.empty:
        return
    style: dict[str, Any] = {
        "linestyle": "none",
        "marker": "^",
        "markersize": 4.0,
        "markerfacecolor": "#ffffff",
        "markeredgecolor": INK["text"],
        "markeredgewidth": 0.7,
    }
    page.ax.plot(shown.geometry.x, shown.geometry.y, zorder=Z_POINT, **style)
    page.explain("Ground", Line2D([], [], **style), "airfield")


def draw_towns(
    page: MapPage, places: gpd.GeoDataFrame | None, corridor: gpd.GeoSeries, posts: pd.DataFrame
) -> gpd.GeoDataFrame | None:
    """
    Draw the towns worth naming and write their names clear of each other.

    Parameters
    ----------
    page
        The map.
    places
        Places with ``name`` and ``population``, or None.
    corridor
        The corridor; towns within come first.
    posts
        Kilometre marks, which are labelled with the towns.

    Returns
    -------
    GeoDataFrame or None
        The towns drawn.
    """
    towns = None if places is None else _chosen(page, places, corridor)
    texts = [f"{km:.0f} km" for km in posts["chainage_km"]]
    x, y = posts["x"].tolist(), posts["y"].tolist()
    weights = ["bold"] * len(texts)
    if towns is not None and len(towns):
        town_x, town_y = towns.geometry.x.tolist(), towns.geometry.y.tolist()
        style: dict[str, Any] = {
            "linestyle": "none",
            "marker": "o",
            "markersize": 3.2,
            "markerfacecolor": INK["text"],
            "markeredgecolor": "#ffffff",
            "markeredgewidth": 0.6,
        }
        page.ax.plot(town_x, town_y, zorder=Z_POINT, **style)
        page.explain("Ground", Line2D([], [], **style), "town")
        texts += towns["label"].tolist()
        weights += ["normal"] * len(towns)
        x, y = x + town_x, y + town_y
    _write_labels(page, x, y, texts, weights)
    return towns


def _chosen(page: MapPage, places: gpd.GeoDataFrame, corridor: gpd.GeoSeries) -> gpd.GeoDataFrame:
    shown = page.bring(places)
    label = shown["asciiname"] if "asciiname" in shown else shown["name"]
    border = shapely.union_all([shapely.linestrings(line) for line in page.lines])
    near_km = shapely.distance(shown.geometry.to_numpy(), border) / 1000
    inside = shown.within(corridor.to_crs(page.crs).union_all())
    size = np.log10(shown["population"].fillna(0).clip(lower=300))
    if "rank" in shown:  # a seat of government without a count of people is a town all the same
        size = np.maximum(size, shown["rank"].map(SEAT_SIZE).fillna(0.0))
    shown = shown.assign(
        label=label, score=size + NEAR_BONUS * np.clip(1 - near_km / NEAR_KM, 0, 1)
    ).sort_values(["score", "label"], ascending=[False, True], kind="stable")
    apart = math.sqrt(page.window.area) / 15
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
        gap = 0.18 * apart if inside[row.Index] else apart
        if clear and all(math.hypot(x - a, y - b) > gap for a, b in taken):
            taken.append((x, y))
            keep.append(row.Index)
        if len(keep) == MAX_TOWNS:
            break
    page.taken_x += [x for x, _ in taken]
    page.taken_y += [y for _, y in taken]
    return shown.loc[keep]


def _write_labels(
    page: MapPage, x: list[float], y: list[float], texts: list[str], weights: list[str]
) -> None:
    lines: dict[str, Any] = {}
    if page.lines:
        lines["x_lines"] = [line[:, 0] for line in page.lines]
        lines["y_lines"] = [line[:, 1] for line in page.lines]
    textalloc.allocate(
        page.ax,
        x,
        y,
        [figure_words(text) for text in texts],
        x_scatter=page.taken_x,
        y_scatter=page.taken_y,
        **lines,
        textsize=7,
        fontweight=weights,
        margin=0.004,
        min_distance=0.008,
        max_distance=0.07,
        linecolor=INK["quiet"],
        linewidth=0.5,
        textcolor=INK["text"],
        path_effects=halo(1.8),
        zorder=Z_LABEL,
    )
