"""Single cells of an incident table: numbers with decimal commas, cells without anything."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

__all__ = ["Number", "is_missing", "parse_number", "shown", "trimmed"]

_MISSING = {"", "na", "n/a", "nan", "nat", "none", "null", "-", "--", "?", "unknown", "<na>"}
# One way to match digits: two beside each other take the square of their number.
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?\d*[,٫]\d+")
# Which way a text runs, and that it begins: Arabic and Hebrew tables are full of such marks. What
# turns a text round (U+202E) is none of them: it makes a number look like another.
_UNSEEN = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202D), *range(0x2066, 0x206A), 0x061C, 0x2060, 0xFEFF]
)


class Number(NamedTuple):
    """
    A number read from a cell.

    Attributes
    ----------
    value
        The number; NaN when missing or unreadable.
    state
        "ok", "comma" (decimal comma mended), "missing" or "bad".
    """

    value: float
    state: str


def parse_number(cell: object) -> Number:
    """Read one cell as a number; a decimal comma is mended, nothing is guessed."""
    if is_missing(cell):
        return Number(math.nan, "missing")
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        value = float(cell)
        return Number(value, "ok") if math.isfinite(value) else Number(math.nan, "bad")
    text = trimmed(cell).replace("\u2212", "-")
    if _NUMBER.fullmatch(text):
        return Number(float(text), "ok")
    if _COMMA.fullmatch(text):
        return Number(float(re.sub("[,٫]", ".", text)), "comma")
    return Number(math.nan, "bad")


def is_missing(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    if cell is None or (isinstance(cell, (float, np.floating)) and math.isnan(cell)):
        return True
    return trimmed(cell).casefold() in _MISSING


def trimmed(cell: object) -> str:
    """Give the text of a cell without blanks around it and without letters that nobody sees."""
    text = str(cell)
    return (text if text.isascii() else text.translate(_UNSEEN)).strip()


def shown(cell: object) -> str:
    """Quote a cell for a message, cut to a readable length."""
    text = " ".join(str(cell).split())
    return repr(text if len(text) <= 40 else text[:37] + "...")
