from .answer.allocation import (
    allocate as allocate,
    coverage_curve as coverage_curve,
    units_for_target as units_for_target,
)
from .answer.assumptions import (
    ASSUMPTION_NAMES as ASSUMPTION_NAMES,
    Assumption as Assumption,
    assumption_table as assumption_table,
    default_assumptions as default_assumptions,
    sample as sample,
)
from .theory.barrier import (
    BARRIER_LAWS as BARRIER_LAWS,
    barrier_coverage as barrier_coverage,
    barrier_patrol as barrier_patrol,
    crossover_spacing as crossover_spacing,
    segment_length as segment_length,
    speed_multiplier as speed_multiplier,
)
from .answer.case import PatrolCase as PatrolCase
from .force.comparators import (
    FAILS_FIRST as FAILS_FIRST,
    REAL_FORCES as REAL_FORCES,
    RealForce as RealForce,
    plausibility as plausibility,
)
from .answer.draws import (
    Draws as Draws,
    draw_rates as draw_rates,
)
from .force.forces import (
    FORCES as FORCES,
    Force as Force,
)
from .theory.imaging import (
    JOHNSON_CYCLES as JOHNSON_CYCLES,
    acuity_range_m as acuity_range_m,
    imaging_probability as imaging_probability,
    imaging_range_m as imaging_range_m,
    imaging_sweep_width_km as imaging_sweep_width_km,
    target_transfer_probability as target_transfer_probability,
)
from .theory.response import (
    combined_detection as combined_detection,
    interdiction as interdiction,
    mix_day_night as mix_day_night,
    pod_for_interdiction as pod_for_interdiction,
    responds_in_time as responds_in_time,
    response_probability as response_probability,
    response_window_h as response_window_h,
)
from .theory.lateral import (
    KOESTER_FACTORS as KOESTER_FACTORS,
    koester_sweep_width as koester_sweep_width,
    sweep_width_definite_range as sweep_width_definite_range,
    sweep_width_exponential as sweep_width_exponential,
    sweep_width_from_curve as sweep_width_from_curve,
    sweep_width_from_table as sweep_width_from_table,
    sweep_width_gaussian as sweep_width_gaussian,
    sweep_width_inverse_cube as sweep_width_inverse_cube,
    sweep_width_inverse_cube_rate as sweep_width_inverse_cube_rate,
    sweep_width_triangular as sweep_width_triangular,
)
from .theory.metrics import (
    apprehension_from_repeats as apprehension_from_repeats,
    back_calculation as back_calculation,
    chapman as chapman,
    crossing_rate as crossing_rate,
    expected_captures as expected_captures,
    groups_at_least as groups_at_least,
    known_ier as known_ier,
)
from .theory.no_gap import (
    no_gap_probability as no_gap_probability,
    posts_for_no_gap as posts_for_no_gap,
)
from .answer.plans import RULES as RULES
from .theory.posts_on_line import (
    at_least_k as at_least_k,
    fixed_posts as fixed_posts,
    multi_look as multi_look,
    posts_for_share as posts_for_share,
    weak_barrier_ratio as weak_barrier_ratio,
    weak_barrier_sensors as weak_barrier_sensors,
)
from .answer.rates import (
    detection_rates as detection_rates,
    rate_factors as rate_factors,
    terrain_variance as terrain_variance,
)
from .answer.required import (
    BEST_RULE as BEST_RULE,
    whole_units as whole_units,
)
from .theory.revisit import (
    event_detection as event_detection,
    pass_rate as pass_rate,
    revisit_h as revisit_h,
)
from .theory.search import (
    SEARCH_LAWS as SEARCH_LAWS,
    back_and_forth_search as back_and_forth_search,
    coverage_factor as coverage_factor,
    coverage_for as coverage_for,
    detection_for as detection_for,
    exhaustive_search as exhaustive_search,
    inverse_cube_search as inverse_cube_search,
    random_search as random_search,
)
from .answer.sensitivity import (
    sobol_table as sobol_table,
    sobol_units as sobol_units,
)
from .force.sensors import (
    SENSORS as SENSORS,
    Sensor as Sensor,
    detection_range_m as detection_range_m,
    effective_sweep_width as effective_sweep_width,
    sweep_width_km as sweep_width_km,
)
from .theory.staffing import (
    SHIFT_FACTORS as SHIFT_FACTORS,
    ShiftFactor as ShiftFactor,
    on_roll as on_roll,
    relief_factor as relief_factor,
    roll_for_confidence as roll_for_confidence,
)
from .answer.uncertainty import (
    monte_carlo as monte_carlo,
    required_draws as required_draws,
    units_required as units_required,
)
from .answer.weightings import (
    WORST_CASE as WORST_CASE,
    curve_by_weights as curve_by_weights,
)
