"""What the ground is: derivatives of elevation, landforms, and what covers it."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
