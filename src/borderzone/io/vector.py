"""Vector files: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML, KMZ and GeoParquet."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.errors
import shapely
from pyproj.exceptions import ProjError

from borderzone._guards import check_path, local_path, local_place
from borderzone._guards.escapes import kept, kept_table
from borderzone.crs import check_finite, in_degrees, refuse_file_names
from borderzone.errors import BorderzoneError, CRSMismatchError, DataError, OutputError
from borderzone.io.bounds import Limits, check_parquet
from borderzone.io.files import SUFFIXES, atomic_write, local_file
from borderzone.io.formats import ogr
from borderzone.io.formats.archives import unpacked_layers
from borderzone.io.formats.json_rows import read_json
from borderzone.io.formats.kml import is_nested_deep, read_kml
from borderzone.io.tables import plain_cells

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping


__all__ = [
    "LayerInfo",
    "list_layers",
    "read_archived",
    "read_rows",
    "read_vector",
    "write_vector",
]

FIXED_DATE = "2000-01-01T00:00:00Z"  # the time stamp inside a GeoPackage, so that bytes repeat

_SHOWN_LAYERS = 20


@Limits.memory_told("vector file")
def read_vector(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    what: str = "vector file",
    known: bool = False,
) -> gpd.GeoDataFrame:
    """
    Read a vector file into longitude and latitude.

    The extension decides how the file is read, and its first bytes must agree.
    A third dimension is dropped. All folders of a KML or KMZ are read, the
    column ``folder`` tells which. ``attrs["notes"]`` says what was left out.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML, KMZ or GeoParquet.
    layer
        Layer of a file that holds several; by default its only one.
    what
        What the file is needed for, for messages.
    known
        Whether its checksum was compared: a Parquet file that anyone may have made is first
        unpacked in a process of its own, which takes longer than reading a small one.

    Returns
    -------
    geopandas.GeoDataFrame
        Its rows, in EPSG:4326.

    Raises
    ------
    DataError
        If the file is missing, broken, or not what its name says.
    CRSMismatchError
        If the file names no coordinate reference system.
    LimitError
        If a text file or what an archive unpacks to is too large.

    Examples
    --------
    >>> import tempfile
    >>> post = gpd.GeoDataFrame({"people": [30]}, geometry=[shapely.Point(500_000, 3_700_000)], crs=32637)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_vector({"posts": post}, f"{folder}/own.gpkg")
    ...     rows = read_vector(f"{folder}/own.gpkg", what="posts")
    >>> rows.crs.to_epsg(), rows["people"].tolist(), rows.geometry.x.round(6).tolist()
    (4326, [30], [39.0])
    """
    rows = _rows(path, layer, what, known=known)
    if not _has_places(rows):
        msg = (
            f"{what}: {Path(path).name!r} holds rows without shapes; export a layer with "
            "points, lines or areas (in geopandas: points_from_xy on longitude and latitude)"
        )
        raise DataError(msg)
    check_finite(rows, f"{what}: {Path(path).name!r}")
    return plain_cells(rows)[0]


@Limits.memory_told("vector file")
def read_rows(
    path: str | os.PathLike[str], *, layer: str | None = None, what: str = "vector file"
) -> pd.DataFrame:
    """
    Read a vector file as `read_vector` does, and a layer without shapes as a plain table.

    Parameters
    ----------
    path
        As in `read_vector`.
    layer
        As in `read_vector`.
    what
        As in `read_vector`.

    Returns
    -------
    pandas.DataFrame
        Its rows; a GeoDataFrame in EPSG:4326 where it has shapes. Cells may hold
        lists and objects, and shapes may lie outside of where their CRS holds.

    Raises
    ------
    DataError
        As `read_vector`.
    CRSMismatchError
        As `read_vector`.
    LimitError
        As `read_vector`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "rows.json").write_text('[{"place": "North gate", "people": 30}]')
    ...     read_rows(f"{folder}/rows.json").to_dict("records")
    [{'place': 'North gate', 'people': 30}]
    """
    return _rows(path, layer, what)


def _rows(
    path: str | os.PathLike[str], layer: str | None, what: str, *, known: bool = False
) -> pd.DataFrame:
    file = local_file(path, SUFFIXES.vector, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a reader grumbling over a file
            if file.suffix.lower() == ".parquet" and not known:
                check_parquet(file, what)
            rows = _read(file, file.suffix.lower(), layer, what)
            return _flat(rows, file, what) if _has_places(rows) else _plain_table(rows)
    except (BorderzoneError, MemoryError):
        raise
    except (pyogrio.errors.CRSError, ProjError) as error:
        reason = str(error).splitlines()[0][:200]
        msg = (
            f"{what}: {file.name!r} names no coordinate reference system that is understood "
            f"({reason}); name the true one where it comes from (for a Shapefile its .prj file)"
        )
        raise CRSMismatchError(msg) from error
    except Exception as error:  # whatever a reader raises on a broken file
        raise _unreadable(error, file, what) from error


def _has_places(rows: pd.DataFrame) -> bool:
    return isinstance(rows, gpd.GeoDataFrame) and rows.active_geometry_name is not None


def _plain_table(rows: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table.attrs = dict(rows.attrs)
    return table


def _flat(frame: gpd.GeoDataFrame, file: Path, what: str) -> gpd.GeoDataFrame:
    """Drop heights, go to longitude and latitude, and keep notes of what was left out."""
    if frame.crs is None:
        msg = (
            f"{what}: {file.name!r} names no coordinate reference system; add it "
            "(for a Shapefile its .prj file; in geopandas: frame.set_crs)"
        )
        raise CRSMismatchError(msg)
    notes = list(frame.attrs.get("notes", []))
    high = int(shapely.has_z(frame.geometry.array).sum())
    if high:
        notes.append(f"heights of {high:,} shapes were left out")
    level = frame.set_geometry(shapely.force_2d(frame.geometry.array))
    flat = in_degrees(level, f"{what}: {file.name!r}")
    flat.attrs["notes"] = notes
    return flat


def _read(file: Path, suffix: str, layer: str | None, what: str) -> pd.DataFrame:
    if suffix == ".parquet":
        return _from_parquet(file, what)
    if suffix in SUFFIXES.json:
        if layer is not None:
            msg = f"{what}: {file.name!r} has no layers, it is one table; leave layer={layer!r} out"
            raise DataError(msg)
        return read_json(file, what)
    if suffix in SUFFIXES.kml:
        placemarks: pd.DataFrame = read_kml(file, layer=layer, what=what)
        return placemarks
    return _from_ogr(file, layer, what)


def _from_parquet(file: Path, what: str) -> pd.DataFrame:
    # An open file, not its path: what lies beside it, and the names of folders, say nothing.
    with file.open("rb") as stream:
        geo = (pq.read_schema(stream).metadata or {}).get(b"geo")
        stream.seek(0)
        if geo is None:
            return _plain_rows(stream)
        for text in _texts(json.loads(geo)):
            refuse_file_names(text, f"{what}: {file.name!r}")
        _check_levels(stream, json.loads(geo), f"{what}: {file.name!r}")
        stream.seek(0)
        placed: pd.DataFrame = gpd.read_parquet(stream)
        return placed


def _check_levels(stream: Any, geo: Any, told: str) -> None:
    """Refuse shapes in shapes without end: the stack of their reader would end the process."""
    columns = geo.get("columns", {}) if isinstance(geo, dict) else {}
    with pq.ParquetFile(stream) as table:
        held = [name for name in columns if name in table.schema_arrow.names]
        for batch in table.iter_batches(1_000, columns=held, use_threads=False):
            for column in batch.columns:
                if any(map(_misleads, column.to_pylist())):
                    msg = (
                        f"{told} holds shapes that are damaged or nested too deep; export it again"
                    )
                    raise DataError(msg)


def _misleads(cell: Any) -> bool:
    # A reader also takes hexadecimal digits, which the format does not have.
    return isinstance(cell, str) or (isinstance(cell, bytes) and is_nested_deep(cell))


def _texts(content: Any) -> Iterator[str]:
    """Every text in a JSON document, the names of members left out."""
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, (list, dict)):
            waiting.extend(item.values() if isinstance(item, dict) else item)


def _plain_rows(stream: Any) -> pd.DataFrame:
    try:
        return pd.read_parquet(stream)
    except (pa.ArrowException, OSError):
        raise
    except Exception:  # noqa: BLE001 - what pandas noted of its index and types may be anything
        stream.seek(0)
        rows: pd.DataFrame = pq.read_table(stream).replace_schema_metadata(None).to_pandas()
        return rows


def _from_ogr(file: Path, layer: str | None, what: str) -> pd.DataFrame:
    layers = ogr.layers(file, what)
    if not layers:
        msg = f"{what}: {file.name!r} holds no layer of shapes or rows; export it again"
        raise DataError(msg)
    if layer is None and len(layers) == 1:
        layer = layers[0]
    if layer not in layers:
        lacks = "" if layer is None else f"has no layer {layer!r}: it "
        msg = f"{what}: {file.name!r} {lacks}holds the layers {_named(layers)}; name one of them"
        raise DataError(msg)
    return ogr.read(file, layer, what)


class LayerInfo(NamedTuple):
    """
    A layer of a vector file.

    Attributes
    ----------
    name
        Its name.
    kind
        Kind of its shapes, such as "Point"; "Unknown" where they may be any, empty where it has none.
    rows
        How many it states.
    columns
        Names of its columns.
    """

    name: str
    kind: str
    rows: int
    columns: list[str]


def list_layers(path: str | os.PathLike[str], *, what: str = "vector file") -> list[LayerInfo]:
    """
    List the layers of a GeoPackage, Shapefile or FlatGeobuf.

    Parameters
    ----------
    path
        The file.
    what
        What it is needed for, for messages.

    Returns
    -------
    list of LayerInfo
        Name, kind of shapes, number of rows and columns of each.

    Raises
    ------
    DataError
        If it is missing, broken, or not what its name says.

    Examples
    --------
    >>> import tempfile
    >>> posts = gpd.GeoDataFrame({"people": [30]}, geometry=[shapely.Point(40.2, 33.1)], crs=4326)
    >>> roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(40, 33), (41, 34)])], crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_vector({"posts": posts, "roads": roads}, f"{folder}/own.gpkg")
    ...     for layer in list_layers(f"{folder}/own.gpkg"):
    ...         print(layer)
    LayerInfo(name='posts', kind='Point', rows=1, columns=['people'])
    LayerInfo(name='roads', kind='LineString', rows=1, columns=[])
    """
    file = local_file(path, SUFFIXES.layered, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [LayerInfo(*told) for told in ogr.layer_kinds(file, what)]
    except (BorderzoneError, MemoryError):
        raise
    except Exception as error:  # whatever a reader raises on a broken file
        raise _unreadable(error, file, what) from error


def _unreadable(error: Exception, file: Path, what: str) -> DataError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"{what}: {file.name!r} cannot be read ({reason[:200]}); export it again")


def _named(layers: list[str]) -> str:
    shown = ", ".join(layers[:_SHOWN_LAYERS])
    more = len(layers) - _SHOWN_LAYERS
    return shown if more <= 0 else f"{shown} and {more:,} more"


def read_archived(
    source: str | os.PathLike[str], pattern: str, *, columns: list[str], what: str = "vector file"
) -> Iterator[gpd.GeoDataFrame]:
    """
    Read Shapefiles inside an archive piece by piece, so that some of any length fit into memory.

    Parameters
    ----------
    source
        The archive.
    pattern
        Regular expression that the whole name of a Shapefile fits, in lower case; what else the
        archive holds stays packed, and does not count against the limits.
    columns
        Columns that are read.
    what
        What it is needed for, for messages.

    Yields
    ------
    geopandas.GeoDataFrame
        The next rows that have shapes, in longitude and latitude and without a third dimension;
        layers come in the order of their names.

    Raises
    ------
    DataError
        If no layer fits, one is damaged, has no shapes or lacks a column, or `check_archive` refuses
        the archive.
    CRSMismatchError
        If one cannot be brought into longitude and latitude.
    LimitError
        If there is more in it than `limits` allow.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> roads = gpd.GeoDataFrame(
    ...     {"kind": ["track", "road"]},
    ...     geometry=[shapely.LineString([(40, 33), (41, y)]) for y in (34, 35)],
    ...     crs=4326,
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     roads.to_file(f"{folder}/roads.shp")
    ...     with zipfile.ZipFile(f"{folder}/iraq.zip", "w") as archive:
    ...         for file in sorted(Path(folder).glob("roads.*")):
    ...             archive.write(file, file.name)
    ...     for piece in read_archived(f"{folder}/iraq.zip", "roads.shp", columns=["kind"]):
    ...         print(piece["kind"].tolist())
    ['track', 'road']
    """
    archive = local_path(local_place(source, what))
    with unpacked_layers(archive, pattern, what=what) as files:
        for file in files:
            told = f"{what}: {file.name!r}"
            try:
                for piece in ogr.read_pieces(file, file.stem, what, columns=columns):
                    if not isinstance(piece, gpd.GeoDataFrame) or piece.crs is None:
                        msg = f"{told} has no lines, or names no coordinate reference system"
                        raise DataError(msg)
                    there = piece[piece.geometry.notna()]
                    check_finite(there, told)
                    yield in_degrees(
                        there.set_geometry(shapely.force_2d(there.geometry.array)), told
                    )
            except (pyogrio.errors.DataSourceError, pyogrio.errors.CRSError, ValueError) as error:
                if isinstance(error, BorderzoneError):
                    raise
                msg = f"{told} cannot be read ({str(error)[:200]}); remove the archive and fetch it again"
                raise DataError(msg) from error


def write_vector(layers: Mapping[str, gpd.GeoDataFrame], path: str | os.PathLike[str]) -> None:
    """
    Write tables with shapes, the same bytes every time: layers of a GeoPackage, or one as GeoParquet or GeoJSON.

    Columns that a GeoPackage would take for one another, or for its own, get a number.

    Parameters
    ----------
    layers
        Table by layer name; one table for GeoParquet and GeoJSON, which hold no name of it.
    path
        File to write, which ends in ``.gpkg``, ``.parquet`` or ``.geojson`` (in degrees, whatever the
        CRS of the table); an existing one is replaced when the new one is whole.

    Raises
    ------
    OutputError
        If there is no layer or more than the format holds, the name ends otherwise, or the file
        cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> post = gpd.GeoDataFrame({"people": [30]}, geometry=[shapely.Point(40.2, 33.1)], crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("first", "second"):
    ...         write_vector({"posts": post}, f"{folder}/{name}.gpkg")
    ...     Path(folder, "first.gpkg").read_bytes() == Path(folder, "second.gpkg").read_bytes()
    True
    """
    file = check_path(path, "output file", OutputError)
    if not layers:
        msg = f"{file!r} would have no layer; give at least one table"
        raise OutputError(msg)
    ending = Path(file).suffix.lower()
    if ending not in (".gpkg", ".parquet", ".geojson"):
        msg = f"{file!r} ends in {ending!r}; shapes are written as .gpkg, .parquet or .geojson"
        raise OutputError(msg)
    if ending != ".gpkg":
        _write_one(layers, path, ending)
        return
    with atomic_write(path) as temporary, ogr.options(OGR_CURRENT_DATE=FIXED_DATE):
        for name, frame in layers.items():
            plain = _apart(kept_table(frame))
            plain.to_file(temporary, layer=kept(name), driver="GPKG", engine="pyogrio")


def _write_one(
    layers: Mapping[str, gpd.GeoDataFrame], path: str | os.PathLike[str], ending: str
) -> None:
    """Write the one table of a file that holds no more."""
    if len(layers) > 1:
        msg = f"{str(path)!r} holds one table, got {len(layers)}; write .gpkg, or a file for each"
        raise OutputError(msg)
    (table,) = layers.values()
    with atomic_write(path) as temporary:
        if ending == ".parquet":
            kept_table(table).to_parquet(temporary, compression="zstd")
        else:
            plain = kept_table(table.to_crs(4326))
            plain.to_file(temporary, driver="GeoJSON", engine="pyogrio", RFC7946="YES")


def _apart(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rename columns that a GeoPackage would take for one another, or for its own."""
    taken = {str(name).casefold() for name in frame.columns}
    seen, names = {"fid", "geom"}, {}
    for name in map(str, frame.columns.drop(frame.geometry.name)):
        told, number = name, 2
        while told.casefold() in seen or (told != name and told.casefold() in taken):
            told, number = f"{name}_{number}", number + 1
        seen.add(told.casefold())
        names[name] = told
    return frame.rename(columns=names)
