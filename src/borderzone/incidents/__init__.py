"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from borderzone._guards import guard_room
from borderzone.incidents.article import article, describe, with_distance_to_border
from borderzone.incidents.bands import garwood_interval
from borderzone.incidents.codebooks import CODEBOOKS, KERNELS, UNSTATED, Kernel, kernel_table
from borderzone.incidents.comparison_cells import comparison_cells, counts_in_cells
from borderzone.incidents.counts import aggregate
from borderzone.incidents.coverage import TableCoverage, coverage
from borderzone.incidents.crossings import ARTICLE_ESTIMATE, CrossingEstimate
from borderzone.incidents.enrichment import enrichment, enrichment_table
from borderzone.incidents.enrichment_record import Enrichment
from borderzone.incidents.export import Written, write
from borderzone.incidents.exposure import exposure_ratios, rate_ratio_interval
from borderzone.incidents.imputation import impute
from borderzone.incidents.interdiction_curve import (
    InterdictionBand,
    interdiction_band,
    interdiction_curve,
)
from borderzone.incidents.on_ground import ground_counts, on_ground
from borderzone.incidents.overlay import Account, account, overlay
from borderzone.incidents.precision import disc_share_beyond_edge, regions
from borderzone.incidents.pressure import (
    REPORTED_NOT_CROSSED,
    pressure_draws,
    pressure_weights,
    segment_weights,
)
from borderzone.incidents.probabilities import event_probabilities
from borderzone.incidents.ratio_of_counts import ratio_at_equal_distance
from borderzone.incidents.readers import read
from borderzone.incidents.schema import schema, validate
from borderzone.incidents.sentences import zone_sentences
from borderzone.incidents.sizes import position_error_km
from borderzone.incidents.synthetic import synthetic
from borderzone.incidents.terms import TERMS, DatasetTerms, credit_line, dataset_of, terms
from borderzone.incidents.verdict import check, rejected, require_usable, verdict_sentences

if TYPE_CHECKING:
    from borderzone.incidents import hotspots

__all__ = [
    "ARTICLE_ESTIMATE",
    "CODEBOOKS",
    "KERNELS",
    "REPORTED_NOT_CROSSED",
    "TERMS",
    "UNSTATED",
    "Account",
    "CrossingEstimate",
    "DatasetTerms",
    "Enrichment",
    "InterdictionBand",
    "Kernel",
    "TableCoverage",
    "Written",
    "account",
    "aggregate",
    "article",
    "check",
    "comparison_cells",
    "counts_in_cells",
    "coverage",
    "credit_line",
    "dataset_of",
    "describe",
    "disc_share_beyond_edge",
    "enrichment",
    "enrichment_table",
    "event_probabilities",
    "exposure_ratios",
    "garwood_interval",
    "ground_counts",
    "hotspots",
    "impute",
    "interdiction_band",
    "interdiction_curve",
    "kernel_table",
    "on_ground",
    "overlay",
    "position_error_km",
    "pressure_draws",
    "pressure_weights",
    "rate_ratio_interval",
    "ratio_at_equal_distance",
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
    "zone_sentences",
]

guard_room(globals(), __all__)


def __getattr__(name: str) -> Any:
    # Reading a table must not load the statistics, which few studies use.
    if name == "hotspots":
        return import_module("borderzone.incidents.hotspots")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
