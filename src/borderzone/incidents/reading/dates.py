"""Dates of a table: every spelling read once, doubts settled by what the column shows."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.option_list import option
from borderzone.incidents.table_schema import Spellings, is_missing, parse_number, quoted, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from borderzone._typing import IntArray
    from borderzone.incidents.table_schema import Ledger

__all__ = [
    "FIRST_SERIAL",
    "PRECISIONS",
    "DateReading",
    "DateSpan",
    "Dates",
    "as_timestamps",
    "dates_of_parts",
    "is_day_zero",
    "month_number",
    "parse_date",
    "read_cell",
    "read_dates",
    "span",
]


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
    read: Sequence[Sequence[DateReading]],
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


def _order_of(column: Spellings, read: Sequence[DateReading]) -> tuple[str, str]:
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
        return order, f"row {row + 1} ({quoted(column.cells[column.numbers[row]])})"
    return "", ""


def _may_count_days(cell: object, reading: DateReading, newest: int) -> bool:
    """Whether a cell does not speak against plain numbers being days of a spreadsheet."""
    number = parse_number(cell)
    is_date = any(day[2] for day in reading.days.values()) and reading.number[:4] != "days"
    return number.state != "ok" or is_date or FIRST_SERIAL <= number.value < newest + 1


class _Judge:
    """Verdicts on spellings, once the columns are heard."""

    def __init__(
        self,
        held: Sequence[Spellings],
        read: Sequence[Sequence[DateReading]],
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
                told = f"{quoted(cell)} is none of {', '.join(PRECISIONS)}, taken from the date"
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
        self, cell: object, reading: DateReading, column: _Column, word: str
    ) -> tuple[DateSpan | None, list[_Finding]]:
        """Give the span of a cell with what is told of it; None where it cannot be read."""
        if is_day_zero(cell):
            told = f"{quoted(cell)} is what a spreadsheet or a database shows for no date"
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
        self,
        cell: object,
        reading: DateReading,
        day: tuple[int, int, int],
        found: DateSpan,
        by: str,
    ) -> Iterator[_Finding]:
        """Tell what was settled, completed or turned into a day."""
        _, month, number = day
        read_as = f"{quoted(cell)} is read as {'-'.join(f'{p:02d}' for p in day if p)}"
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
                told = f"{quoted(cell)} names a {calendar.day_name[named]}, {found.start} is a "
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
    held: Spellings, read: Sequence[DateReading], column: _Column, ledger: Ledger
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


Day = tuple[int, int, int]
"""Year, month and day; a month or day of 0 is unknown."""

FIRST_SERIAL = 25_569
"""Day number of 1970 in a spreadsheet; smaller plain numbers of a text are no days."""

_YEARS = range(1800, 2200)
_HIJRI = range(1300, 1500)  # years of the lunar and the solar calendar of the last centuries
_SHORT_FROM = 1970  # where two digits may be a year or a day, one before it is not meant
_ZERO_1900, _ZERO_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
_SERIALS = range(10_000, 110_000)
_UNITS = (
    ("seconds", 9, 10),
    ("milliseconds", 12, 13),
    ("microseconds", 15, 16),
    ("nanoseconds", 18, 19),
)

_OF_ISO = r"(?:[T ]+\d{1,2}(?::?\d{2}){0,2}(?:[.,]\d+)?)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?"
_ISO = re.compile(rf"(\d{{4}})(?:[-/. ](\d{{1,2}})(?:[-/. ](\d{{1,2}}){_OF_ISO})?)?")
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4}(?:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})(?:-?([1-7]))?")
_NUMBER = re.compile(r"(\d+)(\.\d+)?")
_NUMERIC = re.compile(r"(\d{1,2})\s*([-/. ])\s*(\d{1,2})\s*([-/. ])\s*(\d{4}|\d{2})")
_MONTH_OF = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_GROUP = re.compile(r"(\d{2})\s?\d{4}\s?[a-z]\s?([a-z]{3})\s?(\d{4}|\d{2})")
# Day 0 as Excel shows it, and as others do.
_DAY_ZERO = re.compile(
    r"(?:1900[-/.]0?1[-/.]00?|00?[-/.](?:0?1|jan)[-/.](?:19)?00|0?1[-/.]00?[-/.](?:19)?00"
    r"|1899[-/.]12[-/.]3[01]|30[-/.](?:12|dec)[-/.]1899|12[-/.]30[-/.]1899"
    r")(?:[T ]0?0:00(?::00(?:\.0+)?)?)?",
    re.IGNORECASE,
)
_APOSTROPHE = re.compile(r"(?<!\w)['\u2019](\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_AROUND = re.compile(r"[\s,./()_-]*")

_CLOCK = (
    r"(?:\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*(?:[ap]\.?\s?m\b\.?|[صم](?!\w)))?"
    r"|\d{1,2}\s*[ap]\.?m\b\.?|\d{1,2}\.\d{2}(?=\s*uhr))"
)
_ZONE = r"(z|utc|gmt|[ecmp][sd]t|ce[s]?t|ee[s]?t|ast|msk|trt)?\s*([+-]\d{1,2}(?::?\d{2})?)?"
_TIME = re.compile(
    rf"(?:^|[t,]\s*|\s+(?:at\s+|um\s+)?){_CLOCK}(?:\s*-\s*{_CLOCK})?\s*(?:hrs?\b|uhr\b|local\b)?"
    rf"\s*{_ZONE}(?![\w:])(?:\s*[\[(][^\])]*[\])])?",
    re.IGNORECASE,
)
_CLOCK_HOURS = re.compile(
    r"(?:(?<=\d{4})[\st]+\d{4}\s*(?:hrs?|(z|utc))?|\s\d{4}\s*(?:hrs?|(z|utc)))$", re.IGNORECASE
)

_MONTH_WORDS = (
    "january jan januar janner janvier janv enero ene ocak oca يناير",
    "february feb februar fevrier fevr fev febrero subat sub فبراير شباط",
    "march mar marz maerz mrz mars marzo mart مارس اذار",
    "april apr avril avr abril abr nisan nis ابريل نيسان",
    "may mai mayo mayis مايو ايار",
    "june jun juni juin junio haziran haz يونيو حزيران",
    "july jul juli juillet juil julio temmuz tem يوليو تموز",
    "august aug aout agosto ago agustos agu اغسطس اب",
    "september sep sept septembre septiembre setiembre eylul eyl سبتمبر ايلول",
    "october oct oktober okt octobre octubre ekim eki اكتوبر",
    "november nov novembre noviembre kasim kas نوفمبر",
    "december dec dezember dez decembre diciembre dic aralik ara ديسمبر",
)
# Two words each in the Arabic of Syria and Iraq.
_PHRASES = {
    "كانون الثاني": "january",
    "تشرين الاول": "october",
    "تشرين الثاني": "november",
    "كانون الاول": "december",
}
_WEEKDAY_WORDS = (
    "monday mon montag mo lundi lunes pazartesi الاثنين",
    "tuesday tue tues dienstag di mardi martes sali الثلاثاء",
    "wednesday wed weds mittwoch mi mercredi miercoles carsamba الاربعاء",
    "thursday thu thur thurs donnerstag do jeudi jueves persembe الخميس",
    "friday fri freitag fr vendredi viernes cuma الجمعة",
    "saturday sat samstag sonnabend sa samedi sabado cumartesi السبت",
    "sunday sun sonntag so dimanche domingo pazar الاحد",
)


def _numbered(words: Iterable[str], start: int) -> dict[str, int]:
    return {word: i for i, line in enumerate(words, start) for word in line.split()}


_MONTHS, _WEEKDAYS = _numbered(_MONTH_WORDS, 1), _numbered(_WEEKDAY_WORDS, 0)
_FILLERS = frozenset(["of", "the", "on", "de", "del", "le", "den", "st", "nd", "rd", "th", "er"])
# Dashes of all kinds, marks that only turn the writing direction, the comma of Arabic.
_LETTERS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u200b\u200e\u200f\u061c\ufeff", "")
    | {"\u0131": "i", "\u060c": ","}
)


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


class DateReading(NamedTuple):
    """
    What one cell may mean, before the other cells of its column are heard.

    Attributes
    ----------
    days
        Day by what comes first, "day", "month" or "year"; under "" where there is one reading.
    precision
        "week" where the cell names one.
    weekday
        Weekday that the cell names, 0 for Monday; -1 for none.
    zone
        Whether the cell names a time zone.
    short_year
        Whether its year has two digits.
    number
        What the cell counts, in words, where it is a plain number.
    problem
        Why it cannot be read.
    """

    days: Mapping[str, Day] = MappingProxyType({})
    precision: str = ""
    weekday: int = -1
    zone: bool = False
    short_year: bool = False
    number: str = ""
    problem: str = ""


def parse_date(cell: object, date_format: str | None = None, precision: str = "") -> DateSpan:
    """Read one cell alone as the span of days that it may mean."""
    reading = read_cell(cell, date_format, dt.datetime.now(dt.UTC).date())
    problem = reading.problem
    if len(reading.days) > 1:
        problem = doubt(str(cell).strip(), reading)
    elif reading.number and not problem:
        problem = number_alone(cell)
    if problem or not reading.days:
        return DateSpan(None, None, "", problem)
    return span(next(iter(reading.days.values())), reading.precision or precision)


def read_cell(
    cell: object, date_format: str | None, as_of: dt.date, *, since_1904: bool = False
) -> DateReading:
    """Tell every reading of one cell."""
    if is_missing(cell):
        return DateReading()
    if is_day_zero(cell):
        return DateReading()
    if isinstance(cell, dt.date):
        zone = isinstance(cell, dt.datetime) and cell.tzinfo is not None
        return _checked({"": (cell.year, cell.month, cell.day)}, str(cell), zone=zone)
    text = _as_text(cell)
    if date_format:
        found = _by_format(text, date_format, as_of)
        return found or _beside_format(text, date_format, as_of, since_1904=since_1904)
    # 2019.5 as a number is no May.
    is_fraction = isinstance(cell, (float, np.floating)) and "." in text
    return (
        (None if is_fraction else _by_iso(text))
        or _by_number(text, since_1904=since_1904)
        or _by_place(text, as_of)
        or _by_name(text, as_of)
        or _unreadable(text)
    )


def is_day_zero(cell: object) -> bool:
    """Tell whether a cell shows the day that a spreadsheet or a database shows for nothing."""
    if isinstance(cell, dt.date):
        return (cell.year, cell.month, cell.day) in ((1899, 12, 30), (1899, 12, 31))
    return isinstance(cell, str) and bool(_DAY_ZERO.fullmatch(trimmed(cell).removeprefix("'")))


def _as_text(cell: object) -> str:
    if isinstance(cell, (float, np.floating)):
        # 2019.0 is 2019.
        return str(int(cell)) if float(cell).is_integer() else f"{cell:f}"
    return trimmed(cell).removeprefix("'")


def _beside_format(text: str, date_format: str, as_of: dt.date, *, since_1904: bool) -> DateReading:
    """Read what has one reading, whatever the format says of the others."""
    found = _by_iso(text) or _by_number(text, since_1904=since_1904) or _by_name(text, as_of)
    if found and "" in found.days:
        return found
    return DateReading(problem=f"{quoted(text)} does not match date_format={date_format!r}")


def doubt(text: str, reading: DateReading) -> str:
    """Say between which days a cell leaves the choice, and which option makes it."""
    years = {day[0] for day in reading.days.values()}
    days = [
        f"{day} {calendar.month_name[month]}{f' {year}' if len(years) > 1 else ''}"
        for year, month, day in dict.fromkeys(reading.days.values())
    ]
    clear = _without_time(_folded(text))[0]
    match = _NUMERIC.search(clear)
    one, two = (match[2], match[4]) if match else ("/", "/")
    year = "%y" if reading.short_year else "%Y"
    formats = {
        "day": f"%d{one}%m{two}{year}",
        "month": f"%m{one}%d{two}{year}",
        "year": f"{year}{one}%m{two}%d",
    }
    ways = " or ".join(option("date_format", formats[order]) for order in reading.days)
    return f"{quoted(text)} may be {' or '.join(days)}: pass {ways}"


def number_alone(cell: object) -> str:
    """Say that a plain number is no date by itself."""
    return f"{quoted(cell)} is a plain number, which may count anything: write it as 2019-07-21"


def span(day: Day, precision: str) -> DateSpan:
    """Widen a day to the span that its precision leaves."""
    year, month, number = day
    if precision == "year" or not month:
        return DateSpan(dt.date(year, 1, 1), dt.date(year, 12, 31), "year", "")
    if precision == "month" or not number:
        last = calendar.monthrange(year, month)[1]
        return DateSpan(dt.date(year, month, 1), dt.date(year, month, last), "month", "")
    one = dt.date(year, month, number)
    if precision == "week":
        monday = one - dt.timedelta(days=one.weekday())
        return DateSpan(monday, monday + dt.timedelta(days=6), "week", "")
    return DateSpan(one, one, "day", "")


def month_number(word: str) -> int:
    """Give the number of a month by its name."""
    folded = _folded(word).strip(" .")
    return _MONTHS.get(_PHRASES.get(folded, folded), 0)


def _unreadable(text: str) -> DateReading:
    if _NUMBER.fullmatch(text):
        return DateReading(problem=number_alone(text))
    way = option("date_format", "%d/%m/%Y")
    return DateReading(
        problem=f"{quoted(text)} is not a date that can be read: write it as 2019-07-21, 2019-07 or "
        f"2019, or say how it is written, as in {way}"
    )


def _checked(  # noqa: PLR0913 - what a spelling tells beside the day
    days: Mapping[str, Day],
    text: str,
    *,
    precision: str = "",
    weekday: int = -1,
    zone: bool = False,
    short_year: bool = False,
    number: str = "",
) -> DateReading:
    """Keep the days of the calendar; none of them, or none of our years, is a problem."""
    real = {order: day for order, day in days.items() if _is_day(*day)}
    if not real:
        return DateReading(problem=f"{quoted(text)} is not a day of the calendar")
    years = {day[0] for day in real.values()}
    if not all(year in _YEARS for year in years):
        told = f"{quoted(text)} is not a year from 1800 to 2199"
        if all(year in _HIJRI for year in years):
            told += " (of a Hijri calendar? turn it into a date of the common one)"
        return DateReading(problem=told)
    if weekday >= 0 and len(real) > 1:
        fit = {order: day for order, day in real.items() if dt.date(*day).weekday() == weekday}
        real = fit or real
    return DateReading(real, precision, weekday, zone, short_year, number)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month or 1, (day or 1) if month else 1)
    except ValueError:
        return False
    return True


def _full_year(short: int, as_of: dt.date) -> int:
    """Never after the year of `as_of`: 99 is 1999."""
    century = as_of.year // 100 * 100
    return century + short if century + short <= as_of.year else century - 100 + short


def _folded(text: str) -> str:
    """Small letters without accents, plain digits and dashes."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in plain
        if not unicodedata.combining(letter)
    ).translate(_LETTERS)


def _by_format(text: str, date_format: str, as_of: dt.date) -> DateReading | None:
    for part in dict.fromkeys((text, _without_time(text)[0])):
        try:
            day = dt.datetime.strptime(part, date_format)  # noqa: DTZ007 - only the day is kept
        except ValueError:
            continue
        has_day = re.search("%[djxc]", date_format) is not None
        has_day |= all(re.search(of, date_format) for of in ("%[UWV]", "%[waAu]"))
        has_month = has_day or re.search("%[mbB]", date_format) is not None
        short = re.search("%[yDx]", date_format) is not None
        year = _full_year(day.year % 100, as_of) if short else day.year
        found = (year, day.month if has_month else 0, day.day if has_day else 0)
        zone = day.tzinfo is not None
        return _checked({"": found}, text, zone=zone, short_year=short)
    return None


def _by_iso(text: str) -> DateReading | None:
    found = _ISO.fullmatch(text) or _BASIC.fullmatch(text)
    if found:
        year, month, day = (int(part or 0) for part in found.groups()[:3])
        is_whole = year in _YEARS and month and day and _is_day(year, month, day)
        if len(text) > 8 and text.isdecimal() and not is_whole:
            return None  # it may count milliseconds
        return _checked({"": (year, month, day)}, text, zone=bool(found[4]))
    week = _WEEK.fullmatch(text)
    if not week:
        return None
    try:
        one = dt.date.fromisocalendar(int(week[1]), int(week[2]), int(week[3] or 1))
    except ValueError:
        return DateReading(problem=f"{quoted(text)} is not a week of the calendar")
    return _checked({"": (one.year, one.month, one.day)}, text, precision="" if week[3] else "week")


def _by_number(text: str, *, since_1904: bool) -> DateReading | None:
    """Days of a spreadsheet, or the time since 1970 in one of four units."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    whole = int(match[1]) if len(match[1]) < 20 else 0
    if whole in _SERIALS:
        one = (_ZERO_1904 if since_1904 else _ZERO_1900) + dt.timedelta(days=whole)
        number = f"days of a spreadsheet that counts from {'1904' if since_1904 else '1900'}"
        return _checked({"": (one.year, one.month, one.day)}, text, number=number)
    for power, (unit, *digits) in enumerate(_UNITS):
        if len(match[1]) in digits and whole:
            days = whole // (86_400 * 1_000**power)
            one = dt.date(1970, 1, 1) + dt.timedelta(days=days)
            number = f"{unit} since 1970 (UTC)"
            return _checked({"": (one.year, one.month, one.day)}, text, number=number)
    return None


def _without_time(text: str) -> tuple[str, bool]:
    """Take hours and time zone off; tell whether there was a zone."""
    found = _TIME.search(text) or _CLOCK_HOURS.search(text)
    if not found:
        return text, False
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip(" ,")
    return rest, any(found.groups())


def _by_place(text: str, as_of: dt.date) -> DateReading | None:
    """Three numbers of which the place says what each is, and there are two or three customs."""
    clear, zone = _without_time(_folded(text))
    weekday, clear = _without_weekday(clear)
    clear = clear.strip(" ,")
    month_of = _MONTH_OF.fullmatch(clear)
    if month_of:
        return _checked({"": (int(month_of[2]), int(month_of[1]), 0)}, text)
    match = _NUMERIC.fullmatch(clear)
    if not match:
        iso = _by_iso(clear) if clear != text else None
        return iso and iso._replace(zone=zone or iso.zone, weekday=weekday)
    one, two, last = int(match[1]), int(match[3]), int(match[5])
    short = len(match[5]) == 2
    year = _full_year(last, as_of) if short else last
    days = {"day": (year, two, one), "month": (year, one, two)}
    if short and match[2] == match[4] == "-" and len(match[1]) == 2:
        days["year"] = (_full_year(one, as_of), two, last)
    real = {order: day for order, day in days.items() if _is_day(*day) and day[1] and day[2]}
    late = {order: day for order, day in real.items() if day[0] >= _SHORT_FROM}
    real = late if short and late else real
    if len(set(real.values())) == 1 and len(real) > 1:
        real = {"": next(iter(real.values()))}
    return _checked(real, text, weekday=weekday, zone=zone, short_year=short)


def _without_weekday(text: str) -> tuple[int, str]:
    """Take off the name of a weekday; another word that is none of a month stays."""
    for match in _WORD.finditer(text):
        if match[0] in _WEEKDAYS:
            rest = text[: match.start()] + text[match.end() :].lstrip(".,")
            return _WEEKDAYS[match[0]], rest.strip(" ,")
    return -1, text


def _by_name(text: str, as_of: dt.date) -> DateReading | None:
    folded = _folded(text)
    group = _GROUP.fullmatch(folded)
    if group and group[2] in _MONTHS:
        folded, zone = " ".join(group.groups()), True
    else:
        folded, zone = _without_time(folded)
    weekday, folded = _without_weekday(folded)
    for phrase, word in _PHRASES.items():
        folded = folded.replace(phrase, word)
    marked = _APOSTROPHE.search(folded)
    if marked:
        folded = _APOSTROPHE.sub(str(_full_year(int(marked[1]), as_of)), folded, count=1)
    words = [word for word in _WORD.findall(folded) if word not in _FILLERS]
    names = [i for i, word in enumerate(words) if word in _MONTHS]
    if len(names) != 1 or not _AROUND.fullmatch(_WORD.sub("", folded)):
        return None
    month, numbers = _MONTHS[words[names[0]]], [w for w in words if w.isdecimal()]
    if len(numbers) != len(words) - 1 or names[0] == 2:
        return None
    found = _day_and_year(numbers, as_of)
    if found is None:
        return _no_year(text, numbers, month, month_first=names[0] == 0, as_of=as_of)
    year, day, short = found
    short = short or bool(marked)
    return _checked({"": (year, month, day)}, text, weekday=weekday, zone=zone, short_year=short)


def _day_and_year(numbers: list[str], as_of: dt.date) -> tuple[int, int, bool] | None:
    """Year, day and whether the year has two digits, of the numbers beside a month."""
    long = [number for number in numbers if len(number) == 4]
    short = [number for number in numbers if len(number) <= 2]
    if len(long) == 1 and len(short) == len(numbers) - 1 <= 1:
        # A day of 0 is one that is not known.
        return int(long[0]), int(short[0]) if short else 0, False
    if len(short) == len(numbers) == 2:
        day, year = short if int(short[0]) <= 31 else short[::-1]
        if len(year) == 2:
            return _full_year(int(year), as_of), int(day), True
    return None


def _no_year(
    text: str, numbers: list[str], month: int, *, month_first: bool, as_of: dt.date
) -> DateReading | None:
    """One short number beside a month: a spreadsheet shows both months and days so."""
    if len(numbers) != 1 or len(numbers[0]) > 2:
        return None
    number, name = int(numbers[0]), calendar.month_name[month]
    told = f"{quoted(text)} may be {number} {name} of a year that it does not tell"
    if month_first and len(numbers[0]) == 2:
        year = _full_year(number, as_of)
        if number > 31:
            return _checked({"": (year, month, 0)}, text, short_year=True)
        told += f" or {name} {year}: pass {option('date_format', '%b-%y')} for the latter"
    return DateReading(problem=told)
