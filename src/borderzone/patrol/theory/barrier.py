"""A line that others cross and patrols run along: coverage, detection, how often a patrol comes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    plain,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.search import AREA_COVERAGE, AREA_POD
from borderzone.patrol.theory.tactics import COVERAGE, POD

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "BARRIER_LAWS",
    "barrier_coverage",
    "barrier_patrol",
    "coverage_of_a_unit",
    "crossover_spacing",
    "event_detection",
    "pass_rate",
    "revisit_h",
    "segment_length",
    "speed_multiplier",
]

# What each barrier law makes of the coverage, and back; crossover has its own geometry.
_LAWS = {
    "back_and_forth": (POD["beats"], COVERAGE["beats"]),
    "random": (POD["random"], COVERAGE["random"]),
    "upper_bound": (AREA_POD["exhaustive"], AREA_COVERAGE["exhaustive"]),
}
BARRIER_LAWS = (*_LAWS, "crossover")


def barrier_patrol(
    *,
    length_km: npt.ArrayLike,
    sweep_width_km: npt.ArrayLike,
    patrol_km_h: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
    unit_count: npt.ArrayLike = 1.0,
    law: str = "back_and_forth",
) -> FloatArray | float:
    """
    POD of patrols on a segment against crossers at right angles.

    Parameters
    ----------
    length_km
        Length L of the segment. Units: km.
    sweep_width_km
        Sweep width W of the patrol's sensor. Units: km.
    patrol_km_h
        Speed v of the patrol, above 0. Units: km/h.
    crosser_km_h
        Speed u of the crossers, above 0. Units: km/h.
    unit_count
        Units on the segment, which share it between them.
    law
        ``"back_and_forth"``: exact for a crosser anywhere on the segment,
        ``C - C^2 / 4``. ``"random"``: a start and turns that nobody can
        foresee, ``1 - exp(-C)``. ``"crossover"``: bow-tie track, ``W / S``
        with legs ``S = L (u / v) sqrt((v + u) / (v - u))`` apart among the
        crossers, a lower bound; needs v > u.
        ``"upper_bound"``: ``min(1, C)``, which no track beats.

    Returns
    -------
    FloatArray or float
        Probability that a crossing is detected.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, the law is unknown, or a crossover is
        asked of a patrol that is not faster than the crossers.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.
    .. [2] Washburn, A. R. (2002). Search and Detection, 4th ed. INFORMS.
    .. [3] Wagner, D., Mylander, W., Sanders, T. (1999). Naval Operations
       Analysis, 3rd ed. Naval Institute Press.

    Examples
    --------
    >>> one = dict(length_km=20, sweep_width_km=1, patrol_km_h=20, crosser_km_h=4)
    >>> for law in ("crossover", "random", "back_and_forth", "upper_bound"):
    ...     print(f"{law:15}{barrier_patrol(**one, law=law):.6f}")
    crossover      0.204124
    random         0.225046
    back_and_forth 0.238701
    upper_bound    0.254951
    """
    check_choice(law, "law", BARRIER_LAWS)
    if law == "crossover":
        spacing = crossover_spacing(
            length_km=length_km, patrol_km_h=patrol_km_h, crosser_km_h=crosser_km_h
        )
        width, units, gap = broadcast(
            sweep_width_km=as_non_negative(sweep_width_km, "sweep_width_km", "km"),
            unit_count=as_non_negative(unit_count, "unit_count"),
            length_km=np.asarray(spacing),
        )
        return plain(np.minimum(1.0, units * width / gap))
    # In the frame of the crossers a barrier is an area search: what the patrol sweeps over what
    # arrives. A law of search then says how much of it is swept twice.
    coverage = barrier_coverage(
        length_km=length_km,
        sweep_width_km=sweep_width_km,
        patrol_km_h=patrol_km_h,
        crosser_km_h=crosser_km_h,
        unit_count=unit_count,
    )
    return plain(_LAWS[law][0](np.asarray(coverage)))


def barrier_coverage(
    *,
    length_km: npt.ArrayLike,
    sweep_width_km: npt.ArrayLike,
    patrol_km_h: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
    unit_count: npt.ArrayLike = 1.0,
) -> FloatArray | float:
    """Coverage of a patrolled segment: area swept over area arriving, ``m (W / L) sqrt(1 + (v / u)^2)``."""
    # Both areas are taken in the frame of the crossers, who cross at right angles (Koopman 1946).
    length, width, patrol, crosser = _geometry(length_km, sweep_width_km, patrol_km_h, crosser_km_h)
    # Units that share a segment sweep m times as much of it, whether each walks a part of it or all
    # walk it all.
    units, length = broadcast(
        unit_count=as_non_negative(unit_count, "unit_count"), length_km=length
    )
    return plain(units * coverage_of_a_unit(length, width, patrol, crosser))


def coverage_of_a_unit(
    length_km: npt.ArrayLike,
    sweep_width_km: npt.ArrayLike,
    patrol_km_h: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
) -> FloatArray:
    """Coverage that one unit out adds to a segment: where every rate of a study comes from."""
    multiplier = speed_multiplier(patrol_km_h=patrol_km_h, crosser_km_h=crosser_km_h)
    return np.asarray(np.divide(sweep_width_km, length_km) * multiplier)


def speed_multiplier(
    *, patrol_km_h: npt.ArrayLike, crosser_km_h: npt.ArrayLike
) -> FloatArray | float:
    """Factor by which the patrol's own speed widens what it sweeps; 1 for a unit that stands."""
    patrol, crosser = broadcast(
        patrol_km_h=as_non_negative(patrol_km_h, "patrol_km_h", "km/h"),
        crosser_km_h=as_positive(crosser_km_h, "crosser_km_h", "km/h"),
    )
    # In the frame of the crossers the patrol runs at sqrt(v^2 + u^2) while they arrive at u.
    return plain(np.hypot(1.0, patrol / crosser))


def crossover_spacing(
    *, length_km: npt.ArrayLike, patrol_km_h: npt.ArrayLike, crosser_km_h: npt.ArrayLike
) -> FloatArray | float:
    """Spacing of the legs of a crossover (bow-tie) patrol among the crossers, in km."""
    # Washburn (2002), Search and Detection: legs lean against the stream, so that it must be outrun.
    # A leg across that lets the stream carry it (sin a = u / v) takes L / sqrt(v^2 - u^2), and
    # going up again by what it was carried u / v of that: meanwhile the stream advances by S.
    length, _, patrol, crosser = _geometry(length_km, 0.0, patrol_km_h, crosser_km_h)
    slow = patrol <= crosser
    if np.any(slow):
        msg = (
            f"a crossover patrol must be faster than the crossers, got {patrol[slow].flat[0]:g} "
            f"against {crosser[slow].flat[0]:g} km/h: it advances against their stream to meet "
            "them on each leg, and a slower unit falls back; use law='back_and_forth'"
        )
        raise InvalidParameterError(msg)
    return plain(length * (crosser / patrol) * np.sqrt((patrol + crosser) / (patrol - crosser)))


def segment_length(
    pod: npt.ArrayLike,
    *,
    sweep_width_km: npt.ArrayLike,
    patrol_km_h: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
    law: str = "back_and_forth",
) -> FloatArray | float:
    """Longest segment (km) on which one unit out reaches a POD: the inverse of `barrier_patrol`."""
    # Coverage goes as 1 / L, so that what a segment of 1 km has over what is wanted is the length.
    check_choice(law, "law", BARRIER_LAWS)
    wanted = as_positive(as_probabilities(pod, "pod"), "pod")
    if law == "crossover":
        spacing = crossover_spacing(
            length_km=1.0, patrol_km_h=patrol_km_h, crosser_km_h=crosser_km_h
        )
        width = as_non_negative(sweep_width_km, "sweep_width_km", "km")
        return plain(width / (wanted * spacing))
    swept = barrier_coverage(
        length_km=1.0,
        sweep_width_km=sweep_width_km,
        patrol_km_h=patrol_km_h,
        crosser_km_h=crosser_km_h,
    )
    with np.errstate(divide="ignore"):  # certainty takes infinite random effort, on no length
        return plain(np.asarray(swept) / _LAWS[law][1](wanted))


def _geometry(
    length_km: npt.ArrayLike,
    sweep_width_km: npt.ArrayLike,
    patrol_km_h: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
) -> list[FloatArray]:
    try:
        speeds = {
            "patrol_km_h": as_positive(patrol_km_h, "patrol_km_h", "km/h"),
            "crosser_km_h": as_positive(crosser_km_h, "crosser_km_h", "km/h"),
        }
    except InvalidParameterError as error:
        msg = f"{error}; a unit that stands is a fixed post, and who does not move never crosses"
        raise InvalidParameterError(msg) from None
    return broadcast(
        length_km=as_positive(length_km, "length_km", "km"),
        sweep_width_km=as_non_negative(sweep_width_km, "sweep_width_km", "km"),
        **speeds,
    )


# Whether a patrol passes while something lasts is search again: the mean number of passes is the
# coverage, random passes are a Poisson stream, regular ones never bunch.
# What each way of passing makes of the mean number of passes: Larson (1972), Urban Police Patrol
# Analysis.
_PASSES = {"random": "random", "regular": "exhaustive"}


def pass_rate(
    *, unit_count: npt.ArrayLike, patrol_km_h: npt.ArrayLike, track_km: npt.ArrayLike
) -> FloatArray | float:
    """Rate at which patrols pass a point of their track, ``n v / D``, an hour."""
    units, speed, track = broadcast(
        unit_count=as_non_negative(unit_count, "unit_count"),
        patrol_km_h=as_non_negative(patrol_km_h, "patrol_km_h", "km/h"),
        track_km=as_positive(track_km, "track_km", "km"),
    )
    return plain(units * speed / track)


def event_detection(
    *, passes_per_h: npt.ArrayLike, duration_h: npt.ArrayLike, passes: str = "random"
) -> FloatArray | float:
    """Chance that a patrol passes while something lasts."""
    check_choice(passes, "passes", _PASSES)
    rate, duration = broadcast(
        passes_per_h=as_non_negative(passes_per_h, "passes_per_h", "1/h"),
        duration_h=as_non_negative(duration_h, "duration_h", "h"),
    )
    return plain(AREA_POD[_PASSES[passes]](rate * duration))


def revisit_h(
    *, length_km: npt.ArrayLike, patrol_km_h: npt.ArrayLike, at_the_ends: bool = False
) -> FloatArray | float:
    """Mean time (h) between two visits of a back-and-forth patrol; its ends are visited half as often."""
    length, speed = broadcast(
        length_km=as_positive(length_km, "length_km", "km"),
        patrol_km_h=as_positive(patrol_km_h, "patrol_km_h", "km/h"),
    )
    # A round is 2 L / v. Inner points are met twice in it, at uneven intervals whose mean is L / v;
    # the ends once.
    return plain((2.0 if at_the_ends else 1.0) * length / speed)
