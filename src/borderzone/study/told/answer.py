"""The answer in words: the three sentences, and what stands beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from borderzone._guards import listed
from borderzone.study.patrols import own_law
from borderzone.study.told.border_length import along_words, at_length, length_sentence, lengths
from borderzone.study.told.ground import flagged_sentence
from borderzone.study.told.unit_counts import Units, real_forces
from borderzone.study.told.unknown import first_reason, nowhere
from borderzone.study.told.words import fitting, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from borderzone.study.result import StudyResult

__all__ = [
    "ForceInPeople",
    "answer_caution",
    "answer_finding",
    "answer_row",
    "answer_rows",
    "answer_sentences",
    "answer_standing",
    "answered_units",
    "every_inch_sentence",
    "forces_in_people",
    "standing_words",
    "summary_sentences",
]


def summary_sentences(result: StudyResult) -> tuple[str, str, str]:
    """Say how long the border is, how much is flagged, and how many people it takes."""
    return length_sentence(result), flagged_sentence(result), every_inch_sentence(result)


# A force whose size everybody can look up, for the scale of an answer.
_SCALE_FORCES = ("Iraq plan 2005", "Iraq west 2006")


def answer_rows(result: StudyResult, length: str | None = None) -> pd.DataFrame:
    """Give the answer for one length of the border, that of the headline unless named."""
    assert result.answer is not None  # noqa: S101 - asked before
    rows = result.answer["length"] == (length or result.scenario.length)
    return result.answer[rows].reset_index(drop=True)


def answer_row(
    result: StudyResult,
    measure: str,
    kit: str,
    law: str,
    opponent: str = "blind",
    *,
    length: str | None = None,
) -> Any:
    """Give one row of the answer."""
    table = answer_rows(result, length)
    rows = table[
        (table["measure"] == measure)
        & (table["kit"] == kit)
        & (table["law"] == law)
        & (table["opponent"] == opponent)
    ]
    return next(rows.itertuples())


def answered_units(
    result: StudyResult, measure: str, *, law: str = "", length: str | None = None
) -> Units | None:
    """Give what an aim of the answer takes of the scenario's own units, None where it is not told."""
    if result.answer is None:
        return None
    table = answer_rows(result, length)
    chosen = (
        (table["measure"] == measure)
        & (table["kit"] == "scenario")
        & (table["law"] == (law or own_law(result.scenario)))
        & (table["opponent"] == "blind")
    )
    rows: Iterable[Any] = table[chosen].itertuples()
    for row in rows:
        crew = result.scenario.force.crew
        # People on the payroll, as units.
        paid = [getattr(row, f"payroll{end}", math.nan) / crew for end in ("_low", "", "_high")]
        return Units(
            target=row.target,
            measure=measure,
            light=row.light,
            crew=crew,
            low=row.low,
            middle=row.units,
            high=row.high,
            payroll_low=paid[0],
            payroll_middle=paid[1],
            payroll_high=paid[2],
            confident=math.nan,
            ceiling=row.attainable,
        )
    return None


def answer_finding(result: StudyResult) -> str:
    """Say in a title what eyes are worth."""
    eye, thermal = (answer_row(result, "min_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    return (
        f"“Every inch” takes {rounded(eye.people)} people out with the unaided eye, "
        f"{rounded(thermal.people)} with vehicle thermal imagers, if they are led"
    )


def answer_standing(result: StudyResult) -> str:
    """Say under a title what the answer stands on."""
    return (
        f"{result.name}, {along_words(result)}: people out at once by night, median and 5 to 95 % over "
        "what nobody chooses (ranges, ground, speeds, response)."
    )


def answer_caution(result: StudyResult) -> str:
    """Say beside the answer what it is not."""
    crew = result.scenario.force.crew
    return (
        "Every inch: 95 of 100 seen at the weakest place on a moonless night; the other two are means over "
        f"the moons. {_crews(crew)} A planning estimate on coarse open data, and no forecast."
    )


def _crews(crew: int) -> str:
    same = "Every unit is 4 people."
    return (
        same if crew == 4 else f"A unit of the scenario is {crew} people, one of the other kits 4."
    )


@dataclass(frozen=True, kw_only=True)
class ForceInPeople:
    """A real force, in people on this border."""

    words: str
    people: float


def forces_in_people(result: StudyResult) -> list[ForceInPeople]:
    """Give what real forces had, per kilometre, on the length of this border."""
    crew = result.scenario.force.crew
    return [
        ForceInPeople(words=force.case, people=crew * force.units[0])
        for force in real_forces(result)
        if force.case in _SCALE_FORCES and math.isfinite(force.units[0])
    ]


def _where(result: StudyResult) -> str:
    """Name the length that a sentence stands on, where the border has two."""
    if len(lengths(result)) == 1:
        return ""
    return f" {at_length(result, result.scenario.length)}"


def every_inch_sentence(result: StudyResult) -> str:
    """Say in forty words how many people "every inch" takes, or why nobody knows."""
    if result.answer is None:
        what = "How many units it takes is"
        reasons = (nowhere(result, "units"), first_reason(result, "units"), "not known")
        return fitting(*(f"{what} {words}." for words in reasons))
    eye, thermal = (answer_row(result, "min_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    where, first, other = _where(result), _people(eye), _people(thermal).replace(" people", "")
    seen = "95 of 100 seen at the weakest place in the dark"
    return fitting(
        f"“Every inch”, {seen}, takes{where} {first.replace('people', 'people out at once', 1)} with the "
        f"unaided eye, and {other} with vehicle thermal imagers, if they are led.",
        f"“Every inch”, {seen}, takes{where} {first} with the eye and {other} with thermal imagers, if led.",
    )


def answer_sentences(result: StudyResult) -> list[str]:
    """Say the answer in sentences of at most forty words."""
    if result.answer is None:
        return [every_inch_sentence(result)]
    eye, thermal = (answer_row(result, "mean_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    found = [
        (
            f"By night, seeing half of all crossings takes{_where(result)} {_people(eye)} with the unaided "
            f"eye and {_people(thermal)} with vehicle thermal imagers, if they are led."
        ),
        every_inch_sentence(result),
    ]
    if "mean_poi" not in set(result.answer["measure"]):
        return found
    stop = answer_row(result, "mean_poi", "scenario", "random")
    if math.isnan(stop.people):
        found.append(
            "Of what the scenario has only a sweep width is known, not how far it recognises: what it stops is "
            "not known."
        )
    elif math.isfinite(stop.people):
        payroll = "an unknown number" if math.isnan(stop.payroll) else rounded(stop.payroll)
        found.append(
            f"Stopping half, with what the scenario has and nobody leading, takes {_people(stop)} out and "
            f"{payroll} on the payroll, if cover is {result.scenario.cover_km:g} km away."
        )
    else:
        found.append(
            f"No number of units stops half, if cover is {result.scenario.cover_km:g} km away and those who "
            "answer come from where they are."
        )
    return found


def standing_words(result: StudyResult) -> list[str]:
    """Say which posts and obstacles of the user the answer counts, where there are any."""
    posts, obstacles = result.scenario.posts, result.scenario.obstacles
    told = []
    if posts:
        number = sum(row.posts for row in posts)
        told.append(
            f"{number:,.0f} {'post' if round(number) == 1 else 'posts'} on {_stretch(posts)}"
        )
    if obstacles:
        noun = "obstacle" if len(obstacles) == 1 else "obstacles"
        told.append(f"{len(obstacles)} {noun} on {_stretch(obstacles)}")
    if not told:
        return []
    return [
        (
            f"The answer counts what the user says stands there already: {listed(told)}. It tells what is "
            "needed beside that; the people of those posts are not in it."
        )
    ]


def _stretch(rows: Iterable[Any]) -> str:
    return f"{sum(row.to_km - row.from_km for row in rows):,.0f} km"


def _people(row: Any) -> str:
    """Write people out at once with their band; a kit that cannot do it takes more than any number."""
    if not math.isfinite(row.people):
        return "more than any number of people"
    high = f"to {rounded(row.people_high)}" if math.isfinite(row.people_high) else "or more"
    return f"{rounded(row.people)} people ({rounded(row.people_low)} {high})"
