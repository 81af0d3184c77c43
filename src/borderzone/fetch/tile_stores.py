"""Tiles of elevation and land cover: which stores there are, which tiles ground needs, bringing them."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import math
import threading
import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import shapely
from rasterio.enums import Compression

from borderzone._guards import check_choice
from borderzone.errors import DataError, LimitError
from borderzone.fetch.area import checked_margin_km, shape_of
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.network import Network
from borderzone.fetch.planning import Job, Store
from borderzone.fetch.server import Item
from borderzone.io import Limits, Terms, open_raster

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import rasterio
    from shapely.geometry.base import BaseGeometry

    from borderzone.fetch.area import Where
    from borderzone.fetch.planning import Plan

__all__ = [
    "SOURCES",
    "StoreTile",
    "TileStore",
    "TilesResult",
    "dem",
    "esa_worldcover",
    "plan",
    "tiles",
]

_MIB = 1024 * 1024
_MAX_BLOCK_BYTES = 256 * _MIB

# Cells around the ground that cubic convolution reaches for; they also make up for tiles whose
# cells are centred on the degree lines, so that their edges lie half a cell off them.
_RIM_CELLS = 4

# Shortest degree of latitude on WGS84, and a degree of longitude at the equator: reaches in
# degrees come out too large rather than too small. Units: km.
_LATITUDE_KM, _LONGITUDE_KM = 110.57, 111.32

# Opening a raster sets the warning filters of the whole process, so one tile at a time.
_one_at_a_time = threading.Lock()

_log = logging.getLogger("borderzone")


def dem(  # noqa: PLR0913 - one option a matter that users decide
    where: Where,
    *,
    source: str = "glo30",
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
    confirm: Callable[[Plan], None] | None = None,
) -> TilesResult:
    """
    Bring the elevation tiles that a piece of ground needs.

    Tiles that are there already are checked and kept. One that was cut off is
    taken up where it ended. A tile that the store does not have is sea or not
    released: it is named, and its heights are unknown, never zero.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    source
        ``"glo30"`` or ``"glo90"``.
    margin_km
        How far around the ground. Travel times start up to 50 km outside a
        corridor. Units: km.
    cache
        Folder to keep tiles in; see `cache_folder`.
    network
        Mirror, limits and patience.
    announce
        Called with each sentence on what will be brought, before it is.
    confirm
        Called with the plan before anything is brought; it may raise to stop.

    Returns
    -------
    TilesResult
        ``folder`` and ``paths`` of the tiles, names of those ``missing``,
        the ``study_line`` that uses them, and the ``attribution`` they carry.

    Raises
    ------
    NetworkError
        If a tile cannot be brought whole, or the store has none of them.
    LimitError
        If they are larger than the limit or the free space; nothing is
        brought then.
    OutputError
        If the cache cannot be written.
    InvalidParameterError
        If an option makes no sense.

    References
    ----------
    .. [1] European Space Agency (2021). Copernicus DEM, GLO-30 and GLO-90.
       doi:10.5270/ESA-c5d3d65

    Examples
    --------
    >>> dem((40, 33, 41, 34), source="srtm")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: source must be one of glo30, glo90, got 'srtm'
    """
    check_choice(source, "source", [name for name, s in SOURCES.items() if s.layer == "dem"])
    return _fetched(_job(where, source, margin_km, cache, network), announce, confirm)


def esa_worldcover(
    where: Where,
    *,
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
    confirm: Callable[[Plan], None] | None = None,
) -> TilesResult:
    """
    Bring the tiles of ESA WorldCover 2021 that a piece of ground needs.

    Cells of 10 m, classes as in ``terrain.LAND_COVER["worldcover"]``.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    margin_km
        How far around the ground. Units: km.
    cache
        Folder to keep tiles in; see `cache_folder`.
    network
        Mirror, limits and patience.
    announce
        Called with each sentence on what will be brought, before it is.
    confirm
        Called with the plan before anything is brought; it may raise to stop.

    Returns
    -------
    TilesResult
        As of `dem`.

    Raises
    ------
    BorderzoneError
        As `dem`.

    References
    ----------
    .. [1] Zanaga, D. et al. (2022). ESA WorldCover 10 m 2021 v200.
       doi:10.5281/zenodo.7254221

    Examples
    --------
    >>> esa_worldcover((40, 33, 41, 34), margin_km=-1)
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: margin_km must be a finite number, 0 or more (km), got -1
    """
    return _fetched(_job(where, "worldcover", margin_km, cache, network), announce, confirm)


def plan(
    where: Where,
    *,
    source: str = "glo30",
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    ask: bool = True,
) -> Plan:
    """
    Tell what a fetch of tiles would bring; nothing is written.

    Parameters
    ----------
    where
        As for `dem`.
    source
        ``"glo30"``, ``"glo90"`` or ``"worldcover"``.
    margin_km
        How far around the ground. Units: km.
    cache
        Folder that tiles are kept in; see `cache_folder`.
    network
        Mirror, limits and patience.
    ask
        Whether the server is asked for sizes and for what it has; without, nothing is sent.

    Returns
    -------
    Plan
        Names ``needed``, ``there`` and ``missing``, the ``bytes`` to come, and
        ``sentences`` that say so.

    Raises
    ------
    NetworkError
        If the server cannot be asked.
    InvalidParameterError
        If an option makes no sense.

    Examples
    --------
    >>> plan((40, 33, 41, 34), source="dem")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: source must be one of glo30, glo90, worldcover, got 'dem'
    """
    return _job(where, source, margin_km, cache, network).plan(ask=ask)


def tiles(where: Where, *, source: str = "glo30", margin_km: float = 0.0) -> list[str]:
    """
    Name the tiles that a piece of ground needs, without the network.

    A tile is needed when its square, widened on all sides by the margin and
    by four of its cells, touches the ground.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    source
        ``"glo30"``, ``"glo90"`` or ``"worldcover"``.
    margin_km
        How far around the ground. Units: km.

    Returns
    -------
    list of str
        Names, from south to north and west to east.

    Raises
    ------
    InvalidParameterError
        If the source is unknown, the margin negative or above 1000 km, or
        `where` is none of these.
    InvalidGeometryError
        If the ground is empty, or not in longitude and latitude.
    CRSMismatchError
        If a table has no CRS.

    Examples
    --------
    >>> tiles((40.2, 33.1, 41.1, 33.9), source="glo90")
    ['Copernicus_DSM_COG_30_N33_00_E040_00_DEM', 'Copernicus_DSM_COG_30_N33_00_E041_00_DEM']
    """
    return [tile.name for tile in _needed(where, _store(source), margin_km)]


@dataclass(frozen=True, kw_only=True)
class TilesResult:
    """
    What a fetch left in the cache.

    Attributes
    ----------
    source
        Short name of the store.
    folder
        Folder of the tiles.
    paths
        The tiles that the ground needs, all whole and checked.
    missing
        Names of tiles that the store does not have: sea, or not released.
        What lies there is unknown.
    bytes
        Size of all `paths` together. Units: byte.
    fetched_bytes
        What came over the network. Units: byte.
    from_cache
        How many of the tiles were there already.
    attribution
        The text that must travel with the data, and when it was retrieved.
    """

    source: str
    folder: Path
    paths: tuple[Path, ...]
    missing: tuple[str, ...]
    bytes: int
    fetched_bytes: int
    from_cache: int
    attribution: str

    @property
    def study_line(self) -> str:
        """Lines of TOML for a study: the folder where it holds these tiles alone, else tile by tile."""
        layer = SOURCES[self.source].layer
        if {*self.folder.glob("*.tif")} == {*self.paths}:
            lines = [f"{layer} = {_quoted(self.folder)}"]
        else:
            lines = [f"{layer} = [", *(f"  {_quoted(path)}," for path in self.paths), "]"]
        if layer == "landcover":
            lines.append(f'landcover_scheme = "{self.source}"')
        return "\n".join(lines)


def _quoted(path: Path) -> str:
    return json.dumps(path.as_posix(), ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class StoreTile(Item):
    """One tile of a store, by its south-western corner and its side in degrees."""

    west: int
    south: int
    size_deg: int


@dataclass(frozen=True, kw_only=True)
class TileStore(Store):
    """
    A public store of tiles.

    `layer` is what it serves in a study, `pattern` the name of a tile and `folder` where its file
    lies; a cell is `cell_m` wide at most.
    """

    layer: str
    pattern: str
    folder: str
    tile_deg: int
    cell_m: float

    def tile(self, west: int, south: int) -> StoreTile:
        """
        Name a tile by its south-western corner, from -180 to 179 and -90 to 89 degrees.

        Examples
        --------
        >>> SOURCES["glo30"].tile(-60, -3).name
        'Copernicus_DSM_COG_10_S03_00_W060_00_DEM'
        """
        name = self.pattern.format(
            lat=f"{'S' if south < 0 else 'N'}{abs(south):02d}",
            lon=f"{'W' if west < 0 else 'E'}{abs(west):03d}",
        )
        file = f"{name}.tif"
        key = f"{self.folder.format(name=name)}/{file}"
        return StoreTile(
            name=name, key=key, file=file, west=west, south=south, size_deg=self.tile_deg
        )


def _copernicus(name: str, metres: int, arc_tenths: int) -> TileStore:
    return TileStore(
        name=name,
        terms=Terms.copernicus(metres),
        layer="dem",
        address=f"https://copernicus-dem-{metres}m.s3.eu-central-1.amazonaws.com",
        pattern=f"Copernicus_DSM_COG_{arc_tenths}_{{lat}}_00_{{lon}}_00_DEM",
        folder="{name}",
        tile_deg=1,
        cell_m=1.04 * metres,
    )


_WORLDCOVER = TileStore(
    name="worldcover",
    terms=Terms.worldcover(2021, 200),
    layer="landcover",
    address="https://esa-worldcover.s3.eu-central-1.amazonaws.com",
    pattern="ESA_WorldCover_10m_2021_v200_{lat}{lon}_Map",
    folder="v200/2021/map",
    tile_deg=3,
    cell_m=9.3,
)

SOURCES: Mapping[str, TileStore] = MappingProxyType(
    {
        "glo30": _copernicus("glo30", 30, 10),
        "glo90": _copernicus("glo90", 90, 30),
        "worldcover": _WORLDCOVER,
    }
)
"""The stores of tiles, by short name."""


def _store(source: str) -> TileStore:
    return SOURCES[check_choice(source, "source", SOURCES)]


def _needed(where: Where, store: TileStore, margin_km: float) -> list[StoreTile]:
    """Find the tiles that a piece of ground needs, from south to north and west to east."""
    margin = checked_margin_km(margin_km)
    ground = shape_of(where)
    shapely.prepare(ground)
    side = store.tile_deg
    reach_km = margin + _RIM_CELLS * store.cell_m / 1000
    _, south, _, north = ground.bounds
    reach = reach_km / _LATITUDE_KM
    first = max(math.floor((south - reach) / side) * side, -90)
    corners: set[tuple[int, int]] = set()
    for row in range(first, min(math.floor(north + reach), 89) + 1, side):
        corners |= {(row, column) for column in _columns(ground, row, side, reach_km)}
    return [store.tile(column, row) for row, column in sorted(corners)]


def _columns(ground: BaseGeometry, row: int, side: int, reach_km: float) -> set[int]:
    """Western edges of the tiles of one row whose widened squares touch the ground."""
    reach_lat = reach_km / _LATITUDE_KM
    low, high = row - reach_lat, row + side + reach_lat
    west, south, east, north = ground.bounds
    # Degrees of longitude are shortest where the row, or the ground, is nearest to a pole.
    highest = min(max(abs(low), abs(high)), max(abs(south), abs(north)) + reach_lat, 90.0)
    degree_km = _LONGITUDE_KM * max(math.cos(math.radians(highest)), 1e-9)
    reach = min(reach_km / degree_km, 180.0)
    edges = np.arange(
        math.floor((west - reach) / side) * side, math.floor(east + reach) + 1, side, dtype=float
    )
    lows, highs = np.full(edges.size, low), np.full(edges.size, high)
    squares = shapely.box(edges - reach, lows, edges + side + reach, highs)
    touched = edges[shapely.intersects(ground, squares)]
    # Beyond 180 degrees the count of the tiles starts again.
    return {int((edge + 180) % 360 - 180) for edge in touched}


def _job(
    where: Where,
    source: str,
    margin_km: float,
    cache: str | os.PathLike[str] | None,
    network: Network | None,
) -> Job:
    """Check what was asked for, without the network and without the disk."""
    store = _store(source)
    return Job(
        store=store,
        items=_needed(where, store, margin_km),
        shelf=Shelf(store.terms, cache_folder(cache) / store.name),
        network=network or Network(),
        noun="tile",
        check=_check_tile,
    )


def _fetched(
    job: Job, announce: Callable[[str], None] | None, confirm: Callable[[Plan], None] | None
) -> TilesResult:
    plan, received = job.bring(announce or _log.info, confirm)
    files = [tile.file for tile in job.items if tile.name not in plan.missing]
    paths = tuple(plan.folder / file for file in files)
    return TilesResult(
        source=plan.source,
        folder=plan.folder,
        paths=paths,
        missing=plan.missing,
        bytes=sum(path.stat().st_size for path in paths),
        fetched_bytes=received,
        from_cache=len(plan.there),
        attribution=job.shelf.credit(files),
    )


def _check_tile(tile: StoreTile, path: Path, proven: bool) -> None:  # noqa: FBT001 - see `bring`
    """Refuse a file that is no GeoTIFF, of another place, or where no MD5 proves it, damaged."""
    try:
        most = Limits.now().raster_cells_by_block
        with _one_at_a_time, open_raster(path, what="tile", max_cells=most) as source:
            _check_place(source, tile)
            if not proven:
                _check_blocks(source, path)
    except LimitError as error:  # no store has such tiles: it is another file, not too large a one
        raise DataError(str(error)) from None


def _check_place(source: rasterio.DatasetReader, tile: StoreTile) -> None:
    """Cells centred on the degree lines shift the edges by half a cell; more is another place."""
    if not source.crs.is_geographic:
        msg = f"it is in {source.crs.to_string()}, not in longitude and latitude"
        raise DataError(msg)
    wanted = (tile.west, tile.south, tile.west + tile.size_deg, tile.south + tile.size_deg)
    cell = max(abs(source.transform.a), abs(source.transform.e))
    if any(abs(a - b) > cell for a, b in zip(source.bounds, wanted, strict=True)):
        edges = ", ".join(f"{edge:.3f}" for edge in source.bounds)
        msg = f"it covers {edges}, which is not the place of {tile.name}"
        raise DataError(msg)


def _check_blocks(source: rasterio.DatasetReader, path: Path) -> None:
    """
    Unpack every block: without an MD5, only they can show a flipped bit.

    Deflated blocks end in a checksum, which the raster library does not compare.
    """
    height, width = source.block_shapes[0]
    size = height * width * source.count * np.dtype(source.dtypes[0]).itemsize
    if size > _MAX_BLOCK_BYTES:
        msg = f"its blocks of {height} x {width} cells are larger than any tile store makes them"
        raise DataError(msg)
    if source.compression is not Compression.deflate:
        for _, window in source.block_windows(1):
            source.read(1, window=window)
        return
    with path.open("rb") as file:
        for level, factor in enumerate([1, *source.overviews(1)]):
            rows = math.ceil(source.height / factor / height)
            columns = math.ceil(source.width / factor / width)
            for row, column in itertools.product(range(rows), range(columns)):
                _unpack(file, _place_of(source, row, column, level), size)


def _place_of(
    source: rasterio.DatasetReader, row: int, column: int, level: int
) -> tuple[int, int] | None:
    """Where a block lies in the file, and its length; None for one that was left out as empty."""
    overview = level - 1 if level else None
    offset, length = (
        source.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1, ovr=overview)
        for what in ("OFFSET", "SIZE")
    )
    return (int(offset), int(length)) if offset is not None and length is not None else None


def _unpack(file: BinaryIO, place: tuple[int, int] | None, size: int) -> None:
    if place is None:
        return
    file.seek(place[0])
    unpacking = zlib.decompressobj()
    with contextlib.suppress(zlib.error):
        # A little more room than the block has, so that its checksum is reached and compared.
        unpacking.decompress(file.read(place[1]), size + 64)
    if not unpacking.eof:
        msg = f"the block at byte {place[0]} cannot be unpacked"
        raise DataError(msg)
