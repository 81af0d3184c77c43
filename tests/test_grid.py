"""The grid: one record of shape, transform and CRS, and what does not lie on it is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from borderzone import Grid
from borderzone.crs import raster_crs
from borderzone.errors import (
    CRSMismatchError,
    GridMismatchError,
    InvalidParameterError,
    NotProjectedError,
    ShapeMismatchError,
)

UTM = CRS(32637)
GRID = Grid(shape=(3, 4), transform=Affine(10, 0, 100, 0, -10, 230), crs=UTM)


def test_coordinates_are_those_of_cell_centres() -> None:
    np.testing.assert_array_equal(GRID.x, [105, 115, 125, 135])
    np.testing.assert_array_equal(GRID.y, [225, 215, 205])
    assert pytest.approx((100, 200, 140, 230)) == GRID.bounds
    assert GRID.cell_area_km2 == 1e-4


def test_a_raster_made_on_a_grid_lies_on_it() -> None:
    raster = GRID.wrap(np.zeros((3, 4), dtype="float32"), name="z", units="m", long_name="height")

    assert Grid.of(raster) == GRID
    assert GRID.check(raster) is raster
    assert raster.attrs["units"] == "m"
    assert CRS(raster["spatial_ref"].attrs["crs_wkt"]) == CRS(raster.attrs["crs"]) == UTM


@given(rows=st.integers(1, 70), columns=st.integers(1, 70), size=st.integers(1, 40))
def test_blocks_cover_every_cell_once(rows: int, columns: int, size: int) -> None:
    """No larger than asked for."""
    grid = Grid(shape=(rows, columns), transform=Affine(1, 0, 0, 0, -1, 0), crs=UTM)
    count = np.zeros(grid.shape, dtype=int)
    for block in grid.blocks(size=size):
        count[block] += 1
        assert max(count[block].shape) <= size

    assert (count == 1).all()


def test_two_systems_that_differ_are_refused() -> None:
    raster = GRID.wrap(np.zeros((3, 4)))
    raster.attrs["crs"] = "EPSG:32638"

    with pytest.raises(CRSMismatchError, match=r"37N.*38N"):
        raster_crs(raster)


def test_a_raster_without_a_system_is_refused() -> None:
    with pytest.raises(CRSMismatchError, match="no CRS"):
        raster_crs(xr.DataArray(np.zeros((2, 2)), dims=("y", "x")))


def test_degrees_are_refused() -> None:
    with pytest.raises(NotProjectedError, match=r"degrees|geographic|projected"):
        Grid(shape=(2, 2), transform=Affine(1, 0, 0, 0, -1, 0), crs=CRS(4326))


@pytest.mark.parametrize(
    "transform",
    [Affine(10, 1, 0, 1, -10, 0), Affine(10, 0, 0, 0, -20, 0), Affine(10, 0, 0, 0, 10, 0)],
    ids=["rotated", "oblong", "south-up"],
)
def test_other_cells_than_square_north_up_ones_are_refused(transform: Affine) -> None:
    with pytest.raises(InvalidParameterError):
        Grid(shape=(2, 2), transform=transform, crs=UTM)


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match=r"\(2, 2\).*\(3, 4\)"):
        GRID.wrap(np.zeros((2, 2)))


@pytest.mark.parametrize(
    "other",
    [
        Grid(shape=(3, 5), transform=GRID.transform, crs=UTM),
        Grid(shape=(3, 4), transform=Affine(10, 0, 103, 0, -10, 230), crs=UTM),
        Grid(shape=(3, 4), transform=GRID.transform, crs=CRS(32638)),
    ],
    ids=["shape", "shifted", "other CRS"],
)
def test_a_raster_of_another_grid_is_refused(other: Grid) -> None:
    with pytest.raises(GridMismatchError, match="elevation"):
        GRID.check(other.wrap(np.zeros(other.shape)), "elevation")


def test_uneven_coordinates_are_refused() -> None:
    raster = GRID.wrap(np.zeros((3, 4))).assign_coords(x=[105, 115, 126, 135])

    with pytest.raises(GridMismatchError, match="x"):
        Grid.of(raster)
