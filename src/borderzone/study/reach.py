"""How long it takes to the border, and how far a night carries from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np

from borderzone import access

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

    from borderzone.study.reading import Frame

__all__ = ["BREAKS_H", "NIGHT", "Reach", "read_reach"]

# Hours that maps and tables tell apart; an assumption of remoteness.
BREAKS_H = (1.0, 2.0, 3.0, 6.0)
# What counts as night for somebody on foot: without useful light.
NIGHT: Literal["nautical"] = "nautical"
EVERY_KM = 1.0


@dataclass(frozen=True, kw_only=True)
class Reach:
    """
    Times to the border and from it.

    Attributes
    ----------
    mode
        How the response travels.
    response
        Response time by segment: ``response_median_h``, ``response_worst_h``, and the share of its
        length beyond each of `BREAKS_H`. Units: h.
    along
        Response time by kilometre.
    bands
        Ground of the corridor by response time, EPSG:4326: ``from_h``, ``to_h`` (infinite for the
        last), ``area_km2``, ``share`` of the ground with elevation.
    night
        By side and month: how much of the corridor somebody on foot reaches from the border in one
        night, and how deep.
    night_hours
        Travel time on foot by night from the border, on the working grid. Units: h.
    race
        By kilometre: the response against the dash to cover; None where no cover was given.
    on_roads
        Whether roads carry the response.
    """

    mode: str
    response: pd.DataFrame | None
    along: pd.DataFrame | None
    bands: gpd.GeoDataFrame | None
    night: pd.DataFrame
    night_hours: xr.DataArray
    race: pd.DataFrame | None = None
    on_roads: bool = False

    def without_posts(self) -> Reach:
        """
        Leave out all in whose shapes the posts could be read.

        Returns
        -------
        Reach
            The reach of a night from the border alone.
        """
        return replace(self, response=None, along=None, bands=None, race=None)


def read_reach(
    frame: Frame, dem: xr.DataArray | None, hours: Mapping[str, xr.DataArray]
) -> Reach | None:
    """
    Read response times along the border and the reach of a night from it.

    Parameters
    ----------
    frame
        Where the study works.
    dem
        Elevation on the wide grid. Units: m.
    hours
        Travel time from the origins on the wide grid, by mode. Units: h.

    Returns
    -------
    Reach or None
        None where no travel time is known.
    """
    mode = frame.scenario.force.mode
    if dem is None or mode not in hours:
        return None
    corridor = frame.corridor
    along = access.response_along_border(hours[mode], corridor, every_km=EVERY_KM)
    by_segment = access.response_by_segment(
        hours[mode], corridor, every_km=EVERY_KM, thresholds_h=BREAKS_H
    )
    night = frame.crop(_from_border(frame, dem))
    return Reach(
        mode=mode,
        response=_named(by_segment),
        along=along,
        bands=_bands(frame, frame.crop(hours[mode])),
        night=_night(frame, night),
        night_hours=night,
    )


def _named(by_segment: pd.DataFrame) -> pd.DataFrame:
    """Columns as the table of segments has them."""
    kept = by_segment.drop(columns=["km_start", "km_end"])
    return kept.rename(columns=lambda name: f"response_{name}")


def _from_border(frame: Frame, dem: xr.DataArray) -> xr.DataArray:
    """Hours of a walker in the dark from the nearest point of the border."""
    return access.travel_time(dem, frame.corridor.border.line, speed=access.at_night("foot"))


def _night(frame: Frame, hours: xr.DataArray) -> pd.DataFrame:
    """Measure what a night reaches of each side, beside how far it carries over flat ground."""
    table = access.night_reach_on_ground(hours, frame.corridor, twilight=NIGHT)
    flat = access.night_reach(
        table.attrs["latitude_deg"], speed=access.at_night("foot"), twilight=NIGHT
    )
    months = table.index.get_level_values("month")
    found = table.assign(flat_km=flat["reach_km"].loc[months].to_numpy())
    found.attrs = {**table.attrs, **flat.attrs}
    return found


def _bands(frame: Frame, hours: xr.DataArray) -> gpd.GeoDataFrame:
    """Isochrones of the corridor, and the rest of it beyond the last."""
    outline = frame.corridor.outline.to_crs(frame.grid.crs).union_all()
    # Where there is no elevation nothing is known, which is not the same as out of reach.
    known = access.isochrones(hours.copy(data=np.where(np.isnan(hours), np.nan, 0.0)), (1.0,))
    ground = outline.intersection(known.geometry.iloc[0])
    bands = access.isochrones(hours, BREAKS_H)
    shapes = bands.geometry.intersection(ground)
    within: Any = shapes.union_all()
    table = gpd.GeoDataFrame(
        {
            "from_h": [*bands["from_h"], BREAKS_H[-1]],
            "to_h": [*bands["to_h"], np.inf],
        },
        geometry=[*shapes, ground.difference(within)],
        crs=frame.grid.crs,
    )
    table["area_km2"] = table.geometry.area / 1e6
    table["share"] = table["area_km2"] / table["area_km2"].sum()
    return table.to_crs(4326)
