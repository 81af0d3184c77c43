"""
Doors of rooms: what stands in a room's stub is loaded on first use, each function behind its guard.

And the one way up: a record of a lower room is drawn by the room that draws, which it looks up by name.
"""

from __future__ import annotations

import inspect
import sys
from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

import lazy_loader

from borderzone._guards.escapes import popup_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from matplotlib.axes import Axes

__all__ = [
    "Drawn",
    "door",
]


def door(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Open a room's door: the names in the ``.pyi`` beside its ``__init__.py``, loaded on first use."""
    load, names, public = lazy_loader.attach_stub(room, file)

    def behind_the_door(name: str) -> Any:
        thing = load(name)
        if inspect.isfunction(thing) and thing.__module__.startswith(room):
            from borderzone._guards.kinds import guarded  # noqa: PLC0415 - only where it guards

            thing = guarded(thing)
            thing.__module__ = room  # where another process finds it, as it is: behind its guard
        setattr(sys.modules[room], name, thing)
        return thing

    return behind_the_door, names, public


class Drawn(ABC):
    """
    A record with a table of shapes, drawn on a map still or interactive.

    Attributes
    ----------
    drawn_by
        Name of the function of the maps that draws it.
    """

    drawn_by: ClassVar[str]

    @property
    @abstractmethod
    def _table(self) -> gpd.GeoDataFrame:
        """What is drawn."""

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Give what is drawn as a table of its own."""
        return self._table.copy()

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw it on a map."""
        # The backend is looked up by name, as pandas does: no domain room imports figures.
        draw = getattr(import_module("borderzone.figures.maps"), self.drawn_by)
        return cast("Axes", draw(self, ax=ax, **kwargs))

    def explore(self, **kwargs: Any) -> Any:
        """Show it on an interactive map; needs the interactive extra."""
        return popup_table(self._table).explore(**kwargs)
