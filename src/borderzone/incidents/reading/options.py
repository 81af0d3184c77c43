"""The options of `read` as a study file or the command line holds them."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from borderzone._guards import as_box, check_flag, check_text, is_whole, shown
from borderzone._read_options import READ_OPTIONS
from borderzone.errors import InvalidParameterError
from borderzone.incidents.hints import option
from borderzone.incidents.reading.aliases import ALIASES, refuse_other_part
from borderzone.incidents.reading.readers import refuse_impossible
from borderzone.incidents.sharing.terms_of_use import check_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["as_day", "named_columns", "read_options"]


def read_options(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Check options of `read` and bring them to the form in which `read` takes them."""
    unknown = [str(name) for name in stated if name not in READ_OPTIONS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], READ_OPTIONS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = (
            f"incidents have no {shown(unknown[0])}; what is told of them is path, "
            f"{', '.join(READ_OPTIONS)}{hint}"
        )
        raise InvalidParameterError(msg)
    found = {
        name: _KINDS[one.kind](stated[name], name)
        for name, one in READ_OPTIONS.items()
        if stated.get(name) is not None
    }
    refuse_impossible(found)
    return found


def as_day(value: Any, name: str) -> dt.date:
    """Take a day as a date or as text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        msg = f'{name} must be a day such as "2024-05-31", got {shown(value)}'
        raise InvalidParameterError(msg) from None


def named_columns(texts: Iterable[str]) -> dict[str, str]:
    """Read which column is what from words of the command line."""
    # A comma parts two only where the name of a part follows: names of columns hold commas too.
    another = re.compile(rf"\s*,\s*(?=(?:{'|'.join(ALIASES)})=)")
    found: dict[str, str] = {}
    for text in (piece for words in texts for piece in another.split(words)):
        part, equals, column = text.partition("=")
        part = part.strip()
        if not equals or not part or not column.strip() or part in found:
            why = " a second time" if part in found else ""
            msg = f"columns are told as {option('columns', {'lat': 'Breite'})}, got {shown(text)}{why}"
            raise InvalidParameterError(msg)
        found[part] = column
    return found


def _wrong(name: str, kind: str, value: Any) -> InvalidParameterError:
    example = option(name, READ_OPTIONS[name].example)
    return InvalidParameterError(f"{name} must be {kind}, such as {example}, got {shown(value)}")


def _code(value: Any, name: str) -> int | str:
    """CRS by its name or number; the command line gives numbers as text."""
    if is_whole(value):
        return int(value)
    if not isinstance(value, str):
        raise _wrong(name, "the name or number of a CRS", value)
    text = check_text(value, name, longest=10_000)
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _parts(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(word, str) for pair in value.items() for word in pair
    ):
        raise _wrong(name, "a table of parts with the names of their columns", value)
    for part in value:
        refuse_other_part(part)
    return dict(value)


def _words(value: Any, name: str) -> str | list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise _wrong(name, "one name or several", value)
    checked = [check_text(word, name) for word in words]
    return checked[0] if isinstance(value, str) else checked


def _days(value: Any, name: str) -> tuple[dt.date, dt.date]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise _wrong(name, "two days", value)
    first, last = (as_day(day, name) for day in value)
    return first, last


def _text(value: Any, name: str) -> str | None:
    return check_terms(value) if name == "terms" else check_text(value, name)


_KINDS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "code": _code,
    "flag": check_flag,
    "parts": _parts,
    "box": as_box,
    "words": _words,
    "days": _days,
    "day": as_day,
}
