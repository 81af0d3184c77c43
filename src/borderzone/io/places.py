"""What the name of a tile says: which product it is, where it lies, what its heights count from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Named", "check_place", "named"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Named:
    """
    What the name of a known product says.

    Attributes
    ----------
    product
        The product.
    box
        West, south, east, north of the tile. Units: degree.
    vertical_datum
        What its heights count from; empty for a map of classes.
    """

    product: str
    box: Box
    vertical_datum: str


# Product, names, side of a tile in degrees, vertical datum. Copernicus DEM Product Handbook (2022): 10
# and 30 are tenths of an arc second; SRTM User Guide (2015); WorldCover Product User Manual (2022).
_PRODUCTS = (
    (
        "Copernicus DEM",
        re.compile(
            r"copernicus_dsm_(?:cog_)?(?:10|30)_(?P<ns>[ns])(?P<lat>\d\d)_00_"
            r"(?P<ew>[ew])(?P<lon>\d{3})_00",
            re.IGNORECASE,
        ),
        1,
        "EGM2008",
    ),
    (
        "ESA WorldCover",
        re.compile(
            r"esa_worldcover_10m_\d{4}_v\d{3}_(?P<ns>[ns])(?P<lat>\d\d)(?P<ew>[ew])(?P<lon>\d{3})",
            re.IGNORECASE,
        ),
        3,
        "",
    ),
    (
        "SRTM",
        re.compile(
            r"(?P<ns>[ns])(?P<lat>\d\d)(?P<ew>[ew])(?P<lon>\d{3})[^/\\]*\.hgt(?:\.zip)?$",
            re.IGNORECASE,
        ),
        1,
        "EGM96",
    ),
    (
        "SRTM",
        re.compile(
            r"(?P<ns>[ns])(?P<lat>\d\d)_(?P<ew>[ew])(?P<lon>\d{3})_[13]arc_v\d", re.IGNORECASE
        ),
        1,
        "EGM96",
    ),
)


def named(name: str) -> Named | None:
    """Read the name of a tile."""
    for product, pattern, side, datum in _PRODUCTS:
        found = pattern.match(name)
        if found is None:
            continue
        south = float(found["lat"]) * (-1 if found["ns"].lower() == "s" else 1)
        west = float(found["lon"]) * (-1 if found["ew"].lower() == "w" else 1)
        if not (-90 <= south <= 90 - side and -180 <= west <= 180 - side):
            return None
        box = (west, south, west + side, south + side)
        return Named(product=product, box=box, vertical_datum=datum)
    return None


def check_place(path: Path, box: Box, cell: tuple[float, float], what: str) -> None:
    """Refuse a tile that does not lie where its name says."""
    says = named(path.name)
    if says is None:
        return
    west, south, east, north = says.box
    wide, high = 2 * cell[0], 2 * cell[1]
    inside = west - wide <= box[0] and box[2] <= east + wide
    if inside and south - high <= box[1] and box[3] <= north + high:
        return
    msg = (
        f"{what}: {path.name!r} lies at lon {box[0]:.2f} to {box[2]:.2f}, lat {box[1]:.2f} to "
        f"{box[3]:.2f}, its name says lon {west:g} to {east:g}, lat {south:g} to {north:g}; fetch "
        "the tile again, or rename it if its georeference is right"
    )
    raise DataError(msg)
