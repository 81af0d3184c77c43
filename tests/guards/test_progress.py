"""How far work is: what a bar says, when it is shown and where, and how it is silenced."""

from __future__ import annotations

import io
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import borderzone as bz
from borderzone._guards import progress
from borderzone._guards.progress import Bar, InLines, InNotebook, OnTerminal, watched
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (("read", 1.0), ("figure", 3.0), ("figure", 3.0), ("write", 3.0))
QUICK = bz.Scenario(resolution_m=10_000, draws=100, imputations=10, segment_km=60)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Stand the clock still; what is in the list is what it shows."""
    now = [0.0]
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_bar_says_step_count_and_what_is_left(clock: list[float]) -> None:
    bar = Bar("Report", STEPS)
    bar("read")
    assert bar.words == "Report: read, 1 of 4, 0 s so far"
    clock[0] = 2.0
    bar("figure: a map")
    # A tenth of the work took 2 s, so nine tenths take 18.
    assert bar.words == "Report: figure: a map, 2 of 4, 2 s so far, about 18 s left"
    clock[0] = 5.0
    assert (bar.left_s, bar.share) == (15.0, 0.25)
    bar("figure: a curve")
    bar("write")
    assert bar.words == "Report: write, 4 of 4, 5 s so far, about 2 s left"


def test_steps_that_nobody_planned_and_that_never_come_do_no_harm(clock: list[float]) -> None:
    bar = Bar("Study", STEPS)
    clock[0] = 1.0
    bar("hot spots")
    assert bar.words == "Study: hot spots, 0 of 4, 1 s so far"
    bar("write")
    assert (bar.done, bar.name) == (3, "write")
    clock[0] = 900.0
    assert bar.left_s == 0.0


def test_equal_steps_are_counted_when_they_are_done(clock: list[float]) -> None:
    bar = Bar("Cases", ())
    bar.count(0, 30)
    clock[0] = 4.0
    bar.count(10, 30)
    assert bar.words == "Cases: 10 of 30, 4 s so far, about 8 s left"


class Seen:
    """Where a bar is shown at once, and what it said."""

    first_s, every_s = 0.0, 0.1

    def __init__(self) -> None:
        self.words: list[str] = []
        self.ended = False

    def show(self, bar: Bar) -> None:
        """Keep what it says."""
        self.words.append(bar.words)

    def end(self) -> None:
        """Keep that it ended."""
        self.ended = True


def test_a_run_shows_a_bar_where_somebody_looks_and_hides_it_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = Seen()
    monkeypatch.setattr(progress, "_seen", lambda: seen)
    bz.Study.default(QUICK).run(seed=1)

    assert seen.ended
    assert seen.words[0].startswith("Study of Iraq-Syria: ")
    assert " of 11, " in seen.words[-1]


def test_every_step_of_a_run_is_planned() -> None:
    """In its order; what is not would count to the step before it."""
    told: list[str] = []
    bz.Study.default(QUICK).run(seed=1, progress=told.append)

    from borderzone.study import GROUND_STEPS, PATROL_STEPS  # noqa: PLC0415 - said where used

    assert told == [name for name, _ in (*GROUND_STEPS, *PATROL_STEPS)]


def test_false_is_silence_and_a_function_hears_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Any:
        raise AssertionError

    monkeypatch.setattr(progress, "_seen", nobody)
    heard: list[str] = []
    with watched(progress=False, title="a", steps=STEPS) as step:
        step("read")
    with watched(heard.append, "a", STEPS) as step:
        step("read")
    assert heard == ["read"]
    with pytest.raises(InvalidParameterError, match="False for silence"), watched("x", "a", STEPS):
        pass


def test_a_terminal_and_a_notebook_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress._seen() is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(progress._seen(), OnTerminal)
    shell = types.SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace())
    assert isinstance(progress._seen(), InNotebook)


def test_a_terminal_is_left_as_it_was() -> None:
    paper = io.StringIO()
    shown = OnTerminal(Console(file=paper, force_terminal=True, width=100))
    bar = Bar("Report [bold]", STEPS)
    bar("read")
    shown.show(bar)
    shown.end()

    assert "Report [bold]: read, 1 of 4" in paper.getvalue()
    assert paper.getvalue().endswith("\x1b[2K")  # the line of the bar is cleared


def test_a_notebook_shows_one_bar_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    handle = types.SimpleNamespace(update=shown.append)

    def display(page: str, *, display_id: bool) -> Any:
        shown.append(page)
        return handle

    monkeypatch.setitem(
        sys.modules, "IPython.display", types.SimpleNamespace(HTML=str, display=display)
    )
    where, bar = InNotebook(), Bar("a <b>", STEPS)
    for _ in range(2):
        where.show(bar)
    where.end()

    assert len(shown) == 3
    assert shown[0].startswith('<progress value="0.000" max="1"></progress> a &lt;b&gt;: ')
    assert shown[-1] == ""


def test_a_log_has_a_line_now_and_then() -> None:
    """Ten seconds apart, and none for what is over sooner."""
    said: list[str] = []
    lines = InLines(said.append)
    write: Callable[[Bar], None] = lines.show
    write(Bar("a", STEPS))
    with Bar("b", STEPS).shown_by(lines):
        pass

    assert (lines.first_s, lines.every_s) == (10.0, 10.0)
    assert said == ["a: 0 of 4, 0 s so far"]
