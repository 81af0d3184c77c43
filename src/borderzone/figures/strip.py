"""The strip map: the border pulled straight, kilometre by kilometre, one row a theme."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

import borderzone
from borderzone._guards import check_positive
from borderzone.border.lengths import KM_PER_MILE
from borderzone.errors import InvalidParameterError
from borderzone.figures import sheet
from borderzone.figures.strip_data import Strip, gather
from borderzone.figures.strip_rows import ACROSS, DRAW_ROW, VOID, across, has_row, symbol_scale
from borderzone.figures.style import (
    A4_LANDSCAPE,
    A4_PORTRAIT,
    CAVE_HATCH,
    CAVE_INK,
    INK,
    NO_DATA,
    RANK_WORDS,
    RULE_STYLE,
    THIRD_COUNTRY,
    context,
    drawing,
    figure_of,
    halo,
    page,
)
from borderzone.figures.symbols import key_of_symbols
from borderzone.figures.words import attribution
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from borderzone.figures.symbols import SymbolScale
    from borderzone.study import StudyResult

__all__ = ["strip_map"]

# Theme -> height of its row beside the others.
ROWS = {"plan": 2.1, "elevation": 1.0, "rugged": 0.75, "flags": 1.1, "incidents": 0.8, "seen": 1.2}
# What a row shows, where a study may lack it.
ROW_WORDS = {
    "elevation": "elevation",
    "rugged": "ruggedness",
    "flags": "flags",
    "incidents": "incidents",
    "seen": "what patrols see",
}
# A folded page has room for the rows that answer the question.
FOLDED = ("plan", "elevation", "flags", "seen")
GAP = 0.24
LEAST_HIGH = 4.6
TICKS_KM = (10, 20, 50, 100, 200, 500, 1000, 2000)
_MOST_LINES = 10


@drawing
def strip_map(result: StudyResult, ax: Axes | None = None, *, fold_km: float | None = None) -> Axes:
    """
    Draw the corridor along its chainage: plan, ground, flags, incidents and patrols.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes whose place the rows take; a whole page is made when left out.
    fold_km
        Length of one line of a folded page; one line when left out. Units: km.

    Returns
    -------
    matplotlib.axes.Axes
        The axes whose place the (first line of) rows takes.
    """
    with context():
        strip = gather(result)
        total = float(strip.edges[-1])
        if ax is not None:
            _stack(ax, strip, 0.0, total)
            return ax
        if fold_km is None:
            return _flat_page(strip, total)
        return _folded_page(strip, total, check_positive(fold_km, "fold_km", "km"))


def _stack(
    ax: Axes, strip: Strip, first: float, last: float, names: Iterable[str] = tuple(ROWS)
) -> dict[str, Axes]:
    ax.set_axis_off()
    names = [name for name in names if has_row(strip, name)]
    total = _rows_high(names)
    rows: dict[str, Axes] = {}
    top = 1.0
    for name in names:
        height = ROWS[name] / total
        row = ax.inset_axes((0.0, top - height, 1.0, height))
        top -= height + GAP / total
        words = DRAW_ROW[name](row, strip)
        row.annotate(
            words,
            (0, 0.5),
            (-33, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
        )
        row.set_xlim(first, last)
        step = _tick_step(last - first)
        row.xaxis.set_major_locator(MultipleLocator(step))
        row.xaxis.set_minor_locator(MultipleLocator(step / 5 if step <= 50 else step / 10))
        row.tick_params(axis="x", which="major", length=4, labelbottom=False)
        row.tick_params(axis="x", which="minor", length=2)
        for km in strip.places["km"]:
            row.axvline(km, color=INK["rule"], linewidth=0.6, linestyle=(0, (2, 2)), zorder=0.5)
        rows[name] = row
    bottom = rows[names[-1]]
    bottom.tick_params(axis="x", labelbottom=True)
    border = strip.result.border
    bottom.set_xlabel(
        f"km along the border, from {border.start_name} to {border.end_name}", labelpad=2
    )
    _top_axis(rows[names[0]], strip, (first, last), _row_inches(ax, ROWS[names[0]] / total))
    return rows


def _rows_high(names: Collection[str]) -> float:
    # A row alone does not fill the page: the scale across the border stays near the one along it.
    return max(sum(ROWS[name] for name in names) + GAP * (len(names) - 1), LEAST_HIGH)


def _row_inches(ax: Axes, share: float) -> float:
    return share * float(ax.get_position().height * figure_of(ax).get_size_inches()[1])


def _top_axis(row: Axes, strip: Strip, ends: tuple[float, float], inches: float) -> None:
    first, last = ends
    # The names of places stand between the row and the miles.
    above = 1 + (0.19 / inches if len(strip.places) else 0.0)
    top = row.secondary_xaxis(above, functions=(_miles, _kilometres))
    top.xaxis.set_major_locator(MultipleLocator(_tick_step(last - first) / 2))
    row.annotate(
        "miles",
        (0, above),
        (-33, 0),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7.5,
    )
    top.tick_params(length=3)
    for place in strip.places.itertuples():
        if first <= place.km <= last:
            row.text(
                place.km,
                1.02,
                place.label,
                transform=row.get_xaxis_transform(),
                fontsize=7,
                ha="center",
                va="bottom",
                path_effects=halo(3.0),
                zorder=12,
            )


def _tick_step(length: float) -> float:
    return next((step for step in TICKS_KM if length / step <= 10), TICKS_KM[-1])


def _miles(km: Any) -> Any:
    return km / KM_PER_MILE


def _kilometres(miles: Any) -> Any:
    return miles * KM_PER_MILE


def _flat_page(strip: Strip, total: float) -> Axes:
    figure = page(A4_LANDSCAPE)
    wide, high = A4_LANDSCAPE
    ax = figure.add_axes((1.45 / wide, 1.42 / high, 9.75 / wide, 5.1 / high), label="strip")
    rows = _stack(ax, strip, 0.0, total)
    # The names of places and the miles stand between the legend and the first row.
    top = max(_draw_key(figure, strip, rows["plan"]) + 0.47, 1.75)
    box = ax.get_position()
    ax.set_position((box.x0, box.y0, box.width, 1 - top / high - box.y0))
    _frame(strip, ax, _stretch(ax, rows))
    return ax


def _folded_page(strip: Strip, total: float, fold_km: float) -> Axes:
    figure = page(A4_PORTRAIT)
    lines = math.ceil(total / fold_km - 1e-9)
    if lines > _MOST_LINES:
        msg = (
            f"fold_km {fold_km:g} folds {total:.0f} km into {lines:,} lines, and {_MOST_LINES} have "
            f"room on a page; take {math.ceil(total / _MOST_LINES)} km or more"
        )
        raise InvalidParameterError(msg)
    axes = []
    rows: dict[str, Axes] = {}
    for number, box in enumerate(_folds(figure, lines, 1.95)):
        ax = figure.add_axes(box, label=f"strip-{number}")
        rows = _stack(ax, strip, number * fold_km, (number + 1) * fold_km, FOLDED)
        axes.append(ax)
    top = max(_draw_key(figure, strip, rows["plan"]) + 0.47, 1.95)
    for ax, box in zip(axes, _folds(figure, lines, top), strict=True):
        ax.set_position(box)
    _frame(strip, axes[0], _stretch(axes[0], rows), folded=True)
    return axes[0]


def _folds(figure: Figure, lines: int, top: float) -> list[tuple[float, float, float, float]]:
    """Boxes of the lines of a folded page, from so many inches below its top."""
    wide, high = figure.get_size_inches()
    room = (11.0 - top) / lines
    floors = (top + (number + 1) * room - 0.85 for number in range(lines))
    return [(1.45 / wide, 1 - floor / high, 6.3 / wide, (room - 0.85) / high) for floor in floors]


def _frame(strip: Strip, ax: Axes, stretch: float | None, *, folded: bool = False) -> None:
    figure = figure_of(ax)
    sheet.heading(figure, _finding(strip), _standing(strip, stretch))
    if strip.result.synthetic:
        sheet.synthetic_band(figure, top=0.03, words="the incidents on this page never happened.")
    credit = attribution(
        strip.result, "borders", "elevation", "landcover", "karst", "places", "article_incidents"
    )
    sheet.footer(
        figure,
        f"{_unknowns(strip, folded=folded)}{credit} The border is pulled straight, so shapes off it are not "
        "true; every place is shown once, at its nearest kilometre. "
        f"borderzone {borderzone.__version__}, run {strip.result.run_id}. {sheet.DISCLAIMER}",
    )


def _draw_key(figure: Figure, strip: Strip, plan: Axes) -> float:
    """Write the legend above the rows; give how far down it reaches, in inches from the top."""
    wide, high = figure.get_size_inches()
    key = figure.legend(
        handles=_key(strip, symbol_scale(plan, strip)),
        handler_map=sheet.mark_handlers(),
        loc="upper left",
        bbox_to_anchor=(sheet.SIDE / wide, 1 - 0.94 / high),
        ncols=5 if wide > 10 else 3,
        columnspacing=1.3,
        handlelength=2.6,
        labelspacing=0.4,
        borderaxespad=0.0,
        borderpad=0.0,
    )
    return float(high - key.get_window_extent().y0 / figure.dpi)


def _key(strip: Strip, scale: SymbolScale) -> list[Any]:
    marks = _ground_key(strip)
    ranks = strip.segments.get("cave_rank")
    if ranks is not None:
        marks += [
            Patch(
                facecolor="#ffffff",
                edgecolor=CAVE_INK[rank],
                hatch=CAVE_HATCH[rank],
                label=f"cave-prone, {RANK_WORDS[rank]}",
            )
            for rank in sorted(
                {int(rank) for rank in ranks.dropna() if int(rank) in CAVE_HATCH}, reverse=True
            )
        ]
    if "incidents_expected" in strip.segments:
        marks.append(
            Patch(
                facecolor="#cbbcd9",
                edgecolor=INK["synthetic"],
                hatch="///",
                label="incidents, SYNTHETIC",
            )
            if strip.result.synthetic
            else Patch(color=INK["incident"], label="incidents expected")
        )
    if strip.symbols is not None:
        for mark, words in key_of_symbols(strip.symbols, strip.kinds, scale):
            mark.set_label(words)
            marks.append(mark)
    if "pod_even" in strip.segments:
        marks += [
            Line2D(
                [],
                [],
                color=style["color"],
                linestyle=style["linestyle"],
                linewidth=1.6,
                label=f"units {style['label']}",
            )
            for style in RULE_STYLE.values()
        ]
    return marks


def _unknowns(strip: Strip, *, folded: bool) -> str:
    """Sentences on rows that are not drawn, and on what nobody knows."""
    absent = [words for name, words in ROW_WORDS.items() if not has_row(strip, name)]
    rows = [f"not drawn, for there is no such result: {', '.join(absent)}"] if absent else []
    dropped = [ROW_WORDS[name] for name in ROW_WORDS if name not in FOLDED and has_row(strip, name)]
    if folded and dropped:
        rows.append(f"left out of a folded page: {', '.join(dropped)}")
    phrases = [*rows, *told.unknowns(strip.result)]
    return "".join(f"{each[0].upper()}{each[1:]}. " for each in phrases)


def _ground_key(strip: Strip) -> list[Any]:
    plan, remote = strip.plan, told.remote_desert(strip.result)
    ground, sea = plan.ground > 0, plan.sea >= 0.5
    desert = Patch(facecolor=INK["desert"], edgecolor=INK["desert_line"], label="remote desert")
    water = Patch(facecolor=INK["sea"], edgecolor=INK["water"], linewidth=0.6, label="sea")
    unknown = "remote desert not known"
    if told.hidden(strip.result):
        unknown = "remote desert not shown"
    elif remote.unknown:
        unknown += f", {told.percent(remote.unknown)}"
    rows = strip.segments.get("remote_share_unknown")
    blank = (ground & np.isnan(plan.remote) & ~sea).any() or (rows is not None and (rows > 0).any())
    marks = [
        (desert, remote.known and "remote_share" in strip.segments),
        (
            Patch(
                facecolor=ACROSS,
                edgecolor=INK["desert_line"],
                label="bare, out of the force's reach",
            ),
            (across(strip) & (plan.remote >= 0.5)).any(),
        ),
        (Patch(label=unknown, **NO_DATA), blank),
        (water, sea.any()),
        (Patch(label="a third country's ground", **THIRD_COUNTRY), (plan.third >= 0.5).any()),
        (Patch(label="nearer to another kilometre", **VOID), not ground.all()),
    ]
    return [mark for mark, shown in marks if shown]


def _finding(strip: Strip) -> str:
    result = strip.result
    if told.hidden(result):
        return f"{result.name}: the border pulled straight"
    return f"{result.name}: {told.mostly_remote_words(result)}"


def _standing(strip: Strip, stretch: float | None) -> str:
    result = strip.result
    words = f"{len(strip.segments)} segments of {strip.segments['length_km'].mean():.1f} km."
    if stretch is not None:
        words += f" Top row: scale across the border {stretch:.1f} times that along it."
    if result.account is not None:
        words += f" Incidents, {told.incident_line(result)}. {_symbol_words(strip)}."
    return words


def _symbol_words(strip: Strip) -> str:
    """Say how many events the symbols on the plan stand for."""
    if strip.symbols is None:
        return "None is drawn by itself"
    number, events = len(strip.symbols), int(strip.symbols["events"].sum())
    if not number:
        return "None is coded in it to a point"
    verb = "symbol stands" if number == 1 else "symbols stand"
    return f"On the plan {number:,} {verb} for {events:,} coded in it"


def _stretch(ax: Axes, rows: dict[str, Axes]) -> float | None:
    # How much larger the scale across the border is drawn than the scale along it.
    if "plan" not in rows:
        return None
    total = _rows_high(rows)
    (first, last), (low, high) = rows["plan"].get_xlim(), rows["plan"].get_ylim()
    across = _row_inches(ax, ROWS["plan"] / total) / (high - low)
    along = float(ax.get_position().width * figure_of(ax).get_size_inches()[0]) / (last - first)
    return across / along
