"""Cells of tables that strangers made: one plain value each, whatever was put in."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["plain_cells"]

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
        plain.isetitem(place, pd.Series(words, index=rows.index, dtype=object))
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
    except Exception:  # noqa: BLE001 (an object may raise what it likes)
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
    except Exception:  # noqa: BLE001 (keys that are no text, a list in itself, an unwilling object)
        return f"a {type(cell).__name__}"


def _listed(cell: Any) -> Any:
    if isinstance(cell, np.ndarray):
        return cell.tolist()
    return list(cell) if isinstance(cell, (tuple, set, frozenset)) else cell
