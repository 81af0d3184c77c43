"""All land borders of the world: each builds a corridor that loses no ground."""

from __future__ import annotations

import pytest

import borderzone as bz

PAIRS = bz.list_borders()[["a", "b", "length_km"]]
# In parts, so that parallel workers share them.
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_pair_builds_at_25_km_without_losing_ground(part: int) -> None:
    wrong = []
    for pair in PAIRS.iloc[part::PARTS].itertuples():
        border = bz.Border.between(pair.a, pair.b)
        corridor = bz.Corridor.around(border, depth_km=25, segment_km=10)
        segments = corridor.segments
        whole = (
            segments.geometry.is_valid.all()
            and not segments.geometry.is_empty.any()
            and abs(segments["length_km"].sum() / border.length_km - 1) < 1e-9
            and abs(segments["area_km2"].sum() / corridor.area_km2 - 1) < 1e-3
            and max(section.scale_error_ppm for section in corridor.sections) <= 1000
            and abs(border.length_km - pair.length_km) < 0.01
        )
        if not whole:
            wrong.append((pair.a, pair.b))

    assert wrong == []
