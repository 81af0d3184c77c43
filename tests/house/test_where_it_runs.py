"""Read-only sites, no home, no room for temporary files, a folder that is gone, any locale: it works or says why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS

import borderzone as bz
from borderzone import errors, fetch, incidents
from borderzone.grid import Grid
from borderzone.io import OutputFolder
from borderzone.study.terrain_reading import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE = Path(bz.__file__).parent
# The superuser may write anywhere, whatever the mode of a folder is, unless it lays that down.
POWERLESS = """
import ctypes, os
if os.geteuid() == 0:
    head, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(head, none) == 0
"""
COMPILE = """
import numpy as np
from borderzone._kernels import index_sums
answer = np.empty(2)
index_sums.gamma((np.array([0.5, 1.0]), np.array([0.5, 1.0])), np.array([1.0, 1.0]), 0.5, answer)
assert answer[1] == 1.0, answer
import numba, stat
kept = numba.config.CACHE_DIR
if kept:
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o700 or os.environ.get("NUMBA_CACHE_DIR") == kept
    assert any(name.endswith(".nbi") for _, _, names in os.walk(kept) for name in names)
print(kept)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the package where nobody can write."""
    place = tmp_path_factory.mktemp("site")
    shutil.copytree(
        SOURCE, place / "borderzone", ignore=shutil.ignore_patterns("__pycache__", "_data")
    )
    folders = [place, *(folder for folder in place.rglob("*") if folder.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield place
    for folder in folders:
        folder.chmod(0o755)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home that cannot be written."""
    place = tmp_path / "home"
    place.mkdir(0o555)
    yield place
    place.chmod(0o755)


def python(
    code: str, folder: Path, *flags: str, arguments: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with next to nothing in its environment."""
    return subprocess.run(
        [sys.executable, "-B", *flags, "-c", code, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=folder,
        env={"PATH": "", **environment},
        check=False,
    )


def test_compiled_loops_of_a_read_only_site_and_home_go_to_a_folder_of_their_own(
    site: Path, home: Path, tmp_path: Path
) -> None:
    done = python(POWERLESS + COMPILE, tmp_path, PYTHONPATH=str(site), HOME=str(home))

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("NUMBA_CACHE_DIR") == 1
    assert "compiled again in each run" in done.stderr
    kept = Path(done.stdout.strip())
    assert kept.is_absolute()
    assert not kept.exists()
    assert sorted(tmp_path.iterdir()) == [home]


def test_without_any_folder_to_write_they_are_compiled_and_not_kept(
    site: Path, home: Path, tmp_path: Path
) -> None:
    nowhere = "\nimport tempfile\ntempfile.tempdir = '/nowhere'\n"

    done = python(POWERLESS + nowhere + COMPILE, tmp_path, PYTHONPATH=str(site), HOME=str(home))

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert done.stderr.count("NUMBA_CACHE_DIR") == 1


def test_a_user_without_a_name_or_home_leaves_nothing_in_the_working_directory(
    site: Path, tmp_path: Path
) -> None:
    nameless = """
import pwd
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
"""
    done = python(POWERLESS + nameless + COMPILE, tmp_path, PYTHONPATH=str(site))

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("NUMBA_CACHE_DIR") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_folder_that_the_user_names_is_taken_without_a_word(
    site: Path, home: Path, tmp_path: Path
) -> None:
    named = tmp_path / "named"

    done = python(
        POWERLESS + COMPILE,
        tmp_path,
        PYTHONPATH=str(site),
        HOME=str(home),
        NUMBA_CACHE_DIR=str(named),
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(named), "")


TABLE = pd.DataFrame({"id": ["a"], "date": ["2019-01-01"], "latitude": [34.0], "longitude": [41.0]})
GRID = Grid(shape=(2, 2), transform=Affine(100, 0, 6e5, 0, -100, 3.8e6), crs=CRS("EPSG:32637"))

DOORS: dict[str, Callable[[str], Any]] = {
    "read_vector": lambda path: bz.io.read_vector(f"{path}.geojson"),
    "read_rows": lambda path: bz.io.read_rows(f"{path}.parquet"),
    "read_dem": lambda path: bz.read_dem(f"{path}.tif", GRID),
    "incidents": lambda path: incidents.read(f"{path}.csv"),
    "border": lambda path: bz.Border.from_file(f"{path}.geojson"),
    "study": lambda path: bz.Study.from_toml(f"{path}.toml"),
    "scenario": lambda path: bz.Scenario.from_toml(f"{path}.toml"),
    "output": lambda path: OutputFolder(path).filled().__enter__(),
    "events": lambda path: incidents.write(incidents.read(TABLE), f"{path}.csv"),
    "cache": fetch.cache_folder,
    "ucdp": lambda path: fetch.ucdp(out=path, years=(2019, 2019)),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_path_in_a_working_directory_that_is_gone_is_told(
    door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with pytest.raises(
        errors.BorderzoneError, match=r"working directory, which is gone; change to"
    ):
        DOORS[door]("name")


@pytest.mark.parametrize("door", DOORS)
def test_a_home_that_nobody_has_is_told(door: str) -> None:
    with pytest.raises(errors.BorderzoneError, match=r"no home folder is known for its ~"):
        DOORS[door]("~nobody-of-this-name/name")


def archive(folder: Path) -> Path:
    path = folder / "events.kmz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("doc.kml", KML)
    return path


KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>a</name>
<Point><coordinates>41,34</coordinates></Point></Placemark></Document></kml>"""


@pytest.mark.parametrize(
    "use",
    [lambda folder: bz.io.read_vector(archive(folder)), lambda _: Workspace()],
    ids=["archive", "workspace"],
)
def test_no_room_for_temporary_files_is_told(
    use: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(errors.OutputError, match=r"temporary files can be written .*; set TMPDIR"):
        use(tmp_path)


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o000])
def test_what_is_written_has_the_mode_that_the_user_set(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        events = incidents.read(TABLE, terms="mine")
        for suffix in ("csv", "geojson", "gpkg", "parquet", "xlsx"):
            incidents.write(events, tmp_path / f"events.{suffix}")
        with OutputFolder(tmp_path / "out").filled() as folder:
            (folder / "note.txt").write_text("whole", encoding="utf-8")
    finally:
        os.umask(before)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 6
    usual = {
        path.name: 0o644 if path.suffix == ".gpkg" else 0o666 for path in files
    }  # SQLite's own
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files} == {
        name: oct(mode & ~mask) for name, mode in usual.items()
    }
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~mask


EVERY_ROOM = """
import importlib
rooms = "access border corridor datasets difficulty fetch figures incidents io patrol posts report stream"
for name in [*rooms.split(), "terrain", "visibility", "study", "whatif"]:
    room = importlib.import_module(f"borderzone.{name}")
    assert [getattr(room, name) for name in room.__all__]
"""
COMMAND_LINE = (
    EVERY_ROOM
    + """
from borderzone import cli
cli.main()
"""
)


def test_names_in_any_script_pass_a_locale_of_ascii_without_asserts_and_docstrings(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "جنوب سنجار é 北"
    folder.mkdir()
    table = folder / "رجال 1.csv"
    TABLE.assign(notes="انفجار 💥").to_csv(table, index=False)
    ascii_only = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    given = {**ascii_only, "PYTHONPATH": str(SOURCE.parent), "HOME": str(tmp_path)}

    done = python(COMMAND_LINE, folder, "-OO", arguments=("check", str(table)), **given)

    assert done.returncode == 0, done.stderr
    assert "1 ok, 0 fixed, 0 quarantined" in done.stdout


def test_every_room_opens_in_an_isolated_interpreter(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})\n{EVERY_ROOM}"

    done = python(code, tmp_path, "-I")

    assert done.returncode == 0, done.stderr
