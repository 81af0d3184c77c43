"""Results compared draw by draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards.draws import among_draws, between_draws
from borderzone.errors import InvalidParameterError
from borderzone.patrol import whole_units
from borderzone.study import told

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["compare"]

_BAND = (0.05, 0.95)


def compare(a: StudyResult, b: StudyResult) -> pd.DataFrame:
    """
    Compare two results draw by draw.

    Both must have been run with one seed and one number of draws: then draw k
    assumes the same of both, and the band of their differences holds what the
    change does, without the noise that they share.

    Parameters
    ----------
    a, b
        Results; the difference is b less a.

    Returns
    -------
    DataFrame
        One row a quantity: `a` and `b` (medians over the draws), `difference`
        (median of the differences) with its 5 to 95 % band, and
        `within_noise` (whether the band holds zero). Infinite on both sides
        has no difference.

    Raises
    ------
    InvalidParameterError
        If the two were not run with one seed and one number of draws, or one
        of them has no draws.

    Examples
    --------
    >>> import borderzone as bz
    >>> scenario = bz.Scenario(draws=200, resolution_m=5000)
    >>> study = bz.Study.default(scenario)
    >>> ground = study.read_ground()
    >>> more = scenario.changed({"force.sensor": "night_vision_goggles"})
    >>> first = study.run(ground=ground)
    >>> second = study.with_scenario(more).run(ground=ground)
    >>> table = compare(first, second)
    >>> bool(table.loc[table["quantity"] == "mean_pod", "difference"].iloc[0] > 0)
    True
    """
    if a.patrol.draws is None or b.patrol.draws is None:
        bare = a if a.patrol.draws is None else b
        msg = told.without_elevation(bare, "unit counts to compare")
        raise InvalidParameterError(msg)
    if a.seed != b.seed or len(a.patrol.draws) != len(b.patrol.draws):
        msg = (
            f"results are compared draw by draw: run both with one seed (got {a.seed} and "
            f"{b.seed}) and one number of draws (got {len(a.patrol.draws)} and {len(b.patrol.draws)})"
        )
        raise InvalidParameterError(msg)
    shared = [
        name
        for name in a.patrol.draws.columns
        if name in b.patrol.draws.columns and name not in ("ceiling", "payroll_per_unit_out")
    ]
    return pd.DataFrame(
        [
            _difference(name, a.patrol.draws[name].to_numpy(), b.patrol.draws[name].to_numpy())
            for name in shared
        ]
    ).assign(scenario_a=a.scenario.name, scenario_b=b.scenario.name)


def _difference(name: str, a: FloatArray, b: FloatArray) -> dict[str, Any]:
    # Where no number of units is enough in either case there is nothing to tell apart.
    with np.errstate(invalid="ignore"):
        difference = b - a
    known = difference[~np.isnan(difference)]
    if len(known) < len(difference) / 2:
        low = middle = high = np.nan
    else:
        low, middle, high = between_draws(known, [_BAND[0], 0.5, _BAND[1]])
    return {
        "quantity": name,
        "a": _middle(name, a),
        "b": _middle(name, b),
        "difference": float(middle),
        "difference_p05": float(low),
        "difference_p95": float(high),
        "within_noise": bool(low <= 0 <= high) if np.isfinite(middle) else None,
    }


def _middle(name: str, values: FloatArray) -> float:
    """Median as the table of required units has it: one of the draws, units rounded up."""
    middle = float(among_draws(values, 0.5))
    whole = name.startswith("out_") and np.isfinite(middle)
    return float(whole_units(middle)) if whole else middle
