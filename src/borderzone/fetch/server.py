"""
Asking one server: bounded in time, in tries and in bytes, and never led elsewhere.

Transport is requests over urllib3. Three libraries were looked at in its place, by resume,
checksum, retry and room on the disk. obstore 0.12, run against the server of the tests, retries,
and resumes within one call; but it follows a redirect to any host and hands it every header (the
token of UCDP too), heeds no Retry-After, takes a packed answer for the file, and fails where a
server ignores ranges. pooch 1.9 downloads by one ``requests.get``: no resume, redirects followed,
and a checksum that must be known beforehand, while our stores state one in their ETag at most.
fsspec's HTTP has neither resume, nor retry, nor checksum. None goes on from what a killed process
left, and none looks at the disk.

So connections, pools, TLS and proxies are the library's; ours is what it has no switch for: an
end to heads that drip, waits that can be ended, and the refusals.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from borderzone.errors import LimitError, NetworkError
from borderzone.fetch.network import is_this_machine, same_server, server_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from borderzone.fetch.network import AccessToken, Network

__all__ = ["LONGEST_PAUSE_S", "Item", "Remote", "Server", "TroubleError"]

_CHUNK = 256 * 1024
_REDIRECTS = 3
_SLOWEST_BYTES_S = 1024
LONGEST_PAUSE_S = 30.0
_ASK_LATER = frozenset({408, 429})  # too late, too many questions
_NO_HEAD = frozenset({405, 501})  # a server that does not know the method

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Item:
    """What a server can be asked for: its name for messages, its key below the root, its file here."""

    name: str
    key: str
    file: str


@dataclass(frozen=True, kw_only=True)
class Remote:
    """What a server says of a file: its length in bytes, and marks of the state that it is in."""

    size: int
    etag: str | None
    modified: str | None
    encrypted: bool = False

    @classmethod
    def of(cls, answer: requests.Response) -> Remote | None:
        """Read them from the head of an answer of status 200; None where no length is told."""
        length = answer.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,15}", length):
            return None
        return cls(
            size=int(length),
            etag=answer.headers.get("ETag"),
            modified=answer.headers.get("Last-Modified"),
            # S3 then gives a mark that only looks like an MD5.
            encrypted="kms" in answer.headers.get("x-amz-server-side-encryption", ""),
        )

    @property
    def validator(self) -> str | None:
        """Mark by which a server tells whether the file is the same: a strong ETag, else its date."""
        if self.etag is not None and not self.etag.startswith("W/"):
            return self.etag
        return self.modified

    @property
    def md5(self) -> tuple[str, int] | None:
        """
        MD5 that the mark holds, where it is made as S3 makes it.

        32 hexadecimal digits, and 0 for the MD5 of the file itself, or the number of parts whose
        MD5s it is the MD5 of.
        """
        found = re.fullmatch(r'"([0-9a-fA-F]{32})(?:-(\d{1,5}))?"', self.etag or "")
        if found is None or self.encrypted:
            return None
        return found[1].lower(), int(found[2] or 0)


class TroubleError(Exception):
    """Something that may pass; ``wait_s`` is how long the server asks to be left alone."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class _StoppedError(Exception):
    """The user, or the failure of another file, ends this one early."""


class Server:
    """One server and one root, asked for items; the token of an account goes along, if any."""

    def __init__(self, base: str, network: Network, token: AccessToken | None = None) -> None:
        self.base = base
        self.name = server_name(base)
        self.network = network
        self.received = 0
        self._token = token
        self._stop = threading.Event()
        self._promised = 0
        self._counting = threading.Lock()
        self._connections = _Connections(network.timeout_s)
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(self._connections, network.connections))
        self._session.headers.clear()
        self._session.headers["User-Agent"] = "borderzone"
        self._session.headers["Accept-Encoding"] = "identity"
        if token is not None and token.secret is not None:
            self._session.headers[token.header] = token.secret
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Proxies of the environment count, but not for this machine. Names and passwords that
        # lie about in a .netrc file are not handed over.
        self._session.trust_env = not is_this_machine(base)
        self._session.auth = _no_credentials

    def __enter__(self) -> Self:
        """Give itself, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._session.close()

    def look(self, item: Item) -> Remote | None:
        """Ask what the server says of an item, without bringing it; None where it has none."""
        return self._patiently(item, lambda: self._look(item))

    def read(self, item: Item, *, max_bytes: int) -> bytes:
        """Bring a short document whole into memory."""
        return self._patiently(
            item, lambda: self._read(item, max_bytes), longest_pause_s=LONGEST_PAUSE_S
        )

    @contextmanager
    def opened(self, item: Item, start: int, remote: Remote | None) -> Iterator[requests.Response]:
        """
        Ask for an item, or for what is left of it from a byte on.

        Status 200 (all of it), 206 (what is left) or 416 (nothing is). `remote` is what the server
        said of it, None when it was not asked before.
        """
        headers = {}
        if start and remote is not None:
            headers = {"Range": f"bytes={start}-", "If-Range": str(remote.validator)}
        with self._asked("GET", item, headers) as answer:
            if answer.status_code == 404:
                gone = "offered it, and now has no such file; try again"
                never = "has no such file; check the version and the address"
                msg = f"{item.name}: {self.name} {never if remote is None else gone}"
                raise NetworkError(msg)
            yield answer

    def chunks(self, answer: requests.Response) -> Iterator[bytes]:
        """Give the body of an answer piece by piece, as long as it does not nearly stand still."""
        window_start, window_bytes = time.monotonic(), 0
        while True:
            try:
                # One read of the socket at a time: a trickle cannot hold us in here.
                piece = answer.raw.read1(_CHUNK, decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise TroubleError(_reason(error, self.network.timeout_s)) from None
            if self._stop.is_set():
                raise _StoppedError
            if not piece:
                return
            with self._counting:
                self.received += len(piece)
            yield piece
            window_bytes += len(piece)
            elapsed = time.monotonic() - window_start
            if elapsed > self.network.timeout_s:
                if window_bytes < _SLOWEST_BYTES_S * elapsed:
                    msg = f"only {window_bytes} bytes in {elapsed:.1f} s"
                    raise TroubleError(msg)
                window_start, window_bytes = time.monotonic(), 0

    def allows(self, more: int) -> bool:
        """Count bytes on top of what was said so far; tell whether all stays within the limit."""
        with self._counting:
            self._promised += more  # below 0 where a file shrank
            return self._promised <= self.network.max_bytes

    def pause(self, failures: int, trouble: TroubleError) -> None:
        """Wait before the next try, twice as long after each failure in a row."""
        pause_s = max(self.network.backoff_s * 2 ** (failures - 1), trouble.wait_s)
        if self._stop.wait(min(pause_s, LONGEST_PAUSE_S)):
            raise _StoppedError

    def end(self) -> None:
        """End all questions early, those too that wait for an answer."""
        self._stop.set()
        self._connections.cut()

    def _patiently(
        self, item: Item, ask: Callable[[], _T], *, longest_pause_s: float = float("inf")
    ) -> _T:
        failures = 0
        while True:
            try:
                return ask()
            except TroubleError as trouble:
                failures += 1
                if trouble.wait_s > longest_pause_s:  # asking earlier would only use up questions
                    msg = (
                        f"{item.name}: {self.name} ({trouble}) asks to be left alone for "
                        f"{trouble.wait_s:.0f} s; run the command again after that, it goes on from "
                        "there"
                    )
                    raise NetworkError(msg) from None
                if failures >= self.network.attempts:
                    msg = (
                        f"{item.name}: {self.name} failed in {failures} of {failures} tries "
                        f"({trouble}); run the command again to go on, what was brought is kept"
                    )
                    raise NetworkError(msg) from None
                self.pause(failures, trouble)

    def _look(self, item: Item) -> Remote | None:
        with self._asked("HEAD", item, {}) as answer:
            if answer.status_code not in _NO_HEAD:
                return self._described(item, answer)
        with self._asked("GET", item, {}) as answer:
            return self._described(item, answer)

    def _described(self, item: Item, answer: requests.Response) -> Remote | None:
        if answer.status_code == 404:
            return None
        found = Remote.of(answer)
        if found is None:
            msg = (
                f"{item.name}: {self.name} does not tell its length, and a cut file could not be "
                "told from a whole one; use a server or mirror that sends Content-Length"
            )
            raise NetworkError(msg)
        return found

    def _read(self, item: Item, max_bytes: int) -> bytes:
        body = bytearray()
        with self.opened(item, 0, None) as answer:
            told = answer.headers.get("Content-Length", "")
            for piece in self.chunks(answer):
                body += piece
                if len(body) > max_bytes:
                    msg = f"{item.name}: {self.name} sends more than {max_bytes} bytes; refused"
                    raise LimitError(msg)
        if re.fullmatch(r"\d{1,15}", told) and len(body) != int(told):
            msg = f"the connection ended after {len(body)} of {told} bytes"
            raise TroubleError(msg)
        if not self.allows(len(body)):
            msg = (
                f"{item.name}: all together comes above the limit of {self.network.max_gb:g} GB; "
                "raise --max-gb (max_gb)"
            )
            raise LimitError(msg)
        return bytes(body)

    @contextmanager
    def _asked(
        self, method: str, item: Item, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        # Redirects one by one, so that each is looked at before it is followed.
        address = f"{self.base}/{item.key}"
        for _ in range(_REDIRECTS):
            answer = self._sent(method, address, headers)
            try:
                onward = answer.headers.get("Location") if answer.is_redirect else None
                if onward is None:
                    self._check_status(item, answer, method)
                    yield answer
                    return
                address = self._followed(item, address, onward)
            finally:
                answer.close()
        msg = f"{item.name}: {self.name} sends in circles; check the address of the mirror"
        raise NetworkError(msg)

    def _sent(self, method: str, address: str, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self._session.request(
                method,
                address,
                headers=dict(headers),
                timeout=self.network.timeout_s,
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError:
            msg = f"{self.name}: its certificate cannot be trusted; nothing was fetched from it"
            raise NetworkError(msg) from None
        except requests.RequestException as error:
            # Not the error's own text: it may hold the address of a proxy with its password.
            raise TroubleError(_reason(error, self.network.timeout_s)) from None

    def _followed(self, item: Item, address: str, onward: str) -> str:
        target = urljoin(address, onward)
        if not same_server(address, target):
            msg = (
                f"{item.name}: {self.name} sends on to {server_name(target)}, which is not followed; "
                "name that address with --mirror if you trust it"
            )
            raise NetworkError(msg)
        return target

    def _check_status(self, item: Item, answer: requests.Response, method: str) -> None:
        status = answer.status_code
        if method == "HEAD" and status in _NO_HEAD:
            return
        if status >= 500 or status in _ASK_LATER:
            told = answer.headers.get("Retry-After", "").strip()
            msg = f"status {status}"
            raise TroubleError(msg, float(told) if re.fullmatch(r"\d{1,6}", told) else 0.0)
        if status not in {200, 206, 404, 416}:
            remedy = "check the address, and whether it may be read without an account"
            if status in {401, 403} and self._token is not None:
                remedy = self._token.remedy
            msg = f"{item.name}: {self.name} answers with status {status}; {remedy}"
            raise NetworkError(msg)
        packed = answer.headers.get("Content-Encoding", "identity") != "identity"
        if status in {200, 206} and packed:
            msg = f"{item.name}: {self.name} sends it packed, which was not asked for"
            raise NetworkError(msg)


class _Connections:
    """
    Every connection that is open; whoever waits for one can be woken.

    A thread that waits for a server is deaf until the server speaks or the timeout ends. Cutting
    the connection under it is what wakes it.
    """

    def __init__(self, longest_s: float) -> None:
        self.longest_s = longest_s
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._ended = False

    def note(self, opened: object) -> None:
        """Remember a connection, or cut it where all are to end."""
        if not isinstance(opened, socket.socket):
            return
        with self._lock:
            self._open.add(opened)
            if self._ended:
                _cut(opened)

    def cut(self) -> None:
        """Cut all, now and from now on."""
        with self._lock:
            self._ended = True
            for opened in list(self._open):
                _cut(opened)


def _cut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        # Of the plain socket: that of an encrypted one would first drop what a reader is using.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection that is noted, and that waits for a whole head no longer than it should."""

    connections: ClassVar[_Connections]

    def connect(self) -> None:
        super().connect()
        self.connections.note(self.sock)

    def getresponse(self) -> Any:
        # The timeout of a socket starts anew with every byte, so a head that drips would hold us.
        opened, late = self.sock, threading.Event()

        def give_up() -> None:
            late.set()
            _cut(opened)

        clock = threading.Timer(self.connections.longest_s, give_up)
        clock.daemon = True
        clock.start()
        try:
            return super().getresponse()
        finally:
            clock.cancel()
            if late.is_set():  # the end of a head that was cut off looks like that of a whole one
                raise TimeoutError


class _Adapter(HTTPAdapter):
    """Makes every connection of a session a watched one, those through a proxy too."""

    def __init__(self, connections: _Connections, at_a_time: int) -> None:
        self._connections = connections
        super().__init__(pool_maxsize=at_a_time)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = pool.ConnectionCls
        if not issubclass(kind, _Watched):
            pool.ConnectionCls = type(
                kind.__name__, (_Watched, kind), {"connections": self._connections}
            )
        return pool


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _reason(error: BaseException, timeout_s: float) -> str:
    """Say in our own words what went wrong."""
    late = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    chain = list(_causes(error))
    if any(isinstance(cause, late) for cause in chain):
        return f"no answer within {timeout_s:g} s"
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in chain):
        return "the proxy cannot be reached"
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in chain):
        return "its name is not known; is there a network?"
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return "it takes no connections"
    return "the connection was cut"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    # The libraries wrap an error as an argument, as a reason, or as a cause, in turns.
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        inner = [item for item in error.args if isinstance(item, BaseException)]
        reason = getattr(error, "reason", None)
        if isinstance(reason, BaseException):
            inner.append(reason)
        error = inner[0] if inner else (error.__cause__ or error.__context__)
