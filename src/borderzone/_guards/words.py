"""Words and answers from outside, and how a wrong value and an option are written where the user is."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
import re
import shlex
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from borderzone._guards.escapes import kept
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import ValidationError

__all__ = [
    "as_day",
    "asked_from",
    "check_choice",
    "check_flag",
    "check_text",
    "in_unit",
    "is_flag",
    "listed",
    "meant",
    "meant_choice",
    "nearest",
    "percent",
    "record_words",
    "shown",
    "where_asked",
    "written_option",
]

_LONGEST_SHOWN = 80


def check_choice(value: Any, name: str, choices: Iterable[str]) -> str:
    """Refuse a word that is not one of the choices, and name the nearest."""
    allowed = list(choices)
    if not isinstance(value, str) or value not in allowed:
        msg = (
            f"{name} must be one of {', '.join(allowed)}, got {shown(value)}{meant(value, allowed)}"
        )
        raise InvalidParameterError(msg)
    return str(value)


def nearest(word: Any, names: Iterable[Any], *, n: int = 1, cutoff: float = 0.6) -> list[str]:
    """Give the names that come nearest to a word, nearest first; none is near to what is no short text."""
    short = word if isinstance(word, str) and len(word) <= _LONGEST_SHOWN else ""
    return difflib.get_close_matches(short, list(map(str, names)), n=n, cutoff=cutoff)


def meant(word: Any, names: Iterable[Any]) -> str:
    """Ask at the end of a message whether the nearest name was meant; nothing where none is near."""
    near = nearest(word, names)
    return f"; did you mean {near[0]!r}?" if near else ""


def meant_choice(detail: Any) -> str:
    """Ask whether the nearest of the words was meant that pydantic would have taken."""
    expected = str(dict(detail.get("ctx", {})).get("expected", ""))
    return meant(detail["input"], re.findall(r"'([^']*)'", expected))


def as_day(value: Any, name: str) -> dt.date:
    """Take a day as a date or as text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        msg = f'{name} must be a day such as "2024-05-31", got {shown(value)}'
        raise InvalidParameterError(msg) from None


def is_flag(value: Any) -> bool:
    """Tell whether something is True or False, of Python or of numpy."""
    kinds = (kind.__name__ for kind in type(value).__mro__)  # numpy is not loaded to know
    return isinstance(value, bool) or any(name in {"bool", "bool_"} for name in kinds)


def check_flag(value: Any, name: str) -> bool:
    """Refuse what is neither yes nor no."""
    if not is_flag(value):
        msg = f"{name} must be True or False (true or false in a study file), got {shown(value)}"
        raise InvalidParameterError(msg)
    return bool(value)


def check_text(value: Any, name: str, *, longest: int = 200) -> str:
    """Refuse what is no short text, or is blank."""
    if not isinstance(value, str):
        msg = f"{name} must be text, got {shown(value)}"
        raise InvalidParameterError(msg)
    if not value.strip() or len(value) > longest:
        msg = (
            f"{name} must have 1 to {longest} characters and not be blank, got {len(value):,}: "
            f"{shown(value)}"
        )
        raise InvalidParameterError(msg)
    if kept(value) != value:
        msg = f"{name} holds a character that no file can hold, got {shown(value)}; leave it out"
        raise InvalidParameterError(msg)
    return value


def shown(value: Any) -> str:
    """Write a wrong value for a message: never long, and never an error of its own."""
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"a whole number of about {value.bit_length() * 0.30103:,.0f} digits"
    if isinstance(value, (str, bytes)) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]!r}... ({len(value):,} characters)"
    try:
        plain = getattr(getattr(value, "dtype", None), "kind", "") in {"b", "i", "u", "f"}
        text = repr(value.item() if plain and value.ndim == 0 else value)  # 0.5, of numpy too
    except Exception:  # noqa: BLE001 - the representation of what a user hands over
        return f"a {type(value).__name__}"
    if len(text) > _LONGEST_SHOWN or "\n" in text:
        return f"a {type(value).__name__}"
    return text


def in_unit(unit: str) -> str:
    """Word the unit of a number for a message."""
    return f" ({unit})" if unit else ""


def percent(share: float | None) -> str:
    """Write a share in percent; what is neither nothing nor all is not rounded to either."""
    if share is None or not math.isfinite(share):
        return "unknown"
    if 0 < share < 0.005:
        return "less than 1 %"
    if 0.995 <= share < 1:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def record_words(error: ValidationError, name: str, fields: Iterable[str]) -> str:
    """Say what pydantic refuses of a record, in this library's words."""
    found = []
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = list(fields)
            hint = meant(place, known)
            found.append(f"{place} is no field; the fields are {', '.join(known)}{hint}")
            continue
        # Pydantic puts its own words before ours.
        text = str(detail["msg"]).removeprefix("Value error, ")
        got = f"{place}: {text}, got {shown(detail['input'])}{meant_choice(detail)}"
        found.append(got if place else text)
    return f"{name}: {'; '.join(found)}"


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
