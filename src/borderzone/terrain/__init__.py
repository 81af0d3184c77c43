"""What the ground is: derivatives of elevation, landforms, and what covers it."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.terrain import landcover, rock, surface
from borderzone.terrain.curvature import plan_curvature, profile_curvature, total_curvature
from borderzone.terrain.derivatives import aspect, roughness, slope, tri_riley, tri_wilson, vrm
from borderzone.terrain.fused import ALL_LAYERS, LAYERS, attributes, layer_names, reach_cells
from borderzone.terrain.geomorphons import GEOMORPHONS, geomorphons
from borderzone.terrain.landforms import (
    LANDFORMS,
    MASK_PRIOR,
    Landform,
    MaskPrior,
    landform,
    landform_class,
)
from borderzone.terrain.openness import openness_negative, openness_positive
from borderzone.terrain.position import relief, tpi
from borderzone.terrain.shading import hillshade
from borderzone.terrain.valleys import incision, pans, ridges, wadis

__all__ = [
    "ALL_LAYERS",
    "GEOMORPHONS",
    "LANDFORMS",
    "LAYERS",
    "MASK_PRIOR",
    "Landform",
    "MaskPrior",
    "aspect",
    "attributes",
    "geomorphons",
    "hillshade",
    "incision",
    "landcover",
    "landform",
    "landform_class",
    "layer_names",
    "openness_negative",
    "openness_positive",
    "pans",
    "plan_curvature",
    "profile_curvature",
    "reach_cells",
    "relief",
    "ridges",
    "rock",
    "roughness",
    "slope",
    "surface",
    "total_curvature",
    "tpi",
    "tri_riley",
    "tri_wilson",
    "vrm",
    "wadis",
]

guard_room(globals(), __all__)
