"""Allocation and curve: the golden case, optima found by other means, invariants, refusals."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from borderzone import patrol
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol.answer.allocation import RULES
from borderzone.patrol.answer.curve import units_for_target
from borderzone.patrol.theory import staffing

# The end-to-end case: lengths, sweep widths, speeds and flow of three segments.
LENGTHS = np.array([200.0, 250.0, 150.0])
WEIGHTS = np.array([0.30, 0.45, 0.25])
RATES = (
    np.array([2, 1, 0.4]) * np.hypot(1, np.array([25, 15, 6]) / np.array([4, 3.5, 2.5])) / LENGTHS
)

segments = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0.001, 5), min_size=n, max_size=n),
        st.lists(st.floats(0, 10), min_size=n, max_size=n).filter(lambda w: max(w) > 0.01),
    )
)


@pytest.mark.parametrize(
    ("units", "even_mean", "even_min", "optimal_mean", "maximin", "optimal_units"),
    [
        (30, 0.2422, 0.0507, 0.2898, 0.1292, (17.33, 12.67, 0)),
        (60, 0.4003, 0.0988, 0.4456, 0.2417, (23.86, 36.14, 0)),
        (120, 0.5865, 0.1878, 0.6168, 0.4250, (36.92, 83.08, 0)),
    ],
)
def test_golden_case(
    units: int,
    even_mean: float,
    even_min: float,
    optimal_mean: float,
    maximin: float,
    optimal_units: tuple[float, ...],
) -> None:
    """Three segments end to end, to all digits given."""
    one: dict[str, Any] = {"unit_counts": [units], "lengths_km": LENGTHS}
    curve = {
        rule: patrol.coverage_curve(RATES, WEIGHTS, rule=rule, **one).iloc[0] for rule in RULES
    }
    assert curve["even"]["mean_pod"] == pytest.approx(even_mean, abs=5e-5)
    assert curve["even"]["min_pod"] == pytest.approx(even_min, abs=5e-5)
    assert curve["optimal"]["mean_pod"] == pytest.approx(optimal_mean, abs=5e-5)
    assert curve["maximin"]["min_pod"] == pytest.approx(maximin, abs=5e-5)
    assert curve["maximin"]["mean_pod"] == pytest.approx(maximin, abs=5e-5)
    np.testing.assert_allclose(patrol.allocate(RATES, WEIGHTS, units), optimal_units, atol=5e-3)


@pytest.mark.parametrize(
    ("target", "mean_optimal", "maximin"), [(0.5, 74.31, 150.30), (0.9, 411.24, 499.29)]
)
def test_golden_requirements(target: float, mean_optimal: float, maximin: float) -> None:
    """Units out for half and nine in ten; 775 on the payroll for half of every inch.

    Leave is in the relief factor: dividing by an availability of 0.85 on top of it gave 912.
    """
    assert units_for_target(RATES, WEIGHTS, target) == pytest.approx(mean_optimal, abs=5e-3)
    worst = units_for_target(RATES, WEIGHTS, target, measure="min_pod", rule="maximin")
    assert worst == pytest.approx(maximin, abs=5e-3)
    if target == 0.5:
        payroll = staffing.payroll(worst, shift_factor=5.159)
        assert payroll == pytest.approx(775, abs=0.5)


def test_koopman_examples() -> None:
    """The published optima, with the level of marginal gain."""
    x = patrol.allocate([1, 1, 1], [0.5, 0.3, 0.2], 2)
    np.testing.assert_allclose(x, [1.142372, 0.631546, 0.226081], atol=5e-7)
    np.testing.assert_allclose(np.array([0.5, 0.3, 0.2]) * np.exp(-x), 0.159531, atol=5e-7)
    np.testing.assert_allclose(
        patrol.allocate([1, 1, 1], [0.5, 0.3, 0.2], 0.5), [0.5, 0, 0], atol=1e-12
    )
    np.testing.assert_allclose(
        patrol.allocate([0.5, 2], [0.6, 0.4], 1), [0.407668, 0.592332], atol=5e-7
    )

    def mean(rates: list[float], weights: list[float], units: float, rule: str) -> float:
        curve = patrol.coverage_curve(rates, weights, unit_counts=[units], rule=rule)
        return float(curve["mean_pod"].iloc[0])

    three = ([1.0, 1.0, 1.0], [0.5, 0.3, 0.2])
    assert mean(*three, 2, "optimal") == pytest.approx(0.521408, abs=5e-7)
    assert mean(*three, 2, "even") == pytest.approx(0.486583, abs=5e-7)
    assert mean(*three, 0.5, "optimal") == pytest.approx(0.196735, abs=5e-7)
    assert mean([0.5, 2], [0.6, 0.4], 1, "optimal") == pytest.approx(0.388302, abs=5e-7)


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@pytest.mark.parametrize("units", [0.7, 3.0, 11.0])
def test_optimum_agrees_with_a_general_solver(law: str, units: float) -> None:
    """SLSQP from the even start finds the same mean and nothing better."""
    rng = np.random.default_rng(int(10 * units))
    rates, weights = rng.uniform(0.1, 1, 6), rng.dirichlet(np.ones(6))

    def missed(x: Any) -> float:
        return 1 - float((weights * np.asarray(patrol.detection_for(rates * np.abs(x), law))).sum())

    def left(x: Any) -> float:
        return float(x.sum()) - units

    found = optimize.minimize(
        missed,
        np.full(6, units / 6),
        method="SLSQP",
        bounds=[(0, units)] * 6,
        constraints={"type": "eq", "fun": left},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    ours = missed(patrol.allocate(rates, weights, units, law=law).to_numpy())
    assert ours <= found.fun + 1e-12
    assert ours == pytest.approx(found.fun, abs=1e-6)


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@pytest.mark.parametrize("seed", range(4))
def test_whole_units_agree_with_enumeration(seed: int, law: str) -> None:
    """Every way to put up to seven units on four segments, tried out."""
    rng = np.random.default_rng(seed)
    rates, weights = rng.uniform(0.05, 1.5, 4), rng.dirichlet(np.ones(4))
    for units in range(8):
        best_mean = best_min = 0.0
        for x in itertools.product(range(units + 1), repeat=4):
            if sum(x) == units:
                pod = np.asarray(patrol.detection_for(rates * np.array(x), law))
                best_mean = max(best_mean, float((pod * weights).sum()))
                best_min = max(best_min, float(pod.min()))
        one: dict[str, Any] = {"unit_counts": [units], "integer": True, "law": law}
        mean = patrol.coverage_curve(rates, weights, rule="optimal", **one)["mean_pod"].iloc[0]
        least = patrol.coverage_curve(rates, weights, rule="maximin", **one)["min_pod"].iloc[0]
        assert mean == pytest.approx(best_mean, abs=1e-12)
        assert least == pytest.approx(best_min, abs=1e-12)


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@settings(max_examples=25)
@given(case=segments)
def test_curve_invariants(law: str, integer: bool, case: tuple[list[float], list[float]]) -> None:  # noqa: FBT001 - a case of a test
    """Probabilities that never fall with more units; each rule is best at what it is for."""
    rates, weights = case
    one: dict[str, Any] = {"unit_counts": range(25), "integer": integer, "law": law}
    curves = {rule: patrol.coverage_curve(rates, weights, rule=rule, **one) for rule in RULES}
    for curve in curves.values():
        pods = curve[["mean_pod", "min_pod"]].to_numpy()
        assert ((pods >= 0) & (pods <= 1)).all()
        assert (np.diff(pods, axis=0) >= -1e-12).all()
        assert (pods[0] == 0).all()
        assert (curve["min_pod"] <= curve["mean_pod"] + 1e-12).all()
    for rule in RULES:
        assert (curves["optimal"]["mean_pod"] >= curves[rule]["mean_pod"] - 1e-12).all()
        assert (curves["maximin"]["min_pod"] >= curves[rule]["min_pod"] - 1e-12).all()


@pytest.mark.parametrize("rule", ["even", "optimal", "maximin"])
@settings(max_examples=40)
@given(case=segments, units=st.floats(0, 200))
def test_all_units_are_placed(
    rule: str, case: tuple[list[float], list[float]], units: float
) -> None:
    """None is lost or made up, none is negative; whole units are whole."""
    rates, weights = case
    x = patrol.allocate(rates, weights, units, rule=rule)
    assert (x >= 0).all()
    assert x.sum() == pytest.approx(units, rel=1e-9, abs=1e-9)
    whole = patrol.allocate(rates, weights, int(units), rule=rule, integer=True)
    assert whole.sum() == int(units)
    assert (whole >= 0).all()
    assert whole.dtype.kind == "i"


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@pytest.mark.parametrize("rule", ["even", "optimal", "maximin"])
@pytest.mark.parametrize("measure", ["mean_pod", "min_pod", "mean_poi", "min_poi"])
@settings(max_examples=10)
@given(case=segments, target=st.floats(0.01, 0.8))
def test_required_units_reach_the_target_and_no_more(
    law: str, rule: str, measure: str, case: tuple[list[float], list[float]], target: float
) -> None:
    """The curve passes the target exactly at the required units."""
    rates, weights = case
    one: dict[str, Any] = {"rule": rule, "law": law, "p_identify": 0.9}
    units = units_for_target(rates, weights, target, measure=measure, **one)
    if np.isinf(units):
        # Segments without weight get no unit from the optimum, so their POD stays at 0.
        assert rule == "optimal"
        assert measure.startswith("min")
        assert min(weights) / max(weights) < 1e-9
        return
    curve = patrol.coverage_curve(
        rates, weights, unit_counts=[units * (1 - 1e-7), units * (1 + 1e-9)], **one
    )
    below, above = curve[measure]
    assert below <= target + 1e-12
    assert above >= target - 1e-9


def test_targets_out_of_reach_are_infinite() -> None:
    """Certainty under the random law; interdiction above its ceiling; not under back-and-forth."""
    assert units_for_target(RATES, WEIGHTS, 1.0) == np.inf
    assert (
        units_for_target(RATES, WEIGHTS, 0.7, measure="mean_poi", p_identify=0.9, p_respond=0.7)
        == np.inf
    )
    assert units_for_target(RATES, WEIGHTS, 0.0) == 0
    everywhere = units_for_target(RATES, WEIGHTS, 1.0, law="beats")
    assert everywhere == pytest.approx((2 / RATES).sum())
    last = patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[1e5], law="beats").iloc[0]
    assert last["min_pod"] == 1
    assert last["mean_pod"] == pytest.approx(1)


def test_numbers_of_units_unless_said() -> None:
    """From none to a thousand on a curve; three decades between opinions."""
    assert patrol.coverage_curve([0.1], [1])["unit_count"].tolist() == list(range(1001))
    table = patrol.curve_by_weights([0.1], {"uniform": [1]})
    assert table["unit_count"].unique().tolist() == [10, 30, 100, 300, 1000]


def test_a_curve_without_constants_tells_detection_only() -> None:
    plain = patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[10, 20])
    curve = patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[10, 20], force=patrol.Force())
    pd.testing.assert_frame_equal(curve, plain)
    assert list(curve.columns) == ["unit_count", "mean_pod", "min_pod"]
    assert "ceiling" not in curve.attrs
    for measure in ("mean_poi", "min_poi"):
        with pytest.raises(InvalidParameterError, match=r"interdiction, which needs p_identify="):
            units_for_target(RATES, WEIGHTS, 0.5, measure=measure)


@pytest.mark.parametrize(
    ("given", "ceiling"),
    [
        ({"force": patrol.Force(p_identify=0.8, p_respond=0.5)}, 0.4),
        ({"force": patrol.Force(p_identify=0.8, p_respond=0.5), "p_respond": 0.9}, 0.72),
        ({"force": patrol.Force(p_respond=0.5)}, 0.5),
        ({"p_identify": 0.9}, 0.9),
        ({"p_respond": 0.7}, 0.7),
        ({"p_identify": 1.0, "p_respond": 1.0}, 1.0),
    ],
    ids=["force", "force and a chance", "one of a force", "identify", "respond", "certain"],
)
def test_a_curve_with_a_force_or_a_chance_tells_both(given: Any, ceiling: float) -> None:
    curve = patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[10, 20], **given)
    np.testing.assert_allclose(curve["mean_poi"], ceiling * curve["mean_pod"])
    np.testing.assert_allclose(curve["min_poi"], ceiling * curve["min_pod"])
    assert curve.attrs["ceiling"] == pytest.approx(ceiling)
    units = units_for_target(RATES, WEIGHTS, 0.3, measure="mean_poi", **given)
    reached = patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[units], **given)
    assert reached["mean_poi"].iloc[0] == pytest.approx(0.3)


@pytest.mark.parametrize("force", ["vehicle", [patrol.Force()], 5])
def test_what_is_no_force_is_refused(force: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"force must be a borderzone\.patrol\.Force"):
        patrol.coverage_curve(RATES, WEIGHTS, force=force)


def test_interdiction_is_the_scaled_detection() -> None:
    """Both curves are there; the first is below the second."""
    curve = patrol.coverage_curve(
        RATES, WEIGHTS, unit_counts=[10, 20], p_identify=0.9, p_respond=0.7
    )
    np.testing.assert_allclose(curve["mean_poi"], 0.63 * curve["mean_pod"])
    np.testing.assert_allclose(curve["min_poi"], 0.63 * curve["min_pod"])
    assert list(curve.columns) == ["unit_count", "mean_pod", "min_pod", "mean_poi", "min_poi"]
    assert curve["unit_count"].dtype.kind == "i"


def test_weights_are_normalised_and_index_is_kept() -> None:
    """A Series in, its index out; only the ratio of weights counts."""
    index = pd.RangeIndex(3, name="segment")
    rates, weights = pd.Series(RATES, index=index), pd.Series(WEIGHTS, index=index)
    x = patrol.allocate(rates, weights * 1e6, 60)
    np.testing.assert_allclose(x, patrol.allocate(RATES, WEIGHTS, 60), rtol=1e-12)
    assert x.index.equals(index)
    assert x.name == "units"


def test_even_goes_by_length_or_by_segment() -> None:
    """Lengths when given; whole units by largest remainder, ties spread and repeatable."""
    np.testing.assert_allclose(
        patrol.allocate(RATES, WEIGHTS, 60, rule="even", lengths_km=LENGTHS), [20, 25, 15]
    )
    np.testing.assert_allclose(patrol.allocate(RATES, WEIGHTS, 60, rule="even"), [20, 20, 20])
    whole = patrol.allocate(
        RATES, WEIGHTS, 61, rule="even", lengths_km=[100, 100, 105], integer=True
    )
    assert whole.tolist() == [20, 20, 21]
    eight = patrol.allocate(np.ones(8), np.ones(8), 4, rule="even", integer=True)
    assert eight.tolist() == [1, 0, 1, 0, 1, 0, 1, 0]


def test_one_more_unit_never_moves_the_others_on_equal_segments() -> None:
    """Even, optimal and maximin in whole units only ever add."""
    rng = np.random.default_rng(5)
    rates, weights = rng.uniform(0.1, 1, 13), rng.random(13)
    for rule in RULES:
        placed = [
            patrol.allocate(rates, weights, m, rule=rule, integer=True).to_numpy()
            for m in range(40)
        ]
        assert (np.diff(placed, axis=0) >= 0).all()


def test_equal_segments_share_whole_units_in_a_fixed_order() -> None:
    """Ties go to the segment with fewer units, then to the first."""
    for rule in ("optimal", "maximin"):
        x = patrol.allocate(np.ones(3), np.ones(3), 4, rule=rule, integer=True)
        assert x.tolist() == [2, 1, 1]


def test_many_units_do_not_underflow() -> None:
    """A hundred thousand units on steep rates: shares stay proportional to one over the rate."""
    x = patrol.allocate([1.0, 2.0], [0.5, 0.5], 100_000, integer=True)
    assert x.tolist() == pytest.approx([66_667, 33_333], abs=2)
    curve = patrol.coverage_curve([1.0, 2.0], [1, 0], unit_counts=[10**9])
    assert curve["mean_pod"].iloc[0] == 1


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"rates": [1.0, 0.0]}, InvalidParameterError, "rates must be above 0"),
        ({"rates": [1.0, np.nan]}, InvalidParameterError, "rates must be above 0"),
        ({"rates": [[1.0, 2.0]]}, ShapeMismatchError, "one column"),
        ({"rates": [], "weights": []}, InvalidParameterError, "one segment or more"),
        ({"weights": [1.0]}, ShapeMismatchError, r"each of 2 segments, got \(1,\)"),
        ({"weights": [0.0, 0.0]}, InvalidParameterError, "at least one above 0"),
        ({"weights": [1.0, -1.0]}, InvalidParameterError, "weights must be 0 or more"),
        ({"units": -1}, InvalidParameterError, "units must be 0 or more"),
        ({"units": 2.5, "integer": True}, InvalidParameterError, "units must be a whole number"),
        ({"units": 2e6, "integer": True}, LimitError, "up to 1,000,000"),
        ({"rule": "evn"}, InvalidParameterError, "did you mean 'even'"),
        ({"law": "inverse_cube"}, InvalidParameterError, "law must be one of random"),
        ({"rule": "even", "lengths_km": [1.0]}, ShapeMismatchError, "lengths_km must have"),
        ({"rule": "even", "lengths_km": [1, 0]}, InvalidParameterError, "lengths_km must be above"),
    ],
)
def test_impossible_allocations_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each refusal names the input and what would do."""
    arguments: dict[str, Any] = {"rates": [1.0, 2.0], "weights": [1.0, 1.0], "units": 3}
    with pytest.raises(error, match=message):
        patrol.allocate(**{**arguments, **changes})


def test_impossible_curves_are_refused() -> None:
    """Counts, targets and segments that do not belong together."""
    with pytest.raises(InvalidParameterError, match="unit_counts must be a list"):
        patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[])
    with pytest.raises(InvalidParameterError, match=r"must be whole for whole units, got 1\.5"):
        patrol.coverage_curve(RATES, WEIGHTS, unit_counts=[1, 1.5], integer=True)
    with pytest.raises(InvalidParameterError, match="measure must be one of mean_pod"):
        units_for_target(RATES, WEIGHTS, 0.5, measure="pod")
    with pytest.raises(InvalidParameterError, match="different segments"):
        patrol.allocate(pd.Series(RATES), pd.Series(WEIGHTS, index=[1, 2, 3]), 5)
