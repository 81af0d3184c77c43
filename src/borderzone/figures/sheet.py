"""What stands on a map and around a figure: scale bar, arrow, grid, heading, legend, footer."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.legend_handler import HandlerBase
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from matplotlib.text import Text
from pyproj import CRS, Transformer

from borderzone.crs import GEOD, KM_PER_MILE
from borderzone.figures.style import INK, halo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

__all__ = [
    "NestedMark",
    "SizeRow",
    "footer",
    "graticule",
    "heading",
    "legend",
    "map_scale",
    "mark_handlers",
    "nice_length",
    "north_angle_deg",
    "north_arrow",
    "points_across",
    "scale_bar",
    "synthetic_band",
]


def nice_length(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 ... that is not longer."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(step * power for step in (0.5, 1.0, 2.0, 5.0) if step * power <= longest))


def map_scale(ax: Axes, crs: Any) -> float:
    """Return how many metres of ground one map unit is, along x at the map's centre."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    x, y = (west + east) / 2, (south + north) / 2
    half = (east - west) / 200
    to_degrees = Transformer.from_crs(CRS.from_user_input(crs), 4326, always_xy=True)
    lon, lat = to_degrees.transform([x - half, x + half], [y, y])
    _, _, metres = GEOD.inv(lon[0], lat[0], lon[1], lat[1])
    return float(metres) / float(2 * half)


def scale_bar(
    ax: Axes, crs: Any, *, corner: tuple[float, float] = (0.03, 0.03), share: float = 0.28
) -> None:
    """Draw one bar in kilometres and miles, measured on the ellipsoid at the map's centre."""
    west, east = ax.get_xlim()
    width_km = map_scale(ax, crs) * (east - west) / 1000
    x, y = corner
    height = 0.09 / _inches(ax)[1]
    pad = 0.08 / _inches(ax)[0]
    km, miles = nice_length(share * width_km), nice_length(share * width_km / KM_PER_MILE)
    length = max(km, miles * KM_PER_MILE) / width_km
    box = FancyBboxPatch(
        (x - pad, y - 0.6 * height),
        length + 6.5 * pad,
        6.0 * height,
        boxstyle="square,pad=0",
        transform=ax.transAxes,
        facecolor="#ffffff",
        edgecolor="none",
        alpha=0.82,
        zorder=30,
    )
    ax.add_patch(box)
    rows = ((y + 2.4 * height, km, km / width_km, "km", 1), (y + 1.2 * height, miles, 0.0, "mi", 0))
    for base, number, wide, unit, above in rows:
        drawn = wide or number * KM_PER_MILE / width_km
        for part in range(4):
            ax.add_patch(
                Rectangle(
                    (x + part * drawn / 4, base),
                    drawn / 4,
                    height,
                    transform=ax.transAxes,
                    facecolor=INK["text"] if part % 2 == above else "#ffffff",
                    edgecolor=INK["text"],
                    linewidth=0.6,
                    zorder=31,
                )
            )
        edge = base + 1.35 * height if above else base - 0.35 * height
        marks = [(0.0, "0"), (0.5, f"{number / 2:g}"), (1.0, f"{number:g} {unit}")]
        for place, text in marks if above else [marks[0], marks[2]]:
            ax.text(
                x + place * drawn,
                edge,
                text,
                transform=ax.transAxes,
                ha="center" if place < 1 else "left" if not above else "center",
                va="bottom" if above else "top",
                fontsize=7,
                zorder=31,
            )


def _inches(ax: Axes) -> tuple[float, float]:
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes always stand on a figure
    box = ax.get_position()
    wide, high = figure.get_size_inches()
    return float(box.width * wide), float(box.height * high)


def north_angle_deg(crs: Any, x: float, y: float) -> float:
    """Return how far true north is turned from up, clockwise, at a point of a map."""
    frame = CRS.from_user_input(crs)
    lon, lat = Transformer.from_crs(frame, 4326, always_xy=True).transform(x, y)
    step = 0.01 if lat < 89 else -0.01
    back = Transformer.from_crs(4326, frame, always_xy=True)
    ahead_x, ahead_y = back.transform(lon, lat + step)
    here_x, here_y = back.transform(lon, lat)
    turn = np.degrees(np.arctan2(ahead_x - here_x, ahead_y - here_y))
    return float(turn if step > 0 else (turn + 360) % 360 - 180) + 0.0


def north_arrow(
    ax: Axes, crs: Any, *, centre: tuple[float, float] = (0.95, 0.9), size: float = 0.4
) -> None:
    """Draw an arrow to true north, turned as the map's frame asks where it stands."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    x = west + centre[0] * (east - west)
    y = south + centre[1] * (north - south)
    angle = np.radians(north_angle_deg(crs, x, y))
    wide, high = _inches(ax)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shape = np.array([[0, 0.5], [0.2, -0.4], [0, -0.22], [-0.2, -0.4]]) * size
    for half, fill in ((shape[[0, 1, 2]], "#ffffff"), (shape[[0, 2, 3]], INK["text"])):
        outline = half @ turn.T / (wide, high) + centre
        ax.add_patch(
            Polygon(
                outline,
                transform=ax.transAxes,
                facecolor=fill,
                edgecolor=INK["text"],
                linewidth=0.7,
                zorder=31,
            )
        )
    above = np.array([0.0, 0.72 * size]) @ turn.T / (wide, high) + centre
    ax.text(
        float(above[0]),
        float(above[1]),
        "N",
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        rotation=-np.degrees(angle),
        path_effects=halo(),
        zorder=31,
    )


def graticule(ax: Axes, crs: Any, *, lines: int = 4) -> None:
    """Mark degrees at the neatline and where meridians and parallels cross."""
    frame = CRS.from_user_input(crs)
    to_degrees = Transformer.from_crs(frame, 4326, always_xy=True)
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    along_x, along_y = np.linspace(west, east, 400), np.linspace(south, north, 400)
    lon, _ = to_degrees.transform(along_x, np.full(400, south))
    _, lat = to_degrees.transform(np.full(400, west), along_y)
    step = _degree_step(float(lon.max() - lon.min()), lines)
    meridians, parallels = _multiples(lon, step), _multiples(lat, step)
    ax.set_xticks(
        np.interp(meridians, lon, along_x), [_degrees(value, "EW") for value in meridians]
    )
    ax.set_yticks(
        np.interp(parallels, lat, along_y), [_degrees(value, "NS") for value in parallels]
    )
    ax.tick_params(length=3, width=0.7, top=False, right=False, pad=2)
    ax.spines[:].set_visible(True)
    ax.spines[:].set(linewidth=1.1, edgecolor=INK["text"])
    grid_lon, grid_lat = np.meshgrid(meridians, parallels)
    back = Transformer.from_crs(4326, frame, always_xy=True)
    x, y = back.transform(grid_lon.ravel(), grid_lat.ravel())
    inside = (x > west) & (x < east) & (y > south) & (y < north)
    ax.plot(
        np.asarray(x)[inside],
        np.asarray(y)[inside],
        linestyle="none",
        marker="+",
        markersize=6,
        markeredgewidth=0.5,
        color=INK["quiet"],
        zorder=2,
    )


def _degree_step(width: float, lines: int) -> float:
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
    return float(min(steps, key=lambda step: abs(width / step - lines)))


def _multiples(values: Any, step: float) -> Any:
    first, last = np.ceil(np.min(values) / step), np.floor(np.max(values) / step)
    return np.arange(first, last + 1) * step


def _degrees(value: float, letters: str) -> str:
    if abs(value) < 1e-9:
        return "0°"
    return f"{abs(value):g}°{letters[0] if value > 0 else letters[1]}"


# Width of the empty rim on the left and right of a page. Units: inches.
SIDE = 0.45


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
