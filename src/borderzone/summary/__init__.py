"""Cells summarised by segment: the bridge from ground to patrol.

Patrols read masking and speeds from here, nothing else. The difficulty index
and the flags may be summarised for maps, but no rate follows from them.
"""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.summary.block import SLOWEST_PATROL_FACTOR
from borderzone.summary.ground import MODES, GroundSums, ground_by_segment
from borderzone.summary.layers import LayerSums, by_segment
from borderzone.summary.masking import MASK_SOURCES, with_measured_mask

__all__ = [
    "MASK_SOURCES",
    "MODES",
    "SLOWEST_PATROL_FACTOR",
    "GroundSums",
    "LayerSums",
    "by_segment",
    "ground_by_segment",
    "with_measured_mask",
]

guard_room(globals(), __all__)
