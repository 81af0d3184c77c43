"""Judging the coordinates of every row: numbers, ranges, suspected swaps, pile-ups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone.errors import InvalidParameterError
from borderzone.incidents.cells import Number, parse_number, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.schema import Ledger

__all__ = ["PILE_UP_ROWS", "Box", "check_bbox", "flag_pile_ups", "judge_positions"]

Box = tuple[float, float, float, float]

PILE_UP_ROWS = 10
"""More rows than this on one coordinate are told: most likely a centroid."""

_MIN_ROWS_FOR_A_BOX = 5


def check_bbox(bbox: Sequence[float] | None) -> Box | None:
    """
    Refuse a box that is not west, south, east, north in degrees.

    Parameters
    ----------
    bbox
        Four numbers, or None.

    Returns
    -------
    Box | None
        The same box as floats.

    Raises
    ------
    InvalidParameterError
        If it is not four finite numbers in order.

    Examples
    --------
    >>> check_bbox((38, 32, 43, 38))
    (38.0, 32.0, 43.0, 38.0)
    """
    if bbox is None:
        return None
    sides = [float(side) for side in bbox]
    good = len(sides) == 4 and all(map(math.isfinite, sides))
    if not (good and sides[0] < sides[2] and sides[1] < sides[3] and abs(sides[3]) <= 90):
        msg = f"bbox must be (west, south, east, north) in degrees, got {tuple(bbox)!r}"
        raise InvalidParameterError(msg)
    return sides[0], sides[1], sides[2], sides[3]


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

    Parameters
    ----------
    lat_cells
        Latitudes as found.
    lon_cells
        Longitudes as found.
    ledger
        Where findings go.
    bbox
        West, south, east, north of where positions are expected. Units: degrees.
    fix_swapped
        Swap the rows that look swapped.

    Returns
    -------
    tuple[FloatArray, FloatArray]
        Latitude and longitude as read, NaN where unreadable. Units: degrees.

    Examples
    --------
    >>> from borderzone.incidents.schema import Ledger
    >>> ledger = Ledger(2)
    >>> lat, lon = judge_positions(["34,5", "95"], ["41", "41"], ledger)
    >>> lat.tolist(), ledger.statuses()
    ([34.5, 95.0], ['fixed', 'quarantined'])
    """
    lat, lon = _read_pairs(lat_cells, lon_cells, ledger)
    readable = ~(np.isnan(lat) | np.isnan(lon))
    box, certain = (bbox, True) if bbox else (_own_box(lat, lon, readable), False)
    swap = _Swap(box, certain, fix_swapped)
    with np.errstate(invalid="ignore"):
        odd = (np.abs(lat) > 90) | (np.abs(lon) > 180) | (lat == lon)
        if box is not None:
            odd |= ~((box[0] <= lon) & (lon <= box[2]) & (box[1] <= lat) & (lat <= box[3]))
    for row in np.flatnonzero(readable & odd).tolist():
        _judge_pair(row, lat, lon, ledger, swap)
    return lat, lon


def flag_pile_ups(lat: FloatArray, lon: FloatArray, usable: BoolArray, ledger: Ledger) -> None:
    """
    Tell which rows share one coordinate with too many others.

    Parameters
    ----------
    lat
        Latitudes. Units: degrees.
    lon
        Longitudes. Units: degrees.
    usable
        Rows to look at.
    ledger
        Where findings go.
    """
    rows = np.flatnonzero(usable)
    if not rows.size:
        return
    places = pd.DataFrame({"lat": np.round(lat[rows], 5), "lon": np.round(lon[rows], 5)})
    groups = places.groupby(["lat", "lon"], sort=False)
    count, number = groups["lat"].transform("size").to_numpy(), groups.ngroup().to_numpy()
    crowded = np.flatnonzero(count > PILE_UP_ROWS)
    for place in crowded[np.unique(number[crowded], return_index=True)[1]].tolist():
        row = int(rows[place])
        told = (
            f"{count[place]} rows lie on {lat[row]:.5f}, {lon[row]:.5f}: the centroid of a town or "
            "district, not a place where each of them happened"
        )
        ledger.flag_all(rows[number == number[place]], "pile-up", told)


class _Swap:
    """What decides whether a pair is taken for swapped."""

    def __init__(self, box: Box | None, certain: bool, fix: bool) -> None:  # noqa: FBT001 (private record)
        self.box, self.certain, self.fix = box, certain, fix


def _read_pairs(
    lat_cells: Sequence[object], lon_cells: Sequence[object], ledger: Ledger
) -> tuple[FloatArray, FloatArray]:
    """Read both columns, each different cell once; only rows with a doubt are looked at again."""
    columns = {"latitude": lat_cells, "longitude": lon_cells}
    numbers = {name: _numbers(cells) for name, cells in columns.items()}
    values = [np.array([number.value for number in read], dtype=float) for read in numbers.values()]
    doubtful = [
        row
        for row, pair in enumerate(zip(*numbers.values(), strict=True))
        if pair[0].state != "ok" or pair[1].state != "ok"
    ]
    for row in doubtful:
        cells = {name: column[row] for name, column in columns.items()}
        read = {name: column[row] for name, column in numbers.items()}
        _tell_pair(cells, read, row, ledger)
    return values[0], values[1]


def _numbers(cells: Sequence[object]) -> list[Number]:
    known: dict[object, Number] = {}
    found = []
    for cell in cells:
        key = cell if isinstance(cell, str) else (type(cell), cell)
        if key not in known:
            known[key] = parse_number(cell)
        found.append(known[key])
    return found


def _tell_pair(
    cells: Mapping[str, object], numbers: Mapping[str, Number], row: int, ledger: Ledger
) -> None:
    empty = [name for name, number in numbers.items() if number.state == "missing"]
    if empty:
        ledger.quarantine(row, "missing position", f"{' and '.join(empty)} empty")
    for name, number in numbers.items():
        if number.state == "bad":
            ledger.quarantine(row, "not a number", f"{name} {shown(cells[name])}")
        elif number.state == "comma":
            read = f"{name} {shown(cells[name])} read as {number.value:g}"
            ledger.fix(row, "decimal comma", read)


def _judge_pair(row: int, lat: FloatArray, lon: FloatArray, ledger: Ledger, swap: _Swap) -> None:
    y, x = float(lat[row]), float(lon[row])
    if y == 0 and x == 0:
        ledger.quarantine(row, "zero position", "latitude and longitude are both 0")
    elif _looks_swapped(y, x, swap.box):
        _handle_swap(row, lat, lon, ledger, swap)
    elif not (abs(y) <= 90 and abs(x) <= 180):
        ledger.quarantine(row, "out of range", f"latitude {y:g}, longitude {x:g}")
    elif y == x:
        ledger.flag(row, "equal coordinates", f"latitude and longitude are both {y:g}")


def _looks_swapped(y: float, x: float, box: Box | None) -> bool:
    if not (abs(x) <= 90 and abs(y) <= 180):
        return False
    if box is None:
        return abs(y) > 90
    return not _inside(box, y, x) and _inside(box, x, y)


def _handle_swap(row: int, lat: FloatArray, lon: FloatArray, ledger: Ledger, swap: _Swap) -> None:
    y, x = float(lat[row]), float(lon[row])
    if swap.fix:
        lat[row], lon[row] = x, y
        ledger.fix(row, "swapped", f"latitude {y:g} and longitude {x:g} changed places")
        return
    told = (
        f"latitude {y:g}, longitude {x:g} lies where rows are expected only when the two "
        "change places: pass fix_swapped=True (--fix-swapped) if they should"
    )
    if swap.certain or abs(y) > 90:
        ledger.quarantine(row, "swap suspected", told)
    else:
        ledger.flag(row, "swap suspected", told)


def _inside(box: Box, y: float, x: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _own_box(lat: FloatArray, lon: FloatArray, readable: BoolArray) -> Box | None:
    good = readable & (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    if good.sum() < _MIN_ROWS_FOR_A_BOX:
        return None
    sides = []
    for values in (lon[good], lat[good]):
        low, mid, high = np.percentile(values, [25, 50, 75])
        reach = max(2.0, 3.0 * (high - low))
        sides.append((float(mid - reach), float(mid + reach)))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]
