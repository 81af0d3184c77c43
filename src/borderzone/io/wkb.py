"""Well-known binary from strangers: looked at before a reader that goes down with every level."""

from __future__ import annotations

import struct

__all__ = ["is_nested_deep"]

_MOST_LEVELS = 100
_ORDERS = {0: ">", 1: "<"}
_POINT, _LINE, _POLYGON = 1, 2, 3
_LINES = frozenset({_LINE, 8, 13})  # lines and arcs: a number of points
_POLYGONS = frozenset({_POLYGON, 14, 17})  # a number of rings


def is_nested_deep(content: bytes) -> bool:
    """Tell whether shapes hold shapes, level after level, as no map has them."""
    return _levels(content) > _MOST_LEVELS


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
    except KeyError:
        return _MOST_LEVELS + 1
    return most


def _past(content: bytes, at: int) -> tuple[int, int]:
    """Give where the next shape begins, and how many lie inside this one."""
    order = _ORDERS[content[at]]
    (code,) = struct.unpack_from(f"{order}I", content, at + 1)
    plain, at = code & 0xFFFF, at + 5
    # Heights and measures are told by a bit, by thousands, or by both.
    heights = bool(code & 0x80000000) or plain // 1000 in (1, 3)
    measures = bool(code & 0x40000000) or plain // 1000 in (2, 3)
    dims = 2 + heights + measures
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
