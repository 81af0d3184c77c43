"""The commands ``borderzone fetch dem``, ``landcover``, ``roads`` and ``ucdp``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import borderzone as bz
from borderzone import fetch
from borderzone._guards import check_choice
from borderzone.cli.options import Where, spread_options, study_of
from borderzone.cli.terminal import EXIT_INTERRUPTED, complain, remark, say, stopped
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone.fetch.planning import Plan

__all__ = ["fetch_app"]

_ASK_FROM_BYTES = 100_000_000
_COVER = "worldcover"

fetch_app = typer.Typer(
    name="fetch",
    help="Bring elevation, land cover, roads or public incidents of a corridor from a public store.",
    no_args_is_help=True,
)


@dataclass(frozen=True, kw_only=True)
class Around:
    """How far from the border something is fetched."""

    depth_km: Annotated[
        float | None, typer.Option(help="Depth of the corridor; the study's own when left out.")
    ] = None
    margin_km: Annotated[float, typer.Option(help="How far around the corridor, in km.")] = 0.0


@dataclass(frozen=True, kw_only=True)
class AroundRoads(Around):
    """Roads from farther away lead into the corridor."""

    margin_km: Annotated[float, typer.Option(help="How far around the corridor, in km.")] = 50.0


@dataclass(frozen=True, kw_only=True)
class AroundOrBox(Around):
    """Public incidents may be of a box, or of all the world, in place of a border."""

    bbox: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(metavar="W S E N", help="A box in degrees, instead of a border."),
    ] = None
    world: Annotated[bool, typer.Option("--world", help="All the world, instead of a border.")] = (
        False
    )

    def ground(
        self, where: list[str] | None
    ) -> bz.Corridor | tuple[float, float, float, float] | None:
        """Give the corridor, the box, or None for all the world."""
        if bool(where) + (self.bbox is not None) + self.world > 1:
            msg = "give one of a border, a box (--bbox) and --world, not more than one"
            raise InvalidParameterError(msg)
        if self.bbox is not None or self.world:
            return self.bbox
        return _corridor(where, self.depth_km)


@dataclass(frozen=True, kw_only=True)
class Output:
    """The folder that what was cut to the corridor is written into."""

    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write into.")] = Path()
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Where fetched files are kept, who is asked for them, how much and how patiently."""

    cache: Annotated[
        Path | None,
        typer.Option(
            help="Folder to keep fetched files in; else $BORDERZONE_CACHE, else the platform's."
        ),
    ] = None
    mirror: Annotated[
        str | None,
        typer.Option(help="Root of your own copy of the store: https, or http on localhost."),
    ] = None
    max_gb: Annotated[
        float, typer.Option(help="Refuse, before it starts, to fetch more than this.")
    ] = 20.0
    timeout_s: Annotated[float, typer.Option(help="Longest wait for an answer, in seconds.")] = 30.0
    attempts: Annotated[int, typer.Option(help="Tries in a row before a file is given up.")] = 5

    @property
    def network(self) -> fetch.Network:
        """How the network is used."""
        return fetch.Network(
            mirror=self.mirror,
            max_gb=self.max_gb,
            timeout_s=self.timeout_s,
            attempts=self.attempts,
        )

    def kept(self, source: str) -> str:
        """Say what is kept when somebody ends a fetch."""
        folder = fetch.cache_folder(self.cache) / source
        return f"what was brought is kept in {folder}, and the same command goes on from there"


@dataclass(frozen=True, kw_only=True)
class TableTransfer(Transfer):
    """Tables are small: more than this is a mistake."""

    max_gb: Annotated[
        float, typer.Option(help="Refuse, before it starts, to fetch more than this.")
    ] = 2.0


@dataclass(frozen=True, kw_only=True)
class Assent:
    """Whether anything is fetched, and whether somebody is asked first."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be fetched; nothing is sent.")
    ] = False
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask on a terminal before 100 MB and more.")
    ] = False


@fetch_app.command("dem")
@spread_options()
def fetch_dem(
    where: Where = None,
    *,
    source: Annotated[str, typer.Option(help="glo30 or glo90: Copernicus DEM, 30 or 90 m.")] = (
        "glo30"
    ),
    around: Around,
    transfer: Transfer,
    assent: Assent,
) -> None:
    """Bring the Copernicus elevation tiles of a corridor."""
    check_choice(source, "source", ("glo30", "glo90"))
    _fetch_tiles(source, where, around, transfer, assent)


@fetch_app.command("landcover")
@spread_options()
def fetch_landcover(
    where: Where = None, *, around: Around, transfer: Transfer, assent: Assent
) -> None:
    """Bring the ESA WorldCover 2021 tiles of a corridor: classes at 10 m."""
    _fetch_tiles(_COVER, where, around, transfer, assent)


@fetch_app.command("roads")
@spread_options()
def fetch_roads(  # noqa: PLR0913 - where, which roads, and records of the rest
    where: Where = None,
    *,
    source: Annotated[str, typer.Option(help="osm (ODbL 1.0) or grip4 (CC0 1.0).")] = "osm",
    extract: Annotated[
        list[str] | None,
        typer.Option(help="Extract of OpenStreetMap, such as asia/iraq; may be given again."),
    ] = None,
    region: Annotated[
        list[int] | None, typer.Option(help="Region of GRIP4, 1 to 7; may be given again.")
    ] = None,
    around: AroundRoads,
    output: Output,
    transfer: Transfer,
    assent: Assent,
) -> None:
    """Bring the roads of a corridor: OpenStreetMap by country, or GRIP4 by region."""
    what: dict[str, Any] = {
        "source": source,
        "parts": [*(extract or ()), *(region or ())] or None,
        "cache": transfer.cache,
        "network": transfer.network,
    }
    corridor = _corridor(where, around.depth_km)
    if assent.dry_run:
        for sentence in fetch.roads_plan(corridor, **what, ask=False).sentences():
            say(sentence)
        return
    with stopped(lambda: transfer.kept(f"roads-{source}")):
        result = fetch.roads(
            corridor,
            margin_km=around.margin_km,
            out=output.out,
            overwrite=output.overwrite,
            announce=remark,
            confirm=None if assent.yes else _confirm,
            **what,
        )
    say(f"{result.rows:,} roads, {result.length_km:,.0f} km: {result.path}")
    remark(f"Record: {result.record}")
    remark(result.attribution)
    say(f"In a study file:\n{result.study_line}")


@fetch_app.command("ucdp")
@spread_options()
def fetch_ucdp(  # noqa: PLR0913 - where, which version, and records of the rest
    where: Where = None,
    *,
    version: Annotated[
        str, typer.Option("--version", help="25.1, or 25.0.9 for a monthly candidate.")
    ] = "25.1",
    around: AroundOrBox,
    years: Annotated[
        tuple[int, int] | None, typer.Option(metavar="FIRST LAST", help="Only these years.")
    ] = None,
    way: Annotated[
        str | None, typer.Option(help="bulk (the archive) or api (the pages of the service).")
    ] = None,
    output: Output,
    transfer: TableTransfer,
) -> None:
    """Bring UCDP GED (CC BY 4.0) for a border or box; a token comes from $UCDP_ACCESS_TOKEN."""
    network = transfer.network
    ground = around.ground(where)
    with stopped(lambda: transfer.kept("ucdp")):
        result = fetch.ucdp(
            ground,
            version=version,
            years=years,
            margin_km=around.margin_km,
            way=way,
            out=output.out,
            overwrite=output.overwrite,
            cache=transfer.cache,
            network=network,
            announce=remark,
        )
    say(f"{result.rows} of {result.rows_of_version} rows: {result.path}")
    remark(f"Record: {result.record}")
    remark(result.attribution)


def _fetch_tiles(
    source: str, where: list[str] | None, around: Around, transfer: Transfer, assent: Assent
) -> None:
    corridor = _corridor(where, around.depth_km)
    how: dict[str, Any] = {
        "margin_km": around.margin_km,
        "cache": transfer.cache,
        "network": transfer.network,
    }
    _say_corridor(corridor, source, around.margin_km)
    if assent.dry_run:
        for sentence in fetch.plan(corridor, source=source, **how, ask=False).sentences():
            say(sentence)
        return
    how |= {"announce": remark, "confirm": None if assent.yes else _confirm}
    with stopped(lambda: transfer.kept(source)):
        if source == _COVER:
            result = fetch.esa_worldcover(corridor, **how)
        else:
            result = fetch.dem(corridor, source=source, **how)
    say(f"{len(result.paths)} tiles, {result.bytes / 1e6:.2f} MB, in {result.folder}")
    remark(result.attribution)
    say(f"In a study file:\n{result.study_line}")


def _corridor(where: list[str] | None, depth_km: float | None) -> bz.Corridor:
    study = study_of(where)
    depth = study.scenario.depth_km if depth_km is None else depth_km
    return bz.Corridor.around(study.border, depth_km=depth, segment_km=study.scenario.segment_km)


def _confirm(plan: Plan) -> None:
    """Ask whoever sits at a terminal; a script has --max-gb."""
    ask = plan.bytes >= _ASK_FROM_BYTES and sys.stdin.isatty() and sys.stderr.isatty()
    if ask and not typer.confirm("Fetch them?", err=True):
        complain("borderzone: nothing was fetched")
        raise typer.Exit(EXIT_INTERRUPTED)


def _say_corridor(corridor: bz.Corridor, source: str, margin_km: float) -> None:
    around_km = bz.Study.margin_km
    depths = ", ".join(f"{code} {km:g} km" for code, km in corridor.depth_km.items())
    remark(f"Corridor {corridor.border.a}-{corridor.border.b}: {depths}; margin {margin_km:g} km.")
    if source == _COVER or margin_km >= around_km:
        return
    more = len(fetch.tiles(corridor, source=source, margin_km=around_km)) - len(
        fetch.tiles(corridor, source=source, margin_km=margin_km)
    )
    if more:
        remark(
            f"Travel times can start up to {around_km:g} km outside the corridor: ground without "
            f"elevation gives them no way. --margin-km {around_km:g} adds {more} tiles."
        )
