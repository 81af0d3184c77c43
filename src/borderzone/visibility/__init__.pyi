from .viewsheds import (
    Ring as Ring,
    Windows as Windows,
    viewshed as viewshed,
)
from .many import (
    cumulative_viewshed as cumulative_viewshed,
    who_sees as who_sees,
)
from .heights import (
    height_to_be_seen as height_to_be_seen,
    horizon as horizon,
)
from .masked import (
    masked_fraction as masked_fraction,
    masked_by_segment as masked_by_segment,
)
from .hidden_share import (
    mask_at as mask_at,
    mask_by_range as mask_by_range,
    mask_index as mask_index,
)
