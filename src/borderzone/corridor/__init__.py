"""The strip around a border: sections, equal segments, side, chainage and offset."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
