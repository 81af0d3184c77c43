"""Lines of sight: what is seen from one place or many, and how much of a strip is out of sight."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.visibility.heights import height_to_be_seen, horizon
from borderzone.visibility.many import COUNT_TYPES, cumulative_viewshed, who_sees
from borderzone.visibility.masked import COARSEST_M, SIDES, Masked, masked_fraction
from borderzone.visibility.segments import Reader, masked_by_segment
from borderzone.visibility.shares import SeenShare, seen_share
from borderzone.visibility.sight import EARTH_RADIUS_M, REFRACTION, Sight
from borderzone.visibility.views import METHODS, viewshed, viewshed_states
from borderzone.visibility.who import WhoSees

__all__ = [
    "COARSEST_M",
    "COUNT_TYPES",
    "EARTH_RADIUS_M",
    "METHODS",
    "REFRACTION",
    "SIDES",
    "Masked",
    "Reader",
    "SeenShare",
    "Sight",
    "WhoSees",
    "cumulative_viewshed",
    "height_to_be_seen",
    "horizon",
    "masked_by_segment",
    "masked_fraction",
    "seen_share",
    "viewshed",
    "viewshed_states",
    "who_sees",
]

guard_room(globals(), __all__)
