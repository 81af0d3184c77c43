"""The command ``borderzone whatif``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import borderzone as bz
from borderzone.cli.options import refuse_existing, spread_options
from borderzone.cli.terminal import print_table, progress, say

__all__ = ["whatif"]


@spread_options()
def whatif(
    a: Annotated[str, typer.Argument(help="Scenario or study as TOML, or the name of a preset.")],
    b: Annotated[str, typer.Argument(help="The same, to compare with the first.")],
    *,
    seed: Annotated[int, typer.Option(help="Seed of both runs.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the table as CSV.")] = None,
) -> None:
    """Compare two scenarios, draw by draw with the same seed."""
    from borderzone.study import told  # noqa: PLC0415 - heavy imports

    refuse_existing(out)
    studies = [bz.Study.from_name(name) for name in (a, b)]
    with progress() as step:
        results = [study.run(seed=seed, progress=step) for study in studies]
    table = bz.compare(*results)
    print_table(table, f"{results[0].scenario.name} against {results[1].scenario.name}")
    say(told.DIFFERENCE_WORDS)
    if out is not None:
        bz.io.write_csv(table, out)
