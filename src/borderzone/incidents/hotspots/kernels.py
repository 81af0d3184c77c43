"""Kernels of density: Gaussian and quartic, in the plane and on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from borderzone._guards import as_numbers, check_choice, check_positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray

__all__ = ["KERNELS", "REACH", "kernel_line", "kernel_plane", "mass_below"]

KERNELS = ("gaussian", "quartic")

REACH = {"gaussian": 6.0, "quartic": 1.0}
"""Bandwidths after which a kernel is taken for 0; a Gaussian has 1.5e-8 of its mass beyond 6."""


def kernel_plane(
    distance_km: ArrayLike, bandwidth_km: float, *, kernel: str = "gaussian"
) -> np.float64 | FloatArray:
    """
    Give the density that one event adds at a distance, in the plane.

    Gaussian ``exp(-r^2 / 2h^2) / (2 pi h^2)``, or quartic ``3 (1 - r^2/h^2)^2
    / (pi h^2)`` within h.

    Parameters
    ----------
    distance_km
        Distance. Units: km.
    bandwidth_km
        Bandwidth h. Units: km.
    kernel
        "gaussian" or "quartic".

    Returns
    -------
    float or FloatArray
        Events per km2.

    Raises
    ------
    InvalidParameterError
        If the bandwidth is not above 0, or the kernel unknown.

    Examples
    --------
    >>> kernel_plane([0, 5], 5).round(8)
    array([0.0063662 , 0.00386129])
    >>> round(float(kernel_plane(0, 5, kernel="quartic")), 8)
    0.03819719
    """
    check_choice(kernel, "kernel", KERNELS)
    h = check_positive(bandwidth_km, "bandwidth_km", "km")
    u2 = (as_numbers(distance_km, "distance_km") / h) ** 2
    if kernel == "gaussian":
        return np.asarray(np.exp(-0.5 * u2) / (2.0 * np.pi * h * h))[()]
    return np.asarray(3.0 / (np.pi * h * h) * np.maximum(1.0 - u2, 0.0) ** 2)[()]


def kernel_line(
    distance_km: ArrayLike, bandwidth_km: float, *, kernel: str = "gaussian"
) -> np.float64 | FloatArray:
    """
    Give the density that one event adds at a distance along a line.

    Gaussian ``exp(-t^2 / 2h^2) / (h sqrt(2 pi))``, or quartic ``15/16 (1 -
    t^2/h^2)^2 / h`` within h.

    Parameters
    ----------
    distance_km
        Distance along the line. Units: km.
    bandwidth_km
        Bandwidth h. Units: km.
    kernel
        "gaussian" or "quartic".

    Returns
    -------
    float or FloatArray
        Events per km.

    Raises
    ------
    InvalidParameterError
        If the bandwidth is not above 0, or the kernel unknown.

    Examples
    --------
    >>> round(float(kernel_line(0, 5)), 6)
    0.079788
    """
    check_choice(kernel, "kernel", KERNELS)
    h = check_positive(bandwidth_km, "bandwidth_km", "km")
    u2 = (as_numbers(distance_km, "distance_km") / h) ** 2
    if kernel == "gaussian":
        return np.asarray(np.exp(-0.5 * u2) / (h * np.sqrt(2.0 * np.pi)))[()]
    return np.asarray(0.9375 / h * np.maximum(1.0 - u2, 0.0) ** 2)[()]


def mass_below(u: ArrayLike, kernel: str) -> FloatArray:
    """Give the mass of a kernel on a line below a distance from its centre."""
    t = np.asarray(u, dtype=float)
    if kernel == "gaussian":
        return np.asarray(special.ndtr(t))
    t = np.clip(t, -1.0, 1.0)
    return np.asarray(0.5 + 0.9375 * (t - 2.0 * t**3 / 3.0 + t**5 / 5.0))
