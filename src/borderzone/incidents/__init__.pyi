from .reading.readers import read as read
from .reading.read_options import ReadOptions as ReadOptions
from .reading.checking import TableCheck as TableCheck
from .table_coverage import coverage as coverage
from .table_schema import schema as schema
from .synthetic_events import synthetic as synthetic
from .placing.precision import (
    regions as regions,
    precision_table as precision_table,
    PrecisionClass as PrecisionClass,
)
from .placing.event_polygons import EventPolygons as EventPolygons
from .placing.covered_ground import ground_words as ground_words
from .placing.overlaying import (
    overlay as overlay,
    zone_sentences as zone_sentences,
    account as account,
    event_probabilities as event_probabilities,
)
from .placing.events_on_ground import (
    on_ground as on_ground,
    ground_counts as ground_counts,
    ground_sentence as ground_sentence,
)
from .comparing.exposure import exposure_ratios as exposure_ratios
from .comparing.flagged_ratio import (
    enrichment as enrichment,
    enrichment_table as enrichment_table,
)
from .comparing.pressure import pressure_weights as pressure_weights
from .comparing.crossings import (
    ARTICLE_ESTIMATE as ARTICLE_ESTIMATE,
    CrossingEstimate as CrossingEstimate,
)
from .hotspots import (
    find_hotspots as find_hotspots,
    HotspotOptions as HotspotOptions,
    event_density as event_density,
)
from .sharing.terms_of_use import (
    terms as terms,
    credit_line as credit_line,
    leaving as leaving,
)
from .sharing.export import write as write
