"""Where better data pays: which flags rest on coarse terrain or on maps of rock and cover."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.better_data.ranking import FlagDoubt, better_data
from borderzone.better_data.relief_error import (
    CHARACTERS,
    FINE_M,
    RELIEF_ERRORS,
    ReliefError,
    relief_error,
)
from borderzone.better_data.visit import MAP_DOUBT, MapDoubt

__all__ = [
    "CHARACTERS",
    "FINE_M",
    "MAP_DOUBT",
    "RELIEF_ERRORS",
    "FlagDoubt",
    "MapDoubt",
    "ReliefError",
    "better_data",
    "relief_error",
]

guard_room(globals(), __all__)
