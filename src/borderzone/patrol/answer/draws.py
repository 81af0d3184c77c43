"""Draws of a patrol case: the rates, ceilings and roll factors that each one makes true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_choice, guarded
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.assumptions import default_assumptions, sample
from borderzone.patrol.theory.staffing import on_roll

if TYPE_CHECKING:
    import pandas as pd

    from borderzone._typing import FloatArray, Seed
    from borderzone.patrol.answer.assumptions import Assumption
    from borderzone.patrol.answer.case import PatrolCase

__all__ = ["Draws", "chosen_assumptions", "draw_rates", "draws_of", "reference_draw"]


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """
    One Monte Carlo sample of a case.

    Attributes
    ----------
    rates
        Coverage per unit on station, shape ``(draws, segments)``.
    ceiling
        Largest reachable interdiction of each draw: identification times
        response.
    roll
        On roll for one on station in each draw: shift factor over
        availability.
    """

    rates: FloatArray
    ceiling: FloatArray
    roll: FloatArray


def draw_rates(
    case: PatrolCase,
    *,
    draws: int = 2000,
    seed: Seed = 1,
    assumptions: dict[str, Assumption] | None = None,
) -> Draws:
    """
    Draw every assumption of a case.

    The same seed draws the same assumptions by day and by night, so
    differences between cases are paired.

    Parameters
    ----------
    case
        The case.
    draws
        Number of draws.
    seed
        Seed or generator.
    assumptions
        Distributions by name; `default_assumptions` of the force unless
        given. One that is left out keeps its reference value.

    Returns
    -------
    Draws
        Rates, ceilings and roll factors.

    Raises
    ------
    InvalidParameterError
        If a name is unknown or a number out of range.
    """
    chosen = chosen_assumptions(case, assumptions)
    return draws_of(case, sample(chosen, draws, seed)) if chosen else reference_draw(case)


def draws_of(case: PatrolCase, samples: pd.DataFrame) -> Draws:
    """Turn sampled assumptions into rates, ceilings and roll factors."""
    force = case.force

    def column(name: str, otherwise: float) -> FloatArray:
        if name not in samples.columns:
            return np.full(len(samples), otherwise)
        return np.asarray(samples[name].to_numpy(dtype=np.float64))

    certain = column("p_identify", force.p_identify) * column("p_respond", force.p_respond)
    if not ((certain >= 0) & (certain <= 1)).all():
        msg = "p_identify and p_respond must be drawn between 0 and 1; narrow their distributions"
        raise InvalidParameterError(msg)
    fit = column("availability", force.availability)
    if not ((fit > 0) & (fit <= 1)).all():
        msg = "availability must be drawn above 0 and up to 1; narrow its distribution"
        raise InvalidParameterError(msg)
    return Draws(
        rates=case.sampled_rates(samples),
        ceiling=certain,
        roll=np.asarray(
            on_roll(1.0, shift_factor=column("shift_factor", force.shift_factor), availability=fit)
        ),
    )


def reference_draw(case: PatrolCase) -> Draws:
    """Return the one draw in which every assumption has its own value."""
    force = case.force
    return Draws(
        rates=case.reference_rates().to_numpy()[None, :],
        ceiling=np.array([force.ceiling]),
        roll=np.array([force.on_roll(1.0)]),
    )


def chosen_assumptions(
    case: PatrolCase, assumptions: dict[str, Assumption] | None
) -> dict[str, Assumption]:
    """Return the assumptions of a Monte Carlo, with unknown names refused."""
    known = default_assumptions(case.force)
    if assumptions is None:
        return known
    for name in assumptions:
        check_choice(name, "assumption", known)
    return assumptions
