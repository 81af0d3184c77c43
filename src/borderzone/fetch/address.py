"""Which addresses may be asked: https to known hosts, or the user's own mirror."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from borderzone.fetch.sources import Source

__all__ = ["base_address", "checked_mirror", "is_loopback", "same_server", "shown"]


def base_address(source: Source, mirror: str | None) -> str:
    """
    Give the root under which the tiles of a source are asked for.

    Parameters
    ----------
    source
        The store.
    mirror
        Root of the user's own copy of it; the public store when left out.

    Returns
    -------
    str
        The root, without a slash at its end.

    Raises
    ------
    InvalidParameterError
        If the mirror is not https (or http on this machine), or its address
        holds a password, a question or a fragment.
    """
    return source.address if mirror is None else checked_mirror(mirror)


def checked_mirror(mirror: str) -> str:
    """
    Refuse an address that is no root of a mirror.

    Parameters
    ----------
    mirror
        The address, as given by the user.

    Returns
    -------
    str
        The same, without a slash at its end.

    Raises
    ------
    InvalidParameterError
        As `base_address`.
    """
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
    """
    Tell whether a host is this machine.

    Parameters
    ----------
    host
        Name or number.

    Returns
    -------
    bool
        True for ``localhost``, 127.0.0.0/8 and ::1.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost.example.org"), is_loopback("10.0.0.1")
    (True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_server(a: str, b: str) -> bool:
    """
    Tell whether two addresses are of one server: scheme, host and port.

    Parameters
    ----------
    a, b
        The addresses.

    Returns
    -------
    bool
        Whether they are; False for an address that cannot be read.

    Examples
    --------
    >>> same_server("https://host/a", "https://HOST:443/b"), same_server("https://host", "http://host")
    (True, False)
    """
    try:
        return _server(urlsplit(a)) == _server(urlsplit(b))
    except ValueError:
        return False


def shown(address: str) -> str:
    """
    Name the server of an address for messages: no path, no name, no password.

    Parameters
    ----------
    address
        The address.

    Returns
    -------
    str
        Host, and port where one is given.

    Examples
    --------
    >>> shown("https://me:secret@host:8443/folder?key=1")
    'host:8443'
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.hostname}:{port}" if port else str(parts.hostname)


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual
