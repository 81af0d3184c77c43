"""The only door to the network: tiles, roads and public incidents, resumable and checked."""

from borderzone._guards import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
