"""Surface: bare ground, going, aridity and mapped soluble rock."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from terrain_cases import covered

from borderzone.errors import (
    CRSMismatchError,
    DataError,
    GridMismatchError,
    InvalidParameterError,
)
from borderzone.grid import Grid
from borderzone.terrain import LAND_COVER, surface
from borderzone.terrain.cover import cover_layers
from borderzone.terrain.rock import karst_rank

UTM = CRS(32637)
GRID = Grid(shape=(80, 150), transform=Affine(1000, 0, 500_000, 0, -1000, 3_800_000), crs=UTM)


def cover(*classes: float) -> xr.DataArray:
    """One row of land cover classes."""
    return xr.DataArray(np.array([classes]), dims=("y", "x"))


def rock(*shapes: object, ranks: tuple[float, ...] = (2,), crs: object = UTM) -> gpd.GeoDataFrame:
    """Polygons of soluble rock."""
    return gpd.GeoDataFrame(
        {"susceptibility": list(ranks), "accuracy_km": 25.0}, geometry=list(shapes), crs=crs
    )


def test_only_the_barren_class_is_bare() -> None:
    """IGBP 16 and WorldCover 60, and unknown stays unknown."""
    igbp = cover_layers(cover(*range(18), 255), "igbp")["bare_share"]
    assert np.flatnonzero(igbp.to_numpy()[0] == 1).tolist() == [16]
    assert np.isnan(igbp.to_numpy()[0, -1])
    assert igbp.dtype == np.float32

    world = cover_layers(cover(0, 10, 20, 60, 100), "worldcover")["bare_share"].to_numpy()[0]
    np.testing.assert_array_equal(world, [np.nan, 0, 0, 1, 0])


def test_no_data_may_be_nan_in_a_float_raster() -> None:
    """A map that was read as float keeps its holes."""
    assert np.isnan(cover_layers(cover(16.0, np.nan), "igbp")["bare_share"].to_numpy()[0, 1])


def test_open_shrubland_is_bare_to_its_defining_cover() -> None:
    """10 to 60 % cover leaves 65 % bare at its middle; bare ground is fully bare."""
    np.testing.assert_allclose(
        cover_layers(cover(16, 7, 12, 0), "igbp")["bareness"].to_numpy()[0],
        [1, 1 - (0.1 + 0.6) / 2, 0.2, 0],
    )


def test_no_vehicle_goes_on_water_and_none_is_faster_than_on_bare_ground() -> None:
    """Bare ground is the reference of the speed factor."""
    for scheme, legend in LAND_COVER.items():
        classes = legend.classes
        known = [code for code in classes if code != 255]
        factor = cover_layers(cover(*known), scheme)["surface_factor"].to_numpy()[0]
        assert (factor <= 1).all()
        for code, value in zip(known, factor, strict=True):
            assert (value == 0) == ("water" in classes[code].name)
            assert not classes[code].bare or value == 1


def test_every_class_names_its_source() -> None:
    """A number from the literature has its citation beside it, an assumption says so."""
    for legend in LAND_COVER.values():
        for entry in legend.classes.values():
            assert "assumption" in entry.source
            assert "(20" in entry.source


@pytest.mark.parametrize(
    ("values", "scheme", "message"),
    [
        ((16, 40), "igbp", r"holds 40, which is no class of 'igbp'"),
        ((60, 255), "worldcover", r"holds 255"),
        ((16.5, 16), "igbp", r"no class"),
    ],
)
def test_an_unknown_class_is_refused(values: tuple[float, ...], scheme: str, message: str) -> None:
    """A wrong legend must not pass as land without bare ground."""
    with pytest.raises(DataError, match=message):
        cover_layers(cover(*values), scheme)


def test_an_unknown_scheme_is_refused() -> None:
    """The message names what is allowed."""
    with pytest.raises(InvalidParameterError, match="igbp, worldcover"):
        cover_layers(cover(16), "corine")


def test_karst_outside_mapped_rock_is_unknown_and_overlaps_take_the_higher_rank() -> None:
    """Unknown is not zero."""
    low = shapely.box(510_000, 3_730_000, 560_000, 3_780_000)
    high = shapely.box(540_000, 3_740_000, 600_000, 3_770_000)
    layer = karst_rank(rock(high, low, ranks=(3, 1)), GRID)
    row = layer.sel(y=3_755_000, method="nearest")
    at = [float(row.sel(x=x, method="nearest")) for x in (520e3, 550e3, 590e3, 620e3)]
    np.testing.assert_array_equal(at, [1, 3, 3, np.nan])
    assert layer.attrs["accuracy_km"] == 25


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(505_000, 640_000), st.floats(3_725_000, 3_795_000)),
        min_size=3,
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_a_cell_is_inside_exactly_if_its_centre_is(
    corners: list[tuple[float, float]], rank: int
) -> None:
    """Against shapely asked point by point, for any polygon, holes of blocks included."""
    whole = shapely.MultiPoint(corners).convex_hull.buffer(2_000)
    shape = whole.difference(whole.centroid.buffer(4_500))
    found = covered(shape, GRID)
    x, y = np.meshgrid(GRID.x, GRID.y)
    points = shapely.points(x, y)
    np.testing.assert_array_equal(found, shapely.contains(shape, points))
    ranked = karst_rank(rock(shape, ranks=(rank,)), GRID).to_numpy()
    # Extra vertices may move an outline by rounding, never a cell away from it.
    clear = shapely.distance(shape.boundary, points) > 1e-3
    np.testing.assert_array_equal(~np.isnan(ranked)[clear], found[clear])


def test_polygons_in_degrees_keep_their_edges() -> None:
    """A long edge along a parallel is a parallel, not a chord of the grid's frame."""
    polygon = shapely.box(39.1, 33.8, 40.4, 34.2)
    layer = karst_rank(rock(polygon, crs=4326), GRID).to_numpy()
    to_degrees = Transformer.from_crs(UTM, 4326, always_xy=True)
    lon, lat = to_degrees.transform(*np.meshgrid(GRID.x, GRID.y))
    inside = (lon > 39.1) & (lon < 40.4) & (lat > 33.8) & (lat < 34.2)
    assert (np.isnan(layer) == inside).sum() <= 2


@pytest.mark.parametrize("wrong", [0, 4, 1.5, np.nan])
def test_a_rank_outside_one_to_three_is_refused(wrong: float) -> None:
    """A rank of zero would read as known to be harmless."""
    with pytest.raises(DataError, match="susceptibility must be 1, 2 or 3"):
        karst_rank(rock(shapely.box(0, 0, 1, 1), ranks=(wrong,)), GRID)


def test_polygons_without_a_column_or_a_crs_are_refused() -> None:
    """Both messages say what to do."""
    polygons = rock(shapely.box(0, 0, 1, 1))
    with pytest.raises(DataError, match="need a column 'susceptibility'"):
        karst_rank(polygons.drop(columns="susceptibility"), GRID)
    with pytest.raises(CRSMismatchError, match="set_crs"):
        karst_rank(polygons.set_crs(None, allow_override=True), GRID)


def test_no_polygon_leaves_everything_unknown() -> None:
    """An empty table, an empty geometry and no table at all agree."""
    none = rock(shapely.box(0, 0, 1, 1)).iloc[:0]
    assert np.isnan(karst_rank(none, GRID).to_numpy()).all()
    assert np.isnan(karst_rank(rock(shapely.Polygon()), GRID).to_numpy()).all()
    assert np.isnan(surface(None, None, GRID)["karst_rank"].to_numpy()).all()


def test_describe_gathers_what_is_known() -> None:
    """What is not given is unknown or absent, never filled in."""
    classes = GRID.wrap(np.full(GRID.shape, 16, dtype=np.uint8), name="landcover")
    dry = GRID.wrap(np.full(GRID.shape, 0.1))
    full = surface(classes, rock(shapely.box(0, 0, 1, 1)), GRID, aridity=dry)
    assert set(full) == {
        "bare_share",
        "bareness",
        "surface_factor",
        "karst_rank",
        "aridity_index",
    }
    for name, layer in full.items():
        GRID.check(layer, str(name))
        assert layer.attrs["units"] == "1" or name == "aridity_index"
    assert full["karst_rank"].attrs["accuracy_km"] == 25
    bare = surface(None, None, GRID)
    assert set(bare) == {"bare_share", "bareness", "karst_rank"}
    assert np.isnan(bare["bare_share"].to_numpy()).all()


def test_land_cover_on_another_grid_is_refused() -> None:
    """Before anything is computed."""
    shifted = Grid(
        shape=GRID.shape, transform=Affine(1000, 0, 501_000, 0, -1000, 3_800_000), crs=UTM
    )
    classes = shifted.wrap(np.full(GRID.shape, 16, dtype=np.uint8))
    with pytest.raises(GridMismatchError, match="warp it onto the grid"):
        surface(classes, None, GRID)


def test_the_input_is_not_changed() -> None:
    """Neither its values nor its attributes."""
    classes = GRID.wrap(np.full(GRID.shape, 7, dtype=np.uint8), name="landcover", units="class")
    before = classes.copy(deep=True)
    surface(classes, None, GRID)
    xr.testing.assert_identical(classes, before)
