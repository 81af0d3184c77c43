"""Which places are neighbours: segments along a border, cells of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from borderzone._guards import check_whole
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from borderzone.corridor import Corridor

__all__ = ["as_neighbours", "queen_neighbours", "segment_neighbours"]


def segment_neighbours(corridor: Corridor, *, steps: Any = 1) -> sparse.csr_array:
    """
    Give the segments near each segment along the border.

    Parameters
    ----------
    corridor
        The corridor. Neighbours never lie across a break; a ring wraps.
    steps
        How many segments to either side count as neighbours.

    Returns
    -------
    scipy.sparse.csr_array
        1 where two segments are neighbours, shape ``(n_segments, n_segments)``,
        empty diagonal.

    Raises
    ------
    InvalidParameterError
        If `steps` is not a whole number above zero.

    Examples
    --------
    >>> import shapely
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 34.25)]))
    >>> corridor = Corridor.around(border, depth_km=5, segment_km=10)
    >>> segment_neighbours(corridor).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    """
    steps = check_whole(steps, "steps")
    count = len(corridor.segments)
    pairs = [(one, other) for one in range(count) for other in corridor.neighbours(one)]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    once = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    reached = once
    for _ in range(steps - 1):
        reached = reached + reached @ once
    return _without_self(reached)


def queen_neighbours(inside: ArrayLike) -> sparse.csr_array:
    """
    Give the up to eight cells that touch each cell of a grid by side or corner.

    Parameters
    ----------
    inside
        Mask of the cells that count, shape ``(rows, columns)``.

    Returns
    -------
    scipy.sparse.csr_array
        1 where two cells touch, cells in reading order of the mask, shape
        ``(n_inside, n_inside)``, empty diagonal.

    Raises
    ------
    InvalidParameterError
        If the mask is not of two dimensions or holds no cell.

    Examples
    --------
    >>> queen_neighbours(np.ones((5, 5), bool)).sum(axis=1)[[0, 2, 12]]
    array([3., 5., 8.])
    """
    mask = np.asarray(inside)
    if mask.ndim != 2 or not mask.astype(bool).any():
        msg = f"inside must be a grid of two dimensions with a cell in it, got shape {mask.shape}"
        raise InvalidParameterError(msg)
    mask = mask.astype(bool)
    number = np.full((mask.shape[0] + 2, mask.shape[1] + 2), -1)
    number[1:-1, 1:-1][mask] = np.arange(mask.sum())
    here = number[1:-1, 1:-1][mask]
    rows, columns = [], []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            other = np.roll(number, (-down, -right), axis=(0, 1))[1:-1, 1:-1][mask]
            pair = (other >= 0) & (other != here)
            rows.append(here[pair])
            columns.append(other[pair])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(here.size, here.size))


def as_neighbours(neighbours: Any, n_places: int) -> sparse.csr_array:
    """Take neighbours in any of the usual forms."""
    matrix = getattr(neighbours, "sparse", neighbours)
    try:
        found = sparse.csr_array(matrix, dtype=float)
    except (TypeError, ValueError) as error:
        msg = (
            "neighbours must be a square matrix, or weights of libpysal, got "
            f"{type(neighbours).__name__}; make it with segment_neighbours or queen_neighbours"
        )
        raise InvalidParameterError(msg) from error
    if found.shape != (n_places, n_places):
        msg = f"neighbours has shape {found.shape}, but there are {n_places} places"
        raise ShapeMismatchError(msg)
    if not np.isfinite(found.data).all():
        msg = "neighbours holds a value that is not finite; use 1 for neighbours and 0 for others"
        raise InvalidParameterError(msg)
    return _without_self(found)


def _without_self(matrix: sparse.csr_array) -> sparse.csr_array:
    pairs = matrix.tocoo()
    keep = (pairs.row != pairs.col) & (pairs.data != 0)
    ones = np.ones(int(keep.sum()))
    return sparse.csr_array((ones, (pairs.row[keep], pairs.col[keep])), shape=matrix.shape)
