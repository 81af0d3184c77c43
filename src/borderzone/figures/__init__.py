"""Figures of a study: maps, strip map, curves and charts, each with its table."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
