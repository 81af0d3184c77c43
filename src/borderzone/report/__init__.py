"""The output folder: one report to read, and every figure, table and layer behind it."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
