"""The figures of the report: drawn, saved in three formats with words and tables, embedded."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from borderzone import figures
from borderzone.io import write_csv
from borderzone.report.tables import credited
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from borderzone.report.helper import Helper
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["FigureSpec", "Picture", "begin_pictures", "draw_pictures", "figure_specs"]

# Resolution of the PNG of a page, and of a small figure. Units: dots per inch.
DPI = {False: 200, True: 300}
FORMATS = ("png", "svg", "pdf")
# Fewer located events say nothing of where crossings are.
FEWEST_EVENTS = 20
# Width of a picture inside the page. Units: pixels.
PAGE_WIDTH = 1500
SMALL_WIDTH = 1000
# At this quality no eye tells letters of 7 pt from those of the file beside the page.
WEBP_QUALITY = 88
# A longer table is linked and not held. Units: bytes.
LONGEST_TABLE = 100_000


# Name, title and caption of a figure.
_Words = tuple[str, str, str]


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
        The picture for the page, as base64 of a WebP.
    csv
        Its table as base64 of a CSV; empty where that is too long for a page.
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
    csv: str
    width: int
    height: int
    files: tuple[dict[str, str], ...]
    small: bool


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """
    One figure that a report shows.

    Attributes
    ----------
    name
        Its name in `figures.FIGURES`, and that of its files.
    title, caption
        Short name and caption.
    compared
        Whether it shows a second result beside the first.
    small
        Whether it takes half the width.
    """

    name: str
    title: str
    caption: str
    compared: bool = False
    small: bool = False

    def draw(self, result: StudyResult, other: StudyResult | None = None) -> Axes:
        """Draw it, for its files alone."""
        results = (result, other) if self.compared else (result,)
        with figures.unshown():
            return figures.FIGURES[self.name].draw(*results)


# Figures of tables that are worked out when they are first asked for: this process, which tabulates
# them too, draws them, so that each is worked out once.
_PUT_OFF = (
    "answer", "coverage_curve", "month_moon", "sensitivity", "hindcast", "weakest_crossing",
    "post_curve", "crossing_map",
)  # fmt: skip


def begin_pictures(edition: Edition, folder: Path, helper: Helper) -> None:
    """Let a second process draw what stands in the result already, while this one does something else."""
    target = folder / "figures"
    target.mkdir()
    result = edition.result
    there = replace(
        result,
        **{
            name: getattr(result, name).without_put_off()
            for name in ("ground", "incidents", "patrol", "crossing")
        },
    )
    plans = [plan for plan in figure_specs(result, None) if plan.name not in _PUT_OFF]
    helper.begin(_made, (replace(edition, result=there), target, None), plans)


def draw_pictures(
    edition: Edition,
    folder: Path,
    comparison: StudyResult | None,
    step: Callable[[str], None],
    helper: Helper | None = None,
) -> dict[str, Picture]:
    """Draw, save and embed every figure that a study can give, with a second process where there is one."""
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    plans = figure_specs(edition.result, comparison)
    found = {}

    def begin(plan: FigureSpec) -> None:
        step(f"figure: {plan.title}")

    for plan in plans:
        if helper is None or plan.compared or plan.name in _PUT_OFF:
            begin(plan)
            found[plan.name] = _made(edition, target, comparison, plan)
    if helper is not None:
        found |= {picture.name: picture for picture in helper.finish(begin)}
    return {plan.name: found[plan.name] for plan in plans}


def figure_specs(result: StudyResult, comparison: StudyResult | None) -> list[FigureSpec]:
    """List the figures that a study can give."""
    large = (
        []
        if result.answer is None
        else [
            (
                "answer",
                "the answer",
                (
                    "How many people it takes to see half, to leave no gap and to stop half, by what they watch "
                    "with and whether anybody leads them. The lines are what nobody chooses."
                ),
            )
        ]
    )
    large += [
        (
            "corridor_map",
            "corridor map",
            (
                "The corridor with its flagged ground, north up. Zones are regions of a coarse "
                "grid: their outlines are no lines on the ground."
            ),
        ),
        ("strip_map", "strip map", "The same border pulled straight, segment by segment."),
    ]
    if result.curve is not None:
        large.append(
            (
                "coverage_curve",
                "coverage curve",
                (
                    "How many of the scenario's own units see and stop how many crossings, led and not. The "
                    "bands are what the assumptions leave open."
                ),
            )
        )
    large += [*_plan_words(result), *_crossing_words(result), *_reach_words(result)]
    plans = [FigureSpec(name=name, title=title, caption=caption) for name, title, caption in large]
    if comparison is not None and comparison.curve is not None and result.curve is not None:
        plans.append(
            FigureSpec(
                name="whatif",
                title="what if",
                caption=(
                    f"What changes from “{result.scenario.name}” to “{comparison.scenario.name}”, "
                    "draw by draw."
                ),
                compared=True,
            )
        )
    plans += [
        FigureSpec(name=name, title=title, caption=caption, small=True)
        for name, title, caption in [*_small_words(result), *_event_words(result)]
    ]
    return plans


def _plan_words(result: StudyResult) -> list[_Words]:
    """Where units go, and the place where somebody still gets through; of units that stand neither."""
    if "units_even" not in result.segments:
        return []
    words = [
        (
            "allocation",
            "where units go",
            "How many of the reference units each place gets, and which places stay empty.",
        )
    ]
    if (result.segments["patrol_km_h"] > 0).all():
        words.append(
            (
                "weakest_place",
                "weakest place",
                "The chance to be seen by segment, and by the place in a unit's beat.",
            )
        )
    return words


def _crossing_words(result: StudyResult) -> list[_Words]:
    """Where somebody still gets through; the map of ways and posts in the internal edition alone."""
    words: list[_Words] = []
    if result.crossing.has("by_10_km"):
        words.append(
            (
                "weakest_crossing",
                "weakest way across",
                "The chance to be seen on the way across that is watched least, in every 10 km.",
            )
        )
    if result.crossing.has("ways"):
        words.append(
            (
                "crossing_map",
                "ways and posts",
                "INTERNAL: the weakest way of every 10 km, and where posts go.",
            )
        )
    return words


def _reach_words(result: StudyResult) -> list[_Words]:
    words: list[_Words] = []
    reach = result.reach
    if reach.along is not None:
        words += [
            (
                "travel_time_map",
                "travel time",
                (
                    f"Hours from the nearest {told.origin_words(result)}. Ground beyond the dashed line was "
                    "not looked at."
                ),
            ),
            (
                "response_times",
                "response along the border",
                "The same along the line itself, kilometre by kilometre.",
            ),
        ]
    if reach.bands is not None and result.flagged_share is not None and not told.hidden(result):
        words.insert(
            1,
            (
                "remoteness",
                "remoteness",
                "The same ground by three limits. Bare ground among it is remote desert.",
            ),
        )
    if reach.race is not None:
        words.append(
            (
                "race_to_cover",
                "race to cover",
                (
                    "Share of each segment on which the response from the nearest "
                    f"{told.origin_words(result)} is at the line before somebody who was seen there is in the nearest cover."
                ),
            )
        )
    if "f_mask" in result.segments:
        words.append(
            (
                "sight_lines",
                "out of sight",
                "Ground beside the border that a patrol on it does not see.",
            )
        )
    return words


def _small_words(result: StudyResult) -> list[_Words]:
    words: list[_Words] = []
    if result.crossing.has("siting"):
        words.append(
            (
                "post_curve",
                "what posts see",
                "The share of the ground that so many posts see, and what no choice of places passes.",
            )
        )
    if result.reach.night is not None:
        words.append(
            (
                "night_reach",
                "reach of a night",
                "How far somebody on foot gets in one night, and which share of the corridor that is.",
            )
        )
    if result.answer is not None and (result.answer["measure"] == "mean_pod").any():
        words.append(
            (
                "month_moon",
                "month and moon",
                "How many people see half by month and moon, with the scenario's own eyes.",
            )
        )
    if result.patrol.has("sobol"):
        words.append(
            (
                "sensitivity",
                "sensitivity",
                (
                    "How many people see half, with each state of nature alone at its 5 and its 95 %, and which "
                    "share of the variance it owns."
                ),
            )
        )
    if result.patrol.has("hindcast"):
        words.append(
            (
                "hindcast",
                "hindcast",
                "What real borders achieved for each agent on the line, and the model with as many.",
            )
        )
    if result.ground.cave_calibration is not None:
        words.append(
            (
                "cave_success_rate",
                "success rate",
                "How much of the ground has to be looked at to meet how many of the known caves.",
            )
        )
    return words


def _event_words(result: StudyResult) -> list[_Words]:
    words: list[_Words] = []
    if result.overlay is not None and len(result.overlay):
        words.append(
            (
                "incident_overlay",
                "incidents by zone",
                "Reported incidents by zone, each spread over all the places it may have been.",
            )
        )
    pressure, account = result.incidents.pressure, result.incidents.account
    located = 0 if account is None else account.inside
    if pressure is not None and located >= FEWEST_EVENTS:
        words.append(
            (
                "incident_pressure",
                "weights by reports",
                "What reports would say of where crossings are, if they told it, and how little that is.",
            )
        )
    return words


def _made(
    edition: Edition, target: Path, comparison: StudyResult | None, plan: FigureSpec
) -> Picture:
    axes = plan.draw(edition.result, comparison)
    alt = figures.alt_text(edition.result, plan.name, other=comparison)
    table = credited(
        figures.figure_data(edition.result, plan.name, other=comparison), edition.result
    )
    if edition.internal:
        alt = f"INTERNAL, not for publication. {alt}"
        table = table.assign(detail="INTERNAL")
    files = figures.save(
        axes,
        target / plan.name,
        alt=alt,
        formats=FORMATS,
        dpi=DPI[plan.small],
        internal=edition.internal,
    )
    twin = target / f"{plan.name}.csv"
    write_csv(table, twin)
    axes.figure.clear()
    data, width, height = _embedded(
        target / f"{plan.name}.png", SMALL_WIDTH if plan.small else PAGE_WIDTH
    )
    return Picture(
        name=plan.name,
        title=plan.title,
        caption=plan.caption,
        alt=alt,
        data=data,
        csv=_table_data(twin),
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
    smaller.save(buffer, format="WEBP", quality=WEBP_QUALITY, method=4)
    return base64.b64encode(buffer.getvalue()).decode("ascii"), width, height


def _table_data(file: Path) -> str:
    content = file.read_bytes()
    return base64.b64encode(content).decode("ascii") if len(content) <= LONGEST_TABLE else ""
