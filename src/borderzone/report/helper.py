"""A second process that draws figures while the first does: each takes one core, and machines have more."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Helper", "serve"]

# What the second process runs: it takes a function with its first arguments, then calls it with more
# until nothing comes. It never imports the program of the user, as a copy of this one would.
_PROGRAM = "from borderzone.report.helper import serve; serve()"


class Helper:
    """A second process, warming up from the moment it is made."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very Python, and words of our own
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def share(
        self,
        work: Callable[..., Any],
        given: tuple[Any, ...],
        jobs: list[Any],
        step: Callable[[Any], None],
    ) -> dict[int, Any]:
        """
        Do jobs here and in the second process, whoever is free next; give what came of each.

        `step` is called with each job that is begun here. A second process that ends is no loss:
        its jobs are done here.
        """
        waiting = deque(enumerate(jobs))
        found: dict[int, Any] = {}
        wrong: list[BaseException] = []
        over = threading.Thread(
            target=self._let_do, args=(work, given, waiting, found, wrong), daemon=True
        )
        over.start()
        for number, job in _from_the_front(waiting):
            step(job)
            found[number] = work(*given, job)
        over.join()
        if wrong:
            raise wrong[0]
        for number, job in enumerate(jobs):
            if number not in found:
                found[number] = work(*given, job)
        return found

    def _let_do(
        self,
        work: Callable[..., Any],
        given: tuple[Any, ...],
        waiting: deque[tuple[int, Any]],
        found: dict[int, Any],
        wrong: list[BaseException],
    ) -> None:
        """Let the second process do jobs from the end."""
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:
            return
        with contextlib.suppress(OSError, EOFError):
            _send(into, (work, given))
            while waiting and not wrong:
                try:
                    number, job = waiting.pop()
                except IndexError:
                    return
                _send(into, job)
                done, came = pickle.load(out)  # noqa: S301 - from our own process alone
                if done:
                    found[number] = came
                else:
                    wrong.append(came)

    def close(self) -> None:
        """End the second process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


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
