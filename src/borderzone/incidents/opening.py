"""Opening what holds a table of incidents: text, spreadsheet, vector file, archive, frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from borderzone._checks import check_choice
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.incidents import spreadsheet
from borderzone.incidents.heading import is_tag_row
from borderzone.incidents.layouts import LAYOUTS
from borderzone.incidents.text import find_encoding, parse_text
from borderzone.incidents.text_cells import unescape_own
from borderzone.io import local_file, read_vector
from borderzone.io.files import refuse_address

__all__ = ["FORMATS", "Opened", "opened"]

FORMATS = (
    dict.fromkeys((".csv", ".tsv", ".txt"), "csv")
    | dict.fromkeys(spreadsheet.SUFFIXES, "excel")
    | dict.fromkeys(
        (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml", ".kmz", ".parquet"), "vector"
    )
)
"""How a file is written, by its extension."""

MAX_TEXT_BYTES = 512 * 1024**2
_WHAT = "incidents"
_WAYS = ("csv", "excel", "vector")


class Opened(NamedTuple):
    """
    A table as found.

    Attributes
    ----------
    table
        Its cells; with a geometry where the file has one.
    name
        What to call it in messages.
    layout
        Layout asked for; None where the columns are to tell it.
    odd
        What is odd about rows, by position.
    encoding
        Encoding of a text file.
    notes
        What was passed over or taken for granted.
    """

    table: pd.DataFrame
    name: str
    layout: str | None
    odd: dict[int, str]
    encoding: str
    notes: list[str]


def opened(
    source: str | Path | pd.DataFrame, asked: str | None, *, encoding: str | None, sheet: str | None
) -> Opened:
    """
    Open a table of incidents, whatever holds it.

    Parameters
    ----------
    source
        Path or table.
    asked
        Layout or way of writing that the user names.
    encoding
        Encoding that the user names.
    sheet
        Sheet that the user names.

    Returns
    -------
    Opened
        The table.

    Raises
    ------
    DataError
        If it cannot be read.
    LimitError
        If it is too large.
    InvalidParameterError
        If the source is neither a path nor a table, or `asked` is unknown.
    """
    if asked is not None:
        check_choice(asked, "format", (*LAYOUTS, *_WAYS))
    layout = asked if asked in LAYOUTS else None
    if isinstance(source, pd.DataFrame):
        table = source.rename(columns=str)
        return _without_tags(Opened(table, "the table", layout, {}, "", []))
    if not isinstance(source, (str, os.PathLike)):
        msg = f"incidents are read from a path or a table of pandas, got {type(source).__name__}"
        raise InvalidParameterError(msg)
    path = Path(refuse_address(source, _WHAT))
    suffix = path.suffix.lower()
    way = asked if asked in _WAYS else FORMATS.get(suffix)
    if way is None:
        msg = (
            f"{path.name}: tables ending in {suffix or 'nothing'!r} are not read; save it as "
            f"CSV UTF-8 (read are {', '.join(FORMATS)}), or pass format='csv'"
        )
        raise DataError(msg)
    if way == "vector":
        places = read_vector(source, what=_WHAT)
        return Opened(places, path.name, layout, {}, "", places.attrs["notes"])
    if way == "excel":
        table, notes = spreadsheet.read_sheet(path, sheet, _WHAT)
        return _without_tags(Opened(unescape_own(table), path.name, layout, {}, "", notes))
    return _without_tags(_from_text(path, layout, suffix, encoding))


def _from_text(path: Path, layout: str | None, suffix: str, encoding: str | None) -> Opened:
    file = local_file(path, {suffix}, _WHAT)
    if file.stat().st_size > MAX_TEXT_BYTES:
        msg = f"{path.name} is larger than {MAX_TEXT_BYTES // 1024**2} MB; cut it first"
        raise LimitError(msg)
    # The bytes are let go before the table is built beside them.
    found, note = find_encoding(file.read_bytes(), path.name, encoding)
    table = parse_text(file, path.name, found)
    notes = [*table.notes, *([note] if note else [])]
    return Opened(unescape_own(table.cells), path.name, layout, table.odd, found, notes)


def _without_tags(found: Opened) -> Opened:
    """Leave out a second header of hashtags, and say so."""
    if found.table.empty or not is_tag_row(found.table.iloc[0].tolist()):
        return found
    notes = [*found.notes, "the second line holds hashtags (HXL), no event, and was passed over"]
    odd = {row - 1: told for row, told in found.odd.items() if row > 0}
    body = found.table.iloc[1:]
    if isinstance(found.table.index, pd.RangeIndex):
        body = body.reset_index(drop=True)
    return found._replace(table=body, odd=odd, notes=notes)
