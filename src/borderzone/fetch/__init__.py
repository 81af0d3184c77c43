"""The only door to the network: tiles and public incidents, resumable and checked."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.fetch.events import UcdpResult, ucdp
from borderzone.fetch.fetching import FetchResult, dem, landcover
from borderzone.fetch.network import Network
from borderzone.fetch.planning import Plan, plan
from borderzone.fetch.roads import RoadsResult, roads, roads_plan
from borderzone.fetch.shelf import cache_folder
from borderzone.fetch.sources import SOURCES, Source
from borderzone.fetch.tiling import tiles

__all__ = [
    "SOURCES",
    "FetchResult",
    "Network",
    "Plan",
    "RoadsResult",
    "Source",
    "UcdpResult",
    "cache_folder",
    "dem",
    "landcover",
    "plan",
    "roads",
    "roads_plan",
    "tiles",
    "ucdp",
]

guard_room(globals(), __all__)
