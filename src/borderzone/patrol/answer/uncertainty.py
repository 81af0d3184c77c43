"""What stays true when every assumption is drawn: bands, units required, and what they hang on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import (
    check_choice,
    check_probability,
    check_whole,
    generator,
    shown,
)
from borderzone._guards.draws import among_draws, between_draws
from borderzone._kernels.unit_counts import SOFT_EXPONENT, missed_in_steps
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.allocation import RULES
from borderzone.patrol.answer.case import draw_rates, reference_draw
from borderzone.patrol.answer.curve import (
    MEASURES,
    checked_counts,
    coverage_curve,
    known_measures,
    pod_for_poi,
    units_for_rates,
)
from borderzone.patrol.theory.staffing import payroll, whole_units
from borderzone.patrol.theory.tactics import POD, missed_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from borderzone._typing import FloatArray, Seed
    from borderzone.patrol.answer.case import Assumption, Draws, PatrolCase

__all__ = ["monte_carlo", "required_draws", "sobol_table", "units_required"]

_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}
# Draws times unit counts worked on at once: small enough to stay in cache. The sums run over
# segments in a fixed order, so the blocks do not show in the result.
_BLOCK = 131_072
# Laws of the form 1 - exp(-(b C + c C^2)), by b and c, and how many counts pay for a recurrence.
_EXPONENTS = {"random": (1.0, 0.0), "beats_soft": SOFT_EXPONENT}
_FEWEST_STEPS = 16
_BLOCK_MEASURES = ("mean_pod", "mean_poi", "min_pod", "min_poi")


def monte_carlo(
    case: PatrolCase,
    *,
    unit_counts: Iterable[float] = range(1001),
    rule: str = "optimal",
    draws: int = 2000,
    seed: Seed = 1,
    assumptions: dict[str, Assumption] | None = None,
) -> pd.DataFrame:
    """
    Tabulate detection, and interdiction by constants of one's own, against units, with their bands.

    The allocation is planned once on the reference rates, as planners do who
    know no better, and then judged by the rates that each draw makes true.

    Parameters
    ----------
    case
        The case.
    unit_counts
        Units out, a row for each.
    rule
        ``"even"`` (by length), ``"optimal"`` or ``"maximin"``.
    draws
        Number of draws.
    seed
        Seed or generator.
    assumptions
        Distributions by name; `default_assumptions` of the force unless
        given.

    Returns
    -------
    DataFrame
        Columns unit_count, rule, light; mean_pod and min_pod, and where the force has
        `p_identify` or `p_respond` also mean_poi and min_poi, with every assumption at its
        own value; for each of them the
        quantiles `_p05`, `_p50` and `_p95` over the draws; payroll and
        payroll_p50, the units on the payroll.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or a word is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import Force, PatrolCase
    >>> ground = pd.DataFrame({"f_mask": [0.0], "patrol_speed_factor": [1.0],
    ...                        "crosser_km_h": [3.0]})
    >>> case = PatrolCase.of(pd.Series([600.0]), ground, Force())
    >>> bands = monte_carlo(case, unit_counts=[100], draws=500, seed=1)
    >>> print(bands[["mean_pod_p05", "mean_pod", "mean_pod_p95"]].round(2).values.tolist())
    [[0.97, 1.0, 1.0]]
    """
    # One plan for all draws: a plan that were made anew on the rates of each draw would know what
    # nobody knows when units are sent out, and the band would be too narrow and too good.
    counts = checked_counts(unit_counts)
    drawn = draw_rates(case, draws=draws, seed=seed, assumptions=assumptions)
    force = case.force
    reference = coverage_curve(
        case.reference_rates(),
        case.weights,
        unit_counts=counts,
        rule=rule,
        lengths_km=case.lengths_km,
        force=force,
        law=case.law,
    )
    table: dict[str, object] = {"unit_count": counts, "rule": rule, "light": case.light}
    table |= {measure: reference[measure].to_numpy() for measure in known_measures(force)}
    table |= _bands(case, drawn, case.plan(rule), counts.astype(np.float64))
    table["payroll"] = payroll(counts, shift_factor=force.shift_factor)
    # The count is fixed and the payroll factor is drawn: the median of a product with a constant.
    table["payroll_p50"] = counts * float(np.median(drawn.payroll_per_unit_out))
    curve = pd.DataFrame(table)
    curve.attrs.update(rule=rule, law=case.law, light=case.light, draws=len(drawn.rates))
    if force.ceiling is not None:
        curve.attrs["ceiling"] = force.ceiling
    return curve


def units_required(  # noqa: PLR0913 - one table with everything it stands on
    case: PatrolCase,
    *,
    targets: Sequence[float] = (0.5, 0.9, 0.95),
    measures: Sequence[str] | None = None,
    rules: Sequence[str] = RULES,
    confidence: float = 0.9,
    draws: int = 2000,
    seed: Seed = 1,
    assumptions: dict[str, Assumption] | None = None,
) -> pd.DataFrame:
    """
    Tabulate the units that targets take, out and on the payroll.

    Whole units: the smallest number with which the target is met, with every
    assumption at its own value, and in 5, 50, 95 and `confidence` per cent of
    the draws. Where no number is enough it is infinite: under the random law
    for certainty, and for interdiction above the constants of one's own.

    Parameters
    ----------
    case
        The case.
    targets
        Wanted probabilities.
    measures
        ``"mean_pod"``, ``"min_pod"``, and where the force has `p_identify` or `p_respond`
        ``"mean_poi"``, ``"min_poi"``; all of these when left out.
    rules
        ``"even"`` (by length), ``"optimal"``, ``"maximin"``.
    confidence
        Share of the draws in which the target has to be met.
    draws
        Number of draws.
    seed
        Seed or generator.
    assumptions
        Distributions by name; `default_assumptions` of the force unless
        given.

    Returns
    -------
    DataFrame
        Columns measure, target, light, rule; out_reference, _p05,
        _p50, _p95, _confidence; the same for payroll; confidence; ceiling,
        the largest reachable value; attainable, the share of draws in which
        some number of units is enough.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a word is unknown, or interdiction is asked for without a
        constant of one's own.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import Force, PatrolCase
    >>> ground = pd.DataFrame({"f_mask": [0.0], "patrol_speed_factor": [1.0],
    ...                        "crosser_km_h": [3.0]})
    >>> case = PatrolCase.of(pd.Series([600.0]), ground, Force())
    >>> table = units_required(case, targets=[0.5], measures=["mean_pod"], rules=["even"])
    >>> print(table[["out_reference", "payroll_reference"]].values.tolist())
    [[9.0, 45.0]]
    """
    check_probability(confidence, "confidence")
    drawn = draw_rates(case, draws=draws, seed=seed, assumptions=assumptions)
    reference = reference_draw(case)
    rows = []
    # The plan of a rule hangs on the reference rates alone: made once, used for every measure and
    # target.
    for rule in rules:
        plan = case.plan(rule)
        for measure in known_measures(case.force) if measures is None else measures:
            for target in targets:
                row: dict[str, object] = {"measure": measure, "target": float(target)}
                row |= {"light": case.light, "rule": rule}
                row |= _summary(
                    _units(case, reference, plan, measure, target),
                    _units(case, drawn, plan, measure, target),
                    (reference.payroll_per_unit_out, drawn.payroll_per_unit_out),
                    confidence,
                )
                row["ceiling"] = case.force.ceiling if measure.endswith("poi") else 1.0
                rows.append(row)
    return pd.DataFrame(rows)


def required_draws(
    case: PatrolCase,
    drawn: Draws,
    *,
    target: float,
    measure: str = "mean_poi",
    rule: str = "optimal",
) -> FloatArray:
    """
    Return the units out that a target takes in each draw.

    Parameters
    ----------
    case
        The case.
    drawn
        Its draws.
    target
        Wanted probability.
    measure
        As in `units_required`.
    rule
        As in `units_required`.

    Returns
    -------
    FloatArray
        Units out, not rounded, infinite where no number is enough.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or a word is unknown.
    """
    return _units(case, drawn, case.plan(rule), measure, target)


def _bands(
    case: PatrolCase,
    drawn: Draws,
    plan: Callable[[FloatArray], FloatArray],
    counts: FloatArray,
) -> dict[str, FloatArray]:
    """Quantiles of the four measures; blocks of unit counts run side by side."""
    # numpy lets go of the lock in its inner loops, so that threads serve; each takes whole columns,
    # and no sum crosses from one to another.
    width = max(1, _BLOCK // len(drawn.rates))
    parts = [slice(start, start + width) for start in range(0, counts.size, width)]
    grown = _in_even_steps(case, drawn.rates, plan, counts)

    def block(part: slice) -> FloatArray:
        if grown is not None:
            return _quantiles(case, drawn, grown[0][:, part], grown[1][:, part])
        return _quantiles(case, drawn, *_missed_and_least(case, drawn.rates, plan(counts[part])))

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(block, parts))
    # In the order of `_quantiles`.
    measures = [m for m in _BLOCK_MEASURES if drawn.ceiling is not None or m.endswith("pod")]
    columns = [f"{m}_{q}" for m in measures for q in _QUANTILES]
    rows = np.concatenate(found, axis=1)
    return dict(zip(columns, rows, strict=True))


def _quantiles(case: PatrolCase, drawn: Draws, missed: FloatArray, least: FloatArray) -> FloatArray:
    law = POD[case.law]
    levels = list(_QUANTILES.values())
    quantiles = [
        between_draws(values, levels)
        # Weights are summed in the order in which `missed` was, so that no units give a POD of
        # exactly 0; 1 - missed would leave the last digit.
        for pod in (case.weights.to_numpy().cumsum()[-1] - missed, law(least))
        for values in ((pod,) if drawn.ceiling is None else (pod, pod * drawn.ceiling[:, None]))
    ]
    return np.concatenate(quantiles)


def _in_even_steps(
    case: PatrolCase,
    rates: FloatArray,
    plan: Callable[[FloatArray], FloatArray],
    counts: FloatArray,
) -> tuple[FloatArray, FloatArray] | None:
    """Missed and least coverage by recurrence, where counts are evenly spaced and units keep their shares."""
    exponent = _EXPONENTS.get(case.law)
    step = float(counts[-1] - counts[0]) / max(counts.size - 1, 1)
    even = step > 0 and np.array_equal(counts, counts[0] + step * np.arange(counts.size))
    if exponent is None or not even or counts.size < _FEWEST_STEPS:
        return None
    ends = plan(np.array([step, counts[-1]]))
    if not np.allclose(ends[0] * (counts[-1] / step), ends[1], rtol=1e-12, atol=0.0):
        return None
    weights = case.weights.to_numpy()
    missed = missed_in_steps(rates, ends[0], weights, counts[0] / step, counts.size, exponent)
    # No units miss all, to the last digit.
    missed[:, counts == 0.0] = weights.cumsum()[-1]
    return missed, np.multiply.outer((rates * ends[0]).min(axis=1), counts / step)


def _missed_and_least(
    case: PatrolCase, rates: FloatArray, units: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weighted share missed, and coverage of the worst segment, by draw and count."""
    # The sum over segments, in their order, of weight times one minus POD. The arrays are reused,
    # for this is where a Monte Carlo spends its time.
    missed = np.zeros((len(rates), len(units)))
    least = np.full_like(missed, np.inf)
    work = np.empty_like(missed)
    for segment, weight in enumerate(case.weights.to_numpy()):
        np.multiply.outer(rates[:, segment], units[:, segment], out=work)
        np.minimum(least, work, out=least)
        missed_in_place(work, case.law)
        work *= weight
        missed += work
    return missed, least


def _units(
    case: PatrolCase,
    drawn: Draws,
    plan: Callable[[FloatArray], FloatArray],
    measure: str,
    target: float,
) -> FloatArray:
    check_choice(measure, "measure", MEASURES)
    # Where identification times response is drawn below the target no POD is enough: the number is
    # infinite in that draw, and told so.
    wanted = np.full(len(drawn.rates), check_probability(target, "target"))
    if measure.endswith("poi"):
        if drawn.ceiling is None:
            msg = (
                f"measure {measure!r} is interdiction, and the force has neither p_identify nor "
                f"p_respond; give it one, ask for {measure.replace('poi', 'pod')!r}, or see "
                "borderzone.patrol.answer_pod"
            )
            raise InvalidParameterError(msg)
        wanted = pod_for_poi(wanted, drawn.ceiling)
    return units_for_rates(
        plan,
        drawn.rates,
        case.weights.to_numpy(),
        wanted,
        worst=measure.startswith("min"),
        law=case.law,
    )


def _summary(
    reference: FloatArray,
    drawn: FloatArray,
    per_unit_out: tuple[FloatArray, FloatArray],
    confidence: float,
) -> dict[str, float]:
    levels = {**_QUANTILES, "confidence": confidence}
    row: dict[str, float] = {}
    for name, exact, values in (
        ("out", reference, drawn),
        ("payroll", reference * per_unit_out[0], drawn * per_unit_out[1]),
    ):
        # Quantiles among the draws, not between them: of a sample in which some are infinite no
        # mean of two neighbours can be taken, and what is told is a number that was drawn.
        found = whole_units(np.append(exact, among_draws(values, list(levels.values()))))
        columns = ("reference", *levels)
        row |= {f"{name}_{q}": float(x) for q, x in zip(columns, np.asarray(found), strict=True)}
    row["confidence"] = confidence
    row["attainable"] = float(np.isfinite(drawn).mean())
    return row


def sobol_table(
    function: Callable[[pd.DataFrame], FloatArray],
    assumptions: dict[str, Assumption],
    *,
    n: int = 1024,
    seed: Seed = 1,
) -> pd.DataFrame:
    """Tabulate first-order and total Sobol indices of any function."""
    # Sobol' points are balanced only in full powers of two.
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

    dists = [assumptions[name].frozen() for name in names]
    if len(names) == 1:
        # One alone owns all that there is, which scipy does not reckon.
        owned = float(np.ptp(rows(np.atleast_2d(dists[0].ppf([0.05, 0.5, 0.95])))) > 0.0)
        first, total = np.array([owned]), np.array([owned])
    else:
        # Saltelli's scheme: n (d + 2) runs for d assumptions, first-order and total indices from
        # the same runs.
        found = stats.sobol_indices(func=rows, n=size, dists=dists, rng=generator(seed))
        first, total = np.ravel(found.first_order), np.ravel(found.total_order)
    table = pd.DataFrame({"assumption": list(assumptions), "first_order": 0.0, "total": 0.0})
    moving = table["assumption"].isin(names)
    # An assumption without a spread owns none of the variance; it is listed with 0, not left out.
    table.loc[moving, "first_order"] = first
    table.loc[moving, "total"] = total
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)
