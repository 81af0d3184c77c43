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
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from borderzone._guards import local_path
from borderzone.errors import OutputError
from borderzone.io import Record, atomic_write, flush_to_disk, sha256

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from borderzone.fetch.server import Item
    from borderzone.io import Terms

__all__ = ["Shelf", "cache_folder"]

_VARIABLE = "BORDERZONE_CACHE"
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

    Raises
    ------
    InvalidParameterError
        If it is no path.
    OutputError
        If none is named, and the user has no folder of their own.

    Examples
    --------
    >>> cache_folder("tiles").is_absolute()
    True
    """
    given = cache if cache is not None else os.environ.get(_VARIABLE) or _of_the_platform()
    return local_path(given).absolute()


def _of_the_platform() -> Path:
    # Where a program may keep what can be had again: by the rules of Windows, macOS, or XDG.
    try:
        home = Path.home()
    except RuntimeError:
        msg = f"there is no home folder to keep files in; name a folder with --cache or {_VARIABLE}"
        raise OutputError(msg) from None
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "").strip() or home / "AppData" / "Local"
        return Path(local, "borderzone", "borderzone", "Cache")
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "borderzone"
    return Path(os.environ.get("XDG_CACHE_HOME", "").strip() or home / ".cache", "borderzone")


@dataclass(frozen=True)
class Shelf:
    """The folder of one source in the cache, with a register of what it holds."""

    terms: Terms
    folder: Path

    @property
    def partial(self) -> Path:
        """Folder of files on their way: below, so that a pattern for tiles does not find them."""
        return self.folder / "partial"

    @contextmanager
    def alone(self, announce: Callable[[str], None]) -> Iterator[None]:
        """Make the folder, and wait until no other process fetches into it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("a", encoding="utf-8") as lock:
                if not _taken(lock):
                    announce(f"Another fetch is writing to {self.folder}; waiting for it to end.")
                    while not _taken(lock):
                        time.sleep(_LOOK_AGAIN_S)
                yield
        except OSError as error:
            msg = (
                f"the cache {str(self.folder)!r} cannot be written: {error.strerror or error}; "
                f"name another with --cache or {_VARIABLE}"
            )
            raise OutputError(msg) from error

    def holds(self, item: Item) -> bool:
        """Tell whether a file is there just as it was put there: not cut, changed, or not ours."""
        path = self.folder / item.file
        if not path.is_file():
            return False
        entry = self._register()["files"].get(item.file, {})
        if entry.get("bytes") != path.stat().st_size:
            return False
        return bool(entry.get("sha256") == sha256(path))

    def put(self, item: Item, address: str, etag: str | None = None) -> Path:
        """Give a file that came whole into `partial` its final name; `address` is its server's root."""
        brought, path = self.partial / item.file, self.folder / item.file
        register = self._register()
        register["unknown"].pop(item.name, None)
        register["files"][item.file] = {
            "sha256": sha256(brought),
            "bytes": brought.stat().st_size,
            "etag": etag,
            "address": f"{address}/{item.key}",
            "retrieved": _today(),
        }
        # First the register: a file without an entry would be fetched again.
        self._write(register)
        flush_to_disk(brought)
        brought.replace(path)
        for left in self.partial.glob(f"{item.file}.part*"):
            left.unlink()
        return path

    def retrieved(self, files: Iterable[str]) -> str:
        """Tell from when to when files were retrieved, in UTC; empty for none that is there."""
        entries = self._register()["files"]
        days = sorted({str(entries[name].get("retrieved")) for name in files if name in entries})
        return " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""

    def words(self, items: Sequence[Item], base: str) -> dict[str, Any]:
        """Say of data cut from files what they are, where from, since when, and on which terms."""
        return {
            "title": self.terms.title,
            "address": ", ".join(f"{base}/{item.key}" for item in items),
            "retrieved": self.retrieved(item.file for item in items),
            "licence": self.terms.licence,
            "attribution": self.terms.attribution,
            "citation": self.terms.citation,
        }

    def note_unknown(self, names: Iterable[str]) -> None:
        """Write down tiles that the server does not have: what lies there is unknown."""
        if unknown := dict.fromkeys(names, _today()):
            register = self._register()
            register["unknown"] |= unknown
            self._write(register)

    def credit(self, files: Iterable[str]) -> str:
        """Say whom to credit for some of the files, and when they were retrieved."""
        return (
            f"{self.terms.title}: {self.terms.attribution}\n{self.terms.citation}\n"
            f"Licence: {self.terms.licence}. Retrieved: {self.retrieved(files) or 'not yet'}."
        )

    def write_credit(self) -> None:
        """Write whom to credit beside the files."""
        files = self._register()["files"]
        if files:
            with atomic_write(self.folder / "ATTRIBUTION.txt") as temporary:
                temporary.write_text(f"{self.credit(files)}\n", encoding="utf-8")

    def _register(self) -> dict[str, dict[str, Any]]:
        """Read the register; one that cannot be read counts as empty, and all is fetched again."""
        path = self.folder / Record.REGISTER
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
        with atomic_write(self.folder / Record.REGISTER) as temporary:
            temporary.write_text(f"{text}\n", encoding="utf-8")


def _items(value: object) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _taken(lock: TextIO) -> bool:
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
