from .bounds import (
    Limits as Limits,
    limits as limits,
)
from .files import (
    SUFFIXES as SUFFIXES,
    OpenFile as OpenFile,
    local_file as local_file,
    local_place as local_place,
    sha256 as sha256,
)
from .formats.archives import (
    check_archive as check_archive,
    unpacked as unpacked,
    unpacked_layers as unpacked_layers,
)
from .records import (
    REGISTER as REGISTER,
    Record as Record,
    file_records as file_records,
    read_sidecar as read_sidecar,
    source_files as source_files,
    tiles_without as tiles_without,
    write_sidecar as write_sidecar,
)
from .products import Terms as Terms
from .tables import (
    plain_cells as plain_cells,
    read_sheets as read_sheets,
    write_csv as write_csv,
)
from .vector import (
    list_layers as list_layers,
    read_rows as read_rows,
    read_vector as read_vector,
    write_geoparquet as write_geoparquet,
    write_gpkg as write_gpkg,
)
from .formats.json_rows import rows_of as rows_of
from .formats.ogr import read_pieces as read_pieces
from .raster import (
    open_raster as open_raster,
    read_raster as read_raster,
    write_raster as write_raster,
)
from .writer import (
    copy_raster as copy_raster,
    create_raster as create_raster,
)
from .warping import on_grid as on_grid, warp as warp
from .dem import (
    check_file as check_file,
    open_classes as open_classes,
    open_dem as open_dem,
    read_dem as read_dem,
    sea_cells as sea_cells,
    sea_shape as sea_shape,
)
from .files import (
    atomic_write as atomic_write,
    flush_to_disk as flush_to_disk,
)
from .output import OutputFolder as OutputFolder
