"""A study: one border, its data and one scenario, from the line to three sentences."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
