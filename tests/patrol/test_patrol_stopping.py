"""From detected to stopped, and from units out to people: reference values, rules and refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.theory import response, search, staffing, tactics

shares = st.floats(0, 1)
hours = st.floats(0, 50)


def random(units: Any) -> Any:
    """Random search with a tenth of coverage for a unit."""
    return search.random_search(0.1 * units)


def test_recognition_is_a_coverage_of_its_own() -> None:
    """Widths 1.24 and 4.85 km: .226, .400, .536, .640, and no constant times detection."""
    coverage = np.array([1.0, 2.0, 3.0, 4.0])
    found = response.recognised(coverage, "random", 1.24 / 4.85)
    np.testing.assert_allclose(found, [0.226, 0.400, 0.536, 0.640], atol=5e-4)
    product = 0.256 * np.asarray(tactics.detection_for(coverage))
    np.testing.assert_allclose(product, [0.162, 0.221, 0.243, 0.251], atol=5e-4)
    assert response.recognised(3.0, "random", 1.0) == tactics.detection_for(3.0)
    with pytest.raises(InvalidParameterError, match="width_ratio must lie between 0 and 1"):
        response.recognised(1.0, "random", 1.1)
    with pytest.raises(InvalidParameterError, match="law must be one of"):
        response.recognised(1.0, "guess", 0.5)


@given(shares, shares, shares)
def test_following_up_lies_between_recognising_and_detecting(
    one: float, two: float, followed_up: float
) -> None:
    known, seen = sorted((one, two))
    found = response.handled(known, seen, followed_up)
    assert known - 1e-12 <= found <= seen + 1e-12
    assert response.handled(known, seen, 0.0) == known
    assert response.handled(known, seen, 1.0) == seen


def test_what_is_recognised_was_detected() -> None:
    with pytest.raises(
        InvalidParameterError, match=r"must not exceed p_detected, got 0\.5 of 0\.4"
    ):
        response.handled([0.1, 0.5], 0.4, 0.0)
    assert response.handled([0.2, 0.1], 0.4, 0.25) == pytest.approx([0.25, 0.175])


@pytest.mark.parametrize(
    ("window", "mean", "law", "expected"),
    [
        (30, 20, "exponential", 0.776870),
        (30, 20, "erlang_2", 0.800852),
        (75, 152, "exponential", 0.389466),
        (75, 152, "erlang_2", 0.259401),
    ],
)
def test_a_response_fits_into_a_window(
    window: float, mean: float, law: str, expected: float
) -> None:
    found = response.response_probability(window_h=window / 60, mean_response_h=mean / 60, law=law)
    assert found == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("law", response.RESPONSE_LAWS)
def test_a_shortest_response_takes_its_time_off_the_window(law: str) -> None:
    """As if the clock started later; below it nobody comes; without an excess it is certain."""

    def fits(window: float, mean: float, shortest: float) -> float:
        return float(
            response.response_probability(
                window_h=window, mean_response_h=mean, shortest_h=shortest, law=law
            )
        )

    assert fits(1.0, 0.75, 0.5) == pytest.approx(fits(0.5, 0.25, 0.0))
    assert fits(0.499, 0.75, 0.5) == 0.0
    assert [fits(w, 0.5, 0.5) for w in (0.499, 0.5, 2.0)] == [0.0, 1.0, 1.0]
    with pytest.raises(InvalidParameterError, match="shortest_h must not exceed mean_response_h"):
        fits(1.0, 0.5, 0.6)


RACE: dict[str, Any] = {"cover_km": 5.0, "crosser_km_h": 4.0, "decide_h": 0.25}
RESERVE: dict[str, Any] = {"call_h": 0.25, "drive_h": 0.5, "shortest_drive_h": 0.25}


def test_the_reserve_comes_after_call_and_drive() -> None:
    """A window of one hour: k = 4 and 1 - 5 exp(-4); in minutes as tabled with neither of the two."""
    assert response.responds(**RACE, **RESERVE) == pytest.approx(1 - 5 * math.exp(-4))
    tabled = response.responds(cover_km=[2.0, 5.0], crosser_km_h=4.0, drive_h=[20 / 60, 152 / 60])
    np.testing.assert_allclose(tabled, [0.800852, 0.259401], atol=5e-7)


def test_the_unit_that_saw_him_goes_first_if_it_is_faster() -> None:
    """1 km at 15 less 4 km/h is 1/11 h; standing, slower or too late leaves it to the reserve."""
    reserve = response.responds(**RACE, **RESERVE)
    for pursuit, distance, expected in (
        (15.0, 1.0, 1.0),
        (15.0, 11.0, 1.0),  # just in time: a tie goes to the response
        (15.0, 11.1, reserve),
        (4.0, 0.0, reserve),  # no faster
        (0.0, 0.0, reserve),  # it stands
    ):
        found = response.responds(**RACE, **RESERVE, pursuit_km_h=pursuit, detection_km=distance)
        assert found == pytest.approx(expected), (pursuit, distance)


def test_nobody_comes_where_there_is_no_way_and_unknown_stays_unknown() -> None:
    assert response.responds(**RACE) == 0.0  # a unit that stands, and no reserve
    drives = [np.inf, np.nan, 0.25, 2.0]
    shortest = [0.0, 0.0, 0.25, 0.8]
    found = response.responds(**RACE, call_h=0.25, drive_h=drives, shortest_drive_h=shortest)
    np.testing.assert_array_equal(found, [0.0, np.nan, 1.0, 0.0])
    pursued = response.responds(
        **RACE, drive_h=drives, shortest_drive_h=shortest, pursuit_km_h=15.0, detection_km=1.0
    )
    np.testing.assert_array_equal(pursued, 1.0)
    assert np.isnan(response.responds(**{**RACE, "cover_km": np.nan}, drive_h=1.0))
    late = response.responds(**{**RACE, "decide_h": 2.0}, drive_h=0.1, pursuit_km_h=30.0)
    assert late == 0.0


@given(
    st.tuples(hours, st.floats(0.5, 30), st.floats(0, 3), st.floats(0, 10), st.floats(0, 60)),
    st.floats(1, 2),
)
def test_a_better_response_is_never_worse(race: tuple[float, ...], more: float) -> None:
    """More way to cover, a faster unit, a nearer one, a quicker reserve."""
    names = ("cover_km", "crosser_km_h", "decide_h", "detection_km", "pursuit_km_h")
    usual = dict(zip(names, race, strict=True)) | {"drive_h": 1.5, "shortest_drive_h": 0.5}
    before = response.responds(**usual)
    for name, factor in (
        ("cover_km", more), ("pursuit_km_h", more), ("detection_km", 1 / more), ("drive_h", 1 / more),
    ):  # fmt: skip
        assert response.responds(**{**usual, name: usual[name] * factor}) >= before - 1e-12, name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crosser_km_h": 0}, "crosser_km_h must be above 0"),
        ({"cover_km": -1}, "cover_km must be 0 or more"),
        ({"decide_h": np.inf}, "decide_h must be 0 or more and finite"),
        ({"drive_h": 0.2, "shortest_drive_h": 0.5}, "shortest_drive_h must not exceed drive_h"),
        ({"pursuit_km_h": np.nan}, "pursuit_km_h must be 0 or more"),
    ],
)
def test_impossible_races_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        response.responds(**{**RACE, **wrong})


CALLS: dict[str, Any] = {"call_h": 2.0, "crossings_per_h": 0.17, "false_calls_per_unit_h": 0.05}


def test_units_on_calls_are_off_the_line() -> None:
    """Ten on the line that detect half: 10 + 2 (.17 x .5 + .05 x 10) = 11.17 out."""
    assert response.units_with_calls(
        10.0, detected=lambda units: 0.5 + 0.0 * units, **CALLS
    ) == pytest.approx(11.17)
    assert response.units_with_calls(
        [0.0, 7.0], detected=random, call_h=0.0, crossings_per_h=5.0
    ) == pytest.approx([0.0, 7.0])


@given(st.floats(0, 2000))
def test_units_with_calls_and_back(units: float) -> None:
    out = response.units_with_calls(units, detected=random, **CALLS)
    assert out >= units
    found = response.units_on_the_line(out, detected=random, **CALLS)
    assert found == pytest.approx(units, rel=1e-12, abs=1e-12)


def test_fewer_units_than_crossings_call_for_leave_next_to_none_on_the_line() -> None:
    busy = response.units_on_the_line(
        [0.0, 1.0, 100.0], detected=random, call_h=10.0, crossings_per_h=50.0
    )
    assert np.asarray(busy)[0] == 0.0
    assert (np.asarray(busy) < [1e-9, 0.1, 10.0]).all()
    with pytest.raises(InvalidParameterError, match="call_h must be"):
        response.units_with_calls(1.0, detected=random, call_h=-1.0, crossings_per_h=1.0)
    with pytest.raises(InvalidParameterError, match=r"detected\(units\) must lie between 0 and 1"):
        response.units_with_calls(1.0, detected=lambda x: x + 2.0, **CALLS)


def test_probabilities_are_mixed_and_never_widths() -> None:
    """Half the night at coverage 1 and half at 3.33: .798, where the mean width gives .885."""
    pods = search.random_search([1.0, 10 / 3])
    assert response.mixed(pods, [0.5, 0.5]) == pytest.approx(0.798, abs=5e-4)
    assert search.random_search((1 + 10 / 3) / 2) == pytest.approx(0.885, abs=5e-4)
    by_segment = response.mixed([[0.1, 0.2, 0.3], [0.5, 0.6, 0.7]], [0.25, 0.75])
    np.testing.assert_allclose(by_segment, [0.4, 0.5, 0.6])
    with pytest.raises(ShapeMismatchError, match="one row for each of the shares"):
        response.mixed([0.1, 0.2, 0.3], [0.5, 0.5])
    with pytest.raises(InvalidParameterError, match="share must sum to 1"):
        response.mixed([0.1, 0.2], [0.5, 0.4])


def test_units_out_on_average() -> None:
    """12 by night and 6 by day with 14 hours of night: 9.5."""
    assert staffing.out_on_average(12, 6, 14) == pytest.approx(9.5)
    np.testing.assert_allclose(
        staffing.out_on_average([12, 12, np.inf], [6, 6, 6], [0, 24, 0]), [6, 12, 6]
    )
    with pytest.raises(InvalidParameterError, match="night_h must lie between 0 and 24"):
        staffing.out_on_average(1, 1, 25)


def test_the_payroll_is_summed_segment_by_segment() -> None:
    """5.159 (10 / 1 + 10 / .25) = 257.95; the mean share would make it 165."""
    found = staffing.payroll_by_segment([10, 10], [1.0, 0.25], 5.159)
    assert found == pytest.approx(257.95)
    assert staffing.payroll(20 / 0.625, shift_factor=5.159) == pytest.approx(165, abs=0.1)
    by_draw = staffing.payroll_by_segment(
        np.full((3, 2), 10.0), [1.0, 0.25], np.array([4.2, 5.159, 7.0])
    )
    np.testing.assert_allclose(by_draw, [210, 257.95, 350])
    assert staffing.payroll_by_segment(150.30, 1.0, 5.159) == pytest.approx(775, abs=0.5)
    assert staffing.people(775.4, 4) == pytest.approx(3101.6)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1)), min_size=1, max_size=8))
def test_the_mean_share_is_never_more_where_units_are_even(rows: list[tuple[float, float]]) -> None:
    left = np.array([share for _, share in rows])
    even = np.full(len(rows), 3.0)
    by_segment = staffing.payroll_by_segment(even, left)
    assert by_segment >= staffing.payroll(even.sum() / left.mean()) * (1 - 1e-12)


def test_segments_out_of_reach_are_infinite_if_they_need_somebody() -> None:
    assert staffing.payroll_by_segment([1.0, 2.0], [0.5, 0.0]) == math.inf
    assert staffing.payroll_by_segment([1.0, 0.0], [0.5, 0.0], 2.0) == pytest.approx(4.0)
    assert np.isnan(staffing.payroll_by_segment([1.0, 2.0], [0.5, np.nan]))
    assert staffing.payroll_by_segment([1.0, 0.0], [0.5, np.nan], 2.0) == pytest.approx(4.0)


def test_a_payroll_without_shifts_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="no shift reaches any segment"):
        staffing.payroll_by_segment([1.0, 2.0], [0.0, 0.0])
    for shift in (0.0, -8.0, math.inf):
        with pytest.raises(InvalidParameterError, match="shift_h must be"):
            staffing.share_left([1.0], shift)
    left = staffing.share_left([0.0, 3.0, 6.0, 9.0, math.inf, math.nan], 12.0)
    np.testing.assert_allclose(left, [1, 0.5, 0, 0, 0, np.nan])
