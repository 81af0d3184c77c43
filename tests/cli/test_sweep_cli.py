"""The command ``sweep``: plans that ship, going on, and exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import borderzone as bz
from borderzone import cli
from borderzone.whatif import read_plan, sweeping

if TYPE_CHECKING:
    from collections.abc import Callable

PLANS = Path(__file__).parents[2] / "notebooks" / "plans"
PAGE = PLANS.parents[1] / "docs" / "how-to" / "sweep.md"
CASES = {"kits_and_months": 12, "what_is_assumed": 8, "goggles_or_patrols": 12}


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process; give exit code, output and errors."""
    # However slow the machine is, no line on how far it is comes in between.
    monkeypatch.setattr("borderzone._guards.progress.InLines.first_s", 1e6)

    def call(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", "sweep", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


def test_every_plan_that_ships_is_counted() -> None:
    assert {path.stem for path in PLANS.glob("*.toml")} == {*CASES, "coarse"}


@pytest.mark.parametrize("name", CASES)
def test_plans_that_ship_run(
    name: str, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    """And say where they wrote; on no terminal nothing else is said but how far they are."""
    out = tmp_path / "out"
    code, said, err = run(PLANS / f"{name}.toml", "-o", out)

    assert code == 0
    # Where the machine is busy a line says how far it is.
    assert all(line.startswith("Cases of the sweep") for line in err.splitlines())
    assert said == f"Sweep: {out}, {CASES[name]} cases, {9 * CASES[name]} rows\n"
    opened = bz.open_sweep(out)
    assert opened.done == opened.total == CASES[name]
    assert opened.table["people"].notna().all()


def test_running_again_goes_on_and_another_seed_is_refused(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    plan, out = PLANS / "kits_and_months.toml", tmp_path / "out"
    first = run(plan, "-o", out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    assert run(plan, "-o", out) == first
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    code, said, err = run(plan, "-o", out, "--seed", "2")
    assert (code, said) == (2, "")
    assert "was begun with other seed (1, now 2)" in err


def test_an_interrupted_sweep_says_how_many_cases_it_kept(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: Any, cases: range, grounds: Any) -> object:
        if cases.start:
            raise KeyboardInterrupt
        return block(self, cases, grounds)

    block = sweeping._SweepJob.block
    monkeypatch.setattr(sweeping, "_BLOCK_OF_POINTS", 5)
    monkeypatch.setattr(sweeping._SweepJob, "block", stop)
    code, _, err = run(PLANS / "kits_and_months.toml", "-o", tmp_path / "out")

    assert code == 130
    assert "interrupted; 5 of 12 cases are kept in" in " ".join(err.split())


def test_a_plan_takes_a_study_that_it_does_not_name(tmp_path: Path) -> None:
    place = tmp_path / "plan.toml"
    place.write_text("[vary]\ndepth_km = [25]\n", "utf-8")
    study = bz.Study.between("JOR", "IRQ")

    assert read_plan(place, study=study)[0] is study
    with pytest.raises(bz.BorderzoneError, match=r"names its study, 'coarse\.toml'"):
        read_plan(PLANS / "kits_and_months.toml", study=study)


def test_paths_of_a_plan_are_beside_it(tmp_path: Path) -> None:
    """Words for data that ship are no paths."""
    place = tmp_path / "plan.toml"
    place.write_text(
        'on_error = "row"\nbaseline = { origins = "a.gpkg", month = 3 }\n'
        '[vary]\norigins = ["embedded", "a.gpkg"]\nposts = ["north.toml"]\nmonth = [1]\n',
        "utf-8",
    )
    study, asked = read_plan(place)

    assert study.name == "Iraq-Syria"
    assert asked["vary"]["origins"] == ["embedded", str(tmp_path / "a.gpkg")]
    assert asked["vary"]["posts"] == [str(tmp_path / "north.toml")]
    assert asked["baseline"] == {"origins": str(tmp_path / "a.gpkg"), "month": 3}
    assert asked["on_error"] == "row"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("[vary]\ndept_km = [25]\n", 2, "did you mean 'depth_km'"),
        ("[vary]\ndepth_km = [25, -3]\n", 2, "case 1 (depth_km = -3)"),
        ("[vary]\ndepth_km = 25\n", 2, "needs lists of values"),
        ("vary = 3\n", 2, "needs a table [vary]"),
        ("[varry]\ndepth_km = [25]\n", 2, "did you mean 'vary'"),
        ('study = "no.toml"\n[vary]\ndepth_km = [25]\n', 2, "there is no file 'no.toml'"),
        ('[vary]\norigins = ["no.gpkg"]\n', 3, "no.gpkg"),
        ("[vary\n", 2, "is not valid TOML"),
        ('design = "lhs"\nn = 0\n[vary]\ndepth_km = { low = 1, high = 2 }\n', 2, "n must be"),
        ('design = "lhs"\nn = 4\n[vary]\ndepth_km = { low = 9, high = 2 }\n', 2, "that rise"),
    ],
)
def test_a_plan_that_is_none_ends_with_a_sentence(
    text: str, code: int, message: str, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    """Before anything is written."""
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    found, said, err = run(tmp_path / "plan.toml", "-o", tmp_path / "out")

    assert (found, said) == (code, "")
    assert message in err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    code, _, err = run(PLANS / "kits_and_months.toml", "-o", tmp_path)

    assert code == 2
    assert "holds other files and no sweep" in err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def blocks(kind: str) -> list[str]:
    """Give the blocks of the page on sweeps in one language."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_code_of_the_page_on_sweeps_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "sweep.md", "exec"), names)  # noqa: S102 - that is the test

    assert capsys.readouterr().out.endswith("3 of 3 cases; 64 draws of case 1\n")


def test_the_plan_and_the_makefile_of_the_page_are_right(tmp_path: Path) -> None:
    """Each plan has a command of its own."""
    (plan,), (make,) = blocks("toml"), blocks("make")
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "a.toml").write_text(plan, "utf-8")
    (tmp_path / "plans" / "my_study.toml").write_text('a = "IRQ"\nb = "SYR"\n', "utf-8")
    (tmp_path / "Makefile").write_text(make, "utf-8")
    _, asked = read_plan(tmp_path / "plans" / "a.toml")
    assert asked["vary"]["origins"][0] == str(tmp_path / "plans" / "posts_today.gpkg")
    (tmp_path / "plans" / "my_study.toml").unlink()

    # Under a make, as in a run of all tests, another would name its folder.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(
        ["make", "-n"], cwd=tmp_path, capture_output=True, text=True, check=True, env=bare
    )
    assert said.stdout == "borderzone sweep plans/a.toml -o sweeps/a --workers 2\n"
