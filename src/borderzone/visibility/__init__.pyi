from .viewsheds import (
    EARTH_RADIUS_M as EARTH_RADIUS_M,
    Ring as Ring,
    Windows as Windows,
    viewshed as viewshed,
    viewshed_states as viewshed_states,
)
from .many import (
    cumulative_viewshed as cumulative_viewshed,
    WhoSees as WhoSees,
    who_sees as who_sees,
)
from .heights import (
    height_to_be_seen as height_to_be_seen,
    horizon as horizon,
)
from .masked import (
    COARSEST_M as COARSEST_M,
    Masked as Masked,
    masked_fraction as masked_fraction,
    masked_by_segment as masked_by_segment,
)
