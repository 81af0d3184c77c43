"""Cells and tables of the page: numbers, shares and bands as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Table", "counted", "number", "share", "table", "whole"]

Table = dict[str, Any]
# Letters that half of a printed page holds.
_NARROW = 78


def table(
    title: str,
    caption: str,
    heads: Sequence[tuple[str, bool]],
    rows: Iterable[Sequence[str]],
    *,
    folded: bool = False,
) -> Table:
    """Put a table together for the page."""
    listed = [list(row) for row in rows]
    words = [max(map(len, words.split()), default=0) for words, _ in heads]
    longest = [max(map(len, column)) for column in zip(*listed, strict=True)] or words
    wide = sum(max(pair) + 2 for pair in zip(words, longest, strict=True)) > _NARROW
    return {
        "title": title,
        "caption": caption,
        "heads": [{"words": words, "number": number} for words, number in heads],
        "rows": listed,
        "wide": wide,
        "folded": folded,
    }


def counted(number: int, what: str) -> str:
    """Write a number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def number(value: Any, digits: int = 0) -> str:
    """Write a number."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.{digits}f}"


def share(value: Any) -> str:
    """Write a share in percent."""
    return told.percent(value)


def whole(value: float) -> str:
    """Write a number of units."""
    return told.count(value) if math.isfinite(value) else "no number is enough"
