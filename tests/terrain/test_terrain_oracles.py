"""Terrain derivatives beside GDAL, GRASS and xDEM, on the same seeded ground."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from places import ORACLES
from terrain_cases import (
    plan_curvature,
    profile_curvature,
    raster,
    roughness,
    total_curvature,
    tri_wilson,
)

from borderzone import terrain

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

INNER = (slice(1, -1),) * 2


@pytest.fixture(scope="module")
def oracle() -> Any:
    """Heights and what other programs make of them: scripts/oracles_terrain.py."""
    with np.load(ORACLES / "terrain.npz") as found:
        return dict(found)


@pytest.fixture(scope="module")
def dem(oracle: Any) -> xr.DataArray:
    """Put the same heights into a raster."""
    return raster((oracle["heights_dm"] / 10).astype(np.float32), float(oracle["cell_m"]))


ZEVENBERGEN_THORNE: dict[str, Any] = {"method": "zevenbergen_thorne"}


# Tolerances are a few times the difference that was found: what float32 heights leave open.
@pytest.mark.parametrize(
    ("name", "layer", "scale", "atol"),
    [
        ("gdal_slope_horn", terrain.slope, 1, 5e-5),
        ("grass_slope", terrain.slope, 1, 1e-5),
        ("gdal_slope_zevenbergen_thorne", partial(terrain.slope, **ZEVENBERGEN_THORNE), 1, 1e-5),
        ("gdal_tri_riley", terrain.tri_riley, 1, 5e-6),
        ("gdal_tri_wilson", tri_wilson, 1, 0),
        ("gdal_tpi", terrain.tpi, 1, 4e-5),
        ("gdal_roughness", roughness, 1, 0),
        ("xdem_roughness", roughness, 1, 0),
        # xDEM gives hundredths, and of the total curvature twice the Laplacian.
        ("xdem_profile_curvature", profile_curvature, 100, 5e-7),
        ("xdem_planform_curvature", plan_curvature, 100, 1e-5),
        ("xdem_curvature", total_curvature, 200, 5e-7),
    ],
)
def test_layers_are_those_of_other_programs(
    oracle: Any,
    dem: xr.DataArray,
    name: str,
    layer: Callable[..., xr.DataArray],
    scale: float,
    atol: float,
) -> None:
    """On rough ground with a plain; every cell that has its neighbours."""
    theirs, ours = oracle[name][INNER], scale * layer(dem).to_numpy()[INNER]

    assert np.ptp(theirs) > 1
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("name", "options", "atol"),
    [
        ("gdal_aspect_horn", {}, 2e-3),
        ("gdal_aspect_zevenbergen_thorne", ZEVENBERGEN_THORNE, 1e-4),
        ("grass_aspect", {}, 1e-4),
    ],
)
def test_aspects_are_those_of_other_programs(
    oracle: Any, dem: xr.DataArray, name: str, options: Any, atol: float
) -> None:
    """GDAL's arctangent is coarse on nearly level ground; where it finds none, there is none."""
    theirs, ours = oracle[name][INNER], terrain.aspect(dem, **options).to_numpy()[INNER]
    known = theirs != -9999

    np.testing.assert_array_equal(np.isfinite(ours), known)
    assert 0 < (~known).mean() < 0.5
    apart = np.abs((ours - theirs + 180) % 360 - 180)[known]
    assert apart.max() < atol


def test_hillshade_is_that_of_gdal(oracle: Any, dem: xr.DataArray) -> None:
    """GDAL rounds to a byte from 1 to 255."""
    ours = 1 + 254 * terrain.hillshade(dem).to_numpy()[INNER]

    np.testing.assert_allclose(ours, oracle["gdal_hillshade"][INNER], rtol=0, atol=0.501)


def test_discs_are_those_of_grass(oracle: Any, dem: xr.DataArray) -> None:
    """Relief and position within seven cells, by the mean and the extremes of r.neighbors."""
    k = int(oracle["disc_cells"])
    radius_m, inner = k * float(oracle["cell_m"]), (slice(k, -k),) * 2
    row, column = np.mgrid[-k : k + 1, -k : k + 1]
    cells = np.count_nonzero(row**2 + column**2 <= k**2)
    # Their mean holds the cell itself, ours does not.
    z = dem.to_numpy().astype(float)
    position = (z - oracle["grass_mean"]) * cells / (cells - 1)
    relief = oracle["grass_highest"] - oracle["grass_lowest"]

    np.testing.assert_array_equal(
        terrain.relief(dem, radius_m=radius_m).to_numpy()[inner], relief[inner]
    )
    np.testing.assert_allclose(
        terrain.tpi(dem, radius_m=radius_m).to_numpy()[inner], position[inner], atol=2e-5
    )


def test_curvatures_of_a_sphere_are_one_over_its_radius() -> None:
    """A closed form: every normal section of a sphere bends alike."""
    row, column = np.mgrid[-40:41, -40:41] * 1.0
    sphere = raster(np.sqrt(1000.0**2 - (column - 300) ** 2 - (row + 200) ** 2), 1.0)

    for of in (profile_curvature, total_curvature):
        assert (of(sphere)[INNER] > 0).all()
    np.testing.assert_allclose(profile_curvature(sphere)[40, 40], 1e-3, rtol=1e-3)
    # A contour of the sphere is a circle as far from the axis as the place.
    np.testing.assert_allclose(plan_curvature(sphere)[40, 40], 1 / np.hypot(300, 200), rtol=1e-3)


def test_curvatures_of_a_plane_and_of_level_ground_are_nothing() -> None:
    """To the rim and to the last bit, as the heights are exact."""
    row, column = np.mgrid[:9, :11] * 32.0

    for z in (0.5 * column - 0.25 * row, np.full((9, 11), 70.0)):
        for of in (profile_curvature, plan_curvature, total_curvature):
            assert float(np.abs(of(raster(z, 32.0))).max()) == 0.0
