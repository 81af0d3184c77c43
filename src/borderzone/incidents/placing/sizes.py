"""How large regions are, and how far positions lie from the coded point."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from borderzone._guards import check_choice, check_positive, check_probability
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["area_km2", "length_km", "position_error_km", "typical_error_km"]

_GEOD = Geod(ellps="WGS84")


def position_error_km(shape: str, scale_km: float, *, share: float = 0.5) -> float:
    """
    Give the distance from the coded point that holds a share of the positions.

    Parameters
    ----------
    shape
        "gaussian" (circular, two dimensions) or "disc" (uniform).
    scale_km
        Standard deviation or radius. Units: km.
    share
        Share of positions within the distance, from 0 to below 1 (gaussian)
        or 1 (disc); 0.5 gives the median error.

    Returns
    -------
    float
        The distance. Units: km.

    Raises
    ------
    InvalidParameterError
        If shape, scale or share is impossible.

    Examples
    --------
    >>> round(position_error_km("disc", 25), 4)
    17.6777
    >>> round(position_error_km("gaussian", 1, share=0.9), 6)
    2.145966
    """
    check_choice(shape, "shape", ("gaussian", "disc"))
    check_positive(scale_km, "scale_km", "km")
    check_probability(share, "share")
    if shape == "disc":
        return scale_km * math.sqrt(share)
    if share == 1:
        msg = "share must be below 1 for a gaussian, which has no outer edge"
        raise InvalidParameterError(msg)
    return scale_km * math.sqrt(-2.0 * math.log1p(-share))


def typical_error_km(errors_km: FloatArray, chance: FloatArray) -> float:
    """
    Give the median position error of events, each as often as it lies on the ground that is looked at.

    Events too vague to lie there say nothing of how finely it is known: of forty provinces and
    thirty towns, nearly all that lies in a corridor may be towns.
    """
    weight = np.where(np.isnan(errors_km), 0.0, chance)
    errors, weight = errors_km[weight > 0], weight[weight > 0]
    order = np.argsort(errors, kind="stable")
    errors, weight = errors[order], weight[order]
    if not weight.size:
        return math.nan
    reached, half = weight.cumsum(), 0.5 * weight.sum()
    # Where half of the weight lies on either side of a step, its middle: the usual median.
    low, high = (int(np.searchsorted(reached, half * edge)) for edge in (1 - 1e-9, 1 + 1e-9))
    return float(0.5 * (errors[low] + errors[min(high, errors.size - 1)]))


def area_km2(polygon: shapely.Geometry) -> float:
    """Give the area of a polygon of longitudes and latitudes on the ellipsoid."""
    parts = shapely.get_parts(shapely.get_parts(polygon))
    areas = [
        _GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]
        for part in parts
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return abs(math.fsum(areas)) / 1e6


def length_km(line: shapely.Geometry) -> float:
    """Give the length of a line of longitudes and latitudes on the ellipsoid."""
    return float(_GEOD.geometry_length(line)) / 1e3
