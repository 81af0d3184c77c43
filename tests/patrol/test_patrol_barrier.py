"""Barrier patrol, fixed posts and gaps: published values and a simulation as oracle."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from borderzone import patrol
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol.theory import barrier, looks, posts_on_line, staffing

CASES = [
    # length, width, patrol, crosser, coverage, exact, random, bound, crossover
    (20, 1, 20, 4, 0.254951, 0.238701, 0.225046, 0.254951, 0.204124),
    (20, 2, 30, 4, 0.756637, 0.613512, 0.530758, 0.756637, 0.655856),
    (18.59375, 2, 25, 4, 0.680820, 0.564941, 0.493798, 0.680820, 0.572076),
    (10, 1, 4, 4, 0.141421, 0.136421, 0.131877, 0.141421, None),
]


def _keywords(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("length_km", "sweep_width_km", "patrol_km_h", "crosser_km_h")
    return dict(zip(names, row[:4], strict=True))


@pytest.mark.parametrize("row", CASES)
def test_barrier_laws_give_the_published_values(row: tuple[Any, ...]) -> None:
    """Coverage and all four laws, to all digits given."""
    one = _keywords(row)
    assert barrier.barrier_coverage(**one) == pytest.approx(row[4], abs=5e-7)
    assert patrol.barrier_patrol(**one) == pytest.approx(row[5], abs=5e-7)
    assert patrol.barrier_patrol(**one, law="random") == pytest.approx(row[6], abs=5e-7)
    assert patrol.barrier_patrol(**one, law="upper_bound") == pytest.approx(row[7], abs=5e-7)
    if row[8] is None:
        with pytest.raises(InvalidParameterError, match="must be faster than the crossers"):
            patrol.barrier_patrol(**one, law="crossover")
    else:
        assert patrol.barrier_patrol(**one, law="crossover") == pytest.approx(row[8], abs=5e-7)


def _simulated_back_and_forth(row: tuple[Any, ...], crossings: int, seed: int) -> float:
    """Share of crossers that ever come within W / 2 of a patrol that goes up and down the line."""
    length, width, patrol_speed, crosser_speed = (float(x) for x in row[:4])
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, length, crossings)[:, None]
    phase = rng.uniform(0, 2 * length, crossings)[:, None]
    radius = width / 2
    hours = np.linspace(-radius, radius, 801) / crosser_speed
    along = np.abs((phase + patrol_speed * hours) % (2 * length) - length)
    nearest = np.min(np.hypot(along - place, crosser_speed * hours), axis=1)
    return float((nearest <= radius).mean())


@pytest.mark.parametrize("row", CASES)
def test_back_and_forth_agrees_with_a_simulation(row: tuple[Any, ...]) -> None:
    """An agent on the line, crossers at random places and times: within four deviations."""
    expected = row[5]
    found = _simulated_back_and_forth(row, crossings=20_000, seed=7)
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected / 20_000))


def test_speed_is_worthless_against_fast_crossers() -> None:
    """Multiplier 1.414 against 30 km/h, 7.566 against walkers, 1 for a unit that stands."""
    multiplier = barrier.speed_multiplier(patrol_km_h=[30, 30, 0], crosser_km_h=[30, 4, 4])
    np.testing.assert_allclose(multiplier, [1.414, 7.566, 1], atol=5e-4)


@pytest.mark.parametrize(("ratio", "switch"), [(2, 1.934), (5, 0.797), (10, 0.400)])
def test_crossover_wins_only_above_the_switch(ratio: float, switch: float) -> None:
    """Below the published coverage back-and-forth is at least as good, above it is not."""
    for factor, better in ((0.98, False), (1.02, True)):
        width = factor * switch / math.hypot(1, ratio)
        one: dict[str, Any] = {
            "length_km": 1,
            "sweep_width_km": width,
            "patrol_km_h": ratio,
            "crosser_km_h": 1,
        }
        crossover = float(patrol.barrier_patrol(**one, law="crossover"))
        assert (crossover > float(patrol.barrier_patrol(**one))) is better


def test_several_units_share_a_segment() -> None:
    """Many units are as good as one on a part of the length."""
    one: dict[str, Any] = {"sweep_width_km": 2, "patrol_km_h": 25, "crosser_km_h": 4}
    for law in barrier.BARRIER_LAWS:
        assert patrol.barrier_patrol(length_km=60, unit_count=3, **one, law=law) == pytest.approx(
            float(patrol.barrier_patrol(length_km=20, **one, law=law))
        )


@pytest.mark.parametrize("law", barrier.BARRIER_LAWS)
def test_segment_length_gives_back_the_detection(law: str) -> None:
    """On the longest segment the POD is exactly the wanted one."""
    one: dict[str, Any] = {"sweep_width_km": 2, "patrol_km_h": 25, "crosser_km_h": 4, "law": law}
    length = barrier.segment_length([0.1, 0.5, 0.9], **one)
    pods = patrol.barrier_patrol(length_km=length, **one)
    np.testing.assert_allclose(pods, [0.1, 0.5, 0.9], rtol=1e-12)


def test_homogeneous_border_needs_the_published_units() -> None:
    """600 km, W 2 km, 25 against 4 km/h: 28 / 33 for half, 65 / 110 for nine in ten."""
    one: dict[str, Any] = {"sweep_width_km": 2, "patrol_km_h": 25, "crosser_km_h": 4}
    exact = 600 / np.asarray(barrier.segment_length([0.5, 0.9], **one, law="back_and_forth"))
    random = 600 / np.asarray(barrier.segment_length([0.5, 0.9], **one, law="random"))
    np.testing.assert_array_equal(np.ceil(exact), [28, 65])
    np.testing.assert_array_equal(np.ceil(random), [33, 110])
    payroll = [float(staffing.payroll(units[1], shift_factor=5.16)) for units in (exact, random)]
    np.testing.assert_array_equal(np.ceil(payroll), [335, 564])


@given(
    st.floats(0.1, 100), st.floats(0, 10), st.floats(0.1, 60), st.floats(0.1, 60), st.floats(1, 3)
)
def test_more_width_never_detects_less(
    length: float, width: float, patrol_speed: float, crosser: float, factor: float
) -> None:
    """Every law is a probability and rises with the sweep width."""
    for law in ("back_and_forth", "random", "upper_bound"):
        pods = patrol.barrier_patrol(
            length_km=length,
            sweep_width_km=[width, width * factor],
            patrol_km_h=patrol_speed,
            crosser_km_h=crosser,
            law=law,
        )
        less, more = np.asarray(pods)
        assert 0 <= less <= more + 1e-15 <= 1 + 1e-15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length_km": 0}, "length_km must be above 0"),
        ({"sweep_width_km": -1}, "sweep_width_km must be 0 or more"),
        ({"patrol_km_h": 0}, "patrol_km_h must be above 0.*fixed post"),
        ({"crosser_km_h": 0}, "crosser_km_h must be above 0.*never crosses"),
        ({"crosser_km_h": np.nan}, "crosser_km_h must be above 0"),
        ({"law": "crosover"}, "did you mean 'crossover'"),
        ({"unit_count": -1}, "unit_count must be 0 or more"),
    ],
)
def test_impossible_barriers_are_refused(change: dict[str, Any], message: str) -> None:
    """Each refusal names the number and what would do."""
    one: dict[str, Any] = _keywords(CASES[0])
    with pytest.raises(InvalidParameterError, match=message):
        patrol.barrier_patrol(**{**one, **change})
    with pytest.raises(ShapeMismatchError, match="do not fit together"):
        patrol.barrier_patrol(**{**one, "length_km": [1, 2], "crosser_km_h": [1, 2, 3]})


def test_fixed_posts_and_several_looks() -> None:
    """Regular, scattered, k-fold and repeated looks, with published values."""
    assert posts_on_line.posts_for_share(1, range_km=2, length_km=595) == 149
    assert posts_on_line.posts_for_share(0.95, range_km=2, length_km=595, spacing="random") == 446
    shares = posts_on_line.fixed_posts(post_count=[148, 149], range_km=2, length_km=595)
    np.testing.assert_allclose(shares, [592 / 595, 1])
    folds = [posts_on_line.at_least_k(2.0, k) for k in (1, 2, 3)]
    assert folds == pytest.approx([0.864665, 0.593994, 0.323324], abs=5e-7)
    assert looks.multi_look(0.3, 5) == pytest.approx(0.83193, abs=5e-6)
    with pytest.raises(InvalidParameterError, match="never reaches 1"):
        posts_on_line.posts_for_share(1, range_km=2, length_km=595, spacing="random")
    with pytest.raises(InvalidParameterError, match="k must be a whole number, 1 or more"):
        posts_on_line.at_least_k(2.0, 0)


def test_weak_barrier_threshold() -> None:
    """.882, 1.047 and 1.209 at 900, 1100 and 1300 sensors; the threshold at 1042 and 1032."""
    ratio = posts_on_line.weak_barrier_ratio([900, 1100, 1300], range_km=2, length_km=600)
    np.testing.assert_allclose(ratio, [0.882, 1.047, 1.209], atol=5e-4)
    assert round(posts_on_line.weak_barrier_sensors(range_km=2, length_km=600)) == 1042
    assert round(posts_on_line.weak_barrier_sensors(range_km=2, length_km=595)) == 1032
    doubled = posts_on_line.weak_barrier_sensors(range_km=2, length_km=600, awake=0.5)
    assert doubled == pytest.approx(
        2 * posts_on_line.weak_barrier_sensors(range_km=2, length_km=600)
    )
    twofold = posts_on_line.weak_barrier_ratio(1300, range_km=2, length_km=600, k=2)
    log = math.log(1300)
    assert twofold == pytest.approx(1.208720 / (1 + math.log(log) / log), abs=1e-6)
    with pytest.raises(InvalidParameterError, match="more than e"):
        posts_on_line.weak_barrier_ratio(2, range_km=2, length_km=600)


@pytest.mark.parametrize(
    ("n", "fraction", "expected"),
    [
        (3, 0.5, 0.25),
        (4, 0.5, 0.5),
        (10, 0.2, 0.07996928),
        (10, Fraction(1, 5), 0.07996928),
        (20, 0.2, 0.7233161),
        (1096, Fraction(4, 595), 0.5010),
        (5, 0.2, 0.0),
        (4, 0.2, 0.0),
        (0, 0.5, 0.0),
        (1, 1.0, 1.0),
        (1, 0.99, 0.0),
        (100, 0.99, 1.0),
    ],
)
def test_no_gap_probability_is_stevens(n: int, fraction: Any, expected: float) -> None:
    """Published values of the closed line and its limits."""
    assert patrol.no_gap_probability(n, fraction) == pytest.approx(expected, abs=5e-5)


def _stevens(n: int, fraction: Fraction) -> float:
    terms = (
        (-1) ** k * math.comb(n, k) * (1 - k * fraction) ** (n - 1)
        for k in range(n + 1)
        if k * fraction < 1
    )
    return float(sum(terms))


@settings(max_examples=60)
@given(st.integers(1, 300), st.fractions(Fraction(1, 80), Fraction(99, 100), max_denominator=500))
def test_no_gap_probability_is_exact(n: int, fraction: Fraction) -> None:
    """The same float as Stevens' sum in exact fractions, however much cancels."""
    assert patrol.no_gap_probability(n, fraction) == pytest.approx(
        _stevens(n, fraction), rel=1e-14, abs=1e-300
    )


def test_every_inch_takes_a_thousand_scattered_posts() -> None:
    """595 km, 2 km range: 1096 posts for an even chance of no gap, 1411 for 90 %."""
    share = Fraction(4, 595)
    assert posts_on_line.posts_for_no_gap(0.5, share) == 1096
    assert posts_on_line.posts_for_no_gap(0.9, share) == 1411
    assert posts_on_line.posts_for_no_gap(0.5, 4 / 595) == 1096
    assert patrol.no_gap_probability(1095, share) < 0.5 <= patrol.no_gap_probability(1096, share)


@pytest.mark.parametrize(("ends", "expected"), [("overhang", 0.4855), ("on_line", 0.4785)])
def test_an_open_line_is_harder_than_a_closed_one(ends: str, expected: float) -> None:
    """.4855 instead of .5010 when posts may stand beyond the ends, less when they may not."""
    found = patrol.no_gap_probability(1096, Fraction(4, 595), closed=False, ends=ends)
    assert found == pytest.approx(expected, abs=1.5e-4)


@pytest.mark.parametrize(
    ("closed", "ends"), [(True, "overhang"), (False, "overhang"), (False, "on_line")]
)
def test_no_gap_probability_agrees_with_a_simulation(closed: bool, ends: str) -> None:  # noqa: FBT001 - a case of a test
    """Posts thrown at random on the line, 40,000 times."""
    n, reach, throws = 12, 0.25, 40_000
    rng = np.random.default_rng(3)
    low, high = (-reach / 2, 1 + reach / 2) if ends == "overhang" and not closed else (0, 1)
    at = np.sort(rng.uniform(low, high, (throws, n)), axis=1)
    whole = (np.diff(at, axis=1) <= reach).all(axis=1)
    if closed:
        whole &= at[:, 0] + 1 - at[:, -1] <= reach
    else:
        whole &= (at[:, 0] <= reach / 2) & (at[:, -1] >= 1 - reach / 2)
    expected = patrol.no_gap_probability(n, reach, closed=closed, ends=ends)
    assert whole.mean() == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(throws))


def test_no_gap_refusals() -> None:
    """Counts, fractions, probabilities and limits."""
    for bad in (0, -0.5, math.nan, math.inf, "1/2", True):
        with pytest.raises(InvalidParameterError, match=r"fraction must be a (finite )?number"):
            patrol.no_gap_probability(3, bad)  # type: ignore[arg-type]
    with pytest.raises(
        InvalidParameterError, match=r"n must be a whole number, 0 or more, got 2\.5"
    ):
        patrol.no_gap_probability(2.5, 0.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match="ends must be one of"):
        patrol.no_gap_probability(3, 0.5, closed=False, ends="free")
    with pytest.raises(InvalidParameterError, match="between 0 and 1, both left out"):
        posts_on_line.posts_for_no_gap(1.0, 0.5)
    with pytest.raises(LimitError, match="1,000,000 posts or fewer"):
        patrol.no_gap_probability(2_000_000, 0.1)
