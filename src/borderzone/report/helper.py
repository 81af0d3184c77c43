"""A second process that draws figures while the first does: each takes one core, and machines have more."""

from __future__ import annotations

import atexit
import contextlib
import pickle
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Helper", "serve", "warm_up"]

# What the second process runs: it takes a function with its first arguments, then calls it with more
# until nothing comes. It never imports the program of the user, as a copy of this one would.
_PROGRAM = "from borderzone.report.helper import serve; serve()"


class Helper:
    """A second process, warming up from the moment it is made; it ends when this one does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very Python, and words of our own
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._jobs: list[Any] = []
        self._waiting: deque[tuple[int, Any]] = deque()
        self._found: dict[int, Any] = {}
        self._wrong: list[BaseException] = []
        self._over: threading.Thread | None = None

    def begin(self, work: Callable[..., Any], given: tuple[Any, ...], jobs: list[Any]) -> None:
        """Let the second process do jobs, from the last on, while this one does something else."""
        self._jobs, self._waiting = jobs, deque(enumerate(jobs))
        self._work, self._given = work, given
        # Pickled here, not in the thread: nothing that is handed over changes meanwhile.
        order = pickle.dumps((work, given), protocol=pickle.HIGHEST_PROTOCOL)
        self._over = threading.Thread(target=self._let_do, args=(order,), daemon=True)
        self._over.start()

    def finish(self, step: Callable[[Any], None]) -> list[Any]:
        """
        Do jobs here too, whoever is free next; give what came of each.

        `step` is called with each job that is begun here. A second process that ends is no loss:
        its jobs are done here.
        """
        for number, job in _from_the_front(self._waiting):
            step(job)
            self._found[number] = self._work(*self._given, job)
        if self._over is not None:
            self._over.join()
        if self._wrong:
            raise self._wrong[0]
        for number, job in enumerate(self._jobs):
            if number not in self._found:
                self._found[number] = self._work(*self._given, job)
        return [self._found[number] for number in range(len(self._jobs))]

    def _let_do(self, order: bytes) -> None:
        """Let the second process do jobs from the end."""
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:
            return
        with contextlib.suppress(OSError, EOFError, ValueError):
            into.write(order)
            while self._waiting and not self._wrong:
                try:
                    number, job = self._waiting.pop()
                except IndexError:
                    return
                _send(into, job)
                done, came = pickle.load(out)  # noqa: S301 - from our own process alone
                if done:
                    self._found[number] = came
                else:
                    self._wrong.append(came)

    def close(self) -> None:
        """End the second process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


# One that waits for the next report.
_spare: list[Helper] = []


@atexit.register
def _end_spare() -> None:
    while _spare:
        _spare.pop().close()


def warm_up() -> None:
    """
    Start the second drawing process that the next `write_report` with two workers takes.

    It warms up while a study runs, which saves the report two seconds. It ends with this process.

    Examples
    --------
    >>> warm_up()
    """
    if not _spare:
        _spare.append(Helper())


def taken() -> Helper:
    """Take the process that warms up, or start one."""
    warm_up()
    return _spare.pop()


def _from_the_front(waiting: deque[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    while True:
        try:
            yield waiting.popleft()
        except IndexError:
            return


def _send(into: IO[bytes], thing: Any) -> None:
    pickle.dump(thing, into, protocol=pickle.HIGHEST_PROTOCOL)
    into.flush()


def serve() -> None:
    """Do what the first process sends, until it sends no more."""
    import borderzone.report.pictures  # noqa: F401, PLC0415 - warms up while the first still works

    taken, given_back = sys.stdin.buffer, sys.stdout.buffer
    # What is printed meanwhile must not come between the answers.
    sys.stdout = sys.stderr
    try:
        work, given = pickle.load(taken)  # noqa: S301 - from the process that started this one
        while True:
            job = pickle.load(taken)  # noqa: S301 - from the same
            try:
                answer = (True, work(*given, job))
            except Exception as error:  # noqa: BLE001 - told by the first process, as its own
                answer = (False, error)
            _send(given_back, answer)
    except EOFError:
        return
