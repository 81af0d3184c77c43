"""Where a raster may come in: a map whose metres are metres, whichever way its rows run."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from front_door_cases import World, call, doors, valid_call
from pyproj import CRS, Geod, Transformer

import borderzone as bz
from borderzone.crs import check_metric
from borderzone.errors import (
    CRSMismatchError,
    GridMismatchError,
    InvalidParameterError,
    NotProjectedError,
)

DOORS = {
    name: door
    for name, door in doors().items()
    if any("xr.Data" in str(p.annotation) for p in inspect.signature(door).parameters.values())
}
# Rasters that a valid call can do without.
FURTHER: dict[str, dict[str, Callable[[World], Any]]] = {
    "access.travel_time": {"surface_factor": lambda w: w.surface["surface_factor"]},
    "difficulty.flagged_share": {"cave_prone": lambda w: w.flags["cave_prone"]},
    "difficulty.calibrate": {"cells": lambda w: w.cells},
    "incidents.enrichment": {"flags": lambda w: w.dem > 900},
    "incidents.enrichment_table": {"flags": lambda w: w.dem > 900},
    "incidents.event_probabilities": {"weight": lambda w: w.dem},
    "incidents.ground_counts": {
        "flags": lambda w: w.flags,
        "attrs": lambda w: w.attrs,
        "hours": lambda w: w.hours,
    },
    "incidents.on_ground": {
        "hours": lambda w: w.hours,
        "weight": lambda w: w.dem,
    },
    "incidents.overlay": {"weight": lambda w: w.dem},
    "io.open_classes": {"source": lambda w: w.classes},
    "io.open_dem": {"source": lambda w: w.dem},
    "patrol.answered_effort": {"speed": lambda w: w.dem / 250},
    "posts.barrier": {
        "chainage_km": lambda w: w.cells["chainage_km"],
        "fields": lambda w: (w.cells["chainage_km"] >= 0).expand_dims(post=3),
        "cell_m": lambda _: None,
    },
    "terrain.surface": {"aridity": lambda w: w.dem / 1e4},
    "visibility.who_sees": {"targets": lambda w: w.fine > 900},
}
# Answers at a cell stand on that cell alone, or weights on any map: no length is measured.
NO_LENGTH = {
    "Border.country_of_cells",
    "terrain.mask_prior",
    "incidents.event_probabilities",
    "incidents.overlay",
    "io.open_classes",
    "io.open_dem",
    "io.warp",
    "stream.raster_like",
}
Change = Callable[[Any], Any]


def _northward(raster: Any) -> Any:
    return raster.isel(y=slice(None, None, -1))


def _westward(raster: Any) -> Any:
    return raster.isel(x=slice(None, None, -1))


def _lazy_both_ways(raster: Any) -> Any:
    return _northward(_westward(raster)).chunk({"y": 16, "x": 23})


def _big_endian(raster: Any) -> Any:
    """Numbers as NetCDF and SRTM keep them."""
    if isinstance(raster, xr.Dataset):
        return raster.map(_big_endian, keep_attrs=True)
    return raster.astype(raster.dtype.newbyteorder(">"))


def _in_a_stack(raster: Any) -> Any:
    """One band, as rioxarray opens a file."""
    return raster.expand_dims("band")


def _web_mercator(raster: Any) -> Any:
    """Lay a raster at 34 degrees north, where a metre of this map is 0.83 m of ground."""
    moved = raster.assign_coords(y=raster["y"] - raster["y"].mean() + 4.03e6)
    spatial_ref = xr.DataArray(np.int64(0), attrs={"crs_wkt": CRS(3857).to_wkt()})
    moved = moved.assign_coords(spatial_ref=spatial_ref)
    layers = moved.data_vars.values() if isinstance(moved, xr.Dataset) else ()
    for one in (moved, *layers):
        one.attrs["crs"] = CRS(3857).to_wkt()
    return moved


@pytest.fixture(scope="module")
def plain(world: World) -> Callable[[str], Any]:
    """Answer of a door to rasters that run from north to south and from west to east."""
    return cache(lambda name: outcome(name, given(name, world)))


def given(name: str, world: World) -> dict[str, Any]:
    made = valid_call(name, DOORS[name], world)
    return made | {key: make(world) for key, make in FURTHER.get(name, {}).items()}


def outcome(name: str, arguments: dict[str, Any]) -> Any:
    """Give what a door answers, or the text of the file that it wrote, or what it opened reads."""
    found = call(DOORS[name], arguments)
    if name in {"io.open_classes", "io.open_dem"}:
        return found.read(slice(None), slice(None))
    path = arguments.get("path")
    return path.read_bytes() if found is None and isinstance(path, Path) else found


def on_rasters(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, (xr.DataArray, xr.Dataset)):
        return change(value)
    if isinstance(value, dict):
        return {name: on_rasters(one, change) for name, one in value.items()}
    return value


def same(a: Any, b: Any) -> None:
    """Check that two answers are equal to the last bit, rasters after sorting."""
    assert type(a) is type(b)
    if isinstance(a, (xr.DataArray, xr.Dataset)):
        xr.testing.assert_identical(*(one.sortby(["y", "x"]).compute() for one in (a, b)))
    elif isinstance(a, gpd.GeoDataFrame):
        assert a.geometry.to_wkb().equals(b.geometry.to_wkb())
        same(pd.DataFrame(a.drop(columns="geometry")), pd.DataFrame(b.drop(columns="geometry")))
    elif isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    elif dataclasses.is_dataclass(a):
        for field in dataclasses.fields(a):
            same(getattr(a, field.name), getattr(b, field.name))
    elif not hasattr(a, "gen"):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("turn", [_northward, _lazy_both_ways, _big_endian])
@pytest.mark.parametrize("name", DOORS)
def test_a_raster_and_its_flipped_twin_give_the_same_answer(
    name: str, turn: Change, world: World, plain: Change
) -> None:
    """Bit for bit, and on the coordinates that came, or on those of a grid that was given."""
    arguments = {key: on_rasters(value, turn) for key, value in given(name, world).items()}
    found = outcome(name, arguments)
    same(found, plain(name))
    if isinstance(found, (xr.DataArray, xr.Dataset)) and "grid" not in arguments:
        asked = turn(world.fine if name.startswith(("terrain.", "visibility.")) else world.dem)
        assert {axis: rises(found, axis) for axis in "yx"} == {
            axis: rises(asked, axis) for axis in "yx"
        }


def rises(raster: Any, axis: str) -> bool:
    return bool((np.diff(raster[axis]) > 0).all())


@pytest.mark.parametrize("name", sorted(set(DOORS) - NO_LENGTH))
def test_no_length_is_measured_on_a_stretched_map(name: str, world: World) -> None:
    """The refusal says what a metre of the map is, and has the call that projects it."""
    arguments = {key: on_rasters(value, _web_mercator) for key, value in given(name, world).items()}
    told = r"a metre of the map is 0\.8\d m of ground.*borderzone\.io\.warp\("
    with pytest.raises(NotProjectedError, match=told):
        outcome(name, arguments)


@pytest.mark.parametrize("name", sorted(NO_LENGTH - {"io.warp"}))
def test_where_no_length_is_measured_any_map_will_do(
    name: str, world: World, plain: Change
) -> None:
    arguments = {key: on_rasters(value, _web_mercator) for key, value in given(name, world).items()}
    assert type(outcome(name, arguments)) is type(plain(name))


def _without_crs(raster: Any) -> Any:
    bare = raster.copy().drop_vars("spatial_ref").copy()
    for one in (bare, *(bare.data_vars.values() if isinstance(bare, xr.Dataset) else ())):
        one.attrs.pop("crs", None)
    return bare


def _with_two_crs(raster: Any) -> Any:
    other = xr.DataArray(np.int64(0), attrs={"crs_wkt": CRS(32637).to_wkt()})
    return raster.assign_coords(spatial_ref=other)


@pytest.mark.parametrize(
    ("change", "told"), [(_without_crs, "no CRS"), (_with_two_crs, "two CRSs")]
)
@pytest.mark.parametrize("name", sorted(set(DOORS) - NO_LENGTH))
def test_a_raster_says_once_where_it_lies(
    name: str, change: Change, told: str, world: World
) -> None:
    arguments = {key: on_rasters(value, change) for key, value in given(name, world).items()}
    with pytest.raises(CRSMismatchError, match=told):
        outcome(name, arguments)


@pytest.mark.parametrize("name", sorted(set(DOORS) - NO_LENGTH))
def test_a_raster_has_rows_and_columns_alone(name: str, world: World) -> None:
    arguments = {key: on_rasters(value, _in_a_stack) for key, value in given(name, world).items()}
    with pytest.raises(GridMismatchError, match=r"raster\[0\]"):
        outcome(name, arguments)


def test_cells_of_a_corridor_lie_on_the_grid_of_the_flags(world: World) -> None:
    beside = world.cells.assign_coords(x=world.cells["x"] + 1000.0)
    with pytest.raises(GridMismatchError, match="segment of cells covers"):
        bz.difficulty.calibrate(world.flags, world.caves, cells=beside)


def test_the_first_raster_says_which_way_the_answer_runs(world: World) -> None:
    same_way, other_way = world.surface, _northward(world.surface)
    usual = bz.difficulty.flags(world.attrs, world.hours, same_way)
    xr.testing.assert_identical(bz.difficulty.flags(world.attrs, world.hours, other_way), usual)
    found = bz.difficulty.flags(surface=same_way, hours=world.hours, attrs=_northward(world.attrs))
    xr.testing.assert_identical(found, _northward(usual))


def test_what_stands_for_no_data_is_known_of_a_turned_raster(world: World) -> None:
    coded = world.fine.round().astype(np.int16)
    coded[3, 4] = -9999
    coded.encoding["_FillValue"] = -9999
    usual = bz.terrain.slope(coded)
    assert np.isnan(usual[3, 4])
    xr.testing.assert_identical(bz.terrain.slope(_westward(coded)), _westward(usual))


def test_a_grid_runs_from_north_to_south_whatever_lies_on_it(world: World) -> None:
    turned = _northward(_westward(world.dem))
    assert bz.Grid.of(turned) == world.grid
    xr.testing.assert_identical(world.grid.check(turned), world.dem)


def test_a_grid_that_runs_the_other_way_is_refused_with_the_one_to_take() -> None:
    with pytest.raises(InvalidParameterError, match=r"use Affine\(10, 0, 0, 0, -10, 20\)"):
        bz.Grid(shape=(2, 3), transform=Affine(10, 0, 0, 0, 10, 0), crs=CRS(32637))
    with pytest.raises(InvalidParameterError, match=r"use Affine\(10, 0, 0, 0, -10, 20\)"):
        bz.Grid(shape=(2, 3), transform=Affine(-10, 0, 30, 0, -10, 20), crs=CRS(32637))


def test_a_rotated_raster_is_refused(world: World) -> None:
    """As rioxarray tells it; its coordinates then say nothing of where a cell lies."""
    rotated = world.fine.copy()
    spatial_ref = rotated["spatial_ref"].copy()
    spatial_ref.attrs["GeoTransform"] = "0 26 15 1500 15 -26"
    rotated = rotated.assign_coords(spatial_ref=spatial_ref)
    with pytest.raises(GridMismatchError, match="is rotated"):
        bz.terrain.slope(rotated)
    with pytest.raises(GridMismatchError, match="is rotated"):
        bz.Grid.of(rotated)
    with pytest.raises(GridMismatchError, match="is rotated"):
        bz.io.warp(rotated, bz.Grid.of(world.fine))


MAP_OF_A_CONTINENT = CRS("+proj=laea +lat_0=55 +lon_0=-104 +datum=WGS84")
PLACES = {
    "UTM in its zone": (32638, (4e5, 3.7e6, 5e5, 3.8e6)),
    "UTM two zones beside": (32638, (-4e5, 3.7e6, -3e5, 3.8e6)),
    "Lambert conformal of Europe": (3034, (4e6, 2e6, 4.1e6, 2.1e6)),
    "Lambert equal-area of Europe": (3035, (4e6, 3e6, 4.1e6, 3.1e6)),
    "Albers of the United States": (5070, (-1e5, 1e6, 1e5, 1.2e6)),
    "Krovak": (5514, (-8e5, -1.1e6, -7e5, -1e6)),
    "New Zealand": (2193, (1.5e6, 5e6, 1.6e6, 5.1e6)),
    "polar stereographic at the pole": (3413, (-1e5, -1e5, 1e5, 1e5)),
    "web Mercator at the equator": (3857, (4e6, -1e5, 4.1e6, 1e5)),
}
STRETCHED = {
    "web Mercator at 34 N": (3857, (4.5e6, 4.0e6, 4.6e6, 4.06e6), "0.83"),
    "plate carree, along the parallel": (32662, (4e6, 3.8e6, 4.1e6, 3.9e6), "0.82"),
    "equal-area cylinder at 45 N": (6933, (1e6, 5.1e6, 1.1e6, 5.2e6), "0.8"),
    "one corner of a large raster": (3035, (-2e6, 1e6, 7e6, 5e6), "0.8"),
    "UTM far outside of its zone": (32638, (3e6, 1e6, 3.1e6, 1.1e6), "0.9"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_map_that_is_true_where_the_raster_lies_is_taken(place: str) -> None:
    """Its lengths are those on the ellipsoid, and the check says nothing."""
    code, (left, bottom, right, top) = PLACES[place]
    lon, lat = Transformer.from_crs(code, 4326, always_xy=True).transform(
        [left, right, left], [bottom, bottom, top]
    )
    _, _, metres = Geod(ellps="WGS84").inv([lon[0], lon[0]], [lat[0], lat[0]], lon[1:], lat[1:])
    np.testing.assert_allclose(metres, [right - left, top - bottom], rtol=0.05)

    check_metric(CRS(code), (left, bottom, right, top), "the raster")


@pytest.mark.parametrize("place", STRETCHED)
def test_a_map_that_is_stretched_anywhere_on_the_raster_is_refused(place: str) -> None:
    code, bounds, metre = STRETCHED[place]
    with pytest.raises(NotProjectedError, match=rf"a metre of the map is {metre}\d* m of ground"):
        check_metric(CRS(code), bounds, "the raster")


def test_a_reader_of_windows_is_measured_on_a_true_map_too() -> None:
    grid = bz.Grid.covering((4.5e6, 4.03e6, 4.5e6 + 900, 4.03e6 + 900), resolution_m=30, crs=3857)

    def flat(rows: slice, columns: slice) -> np.ndarray:
        return np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)

    with pytest.raises(NotProjectedError, match=r"the grid of the reader .* is 0\.83 m of ground"):
        bz.visibility.Windows(read=flat, grid=grid)


def test_a_map_of_a_continent_is_drawn_whatever_its_scale() -> None:
    """Nothing is measured on the cells of a picture."""
    grid = bz.Grid.covering((-4e6, -2e6, 4e6, 2e6), resolution_m=1e5, crs=MAP_OF_A_CONTINENT)
    assert grid.shape == (40, 80)
    with pytest.raises(NotProjectedError, match="of ground"):
        bz.terrain.slope(grid.wrap(np.zeros(grid.shape, np.float32), units="m"))
