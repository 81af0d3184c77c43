from .layers import (
    attributes as attributes,
    reach_cells as reach_cells,
)
from .derivatives import (
    slope as slope,
    aspect as aspect,
    tri_riley as tri_riley,
    hillshade as hillshade,
)
from .windows import (
    vrm as vrm,
    tpi as tpi,
    relief as relief,
)
from .horizons import (
    geomorphons as geomorphons,
    GEOMORPHONS as GEOMORPHONS,
)
from .landforms import (
    wadis as wadis,
    ridges as ridges,
    pans as pans,
    landform as landform,
    LANDFORMS as LANDFORMS,
    mask_prior as mask_prior,
)
from .cover import (
    surface as surface,
    LAND_COVER as LAND_COVER,
)
from .rock import soluble_rock as soluble_rock
