from .listing import list_borders as list_borders
from .record import Border as Border
