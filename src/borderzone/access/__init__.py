"""How long it takes to get there, and for how long it is dark."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
