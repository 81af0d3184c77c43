"""Land-border corridors, hard ground and patrol coverage, kilometre by kilometre."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import lazy_loader as lazy

from borderzone._guards.escapes import OneLine

__version__ = "0.1.0"

logging.getLogger("borderzone").addFilter(OneLine())

_ROOMS = [
    "access",
    "better_data",
    "datasets",
    "difficulty",
    "errors",
    "fetch",
    "figures",
    "incidents",
    "io",
    "patrol",
    "stream",
    "summary",
    "terrain",
    "visibility",
]

# Loaded on first use: a bare import stays light.
__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=_ROOMS,
    submod_attrs={
        "border": ["Border", "list_borders"],
        "corridor": ["Corridor"],
        "errors": ["BorderzoneError"],
        "grid": ["Grid"],
        "io": ["read_dem"],
        "provenance": ["show_versions"],
        "report": ["write_report"],
        "scenario": ["PRESETS", "Scenario"],
        "study": ["Study", "StudyResult"],
        "whatif": ["compare", "sweep"],
    },
)

if TYPE_CHECKING:
    from borderzone import (
        access,
        better_data,
        datasets,
        difficulty,
        errors,
        fetch,
        figures,
        incidents,
        io,
        patrol,
        stream,
        summary,
        terrain,
        visibility,
    )
    from borderzone.border import Border, list_borders
    from borderzone.corridor import Corridor
    from borderzone.errors import BorderzoneError
    from borderzone.grid import Grid
    from borderzone.io import read_dem
    from borderzone.provenance import show_versions
    from borderzone.report import write_report
    from borderzone.scenario import PRESETS, Scenario
    from borderzone.study import Study, StudyResult
    from borderzone.whatif import compare, sweep

    __all__ = [
        "PRESETS",
        "Border",
        "BorderzoneError",
        "Corridor",
        "Grid",
        "Scenario",
        "Study",
        "StudyResult",
        "access",
        "better_data",
        "compare",
        "datasets",
        "difficulty",
        "errors",
        "fetch",
        "figures",
        "incidents",
        "io",
        "list_borders",
        "patrol",
        "read_dem",
        "show_versions",
        "stream",
        "summary",
        "sweep",
        "terrain",
        "visibility",
        "write_report",
    ]
