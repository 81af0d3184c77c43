"""Square cells of a corridor, with their area inside it and the events counted in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["cells_of", "outline_km"]


def outline_km(placed: Placed) -> shapely.Geometry:
    """Give the outline of the corridor in its own plane."""
    shape = placed.corridor.outline.to_crs(placed.corridor.crs).iloc[0]
    return shapely.transform(shape, lambda xy: xy / 1e3)


def cells_of(placed: Placed, cell_km: float) -> tuple[FloatArray, FloatArray, IntArray]:
    """Cut the corridor into square cells and count the events in each."""
    shape = outline_km(placed)
    west, south, east, north = shape.bounds
    x = np.arange(west, east, cell_km)
    y = np.arange(south, north, cell_km)
    left, low = (side.ravel() for side in np.meshgrid(x, y))
    boxes = shapely.box(left, low, left + cell_km, low + cell_km)
    shapely.prepare(shape)
    touch = shapely.intersects(shape, boxes)
    area = shapely.area(shapely.intersection(boxes[touch], shape))
    touch[touch] = area > 1e-9 * cell_km**2
    centres = np.column_stack([left, low])[touch] + cell_km / 2
    xy = placed.xy_km()
    event, draw = np.nonzero(placed.inside)
    # The nearest centre is the own cell's, but for a position on the very rim.
    _, cell = cKDTree(centres).query(xy[event, draw], p=np.inf)
    size = placed.draws * len(centres)
    counts = np.bincount(draw * len(centres) + cell, minlength=size)
    return centres, area[area > 1e-9 * cell_km**2], counts.reshape(placed.draws, -1)
