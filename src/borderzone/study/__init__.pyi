from .record import (
    GROUND_STEPS as GROUND_STEPS,
    PATROL_STEPS as PATROL_STEPS,
    Study as Study,
)
from .ground import Ground as Ground
from .crossing import CrossingFindings as CrossingFindings
from .result import StudyResult as StudyResult
from . import told as told
from .patrols import (
    KITS as KITS,
    KIT_DRAWS as KIT_DRAWS,
    own_law as own_law,
)
from .given import LAYERS as LAYERS
