"""The table of answers once more, in plain numpy, from docs/methods.md alone: units, people, payroll, draw by draw.

Nothing here comes from the library and nothing is clever: one draw, one segment, one state of light at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Curve = Callable[[Floats], Floats]

ALIKE = 0.3  # correlation of looks, of one crew and of neighbouring posts
NINE_TENTHS = special.ndtri(0.95)
CALL_H, FALSE_CALLS_PER_H, CROSSINGS_PER_H = 2.0, 0.05, 1500 / 8766
COVER_KM, DECIDE_H, CALL_DELAY_H, LEAST_DRIVE = 5.0, 0.25, 1 / 6, 0.75
SHIFT_H, TOUR_H, RELIEF = 12.0, 72.0, 8760 / 1698


@dataclass(frozen=True)
class Line:
    """A border: one number for each segment."""

    lengths_km: Floats
    weights: Floats
    patrol_speed_factor: Floats
    crosser_km_h: Floats
    drive_h: Floats


@dataclass(frozen=True)
class Light:
    """What eyes do by one light: shares of its states, widths and R50 by draw (row 0: the medians)."""

    shares: Floats
    patrol_km_h: float
    seen_km: Floats
    recognised_km: Floats
    r50_km: Floats


def masked(at: Floats, low: Floats, high: Floats, shared: Floats, own: Floats) -> Floats:
    """Masked share by draw and segment: half of the variance is shared, half each segment's own."""
    place = (shared[:, None] + own) / math.sqrt(2)
    half = np.where(place > 0, high - at, at - low)
    return np.clip(at + place * half / NINE_TENTHS, 0.0, 0.99)


def pod(coverage: Floats, law: str) -> Floats:
    """Probability of detection by coverage."""
    if law == "random":
        return -np.expm1(-coverage)
    return -np.expm1(-coverage * (0.95 + 0.307 * coverage))


def coverage_of_gain(gain: float, law: str) -> float:
    """Coverage at which the law's slope has fallen to `gain`; 0 where it never is above."""
    if law == "random":
        return max(0.0, -math.log(gain))
    if gain >= 0.95:
        return 0.0

    def above(c: float) -> float:
        return math.log(0.95 + 0.614 * c) - c * (0.95 + 0.307 * c) - math.log(gain)

    return float(optimize.brentq(above, 0.0, 60.0, xtol=1e-15, rtol=1e-15, maxiter=500))


def speeds(
    line: Line, light: Light, nature: Mapping[str, Floats], draw: int
) -> tuple[Floats, Floats]:
    """Speed of the patrol and of the crosser on each segment."""
    patrol = light.patrol_km_h * line.patrol_speed_factor * nature["patrol_speed_factor"][draw]
    return patrol, line.crosser_km_h * nature["crosser_speed_factor"][draw]


def rates(
    line: Line, light: Light, nature: Mapping[str, Floats], draw: int, widths_km: Floats
) -> Floats:
    """Coverage of one unit, by state of light and segment."""
    patrol, crosser = speeds(line, light, nature, draw)
    return np.asarray(widths_km[draw] / line.lengths_km * np.sqrt(1 + (patrol / crosser) ** 2))


def response(line: Line, light: Light, nature: Mapping[str, Floats], draw: int) -> Floats:
    """Chance that the unit itself, or else a reserve, is there before cover."""
    patrol, crosser = speeds(line, light, nature, draw)
    found = []
    for v, u, drive in zip(patrol, crosser, line.drive_h, strict=True):
        window = COVER_KM / u - DECIDE_H
        mean = drive / nature["response_speed_factor"][draw]
        left, spread = window - CALL_DELAY_H - LEAST_DRIVE * mean, (1 - LEAST_DRIVE) * mean
        if math.isinf(mean) or left < 0:
            reserve = 0.0
        else:
            k = 2 * left / spread if spread > 0 else math.inf
            reserve = 1.0 if math.isinf(k) else 1 - (1 + k) * math.exp(-k)
        itself = v > u and light.r50_km[draw] / (v - u) <= window
        found.append(1.0 if itself else reserve)
    return np.array(found)


def on_average(
    line: Line, light: Light, nature: Mapping[str, Floats], law: str, target: float, *, stop: bool
) -> Floats:
    """Units by draw and segment that see or stop the target share of all crossings."""
    widths = light.recognised_km if stop else light.seen_km
    believed = light.shares @ rates(line, light, nature, 0, widths)
    worth = line.weights * believed * (response(line, light, nature, 0) if stop else 1.0)

    def plan(gain: float) -> Floats:
        at = [coverage_of_gain(gain / w, law) if w > 0 else 0.0 for w in worth]
        return np.array(at) / believed

    def in_draw(draw: int) -> Floats:
        see = rates(line, light, nature, draw, light.seen_km)
        know = rates(line, light, nature, draw, light.recognised_km)
        followed = nature["followed_up"][draw] if stop else 1.0
        there = response(line, light, nature, draw) if stop else np.ones(len(worth))

        def short(log_gain: float) -> float:
            units = plan(math.exp(log_gain))
            handled = (1 - followed) * pod(know * units, law) + followed * pod(see * units, law)
            return float((line.weights * there * (light.shares @ handled)).sum()) - target

        most = math.log(worth.max()) if worth.max() > 0 else math.nan
        if math.isnan(most) or short(most - 600) < 0:
            return np.full(len(worth), math.inf)
        units = plan(math.exp(optimize.brentq(short, most - 600, most, xtol=1e-14, rtol=1e-15)))
        if stop:
            seen = light.shares @ pod(see * units, law)
            off_line = FALSE_CALLS_PER_H * units + CROSSINGS_PER_H * line.weights * seen
            units = units + CALL_H * off_line
        return units

    return np.array([in_draw(draw) for draw in range(len(light.seen_km))])


def every_inch(
    line: Line,
    light: Light,
    nature: Mapping[str, Floats],
    coverage: Callable[[Floats], Floats],
) -> tuple[Floats, Floats]:
    """Units by draw and segment for the weakest place: a plan that is kept, and one made anew."""
    rows = []
    for draw in range(len(light.seen_km)):
        patrol, crosser = speeds(line, light, nature, draw)
        rows.append(coverage(patrol / crosser) / rates(line, light, nature, draw, light.seen_km)[0])
    anew = np.array(rows)
    return anew[0] * (anew / anew[0]).max(axis=1, keepdims=True), anew


def payroll(line: Line, night: Floats, day: Floats, night_h: float, crew: int) -> Floats:
    """People on the payroll by draw, from units out by night and by day, by draw and segment."""
    out = (night * night_h + day * (24 - night_h)) / 24
    on_line = np.maximum(1 - 2 * line.drive_h / SHIFT_H, (1 - 2 * line.drive_h / TOUR_H) / 2)
    with np.errstate(divide="ignore"):
        each = np.where(on_line > 0, out / np.maximum(on_line, 0), np.where(out > 0, np.inf, 0.0))
    return np.asarray(crew * RELIEF * each.sum(axis=1))


def look(r50_km: float, r_km: Floats, hidden: Curve | None) -> Floats:
    """Chance of one look at a range: Johnson's curve and the ground in between."""
    q = r50_km / np.maximum(r_km, 1e-9 * r50_km)
    seen = 1 / (1 + q ** -(2.7 + 0.7 * np.minimum(q, 30)))
    return seen if hidden is None else seen * (1 - hidden(r_km))


def curve(
    r50_km: float, clip_km: float, apart_km: float, hidden: Curve | None
) -> tuple[Floats, Floats]:
    """Ranges of closest approach, and the chance to be seen along the whole pass; one look where `apart_km` is 0."""
    x = np.concatenate([[0.0], np.geomspace(1e-3 * r50_km, clip_km, 300)])
    p = look(r50_km, x, hidden)
    if apart_km == 0:
        return x, p
    nodes, weights = np.polynomial.legendre.leggauss(24)
    along = np.zeros_like(x)
    # Piece by piece from the closest approach to the clip: ground bends the curve at its own ranges.
    far = np.sqrt(np.maximum(clip_km**2 - x**2, 0.0))
    for low, high in ((0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1)):
        s = far[:, None] * (low + (high - low) * (nodes + 1) / 2)
        at = look(r50_km, np.hypot(x[:, None], s), hidden)
        along += far * (high - low) * (at * weights).sum(1)  # both ways: twice the half width
    with np.errstate(divide="ignore", invalid="ignore"):
        looks = (1 + (along / (apart_km * p)) ** 8) ** (1 / 8)
        a, b = p * (1 - ALIKE) / ALIKE, (1 - p) * (1 - ALIKE) / ALIKE
        log_missed = special.gammaln(b + looks) + special.gammaln(a + b)
        log_missed -= special.gammaln(a + b + looks) + special.gammaln(b)
    return x, np.where(p >= 1, 1.0, np.where(p > 0, -np.expm1(log_missed), 0.0))


def width(of: tuple[Floats, Floats]) -> float:
    """Twice the area under a lateral curve."""
    return 2 * float(np.trapezoid(of[1], of[0]))


def posts_see(of: tuple[Floats, Floats], apart_km: float) -> tuple[float, float]:
    """Give what evenly spaced posts see on average and at the weakest place, the best post first."""
    steps = int(of[0][-1] / apart_km) + 2
    place = np.linspace(0, apart_km / 2, 33)
    away = np.abs(place[:, None] - apart_km * np.arange(-steps, steps + 1))
    each = -np.sort(-np.interp(away, *of, right=0.0), axis=1)
    fresh = (1 - ALIKE) / (1 - ALIKE + ALIKE * np.arange(each.shape[1]))
    seen = 1 - np.prod(1 - fresh * each, axis=1)
    return float(np.trapezoid(seen, place) / place[-1]), float(seen.min())


def posts_per_km(
    shares: Floats,
    seen: Sequence[tuple[Floats, Floats]],
    told: Sequence[tuple[Floats, Floats]],
    followed: float,
    target: float,
    *,
    weakest: bool = False,
) -> float:
    """Count posts for each km by which a place reaches the target; curves are by state of light."""

    def short(log_apart: float) -> float:
        of_seen = [posts_see(of, math.exp(log_apart))[weakest] for of in seen]
        of_told = [posts_see(of, math.exp(log_apart))[weakest] for of in told]
        handled = (1 - followed) * np.array(of_told) + followed * np.array(of_seen)
        return float(shares @ handled) - target

    # From thirty posts to each of their widths, where all is seen that ever is, to one in thirty.
    near, far = width(told[0]) / 30, width(seen[-1]) * 30
    if short(math.log(near)) < 0:
        return math.inf
    return math.exp(-optimize.brentq(short, math.log(near), math.log(far), xtol=1e-6))
