from .heights import (
    height_to_be_seen as height_to_be_seen,
    horizon as horizon,
)
from .many import (
    COUNT_TYPES as COUNT_TYPES,
    cumulative_viewshed as cumulative_viewshed,
    who_sees as who_sees,
)
from .masked import (
    COARSEST_M as COARSEST_M,
    SIDES as SIDES,
    Masked as Masked,
    masked_fraction as masked_fraction,
)
from .segments import (
    Reader as Reader,
    masked_by_segment as masked_by_segment,
)
from .shares import (
    SeenShare as SeenShare,
    seen_share as seen_share,
)
from .sight import (
    EARTH_RADIUS_M as EARTH_RADIUS_M,
    REFRACTION as REFRACTION,
    Sight as Sight,
)
from .viewsheds import (
    METHODS as METHODS,
    viewshed as viewshed,
    viewshed_states as viewshed_states,
)
from .who import WhoSees as WhoSees
