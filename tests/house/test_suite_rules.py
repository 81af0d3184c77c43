"""The suite itself: its verdict does not hang on how busy the machine is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from places import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCKS = {
    "clock_gettime",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "time",
    "time_ns",
    "timeit",
}
PATIENCE_S = 120
"""A wait that only guards against hanging is at least this long."""


def test_no_test_reads_a_clock_or_sets_a_deadline() -> None:
    """What is to end ends by an event, what is to be waited for is asked of who waits."""
    found = [
        f"{path.name}:{line}: {what}"
        for path in sorted(TESTS.rglob("*.py"))
        for line, what in hurries(path.read_text("utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import time\nstart = time.monotonic()",
        "from time import perf_counter",
        "import time\nassert time.time() < 1",
        "settings(max_examples=3, deadline=None)",
        "process.communicate(timeout=20)",
        "event.wait(2.5)",
        "thread.join(60)",
        "settings(suppress_health_check=[HealthCheck.function_scoped_fixture])",
    ],
)
def test_a_hurry_is_found(code: str) -> None:
    assert len(list(hurries(code))) == 1


def test_all_tests_run_under_one_profile_without_a_deadline() -> None:
    profile = settings.default

    assert profile is not None
    assert profile.deadline is None
    assert profile.database is None
    assert HealthCheck.too_slow in profile.suppress_health_check


def hurries(code: str) -> Iterator[tuple[int, str]]:
    """Find clocks, deadlines and short waits."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "timeit"}:
            yield from ((node.lineno, f"imports {a.name}") for a in node.names if a.name in CLOCKS)
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            if isinstance(node.value, ast.Name) and node.value.id in {"time", "timeit"}:
                yield node.lineno, f"reads {node.attr}"
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in called(node))


def called(node: ast.Call) -> Iterator[str]:
    """Find deadlines and short waits among the arguments of a call."""
    for given in node.keywords:
        if given.arg == "deadline" and "profile" not in ast.unparse(node.func):
            yield "sets a deadline of its own"
        if given.arg == "suppress_health_check" and "too_slow" not in ast.unparse(given.value):
            yield "lets a slow machine fail a health check"
        if given.arg == "timeout" and is_short(given.value):
            yield "waits too short"
    waits = isinstance(node.func, ast.Attribute) and node.func.attr in {"wait", "join"}
    if waits and any(is_short(given) for given in node.args):
        yield "waits too short"


def is_short(given: ast.expr) -> bool:
    return (
        isinstance(given, ast.Constant)
        and isinstance(given.value, int | float)
        and given.value < PATIENCE_S
    )
