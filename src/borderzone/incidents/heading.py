"""Which row of a sheet or text names the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.errors import LimitError
from borderzone.incidents.aliases import ALIASES, plain_name, refuse_twins
from borderzone.incidents.layouts import LAYOUTS
from borderzone.io.limits import current, how_to_raise

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_columns", "first_of_data", "is_tag_row", "plain_header"]

_PLACES = (("lat", "lon"), ("mgrs",), ("latlon",))


def first_of_data(rows: Sequence[Sequence[object]]) -> int | None:
    """
    Find the first row that names coordinates.

    Parameters
    ----------
    rows
        First rows of a sheet.

    Returns
    -------
    int or None
        Its position; None where no row does.

    Examples
    --------
    >>> first_of_data([["Ministry of the Interior"], ["No", "Latitude", "Longitude"]])
    1
    """
    for number, row in enumerate(rows):
        names = {plain_name(str(cell)) for cell in row}
        if any(all(names & set(ALIASES[part]) for part in parts) for parts in _PLACES):
            return number
        if any(layout.needed <= names for layout in LAYOUTS.values()):
            return number
    return None


def plain_header(cells: Sequence[object], name: str) -> list[str]:
    """
    Turn the cells of a header into column names.

    Parameters
    ----------
    cells
        Cells of the row.
    name
        Name of the file, for messages.

    Returns
    -------
    list[str]
        Names; a cell without one is named by its position.

    Raises
    ------
    DataError
        If a name stands twice.
    LimitError
        If there are more than `limits` allow.

    Examples
    --------
    >>> plain_header(["id ", ""], "a.csv")
    ['id', 'unnamed_2']
    """
    check_columns(len(cells), name)
    names = [str(cell).strip() or f"unnamed_{i}" for i, cell in enumerate(cells, 1)]
    refuse_twins(names)
    return names


def check_columns(columns: int, name: str) -> None:
    """
    Refuse a table with more columns than any table of incidents has.

    Parameters
    ----------
    columns
        How many.
    name
        Name of the file, for messages.

    Raises
    ------
    LimitError
        If there are more than `limits` allow.
    """
    if columns > (most := current().table_columns):
        msg = (
            f"{name} has {columns:,} columns, the limit is {most:,}; a table of incidents has one "
            f"row an event; {how_to_raise('table_columns', columns)}"
        )
        raise LimitError(msg)


def is_tag_row(cells: Sequence[object]) -> bool:
    """
    Tell whether a row holds hashtags of the Humanitarian Exchange Language.

    Parameters
    ----------
    cells
        Cells of the first row below the header.

    Returns
    -------
    bool
        True where every cell that holds anything starts with a hash, and several do.

    Examples
    --------
    >>> is_tag_row(["#event+id", "#geo+lat", ""]), is_tag_row(["#1", "34.4"])
    (True, False)
    """
    told = [str(cell).strip() for cell in cells if str(cell).strip() not in ("", "nan", "None")]
    return len(told) > 1 and all(cell.startswith("#") for cell in told)
