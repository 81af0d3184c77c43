"""
What mutate.py asks of pytest, which loads this file by `-p mutate_plugin`.

With MUTATE_RECORD it notes which line of MUTATE_PACKAGE is run by which test; with MUTATE_FIRST it puts the tests
of a list before all others.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


# Calls of one function that are followed line by line in one test: what a test runs it runs early, and
# following all calls of all of them takes ten times as long.
MOST_CALLS = 25


class Recorder:
    """Which line of which room is run by which test, with the fixtures that it asks for."""

    def __init__(self, package: str) -> None:
        self.package = package + os.sep
        self.of_fixture: dict[str, set[tuple[str, int]]] = {}
        self.of_test: dict[str, set[tuple[str, int]]] = {}
        self.asked: dict[str, set[str]] = {}
        self.loaded: set[tuple[str, int]] = set()
        self.seconds: dict[str, float] = {}
        self._now = self.loaded
        self._tracers: dict[Any, Any] = {}
        self._calls: dict[Any, int] = {}
        sys.settrace(self._enter)
        threading.settrace(self._enter)

    def _enter(self, frame: Any, event: str, _: object) -> Any:
        code = frame.f_code
        if code not in self._tracers:
            path = code.co_filename
            name = path[len(self.package) :] if path.startswith(self.package) else ""
            self._tracers[code] = self._tracer(name) if "/" in name else None
        tracer = self._tracers[code]
        if tracer is None:
            return None
        calls = self._calls[code] = self._calls.get(code, 0) + 1
        return tracer(frame, event, None) if calls <= MOST_CALLS else None

    def _tracer(self, name: str) -> Any:
        def line(frame: Any, _event: str, _: object) -> Any:
            self._now.add((name, frame.f_lineno))
            return line

        return line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Note what a test runs, and how long it takes."""
        self._now = self.of_test.setdefault(item.nodeid, set())
        self._calls.clear()
        self.asked[item.nodeid] = set(getattr(item, "fixturenames", ()))
        start = time.monotonic()
        found = yield  # what the other hooks say
        self.seconds[item.nodeid] = time.monotonic() - start
        self._now = self.loaded
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Note what a fixture runs: it tells of each test that asks for it."""
        outer, self._now = self._now, self.of_fixture.setdefault(fixturedef.argname, set())
        self._calls.clear()
        self.asked.setdefault(request.node.nodeid, set()).add(fixturedef.argname)
        try:
            return (yield)
        finally:
            self._now = outer

    def pytest_sessionfinish(self) -> None:
        """Write down, of each line, the tests; of what runs as a module is loaded, none."""
        sys.settrace(None)
        lines: dict[str, dict[int, list[str]]] = {}
        for file, line in self.loaded:
            lines.setdefault(file, {})[line] = []
        for test, own in self.of_test.items():
            through = (self.of_fixture.get(name, set()) for name in self.asked[test])
            for file, line in own.union(*through):
                lines.setdefault(file, {}).setdefault(line, []).append(test)
        note = {"seconds": self.seconds, "lines": lines}
        Path(os.environ["MUTATE_RECORD"]).write_text(json.dumps(note), "utf-8")


class FirstThese:
    """The tests that run the line of a fault come first."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort them."""
        first = json.loads(Path(os.environ["MUTATE_FIRST"]).read_text("utf-8"))
        place = {test: number for number, test in enumerate(first)}
        items.sort(key=lambda item: place.get(item.nodeid, len(place)))


def pytest_configure(config: pytest.Config) -> None:
    """Join a run that mutate.py has started."""
    if "MUTATE_RECORD" in os.environ:
        config.pluginmanager.register(Recorder(os.environ["MUTATE_PACKAGE"]))
    elif "MUTATE_FIRST" in os.environ:
        config.pluginmanager.register(FirstThese())
