"""What the command line prints, and the exit codes that a script can trust."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from borderzone import errors
from borderzone._guards.escapes import block, line, spreadsheet_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

__all__ = [
    "EXIT_BUG",
    "EXIT_INTERRUPTED",
    "complain",
    "print_table",
    "progress",
    "say",
    "tell",
]

EXIT_BUG, EXIT_USAGE, EXIT_DATA, EXIT_NETWORK, EXIT_LIMIT = 1, 2, 3, 4, 5
EXIT_INTERRUPTED = 130  # as shells count it

_EXIT_CODES: tuple[tuple[type[errors.BorderzoneError], int], ...] = (
    (errors.LimitError, EXIT_LIMIT),
    (errors.NetworkError, EXIT_NETWORK),
    (errors.DataError, EXIT_DATA),
    (errors.RejectedRowsError, EXIT_DATA),
    (errors.CoverageGapError, EXIT_DATA),
    (errors.NoOverlapError, EXIT_DATA),
    (errors.InvalidGeometryError, EXIT_DATA),
    (errors.CRSMismatchError, EXIT_DATA),
    (errors.BorderzoneError, EXIT_USAGE),
)

# What is printed is words: neither markup nor names of pictures are read in them.
OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def say(sentence: object) -> None:
    """Print a sentence of the answer."""
    OUT.print(block(str(sentence)))


def complain(sentence: str) -> None:
    """Print a sentence beside the answer, which a script that reads the answer does not get."""
    ERR.print(block(sentence))


def tell(error: errors.BorderzoneError) -> int:
    """Print what is wrong, and give the exit code for it."""
    ERR.print("borderzone:", style="bold", end=" ")
    complain(f"{type(error).__name__}: {error}")
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def print_table(frame: pd.DataFrame, title: str) -> None:
    """Print a table: for reading on a terminal, else with tabs, for a script."""
    if not OUT.is_terminal:
        say(f"# {line(title)}")
        rows = spreadsheet_table(frame).to_csv(index=False, sep="\t", float_format="%.6g")
        for row in rows.rstrip().split("\n"):
            say(row)
        return
    table = Table(title=line(title), show_lines=False)
    for column in frame.columns:
        table.add_column(line(str(column)), overflow="fold")
    for cells in frame.itertuples(index=False, name=None):
        table.add_row(
            *(f"{cell:.4g}" if isinstance(cell, float) else line(str(cell)) for cell in cells)
        )
    OUT.print(table)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show a spinner that names the running step; silent when not a terminal."""
    if not ERR.is_terminal:
        yield lambda _: None
        return
    with ERR.status("starting") as status:
        yield lambda step: status.update(Text(line(step)))
