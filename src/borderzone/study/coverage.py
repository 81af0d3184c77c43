"""Patrols on the ground of a study: rates, curve, required units, and what they hang on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import patrol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario

__all__ = ["Coverage", "patrol_cover"]

LIGHTS = ("night", "day")
# Points of the curve; between them it is smooth.
_CURVE_POINTS = 151
_SOBOL_SAMPLES = 512


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """
    What patrols achieve on a ground, under one scenario.

    Attributes
    ----------
    segments
        Columns to join to the table of segments.
    curve, required, draws, sobol, plausibility, assumptions
        Tables of the result.
    terrain_variance
        How much of the variance of the rates is terrain.
    """

    segments: pd.DataFrame
    curve: pd.DataFrame
    required: pd.DataFrame
    draws: pd.DataFrame
    sobol: pd.DataFrame
    plausibility: pd.DataFrame
    assumptions: pd.DataFrame
    terrain_variance: Mapping[str, Any]


def patrol_cover(
    corridor: Corridor,
    table: pd.DataFrame,
    scenario: Scenario,
    seed: int,
    step: Callable[[str], None],
    *,
    weights: pd.Series | None = None,
) -> Coverage:
    """
    Compute what patrols detect and intercept, by unit count.

    Parameters
    ----------
    corridor
        Corridor with its segments.
    table
        Ground by segment.
    scenario
        Force, crosser, law, targets and draws.
    seed
        Seed of the Monte Carlo.
    step
        Called with the name of each step.
    weights
        Share of crossings of each segment; by length when left out.

    Returns
    -------
    Coverage
        Tables and segment columns.

    Raises
    ------
    BorderzoneError
        If the ground of a segment is unknown or an assumption impossible.
    """
    step("detection rates and curve")
    assumptions = scenario.assumptions()
    cases = {light: _case(corridor, table, scenario, light, weights) for light in LIGHTS}
    sampling: dict[str, Any] = {
        "draws": scenario.draws,
        "seed": seed,
        "assumptions": assumptions,
    }
    counts = unit_counts(scenario.max_units)
    curve = pd.concat(
        [
            patrol.monte_carlo(case, unit_counts=counts, rule=rule, **sampling)
            for case in cases.values()
            for rule in patrol.RULES
        ],
        ignore_index=True,
    )
    step("required units")
    required = pd.concat(
        [
            patrol.units_required(
                case, targets=scenario.targets, confidence=scenario.confidence, **sampling
            )
            for case in cases.values()
        ],
        ignore_index=True,
    )
    headline = cases[scenario.light]
    drawn = patrol.draw_rates(headline, **sampling)
    step("sensitivity")
    length_km = float(corridor.segments["length_km"].sum())
    return Coverage(
        segments=_segment_columns(cases, headline, table, scenario),
        curve=curve,
        required=required,
        draws=_draws(headline, drawn, scenario),
        sobol=patrol.sobol_units(
            headline,
            target=scenario.targets[0],
            n=_SOBOL_SAMPLES,
            seed=seed,
            assumptions=assumptions,
        ),
        plausibility=patrol.plausibility(
            length_km,
            _headline_curve(curve, scenario),
            crew=scenario.force.crew,
            shift_factor=scenario.force.shift_factor,
        ),
        assumptions=patrol.assumption_table(assumptions),
        terrain_variance=patrol.terrain_variance(drawn.rates),
    )


def unit_counts(max_units: int) -> list[int]:
    """
    Give the unit counts that a curve shows, from none to the most.

    Parameters
    ----------
    max_units
        Largest number of units on station.

    Returns
    -------
    list of int
        Rising, without repetition.

    Examples
    --------
    >>> unit_counts(4)
    [0, 1, 2, 3, 4]
    """
    # Even steps on a logarithmic axis: real forces and the answer lie decades apart.
    steps = np.geomspace(1, max_units, _CURVE_POINTS) if max_units > 1 else np.ones(1)
    return sorted({0, *(round(x) for x in steps)})


def on_line_share(hours: pd.Series, shift_h: float) -> pd.Series:
    """
    Share of a shift that is left on the line after the drive there and back.

    Parameters
    ----------
    hours
        Travel time from the nearest origin to the line. Units: h.
    shift_h
        Length of a shift. Units: h.

    Returns
    -------
    Series
        From 0, where the shift is all drive, to 1; NaN where hours are unknown.

    Examples
    --------
    >>> on_line_share(pd.Series([0.0, 3.0, float("inf")]), shift_h=12.0).tolist()
    [1.0, 0.5, 0.0]
    """
    return (1.0 - 2.0 * hours / shift_h).clip(0.0, 1.0)


def _headline_curve(curve: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rows = curve[
        (curve["light"] == scenario.light) & (curve["rule"] == patrol.BEST_RULE["mean_poi"])
    ]
    return rows.reset_index(drop=True)


def _case(
    corridor: Corridor,
    table: pd.DataFrame,
    scenario: Scenario,
    light: str,
    weights: pd.Series | None,
) -> patrol.PatrolCase:
    target = "person"
    if scenario.crosser == "vehicle":
        table, target = table.assign(crosser_km_h=scenario.crosser_vehicle_km_h), "vehicle"
    return patrol.PatrolCase.of(
        corridor,
        table,
        scenario.force,
        weights=weights,
        light=light,
        target=target,
        law=scenario.law,
    )


def _segment_columns(
    cases: Mapping[str, patrol.PatrolCase],
    headline: patrol.PatrolCase,
    table: pd.DataFrame,
    scenario: Scenario,
) -> pd.DataFrame:
    columns: dict[str, Any] = {"weight": headline.weights}
    for light, case in cases.items():
        factors = patrol.rate_factors(
            case.lengths_km, case.ground, case.force, light=light, target=case.target
        )
        columns[f"sweep_width_km_{light}"] = factors["sweep_width_km"]
        columns[f"rate_{light}"] = factors["rate"]
        columns["patrol_km_h"] = factors["patrol_km_h"]
        columns["crosser_km_h"] = factors["crosser_km_h"]
    # The drive ends at the line, not somewhere in the strip; without origins it is not known.
    share = on_line_share(table.get("response_median_h", table["hours_median"]), scenario.shift_h)
    columns["on_line_share"] = share
    columns |= {f"rate_on_shift_{light}": columns[f"rate_{light}"] * share for light in cases}
    rates = columns[f"rate_{scenario.light}"]
    for rule in patrol.RULES:
        units = headline.plan(rule)(np.array([float(scenario.reference_units)]))[0]
        columns[f"units_{rule}"] = units
        columns[f"pod_{rule}"] = patrol.detection_for(units * rates.to_numpy(), law=scenario.law)
    return pd.DataFrame(columns, index=headline.lengths_km.index)


def _draws(case: patrol.PatrolCase, drawn: patrol.Draws, scenario: Scenario) -> pd.DataFrame:
    """One row a draw, so that scenarios can be compared draw by draw."""
    found: dict[str, Any] = {"ceiling": drawn.ceiling, "roll_per_station": drawn.roll}
    for measure, rule in patrol.BEST_RULE.items():
        units = case.plan(rule)(np.array([float(scenario.reference_units)]))[0]
        coverage = drawn.rates * units
        pod = np.asarray(patrol.detection_for(coverage, law=case.law))
        pod = pod.min(axis=1) if measure.startswith("min") else pod @ case.weights.to_numpy()
        found[measure] = pod * drawn.ceiling if measure.endswith("poi") else pod
        for target in scenario.targets:
            found[f"on_station_{measure}_{target:g}"] = patrol.required_draws(
                case, drawn, target=target, measure=measure, rule=rule
            )
    return pd.DataFrame(found).rename_axis("draw")
