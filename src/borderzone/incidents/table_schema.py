"""The incident table: its columns and cells, and the ledger of row verdicts."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from borderzone.errors import DataError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import BoolArray, IntArray
    from borderzone.corridor import Corridor

__all__ = [
    "CATEGORIES",
    "COLUMNS",
    "FATALITIES",
    "FIELDS",
    "FLAGS",
    "SCHEMA_VERSION",
    "STATUSES",
    "SYNTHETIC_LABEL",
    "SYNTHETIC_SOURCE",
    "Ledger",
    "Number",
    "Spellings",
    "category_of",
    "check_corridor",
    "check_events",
    "is_missing",
    "is_usable",
    "label_of",
    "parse_number",
    "quoted",
    "schema",
    "trimmed",
    "validate",
]


SCHEMA_VERSION = 2
"""Version of the incident table; 2 added country to dataset and the three figures of deaths."""

STATUSES = ("ok", "fixed", "quarantined")

FATALITIES = ("fatalities_low", "fatalities_best", "fatalities_high")
"""Columns of deaths."""

SYNTHETIC_LABEL = "SYNTHETIC DATA"
"""What stands on everything that invented rows touch."""

SYNTHETIC_SOURCE = "drawn from a stated process; not real"
"""What rows that `synthetic` drew have for their source, and by which they are known."""


class Field(NamedTuple):
    """
    One column of the incident table.

    Attributes
    ----------
    name
        Its name.
    kind
        "text", "date", "number", "whole" (may be missing) or "truth".
    unit
        Its unit.
    meaning
        What it says.
    """

    name: str
    kind: str
    unit: str
    meaning: str


FIELDS = (
    Field("id", "text", "", "identifier of the row"),
    Field("date_start", "date", "date", "first day it may have happened"),
    Field("date_end", "date", "date", "last day it may have happened"),
    Field("date_precision", "text", "", "how precisely the date is known"),
    Field("event_type", "text", "", "kind of event, as coded by the source"),
    Field("description", "text", "", "what the source says"),
    Field("country", "text", "", "country, as coded by the source"),
    Field("admin1", "text", "", "province, as coded by the source"),
    Field("admin2", "text", "", "district, as coded by the source"),
    Field("place", "text", "", "where the source says it happened"),
    Field("lat", "number", "degree", "latitude of the coded point"),
    Field("lon", "number", "degree", "longitude of the coded point"),
    Field("where_prec", "whole", "class", "class of positional precision, as coded by the source"),
    Field("where_scheme", "text", "", "code book of where_prec: ucdp, acled or gtd"),
    Field("radius_km", "number", "km", "radius of the circle it may lie in"),
    Field("fatalities_low", "whole", "people", "lowest figure of deaths"),
    Field("fatalities_best", "whole", "people", "best figure of deaths"),
    Field("fatalities_high", "whole", "people", "highest figure of deaths"),
    Field("source", "text", "", "where it is from"),
    Field("dataset", "text", "", "collection whose terms hold: ACLED, UCDP GED, GTD or none"),
    Field("status", "text", "", "ok, fixed or quarantined"),
    Field("reason", "text", "", "why it was fixed or quarantined"),
    Field("synthetic", "truth", "", "drawn from a random process; never happened"),
)
"""Columns of the incident table, in order."""

COLUMNS = tuple(field.name for field in FIELDS)

FLAGS = frozenset(
    {
        "attributes differ",
        "beyond coverage",
        "beyond its crs",
        "date number",
        "date precision",
        "day or month first",
        "decimal comma",
        "degrees",
        "equal coordinates",
        "exact duplicate",
        "fatalities",
        "metres",
        "mgrs",
        "no date",
        "no first day",
        "pile-up",
        "position",
        "possible duplicate",
        "same id",
        "stray quote",
        "swapped",
        "too few cells",
        "two-digit year",
        "weekday",
    }
)
"""Findings that never quarantine a row by themselves."""

CATEGORIES = FLAGS | {
    "crs",
    "date ambiguous",
    "date order",
    "date unreadable",
    "future date",
    "line unreadable",
    "missing position",
    "not a number",
    "not a point",
    "not one value",
    "out of range",
    "outside its crs",
    "position unreadable",
    "precision class",
    "radius",
    "row of totals",
    "row of units",
    "set aside",
    "swap suspected",
    "too many cells",
    "zero position",
}
"""All findings: words of ours, which may be told where cells of a table may not."""


def schema() -> pd.DataFrame:
    """
    Give the columns of the incident table, with kind, unit and meaning.

    Returns
    -------
    pandas.DataFrame
        Index ``column``; kind, unit, meaning. ``attrs["version"]`` counts up with every change.

    Examples
    --------
    >>> schema().loc["radius_km", "unit"]
    'km'
    """
    table = pd.DataFrame(FIELDS, columns=["column", "kind", "unit", "meaning"]).set_index("column")
    table.attrs["version"] = SCHEMA_VERSION
    return table


def validate(events: gpd.GeoDataFrame) -> None:
    """
    Refuse a table that is not an incident table of this version.

    Parameters
    ----------
    events
        Table to look at.

    Raises
    ------
    DataError
        If columns are missing or of another kind, statuses are unknown, the CRS is not EPSG:4326,
        or a usable row has no position; all that is wrong is named.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> validate(read(pd.DataFrame({"lat": [34.4], "lon": [41.1]})))
    """
    if not hasattr(events, "columns"):
        msg = f"an incident table is a GeoDataFrame, got {type(events).__name__}"
        raise DataError(msg)
    wrong = [f"no column {name}" for name in (*COLUMNS, "geometry") if name not in events.columns]
    wrong += [
        f"{field.name} is {events[field.name].dtype}, not {field.kind}"
        for field in FIELDS
        if field.name in events.columns and not _is_kind(events[field.name], field.kind)
    ]
    if not wrong:
        unknown = sorted(set(map(str, events["status"])) - set(STATUSES))
        if unknown:
            wrong.append(f"status {', '.join(unknown)} is none of {', '.join(STATUSES)}")
        empty = events.geometry.is_empty | events.geometry.isna()
        lost = int((empty & is_usable(events)).sum())
        if lost:
            wrong.append(f"{lost} usable rows have no position")
        if events.crs != "EPSG:4326":
            wrong.append(f"the CRS is {events.crs}, not EPSG:4326")
    if wrong:
        msg = f"not an incident table: {'; '.join(wrong)}; read it with incidents.read"
        raise DataError(msg)


def _is_kind(column: pd.Series, kind: str) -> bool:
    types = pd.api.types
    tests = {
        "text": lambda: types.is_string_dtype(column) or types.is_object_dtype(column),
        "date": lambda: types.is_datetime64_any_dtype(column),
        "number": lambda: types.is_float_dtype(column),
        "whole": lambda: types.is_integer_dtype(column),
        "truth": lambda: types.is_bool_dtype(column),
    }
    return bool(tests[kind]())


def is_usable(events: pd.DataFrame) -> BoolArray:
    """Tell the rows that are not quarantined; of a table without verdicts, all."""
    if "status" not in events.columns:
        return np.ones(len(events), dtype=bool)
    return np.asarray((events["status"] != "quarantined").to_numpy(), dtype=bool)


def label_of(events: pd.DataFrame) -> str:
    """Give the label that invented rows ask for; empty where there are none."""
    invented = "synthetic" in events.columns and bool(events["synthetic"].any())
    return SYNTHETIC_LABEL if invented else ""


def category_of(reason: str) -> list[str]:
    """Name the kinds of finding in the reason of a row."""
    return [part.split(":", 1)[0] for part in reason.split("; ") if part]


class Ledger:
    """
    Status and reasons of every row while a table is judged.

    A verdict only ever gets worse: ok, then fixed, then quarantined.
    """

    def __init__(self, n_rows: int) -> None:
        # Plain bytes and texts: a table of 200,000 rows asks for single ones a million times.
        self._rank = bytearray(n_rows)
        self._reasons = [""] * n_rows
        self._notes: list[str] = []

    def note(self, told: str) -> None:
        """Tell something about the whole table, with its count where it has one."""
        self._notes.append(told)

    def notes(self) -> list[str]:
        """Give what was told about the whole table."""
        return list(self._notes)

    def statuses(self) -> list[str]:
        """Give the status of each row."""
        return [STATUSES[rank] for rank in self._rank]

    def reasons(self) -> list[str]:
        """Give the reasons of each row."""
        return self._reasons.copy()

    def flag(self, row: int, category: str, detail: str) -> None:
        """Tell something about a row and leave its status."""
        self._add(row, 0, category, detail)

    def flag_all(self, rows: IntArray, category: str, detail: str, *, status: str = "ok") -> None:
        """Tell the same about several rows."""
        text, reasons = _finding(category, detail), self._reasons
        rank, ranks = STATUSES.index(status), self._rank
        for row in np.asarray(rows, dtype=np.int64).tolist():
            reasons[row] = f"{reasons[row]}; {text}" if reasons[row] else text
            ranks[row] = max(ranks[row], rank)

    def fix(self, row: int, category: str, detail: str) -> None:
        """Tell that a value of a row was mended."""
        self._add(row, 1, category, detail)

    def quarantine(self, row: int, category: str, detail: str) -> None:
        """Tell that a row cannot be used."""
        self._add(row, 2, category, detail)

    def _add(self, row: int, rank: int, category: str, detail: str) -> None:
        self._rank[row] = max(self._rank[row], rank)
        text, had = _finding(category, detail), self._reasons[row]
        self._reasons[row] = f"{had}; {text}" if had else text


def _finding(category: str, detail: str) -> str:
    """Put a finding into words that `category_of` can take apart again."""
    if category not in CATEGORIES:
        # Findings are told where cells may not be: a cell must not pass for one.
        msg = "a finding must be one of CATEGORIES"
        raise KeyError(msg)
    return f"{category}: {detail.replace(';', ',') if ';' in detail else detail}"


_MISSING = {"", "na", "n/a", "nan", "nat", "none", "null", "-", "--", "?", "unknown", "<na>"}
# One way to match digits: two beside each other take the square of their number.
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?\d*[,٫]\d+")
# Which way a text runs, and that it begins: Arabic and Hebrew tables are full of such marks. What
# turns a text round (U+202E) is none of them: it makes a number look like another.
_UNSEEN = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202D), *range(0x2066, 0x206A), 0x061C, 0x2060, 0xFEFF]
)


class Number(NamedTuple):
    """
    A number read from a cell.

    Attributes
    ----------
    value
        The number; NaN when missing or unreadable.
    state
        "ok", "comma" (decimal comma mended), "missing" or "bad".
    """

    value: float
    state: str


def parse_number(cell: object) -> Number:
    """Read one cell as a number; a decimal comma is mended, nothing is guessed."""
    if is_missing(cell):
        return Number(math.nan, "missing")
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        value = float(cell)
        return Number(value, "ok") if math.isfinite(value) else Number(math.nan, "bad")
    text = trimmed(cell).replace("\u2212", "-")
    if _NUMBER.fullmatch(text):
        return Number(float(text), "ok")
    if _COMMA.fullmatch(text):
        return Number(float(re.sub("[,٫]", ".", text)), "comma")
    return Number(math.nan, "bad")


def is_missing(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    if cell is None or (isinstance(cell, (float, np.floating)) and math.isnan(cell)):
        return True
    return trimmed(cell).casefold() in _MISSING


def trimmed(cell: object) -> str:
    """Give the text of a cell without blanks around it and without letters that nobody sees."""
    text = str(cell)
    return (text if text.isascii() else text.translate(_UNSEEN)).strip()


def quoted(cell: object) -> str:
    """Quote a cell for a message, cut to a readable length."""
    text = " ".join(str(cell).split())
    return repr(text if len(text) <= 40 else text[:37] + "...")


class Spellings:
    """
    The different cells of a column, and which row has which.

    Equal cells of other kinds, such as 2019 and 2019.0, are told apart.

    Attributes
    ----------
    cells
        Each different cell, in the order in which it comes.
    numbers
        Number of the cell of each row.
    """

    def __init__(self, column: pd.Series) -> None:
        if column.dtype == object:
            seen: dict[tuple[type, object], int] = {}
            numbers = [seen.setdefault((type(cell), cell), len(seen)) for cell in column.tolist()]
            self.numbers: IntArray = np.array(numbers, dtype=np.int64)
            self.cells: list[Any] = [cell for _, cell in seen]
        else:
            codes, found = pd.factorize(column, use_na_sentinel=False)
            self.numbers, self.cells = codes.astype(np.int64), found.tolist()

    @classmethod
    def blank(cls, n_rows: int) -> Spellings:
        """Give those of a column that is not there."""
        found = cls(pd.Series([], dtype=object))
        found.cells, found.numbers = [""], np.zeros(n_rows, dtype=np.int64)
        return found

    def rows(self, number: int) -> IntArray:
        """Give the rows that have a cell."""
        order, starts = self._sorted
        return order[starts[number] : starts[number + 1]]

    def read(self, reading: Callable[[Any], Any], kind: Any = object) -> Any:
        """Read each different cell once."""
        values = np.empty(len(self.cells), dtype=kind)
        for number, cell in enumerate(self.cells):
            values[number] = reading(cell)
        return values[self.numbers]

    @cached_property
    def _sorted(self) -> tuple[IntArray, IntArray]:
        # One sort for all: a search for each cell would take rows times cells.
        order = np.argsort(self.numbers, kind="stable")
        counts = np.bincount(self.numbers, minlength=len(self.cells))
        return order, np.concatenate([[0], np.cumsum(counts)])


def check_corridor(corridor: Any) -> Corridor:
    """Refuse what is no corridor."""
    if not all(hasattr(corridor, name) for name in ("outline", "border")):
        msg = f"corridor must be a Corridor, got {type(corridor).__name__}: use Corridor.around"
        raise InvalidParameterError(msg)
    found: Corridor = corridor
    return found


def check_events(events: Any, *needed: str) -> gpd.GeoDataFrame:
    """Refuse what is no table of events, or lacks columns that `read` makes."""
    if not isinstance(events, gpd.GeoDataFrame):
        msg = (
            f"events must be the table that incidents.read gives, got a {type(events).__name__}: "
            "read them first"
        )
        raise DataError(msg)
    absent = [name for name in needed if name not in events.columns]
    if absent:
        msg = f"the events have no column {', '.join(absent)}: read them with incidents.read first"
        raise DataError(msg)
    return events
