"""Whose rows they are is told by what they hold; that they may leave, by the user alone."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from incident_tables import acled, gtd, ucdp

from borderzone import datasets, incidents
from borderzone.errors import InvalidParameterError
from borderzone.incidents.sharing.terms_of_use import dataset_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.corridor import Corridor

SUFFIXES = (".csv", ".geojson", ".gpkg", ".parquet", ".xlsx")


def plain(**columns: Any) -> pd.DataFrame:
    """Give a table of which nothing is known."""
    return pd.DataFrame({"lat": [34.4, 34.5], "lon": [41.1, 41.2], "notes": ["a", "b"]} | columns)


def leaves(events: gpd.GeoDataFrame, folder: Path, **options: Any) -> str:
    """Say what leaves when a table is written in public."""
    return incidents.write(events, folder / "out.csv", overwrite=True, **options).content


# What came in, and what of it may leave without and with the word of the user.
TABLES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "ACLED": (acled, "counts", "counts"),
    "GTD": (gtd, "counts", "counts"),
    "UCDP GED": (ucdp, "rows", "rows"),
    "nothing told": (plain, "counts", "rows"),
    "an unknown word": (lambda: plain(dataset="Ministry restricted DB"), "counts", "rows"),
    "a copy of ACLED": (lambda: plain(dataset="acled copy"), "counts", "counts"),
    "ACLED with a space": (lambda: plain(dataset="ACLED "), "counts", "counts"),
    "ACLED in full width": (lambda: plain(dataset="ＡＣＬＥＤ"), "counts", "counts"),
    "ACLED in Cyrillic": (lambda: plain(dataset="АСLЕD"), "counts", "counts"),
    "UCDP in Cyrillic": (lambda: plain(dataset="UСDР GЕD"), "counts", "rows"),
    "UCDP and more": (lambda: plain(dataset="UCDP GED and our own"), "counts", "rows"),
    "one row of UCDP": (lambda: plain(dataset=["UCDP GED", ""]), "counts", "rows"),
    "one row of GTD": (lambda: plain(dataset=["UCDP GED", "gtd 2021"]), "counts", "counts"),
    "precision of ACLED": (lambda: plain(GEO_PRECISION=[1, 3]), "counts", "counts"),
    "precision of ACLED, named UCDP": (
        lambda: plain(GEO_PRECISION=[1, 3], dataset="UCDP GED"),
        "counts",
        "counts",
    ),
    "types of ACLED": (lambda: plain(event_type="Explosions/Remote violence"), "counts", "counts"),
    "a source that is ACLED": (lambda: plain(source="ACLED, 2 March"), "counts", "counts"),
    "a citation of the GTD": (
        lambda: plain(Citation="START: Global Terrorism Database"),
        "counts",
        "counts",
    ),
    "a source that is UCDP": (lambda: plain(source="UCDP GED"), "counts", "rows"),
    "columns of GTD": (lambda: plain(iyear=2019, nkill=0), "counts", "counts"),
    "columns of Shapefiles": (lambda: plain(event_id_c=["IRQ1", "IRQ2"]), "counts", "counts"),
    "UCDP with a word": (lambda: ucdp().assign(dataset="Ministry restricted DB"), "counts", "rows"),
    "a column that says mine": (
        lambda: plain(terms="mine", incidents_terms="mine", licence="CC BY 4.0"),
        "counts",
        "rows",
    ),
    "a column that says synthetic": (lambda: plain(synthetic=True), "counts", "rows"),
}


@pytest.mark.parametrize("name", TABLES)
def test_rows_leave_under_known_open_terms_or_on_the_word_of_the_user(
    tmp_path: Path, name: str
) -> None:
    make, alone, said = TABLES[name]
    events = incidents.read(make())
    assert leaves(events, tmp_path) == alone
    assert leaves(events, tmp_path, terms="mine") == said
    assert leaves(incidents.read(make(), terms="mine"), tmp_path) == said
    assert leaves(events, tmp_path, detail="internal") == "rows"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["ACLED", "GTD", "UCDP GED", "nothing told", "an unknown word"])
def test_a_table_saved_and_read_again_keeps_its_terms(
    tmp_path: Path, name: str, suffix: str
) -> None:
    make, alone, said = TABLES[name]
    events = incidents.read(make(), terms="mine")
    file = incidents.write(events, tmp_path / f"kept{suffix}", detail="internal").path
    again = incidents.read(file)
    assert leaves(again, tmp_path) == alone
    assert leaves(again, tmp_path, terms="mine") == said
    assert dataset_of(again).tolist() == dataset_of(events).tolist()


def _through_a_file(events: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    events.to_parquet(folder / "direct.parquet")
    again = gpd.read_parquet(folder / "direct.parquet")
    # What a file says of a table is not what its reader says.
    again.attrs = {key: word for key, word in again.attrs.items() if key != "terms_said"}
    return again


WAYS: dict[str, Callable[[gpd.GeoDataFrame, Path], gpd.GeoDataFrame]] = {
    "parquet": _through_a_file,
    "concat": lambda events, _: pd.concat([events, events.assign(source="x")]),
    "groupby": lambda events, _: events.groupby("status").head(9),
    "to_crs": lambda events, _: events.to_crs(3857).to_crs(4326),
    "no words": lambda events, _: gpd.GeoDataFrame(events.drop(columns="dataset")).set_crs(4326),
    "forgotten": lambda events, _: gpd.GeoDataFrame(pd.DataFrame(events), crs=4326),
    "pickle": lambda events, _: pickle.loads(pickle.dumps(events)),  # noqa: S301 - our own bytes
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["ACLED", "GTD", "precision of ACLED", "types of ACLED"])
def test_what_loses_its_words_on_the_way_opens_no_door(tmp_path: Path, name: str, way: str) -> None:
    events = incidents.read(TABLES[name][0]())
    lost = WAYS[way](events, tmp_path)
    lost.attrs = {}
    assert leaves(lost, tmp_path, terms="mine") == "counts"


def test_the_word_of_the_user_is_not_taken_from_a_file(tmp_path: Path) -> None:
    """Metadata that another program wrote, attributes included, allow nothing."""
    said = incidents.read(plain(), terms="mine")
    assert leaves(said, tmp_path) == "rows"
    assert leaves(_through_a_file(said, tmp_path), tmp_path) == "counts"
    forged = incidents.read(plain())
    forged.attrs |= {"terms": "mine", "format": "ucdp", "terms_said": "yes"}
    assert leaves(forged, tmp_path) == "counts"


def test_a_word_is_lost_rather_than_spread(tmp_path: Path) -> None:
    mine, other = incidents.read(plain(), terms="mine"), incidents.read(plain(id=["X", "Y"]))
    assert leaves(mine.copy(), tmp_path) == "rows"
    assert leaves(incidents.read(mine), tmp_path) == "rows"
    assert leaves(pd.concat([mine, other]), tmp_path) == "counts"


def test_rows_of_ours_leave_as_long_as_they_are_the_same(tmp_path: Path) -> None:
    article = incidents.read(datasets.article_incidents())
    assert leaves(article, tmp_path) == "rows"
    assert leaves(incidents.read(tmp_path / "out.csv"), tmp_path) == "rows"
    assert leaves(article.assign(id="B1"), tmp_path) == "counts"
    assert leaves(article.assign(description="what I heard"), tmp_path) == "counts"


def test_invented_rows_leave(tmp_path: Path, ground: Any) -> None:
    corridor: Corridor = ground.corridor
    made = incidents.synthetic(corridor, n=20)
    assert leaves(made, tmp_path) == "rows"
    assert leaves(incidents.read(tmp_path / "out.csv"), tmp_path) == "rows"
    assert leaves(made.assign(source="a diary"), tmp_path) == "counts"


@pytest.mark.parametrize("wrong", ["yours", "MINE", True, 1, ["mine"]])
def test_only_one_word_is_known(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"terms must be 'mine' or left out, got"):
        incidents.read(plain(), terms=wrong)
    with pytest.raises(InvalidParameterError, match=r"terms must be 'mine' or left out, got"):
        incidents.write(incidents.read(plain()), tmp_path / "out.csv", terms=wrong)
    assert not list(tmp_path.iterdir())


def test_what_is_held_back_is_said_with_the_way_out(tmp_path: Path) -> None:
    told = incidents.write(
        incidents.read(plain(dataset="Ministry restricted DB")), tmp_path / "a.csv"
    )
    assert told.note == (
        "the terms of 'Ministry restricted DB' are not known: written as counts; if these rows are "
        'yours to pass on, say terms="mine" (in Python), terms = "mine" (in a study file) or '
        "--terms mine (on the command line)"
    )
    told = incidents.write(incidents.read(plain()), tmp_path / "b.csv")
    assert told.note.startswith("the terms of this table are not known: written as counts; if")
    told = incidents.write(incidents.read(acled(), terms="mine"), tmp_path / "c.csv")
    assert told.note == (
        "rows of ACLED may not be passed on: written as counts, whatever is said of their terms"
    )
    both = incidents.read(plain(dataset=["ACLED", "Desk 7"]))
    told = incidents.write(both, tmp_path / "d.csv")
    assert told.note == (
        "rows of ACLED may not be passed on; the terms of 'Desk 7' are not known: written as counts"
    ), "no word of the user lets them go"


def test_counts_hold_no_word_of_an_unknown_table(tmp_path: Path) -> None:
    events = incidents.read(plain(dataset=["Ministry restricted DB", "Desk 7"]))
    incidents.write(events, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text("utf-8")
    assert "Ministry" not in text
    assert "Desk" not in text
    assert incidents.credit_line(events) == "Events: table of the user"
    mine = incidents.read(plain(dataset="Own survey"), terms="mine")
    assert "Own survey" in incidents.credit_line(mine)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_counts_of_what_is_nowhere_have_an_empty_middle(tmp_path: Path, suffix: str) -> None:
    table = acled(3).assign(latitude=["34.3", "", "12.3"], geo_precision=["1", "1", "3"])
    told = incidents.write(incidents.read(table), tmp_path / f"out{suffix}")
    assert told.content == "counts"
    if suffix in (".csv", ".xlsx"):
        counts = (
            pd.read_csv(told.path)
            if suffix == ".csv"
            else pd.read_excel(told.path, engine="openpyxl")
        ).set_index("zone")
        assert np.isfinite(counts["middle_lat"].drop("unplaced")).all()
        assert counts.loc[["unplaced"], ["middle_lat", "middle_lon"]].isna().all(axis=None)


def test_terms_are_told_with_the_word_of_the_user() -> None:
    table = plain(dataset=["", "Own survey"])
    alone, said = (incidents.terms(incidents.read(table, terms=word)) for word in (None, "mine"))
    assert not alone["may_redistribute_rows"].any()
    assert said["may_redistribute_rows"].all()
    assert set(said["licence"]) == {"yours, as you said"}


def test_the_verdict_says_what_of_a_table_may_leave() -> None:
    told = incidents.TableCheck(incidents.read(plain())).sentences[-1]
    assert told.startswith("Public: counts only, for the terms of this table are not known; if")
    assert told.endswith("--terms mine (on the command line).")
    assert "Public" not in " ".join(
        incidents.TableCheck(incidents.read(plain(), terms="mine")).sentences
    )
