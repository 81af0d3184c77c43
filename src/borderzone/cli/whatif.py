"""The command ``borderzone whatif``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import borderzone as bz
from borderzone import errors
from borderzone.cli.options import refuse_existing, spread_options
from borderzone.cli.terminal import print_table, progress, remark, stopped

__all__ = ["whatif"]


@spread_options()
def whatif(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C ...]",
            help="Scenarios or studies as TOML, or names of presets; the first is the baseline.",
        ),
    ],
    *,
    on: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--border",
            metavar="A B",
            help="Two countries, for scenarios and presets; without, those of the built-in study.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all runs.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the table as CSV.")] = None,
) -> None:
    """Compare scenarios with the first, draw by draw with the same seed."""
    from borderzone.study import GROUND_STEPS, PATROL_STEPS, told  # noqa: PLC0415 - heavy imports

    if len(scenarios) < 2:
        msg = (
            f"a what-if holds one scenario or more against the first, got {scenarios[0]!r} alone; "
            "name another, such as night_vision_for_all"
        )
        raise errors.InvalidParameterError(msg)
    refuse_existing(out)
    base = None if on is None else bz.Study.between(*on)
    studies = [bz.Study.from_name(name, on=base) for name in scenarios]
    grounds: dict[str, Any] = {}
    results = []
    steps = (*GROUND_STEPS, *PATROL_STEPS) * len(studies)
    with stopped(lambda: "nothing is kept"), progress("What-if", steps) as step:
        for study in studies:
            # Scenarios that share a ground read it once.
            digest = study.ground_digest()
            if digest not in grounds:
                grounds[digest] = study.read_ground(step)
            results.append(study.run(seed=seed, ground=grounds[digest], progress=step))
    table = bz.compare(*results)
    first, *others = (result.scenario.name for result in results)
    print_table(table, f"{told.listed(others)} against {first}")
    remark(told.DIFFERENCE_WORDS)
    if out is not None:
        bz.io.write_csv(table, out)
