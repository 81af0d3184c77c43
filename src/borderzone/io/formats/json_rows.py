"""Rows of JSON: GeoJSON, one value a line, feature sets of Esri, and answers of services."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry import shape

from borderzone._guards import shown
from borderzone._guards.escapes import kept, line
from borderzone.crs import refuse_file_names
from borderzone.errors import CRSMismatchError, DataError
from borderzone.io.bounds import Limits
from borderzone.io.files import SUFFIXES, check_text_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["read_json", "rows_of"]

_SEPARATOR = "\x1e"
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")
# Members of an answer that hold its rows, its size, and what went wrong.
_LISTS = ("data", "result", "results", "events", "records", "rows", "items", "value", "response")
_TOTALS = ("totalcount", "total_count", "total", "totalresults", "numfound", "count")
_PAGES = ("totalpages", "total_pages", "pages")
_NEXT, _BEFORE = ("nextpageurl", "next"), ("previouspageurl", "previous", "prev")
_WRONG = ("error", "errors", "message", "messages", "detail", "details")
_DEEPEST = 3
_ACLED_PAGE = 5_000  # most rows of one answer of ACLED's service, unless it is asked for more
_ESRI_POINTS = ("esriGeometryPoint", "esriGeometryMultipoint")
_WEB_MERCATOR = {102100, 102113, 900913}  # its older numbers at Esri


def read_json(file: Path, what: str) -> pd.DataFrame:
    """Read the rows of a JSON file."""
    # Parsed here: drivers also take other JSON for data, some of it with commands.
    check_text_size(file, what)
    text, told = file.read_text(encoding="utf-8-sig"), f"{what}: {file.name!r}"
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data" and _SEPARATOR not in text:
            raise
        return rows_of(_values(text, told), told)
    one = isinstance(content, dict) and "type" not in content
    return rows_of(
        [content] if one and file.suffix.lower() in SUFFIXES.json_lines else content, told
    )


def _values(text: str, told: str) -> list[Any]:
    """Values of a text that holds several, one a line or one after each separator."""
    mark = _SEPARATOR if _SEPARATOR in text else "\n"
    values: list[Any] = []
    for number, part in enumerate(text.split(mark), start=1):
        if not part.strip():
            continue
        try:
            value = json.loads(part)
        except json.JSONDecodeError as error:
            place = f"line {number:,}" if mark == "\n" else f"part {number - 1:,}"
            msg = f"{told} cannot be read: {place} is no whole JSON ({error.msg}); export it again"
            raise DataError(msg) from error
        whole = isinstance(value, dict) and value.get("type") == "FeatureCollection"
        values.extend(_features(value, told) if whole else [value])
    return values


def rows_of(content: Any, told: str) -> pd.DataFrame:
    """
    Give the rows of a JSON value: GeoJSON, what services of Esri answer, or a list of records.

    Parameters
    ----------
    content
        What was parsed, or holds rows in memory in the same way.
    told
        What it is, for messages.

    Returns
    -------
    pandas.DataFrame
        Its rows; a GeoDataFrame where they have shapes.

    Raises
    ------
    DataError
        If it holds no rows, or is the answer of a service that reports an error.
    LimitError
        If there are more than `limits` allow.

    Examples
    --------
    >>> feature = {
    ...     "type": "Feature",
    ...     "properties": {"place": "North gate"},
    ...     "geometry": {"type": "Point", "coordinates": [38.7, 33.5]},
    ... }
    >>> rows = rows_of({"type": "FeatureCollection", "features": [feature]}, "posts")
    >>> rows["place"].tolist(), rows.geometry.x.tolist()
    (['North gate'], [38.7])
    >>> rows_of([{"place": "North gate", "people": 30}], "posts").columns.tolist()
    ['place', 'people']
    """
    if isinstance(content, list):
        return _from_list(content, told)
    kind = content.get("type") if isinstance(content, dict) else None
    if kind in ("FeatureCollection", "Feature"):
        return _from_geojson(content, told)
    if isinstance(content, dict) and _is_esri(content):
        return _from_esri(content, told)
    listed = _listed(content) if isinstance(content, dict) and kind is None else None
    why = _failure(content) if isinstance(content, dict) and not listed else ""
    if why:
        msg = f"{told} is the answer of a service that reports an error ({why}); ask it again"
        raise DataError(msg)
    if listed is None:
        msg = f"{told} holds {shown(kind)}, not a FeatureCollection; export it as GeoJSON"
        raise DataError(msg)
    if not listed:
        msg = f"{told} is the answer of a service without any row; ask it for another place or time"
        raise DataError(msg)
    table = _from_list(listed, told)
    table.attrs["notes"] = [*table.attrs.get("notes", []), *_left_out(content, listed)]
    return table


def _from_list(content: list[Any], told: str) -> pd.DataFrame:
    if not content:
        msg = f"{told} holds an empty list, and no rows"
        raise DataError(msg)
    odd = next((n for n, one in enumerate(content, 1) if not isinstance(one, dict)), None)
    if odd is not None:
        found = type(content[odd - 1]).__name__
        msg = f"{told} cannot be read: item {odd:,} of its list is a {found}, not an object"
        raise DataError(msg)
    features = sum(one.get("type") == "Feature" and "geometry" in one for one in content)
    if features == len(content):
        return _from_geojson({"type": "FeatureCollection", "features": content}, told)
    if features:
        msg = f"{told} cannot be read: {features:,} of {len(content):,} items are features, others not"
        raise DataError(msg)
    return _table([_plain(one) for one in content], told)


def _table(rows: list[dict[str, Any]], told: str) -> pd.DataFrame:
    # Each row may have columns of its own, and all others would be empty there.
    Limits.now().check_table(len(rows), len(set().union(*rows)), told)
    return pd.DataFrame(rows)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        kept(str(name)): kept(value) if isinstance(value, str) else value
        for name, value in row.items()
    }


# -- Answers of services ----------------------------------------------------------------------


def _listed(content: Mapping[str, Any], depth: int = 1) -> list[Any] | None:
    """Find the rows of an answer: the list under a usual name, or the only list of objects."""
    folded = {str(key).casefold(): value for key, value in content.items()}
    for name in _LISTS:
        if isinstance(folded.get(name), list):
            found: list[Any] = folded[name]
            return found
    for name in _LISTS:
        inner = folded.get(name)
        if isinstance(inner, dict) and depth < _DEEPEST:
            return _listed(inner, depth + 1)
    lists = [folded[name] for name in folded.keys() - {*_WRONG} if isinstance(folded[name], list)]
    objects = [one for one in lists if one and all(isinstance(row, dict) for row in one)]
    return objects[0] if len(objects) == 1 else None


def _failure(content: Mapping[str, Any]) -> str:
    """Tell what an answer without rows says went wrong; empty where it says nothing."""
    folded = {str(key).casefold(): value for key, value in content.items()}
    status = folded.get("status", folded.get("statuscode"))
    failed = folded.get("success") is False or (isinstance(status, int) and status >= 400)
    words = next((folded[name] for name in _WRONG if folded.get(name)), "")
    if not words and not failed:
        return ""
    told = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False, default=str)
    state = f"status {status}" if isinstance(status, (int, str)) else ""
    return line(": ".join(filter(None, (state, told[:200])))) or "no words"


def _left_out(content: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows that the service holds and the answer does not."""
    folded = {str(key).casefold(): value for key, value in content.items()}
    total, pages = _whole(folded, _TOTALS), _whole(folded, _PAGES)
    after, before = (next((folded[n] for n in ns if folded.get(n)), "") for ns in (_NEXT, _BEFORE))
    of = f"{len(rows):,} of {total:,}" if total > len(rows) else f"{len(rows):,}"
    if pages > 1:
        page = _page(str(after), str(before), pages)
        told = f"page {page} of {pages:,}" if page else f"one of {pages:,} pages"
        return [f"{told}: {of} rows are in this file"]
    if total > len(rows) or after:
        return [f"{of} rows are in this file, the service has more"]
    if len(rows) == _ACLED_PAGE and "event_id_cnty" in rows[0]:
        most = "as many as one answer of ACLED holds"
        return [f"{of} rows are in this file, {most}: there may be more on the next page"]
    return []


def _page(after: str, before: str, pages: int) -> int:
    """Tell the number of the page, from 1, by its neighbours, which the service counts from 0."""
    for address, step in ((after, 0), (before, 2)):
        found = re.search(r"[?&]page=(\d{1,9})", address)
        if found and 1 <= int(found[1]) + step <= pages:
            return int(found[1]) + step
    return 0 if after else 1 if not before else pages


def _whole(folded: Mapping[str, Any], names: Sequence[str]) -> int:
    values = (folded.get(name) for name in names)
    return next((one for one in values if isinstance(one, int) and not isinstance(one, bool)), 0)


# -- GeoJSON ----------------------------------------------------------------------------------


def _from_geojson(content: Mapping[str, Any], told: str) -> pd.DataFrame:
    crs = _stated_crs(content)
    if not crs.endswith(_WGS84_NAMES):
        msg = (
            f"{told} says it is in {crs[:60]}; GeoJSON is longitude and latitude (EPSG:4326). "
            "Project it before the export"
        )
        raise CRSMismatchError(msg)
    rows, shapes = [], []
    for number, feature in enumerate(_features(content, told), start=1):
        try:
            shapes.append(_shape(feature))
            rows.append(_properties(feature))
        except MemoryError:
            raise
        except Exception as error:  # whatever shapely raises on a broken shape
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            msg = f"{told} cannot be read: feature {number:,} is broken ({reason[:200]})"
            raise DataError(msg) from error
    placed: pd.DataFrame = gpd.GeoDataFrame(_table(rows, told), geometry=shapes, crs="EPSG:4326")
    return placed


def _features(content: Mapping[str, Any], told: str) -> list[Any]:
    features = content["features"] if content["type"] == "FeatureCollection" else [content]
    features = [] if features is None else features
    if not isinstance(features, list):
        msg = f"{told} has no list of features; export it as GeoJSON"
        raise DataError(msg)
    return features


def _stated_crs(content: Mapping[str, Any]) -> str:
    crs: Any = content.get("crs")
    for member in ("properties", "name"):
        crs = crs.get(member) if isinstance(crs, dict) else None
    return "CRS84" if content.get("crs") is None else str(crs)


def _shape(feature: Any) -> Any:
    if not isinstance(feature, dict):
        msg = f"it is a {type(feature).__name__}, not a Feature"
        raise DataError(msg)
    geometry = feature.get("geometry")
    if geometry is not None and not isinstance(geometry, dict):
        msg = f"its geometry is a {type(geometry).__name__}"
        raise DataError(msg)
    return shape(geometry) if geometry else None


def _properties(feature: Mapping[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        msg = f"its properties are a {type(properties).__name__}"
        raise DataError(msg)
    # A property may carry the name of the column that holds the shapes.
    return {
        f"{name}_original" if name == "geometry" else name: value
        for name, value in _plain(properties).items()
    }


# -- Feature sets of Esri ---------------------------------------------------------------------


def _is_esri(content: Mapping[str, Any]) -> bool:
    features = content.get("features")
    if not isinstance(features, list):
        return False
    first = features[0] if features else {}
    return "geometryType" in content or (isinstance(first, dict) and "attributes" in first)


def _from_esri(content: Mapping[str, Any], told: str) -> pd.DataFrame:
    kind = content.get("geometryType", _ESRI_POINTS[0])
    if kind not in _ESRI_POINTS:
        msg = f"{told} is a feature set of Esri that holds {shown(kind)}; only points are read from one"
        raise DataError(msg)
    rows, shapes = [], []
    for number, feature in enumerate(content["features"], start=1):
        if not isinstance(feature, dict) or not isinstance(feature.get("attributes") or {}, dict):
            msg = f"{told} cannot be read: feature {number:,} has no attributes; export it again"
            raise DataError(msg)
        properties = {"properties": feature.get("attributes")}
        rows.append(_properties(properties))
        shapes.append(_esri_shape(feature.get("geometry")))
    table = _with_dates(_table(rows, told), content.get("fields"))
    if content.get("exceededTransferLimit") is True:
        table.attrs["notes"] = [f"{len(rows):,} rows are in this file, the service has more"]
    if not any(one is not None for one in shapes):
        return table
    notes, crs = table.attrs, _esri_crs(content, told)
    placed: pd.DataFrame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    placed.attrs = notes
    return placed


def _esri_shape(geometry: Any) -> Any:
    """Shape of a point or of several; None where there is none, which Esri writes in three ways."""
    if not isinstance(geometry, dict):
        return None
    pairs = geometry.get("points") or [[geometry.get("x"), geometry.get("y")]]
    points = [[_finite(pair[0]), _finite(pair[1])] for pair in pairs]
    if any(np.isnan(point).any() for point in points):
        return None
    return shapely.MultiPoint(points) if "points" in geometry else shapely.Point(points[0])


def _finite(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else np.nan


def _with_dates(table: pd.DataFrame, fields: Any) -> pd.DataFrame:
    """Write what the set says is a date, in thousandths of a second since 1970, as a date."""
    listed = fields if isinstance(fields, list) else []
    for field in listed:
        if isinstance(field, dict) and field.get("type") == "esriFieldTypeDate":
            name = kept(str(field.get("name")))
            if name in table:
                table[name] = pd.Series(map(_moment, table[name].tolist()), dtype=object)
    return table


def _moment(cell: Any) -> Any:
    if not isinstance(cell, (int, float)) or not np.isfinite(cell):
        return None if isinstance(cell, float) else cell
    try:
        return (dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=cell)).isoformat()  # noqa: DTZ001 - UTC
    except OverflowError:
        return cell


def _esri_crs(content: Mapping[str, Any], told: str) -> CRS | None:
    shapes = (one.get("geometry") for one in content["features"])
    own = (one.get("spatialReference") for one in shapes if isinstance(one, dict))
    stated = content.get("spatialReference") or next((one for one in own if one), None)
    if not isinstance(stated, dict):
        return None
    number = stated.get("latestWkid", stated.get("wkid"))
    if isinstance(number, int):
        code = 3857 if number in _WEB_MERCATOR else number
        # Esri takes the numbers of EPSG, and has more of its own above them.
        return CRS.from_authority("EPSG" if code < 2**15 else "ESRI", code)
    text = str(stated.get("wkt", ""))
    refuse_file_names(text, told)
    return CRS.from_wkt(text)
