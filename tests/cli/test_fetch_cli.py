"""`borderzone fetch`: what it says before and after, and the exit code that a script can trust."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import termios
import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fetch_cases import FOR_EVER_S, PATIENCE_S, Store, fill, running_store, wait_until

import borderzone as bz
from borderzone import cli, fetch
from borderzone.cli import fetch as fetching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def sixty(lon: Any, lat: Any) -> Any:
    """Bare ground, as WorldCover counts it."""
    return np.full(np.broadcast(lon, lat).shape, 60)


@pytest.fixture(scope="module")
def corridor() -> bz.Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, corridor: bz.Corridor) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("store")
    fill(root, "glo30", fetch.tiles(corridor))
    names = fetch.tiles(corridor, source="worldcover")
    fill(root, "worldcover", names, dtype="uint8", off_by_cells=0, values=sixty)
    with running_store(root) as store:
        yield store


@pytest.fixture
def store(running: Store) -> Store:
    running.rules()
    return running


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    store: Store,
    tmp_path: Path,
) -> Callable[..., tuple[int, str, str]]:
    """Run ``borderzone fetch`` against the store; give exit code, output and errors."""
    monkeypatch.setenv("BORDERZONE_CACHE", str(tmp_path / "cache"))

    def call(*words: str, mirror: str = store.address) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", "fetch", *words, "--mirror", mirror])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


def test_two_countries_bring_the_16_tiles_of_their_corridor_and_a_line_that_a_study_reads(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, corridor: bz.Corridor
) -> None:
    code, out, err = run("dem", "IRQ", "SYR", "--cache", str(tmp_path / "mine"))

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Corridor IRQ-SYR: IRQ 50 km, SYR 50 km; margin 0 km."
    assert "--margin-km 50 adds 11 tiles" in out
    assert "16 tiles needed, 0 there already" in out
    assert re.search(
        r"To fetch: 16 tiles, 0\.\d\d MB, from 127\.0\.0\.1:\d+ into .*mine/glo30", out
    )
    assert "all rights reserved" in out
    assert "Retrieved: " in out
    assert len(list((tmp_path / "mine" / "glo30").glob("*.tif"))) == 16
    study = tomllib.loads(out.split("In a study file:\n")[1])
    dem = bz.read_dem(study["dem"], corridor.grid(resolution_m=10_000))
    assert 250 < float(dem.mean()) < 350


def test_a_dry_run_sends_nothing_and_names_what_would_be_asked_for(
    run: Callable[..., tuple[int, str, str]], store: Store, tmp_path: Path, corridor: bz.Corridor
) -> None:
    code, out, _ = run("dem", "IRQ", "SYR", "--dry-run")

    assert code == 0
    assert "To fetch: 16 tiles" in out
    assert "was not asked how large they are" in out
    assert all(name in out for name in fetch.tiles(corridor))
    assert store.asked("HEAD") == store.asked("GET") == []
    assert not (tmp_path / "cache").exists()


def test_the_size_is_told_before_the_first_byte_is_asked_for(
    run: Callable[..., tuple[int, str, str]], store: Store, corridor: bz.Corridor
) -> None:
    plan = fetch.plan(corridor, network=fetch.Network(mirror=store.address))

    assert plan.bytes > 0
    assert len(store.asked("HEAD")) == 16
    assert store.asked("GET") == []


@pytest.mark.parametrize(
    ("answer", "words", "expected"),
    [
        ("y\n", (), 0),
        ("n\n", (), 130),
        ("\n", (), 130),
        ("", ("--yes",), 0),
        ("", ("--dry-run",), 0),
    ],
)
def test_a_terminal_is_asked_before_much_is_brought(
    run: Callable[..., tuple[int, str, str]],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    words: tuple[str, ...],
    expected: int,
) -> None:
    monkeypatch.setattr(fetching, "_ASK_FROM_BYTES", 1000)
    keyboard = io.StringIO(answer)
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    code, out, err = run("dem", "IRQ", "SYR", "--depth-km", "2", *words)

    assert code == expected
    assert "To fetch: " in out
    assert ("Fetch them? [y/N]" in err) == (words == ())
    assert bool(store.asked("GET")) == (expected == 0 and words != ("--dry-run",))


def test_a_script_is_never_asked(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_ASK_FROM_BYTES", 1)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))

    code, _, err = run("dem", "IRQ", "SYR", "--depth-km", "2")

    assert (code, err) == (0, "")


def test_nobody_is_asked_about_little(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard = io.StringIO("n\n")
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    code, _, err = run("dem", "IRQ", "SYR", "--depth-km", "2")

    assert (code, "Fetch them?" in err) == (0, False)


def test_other_tiles_of_the_folder_stay_out_of_the_study(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    run("dem", "IRQ", "SYR", "--depth-km", "50")
    code, out, _ = run("dem", "IRQ", "SYR", "--depth-km", "2")

    thin = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=2)
    study = tomllib.loads(out.split("In a study file:\n")[1])
    folder = (tmp_path / "cache" / "glo30").as_posix()
    assert code == 0
    assert study == {"dem": [f"{folder}/{name}.tif" for name in fetch.tiles(thin)]}
    records = bz.io.Record.of_files(study["dem"], name="elevation")
    assert {record.title for record in records} == {"elevation: Copernicus DEM GLO-30"}


def test_a_study_file_says_border_and_depth(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        'a = "IRQ"\nb = "SYR"\ndem = "not-there-yet/*.tif"\n[scenario]\ndepth_km = 2\n', "utf-8"
    )

    code, out, _ = run("dem", str(file))

    thin = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=2)
    names = fetch.tiles(thin)
    assert code == 0
    assert "IRQ 2 km, SYR 2 km" in out
    assert len(names) < 16
    found = (tmp_path / "cache" / "glo30").glob("*.tif")
    assert sorted(path.stem for path in found) == sorted(names)


def test_a_line_of_ones_own_says_where(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """As a file, and through the study file that names it, whole or a part of it."""
    bz.Border.between("IRQ", "SYR").line.to_file(tmp_path / "line.geojson")
    study = tmp_path / "study.toml"
    study.write_text('border = "line.geojson"\nborder_km = [0, 50]\n[scenario]\ndepth_km = 2\n')

    whole = run("dem", str(tmp_path / "line.geojson"), "--depth-km", "2", "--dry-run")
    part = run("dem", str(study), "--dry-run")

    assert (whole[0], part[0]) == (0, 0)
    for said in (whole[1], part[1]):
        assert "Corridor left-right: left 2 km, right 2 km" in said
    assert _tiles_told(whole[1]) > 2 * _tiles_told(part[1]) > 0


def _tiles_told(said: str) -> int:
    found = re.search(r"To fetch: (\d+) tiles", said)
    return int(found[1]) if found else 0


def test_the_built_in_study_stands_in_for_none(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("dem", "--dry-run", "--depth-km", "10")

    assert code == 0
    assert out.startswith("Corridor IRQ-SYR: IRQ 10 km, SYR 10 km")


def test_land_cover_comes_with_its_own_credit(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, _ = run("landcover", "IRQ", "SYR")

    assert code == 0
    assert "5 tiles" in out
    assert "ESA WorldCover consortium" in out
    assert "CC BY 4.0" in out
    study = tomllib.loads(out.split("In a study file:\n")[1])
    assert study == {
        "landcover": (tmp_path / "cache" / "worldcover").as_posix(),
        "landcover_scheme": "worldcover",
    }
    assert len(list((tmp_path / "cache" / "worldcover").glob("*.tif"))) == 5


def test_a_source_without_tiles_for_the_ground_exits_with_4(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    code, _, err = run("dem", "IRQ", "SYR", "--source", "glo90")

    assert code == 4
    assert "none of the tiles needed" in err
    assert "Traceback" not in err


def test_missing_tiles_are_named_and_the_exit_code_is_0(
    run: Callable[..., tuple[int, str, str]], store: Store
) -> None:
    store.rules({"N37_00_E042": {"status": 404}})

    code, out, _ = run("dem", "IRQ", "SYR")

    assert code == 0
    assert "unknown: Copernicus_DSM_COG_10_N37_00_E042_00_DEM." in out
    assert out.count("15 tiles") == 2


def test_trouble_with_the_network_exits_with_4(
    run: Callable[..., tuple[int, str, str]], store: Store
) -> None:
    store.rules({"N33_00_E040": {"status": 403, "on": "GET"}})

    refused, _, err = run("dem", "IRQ", "SYR")
    away, _, said = run("dem", "IRQ", "SYR", "--attempts", "1", mirror="http://127.0.0.1:9")

    assert (refused, away) == (4, 4)
    assert "NetworkError" in err
    assert "N33_00_E040" in err
    assert "127.0.0.1:9 failed" in said


def test_too_much_exits_with_5(run: Callable[..., tuple[int, str, str]], store: Store) -> None:
    code, _, err = run("dem", "IRQ", "SYR", "--max-gb", "0.00001")

    assert code == 5
    assert "--max-gb" in err
    assert store.asked("GET") == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("dem", "IRQ", "SYR", "JOR"), "name one study, or a border by two countries, got 3 words"),
        (("dem", "IRQ", "PRT"), "PRT|Portugal"),
        (("dem", "no-such-study.toml"), "no-such-study.toml"),
        (("dem", "IRQ", "SYR", "--source", "srtm"), "glo30, glo90"),
        (("dem", "IRQ", "SYR", "--source", "worldcover"), "glo30, glo90"),
        (("dem", "IRQ", "SYR", "--margin-km", "-3"), "margin_km"),
        (("dem", "IRQ", "SYR", "--depth-km", "0"), "depth_km"),
        (("dem", "IRQ", "SYR", "--attempts", "0"), "attempts"),
        (("dem", "IRQ", "SYR", "--timeout-s", "nan"), "timeout_s"),
    ],
)
def test_what_makes_no_sense_exits_with_2(
    run: Callable[..., tuple[int, str, str]], words: tuple[str, ...], says: str
) -> None:
    code, _, err = run(*words)

    assert code == 2
    assert re.search(says, err)


def test_plain_http_to_another_machine_exits_with_2(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    code, _, err = run("dem", "IRQ", "SYR", mirror="http://192.168.0.7/tiles")

    assert code == 2
    assert "this machine only" in err


def pieces_of(terminal: io.FileIO) -> Iterator[str]:
    """Read a terminal whose other end is closed, which Linux reports as an error."""
    with contextlib.suppress(OSError):
        while piece := terminal.read(4096):
            yield piece.decode()


def test_progress_is_shown_on_a_terminal_and_nowhere_else(store: Store, tmp_path: Path) -> None:
    code = f"""
from borderzone import fetch
fetch.dem((40.2, 33.2, 40.8, 33.8), cache={str(tmp_path)!r} + "/" + __import__("sys").argv[1],
          network=fetch.Network(mirror={store.address!r}))
"""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-c", code]
    subprocess.run([*command, "a"], stderr=theirs, check=True)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = "".join(pieces_of(terminal))
    quiet = subprocess.run([*command, "b"], capture_output=True, text=True, check=True)

    assert "Copernicus DEM GLO-30: 100%" in shown
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_importing_fetch_touches_neither_disk_nor_network(tmp_path: Path) -> None:
    code = """
import sys
seen = []
def watch(event, args):
    if "__pycache__" in str(args[:1]):
        return  # where numba keeps what it compiled
    if event in ("os.mkdir", "socket.connect") or (event == "open" and args[2] and args[2] & 0o3):
        seen.append((event, str(args[0])))
sys.addaudithook(watch)
import borderzone.fetch
print(seen)
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    )

    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


def test_the_tiles_read_back_as_they_were_made(
    run: Callable[..., tuple[int, str, str]], store: Store, tmp_path: Path
) -> None:
    run("dem", "IRQ", "SYR")

    for path in (tmp_path / "cache" / "glo30").glob("*.tif"):
        with bz.io.open_raster(path) as mine:
            there = next(store.root.glob(f"{path.stem}/*.tif"))
            assert path.read_bytes() == there.read_bytes()
            assert np.isfinite(mine.read(1)).all()


def test_an_interrupt_says_how_to_go_on_and_exits_with_130(store: Store, tmp_path: Path) -> None:
    name = "Copernicus_DSM_COG_10_N33_00_E040_00_DEM"
    store.rules({name: {"on": "GET", "wait_s": FOR_EVER_S}})
    command = [
        sys.executable, "-m", "borderzone.cli", "fetch", "dem", "IRQ", "SYR",
        "--cache", str(tmp_path), "--mirror", store.address, "--timeout-s", str(FOR_EVER_S),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    # Several are brought at a time, so the others come while this one lets us wait.
    wait_until(lambda: len(list((tmp_path / "glo30").glob("*.tif"))) >= 15, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert "To fetch: 16 tiles" in out
    assert f"interrupted; what was brought is kept in {tmp_path / 'glo30'}" in err
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    assert not (tmp_path / "glo30" / f"{name}.tif").exists()
