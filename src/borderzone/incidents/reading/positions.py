"""Judging the coordinates of every row: numbers, ranges, suspected swaps, pile-ups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone.incidents.cells import parse_number, shown
from borderzone.incidents.hints import option
from borderzone.incidents.reading.expected import Box, Expected
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.incident_table import Ledger

__all__ = ["PILE_UP_ROWS", "Box", "flag_pile_ups", "judge_pairs", "judge_positions", "read_pairs"]

PILE_UP_ROWS = 10
"""More rows than this on one coordinate are told: most likely a centroid."""

_NUMBERS: set[type] = {int, float, np.float64, np.float32, np.int64, np.int32}
# What `parse_number` takes as it is; all else goes there.
_PLAIN = re.compile(r"[+-]?(?>\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?")
_PLAIN_LINES = re.compile(rf"(?>{_PLAIN.pattern}\n)*+")


def judge_positions(
    lat_cells: Sequence[object],
    lon_cells: Sequence[object],
    ledger: Ledger,
    *,
    bbox: Box | None = None,
    fix_swapped: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """
    Read latitudes and longitudes cell by cell and write down what is wrong.

    A row outside `bbox` that falls inside it when swapped is quarantined
    with that suggestion, or swapped where `fix_swapped` says so. Without a
    box, the spread of the file's own rows gives one, which is good enough to
    tell, not to quarantine.
    """
    lat, lon = read_pairs(lat_cells, lon_cells, ledger)
    judge_pairs(lat, lon, ledger, Expected(bbox=bbox), fix_swapped=fix_swapped)
    return lat, lon


def read_pairs(
    lat_cells: Sequence[object], lon_cells: Sequence[object], ledger: Ledger
) -> tuple[FloatArray, FloatArray]:
    """Read two columns as numbers and write down what is none."""
    lat, plain_lat = _read_plain(lat_cells)
    lon, plain_lon = _read_plain(lon_cells)
    for row in np.flatnonzero(~(plain_lat & plain_lon)).tolist():
        lat[row], lon[row] = _read_pair(lat_cells[row], lon_cells[row], row, ledger)
    return lat, lon


def judge_pairs(
    lat: FloatArray,
    lon: FloatArray,
    ledger: Ledger,
    expected: Expected,
    *,
    fix_swapped: bool = False,
) -> None:
    """Give each row the first of the verdicts on its position that fits; most get none."""
    with np.errstate(invalid="ignore"):
        readable = ~(np.isnan(lat) | np.isnan(lon))
        zero = readable & (lat == 0) & (lon == 0)
        found = expected.suspected(lat, lon, readable & ~zero)
        swapped = found.certain | found.doubtful
        outside = readable & ~zero & ~swapped & ~((np.abs(lat) <= 90) & (np.abs(lon) <= 180))
        equal = readable & ~zero & ~swapped & ~outside & (lat == lon)
    for row in np.flatnonzero(zero).tolist():
        ledger.quarantine(row, "zero position", "latitude and longitude are both 0")
    for row in np.flatnonzero(outside).tolist():
        ledger.quarantine(row, "out of range", f"latitude {lat[row]:g}, longitude {lon[row]:g}")
    for row in np.flatnonzero(equal).tolist():
        ledger.flag(row, "equal coordinates", f"latitude and longitude are both {lat[row]:g}")
    for row in np.flatnonzero(swapped).tolist():
        y, x = float(lat[row]), float(lon[row])
        if fix_swapped:
            lat[row], lon[row] = x, y
            ledger.fix(row, "swapped", f"latitude {y:g} and longitude {x:g} changed places")
        else:
            _suspect(row, y, x, ledger, certain=bool(found.certain[row]))
    if found.told and not fix_swapped:
        ledger.note(found.told)


def flag_pile_ups(lat: FloatArray, lon: FloatArray, usable: BoolArray, ledger: Ledger) -> None:
    """Tell which rows share one coordinate with too many others."""
    rows = np.flatnonzero(usable)
    if not rows.size:
        return
    # As whole numbers of 0.00001 degree, which compare exactly and sort fast.
    keys = np.rint(lat[rows] * 1e5).astype(np.int64) * 10**9
    keys += np.rint(lon[rows] * 1e5).astype(np.int64)
    _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = rows[np.argsort(where, kind="stable")]
    ends = np.cumsum(counts)
    for spot in np.flatnonzero(counts > PILE_UP_ROWS).tolist():
        here = order[ends[spot] - counts[spot] : ends[spot]]
        y, x = float(lat[here[0]]), float(lon[here[0]])
        told = f"{len(here)} rows lie on {y:.5f}, {x:.5f}: {_likely(y, x)}"
        ledger.flag_all(here, "pile-up", told)


def _likely(y: float, x: float) -> str:
    """Name what stands behind many rows on one coordinate."""
    if float(y).is_integer() and float(x).is_integer():
        return (
            "whole degrees, as countries and provinces are listed, not where each of them happened"
        )
    return "the centroid of a town or district, not a place where each of them happened"


def _read_plain(cells: Sequence[object]) -> tuple[FloatArray, BoolArray]:
    """Read a column at once; False marks the cells that need a closer look."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    kinds = set(map(type, cells))
    if kinds <= _NUMBERS or (kinds == {str} and _all_plain(cells)):
        plain = np.ones(len(cells), dtype=bool)
    else:
        plain = Spellings(pd.Series(column, dtype=object)).read(_is_plain, bool)
    values = np.full(len(cells), np.nan)
    values[plain] = column[plain].astype(float)
    plain &= np.isfinite(values)
    values[~plain] = np.nan
    return values, plain


def _all_plain(cells: Sequence[object]) -> bool:
    """Whether every text is a number, told by one pass over all of them."""
    text = "\n".join(cells)  # type: ignore[arg-type]
    return text.count("\n") == len(cells) - 1 and bool(_PLAIN_LINES.fullmatch(f"{text}\n"))


def _is_plain(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(_PLAIN.fullmatch(cell))
    return type(cell) in _NUMBERS


def _read_pair(lat_cell: object, lon_cell: object, row: int, ledger: Ledger) -> tuple[float, float]:
    cells = {"latitude": lat_cell, "longitude": lon_cell}
    numbers = {name: parse_number(cell) for name, cell in cells.items()}
    empty = [name for name, number in numbers.items() if number.state == "missing"]
    if empty:
        ledger.quarantine(row, "missing position", f"{' and '.join(empty)} empty")
    for name, number in numbers.items():
        if number.state == "bad":
            ledger.quarantine(row, "not a number", f"{name} {shown(cells[name])}")
        elif number.state == "comma":
            read = f"{name} {shown(cells[name])} read as {number.value:g}"
            ledger.fix(row, "decimal comma", read)
    return numbers["latitude"].value, numbers["longitude"].value


def _suspect(row: int, y: float, x: float, ledger: Ledger, *, certain: bool) -> None:
    told = (
        f"latitude {y:g}, longitude {x:g} lies where rows are expected only when the two "
        f"change places: pass {option('fix_swapped', value=True)} if they should"
    )
    (ledger.quarantine if certain else ledger.flag)(row, "swap suspected", told)
