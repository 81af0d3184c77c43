from .events import (
    UcdpResult as UcdpResult,
    ucdp as ucdp,
)
from .fetching import (
    FetchResult as FetchResult,
    dem as dem,
    landcover as landcover,
)
from .network import Network as Network
from .planning import (
    Plan as Plan,
    plan as plan,
)
from .road_archives import (
    RoadsResult as RoadsResult,
    roads as roads,
    roads_plan as roads_plan,
)
from .cache import cache_folder as cache_folder
from .tile_stores import (
    SOURCES as SOURCES,
    Source as Source,
)
from .tiling import tiles as tiles
