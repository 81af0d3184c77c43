"""The only door to files: rasters, vectors, tables and the output folder."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.io.archives import Member, check_archive, member, unpacked
from borderzone.io.cells import plain_cells
from borderzone.io.classes import ClassSource, open_classes
from borderzone.io.dem import ElevationSource, open_dem, read_dem
from borderzone.io.files import atomic_write, local_file, run_id, sha256
from borderzone.io.limits import Limits, limits
from borderzone.io.output import output_folder
from borderzone.io.parquet import read_parquet
from borderzone.io.raster import open_raster, read_raster, write_raster
from borderzone.io.records import Record, describe
from borderzone.io.sea import sea_cells
from borderzone.io.sidecars import read_sidecar, write_sidecar
from borderzone.io.tables import read_table, write_csv
from borderzone.io.vector import (
    read_rows,
    read_vector,
    write_geoparquet,
    write_gpkg,
)
from borderzone.io.warp import warp
from borderzone.io.workbooks import SHEET_SUFFIXES, Sheet, read_sheets
from borderzone.io.writer import RasterWriter, copy_raster, create_raster, read_window

__all__ = [
    "SHEET_SUFFIXES",
    "ClassSource",
    "ElevationSource",
    "Limits",
    "Member",
    "RasterWriter",
    "Record",
    "Sheet",
    "atomic_write",
    "check_archive",
    "copy_raster",
    "create_raster",
    "describe",
    "limits",
    "local_file",
    "member",
    "open_classes",
    "open_dem",
    "open_raster",
    "output_folder",
    "plain_cells",
    "read_dem",
    "read_parquet",
    "read_raster",
    "read_rows",
    "read_sheets",
    "read_sidecar",
    "read_table",
    "read_vector",
    "read_window",
    "run_id",
    "sea_cells",
    "sha256",
    "unpacked",
    "warp",
    "write_csv",
    "write_geoparquet",
    "write_gpkg",
    "write_raster",
    "write_sidecar",
]

guard_room(globals(), __all__)
