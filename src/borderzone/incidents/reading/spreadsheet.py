"""Sheets of a spreadsheet: the one that holds incidents, with its header wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from borderzone.errors import DataError
from borderzone.incidents.reading.choosing import only_one
from borderzone.incidents.reading.heading import first_of_data, heading_of, is_ucdp_row
from borderzone.io import Sheet, read_sheets
from borderzone.io.tables import counts_from_1904

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SheetTable", "read_sheet"]

_HEAD_ROWS = 20


class SheetTable(NamedTuple):
    """
    A table read from a sheet.

    Attributes
    ----------
    cells
        Its cells as they are typed in the file.
    header
        Names of its columns.
    lines
        Row of the sheet in which each row stands.
    notes
        What was passed over.
    """

    cells: pd.DataFrame
    header: list[str]
    lines: list[int]
    notes: list[str]


def read_sheet(path: Path, sheet: str | None, what: str) -> SheetTable:
    """Read the sheet of a spreadsheet that holds a table of incidents."""
    names, sheets = read_sheets(path, what=what, sheet=sheet)
    if not sheets:
        msg = f"{path.name} has no sheet {sheet!r}; it has {', '.join(map(repr, names))}"
        raise DataError(msg)
    chosen, rows, lines = _chosen(sheets, path.name)
    if not rows:
        msg = f"{path.name} has a header but no rows (columns: )"
        raise DataError(msg)
    heading = heading_of(rows, first_of_data(rows[:_HEAD_ROWS]) or 0, path.name)
    others = [name for name in names if name != chosen]
    notes = []
    if others:
        told = ", ".join(map(repr, others[:_HEAD_ROWS]))
        notes.append(f"sheet {chosen!r} was read, of {len(names)}; the others are {told}")
    if heading.first:
        notes.append(f"{heading.first} lines above the header were passed over")
    notes += [heading.note] if heading.note else []
    body, header = rows[heading.after :], heading.names
    if not body:
        msg = f"{path.name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    # Whole numbers come as 3.0: the cell shows 3.
    cells = [[_plain(cell) for cell in row] for row in body]
    table = pd.DataFrame(cells, columns=header, dtype=object)
    table.attrs["day_zero"] = "1904" if counts_from_1904(path, what=what) else "1900"
    return SheetTable(table, header, lines[heading.after :], notes)


def _chosen(sheets: list[Sheet], file: str) -> Sheet:
    """Return the sheet that names coordinates; an error where several do."""
    full = [sheet for sheet in sheets if len(sheet.rows) > 1]
    placed = [sheet for sheet in full if _has_places(sheet)]
    if len(placed) > 1:
        only_one([sheet.name for sheet in placed], file, "sheet")
    return (placed or full or sheets)[0]


def _has_places(sheet: Sheet) -> bool:
    return first_of_data(sheet.rows[:_HEAD_ROWS]) is not None or is_ucdp_row(sheet.rows[0])


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
