"""What stands beside a file or in its name: which product a tile is, where it is from, and whom to credit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borderzone._guards import guarded
from borderzone.errors import DataError
from borderzone.io.files import atomic_write

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = [
    "REGISTER",
    "Named",
    "Record",
    "Terms",
    "check_place",
    "copernicus",
    "grip4",
    "named",
    "openstreetmap",
    "prj_of",
    "read_sidecar",
    "sidecar_of",
    "terms_of",
    "tiles_without",
    "ucdp_ged",
    "worldcover",
    "write_sidecar",
]


@guarded
@dataclass(frozen=True, kw_only=True)
class Record:
    """
    One input file, with all that must travel with it.

    Attributes
    ----------
    name
        Short name, as in ``datasets.record(name)``.
    title
        What it is, in a few words.
    path
        Path inside the data folder, or the name of the user's file.
    sha256, bytes
        Checksum and size.
    licence, attribution, citation
        Terms, the line that figures print, and the full reference.
    resolution, accuracy
        What the data can resolve and how far it may be off.
    origin
        Where the file was taken from.
    notes
        What a user must know.
    embedded
        Whether it ships with the package.
    """

    name: str
    title: str
    path: str
    sha256: str
    bytes: int
    licence: str
    attribution: str = ""
    citation: str = ""
    resolution: str = "not stated"
    accuracy: str = "not stated"
    origin: str = "given by the user"
    notes: str = ""
    embedded: bool = False


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


REGISTER = "register.json"
"""What a folder of fetched tiles holds, and which tiles the product does not have."""
_MAX_BYTES = 256 * 1024
_NEEDED = ("title", "licence", "attribution", "citation", "sha256")


def sidecar_of(path: str | os.PathLike[str]) -> Path:
    """Name the record that lies beside a file."""
    file = Path(path)
    return file.with_name(f"{file.name}.source.json")


def write_sidecar(path: str | os.PathLike[str], words: Mapping[str, Any]) -> Path:
    """
    Write the record of a file beside it.

    Parameters
    ----------
    path
        The file.
    words
        At least title, licence, attribution, citation and sha256.

    Returns
    -------
    pathlib.Path
        The record.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    record = sidecar_of(path)
    text = json.dumps({"schema": 1, **words}, indent=1, ensure_ascii=False)
    with atomic_write(record) as temporary:
        # Half a pair of surrogates becomes what JSON writes for it.
        temporary.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
    return record


def read_sidecar(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """
    Read the record beside a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict or None
        What it says; None where there is none, or what lies there is no record.
    """
    words = _json(sidecar_of(path))
    whole = isinstance(words, dict) and all(isinstance(words.get(name), str) for name in _NEEDED)
    return words if whole else None


def tiles_without(source: Any) -> list[tuple[float, float, float, float]]:
    """Name the squares for which the product of fetched elevation tiles has no tile."""
    paths = source if isinstance(source, (list, tuple)) else [source]
    files = [Path(path) for path in paths if isinstance(path, (str, Path))]
    folders = sorted({file if file.is_dir() else file.parent for file in files})
    said = [_json(folder / REGISTER) for folder in folders]
    without = [words.get("unknown") for words in said if isinstance(words, dict)]
    tiles = {named(name) for names in without if isinstance(names, dict) for name in names}
    return sorted(tile.box for tile in tiles if tile and tile.product == "Copernicus DEM")


def prj_of(file: Path) -> Path | None:
    """Find the text beside a grid that names its CRS."""
    beside = (file.with_suffix(end) for end in (".prj", ".PRJ"))
    return next((text for text in beside if text.is_file()), None)


def _json(file: Path) -> Any:
    """Read a small file of JSON; None where there is none, or what lies there is none."""
    try:
        # What is no regular file, such as a pipe, may give words without end, or none for ever.
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return None
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    What a product asks of those who use it.

    Attributes
    ----------
    title
        The product, in a few words.
    licence
        Its licence.
    attribution
        Credit that figures and tables carry.
    citation
        Full reference, and further notices that must be kept.
    resolution
        What it can resolve.
    """

    title: str
    licence: str
    attribution: str
    citation: str
    resolution: str


def copernicus(metres: int) -> Terms:
    """Give the terms of the Copernicus DEM."""
    return Terms(
        title=f"Copernicus DEM GLO-{metres}",
        licence=f"Copernicus DEM GLO-{metres} licence: free of charge, notices kept",
        attribution=(
            f"produced using Copernicus WorldDEM-{metres} © DLR e.V. 2010-2014 and © Airbus "
            "Defence and Space GmbH 2014-2018 provided under COPERNICUS by the European Union and "
            "ESA; all rights reserved"
        ),
        citation=(
            "European Space Agency (2021), Copernicus DEM, doi:10.5270/ESA-c5d3d65. The "
            "organisations in charge of the Copernicus programme by law or by delegation do not "
            f"incur any liability for any use of the Copernicus WorldDEM-{metres}."
        ),
        resolution=f"about {metres} m; a surface, with trees and roofs, not bare ground",
    )


_WORLDCOVER_DOI = {2020: "10.5281/zenodo.5571936", 2021: "10.5281/zenodo.7254221"}


def worldcover(year: int, version: int) -> Terms:
    """Give the terms of ESA WorldCover."""
    doi = _WORLDCOVER_DOI.get(year)
    return Terms(
        title=f"ESA WorldCover {year} v{version}",
        licence="CC BY 4.0",
        attribution=(
            f"© ESA WorldCover project / Contains modified Copernicus Sentinel data ({year}) "
            "processed by ESA WorldCover consortium"
        ),
        citation=f"Zanaga, D. et al., ESA WorldCover 10 m {year} v{version}"
        + (f", doi:{doi}." if doi else "."),
        resolution="10 m",
    )


_GED = (
    "Sundberg, R. and Melander, E. (2013), Introducing the UCDP Georeferenced Event Dataset, "
    "Journal of Peace Research 50(4), 523-532"
)
_CANDIDATE = (
    "Hegre, H., Croicu, M., Eck, K. and Högbladh, S. (2020), Introducing the UCDP Candidate "
    "Events Dataset, Research & Politics 7(3)"
)
_OF_THE_YEAR = {
    22: "Davies, S., Pettersson, T. and Öberg, M. (2022), Organized violence 1989-2021 and drone "
    "warfare, Journal of Peace Research 59(4), 593-610",
    23: "Davies, S., Pettersson, T. and Öberg, M. (2023), Organized violence 1989-2022, and the "
    "return of conflict between states, Journal of Peace Research 60(4), 691-708",
    24: "Davies, S., Engström, G., Pettersson, T. and Öberg, M. (2024), Organized violence "
    "1989-2023, and the prevalence of organized crime groups, Journal of Peace Research 61(4), "
    "673-693",
    25: "Davies, S., Pettersson, T., Sollenberg, M. and Öberg, M. (2025), Organized violence "
    "1989-2024, and the challenges of identifying civilian victims, Journal of Peace Research "
    "62(4), 1223-1240",
}


def ucdp_ged(version: str) -> Terms:
    """Give the terms of a version of the UCDP Georeferenced Event Dataset."""
    year = int(version.split(".", maxsplit=1)[0])
    candidate = version.count(".") > 1
    last = f"the article on organized violence that the download page names for version {version}"
    article = _CANDIDATE if candidate else _OF_THE_YEAR.get(year, last)
    kind = "UCDP Candidate Events" if candidate else "UCDP GED"
    return Terms(
        title=f"{kind} version {version}",
        licence="CC BY 4.0",
        attribution=f"Uppsala Conflict Data Program (UCDP), {kind} version {version}, CC BY 4.0",
        citation=f"{_GED}; {article}.",
        resolution="places of class where_prec 1 to 7: from a known point to a country",
    )


def openstreetmap() -> Terms:
    """Give the terms of roads of OpenStreetMap."""
    return Terms(
        title="Roads of OpenStreetMap, extract by Geofabrik",
        licence="ODbL 1.0: credit, and databases made from it are shared alike",
        attribution="© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)",
        citation=(
            "OpenStreetMap contributors, openstreetmap.org; extract by Geofabrik GmbH, "
            "download.geofabrik.de. Licence: Open Database License 1.0, "
            "opendatacommons.org/licenses/odbl."
        ),
        resolution="as mapped: often complete for large roads, seldom for tracks",
    )


def grip4() -> Terms:
    """Give the terms of the Global Roads Inventory Project, version 4."""
    return Terms(
        title="Global Roads Inventory Project, GRIP4",
        licence="CC0 1.0, as its makers state; built in part on OpenStreetMap",
        attribution="GRIP4 (Meijer et al. 2018), PBL Netherlands Environmental Assessment Agency",
        citation=(
            "Meijer, J.R., Huijbregts, M.A.J., Schotten, C.G.J. and Schipper, A.M. (2018), Global "
            "patterns of current and future road infrastructure, Environmental Research Letters "
            "13, 064006, doi:10.1088/1748-9326/aabd42."
        ),
        resolution="roads up to 2018, harmonised in five classes; few tracks",
    )


_DEM = re.compile(r"copernicus_dsm_(?:cog_)?(?P<arc>10|30)_[ns]\d\d_", re.IGNORECASE)
_COVER = re.compile(r"esa_worldcover_10m_(?P<year>\d{4})_v(?P<version>\d{3})_", re.IGNORECASE)


def terms_of(name: str) -> Terms | None:
    """Tell the terms of a tile by its name."""
    if found := _DEM.match(name):
        # 10 and 30 are tenths of an arc second: 30 and 90 m.
        return copernicus(3 * int(found["arc"]))
    if found := _COVER.match(name):
        return worldcover(int(found["year"]), int(found["version"]))
    return None
