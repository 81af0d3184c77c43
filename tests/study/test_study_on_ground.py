"""On what ground the incidents of a study happened: what it tells, and what each edition may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from changed_results import changed

import borderzone as bz
from borderzone import datasets, incidents
from borderzone.report.public import edition
from borderzone.report.sections import event_ground_table, ground_table, ground_words
from borderzone.report.tables import meaning_of, tables

if TYPE_CHECKING:
    from borderzone.study import Ground, StudyResult


def counts_of(result: StudyResult) -> pd.DataFrame:
    assert result.incidents.ground_counts is not None
    return result.incidents.ground_counts.set_index(["kind", "ground"])


def with_posts(result: StudyResult) -> StudyResult:
    posts = gpd.GeoDataFrame(
        {"name": ["x"], "kind": "post"}, geometry=[shapely.Point(41.1, 34.4)], crs=4326
    )
    return changed(result, origins=posts)


def closed(result: StudyResult, **columns: Any) -> StudyResult:
    """Give the study as if on rows that may not be passed on."""
    rows = pd.DataFrame({"lat": [34.4], "lon": [41.1], "date": "2024-05-01"})
    return changed(result, events=incidents.read(rows.assign(**columns)))


def test_a_study_looks_its_own_ground_up(result: StudyResult, ground: Ground) -> None:
    assert ground.layers is not None
    assert result.incidents.events is not None
    assert result.incidents.on_ground is not None
    assert result.incidents.account is not None
    layers = ground.layers
    again = incidents.on_ground(
        result.incidents.events,
        layers[["remote_desert", "cave_prone"]],
        layers,
        hours=layers["hours_vehicle"],
        corridor=result.corridor,
        regions=incidents.regions(result.incidents.events, admin1=datasets.admin1()),
        draws=result.scenario.imputations,
        seed=result.seed,
    )
    pd.testing.assert_frame_equal(result.incidents.on_ground, again)
    inside = result.incidents.on_ground[["p_inside", "p_unknown"]].sum(axis=1).sum()
    assert inside == pytest.approx(result.incidents.account.expected)
    assert len(result.incidents.on_ground) == len(result.incidents.events)


def test_across_the_border_no_way_leads_from_the_force(result: StudyResult) -> None:
    """Two-sided: hours are those of the force's own origins, which stop at the line."""
    rows = incidents.read(pd.DataFrame({"lat": [34.6, 34.2], "lon": [40.8, 41.3], "radius_km": 1}))
    layers = result.ground.layers
    assert layers is not None
    found = incidents.on_ground(
        rows,
        layers[["remote_desert"]],
        layers,
        hours=layers["hours_vehicle"],
        corridor=result.corridor,
    )
    assert found["p_unreached"].tolist() == [1.0, 0.0]
    assert np.isinf(found["hours_h"].iloc[0])
    assert 0 < found["hours_h"].iloc[1] < 5


def test_areas_of_classes_are_those_of_the_corridor(result: StudyResult) -> None:
    area = counts_of(result)["area_km2"]
    whole = result.corridor.area_km2
    for kind in ("remote_desert", "cave_prone"):
        assert area[kind].sum() == pytest.approx(whole, rel=0.01)
    assert np.isnan(area["place", "outside"])
    assert area["remote_desert_unreached", "yes"] < area["remote_desert", "yes"]


def test_the_report_says_it_in_words_and_counts(result: StudyResult) -> None:
    words = " ".join(ground_words(result))
    assert words.startswith("Of 8 events 5 can be placed.")
    assert "at their coded points" in words
    assert "even one called exact" in words
    table = ground_table(result)
    assert table is not None
    assert table["rows"][0][0] == "remote desert"
    assert table["rows"][1][0] == "of it out of reach, as all across the border from Iraq"
    assert table["rows"][-1][0] == "outside the corridor"
    assert "would count 3 events too that cannot be placed" in table["caption"]


def test_without_ground_it_is_not_known_and_why(result: StudyResult) -> None:
    none = changed(result, on_ground=None, ground_counts=None)
    assert ground_table(none) is None
    assert event_ground_table(none) is None
    assert "On what ground they happened is not known" in " ".join(ground_words(none))
    far = bz.Study(
        border=bz.Border.between("IRQ", "SYR"), dem=None, incidents=datasets.article_incidents()
    ).run()
    assert (far.incidents.on_ground, far.incidents.ground_counts) == (None, None)
    assert "no elevation" in " ".join(ground_words(far))


def test_rows_by_event_are_internal(result: StudyResult) -> None:
    inner, outer = (edition(result, detail) for detail in ("internal", "public"))
    rows, public = (tables(each)["incidents"] for each in (inner, outer))
    told = [
        "p_remote_desert",
        "p_cave_high",
        "p_cave_unknown",
        "hours_h",
        "hours_h_p05",
        "point_cave",
    ]
    assert set(told) <= set(rows.columns)
    assert not [n for n in public.columns if n.startswith(("p_", "point_", "hours_h", "slope"))]
    assert rows["id"].tolist() == public["id"].tolist()
    assert outer.result.incidents.on_ground is None
    assert event_ground_table(outer.result) is None
    table = event_ground_table(inner.result)
    assert table is not None
    assert [row[0] for row in table["rows"]] == ["A5", "A6", "A7"]
    counted = tables(outer)["incident_ground"]
    assert counted["event_credit"].str.contains("Stars and Stripes").all()
    for name, frame in tables(inner).items():
        if name in ("incidents", "incident_ground"):
            assert all(meaning_of(str(column), name)[1] for column in frame.columns)


def test_columns_of_the_user_keep_their_names(result: StudyResult) -> None:
    assert result.incidents.events is not None
    own = changed(result, events=result.incidents.events.assign(slope_deg="steep"))
    rows = tables(edition(own, "internal"))["incidents"]
    assert rows["slope_deg"].eq("steep").all()
    assert rows["slope_deg_on_ground"].notna().any()


def test_posts_take_the_classes_cut_by_travel_time_with_them(result: StudyResult) -> None:
    shown = edition(with_posts(result), "public").result
    assert shown.incidents.ground_counts is not None
    assert set(shown.incidents.ground_counts["kind"]) == {
        "place",
        "cave_prone",
        "cave_medium_or_high",
    }
    assert "remote" not in " ".join(ground_words(shown))
    kept = edition(with_posts(result), "internal").result.incidents.ground_counts
    assert kept is not None
    assert "remote_desert" in set(kept["kind"])


def small(result: StudyResult, *sizes: tuple[str, str, float]) -> StudyResult:
    """Give the study as if some classes of its ground were of these sizes."""
    counts = result.incidents.ground_counts
    assert counts is not None
    sized = counts.copy()
    for kind, ground, size in sizes:
        sized.loc[(counts["kind"] == kind) & (counts["ground"] == ground), "area_km2"] = size
    sized.attrs = counts.attrs
    return changed(result, ground_counts=sized)


def test_a_small_class_is_not_counted_where_rows_stay_nor_what_gives_it_away(
    result: StudyResult,
) -> None:
    """Counts of all classes add up to a known number, so one alone left out could be reckoned."""
    tiny = small(result, ("cave_prone", "medium", 20.0))
    open_, shut = (edition(each, "public").result for each in (tiny, closed(tiny)))
    assert len(counts_of(open_)) == len(counts_of(result))
    left = set(counts_of(shut).index)
    gone = set(counts_of(result).index) - left
    assert gone == {
        ("cave_prone", "medium"), ("cave_prone", "high"), ("cave_medium_or_high", "yes"),
    }  # fmt: skip
    assert shut.incidents.ground_counts is not None
    assert "cave" not in shut.incidents.ground_counts.attrs["sentence"]
    assert len(counts_of(edition(closed(result), "public").result)) == len(counts_of(result))


def test_a_part_is_left_out_if_it_or_the_rest_is_small(result: StudyResult) -> None:
    whole = counts_of(result)["area_km2"].loc[("remote_desert", "yes")]
    for size in (30.0, whole - 30.0):
        part = small(result, ("remote_desert_unreached", "yes", size))
        left = counts_of(edition(closed(part), "public").result).index
        assert ("remote_desert_unreached", "yes") not in left
        assert ("remote_desert", "yes") in left


def test_a_corridor_smaller_than_a_cell_of_counts_tells_no_class(result: StudyResult) -> None:
    rows = counts_of(result).index
    tiny = small(result, *((kind, ground, 9.0) for kind, ground in rows if ground != "outside"))
    left = counts_of(edition(closed(tiny), "public").result)
    assert len(left) == 0
