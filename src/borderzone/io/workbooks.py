"""Spreadsheets: what they state of their size is read before their cells are."""

from __future__ import annotations

import importlib.util
import re
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers import expat

from borderzone._guards import guarded
from borderzone.errors import DataError, LimitError
from borderzone.io.apart import read_apart
from borderzone.io.archives import check_archive, pieces
from borderzone.io.files import local_file
from borderzone.io.limit import current, how_to_raise
from borderzone.io.memory import memory_told

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SHEET_SUFFIXES", "Sheet", "counts_from_1904", "read_sheets"]

SHEET_SUFFIXES = frozenset({".xlsx", ".xls", ".xlsm", ".ods"})
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


@guarded
class Sheet(NamedTuple):
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


@memory_told("spreadsheet")
def read_sheets(
    path: str | os.PathLike[str], *, what: str, sheet: str | None = None
) -> tuple[list[str], list[Sheet]]:
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
    tuple
        Names of all sheets, and those that were read: none where there is no such sheet.

    Raises
    ------
    DataError
        If the library for spreadsheets is missing, or the file is broken.
    LimitError
        If a sheet is too large.
    """
    file, memory = local_file(path, SHEET_SUFFIXES, what), None
    told = f"{what}: {file.name!r}"
    if file.suffix.lower() != ".xls":
        # The reader holds what it unpacks in memory.
        check_archive(file, what=what, limit="sheet_bytes")
        _check_boxes(file, told)
    else:
        # It states no sizes, and its parts may point at one another in a ring.
        memory = current().reader_bytes * 3 // 8 + _XLS_TIMES * file.stat().st_size
    if importlib.util.find_spec("python_calamine") is None:
        msg = (
            f"{told} is a spreadsheet, which needs pip install 'borderzone[excel]'; or save it as CSV "
            "UTF-8"
        )
        raise DataError(msg)
    answers = read_apart(
        "sheets",
        [str(file), sheet, current().sheet_cells],
        library="python_calamine",
        told=told,
        most_bytes=current().sheet_bytes,
        most_memory=memory,
    )
    names, sheets = _sheets(answers, told)
    if not names:
        msg = f"{told} holds no sheet; save it again, or as CSV UTF-8"
        raise DataError(msg)
    return names, [
        Sheet(name, _even(rows, f"{told}, sheet {name!r}"), lines) for name, rows, lines in sheets
    ]


def _sheets(answers: Iterator[Any], told: str) -> tuple[list[str], list[Sheet]]:
    names: list[str] = []
    sheets: list[Sheet] = []
    line = 1
    for answer in answers:
        if isinstance(answer, list):
            sheets[-1].rows.append(answer)
            sheets[-1].lines.append(line)
            line += 1
        elif "line" in answer:
            line = answer["line"]
        elif "sheet" in answer:
            sheets.append(Sheet(answer["sheet"], [], []))
        elif "cells" in answer:
            raise _too_large(told, f"has {answer['cells']:,} cells or more", answer["cells"])
        else:
            names = answer["names"]
    return names, sheets


def counts_from_1904(path: str | os.PathLike[str], *, what: str) -> bool:
    """Tell whether a spreadsheet counts its days from 1904, as those of old Macs do."""
    file = local_file(path, SHEET_SUFFIXES, what)
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
    if rows * columns > current().sheet_cells:
        spans = f"spans {rows:,} rows and {columns:,} columns ({where})"
        raise _too_large(told, spans, rows * columns)


def _too_large(told: str, spans: str, cells: int) -> LimitError:
    return LimitError(
        f"{told} {spans}, the limit is {current().sheet_cells:,} cells; delete what lies far from the "
        f"table, or save it as CSV UTF-8; {how_to_raise('sheet_cells', cells)}"
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
            parser.Parse(piece, False)  # noqa: FBT003 (its only way)
        parser.Parse(b"", True)  # noqa: FBT003
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
