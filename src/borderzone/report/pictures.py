"""The figures of the report: drawn, saved in three formats with words and tables, embedded."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from PIL import Image

from borderzone import figures, incidents
from borderzone.figures.sheet import internal_band
from borderzone.figures.style import figure_of
from borderzone.io import write_csv
from borderzone.report.tables import credited
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["FigureSpec", "Picture", "draw_pictures", "figure_specs"]

# Resolution of the PNG of a page, and of a small figure. Units: dots per inch.
DPI = {False: 200, True: 300}
FORMATS = ("png", "svg", "pdf")
# Width of a picture inside the page. Units: pixels.
PAGE_WIDTH = 1500
SMALL_WIDTH = 1000


# Name, title, caption, drawing and table of a small figure.
_Words = tuple[str, str, str, Any, Any]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """
    One figure of the report.

    Attributes
    ----------
    name
        File name without ending.
    title
        Short name for readers.
    caption
        What to look at.
    alt
        Description in words.
    data
        The picture for the page, as base64 of a PNG.
    width, height
        Its size. Units: pixels.
    files
        Kind and path of every file, relative to the report.
    small
        Whether it takes half the width.
    """

    name: str
    title: str
    caption: str
    alt: str
    data: str
    width: int
    height: int
    files: tuple[dict[str, str], ...]
    small: bool


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """
    How one figure is made.

    Attributes
    ----------
    name, title, caption
        File name, short name and caption.
    draw
        Draws it.
    table
        Gives the table behind it.
    small
        Whether it takes half the width.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Axes]
    table: Callable[[], pd.DataFrame]
    small: bool = False


def draw_pictures(
    edition: Edition,
    folder: Path,
    comparison: StudyResult | None,
    step: Callable[[str], None],
) -> dict[str, Picture]:
    """Draw, save and embed every figure that a study can give."""
    target = folder / "figures"
    target.mkdir()
    found = {}
    for plan in figure_specs(edition.result, comparison):
        step(f"figure: {plan.title}")
        found[plan.name] = _made(plan, edition, target, comparison)
    return found


def figure_specs(result: StudyResult, comparison: StudyResult | None) -> list[FigureSpec]:
    """List the figures that a study can give."""
    listed = [
        FigureSpec(
            name="map",
            title="corridor map",
            caption=(
                "The corridor with its flagged ground, north up. Zones are regions of a coarse "
                "grid: their outlines are no lines on the ground."
            ),
            draw=lambda: figures.corridor_map(result),
            table=lambda: figures.corridor_map_data(result),
        )
    ]
    listed.append(
        FigureSpec(
            name="strip",
            title="strip map",
            caption="The same border pulled straight, segment by segment.",
            draw=lambda: figures.strip_map(result),
            table=lambda: figures.strip_map_data(result).reset_index(),
        )
    )
    if result.curve is not None:
        listed.append(
            FigureSpec(
                name="curve",
                title="coverage curve",
                caption=(
                    "How many units stop how many crossings. The bands are what the assumptions "
                    "leave open; the dotted lines, all that are seen, are the upper bound."
                ),
                draw=lambda: figures.coverage_curve(result),
                table=lambda: figures.coverage_curve_data(result),
            )
        )
    return [*listed, *_reach_specs(result), *_more_specs(result, comparison)]


def _reach_specs(result: StudyResult) -> list[FigureSpec]:
    plans = []
    reach = result.reach
    along = None if reach is None else reach.along
    if along is not None:
        plans += [
            FigureSpec(
                name="travel_time",
                title="travel time",
                caption=(
                    f"Hours from the nearest {told.origin_words(result)}. Ground beyond the dashed line was "
                    "not looked at."
                ),
                draw=lambda: figures.travel_time_map(result),
                table=lambda: figures.travel_time_map_data(result),
            ),
            FigureSpec(
                name="response",
                title="response along the border",
                caption="The same along the line itself, kilometre by kilometre.",
                draw=lambda: figures.response_times(result),
                table=along.reset_index,
            ),
        ]
    race = None if reach is None else reach.race
    if race is not None:
        plans.append(
            FigureSpec(
                name="race",
                title="race to cover",
                caption=(
                    "Share of each segment on which the response from the nearest "
                    f"{told.origin_words(result)} is at the line before somebody who was seen there is in the nearest cover."
                ),
                draw=lambda: figures.race_to_cover(result),
                table=race.reset_index,
            )
        )
    if "f_mask" in result.segments:
        columns = ["km_start", "km_end", "f_mask", "f_mask_low", "f_mask_high", "f_mask_source"]
        plans.append(
            FigureSpec(
                name="sight",
                title="out of sight",
                caption="Ground beside the border that a patrol on it does not see.",
                draw=lambda: figures.sight_lines(result),
                table=lambda: pd.DataFrame(result.segments[columns]).reset_index(),
            )
        )
    if reach is not None:
        words = (
            "How far somebody on foot gets in one night, and which share of the corridor that is."
        )
        draw, table = figures.night_reach, reach.night.reset_index
        plans.append(_small(result, "night_reach", "reach of a night", words, draw, table))
    return plans


def _more_specs(result: StudyResult, comparison: StudyResult | None) -> list[FigureSpec]:
    plans = []
    if comparison is not None and comparison.curve is not None and result.curve is not None:
        plans.append(
            FigureSpec(
                name="whatif",
                title="what if",
                caption=(
                    f"What changes from “{result.scenario.name}” to “{comparison.scenario.name}”, "
                    "draw by draw."
                ),
                draw=lambda: figures.whatif(result, comparison),
                table=lambda: figures.whatif_data(result, comparison).reset_index(),
            )
        )
    small: list[_Words] = []
    if result.sobol is not None:
        words = "Which assumption owns how much of the width of the bands."
        small.append(
            ("sensitivity", "sensitivity", words, figures.sensitivity, lambda: result.sobol)
        )
    words = "How long patrols must do without daylight, on the 15th of each month."
    table = result.night_hours.reset_index
    small.append(("night", "length of the night", words, figures.night_hours, table))
    if result.cave_calibration is not None:
        curve = result.cave_calibration.curve[["ground_share", "cave_share"]]
        words = "How much of the ground has to be looked at to meet how many of the known caves."
        small.append(("caves", "success rate", words, figures.success_rate, lambda: curve))
    small += _event_plans(result)
    for name, title, caption, draw, data in small:
        plans.append(_small(result, name, title, caption, draw, data))
    return plans


def _event_plans(result: StudyResult) -> list[_Words]:
    small: list[_Words] = []
    if result.overlay is not None and len(result.overlay):
        words = "Reported incidents by zone, each spread over all the places it may have been."
        small.append(
            (
                "incidents",
                "incidents by zone",
                words,
                figures.incident_overlay,
                lambda: result.overlay,
            )
        )
    if result.pressure is not None:
        words = "What reports would say of where crossings are, if they told it, and how little that is."
        small.append(
            (
                "incident_pressure",
                "weights by reports",
                words,
                figures.incident_pressure,
                lambda: result.pressure,
            )
        )
    if any(record.name == "article_incidents" for record in result.inputs):
        words = "How likely it was to be stopped, for every number of people stopped."
        small.append(
            (
                "interdictions",
                "chance of being stopped",
                words,
                lambda _: figures.interdictions(),
                incidents.interdiction_curve,
            )
        )
    if result.demo_overlay is not None and len(result.demo_overlay):
        words = (
            "SYNTHETIC DATA: what the same overlay shows with a larger table. None of it happened."
        )
        small.append(
            (
                "incidents_demo",
                "SYNTHETIC incidents by zone",
                words,
                lambda r: figures.incident_overlay(r, demo=True),
                lambda: result.demo_overlay.assign(synthetic="SYNTHETIC"),
            )
        )
    return small


def _small(
    result: StudyResult, name: str, title: str, caption: str, draw: Any, data: Any
) -> FigureSpec:
    return FigureSpec(
        name=name,
        title=title,
        caption=caption,
        draw=lambda: draw(result),
        table=data,
        small=True,
    )


def _made(
    plan: FigureSpec, edition: Edition, target: Path, comparison: StudyResult | None
) -> Picture:
    axes = plan.draw()
    figure = figure_of(axes)
    alt = figures.alt_text(edition.result, plan.name, other=comparison)
    table = credited(plan.table(), edition.result)
    if edition.internal:
        internal_band(figure)
        alt = f"INTERNAL, not for publication. {alt}"
        table = table.assign(detail="INTERNAL")
    files = figures.save(figure, target / plan.name, alt=alt, formats=FORMATS, dpi=DPI[plan.small])
    twin = target / f"{plan.name}.csv"
    write_csv(table, twin)
    figure.clear()
    data, width, height = _embedded(
        target / f"{plan.name}.png", SMALL_WIDTH if plan.small else PAGE_WIDTH
    )
    return Picture(
        name=plan.name,
        title=plan.title,
        caption=plan.caption,
        alt=alt,
        data=data,
        width=width,
        height=height,
        files=tuple(
            {"kind": file.suffix[1:].upper(), "path": f"figures/{file.name}"}
            for file in [*files, twin]
            if file.suffix != ".txt"
        ),
        small=plan.small,
    )


def _embedded(file: Path, width: int) -> tuple[str, int, int]:
    with Image.open(file) as picture:
        height = round(picture.height * width / picture.width)
        smaller = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    smaller.save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii"), width, height
