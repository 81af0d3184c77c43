"""Crossings of one segment, one at a time, against units that move on it.

In words: somebody comes from ``clip`` before the line to ``clip`` behind it, at right angles, at one place.
Seen from them a unit that goes back and forth on its beat runs a zigzag: a leg for each length of the
beat, on which it moves ``1 / ratio`` towards them for each km along the line. A definite range detects
if one of the legs comes as near as that, closed; a hazard that falls with the cube of the range adds
up over each leg in closed form, ``(end / r_end - start / r_start) / h^2`` with ``h`` the distance from
the leg's line and start and end counted from its foot. Each crossing has a random stream of its own,
so that the order in which they are simulated changes nothing.

A border adds time. In words: on one segment things happen one after the other, a unit comes back from a
call, night or day begins, a unit is called for nothing, a group crosses. Between two of them nothing
changes. Whoever crosses is met by the units that are on the line just then, and what was seen of him takes
one of them away for some hours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.positions import two_uniforms

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "BEATS",
    "BLIND",
    "COUNTED",
    "INDEPENDENT",
    "INFORMED",
    "LAST_PASS",
    "MEMORYLESS",
    "NO_NEIGHBOURS",
    "ON_LINE",
    "ON_SEGMENT",
    "POLICIES",
    "STANDING",
    "WAITER",
    "arrival_uniforms",
    "count_detected",
    "run_segment",
]

INDEPENDENT, BEATS, MEMORYLESS, STANDING = 0, 1, 2, 3
BLIND, LAST_PASS, INFORMED, WAITER = 0, 1, 2, 3
NO_NEIGHBOURS, ON_SEGMENT, ON_LINE = 0, 1, 2
# Policies of who comes to a border: those above, and who picks the segment and is blind on it.
POLICIES = 5
# What is counted of crossings: groups, people, detected, handled and stopped groups.
COUNTED = 5

# Draws of one crossing beyond those of its place, its passes and the phases of up to 2**32 units.
_COMES, _WHO, _AFTER = 2**32, 2**32 + 1, 2**32 + 2

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
def _watched(opponent: int, place: float, phase: float, beat: float, segment: FloatArray) -> Any:
    """Phase of the unit that somebody watches, as he goes, and whether it misses him for certain."""
    if opponent == BLIND:
        return phase, False
    if opponent != WAITER:
        # As it turns at the far end, halfway through the longer time between two passes.
        return (beat if place < 0.5 * beat else 0.0), False
    # By the way of the unit: how long he waits at most, and how long before and after a pass he would
    # be seen. Each pass in the way is waited out; after the two of one round there is no gap but
    # behind one of them. A watcher who ties is not seen.
    patience, reach = segment[3], segment[4]
    way, near = phase, True
    for _ in range(3):
        near = False
        for turn in (place, -place):
            passed = turn + 2.0 * beat * round((way - turn) / (2.0 * beat))
            if abs(way - passed) <= reach:
                near = True
                way = max(way, passed + reach + 1e-12 * beat)
        if not near:
            break
    if not near and way - phase <= patience:
        return way, True
    return phase + patience, False


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
        escapes = False
        if unit == own:
            phase, escapes = _watched(opponent, at, phase, beat, segment)
        if hazard > 0.0:
            total += _exposure(clip, at, phase, beat, ratio)
        elif not escapes and _comes_within(radius, at, phase, beat, ratio):
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
def _detects(  # noqa: PLR0913, PLR0917 - plain numbers and arrays in, no objects
    key: int,
    crossing: int,
    tactic: int,
    opponent: int,
    neighbours: int,
    segment: FloatArray,
    sensor: FloatArray,
) -> Any:
    """Whether one crossing is detected; the same crossing by the same units however often it is asked."""
    u, v = two_uniforms(key, np.uint64(0), crossing)
    draw = (key, crossing, u, v)
    if tactic == MEMORYLESS:
        return _passes(opponent, segment, sensor[2], draw)
    if tactic == STANDING:
        apart = segment[0] / segment[1]
        place = u * segment[1] if opponent != INFORMED else 0.0
        return abs(place - math.floor(place) - 0.5) * apart <= sensor[2]
    return _is_detected(tactic, opponent, neighbours, segment, sensor, draw)


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
    for crossing in range(first, last):
        count += _detects(
            np.uint64(key), np.uint64(crossing), tactic, opponent, neighbours, segment, sensor
        )
    return count


@njit(nogil=True, error_model="numpy")
def arrival_uniforms(key: int, first: int, out: FloatArray) -> None:
    """Draw what tells when a group comes, by which policy, of which size, and which way it chooses."""
    # key: key of the random streams, 64 bits.
    # first: number of the first group; the others follow it.
    # out: filled with numbers from 0 to below 1, shape ``(n, 4)``.
    for i in range(out.shape[0]):
        number = np.uint64(first) + np.uint64(i)
        out[i, 0], out[i, 1] = two_uniforms(np.uint64(key), np.uint64(_COMES), number)
        out[i, 2], out[i, 3] = two_uniforms(np.uint64(key), np.uint64(_WHO), number)


@njit(nogil=True, error_model="numpy")
def _met(key: int, crossing: int, policy: int, light: int, line: int, plan: tuple[Any, ...]) -> Any:
    """How far one crossing gets: 0 unseen, 1 detected, 2 handled, 3 stopped."""
    tactic, neighbours, segments, sensors, after = plan
    if line == 0:
        return 0
    opponent = BLIND if policy == POLICIES - 1 else policy
    segment = segments[light]
    segment[1] = line
    looks = neighbours[policy]
    if not _detects(key, crossing, tactic, opponent, looks, segment, sensors[0, light]):
        return 0
    follows, in_time = two_uniforms(key, np.uint64(_AFTER), crossing)
    # A part of what detects: the same units, nearer.
    if follows >= after[1] and not _detects(
        key, crossing, tactic, opponent, looks, segment, sensors[1, light]
    ):
        return 1
    return 3 if in_time < after[2 + light] else 2


@njit(nogil=True, error_model="numpy")
def run_segment(  # noqa: PLR0915 - one clock, and all that it counts
    key: int,
    crossings: tuple[Any, ...],
    false: FloatArray,
    changes: FloatArray,
    out: IntArray,
    plan: tuple[Any, ...],
) -> Any:
    """Run a segment from one thing that happens to the next."""
    # key: key of the random streams, 64 bits.
    # crossings: time (h, rising), number (uint64), policy and size of each group that crosses.
    # false: time (h, rising) of each false call that there were if all units were on the line, and a
    # number from 0 to 1 that says which of them is called, shape ``(n, 2)``.
    # changes: when night and day begin, by turns, and when all ends. Units: h.
    # out: units out by night and by day.
    # plan: tactic; neighbours by policy; segments (light, 5), as in `count_detected` with the way of a
    # unit for which a waiter waits and within which it sees him (km); sensors (detected and recognised, light, 3);
    # hours of a call, share followed up, chance of a response in time by night and by day.
    # Returns counts (light, policy, what), false calls, and hours of units on the line and on calls by light.
    times, numbers, policies, sizes = crossings
    counts = np.zeros((2, POLICIES, COUNTED), dtype=np.int64)
    hours = np.zeros((2, 2))
    call_h = plan[4][0]
    # Calls are equally long, so that who went first is back first.
    back = np.zeros(max(1, out[0], out[1]))
    first, away, called = 0, 0, 0
    now, light, i, j, change = 0.0, 0, 0, 0, 1
    while True:
        then = changes[change]
        comes = times[i] if i < times.size else np.inf
        calls = false[j, 0] if j < false.shape[0] else np.inf
        ends = back[first] if away > 0 else np.inf
        at = min(then, comes, calls, ends)
        line = max(0, out[light] - away)
        hours[light, 0] += line * (at - now)
        hours[light, 1] += away * (at - now)
        now, leaves = at, False
        if ends == at:
            away -= 1
            first = (first + 1) % back.size
        elif then == at:
            change += 1
            if change == changes.size:
                break
            light = 1 - light
        elif calls == at:
            # Whoever is away is not called.
            leaves = false[j, 1] * out[light] < line
            called += leaves
            j += 1
        else:
            far = _met(np.uint64(key), numbers[i], policies[i], light, line, plan)
            row = counts[light, policies[i]]
            row[0] += 1
            row[1] += sizes[i]
            for what in range(far):
                row[2 + what] += 1
            leaves = far >= 2
            i += 1
        if leaves and call_h > 0.0:
            back[(first + away) % back.size] = now + call_h
            away += 1
    return counts, called, hours
