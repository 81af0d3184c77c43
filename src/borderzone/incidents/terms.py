"""Whose rows these are, what their terms allow, and the line of credit that goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TERMS", "DatasetTerms", "credit_line", "dataset_of", "terms"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetTerms:
    """
    What a collection of events asks of those who use it.

    Attributes
    ----------
    dataset
        Its name in the column ``dataset``; empty for tables of other origin.
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
        citation=(
            "Armed Conflict Location & Event Data (ACLED), acleddata.com; Raleigh, Linke, Hegre & "
            "Karlsen (2010), Journal of Peace Research 47(5), 651-660"
        ),
        may_redistribute_rows=False,
    ),
    DatasetTerms(
        dataset="UCDP GED",
        licence="CC BY 4.0",
        words="free to use and pass on, with credit",
        citation=(
            "UCDP Georeferenced Event Dataset (CC BY 4.0); Sundberg & Melander (2013), Journal of "
            "Peace Research 50(4), 523-532"
        ),
        may_redistribute_rows=True,
    ),
    DatasetTerms(
        dataset="GTD",
        licence="GTD end user agreement",
        words="no single rows to others without leave of its makers; aggregates with credit",
        citation=(
            "National Consortium for the Study of Terrorism and Responses to Terrorism (START), "
            "University of Maryland: Global Terrorism Database"
        ),
        may_redistribute_rows=False,
    ),
    DatasetTerms(
        dataset="",
        licence="your own, or unknown",
        words="not known here: ask whoever gave you the table",
        citation="",
        may_redistribute_rows=True,
    ),
)
TERMS: Mapping[str, DatasetTerms] = {terms.dataset: terms for terms in _ALL}
"""Terms by dataset."""

_BY_FORMAT = {"acled": "ACLED", "ucdp": "UCDP GED", "gtd": "GTD"}
_BY_NAME = {name.casefold(): name for name in TERMS} | _BY_FORMAT | {"ged": "UCDP GED"}
# Columns that only one collection has: they speak where nothing else does.
_MARKS = (
    ("ACLED", {"event_id_cnty"}),
    ("ACLED", {"data_id", "inter1"}),
    ("ACLED", {"geo_precision", "time_precision"}),
    ("GTD", {"eventid", "iyear"}),
    ("UCDP GED", {"dyad_name", "side_a"}),
)


def dataset_of(events: pd.DataFrame) -> pd.Series:
    """
    Name the collection whose terms hold for each row.

    The column ``dataset`` says it; where that is absent or empty, the format
    that `read` recognised, else columns that only one collection has.

    Parameters
    ----------
    events
        Table of events.

    Returns
    -------
    pandas.Series
        "ACLED", "UCDP GED", "GTD", another name the table gives, or ""; index of `events`.

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
    otherwise = _BY_FORMAT.get(str(events.attrs.get("format", "")), "") or _by_marks(events)
    if "dataset" not in events.columns:
        return pd.Series(otherwise, index=events.index, dtype=object)
    told = events["dataset"].astype(object)
    texts = ["" if pd.isna(name) else str(name).strip() for name in told]
    known = [_BY_NAME.get(text.casefold(), text) or otherwise for text in texts]
    return pd.Series(known, index=events.index, dtype=object)


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
    counts = dataset_of(events).value_counts()
    names = sorted(counts.index, key=lambda name: (not name, name))
    accessed = str(events.attrs.get("accessed") or "")
    rows = []
    for name in names:
        known = TERMS.get(name, TERMS[""])
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
    told = terms(events)
    parts = [
        _credit(row.dataset, row.licence, row.accessed, may=row.may_redistribute_rows)
        for row in told.itertuples()
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


def _by_marks(events: pd.DataFrame) -> str:
    names = {str(name).casefold() for name in events.columns}
    return next((dataset for dataset, marks in _MARKS if marks <= names), "")
