"""Roads: archives of OpenStreetMap or GRIP4 brought whole, then cut to a corridor and its margin."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from borderzone._guards import check_choice, is_number, is_whole, shown
from borderzone.crs import GEOD
from borderzone.errors import DataError, InvalidParameterError
from borderzone.fetch.area import Area, place_word
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.network import Network
from borderzone.fetch.planning import Job, Store, checked_path
from borderzone.fetch.server import Item
from borderzone.io import (
    Terms,
    check_archive,
    read_archived,
    sha256,
    write_sidecar,
    write_vector,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from borderzone.fetch.area import Where
    from borderzone.fetch.planning import Plan

__all__ = ["EXTRACTS", "ROAD_SOURCES", "RoadStore", "RoadsResult", "roads", "roads_plan"]

_log = logging.getLogger("borderzone")


def roads(  # noqa: PLR0913 - one option a matter that users decide
    where: Where,
    *,
    source: str = "osm",
    parts: str | int | Sequence[str] | Sequence[int] | None = None,
    margin_km: float = 50.0,
    out: str | os.PathLike[str] = ".",
    overwrite: bool = False,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
    confirm: Callable[[Plan], None] | None = None,
) -> RoadsResult:
    """
    Bring the roads of a piece of ground, with their classes.

    The extracts of OpenStreetMap of the border's two countries, or regions of GRIP4, are brought
    whole, checked and kept in the cache; cutting them again asks nobody. The roads on the ground and
    within the margin are written as a GeoPackage with the column ``class``, whose names are those
    of `borderzone.access.ROAD_SPEEDS`. A study takes it as ``roads``.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east and north in degrees.
    source
        ``"osm"`` for OpenStreetMap (ODbL 1.0) or ``"grip4"`` (CC0 1.0).
    parts
        Extracts of OpenStreetMap, such as ``["asia/iraq"]``; those of the border's two countries
        when left out. A large country has no extract in this form as a whole; name its parts, such
        as ``"europe/germany/bayern"``. Of GRIP4, regions from 1 to 7; 5 is the Middle East and
        Central Asia.
    margin_km
        How far around the ground. Travel times start up to 50 km outside a corridor. Units: km.
    out
        Folder to write into; it is made where it is missing.
    overwrite
        Whether a file that is there may be replaced.
    cache
        Folder to keep archives in; see `cache_folder`.
    network
        Mirror, limits and patience.
    announce
        Called with each sentence on what will be brought, before it is.
    confirm
        Called with the plan before anything is brought; it may raise to stop.

    Returns
    -------
    RoadsResult
        ``path`` of the roads and ``record`` beside them, how many ``rows`` and ``length_km``, the
        ``study_line`` that uses them, and the ``attribution`` they carry.

    Raises
    ------
    InvalidParameterError
        If an option makes no sense, or no extract of a country is known.
    InvalidGeometryError, CRSMismatchError
        If the ground is none.
    NetworkError
        If the server has no such archive, refuses, or delivers a damaged file.
    LimitError
        If they are larger than the limit, or unpack to more than is allowed.
    DataError
        If no road lies there, or the archive holds no roads.
    OutputError
        If the file is there already, or cannot be written.

    References
    ----------
    .. [1] OpenStreetMap contributors, extracts by Geofabrik. https://download.geofabrik.de
    .. [2] Meijer, J.R. et al. (2018). Global patterns of current and future road infrastructure.
       Environmental Research Letters 13, 064006. doi:10.1088/1748-9326/aabd42

    Examples
    --------
    >>> roads((40, 33, 41, 34))
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: parts must be given where the ground is no corridor \
of a border, such as parts=['asia/iraq'] (--extract)
    """
    job = _job(where, source, parts, cache, network)
    area = Area(where, margin_km)
    path = checked_path(out, f"roads-{source}-{place_word(where)}.gpkg", overwrite=overwrite)
    plan, received = job.bring(announce or _log.info, confirm)
    kept, left_out = _cut(job, area)
    if kept.empty:
        msg = (
            f"no road of {plan.title} ({', '.join(plan.needed)}) lies on this ground; name the "
            "extracts or regions that hold it (--extract, --region)"
        )
        raise DataError(msg)
    write_vector({"roads": kept}, path)
    digest = sha256(path)
    return RoadsResult(
        path=path,
        record=write_sidecar(path, _words(job, area, len(kept), left_out, digest)),
        source=source,
        rows=len(kept),
        length_km=sum(GEOD.geometry_length(line) for line in kept.geometry) / 1000,
        left_out=left_out,
        sha256=digest,
        fetched_bytes=received,
        from_cache=len(plan.there),
        attribution=job.shelf.credit([item.file for item in job.items]),
    )


def roads_plan(
    where: Where,
    *,
    source: str = "osm",
    parts: str | int | Sequence[str] | Sequence[int] | None = None,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    ask: bool = True,
) -> Plan:
    """
    Tell what a fetch of roads would bring; nothing is written.

    Parameters
    ----------
    where
        As for `roads`.
    source
        ``"osm"`` or ``"grip4"``.
    parts
        As for `roads`.
    cache
        Folder that archives are kept in; see `cache_folder`.
    network
        Mirror, limits and patience.
    ask
        Whether the server is asked for sizes and for what it has; without, nothing is sent.

    Returns
    -------
    Plan
        As of `plan`.

    Raises
    ------
    NetworkError
        If the server cannot be asked.
    InvalidParameterError
        If an option makes no sense.

    Examples
    --------
    >>> roads_plan((40, 33, 41, 34), source="grip4", parts=8)
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: parts must be of GRIP4's seven regions (1 North \
America, 2 Central and South America, 3 Africa, 4 Europe, 5 Middle East and Central Asia, 6 South \
and East Asia, 7 Oceania), got 8
    """
    return _job(where, source, parts, cache, network).plan(ask=ask)


@dataclass(frozen=True, kw_only=True)
class RoadsResult:
    """
    What a fetch of roads left.

    Attributes
    ----------
    path
        GeoPackage of the roads, for ``Study(roads=...)``.
    record
        The record beside it: parts, address, day, rows, SHA-256, licence, credit.
    source
        Short name of the store.
    rows
        Roads in it, cut at the edge of the ground.
    length_km
        Their length. Units: km.
    left_out
        Roads on the ground of a class that nothing drives on or that is not known, by class.
    sha256
        Checksum of the file.
    fetched_bytes
        What came over the network. Units: byte.
    from_cache
        How many of the archives were there already.
    attribution
        Credit, licence and references that must travel with the data.
    """

    path: Path
    record: Path
    source: str
    rows: int
    length_km: float
    left_out: dict[str, int]
    sha256: str
    fetched_bytes: int
    from_cache: int
    attribution: str

    @property
    def study_line(self) -> str:
        """Line of TOML for a study that uses the roads."""
        return f"roads = {json.dumps(self.path.absolute().as_posix(), ensure_ascii=False)}"


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

_REGIONS = {
    1: "North America", 2: "Central and South America", 3: "Africa", 4: "Europe",
    5: "Middle East and Central Asia", 6: "South and East Asia", 7: "Oceania",
}  # fmt: skip
_REGIONS_TOLD = ", ".join(f"{number} {name}" for number, name in _REGIONS.items())


@dataclass(frozen=True, kw_only=True)
class RoadStore(Store):
    """
    A public store of roads.

    `layer` is the name of the Shapefiles of roads in an archive, as a regular expression, `column`
    holds the class of a road, and `classes` gives it as `borderzone.access.ROAD_SPEEDS` names it.
    """

    layer: str
    column: str
    classes: Mapping[str, str]

    def archive(self, part: Any) -> Item:
        """
        Name the archive of an extract of OpenStreetMap, or of a region of GRIP4.

        Examples
        --------
        >>> ROAD_SOURCES["osm"].archive("asia/iraq").key
        'asia/iraq-latest-free.shp.zip'
        >>> ROAD_SOURCES["grip4"].archive(5).key
        'GRIP4_Region5_vector_shp.zip'
        """
        if self.name == "grip4":
            if not is_whole(part) or part not in _REGIONS:
                msg = f"parts must be of GRIP4's seven regions ({_REGIONS_TOLD}), got {shown(part)}"
                raise InvalidParameterError(msg)
            file = f"GRIP4_Region{int(part)}_vector_shp.zip"
            return Item(name=f"GRIP4 region {int(part)}", key=file, file=file)
        if not isinstance(part, str) or not re.fullmatch(r"[a-z]+(?:[-/][a-z]+){0,9}", part):
            msg = (
                "parts of OpenStreetMap must be extracts as download.geofabrik.de names them, such "
                f"as 'asia/iraq' (--extract), got {shown(part)}; regions are of source='grip4'"
            )
            raise InvalidParameterError(msg)
        key = f"{part}-latest-free.shp.zip"
        return Item(name=part, key=key, file=key.replace("/", "_"))


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

ROAD_SOURCES: Mapping[str, RoadStore] = MappingProxyType(
    {
        "osm": RoadStore(
            name="osm",
            terms=Terms.openstreetmap(),
            address="https://download.geofabrik.de",
            layer=r"gis_osm_roads_free_\d{1,2}\.shp",
            column="fclass",
            classes=MappingProxyType(_OSM),
        ),
        "grip4": RoadStore(
            name="grip4",
            terms=Terms.grip4(),
            address="https://dataportaal.pbl.nl/downloads/GRIP4",
            layer=r"grip4_region\d\.shp",
            column="GP_RTP",
            classes=MappingProxyType(_GRIP),
        ),
    }
)
"""The stores of roads, by short name."""


def _job(
    where: Where,
    source: str,
    parts: Any,
    cache: str | os.PathLike[str] | None,
    network: Network | None,
) -> Job:
    """Check what was asked for, without the network and without the disk."""
    store = ROAD_SOURCES[check_choice(source, "source", ROAD_SOURCES)]
    return Job(
        store=store,
        items=[store.archive(part) for part in _parts(store, where, parts)],
        shelf=Shelf(store.terms, cache_folder(cache) / f"roads-{store.name}"),
        network=network or Network(),
        noun="archive",
        check=lambda _, path, __: check_archive(path, what="roads", pattern=store.layer),
        if_missing=(
            "a large country has no archive as a whole, name its parts, such as --extract "
            "europe/germany/bayern (parts)"
        ),
    )


def _parts(store: RoadStore, where: Where, parts: Any) -> Iterable[Any]:
    """Take what was named, or else the extracts of the two countries of a border."""
    if parts is not None:
        named = dict.fromkeys([parts] if is_number(parts) or isinstance(parts, str) else parts)
        if not named:
            msg = "parts is empty; name one at least, or leave it out"
            raise InvalidParameterError(msg)
        return named
    if store.name == "grip4":
        msg = f"parts must be given with source='grip4' (--region): {_REGIONS_TOLD}"
        raise InvalidParameterError(msg)
    border = getattr(where, "border", None)
    if border is None:
        msg = (
            "parts must be given where the ground is no corridor of a border, such as "
            "parts=['asia/iraq'] (--extract)"
        )
        raise InvalidParameterError(msg)
    unknown = [code for code in (border.a, border.b) if code not in EXTRACTS]
    if unknown:
        msg = (
            f"no extract of OpenStreetMap is known for {' and '.join(unknown)}; name one with "
            "parts=[...] (--extract), as download.geofabrik.de calls it"
        )
        raise InvalidParameterError(msg)
    # One extract may hold both countries.
    return dict.fromkeys(EXTRACTS[code] for code in (border.a, border.b))


def _cut(job: Job, area: Area) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Roads on the ground with the classes of travel times, and what was left out, by class."""
    store: Any = job.store
    ground = area.whole
    shapely.prepare(ground)
    kept: list[gpd.GeoDataFrame] = []
    for item in job.items:
        archive = job.shelf.folder / item.file
        for piece in read_archived(archive, store.layer, columns=[store.column], what="roads"):
            near = piece[shapely.intersects(ground, piece.geometry.to_numpy())]
            if near.empty:
                continue
            was = near[store.column].map(_class_word)
            kept.append(gpd.GeoDataFrame({"was": was}, geometry=near.geometry, crs=4326))
    whole: Any = pd.concat(kept, ignore_index=True) if kept else gpd.GeoDataFrame({"was": []})
    whole["class"] = whole["was"].map(dict(store.classes))
    strange = whole["class"].isna()
    left_out = {str(k): int(n) for k, n in whole.loc[strange, "was"].value_counts().items()}
    known = whole[~strange]
    if known.empty:
        return gpd.GeoDataFrame({"class": []}, geometry=[], crs=4326), left_out
    lines = gpd.GeoDataFrame(
        {"class": known["class"].to_numpy(), "source_class": known["was"].to_numpy()},
        geometry=shapely.intersection(known.geometry.to_numpy(), ground),
        crs=4326,
    ).explode(ignore_index=True)
    lines = lines[lines.geom_type == "LineString"]
    # Two extracts share what lies on their border.
    return lines[~lines.geometry.to_wkb().duplicated()].reset_index(drop=True), left_out


def _class_word(value: object) -> str:
    """Write a class, which GRIP4 counts and others name."""
    return f"{value:g}" if is_number(value) else str(value)


def _words(
    job: Job, area: Area, rows: int, left_out: dict[str, int], digest: str
) -> dict[str, Any]:
    omitted = ", ".join(f"{count:,} of class {name}" for name, count in left_out.items())
    return {
        **job.shelf.words(job.items, job.base),
        "dataset": job.store.name,
        "parts": [item.name for item in job.items],
        "rows": rows,
        "sha256": digest,
        **area.words,
        "left_out": left_out,
        "notes": (
            "Roads were cut to the ground and its margin, and their classes renamed."
            + (f" Left out: {omitted}." if omitted else "")
        ),
    }
