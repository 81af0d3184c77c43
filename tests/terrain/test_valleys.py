"""Incision, wadis, ridges and pans: ground carved by hand, and plain statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import ndimage
from terrain_cases import centre, extended, incision, plane, raster, rough

from borderzone import terrain
from borderzone.errors import InvalidParameterError
from borderzone.terrain.landforms import (
    pans_reach,
    ridges_reach,
    wadis_reach,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

CELL_M = 30.0


def groove(depth: float, half_width: float, *, slope: float = 0.0, cells: int = 61) -> Any:
    """Valley that runs north, V-shaped, in a plane that rises to the north."""
    y, x = np.mgrid[:cells, :cells] * CELL_M
    across = np.abs(x - x.mean())
    return raster(-depth * np.maximum(0, 1 - across / half_width) - slope * y + 500.0, CELL_M)


def meander(depth: float, cells: int = 240) -> tuple[Any, Any]:
    """Rough ground with a winding groove of 8 cells from rim to rim; and the cells of its bed."""
    rng = np.random.default_rng(4)
    ground = 120 * ndimage.gaussian_filter(rng.normal(size=(cells, cells)), 8)
    ground += 3 * ndimage.gaussian_filter(rng.normal(size=(cells, cells)), 1)
    y, x = np.mgrid[:cells, :cells].astype(float)
    bed = np.ones((cells, cells), bool)
    down = np.linspace(0, cells - 1, 20 * cells)
    way = cells / 2 + cells / 5 * np.sin(down / 22) + cells / 12 * np.sin(down / 9)
    bed[np.round(down).astype(int), np.round(way).astype(int)] = False
    away = ndimage.distance_transform_edt(bed)
    carved = ground - depth * np.maximum(0, 1 - away / 4) - 0.02 * x * CELL_M / 30 + 0.01 * y
    return raster((carved + 600).astype(np.float32), CELL_M), ~bed


@pytest.mark.parametrize("cell", [(30.0, 30.0), (20.0, 45.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_incision_equals_its_statement_in_numpy(cell: tuple[float, float], dtype: type) -> None:
    """Whole-array shifts; square cells or not; every cell with the rim."""
    z: FloatArray = rough().astype(dtype)
    dx, dy = cell
    halo, radius = 8, 140.0
    wide = extended(z.astype(float), halo)

    def highest_rise(down: int, right: int) -> Any:
        run = np.hypot(down * dy, right * dx)
        return np.max(
            [
                np.roll(wide, (-k * down, -k * right), (0, 1))[halo:-halo, halo:-halo] - z
                for k in range(1, int(radius / run) + 1)
            ],
            axis=0,
        )

    pairs = [
        np.minimum(highest_rise(down, right), highest_rise(-down, -right))
        for down, right in ((0, 1), (1, 0), (1, 1), (-1, 1))
    ]
    expected = np.maximum(np.max(pairs, axis=0), 0)

    found = incision(raster(z, *cell), radius_m=radius)

    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)
    assert (expected == 0).any()
    assert (expected > 50).any()


def test_incision_of_a_plane_is_nothing_and_of_a_groove_its_depth() -> None:
    """Whether the groove lies level or runs down a slope."""
    assert (incision(plane(0.25, -0.5), radius_m=200.0) == 0).all()
    for slope in (0.0, 0.03):
        dem = groove(12.0, 120.0, slope=slope)
        assert centre(incision(dem, radius_m=200.0)) == pytest.approx(12.0, abs=1e-3)
    assert centre(incision(groove(12.0, 120.0), radius_m=60.0)) == pytest.approx(6.0)


def test_incision_of_a_carved_groove_is_its_depth_but_for_the_roughness() -> None:
    """Ground of 1 m standard deviation or so adds the highest of its bumps, never takes away much."""
    rng = np.random.default_rng(1)
    bumps = ndimage.gaussian_filter(rng.normal(size=(61, 61)), 1)
    dem = groove(20.0, 150.0)
    dem = dem.copy(data=dem.to_numpy() + bumps)

    found = incision(dem, radius_m=300.0).to_numpy()[10:-10, 30]

    assert (found > 19.0).all()
    assert (found < 22.0).all()
    assert np.median(found) == pytest.approx(20.3, abs=0.7)


def test_a_winding_wadi_in_rough_ground_is_found() -> None:
    """Nearly its whole bed, at most a cell aside, and little else once depth is asked for."""
    dem, bed = meander(depth=10.0)

    found = terrain.wadis(dem, search_m=300.0, min_depth_m=6.0)

    wadi = found["wadi"].to_numpy() == 1
    beside = ndimage.binary_dilation(wadi, np.ones((3, 3), bool))
    in_groove = ndimage.distance_transform_edt(~bed) < 4
    recall, precision = beside[bed].mean(), in_groove[wadi].mean()
    assert recall > 0.97
    assert precision > 0.85
    shallow = terrain.wadis(dem, search_m=300.0, min_depth_m=0.0)["wadi"].to_numpy() == 1
    assert shallow.sum() > 3 * wadi.sum()
    assert (shallow | ~wadi).all()


def test_wadi_is_form_and_depth() -> None:
    """The mask is what its two parts say, and both come along."""
    dem = raster(rough((60, 50), size=4.0), CELL_M)
    forms = terrain.geomorphons(dem, search_m=150.0, flat_deg=2.0)
    depth = incision(dem, radius_m=150.0)

    found = terrain.wadis(dem, search_m=150.0, min_depth_m=5.0, flat_deg=2.0)

    expected = np.isin(forms, [7, 9, 10]) & (depth.to_numpy() >= 5.0)
    np.testing.assert_array_equal(found["wadi"] == 1, expected)
    np.testing.assert_array_equal(found["incision_m"], depth)
    assert 0 < expected.sum() < np.isin(forms, [7, 9, 10]).sum()


def test_a_ridge_is_found_along_its_crest() -> None:
    """The groove turned over."""
    dem = groove(12.0, 120.0)
    crest = (-dem).assign_attrs(dem.attrs)

    found = terrain.ridges(crest, search_m=200.0).to_numpy()

    assert (found[:, 30] == 1).all()
    assert (found[:, 20] == 0).all()
    assert not (terrain.ridges(dem, search_m=200.0) == 1).to_numpy()[:, 30].any()


def test_a_pan_is_flat_and_has_little_relief() -> None:
    """A long gentle slope is flat by its angle but no pan."""
    gentle = plane(0.01, 0.0, CELL_M, (20, 40))

    assert (terrain.geomorphons(gentle, search_m=300.0) == 1).all()
    assert (terrain.pans(gentle, search_m=300.0, max_relief_m=2.0) == 0).all()
    assert (terrain.pans(gentle, search_m=300.0, max_relief_m=6.1) == 1).all()
    assert (terrain.pans(plane(0.1, 0.0), search_m=90.0, max_relief_m=1e3) == 0).all()


@pytest.mark.parametrize(
    ("mask", "reach"),
    [
        (lambda dem, **options: terrain.wadis(dem, **options)["wadi"], wadis_reach),
        (terrain.ridges, ridges_reach),
        (terrain.pans, pans_reach),
    ],
    ids=["wadis", "ridges", "pans"],
)
def test_masks_tell_the_unknown_and_keep_within_their_reach(
    mask: Callable[..., Any], reach: Callable[..., int]
) -> None:
    """255 around a hole; nothing changes beyond the reach, and something does at the reach."""
    z = rough((61, 61), size=1.0)
    dem = raster(z, CELL_M)
    holed = z.copy()
    holed[30, 30] = np.nan

    whole = mask(dem, search_m=150.0)
    found = mask(raster(holed, CELL_M), search_m=150.0)

    changed = np.argwhere(found.to_numpy() != whole.to_numpy())
    assert np.abs(changed - 30).max() == reach(cell_m=CELL_M, search_m=150.0)
    assert set(np.unique(found)) <= {0, 1, 255}
    assert int(found[30, 30]) == 255
    assert found.dtype == np.uint8
    assert found.attrs["_FillValue"] == 255
    assert found.attrs["flag_values"] == [0, 1, 255]
    assert found.attrs["search_m"] == 150.0
    assert found.attrs["crs"] == whole.attrs["crs"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dem: incision(dem, radius_m=44.0), "1.5 cells, which is 45 m .* got 44"),
        (lambda dem: terrain.wadis(dem, search_m=20.0), "1.5 cells, which is 45 m .* got 20"),
        (lambda dem: terrain.wadis(dem, min_depth_m=-1.0), "min_depth_m must be"),
        (lambda dem: terrain.ridges(dem, search_m=np.nan), "search_m must be a finite"),
        (lambda dem: terrain.pans(dem, max_relief_m=0.0), "max_relief_m must be"),
    ],
)
def test_impossible_options_are_refused(call: Callable[..., Any], message: str) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        call(raster(rough(), CELL_M))
