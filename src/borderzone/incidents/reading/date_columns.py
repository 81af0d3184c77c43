"""Which column of a table is the date: the one that is filled, and none where two differ."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from borderzone.errors import DataError
from borderzone.incidents import hints
from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.incident_table import Ledger
from borderzone.incidents.reading.aliases import ALIASES, plain_name
from borderzone.incidents.reading.date_cells import read_cell
from borderzone.incidents.reading.dates import Dates, read_dates
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

    from borderzone._typing import BoolArray
    from borderzone.incidents.reading.canonical import ReadOptions

__all__ = ["date_parts"]

_SPREAD = ("year", "month", "day")
_WHEN = ("date", "date_end", *_SPREAD)
# Names that may be the date of something else: taken only where nothing better is there.
_WEAK = ("timestamp", "begin", "time", "when")
_ENDS = {"begin": "end"}
_WORDS = {"date", "datum", "fecha", "tarih", "time", "timestamp", "datetime", "التاريخ", "تاريخ"}
_SAMPLE = 50


def date_parts(
    raw: pd.DataFrame,
    parts: Mapping[str, str],
    given: Mapping[str, str],
    ledger: Ledger,
    options: ReadOptions,
) -> dict[str, str]:
    """Tell which columns of a table say when."""
    search = _Search(raw, parts, given, options)
    named = {part: given.get(part) or search.named(part) for part in ("date", "date_end")}
    when = {part: name for part, name in named.items() if name}
    named = {part: given.get(part) or search.first(part) for part in _SPREAD}
    spread = {part: name for part, name in named.items() if name and _of(raw, name)}
    cells = _of(raw, when["date"]) if "date" in when else []
    if "date" in given or ("year" not in given and cells and not _are_days_of_a_month(cells)):
        spread = {}
    elif "year" in spread and ("month" in spread or "year" in given):
        if "day" not in spread and cells and _are_days_of_a_month(cells):
            spread["day"] = when["date"]
        when.pop("date", None)
    elif weak := search.weak():
        ledger.note(f"column {weak!r} was taken for the date, for want of a better one")
        end = search.filled(_ENDS.get(plain_name(weak), ""))
        when = ({"date_end": end} if end else {}) | when | {"date": weak}
        spread = {}
    elif "year" in spread and not cells:
        spread = {"year": spread["year"]}
        ledger.note(f"the date is known to the year alone, from column {spread['year']!r}")
        when.pop("date", None)
    else:
        spread = {}
    others = {part: name for part, name in parts.items() if part not in _WHEN}
    found = others | when | spread
    if "date" not in found and "year" not in found:
        _tell_none(raw, found, ledger, options.as_of)
    return {part: found[part] for part in ALIASES if part in found}


def _tell_none(raw: pd.DataFrame, parts: Mapping[str, str], ledger: Ledger, as_of: dt.date) -> None:
    """Say that no column was taken for the date, and which looks like one."""
    told = f"no column was taken for the date: {len(raw):,} rows are without one"
    others = [str(name) for name in raw.columns if str(name) not in (*parts.values(), "geometry")]
    head = raw.head(_SAMPLE)
    likely = next((name for name in others if _looks_like_dates(_of(head, name), as_of)), None)
    likely = likely or next(
        (name for name in others if _is_named_so(name) and _of(raw, name)), None
    )
    if likely is not None:
        told += f" ({likely!r} looks like one: {hints.option('columns', {'date': likely})})"
    ledger.note(told)


class _Search:
    """Columns that may be the date, by name and by what they hold."""

    def __init__(
        self,
        raw: pd.DataFrame,
        parts: Mapping[str, str],
        given: Mapping[str, str],
        options: ReadOptions,
    ) -> None:
        self._raw, self._date_format, self._as_of = raw, options.date_format, options.as_of
        own = {name for part, name in parts.items() if part not in _WHEN}
        taken = own | set(given.values())
        self._names = [str(name) for name in raw.columns if str(name) not in taken]

    def first(self, part: str) -> str | None:
        """Give the column that plays a part by its name alone."""
        plain = {plain_name(name): name for name in reversed(self._names)}
        return next((plain[alias] for alias in ALIASES[part] if alias in plain), None)

    def filled(self, alias: str) -> str | None:
        """Give the column of a name that holds dates."""
        for name in self._names:
            if plain_name(name) == alias and _looks_like_dates(_of(self._raw, name), self._as_of):
                return name
        return None

    def weak(self) -> str | None:
        """Give the first column of a weak name that holds dates."""
        return next((name for alias in _WEAK if (name := self.filled(alias))), None)

    def named(self, part: str) -> str | None:
        """Give the one column that plays a part; an error where two do and differ."""
        rank = {alias: i for i, alias in enumerate(ALIASES[part])}
        named = [name for name in self._names if plain_name(name) in rank]
        named.sort(key=lambda name: rank[plain_name(name)])
        held = {name: cells for name in named if (cells := _of(self._raw, name))}
        if part == "date":
            # A day of the month is no date; a column of that name may hold whole dates.
            held = {name: cells for name, cells in held.items() if not _are_days_of_a_month(cells)}
            held |= {
                name: cells
                for name in self._names
                if plain_name(name) in ALIASES["day"]
                and _looks_like_dates(cells := _of(self._raw, name), self._as_of)
            }
        if len(held) > 1:
            held = {n: c for n, c in held.items() if self._reads(c)} or held
        if len(held) > 1:
            return self._of_twins(part, list(held))
        # Where nothing holds dates, a column of that name still says that there is none.
        return next(iter([*held, *(name for name in named if plain_name(name) in rank)]), None)

    def _reads(self, cells: list[object]) -> bool:
        return any(read_cell(cell, self._date_format, self._as_of).days for cell in cells)

    def _of_twins(self, part: str, names: list[str]) -> str:
        """Give the fullest of several columns that agree."""
        read = {name: self._dates(name) for name in names}
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                self._refuse_different(part, one, other, read)
        return max(names, key=lambda name: int((~np.isnat(read[name].start)).sum()))

    def _refuse_different(self, part: str, one: str, other: str, read: Mapping[str, Dates]) -> None:
        apart = _apart(read[one], read[other])
        if not apart.any():
            return
        row = int(np.flatnonzero(apart)[0])
        cells = [shown(self._raw[name].iloc[row]) for name in (one, other)]
        what = "date" if part == "date" else "last day"
        ways = " or ".join(hints.option("columns", {part: name}) for name in (one, other))
        msg = (
            f"two columns look like the {what}, {one!r} and {other!r}, and differ in "
            f"{int(apart.sum()):,} of {len(apart):,} rows (row {row + 1}: {' and '.join(cells)}); "
            f"say which it is: {ways}"
        )
        raise DataError(msg)

    def _dates(self, name: str) -> Dates:
        cells = {"date": Spellings(self._raw[name])}
        n_rows, zero = len(self._raw), self._raw.attrs.get("day_zero")
        return read_dates(
            cells,
            n_rows,
            Ledger(n_rows),
            date_format=self._date_format,
            as_of=self._as_of,
            day_zero=zero,
        )


def _apart(one: Dates, other: Dates) -> BoolArray:
    """Rows in which both are known and no day is in both."""
    apart: BoolArray = (one.start > other.end) | (other.start > one.end)
    return apart


def _of(raw: pd.DataFrame, name: str) -> list[object]:
    """Give the first different cells of a column that hold anything."""
    cells = (cell for cell in raw[name].drop_duplicates().tolist() if not is_missing(cell))
    return list(islice(cells, _SAMPLE))


def _are_days_of_a_month(cells: list[object]) -> bool:
    numbers = [parse_number(cell) for cell in cells]
    return bool(numbers) and all(n.state == "ok" and 0 <= n.value <= 31 for n in numbers)


def _looks_like_dates(cells: list[object], as_of: dt.date) -> bool:
    """Whether all cells are days; plain numbers and years alone may be anything."""
    readings = [read_cell(cell, None, as_of) for cell in cells]
    return bool(cells) and all(
        r.days and not r.number and all(day[2] for day in r.days.values()) for r in readings
    )


def _is_named_so(name: str) -> bool:
    words = [word.strip("0123456789") for word in plain_name(name).split("_")]
    return any(word in _WORDS or word.endswith(("date", "datum")) for word in words)
