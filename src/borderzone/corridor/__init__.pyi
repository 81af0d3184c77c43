from .record import Corridor as Corridor
from .sections import Section as Section
