"""Speeds over ground and the length of the night: reference values, properties, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import xarray as xr
from astral import Observer
from astral.sun import sun
from hypothesis import given
from hypothesis import strategies as st

from borderzone import access
from borderzone.access.light import TWILIGHTS_DEG, moon_illuminated_fraction
from borderzone.access.speed import (
    NIGHT_FACTORS,
    VEHICLE_OFF_ROAD,
    campbell_2019,
    foot,
    naismith_langmuir,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

MONTHS = np.arange(1, 13)
FUNCTIONS = (
    access.tobler,
    access.irmischer_clarke,
    foot,
    campbell_2019,
    naismith_langmuir,
    access.vehicle_off_road,
)


@pytest.mark.parametrize(
    ("gradient", "tobler", "off_path", "across_country", "on_road"),
    [
        (-0.5, 1.242045, 0.745227, 1.066626, 1.564749),
        (-0.05, 6.000000, 3.600000, 2.795970, 3.996000),
        (0.0, 5.036742, 3.022045, 2.802646, 3.946346),
        (0.1, 3.549332, 2.129599, 2.622557, 3.572989),
        (0.2, 2.501172, 1.500703, 2.239318, 2.939934),
    ],
)
def test_walking_speeds_of_the_reference_table(
    gradient: float, tobler: float, off_path: float, across_country: float, on_road: float
) -> None:
    """Tobler on and off paths, Irmischer and Clarke off and on roads, signed gradients."""
    assert access.tobler(gradient) == pytest.approx(tobler, abs=5e-7)
    assert access.tobler(gradient, off_path=True) == pytest.approx(off_path, abs=5e-7)
    assert access.irmischer_clarke(gradient) == pytest.approx(across_country, abs=5e-7)
    assert access.irmischer_clarke(gradient, on_road=True) == pytest.approx(on_road, abs=5e-7)
    assert access.irmischer_clarke(gradient, female=True) == pytest.approx(
        0.95 * access.irmischer_clarke(gradient)
    )
    assert foot(gradient) == access.irmischer_clarke(gradient)


@pytest.mark.parametrize(
    ("percentile", "degrees", "metres_per_s"),
    [
        (5, 0.0, 1.14480),
        (5, 10.0, 0.79125),
        (5, -10.0, 0.95907),
        (10, 0.0, 1.32017),
        (50, 0.0, 2.55194),
    ],
)
def test_lorentz_curves_of_tracked_walkers(
    percentile: int, degrees: float, metres_per_s: float
) -> None:
    """At 10 degrees a slip in the order of operations would give 0.30079."""
    speed = campbell_2019(float(np.tan(np.radians(degrees))), percentile=percentile)

    assert speed / 3.6 == pytest.approx(metres_per_s, abs=5e-6)


@pytest.mark.parametrize(
    ("rise_m", "seconds"), [(0, 720.0), (100, 1320.0), (-100, 520.02), (-300, 1319.94)]
)
def test_naismith_and_langmuir_over_a_kilometre(rise_m: float, seconds: float) -> None:
    """Flat, up, gently down and steeply down."""
    assert 3600 / naismith_langmuir(rise_m / 1000) == pytest.approx(seconds, abs=1e-9)


def test_vehicle_slows_with_gradient_and_surface() -> None:
    """15 km/h on flat bare ground, nothing at 30 per cent, the same up and down."""
    speeds = access.vehicle_off_road(np.array([0.0, 0.15, -0.15, 0.3, -0.9]))

    np.testing.assert_allclose(speeds, [15.0, 7.5, 7.5, 0.0, 0.0])
    assert access.vehicle_off_road(0.1, surface_factor=0.5) == pytest.approx(5.0)
    assert access.vehicle_off_road(0.1, flat_km_h=30.0, steepest=0.4) == pytest.approx(22.5)
    assert VEHICLE_OFF_ROAD.flat_km_h == 15.0
    assert "FM 5-33" in VEHICLE_OFF_ROAD.source


def test_night_factors_lie_in_their_ranges_and_have_a_source() -> None:
    """One for each mode."""
    assert set(NIGHT_FACTORS) == {"foot", "vehicle_off_road"}
    for mode, record in NIGHT_FACTORS.items():
        assert record.mode == mode
        assert 0 < record.low <= record.factor <= record.high <= 1
        assert record.source
        dark = access.at_night("foot" if mode == "foot" else "vehicle_off_road")
        assert (dark.low, dark.factor, dark.high) == (record.low, record.factor, record.high)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_numbers_give_numbers_arrays_arrays_and_rasters_rasters(
    function: Callable[[Any], Any],
) -> None:
    """And NaN passes."""
    gradients = np.array([[-0.2, 0.0], [0.2, np.nan]])
    raster = xr.DataArray(gradients, dims=("y", "x"), coords={"x": [0, 1]}, attrs={"crs": "C"})

    speeds = function(gradients)

    assert type(function(0.1)) is float
    assert type(function(0)) is float
    assert np.isnan(function(float("nan")))
    assert speeds.shape == (2, 2)
    assert np.isnan(speeds[1, 1])
    assert speeds[0, 1] == function(0.0)
    found = function(raster)
    np.testing.assert_array_equal(found, speeds)
    assert found.attrs == {"crs": "C", "units": "km/h", "long_name": "speed"}
    assert raster.attrs == {"crs": "C"}


@pytest.mark.parametrize("function", FUNCTIONS)
@given(gradient=st.floats(-5, 5))
def test_speed_is_finite_and_not_negative(
    function: Callable[[float], float], gradient: float
) -> None:
    """At every gradient that passes."""
    assert 0 <= function(gradient) < 16


@pytest.mark.parametrize("function", FUNCTIONS)
def test_degrees_are_refused_as_gradients(function: Callable[[Any], Any]) -> None:
    """A slope of 12 is no gradient, alone or among others."""
    for gradient in (12.0, np.array([0.1, np.nan, -12.0])):
        with pytest.raises(InvalidParameterError, match=r"rise over run, from -5 to 5, got -?12; "):
            function(gradient)


def test_impossible_speed_options_are_refused() -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=r"one of 1, 5, 10, .*, 99, got 7"):
        campbell_2019(0.0, percentile=7)
    with pytest.raises(InvalidParameterError, match="surface_factor must lie between 0 and 1"):
        access.vehicle_off_road(0.0, surface_factor=1.5)
    with pytest.raises(InvalidParameterError, match="flat_km_h must be a finite number above 0"):
        access.vehicle_off_road(0.0, flat_km_h=0.0)
    with pytest.raises(InvalidParameterError, match="steepest must be a finite number above 0"):
        access.vehicle_off_road(0.0, steepest=-0.3)


# The night.


@pytest.mark.parametrize(
    ("twilight", "hours"),
    [
        (
            "sunset",
            [13.88, 13.05, 12.09, 11.00, 10.10, 9.60, 9.78, 10.54, 11.56, 12.61, 13.57, 14.09],
        ),
        (
            "nautical",
            [11.95, 11.22, 10.29, 9.13, 8.06, 7.43, 7.66, 8.60, 9.75, 10.80, 11.69, 12.13],
        ),
        (
            "astronomical",
            [10.95, 10.25, 9.31, 8.08, 6.88, 6.12, 6.40, 7.49, 8.75, 9.84, 10.70, 11.11],
        ),
    ],
)
def test_nights_of_the_reference_table(twilight: Any, hours: list[float]) -> None:
    """Latitude 34, mid-month, within the tolerance of the table, which follows Spencer's series."""
    np.testing.assert_allclose(
        access.night_hours(34.0, MONTHS, twilight=twilight), hours, rtol=0, atol=0.05
    )


def test_nights_of_the_year_and_further_north() -> None:
    """Annual means at latitude 34; June and December at 36.5."""
    table = access.night_table(34.0)
    means = table[list(TWILIGHTS_DEG)].mean()
    np.testing.assert_allclose(means, [11.82, 10.93, 9.89, 8.82], rtol=0, atol=0.02)
    assert table.attrs == {"units": "h", "latitude_deg": 34.0, "day": 15, "year": 2026}
    assert table.index.name == "month"
    assert list(table["name"][:2]) == ["Jan", "Feb"]

    north = access.night_table(36.5)[list(TWILIGHTS_DEG)]
    june, december = north.loc[6].to_numpy(float), north.loc[12].to_numpy(float)
    np.testing.assert_allclose(june, [9.36, 8.35, 7.08, 5.67], rtol=0, atol=0.02)
    np.testing.assert_allclose(december, [14.31, 13.35, 12.28, 11.23], rtol=0, atol=0.02)


@pytest.mark.parametrize(
    ("latitude", "hours"), [(-42.0, 0.1), (0.0, 0.05), (34.0, 0.05), (47.0, 0.1)]
)
@pytest.mark.parametrize("twilight", ["civil", "nautical", "astronomical"])
def test_nights_agree_with_astral(latitude: float, hours: float, twilight: Any) -> None:
    """From dusk to dawn on the 15th of each month, within three minutes up to Iraq, six beyond."""
    observer = Observer(latitude, 0.0)
    depression = -TWILIGHTS_DEG[twilight]
    for month in MONTHS:
        day = datetime(2023, int(month), 15, tzinfo=UTC).date()
        light = sun(observer, date=day, dawn_dusk_depression=depression)
        expected = 24 - (light["dusk"] - light["dawn"]) / timedelta(hours=1)
        found = access.night_hours(latitude, int(month), twilight=twilight)
        assert found == pytest.approx(expected, abs=hours)


@given(
    latitude=st.floats(-90, 90),
    month=st.integers(1, 12),
)
def test_darker_twilights_are_shorter_and_hemispheres_mirror(latitude: float, month: int) -> None:
    """Always between 0 and 24 hours, at the poles too."""
    nights = [
        access.night_hours(latitude, month, twilight=cast("Any", twilight))
        for twilight in TWILIGHTS_DEG
    ]

    assert all(0 <= night <= 24 for night in nights)
    assert nights == sorted(nights, reverse=True)


def test_polar_night_and_midnight_sun_are_whole_days() -> None:
    """Clipped, not undefined."""
    assert access.night_hours(90.0, 6) == 0.0
    assert access.night_hours(90.0, 12) == 24.0
    assert access.night_hours(-80.0, 6) == 24.0
    np.testing.assert_array_equal(access.night_hours(np.array([80.0, -80.0]), 12), [24.0, 0.0])


def test_moon_of_two_nights_of_july_2019() -> None:
    """New on the 2nd, 19:16; full on the 16th, 21:38."""
    new, full = datetime(2019, 7, 2, 19, 16, tzinfo=UTC), datetime(2019, 7, 16, 21, 38, tzinfo=UTC)

    assert moon_illuminated_fraction(new) == pytest.approx(0.0003, abs=5e-5)
    assert moon_illuminated_fraction(full) == pytest.approx(0.997, abs=5e-4)
    baghdad = full.astimezone(timezone(timedelta(hours=3)))
    assert moon_illuminated_fraction(baghdad) == moon_illuminated_fraction(full)
    naive = full.replace(tzinfo=None)
    assert moon_illuminated_fraction(naive) == moon_illuminated_fraction(full)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: access.night_hours(91.0, 1), "latitude_deg must lie between -90 and 90 "),
        (lambda: access.night_hours(float("nan"), 1), "latitude_deg must lie between"),
        (lambda: access.night_hours(34.0, 0), "whole numbers from 1 to 12, got 0"),
        (lambda: access.night_hours(34.0, cast("Any", 1.5)), r"from 1 to 12, got 1\.5"),
        (
            lambda: access.night_hours(34.0, 1, twilight=cast("Any", "naval")),
            "twilight must be one of sunset, civil, nautical, astronomical, got 'naval'",
        ),
        (
            lambda: moon_illuminated_fraction(cast("Any", "2019-07-02")),
            "when must be a datetime.date, a datetime, .* got '2019-07-02'; read text",
        ),
    ],
)
def test_impossible_nights_are_refused(call: Callable[[], Any], message: str) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        call()
