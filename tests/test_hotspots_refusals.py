"""Hot spots of nothing, of one event, and of what is no corridor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import borderzone as bz
from borderzone import incidents
from borderzone.errors import InvalidParameterError
from borderzone.incidents import hotspots

WAYS = ("gi_star", "scan", "knox", "ripley_k", "ripley_k_along", "scan_space_time")


@pytest.fixture(scope="module")
def corridor() -> bz.Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"))


@pytest.fixture(scope="module")
def one() -> Any:
    return incidents.read(pd.DataFrame({"lat": [34.4], "lon": [41.1]}))


@pytest.mark.parametrize("way", WAYS[2:])
def test_too_few_events_are_told(way: str, corridor: bz.Corridor, one: Any) -> None:
    for events in (one, one.iloc[:0]):
        with pytest.raises(InvalidParameterError, match=r"at least 3|needs dates|no event"):
            getattr(hotspots, way)(events, corridor=corridor)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_corridor_is_told(way: str, one: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"corridor must be a Corridor, got str"):
        getattr(hotspots, way)(one, corridor="IRQ-SYR")


def test_no_event_makes_nothing_hot(corridor: bz.Corridor, one: Any) -> None:
    found = hotspots.gi_star(one.iloc[:0], corridor=corridor, permutations=19)
    assert not found["hot"].any()
    assert corridor.locate(one.iloc[:0].geometry).empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"permutations": 0}, "permutations must be a whole number, 19 or more"),
        ({"level": 2}, "level must lie between 0 and 1"),
        ({"control": "zz"}, "control must be one of bh, by, none"),
        ({"inference": "q"}, "inference must be one of"),
    ],
    ids=["permutations", "level", "control", "inference"],
)
def test_impossible_options_are_told(
    options: dict[str, Any], message: str, corridor: bz.Corridor
) -> None:
    counts = np.arange(len(corridor.segments))
    with pytest.raises(InvalidParameterError, match=message):
        hotspots.gi_star(counts, corridor=corridor, **options)
