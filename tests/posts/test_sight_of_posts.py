"""What posts see of a demand: as single viewsheds, packed, with chances by range."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS
from scipy import ndimage

import borderzone as bz
from borderzone import posts, visibility
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    GridMismatchError,
    InvalidGeometryError,
    InvalidParameterError,
    LimitError,
    ShapeMismatchError,
)
from borderzone.grid import Grid

NAN = float("nan")


def ground(size: int = 90, cell_m: float = 30.0) -> Any:
    """Hills on a grid whose lower left corner is the origin."""
    grid = Grid(
        shape=(size, size),
        transform=Affine(cell_m, 0, 0, 0, -cell_m, size * cell_m),
        crs=CRS(32637),
    )
    z = ndimage.gaussian_filter(np.random.default_rng(2).normal(size=grid.shape), 3)
    return grid.wrap((20 * z / z.std()).astype(np.float32), units="m")


def places(seed: int, n: int, dem: Any) -> gpd.GeoSeries:
    """Points anywhere on the raster."""
    xy = np.random.default_rng(seed).uniform(*Grid.of(dem).bounds[::2], (n, 2))
    return gpd.GeoSeries(shapely.points(xy), crs=32637)


@pytest.mark.parametrize("voids", [0, 4])
def test_each_bit_is_that_of_the_viewshed_of_its_post(voids: int) -> None:
    """Of points in any order, of a raster of cells; what cannot be told is counted, not seen."""
    dem = ground()
    dem[40 : 40 + voids, 30:70] = NAN
    sites = places(3, 11, dem)
    wanted = dem.copy(data=np.random.default_rng(4).random(dem.shape) < 0.4) & ~np.isnan(dem)
    points = places(5, 203, dem)
    known = ~np.isnan(dem.to_numpy())
    cells = [(int((2700 - point.y) // 30), int(point.x // 30)) for point in points]
    stay = [known[cell] for cell in cells]
    points, cells = points[stay], [cell for cell in cells if known[cell]]
    sites = sites[
        [known[int((2700 - p.y) // 30) - 1 : int((2700 - p.y) // 30) + 2].all() for p in sites]
    ]
    of_cells = posts.sight(dem, sites, wanted, max_km=1.4)
    of_points = posts.sight(dem, sites, points, max_km=1.4)
    told = 0
    for n, site in enumerate(sites):
        states = visibility.viewshed(dem, site, max_km=1.4, method="fast", states=True).to_numpy()
        np.testing.assert_array_equal(of_cells.seen_from(n), states[wanted.to_numpy()] == 1)
        np.testing.assert_array_equal(of_points.seen_from(n), [states[cell] == 1 for cell in cells])
        assert of_cells.unknown is not None
        assert of_cells.unknown[n] == (states[wanted.to_numpy()] == 2).sum()
        told += int(of_cells.unknown[n])
    assert (told > 0) == (voids > 0)
    np.testing.assert_array_equal(np.packbits(of_cells.matrix(), axis=1), of_cells.bits)
    np.testing.assert_array_equal(of_cells.by_candidate, of_cells.matrix().sum(axis=1))
    np.testing.assert_array_equal(of_cells.by_demand, of_cells.matrix().sum(axis=0))
    np.testing.assert_array_equal(of_cells.covered([0, 2]), of_cells.matrix()[[0, 2]].any(axis=0))
    assert not of_cells.covered([]).any()


def test_on_a_plain_all_within_range_is_seen() -> None:
    """Distances on the spot, without a program in between."""
    dem = ground() * 0.0
    sites, points = places(6, 5, dem), places(7, 100, dem)
    found = posts.sight(dem, sites, points, max_km=1.0)
    centres = 30 * (np.floor(shapely.get_coordinates(points.to_numpy()) / 30) + 0.5)
    off = shapely.get_coordinates(sites.to_numpy())[:, None] - centres
    np.testing.assert_array_equal(found.matrix(), np.hypot(off[..., 0], off[..., 1]) <= 1000)


def test_the_chance_is_that_of_the_curve_where_a_post_sees_and_0_elsewhere() -> None:
    """Straight between the ranges of the curve, and nothing beyond it."""
    dem = ground()
    sites, points = places(6, 5, dem), places(7, 100, dem)
    curve = pd.DataFrame({"range_km": [0.0, 0.5, 1.0], "pod": [1.0, 0.8, 0.1]})
    found = posts.sight(dem, sites, points, max_km=3.0, curve=curve)
    off = shapely.get_coordinates(sites.to_numpy())[:, None] - shapely.get_coordinates(
        points.to_numpy()
    )
    by_range = np.interp(np.hypot(off[..., 0], off[..., 1]), [0, 500, 1000], [1, 0.8, 0.1], right=0)
    assert found.probability is not None
    assert found.probability.dtype == np.float32
    np.testing.assert_allclose(found.probability, by_range * found.matrix(), rtol=1e-6)
    post = bz.patrol.lateral_curve("tower_thermal", watch=bz.patrol.Watch(patrol_km_h=0))
    of_a_sensor = posts.sight(dem, sites, points, curve=post).probability
    assert of_a_sensor is not None
    assert of_a_sensor.max() > 0.9


def test_a_corridor_is_every_nth_cell_of_known_height() -> None:
    """Voids are counted; posts come from the same corridor."""
    corridor = bz.Corridor.around(bz.Border.between("AZE", "TUR"), depth_km=4)
    grid = corridor.grid(100)
    z = np.zeros(grid.shape, np.float32)
    z[30:40] = NAN
    dem = grid.wrap(z, units="m")
    sites = posts.candidates(dem, corridor, kind="line", spacing_m=3000)
    found = posts.sight(dem, sites, corridor, max_km=2.0, every=3)
    inside = corridor.cells(grid)["segment"].to_numpy() >= 0
    thin = np.zeros(grid.shape, bool)
    thin[1::3, 1::3] = True
    cells = np.flatnonzero(inside & thin & ~np.isnan(z))
    assert found.demand is not None
    np.testing.assert_array_equal(found.demand["cell"], cells)
    assert found.on_no_data == (inside & thin & np.isnan(z)).sum() > 0
    assert "posts see" in repr(found)


def test_heights_and_ranges_may_be_columns_and_threads_change_nothing() -> None:
    """As for who_sees."""
    dem, sites = ground(), places(8, 6, ground())
    table = gpd.GeoDataFrame({"mast_m": [5.0, 30.0] * 3, "far": [0.5, 2.0] * 3}, geometry=sites)
    whole = dem.copy(data=np.ones(dem.shape, bool))
    found = posts.sight(dem, table, whole, height_m="mast_m", max_km="far", threads=1)
    again = posts.sight(dem, table, whole, height_m="mast_m", max_km="far", threads=2)
    np.testing.assert_array_equal(found.bits, again.bits)
    each = visibility.viewshed(dem, sites[1], 30.0, max_km=2.0, method="fast").to_numpy()
    np.testing.assert_array_equal(found.seen_from(1), each.ravel())


@pytest.mark.parametrize(
    ("change", "told", "kind"),
    [
        ({"height_m": -1.0}, "height_m must be", InvalidParameterError),
        ({"height_m": NAN}, "height_m must be", InvalidParameterError),
        ({"height_m": "mast"}, "names the column 'mast'", InvalidParameterError),
        ({"target_m": -0.1}, "target_m must be", InvalidParameterError),
        ({"max_km": 0}, "max_km must be", InvalidParameterError),
        ({"max_km": NAN}, "max_km must be", InvalidParameterError),
        ({"refraction": 1.0}, "refraction must", InvalidParameterError),
        ({"every": 0}, "every must be", InvalidParameterError),
        ({"curve": pd.DataFrame({"x": [1]})}, "range_km and pod", InvalidParameterError),
        ({"curve": pd.DataFrame({"range_km": [1.0, 2.0], "pod": [1.0, 0.5]})}, "begin at a range of 0", InvalidParameterError),
        ({"curve": pd.DataFrame({"range_km": [0.0, 2.0], "pod": [1.2, 0.5]})}, "pod must", InvalidParameterError),
        ({"curve": pd.DataFrame({"range_km": [0.0, NAN], "pod": [1.0, 0.5]})}, "range_km must be", InvalidParameterError),
        ({"posts": gpd.GeoSeries([shapely.Point(9e5, 0)], crs=32637)}, "1 of 1 posts are off the raster", InvalidParameterError),
        ({"posts": gpd.GeoSeries([shapely.Point(15, 15)], crs=32637)}, "posts stand where there is no elevation", InvalidParameterError),
        ({"posts": gpd.GeoSeries([shapely.Point(44, 39)], crs=4326)}, "CRS", CRSMismatchError),
        ({"posts": gpd.GeoSeries([shapely.box(1000, 1000, 1100, 1100)], crs=32637)}, "must be points", InvalidGeometryError),
        ({"posts": gpd.GeoSeries([], crs=32637)}, "posts are none", InvalidParameterError),
        ({"posts": [shapely.Point(500, 500)]}, "posts must be a table", InvalidParameterError),
        ({"demand": gpd.GeoSeries([shapely.Point(-5, 0)], crs=32637)}, "demand are off the raster", InvalidParameterError),
        ({"demand": gpd.GeoSeries([shapely.Point(15, 15)], crs=32637)}, "demand stand where", InvalidParameterError),
        ({"demand": ground() > 1e9}, "no cell that is True", InvalidParameterError),
        ({"demand": ground()}, "True and False", InvalidParameterError),
        ({"demand": ground(50) > -1e9}, "demand", GridMismatchError),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_from_or_looked_at_is_refused(
    change: dict[str, Any], told: str, kind: type[BorderzoneError]
) -> None:
    """With which of it, and what is allowed."""
    dem = ground()
    dem[-2:, :2] = NAN
    call = {"dem": dem, "posts": places(1, 3, dem), "demand": places(2, 4, dem)}
    with pytest.raises(kind, match=told):
        posts.sight(**(call | change))


def test_more_than_memory_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits and chances each have their limit."""
    monkeypatch.setattr("borderzone.posts.sight_of_posts._MOST_BYTES", 40)
    dem = ground()
    curve = pd.DataFrame({"range_km": [0.0, 1.0], "pod": [1.0, 0.0]})
    sites, points = places(1, 3, dem), places(2, 20, dem)
    posts.sight(dem, sites, points, max_km=0.2)
    with pytest.raises(LimitError, match="chances of 3 posts and 20 demands"):
        posts.sight(dem, sites, points, curve=curve)
    with pytest.raises(LimitError, match="bits of 3 posts and 8,100 demands"):
        posts.sight(dem, sites, dem > -1e9)


@pytest.mark.parametrize(
    ("change", "told", "kind"),
    [
        ({"bits": np.zeros((2, 2), np.uint8)}, "uint8 of shape", ShapeMismatchError),
        ({"bits": np.zeros((2, 1), bool)}, "uint8 of shape", ShapeMismatchError),
        ({"bits": np.zeros((0, 1), np.uint8)}, "uint8 of shape", ShapeMismatchError),
        ({"bits": np.full((2, 1), 255, np.uint8)}, "more than 3 demands", InvalidParameterError),
        ({"n_demand": 0}, "n_demand must be", InvalidParameterError),
        ({"unknown": np.zeros(3)}, "unknown has 3 rows", ShapeMismatchError),
        ({"probability": np.zeros((2, 2))}, "probability has shape", ShapeMismatchError),
        ({"probability": np.full((2, 3), NAN)}, "probability must", InvalidParameterError),
        ({"probability": np.full((2, 3), 1.1)}, "probability must", InvalidParameterError),
    ],
)
def test_a_record_of_what_cannot_be_is_refused(
    change: dict[str, Any], told: str, kind: type[BorderzoneError]
) -> None:
    """Bits by hand, as another program may give them."""
    given: dict[str, Any] = {"bits": np.full((2, 1), 0b10100000, np.uint8), "n_demand": 3}
    with pytest.raises(kind, match=told):
        posts.SightOfPosts(**(given | change))


def test_a_record_is_not_changed_and_names_no_post_that_is_not_there() -> None:
    """Read only, the caller's array stays open; positions within the posts."""
    bits = np.full((2, 1), 0b10100000, np.uint8)
    found = posts.SightOfPosts(bits=bits, n_demand=3)
    with pytest.raises(ValueError, match="read-only"):
        found.bits[0, 0] = 0
    bits[0, 0] = 0b10100000
    assert found.matrix().tolist() == [[True, False, True]] * 2
    for none_there in (2, -1):
        with pytest.raises(InvalidParameterError, match="candidate must be"):
            found.seen_from(none_there)
        with pytest.raises(InvalidParameterError, match="candidate must be"):
            found.covered([none_there])
