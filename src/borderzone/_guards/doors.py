"""Doors of rooms: what stands in a room's stub is loaded on first use, each function behind its guard."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["door"]


def door(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Open a room's door: the names in the ``.pyi`` beside its ``__init__.py``, loaded on first use."""
    load, names, public = lazy_loader.attach_stub(room, file)

    def behind_the_door(name: str) -> Any:
        thing = load(name)
        if inspect.isfunction(thing) and thing.__module__.startswith(room):
            from borderzone._guards.kinds import guarded  # noqa: PLC0415 (only where it guards)

            thing = guarded(thing)
            thing.__module__ = room  # where another process finds it, as it is: behind its guard
        setattr(sys.modules[room], name, thing)
        return thing

    return behind_the_door, names, public
