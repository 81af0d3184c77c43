"""What a printed sheet must hold to, measured on the artists as they are rendered."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes


def some_axes(size: tuple[float, float] = (7.5, 5.0)) -> Axes:
    """Give axes of somebody's own, on a page that pyplot does not know."""
    figure = Figure(figsize=size, dpi=110)
    return figure.add_axes((0.1, 0.13, 0.86, 0.74))


# Pixels by which boxes of letters may touch, for a box is larger than its ink; and the least side of axes.
# Units of the second: inches.
_TOUCH, _LEAST_IN = 1.5, 0.3


def faults(figure: Figure) -> list[str]:
    """Name words that are too small, leave the page or stand on one another, and axes without room."""
    figure.canvas.draw()
    shown = list(_words(figure))
    return [
        *(
            f"{_said(text)} is set in {text.get_fontsize():g} points"
            for text in shown
            if float(text.get_fontsize()) < 7
        ),
        *(f"{_said(text)} leaves the page" for text in shown if _leaves(text, figure)),
        *(
            f"{_said(one)} stands on {_said(other)}"
            for one, other in combinations(shown, 2)
            if _on(one, other)
        ),
        *(
            f"the axes {ax.get_label()!r} have no room"
            for ax in figure.axes
            if _squeezed(ax, figure)
        ),
    ]


def _said(text: Text) -> str:
    return repr(" ".join(text.get_text().split()))


def _leaves(text: Text, figure: Figure) -> bool:
    box = text.get_window_extent()
    wide, high = (float(side) * figure.dpi for side in figure.get_size_inches())
    return bool(min(box.x0, box.y0) < -_TOUCH or box.x1 > wide + _TOUCH or box.y1 > high + _TOUCH)


def _squeezed(ax: Axes, figure: Figure) -> bool:
    box = ax.get_window_extent()
    return _seen(ax) and min(box.width, box.height) < _LEAST_IN * figure.dpi


def _on(one: Text, other: Text) -> bool:
    a, b = one.get_window_extent(), other.get_window_extent()
    across = min(a.x1, b.x1) - max(a.x0, b.x0)
    up = min(a.y1, b.y1) - max(a.y0, b.y0)
    return bool(across > _TOUCH and up > _TOUCH)


def _words(figure: Figure) -> Iterator[Text]:
    """Go through the words that are drawn; of ticks those within the limits alone."""
    ticks: set[int] = set()
    for axis in figure.findobj(Axis):
        assert isinstance(axis, Axis)
        every: list[Any] = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        ticks |= {id(label) for tick in every for label in (tick.label1, tick.label2)}
        if _seen(axis.axes) and axis.get_visible():
            drawn: Any = axis
            for tick in drawn._update_ticks():
                for label in (tick.label1, tick.label2):
                    if label.get_visible() and label.get_text().strip():
                        yield label
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if id(text) not in ticks and text.get_visible() and text.get_text().strip():
            yield text


def _seen(ax: Axes) -> bool:
    return ax.get_visible() and ax.axison
