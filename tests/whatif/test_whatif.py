"""What-ifs: one seed for all, tidy tables, and differences draw by draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import borderzone as bz
from borderzone.errors import InvalidParameterError, InvalidScenarioError

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

    assert table["difference_p05"].loc["mean_pod"] > 0
    assert table["difference_p95"].loc["out_mean_pod_0.9"] < 0
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


def test_results_of_other_seeds_are_not_paired(
    study: bz.Study, ground: Ground, result: Any
) -> None:
    """A comparison that would be noise is refused."""
    other = study.run(seed=2, ground=ground)

    with pytest.raises(InvalidParameterError, match="one seed"):
        bz.compare(result, other)


def test_a_sweep_has_a_row_for_every_combination(study: bz.Study) -> None:
    """Two speeds and two response probabilities: four runs, and faster is never worse."""
    quick = study.with_scenario(study.scenario.changed({"draws": 100, "resolution_m": 5000}))

    table = bz.sweep(quick, {"force.patrol_km_h": [10, 20], "force.p_respond": [0.6, 0.8]})

    groups = table.groupby(["force.patrol_km_h", "force.p_respond"])
    assert groups.ngroups == 4
    assert groups.size().nunique() == 1
    half = table.query("measure == 'mean_poi' and target == 0.5")
    wide = half.pivot_table(
        index="force.patrol_km_h", columns="force.p_respond", values="out_p50"
    ).to_numpy()
    assert (wide[0] > wide[1]).all()
    assert (wide[:, 0] > wide[:, 1]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "needs lists of values"),
        ({"depth_km": []}, "needs lists of values"),
        ({"force.sensor": "eye"}, "needs lists of values"),
        ({"depth": [1]}, "a scenario has no 'depth'"),
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
