"""A defender who answers: closed forms, every plan tried, and what watching gains."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from borderzone import Border, Corridor
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol import (
    Force,
    answered_effort,
    detection_field,
    interdiction_game,
    patrolling_value,
    watcher_gains,
    weakest_crossings,
    zero_sum_coverage,
)

if TYPE_CHECKING:
    from borderzone._typing import FloatArray


def _closed_form(n: int, m: int) -> float:
    """Value of patrolling a line, as published and as solved by 261 programmes."""
    if n <= m // 2 + 1:
        return 1.0
    if n <= m + 1:
        return m / (2 * (n - 1))
    if m == 2:
        return 1 / math.ceil(n / 2)
    return 0.5 if m % 2 == 0 and n == m + 2 else m / (n + m - 1)


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_the_value_of_patrolling_a_line_is_the_closed_form(m: int) -> None:
    found = [patrolling_value(n, m) for n in range(1, 51)]
    np.testing.assert_allclose(found, [_closed_form(n, m) for n in range(1, 51)], atol=1e-9)


@pytest.mark.parametrize(("n", "m"), [(9, 5), (7, 6), (8, 6), (9, 7), (10, 8)])
def test_it_is_so_too_of_long_attacks(n: int, m: int) -> None:
    assert patrolling_value(n, m) == pytest.approx(_closed_form(n, m), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "units", "coverage", "left"),
    [
        ((4, 2, 1), 1, (2 / 3, 1 / 3, 0), 4 / 3),
        ((4, 2, 1), 2, (0.857143, 0.714286, 0.428571), 0.571429),
        ((1,) * 10, 3, (0.3,) * 10, 0.7),
        ((4, 2, 1), 0, (0, 0, 0), 4),
        ((4, 2, 1), 3, (1, 1, 1), 0),
    ],
)
def test_targets_that_are_covered_are_left_worth_the_same(
    values: tuple[float, ...], units: float, coverage: tuple[float, ...], left: float
) -> None:
    found, worth = zero_sum_coverage(values, units)
    np.testing.assert_allclose(found, coverage, atol=1e-6)
    assert worth == pytest.approx(left, abs=1e-6)


def test_two_segments_and_one_unit() -> None:
    """SCIENCE: pure 0, mixed .316060, continuous .393469."""
    split, whole = (interdiction_game(np.eye(2), 1, whole=whole) for whole in (False, True))
    assert split.pod == pytest.approx(1 - math.exp(-0.5), abs=1e-9)
    assert whole.pod == pytest.approx((1 - math.exp(-1)) / 2, abs=1e-9)
    assert min((np.eye(2) @ plan).min() for plan in whole.plans) == 0.0
    assert max(split.gap, whole.gap) < 1e-9


def _value_by_every_plan(exposure: FloatArray, fixed: FloatArray, units: int) -> float:
    places = exposure.shape[1]
    plans = [p for p in itertools.product(range(units + 1), repeat=places) if sum(p) == units]
    pay = 1 - np.exp(-(np.array(plans) @ exposure.T + fixed))
    solve: Any = optimize.linprog
    found = solve(
        np.append(np.zeros(len(plans)), -1.0),
        A_ub=np.column_stack([-pay.T, np.ones(len(exposure))]), b_ub=np.zeros(len(exposure)),
        A_eq=np.append(np.ones(len(plans)), 0.0)[None], b_eq=[1.0], bounds=[(0, None)] * len(plans) + [(None, None)],
    )  # fmt: skip
    return float(found.x[-1])


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_double_oracle_finds_what_trying_every_plan_finds(seed: int, units: int) -> None:
    rng = np.random.default_rng(seed)
    exposure = rng.random((6, 4)) * (rng.random((6, 4)) < 0.6) * 2
    fixed = rng.random(6) * 0.2
    found = interdiction_game(exposure, units, whole=True, fixed=fixed)
    assert found.pod == pytest.approx(_value_by_every_plan(exposure, fixed, units), abs=1e-7)
    assert found.gap < 1e-7
    assert found.share.sum() == pytest.approx(1.0)
    assert (found.plans.sum(axis=1) == units).all()
    # Effort that can be split does at least as well.
    assert interdiction_game(exposure, units, fixed=fixed).pod >= found.pod - 1e-9


def test_effort_is_answered_until_no_way_is_better() -> None:
    """Above by the linear programme, below by the least way against it, and better than even shares."""
    corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=4, segment_km=2)
    grid = corridor.grid(500)
    n = len(corridor.segments)
    ground = pd.DataFrame(
        {"f_mask": np.linspace(0.1, 0.8, n), "patrol_speed_factor": 1.0, "crosser_km_h": 4.0},
        index=corridor.segments.index,
    )
    found = answered_effort(corridor, grid, ground, Force(), 0.5, gap=1e-4)
    units = found.by_segment["units"].to_numpy()
    assert units.sum() == pytest.approx(0.5)
    assert found.gap <= 1e-4

    def weakest(out: Any) -> float:
        field = detection_field(corridor, grid, ground, Force(), out)
        return weakest_crossings(field, corridor, speed=4.0).pod

    assert weakest(units) == pytest.approx(found.pod, abs=2e-3)
    assert found.pod > weakest(np.full(n, 0.5 / n)) + 0.02
    rng = np.random.default_rng(1)
    for _ in range(20):
        assert weakest(0.5 * rng.dirichlet(np.ones(n))) <= found.pod_at_most + 2e-3


def test_posts_count_in_the_answer() -> None:
    """Where posts watch half of the border, units go to the other."""
    corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=4, segment_km=2)
    grid = corridor.grid(500)
    ground = pd.DataFrame(
        {"f_mask": 0.2, "patrol_speed_factor": 1.0, "crosser_km_h": 4.0},
        index=corridor.segments.index,
    )
    km = corridor.cells(grid)["chainage_km"]
    half = float(km.max()) / 2
    watched = (km < half).astype(np.float32).to_dataset(name="hazard_per_km")
    units = answered_effort(corridor, grid, ground, Force(), 1.0, posts=watched).by_segment["units"]
    assert units.iloc[0] < 0.1 * units.iloc[-1]


def test_what_a_watcher_gains() -> None:
    """Passes without memory give nothing away; beats give all away below a coverage of 2."""
    for coverage in (0.2, 0.764853, 1.9, 2.5):
        table = watcher_gains(coverage, speed_ratio=5)
        assert table.loc["memoryless", "gained"] == 0.0
        assert table.loc["beats", "informed"] == (0.0 if coverage < 2 else 1.0)
        assert (table["gained"] >= 0.0).all()
    table = watcher_gains(0.764853, speed_ratio=5)
    # What the dispatch without memory costs against who does not watch.
    blind = table["blind"].to_dict()
    assert blind["beats"] - blind["memoryless"] == pytest.approx(0.084, abs=5e-4)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="ways by places"):
        interdiction_game([1.0, 2.0], 1)
    with pytest.raises(InvalidParameterError, match="exposure must be"):
        interdiction_game([[-1.0]], 1)
    with pytest.raises(InvalidParameterError, match="units must be a whole number"):
        interdiction_game([[1.0]], 1.5, whole=True)
    with pytest.raises(ShapeMismatchError, match="each of the 1 ways"):
        interdiction_game([[1.0]], 1, fixed=[1.0, 2.0])
    with pytest.raises(InvalidParameterError, match="at most 2, one for each target"):
        zero_sum_coverage([1.0, 2.0], 3)
    with pytest.raises(LimitError, match="walks, more than 100,000"):
        patrolling_value(50, 12)
    with pytest.raises(InvalidParameterError, match="n must be"):
        patrolling_value(0, 2)
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(InvalidParameterError, match="speed_ratio must be"):
            watcher_gains(1.0, speed_ratio=wrong)
