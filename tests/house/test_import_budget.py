"""A bare import stays light, and neither reads nor writes anything of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("geopandas", "matplotlib", "numba", "pandas", "pyogrio", "rasterio", "scipy", "xarray")


def in_new_process(code: str, folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-B", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"HOME": str(folder), "PATH": "", "MPLCONFIGDIR": str(folder / "mpl")},
    )
    return run.stdout


def test_importing_loads_no_heavy_library_and_leaves_no_file(tmp_path: Path) -> None:
    code = "import borderzone, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(in_new_process(code, tmp_path))
    assert [name for name in HEAVY if name in loaded] == []
    assert list(tmp_path.iterdir()) == []


def test_importing_opens_none_of_the_embedded_data(tmp_path: Path) -> None:
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import borderzone, borderzone.datasets, borderzone.io
print([name for name in opened if "/data/" in name or "/_data/" in name])
"""
    assert in_new_process(code, tmp_path).strip() == "[]"
    assert list(tmp_path.iterdir()) == []


def test_names_of_the_front_door_are_there_before_they_are_loaded(tmp_path: Path) -> None:
    code = """
import borderzone as bz, sys
names = dir(bz)
assert "datasets" in names and "read_dem" in names and "show_versions" in names
assert "borderzone.datasets" not in sys.modules
assert callable(bz.read_dem) and "rasterio" in sys.modules
print("all there")
"""
    assert in_new_process(code, tmp_path) == "all there\n"


def test_reading_a_table_of_incidents_loads_no_rasters_no_compiler_and_no_statistics(
    tmp_path: Path,
) -> None:
    """Half of the time of a small table would go into libraries that nothing of it needs."""
    (tmp_path / "events.csv").write_text(
        "event_id_cnty,event_date,latitude,longitude,geo_precision,time_precision,country\n"
        "IRQ1,2014-10-01,33.4,43.3,1,1,Iraq\n",
        encoding="utf-8",
    )
    code = """
import borderzone as bz, sys
assert len(bz.incidents.read("events.csv", countries=["IRQ"])) == 1
print([name for name in ("matplotlib", "numba", "rasterio", "scipy", "xarray") if name in sys.modules])
"""
    assert in_new_process(code, tmp_path).strip() == "[]"
