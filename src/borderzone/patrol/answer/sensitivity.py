"""Sobol indices: which assumption the number of units hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import (
    check_between,
    check_choice,
    check_whole,
    generator,
    shown,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.draws import chosen_assumptions, draws_of
from borderzone.patrol.answer.required import MEASURES, units_for_rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray, Seed
    from borderzone.patrol.answer.assumptions import Assumption
    from borderzone.patrol.answer.case import PatrolCase

__all__ = ["sobol_table", "sobol_units"]

# A draw in which interdiction cannot reach the target counts with the units that this POD takes:
# Sobol indices need a finite number, and one that stands for "far too many".
_OUT_OF_REACH_POD = 0.999


def sobol_table(
    function: Callable[[pd.DataFrame], FloatArray],
    assumptions: dict[str, Assumption],
    *,
    n: int = 1024,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Tabulate first-order and total Sobol indices of any function.

    Parameters
    ----------
    function
        From a table of samples, a column for each assumption, to one finite
        number for each row.
    assumptions
        Independent distributions by name. One without spread gets zeros.
    n
        Base sample size, a power of two; the function sees ``n (d + 2)`` rows.
    seed
        Seed or generator.

    Returns
    -------
    DataFrame
        Columns assumption, first_order (share of the variance by itself) and
        total (with all its interactions), largest total first.

    Raises
    ------
    InvalidParameterError
        If `n` is not a power of two, or no assumption has any spread.

    References
    ----------
    .. [1] Saltelli, A., et al. (2010). Variance based sensitivity analysis of
       model output. Computer Physics Communications 181, 259-270.

    Examples
    --------
    >>> from borderzone.patrol import Assumption
    >>> flat = dict(distribution="uniform", parameters=(0.0, 1.0), unit="1", source="example")
    >>> inputs = {name: Assumption(name=name, **flat) for name in ("a", "b")}
    >>> table = sobol_table(lambda s: (3 * s.a + s.b).to_numpy(), inputs, n=1024, seed=1)
    >>> table.round(1).values.tolist()
    [['a', 0.9, 0.9], ['b', 0.1, 0.1]]
    """
    size = check_whole(n, "n", lowest=2)
    if size & (size - 1):
        msg = f"n must be a power of two such as 1024, got {n!r}"
        raise InvalidParameterError(msg)
    names = [name for name, assumption in assumptions.items() if not assumption.is_fixed]
    if not names:
        msg = "no assumption has any spread: there is no variance to explain"
        raise InvalidParameterError(msg)

    def rows(x: FloatArray) -> FloatArray:
        samples = pd.DataFrame(dict(zip(names, x, strict=True)))
        for name, assumption in assumptions.items():
            if assumption.is_fixed:
                samples[name] = float(assumption.parameters[0])
        values = np.array(function(samples))  # a copy: it is centred in place
        if values.dtype.kind not in "iuf" or values.shape != (len(samples),):
            msg = f"function must give one number a row, got {shown(values)}"
            raise InvalidParameterError(msg)
        return values.astype(np.float64)

    found = stats.sobol_indices(
        func=rows,
        n=size,
        dists=[assumptions[name].frozen() for name in names],
        rng=generator(seed),
    )
    table = pd.DataFrame({"assumption": list(assumptions), "first_order": 0.0, "total": 0.0})
    moving = table["assumption"].isin(names)
    table.loc[moving, "first_order"] = np.ravel(found.first_order)
    table.loc[moving, "total"] = np.ravel(found.total_order)
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)


def sobol_units(  # noqa: PLR0913 - one question with everything it stands on
    case: PatrolCase,
    *,
    target: float = 0.5,
    measure: str = "mean_poi",
    rule: str = "optimal",
    n: int = 1024,
    seed: Seed = 1,
    assumptions: dict[str, Assumption] | None = None,
) -> pd.DataFrame:
    """
    Tabulate which assumptions decide the units on the roll for a target.

    The indices are those of the logarithm of the units, for the units
    themselves are spread over an order of magnitude and a few draws would
    decide alone. A draw in which no number is enough counts with the units
    that detect 99.9 %.

    Parameters
    ----------
    case
        The case.
    target
        Wanted probability, above 0.
    measure
        ``"mean_poi"``, ``"min_poi"``, ``"mean_pod"`` or ``"min_pod"``.
    rule
        ``"even"`` (by length), ``"optimal"`` or ``"maximin"``.
    n
        Base sample size, a power of two.
    seed
        Seed or generator.
    assumptions
        Distributions by name; `default_assumptions` of the force unless
        given.

    Returns
    -------
    DataFrame
        Columns assumption, first_order and total, largest total first.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or a word is unknown.

    Examples
    --------
    >>> from borderzone.patrol import Force, PatrolCase
    >>> ground = pd.DataFrame({"f_mask": [0.0], "patrol_speed_factor": [1.0],
    ...                        "crosser_km_h": [3.0]})
    >>> case = PatrolCase.of(pd.Series([600.0]), ground, Force())
    >>> sobol_units(case, n=128)["assumption"].iloc[0]
    'r50_factor'
    """
    check_choice(measure, "measure", MEASURES)
    # A target of 0 takes no units, whatever is assumed.
    check_between(target, "target", 0.0, 1.0, without=(0.0,))
    plan, weights = case.plan(rule), case.weights.to_numpy()

    def log_units(samples: pd.DataFrame) -> FloatArray:
        drawn = draws_of(case, samples)
        wanted = np.full(len(samples), float(target))
        if measure.endswith("poi"):
            wanted = wanted / np.maximum(drawn.ceiling, np.finfo(float).tiny)
        units = units_for_rates(
            plan,
            drawn.rates,
            weights,
            np.minimum(wanted, _OUT_OF_REACH_POD),
            worst=measure.startswith("min"),
            law=case.law,
        )
        return np.asarray(np.log(units * drawn.roll))

    return sobol_table(log_units, chosen_assumptions(case, assumptions), n=n, seed=seed)
