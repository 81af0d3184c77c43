"""The command line: a study, what can be named, what ships, what can be fetched, and checks."""

from borderzone._guards.doors import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
