from .cache import cache_folder as cache_folder
from .events import ucdp as ucdp
from .network import Network as Network
from .road_archives import (
    roads as roads,
    roads_plan as roads_plan,
)
from .tile_stores import (
    dem as dem,
    esa_worldcover as esa_worldcover,
    plan as plan,
    tiles as tiles,
)
