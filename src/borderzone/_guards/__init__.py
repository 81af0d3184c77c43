"""The one place of each rule on what comes from outside."""

import lazy_loader

# Loaded on first use: errors import the escapes, and every other guard imports the errors.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
