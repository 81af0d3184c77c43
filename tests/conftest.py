"""What several tests share: one run of the built-in study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import borderzone as bz

if TYPE_CHECKING:
    from borderzone.study import Ground, StudyResult


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
