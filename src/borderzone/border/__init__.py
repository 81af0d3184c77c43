"""The shared line of two countries: parts, stretches, chainage."""

from __future__ import annotations

from borderzone.border.record import Border, list_borders

__all__ = ["Border", "list_borders"]
