"""Possible positions of every event, drawn from its region of possible positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from borderzone._kernels import imputing
from borderzone.errors import DataError, InvalidGeometryError
from borderzone.incidents import precision
from borderzone.incidents.keys import check_draws, event_keys
from borderzone.incidents.polygon_index import band_extents, index_of
from borderzone.incidents.weights import Weighing, weigh
from borderzone.stream import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed

__all__ = ["Imputation", "check_draws", "draw_positions", "impute", "in_polygon", "prepare"]

_GEOD = Geod(ellps="WGS84")
_MAX_ROUNDS = 10_000
_BATCH = 250_000  # positions held at a time by a thread; results do not depend on it
# A gaussian drawn from 53 bits reaches no farther than this many standard deviations.
_GAUSSIAN_REACH = 8.6


def impute(  # noqa: PLR0913 (the front door fixes the names)
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
        default kernels without polygons.
    weight
        Raster of 0 or more, or one by event type: how likely such an event
        is on each unit of ground. Positions follow kernel times weight, exactly;
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
        If `draws` is not a whole number above zero, or a weight is impossible.

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
    drawn = prepare(events, draws=draws, seed=seed, regions=regions, weight=weight)
    positions = np.full((len(events), drawn.draws, 2), np.nan)
    for rows, lon, lat in drawn.blocks(threads=threads):
        positions[rows, :, 0], positions[rows, :, 1] = lon, lat
    return positions


def prepare(  # noqa: PLR0913 (names of the front door)
    events: gpd.GeoDataFrame,
    *,
    draws: int,
    seed: Seed,
    regions: gpd.GeoDataFrame | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
) -> Imputation:
    """
    Make ready to draw the positions of events.

    Parameters
    ----------
    events
        Table from `read`.
    draws
        Positions to draw for each event.
    seed
        Seed, or a generator from which one is taken.
    regions
        Table from `regions`, or None.
    admin1
        Provinces, where `regions` is not given.
    weight
        As `impute` takes it.

    Returns
    -------
    Imputation
        What draws the positions, block by block.

    Raises
    ------
    DataError
        If `regions` is of another table.
    InvalidParameterError
        If `draws` is not a whole number above zero, or a weight is impossible.
    """
    count = check_draws(draws)
    precision.need_columns(events)
    placed = precision.regions(events, admin1=admin1) if regions is None else regions
    _check_same_table(placed, events)
    keys = event_keys(seed, placed)
    weighing = None
    if weight is not None:
        placed, weighing = weigh(placed, events, weight, Proposals.of(placed, keys))
    return Imputation(
        placed=placed, draws=count, proposals=Proposals.of(placed, keys), weighing=weighing
    )


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """
    Positions by kernel alone.

    Attributes
    ----------
    kinds, scale_km, shapes
        Columns kind, scale_km and geometry of the table of regions.
    keys
        Key of each event.
    places
        Longitude and latitude of the point of each, NaN where it has none. Units: degrees.
    """

    kinds: IntArray
    scale_km: FloatArray
    shapes: IntArray
    keys: IntArray
    places: FloatArray

    @classmethod
    def of(cls, placed: gpd.GeoDataFrame, keys: IntArray) -> Proposals:
        """
        Take the columns of a table of regions.

        Parameters
        ----------
        placed
            Table from `regions`.
        keys
            Key of each event.

        Returns
        -------
        Proposals
            The columns.
        """
        kinds = placed["kind"].to_numpy(dtype=object)
        shapes = placed.geometry.to_numpy()
        places = np.full((len(placed), 2), np.nan)
        about = np.isin(kinds, ("disc", "gaussian"))
        places[about] = shapely.get_coordinates(shapes[about])
        return cls(
            kinds=kinds,
            scale_km=placed["scale_km"].to_numpy(dtype=float),
            shapes=np.asarray(shapes, dtype=object),
            keys=keys,
            places=places,
        )

    def draw(self, who: IntArray, draws: IntArray, attempt: int = 0) -> tuple[FloatArray, FloatArray]:
        """
        Draw one position for each pair of event and draw.

        Parameters
        ----------
        who
            Row of the event of each position.
        draws
            Number of the draw of each, uint64.
        attempt
            Number of the attempt at it.

        Returns
        -------
        tuple of FloatArray
            Longitude and latitude. Units: degrees.

        Raises
        ------
        InvalidGeometryError
            If a region has no area or no length.
        """
        lon, lat = np.empty(len(who)), np.empty(len(who))
        kinds = self.kinds[who]
        counter = attempt << 16  # leaves room for the attempts within a polygon
        for kind in ("disc", "gaussian", "polygon", "line"):
            mine = kinds == kind
            if not mine.any():
                continue
            way = {"polygon": self._in_polygons, "line": self._along_lines}.get(kind, self._about)
            lon[mine], lat[mine] = way(who[mine], draws[mine], counter)
        return lon, lat

    def _about(self, who: IntArray, draws: IntArray, counter: int) -> tuple[FloatArray, FloatArray]:
        gaussian = self.kinds == "gaussian"
        reach = self.scale_km * np.where(gaussian, _GAUSSIAN_REACH, 1.0)
        # Bowring's form is for short lines, and longitude runs wild at the poles.
        far = (reach > imputing.DRAWS_ABOUT_KM) | ~(np.abs(self.places[:, 1]) <= 80.0)
        lon, lat = np.empty(len(who)), np.empty(len(who))
        near = ~far[who]
        x, y = np.empty(near.sum()), np.empty(near.sum())
        about = (self.keys, self.places, self.scale_km, gaussian)
        imputing.about_points(who[near], draws[near], counter, about, x, y)
        lon[near], lat[near] = x, y
        if not near.all():
            rows = who[~near]
            u = imputing.uniforms(self.keys[rows], draws[~near], counter)
            r = np.where(gaussian[rows], np.sqrt(-2.0 * np.log1p(-u[:, 0])), np.sqrt(u[:, 0]))
            start = self.places[rows]
            lon[~near], lat[~near], _ = _GEOD.fwd(
                start[:, 0], start[:, 1], 360.0 * u[:, 1], 1e3 * r * self.scale_km[rows]
            )
        return lon, lat

    def _in_polygons(
        self, who: IntArray, draws: IntArray, counter: int
    ) -> tuple[FloatArray, FloatArray]:
        lon, lat = np.empty(len(who)), np.empty(len(who))
        for shape, mine in _by_shape(self.shapes, who):
            found = _uniform(shape, self.keys[who[mine]], draws[mine], counter)
            lon[mine], lat[mine] = found
        return lon, lat

    def _along_lines(
        self, who: IntArray, draws: IntArray, counter: int
    ) -> tuple[FloatArray, FloatArray]:
        lon, lat = np.empty(len(who)), np.empty(len(who))
        for shape, mine in _by_shape(self.shapes, who):
            u = imputing.uniforms(self.keys[who[mine]], draws[mine], counter)[:, 0]
            lon[mine], lat[mine] = _along_line(shape, u)
        return lon, lat


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
        Positions by kernel alone.
    weighing
        What weights make of them, or None.
    """

    placed: gpd.GeoDataFrame
    draws: int
    proposals: Proposals
    weighing: Weighing | None

    def blocks(
        self, *, threads: int | None = None
    ) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
        """
        Draw the positions of all events that are placed.

        Parameters
        ----------
        threads
            How many work at once.

        Yields
        ------
        tuple
            Rows of the events, longitude and latitude, shape ``(rows, draws)``. Units: degrees.
        """
        yield from in_order(lambda rows: (rows, *self.positions(rows)), self.rows(), threads=threads)

    def rows(self) -> list[IntArray]:
        """
        Give the rows of the events that are placed, cut into blocks.

        Returns
        -------
        list of IntArray
            Rows of each block.
        """
        placed = np.flatnonzero(self.proposals.kinds != "excluded")
        step = max(1, _BATCH // self.draws)
        return [placed[start : start + step] for start in range(0, len(placed), step)]

    def positions(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """
        Draw the positions of some events.

        Parameters
        ----------
        rows
            Their rows.

        Returns
        -------
        tuple of FloatArray
            Longitude and latitude, shape ``(rows, draws)``. Units: degrees.
        """
        who = np.repeat(rows, self.draws)
        draws = np.tile(np.arange(self.draws, dtype=np.uint64), len(rows))
        if self.weighing is None:
            lon, lat = self.proposals.draw(who, draws)
        else:
            lon, lat = self.weighing.draw(self.proposals, who, draws)
        return lon.reshape(len(rows), -1), lat.reshape(len(rows), -1)


def draw_positions(
    kind: str, scale_km: float, shape: shapely.Geometry, draws: int, rng: np.random.Generator
) -> FloatArray:
    """
    Draw positions in one region.

    Parameters
    ----------
    kind
        "gaussian", "disc", "polygon" or "line".
    scale_km
        Standard deviation or radius. Units: km.
    shape
        Point, polygon or line in longitude and latitude.
    draws
        Positions to draw.
    rng
        Source of randomness.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(draws, 2)``. Units: degrees.

    Raises
    ------
    InvalidGeometryError
        If the polygon has no area or the line no length.
    """
    about = kind in ("disc", "gaussian")
    one = Proposals(
        kinds=np.array([kind], dtype=object),
        scale_km=np.array([scale_km], dtype=float),
        shapes=np.array([shape], dtype=object),
        keys=rng.integers(2**64, size=1, dtype=np.uint64),
        places=shapely.get_coordinates(shape) if about else np.full((1, 2), np.nan),
    )
    who = np.zeros(draws, dtype=np.int64)
    return np.column_stack(one.draw(who, np.arange(draws, dtype=np.uint64)))


def in_polygon(polygon: shapely.Geometry, draws: int, rng: np.random.Generator) -> FloatArray:
    """
    Draw positions uniform by area in a polygon of longitudes and latitudes.

    Parameters
    ----------
    polygon
        Polygon or multipolygon in longitude and latitude.
    draws
        Positions to draw.
    rng
        Source of randomness.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(draws, 2)``. Units: degrees.

    Raises
    ------
    InvalidGeometryError
        If the polygon has no area.

    Examples
    --------
    >>> lonlat = in_polygon(shapely.box(41, 33, 42, 34), 1000, np.random.default_rng(1))
    >>> bool(shapely.contains_xy(shapely.box(41, 33, 42, 34), lonlat).all())
    True
    """
    return draw_positions("polygon", np.nan, polygon, draws, rng)


def _check_same_table(placed: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> None:
    needed = ("id", "kind", "scale_km", "median_error_km", "reason")
    if not all(name in getattr(placed, "columns", ()) for name in needed):
        msg = f"regions must be a table from incidents.regions, got a {type(placed).__name__}"
        raise DataError(msg)
    if len(placed) != len(events):
        msg = f"regions has {len(placed)} rows, events {len(events)}: make it from these events"
        raise DataError(msg)
    differ = placed["id"].astype(str).to_numpy() != events["id"].astype(str).to_numpy()
    if differ.any():
        row = int(differ.argmax())
        msg = (
            f"regions is of another table or order: row {row} is {placed['id'].iloc[row]!r}, in the "
            f"events {events['id'].iloc[row]!r}; make it from these events"
        )
        raise DataError(msg)


def _by_shape(shapes: IntArray, who: IntArray) -> Iterator[tuple[shapely.Geometry, BoolArray]]:
    """Group positions by the shape of their region: many events share a province."""
    rows, place = np.unique(who, return_inverse=True)
    wkb = shapely.to_wkb(shapes[rows])
    _, first, group = np.unique(np.asarray(wkb, dtype=object), return_index=True, return_inverse=True)
    for number, row in enumerate(rows[first]):
        yield shapes[row], group[place] == number


def _uniform(
    polygon: shapely.Geometry, keys: IntArray, draws: IntArray, counter: int
) -> tuple[FloatArray, FloatArray]:
    index = index_of([polygon])
    cuts = band_extents(index, 0)
    if polygon.is_empty or not len(cuts):
        msg = f"positions cannot be drawn in a polygon without area ({polygon.geom_type})"
        raise InvalidGeometryError(msg)
    lon, lat = np.empty(len(keys)), np.empty(len(keys))
    if imputing.in_bands(keys, draws, index, cuts, counter, _MAX_ROUNDS, lon, lat):
        msg = "positions cannot be drawn in a polygon this thin for its extent; split it"
        raise InvalidGeometryError(msg)
    return lon, lat


def _along_line(line: shapely.Geometry, uniform: FloatArray) -> tuple[FloatArray, FloatArray]:
    starts, ends = [], []
    for part in shapely.get_parts(line):
        vertices = shapely.get_coordinates(part)
        starts.append(vertices[:-1])
        ends.append(vertices[1:])
    a, b = np.concatenate(starts), np.concatenate(ends)
    azimuth, _, length_m = _GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    reached = np.cumsum(length_m)
    if not reached[-1] > 0:
        msg = "positions cannot be drawn along a line without length"
        raise InvalidGeometryError(msg)
    along = reached[-1] * uniform
    piece = np.minimum(np.searchsorted(reached, along, side="right"), len(reached) - 1)
    rest = along - (reached - length_m)[piece]
    lon, lat, _ = _GEOD.fwd(a[piece, 0], a[piece, 1], azimuth[piece], rest)
    return lon, lat
