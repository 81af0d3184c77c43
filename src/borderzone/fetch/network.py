"""Who may be asked, how much and how patiently; a token is never shown."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from borderzone._guards import check_non_negative, check_positive, check_whole, guarded
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from typing import Self
    from urllib.parse import SplitResult

__all__ = ["AccessToken", "Network", "is_this_machine", "same_server", "server_name"]


@guarded
@dataclass(frozen=True, kw_only=True)
class Network:
    """
    How the network is used.

    Attributes
    ----------
    mirror
        Root of your own copy of a store; the public store when left out.
        Https, or http on this machine.
    max_gb
        Most that one call may bring. Units: GB (10^9 bytes).
    timeout_s
        Longest wait for an answer, and for the next bytes. Units: s.
    attempts
        Tries in a row that bring nothing before a file is given up.
    backoff_s
        Pause after the first failure; it doubles with each. Units: s.
    connections
        Files brought at a time.

    Examples
    --------
    >>> Network(max_gb=5).timeout_s
    30.0
    """

    mirror: str | None = None
    max_gb: float = 20.0
    timeout_s: float = 30.0
    attempts: int = 5
    backoff_s: float = 0.5
    connections: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be carried out."""
        check_positive(self.max_gb, "max_gb", "GB")
        check_positive(self.timeout_s, "timeout_s", "s")
        check_non_negative(self.backoff_s, "backoff_s", "s")
        for name, most in (("attempts", 100), ("connections", 16)):
            whole = check_whole(getattr(self, name), name, highest=most)
            object.__setattr__(self, name, whole)
        if self.mirror is not None:
            object.__setattr__(self, "mirror", _checked_mirror(self.mirror))

    @property
    def max_bytes(self) -> int:
        """
        Most that one call may bring.

        Returns
        -------
        int
            Units: byte.
        """
        return int(self.max_gb * 1e9)


def _checked_mirror(mirror: str) -> str:
    """Refuse an address that is no root of a mirror; give it without a slash at its end."""
    try:
        parts = urlsplit(mirror.strip())
        host, _ = parts.hostname, parts.port
    except (ValueError, AttributeError):
        host, parts = None, None
    if parts is None or not host or parts.scheme not in {"http", "https"}:
        msg = "mirror must be an address such as 'https://host/folder'; got one without https://"
        raise InvalidParameterError(msg)
    if parts.scheme == "http" and not is_this_machine(mirror.strip()):
        msg = f"mirror {host!r}: plain http is allowed on this machine only; use https"
        raise InvalidParameterError(msg)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        msg = (
            f"mirror at {host!r}: an address with a name, a password, a question mark or a '#' is "
            "not taken, so that no secret is written to a log; use a mirror that needs none"
        )
        raise InvalidParameterError(msg)
    return parts.geturl().rstrip("/")


def is_this_machine(address: str) -> bool:
    """
    Tell whether an address is of this machine: ``localhost``, 127.0.0.0/8 or ::1.

    Examples
    --------
    >>> [is_this_machine(f"http://{host}") for host in ("127.0.0.1:80", "localhost.org", "10.0.0.1")]
    [True, False, False]
    """
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_server(a: str, b: str) -> bool:
    """
    Tell whether two addresses are of one server: scheme, host and port.

    Examples
    --------
    >>> same_server("https://host/a", "https://HOST:443/b"), same_server("https://host", "http://host")
    (True, False)
    """
    try:
        return _server(urlsplit(a)) == _server(urlsplit(b))
    except ValueError:  # an address that cannot be read is of no server
        return False


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual


def server_name(address: str) -> str:
    """
    Name the server of an address for messages: no path, no name, no password.

    Examples
    --------
    >>> server_name("https://me:secret@host:8443/folder?key=1")
    'host:8443'
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.hostname}:{port}" if port else str(parts.hostname)


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A token that a service asks for: the header it travels in, and the variable that holds it."""

    header: str
    variable: str
    apply_at: str
    secret: str | None = field(default=None, repr=False)

    def from_environment(self) -> Self:
        """Take the token from the environment, and from nowhere else."""
        secret = os.environ.get(self.variable, "").strip() or None
        if secret is not None and not re.fullmatch(r"[\x21-\x7e]{1,1024}", secret):
            # The value stays out of the message.
            msg = (
                f"{self.variable} holds spaces, line ends or other signs that no token has; "
                "set it anew"
            )
            raise InvalidParameterError(msg)
        return replace(self, secret=secret)

    @property
    def remedy(self) -> str:
        """Say what to do when the service refuses, without the token."""
        if self.secret is None:
            return (
                f"it wants a token: put yours into the environment variable {self.variable} "
                f"({self.apply_at})"
            )
        return (
            f"the token in the environment variable {self.variable} does not hold, was used up for "
            f"today, or was not sent to this address ({self.apply_at})"
        )
