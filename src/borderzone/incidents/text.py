"""Delimited text as people really send it: BOM, semicolons, ragged rows, other encodings."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from borderzone.errors import DataError

__all__ = ["decode", "parse_text"]

_DELIMITERS = ",;\t"
_ARABIC = re.compile("[\u0621-\u064a]")


def decode(data: bytes, name: str, encoding: str | None = None) -> str:
    r"""
    Turn the bytes of a text table into text, as UTF-8 unless told otherwise.

    Parameters
    ----------
    data
        Content of the file.
    name
        Name of the file, for messages.
    encoding
        Encoding named by the user.

    Returns
    -------
    str
        The text, without byte order mark.

    Raises
    ------
    DataError
        If it is empty, not text, or not in that encoding; another encoding
        is suggested, never used unasked.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbflat;lon", "a.csv")
    'lat;lon'
    """
    if not data.strip():
        msg = f"{name} is empty: it needs a header and at least one row"
        raise DataError(msg)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = encoding or "utf-16"
    if b"\x00" in data and encoding is None:
        msg = f"{name} is not a text table; save it from the spreadsheet as 'CSV UTF-8'"
        raise DataError(msg)
    used = encoding or "utf-8-sig"
    try:
        return data.decode(used).lstrip("\ufeff")
    except LookupError as error:
        msg = f"encoding {encoding!r} is unknown; use for example 'utf-8', 'cp1256' or 'cp1252'"
        raise DataError(msg) from error
    except UnicodeError as error:
        guess = _guess(data)
        msg = (
            f"{name} is not {encoding or 'UTF-8'} text (byte {getattr(error, 'start', 0)}); it looks like "
            f"{guess}: save it as 'CSV UTF-8', or pass encoding={guess!r}"
        )
        raise DataError(msg) from error


def parse_text(text: str, name: str) -> tuple[pd.DataFrame, dict[int, str]]:
    r"""
    Split delimited text into a table of text cells.

    The delimiter is the one of comma, semicolon and tab that splits the
    header into most columns. Every line with anything on it is a row.

    Parameters
    ----------
    text
        The text.
    name
        Name of the file, for messages.

    Returns
    -------
    tuple[pandas.DataFrame, dict[int, str]]
        The cells, and for each row with too many or too few of them what is
        odd about it.

    Raises
    ------
    DataError
        If there is no row, or a quote is never closed.

    Examples
    --------
    >>> table, odd = parse_text("id;lat;lon\nA;34,4;41,1\n", "a.csv")
    >>> table.to_dict("records"), odd
    ([{'id': 'A', 'lat': '34,4', 'lon': '41,1'}], {})
    """
    delimiter, text = _delimiter(text)
    header, *rows = _split(text, delimiter, name) or [[]]
    header = [cell.strip() or f"unnamed_{i}" for i, cell in enumerate(header, 1)]
    if not rows:
        msg = f"{name} has a header but no rows (columns: {', '.join(header)})"
        raise DataError(msg)
    width = len(header)
    odd = {
        i: f"{len(row)} cells, header has {width}"
        for i, row in enumerate(rows)
        if len(row) != width
    }
    cells = [row[:width] + [""] * (width - len(row)) for row in rows]
    table = pd.DataFrame(cells, columns=header, dtype=object)
    if any(len(row) > width for row in rows):
        table["extra_cells"] = [delimiter.join(row[width:]) for row in rows]
    return table, odd


def _delimiter(text: str) -> tuple[str, str]:
    told = re.match(r"sep=([,;\t])\r?\n", text)
    if told:
        return told[1], text[told.end() :]
    header = next((line for line in text.splitlines() if line.strip()), "")
    fields = {mark: len(next(csv.reader([header], delimiter=mark))) for mark in _DELIMITERS}
    return max(fields, key=lambda mark: fields[mark]), text


def _split(text: str, delimiter: str, name: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [row for row in reader if row and row != [""]]
    except csv.Error as error:
        msg = f"{name} line {reader.line_num}: {error}; look for a stray quote, or one never closed"
        raise DataError(msg) from error


def _guess(data: bytes) -> str:
    """Arabic Windows text if it reads as mostly Arabic letters, else Western."""
    as_arabic = data.decode("cp1256", errors="replace")
    letters = [letter for letter in as_arabic if ord(letter) > 127]
    arabic = sum(bool(_ARABIC.match(letter)) for letter in letters)
    return "cp1256" if arabic > 0.7 * len(letters) else "cp1252"
