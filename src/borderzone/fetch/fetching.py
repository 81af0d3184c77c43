"""Bringing the tiles of a corridor: told beforehand, within limits, checked, credited."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from borderzone._guards import check_choice, guarded
from borderzone.errors import LimitError, NetworkError
from borderzone.fetch.network import Network
from borderzone.fetch.planning import Job, as_size, side_by_side, survey_of
from borderzone.fetch.tile_stores import SOURCES
from borderzone.fetch.transfer import bring

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.fetch.planning import Plan, Survey
    from borderzone.fetch.server import Server
    from borderzone.fetch.tile_stores import Item
    from borderzone.fetch.transfer import Brought

__all__ = ["FetchResult", "bring_files", "dem", "landcover"]

_log = logging.getLogger("borderzone")


@guarded
@dataclass(frozen=True, kw_only=True)
class FetchResult:
    """
    What a fetch left in the cache.

    Attributes
    ----------
    source
        Short name of the store.
    folder
        Folder of the tiles.
    paths
        The tiles that the ground needs, all whole and checked.
    missing
        Names of tiles that the store does not have: sea, or not released.
        What lies there is unknown.
    bytes
        Size of all `paths` together. Units: byte.
    fetched_bytes
        What came over the network. Units: byte.
    from_cache
        How many of the tiles were there already.
    attribution
        The text that must travel with the data, and when it was retrieved.
    """

    source: str
    folder: Path
    paths: tuple[Path, ...]
    missing: tuple[str, ...]
    bytes: int
    fetched_bytes: int
    from_cache: int
    attribution: str

    @property
    def study_line(self) -> str:
        """
        Give lines for a study file that uses the tiles.

        Returns
        -------
        str
            TOML: the folder where it holds these tiles alone, else the tiles one by one.
        """
        layer = SOURCES[self.source].layer
        if {*self.folder.glob("*.tif")} == {*self.paths}:
            lines = [f"{layer} = {_quoted(self.folder)}"]
        else:
            lines = [f"{layer} = [", *(f"  {_quoted(path)}," for path in self.paths), "]"]
        if layer == "landcover":
            lines.append(f'landcover_scheme = "{self.source}"')
        return "\n".join(lines)


def _quoted(path: Path) -> str:
    return json.dumps(path.as_posix(), ensure_ascii=False)


def dem(  # noqa: PLR0913 (one option a matter that users decide)
    where: Any,
    *,
    source: str = "glo30",
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
    confirm: Callable[[Plan], None] | None = None,
) -> FetchResult:
    """
    Bring the elevation tiles that a piece of ground needs.

    Tiles that are there already are checked and kept. One that was cut off is
    taken up where it ended. A tile that the store does not have is sea or not
    released: it is named, and its heights are unknown, never zero.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    source
        ``"glo30"`` or ``"glo90"``.
    margin_km
        How far around the ground. Travel times start up to 50 km outside a
        corridor. Units: km.
    cache
        Folder to keep tiles in; see `cache_folder`.
    network
        Mirror, limits and patience.
    announce
        Called with each sentence on what will be brought, before it is.
    confirm
        Called with the plan before anything is brought; it may raise to stop.

    Returns
    -------
    FetchResult
        Where the tiles are, which are missing, whom to credit.

    Raises
    ------
    NetworkError
        If a tile cannot be brought whole, or the store has none of them.
    LimitError
        If they are larger than the limit or the free space; nothing is
        brought then.
    OutputError
        If the cache cannot be written.
    InvalidParameterError
        If an option makes no sense.

    References
    ----------
    .. [1] European Space Agency (2021). Copernicus DEM, GLO-30 and GLO-90.
       doi:10.5270/ESA-c5d3d65
    """
    check_choice(source, "source", [name for name, s in SOURCES.items() if s.layer == "dem"])
    job = Job.of(where, SOURCES[source], margin_km, cache, network or Network())
    return _fetch(job, announce or _log.info, confirm)


def landcover(
    where: Any,
    *,
    margin_km: float = 0.0,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
    confirm: Callable[[Plan], None] | None = None,
) -> FetchResult:
    """
    Bring the tiles of ESA WorldCover 2021 that a piece of ground needs.

    Cells of 10 m, classes as in ``terrain.landcover.LAND_COVER["worldcover"]``.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    margin_km
        How far around the ground. Units: km.
    cache
        Folder to keep tiles in; see `cache_folder`.
    network
        Mirror, limits and patience.
    announce
        Called with each sentence on what will be brought, before it is.
    confirm
        Called with the plan before anything is brought; it may raise to stop.

    Returns
    -------
    FetchResult
        Where the tiles are, which are missing, whom to credit.

    Raises
    ------
    BorderzoneError
        As `dem`.

    References
    ----------
    .. [1] Zanaga, D. et al. (2022). ESA WorldCover 10 m 2021 v200.
       doi:10.5281/zenodo.7254221
    """
    job = Job.of(where, SOURCES["worldcover"], margin_km, cache, network or Network())
    return _fetch(job, announce or _log.info, confirm)


def bring_files(
    job: Job, announce: Callable[[str], None], confirm: Callable[[Plan], None] | None
) -> tuple[Survey, int]:
    """Bring the files of a job that are not there yet, within its limits."""
    with job.asking() as server, job.shelf.alone(announce):
        survey = survey_of(job, server)
        for sentence in survey.plan.sentences():
            announce(sentence)
        _check_any(job, survey.plan)
        _check_room(job, server, survey.plan)
        if confirm is not None:
            confirm(survey.plan)
        job.shelf.note_unknown(survey.missing)
        _bring_all(job, server, survey)
        job.shelf.write_credit()
    return survey, server.received


def _fetch(
    job: Job, announce: Callable[[str], None], confirm: Callable[[Plan], None] | None
) -> FetchResult:
    survey, received = bring_files(job, announce, confirm)
    missing = set(survey.plan.missing)
    files = [tile.file for tile in job.tiles if tile.name not in missing]
    paths = tuple(job.shelf.folder / file for file in files)
    return FetchResult(
        source=job.source.name,
        folder=job.shelf.folder,
        paths=paths,
        missing=survey.plan.missing,
        bytes=sum(path.stat().st_size for path in paths),
        fetched_bytes=received,
        from_cache=len(survey.plan.there),
        attribution=job.shelf.credit(files),
    )


def _check_any(job: Job, outline: Plan) -> None:
    if job.check is not None and outline.missing:
        msg = (
            f"{outline.server} has no {', '.join(outline.missing)}: a large country has no archive "
            "as a whole, name its parts, such as --extract europe/germany/bayern "
            f"(extracts); or the address of the mirror is wrong: {job.source.title} lies under "
            f"{job.source.address}"
        )
        raise NetworkError(msg)
    if len(outline.missing) == len(outline.needed):
        msg = (
            f"{outline.server} has none of the tiles needed "
            f"({', '.join(outline.missing)}): all of it sea or not released, or the address of the "
            f"mirror is wrong; {job.source.title} lies under {job.source.address}"
        )
        raise NetworkError(msg)


def _check_room(job: Job, server: Server, outline: Plan) -> None:
    """Refuse too much before the first byte is asked for."""
    if not server.allows(outline.bytes):
        msg = (
            f"{as_size(outline.bytes)} are to be fetched, the limit is {job.network.max_gb:g} GB; "
            "raise it with --max-gb (max_gb), or take a smaller corridor or margin or a coarser "
            "source"
        )
        raise LimitError(msg)
    free = shutil.disk_usage(job.shelf.folder).free
    if outline.bytes > free:
        msg = (
            f"{as_size(outline.bytes)} are to be fetched, {as_size(free)} are free in "
            f"{job.shelf.folder}; make room, or name another folder with --cache"
        )
        raise LimitError(msg)


def _bring_all(job: Job, server: Server, survey: Survey) -> None:
    remotes = dict(survey.found)
    total = sum(survey.plan.sizes.values())
    hidden = None if total else True  # None: shown on a terminal only
    with tqdm(total=total, unit="B", unit_scale=True, desc=job.source.title, disable=hidden) as bar:
        counted: dict[Item, int] = {}

        def work(tile: Item) -> Brought:
            def report(there: int) -> None:
                with bar.get_lock():
                    bar.update(there - counted.get(tile, 0))
                    counted[tile] = there

            return bring(server, tile, remotes[tile], job.shelf.partial, report, check=job.check)

        for tile, brought in side_by_side(server, work, remotes):
            job.shelf.put(tile, brought, job.base)
