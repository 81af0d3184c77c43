"""The suite itself: each test asserts, and no verdict hangs on how busy the machine is."""

from __future__ import annotations

import ast
from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from places import TESTS
from syntax import last_name, parts, trees_of

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
        f"{path}:{line}: {what}"
        for path, tree in trees_of(TESTS).items()
        for line, what in hurries(tree)
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
    assert len(list(hurries(ast.parse(code)))) == 1


def test_every_test_asserts() -> None:
    """By itself, by what it expects to be raised, or by a function that asserts for it."""
    modules = {PurePath(path).stem: tree for path, tree in trees_of(TESTS).items()}

    assert silent_tests(modules) == []


def test_a_test_that_asserts_nothing_is_found() -> None:
    modules = {
        "helpers": "def check(x):\n    assert x\ndef look(x):\n    return x",
        "test_a": "from helpers import check, look\n"
        "def test_one(): check(1)\n"
        "def test_two(): look(1)\n"
        "def test_three():\n    with pytest.raises(ValueError):\n        look(1)\n"
        "def check_four(): check(4)\n"
        "def test_four(): check_four()\n"
        "def test_five(x): x.check()\n",
    }

    assert silent_tests({name: ast.parse(code) for name, code in modules.items()}) == [
        "test_a:3: test_two",
        "test_a:9: test_five",
    ]


def test_all_tests_run_under_one_profile_without_a_deadline() -> None:
    profile = settings.default

    assert profile is not None
    assert profile.deadline is None
    assert profile.database is None
    assert HealthCheck.too_slow in profile.suppress_health_check


def silent_tests(modules: dict[str, ast.Module]) -> list[str]:
    """Find tests in which nothing can fail but the code that they call."""
    functions = {
        (name, node.name): node
        for name, tree in modules.items()
        for node in parts(tree)
        if isinstance(node, ast.FunctionDef)
    }
    imported = {
        (name, alias.asname or alias.name): (node.module or "", alias.name)
        for name, tree in modules.items()
        for node in parts(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    telling = {key for key, node in functions.items() if asserts(node)}
    before = 0
    while before < len(telling):
        before = len(telling)
        telling |= {
            (name, function)
            for (name, function), node in functions.items()
            if any(imported.get((name, c), (name, c)) in telling for c in called_by_name(node))
        }
    return [
        f"{name}:{node.lineno}: {function}"
        for (name, function), node in functions.items()
        if function.startswith("test") and (name, function) not in telling
    ]


def asserts(function: ast.FunctionDef) -> bool:
    """Say whether a function itself compares, or expects an error or a warning."""
    for node in parts(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            if name.startswith("assert_") or name in {"raises", "warns", "fail"}:
                return True
    return False


def called_by_name(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in parts(function) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name)}


def hurries(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find clocks, deadlines and short waits."""
    for node in parts(tree):
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
