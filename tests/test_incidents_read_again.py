"""A table that was read is not judged differently when it is read, or handed to a study, once more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import incidents
from borderzone.study.sources import digest_of

if TYPE_CHECKING:
    import geopandas as gpd

# One row of each kind of verdict: fixed, out of range, date in doubt, no date, wrong class, plain, too coarse.
ROWS = pd.DataFrame(
    {
        "id": list("abcdefg"),
        "lat": ["39,70", "95", "39.71", "39.72", "39.73", "39.74", "39.75"],
        "lon": ["44,80", "44.8", "44.81", "44.82", "44.83", "44.84", "44.85"],
        "date": [
            "2019-01-02",
            "2019-01-02",
            "03/04/2019",
            "",
            "2019-05-06",
            "2019-07-08",
            "2019-07",
        ],
        "where_prec": ["1", "1", "1", "1", "9", "2", "6"],
        "other": list("tuvwxyz"),
    }
)


def read(**how: Any) -> gpd.GeoDataFrame:
    return incidents.read(ROWS, accessed=dt.date(2026, 11, 2), terms="mine", **how)


def same(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> None:
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))
    assert first.attrs == second.attrs
    assert first.crs == second.crs


def test_reading_again_changes_nothing() -> None:
    events = read()
    events.attrs["notes"] = ["3 empty lines passed over"]
    again = incidents.read(events)

    assert sorted(set(events["status"])) == ["fixed", "ok", "quarantined"]
    same(again, events)
    same(incidents.read(again), events)
    assert again is not events
    again.loc[0, "id"] = "changed"
    again.attrs["notes"].append("mine")
    assert events["id"].iloc[0] == "a"
    assert events.attrs["notes"] == ["3 empty lines passed over"]
    assert incidents.credit_line(again) == incidents.credit_line(events)
    assert incidents.verdict_sentences(again)[1:] != []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(kept=st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_rows_keep_their_verdicts_in_any_choice_and_order(kept: list[int]) -> None:
    events = read().iloc[kept]
    same(incidents.read(events), events)


def test_what_is_said_anew_is_taken() -> None:
    again = incidents.read(read(), accessed=dt.date(2026, 12, 1))
    assert again.attrs["accessed"] == "2026-12-01"
    assert incidents.terms(again)["licence"].tolist() == ["yours, as you said"]
    unsaid = incidents.read(ROWS)
    assert "terms" not in incidents.read(unsaid).attrs
    assert incidents.read(unsaid, terms="mine").attrs["terms"] == "mine"


def test_an_option_judges_anew_what_can_be_seen_again_and_keeps_the_rest() -> None:
    events = read()
    boxed = incidents.read(events, bbox=(44, 39, 46, 41))
    assert boxed["status"].tolist() == events["status"].tolist()
    assert [bool(shape) for shape in boxed.geometry] == [bool(shape) for shape in events.geometry]
    assert (
        boxed["reason"].str.startswith(tuple(filter(None, events["reason"]))).sum()
        == (events["reason"] != "").sum()
    )
    assert boxed.attrs["format"] == "table"

    swapped = ROWS.assign(lat=ROWS["lon"], lon=["39.7"] * 7)
    suspected = incidents.read(swapped, bbox=(44, 39, 46, 41))
    mended = incidents.read(suspected, bbox=(44, 39, 46, 41), fix_swapped=True)
    # Swapped places are seen again; a date in doubt is not.
    assert (suspected["status"] == "quarantined").all()
    assert mended["status"].tolist()[:3] == ["fixed", "fixed", "quarantined"]


def test_a_row_that_was_changed_is_looked_at_again() -> None:
    """A point that is not that of its latitude, or a number that cannot be, is never used in silence."""
    moved, odd = read(), read()
    moved.loc[5, "lat"] = 39.9
    again = incidents.read(moved)
    usable = again[again["status"] != "quarantined"]
    assert (usable["lat"] == usable.geometry.y).all()
    assert again["status"].iloc[2] == "quarantined"  # its date is still in doubt

    odd.loc[5, "radius_km"] = -3.0
    again = incidents.read(odd)
    assert again["status"].iloc[5] == "quarantined"
    assert again["reason"].iloc[5].startswith("radius")


def test_without_its_verdicts_it_is_a_table_like_any_other() -> None:
    again = incidents.read(read().drop(columns="status"))
    assert again["status"].iloc[2] == "ok"
    assert again.attrs["format"] != "table" or "no date" in again["reason"].iloc[2]


def test_invented_rows_keep_their_label() -> None:
    border = bz.Border.between("AZE", "TUR")
    drawn = incidents.synthetic(bz.Corridor.around(border, depth_km=8), n=5, seed=1)
    again = incidents.read(drawn)
    assert again.attrs["label"] == "SYNTHETIC DATA"
    assert incidents.read(again.assign(synthetic=False)).attrs.get("label") is None


def test_a_study_takes_a_table_as_it_was_read() -> None:
    """The verdicts, notes, credit and precision of the second reading are those of the first."""
    events = read()
    events.attrs["notes"] = ["3 empty lines passed over"]
    border = bz.Border.between("AZE", "TUR")
    quick = bz.Scenario(resolution_m=2000, depth_km=8, segment_km=3, draws=100, imputations=20)
    found = bz.Study(border=border, dem=None, incidents=events, scenario=quick).run()

    assert found.incidents is not None
    pd.testing.assert_frame_equal(pd.DataFrame(found.incidents), pd.DataFrame(events))
    assert found.incidents.attrs["notes"][:1] == events.attrs["notes"]
    assert found.event_credit == incidents.credit_line(events)
    assert found.account is not None
    assert (found.account.reported, found.account.unreadable) == (7, 3)
    from_rows = bz.Study(
        border=border, dem=None, scenario=quick, incidents=ROWS, terms="mine",
        incidents_accessed=dt.date(2026, 11, 2),
    ).run()  # fmt: skip
    assert from_rows.account == found.account


def test_what_is_said_of_its_coverage_stays_and_names_the_run() -> None:
    """Read again it is told once; said differently it is another run."""
    rows = ROWS.assign(country=["Turkey"] * 5 + ["Azerbaijan"] * 2)
    said, more = (incidents.read(rows, countries=names) for names in ("TUR", ["TUR", "AZE"]))
    same(incidents.read(said), said)
    assert len(set(said.attrs["notes"])) == len(said.attrs["notes"])
    assert digest_of(said) != digest_of(more) != digest_of(incidents.read(rows))
    assert digest_of(incidents.read(said)) == digest_of(said)
