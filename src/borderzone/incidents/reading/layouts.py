"""Layouts of the event collections that analysts bring, and the marks that tell them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from borderzone._guards import check_choice
from borderzone.errors import DataError
from borderzone.incidents.reading.aliases import ALIASES, plain_name
from borderzone.incidents.reading.dates import dates_of_parts
from borderzone.incidents.table_schema import COLUMNS, Spellings, is_missing, parse_number

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from borderzone._typing import BoolArray

__all__ = [
    "COLLECTIONS",
    "LAYOUTS",
    "Collection",
    "Layout",
    "bears_marks",
    "by_plain_name",
    "cells_of",
    "cut_names",
    "filled",
    "layouts_of",
    "marked_rows",
    "marked_table",
    "own_column",
    "scheme_of",
]


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


def by_plain_name(raw: pd.DataFrame) -> dict[str, str]:
    """Give the columns of a table by their plain names; of two that are alike, the first."""
    return {plain_name(str(name)): str(name) for name in reversed(list(raw.columns))}


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
    given: Container[str] = (),
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
    by_plain = by_plain_name(raw)
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


_STRONG, _WEAK = 2, 1
# A Shapefile keeps ten letters of a name, some programs eleven.
_CUT_AT = (10, 11)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """
    A collection of events, and the marks by which its rows are known.

    Attributes
    ----------
    layout
        "acled", "ucdp" or "gtd": name of its layout and of its code book.
    dataset
        Its name in the column ``dataset``.
    citation
        How it is cited.
    strong, weak
        Its own columns, folded: names that no other table has, and names that others may have.
    enough
        Weight that makes rows its rows: a strong mark is 2, a weak one 1.
    opens
        Whether its rows may leave: then one strong mark at least is asked for, for weak ones alone
        do not open what may be somebody's own.
    precision
        Column of its classes of positional precision.
    classes
        Codes of that column.
    telling
        Columns, folded, of which the cells may tell: a strong mark.
    cells
        Pattern of cells there that it alone has.
    beside
        Pattern of what may stand in other rows of the same column where a whole table is its own.
    """

    layout: str
    dataset: str
    citation: str
    strong: frozenset[str]
    weak: frozenset[str]
    enough: int
    opens: bool = False
    precision: str
    classes: range
    telling: frozenset[str] = frozenset()
    cells: str = ""
    beside: str = ""

    def points(self) -> dict[str, int]:
        """Give how much each of its columns tells."""
        told = dict.fromkeys(self.weak, _WEAK) | dict.fromkeys(self.strong, _STRONG)
        return {cut: points for name, points in told.items() for cut in cut_names(name)}


def cut_names(name: str) -> tuple[str, ...]:
    """Give the forms in which files hold the name of a column."""
    return tuple(dict.fromkeys([name, *(name[:letters].strip("_") for letters in _CUT_AT)]))


COLLECTIONS: Mapping[str, Collection] = MappingProxyType(
    {
        known.layout: known
        for known in (
            Collection(
                layout="acled",
                dataset="ACLED",
                citation=(
                    "Armed Conflict Location & Event Data (ACLED), acleddata.com; Raleigh, Linke, "
                    "Hegre & Karlsen (2010), Journal of Peace Research 47(5), 651-660"
                ),
                strong=frozenset(
                    {"event_id_cnty", "event_id_no_cnty", "geo_precision", "sub_event_type"}
                    | {"disorder_type", "civilian_targeting", "assoc_actor_1", "assoc_actor_2"}
                    | {"source_scale", "inter1", "inter2"}
                ),
                weak=frozenset({"time_precision", "interaction", "data_id"}),
                enough=2,
                precision="geo_precision",
                classes=range(1, 4),
                telling=frozenset(ALIASES["event_type"]),
                cells=(
                    "battles|explosions/remote violence|strategic developments|"
                    "violence against civilians"
                ),
                beside="protests|riots",
            ),
            Collection(
                layout="gtd",
                dataset="GTD",
                citation=(
                    "National Consortium for the Study of Terrorism and Responses to Terrorism "
                    "(START), University of Maryland: Global Terrorism Database"
                ),
                strong=frozenset(
                    {"gtd_id", "gtdid", "iyear", "imonth", "iday", "attacktype1", "attacktype1_txt"}
                    | {"weaptype1", "weaptype1_txt", "targtype1", "targtype1_txt", "natlty1"}
                    | {"natlty1_txt", "doubtterr", "scite1", "nkill", "nkillter", "nwoundter"}
                    | {"int_log", "dbsource"}
                ),
                weak=frozenset({"eventid", "nwound", "gname", "specificity", "vicinity", "crit1"}),
                enough=2,
                precision="specificity",
                classes=range(1, 6),
                telling=frozenset({"eventid"}),
                # Year, month and day (0 where unknown), then four figures.
                cells=r"(?:19[7-9]\d|20[0-4]\d)(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{4}(?:\.0)?",
            ),
            Collection(
                layout="ucdp",
                dataset="UCDP GED",
                citation=(
                    "UCDP Georeferenced Event Dataset (CC BY 4.0); Sundberg & Melander (2013), "
                    "Journal of Peace Research 50(4), 523-532"
                ),
                strong=frozenset(
                    {"type_of_violence", "event_clarity", "code_status", "dyad_name", "dyad_new_id"}
                    | {"dyad_dset_id", "conflict_new_id", "conflict_dset_id", "side_a_new_id"}
                    | {"side_a_dset_id", "side_b_new_id", "side_b_dset_id", "gwnoa", "gwnob"}
                ),
                weak=frozenset(
                    {"where_prec", "date_prec", "where_coordinates", "where_description", "relid"}
                    | {"side_a", "side_b", "conflict_name", "active_year", "number_of_sources"}
                    | {"source_article", "source_office", "source_headline", "source_original"}
                    | {"deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"}
                    | {"best", "priogrid_gid"}
                ),
                enough=3,
                opens=True,
                precision="where_prec",
                classes=range(1, 8),
            ),
        )
    }
)
"""Collections by layout, those whose rows may not leave first."""


def bears_marks(names: Iterable[str], layout: str) -> bool:
    """Tell whether columns of these names make a table one of a collection."""
    return _enough([COLLECTIONS[layout].points().get(plain_name(n), 0) for n in names], layout)


def marked_table(table: pd.DataFrame) -> list[str]:
    """Tell the collections whose marks a table bears, by its columns that hold anything."""
    plain = [plain_name(str(name)) for name in table.columns]
    found: dict[str, int] = {}
    for layout, collection in COLLECTIONS.items():
        own, points = collection.points(), []
        for place, name in enumerate(plain):
            if name in own and _holds_anything(table.iloc[:, place]):
                points.append(own[name])
            if name in collection.telling and _all_its_own(table.iloc[:, place], collection):
                points.append(_STRONG)
        if _enough(points, layout):
            found[layout] = sum(points)
    return sorted(found, key=lambda layout: -found[layout])


def marked_rows(
    table: pd.DataFrame, layouts: Iterable[str] = tuple(COLLECTIONS)
) -> dict[str, BoolArray]:
    """Tell which rows bear the marks of which collection, whatever the table says of itself."""
    plain = [plain_name(str(name)) for name in table.columns]
    found: dict[str, BoolArray] = {}
    for layout in layouts:
        collection = COLLECTIONS[layout]
        own = collection.points()
        points, strongest = np.zeros((2, len(table)), dtype=np.int64)
        for place, name in enumerate(plain):
            if name in own and name not in COLUMNS:
                tells = own[name] * filled(table.iloc[:, place])
                points, strongest = points + tells, np.maximum(strongest, tells)
            if name in collection.telling:
                tells = _STRONG * _like(table.iloc[:, place], collection.cells)
                points, strongest = points + tells, np.maximum(strongest, tells)
        sure = (strongest >= _STRONG) | (not collection.opens)
        found[layout] = (points >= collection.enough) & sure
    return found


def scheme_of(column: str) -> str:
    """Name the code book of a column of classes of precision, by the name of the column."""
    name = plain_name(column)
    own = (known for known in COLLECTIONS.values() if name in cut_names(known.precision))
    return next((known.layout for known in own), "")


def filled(column: pd.Series) -> BoolArray:
    """Tell which cells of a column hold anything."""
    there: BoolArray = column.notna().to_numpy(dtype=bool, copy=True)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return there
    if isinstance(column.dtype, pd.StringDtype):
        there &= column.str.strip().ne("").to_numpy(dtype=bool, na_value=False)
        return there
    texts = column.astype(object).to_numpy()[there].tolist()
    there[there] = [bool(str(cell).strip()) for cell in texts]
    return there


def _holds_anything(column: pd.Series) -> bool:
    """Look until a cell holds anything, which is mostly the first."""
    return any(bool(filled(column.iloc[k : k + 1000]).any()) for k in range(0, len(column), 1000))


def _enough(points: list[int], layout: str) -> bool:
    known = COLLECTIONS[layout]
    return sum(points) >= known.enough and (max(points) >= _STRONG or not known.opens)


def _like(column: pd.Series, pattern: str) -> BoolArray:
    like: BoolArray = Spellings(column).read(lambda cell: _matches(cell, pattern), bool)
    return like


def _all_its_own(column: pd.Series, collection: Collection) -> bool:
    """Whether some cells can only be of the collection, and none is of another."""
    own = [cell for cell in Spellings(column).cells if not is_missing(cell)]
    known = f"{collection.cells}|{collection.beside}"
    return any(_matches(cell, collection.cells) for cell in own) and all(
        _matches(cell, known) for cell in own
    )


def _matches(cell: object, pattern: str) -> bool:
    return re.fullmatch(pattern, str(cell).strip().casefold()) is not None
