"""What a server says of a file: length, and marks of the state that it is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

__all__ = ["Remote", "remote_of"]


@dataclass(frozen=True, kw_only=True)
class Remote:
    """
    What a server says of a file.

    Attributes
    ----------
    size
        Its length. Units: byte.
    etag, modified
        Marks of this state of the file; None where the server gives none.
    encrypted
        Whether its mark is not an MD5 although it looks like one.
    """

    size: int
    etag: str | None
    modified: str | None
    encrypted: bool = False

    @property
    def validator(self) -> str | None:
        """Mark by which a server tells whether the file is still the same."""
        if self.etag is not None and not self.etag.startswith("W/"):
            return self.etag
        return self.modified

    @property
    def md5(self) -> tuple[str, int] | None:
        """MD5 that the mark holds, where it is made as S3 makes it."""
        found = re.fullmatch(r'"([0-9a-fA-F]{32})(?:-(\d{1,5}))?"', self.etag or "")
        if found is None or self.encrypted:
            return None
        return found[1].lower(), int(found[2] or 0)


def remote_of(answer: requests.Response) -> Remote | None:
    """Read length and marks of a whole file from the head of an answer."""
    length = answer.headers.get("Content-Length", "")
    if not re.fullmatch(r"\d{1,15}", length):
        return None
    return Remote(
        size=int(length),
        etag=answer.headers.get("ETag"),
        modified=answer.headers.get("Last-Modified"),
        encrypted="kms" in answer.headers.get("x-amz-server-side-encryption", ""),
    )
