"""A table that was read before, or its file: verdicts hold where what is left of the cells cannot make them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone.errors import DataError
from borderzone.incidents.cells import is_missing
from borderzone.incidents.incident_table import CATEGORIES, FLAGS, STATUSES, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from borderzone._typing import BoolArray
    from borderzone.incidents.incident_table import Ledger

__all__ = ["hold_back", "notes_of", "read_before", "said_by_rows", "with_old_verdicts"]

_LABEL = "SYNTHETIC DATA"
# What can be seen again in latitude and longitude as they stand; of all else the cells are gone.
_SEEN_AGAIN = frozenset(
    {"missing position", "not a number", "out of range", "position unreadable", "swap suspected"}
    | {"zero position", "metres"}
)
# What else sets a row aside empties a cell; one that was filled since is mended.
_EMPTIED: Mapping[str, str] = {
    **dict.fromkeys(
        ("date ambiguous", "date order", "date unreadable", "future date"), "date_start"
    ),
    **dict.fromkeys(("crs", "not a point", "outside its crs"), "lat"),
    "precision class": "where_prec",
    "radius": "radius_km",
}
_UNSAID = "set aside: its status says so, and not why"
_KEPT = ("format", "columns", "coverage_notes")
_USUAL: Mapping[str, Any] = {"format": "borderzone", "encoding": "", "citation": "", "accessed": ""}


def read_before(source: Any) -> gpd.GeoDataFrame | None:
    """
    Give a copy of a table that `read` gave, with all that was told of it.

    Rows may have been taken out of it. Where a row was changed since, so that its point is not that
    of its latitude and longitude or a number is impossible, or where tables were put together, which
    may hold one event twice, it is judged like any other.
    """
    if not _is_ours(source) or not len(source) or not _holds(source):
        return None
    if "format" not in source.attrs:  # as pandas.concat leaves it
        return None
    events = source.copy()
    told = dict(_USUAL) | {"columns": {}, "notes": []} | dict(source.attrs)
    told["notes"] = notes_of(told)
    told.pop("label", None)
    events.attrs = told | ({"label": _LABEL} if events["synthetic"].any() else {})
    return events


def hold_back(raw: pd.DataFrame, parts: Mapping[str, str], ledger: Ledger) -> None:
    """
    Keep rows quarantined whose cells cannot say again why they were.

    A row is let go where the cell that was in doubt was filled since, or its status emptied.
    """
    if "status" not in parts:
        return
    was, why = _texts(raw[parts["status"]]), _texts(raw[parts["reason"]])
    cells = {name: raw[parts[name]].tolist() for name in set(_EMPTIED.values())}
    for row in [row for row, word in enumerate(was) if word == "quarantined"]:
        for part in (why[row] or _UNSAID).split("; "):
            kind, _, detail = part.partition(": ")
            if kind not in CATEGORIES:  # words of somebody else, which are no finding of ours
                kind, detail = "set aside", part
            column = _EMPTIED.get(kind)
            mended = column is not None and not is_missing(cells[column][row])
            if kind not in FLAGS | _SEEN_AGAIN and not mended:
                ledger.quarantine(row, kind, detail)


def with_old_verdicts(
    events: gpd.GeoDataFrame,
    raw: pd.DataFrame,
    parts: Mapping[str, str],
    attrs: Mapping[Any, Any],
) -> gpd.GeoDataFrame:
    """Keep what an earlier reading said of rows, beside what this one finds."""
    if "status" not in parts:
        return events
    rank = {status: place for place, status in enumerate(STATUSES)}
    was, why = _texts(raw[parts["status"]]), _texts(raw[parts["reason"]])
    status, reason = events["status"].tolist(), events["reason"].tolist()
    for row, word in enumerate(was):
        if word not in rank or (word == "quarantined" != status[row]):
            continue
        found = [part for part in reason[row].split("; ") if part]
        old = [part for part in why[row].split("; ") if _kind(part) in FLAGS or part in found]
        # That there is no date was told before, by this row or by a note on the whole table.
        known = {*map(_kind, old), "no date"}
        reason[row] = "; ".join([*old, *(part for part in found if _kind(part) not in known)])
        status[row] = max(word, status[row], key=rank.__getitem__)
    out = events.copy()
    out["status"], out["reason"] = status, reason
    points = out.geometry.to_numpy().copy()
    points[(out["status"] == "quarantined").to_numpy()] = shapely.Point()
    out[out.geometry.name] = gpd.GeoSeries(points, index=out.index, crs=out.crs)
    out.attrs["notes"] = list(dict.fromkeys([*notes_of(attrs), *out.attrs["notes"]]))
    out.attrs |= {name: attrs[name] for name in _KEPT if name in attrs}
    return out


def notes_of(attrs: Mapping[Any, Any]) -> list[str]:
    """Give what is told of a whole table, where that is notes: a file may hold anything there."""
    notes = attrs.get("notes")
    return [one for one in notes if isinstance(one, str)] if isinstance(notes, list) else []


def said_by_rows(raw: pd.DataFrame, parts: Mapping[str, str]) -> dict[str, str]:
    """Give the credit that `write` sets beside the rows of a file."""
    told: dict[str, str] = {}
    if "status" not in parts:
        return told
    for name, column in (("citation", "citation"), ("retrieved", "accessed")):
        words = set(_texts(raw[column])) if column in raw.columns else set()
        if len(words) == 1 and "" not in words:
            told[name] = words.pop()
    return told


def _texts(column: pd.Series) -> list[str]:
    return ["" if is_missing(cell) else str(cell).strip() for cell in column.tolist()]


def _kind(part: str) -> str:
    return part.split(":", 1)[0]


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
