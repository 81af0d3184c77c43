"""Imaging sensors: resolved cycles, probability and sweep width with range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from borderzone._guards import as_non_negative, as_positive, broadcast, check_choice, plain
from borderzone.patrol.theory.lateral import sweep_width_from_curve

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "JOHNSON_CYCLES",
    "MAN_CRITICAL_M",
    "THERMAL_INDUSTRY_CYCLES",
    "acuity_range_m",
    "imaging_probability",
    "imaging_range_m",
    "imaging_sweep_width_km",
    "target_transfer_probability",
]

# Cycles over the critical dimension for an even chance: Johnson, J. (1958). Analysis of image
# forming systems. Image Intensifier Symposium, Fort Belvoir (his bands: 1.0 +- 0.25,
# 1.4 +- 0.35, 4.0 +- 0.8, 6.4 +- 1.5).
JOHNSON_CYCLES = {"detect": 1.0, "orient": 1.4, "recognise": 4.0, "identify": 6.4}
# The thermal industry's 1.5, 6 and 12 pixels, in cycles: FLIR technical note TN-0002.
THERMAL_INDUSTRY_CYCLES = {"detect": 0.75, "recognise": 3.0, "identify": 6.0}
# Critical dimension of a person: FLIR technical note TN-0002. Units: m.
MAN_CRITICAL_M = 0.75

_ARC_MINUTE = np.pi / (180 * 60)


def target_transfer_probability(cycle_ratio: npt.ArrayLike) -> FloatArray | float:
    """
    Target transfer probability function: chance of a task at resolved cycles.

    Parameters
    ----------
    cycle_ratio
        Resolved cycles over the cycles for an even chance, q = N / N50.

    Returns
    -------
    FloatArray or float
        ``q^E / (1 + q^E)`` with ``E = 2.7 + 0.7 q``.

    Raises
    ------
    InvalidParameterError
        If a ratio is negative.

    References
    ----------
    .. [1] Holst, G. C. (2000). Electro-Optical Imaging System Performance,
       2nd ed. JCD Publishing.

    Examples
    --------
    >>> print(target_transfer_probability([0.5, 1.0, 2.0]).round(6))
    [0.107734 0.5      0.944899]
    """
    ratio = as_non_negative(cycle_ratio, "cycle_ratio")
    with np.errstate(divide="ignore"):  # nothing resolved: the logarithm is -inf, the chance 0
        return plain(special.expit((2.7 + 0.7 * ratio) * np.log(ratio)))


def imaging_range_m(
    *,
    ifov_mrad: npt.ArrayLike,
    critical_m: npt.ArrayLike = MAN_CRITICAL_M,
    task: str = "detect",
) -> FloatArray | float:
    """
    Range with an even chance of a task (R50) of an imaging sensor.

    Parameters
    ----------
    ifov_mrad
        Angle seen by one pixel. Units: mrad.
    critical_m
        Critical dimension of the target; a person's by default. Units: m.
    task
        What has to be done: one of `JOHNSON_CYCLES`.

    Returns
    -------
    FloatArray or float
        ``h / (2 N50 IFOV)``. Units: m.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0 or the task is unknown.

    Examples
    --------
    >>> imaging_range_m(ifov_mrad=0.1), imaging_range_m(ifov_mrad=0.1, task="recognise")
    (3750.0, 937.5)
    """
    check_choice(task, "task", JOHNSON_CYCLES)
    ifov, size = broadcast(
        ifov_mrad=as_positive(ifov_mrad, "ifov_mrad", "mrad"),
        critical_m=as_positive(critical_m, "critical_m", "m"),
    )
    return plain(1000.0 * size / (2.0 * JOHNSON_CYCLES[task] * ifov))


def imaging_probability(range_m: npt.ArrayLike, *, r50_m: npt.ArrayLike) -> FloatArray | float:
    """
    Chance of a task at a range, from the range with an even chance.

    Resolved cycles fall off as one over the range, so q = R50 / R.

    Parameters
    ----------
    range_m
        Range to the target. Units: m.
    r50_m
        Range with an even chance, see `imaging_range_m`. Units: m.

    Returns
    -------
    FloatArray or float
        Probability; 1 at range 0.

    Raises
    ------
    InvalidParameterError
        If a range is negative or R50 is not above 0.

    References
    ----------
    .. [1] Holst, G. C. (2000). Electro-Optical Imaging System Performance,
       2nd ed. JCD Publishing.

    Examples
    --------
    >>> print(imaging_probability([500.0, 1000.0, 2000.0, 4000.0], r50_m=1500.0).round(4))
    [0.9949 0.8206 0.2834 0.0519]
    """
    distance, even = broadcast(
        range_m=as_non_negative(range_m, "range_m", "m"), r50_m=as_positive(r50_m, "r50_m", "m")
    )
    with np.errstate(
        divide="ignore", over="ignore"
    ):  # range 0: the ratio is infinite, the chance 1
        ratio = even / distance
        return plain(special.expit((2.7 + 0.7 * ratio) * np.log(ratio)))


def imaging_sweep_width_km(*, r50_m: float, clip_km: float) -> float:
    """
    Sweep width of an imaging sensor, its range curve cut at the horizon.

    The curve has a heavy tail: without a clip the width has no meaning.

    Parameters
    ----------
    r50_m
        Range with an even chance. Units: m.
    clip_km
        Horizon or viewshed limit. Units: km.

    Returns
    -------
    float
        Twice the area under the range curve out to the clip. Units: km.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0 or the clip is infinite.

    Examples
    --------
    >>> print(round(imaging_sweep_width_km(r50_m=1500.0, clip_km=10.0), 3))
    3.677
    """
    even, far = (
        float(as_positive(r50_m, "r50_m", "m")),
        float(as_positive(clip_km, "clip_km", "km")),
    )

    def curve(offset_km: float) -> float:
        return float(imaging_probability(abs(offset_km) * 1000.0, r50_m=even))

    return sweep_width_from_curve(curve, clip_km=far, breaks_km=(-even / 1000, even / 1000))


def acuity_range_m(
    *,
    snellen_denominator: npt.ArrayLike = 20.0,
    critical_m: npt.ArrayLike = MAN_CRITICAL_M,
    task: str = "detect",
) -> FloatArray | float:
    """
    Upper bound of the range of an eye or goggle, from its acuity.

    20/20 resolves one minute of arc, and one cycle takes two such units; good
    contrast is taken for granted.

    Parameters
    ----------
    snellen_denominator
        The x of acuity 20/x: 20 for an eye, 25 to 40 for night-vision goggles.
    critical_m
        Critical dimension of the target; a person's by default. Units: m.
    task
        What has to be done: one of `JOHNSON_CYCLES`.

    Returns
    -------
    FloatArray or float
        Range with an even chance. Units: m.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0 or the task is unknown.

    Examples
    --------
    >>> print(round(acuity_range_m()), round(acuity_range_m(snellen_denominator=25)))
    1289 1031
    """
    acuity = as_positive(snellen_denominator, "snellen_denominator") / 20.0
    ifov_mrad = 1000.0 * acuity * _ARC_MINUTE
    return imaging_range_m(ifov_mrad=ifov_mrad, critical_m=critical_m, task=task)
