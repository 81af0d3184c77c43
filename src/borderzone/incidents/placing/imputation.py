"""Possible positions of every event, drawn from its region of possible positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from borderzone._cells import in_order
from borderzone._guards import check_threads, check_whole, seed_number
from borderzone._guards.rasters import heights_of
from borderzone._kernels.positions import (
    DRAWS_ABOUT_KM,
    about_points,
    band_counts,
    band_edges,
    in_bands,
    uniforms,
)
from borderzone.crs import GEOD, raster_crs
from borderzone.errors import DataError, InvalidGeometryError, InvalidParameterError
from borderzone.grid import edge_and_step
from borderzone.incidents.placing import precision
from borderzone.incidents.table_schema import check_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.incidents.placing.covered_ground import Held

__all__ = [
    "ACCEPTANCE",
    "GAUSSIAN_REACH",
    "TRIALS",
    "Imputation",
    "Index",
    "Proposals",
    "Weighing",
    "WeightRaster",
    "band_extents",
    "check_same_table",
    "draw_positions",
    "event_keys",
    "impute",
    "in_polygon",
    "index_of",
    "prepare",
    "region_boxes",
    "weigh",
]


_BATCH = 250_000  # positions held at a time by a thread; results do not depend on it


def impute(
    events: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> FloatArray:
    """
    Draw possible positions of every event, the same ones in whatever order or batch.

    Each draw is a function of seed, event id and number of the draw alone
    [2]_: sorting or cutting the table, adding draws or threads changes no position.

    Parameters
    ----------
    events
        Table from `read`.
    draws
        Positions to draw for each event.
    seed
        Seed, or a generator from which one is taken.
    regions
        Where each event may have happened, from `regions`; None for the
        default precision classes without polygons.
    weight
        Raster of 0 or more, or one by event type: how likely such an event
        is on each unit of ground. Positions follow region times weight, exactly;
        NaN and ground outside the raster count as 0, and an event whose whole
        region has none is excluded. Types without a raster are not weighted.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(n_events, draws, 2)``; NaN for
        events that are excluded. Units: degrees.

    Raises
    ------
    CRSMismatchError
        If a weight has no CRS.
    DataError
        If `regions` is of another table.
    InvalidGeometryError
        If a region has no area or length.
    InvalidParameterError
        If `draws` or `threads` is not a whole number above zero, or a weight or seed is impossible.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.
    .. [2] Salmon, J. K., et al. (2011). Parallel random numbers: as easy as 1, 2,
       3. Proc. SC11 (Philox 4x32-10).

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [2]}))
    >>> impute(events, draws=3, seed=1).shape
    (1, 3, 2)
    """
    workers = check_threads(threads)
    drawn = prepare(events, draws=draws, seed=seed, regions=regions, weight=weight)
    positions = np.full((len(events), drawn.draws, 2), np.nan)
    for rows, lon, lat in drawn.blocks(threads=workers):
        positions[rows, :, 0], positions[rows, :, 1] = lon, lat
    return positions


def prepare(
    events: gpd.GeoDataFrame,
    *,
    draws: int,
    seed: Seed,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
) -> Imputation:
    """Make ready to draw the positions of events."""
    count = check_whole(draws, "draws")
    check_events(events, *precision.NEEDED)
    placed = precision.regions(events) if regions is None else regions
    check_same_table(placed, events)
    keys = event_keys(seed, placed)
    proposals, weighing = Proposals.of(placed, keys), None
    if weight is not None:
        placed, weighing = weigh(placed, events, weight, proposals)
    return Imputation(placed=placed, draws=count, proposals=proposals, weighing=weighing)


@dataclass(frozen=True, kw_only=True)
class Imputation:
    """
    Positions of the events of a table, drawn when asked for.

    Attributes
    ----------
    placed
        Table from `regions`; what weights exclude is excluded in it.
    draws
        Positions of each event.
    proposals
        Positions by region alone.
    weighing
        What weights make of them, or None.
    held
        Ground that the country named in a row rules out, or None.
    """

    placed: gpd.GeoDataFrame
    draws: int
    proposals: Proposals
    weighing: Weighing | None
    held: Held | None = None

    @property
    def is_placed(self) -> BoolArray:
        """Whether each event has a place."""
        return np.asarray(self.placed["kind"].to_numpy(dtype=object) != "excluded")

    def shares(self, hits: IntArray) -> FloatArray:
        """Give the probability of each event in each shape; NaN for events without a place."""
        # Nothing is known of where such an event was, which is not a probability of 0.
        return np.where(self.is_placed[:, None], hits / self.draws, np.nan)

    def blocks(
        self, *, threads: int | None = None
    ) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
        """Draw the positions of all events that are placed."""
        yield from in_order(
            lambda rows: (rows, *self.positions(rows)), self.rows(), threads=threads
        )

    def rows(self) -> list[IntArray]:
        """Give the rows of the events that are placed, cut into blocks."""
        placed = np.flatnonzero(self.is_placed)
        step = max(1, _BATCH // self.draws)
        return [placed[start : start + step] for start in range(0, len(placed), step)]

    def positions(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Draw the positions of some events."""
        who = np.repeat(rows, self.draws)
        draws = np.tile(np.arange(self.draws, dtype=np.uint64), len(rows))
        if self.held is None:
            lon, lat = self._drawn(who, draws)
        else:
            lon, lat = self.held.draw(self._drawn, who, draws)
        return lon.reshape(len(rows), self.draws), lat.reshape(len(rows), self.draws)

    def _drawn(self, who: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        if self.weighing is None:
            return self.proposals.draw(who, draws)
        return self.weighing.draw(self.proposals, who, draws)


def check_same_table(placed: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> None:
    """Refuse a table of regions that is not of these events."""
    if not isinstance(placed, gpd.GeoDataFrame):
        msg = f"regions must be a table from incidents.regions, got a {type(placed).__name__}"
        raise DataError(msg)
    if len(placed) != len(events):
        msg = f"regions has {len(placed)} rows, events {len(events)}: make it from these events"
        raise DataError(msg)
    needed = ("id", "kind", "scale_km", "median_error_km", "reason")
    absent = [name for name in needed if name not in placed.columns]
    if absent:
        msg = (
            f"regions has no column {', '.join(absent)}: it must be a table from incidents.regions"
        )
        raise DataError(msg)
    differ = placed["id"].astype(str).to_numpy() != events["id"].astype(str).to_numpy()
    if differ.any():
        row = int(differ.argmax())
        msg = (
            f"regions is of another table or order: row {row} is {placed['id'].iloc[row]!r}, in the "
            f"events {events['id'].iloc[row]!r}; make it from these events"
        )
        raise DataError(msg)


GAUSSIAN_REACH = 8.6
"""A gaussian drawn from 53 bits reaches no farther than this many standard deviations."""

ACCEPTANCE = 2**32
"""Counter of the numbers that decide whether a position is taken; no position uses it."""

_MAX_ROUNDS = 10_000  # attempts at a point of a band of a polygon
_ABOUT = ("disc", "gaussian")


class _Shape(Protocol):
    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]: ...


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """
    Positions by region alone.

    Attributes
    ----------
    about, gaussian
        Whether the region of each event lies about a point, and whether it is a gaussian.
    scale_km
        Radius or standard deviation of each. Units: km.
    keys
        Key of each event.
    places
        Longitude and latitude of the point of each, NaN where it has none. Units: degrees.
    shapes
        Each polygon and line once, ready to be drawn from.
    shape_of
        Which of them is that of each event, -1 for none.
    """

    about: BoolArray
    gaussian: BoolArray
    scale_km: FloatArray
    keys: IntArray
    places: FloatArray
    shapes: tuple[_Shape, ...]
    shape_of: IntArray

    @classmethod
    def of(cls, placed: gpd.GeoDataFrame, keys: IntArray) -> Proposals:
        """Take the columns of a table of regions."""
        scale_km = placed["scale_km"].to_numpy(dtype=float)
        return _proposals(
            placed["kind"].to_numpy(dtype=object), scale_km, placed.geometry.to_numpy(), keys
        )

    def draw(self, who: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        """Draw one position for each pair of event and draw."""
        lon, lat = np.empty(len(who)), np.empty(len(who))
        about = self.about[who]
        if about.all():
            self._about(who, draws, lon, lat)
            return lon, lat
        if about.any():
            x, y = np.empty(about.sum()), np.empty(about.sum())
            self._about(who[about], draws[about], x, y)
            lon[about], lat[about] = x, y
        for shape, mine in self._by_shape(who):
            lon[mine], lat[mine] = shape.draw(self.keys[who[mine]], draws[mine])
        return lon, lat

    def reach_km(self) -> FloatArray:
        """Give how far from its point a position can lie."""
        return self.scale_km * np.where(self.gaussian, GAUSSIAN_REACH, 1.0)

    def _about(self, who: IntArray, draws: IntArray, lon: FloatArray, lat: FloatArray) -> None:
        # Bowring's form is for short lines, and longitude runs wild at the poles.
        calm = np.abs(self.places[:, 1]) <= 80.0
        near = ((self.reach_km() <= DRAWS_ABOUT_KM) & calm)[who]
        events = (self.keys, self.places, self.scale_km, self.gaussian)
        if near.all():
            about_points(who, draws, 0, events, lon, lat)
            return
        x, y = np.empty(near.sum()), np.empty(near.sum())
        about_points(who[near], draws[near], 0, events, x, y)
        lon[near], lat[near] = x, y
        rows = who[~near]
        u = uniforms(self.keys[rows], draws[~near], 0)
        # Inverse distributions of the distance: Rayleigh's for a Gaussian; the square root for a disc, for
        # area grows with the square. On the ellipsoid, where a circle in degrees would be an oval.
        r = np.where(self.gaussian[rows], np.sqrt(-2.0 * np.log1p(-u[:, 0])), np.sqrt(u[:, 0]))
        start = self.places[rows]
        lon[~near], lat[~near], _ = GEOD.fwd(
            start[:, 0], start[:, 1], 360.0 * u[:, 1], 1e3 * r * self.scale_km[rows]
        )

    def _by_shape(self, who: IntArray) -> Iterator[tuple[_Shape, IntArray]]:
        """Group positions by the shape of their region: many events share a province."""
        number = self.shape_of[who]
        order = np.argsort(number, kind="stable")
        found, starts = np.unique(number[order], return_index=True)
        for k, mine in zip(found, np.split(order, starts[1:]), strict=True):
            if k >= 0:
                yield self.shapes[k], mine


def draw_positions(
    kind: str, scale_km: float, shape: BaseGeometry, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Draw positions in one region."""
    one = _proposals(
        np.array([kind], dtype=object),
        np.array([scale_km], dtype=float),
        np.array([shape], dtype=object),
        rng.integers(2**64, size=1, dtype=np.uint64),
    )
    who = np.zeros(draws, dtype=np.int64)
    return np.column_stack(one.draw(who, np.arange(draws, dtype=np.uint64)))


def in_polygon(polygon: BaseGeometry, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw positions uniform by area in a polygon of longitudes and latitudes."""
    return draw_positions("polygon", np.nan, polygon, draws, rng)


def _proposals(kinds: Any, scale_km: FloatArray, geometry: Any, keys: IntArray) -> Proposals:
    about = np.isin(kinds, _ABOUT)
    places = np.full((len(kinds), 2), np.nan)
    places[about] = shapely.get_coordinates(geometry[about])
    shapes, shape_of = _shapes_once(kinds, geometry)
    return Proposals(
        about=about,
        gaussian=np.asarray(kinds == "gaussian", dtype=bool),
        scale_km=scale_km,
        keys=keys,
        places=places,
        shapes=shapes,
        shape_of=shape_of,
    )


@lru_cache(maxsize=64)
def _ready(kind: str, wkb: bytes) -> _Shape:
    """Make a polygon or a line ready to be drawn in: a few provinces and countries come again and again."""
    shape = shapely.from_wkb(wkb)
    return _Polygon.of(shape) if kind == "polygon" else _Line.of(shape)


def _shapes_once(kinds: Any, geometry: Any) -> tuple[tuple[_Shape, ...], IntArray]:
    """Make every polygon and line ready once, and tell which is whose."""
    shape_of = np.full(len(kinds), -1, dtype=np.int64)
    shapes: list[_Shape] = []
    known: dict[tuple[str, bytes], int] = {}
    seen: dict[tuple[str, int], int] = {}  # rows share one object: its bytes are made once
    for row in np.flatnonzero(np.isin(kinds, ("polygon", "line"))):
        kind, shape = str(kinds[row]), geometry[row]
        number = seen.get((kind, id(shape)))
        if number is None:
            name = (kind, shapely.to_wkb(shape))
            if name not in known:
                known[name] = len(shapes)
                shapes.append(_ready(*name))
            number = seen[kind, id(shape)] = known[name]
        shape_of[row] = number
    return tuple(shapes), shape_of


@dataclass(frozen=True, kw_only=True)
class _Polygon:
    index: Index
    cuts: FloatArray

    @classmethod
    def of(cls, polygon: BaseGeometry) -> _Polygon:
        index = index_of([polygon])
        cuts = band_extents(index, 0)
        if polygon.is_empty or not len(cuts):
            msg = f"positions cannot be drawn in a polygon without area ({polygon.geom_type})"
            raise InvalidGeometryError(msg)
        return cls(index=index, cuts=cuts)

    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        lon, lat = np.empty(len(keys)), np.empty(len(keys))
        if in_bands(keys, draws, self.index, self.cuts, 0, _MAX_ROUNDS, lon, lat):
            msg = "positions cannot be drawn in a polygon this thin for its extent; split it"
            raise InvalidGeometryError(msg)
        return lon, lat


@dataclass(frozen=True, kw_only=True)
class _Line:
    starts: FloatArray
    azimuth: FloatArray
    length_m: FloatArray

    @classmethod
    def of(cls, line: BaseGeometry) -> _Line:
        starts, ends = [], []
        for part in shapely.get_parts(line):
            vertices = shapely.get_coordinates(part)
            starts.append(vertices[:-1])
            ends.append(vertices[1:])
        a, b = np.concatenate(starts), np.concatenate(ends)
        azimuth, _, length_m = GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
        if not np.sum(length_m) > 0:
            msg = "positions cannot be drawn along a line without length"
            raise InvalidGeometryError(msg)
        return cls(starts=a, azimuth=azimuth, length_m=length_m)

    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        reached = np.cumsum(self.length_m)
        # Even by length on the ellipsoid: pieces drawn east have shorter degrees than those drawn north.
        along = reached[-1] * uniforms(keys, draws, 0)[:, 0]
        piece = np.minimum(np.searchsorted(reached, along, side="right"), len(reached) - 1)
        rest = along - (reached - self.length_m)[piece]
        at = self.starts[piece]
        lon, lat, _ = GEOD.fwd(at[:, 0], at[:, 1], self.azimuth[piece], rest)
        return lon, lat


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
        crs = raster_crs(raster, name)
        if raster.dims[-2:] != ("y", "x") or "x" not in raster.coords or "y" not in raster.coords:
            msg = f"{name} needs dimensions ('y', 'x') with coordinates, got {raster.dims}"
            raise InvalidParameterError(msg)
        if raster.size != raster.sizes["y"] * raster.sizes["x"]:
            msg = f"{name} must have one layer, got shape {raster.shape}; choose one"
            raise InvalidParameterError(msg)
        numbers = raster.astype("uint8") if raster.dtype == bool else raster
        values = heights_of(numbers, name, metres=False).reshape(raster.shape[-2:])
        _refuse_impossible(values, name)
        (x0, step_x), (y0, step_y) = (
            edge_and_step(raster[axis].to_numpy(), axis, name) for axis in "xy"
        )
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
    Positions by region times weight: a position in the region is taken with the chance that its weight gives.

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
        # Rejection: of positions even in the region, each stays with the chance of its weight over the
        # largest there, and what stays follows the product of both exactly.
        u = uniforms(proposals.keys[who], draws, ACCEPTANCE)[:, 0]
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
    reason = np.where(
        positive[out],
        f"the weight lets fewer than 1 in {TRIALS:,} positions of its region stand",
        "the weight is 0 in its whole region",
    )
    return precision.without(placed, out, reason), weighing


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


def event_keys(seed: Seed, placed: gpd.GeoDataFrame) -> IntArray:
    """
    Give every event a key of its own.

    Neither the order of the rows nor what else is in the table changes the draws of an
    event. Rows that share an id are told apart by the order of their regions: of these,
    the table must hold all for the draws to stay.
    """
    number = seed_number(seed)
    names = [str(name) for name in placed["id"]]
    rows = defaultdict(list)
    for row, name in enumerate(names):
        rows[name].append(row)
    rank = np.zeros(len(names), dtype=np.int64)
    for same in rows.values():
        if len(same) > 1:
            shapes = shapely.to_wkb(placed.geometry.iloc[same].to_numpy())
            scales = placed["scale_km"].iloc[same] if "scale_km" in placed else shapes
            order = sorted(range(len(same)), key=lambda k: (shapes[k], str(list(scales)[k])))
            rank[[same[k] for k in order]] = np.arange(len(same))
    digests = [
        blake2b(f"{number}\0{name}\0{k}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for name, k in zip(names, rank, strict=True)
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


Index = tuple["FloatArray", "FloatArray", "IntArray", "IntArray", "FloatArray"]
# Copies of an edge, one for each band that it reaches into, are bounded by this many an edge.
_COPIES = 8


def index_of(shapes: Sequence[BaseGeometry]) -> Index:
    """List the edges of polygons by bands of latitude."""
    extents = np.full((len(shapes), 4), np.nan)
    per_degree, first = np.ones(len(shapes)), np.zeros(len(shapes) + 1, dtype=np.int64)
    counts, listed = [], []
    for k, shape in enumerate(shapes):
        edges = _edges(shape)
        if len(edges):
            extents[k] = shape.bounds
        count, per_degree[k] = _counts(edges, extents[k])
        part = np.empty((int(count.sum()), 5))
        starts = np.cumsum(count) - count
        band_edges(edges, extents[k, 1], per_degree[k], starts, part)
        first[k + 1] = first[k] + len(count)
        counts.append(count)
        listed.append(part)
    starts = np.concatenate([[0], np.cumsum(np.concatenate([*counts, np.zeros(0, np.int64)]))])
    edges = np.concatenate([*listed, np.empty((0, 5))])
    return extents, per_degree, first, starts.astype(np.int64), edges


def band_extents(index: Index, shape: int) -> FloatArray:
    """Give the box round the part of a polygon in each of its bands."""
    extents, per_degree, first, starts, edges = index
    bands = int(first[shape + 1] - first[shape])
    south, north = extents[shape, [1, 3]]
    cuts = south + np.arange(bands + 1) / per_degree[shape]
    cuts[-1] = max(north, cuts[-2])
    boxes = []
    for k in range(bands):
        part = edges[starts[first[shape] + k] : starts[first[shape] + k + 1]]
        if not len(part):
            continue
        low = np.clip(cuts[k], part[:, 1], part[:, 3])
        high = np.clip(cuts[k + 1], part[:, 1], part[:, 3])
        flat = part[:, 1] == part[:, 3]
        ends = [part[:, 0] + (y - part[:, 1]) * part[:, 4] for y in (low, high)]
        x = np.concatenate([*ends, part[flat, 2]])
        boxes.append((x.min(), x.max(), cuts[k], cuts[k + 1]))
    found = np.array(boxes, dtype=float).reshape(-1, 4)
    return found[(found[:, 1] > found[:, 0]) & (found[:, 3] > found[:, 2])]


def _edges(shape: BaseGeometry | None) -> FloatArray:
    """Both ends of every edge, the lower one first; nothing for what is no polygon."""
    parts = (
        [] if shape is None else [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    )
    ends = []
    for ring in shapely.get_rings(parts) if parts else ():
        xy = shapely.get_coordinates(ring)
        ends.append(np.hstack([xy[:-1], xy[1:]]))
    edges = np.concatenate([*ends, np.empty((0, 4))])
    # By y, then x, so that an edge shared by two polygons is one and the same number for both.
    down = (edges[:, 3] < edges[:, 1]) | (
        (edges[:, 3] == edges[:, 1]) & (edges[:, 2] < edges[:, 0])
    )
    edges[down] = edges[down][:, [2, 3, 0, 1]]
    return np.ascontiguousarray(edges)


def _counts(edges: FloatArray, extent: FloatArray) -> tuple[IntArray, float]:
    """As many bands as edges, fewer where long edges would be copied too often."""
    if not len(edges) or not extent[3] > extent[1]:
        return np.full(1, len(edges), dtype=np.int64), 0.0
    bands = len(edges)
    while True:
        per_degree = bands / (extent[3] - extent[1])
        counts = band_counts(edges, extent[1], per_degree, bands)
        if bands == 1 or counts.sum() <= _COPIES * len(edges):
            return counts, float(per_degree)
        bands = max(bands // 2, 1)
