"""On what ground events happened: probabilities of classes, bands of measures, beside the coded point."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

import borderzone as bz
from borderzone import incidents
from borderzone.errors import (
    CRSMismatchError,
    DataError,
    GridMismatchError,
    InvalidParameterError,
    NotProjectedError,
)
from borderzone.grid import Grid
from borderzone.incidents.placing import imputation
from borderzone.incidents.placing.imputation import impute

LON, LAT = 41.0, 34.0
MAP = CRS.from_proj4(f"+proj=laea +lat_0={LAT} +lon_0={LON} +datum=WGS84 +units=m")
GRID = Grid.covering((-40e3, -40e3, 40e3, 40e3), resolution_m=250, crs=MAP)
CAVES = ["p_cave_very_low", "p_cave_low", "p_cave_medium", "p_cave_high", "p_cave_unknown"]
REMOTE = ["p_remote_desert", "p_remote_desert_no", "p_remote_desert_unknown"]
MEASURES = ("hours_h", "slope_deg", "relief_m", "elevation_m")


def layer(values: Any, grid: Grid = GRID, dtype: Any = np.float32) -> xr.DataArray:
    return grid.wrap(np.broadcast_to(np.asarray(values), grid.shape).astype(dtype))


def events_at(lon: Any, lat: Any, **more: Any) -> Any:
    table = pd.DataFrame({"lat": np.atleast_1d(lat), "lon": np.atleast_1d(lon)}).assign(**more)
    return incidents.read(table.assign(id=[f"e{k}" for k in range(len(table))]))


ONE = events_at(LON, LAT, where_prec=2)
NOTHING = xr.Dataset()


def remote_east_of(edge_m: float) -> xr.Dataset:
    return xr.Dataset({"remote_desert": layer(edge_m < GRID.x)})


@pytest.mark.parametrize(
    ("distance_km", "share"), [(0, 0.5), (5, 0.373530), (12.5, 0.195501), (20, 0.052044)]
)
def test_share_of_a_disc_beyond_a_straight_flag(distance_km: float, share: float) -> None:
    """The circular segment of a disc of 25 km, as `disc_share_beyond_edge` has it."""
    found = incidents.on_ground(ONE, remote_east_of(1e3 * distance_km), NOTHING, draws=40_000)
    error = math.sqrt(share * (1 - share) / 40_000)
    assert found["p_remote_desert"].iloc[0] == pytest.approx(share, abs=4 * error)
    assert found[REMOTE].sum(axis=1).iloc[0] == pytest.approx(1)
    if distance_km:  # on the edge itself a point says nothing
        assert found["point_remote_desert"].tolist() == ["no"]


@pytest.mark.parametrize("distance_km", [0.0, 0.5, 1.0, 2.0])
def test_share_of_a_gaussian_beyond_a_straight_flag(distance_km: float) -> None:
    exact = events_at(LON, LAT, where_prec=1)  # 1 km standard deviation
    found = incidents.on_ground(exact, remote_east_of(1e3 * distance_km), NOTHING, draws=40_000)
    share = 0.5 * math.erfc(distance_km / math.sqrt(2))
    assert found["p_remote_desert"].iloc[0] == pytest.approx(share, abs=0.01)


def test_a_plane_has_one_slope_and_heights_with_the_band_of_its_disc() -> None:
    dem = layer(500 + 0.05 * GRID.x)
    attrs = bz.terrain.attributes(dem, layers=["slope_deg"])
    found = incidents.on_ground(ONE, NOTHING, attrs.assign(elevation_m=dem), draws=20_000).iloc[0]
    assigned = attrs.assign(elevation_m=dem)
    assert found.equals(incidents.on_ground(ONE, NOTHING, assigned, draws=20_000).iloc[0])
    slope = math.degrees(math.atan(0.05))
    ends = ("", "_mean", "_p05", "_p95")
    assert [found[f"slope_deg{end}"] for end in ends] == pytest.approx([slope] * 4, rel=1e-4)
    assert found["elevation_m"] == pytest.approx(500, abs=15)
    # Of a disc 5 % lie beyond t radii of its middle: t = .8054 from the circular segment.
    far = 25e3 * 0.8054 * 0.05
    assert found["elevation_m_p05"] == pytest.approx(500 - far, abs=20)
    assert found["elevation_m_p95"] == pytest.approx(500 + far, abs=20)
    assert found["point_slope_deg"] == pytest.approx(slope, rel=1e-4)
    assert found["slope_deg_known"] == 1


def ground(seed: int = 5) -> tuple[xr.Dataset, xr.Dataset, xr.DataArray]:
    """Patchy layers with holes: a block of nothing, rock on a part, hours that end somewhere."""
    rng = np.random.default_rng(seed)
    hole = (GRID.x[None, :] > 20e3) & (GRID.y[:, None] > 20e3)
    remote = np.where(rng.random(GRID.shape) < 0.1, np.nan, rng.random(GRID.shape) < 0.4)
    caves = np.where(rng.random(GRID.shape) < 0.5, 255, rng.integers(0, 4, GRID.shape))
    hours = np.where(rng.random(GRID.shape) < 0.2, np.inf, 6 * rng.random(GRID.shape))
    slope = np.where(rng.random(GRID.shape) < 0.05, np.nan, 30 * rng.random(GRID.shape))
    blank = [np.where(hole, np.nan, values) for values in (remote, hours, slope)]
    flags = xr.Dataset(
        {
            "remote_desert": layer(blank[0]),
            "cave_prone": layer(np.where(hole, 255, caves), dtype=np.uint8),
        }
    )
    attrs = xr.Dataset({"slope_deg": layer(blank[2]), "relief_m": layer(10 * blank[2])})
    return flags, attrs, layer(blank[1])


def many(n: int = 60, seed: int = 2) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    codes = rng.choice([1, 2, 6], n, p=[0.4, 0.5, 0.1])
    return events_at(rng.uniform(40.5, 41.5, n), rng.uniform(33.6, 34.4, n), where_prec=codes)


def looked_up(lonlat: Any, layers: Any) -> tuple[float, Any]:
    """Share of positions off the grid, and values of layers under the others, by numpy alone."""
    x, y = Transformer.from_crs(4326, MAP, always_xy=True).transform(*lonlat.T)
    on = (np.abs(x) < 40e3) & (np.abs(y) < 40e3)
    column, row = ((x[on] + 40e3) // 250).astype(int), ((40e3 - y[on]) // 250).astype(int)
    return float((~on).mean()), {n: raster.to_numpy()[row, column] for n, raster in layers.items()}


def test_chances_against_positions_drawn_and_looked_up_one_by_one() -> None:
    events, (flags, attrs, hours) = many(), ground()
    found = incidents.on_ground(events, flags, attrs, hours=hours, draws=60, seed=7)
    at = impute(events, draws=60, seed=7)
    layers = {**flags.data_vars, **attrs.data_vars, "hours": hours}
    for k in np.flatnonzero(found["placed"]):
        outside, seen = looked_up(at[k], layers)
        remote, caves, far = seen["remote_desert"], seen["cave_prone"], np.isinf(seen["hours"])
        known = ~np.isnan(remote) | ~np.isnan(seen["hours"])
        known |= ~np.isnan(seen["slope_deg"]) | (caves != 255)
        told = found.iloc[k].fillna(0.0)
        assert told["p_outside"] == pytest.approx(outside)
        expected = {
            "p_inside": known, "p_unknown": ~known, "p_unreached": far, "p_cave_high": caves == 3,
            "p_remote_desert": remote == 1, "p_remote_desert_no": remote == 0,
            "p_remote_desert_unreached": far & (remote == 1), "p_cave_very_low": caves == 0,
            "p_cave_unknown": caves == 255, "p_remote_desert_unknown": np.isnan(remote),
        }  # fmt: skip
        for name, held in expected.items():
            assert told[name] == pytest.approx(held.sum() / 60), name


def test_measures_against_positions_drawn_and_looked_up_one_by_one() -> None:
    """Ends of bands are order statistics whose coverage is nine in ten at least."""
    events, (flags, attrs, hours) = many(), ground()
    found = incidents.on_ground(events, flags, attrs, hours=hours, draws=60, seed=7)
    at = impute(events, draws=60, seed=7)
    for name, raster in (("slope_deg", attrs["slope_deg"]), ("hours_h", hours)):
        for k in np.flatnonzero(found["placed"]):
            values = np.sort(looked_up(at[k], {name: raster})[1][name])
            values = values[~np.isnan(values)]
            told = found.iloc[k]
            assert told[f"{name}_known"] == pytest.approx(len(values) / 60)
            if not len(values):
                assert told[[name, f"{name}_mean", f"{name}_p05", f"{name}_p95"]].isna().all()
                continue
            rank = max(int(0.05 * (len(values) + 1) + 1e-9), 1)
            assert told[name] == pytest.approx(np.median(values))
            assert told[f"{name}_p05"] == values[rank - 1]
            assert told[f"{name}_p95"] == values[-rank]
            finite = values[np.isfinite(values)]
            if len(finite):
                assert told[f"{name}_mean"] == pytest.approx(finite.mean(), rel=1e-5)


def test_events_that_cannot_be_placed_have_a_reason_and_no_chance() -> None:
    events, (flags, attrs, hours) = many(), ground()
    found = incidents.on_ground(events, flags, attrs, hours=hours, draws=10)
    gone = found[~found["placed"]]
    assert 0 < len(gone) < len(found)
    assert gone["why_not_placed"].str.contains("country").all()
    assert gone.filter(regex="^p_").isna().all(axis=None)


def test_counts_by_class_are_those_of_the_overlay_of_the_same_ground() -> None:
    """One way to place events: a flag and a zone of the same shape give the same counts and bands."""
    rows = events_at(
        np.linspace(40.8, 41.2, 80), np.linspace(33.9, 34.1, 80), where_prec=[1, 2] * 40
    )
    square = shapely.box(-10e3, -12e3, 15e3, 9e3)
    inside = ((GRID.x > -10e3) & (GRID.x < 15e3))[None, :] & ((GRID.y > -12e3) & (GRID.y < 9e3))[
        :, None
    ]
    zones = gpd.GeoDataFrame({"zone": ["Z"]}, geometry=[square.segmentize(200)], crs=MAP)
    laid = incidents.overlay(rows, zones, draws=300, seed=4).iloc[0]
    flags = xr.Dataset({"remote_desert": layer(inside)})
    found = incidents.on_ground(rows, flags, NOTHING, draws=300, seed=4)
    counts = incidents.ground_counts(found).set_index(["kind", "ground"])
    told: Any = counts.loc["remote_desert", "yes"]
    ends = ["p025", "p05", "p95", "p975", "underlying_p05", "underlying_p95"]
    assert told["expected"] == pytest.approx(laid["expected"], abs=0.02)
    assert told[ends].tolist() == pytest.approx(laid[ends].tolist(), abs=0.2)
    assert told["possible"] == laid["possible"]
    truly = rows.to_crs(MAP).within(square).sum()
    assert told["at_point"] == truly


def test_ground_inside_a_corridor_alone() -> None:
    """What lies outside it is outside, whatever the layers say there."""
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=20)
    grid = corridor.grid(resolution_m=2000).padded(5)
    flags = xr.Dataset({"remote_desert": layer(1, grid)})
    events = events_at([41.0, 41.2, 44.0], [34.4, 34.4, 33.3], where_prec=[2, 1, 1])
    found = incidents.on_ground(events, flags, NOTHING, corridor=corridor, seed=3)
    account = incidents.account(events, corridor, seed=3)
    assert found["p_inside"].sum() == pytest.approx(account.expected)
    assert found["p_outside"].iloc[2] == 1
    assert found["point_ground"].tolist()[2] == "outside"
    whole = incidents.on_ground(events, flags, NOTHING, seed=3)
    assert (whole["p_inside"] >= found["p_inside"]).all()
    assert whole["p_inside"].iloc[0] > found["p_inside"].iloc[0]


def test_what_is_not_known_is_not_told_as_none() -> None:
    """Where no ground of an event is known, its classes are empty; a layer that is not there has no column."""
    flags = xr.Dataset({"remote_desert": layer(np.nan), "cave_prone": layer(255, dtype=np.uint8)})
    attrs = xr.Dataset({"slope_deg": layer(2.0)})
    found = incidents.on_ground(ONE, flags, attrs).iloc[0]
    assert found["p_inside"] == 1
    assert found[["p_remote_desert", "p_remote_desert_no", *CAVES[:4]]].isna().all()
    assert found["p_remote_desert_unknown"] == found["p_cave_unknown"] == 1
    assert found["point_remote_desert"] == found["point_cave"] == "unknown"
    bare = incidents.on_ground(ONE, NOTHING, attrs)
    assert bare.attrs["missing"] == [
        "remote_desert", "cave_prone", "hours", "relief_m", "elevation_m",
    ]  # fmt: skip
    assert not [name for name in bare.columns if "remote" in name or "cave" in name]
    assert not [name for name in bare.columns if "hours" in name or "unreached" in name]
    dark = incidents.on_ground(ONE, flags, NOTHING).iloc[0]
    assert (dark["p_inside"], dark["p_unknown"], dark["point_ground"]) == (0, 1, "unknown")
    words = incidents.on_ground(ONE, flags, attrs).attrs["sentence"]
    assert "On remote desert none that is known, 1.0 where that is not known." in words


def test_vague_and_unusable_rows_keep_their_place_and_reason() -> None:
    events = events_at([LON, LON, 999], [LAT, LAT, LAT], where_prec=[1, 6, 1]).set_index(
        pd.Index(["x", "y", "z"])
    )
    flags, attrs, hours = ground()
    found = incidents.on_ground(events, flags, attrs, hours=hours)
    assert found.index.tolist() == ["x", "y", "z"]
    assert found["placed"].tolist() == [True, False, False]
    assert [why.split(" ")[0] for why in found["why_not_placed"]] == ["", "only", "quarantined:"]
    # A sample of points counts the centre of a country as any other point.
    assert found["point_ground"].tolist() == ["inside", "inside", ""]
    counts = incidents.ground_counts(found).set_index(["kind", "ground"])
    inside: Any = counts.loc["place", "inside"]
    assert inside[["at_point", "at_point_vague"]].tolist() == [1, 1]
    none = incidents.on_ground(events.iloc[1:], flags, attrs, hours=hours)
    assert "None of 2 events can be placed" in none.attrs["sentence"]
    assert none.columns.tolist() == found.columns.tolist()
    empty = incidents.on_ground(events.iloc[:0], flags, attrs, hours=hours)
    assert len(empty) == 0
    assert empty.columns.tolist() == found.columns.tolist()


@settings(max_examples=12)
@given(seed=st.integers(0, 2**16), draws=st.integers(1, 40))
def test_chances_add_up_and_bands_hold_their_median(seed: int, draws: int) -> None:
    events, (flags, attrs, hours) = many(20, seed), ground(seed % 7)
    found = incidents.on_ground(events, flags, attrs, hours=hours, draws=draws, seed=seed)
    placed = found[found["placed"]]
    chances, outside = placed.filter(regex="^p_"), placed["p_outside"]
    assert ((chances >= 0) & (chances <= 1) | chances.isna()).all(axis=None)
    for whole in (["p_inside", "p_unknown"], REMOTE, CAVES):
        assert np.allclose(placed[whole].sum(axis=1) + outside, 1)
    for name in ("hours_h", "slope_deg", "relief_m"):
        low, middle, high = (placed[f"{name}{end}"] for end in ("_p05", "", "_p95"))
        assert ((low <= middle) & (middle <= high) | middle.isna()).all()
        assert (middle.isna() == (placed[f"{name}_known"] == 0)).all()
    counts = incidents.ground_counts(found).set_index(["kind", "ground"])
    sums: Any = counts.groupby("kind")[["expected", "at_point"]].sum()
    off, n = counts.loc[("place", "outside"), ["expected", "at_point"]], len(placed)
    assert sums.loc["place"].tolist() == pytest.approx([n, n])
    for kind in ("remote_desert", "cave_prone"):
        assert (sums.loc[kind] + off).tolist() == pytest.approx([n, n])
    assert (counts["p025"] <= counts["p05"]).all()
    assert (counts["p95"] <= counts["p975"]).all()


@settings(max_examples=8)
@given(seed=st.integers(0, 2**16), order=st.permutations(range(20)))
def test_neither_order_nor_blocks_nor_threads_change_anything(seed: int, order: list[int]) -> None:
    events, (flags, attrs, hours) = many(20, seed), ground(seed % 7)
    found = incidents.on_ground(events, flags, attrs, hours=hours, draws=30, seed=seed, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imputation, "_BATCH", 50)
        cut = incidents.on_ground(events, flags, attrs, hours=hours, draws=30, seed=seed, threads=3)
    pd.testing.assert_frame_equal(found, cut, check_exact=True)
    assert found.attrs == cut.attrs
    turned = incidents.on_ground(events.iloc[order], flags, attrs, hours=hours, draws=30, seed=seed)
    pd.testing.assert_frame_equal(turned, found.iloc[order], check_exact=True)
    assert turned.attrs == found.attrs


def test_lazy_layers_are_computed_where_events_may_lie_and_nowhere_else() -> None:
    events = events_at([LON], [LAT], where_prec=1)
    flags, attrs, hours = ground()
    usual = incidents.on_ground(events, flags, attrs, hours=hours)
    made: list[int] = []

    def counted(block: Any) -> Any:
        made.append(block.size)
        return block

    chunked = attrs["slope_deg"].chunk({"y": 64, "x": 64})
    lazy = attrs.assign(slope_deg=chunked.copy(data=chunked.data.map_blocks(counted)))
    made.clear()
    found = incidents.on_ground(
        events, flags.chunk({"y": 100, "x": 50}), lazy, hours=hours.chunk({"y": 7})
    )
    pd.testing.assert_frame_equal(found, usual, check_exact=True)
    # Each chunk about the event once: all it may lie in, of 8.6 km about its point.
    assert 0 < len(made) <= 4


def test_events_in_any_frame_and_layers_that_name_what_they_lack() -> None:
    flags, attrs, hours = ground()
    events = many(12)
    usual = incidents.on_ground(events, flags, attrs, hours=hours)
    moved = incidents.on_ground(events.to_crs(32638), flags, attrs, hours=hours)
    pd.testing.assert_frame_equal(moved, usual, atol=0.02)
    coded = attrs["slope_deg"].fillna(-9999).assign_attrs(_FillValue=-9999.0)
    filled = attrs.assign(slope_deg=coded.assign_attrs(attrs["slope_deg"].attrs | coded.attrs))
    pd.testing.assert_frame_equal(
        incidents.on_ground(events, flags, filled, hours=hours), usual, check_exact=True
    )
    yes = flags.assign(remote_desert=flags["remote_desert"].fillna(0).astype(bool))
    assert incidents.on_ground(events, yes, attrs)["p_remote_desert_unknown"].dropna().eq(0).all()
    blank = flags.assign(
        cave_prone=flags["cave_prone"].astype(float).where(flags["cave_prone"] < 255)
    )
    pd.testing.assert_frame_equal(
        incidents.on_ground(events, blank, attrs, hours=hours), usual, check_exact=True
    )


def test_the_sentence_sets_the_coded_points_beside() -> None:
    found = incidents.on_ground(ONE, remote_east_of(5e3), NOTHING, draws=2000)
    assert found.attrs["sentence"] == (
        "Of 1 event 1 can be placed. Over all places where they may have happened, with 90 % bands, they "
        "fall so. On remote desert 0.4 (0 to 1), at their coded points 0. Outside 0.0."
    )
    assert incidents.ground_counts(found).attrs["n_draws"] == 2000


FLAGS, ATTRS, HOURS = ground()
BESIDE = ATTRS["slope_deg"].assign_coords(x=ATTRS["x"] + 250.0)
OTHER = Grid(shape=GRID.shape, transform=GRID.transform, crs=CRS(32637))
DEGREES = xr.DataArray(
    np.ones((3, 3), np.float32),
    {"y": [35.0, 34.0, 33.0], "x": [40.0, 41.0, 42.0]},
    ("y", "x"),
    attrs={"crs": "EPSG:4326"},
)


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        (
            {"flags": NOTHING, "attrs": NOTHING},
            InvalidParameterError,
            "no layer is known: flags and",
        ),
        (
            {"flags": FLAGS["cave_prone"]},
            InvalidParameterError,
            r"flags must be an xarray\.Dataset",
        ),
        ({"attrs": None}, InvalidParameterError, r"attrs must be an xarray\.Dataset"),
        ({"hours": 2.0}, InvalidParameterError, r"hours must be an xarray\.DataArray"),
        (
            {"hours": HOURS.assign_attrs(units="min")},
            InvalidParameterError,
            "hours must be in hours, got units 'min'",
        ),
        ({"attrs": xr.Dataset({"slope_deg": BESIDE})}, GridMismatchError, "slope_deg covers"),
        ({"hours": layer(1.0, OTHER)}, GridMismatchError, "hours is in"),
        (
            {"flags": xr.Dataset({"remote_desert": DEGREES})},
            NotProjectedError,
            "measured in degree",
        ),
        ({"events": ONE.set_crs(None, allow_override=True)}, CRSMismatchError, "no CRS"),
        (
            {"attrs": xr.Dataset({"slope_deg": layer(91.0)})},
            InvalidParameterError,
            "slope_deg must be from 0 to 90, got 91",
        ),
        (
            {"flags": xr.Dataset({"remote_desert": layer(0.5)})},
            InvalidParameterError,
            r"remote_desert must be 1, 0 or NaN, got 0\.5",
        ),
        (
            {"flags": xr.Dataset({"cave_prone": layer(7, dtype=np.uint8)})},
            InvalidParameterError,
            "cave_prone must be a class of 0 to 3, or 255 for unknown, got 7",
        ),
        (
            {"attrs": xr.Dataset({"elevation_m": layer(-9999.0)})},
            InvalidParameterError,
            "elevation_m must be heights in metres",
        ),
        ({"events": ONE[["geometry"]]}, DataError, "read them with"),
        ({"draws": 0}, InvalidParameterError, "draws"),
        ({"corridor": "IRQ"}, InvalidParameterError, "corridor must be a Corridor"),
    ],
)
def test_refusals(wrong: dict[str, Any], error: type[Exception], told: str) -> None:
    good: dict[str, Any] = {"events": ONE, "flags": FLAGS, "attrs": ATTRS}
    with pytest.raises(error, match=told):
        incidents.on_ground(**(good | wrong))


def test_counts_of_a_table_that_is_not_whole() -> None:
    found = incidents.on_ground(many(), *ground()[:2], draws=20)
    with pytest.raises(DataError, match="10 of 60 rows"):
        incidents.ground_counts(found.head(10))
    with pytest.raises(DataError, match="the one that incidents"):
        incidents.ground_counts(pd.DataFrame({"placed": [True]}))
