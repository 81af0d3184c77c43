"""What a fetch would bring: what is there, what is to come, what the store does not have."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from borderzone._guards import check_choice, guarded
from borderzone.fetch.address import base_address, shown
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.network import Network
from borderzone.fetch.server import Server
from borderzone.fetch.tile_stores import SOURCES
from borderzone.fetch.tiling import tiles_needed
from borderzone.fetch.transfer import Part

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
    from pathlib import Path

    from borderzone.fetch.extracts import RoadSource
    from borderzone.fetch.remote import Remote
    from borderzone.fetch.tile_stores import Item, Source

__all__ = ["Job", "Plan", "Survey", "as_size", "plan", "side_by_side", "survey_of"]

_T = TypeVar("_T")
_I = TypeVar("_I", bound="Item")


@guarded
@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    What a fetch would bring.

    Attributes
    ----------
    source
        Short name of the store.
    title
        Name of its product.
    noun
        What its files are: tile, or archive.
    server
        Host that is asked.
    folder
        Folder of the tiles.
    needed
        Names of the tiles that the ground needs.
    there
        Those that are in the folder, whole.
    spoiled
        Those that are in the folder, but not as they were put there.
    sizes
        Length of each tile that is to be brought, by name. Units: byte.
    begun_bytes
        What an earlier run brought of them. Units: byte.
    missing
        Those that the store does not have.
    """

    source: str
    title: str
    noun: str
    server: str
    folder: Path
    needed: tuple[str, ...]
    there: tuple[str, ...]
    spoiled: tuple[str, ...]
    sizes: Mapping[str, int]
    begun_bytes: int
    missing: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """
        What is still to come over the network.

        Returns
        -------
        int
            Units: byte.
        """
        return sum(self.sizes.values()) - self.begun_bytes

    def sentences(self) -> list[str]:
        """
        Say what is needed, there, to come, and not to be had.

        Returns
        -------
        list of str
            One sentence a line.
        """
        said = [
            f"{self.title}: {self._counted(self.needed)} needed, {len(self.there)} there already."
        ]
        if self.spoiled:
            said.append(
                f"Changed or cut since they were fetched, so fetched again: {', '.join(self.spoiled)}."
            )
        begun = (
            f" ({as_size(self.begun_bytes)} more is there from before)" if self.begun_bytes else ""
        )
        said.append(
            f"To fetch: {self._counted(self.sizes)}, {as_size(self.bytes)}{begun}, from {self.server} "
            f"into {self.folder}."
        )
        if self.missing:
            why = ", so sea or not released; what lies there is unknown"
            said.append(
                f"Not on {self.server}{why if self.noun == 'tile' else ''}: "
                f"{', '.join(self.missing)}."
            )
        return said

    def _counted(self, names: Sized) -> str:
        return f"{len(names)} {self.noun}{'' if len(names) == 1 else 's'}"


def plan(
    where: Any,
    *,
    source: str = "glo30",
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
) -> Plan:
    """
    Tell what a fetch would bring; the server is asked, nothing is written.

    Parameters
    ----------
    where
        As for `dem`.
    source
        ``"glo30"``, ``"glo90"`` or ``"worldcover"``.
    margin_km
        How far around the ground. Units: km.
    cache
        Folder that tiles are kept in; see `cache_folder`.
    network
        Mirror, limits and patience.

    Returns
    -------
    Plan
        Names, sizes, what is there already, and what the store does not have.

    Raises
    ------
    NetworkError
        If the server cannot be asked.
    InvalidParameterError
        If an option makes no sense.
    """
    check_choice(source, "source", SOURCES)
    job = Job.of(where, SOURCES[source], margin_km, cache, network or Network())
    with job.asking() as server:
        return survey_of(job, server).plan


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    What is asked for, from where, and to where.

    Attributes
    ----------
    source, tiles
        The store, and the tiles that the ground needs.
    shelf
        Folder for them.
    base
        Root that they are asked for under.
    network
        How the network is used.
    check
        Checks a file, see `borderzone.fetch.transfer.bring`; as a tile when left out.
    """

    source: Source | RoadSource
    tiles: Sequence[Item]
    shelf: Shelf
    base: str
    network: Network
    check: Callable[[Part], str] | None = None

    @classmethod
    def of(cls, where: Any, source: Source, margin_km: float, cache: Any, network: Network) -> Job:
        """Check what was asked for, without the network and without the disk."""
        return cls(
            source=source,
            tiles=tiles_needed(where, source, margin_km),
            shelf=Shelf(source, cache_folder(cache) / source.name),
            base=base_address(source, network.mirror),
            network=network,
        )

    @contextmanager
    def asking(self) -> Iterator[Server]:
        """Open the server for as long as it is asked."""
        server = Server(self.base, self.network)
        try:
            yield server
        finally:
            server.close()


@dataclass(frozen=True, kw_only=True)
class Survey:
    """
    What a server says of the tiles of a job.

    Attributes
    ----------
    plan
        The same for users.
    found, missing
        Tiles to bring, and tiles that the store does not have.
    """

    plan: Plan
    found: list[tuple[Item, Remote]]
    missing: list[Item]


def survey_of(job: Job, server: Server) -> Survey:
    """Compare what is needed with the folder and the server."""
    there = [tile for tile in job.tiles if job.shelf.holds(tile)]
    wanted = [tile for tile in job.tiles if tile not in there]
    said = dict(side_by_side(server, server.look, wanted))
    found = [(tile, remote) for tile in wanted if (remote := said[tile]) is not None]
    missing = [tile for tile in wanted if said[tile] is None]
    begun = sum(Part(job.shelf.partial, tile, job.base, remote).usable() for tile, remote in found)
    outline = Plan(
        source=job.source.name,
        title=job.source.title,
        noun="tile" if job.check is None else "archive",
        server=shown(job.base),
        folder=job.shelf.folder,
        needed=tuple(tile.name for tile in job.tiles),
        there=tuple(tile.name for tile in there),
        spoiled=tuple(t.name for t in wanted if (job.shelf.folder / t.file).exists()),
        sizes={tile.name: remote.size for tile, remote in found},
        begun_bytes=begun,
        missing=tuple(tile.name for tile in missing),
    )
    return Survey(plan=outline, found=found, missing=missing)


def side_by_side(
    server: Server, work: Callable[[_I], _T], tiles: Iterable[_I]
) -> Iterator[tuple[_I, _T]]:
    """Work on several tiles at a time; the first failure ends the others early."""
    with ThreadPoolExecutor(server.network.connections) as pool:
        futures = {pool.submit(work, tile): tile for tile in tiles}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            server.end()
            for future in futures:
                future.cancel()
            raise


def as_size(count: int) -> str:
    """Write a number of bytes for people."""
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.2f} MB"
