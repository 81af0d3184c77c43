"""The command line: what it prints, and the exit code that a script can trust."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import borderzone
from borderzone import cli
from borderzone.cli.options import study_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = "Callable[..., tuple[int, str, str]]"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process; give exit code, output and errors."""
    # However slow the machine is, no line on how far it is comes in between.
    monkeypatch.setattr("borderzone._guards.progress.InLines.first_s", 1e6)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


def test_it_prints_its_version(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("--version") == (0, f"borderzone {borderzone.__version__}\n", "")


def test_it_lists_the_borders_of_a_country(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("borders", "iraq")

    assert code == 0
    assert "6 land borders" in out
    assert "Syria" in out
    assert "IRQ SYR Iraq Syria 599 599 1" in " ".join(out.split())


def test_it_lists_lengths_as_published_and_as_finely_as_the_line_knows_its_own(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    _, out, _ = run("borders", "usa")
    assert out.splitlines()[1].split()[4:6] == ["length_km", "published_length_km"]
    assert "MEX USA Mexico United States 2600 3155 1" in " ".join(out.split())
    _, out, _ = run("borders", "sgp")
    assert "Singapore 88 not known 1" in " ".join(out.split())


def test_it_lists_all_borders(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("borders")

    assert code == 0
    assert "337 land borders" in out


def test_a_misspelt_country_exits_with_2_and_a_suggestion(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    code, _, err = run("borders", "Irak")

    assert code == 2
    assert "Iraq" in err


def test_it_lists_the_data_with_licence_and_accuracy(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, _ = run("data")

    assert code == 0
    for word in ("elevation", "karst", "CC BY 4.0", "public domain"):
        assert word in out


def test_a_wrong_command_tells_what_to_type(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("reprot")

    assert code == 2
    assert "report" in err


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("borders", "iraq"), {"a": "IRN", "b": "IRQ", "length_km": 1300.0, "n_parts": 1}),
        (("data",), {"name": "borders", "licence": "public domain"}),
    ],
)
def test_tables_are_printed_for_programs(
    run: Callable[..., tuple[int, str, str]], words: tuple[str, ...], first: dict[str, object]
) -> None:
    """As JSON and as CSV, with the same rows; one at a time."""
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert first.items() <= rows[0].items()
    table = pd.read_csv(io.StringIO(run(*words, "--csv")[1]))
    assert len(table) == len(rows)
    assert list(table.columns) == list(rows[0])
    assert run(*words, "--csv", "--json")[0] == 2


def test_check_tells_a_program_what_it_found(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    table, bad = tmp_path / "events.csv", tmp_path / "bad.csv"
    table.write_text("id,lat,lon\n1,34.4,41.0\n2,95,41\n", encoding="utf-8")

    code, out, err = run("check", str(table), "--json", "--rejected", str(bad))

    told = json.loads(out)
    assert code == 3
    assert (told["n_rows"], told["rejected_share"]) == (2, 0.5)
    assert told["rejected_file"] == str(bad)
    assert told["findings"][0]["rows"] == 1
    assert str(bad) in err


def test_quiet_leaves_the_answer_and_verbose_adds_the_log(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file, other = tmp_path / "a.toml", tmp_path / "b.toml"

    code, out, _ = run("init", "-o", str(file))
    assert (code, len(out.splitlines())) == (0, 2)
    assert run("init", "-q", "-o", str(other)) == (0, f"Study: {other}\n", "")
    assert run("-q", "init", "-o", str(other), "-v")[0] == 2


@pytest.mark.parametrize("command", ["", "report", "figure", "sweep", "fetch dem"])
def test_help_is_short_too(run: Callable[..., tuple[int, str, str]], command: str) -> None:
    code, out, _ = run(*command.split(), "-h")

    assert (code, out) == (0, run(*command.split(), "--help")[1])
    assert "Usage" in out


def test_a_starter_file_names_every_field_and_reads_back(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """And every line that it holds back may be said."""
    file = tmp_path / "study.toml"

    code, _, _ = run("init", "-o", str(file))

    text = file.read_text("utf-8")
    read, usual = borderzone.Study.from_toml(file), borderzone.Study.default()
    assert code == 0
    assert read.scenario == usual.scenario
    assert (read.given, read.settings, read.name) == (usual.given, usual.settings, usual.name)
    said = set(re.findall(r"^(?:# )?(\w+) =", text, re.MULTILINE))
    force = set(borderzone.patrol.Force.model_fields)
    assert (set(borderzone.Scenario.model_fields) - {"force"}) | force <= said
    held = re.sub(r"^# (\w+ = .+)$", r"\1", text, flags=re.MULTILINE)
    (tmp_path / "said.toml").write_text(held, "utf-8")
    assert borderzone.Study.from_toml(tmp_path / "said.toml").scenario == usual.scenario
    assert run("init", "-o", str(file))[0] == 2


def test_a_starter_file_is_of_the_border_that_was_named(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "study.toml"

    assert run("init", "Jordan", "IRQ", "-o", str(file))[0] == 0
    study = borderzone.Study.from_toml(file)
    assert (study.border.a, study.scenario.force_side, study.incidents) == ("JOR", "JOR", None)
    assert run("init", "JOR", "-o", str(tmp_path / "b.toml"))[0] == 2


@pytest.mark.parametrize("command", [("report",), ("figure", "strip_map"), ("fetch", "dem")])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("IRQ",), "is one country, and a border has two"),
        (("IRQ", "PRT"), "share no land border"),
        (("IRQ", "SYR", "JOR"), "got 3 words"),
        (("no.toml",), "no.toml"),
    ],
)
def test_a_border_is_named_in_one_way(
    run: Callable[..., tuple[int, str, str]],
    command: tuple[str, ...],
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    code, _, err = run(*command, *words)

    assert code == 2
    assert says in " ".join(err.split())


def test_two_countries_are_a_study_on_the_data_that_ship() -> None:
    study = study_of(["Jordan", "IRQ"])

    assert (study.border.a, study.border.b, study.incidents) == ("JOR", "IRQ", None)
    assert study_of([]).incidents == study_of(None).incidents == "embedded"


def test_one_figure_is_drawn_and_described(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    study, file = tmp_path / "s.toml", tmp_path / "map.svg"
    study.write_text('a = "IRQ"\nb = "SYR"\ndem = "none"\n[scenario]\ndraws = 100\n', "utf-8")

    code, out, err = run("figure", "corridor_map", str(study), "-o", str(file))

    assert (code, err) == (0, "")
    assert out.startswith(f"Figure: {file}\nMap, north up, of the corridor along the border")
    assert "<svg" in file.read_text("utf-8")
    assert "exists" in run("figure", "corridor_map", str(study), "-o", str(file))[2]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("corridor_mop",), "did you mean 'corridor_map'?"),
        (("corridor_map", "-o", "a.tiff"), "must be one of png, svg, pdf"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused_before_any_work(
    run: Callable[..., tuple[int, str, str]], words: tuple[str, ...], says: str
) -> None:
    code, out, err = run("figure", *words)

    assert (code, out) == (2, "")
    assert says in " ".join(err.split())


def test_an_interrupted_report_says_what_is_left(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(borderzone.Study, "run", stop)
    code, _, err = run("report", "-o", str(tmp_path / "out"))

    assert code == 130
    assert "interrupted; nothing is kept" in err
    assert not (tmp_path / "out").exists()


def test_check_passes_a_usable_table(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    table = tmp_path / "events.csv"
    table.write_text("id,date,lat,lon\n1,2019-07-02,34.4,41.0\n", encoding="utf-8")

    code, out, _ = run("check", str(table))

    assert code == 0
    assert "1 rows" in out


def test_check_writes_the_rejected_rows_and_exits_with_3_when_they_are_many(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    table = tmp_path / "events.csv"
    table.write_text("id,lat,lon\n=1+1,34.4,41.0\n2,95,41\n3,,\n", encoding="utf-8")
    rejected = tmp_path / "rejected.csv"

    code, _, err = run("check", str(table), "--rejected", str(rejected))

    assert code == 3
    assert "67 %" in err or "67%" in err
    assert len(rejected.read_text(encoding="utf-8").splitlines()) == 3
    again, _, err = run("check", str(table), "--rejected", str(rejected))
    assert again == 2
    assert "exists" in err


def test_a_table_without_coordinates_exits_with_3(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    table = tmp_path / "events.csv"
    table.write_text("id,town\n1,Qaim\n", encoding="utf-8")

    code, _, err = run("check", str(table))

    assert code == 3
    assert "town" in err


def test_a_folder_in_use_is_refused_before_any_work(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")

    code, out, err = run("report", "-o", str(tmp_path))

    assert code == 2
    assert "not empty" in err
    assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_preset_names_the_two(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("whatif", "as_is", "night_visions")

    assert code == 2
    assert "night_vision_for_all" in err


def test_one_scenario_alone_is_no_whatif(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("whatif", "as_is")

    assert code == 2
    assert "got 'as_is' alone; name another" in err


def test_whatif_compares_scenario_files_with_the_first(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    quick = (
        'resolution_m = 5000\ndraws = 100\nimputations = 10\nname = "{}"\n[force]\nsensor = "{}"\n'
    )
    for name, sensor in (("a", "eye"), ("b", "vehicle_thermal"), ("c", "eye")):
        (tmp_path / f"{name}.toml").write_text(quick.format(name, sensor), encoding="utf-8")

    code, out, _ = run(
        "whatif", *(str(tmp_path / f"{name}.toml") for name in "abc"), "-o", str(tmp_path / "t.csv")
    )

    assert code == 0
    assert out.startswith("# b and c against a\n")
    assert "mean_pod" in out
    rows = pd.read_csv(tmp_path / "t.csv")
    assert not rows["quantity"].str.startswith(("mean_poi", "out_mean_poi")).any()
    changed = rows.groupby("scenario_b")["difference"].apply(lambda column: set(column) != {0.0})
    assert changed.to_dict() == {"b": True, "c": False}


def test_a_bug_is_called_one_and_exits_with_1(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        msg = "a loose end"
        raise RuntimeError(msg)

    monkeypatch.setattr("borderzone.datasets.table", broken)
    code, _, err = run("data")

    assert code == 1
    assert "this is a bug" in err
    assert "Traceback" not in err
