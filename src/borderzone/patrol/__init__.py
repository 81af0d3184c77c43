"""
Patrols: from what a unit sees and how it moves to how many units a border takes.

In the order of use: cited records (`SENSORS`, `FORCES`, `Force`), detection by segment
(`detection_rates`), where units go and what they achieve (`allocate`, `coverage_curve`), the
same with every assumption drawn (`PatrolCase`, `monte_carlo`, `units_required`), kits side by side with
what decides between them (`answer_table`, `answer_pod`, `answer_draws`, `answer_sobol`), and beside what
borders were held with (`plausibility`, `hindcast`). Then what watches the ground (`detection_field`), the way across
that is watched least (`weakest_crossings`), and a defender who answers it (`answered_effort`,
`interdiction_game`, `patrolling_value`, `watcher_gains`). The closed forms below all of it come last (`random_search`, `barrier_patrol`, `no_gap_probability`): how units
share a segment and who watches them (`detection_for`, `detection_against`, `weakest_place`,
`standing`), a simulation that they are held against (`simulate`), and one of a whole border with its
rosters, groups, response and calls (`simulate_border`). More of them, on sweep
widths, posts, imaging, response and staffing, stand in ``patrol.theory``.
"""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
