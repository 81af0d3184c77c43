"""Text that a spreadsheet would run as a formula: marked on the way out, unmarked on the way in."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["escape_cell", "escape_table", "unescape_cell", "unescape_own"]

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
# Columns that only a table of ours has all of.
_OWN = frozenset({"date_start", "date_precision", "where_scheme", "status", "reason", "synthetic"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def escape_cell(cell: object) -> object:
    """
    Put an apostrophe before text that a spreadsheet would run.

    Text that starts with apostrophes and would look marked gets one more, so
    that `unescape_cell` gives every text back as it was. Numbers are left alone.

    Parameters
    ----------
    cell
        Any cell.

    Returns
    -------
    object
        The cell, marked where needed.

    Examples
    --------
    >>> [escape_cell(text) for text in ("=1+1", "-3.5", "'=x", "it's")]
    ["'=1+1", '-3.5', "''=x", "it's"]
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def unescape_cell(cell: object) -> object:
    """
    Take away the apostrophe that `escape_cell` put there.

    Parameters
    ----------
    cell
        Any cell.

    Returns
    -------
    object
        The cell as it was before.

    Examples
    --------
    >>> [unescape_cell(text) for text in ("'=1+1", "-3.5", "''=x", "it's", "'t Hof")]
    ['=1+1', '-3.5', "'=x", "it's", "'t Hof"]
    """
    if isinstance(cell, str) and _MARKED.match(cell):
        return cell[1:]
    return cell


def escape_table(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Mark the cells and column names of a table.

    Parameters
    ----------
    frame
        Any table; it is not changed.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    return _mapped(frame, escape_cell)


def unescape_own(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Unmark the cells and column names of a table that `incidents.write` wrote.

    Parameters
    ----------
    frame
        Table as found in a text file or spreadsheet; it is not changed.

    Returns
    -------
    pandas.DataFrame
        A copy without marks; the table itself if its heading says that it is
        of other origin.
    """
    return _mapped(frame, unescape_cell) if set(map(str, frame.columns)) >= _OWN else frame


def _mapped(frame: pd.DataFrame, change: object) -> pd.DataFrame:
    safe = frame.copy()
    for position in range(safe.shape[1]):
        column = safe.iloc[:, position]
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            safe.isetitem(position, column.astype(object).map(change))
    safe.columns = [change(name) for name in safe.columns]  # type: ignore[operator]
    return safe
