"""Sweep width: the chance to be seen at least once along a straight pass, and what a sensor's range holds already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import patrol, visibility
from borderzone.errors import InvalidParameterError
from borderzone.patrol import Watch
from borderzone.patrol.force.sweep import SweepTable, least_sweep_width_km
from borderzone.patrol.theory import imaging
from borderzone.patrol.theory.looks import Pass, multi_look, seen_along

THERMAL = "vehicle_thermal"
LOOKING = ("night_vision_goggles", "hand_held_thermal", "vehicle_thermal", "tower_thermal")


def test_the_eye_sweeps_what_a_walk_past_shows() -> None:
    """R50 75 m in the dark: .1853 km on any ground and at any speed, for the trial holds both."""
    assert patrol.sweep_width_km("eye") == pytest.approx(0.1853, abs=5e-5)
    assert patrol.sweep_width_km("eye", f_mask=[0.0, 0.9]) == pytest.approx([0.1853] * 2, abs=5e-5)
    assert patrol.sweep_width_km("eye", watch=Watch(patrol_km_h=0)) == patrol.sweep_width_km("eye")
    assert patrol.r50_m("eye", moonlight=1.0) == 250
    assert patrol.sweep_width_km("eye", watch=Watch(moonlight=1.0)) == pytest.approx(
        0.1853 * 250 / 75, abs=2e-4
    )


@pytest.mark.parametrize(
    ("task", "width"), [("detect", 4.85), ("recognise", 1.24), ("identify", 0.78)]
)
def test_one_look_of_a_thermal_camera(task: str, width: float) -> None:
    """R50 2 km, clip 10 km, no mask; ratios .2559 and .16."""
    found = least_sweep_width_km(THERMAL, watch=Watch(task=task))
    assert found == pytest.approx(width, abs=0.005)
    open_ground = least_sweep_width_km(THERMAL)
    expected = {"detect": 1.0, "recognise": 0.2559, "identify": 0.16}[task]
    assert found / open_ground == pytest.approx(expected, abs=3e-4)


def test_looks_are_compounded_by_their_correlation() -> None:
    """Five looks of .3: .831930, .763244, .641709; behind one ridge all looks are one."""
    found = [multi_look(0.3, 5, r) for r in (0.0, 0.1, 0.3, 1.0)]
    assert found == pytest.approx([0.831930, 0.763244, 0.641709, 0.3], abs=5e-7)
    # The beta-binomial as a product of what each further look leaves.
    p, r, n = 0.3, 0.3, 5
    a, b = p * (1 - r) / r, (1 - p) * (1 - r) / r
    assert multi_look(p, n, r) == pytest.approx(
        1 - np.prod([(b + k) / (a + b + k) for k in range(n)])
    )
    np.testing.assert_array_equal(multi_look([0.0, 1.0, 1.0], [9, 1, 0], 0.3), [0, 1, 0])
    np.testing.assert_array_equal(multi_look([0.2, 1.0], [0, 3], 1.0), [0, 1])
    assert multi_look(0.3, 5, 1e-9) == pytest.approx(multi_look(0.3, 5))


def look(range_m: Any, f_mask: float, r50_m: float = 2000.0, clip_m: float = 10_000.0) -> Any:
    """One look, said once more."""
    seen = imaging.imaging_probability(range_m, r50_m=r50_m)
    return np.where(
        np.asarray(range_m) <= clip_m, seen * (1 - visibility.mask_at(range_m, f_mask)), 0.0
    )


@pytest.mark.parametrize("f_mask", [0.0, 0.39, 0.7])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
def test_the_width_is_the_sum_over_a_pass_look_by_look(f_mask: float, correlation: float) -> None:
    """Looks one by one at even steps from the closest approach, offsets of 20 m."""
    step = 60 / 3.6 * np.hypot(15, 4)
    offset = np.arange(10, 10_000, 20.0)
    k = np.arange(-39, 40)
    chance = look(np.hypot(offset[:, None], k * step), f_mask)
    nearest = look(offset, f_mask)
    seen = multi_look(nearest, np.maximum(chance.sum(axis=1) / nearest, 1), correlation)
    found = patrol.sweep_width_km(THERMAL, f_mask=f_mask, watch=Watch(correlation=correlation))
    assert found == pytest.approx(2 * 0.02 * np.sum(seen), rel=2e-3)


def test_independent_looks_are_what_crossings_drawn_one_by_one_see() -> None:
    """20,000 passes at an even offset, looks from a chance start, each look a draw of its own."""
    rng = np.random.default_rng(7)
    step, x = 60 / 3.6 * np.hypot(15, 4), 2500.0
    ranges = np.hypot(x, (np.arange(-40, 40) + rng.uniform(size=(20_000, 1))) * step)
    seen = (rng.uniform(size=ranges.shape) < look(ranges, 0.5)).any(axis=1).mean()
    one = Pass(clip_m=10_000.0, spacing_m=step, correlation=0.0, eye_m=2.5)
    found = seen_along(np.array([x]), 2000.0, np.array([0.5]), one)[0, 0]
    assert abs(found - seen) < 0.02


def test_few_looks_are_the_sum_over_even_steps_and_never_less_than_one() -> None:
    """Where looks lie as far apart as the range: the sum over even steps by hand, never above it by a hair."""
    for step in (20.0, 60.0, 120.0, 400.0):
        one = Pass(clip_m=5000.0, spacing_m=step, correlation=0.0)
        p = imaging.imaging_probability(np.hypot(60.0, np.arange(-80, 81) * step), r50_m=75.0)
        p = np.where(np.hypot(60.0, np.arange(-80, 81) * step) <= 5000.0, p, 0.0)
        expected = multi_look(p[80], p.sum() / p[80])
        found = seen_along(np.array([60.0]), 75.0, np.zeros(1), one)[0, 0]
        assert found == pytest.approx(expected, rel=0.05)
        assert found < 1.001 * expected
        assert found >= p[80]


@pytest.mark.parametrize("sensor", LOOKING)
def test_the_table_is_the_integral(sensor: str) -> None:
    """Within 5e-4 anywhere that draws reach, and within 1e-4 in nearly all of them."""
    rng = np.random.default_rng(3)
    even = patrol.r50_m(sensor)
    factor, hidden = np.exp(rng.normal(0, 0.5, 60)), rng.uniform(0, 1, 60)
    table = SweepTable(sensor).widths(even * factor, hidden)
    direct = np.array(
        [
            patrol.sweep_width_km(sensor, f_mask=f, r50_factor=x)
            for x, f in zip(factor, hidden, strict=True)
        ]
    )
    np.testing.assert_allclose(table, direct, rtol=5e-4)
    assert np.quantile(np.abs(table / direct - 1), 0.9) < 1e-4


def test_a_width_does_not_depend_on_what_else_was_asked() -> None:
    table = SweepTable(THERMAL)
    alone = table.widths(1234.0, 0.4)
    among = table.widths(np.array([[20.0], [1234.0], [30_000.0]]), np.array([0.0, 0.4]))
    assert alone.shape == ()
    assert among.shape == (3, 2)
    assert float(alone) == among[1, 1]
    assert table.widths(np.ones((2, 0)), 0.3).shape == (2, 0)
    assert table.widths(2000.0, 1.0) == 0.0


@given(
    sensor=st.sampled_from(LOOKING), ground=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    factor=st.tuples(st.floats(0.2, 5), st.floats(0.2, 5)),
    air=st.tuples(st.floats(0.3, 60), st.floats(0.3, 60)),
    correlation=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    speed=st.tuples(st.floats(0, 60), st.floats(0, 60)),
)  # fmt: skip
def test_wider_with_range_air_and_independence_narrower_with_ground_and_speed(
    sensor: str, ground: Any, factor: Any, air: Any, correlation: Any, speed: Any
) -> None:
    """Each by itself, the lower bound of one look below all."""
    ground, factor, air, correlation, speed = map(sorted, (ground, factor, air, correlation, speed))
    base = {"f_mask": ground[0], "r50_factor": factor[0]}

    def width(watch: dict[str, Any] | None = None, **changes: Any) -> float:
        circumstances = {
            "visibility": air[0],
            "correlation": correlation[1],
            "patrol_km_h": speed[1],
        }
        seen = Watch(**(circumstances | (watch or {})))
        return float(patrol.sweep_width_km(sensor, watch=seen, **(base | changes)))

    least, slack = width(), 1 + 1e-9
    assert least <= width(r50_factor=factor[1]) * slack + 1e-12
    assert least <= width({"visibility": air[1]}) * slack + 1e-12
    assert least <= width({"correlation": correlation[0]}) * slack + 1e-12
    assert least <= width({"patrol_km_h": speed[0]}) * slack + 1e-12
    assert least * slack + 1e-12 >= width(f_mask=ground[1])
    seen = Watch(correlation=correlation[1])
    single = least_sweep_width_km(sensor, f_mask=ground[0], watch=seen)
    assert single <= width({"visibility": "clear"}, r50_factor=1.0) * slack + 1e-12


@given(moon=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_the_moon_takes_no_sight_away(moon: tuple[float, float]) -> None:
    low, high = sorted(moon)
    assert patrol.r50_m("eye", moonlight=low) <= patrol.r50_m("eye", moonlight=high)
    assert patrol.r50_m("eye", "day", moonlight=high) == 900
    assert patrol.r50_m(THERMAL, moonlight=high) == 2000


def test_half_way_to_the_full_moon_on_the_scale_of_light() -> None:
    assert patrol.r50_m("eye", moonlight=0.5) == 162.5
    assert patrol.r50_m("eye", moonlight=0.5, target="vehicle") == pytest.approx(162.5 * 2.3 / 0.75)
    assert patrol.r50_m("ground_radar_spexer_2000", target="vehicle") == 36_000
    assert patrol.r50_m(THERMAL, task="identify") == pytest.approx(2000 / 6.4)


def test_haze_and_dust_dim_cameras_and_not_geophones() -> None:
    haze, clear = (
        patrol.sweep_width_km(THERMAL, watch=Watch(visibility=x)) for x in ("haze", "clear")
    )
    assert haze == patrol.sweep_width_km(THERMAL, watch=Watch(visibility=5.0))
    assert haze < 0.5 * clear
    dust = Watch(visibility="dust")
    assert patrol.sweep_width_km("ground_sensor", watch=dust) == patrol.sweep_width_km(
        "ground_sensor"
    )


def test_a_post_has_a_curve_whose_area_is_its_width() -> None:
    stand = Watch(patrol_km_h=0)
    curve = patrol.lateral_curve("tower_thermal", f_mask=0.4, watch=stand)
    assert list(curve) == ["range_km", "pod"]
    assert curve["range_km"].iloc[0] == 0
    assert (np.diff(curve["range_km"]) > 0).all()
    assert (np.diff(curve["pod"]) <= 1e-12).all()
    area = 2 * np.trapezoid(curve["pod"], curve["range_km"])
    assert area == pytest.approx(
        patrol.sweep_width_km("tower_thermal", f_mask=0.4, watch=stand), rel=2e-3
    )
    force = patrol.Force(sensor="tower_thermal", patrol_km_h=0)
    assert force.stands
    ground = pd.DataFrame({"f_mask": [0.4], "patrol_speed_factor": 1.0, "crosser_km_h": 3.0})
    rate = patrol.detection_rates(pd.Series([10.0]), ground, force).iloc[0]
    assert rate == pytest.approx(
        patrol.sweep_width_km("tower_thermal", f_mask=0.4, watch=stand) / 10
    )


def test_a_drone_enters_with_a_width_of_the_users_own_only() -> None:
    drone = replace(
        patrol.SENSORS["small_drone"], width_km=0.8, source="trial of ours, 40 crossings"
    )
    widths = patrol.sweep_width_km(drone, f_mask=[0.0, 0.7], r50_factor=2.0)
    np.testing.assert_array_equal(widths, [1.6, 1.6])
    force = patrol.Force(sensor=drone, patrol_km_h=60)
    ground = pd.DataFrame({"f_mask": [0.4], "patrol_speed_factor": 1.0, "crosser_km_h": 4.0})
    case = patrol.PatrolCase.of(pd.Series([100.0]), ground, force)
    drawn = case.sampled_rates(pd.DataFrame({"r50_factor": [1.0]}))
    np.testing.assert_allclose(drawn[0], 0.8 / 100 * np.hypot(1, 15))
    with pytest.raises(InvalidParameterError, match="has a sweep width of its own and no curve"):
        patrol.lateral_curve(drone)
    with pytest.raises(InvalidParameterError, match="says nothing of how well it can recognise"):
        patrol.sweep_width_km(drone, watch=Watch(task="recognise"))
    with pytest.raises(InvalidParameterError, match="has a sweep width of its own"):
        SweepTable(drone)
    for sensor in (drone, "small_drone"):
        with pytest.raises(InvalidParameterError, match=r"patrol_km_h is 0 .* that stands"):
            patrol.Force(sensor=sensor, patrol_km_h=0)


def test_a_law_of_patrols_is_refused_for_a_force_that_stands() -> None:
    post = patrol.Force(sensor="tower_thermal", patrol_km_h=0)
    ground = pd.DataFrame({"f_mask": [0.4], "patrol_speed_factor": 1.0, "crosser_km_h": 4.0})
    with pytest.raises(
        InvalidParameterError, match=r"law 'beats_soft' is of patrols.*lateral_curve"
    ):
        patrol.PatrolCase.of(pd.Series([10.0]), ground, post, law="beats_soft")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scan_s": None}, "needs the time for one round"),
        ({"basis": "passage"}, "a range of a passage must not have one"),
        ({"basis": "glance"}, "basis of sensor 'vehicle_thermal' must be one of look, passage"),
        ({"scan_s": 0.0}, "scan_s of sensor 'vehicle_thermal' must be a finite number above 0"),
        ({"r50_full_moon_m": 500.0}, "moonlight takes no sight away"),
        ({"r50_spread": -1.0}, "r50_spread"),
        ({"eye_m": -2.0}, "eye_m of sensor 'vehicle_thermal' must be a finite number above 0"),
        ({"width_km": 0.0}, "width_km of sensor 'vehicle_thermal' must be a finite number above 0"),
    ],
)
def test_impossible_sensors_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        replace(patrol.SENSORS[THERMAL], **changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"visibility": "fog"}, "visibility must be one of clear, haze, dust"),
        ({"visibility": 0}, "visibility must be .* above 0"),
        ({"moonlight": 1.5}, "moonlight must lie between 0 and 1"),
        ({"correlation": -0.1}, "correlation must lie between 0 and 1"),
        ({"task": "see"}, "task must be one of detect, recognise, identify"),
        ({"patrol_km_h": -1}, "patrol_km_h must be a finite number, 0 or more"),
        ({"crosser_km_h": 0}, "crosser_km_h must be a finite number above 0"),
    ],
)
def test_impossible_circumstances_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Watch(**values)
