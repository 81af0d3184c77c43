"""Terrain derivatives: reference values, the rim, gaps and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import xarray as xr
from scipy import ndimage
from terrain_cases import WINDOW, centre, disc, gradient, plane, raster, rough, tri_wilson

from borderzone import terrain
from borderzone._kernels import focal
from borderzone.errors import (
    CRSMismatchError,
    GridMismatchError,
    InvalidParameterError,
    NotProjectedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable


# Slope and aspect of two published 3 x 3 examples.


def test_horn_and_zevenbergen_thorne_give_the_published_slopes() -> None:
    """ESRI's documented example, 5 m cells."""
    dem = raster([[50.0, 45, 50], [30, 30, 30], [8, 10, 10]], 5.0)

    assert centre(terrain.slope(dem)) == pytest.approx(75.257658, abs=8e-6)
    assert centre(terrain.slope(dem, method="zevenbergen_thorne")) == pytest.approx(
        74.054604, abs=8e-6
    )


def test_horn_and_zevenbergen_thorne_give_the_published_aspects() -> None:
    """ESRI's documented example; the size of the cell does not matter."""
    dem = raster([[101.0, 92, 85], [101, 92, 85], [101, 91, 84]], 5.0)

    assert centre(terrain.aspect(dem)) == pytest.approx(92.642545, abs=8e-6)
    assert centre(terrain.aspect(dem, method="zevenbergen_thorne")) == pytest.approx(
        93.576334, abs=8e-6
    )


def test_the_arctangent_is_as_good_as_float32_can_say() -> None:
    """A polynomial; its largest relative error is below half a unit in the last place of float32."""
    gradient = np.concatenate([np.logspace(-6, 4, 20_001), [1.0, 0.99999994, 1.0000001]])
    cell = 32.0
    z = np.array([-1.0, 0.0, 1.0])[None, :, None] * gradient[None, None, :] * cell
    # One plane for each gradient, side by side along a third axis that is cut here.
    slopes = np.array(
        [
            float(terrain.slope(raster(np.tile(z[:, :, k], (3, 1)), cell))[1, 1])
            for k in range(0, gradient.size, 101)
        ]
    )
    exact = np.degrees(np.arctan(gradient[::101]))

    np.testing.assert_allclose(slopes, exact, rtol=9e-8)


def test_ruggedness_of_the_published_matrix() -> None:
    """Riley's and Wilson's index of the second example."""
    dem = raster([[101.0, 92, 85], [101, 92, 85], [101, 91, 84]])

    assert centre(terrain.tri_riley(dem)) == pytest.approx(20.149442, abs=2e-6)
    assert centre(tri_wilson(dem)) == pytest.approx(6.25)


@pytest.mark.parametrize(
    ("east", "north", "slope"), [(0.1, 0.0, 5.710593), (0.0, 0.1, 5.710593), (0.3, 0.4, 26.565051)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_plane_keeps_its_slope_to_the_rim(
    east: float, north: float, slope: float, dtype: type
) -> None:
    """Every cell, corners included."""
    dem = plane(east, north).astype(dtype)

    # What float32 heights near 900 m can say at 30 m cells.
    atol = 2e-6 if dtype is np.float64 else 2e-4
    np.testing.assert_allclose(terrain.slope(dem), slope, rtol=0, atol=atol)
    np.testing.assert_allclose(
        terrain.slope(dem, method="zevenbergen_thorne"), slope, rtol=0, atol=atol
    )


def test_plane_has_its_ruggedness_and_no_position() -> None:
    """Plane of gradient 0.1, 30 m cells, every cell."""
    dem = plane(0.1, 0.0)

    np.testing.assert_allclose(terrain.tri_riley(dem), 7.348469, rtol=0, atol=1e-6)
    np.testing.assert_allclose(tri_wilson(dem), 2.25, rtol=1e-6)
    np.testing.assert_allclose(terrain.tpi(dem), 0.0, atol=1e-5)
    np.testing.assert_allclose(terrain.tpi(dem, radius_m=95.0), 0.0, atol=1e-5)


def test_plane_has_the_same_relief_everywhere() -> None:
    """Beyond the rim the plane goes on, so relief does not fall off towards it."""
    np.testing.assert_allclose(terrain.relief(plane(0.1, 0.0), radius_m=60.0), 12.0, rtol=1e-6)


def test_unit_spike() -> None:
    """One cell a metre above flat ground."""
    dem = raster(np.diag([0.0, 0, 1, 0, 0]) * np.eye(5), 10.0)

    assert centre(terrain.tri_riley(dem)) == pytest.approx(2.828427, abs=1e-6)
    assert centre(tri_wilson(dem)) == pytest.approx(1.0)
    assert centre(terrain.tpi(dem)) == pytest.approx(1.0)
    assert centre(terrain.relief(dem, radius_m=20.0)) == pytest.approx(1.0)


def test_position_of_the_top_of_a_cone() -> None:
    """Gradient 0.2, 10 m cells."""
    row, column = np.mgrid[-3:4, -3:4] * 10.0
    dem = raster(-0.2 * np.hypot(row, column), 10.0)

    assert centre(terrain.tpi(dem)) == pytest.approx(2.414214, abs=1e-6)


@pytest.mark.parametrize("slope", [(0.0, 0.0), (0.5, -0.25), (1.5, 1.5)])
def test_vrm_of_constant_slope_is_exactly_nothing(slope: tuple[float, float]) -> None:
    """Steep but even ground is not rugged: not even in the last bit, as heights are exact here."""
    assert float(np.abs(terrain.vrm(plane(*slope, cell=32.0))).max()) == 0.0


def test_vrm_of_a_trough_with_thirty_degree_walls() -> None:
    """Three normals 30 degrees to the east, three up, three 30 degrees to the west."""
    wall = 2 * np.tan(np.radians(30.0))
    dem = raster(np.tile([wall, 0.0, 0.0, 0.0, wall], (5, 1)))

    assert centre(terrain.vrm(dem)) == pytest.approx(0.089316398, abs=1e-8)


def test_vrm_of_normals_of_which_one_leans_at_45_degrees() -> None:
    """One cell of nine, which no heights give under Horn's weights, but four neighbours do."""
    z = np.zeros((5, 5))
    z[::2, 1], z[::2, 3] = -1.0, 1.0
    east, north = gradient(z, 1.0, 1.0, "zevenbergen_thorne")
    np.testing.assert_array_equal(np.hypot(east, north), np.eye(3)[1] * np.eye(3)[1][:, None])

    out = np.empty((1, 1), np.float32)
    numbers = focal.constants(z.dtype, (0.0, 1.0, 0.5, 0.5))
    focal.vector_ruggedness(z, numbers, 1, 0, 0, out)

    assert float(out[0, 0]) == pytest.approx(0.029358692, abs=2e-9)


# What holds for every layer.


@pytest.mark.parametrize("layer", WINDOW)
def test_gap_spreads_to_its_eight_neighbours(layer: Callable[..., xr.DataArray]) -> None:
    """A cell without height leaves a hole of 3 x 3, whatever the method makes of the centre."""
    z = rough((9, 9))
    z[4, 4] = np.nan
    z[0, 8] = np.nan
    expected = ndimage.binary_dilation(np.isnan(z), np.ones((3, 3), bool))

    np.testing.assert_array_equal(np.isnan(layer(raster(z, 30.0))), expected)
    if layer in (terrain.slope, terrain.aspect):
        other = layer(raster(z, 30.0), method="zevenbergen_thorne")
        np.testing.assert_array_equal(np.isnan(other), expected)


def test_gap_spreads_as_far_as_the_neighbourhood_reaches() -> None:
    """VRM takes normals of 3 x 3 cells from 3 x 3 cells; a disc reaches its radius."""
    z = rough((31, 33))
    z[15, 16] = np.nan
    dem = raster(z, 30.0)
    square = ndimage.binary_dilation(np.isnan(z), np.ones((5, 5), bool))
    round_hole = ndimage.binary_dilation(np.isnan(z), disc(150.0, 30.0, 30.0))

    np.testing.assert_array_equal(np.isnan(terrain.vrm(dem)), square)
    np.testing.assert_array_equal(np.isnan(terrain.relief(dem, radius_m=150.0)), round_hole)
    np.testing.assert_array_equal(np.isnan(terrain.tpi(dem, radius_m=150.0)), round_hole)
    ring = terrain.tpi(dem, radius_m=150.0, inner_radius_m=60.0)
    np.testing.assert_array_equal(np.isnan(ring), round_hole)


@pytest.mark.parametrize("axes", ["y", "x", "yx"])
def test_a_raster_that_runs_the_other_way_has_the_same_slopes_and_directions(axes: str) -> None:
    """Directions come from the coordinates, not from the order of rows and columns."""
    dem = raster(rough(), 30.0)
    flipped = dem.isel({axis: slice(None, None, -1) for axis in axes})

    for layer in (terrain.slope, terrain.aspect):
        xr.testing.assert_allclose(
            layer(flipped).sortby("y", ascending=False).sortby("x"), layer(dem), rtol=1e-5
        )


def test_attributes_take_relief_within_what_the_cells_allow() -> None:
    """1 km where cells are small, 1.5 cells where they are not; the layer says which."""
    z = rough((70, 70))
    for cell_m, radius_m in ((30.0, 1000.0), (2000.0, 3000.0)):
        relief = terrain.attributes(raster(z, cell_m), layers="relief_m")["relief_m"]
        assert relief.attrs["radius_m"] == radius_m


def test_layers_carry_coordinates_crs_and_units() -> None:
    """And the elevation is as it was."""
    dem = raster(rough(), 30.0)
    before = dem.copy(deep=True)
    units = {"slope_deg": "degrees", "aspect_deg": "degrees", "vrm": "1"}

    for name, layer in terrain.attributes(dem).items():
        np.testing.assert_array_equal(layer["x"], dem["x"])
        np.testing.assert_array_equal(layer["y"], dem["y"])
        assert layer.attrs["units"] == units.get(str(name), "m")
        assert "UTM zone 37N" in layer.attrs["crs"]
        assert layer.coords["spatial_ref"].attrs["crs_wkt"] == layer.attrs["crs"]
        assert layer.attrs["long_name"]
    xr.testing.assert_identical(dem, before)


def test_integer_heights_are_heights() -> None:
    """Most files hold whole metres."""
    z = rough().astype(np.int16)

    np.testing.assert_array_equal(
        terrain.slope(raster(z, 30.0)), terrain.slope(raster(z.astype(np.float32), 30.0))
    )


def test_neighbourhood_larger_than_the_raster_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Most of it would be extrapolated."""
    dem = plane(0.1, 0.0)
    with caplog.at_level("WARNING", logger="borderzone"):
        relief = terrain.relief(dem, radius_m=600.0)

    np.testing.assert_allclose(relief, 120.0, rtol=1e-5)
    assert "larger than the raster of 7 x 8 cells" in caplog.text


@pytest.mark.parametrize("layer", [*WINDOW, terrain.vrm, terrain.relief, terrain.hillshade])
def test_degrees_are_refused_with_the_call_that_projects(
    layer: Callable[..., xr.DataArray],
) -> None:
    """Slopes of metres over degrees are nonsense."""
    dem = raster(rough(), 0.01).assign_attrs(crs="EPSG:4326")

    with pytest.raises(
        NotProjectedError, match=r"borderzone\.io\.warp\(raster, corridor\.grid\(resolution_m="
    ):
        layer(dem)


def test_feet_and_missing_crs_are_refused() -> None:
    """Neither the plane nor the heights may be in feet; without CRS nothing is known."""
    dem = raster(rough(), 30.0)

    with pytest.raises(NotProjectedError, match="US survey foot"):
        terrain.slope(dem.assign_attrs(crs="EPSG:2263"))
    with pytest.raises(InvalidParameterError, match="must be in metres, got units 'ft'"):
        terrain.slope(dem.assign_attrs(units="ft"))
    with pytest.raises(CRSMismatchError, match="has no CRS"):
        terrain.slope(dem.drop_attrs())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dem: terrain.slope(dem, method=cast("Any", "sobel")), "method must be one of horn"),
        (lambda dem: terrain.vrm(dem, window=1), "window must be a whole number, 3 or more"),
        (lambda dem: terrain.vrm(dem, window=4), "odd number of cells, 3 at least, got 4"),
        (lambda dem: terrain.tpi(dem, radius_m=40.0), "1.5 cells, which is 45 m .* got 40"),
        (lambda dem: terrain.relief(dem, radius_m=44.0), "1.5 cells, which is 45 m .* got 44"),
        (lambda dem: terrain.relief(dem, radius_m=np.nan), "radius_m must be a finite number"),
        (
            lambda dem: terrain.tpi(dem, radius_m=90.0, inner_radius_m=90.0),
            "inner_radius_m must leave a ring",
        ),
        (lambda dem: terrain.attributes(dem, layers=["slope"]), "did you mean 'slope_deg'"),
        (lambda dem: terrain.attributes(dem, layers=[]), "at least one of slope_deg"),
        (
            lambda dem: terrain.hillshade(dem, altitude_deg=95.0),
            "altitude_deg must lie between 0 and 90, 0 left out",
        ),
        (lambda dem: terrain.hillshade(dem, azimuth_deg=np.inf), "azimuth_deg must be a finite"),
        (lambda dem: terrain.slope(dem.to_numpy()), "must be an xarray.DataArray, got ndarray"),
    ],
)
def test_impossible_options_are_refused(call: Callable[..., Any], message: str) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        call(raster(rough(), 30.0))


def test_rasters_of_another_form_are_refused() -> None:
    """Turned, too small or uneven."""
    dem = raster(rough(), 30.0)

    with pytest.raises(GridMismatchError, match=r"needs dimensions \('y', 'x'\)"):
        terrain.slope(dem.T)
    with pytest.raises(GridMismatchError, match="at least 2 x 2 cells"):
        terrain.slope(dem[:1])
    with pytest.raises(GridMismatchError, match=r"y coordinates .* not evenly spaced"):
        terrain.slope(dem.isel(y=[0, 1, 3]))
