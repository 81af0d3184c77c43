"""A guard for tables of events that were not read."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from borderzone.errors import DataError

__all__ = ["check_events"]


def check_events(events: Any) -> gpd.GeoDataFrame:
    """
    Refuse what is no table of events.

    Parameters
    ----------
    events
        What was given.

    Returns
    -------
    GeoDataFrame
        The same.

    Raises
    ------
    DataError
        If it is not a GeoDataFrame.
    """
    if not isinstance(events, gpd.GeoDataFrame):
        msg = (
            f"events must be the table that incidents.read gives, got a {type(events).__name__}: "
            "read them first"
        )
        raise DataError(msg)
    return events
