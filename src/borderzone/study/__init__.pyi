from .record import Study as Study
from .ground import Ground as Ground
from .result import StudyResult as StudyResult
from . import told as told
from .patrols import own_law as own_law
