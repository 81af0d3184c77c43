"""What is drawn by a room that draws: `.plot()` and `.explore()` of a border and its corridor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from borderzone._guards.escapes import popup_table

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Drawn"]


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

    def plot(self, ax: Any = None, **kwargs: Any) -> Any:
        """Draw it on a map."""
        # The backend is looked up by name, as pandas does: no domain room imports figures.
        draw = getattr(import_module("borderzone.figures.maps"), self.drawn_by)
        return draw(self, ax=ax, **kwargs)

    def explore(self, **kwargs: Any) -> Any:
        """Show it on an interactive map; needs the interactive extra."""
        return popup_table(self._table).explore(**kwargs)
