"""Patrols in a study: its ground and its scenario as one question, whose answer is its curve and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone import datasets
from borderzone._guards import guarded
from borderzone.patrol import BorderLength, PatrolAnswer, PatrolQuestion
from borderzone.study.result import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = ["PatrolFindings", "lengths_told", "patrols_on"]

# Where measured and published length differ by more, what hangs on the length is told for both.
_LENGTHS_DIFFER = 0.03


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolFindings(PatrolAnswer, Finding):
    """What patrols achieve on the ground of a study: an answer that draws itself, empty without elevation."""

    _figure = "coverage_curve"


def patrols_on(
    ground: Ground,
    scenario: Scenario,
    seed: int,
    step: Callable[[str], None],
    *,
    pressure: pd.DataFrame | None = None,
) -> PatrolFindings:
    """Ask what patrols detect and stop on a ground, by unit count."""
    if ground.table is None:
        return PatrolFindings()
    question = PatrolQuestion(
        force=scenario.force,
        assumptions=scenario.assumptions(),
        light=scenario.light,
        law=scenario.law,
        vehicle_km_h=scenario.crosser_vehicle_km_h if scenario.crosser == "vehicle" else None,
        by_reports=scenario.weights == "incidents" and pressure is not None,
        targets=scenario.targets,
        confidence=scenario.confidence,
        max_units=scenario.max_units,
        reference_units=scenario.reference_units,
        shift_h=scenario.shift_h,
        draws=scenario.draws,
        seed=seed,
    )
    corridor = ground.corridor
    told = lengths_told(corridor.border, scenario.length)
    answer = question.answer(
        ground.table,
        [_length(corridor, name) for name in told],
        reported=None if pressure is None else pressure.set_index("segment")["weight"],
        observations=datasets.validation(),
        progress=step,
    )
    return PatrolFindings(**vars(answer))


def lengths_told(border: Border, chosen: str) -> tuple[str, ...]:
    """Name the lengths for which unit counts are told."""
    published = border.published_length_km
    if published is None or abs(border.length_km / published - 1.0) <= _LENGTHS_DIFFER:
        return (chosen,)
    return (chosen, "published" if chosen == "measured" else "measured")


def _length(corridor: Corridor, name: str) -> BorderLength:
    """Give one length of a border; segments share evenly what the line leaves out of a longer one."""
    border, by_segment = corridor.border, corridor.segments["length_km"]
    if name == "measured":
        return BorderLength(name=name, total_km=border.length_km, by_segment_km=by_segment)
    published = border.published_length_km
    assert published is not None  # noqa: S101 - a study without one is refused
    longer = by_segment * (published / border.length_km)
    return BorderLength(name=name, total_km=published, by_segment_km=longer)
