"""Which columns of a table look like positions, where none was recognised as one."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

from borderzone._guards import shown
from borderzone.incidents.cells import is_missing, parse_number
from borderzone.incidents.hints import option
from borderzone.incidents.reading.aliases import ALIASES, plain_name
from borderzone.incidents.reading.angles import angle_deg, mgrs_position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

__all__ = ["no_places"]

_SHOWN = 5
_LOOKED_AT = 200  # rows: enough to tell what a column holds
_MOST = 0.8  # share of cells that must look alike
_WORDS = {"lat": "latitude", "lon": "longitude"}
_LIMITS = {"lat": 90.0, "lon": 180.0}
# Parts of names in which positions hide, by what they are likely to be.
_HINTS: Mapping[str, re.Pattern[str]] = {
    "lat": re.compile(r"lat|nord|north|breit|hochwert|(^|_)y(_|$)"),
    "lon": re.compile(r"lon|lng|east|ost|l[äa]e?ng|rechtswert|(^|_)x(_|$)"),
    "mgrs": re.compile(r"mgrs|grid|utm"),
    "latlon": re.compile(r"coor|koord|gps|geo|posi|point|punkt|loc|wkt"),
}
_PAIR = re.compile(r"[-+]?\d{1,3}[.,]\d+\D+\d{1,3}[.,]\d+")


class _Likely(NamedTuple):
    """A column, what it may be, and what speaks for it: its cells more than its name."""

    column: str
    parts: tuple[str, ...]
    score: int


def no_places(raw: pd.DataFrame, absent: Sequence[str], taken: Iterable[str], name: str) -> str:
    """Say that a table has no coordinates, which columns look like them, and what to pass."""
    others = [str(column) for column in raw.columns if str(column) not in set(taken)]
    found = sorted((one for one in map(_Look(raw), others) if one.parts), key=_worst_last)
    wanted = " and ".join(_WORDS[part] for part in absent)
    looked = f"looked for were names such as {', '.join(ALIASES[absent[0]][:2])}"
    if len(absent) == len(_WORDS):
        looked += ", grid references (mgrs) and both in one cell (coordinates)"
    if found:
        likely = ", ".join(shown(one.column) for one in found[:_SHOWN])
        told = f"likely {'is' if len(found) == 1 else 'are'} {likely}"
    else:
        names = ", ".join(map(shown, map(str, raw.columns[:_SHOWN])))
        more = len(raw.columns) - _SHOWN
        told = (
            f"found {names}{f' and {more} more' if more > 0 else ''}, none of which looks like one"
        )
    if len(raw.columns) == 1:
        told += ". Only one column was found: is it delimited by comma, semicolon, tab or bar?"
    named = option("columns", _as_option(found, absent))
    return f"{name} has no column for {wanted}: {told} ({looked}). Name yours: {named}"


class _Look:
    """What a column may be, by its name and its first cells."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self._raw = raw
        self._at = {str(name): place for place, name in enumerate(raw.columns)}

    def __call__(self, column: str) -> _Likely:
        plain = plain_name(column)
        by_name = {part for part, words in _HINTS.items() if words.search(plain)}
        by_name |= {
            part
            for part in _HINTS
            if difflib.get_close_matches(plain, ALIASES[part], n=1, cutoff=0.8)
        }
        head = self._raw.iloc[:_LOOKED_AT, self._at[column]].tolist()
        cells = [cell for cell in head if not is_missing(cell)]
        by_cells = _held(cells) if cells else ()
        parts = tuple(part for part in by_cells if part in by_name) or by_cells
        # Cells that are no position speak against any name; without cells the name alone speaks.
        parts = parts or (() if cells else tuple(sorted(by_name)))
        return _Likely(column, parts, 2 * bool(by_cells) + bool(by_name & set(parts)))


def _held(cells: list[object]) -> tuple[str, ...]:
    """Tell which parts of a position the cells of a column may be."""
    texts = [str(cell) for cell in cells]
    if _mostly(mgrs_position(text) is not None for text in texts):
        return ("mgrs",)
    if _mostly(_PAIR.search(text) is not None for text in texts):
        return ("latlon",)
    angles = {part: [angle_deg(cell, part) for cell in cells] for part in _WORDS}
    fits = tuple(part for part in _WORDS if _mostly(_inside(angle, part) for angle in angles[part]))
    # Whole numbers are counts, codes and years far more often than degrees.
    broken = sum(map(_is_broken, cells))
    return fits if 2 * broken >= len(cells) else ()


def _inside(angle: float | None, part: str) -> bool:
    return angle is not None and abs(angle) <= _LIMITS[part]


def _is_broken(cell: object) -> bool:
    number = parse_number(cell)
    return number.state == "bad" or not float(number.value).is_integer()


def _mostly(tests: Iterable[bool]) -> bool:
    said = list(tests)
    return sum(said) >= _MOST * len(said)


def _worst_last(one: _Likely) -> int:
    return -one.score


def _as_option(found: list[_Likely], absent: Sequence[str]) -> dict[str, str]:
    """Name the best columns as parts: one that holds all, or one for each that is absent."""
    if found and len(absent) == len(_WORDS) and found[0].parts[0] not in _WORDS:
        return {found[0].parts[0]: found[0].column}
    free = [one for one in found if set(one.parts) & set(_WORDS)]
    named: dict[str, str] = {}
    # What can be one part alone is given it first.
    for part in sorted(absent, key=lambda part: sum(part in one.parts for one in free)):
        mine = [one for one in free if part in one.parts and one.column not in named.values()]
        if mine:
            named[part] = min(mine, key=lambda one: (-one.score, len(one.parts))).column
    return {part: named.get(part, "its name in your file") for part in absent}
