"""Hot spots of events: where and when there are more than chance, and positions, allow for."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
