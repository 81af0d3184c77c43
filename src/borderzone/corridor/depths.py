"""Depths of a corridor: how far it reaches on the side of each country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from borderzone._guards import check_positive, shown
from borderzone.border import Border
from borderzone.border.names import code_or_name
from borderzone.errors import InvalidParameterError, LimitError

__all__ = ["check_segments", "depths_by_country", "one_of_the_pair"]

# Half the way around the Earth.
MOST_DEPTH_KM = 20_000.0
# More are neither told nor drawn by anything here, and their polygons take minutes.
MOST_SEGMENTS = 20_000


def depths_by_country(border: Any, depth_km: Any, side: str) -> dict[str, float]:
    """Give the depth on the side of each country."""
    if not isinstance(border, Border):
        msg = (
            f"a corridor is laid around a Border, got {shown(border)}; use "
            "Border.between('IRQ', 'SYR')"
        )
        raise InvalidParameterError(msg)
    pair = (border.a, border.b)
    if isinstance(depth_km, Mapping):
        given = {
            one_of_the_pair(border, name): _depth(km, f"depth_km[{name!r}]")
            for name, km in depth_km.items()
        }
        if not given:
            msg = f"depth_km must be a depth, or one for each of {pair[0]} and {pair[1]}, got none"
            raise InvalidParameterError(msg)
        missing = [code for code in pair if code not in given]
        if side == "both" and missing:
            msg = f"depth_km names no depth for {missing[0]}; give one or use side={next(iter(given))!r}"
            raise InvalidParameterError(msg)
        depths = {code: given.get(code, 0.0) for code in pair}
    else:
        depths = dict.fromkeys(pair, _depth(depth_km, "depth_km"))
    if side == "both":
        return depths
    kept = one_of_the_pair(border, side)
    return {code: km if code == kept else 0.0 for code, km in depths.items()}


def check_segments(length_km: float, segment_km: float) -> None:
    """Refuse more segments than anything here can tell."""
    if length_km / segment_km > MOST_SEGMENTS:
        msg = (
            f"segment_km {segment_km:g} makes {length_km / segment_km:,.0f} segments of a border of "
            f"{length_km:,.0f} km, above the limit of {MOST_SEGMENTS:,}; take "
            f"{length_km / MOST_SEGMENTS:.2g} km or more"
        )
        raise LimitError(msg)


def _depth(value: Any, name: str) -> float:
    depth = check_positive(value, name, "km")
    if depth > MOST_DEPTH_KM:
        msg = (
            f"{name} must be at most {MOST_DEPTH_KM:,.0f} km, half the way around the Earth, got "
            f"{depth:g}; take the depth of the ground that matters"
        )
        raise InvalidParameterError(msg)
    return depth


def one_of_the_pair(border: Border, name: Any, what: str = "side must be 'both',") -> str:
    """Find which of the two countries of a border a name stands for."""
    pair = (border.a, border.b)
    if isinstance(name, str) and name in pair:
        return name
    code = code_or_name(name)
    if code in pair:
        return code
    msg = f"{what} {pair[0]!r} or {pair[1]!r}, got {shown(name)}"
    raise InvalidParameterError(msg)
