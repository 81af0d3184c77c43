"""Speeds as records: every one has a source, keeps the sign of the gradient, and can be named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import borderzone as bz
from borderzone import access
from borderzone.access.speed import CAMPBELL_2019, campbell_2019, foot
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = access.SPEED_MODELS
WALKERS = [name for name, model in MODELS.items() if model.mode == "foot"]


@pytest.mark.parametrize("name", MODELS)
def test_every_speed_has_a_record_and_can_be_named(name: str) -> None:
    model = MODELS[name]

    assert model.name == name
    assert model.source
    assert model.fails_first
    assert model.heuristic or model.url.startswith("https://")
    speed = model.function(0.0)
    assert isinstance(speed, float)
    assert 1.0 < speed <= 30.0
    grid = bz.Grid.covering((0, 0, 3e3, 1e3), resolution_m=1000, crs=32637)
    post = gpd.GeoSeries.from_xy([500], [500], crs=32637)
    hours = access.travel_time(grid.wrap(np.zeros(grid.shape, np.float32)), post, speed=name)
    assert float(hours[0, -1]) == pytest.approx(2 / speed, rel=1e-5)
    assert hours.attrs["speed"] == name


@pytest.mark.parametrize("name", WALKERS)
def test_walkers_are_quicker_down_than_up(name: str) -> None:
    """At a gentle gradient: the downhill optimum is kept."""
    function = MODELS[name].function

    assert function(-0.05) > function(0.05)


@pytest.mark.parametrize(
    ("name", "gradient", "km_h"),
    [
        ("tobler", -0.5, 1.242045),
        ("tobler", 0.2, 2.501172),
        ("tobler_off_path", -0.5, 0.745227),
        ("tobler_off_path", 0.1, 2.129599),
        ("irmischer_clarke", -0.05, 2.795970),
        ("irmischer_clarke", 0.2, 2.239318),
        ("irmischer_clarke_on_road", -0.5, 1.564749),
        ("irmischer_clarke_on_road", 0.1, 3.572989),
        ("irmischer_clarke_female", 0.0, 0.95 * 2.802646),
        ("irmischer_clarke_on_road_female", 0.2, 0.95 * 2.939934),
        ("campbell_2019", np.tan(np.radians(10)), 3.6 * 0.79125),
        ("campbell_2019_p5", np.tan(np.radians(-10)), 3.6 * 0.95907),
        ("campbell_2019_p10", 0.0, 3.6 * 1.32017),
        ("campbell_2019_p50", 0.0, 3.6 * 2.55194),
        ("tracked_off_road", 0.225, 15.0),
        ("wheeled_off_road", 0.15, 15.0),
        ("wheeled_off_road", 0.31, 0.0),
    ],
    ids=range(17),
)
def test_speeds_of_the_reference_table(name: str, gradient: float, km_h: float) -> None:
    assert MODELS[name].function(gradient) == pytest.approx(km_h, abs=2e-5)


def test_faster_percentiles_are_faster() -> None:
    speeds = [campbell_2019(0.0, percentile=p) for p in CAMPBELL_2019]

    assert (np.diff(speeds) > 0).all()


def test_series_rasters_and_lazy_rasters_come_back_as_they_were() -> None:
    gradients = np.linspace(-0.3, 0.3, 7)
    series = pd.Series(gradients, index=list("abcdefg"))
    raster = xr.DataArray(gradients.reshape(1, 7), dims=("y", "x"))
    expected = foot(gradients)

    assert foot(series).index.tolist() == list("abcdefg")
    np.testing.assert_array_equal(foot(series), expected)
    np.testing.assert_array_equal(foot(raster)[0], expected)
    lazy = foot(raster.chunk({"x": 3}))
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy[0], expected)


def test_the_dark_slows_by_its_factor_and_says_so() -> None:
    dark = access.at_night("vehicle_off_road")

    assert dark(0.1) == pytest.approx(0.5 * access.vehicle_off_road(0.1))
    assert dark.name == "vehicle_off_road_at_night_0.5"
    mine = access.at_night(lambda s: 4.0 - s, mode="foot", factor=0.7)
    assert mine(0.0) == pytest.approx(2.8)


@pytest.mark.parametrize("units", ["degree", "degrees", "deg", "%", "percent", "radians"])
def test_a_raster_that_says_it_holds_angles_is_refused(units: str) -> None:
    """However gentle they are."""
    slope = xr.DataArray(np.full((2, 2), 2.0), dims=("y", "x"), attrs={"units": units})
    with pytest.raises(InvalidParameterError, match="rise over run"):
        foot(slope)


def test_a_column_named_in_degrees_is_refused() -> None:
    """A table has its units in the names of its columns."""
    with pytest.raises(InvalidParameterError, match=r"in degrees; give numpy\.tan"):
        foot(pd.Series([0.1, 2.0], name="slope_deg"))


@pytest.mark.parametrize("value", [None, "steep", True, [0.1, "x"], object()], ids=range(5))
@pytest.mark.parametrize("name", ["foot", "tobler", "vehicle_off_road", "naismith_langmuir"])
def test_what_is_no_gradient_is_refused(name: str, value: Any) -> None:
    function: Callable[[Any], Any] = MODELS[name].function
    with pytest.raises(InvalidParameterError, match="gradient must be a number"):
        function(value)


def test_a_record_is_of_somebody_on_foot_or_in_a_vehicle() -> None:
    with pytest.raises(InvalidParameterError, match="mode"):
        replace(MODELS["foot"], mode="camel")
