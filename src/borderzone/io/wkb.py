"""Well-known binary from strangers: looked at before a reader that goes down with every level."""

from __future__ import annotations

import re
import struct

__all__ = ["is_nested_deep"]

_MOST_LEVELS = 100
_POINT, _LINE, _POLYGON = 1, 2, 3
_LINES = frozenset({_LINE, 8, 13})  # lines and arcs: a number of points
_POLYGONS = frozenset({_POLYGON, 14, 17})  # a number of rings
# What may hold others, in either order of bytes, with heights and measures or without.
_HOLDERS = re.compile(
    rb"\x01(?:[\x04-\x0c]|[\xec-\xf4]\x03|[\xd4-\xdc]\x07|[\xbc-\xc4]\x0b)\x00"
    rb"|\x00[\x00-\xff]\x00(?:\x00[\x04-\x0c]|\x03[\xec-\xf4]|\x07[\xd4-\xdc]|\x0b[\xbc-\xc4])",
    re.DOTALL,
)


def is_nested_deep(content: bytes) -> bool:
    """
    Tell whether shapes hold shapes, level after level, as no map has them.

    Parameters
    ----------
    content
        One shape in well-known binary.

    Returns
    -------
    bool
        Whether there are more than a hundred levels.
    """
    marks = (number for number, _ in enumerate(_HOLDERS.finditer(content), start=1))
    return any(number > _MOST_LEVELS for number in marks) and _levels(content) > _MOST_LEVELS


def _levels(content: bytes) -> int:
    """Go through the shapes one after the other; where the content ends, so would a reader."""
    at, most = 0, 0
    left = [1]  # shapes still to come, of each level that is open
    try:
        while left and most <= _MOST_LEVELS:
            if not left[-1]:
                left.pop()
                continue
            left[-1] -= 1
            at, held = _past(content, at)
            if held:
                left.append(held)
                most = max(most, len(left))
    except (struct.error, IndexError):
        return most
    return most


def _past(content: bytes, at: int) -> tuple[int, int]:
    """Give where the next shape begins, and how many lie inside this one."""
    order = "<" if content[at] else ">"
    (code,) = struct.unpack_from(f"{order}I", content, at + 1)
    plain, at = code & 0x0FFFFFFF, at + 5
    dims = 2 + bool(code & 0x80000000) + bool(code & 0x40000000) + (0, 1, 1, 2)[plain // 1000 % 4]
    at += 4 if code & 0x20000000 else 0
    kind = plain % 1000
    if kind == _POINT:
        return at + 8 * dims, 0
    (number,) = struct.unpack_from(f"{order}I", content, at)
    at += 4
    if kind in _LINES:
        return at + 8 * dims * number, 0
    if kind not in _POLYGONS:
        return at, number
    for _ in range(number):
        (points,) = struct.unpack_from(f"{order}I", content, at)
        at += 4 + 8 * dims * points
    return at, 0
