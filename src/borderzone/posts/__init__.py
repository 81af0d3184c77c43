"""Posts that stand and watch: places for them, what each sees, and which to take."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
