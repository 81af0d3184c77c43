"""A table that was read is not judged differently when it is read, or handed to a study, once more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import incidents
from borderzone.study.given import digest_of

if TYPE_CHECKING:
    from pathlib import Path

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
    return incidents.read(
        ROWS,
        options=incidents.ReadOptions(terms="mine", accessed=dt.date(2026, 11, 2), **how),
    )


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
    assert incidents.TableCheck(again).sentences[1:] != []


@settings(max_examples=25)
@given(kept=st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_rows_keep_their_verdicts_in_any_choice_and_order(kept: list[int]) -> None:
    events = read().iloc[kept]
    same(incidents.read(events), events)


VERDICTS = ["fixed", "quarantined", "quarantined", "ok", "quarantined", "ok", "ok"]


@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".gpkg", ".parquet", ".xlsx"])
def test_a_file_of_a_table_gives_the_table_again(tmp_path: Path, suffix: str) -> None:
    """What was set aside for a date or a class, of which the cells are gone, is not taken for sound."""
    events = read()
    file = incidents.write(events, tmp_path / f"rows{suffix}", detail="internal").path
    again = incidents.read(file)

    assert events["status"].tolist() == VERDICTS
    kept = [name for name in again.columns if name not in ("citation", "accessed", "export_detail")]
    assert sorted(kept) == sorted(events.columns)
    names = list(incidents.schema().index)
    pd.testing.assert_frame_equal(
        pd.DataFrame(again[names]).astype({"date_start": "M8[s]", "date_end": "M8[s]"}),
        pd.DataFrame(events[names]).astype({"date_start": "M8[s]", "date_end": "M8[s]"}),
    )
    assert again.geometry.to_wkt().tolist() == events.geometry.to_wkt().tolist()
    assert incidents.credit_line(again) == "Events: table of the user, accessed 2026-11-02"
    assert again.attrs["notes"] == events.attrs["notes"] == []


def test_notes_are_told_once_by_a_table_that_keeps_them(tmp_path: Path) -> None:
    rows = ROWS.drop(columns="where_prec").iloc[[0, 5]].assign(country="Turkey")
    events = incidents.read(rows)
    again = incidents.read(incidents.write(events, tmp_path / "a.parquet", detail="internal").path)
    assert len(events.attrs["notes"]) == 2
    assert again.attrs["notes"] == events.attrs["notes"]
    assert again.attrs["format"] == "table"


@pytest.mark.parametrize("told", [5, "a note", [1, None], {"a": 1}, None])
def test_notes_that_are_none_are_left(told: Any) -> None:
    rows = incidents.read(ROWS)
    rows.attrs["notes"] = told
    assert incidents.read(rows).attrs["notes"] == []
    assert incidents.read(pd.DataFrame(rows.drop(columns="status"))).attrs["notes"] != told


def test_a_rejected_row_is_taken_when_the_cell_in_doubt_was_mended(tmp_path: Path) -> None:
    file = incidents.write(
        incidents.TableCheck(read()).rejected, tmp_path / "rejected.csv", detail="internal"
    ).path
    rejected = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert rejected["id"].tolist() == ["b", "c", "e"]

    mended = rejected.copy()
    mended.loc[0, "lat"] = "39.9"
    mended.loc[1, ["date_start", "date_end"]] = "2019-04-03"
    mended.loc[2, "where_prec"] = "2"
    again = incidents.read(mended)
    assert again["status"].tolist() == ["ok"] * 3
    assert again["reason"].tolist() == [""] * 3
    # One who empties the verdict asks for another one.
    assert incidents.read(rejected.assign(status=""))["status"].tolist() == [
        "quarantined",
        "ok",
        "ok",
    ]
    # What somebody set aside in words of his own stays so.
    own = incidents.read(
        mended.assign(status="quarantined", reason="wrong village: see the letter")
    )
    assert own["status"].tolist() == ["quarantined"] * 3
    assert own["reason"].tolist() == ["set aside: wrong village: see the letter"] * 3
    assert incidents.TableCheck(own).findings["finding"].tolist() == ["set aside"]
    unsaid = incidents.read(mended.assign(status="quarantined", reason=""))
    assert unsaid["reason"].tolist() == ["set aside: its status says so, and not why"] * 3


def test_what_is_said_anew_is_taken() -> None:
    again = incidents.read(read(), options=incidents.ReadOptions(accessed=dt.date(2026, 12, 1)))
    assert again.attrs["accessed"] == "2026-12-01"
    assert incidents.terms(again)["licence"].tolist() == ["yours, as you said"]
    unsaid = incidents.read(ROWS)
    assert "terms" not in incidents.read(unsaid).attrs
    assert incidents.read(unsaid, terms="mine").attrs["terms"] == "mine"


def test_an_option_judges_anew_what_can_be_seen_again_and_keeps_the_rest() -> None:
    events = read()
    boxed = incidents.read(events, options=incidents.ReadOptions(bbox=(44, 39, 46, 41)))
    assert boxed["status"].tolist() == events["status"].tolist()
    assert [bool(shape) for shape in boxed.geometry] == [bool(shape) for shape in events.geometry]
    assert (
        boxed["reason"].str.startswith(tuple(filter(None, events["reason"]))).sum()
        == (events["reason"] != "").sum()
    )
    assert boxed.attrs["format"] == "table"

    swapped = ROWS.assign(lat=ROWS["lon"], lon=["39.7"] * 7)
    suspected = incidents.read(swapped, options=incidents.ReadOptions(bbox=(44, 39, 46, 41)))
    mended = incidents.read(
        suspected, options=incidents.ReadOptions(bbox=(44, 39, 46, 41), fix_swapped=True)
    )
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

    assert found.incidents.events is not None
    pd.testing.assert_frame_equal(pd.DataFrame(found.incidents.events), pd.DataFrame(events))
    assert found.incidents.events.attrs["notes"][:1] == events.attrs["notes"]
    assert found.incidents.credit == incidents.credit_line(events)
    assert found.incidents.account is not None
    assert (found.incidents.account.reported, found.incidents.account.unreadable) == (7, 3)
    from_rows = bz.Study(
        border=border, dem=None, scenario=quick, incidents=ROWS, terms="mine",
        incidents_accessed=dt.date(2026, 11, 2),
    ).run()  # fmt: skip
    assert from_rows.incidents.account == found.incidents.account


def test_what_is_said_of_its_coverage_stays_and_names_the_run() -> None:
    """Read again it is told once; said differently it is another run."""
    rows = ROWS.assign(country=["Turkey"] * 5 + ["Azerbaijan"] * 2)
    said, more = (incidents.read(rows, countries=names) for names in ("TUR", ["TUR", "AZE"]))
    same(incidents.read(said), said)
    assert len(set(said.attrs["notes"])) == len(said.attrs["notes"])
    assert digest_of(said) != digest_of(more) != digest_of(incidents.read(rows))
    assert digest_of(incidents.read(said)) == digest_of(said)
