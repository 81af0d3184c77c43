"""Files that are broken, made to harm, or not what they say: each is told apart in words."""

from __future__ import annotations

import datetime as dt
import os
import resource
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from borderzone import incidents
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = (
    "event_id,latitude,longitude,event_date,type\n"
    "A,34.4,41.1,2024-05-01,clash\nB,34.5,41.2,2024-05-02,clash\n"
)
KML = (
    '<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    "<name>{name}</name><Point><coordinates>41,34</coordinates></Point></Placemark></Document></kml>"
)


def packed(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


# Archives


def test_one_table_in_an_archive_is_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", {"__MACOSX/x.csv": "x", "../../../ev.csv": GOOD})
    before = sorted(tmp_path.parent.rglob("*"))
    events = incidents.read(path)
    assert events["id"].tolist() == ["A", "B"]
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["b.zip", "b.xlsx", "b.kmz", "b.ods"])
def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path, name: str) -> None:
    inner = {"b.zip": "e.csv", "b.kmz": "doc.kml"}.get(name, "xl/worksheets/sheet1.xml")
    path = packed(tmp_path / name, {inner: b"0" * 40_000_000})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LimitError, match="unpacks to more than 100 times its size"):
        incidents.read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": GOOD, "b.csv": GOOD}, "holds 2 files that could be meant: a.csv, b.csv"),
        ({"a.doc": b"x"}, r"holds no file that ends in .*; it holds a\.doc"),
        ({"inner.zip": b"PK"}, "holds a further archive, 'inner.zip'"),
        ({"a.csv": b""}, "'a.csv' is empty"),
        ({}, "holds no file"),
    ],
)
def test_an_archive_must_hold_one_table(
    tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        incidents.read(packed(tmp_path / "x.zip", files))


# What is no table


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def _text(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_fifo, "it is no regular file"),
        (lambda folder: folder, "is a folder without KML or KMZ"),
        (lambda folder: folder / "gone.csv", "it is not there"),
        (_text("e.csv", b""), "'e.csv' is empty"),
        (_text("e.csv", b" \n \n"), "is empty: it needs a header"),
        (_text("e.csv", GOOD.splitlines()[0]), "has a header but no rows"),
        (_text("e.csv", '"'), "a stray quote, or one never closed"),
        (_text("e.csv", "lat,lon,note\n34,41," + "x" * 20_000_000), "line 2: field larger than"),
        (_text("e.csv", "x" * 20_000_000), "line 1: field larger than"),
        (_text("e.csv", "<!DOCTYPE html><html>log in</html>"), "is a web page, not a table"),
        (_text("e.csv", GOOD.replace("clash", "cl\0ash")), "is not a text table"),
        (_text("e.csv", GOOD.replace(",", "#")), "is it delimited by comma, semicolon, tab"),
        (_text("e.csv", "lat,lon,lat\n34,41,35\n"), "two columns carry the same name: 'lat'"),
        (_text("e.xls", "<html><table>"), "is not what its extension '.xls' says"),
        (_text("e.xlsx", b"PK\x03\x04garbage"), "is no whole archive"),
        (_text("e.geojson", "[" * 100_000 + "]" * 100_000), "maximum recursion depth"),
        (_text("e.geojson", '{"a":1}'), "not a FeatureCollection"),
        (
            _text("e.geojson", '{"type":"FeatureCollection","features":[1]}'),
            "'e.geojson' cannot be read",
        ),
        (_text("e.geojson", '{"type":"FeatureCollection","features":null}'), "has no rows"),
        (_text("e.parquet", b"PAR1xxxxPAR1"), "'e.parquet' cannot be read"),
        (_text("e.gpkg", b"SQLite format 3\0" + b"\0" * 2000), "'e.gpkg' cannot be read"),
        (
            _text("e.kml", KML.format(head='<!DOCTYPE k [<!ENTITY a "b">]>', name="&a;")),
            "holds <!DOCTYPE, which plain KML does not need",
        ),
        (_text("e.docx", b"PK"), "tables ending in '.docx' are not read"),
    ],
)
def test_what_is_no_table_says_why(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        incidents.read(make(tmp_path))


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a.csv", "/vsicurl/https://example.org/a.csv", "s3://a/b.parquet"],
)
def test_addresses_are_not_opened(address: str) -> None:
    with pytest.raises(DataError, match="is not a local file"):
        incidents.read(address)


@pytest.mark.parametrize("source", [None, 5, b"a.csv", [1, 2], pd.Series([1.0])])
def test_what_is_neither_path_nor_table_is_refused(source: Any) -> None:
    with pytest.raises(InvalidParameterError, match="read from a path or a table of pandas, got"):
        incidents.read(source)


# Options


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("format", "foo", "format must be one of"),
        ("encoding", "klingon", "encoding 'klingon' is unknown"),
        ("encoding", 5, "encoding 5 is unknown"),
        ("sheet", "x", "is of a spreadsheet, which e.csv is not"),
        ("columns", "lat", "columns must be a mapping"),
        ("columns", {"lat": "nope"}, "there is no column 'nope'"),
        ("columns", {"wrong": "latitude"}, "'wrong' is not a part"),
        ("date_format", 5, "date_format must be a strptime format"),
        ("date_format", "%Q", "date_format must be a strptime format"),
        ("date_format", "%d/%m", "date_format must be a strptime format with a year"),
        ("bbox", "x", "bbox must be"),
        ("bbox", (1, 2, 3), "bbox must be"),
        ("as_of", "2024-01-01", r"as_of must be a datetime\.date"),
        ("accessed", "2024-01-01", r"accessed must be a datetime\.date"),
        ("fix_swapped", "no", "fix_swapped must be True or False"),
    ],
)
def test_impossible_options_are_refused(
    tmp_path: Path, option: str, value: Any, message: str
) -> None:
    path = _text("e.csv", GOOD)(tmp_path)
    with pytest.raises(BorderzoneError, match=message):
        incidents.read(path, options=incidents.ReadOptions(**{option: value}))


# Cells


def one(**cells: object) -> pd.Series:
    frame = pd.DataFrame({"lat": ["34.4"], "lon": ["41.1"]} | {k: [v] for k, v in cells.items()})
    options = incidents.ReadOptions(as_of=dt.date(2026, 1, 1))
    row: pd.Series = incidents.read(frame, options=options).iloc[0]
    return row


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"event_date": "99999-01-01"}, "date unreadable: '99999-01-01'"),
        ({"event_date": "0000-00-00"}, "is not a day of the calendar"),
        ({"event_date": "2024-02-30"}, "is not a day of the calendar"),
        ({"event_date": "9" * 400}, "date unreadable: '9999"),
        ({"event_date": "\u202e2024-01-02"}, r"date unreadable: '\\u202e2024-01-02'"),
        ({"event_date": "01/02/2024"}, "date ambiguous"),
        ({"event_date": "2026-01-02"}, "future"),
        ({"lat": "1e400"}, "out of range"),
        ({"lat": "\u202e34"}, r"not a number: latitude '\\u202e34'"),
        ({"lat": "0x22"}, "not a number"),
        ({"lat": 0.0, "lon": 0.0}, "zero position"),
        ({"lat": 3_800_000.0, "lon": 500_000.0}, "metres: these look like projected metres"),
    ],
)
def test_a_cell_that_means_nothing_quarantines_its_row(
    cells: dict[str, object], reason: str
) -> None:
    row = one(**cells)
    assert row["status"] == "quarantined"
    assert reason.replace("\\\\", "\\") in row["reason"]
    assert row["geometry"].is_empty


@pytest.mark.parametrize("deaths", [-3, "-4", 1e30, "many", 2.5, float("inf")])
def test_deaths_that_are_no_count_are_left_out_and_told(deaths: object) -> None:
    row = one(fatalities=deaths)
    assert row["fatalities_best"] is pd.NA
    assert "is not a count and is left out" in row["reason"]
    assert row["status"] == "ok"


def test_columns_of_a_stranger_are_kept_whatever_their_names() -> None:
    row = one(status="open", reason="flood", geometry="near the bridge", Dataset="survey")
    kept = [row["status_original"], row["reason_original"], row["geometry_original"]]
    assert kept == ["open", "flood", "near the bridge"]
    assert (row["status"], row["dataset"]) == ("ok", "survey")


# Folders, tables of other kinds


def test_a_folder_of_kml_is_one_table_that_names_the_files(tmp_path: Path) -> None:
    _text("b.kml", KML.format(head="", name="second"))(tmp_path)
    packed(tmp_path / "a.kmz", {"doc.kml": KML.format(head="", name="first")})
    (tmp_path / "notes.txt").write_text("not read")
    events = incidents.read(tmp_path)
    assert events["file"].tolist() == ["a.kmz", "b.kml"]
    assert events["status"].tolist()[0] == "ok"
    assert "2 files of the folder were read" in events.attrs["notes"]


def test_parquet_with_and_without_places_are_read_alike(tmp_path: Path) -> None:
    table = pd.DataFrame({"event_id": ["A"], "lat": [34.4], "lon": [41.1]})
    table.to_parquet(tmp_path / "plain.parquet")
    points = gpd.GeoDataFrame(table[["event_id"]], geometry=[shapely.Point(41.1, 34.4)], crs=4326)
    points.to_parquet(tmp_path / "geo.parquet")
    plain, geo = (incidents.read(tmp_path / f"{name}.parquet") for name in ("plain", "geo"))
    assert plain[["id", "lat", "lon", "status"]].equals(geo[["id", "lat", "lon", "status"]])


def test_a_record_beside_the_file_gives_citation_and_day(tmp_path: Path) -> None:
    from borderzone.io import sha256, write_sidecar  # noqa: PLC0415 - a room of its own

    path = _text("e.csv", GOOD)(tmp_path)
    words = dict.fromkeys(("title", "licence", "attribution"), "x")
    words |= {"citation": "Somebody (2025)", "retrieved": "2026-11-02", "sha256": sha256(path)}
    write_sidecar(path, words)
    events = incidents.read(path)
    assert (events.attrs["citation"], events.attrs["accessed"]) == ("Somebody (2025)", "2026-11-02")
    told = incidents.read(path, options=incidents.ReadOptions(accessed=dt.date(2026, 11, 3))).attrs[
        "accessed"
    ]
    assert told == "2026-11-03"

    path.write_text(GOOD + "C,34.6,41.3,2024-05-03,clash\n")
    changed = incidents.read(path)
    assert changed.attrs["citation"] == "Somebody (2025)"
    assert "was changed since the record of its source" in changed.attrs["notes"][0]
