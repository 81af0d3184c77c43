"""Which row of a sheet or text names the columns."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from borderzone.errors import DataError, LimitError
from borderzone.incidents.cells import parse_number, shown
from borderzone.incidents.reading.aliases import ALIASES, plain_name, refuse_twins
from borderzone.incidents.reading.date_cells import parse_date
from borderzone.incidents.reading.layouts import LAYOUTS
from borderzone.io.bounds import current, how_to_raise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "NO_HEADER",
    "UCDP_COLUMNS",
    "Heading",
    "check_columns",
    "first_of_data",
    "heading_of",
    "is_data",
    "is_tag_row",
    "is_ucdp_row",
    "plain_header",
]

_PLACES = (("lat", "lon"), ("mgrs",), ("latlon",))
_TWO = "the header stands on two lines"
_VALUE = re.compile(r"[+-]?\d{1,3}[.,]\d+\b|\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")

UCDP_COLUMNS = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id",
    "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id",
    "side_a_new_id", "side_a", "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources",
    "source_article", "source_office", "source_date", "source_headline", "source_original",
    "where_prec", "where_coordinates", "where_description", "adm_1", "adm_2", "latitude", "longitude",
    "geom_wkt", "priogrid_gid", "country", "country_id", "region", "event_clarity", "date_prec",
    "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best",
    "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
"""Columns of the candidate releases of UCDP GED, in order, as its codebook lists them."""

NO_HEADER = "no header line: the 49 columns were taken for those of UCDP GED, by position"
"""What is told of a table that has no names of columns, but is that of UCDP GED."""


def first_of_data(rows: Sequence[Sequence[object]]) -> int | None:
    """Find the first row that names coordinates."""
    for number, row in enumerate(rows):
        if any(map(_is_value, row)):
            continue  # a cell may hold "GPS" or "Position" where others hold coordinates
        names = {plain_name(str(cell)) for cell in row}
        if any(all(names & set(ALIASES[part]) for part in parts) for parts in _PLACES):
            return number
        if any(layout.needed <= names for layout in LAYOUTS.values()):
            return number
    return None


class Heading(NamedTuple):
    """
    The header of a table.

    Attributes
    ----------
    names
        Its columns.
    first, after
        Positions of its first row, and of the first row of the table.
    note
        What is to be told of it.
    """

    names: list[str]
    first: int
    after: int
    note: str = ""


def heading_of(rows: Sequence[Sequence[object]], at: int, name: str) -> Heading:
    """Put the names of columns together, from one row or from two."""
    check_columns(len(rows[at]), name)
    if is_data(rows[at]):
        return _without_names(rows, at, name)
    below = rows[at + 1] if at + 1 < len(rows) else []
    if is_tag_row(below):
        below = []
    if first_of_data([below]) == 0:
        at += 1
    elif _names_parts(rows[at], below):
        names = [low if low != "" else high for high, low in _pairs(rows[at], below)]
        return Heading(_joined(rows[at], names, name), at, at + 2, _TWO)
    above = rows[at - 1] if at else []
    if sum(_text(cell) != "" for cell in above) < 2 or is_data(above):
        return Heading(plain_header(rows[at], name), at, at + 1)
    cells = [low if low != "" else high for high, low in _pairs(above, rows[at])]
    return Heading(_joined(above, cells, name), at - 1, at + 1, _TWO)


def _pairs(above: Sequence[object], below: Sequence[object]) -> Iterator[tuple[str, str]]:
    return zip_longest(map(_text, above), map(_text, below), fillvalue="")


def _joined(above: Sequence[object], names: Sequence[str], name: str) -> list[str]:
    """Names of the lower row; one that stands twice gets that of the merged cell above it."""
    twice = {one for one, times in Counter(names).items() if times > 1 and one}
    group, groups = "", []
    for cell, _ in _pairs(above, names):
        group = cell or group
        groups.append(group)
    told = [
        f"{g} {one}".strip() if one in twice and g != one else one
        for g, one in zip(groups, names, strict=False)
    ]
    return plain_header(told, name)


def _names_parts(header: Sequence[object], below: Sequence[object]) -> bool:
    """Tell whether a row names what lies under merged cells of the header, and nothing else."""
    cells = list(_pairs(header, below))
    told = [i for i, (_, low) in enumerate(cells) if low]
    if len(told) < 2 or any(map(_is_number, below)) or any(map(_is_value, below)):
        return False
    blank = [high == "" for high, _ in cells] + [False]
    inside = [i for i in told if blank[i] and any(not b for b in blank[:i])]
    return bool(inside) and all(blank[i] or blank[i + 1] for i in told)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _is_value(cell: object) -> bool:
    """Tell a coordinate or a date, which no name of a column is."""
    if isinstance(cell, (dt.date, float)):
        return not isinstance(cell, float) or not cell.is_integer()
    return isinstance(cell, str) and _VALUE.match(cell.strip()) is not None


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float)) or parse_number(cell).state in ("ok", "comma")


def is_data(cells: Sequence[object]) -> bool:
    """Tell a row of data from one of names: a good part of it is numbers and dates."""
    told = [cell for cell in cells if _text(cell) != ""]
    values = sum(map(_is_value, told))
    return values > 0 and 3 * sum(_is_value(c) or _is_number(c) for c in told) >= len(told)


def _without_names(rows: Sequence[Sequence[object]], at: int, name: str) -> Heading:
    if not is_ucdp_row(rows[at]):
        told = ", ".join(shown(_text(cell)) for cell in rows[at][:6])
        msg = (
            f"{name} has no header line: its first line is data ({told}); write a line with the names "
            "of the columns above it, such as id,date,lat,lon"
        )
        raise DataError(msg)
    return Heading(list(UCDP_COLUMNS[: len(rows[at])]), at, at, NO_HEADER)


def is_ucdp_row(cells: Sequence[object]) -> bool:
    """Tell whether the cells of a row stand where UCDP GED has them."""
    # A sheet does not keep the last two, codes of states, where they are empty in all rows.
    if not len(UCDP_COLUMNS) - 2 <= len(cells) <= len(UCDP_COLUMNS):
        return False
    told = dict(zip(UCDP_COLUMNS, cells, strict=False))
    ranges = {
        "year": (1900, 2200), "type_of_violence": (1, 3), "where_prec": (1, 7), "date_prec": (1, 5),
        "latitude": (-90, 90), "longitude": (-180, 180),
    }  # fmt: skip
    numbers = {part: parse_number(told[part]).value for part in ranges}
    fits = all(low <= numbers[part] <= high for part, (low, high) in ranges.items())
    return fits and all(parse_date(told[part]).start for part in ("date_start", "date_end"))


def plain_header(cells: Sequence[object], name: str) -> list[str]:
    """Turn the cells of a header into column names."""
    check_columns(len(cells), name)
    names = [str(cell).strip() or f"unnamed_{i}" for i, cell in enumerate(cells, 1)]
    refuse_twins(names)
    return names


def check_columns(columns: int, name: str) -> None:
    """Refuse a table with more columns than any table of incidents has."""
    if columns > (most := current().table_columns):
        msg = (
            f"{name} has {columns:,} columns, the limit is {most:,}; a table of incidents has one "
            f"row an event; {how_to_raise('table_columns', columns)}"
        )
        raise LimitError(msg)


def is_tag_row(cells: Sequence[object]) -> bool:
    """Tell whether a row holds hashtags of the Humanitarian Exchange Language."""
    told = [str(cell).strip() for cell in cells if str(cell).strip() not in ("", "nan", "None")]
    return len(told) > 1 and all(cell.startswith("#") for cell in told)
