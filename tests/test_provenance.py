"""The manifest names every input and output, repeats byte for byte, and holds no trace of the machine."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS

import borderzone
from borderzone import datasets, io, provenance
from borderzone.grid import Grid
from borderzone.provenance import Stage
from borderzone.scenario import Scenario
from borderzone.study.given import digest_of

if TYPE_CHECKING:
    from pathlib import Path

UTM = CRS(32637)


def small_result(**changes: Any) -> Any:
    """Give as much of a study's result as the manifest reads."""
    section = SimpleNamespace(
        section=0, km_start=0.0, km_end=598.9, crs=UTM, scale_error_ppm=123.456
    )
    parts: dict[str, Any] = {
        "run_id": "0123456789ab",
        "name": "Demo",
        "seed": 1,
        "synthetic": False,
        "border": SimpleNamespace(
            a="IRQ",
            b="SYR",
            length_km=598.9,
            start_name="JOR",
            end_name="TUR",
            source="test",
            published_length_km=None,
            published_length_source="",
        ),
        "corridor": SimpleNamespace(sections=(section,)),
        "ground": SimpleNamespace(
            grid=Grid(shape=(2, 3), transform=Affine(2000, 0, 0, 0, -2000, 0), crs=UTM)
        ),
        "inputs": (datasets.record("elevation"), datasets.record("article_incidents")),
        "scenario": Scenario(),
        "patrol": SimpleNamespace(
            assumptions=pd.DataFrame(
                {"assumption": ["p"], "value": [np.float64(0.9)], "band": [math.nan], "unit": [""]}
            )
        ),
        "incidents": SimpleNamespace(
            events=gpd.GeoDataFrame(
                {
                    "status": ["ok", "fixed", "quarantined", "ok"],
                    "synthetic": [False, False, False, True],
                }
            )
        ),
        "summary": ("One.", "Two.", "Three."),
        "notes": ("No cliffs.",),
    }
    return SimpleNamespace(**parts | changes)


def test_a_manifest_names_inputs_with_their_terms_and_rows() -> None:
    content = provenance.manifest(small_result())
    elevation, article = content["inputs"]
    assert elevation["sha256"] == datasets.record("elevation").sha256
    assert "GeoNames" in elevation["attribution"]
    assert elevation["accuracy"].startswith("29.6 m off an independent grid")
    assert elevation["retrieved"] == f"with borderzone {borderzone.__version__}"
    assert "rows" not in elevation
    assert article["rows"] == {"kept": 1, "fixed": 1, "rejected": 1}


def test_a_manifest_names_frame_seed_parameters_and_both_gdals() -> None:
    content = provenance.manifest(small_result())
    (frame,) = content["frames"]
    assert CRS.from_wkt(frame["crs_wkt"]) == UTM
    assert frame["scale_error_ppm"] == 123.5
    assert frame["shape"] == [2, 3]
    assert content["seed"] == 1
    assert content["parameters"]["depth_km"] == 50
    assert content["software"]["gdal (rasters)"] != ""
    assert content["software"]["gdal (vectors)"] != ""
    assert content["warnings"] == ["No cliffs."]
    assert content["assumptions"] == [{"assumption": "p", "value": 0.9, "band": None, "unit": ""}]


def test_a_study_without_grid_or_incidents_has_a_manifest_too() -> None:
    content = provenance.manifest(
        small_result(
            ground=SimpleNamespace(grid=None),
            incidents=SimpleNamespace(events=None),
            patrol=SimpleNamespace(assumptions=None),
        )
    )
    assert "resolution_m" not in content["frames"][0]
    assert "rows" not in content["inputs"][1]


def test_memory_that_the_system_does_not_tell_is_unknown_not_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has neither /proc nor the module that knows of limits."""
    monkeypatch.setattr(provenance, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(provenance, "_RESET", tmp_path / "none" / "either")
    monkeypatch.setitem(sys.modules, "resource", None)
    clock = provenance.StageClock()
    clock("reading")
    stages = clock.stop()
    assert stages["reading"].peak_mb is None
    assert stages["reading"].words.endswith(" s, memory unknown")
    provenance.write_timing(stages, tmp_path)
    told = json.loads((tmp_path / "timing.json").read_text())
    assert (told["peak_mb"], told["peak_memory_mb"]) == ({"reading": None}, None)


def test_outputs_are_listed_with_checksums_but_for_log_timings_and_manifest(
    tmp_path: Path,
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "b.csv").write_text("b")
    (tmp_path / "a.html").write_text("a")
    for name in ("log.txt", "timing.json", "manifest.json"):
        (tmp_path / name).write_text("{}")
    listed = provenance.list_outputs(tmp_path)
    assert [entry["path"] for entry in listed] == ["a.html", "tables/b.csv"]
    assert listed[0]["sha256"] == hashlib.sha256(b"a").hexdigest()
    assert listed[0]["bytes"] == 1


def test_a_written_manifest_is_strict_json_and_lets_the_folder_be_replaced(
    tmp_path: Path,
) -> None:
    for text in ("1", "2"):
        with io.OutputFolder(tmp_path / "out", overwrite=True).filled() as folder:
            (folder / "a.txt").write_text(text)
            provenance.write_timing({"all": Stage(seconds=1.23456, peak_mb=20.04)}, folder)
            provenance.write_manifest(small_result(), folder)
    text = (tmp_path / "out" / "manifest.json").read_text()

    def refuse(word: str) -> None:
        raise AssertionError(word)

    content = json.loads(text, parse_constant=refuse)
    assert content["outputs"][0]["path"] == "a.txt"
    assert str(tmp_path) not in text
    timing = json.loads((tmp_path / "out" / "timing.json").read_text())
    assert timing["seconds"] == {"all": 1.235}
    assert timing["peak_mb"] == {"all": 20.0}
    assert timing["peak_memory_mb"] > 10


def test_a_manifest_repeats_whatever_the_hash_seed() -> None:
    code = """
import sys
sys.path.insert(0, "tests")
import json
from test_provenance import small_result
from borderzone import provenance
print(json.dumps(provenance.manifest(small_result())))
"""
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_what_json_cannot_hold_is_put_in_words_or_refused() -> None:
    plain = provenance._plain
    values = {"a": np.inf, "b": np.float32("nan"), "c": (np.int64(3), np.int64(3) > 2), "d": pd.NA}
    assert plain(values) == {"a": "inf", "b": None, "c": [3, True], "d": None}
    with pytest.raises(TypeError, match="plain values only, got set"):
        plain({1, 2})


def test_the_run_id_follows_our_version_and_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the libraries below are stands beside it, under software."""
    parts = {"seed": 1}
    base = provenance.run_id(parts)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "99.0")
    monkeypatch.setattr(np, "__version__", "99.0")
    assert provenance.run_id(parts) == base
    monkeypatch.setattr(borderzone, "__version__", "99.0")
    assert provenance.run_id(parts) != base


def test_a_crs_counts_by_its_code_not_by_the_words_of_a_version_of_proj() -> None:
    """The same frame as text of two editions: one digest, and another one for another frame."""
    grid = Grid(shape=(2, 2), transform=Affine(10, 0, 5e5, 0, -10, 4e6), crs=UTM)
    raster = grid.wrap(np.ones((2, 2), np.float32), units="m").drop_vars("spatial_ref")
    told = [UTM.to_wkt("WKT1_GDAL"), UTM.to_wkt("WKT2_2019"), CRS(32638).to_wkt()]
    found = [digest_of(raster.assign_attrs(crs=text)) for text in told]
    assert found[0] == found[1] != found[2]


def test_the_run_id_follows_inputs_parameters_and_seed_only() -> None:
    parts = {"inputs": [datasets.record("karst").sha256], "depth_km": 50.0, "seed": 1}
    base = provenance.run_id(parts)
    assert base == provenance.run_id(dict(reversed(parts.items())))
    assert len(base) == 12
    changes: list[dict[str, Any]] = [{"inputs": []}, {"depth_km": 25.0}, {"seed": 2}]
    assert len({provenance.run_id(parts | change) for change in changes} | {base}) == 4


def test_the_attribution_names_every_source_and_its_terms() -> None:
    used = [datasets.record(name) for name in ("places", "elevation", "karst")]
    text = provenance.attribution_text(used, name="Demo", run_id="0123")
    assert text.startswith("Data behind Demo, run 0123\n")
    for record in used:
        assert record.attribution in text
        assert record.licence in text
        assert record.accuracy in text


def test_versions_are_shown_one_a_line() -> None:
    shown = borderzone.show_versions()
    assert shown.splitlines()[0].split() == ["borderzone", borderzone.__version__]
    assert len(shown.splitlines()) == len(provenance.versions())
