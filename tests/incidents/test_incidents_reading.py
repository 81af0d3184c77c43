"""Reading incident tables: every row back, each doubt told, nothing guessed."""

from __future__ import annotations

import datetime as dt
import gc
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    DataError,
    InvalidParameterError,
    RejectedRowsError,
)
from borderzone.incidents.reading.dates import parse_date
from borderzone.incidents.table_schema import COLUMNS, parse_number

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = dt.date(2024, 1, 1)


def table(**columns: list[object]) -> pd.DataFrame:
    """Two good rows in Anbar, with some columns replaced."""
    base: dict[str, list[object]] = {"lat": [34.4, 34.0], "lon": [41.1, 41.5]}
    return pd.DataFrame(base | columns)


def one_row(**cells: object) -> pd.Series:
    """Read a table of one row."""
    base: dict[str, object] = {"lat": 34.4, "lon": 41.1}
    events = incidents.read(
        pd.DataFrame({k: [v] for k, v in (base | cells).items()}),
        options=incidents.ReadOptions(as_of=AS_OF),
    )
    row: pd.Series = events.iloc[0]
    return row


def written(folder: Path, text: str | bytes, name: str = "events.csv") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "id,lat,lon\nA,34.5,41.25\n",
        "id;lat;lon\nA;34.5;41.25\n",
        "id\tlat\tlon\nA\t34.5\t41.25\n",
        "\ufeffid;lat;lon\r\nA;34,5;41,25\r\n",
        'ID,Latitude,LONG\nA,"34,5","41,25"\n\n',
        "sep=;\nevent_id;Y;X\nA;34,5;41.25\n",
        "id;lat, north;lat;lon\nA;x;34.5;41.25\n",
    ],
    ids=["comma", "semicolon", "tab", "BOM", "quoted commas", "sep line", "commas in the header"],
)
def test_finds_the_same_point_however_the_file_is_written(tmp_path: Path, text: str) -> None:
    """Delimiter, byte order mark, decimal commas and column names are the file's own affair."""
    events = incidents.read(written(tmp_path, text))

    assert events["id"].tolist() == ["A"]
    assert events.geometry.iloc[0].equals(shapely.Point(41.25, 34.5))
    assert events.crs == "EPSG:4326"
    assert events.columns[: len(COLUMNS)].tolist() == list(COLUMNS)


def test_keeps_every_row_and_empties_the_geometry_of_quarantined_ones(tmp_path: Path) -> None:
    """A table with one row of each kind comes back whole."""
    text = (
        "id;date;type;lat;lon;remark\n"
        "1;2019-03-25;raid;34,5;41.2;a\n"
        "2;2019-03-25;raid;;41.2;b\n"
        "3;2019-03-25;raid;34.5X;41.2;c\n"
        "4;2019-03-25;raid;95;41.2;d\n"
        "5;2019-03-25;raid;0;0;e\n"
        "6;2019-03-25;raid;33.5;33.5;f\n"
        "7;03/04/2019;raid;34.5;41.2;g\n"
        "8;2019-13-25;raid;34.5;41.2;h\n"
        "9;2031-03-25;raid;34.5;41.2;i\n"
        "10;2019-03-25;raid;34.5;41.2;j;k\n"
        "11;;raid;34.5;41.2\n"
        "12;;;;;\n"
    )
    events = incidents.read(written(tmp_path, text), options=incidents.ReadOptions(as_of=AS_OF))

    finding = [reason.split(":")[0] for reason in events["reason"]]
    assert finding == [
        "decimal comma",
        "missing position",
        "not a number",
        "out of range",
        "zero position",
        "equal coordinates",
        "date ambiguous",
        "date unreadable",
        "future date",
        "too many cells",
        "too few cells",
        "missing position",
    ]
    quarantined = events["status"] == "quarantined"
    assert events["status"].tolist()[0] == "fixed"
    assert events["status"][[5, 10]].tolist() == ["ok", "ok"]
    assert quarantined.sum() == 9
    assert events.geometry.is_empty.tolist() == quarantined.tolist()
    assert events["remark"].tolist()[:10] == list("abcdefghij")


def test_decimal_commas_are_judged_cell_by_cell() -> None:
    """A file may mix both; a thousands separator is no decimal comma."""
    events = incidents.read(table(lat=["34,4", "34.4"], lon=["41.1", "41,1"]))
    assert events["lat"].tolist() == [34.4, 34.4]
    assert events["status"].tolist() == ["fixed", "fixed"]
    assert "latitude '34,4' read as 34.4" in events["reason"][0]
    assert events["lat_original"].tolist() == ["34,4", "34.4"]
    assert parse_number("1,234.5").state == "bad"
    assert parse_number("−3,5").value == -3.5
    assert parse_number("1_000").state == "bad"


def test_a_swap_is_suggested_and_made_only_when_asked_for() -> None:
    """Outside the box as it is, inside it when swapped."""
    raw = table(lat=[41.1, 34.0], lon=[34.4, 41.5])
    box = (38, 29, 47, 38)

    told = incidents.read(raw, options=incidents.ReadOptions(bbox=box))
    fixed = incidents.read(raw, options=incidents.ReadOptions(bbox=box, fix_swapped=True))

    assert told["status"].tolist() == ["quarantined", "ok"]
    assert "swap suspected" in told["reason"][0]
    assert "fix_swapped=True" in told["reason"][0]
    assert fixed["status"].tolist() == ["fixed", "ok"]
    assert fixed.geometry.iloc[0].equals(shapely.Point(41.1, 34.4))


def test_a_row_inside_the_box_as_it_is_is_not_suspected() -> None:
    """Even where it would be inside when swapped too, or outside both ways."""
    raw = table(lat=[34.0, 10.0], lon=[36.0, 10.5])
    events = incidents.read(
        raw, options=incidents.ReadOptions(bbox=(30, 30, 40, 40), fix_swapped=True)
    )
    assert events["status"].tolist() == ["ok", "ok"]
    assert events["reason"].tolist() == ["", ""]


def test_without_a_box_a_swap_is_told_from_the_other_rows() -> None:
    """The rows themselves show where to expect one; that is a hint, not a verdict."""
    lat, lon = np.linspace(33, 35, 20), np.linspace(40, 42, 20)
    lat[7], lon[7] = lon[7], lat[7]
    events = incidents.read(pd.DataFrame({"lat": lat, "lon": lon}))
    assert events["reason"].str.contains("swap suspected").sum() == 1
    assert "swap suspected" in events["reason"][7]
    assert (events["status"] == "ok").all()


def test_a_latitude_that_can_only_be_a_longitude_is_a_suspected_swap() -> None:
    """No box is needed to doubt a latitude of 120."""
    assert "swap suspected" in one_row(lat=120, lon=30)["reason"]
    assert "out of range" in one_row(lat=120, lon=130)["reason"]


def test_tells_duplicates_of_three_kinds_and_removes_none() -> None:
    """Exact, same id, same day and place and type."""
    raw = pd.DataFrame(
        {
            "id": ["a", "a", "b", "c", "d", "e"],
            "date": ["2019-01-01"] * 5 + ["2019-01"],
            "type": ["raid", "raid", "raid", "raid", "theft", "raid"],
            "lat": [34.0, 34.0, 35.0, 35.005, 35.0, 35.0],
            "lon": [41.0] * 6,
            "note": ["x", "x", "y", "y", "y", "y"],
        }
    )
    raw.loc[5, "id"] = "b"
    events = incidents.read(raw)
    assert len(events) == 6
    assert (events["status"] == "ok").all()
    assert events["reason"][1].startswith("exact duplicate: every cell equals row 1")
    assert "same day and type as 'c', 0.6 km away" in events["reason"][2]
    assert "same day and type as 'b'" in events["reason"][3]
    assert events["reason"][4] == ""
    assert events["reason"][5] == "same id: 'b' is also the id of row 3, with other date"


def test_tells_a_pile_up_of_rows_on_one_coordinate() -> None:
    """Many rows on one point were coded to a centroid."""
    events = incidents.read(pd.DataFrame({"lat": [34.4] * 11 + [34.5], "lon": [41.1] * 12}))
    assert events["reason"].str.contains("pile-up: 11 rows").sum() == 11


@pytest.mark.parametrize(
    ("text", "precision", "start", "end", "kind"),
    [
        ("2019-07-21", "", "2019-07-21", "2019-07-21", "day"),
        ("2019-07-21T10:30:00Z", "", "2019-07-21", "2019-07-21", "day"),
        ("20190721", "", "2019-07-21", "2019-07-21", "day"),
        ("21.07.2019", "", "2019-07-21", "2019-07-21", "day"),
        ("7/21/2019", "", "2019-07-21", "2019-07-21", "day"),
        ("5/5/2019", "", "2019-05-05", "2019-05-05", "day"),
        ("21 July 2019", "", "2019-07-21", "2019-07-21", "day"),
        ("Jul 21st, 2019", "", "2019-07-21", "2019-07-21", "day"),
        ("July 2019", "", "2019-07-01", "2019-07-31", "month"),
        ("2019-07", "", "2019-07-01", "2019-07-31", "month"),
        ("2019-02", "", "2019-02-01", "2019-02-28", "month"),
        ("2019", "", "2019-01-01", "2019-12-31", "year"),
        (2019.0, "", "2019-01-01", "2019-12-31", "year"),
        ("2019-07-21", "month", "2019-07-01", "2019-07-31", "month"),
        ("2019-07-21", "week", "2019-07-15", "2019-07-21", "week"),
        (pd.Timestamp("2019-07-21 05:00"), "", "2019-07-21", "2019-07-21", "day"),
    ],
)
def test_a_date_is_the_span_of_days_that_it_may_mean(
    text: object, precision: str, start: str, end: str, kind: str
) -> None:
    """A month is a month, not its first day."""
    span = parse_date(text, precision=precision)
    assert (str(span.start), str(span.end), span.precision) == (start, end, kind)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("03/04/2019", "may be 3 April or 4 March"),
        ("31/02/2019", "not a day of the calendar"),
        ("yesterday", "write it as 2019-07-21"),
        ("03/04/19", "may be 3 April or 4 March: pass date_format='%d/%m/%y'"),
        ("43667", "write it as 2019-07-21"),
        ("1492-10-12", "1800 to 2199"),
    ],
)
def test_a_date_that_cannot_be_read_says_why(cell: str, message: str) -> None:
    """No date is guessed."""
    assert message in parse_date(cell).problem


def test_a_date_format_settles_what_is_ambiguous_and_nothing_else() -> None:
    """ISO dates need no format; a date that contradicts it is refused."""
    raw = pd.DataFrame(
        {
            "lat": [34.0, 34.1, 34.2],
            "lon": [41.0] * 3,
            "date": ["03/04/2019", "2019-07", "12/25/2019"],
        }
    )
    events = incidents.read(raw, date_format="%d/%m/%Y")
    assert events["date_start"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2019-04-03", "2019-07-01"]
    assert "does not match date_format='%d/%m/%Y'" in events["reason"][2]
    assert events["status"].tolist() == ["ok", "ok", "quarantined"]


def test_an_end_before_the_start_and_a_day_to_come_are_quarantined() -> None:
    """Contradictions are not resolved for the user."""
    assert "date order" in one_row(date="2019-05-02", date_end="2019-05-01")["reason"]
    assert one_row(date="2024-01-01")["status"] == "ok"
    assert "future date" in one_row(date="2024-01-02")["reason"]
    assert one_row(date="2019-05-01", date_end="2019-05-03")["date_end"] == pd.Timestamp(
        "2019-05-03"
    )


@pytest.mark.parametrize(
    ("column", "cell", "status", "message"),
    [
        ("where_prec", "9", "quarantined", "where_prec '9' is not one of 1 to 7"),
        ("where_prec", "exact", "quarantined", "not one of 1 to 7"),
        ("radius_km", "-5", "quarantined", "not a distance"),
        ("radius_km", "12,5", "fixed", "read as 12.5"),
        ("radius_km", "0", "ok", "no stated precision"),
        ("fatalities", "many", "ok", "not a count"),
        ("date_precision", "about", "ok", "none of day, week"),
    ],
)
def test_other_cells_are_judged_too(column: str, cell: str, status: str, message: str) -> None:
    """Precision decides where an event may have happened, so it is not guessed."""
    row = one_row(date="2019-05-01", **{column: cell})
    assert row["status"] == status
    assert message in row["reason"]


def test_the_table_given_is_left_alone_and_its_index_kept() -> None:
    """Also an index that repeats."""
    raw = table(lat=["34,4", None], note=["a", "b"]).set_index(pd.Index([7, 7], name="k"))
    before = raw.copy(deep=True)
    events = incidents.read(raw)
    pd.testing.assert_frame_equal(raw, before)
    assert events.index.tolist() == [7, 7]
    assert events["note"].tolist() == ["a", "b"]


def test_columns_of_any_name_can_be_named() -> None:
    """The alias table is a help, not a limit."""
    numbered = incidents.read(pd.DataFrame([[34.4, 41.1]]), columns={"lat": "0", "lon": "1"})
    assert numbered["status"].tolist() == ["ok"]
    raw = pd.DataFrame({"Breite": [34.4], "Laenge": [41.1]})
    events = incidents.read(raw, columns={"lat": "Breite", "lon": "Laenge"})
    assert events.attrs["columns"] == {"lat": "Breite", "lon": "Laenge"}
    assert events["Breite"].tolist() == [34.4]
    with pytest.raises(DataError, match="did you mean 'Breite'"):
        incidents.read(raw, columns={"lat": "Breit"})
    with pytest.raises(InvalidParameterError, match="'latt' is not a part"):
        incidents.read(raw, columns={"latt": "Breite"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty: it needs a header"),
        ("id,lat,lon\n", "has a header but no rows"),
        ("id,where\nA,here\n", "no column for latitude and longitude: found 'id', 'where', none"),
        ("id,lat\nA,34\n", r"no column for longitude.*names such as lon, long.*columns=\{'lon': "),
        ("lat,lat,lon\n1,2,3\n", "two columns carry the same name: 'lat'"),
        (b"PK\x03\x04\x00\x00", "not a text table.*CSV UTF-8"),
        ('lat,"lon,note\n34,41,one\n', "line 1: .*never closed"),
    ],
    ids=[
        "empty",
        "blank",
        "header only",
        "no coordinates",
        "half of them",
        "twins",
        "spreadsheet",
        "open quote",
    ],
)
def test_an_unusable_file_says_what_and_how_to_mend_it(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    """Every refusal is the library's own."""
    with pytest.raises(DataError, match=message):
        incidents.read(written(tmp_path, content))


def test_a_named_encoding_is_used_and_another_format_is_refused(tmp_path: Path) -> None:
    """What is suggested works."""
    data = "lat,lon,place\n34,41,القائم\n".encode("cp1256")
    events = incidents.read(
        written(tmp_path, data), options=incidents.ReadOptions(encoding="cp1256")
    )
    assert events["place"].tolist() == ["القائم"]
    sixteen = incidents.read(written(tmp_path, "lat\tlon\n34\t41\n".encode("utf-16")))
    assert sixteen["lon"].tolist() == [41.0]
    with pytest.raises(DataError, match=r"'\.dbf' are not read; save it as CSV UTF-8"):
        incidents.read(tmp_path / "events.dbf")
    with pytest.raises(DataError, match="no file"):
        incidents.read(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="not a local file"):
        incidents.read("https://example.org/events.csv")
    with pytest.raises(DataError, match="not a local file"):
        incidents.read("https://example.org/events.gpkg")
    with pytest.raises(DataError, match="encoding 'latin-99' is unknown"):
        incidents.read(written(tmp_path, data), options=incidents.ReadOptions(encoding="latin-99"))


@pytest.mark.parametrize("box", [(1, 2, 3), (43, 32, 38, 38), (38, 32, 43, np.nan), (0, 0, 1, 95)])
def test_an_impossible_box_is_refused(box: tuple[float, ...]) -> None:
    """West, south, east, north."""
    with pytest.raises(InvalidParameterError, match="west, south, east, north"):
        incidents.read(table(), options=incidents.ReadOptions(bbox=box))


def test_points_of_a_vector_table_are_the_positions() -> None:
    """In any CRS; what is no point is quarantined."""
    points = gpd.GeoSeries.from_xy([41.1, 41.5], [34.4, 34.0], crs="EPSG:4326").to_crs("EPSG:32637")
    shapes = [*points, shapely.LineString([(0, 0), (1, 1)]), None, shapely.Point()]
    raw = gpd.GeoDataFrame({"name": list("abcde")}, geometry=shapes, crs="EPSG:32637")
    events = incidents.read(raw)
    assert events["status"].tolist() == ["ok", "ok"] + ["quarantined"] * 3
    np.testing.assert_allclose(events.geometry[:2].x, [41.1, 41.5], atol=1e-9)
    with pytest.raises(CRSMismatchError, match="no CRS"):
        incidents.read(gpd.GeoDataFrame(geometry=[shapely.Point(1, 2)]))


@pytest.mark.parametrize("suffix", ["csv", "geojson", "gpkg"])
def test_what_is_written_reads_back_the_same(tmp_path: Path, suffix: str) -> None:
    """Import, export, import: the same events, statuses apart from what was mended."""
    first = incidents.read(
        pd.DataFrame(
            {
                "id": ["a", "b", "c"],
                "date": ["2019-07", "2019-07-21", ""],
                "type": ["raid", "find", ""],
                "lat": [34.4, 34.0, 95.0],
                "lon": [41.1, 41.5, 41.0],
                "where_prec": [2, 1, None],
                "radius_km": [15, None, None],
                "fatalities": [0, None, 2],
                "synthetic": [True, True, True],
            }
        )
    )
    path = tmp_path / f"events.{suffix}"
    if suffix == "csv":
        first.drop(columns="geometry").to_csv(path, index=False)
    else:
        first.to_file(path)
    second = incidents.read(path)
    assert second.attrs["label"] == first.attrs["label"] == "SYNTHETIC DATA"
    same = [name for name in COLUMNS if name != "reason"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(second[same]), pd.DataFrame(first[same]), check_dtype=False
    )


def test_the_verdict_counts_findings_and_the_limit_holds() -> None:
    """Reading never refuses; checking does, above a fifth."""
    good = [(34.0 + i / 10, 41.0) for i in range(8)]
    rows = [*good, (0.0, 0.0), (95.0, 41.0)]
    events = incidents.read(pd.DataFrame(rows, columns=["lat", "lon"]))
    verdict = incidents.TableCheck(events).findings
    assert verdict.attrs == {
        "n_rows": 10,
        "n_ok": 8,
        "n_fixed": 0,
        "n_quarantined": 2,
        "rejected_share": 0.2,
    }
    assert dict(zip(verdict["finding"], verdict["rows"], strict=True)) == {
        "out of range": 1,
        "zero position": 1,
    }
    assert incidents.TableCheck(events).rejected.index.tolist() == [8, 9]
    incidents.TableCheck(events).require_usable()
    message = r"2 of 10 rows \(20%\) cannot be used, more than the 10% allowed: out of range \(1\)"
    with pytest.raises(RejectedRowsError, match=message):
        incidents.TableCheck(events).require_usable(limit=0.1)
    with pytest.raises(DataError, match=r"read them with incidents\.read first"):
        incidents.TableCheck(gpd.GeoDataFrame({"a": [1]}))


cells = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.sampled_from(["34,4", "34.4", "41", "0", "-", "95", "2019-07", "03/04/2019"]),
)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=5))
def test_any_cells_give_every_row_a_verdict(rows: list[tuple[object, ...]]) -> None:
    """Whatever is in the cells, each row comes back, with a point or with a reason."""
    raw = pd.DataFrame(rows, columns=["lat", "lon", "date"], dtype=object)
    events = incidents.read(raw, options=incidents.ReadOptions(as_of=AS_OF))
    assert len(events) == len(rows)
    assert set(events["status"]) <= {"ok", "fixed", "quarantined"}
    bad = events["status"] == "quarantined"
    assert (events.geometry.is_empty == bad).all()
    assert (events["reason"][bad] != "").all()
    used = events[~bad]
    assert used["lat"].between(-90, 90).all()
    assert used["lon"].between(-180, 180).all()


@settings(max_examples=60)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_an_error_of_our_own(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """No file crashes the reader."""
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(data)
    try:
        events = incidents.read(path)
    except BorderzoneError:
        return
    assert len(events) > 0


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_of_garbage_is_afterwards_as_it_was(tmp_path: Path, was_on: bool) -> None:  # noqa: FBT001 (a case)
    table, empty = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("date,lat,lon\n2019-07-21,34.37,41.09\n", encoding="utf-8")
    empty.write_text("", encoding="utf-8")
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        incidents.read(table)
        after_reading = gc.isenabled()
        with pytest.raises(DataError, match="is empty"):
            incidents.read(empty)
        after_refusal = gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()

    assert (after_reading, after_refusal) == (was_on, was_on)
