"""One rule for what comes from outside: threads, seeds, numbers and arrays."""

from __future__ import annotations

import datetime as dt
import inspect
import math
import os
import re
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from front_door_cases import World, call, doors, valid_call

import borderzone as bz
from borderzone import patrol
from borderzone._guards import (
    as_between,
    as_box,
    as_finite,
    as_non_negative,
    as_numbers,
    as_positive,
    as_probabilities,
    as_rising,
    as_whole,
    check_at_least,
    check_between,
    check_finite_number,
    check_flag,
    check_non_negative,
    check_positive,
    check_probability,
    check_seed,
    check_threads,
    check_whole,
    generator,
    n_threads,
    seed_number,
    shown,
    threads,
    told_seed,
)
from borderzone.errors import BorderzoneError, InvalidParameterError
from borderzone.patrol.answer.case import sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("misspelt", "call"),
    [
        ("depth_km", lambda: bz.Scenario(dept_km=3)),
        ("sensor", lambda: bz.Scenario(force={"sensr": "eye"})),
        ("force.sensor", lambda: bz.Scenario().changed({"force.sensr": "eye"})),
        ("crew", lambda: patrol.Force(crw=3)),
        ("as_is", lambda: bz.Study.from_name("as_iss")),
        ("night", lambda: bz.Scenario(light="nigth")),
        ("vehicle_off_road", lambda: patrol.Force(mode="vehicle_of_road")),
        ("bareness", lambda: bz.Scenario(index_weights={"barenes": 2})),
        ("embedded", lambda: bz.Study.between("JOR", "IRQ", dem="embeded")),
        ("IRQ", lambda: bz.Corridor.around(("JOR", "IRQ"), side="Irak")),
        ("karst", lambda: bz.Study.between("JOR", "IRQ", karts="none")),
        ("tornado", lambda: bz.figures.figure_data(pd.DataFrame(), "tornadoo")),
        ("ISO", lambda: bz.Border.between("Irak", "SYR")),
    ],
)
def test_the_nearest_name_is_told(misspelt: str, call: Any) -> None:
    word = "IRQ (Iraq)" if misspelt == "ISO" else f"did you mean {misspelt!r}?"

    with pytest.raises(BorderzoneError, match=re.escape(word)):
        call()


DOORS = doors()
# Runs of seconds, and a file that is there the second time: what they refuse is looked at.
HEAVY = {
    "Study.run", "report.write_report", "whatif.sweep", "better_data.better_data", "incidents.write",
    "incidents.find_hotspots",
}  # fmt: skip
# Looked at only by the way of doing it that uses them.
IDLE = {
    ("patrol.allocate", "lengths_km"), ("patrol.coverage_curve", "lengths_km"),
    ("patrol.allocate_kinds", "lengths_km"),
}  # fmt: skip


def taking(parameter: str) -> list[str]:
    # The doors that take a parameter.
    return [name for name, door in DOORS.items() if parameter in inspect.signature(door).parameters]


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
    assert n_threads() == check_threads(None) == 8


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
    speed = patrol.Assumption(
        name="u", distribution="triangular", parameters=(3, 4, 6), unit="km/h", source="a test"
    )

    def draw(seed: Any) -> Any:
        return sample([speed], 5, seed=seed).to_numpy()

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


NO_NUMBERS: list[Any] = [
    True,
    np.True_,
    "3",
    b"3",
    None,
    3j,
    np.complex128(3),
    [3.0],
    np.array([3.0]),
]
HALF_A_YEAR = dt.timedelta(days=182)


@pytest.mark.parametrize(
    "check",
    [
        check_positive, check_non_negative, check_finite_number, check_whole, check_probability,
        partial(check_at_least, least=1.0), partial(check_between, low=1.0, high=9.0),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_each_kind_of_number(check: Any) -> None:
    for wrong in [
        *NO_NUMBERS,
        HALF_A_YEAR,
        np.datetime64("2020-01-01"),
        np.array([True])[0],
        np.str_("3"),
    ]:
        with pytest.raises(InvalidParameterError, match=r"^speed must be a (whole )?number"):
            check(wrong, name="speed")
    for wrong in (math.nan, -math.inf, -1, np.float32("nan"), np.array(-math.inf)):
        if not (wrong == -1 and check is check_finite_number):
            with pytest.raises(InvalidParameterError, match=r"^speed must "):
                check(wrong, name="speed")


@pytest.mark.parametrize(
    "value", [1, 1.0, Fraction(1), Decimal(1), np.int8(1), np.float16(1), np.array(1)]
)
def test_a_number_is_taken_however_it_is_written(value: Any) -> None:
    for check in (check_positive, check_whole, check_probability):
        assert check(value, "n") == 1
        assert type(check(value, "n")) is (int if check is check_whole else float)


@pytest.mark.parametrize(
    ("bounds", "value", "told"),
    [
        ({}, 0, "n must be a whole number, 1 or more, got 0"),
        ({}, 2.5, "n must be a whole number, 1 or more, got 2.5"),
        ({}, 2**63, "n must be a whole number, 1 or more and below 2**63, got 9223372036854775808"),
        ({}, 10**400, "n must be a whole number, 1 or more and below 2**63, got a whole number of about 400 digits"),
        ({}, math.inf, "n must be a whole number, 1 or more and below 2**63, got inf"),
        ({"lowest": 0, "highest": 10}, 11, "n must be a whole number from 0 to 10, got 11"),
        ({"lowest": 1900, "highest": 2100, "unit": "years"}, 1, "n must be a whole number from 1900 to 2100 (years), got 1"),
    ],
)  # fmt: skip
def test_a_whole_number_keeps_to_its_bounds(bounds: Any, value: Any, told: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        check_whole(value, "n", **bounds)
    assert str(refused.value) == told


def test_large_whole_numbers_keep_every_digit() -> None:
    assert check_whole(2**62 + 1, "n") == 2**62 + 1


def test_bounds_are_kept_or_left_out_as_told() -> None:
    assert check_between(90, "deg", 0, 90, without=(0,)) == 90.0
    for value, told in ((0, "0"), (90.1, "90.1"), (math.nan, "nan")):
        with pytest.raises(InvalidParameterError) as refused:
            check_between(value, "deg", 0, 90, without=(0,), unit="degrees")
        assert str(refused.value) == (
            f"deg must lie between 0 and 90, 0 left out (degrees), got {told}"
        )
    assert check_at_least(1, "factor", 1.0) == 1.0
    with pytest.raises(
        InvalidParameterError, match="factor must be a finite number, 1 or more, got"
    ):
        check_at_least(0.99, "factor", 1.0)
    assert check_positive(math.inf, "clip_km", infinite=True) == math.inf


@pytest.mark.parametrize(
    "take",
    [
        as_numbers, as_finite, as_positive, as_non_negative, as_probabilities, as_rising,
        partial(as_between, low=1.0, high=9.0),
    ],
)  # fmt: skip
def test_arrays_hold_numbers_and_nothing_that_turns_into_them(take: Any) -> None:
    wrong: list[Any] = [
        "3", ["1", "2"], [True, False], None, True, [True, 2], [[1.0, np.False_]], np.array(["1"], dtype=object), pd.Series(["1", "2"]),
        pd.Series([1, True], dtype=object), [1j], [[1.0, 2.0], [3.0]], {"a": 1}, {1.0}, object(),
        np.array(["2020-01-01"], dtype="datetime64[D]"), pd.Series([HALF_A_YEAR]),
        pd.Series([1, pd.NA], dtype=object), [10**400],
    ]  # fmt: skip
    for values in wrong:
        with pytest.raises(InvalidParameterError, match=r"^speeds must be a number or an array of"):
            take(values, name="speeds")


def test_arrays_come_as_doubles_of_their_own() -> None:
    given = np.array([0.5, 1.0])
    taken = as_positive(given, "x")
    taken[:] = 7.0
    assert given.tolist() == [0.5, 1.0]
    for values in (
        [Fraction(1, 2), Decimal(1)],
        pd.Series([0.5, 1.0]),
        np.array([0.5, 1.0], np.float32),
    ):
        assert as_positive(values, "x").tolist() == [0.5, 1.0]
        assert as_positive(values, "x").dtype == np.float64
    assert as_numbers([], "x").shape == (0,)
    assert np.isnan(as_numbers(pd.Series([1, None], dtype=object), "x")[1])


@pytest.mark.parametrize(
    ("take", "values", "told"),
    [
        (as_finite, [1, math.nan], "x must be finite, got nan (1 of 2 values are wrong)"),
        (as_positive, 0, "x must be above 0 and finite, got 0.0"),
        (partial(as_positive, unit="km"), [1, -2, 0], "x must be above 0 and finite (km), got -2.0 (2 of 3 values are wrong)"),
        (as_non_negative, math.inf, "x must be 0 or more and finite, got inf"),
        (partial(as_non_negative, infinite=True), [math.inf, math.nan], "x must be 0 or more, got nan (1 of 2 values are wrong)"),
        (as_probabilities, [0, 1, 1.5], "x must lie between 0 and 1, got 1.5 (1 of 3 values are wrong)"),
        (partial(as_between, low=0, high=1, without=(0.0,)), 0, "x must lie between 0 and 1, 0 left out, got 0.0"),
        (as_rising, [1, 1], "x must be one number or more, finite, above 0 and rising, such as (1, 3, 6), got [1, 1]"),
        (as_rising, [0, 1], "x must be one number or more, finite, above 0 and rising, such as (1, 3, 6), got [0, 1]"),
        (partial(as_rising, from_zero=True, fewest=2, unit="km"), [0], "x must be two numbers or more, finite, 0 or more and rising (km), such as (0, 1, 3, 6), got [0]"),
        (as_rising, [], "x must be one number or more, finite, above 0 and rising, such as (1, 3, 6), got []"),
    ],
)  # fmt: skip
def test_a_wrong_array_is_told_by_what_is_wrong_in_it(take: Any, values: Any, told: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        take(values, name="x")
    assert str(refused.value) == told


def test_what_is_missing_passes_where_it_may() -> None:
    gaps = [math.nan, 0.5]
    for take in (as_positive, as_non_negative, as_probabilities):
        np.testing.assert_array_equal(take(gaps, "x", missing=True), gaps)
        with pytest.raises(InvalidParameterError, match="got nan"):
            take(gaps, "x")
    assert as_rising(3, "x").tolist() == [3.0]
    assert as_rising([0, 1], "x", from_zero=True).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "box",
    [
        (1, 2, 3), (3, 2, 1, 4), (1, 4, 3, 2), (1, 2, math.nan, 4), ("1", "2", "3", "4"), "1234", 5,
        (1, -1000, 3, 4), (1, 2, 3, 91), (-1e9, 2, 3, 4), (True, 2, 3, 4), None,
    ],
)  # fmt: skip
def test_a_box_that_is_none_is_refused_in_one_set_of_words(box: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"^bbox must be \(west, south, east, north\)"):
        as_box(box, "bbox")


def test_yes_and_no_of_numpy_are_yes_and_no() -> None:
    assert check_flag(np.True_, "fix") is True
    for wrong in (1, 0, "yes", None, np.int8(1)):
        with pytest.raises(InvalidParameterError, match="fix must be True or False"):
            check_flag(wrong, "fix")


def test_whole_numbers_in_an_array() -> None:
    assert as_whole([1, 12.0], "month", 1, 12).tolist() == [1, 12]
    assert as_whole(3, "month", 1, 12).dtype == np.int64
    for wrong in (0, 13, 1.5, math.nan, [1, math.inf]):
        with pytest.raises(InvalidParameterError, match="month must be whole numbers from 1 to 12"):
            as_whole(wrong, "month", 1, 12)


def test_numbers_of_numpy_are_told_as_numbers() -> None:
    assert shown(np.float32(0.5)) == shown(np.array(0.5)) == "0.5"
    assert shown(np.int64(-3)) == "-3"


def whole_numbers() -> list[tuple[str, str]]:
    """List the doors with their parameters that are whole numbers."""
    found = []
    for name, door in DOORS.items():
        for parameter in inspect.signature(door).parameters.values():
            kinds = set(str(parameter.annotation).split(" | ")) - {"None"}
            # A value for no data may be any number of the raster's type.
            plain = kinds in ({"int"}, {"int", "tuple[int, int]"}) and parameter.kind != 4
            if (
                plain
                and parameter.name not in {"seed", "nodata"}
                and (name, parameter.name) not in IDLE
            ):
                found.append((name, parameter.name))
    return found


@pytest.mark.parametrize(("name", "parameter"), whole_numbers())
def test_every_door_takes_whole_numbers_by_one_rule(
    name: str, parameter: str, world: World
) -> None:
    """5 and 5.0, of Python or numpy, are 5; True, 2.5 and text are no whole number at any door."""
    usual = valid_call(name, DOORS[name], world)
    value = usual.get(parameter, inspect.signature(DOORS[name]).parameters[parameter].default)

    for wrong in (True, np.True_, 2.5, "2", math.nan, math.inf):
        with pytest.raises(InvalidParameterError, match=f"^{parameter} must "):
            tuple(call(DOORS[name], usual | {parameter: wrong}) or ())
    if isinstance(value, int) and name not in HEAVY:
        for same in (float(value), np.int64(value), np.float32(value)):
            call(DOORS[name], usual | {parameter: same})


def numbers() -> list[tuple[str, str]]:
    """List the doors with their parameters that are numbers or arrays of them."""
    of_numbers = {"float", "FloatArray", "npt.ArrayLike", "ArrayLike", "Sequence[float]"}
    found = []
    for name, door in DOORS.items():
        for parameter in inspect.signature(door).parameters.values():
            kinds = set(str(parameter.annotation).split(" | ")) - {"None", "Fraction"}
            plain = kinds and kinds <= of_numbers and parameter.kind not in (2, 4)
            if plain and (name, parameter.name) not in IDLE:
                found.append((name, parameter.name))
    return found


@pytest.mark.parametrize(("name", "parameter"), numbers())
def test_no_door_takes_text_or_truth_for_numbers(name: str, parameter: str, world: World) -> None:
    """Neither alone nor in a list or a column of mixed kinds, where numpy turns them into some."""
    usual = valid_call(name, DOORS[name], world)
    mixed = (np.array(["1", "2"], dtype=object), pd.Series([True, 1], dtype=object))
    for wrong in (True, "2", ["1", "2"], [False, True], *mixed):
        with pytest.raises(BorderzoneError):
            call(DOORS[name], usual | {parameter: wrong})
