"""Where better data pays: which flags rest on coarse terrain or on maps of rock and cover."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
