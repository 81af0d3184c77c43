"""How long a period events cover."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["months_covered"]

_DAYS_A_MONTH = 365.2425 / 12


def months_covered(events: gpd.GeoDataFrame) -> float:
    """
    Give the time from the first day of the events to the last.

    A period before the first and after the last event leaves no trace in
    a table, so that this is the shortest that it may cover.

    Parameters
    ----------
    events
        Table from `read`; quarantined rows do not count.

    Returns
    -------
    float
        Months; NaN where fewer than two days are known.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> table = pd.DataFrame({"lat": [34, 34], "lon": [41, 41], "date": ["2019-01-01", "2019-12-31"]})
    >>> round(months_covered(read(table)), 2)
    11.99
    """
    if "date_start" not in events.columns:
        return math.nan
    used = events
    if "status" in events.columns:
        used = events[events["status"] != "quarantined"]
    first = pd.to_datetime(used["date_start"], errors="coerce").min()
    ends = used["date_end"] if "date_end" in used.columns else used["date_start"]
    last = pd.to_datetime(ends, errors="coerce").max()
    if pd.isna(first) or pd.isna(last) or last <= first:
        return math.nan
    return float(((last - first).days + 1) / _DAYS_A_MONTH)
