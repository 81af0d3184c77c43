"""Laws of a segment and who watches back: published values, order, limits, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import patrol
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory import tactics

coverages = st.floats(0, 50)
probabilities = st.floats(0, 1, exclude_max=True)
closed = pytest.mark.parametrize("law", tactics.POD)


@pytest.mark.parametrize(
    ("coverage", "law", "units", "pod"),
    [
        (0.764853, "random", None, 0.534598),
        (0.764853, "memoryless", None, 0.534598),
        (0.764853, "beats", None, 0.618603),
        (0.764853, "inverse_cube", None, 0.662240),
        (0.254951, "independent", 1, 0.238701),
        (0.509902, "independent", 2, 0.419307),
        (0.764853, "independent", 3, 0.556145),
        (1.0, "beats", None, 0.75),
        (2.5, "beats", None, 1.0),
        (1.0, "beats_soft", None, 0.715494),
        (2.0, "beats_soft", 3, 0.956195),
    ],
)
def test_laws_of_a_segment_give_the_published_values(
    coverage: float, law: str, units: int | None, pod: float
) -> None:
    """20 km, 1 km wide, five times as fast as the crosser: one, two and three units."""
    assert patrol.detection_for(coverage, law, units=units) == pytest.approx(pod, abs=1.1e-6)


def test_one_independent_unit_goes_back_and_forth() -> None:
    """With nobody beside it, the law of its beat."""
    coverage = np.linspace(0, 1, 21)
    np.testing.assert_allclose(
        patrol.detection_for(coverage, "independent", units=1),
        patrol.detection_for(coverage, "beats"),
        atol=1e-15,
    )


@given(st.floats(0, 1), st.integers(1, 40))
def test_independent_units_detect_no_more_than_on_beats_of_their_own(
    one: float, units: int
) -> None:
    """They overlap each other too, and not only themselves at the turns."""
    coverage = one * units
    pod = float(patrol.detection_for(coverage, "independent", units=units))
    assert pod <= float(patrol.detection_for(coverage, "beats")) + 1e-12


def test_many_independent_units_are_random_ones() -> None:
    """Of each of many little is left to overlap itself."""
    assert patrol.detection_for(1.5, "independent", units=100_000) == pytest.approx(
        patrol.detection_for(1.5, "random"), abs=1e-5
    )


@given(coverages)
def test_beats_lie_between_random_and_the_bound(coverage: float) -> None:
    """Turning back at the ends costs something, but less than no plan at all."""
    pod = float(patrol.detection_for(coverage, "beats"))
    assert float(patrol.random_search(coverage)) <= pod + 1e-15
    assert pod <= float(patrol.exhaustive_search(coverage)) + 1e-15


@given(coverages)
def test_led_units_never_detect_more_than_their_bound(coverage: float) -> None:
    """Nor less than random ones, but for what the fit is off where there is hardly any coverage."""
    pod = float(patrol.detection_for(coverage, "beats_soft"))
    assert pod <= float(patrol.exhaustive_search(coverage)) + 1e-15
    assert pod >= float(patrol.random_search(coverage)) - 0.002
    if coverage > 0.163:
        assert pod >= float(patrol.random_search(coverage)) - 1e-15


@closed
@given(low=coverages, more=st.floats(0, 5))
def test_more_coverage_never_detects_less(law: str, low: float, more: float) -> None:
    assert float(patrol.detection_for(low + more, law)) >= float(patrol.detection_for(low, law))


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@given(coverage=coverages, step=st.floats(1e-3, 5))
def test_laws_of_plans_have_diminishing_returns(law: str, coverage: float, step: float) -> None:
    """Concave, which the optimal plan rests on."""
    low, middle, high = (float(patrol.detection_for(coverage + k * step, law)) for k in range(3))
    assert high - middle <= middle - low + 1e-12


@pytest.mark.parametrize(
    ("law", "pod", "coverage"),
    [
        ("random", 0.5, 0.693147),
        ("random", 0.8, 1.609438),
        ("random", 0.9, 2.302585),
        ("random", 0.95, 2.995732),
        ("random", 0.99, 4.605170),
        ("inverse_cube", 0.5, 0.538165),
        ("inverse_cube", 0.8, 1.022530),
        ("inverse_cube", 0.9, 1.312403),
        ("inverse_cube", 0.95, 1.563825),
        ("inverse_cube", 0.99, 2.055214),
        ("beats", 0.5, 0.585786),
        ("beats", 0.95, 1.552786),
        ("beats_soft", 0.5, 0.609556),
        ("beats_soft", 0.95, 1.938742),
    ],
)
def test_required_coverage_has_the_published_values(law: str, pod: float, coverage: float) -> None:
    """The inverses of the laws."""
    assert tactics.coverage_for(pod, law) == pytest.approx(coverage, abs=5e-7)


@closed
@given(pod=probabilities)
def test_required_coverage_gives_back_the_detection(law: str, pod: float) -> None:
    """Law and inverse undo each other, down to the smallest probabilities."""
    back = patrol.detection_for(float(tactics.coverage_for(pod, law)), law)
    assert back == pytest.approx(pod, rel=1e-9, abs=1e-15)


@given(st.floats(0, 1), st.integers(1, 12))
def test_independent_units_reach_what_they_can(pod: float, units: int) -> None:
    """Beyond the coverage that the law covers the answer is infinite."""
    most = 1 - 0.5**units / (units + 1)
    found = float(tactics.coverage_for(pod, "independent", units=units))
    if pod > most:
        assert found == np.inf
    elif pod < most - 1e-12:
        back = patrol.detection_for(found, "independent", units=units)
        assert back == pytest.approx(pod, abs=1e-9)


def test_certainty_takes_infinite_effort_of_all_but_bounds() -> None:
    """Each nine costs the same again; patrols without a definite range never reach 1."""
    for law in ("random", "memoryless", "beats_soft", "inverse_cube"):
        assert tactics.coverage_for(1.0, law) == np.inf
    assert tactics.coverage_for(1.0, "beats") == 2
    assert str(tactics.coverage_for(0.0)) == "0.0"
    assert tactics.coverage_for(0.0, "beats_soft") == 0


@given(st.floats(0, 40))
def test_what_the_next_unit_gains_tells_how_many_there_are(coverage: float) -> None:
    """The marginal inverse of the soft law against its derivative by hand."""
    exponent = coverage * (0.95 + 0.307 * coverage)
    log_gain = np.log(0.95 + 0.614 * coverage) - exponent
    found = tactics.soft_coverage_at_gain(np.array(log_gain))
    assert float(found) == pytest.approx(coverage, rel=1e-9, abs=1e-7)


def test_no_coverage_misses_everything_to_the_last_bit() -> None:
    for law in tactics.POD:
        assert tactics.missed_in_place(np.zeros(3), law).tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"law": "exhaustive"}, "law must be one of"),
        ({"law": "independent"}, r"give units=, such as 3"),
        ({"law": "independent", "units": 1.5}, "units must be a whole number"),
        ({"law": "independent", "units": 1}, r"1 or less for 1 independent units.*give 3 units"),
        ({"coverage": -1.0}, "coverage must be 0 or more"),
    ],
)
def test_a_law_that_cannot_answer_says_what_to_do(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        patrol.detection_for(**({"coverage": 2.5} | given))
