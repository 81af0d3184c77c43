"""The only door to files: rasters, vectors, tables and the output folder."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
