"""Tables as pictures: a cell for each number, painted by how large it is and written where it has room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle

from borderzone.figures.grammar.rows import WIDE_RATIO
from borderzone.figures.grammar.sheet import width_in, wrapped
from borderzone.figures.grammar.theme import INK, LEAST_POINTS, Look, contrast, ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from borderzone.figures.grammar.sheet import Page

__all__ = ["better_turned", "paint_cells"]

_HATCHED = Look(facecolor="paper", edgecolor="no_data", hatch="////", linewidth=0.0)
# Shares of a page that cells take beside names, a title and a note, and that names at the left take.
_ACROSS, _UP, _NAMES = 0.72, 0.5, 0.3


def better_turned(page: Page, values: pd.DataFrame, write: Callable[[float], str]) -> bool:
    """Tell whether numbers find room in their cells only if rows and columns change places."""
    usual, turned = (_points(page, each, write) for each in (values, values.T))
    return usual < LEAST_POINTS <= turned


def _points(page: Page, values: pd.DataFrame, write: Callable[[float], str]) -> float:
    """Size in which the numbers of a table fit its cells."""
    high = page.cell_in[3] * (_UP if page.whole else 1.0)
    wide = page.wide_in * (_ACROSS if page.whole else 1.0)
    words = [write(float(value)) for value in values.to_numpy().ravel()]
    longest = max(width_in(each, 1.0) for each in words)
    across = wide / values.shape[1] / (1.12 * max(longest, width_in("00", 1.0)))
    return min(page.points, across, high / values.shape[0] * 72 / 1.5)


def paint_cells(
    page: Page, values: pd.DataFrame, write: Callable[[float], str], grey: Any = None
) -> str:
    """Paint a number a cell, and write it where it has room; else give words for the two ends."""
    ax, numbers = page.ax, values.to_numpy(float)
    known = numbers[np.isfinite(numbers)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    log = high > WIDE_RATIO * low > 0.0
    scale = LogNorm(low, high) if log else Normalize(low, high if high > low else low + 1.0)
    size, shades = _points(page, values, write), ramp()
    for i, j in np.ndindex(*numbers.shape):
        noisy = grey is not None and bool(grey[i, j])
        paint: Any = _HATCHED
        if noisy or np.isfinite(numbers[i, j]):
            face = INK["noise"] if noisy else shades(scale(numbers[i, j]))
            paint = {"facecolor": face, "linewidth": 0.0}
        ax.add_patch(Rectangle((j, i), 1, 1, **paint))
        if size >= LEAST_POINTS:
            ax.text(j + 0.5, i + 0.5, write(float(numbers[i, j])), ha="center", va="center",
                    fontsize=size, color=_readable(paint["facecolor"]))  # fmt: skip
    _name_cells(page, values)
    if size >= LEAST_POINTS or not len(known):
        return ""
    return f"Nearest to the paper: {write(low)}; farthest from it: {write(high)}."


def _readable(face: Any) -> str:
    """Give the ink that is read best on a ground: that of words, or that of the paper."""
    return max((INK["text"], INK["paper"]), key=lambda ink: contrast(ink, face))


def _name_cells(page: Page, values: pd.DataFrame) -> None:
    """Name rows and columns; names of columns that have no room stand upright."""
    ax, (rows, columns) = page.ax, values.shape
    points = max(LEAST_POINTS, page.points - 0.5)
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    room = (_ACROSS if page.whole else 1.0) * page.wide_in / columns - 0.04
    words = [str(name) for name in values.columns]
    upright = max(width_in(word, points) for name in words for word in name.split()) > room
    folded = words if upright else ["\n".join(wrapped(name, room, points)) for name in words]
    ax.set_xticks(np.arange(columns) + 0.5, folded, rotation=90 if upright else 0, fontsize=points)
    named = ["\n".join(wrapped(str(name), _NAMES * page.wide_in, points)) for name in values.index]
    ax.set_yticks(np.arange(rows) + 0.5, named, fontsize=points)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for k in range(1, rows):
        ax.axhline(k, color=INK["paper"], linewidth=0.8)
    for k in range(1, columns):
        ax.axvline(k, color=INK["paper"], linewidth=0.8)
