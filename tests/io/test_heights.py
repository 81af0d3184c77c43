"""Heights in memory: what stands for no data is a hole, what is no height is refused, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS
from terrain_cases import layer, raster, rough

import borderzone as bz
from borderzone import io, terrain, visibility
from borderzone.errors import InvalidParameterError, NotProjectedError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

GRID = Grid(shape=(60, 60), transform=Affine(60, 0, 5e5, 0, -60, 4e6), crs=CRS(32637))
TRACK = shapely.LineString([(5e5 + 300, 4e6 - 1800), (5e5 + 3300, 4e6 - 1800)])
READERS: dict[str, Callable[[xr.DataArray], Any]] = {
    "terrain": terrain.slope,
    "lazy terrain": lambda dem: terrain.slope(dem.chunk({"y": 20})).compute(),
    "viewshed": lambda dem: visibility.viewshed(dem, shapely.Point(5e5 + 330, 4e6 - 330)),
    "masked fraction": lambda dem: visibility.masked_fraction(dem, TRACK, max_km=1).f_mask,
    "warp": lambda dem: io.warp(dem, GRID),
}


def ground(**attrs: Any) -> xr.DataArray:
    """Make rough ground around the grid."""
    return raster(rough((130, 130)).astype(np.float32), 30.0, **attrs)


def with_void(value: float, dtype: Any = np.float32) -> xr.DataArray:
    """Put a number in the middle of the ground."""
    dem = ground().astype(dtype)
    dem[20:24, 20:24] = value
    return dem


def same(one: Any, other: Any) -> None:
    """Hold two answers equal, NaN included."""
    np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("reader", READERS)
def test_a_named_void_is_a_hole(reader: str) -> None:
    """By whichever name, as attribute or as encoding."""
    read, hole = READERS[reader], with_void(np.nan)
    expected = read(hole)
    for key in ("_FillValue", "nodata", "missing_value", "nodatavals"):
        fill = (-9999.0,) if key == "nodatavals" else -9999.0
        same(read(with_void(-9999.0).assign_attrs({key: fill})), expected)
        encoded = with_void(-9999.0)
        encoded.encoding[key] = fill
        same(read(encoded), expected)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", [-9999.0, -32768.0, 1e20, np.inf, -np.inf])
def test_what_is_no_height_is_refused(reader: str, value: float) -> None:
    """With the value and its place."""
    with pytest.raises(InvalidParameterError, match=r"heights.*the first in row \d+, column \d+"):
        READERS[reader](with_void(value))


@pytest.mark.parametrize("reader", READERS)
def test_heights_in_another_unit_or_scale_are_refused(reader: str) -> None:
    """Feet; and numbers that were packed."""
    if reader != "warp":  # numbers of any unit may be warped
        with pytest.raises(InvalidParameterError, match="must be in metres, got units 'ft'"):
            READERS[reader](ground(units="ft"))
    with pytest.raises(InvalidParameterError, match=r"has scale_factor 0\.1 that was not applied"):
        READERS[reader](ground(scale_factor=0.1))
    with pytest.raises(
        InvalidParameterError, match="names 'none' as _FillValue; a number is needed"
    ):
        READERS[reader](ground(_FillValue="none"))


def test_whole_metres_are_interpolated_and_classes_are_not() -> None:
    """Terraces of nearest heights would be slopes that are not there."""
    fine = Grid(shape=(90, 90), transform=Affine(10, 0, 5e5, 0, -10, 4e6), crs=CRS(32637))
    row, column = np.mgrid[:60, :60]
    whole = raster((3 * column + 2 * row).astype(np.int16), 30.0)

    warped = io.warp(whole, fine)
    assert warped.dtype == np.float32
    assert float(terrain.slope(warped).max()) < 6.9  # the plane has 6.84 degrees
    classes = io.warp(whole.assign_attrs(units="1"), fine)
    assert classes.dtype == np.int16


def test_a_map_whose_metres_are_none_is_refused() -> None:
    """Web Mercator at 34.5 degrees north; UTM and the frame of a corridor are fine."""
    dem = raster(rough((20, 20)), 30.0).assign_coords(
        y=4.1e6 - np.arange(20) * 30.0, x=4.5e6 + np.arange(20) * 30.0
    )
    for chunks in (None, {"y": 10}):
        mercator = dem.assign_attrs(crs="EPSG:3857")
        with pytest.raises(NotProjectedError, match=r"is 0\.82 m of ground.*io\.warp"):
            terrain.slope(mercator if chunks is None else mercator.chunk(chunks))
    grid = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50, segment_km=50).grid(
        resolution_m=5000
    )
    assert np.isfinite(terrain.slope(bz.datasets.elevation(grid))).any()
    laea = dem.assign_coords(y=3.2e6 - np.arange(20) * 30.0, x=4.3e6 + np.arange(20) * 30.0)
    same(
        terrain.slope(laea.assign_attrs(crs="EPSG:3035").chunk({"y": 7})),
        terrain.slope(laea.assign_attrs(crs="EPSG:3035")),
    )


@pytest.mark.parametrize("radius", [np.nan, np.inf, None, "500", -1.0, 1e9])
def test_impossible_radii_are_refused_lazily_as_they_are_at_once(radius: Any) -> None:
    """With the same words."""
    messages = []
    for dem in (ground(), ground().chunk({"y": 40})):
        with pytest.raises(InvalidParameterError) as refusal:
            terrain.relief(dem, radius_m=radius)
        messages.append(str(refusal.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("sides", [(10.0, 30.0), (30.0, 10.0), (25.0, 30.0)])
def test_cells_that_are_not_square_have_their_own_reach_each_way(
    sides: tuple[float, float],
) -> None:
    """A lazy raster of such cells gives the bits of the whole."""
    dem = raster(rough((90, 110)).astype(np.float32), *sides)
    layers: list[Callable[[xr.DataArray], xr.DataArray]] = [
        lambda q: terrain.relief(q, radius_m=200.0),
        lambda q: terrain.tpi(q, radius_m=200.0),
        lambda q: terrain.tpi(q, inner_radius_m=0.4 * max(sides)),
        layer("incision_m"),
        layer("openness_negative_deg"),
        terrain.geomorphons,
    ]
    for of in layers:
        same(of(dem.chunk({"y": 20, "x": 30})).compute(), of(dem))
