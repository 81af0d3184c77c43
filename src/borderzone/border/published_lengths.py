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
    "PUBLISHED_SOURCE",
    "accuracy_km",
    "published_km",
    "rounded",
    "told_lengths",
]

PUBLISHED_SOURCE = "CIA World Factbook, state of November 2015, public domain"
# Against surveyed lines the one that ships is good to 1 % at its best; its vertices lie 1 km
# apart and more. Where no published length tells, it may be as short as the others are in the
# median. A line of one's own is told as it was drawn.
_SHIPPED_SHARE, _SHIPPED_KM, _UNTOLD_SHARE, _OWN_KM = 0.01, 1.0, 0.146, 0.1


def published_km(a: str, b: str) -> float | None:
    """Give the published length of a border."""
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
    """
    least = max(_SHIPPED_KM, _SHIPPED_SHARE * km) if shipped else _OWN_KM
    if published_km is not None:
        return max(least, abs(published_km / measured_km - 1.0) * km)
    return max(least, _UNTOLD_SHARE * km) if shipped else least


def told_lengths(table: pd.DataFrame) -> pd.Series:
    """
    Write the lengths of a list of borders no finer than the lines that ship know them.

    Examples
    --------
    >>> import borderzone as bz
    >>> borders = bz.list_borders()
    >>> told_lengths(borders[borders["a"] == "IRQ"]).tolist()
    ['180', '200', '813', '599', '290']
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
    """Write a number no finer than it is known, with two figures at least."""
    if not value > 0:
        return f"{value:.0f}"
    digits = min(math.floor(math.log10(accuracy)), math.floor(math.log10(value)) - 1)
    return f"{round(value, -digits):,.{max(0, -digits)}f}"
