"""Check the docstrings of all that a door exports, by numpydoc: names of rooms, methods of classes."""

from __future__ import annotations

import inspect
import sys
import tomllib
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpydoc.validate import ERROR_MSGS, validate

import borderzone

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
LEFT_OUT = set(SETTINGS["tool"]["numpydoc_validation"]["checks"]) - {"all"}


def doors(room: types.ModuleType = borderzone) -> Iterator[tuple[types.ModuleType, str, Any]]:
    """Give each name of each door, with its room."""
    for name in room.__all__:
        thing = getattr(room, name)
        if isinstance(thing, types.ModuleType):
            yield from doors(thing)
        else:
            yield room, name, thing


def documented() -> Iterator[str]:
    """Give the path of all that needs a full docstring."""
    for room, name, thing in doors():
        ours = getattr(thing, "__module__", "").startswith("borderzone")
        if not ours or not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        yield f"{room.__name__}.{name}"
        if inspect.isclass(thing):
            for method, value in vars(thing).items():
                held = isinstance(value, (types.FunctionType, property, classmethod, staticmethod))
                if held and not method.startswith("_"):
                    yield f"{room.__name__}.{name}.{method}"


def main() -> int:
    """Print what is wrong, and how many names were read."""
    wrong, paths = 0, sorted(set(documented()))
    for path in paths:
        found = validate(path)
        # The fields of a record stand under Attributes; what makes one takes them as they are.
        of_a_class = path.rpartition(".")[2][0].isupper()
        left_out = LEFT_OUT | {"PR01", "PR02"} if of_a_class else LEFT_OUT
        for code, words in found["errors"]:
            if code not in left_out:
                wrong += 1
                print(f"{path}: {code} {words or ERROR_MSGS[code]}")
    print(f"{len(paths)} docstrings of doors, {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
