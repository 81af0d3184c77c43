"""The quick way through a text without anything odd: whole columns at once, or not at all."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, IntArray

__all__ = ["plain_columns"]

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
        return _split(pa.py_buffer(text)[start:stop], mark, width, len(ends) + 1)
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


def _split(body: pa.Buffer, mark: str, width: int, lines: int) -> list[list[pa.Array]] | None:
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
