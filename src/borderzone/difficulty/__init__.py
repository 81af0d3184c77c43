"""Which ground is remote desert or cave-prone, and how hard it is to patrol."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
