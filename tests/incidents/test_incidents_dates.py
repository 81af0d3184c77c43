"""Dates of a table: every usual spelling, doubts settled by other rows and told, one column or a refusal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone._guards import asked_from
from borderzone.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

openpyxl = pytest.importorskip("openpyxl")

AS_OF = dt.date(2026, 1, 1)
DAY = dt.date(2019, 7, 21)
BOTH = {"day": "%d/%m/%Y", "month": "%m/%d/%Y"}


def read(date_format: str | None = None, /, **columns: Any) -> gpd.GeoDataFrame:
    """Read a table of some columns, on exact points a degree apart."""
    n = len(next(iter(columns.values())))
    where = {"lat": [30.0 + i % 10 for i in range(n)], "lon": [40.0 + i // 10 for i in range(n)]}
    return incidents.read(
        pd.DataFrame(where | {"where_prec": 1} | columns),
        date_format=date_format,
        options=incidents.ReadOptions(as_of=AS_OF),
    )


def days(events: gpd.GeoDataFrame) -> list[str]:
    """First days as ISO texts, empty where there is none."""
    texts: list[str] = events["date_start"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    return texts


def written(folder: Path, text: str) -> Path:
    path = folder / "events.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7-Oct-14", "2014-10-07"),
        ("28-Feb-15", "2015-02-28"),
        ("07-OCT-2014", "2014-10-07"),
        ("7 October 2014", "2014-10-07"),
        ("Oct 7, 2014", "2014-10-07"),
        ("October 7th, 2014", "2014-10-07"),
        ("7th of October 2014", "2014-10-07"),
        ("Tue 7 Oct 2014", "2014-10-07"),
        ("Tuesday, 7 October 2014", "2014-10-07"),
        ("Tuesday, October 7, 2014 3:05 PM", "2014-10-07"),
        ("2014-Oct-07", "2014-10-07"),
        ("7 Oct '14", "2014-10-07"),
        ("10/27/2014 3:05 PM", "2014-10-27"),
        ("10/27/2014 3 pm", "2014-10-27"),
        ("27.10.2014, 15:05 Uhr", "2014-10-27"),
        ("27. 10. 2014", "2014-10-27"),
        ("27/10/14", "2014-10-27"),
        ("27–10–2014", "2014-10-27"),
        ("15:05 27/10/2014", "2014-10-27"),
        ("27/10/2014 1505", "2014-10-27"),
        ("Mo, 27.10.2014", "2014-10-27"),
        ("20141007", "2014-10-07"),
        ("20141007T1505Z", "2014-10-07"),
        ("20141007150500", "2014-10-07"),
        ("2014/10/07", "2014-10-07"),
        ("2014 10 07", "2014-10-07"),
        ("2014-10-07Z", "2014-10-07"),
        ("2014-10-07T23:30:00-05:00", "2014-10-07"),
        ("2014-10-07 00:10 +0300", "2014-10-07"),
        ("2014-W41-2", "2014-10-07"),
        ("Sun, 21 Jul 2019 10:30:00 +0300", "2019-07-21"),
        ("Sun Jul 21 10:30:00 UTC 2019", "2019-07-21"),
        ("Sun Jul 21 2019 10:30:00 GMT+0300 (Arabian Standard Time)", "2019-07-21"),
        ("210730ZJUL19", "2019-07-21"),
        ("210730C JUL 2019", "2019-07-21"),
        ("21JUL2019", "2019-07-21"),
        ("Wed 03/04/2019", "2019-04-03"),
        ("Mon 03/04/2019", "2019-03-04"),
        ("7. März 2014", "2014-03-07"),
        ("1er février 2019", "2019-02-01"),
        ("7 de octubre de 2014", "2014-10-07"),
        ("5 Şubat 2019 Salı", "2019-02-05"),
        ("21 تموز 2019", "2019-07-21"),
        ("21 يوليو 2019", "2019-07-21"),
        ("3 كانون الثاني 2019", "2019-01-03"),
        ("٢١/٠٧/٢٠١٩", "2019-07-21"),
        ("٢٠١٩-٠٧-٢١", "2019-07-21"),
        ("31-12-19", "2019-12-31"),
        ("19-12-31", "2019-12-31"),
        ("7-Oct-99", "1999-10-07"),
        ("'2019-07-21", "2019-07-21"),
        ("1563667200", "2019-07-21"),
        ("1563667200000", "2019-07-21"),
        (1563667200000, "2019-07-21"),
        (1563667200.5, "2019-07-21"),
        (43667, "2019-07-21"),
        ("43667", "2019-07-21"),
        (43667.75, "2019-07-21"),
    ],
    ids=repr,
)
def test_a_day_is_read_however_it_is_spelled(text: object, day: str) -> None:
    events = read(date=[text])
    assert days(events) == [day]
    assert events["date_precision"].tolist() == ["day"]
    assert events["date_start"].equals(events["date_end"].rename("date_start"))
    assert events["status"][0] != "quarantined"


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("07/2019", "2019-07-01", "2019-07-31", "month"),
        ("Oct '14", "2014-10-01", "2014-10-31", "month"),
        ("Sept. 2019", "2019-09-01", "2019-09-30", "month"),
        ("2019-W29", "2019-07-15", "2019-07-21", "week"),
    ],
)
def test_what_is_known_to_the_month_or_week_is_not_its_first_day(
    text: str, start: str, end: str, precision: str
) -> None:
    row = read(date=[text]).iloc[0]
    assert (str(row["date_start"].date()), str(row["date_end"].date())) == (start, end)
    assert row["date_precision"] == precision


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("1398-04-30", "not a year from 1800 to 2199 .of a Hijri calendar"),
        ("30/04/1398", "of a Hijri calendar"),
        ("14-Oct", "of a year that it does not tell"),
        ("Oct-14", "or October 2014: pass date_format='%b-%y'"),
        ("2019-07-21 - 2019-07-23", "not a date that can be read"),
        ("2019-07-21/2019-07-23", "not a date that can be read"),
        ("7 or 8 Oct 2014", "not a date that can be read.*date_format='%d/%m/%Y'"),
        ("2019-W54", "not a week of the calendar"),
        ("31/04/2019", "not a day of the calendar"),
        (2019.5, "a plain number, which may count anything"),
        ("123", "a plain number"),
        ("10:30", "not a date"),
        ("03/04/2019", "3 April or 4 March: pass date_format='%d/%m/%Y' or date_format='%m/%d/%Y'"),
        ("03.04.19 10:30", "pass date_format='%d.%m.%y' or date_format='%m.%d.%y'"),
        ("01-02-03", "1 February 2003 or 2 January 2003 or 3 February 2001: pass"),
    ],
)
def test_what_has_no_one_reading_is_quarantined_with_a_way_out(cell: object, told: str) -> None:
    events = read(date=[cell])
    assert events["status"].tolist() == ["quarantined"]
    assert pd.Series(events["reason"]).str.contains(told).all(), events["reason"][0]


def test_the_way_out_is_spelled_as_where_the_user_is() -> None:
    with asked_from("command line"):
        assert "pass --date-format %d/%m/%Y or" in read(date=["03/04/2019"])["reason"][0]
    with asked_from("study file"):
        told = read(date=["03/04/2019"])["reason"][0]
    assert 'date_format = "%d/%m/%Y" under [incidents]' in told


def test_the_other_rows_settle_day_and_month_and_each_row_says_so(tmp_path: Path) -> None:
    text = "id,lat,lon,date\nA,34.37,41.09,02/13/2019\nB,34.4,41.2,03/04/2019\n"
    events = incidents.read(written(tmp_path, text))
    assert days(events) == ["2019-02-13", "2019-03-04"]
    assert events["status"].tolist() == ["ok", "fixed"]
    assert events["reason"][1] == (
        "day or month first: '03/04/2019' is read as 2019-03-04, the month first as in row 1 "
        "('02/13/2019')"
    )
    assert (
        "day or month first was in doubt in 1 rows, and is settled: the month first, as row 1 "
        "('02/13/2019') shows"
    ) in events.attrs["notes"]


def test_rows_that_show_both_orders_settle_nothing() -> None:
    events = read(date=["03/04/2019", "25/04/2019", "04/26/2019"])
    assert events["status"].tolist() == ["quarantined", "ok", "ok"]
    assert "(row 2 has the day first, row 3 the month: both orders" in events["reason"][0]
    assert events.attrs["notes"] == []


def test_first_and_last_day_share_their_evidence_unless_each_has_its_own() -> None:
    shared = read(date=["03/04/2019", "01/04/2019"], date_end=["05/04/2019", "25/04/2019"])
    assert days(shared) == ["2019-04-03", "2019-04-01"]
    apart = read(date=["13/04/2019", "01/02/2019"], date_end=["04/14/2019", "02/03/2019"])
    assert days(apart) == ["2019-04-13", "2019-02-01"]
    assert apart["date_end"].dt.strftime("%m-%d").tolist() == ["04-14", "02-03"]


def test_years_of_two_digits_are_told_and_never_to_come() -> None:
    events = read(date=["7-Oct-14", "7-Oct-27", "01/02/03", "25/12/02"])
    assert days(events) == ["2014-10-07", "1927-10-07", "2003-02-01", "2002-12-25"]
    assert events["status"].tolist() == ["fixed"] * 4
    assert events["reason"][0] == "two-digit year: '7-Oct-14' is read as 2014-10-07"


def test_a_year_of_two_digits_may_come_first_where_a_row_shows_it() -> None:
    events = read(date=["19-07-21", "19-07-31", "18-01-02"])
    assert days(events) == ["2019-07-21", "2019-07-31", "2018-01-02"]
    assert "the year first as in row 2" in events["reason"][0]


def test_a_weekday_that_is_not_that_of_the_date_is_told() -> None:
    events = read(date=["Mon 7 Oct 2014", "Tue 7 Oct 2014", "Tue 03/04/2019"])
    assert events["status"].tolist() == ["ok", "ok", "quarantined"]
    assert events["reason"][0] == (
        "weekday: 'Mon 7 Oct 2014' names a Monday, 2014-10-07 is a Tuesday"
    )
    assert events["reason"][1] == ""
    settled = read(date=["Wed 03/04/2019", "05/06/2019"])
    assert "as its weekday shows" in settled["reason"][0]
    assert days(settled) == ["2019-04-03", "2019-06-05"]


def test_plain_numbers_are_days_of_a_spreadsheet_only_if_all_can_be() -> None:
    good = read(date=["43667", "43668", "21 July 2019", ""])
    assert days(good) == ["2019-07-21", "2019-07-22", "2019-07-21", ""]
    assert good["status"].tolist() == ["fixed", "fixed", "ok", "ok"]
    assert "date number: '43667' is read as 2019-07-21, in days of" in good["reason"][0]
    for other in ("2019", "12", "60000", "21.07"):
        mixed = read(date=["43667", other])
        assert mixed["status"][0] == "quarantined"
        assert "it would be 2019-07-21, but not all numbers" in mixed["reason"][0]


def test_in_a_spreadsheet_a_number_is_a_day_and_2019_a_year(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    cells = [43667, "22.07.2019", dt.date(2019, 7, 23), 2019]
    book = openpyxl.Workbook()
    for row in [
        ["Latitude", "Longitude", "Date"],
        *([34.0, 41.0 + i, c] for i, c in enumerate(cells)),
    ]:
        book.active.append(row)
    book.save(path)
    events = incidents.read(path)
    assert days(events) == ["2019-07-21", "2019-07-22", "2019-07-23", "2019-01-01"]
    assert events["date_precision"].tolist() == ["day", "day", "day", "year"]
    assert "counts from 1900" in events["reason"][0]


def test_a_workbook_that_counts_from_1904_is_read_so_and_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (["lat", "lon", "date"], [34, 41, dt.date(2019, 7, 21)], [34, 42, 43667 - 1462]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    events = incidents.read(tmp_path / "a.xlsx")
    assert days(events) == ["2019-07-21", "2019-07-21"]
    assert "counts from 1904" in events["reason"][1]


def test_dates_that_a_spreadsheet_may_have_exchanged_are_told() -> None:
    made = [dt.date(2019, month, month + 1) for month in range(1, 6)]
    notes = read(date=["21/07/2019", *made]).attrs["notes"]
    assert "it may have exchanged day and month" in notes[0]
    assert read(date=["21/07/2019", *made, DAY]).attrs["notes"] == []
    # The texts of the last day have an order of their own.
    notes = read(date=["21/07/2019", *made], date_end=["07/22/2019", *[""] * 5]).attrs["notes"]
    assert "texts have the day first, as row 1 ('21/07/2019')" in notes[0]


def test_a_satellites_table_of_fires_has_its_dates(tmp_path: Path) -> None:
    text = "latitude,longitude,acq_date,acq_time\n34.37,41.09,2019-07-21,0012\n34.4,41.2,2019-07-22,1030\n"
    assert days(incidents.read(written(tmp_path, text))) == ["2019-07-21", "2019-07-22"]


def test_year_month_and_day_in_columns_of_their_own(tmp_path: Path) -> None:
    text = "id,lat,lon,year,month,day\nA,34.37,41.09,2019,7,21\nB,34.4,41.2,2019,7,22\n"
    events = incidents.read(written(tmp_path, text))
    assert days(events) == ["2019-07-21", "2019-07-22"]
    assert {"year", "month", "day"} < set(events.attrs["columns"])


@pytest.mark.parametrize("names", [("iyear", "imonth", "iday"), ("Jahr", "Monat", "Tag")])
def test_an_unknown_month_or_day_widens_the_date(names: tuple[str, str, str]) -> None:
    cells: list[list[object]] = [
        [2019, 2019, 2019, 2019.0, "2019", "", 2019],
        [7, 7, 0, "July", "Temmuz", "", 13],
        [21, 0, 0, 21, "", "", 1],
    ]
    events = read(**dict(zip(names, cells, strict=True)))
    assert events["date_precision"].tolist() == ["day", "month", "year", "day", "month", "", ""]
    assert days(events)[:5] == [
        "2019-07-21",
        "2019-07-01",
        "2019-01-01",
        "2019-07-21",
        "2019-07-01",
    ]
    assert events["reason"][5] == "no date: the cell is empty"
    assert "'2019-13-01' is not a day of the calendar" in events["reason"][6]


def test_a_lone_year_is_a_date_and_a_lone_day_of_the_month_is_none() -> None:
    year = read(year=[2019, 2018])
    assert year["date_precision"].tolist() == ["year", "year"]
    assert "known to the year alone, from column 'year'" in year.attrs["notes"][0]
    day = read(day=[21, 22])
    assert day["status"].tolist() == ["ok", "ok"]
    assert day["date_start"].isna().all()
    assert day.attrs["notes"] == ["no column was taken for the date: 2 rows are without one"]
    assert days(read(day=["2019-07-21"])) == ["2019-07-21"]
    assert days(read(year=[2019], month=[7], date=[21])) == ["2019-07-21"]
    assert days(read(date=["2019-07-21"], year=[1999], month=[1], day=[1])) == ["2019-07-21"]


def test_two_columns_that_look_like_the_date_and_differ_are_refused() -> None:
    told = (
        "two columns look like the date, 'date' and 'event_date', and differ in 1 of 2 rows "
        r"\(row 2: '2019-07-22' and '2019-07-25'\); say which it is: columns=\{'date': 'date'\} or "
        r"columns=\{'date': 'event_date'\}"
    )
    columns = {"date": ["2019-07-21", "2019-07-22"], "event_date": ["21 July 2019", "2019-07-25"]}
    with pytest.raises(DataError, match=told):
        read(**columns)
    table = pd.DataFrame({"lat": [34.0, 34.1], "lon": [41.0, 41.1], **columns})
    events = incidents.read(table, columns={"date": "event_date"})
    assert days(events) == ["2019-07-21", "2019-07-25"]
    with pytest.raises(DataError, match="two columns look like the last day"):
        read(date=["2019-07-21"], date_end=["2019-07-22"], end_date=["2019-07-23"])
    with pytest.raises(DataError, match="'date' and 'day'"):
        read(date=["2019-07-21"], day=["2019-07-22"])


@pytest.mark.parametrize(
    ("columns", "taken"),
    [
        ({"date": ["2019-07-21", ""], "event_date": ["21.07.2019", "2019-07-22"]}, "event_date"),
        ({"event_date": ["21/07/2019", "2019-07"], "Date": ["2019-07-21", "2019-07-22"]}, "Date"),
        ({"date": ["", ""], "event_date": ["2019-07-21", ""]}, "event_date"),
        ({"date": ["a", "b"], "event_date": ["2019-07-21", ""]}, "event_date"),
        ({"date": ["2019-07-21", ""], "timestamp": [1563753600, 1563753600]}, "date"),
        ({"date": ["2019-07-21", ""], "timestamp": ["2020-01-01", "2020-01-01"]}, "date"),
        ({"start_date": ["2019-07-21", ""], "end_date": ["2019-07-25", ""]}, "start_date"),
        ({"Date/Time": ["2019-07-21 10:30", ""]}, "Date/Time"),
        ({"DTG": ["210730ZJUL19", ""]}, "DTG"),
    ],
)
def test_columns_that_agree_or_mean_something_else_are_no_twins(
    columns: dict[str, list[Any]], taken: str
) -> None:
    events = read(**columns)
    assert days(events)[0] == "2019-07-21"
    assert events.attrs["columns"]["date"] == taken


def test_a_time_stamp_is_the_date_for_want_of_a_better_one_and_told() -> None:
    events = read(timestamp=["2019-07-21 10:30"])
    assert days(events) == ["2019-07-21"]
    assert events.attrs["notes"] == [
        "column 'timestamp' was taken for the date, for want of a better one"
    ]
    span = read(begin=["2019-07-21"], end=["2019-07-23"])
    assert span["date_end"].dt.day.tolist() == [23]


def test_no_column_taken_for_the_date_is_told_with_the_one_that_looks_like_it() -> None:
    named = read(acq_date2=["21.07.2019", "x"], n=[1, 2])
    assert named.attrs["notes"] == [
        (
            "no column was taken for the date: 2 rows are without one ('acq_date2' looks like one: "
            "columns={'date': 'acq_date2'})"
        )
    ]
    held = read(year_of_birth=[1980, 1990], seen=["2019-07-21", ""])
    assert "'seen' looks like one" in held.attrs["notes"][0]
    assert read(date=["", ""]).attrs["notes"] == []


def test_a_format_holds_for_all_and_what_does_not_match_it_says_so() -> None:
    cells = ["03/04/19 3:05 PM", "03/04/19", "2019-07", "12/25/19", "03-04-19"]
    events = read("%d/%m/%y", date=cells)
    assert days(events) == ["2019-04-03", "2019-04-03", "2019-07-01", "", ""]
    assert events["status"].tolist() == ["ok", "ok", "ok", "quarantined", "quarantined"]
    assert "does not match date_format='%d/%m/%y'" in events["reason"][3]
    hours = read("%m/%d/%Y %I:%M %p", date=["10/07/2014 3:05 PM"])
    assert days(hours) == ["2014-10-07"]
    assert days(read("%d/%m/%y", date=["03/04/68"])) == ["1968-04-03"]
    month = read("%b-%y", date=["Oct-14"])
    assert month["date_precision"].tolist() == ["month"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson", "gpkg", "fgb", "parquet"])
def test_no_time_zone_moves_a_date_by_a_day_however_it_is_written(
    tmp_path: Path, suffix: str
) -> None:
    """Half an hour past midnight in Baghdad is the day before in Greenwich."""
    zones = [dt.timezone(dt.timedelta(hours=hours)) for hours in (3, 2)]
    stamps = [dt.datetime(2019, 7, 21, 0, 30, tzinfo=zone) for zone in zones]
    points = gpd.points_from_xy([41.0, 42.0], [34.0, 34.5])
    frame = gpd.GeoDataFrame({"date": stamps}, geometry=points, crs="EPSG:4326")
    path = tmp_path / f"a.{suffix}"
    if suffix in ("csv", "xlsx", "parquet"):
        table = pd.DataFrame({"lat": [34.0, 34.5], "lon": [41.0, 42.0], "date": stamps})
        table["date"] = table["date"].map(str)
        getattr(table, {"csv": "to_csv", "xlsx": "to_excel"}.get(suffix, "to_parquet"))(
            path, index=False
        )
    else:
        frame["date"] = frame["date"].astype(object)
        frame.to_file(path)
    events = incidents.read(path)
    assert days(events) == ["2019-07-21", "2019-07-21"]
    assert (
        "a time zone stands in 2 rows: each date is the day as it is written"
        in (events.attrs["notes"])
    )


SPELLINGS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S+03:00",
    "%Y-%m-%d %H:%M:%S.000",
    "%d %B %Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%A, %d %B %Y",
    "%a %d %b %Y %I:%M %p",
    "%d%b%Y",
    "%d%H%MZ%b%y",
    "%d%H%MZ %b %Y",
    "%G-W%V-%u",
    "%a %b %d %H:%M:%S UTC %Y",
    "%A %d/%m/%Y",
)
moments = st.builds(
    dt.datetime.combine,
    st.dates(dt.date(1970, 1, 1), dt.date(2025, 12, 31)),
    st.times(timezones=st.just(dt.UTC)),
)


@settings(max_examples=60)
@given(moment=moments)
def test_any_day_reads_back_from_each_spelling_that_has_one_reading(moment: dt.datetime) -> None:
    weekday = moment.strftime("%A")
    other = moment.replace(day=1)
    cells: list[object] = [moment.strftime(spelling) for spelling in SPELLINGS[:-1]]
    if moment.day <= 12:
        assume(other.replace(month=moment.day, day=moment.month).strftime("%A") != weekday)
    cells.append(moment.strftime(SPELLINGS[-1]))
    cells += [(moment.date() - dt.date(1899, 12, 30)).days, moment, moment.date()]
    seconds = int(moment.timestamp())
    cells += [seconds, seconds * 1000] if seconds >= 10**8 else []
    events = read(date=cells)
    assert days(events) == [moment.date().isoformat()] * len(cells)
    assert set(events["date_precision"]) == {"day"}


@settings(max_examples=60)
@given(
    some=st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2025, 12, 31)), min_size=1, max_size=12),
    order=st.sampled_from(sorted(BOTH)),
    mark=st.sampled_from("/-. "),
)
def test_one_row_with_one_reading_settles_all_and_none_settles_none(
    some: list[dt.date], order: str, mark: str
) -> None:
    cells: list[object] = [one.strftime(BOTH[order].replace("/", mark)) for one in some]
    events = read(date=cells)
    doubtful = [one.day <= 12 and one.day != one.month for one in some]
    bare = not all(doubtful) and any(one.day > 12 for one in some)
    right = [
        "" if hard and not bare else one.isoformat()
        for one, hard in zip(some, doubtful, strict=True)
    ]
    assert days(events) == right
    state = "fixed" if bare else "quarantined"
    assert events["status"].tolist() == [state if hard else "ok" for hard in doubtful]


def test_a_column_of_times_is_read_by_its_days() -> None:
    times = [f"2019-07-{1 + i % 30:02d} {i % 24:02d}:{i % 60:02d}" for i in range(500)]
    events = read(date=times)
    assert days(events) == [time[:10] for time in times]
    stamps = read(date=[*pd.to_datetime(times[:40]), "03/04/2019 10:30"])
    assert days(stamps)[:40] == [time[:10] for time in times[:40]]
    assert "'03/04/2019' may be 3 April or 4 March" in stamps["reason"][40]
