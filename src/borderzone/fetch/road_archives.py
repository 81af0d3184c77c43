"""Bringing roads: extracts of OpenStreetMap or regions of GRIP4, cut to a corridor and its margin."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio.errors
import shapely

from borderzone._guards import check_choice, guarded, is_number
from borderzone._guards.escapes import file_word
from borderzone.crs import check_finite, in_degrees
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError, LimitError
from borderzone.fetch.address import checked_mirror
from borderzone.fetch.area import Ground
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.events import checked_path
from borderzone.fetch.extracts import EXTRACTS, REGIONS, ROAD_SOURCES
from borderzone.fetch.fetching import bring_files
from borderzone.fetch.integrity import DamagedError, same_md5
from borderzone.fetch.network import Network
from borderzone.fetch.planning import Job, survey_of
from borderzone.io import sha256, write_gpkg, write_sidecar
from borderzone.io.archives import unpacked_layers
from borderzone.io.ogr import read_pieces

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from borderzone.fetch.extracts import RoadFile, RoadSource
    from borderzone.fetch.planning import Plan
    from borderzone.fetch.transfer import Part

__all__ = ["RoadsResult", "roads", "roads_plan"]

_log = logging.getLogger("borderzone")


@guarded
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
        """
        Give the line for a study file that uses the roads.

        Returns
        -------
        str
            TOML.
        """
        return f"roads = {json.dumps(self.path.absolute().as_posix(), ensure_ascii=False)}"


def roads_plan(
    where: Any,
    *,
    source: str = "osm",
    extracts: Sequence[str] | None = None,
    regions: Sequence[int] | None = None,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
) -> Plan:
    """
    Tell what a fetch of roads would bring; the server is asked, nothing is written.

    Parameters
    ----------
    where
        As for `roads`.
    source
        ``"osm"`` or ``"grip4"``.
    extracts, regions
        As for `roads`.
    cache
        Folder that archives are kept in; see `cache_folder`.
    network
        Mirror, limits and patience.

    Returns
    -------
    Plan
        Names, sizes, what is there already, and what the store does not have.

    Raises
    ------
    NetworkError
        If the server cannot be asked.
    InvalidParameterError
        If an option makes no sense.
    """
    job = _job(where, source, extracts, regions, cache, network or Network())
    with job.asking() as server:
        return survey_of(job, server).plan


def roads(  # noqa: PLR0913 (one option a matter that users decide)
    where: Any,
    *,
    source: str = "osm",
    extracts: Sequence[str] | None = None,
    regions: Sequence[int] | None = None,
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
    extracts
        Extracts of OpenStreetMap to take, such as ``["asia/iraq"]``; those of the border's two
        countries when left out. A large country has no extract in this form as a whole; name its
        parts, such as ``"europe/germany/bayern"``.
    regions
        Regions of GRIP4 to take, 1 to 7; 5 is the Middle East and Central Asia.
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
        Where the roads and their record are, and whom to credit.

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
    borderzone.errors.InvalidParameterError: extracts must be given where the ground is no \
corridor of a border, such as extracts=['asia/iraq'] (--extract)
    """
    net, say = network or Network(), announce or _log.info
    job = _job(where, source, extracts, regions, cache, net)
    ground = Ground(where, margin_km)
    path = checked_path(out, _file_name(job, where), overwrite=overwrite)
    survey, received = bring_files(job, say, confirm)
    kept, left_out = _cut(job, ground)
    if kept.empty:
        msg = (
            f"no road of {job.source.title} ({', '.join(item.name for item in job.tiles)}) lies on "
            "this ground; name the extracts or regions that hold it (--extract, --region)"
        )
        raise DataError(msg)
    write_gpkg({"roads": kept}, path)
    digest = sha256(path)
    return RoadsResult(
        path=path,
        record=write_sidecar(path, _words(job, ground, kept, left_out, digest)),
        source=job.source.name,
        rows=len(kept),
        length_km=_length_km(kept),
        left_out=left_out,
        sha256=digest,
        fetched_bytes=received,
        from_cache=len(survey.plan.there),
        attribution=job.shelf.credit([item.file for item in job.tiles]),
    )


def _job(
    where: Any,
    source: str,
    extracts: Any,
    regions: Any,
    cache: Any,
    network: Network,
) -> Job:
    """Check what was asked for, without the network and without the disk."""
    chosen = ROAD_SOURCES[check_choice(source, "source", ROAD_SOURCES)]
    base = chosen.address if network.mirror is None else checked_mirror(network.mirror)
    return Job(
        source=chosen,
        tiles=list(_files(chosen, where, extracts, regions)),
        shelf=Shelf(chosen, cache_folder(cache) / f"roads-{chosen.name}"),
        base=base,
        network=network,
        check=lambda part: _check_archive(part, chosen),
    )


def _files(source: RoadSource, where: Any, extracts: Any, regions: Any) -> list[RoadFile]:
    grip = source.name == "grip4"
    given, other = (regions, extracts) if grip else (extracts, regions)
    if other is not None:
        kind = ("extracts are of OpenStreetMap", "regions are of GRIP4")[not grip]
        msg = f"{kind}; leave them out with source={source.name!r}"
        raise InvalidParameterError(msg)
    if given is None:
        given = _of_border(source, where)
    elif is_number(given) or isinstance(given, str):
        given = [given]
    parts = list(dict.fromkeys(given))
    if not parts:
        msg = f"{'regions' if grip else 'extracts'} is empty; name one at least, or leave it out"
        raise InvalidParameterError(msg)
    return [source.file(part) for part in parts]


def _of_border(source: RoadSource, where: Any) -> list[str]:
    """Name the extracts of the two countries of a border."""
    if source.name == "grip4":
        told = ", ".join(f"{number} {words}" for number, words in REGIONS.items())
        msg = f"regions must be given with source='grip4' (--region): {told}"
        raise InvalidParameterError(msg)
    border = getattr(where, "border", None)
    if border is None:
        msg = (
            "extracts must be given where the ground is no corridor of a border, such as "
            "extracts=['asia/iraq'] (--extract)"
        )
        raise InvalidParameterError(msg)
    unknown = [code for code in (border.a, border.b) if code not in EXTRACTS]
    if unknown:
        msg = (
            f"no extract of OpenStreetMap is known for {' and '.join(unknown)}; name one with "
            "extracts=[...] (--extract), as download.geofabrik.de calls it"
        )
        raise InvalidParameterError(msg)
    return [EXTRACTS[border.a], EXTRACTS[border.b]]


def _check_archive(part: Part, source: RoadSource) -> str:
    """Unpack the roads of an archive once without keeping them, and move it to where it is whole."""
    if same_md5(part.path, part.remote) is False:
        msg = "its MD5 is not the one that the server states"
        raise DamagedError(msg)
    try:
        with unpacked_layers(part.path, source.layer, what="roads"):
            pass  # their sizes and check sums are wanted, not they
    except LimitError:
        part.discard()
        raise
    except DataError as error:
        raise DamagedError(str(error)) from None
    part.path.replace(part.whole)
    return sha256(part.whole)


def _cut(job: Job, ground: Ground) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Roads on the ground with the classes of travel times, and what was left out, by class."""
    source: Any = job.source
    area = ground.area
    shapely.prepare(area)
    kept: list[gpd.GeoDataFrame] = []
    for item in job.tiles:
        archive = job.shelf.folder / item.file
        with unpacked_layers(archive, source.layer, what="roads") as files:
            kept += [near for file in files for near in _near(file, source, area)]
    whole: Any = pd.concat(kept, ignore_index=True) if kept else gpd.GeoDataFrame({"was": []})
    whole["class"] = whole["was"].map(dict(source.classes))
    strange = whole["class"].isna()
    left_out = {str(k): int(n) for k, n in whole.loc[strange, "was"].value_counts().items()}
    known = whole[~strange]
    if known.empty:
        return gpd.GeoDataFrame({"class": []}, geometry=[], crs=4326), left_out
    cut = shapely.intersection(known.geometry.to_numpy(), area)
    lines = gpd.GeoDataFrame(
        {"class": known["class"].to_numpy(), "source_class": known["was"].to_numpy()},
        geometry=cut,
        crs=4326,
    ).explode(ignore_index=True)
    lines = lines[lines.geom_type == "LineString"]
    # Two extracts share what lies on their border.
    return lines[~lines.geometry.to_wkb().duplicated()].reset_index(drop=True), left_out


def _near(file: Path, source: RoadSource, area: Any) -> list[gpd.GeoDataFrame]:
    found = []
    told = f"roads: {file.name!r}"
    try:
        for piece in read_pieces(file, file.stem, "roads", columns=[source.column]):
            if not isinstance(piece, gpd.GeoDataFrame) or piece.crs is None:
                msg = f"{told} has no lines, or names no coordinate reference system"
                raise DataError(msg)
            there = piece[piece.geometry.notna()]
            check_finite(there, told)
            flat = in_degrees(there.set_geometry(shapely.force_2d(there.geometry.array)), told)
            near = flat[shapely.intersects(area, flat.geometry.to_numpy())]
            was = near[source.column].map(_class_word)
            found.append(gpd.GeoDataFrame({"was": was}, geometry=near.geometry, crs=4326))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.CRSError, ValueError) as error:
        if isinstance(error, BorderzoneError):
            raise
        msg = f"{told} cannot be read ({str(error)[:200]}); remove it from the cache and fetch it again"
        raise DataError(msg) from error
    return [table for table in found if len(table)]


def _class_word(value: Any) -> str:
    """Write a class, which GRIP4 counts and others name."""
    return f"{value:g}" if is_number(value) else str(value)


def _file_name(job: Job, where: Any) -> str:
    border = getattr(where, "border", None)
    place = f"{border.a}-{border.b}" if border is not None else "cut"
    return f"roads-{job.source.name}-{file_word(place)}.gpkg"


def _length_km(lines: gpd.GeoDataFrame) -> float:
    from pyproj import Geod  # noqa: PLC0415 (few need it)

    geod = Geod(ellps="WGS84")
    return float(sum(geod.geometry_length(line) for line in lines.geometry)) / 1000


def _words(
    job: Job, ground: Ground, kept: gpd.GeoDataFrame, left_out: dict[str, int], digest: str
) -> dict[str, Any]:
    terms = job.source.terms
    retrieved = sorted({job.shelf.retrieved(item) for item in job.tiles})
    omitted = ", ".join(f"{count:,} of class {name}" for name, count in left_out.items())
    return {
        "title": terms.title,
        "dataset": job.source.name,
        "parts": [item.name for item in job.tiles],
        "address": ", ".join(f"{job.base}/{item.key}" for item in job.tiles),
        "retrieved": " to ".join(dict.fromkeys((retrieved[0], retrieved[-1]))),
        "rows": len(kept),
        "sha256": digest,
        "licence": terms.licence,
        "attribution": terms.attribution,
        "citation": terms.citation,
        "bounds": [round(edge, 6) for edge in ground.shape.bounds],
        "margin_km": ground.margin_km,
        "left_out": left_out,
        "notes": (
            "Roads were cut to the ground and its margin, and their classes renamed."
            + (f" Left out: {omitted}." if omitted else "")
        ),
    }
