"""Imaging sensors: resolved cycles, probability and sweep width with range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from borderzone._guards import as_non_negative, as_positive, broadcast, check_choice, plain
from borderzone.patrol.theory.search import sweep_width_from_curve

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "JOHNSON_CYCLES",
    "MAN_CRITICAL_M",
    "acuity_range_m",
    "imaging_probability",
    "imaging_range_m",
    "imaging_sweep_width_km",
    "target_transfer_probability",
    "transfer_at",
]

# Cycles over the critical dimension for an even chance: Johnson, J. (1958). Analysis of image
# forming systems. Image Intensifier Symposium, Fort Belvoir (his bands: 1.0 +- 0.25,
# 1.4 +- 0.35, 4.0 +- 0.8, 6.4 +- 1.5). The thermal industry counts 1.5, 6 and 12 pixels, which are
# 0.75, 3 and 6 cycles (FLIR technical note TN-0002).
JOHNSON_CYCLES = {"detect": 1.0, "orient": 1.4, "recognise": 4.0, "identify": 6.4}
# Critical dimension of a person: FLIR technical note TN-0002. Units: m.
MAN_CRITICAL_M = 0.75
_ARC_MINUTE = np.pi / (180 * 60)


def target_transfer_probability(cycle_ratio: npt.ArrayLike) -> FloatArray | float:
    """Target transfer probability function: chance of a task at resolved cycles over those for a half."""
    return plain(_transfer(as_non_negative(cycle_ratio, "cycle_ratio")))


def _transfer(ratio: FloatArray) -> FloatArray:
    """Holst's function of q = N / N50, unchecked: ``q^E / (1 + q^E)`` with ``E = 2.7 + 0.7 q``."""
    # Holst (2000), Electro-Optical Imaging System Performance. As a logistic of E ln q, for q^E
    # overflows at short range; q = 0 (nothing resolved) and infinite q (range 0) give 0 and 1.
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(special.expit((2.7 + 0.7 * ratio) * np.log(ratio)))


def imaging_range_m(
    *,
    ifov_mrad: npt.ArrayLike,
    critical_m: npt.ArrayLike = MAN_CRITICAL_M,
    task: str = "detect",
) -> FloatArray | float:
    """Range with an even chance of a task (R50) of an imaging sensor: ``h / (2 N50 IFOV)``."""
    check_choice(task, "task", JOHNSON_CYCLES)
    ifov, size = broadcast(
        ifov_mrad=as_positive(ifov_mrad, "ifov_mrad", "mrad"),
        critical_m=as_positive(critical_m, "critical_m", "m"),
    )
    return plain(1000.0 * size / (2.0 * JOHNSON_CYCLES[task] * ifov))


def imaging_probability(range_m: npt.ArrayLike, *, r50_m: npt.ArrayLike) -> FloatArray | float:
    """Chance of a task at a range, from the range with an even chance; 1 at range 0."""
    # Resolved cycles fall off as one over the range, so q = R50 / R.
    distance, even = broadcast(
        range_m=as_non_negative(range_m, "range_m", "m"), r50_m=as_positive(r50_m, "r50_m", "m")
    )
    return plain(transfer_at(distance, even))


def transfer_at(range_m: FloatArray, r50_m: npt.ArrayLike) -> FloatArray:
    """Chance at a range on plain arrays, unchecked."""
    with np.errstate(divide="ignore", over="ignore"):  # range 0: the ratio is infinite
        return _transfer(np.divide(r50_m, range_m))


def imaging_sweep_width_km(*, r50_m: float, clip_km: float) -> float:
    """Sweep width of an imaging sensor, its range curve cut at the horizon."""
    # The curve has a heavy tail: without a clip the width has no meaning.
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
    """Upper bound of the range (m) of an eye or goggle, from its acuity 20/x."""
    # 20/20 resolves one minute of arc, and one cycle takes two such units; good contrast is taken
    # for granted. Night-vision goggles have 20/25 to 20/40.
    acuity = as_positive(snellen_denominator, "snellen_denominator") / 20.0
    ifov_mrad = 1000.0 * acuity * _ARC_MINUTE
    return imaging_range_m(ifov_mrad=ifov_mrad, critical_m=critical_m, task=task)
