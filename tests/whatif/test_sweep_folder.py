"""Sweeps in a folder: the same bytes however they were run, and nothing that does not belong together."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import borderzone as bz
from borderzone import io, provenance
from borderzone.errors import BorderzoneError, InvalidParameterError, OutputError
from borderzone.whatif import sweeping
from borderzone.whatif.grounds import kept_grounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone.study import Ground

VARY = {"shift_h": [8, 10, 12], "kit": ["scenario", "goggles"]}
OPTIONS: dict[str, Any] = {"bands": 16, "outputs": ["answer", "pod"], "baseline": {"shift_h": 9}}


@pytest.fixture(scope="module", autouse=True)
def _known(coarse: bz.Study, coarse_ground: Ground) -> None:
    """Let sweeps of this study read no ground."""
    kept_grounds().put(coarse, coarse_ground)


@pytest.fixture(scope="module")
def whole(coarse: bz.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a sweep that was run in one go."""
    place: Path = tmp_path_factory.mktemp("whole") / "sweep"
    bz.sweep(coarse, VARY, folder=place, **OPTIONS)
    return place


def content(place: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {
        str(file.relative_to(place)): file.read_bytes()
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }


class StoppedError(Exception):
    """What stops a sweep here."""


def stop_after(blocks: int) -> Callable[[str], None]:
    """Stop a sweep when so many blocks are done."""
    left = [blocks]

    def told(_: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoppedError

    return told


def test_a_folder_holds_what_a_sweep_gives(coarse: bz.Study, whole: Path) -> None:
    """The same table as in memory, its cases, and the people by draw behind every row."""
    table = bz.sweep(coarse, VARY, **OPTIONS)
    opened = bz.open_sweep(whole)

    assert sorted(content(whole)) == [
        "answer.parquet", "cases.parquet", "draws.parquet", "sweep.json",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(opened.table, table)
    assert opened.table.attrs == table.attrs
    assert opened.cases["shift_h"].tolist() == [8, 8, 10, 10, 12, 12]
    draws = opened.draws(5)
    assert draws.shape == (16, 9)
    row = table[(table["case"] == 5) & (table["measure"] == "min_pod")].iloc[0]
    assert np.median(draws["min_pod|blind"]) == pytest.approx(row["people"], rel=0.2)
    assert (opened.done, opened.total) == (6, 6)


def test_a_sweep_that_was_stopped_says_how_far_it_is_and_goes_on(
    coarse: bz.Study, whole: Path, tmp_path: Path
) -> None:
    place = tmp_path / "sweep"
    with pytest.raises(StoppedError):
        bz.sweep(coarse, VARY, folder=place, progress=stop_after(1), **OPTIONS)
    part = bz.open_sweep(place)
    assert (part.done, part.total) == (5, 6)
    assert set(part.table["case"]) == set(range(5))
    with pytest.raises(InvalidParameterError, match="5 of 6 cases"):
        part.draws(0)
    told: list[str] = []
    bz.sweep(coarse, VARY, folder=place, progress=told.append, **OPTIONS)

    assert content(place) == content(whole)
    assert told == ["1 of 1 cases, about 0 s left"]


KILLED = """
import multiprocessing, sys
from dataclasses import replace
import borderzone as bz
if __name__ == "__main__":
    def told(words):
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    line = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    scenario = bz.Scenario(resolution_m=5000, draws=100, imputations=100)
    study = replace(bz.Study.default(scenario), border=line)
    vary = {"shift_h": [8, 10, 12], "kit": ["scenario", "goggles"]}
    options = {"bands": 16, "outputs": ["answer", "pod"], "baseline": {"shift_h": 9}}
    bz.sweep(study, vary, folder=sys.argv[1], workers=2, progress=told, **options)
    told("the end")
"""


def test_two_workers_and_a_kill_change_no_byte(
    coarse: bz.Study, whole: Path, tmp_path: Path
) -> None:
    """With SIGKILL, at a seeded moment while it writes; its workers end too."""
    place, script = tmp_path / "sweep", tmp_path / "killed.py"
    script.write_text(KILLED, "utf-8")
    with subprocess.Popen(
        [sys.executable, script, place], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        workers = process.stdout.readline().split()
        time.sleep(random.Random(5).uniform(0, 0.02))  # noqa: S311 - a moment, and no secret
        process.kill()
    assert process.returncode == -signal.SIGKILL
    for _ in range(200):
        alive = [each for each in workers if Path("/proc", each).exists()]
        if not alive:
            break
        time.sleep(0.05)
    assert len(workers) == 2
    assert alive == []

    bz.sweep(coarse, VARY, folder=place, **OPTIONS)
    assert content(place) == content(whole)


@pytest.mark.parametrize("moment", [0, 1, 3, 4, 6, 7])
def test_wherever_writing_stops_it_goes_on_to_the_same_bytes(
    coarse: bz.Study, whole: Path, tmp_path: Path, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the n-th file that takes its name, as a kill at that moment would leave it."""
    place, left = tmp_path / "sweep", [moment]
    usual = Path.replace

    def sometimes(self: Path, target: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise StoppedError
        return usual(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", sometimes)
        with pytest.raises(StoppedError):
            bz.sweep(coarse, VARY, folder=place, **OPTIONS)
    bz.sweep(coarse, VARY, folder=place, **OPTIONS)

    assert content(place) == content(whole)


@pytest.mark.parametrize(
    ("vary", "options", "message"),
    [
        (VARY | {"shift_h": [8, 10, 11]}, OPTIONS, "begun with other values"),
        (VARY | {"shift_h": [8, 10]}, OPTIONS, r"cases \(6, now 4\)"),
        (VARY, OPTIONS | {"seed": 2}, r"seed \(1, now 2\)"),
        (VARY, OPTIONS | {"bands": 32}, r"draws \(16, now 32\)"),
        (VARY, OPTIONS | {"outputs": ["answer"]}, "outputs"),
        (VARY, OPTIONS | {"baseline": {"shift_h": 10}}, r"baseline.shift_h \(9, now 10\)"),
        (VARY, OPTIONS | {"on_error": "row"}, r"on_error \(raise, now row\)"),
    ],
)
def test_a_sweep_that_was_begun_otherwise_is_not_gone_on_with(
    coarse: bz.Study, whole: Path, vary: Any, options: Any, message: str
) -> None:
    before = content(whole)
    with pytest.raises(BorderzoneError, match=message):
        bz.sweep(coarse, vary, folder=whole, **options)
    assert content(whole) == before


def test_assumptions_that_no_table_tells_are_looked_at_too(
    coarse: bz.Study, tmp_path: Path
) -> None:
    """Scenarios of one name, kits of one mode, sensor and speed, and the scenario of the study."""
    few, many = (bz.patrol.Force(sensor="eye", crew=crew) for crew in (2, 6))
    for name, first, second in (
        ("kits", {"kit": [few]}, {"kit": [many]}),
        ("names", [coarse.scenario], [coarse.scenario.changed({"cover_km": 3})]),
    ):
        bz.sweep(coarse, first, folder=tmp_path / name)
        with pytest.raises(BorderzoneError, match="begun with other values"):
            bz.sweep(coarse, second, folder=tmp_path / name)
    other = coarse.with_scenario(coarse.scenario.changed({"cover_km": 3}))
    with pytest.raises(BorderzoneError, match=r"scenario.cover_km \(5.0, now 3.0\)"):
        bz.sweep(other, {"kit": [few]}, folder=tmp_path / "kits")


def test_versions_are_looked_at(
    coarse: bz.Study, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = provenance.versions()
    monkeypatch.setattr(
        provenance, "versions", lambda: usual | {"numpy": "0.1", "matplotlib": "0.1"}
    )
    with pytest.raises(
        BorderzoneError, match=r"with other versions\.numpy \(.*, now 0\.1\): its rows"
    ):
        bz.sweep(coarse, VARY, folder=whole, **OPTIONS)


def posts(*km: float) -> gpd.GeoDataFrame:
    """Give origins on the Iraqi side."""
    border = bz.Border.between("IRQ", "SYR")
    points = [border.point_at(each) for each in km]
    return gpd.GeoDataFrame(
        {"name": [f"post {k}" for k in range(len(km))]},
        geometry=[shapely.Point(point.x + 0.1, point.y) for point in points],
        crs=4326,
    )


def test_layers_vary_by_file_and_their_content_is_looked_at(
    coarse: bz.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each ground is read once, and files are read for their digest once."""
    first, second = tmp_path / "first.geojson", tmp_path / "second.geojson"
    posts(210, 260, 310).to_file(first)
    posts(260).to_file(second)
    read: list[str] = []
    usual = bz.Study.ground_digest

    def counted(self: bz.Study) -> str:
        read.append(str(self.origins))
        return usual(self)

    monkeypatch.setattr(bz.Study, "ground_digest", counted)
    vary = {"origins": [str(first), second], "force.crew": [2, 3, 4]}
    table = bz.sweep(coarse, vary, folder=tmp_path / "sweep")

    assert read == [str(first), str(second)]
    half = table[(table["measure"] == "mean_pod") & (table["opponent"] == "blind")]
    assert half["origins"].tolist() == 3 * [str(first)] + 3 * [str(second)]
    assert half["payroll"].tolist()[:3] < half["payroll"].tolist()[3:]
    posts(220, 260, 310).to_file(first)
    with pytest.raises(BorderzoneError, match="varied_inputs"):
        bz.sweep(coarse, vary, folder=tmp_path / "sweep")
    changed = bz.sweep(coarse, {"origins": [str(first)]})
    assert changed["payroll"][0] != half["payroll"].iloc[1]


def test_a_ground_that_a_result_holds_is_not_read_again(
    coarse: bz.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first change in a notebook waits for nothing."""
    small = coarse.with_scenario(coarse.scenario.changed({"resolution_m": 9000, "imputations": 10}))
    result = small.run()
    monkeypatch.setattr(bz.Study, "read_ground", None)
    table = bz.sweep(small, {"kit": ["scenario"]}, bands=True)

    assert result.answer is not None
    assert table["people"][0] == result.answer.query("kit == 'scenario'")["people"].iloc[0]


def test_cases_that_fail_are_rows_in_a_folder_too(
    coarse: bz.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole blocks of them have no draws, and the sweep is done all the same."""
    usual = bz.patrol.answer_case

    def sometimes(asked: Any, *args: Any, **how: Any) -> Any:
        if asked.shift_h < 11:
            msg = "no such shift"
            raise InvalidParameterError(msg)
        return usual(asked, *args, **how)

    monkeypatch.setattr(sweeping, "answer_case", sometimes)
    vary = {"shift_h": [8, 12], "force.crew": range(1, 6)}
    table = bz.sweep(coarse, vary, bands=16, on_error="row", folder=tmp_path / "sweep")
    opened = bz.open_sweep(tmp_path / "sweep")

    assert table.groupby("shift_h").size().to_dict() == {8: 5, 12: 45}
    assert set(table.loc[table["shift_h"] == 8, "error"]) == {"no such shift"}
    pd.testing.assert_frame_equal(opened.table, table)
    assert opened.done == 10
    assert len(opened.draws(7)) == 16
    with pytest.raises(InvalidParameterError, match="case 2 has no draws"):
        opened.draws(2)


def test_tables_of_their_own_are_files(
    coarse: bz.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A force with constants of its own has more columns; the others are empty there."""
    monkeypatch.setattr(sweeping, "_BLOCK_OF_POINTS", 1)
    bz.sweep(
        coarse,
        {"force.p_identify": [None, 0.5]},
        outputs=["curve", "required"],
        folder=tmp_path / "sweep",
    )
    opened = bz.open_sweep(tmp_path / "sweep")
    curve, required = opened.output("curve"), opened.output("required")

    assert curve.groupby("case")["mean_poi"].count().tolist() == [0, len(curve) / 2]
    assert set(required["measure"]) == {"mean_pod", "min_pod", "mean_poi", "min_poi"}
    assert curve["case"].nunique() == required["case"].nunique() == 2
    with pytest.raises(InvalidParameterError, match="no table 'curves'"):
        opened.output("curves")


def test_only_one_process_writes_a_folder(coarse: bz.Study, tmp_path: Path) -> None:
    with (
        io.OutputFolder(tmp_path / "sweep").held(),
        pytest.raises(OutputError, match="another run is writing"),
    ):
        bz.sweep(coarse, VARY, folder=tmp_path / "sweep")


def test_what_is_no_folder_of_a_sweep_is_refused(coarse: bz.Study, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no sweep in"):
        bz.open_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text(json.dumps([1]), "utf-8")
    with pytest.raises(OutputError, match="is no manifest of a sweep"):
        bz.open_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text("{", "utf-8")
    with pytest.raises(OutputError, match="cannot be read as the manifest"):
        bz.open_sweep(tmp_path)
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    with pytest.raises(OutputError, match="is not a folder"):
        bz.sweep(coarse, VARY, folder=file)
    place = tmp_path / "begun"
    with pytest.raises(StoppedError):
        bz.sweep(coarse, VARY, folder=place, progress=stop_after(0))
    with pytest.raises(OutputError, match="no case of the sweep"):
        bz.open_sweep(place)
