"""What an overlay says of each zone, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["zone_sentences"]

_NEEDED = ("zone", "expected", "p05", "p95", "underlying_p05", "underlying_p95")


def zone_sentences(overlay: pd.DataFrame) -> pd.Series:
    """
    Say of each zone how many events fell into it, and whether that is out of the ordinary.

    The count that an even spread over the corridor would give is held against the 90 % band of
    the mean behind the count; a zone smaller across than positions are known gets no comparison.

    Parameters
    ----------
    overlay
        Table from `overlay`, with the corridor given for the comparison.

    Returns
    -------
    pandas.Series
        One sentence a zone, index of `overlay`.

    Raises
    ------
    DataError
        If the table is not from `overlay`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from borderzone.incidents import overlay, read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> zone_sentences(overlay(events, zones, draws=100))[0]
    'R1: 1.0 of 1 located event expected (90 % band 1 to 1).'
    """
    absent = [name for name in _NEEDED if name not in getattr(overlay, "columns", ())]
    if absent:
        msg = f"the table has no column {', '.join(absent)}: it must be one that incidents.overlay gives"
        raise DataError(msg)
    located = overlay.attrs.get("n_placed")
    rows: Iterable[Any] = overlay.itertuples(index=False)
    sentences = [_sentence(row, located) for row in rows]
    return pd.Series(sentences, index=overlay.index, name="sentence", dtype=object)


def _sentence(row: Any, located: int | None) -> str:
    of = "" if located is None else f" of {located}"
    noun = "event" if located == 1 else "events"
    if row.expected == 0:
        count = (
            f"none{of} located {noun} fell here; such a count leaves a mean of up to "
            f"{row.underlying_p95:.1f} possible"
        )
    else:
        count = f"{row.expected:.1f}{of} located {noun} expected (90 % band {row.p05:.0f} to {row.p95:.0f})"
    return f"{row.zone}: {count}{_compared(row)}."


def _compared(row: Any) -> str:
    even = getattr(row, "expected_if_uniform", np.nan)
    if not np.isfinite(even):
        return ""
    if bool(getattr(row, "below_precision", False)):
        return "; the zone is smaller across than positions are known, so no comparison is made"
    if row.underlying_p05 > even:
        verdict = "more than"
    elif row.underlying_p95 < even:
        verdict = "fewer than"
    else:
        return f"; an even spread over the corridor would give {even:.1f}: no clear difference"
    return f"; {verdict} the {even:.1f} that an even spread over the corridor would give"
