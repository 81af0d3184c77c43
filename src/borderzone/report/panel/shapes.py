"""The map and the strip of the panel as SVG: places to point at, on a little relief."""

from __future__ import annotations

import base64
import io as bytes_io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from PIL import Image
from pyproj import CRS

from borderzone import datasets, io, terrain
from borderzone.crs import KM_PER_MILE
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone.study import StudyResult

__all__ = ["PanelMap", "panel_map"]

# Units of the drawing, which the page scales: a phone is half as wide.
WIDTH, TALLEST = 640.0, 620.0
_MARGIN = 14.0
# Width of the picture of the ground. Units: pixels.
_SHADE_COLUMNS = 460
_MOST_TOWNS, _TOWN_GAP = 8, 62.0
_MOST_LETTERS = 14
# An event known no better than this is hollow. Units: km.
_KNOWN_KM = 10.0


@dataclass(frozen=True, kw_only=True)
class PanelMap:
    """
    A map for the panel.

    Attributes
    ----------
    width, height
        Units of the drawing.
    shade
        A picture of the ground, as a data address; empty where there is no elevation.
    places
        The path of each place.
    zones, border, outline
        Paths of zones with kind and letter, of the line, and of the edge of the corridor.
    towns, events
        Points with words.
    bar
        Kilometres and miles of the scale bar, and their lengths.
    """

    width: float
    height: float
    shade: str
    places: list[str]
    zones: list[dict[str, Any]]
    border: str
    outline: str
    towns: list[dict[str, Any]]
    events: list[dict[str, Any]]
    bar: list[dict[str, Any]]


class _PanelFrame:
    """The frame of the map: equal areas about the middle of the corridor, north up."""

    def __init__(self, corridor: gpd.GeoSeries) -> None:
        middle = corridor.to_crs(4326).union_all().envelope.centroid
        self.crs = CRS.from_proj4(
            f"+proj=laea +lat_0={middle.y:.3f} +lon_0={middle.x:.3f} +ellps=WGS84 +units=m"
        )
        west, south, east, north = corridor.to_crs(self.crs).total_bounds
        inside = WIDTH - 2 * _MARGIN, TALLEST - 2 * _MARGIN
        self.scale = min(inside[0] / (east - west), inside[1] / (north - south))
        self.height = (north - south) * self.scale + 2 * _MARGIN
        self.width = (east - west) * self.scale + 2 * _MARGIN
        self.west, self.north = west, north

    def drawn(self, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
        """Bring shapes onto the sheet, without what is too small to be seen."""
        flat = shapes.to_crs(self.crs).affine_transform(
            [
                self.scale,
                0,
                0,
                -self.scale,
                _MARGIN - self.west * self.scale,
                _MARGIN + self.north * self.scale,
            ]
        )
        return flat.simplify(0.5)


def panel_map(result: StudyResult, places: gpd.GeoSeries) -> PanelMap:
    """Draw the corridor with its places, zones, towns and incidents."""
    sheet = _PanelFrame(result.corridor.outline)
    outline = sheet.drawn(gpd.GeoSeries([result.corridor.outline.union_all()], crs=4326))
    line = sheet.drawn(result.border.stretches.geometry)
    return PanelMap(
        width=round(sheet.width, 1),
        height=round(sheet.height, 1),
        shade=_shade(result, sheet),
        places=[_path(shape) for shape in sheet.drawn(places)],
        zones=_zones(result, sheet),
        border=" ".join(_path(shape) for shape in line),
        outline=_path(outline.iloc[0]),
        towns=_towns(result, sheet),
        events=_events(result, sheet),
        bar=_bar(sheet.scale, sheet.width),
    )


def _path(shape: Any) -> str:
    """Write the rings and lines of a shape as a path."""
    found = []
    for part in shapely.get_parts(shape):
        lines = [part]
        closed = part.geom_type == "Polygon"
        if closed:
            lines = [part.exterior, *part.interiors]
        elif part.geom_type != "LineString":
            continue
        for line in lines:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.coords[: -1 if closed else None])
            found.append(f"M{points}{'Z' if closed else ''}")
    return "".join(found)


def _shade(result: StudyResult, sheet: _PanelFrame) -> str:
    layers = result.ground.layers
    if layers is None or "elevation_m" not in layers:
        return ""
    cell = sheet.width / sheet.scale / _SHADE_COLUMNS
    rows = math.ceil(sheet.height / sheet.scale / cell)
    edge = _MARGIN / sheet.scale
    corner = Affine(cell, 0, sheet.west - edge, 0, -cell, sheet.north + edge)
    grid = Grid(shape=(rows, _SHADE_COLUMNS), transform=corner, crs=sheet.crs)
    ground = io.warp(layers["elevation_m"], grid, resampling="bilinear")
    slope = np.hypot(*np.gradient(ground.to_numpy().astype(float), cell))
    if not np.isfinite(slope).any():
        return ""
    # As much steeper as lets the steepest twentieth be seen.
    times = float(np.clip(0.4 / max(float(np.nanpercentile(slope, 95)), 1e-6), 1.0, 25.0))
    lit = terrain.hillshade(ground * times if times > 1 else ground).to_numpy().astype(float)
    known = np.isfinite(lit)
    low, high = np.nanpercentile(lit, [1, 99])
    grey = np.where(known, 150 + 100 * np.clip((lit - low) / max(high - low, 1e-6), 0, 1), 255)
    inside = shapely.union_all(result.corridor.outline.to_crs(sheet.crs).to_numpy())
    x, y = np.meshgrid(*_centres(grid))
    held = shapely.contains_xy(inside, x, y) & known
    picture = np.dstack([grey, np.where(held, 255, 0)]).astype("uint8")
    buffer = bytes_io.BytesIO()
    Image.fromarray(picture, "LA").convert("RGBA").save(buffer, format="WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _centres(grid: Grid) -> tuple[Any, Any]:
    rows, columns = grid.shape
    cell, west, north = grid.transform.a, grid.transform.c, grid.transform.f
    return west + cell * (np.arange(columns) + 0.5), north - cell * (np.arange(rows) + 0.5)


def _zones(result: StudyResult, sheet: _PanelFrame) -> list[dict[str, Any]]:
    zones = result.zones
    if zones is None or zones.empty:
        return []
    drawn = sheet.drawn(zones.geometry)
    lettered = set(zones["area_km2"].nlargest(_MOST_LETTERS).index)
    found = []
    for label, shape in drawn.items():
        row = zones.loc[label]
        point = shape.representative_point()
        known = not shape.is_empty
        found.append(
            {
                "kind": str(row["kind"]),
                "path": _path(shape),
                "name": str(row["zone"]) if label in lettered and known else "",
                "x": round(point.x, 1) if known else 0,
                "y": round(point.y, 1) if known else 0,
            }
        )
    return found


def _towns(result: StudyResult, sheet: _PanelFrame) -> list[dict[str, Any]]:
    """Name the largest towns of the sheet that have room."""
    places = datasets.places(min_population=5000).sort_values(
        "population", ascending=False, kind="stable"
    )
    near = places[places.within(shapely.box(*result.corridor.outline.total_bounds))]
    found: list[dict[str, Any]] = []
    points = sheet.drawn(near.geometry)
    for (_, row), point in zip(near.iterrows(), points, strict=True):
        x, y = float(point.x), float(point.y)
        if any(abs(x - town["x"]) < 2 * _TOWN_GAP and abs(y - town["y"]) < 18 for town in found):
            continue
        if any(math.hypot(x - town["x"], y - town["y"]) < _TOWN_GAP for town in found):
            continue
        left = bool(x > sheet.width - 1.6 * _TOWN_GAP)
        name = str(row["asciiname"])
        found.append({"x": round(x, 1), "y": round(y, 1), "name": name, "left": left})
        if len(found) == _MOST_TOWNS:
            break
    return found


def _events(result: StudyResult, sheet: _PanelFrame) -> list[dict[str, Any]]:
    """Give the incidents that this edition lists and that have a place, one mark for each place."""
    events, where = result.incidents.events, result.incidents.placed
    if events is None or where is None:
        return []
    sure = (
        where["kind"].isin(["disc", "gaussian"]).to_numpy() & ~events.geometry.is_empty.to_numpy()
    )
    if not sure.any():
        return []
    points = sheet.drawn(events.geometry[sure].to_crs(4326))
    words = events[sure].get("event_type", pd.Series("", index=points.index)).fillna("").astype(str)
    table = pd.DataFrame(
        {
            "x": points.x.round(0).to_numpy(),
            "y": points.y.round(0).to_numpy(),
            "vague": (where["scale_km"][sure].astype(float) > _KNOWN_KM).to_numpy(),
            "words": words.to_numpy(),
        }
    )
    table = table[table["x"].between(0, sheet.width) & table["y"].between(0, sheet.height)]
    found = []
    for _, rows in table.groupby(["x", "y"], sort=True):
        found.append(
            {
                "x": float(rows["x"].iloc[0]),
                "y": float(rows["y"].iloc[0]),
                "r": round(3.0 + 1.6 * math.sqrt(len(rows)), 1),
                "vague": bool(rows["vague"].any()),
                "words": f"{len(rows)} reported: {_few(rows['words'])}",
            }
        )
    return found


def _few(words: Iterable[str]) -> str:
    kinds = sorted({word for word in words if word}) or ["type not stated"]
    return ", ".join(kinds[:3]) + (" and others" if len(kinds) > 3 else "")


def _bar(scale: float, width: float) -> list[dict[str, Any]]:
    """Give a bar in kilometres and one in miles, of round numbers, a quarter of the map at most."""
    found = []
    for unit, metres in (("km", 1000.0), ("mi", 1000.0 * KM_PER_MILE)):
        most = width / 4.0 / scale / metres
        step = 10.0 ** math.floor(math.log10(most))
        number = next(step * part for part in (5, 2, 1) if step * part <= most)
        found.append({"words": f"{number:g} {unit}", "length": round(number * metres * scale, 1)})
    return found
