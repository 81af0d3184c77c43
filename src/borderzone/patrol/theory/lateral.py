"""Sweep width: the area under a lateral range curve."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import integrate

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
    "KOESTER_FACTORS",
    "koester_sweep_width",
    "sweep_width_definite_range",
    "sweep_width_exponential",
    "sweep_width_from_curve",
    "sweep_width_from_table",
    "sweep_width_gaussian",
    "sweep_width_inverse_cube",
    "sweep_width_inverse_cube_rate",
    "sweep_width_triangular",
]

# Sweep width over range of detection (Rd) on land, by visibility of the object: Koester, R.,
# Chiacchia, K., Twardy, C., et al. (2014). Use of the visual range of detection to estimate
# effective sweep width for land search and rescue. Wilderness & Environmental Medicine 25,
# doi 10.1016/j.wem.2013.09.016. The all-object fit has R2 = 0.827 over 10 experiments.
KOESTER_FACTORS = {"any": 1.645, "high": 1.8, "medium": 1.6, "low": 1.1}


def sweep_width_definite_range(range_km: npt.ArrayLike) -> FloatArray | float:
    """
    Sweep width of a sensor that sees everything within a range, nothing beyond.

    Parameters
    ----------
    range_km
        The definite range. Units: km.

    Returns
    -------
    FloatArray or float
        ``2 R``, in the unit of the range.

    Raises
    ------
    InvalidParameterError
        If a range is negative.

    Examples
    --------
    >>> sweep_width_definite_range(2.0)
    4.0
    """
    return plain(2.0 * as_non_negative(range_km, "range_km", "km"))


def sweep_width_triangular(max_range_km: npt.ArrayLike) -> FloatArray | float:
    """
    Sweep width of a curve that falls in a line from 1 at the track to 0.

    Parameters
    ----------
    max_range_km
        Range at which detection reaches zero. Units: km.

    Returns
    -------
    FloatArray or float
        The same range, in its unit.

    Raises
    ------
    InvalidParameterError
        If a range is negative.

    Examples
    --------
    >>> sweep_width_triangular(2.0)
    2.0
    """
    return plain(as_non_negative(max_range_km, "max_range_km", "km"))


def sweep_width_inverse_cube(constant: npt.ArrayLike) -> FloatArray | float:
    """
    Sweep width of the inverse-cube curve ``1 - exp(-K / x^2)``.

    Parameters
    ----------
    constant
        K of the curve. Units: km2.

    Returns
    -------
    FloatArray or float
        ``2 sqrt(pi K)``. Units: km.

    Raises
    ------
    InvalidParameterError
        If a constant is negative.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> print(round(sweep_width_inverse_cube(0.01), 6))
    0.354491
    """
    return plain(2.0 * np.sqrt(np.pi * as_non_negative(constant, "constant", "km2")))


def sweep_width_inverse_cube_rate(
    *, glimpse_constant: npt.ArrayLike, height_km: npt.ArrayLike, speed_km_h: npt.ArrayLike
) -> FloatArray | float:
    """
    Sweep width of an observer with detection rate ``k A h / r^3``.

    The inverse-cube curve with ``K = 2 k A h / V``.

    Parameters
    ----------
    glimpse_constant
        ``k A``: glimpse constant times area of the target. Units: km3/h per km.
    height_km
        Height h of the observer. Units: km.
    speed_km_h
        Speed V of the observer. Units: km/h.

    Returns
    -------
    FloatArray or float
        ``sqrt(8 pi k A h / V)``. Units: km.

    Raises
    ------
    InvalidParameterError
        If a number is negative or the speed is not above 0.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> print(round(sweep_width_inverse_cube_rate(glimpse_constant=1, height_km=0.5,
    ...                                           speed_km_h=100), 6))
    0.354491
    """
    constant, height, speed = broadcast(
        glimpse_constant=as_non_negative(glimpse_constant, "glimpse_constant"),
        height_km=as_non_negative(height_km, "height_km", "km"),
        speed_km_h=as_positive(speed_km_h, "speed_km_h", "km/h"),
    )
    return plain(np.sqrt(8.0 * np.pi * constant * height / speed))


def sweep_width_gaussian(
    scale_km: npt.ArrayLike, *, peak: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """
    Sweep width of the bell curve ``a exp(-x^2 / 2 s^2)``.

    Parameters
    ----------
    scale_km
        The scale s. Units: km.
    peak
        The probability a on the track, 0 to 1.

    Returns
    -------
    FloatArray or float
        ``a s sqrt(2 pi)``, in the unit of the scale.

    Raises
    ------
    InvalidParameterError
        If a scale is negative or a peak is no probability.

    Examples
    --------
    >>> print(round(sweep_width_gaussian(0.3, peak=0.8), 6))
    0.601591
    """
    scale, top = broadcast(
        scale_km=as_non_negative(scale_km, "scale_km", "km"), peak=as_probabilities(peak, "peak")
    )
    return plain(top * scale * np.sqrt(2.0 * np.pi))


def sweep_width_exponential(scale_km: npt.ArrayLike) -> FloatArray | float:
    """
    Sweep width of the curve ``exp(-|x| / b)``.

    Parameters
    ----------
    scale_km
        The scale b. Units: km.

    Returns
    -------
    FloatArray or float
        ``2 b``, in the unit of the scale.

    Raises
    ------
    InvalidParameterError
        If a scale is negative.

    Examples
    --------
    >>> sweep_width_exponential(0.25)
    0.5
    """
    return plain(2.0 * as_non_negative(scale_km, "scale_km", "km"))


def sweep_width_from_curve(
    curve: Callable[[float], float],
    *,
    clip_km: float,
    breaks_km: Iterable[float] = (),
) -> float:
    """
    Sweep width of any lateral range curve, by quadrature.

    Parameters
    ----------
    curve
        Probability of detection at a lateral range, called with single
        numbers on both sides of the track. Units: km.
    clip_km
        Range beyond which nothing is seen (horizon, viewshed); infinite for
        a curve that falls off by itself. Units: km.
    breaks_km
        Ranges where the curve jumps or bends. Units: km.

    Returns
    -------
    float
        The area under the curve out to the clip. Units: km.

    Raises
    ------
    InvalidParameterError
        If the clip is not above 0, the curve leaves 0 to 1, or the
        quadrature does not settle.

    Examples
    --------
    >>> print(round(sweep_width_from_curve(lambda x: 0.5, clip_km=3), 6))
    3.0
    """
    far = check_positive(clip_km, "clip_km", "km", infinite=True)

    def checked(offset: float) -> float:
        return check_probability(curve(offset), f"the curve at {offset:g} km")

    edges = sorted({0.0, *(float(x) for x in breaks_km if abs(float(x)) < far), -far, far})
    return sum(_area(checked, *pair) for pair in pairwise(edges))


def sweep_width_from_table(
    range_km: npt.ArrayLike, pod: npt.ArrayLike, *, clip_km: float = np.inf
) -> float:
    """
    Sweep width of a measured lateral range curve, straight between its points.

    Parameters
    ----------
    range_km
        Lateral ranges, rising. If none is negative, the table is one side of
        a symmetric curve and counts twice. Units: km.
    pod
        Probability of detection at each of them.
    clip_km
        Range beyond which nothing is seen. Units: km.

    Returns
    -------
    float
        The area under the curve within the table and the clip. Units: km.

    Raises
    ------
    InvalidParameterError
        If the ranges do not rise, a value is no probability, or the clip is
        not above 0.
    ShapeMismatchError
        If the two columns differ in length or have fewer than two rows.

    Examples
    --------
    >>> sweep_width_from_table([0.0, 1.0, 2.0], [1.0, 0.5, 0.0])
    2.0
    """
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
    check_positive(clip_km, "clip_km", "km", infinite=True)
    inside = np.clip(offsets, -clip_km, clip_km)
    cut = np.interp(inside, offsets, values)
    both_sides = 1.0 if offsets[0] < 0 else 2.0
    return both_sides * float(np.trapezoid(cut, inside))


def koester_sweep_width(
    detection_range: npt.ArrayLike, *, visibility: str = "any"
) -> FloatArray | float:
    """
    Sweep width on land from the range at which an object is first made out.

    Parameters
    ----------
    detection_range
        Mean range of detection Rd, walked up to from several sides.
    visibility
        Visibility of the object: one of `KOESTER_FACTORS`.

    Returns
    -------
    FloatArray or float
        1.645 Rd, or 1.8, 1.6 or 1.1 Rd, in the unit of the range.

    Raises
    ------
    InvalidParameterError
        If a range is negative or the visibility is unknown.

    Notes
    -----
    From ten experiments in woods and fields; its authors say that dry country
    needs more data.

    References
    ----------
    .. [1] Koester, R., et al. (2014). Use of the visual range of detection to
       estimate effective sweep width for land search and rescue. Wilderness &
       Environmental Medicine 25. doi:10.1016/j.wem.2013.09.016.

    Examples
    --------
    >>> print(round(koester_sweep_width(100.0), 6))
    164.5
    """
    check_choice(visibility, "visibility", KOESTER_FACTORS)
    return plain(KOESTER_FACTORS[visibility] * as_non_negative(detection_range, "detection_range"))


def _area(curve: Callable[[float], float], low: float, high: float) -> float:
    result = integrate.quad(
        curve, low, high, epsabs=1e-13, epsrel=1e-12, limit=400, full_output=True
    )
    area, error, _, *complaint = result
    divergent = bool(complaint) and "divergent" in str(complaint[0])
    if divergent or (complaint and error > 1e-8 * max(1.0, abs(area))):
        msg = (
            f"the area under the curve from {low:g} to {high:g} km does not settle; "
            "name its jumps in breaks_km or give a smaller clip_km"
        )
        raise InvalidParameterError(msg)
    return float(area)
