"""Threads: how many this process may run at once, and how many were asked for."""

from __future__ import annotations

import math
import os
from pathlib import Path

from borderzone._guards.numbers import check_whole

__all__ = ["check_threads", "n_threads"]

_PROC, _CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def n_threads() -> int:
    """
    Tell how many cores this process may use.

    The cores of the machine count only as far as the process is let on them (its affinity), has
    time on them (the quota of its container, by ``cpu.max`` or ``cpu.cfs_quota_us``) and was not
    told to take fewer (``NUMBA_NUM_THREADS``, and ``PYTHON_CPU_COUNT`` from Python 3.13 on).

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "process_cpu_count"):
        cores = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    told = os.environ.get("NUMBA_NUM_THREADS", "")
    asked = int(told) if told.isascii() and told.isdecimal() else 0
    return max(1, math.ceil(min(cores, asked or cores, _quota(_PROC, _CGROUPS))))


def check_threads(threads: int | None) -> int:
    """
    Refuse a number of threads that is not a whole number above zero.

    Parameters
    ----------
    threads
        How many work at once; None for as many as the process may use.

    Returns
    -------
    int
        How many work at once.

    Raises
    ------
    InvalidParameterError
        If it is not.

    Examples
    --------
    >>> check_threads(2)
    2
    """
    return n_threads() if threads is None else check_whole(threads, "threads")


def _quota(proc: Path, cgroups: Path) -> float:
    """Tell the cores' worth of time that control groups leave the process; infinite if no limit."""
    try:
        lines = [line.split(":", 2) for line in proc.read_text().splitlines()]
    except OSError:
        return math.inf
    least = math.inf
    for _, controllers, place in (line for line in lines if len(line) == 3):
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = cgroups / controllers  # version 2 has one tree, without a name
        group = root / place.strip("/")
        # A limit holds for all below it; in a container the path may be one of the host.
        for folder in (group, *group.parents):
            if folder.is_relative_to(root):
                least = min(least, _of_group(folder))
    return least


def _of_group(folder: Path) -> float:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{part}_us").read_text() for part in ("quota", "period")
            )
        cores = float(quota) / float(period)  # "max" and -1 stand for no limit
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
    return cores if cores > 0 else math.inf
