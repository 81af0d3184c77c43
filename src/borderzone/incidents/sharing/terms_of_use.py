"""Whose rows these are, whether they may leave, and the line of credit that goes with them."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone import datasets
from borderzone._guards import guarded
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.option_list import ways
from borderzone.incidents.reading.aliases import plain_name
from borderzone.incidents.reading.layouts import COLLECTIONS, marked_rows
from borderzone.incidents.table_schema import SYNTHETIC_SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from borderzone._typing import BoolArray

__all__ = [
    "CLOSED",
    "MINE",
    "SMALLEST_CELL_KM",
    "TERMS",
    "DatasetTerms",
    "Leaving",
    "check_terms",
    "credit_line",
    "dataset_of",
    "leaving",
    "said_of",
    "shown_names",
    "terms",
    "under_terms",
]

SMALLEST_CELL_KM = 10.0
"""Finer cells than this would give positions away."""

MINE = "mine"
"""The one word by which a user says that rows of unknown terms are theirs to pass on."""

# Said in this process or not at all: attributes of a table travel through files that others wrote.
_HERE_AND_NOW = secrets.token_hex(8)


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetTerms:
    """
    What a collection of events asks of those who use it.

    Attributes
    ----------
    dataset
        Its name; empty for tables of other origin.
    licence
        Licence or terms by name.
    words
        What they ask for, in our words; the source's own text holds.
    citation
        Reference to give.
    may_redistribute_rows
        Whether single rows may be passed on.
    """

    dataset: str
    licence: str
    words: str
    citation: str
    may_redistribute_rows: bool


_ALL = (
    DatasetTerms(
        dataset="ACLED",
        licence="ACLED terms of use",
        words="no single rows to others; aggregates with credit, access date and what was changed",
        citation=COLLECTIONS["acled"].citation,
        may_redistribute_rows=False,
    ),
    DatasetTerms(
        dataset="UCDP GED",
        licence="CC BY 4.0",
        words="free to use and pass on, with credit",
        citation=COLLECTIONS["ucdp"].citation,
        may_redistribute_rows=True,
    ),
    DatasetTerms(
        dataset="GTD",
        licence="GTD end user agreement",
        words="no single rows to others without leave of its makers; aggregates with credit",
        citation=COLLECTIONS["gtd"].citation,
        may_redistribute_rows=False,
    ),
    DatasetTerms(
        dataset="news article",
        licence="facts; cite the article",
        words="eight rows that ship with borderzone, free to pass on with credit",
        citation="'ISIS Militants Returning to Iraq to Continue Fight', Stars and Stripes, 2019",
        may_redistribute_rows=True,
    ),
    DatasetTerms(
        dataset="synthetic",
        licence="none: invented",
        words="drawn by borderzone, free to pass on as what they are",
        citation="",
        may_redistribute_rows=True,
    ),
    DatasetTerms(
        dataset="",
        licence="your own, or unknown",
        words="not known here: rows stay, counts leave",
        citation="",
        may_redistribute_rows=False,
    ),
)
TERMS: Mapping[str, DatasetTerms] = {terms.dataset: terms for terms in _ALL}
"""Terms by dataset."""

_SAID = DatasetTerms(
    dataset="",
    licence="yours, as you said",
    words="yours to pass on, as you said",
    citation="",
    may_redistribute_rows=True,
)

CLOSED = tuple(name for name, known in TERMS.items() if name and not known.may_redistribute_rows)
"""Collections whose rows never leave."""
# Only these very words in the column `dataset` open a table. Rows of ours are known by content.
_OPEN_NAMES = {"ucdp ged": "UCDP GED", "ucdp": "UCDP GED", "ged": "UCDP GED"}
# Anything like these closes it: a copy, a year, letters of another alphabet.
_CLOSED_NAMES = (
    ("ACLED", re.compile(r"(?<![a-z])acled|armed conflict location")),
    ("GTD", re.compile(r"(?<![a-z])gtd(?![a-z])|global terrorism database")),
)
_LOOKALIKES = str.maketrans(
    "авсԁеіјӏмнорԛѕтухαβεικνορτυχ",
    "abcdeijlmhopqstyxabeikvoptyx",
)
# Columns in which a table says whose it is; for opening it they count as little as any other.
_SAYING = frozenset(
    {"source", "citation", "data_source", "database", "provider", "licence", "license"}
)
_SYNTHETIC_ID = re.compile(r"SYN-\d{4,}")


@guarded
class Leaving(NamedTuple):
    """
    What of a table may leave.

    Attributes
    ----------
    rows
        Whether its rows may; counts always may.
    why_not
        What holds them back, in words; empty if nothing does.
    way_out
        How the words on what was done end, such as with what to say if the rows are one's own.
    said
        "mine" where the user said that rows of unknown terms are theirs; else None.
    closed
        Names of the collections in it whose rows never leave.
    """

    rows: bool
    why_not: str
    way_out: str
    said: str | None
    closed: tuple[str, ...]

    @property
    def smallest_km2(self) -> float:
        """
        Smallest ground of which a count may be told in public.

        Returns
        -------
        float
            Area. Units: km².
        """
        return SMALLEST_CELL_KM**2


def check_terms(said: Any) -> str | None:
    """Refuse any word on terms but the one that is known."""
    if said is None or (isinstance(said, str) and said == MINE):
        return said
    msg = (
        f"terms must be {MINE!r} or left out, got {said!r}: with it you say that rows of unknown "
        "terms are yours to pass on"
    )
    raise InvalidParameterError(msg)


def under_terms(events: Any, said: str | None) -> Any:
    """Keep with a table what the user says of its terms."""
    if check_terms(said) is None:
        return events
    kept = events.copy(deep=False)
    kept.attrs = {**events.attrs, "terms": MINE, "terms_said": _HERE_AND_NOW}
    return kept


def said_of(events: Any) -> str | None:
    """Tell what the user said of a table's terms."""
    attrs = getattr(events, "attrs", {})
    here = attrs.get("terms_said") == _HERE_AND_NOW
    return MINE if here and attrs.get("terms") == MINE else None


def leaving(events: pd.DataFrame) -> Leaving:
    """
    Decide whether the rows of a table may leave in public.

    They may where all of them stand under known open terms (UCDP GED, the rows of the news
    article that ship, rows that `synthetic` drew), or where the user said that they are theirs.
    Rows that are ACLED's or the GTD's never may, whatever is said. This is the one decision for
    all that is written.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    Leaving
        Whether rows may leave, and what holds them back.

    Raises
    ------
    DataError
        If `events` is no table.

    Examples
    --------
    >>> leaving(pd.DataFrame({"dataset": ["ACLED"]})).why_not
    'rows of ACLED may not be passed on'
    """
    said = said_of(events)
    names = sorted(dict.fromkeys(dataset_of(events)))
    closed = [name for name in names if name in CLOSED]
    unknown = [] if said else [repr(name) if name else "" for name in names if _is_unknown(name)]
    why, way_out = [], ""
    if closed:
        why.append(f"rows of {' and '.join(closed)} may not be passed on")
        way_out = ", whatever is said of their terms" if said else ""
    if unknown:
        told = " and ".join(name or "this table" for name in unknown)
        why.append(f"the terms of {told} are not known")
        way_out = (
            "" if closed else f"; if these rows are yours to pass on, say {ways('terms', MINE)}"
        )
    return Leaving(not why, "; ".join(why), way_out, said, tuple(closed))


def _is_unknown(name: str) -> bool:
    return not name or name not in TERMS


def dataset_of(events: Any) -> pd.Series:
    """
    Name the collection whose terms hold for each row.

    Columns and words that only ACLED or the GTD have go before all else. Then
    the column ``dataset`` says it; where that is absent or empty, the format
    that `read` recognised, the rows that ship with borderzone, or columns that
    only UCDP GED has.

    Parameters
    ----------
    events
        Table of events.

    Returns
    -------
    pandas.Series
        "ACLED", "UCDP GED", "GTD", "news article", "synthetic", another name the table gives,
        or ""; index of `events`.

    Raises
    ------
    DataError
        If `events` is no table.

    Examples
    --------
    >>> dataset_of(pd.DataFrame({"dataset": ["acled", ""]})).tolist()
    ['ACLED', '']
    """
    if not isinstance(events, pd.DataFrame):
        msg = (
            f"a table of events is needed, got {type(events).__name__}; read it with incidents.read"
        )
        raise DataError(msg)
    names = _told(events)
    recognised = COLLECTIONS.get(str(events.attrs.get("format", "")))
    if recognised is not None and not recognised.opens:
        names[names == ""] = recognised.dataset
    closed = _marked(events, opens=False)
    if (names == "").any():
        for name, rows in (*closed, *_marked(events, opens=True), *_ours(events)):
            names[(names == "") & rows] = name
    for name, rows in (*closed, *_said(events)):
        names[rows & ~np.isin(names, CLOSED)] = name
    return pd.Series(names, index=events.index, dtype=object)


def shown_names(events: pd.DataFrame) -> pd.Series:
    """Name the collection of each row as it may be told to others."""
    names = dataset_of(events)
    return names if said_of(events) else names.where(names.isin(list(TERMS)), "")


def terms(events: pd.DataFrame) -> pd.DataFrame:
    """
    Tell the terms that hold for a table of events.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    pandas.DataFrame
        One row a collection: dataset, rows, licence, terms (in our words),
        citation, accessed (ISO date, or "" if not stated),
        may_redistribute_rows.

    Raises
    ------
    DataError
        If `events` is no table.

    Examples
    --------
    >>> told = terms(pd.DataFrame({"dataset": ["ACLED", "UCDP GED", "ACLED"]}))
    >>> told[["dataset", "rows", "may_redistribute_rows"]]
        dataset  rows  may_redistribute_rows
    0     ACLED     2                  False
    1  UCDP GED     1                   True
    """
    counts = shown_names(events).value_counts()
    names = sorted(counts.index, key=lambda name: (not name, name))
    accessed = str(events.attrs.get("accessed") or "")
    said, rows = said_of(events), []
    for name in names:
        known = TERMS[name] if name and name in TERMS else _SAID if said else TERMS[""]
        own = str(events.attrs.get("citation") or "") if len(names) == 1 else ""
        cited = own or known.citation or name
        rows.append(
            (
                *(name, int(counts[name]), known.licence, known.words, cited),
                *(accessed, known.may_redistribute_rows),
            )
        )
    columns = ["dataset", "rows", "licence", "terms", "citation", "accessed"]
    return pd.DataFrame(rows, columns=[*columns, "may_redistribute_rows"])


def credit_line(events: pd.DataFrame) -> str:
    """
    Give the one line of credit that figures and tables carry.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    str
        Collections, access date and licence; says so if rows are invented.

    Raises
    ------
    DataError
        If `events` is no table.

    Examples
    --------
    >>> frame = pd.DataFrame({"dataset": ["ACLED"]})
    >>> frame.attrs["accessed"] = "2026-11-02"
    >>> credit_line(frame)
    'Events: ACLED, accessed 2026-11-02 (ACLED terms of use: aggregates only)'
    """
    rows: Iterable[Any] = terms(events).itertuples()
    parts = [
        _credit(row.dataset, row.licence, row.accessed, may=row.may_redistribute_rows)
        for row in rows
    ]
    line = f"Events: {'; '.join(parts) or 'none'}"
    label = str(events.attrs.get("label") or "")
    return f"{line}. {label}" if label else line


def _credit(dataset: str, licence: str, accessed: str, *, may: bool) -> str:
    name = dataset or "table of the user"
    # Without a date a reader cannot tell which state of a living collection was used.
    when = f", accessed {accessed}" if accessed else ", access date not stated" if dataset else ""
    asks = licence if may else f"{licence}: aggregates only"
    return f"{name}{when} ({asks})" if dataset else f"{name}{when}"


def _told(events: pd.DataFrame) -> Any:
    """Names in the column of datasets, brought to those known here."""
    if "dataset" not in events.columns:
        return np.full(len(events), "", dtype=object)
    texts = [
        "" if pd.isna(name) else str(name).strip() for name in events["dataset"].astype(object)
    ]
    known = {text: _named(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=object)


def _named(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LOOKALIKES)
    plain = "".join(mark for mark in plain if unicodedata.category(mark) not in ("Cf", "Mn"))
    closed = next((name for name, words in _CLOSED_NAMES if words.search(plain)), None)
    known = closed or _OPEN_NAMES.get(text.casefold())
    # A word that is a name of ours, but for rows that are known by their content, says nothing.
    return known or (f"{text} (as the table says)" if text and text in TERMS else text)


def _marked(events: pd.DataFrame, *, opens: bool) -> list[tuple[str, BoolArray]]:
    """Rows that bear the marks of collections, of which the rows may leave or may not."""
    asked = [layout for layout, known in COLLECTIONS.items() if known.opens == opens]
    rows = marked_rows(events, asked)
    return [(COLLECTIONS[layout].dataset, rows[layout]) for layout in asked]


def _said(events: pd.DataFrame) -> Iterator[tuple[str, BoolArray]]:
    """Rows that name a closed collection, wherever a table says whose it is."""
    for place, column in enumerate(events.columns):
        if plain_name(str(column)) in _SAYING:
            yield from _said_in(events.iloc[:, place])


def _said_in(column: pd.Series) -> list[tuple[str, BoolArray]]:
    """Rows whose source is a closed collection by its name."""
    texts = column.astype(object).map(str)
    named = {text: _named(text) for text in set(texts)}
    names = texts.map(named)
    return [(name, (names == name).to_numpy(bool)) for name in CLOSED]


def _ours(events: pd.DataFrame) -> list[tuple[str, BoolArray]]:
    """Rows that ship or that we drew: those that are still what they were."""
    nothing = np.zeros(len(events), dtype=bool)
    if not {"id", "place", "source", "lat", "lon"} <= set(events.columns):
        return []
    drawn = nothing
    if "synthetic" in events.columns:
        named = events["id"].astype(str).str.fullmatch(_SYNTHETIC_ID).to_numpy(bool)
        drawn = named & (events["source"].astype(str) == SYNTHETIC_SOURCE).to_numpy(bool)
    shipped = np.array([key in _article_keys() for key in _keys(events)], dtype=bool)
    return [("synthetic", drawn), ("news article", shipped if len(events) else nothing)]


@cache
def _article_keys() -> frozenset[tuple[object, ...]]:
    return frozenset(_keys(datasets.article_incidents()))


def _keys(events: pd.DataFrame) -> list[tuple[object, ...]]:
    """Give what a row of the article is known by."""
    words = [
        events[name].astype(str) if name in events.columns else [""] * len(events)
        for name in ("id", "place", "description", "source")
    ]
    degrees = [
        pd.to_numeric(events[name], errors="coerce").astype(float).round(4)
        for name in ("lat", "lon")
    ]
    return list(zip(*words, *degrees, strict=True))
