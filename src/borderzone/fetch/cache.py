"""The cache folder: what it holds, whether that is still what was put there, and whom to credit."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pooch

from borderzone._guards import local_path
from borderzone.errors import OutputError
from borderzone.io import atomic_write, sha256
from borderzone.io.files import flush_to_disk
from borderzone.io.sidecars import REGISTER

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from borderzone.fetch.tile_stores import Item, Store
    from borderzone.fetch.transfer import Brought

__all__ = ["VARIABLE", "Shelf", "cache_folder"]

VARIABLE = "BORDERZONE_CACHE"

_LOOK_AGAIN_S = 0.1

_log = logging.getLogger("borderzone")


def cache_folder(cache: str | os.PathLike[str] | None = None) -> Path:
    """
    Give the folder that fetched files are kept in; nothing is made yet.

    Parameters
    ----------
    cache
        The folder; when left out, what the environment variable
        ``BORDERZONE_CACHE`` says, else the cache folder of the platform.

    Returns
    -------
    pathlib.Path
        Absolute path.

    Examples
    --------
    >>> cache_folder("tiles").is_absolute()
    True
    """
    given = cache if cache is not None else os.environ.get(VARIABLE) or pooch.os_cache("borderzone")
    return local_path(given).absolute()


@dataclass(frozen=True)
class Shelf:
    """
    The folder of one source in the cache, with a register of what it holds.

    Attributes
    ----------
    source
        Store that the tiles are from.
    folder
        Where they are kept.
    """

    source: Store
    folder: Path

    @property
    def partial(self) -> Path:
        """Folder of files on their way."""
        return self.folder / "partial"

    @contextmanager
    def alone(self, announce: Callable[[str], None]) -> Iterator[None]:
        """Make the folder and wait until no other process fetches into it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("a", encoding="utf-8") as lock:
                _wait_for(lock, self.folder, announce)
                yield
        except OSError as error:
            msg = (
                f"the cache {str(self.folder)!r} cannot be written: {error.strerror or error}; "
                f"name another with --cache or {VARIABLE}"
            )
            raise OutputError(msg) from error

    def holds(self, tile: Item) -> bool:
        """Tell whether a tile is there, just as it was put there."""
        path = self.folder / tile.file
        if not path.is_file():
            return False
        entry = self._register()["files"].get(tile.file, {})
        if entry.get("bytes") != path.stat().st_size:
            return False
        return bool(entry.get("sha256") == sha256(path))

    def put(self, tile: Item, brought: Brought, address: str) -> Path:
        """Give a checked file its final name."""
        path = self.folder / tile.file
        register = self._register()
        register["unknown"].pop(tile.name, None)
        register["files"][tile.file] = {
            "sha256": brought.sha256,
            "bytes": brought.remote.size,
            "etag": brought.remote.etag,
            "address": f"{address}/{tile.key}",
            "retrieved": _today(),
        }
        # First the register: a file without an entry would be fetched again.
        self._write(register)
        flush_to_disk(brought.path)
        brought.path.replace(path)
        for left in self.partial.glob(f"{tile.file}.part*"):
            left.unlink()
        return path

    def retrieved(self, tile: Item) -> str:
        """Tell when a file that is there was retrieved."""
        return str(self._register()["files"].get(tile.file, {}).get("retrieved", ""))

    def note_unknown(self, tiles: Iterable[Item]) -> None:
        """Write down tiles that the server does not have: heights there are unknown."""
        names = [tile.name for tile in tiles]
        if names:
            register = self._register()
            register["unknown"] |= dict.fromkeys(names, _today())
            self._write(register)

    def credit(self, files: Iterable[str]) -> str:
        """Say whom to credit for some of the files, and when they were retrieved."""
        entries = self._register()["files"]
        dates = sorted({str(entries[name].get("retrieved")) for name in files if name in entries})
        when = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "not yet"
        terms = self.source.terms
        return (
            f"{terms.title}: {terms.attribution}\n{terms.citation}\n"
            f"Licence: {terms.licence}. Retrieved: {when}."
        )

    def write_credit(self) -> None:
        """Write whom to credit beside the tiles."""
        files = self._register()["files"]
        if files:
            with atomic_write(self.folder / "ATTRIBUTION.txt") as temporary:
                temporary.write_text(f"{self.credit(files)}\n", encoding="utf-8")

    def _register(self) -> dict[str, dict[str, Any]]:
        """Read the register; one that cannot be read counts as empty, and all is fetched again."""
        path = self.folder / REGISTER
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            read = {}
        except (OSError, ValueError):
            _log.warning("%s cannot be read; its files are fetched again", path)
            read = {}
        files, unknown = (
            read.get(kind) if isinstance(read, dict) else None for kind in ("files", "unknown")
        )
        return {
            "files": {k: v for k, v in _items(files) if isinstance(v, dict)},
            "unknown": dict(_items(unknown)),
        }

    def _write(self, register: dict[str, dict[str, Any]]) -> None:
        text = json.dumps({"schema": 1, **register}, indent=1, sort_keys=True)
        with atomic_write(self.folder / REGISTER) as temporary:
            temporary.write_text(f"{text}\n", encoding="utf-8")


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _wait_for(lock: Any, folder: Path, announce: Callable[[str], None]) -> None:
    if _taken(lock):
        return
    announce(f"Another fetch is writing to {folder}; waiting for it to end.")
    while not _taken(lock):
        time.sleep(_LOOK_AGAIN_S)


def _taken(lock: Any) -> bool:
    """Take the lock unless another has it; the system gives it back when a process ends."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
