"""The command ``borderzone figure``: one figure of a study, in a size and for a place of one's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import borderzone as bz
from borderzone import errors
from borderzone._guards import check_choice, shown
from borderzone.cli.options import Where, refuse_existing, spread_options, study_of
from borderzone.cli.terminal import progress, remark, say, stopped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["figure"]

_FORMATS = ("png", "svg", "pdf")


def _figure_names(incomplete: str) -> list[str]:
    return [name for name in bz.figures.FIGURES if name.startswith(incomplete)]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How a figure is drawn; what is left out is as usual."""

    size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="a4, a4-portrait, a3, 16:9, text, column, or inches such as 6.3x4.2.",
        ),
    ] = None
    title: Annotated[str | None, typer.Option(help="Title in place of its own.")] = None
    km: Annotated[
        tuple[float, float] | None, typer.Option(metavar="FROM TO", help="Only these kilometres.")
    ] = None
    extent: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(metavar="W S E N", help="Only this box, in degrees."),
    ] = None
    theme: Annotated[str | None, typer.Option(help="light, dark or grey.")] = None
    lang: Annotated[str | None, typer.Option(help="Language of its fixed words: en, ar, fr.")] = (
        None
    )

    def asked(self) -> dict[str, Any]:
        """Give what was said of a figure; the figure refuses what it does not show."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {key: value for key, value in said.items() if value is not None}
        if "size" in said:
            said["size"] = _size(said["size"])
        return said


@spread_options()
def figure(  # noqa: PLR0913 - which figure, of what, and records of the rest
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Which figure.", autocompletion=_figure_names)
    ],
    where: Where = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="File to write: .png, .svg or .pdf; else NAME.png."),
    ] = None,
    drawing: Drawing,
    other: Annotated[
        str, typer.Option(help="What the figure whatif compares with: a preset, or a TOML file.")
    ] = "night_vision_for_all",
    seed: Annotated[int | None, typer.Option(help="Seed; the study's own when left out.")] = None,
    detail: Annotated[str, typer.Option(help="public, or internal: shows sensitive layers.")] = (
        "public"
    ),
) -> None:
    """Draw one figure of a study, and describe it in words."""
    from borderzone.study import GROUND_STEPS, PATROL_STEPS  # noqa: PLC0415 - heavy imports

    check_choice(name, "NAME", bz.figures.FIGURES)
    file = Path(f"{name}.png") if out is None else out
    ending = file.suffix.lower().removeprefix(".")
    check_choice(ending, f"the ending of {str(file)!r}", _FORMATS)
    refuse_existing(file)
    options = drawing.asked()
    study = study_of(where)
    against = bz.Study.from_name(other, on=study) if name == "whatif" else None
    steps = [
        *GROUND_STEPS,
        *PATROL_STEPS,
        *(() if against is None else PATROL_STEPS),
        ("figure", 2.0),
    ]
    with stopped(lambda: "nothing is kept"), progress(f"Figure of {study.name}", steps) as step:
        shown_results = _results(study, against, seed, detail, step)
        step(f"figure: {name}")
        with bz.figures.unshown():
            ax = bz.figures.FIGURES[name].draw(*shown_results, **options)
        words = bz.figures.alt_text(shown_results[0], name, other=shown_results[-1])
        bz.figures.save(
            ax, file.with_suffix(""), alt=words, formats=[ending], internal=detail == "internal"
        )
    say(f"Figure: {file}")
    remark(words)


def _results(
    study: bz.Study,
    against: bz.Study | None,
    seed: int | None,
    detail: str,
    step: Callable[[str], None],
) -> list[bz.StudyResult]:
    """Run what is drawn, in the edition that may leave."""
    from borderzone.report import edition  # noqa: PLC0415 - heavy imports

    first = study.run(seed=seed, progress=step)
    results = [first]
    if against is not None:
        shared = first.ground if against.ground_key == study.ground_key else None
        results.append(against.run(seed=first.seed, ground=shared, progress=step))
    return [edition(result, detail).result for result in results]


def _size(word: str) -> str | tuple[float, float]:
    """Take a named size, or width and height in inches."""
    found = re.fullmatch(r"(\d+\.?\d*)\s*[x×]\s*(\d+\.?\d*)", word)
    if found:
        return float(found[1]), float(found[2])
    if re.match(r"\d+\.?\d*\s*[x×]", word):
        msg = f"size must be a name or inches such as 6.3x4.2, got {shown(word)}"
        raise errors.InvalidParameterError(msg)
    return word
