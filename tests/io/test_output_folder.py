"""An output folder is whole or absent, and what the user put there stays."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from borderzone import io
from borderzone.errors import OutputError


def run(out: Path, files: dict[str, str], *, overwrite: bool = False) -> None:
    """Write a folder as a study does: files, a manifest that lists them, and a log."""
    with io.OutputFolder(out, overwrite=overwrite).filled() as folder:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        listed = {"outputs": [{"path": name} for name in files]}
        (folder / "manifest.json").write_text(json.dumps(listed))
        (folder / "log.txt").write_text("log")


def tree(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in {"manifest.json", "log.txt"}
    }


def test_a_run_fills_a_new_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    run(tmp_path / "deep" / "out", {"a.txt": "1", "sub/b.txt": "2"})
    assert tree(tmp_path / "deep" / "out") == {"a.txt": "1", "sub/b.txt": "2"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run(tmp_path / "out", {"a.txt": "1"})
    assert tree(tmp_path / "out") == {"a.txt": "1"}


def test_nothing_stands_under_the_final_name_while_a_run_goes_on(tmp_path: Path) -> None:
    with io.OutputFolder(tmp_path / "out").filled() as folder:
        (folder / "a.txt").write_text("1")
        assert folder.name == "out.partial"
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "a.txt").exists()


def test_a_folder_that_is_not_empty_is_refused_with_the_way_out(tmp_path: Path) -> None:
    run(tmp_path / "out", {"a.txt": "1"})
    with pytest.raises(OutputError, match="is not empty; add --overwrite"):
        run(tmp_path / "out", {"a.txt": "2"})
    assert tree(tmp_path / "out") == {"a.txt": "1"}


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years")
    with pytest.raises(OutputError, match=r"holds no manifest\.json of an earlier run"):
        run(tmp_path / "out", {"a.txt": "1"}, overwrite=True)
    for strange in ('{"name": "a web app"}', "[" * 100_000):
        (tmp_path / "out" / "manifest.json").write_text(strange)
        with pytest.raises(OutputError, match="is not a manifest that borderzone wrote"):
            run(tmp_path / "out", {"a.txt": "1"}, overwrite=True)
    assert tree(tmp_path / "out") == {"thesis.txt": "years"}


def test_overwrite_replaces_what_the_manifest_lists_and_keeps_the_rest(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, {"a.txt": "1", "old/b.txt": "1"})
    (out / "notes").mkdir()
    (out / "notes" / "mine.txt").write_text("mine")
    (out / "old" / "mine.txt").write_text("mine too")
    (out / "link").symlink_to(tmp_path)
    run(out, {"a.txt": "2", "c.txt": "2"}, overwrite=True)
    assert tree(out) == {
        "a.txt": "2",
        "c.txt": "2",
        "notes/mine.txt": "mine",
        "old/mine.txt": "mine too",
    }
    assert (out / "link").is_symlink()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_of_the_user_that_a_run_would_replace_stops_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, {"a.txt": "1"})
    (out / "c.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds c\.txt, which the earlier run did not write"):
        run(out, {"a.txt": "2", "c.txt": "2"}, overwrite=True)
    assert tree(out) == {"a.txt": "1", "c.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_manifest_cannot_reach_outside_its_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, {"a.txt": "1"})
    (tmp_path / "outside.txt").write_text("mine")
    listed = {"outputs": [{"path": "../outside.txt"}, {"path": "/etc/passwd"}, {"path": "a.txt"}]}
    (out / "manifest.json").write_text(json.dumps(listed))
    run(out, {"b.txt": "2"}, overwrite=True)
    assert tree(out) == {"b.txt": "2"}
    assert (tmp_path / "outside.txt").read_text() == "mine"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OutputError])
def test_a_run_that_fails_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    def fail() -> None:
        with io.OutputFolder(tmp_path / "out").filled() as folder:
            (folder / "a.txt").write_text("half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    run(tmp_path / "out", {"a.txt": "1"})

    def fail() -> None:
        with io.OutputFolder(tmp_path / "out", overwrite=True).filled() as folder:
            (folder / "a.txt").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert tree(tmp_path / "out") == {"a.txt": "1"}


def start_and_kill(out: Path, *, overwrite: bool) -> None:
    script = textwrap.dedent(f"""
        import time
        from borderzone.io import OutputFolder
        with OutputFolder({str(out)!r}, overwrite={overwrite}).filled() as folder:
            (folder / "a.txt").write_text("half")
            print("writing", flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        os.kill(process.pid, signal.SIGKILL)


def test_a_run_that_is_killed_leaves_nothing_under_the_final_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "out"
    start_and_kill(out, overwrite=False)
    assert not out.exists()
    assert (tmp_path / "out.partial").is_dir()
    with caplog.at_level(logging.WARNING, "borderzone"):
        run(out, {"b.txt": "1"})
    assert "out.partial, left by a run that did not finish" in caplog.text
    assert tree(out) == {"b.txt": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_run_that_is_killed_while_replacing_leaves_the_earlier_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, {"a.txt": "1"})
    start_and_kill(out, overwrite=True)
    assert tree(out) == {"a.txt": "1"}


def test_a_swap_that_was_cut_in_the_middle_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out, aside = tmp_path / "out", tmp_path / ".out.replaced"
    run(out, {"a.txt": "1"})
    (out / "mine.txt").write_text("mine")
    out.rename(aside)
    with caplog.at_level(logging.WARNING, "borderzone"):
        run(out, {"a.txt": "2"}, overwrite=True)
    assert "putting" in caplog.text
    assert tree(out) == {"a.txt": "2", "mine.txt": "mine"}

    out.rename(aside)
    run_again = {"a.txt": "3"}
    out.mkdir()
    (out / "a.txt").write_text("3")
    (out / "manifest.json").write_text('{"outputs": [{"path": "a.txt"}]}')
    with caplog.at_level(logging.WARNING, "borderzone"):
        run(out, run_again, overwrite=True)
    assert "finishing the replacement" in caplog.text
    assert tree(out) == {"a.txt": "3", "mine.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with io.OutputFolder(tmp_path / "out").filled() as folder:
        (folder / "a.txt").write_text("1")
        with pytest.raises(OutputError, match="another run is writing"):
            run(tmp_path / "out", {"a.txt": "2"})
    assert (tmp_path / "out" / "a.txt").read_text() == "1"


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is not a folder"):
        run(tmp_path / "out", {"a.txt": "1"}, overwrite=True)
    with pytest.raises(OutputError, match="cannot be made"):
        run(tmp_path / "out" / "below", {"a.txt": "1"})
    with pytest.raises(OutputError, match="give it a name"):
        run(Path("/"), {"a.txt": "1"})


def test_a_killed_process_lets_go_of_its_lock(tmp_path: Path) -> None:
    start_and_kill(tmp_path / "out", overwrite=False)
    run(tmp_path / "out", {"a.txt": "1"})
    assert tree(tmp_path / "out") == {"a.txt": "1"}
