"""Where the user asks from, and how an option is written there: in Python, a study file, on the command line."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["asked_from", "where_asked", "written_option"]

Where = Literal["python", "study file", "command line"]

_WHERE: ContextVar[Where] = ContextVar("where", default="python")


@contextmanager
def asked_from(where: Where) -> Iterator[None]:
    """Say where the user is while something is read, so that messages name what helps there."""
    token = _WHERE.set(where)
    try:
        yield
    finally:
        _WHERE.reset(token)


def where_asked() -> Where:
    """Tell where the user is."""
    return _WHERE.get()


def written_option(
    name: str, value: object, *, where: Where | None = None, table: str = "", record: str = ""
) -> str:
    """
    Write an option as the user would have to.

    In a study file it may stand in a `table`, and in Python in a `record` that is the argument ``options``.
    """
    where = where or _WHERE.get()
    if where == "python":
        plain = f"{name}={value!r}"
        return f"options={record}({plain})" if record else plain
    if where == "study file":
        return f"{name} = {_toml(value)}" + (f" under [{table}]" if table else "")
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return flag
    if isinstance(value, Mapping):  # said once for each, as the command takes it
        return " ".join(f"{flag} {key}={_shell_quoted(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(f"{flag} {_shell(one)}" for one in value)
    return f"{flag} {_shell(value)}"


def _toml(value: object) -> str:
    """Write a value as a study file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(value: object) -> str:
    """Text in double quotes, with what would end or change it told apart."""
    return json.dumps(str(value), ensure_ascii=False)


def _shell(value: object) -> str:
    if isinstance(value, tuple):  # one flag takes all of them
        return " ".join(map(_shell, value))
    plain = re.fullmatch(r"[\w%+./:@,=-]+", str(value))
    return str(value) if plain else _shell_quoted(value)


def _shell_quoted(value: object) -> str:
    # Of some marks a shell makes something else, in double quotes too.
    return shlex.quote(str(value)) if re.search(r"[$`!\\]", str(value)) else _quoted(value)
