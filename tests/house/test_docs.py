"""The pages: what is to be typed from them runs, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib import pyplot as plt
from places import ROOT

import borderzone as bz

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOW_TO = ROOT / "docs" / "how-to"
PAGES = (
    "my_border",
    "my_elevation",
    "my_incidents",
    "how_many_units",
    "my_figure",
    "what_if",
    "simulate",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the files that the pages take for the reader's own."""
    place: Path = tmp_path_factory.mktemp("desk")
    border = bz.Border.between("IRQ", "SYR").between_km(200, 260)
    border.to_file(place / "line.geojson")
    grid = bz.Corridor.around(border, depth_km=60, segment_km=10).grid(resolution_m=4000)
    bz.io.write_raster(bz.datasets.elevation(grid), place / "heights.tif")
    rows = "lat,lon,date\n34.4,41.1,2019-04-03\n33.9,40.9,2019-05-11\n34.9,41.2,2019-06-20\n"
    (place / "reports.csv").write_text(rows, "utf-8")
    return place


@pytest.fixture(scope="module")
def once() -> Iterator[None]:
    """Let pages share the run of the built-in study on coarse cells, which several of them ask for."""
    run, kept = bz.Study.run, {}

    def shared(study: bz.Study, seed: int, **others: Any) -> bz.StudyResult:
        key = study.scenario.model_dump_json(), seed
        if study.border.cut_km is not None:
            return run(study, seed, **others)
        if key not in kept:
            kept[key] = run(study, seed, **others)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bz.Study, "run", shared)
        yield


@pytest.mark.parametrize("page", PAGES)
def test_what_a_how_to_page_says_can_be_typed(
    page: str, desk: Path, once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    blocks = re.findall(
        r"```python\n(.*?)```", (HOW_TO / f"{page}.md").read_text("utf-8"), re.DOTALL
    )
    names: dict[str, Any] = {}

    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102 - that is the test
    plt.close("all")


def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here"></a><a href="b.html#there"></a><img src="c.png"><a href="https://x.org/">x</a>',
        "utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="here"></p>', "utf-8")
    told = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_links.py", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1
    assert told.stderr.splitlines()[1:] == ["a.html: b.html#there", "a.html: c.png"]
