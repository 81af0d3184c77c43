"""The connections that are open: all can be cut at once, and none waits for an answer for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import pool_classes_by_scheme

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Connections"]


class Connections:
    """
    Every connection that is open; whoever waits for one can be woken.

    A thread that waits for a server is deaf until the server speaks or the
    timeout ends. Cutting the connection under it is what wakes it.
    """

    def __init__(self, longest_s: float) -> None:
        self.longest_s = longest_s
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._ended = False

    def note(self, opened: Any) -> None:
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

    def adapter(self, at_a_time: int) -> HTTPAdapter:
        """Give what makes a session note its connections here."""
        return _Adapter(self, at_a_time)


def _cut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        # Of the plain socket: that of an encrypted one would first drop what a reader is using.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _head_within(longest_s: float, opened: Any, ask: Callable[[], Any]) -> Any:
    """Wait for the head of an answer, but not longer."""
    late = threading.Event()

    def give_up() -> None:
        late.set()
        _cut(opened)

    clock = threading.Timer(longest_s, give_up)
    clock.daemon = True
    clock.start()
    try:
        return ask()
    finally:
        clock.cancel()
        if late.is_set():  # the end of a head that was cut off looks like that of a whole one
            raise TimeoutError


class _Adapter(HTTPAdapter):
    def __init__(self, connections: Connections, at_a_time: int) -> None:
        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                connections.note(self.sock)

            def getresponse(self) -> Any:
                return _head_within(connections.longest_s, self.sock, super().getresponse)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                connections.note(self.sock)

            def getresponse(self) -> Any:
                return _head_within(connections.longest_s, self.sock, super().getresponse)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self._classes = {"http": PlainPool, "https": EncryptedPool}
        super().__init__(pool_maxsize=at_a_time)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self._noting(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return self._noting(super().proxy_manager_for(*args, **options))

    def _noting(self, manager: Any) -> Any:
        # A SOCKS proxy has classes of its own, which are left alone.
        if manager.pool_classes_by_scheme is pool_classes_by_scheme:
            manager.pool_classes_by_scheme = self._classes
        return manager
