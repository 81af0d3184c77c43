"""The tables of the report as plain files, and what every column of them means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from borderzone.report.columns import meaning_of
from borderzone.whatif import compare

if TYPE_CHECKING:
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["TABLE_WORDS", "credited", "data_dictionary", "tables"]

INPUT_COLUMNS = (
    "name",
    "title",
    "path",
    "sha256",
    "bytes",
    "licence",
    "attribution",
    "citation",
    "resolution",
    "accuracy",
    "notes",
)
# Columns that only tables made from incidents have.
_OF_INCIDENTS = {
    "incidents_expected",
    "events_expected",
    "expected_if_uniform",
    "events_flagged",
    "at_point",
    "mean_pod_incidents",
    "pairs_expected",
}
# File name without ending -> what the table holds.
TABLE_WORDS = {
    "summary": "the three findings",
    "segments": "the corridor by segment: ground, detection rates and units",
    "zones": "flagged zones with their reasons in numbers",
    "rank_stability": "segments and zones ranked by the difficulty index, with bands over weights",
    "cave_classes": "known caves by class of susceptibility",
    "cave_evidence": "known caves by layer of evidence, with their weights",
    "cave_success_rate": "share of the known caves against share of the ground",
    "coverage_by_units": "probability of detection and interdiction against units",
    "required_units": "units required for each target, with bands",
    "better_data": "segments ranked by what 30 m terrain or a site visit would change",
    "flagged_share": "flagged share of the corridor over modes and thresholds",
    "incidents": "incident rows with their verdicts",
    "incidents_rejected": "incident rows that cannot be used, and why",
    "incident_overlay": "expected incidents in each zone, with bands",
    "incident_ground": "expected incidents by class of ground, with bands, and what coded points say",
    "incident_exposure": "rates of incidents on flagged and other ground, at three levels",
    "incident_enrichment": "the same at equal distance from roads and towns, null results included",
    "incident_pressure": "weights of segments by incidents, shrunk towards their mean, with bands",
    "hotspot_segments": "segments with more incidents than by chance: Gi*, false discoveries held",
    "hotspot_stretches": "the likeliest stretches with more incidents than by chance",
    "hotspot_distances": "pairs of incidents by distance, against chance on the same ground",
    "hotspot_repeats": "pairs of incidents near in space by days apart, against dates in random order",
    "coverage_by_weights": "what plans for even, reported and worst-case crossings are worth",
    "incident_overlay_synthetic": "the same for a SYNTHETIC set that shows the method",
    "response": "travel time from the nearest origin by kilometre of the border",
    "race": "how often the response is there before a crosser is in cover, by side and segment",
    "night_reach": "what somebody on foot reaches from the border in one night, by side and month",
    "night_hours": "length of the night on the 15th of each month",
    "light": "night and moon at both ends and the middle of the border, by month",
    "sensitivity": "share of the variance of the required units by assumption",
    "plausibility": "what real forces had, and what the model says of so many",
    "assumptions": "assumptions with bands and sources",
    "inputs": "data used, with licence, resolution and accuracy",
    "whatif": "paired differences between two scenarios",
}


def tables(edition: Edition, comparison: StudyResult | None = None) -> dict[str, pd.DataFrame]:
    """Gather the tables of a report."""
    result = edition.result
    found: dict[str, pd.DataFrame | None] = {
        "summary": _summary(result),
        "segments": _plain(result.segments),
        "zones": _plain(result.zones),
        "rank_stability": result.stability,
        **_caves(result),
        "coverage_by_units": result.curve,
        "required_units": _with_people(result),
        "better_data": result.better_data,
        "flagged_share": result.flagged_share,
        "incidents": _with_ground(result),
        "incidents_rejected": edition.rejected,
        "incident_overlay": result.overlay,
        "incident_ground": _placed_ground(result),
        "incident_exposure": result.exposure,
        "incident_enrichment": result.enrichment,
        "incident_pressure": result.pressure,
        **_hotspots(result),
        "coverage_by_weights": result.by_weights,
        "incident_overlay_synthetic": _stamped(result.demo_overlay),
        **_reach(result),
        "night_hours": result.night_hours.reset_index(),
        "light": result.light.reset_index(),
        "sensitivity": result.sobol,
        "plausibility": result.plausibility,
        "assumptions": result.assumptions,
        "inputs": _inputs(result),
        "whatif": None if comparison is None else compare(result, comparison),
    }
    kept = {name: credited(table, result) for name, table in found.items() if table is not None}
    if edition.internal:
        return {name: table.assign(detail="INTERNAL") for name, table in kept.items()}
    return kept


def credited(table: pd.DataFrame, result: StudyResult) -> pd.DataFrame:
    """Name the source of incidents in every row of a table made from them."""
    if not result.event_credit or not _OF_INCIDENTS & set(map(str, table.columns)):
        return table
    return table if "synthetic" in table else table.assign(event_credit=result.event_credit)


def _caves(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    """Give sums alone: no table says where a cave is."""
    found = result.cave_calibration
    if found is None:
        return {}
    return {
        "cave_classes": found.classes,
        "cave_evidence": found.evidence,
        "cave_success_rate": found.curve[["ground_share", "cave_share"]],
    }


def _hotspots(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    names = ("segments", "stretches", "distances", "repeats")
    return {f"hotspot_{name}": getattr(result.hotspots, name, None) for name in names}


def _reach(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    reach = result.reach
    if reach is None:
        return {}
    return {
        "response": None if reach.along is None else reach.along.reset_index(),
        "race": None if reach.race is None else reach.race.reset_index(),
        "night_reach": reach.night.reset_index(),
    }


def data_dictionary(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say what every column of every table is."""
    rows = []
    for name, table in found.items():
        for column in table.columns:
            unit, meaning = meaning_of(str(column), name)
            rows.append({"table": name, "column": column, "unit": unit, "meaning": meaning})
    words = pd.DataFrame(rows)
    stamped = any("detail" in table and len(table) for table in found.values())
    return words.assign(detail="INTERNAL") if stamped else words


def _summary(result: StudyResult) -> pd.DataFrame:
    return pd.DataFrame(
        {"finding": range(1, len(result.summary) + 1), "sentence": list(result.summary)}
    )


def _plain(table: pd.DataFrame | None) -> pd.DataFrame | None:
    if table is None:
        return None
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain.reset_index() if plain.index.name else plain


def _placed_ground(result: StudyResult) -> pd.DataFrame | None:
    """Give the counts by class of ground; of events that have no place they are not known."""
    counts = result.ground_counts
    return None if counts is None or not counts.attrs["n_placed"] else counts


def _with_ground(result: StudyResult) -> pd.DataFrame | None:
    """Set beside each row on what ground it happened, where the edition tells it."""
    events = result.incidents
    if events is None or result.on_ground is None:
        return _plain(events)
    # By place, for labels may repeat; a column of the user's keeps its name.
    ground = result.on_ground.drop(columns="id")
    ground.columns = [f"{n}_on_ground" if n in events else n for n in ground.columns]
    ground.index = events.index
    return _plain(events.assign(**dict(ground.items())))


def _with_people(result: StudyResult) -> pd.DataFrame | None:
    """Set people beside units, so that nobody takes one for the other."""
    if result.required is None:
        return None
    crew = result.scenario.force.crew
    people = {
        f"people_{name}_p50": crew * result.required[f"{name}_p50"]
        for name in ("on_station", "on_roll")
    }
    return result.required.assign(**people)


def _stamped(table: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if table is None else table.assign(synthetic="SYNTHETIC")


def _inputs(result: StudyResult) -> pd.DataFrame:
    return pd.DataFrame(
        [{name: getattr(record, name) for name in INPUT_COLUMNS} for record in result.inputs]
    )
