"""Invented incidents, drawn from a stated process and labelled so wherever they go."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_probability, check_whole, generator
from borderzone.crs import GEOD
from borderzone.incidents.placing.imputation import draw_positions, in_polygon
from borderzone.incidents.placing.precision import UCDP_CLASSES
from borderzone.incidents.reading.read_options import ReadOptions
from borderzone.incidents.reading.readers import read
from borderzone.incidents.table_schema import SYNTHETIC_SOURCE

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["CLASS_SHARES", "synthetic"]


CLASS_SHARES = {1: 0.40, 2: 0.35, 4: 0.12, 5: 0.05, 6: 0.08}
"""Share of events by precision class [A]: a fifth to two fifths of real ones are imprecise."""

PROCESS = (
    "sites: a stated share along the border line (gaussian, 5 km) and about towns (gaussian, 10 km), "
    "the rest uniform in the corridor; each is coded to itself, its nearest town, its province or "
    "not at all, by class; the true position is then drawn from the spread of that class"
)
_ALONG_KM, _ABOUT_TOWN_KM, _TOWN_REACH_KM = 5.0, 10.0, 50.0
_YEAR = 2019


def synthetic(
    corridor: Corridor,
    *,
    n: int = 200,
    seed: Seed = 1,
    places: gpd.GeoDataFrame | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    line_share: float = 0.6,
) -> gpd.GeoDataFrame:
    """
    Draw invented incidents with known true positions; they say nothing about the world.

    Sites lie along the border and about towns (`line_share` of them, halved
    between the two where towns are given) or anywhere in the corridor. A site is
    coded as its precision class would have it: as itself (1), as the nearest
    town (2), as a point in its province (4), or vaguely (5, 6). The true
    position is drawn from the spread of the class, so that the default classes
    are right about this table by construction.

    Parameters
    ----------
    corridor
        Where the sites lie.
    n
        Number of events.
    seed
        Seed or generator.
    places
        Towns; without them there are no clusters and class 2 is coded as the site.
    admin1
        Provinces; without them there is no class 4.
    line_share
        Share of the sites along the border and about towns.

    Returns
    -------
    GeoDataFrame
        As from `read`, all rows with ``synthetic`` true, and true_lon and
        true_lat. ``attrs`` holds label ("SYNTHETIC DATA") and process.

    Raises
    ------
    InvalidParameterError
        If `n` is not a whole number above zero, or `line_share` is no share.

    Examples
    --------
    >>> from borderzone import Border, Corridor
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), depth_km=50)
    >>> events = synthetic(corridor, n=50, seed=3)
    >>> len(events), bool(events["synthetic"].all()), events.attrs["label"]
    (50, True, 'SYNTHETIC DATA')
    """
    n = check_whole(n, "n")
    check_probability(line_share, "line_share")
    rng = generator(seed)
    outline = corridor.outline.to_crs("EPSG:4326").union_all()
    towns = _towns(places, outline)
    sites = _sites(corridor, outline, towns, (n, line_share), rng)
    classes = _classes(n, has_admin1=admin1 is not None, rng=rng)
    provinces = None if admin1 is None else admin1.geometry.to_crs("EPSG:4326").to_numpy()
    coded, true = sites.copy(), np.empty_like(sites)
    for row in range(n):
        coded[row], true[row] = _code(classes[row], sites[row], (outline, towns, provinces), rng)
    days = rng.integers(0, 365, n)
    table = pd.DataFrame(
        {
            "id": [f"SYN-{row:04d}" for row in range(1, n + 1)],
            "date": [(dt.date(_YEAR, 1, 1) + dt.timedelta(int(day))).isoformat() for day in days],
            "event_type": [f"synthetic {letter}" for letter in rng.choice(list("ABC"), n)],
            "place": "synthetic",
            "lat": coded[:, 1].round(5),
            "lon": coded[:, 0].round(5),
            "where_prec": classes,
            "source": SYNTHETIC_SOURCE,
            "synthetic": True,
            "true_lon": true[:, 0],
            "true_lat": true[:, 1],
        }
    )
    events = read(table, options=ReadOptions(as_of=dt.date(_YEAR, 12, 31)))
    events.attrs["process"] = PROCESS
    return events


def _towns(places: gpd.GeoDataFrame | None, outline: Any) -> FloatArray:
    if places is None:
        return np.empty((0, 2))
    points = places.geometry.to_crs("EPSG:4326")
    near = points[shapely.intersects(outline, points.to_numpy())]
    return np.column_stack([near.x, near.y])


def _sites(
    corridor: Corridor,
    outline: Any,
    towns: FloatArray,
    asked: tuple[int, float],
    rng: np.random.Generator,
) -> FloatArray:
    n, line_share = asked
    sites = in_polygon(outline, n, rng)
    line = corridor.border.line.to_crs("EPSG:4326").union_all()
    along = _scatter(draw_positions("line", np.nan, line, n, rng), _ALONG_KM, rng)
    kind = rng.random(n)
    by_line = kind < (line_share / 2 if len(towns) else line_share)
    sites[by_line] = along[by_line]
    if len(towns):
        about = _scatter(towns[rng.integers(len(towns), size=n)], _ABOUT_TOWN_KM, rng)
        by_town = (kind < line_share) & ~by_line
        sites[by_town] = about[by_town]
    return sites


def _scatter(lonlat: FloatArray, sigma_km: float, rng: np.random.Generator) -> FloatArray:
    uniform = rng.random((len(lonlat), 2))
    distance_m = 1e3 * sigma_km * np.sqrt(-2.0 * np.log1p(-uniform[:, 0]))
    lon, lat, _ = GEOD.fwd(lonlat[:, 0], lonlat[:, 1], 360.0 * uniform[:, 1], distance_m)
    return np.column_stack([lon, lat])


def _classes(n: int, *, has_admin1: bool, rng: np.random.Generator) -> list[int]:
    shares = {k: p for k, p in CLASS_SHARES.items() if k != 4 or has_admin1}
    weights = np.array(list(shares.values()))
    return [int(k) for k in rng.choice(list(shares), size=n, p=weights / weights.sum())]


def _code(
    where_prec: int,
    site: FloatArray,
    layers: tuple[Any, FloatArray, Any],
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Give the coded point of a site and a true position that fits the code."""
    outline, towns, provinces = layers
    coded, true = site, site
    if where_prec == 2:
        coded = _nearest_town(site, towns)
    if where_prec in (1, 2):
        known = UCDP_CLASSES[where_prec]
        point = shapely.Point(coded)
        true = draw_positions(known.shape, known.scale_km, point, 1, rng)[0]
    elif where_prec == 4:
        holding = [shape for shape in provinces if shapely.intersects_xy(shape, *site)]
        if holding:
            coded = shapely.get_coordinates(shapely.point_on_surface(holding[0]))[0]
            true = in_polygon(holding[0], 1, rng)[0]
    else:
        coded = np.round(site) if where_prec == 5 else np.array(outline.centroid.coords[0])
        true = in_polygon(outline, 1, rng)[0]
    return coded, true


def _nearest_town(site: FloatArray, towns: FloatArray) -> FloatArray:
    if not len(towns):
        return site
    here = np.broadcast_to(site, towns.shape)
    _, _, apart_m = GEOD.inv(here[:, 0], here[:, 1], towns[:, 0], towns[:, 1])
    near = int(np.argmin(apart_m))
    return towns[near] if apart_m[near] <= 1e3 * _TOWN_REACH_KM else site
