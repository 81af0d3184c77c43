"""Time and peak memory of a program, stage by stage, as the kernel of Linux counts them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path


class Stages:
    """
    Call with the name of each stage as it begins; `table` tells what each took.

    The kernel keeps the highest resident memory of a process and forgets it when told to, so every
    stage has a peak of its own, without sampling. A stage that is named twice keeps its longest
    peak and the sum of its times.
    """

    def __init__(self) -> None:
        """Begin with the stage in which modules are loaded."""
        self._name, self._since = "imports", time.perf_counter()
        self._found: dict[str, dict[str, float]] = {}

    def __call__(self, name: str) -> None:
        """End the running stage and begin another."""
        entry = self._found.setdefault(self._name, {"seconds": 0.0, "peak_mb": 0.0})
        entry["seconds"] += time.perf_counter() - self._since
        entry["peak_mb"] = max(entry["peak_mb"], highest_mb())
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._name, self._since = name, time.perf_counter()

    def table(self) -> dict[str, dict[str, float]]:
        """End the last stage, and give seconds and peak memory of all of them."""
        self("end")
        return self._found

    def write(self, path: Path) -> None:
        """Write the table as JSON."""
        path.write_text(json.dumps(self.table(), indent=1), encoding="utf-8")


def highest_mb(process: int | str = "self") -> float:
    """Highest resident memory of a process since it was last forgotten. Units: MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")
