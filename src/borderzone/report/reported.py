"""Incidents as the report tells them: zones, rates on flagged ground, weights for plans."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from borderzone.figures.incident_charts import KINDS
from borderzone.incidents import ARTICLE_ESTIMATE
from borderzone.incidents.placing.events_on_ground import POINT_WARNING
from borderzone.report import cells
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone.study import StudyResult

__all__ = [
    "estimate_words",
    "event_ground_table",
    "excluded_words",
    "exposure_table",
    "flagged_words",
    "ground_table",
    "ground_words",
    "hotspot_segments_table",
    "hotspot_stretches_table",
    "hotspot_words",
    "overlay_table",
    "weights_table",
    "zone_words",
]

_PLANS = {
    "uniform": "crossings spread evenly",
    "incidents": "crossings where reports are",
    "worst case": "crossings where it is weakest",
}
_NAMED = 12  # events that are named one by one; all of them stand in a file
# Below this a zone is told together with the others. Units: expected events.
_FEW = 0.05
# Below this share of the draws a segment is not named as one that may be hot.
_SELDOM = 0.05


def excluded_words(excluded: Sequence[Mapping[str, Any]]) -> str:
    """Say which events could not be placed, or, where they may not be named, how many and why."""
    rows = [row for row in excluded if "id" in row]
    named = [f"{row['id']} ({row['place']})" for row in rows[:_NAMED]]
    if len(rows) > _NAMED:
        named = [f"{', '.join(named)} and {len(rows) - _NAMED:,} more"]
    counted = Counter(str(row["reason"]) for row in excluded if "id" not in row)
    return ", ".join([*named, *(f"{n:,} ({why})" for why, n in counted.items())]) or "none"


def zone_words(result: StudyResult) -> list[str]:
    """Say of each zone how many events fell into it; empty ones together."""
    table = result.overlay
    if table is None or "in_words" not in table:
        return []
    silent = table["silent"] != ""
    told = table[~silent & (table["expected"] >= _FEW)].sort_values("expected", ascending=False)
    words = [str(words) for words in told["in_words"]]
    rest = table[~silent & (table["expected"] < _FEW)]
    if len(rest):
        most = float(rest["underlying_p95"].max())
        words.append(
            f"{'In ' if len(told) else 'In all '}{len(rest)} {'other ' if len(told) else ''}zones there is "
            "next to no report of a located event, which does not say that nothing happened: such a "
            f"count leaves a mean of up to {most:.1f} possible in each."
        )
    for why, zones in table[silent].groupby("silent")["zone"]:
        words.append(f"{', '.join(map(str, zones))}: {why}.")
    return words


def flagged_words(result: StudyResult) -> list[str]:
    """Say whether flagged ground has more events, as reported and at equal distances."""
    words = []
    if result.exposure is not None or result.enrichment is not None:
        words.append(
            f"Unflagged ground here holds ground of which it is not known whether to flag it: "
            f"{_unknown_flags(result)}."
        )
    if result.exposure is not None:
        words.append(_flagged_ground(result))
        words.append(str(result.exposure.attrs["sentence"]))
    if result.enrichment is not None:
        words += [
            f"Cells of {row.cell_km:g} km: {row.sentence}" for row in result.enrichment.itertuples()
        ]
    return words


def _flagged_ground(result: StudyResult) -> str:
    """Say what counts as flagged, and how much of it is bare ground where the force does not go."""
    assert result.exposure is not None  # noqa: S101 - who asks has looked
    flagged_km2 = float(result.exposure["flagged_km2"].iloc[0])
    words = f"Flagged is the ground of all zones together, {cells.number(flagged_km2)} km²"
    across = None if result.zones is None else told.across_zones(result)
    if across is None or not len(across) or result.exposure.attrs["covered_share"] < 1:
        return f"{words}."
    return (
        f"{words}; {cells.number(float(across['area_km2'].sum()))} km² of the zones is bare ground "
        f"{told.across_words(result)}, flagged on bareness alone."
    )


def _unknown_flags(result: StudyResult) -> str:
    remote, caves = told.remote_desert(result), told.cave_prone(result)
    return (
        f"remote desert on {told.percent(remote.unknown)} of {remote.ground}, caves on "
        f"{told.percent(caves.unknown)} of {caves.ground}"
    )


def overlay_table(result: StudyResult) -> cells.Table | None:
    """Tabulate incidents by zone."""
    if result.overlay is None or result.overlay.empty:
        return None
    rows = [
        (
            f"{row.zone}, {KINDS[row.kind]}",
            *_zone_cells(row),
        )
        for row in result.overlay.itertuples()
    ]
    return cells.table(
        "Incidents by zone",
        "Expected number over all places where each event may have been. None reported does not "
        "mean no risk: the last column is what such a count leaves possible.",
        [
            ("zone", False),
            ("expected", True),
            ("5 to 95 %", True),
            ("if they ignored the ground", True),
            ("mean behind the count, 5 to 95 %", True),
        ],
        rows,
        folded=True,
    )


def ground_words(result: StudyResult) -> list[str]:
    """Say on what ground incidents happened, beside what their coded points would have said."""
    counts = result.ground_counts
    if counts is None:
        why = told.nowhere(result, "cave-prone ground")
        return [f"On what ground they happened is {why}."] if result.account is not None else []
    words = [str(counts.attrs["sentence"])]
    if counts.attrs["n_placed"] and result.grid is not None:
        cell_m = result.grid.resolution_m
        words.append(f"{POINT_WARNING} The ground is looked up on cells of {cell_m:,.0f} m.")
    return words


def ground_table(result: StudyResult) -> cells.Table | None:
    """Tabulate incidents by class of ground."""
    counts = result.ground_counts
    if counts is None or not counts.attrs["n_placed"]:
        return None
    found = {(row.kind, row.ground): row for row in counts.itertuples()}
    rows = [
        (
            words.format(force=told.force_country(result)),
            cells.number(found[name].expected, 1),
            f"{found[name].p05:,.0f} to {found[name].p95:,.0f}",
            cells.number(found[name].at_point),
        )
        for name, words in _GROUND_WORDS.items()
        if name in found and (found[name].possible or found[name].at_point)
    ]
    vague = int(counts["at_point_vague"][counts["kind"] == "place"].sum())
    more = (
        f" A sample of points would count {cells.counted(vague, 'event')} too that cannot be placed."
        if vague
        else ""
    )
    return cells.table(
        "On what ground",
        "Expected number of the events that can be placed, over all places where each may have been, and how "
        f"many have their coded point there.{more}",
        [
            ("ground", False),
            ("expected", True),
            ("5 to 95 %", True),
            ("by their coded points", True),
        ],
        rows,
    )


_GROUND_WORDS = {
    ("remote_desert", "yes"): "remote desert",
    ("remote_desert_unreached", "yes"): "of it out of reach, as all across the border from {force}",
    ("remote_desert", "no"): "no remote desert",
    ("remote_desert", "unknown"): "remote desert or not: unknown",
    **{
        ("cave_prone", word): f"cave susceptibility {word.replace('_', ' ')}"
        for word in ("high", "medium", "low", "very_low")
    },
    ("cave_prone", "unknown"): "cave susceptibility unknown",
    ("place", "unknown"): "in the corridor, ground of which nothing is known, or sea",
    ("place", "outside"): "outside the corridor",
}
# Rows of the page; all of them stand in a file.
_EVENTS_SHOWN = 40


def event_ground_table(result: StudyResult) -> cells.Table | None:
    """Tabulate on what ground single events happened, for the internal edition."""
    if result.on_ground is None:
        return None
    found = result.on_ground[result.on_ground["p_outside"] < 1]
    if found.empty:
        return None
    shown = found.sort_values("p_outside", kind="stable").head(_EVENTS_SHOWN)
    more = len(found) - len(shown)
    rest = f" {more:,} more stand in tables/incidents.csv." if more else ""
    heads = [(head, name not in _TEXT) for name, head in _EVENT_HEADS.items() if name in shown]
    return cells.table(
        "On what ground, event by event",
        "Chances over all places where each event may have been; medians with 5 to 95 % where known, and "
        f"what its coded point says.{rest}",
        heads,
        [_event_cells(row) for _, row in shown.iterrows()],
        folded=True,
    )


_TEXT = ("id", "point_remote_desert", "point_cave")
_EVENT_HEADS = {
    "id": "event",
    "p_outside": "outside",
    "p_remote_desert": "remote desert",
    "p_remote_desert_unknown": "that unknown",
    "p_cave_medium": "cave medium or high",
    "p_cave_unknown": "that unknown",
    "hours_h": "hours",
    "slope_deg": "slope, °",
    "relief_m": "relief, m",
    "elevation_m": "height, m",
    "point_remote_desert": "point: remote desert",
    "point_cave": "point: caves",
}
_DIGITS = {"hours_h": 1, "slope_deg": 1, "relief_m": 0, "elevation_m": 0}


def _event_cells(row: Any) -> list[str]:
    found = []
    for name in _EVENT_HEADS:
        if name not in row:
            continue
        if name in _TEXT:
            found.append(str(row[name]).replace("_", " "))
        elif name in _DIGITS:
            found.append(_with_band(row, name, _DIGITS[name]))
        else:
            value = row["p_cave_medium"] + row["p_cave_high"] if "medium" in name else row[name]
            found.append(cells.share(value))
    return found


def _with_band(row: Any, name: str, digits: int) -> str:
    values = [row[f"{name}{end}"] for end in ("", "_p05", "_p95")]
    if math.isnan(values[0]):
        return "unknown"
    middle, low, high = (
        "no way" if math.isinf(value) else cells.number(value, digits) for value in values
    )
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _zone_cells(row: Any) -> tuple[str, str, str, str]:
    if row.silent:
        return ("not covered",) * 4
    return (
        cells.number(row.expected, 2),
        f"{row.p05:.0f} to {row.p95:.0f}",
        cells.number(row.expected_if_uniform, 2),
        f"{row.underlying_p05:.1f} to {row.underlying_p95:.1f}",
    )


def exposure_table(result: StudyResult) -> cells.Table | None:
    """Tabulate rates of events on flagged and other ground."""
    table = result.exposure
    if table is None:
        return None
    rows = [
        (
            f"{row.level}{' (finer than the positions)' if row.below_precision else ''}",
            cells.number(row.events_flagged, 1),
            cells.number(row.events_other, 1),
            _rate(row, "flagged"),
            _rate(row, "other"),
            _ratio(row),
        )
        for row in table.itertuples()
    ]
    return cells.table(
        "Events on flagged and on other ground",
        "Rates per 10,000 km² and year, with 95 % bands, by two sizes of cell beside the outlines as "
        "drawn. Reports come from where people and roads are; this table does not correct for it.",
        [
            ("ground", False),
            ("events, flagged", True),
            ("events, other", True),
            ("rate, flagged", True),
            ("rate, other", True),
            ("ratio", True),
        ],
        rows,
        folded=True,
    )


def _rate(row: object, ground: str) -> str:
    name = f"per_1000_km2_month_{ground}"
    middle, low, high = (120 * getattr(row, name + end) for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "no dates"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _ratio(row: object) -> str:
    ratio, low, high = (getattr(row, name) for name in ("ratio", "ratio_low", "ratio_high"))
    if math.isnan(ratio):
        return "not known"
    ends = f"{low:.2f} to {high:.2f}" if math.isfinite(high) else f"{low:.2f} or more"
    return f"{ratio:.2f} ({ends})"


def weights_table(result: StudyResult) -> cells.Table | None:
    """Set plans for even, reported and worst-case crossings side by side."""
    table = result.by_weights
    if table is None:
        return None
    units = result.scenario.reference_units
    if units not in set(table["unit_count"]):
        units = int(table["unit_count"].max())
    rows = [
        (
            _PLANS[row.planned_for],
            told.percent(row.mean_pod_uniform),
            told.percent(row.mean_pod_incidents),
            told.percent(row.min_pod),
        )
        for row in table[table["unit_count"] == units].itertuples()
    ]
    return cells.table(
        f"A plan for reports is a bet: {units:,} units by night",
        "Share seen, if crossings are spread evenly, if they are where reports are, and on the "
        "weakest segment. Who is watched learns where the watch is: the last column is what an "
        "opponent who knows the plan is left with.",
        [
            ("units placed for", False),
            ("spread evenly", True),
            ("where reports are", True),
            ("weakest segment", True),
        ],
        rows,
    )


def hotspot_words(result: StudyResult) -> list[str]:
    """Say where and when there are more events than by chance, and what that does not say."""
    found = result.hotspots
    return [] if found is None else [*found.sentences(), *found.limits()]


def hotspot_segments_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the segments that are hot in the median draw or in one of twenty; all stand in a file."""
    if result.hotspots is None:
        return None
    found = result.hotspots.segments
    shown = found[found["beyond_chance"] | (found["share_beyond_chance"] >= _SELDOM)]
    if shown.empty:
        return None
    rows = [
        (
            f"km {row.km_start:.0f} to {row.km_end:.0f}",
            cells.number(row.incidents_expected, 1),
            cells.number(row.by_chance, 1),
            cells.number(row.z, 1),
            f"{row.q:.3f}",
            "yes" if row.beyond_chance else "no",
            cells.share(row.share_beyond_chance),
        )
        for row in shown.itertuples()
    ]
    radius, rate = result.hotspots.options.radius_km, result.hotspots.options.false_discovery_rate
    return cells.table(
        "Hot segments",
        f"Segments that with those within {radius:g} km have more events for their ground than by chance (Gi*), "
        f"false discoveries held at {told.percent(rate)}; the last column is the share of all draws of positions "
        f"in which a segment is hot. Others are in tables/hotspot_segments.csv.",
        [
            ("segment", False),
            ("events", True),
            ("by chance", True),
            ("z of Gi*", True),
            ("q", True),
            ("hot", False),
            ("draws in which it is", True),
        ],
        rows,
    )


def hotspot_stretches_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the likeliest stretches of border, whether or not they are beyond chance."""
    if result.hotspots is None or result.hotspots.stretches.empty:
        return None
    rows = [
        (
            f"km {row.km_start:.0f} to {row.km_end:.0f}",
            cells.number(row.incidents_expected, 1),
            cells.number(row.by_chance, 1),
            f"{row.p:.3f}",
            cells.share(row.share_beyond_chance),
        )
        for row in result.hotspots.stretches.itertuples()
    ]
    return cells.table(
        "Likeliest stretches",
        "Of all stretches of up to half of the ground, those with most events for it (Kulldorff's scan); p accounts "
        "for all that were looked at.",
        [
            ("stretch", False),
            ("events", True),
            ("by chance", True),
            ("p", True),
            ("draws in which it is beyond chance", True),
        ],
        rows,
        folded=True,
    )


def estimate_words(length_km: float) -> list[str]:
    """Put the article's estimate as a rate with its prior, and as groups a night."""
    groups = ARTICLE_ESTIMATE.groups().set_index("group_size")["groups_per_night"]
    told = ", ".join(f"{rate:.1f} groups of {size:.0f}" for size, rate in groups.items())
    return [
        ARTICLE_ESTIMATE.sentence(length_km=length_km),
        f"In groups, that is a night: {told} (or half, or double).",
    ]
