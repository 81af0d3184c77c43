"""Tables and settings that are small on disk and ask for all memory, all time, or the interpreter."""

from __future__ import annotations

import contextlib
import os
import re
import struct
import subprocess
import sys
import textwrap
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import incidents, io
from borderzone.errors import BorderzoneError, DataError, InvalidScenarioError, LimitError
from borderzone.io.formats.kml import is_nested_deep
from borderzone.scenario import read_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODS = "urn:oasis:names:tc:opendocument:xmlns"
EVENT = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>lat</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>lon</t></is></c></row>'
    '<row r="2"><c r="A2"><v>34</v></c><c r="B2"><v>41</v></c></row>'
)
EVENTS_ODS = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>lat</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>lon</text:p></table:table-cell></table:table-row>'
    '<table:table-row{again}><table:table-cell office:value-type="float" office:value="34"><text:p>34</text:p></table:table-cell>'
    '<table:table-cell office:value-type="float" office:value="41"><text:p>41</text:p></table:table-cell>{more}</table:table-row>'
)


def xlsx(path: Path, rows: str = EVENT, *, sheets: int = 1, head: str = "") -> Path:
    listed = "".join(f'<sheet name="S{i}" sheetId="{i + 1}" r:id="r1"/>' for i in range(sheets))
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return path


def ods(path: Path, rows: str, *, before: str = "") -> Path:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content xmlns:office="{ODS}:office:1.0" '
        f'xmlns:table="{ODS}:table:1.0" xmlns:text="{ODS}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        f'<manifest:manifest xmlns:manifest="{ODS}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", listed)
        archive.writestr("content.xml", content)
    return path


def far(cell: str, row: int) -> str:
    return f'{EVENT}<row r="{row}"><c r="{cell}{row}"><v>1</v></c></row>'


@pytest.mark.parametrize(("cell", "row"), [("XFD", 1_048_576), ("XFD", 3_000), ("ZZZ", 40_000)])
@pytest.mark.parametrize("head", ["", '<dimension ref="A1:B2"/>'])
def test_a_cell_far_away_is_told_before_cells_are_read(
    tmp_path: Path, cell: str, row: int, head: str
) -> None:
    with pytest.raises(LimitError, match=rf"spans {row:,} rows and .*limits\(sheet_cells=\d+\)"):
        incidents.read(xlsx(tmp_path / "a.xlsx", far(cell, row), head=head))


def test_a_cell_far_away_that_lies_across_two_pieces_is_told(tmp_path: Path) -> None:
    """A sheet is looked at by the mebibyte, and this cell begins five bytes before the end of one."""
    sheet, rows = "xl/worksheets/sheet1.xml", far("XFD", 3_000)
    with zipfile.ZipFile(xlsx(tmp_path / "a.xlsx", rows, head="<!---->")) as archive:
        before = archive.read(sheet).index(b'<c r="XFD3000"')
    noise = np.random.default_rng(1).bytes(2**19).hex()[: 2**20 - 5 - before]
    cut = xlsx(tmp_path / "b.xlsx", rows, head=f"<!--{noise}-->")
    with zipfile.ZipFile(cut) as archive:
        assert archive.read(sheet)[2**20 - 5 :].startswith(b'<c r="XFD3000"')
    with pytest.raises(LimitError, match="spans 3,000 rows and"):
        incidents.read(cut)


def test_empty_rows_and_empty_cells_far_away_do_not_matter(tmp_path: Path) -> None:
    styled = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert len(incidents.read(xlsx(tmp_path / "a.xlsx", EVENT + styled))) == 1
    later = '<row r="400000"><c r="A400000"><v>34</v></c><c r="B400000"><v>41</v></c></row>'
    assert len(incidents.read(xlsx(tmp_path / "b.xlsx", EVENT + later))) == 2


def test_a_reader_that_breaks_down_takes_nothing_with_it(tmp_path: Path) -> None:
    unplaced = f'{EVENT}<row r="1048576">{"<c><v>1</v></c>" * 9_000}</row>'  # places are counted
    with pytest.raises(BorderzoneError, match=r"reader broke down|takes more memory|spans"):
        incidents.read(xlsx(tmp_path / "a.xlsx", unplaced))


def test_one_sheet_listed_many_times_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = xlsx(tmp_path / "a.xlsx", far("C", 20_000), sheets=900)
    with io.limits(sheet_cells=200_000), pytest.raises(LimitError, match="has 240,000 cells or mo"):
        incidents.read(file)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            EVENTS_ODS.format(again=' table:number-rows-repeated="4000000000"', more=""),
            "4,000,000,001 rows",
        ),
        (
            EVENTS_ODS.format(
                again=' table:number-rows-repeated="2000"',
                more='<table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>',
            ),
            "2,001 rows and 16,002 columns",
        ),
        (
            EVENTS_ODS.format(again=f' table:number-rows-repeated="{"9" * 30}"', more=""),
            "repeats a row",
        ),
        (EVENTS_ODS.format(again=' table:number-rows-repeated="-3"', more=""), "repeats a row"),
        ("<table:table-row>" * 300 + "</table:table-row>" * 300, "nested deeper than 256"),
    ],
)
def test_repeated_rows_and_cells_are_told_before_cells_are_read(
    tmp_path: Path, rows: str, told: str
) -> None:
    with pytest.raises(BorderzoneError, match=told):
        incidents.read(ods(tmp_path / "a.ods", rows))


def test_empty_rows_repeated_to_the_end_are_usual(tmp_path: Path) -> None:
    end = (
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row>"
    )
    file = ods(tmp_path / "a.ods", EVENTS_ODS.format(again="", more="") + end)
    assert len(incidents.read(file)) == 1


def test_entities_in_a_spreadsheet_are_refused(tmp_path: Path) -> None:
    before = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(DataError, match="holds a document type"):
        incidents.read(ods(tmp_path / "a.ods", EVENTS_ODS, before=before))


def test_a_spreadsheet_without_sheets_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no sheet"):
        incidents.read(xlsx(tmp_path / "a.xlsx", sheets=0))


@pytest.mark.parametrize("executable", ["", "/usr/bin/qgis", None])
def test_where_python_is_part_of_a_program_the_reader_runs_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    apart = incidents.read(xlsx(tmp_path / "a.xlsx"))
    monkeypatch.setattr(sys, "executable", executable)
    assert incidents.read(tmp_path / "a.xlsx").equals(apart)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook>")
    with pytest.raises(DataError, match="cannot be read"):
        incidents.read(tmp_path / "b.xlsx")


def test_limits_hold_for_the_reader(tmp_path: Path) -> None:
    pq.write_table(pa.table({"lat": [34.0], "lon": [41.0]}), tmp_path / "a.parquet")
    assert len(incidents.read(tmp_path / "a.parquet")) == 1
    with io.limits(reader_bytes=2**20), pytest.raises(BorderzoneError, match=r"reader_bytes=\d+"):
        incidents.read(tmp_path / "a.parquet")


READERS: dict[str, Callable[[Path], Any]] = {
    "incidents": incidents.read,
    "table": io.read_rows,
    "vector": io.read_vector,
}


def parquet(path: Path, notes: Any, *, places: bool, **more: Any) -> Path:
    many = len(notes)
    shapes = gpd.points_from_xy(np.full(many, 41.0), np.full(many, 34.0))
    columns: dict[str, Any] = {
        "lat": np.full(many, 34.0),
        "lon": np.full(many, 41.0),
        "notes": notes,
    }
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
    if not places:
        frame = frame.drop(columns="geometry")
    frame.to_parquet(path, compression="zstd", **more)
    return path


@pytest.mark.parametrize("door", READERS)
def test_rows_that_a_table_states_are_told_before_it_is_read(tmp_path: Path, door: str) -> None:
    file = parquet(tmp_path / "a.parquet", ["x"] * 5_000, places=door == "vector")
    with io.limits(table_rows=4_000), pytest.raises(LimitError, match=r"holds 5,000 rows or more"):
        READERS[door](file)
    assert len(READERS[door](file)) == 5_000


@pytest.mark.parametrize("door", READERS)
@pytest.mark.parametrize("kind", ["dictionary", "delta"])
def test_what_a_table_unpacks_to_is_limited_whatever_it_states(
    tmp_path: Path, door: str, kind: str
) -> None:
    notes = ["x" * 200_000 + (str(i) if kind == "delta" else "") for i in range(400)]
    encoding: dict[str, Any] = {}
    if kind == "delta":
        encoding = {"use_dictionary": False, "column_encoding": {"notes": "DELTA_BYTE_ARRAY"}}
    file = parquet(tmp_path / "a.parquet", notes, places=door == "vector", **encoding)
    assert file.stat().st_size < 30_000
    with (
        io.limits(table_bytes=20_000_000),
        pytest.raises(LimitError, match=r"bytes when unpacked or more.*table_bytes="),
    ):
        READERS[door](file)


def test_places_that_each_have_a_column_of_their_own_are_refused(tmp_path: Path) -> None:
    point = '"geometry": {"type": "Point", "coordinates": [41, 34]}'
    places = ",".join(
        f'{{"type": "Feature", "properties": {{"p{i}": 1}}, {point}}}' for i in range(6_000)
    )
    geojson, kml = tmp_path / "a.geojson", tmp_path / "a.kml"
    geojson.write_text(f'{{"type": "FeatureCollection", "features": [{places}]}}')
    marks = "".join(
        f'<Placemark><ExtendedData><Data name="p{i}"><value>1</value></Data></ExtendedData><Point>'
        "<coordinates>41,34</coordinates></Point></Placemark>"
        for i in range(600)
    )
    kml.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
    )
    with pytest.raises(LimitError, match="holds 6,000 columns or more, the limit is 5,000"):
        incidents.read(geojson)
    with (
        io.limits(table_columns=400),
        pytest.raises(LimitError, match=r"holds \d+ columns or more"),
    ):
        incidents.read(kml)
    with (
        io.limits(table_columns=10_000, table_bytes=100_000_000),
        pytest.raises(LimitError, match="holds 288,000,000 bytes of cells or more"),
    ):
        incidents.read(geojson)


DEEP = 20_000
TOMLS = {
    "many_bytes": ("a = '" + "x" * 300_000 + "'", "more than 262,144 bytes"),
    "huge_integer": ("a = " + "9" * 5_000, "is not valid TOML.*4300 digits"),
    "huge_hexadecimal": ("a = 0x" + "F" * 5_000, "more than 63 bits"),
    "nested_arrays": ("a = " + "[" * DEEP + "]" * DEEP, "nested too deep"),
    "some_arrays": ("a = " + "[" * 60 + "]" * 60, "nested deeper than 32"),
    "nested_tables": ("a = " + "{a = " * DEEP + "1" + "}" * DEEP, "nested too deep"),
    "long_key": ("a." * DEEP + "a = 1", "a key of more than 32 parts"),
    "long_quoted_key": ('"a\\"." . ' * DEEP + "a = 1", "a key of more than 32 parts"),
    "long_literal_key": ("'.a' ." * DEEP + "a = 1", "a key of more than 32 parts"),
    "long_table": ("[" + "a." * DEEP + "a]", "a key of more than 32 parts"),
    "no_text": ("a = '\udcff'", "is not UTF-8"),
}


@pytest.mark.parametrize("name", TOMLS)
def test_a_study_file_made_to_mislead_is_refused_at_once(tmp_path: Path, name: str) -> None:
    text, told = TOMLS[name]
    file = tmp_path / "study.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for door in (read_toml, bz.Study.from_toml, bz.Scenario.from_toml):
        with pytest.raises(InvalidScenarioError, match=told):
            door(file)


def test_a_study_file_of_much_text_is_read(tmp_path: Path) -> None:
    text = 'Sentences. With. Dots... and 1.2.3.4 numbers, "quotes" and words-with-marks. ' * 1_000
    (tmp_path / "a.toml").write_text(f"name = '''{text}'''\n[a.b.\"c.d\"]\ne = [[1], [[2]]]\n")
    assert read_toml(tmp_path / "a.toml")["a"]["b"]["c.d"]["e"] == [[1], [[2]]]


def test_cells_finer_than_any_number_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('a = "IRQ"\nb = "SYR"\n[scenario]\nresolution_m = 5e-324\n', encoding="utf-8")
    with pytest.raises(
        InvalidScenarioError, match=r"resolution_m 4\.94066e-324 is finer than any grid"
    ):
        bz.Study.from_toml(file)


CONFINED = """
    import resource, sys, warnings
    from pathlib import Path
    from borderzone import incidents, io
    from borderzone.errors import BorderzoneError
    pages = Path("/proc/self/statm")  # of Linux
    here = resource.getpagesize() * int(pages.read_text().split()[0]) if pages.exists() else 2**33
    resource.setrlimit(resource.RLIMIT_AS, (here + 2**30, here + 2**30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    for file in map(Path, sys.argv[1:]):
        try:
            told = f"{len(incidents.read(file))} rows"
        except BorderzoneError as error:
            told = type(error).__name__
        print(file.name, told)
"""


def test_bombs_go_off_in_a_gigabyte(tmp_path: Path) -> None:
    notes = pa.DictionaryArray.from_arrays(pa.array([0] * 1_500, pa.int32()), ["x" * 1_000_000])
    table = pa.table({"lat": [34.0] * 1_500, "lon": [41.0] * 1_500, "notes": notes})
    pq.write_table(table, tmp_path / "d.parquet", compression="zstd", store_schema=False)
    unplaced = f'{EVENT}<row r="1048576">{"<c><v>1</v></c>" * 9_000}</row>'
    files = [
        xlsx(tmp_path / "a.xlsx", far("XFD", 1_048_576)),
        xlsx(tmp_path / "b.xlsx", unplaced),
        ods(
            tmp_path / "c.ods",
            EVENTS_ODS.format(again=' table:number-rows-repeated="4000000000"', more=""),
        ),
        tmp_path / "d.parquet",
    ]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CONFINED), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told.keys() == {file.name for file in files}
    assert set(told.values()) <= {"LimitError", "DataError"}


@given(data=st.data())
@settings(max_examples=12)
def test_a_damaged_file_gives_rows_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    if data.draw(st.booleans()):
        file = parquet(folder / "a.parquet", ["x", "y"], places=data.draw(st.booleans()))
        file.write_bytes(damaged(file.read_bytes(), data))
    else:
        file = xlsx(folder / "a.xlsx")
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        inner = data.draw(st.sampled_from(sorted(members)))
        members[inner] = damaged(members[inner], data)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    with contextlib.suppress(BorderzoneError):
        assert incidents.read(file).shape[0] > 0


def damaged(content: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed)


def points_within(levels: int) -> bytes:
    """Put a point into a collection, that into another, and so on."""
    return struct.pack("<BII", 1, 7, 1) * levels + struct.pack("<BIdd", 1, 1, 41.0, 34.0)


def geoparquet(path: Path, shape: bytes | str) -> Path:
    geo = '{"version": "1.0.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}'
    table = pa.table({"name": ["x"], "g": pa.array([shape])})
    pq.write_table(table.replace_schema_metadata({"geo": geo}), path)
    return path


def test_shapes_in_shapes_do_not_end_the_process(tmp_path: Path) -> None:
    file = geoparquet(tmp_path / "deep.parquet", points_within(100_000))
    code = """
    import sys
    from borderzone import io
    from borderzone.errors import DataError
    try:
        io.read_vector(sys.argv[1])
    except DataError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "'deep.parquet' holds shapes that are damaged or nested too deep" in done.stdout


@pytest.mark.parametrize("order", ["<", ">"])
def test_levels_of_shapes_are_counted_and_not_their_number(order: str) -> None:
    mark = order == "<"
    point = struct.pack(f"{order}BIdd", mark, 1, 41.0, 34.0)
    ring = struct.pack(f"{order}BIII4d", mark, 3, 1, 2, 1.0, 2.0, 3.0, 4.0)
    pair = struct.pack(f"{order}BII", mark, 7, 2) + ring + point
    wide = struct.pack(f"{order}BII", mark, 7, 5_000) + 5_000 * pair
    late = struct.pack(f"{order}BII", mark, 7, 2) + ring
    assert not is_nested_deep(wide)
    assert not is_nested_deep(50 * late + point)
    assert is_nested_deep(200 * late + point)
    assert is_nested_deep(200 * struct.pack(f"{order}BII", mark, 0x80000007, 1) + point)


@pytest.mark.parametrize("shape", [points_within(3).hex(), b"\x03" + points_within(3)[1:]])
def test_shapes_that_only_some_readers_take_are_refused(tmp_path: Path, shape: Any) -> None:
    with pytest.raises(DataError, match="damaged or nested too deep"):
        io.read_vector(geoparquet(tmp_path / "a.parquet", shape))


def test_shapes_of_a_few_levels_are_read(tmp_path: Path) -> None:
    assert len(io.read_vector(geoparquet(tmp_path / "a.parquet", points_within(3)))) == 1


def test_an_old_spreadsheet_that_points_at_itself_is_refused(tmp_path: Path) -> None:
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    head[24:34] = b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0"
    head[44:48] = head[72:76] = struct.pack("<I", 0x7FFFFFFF)
    (tmp_path / "ring.xls").write_bytes(bytes(head) + bytes(4096))
    with pytest.raises(DataError, match=r"more than 0\.75 GiB of memory"):
        incidents.read(tmp_path / "ring.xls")


def test_a_table_in_a_cell_of_another_hides_no_rows(tmp_path: Path) -> None:
    inner = '<table:table-cell><table:table table:name="q"><table:table-row/></table:table></table:table-cell>'
    rows = EVENTS_ODS.format(again=' table:number-rows-repeated="4000000000"', more=inner)
    with pytest.raises(DataError, match="a table in a cell of another"):
        incidents.read(ods(tmp_path / "a.ods", rows))


def kml(path: Path, body: str) -> Path:
    path.write_text(f"<kml><Document>{body}</Document></kml>", encoding="utf-8")
    return path


PLACE = "<Placemark>{}<Point><coordinates>41,34</coordinates></Point></Placemark>"


def test_a_kml_of_many_folders_is_refused_before_each_is_read(tmp_path: Path) -> None:
    folders = [f"<Folder><name>{i}</name>{PLACE.format('')}</Folder>" for i in range(30)]
    file = kml(tmp_path / "a.kml", "".join(folders))
    assert len(io.read_vector(file)) == 30
    with (
        io.limits(kml_bytes=50_000),
        pytest.raises(LimitError, match=r"over all its folders.*kml_bytes="),
    ):
        io.read_vector(file)


def test_a_kml_of_many_columns_is_refused_before_it_is_read(tmp_path: Path) -> None:
    fields = "".join(f'<Data name="f{i}"><value>1</value></Data>' for i in range(5_001))
    file = kml(tmp_path / "a.kml", PLACE.format(f"<ExtendedData>{fields}</ExtendedData>"))
    with pytest.raises(LimitError, match="holds 5,001 columns or more"):
        io.read_vector(file)


def test_more_events_than_memory_holds_are_told_before_they_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lat,lon\n" + "34,41\n" * 30, encoding="utf-8")
    with (
        io.limits(event_rows=20),
        pytest.raises(LimitError, match=r"a\.csv holds 30 rows or more.*event_rows="),
    ):
        incidents.read(tmp_path / "a.csv")


@pytest.mark.parametrize("door", [io.read_rows, incidents.read])
def test_text_of_a_table_that_is_no_text_is_refused(tmp_path: Path, door: Any) -> None:
    """Arrow takes any bytes for text, and fails on them when they are next looked at."""
    notes = pa.array([b"tw\xff\xfeoo"]).cast(pa.string(), safe=False)
    notes = pa.Array.from_buffers(pa.string(), 1, notes.buffers())
    pq.write_table(pa.table({"lat": [34.0], "lon": [41.0], "notes": notes}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet.* cannot be read"):
        door(tmp_path / "a.parquet")


DOORS_TO_TABLES: dict[str, tuple[Any, bytes]] = {
    "a.geojson": (io.read_vector, b"{}"),
    "a.parquet": (io.read_rows, b"PAR1"),
    "b.csv": (incidents.read, b"lat,lon\n1,2\n"),
}


@pytest.mark.parametrize("name", DOORS_TO_TABLES)
def test_memory_that_runs_out_is_told_at_every_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        msg = "malloc of size 64 failed"
        raise pa.ArrowMemoryError(msg)

    for reader in (
        "pandas.read_csv",
        "borderzone.io.vector.check_parquet",
        "borderzone.io.vector.read_json",
        "borderzone.incidents.reading.opening.parse_text",
    ):
        monkeypatch.setattr(reader, full)
    door, content = DOORS_TO_TABLES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LimitError, match=rf"{re.escape(name)}.* does not fit into the memory"):
        door(tmp_path / name)


UNDER_A_LIMIT = """
import resource, sys
{first}
from pathlib import Path
pages = Path("/proc/self/statm")  # of Linux
here = resource.getpagesize() * int(pages.read_text().split()[0]) if pages.exists() else 2**33
resource.setrlimit(resource.RLIMIT_AS, (here + {more}, here + {more}))
from borderzone import incidents
print(len(incidents.read(sys.argv[1])))
"""


@pytest.mark.parametrize(
    ("first", "more"), [("from borderzone import incidents", 2**30), ("", 3 * 2**30)]
)
def test_a_small_table_is_read_under_a_limit_on_memory(
    tmp_path: Path, first: str, more: int
) -> None:
    (tmp_path / "a.csv").write_text("lat,lon\n34,41\n", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            UNDER_A_LIMIT.format(first=first, more=more),
            str(tmp_path / "a.csv"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_a_text_row_with_a_million_surplus_cells_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lat,lon\n34,41" + ",1" * 1_000_000 + "\n")
    with pytest.raises(LimitError, match="line 2 has 1,000,002 columns, the limit is 5,000"):
        incidents.read(tmp_path / "a.csv")
