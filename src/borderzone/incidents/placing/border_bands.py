"""Bands of distance to a border line, and how many imputed positions fall in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Geod

from borderzone._guards import as_rising
from borderzone._kernels.border_bands import count_bands
from borderzone.errors import InvalidParameterError
from borderzone.stream import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation

__all__ = ["Bands"]

_GEOD = Geod(ellps="WGS84")
# A geodesic this short leaves the straight line between its ends by less than a metre.
_PIECE_M = 2_000.0


@dataclass(frozen=True, kw_only=True)
class Bands:
    """
    Bands of distance to a border line.

    Attributes
    ----------
    edges_km
        Rising edges; the last may be infinite. Units: km.
    pieces
        Longitude and latitude of both ends of short pieces of the line, shape ``(n, 4)``.
    """

    edges_km: FloatArray
    pieces: FloatArray

    @classmethod
    def of(cls, corridor: Corridor | None, edges_km: Sequence[float]) -> Bands:
        """Make bands about the border line of a corridor."""
        if corridor is None:
            msg = "distance_bands_km is measured from the border of a corridor: pass corridor="
            raise InvalidParameterError(msg)
        line = corridor.border.line.to_crs("EPSG:4326")
        return cls(
            edges_km=as_rising(edges_km, "distance_bands_km", "km", from_zero=True, fewest=2),
            pieces=_pieces(line.to_numpy()),
        )

    def names(self) -> list[str]:
        """Name the bands."""
        return [
            f"{low:g}-{high:g} km"
            for low, high in zip(self.edges_km[:-1], self.edges_km[1:], strict=True)
        ]

    def count(self, drawn: Imputation, *, threads: int | None = None) -> IntArray:
        """Count the imputed positions in each band."""
        hits = np.zeros((len(drawn.placed), len(self.edges_km) - 1), dtype=np.int32)

        def count(rows: IntArray) -> tuple[IntArray, IntArray]:
            some = np.zeros((len(rows), hits.shape[1]), dtype=np.int32)
            count_bands(*drawn.positions(rows), self.pieces, self.edges_km, some)
            return rows, some

        for rows, some in in_order(count, drawn.rows(), threads=threads):
            hits[rows] = some
        return hits


def _pieces(lines: Any) -> FloatArray:
    """Both ends of pieces of the geodesics between the vertices."""
    ends = []
    for part in shapely.get_parts(shapely.line_merge(lines)):
        xy = shapely.get_coordinates(part)
        azimuth, _, length_m = _GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
        count = np.maximum(np.ceil(length_m / _PIECE_M), 1).astype(np.int64)
        edge = np.repeat(np.arange(len(count)), count)
        step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        along = step * (length_m / count)[edge]
        lon, lat, _ = _GEOD.fwd(xy[edge, 0], xy[edge, 1], azimuth[edge], along)
        course = np.column_stack([lon, lat])
        course[step == 0] = xy[:-1]
        course = np.vstack([course, xy[-1:]])
        ends.append(np.hstack([course[:-1], course[1:]]))
    return np.concatenate(ends)
