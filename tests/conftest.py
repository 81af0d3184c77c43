"""What several tests share: one run of the built-in study, small inputs for each door, quick pictures."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numba
import pytest
from hypothesis import HealthCheck, settings
from matplotlib import pyplot as plt

import borderzone as bz
from borderzone import figures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from front_door_cases import World

    from borderzone.study import Ground, StudyResult


# Nothing here may fail because the machine is busy, so no deadline and no check of speed. The same
# code gives the same verdict: examples are drawn from the test itself. `make test-all` draws anew and
# more, with --hypothesis-profile=explore.
settings.register_profile(
    "suite",
    deadline=None,
    max_examples=50,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", settings.get_profile("suite"), derandomize=False, max_examples=200
)
settings.load_profile("suite")


if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as cores: loops that take two cores each would wait for one another most of the time.
    numba.set_num_threads(1)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts jobs in the background deaf to Ctrl-C, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _forgotten_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Draw pages that pyplot does not know, but for tests that ask for `shown`."""
    if "shown" in request.fixturenames:
        yield
        plt.close("all")
        return
    with figures.unshown():
        yield


@pytest.fixture
def shown() -> None:
    """Let pyplot know the figures of a test, as it does those of a user."""


@pytest.fixture(scope="session")
def study() -> bz.Study:
    """Give the built-in study, with fewer draws than the report takes."""
    return bz.Study.default(bz.PRESETS["as_is"].changed({"draws": 400, "imputations": 200}))


@pytest.fixture(scope="session")
def ground(study: bz.Study) -> Ground:
    """Give the ground of the built-in study."""
    return study.read_ground()


@pytest.fixture(scope="session")
def result(study: bz.Study, ground: Ground) -> StudyResult:
    """Give one run of the built-in study."""
    return study.run(seed=1, ground=ground)


@pytest.fixture(scope="session")
def coarse() -> bz.Study:
    """Give a stretch of the built-in study on cells of 5 km, for sweeps."""
    scenario = bz.Scenario(resolution_m=5000, draws=100, imputations=100)
    line = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    return replace(bz.Study.default(scenario), border=line)


@pytest.fixture(scope="session")
def coarse_ground(coarse: bz.Study) -> Ground:
    """Give its ground."""
    return coarse.read_ground()


@pytest.fixture(scope="session")
def coarse_result(coarse: bz.Study, coarse_ground: Ground) -> StudyResult:
    """Give one run of it, for what holds of every study."""
    return coarse.run(seed=1, ground=coarse_ground)


@pytest.fixture(scope="session")
def other(study: bz.Study, ground: Ground) -> StudyResult:
    """Give the same study with better eyes."""
    scenario = study.scenario.changed({"name": "goggles", "force.sensor": "night_vision_goggles"})
    return study.with_scenario(scenario).run(seed=1, ground=ground)


@pytest.fixture(scope="session")
def public_report(
    result: StudyResult, other: StudyResult, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the public folder of the built-in study, to read."""
    place: Path = tmp_path_factory.mktemp("public") / "out"
    with coarse_pictures():
        bz.write_report(result, place, comparison=other)
    return place


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Give small inputs for every door."""
    from front_door_cases import World  # noqa: PLC0415 - most tests do without its libraries

    return World(tmp_path_factory.mktemp("doors"))


@pytest.fixture(scope="module")
def draft() -> Iterator[None]:
    """Draw the pictures of reports coarsely: words, files and numbers are the same."""
    with coarse_pictures():
        yield


@pytest.fixture
def one_format(draft: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw every picture coarsely and once, for tests that read the page, words and tables beside it."""
    from borderzone.report import pictures  # noqa: PLC0415 - most tests draw nothing

    monkeypatch.setattr(pictures, "FORMATS", ("png",))


@pytest.fixture
def sketch(draft: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw map and strip only, in the formats that can be searched for words."""
    from borderzone.report import pictures  # noqa: PLC0415 - most tests draw nothing

    specs = pictures.figure_specs
    monkeypatch.setattr(pictures, "figure_specs", lambda *arguments: specs(*arguments)[:2])
    monkeypatch.setattr(pictures, "FORMATS", ("png", "svg"))


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write reports without their pictures, for tests of what stands on the page and in the tables."""
    from borderzone.report import folder  # noqa: PLC0415 - most tests write no report

    monkeypatch.setattr(folder, "draw_pictures", lambda *_: {})


@contextmanager
def coarse_pictures() -> Iterator[None]:
    """Draw with few pixels."""
    from borderzone.report import pictures  # noqa: PLC0415 - most tests draw nothing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "DPI", {False: 40, True: 40})
        patch.setattr(pictures, "PAGE_WIDTH", 400)
        patch.setattr(pictures, "SMALL_WIDTH", 200)
        yield
