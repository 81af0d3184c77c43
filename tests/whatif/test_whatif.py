"""What-ifs: one seed for all, tidy tables, and differences draw by draw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import borderzone as bz
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.whatif.comparing import paired_difference

if TYPE_CHECKING:
    from borderzone.study import Ground


@pytest.fixture(scope="module")
def better(study: bz.Study, ground: Ground) -> Any:
    """Give the built-in study with night vision for all."""
    scenario = study.scenario.changed(
        {"name": "night vision", "force.sensor": "night_vision_goggles"}
    )
    return study.with_scenario(scenario).run(seed=1, ground=ground)


def test_a_result_does_not_differ_from_itself(result: Any) -> None:
    """Every difference is zero and within noise, or there is none to tell."""
    table = bz.compare(result, result)
    told = table[np.isfinite(table["a"])]

    assert (told["difference"] == 0).all()
    assert told["within_noise"].all()


def test_night_vision_helps_in_every_draw(result: Any, better: Any) -> None:
    """The wider sweep needs fewer units whatever else is true: the difference is no noise."""
    table = bz.compare(result, better).set_index("quantity")

    assert table["difference_low"].loc["mean_pod"] > 0
    assert table["difference_high"].loc["out_mean_pod_0.9"] < 0
    assert not table.loc["mean_pod", "within_noise"]


def test_pairing_takes_out_the_noise_that_both_share(result: Any, better: Any) -> None:
    """The band of the difference is narrower than two independent runs would make it."""
    paired = better.patrol.draws["mean_pod"] - result.patrol.draws["mean_pod"]
    shuffled = better.patrol.draws["mean_pod"].to_numpy()[::-1] - result.patrol.draws["mean_pod"]

    assert paired.std() < shuffled.std()


def test_differences_turn_round_with_the_order(result: Any, better: Any) -> None:
    """B less A is the opposite of A less B."""
    forth = bz.compare(result, better)["difference"]
    back = bz.compare(better, result)["difference"]

    np.testing.assert_allclose(forth, -back, rtol=1e-12)


def test_each_scenario_is_held_against_the_first(result: Any, better: Any) -> None:
    """One row a scenario and quantity; the rows of the second are those of a pair."""
    table = bz.compare(result, result, better)
    pair = bz.compare(result, better)

    assert table.columns.tolist() == [
        "quantity", "a", "b", "difference", "difference_low", "difference_high", "probability",
        "within_noise", "scenario_a", "scenario_b", "case",
    ]  # fmt: skip
    assert not table.duplicated(["case", "quantity"]).any()
    second = table[table["case"] == 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(second.drop(columns="case"), pair.drop(columns="case"))
    assert "median of the differences" in table.attrs["statement"]


def test_people_of_the_answer_are_compared(result: Any, better: Any) -> None:
    """Their medians are those of the answer's own kit, for each of its aims."""
    table = bz.compare(result, better).set_index("quantity")
    answer = result.answer
    rows = answer[(answer["kit"] == "scenario") & (answer["law"] == "random")]

    for row in rows[rows["opponent"] == "blind"].itertuples():
        told = table.loc[f"people_{row.measure}_{row.target:g}"]
        assert told["a"] == row.people
        assert told["difference_high"] < 0
        assert told["probability"] > 0.95


def test_a_difference_has_the_sign_of_its_median_in_some_draws() -> None:
    """Ten draws by hand: 7 rise, 2 fall, one stays; who is infinite in both tells nothing."""
    a = np.array([1.0] * 10 + [np.inf])
    b = np.array([2.0] * 7 + [0.0] * 2 + [1.0] + [np.inf])
    found = paired_difference(a, b)

    assert found["difference"] == 1.0
    assert found["probability"] == 0.7
    assert (found["difference_low"], found["difference_high"]) == (-1.0, 1.0)
    assert found["within_noise"] is True
    assert np.isnan(paired_difference(a, a)["probability"])
    beyond = paired_difference(np.ones(3), np.full(3, np.inf))
    assert (beyond["difference"], beyond["probability"]) == (np.inf, 1.0)
    assert beyond["within_noise"] is None
    mostly = np.array([np.inf, np.inf, 1.0])
    assert np.isnan(paired_difference(mostly, mostly)["difference"])


def test_results_of_other_ground_are_not_paired(study: bz.Study, result: Any) -> None:
    """Another border, and other segments of the same one."""
    far = replace(result.border, a="FRA")
    elsewhere = replace(result, corridor=replace(result.corridor, border=far))
    odd = replace(result, segments=result.segments.iloc[:-1])

    with pytest.raises(InvalidParameterError, match="results of one border are compared"):
        bz.compare(result, elsewhere)
    with pytest.raises(InvalidParameterError, match=r"60 on 598.9 km and 59 on .* one segment_km"):
        bz.compare(result, odd)


def test_results_of_other_seeds_are_not_paired(
    study: bz.Study, ground: Ground, result: Any
) -> None:
    """A comparison that would be noise is refused."""
    other = study.run(seed=2, ground=ground)

    with pytest.raises(InvalidParameterError, match="one seed"):
        bz.compare(result, other)


def test_a_sweep_has_a_row_for_every_combination(study: bz.Study, ground: Ground) -> None:
    """Two speeds and two crews: four cases; faster takes fewer people, larger crews more."""
    table = bz.sweep(study, {"force.patrol_km_h": [10, 20], "force.crew": [4, 3]}, ground=ground)

    groups = table.groupby(["force.patrol_km_h", "force.crew"])
    assert groups.ngroups == 4
    assert len(set(groups.size())) == 1
    half = table.query("measure == 'mean_poi' and opponent == 'blind'")
    wide = half.pivot_table(
        index="force.patrol_km_h", columns="force.crew", values="people"
    ).to_numpy()
    assert (wide[0] > wide[1]).all()
    assert (wide[:, 0] < wide[:, 1]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "needs lists of values"),
        ({"depth_km": []}, "needs lists of values"),
        ({"force.sensor": "eye"}, "needs lists of values"),
        ({"depth": [1]}, "did you mean 'depth_km'"),
        ({"depth_km": [-1]}, "depth_km = -1"),
    ],
)
def test_a_sweep_over_nothing_is_refused(
    study: bz.Study, changes: dict[str, Any], message: str
) -> None:
    """Before anything is run."""
    with pytest.raises(InvalidScenarioError, match=message):
        bz.sweep(study, changes)


def test_fixing_one_assumption_leaves_the_draws_of_the_others(
    study: bz.Study, ground: Ground
) -> None:
    """Draw k assumes the same shifts and leave in both, so the difference is the change alone."""
    fixed = {"distribution": "fixed", "parameters": [0.9], "source": "a what-if"}
    own = study.scenario.changed({"force.p_identify": 0.8})
    scenario = own.changed({"uncertainty": {"p_identify": fixed}})
    result, other = (
        study.with_scenario(each).run(seed=1, ground=ground).patrol for each in (own, scenario)
    )
    assert result.draws is not None
    assert other.draws is not None

    np.testing.assert_array_equal(
        other.draws["payroll_per_unit_out"], result.draws["payroll_per_unit_out"]
    )
    np.testing.assert_array_equal(other.draws["mean_pod"], result.draws["mean_pod"])
    assert not np.array_equal(other.draws["mean_poi"], result.draws["mean_poi"])
