"""Files and objects that hold incidents, as people really send them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone.errors import (
    CRSMismatchError,
    DataError,
    InvalidParameterError,
    LimitError,
)
from borderzone.io import limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_OF = dt.date(2026, 1, 1)
CSV = "id,lat,lon,date\nA,34.37,41.09,2019-07-21\nB,34.4,41.2,2019-07-22\n"
ROWS = [
    {"id": "A", "lat": 34.37, "lon": 41.09, "date": "2019-07-21"},
    {"id": "B", "lat": 34.4, "lon": 41.2, "date": "2019-07-22"},
]


def saved(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(source: Any, **options: Any) -> gpd.GeoDataFrame:
    return incidents.read(source, options=incidents.ReadOptions(as_of=AS_OF, **options))


def told(events: gpd.GeoDataFrame) -> list[str]:
    """Give what is told of the file, without what is told of the precision of its rows."""
    return [note for note in events.attrs["notes"] if "state no precision" not in note]


def places(events: gpd.GeoDataFrame) -> list[tuple[str, float, float, str]]:
    days = events["date_start"].dt.strftime("%Y-%m-%d").fillna("")
    return list(zip(events["id"], events["lat"], events["lon"], days, strict=True))


BOTH = [("A", 34.37, 41.09, "2019-07-21"), ("B", 34.4, 41.2, "2019-07-22")]


# Layers and sheets


def points(ids: str, **columns: Any) -> gpd.GeoDataFrame:
    shapes = gpd.points_from_xy([41.09, 41.2][: len(ids)], [34.37, 34.4][: len(ids)])
    days = ["2019-07-21", "2019-07-22"][: len(ids)]
    return gpd.GeoDataFrame(
        {"id": list(ids), "date": days} | columns, geometry=shapes, crs="EPSG:4326"
    )


def area() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(41, 34, 42, 35)], crs="EPSG:4326")


def layered(folder: Path, **layers: gpd.GeoDataFrame) -> Path:
    path = folder / "e.gpkg"
    for name, frame in layers.items():
        frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    return path


def test_the_only_layer_of_points_is_taken_and_the_others_are_told(tmp_path: Path) -> None:
    path = layered(tmp_path, aoi=area(), events=points("AB"))
    events = read(path)
    assert places(events) == BOTH
    assert told(events) == ["layer 'events' was read, of 2; the others are 'aoi'"]
    for option in (
        {"layer": "events"},
        {"sheet": "events"},
        {"layer": "events", "sheet": "events"},
    ):
        assert places(read(path, **option)) == BOTH


def test_of_several_layers_of_points_one_must_be_named(tmp_path: Path) -> None:
    path = layered(tmp_path, y2018=points("A"), y2019=points("AB"), aoi=area())
    message = r"several layers \('y2018', 'y2019'\); read one at a time with options=ReadOptions\(layer='y2018'\)"
    with pytest.raises(DataError, match=message):
        read(path)
    assert len(read(path, layer="y2019")) == 2
    with pytest.raises(DataError, match="holds the layers y2018, y2019, aoi; name one of them"):
        read(path, layer="y2020")


def test_layers_without_points_are_named(tmp_path: Path) -> None:
    path = layered(tmp_path, aoi=area(), other=area())
    with pytest.raises(DataError, match="layers 'aoi', 'other', none of points; name one"):
        read(path)


def test_sheet_and_layer_are_two_words_for_one_thing(tmp_path: Path) -> None:
    path = layered(tmp_path, events=points("AB"))
    with pytest.raises(InvalidParameterError, match="name two parts of the file"):
        read(path, sheet="events", layer="aoi")
    with pytest.raises(InvalidParameterError, match="layer must be the name of one"):
        read(path, layer=1)
    with pytest.raises(InvalidParameterError, match=r"is of a spreadsheet, which e.csv is not"):
        read(saved(tmp_path, "e.csv", CSV), layer="x")


def test_a_sheet_is_found_and_the_others_are_told(tmp_path: Path) -> None:
    path = tmp_path / "e.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"key": [1]}).to_excel(book, sheet_name="key", index=False)
        pd.DataFrame(ROWS).to_excel(book, sheet_name="2019", index=False, startrow=3, startcol=2)
    events = read(path)
    assert places(events) == BOTH
    assert told(events) == ["sheet '2019' was read, of 2; the others are 'key'"]
    assert places(read(path, layer="2019")) == BOTH


# Headers


HEADERLESS = "\n".join(
    ",".join(
        [str(n), "X", "2024", "1", "Clear", "1", *([""] * 18), "1", *([""] * 4), lat, "41.09", "", "", "Iraq", "", "", "", "1", "2024-01-02 00:00:00.000", "2024-01-02 00:00:00.000", *([""] * 4), "1", "2", "0", "", ""]
    )
    for n, lat in ((1, "34.37"), (2, "34.5"))
)  # fmt: skip


def test_a_release_of_ucdp_without_header_is_read_by_position(tmp_path: Path) -> None:
    # Version 24.0.1 of the candidate events was published so.
    events = read(saved(tmp_path, "e.csv", HEADERLESS))
    assert events.attrs["format"] == "ucdp"
    assert events["lat"].tolist() == [34.37, 34.5]
    assert events["where_prec"].tolist() == [1, 1]
    assert events["fatalities_high"].tolist() == [2, 2]
    assert any("no header line: the 49 columns" in note for note in events.attrs["notes"])
    frame = pd.read_csv(io.StringIO(HEADERLESS), header=None)
    assert read(frame)["lat"].tolist() == [34.37, 34.5]
    sheet = tmp_path / "e.xlsx"
    frame.to_excel(sheet, index=False, header=False)
    assert read(sheet)["fatalities_best"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "A,34.37,41.09,2019-07-21\nB,34.4,41.2,2019-07-22\n",
        "1;1;34,37;41,09\n2;2;34,4;41,2\n",
        "1,X,2024,1,Clear,1,34.37,41.09\n",
    ],
)
def test_a_table_without_header_is_refused_in_plain_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"has no header line: its first line is data .'[A1]'"):
        read(saved(tmp_path, "e.csv", text))
    with pytest.raises(DataError, match=r"has no header: its columns are called '[A1]'"):
        read(
            pd.read_csv(
                io.StringIO(text.replace(",", ".").replace(";", ",") if ";" in text else text)
            )
        )


def test_a_cell_that_is_the_name_of_a_coordinate_makes_no_header(tmp_path: Path) -> None:
    text = "id,Breitex,Laengex,how\nA,34.37,41.09,GPS\nB,34.4,41.2,GPS\n"
    events = read(saved(tmp_path, "e.csv", text), columns={"lat": "Breitex", "lon": "Laengex"})
    assert events["lat"].tolist() == [34.37, 34.4]


@pytest.mark.parametrize(
    "rows",
    [
        ["Position,,Date", "Lat,Long,", "34.37,41.09,2019-07-21", "34.4,41.2,2019-07-22"],
        ["Weekly report,,", "Position,,Date", "Lat,Long,", "34.37,41.09,2019-07-21", "34.4,41.2,2019-07-22"],
        ["Lat,Long,Date,Dead,", ",,,best,high", "34.37,41.09,2019-07-21,1,2", "34.4,41.2,2019-07-22,3,4"],
        ["Where,,When,", "Lat,Long,Start date,End date", "34.37,41.09,2019-07-21,", "34.4,41.2,2019-07-22,"],
        ["Where,,Start,,End,", "Lat,Long,Date,Time,Date,Time", "34.37,41.09,2019-07-21,1,2019-07-21,2",
         "34.4,41.2,2019-07-22,1,2019-07-22,2"],
    ],
)  # fmt: skip
def test_two_rows_of_names_make_one_header(tmp_path: Path, rows: list[str]) -> None:
    path = saved(tmp_path, "e.csv", "\n".join(rows) + "\n")
    sheet = tmp_path / "e.xlsx"
    with path.open(newline="") as stream:
        cells = pd.DataFrame(list(csv.reader(stream)))
    cells.to_excel(sheet, index=False, header=False)
    for file in (path, sheet):
        events = read(file)
        expected = [("row-1", *BOTH[0][1:]), ("row-2", *BOTH[1][1:])]
        assert places(events) == expected
        assert events["status"].tolist() == ["ok", "ok"]
        assert "the header stands on two lines" in events.attrs["notes"]


# Rows that are no events


def test_empty_rows_are_passed_over_wherever_they_stand(tmp_path: Path) -> None:
    text = CSV.replace("B,", ",,,\n  , ,,\nB,") + ",,,\n,,,\n\n"
    events = read(saved(tmp_path, "e.csv", text))
    assert places(events) == BOTH
    assert told(events) == ["4 empty lines passed over"]


def test_what_is_odd_stays_with_its_row_where_rows_before_it_are_passed_over(
    tmp_path: Path,
) -> None:
    text = CSV.replace("B,", ",,,\nB,").rstrip() + ",too much\nC,34.5,41.3,2019-07-23\n"
    events = read(saved(tmp_path, "e.csv", text))
    assert events["id"].tolist() == ["A", "B", "C"]
    assert events["status"].tolist() == ["ok", "quarantined", "ok"]
    assert events["reason"].iloc[1].startswith("too many cells")


def test_a_row_with_an_id_and_nothing_else_is_one(tmp_path: Path) -> None:
    events = read(saved(tmp_path, "e.csv", CSV + "C,,,\n"))
    assert events["id"].tolist() == ["A", "B", "C"]
    assert events["status"].tolist() == ["ok", "ok", "quarantined"]


@pytest.mark.parametrize("units", [",deg,deg,", "text,decimal degrees,[°],yyyy-mm-dd"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_row_of_units_is_told_and_passed_over(tmp_path: Path, units: str, suffix: str) -> None:
    path = saved(tmp_path, "e.csv", CSV.replace("\nA", f"\n{units}\nA"))
    if suffix == ".xlsx":
        path, cells = tmp_path / "e.xlsx", pd.read_csv(path, header=None, dtype=str)
        cells.to_excel(path, index=False, header=False)
    events = read(path)
    assert places(events) == BOTH
    assert told(events) == ["1 row of units below the header passed over"]


def test_a_row_that_only_looks_like_units_is_kept(tmp_path: Path) -> None:
    events = read(saved(tmp_path, "e.csv", CSV.replace("\nA", "\nHQ7,deg,deg,\nA")))
    assert events["status"].tolist() == ["quarantined", "ok", "ok"]
    assert events["reason"].iloc[0].startswith("row of units: it looks like a row of units")


@pytest.mark.parametrize("total", ["Total,,42,", "Grand total:,,,2", ",Sum,75.6,"])
def test_totals_at_the_foot_are_told_and_passed_over(tmp_path: Path, total: str) -> None:
    text = CSV.replace("id,lat", "id,place,lat") if total.startswith(",Sum") else CSV
    text = text.replace("A,34", "A,x,34").replace("B,34", "B,x,34") if ",place" in text else text
    events = read(saved(tmp_path, "e.csv", f"{text}{total}\n,,,\n"))
    assert places(events) == BOTH
    assert "1 row of totals passed over" in events.attrs["notes"]


def test_totals_between_events_are_quarantined_and_a_place_of_that_name_is_one(
    tmp_path: Path,
) -> None:
    text = CSV.replace("B,", "Subtotal,,7,\nB,") + "Total,34.5,41.3,2019-07-23\n"
    events = read(saved(tmp_path, "e.csv", text))
    assert events["id"].tolist() == ["A", "Subtotal", "B", "Total"]
    assert events["status"].tolist() == ["ok", "quarantined", "ok", "ok"]
    assert "row of totals: it looks like a row of totals" in events["reason"].iloc[1]


def test_a_header_that_comes_again_is_passed_over(tmp_path: Path) -> None:
    events = read(saved(tmp_path, "e.csv", CSV.replace("B,", "id,lat,lon,date\nB,")))
    assert places(events) == BOTH
    assert told(events) == ["1 line that repeats the header passed over"]


# Stray quotes


NOTED = [f'{n},34.{n},41.{n},"note {n}, with a comma"' for n in range(1, 8)]


@pytest.mark.parametrize("row", range(7))
@pytest.mark.parametrize("note", ['"of 5 inch pipe', '"', '"he said "go", and left"', '"a" b'])
def test_one_stray_quote_touches_its_row_alone(tmp_path: Path, row: int, note: str) -> None:
    lines = list(NOTED)
    lines[row] = f"{row + 1},34.{row + 1},41.{row + 1},{note}"
    events = read(saved(tmp_path, "e.csv", "\n".join(["id,lat,lon,note", *lines]) + "\n"))
    assert events["id"].tolist() == [str(n) for n in range(1, 8)]
    assert events["lat"].tolist() == [float(f"34.{n}") for n in range(1, 8)]
    assert [i for i, status in enumerate(events["status"]) if status != "ok"] == [row]
    assert events["status"].iloc[row] == "fixed"
    assert events["reason"].iloc[row] == f"stray quote: line {row + 2} was read by itself"
    assert "1 line with a stray quote read alone, see the reasons" in events.attrs["notes"]
    others = [n for n in range(7) if n != row]
    assert [events["note"].iloc[n] for n in others] == [
        f"note {n + 1}, with a comma" for n in others
    ]


def test_two_stray_quotes_do_not_swallow_what_lies_between(tmp_path: Path) -> None:
    text = 'id,note,lat,lon\nA,x,34.1,41.1\nB,"open,34.2,41.2\nC,y,34.3,41.3\nD,shut",34.4,41.4\n'
    events = read(saved(tmp_path, "e.csv", text))
    assert events["id"].tolist() == ["A", "B", "C", "D"]
    assert events["status"].tolist() == ["ok", "fixed", "ok", "ok"]
    assert events["note"].tolist() == ["x", '"open', "y", 'shut"']


def test_a_note_of_several_lines_is_one_row(tmp_path: Path) -> None:
    text = 'id,lat,lon,note\nA,34.1,41.1,"one,\ntwo, three\n\nfour"\nB,34.2,41.2,x\n'
    events = read(saved(tmp_path, "e.csv", text))
    assert events["description"].tolist() == ["one,\ntwo, three\n\nfour", "x"]
    assert events["status"].tolist() == ["ok", "ok"]


def test_a_line_that_cannot_be_split_is_quarantined_alone(tmp_path: Path) -> None:
    text = 'id,lat,lon,note,by\nA,34.1,41.1,"x,z,"w\nB,34.2,41.2,x,y\nC,"34.3\n'
    events = read(saved(tmp_path, "e.csv", text))
    assert events["status"].tolist() == ["quarantined", "ok", "quarantined"]
    assert "line 2 holds a quote that is never closed, and 6 cells" in events["reason"].iloc[0]
    assert "line 4 holds a quote that is never closed, and 2 cells" in events["reason"].iloc[2]


@settings(max_examples=30)
@given(
    notes=st.lists(st.text(alphabet="ab ,;", max_size=12), min_size=2, max_size=8),
    stray=st.integers(0, 7),
)
def test_whole_tables_pass_untouched_and_a_stray_quote_loses_no_row(
    tmp_path_factory: pytest.TempPathFactory, notes: list[str], stray: int
) -> None:
    folder = tmp_path_factory.mktemp("quotes")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", "lat", "lon", "note", "end"])
    writer.writerows([f"E{n}", 34.5, 41.5 + n / 100, note, "."] for n, note in enumerate(notes))
    events = read(saved(folder, "e.csv", buffer.getvalue()))
    assert events["description"].tolist() == [note.strip() for note in notes]
    # Text of several lines, too.
    whole = read(saved(folder, "g.csv", buffer.getvalue().replace(".\n", '"one\n,two"\n')))
    assert whole["end"].tolist() == ["one\n,two"] * len(notes)
    # One line more, with a quote that is never closed, before the others.
    bad = f'S{stray},34.5,41.4,"never closed,.\n'
    head, _, body = buffer.getvalue().partition("\n")
    again = read(saved(folder, "f.csv", f"{head}\n{bad}{body}"))
    assert again["id"].tolist()[0] == f"S{stray}"
    assert set(events["id"]) <= set(again["id"])


# JSON


ACLED = [
    {"event_id_cnty": f"IRQ{n}", "event_date": f"2019-07-2{n}", "time_precision": "1",
     "event_type": "Battles", "latitude": "34.37", "longitude": f"41.{n}", "geo_precision": "1",
     "fatalities": "0"} for n in (1, 2)
]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "success": True, "count": 2, "data": ACLED},
        {"status": 200, "success": True, "count": 2, "messages": [], "results": ACLED},
        {"data": {"events": ACLED}},
        ACLED,
    ],
)
def test_answers_of_acled_are_tables_of_acled(tmp_path: Path, answer: Any) -> None:
    for source in (saved(tmp_path, "a.json", json.dumps(answer)), answer):
        events = read(source)
        assert events["id"].tolist() == ["IRQ1", "IRQ2"]
        assert events["date_start"].dt.day.tolist() == [21, 22]
        assert set(events["dataset"]) == {"ACLED"}
        assert told(events) == []


GED = [
    {"id": n, "type_of_violence": 1, "where_prec": 2, "date_prec": 1, "latitude": 34.4,
     "longitude": 41.0 + n, "date_start": "2019-07-21T00:00:00", "date_end": "2019-07-21T00:00:00",
     "best": 1} for n in (1, 2)
]  # fmt: skip


@pytest.mark.parametrize(
    ("pages", "notes"),
    [
        ({"TotalCount": 2, "TotalPages": 1, "PreviousPageUrl": "", "NextPageUrl": ""}, []),
        (
            {"TotalCount": 13, "TotalPages": 7, "PreviousPageUrl": "", "NextPageUrl": "https://u/?page=1"},
            ["page 1 of 7: 2 of 13 rows are in this file"],
        ),
        (
            {"TotalCount": 13, "TotalPages": 7, "PreviousPageUrl": "https://u/?a=1&page=1"},
            ["page 3 of 7: 2 of 13 rows are in this file"],
        ),
        ({"count": 13}, ["2 of 13 rows are in this file, the service has more"]),
    ],
)  # fmt: skip
def test_a_page_of_an_answer_says_what_it_leaves_out(
    tmp_path: Path, pages: dict[str, Any], notes: list[str]
) -> None:
    events = read(saved(tmp_path, "u.json", json.dumps({**pages, "Result": GED})))
    assert events.attrs["format"] == "ucdp"
    assert told(events) == notes


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"status": 403, "success": False, "error": [{"message": "no access"}]}, "reports an error .status 403: .*no access"),
        ({"status": 401, "success": False, "data": [], "error": "key"}, "reports an error .status 401: key"),
        ({"error": {"code": 499, "message": "Token Required"}}, "reports an error .*Token Required"),
        ({"status": 200, "success": True, "count": 0, "data": []}, "service without any row"),
        ({"TotalCount": 0, "TotalPages": 0, "Result": []}, "service without any row"),
        ([], "holds an empty list"),
        ([{"lat": 1}, 5], "item 2 of its list is a int"),
        ({"a": 1}, "not a FeatureCollection"),
        ({"type": "Topology", "objects": {}}, "holds 'Topology', not a FeatureCollection"),
    ],
)  # fmt: skip
def test_answers_without_events_say_so(tmp_path: Path, answer: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(saved(tmp_path, "a.json", json.dumps(answer)))


def feature(n: int, **properties: Any) -> dict[str, Any]:
    row = ROWS[n]
    return {
        "type": "Feature",
        "properties": {"id": row["id"], "date": row["date"], **properties},
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
    }


@pytest.mark.parametrize("name", ["e.geojsonl", "e.ndjson", "e.geojsons", "e.jsonl", "e.json"])
@pytest.mark.parametrize("kind", ["features", "objects", "separated", "collections"])
def test_one_value_a_line_is_one_row_each(tmp_path: Path, name: str, kind: str) -> None:
    values: list[Any] = ROWS if kind == "objects" else [feature(0), feature(1, note="a\u2028b")]
    if kind == "collections":
        values = [{"type": "FeatureCollection", "features": [value]} for value in values]
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    if kind == "separated":
        texts = [f"\x1e{json.dumps(value, indent=1)}" for value in values]
    assert places(read(saved(tmp_path, name, "\n".join(texts) + "\n\n"))) == BOTH


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    text = f'{json.dumps(ROWS[0])}\n{{"id": "B", \n'
    with pytest.raises(DataError, match="line 2 is no whole JSON"):
        read(saved(tmp_path, "e.ndjson", text))
    single = read(saved(tmp_path, "f.ndjson", json.dumps(ROWS[0])))
    assert places(single) == BOTH[:1]


def mercator(lon: float, lat: float) -> dict[str, float]:
    """Web Mercator by the formulas of EPSG guidance note 7-2, method 1024."""
    y = 6378137.0 * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
    return {"x": 6378137.0 * math.radians(lon), "y": y}


def esri(**more: Any) -> dict[str, Any]:
    return {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        "fields": [{"name": "date", "type": "esriFieldTypeDate"}],
        "features": [
            # Noon of 2019-07-21 and 22 in UTC.
            {"attributes": {"id": "A", "date": 1563710400000}, "geometry": mercator(41.09, 34.37)},
            {"attributes": {"id": "B", "date": 1563796800000}, "geometry": mercator(41.2, 34.4)},
        ],
        **more,
    }  # fmt: skip


def test_a_feature_set_of_esri_is_read_in_its_crs(tmp_path: Path) -> None:
    for content in (esri(), esri(spatialReference={"wkid": 102100})):
        events = read(saved(tmp_path, "e.json", json.dumps(content)))
        assert events["id"].tolist() == ["A", "B"]
        assert events["lat"].tolist() == pytest.approx([34.37, 34.4], abs=1e-6)
        assert events["lon"].tolist() == pytest.approx([41.09, 41.2], abs=1e-6)
        assert events["date_start"].dt.strftime("%Y-%m-%d").tolist() == ["2019-07-21", "2019-07-22"]
    plain = {"features": [{"attributes": row} for row in ROWS]}
    assert places(read(saved(tmp_path, "t.json", json.dumps(plain)))) == BOTH


def test_a_feature_set_that_cannot_be_placed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 'esriGeometryPolygon'; only points"):
        read(saved(tmp_path, "e.json", json.dumps(esri(geometryType="esriGeometryPolygon"))))
    with pytest.raises(CRSMismatchError, match="names no coordinate reference system"):
        read(saved(tmp_path, "e.json", json.dumps(esri(spatialReference=None))))
    empty = esri()
    empty["features"][1]["geometry"] = {"x": "NaN", "y": "NaN"}
    events = read(saved(tmp_path, "e.json", json.dumps(empty | {"exceededTransferLimit": True})))
    assert events["status"].tolist() == ["ok", "quarantined"]
    assert told(events) == ["2 rows are in this file, the service has more"]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("[" * 100_000, DataError, "recursion|cannot be read"),
        ('{"data":' * 50_000 + "1" + "}" * 50_000, DataError, "recursion|cannot be read"),
        (json.dumps([{f"k{n}": 1 for n in range(5_001)}]), LimitError, "5,001 columns or more"),
        (json.dumps([{f"k{n}": 1} for n in range(5_001)]), LimitError, "5,001 columns or more"),
        ('[{"lat":' + "9" * 5_000 + "}]", DataError, "cannot be read"),
    ],
)
def test_json_made_to_fill_memory_is_refused(
    tmp_path: Path, content: str, error: type[Exception], message: str
) -> None:
    for source in (saved(tmp_path, "e.json", content), io.StringIO(content)):
        with pytest.raises(error, match=message):
            read(source)


# KML


def kml(body: str) -> str:
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>{body}</Document></kml>'


def mark(name: str, time: str = "", lon: float = 41.09, lat: float = 34.37) -> str:
    data = f'<ExtendedData><Data name="id"><value>{name}</value></Data></ExtendedData>'
    point = f"<Point><coordinates>{lon},{lat}</coordinates></Point>"
    return f"<Placemark>{time}{data}{point}</Placemark>"


def test_folders_and_times_of_a_kml_become_columns(tmp_path: Path) -> None:
    stamp = "<TimeStamp><when>{}</when></TimeStamp>"
    span = "<TimeSpan><begin>{}</begin><end>{}</end></TimeSpan>"
    text = kml(
        f"<Folder><name>2019</name>{mark('A', stamp.format('2019-07-21'))}"
        f"{mark('B', stamp.format('2019-07'), 41.2, 34.4)}</Folder>"
        f"<Folder><name>2020</name>{mark('C', span.format('2020-01-01', '2020-01-31'))}"
        f"{mark('D', stamp.format('2020-02-03T23:30:00Z'))}</Folder>"
        "<Folder><name>Routes</name><Placemark><LineString><coordinates>41,34 42,34</coordinates>"
        "</LineString></Placemark></Folder>"
    )
    packed = tmp_path / "e.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", text)
    for path in (saved(tmp_path, "e.kml", text), packed):
        events = read(path)
        assert events["id"].tolist() == ["A", "B", "C", "D"]
        assert events["folder"].tolist() == ["2019", "2019", "2020", "2020"]
        days = events[["date_start", "date_end"]].map("{:%Y-%m-%d}".format).agg("/".join, axis=1)
        assert days.tolist() == [
            "2019-07-21/2019-07-21", "2019-07-01/2019-07-31", "2020-01-01/2020-01-31",
            "2020-02-03/2020-02-03",
        ]  # fmt: skip
        assert events["date_precision"].tolist()[:2] == ["day", "month"]
        left = "folder 'Routes' without points left out (1 rows); to read one, pass options=ReadOptions(layer='Routes')"
        assert told(events)[0] == left
        assert read(path, layer="2020")["id"].tolist() == ["C", "D"]
        assert read(path, layer="Routes")["status"].tolist() == ["quarantined"]


# Open files and tables in memory


def doors(folder: Path) -> Iterator[Any]:
    yield io.StringIO(CSV)
    yield io.BytesIO(CSV.encode())
    yield io.BytesIO(json.dumps(ROWS).encode())
    named = io.BytesIO(CSV.encode("cp1252"))
    named.name = "Straße.csv"
    yield named
    path = layered(folder, events=points("AB"))
    yield path.open("rb")
    yield saved(folder, "e.csv", CSV).open(encoding="utf-8")
    book = io.BytesIO()
    pd.DataFrame(ROWS).to_excel(book, index=False)
    book.seek(0)
    yield book
    parquet = io.BytesIO()
    pd.DataFrame(ROWS).to_parquet(parquet)
    parquet.seek(0)
    yield parquet
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("e.csv", CSV)
    archive.seek(0)
    yield archive


def test_open_files_are_read_and_stand_where_they_stood(tmp_path: Path) -> None:
    for stream in doors(tmp_path):
        assert places(read(stream)) == BOTH
        assert not stream.closed
        assert stream.tell() == 0
        assert places(read(stream)) == BOTH
        stream.close()


def test_an_open_file_obeys_the_options(tmp_path: Path) -> None:
    semicolons = io.BytesIO(CSV.replace(",", ";").encode("cp1252"))
    assert places(read(semicolons, format="csv", encoding="cp1252")) == BOTH
    two = layered(tmp_path, a=points("A"), b=points("AB"))
    with two.open("rb") as stream:
        assert places(read(stream, layer="b")) == BOTH
    with pytest.raises(DataError, match=r"no column for latitude.*found .a., .b."):
        read(io.StringIO("a,b\n1,2\n"))
    closed = io.StringIO(CSV)
    closed.close()
    with pytest.raises(DataError, match=r"cannot be read .*closed file.*open it again"):
        read(closed)
    with pytest.raises(DataError, match="is empty"):
        read(io.BytesIO(b""))


class Endless:
    """A file without an end."""

    name = "endless.csv"

    def read(self, size: int) -> bytes:
        """Give another piece."""
        return b"34.4,41.1\n" * (size // 10)


def test_limits_hold_for_open_files() -> None:
    with limits(text_bytes=5_000_000), pytest.raises(LimitError, match=r"endless\.csv.*text_bytes"):
        read(Endless())
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("e.csv", b"0" * 200_000_000)
    with pytest.raises(LimitError, match="unpacks to more than 100 times its size"):
        read(io.BytesIO(bomb.getvalue()))


class OnlyStream:
    """Any library whose tables Arrow can take over, such as polars."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table over."""
        return self._table.__arrow_c_stream__(requested_schema)


class Features:
    """Any library with a geo interface."""

    def __init__(self, content: Any) -> None:
        self.__geo_interface__ = content


COLLECTION = {"type": "FeatureCollection", "features": [feature(0), feature(1)]}


@pytest.mark.parametrize(
    "source",
    [
        ROWS,
        tuple(ROWS),
        pa.Table.from_pylist(ROWS),
        pa.RecordBatch.from_pylist(ROWS),
        OnlyStream(pa.Table.from_pylist(ROWS)),
        COLLECTION,
        COLLECTION["features"],
        Features(COLLECTION),
        [Features(feature(0)), Features(feature(1))],
        points("AB").to_arrow(),
        points("AB"),
        points("AB").to_geo_dict(),
    ],
)
def test_tables_in_memory_are_read(source: Any) -> None:
    before = repr(source)
    assert places(read(source)) == BOTH
    assert repr(source) == before


def test_a_series_of_points_is_a_table() -> None:
    series = points("AB").geometry.set_axis(["x", "y"])
    events = read(series)
    assert events["lat"].tolist() == [34.37, 34.4]
    assert events.index.tolist() == ["x", "y"]


def test_whole_numbers_beside_empty_cells_stay_whole() -> None:
    table = pa.table(
        {"id": pa.array([9007199254740993, None]), "lat": [34.4, 34.5], "lon": [41.1, 41.2]}
    )
    assert read(table)["id"].tolist() == ["9007199254740993", "row-2"]


def test_a_stream_of_batches_without_end_is_refused() -> None:
    batch = pa.RecordBatch.from_pydict({"lat": [34.4] * 10_000, "lon": [41.1] * 10_000})
    reader = pa.RecordBatchReader.from_batches(batch.schema, (batch for _ in iter(int, 1)))
    with limits(event_rows=50_000), pytest.raises(LimitError, match="event_rows"):
        read(reader)


class Lazy:
    """A table of polars that is not there yet."""

    schema = None

    def collect(self) -> None:
        """Make a table."""


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        (Lazy(), "collect\\(\\) the lazy table first"),
        (b"a.csv", "put the bytes into io.BytesIO"),
        ((row for row in ROWS), "make a list of it first"),
        ([1, 2], "a list of dicts"),
        (dict, "an open file"),
    ],
)
def test_what_cannot_be_taken_is_told_with_what_can(source: Any, advice: str) -> None:
    with pytest.raises(InvalidParameterError, match=f"path or a table of pandas, got .*{advice}"):
        read(source)


def test_shapes_that_are_no_table_are_refused() -> None:
    with pytest.raises(DataError, match="holds 'Point', not a FeatureCollection"):
        read(shapely.Point(41, 34))
    with pytest.raises(DataError, match="the table cannot be read"):
        read(
            [
                {
                    "type": "Feature",
                    "properties": {},
                    "geometry": {"type": "Point", "coordinates": "x"},
                }
            ]
        )
