"""A table checked: how many rows are usable, what is wrong with the others, how it was read."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from borderzone._guards import check_probability
from borderzone.errors import RejectedRowsError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.canonical import UNSTATED_TOLD, unstated_words
from borderzone.incidents.reading.positions import swaps_told
from borderzone.incidents.sharing.terms_of_use import leaving, terms
from borderzone.incidents.table_schema import (
    CATEGORIES,
    FLAGS,
    category_of,
    check_events,
    is_usable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

__all__ = [
    "REJECTED_LIMIT",
    "assumptions",
    "check",
    "rejected",
    "rejected_by_finding",
    "require_usable",
    "verdict_sentences",
]

# What stands in quotes is a cell, or the name of a column or a sheet.
_QUOTED = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*'|(?<!\w)"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_ELIDED = "\N{LEFT SINGLE QUOTATION MARK}...\N{RIGHT SINGLE QUOTATION MARK}"

REJECTED_LIMIT = 0.2
"""Largest share of quarantined rows that `check` and `report` accept."""


def check(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Count the findings in a table of incidents.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    pandas.DataFrame
        One row a kind of finding and status, most frequent first: finding,
        status, rows, share, example (the first of its reasons). ``attrs``
        holds n_rows, n_ok, n_fixed, n_quarantined and rejected_share.

    Raises
    ------
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> verdict = check(read(pd.DataFrame({"lat": [34.4, 0], "lon": [41.1, 0]})))
    >>> verdict[["finding", "status", "rows", "share"]]
             finding       status  rows  share
    0  zero position  quarantined     1    0.5
    """
    check_events(events, "status", "reason")
    found: dict[tuple[str, str], list[str]] = {}
    for status, reason in zip(events["status"], events["reason"], strict=True):
        for category in dict.fromkeys(category_of(reason)):
            found.setdefault((category, status), []).append(_part(reason, category))
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    table = pd.DataFrame(
        [
            (category, status, len(reasons), len(reasons) / len(events), reasons[0])
            for (category, status), reasons in ordered
        ],
        columns=["finding", "status", "rows", "share", "example"],
    )
    counts = events["status"].value_counts()
    table.attrs["n_rows"] = len(events)
    for status in ("ok", "fixed", "quarantined"):
        table.attrs[f"n_{status}"] = int(counts.get(status, 0))
    table.attrs["rejected_share"] = table.attrs["n_quarantined"] / max(len(events), 1)
    return table


def rejected(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Give the quarantined rows, with their reasons.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    GeoDataFrame
        The quarantined rows, index kept.

    Raises
    ------
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> rejected(read(pd.DataFrame({"lat": [34.4, 0], "lon": [41.1, 0]}))).index.tolist()
    [1]
    """
    check_events(events, "status", "reason")
    return events[~is_usable(events)].copy()


def rejected_by_finding(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Count the quarantined rows by what is wrong with them.

    A reason in full quotes cells of the table; these words are ours alone, and may be told.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    pandas.DataFrame
        One row a kind of finding, by name: finding, rows. What is no finding of ours is "other".

    Raises
    ------
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> rejected_by_finding(read(pd.DataFrame({"lat": [34.4, 0], "lon": [41.1, 0]})))
             finding  rows
    0  zero position     1
    """
    found: pd.Series = rejected(events)["reason"].map(category_of).explode().dropna()
    found = found.where(found.isin(list(CATEGORIES)), "other")
    return found.value_counts().sort_index().rename_axis("finding").reset_index(name="rows")


def require_usable(events: gpd.GeoDataFrame, *, limit: float = REJECTED_LIMIT) -> None:
    """
    Refuse a table of which too many rows are quarantined.

    Parameters
    ----------
    events
        Table from `read`.
    limit
        Largest share of quarantined rows that is accepted.

    Raises
    ------
    RejectedRowsError
        If the share is larger; the message names the commonest findings.
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> require_usable(read(pd.DataFrame({"lat": [34.4], "lon": [41.1]})))
    """
    check_probability(limit, "limit")
    verdict = check(events)
    share, count = verdict.attrs["rejected_share"], verdict.attrs["n_quarantined"]
    if share <= limit:
        return
    causes = (verdict["status"] == "quarantined") & ~verdict["finding"].isin(FLAGS)
    worst = verdict[causes].head(3)
    told = ", ".join(f"{row.finding} ({row.rows})" for row in worst.itertuples())
    told = "; ".join([told, *swaps_told(events)])
    msg = (
        f"{count} of {len(events)} rows ({share:.0%}) cannot be used, more than the "
        f"{limit:.0%} allowed: {told}. Mend these rows (each has its reason), or raise the limit, "
        f"{option('limit', math.ceil(100 * share) / 100)}"
    )
    raise RejectedRowsError(msg)


def _part(reason: str, category: str) -> str:
    """Give the finding of that kind; words of somebody else may have no colon."""
    return next(part for part in reason.split("; ") if part.split(":", 1)[0] == category)


def assumptions(events: gpd.GeoDataFrame, *, quoting: bool = True) -> list[str]:
    """
    Say what was assumed, settled by evidence or passed over when a table was read.

    Parameters
    ----------
    events
        Table from `read`.
    quoting
        Whether cells and names of columns may be quoted; without, a mark stands for each.

    Returns
    -------
    list[str]
        Sentences; what the table covers is told beside them, by `ground_words`.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> assumptions(read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "date": ["2019-07-21"]})))
    ['1 of 1 rows state no precision: 25 km are taken.']
    """
    # What a table covers is told beside this, in full.
    apart = {str(note).rstrip(".") for note in events.attrs.get("coverage_notes") or []}
    notes = [note for note in _notes(events) if note not in apart]
    told = notes if quoting else [_without_quotes(note) for note in notes]
    return [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(told)]


def _notes(events: gpd.GeoDataFrame) -> list[str]:
    """Give what was told at reading; rows without precision are counted as they are now."""
    noted = [str(note).rstrip(".") for note in events.attrs.get("notes") or []]
    noted = [note for note in noted if not note.endswith(UNSTATED_TOLD)]
    unstated = (events["where_prec"].isna() & events["radius_km"].isna()).to_numpy(dtype=bool)
    return [*noted, *filter(None, [unstated_words(unstated, is_usable(events))])]


def _without_quotes(note: str) -> str:
    told = _QUOTED.sub(_ELIDED, note)
    # A mark that is left over may open anything.
    return re.sub(r"""(?<!\w)['"].*""", _ELIDED, told, flags=re.DOTALL)


def verdict_sentences(events: gpd.GeoDataFrame) -> list[str]:
    """
    Say in plain sentences how a table was read and what may be done with it.

    Parameters
    ----------
    events
        Table from `read`.

    Returns
    -------
    list[str]
        Rows by status, layout and encoding, which column was taken for what,
        notes of the reader, the terms of each collection, and what of them may leave.

    Raises
    ------
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> table = pd.DataFrame({"Lat": [34.4], "x": [41.1], "where_prec": [1], "Date": ["2019-07-21"]})
    >>> for sentence in verdict_sentences(read(table, terms="mine")):
    ...     print(sentence)
    Rows: 1 ok, 0 fixed, 0 quarantined (0 %).
    Read as: format table.
    Columns: date from 'Date', lat from 'Lat', lon from 'x', where_prec from 'where_prec'.
    Terms of your table (1 rows): yours to pass on, as you said.
    """
    told = check(events).attrs
    sentences = [_counts_told(told)]
    attrs = events.attrs
    found = [f"{word} {attrs[word]}" for word in ("format", "encoding") if attrs.get(word)]
    if found:
        sentences.append(f"Read as: {', '.join(found)}.")
    taken = [f"{part} from {name!r}" for part, name in attrs.get("columns", {}).items()]
    if taken:
        sentences.append(f"Columns: {', '.join(taken)}.")
    sentences += [f"Note: {note}." for note in _notes(events)]
    rows: Iterable[Any] = terms(events).itertuples()
    for row in rows:
        name = row.dataset or "your table"
        when = f", accessed {row.accessed}" if row.accessed else ""
        sentences.append(f"Terms of {name} ({row.rows:,} rows{when}): {row.terms}.")
    decided = leaving(events)
    if not decided.rows:
        sentences.append(f"Public: counts only, for {decided.why_not}{decided.way_out}.")
    return sentences


def _counts_told(told: Mapping[Any, Any]) -> str:
    return (
        f"Rows: {told['n_ok']:,} ok, {told['n_fixed']:,} fixed, {told['n_quarantined']:,} "
        f"quarantined ({100 * told['rejected_share']:.3g} %)."
    )
