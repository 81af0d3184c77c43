"""Rows that may tell of the same event: told, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.schema import Ledger

__all__ = ["SAME_PLACE_KM", "flag_duplicates"]

SAME_PLACE_KM = 1.0
"""Two reports of one day and type this close may be the same event."""

_EARTH_RADIUS_KM = 6371.0088


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
        _flag_same_ids(table["id"], exact, _stamps(raw), ledger)
    _flag_near(table, usable & ~exact, ledger)


def _flag_exact(plain: pd.DataFrame, ledger: Ledger) -> BoolArray:
    """Tell rows of which every cell equals an earlier row's; hashes only name the candidates."""
    exact = np.zeros(len(plain), dtype=bool)
    sums = np.zeros(len(plain), dtype=np.uint64)
    for position in range(plain.shape[1]):
        column = plain.iloc[:, position]
        if column.dtype == object:
            column = column.astype(str)
        cells = pd.util.hash_pandas_object(column, index=False).to_numpy()
        sums = sums * np.uint64(1_099_511_628_211) + cells
    alike = np.flatnonzero(pd.Series(sums).duplicated(keep=False).to_numpy())
    first: dict[tuple[str, ...], int] = {}
    rows = plain.iloc[alike].astype(str).itertuples(index=False, name=None)
    for row, cells in zip(alike.tolist(), rows, strict=True):
        if cells in first:
            exact[row] = True
            ledger.flag(row, "exact duplicate", f"every cell equals row {first[cells] + 1}")
        first.setdefault(cells, row)
    return exact


def _stamps(raw: pd.DataFrame) -> pd.Series | None:
    """Give the times of the last change, where the table tells them."""
    name = next((name for name in raw.columns if str(name).casefold() == "timestamp"), None)
    if name is None:
        return None
    stamps = pd.to_numeric(raw[name], errors="coerce").reset_index(drop=True)
    return stamps if stamps.notna().any() else None


def _flag_same_ids(
    ids: list[str], exact: BoolArray, stamps: pd.Series | None, ledger: Ledger
) -> None:
    """Tell rows that share an id with other content, and which of them is the newest."""
    names = pd.Series(ids)
    shared = names.duplicated(keep=False).to_numpy()
    for name, rows in names[shared].groupby(names[shared], sort=False).groups.items():
        first = int(rows[0])
        newest = ""
        if stamps is not None and stamps[rows].notna().any():
            newest = (
                f", and by its timestamp, row {int(stamps[rows].idxmax()) + 1} is the current one"
            )
        for row in rows[1:]:
            if not exact[row]:
                told = f"{name!r} is also the id of row {first + 1}, with other content{newest}"
                ledger.flag(int(row), "same id", told)


def _flag_near(table: dict[str, Any], usable: BoolArray, ledger: Ledger) -> None:
    one_day = np.array(table["date_precision"]) == "day"
    one_day &= pd.Series(table["date_start"]).eq(pd.Series(table["date_end"])).to_numpy()
    days = pd.DataFrame({"start": table["date_start"], "type": table["event_type"]})
    xyz = _on_the_globe(table["lat"], table["lon"])
    for rows in days[usable & one_day].groupby(["start", "type"], sort=False).groups.values():
        if len(rows) > 1:
            _flag_within(rows.to_numpy(), xyz[rows], table["id"], ledger)


def _flag_within(rows: IntArray, xyz: FloatArray, ids: list[str], ledger: Ledger) -> None:
    chord_km, near = KDTree(xyz).query(xyz, k=2)
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
