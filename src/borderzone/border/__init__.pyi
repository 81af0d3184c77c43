from .sources import list_borders as list_borders
from .published_lengths import told_lengths as told_lengths
from .countries import Country as Country
from .record import Border as Border
from .parts import LINE_KINDS as LINE_KINDS
