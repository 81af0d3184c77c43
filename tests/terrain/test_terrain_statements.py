"""Terrain kernels against their plain statements and an independent library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from terrain_cases import disc, extended, gradient, raster, rough, tri_wilson

from borderzone import terrain

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray


# The kernels against their plain statements.


@pytest.mark.parametrize("method", ["horn", "zevenbergen_thorne"])
@pytest.mark.parametrize("cell", [(30.0, 30.0), (20.0, 45.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_window_layers_equal_their_statements_in_numpy(
    method: Any, cell: tuple[float, float], dtype: type
) -> None:
    """Rough ground, square cells or not, every cell with the rim."""
    z: FloatArray = rough().astype(dtype)
    wide = extended(z.astype(float), 1)
    dem = raster(z, *cell)
    east, north = gradient(wide, *cell, method)
    views = np.lib.stride_tricks.sliding_window_view(wide, (3, 3)).reshape(*z.shape, 9)
    away = np.delete(views, 4, axis=-1) - views[..., 4:5]
    assert_close: Callable[..., None] = np.testing.assert_allclose

    rtol = 2e-5 if dtype is np.float32 else 5e-7
    steepest = np.degrees(np.arctan(np.hypot(east, north)))
    assert_close(terrain.slope(dem, method=method), steepest, rtol=rtol)
    expected = np.degrees(np.arctan2(-east, -north)) % 360
    turn = (terrain.aspect(dem, method=method) - expected + 180) % 360 - 180
    assert_close(turn, 0, atol=1e-2 if dtype is np.float32 else 1e-4)
    assert_close(terrain.tri_riley(dem), np.sqrt((away**2).sum(-1)), rtol=rtol)
    assert_close(tri_wilson(dem), np.abs(away).mean(-1), rtol=rtol)
    assert_close(terrain.tpi(dem), -away.mean(-1), rtol=rtol, atol=1e-4)


@pytest.mark.parametrize("window", [3, 7])
def test_vrm_equals_its_statement_in_numpy(window: int) -> None:
    """One minus the length of the mean normal."""
    z = rough()
    half = window // 2
    east, north = gradient(extended(z, half + 1), 30.0, 30.0)
    normals = np.stack([-east, -north, np.ones_like(east)]) / np.sqrt(1 + east**2 + north**2)
    means = [
        ndimage.uniform_filter(axis, window)[half : half + 23, half : half + 31] for axis in normals
    ]

    np.testing.assert_allclose(
        terrain.vrm(raster(z, 30.0), window=window), 1 - np.linalg.norm(means, axis=0), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("radius", "hole", "cell"),
    [
        (45.0, 0.0, (30.0, 30.0)),
        (150.0, 0.0, (30.0, 30.0)),
        (300.0, 120.0, (30.0, 30.0)),
        (200.0, 0.0, (20.0, 45.0)),
    ],
)
def test_position_in_a_ring_equals_a_convolution(
    radius: float, hole: float, cell: tuple[float, float]
) -> None:
    """Disc and ring, larger than a tile of the kernel, every cell with the rim."""
    z = rough((90, 300))
    ring = disc(radius, *cell)
    inner = disc(hole, *cell)
    top, left = ((a - b) // 2 for a, b in zip(ring.shape, inner.shape, strict=True))
    ring[top : top + inner.shape[0], left : left + inner.shape[1]] &= ~inner
    halo = max(ring.shape)
    mean = ndimage.convolve(extended(z, halo), ring / ring.sum())[halo:-halo, halo:-halo]

    found = terrain.tpi(raster(z, *cell), radius_m=radius, inner_radius_m=hole)

    np.testing.assert_allclose(found, z - mean, atol=1e-4)


def test_position_within_one_and_a_half_cells_is_that_of_eight_neighbours() -> None:
    """The smallest disc is the default window."""
    dem = raster(rough(), 30.0)

    np.testing.assert_allclose(terrain.tpi(dem, radius_m=45.0), terrain.tpi(dem), atol=1e-4)


@pytest.mark.parametrize(("radius", "cell"), [(60.0, (30.0, 30.0)), (500.0, (20.0, 45.0))])
def test_relief_equals_the_filters_of_scipy(radius: float, cell: tuple[float, float]) -> None:
    """Highest less lowest cell of the disc, larger than a tile, every cell with the rim."""
    z = rough((90, 300))
    footprint = disc(radius, *cell)
    halo = max(footprint.shape)
    wide = extended(z, halo)
    highest = ndimage.maximum_filter(wide, footprint=footprint)
    lowest = ndimage.minimum_filter(wide, footprint=footprint)

    found = terrain.relief(raster(z, *cell), radius_m=radius)

    np.testing.assert_allclose(found, (highest - lowest)[halo:-halo, halo:-halo], rtol=1e-6)


def test_rim_is_that_of_gdaldem() -> None:
    """Beyond a side, twice the rim cell less its inner neighbour, as ``-compute_edges`` does."""
    z = rough()
    row = 2 * z[0] - z[1]
    east, north = gradient(np.vstack([row, z[:2]]), 30.0, 30.0)

    np.testing.assert_allclose(
        terrain.slope(raster(z, 30.0))[0, 1:-1],
        np.degrees(np.arctan(np.hypot(east, north)))[0],
        rtol=1e-6,
    )


@given(
    degrees=st.floats(0.0, 85.0),
    azimuth=st.floats(0.0, 359.9),
    dx=st.floats(0.5, 5000.0),
    dy=st.floats(0.5, 5000.0),
)
@settings(max_examples=60)
def test_any_plane_has_its_own_slope_and_aspect(
    degrees: float, azimuth: float, dx: float, dy: float
) -> None:
    """Whatever its direction and the shape of the cells."""
    row, column = np.mgrid[0:4, 0:5]
    away = column * dx * np.sin(np.radians(azimuth)) - row * dy * np.cos(np.radians(azimuth))
    dem = raster(-np.tan(np.radians(degrees)) * away, dx, dy)

    np.testing.assert_allclose(terrain.slope(dem), degrees, rtol=1e-6, atol=1e-5)
    if degrees > 0.1:
        turn = (terrain.aspect(dem).to_numpy() - azimuth + 180) % 360 - 180
        np.testing.assert_allclose(turn, 0, atol=1e-3)


@given(seed=st.integers(0, 2**32 - 1), turns=st.integers(1, 3))
@settings(max_examples=20)
def test_turning_the_ground_turns_the_layers(seed: int, turns: int) -> None:
    """A quarter turn changes no value of slope, ruggedness, position and relief."""
    z = rough((9, 9), seed).astype(np.float32)
    for layer in (terrain.slope, terrain.tri_riley, terrain.tpi, terrain.vrm):
        straight, turned = layer(raster(z, 30.0)), layer(raster(np.rot90(z, turns), 30.0))
        np.testing.assert_allclose(turned, np.rot90(straight, turns), rtol=1e-4, atol=1e-4)


@given(slope=st.floats(-3, 3), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_position_and_vrm_do_not_grow_out_of_bounds(slope: float, seed: int) -> None:
    """VRM lies in [0, 1), Wilson's index is at most Riley's, relief at least the step to a side."""
    dem = raster(rough((8, 9), seed) + slope * np.arange(9) * 30, 30.0)
    vrm = terrain.vrm(dem).to_numpy()
    relief = terrain.relief(dem, radius_m=45.0).to_numpy()

    assert ((vrm >= 0) & (vrm < 1)).all()
    assert (tri_wilson(dem) <= terrain.tri_riley(dem)).all()
    assert (np.abs(terrain.tpi(dem)) <= relief).all()
