"""Which ground is remote desert or cave-prone, and how hard it is to patrol."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.difficulty.calibration import EVIDENCE, FEWEST_CAVES, CaveCalibration, calibrate
from borderzone.difficulty.evidence import (
    EvidenceWeights,
    auc,
    auc_error,
    frequency_ratio,
    success_rate_curve,
    weights_of_evidence,
)
from borderzone.difficulty.flags import (
    ARIDITY_BREAK,
    CAVE_BREAKS,
    CAVE_MEANINGS,
    CAVE_UNKNOWN,
    CAVE_WEIGHTS,
    GAMMA,
    flags,
)
from borderzone.difficulty.fuzzy import (
    AHPWeights,
    ahp_weights,
    fuzzy_and,
    fuzzy_gamma,
    fuzzy_or,
    fuzzy_product,
    fuzzy_sum,
)
from borderzone.difficulty.masking import mask_prior
from borderzone.difficulty.regions import REMOTE_RANK_BREAKS_H
from borderzone.difficulty.scales import FLOOR, SCALES, Scale
from borderzone.difficulty.shares import ShareCounts, flagged_share
from borderzone.difficulty.stability import WEIGHT_SPREAD, rank_stability
from borderzone.difficulty.weighting import (
    HIGHEST_RATIO,
    INDEX_LEGS,
    IndexWeights,
    index_weights,
)
from borderzone.difficulty.zones import HOLE_SHARE, zones

__all__ = [
    "ARIDITY_BREAK",
    "CAVE_BREAKS",
    "CAVE_MEANINGS",
    "CAVE_UNKNOWN",
    "CAVE_WEIGHTS",
    "EVIDENCE",
    "FEWEST_CAVES",
    "FLOOR",
    "GAMMA",
    "HIGHEST_RATIO",
    "HOLE_SHARE",
    "INDEX_LEGS",
    "REMOTE_RANK_BREAKS_H",
    "SCALES",
    "WEIGHT_SPREAD",
    "AHPWeights",
    "CaveCalibration",
    "EvidenceWeights",
    "IndexWeights",
    "Scale",
    "ShareCounts",
    "ahp_weights",
    "auc",
    "auc_error",
    "calibrate",
    "flagged_share",
    "flags",
    "frequency_ratio",
    "fuzzy_and",
    "fuzzy_gamma",
    "fuzzy_or",
    "fuzzy_product",
    "fuzzy_sum",
    "index_weights",
    "mask_prior",
    "rank_stability",
    "success_rate_curve",
    "weights_of_evidence",
    "zones",
]

guard_room(globals(), __all__)
