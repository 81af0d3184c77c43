"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from __future__ import annotations

from borderzone.incidents.article import article, describe, with_distance_to_border
from borderzone.incidents.bands import garwood_interval
from borderzone.incidents.counts import aggregate
from borderzone.incidents.export import Written, write
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
from borderzone.incidents.terms import TERMS, DatasetTerms, credit_line, dataset_of, terms
from borderzone.incidents.verdict import check, rejected, require_usable, verdict_sentences

__all__ = [
    "ARTICLE_ESTIMATE",
    "KERNELS",
    "TERMS",
    "UNSTATED",
    "CrossingEstimate",
    "DatasetTerms",
    "Kernel",
    "Written",
    "aggregate",
    "article",
    "check",
    "credit_line",
    "dataset_of",
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
    "terms",
    "validate",
    "verdict_sentences",
    "with_distance_to_border",
    "write",
]
