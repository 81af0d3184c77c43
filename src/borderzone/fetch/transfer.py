"""Files on their way: kept while they can be taken up again, checked, and never under their final name."""

from __future__ import annotations

import hashlib
import json
import math
import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from borderzone.errors import BorderzoneError, LimitError, NetworkError
from borderzone.fetch.server import Remote, TroubleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import requests

    from borderzone.fetch.server import Item, Server

__all__ = ["PartialFile", "bring", "same_md5", "side_by_side"]

_MIB = 1024 * 1024
_NEWS_BYTES = 64 * 1024  # less than this is no progress: a try that brought nothing
_DAMAGED_TRIES = 2
# Sizes of parts that uploaders use; S3 does not tell which.
_PART_BYTES = tuple(size * _MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128))

_I = TypeVar("_I", bound="Item")
_T = TypeVar("_T")


def bring(
    server: Server,
    item: Item,
    remote: Remote,
    folder: Path,
    *,
    check: Callable[[Any, Path, bool], object],
    report: Callable[[int], None] = lambda _: None,
) -> Remote:
    """
    Bring one file into the folder of files on their way, and check it.

    `check` is called with the item, its file of full length, and whether its MD5 proves it to be
    the server's; it raises a BorderzoneError for one that is not what was asked for. `report` is called with the
    number of bytes that are there, each time it changes. The state that was brought is returned.
    """
    part = PartialFile(folder, item, server.base, remote)
    folder.mkdir(parents=True, exist_ok=True)
    if part.whole.exists():  # killed while it was checked
        part.whole.replace(part.path)
    try:
        return _tried(server, part, check, report)
    except BaseException:
        part.drop_if_lost()
        raise


def side_by_side(
    server: Server, work: Callable[[_I], _T], items: Iterable[_I]
) -> Iterator[tuple[_I, _T]]:
    """Work on several items at a time, in the order they end; a failure ends the others early."""
    with ThreadPoolExecutor(server.network.connections) as pool:
        futures = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            server.end()
            for future in futures:
                future.cancel()
            raise


class PartialFile:
    """A file on its way, with a note on which state of which server's file this is."""

    def __init__(self, folder: Path, item: Item, address: str, remote: Remote) -> None:
        self.item = item
        self.remote = remote
        self.address = address
        self.path = folder / f"{item.file}.part"
        self.note = folder / f"{item.file}.part.json"
        self.whole = folder / item.file

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def usable(self) -> int:
        """Count the bytes that a run could go on from; nothing is touched."""
        # Without a mark nothing tells whether what is left belongs to the same state of the file.
        if self._noted() != self._words() or self.remote.validator is None:
            return 0
        return self.size if self.size <= self.remote.size else 0

    def start(self) -> int:
        """Find where to go on, and drop what belongs to another state of the file."""
        kept = self.usable()
        if kept == 0:
            self.discard()
        return kept

    def begin(self, remote: Remote) -> None:
        """Start over with a new state of the file."""
        self.discard()
        self.remote = remote
        self.note.write_text(json.dumps(self._words()), encoding="utf-8")

    def discard(self) -> None:
        """Remove the file and its note."""
        for path in (self.path, self.note, self.whole):
            path.unlink(missing_ok=True)

    def drop_if_lost(self) -> None:
        """Remove what a later run could not go on with."""
        noted = self._noted() or {}
        strong = not str(noted.get("etag") or "W/").startswith("W/")
        if not (strong or noted.get("modified")) or self.size == 0:
            self.discard()

    def _words(self) -> dict[str, Any]:
        return {"address": self.address, **asdict(self.remote)}

    def _noted(self) -> dict[str, Any] | None:
        try:
            noted = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return noted if isinstance(noted, dict) else None


class _DamagedError(Exception):
    """A file is not what was asked for, and fetching it anew may help."""


def _tried(
    server: Server,
    part: PartialFile,
    check: Callable[[Any, Path, bool], object],
    report: Callable[[int], None],
) -> Remote:
    failures = damaged = best = 0
    while True:
        try:
            _fill(server, part, report)
            _check(part, check)
        except _DamagedError as reason:
            part.discard()
            damaged += 1
            if damaged >= _DAMAGED_TRIES:
                msg = (
                    f"{part.item.name}: what {server.name} delivers is damaged, {damaged} times "
                    f"over ({reason}); nothing was kept. Try again later, or use another mirror"
                )
                raise NetworkError(msg) from None
        except TroubleError as trouble:
            # A connection that is cut time after time may go on for ever, as long as it brings.
            if part.size >= best + _NEWS_BYTES:
                best, failures = part.size, 0
            failures += 1
            if failures >= server.network.attempts:
                msg = (
                    f"{part.item.name}: {server.name} failed in {failures} tries in a row ({trouble}) "
                    f"at byte {part.size} of {part.remote.size}; run the command again to go on"
                )
                raise NetworkError(msg) from None
            server.pause(failures, trouble)
        else:
            return part.remote


def _check(part: PartialFile, check: Callable[[Any, Path, bool], object]) -> None:
    proven = same_md5(part.path, part.remote)
    if proven is False:
        msg = "its MD5 is not the one that the server states"
        raise _DamagedError(msg)
    part.path.replace(part.whole)  # readers go by the extension
    try:
        check(part.item, part.whole, proven is True)
    except LimitError:  # too much of it would be too much again
        part.discard()
        raise
    except BorderzoneError as error:
        raise _DamagedError(str(error)) from None


def same_md5(path: Path, remote: Remote) -> bool | None:
    """
    Compare a file with the MD5 in the mark that a server gave.

    None where it gave none, or one of parts of unknown size. The mark of an upload in parts is the
    MD5 of the MD5s of its parts, so every usual size of a part that gives their number is tried.
    """
    if remote.md5 is None:
        return None
    stated, parts = remote.md5
    if parts == 0:
        return bool(_md5(path, remote.size).hexdigest() == stated)
    for size in _PART_BYTES:
        if math.ceil(remote.size / size) == parts:
            joined = b"".join(_md5(path, size, i * size).digest() for i in range(parts))
            if hashlib.md5(joined, usedforsecurity=False).hexdigest() == stated:
                return True
    return None


def _md5(path: Path, size: int, start: int = 0) -> hashlib._Hash:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        file.seek(start)
        while size > 0 and (piece := file.read(min(_MIB, size))):
            digest.update(piece)
            size -= len(piece)
    return digest


def _fill(server: Server, part: PartialFile, report: Callable[[int], None]) -> None:
    """Bring what is missing of the file, or all of it in its new state."""
    start = part.start()
    report(start)
    if start == part.remote.size:
        return
    with server.opened(part.item, start, part.remote) as answer:
        if start and answer.status_code == 206:
            _check_range(part, answer, start)
        elif answer.status_code == 200:  # it ignores ranges, or by If-Range knows a newer state
            _start_over(server, part, answer)
        else:
            part.discard()
            msg = f"status {answer.status_code} to a question for the bytes from {start} on"
            raise TroubleError(msg)
        _write(server, part, answer, report)
    if part.size != part.remote.size:
        msg = f"the connection ended after {part.size} of {part.remote.size} bytes"
        raise TroubleError(msg)


def _check_range(part: PartialFile, answer: requests.Response, start: int) -> None:
    """Refuse to join what is not surely of the same state of the file."""
    remote = part.remote
    expected = f"bytes {start}-{remote.size - 1}/{remote.size}"
    got = re.sub(r"\s+", " ", answer.headers.get("Content-Range", "").strip())
    marks = (("ETag", remote.etag), ("Last-Modified", remote.modified))
    same = all(answer.headers.get(header, mark) == mark for header, mark in marks)
    if got != expected or not same:
        part.discard()
        msg = "the rest that was sent does not fit what is there"
        raise TroubleError(msg)


def _start_over(server: Server, part: PartialFile, answer: requests.Response) -> None:
    """Begin anew: the server was asked for all of it, or the file changed meanwhile."""
    now = Remote.of(answer) or part.remote
    if not server.allows(now.size - part.remote.size):
        msg = (
            f"{part.item.name}: it grew to {now.size / 1e9:.2f} GB on the server, and all together "
            f"above the limit of {server.network.max_gb:g} GB; raise --max-gb"
        )
        raise LimitError(msg)
    part.begin(now)


def _write(
    server: Server, part: PartialFile, answer: requests.Response, report: Callable[[int], None]
) -> None:
    there = part.size
    with part.path.open("ab") as file:
        for piece in server.chunks(answer):
            there += len(piece)
            if there > part.remote.size:  # a body without an end would fill the disk
                break
            file.write(piece)
            report(there)
    if there > part.remote.size:
        part.discard()
        msg = (
            f"{part.item.name}: {server.name} sends more than the {part.remote.size} bytes that it "
            "announced; nothing was kept. Try again later, or use another mirror"
        )
        raise NetworkError(msg)
