"""Layouts of the event collections that analysts bring, told by their columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from borderzone._guards import check_choice
from borderzone.errors import DataError
from borderzone.incidents.cells import parse_number
from borderzone.incidents.incident_table import COLUMNS
from borderzone.incidents.reading.aliases import plain_name
from borderzone.incidents.reading.dates import dates_of_parts
from borderzone.incidents.reading.marks import (
    COLLECTIONS,
    bears_marks,
    cut_names,
    filled,
    marked_table,
)
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

__all__ = ["LAYOUTS", "Layout", "cells_of", "layouts_of", "own_column"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """
    One layout of columns.

    Attributes
    ----------
    name
        "acled", "ucdp", "gtd", "borderzone" or "table".
    needed
        Columns, folded, that a whole export has.
    parts
        Part of the incident table to its column, the first that is there of several.
    others
        Its columns, folded, that say something else than the alias table would take them for.
    """

    name: str
    needed: frozenset[str] = frozenset()
    parts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    @property
    def dataset(self) -> str:
        """Name the collection whose terms hold for the rows."""
        return COLLECTIONS[self.name].dataset if self.name in COLLECTIONS else ""

    @property
    def citation(self) -> str:
        """Say how the collection is cited."""
        return COLLECTIONS[self.name].citation if self.name in COLLECTIONS else ""

    def parts_in(self, names: Iterable[str]) -> dict[str, str]:
        """Tell which column of a table plays which part, as this layout has it."""
        by_plain = {plain_name(name): name for name in reversed(list(names))}
        found = {
            part: own_column(by_plain, *((own,) if isinstance(own, str) else own))
            for part, own in self.parts.items()
        }
        return {part: name for part, name in found.items() if name is not None}

    def is_marked(self, names: Iterable[str]) -> bool:
        """Tell whether columns of these names make a table one of this layout."""
        if self.name in COLLECTIONS:
            return bears_marks(names, self.name)
        return self.needed <= {plain_name(name) for name in names}


_ACLED_PRECISION = {1: "day", 2: "week", 3: "month"}
# 2 is a span of some days within the month, which date_start and date_end give.
_UCDP_PRECISION = {1: "day", 2: "day", 3: "week", 4: "month", 5: "year"}
_UCDP_TYPES = {1: "state-based violence", 2: "non-state violence", 3: "one-sided violence"}


def own_column(by_plain: Mapping[str, str], *names: str) -> str | None:
    """Find a column of a collection, also where a Shapefile cut its name."""
    cuts = (cut for name in names for cut in cut_names(name))
    return next((by_plain[cut] for cut in cuts if cut in by_plain), None)


class _Coded(NamedTuple):
    """A part that a collection codes by numbers."""

    part: str
    column: str
    words: Mapping[int, str]


_CODED = (
    _Coded("date_precision", "time_precision", _ACLED_PRECISION),
    _Coded("date_precision", "date_prec", _UCDP_PRECISION),
    _Coded("event_type", "type_of_violence", _UCDP_TYPES),
)

_PLACE = {"country": "country", "lat": "latitude", "lon": "longitude"}

_ALL = (
    Layout(
        name="borderzone",
        needed=frozenset(COLUMNS),
        parts={**dict(zip(COLUMNS, COLUMNS, strict=True)), "date": "date_start"},
    ),
    Layout(
        name="acled",
        needed=frozenset(
            {"event_date", "time_precision", "geo_precision", "latitude", "longitude"}
        ),
        parts={
            **_PLACE,
            "id": "event_id_cnty",
            "date": "event_date",
            "event_type": "event_type",
            "description": "notes",
            "admin1": "admin1",
            "admin2": "admin2",
            "place": "location",
            "where_prec": "geo_precision",
            "fatalities_best": "fatalities",
            "source": "source",
        },
        # The day of the upload is no date of the event.
        others=frozenset({"timestamp", "iso", "data_id"}),
    ),
    Layout(
        name="ucdp",
        needed=frozenset({"where_prec", "date_prec", "type_of_violence", "latitude", "longitude"}),
        parts={
            **_PLACE,
            "id": "id",
            "date": "date_start",
            "date_end": "date_end",
            "description": "source_headline",
            "admin1": "adm_1",
            "admin2": "adm_2",
            "place": "where_coordinates",
            "where_prec": "where_prec",
            "fatalities_low": "low",
            "fatalities_best": "best",
            "fatalities_high": "high",
            "source": "source_article",
        },
        others=frozenset({"source_date"}),
    ),
    Layout(
        name="gtd",
        needed=frozenset({"eventid", "iyear", "imonth", "iday", "latitude", "longitude"}),
        parts={
            "id": ("eventid", "gtd_id", "gtdid"),
            "year": "iyear",
            "month": "imonth",
            "day": "iday",
            "event_type": "attacktype1_txt",
            "description": "summary",
            "country": "country_txt",
            "admin1": "provstate",
            "place": "city",
            "lat": "latitude",
            "lon": "longitude",
            "where_prec": "specificity",
            "fatalities_best": "nkill",
            "source": "scite1",
        },
        # Its countries and regions are numbers, with the words beside them.
        others=frozenset({"country", "region", "approxdate", "resolution"}),
    ),
)

LAYOUTS: Mapping[str, Layout] = MappingProxyType({layout.name: layout for layout in _ALL})
"""Known layouts by name."""

_TABLE = Layout(name="table")
_AGGREGATE = frozenset({"centroid_latitude", "centroid_longitude"})


def layouts_of(raw: pd.DataFrame, table: str, asked: str | None = None) -> tuple[Layout, ...]:
    """Tell the layout of a table by the marks of the collections."""
    names = [str(name) for name in raw.columns]
    folded = {plain_name(name) for name in names}
    if folded >= _AGGREGATE:
        msg = (
            f"{table} counts events by place and week, with the centroids of provinces for positions "
            "(the aggregated data of ACLED): these are no events. Download the event-level export"
        )
        raise DataError(msg)
    found = [LAYOUTS[name] for name in marked_table(raw)]
    if asked is not None:
        layout = LAYOUTS[check_choice(asked, "format", LAYOUTS)]
        if not layout.is_marked(names):
            absent = ", ".join(sorted(layout.needed - folded))
            msg = f"{table} is not in the layout of {asked}: it has no column {absent}"
            raise DataError(msg)
    elif LAYOUTS["borderzone"].is_marked(names):
        layout = LAYOUTS["borderzone"]
    else:
        layout = found[0] if found else _TABLE
    if layout.name == "borderzone":
        return (layout,)
    return (layout, *(other for other in found if other is not layout))


def cells_of(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    given: Collection[str] = (),
) -> dict[str, pd.Series]:
    """Give the cells of every part, put together where collections spread or code them."""
    cells = {part: raw[name].reset_index(drop=True) for part, name in parts.items()}
    if layouts[0].name == "borderzone":
        return cells
    names = [str(name) for name in raw.columns]
    own = layouts[0].parts_in(names)
    for part, words in _words_of_codes(raw):
        if part in own and part not in given:
            cells[part] = _filled_up(cells[part], words)
        elif part not in given:
            cells[part] = _filled_up(words, cells.get(part))
    for other in layouts[1:]:
        for part, name in other.parts_in(names).items():
            if part not in given:
                more = raw[name].reset_index(drop=True)
                cells[part] = _filled_up(cells[part], more) if part in cells else more
    return cells if len(layouts) == 1 else _with_all_dates(cells)


def _with_all_dates(cells: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """In rows of several collections some have a date, others a year, a month and a day."""
    spread: dict[str, Spellings] = {
        part: Spellings(cells[part]) for part in ("year", "month", "day") if part in cells
    }
    if "date" in cells and "year" in spread:
        dates = pd.Series(dates_of_parts(spread).read(str), dtype=object)
        cells["date"] = _filled_up(cells["date"], dates)
    return cells


def _words_of_codes(raw: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Parts that are coded by numbers, in words; what is no code stays as it is."""
    by_plain = {plain_name(str(name)): str(name) for name in reversed(list(raw.columns))}
    for coded in _CODED:
        name = own_column(by_plain, coded.column)
        if name is not None:

            def word(cell: object, words: Mapping[int, str] = coded.words) -> object:
                number = parse_number(cell)
                return words.get(int(number.value), cell) if number.state == "ok" else cell

            yield coded.part, pd.Series(Spellings(raw[name]).read(word), dtype=object)


def _filled_up(first: pd.Series, second: pd.Series | None) -> pd.Series:
    """Take what the first column lacks from the second."""
    if second is None or not (blank := ~filled(first)).any():
        return first
    return first.astype(object).mask(blank, second.astype(object))
