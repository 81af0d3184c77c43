"""Terms of public tiles that are known by their names: the words that must travel with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "Terms",
    "copernicus",
    "grip4",
    "openstreetmap",
    "terms_of",
    "ucdp_ged",
    "worldcover",
]


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
