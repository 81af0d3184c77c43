"""How long a period events cover."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from borderzone.incidents.reading.table_coverage import coverage, said_of_coverage

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["months_covered"]

_DAYS_A_MONTH = 365.2425 / 12


def months_covered(events: gpd.GeoDataFrame) -> float:
    """
    Give the length of the period that a table of events covers.

    That of `coverage`: as it was said when the table was read, else from the first day of the
    events to the last. A period before the first and after the last event leaves no trace in
    a table, so that this is then the shortest that it may cover.
    """
    period = coverage(events).period
    if period is None or (period[0] == period[1] and not said_of_coverage(events).get("period")):
        return math.nan
    first, last = period
    return ((last - first).days + 1) / _DAYS_A_MONTH
