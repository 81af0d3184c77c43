"""Patrols in a study: its ground and its scenario as one question, whose answer is its curve and units."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from borderzone import access, datasets
from borderzone._guards import guarded
from borderzone.patrol import (
    FORCES,
    BorderLength,
    Force,
    KitQuestion,
    PatrolAnswer,
    PatrolQuestion,
    Stopping,
    answer_draws,
    answer_pod,
    answer_sobol,
    answer_table,
    hindcast,
    plausibility,
)
from borderzone.study.result import Finding, Later

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = [
    "KITS",
    "KIT_DRAWS",
    "PatrolFindings",
    "answered_law",
    "kit_question",
    "lengths_told",
    "own_law",
    "patrol_answer",
    "patrols_on",
]

# Where measured and published length differ by more, what hangs on the length is told for both.
_LENGTHS_DIFFER = 0.03
# Evenly spread draws of nature: a 5 or 95 % quantile of so many is right to some 3 %, and digits are
# rounded to that.
KIT_DRAWS = 1024
# Draws behind what real forces reach: two digits, with a band that is wide.
_ROUGH_DRAWS = 256
# Numbers of units at which the answer is read the other way, evenly by factor, and the first of them.
_UNIT_COUNTS, _FIRST_UNITS = 15, 10.0
# Base samples of the Sobol indices: a quarter of the draws, a power of two, no more than this.
_SOBOL_SAMPLES = 128


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolFindings(PatrolAnswer, Finding):
    """
    What patrols achieve on the ground of a study: an answer that draws itself, empty without elevation.

    Attributes
    ----------
    asked
        What the answer stands on, for more questions of the same ground; None where that would tell
        of posts.
    """

    asked: KitQuestion | None = field(default=None, repr=False)

    _figure = "coverage_curve"
    _put_off = ("by_law", "sobol", "by_night", "plausibility", "hindcast")

    @property
    def by_law(self) -> pd.DataFrame | None:
        """
        How much so many of the scenario's own units see and stop, led and not: the answer read the other way.

        Returns
        -------
        DataFrame or None
            Rows of `borderzone.patrol.answer_pod` from ten units up to the most of the scenario: every
            measure and law by its own light, and what is seen by the other. None without elevation.
        """
        found: pd.DataFrame | None = self._asked_for("by_law")
        return found

    @property
    def sobol(self) -> pd.DataFrame | None:
        """
        Which state of nature decides the people that see half with the scenario's own kit.

        Returns
        -------
        DataFrame or None
            From `borderzone.patrol.answer_sobol`; None without elevation.
        """
        found: pd.DataFrame | None = self._asked_for("sobol")
        return found

    @property
    def by_night(self) -> pd.DataFrame | None:
        """
        How bright the nights are by month and moon, and what the scenario's own kit then takes to see half.

        Returns
        -------
        DataFrame or None
            Units and people out, with every state of nature at its median; None without elevation.
        """
        found: pd.DataFrame | None = self._asked_for("by_night")
        return found

    @property
    def plausibility(self) -> pd.DataFrame | None:
        """
        What real forces had, and what the answer says of so many.

        Returns
        -------
        DataFrame or None
            From `borderzone.patrol.plausibility`, for each length of the border; None without elevation.
        """
        found: pd.DataFrame | None = self._asked_for("plausibility")
        return found

    @property
    def hindcast(self) -> pd.DataFrame | None:
        """
        What real borders achieved, as far as it is published, beside the answer at as many agents per km.

        Returns
        -------
        DataFrame or None
            From `borderzone.patrol.hindcast`, on the first of the lengths; None without elevation, and
            where it would tell of posts.
        """
        found: pd.DataFrame | None = self._asked_for("hindcast")
        return found

    def without_standing(self, ground: Ground, scenario: Scenario) -> PatrolFindings:
        """Answer as if none of the user's posts and obstacles stood there: nothing else counts them."""
        if self.asked is None:
            return self
        return self.with_tables(**_answered(ground, scenario, _bare(self.asked)))


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
    reported = None if pressure is None else pressure.set_index("segment")["weight"]
    answer = patrol_answer(ground, scenario, seed, reported=reported, progress=step)
    lengths = _lengths(ground.corridor, scenario)
    step("kits side by side")
    asked = kit_question(ground, scenario, seed, reported=reported)
    found = _answered(ground, scenario, asked)
    # Real forces are held against the model where none of the user's posts stand.
    bare = replace(_bare(asked), draws=min(scenario.draws, _ROUGH_DRAWS))
    how = {"law": own_law(scenario), "light": scenario.light}
    return PatrolFindings(**vars(answer)).with_tables(
        **found,
        plausibility=Later(lambda: _plausibility(bare, lengths, **how)),
        hindcast=Later(lambda: hindcast(datasets.validation(), bare, **how)),
        assumptions=_assumptions(answer.assumptions, asked),
    )


def patrol_answer(
    ground: Ground,
    scenario: Scenario,
    seed: int,
    *,
    reported: pd.Series | None = None,
    progress: Callable[[str], None] | None = None,
) -> PatrolAnswer:
    """Work out curve and required units of a scenario's own force."""
    assert ground.table is not None  # noqa: S101 - asked before
    question = PatrolQuestion(
        force=scenario.force,
        assumptions=scenario.assumptions(),
        light=scenario.light,
        law=scenario.law,
        vehicle_km_h=scenario.crosser_vehicle_km_h if scenario.crosser == "vehicle" else None,
        by_reports=scenario.weights == "incidents" and reported is not None,
        targets=scenario.targets,
        confidence=scenario.confidence,
        max_units=scenario.max_units,
        reference_units=scenario.reference_units,
        shift_h=scenario.shift_h,
        draws=scenario.draws,
        seed=seed,
    )
    lengths = _lengths(ground.corridor, scenario)
    return question.answer(ground.table, lengths, reported=reported, progress=progress)


def _bare(asked: KitQuestion) -> KitQuestion:
    """Ask the same of a border where nothing stands."""
    return replace(asked, posts=(), obstacles=())


def own_law(scenario: Scenario) -> str:
    """Give the law by which the answer counts the scenario's own kit."""
    return "standing" if scenario.force.stands else answered_law(scenario.law)


def _answered(ground: Ground, scenario: Scenario, asked: KitQuestion) -> dict[str, Any]:
    """Answer a question of kits: for each length, by state of nature, and by month and moon."""
    corridor = ground.corridor
    lengths = _lengths(corridor, scenario)
    kits = pd.concat(
        [
            answer_table(replace(asked, lengths_km=length.by_segment_km)).assign(
                length=length.name, length_km=length.total_km
            )
            for length in lengths
        ],
        ignore_index=True,
    )
    own = own_law(scenario)
    return {
        "kits": kits,
        "by_law": Later(lambda: _by_law(asked, scenario, own)),
        "sobol": Later(lambda: answer_sobol(asked, "scenario", law=own, n=_samples(asked))),
        "asked": asked,
        "by_night": Later(lambda: _by_night(ground, scenario, asked, own)),
    }


def _plausibility(
    asked: KitQuestion, lengths: list[BorderLength], *, law: str, light: str
) -> pd.DataFrame:
    """Put real forces on each length of the border."""
    found = [
        plausibility(replace(asked, lengths_km=length.by_segment_km), law=law, light=light).assign(
            length=length.name, length_km=length.total_km
        )
        for length in lengths
    ]
    rows = pd.concat(found, ignore_index=True)
    need = {table["length"].iloc[0]: table.attrs["need"] for table in found}
    rows.attrs = {**found[0].attrs, "need": need}
    return rows


def _by_law(asked: KitQuestion, scenario: Scenario, own: str) -> pd.DataFrame:
    """Ask what the scenario's own kit reaches with ever more units, by law, measure and light."""
    most = max(scenario.max_units, 2)
    counts = np.unique(np.rint(np.geomspace(min(_FIRST_UNITS, most / 10.0), most, _UNIT_COUNTS)))
    laws = ("standing",) if own == "standing" else ("random", "beats_soft")
    light, other = ("night", "day") if scenario.light == "night" else ("day", "night")
    wanted = [
        (light, measure, law) for measure in ("mean_pod", "min_pod", "mean_poi") for law in laws
    ]
    wanted += [(other, measure, own) for measure in ("mean_pod", "min_pod")]
    found = [
        answer_pod(asked, counts[counts >= 1.0], "scenario", law=law, light=light, measure=measure)
        for light, measure, law in wanted
    ]
    # Of a sweep width of one's own nobody knows what is recognised, and so what is stopped.
    return pd.concat(found, ignore_index=True).dropna(subset="share").reset_index(drop=True)


def _samples(asked: KitQuestion) -> int:
    return min(_SOBOL_SAMPLES, max(8, 1 << (len(asked.drawn) // 4).bit_length() - 1))


def answered_law(law: str) -> str:
    """Give the law of an answer: a bound is no force, and led units stand for it."""
    return "random" if law == "random" else "beats_soft"


def _assumptions(known: pd.DataFrame | None, asked: KitQuestion) -> pd.DataFrame:
    """Tell what the curve draws, and what the answer draws besides."""
    drawn = asked.assumptions
    told = [] if known is None else [known]
    new = drawn if known is None else drawn[~drawn["assumption"].isin(known["assumption"])]
    return pd.concat([*told, new], ignore_index=True)


def _by_night(ground: Ground, scenario: Scenario, asked: KitQuestion, law: str) -> pd.DataFrame:
    """Put what the scenario's own kit takes beside month and moon, with every state of nature at its median."""
    border = ground.corridor.border
    middle = border.point_at(border.length_km / 2)
    nights = ground.reach.moonlight.reset_index()
    # What is seen hangs on no drive, and one row of medians stands for all draws.
    own = replace(
        asked, kits={"scenario": scenario.force}, drive_h=None, draws=asked.drawn.iloc[[0, 0]]
    )
    known: dict[tuple[float, ...], tuple[float, float]] = {}
    counts = []
    for month, moon, dark_h in zip(nights["month"], nights["moon"], nights["night_h"], strict=True):
        if not dark_h > 0:
            counts.append((np.nan, np.nan))
            continue
        lit = access.night_light(middle.y, int(month), moon=moon, longitude_deg=middle.x)
        night = _coarser(lit)
        key = tuple(night.to_numpy().ravel())
        if key not in known:
            found = answer_draws(replace(own, night=night), "scenario", law=law)
            known[key] = float(found["units"].iloc[0]), float(found["people"].iloc[0])
        counts.append(known[key])
    nights[["units", "people"]] = counts
    return nights.set_index(["month", "moon"])


# What a force may be given, a row each of the answer: patrols by vehicle with other eyes, and posts.
KITS = {
    "eye": FORCES["vehicle_patrol"],
    "goggles": FORCES["vehicle_night_vision"],
    "thermal": FORCES["vehicle_thermal"],
    "posts": Force(sensor="tower_thermal", patrol_km_h=0),
}


def kit_question(
    ground: Ground,
    scenario: Scenario,
    seed: int,
    *,
    reported: pd.Series | None = None,
    draws: int | None = None,
) -> KitQuestion:
    """Ask what each kit takes on a ground, and what the scenario's own does, in as many draws as needed."""
    assert ground.table is not None  # noqa: S101 - asked before
    corridor, table = ground.corridor, ground.table
    middle = corridor.border.point_at(corridor.border.length_km / 2)
    lengths = _length(corridor, scenario.length).by_segment_km
    driving = scenario.crosser == "vehicle"
    if driving:
        table = table.assign(crosser_km_h=scenario.crosser_vehicle_km_h)
    weights = reported if scenario.weights == "incidents" else None
    drive = table["response_median_h"] if "response_median_h" in table else table["hours_median"]
    night, night_h = _night(middle.x, middle.y, scenario.month, scenario.moon)
    return KitQuestion(
        kits=KITS | {"scenario": scenario.force},
        lengths_km=lengths,
        ground=table,
        weights=lengths if weights is None else weights,
        drive_h=drive,
        night=night,
        night_h=night_h,
        shift_h=scenario.shift_h,
        relief=scenario.force.shift_factor,
        stopping=Stopping(cover_km=scenario.cover_km, call_delay_h=scenario.report_minutes / 60.0),
        target="vehicle" if driving else "person",
        nature=scenario.nature(),
        posts=scenario.posts,
        obstacles=scenario.obstacles,
        line_km=corridor.border.length_km,
        draws=min(scenario.draws, KIT_DRAWS) if draws is None else draws,
        seed=seed,
    )


@lru_cache(maxsize=64)
def _night(
    lon: float, lat: float, month: int | None, moon: Literal["mean", "dark", "full"]
) -> tuple[pd.DataFrame, float]:
    """Give the states of light of a night, and its hours: the mean of the year without a month."""
    months = range(1, 13) if month is None else (month,)
    hours = [float(access.night_hours(lat, each, twilight="nautical")) for each in months]
    lit = access.night_light(lat, month, moon=moon, longitude_deg=lon)
    return _coarser(lit), sum(hours) / len(hours)


def _coarser(night: pd.DataFrame) -> pd.DataFrame:
    """Put the states of light of a night together in four, each at its mean."""
    group = np.minimum((night["moonlight"] * 4).astype(int), 3)
    lit = night.assign(moonlight=night["moonlight"] * night["share"]).groupby(group).sum()
    return lit.assign(moonlight=lit["moonlight"] / lit["share"]).reset_index(drop=True)


def lengths_told(border: Border, chosen: str) -> tuple[str, ...]:
    """Name the lengths for which unit counts are told."""
    published = border.published_length_km
    if published is None or abs(border.length_km / published - 1.0) <= _LENGTHS_DIFFER:
        return (chosen,)
    return (chosen, "published" if chosen == "measured" else "measured")


def _lengths(corridor: Corridor, scenario: Scenario) -> list[BorderLength]:
    """Give the lengths that are told, that of the scenario first."""
    return [_length(corridor, name) for name in lengths_told(corridor.border, scenario.length)]


def _length(corridor: Corridor, name: str) -> BorderLength:
    """Give one length of a border; segments share evenly what the line leaves out of a longer one."""
    border, by_segment = corridor.border, corridor.segments["length_km"]
    if name == "measured":
        return BorderLength(name=name, total_km=border.length_km, by_segment_km=by_segment)
    published = border.published_length_km
    assert published is not None  # noqa: S101 - a study without one is refused
    longer = by_segment * (published / border.length_km)
    return BorderLength(name=name, total_km=published, by_segment_km=longer)
