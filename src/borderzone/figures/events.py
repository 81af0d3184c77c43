"""Incidents as figures show them: each with the circle it lies in, or as too vague to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from borderzone import incidents
from borderzone.study.event_places import regions_of

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["drawn_words", "events_by_segment", "placed_events"]

# A normal error in the plane stays within this many sigma in nine cases of ten: sqrt(2 ln 10).
NINE_TENTHS = 2.145966


def placed_events(result: StudyResult) -> gpd.GeoDataFrame | None:
    """
    Return every incident with how precisely it is known.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    GeoDataFrame or None
        One row an event: ``id``, ``date``, ``event_type``, ``place``,
        ``where_prec``, ``synthetic``, ``radius_km`` (NaN where it is no
        circle), ``drawn``, ``why_not`` and its coded point, EPSG:4326; None
        where the study has no incidents.
    """
    if result.incidents is None:
        return None
    # Labels of rows may repeat where tables were put together.
    events = result.incidents.reset_index(drop=True)
    where = regions_of(result).reset_index(drop=True)
    scale = where["scale_km"].to_numpy(dtype=float)
    radius = np.select(
        [where["kind"] == "disc", where["kind"] == "gaussian"],
        [scale, NINE_TENTHS * scale],
        np.nan,
    )
    drawn = np.isfinite(radius) & ~events.geometry.is_empty.to_numpy()
    excluded = (where["kind"] == "excluded").to_numpy()
    why = np.where(drawn, "", np.where(excluded, where["reason"], "known only to its province"))
    columns = {
        name: events.get(name, "") for name in ("id", "date", "event_type", "place", "where_prec")
    }
    fake = events.get("synthetic", default=False)
    return gpd.GeoDataFrame(
        columns | {"synthetic": fake, "radius_km": radius, "drawn": drawn, "why_not": why},
        geometry=events.geometry,
        crs=events.crs,
    ).to_crs(4326)


def drawn_words(result: StudyResult) -> str:
    """
    Say how many incidents have a symbol, after the line that says where all went.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    str
        "; 4 have a circle to draw"; that none is drawn, where rows may not be shown.
    """
    if result.account is None:
        return ""
    if result.incidents is None:
        return "; none is drawn by itself"
    return f"; {result.account.circles:,} of all have a circle to draw"


def events_by_segment(result: StudyResult) -> pd.DataFrame | None:
    """
    Count incidents by segment, each spread over all the places it may have been.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame or None
        Columns ``incidents_expected``, ``incidents_p05`` and
        ``incidents_p95`` by segment; None where there are no incidents.
    """
    if result.incidents is None:
        return None
    strips = result.segments[["geometry"]].assign(zone=result.segments.index.astype(str))
    counted = incidents.overlay(
        result.incidents,
        strips,
        draws=result.scenario.imputations,
        seed=result.seed,
        regions=regions_of(result),
    )
    return pd.DataFrame(
        {f"incidents_{name}": counted[name].to_numpy() for name in ("expected", "p05", "p95")},
        index=result.segments.index,
    )
