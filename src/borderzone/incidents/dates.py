"""Dates of a whole table: every spelling read once, doubts settled by what the column shows."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.date_cells import (
    FIRST_SERIAL,
    DateSpan,
    Reading,
    doubt,
    month_number,
    number_alone,
    read_cell,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from borderzone._typing import IntArray
    from borderzone.incidents.schema import Ledger

__all__ = ["PRECISIONS", "Dates", "as_timestamps", "read_dates"]

PRECISIONS = ("day", "week", "month", "year")
_PARTS = ("date", "date_end", "date_precision")
_NO_DAY = np.datetime64("NaT", "D")
_UNKNOWN = (0, 99, -9, -99)  # what stands for a month or day that is not known
_ENOUGH = 4  # by chance all would lie in the first 12 days of a month once in fifty times
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

    how: str  # "flag", "fix" or "quarantine"
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


_Cell = tuple[type, object]


def read_dates(
    cells: Mapping[str, list[object]],
    n_rows: int,
    ledger: Ledger,
    *,
    date_format: str | None,
    as_of: dt.date,
    day_zero: str | None = None,
) -> Dates:
    """
    Read the dates of a table, each different spelling once.

    Parameters
    ----------
    cells
        Cells by part: date, date_end, date_precision; without a date year, month and day, of
        which a month may be a name, and 0, 99, -9, -99 and nothing are not known. All may be missing.
    n_rows
        Number of rows.
    ledger
        Where findings go.
    date_format
        `strptime` format of dates that have two readings.
    as_of
        Last day that is not in the future.
    day_zero
        "1900" or "1904" for the cells of a spreadsheet, of which plain numbers count days since;
        None where they have to show it.

    Returns
    -------
    Dates
        Days and precisions.
    """
    if "date" not in cells and "year" in cells:
        cells = {**cells, "date": _dates_of_parts(cells)}
    if "date" not in cells:
        nothing = np.full(n_rows, _NO_DAY)
        return Dates(nothing, nothing.copy(), [""] * n_rows)
    blank: list[object] = [""] * n_rows
    numbers, spellings = _spellings([cells.get(part, blank) for part in _PARTS])
    read = {
        cell: read_cell(cell[1], date_format, as_of, since_1904=day_zero == "1904")
        for cell in dict.fromkeys(cell for one in spellings for cell in one[:2])
    }
    first_rows = np.unique(numbers, return_index=True)[1].tolist()
    columns = _columns(spellings, first_rows, read, as_of, counts_days=day_zero is not None)
    judge = _Judge(read, columns, as_of, given=date_format is not None)
    verdicts = [judge.of(spelling) for spelling in spellings]
    _tell(verdicts, numbers, ledger)
    _note(verdicts, numbers, columns, ledger)
    _note_exchanged(read, columns[0], ledger)
    start = np.array([v.start for v in verdicts], dtype="datetime64[D]")
    end = np.array([v.end for v in verdicts], dtype="datetime64[D]")
    precision = np.array([v.precision for v in verdicts], dtype=object)
    return Dates(start[numbers], end[numbers], precision[numbers].tolist())


def _dates_of_parts(cells: Mapping[str, list[object]]) -> list[object]:
    """Put ISO texts together as fine as is known; what cannot be read as the cells were, joined."""
    held = [part for part in ("year", "month", "day") if part in cells]
    known: dict[tuple[object, ...], object] = {}
    dates: list[object] = []
    for one in zip(*(map(_plain, cells[part]) for part in held), strict=True):
        if one not in known:
            known[one] = _iso_of(dict(zip(held, one, strict=True)))
        dates.append(known[one])
    return dates


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
        whole = int(number.value)
        return 0 if part != "year" and whole in _UNKNOWN else whole if whole >= 0 else None
    return (month_number(str(cell)) or None) if part == "month" else None


def _plain(cell: object) -> object:
    """One key for all that is missing: no two NaN are equal."""
    if isinstance(cell, str):
        return cell
    return "" if cell is None or cell is pd.NA or cell != cell else cell  # noqa: PLR0124


def _spellings(columns: list[list[object]]) -> tuple[IntArray, list[tuple[_Cell, _Cell, object]]]:
    """Give the number of its spelling to each row, and the spellings."""
    seen: dict[tuple[object, ...], int] = {}
    # The kind is part of the key: 2019 and 2019.0 and True are equal but not the same cell.
    numbers = [
        seen.setdefault((type(row[0]), row[0], type(row[1]), row[1], row[2]), len(seen))
        for row in zip(*(map(_plain, column) for column in columns), strict=True)
    ]
    spelled: list[Any] = [((key[0], key[1]), (key[2], key[3]), key[4]) for key in seen]
    return np.array(numbers, dtype=np.int64), spelled


def _columns(
    spellings: Sequence[tuple[_Cell, _Cell, object]],
    first_rows: Sequence[int],
    read: Mapping[_Cell, Reading],
    as_of: dt.date,
    *,
    counts_days: bool,
) -> tuple[_Column, _Column]:
    """Hear the cells of both columns; one that shows no order has that of the other."""
    first: tuple[dict[_Cell, int], dict[_Cell, int]] = ({}, {})
    for (start, end, _), row in zip(spellings, first_rows, strict=True):
        first[0].setdefault(start, row)
        first[1].setdefault(end, row)
    orders = [_order_of(rows, read) for rows in first]
    last = (pd.Timestamp(as_of) - _UNIX).days + FIRST_SERIAL
    cells = {cell for rows in first for cell in rows}
    counts_days = counts_days or all(_may_count_days(cell, read[cell], last) for cell in cells)
    return (
        _Column(*(orders[0] if orders[0][1] else orders[1]), counts_days),
        _Column(*(orders[1] if orders[1][1] else orders[0]), counts_days),
    )


def _order_of(first: Mapping[_Cell, int], read: Mapping[_Cell, Reading]) -> tuple[str, str]:
    """Tell which of day and month comes first, and which rows show it."""
    shows: dict[str, tuple[int, object]] = {}
    for cell, row in first.items():
        order = next(iter(read[cell].days), "") if len(read[cell].days) == 1 else ""
        if order:
            shows.setdefault(order, (row, cell[1]))
    if len(shows) < 2:
        return next(
            ((order, f"row {row + 1} ({shown(cell)})") for order, (row, cell) in shows.items()),
            ("", ""),
        )
    (one, (row, _)), *others = shows.items()
    told = f"row {row + 1} has the {one} first"
    told += "".join(f", row {row + 1} the {order}" for order, (row, _) in others)
    both = "both" if len(others) == 1 else "all these"
    return "", f" ({told}: {both} orders are in this column, mend it before the import)"


def _may_count_days(cell: _Cell, reading: Reading, last: int) -> bool:
    """Whether a cell does not speak against plain numbers being days of a spreadsheet up to the last."""
    number = parse_number(cell[1])
    is_date = any(day[2] for day in reading.days.values()) and reading.number[:4] != "days"
    return number.state != "ok" or is_date or FIRST_SERIAL <= number.value < last + 1


class _Judge:
    """
    Verdicts on spellings, once the columns are heard.

    Parameters
    ----------
    read
        Readings of cells.
    columns
        What the columns of date and end show.
    as_of
        Last day that is not in the future.
    given
        Whether the user gave a format.
    """

    def __init__(
        self,
        read: Mapping[_Cell, Reading],
        columns: tuple[_Column, _Column],
        as_of: dt.date,
        *,
        given: bool,
    ) -> None:
        self._read, self._columns, self._as_of, self._given = read, columns, as_of, given

    def of(self, spelling: tuple[_Cell, _Cell, object]) -> _Verdict:
        """Judge one spelling of date, end and precision."""
        findings: list[_Finding] = []
        word = str(spelling[2]).strip().casefold()
        if word not in PRECISIONS:
            if not is_missing(spelling[2]):
                told = (
                    f"{shown(spelling[2])} is none of {', '.join(PRECISIONS)}, taken from the date"
                )
                findings.append(_Finding("flag", "date precision", told))
            word = ""
        # Where the last day is told, the span is known and the word only says how well.
        words = (word if is_missing(spelling[1][1]) else "", "")
        spans = []
        for cell, column, given in zip(spelling[:2], self._columns, words, strict=True):
            one, found = self._span(cell, column, given)
            findings += found
            if one is None:
                return _Verdict(findings=tuple(findings))
            spans.append(one)
        first = spans[0]._replace(precision=word or spans[0].precision)
        zone = any(self._read[cell].zone for cell in spelling[:2])
        return self._ordered(first, spans[1], findings)._replace(zone=zone)

    def _span(
        self, cell: _Cell, column: _Column, word: str
    ) -> tuple[DateSpan | None, list[_Finding]]:
        """Give the span of a cell with what is told of it; None where it cannot be read."""
        reading = self._read[cell]
        if reading.problem:
            return None, [_Finding("quarantine", "date unreadable", reading.problem)]
        if not reading.days:
            return DateSpan(None, None, "", ""), []
        if reading.number.startswith("days") and not column.counts_days:
            year, month, day = reading.days[""]
            told = f"{number_alone(cell[1])} (as a day of a spreadsheet it would be "
            told += (
                f"{year}-{month:02d}-{day:02d}, but not all numbers of the column are such days)"
            )
            return None, [_Finding("quarantine", "date unreadable", told)]
        days = reading.days
        order = column.order if column.order in days else next(iter(days))
        if len(days) > 1 and order != column.order:
            told = doubt(str(cell[1]).strip(), reading) + ("" if column.order else column.told)
            return None, [_Finding("quarantine", "date ambiguous", told)]
        found = span(days[order], reading.precision or word)
        settled = column.told if len(days) > 1 else ""
        return found, list(self._mends(cell[1], reading, days[order], found, settled))

    def _mends(
        self, cell: object, reading: Reading, day: tuple[int, int, int], found: DateSpan, by: str
    ) -> Iterator[_Finding]:
        """Tell what was settled, completed or turned into a day."""
        _, month, number = day
        read_as = f"{shown(cell)} is read as {'-'.join(f'{p:02d}' for p in day if p)}"
        if by:
            first = next(order for order, one in reading.days.items() if one == day)
            yield _Finding("fix", "day or month first", f"{read_as}, the {first} first as in {by}")
        elif reading.weekday >= 0 and "" not in reading.days and month != number <= 12:
            yield _Finding("fix", "day or month first", f"{read_as}, as its weekday shows")
        if reading.number:
            yield _Finding("fix", "date number", f"{read_as}, in {reading.number}")
        if reading.short_year:
            how = "flag" if self._given else "fix"
            yield _Finding(how, "two-digit year", read_as)
        if reading.weekday >= 0 and found.start == found.end and found.start is not None:
            named, real = reading.weekday, found.start.weekday()
            if named != real:
                told = f"{shown(cell)} names a {calendar.day_name[named]}, {found.start} is a "
                yield _Finding("flag", "weekday", told + calendar.day_name[real])

    def _ordered(self, first: DateSpan, last: DateSpan, findings: list[_Finding]) -> _Verdict:
        if first.start is None or first.end is None:
            empty = _Finding("flag", "no date", "the cell is empty")
            return _Verdict(findings=(*findings, empty))
        end = last.end or first.end
        if end < first.start:
            told = f"ends on {end}, before it starts on {first.start}"
            findings.append(_Finding("quarantine", "date order", told))
        elif first.start > self._as_of:
            told = f"{first.start} is after {self._as_of}"
            findings.append(_Finding("quarantine", "future date", told))
        return _Verdict(first.start, end, first.precision, tuple(findings))


def _rows_by_number(numbers: IntArray, n: int) -> list[IntArray]:
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.cumsum(np.bincount(numbers, minlength=n))[:-1])


def _tell(verdicts: Sequence[_Verdict], numbers: IntArray, ledger: Ledger) -> None:
    ways = {"flag": ledger.flag, "fix": ledger.fix, "quarantine": ledger.quarantine}
    rows = _rows_by_number(numbers, len(verdicts))
    for verdict, where in zip(verdicts, rows, strict=True):
        for finding in verdict.findings:
            for row in where.tolist():
                ways[finding.how](row, finding.kind, finding.told)


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


def _note_exchanged(read: Mapping[_Cell, Reading], column: _Column, ledger: Ledger) -> None:
    """Tell of a spreadsheet that made dates of what it could read in another order than was meant."""
    made = [reading for cell, reading in read.items() if isinstance(cell[1], dt.date)]
    if (
        column.order
        and len(made) >= _ENOUGH
        and all(one.days[""][2] <= 12 for one in made if one.days)
    ):
        ledger.note(
            f"texts have the {column.order} first, as {column.told}, and all that are dates of a "
            "spreadsheet lie in the first 12 days of a month: it may have exchanged day and month "
            "in those, compare some with their source"
        )


def as_timestamps(days: np.ndarray, index: pd.Index) -> pd.Series:
    """
    Turn days into the column of a table.

    Parameters
    ----------
    days
        Days, ``datetime64[D]``.
    index
        Index of the table.

    Returns
    -------
    pandas.Series
        Time stamps at midnight, ``datetime64[ns]``.
    """
    return pd.Series(days.astype("datetime64[s]"), index=index).astype("datetime64[ns]")
