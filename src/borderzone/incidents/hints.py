"""How an option of `read` is named where the user is: in Python, in a study file, on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["asked_from", "option"]

Where = Literal["python", "study file", "command line"]

_WHERE: ContextVar[Where] = ContextVar("where", default="python")


@contextmanager
def asked_from(where: Where) -> Iterator[None]:
    """
    Say where the user is while a table is read, so that messages name what helps there.

    Parameters
    ----------
    where
        "python", "study file" or "command line".
    """
    token = _WHERE.set(where)
    try:
        yield
    finally:
        _WHERE.reset(token)


def option(name: str, value: object) -> str:
    """
    Write an option of `read` as the user would have to.

    Parameters
    ----------
    name
        Its name in Python.
    value
        What it should be: a word, a flag, a number, several of them, or a mapping of words.

    Returns
    -------
    str
        The option, ready to be copied.

    Examples
    --------
    >>> option("columns", {"lat": "Breite"})
    "columns={'lat': 'Breite'}"
    >>> with asked_from("command line"):
    ...     option("columns", {"lat": "Breite"}), option("fix_swapped", True)
    ('--columns lat="Breite"', '--fix-swapped')
    >>> with asked_from("study file"):
    ...     option("columns", {"lat": "Breite"})
    'columns = {lat = "Breite"} under [incidents]'
    """
    where = _WHERE.get()
    if where == "python":
        return f"{name}={value!r}"
    if where == "study file":
        return f"{name} = {_toml(value)} under [incidents]"
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return flag
    return f"{flag} {_shell(value)}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _shell(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f'{key}="{one}"' for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return f'"{value}"' if isinstance(value, str) and " " in value else str(value)
