"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from __future__ import annotations

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
from borderzone.incidents.schema import schema, validate
from borderzone.incidents.synthetic import synthetic
from borderzone.incidents.verdict import check, rejected, require_usable

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
    "impute",
    "overlay",
    "position_error_km",
    "read",
    "regions",
    "rejected",
    "require_usable",
    "schema",
    "segment_weights",
    "synthetic",
    "validate",
    "with_distance_to_border",
]
