"""A question about a whole border and its answer: rates, curve, required units, and what they hang on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guarded
from borderzone.patrol.answer.allocation import RULES, allocate
from borderzone.patrol.answer.case import Assumption, PatrolCase, assumption_table, draw_rates
from borderzone.patrol.answer.curve import BEST_RULE, curve_by_weights, known_measures
from borderzone.patrol.answer.rates import rate_factors, terrain_variance
from borderzone.patrol.answer.uncertainty import (
    monte_carlo,
    required_draws,
    units_required,
)
from borderzone.patrol.force.sensors import LIGHTS
from borderzone.patrol.theory.staffing import share_left
from borderzone.patrol.theory.tactics import detection_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from borderzone.patrol.answer.case import Draws
    from borderzone.patrol.force.forces import Force

__all__ = ["BorderLength", "PatrolAnswer", "PatrolQuestion"]

# Points of the curve; between them it is smooth.
_CURVE_POINTS = 151
# Units out at which plans are set side by side, beside those of the question.
_UNITS = (10, 30, 100, 300, 1000, 3000)


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class BorderLength:
    """
    One length of a border: as it is measured, or as it is published.

    Attributes
    ----------
    name
        ``"measured"`` or ``"published"``, as the tables of an answer call it.
    total_km
        Length in all. Units: km.
    by_segment_km
        Length of each segment. Units: km.

    Examples
    --------
    >>> import pandas as pd
    >>> BorderLength(name="measured", total_km=20.0, by_segment_km=pd.Series([10.0, 10.0])).total_km
    20.0
    """

    name: str
    total_km: float
    by_segment_km: pd.Series


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolAnswer:
    """
    What patrols achieve on a border; what was not asked of any ground is None.

    Where several lengths of the border were given, `required` and `kits` have rows, and `draws` have
    columns, for each.

    Attributes
    ----------
    by_segment
        Sweep width, speeds, rates and units by each rule.
    curve
        Probability of detection against units out, and of interdiction by constants of the force's own.
    required
        Units required for each target, out and on the payroll, with bands.
    kits
        The answer: units, people and payroll for every kit, way of leading it and opponent, from
        `answer_table`; None where it was not asked for.
    draws
        The Monte Carlo draws behind the bands, one row a draw.
    terrain_variance
        How much of the variance of the rates is terrain.
    assumptions
        Every assumption with value, band, unit and source.
    by_weights
        Detection when units are planned for uniform crossings, for those reported and for the
        worst case, each under the others; None without reports.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"measure": ["mean_pod"], "target": [0.5], "units": [120]})
    >>> known = PatrolAnswer(required=rows)
    >>> known.required["units"].tolist(), known.curve
    ([120], None)
    """

    by_segment: pd.DataFrame | None = None
    curve: pd.DataFrame | None = None
    required: pd.DataFrame | None = None
    kits: pd.DataFrame | None = None
    draws: pd.DataFrame | None = None
    terrain_variance: Mapping[str, Any] | None = None
    assumptions: pd.DataFrame | None = None
    by_weights: pd.DataFrame | None = None


@guarded
@dataclass(frozen=True, kw_only=True)
class PatrolQuestion:
    """
    How many units of a force detect how many crossings of a border.

    Attributes
    ----------
    force
        The kind of unit.
    assumptions
        Distributions by name, as from `default_assumptions`.
    light
        ``"night"`` or ``"day"``: the light of the headline. Both are computed.
    law
        Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).
    vehicle_km_h
        Speed of a crosser in a vehicle; left out, crossers walk as fast as their ground lets them.
        Units: km/h.
    by_reports
        Whether means along the border weigh segments by what was reported, and not by length.
    targets, confidence
        Probabilities to plan for, and that with which they are to be met over the assumptions.
    max_units, reference_units
        Units out: the most that the curve shows, and those at which segments are compared.
    shift_h
        Length of a shift, of which the drive to the line and back is lost. Units: h.
    draws, seed
        Number of draws over the assumptions, and their seed.

    Examples
    --------
    >>> from borderzone.patrol import Force
    >>> PatrolQuestion(force=Force(), assumptions={}).light
    'night'
    """

    force: Force
    assumptions: Mapping[str, Assumption]
    light: str = "night"
    law: str = "random"
    vehicle_km_h: float | None = None
    by_reports: bool = False
    targets: tuple[float, ...] = (0.5, 0.9, 0.95)
    confidence: float = 0.9
    max_units: int = 10_000
    reference_units: int = 100
    shift_h: float = 12.0
    draws: int = 2000
    seed: int = 1

    def answer(
        self,
        ground: pd.DataFrame,
        lengths: Sequence[BorderLength],
        *,
        reported: pd.Series | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> PatrolAnswer:
        """
        Answer it on the ground of a border.

        Parameters
        ----------
        ground
            Ground by segment, as from `borderzone.difficulty.ground_by_segment`; ``hours_median``,
            and ``response_median_h`` where known, are the drive to the line. Units: h.
        lengths
            Lengths for which units are counted; the first is that of the headline.
        reported
            Share of the reported crossings of each segment.
        progress
            Called with the name of each step.

        Returns
        -------
        PatrolAnswer
            The tables.

        Raises
        ------
        InvalidParameterError
            If ground or lengths do not suit, or a number is out of range.
        """
        asked = _Answering(self, ground, tuple(lengths), reported)
        return asked.answer(progress or _say_nothing)


def _say_nothing(step: str) -> None:
    del step


class _Answering:
    """The cases of one question, each drawn once: by length of the border and by light."""

    def __init__(
        self,
        question: PatrolQuestion,
        ground: pd.DataFrame,
        lengths: tuple[BorderLength, ...],
        reported: pd.Series | None,
    ) -> None:
        self.question, self.ground, self.lengths = question, ground, lengths
        self.reported = reported
        # Night first: it is the worst case, and leads in every table.
        lights = sorted(LIGHTS, key="night".__ne__)
        self.cases = {
            (length.name, light): self._case(length, light)
            for length in lengths
            for light in lights
        }
        self.own = {light: self.cases[lengths[0].name, light] for light in lights}
        self.headline = {one.name: self.cases[one.name, question.light] for one in lengths}
        self.sampling: dict[str, Any] = {
            "draws": question.draws,
            "seed": question.seed,
            "assumptions": dict(question.assumptions),
        }

    def answer(self, step: Callable[[str], None]) -> PatrolAnswer:
        asked, first = self.question, self.lengths[0].name
        step("detection rates and curve")
        curve = pd.concat(
            [self._curve(case, rule) for case in self.own.values() for rule in RULES],
            ignore_index=True,
        )
        step("required units")
        required = self._required()
        drawn = {name: draw_rates(case, **self.sampling) for name, case in self.headline.items()}
        segments = self._by_segment()
        return PatrolAnswer(
            by_segment=segments,
            curve=curve,
            required=required,
            draws=self._draws(drawn),
            terrain_variance=terrain_variance(drawn[first].rates),
            assumptions=assumption_table(self.sampling["assumptions"] | self._constants()),
            by_weights=self._by_weights(segments[f"rate_{asked.light}"]),
        )

    def _constants(self) -> dict[str, Assumption]:
        """Constants of the user's own that no draw varies: told beside the assumptions."""
        share = self.question.force.scan_share
        if share is None:
            return {}
        told = "a constant of the user's own that every sweep width is multiplied by"
        return {
            "scan_share": Assumption(
                name="scan_share",
                distribution="fixed",
                parameters=(share,),
                unit="share",
                source=told,
            )
        }

    def _case(self, length: BorderLength, light: str) -> PatrolCase:
        asked, ground, target = self.question, self.ground, "person"
        if asked.vehicle_km_h is not None:
            ground, target = ground.assign(crosser_km_h=asked.vehicle_km_h), "vehicle"
        return PatrolCase.of(
            length.by_segment_km,
            ground,
            asked.force,
            weights=self.reported if asked.by_reports else None,
            light=light,
            target=target,
            law=asked.law,
        )

    def _curve(self, case: PatrolCase, rule: str) -> pd.DataFrame:
        counts = unit_counts(self.question.max_units)
        return monte_carlo(case, unit_counts=counts, rule=rule, **self.sampling)

    def _required(self) -> pd.DataFrame:
        totals = {length.name: length.total_km for length in self.lengths}
        asked = self.question
        return pd.concat(
            [
                units_required(
                    case, targets=asked.targets, confidence=asked.confidence, **self.sampling
                ).assign(length=name, length_km=totals[name])
                for (name, _), case in self.cases.items()
            ],
            ignore_index=True,
        )

    def _by_segment(self) -> pd.DataFrame:
        asked, case = self.question, self.own[self.question.light]
        columns: dict[str, Any] = {"weight": case.weights}
        for light, each in self.own.items():
            factors = rate_factors(
                each.lengths_km, each.ground, each.force, light=light, target=each.target
            )
            columns[f"sweep_width_km_{light}"] = factors["sweep_width_km"]
            columns[f"rate_{light}"] = factors["rate"]
            columns["patrol_km_h"] = factors["patrol_km_h"]
            columns["crosser_km_h"] = factors["crosser_km_h"]
        # The drive ends at the line, not somewhere in the strip; without origins it is not known.
        drive = self.ground.get("response_median_h", self.ground["hours_median"])
        columns["on_line_share"] = share = share_left(drive.to_numpy(), asked.shift_h)
        columns |= {
            f"rate_on_shift_{light}": columns[f"rate_{light}"] * share for light in self.own
        }
        rates = columns[f"rate_{asked.light}"]
        for rule in RULES:
            units = allocate(
                rates,
                case.weights,
                asked.reference_units,
                rule=rule,
                lengths_km=case.lengths_km,
                law=asked.law,
            )
            columns[f"units_{rule}"] = units
            columns[f"pod_{rule}"] = detection_for((units * rates).to_numpy(), law=asked.law)
        return pd.DataFrame(columns, index=case.lengths_km.index)

    def _draws(self, drawn: Mapping[str, Draws]) -> pd.DataFrame:
        """One row a draw, so that two answers can be compared draw by draw."""
        asked, first = self.question, self.lengths[0].name
        case, own = self.headline[first], drawn[first]
        found: dict[str, Any] = {} if own.ceiling is None else {"ceiling": own.ceiling}
        found["payroll_per_unit_out"] = own.payroll_per_unit_out
        known = known_measures(case.force)
        for measure, rule in BEST_RULE.items():
            if measure not in known:
                continue
            units = case.plan(rule)(np.array([float(asked.reference_units)]))[0]
            pod = np.asarray(detection_for(own.rates * units, law=case.law))
            pod = pod.min(axis=1) if measure.startswith("min") else pod @ case.weights.to_numpy()
            found[measure] = (
                pod if own.ceiling is None or measure.endswith("pod") else pod * own.ceiling
            )
            for name, target in itertools.product(self.headline, asked.targets):
                where = "" if name == first else f"{name}_"
                found[f"out_{where}{measure}_{target:g}"] = required_draws(
                    self.headline[name], drawn[name], target=target, measure=measure, rule=rule
                )
        return pd.DataFrame(found).rename_axis("draw")

    def _by_weights(self, rates: pd.Series) -> pd.DataFrame | None:
        """Put plans for uniform crossings, for those reported and for the worst case side by side."""
        if self.reported is None:
            return None
        asked = self.question
        opinions = {
            "uniform": self.lengths[0].by_segment_km.to_numpy(),
            "incidents": self.reported.to_numpy(),
        }
        counts = {n for n in (*_UNITS, asked.reference_units) if n <= asked.max_units}
        return curve_by_weights(
            rates.to_numpy(),
            opinions,
            unit_counts=sorted(counts or {asked.max_units}),
            law=asked.law,
        )


def unit_counts(max_units: int) -> list[int]:
    """Give the unit counts that a curve shows, from none to the most."""
    # Even steps on a logarithmic axis: real forces and the answer lie decades apart.
    steps = np.geomspace(1, max_units, _CURVE_POINTS) if max_units > 1 else np.ones(1)
    return sorted({0, *(round(x) for x in steps)})
