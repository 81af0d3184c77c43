"""The pages: what is to be typed from them runs, and their links lead somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from matplotlib import pyplot as plt
import pytest
from places import ROOT

import borderzone as bz

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOW_TO = ROOT / "docs" / "how-to"
PAGES = ("my_border", "my_elevation", "my_incidents", "how_many_units", "my_figure", "what_if")


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
    """Let pages share a run that several of them ask for."""
    run, kept = bz.Study.run, {}

    def shared(study: bz.Study, seed: int, **others: Any) -> bz.StudyResult:
        key = repr((study, seed))
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
    blocks = re.findall(r"```python\n(.*?)```", (HOW_TO / f"{page}.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}

    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102 - that is the test
    plt.close("all")
