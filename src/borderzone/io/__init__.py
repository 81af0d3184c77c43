"""The only door to files: rasters, vectors, tables and the output folder."""

from __future__ import annotations

from borderzone.io.files import atomic_write, local_file, run_id, sha256
from borderzone.io.raster import MAX_CELLS, open_raster, read_raster, write_raster
from borderzone.io.records import Record, describe
from borderzone.io.vector import read_vector, write_geoparquet, write_gpkg
from borderzone.io.warp import warp

__all__ = [
    "MAX_CELLS",
    "Record",
    "atomic_write",
    "describe",
    "local_file",
    "open_raster",
    "read_raster",
    "read_vector",
    "run_id",
    "sha256",
    "warp",
    "write_geoparquet",
    "write_gpkg",
    "write_raster",
]
