"""Roads, and how fast one moves on them by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from borderzone._guards import check_choice, check_positive, guarded
from borderzone.access.speed import irmischer_clarke
from borderzone.access.speed_table import speeds_at
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

__all__ = ["ROAD_SPEEDS", "RoadSpeed", "Roads"]


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class RoadSpeed:
    """
    Speed of a light vehicle on a class of road.

    Attributes
    ----------
    road_class
        Name of the class, as OpenStreetMap calls it.
    km_h
        Speed. Units: km/h.
    low, high
        Range in which it is varied. Units: km/h.
    source
        What the numbers rest on.
    """

    road_class: str
    km_h: float
    low: float
    high: float
    source: str


_ASSUMED = (
    "modelling assumption: mean speeds of a light vehicle over whole trips, lower than limits; "
    "classes as OpenStreetMap names them"
)
ROAD_SPEEDS: Mapping[str, RoadSpeed] = MappingProxyType({
    name: RoadSpeed(road_class=name, km_h=km_h, low=low, high=high, source=_ASSUMED)
    for name, km_h, low, high in (
        ("motorway", 90.0, 70.0, 110.0),
        ("trunk", 80.0, 60.0, 100.0),
        ("primary", 70.0, 50.0, 90.0),
        ("secondary", 60.0, 45.0, 80.0),
        ("tertiary", 50.0, 35.0, 65.0),
        ("unclassified", 40.0, 25.0, 50.0),
        ("residential", 25.0, 15.0, 35.0),
        ("service", 20.0, 10.0, 30.0),
        ("track", 25.0, 15.0, 35.0),
        ("path", 10.0, 5.0, 15.0),
    )
})  # fmt: skip


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """
    Roads with their classes, and how fast one moves on them.

    Attributes
    ----------
    lines
        Lines in the CRS of the raster that they are used with.
    class_column
        Column that holds the class of each road.
    speeds_km_h
        Speed by class, by default those of `ROAD_SPEEDS`. Units: km/h.
    default_km_h
        Speed of classes that have none; None to refuse them. Units: km/h.
    on_foot
        Whether one walks: `irmischer_clarke` on roads takes the place of the speeds, whatever
        the class.
    slowed_by
        Function from signed gradients to a share of the speed, 0 to 1; None for the same speed
        up and down.

    Raises
    ------
    InvalidParameterError
        If the table, a class or a speed is impossible.
    InvalidGeometryError
        If a road is no line.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame({"kind": ["track"]}, geometry=[LineString([(0, 0), (9, 9)])], crs=32637)
    >>> Roads(lines=line, class_column="kind").km_h
    array([25.])
    """

    lines: gpd.GeoDataFrame
    class_column: str = "class"
    speeds_km_h: Mapping[str, float] = field(
        default_factory=lambda: {name: road.km_h for name, road in ROAD_SPEEDS.items()}
    )
    default_km_h: float | None = None
    on_foot: bool = False
    slowed_by: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        """Refuse roads without class, speed or line."""
        if not isinstance(self.lines, gpd.GeoDataFrame):
            msg = (
                f"roads must be a geopandas.GeoDataFrame of lines, got {type(self.lines).__name__}"
            )
            raise InvalidParameterError(msg)
        if len(self.lines) == 0:
            msg = "roads is empty; leave roads out where there are none"
            raise InvalidParameterError(msg)
        kinds = self.lines.geometry.dropna().geom_type
        wrong = sorted(set(kinds) - {"LineString", "MultiLineString", "LinearRing"})
        if wrong:
            msg = f"roads must be lines, got {', '.join(wrong)}"
            raise InvalidGeometryError(msg)
        slowed_by: Any = self.slowed_by
        if slowed_by is not None and not callable(slowed_by):
            msg = f"slowed_by must be a function of the gradient, got {slowed_by!r}"
            raise InvalidParameterError(msg)
        if not self.on_foot:
            self._check_speeds()

    def _check_speeds(self) -> None:
        check_choice(self.class_column, "class_column", map(str, self.lines.columns))
        speeds: Any = self.speeds_km_h
        if not isinstance(speeds, Mapping):
            msg = (
                "speeds_km_h must be a mapping from road class to speed, such as "
                f"{{'track': 20}}, got {type(speeds).__name__}"
            )
            raise InvalidParameterError(msg)
        for name, km_h in speeds.items():
            check_positive(km_h, f"the speed of road class {name!r}", "km/h")
        if self.default_km_h is not None:
            check_positive(self.default_km_h, "default_km_h", "km/h")
            return
        given = self.lines[self.class_column]
        unknown = sorted({str(name) for name in given[~given.isin(list(self.speeds_km_h))]})
        if unknown:
            msg = (
                f"road classes {', '.join(unknown)} have no speed; known are "
                f"{', '.join(map(str, self.speeds_km_h)) or 'none'}; add them to speeds_km_h, or give default_km_h"
            )
            raise InvalidParameterError(msg)

    @property
    def km_h(self) -> FloatArray:
        """
        Speed of each road on the flat.

        Returns
        -------
        FloatArray
            Units: km/h.
        """
        if self.on_foot:
            return np.full(len(self.lines), irmischer_clarke(0.0, on_road=True))
        known = self.lines[self.class_column].map(dict(self.speeds_km_h))
        if self.default_km_h is not None:
            known = known.fillna(self.default_km_h)
        return np.asarray(known, dtype=float)

    def hours_per_km(self, km_h: FloatArray, gradient: FloatArray) -> FloatArray:
        """
        Give the time along roads at gradients.

        Parameters
        ----------
        km_h
            Speed on the flat. Units: km/h.
        gradient
            Rise over run, signed, the way one goes.

        Returns
        -------
        FloatArray
            Infinite where one cannot move. Units: h/km.

        Raises
        ------
        InvalidParameterError
            If `slowed_by` gives anything but shares.
        """
        gradient = gradient.clip(-5.0, 5.0)
        if self.on_foot:
            return np.asarray(1.0 / irmischer_clarke(gradient, on_road=True))
        if self.slowed_by is not None:
            shares = speeds_at(self.slowed_by, gradient, "slowed_by must give shares")
            if (shares > 1).any():
                msg = f"slowed_by must give shares from 0 to 1, it gives {shares.max():g}"
                raise InvalidParameterError(msg)
            km_h = km_h * shares
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / km_h)
