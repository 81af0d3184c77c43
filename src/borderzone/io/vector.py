"""Vector files: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML, KMZ and GeoParquet."""

from __future__ import annotations

import json
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import shapely

from borderzone.errors import CRSMismatchError, DataError, LimitError, OutputError
from borderzone.io.files import atomic_write, check_text_size, local_file
from borderzone.io.kml import read_kml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_vector", "write_geoparquet", "write_gpkg"]

SUFFIXES = frozenset({".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml", ".kmz", ".parquet"})
FIXED_DATE = "2000-01-01T00:00:00Z"  # the time stamp inside a GeoPackage, so that bytes repeat

_DRIVERS = {
    ".gpkg": ("GPKG",),
    ".shp": ("ESRI Shapefile",),
    ".fgb": ("FlatGeobuf",),
}
_GEOJSON_TYPES = frozenset({"FeatureCollection", "Feature"})
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")


def read_vector(
    path: str | os.PathLike[str], *, layer: str | None = None, what: str = "vector file"
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
    """
    file = local_file(path, SUFFIXES, what)
    suffix = file.suffix.lower()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a reader grumbling over a file
            frame = _read(file, suffix, layer, what)
    except (DataError, CRSMismatchError, LimitError):
        raise
    except Exception as error:  # whatever a reader raises on a broken file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"{what}: {file.name!r} cannot be read ({reason[:200]}); export it again"
        raise DataError(msg) from error
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
    flat = frame.set_geometry(shapely.force_2d(frame.geometry.array)).to_crs("EPSG:4326")
    flat.attrs["notes"] = notes
    return flat


def _read(file: Path, suffix: str, layer: str | None, what: str) -> gpd.GeoDataFrame:
    if suffix == ".parquet":
        return gpd.read_parquet(file)
    if suffix in {".geojson", ".json"}:
        return _from_geojson(_json(file, what), file, what)
    if suffix in {".kml", ".kmz"}:
        return read_kml(file, layer=layer, what=what)
    return _from_ogr(file, layer, what)


def _json(file: Path, what: str) -> Any:
    """Parse GeoJSON here: drivers also take other JSON for data, some of it with commands."""
    check_text_size(file, what)
    return json.loads(file.read_text(encoding="utf-8-sig"))


def _from_geojson(content: Any, file: Path, what: str) -> gpd.GeoDataFrame:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind not in _GEOJSON_TYPES:
        msg = f"{what}: {file.name!r} holds {kind!r}, not a FeatureCollection; export it as GeoJSON"
        raise DataError(msg)
    crs = (content.get("crs") or {}).get("properties", {}).get("name", "CRS84")
    if not str(crs).endswith(_WGS84_NAMES):
        msg = (
            f"{what}: {file.name!r} says it is in {crs}; GeoJSON is longitude and latitude "
            "(EPSG:4326). Project it before the export"
        )
        raise CRSMismatchError(msg)
    features = content["features"] if kind == "FeatureCollection" else [content]
    if not features:
        return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    frame = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")
    return frame[[*frame.columns.drop("geometry"), "geometry"]]


def _from_ogr(file: Path, layer: str | None, what: str) -> gpd.GeoDataFrame:
    layers = [str(name) for name, _ in pyogrio.list_layers(file)]
    if layer is None and len(layers) == 1:
        layer = layers[0]
    if layer not in layers:
        msg = f"{what}: {file.name!r} holds the layers {', '.join(layers)}; name one of them"
        raise DataError(msg)
    driver = str(pyogrio.read_info(file, layer=layer)["driver"])
    if driver not in _DRIVERS[file.suffix.lower()]:
        msg = (
            f"{what}: {file.name!r} is {driver}, not what its extension {file.suffix!r} says; "
            "export it again, or give it its true extension"
        )
        raise DataError(msg)
    return gpd.read_file(file, layer=layer, engine="pyogrio")


def write_geoparquet(frame: gpd.GeoDataFrame, path: str | os.PathLike[str]) -> None:
    """
    Write a table with geometry as GeoParquet.

    Parameters
    ----------
    frame
        The table.
    path
        File to write; an existing one is replaced when the new one is whole.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with atomic_write(path) as temporary:
        frame.to_parquet(temporary, compression="zstd")


def write_gpkg(layers: Mapping[str, gpd.GeoDataFrame], path: str | os.PathLike[str]) -> None:
    """
    Write tables as layers of one GeoPackage, the same bytes every time.

    Parameters
    ----------
    layers
        Table by layer name.
    path
        File to write; an existing one is replaced when the new one is whole.

    Raises
    ------
    OutputError
        If there is no layer, or the file cannot be written.
    """
    if not layers:
        msg = f"{os.fspath(path)!r} would have no layer; give at least one table"
        raise OutputError(msg)
    with atomic_write(path) as temporary, _vector_options(OGR_CURRENT_DATE=FIXED_DATE):
        for name, frame in layers.items():
            frame.to_file(temporary, layer=name, driver="GPKG", engine="pyogrio")


@contextmanager
def _vector_options(**options: str) -> Iterator[None]:
    """Set options of the vector reader's own GDAL, and put the old ones back."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
