"""Delimited text as people really send it: BOM, semicolons, ragged rows, other encodings."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from borderzone.errors import DataError
from borderzone.incidents.hints import option
from borderzone.incidents.reading.furniture import Oddity
from borderzone.incidents.reading.heading import check_columns, first_of_data, heading_of
from borderzone.incidents.reading.plain_text import plain_columns

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

__all__ = ["TextTable", "find_encoding", "parse_text"]

_DELIMITERS = ",;\t|"
_ARABIC = re.compile("[\u0621-\u064a]")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")
_NOT_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_HEAD_LINES = 20
_ROWS_AT_ONCE = 20_000
_MIXED_SHARE = 0.05
_LEAST_TO_TELL = 3  # columns, from which lines that fit the header one by one are no chance
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class TextTable(NamedTuple):
    """
    A table read from delimited text.

    Attributes
    ----------
    cells
        Its cells, all text.
    header
        Names of its columns.
    odd
        What is odd about rows with too many or too few cells, or a stray quote, by position.
    lines
        Line of the file on which each row begins.
    notes
        What the reader passed over or took for granted.
    """

    cells: pd.DataFrame
    header: list[str]
    odd: dict[int, Oddity]
    lines: list[int]
    notes: list[str]


class _Row(NamedTuple):
    """Cells of a row, the line on which it begins, and why that line was read by itself."""

    cells: list[str]
    line: int
    problem: str = ""


def find_encoding(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    r"""
    Find the encoding of a text table.

    UTF-8 unless a byte that is none is met; then Windows Arabic where most letters read as
    Arabic, else Windows western, else Latin-1.
    """
    if not data or data.isspace():
        msg = f"{name} is empty: it needs a header and at least one row"
        raise DataError(msg)
    if data[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        msg = f"{name} is a web page, not a table; it may be that of a login: download it again"
        raise DataError(msg)
    if encoding is None and data[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        encoding = "utf-32"
    if encoding is None and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if encoding is not None:
        _check_encoding(data, name, encoding)
        return encoding, ""
    if b"\x00" in data:
        msg = f"{name} is not a text table; save it from the spreadsheet as 'CSV UTF-8'"
        raise DataError(msg)
    bad = _first_bad(data, "utf-8")
    if bad is None:
        return "utf-8-sig", ""
    _refuse_mixed(data, name)
    found = _guess(data)
    line = data.count(b"\n", 0, bad) + 1
    return found, (
        f"read as {found}, because line {line} is not UTF-8; if names look wrong, pass "
        f"{option('encoding', found)} or another"
    )


def parse_text(data: bytes | Path, name: str, encoding: str = "utf-8-sig") -> TextTable:
    r"""
    Split delimited text into a table of text cells.

    The header is the first line that names coordinates, in the first twenty; the delimiter is the
    one of comma, semicolon, tab and bar that makes it do so. Every line after it with anything
    on it is a row.
    """
    delimiter, skip = _shape(_head(data, encoding), name)
    with closing(_rows(data, encoding, delimiter, name)) as rows:
        head = list(islice(rows, skip + 3))
    if len(head) <= skip:
        msg = f"{name} is empty: it needs a header and at least one row"
        raise DataError(msg)
    broken = next((row for row in head[: skip + 1] if row.problem), None)
    if broken is not None:
        msg = f"{name} line {broken.line}: {broken.problem}; look for a stray quote, or one never closed"
        raise DataError(msg)
    heading = heading_of([row.cells for row in head], skip, name)
    notes = []
    if heading.first:
        notes.append(f"{heading.first} lines above the header were passed over")
    notes += [heading.note] if heading.note else []
    if len(head) > heading.after and encoding == "utf-8-sig":
        first = head[heading.after].line
        columns = plain_columns(data, delimiter, first, len(heading.names))
        if columns is not None:
            frame = _frame(heading.names, columns)
            lines = list(range(first, first + len(frame)))
            return TextTable(frame, heading.names, {}, lines, notes)
    with closing(_rows(data, encoding, delimiter, name, len(heading.names))) as rows:
        body = islice(rows, heading.after, None)
        return _table(body, heading.names, delimiter, name, notes)


def _split_line(line: str, mark: str, width: int) -> list[str]:
    """Cells of one line in which a quote stands alone: the way that fits the header, if one does."""
    line = line.rstrip("\r\n")
    cells, broken = _cells_of(line, mark)
    if len(cells) == width or broken is None:
        return cells
    # The cell with the quote takes what is left when those beside it have theirs.
    number, at = broken
    around = line[at:].rsplit(mark, width - number - 1) if width > number + 1 else [line[at:]]
    plain = all('"' not in cell for cell in around[1:])
    if number + len(around) != width or not plain:
        return cells
    inner = around[0][1:-1] if around[0].endswith('"') else around[0]
    return [*cells[:number], inner, *around[1:]]


def _cells_of(line: str, mark: str) -> tuple[list[str], tuple[int, int] | None]:
    """Split outside of whole quotes; and the first cell with a broken one, with where it begins."""
    cells: list[str] = []
    broken = None
    at = 0
    while at <= len(line):
        found = _QUOTED.match(line, at)
        if found is not None and line[found.end() : found.end() + 1] in ("", mark):
            cells.append(found[0][1:-1].replace('""', '"'))
            at = found.end() + 1
            continue
        if broken is None and line.startswith('"', at):
            broken = len(cells), at
        stop = line.find(mark, at)
        stop = len(line) if stop < 0 else stop
        cells.append(line[at:stop])
        at = stop + 1
    return cells, broken


def _table(
    rows: Iterator[_Row], header: list[str], delimiter: str, name: str, notes: list[str]
) -> TextTable:
    width, n_rows = len(header), 0
    parts: list[list[pa.Array]] = [[] for _ in header]
    odd: dict[int, Oddity] = {}
    extra: dict[int, str] = {}
    lines: list[int] = []
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        cells = [row.cells for row in block]
        lines += [row.line for row in block]
        for i, row in enumerate(block):
            if row.problem or len(row.cells) != width:
                odd[n_rows + i], more = _odd(row, width, delimiter)
                extra |= {n_rows + i: more} if more else {}
                cells[i] = row.cells[:width] + [""] * (width - len(row.cells))
        for part, column in zip(parts, zip(*cells, strict=True), strict=True):
            part.append(pa.array(column, pa.large_string()))
        n_rows += len(block)
    if not n_rows:
        msg = f"{name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    frame = _frame(header, parts)
    if extra:
        frame["extra_cells"] = [extra.get(row, "") for row in range(n_rows)]
    if stray := sum(one.category in _STRAY for one in odd.values()):
        notes.append(
            f"{stray:,} line{'s'[: stray > 1]} with a stray quote read alone, see the reasons"
        )
    return TextTable(frame, header, odd, lines, notes)


_STRAY = ("stray quote", "line unreadable")


def _odd(row: _Row, width: int, delimiter: str) -> tuple[Oddity, str]:
    """Say what is odd about a row, and give the cells that the header has no name for."""
    told = f"{len(row.cells)} cells, header has {width}"
    extra = delimiter.join(row.cells[width:])
    if row.problem and len(row.cells) != width:
        quote = f"line {row.line} holds a quote that is never closed, and {told}"
        return Oddity("quarantine", "line unreadable", quote), extra
    if row.problem:
        return Oddity("fix", "stray quote", f"line {row.line} was read by itself"), ""
    if extra:
        why = f"{told}: an unquoted comma in a number or text?"
        return Oddity("quarantine", "too many cells", why), extra
    return Oddity("flag", "too few cells", told), ""


def _frame(header: list[str], parts: list[list[pa.Array]]) -> pd.DataFrame:
    """Put columns together one by one, so that no second copy of the whole is held."""
    series = {}
    for column, part in zip(header, parts, strict=True):
        series[column] = pa.chunked_array(part).to_pandas()
        part.clear()
    return pd.DataFrame(series, copy=False)


def _head(data: bytes | Path, encoding: str) -> list[str]:
    """First lines, with the first bytes in plenty for a long header."""
    with io.TextIOWrapper(_stream(data), encoding, errors="replace", newline="") as stream:
        lines = [stream.readline(2**23) for _ in range(_HEAD_LINES)]
    return [line.rstrip("\r\n") for line in lines]


def _shape(head: list[str], name: str) -> tuple[str, int]:
    """Delimiter, and how many rows lie above the header."""
    told = re.fullmatch(r"\ufeff?sep=([,;\t|])", head[0])
    marks = told[1] if told else _DELIMITERS
    lines = [line for line in head if line.strip()]
    if not lines:
        return ",", 0
    for mark in marks:
        check_columns(lines[0].count(mark) + 1, name)
    fields = {
        mark: [cells for line in lines if (cells := _cells(line, mark)) != [""]] for mark in marks
    }
    told_lines = min(map(len, fields.values()))  # lines of two quotes and nothing in them are none
    if not told_lines:
        return ",", 0
    for row in range(told_lines):
        for mark in sorted(marks, key=lambda mark: -len(fields[mark][row])):
            if first_of_data([fields[mark][row]]) == 0:
                return mark, row
    skip = 1 if told else 0
    widest = max(marks, key=lambda mark: len(fields[mark][min(skip, told_lines - 1)]))
    return widest, skip


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark))
    except csv.Error:
        return []


def _rows(
    data: bytes | Path, encoding: str, delimiter: str, name: str, width: int = 0
) -> Generator[_Row]:
    with io.TextIOWrapper(_stream(data), encoding, newline="") as stream:
        yield from _split(stream, delimiter, name, width)


def _stream(data: bytes | Path) -> Any:
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")


class _Lines:
    """Lines of a text, held until the row that they make is whole."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.held: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._stream)
        self.held.append(line)
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))
        self.held = []


def _split(stream: Iterator[str], delimiter: str, name: str, width: int) -> Iterator[_Row]:
    """Rows of a text; a line with a quote that is never closed is one by itself."""
    lines, number = _Lines(stream), 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        problem = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(lines.held[0]) > csv.field_size_limit():
                msg = f"{name} line {number}: {error}; look for a stray quote, or one never closed"
                raise DataError(msg) from error
            problem = str(error)
        held = lines.held
        if not problem and len(held) > 1 and _has_swallowed(held, cells, delimiter, width):
            problem = "its quote is closed by that of another row"
        if problem:
            held = held[:1]
            lines.give_back(lines.held[1:])
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            cells = _split_line(held[0], delimiter, width)
        lines.held = []
        if cells and cells != [""]:
            yield _Row(cells, number, problem)
        number += len(held)


def _has_swallowed(held: list[str], cells: list[str], mark: str, width: int) -> bool:
    """Tell a row of several lines, each of which would be one, from a text of several lines."""
    if width < _LEAST_TO_TELL or len(_split_line(held[0], mark, width)) != width:
        return False
    fit = [len(_split_line(line, mark, width)) == width for line in held]
    alone = len(_cells_of(held[0].rstrip("\r\n"), mark)[0]) == width
    return all(fit) or (len(cells) != width and any(fit[1:])) or (len(cells) < width and alone)


def _first_bad(data: bytes, encoding: str) -> int | None:
    """Position of the first byte that the encoding does not allow, found block by block."""
    decoder = codecs.getincrementaldecoder(encoding)()
    step, held = 2**22, 0
    for start in range(0, len(data), step):
        block = data[start : start + step]
        try:
            decoder.decode(block, final=start + step >= len(data))
        except UnicodeDecodeError as error:
            return start - held + error.start
        held = len(decoder.getstate()[0])
    return None


def _check_encoding(data: bytes, name: str, encoding: str) -> None:
    try:
        codecs.lookup(str(encoding))
        bad = _first_bad(data, encoding)
    except LookupError as error:
        msg = f"encoding {encoding!r} is unknown; use for example 'utf-8', 'cp1256' or 'cp1252'"
        raise DataError(msg) from error
    except UnicodeError:
        bad = 0
    if bad is not None:
        if codecs.lookup(encoding).name == "utf-8":
            _refuse_mixed(data, name)
        guess = _guess(data)
        msg = (
            f"{name} is not {encoding} text (byte {bad}); it looks like {guess}: leave encoding "
            f"out, or pass {option('encoding', guess)}"
        )
        raise DataError(msg)


def _refuse_mixed(data: bytes, name: str) -> None:
    """Refuse a file of which some lines are UTF-8 and some are not: no one encoding reads it."""
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for match in islice(_NOT_ASCII.finditer(data), 100_000):
        kinds[_first_bad(match[0], "utf-8") is None].append(match.start())
    whole, broken = kinds[True], kinds[False]
    if len(whole) > _MIXED_SHARE * (len(whole) + len(broken)):
        lines = [data.count(b"\n", 0, where[0]) + 1 for where in (whole, broken)]
        msg = (
            f"{name} mixes encodings: line {lines[0]} is UTF-8, line {lines[1]} is not (it looks "
            f"like {_guess(data)}). Save each part as 'CSV UTF-8' and join them, or pass "
            f"{option('encoding', _guess(data))} if the UTF-8 is by chance"
        )
        raise DataError(msg)


def _guess(data: bytes) -> str:
    """Arabic Windows text if most of what is not ASCII stands in words of its own, else western."""
    high = data[: 2**24].translate(None, bytes(range(128)))
    words = b"".join(_WORDS.findall(data[: 2**24])).decode("cp1256", errors="replace")
    arabic = sum(bool(_ARABIC.match(letter)) for letter in words)
    # A western accent stands alone among ASCII letters, though it may read as an Arabic letter.
    if arabic > 0.5 * len(high):
        return "cp1256"
    return "cp1252" if _first_bad(data, "cp1252") is None else "latin-1"
