"""A table checked: how many rows are usable, what is wrong with the others, how it was read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from borderzone._guards import check_probability, guarded
from borderzone.errors import RejectedRowsError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.canonical import UNSTATED_TOLD, unstated_words
from borderzone.incidents.reading.positions import SWAP_TOLD
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

__all__ = ["REJECTED_LIMIT", "TableCheck"]

# What stands in quotes is a cell, or the name of a column or a sheet.
_QUOTED = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*'|(?<!\w)"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_ELIDED = "\N{LEFT SINGLE QUOTATION MARK}...\N{RIGHT SINGLE QUOTATION MARK}"

REJECTED_LIMIT = 0.2
"""Largest share of quarantined rows that the commands check and report accept."""


@guarded
@dataclass(frozen=True, eq=False)
class TableCheck:
    """
    What reading found of a table: its verdicts counted, told and held to a limit.

    Attributes
    ----------
    events
        Table from `read`.

    Raises
    ------
    DataError
        If the table has no status and reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> found = TableCheck(read(pd.DataFrame({"lat": [34.4, 0], "lon": [41.1, 0]})))
    >>> found.findings[["finding", "status", "rows", "share"]]
             finding       status  rows  share
    0  zero position  quarantined     1    0.5
    >>> found.rejected.index.tolist()
    [1]
    """

    events: gpd.GeoDataFrame = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a table without verdicts."""
        check_events(self.events, "status", "reason")

    @property
    def findings(self) -> pd.DataFrame:
        """
        Count the findings.

        Returns
        -------
        pandas.DataFrame
            One row a kind of finding and status, most frequent first: finding,
            status, rows, share, example (the first of its reasons). ``attrs``
            holds n_rows, n_ok, n_fixed, n_quarantined and rejected_share.
        """
        events = self.events
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

    @property
    def rejected(self) -> gpd.GeoDataFrame:
        """
        Give the quarantined rows, with their reasons.

        Returns
        -------
        GeoDataFrame
            The quarantined rows, index kept.
        """
        return self.events[~is_usable(self.events)].copy()

    @property
    def rejected_findings(self) -> pd.DataFrame:
        """
        Count the quarantined rows by what is wrong with them.

        A reason in full quotes cells of the table; these words are ours alone, and may be told.

        Returns
        -------
        pandas.DataFrame
            One row a kind of finding, by name: finding, rows. What is no finding of ours is "other".

        Examples
        --------
        >>> import pandas as pd
        >>> from borderzone.incidents import read
        >>> TableCheck(read(pd.DataFrame({"lat": [34.4, 0], "lon": [41.1, 0]}))).rejected_findings
                 finding  rows
        0  zero position     1
        """
        found: pd.Series = self.rejected["reason"].map(category_of).explode().dropna()
        found = found.where(found.isin(list(CATEGORIES)), "other")
        return found.value_counts().sort_index().rename_axis("finding").reset_index(name="rows")

    @property
    def swaps(self) -> list[str]:
        """
        Give what was told of swapped coordinates: it comes before all else.

        Returns
        -------
        list[str]
            Notes without full stops; empty where latitude and longitude stand where they should.
        """
        return [note for note in self.events.attrs.get("notes") or [] if SWAP_TOLD in note]

    def require_usable(self, *, limit: float = REJECTED_LIMIT) -> None:
        """
        Refuse the table if too many of its rows are quarantined.

        Parameters
        ----------
        limit
            Largest share of quarantined rows that is accepted.

        Raises
        ------
        RejectedRowsError
            If the share is larger; the message names the commonest findings.

        Examples
        --------
        >>> import pandas as pd
        >>> from borderzone.incidents import read
        >>> TableCheck(read(pd.DataFrame({"lat": [34.4], "lon": [41.1]}))).require_usable()
        """
        check_probability(limit, "limit")
        verdict = self.findings
        share, count = verdict.attrs["rejected_share"], verdict.attrs["n_quarantined"]
        if share <= limit:
            return
        causes = (verdict["status"] == "quarantined") & ~verdict["finding"].isin(FLAGS)
        worst = verdict[causes].head(3)
        told = ", ".join(f"{row.finding} ({row.rows})" for row in worst.itertuples())
        told = "; ".join([told, *self.swaps])
        msg = (
            f"{count} of {len(self.events)} rows ({share:.0%}) cannot be used, more than the "
            f"{limit:.0%} allowed: {told}. Mend these rows (each has its reason), or raise the limit, "
            f"{option('limit', math.ceil(100 * share) / 100)}"
        )
        raise RejectedRowsError(msg)

    def assumptions(self, *, quoting: bool = True) -> list[str]:
        """
        Say what was assumed, settled by evidence or passed over when the table was read.

        Parameters
        ----------
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
        >>> table = pd.DataFrame({"lat": [34.4], "lon": [41.1], "date": ["2019-07-21"]})
        >>> TableCheck(read(table)).assumptions()
        ['1 of 1 rows state no precision: 25 km are taken.']
        """
        # What a table covers is told beside this, in full.
        apart = {str(note).rstrip(".") for note in self.events.attrs.get("coverage_notes") or []}
        notes = [note for note in _notes(self.events) if note not in apart]
        told = notes if quoting else [_without_quotes(note) for note in notes]
        return [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(told)]

    @property
    def sentences(self) -> list[str]:
        """
        Say in plain sentences how the table was read and what may be done with it.

        Returns
        -------
        list[str]
            Rows by status, layout and encoding, which column was taken for what,
            notes of the reader, the terms of each collection, and what of them may leave.

        Examples
        --------
        >>> import pandas as pd
        >>> from borderzone.incidents import read
        >>> table = pd.DataFrame({"Lat": [34.4], "x": [41.1], "where_prec": [1], "Date": ["2019-07-21"]})
        >>> for sentence in TableCheck(read(table, terms="mine")).sentences:
        ...     print(sentence)
        Rows: 1 ok, 0 fixed, 0 quarantined (0 %).
        Read as: format table.
        Columns: date from 'Date', lat from 'Lat', lon from 'x', where_prec from 'where_prec'.
        Terms of your table (1 rows): yours to pass on, as you said.
        """
        events, attrs = self.events, self.events.attrs
        sentences = [_counts_told(self.findings.attrs)]
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


def _part(reason: str, category: str) -> str:
    """Give the finding of that kind; words of somebody else may have no colon."""
    return next(part for part in reason.split("; ") if part.split(":", 1)[0] == category)


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


def _counts_told(told: Mapping[Any, Any]) -> str:
    return (
        f"Rows: {told['n_ok']:,} ok, {told['n_fixed']:,} fixed, {told['n_quarantined']:,} "
        f"quarantined ({100 * told['rejected_share']:.3g} %)."
    )
