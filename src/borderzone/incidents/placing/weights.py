"""Where events of a type can be: rasters that weigh the possible positions of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from borderzone._heights import heights_of
from borderzone._kernels import imputing
from borderzone.crs import raster_crs
from borderzone.errors import InvalidGeometryError, InvalidParameterError
from borderzone.grid import even_step
from borderzone.incidents.placing.proposals import ACCEPTANCE

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.placing.proposals import Proposals

__all__ = ["TRIALS", "Weighing", "WeightRaster", "region_boxes", "weigh"]

TRIALS = 20_000
"""Positions tried before a region counts as without weight."""

_AT_ONCE = 200_000  # positions tried together; results do not depend on it
_MOST = 2_000_000  # attempts at one position
_ATTEMPT = np.uint64(32)  # attempts stand in the upper half of the number of a draw
_KM_A_DEGREE = 110.5


@dataclass(frozen=True, kw_only=True)
class WeightRaster:
    """
    Weight of each cell of a raster, looked up by longitude and latitude.

    Attributes
    ----------
    values
        Weights, 0 or more, shape ``(rows, columns)``.
    x0, y0, step_x, step_y
        Outer corner of the first cell and steps from cell to cell, signed, in the units of the CRS.
    turns
        Whether x is a longitude, which is the same after 360 degrees.
    transformer
        From longitude and latitude to the CRS, None where it is none other.
    """

    values: FloatArray
    x0: float
    y0: float
    step_x: float
    step_y: float
    turns: bool
    transformer: Transformer | None = field(repr=False)

    @classmethod
    def of(cls, raster: xr.DataArray, name: str = "weight") -> WeightRaster:
        """Take a raster of weights."""
        crs = raster_crs(raster)
        if raster.dims[-2:] != ("y", "x") or "x" not in raster.coords or "y" not in raster.coords:
            msg = f"{name} needs dimensions ('y', 'x') with coordinates, got {raster.dims}"
            raise InvalidParameterError(msg)
        if raster.size != raster.sizes["y"] * raster.sizes["x"]:
            msg = f"{name} must have one layer, got shape {raster.shape}; choose one"
            raise InvalidParameterError(msg)
        numbers = raster.astype("uint8") if raster.dtype == bool else raster
        values = heights_of(numbers, name, metres=False).reshape(raster.shape[-2:])
        _refuse_impossible(values, name)
        (x0, step_x), (y0, step_y) = (_axis(raster[axis].to_numpy(), axis, name) for axis in "xy")
        geographic = CRS.from_epsg(4326)
        same = bool(crs.is_geographic and crs.datum == geographic.datum)
        return cls(
            values=np.nan_to_num(values.astype(float), nan=0.0),
            x0=x0,
            y0=y0,
            step_x=step_x,
            step_y=step_y,
            turns=bool(crs.is_geographic),
            transformer=None if same else Transformer.from_crs(geographic, crs, always_xy=True),
        )

    def at(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Give the weight of positions."""
        x, y = (lon, lat) if self.transformer is None else self.transformer.transform(lon, lat)
        if self.turns:
            x = self._turned(x)
        with np.errstate(invalid="ignore"):
            column = np.floor((x - self.x0) / self.step_x)
            row = np.floor((y - self.y0) / self.step_y)
        rows, columns = self.values.shape
        # Not-a-number and infinity, which a projection gives far off, fail these tests.
        there = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        found = np.zeros(np.shape(lon))
        found[there] = self.values[row[there].astype(np.int64), column[there].astype(np.int64)]
        return found

    def largest(self, box: FloatArray) -> float:
        """Give the largest weight in a box."""
        if self.transformer is not None:
            west, south, east, north = box.tolist()
            found = self.transformer.transform_bounds(west, south, east, north, densify_pts=41)
            box = np.array(found)
            # Sides bend in the plane: a little more on each, so that no corner of the bow is cut off.
            more = 0.005 * np.abs(box[2:] - box[:2])
            box += np.concatenate([-more, more])
        rows, columns = self.values.shape
        if not np.isfinite(box).all():
            return float(self.values.max())
        first, last = _span(box[1], box[3], self.y0, self.step_y, rows)
        left, right = _span(box[0], box[2], self.x0, self.step_x, columns)
        ends = (box[0], box[2], self.x0, self.x0 + columns * self.step_x)
        if self.turns and (box[2] <= box[0] or max(map(abs, ends)) > 180.0 + abs(self.step_x)):
            left, right = 0, columns  # one of them goes beyond the antimeridian
        window = self.values[first:last, left:right]
        return float(window.max()) if window.size else 0.0

    def _turned(self, x: FloatArray) -> FloatArray:
        west = min(self.x0, self.x0 + self.step_x * self.values.shape[1])
        return np.asarray(west + np.mod(x - west, 360.0))


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """
    Positions by kernel times weight: a position by kernel is taken with the chance that its weight gives.

    Attributes
    ----------
    rasters
        The rasters.
    raster_of
        Which one weighs each event, -1 for none.
    largest
        Largest weight about the region of each.
    """

    rasters: tuple[WeightRaster, ...]
    raster_of: IntArray
    largest: FloatArray

    def draw(
        self, proposals: Proposals, who: IntArray, draws: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Draw one position for each pair of event and draw."""
        lon, lat = np.full(len(who), np.nan), np.full(len(who), np.nan)
        left, first = np.arange(len(who)), 0
        while left.size:
            many = max(1, min(_AT_ONCE // left.size, _MOST - first)) if first else 1
            mine = np.repeat(who[left], many)
            attempts = np.tile(np.arange(first, first + many, dtype=np.uint64), left.size)
            tried = np.repeat(draws[left], many) | (attempts << _ATTEMPT)
            x, y = proposals.draw(mine, tried)
            found = self.weights(mine, (x, y))
            taken = self.accepted(proposals, mine, tried, found).reshape(-1, many)
            done = taken.any(axis=1)
            # The first one taken, so that the answer does not depend on how many were tried at once.
            pick = np.flatnonzero(done) * many + taken[done].argmax(axis=1)
            lon[left[done]], lat[left[done]] = x[pick], y[pick]
            left, first = left[~done], first + many
            if left.size and first >= _MOST:
                msg = (
                    f"row {int(who[left[0]])} of the events: the largest weight about its region "
                    "stands so far above the others that no position is found; flatten the weight"
                )
                raise InvalidGeometryError(msg)
        return lon, lat

    def accepted(
        self, proposals: Proposals, who: IntArray, draws: IntArray, found: FloatArray
    ) -> BoolArray:
        """Tell which positions are taken."""
        chance = found / self.largest[who]
        u = imputing.uniforms(proposals.keys[who], draws, ACCEPTANCE)[:, 0]
        free: BoolArray = self.raster_of[who] < 0
        taken: BoolArray = free | (u < chance)
        return taken

    def weights(self, who: IntArray, where: tuple[Any, Any]) -> FloatArray:
        """Give the weight of positions."""
        found, which = np.zeros(len(who)), self.raster_of[who]
        for k, raster in enumerate(self.rasters):
            mine = which == k
            if mine.any():
                found[mine] = raster.at(where[0][mine], where[1][mine])
        return found


def weigh(
    placed: gpd.GeoDataFrame,
    events: gpd.GeoDataFrame,
    weight: xr.DataArray | Mapping[str, xr.DataArray],
    proposals: Proposals,
) -> tuple[gpd.GeoDataFrame, Weighing]:
    """Make weights ready, and exclude the events whose whole region has none."""
    rasters, raster_of = _rasters(events, weight)
    kinds = placed["kind"].to_numpy(dtype=object)
    raster_of = np.where(kinds == "excluded", -1, raster_of)
    largest = np.ones(len(placed))
    boxes = region_boxes(placed, proposals)
    known: dict[tuple[float, ...], float] = {}
    for row in np.flatnonzero(raster_of >= 0):
        name = (float(raster_of[row]), *boxes[row])
        if name not in known:
            known[name] = rasters[raster_of[row]].largest(boxes[row])
        largest[row] = known[name]
    weighing = Weighing(rasters=rasters, raster_of=raster_of, largest=largest)
    positive, taken = _try(weighing, proposals)
    out = (raster_of >= 0) & ~taken
    if not out.any():
        return placed, weighing
    reason = placed["reason"].to_numpy(dtype=object, copy=True)
    reason[out] = np.where(
        positive[out],
        f"the weight lets fewer than 1 in {TRIALS:,} positions of its region stand",
        "the weight is 0 in its whole region",
    )
    blank = np.where(out, np.nan, 1.0)
    changed = placed.assign(
        kind=np.where(out, "excluded", kinds),
        scale_km=placed["scale_km"] * blank,
        median_error_km=placed["median_error_km"] * blank,
        reason=reason,
        geometry=np.where(out, shapely.Point(), placed.geometry.to_numpy()),
    )
    changed = changed.set_geometry(changed["geometry"].set_crs(placed.crs))
    return changed, weighing


def _try(weighing: Weighing, proposals: Proposals) -> tuple[BoolArray, BoolArray]:
    """
    Tell which events have weight in their region, and of which a position is taken, by trying some.

    The positions tried are those of the first draw, so that the answer depends on seed and event alone, not on
    how many draws are asked for.
    """
    positive, taken = (np.zeros(len(weighing.raster_of), dtype=bool) for _ in range(2))
    left, first = np.flatnonzero((weighing.raster_of >= 0) & (weighing.largest > 0)), 0
    for upto in (16, 256, TRIALS):
        many = upto - first
        step = max(1, _AT_ONCE // many)
        for start in range(0, left.size, step):
            rows = left[start : start + step]
            who = np.repeat(rows, many)
            tried = np.tile(np.arange(first, upto, dtype=np.uint64) << _ATTEMPT, rows.size)
            where = proposals.draw(who, tried)
            found = weighing.weights(who, where)
            stands = weighing.accepted(proposals, who, tried, found)
            positive[rows] |= (found > 0).reshape(rows.size, -1).any(axis=1)
            taken[rows] = stands.reshape(rows.size, -1).any(axis=1)
        left, first = left[~taken[left]], upto
    return positive, taken


def _rasters(events: gpd.GeoDataFrame, weight: Any) -> tuple[tuple[WeightRaster, ...], IntArray]:
    """Each raster once, and which one is that of each event."""
    if not isinstance(weight, Mapping):
        return (WeightRaster.of(weight),), np.zeros(len(events), dtype=np.int64)
    if "event_type" not in events.columns:
        msg = "weights by event type need a column event_type: read the events with incidents.read"
        raise InvalidParameterError(msg)
    types = events["event_type"].astype(object).to_numpy()
    allowed = sorted({str(kind) for kind in types if isinstance(kind, str) and kind})
    rasters: list[WeightRaster] = []
    raster_of = np.full(len(events), -1, dtype=np.int64)
    for name, raster in weight.items():
        if name not in allowed:
            told = ", ".join(allowed[:10]) or "none"
            msg = f"weight names the event type {name!r}, which no event has; there are: {told}"
            raise InvalidParameterError(msg)
        raster_of[types == name] = len(rasters)
        rasters.append(WeightRaster.of(raster, f"weight[{name!r}]"))
    return tuple(rasters), raster_of


def region_boxes(placed: gpd.GeoDataFrame, proposals: Proposals) -> FloatArray:
    """Give a box round each region, a little too wide."""
    boxes = shapely.bounds(placed.geometry.to_numpy())
    about, tall = proposals.about, 1.001 * proposals.reach_km() / _KM_A_DEGREE
    far_lat = np.minimum(np.abs(proposals.places[:, 1]) + tall, 89.9)
    wide = np.minimum(tall / np.cos(np.radians(far_lat)), 360.0)
    grown = np.column_stack([-wide, -tall, wide, tall])
    boxes[about] += grown[about]
    boxes[:, [1, 3]] = np.clip(boxes[:, [1, 3]], -90.0, 90.0)
    return np.asarray(boxes)


def _axis(centres: FloatArray, axis: str, name: str) -> tuple[float, float]:
    """Outer edge and step of evenly spaced centres."""
    steps = np.diff(np.asarray(centres, dtype=float))
    if len(steps) < 1 or not np.isfinite(steps).all() or steps[0] == 0:
        msg = f"{name} needs two or more finite coordinates along {axis}, got {len(centres)}"
        raise InvalidParameterError(msg)
    step = even_step(np.asarray(centres, dtype=float), axis, name)
    return float(centres[0]) - step / 2, step


def _refuse_impossible(values: FloatArray, name: str) -> None:
    bad = (values < 0) | np.isinf(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        msg = (
            f"{name} must be 0 or more and finite, got {values[row, column]:g} in row {row}, column "
            f"{column}; set cells without data to NaN"
        )
        raise InvalidParameterError(msg)


def _span(low: float, high: float, origin: float, step: float, cells: int) -> tuple[int, int]:
    """Cells that a stretch meets, and one more on each side."""
    ends = sorted(((low - origin) / step, (high - origin) / step))
    first, last = int(np.floor(ends[0])) - 1, int(np.ceil(ends[1])) + 1
    return min(max(first, 0), cells), min(max(last, 0), cells)
