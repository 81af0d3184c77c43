"""What stands around a figure: heading, legend, footer, and the band on synthetic data."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.legend_handler import HandlerBase
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from borderzone.figures.style import INK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

# Width of the empty rim on the left and right of a page. Units: inches.
SIDE = 0.45

__all__ = [
    "DISCLAIMER",
    "NestedMark",
    "SizeRow",
    "footer",
    "heading",
    "internal_band",
    "legend",
    "mark_handlers",
    "points_across",
    "synthetic_band",
]

DISCLAIMER = (
    "Boundaries, names and designations on this figure imply no opinion on the legal status of "
    "any territory or on the delimitation of its frontiers. All areas are approximate."
)
SYNTHETIC_TEXT = "SYNTHETIC DATA"


def legend(ax: Axes, groups: Mapping[str, Sequence[tuple[Artist, str]]], **placing: Any) -> Legend:
    """Draw a legend in groups, each under its heading."""
    handles: list[Artist] = []
    labels: list[str] = []
    for title, entries in groups.items():
        if entries:
            handles += [_Heading(title), *(mark for mark, _ in entries)]
            labels += ["", *(words for _, words in entries)]
    settings: dict[str, Any] = {
        "loc": "upper left",
        "handlelength": 2.4,
        "handleheight": 1.35,
        "labelspacing": 0.36,
        "borderaxespad": 0.0,
        "borderpad": 0.0,
        "fontsize": 7.5,
    } | placing
    return ax.legend(handles, labels, handler_map=mark_handlers(), **settings)


def mark_handlers() -> dict[Any, Any]:
    """Give what draws the marks of our own in a legend."""
    return {
        _Heading: _HeadingHandler(),
        NestedMark: _NestedHandler(),
        SizeRow: _SizeHandler(),
    }


class _Heading(Line2D):
    """A legend entry that is only words, set where the marks stand."""

    def __init__(self, words: str) -> None:
        super().__init__([], [], linestyle="none")
        self.words = words


class _HeadingHandler(HandlerBase):
    def create_artists(self, *arguments: Any) -> list[Artist]:
        _, mark, xdescent, ydescent, _, height, fontsize, trans = arguments
        text = Text(
            -xdescent,
            -ydescent + 0.1 * height,
            mark.words,
            fontsize=fontsize,
            fontweight="bold",
            color=INK["text"],
            va="baseline",
        )
        text.set_transform(trans)
        return [text]


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


def heading(figure: Figure, title: str, subtitle: str) -> int:
    """Write the finding, and under it period, number and source."""
    wide, high = figure.get_size_inches()
    room = wide - 2 * SIDE
    # DejaVu Sans Bold is about 0.6 em wide on average: a long finding is set smaller, then in two
    # lines, not cut.
    size = min(13.0, room * 72 / (0.62 * max(len(title), 1)))
    lines = textwrap.wrap(title, int(room * 72 / (0.62 * 9.0))) if size < 9.0 else [title]
    figure.suptitle(
        "\n".join(lines),
        x=SIDE / wide,
        y=1 - (0.3 if len(lines) == 1 else 0.22) / high,
        fontsize=max(size, 9.0),
        fontweight="bold",
        ha="left",
        va="top",
    )
    # Two lines have room: a long subtitle is set smaller, by the width of a letter in inches.
    tried = [
        (points, textwrap.wrap(subtitle, int(room / letter)))
        for points, letter in ((8.5, 0.072), (7.5, 0.064), (7.0, 0.0595))
    ]
    points, under = next(((size, rows) for size, rows in tried if len(rows) <= 2), tried[-1])
    figure.text(
        SIDE / wide,
        1 - 0.56 / high,
        "\n".join(under),
        fontsize=points,
        color=INK["quiet"],
        va="top",
    )
    return len(under)


def footer(figure: Figure, text: str) -> None:
    """Write sources, licences, frame, version and run at the foot of a page."""
    wide, high = figure.get_size_inches()
    room = int((wide - 2 * SIDE) / 0.0505)
    written = figure.text(
        SIDE / wide,
        0.2 / high,
        "\n".join(textwrap.wrap(text, room)),
        fontsize=7,
        color=INK["quiet"],
        va="bottom",
        linespacing=1.25,
    )
    # Capitals are wider than the letters that the room was reckoned with.
    while room > 20 and written.get_window_extent().x1 > (wide - SIDE / 2) * figure.dpi:
        room -= 4
        written.set_text("\n".join(textwrap.wrap(text, room)))


def synthetic_band(figure: Figure, *, top: float, words: str) -> None:
    """Lay a band over the page that says some of its data never happened."""
    wide, high = figure.get_size_inches()
    band = Rectangle(
        (SIDE / wide, 1 - (top + 0.22) / high),
        1 - 2 * SIDE / wide,
        0.22 / high,
        transform=figure.transFigure,
        facecolor=INK["warning"],
        edgecolor=INK["text"],
        linewidth=0.7,
    )
    figure.add_artist(band)
    figure.text(
        0.5,
        1 - (top + 0.115) / high,
        f"{SYNTHETIC_TEXT}: {words}",
        ha="center",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        color=INK["text"],
    )


def internal_band(figure: Figure) -> None:
    """Stamp a page as not for publication."""
    wide, high = figure.get_size_inches()
    figure.text(
        1 - 0.1 / wide,
        1 - 0.06 / high,
        "INTERNAL: not for publication",
        ha="right",
        va="top",
        fontsize=8,
        fontweight="bold",
        color="#000000",
        backgroundcolor=INK["warning"],
    )
