"""
How far work is: one bar for whatever takes longer than two seconds, on a terminal and in a notebook.

Work says which step begins, by name; a bar knows the steps that are to come and how long each usually
takes beside the others, and so how much is left. A user's own function hears the names in its place.
Where nobody looks there is silence, but for a command that was asked to write a line now and then.
"""

from __future__ import annotations

import html
import sys
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from borderzone._guards.escapes import line
from borderzone._guards.words import is_flag, shown
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Bar",
    "InLines",
    "OnTerminal",
    "Steps",
    "check_progress",
    "counted_steps",
    "duration",
    "watched",
]

# Names of steps in their order, and how long each usually takes beside the others.
Steps = tuple[tuple[str, float], ...]

_PATIENCE_S = 2.0
_LINE_S = 10.0


def check_progress(progress: Any) -> Any:
    """Refuse what cannot be told how far work is."""
    if progress is not None and not is_flag(progress) and not callable(progress):
        msg = (
            "progress must be a function of the name of a step, False for silence, or None for a bar where "
            f"somebody looks, got {shown(progress)}"
        )
        raise InvalidParameterError(msg)
    return progress


@contextmanager
def watched(progress: Any, title: str, steps: Steps) -> Iterator[Callable[[str], None]]:
    """Give what is called with the name of each step: the user's own function, or that of a bar."""
    check_progress(progress)
    if callable(progress):
        yield progress
        return
    seen = None if is_flag(progress) and not progress else _seen()
    if seen is None:
        yield lambda _: None
        return
    with Bar(title, steps).shown_by(seen) as bar:
        yield bar


def counted_steps(count: int) -> Steps:
    """Plan as many equal steps."""
    return (("", 1.0),) * count


def duration(seconds: float) -> str:
    """Write how long something takes, no finer than anybody knows beforehand."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Shower(Protocol):
    """What shows a bar."""

    first_s: float
    every_s: float

    def show(self, bar: Bar) -> None:
        """Show how far it is."""

    def end(self) -> None:
        """Take it away."""


class Bar:
    """How far a run is."""

    def __init__(
        self, title: str, steps: Steps, *, heard: Callable[[str], None] | None = None
    ) -> None:
        self.title = title
        self._heard = heard
        self._begin(steps)

    def _begin(self, steps: Steps) -> None:
        self.name = ""
        self._steps = steps
        self._at = -1
        self._begun = self._since = time.monotonic()

    def count(self, done: int, total: int) -> None:
        """Say that so many of equal steps are done; with none done they begin now."""
        if not done:
            self._begin(counted_steps(total))
        self._at, self._since = done, time.monotonic()

    def __call__(self, name: str) -> None:
        """Begin a step; those planned before it are done. One that nobody planned counts to the last."""
        key = name.partition(":")[0]
        later = range(self._at + 1, len(self._steps))
        found = next((k for k in later if self._steps[k][0] == key), None)
        if found is not None:
            self._at, self._since = found, time.monotonic()
        self.name = name
        if self._heard is not None:
            self._heard(name)

    @property
    def done(self) -> int:
        """How many of the planned steps are done."""
        return max(self._at, 0)

    @property
    def left_s(self) -> float | None:
        """How long the rest may take; None before a step is done."""
        weights = [weight for _, weight in self._steps]
        done, whole = sum(weights[: self.done]), sum(weights)
        if not done:
            return None
        foreseen = (self._since - self._begun) / done * (whole - done)
        return max(foreseen - (time.monotonic() - self._since), 0.0)

    @property
    def elapsed_s(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self._begun

    @property
    def share(self) -> float:
        """How much is done, by time."""
        left = self.left_s
        return 0.0 if left is None else self.elapsed_s / max(self.elapsed_s + left, 1e-9)

    @property
    def words(self) -> str:
        """Say it in one line."""
        left = self.left_s
        rest = "" if left is None else f", about {duration(left)} left"
        # Of named steps the running one counts, of equal ones those that are done.
        reached = self._at + 1 if self.name else self.done
        named = f"{line(self.name)}, " if self.name else ""
        count = f"{reached:,} of {len(self._steps):,}"
        return f"{line(self.title)}: {named}{count}, {duration(self.elapsed_s)} so far{rest}"

    @contextmanager
    def shown_by(self, shower: Shower) -> Iterator[Bar]:
        """Show it while it runs, once it has run for a while."""
        over = threading.Event()

        def look() -> None:
            wait = shower.first_s
            while not over.wait(wait):
                shower.show(self)
                wait = shower.every_s

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield self
        finally:
            over.set()
            looking.join()
            shower.end()


class OnTerminal:
    """A bar at the foot of a terminal, which leaves nothing behind."""

    first_s, every_s = _PATIENCE_S, 0.2

    def __init__(self, console: Any) -> None:
        self._console = console
        self._drawn: Any = None
        self._task: Any = None

    def show(self, bar: Bar) -> None:
        """Draw it."""
        if self._drawn is None:
            from rich import progress  # noqa: PLC0415 - only where a bar is shown

            columns = (progress.SpinnerColumn(), progress.BarColumn(bar_width=24))
            words = progress.TextColumn("{task.description}", markup=False)
            self._drawn = progress.Progress(*columns, words, console=self._console, transient=True)
            self._task = self._drawn.add_task("", total=1.0)
            self._drawn.start()
        self._drawn.update(self._task, completed=bar.share, description=bar.words)

    def end(self) -> None:
        """Take it away."""
        if self._drawn is not None:
            self._drawn.stop()


class InNotebook:
    """A bar under the cell that runs, in plain HTML, which is gone when the cell has run."""

    first_s, every_s = _PATIENCE_S, 0.5

    def __init__(self) -> None:
        self._display: Any = import_module("IPython.display")
        self._handle: Any = None

    def show(self, bar: Bar) -> None:
        """Draw it."""
        words = html.escape(bar.words)
        page = self._display.HTML(f'<progress value="{bar.share:.3f}" max="1"></progress> {words}')
        if self._handle is None:
            self._handle = self._display.display(page, display_id=True)
        else:
            self._handle.update(page)

    def end(self) -> None:
        """Take it away."""
        if self._handle is not None:
            self._handle.update(self._display.HTML(""))


class InLines:
    """A line every ten seconds, for a log."""

    first_s = every_s = _LINE_S

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def show(self, bar: Bar) -> None:
        """Write it."""
        self._write(bar.words)

    def end(self) -> None:
        """Leave what was written."""


def _seen() -> Shower | None:
    """Find where a bar can be seen: a notebook, a terminal, or nowhere."""
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    if running is not None and hasattr(running, "kernel"):
        return InNotebook()
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 - only where a bar is shown

        return OnTerminal(Console(stderr=True, highlight=False, markup=False, emoji=False))
    return None
