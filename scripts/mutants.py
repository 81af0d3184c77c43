"""
Small faults for a source file: what a test of it should notice.

Five operators, fixed: `sign` turns + and -, and drops a minus; `comparison` takes in or leaves out the
limit, or turns equal, is and in; `constant` changes a number or turns True and False; `off by one` moves an index
or an end by one; `swapped argument` takes the first two arguments in the other order. Left out is what
computes nothing: docstrings, types, decorators, and the texts of errors and of the log.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

OPERATORS = ("sign", "comparison", "constant", "off by one", "swapped argument")
TURNED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
COUNTED = {"range", "arange", "linspace"}
# Texts; and calls whose arguments cannot trade places, or may, by definition.
LOGGED = {"debug", "info", "warning", "warn"}
UNSWAPPED = {
    *("cast", "isinstance", "issubclass", "getattr", "setattr", "hasattr", "replace", "sub"),
    *("min", "max", "minimum", "maximum", "fmin", "fmax", "hypot", "union", "intersection"),
    *("logical_and", "logical_or", "isclose", "array_equal", "lcm", "gcd"),
}


@dataclass(frozen=True)
class Mutant:
    """One fault: where in which file, the bytes that change, and the line before and after."""

    file: str
    line: int
    operator: str
    start: int
    stop: int
    text: str
    before: str
    after: str
    rank: str
    """Faults are taken in this order. It hangs on the seed and on nothing else in the file."""

    def applied(self, code: str) -> str:
        """Give the whole file with the fault."""
        raw = code.encode()
        return (raw[: self.start] + self.text.encode() + raw[self.stop :]).decode()


def mutants(file: str, code: str, seed: int) -> Iterator[Mutant]:
    """Give all faults of a file."""
    lines, raw = code.splitlines(), code.encode()
    seen: Counter[tuple[str, ...]] = Counter()
    for operator, function, start, stop, text in _Sites(code).found:
        line = raw.count(b"\n", 0, start) + 1
        # Of a fault over several lines the first and what it becomes tell enough.
        row = raw.rfind(b"\n", 0, start) + 1
        row_end = raw.find(b"\n", start)
        rest = raw[stop:row_end] if stop <= row_end else b""
        before = lines[line - 1].strip()
        after = (raw[row:start] + text.encode() + rest).decode().strip()
        key = (file, function, operator, before, after)
        seen[key] += 1
        rank = hashlib.sha256("|".join((str(seed), *key, str(seen[key]))).encode()).hexdigest()
        yield Mutant(file, line, operator, start, stop, text, before, after, rank)


def choose(found: Collection[Mutant], codes: Mapping[str, str], count: int) -> list[Mutant]:
    """Take as many of each operator as there are, in the order of their rank, one a line."""
    queues = {name: [m for m in found if m.operator == name] for name in OPERATORS}
    for queue in queues.values():
        queue.sort(key=lambda mutant: mutant.rank, reverse=True)
    chosen: dict[tuple[str, int], Mutant] = {}
    while len(chosen) < count and any(queues.values()):
        for queue in queues.values():
            while queue and len(chosen) < count:
                mutant = queue.pop()
                place = mutant.file, mutant.line
                if place not in chosen and changes(mutant, codes[mutant.file]):
                    chosen[place] = mutant
                    break
    return sorted(chosen.values(), key=lambda mutant: (mutant.file, mutant.line))


def changes(mutant: Mutant, code: str) -> bool:
    """Say whether what runs is another, and not its text alone."""
    return ast.dump(ast.parse(mutant.applied(code))) != ast.dump(ast.parse(code))


class _Sites(ast.NodeVisitor):
    """Places of a file that a fault may take, as bytes to replace."""

    def __init__(self, code: str) -> None:
        self.found: list[tuple[str, str, int, int, str]] = []
        self._raw = code.encode()
        self._starts = [0]
        for line in self._raw.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._function = ""
        self._counts = False
        self.visit(ast.parse(code))

    # What computes nothing.

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave out the text of an error."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave out a text."""

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if ast.unparse(node.targets[0]) not in {"msg", "__all__"}:
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Names and types of arguments and decorators are no part of what runs."""
        outer, self._function = self._function, f"{self._function}.{node.name}".lstrip(".")
        for part in (*node.args.defaults, *node.args.kw_defaults, *node.body):
            if part is not None:
                self.visit(part)
        self._function = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self._function = self._function, f"{self._function}.{node.name}".lstrip(".")
        for part in node.body:
            self.visit(part)
        self._function = outer

    # The operators.

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add | ast.Sub) and not _is_text(node.left, node.right):
            signs = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
            self._between("sign", node.left, node.right, *signs)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.Add | ast.Sub) and not _is_text(node.value, node.value):
            signs = ("+=", "-=") if isinstance(node.op, ast.Add) else ("-=", "+=")
            self._between("sign", node.target, node.value, *signs)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            self._add("sign", self._at(node), self._at(node) + 1, "")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            self._between("comparison", left, right, *TURNED[type(op)])
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        outer, self._counts = self._counts, True
        self.visit(node.slice)
        self._counts = outer

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in LOGGED or (name == "join" and _is_text(node.func)):
            return
        pair = node.args[:2]
        if len(pair) == 2 and name not in UNSWAPPED and not _is_text(*pair):
            self._swap(*pair)
        outer, self._counts = self._counts, self._counts or name in COUNTED
        if name == "len":
            self._add("off by one", self._end(node), self._end(node), " - 1")
        self.generic_visit(node)
        self._counts = outer

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace("constant", node, str(not value))
        elif isinstance(value, int) and self._counts:
            self._replace("off by one", node, str(value + 1))
        elif isinstance(value, int):
            self._replace("constant", node, str(1 - value if value in {0, 1} else 2 * value))
        elif isinstance(value, float):
            self._replace("constant", node, repr(2 * value or 1.0))

    # Places in the text.

    def _at(self, node: ast.expr) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr) -> int:
        line, column = cast("tuple[int, int]", (node.end_lineno, node.end_col_offset))
        return self._starts[line - 1] + column

    def _text(self, node: ast.expr) -> str:
        return self._raw[self._at(node) : self._end(node)].decode()

    def _add(self, operator: str, start: int, stop: int, text: str) -> None:
        self.found.append((operator, self._function, start, stop, text))

    def _replace(self, operator: str, node: ast.expr, text: str) -> None:
        self._add(operator, self._at(node), self._end(node), text)

    def _between(self, operator: str, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        start = self._raw.find(old.encode(), self._end(left), self._at(right))
        if start >= 0:
            self._add(operator, start, start + len(old), new)

    def _swap(self, first: ast.expr, second: ast.expr) -> None:
        starred = any(isinstance(one, ast.Starred) for one in (first, second))
        if not starred and ast.dump(first) != ast.dump(second):
            between = self._raw[self._end(first) : self._at(second)].decode()
            text = self._text(second) + between + self._text(first)
            self._add("swapped argument", self._at(first), self._end(second), text)


def _is_text(*nodes: ast.expr) -> bool:
    """Say whether one of several is a text, a list or a tuple, or a method of a text."""
    plain = [node.value if isinstance(node, ast.Attribute) else node for node in nodes]
    return any(
        isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        for node in plain
    )
