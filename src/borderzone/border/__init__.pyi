from .sources import list_borders as list_borders
from .published_lengths import told_lengths as told_lengths
from .countries import Country as Country
from .record import Border as Border
from .line_files import is_line_file as is_line_file
from .parts import LINE_KINDS as LINE_KINDS
