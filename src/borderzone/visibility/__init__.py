"""Lines of sight: what is seen from one place or many, and how much of a strip is out of sight."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
