"""One rule for what comes from outside: threads, seeds, numbers and arrays."""

from __future__ import annotations

import inspect
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from front_door_cases import World, call, doors, valid_call

from borderzone import incidents, patrol, stream
from borderzone._guards import (
    check_seed,
    check_threads,
    generator,
    n_threads,
    seed_number,
    threads,
    told_seed,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from pathlib import Path


DOORS = doors()


def taking(parameter: str) -> list[str]:
    """Name the doors that take a parameter."""
    return [name for name, door in DOORS.items() if parameter in inspect.signature(door).parameters]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Give small inputs for every door."""
    return World(tmp_path_factory.mktemp("doors"))


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a machine of 64 cores, of which the process may use 8; its groups lie in a folder."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(threads, "_CGROUPS", tmp_path / "groups")
    return tmp_path


def lay(folder: Path, proc: str, files: dict[str, str]) -> None:
    (folder / "proc").write_text(proc)
    for name, text in files.items():
        file = folder / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_threads_are_as_many_as_the_process_may_use_and_not_those_of_the_machine(
    eight_cores: Path,
) -> None:
    assert n_threads() == stream.n_threads() == check_threads(None) == 8


@pytest.mark.parametrize(
    ("proc", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/a/b\n", {"a/cpu.max": "150000 100000", "a/b/cpu.max": "max 100000"}, 2),
        ("0::/a/b\n", {"a/cpu.max": "900000 100000", "a/b/cpu.max": "50000 100000"}, 1),
        ("0::/of/the/host\n", {"cpu.max": "300000 100000"}, 3),
        ("0::/\n", {"cpu.max": "max 100000"}, 8),
        ("0::/\n", {"cpu.max": "9900000 100000"}, 8),
        ("0::/\n", {"cpu.max": "no number"}, 8),
        ("0::/\n", {"cpu.max": "100000 0"}, 8),
        (
            "4:memory:/x\n2:cpu,cpuacct:/x\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "400000", "cpu,cpuacct/x/cpu.cfs_period_us": "1e5"},
            4,
        ),
        (
            "2:cpu:/x\n",
            {"cpu/x/cpu.cfs_quota_us": "-1\n", "cpu/x/cpu.cfs_period_us": "100000\n"},
            8,
        ),
        ("2:cpuset:/x\n", {"cpuset/x/cpu.max": "100000 100000"}, 8),
        ("nothing that is known\n", {}, 8),
    ],
)
def test_the_quota_of_a_container_counts(
    eight_cores: Path, proc: str, files: dict[str, str], cores: int
) -> None:
    lay(eight_cores, proc, files)
    assert n_threads() == cores


@pytest.mark.parametrize(("told", "cores"), [("3", 3), ("100", 8), ("0", 8), ("x", 8), ("", 8)])
def test_a_number_told_to_numba_is_kept_to(
    eight_cores: Path, monkeypatch: pytest.MonkeyPatch, told: str, cores: int
) -> None:
    monkeypatch.setenv("NUMBA_NUM_THREADS", told)
    assert n_threads() == cores


def test_there_is_one_thread_where_nothing_is_known(
    eight_cores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    assert n_threads() == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert n_threads() == 1


@pytest.mark.parametrize("asked", [0, -1, 2.7, math.nan, True, "2"])
def test_a_number_of_threads_that_is_none_is_refused(asked: Any) -> None:
    with pytest.raises(InvalidParameterError, match="threads must be a"):
        check_threads(asked)


@pytest.mark.parametrize("name", taking("seed"))
def test_every_door_takes_seeds_by_one_rule(name: str, world: World) -> None:
    """The same words at each, before anything is read or computed."""
    usual = valid_call(name, DOORS[name], world)
    for seed in (True, np.True_, -1, np.int64(-1), 1.0, 1.5, "1", 2**63, [1]):
        with pytest.raises(InvalidParameterError) as refused:
            call(DOORS[name], usual | {"seed": seed})
        words = "seed must be a whole number, 0 or more and below 2**63, or a numpy Generator, got "
        assert str(refused.value).replace(" or None", "").startswith(words), seed


@pytest.mark.parametrize("of", [check_seed, generator, seed_number])
@pytest.mark.parametrize("seed", [True, -1, 2.0, None, "1", 2**63, np.random.RandomState(1)])
def test_what_is_no_seed_is_refused_in_one_set_of_words(of: Any, seed: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"^seed must be a whole number, 0 or more and"):
        of(seed)


def test_a_seed_of_numpy_is_that_of_python_and_a_generator_moves_on() -> None:
    estimate = incidents.ARTICLE_ESTIMATE
    speed = patrol.Assumption(
        name="u", distribution="triangular", parameters=(3, 4, 6), unit="km/h", source="a test"
    )
    for draw in (
        lambda seed: estimate.sample(5, seed=seed),
        lambda seed: patrol.sample([speed], 5, seed=seed).to_numpy(),
    ):
        np.testing.assert_array_equal(draw(7), draw(np.uint8(7)))
        one, same = np.random.default_rng(3), np.random.default_rng(3)
        first = draw(one)
        np.testing.assert_array_equal(first, draw(same))
        assert (first != draw(same)).any()


def test_a_generator_gives_one_number_and_is_told_as_one() -> None:
    assert [seed_number(seed) for seed in (0, np.int32(5), 2**63 - 1)] == [0, 5, 2**63 - 1]
    taken = {seed_number(np.random.default_rng(k), below=10) for k in range(100)}
    assert taken == set(range(10))
    assert told_seed(np.int64(4)) == 4
    assert told_seed(np.random.default_rng(1)) == "a generator"
