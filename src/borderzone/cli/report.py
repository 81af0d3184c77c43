"""The command ``borderzone report``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import borderzone as bz
from borderzone import report as room
from borderzone._guards import asked_from, check_probability, n_threads
from borderzone.cli.options import Limit, Terms, Where, spread_options, study_of
from borderzone.cli.terminal import progress, remark, say, since_start, stopped

__all__ = ["report"]


@spread_options()
def report(  # noqa: PLR0913 - one option a matter that users decide
    where: Where = None,
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")] = Path("out"),
    seed: Annotated[int | None, typer.Option(help="Seed; the study's own when left out.")] = None,
    detail: Annotated[str, typer.Option(help="public, or internal: adds sensitive layers.")] = (
        "public"
    ),
    terms: Terms = None,
    limit: Limit = 0.2,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the files that an earlier run wrote there.")
    ] = False,
) -> None:
    """Run a study and write its report; exit code 3 when too many rows of its incidents are unusable."""
    check_probability(limit, "limit")
    workers = min(2, n_threads())
    if workers > 1:
        room.warm_up()
    room.check_folder(out, overwrite=overwrite)
    case = study_of(where)
    case = case if terms is None else replace(case, terms=terms)
    start = bz.provenance.Stage(seconds=since_start(), peak_mb=None)
    with (
        stopped(lambda: _left(out)),
        progress(f"Report on {case.name}", _steps(workers, compared=not where)) as step,
    ):
        result = case.run(seed=case.seed if seed is None else seed, progress=step)
        result = replace(result, stages={"start": start, **result.stages})
        if result.incidents.events is not None:
            with asked_from("command line"):
                bz.incidents.TableCheck(result.incidents.events).require_usable(limit=limit)
        page = bz.write_report(
            result,
            out,
            detail=detail,
            overwrite=overwrite,
            comparison=None if where else partial(_night_vision, case, result),
            progress=step,
            workers=workers,
        )
    say(f"Report: {page}")
    for sentence in result.summary:
        remark(f"- {sentence}")


def _steps(workers: int, *, compared: bool) -> list[tuple[str, float]]:
    """Plan the run, its report included."""
    from borderzone.study import GROUND_STEPS, PATROL_STEPS  # noqa: PLC0415 - heavy imports

    return [*GROUND_STEPS, *PATROL_STEPS, *room.report_steps(workers, compared=compared)]


def _left(out: Path) -> str:
    """Say what an interrupted run leaves: a folder gets its name when it is whole."""
    if out.is_dir() and any(out.iterdir()):
        return f"{out} is as it was before, and nothing of this run is kept"
    return f"nothing is kept, and {out} was not written"


def _night_vision(case: bz.Study, result: bz.StudyResult) -> bz.StudyResult:
    return case.with_scenario(bz.PRESETS["night_vision_for_all"]).run(
        seed=result.seed, ground=result.ground
    )
