"""Invented events, the article's events, and how many people are said to get through."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from test_incidents_overlay import strip, zones_of

from borderzone import datasets, incidents
from borderzone.border import Border
from borderzone.corridor import Corridor
from borderzone.errors import InvalidParameterError
from borderzone.incidents.shipped_events import CLASS_SHARES

ADMIN1 = gpd.GeoDataFrame(geometry=[shapely.box(39, 32, 43, 36)], crs="EPSG:4326")
TOWNS = gpd.GeoDataFrame(geometry=gpd.points_from_xy([40.3, 41.4], [34.1, 33.9]), crs="EPSG:4326")


def test_synthetic_says_so_on_every_row_and_in_every_table_made_from_it() -> None:
    """The label travels."""
    events = incidents.synthetic(strip(), n=40, seed=1)
    assert events["synthetic"].all()
    assert events.attrs["label"] == "SYNTHETIC DATA"
    assert "drawn from the kernel" in events.attrs["process"]
    table = incidents.overlay(events, zones_of(Z=shapely.box(40, 33, 41, 35)), draws=50)
    assert table.attrs["label"] == "SYNTHETIC DATA"
    assert "SYNTHETIC DATA" in incidents.describe(events, strip())
    assert incidents.read(pd.DataFrame(events.drop(columns="geometry"))).attrs["label"]


def test_synthetic_repeats_with_its_seed_and_mixes_the_classes() -> None:
    """Same seed, same table; another seed, another one."""
    one = incidents.synthetic(strip(), n=600, seed=4, places=TOWNS, admin1=ADMIN1)
    two = incidents.synthetic(strip(), n=600, seed=4, places=TOWNS, admin1=ADMIN1)
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))
    other = incidents.synthetic(strip(), n=600, seed=5, places=TOWNS, admin1=ADMIN1)
    assert not one["lat"].equals(other["lat"])
    shares = one["where_prec"].value_counts(normalize=True)
    for where_prec, share in CLASS_SHARES.items():
        assert shares[where_prec] == pytest.approx(share, abs=0.06)
    assert len(one) == 600
    assert (one["status"] == "ok").all()
    coded_to_towns = one[one["where_prec"] == 2]
    assert len(coded_to_towns[["lat", "lon"]].drop_duplicates()) < 0.5 * len(coded_to_towns)


def test_synthetic_without_provinces_has_no_province_rows_and_refuses_nonsense() -> None:
    """What cannot be coded is not invented."""
    events = incidents.synthetic(strip(), n=100, seed=1)
    assert 4 not in set(events["where_prec"])
    with pytest.raises(InvalidParameterError, match="whole number"):
        incidents.synthetic(strip(), n=0)
    with pytest.raises(InvalidParameterError, match="line_share must lie between 0 and 1"):
        incidents.synthetic(strip(), line_share=1.5)


def test_synthetic_sites_follow_the_stated_share_along_the_line() -> None:
    """All along the line: within a few kilometres of it; none: all over the strip."""
    near = incidents.synthetic(strip(), n=300, seed=1, line_share=1.0)
    far = incidents.synthetic(strip(), n=300, seed=1, line_share=0.0)
    off = [(events.loc[events["where_prec"] == 1, "lat"] - 34).abs() for events in (near, far)]
    assert off[0].median() < 0.05
    assert off[1].median() > 0.15


def test_the_article_is_a_handful_of_coarse_points_half_of_them_far_away() -> None:
    """Eight rows, four of them beyond 50 km, three too vague to be placed."""
    border = Border.between("IRQ", "SYR")
    events = incidents.article(border)
    assert len(events) == 8
    assert (events["status"] == "ok").all()
    assert not events["synthetic"].any()
    far = events["distance_to_border_km"] > 50
    assert events["id"][far].tolist() == ["A1", "A2", "A3", "A8"]
    table = incidents.regions(events, admin1=datasets.admin1())
    assert events["id"][table["kind"] == "excluded"].tolist() == ["A3", "A4", "A8"]
    diyala = table.geometry.iloc[1]
    assert diyala.geom_type in ("Polygon", "MultiPolygon")


def test_segments_share_the_events_of_their_corridor_without_loss() -> None:
    """Every imputed position in the corridor is in exactly one segment."""
    corridor = Corridor.around(Border.between("IRQ", "SYR"), segment_km=50)
    events = incidents.synthetic(corridor, n=60, seed=2)
    table = incidents.overlay(events, corridor.segments, draws=100, corridor=corridor)
    inside = table.attrs["n_in_corridor"]
    assert 30 < inside < 60
    assert table["expected"].sum() == pytest.approx(inside, abs=0.01)
    assert table["expected_if_uniform"].sum() == pytest.approx(inside, rel=1e-3)


def test_describe_says_what_a_table_can_and_cannot_show() -> None:
    """Counts in plain words, the vague named where the rows are the user's own."""
    rows = [("a", 34.0, 41.0, 1), ("b", 38.0, 41.0, 1), ("c", 34.0, 41.0, 6)]
    table = pd.DataFrame(rows, columns=["id", "lat", "lon", "where_prec"])
    assert "placed: 1; coded" in incidents.describe(incidents.read(table), strip())
    told = incidents.describe(incidents.read(table, terms="mine"), strip())
    assert told.startswith(
        "3 reported events; too vague to be placed: 1 (c); coded more than 50 km from the border: 1. "
        "Of those that can be placed, 1.0 are expected"
    )
    assert "nothing is known" in told


def test_distance_to_the_border_is_missing_where_there_is_no_point() -> None:
    """A quarantined row stays in the table."""
    events = incidents.read(pd.DataFrame({"lat": [34.2, 0], "lon": [41.0, 0]}))
    far = incidents.with_distance_to_border(events, strip().border)
    np.testing.assert_allclose(far["distance_to_border_km"], [22.18, np.nan])
    assert "distance_to_border_km" not in events


def test_the_estimate_of_the_article_by_day_kilometre_and_group() -> None:
    """1,000 people in eight months over 599 km."""
    said = incidents.ARTICLE_ESTIMATE
    assert said.per_day() == pytest.approx(4.107, abs=5e-4)
    assert said.per_km_day(599) == pytest.approx(0.006856, abs=5e-7)
    assert 1 / said.per_km_day(599) == pytest.approx(145.9, abs=0.05)
    assert 365.25 * said.per_km_day(599) == pytest.approx(2.504, abs=5e-4)
    groups = [said.groups_per_day(size) for size in (2, 3, 5, 10)]
    assert groups == pytest.approx([2.05, 1.37, 0.82, 0.41], abs=5e-3)
    assert said.probability_of_groups(1, group_size=4) == pytest.approx(0.642, abs=5e-4)
    assert said.probability_of_groups(2, group_size=4) == pytest.approx(0.274, abs=5e-4)
    assert said.probability_of_groups(0, group_size=4) == 1.0


def test_the_estimate_is_a_judgement_with_a_wide_prior() -> None:
    """Half to double holds 95 %, and the median is what was said."""
    people = incidents.ARTICLE_ESTIMATE.sample(100_000, seed=1)
    assert np.median(people) == pytest.approx(1000, rel=0.01)
    assert np.quantile(people, [0.025, 0.975]) == pytest.approx([500, 2000], rel=0.02)
    with pytest.raises(InvalidParameterError, match="people must be a finite number above 0"):
        incidents.CrossingEstimate(people=0, days=1, source="")
    with pytest.raises(InvalidParameterError, match="factor must be a finite number, 1 or more"):
        incidents.CrossingEstimate(people=1, days=1, factor=0.5, source="")


def test_weights_are_by_length_unless_events_are_given() -> None:
    """Few events move little, many move much; the sum stays 1."""
    corridor = strip()
    even = incidents.segment_weights(corridor)
    assert even.index.name == "segment"
    assert even.tolist() == [0.25] * 4
    rows = pd.DataFrame({"lat": [34.0] * 4, "lon": [40.25] * 4, "where_prec": [1] * 4})
    moved = incidents.segment_weights(corridor, kind="incidents", events=incidents.read(rows))
    assert moved.sum() == pytest.approx(1)
    assert moved.tolist() == pytest.approx([5 / 8, 1 / 8, 1 / 8, 1 / 8])
    with pytest.raises(InvalidParameterError, match="pass events="):
        incidents.segment_weights(corridor, kind="incidents")
    with pytest.raises(InvalidParameterError, match="kind must be one of uniform, incidents"):
        incidents.segment_weights(corridor, kind="even")
