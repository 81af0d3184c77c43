"""Layouts of the collections, positions in other spellings, other encodings, spreadsheets."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import incident_tables as made
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone.errors import BorderzoneError, DataError, LimitError
from borderzone.incidents.reading.position_cells import angle_deg, mgrs_position
from borderzone.incidents.table_schema import COLUMNS, FIELDS, validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AS_OF = dt.date(2026, 1, 1)
LAYOUTS: dict[str, tuple[Callable[..., pd.DataFrame], str, str]] = {
    "acled": (made.acled, "acled", "ACLED"),
    "acled 2022": (made.acled_2022, "acled", "ACLED"),
    "acled alphabetical": (made.acled_api, "acled", "ACLED"),
    "ucdp": (made.ucdp, "ucdp", "UCDP GED"),
    "ucdp hdx": (made.ucdp_hdx, "ucdp", "UCDP GED"),
    "gtd": (made.gtd, "gtd", "GTD"),
}


def saved(table: pd.DataFrame, folder: Path, **how: Any) -> Path:
    """Write a table as text."""
    path = folder / "events.csv"
    table.to_csv(path, index=False, **how)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_are_known_by_their_columns_and_keep_them_all(layout: str, tmp_path: Path) -> None:
    build, name, dataset = LAYOUTS[layout]
    table = build()
    events = incidents.read(saved(table, tmp_path), options=incidents.ReadOptions(as_of=AS_OF))

    validate(events)
    assert events.attrs["format"] == name
    assert events.attrs["citation"]
    assert set(events["dataset"]) == {dataset}
    assert set(events["where_scheme"]) == {name}
    assert len(events) == 6
    for column in table.columns:
        kept = f"{column}_original" if f"{column}_original" in events else column
        told = table[column].astype(str)[-6:].tolist()
        if column not in COLUMNS or kept != column:
            assert events[kept].astype(str).tolist() == told, column


def test_dates_and_precisions_of_acled(tmp_path: Path) -> None:
    events = incidents.read(
        saved(made.acled(words=True), tmp_path), options=incidents.ReadOptions(as_of=AS_OF)
    )
    assert events["date_precision"].tolist() == ["day", "week", "month"] * 2
    spans = (events["date_end"] - events["date_start"]).dt.days + 1
    assert spans.tolist()[:2] == [1, 7]
    assert events["where_prec"].tolist() == [1, 2, 3] * 2
    assert events["inter1"].tolist()[:2] == ["State Forces", "Rebel Groups"]
    iso = incidents.read(made.acled_api(), options=incidents.ReadOptions(as_of=AS_OF))
    pd.testing.assert_series_equal(iso["date_start"], events["date_start"])


def test_spans_and_deaths_of_ucdp() -> None:
    events = incidents.read(made.ucdp(), options=incidents.ReadOptions(as_of=AS_OF))
    assert ((events["date_end"] - events["date_start"]).dt.days == 3).all()
    assert events["date_precision"].tolist() == ["day", "day", "week", "month", "year", "day"]
    assert events.loc[0, ["fatalities_low", "fatalities_best", "fatalities_high"]].tolist() == [
        2,
        3,
        5,
    ]
    assert events["event_type"].tolist()[:2] == ["state-based violence", "non-state violence"]


def test_unknown_months_and_days_of_the_gtd(tmp_path: Path) -> None:
    """From Latin-1 text and from a spreadsheet: the same."""
    text = incidents.read(
        saved(made.gtd(), tmp_path, encoding="latin-1"), options=incidents.ReadOptions(as_of=AS_OF)
    )
    assert text["date_precision"].tolist() == ["month", "year", "day", "day", "day", "day"]
    assert str(text["date_end"][0].date()) == "2019-05-31"
    assert text["id"][0] == "201905010000"
    assert text["country"][0] == "Irak (Käfer)"
    assert "not UTF-8" in text.attrs["notes"][0]
    made.gtd().to_excel(tmp_path / "gtd.xlsx", index=False)
    sheet = incidents.read(tmp_path / "gtd.xlsx", options=incidents.ReadOptions(as_of=AS_OF))
    own = [field.name for field in FIELDS]
    pd.testing.assert_frame_equal(pd.DataFrame(sheet[own]), pd.DataFrame(text[own]))


def test_the_line_of_hashtags_is_passed_over_and_told() -> None:
    events = incidents.read(made.ucdp_hdx(), options=incidents.ReadOptions(as_of=AS_OF))
    assert len(events) == 6
    assert "hashtags" in events.attrs["notes"][0]


def test_counts_by_place_and_week_are_no_events() -> None:
    table = pd.DataFrame(
        {
            "WEEK": ["2024-01-06"],
            "ADMIN1": ["Al Anbar"],
            "EVENT_TYPE": ["Battles"],
            "EVENTS": [3],
            "FATALITIES": [1],
            "CENTROID_LATITUDE": [33.0],
            "CENTROID_LONGITUDE": [41.0],
        }
    )
    with pytest.raises(DataError, match=r"centroids of provinces.*no events.*event-level export"):
        incidents.read(table)


def test_a_layout_asked_for_must_fit() -> None:
    with pytest.raises(DataError, match="not in the layout of gtd: it has no column eventid, iday"):
        incidents.read(made.acled(), format="gtd")
    with pytest.raises(BorderzoneError, match="format must be one of"):
        incidents.read(made.acled(), format="shape")


@pytest.mark.parametrize(
    ("text", "axis", "angle"),
    [
        ("34°22'12\"N", "lat", 34.37),
        ("34 22 12 N", "lat", 34.37),
        ("N34 22.2", "lat", 34.37),
        ("34d22m12s", "lat", 34.37),
        ("34:22:12S", "lat", -34.37),
        ("S 34° 22′ 12″", "lat", -34.37),
        ("34º22’12,0”", "lat", 34.37),
        ("-34 22 12", "lat", -34.37),
        ("041 05 24 w", "lon", -41.09),
        ("41.09E", "lon", 41.09),
        ("41 E", "lat", None),
        ("34 61 00 N", "lat", None),
        ("34.5 22 N", "lat", None),
        ("-34 N", "lat", None),
        ("Qaim", "lat", None),
    ],
)
def test_degrees_minutes_and_seconds(text: str, axis: str, angle: float | None) -> None:
    assert angle_deg(text, axis) == (None if angle is None else pytest.approx(angle))


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59), st.sampled_from("NS"))
def test_angles_come_back_as_they_were_written(d: int, m: int, s: int, letter: str) -> None:
    angle = (d + m / 60 + s / 3600) * (1 if letter == "N" else -1)
    for text in (f"{d}°{m}'{s}\"{letter}", f"{letter}{d} {m} {s}", f"{d}d{m}m{s}s {letter}"):
        assert angle_deg(text, "lat") == pytest.approx(angle, abs=1e-8)


def test_grid_references_give_the_middle_of_their_square() -> None:
    """Against pyproj: the middle of the square of 1 km, to a centimetre."""
    from pyproj import Transformer  # noqa: PLC0415

    found = mgrs_position("38S LC 12 34")
    assert found is not None
    # Square LC of zone 38S begins at easting 300 km, northing 3,700 km.
    x, y = Transformer.from_crs(4326, 32638, always_xy=True).transform(found.lon, found.lat)
    assert (x, y) == (pytest.approx(312_500, abs=1), pytest.approx(3_734_500, abs=1))
    assert found.radius_km == pytest.approx(np.sqrt(0.5))
    events = incidents.read(pd.DataFrame({"MGRS": ["38SLC1234", "38SLC1234567890", "38S", ""]}))
    assert events["radius_km"].round(3).tolist()[0] == 0.707
    # A reference to a metre is typing, not knowledge; nor is it less than one to a kilometre.
    assert events["radius_km"][1] == events["radius_km"][0]
    assert events["status"].tolist() == ["ok", "ok", "quarantined", "quarantined"]
    assert "'38S' is not a grid reference" in events["reason"][2]


@pytest.mark.parametrize(
    "cell",
    ["34.37, 41.09", "(34.37 41.09)", "34.37;41.09", "34°22'12\"N 41°05'24\"E", "34,37 / 41,09"],
)
def test_two_coordinates_in_one_cell(cell: str) -> None:
    row = incidents.read(pd.DataFrame({"Coordinates": [cell]})).iloc[0]
    assert (row["lat"], row["lon"]) == (pytest.approx(34.37), pytest.approx(41.09))


def test_columns_named_in_other_languages(tmp_path: Path) -> None:
    for head in (
        "Breite;Länge;Datum;Ort",
        "latitud;longitud;fecha;lugar",
        "خط العرض;خط الطول;التاريخ;المكان",
    ):
        path = tmp_path / "a.csv"
        path.write_text(f"{head}\n34,37;41,09;2019-07-01;Qaim\n", encoding="utf-8")
        row = incidents.read(path).iloc[0]
        assert (row["lat"], row["lon"], row["place"]) == (34.37, 41.09, "Qaim")
        assert row["date_precision"] == "day"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1256", "القائم الرطبة"), ("cp1252", "Käfer – “Straße”"), ("latin-1", "K\x81fer")],
)
def test_another_encoding_is_found_and_told(encoding: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"lat,lon,place\n34,41,{name}\n".encode(encoding))
    events = incidents.read(path)
    assert events["place"][0] == name
    assert events.attrs["encoding"] == encoding
    assert events.attrs["notes"][0] == (
        f"read as {encoding}, because line 2 is not UTF-8; if names look wrong, pass "
        f"options=ReadOptions(encoding={encoding!r}) or another"
    )


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1251", ["Луганск", "Харьков", "обстрел села", "Суджа", "Белгородская область"]),
        ("cp1253", ["Έβρος", "Ορεστιάδα", "Κήποι", "Αλεξανδρούπολη", "σύνορα"]),
        ("cp1255", ["ירושלים", "קריית שמונה", "מטולה", "הגבול הצפוני", "נהריה"]),
        (
            "cp1254",
            ["Şırnak", "Iğdır", "Doğubayazıt", "Çukurca", "Yüksekova", "Şemdinli", "Hakkâri"]
            + [f"{n} yakınında saldırı yaralı sayısı bilinmiyor" for n in ("Kığılı", "İpsala")],
        ),
    ],
)
def test_other_letters_of_windows_are_found_among_cells_in_ascii(
    encoding: str, names: list[str], tmp_path: Path
) -> None:
    rows = [f"34,41,{name},reported near {name}" for name in [*names, *["Qaim"] * 40]]
    path = tmp_path / "events.csv"
    path.write_bytes("\n".join(["lat,lon,place,notes", *rows, ""]).encode(encoding))
    events = incidents.read(path)
    assert events.attrs["encoding"] == encoding
    assert events["place"].tolist()[: len(names)] == names


def test_two_encodings_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["lat,lon,place\n34,41,القائم\n".encode(), "34,41,القائم\n".encode("cp1256")]
    path.write_bytes(b"".join(lines))
    with pytest.raises(DataError, match="mixes encodings: line 2 is UTF-8, line 3 is not"):
        incidents.read(path)
    with pytest.raises(DataError, match="mixes encodings"):
        incidents.read(path, options=incidents.ReadOptions(encoding="utf-8"))
    path.write_bytes("lat,lon,place\n34,41,القائم\n".encode("cp1256"))
    with pytest.raises(DataError, match=r"is not utf-8 text \(byte \d+\); it looks like cp1256"):
        incidents.read(path, options=incidents.ReadOptions(encoding="utf-8"))


def test_lines_above_the_header_are_passed_over_and_told(tmp_path: Path) -> None:
    rows = [
        ["Ministry of the Interior", "", ""],
        ["July", "", ""],
        ["No", "Latitude", "Longitude"],
        [1, 34.4, 41.1],
    ]
    pd.DataFrame(rows).to_excel(tmp_path / "a.xlsx", index=False, header=False)
    path = tmp_path / "a.csv"
    path.write_text("Ministry of the Interior\nJuly 2019;;\nNo;Latitude;Longitude\n1;34,4;41,1\n")
    for file in (tmp_path / "a.xlsx", path):
        events = incidents.read(file)
        assert events["lat"].tolist() == [34.4]
        assert events.attrs["notes"][0] == "2 lines above the header were passed over"


def test_of_several_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    good = pd.DataFrame({"lat": [34.4], "lon": [41.1]})
    with pd.ExcelWriter(path) as book:
        good.to_excel(book, sheet_name="2018", index=False)
        good.assign(lat=35.5).to_excel(book, sheet_name="2019", index=False)
        pd.DataFrame({"code": [1], "meaning": ["raid"]}).to_excel(
            book, sheet_name="key", index=False
        )
    with pytest.raises(DataError, match=r"several sheets \('2018', '2019'\).*sheet='2018'"):
        incidents.read(path)
    with pytest.raises(DataError, match=r"no sheet '2017'; it has '2018', '2019', 'key'"):
        incidents.read(path, options=incidents.ReadOptions(sheet="2017"))
    assert incidents.read(path, options=incidents.ReadOptions(sheet="2019"))["lat"].tolist() == [
        35.5
    ]


def test_cells_of_a_spreadsheet_keep_their_kind(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "id": [7, 8],
            "date": [dt.datetime(2019, 7, 1), dt.datetime(2019, 7, 2)],  # noqa: DTZ001 - as sheets hold them
            "lat": [34.4, "34°30'N"],
            "lon": [41, 41.5],
            "deaths": [2, None],
        }
    )
    table.to_excel(tmp_path / "a.xlsx", index=False)
    events = incidents.read(tmp_path / "a.xlsx")
    assert events["id"].tolist() == ["7", "8"]
    assert events["lat"].tolist() == [34.4, 34.5]
    assert events["fatalities_best"].tolist() == [2, pd.NA]
    assert events["status"].tolist() == ["ok", "fixed"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"lat,lon\n34,41\n", "not what its extension '.xlsx' says"),
        ("a.xls", b"lat,lon\n34,41\n", "not what its extension '.xls' says"),
        ("a.csv", b"PK\x03\x04\x00\x00", "not a text table"),
        ("a.csv", b"id~lat~lon\nA~34~41\n", "Only one column was found: is it delimited by"),
        ("a.dbf", b"x", "tables ending in '.dbf' are not read"),
    ],
)
def test_files_that_are_not_what_they_say(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        incidents.read(tmp_path / name)


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("lat,lon" + ",x" * 1_000_000 + "\n34,41\n")
    with pytest.raises(LimitError, match="has 1,000,002 columns, the limit is 5,000"):
        incidents.read(path)


def test_metres_are_told_from_degrees_out_of_range() -> None:
    events = incidents.read(pd.DataFrame({"y": [3_800_000.0], "x": [690_000.0]}))
    assert events["status"].tolist() == ["quarantined"]
    assert "metres: these look like projected metres" in events["reason"][0]


def test_points_in_metres_come_with_their_crs() -> None:
    points = gpd.GeoSeries([shapely.Point(41, 34)], crs=4326).to_crs(32637)
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=points)
    assert incidents.read(frame)["lon"][0] == pytest.approx(41)
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(41, 34), (42, 34)])], crs=4326)
    assert "not a point: it is a LineString" in incidents.read(line)["reason"][0]


def test_two_orders_of_dates_in_one_column_are_told() -> None:
    cells = ["03/04/2019", "25/04/2019", "04/26/2019"]
    events = incidents.read(pd.DataFrame({"lat": 34.0, "lon": [41.0, 41.1, 41.2], "date": cells}))
    assert events["status"].tolist() == ["quarantined", "ok", "ok"]
    assert "(row 2 has the day first, row 3 the month: both orders" in events["reason"][0]


@pytest.mark.parametrize(
    "kind", ["category", "string[pyarrow]", "object"], ids=["categorical", "arrow", "object"]
)
def test_other_kinds_of_columns_and_index_are_read_alike(kind: Any) -> None:
    plain = made.acled()
    expected = incidents.read(plain, options=incidents.ReadOptions(as_of=AS_OF))
    index = pd.MultiIndex.from_product([["a", "b"], [1, 1, 2]])
    events = incidents.read(
        plain.astype(kind).set_index(index), options=incidents.ReadOptions(as_of=AS_OF)
    )
    assert events.index.equals(index)
    own = [field.name for field in FIELDS]
    pd.testing.assert_frame_equal(
        pd.DataFrame(events[own]).reset_index(drop=True), pd.DataFrame(expected[own])
    )


def test_validation_names_all_that_is_wrong() -> None:
    events = incidents.read(made.acled(), options=incidents.ReadOptions(as_of=AS_OF))
    wrong = events.drop(columns="id").assign(lat="north")
    with pytest.raises(DataError, match=r"no column id; lat is \w+, not number"):
        validate(wrong)
    lost = events.copy()
    lost.loc[0, "geometry"] = shapely.Point()
    with pytest.raises(DataError, match="1 usable rows have no position"):
        validate(lost)
    assert incidents.schema().index.tolist() == list(COLUMNS)


@given(data=st.data())
@settings(max_examples=20)
def test_written_otherwise_a_table_reads_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Columns shuffled, other delimiters, encodings, line ends: the same events, or a told change."""
    table = made.acled(8).assign(notes="Käfer – Straße, (x); „y“")
    order = data.draw(st.permutations(list(table.columns)))
    mark = data.draw(st.sampled_from([",", ";", "\t", "|"]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    comma = data.draw(st.booleans())
    written = table[order].copy()
    if comma:
        for name in ("latitude", "longitude"):
            written[name] = written[name].str.replace(".", ",")
    path = tmp_path_factory.mktemp("a") / "events.csv"
    path.write_bytes(written.to_csv(index=False, sep=mark, lineterminator=end).encode(encoding))
    events = incidents.read(path, options=incidents.ReadOptions(as_of=AS_OF))
    expected = incidents.read(table, options=incidents.ReadOptions(as_of=AS_OF))
    same = [name for name in COLUMNS if name not in ("status", "reason")]
    pd.testing.assert_frame_equal(pd.DataFrame(events[same]), pd.DataFrame(expected[same]))
    assert set(events["status"]) == ({"fixed"} if comma else {"ok"})


@given(data=st.data())
@settings(max_examples=30)
def test_a_damaged_cell_is_told_and_touches_no_other_row(data: st.DataObject) -> None:
    table = made.ucdp(5)
    row = data.draw(st.integers(0, 4))
    column = data.draw(st.sampled_from(["latitude", "longitude", "date_start", "where_prec"]))
    junk = data.draw(st.text(max_size=12))
    clean = incidents.read(table, options=incidents.ReadOptions(as_of=AS_OF))
    table.loc[row, column] = junk
    events = incidents.read(table, options=incidents.ReadOptions(as_of=AS_OF))
    others = [i for i in range(5) if i != row]
    same = [name for name in COLUMNS if name != "reason"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(events.loc[others, same]), pd.DataFrame(clean.loc[others, same])
    )
    part = {"latitude": "lat", "longitude": "lon", "date_start": "date_start"}.get(column, column)
    unchanged = events.loc[row, part] == clean.loc[row, part]
    missing = column == "where_prec" and events.loc[row, "where_prec"] is pd.NA
    assert events.loc[row, "reason"] or missing or events.loc[row, part] is not pd.NA or unchanged
    if events.loc[row, "status"] == "ok" and column in ("latitude", "longitude"):
        assert float(junk.strip().replace("\u2212", "-")) == events.loc[row, part]
