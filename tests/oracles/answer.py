"""The table of answers once more, in plain numpy, from docs/explanation/methods alone, draw by draw and nothing clever."""

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
    """What eyes do by one light: shares of its states, widths by draw (row 0: the medians), and the draws."""

    shares: Floats
    patrol_km_h: float
    seen_km: Floats
    recognised_km: Floats
    nature: Mapping[str, Floats]


def masked(at: Floats, low: Floats, high: Floats, shared: Floats, own: Floats) -> Floats:
    """Masked share by draw and segment: half of the variance is shared, half each segment's own."""
    place = (shared[:, None] + own) / math.sqrt(2)
    half = np.where(place > 0, high - at, at - low)
    return np.clip(at + place * half / special.ndtri(0.95), 0.0, 0.99)


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


def speeds(line: Line, light: Light, draw: int) -> tuple[Floats, Floats]:
    """Speed of the patrol and of the crosser on each segment."""
    by_day = line.patrol_speed_factor * light.nature["patrol_speed_factor"][draw]
    return light.patrol_km_h * by_day, line.crosser_km_h * light.nature["crosser_speed_factor"][
        draw
    ]


def rates(line: Line, light: Light, draw: int, widths_km: Floats) -> Floats:
    """Coverage of one unit, by state of light and segment."""
    patrol, crosser = speeds(line, light, draw)
    return np.asarray(widths_km[draw] / line.lengths_km * np.sqrt(1 + (patrol / crosser) ** 2))


def response(line: Line, light: Light, draw: int) -> tuple[Floats, Floats]:
    """Chance that a reserve is there before cover, and share of the strip from which the unit itself is."""
    patrol, crosser = speeds(line, light, draw)
    half_km = light.shares @ light.seen_km[draw] / 2
    reserve, near = [], []
    for v, u, drive, half in zip(patrol, crosser, line.drive_h, half_km, strict=True):
        window = COVER_KM / u - DECIDE_H
        mean = float(drive / light.nature["response_speed_factor"][draw])
        left, spread = window - CALL_DELAY_H - LEAST_DRIVE * mean, (1 - LEAST_DRIVE) * mean
        k = 2 * left / spread if spread > 0 else 999.0
        reserve.append(1 - (1 + k) * math.exp(-k) if left >= 0 else 0.0)
        near.append(min(1.0, max(window, 0.0) * max(v - u, 0.0) / half))
    return np.array(reserve), np.array(near)


def stopped(
    line: Line, light: Light, draw: int, units: Floats, law: str, *, stop: bool
) -> tuple[Floats, Floats]:
    """Share that units see or stop, and share that they see, by segment."""
    see = rates(line, light, draw, light.seen_km) * units
    seen = light.shares @ pod(see, law)
    if not stop:
        return seen, seen
    know = rates(line, light, draw, light.recognised_km) * units
    reserve, near = response(line, light, draw)
    f = light.nature["followed_up"][draw]
    far = (1 - f) * pod(know, law) + f * pod(see, law)
    by = (1 - f) * pod(np.minimum(know, near * see), law) + f * pod(near * see, law)
    return light.shares @ (reserve * far + (1 - reserve) * by), seen


def planned(line: Line, light: Light) -> tuple[Floats, Floats]:
    """Rates and weights that the planner believes: first gains of a unit, over what can be gained at most."""
    see = light.shares @ rates(line, light, 0, light.seen_km)
    told = light.shares @ rates(line, light, 0, light.recognised_km) / see
    reserve, near = response(line, light, 0)
    most = np.where(near > 0, 1.0, reserve)
    first = reserve * told + (1 - reserve) * np.minimum(told, near)
    first = np.divide(first, most, out=np.ones_like(first), where=most > 0)
    return np.asarray(see * first), line.weights * most


def on_average(line: Line, light: Light, law: str, target: float, *, stop: bool) -> Floats:
    """Units by draw and segment that see or stop the target share of all crossings."""
    simple = light.shares @ rates(line, light, 0, light.seen_km), line.weights
    believed, worth = planned(line, light) if stop else simple
    worth = worth * believed

    def plan(gain: float) -> Floats:
        at = [coverage_of_gain(gain / w, law) if w > 0 else 0.0 for w in worth]
        return np.asarray(np.array(at) / believed)

    def in_draw(draw: int) -> Floats:
        def short(log_gain: float) -> float:
            found, _ = stopped(line, light, draw, plan(math.exp(log_gain)), law, stop=stop)
            return float(line.weights @ found) - target

        most = math.log(max(worth.max(), 1e-30))
        if short(most - 600) < 0:
            return np.full(len(worth), math.inf)
        units = plan(math.exp(optimize.brentq(short, most - 600, most, xtol=1e-14, rtol=1e-15)))
        if stop:
            _, seen = stopped(line, light, draw, units, law, stop=stop)
            off_line = FALSE_CALLS_PER_H * units + CROSSINGS_PER_H * line.weights * seen
            units = units + CALL_H * off_line
        return units

    return np.array([in_draw(draw) for draw in range(len(light.seen_km))])


def every_inch(
    line: Line,
    light: Light,
    coverage: Callable[[Floats], Floats],
) -> tuple[Floats, Floats]:
    """Units by draw and segment for the weakest place: a plan that is kept, and one made anew."""
    rows = []
    for draw in range(len(light.seen_km)):
        patrol, crosser = speeds(line, light, draw)
        rows.append(coverage(patrol / crosser) / rates(line, light, draw, light.seen_km)[0])
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

    near, far = width(told[0]) / 30, width(seen[-1]) * 30
    if short(math.log(near)) < 0:
        return math.inf
    return math.exp(-optimize.brentq(short, math.log(near), math.log(far), xtol=1e-6))
