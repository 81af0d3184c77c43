"""What may be told in public: coarse segments, no posts, no rows of other people's tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from borderzone import incidents
from borderzone._checks import check_choice
from borderzone.figures import events_by_segment
from borderzone.incidents.schema import category_of
from borderzone.study.posts import OPEN_ORIGINS

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["DETAILS", "Edition", "edition"]

DETAILS = ("public", "internal")
# Nothing about patrols is told more finely than this in public. Units: km.
COARSEST_KM = 10.0
# Rasters that show where posts are, when travel times start at posts.
FROM_POSTS = ("hours_vehicle", "hours_foot", "remote_desert", "remote_share", "index")
# Columns of segments that do so too.
TOLD_BY_POSTS = (
    "hours_",
    "remote_share",
    "index_",
    "on_line_share",
    "rate_on_shift_",
    "response_",
    "post_",
)
SUMMED = (
    "length_km",
    "area_km2",
    "weight",
    "n_cells",
    "units_",
    "incidents_",
    "response_points",
    "response_un",
    "post_seen_km2",
)


@dataclass(frozen=True, kw_only=True)
class Edition:
    """
    A result as one edition of the report may tell it.

    Attributes
    ----------
    result
        The result, coarsened and thinned where it must be.
    detail
        ``"public"`` or ``"internal"``.
    left_out
        What was left out or coarsened, in sentences.
    rejected
        Incident rows that cannot be used; counts of them where rows may not be told.
    """

    result: StudyResult
    detail: str
    left_out: tuple[str, ...]
    rejected: pd.DataFrame

    @property
    def internal(self) -> bool:
        """
        Whether this edition must not be published.

        Returns
        -------
        bool
            True for ``"internal"``.
        """
        return self.detail == "internal"


def edition(result: StudyResult, detail: str) -> Edition:
    """
    Prepare a result for one edition of the report.

    Parameters
    ----------
    result
        What a study gave; not changed.
    detail
        ``"public"`` or ``"internal"``.

    Returns
    -------
    Edition
        What that edition may tell.

    Raises
    ------
    InvalidParameterError
        If there is no such edition.
    """
    check_choice(detail, "detail", DETAILS)
    rejected = _rejected(result)
    if detail == "internal":
        return Edition(result=result, detail=detail, left_out=(), rejected=rejected)
    left_out: list[str] = []
    if not _rows_are_open(result):
        result = _without_rows(result, left_out)
        rejected = _counted(rejected)
    if not _origins_are_open(result):
        result = _without_posts(result, left_out)
    if result.scenario.segment_km < COARSEST_KM:
        result = _coarser(result, left_out)
    return Edition(result=result, detail=detail, left_out=tuple(left_out), rejected=rejected)


def _rejected(result: StudyResult) -> pd.DataFrame:
    if result.incidents is None:
        return pd.DataFrame({"id": [], "status": [], "reason": []})
    bad = incidents.rejected(result.incidents)
    return pd.DataFrame(bad.drop(columns="geometry", errors="ignore"))


def _counted(rejected: pd.DataFrame) -> pd.DataFrame:
    """Count rows by what is wrong with them: a reason in full quotes cells of the table."""
    found = rejected["reason"].map(category_of).explode().dropna()
    return found.value_counts().sort_index().rename_axis("finding").reset_index(name="rows")


def _rows_are_open(result: StudyResult) -> bool:
    if result.incidents is None:
        return True
    events = result.incidents
    own = events[~events["synthetic"].astype(bool)] if "synthetic" in events else events
    names = {record.name for record in result.inputs}
    if own.empty or ("article_incidents" in names and "incidents" not in names):
        return True
    # A table without known terms is the user's to publish, not the report's.
    told = incidents.terms(own)
    return bool((told["dataset"] != "").all() and told["may_redistribute_rows"].all())


def _without_rows(result: StudyResult, left_out: list[str]) -> StudyResult:
    left_out.append(
        "Incidents are counted by segment and by zone and not listed one by one, because the "
        "terms of most event databases do not allow it."
    )
    counted = events_by_segment(result)
    segments = result.segments if counted is None else result.segments.join(counted)
    return replace(result, segments=segments, incidents=None)


def _origins_are_open(result: StudyResult) -> bool:
    return result.origins is None or set(result.origins["kind"]) <= OPEN_ORIGINS


def _without_posts(result: StudyResult, left_out: list[str]) -> StudyResult:
    left_out.append(
        "Posts are not shown, nor travel times, remote-desert zones, rates of incidents on flagged "
        "ground and difficulty by cell, zone or segment, in whose shapes posts could be read."
    )
    layers = result.layers
    if layers is not None:
        layers = layers.drop_vars([name for name in FROM_POSTS if name in layers])
    fine = result.fine
    if fine is not None:
        files = {name: file for name, file in fine.files.items() if name not in FROM_POSTS}
        fine = replace(fine, files=files)
    telling = [name for name in result.segments.columns if name.startswith(TOLD_BY_POSTS)]
    return replace(
        result,
        origins=None,
        posts=None,
        exposure=None,
        enrichment=None,
        layers=layers,
        fine=fine,
        better_data=None,
        reach=None if result.reach is None else result.reach.without_posts(),
        segments=result.segments.drop(columns=telling),
        stability=None,
        zones=_without_remote(result.zones),
        overlay=_without_remote(result.overlay),
        demo_overlay=_without_remote(result.demo_overlay),
    )


def _without_remote(table: Any) -> Any:
    """Drop the zones cut by travel time, and the hours of the others."""
    if table is None:
        return None
    hours = [name for name in table.columns if name.startswith(("hours_", "break_hours"))]
    kept = table[table["kind"] != "remote_desert"].drop(columns=hours)
    kept.attrs = table.attrs
    return kept


def _coarser(result: StudyResult, left_out: list[str]) -> StudyResult:
    left_out.append(
        f"Segments of {result.scenario.segment_km:g} km are joined to at least {COARSEST_KM:g} km, "
        "and where better data pays, and what weight reports give, is not told by segment."
    )
    together = math.ceil(COARSEST_KM / float(result.segments["length_km"].median()) - 1e-9)
    ranks = result.stability
    if ranks is not None:
        ranks = ranks[ranks["kind"] != "segment"]
    reach = result.reach
    if reach is not None and reach.race is not None:
        reach = replace(reach, race=None)
    joined = join_segments(result.segments, together)
    return replace(
        result, segments=joined, reach=reach, better_data=None, stability=ranks, pressure=None
    )


def join_segments(segments: gpd.GeoDataFrame, together: int) -> gpd.GeoDataFrame:
    """
    Join neighbouring segments.

    Parameters
    ----------
    segments
        Segments in chainage order.
    together
        How many make one; a rest joins the last.

    Returns
    -------
    GeoDataFrame
        Lengths, areas, weights and units summed; lowest and highest kept for
        what is named so; the commonest word; all else the mean by length.

    Examples
    --------
    >>> import shapely
    >>> fine = gpd.GeoDataFrame(
    ...     {"km_start": [0.0, 5.0], "km_end": [5.0, 10.0], "length_km": 5.0, "pod_even": [0.2, 0.4]},
    ...     geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326,
    ... ).rename_axis("segment")
    >>> join_segments(fine, 2)[["km_end", "length_km", "pod_even"]].round(2).values.tolist()
    [[10.0, 10.0, 0.3]]
    """
    number = np.arange(len(segments)) // together
    last = max(len(segments) // together - 1, 0)
    groups = pd.Series(np.minimum(number, last), index=segments.index, name="segment")
    weight = segments["length_km"]
    columns = {
        name: _joined(segments[name], str(name), groups, weight)
        for name in segments.columns
        if name != "geometry"
    }
    shapes = segments[["geometry"]].dissolve(by=groups.to_numpy()).geometry
    table = gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs=segments.crs)
    return table.rename_axis("segment")


def _joined(column: pd.Series, name: str, groups: pd.Series, weight: pd.Series) -> pd.Series:
    grouped = column.groupby(groups)
    if name.startswith(SUMMED):
        return grouped.sum()
    if name == "km_start" or "_min" in name:
        return grouped.min()
    if name == "km_end" or "_max" in name or "_worst" in name:
        return grouped.max()
    if not pd.api.types.is_float_dtype(column):
        return grouped.agg(lambda values: values.mode().iloc[0])
    known = column.notna()
    total = (column * weight).where(known).groupby(groups).sum(min_count=1)
    return total / weight.where(known).groupby(groups).sum(min_count=1)
