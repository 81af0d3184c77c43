"""A patrol case: the segments, their ground, the force and the light of one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, guarded
from borderzone.patrol.answer.plans import (
    PLAN_LAWS,
    checked_rates,
    fractional_plan,
    normalised_weights,
)
from borderzone.patrol.answer.rates import checked_ground, detection_rates, segment_lengths
from borderzone.patrol.force.sensors import LIGHTS, TARGETS, sweep_width_km
from borderzone.patrol.theory.barrier import coverage_of_a_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor
    from borderzone.patrol.force.forces import Force

__all__ = ["PatrolCase"]

# Two sides of a 90 % band, in standard deviations from its middle.
_BAND_DEVIATIONS = 1.6448536269514722
# Sampled ground never hides all of a strip: some of it is always near enough.
_MOST_MASKED = 0.99


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolCase:
    """
    What a curve or a Monte Carlo stands on: build it with `PatrolCase.of`.

    Attributes
    ----------
    lengths_km
        Length of each segment. Units: km.
    ground
        Ground of each segment: masked share with its band, patrol speed
        factor, crossing speed.
    force
        The kind of unit.
    weights
        Weight of each segment; they sum to 1.
    light
        ``"day"`` or ``"night"``.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    law
        Search law: ``"random"`` or ``"back_and_forth"``.
    """

    lengths_km: pd.Series
    ground: pd.DataFrame
    force: Force
    weights: pd.Series
    light: str
    target: str
    law: str

    @classmethod
    def of(  # noqa: PLR0913 - a case is what these seven say
        cls,
        corridor: Corridor | pd.DataFrame | pd.Series,
        ground: pd.DataFrame,
        force: Force,
        *,
        weights: npt.ArrayLike | None = None,
        light: str = "night",
        target: str = "person",
        law: str = "random",
    ) -> PatrolCase:
        """
        Check the parts of a case and put them together.

        Parameters
        ----------
        corridor
            A corridor, its table of segments with `length_km`, or the
            lengths themselves. Units: km.
        ground
            Ground by segment: `f_mask`, `patrol_speed_factor`,
            `crosser_km_h`, and where known `f_mask_low` and `f_mask_high`.
        force
            The kind of unit.
        weights
            Weight of each segment; by length unless given.
        light
            ``"day"`` or ``"night"``.
        target
            Who crosses: ``"person"`` or ``"vehicle"``.
        law
            Search law: ``"random"`` or ``"back_and_forth"``.

        Returns
        -------
        PatrolCase
            The case.

        Raises
        ------
        CoverageGapError
            If the ground of a segment is not known.
        InvalidParameterError
            If a column is missing, a value out of range or a word unknown.
        ShapeMismatchError
            If segments, ground and weights are not the same segments.
        """
        check_choice(light, "light", LIGHTS)
        check_choice(target, "target", TARGETS)
        check_choice(law, "law", PLAN_LAWS)
        lengths = segment_lengths(corridor)
        share = normalised_weights(lengths if weights is None else weights, len(lengths))
        return cls(
            lengths_km=lengths,
            ground=checked_ground(ground, lengths.index),
            force=force,
            weights=pd.Series(share, index=lengths.index, name="weight"),
            light=light,
            target=target,
            law=law,
        )

    def reference_rates(self) -> pd.Series:
        """
        Compute the rates of one unit on station with every assumption at its own value.

        Returns
        -------
        Series
            Coverage per unit on station by segment.
        """
        return detection_rates(
            self.lengths_km, self.ground, self.force, light=self.light, target=self.target
        )

    def sampled_rates(self, samples: pd.DataFrame) -> FloatArray:
        """
        Compute the rates under sampled assumptions, which all segments share.

        Parameters
        ----------
        samples
            A row for each draw, from `sample`; a column that is missing
            keeps its reference value.

        Returns
        -------
        FloatArray
            Coverage per unit on station, shape ``(draws, segments)``.
        """
        force = self.force
        width = sweep_width_km(
            force.sensor,
            self.light,
            self._masked(_column(samples, "f_mask_position", 0.0)),
            target=self.target,
            scan_share=force.scan_share,
            r50_factor=_column(samples, "r50_factor", 1.0)[:, None],
        )
        patrol = np.multiply.outer(
            _column(samples, "patrol_speed_factor", 1.0),
            force.patrol_km_h * self.ground["patrol_speed_factor"].to_numpy(),
        )
        crosser = np.multiply.outer(
            _column(samples, "crosser_speed_factor", 1.0), self.ground["crosser_km_h"].to_numpy()
        )
        return coverage_of_a_unit(self.lengths_km.to_numpy(), width, patrol, crosser)

    def plan(self, rule: str) -> Callable[[FloatArray], FloatArray]:
        """
        Return the allocation of a rule, planned on the reference rates.

        Parameters
        ----------
        rule
            ``"even"`` (by length), ``"optimal"`` or ``"maximin"``.

        Returns
        -------
        Callable
            From unit counts ``(m,)`` to units per segment ``(m, segments)``.

        Raises
        ------
        InvalidParameterError
            If the rule is unknown or a rate is not above 0.
        """
        return fractional_plan(
            checked_rates(self.reference_rates().to_numpy()),
            self.weights.to_numpy(),
            rule=rule,
            lengths_km=self.lengths_km.to_numpy(),
            law=self.law,
        )

    def _masked(self, position: FloatArray) -> FloatArray:
        """Masked share at a position in its band: two half bells that meet at the value."""
        middle = self.ground["f_mask"].to_numpy()
        above = (self.ground["f_mask_high"].to_numpy() - middle) / _BAND_DEVIATIONS
        below = (middle - self.ground["f_mask_low"].to_numpy()) / _BAND_DEVIATIONS
        shift = np.multiply.outer(np.maximum(position, 0.0), above) + np.multiply.outer(
            np.minimum(position, 0.0), below
        )
        return np.asarray(np.clip(middle + shift, 0.0, np.maximum(middle, _MOST_MASKED)))


def _column(samples: pd.DataFrame, name: str, otherwise: float) -> Any:
    if name in samples.columns:
        return samples[name].to_numpy(dtype=np.float64)
    return np.full(len(samples), otherwise)
