"""What an overlay says of each zone, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import percent
from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["listed", "zone_sentences"]

_NEEDED = ("zone", "expected", "p05", "p95", "underlying_p05", "underlying_p95")
_ALL = 0.995  # in whole per cent, and by as much outlines reach over a line


def zone_sentences(overlay: pd.DataFrame) -> pd.Series:
    """
    Say of each zone how many events fell into it, and whether that is out of the ordinary.

    The count that an even spread over the corridor would give is held against the 90 % band of
    the mean behind the count; a zone smaller across than positions are known gets no comparison.
    The corridor is its ground of the countries that the table covers: a zone on other ground is
    told to be one of which the table cannot speak, and of one that lies there in part the share is
    told. No report does not say that nothing happened.

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
    attrs = overlay.attrs
    rows: Iterable[Any] = overlay.itertuples(index=False)
    sentences = [
        f"{row.zone}: {_counted(row, attrs.get('n_placed'))}{_compared(row, attrs)}."
        for row in rows
    ]
    return pd.Series(sentences, index=overlay.index, name="sentence", dtype=object)


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def _counted(row: Any, located: int | None) -> str:
    if getattr(row, "silent", ""):
        return str(row.silent)
    if located == 0:
        return "no event of the table can be placed, so that nothing is told of this zone"
    of = "" if located is None else f" of {located:,}"
    noun = "event" if located == 1 else "events"
    if row.expected == 0:
        return (
            f"no report: none{of} located {noun} falls here, which does not say that nothing "
            f"happened; such a count leaves a mean of up to {row.underlying_p95:.1f} possible"
            f"{_where(row)}"
        )
    return f"{row.expected:,.1f}{of} located {noun} expected (90 % band {row.p05:,.0f} to {row.p95:,.0f})"


def _where(row: Any) -> str:
    """Say that a count leaves open only what it speaks of."""
    share = getattr(row, "covered_share", np.nan)
    return " on the part of the zone that the table covers" if 0 < share < _ALL else ""


def _compared(row: Any, attrs: Mapping[Any, Any]) -> str:
    share = getattr(row, "covered_share", np.nan)
    even = getattr(row, "expected_if_uniform", np.nan)
    if getattr(row, "silent", "") or attrs.get("n_placed") == 0 or not np.isfinite(even):
        return ""
    if share == 0:
        return "; it lies outside the corridor, so no comparison is made"
    if bool(getattr(row, "below_precision", False)):
        return "; the zone is smaller across than positions are known, so no comparison is made"
    ground = attrs.get("ground", "the corridor")
    low, high = (
        (row.covered_underlying_p05, row.covered_underlying_p95)
        if share < 1
        else (row.underlying_p05, row.underlying_p95)
    )
    part = ""
    if share < _ALL:
        there = f"{row.covered_expected:,.1f} expected there"
        part = f"; {percent(share)} of the zone is {ground}, with {there}"
    return part + _against_even(even, low, high, ground)


def _against_even(even: float, low: float, high: float, ground: str) -> str:
    if low > even:
        return f"; more than the {even:,.1f} that an even spread over {ground} would give"
    if high < even:
        return f"; fewer than the {even:,.1f} that an even spread over {ground} would give"
    return f"; an even spread over {ground} would give {even:,.1f}: no clear difference"
