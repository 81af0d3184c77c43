"""Rows that may tell of the same event: told, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray
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
    chord_km, near = KDTree(np.vstack(group["xyz"].to_list())).query(
        np.vstack(group["xyz"].to_list()), k=2
    )
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
