"""The options of `incidents.read`: told once for Python, study files and the command line, and how each writes them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from borderzone._guards import where_asked, written_option

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYWORDS", "READ_OPTIONS", "ReadOption", "option", "polygons_hint", "ways"]

Kind = Literal["text", "code", "flag", "parts", "box", "words", "days", "day"]


class ReadOption(NamedTuple):
    """
    One option of `incidents.read`.

    Attributes
    ----------
    kind
        What it takes: a text, a CRS by name or number ("code"), yes or no, parts with their columns,
        four degrees, one or more words, two days, or one day.
    help
        What it is for, in one line.
    example
        A value that it could have.
    """

    kind: Kind
    help: str
    example: Any


READ_OPTIONS: Mapping[str, ReadOption] = MappingProxyType(
    {
        "format": ReadOption("text", "Layout or kind of file, if it is not recognised.", "acled"),
        "columns": ReadOption(
            "parts",
            "Which column is what, such as lat=Breite; may be given again.",
            {"lat": "Breite"},
        ),
        "date_format": ReadOption(
            "text", "Format of dates with two readings, such as %d/%m/%Y.", "%d/%m/%Y"
        ),
        "fix_swapped": ReadOption(
            "flag", "Exchange latitude and longitude where it helps.", example=True
        ),
        "bbox": ReadOption(
            "box", "Where positions are expected, in degrees.", (38.0, 29.0, 49.0, 38.0)
        ),
        "as_of": ReadOption("day", "Last day that is not in the future; else today.", "2026-11-02"),
        "encoding": ReadOption("text", "Encoding of a text file that is not UTF-8.", "cp1256"),
        "sheet": ReadOption("text", "Sheet of a spreadsheet.", "events"),
        "layer": ReadOption("text", "Layer of a file of several layers.", "events"),
        "crs": ReadOption(
            "code", "CRS of coordinates that are not degrees of WGS84.", "EPSG:32638"
        ),
        "countries": ReadOption(
            "words", "Country that the table covers; may be given again.", ["IRQ"]
        ),
        "period": ReadOption(
            "days", "First and last day that the table covers.", ("2019-01-01", "2019-12-31")
        ),
        "accessed": ReadOption("day", "Day on which the data were fetched.", "2026-11-02"),
        "terms": ReadOption(
            "text",
            "mine: rows of unknown terms are yours to pass on; else only counts leave.",
            "mine",
        ),
    }
)
"""Options by their name in Python, in the order in which `read` takes them."""


KEYWORDS = ("format", "columns", "date_format", "crs", "countries", "period", "terms")
"""Those that `read` takes by themselves; all of them may stand in its `options`."""


def option(name: str, value: object) -> str:
    """Write an option of `read`, or of what judges its table, as the user would have to."""
    if name not in READ_OPTIONS:
        return written_option(name, value)
    record = "" if name in KEYWORDS else "ReadOptions"
    return written_option(name, value, table="incidents", record=record)


def ways(name: str, value: object) -> str:
    """Write an option where it helps, or all ways of writing it where a text may be read elsewhere."""
    if where_asked() != "python":
        return option(name, value)
    file = written_option(name, value, where="study file")
    shell = written_option(name, value, where="command line")
    return f"{file.replace(' = ', '=', 1)} (in Python), {file} (in a study file) or {shell} (on the command line)"


def polygons_hint(one: str) -> str:
    """Say how polygons are given in which a vague event may lie."""
    if where_asked() == "study file":
        return option(f"{one}s", f"{one}s.gpkg")
    level = "admin2" if one == "district" else "admin1"
    return f"pass {level}= to incidents.regions (to a study {one}s=)"
