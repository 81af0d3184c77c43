"""The command ``borderzone report``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import borderzone as bz
from borderzone import report as room
from borderzone._guards import asked_from, check_probability
from borderzone.cli.options import Limit, Terms, spread_options
from borderzone.cli.terminal import progress, say

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["report"]


@spread_options()
def report(  # noqa: PLR0913 - one option a matter that users decide
    study: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY.toml | LINE]",
            help="A study as TOML, or a file with a line; without one, the built-in study.",
        ),
    ] = None,
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
    room.check_folder(out, overwrite=overwrite)
    case = bz.Study.default() if study is None else bz.Study.from_file(study)
    case = case if terms is None else replace(case, terms=terms)
    with progress() as step:
        result = case.run(seed=case.seed if seed is None else seed, progress=step)
        if result.incidents.events is not None:
            with asked_from("command line"):
                bz.incidents.TableCheck(result.incidents.events).require_usable(limit=limit)
        other = _night_vision(case, result, step) if study is None else None
        page = bz.write_report(
            result, out, detail=detail, overwrite=overwrite, comparison=other, progress=step
        )
    say(f"Report: {page}")
    for sentence in result.summary:
        say(f"- {sentence}")


def _night_vision(
    case: bz.Study, result: bz.StudyResult, step: Callable[[str], None]
) -> bz.StudyResult:
    step("the what-if: night vision for all")
    return case.with_scenario(bz.PRESETS["night_vision_for_all"]).run(
        seed=result.seed, ground=result.ground
    )
