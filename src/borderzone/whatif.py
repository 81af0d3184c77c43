"""What if: sweeps over assumptions, and two results compared draw by draw."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guard_room
from borderzone._guards.draws import among_draws, between_draws
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.patrol import BEST_RULE, whole_units
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from borderzone._typing import FloatArray
    from borderzone.study import Study, StudyResult
    from borderzone.study.ground import Ground

__all__ = ["compare", "sweep"]

_BAND = (0.05, 0.95)
_AMONG_DRAWS = ("mean_pod", "min_pod", "mean_poi", "min_poi")


def sweep(
    study: Study,
    changes: Mapping[str, Sequence[Any]],
    *,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """
    Run a study under every combination of values, as one tidy table.

    All runs share the seed, so that differences are those of the values.
    Terrain is read once for all runs that share it.

    Parameters
    ----------
    study
        Study to vary.
    changes
        Values by name of a scenario's field; a dot reaches into the force,
        as in ``{"force.sensor": ["eye", "vehicle_thermal"]}``.
    seed
        Seed of every run.
    progress
        Called with the name of each step.

    Returns
    -------
    DataFrame
        One row for each combination, measure and target, in the light of the
        scenario and with the rule that serves the measure: the swept values,
        measure, target, the required units out and on the payroll with their
        bands, and `at_reference`, the measure at the scenario's reference
        units.

    Raises
    ------
    InvalidScenarioError
        If a name is unknown, a value impossible, or there is nothing to vary.

    Examples
    --------
    >>> import borderzone as bz
    >>> study = bz.Study.default(bz.Scenario(draws=200, resolution_m=5000))
    >>> table = bz.sweep(study, {"force.patrol_km_h": [10, 20]})
    >>> first = table.query("measure == 'mean_pod' and target == 0.5")
    >>> bool(first["out_p50"].is_monotonic_decreasing)
    True
    """
    if not changes or any(isinstance(v, str) or not len(v) for v in changes.values()):
        msg = 'a sweep needs lists of values by name, such as {"depth_km": [25, 50]}'
        raise InvalidScenarioError(msg)
    cases = [
        dict(zip(changes, values, strict=True)) for values in itertools.product(*changes.values())
    ]
    scenarios = [study.scenario.changed(case) for case in cases]
    grounds: dict[tuple[Any, ...], Ground] = {}
    tables = []
    for case, scenario in zip(cases, scenarios, strict=True):
        varied = study.with_scenario(scenario)
        key = varied.ground_key
        if key not in grounds:
            grounds[key] = varied.read_ground(progress)
        result = varied.run(seed=seed, ground=grounds[key], progress=progress)
        tables.append(_tidy(case, result))
    return pd.concat(tables, ignore_index=True)


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


def _tidy(case: Mapping[str, Any], result: StudyResult) -> pd.DataFrame:
    if result.required is None or result.patrol.draws is None:
        raise InvalidScenarioError(told.without_elevation(result, "unit counts to sweep over"))
    rows = result.required
    rows = rows[rows["light"] == result.scenario.light]
    rows = rows[rows["length"] == result.scenario.length].drop(columns=["length", "length_km"])
    rows = rows[rows["rule"] == rows["measure"].map(BEST_RULE)].reset_index(drop=True)
    draws = result.patrol.draws
    middle = {name: float(np.median(draws[name])) for name in _AMONG_DRAWS if name in draws}
    rows = rows.assign(at_reference=rows["measure"].map(middle))
    for position, (name, value) in enumerate(case.items()):
        rows.insert(position, name, [value] * len(rows))
    return rows


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


guard_room(globals(), __all__)
