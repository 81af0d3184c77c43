"""What a study tells of units: how many, beside real forces, and what moves them."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import listed, percent
from borderzone.patrol import BEST_RULE
from borderzone.study.told.border_length import at_length, lengths
from borderzone.study.told.words import ASSUMPTION_WORDS, band, count, rounded, span

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from borderzone.study.result import StudyResult

__all__ = [
    "ForceFielded",
    "Units",
    "constants_words",
    "hindcast_title",
    "hindcast_words",
    "moon_words",
    "observed_words",
    "real_forces",
    "real_forces_words",
    "seen_by_segment",
    "sensitivity_finding",
    "sensitivity_words",
    "swings",
    "units",
]

# A state of nature that moves the people by less is named and not drawn.
_STILL = 0.01


@dataclass(frozen=True, kw_only=True)
class Units:
    """
    Units that a target takes, as the table of required units has them.

    Attributes
    ----------
    target, measure, light
        What is to be reached.
    crew
        People in a unit.
    low, middle, high
        Units out, 5 %, median and 95 % of the draws; infinite where none is enough.
    payroll_low, payroll_middle, payroll_high
        The same on the payroll.
    confident
        Units out, for the confidence of the scenario.
    ceiling
        The most that any number reaches.
    """

    target: float
    measure: str
    light: str
    crew: int
    low: float
    middle: float
    high: float
    payroll_low: float
    payroll_middle: float
    payroll_high: float
    confident: float
    ceiling: float

    @property
    def enough(self) -> bool:
        """Whether any number is enough."""
        return math.isfinite(self.middle)

    @property
    def out(self) -> str:
        """Write the units out with their band."""
        return band(self.low, self.middle, self.high)

    @property
    def people(self) -> str:
        """Write the people out with their band."""
        return band(*(self.crew * units for units in (self.low, self.middle, self.high)))

    @property
    def payroll(self) -> str:
        """Write the units on the payroll with their band."""
        return band(self.payroll_low, self.payroll_middle, self.payroll_high)

    @property
    def range(self) -> str:
        """Write the band alone, in units and people."""
        low, people = rounded(self.low), rounded(self.crew * self.low)
        if not math.isfinite(self.high):
            return f"{low} units or more ({people} people or more)"
        return (
            f"{low} to {rounded(self.high)} units "
            f"({people} to {rounded(self.crew * self.high)} people)"
        )


def units(
    result: StudyResult,
    measure: str,
    *,
    light: str | None = None,
    target: float | None = None,
    length: str | None = None,
) -> list[Units]:
    """Give the units required, placed by the rule that serves the measure."""
    table = result.required
    if table is None:
        return []
    light = light or result.scenario.light
    rows = table[
        (table["measure"] == measure)
        & (table["light"] == light)
        & (table["length"] == (length or result.scenario.length))
        & (table["rule"] == BEST_RULE[measure])
    ].sort_values("target")
    if target is not None:
        rows = rows[np.isclose(rows["target"], target)]
    return [_units(row, light, result.scenario.force.crew) for row in rows.itertuples()]


def _units(row: Any, light: str, crew: int) -> Units:
    return Units(
        target=row.target,
        measure=row.measure,
        light=light,
        crew=crew,
        low=row.out_p05,
        middle=row.out_p50,
        high=row.out_p95,
        payroll_low=row.payroll_p05,
        payroll_middle=row.payroll_p50,
        payroll_high=row.payroll_p95,
        confident=row.out_confidence,
        ceiling=row.ceiling,
    )


@dataclass(frozen=True, kw_only=True)
class ForceFielded:
    """
    What a real force had, as units on this border.

    Attributes
    ----------
    case, persons_per_km
        Which force, and people out per km.
    units
        Units out, for each of `lengths`.
    pod, poi
        What the model detects and stops with so many; NaN where they are not on the curve.
    observed
        What was published of it, lowest and highest; NaN where nothing was.
    source
        Where it is from.
    basis
        What was counted: people on the payroll or on post, posts or vehicles.
    """

    case: str
    persons_per_km: float
    units: tuple[float, ...]
    pod: float
    poi: float
    observed: tuple[float, float]
    source: str
    basis: str = "payroll"

    @property
    def words(self) -> str:
        """Write the units, in brackets for the other length."""
        first, *rest = (count(units) for units in self.units)
        return f"{first} ({rest[0]})" if rest else first

    @property
    def stands_for_people(self) -> bool:
        """Whether people were counted, and not towers or cars that are taken as a unit each."""
        return self.basis not in _AS_UNITS

    @property
    def as_units(self) -> str:
        """Say that what was counted is no people; empty where it is."""
        return _AS_UNITS.get(self.basis, "")


# What a published count is of -> what it is taken for.
_AS_UNITS = {"posts": " (towers, each as a unit)", "vehicles": " (cars, each as a unit)"}


def real_forces(result: StudyResult) -> list[ForceFielded]:
    """Give what real forces had, as units on this border."""
    table = result.patrol.plausibility
    if table is None:
        return []
    first, *others = (table[table["length"] == length] for length in lengths(result))
    units = [first, *others]
    forces: Iterable[Any] = first.itertuples()
    return [
        ForceFielded(
            case=row.case,
            persons_per_km=row.persons_per_km,
            units=tuple(float(rows["unit_count_equivalent"].iloc[place]) for rows in units),
            pod=row.mean_pod_at_that,
            poi=row.mean_poi_at_that,
            observed=(row.observed_low, row.observed_high),
            source=f"{row.source} [{row.tag}]",
            basis=row.basis,
        )
        for place, row in enumerate(forces)
    ]


def real_forces_words(result: StudyResult) -> list[str]:
    """Say what the model makes of real forces."""
    table = result.patrol.plausibility
    assert table is not None  # noqa: S101 - asked before
    words = [str(table.attrs["statement"])]
    for place, length in enumerate(lengths(result)[1:], start=1):
        had = "; ".join(f"{row.case} {count(row.units[place])}" for row in real_forces(result))
        need = table.attrs["need"][length]
        nine = f", and nine in ten are detected with {count(need)}" if math.isfinite(need) else ""
        where = at_length(result, length)
        words.append(
            f"{where[0].upper()}{where[1:]} these come to other numbers of units ({had}){nine}."
        )
    return words


def hindcast_words(result: StudyResult) -> list[str]:
    """Say what published results of real borders identify, and what the model makes of it."""
    table = result.patrol.hindcast
    return [] if table is None else [str(table.attrs["statement"])]


def hindcast_title(result: StudyResult) -> str:
    """Say by which factor the model is off what real borders achieved."""
    table = result.patrol.hindcast
    rows = None if table is None else table[table["ratio"].notna()]
    if rows is None or rows.empty:
        return "What real borders achieved"
    low, high = rows["ratio"].min(), rows["ratio"].max()
    return f"Published rates have {_times(low, high)} of the model for each agent on the line"


def _times(low: float, high: float) -> str:
    """Say how many times as much the other has, of two ratios."""
    fewest, most = sorted((1.0 / high, 1.0 / low))
    return (
        f"{fewest:.2g} to {most:.2g} times the effect"
        if most > 1.05 * fewest
        else f"{most:.2g} times the effect"
    )


def observed_words(row: Any) -> str:
    """Name a published rate in few words: border, year, what it is and how much."""
    kind = "recaptures" if "worked with" in row.observed else "known entries"
    given = row.observed.partition(", worked with ")[2]
    return f"{row.border} {row.year:.0f}, {kind}{', ' if given else ''}{given}: {percent(row.p_observed)}"


def constants_words(result: StudyResult) -> list[str]:
    """Say that what is stopped stands on constants of the user's own, where a force has any."""
    force = result.scenario.force
    if force.ceiling is None:
        return []
    shares = [
        f"{percent(share)} of those {what}"
        for share, what in (
            (force.p_identify, "seen are identified"),
            (force.p_respond, "identified are reached"),
        )
        if share is not None
    ]
    words = f"What is stopped stands here on constants of your own: {' and '.join(shares)}."
    return [f"{words} The answer works both out."]


def seen_by_segment(result: StudyResult) -> str:
    """Say which share of crossings the reference units see, spread evenly, by segment."""
    seen = result.segments["pod_even"]
    return span(float(seen.min()), float(seen.max()))


def swings(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give the states of nature that move the people it takes, most first, and the names of the others."""
    low, high = table["people_low"], table["people_high"]
    with np.errstate(invalid="ignore", divide="ignore"):
        swing = (np.log(high) - np.log(low)).abs().fillna(0.0)
    # One that each segment has for itself has no two ends, but may own a share of the variance.
    moves = (swing > _STILL) | (table["total"] > _STILL)
    order = swing[moves].sort_values(ascending=False, kind="stable").index
    still = table.loc[~moves, "assumption"]
    return table.loc[order].reset_index(drop=True), [ASSUMPTION_WORDS.get(n, n) for n in still]


def sensitivity_finding(result: StudyResult) -> str:
    """Say in a title which state of nature moves the people it takes most, and by how much."""
    assert result.patrol.sobol is not None  # noqa: S101 - asked before
    moving, _ = swings(result.patrol.sobol)
    if moving.empty or math.isnan(moving["people_low"].iloc[0]):
        return "No state of nature alone moves the people that see half"
    first = moving.iloc[0]
    few, many = sorted((float(first["people_low"]), float(first["people_high"])))
    words = ASSUMPTION_WORDS.get(first["assumption"], first["assumption"])
    return f"{words[0].upper()}{words[1:]} alone: {rounded(few)} to {rounded(many)} people see half"


def sensitivity_words(result: StudyResult) -> str:
    """Say for each state of nature how many people it takes at its two ends, and its share of the variance."""
    table = result.patrol.sobol
    assert table is not None  # noqa: S101 - asked before
    moving, still = swings(table)
    found: Iterable[Any] = moving.itertuples()
    each = []
    for row in found:
        ends = f"{rounded(row.people_low)} and {rounded(row.people_high)} people"
        what = "no two ends" if math.isnan(row.people_low) else ends
        name = ASSUMPTION_WORDS.get(row.assumption, row.assumption)
        each.append(f"{name[0].upper()}{name[1:]}: {what}, {percent(row.total)} of the variance.")
    words = (
        "Seeing half with the scenario's own units takes "
        f"{rounded(float(table['people'].iloc[0]))} people out at once with every state of nature at its "
        f"median. With one alone at its 5 and at its 95 % {'it takes so many.' if each else 'nothing moves it.'}"
    )
    words = " ".join([words, *each])
    return f"{words} By less than one in a hundred: {listed(still)}." if still else words


def moon_words(result: StudyResult) -> str:
    """Say what a moon is worth to the scenario's own kit; empty where that is not known or nothing."""
    table = result.patrol.by_night
    if table is None or "people" not in table:
        return ""
    known = table[np.isfinite(table["people"])]
    if known.empty:
        return ""
    fewest, most = (
        known.loc[place] for place in (known["people"].idxmin(), known["people"].idxmax())
    )
    few, many = (rounded(float(row["people"])) for row in (fewest, most))
    if few == many:
        return ""
    bright, dark = (
        _NIGHTS[row.name[1]].format(month=calendar.month_name[row.name[0]])
        for row in (fewest, most)
    )
    return f"{bright} seeing half takes {few} people out with what the scenario has, {dark} {many}"


# A moon, as the table of nights names it -> the night of it.
_NIGHTS = {
    "full": "under a full moon in {month}",
    "mean": "over the moons of {month}",
    "dark": "in a night without a moon",
}
