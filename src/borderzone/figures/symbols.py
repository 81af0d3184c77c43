"""Symbols of events: size is how many, shape is which type, filled is how many are known well."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import shapely
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from borderzone.figures.events import KNOWN_KM, MIXED, OTHER
from borderzone.figures.sheet import NestedMark, SizeRow, points_across
from borderzone.figures.style import INK, figure_of, halo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["SymbolScale", "draw_symbols", "key_of_symbols", "numbered", "outside_mark", "shapes_of"]

# By frequency; a circle is for places of several types, a cross for the rare ones.
SHAPES = ("D", "v", "P", "*", "s")
MIXED_SHAPE, OTHER_SHAPE = "o", "X"
# Area of one event and the least that is seen, in square points; width of the largest symbol, as a
# share of the side of a square as large as the axes.
ONE_PT2, LEAST_PT2, WIDEST = 24.0, 11.0, 0.058
# Ink that all symbols may take, as a share of the axes, and how much smaller those outside are.
MOST_INK, OUTSIDE = 0.05, 0.2
OUTSIDE_LEAST_PT2, OUTSIDE_MOST_PT2 = 5.0, 50.0
# So many of the largest have their number beside them, unless they are much smaller than the first.
LABELLED, LABEL_FROM = 3, 5
KEY_PT2 = 30.0


@dataclass(frozen=True)
class SymbolScale:
    """
    How large symbols are on one sheet.

    Attributes
    ----------
    per_event
        Area of one event. Units: square points.
    least
        The smallest area that is drawn; what stands for fewer has it too.
    """

    per_event: float
    least: float

    @classmethod
    def of(cls, ax: Axes, counts: Sequence[int]) -> SymbolScale:
        """Choose the scale for the axes."""
        wide, high = _points(ax)
        widest = math.pi / 4 * WIDEST**2 * wide * high
        room = MOST_INK * wide * high
        most, total = max([*counts, 1]), max(sum(counts), 1)
        return cls(min(ONE_PT2, widest / most, room / total), LEAST_PT2)

    @property
    def up_to(self) -> int:
        """Give the number of events up to which all symbols are of one size."""
        return max(1, math.floor(self.least / self.per_event))

    def area(self, events: int, *, inside: bool = True) -> float:
        """Give the area of a symbol."""
        if inside:
            return max(self.per_event * events, self.least)
        return min(max(OUTSIDE * self.per_event * events, OUTSIDE_LEAST_PT2), OUTSIDE_MOST_PT2)


def _points(ax: Axes) -> tuple[float, float]:
    box = ax.get_window_extent()
    dpi = figure_of(ax).dpi
    return 72 * box.width / dpi, 72 * box.height / dpi


@cache
def _unit_area(marker: str) -> float:
    style = MarkerStyle(marker)
    outline = style.get_path().transformed(style.get_transform()).to_polygons()
    return float(sum(shapely.Polygon(ring).area for ring in outline))


def _markersize(marker: str, area_pt2: float) -> float:
    """Size that gives any shape the area asked for."""
    return math.sqrt(area_pt2 / _unit_area(marker))


def shapes_of(kinds: Sequence[str]) -> dict[str, str]:
    """Give each type its shape."""
    named = [kind for kind in kinds if kind != OTHER]
    return dict(zip(named, SHAPES, strict=False)) | {OTHER: OTHER_SHAPE, MIXED: MIXED_SHAPE}


def draw_symbols(
    ax: Axes, symbols: pd.DataFrame, shapes: Mapping[str, str], scale: SymbolScale, *, zorder: float
) -> None:
    """Draw symbols, large ones first so that small ones lie over them."""

    def put(rows: pd.DataFrame, gid: str, below: int, style: Mapping[str, Any]) -> None:
        how: dict[str, Any] = {"linestyle": "none", "zorder": zorder - below, "gid": gid, **style}
        ax.plot(rows["x"], rows["y"], **how)

    outside = symbols[~symbols["inside"].astype(bool)]
    for events, rows in outside.groupby("events", sort=False):
        size = _markersize("o", scale.area(int(str(events)), inside=False))
        ink = {"color": INK["outside"], "alpha": 0.8, "markeredgewidth": 0.0}
        put(rows, "events-outside", 2, {"marker": "o", "markersize": size, **ink})
    inside = symbols[symbols["inside"].astype(bool)]
    columns = ["events", "known", "kind", "synthetic"]
    alike: dict[Any, Any] = dict(list(inside.groupby(columns, sort=False)))
    for name in sorted(alike, key=lambda name: (-name[0], -name[1], *name[2:])):
        events, known, kind, fake = name
        for gid, style in _parts(shapes[kind], scale.area(events), known / events, fake=bool(fake)):
            put(alike[name], gid, 0, style)


def _parts(
    marker: str, area: float, known: float, *, fake: bool
) -> list[tuple[str, dict[str, Any]]]:
    """Outline of all events, and in it a fill of the share that is known well."""
    ink = INK["synthetic" if fake else "incident"]
    outer: dict[str, Any] = {
        "marker": marker,
        "markersize": _markersize(marker, area),
        "markerfacecolor": ink if known == 1 else "#ffffff",
        "markeredgecolor": ink,
        "markeredgewidth": 0.9,
        "alpha": 0.9,
        # A white rim keeps symbols apart that lie on each other.
        "path_effects": halo(2.2),
    }
    parts = [("events", outer)]
    if 0 < known < 1:
        inner = {
            "marker": marker,
            "markersize": _markersize(marker, area * known),
            "color": ink,
            "markeredgewidth": 0.0,
        }
        parts.append(("events-known", inner))
    return parts


def key_of_symbols(
    symbols: pd.DataFrame, kinds: Sequence[str], scale: SymbolScale
) -> list[tuple[Artist, str]]:
    """Explain the symbols of the corridor: shape, fill and size."""
    inside = symbols[symbols["inside"].astype(bool)]
    if inside.empty:
        return []
    shapes, fake = shapes_of(kinds), bool(inside["synthetic"].any())
    real = not bool(inside["synthetic"].all())
    what = "SYNTHETIC: " if fake and not real else ""
    shown = set(inside["kind"])
    entries: list[tuple[Artist, str]] = []
    for kind in (*kinds, MIXED):
        if kind in shown:
            words = kind if kind == MIXED else f"{what}{textwrap.shorten(kind, 34)}"
            entries.append((_mark(shapes[kind], 1.0, fake=not real), words))
    if fake and real:
        entries.append((_mark(MIXED_SHAPE, 1.0, fake=True), "any shape in this ink: SYNTHETIC"))
    known, events = int(inside["known"].sum()), int(inside["events"].sum())
    within = f"known to within {KNOWN_KM:.0f} km"
    if known == events:
        entries.append((Line2D([], [], linestyle="none"), f"all {within}"))
    elif known:
        words = f"filled: {within}; hollow: vaguer"
        entries.append((_mark(MIXED_SHAPE, 0.45, fake=not real), words))
    else:
        entries.append(
            (_mark(MIXED_SHAPE, 0.0, fake=not real), f"hollow: vaguer than {KNOWN_KM:.0f} km")
        )
    if int(inside["events"].max()) > 1:
        entries.append(_sizes(inside["events"], scale))
    return entries


def outside_mark() -> Artist:
    """Give the legend's mark of events outside the corridor."""
    return Line2D([], [], linestyle="none", marker="o", markersize=3.6, color=INK["outside"])


def numbered(symbols: pd.DataFrame, scale: SymbolScale) -> list[tuple[float, float, float, str]]:
    """Choose the symbols that have their number beside them."""
    first = symbols.head(LABELLED)
    if first.empty or int(first["events"].iloc[0]) < LABEL_FROM:
        return []
    large = first[first["events"] >= max(LABEL_FROM, 0.1 * first["events"].iloc[0])]
    return [
        (row.x, row.y, points_across(scale.area(row.events)) / 2, f"{row.events:,}")
        for row in large.itertuples()
    ]


def _mark(marker: str, known: float, *, fake: bool) -> Artist:
    parts = [style for _, style in _parts(marker, KEY_PT2, known, fake=fake)]
    lines = [
        Line2D([], [], linestyle="none", **(style | {"path_effects": None})) for style in parts
    ]
    return lines[0] if len(lines) == 1 else NestedMark(lines)


def _sizes(counts: pd.Series, scale: SymbolScale) -> tuple[Artist, str]:
    largest, least = int(counts.max()), min(scale.up_to, int(counts.max()))
    middle = _round_number(math.sqrt(largest * least))
    shown = sorted({least, middle, largest} if least < middle < largest else {least, largest})
    words = [f"{number:,}" for number in shown]
    if least > 1:
        words[0] = f"up to {words[0]}"
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return SizeRow([scale.area(number) for number in shown]), f"{listed} events"


def _round_number(number: float) -> int:
    if number < 10:
        return round(number)
    power = 10 ** (len(str(int(number))) - 1)
    return int(round(number / power) * power)
