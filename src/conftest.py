"""What the examples of the docstrings share: pages that go away, and no study worked out twice."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

import borderzone as bz

if TYPE_CHECKING:
    from collections.abc import Iterator

    from borderzone.study import StudyResult

_RUN = bz.Study.run
_KNOWN: dict[bytes, StudyResult] = {}


def _run_once(study: bz.Study, seed: int | None = None, **how: Any) -> StudyResult:
    """Run a study, or give what the same one gave in another example."""
    if how:
        return _RUN(study, seed, **how)
    # The same study, made anew, is the same bytes; where it is not, it only takes longer.
    asked = pickle.dumps((study, seed))
    if asked not in _KNOWN:
        _KNOWN[asked] = _RUN(study, seed)
    return _KNOWN[asked]


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every example stand by itself, without the time and the open pages of all of them."""
    monkeypatch.setattr(bz.Study, "run", _run_once)
    with bz.figures.unshown():
        yield
