from . import landcover as landcover, rock as rock, surface as surface
from .curvature import (
    plan_curvature as plan_curvature,
    profile_curvature as profile_curvature,
    total_curvature as total_curvature,
)
from .derivatives import (
    aspect as aspect,
    roughness as roughness,
    slope as slope,
    tri_riley as tri_riley,
    tri_wilson as tri_wilson,
    vrm as vrm,
)
from .layers import (
    ALL_LAYERS as ALL_LAYERS,
    LAYERS as LAYERS,
    attributes as attributes,
    layer_names as layer_names,
    reach_cells as reach_cells,
)
from .horizons import (
    GEOMORPHONS as GEOMORPHONS,
    geomorphons as geomorphons,
)
from .landforms import (
    LANDFORMS as LANDFORMS,
    MASK_PRIOR as MASK_PRIOR,
    Landform as Landform,
    MaskPrior as MaskPrior,
    landform as landform,
    landform_class as landform_class,
)
from .openness import (
    openness_negative as openness_negative,
    openness_positive as openness_positive,
)
from .windows import (
    relief as relief,
    tpi as tpi,
)
from .shading import hillshade as hillshade
from .valleys import (
    incision as incision,
    pans as pans,
    ridges as ridges,
    wadis as wadis,
)
