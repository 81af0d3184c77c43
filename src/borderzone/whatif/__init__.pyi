from .sweeping import sweep as sweep
from .folder import (
    Sweep as Sweep,
    open_sweep as open_sweep,
)
from .plan import read_plan as read_plan
from .comparing import compare as compare
from .breaking_even import break_even as break_even
from .choosing import (
    pareto as pareto,
    regret as regret,
    tornado as tornado,
    two_way as two_way,
)
