"""Precision, imputation and overlay: exact shares, bands that hold, nothing dropped."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from scipy import stats

from borderzone import incidents
from borderzone.errors import CRSMismatchError, DataError, InvalidParameterError
from borderzone.incidents.placing import imputation
from borderzone.incidents.placing.bands_of_counts import (
    garwood_interval,
    imputed_band,
    pooled_garwood,
)
from borderzone.incidents.placing.imputation import impute
from borderzone.incidents.placing.precision import (
    area_km2,
    disc_share_beyond_edge,
    position_error_km,
)

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor

GEOD = Geod(ellps="WGS84")
HERE = (41.0, 34.0)


def events_at(*rows: tuple[float, float, int | None, float | None]) -> gpd.GeoDataFrame:
    """Events of longitude, latitude, precision class and radius."""
    columns = ["lon", "lat", "where_prec", "radius_km"]
    return incidents.read(pd.DataFrame(rows, columns=columns))


def zones_of(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    """Zones by name."""
    frame = {"zone": list(shapes), "kind": "remote_desert"}
    return gpd.GeoDataFrame(frame, geometry=list(shapes.values()), crs="EPSG:4326")


def strip(west: float = 40.0, east: float = 42.0) -> Corridor:
    """Make a corridor as far as incidents need one: a line along 34 N and 0.45 degrees each side."""
    outline = gpd.GeoSeries([shapely.box(west, 33.55, east, 34.45)], crs="EPSG:4326")
    line = gpd.GeoSeries([shapely.LineString([(west, 34.0), (east, 34.0)])], crs="EPSG:4326")
    edges = np.linspace(west, east, 5)
    segments = gpd.GeoDataFrame(
        {"segment": range(4), "length_km": 46.2},
        geometry=[shapely.box(a, 33.55, b, 34.45) for a, b in pairwise(edges)],
        crs="EPSG:4326",
    )
    depth = {"AAA": 50.0, "BBB": 50.0}

    def locate(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (lon - west) * 92.4, (lat - 34.0) * 110.9

    border = SimpleNamespace(line=line, locate=locate)
    parts = SimpleNamespace(
        border=border, outline=outline, segments=segments, depth_km=depth, area_km2=1.0
    )
    return cast("Corridor", parts)


def spread_km(positions: FloatArray, lon: float, lat: float) -> FloatArray:
    """Distance of positions from a point."""
    n = len(positions)
    _, _, metres = GEOD.inv(np.full(n, lon), np.full(n, lat), positions[:, 0], positions[:, 1])
    return np.asarray(metres) / 1e3


@pytest.mark.parametrize(
    ("distance_km", "share"),
    [(0, 0.5), (5, 0.373530), (12.5, 0.195501), (20, 0.052044), (25, 0), (30, 0), (-5, 0.626470)],
)
def test_share_of_a_disc_beyond_an_edge(distance_km: float, share: float) -> None:
    """Area of the circular segment, and the same from imputed positions."""
    assert disc_share_beyond_edge(distance_km, 25.0) == pytest.approx(share, abs=5e-7)

    lon, lat = HERE
    edge, _, _ = GEOD.fwd(lon, lat, 90.0, 1e3 * distance_km)
    zone = zones_of(Z=shapely.box(edge, 30, 50, 38))
    events = events_at((lon, lat, 2, None))
    drawn = incidents.event_probabilities(events, zone, draws=40_000, seed=3)["Z"].iloc[0]
    # The edge is a meridian, which a disc of this size takes for straight within 0.1 %.
    assert drawn == pytest.approx(share, abs=0.008)


def test_distances_in_a_disc_and_a_gaussian_are_those_of_theory() -> None:
    """Mean, root mean square and median of the disc; median and 90 % of the gaussian."""
    events = events_at((*HERE, 2, None), (*HERE, 1, None))
    disc, gauss = impute(events, draws=40_000, seed=1)
    r = spread_km(disc, *HERE)
    assert r.max() <= 25.0 + 1e-9
    assert r.mean() == pytest.approx(16.6667, rel=0.01)
    assert np.sqrt((r**2).mean()) == pytest.approx(17.6777, rel=0.01)
    assert np.median(r) == pytest.approx(17.6777, rel=0.01)
    g = spread_km(gauss, *HERE)
    assert np.median(g) == pytest.approx(1.177410, rel=0.02)
    assert np.quantile(g, 0.9) == pytest.approx(2.145966, rel=0.02)
    assert position_error_km("disc", 25) == pytest.approx(17.6777, abs=5e-5)
    assert position_error_km("gaussian", 1) == pytest.approx(1.177410, abs=5e-7)
    assert position_error_km("gaussian", 1, share=0.9) == pytest.approx(2.145966, abs=5e-7)


def test_positions_in_a_province_are_uniform_by_area_on_the_ground() -> None:
    """In degrees they are not: a tall province holds less ground in the north."""
    province = shapely.box(40, 0, 41, 60).difference(shapely.box(40, 10, 41, 20))
    admin1 = gpd.GeoDataFrame(geometry=[province], crs="EPSG:4326")
    events = events_at((40.5, 30.0, 4, None))
    table = incidents.regions(events, admin1=admin1)
    lonlat = impute(events, draws=20_000, seed=1, regions=table)[0]
    assert shapely.contains_xy(province, lonlat).all()
    south = (lonlat[:, 1] < 10).mean()
    expected = area_km2(shapely.box(40, 0, 41, 10)) / area_km2(province)
    assert south == pytest.approx(expected, abs=0.015)


def test_positions_along_a_feature_are_uniform_by_length() -> None:
    """Two parts, one three times as long as the other."""
    line = shapely.MultiLineString([[(40, 0), (43, 0)], [(50, 0), (51, 0)]])
    features = gpd.GeoSeries([line], index=["row-1"], crs="EPSG:4326")
    events = events_at((41.0, 0.0 + 1e-9, 5, None))
    table = incidents.regions(events, features=features)
    assert table["kind"].tolist() == ["line"]
    lonlat = impute(events, draws=20_000, seed=1, regions=table)[0]
    assert np.abs(lonlat[:, 1]).max() < 1e-9
    assert (lonlat[:, 0] < 45).mean() == pytest.approx(0.75, abs=0.015)


def test_each_class_gets_its_region_and_the_vague_are_named() -> None:
    """No event vanishes: what cannot be placed says why."""
    rows = [(*HERE, k, None) for k in (1, 2, 3, 4, 5, 6, 7, None)] + [
        (*HERE, 2, 15.0),
        (0, 0, 1, 1),
    ]
    events = events_at(*rows)
    admin1 = gpd.GeoDataFrame(geometry=[shapely.box(40, 33, 42, 35)], crs="EPSG:4326")
    table = incidents.regions(events, admin1=admin1)
    kinds = [
        "gaussian",
        "disc",
        "polygon",
        "polygon",
        *["excluded"] * 3,
        "disc",
        "disc",
        "excluded",
    ]
    assert table["kind"].tolist() == kinds
    assert table["scale_km"].iloc[[0, 1, 7, 8]].tolist() == [1.0, 25.0, 25.0, 15.0]
    out = table["kind"] == "excluded"
    assert (table["reason"][out] != "").all()
    assert (table["reason"][~out] == "").all()
    assert table["reason"].iloc[9].startswith("quarantined: zero position")
    assert "not given (where_prec 5)" in table["reason"].iloc[4]

    without = incidents.regions(events)
    assert "pass admin1= to incidents.regions" in without["reason"].iloc[3]
    elsewhere = admin1.assign(geometry=[shapely.box(0, 0, 1, 1)])
    missed = incidents.regions(events, admin1=elsewhere)["reason"].iloc[3]
    assert missed == "no admin1 polygon holds its point"


def test_kernels_are_cited_and_can_be_changed() -> None:
    """A changed copy, not a changed library."""
    listed = incidents.precision_table().dropna(subset="code")
    for code, source in zip(listed["code"], listed["source"], strict=True):
        assert re.search(rf"codebook, \w+ {code};", source), source
    town = incidents.PrecisionClass(shape="disc", scale_km=5.0, meaning="town", source="a codebook")
    events = events_at((*HERE, 1, None))
    table = incidents.regions(events, classes={1: town})
    assert table["scale_km"].tolist() == [5.0]
    assert incidents.regions(events)["scale_km"].tolist() == [1.0]
    with pytest.raises(InvalidParameterError, match="scale_km must be a finite number above 0"):
        incidents.PrecisionClass(shape="disc", scale_km=-1.0, meaning="", source="")
    with pytest.raises(InvalidParameterError, match="did you mean 'disc'"):
        incidents.PrecisionClass(shape="disk", scale_km=1.0, meaning="", source="")


@given(start=st.integers(0, 7), seed=st.integers(0, 2**32))
@settings(max_examples=20)
def test_positions_do_not_depend_on_what_else_is_in_the_table(start: int, seed: int) -> None:
    """Row i has its own stream: the first rows of a long table are those of a short one."""
    events = events_at(*[(40 + i / 10, 34.0, 1 + i % 2, None) for i in range(8)])
    whole = impute(events, draws=7, seed=seed)
    part = impute(events.iloc[: start + 1], draws=7, seed=seed)
    np.testing.assert_array_equal(whole[: start + 1], part)


def test_the_overlay_does_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """One event at a time gives the same table as all at once."""
    events = events_at(*[(40 + i / 10, 34.0, 1 + i % 2, None) for i in range(12)])
    zones = zones_of(W=shapely.box(39, 33, 40.5, 35), E=shapely.box(40.4, 33, 42, 35))
    one = incidents.overlay(events, zones, draws=60, seed=5)
    monkeypatch.setattr(imputation, "_BATCH", 1)
    two = incidents.overlay(events, zones, draws=60, seed=5)
    pd.testing.assert_frame_equal(one, two)
    assert one.attrs == two.attrs


def test_counts_are_those_of_the_imputed_positions() -> None:
    """Overlay against plain counting, zones overlapping and one empty of events."""
    events = events_at(*[(40 + i / 15, 34.0, 1 + i % 2, None) for i in range(25)])
    zones = zones_of(
        A=shapely.box(40, 33.9, 41, 34.1),
        B=shapely.box(40.5, 33.9, 42, 34.3),
        none=shapely.box(10, 10, 11, 11),
    )
    table = incidents.overlay(events, zones, draws=199, seed=2, corridor=strip())
    positions = impute(events, draws=199, seed=2)
    for row, zone in zip(table.itertuples(), zones.geometry, strict=True):
        inside = shapely.contains_xy(zone, positions[..., 0], positions[..., 1])
        counts = np.sort(inside.sum(axis=0))
        assert row.expected == pytest.approx(counts.mean())
        assert (row.p05, row.p95) == (counts[9], counts[-10])
        assert (row.p025, row.p975) == (counts[4], counts[-5])
        assert row.possible == inside.any(axis=1).sum()
    assert table.index.equals(zones.index)
    shares = incidents.event_probabilities(events, zones, draws=199, seed=2)
    np.testing.assert_allclose(shares[["A", "B", "none"]].sum(), table["expected"])


def test_no_events_do_not_mean_no_risk() -> None:
    """The upper end for a count of zero is Garwood's."""
    table = incidents.overlay(events_at((*HERE, 1, None)), zones_of(Z=shapely.box(0, 0, 1, 1)))
    row = table.iloc[0]
    assert (row["expected"], row["p05"], row["p975"]) == (0, 0, 0)
    assert row["underlying_p975"] == pytest.approx(3.688879, abs=1e-6)
    assert row["underlying_p95"] == pytest.approx(2.995732, abs=1e-6)
    assert row["underlying_p025"] == 0


def test_what_was_left_out_is_counted_and_named() -> None:
    """In plain values, so that tables with these attributes can be joined and compared."""
    events = events_at((*HERE, 1, None), (*HERE, 6, None), (0, 0, 1, None), (*HERE, 4, None))
    table = incidents.overlay(events, zones_of(Z=shapely.box(40, 33, 42, 35)), draws=50)
    attrs = table.attrs
    assert (attrs["n_events"], attrs["n_placed"], attrs["n_excluded"]) == (4, 1, 3)
    assert [item["id"] for item in attrs["excluded"]] == ["row-2", "row-3", "row-4"]
    assert attrs["excluded"][0]["reason"] == "only the country is known (where_prec 6)"
    assert "reported" in attrs["estimand"]
    assert attrs["n_in_corridor"] is None
    assert table["expected_if_uniform"].isna().all()
    assert len(pd.concat([table, table])) == 2


def test_expected_if_uniform_is_the_share_of_the_corridor_in_the_zone() -> None:
    """Half the corridor expects half its events; ground outside it expects none."""
    corridor = strip()
    events = events_at(*[(40.1 + 1.8 * i / 19, 34.0, 1, None) for i in range(20)])
    zones = zones_of(west=shapely.box(39, 30, 41, 40), away=shapely.box(50, 30, 51, 40))
    table = incidents.overlay(events, zones, draws=50, corridor=corridor)
    assert table.attrs["n_in_corridor"] == 20
    np.testing.assert_allclose(table["expected_if_uniform"], [10, 0], atol=0.01)


def test_a_zone_smaller_than_the_position_error_is_marked() -> None:
    """No inference finer than the positions."""
    events = events_at((*HERE, 2, None))
    zones = zones_of(small=shapely.box(41, 34, 41.05, 34.05), large=shapely.box(40, 33, 42, 35))
    marked = incidents.overlay(events, zones, draws=50)["below_precision"]
    assert marked.tolist() == [True, False]


@pytest.mark.parametrize("draws", [0, -1, 2.5, True])
def test_refuses_an_impossible_number_of_draws(draws: Any) -> None:
    """A whole number above zero."""
    with pytest.raises(InvalidParameterError, match="draws must be a whole number"):
        incidents.overlay(
            events_at((*HERE, 1, None)), zones_of(Z=shapely.box(0, 0, 1, 1)), draws=draws
        )


def test_refuses_layers_without_crs_and_foreign_regions() -> None:
    """Each refusal says how to mend it."""
    events = events_at((*HERE, 1, None))
    bare = gpd.GeoDataFrame({"zone": ["Z"]}, geometry=[shapely.box(0, 0, 1, 1)])
    with pytest.raises(CRSMismatchError, match="zones have no CRS"):
        incidents.overlay(events, bare)
    with pytest.raises(CRSMismatchError, match="admin1 has no CRS"):
        incidents.regions(events, admin1=bare)
    both = pd.concat([incidents.regions(events)] * 2)
    with pytest.raises(DataError, match="regions has 2 rows, events 1"):
        incidents.overlay(events, zones_of(Z=shapely.box(0, 0, 1, 1)), regions=both)
    with pytest.raises(DataError, match=r"read them with incidents\.read first"):
        incidents.overlay(gpd.GeoDataFrame({"id": [1]}, geometry=[None], crs=4326), bare)


def test_a_zone_in_another_crs_counts_the_same() -> None:
    """Zones are brought to longitude and latitude."""
    events = events_at(*[(40 + i / 10, 34.0, 2, None) for i in range(10)])
    zones = zones_of(Z=shapely.box(40, 33.9, 41, 34.1).segmentize(0.01))
    local = CRS.from_proj4("+proj=laea +lat_0=34 +lon_0=41")
    a = incidents.overlay(events, zones, draws=100)["expected"].iloc[0]
    b = incidents.overlay(events, zones.to_crs(local), draws=100)["expected"].iloc[0]
    assert a == pytest.approx(b, abs=0.02)


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [
        (0, 0.0, 3.688879),
        (1, 0.025318, 5.571643),
        (3, 0.618672, 8.767273),
        (10, 4.795389, 18.390356),
        (25, 16.178682, 36.904932),
    ],
)
def test_garwood_interval(n: int, low: float, high: float) -> None:
    """Exact values, from the interval and from pooling equal counts."""
    assert garwood_interval(n) == pytest.approx((low, high), abs=1e-6)
    assert pooled_garwood(np.full(50, n), 0.95) == pytest.approx((low, high), abs=1e-6)


def test_garwood_bounds_solve_their_equations_and_refuse_nonsense() -> None:
    """The oracle is the Poisson distribution itself."""
    low, high = garwood_interval(7, confidence=0.9)
    assert stats.poisson.sf(6, low) == pytest.approx(0.05)
    assert stats.poisson.cdf(7, high) == pytest.approx(0.05)
    assert garwood_interval(0, side="upper")[1] == pytest.approx(2.995732, abs=1e-6)
    with pytest.raises(InvalidParameterError, match="0 or more"):
        garwood_interval(-1)
    with pytest.raises(InvalidParameterError, match="both left out"):
        garwood_interval(1, confidence=1.0)


@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=60),
    confidence=st.sampled_from([0.5, 0.9, 0.95]),
)
@settings(max_examples=60)
def test_bands_hold_at_least_what_they_say(counts: list[int], confidence: float) -> None:
    """Of all values left out of the draws in turn, the band of the others holds enough."""
    drawn = np.array(counts)
    held = 0
    for i, left_out in enumerate(drawn):
        low, high = imputed_band(np.delete(drawn, i), confidence, 30)
        held += low <= left_out <= high
    assert held >= confidence * len(drawn) - 1e-9
    low_rate, high_rate = pooled_garwood(drawn, confidence)
    if confidence >= 0.9:  # half of a lopsided mixture need not hold its mean
        assert low_rate <= drawn.mean() + 1e-9
        assert high_rate >= drawn.mean() - 1e-9
    tail = (1 - confidence) / 2
    seen = Counter(counts)
    share = sum(k * stats.gamma.cdf(high_rate, n + 1) for n, k in seen.items()) / len(counts)
    assert share == pytest.approx(1 - tail, abs=1e-9)


def test_bands_hold_the_truth_and_the_pit_is_flat() -> None:
    """A few hundred invented tables with known positions, three zones each."""
    corridor = strip()
    admin1 = gpd.GeoDataFrame(geometry=[shapely.box(39, 32, 43, 36)], crs="EPSG:4326")
    places = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([40.3, 41.4], [34.1, 33.9]), crs="EPSG:4326"
    )
    zones = zones_of(
        A=shapely.box(40.1, 33.7, 40.6, 34.2),
        B=shapely.box(40.9, 33.8, 41.2, 34.1),
        C=shapely.box(41.2, 33.6, 42.0, 34.4),
    )
    rng = np.random.default_rng(11)
    held95, held90, pit = [], [], []
    whole = incidents.synthetic(corridor, n=30 * 200, seed=7, places=places, admin1=admin1)
    regions = incidents.regions(whole, admin1=admin1)
    for run in range(200):
        rows = slice(30 * run, 30 * run + 30)
        events, table = whole.iloc[rows], regions.iloc[rows]
        counted = incidents.overlay(events, zones, draws=99, seed=run, regions=table)
        placed = (table["kind"] != "excluded").to_numpy()
        lon, lat = np.moveaxis(impute(events, draws=99, seed=run, regions=table), -1, 0)
        for row, zone in zip(counted.itertuples(), zones.geometry, strict=True):
            true = shapely.contains_xy(zone, events["true_lon"], events["true_lat"])[placed].sum()
            held95.append(row.p025 <= true <= row.p975)
            held90.append(row.p05 <= true <= row.p95)
            drawn = shapely.contains_xy(zone, lon[placed], lat[placed]).sum(axis=0)
            below, ties = (drawn < true).sum(), (drawn == true).sum()
            pit.append((below + rng.random() * (ties + 1)) / (len(drawn) + 1))
    assert np.mean(held95) >= 0.95
    assert np.mean(held90) >= 0.90
    assert stats.kstest(pit, "uniform").pvalue > 0.01


def test_underlying_bands_hold_the_rate() -> None:
    """Poisson events of known rate, reported within 25 km: a harder truth, the same promise."""
    rng = np.random.default_rng(5)
    zone = zones_of(Z=shapely.box(40.5, 33.6, 41.5, 34.4))
    whole = shapely.box(39, 32.5, 43, 35.5)
    density = 40 / area_km2(whole)
    rate = density * area_km2(zone.geometry.iloc[0])
    sizes = rng.poisson(40, 150)
    n = int(sizes.sum())
    sines = np.sin(np.radians([32.5, 35.5]))
    lat = np.degrees(np.arcsin(rng.uniform(sines[0], sines[1], n)))
    lon = rng.uniform(39, 43, n)
    off = 25e3 * np.sqrt(rng.random(n))
    coded_lon, coded_lat, _ = GEOD.fwd(lon, lat, rng.uniform(0, 360, n), off)
    coded = pd.DataFrame({"lon": coded_lon, "lat": coded_lat, "where_prec": 2})
    events, ends, held = incidents.read(coded), np.cumsum(sizes), []
    for start, end in zip(ends - sizes, ends, strict=True):
        row = incidents.overlay(events.iloc[start:end], zone, draws=99, seed=int(end)).iloc[0]
        held.append(row["underlying_p025"] <= rate <= row["underlying_p975"])
    assert np.mean(held) >= 0.95
