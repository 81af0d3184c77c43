from .bounds import (
    Limits as Limits,
    limits as limits,
)
from .files import (
    SUFFIXES as SUFFIXES,
    OpenFile as OpenFile,
    local_file as local_file,
    sha256 as sha256,
)
from .formats.archives import (
    check_archive as check_archive,
    unpacked as unpacked,
)
from .records import (
    Record as Record,
    read_sidecar as read_sidecar,
    source_files as source_files,
    write_sidecar as write_sidecar,
)
from .products import Terms as Terms
from .tables import (
    plain_cells as plain_cells,
    read_csv as read_csv,
    read_sheets as read_sheets,
    write_csv as write_csv,
)
from .vector import (
    list_layers as list_layers,
    read_rows as read_rows,
    read_vector as read_vector,
    read_archived as read_archived,
    write_vector as write_vector,
)
from .formats.json_rows import rows_of as rows_of
from .raster import (
    open_raster as open_raster,
    read_raster as read_raster,
    write_raster as write_raster,
)
from .writer import (
    copy_raster as copy_raster,
    create_raster as create_raster,
)
from .warping import warp as warp
from .dem import (
    check_file as check_file,
    open_classes as open_classes,
    open_dem as open_dem,
    read_dem as read_dem,
    sea_shape as sea_shape,
)
from .files import (
    atomic_write as atomic_write,
    flush_to_disk as flush_to_disk,
)
from .output import OutputFolder as OutputFolder
