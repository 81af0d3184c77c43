"""Revisit, response, force generation and border metrics: published values and refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from borderzone import patrol
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory import barrier, response, staffing, tactics

shares = st.floats(0, 1)


def test_patrols_pass_and_detect_events() -> None:
    """Larson's numbers: ten units at 20 km/h on 600 km, an event of one hour, and f T = 1, 1.5."""
    rate = float(barrier.pass_rate(unit_count=10, patrol_km_h=20, track_km=600))
    assert rate == pytest.approx(0.3333, abs=5e-5)
    assert barrier.event_detection(passes_per_h=rate, duration_h=1) == pytest.approx(
        0.283469, abs=5e-7
    )
    assert barrier.event_detection(passes_per_h=1, duration_h=1) == pytest.approx(
        0.632121, abs=5e-7
    )
    assert barrier.event_detection(passes_per_h=2, duration_h=0.75) == pytest.approx(
        0.776870, abs=5e-7
    )
    np.testing.assert_array_equal(
        barrier.event_detection(passes_per_h=[1, 2], duration_h=[1, 0.75], passes="regular"), 1
    )
    with pytest.raises(InvalidParameterError, match="passes must be one of random, regular"):
        barrier.event_detection(passes_per_h=1, duration_h=1, passes="always")


def test_revisit_is_twice_as_long_at_the_ends() -> None:
    """20 km at 25 km/h: 0.8 and 1.6 h."""
    assert barrier.revisit_h(length_km=20, patrol_km_h=25) == pytest.approx(0.8)
    assert barrier.revisit_h(length_km=20, patrol_km_h=25, at_the_ends=True) == pytest.approx(1.6)


def test_a_response_has_until_the_first_cover() -> None:
    """5 km at 4 km/h leave 75 minutes, at 30 km/h ten; detection and drive take 25."""
    drive: dict[str, Any] = {
        "detection_h": 5 / 60, "response_km": 10, "response_km_h": 30, "cover_km": 5,
    }  # fmt: skip
    assert response.responds_in_time(**drive, crosser_km_h=4) is True
    assert response.responds_in_time(**drive, crosser_km_h=30) is False
    np.testing.assert_array_equal(
        response.responds_in_time(**drive, crosser_km_h=[4, 30]), [True, False]
    )
    for minutes, in_time in ((55 - 1e-9, True), (55 + 1e-9, False)):
        late = {**drive, "detection_h": minutes / 60}
        assert response.responds_in_time(**late, crosser_km_h=4) is in_time


@pytest.mark.parametrize(("window", "mean", "expected"), [(30, 20, 0.776870), (30, 45, 0.486583)])
def test_exponential_response(window: float, mean: float, expected: float) -> None:
    """The chance that an exponential time fits into the window."""
    assert response.response_probability(window_h=window, mean_response_h=mean) == pytest.approx(
        expected, abs=5e-7
    )


def test_interdiction_is_a_product_with_a_ceiling() -> None:
    """.8 x .9 x .7 = .504; half needs POD .793651 and coverage 1.578185; above .63 is refused."""
    assert response.interdiction(0.8, p_identify=0.9, p_respond=0.7) == pytest.approx(0.504)
    pod = response.pod_for_interdiction(0.5, p_identify=0.9, p_respond=0.7)
    assert pod == pytest.approx(0.793651, abs=5e-7)
    assert tactics.coverage_for(pod) == pytest.approx(1.578185, abs=5e-7)
    assert response.pod_for_interdiction(0.63, p_identify=0.9, p_respond=0.7) == pytest.approx(1)
    with pytest.raises(InvalidParameterError, match=r"p_identify x p_respond = 0\.63"):
        response.pod_for_interdiction(0.64, p_identify=0.9, p_respond=0.7)


@given(shares, shares, shares)
def test_mixing_stays_between_day_and_night(day: float, night: float, share: float) -> None:
    """A weighted mean, night alone by default."""
    mixed = float(response.mix_day_night(day, night, night_share=share))
    assert min(day, night) - 1e-12 <= mixed <= max(day, night) + 1e-12
    assert response.mix_day_night(day, night) == night


@given(st.lists(shares, max_size=5))
def test_more_means_never_detect_less(pods: list[float]) -> None:
    """Independent means add up; (.3, .5, .2) make .72 and none makes 0."""
    assert 0 <= float(response.combined_detection(*pods)) <= 1
    assert response.combined_detection(*pods, 0.5) >= response.combined_detection(*pods)
    assert response.combined_detection(0.3, 0.5, 0.2) == pytest.approx(0.72)
    assert response.combined_detection() == 0


@pytest.mark.parametrize(
    ("post", "work", "expected"),
    [
        (2920, 1698, 1.7197),
        (8760, 1698, 5.1590),
        (168, 40, 4.2),
        (168, 42, 4.0),
        (168, 48, 3.5),
        (168, 56, 3.0),
        (8760, 1776, 4.9324),
    ],
)
def test_relief_factors(post: float, work: float, expected: float) -> None:
    """Hours of the post over hours of a post-holder."""
    assert staffing.relief_factor(post, work) == pytest.approx(expected, abs=5e-5)


def test_shift_presets_carry_their_sources() -> None:
    """4.2, 5.16, 6.98 and 14.6, each with where it is from."""
    assert [round(s.value, 2) for s in patrol.SHIFT_FACTORS.values()] == [4.2, 5.16, 6.98, 14.6]
    assert all(len(s.source) > 20 and s.tag in "AF" for s in patrol.SHIFT_FACTORS.values())


@pytest.mark.parametrize(
    ("required", "availability", "confidence", "payroll"),
    [
        (10, 0.85, 0.95, 14),
        (50, 0.85, 0.95, 64),
        (150, 0.8, 0.9, 196),
        (150, 0.75, 0.95, 214),
        (0, 0.85, 0.95, 0),
        (7, 1.0, 1.0, 7),
        (7, 0.5, 0.0, 0),
        (1, 0.5, 0.5, 1),  # just as sure as was asked
    ],
)
def test_roll_that_is_enough_with_confidence(
    required: int, availability: float, confidence: float, payroll: int
) -> None:
    """The smallest binomial number, larger than required over availability."""
    found = staffing.payroll_for_confidence(
        required, availability=availability, confidence=confidence
    )
    assert found == payroll
    if 0 < confidence < 1 and required:
        assert stats.binom.sf(required - 1, found, availability) >= confidence
        assert stats.binom.sf(required - 1, found - 1, availability) < confidence


def test_force_generation_refusals() -> None:
    """Shares above 1, payrolls that no number satisfies."""
    with pytest.raises(InvalidParameterError, match="no payroll is large enough"):
        staffing.payroll_for_confidence(5, availability=0.5, confidence=1)
    with pytest.raises(InvalidParameterError, match="availability must lie between 0 and 1"):
        staffing.payroll_for_confidence(10, availability=1.2, confidence=0.5)
    with pytest.raises(InvalidParameterError, match="units_out must be 0 or more"):
        staffing.payroll(-1)
    assert staffing.payroll(math.inf) == math.inf
    assert staffing.payroll(150.30, shift_factor=5.159) == pytest.approx(775, abs=0.5)


def test_whole_units_are_enough_and_none_is_added_for_a_last_bit() -> None:
    exact = [0.0, 2.2, 3.0, 3.0 + 1e-12, 3.0 + 1e-6, 1e6 * (1 + 1e-12), math.inf]
    found = np.asarray(staffing.whole_units(exact))
    assert found.tolist() == [0, 3, 3, 3, 4, 1e6, math.inf]


@pytest.mark.parametrize(("giving_up", "p"), [(0, 0.31), (0.25, 0.4133), (0.5, 0.62)])
def test_apprehension_from_repeats(giving_up: float, p: float) -> None:
    """R = .31: who gives up decides the result."""
    found = response.apprehension_from_repeats(0.31, giving_up=giving_up)
    assert found == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "total", "deviation"),
    [
        ((200, 150, 30), 978.06, 141.89),
        ((100, 80, 20), 388.57, 63.62),
        ((5, 5, 5), 5.0, 0.0),  # all are known
    ],
)
def test_chapman(counts: tuple[int, int, int], total: float, deviation: float) -> None:
    """Two captures, and the population between them."""
    found = response.chapman(marked=counts[0], caught=counts[1], recaught=counts[2])
    assert found == pytest.approx((total, deviation), abs=5e-3)


def test_metrics_that_leave_out_the_unnoticed() -> None:
    """known_ier of 81.01 %, and refusals."""
    rate = response.known_ier(apprehensions=7000, turn_backs=1101, known_got_aways=1899)
    assert rate == pytest.approx(0.8101)
    with pytest.raises(InvalidParameterError, match="somebody who was noticed"):
        response.known_ier(apprehensions=0, turn_backs=0, known_got_aways=0)
    with pytest.raises(InvalidParameterError, match="cannot exceed 1 - giving_up"):
        response.apprehension_from_repeats(0.6, giving_up=0.5)
    with pytest.raises(InvalidParameterError, match="recaught must not exceed"):
        response.chapman(marked=5, caught=5, recaught=6)
