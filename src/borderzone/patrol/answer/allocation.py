"""Where units go: even, optimal or maximin, and what a number of units achieves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import as_non_negative, check_choice, check_probability, check_whole
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.plans import (
    checked_rates,
    fractional_plan,
    normalised_weights,
    whole_unit_plan,
)
from borderzone.patrol.answer.required import MEASURES, units_for_rates
from borderzone.patrol.force.forces import Force
from borderzone.patrol.theory.response import interdiction
from borderzone.patrol.theory.search import POD

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["allocate", "checked_counts", "coverage_curve", "units_for_target"]

_ROWS_AT_ONCE = 4_000_000


def allocate(  # noqa: PLR0913 - the front door fixes this signature
    rates: npt.ArrayLike,
    weights: npt.ArrayLike,
    units: float,
    *,
    rule: str = "optimal",
    lengths_km: npt.ArrayLike | None = None,
    integer: bool = False,
    law: str = "random",
) -> pd.Series:
    """
    Spread units on station over the segments.

    Parameters
    ----------
    rates
        Coverage per unit on station by segment, from `detection_rates`.
    weights
        Weight of each segment (its share of crossings); normalised here.
    units
        Units on station.
    rule
        ``"even"``: by length when `lengths_km` is given, else by segment.
        ``"optimal"``: the highest weighted mean POD (Koopman). ``"maximin"``:
        the highest POD of the worst segment, "every inch".
    lengths_km
        Lengths for the even rule. Units: km.
    integer
        Whether each segment gets whole units. The optimum is then exact by
        marginal gains, maximin by serving the weakest first, and even goes by
        largest remainders with ties spread along the border.
    law
        Search law: ``"random"`` or ``"back_and_forth"``.

    Returns
    -------
    Series
        Units by segment, named ``units``; fractional (shares of time) unless
        `integer`.

    Raises
    ------
    InvalidParameterError
        If a rate is not above 0, the weights are unusable, the units are
        negative or not whole when `integer`, or a word is unknown.
    LimitError
        If more than a million whole units are asked for.
    ShapeMismatchError
        If rates, weights and lengths are not of one length.

    References
    ----------
    .. [1] Koopman, B. O. (1953). The optimum distribution of effort. Journal
       of the Operations Research Society of America 1, 52-63.
    .. [2] de Guenin, J. (1961). Optimum distribution of effort: an extension
       of the Koopman basic theory. Operations Research 9, 1-7.

    Examples
    --------
    >>> allocate([1, 1, 1], [0.5, 0.3, 0.2], 2).round(6).tolist()
    [1.142372, 0.631546, 0.226081]
    >>> allocate([0.5, 0.25], [1, 1], 6, rule="maximin").tolist()
    [2.0, 4.0]
    """
    a, w = _checked(rates, weights)
    if integer:
        count = np.array([check_whole(units, "units", lowest=0)])
        placed = whole_unit_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)(count)[0]
    else:
        number = as_non_negative(units, "units").reshape(1)
        placed = fractional_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)(number)[0]
    return pd.Series(placed, index=_index(rates, weights, a.size), name="units")


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
    Tabulate detection, and interdiction where it is known, against units on station.

    Parameters
    ----------
    rates
        Coverage per unit on station by segment, from `detection_rates`.
    weights
        Weight of each segment (its share of crossings); normalised here.
    unit_counts
        Units on station, a row for each.
    rule
        As in `allocate`.
    lengths_km
        Lengths for the even rule. Units: km.
    integer
        Whether each segment gets whole units.
    force
        The force, for its chances to identify and to respond.
    p_identify
        Probability that what is detected is recognised as a crossing; the
        force's when left out, and 1 beside `p_respond` alone.
    p_respond
        Probability that a response reaches it in time; the force's when left
        out, and 1 beside `p_identify` alone.
    law
        Search law: ``"random"`` or ``"back_and_forth"``.

    Returns
    -------
    DataFrame
        Columns unit_count, mean_pod (weighted over segments) and min_pod (worst
        segment); with a force or one of the two chances also mean_poi and
        min_poi (times both chances). Without them nothing is said of
        interdiction.

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
    >>> list(curve.columns), list(coverage_curve([0.06], [1], force=Force()).columns)[3:]
    (['unit_count', 'mean_pod', 'min_pod'], ['mean_poi', 'min_poi'])
    """
    a, w = _checked(rates, weights)
    counts = checked_counts(unit_counts, integer=integer)
    ceiling = _ceiling(force, p_identify, p_respond)
    make = whole_unit_plan if integer else fractional_plan
    plan = make(a, w, rule=rule, lengths_km=lengths_km, law=law)
    mean, worst = np.empty(counts.size), np.empty(counts.size)
    rows = max(1, _ROWS_AT_ONCE // a.size)
    for start in range(0, counts.size, rows):
        part = slice(start, start + rows)
        pod = POD[law](plan(counts[part]) * a)
        mean[part] = np.minimum(1.0, (pod * w).sum(axis=1))
        worst[part] = pod.min(axis=1)
    curve = pd.DataFrame({"unit_count": counts, "mean_pod": mean, "min_pod": worst})
    curve.attrs.update(rule=rule, law=law)
    if ceiling is not None:
        curve = curve.assign(mean_poi=mean * ceiling, min_poi=worst * ceiling)
        curve.attrs["ceiling"] = ceiling
    return curve


def _ceiling(force: Any, p_identify: float | None, p_respond: float | None) -> float | None:
    """Chance to stop what is seen, or None where nobody said how."""
    if force is not None and not isinstance(force, Force):
        msg = f"force must be a borderzone.patrol.Force, got {force!r}; Force(mode=..., sensor=...)"
        raise InvalidParameterError(msg)
    if force is None and p_identify is None and p_respond is None:
        return None
    chances = (
        ("p_identify", p_identify, 1.0 if force is None else force.p_identify),
        ("p_respond", p_respond, 1.0 if force is None else force.p_respond),
    )
    identify, respond = (
        check_probability(usual if given is None else given, name) for name, given, usual in chances
    )
    return float(interdiction(1.0, p_identify=identify, p_respond=respond))


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
    """
    Fewest units on station that reach a target, fractions allowed.

    Parameters
    ----------
    rates
        Coverage per unit on station by segment, from `detection_rates`.
    weights
        Weight of each segment (its share of crossings); normalised here.
    target
        Wanted probability.
    measure
        ``"mean_pod"``, ``"min_pod"``, or with a force or one of the two
        chances ``"mean_poi"`` or ``"min_poi"``.
    rule
        As in `allocate`.
    lengths_km
        Lengths for the even rule. Units: km.
    force, p_identify, p_respond
        As in `coverage_curve`.
    law
        Search law: ``"random"`` or ``"back_and_forth"``.

    Returns
    -------
    float
        Units on station, not rounded. Infinite where no number is enough:
        certainty under the random law, or interdiction above
        ``p_identify p_respond``.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or a word is unknown, or interdiction is
        asked for and nothing is said of identification and response.
    ShapeMismatchError
        If rates, weights and lengths are not of one length.

    Examples
    --------
    >>> rates, weights = [0.063295, 0.017603, 0.006933], [0.30, 0.45, 0.25]
    >>> print(round(units_for_target(rates, weights, 0.5), 1))
    74.3
    >>> units_for_target(rates, weights, 0.9, measure="mean_poi", p_respond=0.7)
    inf
    """
    a, w = _checked(rates, weights)
    check_choice(measure, "measure", MEASURES)
    ceiling = _ceiling(force, p_identify, p_respond)
    wanted = check_probability(target, "target")
    if measure.endswith("poi"):
        if ceiling is None:
            msg = (
                f"measure {measure!r} is interdiction, which needs force=, or p_identify= or "
                f"p_respond=; or ask for {measure.replace('poi', 'pod')!r}"
            )
            raise InvalidParameterError(msg)
        wanted = wanted / ceiling if ceiling > 0 else (np.inf if wanted > 0 else 0.0)
    plan = fractional_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)
    found = units_for_rates(
        plan, a[None, :], w, np.array([wanted]), worst=measure.startswith("min"), law=law
    )
    return float(found[0])


def _checked(rates: Any, weights: Any) -> tuple[FloatArray, FloatArray]:
    a = checked_rates(rates)
    both = isinstance(rates, pd.Series) and isinstance(weights, pd.Series)
    if both and len(rates) == len(weights) and not rates.index.equals(weights.index):
        msg = "rates and weights are of different segments: their indexes differ; align them"
        raise InvalidParameterError(msg)
    return a, normalised_weights(weights, a.size)


def _index(rates: npt.ArrayLike, weights: npt.ArrayLike, size: int) -> pd.Index:
    for given in (rates, weights):
        if isinstance(given, pd.Series):
            return given.index
    return pd.RangeIndex(size, name="segment")


def checked_counts(unit_counts: Iterable[float], *, integer: bool = False) -> npt.NDArray[Any]:
    """Return numbers of units as an array, whole ones as integers."""
    given = np.asarray(
        list(unit_counts) if not isinstance(unit_counts, np.ndarray) else unit_counts
    )
    if given.ndim != 1 or given.size == 0:
        msg = "unit_counts must be a list of one or more numbers of units"
        raise InvalidParameterError(msg)
    counts = as_non_negative(given, "unit_counts")
    if (counts == np.floor(counts)).all():
        return counts.astype(np.int64)
    if integer:
        msg = f"unit_counts must be whole for whole units, got {counts[counts % 1 > 0][0]:g}"
        raise InvalidParameterError(msg)
    return counts
