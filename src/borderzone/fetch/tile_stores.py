"""Where tiles come from: address, naming, licence and the words that must travel with them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from borderzone._guards import guarded
from borderzone.io.terms import Terms, copernicus, worldcover

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SOURCES", "Item", "Source", "Store", "Tile"]


class Item(Protocol):
    """Anything that a server can be asked for: a tile, an archive, a page."""

    @property
    def name(self) -> str:
        """Name for messages."""

    @property
    def key(self) -> str:
        """Where it lies below the root of the server."""

    @property
    def file(self) -> str:
        """Name of its file."""


class Store(Protocol):
    """Anything whose files are kept on a shelf, with terms of their own."""

    @property
    def terms(self) -> Terms:
        """What it is, its licence, and the words that must travel with it."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """
    One tile of a source.

    Attributes
    ----------
    name
        Its name, which is the name of its file without the extension.
    key
        Where it lies below the address of the source.
    west, south
        Its south-western corner. Units: degree.
    size_deg
        Its side. Units: degree.
    """

    name: str
    key: str
    west: int
    south: int
    size_deg: int

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name}.tif"


@guarded
@dataclass(frozen=True, kw_only=True)
class Source:
    """
    A public store of tiles.

    Attributes
    ----------
    name
        Short name, which is also the name of its folder in the cache.
    terms
        What it is, its licence, and the words that must travel with it.
    layer
        Layer of a study that it serves, ``"dem"`` or ``"landcover"``.
    address
        Root of the store.
    pattern, folder
        Name of a tile, and the folder that its file lies in.
    tile_deg
        Side of a tile. Units: degree.
    cell_m
        Side of a cell, at most. Units: m.
    """

    name: str
    terms: Terms
    layer: str
    address: str
    pattern: str
    folder: str
    tile_deg: int
    cell_m: float

    @property
    def title(self) -> str:
        """
        Name of the product.

        Returns
        -------
        str
            In a few words.
        """
        return self.terms.title

    def tile(self, west: int, south: int) -> Tile:
        """
        Name a tile by its south-western corner.

        Parameters
        ----------
        west, south
            Corner, from -180 to 179 and -90 to 89. Units: degree.

        Returns
        -------
        Tile
            Its name and place.

        Examples
        --------
        >>> SOURCES["glo30"].tile(-60, -3).name
        'Copernicus_DSM_COG_10_S03_00_W060_00_DEM'
        """
        name = self.pattern.format(
            lat=f"{'S' if south < 0 else 'N'}{abs(south):02d}",
            lon=f"{'W' if west < 0 else 'E'}{abs(west):03d}",
        )
        key = f"{self.folder.format(name=name)}/{name}.tif"
        return Tile(name=name, key=key, west=west, south=south, size_deg=self.tile_deg)


def _copernicus(name: str, metres: int, arc_tenths: int) -> Source:
    return Source(
        name=name,
        terms=copernicus(metres),
        layer="dem",
        address=f"https://copernicus-dem-{metres}m.s3.eu-central-1.amazonaws.com",
        pattern=f"Copernicus_DSM_COG_{arc_tenths}_{{lat}}_00_{{lon}}_00_DEM",
        folder="{name}",
        tile_deg=1,
        cell_m=1.04 * metres,
    )


_WORLDCOVER = Source(
    name="worldcover",
    terms=worldcover(2021, 200),
    layer="landcover",
    address="https://esa-worldcover.s3.eu-central-1.amazonaws.com",
    pattern="ESA_WorldCover_10m_2021_v200_{lat}{lon}_Map",
    folder="v200/2021/map",
    tile_deg=3,
    cell_m=9.3,
)

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "glo30": _copernicus("glo30", 30, 10),
        "glo90": _copernicus("glo90", 90, 30),
        "worldcover": _WORLDCOVER,
    }
)
"""The stores that can be fetched from, by short name."""
