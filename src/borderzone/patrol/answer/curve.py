"""What a number of units achieves, and the number that a target takes: the curve and its inverse."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import elementwise

from borderzone._guards import as_non_negative, check_choice, check_probability
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.allocation import (
    checked_pair,
    checked_rates,
    fractional_plan,
    normalised_weights,
    whole_unit_plan,
)
from borderzone.patrol.force.forces import Force
from borderzone.patrol.theory.response import interdiction
from borderzone.patrol.theory.tactics import COVERAGE, POD, detection_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "BEST_RULE",
    "MEASURES",
    "WORST_CASE",
    "checked_counts",
    "coverage_curve",
    "curve_by_weights",
    "known_measures",
    "pod_for_poi",
    "units_for_rates",
    "units_for_target",
]

MEASURES = ("mean_pod", "min_pod", "mean_poi", "min_poi")
# The mean is best served by the optimal rule, the weakest segment by the other one.
BEST_RULE: Mapping[str, str] = MappingProxyType(
    {"mean_poi": "optimal", "mean_pod": "optimal", "min_poi": "maximin", "min_pod": "maximin"}
)
# Beyond this many units out the target counts as out of reach.
_FAR_TOO_MANY = 1e12
_ROWS_AT_ONCE = 4_000_000
# The plan for people who cross where they are least likely to be seen.
WORST_CASE = "worst case"


def coverage_curve(  # noqa: PLR0913 - the front door fixes this signature
    rates: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    unit_counts: Iterable[float] = range(1001),
    rule: str = "optimal",
    lengths_km: npt.ArrayLike | None = None,
    integer: bool = False,
    force: Force | None = None,
    p_identify: float | None = None,
    p_respond: float | None = None,
    law: str = "random",
) -> pd.DataFrame:
    """
    Tabulate detection, and interdiction where it is known, against units out.

    Parameters
    ----------
    rates
        Coverage per unit out by segment, from `detection_rates`.
    weights
        Weight of each segment (its share of crossings); normalised here.
    unit_counts
        Units out, a row for each.
    rule
        As in `allocate`.
    lengths_km
        Lengths for the even rule. Units: km.
    integer
        Whether each segment gets whole units.
    force
        The force, for its constants to identify and to respond, where it has any.
    p_identify
        Constant of one's own: the share of what is detected that is recognised as a
        crossing; the force's when left out, and 1 beside `p_respond` alone.
    p_respond
        Constant of one's own: the share that a response reaches in time; the force's
        when left out, and 1 beside `p_identify` alone.
    law
        Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).

    Returns
    -------
    DataFrame
        Columns unit_count, mean_pod (weighted over segments) and min_pod (worst
        segment); with one of the two constants also mean_poi and min_poi (times
        both). Without them nothing is said of interdiction, which `answer_pod` works out.

    Raises
    ------
    InvalidParameterError
        If a rate is not above 0, the weights are unusable, a count is
        negative or not whole when `integer`, or a word is unknown.
    LimitError
        If more than a million whole units are asked for.
    ShapeMismatchError
        If rates, weights and lengths are not of one length.

    References
    ----------
    .. [1] Koopman, B. O. (1953). The optimum distribution of effort. Journal
       of the Operations Research Society of America 1, 52-63.

    Examples
    --------
    >>> curve = coverage_curve([0.06, 0.02, 0.01], [0.3, 0.45, 0.25],
    ...                        unit_counts=[30, 60, 120])
    >>> curve[["unit_count", "mean_pod"]].round(4).values.tolist()
    [[30.0, 0.295], [60.0, 0.4599], [120.0, 0.6372]]
    >>> from borderzone.patrol import Force
    >>> own = coverage_curve([0.06], [1], force=Force(p_respond=0.7))
    >>> list(curve.columns), list(own.columns)[3:]
    (['unit_count', 'mean_pod', 'min_pod'], ['mean_poi', 'min_poi'])
    """
    a, w = checked_pair(rates, weights)
    counts = checked_counts(unit_counts, integer=integer)
    ceiling = _ceiling(force, p_identify, p_respond)
    make = whole_unit_plan if integer else fractional_plan
    plan = make(a, w, rule=rule, lengths_km=lengths_km, law=law)
    mean, worst = np.empty(counts.size), np.empty(counts.size)
    # Counts by segments is the large array of a curve: a block at a time keeps it to 32 MB.
    rows = max(1, _ROWS_AT_ONCE // a.size)
    for start in range(0, counts.size, rows):
        part = slice(start, start + rows)
        pod = POD[law](plan(counts[part]) * a)
        mean[part] = _mean_pod(pod, w)
        worst[part] = pod.min(axis=1)
    curve = pd.DataFrame({"unit_count": counts, "mean_pod": mean, "min_pod": worst})
    curve.attrs.update(rule=rule, law=law)
    if ceiling is not None:
        curve = curve.assign(mean_poi=mean * ceiling, min_poi=worst * ceiling)
        curve.attrs["ceiling"] = ceiling
    return curve


def curve_by_weights(
    rates: npt.ArrayLike,
    weights: Mapping[str, npt.ArrayLike],
    *,
    unit_counts: Iterable[float] = (10, 30, 100, 300, 1000),
    law: str = "random",
) -> pd.DataFrame:
    """
    Tabulate detection when units are planned for one opinion and another is true.

    For each opinion of where people cross, units are placed as it would have
    them, and detection is computed under every opinion: what a plan loses
    when it was made for the wrong one. The worst case places units so that
    the weakest segment is as strong as can be.

    Parameters
    ----------
    rates
        Coverage per unit out by segment, from `detection_rates`.
    weights
        Weights of the segments by name of the opinion, such as ``"uniform"``
        and ``"incidents"``; normalised here.
    unit_counts
        Units out.
    law
        Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).

    Returns
    -------
    DataFrame
        A row for each number and plan: unit_count, planned_for, mean_pod_NAME
        for each opinion, and min_pod (the weakest segment).

    Raises
    ------
    InvalidParameterError
        If there is no opinion, one is named ``"worst case"``, or a number is out
        of range.
    ShapeMismatchError
        If weights and rates are not of one length.

    References
    ----------
    .. [1] Koopman, B. O. (1953). The optimum distribution of effort. Journal
       of the Operations Research Society of America 1, 52-63.

    Examples
    --------
    >>> table = curve_by_weights([0.06, 0.02, 0.01],
    ...                          {"uniform": [1, 1, 1], "incidents": [4, 1, 1]}, unit_counts=[60])
    >>> table.drop(columns="unit_count").round(3)
      planned_for  mean_pod_uniform  mean_pod_incidents  min_pod
    0     uniform             0.429               0.625    0.000
    1   incidents             0.393               0.665    0.000
    2  worst case             0.302               0.302    0.302
    """
    if not isinstance(weights, dict) or not weights or WORST_CASE in weights:
        msg = (
            "weights must be a dict of one or more named weights, none of them named "
            f"{WORST_CASE!r}, got {weights!r}"
        )
        raise InvalidParameterError(msg)
    a = checked_rates(rates)
    counts = checked_counts(unit_counts)
    given = {name: normalised_weights(value, a.size) for name, value in weights.items()}
    even = np.full(a.size, 1.0 / a.size)  # maximin looks at no weights
    plans = {name: fractional_plan(a, w, rule="optimal", law=law) for name, w in given.items()}
    plans[WORST_CASE] = fractional_plan(a, even, rule="maximin", law=law)
    tables = []
    for name, plan in plans.items():
        pod = np.asarray(detection_for(plan(counts) * a, law=law))
        # A plan made for one opinion is judged under each: off the diagonal is what a wrong opinion
        # costs.
        means = {f"mean_pod_{key}": np.minimum(1.0, pod @ w) for key, w in given.items()}
        tables.append(
            pd.DataFrame(
                {"unit_count": counts, "planned_for": name, **means, "min_pod": pod.min(axis=1)}
            )
        )
    return pd.concat(tables).sort_values("unit_count", kind="stable").reset_index(drop=True)


def units_for_target(  # noqa: PLR0913 - one question with the assumptions it stands on
    rates: npt.ArrayLike,
    weights: npt.ArrayLike,
    target: float,
    *,
    measure: str = "mean_pod",
    rule: str = "optimal",
    lengths_km: npt.ArrayLike | None = None,
    force: Force | None = None,
    p_identify: float | None = None,
    p_respond: float | None = None,
    law: str = "random",
) -> float:
    """Fewest units out that reach a target, fractions allowed; infinite where none is enough."""
    a, w = checked_pair(rates, weights)
    check_choice(measure, "measure", MEASURES)
    ceiling = _ceiling(force, p_identify, p_respond)
    wanted = check_probability(target, "target")
    if measure.endswith("poi"):
        if ceiling is None:
            msg = (
                f"measure {measure!r} is interdiction, which needs p_identify= or p_respond=, of "
                f"one's own or of the force; or ask for {measure.replace('poi', 'pod')!r}"
            )
            raise InvalidParameterError(msg)
        wanted = float(pod_for_poi(np.asarray(wanted), np.asarray(ceiling)))
    plan = fractional_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)
    found = units_for_rates(
        plan, a[None, :], w, np.array([wanted]), worst=measure.startswith("min"), law=law
    )
    return float(found[0])


def known_measures(force: Force) -> tuple[str, ...]:
    """Measures that a curve of a force has: interdiction only by constants of the user's own."""
    return MEASURES if force.ceiling is not None else MEASURES[:2]


def pod_for_poi(poi: FloatArray, ceiling: FloatArray) -> FloatArray:
    """POD that interdiction takes under its ceiling; infinite where nothing seen is ever stopped."""
    # A target of 0 is met by nobody, also where nothing is ever stopped: 0 / 0 is 0 here.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(poi > 0, poi / ceiling, 0.0))


def units_for_rates(
    plan: Callable[[FloatArray], FloatArray],
    rates: FloatArray,
    weights: FloatArray,
    pod: FloatArray,
    *,
    worst: bool,
    law: str,
) -> FloatArray:
    """Fewest units with which a plan reaches a POD, for each set of rates."""
    # The plan is made once, on the rates it knows; `rates` are what turns out to be true, so the
    # units stand where the plan puts them.
    found = np.where(pod <= 0, 0.0, np.inf)
    certain = pod == 1
    with np.errstate(divide="ignore"):
        coverage = COVERAGE[law](np.clip(pod, 0.0, 1.0))
    open_draws = np.flatnonzero((pod > 0) & (pod <= 1) & np.isfinite(coverage))
    if open_draws.size == 0:
        return found
    # Certainty of the mean is certainty of every segment that has a weight.
    everywhere = weights > 0

    def shortfall(units: FloatArray, draw: IntArray) -> FloatArray:
        reached = plan(units) * rates[draw]
        if worst:
            return np.asarray(reached.min(axis=-1) - coverage[draw])
        mean = _mean_pod(POD[law](reached), weights) - pod[draw]
        # What rounding leaves of the mean would count as certainty too early.
        full = reached[..., everywhere].min(axis=-1) - coverage[draw]
        return np.where(certain[draw], full, mean)

    upper, bracketed = _bracket(shortfall, open_draws)
    draws = open_draws[bracketed]
    if draws.size:
        roots = elementwise.find_root(
            shortfall,
            (np.zeros(draws.size), upper[bracketed]),
            args=(draws,),
            tolerances={"xatol": 0.0, "xrtol": 1e-13, "fatol": 0.0, "frtol": 0.0},
            maxiter=200,
        )
        found[draws] = roots.x
    return found


def _mean_pod(pod: FloatArray, weights: FloatArray) -> FloatArray:
    # Weights sum to 1 but for their last digits: no mean is above certainty.
    return np.asarray(np.minimum(1.0, (pod * weights).sum(axis=-1)))


def _bracket(
    shortfall: Callable[[FloatArray, IntArray], FloatArray], draws: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Units with which each draw is past its target, and which draws have some."""
    # From one unit on in steps of four: a root finder needs both sides, and answers lie decades apart.
    upper = np.ones(draws.size)
    short = np.ones(draws.size, dtype=bool)
    while short.any() and upper.max() <= _FAR_TOO_MANY:
        where = np.flatnonzero(short)
        short[where] = shortfall(upper[where], draws[where]) < 0
        upper[short] *= 4.0
    return upper, ~short


def _ceiling(force: object, p_identify: float | None, p_respond: float | None) -> float | None:
    """Chance to stop what is seen, or None where nobody said how."""
    if force is not None and not isinstance(force, Force):
        msg = f"force must be a borderzone.patrol.Force, got {force!r}; Force(mode=..., sensor=...)"
        raise InvalidParameterError(msg)
    chances = {
        name: getattr(force, name, None) if given is None else check_probability(given, name)
        for name, given in (("p_identify", p_identify), ("p_respond", p_respond))
    }
    # Silence is no certainty: without a word on it, nothing is said of interdiction, and 1 x 1 is
    # not assumed.
    given = {name: chance for name, chance in chances.items() if chance is not None}
    return float(interdiction(1.0, **given)) if given else None


def checked_counts(
    unit_counts: Iterable[float], *, integer: bool = False
) -> npt.NDArray[Any]:  # whole counts stay whole numbers
    """Return numbers of units as an array, whole ones as integers."""
    given = np.asarray(
        list(unit_counts) if not isinstance(unit_counts, np.ndarray) else unit_counts
    )
    if given.ndim != 1 or given.size == 0:
        msg = "unit_counts must be a list of one or more numbers of units"
        raise InvalidParameterError(msg)
    counts = as_non_negative(given, "unit_counts")
    # Whole counts stay whole numbers in the table, as they were asked for.
    if (counts == np.floor(counts)).all():
        return counts.astype(np.int64)
    if integer:
        msg = f"unit_counts must be whole for whole units, got {counts[counts % 1 > 0][0]:g}"
        raise InvalidParameterError(msg)
    return counts
