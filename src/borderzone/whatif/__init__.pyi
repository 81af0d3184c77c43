from .sweeping import sweep as sweep
from .comparing import compare as compare
from .breaking_even import break_even as break_even
from .choosing import (
    pareto as pareto,
    regret as regret,
    tornado as tornado,
    two_way as two_way,
)
