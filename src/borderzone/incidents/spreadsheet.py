"""Sheets of a spreadsheet: the one that holds incidents, with its header wherever it stands."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from borderzone.errors import DataError
from borderzone.incidents.heading import first_of_data, plain_header
from borderzone.io import check_archive, local_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SUFFIXES", "read_sheet"]

SUFFIXES = frozenset({".xlsx", ".xls", ".xlsm", ".ods"})
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
        The cells as they are typed in the file, and what was passed over.

    Raises
    ------
    DataError
        If the library for spreadsheets is missing, the file is broken, no sheet of that name is
        there, or several sheets hold incidents.
    LimitError
        If there are too many rows or columns.
    """
    book = _book(local_file(path, SUFFIXES, what), what)
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        msg = f"{path.name} has no sheet {sheet!r}; it has {', '.join(map(repr, names))}"
        raise DataError(msg)
    rows, chosen = _chosen(book, names if sheet is None else [sheet], path.name)
    header_at = first_of_data(rows[:_HEAD_ROWS])
    if header_at is None:
        header_at = next((i for i, row in enumerate(rows) if any(cell != "" for cell in row)), 0)
    notes = [] if len(names) == 1 else [f"sheet {chosen!r} was read, of {len(names)}"]
    above = sum(any(cell != "" for cell in row) for row in rows[:header_at])
    if above:
        notes.append(f"{above} lines above the header were passed over")
    body = [row for row in rows[header_at + 1 :] if any(cell != "" for cell in row)]
    header = plain_header(rows[header_at], path.name) if rows else []
    if not body:
        msg = f"{path.name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    # Whole numbers come as 3.0: the cell shows 3.
    cells = [[_plain(cell) for cell in row] for row in body]
    return pd.DataFrame(cells, columns=header, dtype=object), notes


def _book(file: Path, what: str) -> Any:
    if file.suffix.lower() != ".xls":
        # The reader holds what it unpacks in memory.
        check_archive(file, what=what, limit="sheet_bytes")
    try:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = (
            f"{what}: {file.name!r} is a spreadsheet, which needs pip install 'borderzone[excel]'; "
            "or save it as CSV UTF-8"
        )
        raise DataError(msg) from error
    try:
        return CalamineWorkbook.from_path(str(file))
    except Exception as error:  # whatever the reader raises on a broken file
        msg = f"{what}: {file.name!r} cannot be read ({error}); save it again, or as CSV UTF-8"
        raise DataError(msg) from error


def _chosen(book: Any, names: list[str], file: str) -> tuple[list[list[Any]], str]:
    """Rows of the sheet that names coordinates; an error where several do."""
    read = {name: _rows(book, name, file) for name in names}
    full = [name for name, rows in read.items() if len(rows) > 1]
    placed = [name for name in full if first_of_data(read[name][:_HEAD_ROWS]) is not None]
    if len(placed) > 1:
        msg = (
            f"{file} holds incidents on several sheets ({', '.join(map(repr, placed))}); read one "
            f"at a time with sheet={placed[0]!r}"
        )
        raise DataError(msg)
    name = (placed or full or names)[0]
    return read[name], name


def _rows(book: Any, name: str, file: str) -> list[list[Any]]:
    try:
        sheet = book.get_sheet_by_name(name)
    except Exception as error:  # whatever the reader raises on a broken sheet
        msg = f"{file}: sheet {name!r} cannot be read ({error}); save it again, or as CSV UTF-8"
        raise DataError(msg) from error
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=True)
    return rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, (dt.time, dt.timedelta)):
        return str(cell)
    return cell
