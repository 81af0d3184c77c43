"""The sheet a figure is drawn on: what may be asked of it, its room, its heading, legend and foot."""

from __future__ import annotations

import functools
import math
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypedDict
from weakref import WeakKeyDictionary

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import PercentFormatter

from borderzone._guards import check_choice, check_finite_number, check_positive
from borderzone._guards.escapes import figure_words
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar.furniture import rims
from borderzone.figures.grammar.keys import KEY_LOOK, mark_handlers
from borderzone.figures.grammar.theme import (
    INK,
    LEAST_POINTS,
    Theme,
    theme_for,
    theme_now,
    themed,
)
from borderzone.figures.grammar.words import (
    LANGUAGES,
    catalogue,
    from_right,
    language_now,
    say,
    spoken,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from matplotlib.artist import Artist

__all__ = [
    "SIZES",
    "Page",
    "Sheet",
    "SheetOptions",
    "drawing",
    "figure_of",
    "month_ticks",
    "open_page",
    "percent_ticks",
    "unshown",
    "width_in",
    "wrapped",
]

# Inches. Every page is printed at its own size, so a point on it is a point on paper.
SIZES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "a4": (11.69, 8.27),
        "a4-portrait": (8.27, 11.69),
        "a3": (16.54, 11.69),
        "16:9": (13.33, 7.5),
        "text": (6.3, 4.2),
        "column": (3.35, 4.4),
    }
)
_NONE: Mapping[str, tuple[float, float]] = MappingProxyType({})
_LEGENDS = ("auto", "right", "below", "none")
P = ParamSpec("P")


class SheetOptions(TypedDict, total=False):
    """What may be asked of any figure by name, in the place of a `Sheet`."""

    size: str | tuple[float, float] | None
    title: str | None
    km: tuple[float, float] | None
    extent: tuple[float, float, float, float] | None
    legend: str
    theme: Theme | str | None
    lang: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """
    What is asked of the sheet that a figure is drawn on.

    Every figure takes these by name as well: ``corridor_map(result,
    size="column")`` is ``corridor_map(result, sheet=Sheet(size="column"))``.

    Attributes
    ----------
    size
        ``"a4"``, ``"a4-portrait"``, ``"a3"``, ``"16:9"``, ``"text"`` (6.3 in
        wide, as the text of a page), ``"column"`` (85 mm), or width and
        height; each figure's own where it is None. Units: inches.
    title
        Words in the place of the finding that the figure tells; empty for none.
    km
        From and to along the border, of figures that show the border. Units: km.
    extent
        West, south, east and north of a map. Units: degrees.
    legend
        ``"right"`` of the figure, ``"below"`` it, ``"none"``, or ``"auto"``
        for where it leaves more room.
    theme
        ``"light"``, ``"dark"``, ``"grey"`` or a `Theme`; what suits the paper
        where it is None.
    lang
        ``"en"``, ``"fr"`` or ``"ar"``: language of the fixed words. Only the
        English ones were read by a speaker.

    Raises
    ------
    InvalidParameterError
        If something asked for cannot be.

    Examples
    --------
    >>> Sheet(size="column").size_in((11.69, 8.27))
    (3.35, 4.4)
    """

    size: str | tuple[float, float] | None = None
    title: str | None = None
    km: tuple[float, float] | None = None
    extent: tuple[float, float, float, float] | None = None
    legend: str = "auto"
    theme: Theme | str | None = None
    lang: str = "en"

    def __post_init__(self) -> None:
        """Refuse at once what no figure could do."""
        self.size_in(SIZES["a4"])
        check_choice(self.legend, "legend", _LEGENDS)
        check_choice(self.lang, "lang", tuple(LANGUAGES))
        theme_for(self.theme, "#ffffff")
        title: Any = self.title
        if not (title is None or isinstance(title, str)):
            msg = f"title must be words or None, got {self.title!r}"
            raise InvalidParameterError(msg)
        if self.km is not None:
            first, last = _numbers(self.km, "km", 2, "from and to along the border, in km")
            if not first < last:
                msg = f"km must go up, got {first:g} to {last:g}; give the lower chainage first"
                raise InvalidParameterError(msg)
        if self.extent is not None:
            west, south, east, north = _numbers(
                self.extent, "extent", 4, "west, south, east and north in degrees"
            )
            if not (west < east and -90 <= south < north <= 90):
                msg = (
                    "extent must be west, south, east and north in degrees, west below east and "
                    f"south below north, got {self.extent!r}"
                )
                raise InvalidParameterError(msg)

    def size_in(
        self, usual: tuple[float, float], own: Mapping[str, tuple[float, float]] = _NONE
    ) -> tuple[float, float]:
        """
        Give the size of the page; the usual one where none was asked for.

        Parameters
        ----------
        usual
            Width and height that the figure has by itself. Units: inches.
        own
            Heights of its own that the figure has for sizes with a name. Units: inches.

        Returns
        -------
        tuple of float
            Width and height. Units: inches.
        """
        if self.size is None:
            return usual
        if isinstance(self.size, str):
            name = check_choice(self.size, "size", tuple(SIZES))
            return own.get(name, SIZES[name])
        wide, high = _numbers(self.size, "size", 2, "width and height in inches, or a name")
        for side in (wide, high):
            check_positive(side, "size", "inches")
            if not _SMALLEST_IN <= side <= _LARGEST_IN:
                msg = f"size must be from {_SMALLEST_IN:g} to {_LARGEST_IN:g} inches, got {side:g}"
                raise InvalidParameterError(msg)
        return wide, high

    def km_along(self, length_km: float) -> tuple[float, float]:
        """
        Give the part asked for of a border; all of it where none was.

        Parameters
        ----------
        length_km
            Length of the border.

        Returns
        -------
        tuple of float
            From and to, within the border. Units: km.

        Raises
        ------
        InvalidParameterError
            If the part lies off the border.

        Examples
        --------
        >>> Sheet(km=(100, 200)).km_along(599.0), Sheet().km_along(599.0)
        ((100, 200), (0.0, 599.0))
        """
        _USED.get().add("km")
        if self.km is None:
            return 0.0, length_km
        first, last = (min(max(km, 0.0), length_km) for km in self.km)
        if not first < last:
            msg = (
                f"km {self.km[0]:g} to {self.km[1]:g} lies off the border, which is "
                f"{length_km:.0f} km long"
            )
            raise InvalidParameterError(msg)
        return first, last

    def box_asked(self) -> tuple[float, float, float, float] | None:
        """
        Give the box asked for of a map.

        Returns
        -------
        tuple of float or None
            West, south, east and north in degrees; None where none was asked for.
        """
        _USED.get().add("extent")
        return self.extent

    @classmethod
    def of(cls, sheet: Sheet | None, options: Mapping[str, object]) -> Sheet:
        """
        Give the sheet asked for, by record, by name or by both.

        Parameters
        ----------
        sheet
            The record, or None.
        options
            Attributes by name; they go before those of the record.

        Returns
        -------
        Sheet
            One record of all.

        Raises
        ------
        InvalidParameterError
            If an option is unknown or cannot be.

        Examples
        --------
        >>> Sheet.of(Sheet(size="a3"), {"size": "column"}).size
        'column'
        """
        known = tuple(each.name for each in fields(cls))
        for name in options:
            if name not in known:
                check_choice(name, "the option of a figure", known)
        if sheet is not None and not isinstance(sheet, cls):
            msg = (
                f"sheet must be a Sheet, got {type(sheet).__name__}; give size= and title= by name"
            )
            raise InvalidParameterError(msg)
        return replace(sheet or cls(), **options)  # type: ignore[arg-type]  # its birth checks them


# What a figure has asked its sheet for while it is drawn.
_USED: ContextVar[set[str]] = ContextVar("used", default=set())  # noqa: B039 - of what is drawn without a sheet
# What can be printed and held in memory at 300 dots per inch.
_SMALLEST_IN, _LARGEST_IN = 2.0, 60.0


def _numbers(values: Any, name: str, number: int, what: str) -> tuple[float, ...]:
    try:
        found = tuple(values)
    except TypeError:
        found = ()
    if isinstance(values, str) or len(found) != number:
        msg = f"{name} must be {what}, got {values!r}"
        raise InvalidParameterError(msg)
    return tuple(check_finite_number(value, name) for value in found)


# -- words that fit ---------------------------------------------------------------------------------


def width_in(words: str, points: float, *, bold: bool = False) -> float:
    """Measure words in the face that is drawn with. Units: inches."""
    families = tuple(mpl.rcParams["font.family"]) + tuple(mpl.rcParams["font.sans-serif"])
    parts = figure_words(words).replace("\n", " ").split(" ")
    ems = sum(_ems(part, bold, families) for part in parts)
    return _COARSE * points * (ems + (len(parts) - 1) * _ems(" ", bold, families)) / 72


# Of coarse pixels letters take a little more than of fine ones.
_COARSE = 1.05


@functools.lru_cache(maxsize=20_000)
def _ems(word: str, bold: bool, families: tuple[str, ...]) -> float:  # noqa: ARG001, FBT001 - a key
    face = FontProperties(weight="bold" if bold else "normal", size=1.0)
    wide, _, _ = text_to_path.get_text_width_height_descent(word, face, ismath=False)
    return float(wide)


def wrapped(words: str, room_in: float, points: float, *, bold: bool = False) -> list[str]:
    """Break words into lines that are no wider than the room; a longer word stands alone."""
    lines: list[str] = []
    for given in words.split("\n"):
        line = ""
        for word in given.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width_in(longer, points, bold=bold) > room_in:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def sentences_that_fit(words: str, room_in: float, points: float, most: int) -> tuple[str, str]:
    """Split text into the sentences that so many lines hold, and the rest."""
    parts = re.split(r"(?<=[.;]) (?=\S)", words)
    for number in range(len(parts), 0, -1):
        if len(wrapped(" ".join(parts[:number]), room_in, points)) <= most:
            return " ".join(parts[:number]).rstrip(";"), " ".join(parts[number:])
    return "", words


# -- the page ---------------------------------------------------------------------------------------


class _Paper(Figure):
    """A figure that a notebook shows by itself, without any global plotting state."""

    def _repr_png_(self) -> bytes:
        import io  # noqa: PLC0415 - only a notebook asks for it

        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


class _PaperCanvas(FigureCanvasAgg):
    """Paper is drawn once, when it is saved, and not after every layer as a window is."""

    def draw_idle(self, *_: Any, **__: Any) -> None:
        pass


_SHOWN: ContextVar[bool] = ContextVar("shown", default=True)


@contextmanager
def unshown() -> Iterator[None]:
    """
    Make pages that pyplot does not know, for those who save many and forget them.

    Yields
    ------
    None
        Figures drawn meanwhile are shown by no notebook, and go away with their last name.

    Examples
    --------
    >>> import borderzone as bz
    >>> from matplotlib import pyplot as plt
    >>> known = plt.get_fignums()
    >>> with unshown():
    ...     ax = bz.figures.plot_border(bz.Border.between("IRQ", "SYR"))
    >>> plt.get_fignums() == known
    True
    """
    outer = _SHOWN.set(False)
    try:
        yield
    finally:
        _SHOWN.reset(outer)


def _new_figure(size: tuple[float, float]) -> Figure:
    if not _SHOWN.get():
        figure = _Paper(figsize=size, dpi=110)
        _PaperCanvas(figure)
        return figure
    from matplotlib import pyplot as plt  # noqa: PLC0415 - half a second that a report does not pay

    return plt.figure(figsize=size, dpi=110)


def figure_of(ax: Axes) -> Figure:
    """Return the page that axes stand on."""
    root = ax.get_figure(root=True)
    assert isinstance(root, Figure)  # noqa: S101 - axes always stand on a figure
    return root


# What each figure had no room for: the lists of its pages.
_LEFT_OUT: WeakKeyDictionary[Figure, list[list[str]]] = WeakKeyDictionary()


def left_out_of(figure: Figure) -> list[str]:
    """Give the words for which a figure had no room, each once."""
    return list(dict.fromkeys(words for page in _LEFT_OUT.get(figure, []) for words in page))


@dataclass(kw_only=True)
class Page:
    """
    A sheet being drawn on: its cell of the figure, and the room that is left in it.

    Attributes
    ----------
    ax
        The axes of the figure proper.
    sheet
        What was asked for.
    whole
        Whether all of the page is ours, or only the axes somebody gave.
    cell_in
        Left, bottom, width and height of what is ours. Units: inches.
    top_in, foot_in
        Lower edge of the heading and upper edge of the foot, from the bottom of the page.
    points
        Size of plain words.
    left_out
        Words for which there was no room; they go into the description of a saved file.
    """

    ax: Axes
    sheet: Sheet
    whole: bool
    cell_in: tuple[float, float, float, float]
    top_in: float
    foot_in: float
    points: float
    left_out: list[str] = field(default_factory=list)
    _foot_lines: int = 0
    _finding_points: float = 0.0
    _foot_at: float = 0.0

    def __post_init__(self) -> None:
        """Let the figure know what this page leaves out."""
        _LEFT_OUT.setdefault(self.figure, []).append(self.left_out)

    @property
    def figure(self) -> Figure:
        """The figure it lies on."""
        return figure_of(self.ax)

    @property
    def wide_in(self) -> float:
        """Width of what is ours. Units: inches."""
        return self.cell_in[2]

    @property
    def small(self) -> bool:
        """Whether it is too narrow for a column beside the figure."""
        return self.wide_in < _NARROW_IN

    @property
    def side_in(self) -> float:
        """Empty rim at the left and the right. Units: inches."""
        return 0.45 if self.wide_in >= _WIDE_IN else 0.12 if self.wide_in < _NARROW_IN else 0.25

    @property
    def body_in(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of the room between heading and foot. Units: inches."""
        left, _, wide, _ = self.cell_in
        rim = self.side_in if self.whole else 0.0
        return left + rim, self.foot_in, left + wide - rim, self.top_in

    def share(self, box_in: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Turn left, bottom, right and top in inches into what matplotlib places axes by."""
        wide, high = self.figure.get_size_inches()
        left, bottom, right, top = box_in
        return (
            left / wide,
            bottom / high,
            max(right - left, 0.1) / wide,
            max(top - bottom, 0.1) / high,
        )

    def axes(self, box_in: tuple[float, float, float, float], label: str) -> Axes:
        """Put more axes into a box, given in inches."""
        return self.figure.add_axes(self.share(box_in), label=label)

    def title_points(self) -> float:
        """Size of the finding."""
        size = {True: 13.0, False: 10.5}[self.wide_in >= _WIDE_IN]
        return 9.0 if self.small else size

    def heading(self, finding: str, standing: str = "", *, mark: str = "") -> None:
        """Write the finding, under it what it stands on; on somebody's axes the finding alone."""
        finding, standing = _in_language(finding, standing)
        title = finding if self.sheet.title is None else self.sheet.title
        if not self.whole:
            self._axes_title(f"{title}{mark}")
            return
        points, room = self.title_points(), self._room
        top = self.cell_in[1] + self.cell_in[3] - (0.28 if self.wide_in >= _WIDE_IN else 0.1)
        lines = wrapped(title, room, points, bold=True) if title else []
        most = 2
        while len(lines) > _MOST_TITLE and points > LEAST_POINTS:
            points -= 0.5
            lines = wrapped(title, room, points, bold=True)
        if lines:
            self._write(lines, top, points, fontweight="bold")
            top -= len(lines) * 1.22 * points / 72 + 0.05
        size = 8.5 if self.wide_in >= _WIDE_IN else 7.5 if not self.small else LEAST_POINTS
        shown, rest = sentences_that_fit(standing, room, size, most)
        if rest and size > LEAST_POINTS:
            size = LEAST_POINTS
            shown, rest = sentences_that_fit(standing, room, size, most)
        if rest:
            self.left_out.append(rest)
        if shown:
            under = wrapped(shown, room, size)
            self._write(under, top, size, color=INK["quiet"])
            top -= len(under) * 1.22 * size / 72 + 0.04
        self.top_in = top - 0.06

    def _axes_title(self, title: str) -> None:
        """Write a finding over somebody's axes, on as many lines as their width asks for."""
        points = max(LEAST_POINTS, min(float(mpl.rcParams["axes.titlesize"]), 2.2 * self.wide_in))
        lines = wrapped(title, 0.98 * self.wide_in, points, bold=True) if title else []
        self._finding_points = points
        self.ax.set_title(
            "\n".join(lines), fontsize=points, loc="right" if from_right() else "left"
        )
        # What the page above the axes has no room for is taken from them.
        left, bottom, wide, high = self.cell_in
        above = float(self.figure.get_size_inches()[1]) - bottom - high
        over = len(lines) * 1.3 * points / 72 + 0.1 - above
        if over > 0:
            self.cell_in = (left, bottom, wide, max(high - over, 0.3))
            self.top_in = bottom + self.cell_in[3]
            if self.figure.get_layout_engine() is None:
                self.ax.set_position(self.share((left, bottom, left + wide, self.top_in)))

    def _write(self, lines: Sequence[str], top_in: float, points: float, **style: Any) -> Text:
        wide, high = self.figure.get_size_inches()
        x = self.cell_in[0] + self.side_in
        look: dict[str, Any] = {"ha": "left"}
        if from_right():
            x, look = self.cell_in[0] + self.wide_in - self.side_in, {"ha": "right"}
        return self.figure.text(
            x / wide,
            top_in / high,
            "\n".join(lines),
            va="top",
            fontsize=points,
            linespacing=1.2,
            **(look | style),
        )

    def keep_foot(self, *parts: str | tuple[str, str]) -> None:
        """Keep room at the foot for what will be written there, before its numbers are known."""
        if self.whole:
            self._foot_lines = len(
                wrapped(" ".join(self._that_fit(parts)[0]), self._room, LEAST_POINTS)
            )
            rim = 0.18 if self.wide_in >= _WIDE_IN else 0.08
            self._foot_at = self.cell_in[1] + rim + self._foot_lines * 1.22 * LEAST_POINTS / 72
            self.foot_in = self._foot_at + 0.06

    def footer(self, *parts: str | tuple[str, str]) -> None:
        """
        Write what a figure owes its sources at the foot: the parts that have room, the first first.

        A part of two is the long form and the short one, for a page with less room.
        """
        if not self.whole:
            self.left_out += [part if isinstance(part, str) else part[0] for part in parts if part]
            return
        if not self._foot_lines:
            self.keep_foot(*parts)
        shown, rest = self._that_fit(parts, most=self._foot_lines)
        self.left_out += rest
        if shown:
            lines = wrapped(" ".join(shown), self._room, LEAST_POINTS)
            self._write(lines, self._foot_at, LEAST_POINTS, color=INK["quiet"])

    @property
    def _room(self) -> float:
        return self.wide_in - 2 * self.side_in

    def _that_fit(
        self, parts: Sequence[str | tuple[str, str]], most: int | None = None
    ) -> tuple[list[str], list[str]]:
        """Split parts of a foot into those that have room, whole, and the others."""
        if most is None:
            most = max(3, int(_FOOT_SHARE * self.cell_in[3] * 72 / (1.25 * LEAST_POINTS)))
            most = most if self.wide_in >= _WIDE_IN or self.cell_in[3] >= _WIDE_IN else 3
        shown: list[str] = []
        rest: list[str] = []
        for part in filter(None, parts):
            forms = (part,) if isinstance(part, str) else part
            for form in forms:
                if len(wrapped(" ".join([*shown, form]), self._room, LEAST_POINTS)) <= most:
                    shown.append(form)
                    break
            if not shown or shown[-1] != forms[0]:
                rest.append(forms[0])
        return shown, rest

    def warn(self, words: str) -> None:
        """Lay a band over the top of the page that says some of its data never happened."""
        if not self.whole:
            return
        wide, high = self.figure.get_size_inches()
        top = self.cell_in[1] + self.cell_in[3]
        points = 8.5 if self.wide_in >= _WIDE_IN else LEAST_POINTS
        room = self.wide_in - 2 * self.side_in - 0.1
        lines = wrapped(f"{say(SYNTHETIC_TEXT)}: {words}", room, points, bold=True)
        deep = len(lines) * 1.25 * points / 72 + 0.08
        band = Rectangle(
            ((self.cell_in[0] + self.side_in) / wide, (top - 0.03 - deep) / high),
            (self.wide_in - 2 * self.side_in) / wide,
            deep / high,
            transform=self.figure.transFigure,
            facecolor=INK["warning"],
            edgecolor=INK["text"],
            linewidth=0.7,
        )
        self.figure.add_artist(band)
        self.figure.text(
            (self.cell_in[0] + self.wide_in / 2) / wide,
            (top - 0.03 - deep / 2) / high,
            "\n".join(lines),
            ha="center",
            va="center",
            fontsize=points,
            fontweight="bold",
            color=INK["on_warning"],
        )
        left, bottom, across, tall = self.cell_in
        self.cell_in = (left, bottom, across, tall - deep)

    def fit(self, *axes: Axes, box_in: tuple[float, float, float, float] | None = None) -> None:
        """Move axes so that they and their words fill a box, by default all the room that is left."""
        shown = axes or (self.ax,)
        wide, high = (float(side) for side in self.figure.get_size_inches())
        left, bottom, right, top = self.body_in if box_in is None else box_in
        dpi = float(self.figure.dpi)
        for _ in range(3):
            boxes = [ax.get_position() for ax in shown]
            outer = [box for ax in shown if (box := ax.get_tightbbox()) is not None]
            inner = mpl.transforms.Bbox.union(boxes)
            whole = mpl.transforms.Bbox.union(outer)
            # Of coarse pixels letters take up to a tenth more.
            west = 1.06 * max(inner.x0 * wide - whole.x0 / dpi, 0.0)
            south = 1.03 * max(inner.y0 * high - whole.y0 / dpi, 0.0)
            east = max(whole.x1 / dpi - inner.x1 * wide, 0.0)
            north = max(whole.y1 / dpi - inner.y1 * high, 0.0)
            x0, x1 = (left + west) / wide, (right - east) / wide
            y0, y1 = (bottom + south) / high, (top - north) / high
            x1, y1 = max(x1, x0 + 0.2 / wide), max(y1, y0 + 0.2 / high)
            for ax, box in zip(shown, boxes, strict=True):
                at = (np.array([box.x0, box.x1]) - inner.x0) / inner.width
                up = (np.array([box.y0, box.y1]) - inner.y0) / inner.height
                ax.set_position(
                    (
                        x0 + at[0] * (x1 - x0),
                        y0 + up[0] * (y1 - y0),
                        (at[1] - at[0]) * (x1 - x0),
                        (up[1] - up[0]) * (y1 - y0),
                    )
                )

    def key_below(self, marks: Sequence[Artist]) -> None:
        """
        Write a legend of labelled marks at the foot of the room that is left, in columns that fit.

        Where it would take more than its share of the page the last marks are left out; on
        somebody's own axes it stands above them, for below are their labels.
        """
        shown = [mark for mark in marks if str(mark.get_label())]
        if not shown or self.sheet.legend == "none":
            return
        left, bottom, right, _ = self.body_in if self.whole else (0.0, 0.0, self.wide_in, 0.0)
        points = max(LEAST_POINTS, self.points - 0.5)
        words = [figure_words(say(str(mark.get_label()))) for mark in shown]
        line = 1.32 * points / 72
        columns, folded = _in_columns(words, right - left, points)
        while len(shown) > 1 and _rows_high(folded, columns) * line > self._key_in:
            self.left_out.append(words.pop())
            shown.pop()
            columns, folded = _in_columns(words, right - left, points)
        for mark, each in zip(shown, folded, strict=True):
            mark.set_label(each)
        if not self.whole:
            self._key_over_axes(shown, columns, points)
            return
        wide, high = self.figure.get_size_inches()
        key = self.figure.legend(
            handles=shown,
            loc="lower left",
            bbox_to_anchor=(left / wide, (bottom + 0.02) / high),
            ncols=columns,
            handler_map=mark_handlers(),
            **(KEY_LOOK | {"fontsize": points}),
        )
        self.foot_in = float(key.get_window_extent().y1) / float(self.figure.dpi) + 0.06

    @property
    def _key_in(self) -> float:
        """Height that a legend below may take. Units: inches."""
        high = self.cell_in[3]
        return float(min(_KEY_SHARE * high, max(0.45, high - _FOR_OTHERS_IN)))

    def close(
        self,
        finding: str,
        standing: str = "",
        *,
        foot: Sequence[str] = (),
        key: Sequence[Artist] = (),
    ) -> None:
        """Write all words of a figure of one panel, and give the panel the room that they leave."""
        from borderzone.figures.grammar.rows import unstack  # noqa: PLC0415 - rows measure on pages

        self.heading(finding, standing)
        self.footer(*foot)
        self.key_below(key)
        if self.whole:
            self.fit()
        unstack(self.ax)
        if self.whole:
            self.fit()

    def _key_over_axes(self, marks: Sequence[Artist], columns: int, points: float) -> None:
        """Over somebody's own axes: below stand their label and whatever is under them."""
        key = self.ax.legend(
            handles=marks,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=columns,
            handler_map=mark_handlers(),
            **(KEY_LOOK | {"fontsize": points}),
        )
        # The finding stands above it.
        high = float(key.get_window_extent().height) * 72 / float(self.figure.dpi)
        side: Any = "right" if from_right() else "left"
        title = self.ax.get_title(loc=side)
        self.ax.set_title(title, fontsize=self._finding_points, loc=side, pad=high + 6)


def _in_columns(words: Sequence[str], room_in: float, points: float) -> tuple[int, list[str]]:
    """Fold words into as many columns as make the legend lowest; give their number too."""
    tried = []
    for columns in range(1, min(_MOST_COLUMNS, len(words)) + 1):
        each = room_in / columns - _MARK_IN
        if columns > 1 and each < _COLUMN_IN:
            break
        folded = ["\n".join(wrapped(word, each, points)) for word in words]
        tried.append((_rows_high(folded, columns), columns, folded))
    _, columns, folded = min(tried, key=lambda one: one[:2])
    return columns, folded


def _rows_high(folded: Sequence[str], columns: int) -> int:
    """Lines that the highest column of a legend takes."""
    per = math.ceil(len(folded) / columns)
    lines = [word.count("\n") + 1 for word in folded]
    return max(sum(lines[k : k + per]) for k in range(0, len(lines), per))


# Columns of a legend, the narrowest one, the room of its mark, the share of the page it may take, and what
# it leaves to the figure and its words. Units of all but the first and fourth: inches.
_MOST_COLUMNS, _COLUMN_IN, _MARK_IN, _KEY_SHARE, _FOR_OTHERS_IN = 6, 0.95, 0.52, 0.2, 3.6
SYNTHETIC_TEXT = "SYNTHETIC DATA"
# Narrower than the first a page has no column beside the figure; wider than the second it is a sheet
# of its own rather than a picture in a text.
_NARROW_IN, _WIDE_IN = 4.6, 9.0
_MOST_TITLE = 3
# Share of the height that the foot may take.
_FOOT_SHARE = 0.13
# The page on which words are set as they are named, and how far they grow and shrink.
_PLAIN_IN, _LEAST_SCALE, _MOST_SCALE = 7.0, 0.875, 1.45


def open_page(
    ax: Axes | None,
    sheet: Sheet | None,
    usual: tuple[float, float],
    *,
    own: Mapping[str, tuple[float, float]] = _NONE,
) -> Page:
    """Open a page of the size asked for, or the axes given; what is ours of a figure is its cell."""
    sheet = sheet or Sheet()
    plain = theme_now().points
    if ax is None:
        wide, high = sheet.size_in(usual, own)
        scale = min(max(math.sqrt(wide * high) / _PLAIN_IN, _LEAST_SCALE), _MOST_SCALE)
        figure = _new_figure((wide, high))
        ax = figure.add_axes((0.1, 0.15, 0.8, 0.7))
        page = Page(ax=ax, sheet=sheet, whole=True, cell_in=(0.0, 0.0, wide, high), top_in=high,
                    foot_in=0.0, points=max(LEAST_POINTS, min(scale, 1.1) * plain))  # fmt: skip
    else:
        if sheet.size is not None:
            msg = "size is that of a new page; the axes given have theirs, so leave out one of both"
            raise InvalidParameterError(msg)
        _theme_axes(ax)
        box = ax.get_position()
        wide, high = (float(side) for side in figure_of(ax).get_size_inches())
        cell = (box.x0 * wide, box.y0 * high, box.width * wide, box.height * high)
        page = Page(ax=ax, sheet=sheet, whole=False, cell_in=cell, top_in=cell[1] + cell[3],
                    foot_in=cell[1], points=plain if cell[2] >= _NARROW_IN else LEAST_POINTS)  # fmt: skip
    ax.tick_params(labelsize=max(LEAST_POINTS, page.points - 0.5))
    ax.xaxis.label.set_fontsize(page.points)
    ax.yaxis.label.set_fontsize(page.points)
    return page


def _theme_axes(ax: Axes) -> None:
    """Give somebody's axes the inks of the theme, so that all words on them can be read."""
    ax.set_facecolor(INK["paper"])
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[:].set_edgecolor(INK["quiet"])
    ax.tick_params(colors=INK["quiet"], labelcolor=INK["text"])
    for words in (ax.title, ax.xaxis.label, ax.yaxis.label):
        words.set_color(INK["text"])


def drawing(draw: Callable[P, Axes]) -> Callable[P, Axes]:
    r"""
    Let a function draw on the sheet asked for, with any text from outside for its words.

    What it writes stands on the figure as `figure_words` shows it, and is never read as a
    formula; what stood on the caller's axes before stays as it was.
    """

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Axes:
        options = {name: value for name, value in kwargs.items() if name in _OPTIONS}
        sheet = Sheet.of(kwargs.get("sheet"), options)  # type: ignore[arg-type]  # checked there
        given = kwargs.get("ax")
        if given is not None and not isinstance(given, Axes):
            msg = f"ax must be axes of matplotlib, got {type(given).__name__}"
            raise InvalidParameterError(msg)
        before = _words(figure_of(given)) if isinstance(given, Axes) else {}
        face = mpl.rcParams["figure.facecolor"]
        if isinstance(given, Axes):
            face = figure_of(given).get_facecolor()
        used: set[str] = set()
        outer, named = _USED.set(used), _DRAWN.set(draw.__name__)
        try:
            with themed(theme_for(sheet.theme, face)), spoken(sheet.lang):
                ax = draw(*args, **kwargs)
                _settle(figure_of(ax), before)
                if given is not None:
                    _hold_on_page(ax)
        finally:
            _USED.reset(outer)
            _DRAWN.reset(named)
        for name, what in (("km", "part of the border"), ("extent", "box of a map")):
            if getattr(sheet, name) is not None and name not in used:
                msg = f"{draw.__name__} shows no {what}; leave out {name}"
                raise InvalidParameterError(msg)
        return ax

    return drawn


_OPTIONS = frozenset(each.name for each in fields(Sheet))


def _settle(figure: Figure, before: Mapping[Text, str]) -> None:
    """Show all words drawn as plain text, with their rims under them."""
    _show_ticks(figure)
    for text, words in _words(figure).items():
        if before.get(text) != words:
            text.set_parse_math(False)
            text.set_usetex(False)
            # Words that stand alone are the catalogue's own, however they were broken.
            said = say(words.replace("\n", " "))
            text.set_text(figure_words(words if said == words.replace("\n", " ") else said))
    rims(figure)


# Of somebody's axes at least so much is left to what is drawn on them.
_LEAST_LEFT = 0.35


def _hold_on_page(ax: Axes) -> None:
    """Make somebody's axes smaller by what their words reach beyond the page, where no layout engine does."""
    figure = figure_of(ax)
    if figure.get_layout_engine() is not None:
        return
    wide, high = (float(side) * float(figure.dpi) for side in figure.get_size_inches())
    for _ in range(2):
        whole, box = ax.get_tightbbox(), ax.get_position()
        if whole is None:
            return
        west, south = max(-whole.x0, 0.0) / wide, max(-whole.y0, 0.0) / high
        east, north = max(whole.x1 - wide, 0.0) / wide, max(whole.y1 - high, 0.0) / high
        across, up = box.width - west - east, box.height - south - north
        if across < _LEAST_LEFT * box.width or up < _LEAST_LEFT * box.height:
            return
        if west + south + east + north > 0:
            ax.set_position((box.x0 + west, box.y0 + south, across, up))


def _in_language(finding: str, standing: str) -> tuple[str, str]:
    """
    Give a heading in the language that is drawn in.

    Findings are sentences built from parts, which no catalogue can turn into another language:
    where a figure has no sentence of its own there, it has the name of what it shows.
    """
    name = _DRAWN.get()
    if language_now() == "en" or (known := catalogue(language_now()).get(f"figure {name}")) is None:
        return finding, standing
    return known, ""


_DRAWN: ContextVar[str] = ContextVar("drawn", default="")


def _axis_of(figure: Figure) -> list[Any]:
    return figure.findobj(Axis)


def _words(figure: Figure) -> dict[Text, str]:
    for axis in _axis_of(figure):
        axis.get_ticklabels(which="both")  # ticks get their words late; now they have them
    return {text: text.get_text() for text in figure.findobj(Text)}


def _show_ticks(figure: Figure) -> None:
    # The words of ticks are set anew at every drawing, from what their axis keeps.
    for axis in _axis_of(figure):
        words = [label.get_text() for label in axis.get_majorticklabels()]
        shown = [figure_words(word) for word in words]
        if shown != words:
            axis.set_ticks(axis.get_majorticklocs(), labels=shown)


def percent_ticks(decimals: int = 0) -> PercentFormatter:
    """Return what writes a share beside an axis, as the tables have it."""
    return PercentFormatter(1.0, decimals=decimals, symbol=" %")


def month_ticks(ax: Axes) -> None:
    """Mark the months, of which each is told by its 15th day."""
    ax.set_xticks(range(1, 13), list("JFMAMJJASOND"))
    ax.set(xlim=(1, 12), ylim=(0, None))
    ax.set_xlabel(say("15th of the month"))
