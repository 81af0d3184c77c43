"""Scenario: refused at birth when impossible, the same after a trip through TOML."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import borderzone as bz
from borderzone import PRESETS, Scenario
from borderzone.errors import BorderzoneError, InvalidScenarioError

if TYPE_CHECKING:
    from pathlib import Path


@given(
    depth_km=st.floats(0.1, 500),
    law=st.sampled_from(["random", "beats_soft", "beats"]),
    sensor=st.sampled_from(["eye", "vehicle_thermal"]),
    shift_factor=st.floats(1, 20),
    sigma=st.floats(0.01, 2),
)
def test_a_scenario_survives_a_trip_through_toml(
    depth_km: float, law: str, sensor: str, shift_factor: float, sigma: float
) -> None:
    """Every value is written with all its digits, the force and the distributions included."""
    scenario = Scenario(
        depth_km=depth_km,
        law=law,
        force={"sensor": sensor, "shift_factor": shift_factor},
        uncertainty={
            "r50_factor": {
                "distribution": "lognormal",
                "parameters": [1.0, sigma],
                "source": "a trial of one's own",
            }
        },
    )

    assert Scenario(**tomllib.loads(scenario.to_toml())) == scenario


def test_a_file_is_read_and_never_written_over(tmp_path: Path) -> None:
    """What the user wrote stays as it is."""
    path = tmp_path / "case.toml"
    PRESETS["night_vision_for_all"].to_toml(path)

    assert Scenario.from_toml(path) == PRESETS["night_vision_for_all"]
    with pytest.raises(InvalidScenarioError, match="exists; choose another name"):
        PRESETS["as_is"].to_toml(path)


def test_the_two_presets_differ_in_their_sensor_alone() -> None:
    """A what-if changes one thing."""
    a, b = (PRESETS[name].model_dump() for name in ("as_is", "night_vision_for_all"))
    force_a, force_b = a.pop("force"), b.pop("force")

    assert {name for name in a if a[name] != b[name]} == {"name"}
    assert {name for name in force_a if force_a[name] != force_b[name]} == {"sensor"}


def test_a_record_cannot_be_changed() -> None:
    """A scenario in a result is the one that was run."""
    scenario = Scenario()

    with pytest.raises(ValidationError, match="frozen"):
        scenario.depth_km = 10.0
    assert scenario.changed({"depth_km": 10}).depth_km == 10
    assert scenario.depth_km == 50


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth_km": 0}, "depth_km = 0: .*greater than 0"),
        ({"segment_km": float("nan")}, "segment_km = nan"),
        ({"resolution_m": float("inf")}, "resolution_m = inf"),
        ({"targets": (0.9, 0.5)}, "targets must rise"),
        ({"targets": (1.0,)}, "less than 1"),
        ({"remote_hours": 4.0}, "must be one of remote_hours_range"),
        ({"force": {"sensor": "radar"}}, "sensor must be one of eye"),
        ({"force": {"p_respond": 1.5}}, "p_respond"),
        ({"deepness_km": 3}, "deepness_km is not a name that a scenario knows"),
        ({"law": "exhaustive"}, "law = 'exhaustive'"),
        ({"draws": 10}, "draws = 10"),
        ({"depth_km": "50"}, "must be a number, not '50' in quotes"),
        ({"draws": True}, "must be a number, not True"),
        (
            {"uncertainty": {"r50": {"distribution": "fixed", "parameters": [1], "source": "x"}}},
            "uncertainty must be one of r50_factor",
        ),
    ],
)
def test_impossible_values_are_refused_in_plain_words(values: dict[str, Any], message: str) -> None:
    """The message names the value and what is allowed."""
    with pytest.raises(InvalidScenarioError, match=message):
        Scenario(**values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("depth_km = ", "not valid TOML"),
        ("depth = 5", "depth is not a name"),
        ('depth_km = "deep"', "depth_km = 'deep'"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Each refusal says what is wrong with the file."""
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidScenarioError, match=message):
        Scenario.from_toml(path)


def test_a_missing_file_and_an_unknown_change_are_named() -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidScenarioError, match=r"no scenario file 'nowhere\.toml'"):
        Scenario.from_toml("nowhere.toml")
    with pytest.raises(InvalidScenarioError, match=r"no 'force\.sensors'; it has"):
        Scenario().changed({"force.sensors": "eye"})


def test_a_distribution_of_ones_own_replaces_the_default() -> None:
    """And an impossible one is refused when it is used."""
    change = {"distribution": "fixed", "parameters": (0.5,), "source": "measured"}
    force = {"p_respond": 0.7}
    scenario = Scenario(force=force, uncertainty={"p_respond": change})

    assert scenario.assumptions()["p_respond"].parameters == (0.5,)
    assert scenario.assumptions()["r50_factor"].distribution == "lognormal"
    wrong = Scenario(force=force, uncertainty={"p_respond": {**change, "distribution": "uniform"}})
    with pytest.raises(BorderzoneError, match="low, high"):
        wrong.assumptions()
    with pytest.raises(
        InvalidScenarioError, match=r"force\.p_respond is none; give force\.p_respond"
    ):
        Scenario(uncertainty={"p_respond": change})


def test_what_a_table_of_the_force_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    """A patrol on foot does not get the thermal camera of a vehicle because a file says that it walks."""
    file = tmp_path / "scenario.toml"
    file.write_text('name = "on foot"\n[force]\nmode = "foot"\n', encoding="utf-8")

    force = bz.Scenario.from_toml(file).force

    assert (force.mode, force.sensor, force.patrol_km_h) == ("foot", "eye", 3.0)
    assert bz.Scenario(force={"crew": 6}).force == bz.Scenario().changed({"force.crew": 6}).force
    assert bz.Scenario(force=bz.patrol.Force()).force.sensor == "vehicle_thermal"


def test_a_full_moon_needs_a_month() -> None:
    assert (Scenario().month, Scenario().moon) == (None, "mean")
    assert Scenario(month=6, moon="full").moon == "full"
    assert Scenario(moon="dark").month is None
    with pytest.raises(InvalidScenarioError, match="moon = 'full' needs a month"):
        Scenario(moon="full")
    for month in (0, 13, "6", 6.5, True):
        with pytest.raises(InvalidScenarioError, match="month"):
            Scenario(month=month)
    with pytest.raises(InvalidScenarioError, match="moon"):
        Scenario(moon="new")
    assert Scenario(**tomllib.loads(Scenario(month=3).to_toml())).month == 3


def test_cover_lies_within_the_corridor() -> None:
    assert Scenario(depth_km=10, cover_km=10).cover_km == 10
    assert Scenario(depth_km=3).changed({"name": "narrow"}).cover_km == 5
    with pytest.raises(
        InvalidScenarioError, match="cover_km 12 lies beyond the corridor, which is 10 km"
    ):
        Scenario(depth_km=10, cover_km=12)
