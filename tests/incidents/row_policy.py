"""The row policy stated plainly, one row after the other: what the fast code must agree with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from borderzone.incidents.reading.canonical import SAME_PLACE_KM
from borderzone.incidents.reading.positions import PILE_UP_ROWS, Box
from borderzone.incidents.table_schema import parse_number, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.table_schema import Ledger

_MIN_ROWS_FOR_A_BOX = 5
_EARTH_RADIUS_KM = 6371.0088


def judge_positions(
    lat_cells: Sequence[object],
    lon_cells: Sequence[object],
    ledger: Ledger,
    *,
    bbox: Box | None = None,
    fix_swapped: bool = False,
) -> tuple[FloatArray, FloatArray]:
    n_rows = len(lat_cells)
    lat, lon = np.full(n_rows, np.nan), np.full(n_rows, np.nan)
    readable = np.zeros(n_rows, dtype=bool)
    for row in range(n_rows):
        values = _read_pair(lat_cells[row], lon_cells[row], row, ledger)
        lat[row], lon[row] = values
        readable[row] = not (math.isnan(values[0]) or math.isnan(values[1]))
    box, certain = (bbox, True) if bbox else (_own_box(lat, lon, readable), False)
    for row in np.flatnonzero(readable).tolist():
        _judge_pair(row, lat, lon, ledger, _Swap(box, certain, fix_swapped))
    return lat, lon


def flag_pile_ups(lat: FloatArray, lon: FloatArray, usable: BoolArray, ledger: Ledger) -> None:
    rows = np.flatnonzero(usable)
    if not rows.size:
        return
    pairs = np.round(np.column_stack([lat[rows], lon[rows]]), 5)
    _, where, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    for row, count in zip(rows, counts[where.reshape(-1)], strict=True):
        if count > PILE_UP_ROWS:
            ledger.flag(
                int(row),
                "pile-up",
                f"{count} rows lie on {lat[row]:.5f}, {lon[row]:.5f}",
            )


class _Swap:
    """What decides whether a pair is taken for swapped."""

    def __init__(self, box: Box | None, certain: bool, fix: bool) -> None:  # noqa: FBT001 (private record)
        self.box, self.certain, self.fix = box, certain, fix


def _read_pair(lat_cell: object, lon_cell: object, row: int, ledger: Ledger) -> tuple[float, float]:
    cells = {"latitude": lat_cell, "longitude": lon_cell}
    numbers = {name: parse_number(cell) for name, cell in cells.items()}
    empty = [name for name, number in numbers.items() if number.state == "missing"]
    if empty:
        ledger.quarantine(row, "missing position", f"{' and '.join(empty)} empty")
    for name, number in numbers.items():
        if number.state == "bad":
            ledger.quarantine(row, "not a number", f"{name} {quoted(cells[name])}")
        elif number.state == "comma":
            read = f"{name} {quoted(cells[name])} read as {number.value:g}"
            ledger.fix(row, "decimal comma", read)
    return numbers["latitude"].value, numbers["longitude"].value


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
        "change places: pass options=ReadOptions(fix_swapped=True) if they should"
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


def flag_duplicates(
    raw: pd.DataFrame,
    table: dict[str, Any],
    usable: BoolArray,
    ledger: Ledger,
    *,
    given_ids: bool,
) -> None:
    ids = table["id"]
    exact = np.zeros(len(raw), dtype=bool)
    first: dict[tuple[str, ...], int] = {}
    plain = raw.drop(columns="geometry", errors="ignore").astype(str)
    for row, cells in enumerate(plain.itertuples(index=False, name=None)):
        exact[row] = cells in first
        if exact[row]:
            ledger.flag(row, "exact duplicate", f"every cell equals row {first[cells] + 1}")
        first.setdefault(cells, row)
    if given_ids:
        _flag_same_ids(ids, exact, ledger)
    _flag_near(table, usable & ~exact, ledger)


def _flag_same_ids(ids: list[str], exact: BoolArray, ledger: Ledger) -> None:
    seen: dict[str, int] = {}
    for row, name in enumerate(ids):
        if name in seen and not exact[row]:
            ledger.flag(row, "same id", f"{name!r} is also the id of row {seen[name] + 1}")
        seen.setdefault(name, row)


def _flag_near(table: dict[str, Any], usable: BoolArray, ledger: Ledger) -> None:
    days = pd.DataFrame(
        {
            "start": table["date_start"],
            "type": table["event_type"],
            "xyz": list(_on_the_globe(table["lat"], table["lon"])),
        }
    )
    one_day = np.array(table["date_precision"]) == "day"
    one_day &= pd.Series(table["date_start"]).eq(pd.Series(table["date_end"])).to_numpy()
    for _, group in days[usable & one_day].groupby(["start", "type"], sort=False):
        if len(group) > 1:
            _flag_within(group, table["id"], ledger)


def _flag_within(group: pd.DataFrame, ids: list[str], ledger: Ledger) -> None:
    rows = group.index.to_numpy()
    places = np.vstack(group["xyz"].to_list())
    found: Any = KDTree(places).query(places, k=2)
    chord_km, near = found
    for i, row in enumerate(rows):
        # Of several at one point, a row may come back as its own second neighbour.
        other, apart = (
            (near[i, 1], chord_km[i, 1]) if near[i, 1] != i else (near[i, 0], chord_km[i, 0])
        )
        if apart <= SAME_PLACE_KM:
            ledger.flag(
                int(row),
                "possible duplicate",
                f"same day and type as {ids[rows[other]]!r}, {apart:.1f} km away",
            )


def _on_the_globe(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.radians(lat), np.radians(lon)
    return _EARTH_RADIUS_KM * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
