"""What the ground is: derivatives of elevation, landforms, and what covers it."""

from __future__ import annotations

from borderzone.terrain import landcover, surface
from borderzone.terrain.derivatives import (
    LAYERS,
    aspect,
    attributes,
    relief,
    slope,
    tpi,
    tri_riley,
    tri_wilson,
    vrm,
)
from borderzone.terrain.landforms import (
    LANDFORMS,
    MASK_PRIOR,
    Landform,
    MaskPrior,
    landform,
    landform_class,
)
from borderzone.terrain.shading import hillshade

__all__ = [
    "LANDFORMS",
    "LAYERS",
    "MASK_PRIOR",
    "Landform",
    "MaskPrior",
    "aspect",
    "attributes",
    "hillshade",
    "landcover",
    "landform",
    "landform_class",
    "relief",
    "slope",
    "surface",
    "tpi",
    "tri_riley",
    "tri_wilson",
    "vrm",
]
