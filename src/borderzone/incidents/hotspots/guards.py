"""Guards shared by the hot-spot statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from borderzone._guards import as_finite, as_non_negative
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["FEWEST_PERMUTATIONS", "as_counts", "as_points"]

# With fewer no p can be at most 0.05.
FEWEST_PERMUTATIONS = 19


def as_counts(values: Any, name: str) -> FloatArray:
    """Take counts of places, one set of them or imputed ones."""
    array = as_non_negative(values, name)
    if array.ndim not in (1, 2) or array.size == 0:
        msg = f"{name} must have shape (n,) or (draws, n), n above 0, got shape {array.shape}"
        raise InvalidParameterError(msg)
    return array


def as_points(values: Any, name: str) -> FloatArray:
    """Take positions in a plane; rows with NaN are left out by the caller."""
    array = as_finite(values, name, "km", missing=True)
    if array.ndim != 2 or array.shape[1] != 2:
        msg = f"{name} must have shape (n, 2), x and y in km, got shape {array.shape}"
        raise ShapeMismatchError(msg)
    return array
