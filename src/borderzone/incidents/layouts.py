"""Layouts of the event collections that analysts bring, told by their columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from borderzone._guards import check_choice
from borderzone.errors import DataError
from borderzone.incidents.aliases import plain_name
from borderzone.incidents.cells import parse_number
from borderzone.incidents.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["LAYOUTS", "Layout", "cells_of", "layout_of"]


def _nothing(_raw: pd.DataFrame) -> dict[str, list[object]]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """
    One layout of columns.

    Attributes
    ----------
    name
        "acled", "ucdp", "gtd", "borderzone" or "table".
    dataset
        Collection whose terms hold for the rows; empty for other tables.
    needed
        Columns, folded, by which it is told.
    parts
        Part of the incident table to column.
    scheme
        Code book of its classes of positional precision.
    classes
        Codes that the code book knows.
    citation
        How the collection is cited.
    derived
        Gives the cells of parts that are put together from several columns.
    """

    name: str
    dataset: str = ""
    needed: frozenset[str] = frozenset()
    parts: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "ucdp"
    classes: range = range(1, 8)
    citation: str = ""
    derived: Callable[[pd.DataFrame], dict[str, list[object]]] = _nothing

    def parts_in(self, names: Iterable[str]) -> dict[str, str]:
        """
        Tell which column of a table plays which part, as this layout has it.

        Parameters
        ----------
        names
            Columns of the table.

        Returns
        -------
        dict[str, str]
            Part to column, for the columns that are there.
        """
        by_plain = {plain_name(name): name for name in reversed(list(names))}
        return {part: by_plain[own] for part, own in self.parts.items() if own in by_plain}


_ACLED_PRECISION = {1: "day", 2: "week", 3: "month"}
# 2 is a span of some days within the month, which date_start and date_end give.
_UCDP_PRECISION = {1: "day", 2: "day", 3: "week", 4: "month", 5: "year"}
_UCDP_TYPES = {1: "state-based violence", 2: "non-state violence", 3: "one-sided violence"}


def _column(raw: pd.DataFrame, name: str) -> list[object]:
    """Cells of a column by its folded name."""
    own = next(column for column in raw.columns if plain_name(str(column)) == name)
    cells: list[object] = raw[own].tolist()
    return cells


def _coded(cells: list[object], words: Mapping[int, str]) -> list[object]:
    """Turn codes into words; what is no code stays as it is."""
    known: dict[object, object] = {}
    for cell in set(cells):
        number = parse_number(cell)
        known[cell] = words.get(int(number.value), cell) if number.state == "ok" else cell
    return [known[cell] for cell in cells]


def _acled(raw: pd.DataFrame) -> dict[str, list[object]]:
    return {"date_precision": _coded(_column(raw, "time_precision"), _ACLED_PRECISION)}


def _ucdp(raw: pd.DataFrame) -> dict[str, list[object]]:
    return {
        "date_precision": _coded(_column(raw, "date_prec"), _UCDP_PRECISION),
        "event_type": _coded(_column(raw, "type_of_violence"), _UCDP_TYPES),
    }


_PLACE = {"country": "country", "lat": "latitude", "lon": "longitude"}

_ALL = (
    Layout(
        name="borderzone",
        needed=frozenset(COLUMNS),
        parts={**dict(zip(COLUMNS, COLUMNS, strict=True)), "date": "date_start"},
    ),
    Layout(
        name="acled",
        dataset="ACLED",
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
        scheme="acled",
        classes=range(1, 4),
        citation=(
            "Armed Conflict Location & Event Data (ACLED), acleddata.com; Raleigh, Linke, Hegre & "
            "Karlsen (2010), Journal of Peace Research 47(5), 651-660"
        ),
        derived=_acled,
    ),
    Layout(
        name="ucdp",
        dataset="UCDP GED",
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
        citation=(
            "UCDP Georeferenced Event Dataset (CC BY 4.0); Sundberg & Melander (2013), Journal of "
            "Peace Research 50(4), 523-532"
        ),
        derived=_ucdp,
    ),
    Layout(
        name="gtd",
        dataset="GTD",
        needed=frozenset({"eventid", "iyear", "imonth", "iday", "latitude", "longitude"}),
        parts={
            "id": "eventid",
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
        scheme="gtd",
        classes=range(1, 6),
        citation=(
            "National Consortium for the Study of Terrorism and Responses to Terrorism (START), "
            "University of Maryland: Global Terrorism Database"
        ),
    ),
)

LAYOUTS: Mapping[str, Layout] = MappingProxyType({layout.name: layout for layout in _ALL})
"""Known layouts, in the order in which they are looked for."""

_TABLE = Layout(name="table")
_AGGREGATE = frozenset({"centroid_latitude", "centroid_longitude"})


def layout_of(names: Iterable[object], table: str, asked: str | None = None) -> Layout:
    """
    Tell the layout of a table by its columns.

    Parameters
    ----------
    names
        Columns of the table.
    table
        Name of the table, for messages.
    asked
        Layout that the user names; None to tell it by the columns.

    Returns
    -------
    Layout
        The layout; one without a dataset for tables of other origin.

    Raises
    ------
    DataError
        If the layout asked for does not fit, or the table counts events by place and week.
    InvalidParameterError
        If no such layout is known.

    Examples
    --------
    >>> layout_of(["Latitude", "Longitude", "When"], "a.csv").name
    'table'
    """
    folded = {plain_name(str(name)) for name in names}
    if folded >= _AGGREGATE:
        msg = (
            f"{table} counts events by place and week, with the centroids of provinces for positions "
            "(the aggregated data of ACLED): these are no events. Download the event-level export"
        )
        raise DataError(msg)
    if asked is not None:
        layout = LAYOUTS[check_choice(asked, "format", LAYOUTS)]
        absent = sorted(layout.needed - folded)
        if absent:
            msg = f"{table} is not in the layout of {asked}: it has no column {', '.join(absent)}"
            raise DataError(msg)
        return layout
    return next((layout for layout in LAYOUTS.values() if layout.needed <= folded), _TABLE)


def cells_of(raw: pd.DataFrame, layout: Layout, parts: Mapping[str, str]) -> dict[str, pd.Series]:
    """
    Give the cells of every part, put together where the layout spreads them.

    Parameters
    ----------
    raw
        The table as found.
    layout
        Its layout.
    parts
        Part to column.

    Returns
    -------
    dict
        Part to a column of cells, on positions for index.
    """
    own = {part: raw[name].reset_index(drop=True) for part, name in parts.items()}
    made = {part: pd.Series(cells, dtype=object) for part, cells in layout.derived(raw).items()}
    return own | made
