"""What the strip map shows, gathered by segment and by chainage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["Strip", "gather", "incidents_by_segment", "strip_map_data"]

WGS84 = Geod(ellps="WGS84")
# Towns this near the border are named on the strip. Units: km.
PLACE_REACH_KM = 15.0
# Points that stand for the disc an incident may lie in.
POINTS = 60


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
    points
        Placed incidents: ``km``, ``offset``, ``radius_km``, ``synthetic``.
    bins
        Edges along and across the border and the share of remote desert
        between them, NaN where no ground is nearest; None without rasters.
    """

    result: StudyResult
    segments: pd.DataFrame
    places: pd.DataFrame
    points: pd.DataFrame
    bins: tuple[FloatArray, FloatArray, FloatArray] | None

    @property
    def edges(self) -> FloatArray:
        """
        Chainage at every segment's start, and the last one's end.

        Returns
        -------
        FloatArray
            Rising. Units: km.
        """
        rows = self.segments
        return np.append(rows["km_start"].to_numpy(), rows["km_end"].iloc[-1])


def gather(result: StudyResult) -> Strip:
    """
    Gather what the rows draw.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    Strip
        Tables by segment, and points and cells by chainage and offset.
    """
    segments = pd.DataFrame(result.segments.drop(columns="geometry"))
    expected = incidents_by_segment(result)
    if expected is not None:
        segments = segments.join(expected)
    return Strip(
        result=result,
        segments=segments,
        places=_named_places(result),
        points=_placed_points(result),
        bins=_plan_bins(result),
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
        "remote_share",
        "cave_rank",
        "rate_night",
        "rate_day",
        "pod_even",
        "pod_optimal",
        "pod_maximin",
    ]
    segments = result.segments
    table = pd.DataFrame(segments[[name for name in wanted if name in segments]])
    expected = incidents_by_segment(result)
    return table if expected is None else table.join(expected)


def incidents_by_segment(result: StudyResult) -> pd.DataFrame | None:
    """
    Spread every placed incident over the circle it lies in, and count by segment.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame or None
        Expected numbers ``incidents_reported`` and ``incidents_synthetic`` by
        segment; None where there are no incidents.
    """
    events = result.incidents
    if events is None:
        return None
    placed = events[events["in_overlay"].astype(bool) & events["radius_km"].notna()]
    index = result.segments.index
    out = pd.DataFrame(0.0, index=index, columns=["incidents_reported", "incidents_synthetic"])
    if placed.empty:
        return out
    points = _spread(placed)
    segment = result.corridor.locate(points.geometry)["segment"].to_numpy()
    fake = points["synthetic"].to_numpy(dtype=bool)
    for column, chosen in (("incidents_reported", ~fake), ("incidents_synthetic", fake)):
        inside = chosen & (segment >= 0)
        share = np.bincount(segment[inside], minlength=int(index.max()) + 1) / POINTS
        out[column] = share[index.to_numpy()]
    return out


def _spread(placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Sunflower points fill a disc evenly and need no chance. Units: km.
    number = np.arange(POINTS)
    radius = np.sqrt((number + 0.5) / POINTS)
    turn = number * math.pi * (3 - math.sqrt(5))
    lon, lat = placed.geometry.x.to_numpy()[:, None], placed.geometry.y.to_numpy()[:, None]
    reach = placed["radius_km"].to_numpy()[:, None] * radius
    azimuth = np.broadcast_to(np.degrees(turn), reach.shape)
    x, y, _ = WGS84.fwd(
        np.broadcast_to(lon, reach.shape), np.broadcast_to(lat, reach.shape), azimuth, reach * 1000
    )
    return gpd.GeoDataFrame(
        {"synthetic": np.repeat(placed["synthetic"].to_numpy(dtype=bool), POINTS)},
        geometry=gpd.points_from_xy(np.ravel(x), np.ravel(y)),
        crs=4326,
    )


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


def _placed_points(result: StudyResult) -> pd.DataFrame:
    events = result.incidents
    empty = pd.DataFrame({"km": [], "offset": [], "radius_km": [], "synthetic": []})
    if events is None:
        return empty
    placed = events[events["in_overlay"].astype(bool) & events["radius_km"].notna()]
    inside = placed[placed.within(result.corridor.outline.to_crs(placed.crs).union_all())]
    if inside.empty:
        return empty
    km, offset = result.border.locate(inside.geometry.x.to_numpy(), inside.geometry.y.to_numpy())
    return pd.DataFrame(
        {
            "km": km,
            "offset": offset,
            "radius_km": inside["radius_km"].to_numpy(),
            "synthetic": inside["synthetic"].to_numpy(dtype=bool),
        }
    )


def _plan_bins(
    result: StudyResult, *, step_km: float = 5.0
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    layers = result.layers
    if layers is None or "remote_desert" not in layers:
        return None
    km, offset, flag = (
        layers[name].to_numpy().ravel() for name in ("chainage_km", "offset_km", "remote_desert")
    )
    known = np.isfinite(km) & np.isfinite(offset)
    deep = max(result.corridor.depth_km.values())
    x = np.linspace(0, result.border.length_km, math.ceil(result.border.length_km / step_km) + 1)
    y = np.linspace(-deep, deep, 2 * math.ceil(deep / step_km) + 1)
    cells, _, _ = np.histogram2d(km[known], offset[known], bins=(x, y))
    known &= np.isfinite(flag)
    flagged, _, _ = np.histogram2d(km[known], offset[known], bins=(x, y), weights=flag[known])
    share = np.divide(flagged, cells, out=np.full_like(cells, np.nan), where=cells > 0)
    return x, y, share
