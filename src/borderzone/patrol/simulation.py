"""One segment, simulated crossing by crossing: what the laws of a segment are held against."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import (
    check_at_least,
    check_choice,
    check_non_negative,
    check_positive,
    check_threads,
    check_whole,
    guarded,
    seed_number,
    shown,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.barrier import speed_multiplier
from borderzone.patrol.theory.tactics import OPPONENTS, detection_against, weakest_place

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, Seed

__all__ = [
    "EXACT_LAWS",
    "SIMULATED_LAWS",
    "Simulated",
    "SimulatedView",
    "law_says",
    "sensor_of",
    "simulate",
    "tactic_of",
]

SIMULATED_LAWS = ("memoryless", "independent", "beats", "beats_soft", "standing")
# Whether a unit looks over the boundary of its beat: not at all, within the segment, or also from
# beats that go on beyond its ends.
NEIGHBOURS = ("none", "segment", "line")
# Closed forms that the simulation confirms; the others are fits or tables.
EXACT_LAWS = ("memoryless", "independent", "beats", "standing")
# A hazard has no end: beyond so many sweep widths less than a thousandth of it is left.
_CLIP_IN_WIDTHS = 20.0
_MOST_CROSSINGS, _AT_ONCE = 10**9, 20_000


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedView:
    """
    Who sees whom in a simulation.

    Attributes
    ----------
    clip_km
        How far before and behind the line a crossing starts and ends; half the
        sweep width when left out, and twenty of it for led units, whose range
        has no end. Units: km.
    neighbours
        ``"none"``, ``"segment"``: all units on it look over the boundaries of their
        beats; ``"line"``: those on the next beat on each side, also beyond its
        ends. Left out, as the law has it: ``"none"`` of ``"beats"``, ``"line"`` of
        ``"beats_soft"``.
    threads
        How many work at once; the result hangs on it in no way.

    Examples
    --------
    >>> SimulatedView(clip_km=2.0).clip_km
    2.0
    """

    clip_km: float | None = None
    neighbours: str | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no view can be."""
        if self.clip_km is not None:
            check_positive(self.clip_km, "clip_km", "km")
        if self.neighbours is not None:
            check_choice(self.neighbours, "neighbours", NEIGHBOURS)
        check_threads(self.threads)


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Simulated:
    """
    What a simulation of one segment gave.

    Attributes
    ----------
    crossings, detected
        How many there were, and of how many something was seen.
    coverage
        Coverage of the segment by its units.
    expected_pod
        What the law says.
    is_exact
        Whether the law is a closed form of just this, and no fit.

    Examples
    --------
    >>> Simulated(crossings=100, detected=40, coverage=0.5, expected_pod=0.39, is_exact=True).detected
    40
    """

    crossings: int
    detected: int
    coverage: float
    expected_pod: float
    is_exact: bool

    @property
    def pod(self) -> float:
        """
        Share of the crossings that was detected.

        Returns
        -------
        float
            Probability of detection.
        """
        return self.detected / self.crossings

    @property
    def standard_error(self) -> float:
        """
        Error of that share by chance, were the law right.

        Returns
        -------
        float
            One standard deviation.
        """
        return float(np.sqrt(self.expected_pod * (1.0 - self.expected_pod) / self.crossings))

    @property
    def z(self) -> float:
        """
        Distance from the law in standard errors.

        Returns
        -------
        float
            0 where both are certain of the same, infinite where the law allows no error.
        """
        off = self.pod - self.expected_pod
        if self.standard_error > 0:
            return float(off / self.standard_error)
        return 0.0 if abs(off) < 1e-12 else float(np.copysign(np.inf, off))


def simulate(  # noqa: PLR0913 - a segment, who is on it, and how often
    *,
    length_km: float,
    sweep_width_km: float,
    patrol_km_h: float,
    crosser_km_h: float,
    units: int = 1,
    law: str = "beats",
    opponent: str = "blind",
    crossings: int = 100_000,
    seed: Seed = 1,
    view: SimulatedView | None = None,
) -> Simulated:
    """
    Simulate crossings of one segment and count those that its units detect.

    Somebody enters at any place, crosses at right angles and at constant speed.
    Units move at one speed, turn at once, and have phases of their own. A
    group counts as one. What happens after detection is no part of it.

    Parameters
    ----------
    length_km
        Length of the segment. Units: km.
    sweep_width_km
        Sweep width W of a unit: it detects within W / 2, the border included,
        or, on ``"beats_soft"``, by a hazard that falls with the cube of the range
        and has this width at the speed at which the two meet. Units: km.
    patrol_km_h
        Speed of the units; of no meaning for ``"standing"``. Units: km/h.
    crosser_km_h
        Speed of the crosser. Units: km/h.
    units
        Units on the segment.
    law
        ``"memoryless"``, ``"independent"``, ``"beats"``, ``"beats_soft"`` as in
        `detection_for`, or ``"standing"``: posts at even spacing.
    opponent
        As in `detection_against`. Who watches is on the line as the unit he saw
        turns at its far end, and with memoryless units just out of range of
        the one that passed.
    crossings
        How many.
    seed
        Seed or generator. Each crossing draws from a stream of its own.
    view
        How far and over which boundaries units see.

    Returns
    -------
    Simulated
        Crossings, detected ones, and what the law says.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a word is unknown, or law, opponent and
        neighbours do not go together.

    References
    ----------
    .. [1] Salmon, J., Moraes, M., Dror, R., Shaw, D. (2011). Parallel random
       numbers: as easy as 1, 2, 3. SC11, doi 10.1145/2063384.2063405.

    Examples
    --------
    >>> found = simulate(length_km=20, sweep_width_km=1, patrol_km_h=20, crosser_km_h=4, units=3)
    >>> print(round(found.pod, 2), round(found.expected_pod, 4), abs(found.z) < 4)
    0.62 0.6186 True
    """
    check_choice(law, "law", SIMULATED_LAWS)
    check_choice(opponent, "opponent", OPPONENTS)
    numbers = {
        "length_km": check_positive(length_km, "length_km", "km"),
        "sweep_width_km": check_positive(sweep_width_km, "sweep_width_km", "km"),
        "crosser_km_h": check_positive(crosser_km_h, "crosser_km_h", "km/h"),
        "units": check_whole(units, "units", highest=1_000_000),
    }
    stands = law == "standing"
    speed = (check_non_negative if stands else check_positive)(patrol_km_h, "patrol_km_h", "km/h")
    ratio = 0.0 if stands else speed / numbers["crosser_km_h"]
    total = check_whole(crossings, "crossings", highest=_MOST_CROSSINGS)
    seen = _viewed(view)
    neighbours = _neighbours(law, opponent, seen)
    coverage = (
        numbers["units"]
        * numbers["sweep_width_km"]
        / numbers["length_km"]
        * float(speed_multiplier(patrol_km_h=ratio, crosser_km_h=1.0))
    )
    expected = law_says(law, opponent, coverage, ratio, int(numbers["units"]))
    detected = _count(
        seed_number(seed), total, (law, opponent, neighbours), numbers | {"ratio": ratio}, seen
    )
    return Simulated(
        crossings=total,
        detected=detected,
        coverage=coverage,
        expected_pod=expected,
        is_exact=law in EXACT_LAWS and neighbours == "none",
    )


def _viewed(view: Any) -> SimulatedView:
    if view is not None and not isinstance(view, SimulatedView):
        msg = f"view must be a SimulatedView(neighbours=..., clip_km=...), got {shown(view)}"
        raise InvalidParameterError(msg)
    return view or SimulatedView()


def _neighbours(law: str, opponent: str, view: SimulatedView) -> str:
    """Who looks over boundaries, where there are any."""
    usual = "line" if law == "beats_soft" else "none"
    chosen = usual if view.neighbours is None else view.neighbours
    if law not in {"beats", "beats_soft"}:
        if view.neighbours not in {None, "none"}:
            msg = (
                f"neighbours must be left out with law {law!r}, whose units have no beats of their "
                f"own, got {view.neighbours!r}"
            )
            raise InvalidParameterError(msg)
        return "none"
    if opponent == "informed" and chosen != "none":
        if view.neighbours is not None:
            msg = (
                f"an informed opponent is simulated at the end of one beat, got neighbours "
                f"{view.neighbours!r}; give neighbours='none'"
            )
            raise InvalidParameterError(msg)
        return "none"
    return chosen


def law_says(law: str, opponent: str, coverage: float, ratio: float, units: int) -> float:
    """Give what the law of the segment says of it."""
    if law == "beats_soft" and opponent == "informed":
        return float(
            weakest_place(coverage, law, opponent=opponent, speed_ratio=ratio, neighbours=False)
        )
    if law != "standing":
        return float(detection_against(coverage, law, opponent, speed_ratio=ratio, units=units))
    # Posts are where they are: who is informed walks between two of them, if there is room.
    return min(1.0, coverage) if opponent != "informed" else float(coverage >= 1.0)


def tactic_of(law: str) -> int:
    """Give the number by which the loops know how units share a segment."""
    from borderzone._kernels import crossings as kernel  # noqa: PLC0415 - numba loads for who simulates

    return {
        "independent": kernel.INDEPENDENT, "beats": kernel.BEATS, "beats_soft": kernel.BEATS,
        "memoryless": kernel.MEMORYLESS, "standing": kernel.STANDING,
    }[law]  # fmt: skip


def sensor_of(law: str, width_km: float, clip_km: float | None = None) -> FloatArray:
    """Give what the loops take for a sweep width: hazard of a leg, clip, and definite range."""
    # K = W^2 / 4 pi of the inverse-cube curve 1 - exp(-K / x^2), of which one leg has the half.
    hazard = width_km**2 / (8.0 * np.pi) if law == "beats_soft" else 0.0
    usual = _CLIP_IN_WIDTHS * width_km if hazard else width_km / 2.0
    clip = check_at_least(clip_km or usual, "clip_km", width_km / 2.0, "km")
    return np.array([hazard, clip, width_km / 2.0])


def _count(
    key: int,
    total: int,
    words: tuple[str, str, str],
    numbers: dict[str, float],
    view: SimulatedView,
) -> int:
    """Simulate in blocks, which threads share; whole numbers add up the same in any order."""
    from borderzone._kernels import crossings as kernel  # noqa: PLC0415 - numba loads for who simulates

    law, opponent, neighbours = words
    arguments: tuple[Any, ...] = (
        tactic_of(law),
        OPPONENTS.index(opponent),
        NEIGHBOURS.index(neighbours),
        np.array([numbers["length_km"], numbers["units"], numbers["ratio"]]),
        sensor_of(law, numbers["sweep_width_km"], view.clip_km),
    )
    starts = range(0, total, _AT_ONCE)
    with ThreadPoolExecutor(check_threads(view.threads)) as pool:
        found = pool.map(
            lambda first: kernel.count_detected(
                np.uint64(key), first, min(total, first + _AT_ONCE), *arguments
            ),
            starts,
        )
        return int(sum(found))
