"""Fuzzy overlay and weights from pairwise comparison: reference values and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import difficulty
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = float("nan")

memberships = st.lists(st.floats(0, 1), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (difficulty.fuzzy_and, 0.4),
        (difficulty.fuzzy_or, 0.8),
        (difficulty.fuzzy_product, 0.192),
        (difficulty.fuzzy_sum, 0.952),
        (lambda m: difficulty.fuzzy_gamma(m, 0.9), 0.811154),
        (lambda m: difficulty.fuzzy_gamma(m, 0.75), 0.637974),
    ],
)
def test_reference_values(operator: Callable[[list[float]], Any], expected: float) -> None:
    """Members 0.8, 0.6 and 0.4, for numbers and for every cell of arrays."""
    assert float(operator([0.8, 0.6, 0.4])) == pytest.approx(expected, abs=5e-7)
    arrays_in: Any = [np.full((2, 3), m) for m in (0.8, 0.6, 0.4)]
    np.testing.assert_allclose(operator(arrays_in), expected, atol=5e-7)


@given(memberships)
def test_operators_keep_their_order(members: list[float]) -> None:
    """Product <= AND <= OR <= sum, and gamma runs from the product to the sum."""
    product, total = difficulty.fuzzy_product(members), difficulty.fuzzy_sum(members)
    assert product <= difficulty.fuzzy_and(members) + 1e-12
    assert difficulty.fuzzy_and(members) <= difficulty.fuzzy_or(members)
    assert difficulty.fuzzy_or(members) <= total + 1e-12
    assert difficulty.fuzzy_gamma(members, 0) == pytest.approx(product)
    assert difficulty.fuzzy_gamma(members, 1) == pytest.approx(total)
    assert product - 1e-12 <= difficulty.fuzzy_gamma(members, 0.75) <= total + 1e-12


@given(memberships, st.integers(0, 4))
def test_an_unknown_member_leaves_as_if_it_were_not_there(
    members: list[float], position: int
) -> None:
    """With weights too: those of the known members sum to their number."""
    weights = np.arange(1.0, len(members) + 1)
    at = min(position, len(members))
    wider = [*members[:at], NAN, *members[at:]]
    wider_weights = np.insert(weights, at, 7.0)
    for operator in (difficulty.fuzzy_and, difficulty.fuzzy_or):
        assert operator(wider) == operator(members)
    assert difficulty.fuzzy_gamma(wider, 0.75, list(wider_weights)) == pytest.approx(
        difficulty.fuzzy_gamma(members, 0.75, list(weights))
    )


def test_weights_are_exponents_that_sum_to_the_number_of_members() -> None:
    """Worked by hand: weights 1, 1, 2 become exponents 3/4, 3/4, 3/2."""
    product = 0.8**0.75 * 0.6**0.75 * 0.4**1.5
    total = 1 - 0.2**0.75 * 0.4**0.75 * 0.6**1.5
    assert difficulty.fuzzy_gamma([0.8, 0.6, 0.4], 0.75, [1, 1, 2]) == pytest.approx(
        total**0.75 * product**0.25
    )
    assert difficulty.fuzzy_gamma([0.8, 0.6, 0.4], 0.75, [5, 5, 5]) == pytest.approx(
        difficulty.fuzzy_gamma([0.8, 0.6, 0.4], 0.75)
    )


def test_nothing_known_is_unknown() -> None:
    """Not zero, and without a warning."""
    for operator in (
        difficulty.fuzzy_and,
        difficulty.fuzzy_or,
        difficulty.fuzzy_product,
        difficulty.fuzzy_sum,
    ):
        assert np.isnan(operator([NAN, NAN]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: difficulty.fuzzy_and([]), InvalidParameterError, "at least one"),
        (
            lambda: difficulty.fuzzy_or([1.2, 0]),
            InvalidParameterError,
            "between 0 and 1, got 1.2",
        ),
        (lambda: difficulty.fuzzy_gamma([0.5], 1.5), InvalidParameterError, "gamma must lie"),
        (
            lambda: difficulty.fuzzy_gamma([0.5, 0.5], 0.5, [1]),
            ShapeMismatchError,
            "2 memberships but 1 weights",
        ),
        (
            lambda: difficulty.fuzzy_product([0.5, 0.5], [1, 0]),
            InvalidParameterError,
            "leave a member out instead",
        ),
        (
            lambda: difficulty.fuzzy_sum([np.zeros(2), np.zeros(3)]),
            ShapeMismatchError,
            "share one shape",
        ),
    ],
)
def test_impossible_memberships_are_refused(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    """Each with what is wrong."""
    with pytest.raises(error, match=message):
        call()


# Weights from pairwise comparison


def test_ahp_reference_values() -> None:
    """The textbook matrix, to the digits given."""
    result = difficulty.ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    np.testing.assert_allclose(result.weights, [0.636986, 0.258285, 0.104729], atol=5e-7)
    assert result.lambda_max == pytest.approx(3.038511, abs=5e-7)
    assert result.consistency_ratio == pytest.approx(0.0332, abs=5e-5)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=10))
def test_comparisons_made_from_weights_give_them_back(weights: list[float]) -> None:
    """A consistent matrix has ratio 0."""
    w = np.array(weights)
    result = difficulty.ahp_weights(w[:, None] / w[None, :])
    np.testing.assert_allclose(result.weights, w / w.sum(), rtol=1e-6)
    assert result.consistency_ratio == pytest.approx(0, abs=1e-6)


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
        difficulty.ahp_weights(matrix)
