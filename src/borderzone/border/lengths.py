"""How long a border is said to be: the published length, and how finely a length can be told."""

from __future__ import annotations

import math
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from borderzone import datasets

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KM_PER_MILE",
    "PUBLISHED_SOURCE",
    "accuracy_km",
    "published_km",
    "rounded",
    "told_lengths",
]

KM_PER_MILE = 1.609344
PUBLISHED_SOURCE = "CIA World Factbook, state of November 2015, public domain"
# Against surveyed lines the one that ships is good to 1 % at its best; its vertices lie 1 km
# apart and more. Where no published length tells, it may be as short as the others are in the
# median. A line of one's own is told as it was drawn.
_SHIPPED_SHARE, _SHIPPED_KM, _UNTOLD_SHARE, _OWN_KM = 0.01, 1.0, 0.146, 0.1


def published_km(a: str, b: str) -> float | None:
    """
    Give the published length of a border.

    Parameters
    ----------
    a, b
        Codes of the border table, in any order.

    Returns
    -------
    float or None
        None where none is published for the line that ships. Units: km.

    Examples
    --------
    >>> published_km("USA", "MEX"), published_km("MYS", "SGP")
    (3155.0, None)
    """
    return _published().get((min(a, b), max(a, b)))


@cache
def _published() -> Mapping[tuple[str, str], float]:
    table = datasets.published_lengths().dropna(subset="length_km")
    pairs = zip(table["a"], table["b"], strict=True)
    return MappingProxyType(dict(zip(pairs, table["length_km"].tolist(), strict=True)))


def accuracy_km(
    km: float, *, measured_km: float, published_km: float | None, shipped: bool
) -> float:
    """
    Say how far a length along a border may be off.

    A line that ships is generalised: 1 % and 1 km at the least, and never less than the share by
    which the whole differs from its published length; without one, the 14.6 % by which the others
    differ in the median. A line of one's own is taken as drawn, to 0.1 km, unless a published
    length differs by more.

    Parameters
    ----------
    km
        The length. Units: km.
    measured_km
        Length of the whole border along its line. Units: km.
    published_km
        Its published length, or None. Units: km.
    shipped
        Whether the line is the one that ships.

    Returns
    -------
    float
        Units: km.

    Examples
    --------
    >>> whole = {"measured_km": 598.9, "published_km": 599.0, "shipped": True}
    >>> accuracy_km(598.9, **whole), accuracy_km(20.0, **whole)
    (5.989, 1.0)
    """
    least = max(_SHIPPED_KM, _SHIPPED_SHARE * km) if shipped else _OWN_KM
    if published_km is not None:
        return max(least, abs(published_km / measured_km - 1.0) * km)
    return max(least, _UNTOLD_SHARE * km) if shipped else least


def told_lengths(table: pd.DataFrame) -> pd.Series:
    """
    Write the lengths of a list of borders no finer than the lines that ship know them.

    Parameters
    ----------
    table
        ``length_km`` and ``published_length_km``.

    Returns
    -------
    pandas.Series
        Numbers in words.
    """
    known = (
        table["published_length_km"]
        .astype(object)
        .where(table["published_length_km"].notna(), None)
    )
    words = [
        rounded(km, accuracy_km(km, measured_km=km, published_km=published, shipped=True))
        for km, published in zip(table["length_km"], known, strict=True)
    ]
    return pd.Series(words, index=table.index, name="length_km")


def rounded(value: float, accuracy: float) -> str:
    """
    Write a number no finer than it is known, with two figures at least.

    Parameters
    ----------
    value
        The number, 0 or more.
    accuracy
        How far it may be off.

    Returns
    -------
    str
        Rounded to the largest power of ten that is not above the accuracy.

    Examples
    --------
    >>> rounded(2641.2, 513.8), rounded(598.9, 5.99), rounded(2641.2, 1500.0), rounded(1.77, 1.0)
    ('2,600', '599', '2,600', '1.8')
    """
    if not value > 0:
        return f"{value:.0f}"
    digits = min(math.floor(math.log10(accuracy)), math.floor(math.log10(value)) - 1)
    return f"{round(value, -digits):,.{max(0, -digits)}f}"
