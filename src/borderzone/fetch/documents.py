"""Short documents, read whole into memory within a limit, with patience."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from borderzone.errors import LimitError, NetworkError
from borderzone.fetch.server import LONGEST_PAUSE_S, TroubleError

if TYPE_CHECKING:
    from borderzone.fetch.server import Server
    from borderzone.fetch.tile_stores import Item

__all__ = ["document"]


def document(server: Server, item: Item, *, max_bytes: int) -> bytes:
    """Bring a short document."""
    failures = 0
    while True:
        try:
            return _read(server, item, max_bytes)
        except TroubleError as trouble:
            failures += 1
            if trouble.wait_s > LONGEST_PAUSE_S:  # asking earlier would only use up questions
                msg = (
                    f"{item.name}: {server.name} ({trouble}) asks to be left alone for "
                    f"{trouble.wait_s:.0f} s; run the command again after that, it goes on from there"
                )
                raise NetworkError(msg) from None
            if failures >= server.network.attempts:
                msg = (
                    f"{item.name}: {server.name} failed in {failures} of {failures} tries "
                    f"({trouble}); run the command again to go on, what was brought is kept"
                )
                raise NetworkError(msg) from None
            server.pause(failures, trouble)


def _read(server: Server, item: Item, max_bytes: int) -> bytes:
    body = bytearray()
    with server.opened(item, 0, None) as answer:
        told = answer.headers.get("Content-Length", "")
        for piece in server.chunks(answer):
            body += piece
            if len(body) > max_bytes:
                msg = f"{item.name}: {server.name} sends more than {max_bytes} bytes; refused"
                raise LimitError(msg)
    if re.fullmatch(r"\d{1,15}", told) and len(body) != int(told):
        msg = f"the connection ended after {len(body)} of {told} bytes"
        raise TroubleError(msg)
    if not server.allows(len(body)):
        msg = (
            f"{item.name}: all together comes above the limit of {server.network.max_gb:g} GB; "
            "raise --max-gb (max_gb)"
        )
        raise LimitError(msg)
    return bytes(body)
