"""Lines of sight over an elevation raster: who looks at what, and from which stops it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_between, check_non_negative, check_positive, guarded
from borderzone._kernels.line_of_sight import count_looks
from borderzone._placing import in_cells
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["EARTH_RADIUS_M", "REFRACTION", "Sight", "looks", "places"]

EARTH_RADIUS_M = 6371008.8
# Share of the earth's curvature that light follows.
REFRACTION = 0.13


@guarded
@dataclass(frozen=True, kw_only=True)
class Sight:
    """
    Who looks at what, and how far.

    Attributes
    ----------
    height_m
        Eyes above ground. Units: m.
    target_m
        Target above ground. Units: m.
    max_km
        Farthest target. Units: km.
    refraction
        Refraction coefficient, 0 none to below 1.

    Raises
    ------
    InvalidParameterError
        If a height is negative, the range is not above zero, or refraction is
        outside 0 to below 1.

    Examples
    --------
    >>> round(Sight().drop_m(1000.0), 6)
    0.068278
    """

    height_m: float = 3.0
    target_m: float = 1.7
    max_km: float = 2.0
    refraction: float = REFRACTION

    def __post_init__(self) -> None:
        """Refuse eyes below ground and light that bends with the earth or more."""
        for name, value in (("height_m", self.height_m), ("target_m", self.target_m)):
            try:
                check_non_negative(value, name, "m")
            except InvalidParameterError as error:
                # Only an eye can be meant to stand lower than the ground.
                if name == "target_m" or not _is_negative(value):
                    raise
                msg = f"{error}: the observer would be under ground"
                raise InvalidParameterError(msg) from None
        check_positive(self.max_km, "max_km", "km")
        check_between(self.refraction, "refraction", 0, 1, without=(1,), unit="0.13 is usual")

    def drop_m(self, away_m: float) -> float:
        """
        Drop of the ground below the tangent plane of the eye.

        Parameters
        ----------
        away_m
            Distance. Units: m.

        Returns
        -------
        float
            ``d^2 (1 - k) / (2 R)``. Units: m.
        """
        return away_m**2 * (1.0 - self.refraction) / (2.0 * EARTH_RADIUS_M)


def looks(
    heights: FloatArray, stops: FloatArray, wanted: BoolArray, sight: Sight, cell_m: float
) -> IntArray:
    """Count for every cell the stops in reach that do not see it, that do, and that cannot be told."""
    # A row and a column more, so that the neighbour of the last cell, of weight 0, is there.
    z = np.pad(heights, ((0, 1), (0, 1)), mode="edge")
    counts = np.zeros((*wanted.shape, 3), dtype=np.int32)
    count_looks(
        z,
        np.ascontiguousarray(stops, dtype=np.float64),
        np.ascontiguousarray(wanted),
        float(sight.height_m),
        float(sight.target_m),
        sight.max_km * 1000.0 / cell_m,
        sight.drop_m(cell_m),
        int(np.isnan(z).any()),
        counts,
    )
    return counts


def places(grid: Grid, xy: FloatArray) -> FloatArray:
    """Tell rows and columns of points, cell centres on whole numbers."""
    return in_cells(xy, grid)[:, ::-1]


def _is_negative(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and float(value) < 0
