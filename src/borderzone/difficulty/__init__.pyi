from .caves import (
    EVIDENCE as EVIDENCE,
    FEWEST_CAVES as FEWEST_CAVES,
    CaveCalibration as CaveCalibration,
    calibrate as calibrate,
)
from .evidence import (
    EvidenceWeights as EvidenceWeights,
    auc as auc,
    auc_error as auc_error,
    frequency_ratio as frequency_ratio,
    success_rate_curve as success_rate_curve,
    weights_of_evidence as weights_of_evidence,
)
from .flagging import (
    ARIDITY_BREAK as ARIDITY_BREAK,
    CAVE_BREAKS as CAVE_BREAKS,
    CAVE_MEANINGS as CAVE_MEANINGS,
    CAVE_UNKNOWN as CAVE_UNKNOWN,
    CAVE_WEIGHTS as CAVE_WEIGHTS,
    GAMMA as GAMMA,
    flags as flags,
)
from .fuzzy import (
    AHPWeights as AHPWeights,
    ahp_weights as ahp_weights,
    fuzzy_and as fuzzy_and,
    fuzzy_gamma as fuzzy_gamma,
    fuzzy_or as fuzzy_or,
    fuzzy_product as fuzzy_product,
    fuzzy_sum as fuzzy_sum,
)
from .masking import mask_prior as mask_prior
from .regions import REMOTE_RANK_BREAKS_H as REMOTE_RANK_BREAKS_H
from .scales import (
    FLOOR as FLOOR,
    SCALES as SCALES,
    Scale as Scale,
)
from .shares import (
    ShareCounts as ShareCounts,
    flagged_share as flagged_share,
)
from .stability import (
    WEIGHT_SPREAD as WEIGHT_SPREAD,
    rank_stability as rank_stability,
)
from .index import (
    HIGHEST_RATIO as HIGHEST_RATIO,
    INDEX_LEGS as INDEX_LEGS,
    IndexWeights as IndexWeights,
    index_weights as index_weights,
)
from .zoning import (
    HOLE_SHARE as HOLE_SHARE,
    zones as zones,
)
