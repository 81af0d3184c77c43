"""
Patrols: search theory, sensors, forces, allocation, curve and required units.

Closed forms come first (`random_search`, `barrier_patrol`, `no_gap_probability`), then the
cited records (`SENSORS`, `FORCES`, `REAL_FORCES`), then the way from ground to answer:
`detection_rates`, `allocate`, `coverage_curve`, and with every assumption drawn
`PatrolCase`, `monte_carlo`, `units_required`, `sobol_units`.
"""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.patrol.allocation import allocate, coverage_curve, units_for_target
from borderzone.patrol.assumptions import (
    ASSUMPTION_NAMES,
    Assumption,
    assumption_table,
    default_assumptions,
    sample,
)
from borderzone.patrol.barrier import (
    BARRIER_LAWS,
    barrier_coverage,
    barrier_patrol,
    crossover_spacing,
    segment_length,
    speed_multiplier,
)
from borderzone.patrol.case import PatrolCase
from borderzone.patrol.comparators import FAILS_FIRST, REAL_FORCES, RealForce, plausibility
from borderzone.patrol.draws import Draws, draw_rates
from borderzone.patrol.forces import FORCES, Force
from borderzone.patrol.imaging import (
    JOHNSON_CYCLES,
    acuity_range_m,
    imaging_probability,
    imaging_range_m,
    imaging_sweep_width_km,
    target_transfer_probability,
)
from borderzone.patrol.interdiction import (
    combined_detection,
    interdiction,
    mix_day_night,
    pod_for_interdiction,
    responds_in_time,
    response_probability,
    response_window_h,
)
from borderzone.patrol.lateral import (
    KOESTER_FACTORS,
    koester_sweep_width,
    sweep_width_definite_range,
    sweep_width_exponential,
    sweep_width_from_curve,
    sweep_width_from_table,
    sweep_width_gaussian,
    sweep_width_inverse_cube,
    sweep_width_inverse_cube_rate,
    sweep_width_triangular,
)
from borderzone.patrol.metrics import (
    apprehension_from_repeats,
    back_calculation,
    chapman,
    crossing_rate,
    expected_captures,
    groups_at_least,
    known_ier,
)
from borderzone.patrol.no_gap import no_gap_probability, posts_for_no_gap
from borderzone.patrol.plans import RULES
from borderzone.patrol.posts_on_line import (
    at_least_k,
    fixed_posts,
    multi_look,
    posts_for_share,
    weak_barrier_ratio,
    weak_barrier_sensors,
)
from borderzone.patrol.rates import detection_rates, rate_factors, terrain_variance
from borderzone.patrol.required import BEST_RULE
from borderzone.patrol.revisit import event_detection, pass_rate, revisit_h
from borderzone.patrol.search import (
    SEARCH_LAWS,
    back_and_forth_search,
    coverage_factor,
    coverage_for,
    detection_for,
    exhaustive_search,
    inverse_cube_search,
    random_search,
)
from borderzone.patrol.sensitivity import sobol_table, sobol_units
from borderzone.patrol.sensors import (
    SENSORS,
    Sensor,
    detection_range_m,
    effective_sweep_width,
    sweep_width_km,
)
from borderzone.patrol.staffing import (
    SHIFT_FACTORS,
    ShiftFactor,
    on_roll,
    relief_factor,
    roll_for_confidence,
)
from borderzone.patrol.uncertainty import monte_carlo, required_draws, units_required
from borderzone.patrol.weightings import WORST_CASE, curve_by_weights

__all__ = [
    "ASSUMPTION_NAMES",
    "BARRIER_LAWS",
    "BEST_RULE",
    "FAILS_FIRST",
    "FORCES",
    "JOHNSON_CYCLES",
    "KOESTER_FACTORS",
    "REAL_FORCES",
    "RULES",
    "SEARCH_LAWS",
    "SENSORS",
    "SHIFT_FACTORS",
    "WORST_CASE",
    "Assumption",
    "Draws",
    "Force",
    "PatrolCase",
    "RealForce",
    "Sensor",
    "ShiftFactor",
    "acuity_range_m",
    "allocate",
    "apprehension_from_repeats",
    "assumption_table",
    "at_least_k",
    "back_and_forth_search",
    "back_calculation",
    "barrier_coverage",
    "barrier_patrol",
    "chapman",
    "combined_detection",
    "coverage_curve",
    "coverage_factor",
    "coverage_for",
    "crossing_rate",
    "crossover_spacing",
    "curve_by_weights",
    "default_assumptions",
    "detection_for",
    "detection_range_m",
    "detection_rates",
    "draw_rates",
    "effective_sweep_width",
    "event_detection",
    "exhaustive_search",
    "expected_captures",
    "fixed_posts",
    "groups_at_least",
    "imaging_probability",
    "imaging_range_m",
    "imaging_sweep_width_km",
    "interdiction",
    "inverse_cube_search",
    "known_ier",
    "koester_sweep_width",
    "mix_day_night",
    "monte_carlo",
    "multi_look",
    "no_gap_probability",
    "on_roll",
    "pass_rate",
    "plausibility",
    "pod_for_interdiction",
    "posts_for_no_gap",
    "posts_for_share",
    "random_search",
    "rate_factors",
    "relief_factor",
    "required_draws",
    "responds_in_time",
    "response_probability",
    "response_window_h",
    "revisit_h",
    "roll_for_confidence",
    "sample",
    "segment_length",
    "sobol_table",
    "sobol_units",
    "speed_multiplier",
    "sweep_width_definite_range",
    "sweep_width_exponential",
    "sweep_width_from_curve",
    "sweep_width_from_table",
    "sweep_width_gaussian",
    "sweep_width_inverse_cube",
    "sweep_width_inverse_cube_rate",
    "sweep_width_km",
    "sweep_width_triangular",
    "target_transfer_probability",
    "terrain_variance",
    "units_for_target",
    "units_required",
    "weak_barrier_ratio",
    "weak_barrier_sensors",
]

guard_room(globals(), __all__)
