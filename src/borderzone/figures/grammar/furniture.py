"""What stands on a map beside its subject, and follows when somebody zooms: scale, arrow, degrees, rims of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from matplotlib.patheffects import Stroke, withStroke
from matplotlib.text import Text
from pyproj import CRS, Transformer

from borderzone._guards.escapes import figure_words
from borderzone.crs import GEOD, KM_PER_MILE
from borderzone.figures.grammar.theme import INK, LEAST_POINTS, halo, theme_now, themed
from borderzone.figures.grammar.words import language_now, say, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "arrow_inches",
    "graticule",
    "map_scale",
    "nice_length",
    "north_angle_deg",
    "north_arrow",
    "rims",
    "scale_bar",
    "scale_inches",
    "watch",
]


# -- what follows the map ---------------------------------------------------------------------------


class _Follower(Artist):
    """
    Draws nothing itself: before its axes are drawn it lays anew what hangs on their limits.

    It stands on the figure below everything, so it is drawn before the axes are asked for
    what they hold.
    """

    def __init__(self, ax: Axes, lay: Callable[[], None]) -> None:
        super().__init__()
        self.set_zorder(-1e6)
        self.set_in_layout(False)
        self._ax, self._lay = ax, lay
        self._theme, self._language = theme_now(), language_now()
        self._made: list[Artist] = []
        self._seen: tuple[float, ...] = ()
        self._laying = False
        self.lay_anew()

    def lay_anew(self) -> None:
        """Lay what hangs on the limits, where they have changed."""
        ax = self._ax
        # Who measures words may draw the figure while they are laid.
        if self._laying or _limits(ax) == self._seen:
            return
        self._laying = True
        for artist in self._made:
            if getattr(artist, "axes", None) is ax:
                artist.remove()
        before = set(map(id, ax.get_children()))
        with themed(self._theme), spoken(self._language):
            self._lay()
            made = [child for child in ax.get_children() if id(child) not in before]
            for text in made:
                if isinstance(text, Text):
                    text.set_parse_math(False)
                    text.set_text(figure_words(text.get_text()))
            self._made = [*made, *_rims_of(ax, made)]
        self._seen, self._laying = _limits(ax), False

    def draw(self, renderer: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 - matplotlib hands it
        if self._ax in self._ax.get_figure(root=True).axes:  # type: ignore[union-attr]  # they stand on one
            self.lay_anew()
        self.stale = False


def _limits(ax: Axes) -> tuple[float, ...]:
    wide, high = inches_of(ax)
    return (*ax.get_xlim(), *ax.get_ylim(), round(wide, 3), round(high, 3))


def watch(ax: Axes, lay: Callable[[], None]) -> None:
    """Lay what hangs on the limits of axes now, and again whenever they are drawn with others."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes always stand on a figure
    figure.add_artist(_Follower(ax, lay))


class _Rim(Artist):
    """
    The rim of words, drawn under them.

    Words with an effect of their own are written into a file as outlines; so the effect is
    drawn apart, and the words over it stay words that can be searched and read aloud.
    """

    def __init__(self, text: Text, effects: list[Any]) -> None:
        super().__init__()
        self.set_zorder(text.get_zorder() - 0.01)
        self.set_in_layout(False)
        self._text, self._effects = text, effects

    def draw(self, renderer: Any, *_: Any, **__: Any) -> None:
        text = self._text
        if not text.get_visible() or text.get_figure(root=True) is None:
            return
        text.set_path_effects(self._effects)
        try:
            text.draw(renderer)
        finally:
            text.set_path_effects([])
        self.stale = False


def rims(figure: Figure) -> None:
    """Draw the rims of all words of a figure apart from them."""
    for ax in figure.axes:
        _rims_of(ax, ax.get_children())


def _rims_of(ax: Axes, artists: Iterable[Artist]) -> list[Artist]:
    made: list[Artist] = []
    for text in list(artists):
        if not isinstance(text, Text) or not text.get_path_effects():
            continue
        strokes: list[Any] = [e for e in text.get_path_effects() if isinstance(e, withStroke)]
        rim = _Rim(text, [Stroke(**each._gc) for each in strokes])  # noqa: SLF001 - its only keeper
        text.set_path_effects([])
        ax.add_artist(rim)
        made.append(rim)
    return made


# -- scale, arrow, degrees --------------------------------------------------------------------------


def inches_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes. Units: inches."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes always stand on a figure
    # The place of axes in others is known once they are laid.
    locator: Any = ax.get_axes_locator()
    box = ax.get_position() if locator is None else locator(ax, None)
    wide, high = figure.get_size_inches()
    return float(box.width * wide), float(box.height * high)


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


# Height of a bar, the longest share of a map that a bar takes, and the least it is long. Units of the
# others: inches.
_BAR_IN, _BAR_SHARE, _BAR_LEAST_IN, _BAR_WORDS_IN = 0.06, 0.24, 0.6, 0.34
_ARROW_IN = 0.36


def scale_inches(ax: Axes) -> tuple[float, float]:
    """Room that the scale bar asks for at most. Units: inches."""
    wide, _ = inches_of(ax)
    return max(_BAR_SHARE * wide, min(_BAR_LEAST_IN, 0.6 * wide)) + _BAR_WORDS_IN, 0.5


def arrow_inches() -> tuple[float, float]:
    """Room that the north arrow asks for. Units: inches."""
    return 0.34, 0.62


def scale_bar(ax: Axes, crs: Any, *, corner: tuple[float, float] = (0.03, 0.03)) -> None:
    """Draw one bar in kilometres and miles, measured on the ellipsoid at the map's centre."""
    west, east = ax.get_xlim()
    wide_in, high_in = inches_of(ax)
    width_km = map_scale(ax, crs) * abs(east - west) / 1000
    longest_km = (scale_inches(ax)[0] - _BAR_WORDS_IN) / wide_in * width_km
    km, miles = nice_length(longest_km), nice_length(longest_km / KM_PER_MILE)
    high, letters = _BAR_IN / high_in, LEAST_POINTS / 72
    x, y = corner[0], corner[1] + (letters + 0.06) / high_in
    length_in = max(km, miles * KM_PER_MILE) / width_km * wide_in
    _plate(ax, corner, (length_in + 0.34, 2 * _BAR_IN + 2 * letters + 0.2))
    rows = (
        (y + high, km, km / width_km, "km", 1),
        (y, miles, miles * KM_PER_MILE / width_km, "mi", 0),
    )
    for base, number, drawn, unit, above in rows:
        for part in range(4):
            ax.add_patch(
                Rectangle(
                    (x + part * drawn / 4, base),
                    drawn / 4,
                    high,
                    transform=ax.transAxes,
                    facecolor=INK["text"] if part % 2 == above else INK["paper"],
                    edgecolor=INK["text"],
                    linewidth=0.6,
                    zorder=31,
                )
            )
        edge = base + high + 0.03 / high_in if above else base - 0.03 / high_in
        for place, words in ((0.0, "0"), (1.0, f"{number:g} {say(unit)}")):
            ax.text(
                x + place * drawn,
                edge,
                words,
                transform=ax.transAxes,
                ha="center" if place else "left",
                va="bottom" if above else "top",
                fontsize=LEAST_POINTS,
                color=INK["text"],
                zorder=31,
            ).set_gid("scale")


def _plate(ax: Axes, corner: tuple[float, float], size_in: tuple[float, float]) -> None:
    wide_in, high_in = inches_of(ax)
    pad = 0.05
    box = FancyBboxPatch(
        (corner[0] - pad / wide_in, corner[1] - pad / high_in),
        size_in[0] / wide_in,
        size_in[1] / high_in,
        boxstyle="square,pad=0",
        transform=ax.transAxes,
        facecolor=INK["paper"],
        edgecolor="none",
        alpha=0.82,
        zorder=30,
    )
    ax.add_patch(box)


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
    ax: Axes, crs: Any, *, corner: tuple[float, float] = (0.91, 0.84), size: float = _ARROW_IN
) -> None:
    """Draw an arrow to true north, turned as the map's frame asks where it stands."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    wide, high = inches_of(ax)
    centre = corner[0] + 0.17 / wide, corner[1] + 0.25 / high
    x = west + centre[0] * (east - west)
    y = south + centre[1] * (north - south)
    angle = np.radians(north_angle_deg(crs, x, y))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shape = np.array([[0, 0.5], [0.2, -0.4], [0, -0.22], [-0.2, -0.4]]) * size
    for half, fill in ((shape[[0, 1, 2]], INK["paper"]), (shape[[0, 2, 3]], INK["text"])):
        ax.add_patch(
            Polygon(
                half @ turn.T / (wide, high) + centre,
                transform=ax.transAxes,
                facecolor=fill,
                edgecolor=INK["text"],
                linewidth=0.7,
                zorder=31,
            )
        )
    above = np.array([0.0, 0.5 * size + 0.08]) @ turn.T / (wide, high) + centre
    ax.text(
        float(above[0]),
        float(above[1]),
        say("N"),
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        color=INK["text"],
        rotation=-np.degrees(angle),
        path_effects=halo(),
        zorder=31,
    ).set_gid("north")


# Inches of the neatline that a label of degrees takes.
_DEGREES_IN = 1.25


def graticule(ax: Axes, crs: Any) -> None:
    """Mark degrees at the neatline and where meridians and parallels cross."""
    frame = CRS.from_user_input(crs)
    to_degrees = Transformer.from_crs(frame, 4326, always_xy=True)
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    along_x, along_y = np.linspace(west, east, 400), np.linspace(south, north, 400)
    lon, _ = to_degrees.transform(along_x, np.full(400, south))
    _, lat = to_degrees.transform(np.full(400, west), along_y)
    lon = np.degrees(np.unwrap(np.radians(lon)))
    wide_in, high_in = inches_of(ax)
    step = max(
        _degree_step(float(np.ptp(lon)), wide_in / _DEGREES_IN),
        _degree_step(float(np.ptp(lat)), high_in / _DEGREES_IN),
    )
    meridians, parallels = _multiples(lon, step), _multiples(lat, step)
    ax.set_xticks(
        np.interp(meridians, lon, along_x), [_degrees(value, "EW", step) for value in meridians]
    )
    ax.set_yticks(
        np.interp(parallels, lat, along_y), [_degrees(value, "NS", step) for value in parallels]
    )
    ax.tick_params(length=3, width=0.7, top=False, right=False, pad=2, labelsize=LEAST_POINTS)
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


_STEPS_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)


def _degree_step(width: float, lines: float) -> float:
    return float(next((step for step in _STEPS_DEG if width / step <= max(lines, 1.0)), 60))


def _multiples(values: Any, step: float) -> Any:
    first, last = np.ceil(np.min(values) / step), np.floor(np.max(values) / step)
    return np.arange(first, last + 1) * step


def _degrees(value: float, letters: str, step: float) -> str:
    value = (value + 180) % 360 - 180 if letters == "EW" else value
    if abs(value) < step / 100:
        return "0°"
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    return f"{abs(value):.{digits}f}°{say(letters[0] if value > 0 else letters[1])}"
