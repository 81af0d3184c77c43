"""The libraries of the extra ``stats``, loaded where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from borderzone.errors import InvalidParameterError

__all__ = ["stats_library"]


def stats_library(name: str) -> Any:
    """Load a library that the extra ``stats`` installs."""
    try:
        return import_module(name)
    except ImportError as error:
        msg = f"this needs {name}, which is not installed: pip install borderzone[stats]"
        raise InvalidParameterError(msg) from error
