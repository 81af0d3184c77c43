"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from borderzone.incidents.article import article, describe, with_distance_to_border
from borderzone.incidents.bands import garwood_interval
from borderzone.incidents.imputation import impute
from borderzone.incidents.overlay import event_probabilities, overlay
from borderzone.incidents.precision import (
    KERNELS,
    UNSTATED,
    Kernel,
    disc_share_beyond_edge,
    position_error_km,
    regions,
)
from borderzone.incidents.pressure import (
    ARTICLE_ESTIMATE,
    CrossingEstimate,
    segment_weights,
)
from borderzone.incidents.readers import read
from borderzone.incidents.synthetic import synthetic
from borderzone.incidents.verdict import check, rejected, require_usable

if TYPE_CHECKING:
    from borderzone.incidents import hotspots

__all__ = [
    "ARTICLE_ESTIMATE",
    "KERNELS",
    "UNSTATED",
    "CrossingEstimate",
    "Kernel",
    "article",
    "check",
    "describe",
    "disc_share_beyond_edge",
    "event_probabilities",
    "garwood_interval",
    "hotspots",
    "impute",
    "overlay",
    "position_error_km",
    "read",
    "regions",
    "rejected",
    "require_usable",
    "segment_weights",
    "synthetic",
    "with_distance_to_border",
]


def __getattr__(name: str) -> Any:
    # Reading a table must not load the statistics, which few studies use.
    if name == "hotspots":
        return import_module("borderzone.incidents.hotspots")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
