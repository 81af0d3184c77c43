"""Charts along the border: what is out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from borderzone.errors import InvalidParameterError
from borderzone.figures.style import INK, context, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["sight_lines"]

# A page wide and low, as a border is. Units: inches.
LONG = (10.4, 3.1)
MEASURED = "lines of sight"


def sight_lines(result: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw which share of the strip along the border a patrol on it does not see.

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
        If the study has no terrain, and so no share.
    """
    if "f_mask" not in result.segments:
        msg = f"the study of {result.name} has no elevation, so nothing is known of lines of sight"
        raise InvalidParameterError(msg)
    rows = result.segments
    measured = rows["f_mask_source"].to_numpy() == MEASURED
    with context():
        ax = along_border(result, ax)
        edges = edges_km(result)
        low, high = (rows[f"f_mask_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        for which, style in ((measured, _BANDS[True]), (~measured, _BANDS[False])):
            ax.stairs(
                np.where(which, high, np.nan),
                edges,
                baseline=np.where(which, low, np.nan),
                fill=True,
                **style,
            )
        ax.stairs(
            rows["f_mask"].to_numpy(dtype=float),
            edges,
            baseline=None,
            color=INK["optimal"],
            linewidth=1.6,
        )
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        ax.set_ylim(0, 1)
        ax.set_ylabel("out of sight within 2 km")
        ax.set_title(_finding(rows["f_mask"].to_numpy(dtype=float), measured))
        marks: list[Any] = [Line2D([], [], color=INK["optimal"], linewidth=1.6)]
        words = ["for a patrol on the line"]
        for which, told in (
            (True, "measured: standing still / after every stop"),
            (False, "assumed by landform, with its band"),
        ):
            if (measured == which).any():
                marks.append(Patch(**_BANDS[which]))
                words.append(told)
        ax.legend(marks, words, loc="upper right", ncols=3, frameon=True, framealpha=0.9)
    return ax


_BANDS: dict[bool, dict[str, Any]] = {
    True: {"color": "#c9d5e3"},
    False: {"facecolor": "#ececec", "edgecolor": "#9a9a9a", "hatch": "////", "linewidth": 0},
}


def along_border(result: StudyResult, ax: Axes | None) -> Axes:
    """
    Open axes along the border.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to use; a wide low page is made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        Axes with the chainage below.
    """
    if ax is None:
        ax = page(LONG).add_axes((0.075, 0.17, 0.905, 0.7))
    border = result.border
    ax.set_xlim(0, border.length_km)
    ax.set_xlabel(f"km along the border, from {border.start_name} to {border.end_name}")
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    return ax


def edges_km(result: StudyResult) -> FloatArray:
    """
    Give the ends of the segments.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    FloatArray
        One more than there are segments. Units: km.
    """
    rows = result.segments
    return np.append(rows["km_start"].to_numpy(dtype=float), float(rows["km_end"].iloc[-1]))


def _finding(share: FloatArray, measured: Any) -> str:
    how = (
        "measured"
        if measured.all()
        else "assumed from landforms"
        if not measured.any()
        else "measured in part"
    )
    low, high = 100 * np.nanmin(share), 100 * np.nanmax(share)
    return f"{low:.0f} to {high:.0f} % of the ground beside the border is out of a patrol's sight, {how}"
