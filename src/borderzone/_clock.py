"""How long each stage of a run takes, and how much memory it holds at its peak."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Stage", "StageClock"]

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """
    One stage of a run.

    Attributes
    ----------
    seconds
        Wall time. Units: s.
    peak_mb
        Largest resident memory of the process during the stage, or so far where the system
        cannot tell. Units: MB.
    """

    seconds: float
    peak_mb: float


class StageClock:
    """Called with the name of each stage as it begins; tells it on, and keeps the time."""

    def __init__(self, progress: Callable[[str], None] | None = None) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self._stages: dict[str, Stage] = {}

    def __call__(self, name: str) -> None:
        """Begin a stage; the one before it ends."""
        self.stop()
        self._name = name
        _forget_peak()
        self._since = time.perf_counter()
        if self._progress is not None:
            self._progress(name)

    def stop(self) -> dict[str, Stage]:
        """End the running stage."""
        if self._name:
            seconds, peak = time.perf_counter() - self._since, _peak_mb()
            before = self._stages.get(self._name, Stage(seconds=0.0, peak_mb=0.0))
            self._stages[self._name] = Stage(
                seconds=before.seconds + seconds, peak_mb=max(before.peak_mb, peak)
            )
        self._name = ""
        return dict(self._stages)


def _forget_peak() -> None:
    """Let the peak count from now on, where the system can (Linux)."""
    try:
        _RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) / 1e3
