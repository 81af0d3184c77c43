"""What several tests share: one run of the built-in study."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import borderzone as bz

if TYPE_CHECKING:
    from borderzone.study import Ground, StudyResult


# Nothing here may fail because the machine is busy, so no deadline and no check of speed. The same
# code gives the same verdict: examples are drawn from the test itself. `make test-all` draws anew,
# with --hypothesis-profile=explore.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("suite"), derandomize=False)
settings.load_profile("suite")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts jobs in the background deaf to Ctrl-C, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
