"""Compiled inner loops over plain arrays: numbers in, numbers out."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba.core.compiler import Compiler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["loop_array", "loop_threads", "njit"]

_log = logging.getLogger("borderzone")


class _Apart(Compiler):
    """Compile a loop whose arrays share no memory."""

    def define_pipelines(self) -> Any:
        self.state.flags.noalias = True
        return super().define_pipelines()  # type: ignore[no-untyped-call]  # numba carries no types


def njit(*, apart: bool = False, **options: Any) -> Any:
    """
    Compile a loop on first use, and keep what was compiled for the next run where that can be.

    Parameters
    ----------
    apart
        Promise that the arrays given to the loop share no memory. A loop that looks up places in one array and writes to
        another becomes vector instructions only so: else each write might change what is looked up next.
    **options
        Of `numba.njit`.

    Returns
    -------
    callable
        Decorator of the loop.
    """
    if apart:
        options["pipeline_class"] = _Apart
    return numba.njit(**({"cache": _KEPT} | options))


def loop_array(values: Any) -> Any:
    """
    Give numbers as loops take them: doubles, in one piece, open to writing.

    Each other layout would be compiled apart, which takes seconds.

    Parameters
    ----------
    values
        Array of any layout.

    Returns
    -------
    numpy.ndarray
        The same array where it is so already, else a copy.
    """
    return np.require(values, np.float64, ["C", "W"])


@contextmanager
def loop_threads(count: int | None) -> Iterator[None]:
    """
    Let compiled loops take so many threads for a while.

    One alone is quicker where a loop is short, or where another process has the other core.

    Parameters
    ----------
    count
        How many; None for as many as now.
    """
    before = numba.get_num_threads()
    numba.set_num_threads(before if count is None else count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _probe() -> None:
    """Stand for all loops: they lie in this folder."""


def _can_be_kept() -> bool:
    """
    Find a folder for compiled code: that of the package, that of the user, or one of this run.

    What is kept is a program, so it is only ever read from where this user alone can write.
    """
    # Without a home, numba would take a folder called ~ in the working directory, whoever made it.
    named = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if named or _home_is_known():
        try:
            numba.njit(cache=True)(_probe)
        except RuntimeError:
            pass
        else:
            return True
    return _keep_for_this_run()


def _home_is_known() -> bool:
    try:
        return Path("~").expanduser().is_absolute()
    except RuntimeError:
        return False


def _keep_for_this_run() -> bool:
    told = (
        "compiled loops cannot be kept beside the package or in the home folder, so they are "
        "compiled again in each run; set NUMBA_CACHE_DIR to a folder that only you can write"
    )
    _log.warning(told)
    try:
        folder = tempfile.mkdtemp(prefix="borderzone-numba-")  # for this user alone, and new
    except OSError:
        return False
    maker = os.getpid()

    def remove() -> None:
        if os.getpid() == maker:  # a copy of this process may end before it
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    vars(numba.config)["CACHE_DIR"] = folder
    return True


_KEPT = _can_be_kept()
