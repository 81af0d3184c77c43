"""Lines of sight: what is seen from a place, and how much of a strip is out of sight."""

from __future__ import annotations

from borderzone.visibility.masked import COARSEST_M, SIDES, Masked, masked_fraction
from borderzone.visibility.segments import Reader, masked_by_segment
from borderzone.visibility.sight import EARTH_RADIUS_M, REFRACTION, Sight
from borderzone.visibility.views import METHODS, viewshed, viewshed_states

__all__ = [
    "COARSEST_M",
    "EARTH_RADIUS_M",
    "METHODS",
    "REFRACTION",
    "SIDES",
    "Masked",
    "Reader",
    "Sight",
    "masked_by_segment",
    "masked_fraction",
    "viewshed",
    "viewshed_states",
]
