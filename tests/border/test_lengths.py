"""Lengths: what is measured, what is published, and how finely either can be told."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import borderzone as bz
from borderzone import datasets
from borderzone.border.published_lengths import accuracy_km, rounded
from borderzone.errors import InvalidParameterError

# Pair, km as the Factbook has it, and how much the line that ships is off it.
REFERENCES = [
    ("IRQ", "SYR", 599.0, -0.000),
    ("IRQ", "JOR", 179.0, +0.008),
    ("MEX", "USA", 3155.0, -0.163),
    ("BGD", "IND", 4142.0, -0.410),
    ("CAN", "USA", 8893.0, -0.062),
    ("CHN", "RUS", 4179.0, -0.152),  # two pieces, 4,133 and 46 km
    ("ESP", "MAR", 18.5, +0.162),  # Ceuta 8 km and Melilla 10.5 km
    ("ISR", "PSX", 389.0, -0.109),  # West Bank 330 km and Gaza Strip 59 km
    ("KOS", "SRB", 366.0, -0.261),
    ("CUB", "USG", 28.5, -0.117),
]
UNKNOWN = [("MYS", "SGP"), ("SOL", "SOM"), ("ETH", "SOM"), ("MAR", "SAH"), ("KAB", "KAZ")]


@pytest.mark.parametrize(("a", "b", "published", "off"), REFERENCES)
def test_published_lengths_stand_beside_measured_ones(
    a: str, b: str, published: float, off: float
) -> None:
    border = bz.Border.between(a, b)
    assert border.published_length_km == published
    assert border.published_length_source.startswith("CIA World Factbook")
    assert border.length_km / published - 1 == pytest.approx(off, abs=0.0006)


@pytest.mark.parametrize(("a", "b"), UNKNOWN)
def test_a_length_that_nobody_publishes_is_not_known_and_never_zero(a: str, b: str) -> None:
    border = bz.Border.between(a, b)
    assert border.published_length_km is None
    assert border.published_length_source == ""
    assert datasets.published_lengths().set_index(["a", "b"]).loc[(a, b), "remark"]


def test_323_of_337_pairs_have_a_published_length_and_the_others_say_why_not() -> None:
    table = datasets.published_lengths()
    known = table["length_km"].notna()
    assert (len(table), int(known.sum())) == (337, 323)
    assert (table["length_km"][known] > 0).all()
    assert ((table["remark"] == "") == known).all()
    shipped = bz.list_borders()
    assert table[["a", "b"]].equals(shipped[["a", "b"]])
    short = 1 - shipped["length_km"][known] / table["length_km"][known]
    assert short.median() == pytest.approx(0.146, abs=0.001)


def test_a_published_length_is_the_sum_of_what_either_page_says() -> None:
    table = datasets.published_lengths()
    for side in ("a", "b"):
        said = table[table[f"text_{side}"] != ""]
        number = r"([\d,]*\.?\d+) km(?= \(|;|$)"
        summed = (
            said[f"text_{side}"]
            .str.findall(number)
            .map(lambda found: sum(float(km.replace(",", "")) for km in found))
        )
        assert np.allclose(summed, said[f"length_{side}_km"], atol=1e-9)
        assert table.loc[table[f"text_{side}"] == "", f"length_{side}_km"].isna().all()
    both = table.dropna(subset=["length_a_km", "length_b_km"])
    assert both["length_a_km"].equals(both["length_b_km"])  # the rule for a difference has no case


def test_the_list_of_borders_has_both_lengths() -> None:
    table = bz.list_borders().set_index(["a", "b"])
    assert table.loc[("MEX", "USA"), "published_length_km"] == 3155.0
    assert np.isnan(table.loc[("MYS", "SGP"), "published_length_km"])
    assert not (table["published_length_km"] == 0).any()


# -- a line of one's own -----------------------------------------------------------------------

MERIDIAN = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])


def test_a_line_of_ones_own_has_no_published_length_until_one_is_given() -> None:
    own = bz.Border.from_line(MERIDIAN, names=("IRQ", "SYR"))
    assert own.published_length_km is None
    given_one = own.with_published_length(120, source="a treaty")
    assert (given_one.published_length_km, given_one.published_length_source) == (120.0, "a treaty")
    assert given_one.length_km == own.length_km
    assert own.published_length_km is None


@pytest.mark.parametrize(
    "wrong", [0, -1, float("nan"), float("inf"), "120", None, True, 120_000, 2**70, 5]
)
def test_an_impossible_published_length_is_refused(wrong: object) -> None:
    own = bz.Border.from_line(MERIDIAN)
    with pytest.raises(InvalidParameterError, match="published length"):
        own.with_published_length(wrong)  # type: ignore[arg-type]


# -- no length is told finer than the line knows ------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("IRQ", "SYR", "599 km (372 mi)"),
        ("IRQ", "JOR", "180 km (112 mi)"),
        ("MEX", "USA", "2,600 km (1,600 mi)"),
        ("BGD", "IND", "2,400 km (1,500 mi)"),
        ("CAN", "USA", "8,300 km (5,200 mi)"),
        ("ESP", "GIB", "1.8 km (1.1 mi)"),
        ("MYS", "SGP", "88 km (54 mi)"),
        ("ETH", "SOL", "760 km (470 mi)"),  # as short as the others may be: 760.8 along the line
    ],
)
def test_a_length_is_rounded_to_what_its_line_knows(a: str, b: str, words: str) -> None:
    border = bz.Border.between(a, b)
    assert f"{border.length_words()} ({border.length_words(unit='mi')})" == words
    assert border.length_words() in repr(border)


def test_a_line_of_ones_own_is_told_as_it_was_drawn_unless_a_published_length_differs() -> None:
    own = bz.Border.from_line(MERIDIAN)
    assert own.length_words() == "110.9 km"
    assert own.with_published_length(111).length_words() == "110.9 km"
    assert own.with_published_length(150).length_words() == "110 km"


@given(
    measured=st.floats(0.05, 10_000),
    published=st.none() | st.floats(0.05, 10_000),
    km=st.floats(0.05, 10_000),
)
def test_a_told_length_is_off_by_less_than_the_line_and_keeps_two_figures(
    measured: float, published: float | None, km: float
) -> None:
    off = accuracy_km(km, measured_km=measured, published_km=published, shipped=True)
    words = rounded(km, off)
    told = float(words.replace(",", ""))
    assert abs(told - km) <= max(off, 0.05 * km) / 2 + 1e-9
    assert told > 0 or km < 0.1
    step = 10 ** np.floor(np.log10(off))
    if km >= 10 * step:
        assert told == pytest.approx(step * round(told / step))  # nothing finer than the line
