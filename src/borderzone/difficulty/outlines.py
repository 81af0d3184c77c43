"""Outlines of groups of cells: exact along cell edges, or as smooth as the data's accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy import ndimage

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, IntArray
    from borderzone.grid import Grid

__all__ = ["cell_outlines", "connected", "generalised", "parts_of"]


def connected(mask: BoolArray) -> tuple[IntArray, int]:
    """Label the groups of cells that touch, by an edge or by a corner."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=np.int8))
    return np.asarray(labels), int(count)


def cell_outlines(labels: IntArray, grid: Grid, wanted: IntArray) -> list[Any]:
    """Union of the cells of each group, along cell edges."""
    keep = np.where(np.isin(labels, wanted), labels, 0)
    # Runs of equal label along a row: a change of label starts one and ends another.
    padded = np.pad(keep, ((0, 0), (1, 1)))
    changes = padded[:, 1:] != padded[:, :-1]
    rows, columns = np.nonzero(changes)
    starts = padded[rows, columns + 1] > 0
    ends = padded[rows, columns] > 0
    row, first, last = rows[starts], columns[starts], columns[ends]
    a, _, left, _, e, top = grid.transform[:6]
    boxes = shapely.box(left + first * a, top + (row + 1) * e, left + last * a, top + row * e)
    owner = keep[row, first]
    return [shapely.union_all(boxes[owner == label]) for label in wanted]


def generalised(outline: Any, accuracy_m: float) -> Any:
    """
    Smooth an outline until it shows nothing finer than the data can.

    Gaps and necks narrower than half the accuracy are closed and opened, and
    vertices within a twentieth of it are dropped, so that no edge of a cell is left.
    """
    if accuracy_m <= 0:
        return outline
    reach = accuracy_m / 4
    closed = outline.buffer(reach).buffer(-reach)
    opened = closed.buffer(-reach).buffer(reach)
    smooth = opened.simplify(accuracy_m / 20)
    if smooth.is_empty:
        return smooth
    # Rounding corners takes area; a rim along the whole outline gives it back.
    back = (opened.area - smooth.area) / smooth.length
    return smooth.buffer(back, join_style="mitre") if abs(back) > 0 else smooth


def parts_of(shape: Any) -> Any:
    """Take the polygons of a shape, without the lines and points that an overlay leaves."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return parts[shapely.area(parts) > 0]
