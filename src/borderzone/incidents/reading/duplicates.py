"""Rows that may tell of the same event: told, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.incident_table import Ledger

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
    """Tell which rows repeat an earlier one, share its id, or may be the same event."""
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
    hashes: NDArray[np.uint64] = pd.util.hash_pandas_object(
        _as_text(column), index=False
    ).to_numpy()
    return hashes


def _as_text(column: pd.Series) -> pd.Series:
    """Cells are compared as text, so that 1 in one row and "1" in another are equal."""
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=False) != "string":
        return column.astype(str)
    return column


def _flag_same_ids(raw: pd.DataFrame, ids: Sequence[str], exact: BoolArray, ledger: Ledger) -> None:
    """One id, other content: another report of the event, or a later state of the row."""
    names = pd.Series(list(ids), dtype=object)
    rows = np.flatnonzero(~exact)
    rows = rows[names.iloc[rows].duplicated(keep=False).to_numpy()]
    if not rows.size:
        return
    group, of_group = pd.factorize(names.iloc[rows])
    opening, second = _first_two(group)
    cells = raw.iloc[rows].drop(columns="geometry", errors="ignore")
    differ = _differing(cells, group, opening)
    newest = _only_newest(_timestamps(cells), group)
    for i, (row, g) in enumerate(zip(rows.tolist(), group.tolist(), strict=True)):
        current = newest[g]
        if i == opening[g] and current < 0:
            continue
        other = int(rows[second[g] if i == opening[g] else opening[g]])
        told = f"{of_group[g]!r} is also the id of row {other + 1}, with other {differ[g]}"
        if current >= 0:
            named = "this row" if i == current else f"row {int(rows[current]) + 1}"
            told += f": {named} has the newest timestamp and is the current one"
        ledger.flag(row, "same id", told)


def _first_two(group: IntArray) -> tuple[IntArray, IntArray]:
    """Places of the first and the second member of each group; each has at least two."""
    order = np.argsort(group, kind="stable")
    opening = np.searchsorted(group[order], np.arange(group.max() + 1))
    return order[opening], order[opening + 1]


def _only_newest(stamps: pd.Series | None, group: IntArray) -> IntArray:
    """Place of the latest time stamp of each group, -1 unless all have one and one is the latest."""
    newest = np.full(group.max() + 1, -1)
    if stamps is None:
        return newest
    column = stamps.reset_index(drop=True)
    latest = (column == column.groupby(group).transform("max")).to_numpy()
    whole = np.bincount(group, weights=column.isna().to_numpy()) == 0
    whole &= np.bincount(group, weights=latest) == 1
    newest[group[latest]] = np.flatnonzero(latest)
    return np.where(whole, newest, -1)


def _differing(cells: pd.DataFrame, group: IntArray, opening: IntArray) -> list[str]:
    """Name, for each group, the columns in which its rows are not all equal to its first."""
    differs = np.zeros((cells.shape[1], len(opening)), dtype=bool)
    for place in range(cells.shape[1]):
        code = pd.factorize(_as_text(cells.iloc[:, place]), use_na_sentinel=False)[0]
        differs[place, group[code != code[opening[group]]]] = True
    names = [str(name) for name in cells.columns]
    # Most groups differ in the same few ways: each is put in words once.
    ways, way = np.unique(differs, axis=1, return_inverse=True)
    words = [
        _in_words([name for name, is_in in zip(names, one, strict=True) if is_in]) for one in ways.T
    ]
    return [words[i] for i in way.reshape(-1).tolist()]


def _in_words(names: list[str]) -> str:
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
    lat, lon = np.asarray(table["lat"])[rows], np.asarray(table["lon"])[rows]
    other, distance_km = _nearest_in_group(lat, lon, groups)
    for i in np.flatnonzero(distance_km <= SAME_PLACE_KM).tolist():
        ledger.flag(
            int(rows[i]),
            "possible duplicate",
            f"same day and type as {table['id'][rows[other[i]]]!r}, {distance_km[i]:.1f} km away",
        )


def _nearest_in_group(
    lat: FloatArray, lon: FloatArray, groups: IntArray
) -> tuple[IntArray, FloatArray]:
    """Place of the nearest other row of the same group, and how far it is; inf beyond reach."""
    order = np.lexsort((lon, lat, groups))
    keys = np.column_stack([groups, lat, lon])[order]
    starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    sizes = np.diff(np.r_[starts, len(order)])
    spot = np.empty(len(order), dtype=np.int64)
    spot[order] = np.repeat(np.arange(len(starts)), sizes)
    first = order[starts]
    # Rows on one spot name the first of them, and that one the second. A tree of all rows
    # would go through every one of a pile-up for each of its rows.
    alone = sizes[spot] == 1
    other = np.where(first[spot] == np.arange(len(order)), -1, first[spot])
    is_first = ~alone & (other < 0)
    other[is_first] = order[starts[spot[is_first]] + 1]
    distance_km = np.where(alone, np.inf, 0.0)
    near, chord_km = _nearest_spot(lat[first], lon[first], groups[first])
    lone = np.flatnonzero(alone & np.isfinite(chord_km[spot]))
    other[lone] = first[near[spot[lone]]]
    distance_km[lone] = chord_km[spot[lone]]
    return other, distance_km


def _nearest_spot(
    lat: FloatArray, lon: FloatArray, groups: IntArray
) -> tuple[IntArray, FloatArray]:
    from scipy.spatial import KDTree  # noqa: PLC0415 - a third of a second that most tables do without

    ground = _on_the_globe(lat, lon)
    # A fourth axis sets the groups so far apart that no neighbour is of another one.
    apart = (pd.factorize(groups)[0] * _GROUPS_APART_KM)[:, None]
    points = np.hstack([ground, apart])
    within_km = SAME_PLACE_KM * (1 + 1e-9)
    chord_km, near = KDTree(points).query(points, k=2, distance_upper_bound=within_km)
    mine = np.arange(len(points))
    # Of two spots that fall together, as at a pole, one may come back as its own neighbour.
    second = np.where(near[:, 1] == mine, 0, 1)
    return near[mine, second], chord_km[mine, second]


def _on_the_globe(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.radians(lat), np.radians(lon)
    return _EARTH_RADIUS_KM * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
