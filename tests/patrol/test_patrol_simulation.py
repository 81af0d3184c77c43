"""The simulation of one segment: the exact laws, a slow program beside it, threads, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from borderzone import patrol
from borderzone._kernels import crossings as kernel
from borderzone._kernels.positions import two_uniforms
from borderzone.errors import InvalidParameterError
from borderzone.patrol import SimulatedView

ONE: dict[str, Any] = {
    "length_km": 20.0, "sweep_width_km": 1.0, "patrol_km_h": 20.0, "crosser_km_h": 4.0,
}  # fmt: skip
MANY = 1_000_000


@pytest.mark.parametrize("law", ["memoryless", "independent", "beats", "standing"])
@pytest.mark.parametrize("opponent", ["blind", "last_pass"])
@pytest.mark.parametrize(("units", "width"), [(1, 1.0), (3, 1.0), (3, 2.2)])
def test_exact_laws_are_confirmed(law: str, opponent: str, units: int, width: float) -> None:
    """A million crossings within four standard errors."""
    segment = ONE | {"sweep_width_km": width, "units": units}
    found = patrol.simulate(**segment, law=law, opponent=opponent, crossings=MANY, seed=5)
    assert found.is_exact
    assert abs(found.z) < 4


@pytest.mark.parametrize("law", ["beats", "standing", "memoryless"])
@pytest.mark.parametrize("width", [1.0, 2.7])
def test_who_picks_time_and_place_meets_all_or_nothing_but_of_chance(
    law: str, width: float
) -> None:
    segment = ONE | {"sweep_width_km": width, "units": 3}
    found = patrol.simulate(**segment, law=law, opponent="informed", crossings=100_000)
    assert abs(found.z) < 4
    if law != "memoryless":
        assert found.pod in {0.0, 1.0}


@pytest.mark.parametrize(
    ("law", "opponent", "neighbours", "pod"),
    [
        ("beats", "blind", "segment", 0.636),
        ("beats", "last_pass", "segment", 0.03),
        ("independent", "last_pass", None, 0.42),
    ],
)
def test_three_units_on_twenty_km_give_the_published_shares(
    law: str, opponent: str, neighbours: str | None, pod: float
) -> None:
    view = SimulatedView(neighbours=neighbours)
    found = patrol.simulate(**ONE, units=3, law=law, opponent=opponent, view=view, crossings=MANY)
    assert found.pod == pytest.approx(pod, abs=0.005)
    assert found.is_exact == (neighbours is None)


@pytest.mark.parametrize("opponent", ["blind", "last_pass", "informed"])
@pytest.mark.parametrize(("width", "speed"), [(1.0, 20.0), (2.5, 8.0)])
def test_led_units_are_near_their_law_and_tables(opponent: str, width: float, speed: float) -> None:
    segment = ONE | {"sweep_width_km": width, "patrol_km_h": speed, "units": 3}
    found = patrol.simulate(**segment, law="beats_soft", opponent=opponent)
    assert not found.is_exact
    assert found.pod == pytest.approx(
        found.expected_pod, abs=0.016 if opponent == "blind" else 0.006
    )


def by_hand(
    number: int, tactic: str, units: int, width: float, *, hazard: bool
) -> tuple[float, float]:
    """Nearest distance and sum of the hazard of one crossing, step by step along the units' way."""
    key, crossing, ratio, length = np.uint64(7), np.uint64(number), 5.0, 20.0
    u, _ = two_uniforms(key, np.uint64(0), crossing)
    beat = length / units if tactic == "beats" else length
    clip = 4 * width if hazard else width / 2
    time = np.linspace(-clip, clip, 200_001)  # by the way of the crosser
    nearest, total = np.inf, 0.0
    for unit in range(units):
        phase = two_uniforms(key, np.uint64(unit + 2), crossing)[0] * 2 * beat
        start = unit * beat if tactic == "beats" else 0.0
        way = phase + ratio * time
        x = start + np.abs((way + beat) % (2 * beat) - beat)
        r2 = (x - u * length) ** 2 + time**2
        nearest = min(nearest, float(np.sqrt(r2.min())))
        total += (
            float(np.trapezoid(math.hypot(1, ratio) * r2**-1.5, time)) * width**2 / (8 * math.pi)
        )
    return nearest, total


@pytest.mark.parametrize(("tactic", "constant"), [("beats", kernel.BEATS), ("independent", 0)])
@pytest.mark.parametrize("hazard", [False, True])
def test_each_crossing_is_what_a_slow_program_says(
    tactic: str,
    constant: int,
    hazard: bool,  # noqa: FBT001 - a case of a test
) -> None:
    units, width = 3, 1.0
    segment = np.array([20.0, units, 5.0])
    clip = 4 * width if hazard else width / 2
    sensor = np.array([width**2 / (8 * np.pi) if hazard else 0.0, clip, width / 2])
    for number in range(60):
        key = np.uint64(7)
        found = kernel.count_detected(
            key, number, number + 1, constant, kernel.BLIND, kernel.ON_SEGMENT, segment, sensor
        )
        nearest, total = by_hand(number, tactic, units, width, hazard=hazard)
        if hazard:
            share = -math.expm1(-total)
            chance = two_uniforms(key, np.uint64(0), np.uint64(number))[1]
            assert found == (chance < share) or abs(chance - share) < 1e-3
        else:
            assert found == (nearest <= width / 2) or abs(nearest - width / 2) < 1e-3


def test_the_same_seed_gives_the_same_crossings_for_any_number_of_threads() -> None:
    one = ONE | {"units": 3, "law": "beats_soft", "crossings": 50_000}
    alone, three, whole = (
        patrol.simulate(**one, seed=9, view=SimulatedView(threads=n)) for n in (1, 3, None)
    )
    assert alone == three == whole
    assert patrol.simulate(**one, seed=10) != alone
    assert patrol.simulate(**one, seed=np.random.default_rng(1)).crossings == 50_000


def test_first_crossings_are_the_same_however_many_follow() -> None:
    """Each has a stream of its own."""
    found = [
        patrol.simulate(**ONE, units=2, crossings=n).detected for n in (100, 101, 20_000, 20_001)
    ]
    assert found[1] - found[0] in {0, 1}
    assert found[3] - found[2] in {0, 1}


def test_certainty_of_both_is_no_distance() -> None:
    found = patrol.simulate(**ONE | {"sweep_width_km": 20.0}, units=3, crossings=1000)
    assert (found.pod, found.expected_pod, found.z) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"law": "random"}, "law must be one of"),
        ({"opponent": "lucky"}, "opponent must be one of"),
        ({"patrol_km_h": 0}, "patrol_km_h must be a finite number above 0"),
        ({"units": 2.5}, "units must be a whole number"),
        ({"crossings": 0}, "crossings must be a whole number from 1"),
        ({"law": "independent", "sweep_width_km": 9.0}, "coverage must be 1 or less"),
        ({"law": "independent", "opponent": "informed"}, "is not known"),
        ({"view": SimulatedView(clip_km=0.1)}, "clip_km must be a finite number, 0.5 or more"),
        (
            {"law": "standing", "view": SimulatedView(neighbours="line")},
            "neighbours must be left out",
        ),
        (
            {"opponent": "informed", "view": SimulatedView(neighbours="segment")},
            "give neighbours='none'",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        patrol.simulate(**(ONE | {"crossings": 10} | given))


@pytest.mark.parametrize("given", [{"clip_km": -1.0}, {"neighbours": "both"}, {"threads": 0}])
def test_a_view_of_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(given))):
        SimulatedView(**given)
