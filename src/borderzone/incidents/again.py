"""A table that was read before: its verdicts hold, and are not made anew from what is left of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone.errors import DataError
from borderzone.incidents.schema import FLAGS, STATUSES, category_of, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray

__all__ = ["read_before", "with_old_verdicts"]

_LABEL = "SYNTHETIC DATA"
# What can be seen again in latitude and longitude as they stand; of all else the cells are gone.
_SEEN_AGAIN = frozenset(
    {"missing position", "not a number", "out of range", "position unreadable", "swap suspected"}
    | {"zero position", "metres"}
)
_USUAL: Mapping[str, Any] = {"format": "borderzone", "encoding": "", "citation": "", "accessed": ""}


def read_before(source: Any) -> gpd.GeoDataFrame | None:
    """
    Give a copy of a table that `read` gave, with all that was told of it.

    Rows may have been taken out of it. Where a row was changed since, so that its point is not that
    of its latitude and longitude or a number is impossible, the table is judged like any other.

    Parameters
    ----------
    source
        What is to be read.

    Returns
    -------
    GeoDataFrame or None
        The copy; None for anything else.
    """
    if not _is_ours(source) or not len(source) or not _holds(source):
        return None
    events = source.copy()
    told = dict(_USUAL) | {"columns": {}, "notes": []} | dict(source.attrs)
    told["notes"] = list(told["notes"] or [])
    told.pop("label", None)
    events.attrs = told | ({"label": _LABEL} if events["synthetic"].any() else {})
    return events


def with_old_verdicts(events: gpd.GeoDataFrame, source: Any) -> gpd.GeoDataFrame:
    """
    Keep what an earlier reading said of rows whose cells cannot say it again.

    Parameters
    ----------
    events
        The table as it was judged now.
    source
        What was read.

    Returns
    -------
    GeoDataFrame
        The table; a row that was quarantined for its date, precision or number of cells still is.
    """
    if not _is_ours(source) or len(source) != len(events):
        return events
    rank = {status: place for place, status in enumerate(STATUSES)}
    status, reason = events["status"].tolist(), events["reason"].tolist()
    for row in np.flatnonzero((source["reason"] != "").to_numpy()).tolist():
        was, why = source["status"].iloc[row], source["reason"].iloc[row]
        causes = set(category_of(why)) - FLAGS
        if was == "quarantined" and causes <= _SEEN_AGAIN:
            continue
        now = set(category_of(reason[row]))
        kept = [part for part in why.split("; ") if part.split(":", 1)[0] not in now]
        reason[row] = "; ".join([*kept, *filter(None, [reason[row]])])
        status[row] = max(was, status[row], key=rank.__getitem__)
    out = events.copy()
    out["status"], out["reason"] = status, reason
    points = out.geometry.to_numpy().copy()
    points[(out["status"] == "quarantined").to_numpy()] = shapely.Point()
    out[out.geometry.name] = gpd.GeoSeries(points, index=out.index, crs=out.crs)
    notes = [note for note in source.attrs.get("notes") or [] if note not in out.attrs["notes"]]
    out.attrs["notes"] = [*notes, *out.attrs["notes"]]
    out.attrs |= {
        name: source.attrs[name] for name in ("format", "columns") if name in source.attrs
    }
    return out


def _is_ours(source: Any) -> bool:
    """Whether a table has the columns, kinds and verdicts that `read` gives."""
    if not isinstance(source, gpd.GeoDataFrame) or source.active_geometry_name != "geometry":
        return False
    try:
        validate(source)
    except DataError:
        return False
    return True


def _holds(events: gpd.GeoDataFrame) -> bool:
    """Whether every usable row still says what its point says, and nothing impossible."""
    usable: BoolArray = (events["status"] != "quarantined").to_numpy()
    rows = events[usable]
    points = rows.geometry.to_numpy()
    if not (shapely.get_type_id(points) == 0).all():
        return False
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    same = (rows["lon"].to_numpy() == lon) & (rows["lat"].to_numpy() == lat)
    on_earth = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    radius = rows["radius_km"].to_numpy()
    ordered = ~(rows["date_start"] > rows["date_end"]).to_numpy()
    return bool((same & on_earth & ordered & (np.isnan(radius) | (radius > 0))).all())
