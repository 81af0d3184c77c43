"""Kernels by code book, rates on flagged against other ground, and a sentence a zone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import beta, binomtest

import borderzone as bz
from borderzone import incidents
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError, NoOverlapError
from borderzone.incidents.comparing.rate_ratio import rate_ratio_interval

BORDER = bz.Border.from_line(shapely.LineString([(41.0, 34.0), (41.0, 34.9)]), names=("w", "e"))
CORRIDOR = bz.Corridor.around(BORDER, depth_km=50, segment_km=20)
OUTLINE = CORRIDOR.outline.to_crs(4326).union_all()
WEST = gpd.GeoDataFrame(
    {"zone": ["W"], "kind": ["remote_desert"]},
    geometry=[OUTLINE.intersection(shapely.box(40, 33, 41, 36))],
    crs=4326,
)


def at(lon: list[float], lat: list[float], **columns: object) -> gpd.GeoDataFrame:
    """Read events at places, with other columns."""
    return incidents.read(pd.DataFrame({"lon": lon, "lat": lat, "where_prec": 1} | columns))


def test_each_code_is_read_in_its_own_code_book() -> None:
    """The 3 of ACLED is a province, that of UCDP a district, that of the GTD the smallest area."""
    events = at(
        [41.1] * 4, [34.4] * 4, where_prec=[1, 2, 3, 1], where_scheme=["acled"] * 3 + ["gtd"]
    )
    province = gpd.GeoDataFrame(geometry=[shapely.box(40, 33, 43, 36)], crs=4326)
    found = incidents.regions(events, admin1=province)
    assert found["kind"].tolist() == ["disc", "disc", "polygon", "disc"]
    assert found["scale_km"].tolist()[:2] == [5.0, 25.0]
    ucdp = incidents.regions(at([41.1], [34.4]), admin1=province)
    assert (ucdp["kind"][0], ucdp["scale_km"][0]) == ("gaussian", 1.0)
    own = incidents.PrecisionClass(shape="disc", scale_km=3.0, meaning="a town", source="mine")
    changed = incidents.regions(events, classes={("acled", 1): own})
    assert changed["scale_km"][0] == 3.0
    table = incidents.precision_table({("acled", 1): own}).set_index(["scheme", "code"])
    assert table.loc[("acled", 1), "scale_km"] == 3.0
    assert table.loc[("ucdp", 2), "scale_km"] == 25.0


def test_a_town_is_as_large_as_its_people_need() -> None:
    events = at([41.1], [34.4], where_scheme="acled")
    town = gpd.GeoDataFrame(
        {"population": [500_000]}, geometry=[shapely.Point(41.1, 34.41)], crs=4326
    )
    assert incidents.regions(events, places=town)["scale_km"][0] == pytest.approx(5.642, abs=1e-3)
    village = town.assign(population=900)
    assert incidents.regions(events, places=village)["scale_km"][0] == 2.0


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ({"acled": 1}, "keys of classes are where_prec of UCDP.*got 'acled'"),
        (
            {("acled", 1): 5},
            r"classes\[\('acled', 1\)\] must be an incidents.PrecisionClass, got 5",
        ),
        (3, "classes must be a mapping, got a int"),
    ],
)
def test_classes_of_the_wrong_kind_are_refused(classes: object, said: str) -> None:
    with pytest.raises(InvalidParameterError, match=said):
        incidents.regions(at([41.1], [34.4]), classes=classes)  # type: ignore[arg-type]


def test_a_code_of_no_book_names_the_books() -> None:
    events = at([41.1], [34.4]).assign(where_scheme="mine")
    with pytest.raises(
        DataError, match=r"'mine' is no known code book \(acled, gtd, ucdp\).*classes="
    ):
        incidents.regions(events)


@pytest.mark.parametrize("n", [(10, 5), (3, 0), (0, 4), (7, 7), (1, 30)])
def test_one_imputation_gives_the_exact_ratio_of_two_rates(n: tuple[int, int]) -> None:
    """Against the interval of Clopper and Pearson in scipy, carried over to the ratio."""
    low, high = rate_ratio_interval(n[0], n[1], exposures=(3.0, 2.0))
    share = binomtest(n[0], n[0] + n[1]).proportion_ci(0.95, "exact")
    assert low == pytest.approx(2 / 3 * share.low / (1 - share.low), rel=1e-9)
    if share.high < 1:
        assert high == pytest.approx(2 / 3 * share.high / (1 - share.high), rel=1e-9)
    else:
        assert high == np.inf


def test_imputations_are_pooled_as_a_mixture() -> None:
    low, high = rate_ratio_interval(np.array([4, 8]), np.array([6, 2]), exposures=(1.0, 1.0))
    p = np.array([low, high]) / (1 + np.array([low, high]))
    assert np.mean(beta.cdf(p[0], [4, 8], [7, 3])) == pytest.approx(0.025, abs=1e-9)
    assert np.mean(beta.cdf(p[1], [5, 9], [6, 2])) == pytest.approx(0.975, abs=1e-9)


def test_the_ratio_covers_the_truth_when_positions_are_drawn_from_their_kernel() -> None:
    """Twice the rate in the west: the band holds 2 in at least 95 % of runs, within its error."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(100):
        west, east = rng.poisson(40), rng.poisson(20)
        lon = np.concatenate([rng.uniform(40.47, 41, west), rng.uniform(41, 41.53, east)])
        lat = rng.uniform(34.02, 34.88, west + east)
        # The coded point lies off the true one by the kernel of class 1.
        step = rng.normal(0, 1, (2, west + east))
        coded = lon + step[0] / 92, lat + step[1] / 111
        events = at(coded[0].tolist(), coded[1].tolist())
        row = incidents.exposure_ratios(
            events, WEST, CORRIDOR, cell_sizes_km=(), draws=60, seed=1
        ).iloc[0]
        held += row["ratio_low"] <= 2.0 * _east_over_west(row) <= row["ratio_high"]
    assert held >= 89  # 95 less three standard errors, rounded down


def _east_over_west(row: pd.Series) -> float:
    """Tell the ratio of the areas: the boxes drawn from are equal, the halves almost."""
    return float(row["other_km2"] / row["flagged_km2"])


def test_levels_months_and_the_sentence() -> None:
    rng = np.random.default_rng(1)
    lon = np.concatenate([rng.uniform(40.5, 40.98, 60), rng.uniform(41.02, 41.5, 15)])
    lat = rng.uniform(34.05, 34.85, 75)
    dates = [f"2019-{1 + k % 12:02d}-15" for k in range(75)]
    events = at(lon.tolist(), lat.tolist(), date=dates)
    table = incidents.exposure_ratios(events, WEST, CORRIDOR, draws=50)
    assert table["level"].tolist() == ["as drawn", "cells of 10 km", "cells of 25 km"]
    assert table.attrs["months"] == pytest.approx(11, abs=0.1)
    per_month = table["per_1000_km2_flagged"] / table["per_1000_km2_month_flagged"]
    assert per_month.to_numpy() == pytest.approx(table.attrs["months"])
    assert (table["ratio"] > 2.5).all()
    assert "more events per area on flagged ground at every level" in table.attrs["sentence"]
    null = incidents.exposure_ratios(at([40.8, 41.2], [34.4, 34.4]), WEST, CORRIDOR, draws=50)
    assert "no clear difference" in null.attrs["sentence"]
    assert np.isnan(null["per_1000_km2_month_flagged"]).all()
    vague = at([40.8, 41.2], [34.4, 34.4], where_prec=2)
    assert incidents.exposure_ratios(vague, WEST, CORRIDOR, draws=50)[
        "below_precision"
    ].tolist() == [
        False,
        True,
        False,
    ]


def test_nothing_to_compare_is_refused() -> None:
    far = WEST.assign(geometry=[shapely.box(10, 10, 11, 11)])
    with pytest.raises(NoOverlapError, match="nothing to compare"):
        incidents.exposure_ratios(at([41.1], [34.4]), far, CORRIDOR)
    with pytest.raises(BorderzoneError, match="counts must be 0 or more"):
        rate_ratio_interval(-1, 2, exposures=(1.0, 1.0))


def test_a_sentence_a_zone() -> None:
    events = at([40.8] * 30 + [41.2] * 2, np.linspace(34.1, 34.8, 32).tolist())
    halves = pd.concat(
        [WEST, WEST.assign(zone="E", geometry=[OUTLINE.difference(WEST.geometry[0])])]
    )
    table = incidents.overlay(events, halves, draws=50, corridor=CORRIDOR)
    west, east = incidents.zone_sentences(table)
    assert west.startswith(
        "W: 30.0 of 32 located events expected (90 % band 30 to 30); more than the 1"
    )
    assert "fewer than the 1" in east
    with pytest.raises(DataError, match="no column zone"):
        incidents.zone_sentences(pd.DataFrame())
