"""What is promised of runs on other Pythons and with other libraries is compared by a script: it sees what differs."""

from __future__ import annotations

import importlib.util
import json
import shutil
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from places import SCRIPTS
from pyproj import CRS

from borderzone import io
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCRIPT = SCRIPTS / "same_everywhere.py"
FRAME = CRS(32637)
VALUES = np.array([1.0, 2.0, 3.0])
POINTS = gpd.GeoDataFrame(
    {"hours": VALUES}, geometry=shapely.points([41.0, 42.0, 43.0], [35.0, 35.5, 36.0]), crs=4326
)


def report(folder: Path) -> Path:
    """Write a small folder of all kinds of files."""
    folder.mkdir()
    pd.DataFrame({"segment": [0, 1, 2], "units": VALUES, "told": ["2,019", "1", ""]}).to_csv(
        folder / "units.csv", index=False
    )
    POINTS.to_parquet(folder / "points.parquet")
    POINTS.to_file(folder / "points.gpkg", layer="points")
    grid = Grid(shape=(3, 3), transform=Affine(10, 0, 5e5, 0, -10, 4e6), crs=CRS(32637))
    io.write_raster(grid.wrap(np.full((3, 3), 700, "f4"), name="h", units="m"), folder / "h.tif")
    (folder / "log.txt").write_text("1 s", "utf-8")
    (folder / "map.png").write_bytes(b"picture")
    (folder / "report.html").write_text(
        'It takes 2,019 units. <img src="data:image/png;base64,AAAA">', "utf-8"
    )
    manifest = {
        "crs_wkt": FRAME.to_wkt(),
        "run_id": "0",
        "software": {"numpy": "2"},
        "km": 598.9,
        "outputs": [{"sha256": "1"}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def changed_manifest(**changes: Any) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        file = folder / "manifest.json"
        file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), "utf-8")

    return change


def changed_table(factor: float) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        table = pd.read_csv(folder / "units.csv", keep_default_na=False)
        table["units"] *= factor
        table.to_csv(folder / "units.csv", index=False)

    return change


def moved(east: float) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        there = POINTS.set_geometry(POINTS.translate(east))
        there.to_parquet(folder / "points.parquet")
        there.to_file(folder / "points.gpkg", layer="points")

    return change


def raised(factor: float) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        raster = io.read_raster(folder / "h.tif")
        (folder / "h.tif").unlink()
        io.write_raster(raster * np.float32(factor), folder / "h.tif")

    return change


def replaced(name: str, old: str, new: str) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture(scope="module")
def script() -> Any:
    """Give the script."""
    spec = importlib.util.spec_from_file_location("same_everywhere", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What is changed, whether the bytes are still as promised, and which numbers are not.
CHANGES: dict[str, tuple[Callable[[Path], Any], bool, list[str]]] = {
    "nothing": (lambda _: None, True, []),
    "log": (replaced("log.txt", "1", "2"), True, []),
    "software": (changed_manifest(software={"numpy": "3"}), True, []),
    "picture": (lambda folder: (folder / "map.png").write_bytes(b"other"), False, []),
    "picture_in_page": (replaced("report.html", "AAAA", "BBBB"), False, []),
    "rounding": (changed_table(1 + 1e-12), False, []),
    "words_of_a_frame": (
        changed_manifest(crs_wkt=FRAME.to_wkt().replace("Transit", "first")),
        False,
        [],
    ),
    "frame": (
        changed_manifest(crs_wkt=CRS(32638).to_wkt()),
        False,
        ["manifest.json: .crs_wkt "],
    ),
    "run": (changed_manifest(run_id="1"), False, ["manifest.json: .run_id '0' and '1'"]),
    "length": (
        changed_manifest(km=598.90001),
        False,
        ["manifest.json: .km '598.9' and '598.90001'"],
    ),
    "digit": (
        replaced("report.html", "2,019", "2,020"),
        False,
        ["report.html: line 1: 'It takes 2,019 units"],
    ),
    "cell": (
        replaced("units.csv", "2,019", "2,020"),
        False,
        ["units.csv: told: 1 of 3, first row 0"],
    ),
    "table": (changed_table(1 + 1e-8), False, ["units.csv: units: 3 of 3, first row 0"]),
    "place": (
        moved(1e-6),
        False,
        ["points.gpkg: points, geometry: 3 coordinates", "points.parquet: geometry: 3 coordinates"],
    ),
    "last_bit": (raised(1 + 1e-7), False, []),
    "raster": (raised(1 + 1e-6), False, ["h.tif: 9 of 9 cells, first"]),
    "missing": (lambda folder: (folder / "h.tif").unlink(), False, ["h.tif: only in"]),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder to compare with."""
    return report(tmp_path_factory.mktemp("same") / "here")


@pytest.mark.parametrize("change", CHANGES)
def test_what_differs_is_told_and_breaks_its_promise(
    here: Path, tmp_path: Path, script: Any, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    there = tmp_path / "there"
    shutil.copytree(here, there)
    make, bytes_are_kept, numbers = CHANGES[change]
    make(there)

    assert script.main([str(here), str(there), "--promise", "bytes"]) == (not bytes_are_kept)
    capsys.readouterr()

    assert script.main([str(here), str(there), "--promise", "numbers"]) == bool(numbers)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(numbers) + 1
    for line, start in zip(lines, numbers, strict=False):
        assert line.startswith(start)
