"""Marks of the collections: what tells whose rows a table holds and how their precision is coded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing
from borderzone.incidents.incident_table import COLUMNS
from borderzone.incidents.reading.aliases import ALIASES, plain_name
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from borderzone._typing import BoolArray

__all__ = [
    "COLLECTIONS",
    "Collection",
    "bears_marks",
    "cut_names",
    "filled",
    "marked_rows",
    "marked_table",
    "scheme_of",
]

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

    def weights(self) -> dict[str, int]:
        """Give the weight of each of its columns."""
        weighed = dict.fromkeys(self.weak, _WEAK) | dict.fromkeys(self.strong, _STRONG)
        return {cut: weight for name, weight in weighed.items() for cut in cut_names(name)}


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
    return _enough([COLLECTIONS[layout].weights().get(plain_name(n), 0) for n in names], layout)


def marked_table(table: pd.DataFrame) -> list[str]:
    """Tell the collections whose marks a table bears, by its columns that hold anything."""
    plain = [plain_name(str(name)) for name in table.columns]
    found: dict[str, int] = {}
    for layout, collection in COLLECTIONS.items():
        own, weights = collection.weights(), []
        for place, name in enumerate(plain):
            if name in own and _holds_anything(table.iloc[:, place]):
                weights.append(own[name])
            if name in collection.telling and _all_its_own(table.iloc[:, place], collection):
                weights.append(_STRONG)
        if _enough(weights, layout):
            found[layout] = sum(weights)
    return sorted(found, key=lambda layout: -found[layout])


def marked_rows(
    table: pd.DataFrame, layouts: Iterable[str] = tuple(COLLECTIONS)
) -> dict[str, BoolArray]:
    """Tell which rows bear the marks of which collection, whatever the table says of itself."""
    plain = [plain_name(str(name)) for name in table.columns]
    found: dict[str, BoolArray] = {}
    for layout in layouts:
        collection = COLLECTIONS[layout]
        own = collection.weights()
        weight, strongest = np.zeros((2, len(table)), dtype=np.int64)
        for place, name in enumerate(plain):
            if name in own and name not in COLUMNS:
                weighs = own[name] * filled(table.iloc[:, place])
                weight, strongest = weight + weighs, np.maximum(strongest, weighs)
            if name in collection.telling:
                weighs = _STRONG * _like(table.iloc[:, place], collection.cells)
                weight, strongest = weight + weighs, np.maximum(strongest, weighs)
        sure = (strongest >= _STRONG) | (not collection.opens)
        found[layout] = (weight >= collection.enough) & sure
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


def _enough(weights: list[int], layout: str) -> bool:
    known = COLLECTIONS[layout]
    return sum(weights) >= known.enough and (max(weights) >= _STRONG or not known.opens)


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
