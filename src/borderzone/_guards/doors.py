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
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import geopandas as gpd
    from matplotlib.axes import Axes

__all__ = [
    "Drawn",
    "door",
    "explored",
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
        """Show it on an interactive map, with what `GeoDataFrame.explore` takes; needs the extra interactive."""
        return explored(self._table, **kwargs)

    def to_file(self, path: str | os.PathLike[str]) -> None:
        """Write what is drawn as .gpkg, .parquet or .geojson; an existing file is replaced."""
        io = import_module("borderzone.io")
        io.write_vector({type(self).__name__.lower(): self._table}, path)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """What is drawn as a collection of GeoJSON features, for every program that reads them."""
        return cast("dict[str, Any]", self._table.__geo_interface__)

    @abstractmethod
    def _repr_html_(self) -> str:
        """Show it in a notebook: a small map and what it is."""


def explored(table: gpd.GeoDataFrame, **kwargs: Any) -> Any:
    """Show a table of shapes on an interactive map, or say what that needs."""
    try:
        return popup_table(table).explore(**kwargs)
    except ImportError as error:
        msg = (
            'an interactive map needs folium and mapclassify: pip install "borderzone[interactive]"'
        )
        raise InvalidParameterError(msg) from error
