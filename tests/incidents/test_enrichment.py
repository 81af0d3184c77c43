"""Enrichment: road bias does not pass for a finding, a true one is found, and a null result is said."""

from __future__ import annotations

import builtins
import math
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from scipy import stats

from borderzone import incidents
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    DataError,
    InvalidParameterError,
    NoOverlapError,
)
from borderzone.incidents.comparing.compared_cells import comparison_cells
from borderzone.incidents.comparing.flagged_ratio import Enrichment, ratio_at_equal_distance
from borderzone.incidents.comparing.rate_ratio import (
    mantel_haenszel,
    pool_rubin,
    strata_of,
)
from borderzone.incidents.comparing.regression import poisson_regression, spline_basis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor

WEST, EAST = 40.0, 44.0


def strip() -> Corridor:
    """Lay a corridor along 34 N, some 370 km long and 100 km deep."""
    outline = gpd.GeoSeries([shapely.box(WEST, 33.55, EAST, 34.45)], crs="EPSG:4326")
    line = gpd.GeoSeries([shapely.LineString([(WEST, 34.0), (EAST, 34.0)])], crs="EPSG:4326")
    return cast("Corridor", SimpleNamespace(outline=outline, border=SimpleNamespace(line=line)))


ROADS = gpd.GeoDataFrame(
    {"class": ["main", "track"]},
    geometry=[
        shapely.LineString([(WEST, 34.2), (EAST, 34.2)]),
        shapely.LineString([(41.0, 33.5), (41.0, 34.5)]),
    ],
    crs="EPSG:4326",
)
TOWNS = gpd.GeoDataFrame(
    {"name": list("ab")},
    geometry=[shapely.Point(41.0, 34.2), shapely.Point(43.0, 34.2)],
    crs="EPSG:4326",
)
# Mostly far from the road along 34.2 N, with other ground as far from it.
FLAGS = gpd.GeoDataFrame(
    {"zone": ["R1", "R2", "R3"], "kind": "remote_desert"},
    geometry=[
        shapely.box(41.3, 33.55, 42.1, 34.0),
        shapely.box(42.6, 33.55, 43.4, 34.1),
        shapely.box(40.2, 34.3, 40.7, 34.45),
    ],
    crs="EPSG:4326",
)


def town_and_road_cells(n: int = 600, seed: int = 0) -> pd.DataFrame:
    """Cells without a map: flagged ground lies far from roads more often than not."""
    rng = np.random.default_rng(seed)
    road = rng.exponential(15, n)
    far = rng.random(n) < 1 / (1 + np.exp(-(road - 15) / 6))
    return pd.DataFrame(
        {
            "area_km2": 100.0,
            "flagged": far,
            "road_km": road,
            "town_km": 10 + rng.gamma(2, 15, n),
            "border_km": rng.uniform(0, 50, n),
        }
    )


def expected_events(cells: pd.DataFrame, ratio: float, total: float) -> FloatArray:
    """Let reports fall off within some ten km of a road, whatever the ground."""
    rate = np.exp(-cells["road_km"] / 10 - cells["town_km"] / 60)
    rate = np.asarray(rate * np.where(cells["flagged"], ratio, 1.0))
    return np.asarray(rate / rate.sum() * total)


def simulated(ratio: float, method: str, runs: int, total: float = 120) -> Mapping[str, float]:
    """Shares of runs that call a difference, hold the truth, and hold it with nothing equal."""
    rng, cells = np.random.default_rng(7), town_and_road_cells()
    mean = expected_events(cells, ratio, total)
    rows = []
    for _ in range(runs):
        found = ratio_at_equal_distance(rng.poisson(mean)[None], cells, method=method)
        rows.append(
            {
                "called": found.low > 1 or found.high < 1,
                "held": found.low <= ratio <= found.high,
                "crude_held": found.crude_low <= ratio <= found.crude_high,
                "ratio": math.log(found.ratio),
                "crude": math.log(found.crude_ratio),
                "smallest": found.smallest_ratio,
            }
        )
    table = pd.DataFrame(rows).astype(float).mean()
    return cast("Mapping[str, float]", table.to_dict())


@pytest.mark.parametrize(("method", "runs"), [("matched", 400), ("poisson", 300)])
def test_road_bias_alone_is_not_taken_for_a_difference(method: str, runs: int) -> None:
    """The naive ratio is a third and never holds 1; at equal distance 5 % of the runs err."""
    told = simulated(1.0, method, runs)
    # Three standard errors of a share of 5 % over so many runs.
    slack = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert told["called"] < 0.05 + slack
    assert told["held"] > 0.95 - slack
    assert math.exp(told["crude"]) < 0.5
    assert told["crude_held"] < 0.05
    assert math.exp(told["ratio"]) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(("method", "runs"), [("matched", 150), ("poisson", 100)])
def test_a_threefold_rate_is_found_that_road_bias_hides(method: str, runs: int) -> None:
    """Nothing held equal it would read 1: the finding would be lost."""
    told = simulated(3.0, method, runs)
    assert told["called"] > 0.95
    assert told["held"] > 0.95 - 3 * math.sqrt(0.05 * 0.95 / runs)
    assert math.exp(told["ratio"]) == pytest.approx(3, rel=0.1)
    assert math.exp(told["crude"]) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("method", ["matched", "poisson"])
def test_the_smallest_ratio_is_found_four_times_in_five(method: str) -> None:
    """What the sentence says could not be told from 1 is what the test has even power for."""
    smallest = simulated(1.0, method, 40)["smallest"]
    power = simulated(smallest, method, 100)["called"]
    assert 0.65 < power < 0.95


def test_uneven_reporting_widens_the_band() -> None:
    """Gamma-mixed counts, twice as uneven as chance: the level holds because the band grows."""
    rng, cells = np.random.default_rng(9), town_and_road_cells()
    mean = expected_events(cells, 1.0, 300)
    held, wider = [], []
    for _ in range(100):
        uneven = rng.poisson(rng.gamma(0.4, mean / 0.4))[None]
        found = ratio_at_equal_distance(uneven, cells, method="matched")
        held.append(found.low <= 1 <= found.high)
        wider.append(found.dispersion)
    assert np.mean(held) > 0.88
    assert np.mean(wider) > 1.5


def test_regression_agrees_with_a_likelihood_maximised_by_hand() -> None:
    """The same ratio and error as scipy's optimiser and a Hessian by differences."""
    from scipy.optimize import minimize  # noqa: PLC0415

    rng, cells = np.random.default_rng(1), town_and_road_cells(200)
    counts = rng.poisson(expected_events(cells, 2.0, 150)).astype(float)
    flagged, exposure = cells["flagged"].to_numpy(), cells["area_km2"].to_numpy()
    terms = spline_basis(cells["road_km"].to_numpy(), terms=3)
    design = np.column_stack([flagged, np.ones(200), terms])

    def loss(beta: FloatArray) -> float:
        eta = design @ beta + np.log(exposure)
        return float(np.exp(eta).sum() - counts @ eta)

    best = minimize(loss, np.array([0.0, -5.0, 0, 0, 0]), method="BFGS", options={"gtol": 1e-7})
    mean = np.exp(design @ best.x + np.log(exposure))
    covariance = np.linalg.inv(design.T @ (design * mean[:, None]))
    fit = poisson_regression(counts, flagged, exposure, terms)
    assert fit.log_ratio == pytest.approx(best.x[0], abs=1e-5)
    assert fit.variance == pytest.approx(fit.dispersion * covariance[0, 0], rel=1e-5)
    assert fit.df == 195


def test_cells_flagged_in_part_do_not_thin_the_ratio() -> None:
    """The same optimum as scipy's on the mixture itself, and the truth where counts are many."""
    from scipy.optimize import minimize  # noqa: PLC0415

    rng, cells = np.random.default_rng(2), town_and_road_cells(300)
    share, exposure = rng.beta(0.5, 0.5, 300), np.full(300, 100.0)
    terms = spline_basis(cells["road_km"].to_numpy(), terms=2)
    truth = exposure * 0.05 * np.exp(-0.8 * terms[:, 0]) * (1 + share * (4.0 - 1))
    counts = rng.poisson(truth).astype(float)

    def mean_at(beta: FloatArray) -> FloatArray:
        base = exposure * np.exp(beta[1] + terms @ beta[2:])
        return np.asarray(base * (1 + share * np.expm1(beta[0])))

    def loss(beta: FloatArray) -> float:
        return float(mean_at(beta).sum() - counts @ np.log(mean_at(beta)))

    best = minimize(loss, np.array([0.0, -3.0, 0, 0]), method="BFGS", options={"gtol": 1e-6})
    fit = poisson_regression(counts, share, exposure, terms)
    assert fit.log_ratio == pytest.approx(best.x[0], abs=1e-4)
    assert abs(fit.log_ratio - math.log(4)) < 3 * math.sqrt(fit.variance)
    steps = 1e-5 * np.eye(4)
    slopes = np.array([mean_at(best.x + d) - mean_at(best.x - d) for d in steps]) / 2e-5
    covariance = np.linalg.inv(slopes / mean_at(best.x) @ slopes.T)
    assert fit.variance == pytest.approx(fit.dispersion * covariance[0, 0], rel=1e-3)
    thinned = poisson_regression(counts, (share > 0.5).astype(float), exposure, terms)
    assert thinned.log_ratio < fit.log_ratio - 0.2


def test_mantel_haenszel_by_hand() -> None:
    """Two strata, worked out with a pencil; a stratum of one kind does not enter."""
    counts = np.array([6.0, 2.0, 3.0, 5.0, 100.0])
    flagged = np.array([True, False, True, False, True])
    exposure = np.array([10.0, 20.0, 30.0, 10.0, 1.0])
    strata = np.array([0, 0, 1, 1, 2])
    fit = mantel_haenszel(counts, flagged, exposure, strata)
    up = 6 * 20 / 30 + 3 * 10 / 40
    down = 2 * 10 / 30 + 5 * 30 / 40
    spread = 8 * 200 / 900 + 8 * 300 / 1600
    assert fit.log_ratio == pytest.approx(math.log(up / down))
    assert fit.variance == pytest.approx(fit.dispersion * spread / (up * down))
    assert fit.events == 16
    nothing = mantel_haenszel(counts[4:], flagged[4:], exposure[4:], strata[:1])
    assert math.isnan(nothing.log_ratio)


def test_one_stratum_has_the_textbook_variance() -> None:
    """Variance of a log rate ratio is 1/a + 1/b, whatever the exposures."""
    fit = mantel_haenszel(
        np.array([9.0, 4.0]), np.array([True, False]), np.array([3.0, 7.0]), np.array([0, 0])
    )
    assert fit.log_ratio == pytest.approx(math.log(9 / 3 / (4 / 7)))
    assert fit.variance == pytest.approx(1 / 9 + 1 / 4)


def test_rubins_rules_hold_their_level_in_small_samples() -> None:
    """Normal means with values missing at random, imputed properly: 95 % bands hold 95 %."""
    rng, held = np.random.default_rng(3), 0
    runs, n, seen, m = 600, 20, 12, 10
    for _ in range(runs):
        known = rng.normal(0, 1, seen)
        scale = known.std(ddof=1) * np.sqrt((seen - 1) / rng.chisquare(seen - 1, m))
        centre = known.mean() + scale / math.sqrt(seen) * rng.normal(size=m)
        filled = centre[:, None] + scale[:, None] * rng.normal(size=(m, n - seen))
        whole = np.concatenate([np.tile(known, (m, 1)), filled], axis=1)
        pooled = pool_rubin(whole.mean(axis=1), whole.var(axis=1, ddof=1) / n, df_complete=n - 1)
        reach = stats.t.ppf(0.975, pooled.df) * pooled.deviation
        held += abs(pooled.estimate) <= reach
    assert held / runs == pytest.approx(0.95, abs=0.03)
    same = pool_rubin(np.array([1.0, 1.0]), np.array([0.2, 0.2]), df_complete=50)
    assert (same.estimate, same.deviation**2, same.missing) == pytest.approx((1.0, 0.2, 0.0))


def test_strata_hold_cells_that_lie_equally_far() -> None:
    """Within a stratum distances differ less than over all; few cells make few strata."""
    cells = town_and_road_cells()
    strata = strata_of(cells, ["road_km", "town_km"])
    spread = cells.groupby(strata)["road_km"].agg(lambda x: x.max() - x.min())
    assert spread.median() < 0.3 * (cells["road_km"].max() - cells["road_km"].min())
    assert strata_of(cells.head(20), ["road_km", "town_km"]).max() == 3
    assert set(strata_of(cells, [])) == {0}


def test_cells_share_out_the_corridor_and_know_their_distances() -> None:
    """Areas add up; a cell beside the road is near it; the zones are where they were."""
    cells = comparison_cells(
        FLAGS, strip(), held_equal={"roads": ROADS, "towns": TOWNS}, cell_km=10
    )
    width = 369.5  # of 4 degrees along 34 N, km
    assert cells["area_km2"].sum() == pytest.approx(width * 99.8, rel=0.01)
    assert cells["area_km2"].max() == pytest.approx(100)
    whole = cells[cells["area_km2"] > 99.9]
    middle = whole.geometry.centroid.to_crs("EPSG:4326")
    south = (middle.y - 34.0).abs() * 110.9
    assert np.abs(whole["border_km"] - np.maximum(south, 2.5)).max() < 2.0
    inside = whole[whole["flagged_share"] > 0.99].geometry.centroid.to_crs("EPSG:4326")
    assert shapely.contains_xy(FLAGS.union_all(), inside.x, inside.y).all()
    assert (cells["flagged"] == (cells["flagged_share"] > 0.5)).all()
    assert cells.loc[cells["town_km"].idxmin(), "road_km"] < 6


def test_a_raster_of_flags_says_what_its_polygons_say() -> None:
    """Same shares within a raster cell; unknown ground leaves the comparison."""
    x, y = np.arange(-190e3, 190e3, 1000.0) + 500, np.arange(60e3, -60e3, -1000.0) - 500
    crs = "+proj=laea +lat_0=34 +lon_0=42 +datum=WGS84"
    flat = FLAGS.to_crs(crs).union_all()
    xx, yy = np.meshgrid(x, y)
    values = shapely.contains_xy(flat, xx, yy).astype(float)
    raster = xr.DataArray(values, coords={"y": y, "x": x}, dims=("y", "x"), name="remote_desert")
    raster.attrs["crs"] = crs
    by_shape = comparison_cells(FLAGS, strip(), cell_km=20)
    by_raster = comparison_cells(raster, strip(), cell_km=20)
    assert len(by_shape) == len(by_raster)
    assert np.abs(by_shape["flagged_share"] - by_raster["flagged_share"]).max() < 0.12
    half = raster.where(raster["x"] < 0).assign_attrs(raster.attrs)
    known = comparison_cells(half, strip(), cell_km=20)
    assert 0.4 < len(known) / len(by_raster) < 0.6
    assert known.attrs["unknown_km2"] == pytest.approx(by_raster["area_km2"].sum() / 2, rel=0.05)
    with pytest.raises(DataError, match="more than two values"):
        comparison_cells((raster + xx).assign_attrs(raster.attrs), strip())


def placed(ratio: float, n: int, seed: int, where_prec: int = 1) -> gpd.GeoDataFrame:
    """Events near the roads, more of them on flagged ground by `ratio`, with coded points blurred."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(WEST, EAST, 60 * n), rng.uniform(33.55, 34.45, 60 * n)
    road_km = np.minimum(np.abs(lat - 34.2) * 110.9, np.abs(lon - 41.0) * 92.0)
    on = shapely.contains_xy(FLAGS.union_all(), lon, lat)
    kept = rng.random(60 * n) < np.exp(-road_km / 15) * np.where(on, ratio, 1.0) / max(ratio, 1.0)
    lon, lat = lon[kept][:n], lat[kept][:n]
    assert len(lon) == n
    blur = rng.normal(0, 1.0, (2, n))
    rows = {"lon": lon + blur[0] / 92.0, "lat": lat + blur[1] / 110.9, "where_prec": where_prec}
    return incidents.read(pd.DataFrame(rows))


def compare(events: gpd.GeoDataFrame, **how: Any) -> Enrichment:
    """Compare the events of the strip by the layers above."""
    asked: dict[str, Any] = {"held_equal": {"roads": ROADS, "towns": TOWNS}, "draws": 20, **how}
    flags = asked.pop("flags", FLAGS)
    return incidents.enrichment(events, flags, strip(), **asked)


@pytest.mark.parametrize("method", ["matched", "poisson"])
def test_imprecise_events_are_compared_from_end_to_end(method: str) -> None:
    """Known truth, coded points a kilometre off: threefold is found, none is not."""
    found = [compare(placed(3.0, 250, seed), method=method) for seed in range(4)]
    assert np.mean([f.low > 1 for f in found]) >= 0.75
    assert np.mean([f.low <= 3 <= f.high for f in found]) >= 0.75
    null = [compare(placed(1.0, 250, seed), method=method) for seed in range(10, 14)]
    assert np.mean([f.verdict == "no difference shown" for f in null]) >= 0.75
    assert all(f.crude_high < 1 for f in null)
    assert all(f.missing_share > 0 for f in found + null)


def blurred(ratio: float, n: int, seed: int, radius_km: float) -> gpd.GeoDataFrame:
    """Events of `placed`, coded anywhere within a radius of where they were."""
    events, rng = placed(ratio, n, seed), np.random.default_rng(seed + 99)
    away, turn = radius_km * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n)
    lon = events["lon"] + away * np.cos(turn) / 92.0
    lat = events["lat"] + away * np.sin(turn) / 110.9
    return incidents.read(pd.DataFrame({"lon": lon, "lat": lat, "radius_km": radius_km}))


def test_vague_positions_do_not_pull_the_regression_to_one() -> None:
    """Errors of 10 km: the strata lose a third of a threefold ratio, the regression does not."""
    events = [blurred(3.0, 250, seed, 14.0) for seed in range(5)]
    informed = [compare(e, method="poisson", draws=40) for e in events]
    blind = [compare(e, method="matched", draws=40) for e in events]
    assert np.mean([f.low <= 3 <= f.high for f in informed]) >= 0.8
    assert np.mean([f.low > 1 for f in informed]) >= 0.8
    assert np.median([f.ratio for f in informed]) > np.median([f.ratio for f in blind])
    null = compare(blurred(1.0, 250, 3, 14.0), method="poisson", draws=40)
    assert null.low < 1 < null.high


def test_a_null_result_says_so_and_what_it_could_not_have_seen() -> None:
    """The sentence has ratio, band, number of events and the smallest ratio."""
    year = incidents.read(placed(1.0, 120, 21), period=("2019-01-01", "2019-12-31"))
    found = compare(year)
    assert found.verdict == "no difference shown"
    said = found.sentence()
    assert said.startswith(f"No difference shown: ratio {found.ratio:.2g} ({found.low:.2g} to ")
    assert "at equal distance from roads, towns and the border" in said
    assert f"events cannot tell a ratio below {found.smallest_ratio:.2g} from 1" in said
    assert "Events are where something was reported" in said
    assert found.smallest_ratio > 1
    per_month = found.events_flagged / found.flagged_km2 / found.months * 1000
    assert found.months == pytest.approx(12, abs=0.01)
    assert found.rate_flagged == pytest.approx(per_month)
    row = found.to_frame().iloc[0]
    assert (row["verdict"], row["sentence"]) == (found.verdict, said)
    without = compare(placed(1.0, 120, 21), method="matched", held_equal={"towns": TOWNS})
    assert "Distance from roads was not given and is not held equal" in without.sentence()
    assert math.isnan(without.months)


def test_too_few_events_cannot_tell() -> None:
    """No ratio, no error, and words that say why."""
    found = compare(placed(1.0, 3, 1))
    assert (found.verdict, math.isnan(found.ratio)) == ("cannot tell", True)
    assert "too few for a ratio" in found.sentence()
    none = incidents.read(pd.DataFrame({"lon": [10.0], "lat": [10.0], "where_prec": [1]}))
    assert compare(none).verdict == "cannot tell"


def test_no_event_on_flagged_ground_gives_a_band_and_not_zero() -> None:
    """Half an event is added to both kinds where one has none, and the record counts it."""
    cells = town_and_road_cells()
    counts = np.where(cells["flagged"], 0, np.random.default_rng(1).poisson(0.2, len(cells)))
    for method in ("matched", "poisson"):
        found = ratio_at_equal_distance(counts[None], cells, method=method)
        assert found.draws_filled == 1
        assert 0 < found.low < found.ratio < 1
        assert math.isfinite(found.high)


def test_the_answer_repeats_by_seed_and_does_not_touch_its_input() -> None:
    """Another seed, other positions."""
    events = incidents.read(placed(1.0, 60, 2), period=("2019-01-01", "2019-06-30"))
    before, flags = events.copy(), FLAGS.copy()
    first = compare(events, method="matched")
    assert compare(events, method="matched") == first
    assert compare(events, method="matched", seed=2).ratio != first.ratio
    pd.testing.assert_frame_equal(events, before)
    pd.testing.assert_frame_equal(FLAGS, flags)


def test_cells_below_the_position_error_are_refused_and_listed() -> None:
    """25 km discs have a median error of 17.7 km: 10 km cells would be invention."""
    vague = placed(1.0, 200, 5, where_prec=2)
    with pytest.raises(InvalidParameterError, match=r"error of these events, 17\.7 km.*cell_km=18"):
        compare(vague)
    table = incidents.enrichment_table(
        vague, FLAGS, strip(), held_equal={"roads": ROADS}, methods=["poisson"], draws=20
    )
    assert table["cell_km"].tolist() == [10, 25]
    assert table["verdict"].iloc[0] == "not compared"
    assert "nothing this fine can be told" in table["sentence"].iloc[0]
    assert table["ratio"].isna().tolist() == [True, False]
    assert table["median_error_km"].iloc[1] == pytest.approx(17.6777, abs=1e-3)


def test_without_statsmodels_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the matched way does without."""
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("statsmodels"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    events = placed(1.0, 60, 2)
    with pytest.raises(InvalidParameterError, match=r"pip install borderzone\[stats\]"):
        compare(events, method="poisson")
    assert compare(events).verdict == "no difference shown"


NO_CRS = gpd.GeoDataFrame(geometry=[shapely.Point(41, 34)])
EMPTY = ROADS.iloc[:0]
EVERYWHERE = gpd.GeoDataFrame(geometry=[shapely.box(30, 30, 50, 40)], crs="EPSG:4326")


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"method": "psm"}, InvalidParameterError, "method must be one of matched, poisson"),
        ({"cell_km": 0}, InvalidParameterError, "cell_km must be a finite number above 0"),
        ({"cell_km": 0.001}, InvalidParameterError, "take cells of a kilometre or more"),
        (
            {"held_equal": {"rivers": ROADS}},
            InvalidParameterError,
            "held_equal must be one of roads, towns",
        ),
        ({"draws": 1}, InvalidParameterError, "draws must be a whole number, 2 or more"),
        ({"draws": "x"}, InvalidParameterError, "draws must be a whole number, 2 or more"),
        ({"seed": "x"}, InvalidParameterError, "seed must be a whole number"),
        ({"confidence": 0}, InvalidParameterError, "confidence must lie between 0 and 1"),
        ({"held_equal": {"roads": NO_CRS}}, CRSMismatchError, "roads have no CRS"),
        ({"held_equal": {"towns": EMPTY}}, DataError, "towns hold no geometry"),
        (
            {"held_equal": {"roads": "roads.gpkg"}},
            DataError,
            "roads must be given as a GeoDataFrame, got a str",
        ),
        ({"flags": ROADS}, DataError, "the zones must be polygons"),
        ({"flags": None}, DataError, "flags must be a GeoDataFrame of zones or a DataArray"),
        ({"flags": EVERYWHERE}, NoOverlapError, "every cell of 10 km"),
        ({"flags": EVERYWHERE.translate(90)}, DataError, "flags must be a GeoDataFrame"),
        ({"regions": NO_CRS}, DataError, "regions has 1 rows, events 30"),
    ],
)
def test_bad_input_is_refused_by_name(
    how: dict[str, Any], error: type[BorderzoneError], message: str
) -> None:
    """Each message names the value, what is allowed and how to mend it."""
    with pytest.raises(error, match=message):
        compare(placed(1.0, 30, 1), **how)


@pytest.mark.parametrize("bad", [None, "events.csv", pd.DataFrame({"lat": [1.0]})])
def test_what_is_no_table_of_events_is_refused(bad: Any) -> None:
    """By its kind, with the call that reads it."""
    with pytest.raises(DataError, match=r"events must be the table that incidents\.read gives"):
        compare(bad)


def test_counts_of_other_cells_are_refused() -> None:
    """By their shape, so that no cell gets the events of another."""
    cells = town_and_road_cells(50)
    for counts in (np.zeros(50, dtype=int), np.zeros((2, 49), dtype=int), np.zeros((0, 50), int)):
        with pytest.raises(InvalidParameterError, match=r"counts must have shape \(draws, 50\)"):
            ratio_at_equal_distance(counts, cells)


def test_separated_counts_do_not_warn() -> None:
    """All events in one cell: the fit may fail, but it says so in the record."""
    cells = town_and_road_cells(80)
    counts = np.zeros((3, 80), dtype=int)
    counts[:, int(np.flatnonzero(cells["flagged"])[0])] = 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("poisson", "matched"):
            found = ratio_at_equal_distance(counts, cells, method=method)
            assert found.verdict in ("cannot tell", "no difference shown", "more")
            assert found.sentence()
