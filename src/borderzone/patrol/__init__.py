"""
Patrols: search theory, sensors, forces, allocation, curve and required units.

Closed forms come first (`random_search`, `barrier_patrol`, `no_gap_probability`), then the
cited records (`SENSORS`, `FORCES`, `REAL_FORCES`), then the way from ground to answer:
`detection_rates`, `allocate`, `coverage_curve`, and with every assumption drawn
`PatrolCase`, `monte_carlo`, `units_required`, `sobol_units`.
"""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
