"""Parquet tables: with places where the file has them, plain where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.io.files import local_file
from borderzone.io.vector import read_rows

if TYPE_CHECKING:
    import os

    import pandas as pd

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
    LimitError
        If it holds more than `limits` allow.
    CRSMismatchError
        If its places have no CRS, or one that is not of the Earth.
    """
    return read_rows(local_file(path, {".parquet"}, what), what=what)
