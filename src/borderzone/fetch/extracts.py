"""Files of roads: which extract of OpenStreetMap holds a country, and which regions GRIP4 has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from borderzone._guards import is_whole, shown
from borderzone.errors import InvalidParameterError
from borderzone.io.terms import grip4, openstreetmap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone.io.terms import Terms

__all__ = ["EXTRACTS", "REGIONS", "ROAD_SOURCES", "RoadFile", "RoadSource"]

# Extracts by country, as the list of Geofabrik's download server names them; one extract may hold
# several countries.
_BY_CONTINENT = {
    "africa": (
        "DZA algeria, AGO angola, BEN benin, BWA botswana, BFA burkina-faso, BDI burundi, "
        "CMR cameroon, CAF central-african-republic, TCD chad, COG congo-brazzaville, "
        "COD congo-democratic-republic, DJI djibouti, EGY egypt, GNQ equatorial-guinea, "
        "ERI eritrea, ETH ethiopia, GAB gabon, GHA ghana, GIN guinea, GNB guinea-bissau, "
        "CIV ivory-coast, KEN kenya, LSO lesotho, LBR liberia, LBY libya, MWI malawi, MLI mali, "
        "MRT mauritania, MAR morocco, SAH morocco, MOZ mozambique, NAM namibia, NER niger, "
        "NGA nigeria, RWA rwanda, SEN senegal-and-gambia, GMB senegal-and-gambia, "
        "SLE sierra-leone, SOM somalia, SOL somalia, ZAF south-africa, SDS south-sudan, "
        "SDN sudan, SWZ swaziland, TZA tanzania, TGO togo, TUN tunisia, UGA uganda, ZMB zambia, "
        "ZWE zimbabwe"
    ),
    "asia": (
        "AFG afghanistan, ARM armenia, AZE azerbaijan, BGD bangladesh, BTN bhutan, KHM cambodia, "
        "CHN china, HKG china/hong-kong, MAC china/macau, TLS east-timor, ARE gcc-states, "
        "KWT gcc-states, OMN gcc-states, QAT gcc-states, SAU gcc-states, IND india, "
        "IDN indonesia, IRN iran, IRQ iraq, ISR israel-and-palestine, PSX israel-and-palestine, "
        "JOR jordan, KAZ kazakhstan, KAB kazakhstan, KGZ kyrgyzstan, LAO laos, LBN lebanon, "
        "MYS malaysia-singapore-brunei, SGP malaysia-singapore-brunei, "
        "BRN malaysia-singapore-brunei, MNG mongolia, MMR myanmar, NPL nepal, PRK north-korea, "
        "PAK pakistan, KOR south-korea, SYR syria, TJK tajikistan, THA thailand, "
        "TKM turkmenistan, UZB uzbekistan, VNM vietnam, YEM yemen"
    ),
    "europe": (
        "ALB albania, AND andorra, AUT austria, BLR belarus, BEL belgium, "
        "BIH bosnia-herzegovina, BGR bulgaria, HRV croatia, CYP cyprus, CYN cyprus, CNM cyprus, "
        "ESB cyprus, WSB cyprus, CZE czech-republic, DNK denmark, EST estonia, FIN finland, "
        "FRA france, GEO georgia, DEU germany, GBR united-kingdom, GRC greece, HUN hungary, "
        "IRL ireland-and-northern-ireland, ITA italy, SMR italy, VAT italy, KOS kosovo, "
        "LVA latvia, LIE liechtenstein, LTU lithuania, LUX luxembourg, MKD macedonia, "
        "MDA moldova, MCO monaco, MNE montenegro, NLD netherlands, NOR norway, POL poland, "
        "PRT portugal, ROU romania, SRB serbia, SVK slovakia, SVN slovenia, ESP spain, "
        "SWE sweden, CHE switzerland, TUR turkey, UKR ukraine"
    ),
    "central-america": (
        "BLZ belize, CRI costa-rica, CUB cuba, USG cuba, SLV el-salvador, GTM guatemala, "
        "HTI haiti-and-domrep, DOM haiti-and-domrep, HND honduras, NIC nicaragua, PAN panama"
    ),
    "north-america": "CAN canada, MEX mexico, USA us",
    "south-america": (
        "ARG argentina, BOL bolivia, BRA brazil, CHL chile, COL colombia, ECU ecuador, "
        "GUY guyana, PRY paraguay, PER peru, SUR suriname, URY uruguay, VEN venezuela"
    ),
    "australia-oceania": "PNG papua-new-guinea",
}
EXTRACTS: Mapping[str, str] = MappingProxyType(
    {"RUS": "russia"}
    | {
        code: f"{continent}/{name}"
        for continent, words in _BY_CONTINENT.items()
        for code, name in (pair.split() for pair in words.split(", "))
    }
)
"""Extract of OpenStreetMap by country, below the root of the download server."""

REGIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "North America",
        2: "Central and South America",
        3: "Africa",
        4: "Europe",
        5: "Middle East and Central Asia",
        6: "South and East Asia",
        7: "Oceania",
    }
)
"""Regions of GRIP4."""


@dataclass(frozen=True, kw_only=True)
class RoadFile:
    """
    An archive of roads.

    Attributes
    ----------
    name
        Extract or region, for messages.
    key
        Where it lies below the root of the server.
    file
        Name of its file.
    """

    name: str
    key: str
    file: str


@dataclass(frozen=True, kw_only=True)
class RoadSource:
    """
    A public store of roads.

    Attributes
    ----------
    name
        Short name, which is also the name of its folder in the cache.
    terms
        What it is, its licence, and the words that must travel with it.
    address
        Root of the store.
    layer
        Name of the Shapefiles of roads in an archive, as a regular expression.
    column
        Column that holds the class of a road.
    classes
        Class as `borderzone.access.ROAD_SPEEDS` names it, by the class of the source.
    """

    name: str
    terms: Terms
    address: str
    layer: str
    column: str
    classes: Mapping[str, str]

    @property
    def title(self) -> str:
        """Name of the product."""
        return self.terms.title

    def file(self, part: str | int) -> RoadFile:
        """Name the archive of an extract or region."""
        if self.name == "grip4":
            region = int(part) if is_whole(part) else 0
            if region not in REGIONS:
                told = ", ".join(f"{number} {words}" for number, words in REGIONS.items())
                msg = f"regions must be of GRIP4's seven ({told}), got {shown(part)}"
                raise InvalidParameterError(msg)
            file = f"GRIP4_Region{region}_vector_shp.zip"
            return RoadFile(name=f"GRIP4 region {region}", key=file, file=file)
        if not isinstance(part, str) or not re.fullmatch(r"[a-z]+(?:[-/][a-z]+){0,9}", part):
            msg = (
                "extracts must be names as on download.geofabrik.de, such as 'asia/iraq', got "
                f"{shown(part)}"
            )
            raise InvalidParameterError(msg)
        key = f"{part}-latest-free.shp.zip"
        return RoadFile(name=part, key=key, file=key.replace("/", "_"))


# Links count as the road that they lead to. Nothing drives on steps.
_OSM = {
    name: name
    for name in (
        "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
        "service", "track", "path",
    )
} | {
    f"{name}_link": name for name in ("motorway", "trunk", "primary", "secondary", "tertiary")
} | {
    f"track_grade{grade}": "track" for grade in range(1, 6)
} | {
    "living_street": "residential", "busway": "service", "unknown": "track", "bridleway": "path",
    "cycleway": "path", "footway": "path", "pedestrian": "path",
}  # fmt: skip
_GRIP = {
    "0": "unclassified", "1": "motorway", "2": "primary", "3": "secondary", "4": "tertiary",
    "5": "unclassified",
}  # fmt: skip

ROAD_SOURCES: Mapping[str, RoadSource] = MappingProxyType(
    {
        "osm": RoadSource(
            name="osm",
            terms=openstreetmap(),
            address="https://download.geofabrik.de",
            layer=r"gis_osm_roads_free_\d{1,2}\.shp",
            column="fclass",
            classes=MappingProxyType(_OSM),
        ),
        "grip4": RoadSource(
            name="grip4",
            terms=grip4(),
            address="https://dataportaal.pbl.nl/downloads/GRIP4",
            layer=r"grip4_region\d\.shp",
            column="GP_RTP",
            classes=MappingProxyType(_GRIP),
        ),
    }
)
"""The stores of roads, by short name."""
