"""What may be told in public: coarse segments, no posts, no rows but those whose terms allow it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from borderzone import datasets, incidents
from borderzone._guards import check_choice, guarded
from borderzone.figures import events_by_segment
from borderzone.io import Record
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone.incidents.sharing.terms_of_use import Leaving
    from borderzone.patrol import KitQuestion
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
# Counts by small zones give positions away; smoothing may have taken so much of a listed one.
_SMOOTHED = 0.95
# Neither name, size nor checksum of a file of posts is told.
_WITHHELD = Record(
    name="origins",
    title="posts, given by the user",
    path="withheld",
    sha256="withheld",
    bytes=0,
    licence="withheld",
    notes="Left out of the public edition, with all in which they could be read.",
)
# Rows of counts by ground that are parts of others.
_PARTS = (
    ("remote_desert_unreached", "remote_desert", ("yes",)),
    ("cave_medium_or_high", "cave_prone", ("medium", "high")),
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


@guarded
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
        Incident rows that cannot be used; counts of them where rows may not be told, None where
        no table was given.
    terms
        What the user said of the terms of the incidents, for the manifest, and whether their
        rows are in this edition.
    asked
        What the panel may ask about: in public what units see, which hangs on no post, no drive and
        no obstacle of the user's; None where nothing is known of the ground.
    """

    result: StudyResult
    detail: str
    left_out: tuple[str, ...]
    rejected: pd.DataFrame | None
    terms: Mapping[str, str | None]
    asked: KitQuestion | None

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
    rejected, events = _rejected(result), result.incidents.events
    may = None if events is None else incidents.leaving(events)
    rows = may is None or detail == "internal" or may.rows
    terms = {"said": may and may.said, "incidents": "rows" if rows else "counts"}
    if detail == "internal":
        return Edition(
            result=result,
            detail=detail,
            left_out=(),
            rejected=rejected,
            terms=terms,
            asked=result.patrol.asked,
        )
    left_out: list[str] = []
    # On what ground single events happened is never told in public, whoever's they are; nor where a way
    # leads, kilometre by kilometre, or a post would stand.
    result = _with(result, incidents={"on_ground": None})
    result = replace(result, crossing=result.crossing.published())
    if may is not None and not rows:
        rejected = incidents.TableCheck(events).rejected_findings
        result = _without_rows(result, may, left_out)
    if result.scenario.posts or result.scenario.obstacles:
        result = _without_standing(result, left_out)
    asked = result.patrol.asked
    if asked is not None:
        asked = replace(asked, drive_h=None, posts=(), obstacles=())
    if not _origins_are_open(result):
        result = _without_posts(result, left_out)
    if result.scenario.segment_km < COARSEST_KM:
        result = _coarser(result, left_out)
    return Edition(
        result=result,
        detail=detail,
        left_out=tuple(left_out),
        rejected=rejected,
        terms=terms,
        asked=asked,
    )


def _rejected(result: StudyResult) -> pd.DataFrame | None:
    if result.incidents.events is None:
        return None
    bad = incidents.TableCheck(result.incidents.events).rejected
    return pd.DataFrame(bad.drop(columns="geometry", errors="ignore"))


def _without_rows(result: StudyResult, may: Leaving, left_out: list[str]) -> StudyResult:
    closed, smallest_km2 = " and ".join(may.closed), _SMOOTHED * may.smallest_km2
    why = (
        f"rows of {closed} may not be passed on"
        if closed
        else "the terms of the table are not known"
    )
    left_out.append(
        f"Incidents are counted by segment and by zone and not listed one by one: {why}."
    )
    counted = events_by_segment(result)
    segments = result.segments if counted is None else result.segments.join(counted)
    overlay = _without_names(result.overlay, smallest_km2)
    counts = {
        "overlay": overlay,
        "ground_counts": _coarse_ground(result.incidents.ground_counts, smallest_km2),
        "events": None,
        "placed": None,
        "assumed": tuple(incidents.TableCheck(result.incidents.events).assumptions(quoting=False)),
    }
    return replace(_with(result, incidents=counts), segments=segments)


def _without_names(overlay: pd.DataFrame | None, smallest_km2: float) -> pd.DataFrame | None:
    """Leave zones large enough for counts, and of events too vague to be placed the reasons."""
    if overlay is None:
        return None
    kept = overlay[overlay["area_km2"] >= smallest_km2].copy()
    gone = overlay.attrs.get("excluded", [])
    kept.attrs = overlay.attrs | {
        "excluded": [{"reason": _why_gone(row), "beyond": row["beyond"]} for row in gone]
    }
    return kept


def _coarse_ground(counts: pd.DataFrame | None, smallest_km2: float) -> pd.DataFrame | None:
    """Leave classes of ground large enough for counts, and none that the others give away."""
    if counts is None:
        return None
    size = counts["area_km2"].fillna(math.inf)
    there = (size > 0) | counts[["possible", "at_point", "at_point_vague"]].any(axis=1)
    gone = pd.Series(data=False, index=counts.index)
    for _, rows in counts[there].groupby("kind"):
        order = size[rows.index].sort_values(kind="stable")
        # Together large enough, for sums are known: one class alone could be reckoned back.
        if order.iloc[0] < smallest_km2:
            few = int((order.cumsum() < smallest_km2).sum()) + 1
            gone[order.index[:few]] = True
    for part, kind, ground in _PARTS:
        mine = counts["kind"] == part
        whole = (counts["kind"] == kind) & counts["ground"].isin(ground)
        rest = size[whole].sum() - size[mine].sum()
        if gone[counts["kind"] == kind].any() or 0 < rest < smallest_km2:
            gone |= mine  # with the whole, it would give the rest away
    return _with_sentence(counts[~gone], counts)


def _with_sentence(kept: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    kept = kept.reset_index(drop=True)
    kept.attrs = dict(counts.attrs)
    kept.attrs["sentence"] = incidents.ground_sentence(kept)
    return kept


def _why_gone(row: Mapping[str, Any]) -> str:
    """Give a reason that is ours: that of an unusable row quotes its cells."""
    reason = str(row["reason"])
    return "cannot be used" if reason.startswith("quarantined") else reason


def _origins_are_open(result: StudyResult) -> bool:
    """Towns and airfields that ship stand in for posts; what a user gives is never open."""
    origins = result.ground.origins
    given = isinstance(result.given.get("origins"), dict)
    if given or any(record.name == "origins" for record in result.inputs):
        return False
    return origins is None or (not result.ground.has_posts and _ship(origins))


def _ship(origins: gpd.GeoDataFrame) -> bool:
    ours = {
        (round(point.x, 6), round(point.y, 6))
        for layer in (datasets.places(), datasets.airfields())
        for point in layer.to_crs(4326).geometry
    }
    found = origins.to_crs(4326).geometry.representative_point()
    return {(round(point.x, 6), round(point.y, 6)) for point in found} <= ours


def _without_standing(result: StudyResult, left_out: list[str]) -> StudyResult:
    """Answer as if none of the user's posts and obstacles stood there, in a run of another name."""
    left_out.append(
        "Posts and obstacles that stand at the border already are not told, and the answer is given as if "
        "there were none: by how much they lower it, places could be tried until the numbers agree."
    )
    patrol = result.patrol.without_standing(result.ground, result.scenario)
    bare = replace(result, patrol=patrol, scenario=result.scenario.without_standing())
    run_id = bare.named_by([each.sha256 for each in bare.inputs], bare.given)
    return replace(bare, run_id=run_id)


def _without_posts(result: StudyResult, left_out: list[str]) -> StudyResult:
    left_out.append(
        "Posts are not shown, nor payrolls by drive, who is there in time to stop somebody, travel times, "
        "zones and shares of remote desert, rates of incidents "
        "on flagged ground and difficulty by cell, zone or segment, in whose shapes posts could be "
        "read, or by which places could be tried until the numbers agree."
    )
    telling = [name for name in result.segments.columns if name.startswith(TOLD_BY_POSTS)]
    shown = _with(
        # A checksum of few posts confirms a guess of them.
        result.withheld("origins", _WITHHELD),
        ground=_ground_without_posts(result),
        incidents=_without_hours(result),
    )
    patrol = result.patrol.with_tables(
        kits=_kits_without_drives(result.patrol.kits),
        by_law=_seen_alone(result.patrol.by_law),
        plausibility=_forces_without_drives(result.patrol.plausibility),
        hindcast=None,
        asked=None,
    )
    shown = replace(shown, segments=result.segments.drop(columns=telling), patrol=patrol)
    return replace(shown, summary=told.summary_sentences(shown))


def _kits_without_drives(kits: pd.DataFrame | None) -> pd.DataFrame | None:
    """Leave what units see: payrolls, and who is there in time, hang on the drive from the posts."""
    if kits is None:
        return None
    seen = kits[kits["measure"] != "mean_poi"].reset_index(drop=True)
    return seen.drop(columns=[name for name in seen.columns if name.startswith("payroll")])


def _seen_alone(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Leave what units see."""
    return None if table is None else table[table["measure"] != "mean_poi"].reset_index(drop=True)


def _forces_without_drives(forces: pd.DataFrame | None) -> pd.DataFrame | None:
    """Leave what real forces had, and what so many see."""
    if forces is None:
        return None
    stopped = ["mean_poi_at_that", "more_hopeful_low", "more_hopeful_high"]
    shown = forces.assign(**dict.fromkeys(stopped, math.nan))
    shown.attrs = forces.attrs | {"statement": forces.attrs["statement_seen"]}
    return shown


def _ground_without_posts(result: StudyResult) -> dict[str, Any]:
    ground = result.ground
    layers, fine, flagged, table = ground.layers, ground.fine, ground.flagged_share, ground.table
    if layers is not None:
        layers = layers.drop_vars([name for name in FROM_POSTS if name in layers])
    if fine is not None:
        files = {name: file for name, file in fine.files.items() if name not in FROM_POSTS}
        fine = replace(fine, files=files)
    if flagged is not None:
        flagged = flagged.drop(columns=["remote_share", "unknown_remote_share"])
    if table is not None:
        table = table.drop(columns=[n for n in table.columns if n.startswith(TOLD_BY_POSTS)])
    return {
        "layers": layers,
        "fine": fine,
        "flagged_share": flagged,
        "table": table,
        "origins": None,
        "better_data": None,
        "named": _named_without_hours(ground.named),
        "remote_moves": None,
        "stability": None,
        "members": None,
        "reach": ground.reach.without_posts(),
        "zones": _without_remote(ground.zones),
    }


def _named_without_hours(named: pd.DataFrame | None) -> pd.DataFrame | None:
    """Leave what rock says of a place."""
    if named is None:
        return None
    return named.drop(columns=[name for name in named.columns if name.startswith("remote")])


def _without_hours(result: StudyResult) -> dict[str, Any]:
    """Leave the findings on incidents in which no zone or class is cut by travel time."""
    found = result.incidents
    demo = found.demo
    return {
        "exposure": None,
        "enrichment": None,
        "overlay": _without_remote(found.overlay),
        "ground_counts": _ground_without_remote(found.ground_counts),
        "demo": None if demo is None else replace(demo, overlay=_without_remote(demo.overlay)),
    }


def _with(
    result: StudyResult,
    *,
    ground: Mapping[str, Any] | None = None,
    incidents: Mapping[str, Any] | None = None,
) -> StudyResult:
    """Give a result with other tables on its ground and its incidents."""
    return replace(
        result,
        ground=result.ground.with_tables(**(ground or {})),
        incidents=result.incidents.with_tables(**(incidents or {})),
    )


def _without_remote(table: Any) -> Any:
    """Drop the zones cut by travel time, and the hours of the others."""
    if table is None:
        return None
    hours = [name for name in table.columns if name.startswith(("hours_", "break_hours"))]
    kept = table[table["kind"] != "remote_desert"].drop(columns=hours)
    # Labels of rows would tell how many zones are gone.
    kept = kept.reset_index(drop=True)
    kept.attrs = {name: told for name, told in table.attrs.items() if name != "left_out_km2"}
    return kept


def _ground_without_remote(counts: pd.DataFrame | None) -> pd.DataFrame | None:
    """Drop the classes cut by travel time, of whose size posts have a part."""
    if counts is None:
        return None
    return _with_sentence(counts[~counts["kind"].str.startswith("remote_desert")], counts)


def _coarser(result: StudyResult, left_out: list[str]) -> StudyResult:
    left_out.append(
        f"Segments of {result.scenario.segment_km:g} km are joined to at least {COARSEST_KM:g} km, "
        "and where better data pays, and what weight reports give, is not told by segment."
    )
    together = math.ceil(COARSEST_KM / float(result.segments["length_km"].median()) - 1e-9)
    if result.incidents.hotspots is not None:
        left_out.append(
            "Hot spots are not told, which would say where on segments finer than that."
        )
    ranks = result.ground.stability
    if ranks is not None:
        ranks = ranks[ranks["kind"] != "segment"]
    reach = replace(result.reach, race=None)
    shown = _with(
        result,
        ground={"better_data": None, "stability": ranks, "reach": reach},
        incidents={"pressure": None, "hotspots": None},
    )
    return replace(shown, segments=join_segments(result.segments, together))


def join_segments(segments: gpd.GeoDataFrame, together: int) -> gpd.GeoDataFrame:
    """Join neighbouring segments."""
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
    if name in (
        "remote_share",
        "remote_share_both",
    ):  # of all ground: where none is known it adds nothing
        known = known.groupby(groups).transform("any")
        column = column.fillna(0.0)
    total = (column * weight).where(known).groupby(groups).sum(min_count=1)
    return total / weight.where(known).groupby(groups).sum(min_count=1)
