from . import (
    access as access,
    datasets as datasets,
    difficulty as difficulty,
    errors as errors,
    fetch as fetch,
    figures as figures,
    incidents as incidents,
    io as io,
    patrol as patrol,
    posts as posts,
    stream as stream,
    terrain as terrain,
    visibility as visibility,
    whatif as whatif,
)
from .border import Border as Border, list_borders as list_borders
from .corridor import Corridor as Corridor
from .errors import BorderzoneError as BorderzoneError
from .grid import Grid as Grid
from .io import read_dem as read_dem
from .provenance import show_versions as show_versions
from .report import open_result as open_result, write_report as write_report
from .scenario import PRESETS as PRESETS, Scenario as Scenario
from .study import Study as Study, StudyResult as StudyResult
from .whatif import compare as compare, open_sweep as open_sweep, sweep as sweep

__version__: str
