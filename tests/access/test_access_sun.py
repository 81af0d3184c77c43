"""Sun and moon by date and place, against an ephemeris, at the poles and around the year."""

from __future__ import annotations

from datetime import date, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ORACLES

import borderzone as bz
from borderzone import access
from borderzone.access import light
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

TWILIGHTS: tuple[Any, ...] = ("sunset", "civil", "nautical", "astronomical")
EVENTS = (
    "sunrise", "sunset", "civil_dawn", "civil_dusk", "nautical_dawn", "nautical_dusk",
    "astronomical_dawn", "astronomical_dusk",
)  # fmt: skip


@pytest.fixture(scope="module")
def theirs() -> pd.DataFrame:
    """Rising, setting and twilights by PyEphem, made by scripts/oracles_sun.py."""
    return pd.read_csv(ORACLES / "sun.csv", parse_dates=["date", *EVENTS])


def test_times_are_those_of_an_ephemeris(theirs: pd.DataFrame) -> None:
    """Within 3 s up to 40 degrees, within a minute up to the polar circles."""
    ours = access.sun_times(
        theirs["date"].to_numpy(),
        theirs["latitude_deg"].to_numpy(),
        theirs["longitude_deg"].to_numpy(),
    ).reset_index(drop=True)
    latitude = theirs["latitude_deg"].abs()
    for event in EVENTS:
        apart_s = (ours[event].dt.tz_localize(None) - theirs[event]).dt.total_seconds().abs()
        assert apart_s[latitude < 40].notna().all()
        assert apart_s[latitude < 40].max() <= 3.0, event
        assert apart_s[(latitude >= 40) & (latitude < 66)].max() <= 60.0, event


def test_where_the_sun_stays_there_is_no_time_and_the_ephemeris_agrees(
    theirs: pd.DataFrame,
) -> None:
    """Polar days and nights, but for days on which the sun just touches the line."""
    ours = access.sun_times(
        theirs["date"].to_numpy(),
        theirs["latitude_deg"].to_numpy(),
        theirs["longitude_deg"].to_numpy(),
    ).reset_index(drop=True)
    for event in EVENTS:
        assert (ours[event].isna() == theirs[event].isna()).mean() > 0.99
    svalbard: Any = ours[theirs["place"] == "svalbard"].set_index(
        theirs["date"][theirs["place"] == "svalbard"]
    )
    summer, winter = svalbard.loc["2024-06-20"], svalbard.loc["2024-12-21"]
    assert (summer["sunset_night_h"], summer["sunset_state"]) == (0.0, "above all day")
    assert (winter["sunset_night_h"], winter["sunset_state"]) == (24.0, "below all day")
    assert pd.isna(summer["sunrise"])
    assert pd.isna(winter["sunset"])


def test_moon_is_lit_as_the_ephemeris_has_it_within_the_mean_moons_error() -> None:
    moons = pd.read_csv(ORACLES / "moon.csv", parse_dates=["utc"])
    ours = np.asarray(light.moon_illuminated_fraction(moons["utc"].to_numpy()))

    assert np.abs(ours - moons["illuminated"]).max() < 0.1
    assert np.abs(ours - moons["illuminated"]).mean() < 0.04


@given(
    latitude=st.floats(-60, 60),
    longitude=st.floats(-180, 180),
    day=st.dates(date(1950, 1, 1), date(2050, 1, 1)),
)
def test_sun_stands_at_the_altitude_of_each_event(
    latitude: float, longitude: float, day: date
) -> None:
    """Read back by the altitude itself, to a second; noon is its highest."""

    def altitude(when: pd.Timestamp) -> float:
        days = light.days_since_epoch(np.asarray(when.tz_localize(None).to_datetime64(), "M8[us]"))
        return float(light.sun_altitude_deg(days, np.radians(latitude), np.array(longitude)))

    row = access.sun_times(day, latitude, longitude).iloc[0]
    for event, limit in (("sunrise", -0.833), ("sunset", -0.833), ("civil_dusk", -6.0)):
        if not pd.isna(row[event]):
            assert altitude(row[event]) == pytest.approx(limit, abs=5e-3)
    around = [altitude(row["noon"] + timedelta(minutes=m)) for m in (-30, 0, 30)]
    assert around[1] >= max(around) - 0.02


@given(latitude=st.floats(-90, 90), day=st.dates(date(1900, 1, 2), date(2100, 12, 30)))
def test_darker_nights_are_shorter_and_lie_between_none_and_a_day(
    latitude: float, day: date
) -> None:
    hours: Any = [light.night_hours_on(day, latitude, twilight=twilight) for twilight in TWILIGHTS]

    assert all(0 <= hour <= 24 for hour in hours)
    assert (np.diff(hours) <= 1e-9).all()


def test_night_of_a_month_is_that_of_its_15th_day() -> None:
    """Of 2026, at the meridian of Greenwich, to the last digit; the table says which day it is."""
    for twilight in TWILIGHTS:
        days = [date(2026, month, 15) for month in range(1, 13)]
        np.testing.assert_array_equal(
            access.night_hours(-54.8, np.arange(1, 13), twilight=twilight),
            light.night_hours_on(days, -54.8, twilight=twilight),
        )
    assert access.night_table(34.0).attrs["day"] == 15
    assert access.night_table(34.0).attrs["year"] == 2026


def test_nights_of_a_month_are_those_of_an_ephemeris_up_to_70_degrees() -> None:
    """By JPL's DE421 (scripts/oracles_nights.py): within 0.05 h up to 65 degrees, 0.25 h to 70.

    Among the latitudes are those where the sun of one of the days just gets to an altitude, where
    a hundredth of a degree is a quarter of an hour.
    """
    theirs = pd.read_csv(ORACLES / "nights.csv")
    latitude = theirs["latitude_deg"].to_numpy()
    assert {0.0, 34.0, 49.0, 60.0, 65.0, 66.5, 68.0, 69.7, 70.0, -35.0, -54.8} <= set(latitude)
    for twilight in TWILIGHTS:
        ours = access.night_hours(latitude, theirs["month"].to_numpy(), twilight=twilight)
        apart = np.abs(ours - theirs[twilight].to_numpy())
        assert apart[np.abs(latitude) <= 65].max() <= 0.01, twilight
        assert apart.max() <= 0.03, twilight
        stays = theirs[twilight].isin([0.0, 24.0]).to_numpy()
        np.testing.assert_array_equal(np.asarray(ours)[stays], theirs.loc[stays, twilight])


def test_leap_day_is_a_day_and_rows_are_answered_at_once() -> None:
    days = np.arange("2024-02-28", "2024-03-02", dtype="datetime64[D]")
    hours: Any = light.night_hours_on(days, 34.0)

    assert len(hours) == 3
    assert (np.diff(hours) < 0).all()
    each: Any = [light.night_hours_on(day, 34.0) for day in days.astype(object)]
    np.testing.assert_allclose(hours, each, atol=1e-9)


def test_time_zones_shift_the_clock_and_not_the_sun() -> None:
    utc = access.sun_times(date(2019, 7, 21), 34.38, 41.0).iloc[0]
    local = access.sun_times(date(2019, 7, 21), 34.38, 41.0, tz="Asia/Baghdad").iloc[0]
    fixed = access.sun_times(date(2019, 7, 21), 34.38, 41.0, tz=timezone(timedelta(hours=3))).iloc[
        0
    ]

    assert local["sunrise"] == utc["sunrise"]
    assert local["sunrise"].hour == utc["sunrise"].hour + 3
    assert local["sunset"] == fixed["sunset"]


def test_on_either_side_of_the_date_line_the_sun_rises_together() -> None:
    """A calendar day apart by local time, the same sun."""
    east = access.sun_times(date(2024, 3, 2), -16.5, 179.95).iloc[0]
    west = access.sun_times(date(2024, 3, 1), -16.5, -179.95).iloc[0]

    assert abs((east["sunrise"] - west["sunrise"]).total_seconds()) < 60


def test_table_of_a_border_has_three_places_and_twelve_months() -> None:
    border = bz.Border.between("IRQ", "SYR")
    table = access.border_light_table(border, 2019)

    assert table.index.get_level_values("place").unique().tolist() == ["south", "middle", "north"]
    assert table.groupby("place")["nights"].sum().eq(365).all()
    assert (table["dark_nights"] <= table["nights"]).all()
    assert table["moon_illuminated"].between(0.3, 0.7).all()
    assert table["sunset"].loc[("north", 12)] > table["sunset"].loc[("south", 12)]
    assert table["sunset"].loc[("north", 6)] < table["sunset"].loc[("south", 6)]
    corridor = bz.Corridor.around(border, depth_km=20, segment_km=50)
    pd.testing.assert_frame_equal(access.border_light_table(corridor, 2019), table)


NONE: Any = None
WRONG: tuple[tuple[Callable[[], Any], type[Exception], str], ...] = (
    (lambda: access.sun_times("yesterday", 34.0, 41.0), InvalidParameterError, "yesterday"),
    (lambda: access.sun_times(NONE, 34.0, 41.0), InvalidParameterError, "dates"),
    (lambda: access.sun_times(date(1812, 6, 24), 34.0, 41.0), InvalidParameterError, "1900"),
    (lambda: access.sun_times(np.datetime64("NaT", "D"), 34.0, 41.0), InvalidParameterError, "dates"),
    (lambda: access.sun_times(date(2024, 1, 1), 91.0, 41.0), InvalidParameterError, "latitude_deg"),
    (lambda: access.sun_times(date(2024, 1, 1), np.nan, 41.0), InvalidParameterError, "latitude_deg"),
    (lambda: access.sun_times(date(2024, 1, 1), "x", 41.0), InvalidParameterError, "latitude_deg"),
    (lambda: access.sun_times(date(2024, 1, 1), 34.0, np.inf), InvalidParameterError, "longitude_deg"),
    (lambda: access.sun_times(date(2024, 1, 1), 34.0, 41.0, tz="Mars/Base"), InvalidParameterError, "Mars/Base"),
    (lambda: access.sun_times([date(2024, 1, 1)] * 3, [1.0, 2.0], 41.0), ShapeMismatchError, "2"),
    (lambda: light.night_hours_on(date(2024, 1, 1), 34.0, twilight="dusk"), InvalidParameterError, "twilight"),  # type: ignore[arg-type]
    (lambda: access.border_light_table(NONE, 2019), InvalidParameterError, "border must be"),
    (lambda: access.border_light_table(bz.Border.between("IRQ", "SYR"), 1700), InvalidParameterError, "year"),
    (lambda: access.border_light_table(bz.Border.between("IRQ", "SYR"), 2019, dark_below=2), InvalidParameterError, "dark_below"),
)  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=range(len(WRONG)))
def test_impossible_dates_and_places_are_refused(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
