"""Crossings of one segment, one at a time, against units that move on it.

In words: somebody comes from ``clip`` before the line to ``clip`` behind it, at right angles, at one place.
Seen from them a unit that goes back and forth on its beat runs a zigzag: a leg for each length of the
beat, on which it moves ``1 / ratio`` towards them for each km along the line. A definite range detects
if one of the legs comes as near as that, closed; a hazard that falls with the cube of the range adds
up over each leg in closed form, ``(end / r_end - start / r_start) / h^2`` with ``h`` the distance from
the leg's line and start and end counted from its foot. Each crossing has a random stream of its own,
so that the order in which they are simulated changes nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.positions import two_uniforms

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = [
    "BEATS",
    "BLIND",
    "INDEPENDENT",
    "INFORMED",
    "LAST_PASS",
    "MEMORYLESS",
    "NO_NEIGHBOURS",
    "ON_LINE",
    "ON_SEGMENT",
    "STANDING",
    "count_detected",
]

INDEPENDENT, BEATS, MEMORYLESS, STANDING = 0, 1, 2, 3
BLIND, LAST_PASS, INFORMED = 0, 1, 2
NO_NEIGHBOURS, ON_SEGMENT, ON_LINE = 0, 1, 2

# Squares of distances below this count as it: who stands on the track itself is seen for certain.
_ON_TRACK = 1e-24


@njit(nogil=True, error_model="numpy")
def _comes_within(radius: float, place: float, phase: float, beat: float, ratio: float) -> Any:
    """Whether a unit comes within a range of a place counted from the start of its beat, border included."""
    # place: where somebody crosses; may lie beyond the beat. Units: km.
    # phase: way of the unit since it was at the beat's start, as they are on the line. Units: km.
    # Within the range along the crosser's way is all of the leg that can be within it.
    first, last = phase - radius * ratio, phase + radius * ratio
    cx, cy = math.sin(math.atan(ratio)), math.cos(math.atan(ratio))
    for k in range(math.floor(first / beat), math.floor(last / beat) + 1):
        s0, s1 = max(first, k * beat), min(last, (k + 1) * beat)
        sign = 1.0 if k % 2 == 0 else -1.0
        corner = k * beat if sign > 0 else -(k + 1) * beat
        x0, x1 = sign * s0 - corner - place, sign * s1 - corner - place
        y0, y1 = (s0 - phase) / ratio, (s1 - phase) / ratio
        start, end = sign * x0 * cx + y0 * cy, sign * x1 * cx + y1 * cy
        aside = x0 * cy - sign * y0 * cx
        along = 0.0 if start < 0.0 < end else min(abs(start), abs(end))
        if aside * aside + along * along <= radius * radius:
            return True
    return False


@njit(nogil=True, error_model="numpy")
def _exposure(clip: float, place: float, phase: float, beat: float, ratio: float) -> Any:
    """Sum over legs of the integral of 1 / r^3 along a unit's way, within the clip on the crosser's."""
    # Legs join, so that the distance of each corner is taken once.
    first, last = phase - clip * ratio, phase + clip * ratio
    cx, cy = math.sin(math.atan(ratio)), math.cos(math.atan(ratio))
    k = math.floor(first / beat)
    sign = 1.0 if k % 2 == 0 else -1.0
    corner = k * beat if sign > 0 else -(k + 1) * beat
    x0, y0 = sign * first - corner - place, -clip
    away0 = 1.0 / math.sqrt(x0 * x0 + y0 * y0)
    total = 0.0
    s1 = first
    while s1 < last:
        k += 1
        s1 = min(last, k * beat)
        corner = (k - 1) * beat if sign > 0 else -k * beat
        x1, y1 = sign * s1 - corner - place, (s1 - phase) / ratio
        away1 = 1.0 / math.sqrt(max(x1 * x1 + y1 * y1, _ON_TRACK))
        start, end = sign * x0 * cx + y0 * cy, sign * x1 * cx + y1 * cy
        aside = x0 * cy - sign * y0 * cx
        total += (end * away1 - start * away0) / max(aside * aside, _ON_TRACK)
        x0, y0, away0, sign = x1, y1, away1, -sign
    return total


@njit(nogil=True, error_model="numpy")
def _is_detected(
    tactic: int, opponent: int, neighbours: int, segment: FloatArray, sensor: FloatArray, draw: Any
) -> Any:
    """Whether any of the units that look at one crossing detects it."""
    key, crossing, u, v = draw
    length, units, ratio = segment[0], int(segment[1]), segment[2]
    hazard, clip, radius = sensor[0], sensor[1], sensor[2]
    beat = length / units if tactic == BEATS else length
    place = u * length
    own = min(int(place / beat), units - 1) if tactic == BEATS else 0
    if opponent == INFORMED:
        place = own * beat  # the end of a beat, where the unit comes only once a round
    first, last = 0, units
    if tactic == BEATS and neighbours != ON_SEGMENT:
        first, last = (own, own + 1) if neighbours == NO_NEIGHBOURS else (own - 1, own + 2)
    total = 0.0
    for unit in range(first, last):
        # A unit's phase hangs on its number, which may be one beyond either end of the segment.
        phase = two_uniforms(key, np.uint64(unit + 2), crossing)[0] * 2.0 * beat
        at = place - unit * beat if tactic == BEATS else place
        if opponent != BLIND and unit == own:
            # As it turns at the far end, halfway through the longer time between two passes.
            phase = beat if at < 0.5 * beat else 0.0
        if hazard > 0.0:
            total += _exposure(clip, at, phase, beat, ratio)
        elif _comes_within(radius, at, phase, beat, ratio):
            return True
    return hazard > 0.0 and v < -math.expm1(-hazard * total)


@njit(nogil=True, error_model="numpy")
def _passes(opponent: int, segment: FloatArray, radius: float, draw: Any) -> Any:
    """Whether one of the passes at exponential intervals comes within range."""
    key, crossing = draw[0], draw[1]
    length, units, ratio = segment[0], segment[1], segment[2]
    # Times by the way of the unit: it passes in range for so long before and after.
    reach = radius / math.cos(math.atan(ratio))
    mean = length / units
    a, b = two_uniforms(key, np.uint64(1), crossing)
    after, before = -mean * math.log1p(-a), -mean * math.log1p(-b)
    if opponent != BLIND:  # just out of range of the one he saw; the next is as far off as ever
        return after <= 2.0 * reach
    return min(after, before) <= reach


@njit(nogil=True, error_model="numpy")
def count_detected(  # noqa: PLR0913, PLR0917 - plain numbers and arrays in, no objects
    key: int,
    first: int,
    last: int,
    tactic: int,
    opponent: int,
    neighbours: int,
    segment: FloatArray,
    sensor: FloatArray,
) -> int:
    """Count the crossings that are detected, of those numbered from first to before last."""
    # key: key of the random streams, 64 bits.
    # tactic, opponent, neighbours: constants of this file.
    # segment: length (km), units, speed of a unit over that of the crosser.
    # sensor: hazard by length of a leg (km2; 0 for a definite range), clip (km), definite range (km).
    count = 0
    radius = sensor[2]
    for crossing in range(first, last):
        number = np.uint64(crossing)
        u, v = two_uniforms(np.uint64(key), np.uint64(0), number)
        draw = (np.uint64(key), number, u, v)
        if tactic == MEMORYLESS:
            count += _passes(opponent, segment, radius, draw)
        elif tactic == STANDING:
            apart = segment[0] / segment[1]
            place = u * segment[1] if opponent != INFORMED else 0.0
            count += abs(place - math.floor(place) - 0.5) * apart <= radius
        else:
            count += _is_detected(tactic, opponent, neighbours, segment, sensor, draw)
    return count
