"""The answer as a chart: people out at once for each kit, led and unled, beside what real forces had."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from borderzone.errors import InvalidParameterError
from borderzone.figures import sheet
from borderzone.figures.style import (
    A4_LANDSCAPE,
    INK,
    context,
    drawing,
    figure_of,
    page,
    rows_of,
    run_words,
)
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["answer", "answer_data"]

_LED, _UNLED, _INFORMED = INK["optimal"], "#8a5a00", "#5b6f82"
# Room of a decade that takes three labels, and axes below which all is short. Units: inches.
_IN_OF_A_DECADE, _NARROW_IN = 1.25, 3.6
# Room that the words at the left take. Units: inches.
_WORDS_IN = 1.9
# What labels and margins leave of somebody's axes.
_LEFT_OF_AXES = 0.75
# Marks by law: unled above, led below the middle of a row.
_MARKS: dict[str, dict[str, Any]] = {
    "random": {"marker": "o", "markerfacecolor": "#ffffff", "color": _UNLED, "offset": -0.2},
    "beats_soft": {"marker": "o", "markerfacecolor": _LED, "color": _LED, "offset": 0.2},
    "standing": {"marker": "s", "markerfacecolor": _LED, "color": _LED, "offset": 0.0},
}


@drawing
def answer(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how many people it takes to see half, to leave no gap, and to stop half, by kit.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no answer.
    """
    table = answer_data(result)
    with context():
        whole = ax is None
        if ax is None:
            figure = page(A4_LANDSCAPE)
            ax = figure.add_axes((0.235, 0.16, 0.6, 0.69))
            sheet.heading(figure, told.answer_finding(result), told.answer_standing(result))
            sheet.footer(
                figure,
                f"{told.answer_caution(result)} {run_words(result)}",
            )
        _frame(ax, table, whole=whole)
        _rows(ax, table, narrow=not whole and _is_narrow(ax))
        forces = told.forces_in_people(result)
        _real_forces(ax, forces, named=whole)
        _legend(ax, forces, whole=whole)
    return ax


def answer_data(result: StudyResult) -> pd.DataFrame:
    """Give what `answer` draws, as a table."""
    if result.answer is None:
        raise InvalidParameterError(told.without_elevation(result, "answer"))
    return told.answer_rows(result)


def _places(table: pd.DataFrame) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """Where each kit of each aim stands, from the top, and where the headings do."""
    place, heads, y = {}, {}, 0.0
    for measure, rows in table.groupby("measure", sort=False):
        heads[str(measure)] = y
        for kit in rows["kit"].unique():
            y += 1.0
            place[str(measure), str(kit)] = y
        y += 1.6
    return place, heads


def _rows(ax: Axes, table: pd.DataFrame, *, narrow: bool) -> None:
    place, heads = _places(table)
    for row in rows_of(table[table["opponent"] == "blind"]):
        style = dict(_MARKS[row.law])
        y = place[row.measure, row.kit] + style.pop("offset")
        if not math.isfinite(row.people):
            ax.text(0.99, y, "no number is enough", transform=ax.get_yaxis_transform(), ha="right",
                    va="center", fontsize=7, color=style["color"])  # fmt: skip
            continue
        high = row.people_high if math.isfinite(row.people_high) else ax.get_xlim()[1]
        ax.plot([row.people_low, high], [y, y], color=style["color"], linewidth=1.6, alpha=0.55)
        ax.plot([row.people], [y], markersize=5.5, linestyle="none", **style)
    informed = table[(table["opponent"] == "informed") & (table["law"] == "beats_soft")]
    for row in rows_of(informed):
        if math.isfinite(row.people):
            y = place[row.measure, row.kit] + _MARKS["beats_soft"]["offset"]
            ax.plot([row.people], [y], marker="|", markersize=9, color=_INFORMED, linestyle="none")
    # Where there is little room, kits go by their names in the table and aims stand inside.
    words = [kit if narrow else told.KIT_WORDS.get(kit, kit) for _, kit in place]
    ax.set_yticks(list(place.values()), words)
    side, x, points = ("left", 0.01, 7.0) if narrow else ("right", -0.005, 8.5)
    for measure, y in heads.items():
        aim = table[table["measure"] == measure].iloc[0]
        ax.text(x, y, told.aim_words(aim), transform=ax.get_yaxis_transform(), ha=side,
                va="center", fontweight="bold", fontsize=points)  # fmt: skip
    ax.set_ylim(max(place.values()) + 0.8, -0.7)


def _real_forces(ax: Axes, forces: list[told.ForceInPeople], *, named: bool) -> None:
    for number, force in enumerate(forces):
        ax.axvline(force.people, color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        if not named:
            continue  # over somebody's own axes stands the key, which names them
        ax.annotate(
            f"{force.words}: {told.rounded(force.people)}",
            (force.people, 1.0), xycoords=("data", "axes fraction"),
            xytext=(3, 3 + 9 * (number % 2)), textcoords="offset points", fontsize=7,
        )  # fmt: skip


def _wide_in(ax: Axes) -> float:
    """Give the width of axes, of which on somebody's own page the labels take a part. Units: inches."""
    return float(figure_of(ax).get_figwidth() * ax.get_position().width)


def _is_narrow(ax: Axes) -> bool:
    """Tell whether axes leave no room for the words at their left, which a layout engine would make."""
    figure = figure_of(ax)
    left_in = figure.get_figwidth() * ax.get_position().x0
    return _wide_in(ax) < _NARROW_IN or (figure.get_layout_engine() is None and left_in < _WORDS_IN)


def _frame(ax: Axes, table: pd.DataFrame, *, whole: bool) -> None:
    finite = table[["people_low", "people", "people_high"]].to_numpy().ravel()
    finite = finite[np.isfinite(finite) & (finite > 0)]
    ax.set_xscale("log")
    ax.set_xlim(0.7 * finite.min(), 1.5 * finite.max())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("people out at once by night (logarithmic)", fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelsize=8 if whole else 7)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    # Every decade has a label, and where there is room 2 and 5 between.
    decades = math.log10(1.5 * finite.max() / (0.7 * finite.min()))
    room_in = _wide_in(ax) * (1.0 if whole else _LEFT_OF_AXES) / decades
    subs = (1.0, 2.0, 5.0) if room_in > _IN_OF_A_DECADE else (1.0,)
    ax.xaxis.set_major_locator(LogLocator(base=10, subs=subs))


def _legend(ax: Axes, forces: list[told.ForceInPeople], *, whole: bool) -> None:
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 5.5}
    key = [
        Line2D([], [], label="unled", **plain, **_mark("random")),
        Line2D([], [], label="led", **plain, **_mark("beats_soft")),
        Line2D([], [], label="posts", **plain, **_mark("standing")),
        Line2D([], [], marker="|", color=_INFORMED, linestyle="none", markersize=9,
               label="led, against who knows place and time"),
        Line2D([], [], color=INK["text"], linewidth=1.6, alpha=0.55, label="5 to 95 % of the states of nature"),
    ]  # fmt: skip
    if whole:
        figure_of(ax).legend(handles=key, loc="lower center", ncols=5, fontsize=7.5, frameon=False,
                             bbox_to_anchor=(0.5, 0.075))  # fmt: skip
        return
    if forces:
        had = "; ".join(f"{force.words}: {told.rounded(force.people)}" for force in forces)
        key.append(
            Line2D([], [], color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), label=had)
        )
    # Above somebody's own axes: below stand their label and whatever is under them. On narrow ones it
    # reaches over the labels at the left.
    right = _wide_in(ax) < _NARROW_IN
    ax.legend(
        handles=key,
        loc="lower right" if right else "lower left",
        bbox_to_anchor=(1.0 if right else 0.0, 1.01),
        ncols=2,
        fontsize=7,
        frameon=False,
        borderaxespad=0.0,
        columnspacing=1.0,
        handletextpad=0.4,
        handlelength=1.4,
    )


def _mark(law: str) -> dict[str, Any]:
    return {name: value for name, value in _MARKS[law].items() if name != "offset"}
