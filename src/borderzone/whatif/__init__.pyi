from .sweeping import sweep as sweep
from .comparing import compare as compare
