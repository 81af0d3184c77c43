"""Asking one server: bounded in time and in tries, never led elsewhere."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from borderzone.errors import NetworkError
from borderzone.fetch.address import is_loopback, same_server, shown
from borderzone.fetch.connections import Connections
from borderzone.fetch.remote import remote_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from borderzone.fetch.account import Account
    from borderzone.fetch.network import Network
    from borderzone.fetch.remote import Remote
    from borderzone.fetch.tile_stores import Item

__all__ = ["LONGEST_PAUSE_S", "Server", "StoppedError", "TroubleError"]

_CHUNK = 256 * 1024
_REDIRECTS = 3
_SLOWEST_BYTES_S = 1024
LONGEST_PAUSE_S = 30.0
_ASK_LATER = frozenset({408, 429})  # too late, too many questions


class TroubleError(Exception):
    """Something that may pass: a cut connection, a late answer, a server out of order."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class StoppedError(Exception):
    """The user, or the failure of another file, ends this one early."""


class Server:
    """One server and one root, asked for tiles."""

    def __init__(self, base: str, network: Network, account: Account | None = None) -> None:
        self.base = base
        self.network = network
        self._account = account
        self.stop = threading.Event()
        self.received = 0
        self._promised = 0
        self._counting = threading.Lock()
        self._connections = Connections(network.timeout_s)
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._connections.adapter(network.connections))
        self._session.headers.clear()
        self._session.headers["User-Agent"] = "borderzone"
        self._session.headers["Accept-Encoding"] = "identity"
        if account is not None and account.secret is not None:
            self._session.headers[account.header] = account.secret
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Proxies of the environment count, but not for this machine. Names and passwords that
        # lie about in a .netrc file are not handed over.
        self._session.trust_env = not is_loopback(urlsplit(base).hostname or "")
        self._session.auth = _no_credentials

    @property
    def name(self) -> str:
        """Name of the server for messages."""
        return shown(self.base)

    def pause(self, failures: int, trouble: TroubleError) -> None:
        """Wait before the next try."""
        pause_s = max(self.network.backoff_s * 2 ** (failures - 1), trouble.wait_s)
        if self.stop.wait(min(pause_s, LONGEST_PAUSE_S)):
            raise StoppedError

    def allows(self, more: int) -> bool:
        """Tell whether more may be brought than was said so far, and count it."""
        with self._counting:
            self._promised += more
            return self._promised <= self.network.max_bytes

    def end(self) -> None:
        """End all questions early, those too that wait for an answer."""
        self.stop.set()
        self._connections.cut()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def look(self, tile: Item) -> Remote | None:
        """Ask what the server says of a tile, without bringing it."""
        failures = 0
        while True:
            try:
                return self._look(tile)
            except TroubleError as trouble:
                failures += 1
                if failures >= self.network.attempts:
                    msg = (
                        f"{tile.name}: {self.name} failed in {failures} of {failures} tries "
                        f"({trouble}); try again later, what was brought is kept"
                    )
                    raise NetworkError(msg) from None
                self.pause(failures, trouble)

    def _look(self, tile: Item) -> Remote | None:
        with self._asked("HEAD", tile, {}) as answer:
            if answer.status_code not in {405, 501}:
                return self._described(tile, answer)
        with self._asked("GET", tile, {}) as answer:  # a server that knows no HEAD
            return self._described(tile, answer)

    def _described(self, tile: Item, answer: requests.Response) -> Remote | None:
        if answer.status_code == 404:
            return None
        found = remote_of(answer)
        if found is None:
            msg = (
                f"{tile.name}: {self.name} does not tell its length, and a cut file could not be "
                "told from a whole one; use a server or mirror that sends Content-Length"
            )
            raise NetworkError(msg)
        return found

    @contextmanager
    def opened(self, tile: Item, start: int, remote: Remote | None) -> Iterator[requests.Response]:
        """Ask for a tile, or for what is left of it."""
        headers = {}
        if start and remote is not None:
            headers = {"Range": f"bytes={start}-", "If-Range": str(remote.validator)}
        with self._asked("GET", tile, headers) as answer:
            if answer.status_code == 404:
                gone = "offered it, and now has no such file; try again"
                never = "has no such file; check the version and the address"
                msg = f"{tile.name}: {self.name} {never if remote is None else gone}"
                raise NetworkError(msg)
            yield answer

    @contextmanager
    def _asked(
        self, method: str, tile: Item, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        address = f"{self.base}/{tile.key}"
        for _ in range(_REDIRECTS):
            answer = self._sent(method, address, headers)
            try:
                onward = answer.headers.get("Location") if answer.is_redirect else None
                if onward is None:
                    self._check_status(tile, answer, method)
                    yield answer
                    return
                address = self._followed(tile, address, onward)
            finally:
                answer.close()
        msg = f"{tile.name}: {self.name} sends in circles; check the address of the mirror"
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

    def _followed(self, tile: Item, address: str, onward: str) -> str:
        target = urljoin(address, onward)
        if not same_server(address, target):
            msg = (
                f"{tile.name}: {self.name} sends on to {shown(target)}, which is not followed; "
                "name that address with --mirror if you trust it"
            )
            raise NetworkError(msg)
        return target

    def _check_status(self, tile: Item, answer: requests.Response, method: str) -> None:
        status = answer.status_code
        if method == "HEAD" and status in {405, 501}:
            return
        if status >= 500 or status in _ASK_LATER:
            msg = f"status {status}"
            raise TroubleError(msg, _asked_to_wait_s(answer))
        if status not in {200, 206, 404, 416}:
            remedy = "check the address, and whether it may be read without an account"
            if status in {401, 403} and self._account is not None:
                remedy = self._account.remedy
            msg = f"{tile.name}: {self.name} answers with status {status}; {remedy}"
            raise NetworkError(msg)
        if (
            status in {200, 206}
            and answer.headers.get("Content-Encoding", "identity") != "identity"
        ):
            msg = f"{tile.name}: {self.name} sends it packed, which was not asked for"
            raise NetworkError(msg)

    def chunks(self, answer: requests.Response) -> Iterator[bytes]:
        """Give the body of an answer piece by piece."""
        window_start, window_bytes = time.monotonic(), 0
        while True:
            try:
                # One read of the socket at a time: a trickle cannot hold us in here.
                piece = answer.raw.read1(_CHUNK, decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise TroubleError(_reason(error, self.network.timeout_s)) from None
            if self.stop.is_set():
                raise StoppedError
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


def _asked_to_wait_s(answer: requests.Response) -> float:
    told = answer.headers.get("Retry-After", "").strip()
    return float(told) if re.fullmatch(r"\d{1,6}", told) else 0.0


def _no_credentials(request: Any) -> Any:
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
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        inner = [item for item in error.args if isinstance(item, BaseException)]
        reason = getattr(error, "reason", None)
        if isinstance(reason, BaseException):
            inner.append(reason)
        error = inner[0] if inner else (error.__cause__ or error.__context__)
