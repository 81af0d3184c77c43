from .shipped_events import (
    article as article,
    describe as describe,
    with_distance_to_border as with_distance_to_border,
)
from .placing.bands import garwood_interval as garwood_interval
from .placing.precision import (
    CODEBOOKS as CODEBOOKS,
    KERNELS as KERNELS,
    UNSTATED as UNSTATED,
    Kernel as Kernel,
    kernel_table as kernel_table,
)
from .comparing.flagged_ratio import (
    comparison_cells as comparison_cells,
    counts_in_cells as counts_in_cells,
)
from .sharing.export import aggregate as aggregate
from .comparing.crossings import (
    ARTICLE_ESTIMATE as ARTICLE_ESTIMATE,
    CrossingEstimate as CrossingEstimate,
)
from .comparing.flagged_ratio import (
    enrichment as enrichment,
    enrichment_table as enrichment_table,
)
from .comparing.rate_ratio import Enrichment as Enrichment
from .placing.events_on_ground import (
    ground_counts as ground_counts,
    on_ground as on_ground,
)
from .sharing.export import (
    Written as Written,
    write as write,
)
from .comparing.exposure import (
    exposure_ratios as exposure_ratios,
    rate_ratio_interval as rate_ratio_interval,
)
from .hotspots import (
    HotspotOptions as HotspotOptions,
    Hotspots as Hotspots,
    event_density as event_density,
    find_hotspots as find_hotspots,
)
from .placing.imputation import impute as impute
from .incident_table import (
    schema as schema,
    validate as validate,
)
from .comparing.crossings import (
    InterdictionBand as InterdictionBand,
    interdiction_band as interdiction_band,
    interdiction_curve as interdiction_curve,
)
from .placing.overlaying import (
    Account as Account,
    account as account,
    overlay as overlay,
)
from .placing.precision import (
    disc_share_beyond_edge as disc_share_beyond_edge,
    regions as regions,
)
from .comparing.pressure import (
    REPORTED_NOT_CROSSED as REPORTED_NOT_CROSSED,
    pressure_draws as pressure_draws,
    pressure_weights as pressure_weights,
    segment_weights as segment_weights,
)
from .placing.overlaying import event_probabilities as event_probabilities
from .comparing.rate_ratio import ratio_at_equal_distance as ratio_at_equal_distance
from .reading.readers import read as read
from .placing.overlaying import zone_sentences as zone_sentences
from .placing.precision import position_error_km as position_error_km
from .shipped_events import synthetic as synthetic
from .reading.table_coverage import (
    TableCoverage as TableCoverage,
    coverage as coverage,
)
from .sharing.terms_of_use import (
    TERMS as TERMS,
    DatasetTerms as DatasetTerms,
    credit_line as credit_line,
    dataset_of as dataset_of,
    terms as terms,
)
from .reading.verdict import (
    check as check,
    rejected as rejected,
    require_usable as require_usable,
    verdict_sentences as verdict_sentences,
)
