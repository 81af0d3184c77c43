"""The rows of the strip map, one function a theme."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap, rgb2hex, to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter
from pyproj import Geod

from borderzone.figures.style import (
    CAVE_HATCH,
    CAVE_INK,
    INK,
    NO_DATA,
    RULE_STYLE,
    THIRD_COUNTRY,
    halo,
)
from borderzone.figures.symbols import SymbolScale, draw_symbols, numbered, shapes_of
from borderzone.study.force import side_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone._typing import BoolArray
    from borderzone.figures.strip_data import Plan, Strip

__all__ = ["ACROSS", "DRAW_ROW", "VOID", "across", "has_row", "symbol_scale"]

WGS84 = Geod(ellps="WGS84")
# Bare ground that the force does not reach is the desert's ink, thinned as on the map.
_DESERT, _LAND = (np.array(to_rgb(INK[name])) for name in ("desert", "land"))
ACROSS = str(rgb2hex((0.4 * _DESERT + 0.6 * _LAND).tolist()))
GROUND = ListedColormap([INK["land"], INK["desert"], INK["sea"], ACROSS])
RIM_BOXES = 4  # rows of boxes at the edge of the plan that the name of a country covers
VOID: dict[str, Any] = {
    "facecolor": "#ffffff",
    "edgecolor": "#bbbbbb",
    "hatch": "....",
    "linewidth": 0,
}


def has_row(strip: Strip, name: str) -> bool:
    """Tell whether a study has what a row draws."""
    needed = {
        "plan": True,
        "elevation": "elevation_mean_m" in strip.segments,
        "rugged": "tri_m" in strip.segments,
        "flags": "remote_share" in strip.segments,
        "incidents": "incidents_expected" in strip.segments,
        "seen": "pod_even" in strip.segments,
    }
    return needed[name]


def _draw_plan(row: Axes, strip: Strip) -> str:
    plan, deep = strip.plan, float(strip.plan.y[-1])
    first, last = float(plan.x[0]), float(plan.x[-1])
    # What nothing is drawn over shows the hatched page: no ground is nearest there.
    row.add_patch(Rectangle((first, -deep), last - first, 2 * deep, **VOID))
    ground = plan.ground > 0
    classes = np.where(plan.remote >= 0.5, 1.0, 0.0)
    classes[(classes == 1.0) & across(strip)] = 3.0
    classes[plan.sea >= 0.5] = 2.0
    blank = ground & np.isnan(plan.remote) & ~(plan.sea >= 0.5)
    classes[blank | ~ground] = np.nan
    row.pcolormesh(
        plan.x, plan.y, np.ma.masked_invalid(classes.T), cmap=GROUND, vmin=-0.5, vmax=3.5
    )
    _hatch(row, plan, blank, NO_DATA)
    _hatch(row, plan, plan.third >= 0.5, THIRD_COUNTRY)
    row.axhline(0, color="#ffffff", linewidth=3.6, zorder=4)
    row.axhline(0, color=INK["border"], linewidth=1.6, zorder=5)
    _draw_points(row, strip)
    row.set_ylim(-deep, deep)
    row.yaxis.set_major_locator(MultipleLocator(deep / 2))
    _name_sides(row, strip)
    _north_ticks(row, strip)
    return "km off the\nborder"


def across(strip: Strip) -> BoolArray:
    """Tell which boxes of the plan lie across the border from the force."""
    plan, result = strip.plan, strip.result
    if result.reach is None or result.reach.across is None:
        return np.zeros(plan.remote.shape, dtype=bool)
    left = (plan.y[:-1] + plan.y[1:]) / 2 > 0
    mine = left if side_of(result.scenario, result.border) == result.border.left else ~left
    return np.broadcast_to(~mine, plan.remote.shape)


def _hatch(row: Axes, plan: Plan, boxes: BoolArray, style: dict[str, Any]) -> None:
    """Hatch boxes of the plan, in runs along the border so that the lines meet."""
    for column in range(boxes.shape[1]):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], boxes[:, column], [0]])))
        for start, end in edges.reshape(-1, 2):
            corner = (float(plan.x[start]), float(plan.y[column]))
            wide = float(plan.x[end] - plan.x[start])
            high = float(plan.y[column + 1] - plan.y[column])
            row.add_patch(Rectangle(corner, wide, high, zorder=3, **style))


def _name_sides(row: Axes, strip: Strip) -> None:
    names, border, plan = strip.result.border.names, strip.result.border, strip.plan
    third = np.nan_to_num(plan.third) >= 0.5
    wide = math.ceil(0.1 * len(third))
    for place in plan.names.itertuples():  # their names take room as well
        column = int(np.searchsorted(plan.x, place.km))
        half = slice(len(plan.y) // 2, None) if place.offset > 0 else slice(len(plan.y) // 2)
        third[max(column - wide // 2, 0) : column + wide // 2 + 1, half] = True
    for side, height, rim in (
        (border.left, 0.96, third[:, -RIM_BOXES:]),
        (border.right, 0.04, third[:, :RIM_BOXES]),
    ):
        # The name of a country stands on its own ground, not on a third one's.
        clear = [not rim[start : start + wide].any() for start in range(len(rim))]
        start = float(plan.x[clear.index(True)]) if True in clear else 0.0
        row.text(
            start + 0.004 * float(plan.x[-1]),
            height,
            names.get(side, side).upper(),
            transform=row.get_xaxis_transform(),
            fontsize=8,
            color=INK["quiet"],
            va="top" if height > 0.5 else "bottom",
            path_effects=halo(),
            zorder=9,
            clip_on=True,
        )
    for place in plan.names.itertuples():
        along = place.km / plan.x[-1]
        row.text(
            place.km,
            place.offset,
            place.name.upper(),
            fontsize=7,
            color=INK["text"],
            ha="left" if along < 0.1 else "right" if along > 0.9 else "center",
            va="center",
            path_effects=halo(),
            zorder=9,
            clip_on=True,
        )


def _draw_points(row: Axes, strip: Strip) -> None:
    if strip.symbols is None:
        return
    scale = symbol_scale(row, strip)
    draw_symbols(row, strip.symbols, shapes_of(strip.kinds), scale, zorder=6)
    for x, y, reach, words in numbered(strip.symbols, scale):
        row.annotate(
            words,
            (x, y),
            (reach + 1.5, 0),
            textcoords="offset points",
            fontsize=7,
            fontweight="bold",
            va="center",
            path_effects=halo(),
            zorder=9,
        )


def symbol_scale(row: Axes, strip: Strip) -> SymbolScale:
    """Give the size of the symbols on the plan."""
    return SymbolScale.of(row, [] if strip.symbols is None else strip.symbols["events"].tolist())


def _north_ticks(row: Axes, strip: Strip) -> None:
    border, total = strip.result.border, float(strip.edges[-1])
    step = max(100.0, total / 10) if total >= 300 else total / 4
    deep = max(strip.result.corridor.depth_km.values())
    for km in np.arange(step / 2, total, step):
        ends = border.point_at(np.array([max(km - 20, 0.0), min(km + 20, total)]))
        course, _, _ = WGS84.inv(ends.x.iloc[0], ends.y.iloc[0], ends.x.iloc[1], ends.y.iloc[1])
        # The course runs to the right of the page; north lies so far to its left.
        angle = math.radians(course)
        row.annotate(
            "N",
            xy=(km, -0.72 * deep),
            xytext=(15 * math.cos(angle), 15 * math.sin(angle)),
            textcoords="offset points",
            fontsize=7,
            ha="center",
            va="center",
            arrowprops={
                "arrowstyle": "<-",
                "linewidth": 0.8,
                "color": INK["text"],
                "shrinkA": 1,
                "shrinkB": 0,
            },
            path_effects=halo(),
            zorder=8,
        )


def _steps(row: Axes, strip: Strip, column: str, **style: Any) -> None:
    row.stairs(strip.segments[column].to_numpy(dtype=float), strip.edges, baseline=None, **style)


def _blank(row: Axes, strip: Strip, values: Any) -> None:
    """Hatch the segments of which a row knows nothing."""
    for number in np.flatnonzero(np.isnan(values)):
        start, end = strip.edges[number], strip.edges[number + 1]
        row.axvspan(start, end, zorder=1, **NO_DATA)


def _draw_elevation(row: Axes, strip: Strip) -> str:
    rows = strip.segments
    low, high = (rows[f"elevation_{end}_m"].to_numpy(dtype=float) for end in ("min", "max"))
    row.stairs(high, strip.edges, baseline=low, fill=True, color="#cfcbc0")
    _steps(row, strip, "elevation_mean_m", color=INK["text"], linewidth=1.3)
    row.set_ylim(bottom=min(0.0, float(np.nanmin(low))))
    row.yaxis.set_major_locator(MaxNLocator(3))
    _blank(row, strip, rows["elevation_mean_m"].to_numpy(dtype=float))
    return "elevation,\nm"


def _draw_rugged(row: Axes, strip: Strip) -> str:
    row.stairs(
        strip.segments["tri_m"].to_numpy(dtype=float), strip.edges, fill=True, color="#8f8a7c"
    )
    row.set_ylim(bottom=0)
    row.yaxis.set_major_locator(MaxNLocator(2))
    _blank(row, strip, strip.segments["tri_m"].to_numpy(dtype=float))
    return "ruggedness\n(TRI), m"


def _draw_flags(row: Axes, strip: Strip) -> str:
    share = np.nan_to_num(strip.segments["remote_share"].to_numpy(dtype=float))
    unknown = strip.segments["remote_share_unknown"].to_numpy(dtype=float)
    row.stairs(share, strip.edges, fill=True, color=INK["desert"])
    row.stairs(
        np.where(unknown > 0, share + unknown, np.nan),
        strip.edges,
        baseline=np.where(unknown > 0, share, np.nan),
        fill=True,
        **NO_DATA,
    )
    row.stairs(
        np.where(unknown < 1, share, np.nan), strip.edges, color=INK["desert_line"], linewidth=0.8
    )
    row.set_ylim(-0.52, 1.0)
    row.set_yticks([0, 0.5, 1.0])
    row.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    row.axhline(0, color=INK["quiet"], linewidth=0.7)
    ranks = strip.segments.get("cave_rank", pd.Series(np.nan, index=strip.segments.index))
    for start, end, rank in zip(strip.edges[:-1], strip.edges[1:], ranks, strict=True):
        if np.isfinite(rank) and int(rank) in CAVE_HATCH:
            row.fill_between(
                [start, end],
                -0.46,
                -0.08,
                facecolor="#ffffff",
                edgecolor=CAVE_INK[int(rank)],
                hatch=CAVE_HATCH[int(rank)],
                linewidth=0,
            )
    _unknown_labels(row, strip, ranks)
    side = side_of(strip.result.scenario, strip.result.border)
    return textwrap.fill(f"remote share of {side}, cave rank", 16)


def _unknown_labels(row: Axes, strip: Strip, ranks: pd.Series) -> None:
    unknown = ~np.isfinite(ranks.to_numpy(dtype=float))
    edges, start = strip.edges, None
    for number in range(len(unknown) + 1):
        inside = number < len(unknown) and unknown[number]
        if inside and start is None:
            start = number
        if not inside and start is not None:
            if edges[number] - edges[start] > 0.07 * edges[-1]:
                row.text(
                    (edges[number] + edges[start]) / 2,
                    -0.27,
                    "caves unknown",
                    fontsize=7,
                    ha="center",
                    va="center",
                    color=INK["quiet"],
                    clip_on=True,
                )
            start = None


def _draw_incidents(row: Axes, strip: Strip) -> str:
    expected = strip.segments["incidents_expected"].to_numpy(dtype=float)
    style: dict[str, Any] = {"color": INK["incident"]}
    if strip.result.synthetic:
        style = {"facecolor": "#cbbcd9", "edgecolor": INK["synthetic"], "hatch": "///"}
    row.stairs(expected, strip.edges, fill=True, linewidth=0.4, **style)
    row.set_ylim(0, max(1.0, 1.1 * float(np.nanmax(expected))))
    row.yaxis.set_major_locator(MaxNLocator(2))
    return "incidents\nexpected"


def _draw_seen(row: Axes, strip: Strip) -> str:
    for rule, style in RULE_STYLE.items():
        if f"pod_{rule}" in strip.segments:
            _steps(
                row,
                strip,
                f"pod_{rule}",
                color=style["color"],
                linestyle=style["linestyle"],
                linewidth=1.4,
            )
    top = max(float(strip.segments[f"pod_{rule}"].max()) for rule in RULE_STYLE)
    row.set_ylim(0, min(1.0, 1.15 * max(top, 0.05)))
    row.yaxis.set_major_locator(MaxNLocator(3))
    row.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    row.grid(axis="y")
    return f"seen at night\nby {strip.result.scenario.reference_units} units"


DRAW_ROW = {
    "plan": _draw_plan,
    "elevation": _draw_elevation,
    "rugged": _draw_rugged,
    "flags": _draw_flags,
    "incidents": _draw_incidents,
    "seen": _draw_seen,
}
