"""Land-border corridors, hard ground and patrol coverage, kilometre by kilometre."""

__version__ = "0.1.0"
