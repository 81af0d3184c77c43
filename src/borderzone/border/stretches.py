"""Stretches of a border: the classes of its line by chainage range."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from borderzone.crs import split_at_antimeridian

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone._typing import FloatArray
    from borderzone.border.parts import Part

__all__ = ["KINDS", "stretches_of"]

# Natural Earth's classes of boundary line. Its "(verify)" class is the ordinary one.
KINDS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "International boundary (verify)": ("international", False),
        "Disputed (please verify)": ("disputed", True),
        "Indefinite (please verify)": ("indefinite", True),
        "Indeterminant frontier": ("indefinite", True),
        "Line of control (please verify)": ("line_of_control", True),
        "Lease limit": ("lease_limit", False),
        "Overlay limit": ("overlay_limit", False),
    }
)


def stretches_of(course: Sequence[Part]) -> gpd.GeoDataFrame:
    """Tabulate the classes of the line by chainage range."""
    rows = []
    for number, part in enumerate(course):
        for start, end, featurecla in part.classes:
            kind, dashed = KINDS.get(featurecla, ("user", False))
            line = split_at_antimeridian(shapely.linestrings(_between(part, start, end)))
            rows.append((number, start, end, kind, dashed, featurecla, line))
    names = ["part", "km_start", "km_end", "kind", "dashed", "featurecla", "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=4326)


def _between(part: Part, start: float, end: float) -> FloatArray:
    """Vertices of a part between two chainages that are both vertices of it."""
    chainage = part.chainage_km
    inside = (chainage >= start - 1e-9) & (chainage <= end + 1e-9)
    return part.coords[inside]
