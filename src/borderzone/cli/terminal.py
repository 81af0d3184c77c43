"""What the command line prints, how much of it, and the exit codes that a script can trust."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from borderzone import errors
from borderzone._guards import Bar
from borderzone._guards.escapes import block, line, spreadsheet_table
from borderzone._guards.progress import InLines, OnTerminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

__all__ = [
    "EXIT_BUG",
    "EXIT_INTERRUPTED",
    "Loudness",
    "complain",
    "print_json",
    "print_table",
    "progress",
    "remark",
    "say",
    "since_start",
    "stopped",
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

_BEGAN = time.perf_counter()

# What is printed is words: neither markup nor names of pictures are read in them.
OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def since_start() -> float:
    """Give how long the command has run, what it loads included. Units: s."""
    return time.perf_counter() - _BEGAN


class Loudness:
    """How much is said: the answer alone, what explains it, or what the log has as well."""

    quiet = verbose = False

    @classmethod
    def take(cls, *, quiet: bool, verbose: bool) -> None:
        """Set it from the options of a command."""
        if quiet and verbose:
            msg = "--quiet and --verbose say the opposite: give one of them"
            raise errors.InvalidParameterError(msg)
        cls.quiet |= quiet
        cls.verbose |= verbose
        log = logging.getLogger("borderzone")
        if verbose and not any(isinstance(each, _Log) for each in log.handlers):
            log.addHandler(_Log())
            log.setLevel(logging.INFO)

    @classmethod
    def forget(cls) -> None:
        """Go back to what is usual."""
        cls.quiet = cls.verbose = False
        log = logging.getLogger("borderzone")
        for each in [each for each in log.handlers if isinstance(each, _Log)]:
            log.removeHandler(each)
            log.setLevel(logging.NOTSET)


class _Log(logging.Handler):
    """Prints what is logged beside the answer."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


def say(sentence: object) -> None:
    """Print a sentence of the answer."""
    OUT.print(block(str(sentence)))


def remark(sentence: object) -> None:
    """Print a sentence that explains the answer, unless only that is wanted."""
    if not Loudness.quiet:
        say(sentence)


def complain(sentence: str) -> None:
    """Print a sentence beside the answer, which a script that reads the answer does not get."""
    ERR.print(block(sentence))


def tell(error: errors.BorderzoneError) -> int:
    """Print what is wrong, and give the exit code for it."""
    ERR.print("borderzone:", style="bold", end=" ")
    complain(f"{type(error).__name__}: {error}")
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def print_json(value: object) -> None:
    """Print plain values as JSON, which keeps every character that it holds."""
    OUT.print(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def print_table(frame: pd.DataFrame, title: str, *, csv: bool = False) -> None:
    """Print a table: for reading on a terminal, else with tabs, for a script; or as CSV."""
    if csv or not OUT.is_terminal:
        if not csv:
            say(f"# {line(title)}")
        rows = spreadsheet_table(frame)
        mark, digits = (",", None) if csv else ("\t", "%.6g")
        for row in rows.to_csv(index=False, sep=mark, float_format=digits).rstrip().split("\n"):
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
def stopped(kept: Callable[[], str]) -> Iterator[None]:
    """Say what there is when somebody ends a command early."""
    try:
        yield
    except KeyboardInterrupt:
        complain(f"borderzone: interrupted; {kept()}")
        raise typer.Exit(EXIT_INTERRUPTED) from None


@contextmanager
def progress(title: str, *plans: Sequence[tuple[str, float]]) -> Iterator[Bar]:
    """Show how far a command is: a bar on a terminal, elsewhere a line every ten seconds."""
    steps = tuple(step for plan in plans for step in plan)
    bar = Bar(title, steps, heard=complain if Loudness.verbose else None)
    if Loudness.quiet:
        yield bar
        return
    with bar.shown_by(OnTerminal(ERR) if ERR.is_terminal else InLines(complain)):
        yield bar
