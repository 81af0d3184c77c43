"""Light of the moon: published values, states of the night, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ORACLES

from borderzone import access
from borderzone.access import light, moon
from borderzone.border import Border
from borderzone.errors import InvalidParameterError


def brightness(states: pd.DataFrame) -> float:
    """Give the mean moonlight of states, by their shares."""
    return float(np.dot(states["moonlight"].to_numpy(), states["share"].to_numpy()))


angles = st.floats(0, 180)
heights = st.floats(0, 90)


def days(*when: str) -> Any:
    return light.days_since_epoch(np.array(when, dtype="datetime64[us]"))


def test_a_waning_moon_loses_light_faster_than_disc() -> None:
    """Krisciunas and Schaefer: a half moon gives a tenth of a full one."""
    found = moon.moon_illuminance([0, 30, 60, 90, 120, 150], 90.0)
    np.testing.assert_allclose(found, [1, 0.486, 0.227, 0.091, 0.026, 0.004], atol=5e-4)
    assert moon.moon_illuminance(-60, 30) == pytest.approx(0.5 * 0.2266, abs=1e-4)
    assert moon.moon_illuminance(0, -5) == 0.0


def test_moonlight_is_a_log_scale_from_the_stars_to_a_full_moon_overhead() -> None:
    assert moon.moonlight(0.0) == 0.0
    assert moon.moonlight(1.0) == pytest.approx(1.0)
    found = moon.moonlight(moon.moon_illuminance([30, 60, 90, 120, 150], 90))
    np.testing.assert_allclose(found, [0.859, 0.712, 0.540, 0.325, 0.102], atol=5e-4)
    with pytest.raises(InvalidParameterError, match="illuminance must be 0 or more"):
        moon.moonlight(-0.1)
    with pytest.raises(InvalidParameterError, match="altitude_deg must lie between -90 and 90"):
        moon.moon_illuminance(0, 91)


@given(angles, angles, heights, heights)
def test_a_fuller_and_higher_moon_is_never_darker(
    one: float, two: float, low: float, high: float
) -> None:
    (near, far), (low, high) = sorted((one, two)), sorted((low, high))
    bright = moon.moonlight(moon.moon_illuminance(near, high))
    assert 0 <= float(moon.moonlight(moon.moon_illuminance(far, low))) <= float(bright) + 1e-12
    assert bright <= 1 + 1e-12


def test_the_moon_stands_where_an_almanac_puts_it() -> None:
    """Meeus, example 47.a: 12 April 1992, 0 h."""
    longitude, latitude, parallax = moon.moon_position(days("1992-04-12T00:00:00"))
    assert longitude == pytest.approx(133.1673, abs=0.3)
    assert latitude == pytest.approx(-3.2291, abs=0.2)
    assert parallax == pytest.approx(0.99199, abs=0.003)


def test_the_phase_angle_gives_the_lit_share_of_an_ephemeris() -> None:
    rows = pd.read_csv(ORACLES / "moon.csv")
    angle = moon.moon_sky(days(*rows["utc"]), 0.0, 0.0)[1]
    lit = (1 + np.cos(np.radians(angle))) / 2
    np.testing.assert_allclose(lit, rows["illuminated"], atol=0.003)


def test_the_moon_rises_and_sets_where_it_should() -> None:
    """Halfway round the Earth it is as far below the horizon as it is above it here, but for its nearness."""
    when = days("2026-06-15T00:00:00", "2026-06-20T07:00:00", "2026-01-03T22:00:00")
    here, there = moon.moon_sky(when, 34.0, 41.0)[0], moon.moon_sky(when, -34.0, -139.0)[0]
    np.testing.assert_allclose(here, -there, atol=2.1)
    # The full moon of 3 January 2026 culminates high over Rutba near midnight.
    assert here[2] > 75


def test_states_of_a_month_are_shares_of_its_nights() -> None:
    states = access.night_light(34.0, 6)
    assert states["share"].sum() == pytest.approx(1.0)
    assert states["moonlight"].is_monotonic_increasing
    assert states.loc[0, "moonlight"] == 0.0
    assert states.loc[0, "share"] == pytest.approx(0.49, abs=0.01)
    assert (np.diff(states["moonlight"]) < 0.21).all()
    assert states.attrs["month"] == 6
    again = access.night_light(34.0, 6, longitude_deg=41.0)
    assert brightness(again) == pytest.approx(brightness(states), abs=0.01)


def test_dark_is_one_state_and_a_full_moon_stands_high_in_winter() -> None:
    dark = access.night_light(34.0, None, moon="dark")
    assert dark.to_numpy().tolist() == [[0.0, 1.0]]
    june, december = (access.night_light(34.0, m, moon="full") for m in (6, 12))
    assert june["moonlight"].min() > 0.5
    assert december["moonlight"].max() > 0.95 > june["moonlight"].max()
    south = access.night_light(-34.0, 6, moon="full")
    assert south["moonlight"].max() > june["moonlight"].max()


def test_the_year_is_the_mean_of_its_months() -> None:
    def bright(month: int | None) -> float:
        return brightness(access.night_light(34.0, month))

    assert bright(None) == pytest.approx(np.mean([bright(m) for m in range(1, 13)]))
    # Months without a night do not count.
    assert access.night_light(65.0, None)["share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"month": None, "moon": "full"}, "moon='full' needs a month"),
        ({"month": 13}, "month must be"),
        ({"moon": "new"}, "moon must be one of mean, dark, full"),
        ({"latitude_deg": 91}, "latitude_deg must lie between -90 and 90"),
        ({"longitude_deg": 181}, "longitude_deg must lie between"),
        ({"latitude_deg": 70, "month": 6}, "there is no night in that month"),
        ({"twilight": "dusk"}, "twilight must be one of"),
    ],
)
def test_impossible_nights_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        access.night_light(**{"latitude_deg": 34.0, "month": 6, **given})


def test_months_by_moon_for_a_border() -> None:
    table = access.moonlight_table(Border.between("IRQ", "SYR"))
    assert len(table) == 36
    assert (table.xs("dark", level="moon")["moonlight"] == 0).all()
    mean, full = (table.xs(m, level="moon") for m in ("mean", "full"))
    assert mean["moonless_share"].between(0.45, 0.56).all()
    assert (full["moonlight"] > 2 * mean["moonlight"]).all()
    assert full["moonlight"].idxmin() == 6
    states = access.night_light(table.attrs["latitude_deg"], 3, longitude_deg=40.8)
    assert mean["moonlight"].loc[3] == pytest.approx(brightness(states), abs=0.005)
