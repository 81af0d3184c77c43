"""A rule on what comes from outside is written once: copies are counted by syntax tree."""

from __future__ import annotations

import ast
import copy
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from syntax import last_name, parts, trees_of

import borderzone

SOURCE = Path(borderzone.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[Function], bool]

_NUMBERS = {"bool", "bool_", "int", "integer", "float", "floating", "Integral", "Real", "Number"}
_ARRAYS = {"Any", "npt.ArrayLike", "ArrayLike", "Sequence[float]"}
_WORDS = re.compile(
    r"must be (an? )?(whole number|finite number|number\b|True or False|0 or more|above 0|finite\b)"
    r"|must lie between|must be a number or an array"
)


def calls(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Give the calls of functions, by the last part of their name."""
    for part in parts(node):
        if isinstance(part, ast.Call) and last_name(part.func) in names:
            yield part


def parameters(function: Function, *kinds: str) -> set[str]:
    """Name the parameters for which anything, an array of numbers or one of more kinds is given."""
    given = function.args
    return {
        one.arg
        for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)
        if one.annotation and set(ast.unparse(one.annotation).split(" | ")) & {*_ARRAYS, *kinds}
    }


def named(node: ast.AST) -> set[str]:
    return {part.id for part in parts(node) if isinstance(part, ast.Name)}


def refusals(function: Function) -> list[ast.expr]:
    """Give the conditions under which a function refuses something."""
    return [
        part.test
        for part in parts(function)
        if isinstance(part, ast.If) and any(isinstance(line, ast.Raise) for line in part.body)
    ]


def counts_cores(function: Function) -> bool:
    counted = {"cpu_count", "process_cpu_count", "sched_getaffinity"}
    return any(
        isinstance(part, ast.Attribute) and ast.unparse(part) in {f"os.{name}" for name in counted}
        for part in parts(function)
    )


def starts_a_stream(function: Function) -> bool:
    return any(calls(function, "default_rng", "SeedSequence", "RandomState"))


def tells_a_seed(function: Function) -> bool:
    return any("random.Generator" in ast.unparse(c.args[1]) for c in calls(function, "isinstance"))


def tells_a_number(function: Function) -> bool:
    refuses = any(isinstance(part, ast.Raise) for part in parts(function))
    kinds = (set(re.findall(r"\w+", ast.unparse(c.args[1]))) for c in calls(function, "isinstance"))
    return refuses and any(kind & _NUMBERS for kind in kinds)


def bounds_a_number(function: Function) -> bool:
    """Refuse a parameter that is not finite, not whole, or beyond a constant."""
    mine = parameters(function, "float", "int")
    for test in refusals(function):
        finite = calls(test, "isfinite", "isnan", "isinf", "is_integer", "floor")
        if any(named(call) & mine for call in finite):
            return True
        for part in parts(test):
            if isinstance(part, ast.Compare):
                sides = [part.left, *part.comparators]
                bare = any(isinstance(side, ast.Name) and side.id in mine for side in sides)
                fixed = any(
                    isinstance(side, ast.Constant) and isinstance(side.value, (int, float))
                    for side in sides
                )
                if bare and (fixed or any(calls(part, "int", "floor", "round"))):
                    return True
    return False


def turns_into_numbers(function: Function) -> bool:
    """Make an array of floats of a parameter, where text would become numbers without a word."""
    return any(
        call.args
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id in parameters(function)
        and "float" in ast.unparse(call)
        for call in calls(function, "asarray", "array", "asanyarray")
    )


def words_a_refusal(function: Function) -> bool:
    texts = (
        "".join(str(part.value) for part in parts(node) if isinstance(part, ast.Constant))
        for line in parts(function)
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "msg"
        for node in [line.value]
    )
    return any(_WORDS.search(text) for text in texts)


def asks_what_was_meant(function: Function) -> bool:
    return any(calls(function, "get_close_matches"))


# What the rule is, how a copy of it is told, an example of one, and the places that are none: of
# these each refuses something else that looks alike.
RULES: dict[str, tuple[Rule, str, set[str]]] = {
    "how many threads": (
        counts_cores,
        "def workers() -> int:\n    return os.cpu_count() or 1",
        {"_guards/threads.py:n_threads"},
    ),
    "where random numbers start": (
        starts_a_stream,
        "def draw(seed: Seed) -> Any:\n    return np.random.default_rng(seed).random()",
        {"_guards/draws.py:generator"},
    ),
    "what a seed is": (
        tells_a_seed,
        "def number(seed):\n    return isinstance(seed, np.random.Generator)",
        {
            "_guards/draws.py:is_seed", "_guards/draws.py:generator", "_guards/draws.py:seed_number",
            "_guards/draws.py:told_seed",
        },
    ),
    "what a number is": (
        tells_a_number,
        "def steps(n: Any) -> None:\n    if not isinstance(n, (int, np.integer)):\n        raise ValueError",
        {
            # Numbers of any length in study files, and text in quotes there.
            "scenario.py:_check_toml",
            "scenario.py:_no_numbers_as_text",
            # What a cell, a page, a key or a layer is: none of them must be a number.
            "fetch/events.py:_row", "incidents/placing/precision.py:code_books",
            "incidents/sharing/export.py:_sheet_cell", "io/formats/geopackage.py:_entries", "provenance.py:_plain",
            "study/given.py:_check_kind",
        },
    ),
    "how a number is bounded": (
        bounds_a_number,
        "def plan(crew: float) -> None:\n    if not crew >= 1:\n        raise ValueError",
        {
            "incidents/placing/precision.py:position_error_km",
            "study/given.py:check_cells",
        },
    ),
    "what an array of numbers is": (
        turns_into_numbers,
        "def band(n: ArrayLike) -> Any:\n    return np.asarray(n, dtype=float)",
        {
            # Behind the doors: of our own draws, distances and sums.
            
            "incidents/hotspots.py:_window_sums",
            "difficulty/index.py:ahp_weights",
        },
    ),
    "which name was meant": (
        asks_what_was_meant,
        "def near(word, names):\n    return difflib.get_close_matches(word, names, n=1)",
        {"_guards/words.py:nearest"},
    ),
    "how a refused number is worded": (
        words_a_refusal,
        'def check(n: Any) -> None:\n    msg = f"{n} must be a whole number, 1 or more"',
        {
            # Rasters tell where in them the number is, or that no data is to be masked.
            "access/travel_times.py:of",
            "incidents/placing/imputation.py:_refuse_impossible", "difficulty/segment_sums.py:add",
            # Bounds that hang on something else: a length, a total, a matrix, another column.
            "access/search.py:of", "border/chainage.py:point_at",
            "difficulty/index.py:_pairs",
            "scenario.py:_no_numbers_as_text",
        },
    ),
}  # fmt: skip


def places(name: str, trees: dict[str, ast.Module]) -> set[str]:
    """Name the functions that hold a rule, by file; of numbers, those outside the guards."""
    rule, _, known = RULES[name]
    guards = any(place.startswith("_guards/") for place in known)
    return {
        f"{path}:{part.name}"
        for path, tree in trees.items()
        if not path.startswith("_kernels/") and (guards or not path.startswith("_guards/"))
        for part in parts(tree)
        if isinstance(part, Function) and rule(part)
    }


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_one_place(name: str) -> None:
    """A new copy belongs into `_guards`; what only looks like one is named in the table."""
    assert places(name, trees_of(SOURCE)) == RULES[name][2]


@pytest.mark.parametrize("name", RULES)
def test_a_copy_that_is_put_back_is_told(name: str) -> None:
    """A second place, in a file of its own, is one more than the table knows."""
    _, example, known = RULES[name]

    found = places(name, {"study/again.py": ast.parse(example)})

    assert len(found - known) == 1


class _Shape(ast.NodeTransformer):
    """Names and constants by the order in which they come, so that a copy under other names shows."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.setdefault(node.id, f"name{len(self._names)}")
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        node.value = type(node.value).__name__
        return node


def twins(trees: dict[str, ast.Module], least: int) -> list[set[str]]:
    """Name the functions of so many statements or more that do the same under other names."""
    alike = defaultdict(set)
    for path, tree in trees.items():
        for part in parts(tree):
            if isinstance(part, Function):
                said = ast.get_docstring(part) is not None
                body = part.body[said:]
                if sum(isinstance(n, ast.stmt) for line in body for n in parts(line)) >= least:
                    shape = _Shape()
                    alike[
                        "\n".join(ast.dump(shape.visit(copy.deepcopy(line))) for line in body)
                    ].add(f"{path}:{part.name}")
    return [names for names in alike.values() if len(names) > 1]


def test_no_two_functions_do_the_same() -> None:
    assert twins(trees_of(SOURCE), least=5) == []


def test_a_function_that_is_copied_under_other_names_is_told() -> None:
    text = ast.unparse(
        next(
            part
            for part in parts(trees_of(SOURCE)["_guards/threads.py"])
            if isinstance(part, Function) and part.name == "_quota"
        )
    )
    again = text.replace("least", "fewest").replace("_quota", "cores")

    of_two = {
        "_guards/threads.py": trees_of(SOURCE)["_guards/threads.py"],
        "access/again.py": ast.parse(again),
    }
    found = twins(of_two, least=5)

    assert found == [{"_guards/threads.py:_quota", "access/again.py:cores"}]


def test_a_class_has_a_name_of_its_own() -> None:
    """One word, one meaning: a name that stands twice is two things to whoever reads it."""
    found = defaultdict(set)
    for path, tree in trees_of(SOURCE).items():
        for part in parts(tree):
            if isinstance(part, ast.ClassDef):
                found[part.name].add(path)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


EXCEPTION = re.compile(
    r"# (?:ruff: )?noqa\b(?!: [A-Z0-9, ]+ - \S)|# type: ignore\b(?!\[[a-z, -]+\]  # \S)"
)


def test_each_exception_from_a_rule_of_the_linters_says_why() -> None:
    assert [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in sorted(SOURCE.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if EXCEPTION.search(line)
    ] == []


@pytest.mark.parametrize(
    "line", ["x = 1  # noqa", "x = 1  # noqa: S101", "x = 1  # type: ignore[arg-type]"]
)
def test_an_exception_without_its_reason_is_found(line: str) -> None:
    assert EXCEPTION.search(line)
    assert not EXCEPTION.search("x = 1  # noqa: S101 - both are pipes")
