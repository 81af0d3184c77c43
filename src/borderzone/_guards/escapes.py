r"""
Text from outside, made safe for where it is shown or kept: one function a medium.

What is *shown* (page, figure, terminal, log, credits) may be changed so that it can be seen:
characters that steer a terminal, turn the direction of writing or cannot be drawn are spelt out
(``\x1b``, ``\u202e``), and text without end is cut with its length told. What is *kept* (tables,
layers, TOML, JSON) stays as it is, but for what the format cannot hold or another program would
run. Nothing here imports another module of ours, so that errors can use it too.
"""

from __future__ import annotations

import html
import logging
import math
import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = [
    "OneLine",
    "block",
    "cell",
    "comment",
    "crs_word",
    "figure_words",
    "file_word",
    "is_gap",
    "kept",
    "kept_table",
    "line",
    "page_value",
    "popup_table",
    "spreadsheet_table",
    "typed_table",
    "uncell",
    "uncell_table",
]

Frame = TypeVar("Frame", bound="pd.DataFrame")

# Longest text that is shown whole, and longest line and most lines of a text on a figure.
LONGEST_SHOWN = 10_000
LONGEST_DRAWN, MOST_DRAWN = 300, 60
LONGEST_FILE_WORD = 50

# Characters that nobody sees but machines obey: controls, halves of pairs, separators of lines,
# overrides of direction, tags, and what no XML file may hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
    + "".join(chr(last + odd) for last in range(0x1FFFE, 0x110000, 0x10000) for odd in (0, 1))
    + "]"
)
_NO_WORD = re.compile(r"[^\w .,'()-]")
_NO_FILE = re.compile(r"[^\w-]+")
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
# What a spreadsheet starts a formula with, full-width signs of East Asian keyboards included.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_MARKED = re.compile("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def block(text: str) -> str:
    r"""Show text of several lines: on a terminal, in a message, a description or a file of words."""
    return _cut(_UNSEEN.sub(_spelt, text.replace("\r\n", "\n")), LONGEST_SHOWN, len(text))


def line(text: str) -> str:
    r"""Show text that must stay on one line: a row of a log, of credits or of a comment."""
    return block(text).replace("\n", "\\n").replace("\t", "\\t")


def comment(text: str) -> str:
    """Write a line of comment of a TOML file."""
    return f"# {line(text)}\n"


def page_value(value: Any) -> Any:
    """Prepare a value for the page, whose template then escapes its markup."""
    return block(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def figure_words(text: str) -> str:
    """Show text on a figure; formulas are not read there at all, see `figures.style`."""
    rows = block(text).split("\n")
    rows = [_cut(row, LONGEST_DRAWN, len(row)) for row in rows]
    return "\n".join(rows if len(rows) <= MOST_DRAWN else [*rows[:MOST_DRAWN], "…"])


def crs_word(text: str) -> str:
    """Put a name into that of a coordinate reference system, whose text is read by three parsers."""
    return _NO_WORD.sub("_", text[:LONGEST_DRAWN])


def file_word(text: str) -> str:
    """Put a name into that of a file: no folder, no hidden file, nothing a system keeps to itself."""
    return _NO_FILE.sub("_", text)[:LONGEST_FILE_WORD] or "_"


def kept(text: str) -> str:
    r"""Keep text in a file whose format has no zero byte and no half of a pair of surrogates."""
    return _NOT_KEPT.sub(_spelt, text)


def kept_table(frame: Frame) -> Frame:
    """Keep the texts of a table, and the names of its columns, as `kept` does."""
    return _mapped(frame, _of_text(kept))


def cell(value: Any) -> Any:
    """
    Put an apostrophe before text that a spreadsheet would run.

    Text that starts with apostrophes and would look marked gets one more, so that `uncell` gives
    every text back as it was. Numbers are left alone, also as text.
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def uncell(value: Any) -> Any:
    """Take away the apostrophe that `cell` put there."""
    return value[1:] if isinstance(value, str) and _MARKED.match(value) else value


def spreadsheet_table(frame: Frame) -> Frame:
    """Mark the cells and column names of a table that a spreadsheet may open."""
    return _mapped(frame, _of_text(lambda text: cell(kept(text))))


def uncell_table(frame: Frame) -> Frame:
    """Unmark the cells and column names of a table that `spreadsheet_table` marked."""
    return _mapped(frame, uncell)


def popup_table(frame: Frame) -> Frame:
    """Escape the texts of a table for an interactive map, whose popups would take them for HTML."""
    return _mapped(frame, _of_text(lambda text: html.escape(block(text))))


def typed_table(frame: Any) -> Any:
    """Make text of columns that mix kinds, which files of typed columns cannot hold."""
    safe = frame.copy()
    for name in safe.columns.drop(safe.geometry.name):
        if safe[name].dtype == object:
            kinds = {type(cell) for cell in safe[name] if not is_gap(cell)}
            cells = [None if is_gap(cell) else cell for cell in safe[name]]
            if (kinds - {str} and len(kinds) > 1) or kinds & {dict, list, tuple, set}:
                cells = [None if cell is None else str(cell) for cell in cells]
            # By place: labels of rows may repeat.
            column = safe[name].to_numpy(dtype=object, copy=True)
            for row, one in enumerate(cells):
                column[row] = one
            safe[name] = column
    return safe


def is_gap(cell: object) -> bool:
    """Tell a cell that holds nothing: None, NaN or what pandas calls NA."""
    nan = isinstance(cell, float) and math.isnan(cell)
    return cell is None or nan or type(cell).__name__ == "NAType"


class OneLine(logging.Filter):
    """Keep each message of a log on its line: no name of a file can forge another message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a message that holds what would not be seen; let every message pass."""
        told = record.getMessage()
        shown = line(told)
        if shown != told:
            record.msg, record.args = shown, ()
        return True


def _spelt(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _cut(text: str, longest: int, whole: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({whole:,} characters)"


def _of_text(change: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: change(value) if isinstance(value, str) else value


def _mapped(frame: Frame, change: Callable[[Any], Any]) -> Frame:
    changed: Any = frame.copy()
    for position, kind in enumerate(frame.dtypes):
        # Text, categories and mixed cells are of kind "O"; numbers, dates and shapes are not read.
        if kind.kind != "O" or kind.name == "geometry":
            continue
        cells = changed.iloc[:, position].astype(object)
        safe = cells.map(change)
        if any(new != old for new, old in zip(safe, cells, strict=True) if isinstance(old, str)):
            changed.isetitem(position, safe)
    changed.columns = [change(name) for name in frame.columns]
    return cast("Frame", changed)
