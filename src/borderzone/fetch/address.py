"""Which addresses may be asked: https to known hosts, or the user's own mirror."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from borderzone.fetch.tile_stores import Source

__all__ = ["base_address", "checked_mirror", "is_loopback", "same_server", "shown"]


def base_address(source: Source, mirror: str | None) -> str:
    """Give the root under which the tiles of a source are asked for."""
    return source.address if mirror is None else checked_mirror(mirror)


def checked_mirror(mirror: str) -> str:
    """Refuse an address that is no root of a mirror."""
    try:
        parts = urlsplit(mirror.strip())
        host, _ = parts.hostname, parts.port
    except (ValueError, AttributeError):
        host, parts = None, None
    if parts is None or not host or parts.scheme not in {"http", "https"}:
        msg = "mirror must be an address such as 'https://host/folder'; got one without https://"
        raise InvalidParameterError(msg)
    if parts.scheme == "http" and not is_loopback(host):
        msg = f"mirror {host!r}: plain http is allowed on this machine only; use https"
        raise InvalidParameterError(msg)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        msg = (
            f"mirror at {host!r}: an address with a name, a password, a question mark or a '#' is "
            "not taken, so that no secret is written to a log; use a mirror that needs none"
        )
        raise InvalidParameterError(msg)
    return parts.geturl().rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_server(a: str, b: str) -> bool:
    """Tell whether two addresses are of one server: scheme, host and port."""
    try:
        return _server(urlsplit(a)) == _server(urlsplit(b))
    except ValueError:
        return False


def shown(address: str) -> str:
    """Name the server of an address for messages: no path, no name, no password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.hostname}:{port}" if port else str(parts.hostname)


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual
