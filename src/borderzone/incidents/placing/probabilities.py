"""Where each event may have happened: the probability of every zone, flag, segment and distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_threads
from borderzone.errors import InvalidParameterError
from borderzone.incidents.placing.border_bands import Bands
from borderzone.incidents.placing.imputation import prepare
from borderzone.incidents.placing.zone_counts import (
    corridor_outline,
    count_draws,
    zone_names,
    zone_shapes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import shapely
    import xarray as xr

    from borderzone._typing import Seed
    from borderzone.corridor import Corridor

__all__ = ["event_probabilities"]


def event_probabilities(  # noqa: PLR0913 (same names as `overlay`)
    events: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | None = None,
    *,
    draws: int = 500,
    seed: Seed = 1,
    corridor: Corridor | None = None,
    distance_bands_km: Sequence[float] | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """
    Give the probability that each event happened in each zone, segment and distance band.

    The share of the imputed positions of the event that lie there; its
    standard error is below ``0.5 / sqrt(draws)``.

    Parameters
    ----------
    events
        Table from `read`.
    zones
        Polygons with a CRS; column zone names them if present, column kind tells their flag.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    corridor
        The corridor; adds itself and its segments.
    distance_bands_km
        Edges of bands of distance to the border line of the corridor, rising from 0 or more, the last
        one may be infinite; a band holds its lower edge. Units: km.
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    weight
        Raster of how likely such an event is on each unit of ground, or one by
        event type; see `impute`.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    pandas.DataFrame
        Index of `events`; NaN for events that are too vague to be placed. Columns:
        id; one a zone, by its name; one a flag, ``kind <kind>`` (in any zone of that kind), where
        zones have kinds; ``corridor`` and one a segment, ``segment <number>``; one a band,
        ``<from>-<to> km`` from the border on either side. ``attrs["columns"]`` tells what each
        is ("id", "zone", "kind", "corridor", "segment" or "distance"); segments add up to the
        corridor, distance bands to 1 if they run from 0 to infinity, zones and flags may
        overlap. ``attrs["n_draws"]`` is the number of draws.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, `regions` is of another table, or
        there is no zone.
    InvalidGeometryError
        If a zone is empty or no polygon.
    InvalidParameterError
        If nothing is asked for, bands do not rise or have no corridor, `draws` or `threads` is not a
        whole number above zero, or a weight or seed is impossible.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> event_probabilities(events, zones)
          id   R1
    0  row-1  1.0
    """
    workers = check_threads(threads)
    drawn = prepare(events, draws=draws, seed=seed, regions=regions, admin1=admin1, weight=weight)
    columns = _columns(zones, corridor)
    bands = None if distance_bands_km is None else Bands.of(corridor, distance_bands_km)
    if not columns and bands is None:
        msg = "nothing to give probabilities of: pass zones, corridor or distance_bands_km"
        raise InvalidParameterError(msg)
    _, hits = count_draws(drawn, [shape for _, _, shape in columns], threads=workers)
    names = [(what, name) for what, name, _ in columns]
    if bands is not None:
        hits = np.hstack([hits, bands.count(drawn, threads=workers)])
        names += [("distance", name) for name in bands.names()]
    shares = hits / drawn.draws
    shares[(drawn.placed["kind"] == "excluded").to_numpy()] = np.nan
    table = pd.DataFrame(shares, index=events.index, columns=[name for _, name in names])
    table.insert(0, "id", events["id"])
    table.attrs = {"columns": {"id": "id"} | {name: what for what, name in names}}
    table.attrs["n_draws"] = drawn.draws
    return table


def _columns(
    zones: gpd.GeoDataFrame | None, corridor: Corridor | None
) -> list[tuple[str, str, shapely.Geometry]]:
    """List what each column is, its name and its polygon."""
    found: list[tuple[str, Any, shapely.Geometry]] = []
    if zones is not None:
        shapes = zone_shapes(zones)
        found += [("zone", name, at) for name, at in zip(zone_names(zones), shapes, strict=True)]
        if "kind" in zones.columns:
            flat = zones.geometry.to_crs("EPSG:4326")
            for kind in dict.fromkeys(zones["kind"].dropna()):
                whole = flat[(zones["kind"] == kind).to_numpy()].union_all()
                found.append(("kind", f"kind {kind}", whole))
    if corridor is not None:
        found.append(("corridor", "corridor", corridor_outline(corridor)))
        numbers = corridor.segments["segment"]
        shapes = zone_shapes(corridor.segments, "corridor.segments")
        named = zip(numbers, shapes, strict=True)
        found += [("segment", f"segment {number}", shape) for number, shape in named]
    return [(what, str(name), shape) for what, name, shape in found]
