"""Running out of memory at a door to files: told as one error of ours, and Arrow started while it can."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pyarrow as pa

from borderzone._guards import shown
from borderzone.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["memory_told", "start_arrow"]

P = ParamSpec("P")
R = TypeVar("R")


def memory_told(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a door to files tell that memory ran out, whichever library noticed it."""

    def over(door: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(door)
        def told(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return door(*args, **kwargs)
            except MemoryError as error:
                given = next(iter((*args, *kwargs.values())), "")
                name = shown(Path(given).name) if isinstance(given, (str, os.PathLike)) else "it"
                msg = (
                    f"{what}: {name} does not fit into the memory that is free; cut it to what is "
                    "needed, close other programs, or raise the limit that the system sets (ulimit -v)"
                )
                raise LimitError(msg) from error

        return told

    return over


def start_arrow() -> None:
    """
    Let Arrow reserve its room now, or take the system's where there is a limit on it.

    Arrow reserves a gigabyte of addresses when it is first asked for a byte. Later, under a limit
    on memory, that would fail and leave nothing for others, however small the table is.
    """
    if _is_limited():
        pa.set_memory_pool(pa.system_memory_pool())
    pa.allocate_buffer(64)


def _is_limited() -> bool:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
