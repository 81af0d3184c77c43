"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
