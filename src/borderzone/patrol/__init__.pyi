from .force.sensors import (
    SENSORS as SENSORS,
    Sensor as Sensor,
    r50_m as r50_m,
)
from .force.sweep import (
    Watch as Watch,
    sweep_width_km as sweep_width_km,
    lateral_curve as lateral_curve,
)
from .force.forces import (
    FORCES as FORCES,
    Force as Force,
)
from .theory.staffing import SHIFT_FACTORS as SHIFT_FACTORS
from .answer.rates import detection_rates as detection_rates
from .answer.allocation import allocate as allocate
from .answer.curve import (
    coverage_curve as coverage_curve,
    curve_by_weights as curve_by_weights,
    BEST_RULE as BEST_RULE,
)
from .answer.case import (
    PatrolCase as PatrolCase,
    Assumption as Assumption,
    default_assumptions as default_assumptions,
    NATURE as NATURE,
)
from .answer.uncertainty import (
    monte_carlo as monte_carlo,
    units_required as units_required,
)
from .answer.question import (
    PatrolQuestion as PatrolQuestion,
    PatrolAnswer as PatrolAnswer,
    BorderLength as BorderLength,
)
from .answer.existing import (
    ExistingPosts as ExistingPosts,
    Obstacle as Obstacle,
)
from .answer.kits import (
    KitQuestion as KitQuestion,
    Stopping as Stopping,
    answer_table as answer_table,
    answer_pod as answer_pod,
    answer_break_even as answer_break_even,
    answer_case as answer_case,
    answer_draws as answer_draws,
    answer_sobol as answer_sobol,
)
from .answer.places import answer_places as answer_places
from .answer.fleet import (
    Fleet as Fleet,
    UnitKind as UnitKind,
    allocate_kinds as allocate_kinds,
    answer_plan as answer_plan,
    smallest_fleet as smallest_fleet,
)
from .theory.staffing import whole_units as whole_units
from .force.comparators import (
    REAL_FORCES as REAL_FORCES,
    RealForce as RealForce,
)
from .answer.hindcast import (
    hindcast as hindcast,
    plausibility as plausibility,
)
from .theory.search import (
    random_search as random_search,
    inverse_cube_search as inverse_cube_search,
    exhaustive_search as exhaustive_search,
)
from .theory.tactics import (
    detection_for as detection_for,
    detection_against as detection_against,
    weakest_place as weakest_place,
)
from .theory.posts_on_line import (
    Standing as Standing,
    standing as standing,
)
from .theory.barrier import barrier_patrol as barrier_patrol
from .theory.posts_on_line import no_gap_probability as no_gap_probability
from .crossing.detection_field import (
    detection_field as detection_field,
    hazard_by_range as hazard_by_range,
)
from .crossing.weakest_crossing import (
    WeakestCrossings as WeakestCrossings,
    weakest_crossings as weakest_crossings,
)
from .crossing.games import (
    AnsweredEffort as AnsweredEffort,
    InterdictionGame as InterdictionGame,
    answered_effort as answered_effort,
    interdiction_game as interdiction_game,
    patrolling_value as patrolling_value,
    watcher_gains as watcher_gains,
    zero_sum_coverage as zero_sum_coverage,
)
from .simulation import (
    SIMULATED_LAWS as SIMULATED_LAWS,
    Simulated as Simulated,
    SimulatedView as SimulatedView,
    simulate as simulate,
)
from .border_simulation import (
    SIMULATED_POLICIES as SIMULATED_POLICIES,
    SimulatedBorder as SimulatedBorder,
    SimulatedGroups as SimulatedGroups,
    SimulatedResponse as SimulatedResponse,
    SimulatedRoster as SimulatedRoster,
    SimulatedSegment as SimulatedSegment,
    simulate_border as simulate_border,
)
