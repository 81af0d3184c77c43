"""Cells that nest in larger ones: means and majorities up, smooth values down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["between_cells", "class_reached", "mean_of_cells"]


def mean_of_cells(values: FloatArray, factor: int) -> FloatArray:
    """Mean of the known cells inside each larger cell."""
    rows, columns = (size // factor for size in values.shape)
    cut = np.asarray(values, np.float64).reshape(rows, factor, columns, factor)
    known = ~np.isnan(cut)
    # Along rows first, then down: one fixed order, whatever the size of the block.
    count = known.sum(axis=3).sum(axis=1)
    total = np.where(known, cut, 0.0).sum(axis=3).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    return np.where(2 * count >= factor**2, mean, np.nan).astype(np.float32)


def class_reached(classes: IntArray, factor: int, *, top: int, unknown: int) -> IntArray:
    """Highest class that at least half of the known cells inside each larger cell reach."""
    rows, columns = (size // factor for size in classes.shape)
    cut = np.asarray(classes).reshape(rows, factor, columns, factor)
    known = (cut != unknown).sum(axis=(1, 3))
    found = np.zeros((rows, columns), np.uint8)
    for rank in range(1, top + 1):
        reach = ((cut >= rank) & (cut != unknown)).sum(axis=(1, 3))
        found[2 * reach >= known] = rank
    found[2 * known < factor**2] = unknown
    return found


def between_cells(values: FloatArray, rows: slice, columns: slice, factor: int) -> FloatArray:
    """
    Interpolate at the centres of small cells, bilinear between the centres of large ones.

    Beyond the outermost centres, and next to a value that is not finite, the large cell's own
    value stands.
    """
    row, down = _places(rows, factor, values.shape[0])
    column, across = _places(columns, factor, values.shape[1])
    near = np.asarray(values, np.float64)
    rows_of = (row[:, None], row[:, None] + 1)
    columns_of = (column[None, :], column[None, :] + 1)
    with np.errstate(invalid="ignore"):
        top = (
            near[rows_of[0], columns_of[0]] * (1 - across)
            + near[rows_of[0], columns_of[1]] * across
        )
        bottom = (
            near[rows_of[1], columns_of[0]] * (1 - across)
            + near[rows_of[1], columns_of[1]] * across
        )
        smooth = top * (1 - down[:, None]) + bottom * down[:, None]
    own = near[
        (np.arange(rows.start, rows.stop) // factor)[:, None],
        (np.arange(columns.start, columns.stop) // factor)[None, :],
    ]
    return np.where(np.isfinite(smooth), smooth, own).astype(np.float32)


def _places(cells: slice, factor: int, length: int) -> tuple[IntArray, FloatArray]:
    """Large cell before each small one, and how far on towards the next."""
    at = (np.arange(cells.start, cells.stop) + 0.5) / factor - 0.5
    at = np.clip(at, 0.0, length - 1.0)
    before = np.minimum(at.astype(np.int64), max(length - 2, 0))
    return before, at - before
