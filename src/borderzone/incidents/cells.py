"""Single cells of an incident table: numbers with decimal commas, dates of any precision."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from typing import NamedTuple

import numpy as np

__all__ = ["DateSpan", "Number", "parse_date", "parse_number", "shown"]

_MISSING = {"", "na", "n/a", "nan", "nat", "none", "null", "-", "--", "?", "unknown", "<na>"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?\d*[,٫]\d+")
_MONTHS = {name.casefold(): i for i, name in enumerate(calendar.month_name) if name} | {
    name.casefold(): i for i, name in enumerate(calendar.month_abbr) if name
}
_DAY_FIRST, _MONTH_FIRST = "'%d/%m/%Y'", "'%m/%d/%Y'"
_YEARS = range(1800, 2200)


class Number(NamedTuple):
    """
    A number read from a cell.

    Attributes
    ----------
    value
        The number; NaN when missing or unreadable.
    state
        "ok", "comma" (decimal comma mended), "missing" or "bad".
    """

    value: float
    state: str


class DateSpan(NamedTuple):
    """
    First and last day that a date text may mean.

    Attributes
    ----------
    start
        First day; None when missing or unreadable.
    end
        Last day.
    precision
        "day", "week", "month", "year" or "".
    problem
        Why it cannot be read; empty when it can.
    """

    start: dt.date | None
    end: dt.date | None
    precision: str
    problem: str


def parse_number(cell: object) -> Number:
    """
    Read one cell as a number; a decimal comma is mended, nothing is guessed.

    Parameters
    ----------
    cell
        Text or number.

    Returns
    -------
    Number
        Value and how it was read.

    Examples
    --------
    >>> parse_number("34,37")
    Number(value=34.37, state='comma')
    >>> parse_number("34.37N").state
    'bad'
    """
    if is_missing(cell):
        return Number(math.nan, "missing")
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        value = float(cell)
        return Number(value, "ok") if math.isfinite(value) else Number(math.nan, "bad")
    text = str(cell).strip().replace("\u2212", "-")
    if _NUMBER.fullmatch(text):
        return Number(float(text), "ok")
    if _COMMA.fullmatch(text):
        return Number(float(re.sub("[,٫]", ".", text)), "comma")
    return Number(math.nan, "bad")


def parse_date(cell: object, date_format: str | None = None, precision: str = "") -> DateSpan:
    """
    Read one cell as the span of days that it may mean.

    Parameters
    ----------
    cell
        Text, date or number.
    date_format
        `strptime` format of dates like 03/04/2019, which have two readings;
        ISO dates and months as words need none.
    precision
        "week", "month" or "year" widens the span; empty takes it from the text.

    Returns
    -------
    DateSpan
        First and last day, precision, and the problem if there is one.

    Examples
    --------
    >>> span = parse_date("2019-07")
    >>> print(span.start, span.end, span.precision)
    2019-07-01 2019-07-31 month
    >>> parse_date("03/04/2019").problem
    "'03/04/2019' may be 3 April or 4 March: pass date_format='%d/%m/%Y' or '%m/%d/%Y'"
    """
    if is_missing(cell):
        return DateSpan(None, None, "", "")
    if isinstance(cell, dt.date):
        day = cell.date() if isinstance(cell, dt.datetime) else cell
        return _span(day.year, day.month, day.day, precision)
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        cell = int(cell)
    text = str(cell).strip()
    fields = _by_format(text, date_format) if date_format else _by_shape(text)
    if isinstance(fields, str):
        return DateSpan(None, None, "", fields)
    return _span(*fields, precision, text)


def is_missing(cell: object) -> bool:
    """
    Tell whether a cell holds nothing.

    Parameters
    ----------
    cell
        Text, number, date or a missing-value marker.

    Returns
    -------
    bool
        True for None, NaN, NaT, pandas' NA, and words such as "n/a".

    Examples
    --------
    >>> is_missing(" N/A "), is_missing(0)
    (True, False)
    """
    if cell is None or (isinstance(cell, (float, np.floating)) and math.isnan(cell)):
        return True
    return str(cell).strip().casefold() in _MISSING


def shown(cell: object) -> str:
    """
    Quote a cell for a message, cut to a readable length.

    Parameters
    ----------
    cell
        Any cell.

    Returns
    -------
    str
        Quoted text of at most 40 characters.

    Examples
    --------
    >>> shown(" 34.4 N")
    "'34.4 N'"
    """
    text = " ".join(str(cell).split())
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _by_format(text: str, date_format: str) -> tuple[int, int, int] | str:
    try:
        # Only the day is kept: a time zone has no say in it.
        day = dt.datetime.strptime(text, date_format)  # noqa: DTZ007
    except ValueError:
        fields = _by_iso(text) or _with_month_name(text)
        if isinstance(fields, tuple):
            return fields
        return f"{shown(text)} does not match date_format={date_format!r}"
    has_day = re.search("%[djxcDF]", date_format) is not None
    has_month = re.search("%[mbBjxcDF]", date_format) is not None
    return day.year, day.month if has_month else 0, day.day if has_day else 0


def _by_iso(text: str) -> tuple[int, int, int] | None:
    iso = re.fullmatch(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ][\d:.,+Z -]+)?)?)?", text)
    basic = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    found = iso or basic
    if not found:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    return year, month, day


def _by_shape(text: str) -> tuple[int, int, int] | str:
    iso = _by_iso(text)
    if iso:
        return iso
    numeric = re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[T ][\d:.,+Z -]+)?", text)
    if numeric:
        first, second, year = (int(part) for part in numeric.groups())
        return _day_or_month_first(first, second, year, text)
    return _with_month_name(text)


def _day_or_month_first(
    first: int, second: int, year: int, text: str
) -> tuple[int, int, int] | str:
    if first == second or second > 12:
        return year, first, second
    if first > 12:
        return year, second, first
    months = calendar.month_name
    return (
        f"{shown(text)} may be {first} {months[second]} or {second} {months[first]}: "
        f"pass date_format={_DAY_FIRST} or {_MONTH_FIRST}"
    )


def _with_month_name(text: str) -> tuple[int, int, int] | str:
    words = [word for word in re.split(r"[\s,./-]+", text) if word]
    month = next((_MONTHS[w.casefold()] for w in words if w.casefold() in _MONTHS), 0)
    years = [int(word) for word in words if re.fullmatch(r"\d{4}", word)]
    days = [int(m[1]) for word in words if (m := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word))]
    if month and len(years) == 1 and len(days) <= 1 and len(words) == 2 + len(days):
        return years[0], month, days[0] if days else 0
    return f"{shown(text)} is not a date that can be read: write it as 2019-07-21, 2019-07 or 2019"


def _span(year: int, month: int, day: int, precision: str, text: str = "") -> DateSpan:
    if precision == "year" or not month:
        precision, month, day = "year", month or 1, 1
    elif precision == "month" or not day:
        precision, day = "month", 1
    elif precision != "week":
        precision = "day"
    try:
        start = dt.date(year, month, day)
    except ValueError:
        return DateSpan(None, None, "", f"{shown(text)} is not a day of the calendar")
    if year not in _YEARS:
        return DateSpan(None, None, "", f"{shown(text or year)} is not a year from 1800 to 2199")
    return DateSpan(*_widen(start, precision), precision, "")


def _widen(day: dt.date, precision: str) -> tuple[dt.date, dt.date]:
    if precision == "year":
        return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
    if precision == "month":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=1), day.replace(day=last)
    if precision == "week":
        monday = day - dt.timedelta(days=day.weekday())
        return monday, monday + dt.timedelta(days=6)
    return day, day
