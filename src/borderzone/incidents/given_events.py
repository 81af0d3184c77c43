"""Guards for what is no table of events, and no corridor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from borderzone.errors import DataError, InvalidParameterError

if TYPE_CHECKING:
    from borderzone.corridor import Corridor

__all__ = ["check_corridor", "check_events"]


def check_corridor(corridor: Any) -> Corridor:
    """Refuse what is no corridor."""
    if not all(hasattr(corridor, name) for name in ("outline", "border")):
        msg = f"corridor must be a Corridor, got {type(corridor).__name__}: use Corridor.around"
        raise InvalidParameterError(msg)
    found: Corridor = corridor
    return found


def check_events(events: Any) -> gpd.GeoDataFrame:
    """Refuse what is no table of events."""
    if not isinstance(events, gpd.GeoDataFrame):
        msg = (
            f"events must be the table that incidents.read gives, got a {type(events).__name__}: "
            "read them first"
        )
        raise DataError(msg)
    return events
