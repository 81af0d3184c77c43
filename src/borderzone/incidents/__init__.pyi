from . import hotspots as hotspots
from .article_rows import (
    article as article,
    describe as describe,
    with_distance_to_border as with_distance_to_border,
)
from .bands import garwood_interval as garwood_interval
from .codebooks import (
    CODEBOOKS as CODEBOOKS,
    KERNELS as KERNELS,
    UNSTATED as UNSTATED,
    Kernel as Kernel,
    kernel_table as kernel_table,
)
from .compared_cells import (
    comparison_cells as comparison_cells,
    counts_in_cells as counts_in_cells,
)
from .counts import aggregate as aggregate
from .crossings import (
    ARTICLE_ESTIMATE as ARTICLE_ESTIMATE,
    CrossingEstimate as CrossingEstimate,
)
from .enrichment_ratio import (
    enrichment as enrichment,
    enrichment_table as enrichment_table,
)
from .enrichment_record import Enrichment as Enrichment
from .events_on_ground import (
    ground_counts as ground_counts,
    on_ground as on_ground,
)
from .export import (
    Written as Written,
    write as write,
)
from .exposure import (
    exposure_ratios as exposure_ratios,
    rate_ratio_interval as rate_ratio_interval,
)
from .imputation import impute as impute
from .incident_table import (
    schema as schema,
    validate as validate,
)
from .interdicted import (
    InterdictionBand as InterdictionBand,
    interdiction_band as interdiction_band,
    interdiction_curve as interdiction_curve,
)
from .overlaying import (
    Account as Account,
    account as account,
    overlay as overlay,
)
from .precision import (
    disc_share_beyond_edge as disc_share_beyond_edge,
    regions as regions,
)
from .pressure import (
    REPORTED_NOT_CROSSED as REPORTED_NOT_CROSSED,
    pressure_draws as pressure_draws,
    pressure_weights as pressure_weights,
    segment_weights as segment_weights,
)
from .probabilities import event_probabilities as event_probabilities
from .ratio_of_counts import ratio_at_equal_distance as ratio_at_equal_distance
from .readers import read as read
from .sentences import zone_sentences as zone_sentences
from .sizes import position_error_km as position_error_km
from .synthetic_events import synthetic as synthetic
from .table_coverage import (
    TableCoverage as TableCoverage,
    coverage as coverage,
)
from .terms_of_use import (
    TERMS as TERMS,
    DatasetTerms as DatasetTerms,
    credit_line as credit_line,
    dataset_of as dataset_of,
    terms as terms,
)
from .verdict import (
    check as check,
    rejected as rejected,
    require_usable as require_usable,
    verdict_sentences as verdict_sentences,
)
