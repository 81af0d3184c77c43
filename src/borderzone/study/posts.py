"""What posts see of a corridor, where the elevation is fine enough for lines of sight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import stream, visibility

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario

__all__ = ["OPEN_ORIGINS", "PostSight", "read_posts"]

# Kinds of origin that stand in where there are no posts.
OPEN_ORIGINS = frozenset({"town", "airfield"})


@dataclass(frozen=True, kw_only=True)
class PostSight:
    """
    What the posts see.

    Attributes
    ----------
    by_segment
        Index ``segment``: ``post_seen_km2`` and ``post_seen_share`` of its ground.
    share
        Share of the corridor.
    n_posts
        Posts in reach of the corridor.
    height_m, max_km
        Eyes above the ground, and how far they look.
    """

    by_segment: pd.DataFrame
    share: float
    n_posts: int
    height_m: float
    max_km: float


def read_posts(
    corridor: Corridor,
    grid: Grid,
    heights: Any,
    origins: gpd.GeoDataFrame,
    scenario: Scenario,
    notes: list[str],
) -> PostSight | None:
    """Measure what the posts of a study see of its corridor."""
    posts = origins[~origins["kind"].isin(OPEN_ORIGINS)].to_crs(grid.crs)
    reach = scenario.post_sight_km * 1000
    outline = corridor.outline.to_crs(grid.crs).union_all()
    posts = posts[posts.geometry.representative_point().distance(outline) < reach]
    wide = grid.padded(math.ceil(reach / grid.resolution_m) + 1)
    source = heights(wide)
    points = [
        point for point in posts.geometry.representative_point() if _stands(source, wide, point)
    ]
    if len(points) < len(posts):
        lost = len(posts) - len(points)
        notes.append(
            f"{lost} of {len(posts)} posts stand where there is no elevation, and see nothing."
        )
    if not points:
        return None
    counts = visibility.cumulative_viewshed(
        visibility.Windows(read=source.read, grid=wide),
        points,
        scenario.post_height_m,
        max_km=scenario.post_sight_km,
        dtype="uint8" if len(points) < 256 else "uint16",
    )
    seen = np.zeros(len(corridor.segments))
    for block in stream.blocks_of(wide, outline):
        lit = counts.to_numpy()[block.rows, block.columns] > 0
        if lit.any():
            segment = corridor.cells(block.grid)["segment"].to_numpy()
            seen += np.bincount(segment[lit & (segment >= 0)], minlength=len(seen))
    seen_km2 = seen * wide.cell_area_km2
    area = corridor.segments["area_km2"].to_numpy(dtype=float)
    table = pd.DataFrame(
        {"post_seen_km2": seen_km2, "post_seen_share": np.minimum(seen_km2 / area, 1.0)},
        index=pd.Index(corridor.segments["segment"], name="segment"),
    )
    return PostSight(
        by_segment=table,
        share=float(seen_km2.sum() / area.sum()),
        n_posts=len(points),
        height_m=scenario.post_height_m,
        max_km=scenario.post_sight_km,
    )


def _stands(source: Any, grid: Grid, point: Any) -> bool:
    """Whether all ground around a post is known, from which the height of its eyes is read."""
    left, _, _, top = grid.bounds
    row = int((top - point.y) / grid.resolution_m)
    column = int((point.x - left) / grid.resolution_m)
    around = source.read(slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
    return bool(np.isfinite(around).all()) and around.size > 0
