"""Known products: where a tile of that name lies, what they ask of users, and whom to credit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone._guards import guarded
from borderzone.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Named", "Terms", "check_place", "named"]

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


_WORLDCOVER_DOI = {2020: "10.5281/zenodo.5571936", 2021: "10.5281/zenodo.7254221"}


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


_DEM = re.compile(r"copernicus_dsm_(?:cog_)?(?P<arc>10|30)_[ns]\d\d_", re.IGNORECASE)
_COVER = re.compile(r"esa_worldcover_10m_(?P<year>\d{4})_v(?P<version>\d{3})_", re.IGNORECASE)


@guarded
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

    Examples
    --------
    >>> Terms.grip4().attribution
    'GRIP4 (Meijer et al. 2018), PBL Netherlands Environmental Assessment Agency'
    """

    title: str
    licence: str
    attribution: str
    citation: str
    resolution: str

    @classmethod
    def copernicus(cls, metres: int) -> Terms:
        """
        Give the terms of the Copernicus DEM.

        Parameters
        ----------
        metres
            Side of its cells, 30 or 90. Units: m.

        Returns
        -------
        Terms
            Its terms.

        Examples
        --------
        >>> Terms.copernicus(30).licence
        'Copernicus DEM GLO-30 licence: free of charge, notices kept'
        """
        return cls(
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

    @classmethod
    def worldcover(cls, year: int, version: int) -> Terms:
        """
        Give the terms of ESA WorldCover.

        Parameters
        ----------
        year, version
            Year of the map, and its version, such as 200.

        Returns
        -------
        Terms
            Its terms.
        """
        doi = _WORLDCOVER_DOI.get(year)
        return cls(
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

    @classmethod
    def ucdp_ged(cls, version: str) -> Terms:
        """
        Give the terms of a version of the UCDP Georeferenced Event Dataset.

        Parameters
        ----------
        version
            Its number, such as ``"25.1"``; one of three parts is a candidate.

        Returns
        -------
        Terms
            Its terms.
        """
        year = int(version.split(".", maxsplit=1)[0])
        candidate = version.count(".") > 1
        last = (
            f"the article on organized violence that the download page names for version {version}"
        )
        article = _CANDIDATE if candidate else _OF_THE_YEAR.get(year, last)
        kind = "UCDP Candidate Events" if candidate else "UCDP GED"
        return cls(
            title=f"{kind} version {version}",
            licence="CC BY 4.0",
            attribution=f"Uppsala Conflict Data Program (UCDP), {kind} version {version}, CC BY 4.0",
            citation=f"{_GED}; {article}.",
            resolution="places of class where_prec 1 to 7: from a known point to a country",
        )

    @classmethod
    def openstreetmap(cls) -> Terms:
        """
        Give the terms of roads of OpenStreetMap.

        Returns
        -------
        Terms
            Its terms.
        """
        return cls(
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

    @classmethod
    def grip4(cls) -> Terms:
        """
        Give the terms of the Global Roads Inventory Project, version 4.

        Returns
        -------
        Terms
            Its terms.
        """
        return cls(
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

    @classmethod
    def of_tile(cls, name: str) -> Terms | None:
        """
        Tell the terms of a tile by its name.

        Parameters
        ----------
        name
            Name of the file.

        Returns
        -------
        Terms or None
            Its terms; None where the name is of no known product.

        Examples
        --------
        >>> Terms.of_tile("ESA_WorldCover_10m_2021_v200_N33E039_Map.tif").licence
        'CC BY 4.0'
        >>> Terms.of_tile("own.tif") is None
        True
        """
        if found := _DEM.match(name):
            # 10 and 30 are tenths of an arc second: 30 and 90 m.
            return cls.copernicus(3 * int(found["arc"]))
        if found := _COVER.match(name):
            return cls.worldcover(int(found["year"]), int(found["version"]))
        return None
