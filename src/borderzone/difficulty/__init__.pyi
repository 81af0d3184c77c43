from .flagging import (
    flags as flags,
    CAVE_MEANINGS as CAVE_MEANINGS,
    ShareCounts as ShareCounts,
    flagged_share as flagged_share,
)
from .zoning import zones as zones
from .index import (
    index_weights as index_weights,
    rank_stability as rank_stability,
)
from .cave_calibration import calibrate as calibrate
from .segment_ground import (
    MODES as MODES,
    GroundSums as GroundSums,
    ground_by_segment as ground_by_segment,
    with_measured_mask as with_measured_mask,
)
from .segment_sums import by_segment as by_segment
from .reasons import cave_reasons as cave_reasons
from .ground_check import (
    named_ground as named_ground,
    remote_moves as remote_moves,
)
from .data_worth import (
    FINE_M as FINE_M,
    MapDoubt as MapDoubt,
    better_data as better_data,
)
