"""Two small charts: which assumption matters most, and how long the nights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from borderzone.errors import InvalidParameterError
from borderzone.figures.style import INK, context, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["night_hours", "sensitivity"]


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
        msg = f"the study of {result.name} has no table of Sobol indices"
        raise InvalidParameterError(msg)
    with context():
        if ax is None:
            ax = page((7.0, 3.6)).add_axes((0.32, 0.2, 0.64, 0.64))
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
        ax.set_yticks(place, rows["assumption"])
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xlim(0, max(0.05, 1.12 * float(rows["total"].max())))
        ax.set_xlabel("share of the variance of the required units (Sobol index)")
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        top = rows.iloc[-1]
        ax.set_title(f"{top['assumption']}: {100 * top['total']:.0f} % of the uncertainty")
        ax.legend(loc="lower right")
    return ax


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
            ax = page((7.0, 3.6)).add_axes((0.09, 0.16, 0.76, 0.68))
        table = result.night_hours
        months = np.arange(1, 13)
        dashes: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (3, 1.5)), (0, (1, 1.2)))
        shades = ("#0b3c6f", "#35618f", "#4f7396", "#5b6f82")
        for (name, hours), dash, shade in zip(table.items(), dashes, shades, strict=False):
            ax.plot(months, hours, linestyle=dash, color=shade, linewidth=1.8)
            ax.text(12.15, float(hours.iloc[-1]), str(name), va="center", fontsize=7.5)
        ax.set_xticks(months, list("JFMAMJJASOND"))
        ax.set(xlim=(1, 12), ylim=(0, None))
        ax.set_ylabel("hours of darkness")
        ax.grid(axis="y")
        dark = table["nautical"] if "nautical" in table else table.iloc[:, 0]
        ax.set_title(
            f"A night without useful light lasts {dark.min():.1f} h in June, {dark.max():.1f} h "
            "in December"
        )
    return ax
