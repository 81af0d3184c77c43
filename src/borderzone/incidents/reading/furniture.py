"""Rows of a file that are no events: empty ones, units below the header, totals, headers again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone._typing import BoolArray, IntArray

__all__ = ["Furniture", "Oddity", "furniture_of"]

_UNIT = re.compile(
    r"[\[(]?("
    r"(decimal |arc)?(deg|degrees?|°|dd|dms|minutes?|grad)\.?( ?[_.]?(n|s|e|w|north|south|east|west))?"
    r"|(decimal )?(numbers?|numeric|int(eger)?|float|double|real|text|string|str|varchar|character|bool(ean)?)"
    r"|date|time|date ?time|timestamp|y{2,4}[-/. ]?m{1,3}([-/. ]?d{1,2})?.*|d{1,2}[-/. ]?m{1,3}[-/. ]?y{2,4}.*"
    r"|m{1,2}[-/. ]?d{1,2}[-/. ]?y{2,4}.*|hh:?mm(:?ss)?|utc|gmt|local( time)?|wgs ?-?84|epsg:? ?\d+"
    r"|k?m|km2|km²|met(re|er)s?|kilomet(re|er)s?|miles?|mi|ft|feet|%|percent|hours?|h|days?|years?"
    r"|counts?|persons?|people|n|no\.?|code|id|category|name|words?|unitless|free text"
    r")[\])]?",
)
_TOTAL = re.compile(
    r"((grand|sub|over ?all|running|column)[- ]?)?(total|sum|totals|sums)\b.{0,40}"
    r"|(gesamt|insgesamt|summe|somme|suma|toplam|total général|totale|المجموع|الإجمالي|مجموع)\b.{0,40}"
    r"|(number|count) of (events|incidents|records|rows)\b.{0,20}|n ?= ?\d+",
)
_TOP = 2  # rows below the header in which units may stand
_LEFT = 3  # columns from the left in which the word of a total may stand


class Oddity(NamedTuple):
    """
    What is odd about one row as it stood in the file.

    Attributes
    ----------
    verdict
        Method of the ledger that takes it.
    category
        Kind of finding.
    detail
        What was found, in words.
    """

    verdict: Literal["flag", "fix", "quarantine"]
    category: str
    detail: str


class Furniture(NamedTuple):
    """
    Rows that are no events.

    Attributes
    ----------
    rows
        True for each row that is certainly none.
    odd
        Rows that look like none, but may be one, by position.
    notes
        What is none, with its count.
    """

    rows: BoolArray
    odd: dict[int, Oddity]
    notes: list[str]


def furniture_of(table: pd.DataFrame, header: Sequence[str], parts: Mapping[str, str]) -> Furniture:
    """
    Find the rows of a text or a sheet that are no events.

    A row with anything in it that may be an event is one.
    """
    blank, again = _blank(table), _equal(table, header)
    notes = [_told(blank, "empty line")]
    notes.append(_told(again, "line that repeats the header"))
    drop = blank | again
    odd: dict[int, Oddity] = {}
    ways = (("lat", "lon"), ("mgrs",), ("latlon",))
    way = next((way for way in ways if all(part in parts for part in way)), ())
    places = [parts[part] for part in way]
    if places:
        for sure, doubtful, what, where in (
            (*_units(table, places, drop), "row of units", " below the header"),
            (*_totals(table, places, drop), "row of totals", ""),
        ):
            drop |= sure
            notes.append(_told(sure, what, where))
            told = Oddity("quarantine", what, f"it looks like a {what}, not like an event")
            odd |= dict.fromkeys(np.flatnonzero(doubtful).tolist(), told)
    return Furniture(drop, odd, [note for note in notes if note])


def _told(rows: BoolArray, what: str, where: str = "") -> str:
    count = int(rows.sum())
    first, _, rest = what.partition(" ")
    several = what if count == 1 else f"{first} {rest}s" if first == "empty" else _plural(what)
    return f"{count:,} {several}{where} passed over" if count else ""


def _plural(what: str) -> str:
    first, _, rest = what.partition(" ")
    return f"{first}s {rest.replace('repeats', 'repeat')}"


def _blank(table: pd.DataFrame) -> BoolArray:
    """Rows with nothing in any cell; most are ruled out by their first."""
    rows = np.arange(len(table))
    for column in range(table.shape[1]):
        if not rows.size:
            break
        rows = rows[_texts(table, column, rows) == ""]
    blank = np.zeros(len(table), dtype=bool)
    blank[rows] = True
    return blank


def _equal(table: pd.DataFrame, header: Sequence[str]) -> BoolArray:
    rows = np.arange(len(table))
    for column, name in enumerate(header[: table.shape[1]]):
        if not rows.size:
            break
        rows = rows[_texts(table, column, rows) == name]
    again = np.zeros(len(table), dtype=bool)
    again[rows] = True
    return again


def _texts(table: pd.DataFrame, column: int, rows: IntArray) -> np.ndarray:
    cells = table.iloc[:, column].iloc[rows]
    if not isinstance(cells.dtype, pd.StringDtype):
        cells = cells.map(lambda cell: "" if is_missing(cell) else str(cell)).astype("str")
    texts: np.ndarray = cells.fillna("").str.strip().to_numpy(dtype=object)
    return texts


def _units(table: pd.DataFrame, places: list[str], drop: BoolArray) -> tuple[BoolArray, BoolArray]:
    """First rows in which positions are units: certainly where every other cell is one too."""
    sure, doubtful = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    for row in np.flatnonzero(~drop)[:_TOP].tolist():
        cells = [str(cell).strip().casefold() for cell in table.iloc[row] if not is_missing(cell)]
        at = [str(cell).strip().casefold() for cell in table[places].iloc[row]]
        if not all(map(_UNIT.fullmatch, at)):
            break
        sure[row] = all(map(_UNIT.fullmatch, cells))
        doubtful[row] = not sure[row]
    return sure, doubtful


def _totals(table: pd.DataFrame, places: list[str], drop: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Rows of totals without a position: certainly such only at the foot."""
    words = np.zeros(len(table), dtype=bool)
    here = np.zeros(len(table), dtype=bool)
    for place in places:
        rows = np.arange(len(table))
        column = list(table.columns).index(place)
        here |= _texts(table, column, rows) == ""
    rows = np.flatnonzero(here & ~drop)
    left = np.full(rows.size, "", dtype=object)
    for column in range(min(_LEFT, table.shape[1])):
        left = np.where(left == "", _texts(table, column, rows), left)
    words[rows] = [_TOTAL.fullmatch(text.casefold()) is not None for text in left]
    foot = np.logical_and.accumulate((words | drop)[::-1])[::-1]
    return words & foot, words & ~foot
