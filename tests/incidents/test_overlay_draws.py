"""Draws of positions: the same whatever the order, cut or threads, and true to closed forms."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy import stats

from borderzone import incidents
from borderzone._kernels.positions import philox
from borderzone.errors import BorderzoneError
from borderzone.incidents.placing.imputation import impute
from borderzone.incidents.placing.precision import disc_share_beyond_edge

GEOD = Geod(ellps="WGS84")


def events(n: int = 12, *, seed: int = 1, **columns: Any) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    table = {
        "id": [f"E{i}" for i in range(n)],
        "lat": 34 + rng.random(n),
        "lon": 41 + rng.random(n),
        "where_prec": rng.integers(1, 3, n),
        "radius_km": rng.choice([np.nan, 4.0, 15.0], n),
    }
    return incidents.read(pd.DataFrame(table | columns))


def boxes() -> gpd.GeoDataFrame:
    edges = np.linspace(40.5, 42.5, 9)
    shapes = [shapely.box(a, 33.5, b, 35.5) for a, b in pairwise(edges)]
    return gpd.GeoDataFrame({"zone": [f"Z{i}" for i in range(8)]}, geometry=shapes, crs=4326)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0), 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((2**64 - 1, 2**64 - 1), 2**64 - 1, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x85A308D3243F6A88, 0x0370734413198A2E),
            0x299F31D0A4093822,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_random_bits_are_the_published_ones(counter: tuple[int, int], key: int, words: str) -> None:
    """Known answers of Random123 for Philox 4x32-10."""
    found = philox(np.uint64(key), np.uint64(counter[0]), np.uint64(counter[1]))
    assert " ".join(f"{int(word):08x}" for word in found) == words


@given(order=st.permutations(range(12)), kept=st.integers(1, 12), draws=st.integers(1, 40))
@settings(max_examples=20)
def test_a_draw_depends_on_seed_event_and_number_alone(
    order: list[int], kept: int, draws: int
) -> None:
    whole = events()
    plain = impute(whole, draws=40, seed=7)
    part = impute(whole.iloc[order[:kept]], draws=draws, seed=7)
    np.testing.assert_array_equal(part, plain[order[:kept], :draws])


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_answers_are_the_same_on_any_number_of_threads(threads: int) -> None:
    table = events(300, seed=2)
    one = incidents.overlay(table, boxes(), draws=50, seed=3, threads=1)
    many = incidents.overlay(table, boxes(), draws=50, seed=3, threads=threads)
    pd.testing.assert_frame_equal(one, many)
    mixed = incidents.overlay(table.sample(frac=1, random_state=1), boxes(), draws=50, seed=3)
    pd.testing.assert_frame_equal(one, mixed)


def test_another_seed_or_id_gives_other_positions() -> None:
    table = events(3)
    one = impute(table, draws=5, seed=1)
    assert not np.isclose(one, impute(table, draws=5, seed=2)).any()
    renamed = events(3, id=["X", "E1", "E2"])
    other = impute(renamed, draws=5, seed=1)
    assert not np.isclose(one[0], other[0]).any()
    np.testing.assert_array_equal(one[1:], other[1:])


def test_discs_and_gaussians_have_their_distances_and_directions() -> None:
    table = events(2, lat=[34.0, 60.0], lon=[41.0, 41.0], where_prec=[2, 1], radius_km=np.nan)
    drawn = impute(table, draws=20_000, seed=1)
    for row, lat in enumerate((34.0, 60.0)):
        lon, north = drawn[row, :, 0], drawn[row, :, 1]
        azimuth, _, metres = GEOD.inv(np.full(20_000, 41.0), np.full(20_000, lat), lon, north)
        km = metres / 1000
        even = (km / 25) ** 2 if row == 0 else 1 - np.exp(-(km**2) / 2)
        assert stats.kstest(even, "uniform").pvalue > 1e-3
        assert stats.kstest(np.mod(azimuth, 360) / 360, "uniform").pvalue > 1e-3


def test_shares_beyond_a_straight_edge_are_the_closed_forms() -> None:
    table = events(2, lat=[34.0, 34.0], lon=[41.0, 41.0], where_prec=[2, 1], radius_km=np.nan)
    km_a_degree = GEOD.inv(41.0, 34.0, 41.01, 34.0)[2] / 10.0
    for beyond_km in (0.4, 5.0, 15.0):
        edge = 41.0 + beyond_km / km_a_degree
        east = gpd.GeoDataFrame(
            {"zone": ["east"]}, geometry=[shapely.box(edge, 30, 44, 38)], crs=4326
        )
        found = incidents.event_probabilities(table, east, draws=40_000, seed=1)
        share = found[[c for c in found.columns if "east" in str(c)]].to_numpy().ravel()
        exact = np.array([disc_share_beyond_edge(beyond_km, 25.0), stats.norm.sf(beyond_km)])
        np.testing.assert_allclose(share, exact, atol=4 * math.sqrt(0.25 / 40_000))


@given(
    corners=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9),
    hole=st.booleans(),
)
@settings(max_examples=40)
def test_counts_by_polygon_are_those_of_shapely(
    corners: list[tuple[int, int]], *, hole: bool
) -> None:
    shape = shapely.MultiPoint(corners).convex_hull
    if shape.area == 0:
        return
    ground = shapely.transform(shape, lambda xy: np.array([40.4, 33.4]) + xy / 6.0)
    if hole:
        ground = ground.difference(ground.centroid.buffer(0.1))
    zones = gpd.GeoDataFrame({"zone": ["P"]}, geometry=[ground], crs=4326)
    table = events(30, seed=4)
    drawn = impute(table, draws=20, seed=1)
    inside = shapely.contains_xy(ground, drawn[..., 0], drawn[..., 1])
    found = incidents.overlay(table, zones, draws=20, seed=1)
    assert found["expected"].iloc[0] == pytest.approx(inside.sum(axis=0).mean(), abs=1e-9)


def weight(east: float, west: float) -> xr.DataArray:
    values = np.full((40, 80), west)
    values[:, 40:] = east  # the edge lies on 41 degrees east
    y, x = 36 - (np.arange(40) + 0.5) * 0.1, 37 + (np.arange(80) + 0.5) * 0.1
    return xr.DataArray(
        values, dims=("y", "x"), coords={"y": y, "x": x}, attrs={"crs": "EPSG:4326"}
    )


def test_a_weight_shifts_positions_by_its_ratio() -> None:
    table = events(1, lat=[34.0], lon=[41.0], where_prec=[2], radius_km=[np.nan])
    drawn = impute(table, draws=20_000, seed=1, weight=weight(3.0, 1.0))
    share = float((drawn[0, :, 0] > 41).mean())
    assert share == pytest.approx(0.75, abs=4 * math.sqrt(0.1875 / 20_000))
    only = impute(table, draws=500, seed=1, weight=weight(1.0, np.nan))
    assert (only[0, :, 0] > 41).all()


def test_an_event_without_any_weight_is_left_out_and_counted() -> None:
    table = events(2, lat=[34.0, 34.0], lon=[41.5, 40.5], where_prec=[1, 1], radius_km=np.nan)
    drawn = impute(table, draws=5, seed=1, weight=weight(1.0, 0.0))
    assert np.isnan(drawn[1]).all()
    assert np.isfinite(drawn[0]).all()
    found = incidents.overlay(table, boxes(), draws=5, seed=1, weight=weight(1.0, 0.0))
    assert found.attrs["n_placed"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threads": 0}, "threads"),
        ({"threads": "2"}, "threads"),
        ({"draws": 0}, "draws"),
        ({"seed": -1}, "seed"),
        ({"weight": 3}, "weight must be an xarray.DataArray"),
        ({"weight": weight(-1.0, 1.0)}, "weight"),
        ({"weight": weight(math.inf, 1.0)}, "weight"),
    ],
    ids=["no threads", "text", "no draws", "seed", "number", "negative", "infinite"],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BorderzoneError, match=message):
        impute(events(2), **options)


# Bands hold the truth


def runs(truth_km: float, stated_km: float, n_runs: int = 500) -> tuple[Any, Any, Any]:
    """Simulate tables with known truth: cover of both bands, and the place of the true count."""
    rng = np.random.default_rng(11)
    zone = gpd.GeoDataFrame({"zone": ["Z"]}, geometry=[shapely.box(41, 33, 43, 36)], crs=4326)
    mean = 12.0
    sizes = rng.poisson(mean, n_runs)
    n = int(sizes.sum())
    true_x = 41.0 + rng.uniform(-1, 1, n)  # half of them in the zone
    turn, far = rng.uniform(0, 360, n), truth_km * 1000 * np.sqrt(rng.random(n))
    x, y, _ = GEOD.fwd(true_x, np.full(n, 34.5), turn, far)
    table = incidents.read(pd.DataFrame({"lat": y, "lon": x, "radius_km": stated_km}))
    located, rate, pit = [], [], []
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        rows = slice(int(end - size), int(end))
        if size == 0:
            continue
        held = int((true_x[rows] > 41).sum())
        found = incidents.overlay(table.iloc[rows], zone, draws=100, seed=1, threads=1).iloc[0]
        located.append(found["p025"] <= held <= found["p975"])
        rate.append(found["underlying_p025"] <= mean / 2 <= found["underlying_p975"])
        drawn = impute(table.iloc[rows], draws=100, seed=1, threads=1)
        hits = (drawn[..., 0] > 41).sum(axis=0)
        pit.append((hits < held).mean() + (hits == held).mean() * rng.random())
    return np.array(located), np.array(rate), np.array(pit)


def test_bands_hold_the_truth_for_both_estimands_and_the_places_are_even() -> None:
    located, rate, pit = runs(20.0, 20.0)
    assert located.mean() >= 0.95
    assert rate.mean() >= 0.95
    assert stats.kstest(pit, "uniform").pvalue > 1e-3


def test_a_kernel_stated_too_small_is_told_by_the_cover() -> None:
    """Positions are off by three times what is stated: the band of the count no longer holds."""
    located, rate, pit = runs(60.0, 20.0, 300)
    assert located.mean() < 0.93
    assert stats.kstest(pit, "uniform").pvalue < 0.05
    assert rate.mean() >= 0.9  # chance of the counts is the larger part of this band
