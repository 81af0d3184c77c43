"""Plain tables: CSV in, CSV out."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

import pandas as pd

from borderzone._guards.escapes import spreadsheet_table
from borderzone.errors import DataError, LimitError
from borderzone.io.files import atomic_write, check_text_size, local_file
from borderzone.io.limit import current, how_to_raise
from borderzone.io.memory import memory_told

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["read_table", "write_csv"]

SUFFIXES = frozenset({".csv", ".tsv", ".txt"})


@memory_told("table")
def read_table(path: str | os.PathLike[str], *, what: str = "table") -> pd.DataFrame:
    """
    Read a text table; every cell stays text, none is taken for missing.

    The separator (comma, semicolon or tab) is told by the first line.

    Parameters
    ----------
    path
        A CSV file in UTF-8, with or without a byte-order mark.
    what
        What it is needed for, for messages.

    Returns
    -------
    pandas.DataFrame
        Text, one column a name.

    Raises
    ------
    DataError
        If the file is missing, empty, not UTF-8 or not a table.
    LimitError
        If it is larger, or has more columns, than `limits` allow.
    """
    file = local_file(path, SUFFIXES, what)
    check_text_size(file, what)
    text = _decoded(file, what)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    _check_width(text, separator, f"{what}: {file.name!r}")
    try:
        return pd.read_csv(
            StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        msg = f"{what}: {file.name!r} is not a table ({str(error).strip()}); export it again"
        raise DataError(msg) from error


def _check_width(text: str, separator: str, told: str) -> None:
    columns = 1 + max(line.count(separator) for line in StringIO(text))
    if columns > (most := current().table_columns):
        msg = (
            f"{told} has {columns:,} columns, the limit is {most:,}; "
            f"{how_to_raise('table_columns', columns)}"
        )
        raise LimitError(msg)


def _decoded(file: Path, what: str) -> str:
    content = file.read_bytes()
    if b"\0" in content:
        msg = f"{what}: {file.name!r} holds zero bytes, it is no text; export it as CSV in UTF-8"
        raise DataError(msg)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        msg = (
            f"{what}: {file.name!r} is not UTF-8 (line {line}); save it as 'CSV UTF-8', "
            "or convert it with iconv -f CP1256 -t UTF-8 if it is Arabic from Windows"
        )
        raise DataError(msg) from error


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
    quoting = csv.QUOTE_NONNUMERIC if _holds_returns(safe) else csv.QUOTE_MINIMAL
    with atomic_write(path) as temporary:
        safe.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\n", quoting=quoting)


def _holds_returns(frame: pd.DataFrame) -> bool:
    texts = frame.select_dtypes(exclude="number")
    cells = (cell for name in range(texts.shape[1]) for cell in texts.iloc[:, name])
    return any("\r" in str(cell) for cell in (*frame.columns, *cells))
