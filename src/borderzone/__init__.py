"""Land-border corridors, hard ground and patrol coverage, kilometre by kilometre."""

import logging

import lazy_loader

from borderzone._guards.escapes import OneLine

__version__ = "0.1.0"

logging.getLogger("borderzone").addFilter(OneLine())

# Loaded on first use: a bare import stays light.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
