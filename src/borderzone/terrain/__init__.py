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
from borderzone.terrain.shading import hillshade
from borderzone.terrain.valleys import incision, pans, ridges, wadis

__all__ = [
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
    "openness_negative",
    "openness_positive",
    "pans",
    "relief",
    "ridges",
    "slope",
    "surface",
    "tpi",
    "tri_riley",
    "tri_wilson",
    "vrm",
    "wadis",
]
