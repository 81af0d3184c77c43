"""How stable the ranking of segments and zones is, under weights that nobody knows exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone import difficulty
from borderzone._placing import cells_inside

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone.grid import Grid
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = ["ranking_stability"]


def ranking_stability(ground: Ground, scenario: Scenario, seed: int) -> pd.DataFrame | None:
    """Rank segments, and zones of each kind, by the index under perturbed weights."""
    if ground.members is None or ground.layers is None or ground.grid is None:
        return None
    weights = scenario.weighting().weights
    segments = difficulty.rank_stability(
        ground.members, ground.layers["segment"], weights=weights, seed=seed
    )
    tables = [_named(segments, "segment", [str(number) for number in segments.index])]
    for kind, own in () if ground.zones is None else ground.zones.groupby("kind", sort=False):
        where = ground.grid.wrap(_numbered(own, ground.grid))
        found = difficulty.rank_stability(ground.members, where, weights=weights, seed=seed)
        tables.append(_named(found, str(kind), own["zone"].iloc[found.index].tolist()))
    whole = pd.concat(tables, ignore_index=True)
    whole.attrs = segments.attrs
    return whole


def _named(table: pd.DataFrame, kind: str, names: list[str]) -> pd.DataFrame:
    plain = table.reset_index(drop=True)
    plain.attrs = {}
    plain.insert(0, "kind", kind)
    plain.insert(1, "name", names)
    return plain


def _numbered(zones: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    """Row of the zone of each cell, -1 outside; zones of one kind do not overlap."""
    number = np.full(grid.shape, -1, dtype=np.int32)
    for row, shape in enumerate(zones.geometry.to_crs(grid.crs)):
        number.ravel()[cells_inside(shape, grid)] = row
    return number
