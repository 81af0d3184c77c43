"""The events of the news article, shown for what they are: a handful of coarse points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from borderzone import datasets
from borderzone.incidents.placing.covered_ground import BEYOND
from borderzone.incidents.placing.overlaying import overlay
from borderzone.incidents.reading.readers import read
from borderzone.incidents.sharing.terms_of_use import leaving

if TYPE_CHECKING:
    from borderzone.border import Border
    from borderzone.corridor import Corridor

__all__ = ["article", "describe", "with_distance_to_border"]

_LIMIT = {
    "reported": (
        "They show where reporters looked and how precisely they wrote; where nothing was "
        "reported, nothing is known."
    ),
    "synthetic": "SYNTHETIC DATA: drawn from a stated process, they say nothing about the world.",
}


def article(border: Border | None = None) -> gpd.GeoDataFrame:
    """
    Read the eight events named in the news article.

    Parameters
    ----------
    border
        The border to measure distances from; None for no distances.

    Returns
    -------
    GeoDataFrame
        As from `read`; with a border also as from `with_distance_to_border`.

    References
    ----------
    .. [1] Loveluck, L., Salim, M. (2019). ISIS militants returning to Iraq to
       continue fight. The Washington Post, 21 July 2019.

    Examples
    --------
    >>> article()["id"].tolist()
    ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8']
    """
    events = read(datasets.article_incidents())
    return events if border is None else with_distance_to_border(events, border)


def with_distance_to_border(events: gpd.GeoDataFrame, border: Border) -> gpd.GeoDataFrame:
    """
    Add how far the coded point of each event is from the border, and where along it.

    Parameters
    ----------
    events
        Table from `read`.
    border
        The border.

    Returns
    -------
    GeoDataFrame
        The events with chainage_km and distance_to_border_km; NaN where
        there is no point.
    """
    placed = (~shapely.is_empty(events.geometry.to_numpy())).nonzero()[0]
    points = events.geometry.iloc[placed]
    chainage, distance = np.full(len(events), np.nan), np.full(len(events), np.nan)
    if len(placed):
        km, offset = border.locate(points.x.to_numpy(), points.y.to_numpy())
        chainage[placed], distance[placed] = km, np.abs(offset)
    return events.assign(chainage_km=chainage, distance_to_border_km=distance)


def describe(
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    *,
    admin1: gpd.GeoDataFrame | None = None,
    draws: int = 500,
    seed: int = 1,
) -> str:
    """
    Say in plain words what a table of incidents can and cannot show.

    Parameters
    ----------
    events
        Table from `read`.
    corridor
        The corridor of the study.
    admin1
        Provinces, for events known only to their province.
    draws
        Imputations.
    seed
        Seed.

    Returns
    -------
    str
        Two or three sentences.
    """
    strip = gpd.GeoDataFrame(
        {"zone": ["corridor"]},
        geometry=[corridor.outline.to_crs("EPSG:4326").union_all()],
        crs="EPSG:4326",
    )
    inside = overlay(events, strip, draws=draws, seed=seed, admin1=admin1)
    row, attrs = inside.iloc[0], inside.attrs
    depth = max(corridor.depth_km.values())
    distance = with_distance_to_border(events, corridor.border)["distance_to_border_km"]
    far = int((distance > depth).sum())
    beyond = sum(item["reason"] == BEYOND for item in attrs["excluded"])
    vague = [item["id"] for item in attrs["excluded"] if item["reason"] != BEYOND]
    error_km = attrs["median_error_km"]
    error = "" if error_km is None else f"; typical position error {error_km:.0f} km"
    # Ids go where rows may go.
    named = f" ({', '.join(vague)})" if 0 < len(vague) <= 10 and leaving(events).rows else ""
    kind = "synthetic" if "label" in attrs else "reported"
    return (
        f"{attrs['n_events']} {kind} events; too vague to be placed: {len(vague)}{named}; "
        f"{f'beyond what the table covers: {beyond}; ' if beyond else ''}coded more "
        f"than {depth:g} km from the border: {far}. Of those that can be placed, "
        f"{row['expected']:.1f} are expected to have happened in the corridor (90 % band {row['p05']} "
        f"to {row['p95']}{error}). "
        f"{_LIMIT[kind]}"
    )
