"""Sweeps: one study under many assumptions, as one tidy table."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone.errors import InvalidScenarioError
from borderzone.patrol import BEST_RULE
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from borderzone.study import Ground, Study, StudyResult

__all__ = ["sweep"]

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
