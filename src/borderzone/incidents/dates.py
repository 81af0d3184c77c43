"""Dates of a whole table: every spelling read once, doubts told with what the column shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import DateSpan, is_missing, parse_date, shown

if TYPE_CHECKING:
    import datetime as dt

    from borderzone._typing import IntArray
    from borderzone.incidents.schema import Ledger

__all__ = ["PRECISIONS", "Dates", "as_timestamps", "read_dates"]

PRECISIONS = ("day", "week", "month", "year")
_NUMERIC = re.compile(r"\s*(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{4}\b.*")
_NO_DAY = np.datetime64("NaT", "D")


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


class _Verdict(NamedTuple):
    """What one spelling of date, end and precision comes to."""

    start: dt.date | None
    end: dt.date | None
    precision: str
    flag: str
    kind: str
    problem: str


def read_dates(
    cells: dict[str, list[object]],
    n_rows: int,
    ledger: Ledger,
    *,
    date_format: str | None,
    as_of: dt.date,
) -> Dates:
    """
    Read the dates of a table, each different spelling once.

    Parameters
    ----------
    cells
        Cells by part: date, date_end, date_precision; the last two may be missing.
    n_rows
        Number of rows.
    ledger
        Where findings go.
    date_format
        `strptime` format of dates that have two readings.
    as_of
        Last day that is not in the future.

    Returns
    -------
    Dates
        Days and precisions.
    """
    if "date" not in cells:
        nothing = np.full(n_rows, _NO_DAY)
        return Dates(nothing, nothing.copy(), [""] * n_rows)
    blank: list[object] = [""] * n_rows
    columns = [cells.get(part, blank) for part in ("date", "date_end", "date_precision")]
    numbers, spellings = _spellings(columns)
    evidence = "" if date_format else _order_of(columns[0])
    verdicts = [_judge(spelling, date_format, as_of, evidence) for spelling in spellings]
    for number, verdict in enumerate(verdicts):
        if verdict.flag or verdict.kind:
            _tell(verdict, np.flatnonzero(numbers == number), ledger)
    start = np.array([v.start for v in verdicts], dtype="datetime64[D]")
    end = np.array([v.end for v in verdicts], dtype="datetime64[D]")
    precision = np.array([v.precision for v in verdicts], dtype=object)
    return Dates(start[numbers], end[numbers], precision[numbers].tolist())


def _spellings(columns: list[list[object]]) -> tuple[IntArray, list[tuple[object, ...]]]:
    """Give the number of its spelling to each row, and the spellings."""
    seen: dict[tuple[object, ...], int] = {}
    # The kind is part of the key: 2019 and 2019.0 and True are equal but not the same cell.
    numbers = [
        seen.setdefault((*row, type(row[0]), type(row[1])), len(seen))
        for row in zip(*columns, strict=True)
    ]
    return np.array(numbers, dtype=np.int64), [key[:3] for key in seen]


def _judge(
    cells: tuple[object, ...], date_format: str | None, as_of: dt.date, evidence: str
) -> _Verdict:
    flag = word = ""
    if not is_missing(cells[2]):
        word = str(cells[2]).strip().casefold()
        if word not in PRECISIONS:
            flag = f"{shown(cells[2])} is none of {', '.join(PRECISIONS)}; taken from the date"
            word = ""
    # Where the last day is told, the span is known and the word only says how well.
    first = parse_date(cells[0], date_format, word if is_missing(cells[1]) else "")
    last = parse_date(cells[1], date_format)
    for span in (first, last):
        if span.problem:
            ambiguous = " may be " in span.problem
            told = f"{span.problem}{evidence}" if ambiguous else span.problem
            kind = "date ambiguous" if ambiguous else "date unreadable"
            return _Verdict(None, None, "", flag, kind, told)
    return _ordered(first._replace(precision=word or first.precision), last, flag, as_of)


def _ordered(first: DateSpan, last: DateSpan, flag: str, as_of: dt.date) -> _Verdict:
    if first.start is None or first.end is None:
        return _Verdict(None, None, "", flag, "no date", "the cell is empty")
    end = last.end or first.end
    kind = problem = ""
    if end < first.start:
        kind, problem = "date order", f"ends on {end}, before it starts on {first.start}"
    elif first.start > as_of:
        kind, problem = "future date", f"{first.start} is after {as_of}"
    return _Verdict(first.start, end, first.precision, flag, kind, problem)


def _tell(verdict: _Verdict, rows: IntArray, ledger: Ledger) -> None:
    for row in rows.tolist():
        if verdict.flag:
            ledger.flag(row, "date precision", verdict.flag)
        if verdict.kind == "no date":
            ledger.flag(row, verdict.kind, verdict.problem)
        elif verdict.kind:
            ledger.quarantine(row, verdict.kind, verdict.problem)


def _order_of(cells: list[object]) -> str:
    """Which rows show that the day, or the month, comes first."""
    first: dict[str, int] = {}
    for cell, row in _first_rows(cells).items():
        match = _NUMERIC.fullmatch(cell)
        if match:
            a, b = int(match[1]), int(match[2])
            order = "day" if a > 12 >= b else "month" if b > 12 >= a else ""
            if order and order not in first:
                first[order] = row
    if len(first) == 2:
        return (
            f" (row {first['day'] + 1} has the day first, row {first['month'] + 1} the month: "
            "both orders are in this column, mend it before the import)"
        )
    return "".join(f" (row {row + 1} has the {order} first)" for order, row in first.items())


def _first_rows(cells: list[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row, cell in enumerate(cells):
        if isinstance(cell, str):
            found.setdefault(cell, row)
    return found


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
