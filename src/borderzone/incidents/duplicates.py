"""Rows that may tell of the same event: told, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.schema import Ledger

__all__ = ["SAME_PLACE_KM", "flag_duplicates"]

SAME_PLACE_KM = 1.0
"""Two reports of one day and type this close may be the same event."""

_EARTH_RADIUS_KM = 6371.0088
_GROUPS_APART_KM = 100.0
_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number, so that no bit is lost


def flag_duplicates(
    raw: pd.DataFrame,
    table: dict[str, Any],
    usable: BoolArray,
    ledger: Ledger,
    *,
    given_ids: bool,
) -> None:
    """
    Tell which rows repeat an earlier one, share its id, or may be the same event.

    Parameters
    ----------
    raw
        The table as found.
    table
        Its canonical columns.
    usable
        Rows with a position.
    ledger
        Where findings go.
    given_ids
        Whether the file has ids of its own.
    """
    exact = _flag_exact(raw.drop(columns="geometry", errors="ignore"), ledger)
    if given_ids:
        _flag_same_ids(raw, table["id"], exact, ledger)
    _flag_near(table, usable & ~exact, ledger)


def _flag_exact(plain: pd.DataFrame, ledger: Ledger) -> BoolArray:
    exact = np.zeros(len(plain), dtype=bool)
    rows = _candidates(plain)
    first: dict[tuple[str, ...], int] = {}
    cells = plain.iloc[rows].astype(str).itertuples(index=False, name=None)
    for row, found in zip(rows.tolist(), cells, strict=True):
        exact[row] = found in first
        if exact[row]:
            ledger.flag(row, "exact duplicate", f"every cell equals row {first[found] + 1}")
        first.setdefault(found, row)
    return exact


def _candidates(plain: pd.DataFrame) -> IntArray:
    """Rows that may equal another: the columns are looked at in turn, while any such row is left."""
    rows = np.arange(len(plain))
    keys = np.zeros(len(plain), dtype=np.uint64)
    for position in range(plain.shape[1]):
        keys = keys * _MIX + _hashes(plain.iloc[rows, position])
        shared = pd.Series(keys).duplicated(keep=False).to_numpy()
        rows, keys = rows[shared], keys[shared]
        if not rows.size:
            break
    return rows


def _hashes(column: pd.Series) -> NDArray[np.uint64]:
    # Cells are compared as text, so that 1 in one row and "1" in another are equal.
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=False) != "string":
        column = column.astype(str)
    hashes: NDArray[np.uint64] = pd.util.hash_pandas_object(column, index=False).to_numpy()
    return hashes


def _flag_same_ids(raw: pd.DataFrame, ids: Sequence[str], exact: BoolArray, ledger: Ledger) -> None:
    """One id, other content: another report of the event, or a later state of the row."""
    names = pd.Series(list(ids), dtype=object)
    shared = np.flatnonzero((names.duplicated(keep=False) & ~exact).to_numpy())
    if not shared.size:
        return
    stamps = _timestamps(raw.iloc[shared])
    for name, rows in pd.Series(shared).groupby(names.iloc[shared].to_numpy(), sort=False):
        if len(rows) > 1:
            _flag_one_id(str(name), raw.iloc[rows.to_numpy()], rows, stamps, ledger)


def _flag_one_id(
    name: str, cells: pd.DataFrame, rows: pd.Series, stamps: pd.Series | None, ledger: Ledger
) -> None:
    known = None if stamps is None else stamps.iloc[rows.index.to_numpy()].to_numpy()
    newest = _only_newest(known)
    first = int(rows.iloc[0])
    differ = _differing(cells)
    for i, row in enumerate(rows.tolist()):
        told = f"{name!r} is also the id of row {first + 1}, with other {differ}"
        if newest is None:
            if i:
                ledger.flag(row, "same id", told)
            continue
        other = int(rows.iloc[1]) if i == 0 else first
        told = f"{name!r} is also the id of row {other + 1}, with other {differ}"
        current = "this row" if i == newest else f"row {int(rows.iloc[newest]) + 1}"
        ledger.flag(
            row, "same id", f"{told}: {current} has the newest timestamp and is the current one"
        )


def _only_newest(stamps: Any) -> int | None:
    """Position of the latest time stamp, if all have one and no two share the latest."""
    if stamps is None or pd.isna(stamps).any() or (stamps == stamps.max()).sum() > 1:
        return None
    return int(np.argmax(stamps))


def _differing(cells: pd.DataFrame) -> str:
    texts = cells.drop(columns="geometry", errors="ignore").astype(str)
    names = [str(name) for name in texts.columns if len(set(texts[name])) > 1]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}" if names else "geometry"


def _timestamps(raw: pd.DataFrame) -> pd.Series | None:
    """When each row was last changed, where the file says so, as living data sets do."""
    named = [name for name in raw.columns if str(name).casefold() == "timestamp"]
    if not named:
        return None
    seconds = pd.to_numeric(raw[named[0]], errors="coerce")
    if seconds.notna().any():
        return seconds
    days = pd.to_datetime(raw[named[0]].astype(str), errors="coerce", utc=True, format="ISO8601")
    return days if days.notna().any() else None


def _flag_near(table: dict[str, Any], usable: BoolArray, ledger: Ledger) -> None:
    start = pd.Series(table["date_start"])
    one_day = np.asarray(table["date_precision"], dtype=object) == "day"
    one_day &= start.eq(pd.Series(table["date_end"])).to_numpy()
    day, kind = pd.factorize(start)[0], pd.factorize(pd.Series(table["event_type"]))[0]
    rows = np.flatnonzero(usable & one_day & (day >= 0) & (kind >= 0))
    groups = day[rows].astype(np.int64) * (kind.max(initial=0) + 1) + kind[rows]
    shared = pd.Series(groups).duplicated(keep=False).to_numpy()
    rows, groups = rows[shared], groups[shared]
    if not rows.size:
        return
    ground = _on_the_globe(np.asarray(table["lat"])[rows], np.asarray(table["lon"])[rows])
    # A fourth axis sets the groups so far apart that no neighbour is of another one.
    apart = (pd.factorize(groups)[0] * _GROUPS_APART_KM)[:, None]
    points = np.hstack([ground, apart])
    within_km = SAME_PLACE_KM * (1 + 1e-9)
    chord_km, near = KDTree(points).query(points, k=2, distance_upper_bound=within_km)
    # Of several at one point, a row may come back as its own second neighbour.
    second = np.where(near[:, 1] == np.arange(len(rows)), 0, 1)
    mine = np.arange(len(rows))
    distance_km = chord_km[mine, second]
    for i in np.flatnonzero(distance_km <= SAME_PLACE_KM).tolist():
        ledger.flag(
            int(rows[i]),
            "possible duplicate",
            f"same day and type as {table['id'][rows[near[i, second[i]]]]!r}, "
            f"{distance_km[i]:.1f} km away",
        )


def _on_the_globe(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.radians(lat), np.radians(lon)
    return _EARTH_RADIUS_KM * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
