"""What a printed sheet must hold to, measured on the artists as they are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

# Pixels by which boxes of letters may touch, for a box is larger than its ink.
_TOUCH = 1.5


def faults(figure: Figure) -> list[str]:
    """Name words that are too small, leave the page or stand on one another."""
    figure.canvas.draw()
    wide, high = (float(side) * figure.dpi for side in figure.get_size_inches())
    found, shown = [], list(_words(figure))
    for text in shown:
        box, words = text.get_window_extent(), " ".join(text.get_text().split())
        if float(text.get_fontsize()) < 7:
            found.append(f"{words!r} is set in {text.get_fontsize():g} points")
        if box.x0 < -_TOUCH or box.y0 < -_TOUCH or box.x1 > wide + _TOUCH or box.y1 > high + _TOUCH:
            found.append(f"{words!r} leaves the page {box.x0:.0f} {box.y0:.0f} {wide-box.x1:.0f} {high-box.y1:.0f}")
    for place, one in enumerate(shown):
        for other in shown[place + 1 :]:
            if _on(one, other):
                found.append(f"{one.get_text()!r} stands on {other.get_text()!r}")
    for ax in figure.axes:
        box = ax.get_window_extent()
        if ax.get_visible() and ax.axison and min(box.width, box.height) < 0.12 * figure.dpi:
            found.append(f"the axes {ax.get_label()!r} have no room")
    return found


def _on(one: Text, other: Text) -> bool:
    a, b = one.get_window_extent(), other.get_window_extent()
    across = min(a.x1, b.x1) - max(a.x0, b.x0)
    up = min(a.y1, b.y1) - max(a.y0, b.y0)
    return across > _TOUCH and up > _TOUCH


def _words(figure: Figure) -> Iterator[Text]:
    """Go through the words that are drawn; of ticks those within the limits alone."""
    ticks: set[int] = set()
    for axis in figure.findobj(Axis):
        assert isinstance(axis, Axis)
        every: list[Any] = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        ticks |= {id(label) for tick in every for label in (tick.label1, tick.label2)}
        if _seen(axis.axes) and axis.get_visible():
            for tick in axis._update_ticks():
                for label in (tick.label1, tick.label2):
                    if label.get_visible() and label.get_text().strip():
                        yield label
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if id(text) not in ticks and text.get_visible() and text.get_text().strip():
            yield text


def _seen(ax: Axes) -> bool:
    return ax.get_visible() and ax.axison
