"""How an option of `read` is named where the user is: in Python, in a study file, on the command line."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

from borderzone._read_options import READ_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["asked_from", "option", "polygons_hint", "ways"]

Where = Literal["python", "study file", "command line"]

_WHERE: ContextVar[Where] = ContextVar("where", default="python")


@contextmanager
def asked_from(where: Where) -> Iterator[None]:
    """Say where the user is while a table is read, so that messages name what helps there."""
    token = _WHERE.set(where)
    try:
        yield
    finally:
        _WHERE.reset(token)


def option(name: str, value: object) -> str:
    """Write an option of `read` as the user would have to."""
    return _written(name, value, _WHERE.get())


def ways(name: str, value: object) -> str:
    """Write an option where it helps, or all ways of writing it where a text may be read elsewhere."""
    where = _WHERE.get()
    if where != "python":
        return _written(name, value, where)
    return (
        f"{name}={_toml(value)} (in Python), {name} = {_toml(value)} (in a study file) or "
        f"{_written(name, value, 'command line')} (on the command line)"
    )


def _written(name: str, value: object, where: Where) -> str:
    if where == "python":
        return f"{name}={value!r}"
    if where == "study file":
        under = " under [incidents]" if name in READ_OPTIONS else ""
        return f"{name} = {_toml(value)}{under}"
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return flag
    if isinstance(value, Mapping):  # said once for each, as the command takes it
        return " ".join(f"{flag} {key}={_shell_quoted(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(f"{flag} {_shell(one)}" for one in value)
    return f"{flag} {_shell(value)}"


def polygons_hint(one: str) -> str:
    """Say how polygons are given in which a vague event may lie."""
    if _WHERE.get() == "study file":
        return option(f"{one}s", f"{one}s.gpkg")
    return f"pass {'admin2' if one == 'district' else 'admin1'}= (to a study {one}s=)"


def _toml(value: object) -> str:
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
