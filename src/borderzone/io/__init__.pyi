from .formats.archives import (
    Member as Member,
    check_archive as check_archive,
    member as member,
    unpacked as unpacked,
)
from .tables import plain_cells as plain_cells
from .dem import (
    ClassSource as ClassSource,
    open_classes as open_classes,
)
from .dem import (
    ElevationSource as ElevationSource,
    open_dem as open_dem,
    read_dem as read_dem,
)
from .files import (
    atomic_write as atomic_write,
    local_file as local_file,
    run_id as run_id,
    sha256 as sha256,
)
from .bounds import (
    Limits as Limits,
    limits as limits,
)
from .files import output_folder as output_folder
from .vector import read_parquet as read_parquet
from .raster import (
    open_raster as open_raster,
    read_raster as read_raster,
    write_raster as write_raster,
)
from .records import file_records as file_records
from .dem import sea_cells as sea_cells
from .sidecars import Record as Record, read_sidecar as read_sidecar, write_sidecar as write_sidecar
from .tables import (
    read_table as read_table,
    write_csv as write_csv,
)
from .vector import (
    read_rows as read_rows,
    read_vector as read_vector,
    write_geoparquet as write_geoparquet,
    write_gpkg as write_gpkg,
)
from .warping import warp as warp
from .tables import (
    SHEET_SUFFIXES as SHEET_SUFFIXES,
    Sheet as Sheet,
    read_sheets as read_sheets,
)
from .writer import (
    RasterWriter as RasterWriter,
    copy_raster as copy_raster,
    create_raster as create_raster,
    read_window as read_window,
)
