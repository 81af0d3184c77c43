"""Tables: one plain value a cell, CSV in and out, spreadsheets whose stated size is read before their cells."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import importlib.util
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from xml.parsers import expat

import numpy as np
import pandas as pd

from borderzone._guards.escapes import spreadsheet_table, uncell_table
from borderzone.errors import DataError, LimitError
from borderzone.io.bounds import Limits, read_apart
from borderzone.io.files import SUFFIXES, atomic_write, local_file
from borderzone.io.formats.archives import check_archive, pieces

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "TableSheet",
    "Workbook",
    "plain_cells",
    "read_csv",
    "read_sheets",
    "write_csv",
]

_PLAIN = frozenset(
    {str, int, float, bool, type(None), type(pd.NA), type(pd.NaT), pd.Timestamp, np.float64}
    | {np.int64, np.bool_, dt.date, dt.datetime, decimal.Decimal}
)
_NESTED = (list, dict, tuple, set, frozenset, np.ndarray)
_LONGEST_NUMBER = 1_000  # bits; no measure of anything, and a float holds 1,024 at most


def plain_cells(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """
    Write what is no plain value in words, and tell where it was.

    Lists and objects become JSON; bytes that are text become that text and are not told.

    Parameters
    ----------
    rows
        The table; it is not changed.

    Returns
    -------
    tuple of pandas.DataFrame and dict
        The table with one plain value a cell, and the places of rows by column.

    Examples
    --------
    >>> rows = pd.DataFrame({"place": ["North gate", "South gate"], "tags": [["post", "road"], None]})
    >>> plain, found = plain_cells(rows)
    >>> plain["tags"].tolist(), found
    (['["post", "road"]', None], {'tags': [0]})
    """
    found: dict[str, list[int]] = {}
    plain = rows
    for place, name in enumerate(rows.columns):
        column = rows.iloc[:, place]
        if column.dtype != object:
            continue
        cells = column.tolist()
        odd = [row for row, cell in enumerate(cells) if not _is_plain(cell)]
        if not odd:
            continue
        plain = rows.copy() if plain is rows else plain
        words = [_in_words(cell) for cell in cells]
        # A series, which the stubs of pandas leave out here: its kind stands, that of an array is guessed.
        told_in_words: Any = pd.Series(words, index=rows.index, dtype=object)
        plain.isetitem(place, told_in_words)
        told = [row for row in odd if not _is_text(cells[row])]
        if told:
            found[str(name)] = told
    return plain, found


def _is_plain(cell: Any) -> bool:
    if type(cell) is int:
        return cell.bit_length() <= _LONGEST_NUMBER
    if type(cell) in _PLAIN:
        return True
    if isinstance(cell, (*_NESTED, bytes, bytearray)):
        return False
    try:  # what cannot be looked up, or not be told, is nothing that a column can be read from
        hash(cell)
        str(cell)
    except Exception:  # noqa: BLE001 - an object may raise what it likes
        return False
    return True


def _is_text(cell: Any) -> bool:
    if not isinstance(cell, (bytes, bytearray)):
        return False
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_words(cell: Any) -> Any:
    if _is_plain(cell):
        return cell
    if isinstance(cell, int):
        return f"a whole number of {cell.bit_length():,} bits"
    if isinstance(cell, (bytes, bytearray)):
        return cell.decode() if _is_text(cell) else f"{len(cell):,} bytes"
    try:
        return json.dumps(_listed(cell), ensure_ascii=False, default=str)
    except Exception:  # noqa: BLE001 - keys that are no text, a list in itself, an unwilling object
        return f"a {type(cell).__name__}"


def _listed(cell: Any) -> Any:
    if isinstance(cell, np.ndarray):
        return cell.tolist()
    return list(cell) if isinstance(cell, (tuple, set, frozenset)) else cell


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str], *, index: bool = False) -> None:
    """
    Write a table as CSV in UTF-8, safe to open in a spreadsheet.

    Text that a spreadsheet would take for a formula gets an apostrophe in
    front.

    Parameters
    ----------
    frame
        The table.
    path
        File to write; an existing one is replaced when the new one is whole.
    index
        Whether to write the index as first column.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(pd.DataFrame({"note": ["=1+1", "-5"]}), f"{folder}/a.csv")
    ...     print(Path(folder, "a.csv").read_text())
    note
    '=1+1
    -5
    <BLANKLINE>
    """
    safe = spreadsheet_table(frame.reset_index() if index else frame)
    # A lone carriage return would end the row for most readers, and Python 3.11 does not quote it.
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if _holds_returns(safe) else csv.QUOTE_MINIMAL
    with atomic_write(path) as temporary:
        safe.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\n", quoting=quoting)


def read_csv(path: str | os.PathLike[str], *, what: str = "table") -> pd.DataFrame:
    """
    Read a table that `write_csv` wrote, all of it as text, without the apostrophes put there.

    Parameters
    ----------
    path
        The file.
    what
        What it is needed for, for messages.

    Returns
    -------
    DataFrame
        Its cells as text; an empty one is empty text.

    Raises
    ------
    DataError
        If there is no such file, or it is no table.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(pd.DataFrame({"note": ["=1+1", "-5"]}), f"{folder}/a.csv")
    ...     read_csv(f"{folder}/a.csv")["note"].tolist()
    ['=1+1', '-5']
    """
    file = local_file(path, {".csv"}, what)
    try:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, UnicodeError) as error:
        msg = f"{what}: {file.name!r} is no table as this library writes it ({str(error)[:120]})"
        raise DataError(msg) from error
    return uncell_table(rows)


def _holds_returns(frame: pd.DataFrame) -> bool:
    texts = frame.select_dtypes(exclude="number")
    cells = (cell for name in range(texts.shape[1]) for cell in texts.iloc[:, name])
    return any("\r" in str(cell) for cell in (*frame.columns, *cells))


# A cell that holds anything, by its place: written as <c r="AB12" ...> with something in it.
_CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["'](?:[^<>]*[^<>/])?>"""
)
_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\s[^<>]*date1904\s*=\s*["'](?:1|true)["']""")
_OVERLAP = 512  # bytes looked at again, where a cell lies across two pieces
_LETTERS = 26
_HEAD_BYTES = 2**16  # of what describes a workbook
_DEEPEST = 256
_XLS_TIMES = 64  # of its size, which an old spreadsheet takes in memory
_FILLED = frozenset(
    {"value-type", "value", "formula", "date-value", "time-value", "boolean-value", "string-value"}
)


class TableSheet(NamedTuple):
    """
    One sheet of a spreadsheet.

    Attributes
    ----------
    name
        Its name.
    rows
        Its rows with anything in them, all of one length; an empty cell is empty text.
    lines
        Number of each row, as the program that shows the sheet counts them.
    """

    name: str
    rows: list[list[Any]]
    lines: list[int]


class Workbook(NamedTuple):
    """
    What was read of a spreadsheet.

    Attributes
    ----------
    names
        Names of all its sheets.
    sheets
        The sheets that were read.
    counts_from_1904
        Whether its days are counted from 1904, as on old Macs, not from 1900.
    """

    names: list[str]
    sheets: list[TableSheet]
    counts_from_1904: bool


@Limits.memory_told("spreadsheet")
def read_sheets(path: str | os.PathLike[str], *, what: str, sheet: str | None = None) -> Workbook:
    """
    Read the cells of a spreadsheet, with limits and in a process of its own.

    Parameters
    ----------
    path
        The file: .xlsx, .xlsm, .xls or .ods.
    what
        What it is needed for, for messages.
    sheet
        Name of the one sheet to read; None for all.

    Returns
    -------
    Workbook
        Names of all sheets, and those that were read: none where there is no such sheet.

    Raises
    ------
    DataError
        If the library for spreadsheets is missing, or the file is broken.
    LimitError
        If a sheet is too large.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(pd.DataFrame({"place": ["North gate"]}), f"{folder}/events.csv")
    ...     read_sheets(f"{folder}/events.csv", what="incidents")
    Traceback (most recent call last):
        ...
    borderzone.errors.DataError: incidents: 'events.csv' ends in '.csv'; a file that ends in .ods, .xls, .xlsm, .xlsx is needed
    """
    file, memory = local_file(path, SUFFIXES.spreadsheet, what), None
    told = f"{what}: {file.name!r}"
    if file.suffix.lower() != ".xls":
        # The reader holds what it unpacks in memory.
        check_archive(file, what=what, limit="sheet_bytes")
        _check_boxes(file, told)
    else:
        # It states no sizes, and its parts may point at one another in a ring.
        memory = Limits.now().reader_bytes * 3 // 8 + _XLS_TIMES * file.stat().st_size
    if importlib.util.find_spec("python_calamine") is None:
        msg = (
            f"{told} is a spreadsheet, which needs pip install 'borderzone[excel]'; or save it as CSV "
            "UTF-8"
        )
        raise DataError(msg)
    answers = read_apart(
        "sheets",
        [str(file), sheet, Limits.now().sheet_cells],
        library="python_calamine",
        told=told,
        most_bytes=Limits.now().sheet_bytes,
        most_memory=memory,
    )
    names, sheets = _sheets(answers, told)
    if not names:
        msg = f"{told} holds no sheet; save it again, or as CSV UTF-8"
        raise DataError(msg)
    read = [
        TableSheet(name, _even(rows, f"{told}, sheet {name!r}"), lines)
        for name, rows, lines in sheets
    ]
    return Workbook(names, read, counts_from_1904=_counts_from_1904(file))


def _sheets(answers: Iterator[Any], told: str) -> tuple[list[str], list[TableSheet]]:
    names: list[str] = []
    sheets: list[TableSheet] = []
    line = 1
    for answer in answers:
        if isinstance(answer, list):
            sheets[-1].rows.append(answer)
            sheets[-1].lines.append(line)
            line += 1
        elif "line" in answer:
            line = answer["line"]
        elif "sheet" in answer:
            sheets.append(TableSheet(answer["sheet"], [], []))
        elif "cells" in answer:
            raise _too_large(told, f"has {answer['cells']:,} cells or more", answer["cells"])
        else:
            names = answer["names"]
    return names, sheets


def _counts_from_1904(file: Path) -> bool:
    """Tell whether a spreadsheet counts its days from 1904, as those of old Macs do."""
    if file.suffix.lower() not in {".xlsx", ".xlsm"}:
        return False
    with zipfile.ZipFile(file) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return False
        with archive.open("xl/workbook.xml") as book:
            return _FROM_1904.search(book.read(_HEAD_BYTES)) is not None


def _even(rows: list[list[Any]], told: str) -> list[list[Any]]:
    width = max(map(len, rows), default=0)
    _check_box(len(rows), width, told, "its rows")
    return [row + [""] * (width - len(row)) for row in rows]


def _check_box(rows: int, columns: int, told: str, where: str) -> None:
    if rows * columns > Limits.now().sheet_cells:
        spans = f"spans {rows:,} rows and {columns:,} columns ({where})"
        raise _too_large(told, spans, rows * columns)


def _too_large(told: str, spans: str, cells: int) -> LimitError:
    return LimitError(
        f"{told} {spans}, the limit is {Limits.now().sheet_cells:,} cells; delete what lies far from the "
        f"table, or save it as CSV UTF-8; {Limits.how_to_raise('sheet_cells', cells)}"
    )


def _check_boxes(file: Path, told: str) -> None:
    """Look at the place of every filled cell, because a sheet may state another size than it has."""
    find = _box_of_ods if file.suffix.lower() == ".ods" else _box_of_xlsx
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.filename.lower().endswith(".xml"):
                find(pieces(archive, info, told, "sheet_bytes"), f"{told}, {info.filename[:80]!r}")


def _box_of_xlsx(content: Iterator[bytes], told: str) -> None:
    columns: set[bytes] = set()
    low, high, before = 2**31, 0, b""
    for piece in content:
        if not before and piece.startswith((b"\xff\xfe", b"\xfe\xff")):
            msg = f"{told} is not in UTF-8; save the spreadsheet again"
            raise DataError(msg)
        found = _CELL.findall(before + piece)
        before = piece[-_OVERLAP:]
        if found:
            columns |= {letters for letters, _ in found}
            numbers = [int(row) for _, row in found]
            low, high = min(low, *numbers), max(high, *numbers)
    if columns:
        places = [_column(letters) for letters in columns]
        _check_box(high - low + 1, max(places) - min(places) + 1, told, f"to row {high:,}")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = _LETTERS * number + letter - ord("A") + 1
    return number


def _box_of_ods(content: Iterator[bytes], told: str) -> None:
    looker = _Ods(told)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = looker.start, looker.end
    parser.StartDoctypeDeclHandler = looker.refuse
    try:
        for piece in content:
            parser.Parse(piece, False)  # noqa: FBT003 - its only way
        parser.Parse(b"", True)  # noqa: FBT003 - its only way
    except expat.ExpatError as error:
        msg = f"{told} is damaged ({error}); save the spreadsheet again"
        raise DataError(msg) from error


class _Ods:
    """Counts the rows and columns of each table up to the last cell that holds anything."""

    def __init__(self, told: str) -> None:
        self.told, self.depth, self.tables = told, 0, 0
        self.rows = self.columns = self.last_row = self.across = 0
        self.last = self.again = 0

    def refuse(self, *_: Any) -> None:
        msg = f"{self.told} holds a document type, which no spreadsheet needs; save it again"
        raise DataError(msg)

    def start(self, name: str, words: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            msg = f"{self.told} is nested deeper than {_DEEPEST}; save the spreadsheet again"
            raise DataError(msg)
        # The reader goes by names, whatever their prefixes stand for.
        own = _own_name(name)
        if own == "table":
            self.rows = self.columns = self.last_row = 0
            self.tables += 1
            if self.tables > 1:
                msg = f"{self.told} holds a table in a cell of another; save the spreadsheet again"
                raise DataError(msg)
        elif own == "table-row":
            self.across = self.last = 0
            self.again = self._times(words, "number-rows-repeated")
        elif own in {"table-cell", "covered-table-cell"}:
            self.across += self._times(words, "number-columns-repeated")
            if any(_own_name(word) in _FILLED for word in words):
                self.last = self.across

    def end(self, name: str) -> None:
        self.depth -= 1
        if _own_name(name) == "table":
            self.tables -= 1
        elif _own_name(name) == "table-row":
            self.rows += self.again
            if self.last:
                self.last_row, self.columns = self.rows, max(self.columns, self.last)
                _check_box(self.last_row, self.columns, self.told, "with repeated rows and cells")

    def _times(self, words: dict[str, str], name: str) -> int:
        told = next((word for key, word in words.items() if _own_name(key) == name), "1")
        if not (told.isascii() and told.isdecimal()) or len(told) > 18:
            msg = (
                f"{self.told} repeats a row or cell {told[:30]!r} times; save the spreadsheet again"
            )
            raise DataError(msg)
        return int(told)


def _own_name(name: str) -> str:
    return name.rpartition(":")[2]
