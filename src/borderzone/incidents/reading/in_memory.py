"""Tables in memory that are not of pandas: Arrow, polars, lists of objects, geo interfaces."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from borderzone.errors import BorderzoneError, DataError, InvalidParameterError
from borderzone.io.bounds import check_limit, check_table
from borderzone.io.formats.json_rows import rows_of

__all__ = ["as_frame"]

_WHAT = "incidents: the table"
_GEO_ARROW = b"ARROW:extension:name"


def as_frame(source: Any) -> pd.DataFrame:
    """Make a table of pandas of what holds rows in memory; it is not changed."""
    if isinstance(source, pd.DataFrame):
        return source
    if isinstance(source, gpd.GeoSeries):
        return gpd.GeoDataFrame(geometry=source, index=source.index)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a library grumbling over a table
            table = _converted(source)
    except (BorderzoneError, MemoryError):
        raise
    except Exception as error:  # whatever a library, or an object of the user's, raises
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"{_WHAT} cannot be read ({reason[:200]}); make it a table of pandas first"
        raise DataError(msg) from error
    if table is None:
        msg = (
            f"incidents are read from a path or a table of pandas, got {type(source).__name__}; also "
            "taken are an open file, tables of geopandas, polars and Arrow, a list of dicts, and "
            f"what has __geo_interface__{_advice(source)}"
        )
        raise InvalidParameterError(msg)
    return table


def _converted(source: Any) -> pd.DataFrame | None:
    if isinstance(source, (pd.Series, type)):
        return None
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if hasattr(source, "__arrow_c_stream__"):
        return _from_arrow(pa.RecordBatchReader.from_stream(source))
    if hasattr(source, "__dataframe__"):
        return _from_interchange(source)
    content = getattr(source, "__geo_interface__", source)
    if isinstance(content, Mapping):
        return rows_of(_plain(content), _WHAT)
    return _from_sequence(content)


def _from_sequence(source: Any) -> pd.DataFrame | None:
    if not isinstance(source, Sequence) or isinstance(source, (str, bytes, bytearray, memoryview)):
        return None
    rows = [getattr(one, "__geo_interface__", one) for one in source]
    if rows and not all(isinstance(one, Mapping) for one in rows):
        return None
    return rows_of([_plain(one) for one in rows], _WHAT)


def _plain(value: Any) -> dict[str, Any]:
    """Plain lists and dicts as far down as features have them."""
    plain: dict[str, Any] = dict(value)
    features = plain.get("features")
    if plain.get("type") == "FeatureCollection" and isinstance(features, Sequence):
        return plain | {
            "features": [
                _plain(getattr(one, "__geo_interface__", one)) if _is_feature(one) else one
                for one in features
            ]
        }
    for member in ("geometry", "properties", "attributes"):
        inner = plain.get(member)
        inner = getattr(inner, "__geo_interface__", inner) if member == "geometry" else inner
        if isinstance(inner, Mapping):
            plain[member] = dict(inner)
    return plain


def _is_feature(one: Any) -> bool:
    return isinstance(one, Mapping) or hasattr(one, "__geo_interface__")


def _from_arrow(reader: pa.RecordBatchReader) -> pd.DataFrame:
    """Take batch by batch, so that a stream without end is refused before memory is full."""
    rows = size = 0
    check_table(0, len(reader.schema), _WHAT)
    batches = []
    for batch in reader:
        batch.validate(full=True)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        check_table(rows, len(reader.schema), _WHAT)
        check_limit("event_rows", rows, "rows", _WHAT)
        check_limit("table_bytes", size, "bytes of cells", _WHAT)
        batches.append(batch)
    table = pa.Table.from_batches(batches, reader.schema)
    if any(_is_geo(field) for field in table.schema):
        return gpd.GeoDataFrame.from_arrow(table)
    # A whole number beside an empty cell stays one.
    return table.replace_schema_metadata(None).to_pandas(integer_object_nulls=True)


def _is_geo(field: pa.Field) -> bool:
    told = (field.metadata or {}).get(_GEO_ARROW, b"")
    return bool(told.startswith(b"geoarrow")) or str(field.type).startswith("extension<geoarrow")


def _from_interchange(source: Any) -> pd.DataFrame:
    given = source.__dataframe__()
    check_table(given.num_rows() or 0, given.num_columns(), _WHAT)
    return pd.api.interchange.from_dataframe(source)


def _advice(source: Any) -> str:
    if hasattr(source, "collect") and hasattr(source, "schema"):
        return "; collect() the lazy table first"
    if isinstance(source, (bytes, bytearray)):
        return "; put the bytes into io.BytesIO, with their way of writing as format="
    if hasattr(source, "__next__"):
        return "; make a list of it first"
    return ""
