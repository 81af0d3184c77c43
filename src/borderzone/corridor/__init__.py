"""The strip around a border: sections, equal segments, side, chainage and offset."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.corridor.record import Corridor
from borderzone.corridor.sections import Section

__all__ = ["Corridor", "Section"]

guard_room(globals(), __all__)
