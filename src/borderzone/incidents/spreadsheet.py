"""Sheets of a spreadsheet: the one that holds incidents, with its header wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from borderzone.errors import DataError
from borderzone.incidents.heading import first_of_data, plain_header
from borderzone.io import Sheet, read_sheets
from borderzone.io.workbooks import counts_from_1904

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_sheet"]

_HEAD_ROWS = 20


def read_sheet(path: Path, sheet: str | None, what: str) -> tuple[pd.DataFrame, list[str]]:
    """
    Read the sheet of a spreadsheet that holds a table of incidents.

    Parameters
    ----------
    path
        The file: .xlsx, .xlsm, .xls or .ods.
    sheet
        Name of the sheet; None for the only one that names coordinates.
    what
        What the file is needed for, for messages.

    Returns
    -------
    tuple[pandas.DataFrame, list[str]]
        The cells as they are typed in the file, with ``attrs["day_zero"]``, the year from which
        its days are counted; and what was passed over.

    Raises
    ------
    DataError
        If the library for spreadsheets is missing, the file is broken, no sheet of that name is
        there, or several sheets hold incidents.
    LimitError
        If there are too many rows or columns.
    """
    names, sheets = read_sheets(path, what=what, sheet=sheet)
    if not sheets:
        msg = f"{path.name} has no sheet {sheet!r}; it has {', '.join(map(repr, names))}"
        raise DataError(msg)
    chosen, rows = _chosen(sheets, path.name)
    header_at = first_of_data(rows[:_HEAD_ROWS])
    if header_at is None:
        header_at = 0
    notes = [] if len(names) == 1 else [f"sheet {chosen!r} was read, of {len(names)}"]
    if header_at:
        notes.append(f"{header_at} lines above the header were passed over")
    body = rows[header_at + 1 :]
    header = plain_header(rows[header_at], path.name) if rows else []
    if not body:
        msg = f"{path.name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    # Whole numbers come as 3.0: the cell shows 3.
    cells = [[_plain(cell) for cell in row] for row in body]
    table = pd.DataFrame(cells, columns=header, dtype=object)
    table.attrs["day_zero"] = "1904" if counts_from_1904(path, what=what) else "1900"
    return table, notes


def _chosen(sheets: list[Sheet], file: str) -> Sheet:
    """Return the sheet that names coordinates; an error where several do."""
    full = [sheet for sheet in sheets if len(sheet.rows) > 1]
    placed = [sheet for sheet in full if first_of_data(sheet.rows[:_HEAD_ROWS]) is not None]
    if len(placed) > 1:
        told = ", ".join(repr(sheet.name) for sheet in placed)
        msg = (
            f"{file} holds incidents on several sheets ({told}); read one at a time with "
            f"sheet={placed[0].name!r}"
        )
        raise DataError(msg)
    return (placed or full or sheets)[0]


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
