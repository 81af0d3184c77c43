"""Every row gets the verdict that a look at one row after the other would give, only faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import row_policy
from hypothesis import given, settings
from hypothesis import strategies as st

from borderzone import incidents
from borderzone.incidents.reading import canonical
from borderzone.incidents.reading.canonical import flag_duplicates
from borderzone.incidents.reading.positions import flag_pile_ups, judge_positions
from borderzone.incidents.table_schema import Ledger, category_of

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "34,5",
                "34.5",
                " 41.2 ",
                "1_0",
                "inf",
                "nan",
                "1e5",
                "0",
                "-0.0",
                "95",
                "٣٤",
                "x",
            ),
            *(None, np.nan, True, 0, 0.0, 33, 44.0, -33.3, 120, np.float64(41.2), np.int64(7)),
            *(1e400, -np.inf, pd.NA, "−33.3", ".5", "5.", "+7", "1e0005", "34\n35", "34;5"),
        ]
    ),
    st.floats(30, 46).map(lambda value: round(value, 2)),
    st.floats(30, 46).map(lambda value: f"{value:.3f}"),
)
BOXES = st.sampled_from([None, (38.0, 30.0, 46.0, 38.0)])


def outcome(ledger: Ledger) -> tuple[list[str], list[str]]:
    return ledger.statuses(), ledger.reasons()


@settings(max_examples=300)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=14), BOXES, st.booleans())
def test_positions_are_judged_as_one_by_one(
    pairs: list[tuple[object, object]], box: Any, fix: Any
) -> None:
    lat, lon = ([pair[axis] for pair in pairs] for axis in (0, 1))
    told, expected = Ledger(len(pairs)), Ledger(len(pairs))
    found = judge_positions(lat, lon, told, bbox=box, fix_swapped=fix)
    plain = row_policy.judge_positions(lat, lon, expected, bbox=box, fix_swapped=fix)
    for axis in (0, 1):
        np.testing.assert_array_equal(found[axis], plain[axis])
    assert outcome(told) == outcome(expected)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([33.0, 33.00001, 34.2, -0.0, 0.0]), min_size=1, max_size=60))
def test_pile_ups_are_told_as_one_by_one(lat: list[float]) -> None:
    y, x = np.array(lat), np.full(len(lat), 44.1)
    told, expected = Ledger(len(lat)), Ledger(len(lat))
    flag_pile_ups(y, x, y != 34.2, told)
    row_policy.flag_pile_ups(y, x, y != 34.2, expected)
    shorter = [reason.rpartition(": ")[0] for reason in told.reasons()]
    assert shorter == expected.reasons()


WORDS = st.sampled_from(["a", "b", 1, "1", 1.0, None, "", np.nan])


@st.composite
def dirty_tables(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, Any]]:
    n = draw(st.integers(1, 14))

    def several(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    raw = pd.DataFrame(
        {
            "id": pd.Series(several(st.sampled_from("abcdef")), dtype=object),
            "mixed": pd.Series(several(WORDS), dtype=object),
            "number": several(st.sampled_from([0.0, -0.0, 1.5, np.nan])),
        }
    )
    days = several(
        st.sampled_from([pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02"), pd.NaT])
    )
    table = {
        "id": raw["id"].tolist(),
        "date_start": days,
        "date_end": days,
        "date_precision": several(st.sampled_from(["day", "month"])),
        "event_type": several(st.sampled_from(["bomb", "clash", ""])),
        "lat": np.array(several(st.sampled_from([34.0, 34.005, 34.0135, 35.0]))),
        "lon": np.array(several(st.sampled_from([41.0, 41.001]))),
    }
    return raw, table


@settings(max_examples=100)
@given(dirty_tables(), st.booleans(), st.data())
def test_duplicates_are_told_as_one_by_one(
    both: tuple[pd.DataFrame, dict[str, Any]], given_ids: Any, data: st.DataObject
) -> None:
    raw, table = both
    usable = np.array(data.draw(st.lists(st.booleans(), min_size=len(raw), max_size=len(raw))))
    told, expected = Ledger(len(raw)), Ledger(len(raw))
    flag_duplicates(raw, table, usable, told, given_ids=given_ids)
    row_policy.flag_duplicates(raw, table, usable, expected, given_ids=given_ids)
    for found, plain in zip(told.reasons(), expected.reasons(), strict=True):
        assert category_of(found) == category_of(plain)
        for part, other in zip(found.split("; "), plain.split("; "), strict=True):
            if part.startswith("possible"):  # of several as near, either may be named
                assert part.rpartition(", ")[2] == other.rpartition(", ")[2]
            else:
                assert part.startswith(other)


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"lat": 34.0, "lon": 41.0} | columns)


def test_rows_of_one_id_and_other_content_name_what_differs() -> None:
    events = incidents.read(
        table(event_id=["A", "A", "A", "B"], killed=[1, 2, 1, 1], lon=[41, 41, 41, 42.0])
    )
    assert events["reason"].tolist() == [
        "",
        "same id: 'A' is also the id of row 1, with other killed",
        "exact duplicate: every cell equals row 1",
        "",
    ]
    assert events["status"].tolist() == ["ok"] * 4


@pytest.mark.parametrize(
    "stamps", [["1600000000", "1700000000"], ["2020-09-13T12:26:40Z", "2023-11-14T22:13:20Z"]]
)
def test_the_newest_state_of_living_data_is_named(stamps: list[str]) -> None:
    events = incidents.read(table(event_id=["A", "A"], timestamp=stamps[::-1]))
    assert events["reason"].tolist() == [
        (
            "same id: 'A' is also the id of row 2, with other timestamp: this row has the newest "
            "timestamp and is the current one"
        ),
        (
            "same id: 'A' is also the id of row 1, with other timestamp: row 1 has the newest "
            "timestamp and is the current one"
        ),
    ]


def test_unreadable_time_stamps_name_no_current_row() -> None:
    events = incidents.read(table(event_id=["A", "A"], timestamp=["1600000000", "?"]))
    assert events["reason"].tolist() == [
        "",
        "same id: 'A' is also the id of row 1, with other timestamp",
    ]


def test_a_pile_up_on_whole_degrees_is_told_as_such() -> None:
    frame = pd.DataFrame({"lat": [33.0] * 11 + [34.5] * 11, "lon": [44.0] * 22, "n": range(22)})
    reasons = incidents.read(frame)["reason"]
    assert "11 rows lie on 33.00000, 44.00000: whole degrees" in reasons[0]
    assert "11 rows lie on 34.50000, 44.00000: the centroid of a town" in reasons[11]


def many(n: int, seed: int = 1) -> tuple[pd.DataFrame, FloatArray]:
    rng = np.random.default_rng(seed)
    lat = rng.uniform(32, 37, n).round(4)
    return pd.DataFrame({"lat": lat.astype(str), "n": np.arange(n)}), lat


def test_a_clean_column_never_meets_the_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, lat = many(5_000)
    monkeypatch.setattr("borderzone.incidents.reading.positions.parse_number", None)
    found, _ = judge_positions(frame["lat"].tolist(), [41.5] * 5_000, Ledger(5_000))
    np.testing.assert_array_equal(found, lat)


@pytest.mark.parametrize("centre", [(33.0, 42.0), (89.99, 0.0), (0.0, 179.999)])
@pytest.mark.parametrize(("n", "spread_deg", "n_groups"), [(300, 0.1, 3), (400, 0.004, 1)])
def test_the_nearest_spot_of_a_group_is_that_of_all_pairs(
    n: int, spread_deg: float, n_groups: int, centre: tuple[float, float]
) -> None:
    """Both the search from south to north and the tree of crowded places, at a pole and a date line."""
    rng = np.random.default_rng(7)
    lat = np.minimum(centre[0] + rng.uniform(-spread_deg, spread_deg, n), 90)
    lon = centre[1] + rng.uniform(-spread_deg, spread_deg, n)
    groups = rng.integers(0, n_groups, n)
    phi, lam = np.radians(lat), np.radians(lon)
    ground = 6371.0088 * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
    chord_km = np.linalg.norm(ground[:, None] - ground[None], axis=2)
    chord_km[(groups[:, None] != groups[None]) | np.eye(n, dtype=bool) | (chord_km > 1)] = np.inf

    near, found_km = canonical._nearest_spot(lat, lon, groups)

    within = np.isfinite(chord_km.min(axis=1))
    assert within.any()
    np.testing.assert_allclose(found_km, chord_km.min(axis=1))
    np.testing.assert_array_equal(near[within], chord_km.argmin(axis=1)[within])
