"""What charts share: names of rows, axes of counts and kilometres, numbers at bars, labels on lines."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from borderzone.figures.grammar.sheet import figure_of, percent_ticks, width_in, wrapped
from borderzone.figures.grammar.theme import INK, LEAST_POINTS, halo
from borderzone.figures.grammar.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from borderzone.border import Border
    from borderzone.figures.grammar.sheet import Page

__all__ = [
    "WIDE_RATIO",
    "axis_words",
    "border_axis",
    "count_axis",
    "label_lines",
    "plain_counts",
    "room_beside_in",
    "row_labels",
    "share_axis",
    "unstack",
]

# Beyond this ratio equal factors get equal room.
WIDE_RATIO = 8.0
# Share of a page that names of rows take, and the least room beside somebody's axes that holds words.
# Units of the second: inches.
_NAMES_SHARE, _LEAST_NAMES_IN = 0.38, 0.6
# Room that a label of a count takes. Units: inches.
_COUNT_IN = 0.55


def room_beside_in(page: Page) -> float:
    """Give the room for words at the left of the axes. Units: inches."""
    if page.whole:
        return _NAMES_SHARE * page.wide_in
    if figure_of(page.ax).get_layout_engine() is not None:
        return 0.5 * page.wide_in
    left, _, _, _ = page.cell_in
    high = float(figure_of(page.ax).get_figheight())
    beside = [
        box.x1 * float(figure_of(page.ax).get_figwidth())
        for ax in figure_of(page.ax).axes
        if ax is not page.ax
        for box in (ax.get_position(),)
        if box.y1 * high > page.cell_in[1] and box.y0 * high < page.cell_in[1] + page.cell_in[3]
    ]
    edge = max((end for end in beside if end <= left + 1e-6), default=0.0)
    return left - edge - 0.12


def row_labels(page: Page, places: Any, lines: Sequence[Sequence[str]]) -> None:
    """
    Name rows at the left, each on lines that leave more than half of the page.

    Beside somebody's axes that have no room at their left the names stand in the rows themselves.
    """
    ax, points = page.ax, max(LEAST_POINTS, 0.95 * page.points)
    room = room_beside_in(page)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(lines) - 0.4)
    if room < _LEAST_NAMES_IN:
        words = [" ".join(row) for row in lines]
        ax.set_yticks(places, [""] * len(words))
        ax.set_ylim(-0.6, len(lines) - 0.05)
        for place, each in zip(places, words, strict=True):
            ax.text(
                0.01, place + 0.33, each, transform=ax.get_yaxis_transform(), ha="left", va="bottom",
                fontsize=LEAST_POINTS, path_effects=halo(), zorder=5,
            )  # fmt: skip
        return
    words = [
        "\n".join(line for each in row for line in wrapped(each, room, points)) for row in lines
    ]
    ax.set_yticks(places, words, fontsize=points, linespacing=1.2)


def unstack(ax: Axes) -> None:
    """Set names of rows smaller that stand on each other, and leave their last lines where that is not enough."""
    labels = [label for label in ax.get_yticklabels() if label.get_text()]
    while labels and _are_stacked(labels):
        points = float(labels[0].get_fontsize())
        if points > LEAST_POINTS:
            for label in labels:
                label.set_fontsize(max(LEAST_POINTS, points - 0.25))
            continue
        lines = [label.get_text().split("\n") for label in labels]
        most = max(map(len, lines))
        if most == 1:
            # Every other name goes; the table beside the figure has them all.
            for label in labels[1::2]:
                label.set_text("")
            ax.set_yticks(ax.get_yticks(), [label.get_text() for label in ax.get_yticklabels()])
            return
        words = ["\n".join(own[: max(1, min(len(own), most - 1))]) for own in lines]
        ax.set_yticks(ax.get_yticks(), words, fontsize=points, linespacing=1.2)
        labels = [label for label in ax.get_yticklabels() if label.get_text()]


def _are_stacked(labels: Sequence[Any]) -> bool:
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
    return any(low.y1 > high.y0 + 0.5 for low, high in pairwise(boxes))


def axis_words(page: Page, across: str = "", up: str = "") -> None:
    """Name the axes, on lines that are no longer than they."""
    room = (0.6 if page.whole else 1.0) * page.wide_in
    tall = (0.55 if page.whole else 1.0) * page.cell_in[3]
    if across:
        page.ax.set_xlabel("\n".join(wrapped(across, room, page.points)))
    if up:
        page.ax.set_ylabel("\n".join(wrapped(up, tall, page.points)))


def plain_counts(axis: Any, *, inches: float = 9.0) -> None:
    """Write plain counts along a logarithmic axis: 1, 2 and 5 of a decade where there is room."""
    low, high = sorted(float(end) for end in axis.get_view_interval())
    decades = max(math.log10(high / max(low, 1e-9)), 1e-6)
    subs: tuple[float, ...] = (1.0, 2.0, 5.0) if inches / decades > 2.2 * _COUNT_IN else (1.0,)
    if decades < 1 and subs == (1.0,):
        subs = (1.0, 3.0)
    axis.set_major_locator(LogLocator(base=10, subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def count_axis(
    page: Page, known: Any, *, signed: bool = False, words: bool = False, most_in: float = 0.0
) -> None:
    """Scale and label the numbers below: equal factors get equal room where they are wide."""
    ax = page.ax
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    inches = (0.58 if page.whole else 1.0) * page.wide_in
    # Numbers stand beyond the ends of bars, names beside points.
    letters = 0.12 if signed else 0.1 if words else 0.05
    beside = min(0.3, max(letters * page.points / page.wide_in, most_in / inches))
    if not signed and high > WIDE_RATIO * low > 0.0:
        ax.set_xscale("log")
        room = (high / low) ** (0.05 + beside)
        ax.set_xlim(low / room, high * room)
        plain_counts(ax.xaxis, inches=inches)
    else:
        room = (0.05 + beside) * max(high - low, 0.1 * abs(high), 1e-9)
        ax.set_xlim(low - room if signed else max(0.0, low - room), high + room)
        ax.xaxis.set_major_locator(MaxNLocator(int(np.clip(inches / 0.7, 2, 5))))
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: _signed(value) if signed else f"{value:,.0f}")
        )
    ax.grid(axis="x")
    ax.set_axisbelow(True)


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):,.12g}"


def share_axis(ax: Axes, *, most: int = 5) -> None:
    """Write shares beside an axis, at whole percents where these are apart."""
    ax.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    low, high = ax.get_ylim()
    ax.yaxis.set_major_formatter(percent_ticks(decimals=0 if abs(high - low) >= 0.05 else 1))


def border_axis(page: Page, border: Border, *axes: Axes) -> tuple[float, float]:
    """Open axes along the border from one kilometre to another; give the two."""
    first, last = page.sheet.km_along(border.length_km)
    for ax in axes or (page.ax,):
        ax.set_xlim(first, last)
        ax.xaxis.set_major_locator(MaxNLocator(int(np.clip(page.wide_in / 0.75, 3, 12))))
        ax.grid(axis="y")
        ax.set_axisbelow(True)
    across = say(
        "km along the border, from {start} to {end}", start=border.start_name, end=border.end_name
    )
    room = (0.85 if page.whole else 1.0) * page.wide_in
    (axes or (page.ax,))[-1].set_xlabel("\n".join(wrapped(across, room, page.points)))
    return first, last


def label_lines(
    ax: Axes, labels: Sequence[tuple[str, str, tuple[float, float] | None]], *, points: float
) -> None:
    """
    Name lines in the lower right corner, each with a leader to a place on its line; the first stands highest.

    Labels are words, the name of their ink, and a place in data.
    """
    high_in = float(ax.get_position().height * figure_of(ax).get_figheight())
    step = 1.3 * points / 72 / max(high_in, 0.3)
    for row, (words, ink, place) in enumerate(reversed(labels)):
        at = (0.985, 0.03 + row * step)
        if place is not None:
            left = 1 - (width_in(words, points) + 0.1) / _axes_wide_in(ax)
            start = ax.transAxes.inverted().transform(ax.transData.transform(place))
            if start[0] <= left - 0.02:
                ax.annotate(
                    "", place, (left, at[1] + 0.45 * step), xycoords="data",
                    textcoords="axes fraction", zorder=4,
                    arrowprops={"arrowstyle": "-", "color": INK[ink], "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
                )  # fmt: skip
        ax.text(*at, words, transform=ax.transAxes, ha="right", va="bottom", fontsize=points,
                color=INK[ink], path_effects=halo(2.4), zorder=6)  # fmt: skip


def _axes_wide_in(ax: Axes) -> float:
    return float(ax.get_position().width * figure_of(ax).get_figwidth())
