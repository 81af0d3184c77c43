"""The command ``borderzone sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import borderzone as bz
from borderzone import whatif
from borderzone.cli.options import Where, spread_options, study_of
from borderzone.cli.terminal import progress, say, stopped

__all__ = ["sweep"]


@spread_options()
def sweep(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN.toml", help="What varies, what is asked of each case, and of which study."
        ),
    ],
    where: Where = None,
    *,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder to write, and to go on from when it is there."),
    ],
    workers: Annotated[
        int, typer.Option(help="Processes; the table is the same for any number.")
    ] = 1,
    seed: Annotated[
        int | None, typer.Option(help="Seed of every case; that of the plan, or 1, when left out.")
    ] = None,
) -> None:
    """Answer a study under many assumptions; the same command goes on after a stop."""
    study, asked = whatif.read_plan(plan, study=study_of(where) if where else None)
    asked["seed"] = asked.get("seed", 1) if seed is None else seed
    with stopped(lambda: _kept(out)), progress("Cases of the sweep") as step:
        table = bz.sweep(study, **asked, workers=workers, folder=out, progress=step)
    cases = table["case"].nunique()
    say(f"Sweep: {out}, {cases:,} {'case' if cases == 1 else 'cases'}, {len(table):,} rows")
    failed = table["case"][table["error"].notna()].nunique() if "error" in table else 0
    if failed:
        say(f"{failed:,} of them could not be run: column error says why")


def _kept(out: Path) -> str:
    """Say how many cases an interrupted sweep has, and how it goes on."""
    try:
        found = bz.open_sweep(out)
    except bz.BorderzoneError:
        return "no case was done"
    return f"{found.done:,} of {found.total:,} cases are kept in {out}, and the same command goes on from there"
