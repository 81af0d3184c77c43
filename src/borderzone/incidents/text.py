"""Delimited text as people really send it: BOM, semicolons, ragged rows, other encodings."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from borderzone.errors import DataError
from borderzone.incidents.heading import check_columns, first_of_data, plain_header
from borderzone.incidents.hints import option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TextTable", "find_encoding", "parse_text"]

_DELIMITERS = ",;\t|"
_ARABIC = re.compile("[\u0621-\u064a]")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")
_NOT_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_HEAD_LINES = 20
_ROWS_AT_ONCE = 20_000
_MIXED_SHARE = 0.05


class TextTable(NamedTuple):
    """
    A table read from delimited text.

    Attributes
    ----------
    cells
        Its cells, all text.
    odd
        What is odd about rows with too many or too few cells, by position.
    notes
        What the reader passed over or took for granted.
    """

    cells: pd.DataFrame
    odd: dict[int, str]
    notes: list[str]


def find_encoding(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    r"""
    Find the encoding of a text table.

    UTF-8 unless a byte that is none is met; then Windows Arabic where most letters read as
    Arabic, else Windows western, else Latin-1.

    Parameters
    ----------
    data
        Content of the file.
    name
        Name of the file, for messages.
    encoding
        Encoding named by the user; it must fit.

    Returns
    -------
    tuple[str, str]
        Encoding, and what to tell about it; nothing for UTF-8 and for one that was named.

    Raises
    ------
    DataError
        If the file is empty, not text, not in the encoding named, or mixes two encodings.

    Examples
    --------
    >>> find_encoding(b"\xef\xbb\xbflat;lon", "a.csv")
    ('utf-8-sig', '')
    >>> find_encoding("Käfer".encode("cp1252"), "a.csv")[0]
    'cp1252'
    """
    if not data.strip():
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

    Parameters
    ----------
    data
        Content of the file, or its path.
    name
        Name of the file, for messages.
    encoding
        Its encoding.

    Returns
    -------
    TextTable
        The cells, what is odd about rows, and what was passed over.

    Raises
    ------
    DataError
        If there is no row, or a quote is never closed.
    LimitError
        If there are more columns than `limits` allow.

    Examples
    --------
    >>> table = parse_text(b"id;lat;lon\nA;34,4;41,1\n", "a.csv")
    >>> table.cells.to_dict("records"), table.odd
    ([{'id': 'A', 'lat': '34,4', 'lon': '41,1'}], {})
    """
    delimiter, skip = _shape(_head(data, encoding), name)
    rows = _rows(data, encoding, delimiter, name)
    notes = []
    passed = list(islice(rows, skip))
    if passed:
        notes.append(f"{skip} lines above the header were passed over")
    first = next(rows, None)
    if first is None:
        msg = f"{name} is empty: it needs a header and at least one row"
        raise DataError(msg)
    header = plain_header(first, name)
    return _table(rows, header, delimiter, name, notes)


def _table(
    rows: Iterator[list[str]], header: list[str], delimiter: str, name: str, notes: list[str]
) -> TextTable:
    width, n_rows = len(header), 0
    parts: list[list[pa.Array]] = [[] for _ in header]
    odd: dict[int, str] = {}
    extra: dict[int, str] = {}
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        for i, row in enumerate(block):
            if len(row) != width:
                odd[n_rows + i] = f"{len(row)} cells, header has {width}"
                extra |= {n_rows + i: delimiter.join(row[width:])} if len(row) > width else {}
                block[i] = row[:width] + [""] * (width - len(row))
        for part, cells in zip(parts, zip(*block, strict=True), strict=True):
            part.append(pa.array(cells, pa.large_string()))
        n_rows += len(block)
    if not n_rows:
        msg = f"{name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    frame = _frame(header, parts)
    if extra:
        frame["extra_cells"] = [extra.get(row, "") for row in range(n_rows)]
    return TextTable(frame, odd, notes)


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


def _rows(data: bytes | Path, encoding: str, delimiter: str, name: str) -> Iterator[list[str]]:
    with io.TextIOWrapper(_stream(data), encoding, newline="") as stream:
        yield from _split(stream, delimiter, name)


def _stream(data: bytes | Path) -> Any:
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")


def _split(stream: Any, delimiter: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row and row != [""]:
                yield row
    except csv.Error as error:
        msg = f"{name} line {reader.line_num}: {error}; look for a stray quote, or one never closed"
        raise DataError(msg) from error


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
