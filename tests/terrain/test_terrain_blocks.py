"""Terrain by block: the same bits in blocks of any size, in any number of threads, and lazily."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from terrain_cases import (
    incision,
    openness_negative,
    openness_positive,
    plan_curvature,
    profile_curvature,
    raster,
    rough,
    roughness,
    total_curvature,
    tri_wilson,
)

from borderzone import terrain
from borderzone.errors import InvalidParameterError, NotProjectedError
from borderzone.terrain import elevation
from borderzone.terrain.layers import ALL_LAYERS, LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = partial(terrain.attributes, layers="all")
# Every function of an elevation raster, with options that make its reach differ from the default.
FUNCTIONS: dict[str, Callable[[xr.DataArray], Any]] = {
    "slope": partial(terrain.slope, method="zevenbergen_thorne"),
    "aspect": terrain.aspect,
    "tri_riley": terrain.tri_riley,
    "vrm": partial(terrain.vrm, window=5),
    "tpi": partial(terrain.tpi, radius_m=200.0, inner_radius_m=70.0),
    "relief": partial(terrain.relief, radius_m=170.0),
    "hillshade": partial(terrain.hillshade, multidirectional=True),
    "geomorphons": terrain.geomorphons,
    "wadis": partial(terrain.wadis, search_m=200.0),
    "ridges": partial(terrain.ridges, search_m=200.0),
    "pans": partial(terrain.pans, search_m=200.0),
    "landform": terrain.landform,
    "attributes": ALL,
}


def ground(shape: tuple[int, int], seed: int = 3) -> xr.DataArray:
    """Rough ground with a level part and holes."""
    z = rough(shape, seed).astype(np.float32)
    z[: shape[0] // 4, : shape[1] // 3] = 480.0
    z[np.random.default_rng(seed).random(shape) < 2e-3] = np.nan
    return raster(z, 30.0)


def layers_of(found: Any) -> dict[str, Any]:
    """Layers by name, of a raster or of a dataset."""
    layers = found.data_vars if isinstance(found, xr.Dataset) else {"": found}
    return {str(name): layer.to_numpy() for name, layer in layers.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_lazy_raster_stays_lazy_and_gives_the_same_bits(name: str) -> None:
    """In chunks smaller and larger than what the layer reaches, the rim included."""
    dem, function = ground((61, 83)), FUNCTIONS[name]
    whole = function(dem)
    for chunks in ({"y": 17, "x": 40}, {"y": 61, "x": 5}):
        lazy = function(dem.chunk(chunks))
        parts = lazy.data_vars.values() if isinstance(lazy, xr.Dataset) else [lazy]
        assert all(layer.chunks is not None for layer in parts)
        for key, layer in layers_of(lazy.compute()).items():
            np.testing.assert_array_equal(layer, layers_of(whole)[key])
    xr.testing.assert_identical(lazy.compute(), whole)


@pytest.mark.parametrize("sides_m", [(30.0, 90.0), (90.0, 30.0)])
def test_cells_that_are_not_square_reach_farther_along_their_shorter_side(
    sides_m: tuple[float, float],
) -> None:
    """A radius of two long sides takes six short ones, which a chunk has to have at hand."""
    dem = raster(rough((60, 60)), *sides_m)
    for function in (partial(terrain.relief, radius_m=190.0), partial(terrain.tpi, radius_m=190.0)):
        lazy = function(dem.chunk({"y": 20, "x": 20})).compute()
        xr.testing.assert_identical(lazy, function(dem))


def test_a_lazy_raster_is_checked_before_anything_is_computed() -> None:
    """What its coordinates tell at once; what its heights tell, when they are computed."""
    dem = ground((40, 40)).chunk({"y": 20, "x": 20})

    with pytest.raises(NotProjectedError, match="WGS 84, measured in degree, not in metres"):
        terrain.slope(dem.assign_attrs(crs="EPSG:4326"))
    with pytest.raises(InvalidParameterError, match="method must be one of"):
        terrain.slope(dem, method="sobel")  # type: ignore[arg-type]
    planned = terrain.slope(dem.where(dem != dem[30, 30], np.inf))
    with pytest.raises(InvalidParameterError, match="1 infinite heights"):
        planned.compute()


@given(
    st.integers(3, 90),
    st.integers(3, 90),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 99),
)
@settings(max_examples=25)
def test_a_block_with_its_halo_gives_the_bits_of_the_whole(
    rows: int, columns: int, height: int, width: int, seed: int
) -> None:
    """Every layer at once, for any raster and any block of it."""
    rng = np.random.default_rng(seed)
    dem = ground((rows, columns), seed)
    whole, halo = ALL(dem), terrain.reach_cells("all", cell_m=30.0)
    top, left = int(rng.integers(rows)), int(rng.integers(columns))
    stop, right = min(top + height, rows), min(left + width, columns)
    # At the rim there is no halo, and the layers extrapolate as they do for the whole. Nearer to
    # the rim than the halo is wide, the block begins at the rim.
    first = (max(top - halo, 0), max(left - halo, 0))
    last = (min(stop + halo, rows), min(right + halo, columns))
    if min(last[0] - first[0], last[1] - first[1]) < 2 or rows <= halo or columns <= halo:
        return
    part = ALL(dem[first[0] : last[0], first[1] : last[1]])
    for name in whole:
        np.testing.assert_array_equal(
            part[name].to_numpy()[
                top - first[0] : stop - first[0], left - first[1] : right - first[1]
            ],
            whole[name].to_numpy()[top:stop, left:right],
            err_msg=str(name),
        )


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """One thread or more, every layer the same."""
    dem = ground((700, 611))
    monkeypatch.setattr(elevation, "n_threads", lambda: 1)
    one = ALL(dem)
    monkeypatch.setattr(elevation, "n_threads", lambda: threads)

    xr.testing.assert_identical(ALL(dem), one)


def test_one_call_gives_what_each_function_gives() -> None:
    """Under the names that the study, the files and the tables use, in one order."""
    dem = ground((70, 80))
    found = ALL(dem)
    alone = {
        "slope_deg": terrain.slope(dem),
        "aspect_deg": terrain.aspect(dem),
        "tri_m": terrain.tri_riley(dem),
        "vrm": terrain.vrm(dem),
        "tpi_m": terrain.tpi(dem),
        "relief_m": terrain.relief(dem),
        "tri_wilson_m": tri_wilson(dem),
        "roughness_m": roughness(dem),
        "profile_curvature_per_m": profile_curvature(dem),
        "plan_curvature_per_m": plan_curvature(dem),
        "total_curvature_per_m": total_curvature(dem),
        "openness_positive_deg": openness_positive(dem, radius_m=500.0),
        "openness_negative_deg": openness_negative(dem, radius_m=500.0),
        "incision_m": incision(dem),
        "geomorphon": terrain.geomorphons(dem, search_m=500.0),
        "hillshade": terrain.hillshade(dem),
    }

    assert tuple(found) == ALL_LAYERS == tuple(alone)
    assert tuple(terrain.attributes(dem)) == LAYERS
    for name, layer in alone.items():
        xr.testing.assert_identical(found[name], layer)


def test_infinite_heights_are_refused_by_every_layer() -> None:
    """With their number and the place of the first."""
    dem = ground((40, 50))
    dem[31, 7], dem[33, 9] = np.inf, -np.inf

    for name, function in FUNCTIONS.items():
        with pytest.raises(
            InvalidParameterError, match=r"got 2 infinite heights, the first in row 31, column 7"
        ):
            function(dem)
        assert name


@pytest.mark.parametrize("key", ["_FillValue", "nodata", "missing_value"])
def test_whole_numbers_that_stand_for_no_data_are_holes(key: str) -> None:
    """Of a raster that was not masked when it was read, as attribute or as encoding."""
    z = np.full((9, 9), 500, np.int16)
    z[4, 4] = -32768
    told, encoded = raster(z, 30.0).assign_attrs({key: -32768}), raster(z, 30.0)
    encoded.encoding[key] = -32768

    for dem in (told, encoded):
        slope = terrain.slope(dem)
        assert int(np.isnan(slope).sum()) == 9
        assert float(slope.max()) == 0.0


def test_texts_and_truths_are_no_heights() -> None:
    """A mask that was handed over by mistake."""
    dem = raster(np.ones((5, 5), bool), 30.0)

    with pytest.raises(InvalidParameterError, match="elevation must hold numbers, got bool"):
        terrain.slope(dem)
