"""How a table of incidents is read where only the user can say it: one record, refused at birth."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from borderzone._guards import (
    as_box,
    as_day,
    check_flag,
    check_text,
    guarded,
    is_whole,
    meant,
    shown,
)
from borderzone.errors import InvalidParameterError
from borderzone.incidents.option_list import READ_OPTIONS, ReadOption, option
from borderzone.incidents.reading.aliases import ALIASES, refuse_other_part
from borderzone.incidents.reading.columns import as_horizontal
from borderzone.incidents.sharing.terms_of_use import check_terms
from borderzone.incidents.table_coverage import check_coverage
from borderzone.incidents.table_schema import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ReadOptions"]

# What is said of a table as it is: cells and positions are judged as without it.
_OF_THE_WHOLE = ("countries", "period", "accessed", "terms")


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """
    How a table of incidents is to be read: what only its user knows.

    A study file says the same under ``[incidents]``, and ``borderzone check`` in options of the
    same names. What is left out `read` finds by itself.

    Attributes
    ----------
    format
        Layout that must be there ("acled", "ucdp", "gtd", "borderzone"), or how
        the file is written ("csv", "excel", "vector").
    columns
        Part to column for names that the alias table does not know, for
        example ``{"lat": "Breite"}``.
    date_format
        `strptime` format of the dates, for example "%d/%m/%Y".
    fix_swapped
        Swap latitude and longitude where they look swapped; not where it is left out.
    bbox
        Where positions are expected: west, south, east, north. Units: degrees.
    as_of
        Last day that is not in the future; None for today (UTC).
    encoding
        Encoding of a text file; None to find it, which is told.
    sheet, layer
        Sheet of a spreadsheet or layer of a file of layers, two words for one thing; None for
        the only one with positions.
    crs
        CRS of coordinates that are not degrees of WGS84, for example "EPSG:32637"; x goes before y.
    countries
        Countries that the table covers, by name or ISO code; None for those it names. Rates are
        over their ground alone.
    period
        First and last day that the table covers, as dates or ISO texts; None for those of its rows.
    accessed
        Day on which the data were fetched, for the citation; None for that in
        the record which `borderzone fetch ucdp` leaves beside a file.
    terms
        "mine" says that rows of unknown terms are yours to pass on; without it
        only counts of them leave in public. A table in memory keeps the word.
    known
        What each option takes and is for, by name, in the order in which `read` takes them.

    Raises
    ------
    InvalidParameterError
        If an option is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> weekly = ReadOptions(columns={"lat": "Nord", "lon": "Ost"}, fix_swapped=True)
    >>> read(pd.DataFrame({"Nord": [34.4], "Ost": [41.1]}), options=weekly)[["lat", "lon"]]
        lat   lon
    0  34.4  41.1
    """

    known: ClassVar[Mapping[str, ReadOption]] = READ_OPTIONS

    format: str | None = None
    columns: Mapping[str, str] | None = None
    date_format: str | None = None
    fix_swapped: bool | None = None
    bbox: Sequence[float] | None = None
    as_of: dt.date | None = None
    encoding: str | None = None
    sheet: str | None = None
    layer: str | None = None
    crs: Any = None
    countries: str | Sequence[str] | None = None
    period: tuple[Any, Any] | None = None
    accessed: dt.date | None = None
    terms: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before any time is spent on reading."""
        if self.fix_swapped is not None:
            check_flag(self.fix_swapped, "fix_swapped")
        as_of, accessed = (cast("Any", day) for day in (self.as_of, self.accessed))
        if as_of is not None and not (
            isinstance(as_of, dt.date) and not isinstance(as_of, dt.datetime)
        ):
            msg = f"as_of must be a datetime.date without a time, got {quoted(as_of)}"
            raise InvalidParameterError(msg)
        if self.date_format is not None:
            _check_date_format(self.date_format)
        if self.bbox is not None:
            as_box(self.bbox, "bbox")
        as_horizontal(self.crs)
        if accessed is not None and not isinstance(accessed, dt.date):
            msg = f"accessed must be a datetime.date, got {accessed!r}"
            raise InvalidParameterError(msg)
        check_terms(self.terms)
        check_coverage(self.countries, self.period)

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> ReadOptions:
        """
        Take options as a study file or the command line states them.

        Parameters
        ----------
        stated
            Values by the names of the options; days may be text, and a CRS a number.

        Returns
        -------
        ReadOptions
            The options.

        Raises
        ------
        InvalidParameterError
            If there is no such option, or a value is impossible.

        Examples
        --------
        >>> ReadOptions.of({"as_of": "2026-11-02", "crs": 32638}).stated()
        {'as_of': datetime.date(2026, 11, 2), 'crs': 32638}
        """
        unknown = [str(name) for name in stated if name not in READ_OPTIONS]
        if unknown:
            msg = (
                f"incidents have no {shown(unknown[0])}; what is told of them is path, "
                f"{', '.join(READ_OPTIONS)}{meant(unknown[0], READ_OPTIONS)}"
            )
            raise InvalidParameterError(msg)
        found = {
            name: _KINDS[one.kind](stated[name], name)
            for name, one in READ_OPTIONS.items()
            if stated.get(name) is not None
        }
        return cls(**found)

    @staticmethod
    def named_columns(texts: Iterable[str]) -> dict[str, str]:
        """
        Read which column is what from words of the command line.

        Parameters
        ----------
        texts
            Words such as ``"lat=Breite"``, several in one with commas between them.

        Returns
        -------
        dict[str, str]
            Part to column.

        Raises
        ------
        InvalidParameterError
            If a word names no part or no column, or a part comes twice.

        Examples
        --------
        >>> ReadOptions.named_columns(["lat=Breite,lon=Länge"])
        {'lat': 'Breite', 'lon': 'Länge'}
        """
        # A comma parts two only where the name of a part follows: names of columns hold commas too.
        another = re.compile(rf"\s*,\s*(?=(?:{'|'.join(ALIASES)})=)")
        found: dict[str, str] = {}
        for text in (piece for words in texts for piece in another.split(words)):
            part, equals, column = text.partition("=")
            part = part.strip()
            if not equals or not part or not column.strip() or part in found:
                why = " a second time" if part in found else ""
                msg = f"columns are told as {option('columns', {'lat': 'Breite'})}, got {shown(text)}{why}"
                raise InvalidParameterError(msg)
            found[part] = column
        return found

    def stated(self) -> dict[str, Any]:
        """
        Give the options that are stated.

        Returns
        -------
        dict[str, Any]
            Values by the names of the options; those left out are not there.

        Examples
        --------
        >>> ReadOptions(crs="EPSG:32637").stated()
        {'crs': 'EPSG:32637'}
        """
        values = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: value for name, value in values if value is not None}

    def beside(self, **said: Any) -> ReadOptions:
        """
        Give these options with what is said beside them; what is said twice must be the same.

        Parameters
        ----------
        **said
            Values by the names of the options; None says nothing.

        Returns
        -------
        ReadOptions
            All that is said.

        Raises
        ------
        InvalidParameterError
            If an option is said twice with two values, or is impossible.

        Examples
        --------
        >>> ReadOptions(terms="mine").beside(crs="EPSG:32637", terms=None).stated()
        {'crs': 'EPSG:32637', 'terms': 'mine'}
        """
        stated, more = self.stated(), {n: one for n, one in said.items() if one is not None}
        for name in (name for name in more if name in stated and stated[name] != more[name]):
            msg = (
                f"{name} is said twice, as {shown(more[name])} and in options as "
                f"{shown(stated[name])}: say it once"
            )
            raise InvalidParameterError(msg)
        return replace(self, **more)

    @property
    def judge(self) -> bool:
        """
        Whether something asks for a judgement of rows that were judged before.

        Returns
        -------
        bool
            False where all that is said is of the table as a whole: what it covers, and its terms.
        """
        stated = self.stated()
        # To swap nothing is what was done before.
        return any(stated[name] is not False for name in stated if name not in _OF_THE_WHOLE)


def _check_date_format(date_format: Any) -> None:
    day = dt.datetime(2019, 7, 21, tzinfo=dt.UTC)
    try:
        same = dt.datetime.strptime(day.strftime(date_format), date_format).year == day.year  # noqa: DTZ007 - a day, no time
    except (TypeError, ValueError):
        same = False
    if not same:
        msg = f"date_format must be a strptime format with a year, such as '%d/%m/%Y', got {date_format!r}"
        raise InvalidParameterError(msg)


def _wrong(name: str, kind: str, value: Any) -> InvalidParameterError:
    example = option(name, READ_OPTIONS[name].example)
    return InvalidParameterError(f"{name} must be {kind}, such as {example}, got {shown(value)}")


def _code(value: Any, name: str) -> int | str:
    """CRS by its name or number; the command line gives numbers as text."""
    if is_whole(value):
        return int(value)
    if not isinstance(value, str):
        raise _wrong(name, "the name or number of a CRS", value)
    text = check_text(value, name, longest=10_000)
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _parts(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(word, str) for pair in value.items() for word in pair
    ):
        raise _wrong(name, "a table of parts with the names of their columns", value)
    for part in value:
        refuse_other_part(part)
    return dict(value)


def _words(value: Any, name: str) -> str | list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise _wrong(name, "one name or several", value)
    checked = [check_text(word, name) for word in words]
    return checked[0] if isinstance(value, str) else checked


def _days(value: Any, name: str) -> tuple[dt.date, dt.date]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise _wrong(name, "two days", value)
    first, last = (as_day(day, name) for day in value)
    return first, last


def _text(value: Any, name: str) -> str | None:
    return check_terms(value) if name == "terms" else check_text(value, name)


_KINDS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "code": _code,
    "flag": check_flag,
    "parts": _parts,
    "box": as_box,
    "words": _words,
    "days": _days,
    "day": as_day,
}
