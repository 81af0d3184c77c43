"""One force under several opinions of where people cross, next to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.allocation import checked_counts
from borderzone.patrol.answer.plans import checked_rates, fractional_plan, normalised_weights
from borderzone.patrol.theory.search import detection_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

__all__ = ["WORST_CASE", "curve_by_weights"]

WORST_CASE = "worst case"
"""Name of the plan for people who cross where they are least likely to be seen."""


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
        Coverage per unit on station by segment, from `detection_rates`.
    weights
        Weights of the segments by name of the opinion, such as ``"uniform"``
        and ``"incidents"``; normalised here.
    unit_counts
        Units on station.
    law
        Search law: ``"random"`` or ``"back_and_forth"``.

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
        means = {f"mean_pod_{key}": np.minimum(1.0, pod @ w) for key, w in given.items()}
        tables.append(
            pd.DataFrame(
                {"unit_count": counts, "planned_for": name, **means, "min_pod": pod.min(axis=1)}
            )
        )
    return pd.concat(tables).sort_values("unit_count", kind="stable").reset_index(drop=True)
