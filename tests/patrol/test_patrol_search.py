"""Search laws, sweep widths and imaging: published values, limits, order of the laws."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from borderzone import patrol
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.theory import imaging, search, tactics

if TYPE_CHECKING:
    from collections.abc import Callable

coverages = st.floats(0, 50)
probabilities = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("coverage", "exhaustive", "inverse_cube", "random"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.25, 0.25, 0.245969, 0.221199),
        (0.5, 0.5, 0.469116, 0.393469),
        (1.0, 1.0, 0.789909, 0.632121),
        (2.0, 1.0, 0.987811, 0.864665),
        (3.0, 1.0, 0.999830, 0.950213),
        (0.36, 0.36, 0.348150, 0.302324),
    ],
)
def test_search_laws_give_the_published_values(
    coverage: float, exhaustive: float, inverse_cube: float, random: float
) -> None:
    """Koopman's table, to all digits given."""
    assert patrol.exhaustive_search(coverage) == pytest.approx(exhaustive, abs=5e-7)
    assert patrol.inverse_cube_search(coverage) == pytest.approx(inverse_cube, abs=5e-7)
    assert patrol.random_search(coverage) == pytest.approx(random, abs=5e-7)


def test_inverse_cube_is_a_normal_integral_too() -> None:
    """2 Phi(z sqrt(pi / 2)) - 1 is the same number as the error function form."""
    z = np.linspace(0, 4, 41)
    np.testing.assert_allclose(
        patrol.inverse_cube_search(z), 2 * special.ndtr(z * np.sqrt(np.pi / 2)) - 1, atol=1e-15
    )


@given(coverages)
def test_random_never_beats_inverse_cube_never_beats_exhaustive(coverage: float) -> None:
    """The order of the laws holds at every coverage, and all are probabilities."""
    random, cube, exhaustive = (
        float(law(coverage))
        for law in (patrol.random_search, patrol.inverse_cube_search, patrol.exhaustive_search)
    )
    assert 0 <= random <= cube + 1e-15
    assert cube <= exhaustive + 1e-15 <= 1 + 1e-15


def test_coverage_is_area_swept_over_area_searched() -> None:
    """W v t / A, for numbers and for arrays; fractions are numbers."""
    one = search.coverage_factor(sweep_width_km=1, speed_km_h=30, hours=12, area_km2=1000)
    assert one == pytest.approx(0.36)
    assert isinstance(one, float)
    area: Any = Fraction(1000)
    many = search.coverage_factor(sweep_width_km=[1, 2], speed_km_h=30, hours=12, area_km2=area)
    np.testing.assert_allclose(many, [0.36, 0.72])


def test_scalars_give_floats_and_arrays_keep_their_shape() -> None:
    """One rule for every closed form."""
    assert type(patrol.random_search(1)) is float
    assert np.shape(patrol.random_search(np.ones((2, 3)))) == (2, 3)
    assert np.shape(patrol.random_search([])) == (0,)


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "1", True, None, [1.0, -2.0]])
def test_impossible_coverage_is_refused(bad: Any) -> None:
    """Negative, missing, infinite and what is no number at all."""
    with pytest.raises(InvalidParameterError, match="coverage must be"):
        patrol.random_search(bad)


def test_wrong_law_and_probability_name_what_is_allowed() -> None:
    """The message says what was given and what would do."""
    with pytest.raises(InvalidParameterError, match=r"did you mean 'random'"):
        tactics.coverage_for(0.5, "randm")
    with pytest.raises(InvalidParameterError, match=r"pod must lie between 0 and 1.*got 1\.5"):
        tactics.coverage_for(1.5)
    with pytest.raises(ShapeMismatchError, match=r"hours \(3,\)"):
        search.coverage_factor(sweep_width_km=[1, 2], speed_km_h=1, hours=[1, 2, 3], area_km2=1)


@pytest.mark.parametrize(
    ("constant", "width"), [(0.01, 0.354491), (0.04, 0.708982), (1.0, 3.544908)]
)
def test_inverse_cube_width_agrees_with_quadrature(constant: float, width: float) -> None:
    """2 sqrt(pi K), and the area under 1 - exp(-K / x^2) to 1e-12."""
    assert search.sweep_width_inverse_cube(constant) == pytest.approx(width, abs=5e-7)
    area = search.sweep_width_from_curve(
        lambda x: -np.expm1(-constant / x**2) if x else 1.0, clip_km=np.inf
    )
    assert area == pytest.approx(float(search.sweep_width_inverse_cube(constant)), rel=1e-10)


@pytest.mark.parametrize(
    ("curve", "width"),
    [
        (lambda x: float(abs(x) <= 0.7), 1.4),
        (lambda x: max(0.0, 1 - abs(x) / 0.7), 0.7),
        (lambda x: 0.8 * np.exp(-(x**2) / 0.18), search.sweep_width_gaussian(0.3, peak=0.8)),
        (lambda x: np.exp(-abs(x) / 0.25), 0.5),
    ],
    ids=["definite range", "triangular", "gaussian", "exponential"],
)
def test_closed_widths_are_areas_under_their_curves(
    curve: Callable[[float], float], width: float
) -> None:
    """Every closed form against quadrature of the curve itself."""
    area = search.sweep_width_from_curve(curve, clip_km=12, breaks_km=(-0.7, 0.7))
    assert area == pytest.approx(width, rel=1e-10)


def test_closed_widths_have_the_published_values() -> None:
    """Gaussian 601.591 m; K = 0.04 of a detection rate, 2 k A h / V."""
    assert search.sweep_width_gaussian(300.0, peak=0.8) == pytest.approx(601.591, abs=5e-4)
    assert search.sweep_width_inverse_cube(2 * 2 * 1 / 100) == pytest.approx(0.708982, abs=5e-7)


def test_a_table_is_a_curve_of_straight_pieces() -> None:
    """One side counts twice, two sides once; the clip cuts inside a piece."""
    assert search.sweep_width_from_table([0, 1, 2], [1, 0.5, 0]) == pytest.approx(2.0)
    assert search.sweep_width_from_table([-2, 0, 2], [0, 1, 0]) == pytest.approx(2.0)
    assert search.sweep_width_from_table([0, 2], [1, 0], clip_km=1) == pytest.approx(1.5)
    with pytest.raises(InvalidParameterError, match="range_km must rise"):
        search.sweep_width_from_table([0, 0], [1, 0])
    with pytest.raises(ShapeMismatchError, match="two columns of one length"):
        search.sweep_width_from_table([0, 1, 2], [1, 0])
    with pytest.raises(InvalidParameterError, match="clip_km must be a number above 0"):
        search.sweep_width_from_table([0, 1], [1, 0], clip_km=0)


def test_a_curve_that_is_no_probability_is_refused() -> None:
    """The message names the place; an area that does not settle is refused too."""
    with pytest.raises(InvalidParameterError, match=r"the curve at .* km must lie between 0 and 1"):
        search.sweep_width_from_curve(lambda _: 1.2, clip_km=1)
    with pytest.raises(InvalidParameterError, match="does not settle"):
        search.sweep_width_from_curve(lambda _: 0.5, clip_km=np.inf)
    with pytest.raises(InvalidParameterError, match="clip_km must be a number above 0"):
        search.sweep_width_from_curve(lambda _: 0.5, clip_km=-1)


def test_koester_factors() -> None:
    """100 m: 164.5 m for any object, 110 m for one of low visibility."""
    assert search.koester_sweep_width(100) == pytest.approx(164.5)
    assert [search.koester_sweep_width(100, visibility=v) for v in ("high", "medium", "low")] == (
        pytest.approx([180, 160, 110])
    )
    with pytest.raises(InvalidParameterError, match="visibility must be one of"):
        search.koester_sweep_width(100, visibility="hgh")


@pytest.mark.parametrize(
    ("ratio", "probability"),
    [
        (0.0, 0.0),
        (1e-300, 0.0),
        (0.5, 0.107734),
        (0.75, 0.283376),
        (1.0, 0.5),
        (1.5, 0.820611),
        (2.0, 0.944899),
        (3.0, 0.994900),
        (1e6, 1.0),
    ],
)
def test_target_transfer_probability(ratio: float, probability: float) -> None:
    """Published values, and no overflow at either end."""
    assert imaging.target_transfer_probability(ratio) == pytest.approx(probability, abs=5e-7)


def test_imaging_range_follows_johnson() -> None:
    """A 0.1 mrad pixel on 0.75 m: 3750, 937.5 and 585.94 m."""
    ranges = [
        imaging.imaging_range_m(ifov_mrad=0.1, task=task)
        for task in ("detect", "recognise", "identify")
    ]
    assert ranges == pytest.approx([3750, 937.5, 585.9375])
    assert imaging.imaging_range_m(ifov_mrad=0.25) == pytest.approx(1500)


def test_imaging_probability_falls_with_range() -> None:
    """0.25 mrad: .9949, .8206, .2834, .0519 at 500 to 4000 m; 1 at no distance."""
    np.testing.assert_allclose(
        imaging.imaging_probability([0, 500, 1000, 1500, 2000, 4000], r50_m=1500),
        [1, 0.9949, 0.8206, 0.5, 0.2834, 0.0519],
        atol=5e-5,
    )


def test_imaging_width_is_clipped_and_heavier_than_twice_r50() -> None:
    """3.677 km at a 10 km horizon, more than 2 x 1.5."""
    assert imaging.imaging_sweep_width_km(r50_m=1500, clip_km=10) == pytest.approx(3.677, abs=5e-4)
    with pytest.raises(InvalidParameterError, match="clip_km must be above 0 and finite"):
        imaging.imaging_sweep_width_km(r50_m=1500, clip_km=np.inf)


@pytest.mark.parametrize(
    ("denominator", "task", "range_m"),
    [
        (20, "detect", 1289),
        (20, "recognise", 322),
        (20, "identify", 201),
        (25, "detect", 1031),
        (25, "recognise", 258),
        (25, "identify", 161),
        (40, "detect", 645),
        (40, "recognise", 161),
        (40, "identify", 101),
    ],
)
def test_acuity_bounds(denominator: float, task: str, range_m: float) -> None:
    """One cycle over two minutes of arc at 20/20, a person of 0.75 m."""
    assert imaging.acuity_range_m(snellen_denominator=denominator, task=task) == pytest.approx(
        range_m, abs=0.51
    )
