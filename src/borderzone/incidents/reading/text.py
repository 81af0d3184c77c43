"""Delimited text as people really send it: BOM, semicolons, ragged rows, other encodings."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections import Counter, deque
from contextlib import closing
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import charset_normalizer
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from borderzone.errors import DataError, LimitError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.aliases import ALIASES, plain_name, refuse_twins
from borderzone.incidents.reading.dates import parse_date
from borderzone.incidents.reading.layouts import LAYOUTS
from borderzone.incidents.table_schema import is_missing, parse_number, quoted
from borderzone.io import Limits

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, IntArray

__all__ = [
    "NO_HEADER",
    "UCDP_COLUMNS",
    "Furniture",
    "Heading",
    "Oddity",
    "TextTable",
    "check_columns",
    "find_encoding",
    "first_of_data",
    "furniture_of",
    "heading_of",
    "is_data",
    "is_tag_row",
    "is_ucdp_row",
    "parse_text",
    "plain_columns",
    "plain_header",
]


_DELIMITERS = ",;\t|"
_NOT_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")
_NOT_ASCII_CELL = re.compile(rb"[^\n,;\t|]*[\x80-\xff][^\n,;\t|]*")
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

    UTF-8 unless a byte that is none is met; then the Windows encoding (Arabic, western, Turkish,
    Cyrillic, Greek or Hebrew) in which the cells read best, else Latin-1.
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
                check_columns(len(row.cells), f"{name} line {row.line}")
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


# What spreadsheets save text in that is not Unicode: letters of their own, and letters among ASCII
# ones. Of two that fit equally well the first is taken. Windows' central European is none of them:
# on short names it passes for western, and the other way.
_SCRIPTS, _LATIN = ("cp1256", "cp1251", "cp1253", "cp1255"), ("cp1252", "cp1254")
# Different cells tell, not many of them: the guess takes longer the more there are. Units: bytes.
_LOOKED_THROUGH, _TOLD_BY = 2**20, 2**12


def _guess(data: bytes) -> str:
    """Guess the encoding from the cells that are not ASCII, so that the others do not drown them."""
    first = max(_first_bad(data, "ascii") or 0, 0)
    start = data.rfind(b"\n", 0, first) + 1
    part = data[start : start + _LOOKED_THROUGH]
    sample = b"\n".join(dict.fromkeys(_NOT_ASCII_CELL.findall(part)))[:_TOLD_BY]
    # A western accent stands alone among ASCII letters, though it may read as a letter of another
    # script; on a name or two the library takes it for one.
    alone = len(b"".join(_WORDS.findall(sample))) <= 0.5 * sum(byte > 127 for byte in sample)
    candidates = _LATIN if alone else _SCRIPTS
    found = charset_normalizer.from_bytes(
        sample, cp_isolation=list(candidates), enable_fallback=False
    )
    # Least mess first, then most like a language.
    ranked = sorted((one.chaos, -one.coherence, candidates.index(one.encoding)) for one in found)
    likely = [*(candidates[at] for *_, at in ranked), "cp1252"]
    return next((name for name in likely if _first_bad(data, name) is None), "latin-1")


_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_STEP = 2**24  # bytes looked at together, so that masks stay small beside the text


def plain_columns(
    data: bytes | Path, mark: str, line: int, width: int
) -> list[list[pa.Array]] | None:
    r"""Split the lines of a text in UTF-8 into columns, where nothing about them needs a closer look."""
    text = data if isinstance(data, bytes) else data.read_bytes()
    cells = np.frombuffer(text, dtype=np.uint8)
    ends, returns = _places(cells, _NEWLINE), _places(cells, _RETURN)
    # A return by itself ends a line too: above the first row it would move where that is looked for.
    if len(ends) < line - 1 or not (_next(cells, returns) == _NEWLINE).all():
        return None
    start = int(ends[line - 2]) + 1 if line > 1 else 0
    stop = len(text)
    while stop and text[stop - 1] in (_NEWLINE, _RETURN):  # empty lines at the end are no rows
        stop -= 1
    body, ends = cells[start:stop], ends[line - 1 : np.searchsorted(ends, stop)] - start
    if not _is_plain(body, ends, ord(mark)):
        return None
    try:
        return _split_plain(pa.py_buffer(text)[start:stop], mark, width, len(ends) + 1)
    except pa.ArrowInvalid:  # a line with another number of cells
        return None


def _places(cells: NDArray[np.uint8], sign: int) -> IntArray:
    found = [
        np.flatnonzero(cells[start : start + _STEP] == sign) + start
        for start in range(0, len(cells), _STEP)
    ]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _is_plain(body: NDArray[np.uint8], ends: IntArray, mark: int) -> bool:
    """Whether each line is a row by itself, and each quote opens or closes a cell."""
    if not len(body):
        return False
    longest = int(np.diff(ends, prepend=-1, append=len(body)).max())
    if longest > csv.field_size_limit():
        return False
    quotes = _places(body, _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    # Both of a pair on one line: no line ends between them.
    if not (np.searchsorted(ends, opening) == np.searchsorted(ends, closing)).all():
        return False
    before = np.where(opening > 0, body[opening - 1], _NEWLINE)
    after = _next(body, closing)
    # Two quotes within a cell stand for one: the first closes, the second opens.
    opens = np.isin(before, (mark, _NEWLINE)) | _follows(opening, closing)
    closes = np.isin(after, (mark, _NEWLINE, _RETURN)) | _is_followed(opening, closing)
    return bool(opens.all() and closes.all())


def _next(body: NDArray[np.uint8], places: IntArray) -> NDArray[np.uint8]:
    """Byte after each place; a line end where the text ends."""
    last = len(body) - 1
    return np.where(places < last, body[np.minimum(places + 1, last)], np.uint8(_NEWLINE))


def _follows(opening: IntArray, closing: IntArray) -> BoolArray:
    """Whether each opening quote stands right after the closing one before it."""
    return np.concatenate([[False], opening[1:] == closing[:-1] + 1])[: len(opening)]


def _is_followed(opening: IntArray, closing: IntArray) -> BoolArray:
    """Whether each closing quote stands right before the next opening one."""
    return np.concatenate([opening[1:] == closing[:-1] + 1, [False]])[-len(closing) :]


def _split_plain(body: pa.Buffer, mark: str, width: int, lines: int) -> list[list[pa.Array]] | None:
    names = [f"f{column}" for column in range(width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(body),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=_STEP),
        parse_options=arrow_csv.ParseOptions(delimiter=mark),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
        ),
    )
    if table.num_rows != lines:  # one of them is empty
        return None
    return [column.chunks for column in table.columns]


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
        told = ", ".join(quoted(_text(cell)) for cell in rows[at][:6])
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
    if columns > (most := Limits.now().table_columns):
        msg = (
            f"{name} has {columns:,} columns, the limit is {most:,}; a table of incidents has one "
            f"row an event; {Limits.how_to_raise('table_columns', columns)}"
        )
        raise LimitError(msg)


def is_tag_row(cells: Sequence[object]) -> bool:
    """Tell whether a row holds hashtags of the Humanitarian Exchange Language."""
    told = [str(cell).strip() for cell in cells if str(cell).strip() not in ("", "nan", "None")]
    return len(told) > 1 and all(cell.startswith("#") for cell in told)


_UNIT = re.compile(
    r"[\[(]?("
    r"(decimal |arc)?(deg|degrees?|°|dd|dms|minutes?|grad)\.?( ?[_.]?(n|s|e|w|north|south|east|west))?"
    r"|(decimal )?(numbers?|numeric|int(eger)?|float|double|real|text|string|str|varchar|character|bool(ean)?)"
    r"|date|time|date ?time|timestamp|y{2,4}[-/. ]?m{1,3}([-/. ]?d{1,2})?.*|d{1,2}[-/. ]?m{1,3}[-/. ]?y{2,4}.*"
    r"|m{1,2}[-/. ]?d{1,2}[-/. ]?y{2,4}.*|hh:?mm(:?ss)?|utc|gmt|local( time)?|wgs ?-?84|epsg:? ?\d+"
    r"|k?m|km2|km²|met(re|er)s?|kilomet(re|er)s?|miles?|mi|ft|feet|%|percent|hours?|h|days?|years?"
    r"|counts?|persons?|people|n|no\.?|code|id|category|name|words?|unitless|free text"
    r")[\])]?",
)
_TOTAL = re.compile(
    r"((grand|sub|over ?all|running|column)[- ]?)?(total|sum|totals|sums)\b.{0,40}"
    r"|(gesamt|insgesamt|summe|somme|suma|toplam|total général|totale|المجموع|الإجمالي|مجموع)\b.{0,40}"
    r"|(number|count) of (events|incidents|records|rows)\b.{0,20}|n ?= ?\d+",
)
_TOP = 2  # rows below the header in which units may stand
_LEFT = 3  # columns from the left in which the word of a total may stand


class Oddity(NamedTuple):
    """
    What is odd about one row as it stood in the file.

    Attributes
    ----------
    verdict
        Method of the ledger that takes it.
    category
        Kind of finding.
    detail
        What was found, in words.
    """

    verdict: Literal["flag", "fix", "quarantine"]
    category: str
    detail: str


class Furniture(NamedTuple):
    """
    Rows that are no events.

    Attributes
    ----------
    rows
        True for each row that is certainly none.
    odd
        Rows that look like none, but may be one, by position.
    notes
        What is none, with its count.
    """

    rows: BoolArray
    odd: dict[int, Oddity]
    notes: list[str]


def furniture_of(table: pd.DataFrame, header: Sequence[str], parts: Mapping[str, str]) -> Furniture:
    """
    Find the rows of a text or a sheet that are no events.

    A row with anything in it that may be an event is one.
    """
    blank, again = _blank(table), _equal(table, header)
    notes = [_told(blank, "empty line")]
    notes.append(_told(again, "line that repeats the header"))
    drop = blank | again
    odd: dict[int, Oddity] = {}
    way = next((way for way in _PLACES if all(part in parts for part in way)), ())
    places = [parts[part] for part in way]
    if places:
        for sure, doubtful, what, where in (
            (*_units(table, places, drop), "row of units", " below the header"),
            (*_totals(table, places, drop), "row of totals", ""),
        ):
            drop |= sure
            notes.append(_told(sure, what, where))
            told = Oddity("quarantine", what, f"it looks like a {what}, not like an event")
            odd |= dict.fromkeys(np.flatnonzero(doubtful).tolist(), told)
    return Furniture(drop, odd, [note for note in notes if note])


def _told(rows: BoolArray, what: str, where: str = "") -> str:
    count = int(rows.sum())
    first, _, rest = what.partition(" ")
    several = what if count == 1 else f"{first} {rest}s" if first == "empty" else _plural(what)
    return f"{count:,} {several}{where} passed over" if count else ""


def _plural(what: str) -> str:
    first, _, rest = what.partition(" ")
    return f"{first}s {rest.replace('repeats', 'repeat')}"


def _blank(table: pd.DataFrame) -> BoolArray:
    """Rows with nothing in any cell; most are ruled out by their first."""
    rows = np.arange(len(table))
    for column in range(table.shape[1]):
        if not rows.size:
            break
        rows = rows[_texts(table, column, rows) == ""]
    blank = np.zeros(len(table), dtype=bool)
    blank[rows] = True
    return blank


def _equal(table: pd.DataFrame, header: Sequence[str]) -> BoolArray:
    rows = np.arange(len(table))
    for column, name in enumerate(header[: table.shape[1]]):
        if not rows.size:
            break
        rows = rows[_texts(table, column, rows) == name]
    again = np.zeros(len(table), dtype=bool)
    again[rows] = True
    return again


def _texts(table: pd.DataFrame, column: int, rows: IntArray) -> np.ndarray:
    cells = table.iloc[:, column].iloc[rows]
    if not isinstance(cells.dtype, pd.StringDtype):
        cells = cells.map(lambda cell: "" if is_missing(cell) else str(cell)).astype("str")
    texts: np.ndarray = cells.fillna("").str.strip().to_numpy(dtype=object)
    return texts


def _units(table: pd.DataFrame, places: list[str], drop: BoolArray) -> tuple[BoolArray, BoolArray]:
    """First rows in which positions are units: certainly where every other cell is one too."""
    sure, doubtful = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    for row in np.flatnonzero(~drop)[:_TOP].tolist():
        cells = [str(cell).strip().casefold() for cell in table.iloc[row] if not is_missing(cell)]
        at = [str(cell).strip().casefold() for cell in table[places].iloc[row]]
        if not all(map(_UNIT.fullmatch, at)):
            break
        sure[row] = all(map(_UNIT.fullmatch, cells))
        doubtful[row] = not sure[row]
    return sure, doubtful


def _totals(table: pd.DataFrame, places: list[str], drop: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Rows of totals without a position: certainly such only at the foot."""
    words = np.zeros(len(table), dtype=bool)
    here = np.zeros(len(table), dtype=bool)
    for place in places:
        rows = np.arange(len(table))
        column = list(table.columns).index(place)
        here |= _texts(table, column, rows) == ""
    rows = np.flatnonzero(here & ~drop)
    left = np.full(rows.size, "", dtype=object)
    for column in range(min(_LEFT, table.shape[1])):
        left = np.where(left == "", _texts(table, column, rows), left)
    words[rows] = [_TOTAL.fullmatch(text.casefold()) is not None for text in left]
    foot = np.logical_and.accumulate((words | drop)[::-1])[::-1]
    return words & foot, words & ~foot
