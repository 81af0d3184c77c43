"""Planted faults: each kind is made, what changes nothing is not counted, and a test that notices is named."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest
from places import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

CODE = '''"""Sums of 1 and 2."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 7

WIDTH_KM = 2.5


def area(length_km: "tuple[1, 2]", width_km=WIDTH_KM):
    """Two sides, of 3 at most."""
    if length_km < 0:
        raise ValueError("below " + "0")
    msg = f"{length_km + 1} km"
    return max(length_km, width_km), length_km + width_km, order(length_km, width_km), msg


def order(first, second):
    pair = [first, second]
    return pair[0] - pair[1]

'''
TWO_FAULTS = """
def order(first, second):
    return first - second


def loose(value):
    return value + 0
"""
TESTS = """
from borderzone.room import sums


def test_the_order_counts():
    assert sums.order(3, 1) == 2


def test_a_number_stays():
    assert sums.loose(1) >= 0
"""


@pytest.fixture(scope="module")
def mutate() -> Any:
    spec = importlib.util.spec_from_file_location("mutate", SCRIPTS / "mutate.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules["mutate"] = script
    spec.loader.exec_module(script)
    return script


@pytest.fixture(scope="module")
def mutants(mutate: Any) -> Any:
    return sys.modules[mutate.mutants.__module__]


def faults(mutants: Any, code: str = CODE, seed: int = 1) -> list[Any]:
    return list(mutants.mutants("room/sums.py", code, seed))


def test_each_operator_makes_its_faults_where_something_is_computed(mutants: Any) -> None:
    """Not in types, texts, errors, and not of arguments whose order is all the same."""
    found = [(m.operator, m.before, m.after) for m in faults(mutants)]

    whole = "return max(length_km, width_km), length_km + width_km, order(length_km, width_km), msg"
    assert found == [
        ("constant", "WIDTH_KM = 2.5", "WIDTH_KM = 5.0"),
        ("comparison", "if length_km < 0:", "if length_km <= 0:"),
        ("constant", "if length_km < 0:", "if length_km < 1:"),
        ("sign", whole, whole.replace("+", "-")),
        (
            "swapped argument",
            whole,
            whole.replace("r(length_km, width_km", "r(width_km, length_km"),
        ),
        ("sign", "return pair[0] - pair[1]", "return pair[0] + pair[1]"),
        ("off by one", "return pair[0] - pair[1]", "return pair[1] - pair[1]"),
        ("off by one", "return pair[0] - pair[1]", "return pair[0] - pair[2]"),
    ]


def test_another_text_of_the_same_code_is_no_fault(mutants: Any) -> None:
    fault = faults(mutants)[0]
    spaces = mutants.Mutant(**(vars(fault) | {"text": "2.50"}))

    assert mutants.changes(fault, CODE)
    assert not mutants.changes(spaces, CODE)


def test_one_seed_draws_the_same_faults_whatever_else_is_edited(mutants: Any) -> None:
    longer = CODE.replace("WIDTH_KM = 2.5", "HALF = 0.25\nWIDTH_KM = 2.5")
    ranks = {m.rank for m in faults(mutants)}

    assert ranks < {m.rank for m in faults(mutants, longer)}
    assert not ranks & {m.rank for m in faults(mutants, seed=2)}
    drawn = mutants.choose(faults(mutants), {"room/sums.py": CODE}, 4)
    assert len({m.operator for m in drawn}) == len({m.line for m in drawn}) == 4


def test_the_test_that_notices_a_fault_is_named_and_a_survivor_told(
    mutate: Any, tmp_path: Path
) -> None:
    package, tests = tmp_path / "src" / "borderzone" / "room", tmp_path / "tests" / "room"
    for folder in (package, tests):
        folder.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "sums.py").write_text(TWO_FAULTS, "utf-8")
    (tests / "test_sums.py").write_text(TESTS, "utf-8")

    ((room, verdicts),) = mutate.judge_all(["room"], 2, 1, 2, tmp_path)
    noticed, survivor = verdicts
    assert room == "room"

    assert noticed.mutant.before == "return first - second"
    assert noticed.test == "tests/room/test_sums.py::test_the_order_counts"
    assert survivor.mutant.before == "return value + 0"
    assert survivor.test is None
    assert (package / "sums.py").read_text("utf-8") == TWO_FAULTS
    key = (survivor.mutant.file, survivor.mutant.before, survivor.mutant.after)
    assert "| **nobody** |" in mutate.section(verdicts, {})
    tables = {room: mutate.section(verdicts, {key: "Zero has no sign."}), "other": "| a |\n| - |\n"}
    assert "| Zero has no sign. |" in tables[room]
    written = mutate.page(tables)
    assert "in 2 places, one at a time, and runs the tests of the same room: 1 faults" in written
    assert mutate.sections_of(written) == tables


def test_what_ends_without_naming_a_test_is_noticed_all_the_same(mutate: Any) -> None:
    """A fault that kills the interpreter, or never ends, is one that somebody sees."""
    assert mutate.who_noticed(-6, "") == "a crash by SIGABRT"
    assert mutate.who_noticed(mutate.ENDLESS, "") == "a run without end"
    assert mutate.who_noticed(0, "") is None
    with pytest.raises(SystemExit, match="names no test"):
        mutate.who_noticed(2, "no tests ran")
