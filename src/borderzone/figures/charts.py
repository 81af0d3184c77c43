"""Small charts: which assumption matters most, how long nights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from borderzone.errors import InvalidParameterError
from borderzone.figures.style import INK, context, drawing, page
from borderzone.figures.words import ASSUMPTION_WORDS
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["SMALL", "night_hours", "sensitivity", "success_rate"]

# Half of a page in width. Units: inches.
SMALL = (5.2, 3.3)


@drawing
def sensitivity(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw which assumption owns how much of the uncertainty of the required units.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no such table.
    """
    if result.sobol is None:
        raise InvalidParameterError(told.without_elevation(result, "table of Sobol indices"))
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.33, 0.17, 0.63, 0.7))
        rows = result.sobol.sort_values("total", kind="stable").reset_index(drop=True)
        place = np.arange(len(rows))
        ax.barh(place, rows["total"], height=0.72, color="#c9d5e3", label="with its interactions")
        ax.barh(
            place,
            rows["first_order"].clip(lower=0),
            height=0.36,
            color=INK["optimal"],
            label="by itself",
        )
        words = [ASSUMPTION_WORDS.get(name, name) for name in rows["assumption"]]
        ax.set_yticks(place, words)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        ax.set_xlim(0, max(0.05, 1.12 * float(rows["total"].max())))
        ax.set_xlabel("share of the variance of the required units")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        top = rows.iloc[-1]
        share = told.percent(float(top["total"]))
        ax.set_title(f"{words[-1].capitalize()} owns {share} of the uncertainty")
        ax.legend(loc="lower right")
    return ax


@drawing
def night_hours(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw how long the night is, month by month, under four definitions of night.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.1, 0.12, 0.72, 0.74))
        table = result.night_hours.select_dtypes("number")
        months = np.arange(1, 13)
        dashes: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (3, 1.5)), (0, (1, 1.2)))
        shades = ("#0b3c6f", "#35618f", "#4f7396", "#5b6f82")
        for (name, hours), dash, shade in zip(table.items(), dashes, shades, strict=False):
            ax.plot(months, hours, linestyle=dash, color=shade, linewidth=1.8)
            ax.text(12.15, float(hours.iloc[-1]), str(name), va="center", fontsize=7.5)
        ax.set_xticks(months, list("JFMAMJJASOND"))
        ax.set(xlim=(1, 12), ylim=(0, None))
        ax.set_xlabel("15th of the month")
        ax.set_ylabel("hours of darkness")
        ax.grid(axis="y")
        words = told.night_length_words(result).replace(" on the ", "\non the ", 1)
        ax.set_title(f"Without useful light: {words}")
    return ax


@drawing
def success_rate(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw which share of the known caves lies on the most susceptible ground.

    Parameters
    ----------
    result
        What a study with an inventory of caves gave.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no inventory.
    """
    found = result.cave_calibration
    if found is None:
        msg = f"the study of {result.name} has no known_caves, so there is no success rate"
        raise InvalidParameterError(msg)
    with context():
        if ax is None:
            ax = page(SMALL).add_axes((0.13, 0.17, 0.8, 0.7))
        ax.plot([0, 1], [0, 1], color="#8a8f96", linestyle=(0, (4, 2)), linewidth=1.2)
        ax.text(0.6, 0.5, "a map without knowledge", fontsize=7.5, color="#5b6f82")
        ax.plot(
            found.curve["ground_share"],
            found.curve["cave_share"],
            color=INK["optimal"],
            linewidth=2,
        )
        ax.set(xlim=(0, 1), ylim=(0, 1.02))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        ax.set_xlabel("share of the mapped rock, most susceptible first")
        ax.set_ylabel("share of the known caves")
        ax.grid(visible=True)
        ax.set_axisbelow(True)
        ax.set_title(
            f"Area {found.auc:.2f} ± {1.96 * found.auc_se:.2f} on {found.n_used} cells with caves"
        )
    return ax
