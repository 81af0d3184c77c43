"""Search theory: the probability of detection (POD) that coverage gives, and the width that makes coverage."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import integrate, special

from borderzone._guards import (
    as_finite,
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_positive,
    check_probability,
    plain,
)
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "AREA_COVERAGE",
    "AREA_POD",
    "KOESTER_FACTORS",
    "checked_lateral_table",
    "coverage_factor",
    "exhaustive_search",
    "inverse_cube_search",
    "koester_sweep_width",
    "random_search",
    "sweep_width_from_curve",
    "sweep_width_from_table",
    "sweep_width_gaussian",
    "sweep_width_inverse_cube",
]


def random_search(coverage: npt.ArrayLike) -> FloatArray | float:
    """
    POD of random search: the tracks fall anywhere and overlap by chance.

    The conservative law, robust to poor track-keeping, and the default of
    every report.

    Parameters
    ----------
    coverage
        Coverage factor z, 0 or more.

    Returns
    -------
    FloatArray or float
        ``1 - exp(-z)``.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative or not finite.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> print(round(random_search(1.0), 6))
    0.632121
    """
    return plain(_random(as_non_negative(coverage, "coverage")))


def inverse_cube_search(coverage: npt.ArrayLike) -> FloatArray | float:
    """
    POD of parallel sweeps with the inverse-cube law of detection.

    Parameters
    ----------
    coverage
        Coverage factor z: sweep width over track spacing, 0 or more.

    Returns
    -------
    FloatArray or float
        ``erf(sqrt(pi) z / 2)``, between random and exhaustive search.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative or not finite.

    References
    ----------
    .. [1] Washburn, A. R. (2002). Search and Detection, 4th ed. INFORMS.

    Examples
    --------
    >>> print(round(inverse_cube_search(1.0), 6))
    0.789909
    """
    return plain(_inverse_cube(as_non_negative(coverage, "coverage")))


def exhaustive_search(coverage: npt.ArrayLike) -> FloatArray | float:
    """
    POD of a definite-range search without overlap: the upper bound.

    Parameters
    ----------
    coverage
        Coverage factor z, 0 or more.

    Returns
    -------
    FloatArray or float
        ``min(1, z)``.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative or not finite.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> exhaustive_search([0.25, 3.0])
    array([0.25, 1.  ])
    """
    return plain(_exhaustive(as_non_negative(coverage, "coverage")))


def coverage_factor(
    *,
    sweep_width_km: npt.ArrayLike,
    speed_km_h: npt.ArrayLike,
    hours: npt.ArrayLike,
    area_km2: npt.ArrayLike,
) -> FloatArray | float:
    """Coverage factor of an area search: area swept over area searched, ``W v t / A``."""
    width, speed, time, area = broadcast(
        sweep_width_km=as_non_negative(sweep_width_km, "sweep_width_km", "km"),
        speed_km_h=as_non_negative(speed_km_h, "speed_km_h", "km/h"),
        hours=as_non_negative(hours, "hours", "h"),
        area_km2=as_positive(area_km2, "area_km2", "km2"),
    )
    return plain(width * speed * time / area)


# The laws on plain arrays, unchecked: the inner loops of curves and Monte Carlo use these.
# random <= inverse cube <= exhaustive at every coverage.


# Effort z is laid down in many small pieces, each anywhere: it misses by (1 - z / n)^n, which goes
# to exp(-z) (Koopman 1946). expm1 keeps the digits of a small coverage.
def _random(coverage: FloatArray) -> FloatArray:
    return -np.expm1(-coverage)


# The rate of detection falls with the cube of the range, as the solid angle of a thing on a plane
# seen from a height does; summed over parallel sweeps one track spacing apart (Koopman 1946).
def _inverse_cube(coverage: FloatArray) -> FloatArray:
    return np.asarray(special.erf(np.sqrt(np.pi) / 2 * coverage))


# A cookie cutter: all within a definite range is seen, and nothing is swept twice.
def _exhaustive(coverage: FloatArray) -> FloatArray:
    return np.minimum(1.0, coverage)


def _random_inverse(pod: FloatArray) -> FloatArray:
    # Certainty is infinite: no finite effort laid at random leaves nothing out.
    return np.asarray(-np.log1p(-pod) + 0.0)  # no negative zero


def _inverse_cube_inverse(pod: FloatArray) -> FloatArray:
    return np.asarray(2 / np.sqrt(np.pi) * special.erfinv(pod))


def _exhaustive_inverse(pod: FloatArray) -> FloatArray:
    return pod


AREA_POD: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": _random,
    "inverse_cube": _inverse_cube,
    "exhaustive": _exhaustive,
}


AREA_COVERAGE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": _random_inverse,
    "inverse_cube": _inverse_cube_inverse,
    "exhaustive": _exhaustive_inverse,
}


# Sweep width is the area under a lateral range curve, W = integral of l(x) over both sides of the
# track. In closed form: definite range R, 2 R; triangle of base R on each side, R; exp(-|x| / b),
# 2 b; detection rate k A h / r^3 at speed V, the inverse cube with K = 2 k A h / V (Koopman 1946).

# Sweep width over range of detection (Rd) on land, by visibility of the object: Koester, R.,
# Chiacchia, K., Twardy, C., et al. (2014). Use of the visual range of detection to estimate
# effective sweep width for land search and rescue. Wilderness & Environmental Medicine 25,
# doi 10.1016/j.wem.2013.09.016. The all-object fit has R2 = 0.827 over 10 experiments.
KOESTER_FACTORS = {"any": 1.645, "high": 1.8, "medium": 1.6, "low": 1.1}


def koester_sweep_width(
    detection_range: npt.ArrayLike, *, visibility: str = "any"
) -> FloatArray | float:
    """Sweep width on land from the range at which an object is first made out, in its unit."""
    # Ten experiments in woods and fields; the authors say that dry country needs more data.
    check_choice(visibility, "visibility", KOESTER_FACTORS)
    return plain(KOESTER_FACTORS[visibility] * as_non_negative(detection_range, "detection_range"))


def sweep_width_inverse_cube(constant: npt.ArrayLike) -> FloatArray | float:
    """Sweep width of the inverse-cube curve ``1 - exp(-K / x^2)``, K in km2: ``2 sqrt(pi K)``."""
    return plain(2.0 * np.sqrt(np.pi * as_non_negative(constant, "constant", "km2")))


def sweep_width_gaussian(
    scale_km: npt.ArrayLike, *, peak: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """Sweep width of the bell curve ``a exp(-x^2 / 2 s^2)``: ``a s sqrt(2 pi)``."""
    scale, top = broadcast(
        scale_km=as_non_negative(scale_km, "scale_km", "km"), peak=as_probabilities(peak, "peak")
    )
    return plain(top * scale * np.sqrt(2.0 * np.pi))


def sweep_width_from_table(
    range_km: npt.ArrayLike, pod: npt.ArrayLike, *, clip_km: float = np.inf
) -> float:
    """Sweep width of a measured lateral range curve, straight between its points."""
    offsets, values = checked_lateral_table(range_km, pod)
    check_positive(clip_km, "clip_km", "km", infinite=True)
    # Points beyond the clip are drawn onto it, with the curve's value there, so that the last piece
    # ends at the clip and what lies beyond has no width.
    inside = np.clip(offsets, -clip_km, clip_km)
    cut = np.interp(inside, offsets, values)
    # A table without negative ranges is one side of a symmetric curve.
    both_sides = 1.0 if offsets[0] < 0 else 2.0
    return both_sides * float(np.trapezoid(cut, inside))


def checked_lateral_table(
    range_km: npt.ArrayLike, pod: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Refuse what is no lateral range curve by points."""
    offsets, values = as_finite(range_km, "range_km", "km"), as_probabilities(pod, "pod")
    if offsets.ndim != 1 or offsets.shape != values.shape or offsets.size < 2:
        msg = (
            f"range_km {offsets.shape} and pod {values.shape} must be two columns of one length, "
            "2 rows or more"
        )
        raise ShapeMismatchError(msg)
    if not (np.diff(offsets) > 0).all():
        msg = "range_km must rise from row to row; sort the table and drop repeated ranges"
        raise InvalidParameterError(msg)
    return offsets, values


def sweep_width_from_curve(
    curve: Callable[[float], float],
    *,
    clip_km: float,
    breaks_km: Iterable[float] = (),
) -> float:
    """Sweep width of any lateral range curve out to a clip (km), by quadrature between its breaks."""
    far = check_positive(clip_km, "clip_km", "km", infinite=True)

    def checked(offset: float) -> float:
        return check_probability(curve(offset), f"the curve at {offset:g} km")

    # Quadrature meets a jump badly inside a piece and well at its end; 0 is always an end, for
    # range curves have their cusp there.
    edges = sorted({0.0, *(float(x) for x in breaks_km if abs(float(x)) < far), -far, far})
    return sum(_area(checked, *pair) for pair in pairwise(edges))


def _area(curve: Callable[[float], float], low: float, high: float) -> float:
    result = integrate.quad(
        curve, low, high, epsabs=1e-13, epsrel=1e-12, limit=400, full_output=True
    )
    # The quadrature complains about digits that nobody needs: only a bad estimate is refused.
    area, error, _, *complaint = result
    divergent = bool(complaint) and "divergent" in str(complaint[0])
    if divergent or (complaint and error > 1e-8 * max(1.0, abs(area))):
        msg = (
            f"the area under the curve from {low:g} to {high:g} km does not settle; "
            "name its jumps in breaks_km or give a smaller clip_km"
        )
        raise InvalidParameterError(msg)
    return float(area)
