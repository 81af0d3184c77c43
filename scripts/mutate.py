"""
Break the code in small ways, one at a time, and see which test of the room notices.

Usage: mutate.py [--seed 1] [--count 24] [--rooms patrol,corridor] [--jobs 2]. One seed gives the same
faults, and an edit elsewhere in a file moves none. Each room's tests run once, file by file, to learn which
line is run by which test; of the lines that are run the faults are taken (mutants.py). Then each fault goes into a
copy of the package, and the test files that run its line are run, those tests first that run it themselves,
the quickest first, until one fails. A run without end counts as noticed. The table goes into docs/mutants.md, room
by room as they are done; rooms not asked for keep their table. The reason why a survivor changes nothing comes from
scripts/mutants_equal.toml; without one the run ends with status 1.

Programs for this make every fault of a file, hundreds of thousands here; this one draws a fixed sample.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

sys.path.insert(0, str(Path(__file__).parent))

from mutants import OPERATORS, Mutant, choose, mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Item, Result = TypeVar("Item"), TypeVar("Result")

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("patrol", "corridor", "terrain", "incidents", "difficulty")
TABLE = ROOT / "docs" / "mutants.md"
REASONS = ROOT / "scripts" / "mutants_equal.toml"
# A guard against a fault that never ends: far above what the tests take on a busy machine.
GUARD_TIMES, GUARD_S = 6, 120
ENDLESS = 1000
# How a row says that a test fails: by its name, after this.
NOTICED = "by "


@dataclass
class Ran:
    """What a test file runs: lines of each source file, by test, and how long each test takes."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """Give the time of all tests."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Verdict:
    """What became of a fault: the test that failed, or none."""

    mutant: Mutant
    test: str | None
    seconds: float


class Copy:
    """The package and its tests in a folder of their own, to break."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for entry in root.iterdir():
            if entry.name in {"src", "tests"}:
                shutil.copytree(entry, folder / entry.name)
            elif entry.name not in {"out", ".git", ".hypothesis"}:
                (folder / entry.name).symlink_to(entry)
        self.package = folder / "src" / "borderzone"

    def pytest(self, files: list[str], guard_s: float | None, **settings: str) -> tuple[int, str]:
        """Run test files; the status is `ENDLESS` where they did not end, below 0 where a signal ended them."""
        paths = os.pathsep.join((str(self.folder / "src"), str(Path(__file__).parent)))
        # Compiled modules are of the file as it was: none may be written while it is broken.
        env = os.environ | settings | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        options = "-q -x -rfE --no-header --no-showlocals -p no:cacheprovider -p mutate_plugin"
        run = subprocess.Popen(  # noqa: S603 - our own tests
            [sys.executable, "-m", "pytest", *options.split(), *files],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            told, _ = run.communicate(timeout=guard_s)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            return ENDLESS, ""
        return run.returncode, told

    def record(self, file: str) -> Ran:
        """Run a test file as it is, and note what it runs."""
        with tempfile.TemporaryDirectory() as scratch:
            note = Path(scratch) / "ran.json"
            status, told = self.pytest(
                [file], None, MUTATE_RECORD=str(note), MUTATE_PACKAGE=str(self.package)
            )
            if status:
                sys.exit(f"the tests of {file} fail without any fault:\n{told[-3000:]}")
            found = json.loads(note.read_text("utf-8"))
        lines = {
            source: {int(line): tests for line, tests in by_line.items()}
            for source, by_line in found["lines"].items()
        }
        return Ran(found["seconds"], lines)

    def judge(self, mutant: Mutant, ran: dict[str, Ran]) -> Verdict:
        """Run what runs the line of a fault, in a package with that fault."""
        telling = telling_tests(mutant, ran)
        files = sorted(telling, key=lambda file: (ran[file].total_s, file))
        first = sorted(
            (test for tests in telling.values() for test in tests),
            key=lambda test: (ran[test.partition("::")[0]].seconds.get(test, 0.0), test),
        )
        path = self.package / mutant.file
        whole = path.with_suffix(".whole")
        shutil.copy2(path, whole)
        start = time.monotonic()
        try:
            path.write_text(mutant.applied(path.read_text("utf-8")), "utf-8")
            with tempfile.NamedTemporaryFile("w", suffix=".json") as order:
                json.dump(first, order)
                order.flush()
                guard_s = GUARD_S + GUARD_TIMES * sum(ran[file].total_s for file in files)
                status, told = self.pytest(
                    files, guard_s, MUTATE_FIRST=order.name, PYTEST_ADDOPTS="--tb=no"
                )
        finally:
            # With its old date, so that what was compiled of it holds again.
            whole.replace(path)
        return Verdict(mutant, who_noticed(status, told), time.monotonic() - start)


def telling_tests(mutant: Mutant, ran: dict[str, Ran]) -> dict[str, list[str]]:
    """Give the test files that run a fault, each with the tests that run it themselves."""
    found = {}
    for file, one in ran.items():
        by_line = one.lines.get(mutant.file, {})
        tests = by_line.get(mutant.line)
        if tests is None:
            continue
        if not tests:
            # Run when the module is loaded: by all that run anything of the file.
            tests = sorted({test for more in by_line.values() for test in more})
        found[file] = tests
    return found


def who_noticed(status: int, told: str) -> str | None:
    """Give the test that failed, as pytest tells it."""
    if status == 0:
        return None
    if status == ENDLESS:
        return "a run without end"
    if status < 0:
        return f"a crash by {signal.Signals(-status).name}"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*|\s-\s.*)?$", told, re.MULTILINE)
    if failed is None:
        sys.exit(f"pytest ended with {status} and names no test:\n{told[-3000:]}")
    return failed[1]


class Pool:
    """Several copies that work side by side."""

    def __init__(self, jobs: int, root: Path, folder: Path) -> None:
        self._free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        copies = [Copy(root, folder / str(number)) for number in range(jobs)]
        for copy in copies:
            self._free.put(copy)
        # The project itself may be edited meanwhile: faults are drawn from what is copied.
        self.package = copies[0].package
        self._threads = ThreadPoolExecutor(jobs)

    def map(self, work: Callable[[Copy, Item], Result], items: list[Item]) -> list[Result]:
        """Do the same with each item, in the order of the items."""

        def one(item: Item) -> Result:
            copy = self._free.get()
            try:
                return work(copy, item)
            finally:
                self._free.put(copy)

        return list(self._threads.map(one, items))


def draw(room: Path, count: int, seed: int, ran: dict[str, Ran]) -> list[Mutant]:
    """Choose the faults of a room, of lines that its tests run."""
    codes = {
        str(path.relative_to(room.parent)): path.read_text("utf-8")
        for path in sorted(room.rglob("*.py"))
    }
    found = [m for file, code in codes.items() for m in mutants(file, code, seed)]
    return choose([m for m in found if telling_tests(m, ran)], codes, count)


def judge_all(
    rooms: list[str], count: int, seed: int, jobs: int, root: Path = ROOT
) -> Iterator[tuple[str, list[Verdict]]]:
    """Learn, draw, break and judge, one room after the other; what is done is told as it goes."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        pool = Pool(jobs, root, Path(scratch))
        for room in rooms:
            paths = sorted(root.glob(f"tests/{room}/test_*.py"))
            files = [str(path.relative_to(root)) for path in paths]
            ran = dict(zip(files, pool.map(Copy.record, files), strict=True))
            print(
                f"{room}: {len(files)} files learnt, {time.monotonic() - start:.0f} s", flush=True
            )
            drawn = draw(pool.package / room, count, seed, ran)
            verdicts = pool.map(judge_and_tell, [(mutant, ran) for mutant in drawn])
            print(f"{room}: {len(verdicts)} faults, {time.monotonic() - start:.0f} s", flush=True)
            yield room, verdicts


def judge_and_tell(copy: Copy, work: tuple[Mutant, dict[str, Ran]]) -> Verdict:
    """Judge one fault, and say so at once."""
    verdict = copy.judge(*work)
    mutant = verdict.mutant
    outcome = verdict.test or f"SURVIVED as {mutant.after}"
    place = f"{mutant.file}:{mutant.line}"
    print(f"{verdict.seconds:5.0f} s  {place}  {mutant.operator}  {outcome}", flush=True)
    return verdict


def reasons() -> dict[tuple[str, str, str], str]:
    """Read why some faults change nothing, by file and the line before and after."""
    known = tomllib.loads(REASONS.read_text("utf-8"))["equal"]
    return {(one["file"], one["before"], one["after"]): one["reason"] for one in known}


def section(verdicts: list[Verdict], known: dict[tuple[str, str, str], str]) -> str:
    """Write the table of a room."""
    rows = ["| place | operator | before → after | noticed |", "| --- | --- | --- | --- |"]
    for verdict in verdicts:
        mutant = verdict.mutant
        key = (mutant.file, mutant.before, mutant.after)
        told = f"{NOTICED}`{verdict.test}`" if verdict.test else known.get(key, "**nobody**")
        change = f"{_code(mutant.before)} → {_code(mutant.after)}"
        place = f"{mutant.file.partition('/')[2]}:{mutant.line}"
        rows.append(f"| {place} | {mutant.operator} | {change} | {told} |")
    return "\n".join(rows) + "\n"


def page(sections: dict[str, str]) -> str:
    """Write the tables of all rooms, and how many faults are noticed."""
    rows = [row for table in sections.values() for row in table.splitlines()[2:]]
    noticed = sum(f"| {NOTICED}`" in row for row in rows)
    about = (
        f"`make mutate` breaks the code in {len(rows)} places, one at a time, and runs the tests "
        f"of the same room: {noticed} faults are noticed, {len(rows) - noticed} are not. The "
        "places are drawn with a fixed seed from the lines that these tests run, by five operators "
        f"in turn: {', '.join(OPERATORS)}. Of a fault that nobody notices the reason stands in its "
        "row."
    )
    tables = "".join(f"\n## {room}\n\n{table}" for room, table in sections.items())
    return f"---\norphan: true\n---\n\n# Small faults and the tests that notice them\n\n{about}\n{tables}"


def sections_of(written: str) -> dict[str, str]:
    """Read the tables of a page back, by room."""
    parts = written.split("\n## ")[1:]
    return {room: table.strip("\n") + "\n" for room, _, table in (p.partition("\n") for p in parts)}


def _code(line: str) -> str:
    fence = "``" if "`" in line else "`"
    return f"{fence}{line}{fence}".replace("|", "\\|")


def main() -> int:
    """Judge the faults and write the table; 1 where one survives without a reason."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=24, help="faults in each room")
    parser.add_argument("--rooms", default=",".join(ROOMS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args()
    known, open_ones = reasons(), []
    sections = sections_of(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    rooms = asked.rooms.split(",")
    for room, verdicts in judge_all(rooms, asked.count, asked.seed, asked.jobs):
        sections[room] = section(verdicts, known)
        in_order = {name: sections[name] for name in ROOMS if name in sections}
        asked.out.write_text(page(in_order), "utf-8")
        open_ones += [
            mutant
            for mutant in (verdict.mutant for verdict in verdicts if verdict.test is None)
            if (mutant.file, mutant.before, mutant.after) not in known
        ]
    for mutant in open_ones:
        print(f"nobody notices {mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}")
    return int(bool(open_ones))


if __name__ == "__main__":
    sys.exit(main())
