"""Draws, bands, requirements and Sobol indices: references, repeatability, what stays true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from borderzone import patrol
from borderzone.errors import CoverageGapError, InvalidParameterError, ShapeMismatchError
from borderzone.patrol import Assumption, Force, PatrolCase
from borderzone.patrol.answer import uncertainty
from borderzone.patrol.answer.case import ASSUMPTION_NAMES, assumption_table, draw_rates, sample
from borderzone.patrol.answer.curve import units_for_target
from borderzone.patrol.answer.uncertainty import required_draws
from borderzone.patrol.theory import barrier

N = 12


def _case(**changes: Any) -> PatrolCase:
    rng = np.random.default_rng(2)
    ground = pd.DataFrame(
        {
            "f_mask": rng.uniform(0.1, 0.4, N),
            "patrol_speed_factor": rng.uniform(0.6, 1, N),
            "crosser_km_h": rng.uniform(2.4, 2.8, N),
        }
    )
    ground["f_mask_low"], ground["f_mask_high"] = ground["f_mask"] / 2, ground["f_mask"] * 1.7
    lengths = pd.Series(rng.uniform(8, 10, N))
    own = Force(p_identify=0.9, p_respond=0.7)
    arguments: dict[str, Any] = {"force": own, **changes}
    return PatrolCase.of(lengths, arguments.pop("ground", ground), **arguments)


def _homogeneous() -> tuple[dict[str, Assumption], pd.DataFrame]:
    rows = (
        ("W", "lognormal", (1.5, 0.4)),
        ("v", "triangular", (10, 20, 35)),
        ("u", "triangular", (3, 4, 6)),
        ("S", "triangular", (4.2, 5.16, 7)),
    )
    assumptions = {
        name: Assumption(name=name, distribution=kind, parameters=p, unit="1", source="reference")
        for name, kind, p in rows
    }
    # The published run drew the four from one stream, one after the other.
    stream = np.random.default_rng(0)
    draws = {name: row.draw(200_000, stream) for name, row in assumptions.items()}
    return assumptions, pd.DataFrame(draws)


def test_homogeneous_border_has_the_published_band() -> None:
    """600 km, 90 %, seed 0, 200,000 draws: 992 on the payroll, 442 to 2250."""
    _, s = _homogeneous()
    length = barrier.segment_length(
        0.9, sweep_width_km=s.W, patrol_km_h=s.v, crosser_km_h=s.u, law="random"
    )
    payroll = 600 / np.asarray(length) * s.S
    np.testing.assert_allclose(np.quantile(payroll, [0.05, 0.5, 0.95]), [442, 992, 2250], atol=1)


def test_the_same_band_comes_out_of_a_case() -> None:
    """One segment of 600 km through the whole machinery, within Monte Carlo error."""
    sensor = replace(patrol.SENSORS["vehicle_thermal"], width_km=1.5)
    force = Force(sensor=sensor, patrol_km_h=20, shift_factor=5.16)
    ground = pd.DataFrame({"f_mask": [0.0], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
    case = PatrolCase.of(pd.Series([600.0]), ground, force)
    rows = (
        ("r50_factor", "lognormal", (1.0, 0.4)),
        ("patrol_speed_factor", "triangular", (0.5, 1, 1.75)),
        ("crosser_speed_factor", "triangular", (0.75, 1, 1.5)),
        ("shift_factor", "triangular", (4.2, 5.16, 7)),
    )
    assumptions = {
        name: Assumption(name=name, distribution=kind, parameters=p, unit="1", source="reference")
        for name, kind, p in rows
    }
    row = patrol.units_required(
        case, targets=[0.9], measures=["min_pod"], rules=["maximin"], draws=20_000, seed=0,
        assumptions=assumptions,
    ).iloc[0]  # fmt: skip
    found = [row["payroll_p05"], row["payroll_p50"], row["payroll_p95"]]
    np.testing.assert_allclose(found, [442, 992, 2250], rtol=0.02)


def test_same_seed_same_draws() -> None:
    """Seed or generator; by day and by night; another seed differs."""
    trial = Force(sensor=replace(patrol.SENSORS["eye"], clip_km=1000.0))
    night, day = _case(light="night", force=trial), _case(light="day", force=trial)
    one, two = (draw_rates(night, draws=50, seed=s) for s in (3, np.random.default_rng(3)))
    np.testing.assert_array_equal(one.rates, two.rates)
    np.testing.assert_allclose(draw_rates(day, draws=50, seed=3).rates, 12 * one.rates, rtol=1e-5)
    assert (draw_rates(night, draws=50, seed=4).rates != one.rates).all()


def test_bands_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any block size, and so any number of threads, gives the same bytes."""
    case = _case()
    one = patrol.monte_carlo(case, unit_counts=range(40), draws=100)
    monkeypatch.setattr(uncertainty, "_BLOCK", 700)
    two = patrol.monte_carlo(case, unit_counts=range(40), draws=100)
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_roll_and_ceiling_follow_what_is_drawn() -> None:
    """The shift factor; identification times response; the rest as the force."""
    fixed = {
        name: Assumption(name=name, distribution="fixed", parameters=(x,), unit="1", source="test")
        for name, x in (("shift_factor", 4.0), ("p_respond", 0.6))
    }
    drawn = draw_rates(_case(), draws=3, assumptions=fixed)
    np.testing.assert_allclose(drawn.payroll_per_unit_out, [4, 4, 4])
    assert drawn.ceiling is not None
    np.testing.assert_allclose(drawn.ceiling, 0.9 * 0.6)


def test_without_constants_only_what_is_seen_is_told() -> None:
    """Nobody's 0.9 and 0.7: curve, required units and draws say nothing of interdiction."""
    case = _case(force=Force())
    drawn = draw_rates(case, draws=50)
    curve = patrol.monte_carlo(case, unit_counts=[0, 25], draws=50)
    table = patrol.units_required(case, draws=50, targets=[0.5])
    assert drawn.ceiling is None
    assert not [name for name in curve.columns if "poi" in name]
    assert "ceiling" not in curve.attrs
    assert set(table["measure"]) == {"mean_pod", "min_pod"}
    with pytest.raises(
        InvalidParameterError, match=r"neither p_identify nor p_respond.*answer_pod"
    ):
        patrol.units_required(case, draws=50, measures=["min_poi"])
    # One constant alone is told, with certainty for the other.
    one = patrol.monte_carlo(_case(force=Force(p_respond=0.7)), unit_counts=[25], draws=50)
    assert one["mean_poi"].iloc[0] == pytest.approx(0.7 * one["mean_pod"].iloc[0])
    assert one.attrs["ceiling"] == 0.7


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@pytest.mark.parametrize("rule", ["even", "optimal", "maximin"])
def test_bands_are_quantiles_over_the_draws(law: str, rule: str) -> None:
    """Recomputed draw by draw: planned on the reference, judged by the sampled rates."""
    case = _case(law=law)
    drawn = draw_rates(case, draws=80, seed=9)
    curve = patrol.monte_carlo(case, unit_counts=[0, 25], rule=rule, draws=80, seed=9)
    reference = case.reference_rates()
    x = patrol.allocate(
        reference, case.weights, 25, rule=rule, lengths_km=case.lengths_km, law=law
    ).to_numpy()
    pod = np.asarray(patrol.detection_for(drawn.rates * x, law))
    mean, worst = (pod * case.weights.to_numpy()).sum(axis=1), pod.min(axis=1)
    for name, values in (
        ("mean_pod", mean),
        ("min_pod", worst),
        ("mean_poi", mean * np.asarray(drawn.ceiling)),
        ("min_poi", worst * np.asarray(drawn.ceiling)),
    ):
        band = curve[[f"{name}_p05", f"{name}_p50", f"{name}_p95"]]
        np.testing.assert_allclose(
            band.iloc[1], np.quantile(values, [0.05, 0.5, 0.95]), rtol=1e-10, atol=1e-14
        )
        assert (band.iloc[0] == 0).all()
    plain = patrol.coverage_curve(
        reference, case.weights, unit_counts=[0, 25], rule=rule, lengths_km=case.lengths_km,
        p_identify=0.9, p_respond=0.7, law=law,
    )  # fmt: skip
    for name in ("mean_pod", "min_pod", "mean_poi", "min_poi"):
        np.testing.assert_array_equal(curve[name], plain[name])
    assert curve["payroll"].iloc[1] == pytest.approx(case.force.payroll(25))
    assert curve["payroll_p50"].iloc[1] == pytest.approx(25 * np.median(drawn.payroll_per_unit_out))


@pytest.mark.parametrize("rule", ["even", "optimal", "maximin"])
def test_required_units_invert_every_draw(rule: str) -> None:
    """In each draw the plan reaches the target with the found units and not with fewer."""
    case = _case()
    drawn = draw_rates(case, draws=60, seed=5)
    for measure in ("mean_pod", "min_pod"):
        units = required_draws(case, drawn, target=0.6, measure=measure, rule=rule)
        for factor, reached in ((1 - 1e-7, False), (1 + 1e-9, True)):
            x = case.plan(rule)(units * factor)
            pod = -np.expm1(-drawn.rates * x)
            value = (
                (pod * case.weights.to_numpy()).sum(axis=1)
                if measure == "mean_pod"
                else pod.min(axis=1)
            )
            assert ((value >= 0.6) == reached).all()


def test_confidence_is_a_share_of_the_draws() -> None:
    """The smallest whole number that meets the target in at least that share of the draws."""
    case = _case()
    row = patrol.units_required(
        case, targets=[0.5], measures=["mean_poi"], rules=["optimal"], confidence=0.8, draws=300
    ).iloc[0]
    drawn = draw_rates(case, draws=300, seed=1)
    units = required_draws(case, drawn, target=0.5)
    assert (units <= row["out_confidence"]).mean() >= 0.8
    assert (units <= row["out_confidence"] - 1).mean() < 0.8
    assert row["out_p05"] <= row["out_p50"] <= row["out_p95"]
    assert row["confidence"] == 0.8
    assert (units * drawn.payroll_per_unit_out <= row["payroll_confidence"]).mean() >= 0.8


def test_out_of_reach_is_infinite_and_says_the_ceiling() -> None:
    """90 % interdiction with .9 x .7 takes more than all units; the ceiling is .63."""
    table = patrol.units_required(_case(), draws=100)
    poi = table[table["measure"].str.endswith("poi") & (table["target"] > 0.63)]
    columns = ["out_reference", "payroll_p05", "payroll_confidence"]
    assert np.isinf(poi[columns].to_numpy()).all()
    assert poi["ceiling"].tolist() == pytest.approx([0.63] * len(poi))
    assert (poi["attainable"] == 0).all()
    pod = table[table["measure"].str.endswith("pod")]
    assert np.isfinite(pod["out_p95"]).all()
    assert (pod["ceiling"] == 1).all()
    assert len(table) == 3 * 4 * 3


def test_reference_row_is_the_closed_form() -> None:
    """With no assumption drawn, every quantile is the reference."""
    case = _case()
    row = patrol.units_required(
        case, targets=[0.9], measures=["min_pod"], rules=["maximin"], assumptions={}
    ).iloc[0]
    exact = units_for_target(
        case.reference_rates(), case.weights, 0.9, measure="min_pod", rule="maximin"
    )
    assert row["out_reference"] == np.ceil(exact)
    assert row["out_p95"] == row["out_p05"] == np.ceil(exact)
    assert row["payroll_reference"] == np.ceil(case.force.payroll(exact))


def test_masking_moves_within_its_band() -> None:
    """At 1.645 deviations the masked share stands at the ends of its 90 % band."""
    case = _case()
    at = pd.DataFrame({"f_mask_position": [-1.6448536269514722, 0.0, 1.6448536269514722, 50.0]})
    rates = case.sampled_rates(at)
    np.testing.assert_allclose(rates[1], case.reference_rates(), rtol=5e-4)
    for row, column in ((0, "f_mask_low"), (2, "f_mask_high")):
        ground = case.ground.assign(f_mask=case.ground[column])
        expected = patrol.detection_rates(case.lengths_km, ground, case.force)
        np.testing.assert_allclose(rates[row], expected, rtol=5e-4)
    assert (rates[3] > 0).all()


def test_a_masked_share_without_a_band_does_not_move() -> None:
    """Without the columns of a band, and where they are empty, both ends are the share itself."""
    banded = _case().ground
    half = banded.assign(
        f_mask_low=banded["f_mask_low"].where(banded.index < 6),
        f_mask_high=banded["f_mask_high"].where(banded.index < 6),
    )
    at = pd.DataFrame({"f_mask_position": [-1.0, 1.0]})
    for ground, fixed in (
        (banded.drop(columns=["f_mask_low", "f_mask_high"]), banded.index >= 0),
        (half, banded.index >= 6),
    ):
        case = _case(ground=ground)
        for band in ("f_mask_low", "f_mask_high"):
            np.testing.assert_array_equal(case.ground[band][fixed], banded["f_mask"][fixed])
        rates, reference = case.sampled_rates(at), case.reference_rates().to_numpy()
        np.testing.assert_array_equal(rates[0, fixed], rates[1, fixed])
        np.testing.assert_allclose(rates[0, fixed], reference[fixed], rtol=5e-4)
        assert (rates[0, ~fixed] > reference[~fixed]).all()
        assert (rates[1, ~fixed] < reference[~fixed]).all()


def test_vehicles_are_seen_from_farther() -> None:
    """By the ratio of their sizes, which a range of a whole passage hands on to the width as it is."""
    trial = replace(patrol.SENSORS["eye"], clip_km=100.0)
    on_foot, driving = (
        _case(target=who, force=Force(sensor=trial)) for who in ("person", "vehicle")
    )
    factor = driving.reference_rates() / on_foot.reference_rates()
    np.testing.assert_allclose(factor, 2.3 / 0.75)


@pytest.mark.parametrize(
    ("kind", "parameters", "median"),
    [
        ("lognormal", (2.0, 0.3), 2.0),
        ("lognormal", (2.0, 0.0), 2.0),
        ("triangular", (0, 1, 2), 1.0),
        ("triangular", (1, 1, 1), 1.0),
        ("uniform", (2, 4), 3.0),
        ("normal", (1, 2), 1.0),
        ("fixed", (5.0,), 5.0),
    ],
)
def test_draws_and_quantiles_are_of_one_distribution(
    kind: str, parameters: tuple[float, ...], median: float
) -> None:
    """Random draws fall into the band nine times in ten; the table shows the same band."""
    one = Assumption(name="x", distribution=kind, parameters=parameters, unit="1", source="test")
    x = sample([one], 20_000, seed=1)["x"]
    low, high = one.band()
    assert np.median(x) == pytest.approx(median, rel=0.03)
    if one.is_fixed:
        assert (x == median).all()
    else:
        assert ((x >= low) & (x <= high)).mean() == pytest.approx(0.9, abs=0.01)
    table = assumption_table({"x": one})
    assert table[["value", "band_low", "band_high"]].iloc[0].tolist() == pytest.approx(
        [median, low, high]
    )


def test_default_assumptions_centre_on_the_force() -> None:
    """As documented around the force's own; certainties stay certain at most; each has a source."""
    assert not {"p_identify", "p_respond"} & set(patrol.default_assumptions(Force()))
    usual = patrol.default_assumptions(Force(p_identify=0.9, p_respond=0.7))
    for name, expected in (
        ("r50_factor", (1.0, 0.4)),
        ("patrol_speed_factor", (10 / 15, 1.0, 20 / 15)),
        ("crosser_speed_factor", (0.75, 1.0, 1.5)),
        ("f_mask_position", (0.0, 1.0)),
        ("p_identify", (0.8, 0.9, 0.95)),
        ("p_respond", (0.55, 0.7, 0.85)),
        ("shift_factor", (4.2, 8760 / 1698, 7.0)),
    ):
        assert usual[name].parameters == pytest.approx(expected), name
    force = Force(p_identify=1.0, p_respond=0.0)
    assumptions = patrol.default_assumptions(force)
    assert tuple(assumptions) == ASSUMPTION_NAMES
    samples = sample(assumptions, 500, seed=0)
    for name in ("p_identify", "p_respond"):
        assert samples[name].between(0, 1).all()
    assert all(len(a.source) > 20 for a in assumptions.values())


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("lognormal", (0.0, 0.4), "median, sigma"),
        ("triangular", (1, 0, 2), "low, mode, high"),
        ("triangular", (1, 2), "low, mode, high"),
        ("uniform", (3, 1), "low, high"),
        ("normal", (0, -1), "mean, deviation"),
        ("fixed", (np.nan,), "value"),
        ("beta", (1, 1), "must be one of lognormal"),
    ],
)
def test_impossible_distributions_are_refused(
    kind: str, parameters: tuple[float, ...], message: str
) -> None:
    """At birth, with what was expected."""
    with pytest.raises(InvalidParameterError, match=message):
        Assumption(name="x", distribution=kind, parameters=parameters, unit="1", source="test")


def test_impossible_cases_are_refused() -> None:
    """Unknown assumptions, draws outside their range, words and shapes."""
    case = _case()
    wild = Assumption(
        name="p_respond", distribution="normal", parameters=(0.7, 1), unit="1", source="test"
    )
    with pytest.raises(InvalidParameterError, match="drawn between 0 and 1"):
        draw_rates(case, assumptions={"p_respond": wild})
    with pytest.raises(InvalidParameterError, match="assumption must be one of r50_factor"):
        draw_rates(case, assumptions={"moon": wild})
    with pytest.raises(InvalidParameterError, match="draws must be a whole number, 1 or more"):
        draw_rates(case, draws=0)
    with pytest.raises(InvalidParameterError, match="light must be one of day, night"):
        _case(light="dusk")
    with pytest.raises(InvalidParameterError, match="law must be one of random"):
        _case(law="crossover")
    with pytest.raises(ShapeMismatchError, match="weights must have one value"):
        _case(weights=[1.0])
    with pytest.raises(CoverageGapError, match="f_mask is not known in 12 of 12"):
        _case(ground=case.ground.assign(f_mask=np.nan))
    with pytest.raises(InvalidParameterError, match="rates must be above 0"):
        _case(ground=case.ground.assign(f_mask=1.0)).plan("even")


def test_sobol_indices_of_the_ishigami_function() -> None:
    """With a = 7 and b = .1: first-order and total indices known in closed form."""
    a, b = 7.0, 0.1
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    v1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    v2 = a**2 / 8
    v13 = b**2 * np.pi**8 * 8 / 225
    inputs = {
        name: Assumption(
            name=name, distribution="uniform", parameters=(-np.pi, np.pi), unit="1", source="test"
        )
        for name in ("x1", "x2", "x3")
    }
    table = uncertainty.sobol_table(
        lambda s: (np.sin(s.x1) + a * np.sin(s.x2) ** 2 + b * s.x3**4 * np.sin(s.x1)).to_numpy(),
        inputs,
        n=4096,
        seed=0,
    ).set_index("assumption")
    first = np.array([v1, v2, 0]) / variance
    total = np.array([v1 + v13, v2, v13]) / variance
    np.testing.assert_allclose(table.loc[list(inputs), "first_order"], first, atol=0.01)
    np.testing.assert_allclose(table.loc[list(inputs), "total"], total, atol=0.01)


@pytest.mark.parametrize("rule", ["even", "maximin", "optimal"])
@pytest.mark.parametrize("law", ["random", "beats_soft"])
@pytest.mark.parametrize("first", [0, 3])
def test_even_steps_give_what_single_counts_give(rule: str, law: str, first: int) -> None:
    """Counts in even steps go by recurrence, others by an exponential each; no units see nobody."""
    case, even = _case(law=law), list(range(first, 43))
    steps = patrol.monte_carlo(case, unit_counts=even, rule=rule, draws=100)
    single = patrol.monte_carlo(case, unit_counts=[*even, 60], rule=rule, draws=100).iloc[:-1]
    pd.testing.assert_frame_equal(steps, single, rtol=1e-11, check_exact=False)
    if first == 0:
        assert (steps.filter(regex="po[di]").iloc[0] == 0.0).all()
