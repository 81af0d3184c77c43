"""What the strip map shows, gathered by segment and by chainage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone.figures.events import events_by_segment, placed_events
from borderzone.study import told

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["UNKNOWN", "Strip", "gather", "strip_map_data"]

# What stands for a share that is not known.
UNKNOWN = -1.0
# Towns this near the border are named on the strip. Units: km.
PLACE_REACH_KM = 15.0


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
        between them, NaN where no ground is nearest and -1 where it is not
        known; None without rasters.
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
    counted = events_by_segment(result)
    if counted is not None:
        segments = segments.join(counted)
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
        "remote_share_unknown",
        "cave_rank",
        "rate_night",
        "rate_day",
        "pod_even",
        "pod_optimal",
        "pod_maximin",
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


def _placed_points(result: StudyResult) -> pd.DataFrame:
    empty = pd.DataFrame({"km": [], "offset": [], "radius_km": [], "synthetic": []})
    events = placed_events(result)
    if events is None:
        return empty
    shown = events[events["drawn"]]
    shown = shown[shown.within(result.corridor.outline.to_crs(shown.crs).union_all())]
    if shown.empty:
        return empty
    km, offset = result.border.locate(shown.geometry.x.to_numpy(), shown.geometry.y.to_numpy())
    return pd.DataFrame(
        {
            "km": km,
            "offset": offset,
            "radius_km": shown["radius_km"].to_numpy(),
            "synthetic": shown["synthetic"].to_numpy(dtype=bool),
        }
    )


def _plan_bins(
    result: StudyResult, *, step_km: float = 5.0
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    layers = result.layers
    if layers is None or told.hidden(result):
        return None
    km, offset = (layers[name].to_numpy().ravel() for name in ("chainage_km", "offset_km"))
    flag = np.full(km.shape, np.nan)
    if "remote_desert" in layers:
        flag = layers["remote_desert"].to_numpy().ravel()
    known = np.isfinite(km) & np.isfinite(offset)
    deep = max(result.corridor.depth_km.values())
    x = np.linspace(0, result.border.length_km, math.ceil(result.border.length_km / step_km) + 1)
    y = np.linspace(-deep, deep, 2 * math.ceil(deep / step_km) + 1)
    cells, _, _ = np.histogram2d(km[known], offset[known], bins=(x, y))
    known &= np.isfinite(flag)
    told_of, _, _ = np.histogram2d(km[known], offset[known], bins=(x, y))
    flagged, _, _ = np.histogram2d(km[known], offset[known], bins=(x, y), weights=flag[known])
    share = np.divide(flagged, told_of, out=np.full_like(cells, UNKNOWN), where=told_of > 0)
    share[2 * told_of < cells] = UNKNOWN
    share[cells == 0] = np.nan
    return x, y, share
