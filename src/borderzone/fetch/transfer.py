"""Files on their way: kept while they can be taken up again, and never under their final name."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from borderzone.errors import LimitError, NetworkError
from borderzone.fetch.integrity import DamagedError, check_tile
from borderzone.fetch.remote import remote_of
from borderzone.fetch.server import TroubleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests

    from borderzone.fetch.remote import Remote
    from borderzone.fetch.server import Server
    from borderzone.fetch.tile_stores import Item

__all__ = ["Brought", "Part", "bring"]

_NEWS_BYTES = 64 * 1024  # less than this is no progress: a try that brought nothing
_DAMAGED_TRIES = 2


@dataclass(frozen=True, kw_only=True)
class Brought:
    """
    A file that is whole and checked, not yet under its final name.

    Attributes
    ----------
    path
        Where it lies.
    remote
        What the server said of the state that was brought.
    sha256
        Its checksum.
    """

    path: Path
    remote: Remote
    sha256: str


class Part:
    """A file on its way, with a note on which state of it this is."""

    def __init__(self, folder: Path, tile: Item, address: str, remote: Remote) -> None:
        self.tile = tile
        self.remote = remote
        self.address = address
        self.path = folder / f"{tile.file}.part"
        self.note = folder / f"{tile.file}.part.json"
        self.whole = folder / tile.file

    @property
    def size(self) -> int:
        """Size of what is there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def usable(self) -> int:
        """Count the bytes that a run could go on from; nothing is touched."""
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


def bring(
    server: Server,
    tile: Item,
    remote: Remote,
    folder: Path,
    report: Callable[[int], None],
    *,
    check: Callable[[Part], str] | None = None,
) -> Brought:
    """Bring one file and check it."""
    part = Part(folder, tile, server.base, remote)
    folder.mkdir(parents=True, exist_ok=True)
    if part.whole.exists():  # killed while it was checked
        part.whole.replace(part.path)
    try:
        return _tried(server, part, report, check or check_tile)
    except BaseException:
        part.drop_if_lost()
        raise


def _tried(
    server: Server, part: Part, report: Callable[[int], None], check: Callable[[Part], str]
) -> Brought:
    failures = damaged = best = 0
    while True:
        try:
            _fill(server, part, report)
            return Brought(path=part.whole, remote=part.remote, sha256=check(part))
        except DamagedError as reason:
            part.discard()
            damaged += 1
            if damaged >= _DAMAGED_TRIES:
                msg = (
                    f"{part.tile.name}: what {server.name} delivers is damaged, {damaged} times "
                    f"over ({reason}); nothing was kept. Try again later, or use another mirror"
                )
                raise NetworkError(msg) from None
        except TroubleError as trouble:
            if part.size >= best + _NEWS_BYTES:
                best, failures = part.size, 0
            failures += 1
            if failures >= server.network.attempts:
                msg = (
                    f"{part.tile.name}: {server.name} failed in {failures} tries in a row ({trouble}) "
                    f"at byte {part.size} of {part.remote.size}; run the command again to go on"
                )
                raise NetworkError(msg) from None
            server.pause(failures, trouble)


def _fill(server: Server, part: Part, report: Callable[[int], None]) -> None:
    """Bring what is missing of the file, or all of it in its new state."""
    start = part.start()
    report(start)
    if start == part.remote.size:
        return
    with server.opened(part.tile, start, part.remote) as answer:
        if start and answer.status_code == 206:
            _check_range(part, answer, start)
        elif answer.status_code == 200:
            _start_over(server, part, answer)
        else:
            part.discard()
            msg = f"status {answer.status_code} to a question for the bytes from {start} on"
            raise TroubleError(msg)
        _write(server, part, answer, report)
    if part.size != part.remote.size:
        msg = f"the connection ended after {part.size} of {part.remote.size} bytes"
        raise TroubleError(msg)


def _check_range(part: Part, answer: requests.Response, start: int) -> None:
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


def _start_over(server: Server, part: Part, answer: requests.Response) -> None:
    """Begin anew: the server was asked for all of it, or the file changed meanwhile."""
    now = remote_of(answer) or part.remote
    if not server.allows(now.size - part.remote.size):
        msg = (
            f"{part.tile.name}: it grew to {now.size / 1e9:.2f} GB on the server, and all together "
            f"above the limit of {server.network.max_gb:g} GB; raise --max-gb"
        )
        raise LimitError(msg)
    part.begin(now)


def _write(
    server: Server,
    part: Part,
    answer: requests.Response,
    report: Callable[[int], None],
) -> None:
    there = part.size
    with part.path.open("ab") as file:
        for piece in server.chunks(answer):
            there += len(piece)
            if there > part.remote.size:
                break
            file.write(piece)
            report(there)
    if there > part.remote.size:
        part.discard()
        msg = (
            f"{part.tile.name}: {server.name} sends more than the {part.remote.size} bytes that it "
            "announced; nothing was kept. Try again later, or use another mirror"
        )
        raise NetworkError(msg)
