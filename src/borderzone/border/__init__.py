"""The shared line of two countries: parts, stretches, chainage."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.border.listing import list_borders
from borderzone.border.record import Border

__all__ = ["Border", "list_borders"]

guard_room(globals(), __all__)
