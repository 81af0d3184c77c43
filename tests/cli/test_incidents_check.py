"""The command that says what is wrong with a table, and what may be done with it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from borderzone import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "event_id_cnty,event_date,Latitude,Longitude,notes\n"
ROWS = 'A1,2020-01-02,"34,5",41,x\nA1,2020-01-02,34.6,41,=y\nB,2020-01-02,195,41,z\n'


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", "check", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        code = end.value.code
        return (0 if code is None else int(code)), out, err

    return call


def test_it_says_what_was_found_read_and_allowed(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + ROWS)

    code, out, err = run("e.csv")

    assert code == 3
    assert "1 of 3 rows (33%) cannot be used, more than the 20% allowed: out of range (1)" in err
    assert "out of range quarantined 1 0.333333 out of range: latitude 195" in " ".join(out.split())
    assert "Rows: 1 ok, 1 fixed, 1 quarantined (33.3 %)." in out
    assert "lat from 'Latitude', lon from 'Longitude'" in out
    assert "Terms of ACLED (3 rows" in out
    assert "1 rejected rows: incidents_rejected.csv" in out
    assert (tmp_path / "incidents_rejected.csv").read_text().count("out of range") == 1


def test_a_higher_limit_lets_it_pass_and_no_file_is_replaced(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + ROWS)
    (tmp_path / "incidents_rejected.csv").write_text("mine")

    code, out, _ = run("e.csv", "--limit", "0.5")

    assert code == 0
    assert "1 rejected rows are not written: incidents_rejected.csv exists" in out
    assert (tmp_path / "incidents_rejected.csv").read_text() == "mine"


def test_a_named_file_that_exists_is_refused_before_any_work(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    code, out, err = run("no_such_file.csv", "--rejected", "mine.csv")
    assert (code, out) == (2, "")
    assert "mine.csv exists; choose another name" in err


def test_a_clean_table_passes_and_writes_nothing(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + "A,2020-01-02,34.5,41,x\n")
    code, out, _ = run("e.csv")
    assert code == 0
    assert "Rows: 1 ok, 0 fixed, 0 quarantined (0 %)." in out
    assert [path.name for path in tmp_path.iterdir()] == ["e.csv"]


def test_swaps_are_suggested_and_changed_only_on_request(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + "A,2020-01-02,41,34.5,x\n")
    box = ("--bbox", "38", "29", "47", "37.5")
    code, out, _ = run("e.csv", *box)
    assert code == 3
    assert re.search("pass (--fix-swapped|fix_swapped=True) if they should", out)
    assert "0 of 1 in the box, 1 if latitude and longitude change places" in out
    code, out, _ = run("e.csv", *box, "--fix-swapped")
    assert code == 0
    assert "Rows: 0 ok, 1 fixed, 0 quarantined" in out


def test_a_box_may_lie_west_and_south(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + "A,2020-01-02,-34.5,-61,x\n")
    assert run("e.csv", "--bbox", "-62", "-36", "-60", "-33")[0] == 0


def test_options_reach_the_reader(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    text = HEAD + "A,03/04/2020,34.5,41,انفجار\n"
    (tmp_path / "e.csv").write_bytes(text.encode("cp1256"))
    code, _, err = run("e.csv", "--encoding", "cp1256")
    assert code == 3
    assert "date ambiguous (1)" in err
    assert run("e.csv", "--encoding", "cp1256", "--date-format", "%d/%m/%Y")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--limit", "2"), 2, "limit must lie between 0 and 1, got 2.0"),
        (("--format", "docx"), 2, "format must be one of"),
        (("--bbox", "1", "2", "0", "3"), 2, "bbox must be (west, south, east, north)"),
    ],
)
def test_impossible_options_end_in_a_sentence(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    (tmp_path / "e.csv").write_text(HEAD + ROWS)
    found, _, err = run("e.csv", *words)
    assert found == code
    assert told in err


def test_a_broken_archive_ends_in_a_sentence(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "e.kmz").write_bytes(b"PK\x03\x04 and no more")
    code, _, err = run("e.kmz")
    assert code == 3
    assert "e.kmz" in err
