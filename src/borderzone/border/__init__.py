"""The shared line of two countries: parts, stretches, chainage."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
