"""Positions that a table tells twice, and cells that look empty or odd to a person alone."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import incidents

# 38S KE 85 12 is the square of 1 km around 35.33275 N, 42.63999 E (library mgrs).
SQUARE, LAT, LON = "38SKE8512", 35.33275, 42.63999


def table(**columns: object) -> pd.DataFrame:
    n = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pd.DataFrame({"date": [f"2019-07-{i + 1:02d}" for i in range(n)], **columns})


def test_a_grid_reference_speaks_where_latitude_and_longitude_are_empty() -> None:
    events = incidents.read(
        table(lat=[34.3, None, 34.5], lon=[41.1, None, None], mgrs=["", SQUARE, SQUARE])
    )
    assert events["status"].tolist() == ["ok"] * 3
    assert events["lat"].tolist() == pytest.approx([34.3, LAT, LAT], abs=1e-4)
    assert events["lon"].tolist() == pytest.approx([41.1, LON, LON], abs=1e-4)
    assert events["radius_km"].isna().tolist() == [True, False, False]
    assert "2 of 3 positions were taken from 'mgrs'" in " ".join(events.attrs["notes"])


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"mgrs": [SQUARE, SQUARE]}, "'mgrs'"),
        ({"wkt": [f"POINT ({LON} {LAT})"] * 2}, "'wkt'"),
        ({"coordinates": [f"{LAT}, {LON}"] * 2}, "'coordinates'"),
        (
            {"easting": [285000] * 2, "northing": [3912700] * 2, "zone": ["38N"] * 2},
            "'easting', 'northing', 'zone'",
        ),
    ],
)
def test_two_ways_that_tell_different_places_are_told(
    columns: dict[str, list[object]], name: str
) -> None:
    events = incidents.read(table(lat=[34.0, LAT], lon=[41.0, LON], **columns))
    assert events["lat"].tolist() == [34.0, LAT]
    first, second = events["reason"]
    assert first.startswith(f"attributes differ: {name.split(', ', maxsplit=1)[0]}")
    assert "differ" not in second
    assert f"1 of 2 rows say another place in {name}" in " ".join(events.attrs["notes"])


def test_a_way_that_agrees_is_silent_and_gives_its_precision() -> None:
    events = incidents.read(table(lat=[35.33, 35.3], lon=[42.64, 42.6], mgrs=[SQUARE, SQUARE]))
    assert events["radius_km"].iloc[0] == pytest.approx(0.7071, abs=1e-3)
    assert events["reason"].tolist() == ["", ""]


def test_what_was_written_and_is_read_again_is_not_compared() -> None:
    first = incidents.read(table(lat=[34.0], lon=[41.0], mgrs=[SQUARE]))
    again = incidents.read(first.drop(columns="geometry").rename_axis(None), format="borderzone")
    assert "differ" not in again["reason"].iloc[0].replace(first["reason"].iloc[0], "")


@pytest.mark.parametrize("letters", [("N/S", "E/W"), ("NS", "EW"), ("lat_dir", "lon_dir")])
def test_compass_letters_in_columns_of_their_own(letters: tuple[str, str]) -> None:
    south, west = letters
    raw = pd.DataFrame({"lat": ["34.37", "34.4"], south: ["S", "N"], "lon": ["41.09", "41.2"]})
    raw[west] = ["W", "E"]
    events = incidents.read(raw)
    assert events["lat"].tolist() == [-34.37, 34.4]
    assert events["lon"].tolist() == [-41.09, 41.2]


def test_letters_say_which_is_the_latitude() -> None:
    raw = table(lat=["41.09E", "34.4N", "E 41.09"], lon=["34.37N", "41.2E", "N 34.37"])
    events = incidents.read(raw)
    assert events["lat"].tolist() == [34.37, 34.4, 34.37]
    assert events["lon"].tolist() == [41.09, 41.2, 41.09]
    assert events["status"].tolist() == ["fixed"] * 3
    assert events["reason"].iloc[0].startswith("swapped: '41.09E' stood for the latitude")


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("342212N", "0410524E"),
        ("3422.2N", "04105.4E"),
        ("34-22-12N", "041-05-24E"),
        ("34.37 deg", "41.09 deg"),
        ("34 degrees 22 minutes 12 seconds N", "41 deg 5 min 24 sec E"),
        ("34.37\u200e", "\u200f41.09"),
        ("\u202a34,37\u202c", "\ufeff41,09"),
    ],
)
def test_spellings_of_ships_aircraft_and_right_to_left_tables(lat: str, lon: str) -> None:
    events = incidents.read(table(lat=[lat], lon=[lon]))
    assert events["lat"].tolist() == [34.37]
    assert events["lon"].tolist() == [41.09]
    one_cell = incidents.read(table(position=[f"{lat} {lon}"]))
    assert one_cell["lat"].tolist() == [34.37] or "fixed" not in one_cell["status"].tolist()


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59))
def test_run_on_angles_are_read_to_the_second(degrees: int, minutes: int, seconds: int) -> None:
    text = f"{degrees:02d}{minutes:02d}{seconds:02d}S"
    events = incidents.read(table(lat=[text], lon=["41.09"]))
    expected = -(degrees + minutes / 60 + seconds / 3600)
    assert events["lat"].iloc[0] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("lat", ["346212N", "34221N", "3422", "34-62-12N"])
def test_run_on_digits_that_are_no_angle_stay_unread(lat: str) -> None:
    assert incidents.read(table(lat=[lat], lon=["41.09"]))["status"].tolist() == ["quarantined"]


def test_numbers_that_may_be_missing() -> None:
    lat = pd.array([34.3, None], dtype="Float64")
    lon = pd.array([41, None], dtype="Int64")
    events = incidents.read(table(lat=lat, lon=lon, where_prec=pd.array([1, None], dtype="Int64")))
    assert events["status"].tolist() == ["ok", "quarantined"]
    assert events["where_prec"].tolist() == [1, pd.NA]


@pytest.mark.parametrize(
    "nothing",
    [
        "1899-12-30",
        "1899-12-31 00:00:00",
        "1900-01-00",
        "0/1/1900",
        "1/0/1900",
        "0-Jan-00",
        "00/01/1900",
    ],
)
def test_day_zero_of_a_spreadsheet_is_no_date(nothing: str) -> None:
    raw = pd.DataFrame({"date": [nothing, "2019-07-21"], "lat": [34.3, 34.4], "lon": [41, 42]})
    events = incidents.read(raw)
    assert events["date_start"].isna().tolist() == [True, False]
    assert events["status"].tolist() == ["ok", "ok"]
    assert events["reason"].iloc[0].startswith(f"no date: '{nothing}' is what a spreadsheet")


def test_a_last_day_alone_is_told_and_taken() -> None:
    raw = pd.DataFrame(
        {
            "start_date": ["", "2019-07-01", ""],
            "end_date": ["2019-07-21", "2019-07-02", ""],
            "lat": [34.3, 34.4, 34.5],
            "lon": [41, 42, 43],
        }
    )
    events = incidents.read(raw)
    assert events["date_start"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2019-07-21", "2019-07-01"]
    assert events["reason"].tolist() == [
        "no first day: the last, 2019-07-21, is taken for it",
        "",
        "no date: the cell is empty",
    ]


@pytest.mark.parametrize("cell", ["1" * 50_000 + "E", "1" + " " * 50_000 + "x"])
def test_long_cells_are_read_in_time_that_grows_with_their_length(cell: str) -> None:
    events = incidents.read(table(lat=[cell, "34"], lon=["41", cell]))
    assert events["status"].tolist() == ["quarantined"] * 2
