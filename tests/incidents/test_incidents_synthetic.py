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
from borderzone.incidents.synthetic_events import CLASS_SHARES

ADMIN1 = gpd.GeoDataFrame(geometry=[shapely.box(39, 32, 43, 36)], crs="EPSG:4326")
TOWNS = gpd.GeoDataFrame(geometry=gpd.points_from_xy([40.3, 41.4], [34.1, 33.9]), crs="EPSG:4326")


def test_synthetic_says_so_on_every_row_and_in_every_table_made_from_it() -> None:
    """The label travels."""
    events = incidents.synthetic(strip(), n=40, seed=1)
    assert events["synthetic"].all()
    assert events.attrs["label"] == "SYNTHETIC DATA"
    assert "drawn from the spread" in events.attrs["process"]
    table = incidents.overlay(events, zones_of(Z=shapely.box(40, 33, 41, 35)), draws=50)
    assert table.attrs["label"] == "SYNTHETIC DATA"
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
    events = incidents.read(datasets.article_incidents())
    assert len(events) == 8
    assert (events["status"] == "ok").all()
    assert not events["synthetic"].any()
    far = np.abs(border.locate(events.geometry.x, events.geometry.y)[1]) > 50
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


def test_the_estimate_of_the_article_by_day_kilometre_and_group() -> None:
    """1,000 people in eight months over 599 km."""
    said = incidents.ARTICLE_ESTIMATE
    assert said.per_day() == pytest.approx(4.107, abs=5e-4)
    assert said.per_km_day(599) == pytest.approx(0.006856, abs=5e-7)
    assert 1 / said.per_km_day(599) == pytest.approx(145.9, abs=0.05)
    assert 365.25 * said.per_km_day(599) == pytest.approx(2.504, abs=5e-4)
    groups = [said.groups_per_day(size) for size in (2, 3, 5, 10)]
    assert groups == pytest.approx([2.05, 1.37, 0.82, 0.41], abs=5e-3)


def test_the_estimate_is_a_judgement_with_a_wide_prior() -> None:
    """Half to double holds 95 %, and the median is what was said."""
    assert incidents.ARTICLE_ESTIMATE.quantile([0.025, 0.5, 0.975]) == pytest.approx(
        [500, 1000, 2000]
    )
    with pytest.raises(InvalidParameterError, match="people must be a finite number above 0"):
        incidents.CrossingEstimate(people=0, days=1, source="")
    with pytest.raises(InvalidParameterError, match="factor must be a finite number, 1 or more"):
        incidents.CrossingEstimate(people=1, days=1, factor=0.5, source="")
