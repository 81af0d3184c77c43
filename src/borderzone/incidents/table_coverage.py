"""What a table of incidents covers: the countries and the period of which it can speak."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guarded, listed, shown
from borderzone.border import Country
from borderzone.errors import BorderNotFoundError, InvalidParameterError
from borderzone.incidents.option_list import option
from borderzone.incidents.table_schema import check_events, is_usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from borderzone._typing import BoolArray

__all__ = [
    "Period",
    "TableCoverage",
    "check_coverage",
    "country_words",
    "coverage",
    "months_covered",
    "row_countries",
    "said_of_coverage",
    "with_coverage",
    "within_coverage",
]

Period = tuple[dt.date, dt.date]

_DAYS_A_MONTH = 365.2425 / 12
_SAID, _NOTED = "coverage", "coverage_notes"  # keys in attrs
_FLAG = "beyond coverage"
_BETWEEN = re.compile(r"\s*(?:[;|/,&+]|\band\b)\s*", re.IGNORECASE)
_ASIDE = re.compile(r"^(.*?)\s*\((.*?)\)\s*$")
_SHOWN_WORDS = 5


@guarded
@dataclass(frozen=True, kw_only=True)
class TableCoverage:
    """
    Countries and period that a table of incidents covers, and how each is known.

    Attributes
    ----------
    countries
        ISO alpha-3 codes, sorted; empty where they are not known.
    countries_from
        "said", "its rows" or "not known".
    period
        First and last day; None where it is not known.
    period_from
        "said", "its rows" or "not known".
    n_rows
        Usable rows by country; a row that names two counts for both.
    n_usable
        Usable rows.
    n_unnamed
        Usable rows that name no country.
    unknown
        Words that name no known country, with their rows.
    n_beyond
        Usable rows beyond what was said; they enter no rate.
    """

    countries: tuple[str, ...]
    countries_from: str
    period: Period | None
    period_from: str
    n_rows: Mapping[str, int]
    n_usable: int
    n_unnamed: int
    unknown: Mapping[str, int]
    n_beyond: int

    @property
    def words(self) -> str:
        """
        Say what the table covers and how that is known.

        Returns
        -------
        str
            Plain sentences.
        """
        parts = [self.countries_words, self._period_words(), *self.doubts]
        return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts)

    @property
    def countries_words(self) -> str:
        """
        Say which countries the table covers.

        Returns
        -------
        str
            Without full stop.
        """
        if self.countries_from == "not known":
            return (
                "which countries the table covers is not known; rates are over the whole corridor"
            )
        names = country_words(self.countries)
        over = f"rates are over the ground of {names} only"
        if self.countries_from == "said":
            return f"the table is said to cover {names}; {over}"
        if len(self.countries) == 1:
            named = self.n_usable - self.n_unnamed - sum(self.unknown.values())
            if named == self.n_usable:
                whose = "the only row is" if named == 1 else f"all {named:,} rows are"
            else:
                whose = f"all {named:,} of {self.n_usable:,} rows that name a known country are"
            return f"{whose} in {names}; {over}"
        first = list(self.n_rows)[: _SHOWN_WORDS + 1]
        first = first if len(first) == len(self.n_rows) else first[:_SHOWN_WORDS]
        each = [f"{country_words([code])} ({self.n_rows[code]:,})" for code in sorted(first)]
        rest = [number for code, number in self.n_rows.items() if code not in first]
        each += [f"{len(rest)} other countries ({sum(rest):,})"] if rest else []
        return f"rows are in {listed(each)}; rates are over the ground of these countries only"

    @property
    def doubts(self) -> list[str]:
        """
        Say which rows name no known country, and which lie beyond what was said.

        Returns
        -------
        list of str
            Without full stops and without words of the rows; empty where there are none.
        """
        found = []
        if self.n_unnamed and self.countries_from == "its rows":
            found.append(_rows(self.n_unnamed, "names no country", "name no country"))
        if self.unknown:
            count = _rows(sum(self.unknown.values()), "names a country", "name a country")
            found.append(f"{count} that is not known here")
        if self.n_beyond:
            kept = "is kept and enters no rate", "are kept and enter no rate"
            lies = _rows(self.n_beyond, "lies beyond", "lie beyond")
            found.append(f"{lies} what the table is said to cover, {kept[self.n_beyond > 1]}")
        return found

    def _period_words(self) -> str:
        if self.period is None:
            return "its period is not known"
        first, last = (day.isoformat() for day in self.period)
        how = "as said" if self.period_from == "said" else "by its first and last row"
        return f"its period is {first} to {last}, {how}"


def coverage(events: gpd.GeoDataFrame) -> TableCoverage:
    """
    Say which countries and which period a table of incidents covers.

    What was said when the table was read (`countries` and `period` of `read`) goes before what its
    rows show, which is computed from the rows as they are: of a table that was cut down to one
    country only that one is covered. Rates, zone sentences and tests are over the corridor ground
    of these countries, and months are those of the period.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    TableCoverage
        Countries, period, how each is known, and rows by country.

    Raises
    ------
    DataError
        If it is no table of events.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> rows = {"lat": [34, 34.5], "lon": [41, 41], "country": ["Iraq", "SY"]}
    >>> events = read(pd.DataFrame(rows))
    >>> coverage(events).countries, coverage(events[events["country"] == "Iraq"]).countries
    (('IRQ', 'SYR'), ('IRQ',))
    """
    said = said_of_coverage(check_events(events))
    usable, codes, beyond = is_usable(events), row_countries(events), ~within_coverage(events)
    n_rows = Counter(code for row in codes[usable] for code in row)
    words = _country_column(events)[usable]
    unnamed = words == ""
    strange = np.array([not row for row in codes[usable]], dtype=bool) & ~unnamed
    known = int(usable.sum() - unnamed.sum() - strange.sum())
    countries, how = tuple(said.get("countries", ())), "said"
    if not countries:
        # A few names among many rows without one say nothing of these.
        enough = 2 * known > usable.sum()
        countries, how = (tuple(sorted(n_rows)), "its rows") if enough else ((), "not known")
    period, since = _said_period(said), "said"
    if period is None:
        period = _period_of(events, usable & ~beyond)
        since = "not known" if period is None else "its rows"
    return TableCoverage(
        countries=countries,
        countries_from=how,
        period=period,
        period_from=since,
        n_rows=MappingProxyType(dict(n_rows.most_common())),
        n_usable=int(usable.sum()),
        n_unnamed=int(unnamed.sum()),
        unknown=MappingProxyType(dict(Counter(words[strange].tolist()).most_common())),
        n_beyond=int((usable & beyond).sum()),
    )


def check_coverage(countries: Any, period: Any) -> dict[str, list[str]]:
    """Check what a user says that a table covers."""
    said: dict[str, list[str]] = {}
    if countries is not None:
        names = [countries] if isinstance(countries, str) else countries
        if not isinstance(names, (list, tuple, set, frozenset)) or not names:
            msg = f"countries must be the name or ISO code of a country, or several, got {shown(countries)}"
            raise InvalidParameterError(msg)
        said["countries"] = sorted({code for name in names for code in _checked(name)})
    if period is not None:
        pair = list(period) if isinstance(period, (list, tuple)) else []
        days = [_day(day) for day in pair]
        if len(days) != 2 or None in days:
            msg = (
                "period must be the first and the last day that the table covers, as dates or texts "
                f"such as '2015-01-31', got {shown(period)}"
            )
            raise InvalidParameterError(msg)
        first, last = sorted(day for day in days if day is not None)
        if [first, last] != days:
            msg = f"period must begin before it ends, got {days[0]} to {days[1]}: exchange the two"
            raise InvalidParameterError(msg)
        said["period"] = [first.isoformat(), last.isoformat()]
    return said


def with_coverage(events: gpd.GeoDataFrame, said: Mapping[str, list[str]]) -> gpd.GeoDataFrame:
    """Keep with a table what is said of its coverage, flag the rows beyond it, and note what it means."""
    if said:
        events.attrs[_SAID] = dict(said)
        events["reason"] = _flagged(events)
    found, notes = coverage(events), []
    if found.countries_from == "its rows" and len(found.countries) == 1:
        more = option("countries", [country_words(found.countries), "another"])
        notes.append(
            f"{found.countries_words}; if the table covers other countries too, say {more}"
        )
    if found.countries_from == "said":
        notes.append(found.countries_words)
    if found.unknown:
        some = ", ".join(repr(word) for word in list(found.unknown)[:_SHOWN_WORDS])
        more = ", ..." if len(found.unknown) > _SHOWN_WORDS else ""
        notes.append(f"words that are the name or code of no country: {some}{more}")
    notes += found.doubts
    # A table that is read again may have been cut since: what was noted then need not hold.
    old, before = events.attrs.get("notes", []), events.attrs.get(_NOTED, [])
    events.attrs |= {"notes": [*(n for n in old if n not in before), *notes], _NOTED: notes}
    return events


def said_of_coverage(events: Any) -> dict[str, list[str]]:
    """Give what was said of the coverage of a table when it was read."""
    said = getattr(events, "attrs", {}).get(_SAID)
    return dict(said) if isinstance(said, dict) else {}


def within_coverage(events: gpd.GeoDataFrame) -> BoolArray:
    """Tell which rows may enter a rate: those not beyond what was said that the table covers."""
    return np.asarray(_beyond_words(events) == "", dtype=bool)


def row_countries(events: gpd.GeoDataFrame) -> np.ndarray:
    """Give the countries that each row names."""
    words = _country_column(events)
    spelt = {word: _codes(word) for word in set(words.tolist())}
    found = np.empty(len(words), dtype=object)
    found[:] = [spelt[word] for word in words.tolist()]
    return found


def country_words(codes: Iterable[str]) -> str:
    """Name countries in a sentence."""
    return listed([Country.named(code).name for code in codes])


def _flagged(events: gpd.GeoDataFrame) -> np.ndarray:
    """Give the reasons of the rows, with a word on each that lies beyond what is said now."""
    beyond = _beyond_words(events)
    told = np.array(events["reason"].tolist(), dtype=object)
    earlier = events["reason"].str.contains(_FLAG, regex=False).to_numpy(dtype=bool)
    for row in np.flatnonzero((beyond != "") | earlier).tolist():
        parts = [part for part in str(told[row]).split("; ") if not part.startswith(_FLAG)]
        parts += [f"{_FLAG}: {beyond[row]}"] if beyond[row] else []
        told[row] = "; ".join(filter(None, parts))
    return told


def _beyond_words(events: gpd.GeoDataFrame) -> np.ndarray:
    """Say of each row how it lies beyond what was said; nothing where it does not."""
    said = said_of_coverage(events)
    told = np.full(len(events), "", dtype=object)
    if said.get("countries"):
        mine, names = set(said["countries"]), country_words(said["countries"])
        codes = row_countries(events)
        for row in (k for k, found in enumerate(codes) if found and mine.isdisjoint(found)):
            told[row] = f"{country_words(codes[row])} is not among the countries said ({names})"
    period = _said_period(said)
    if period is not None and "date_start" in events.columns:
        first, last = (pd.Timestamp(day) for day in period)
        start, end = _dates(events)
        out = ((start > last) | (end < first)).to_numpy()
        span = f"{period[0].isoformat()} to {period[1].isoformat()}"
        days = start.dt.strftime("%Y-%m-%d").to_numpy(dtype=object)
        for row in np.flatnonzero(out & (told == "")).tolist():
            told[row] = f"{days[row]} is not in the period said ({span})"
    return told


def _country_column(events: gpd.GeoDataFrame) -> np.ndarray:
    if "country" not in events.columns:
        return np.full(len(events), "", dtype=object)
    column = events["country"].astype(object)
    return np.asarray(column.where(column.notna(), "").astype(str).str.strip(), dtype=object)


@lru_cache(maxsize=1024)  # a study asks for the countries of one table a dozen times
def _codes(word: str) -> tuple[str, ...]:
    """Codes of the countries in a cell: "Iraq", "Yemen (North Yemen)", "Iraq; Syria"."""
    aside = _ASIDE.match(word)
    for whole in (word, *(aside.groups() if aside else ())):
        found = Country.of(whole)
        if found.is_known:
            return (found.iso_alpha3,)
    parts = [Country.of(part) for part in _BETWEEN.split(word) if part]
    if len(parts) > 1 and all(part.is_known for part in parts):
        return tuple(sorted({part.iso_alpha3 for part in parts}))
    return ()


def _checked(name: Any) -> tuple[str, ...]:
    found = _codes(name.strip()) if isinstance(name, str) else ()
    if found:
        return found
    try:
        Country.named(name)
    except BorderNotFoundError as error:
        msg = f"countries: {error}"
        raise InvalidParameterError(msg) from None
    return ()


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _said_period(said: Mapping[str, Sequence[str]]) -> Period | None:
    days = said.get("period")
    return (dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[1])) if days else None


def _dates(events: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    start = pd.to_datetime(events["date_start"], errors="coerce")
    if "date_end" not in events.columns:
        return start, start
    return start, pd.to_datetime(events["date_end"], errors="coerce").fillna(start)


def _period_of(events: gpd.GeoDataFrame, rows: BoolArray) -> Period | None:
    if "date_start" not in events.columns:
        return None
    start, end = (days[rows] for days in _dates(events))
    first, last = start.min(), end.max()
    if pd.isna(first) or pd.isna(last) or last < first:
        return None
    return first.date(), last.date()


def _rows(count: int, one: str, several: str) -> str:
    return f"{count:,} row {one}" if count == 1 else f"{count:,} rows {several}"


def months_covered(events: gpd.GeoDataFrame) -> float:
    """
    Give the length of the period that a table of events covers.

    That of `coverage`: as it was said when the table was read, else from the first day of the
    events to the last. A period before the first and after the last event leaves no trace in
    a table, so that this is then the shortest that it may cover.
    """
    period = coverage(events).period
    if period is None or (period[0] == period[1] and not said_of_coverage(events).get("period")):
        return math.nan
    first, last = period
    return ((last - first).days + 1) / _DAYS_A_MONTH
