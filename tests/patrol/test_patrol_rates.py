"""Sensors, forces and detection rates: the rules that unit counts hang on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from borderzone import patrol
from borderzone.errors import CoverageGapError, InvalidParameterError, ShapeMismatchError
from borderzone.patrol.answer.rates import rate_factors, terrain_variance
from borderzone.patrol.theory import barrier

LENGTHS = pd.Series([10.0, 8.0, 9.0], name="length_km")


def _ground(**changes: Any) -> pd.DataFrame:
    ground = pd.DataFrame(
        {
            "f_mask": [0.0, 0.2, 0.5],
            "patrol_speed_factor": [1.0, 0.8, 0.5],
            "crosser_km_h": [2.8, 2.6, 2.0],
            "landform": ["plain", "plain", "hills"],
        }
    )
    return ground.assign(**changes)


@pytest.mark.parametrize(
    ("sensor", "day_m", "night_m"),
    [
        ("eye", 900, 75),
        ("night_vision_goggles", 900, 400),
        ("hand_held_thermal", 250, 250),
        ("vehicle_thermal", 2000, 2000),
        ("tower_thermal", 2000, 2000),
        ("ground_sensor", 30, 30),
        ("ground_radar_spexer_2000", 18000, 18000),
    ],
)
def test_sensor_table(sensor: str, day_m: float, night_m: float) -> None:
    """The detection ranges as published or assumed; goggles come off by day."""
    assert patrol.r50_m(sensor, "day") == day_m
    assert patrol.r50_m(sensor, "night") == night_m


def test_every_sensor_says_where_it_is_from() -> None:
    """A source and a tag on each record, and records cannot be changed."""
    for name, sensor in patrol.SENSORS.items():
        assert sensor.name == name
        assert len(sensor.source) > 30
        assert sensor.tag in {"A", "F", "M"}
    with pytest.raises(AttributeError):
        patrol.SENSORS["eye"].r50_day_m = 1.0  # type: ignore[misc]


def test_vendor_claims_are_never_defaults() -> None:
    """They are marked, clipped at the horizon, and in no ready-made force."""
    claims = {name for name, sensor in patrol.SENSORS.items() if sensor.vendor_claim}
    assert claims == {"ground_radar_spexer_2000", "small_drone"}
    assert {force.sensor for force in patrol.FORCES.values()}.isdisjoint(claims)
    assert patrol.Force().sensor not in claims


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sensor": "vehicle_termal"}, "did you mean 'vehicle_thermal'"),
        ({"light": "dusk"}, "light must be one of day, night"),
        ({"f_mask": 1.1}, "f_mask must lie between 0 and 1"),
        ({"target": "camel"}, "target must be one of person, vehicle"),
        ({"scan_share": 2}, "scan_share must lie between 0 and 1"),
        ({"r50_factor": 0}, "r50_factor must be above 0"),
        ({"sensor": "small_drone"}, r"no detection range by night.*80 km corridor.*width_km="),
    ],
)
def test_impossible_sensing_is_refused(arguments: dict[str, Any], message: str) -> None:
    """Each refusal names what would do."""
    with pytest.raises(InvalidParameterError, match=message):
        patrol.sweep_width_km(**{"sensor": "eye", **arguments})


def test_force_defaults() -> None:
    """15 km/h off the road, 3 on foot; the short word for a mode; frozen."""
    force = patrol.Force(mode="vehicle", sensor="vehicle_thermal")
    assert (force.mode, force.patrol_km_h) == ("vehicle_off_road", 15.0)
    assert patrol.Force(mode="foot").patrol_km_h == 3.0
    assert patrol.Force(mode="foot", patrol_km_h=4).patrol_km_h == 4.0
    assert force.ceiling is None
    assert patrol.Force(p_identify=0.9, p_respond=0.7).ceiling == pytest.approx(0.63)
    # One that was not given is certain beside the other.
    assert patrol.Force(p_respond=0.7).ceiling == 0.7
    assert patrol.Force(**force.model_dump()) == force
    with pytest.raises(ValidationError, match="frozen"):
        force.crew = 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "camel"}, "mode: .*'vehicle_off_road' or 'foot', got 'camel'"),
        ({"sensor": "eyes"}, "did you mean 'eye'"),
        ({"patrol_km_h": -1}, "patrol_km_h: .*greater than or equal to 0, got -1"),
        ({"p_identify": 1.5}, r"p_identify: .*less than or equal to 1, got 1\.5"),
        ({"shift_factor": float("nan")}, "shift_factor: .*finite"),
        ({"availability": 0.85}, "availability is no field"),
        ({"speed": 3}, "speed is no field; the fields are mode, sensor"),
    ],
)
def test_impossible_forces_are_refused(values: dict[str, Any], message: str) -> None:
    """In the library's own words and error."""
    with pytest.raises(InvalidParameterError, match=message):
        patrol.Force(**values)


def test_a_force_may_have_a_constant_of_its_own_on_the_width() -> None:
    """It multiplies what the sensor sweeps, in the reference and in every draw."""
    one = _ground()
    quarter = patrol.Force(scan_share=0.25)
    whole = patrol.detection_rates(LENGTHS, one, patrol.Force())
    np.testing.assert_allclose(patrol.detection_rates(LENGTHS, one, quarter), whole / 4)
    drawn = patrol.PatrolCase.of(LENGTHS, one, quarter).sampled_rates(pd.DataFrame(index=[0]))
    np.testing.assert_allclose(drawn[0], whole / 4, rtol=1e-4)
    with pytest.raises(InvalidParameterError, match=r"scan_share: .*greater than 0, got 0"):
        patrol.Force(scan_share=0)


def test_rates_of_the_golden_case() -> None:
    """W, v, u and L of three segments: .063295, .017603, .006933."""
    widths, v, u = (2.0, 1.0, 0.4), (25.0, 15.0, 6.0), (4.0, 3.5, 2.5)
    found = []
    for segment, length in enumerate((200.0, 250.0, 150.0)):
        ground = pd.DataFrame(
            {"f_mask": 0.0, "patrol_speed_factor": v[segment] / 25, "crosser_km_h": [u[segment]]}
        )
        sensor = replace(patrol.SENSORS["vehicle_thermal"], width_km=widths[segment])
        force = patrol.Force(sensor=sensor, patrol_km_h=25)
        rates = patrol.detection_rates(pd.Series([length]), ground, force)
        found.append(rates.iloc[0])
    np.testing.assert_allclose(found, [0.063295, 0.017603, 0.006933], atol=5e-7)
    assert rates.index.name == "segment"


def test_rates_agree_with_the_closed_form_of_barrier_patrol() -> None:
    """One rule, two doors: the coverage of one unit on each segment."""
    factors = rate_factors(LENGTHS, _ground(), patrol.Force())
    coverage = barrier.barrier_coverage(
        length_km=factors["length_km"],
        sweep_width_km=factors["sweep_width_km"],
        patrol_km_h=factors["patrol_km_h"],
        crosser_km_h=factors["crosser_km_h"],
    )
    np.testing.assert_allclose(factors["rate"], coverage, rtol=1e-14)


def test_corridor_table_and_lengths_are_the_same() -> None:
    """A corridor, its segments or a column of lengths give one result."""
    segments = pd.DataFrame({"length_km": LENGTHS, "km_start": 0.0})
    corridor: Any = SimpleNamespace(segments=segments)
    force = patrol.FORCES["foot_patrol"]
    expected = patrol.detection_rates(LENGTHS, _ground(), force, light="day")
    for given_as in (segments, corridor):
        found = patrol.detection_rates(given_as, _ground(), force, light="day")
        pd.testing.assert_series_equal(found, expected)


def test_a_unit_that_cannot_move_still_looks() -> None:
    """Speed factor 0: the rate is W / L."""
    ground = _ground(patrol_speed_factor=0.0, f_mask=0.0)
    rates = patrol.detection_rates(LENGTHS, ground, patrol.Force())
    np.testing.assert_allclose(rates, patrol.sweep_width_km("vehicle_thermal") / LENGTHS)


def test_input_tables_are_not_changed() -> None:
    """Copy, then change."""
    ground = _ground()
    before = ground.copy()
    patrol.detection_rates(LENGTHS, ground, patrol.Force())
    pd.testing.assert_frame_equal(ground, before)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"f_mask": [0, np.nan, 0]}, CoverageGapError, r"f_mask is not known in 1 of 3 .*\(1\)"),
        ({"f_mask": 1.5}, InvalidParameterError, "f_mask must lie between 0 and 1"),
        ({"crosser_km_h": 0.0}, InvalidParameterError, "crosser_km_h must be above 0"),
        ({"patrol_speed_factor": 2.0}, InvalidParameterError, "patrol_speed_factor must lie"),
    ],
)
def test_impossible_ground_is_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """No silent NaN: the message counts and names the segments."""
    with pytest.raises(error, match=message):
        patrol.detection_rates(LENGTHS, _ground(**changes), patrol.Force())


def test_segments_and_ground_have_to_be_the_same_segments() -> None:
    """Missing columns, other rows, no lengths."""
    force = patrol.Force()
    with pytest.raises(InvalidParameterError, match="lacks crosser_km_h"):
        patrol.detection_rates(LENGTHS, _ground().drop(columns="crosser_km_h"), force)
    with pytest.raises(ShapeMismatchError, match="2 rows for 3 segments"):
        patrol.detection_rates(LENGTHS, _ground().head(2), force)
    with pytest.raises(InvalidParameterError, match="need a column length_km"):
        patrol.detection_rates(pd.DataFrame({"km": [1.0]}), _ground(), force)
    with pytest.raises(InvalidParameterError, match="there is no segment"):
        patrol.detection_rates(pd.Series([], dtype=float), _ground().head(0), force)


@given(st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.5, 6), st.floats(1.01, 2))
def test_worse_ground_never_raises_the_rate(
    mask: float, speed: float, crosser: float, factor: float
) -> None:
    """More masking, slower patrols and faster crossers all take coverage away."""
    lengths = pd.Series([10.0, 10.0])

    def rates(**columns: list[float]) -> list[float]:
        table = pd.DataFrame(
            {"f_mask": mask, "patrol_speed_factor": speed, "crosser_km_h": crosser, **columns},
            index=[0, 1],
        )
        return list(patrol.detection_rates(lengths, table, patrol.Force()))

    for worse in (
        rates(f_mask=[mask, min(1.0, mask * factor)]),
        rates(patrol_speed_factor=[speed, speed / factor]),
        rates(crosser_km_h=[crosser, crosser * factor]),
    ):
        assert worse[1] <= worse[0]


def test_variance_is_split_between_terrain_and_assumptions() -> None:
    """Law of total variance: the parts add up to the variance over all draws and segments."""
    rng = np.random.default_rng(4)
    draws = rng.lognormal(0, 0.3, (400, 1)) * rng.uniform(0.5, 2, (1, 30))
    found = terrain_variance(draws)
    between = draws.mean(axis=0).var()
    assert found["share_of_total"] == pytest.approx(between / draws.var())
    assert f"{found['share_of_total']:.0%}" in str(found["statement"])
    flat = terrain_variance(np.repeat(draws[:, :1], 3, axis=1))
    assert flat["share_of_total"] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ShapeMismatchError, match="2 draws or more"):
        terrain_variance(draws[:1])
    with pytest.raises(InvalidParameterError, match="all rates are 0"):
        terrain_variance(np.zeros((3, 3)))


def test_a_ground_that_is_no_table_is_told_where_the_table_is() -> None:
    """The record of a study's ground is easily handed over instead of its table."""
    no_table: Any = {}
    with pytest.raises(InvalidParameterError, match=r"got dict; .*result\.ground\.table"):
        patrol.detection_rates(pd.Series([10.0]), no_table, patrol.Force())
