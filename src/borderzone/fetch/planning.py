"""What a fetch would bring, told beforehand; then bringing it: within limits, checked, credited."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from borderzone._guards import local_path
from borderzone.errors import InvalidParameterError, LimitError, NetworkError, OutputError
from borderzone.fetch.network import server_name
from borderzone.fetch.server import Server
from borderzone.fetch.transfer import PartialFile, bring, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Sized
    from pathlib import Path

    from borderzone.fetch.cache import Shelf
    from borderzone.fetch.network import Network
    from borderzone.fetch.server import Item, Remote
    from borderzone.io import Terms

__all__ = ["Job", "Plan", "Store", "as_size", "check_room", "checked_path"]


@dataclass(frozen=True, kw_only=True)
class Store:
    """A public store: its short name, what it is and its terms, and the root of its address."""

    name: str
    terms: Terms
    address: str


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
        Folder of the files.
    needed
        Names of the files that the ground needs.
    there
        Those that are in the folder, whole.
    spoiled
        Those that are in the folder, but not as they were put there.
    sizes
        Length of each file that is to be brought, by name. Units: byte.
    begun_bytes
        What an earlier run brought of them. Units: byte.
    missing
        Those that the store does not have.
    asked
        Whether the server was asked; where not, sizes and what it lacks are not known.
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
    asked: bool = True

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
        if not self.asked:
            to_come = [name for name in self.needed if name not in self.there]
            listed = f": {', '.join(to_come)}" if to_come else ""
            return [
                *said,
                f"To fetch: {self._counted(to_come)} from {self.server} into {self.folder}{listed}.",
                "The server was not asked how large they are, nor which of them it has.",
            ]
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


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    What is asked for, from where, and to where.

    `noun` is what its files are and `check` checks one of them (see `bring`). `if_missing` tells
    what to do where the store lacks one of them; None where it may, as it lacks tiles of the sea.
    """

    store: Store
    items: Sequence[Item]
    shelf: Shelf
    network: Network
    noun: str
    check: Callable[[Any, Path, bool], object]
    if_missing: str | None = None

    @property
    def base(self) -> str:
        """Root that the items are asked for under."""
        return self.network.mirror or self.store.address

    def plan(self, *, ask: bool) -> Plan:
        """Ask the server what there is, or tell what would be asked for; nothing is written."""
        if not ask:
            return self._foreseen(server_name(self.base))
        with Server(self.base, self.network) as server:
            return self._survey(server)[0]

    def _foreseen(self, server: str) -> Plan:
        """Compare what is needed with the folder alone."""
        there = [item for item in self.items if self.shelf.holds(item)]
        folder = self.shelf.folder
        wanted = [item for item in self.items if item not in there]
        return Plan(
            source=self.store.name,
            title=self.store.terms.title,
            noun=self.noun,
            server=server,
            folder=folder,
            needed=tuple(item.name for item in self.items),
            there=tuple(item.name for item in there),
            spoiled=tuple(item.name for item in wanted if (folder / item.file).exists()),
            sizes={},
            begun_bytes=0,
            missing=(),
            asked=False,
        )

    def bring(
        self, announce: Callable[[str], None], confirm: Callable[[Plan], None] | None
    ) -> tuple[Plan, int]:
        """
        Bring the files that are not there yet; give the plan, and the bytes that came.

        `announce` is called with each sentence of the plan and `confirm` with the plan, before
        anything is brought; it may raise to stop.
        """
        with Server(self.base, self.network) as server, self.shelf.alone(announce):
            plan, remotes = self._survey(server)
            for sentence in plan.sentences():
                announce(sentence)
            self._check_any(plan)
            check_room(server, plan.bytes, self.shelf.folder)
            if confirm is not None:
                confirm(plan)
            self.shelf.note_unknown(plan.missing)
            self._bring_all(server, remotes)
            self.shelf.write_credit()
        return plan, server.received

    def _survey(self, server: Server) -> tuple[Plan, dict[Item, Remote]]:
        """Compare what is needed with the folder and the server; give the plan, and what is to come."""
        # Each is compared by its SHA-256, so a disk that lost bits is found before a study reads it.
        foreseen = self._foreseen(server.name)
        wanted = [item for item in self.items if item.name not in foreseen.there]
        said = dict(side_by_side(server, server.look, wanted))
        remotes = {item: remote for item in wanted if (remote := said[item]) is not None}
        begun = (
            PartialFile(self.shelf.partial, item, self.base, remote).usable()
            for item, remote in remotes.items()
        )
        plan = replace(
            foreseen,
            sizes={item.name: remote.size for item, remote in remotes.items()},
            begun_bytes=sum(begun),
            missing=tuple(item.name for item in wanted if item not in remotes),
            asked=True,
        )
        return plan, remotes

    def _check_any(self, plan: Plan) -> None:
        missing, store = ", ".join(plan.missing), self.store
        where = (
            f"the address of the mirror is wrong: {store.terms.title} lies under {store.address}"
        )
        if self.if_missing is not None and missing:
            msg = f"{plan.server} has no {missing}: {self.if_missing}; or {where}"
            raise NetworkError(msg)
        if len(plan.missing) == len(plan.needed):
            msg = (
                f"{plan.server} has none of the {self.noun}s needed ({missing}): all of it sea or "
                f"not released, or {where}"
            )
            raise NetworkError(msg)

    def _bring_all(self, server: Server, remotes: Mapping[Item, Remote]) -> None:
        total = sum(remote.size for remote in remotes.values())
        hidden = None if total else True  # None: shown on a terminal only
        title = self.store.terms.title
        with tqdm(total=total, unit="B", unit_scale=True, desc=title, disable=hidden) as bar:
            counted: dict[Item, int] = {}

            def work(item: Item) -> Remote:
                def report(there: int) -> None:
                    with bar.get_lock():
                        bar.update(there - counted.get(item, 0))
                        counted[item] = there

                folder = self.shelf.partial
                return bring(server, item, remotes[item], folder, check=self.check, report=report)

            for item, brought in side_by_side(server, work, remotes):
                self.shelf.put(item, self.base, brought.etag)


def check_room(server: Server, size: int, folder: Path) -> None:
    """Refuse too much for the limit or the disk, before the first byte is asked for."""
    if not server.allows(size):
        msg = (
            f"{as_size(size)} are to be fetched, the limit is {server.network.max_gb:g} GB; "
            "raise it with --max-gb (max_gb), or take a smaller corridor or margin or a coarser "
            "source"
        )
        raise LimitError(msg)
    free = shutil.disk_usage(folder).free
    if size > free:
        msg = (
            f"{as_size(size)} are to be fetched, {as_size(free)} are free in {folder}; make room, "
            "or name another folder with --cache"
        )
        raise LimitError(msg)


def as_size(count: int) -> str:
    """
    Write a number of bytes for people, in GB or MB (10^9 and 10^6 bytes).

    Examples
    --------
    >>> as_size(640_000_000), as_size(1_500_000)
    ('0.64 GB', '1.50 MB')
    """
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.2f} MB"


def checked_path(out: str | os.PathLike[str], name: str, *, overwrite: bool) -> Path:
    """Make a folder, and refuse to write over a file that is in it unless that is wanted."""
    try:
        folder = local_path(out)
        folder.mkdir(parents=True, exist_ok=True)
    except TypeError:
        msg = f"out must be a folder, got {out!r}"
        raise InvalidParameterError(msg) from None
    except OSError as error:
        msg = f"the folder {os.fspath(out)!r} cannot be made: {error.strerror or error}"
        raise OutputError(msg) from None
    path = folder / name
    if path.exists() and not overwrite:
        msg = (
            f"{path} exists; name another folder with --out (out), or replace it with --overwrite "
            "(overwrite=True)"
        )
        raise OutputError(msg)
    return path
