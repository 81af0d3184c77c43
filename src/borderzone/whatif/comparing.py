"""Results compared draw by draw."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards.draws import among_draws, between_draws
from borderzone.errors import InvalidParameterError
from borderzone.patrol import answer_draws, whole_units
from borderzone.study import own_law, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from borderzone._typing import FloatArray
    from borderzone.patrol import KitQuestion
    from borderzone.study import StudyResult

__all__ = ["check_paired", "compare", "paired_difference"]

_BAND = (0.05, 0.95)
# What a draw assumes besides, and no quantity of its own.
_NO_QUANTITY = ("ceiling", "payroll_per_unit_out")


def compare(a: StudyResult, b: StudyResult, *more: StudyResult) -> pd.DataFrame:
    """
    Compare results with a baseline, draw by draw.

    All must have been run with one seed and one number of draws: then draw k
    assumes the same of all, and the band of their differences holds what the
    change does, without the noise that they share.

    Parameters
    ----------
    a
        The baseline.
    b, *more
        Results to hold against it; a difference is theirs less the baseline's.

    Returns
    -------
    DataFrame
        One row a scenario and quantity: `a` and `b` (medians over the draws),
        `difference` (median of the differences, which is not the difference of
        the medians) with its 5 to 95 % band, `probability` that it has the sign
        of its median, and `within_noise` (whether the band holds zero); the two
        scenarios, and `case`, which counts those after the baseline. Quantities
        are what the reference units reach (``mean_pod``), the units for a target
        (``out_mean_pod_0.5``), and the people out of the scenario's own kit in
        the answer, against a crosser who knows nothing (``people_mean_pod_0.5``).
        Infinite on both sides has no difference.

    Raises
    ------
    InvalidParameterError
        If two were not run on one border, with one seed and one number of draws,
        or one of them has no draws.

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
    baseline = dict(_quantities(a))
    tables = []
    for case, other in enumerate((b, *more), start=1):
        check_paired(a, other)
        found = dict(_quantities(other))
        rows = [
            {"quantity": name, "a": _middle(name, values), "b": _middle(name, found[name])}
            | paired_difference(values, found[name])
            for name, values in baseline.items()
            if name in found
        ]
        names = {"scenario_a": a.scenario.name, "scenario_b": other.scenario.name}
        tables.append(pd.DataFrame(rows).assign(**names, case=case))
    table = pd.concat(tables, ignore_index=True)
    table.attrs["statement"] = told.DIFFERENCE_WORDS
    return table


def paired_difference(a: FloatArray, b: FloatArray) -> dict[str, Any]:
    """
    Tell how much more b is than a, draw by draw.

    `difference` is the median, with its 5 to 95 % band; `probability` is the share of the draws whose
    difference has the sign of the median, unknown where that is zero. Draws in which neither is finite
    tell nothing apart; where they are more than half, nothing is told.
    """
    with np.errstate(invalid="ignore"):
        difference = np.asarray(b, dtype=float) - np.asarray(a, dtype=float)
    known = difference[~np.isnan(difference)]
    low = middle = high = probability = np.nan
    if len(known) and 2 * len(known) >= len(difference):
        low, middle, high = between_draws(known, [_BAND[0], 0.5, _BAND[1]])
    if middle != 0 and not np.isnan(middle):
        probability = float((np.sign(known) == np.sign(middle)).mean())
    return {
        "difference": float(middle),
        "difference_low": float(low),
        "difference_high": float(high),
        "probability": probability,
        "within_noise": bool(low <= 0 <= high) if np.isfinite(middle) else None,
    }


def check_paired(a: StudyResult, b: StudyResult) -> None:
    """Refuse two results whose draws do not assume the same."""
    for bare in (a, b):
        if bare.patrol.draws is None:
            raise InvalidParameterError(told.without_elevation(bare, "unit counts to compare"))
    assert a.patrol.draws is not None  # noqa: S101 - looked at above
    assert b.patrol.draws is not None  # noqa: S101 - looked at above
    if a.seed != b.seed or len(a.patrol.draws) != len(b.patrol.draws):
        msg = (
            f"results are compared draw by draw: run both with one seed (got {a.seed} and "
            f"{b.seed}) and one number of draws (got {len(a.patrol.draws)} and {len(b.patrol.draws)})"
        )
        raise InvalidParameterError(msg)
    if (a.border.a, a.border.b) != (b.border.a, b.border.b):
        msg = (
            f"results of one border are compared, got {a.name!r} and {b.name!r}: "
            "run both scenarios on one study"
        )
        raise InvalidParameterError(msg)
    ends = ["km_start", "km_end"]
    if len(a.segments) != len(b.segments) or not np.allclose(a.segments[ends], b.segments[ends]):
        msg = (
            f"results of one border in the same segments are compared, got {len(a.segments)} on "
            f"{a.border.length_km:.1f} km and {len(b.segments)} on {b.border.length_km:.1f} km: give "
            "both scenarios one border_km, one segment_km and one line"
        )
        raise InvalidParameterError(msg)


def _quantities(result: StudyResult) -> Iterator[tuple[str, FloatArray]]:
    """Give the draws of each quantity by its name; what no draw is told of is left out."""
    if result.patrol.draws is None:
        raise InvalidParameterError(told.without_elevation(result, "unit counts to compare"))
    for name, values in result.patrol.draws.items():
        if name not in _NO_QUANTITY:
            yield str(name), values.to_numpy()
    if result.patrol.asked is None or result.answer is None:
        return
    aims = result.answer.groupby("measure", sort=False)["target"].first()
    found = _people(result.patrol.asked, own_law(result.scenario), tuple(map(str, aims.index)))
    for (measure, target), people in zip(aims.items(), found, strict=True):
        if not np.isnan(people).any():
            yield f"people_{measure}_{target:g}", people


# A report compares the same two results in its figure, in words and in two tables.
@lru_cache(maxsize=4)
def _people(asked: KitQuestion, law: str, measures: tuple[str, ...]) -> tuple[FloatArray, ...]:
    """Give the people out of the scenario's own kit by draw, for each measure."""
    # The first row is no draw: it has every state of nature at its median.
    return tuple(
        answer_draws(asked, "scenario", law=law, measure=each)["people"].to_numpy()[1:]
        for each in measures
    )


def _middle(name: str, values: FloatArray) -> float:
    """Median as the tables have it: one of the draws, units rounded up."""
    middle = float(among_draws(values, 0.5))
    whole = name.startswith("out_") and np.isfinite(middle)
    return float(whole_units(middle)) if whole else middle
