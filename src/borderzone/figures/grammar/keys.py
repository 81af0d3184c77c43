"""Legends: marks of our own, and entries in groups that fill a box and no more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.legend_handler import HandlerBase
from matplotlib.lines import Line2D

from borderzone._guards.escapes import figure_words
from borderzone.figures.grammar.theme import INK, LEAST_POINTS
from borderzone.figures.grammar.words import from_right, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

__all__ = ["KEY_LOOK", "NestedMark", "SizeRow", "key_in_box", "mark_handlers", "points_across"]

KEY_LOOK: dict[str, Any] = {
    "columnspacing": 1.2,
    "handlelength": 2.0,
    "handletextpad": 0.5,
    "labelspacing": 0.3,
    "borderaxespad": 0.0,
    "borderpad": 0.0,
    "frameon": False,
}
# Sizes of words and gaps between rows that are tried, and the gap between blocks. Units of the last: inches.
_TRIED = ((7.5, 0.36), (LEAST_POINTS, 0.36), (LEAST_POINTS, 0.15))
_GAP_IN = 0.07
# Room that the mark of an entry takes. Units: em.
_MARK_EM = 3.4

Entry = tuple["Artist", str]


def key_in_box(
    figure: Figure,
    groups: Mapping[str, Sequence[Entry]],
    box_in: tuple[float, float, float, float],
    *,
    columns: int = 1,
    drop: Sequence[str] = (),
) -> list[str]:
    """
    Write groups of entries, each under its heading, into a box; give the words that found no room.

    Groups that explain themselves go first where there is too little: those of `drop`, in their
    order, from their last entry on. Of the others each keeps its first entries as long as it can.
    """
    left = {name: list(entries) for name, entries in groups.items() if entries}
    gone: list[str] = []
    while left:
        for points, gap in _TRIED:
            blocks = _laid(figure, left, box_in, columns, points, gap)
            if blocks is not None:
                return gone
        name = next(
            (each for each in drop if each in left), max(left, key=lambda one: len(left[one]))
        )
        gone.append(left[name].pop()[1])
        if not left[name]:
            del left[name]
    return gone


def _laid(
    figure: Figure,
    groups: Mapping[str, Sequence[Entry]],
    box_in: tuple[float, float, float, float],
    columns: int,
    points: float,
    gap: float,
) -> list[Legend] | None:
    """Lay a block for each group into columns, the first that has room; none where one has not."""
    from borderzone.figures.grammar.sheet import wrapped  # noqa: PLC0415 - they measure for each other

    left, bottom, right, top = box_in
    across = (right - left) / columns
    wide, high = figure.get_size_inches()
    dpi = float(figure.dpi)
    room = across - _MARK_EM * points / 72 - 0.08
    floors = [top] * columns
    column = 0
    made: list[Legend] = []
    for name, entries in groups.items():
        words = ["\n".join(wrapped(figure_words(each), room, points)) for _, each in entries]
        block = figure.legend(
            [mark for mark, _ in entries],
            words,
            title=say(name) if name else None,
            loc="upper right" if from_right() else "upper left",
            alignment="right" if from_right() else "left",
            markerfirst=not from_right(),
            handler_map=mark_handlers(),
            title_fontproperties={"weight": "bold", "size": points},
            **(KEY_LOOK | {"fontsize": points, "labelspacing": gap, "handlelength": 2.2,
                           "handleheight": 1.2 if gap > 0.3 else 1.0}),
        )  # fmt: skip
        made.append(block)
        tall = float(block.get_window_extent().height) / dpi
        while column < columns and floors[column] - tall < bottom:
            column += 1
        if column == columns:
            for each in made:
                each.remove()
            return None
        x = left + column * across + (across - 0.05 if from_right() else 0.0)
        block.set_bbox_to_anchor((x / wide, floors[column] / high))
        floors[column] -= tall + _GAP_IN
    return made


def mark_handlers() -> dict[Any, Any]:
    """Give what draws the marks of our own in a legend."""
    return {NestedMark: _NestedHandler(), SizeRow: _SizeHandler()}


class NestedMark(Line2D):
    """A legend mark of several, each over the one before."""

    def __init__(self, lines: Sequence[Line2D]) -> None:
        super().__init__([], [], linestyle="none")
        self.lines = tuple(lines)


class SizeRow(Line2D):
    """A legend mark of circles in a row, from small to large."""

    def __init__(self, areas_pt2: Sequence[float]) -> None:
        super().__init__([], [], linestyle="none")
        self.across = tuple(points_across(area) for area in areas_pt2)


class _NestedHandler(HandlerBase):
    """Draws a `NestedMark`."""

    def create_artists(self, *arguments: Any) -> list[Artist]:
        _, mark, xdescent, ydescent, width, height, _, trans = arguments
        parts: list[Artist] = []
        for line in mark.lines:
            part = Line2D([(width - xdescent) / 2], [(height - ydescent) / 2])
            part.update_from(line)
            part.set_transform(trans)
            parts.append(part)
        return parts


class _SizeHandler(HandlerBase):
    """Draws a `SizeRow`, as wide as all its circles and as high as the largest."""

    def legend_artist(self, legend: Any, orig_handle: Any, fontsize: float, handlebox: Any) -> Any:
        across = orig_handle.across
        handlebox.height = max(handlebox.height, max(across) + 0.3 * fontsize)
        handlebox.ydescent = (handlebox.height - 0.7 * fontsize) / 2  # words stand at the middle
        handlebox.width = max(handlebox.width, sum(across) + 0.4 * fontsize * len(across))
        return super().legend_artist(legend, orig_handle, fontsize, handlebox)

    def create_artists(self, *arguments: Any) -> list[Artist]:
        _, row, xdescent, ydescent, _, height, fontsize, trans = arguments
        left, middle = -xdescent, height / 2 - ydescent
        circles: list[Artist] = []
        for across in row.across:
            circle = Line2D([left + across / 2], [middle], linestyle="none", marker="o")
            circle.set(markersize=across, markerfacecolor="none", markeredgecolor=INK["text"])
            circle.set(markeredgewidth=0.8, transform=trans)
            left += across + 0.4 * fontsize
            circles.append(circle)
        return circles


def points_across(area_pt2: float) -> float:
    """Give the width of a circle of an area."""
    return 2 * math.sqrt(area_pt2 / math.pi)
