"""What if: sweeps over assumptions, and results compared draw by draw."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
