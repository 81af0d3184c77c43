"""Dates of a whole table: every spelling read once, doubts settled by what the column shows."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.reading.date_cells import (
    FIRST_SERIAL,
    DateSpan,
    Reading,
    doubt,
    is_day_zero,
    month_number,
    number_alone,
    read_cell,
    span,
)
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from borderzone._typing import IntArray
    from borderzone.incidents.incident_table import Ledger

__all__ = ["PRECISIONS", "Dates", "as_timestamps", "dates_of_parts", "read_dates"]

PRECISIONS = ("day", "week", "month", "year")
_PARTS = ("date", "date_end", "date_precision")
_NO_DAY = np.datetime64("NaT", "D")
_ENOUGH = 4  # by chance all would lie in the first 12 days of a month once in fifty times
# A whole date, then hours without a time zone.
_HOURS = re.compile(
    r"(\d{4}-\d\d-\d\d|.*[-/. ]\d{4})[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?"
)
_UNIX = pd.Timestamp("1970-01-01")


class Dates(NamedTuple):
    """
    Dates of every row.

    Attributes
    ----------
    start, end
        First and last day, ``datetime64[D]``; NaT where unknown.
    precision
        "day", "week", "month", "year" or "".
    """

    start: np.ndarray
    end: np.ndarray
    precision: list[str]


class _Finding(NamedTuple):
    """What is told of a row, and how its status goes with it."""

    status: str  # "ok", "fixed" or "quarantined"
    kind: str
    told: str


class _Verdict(NamedTuple):
    """What one spelling of date, end and precision comes to."""

    start: dt.date | None = None
    end: dt.date | None = None
    precision: str = ""
    findings: tuple[_Finding, ...] = ()
    zone: bool = False


class _Column(NamedTuple):
    """What the cells of a column say about one another."""

    order: str  # what comes first; "" where no cell shows it, or several cells differ
    told: str  # which rows show it, or that they differ
    counts_days: bool  # whether plain numbers are days of a spreadsheet


def read_dates(
    cells: Mapping[str, Spellings],
    n_rows: int,
    ledger: Ledger,
    *,
    date_format: str | None,
    as_of: dt.date,
    day_zero: str | None = None,
) -> Dates:
    """Read the dates of a table, each different spelling once."""
    if "date" not in cells and "year" in cells:
        cells = {**cells, "date": dates_of_parts(cells)}
    if "date" not in cells:
        nothing = np.full(n_rows, _NO_DAY)
        return Dates(nothing, nothing.copy(), [""] * n_rows)
    held = [cells.get(part) or Spellings.blank(n_rows) for part in _PARTS]
    if date_format is None:
        held[:2] = [_without_hours(column) for column in held[:2]]
    read = [
        [read_cell(cell, date_format, as_of, since_1904=day_zero == "1904") for cell in one.cells]
        for one in held[:2]
    ]
    columns = _columns(held, read, as_of, counts_days=day_zero is not None)
    judge = _Judge(held, read, columns, as_of, given=date_format is not None)
    together = _together(held)
    verdicts = [judge.of(*spelling) for spelling in together.cells]
    _tell(verdicts, together, ledger)
    _note(verdicts, together.numbers, columns, ledger)
    _note_exchanged(held[0], read[0], columns[0], ledger)
    start = np.array([v.start for v in verdicts], dtype="datetime64[D]")
    end = np.array([v.end for v in verdicts], dtype="datetime64[D]")
    precision = np.array([v.precision for v in verdicts], dtype=object)
    numbers = together.numbers
    return Dates(start[numbers], end[numbers], precision[numbers].tolist())


def _without_hours(column: Spellings) -> Spellings:
    """Take the hours off, so that a column of times has no more spellings than days."""
    days: dict[tuple[type, object], int] = {}
    numbers = []
    for cell in column.cells:
        day = cell
        if isinstance(cell, str):
            clock = _HOURS.fullmatch(cell)
            day = clock[1] if clock else cell
        elif isinstance(cell, dt.datetime) and cell.tzinfo is None and not pd.isna(cell):
            day = cell.date()
        numbers.append(days.setdefault((type(day), day), len(days)))
    if len(days) == len(column.cells):
        return column
    found = Spellings.blank(0)
    found.cells = [day for _, day in days]
    found.numbers = np.array(numbers, dtype=np.int64)[column.numbers]
    return found


def _together(columns: Sequence[Spellings]) -> Spellings:
    """Give the spellings of several columns as those of one, whose cells are numbers in each."""
    code = np.zeros(len(columns[0].numbers), dtype=np.int64)
    for column in columns:
        code = code * len(column.cells) + column.numbers
    found = Spellings.blank(len(code))
    _, first, found.numbers = np.unique(code, return_index=True, return_inverse=True)
    numbers = [column.numbers[first].tolist() for column in columns]
    found.cells = list(zip(*numbers, strict=True))
    return found


def dates_of_parts(cells: Mapping[str, Spellings]) -> Spellings:
    """Put ISO texts together as fine as is known; what cannot be read as the cells were, joined."""
    held = [part for part in ("year", "month", "day") if part in cells]
    together = _together([cells[part] for part in held])
    together.cells = [
        _iso_of({part: cells[part].cells[i] for part, i in zip(held, one, strict=True)})
        for one in together.cells
    ]
    return together


def _iso_of(cells: Mapping[str, object]) -> str:
    year, month, day = (_whole(cells.get(part, ""), part) for part in ("year", "month", "day"))
    if all(is_missing(cell) for cell in cells.values()):
        return ""
    if year is None or month is None or day is None or year < 1:
        return "-".join(str(cell) for cell in cells.values())
    return (
        f"{year:04d}"
        + (f"-{month:02d}" if month else "")
        + (f"-{day:02d}" if day and month else "")
    )


def _whole(cell: object, part: str) -> int | None:
    """Give the number of a year, month or day: 0 where it is not known, None where it is none."""
    number = parse_number(cell)
    if number.state == "missing":
        return 0
    if number.state == "ok" and number.value.is_integer():
        return int(number.value) if number.value >= 0 else None
    return (month_number(str(cell)) or None) if part == "month" else None


def _columns(
    held: Sequence[Spellings],
    read: Sequence[Sequence[Reading]],
    as_of: dt.date,
    *,
    counts_days: bool,
) -> tuple[_Column, _Column]:
    """Hear the cells of both columns; one that shows no order has that of the other."""
    first, last = (_order_of(*both) for both in zip(held, read, strict=False))
    newest = (pd.Timestamp(as_of) - _UNIX).days + FIRST_SERIAL
    counts_days = counts_days or all(
        _may_count_days(cell, reading, newest)
        for column, readings in zip(held, read, strict=False)
        for cell, reading in zip(column.cells, readings, strict=True)
    )
    return (
        _Column(*(first if first[1] else last), counts_days),
        _Column(*(last if last[1] else first), counts_days),
    )


def _order_of(column: Spellings, read: Sequence[Reading]) -> tuple[str, str]:
    """Tell which of day and month comes first, and which rows show it."""
    shows: dict[str, int] = {}
    for number, reading in enumerate(read):
        order = next(iter(reading.days)) if len(reading.days) == 1 else ""
        if order:
            row = int(column.rows(number)[0])
            shows[order] = min(row, shows.get(order, row))
    if len(shows) > 1:
        (one, row), *others = sorted(shows.items())
        told = f"row {row + 1} has the {one} first"
        told += "".join(f", row {row + 1} the {order}" for order, row in others)
        both = "both" if len(others) == 1 else "all these"
        return "", f" ({told}: {both} orders are in this column, mend it before the import)"
    for order, row in shows.items():
        return order, f"row {row + 1} ({shown(column.cells[column.numbers[row]])})"
    return "", ""


def _may_count_days(cell: object, reading: Reading, newest: int) -> bool:
    """Whether a cell does not speak against plain numbers being days of a spreadsheet."""
    number = parse_number(cell)
    is_date = any(day[2] for day in reading.days.values()) and reading.number[:4] != "days"
    return number.state != "ok" or is_date or FIRST_SERIAL <= number.value < newest + 1


class _Judge:
    """Verdicts on spellings, once the columns are heard."""

    def __init__(
        self,
        held: Sequence[Spellings],
        read: Sequence[Sequence[Reading]],
        columns: tuple[_Column, _Column],
        as_of: dt.date,
        *,
        given: bool,
    ) -> None:
        self._held, self._read, self._columns = held, read, columns
        self._as_of, self._given = as_of, given

    def of(self, first: int, last: int, precision: int) -> _Verdict:
        """Judge one spelling, by the numbers of its cells."""
        findings: list[_Finding] = []
        cell = self._held[2].cells[precision]
        word = str(cell).strip().casefold()
        if word not in PRECISIONS:
            if not is_missing(cell):
                told = f"{shown(cell)} is none of {', '.join(PRECISIONS)}, taken from the date"
                findings.append(_Finding("ok", "date precision", told))
            word = ""
        # Where the last day is told, the span is known and the word only says how well.
        words = (word if is_missing(self._held[1].cells[last]) else "", "")
        readings = (self._read[0][first], self._read[1][last])
        cells = (self._held[0].cells[first], self._held[1].cells[last])
        spans = []
        for one, reading, column, given in zip(cells, readings, self._columns, words, strict=True):
            found, told_of = self._span(one, reading, column, given)
            findings += told_of
            if found is None:
                return _Verdict(findings=tuple(findings))
            spans.append(found)
        start = spans[0]._replace(precision=word or spans[0].precision)
        zone = any(reading.zone for reading in readings)
        return self._ordered(start, spans[1], findings)._replace(zone=zone)

    def _span(
        self, cell: object, reading: Reading, column: _Column, word: str
    ) -> tuple[DateSpan | None, list[_Finding]]:
        """Give the span of a cell with what is told of it; None where it cannot be read."""
        if is_day_zero(cell):
            told = f"{shown(cell)} is what a spreadsheet or a database shows for no date"
            return DateSpan(None, None, "", ""), [_Finding("ok", "no date", told)]
        if reading.problem:
            return None, [_Finding("quarantined", "date unreadable", reading.problem)]
        if not reading.days:
            return DateSpan(None, None, "", ""), []
        if reading.number.startswith("days") and not column.counts_days:
            year, month, day = reading.days[""]
            told = f"{number_alone(cell)} (as a day of a spreadsheet it would be "
            told += (
                f"{year}-{month:02d}-{day:02d}, but not all numbers of the column are such days)"
            )
            return None, [_Finding("quarantined", "date unreadable", told)]
        days = reading.days
        order = column.order if column.order in days else next(iter(days))
        if len(days) > 1 and order != column.order:
            told = doubt(str(cell).strip(), reading) + ("" if column.order else column.told)
            return None, [_Finding("quarantined", "date ambiguous", told)]
        found = span(days[order], reading.precision or word)
        settled = column.told if len(days) > 1 else ""
        return found, list(self._mends(cell, reading, days[order], found, settled))

    def _mends(
        self, cell: object, reading: Reading, day: tuple[int, int, int], found: DateSpan, by: str
    ) -> Iterator[_Finding]:
        """Tell what was settled, completed or turned into a day."""
        _, month, number = day
        read_as = f"{shown(cell)} is read as {'-'.join(f'{p:02d}' for p in day if p)}"
        if by:
            first = next(order for order, one in reading.days.items() if one == day)
            yield _Finding(
                "fixed", "day or month first", f"{read_as}, the {first} first as in {by}"
            )
        elif reading.weekday >= 0 and "" not in reading.days and month != number <= 12:
            yield _Finding("fixed", "day or month first", f"{read_as}, as its weekday shows")
        if reading.number:
            yield _Finding("fixed", "date number", f"{read_as}, in {reading.number}")
        if reading.short_year:
            status = "ok" if self._given else "fixed"
            yield _Finding(status, "two-digit year", read_as)
        if reading.weekday >= 0 and found.start == found.end and found.start is not None:
            named, real = reading.weekday, found.start.weekday()
            if named != real:
                told = f"{shown(cell)} names a {calendar.day_name[named]}, {found.start} is a "
                yield _Finding("ok", "weekday", told + calendar.day_name[real])

    def _ordered(self, first: DateSpan, last: DateSpan, findings: list[_Finding]) -> _Verdict:
        if first.start is None and last.start is not None:
            told = f"the last, {last.start}, is taken for it"
            findings.append(_Finding("ok", "no first day", told))
            first = last
        if first.start is None or first.end is None:
            if any(finding.kind == "no date" for finding in findings):
                return _Verdict(findings=tuple(findings))
            empty = _Finding("ok", "no date", "the cell is empty")
            return _Verdict(findings=(*findings, empty))
        end = last.end or first.end
        if end < first.start:
            told = f"ends on {end}, before it starts on {first.start}"
            findings.append(_Finding("quarantined", "date order", told))
        elif first.start > self._as_of:
            told = f"{first.start} is after {self._as_of}"
            findings.append(_Finding("quarantined", "future date", told))
        return _Verdict(first.start, end, first.precision, tuple(findings))


def _tell(verdicts: Sequence[_Verdict], spellings: Spellings, ledger: Ledger) -> None:
    for number, verdict in enumerate(verdicts):
        for finding in verdict.findings:
            rows = spellings.rows(number)
            ledger.flag_all(rows, finding.kind, finding.told, status=finding.status)


def _note(
    verdicts: Sequence[_Verdict],
    numbers: IntArray,
    columns: Iterable[_Column],
    ledger: Ledger,
) -> None:
    """Tell of the whole table what was settled in many rows."""
    rows = np.bincount(numbers, minlength=len(verdicts))
    by_order = [
        any(f.kind == "day or month first" for f in verdict.findings) for verdict in verdicts
    ]
    settled = int(rows[np.array(by_order, dtype=bool)].sum())
    if settled:
        shows = dict.fromkeys(f"{c.order} first, as {c.told}" for c in columns if c.order)
        told = f": the {' and the '.join(shows)} shows" if shows else " by their weekday"
        ledger.note(f"day or month first was in doubt in {settled:,} rows, and is settled{told}")
    zoned = int(rows[np.array([verdict.zone for verdict in verdicts], dtype=bool)].sum())
    if zoned:
        ledger.note(f"a time zone stands in {zoned:,} rows: each date is the day as it is written")


def _note_exchanged(
    held: Spellings, read: Sequence[Reading], column: _Column, ledger: Ledger
) -> None:
    """Tell of a spreadsheet that made dates of what it could read in another order than was meant."""
    made = [
        reading.days[""][2]
        for cell, reading in zip(held.cells, read, strict=True)
        if isinstance(cell, dt.date) and reading.days
    ]
    if column.order and len(made) >= _ENOUGH and max(made) <= 12:
        ledger.note(
            f"texts have the {column.order} first, as {column.told}, and all that are dates of a "
            "spreadsheet lie in the first 12 days of a month: it may have exchanged day and month "
            "in those, compare some with their source"
        )


def as_timestamps(days: np.ndarray, index: pd.Index) -> pd.Series:
    """Turn days into the column of a table."""
    return pd.Series(days.astype("datetime64[s]"), index=index).astype("datetime64[ns]")
