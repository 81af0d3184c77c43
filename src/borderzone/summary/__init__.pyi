from .block import SLOWEST_PATROL_FACTOR as SLOWEST_PATROL_FACTOR
from .ground import (
    MODES as MODES,
    GroundSums as GroundSums,
    ground_by_segment as ground_by_segment,
)
from .layers import (
    LayerSums as LayerSums,
    by_segment as by_segment,
)
from .masking import (
    MASK_SOURCES as MASK_SOURCES,
    with_measured_mask as with_measured_mask,
)
