"""Rows leave only where their terms allow it; what leaves comes back as it was."""

from __future__ import annotations

import importlib
import json
import string
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone._guards import escapes
from borderzone.errors import (
    CRSMismatchError,
    DataError,
    InvalidParameterError,
    LimitError,
    OutputError,
)
from borderzone.incidents.placing.precision import area_km2
from borderzone.incidents.reading import opening
from borderzone.incidents.sharing import export
from borderzone.incidents.sharing.export import aggregate
from borderzone.incidents.sharing.terms_of_use import dataset_of

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".csv", ".geojson", ".gpkg", ".parquet", ".xlsx"]
SECRET = "the note of one row"  # noqa: S105  (bait, not a password)


def events(n: int = 6, dataset: str = "ACLED", **more: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "event_no": [f"IRQ{i}" for i in range(n)],
            "date": [f"2020-0{1 + i % 2}-1{i % 9}" for i in range(n)],
            "lat": 34.41234 + 0.00001 * np.arange(n),
            "lon": [41.06789] * n,
            "killed": np.arange(n),
            "notes": [f"{SECRET} {i}" for i in range(n)],
            "actor1": ["a group"] * n,
        }
        | more
    )
    # Rows without a name are the user's own here, which only the user can say.
    read = incidents.read(table, terms=None if dataset else "mine")
    read["dataset"] = dataset
    read.attrs["accessed"] = "2026-11-02"
    return read


def back(file: Path) -> gpd.GeoDataFrame:
    return incidents.read(file)


@pytest.mark.parametrize("dataset", ["ACLED", "GTD"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_of_a_single_row_leaves(tmp_path: Path, dataset: str, suffix: str) -> None:
    file = tmp_path / f"out{suffix}"

    told = incidents.write(events(dataset=dataset), file)

    assert told.content == "counts"
    assert told.note == f"rows of {dataset} may not be passed on: written as counts"
    if suffix == ".xlsx":
        text = pd.read_excel(file, engine="openpyxl").to_csv()
    elif suffix == ".csv":
        text = file.read_text("utf-8")
    else:
        text = (
            gpd.read_parquet(file).to_csv()
            if suffix == ".parquet"
            else gpd.read_file(file).to_csv()
        )
    for word in (SECRET, "IRQ", "a group", "34.412", "41.067", "2020-01-1"):
        assert word not in text
    for word in (
        "2020-01",
        "2020-02",
        dataset,
        "2026-11-02",
        incidents.terms(pd.DataFrame({"dataset": [dataset]}))["citation"][0][:20],
    ):
        assert word in text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_leave_on_request_and_are_stamped(tmp_path: Path, suffix: str) -> None:
    told = incidents.write(events(), tmp_path / f"out{suffix}", detail="internal")
    read = back(told.path)
    assert told.content == "rows"
    assert read["id"].tolist() == [f"IRQ{i}" for i in range(6)]
    assert set(read["export_detail"]) == {"INTERNAL: single rows, not for publication"}
    assert set(read["accessed"]) == {"2026-11-02"}


@pytest.mark.parametrize("dataset", ["", "UCDP GED"])
def test_rows_that_may_be_passed_on_leave_as_they_are(tmp_path: Path, dataset: str) -> None:
    told = incidents.write(events(dataset=dataset), tmp_path / "out.csv")
    assert (told.content, told.rows, told.note) == ("rows", 6, "")
    assert ("citation" in back(told.path)) == bool(dataset)


def test_one_held_back_row_makes_counts_of_the_whole_table(tmp_path: Path) -> None:
    mixed = events(dataset="UCDP GED")
    mixed.loc[2, "dataset"] = "GTD"
    told = incidents.write(mixed, tmp_path / "out.csv")
    table = pd.read_csv(told.path)
    assert told.content == "counts"
    assert table.groupby("dataset")["events"].sum().to_dict() == {"GTD": 1, "UCDP GED": 5}


def test_the_dataset_is_told_by_columns_when_nothing_else_says_it(tmp_path: Path) -> None:
    read = events(event_id_cnty=["IRQ1"] * 6).drop(columns="dataset", errors="ignore")
    assert set(dataset_of(read)) == {"ACLED"}
    assert incidents.write(read, tmp_path / "out.csv").content == "counts"
    read.attrs["format"] = "gtd"
    assert set(dataset_of(read)) == {"GTD"}


TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@\t\r\n'\";,#|"),
        st.sampled_from(string.ascii_letters + string.digits + " "),
        st.sampled_from("انفجار💥é"),
    ),
    max_size=8,
)


@given(TEXTS)
def test_marked_text_comes_back_and_is_never_a_formula(text: str) -> None:
    marked = escapes.cell(text)
    assert escapes.uncell(marked) == text
    assert isinstance(marked, str)
    if marked[:1] in tuple("=+-@\t\r"):
        float(marked)


@pytest.mark.parametrize("cell", ["-3.5", "+7", "-1e-5", -4.5, None, "it's", "'t Hof", ""])
def test_numbers_and_plain_text_are_left_alone(cell: object) -> None:
    assert escapes.cell(cell) == cell
    assert escapes.uncell(cell) == cell


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(words=st.lists(TEXTS, min_size=1, max_size=4))
def test_what_is_written_reads_back_equal(tmp_path: Path, suffix: str, words: list[str]) -> None:
    if suffix == ".xlsx":  # a spreadsheet holds no carriage return, see below
        words = [word.replace("\r", "\n") for word in words]
    n = len(words)
    before = events(n, dataset="", notes=words, remark=words[::-1])
    before["status"] = "ok"

    incidents.write(before, tmp_path / f"out{suffix}", overwrite=True)
    after = back(tmp_path / f"out{suffix}")

    for name in ("id", "event_type", "description", "date_precision", "place"):
        assert after[name].tolist() == before[name].tolist(), name
    # In a spreadsheet a blank is empty, unless it was marked.
    marked = [w.strip() or suffix != ".xlsx" or escapes.cell(w) != w for w in words[::-1]]
    remarks = [w if told else "" for w, told in zip(words[::-1], marked, strict=True)]
    assert after["remark"].fillna("").tolist() == remarks
    for name in ("lat", "lon", "date_start", "date_end", "fatalities_best", "radius_km"):
        pd.testing.assert_series_equal(after[name], before[name], check_dtype=False)
    assert shapely.equals(after.geometry.array, before.geometry.array).all()


def test_marks_in_tables_of_other_origin_are_left_alone() -> None:
    table = pd.DataFrame({"lat": ["34"], "lon": ["41"], "notes": ["'=1"]})
    assert opening._unmarked(table)["notes"][0] == "'=1"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_quarantined_row_goes_out_and_comes_back_quarantined(tmp_path: Path, suffix: str) -> None:
    before = events(3, dataset="", lat=[34.4, 95.0, 0.0], lon=[41.0, 41.0, 0.0])
    after = back(incidents.write(before, tmp_path / f"out{suffix}").path)
    assert after["status"].tolist() == ["ok", "quarantined", "quarantined"]
    assert after["reason"].tolist() == before["reason"].tolist()


def test_a_column_of_mixed_kinds_is_written_as_text(tmp_path: Path) -> None:
    before = events(3, dataset="")
    before["mixed"] = pd.Series([1, "a", None], dtype=object)
    for suffix in (".parquet", ".gpkg", ".geojson"):
        after = incidents.read(incidents.write(before, tmp_path / f"out{suffix}").path)
        assert after["mixed"].tolist()[:2] == ["1", "a"]
        assert pd.isna(after["mixed"][2])


def test_geojson_is_strict_json(tmp_path: Path) -> None:
    file = incidents.write(events(2, dataset="", lat=[34.4, 95.0]), tmp_path / "out.geojson").path
    content = json.loads(file.read_text("utf-8"), parse_constant=pytest.fail)
    assert content["features"][1]["geometry"] is None


@pytest.mark.parametrize(
    ("path", "options", "error", "told"),
    [
        ("out.shp", {}, OutputError, r"ends in '\.shp'; events are written to \.csv, \.geojson"),
        ("out", {}, OutputError, "ends in ''; events are written"),
        (None, {}, OutputError, "a path is needed, got NoneType"),
        ("no/out.csv", {}, OutputError, "there is no folder"),
        (
            "out.csv",
            {"detail": "secret"},
            InvalidParameterError,
            "detail must be one of public, inter",
        ),
        ("out.csv", {"zones": 1.0}, InvalidParameterError, "cells of 10 km or more, got 1.0"),
        ("out.csv", {"zones": "a"}, InvalidParameterError, "zones must be a number, got 'a'"),
        ("out.csv", {"zones": np.nan}, InvalidParameterError, "zones must be a finite number"),
        ("out.csv", {"by": "day"}, InvalidParameterError, "by must be one of month, year, all"),
        ("out.csv", {"min_count": 0}, InvalidParameterError, "min_count must be a whole number"),
    ],
)
def test_impossible_exports_are_refused(
    tmp_path: Path, path: str | None, options: dict[str, Any], error: type[Exception], told: str
) -> None:
    target: Any = None if path is None else tmp_path / path
    with pytest.raises(error, match=told):
        incidents.write(events(), target, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong", [None, "events.csv", pd.DataFrame({"lat": [1]}), gpd.GeoDataFrame()]
)
def test_only_tables_from_read_are_written(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(DataError, match=r"a table from incidents\.read is needed"):
        incidents.write(wrong, tmp_path / "out.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_there_is_kept(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"out{suffix}"
    file.write_text("mine")
    with pytest.raises(OutputError, match=r"exists; choose another name, or pass overwrite=True"):
        incidents.write(events(), file)
    assert file.read_text() == "mine"
    assert incidents.write(events(), file, overwrite=True).rows == 2


def test_what_a_spreadsheet_cannot_hold_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, told in (
        ("a\rb", r"row 2 holds a text with the character '\\r'"),
        ("a" * 40_000, "40,000 ch"),
    ):
        with pytest.raises(OutputError, match=told):
            incidents.write(events(1, dataset="", notes=[text]), tmp_path / "out.xlsx")
    monkeypatch.setattr(export, "_SHEET_ROWS", 3)
    with pytest.raises(LimitError, match="a spreadsheet holds 3 rows, the table has 6"):
        incidents.write(events(dataset=""), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.import_module

    def without(name: str) -> Any:
        if name == "openpyxl":
            raise ImportError
        return known(name)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(OutputError, match=r"needs openpyxl: pip install openpyxl, or write \.csv"):
        incidents.write(events(), tmp_path / "out.xlsx")


def test_a_column_that_a_geopackage_cannot_hold_is_named(tmp_path: Path) -> None:
    table = events(dataset="").assign(Notes="a", notes="b")
    with pytest.raises(OutputError, match="a GeoPackage cannot hold the column 'notes' twice"):
        incidents.write(table, tmp_path / "out.gpkg")


def test_counts_add_up_and_lie_in_their_cells() -> None:
    rng = np.random.default_rng(1)
    n = 500
    read = events(
        n,
        lat=rng.uniform(33, 36, n),
        lon=rng.uniform(40, 43, n),
        date=[f"2020-{m:02d}" for m in rng.integers(1, 13, n)],
        where_prec=rng.integers(1, 8, n),
        killed=rng.integers(0, 9, n),
    )
    counts = aggregate(read)
    assert counts["events"].sum() == n
    assert counts["fatalities_best"].sum() == read["fatalities_best"].sum()
    assert counts.attrs["n_unplaced"] == read["where_prec"].isin([4, 6, 7]).sum()
    placed = counts[~counts["zone"].isin(["unplaced", "outside"])]
    # The ellipsoid's own area, not the projection's, says what a cell holds.
    areas = [abs(area_km2(cell)) for cell in placed.geometry]
    np.testing.assert_allclose(areas, 100.0, rtol=1e-3)
    inside = gpd.sjoin(read[~read["where_prec"].isin([4, 6, 7])], placed.drop_duplicates("zone"))
    assert (
        inside.groupby("zone").size().to_dict() == placed.groupby("zone")["events"].sum().to_dict()
    )


def test_counts_do_not_hang_on_the_order_of_rows() -> None:
    read = events(40, lat=np.linspace(33, 36, 40))
    mixed = read.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(pd.DataFrame(aggregate(read)), pd.DataFrame(aggregate(mixed)))


def test_small_counts_are_merged_and_totals_kept() -> None:
    read = events(6, lat=[34.4, 34.4, 34.4, 35.4, 33.4, 34.4], date=["2020-01-01"] * 6)
    counts = aggregate(read, min_count=3)
    assert counts["events"].tolist() == [4, 2]
    assert counts["zone"].tolist()[1] == "suppressed"
    assert counts.attrs["n_suppressed"] == 2
    assert counts.geometry.is_empty.tolist() == [False, True]


def test_vague_dates_count_under_their_year() -> None:
    read = events(4, date=["2020-01", "2020", "", "2020-01-03"])
    counts = aggregate(read).set_index("period")["events"]
    assert counts.to_dict() == {"2020-01": 2, "2020": 1, "": 1}
    assert aggregate(read, by="all")["events"].tolist() == [4]


def squares(*west: float, size: float = 1.0) -> gpd.GeoDataFrame:
    shapes = [shapely.box(x, 34, x + size, 34 + size) for x in west]
    return gpd.GeoDataFrame({"segment": range(len(west))}, geometry=shapes, crs="EPSG:4326")


def test_zones_take_the_place_of_cells_and_ties_go_to_the_first() -> None:
    read = events(4, lat=[34.5] * 4, lon=[40.5, 41.0, 41.5, 45.0], date=["2020-01-01"] * 4)
    counts = aggregate(read, squares(40, 41)).set_index("zone")["events"]
    assert counts.to_dict() == {"0": 2, "1": 1, "outside": 1}


@pytest.mark.parametrize(
    ("zones", "error", "told"),
    [
        (squares(40).set_crs(None, allow_override=True), CRSMismatchError, "the zones have no CRS"),
        (
            squares(40, size=0.01),
            InvalidParameterError,
            r"zone '0' has 1\.0 km²: counts of zones below",
        ),
        (squares(40, 41).assign(segment="a"), DataError, "two zones are called 'a'"),
    ],
)
def test_zones_that_give_away_or_mislead_are_refused(
    zones: gpd.GeoDataFrame, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        aggregate(events(), zones)


def test_terms_and_credit_name_every_collection() -> None:
    read = events()
    read["dataset"] = ["ACLED", "ucdp ged", "ACLED", "", "GTD", ""]
    told = incidents.terms(read).set_index("dataset")
    assert told["rows"].to_dict() == {"ACLED": 2, "GTD": 1, "UCDP GED": 1, "": 2}
    assert told["may_redistribute_rows"].to_dict() == {
        "ACLED": False,
        "GTD": False,
        "UCDP GED": True,
        "": False,
    }
    assert incidents.credit_line(read) == (
        "Events: ACLED, accessed 2026-11-02 (ACLED terms of use: aggregates only); GTD, accessed "
        "2026-11-02 (GTD end user agreement: aggregates only); UCDP GED, accessed 2026-11-02 "
        "(CC BY 4.0); table of the user, accessed 2026-11-02"
    )


def test_credit_says_what_is_not_known_and_what_is_invented() -> None:
    read = events()
    read.attrs = {"label": "SYNTHETIC DATA"}
    assert incidents.credit_line(read) == (
        "Events: ACLED, access date not stated (ACLED terms of use: aggregates only). SYNTHETIC DATA"
    )


@pytest.mark.parametrize("what", [incidents.terms, incidents.credit_line, dataset_of])
def test_terms_are_those_of_a_table(what: Any) -> None:
    with pytest.raises(DataError, match="a table of events is needed, got str"):
        what("events.csv")


def test_the_input_is_never_changed(tmp_path: Path) -> None:
    read = events(notes=["=1"] * 6)
    before = read.copy(deep=True)
    for suffix in SUFFIXES:
        incidents.write(read, tmp_path / f"out{suffix}", detail="internal")
    aggregate(read, min_count=3)
    pd.testing.assert_frame_equal(pd.DataFrame(read), pd.DataFrame(before))
