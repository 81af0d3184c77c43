"""Cells summarised by segment: the bridge from ground to patrol.

Patrols read masking and speeds from here, nothing else. The difficulty index
and the flags may be summarised for maps, but no rate follows from them.
"""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
