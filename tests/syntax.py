"""Syntax trees of the package and of its tests, read and walked once for all tests that look at them."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@cache
def trees_of(folder: Path) -> dict[str, ast.Module]:
    """Give the tree of each file of a folder, by its path in it: for all readers the same, so not to be changed."""
    return {
        path.relative_to(folder).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }


@cache
def parts(node: ast.AST) -> tuple[ast.AST, ...]:
    """Give a node and all below it, as `ast.walk` does."""
    return tuple(ast.walk(node))


def last_name(node: ast.expr) -> str:
    """Give the last part of a name with dots, or nothing of what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
