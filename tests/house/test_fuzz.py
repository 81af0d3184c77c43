"""The fuzzer finds each kind of fault that is planted, keeps it, and makes it again from its seed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from places import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "a,b\\n1,2\\n"
PLANTED = f"""
import argparse, math, os, socket, sys
from pathlib import Path
import fuzz
from borderzone.errors import DataError

GOOD = "{GOOD}".encode()
fuzz.CPU_S, fuzz.MEMORY_MB = 1, 200  # with 0 what is left of a second may not do to fill memory

def planted(fault):
    def door(path):
        if path.read_bytes() == GOOD:
            return 1
        return fault(path)
    return door, "csv"

def refuse(path):
    raise DataError("refused")

def foreign(path):
    raise KeyError("not ours")

def call(path):
    try:
        socket.create_connection(("127.0.0.1", 9))
    except OSError:
        return 1

def spin(path):
    while True:
        pass

doors = dict(
    sound=planted(lambda path: len(path.read_bytes())),
    refuses=planted(refuse),
    foreign=planted(foreign),
    aborts=planted(lambda path: os.abort()),
    greedy=planted(lambda path: len(b"x" * 390_000_000)),
    calls=planted(call),
    leaks=planted(lambda path: (path.parents[1] / "another.txt").read_text()),
    spins=planted(spin),
    narrow=(refuse, "csv"),
)
options = argparse.Namespace(seconds=math.inf, rounds=1, seed=int(sys.argv[1]), only=sys.argv[2])
fuzz.BATCH = 3
options.out = Path(sys.argv[3])
sys.exit(min(fuzz.hunt(doors, {{"csv": GOOD}}, options), 99))
"""


def hunt(
    folder: Path, name: str, seed: int = 1, only: str = ""
) -> subprocess.CompletedProcess[str]:
    """Send damaged files through doors that hold faults."""
    return subprocess.run(
        [sys.executable, "-c", PLANTED, str(seed), only, name],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SCRIPTS), *sys.path])},
        check=False,
    )


def why(folder: Path, door: str) -> list[str]:
    return [path.read_text("utf-8") for path in sorted(folder.glob(f"{door}-*/why.txt"))]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[int, ...]], int]:
    """Give the folder of faults, the counts of each door, and the status."""
    folder = tmp_path_factory.mktemp("fuzz")
    done = hunt(folder, "kept")
    rows = [
        line.split() for line in done.stdout.splitlines() if " csv " in line and " x " not in line
    ]
    counts = {row[0]: tuple(int(number) for number in row[2:]) for row in rows}
    assert counts, done.stderr
    return folder / "kept", counts, done.returncode


def test_results_and_our_own_refusals_are_no_faults(
    found: tuple[Path, dict[str, tuple[int, ...]], int],
) -> None:
    _, counts, _ = found

    assert counts["sound"] == (3, 0, 0)
    assert counts["refuses"] == (1, 2, 0)


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        ("foreign", "KeyError: 'not ours'"),
        ("aborts", "ended with status -6"),
        ("greedy", "took "),
        ("calls", "asked socket.getaddrinfo"),
        ("leaks", "the words of another file came out"),
        ("spins", "of processor time"),
    ],
)
def test_each_kind_of_fault_is_found_and_kept(
    found: tuple[Path, dict[str, tuple[int, ...]], int], door: str, reason: str
) -> None:
    kept, counts, status = found

    assert counts[door] == (1, 0, 2)
    assert [reason in text for text in why(kept, door)] == [True, True]
    assert status > 0


def test_a_good_file_that_is_refused_is_a_fault(
    found: tuple[Path, dict[str, tuple[int, ...]], int],
) -> None:
    kept, counts, _ = found

    assert counts["narrow"] == (0, 2, 1)
    assert "the good file is refused" in why(kept, "narrow")[0]


def test_a_seed_makes_the_same_files_again(tmp_path: Path) -> None:
    def files(name: str) -> list[bytes]:
        return [path.read_bytes() for path in sorted((tmp_path / name).glob("*/file.csv"))]

    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        hunt(tmp_path, name, seed=seed, only="foreign:csv")

    assert len(files("one")) == 2
    assert files("one") == files("two") != files("other")
