"""A position that a table tells a second way, such as a grid reference beside latitude and longitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing
from borderzone.incidents.hints import option
from borderzone.incidents.reading.one_cell import Positions, holds_positions
from borderzone.incidents.reading.point_columns import rounded_to_deg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.incident_table import Ledger

__all__ = ["SecondPlace", "columns_beside"]

_WAYS = (("mgrs",), ("latlon",), ("lonlat",), ("easting", "northing", "utm_zone"))
_KM_A_DEG = 111.2
_LEAST_KM = 1.5  # nearer together, two ways to write one position may be rounded


def columns_beside(
    raw: pd.DataFrame, every: Mapping[str, str], taken: Mapping[str, str], *, shapes: bool
) -> dict[str, str]:
    """Tell which columns say a second time where an event was."""
    for way in _WAYS:
        if set(way) <= every.keys() and not set(way) & taken.keys():
            beside = {part: every[part] for part in way}
            if len(way) > 1 or holds_positions(raw[every[way[0]]].tolist()):
                return beside
    for column in raw.columns if shapes else ():
        if str(column) in taken.values() or pd.api.types.is_numeric_dtype(raw[column]):
            continue
        if holds_positions(raw[column].tolist(), shapes_only=True):
            return {"latlon": str(column)}
    return {}


class SecondPlace(NamedTuple):
    """
    What the second way says.

    Attributes
    ----------
    columns
        Part to column.
    lat, lon
        The positions; NaN where it tells none. Units: degrees.
    radius_km
        Radius that it leaves open; NaN where it tells none. Units: km.
    """

    columns: Mapping[str, str]
    lat: FloatArray
    lon: FloatArray
    radius_km: FloatArray

    def fill(self, found: Positions, ledger: Ledger, crs: str) -> None:
        """Let it speak where the first way lacks a coordinate."""
        rows = [
            row
            for row in np.flatnonzero(np.isfinite(self.lat + self.lon)).tolist()
            if is_missing(found.lat[row]) or is_missing(found.lon[row])
        ]
        for row in rows:
            found.lat[row], found.lon[row] = float(self.lat[row]), float(self.lon[row])
            found.radius_km[row], found.crs[row] = float(self.radius_km[row]), crs
            ledger.flag(row, "position", f"taken from {self._name}, as the first columns lack it")
        if rows:
            ledger.note(
                f"{len(rows):,} of {len(self.lat):,} positions were taken from {self._name}, where the "
                "columns that tell the others lack them"
            )

    def compare(
        self, lat: FloatArray, lon: FloatArray, found: Positions, ledger: Ledger
    ) -> FloatArray:
        """Tell where it says another place than the first way, which stands."""
        apart_km = _apart_km(lat, lon, self.lat, self.lon)
        with np.errstate(invalid="ignore"):
            far: BoolArray = apart_km > _LEAST_KM + np.nan_to_num(self.radius_km)
            same: BoolArray = apart_km <= _LEAST_KM + np.nan_to_num(self.radius_km)
        for row in np.flatnonzero(far).tolist():
            rounded = max(rounded_to_deg(found.lat[row]), rounded_to_deg(found.lon[row]))
            far[row] = apart_km[row] > _LEAST_KM + _KM_A_DEG * rounded * 1.5
        rows = np.flatnonzero(far)
        for row in rows.tolist():
            told = (
                f"{self._name} says {self.lat[row]:.4f}, {self.lon[row]:.4f}, {apart_km[row]:,.0f} km "
                "from the position taken"
            )
            ledger.flag(row, "attributes differ", told)
        if len(rows):
            ledger.note(
                f"{len(rows):,} of {int(np.isfinite(apart_km).sum()):,} rows say another place in "
                f"{self._name} than in the columns taken; for the former pass "
                f"{option('columns', dict(self.columns))}"
            )
        return np.where(same, self.radius_km, np.nan)

    @property
    def _name(self) -> str:
        return ", ".join(map(repr, self.columns.values()))


def _apart_km(lat: FloatArray, lon: FloatArray, lat_2: FloatArray, lon_2: FloatArray) -> FloatArray:
    """Distance on a small plane, which tells places apart."""
    with np.errstate(invalid="ignore"):
        across = (lon_2 - lon + 180.0) % 360.0 - 180.0
        apart: FloatArray = _KM_A_DEG * np.hypot(
            lat_2 - lat, across * np.cos(np.radians((lat + lat_2) / 2))
        )
    return apart
