"""Fuzzy overlay and weights from pairwise comparison: reference values and properties."""

from __future__ import annotations

from typing import Any

import fuzzy_cases as plain
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone.difficulty.index import ahp_weights, fuzzy_gamma
from borderzone.errors import InvalidParameterError

NAN = float("nan")

memberships = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def overlaid(members: list[float], weights: list[float] | None = None) -> float:
    """Overlay the memberships of one cell, as the index does."""
    cells = [np.array([member], np.float64) for member in members]
    own = np.ones(len(members)) if weights is None else np.array(weights, float)
    return float(fuzzy_gamma(cells, own)[0])


@pytest.mark.parametrize(("power", "expected"), [(0.9, 0.811154), (0.75, 0.637974)])
def test_reference_values(power: float, expected: float) -> None:
    """Members 0.8, 0.6 and 0.4, for numbers and for every cell of arrays."""
    members = [0.8, 0.6, 0.4]
    assert float(plain.gamma(members, power)) == pytest.approx(expected, abs=5e-7)
    assert float(plain.gamma(members, 0)) == pytest.approx(0.192)
    assert float(plain.gamma(members, 1)) == pytest.approx(0.952)
    assert overlaid(members) == pytest.approx(0.637974, abs=5e-7)
    arrays = [np.full((2, 3), m, np.float32) for m in members]
    np.testing.assert_allclose(fuzzy_gamma(arrays, np.ones(3)), 0.637974, atol=5e-7)


@given(memberships)
def test_the_overlay_lies_between_product_and_sum(members: list[float]) -> None:
    """And is what the formula says."""
    product, total = plain.gamma(members, 0), plain.gamma(members, 1)
    assert product - 1e-6 <= overlaid(members) <= total + 1e-6
    assert overlaid(members) == pytest.approx(plain.gamma(members, 0.75), rel=1e-6, abs=1e-30)


@given(memberships, st.integers(0, 4))
def test_an_unknown_member_leaves_as_if_it_were_not_there(
    members: list[float], position: int
) -> None:
    """With weights too: those of the known members sum to their number."""
    weights = np.arange(1.0, len(members) + 1)
    at = min(position, len(members))
    wider = [*members[:at], NAN, *members[at:]]
    wider_weights = np.insert(weights, at, 7.0)
    assert overlaid(wider, list(wider_weights)) == pytest.approx(overlaid(members, list(weights)))


def test_weights_are_exponents_that_sum_to_the_number_of_members() -> None:
    """Worked by hand: weights 1, 1, 2 become exponents 3/4, 3/4, 3/2."""
    product = 0.8**0.75 * 0.6**0.75 * 0.4**1.5
    total = 1 - 0.2**0.75 * 0.4**0.75 * 0.6**1.5
    assert overlaid([0.8, 0.6, 0.4], [1, 1, 2]) == pytest.approx(total**0.75 * product**0.25)
    assert overlaid([0.8, 0.6, 0.4], [5, 5, 5]) == overlaid([0.8, 0.6, 0.4])


def test_nothing_known_is_unknown() -> None:
    """Not zero, and without a warning."""
    assert np.isnan(overlaid([NAN, NAN]))


# Weights from pairwise comparison


def test_ahp_reference_values() -> None:
    """The textbook matrix, to the digits given; its eigenvalue 3.038511 makes the ratio."""
    weights, ratio = ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    np.testing.assert_allclose(weights, [0.636986, 0.258285, 0.104729], atol=5e-7)
    assert ratio == pytest.approx(0.038511 / 2 / 0.58, abs=5e-7)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=10))
def test_comparisons_made_from_weights_give_them_back(weights: list[float]) -> None:
    """A consistent matrix has ratio 0."""
    w = np.array(weights)
    found, ratio = ahp_weights(w[:, None] / w[None, :])
    np.testing.assert_allclose(found, w / w.sum(), rtol=1e-6)
    assert ratio == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2]], "square"),
        ([[1, 2], [2, 1]], "reciprocal"),
        ([[1, -2], [-0.5, 1]], "positive"),
        (np.ones((11, 11)), "1 to 10 criteria"),
    ],
)
def test_impossible_comparisons_are_refused(matrix: Any, message: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(InvalidParameterError, match=message):
        ahp_weights(matrix)
