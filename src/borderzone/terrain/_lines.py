"""The eight lines through a cell along which geomorphons, openness and incision look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_non_negative, check_positive
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.terrain.elevation import Elevation

__all__ = ["Lines", "cells_nearer", "cells_within"]

# Rows down and columns right; opposite lines follow each other.
_WAYS = ((0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, -1), (-1, -1), (1, 1))
# A radius of ten cells holds ten cells, whatever the last digit of the cell size.
_SLACK = 1e-6


def cells_within(radius_m: float, cell_m: float) -> int:
    """Count the cells of a line whose centre is no farther than a radius."""
    return math.floor(radius_m / cell_m * (1 + _SLACK))


def cells_nearer(search_m: float, cell_m: float) -> int:
    """Count the cells of a line whose centre is nearer than a distance."""
    return math.ceil(search_m / cell_m * (1 - _SLACK)) - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """
    Eight lines on a raster, as the kernels take them.

    Attributes
    ----------
    steps
        For each line: rows down and columns right from cell to cell, first and last step.
    runs
        Distance from cell to cell of each line. Units: m.
    """

    steps: IntArray
    runs: FloatArray

    @classmethod
    def within(cls, elevation: Elevation, radius_m: float) -> Lines:
        """Take all cells no farther than a radius."""
        radius = check_positive(radius_m, "radius_m", "m")
        _check_smallest(elevation, radius, "radius_m")
        runs = _runs(elevation)
        return cls._of(runs, [(1, cells_within(radius, run)) for run in runs])

    @classmethod
    def between(cls, elevation: Elevation, search_m: float, skip_m: float) -> Lines:
        """Take the cells nearer than the search distance, less as many of each line as are skipped."""
        search = check_positive(search_m, "search_m", "m")
        skipped = cells_within(check_non_negative(skip_m, "skip_m", "m"), elevation.cell_m)
        _check_smallest(elevation, search, "search_m")
        runs = _runs(elevation)
        lasts = [cells_nearer(search, run) for run in runs]
        if min(lasts) <= skipped:
            msg = (
                f"search_m must be more than {(skipped + 1) * max(runs):g} m to leave a cell on each "
                f"line beyond the {skipped} that skip_m = {skip_m:g} leaves out on this raster of "
                f"{elevation.cell_m:g} m cells, got {search:g}"
            )
            raise InvalidParameterError(msg)
        return cls._of(runs, [(skipped + 1, last) for last in lasts])

    @classmethod
    def _of(cls, runs: list[float], spans: list[tuple[int, int]]) -> Lines:
        steps = [(*way, *span) for way, span in zip(_WAYS, spans, strict=True)]
        return cls(steps=np.array(steps, np.int64), runs=np.array(runs))

    @property
    def reach(self) -> tuple[int, int]:
        """Halo that the lines need."""
        down, right = (np.abs(self.steps[:, :2]) * self.steps[:, 3:]).max(axis=0)
        return int(down), int(right)

    def per_metre(self) -> FloatArray:
        """Give what turns a rise into a tangent."""
        k = np.arange(self.steps[:, 3].max() + 1)
        far = self.runs[:, None] * k
        factors: FloatArray = np.divide(1.0, far, out=np.zeros_like(far), where=far > 0)
        return factors.astype(np.float32)


def _runs(elevation: Elevation) -> list[float]:
    east, north = abs(elevation.step_east), abs(elevation.step_north)
    return [math.hypot(down * north, right * east) for down, right in _WAYS]


def _check_smallest(elevation: Elevation, radius_m: float, name: str) -> None:
    smallest = 1.5 * elevation.cell_m
    if radius_m < smallest * (1 - 1e-9):
        msg = (
            f"{name} must be at least 1.5 cells, which is {smallest:g} m on this raster of "
            f"{elevation.cell_m:g} m cells, got {radius_m:g}"
        )
        raise InvalidParameterError(msg)
