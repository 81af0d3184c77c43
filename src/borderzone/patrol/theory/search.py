"""Search theory: probability of detection (POD) from coverage, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "SEARCH_LAWS",
    "back_and_forth_search",
    "coverage_factor",
    "coverage_for",
    "detection_for",
    "exhaustive_search",
    "inverse_cube_search",
    "random_search",
]


def coverage_factor(
    *,
    sweep_width_km: npt.ArrayLike,
    speed_km_h: npt.ArrayLike,
    hours: npt.ArrayLike,
    area_km2: npt.ArrayLike,
) -> FloatArray | float:
    """
    Coverage factor of an area search: area swept over area searched.

    Parameters
    ----------
    sweep_width_km
        Sweep width of the sensor. Units: km.
    speed_km_h
        Speed of the searcher. Units: km/h.
    hours
        Time spent searching. Units: h.
    area_km2
        Area searched. Units: km2.

    Returns
    -------
    FloatArray or float
        ``W v t / A``, without unit.

    Raises
    ------
    InvalidParameterError
        If a number is negative, or the area is not above 0.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> coverage_factor(sweep_width_km=1, speed_km_h=30, hours=12, area_km2=1000)
    0.36
    """
    width, speed, time, area = broadcast(
        sweep_width_km=as_non_negative(sweep_width_km, "sweep_width_km", "km"),
        speed_km_h=as_non_negative(speed_km_h, "speed_km_h", "km/h"),
        hours=as_non_negative(hours, "hours", "h"),
        area_km2=as_positive(area_km2, "area_km2", "km2"),
    )
    return plain(width * speed * time / area)


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


def back_and_forth_search(coverage: npt.ArrayLike) -> FloatArray | float:
    """
    POD of a back-and-forth barrier patrol at a coverage.

    The swept band zigzags in the frame of the crosser; the part that it
    sweeps twice near the turns is lost, hence the square.

    Parameters
    ----------
    coverage
        Area swept over area arriving, see `barrier_coverage`; 0 or more.

    Returns
    -------
    FloatArray or float
        ``1 - (1 - min(C, 2) / 2)^2``, which is ``C - C^2 / 4`` up to 2.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative or not finite.

    References
    ----------
    .. [1] Wagner, D., Mylander, W., Sanders, T. (1999). Naval Operations
       Analysis, 3rd ed. Naval Institute Press (barrier patrol).

    Examples
    --------
    >>> back_and_forth_search([0.5, 1.0, 2.0])
    array([0.4375, 0.75  , 1.    ])
    """
    return plain(_back_and_forth(as_non_negative(coverage, "coverage")))


def detection_for(coverage: npt.ArrayLike, law: str = "random") -> FloatArray | float:
    """
    POD at a coverage, by the name of the law.

    Parameters
    ----------
    coverage
        Coverage factor, 0 or more.
    law
        One of `SEARCH_LAWS`.

    Returns
    -------
    FloatArray or float
        Probability of detection.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative or the law is unknown.

    Examples
    --------
    >>> detection_for(1.0, "back_and_forth")
    0.75
    """
    check_choice(law, "law", SEARCH_LAWS)
    return plain(POD[law](as_non_negative(coverage, "coverage")))


def coverage_for(pod: npt.ArrayLike, law: str = "random") -> FloatArray | float:
    """
    Coverage that a wanted POD takes: the inverse of the search laws.

    Parameters
    ----------
    pod
        Wanted probability of detection, 0 to 1.
    law
        One of `SEARCH_LAWS`.

    Returns
    -------
    FloatArray or float
        The smallest coverage with that POD. Infinite for certainty under
        random and inverse-cube search, which never reach it.

    Raises
    ------
    InvalidParameterError
        If a probability is outside 0 to 1 or the law is unknown.

    Examples
    --------
    >>> print(round(coverage_for(0.95), 6), round(coverage_for(0.95, "back_and_forth"), 6))
    2.995732 1.552786
    """
    check_choice(law, "law", SEARCH_LAWS)
    wanted = as_probabilities(pod, "pod")
    with np.errstate(divide="ignore"):  # certainty takes infinite random effort
        return plain(COVERAGE[law](wanted))


# The laws on plain arrays, unchecked: the inner loops of curves and Monte Carlo use these.


def _random(coverage: FloatArray) -> FloatArray:
    return -np.expm1(-coverage)


def _inverse_cube(coverage: FloatArray) -> FloatArray:
    return np.asarray(special.erf(np.sqrt(np.pi) / 2 * coverage))


def _exhaustive(coverage: FloatArray) -> FloatArray:
    return np.minimum(1.0, coverage)


def _back_and_forth(coverage: FloatArray) -> FloatArray:
    capped = np.minimum(coverage, 2.0)
    return capped * (1.0 - capped / 4.0)


def _random_inverse(pod: FloatArray) -> FloatArray:
    return np.asarray(-np.log1p(-pod) + 0.0)  # no negative zero


def _inverse_cube_inverse(pod: FloatArray) -> FloatArray:
    return np.asarray(2 / np.sqrt(np.pi) * special.erfinv(pod))


def _exhaustive_inverse(pod: FloatArray) -> FloatArray:
    return pod


def _back_and_forth_inverse(pod: FloatArray) -> FloatArray:
    # 2 (1 - sqrt(1 - P)) without the cancellation at small P.
    return np.asarray(2.0 * pod / (1.0 + np.sqrt(1.0 - pod)))


POD: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": _random,
    "inverse_cube": _inverse_cube,
    "exhaustive": _exhaustive,
    "back_and_forth": _back_and_forth,
}


def missed_in_place(coverage: FloatArray, law: str) -> FloatArray:
    """Turn coverage into the share that is missed, one less POD, in the same array."""
    if law == "random":
        return np.exp(np.negative(coverage, out=coverage), out=coverage)
    return np.subtract(1.0, POD[law](coverage), out=coverage)


COVERAGE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": _random_inverse,
    "inverse_cube": _inverse_cube_inverse,
    "exhaustive": _exhaustive_inverse,
    "back_and_forth": _back_and_forth_inverse,
}
SEARCH_LAWS = tuple(POD)
