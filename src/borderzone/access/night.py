"""Night reach: how far somebody gets on foot between dusk and dawn, by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_between, check_choice, check_positive
from borderzone.access.light import (
    MID_MONTH,
    MONTHS,
    TWILIGHTS_DEG,
    Twilight,
    degrees,
    middle_latitude_deg,
    night_hours,
)
from borderzone.access.speed import speed_function
from borderzone.access.travel_times import hours_of, rasters_of
from borderzone.errors import NoOverlapError, ShapeMismatchError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor

__all__ = ["night_reach", "night_reach_on_ground"]


def night_reach(
    latitude_deg: float,
    *,
    speed: str | Callable[[Any], Any] = "foot",
    twilight: Twilight = "nautical",
) -> pd.DataFrame:
    """
    Tell how far one night carries over flat ground, by month.

    Night hours of the 15th of the month (see `night_hours`) times the speed on the flat, without a
    rest.

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degree.
    speed
        A name of `SPEED_MODELS` or a function from gradients to km/h: by day, as if it were light, or
        `at_night`.
    twilight
        When night begins, see `night_hours`.

    Returns
    -------
    pandas.DataFrame
        One row a month (index ``month``): ``name``, ``night_h``, ``reach_km``.

    Raises
    ------
    InvalidParameterError
        If the latitude, the twilight or the speed is impossible.

    Examples
    --------
    >>> night_reach(34.0).loc[[6, 12], "reach_km"].round(1).tolist()
    [20.8, 34.0]
    >>> night_reach(34.0, speed="tobler_off_path").loc[[6, 12], "reach_km"].round(1).tolist()
    [22.4, 36.7]
    """
    check_between(latitude_deg, "latitude_deg", -90.0, 90.0, unit="degrees")
    flat, name = _flat_km_h(speed)
    # Without a rest and at one speed all night: an upper bound.
    hours = np.asarray(night_hours(latitude_deg, np.arange(1, 13), twilight=twilight))
    table = pd.DataFrame(
        {"name": MONTHS, "night_h": hours, "reach_km": hours * flat},
        index=pd.RangeIndex(1, 13, name="month"),
    )
    table.attrs = {
        "latitude_deg": float(latitude_deg),
        "twilight": twilight,
        "speed": name,
        "flat_km_h": flat,
        **MID_MONTH,
    }
    return table


def night_reach_on_ground(
    hours: xr.DataArray | Sequence[xr.DataArray],
    corridor: Corridor,
    *,
    latitude_deg: float | None = None,
    twilight: Twilight = "nautical",
) -> pd.DataFrame:
    """
    Tell how much of each side one night reaches from the border, on the 15th of each month.

    Parameters
    ----------
    hours
        Travel time from the border (of whoever walks in the dark, see `at_night`): one raster on a
        grid of the corridor, or one for each section in order. Units: h.
    corridor
        The corridor.
    latitude_deg
        Where the night is measured; halfway along the border if left out. Units: degree.
    twilight
        When night begins, see `night_hours`.

    Returns
    -------
    pandas.DataFrame
        One row a side (its country) and month: ``night_h``; ``reached_km2`` and ``share``, the
        ground of the corridor on that side within a night, and its share of the ground where hours
        are known; ``farthest_km``, the largest distance of it from the border (0 where nothing
        is reached); ``unknown_km2``. Ground deeper than the corridor is not counted: a share of 1
        and a farthest as deep as the corridor say that the night reaches beyond it.

    Raises
    ------
    InvalidParameterError
        If the latitude or the twilight is impossible, or the hours are none.
    CRSMismatchError
        If a raster is not in the CRS of the corridor or its section.
    SeveralSectionsError
        If the corridor has several sections and there is one raster.
    ShapeMismatchError
        If there are several rasters, but not one for each section.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> import shapely
    >>> line = shapely.LineString([(41.0, 34.0), (41.0, 34.2)])
    >>> border = Border.from_line(line, names=("west", "east"))
    >>> corridor = Corridor.around(border, depth_km=40, segment_km=10)
    >>> grid = corridor.grid(resolution_m=500)
    >>> walk = grid.wrap(np.abs(corridor.cells(grid)["offset_km"].values) / 2.8)
    >>> table = night_reach_on_ground(walk, corridor)
    >>> table.loc[("west", 6), ["share", "farthest_km"]].astype(float).round(1).tolist()
    [0.5, 20.3]
    """
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    rasters = rasters_of(hours)
    grounds = _grounds(rasters, corridor)
    latitude = (
        middle_latitude_deg(corridor.border)
        if latitude_deg is None
        else float(degrees(latitude_deg, "latitude_deg", 90))
    )
    # One latitude for the whole border: over a degree of it, around 34, a night of June changes by 8 minutes.
    nights = np.asarray(night_hours(latitude, np.arange(1, 13), twilight=twilight))
    border = corridor.border
    tables = {
        country: pd.concat(
            [_side(ground, side, nights) for ground in grounds], keys=range(len(grounds))
        )
        for side, country in ((1, border.left), (2, border.right))
        if any((ground["side"] == side).any() for ground in grounds)
    }
    if not tables:
        msg = "hours reach no cell of the corridor: give travel time on its grid"
        raise NoOverlapError(msg)
    table = pd.concat({country: _summed(parts) for country, parts in tables.items()})
    table.index.names = ["side", "month"]
    table.insert(0, "name", [MONTHS[month - 1] for _, month in table.index])
    table.insert(1, "night_h", [nights[month - 1] for _, month in table.index])
    table.attrs = {"latitude_deg": latitude, "twilight": twilight, **MID_MONTH}
    return table


def _flat_km_h(speed: str | Callable[[Any], Any]) -> tuple[float, str]:
    """Speed on the flat, and its name."""
    function, name = speed_function(speed)
    return check_positive(function(0.0), "the speed on the flat", "km/h"), name


def _grounds(rasters: list[xr.DataArray], corridor: Corridor) -> list[dict[str, Any]]:
    """Hours, side and distance from the border of the corridor's cells, by raster."""
    if len(rasters) == 1:
        owners: list[Any] = [corridor]
    elif len(rasters) == len(corridor.sections):
        owners = list(corridor.sections)
    else:
        msg = (
            f"got {len(rasters)} rasters of hours for {len(corridor.sections)} sections; give one "
            "for each, in order"
        )
        raise ShapeMismatchError(msg)
    grounds = []
    for raster, owner in zip(rasters, owners, strict=True):
        grid = Grid.of(raster)
        cells = owner.cells(grid)
        mine = cells["segment"].to_numpy() >= 0
        grounds.append(
            {
                "hours": hours_of(raster)[mine],
                "side": corridor.border.country_of_cells(cells)[mine],
                "km": np.abs(cells["offset_km"].to_numpy()[mine]),
                "cell_km2": grid.cell_area_km2,
            }
        )
    return grounds


def _side(ground: dict[str, Any], side: int, nights: FloatArray) -> pd.DataFrame:
    """Measure what each night reaches of one side of one raster."""
    mine = ground["side"] == side
    hours, km, cell_km2 = ground["hours"][mine], ground["km"][mine], ground["cell_km2"]
    unknown = int(np.isnan(hours).sum())
    rows = []
    for night in nights:
        # NaN is never within, and an infinite time neither.
        within = hours <= night
        farthest = float(km[within].max()) if within.any() else 0.0
        rows.append((int(within.sum()) * cell_km2, farthest))
    table = pd.DataFrame(rows, columns=["reached_km2", "farthest_km"], index=range(1, 13))
    table["known_km2"] = (len(hours) - unknown) * cell_km2
    table["unknown_km2"] = unknown * cell_km2
    return table


def _summed(parts: pd.DataFrame) -> pd.DataFrame:
    months = parts.groupby(level=1)
    table = months[["reached_km2", "known_km2", "unknown_km2"]].sum()
    # Sums first, then the share: sections of a corridor differ in size.
    known = table.pop("known_km2")
    table.insert(1, "share", (table["reached_km2"] / known).where(known > 0))
    table.insert(2, "farthest_km", months["farthest_km"].max())
    return table
