"""Cutting a table of events to a piece of ground and to years; every cell stays as it was."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely import affinity

from borderzone._guards import check_whole, shown
from borderzone.errors import DataError, InvalidParameterError
from borderzone.fetch.ged_bulk import table_rows
from borderzone.fetch.tiling import checked_margin_km, ground_of
from borderzone.io import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["Cut", "Ground", "checked_years", "cut_table"]

_NEEDED = ("id", "year", "latitude", "longitude")
_BATCH_ROWS = 20_000
_STEP_DEG = 0.1
_STEP_KM = 10.0
_LARGEST_KM = 2500.0
_EARTH_KM = 6371.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """
    What a cut left.

    Attributes
    ----------
    rows
        Rows that were kept.
    rows_of_version
        Rows that the table holds.
    unplaced
        Rows without coordinates, which no ground can hold.
    """

    rows: int
    rows_of_version: int
    unplaced: int


class Ground:
    """
    A piece of ground and a margin around it.

    The margin is drawn in an azimuthal equidistant projection about the middle
    of the ground. It stretches lengths across the radius by c / sin c (c: angle
    from the middle), so the margin is widened by the largest stretch: nothing
    within the margin is lost, and at 2500 km from the middle 2.6 % too much is kept.
    """

    def __init__(self, where: Any, margin_km: float) -> None:
        self.margin_km = checked_margin_km(margin_km)
        self.shape = ground_of(where)
        shapely.prepare(self.shape)
        self._wide: Any = None
        self._plane: Any = None
        if self.margin_km > 0:
            self._widen()

    def _widen(self) -> None:
        west, south, east, north = self.shape.bounds
        middle = {"lon_0": (west + east) / 2, "lat_0": (south + north) / 2}
        plane = pyproj.Transformer.from_crs(
            4326,
            pyproj.CRS.from_dict({"proj": "aeqd", "datum": "WGS84", "units": "m", **middle}),
            always_xy=True,
        )
        fine = shapely.segmentize(self.shape, _STEP_DEG)
        flat = shapely.transform(
            fine, lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1])) / 1000
        )
        corners = shapely.get_coordinates(flat)
        reach_km = float(np.hypot(corners[:, 0], corners[:, 1]).max()) + self.margin_km
        if not reach_km <= _LARGEST_KM + self.margin_km:
            msg = (
                f"where reaches {reach_km - self.margin_km:.0f} km from its middle, too far for an "
                f"even margin (at most {_LARGEST_KM:g} km); take margin_km=0 and a larger box"
            )
            raise InvalidParameterError(msg)
        angle = reach_km / _EARTH_KM
        self._wide = shapely.make_valid(flat).buffer(self.margin_km * angle / math.sin(angle))
        self._plane = plane
        shapely.prepare(self._wide)

    @property
    def area(self) -> Any:
        """Give the ground and its margin as one shape."""
        shape = self.shape
        if self._wide is not None:
            fine = shapely.segmentize(self._wide, _STEP_KM)
            middle = (shape.bounds[0] + shape.bounds[2]) / 2

            def back(xy: FloatArray) -> FloatArray:
                lon, lat = self._plane.transform(
                    xy[:, 0] * 1000, xy[:, 1] * 1000, direction="INVERSE"
                )
                turned = (np.asarray(lon) - middle + 180.0) % 360.0 - 180.0 + middle
                return np.column_stack([turned, lat])

            shape = shapely.union(shape, shapely.make_valid(shapely.transform(fine, back)))
        turns = [affinity.translate(shape, xoff=turn) for turn in (-360.0, 0.0, 360.0)]
        return shapely.union_all(turns).intersection(shapely.box(-180, -90, 180, 90))

    def holds(self, lon: FloatArray, lat: FloatArray) -> BoolArray:
        """Tell which points lie on the ground or within the margin."""
        held = np.zeros(lon.shape, dtype=bool)
        known = np.isfinite(lon) & np.isfinite(lat)
        # Ground may reach beyond 180 degrees, where the count of the points starts again.
        for turn in (-360.0, 0.0, 360.0):
            held[known] |= shapely.intersects_xy(self.shape, lon[known] + turn, lat[known])
        if self._wide is not None:
            east_m, north_m = self._plane.transform(lon[known], lat[known])
            held[known] |= shapely.intersects_xy(self._wide, east_m / 1000, north_m / 1000)
        return held


def checked_years(years: Any) -> tuple[int, int] | None:
    """Refuse a span of years that is none."""
    if years is None:
        return None
    try:
        first, last = (
            check_whole(year, "years", lowest=1946, highest=2100) for year in list(years)
        )
    except (TypeError, ValueError):  # refusals are among them
        first, last = 1, 0
    if first > last:
        msg = f"years must be the first and the last year, such as (2014, 2024), got {shown(years)}"
        raise InvalidParameterError(msg)
    return first, last


def cut_table(source: Path, path: Path, ground: Ground | None, years: Sequence[int] | None) -> Cut:
    """Write the rows of a table that lie on a piece of ground and in a span of years."""
    seen: set[str] = set()
    kept = unplaced = 0
    with (
        table_rows(source) as rows,
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        columns = next(rows, [])
        places = _places(columns, source.name)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for batch in _batches(rows):
            _check_batch(batch, len(columns), places["id"], seen, source.name)
            lon, lat = (_numbers(batch, places[axis]) for axis in ("longitude", "latitude"))
            keep = np.ones(len(batch), dtype=bool) if ground is None else ground.holds(lon, lat)
            if years is not None:
                year = _numbers(batch, places["year"])
                keep &= (year >= years[0]) & (year <= years[1])
            unplaced += int((~(np.isfinite(lon) & np.isfinite(lat))).sum())
            kept += int(keep.sum())
            writer.writerows(itertools.compress(batch, keep.tolist()))
    return Cut(rows=kept, rows_of_version=len(seen), unplaced=unplaced)


def _places(columns: list[str], name: str) -> dict[str, int]:
    missing = [column for column in _NEEDED if column not in columns]
    if missing or len({*columns}) != len(columns):
        msg = (
            f"{name} is no table of UCDP GED: it lacks {', '.join(missing) or 'clear names'}; "
            "check the version and the address"
        )
        raise DataError(msg)
    return {column: columns.index(column) for column in _NEEDED}


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(itertools.islice(rows, _BATCH_ROWS)):
        yield batch


def _check_batch(
    batch: list[list[str]], width: int, id_place: int, seen: set[str], name: str
) -> None:
    for row in batch:
        if len(row) != width:
            msg = (
                f"{name}: row {len(seen) + 1} has {len(row)} cells, {width} are due; it is damaged"
            )
            raise DataError(msg)
        if row[id_place] in seen or not row[id_place]:
            msg = f"{name}: the id {row[id_place][:40]!r} is empty or occurs twice; it is damaged"
            raise DataError(msg)
        seen.add(row[id_place])


def _numbers(batch: list[list[str]], place: int) -> FloatArray:
    return np.array([_number(row[place]) for row in batch], dtype=float)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
