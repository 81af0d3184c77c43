"""The command ``borderzone fetch ucdp``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from borderzone._guards.escapes import block
from borderzone.errors import InvalidParameterError

__all__ = ["fetch_ucdp"]

_EXIT_INTERRUPTED = 130  # as shells count it


def fetch_ucdp(  # noqa: PLR0913 (one option a matter that users decide)
    *,
    version: Annotated[
        str, typer.Option("--version", help="25.1, or 25.0.9 for a monthly candidate.")
    ] = "25.1",
    a: Annotated[str | None, typer.Option("--a", help="First country of a border.")] = None,
    b: Annotated[str | None, typer.Option("--b", help="Second country of the border.")] = None,
    depth_km: Annotated[float, typer.Option(help="Depth of the corridor on both sides.")] = 50.0,
    margin_km: Annotated[float, typer.Option(help="How far around the corridor or box.")] = 0.0,
    bbox: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(metavar="W S E N", help="A box in degrees, instead of a border."),
    ] = None,
    years: Annotated[
        tuple[int, int] | None, typer.Option(metavar="FIRST LAST", help="Only these years.")
    ] = None,
    way: Annotated[
        str | None, typer.Option(help="bulk (the archive) or api (the pages of the service).")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write into.")] = Path(),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a table that is there.")
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder to keep whole versions in; else $BORDERZONE_CACHE."),
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="Root of your own copy: https, or http on localhost.")
    ] = None,
    max_gb: Annotated[float, typer.Option(help="Refuse to fetch more than this.")] = 2.0,
    timeout_s: Annotated[float, typer.Option(help="Longest wait for an answer, in s.")] = 30.0,
    attempts: Annotated[int, typer.Option(help="Tries in a row before giving up.")] = 5,
) -> None:
    """Bring UCDP GED (CC BY 4.0) for a border or box; a token comes from $UCDP_ACCESS_TOKEN."""
    from borderzone import fetch  # noqa: PLC0415 - heavy imports

    network = fetch.Network(mirror=mirror, max_gb=max_gb, timeout_s=timeout_s, attempts=attempts)
    where = _where(a, b, bbox, depth_km)
    try:
        result = fetch.ucdp(
            where,
            version=version,
            years=years,
            margin_km=margin_km,
            way=way,
            out=out,
            overwrite=overwrite,
            cache=cache,
            network=network,
            announce=_say,
        )
    except KeyboardInterrupt:
        folder = fetch.cache_folder(cache) / "ucdp"
        kept = f"what was brought is kept in {folder}, and the same command goes on from there"
        typer.echo(block(f"borderzone: interrupted; {kept}"), err=True)
        raise typer.Exit(_EXIT_INTERRUPTED) from None
    _say(f"{result.rows} of {result.rows_of_version} rows: {result.path}")
    _say(f"Record: {result.record}")
    _say(result.attribution)


def _say(sentence: str) -> None:
    typer.echo(block(sentence))


def _where(
    a: str | None, b: str | None, bbox: tuple[float, float, float, float] | None, depth_km: float
) -> Any:
    from borderzone.border import Border  # noqa: PLC0415 - heavy imports
    from borderzone.corridor import Corridor  # noqa: PLC0415

    if (a is None) != (b is None):
        msg = "a border has two countries: give both --a and --b"
        raise InvalidParameterError(msg)
    if a is not None and bbox is not None:
        msg = "give a border (--a, --b) or a box (--bbox), not both"
        raise InvalidParameterError(msg)
    if a is None or b is None:
        return bbox
    return Corridor.around(Border.between(a, b), depth_km=depth_km)
