"""Patrols on the ground of a study: rates, curve, required units, and what they hang on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import patrol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario

__all__ = ["Coverage", "border_length_km", "lengths_told", "patrol_cover"]

LIGHTS = ("night", "day")
# Where measured and published length differ by more, what hangs on the length is told for both.
_LENGTHS_DIFFER = 0.03
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
        Tables of the result. Where the published length differs from the measured one, required
        and plausibility have rows, and draws have columns, for both.
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
    """Compute what patrols detect and intercept, by unit count."""
    step("detection rates and curve")
    assumptions = scenario.assumptions()
    cases = {
        (length, light): _case(
            _lengths_km(corridor, length), table, scenario, light=light, weights=weights
        )
        for length in lengths_told(corridor.border, scenario.length)
        for light in LIGHTS
    }
    chosen = {light: cases[scenario.length, light] for light in LIGHTS}
    sampling: dict[str, Any] = {
        "draws": scenario.draws,
        "seed": seed,
        "assumptions": assumptions,
    }
    counts = unit_counts(scenario.max_units)
    curve = pd.concat(
        [
            patrol.monte_carlo(case, unit_counts=counts, rule=rule, **sampling)
            for case in chosen.values()
            for rule in patrol.RULES
        ],
        ignore_index=True,
    )
    step("required units")
    required = pd.concat(
        [
            patrol.units_required(
                case, targets=scenario.targets, confidence=scenario.confidence, **sampling
            ).assign(length=length, length_km=border_length_km(corridor.border, length))
            for (length, _), case in cases.items()
        ],
        ignore_index=True,
    )
    headline = {length: case for (length, light), case in cases.items() if light == scenario.light}
    drawn = {length: patrol.draw_rates(case, **sampling) for length, case in headline.items()}
    step("sensitivity")
    return Coverage(
        segments=_segment_columns(chosen, headline[scenario.length], table, scenario),
        curve=curve,
        required=required,
        draws=_draws(headline, drawn, scenario),
        sobol=patrol.sobol_units(
            headline[scenario.length],
            target=scenario.targets[0],
            n=_SOBOL_SAMPLES,
            seed=seed,
            assumptions=assumptions,
        ),
        plausibility=_plausibility(corridor.border, headline, curve, scenario, sampling),
        assumptions=patrol.assumption_table(assumptions),
        terrain_variance=patrol.terrain_variance(drawn[scenario.length].rates),
    )


def lengths_told(border: Border, chosen: str) -> tuple[str, ...]:
    """Name the lengths for which unit counts are told."""
    published = border.published_length_km
    if published is None or abs(border.length_km / published - 1.0) <= _LENGTHS_DIFFER:
        return (chosen,)
    return (chosen, "published" if chosen == "measured" else "measured")


def border_length_km(border: Border, length: str) -> float:
    """Give one of the lengths of a border."""
    if length == "measured":
        return border.length_km
    assert border.published_length_km is not None  # noqa: S101 - a study without one is refused
    return border.published_length_km


def _lengths_km(corridor: Corridor, length: str) -> pd.Series:
    """Lengths of the segments, which share evenly what the line leaves out of a longer border."""
    lengths = corridor.segments["length_km"]
    if length == "measured":
        return lengths
    border = corridor.border
    return lengths * (border_length_km(border, length) / border.length_km)


def unit_counts(max_units: int) -> list[int]:
    """Give the unit counts that a curve shows, from none to the most."""
    # Even steps on a logarithmic axis: real forces and the answer lie decades apart.
    steps = np.geomspace(1, max_units, _CURVE_POINTS) if max_units > 1 else np.ones(1)
    return sorted({0, *(round(x) for x in steps)})


def on_line_share(hours: pd.Series, shift_h: float) -> pd.Series:
    """Share of a shift that is left on the line after the drive there and back."""
    return (1.0 - 2.0 * hours / shift_h).clip(0.0, 1.0)


def _headline_curve(curve: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rows = curve[
        (curve["light"] == scenario.light) & (curve["rule"] == patrol.BEST_RULE["mean_poi"])
    ]
    return rows.reset_index(drop=True)


def _plausibility(
    border: Border,
    headline: Mapping[str, patrol.PatrolCase],
    curve: pd.DataFrame,
    scenario: Scenario,
    sampling: Mapping[str, Any],
) -> pd.DataFrame:
    """Put real forces on the curve of each length that is told."""
    own = _headline_curve(curve, scenario)
    found = []
    for length, case in headline.items():
        if length != scenario.length:
            own = patrol.monte_carlo(
                case, unit_counts=unit_counts(scenario.max_units), rule="optimal", **sampling
            )
        length_km = border_length_km(border, length)
        table = patrol.plausibility(
            length_km, own, crew=scenario.force.crew, shift_factor=scenario.force.shift_factor
        )
        found.append(table.assign(length=length, length_km=length_km))
    rows = pd.concat(found, ignore_index=True)
    rows.attrs = {**found[0].attrs, "need": {t["length"].iloc[0]: t.attrs["need"] for t in found}}
    return rows


def _case(
    lengths_km: pd.Series,
    table: pd.DataFrame,
    scenario: Scenario,
    *,
    light: str,
    weights: pd.Series | None,
) -> patrol.PatrolCase:
    target = "person"
    if scenario.crosser == "vehicle":
        table, target = table.assign(crosser_km_h=scenario.crosser_vehicle_km_h), "vehicle"
    return patrol.PatrolCase.of(
        lengths_km,
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


def _draws(
    cases: Mapping[str, patrol.PatrolCase],
    drawn: Mapping[str, patrol.Draws],
    scenario: Scenario,
) -> pd.DataFrame:
    """One row a draw, so that scenarios can be compared draw by draw."""
    case, own = cases[scenario.length], drawn[scenario.length]
    found: dict[str, Any] = {"ceiling": own.ceiling, "roll_per_station": own.roll}
    for measure, rule in patrol.BEST_RULE.items():
        units = case.plan(rule)(np.array([float(scenario.reference_units)]))[0]
        coverage = own.rates * units
        pod = np.asarray(patrol.detection_for(coverage, law=case.law))
        pod = pod.min(axis=1) if measure.startswith("min") else pod @ case.weights.to_numpy()
        found[measure] = pod * own.ceiling if measure.endswith("poi") else pod
        for length, target in itertools.product(cases, scenario.targets):
            where = "" if length == scenario.length else f"{length}_"
            found[f"on_station_{where}{measure}_{target:g}"] = patrol.required_draws(
                cases[length], drawn[length], target=target, measure=measure, rule=rule
            )
    return pd.DataFrame(found).rename_axis("draw")
