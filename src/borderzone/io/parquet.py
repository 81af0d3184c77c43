"""Parquet tables: with places where the file has them, plain where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from borderzone.errors import DataError
from borderzone.io.files import local_file
from borderzone.io.vector import read_vector

if TYPE_CHECKING:
    import os

__all__ = ["read_parquet"]


def read_parquet(path: str | os.PathLike[str], *, what: str = "table") -> pd.DataFrame:
    """
    Read a Parquet file, as places if it is GeoParquet and as a table if not.

    Parameters
    ----------
    path
        The file.
    what
        What it is needed for, for messages.

    Returns
    -------
    pandas.DataFrame
        Its rows; a GeoDataFrame in EPSG:4326 where the file has places.

    Raises
    ------
    DataError
        If it cannot be read.
    CRSMismatchError
        If its places have no CRS.
    """
    file = local_file(path, {".parquet"}, what)
    try:
        if b"geo" in (pq.read_schema(file).metadata or {}):
            return read_vector(path, what=what)
        return pd.read_parquet(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        msg = f"{what}: {file.name!r} cannot be read ({error}); export it again"
        raise DataError(msg) from error
