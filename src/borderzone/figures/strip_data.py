"""What the strip map shows, gathered by segment and by chainage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from borderzone.figures.events import event_symbols, events_by_segment, kinds_of, placed_events
from borderzone.grid import Grid
from borderzone.study import told

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor
    from borderzone.study import StudyResult

__all__ = ["Strip", "gather", "strip_map_data"]

# Towns this near the border are named on the strip. Units: km.
PLACE_REACH_KM = 15.0
# Length of a box of the plan, and how many there are at most along a border.
BOX_KM, MAX_BOXES = 5.0, 120
MAX_SAMPLES = 150_000
# The plan has room for so many symbols.
MOST_ON_STRIP = 90
KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Plan:
    """
    What lies along and across a border, in boxes, by samples of the ground.

    Attributes
    ----------
    x, y
        Edges of the boxes: chainage and distance from the border. Units: km.
    ground
        Samples in a box; 0 where no ground is nearest to this kilometre.
    remote
        Share of its land that is remote desert; NaN where it is not known for
        half of it or more.
    sea, third
        Share of its ground that is sea or a third country's; NaN where it is
        not known.
    names
        Third countries with a place in the plan: ``name``, ``km``, ``offset``.
    """

    x: FloatArray
    y: FloatArray
    ground: FloatArray
    remote: FloatArray
    sea: FloatArray
    third: FloatArray
    names: pd.DataFrame


@dataclass(frozen=True)
class Strip:
    """
    What the rows draw, gathered once.

    Attributes
    ----------
    result
        What a study gave.
    segments
        Its segments without geometry, with expected incidents.
    places
        Towns near the border: ``label``, ``km``.
    symbols
        As from `event_symbols`, with chainage and offset as ``x`` and ``y``; None without
        incidents.
    kinds
        Types of the incidents, commonest first.
    plan
        What lies along and across the border.
    """

    result: StudyResult
    segments: pd.DataFrame
    places: pd.DataFrame
    symbols: pd.DataFrame | None
    kinds: tuple[str, ...]
    plan: Plan

    @property
    def edges(self) -> FloatArray:
        """Chainage at every segment's start, and the last one's end."""
        rows = self.segments
        return np.append(rows["km_start"].to_numpy(), rows["km_end"].iloc[-1])


def gather(result: StudyResult) -> Strip:
    """Gather what the rows draw."""
    segments = pd.DataFrame(result.segments.drop(columns="geometry"))
    counted = events_by_segment(result)
    if counted is not None:
        segments = segments.join(counted)
    symbols, kinds = _symbols(result)
    return Strip(
        result=result,
        segments=segments,
        places=_named_places(result),
        symbols=symbols,
        kinds=kinds,
        plan=_plan(result),
    )


def strip_map_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the strip map shows by segment, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row a segment, with the expected number of incidents.
    """
    wanted = [
        "km_start",
        "km_end",
        "elevation_min_m",
        "elevation_mean_m",
        "elevation_max_m",
        "tri_m",
        "third_country_share",
        "sea_share",
        "remote_share",
        "remote_share_unknown",
        "cave_rank",
        "rate_night",
        "rate_day",
        "pod_even",
        "pod_optimal",
        "pod_maximin",
        # Counted beforehand where rows are held back.
        "incidents_expected",
        "incidents_p05",
        "incidents_p95",
    ]
    segments = result.segments
    table = pd.DataFrame(segments[[name for name in wanted if name in segments]])
    counted = events_by_segment(result)
    return table if counted is None else table.join(counted)


def _named_places(result: StudyResult) -> pd.DataFrame:
    towns = result.furniture.get("places")
    empty = pd.DataFrame({"label": [], "km": []})
    if towns is None:
        return empty
    around = towns[towns.within(result.corridor.outline.to_crs(towns.crs).union_all())]
    if around.empty:
        return empty
    km, offset = result.border.locate(around.geometry.x.to_numpy(), around.geometry.y.to_numpy())
    label = around["asciiname"] if "asciiname" in around else around["name"]
    size = np.log10(around["population"].fillna(0).clip(lower=1000))
    table = pd.DataFrame(
        {"label": label.to_numpy(), "km": km, "offset": np.abs(offset), "size": size.to_numpy()}
    )
    table = table[table["offset"] <= PLACE_REACH_KM].sort_values(
        ["size", "label"], ascending=[False, True], kind="stable"
    )
    apart = result.border.length_km / 16
    keep: list[Any] = []
    for row in table.itertuples():
        if all(abs(row.km - table.loc[other, "km"]) > apart for other in keep):
            keep.append(row.Index)
    return table.loc[keep[:9]].sort_values("km")


def _symbols(result: StudyResult) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Events coded in the corridor, gathered as on the map, by chainage and offset."""
    events = placed_events(result)
    if events is None:
        return None, ()
    shown = events[events["drawn"]]
    outline = shapely.union_all(result.corridor.outline.to_crs(shown.crs).to_numpy())
    shapely.prepare(outline)
    points = shown.geometry
    coded = shapely.contains_xy(outline, points.x.to_numpy(), points.y.to_numpy())
    # Whoever is coded in it may lie in it.
    symbols = event_symbols(shown[coded].assign(inside=True), most=MOST_ON_STRIP)
    table = pd.DataFrame(symbols.drop(columns="geometry"))
    if table.empty:
        return table.assign(x=[], y=[]), kinds_of(events)
    places = symbols.geometry
    km, offset = result.border.locate(places.x.to_numpy(), places.y.to_numpy())
    return table.assign(x=km, y=offset), kinds_of(events)


def _plan(result: StudyResult) -> Plan:
    corridor, length = result.corridor, result.border.length_km
    deep = max(corridor.depth_km.values())
    x = np.linspace(0, length, math.ceil(min(length / BOX_KM, MAX_BOXES)) + 1)
    y = np.linspace(-deep, deep, 21)
    points = _samples(corridor, min(x[1], y[1] - y[0]) / 2)
    at = corridor.locate(points)
    points, at = points[at["segment"] >= 0], at[at["segment"] >= 0]
    km, offset = at["chainage_km"].to_numpy(), at["offset_km"].to_numpy()

    def count(rows: Any, weights: Any = None) -> FloatArray:
        cells, _, _ = np.histogram2d(km[rows], offset[rows], bins=(x, y), weights=weights)
        return np.asarray(cells, dtype=np.float64)

    def share(part: FloatArray, whole: FloatArray) -> FloatArray:
        return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

    outside = corridor.outside_ground()
    kind = np.full(len(points), "", dtype=object)
    for row in outside.itertuples():
        shapely.prepare(row.geometry)
        kind[shapely.contains_xy(row.geometry, points.x, points.y)] = row.kind
    everything = np.ones(len(points), dtype=bool)
    ground, land = count(everything), count(kind != "sea")
    flag = _flag_at(result, points)
    known = np.isfinite(flag) & (kind != "sea")
    remote = share(count(known, flag[known]), count(known))
    remote[count(known) < 0.5 * land] = np.nan
    sea, third = (share(count(kind == name), ground) for name in ("sea", "third country"))
    sea[count(kind == "unknown") > 0] = third[count(kind == "unknown") > 0] = np.nan
    names = _places_of(outside[outside["kind"] == "third country"], points, km, offset)
    return Plan(x, y, ground, remote, sea, third, names)


def _samples(corridor: Corridor, step_km: float) -> gpd.GeoSeries:
    """Points over the corridor about a step apart, the same number to every square kilometre."""
    step_km = max(step_km, math.sqrt(corridor.area_km2 / MAX_SAMPLES))
    outline = corridor.outline.iloc[0]
    west, south, east, north = outline.bounds
    rows = np.arange(south, north, step_km / KM_PER_DEGREE)
    lines = [
        np.arange(west, east, step_km / (KM_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01)))
        for lat in rows
    ]
    lon, lat = np.concatenate(lines), np.repeat(rows, [len(line) for line in lines])
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, lon, lat)
    return gpd.GeoSeries(gpd.points_from_xy(lon[inside], lat[inside]), crs=4326)


def _flag_at(result: StudyResult, points: gpd.GeoSeries) -> FloatArray:
    """Remote desert on the cell that a point lies on; NaN where it is not known or not shown."""
    if told.hidden(result) or result.layers is None or "remote_desert" not in result.layers:
        return np.full(len(points), np.nan)
    layer = result.layers["remote_desert"]
    there = points.to_crs(Grid.of(layer).crs)
    at = {name: xr.DataArray(getattr(there, name).to_numpy(), dims="point") for name in ("x", "y")}
    return np.asarray(layer.sel(at, method="nearest"), dtype=np.float64)


def _places_of(
    third: gpd.GeoDataFrame, points: gpd.GeoSeries, km: FloatArray, offset: FloatArray
) -> pd.DataFrame:
    """Where the name of each third country has the most of its ground around it."""
    rows = []
    for row in third.itertuples():
        inside = shapely.contains_xy(row.geometry, points.x, points.y)
        if inside.sum() < 0.004 * len(points):
            continue
        places = np.column_stack([km[inside], offset[inside]])
        middle = np.median(places, axis=0)
        nearest = places[np.argmin(np.abs(places - middle).sum(axis=1))]
        rows.append((row.name, *nearest))
    return pd.DataFrame(rows, columns=["name", "km", "offset"])
