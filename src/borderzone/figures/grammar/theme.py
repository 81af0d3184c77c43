"""Themes: the inks, type and looks of every figure, and which of them is drawn in now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from cmcrameri import cm
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.patheffects import withStroke

from borderzone._guards import check_choice, check_positive
from borderzone.errors import InvalidParameterError

__all__ = [
    "CAVE_HATCH",
    "INK",
    "LEAST_POINTS",
    "NO_DATA",
    "NO_RELIEF",
    "RULE_STYLE",
    "THEMES",
    "THIRD_COUNTRY",
    "VOID",
    "Look",
    "Theme",
    "contrast",
    "halo",
    "ink_of",
    "luminance",
    "ramp",
    "theme_for",
    "theme_now",
    "themed",
]

# Nothing on a figure is set smaller: below 7 points print is not read.
LEAST_POINTS = 7.0

# One ink for one thing, on every figure. No two of them differ by red and green alone, and
# what they tell apart is told by hatch, dash or marker as well.
_LIGHT = {
    "paper": "#ffffff",
    "text": "#1c1c1c",
    "quiet": "#595959",
    "rule": "#8f8f8f",
    "grid": "#d8d8d8",
    "land": "#f4f2ec",
    "land_2": "#dcd6c6",
    "relief": "#f7f4ee",
    "shade": "#9e9c97",
    "sea": "#c9dde9",
    "water": "#3a7699",
    "border": "#000000",
    "casing": "#ffffff",
    "desert": "#dcb667",
    "desert_line": "#805c10",
    "cave": "#4a4789",
    "cave_low": "#625fa0",
    "incident": "#a3124f",
    "outside": "#8a6574",
    "synthetic": "#6d4a8d",
    "synthetic_fill": "#cbbcd9",
    "optimal": "#0b3c6f",
    "maximin": "#a34700",
    "even": "#6a6a6a",
    "unled": "#8a5a00",
    "informed": "#5b6f82",
    "fill": "#c9d5e3",
    "bar": "#7f9dc2",
    "height": "#cfcbc0",
    "rough": "#8f8a7c",
    "no_data": "#8c8c8c",
    "no_relief": "#d2d2d2",
    "third": "#4d4d4d",
    "noise": "#d6d6d6",
    "warning": "#ffd54a",
    "on_warning": "#1c1c1c",
    "across": "#b9b4a8",
    "hours_1": "#f1f5e2",
    "hours_2": "#c3d6a5",
    "hours_3": "#8fb58a",
    "hours_4": "#4f8a83",
    "hours_5": "#1f5570",
    "hours_line": "#1d3d4a",
}
_DARK = {
    "paper": "#15191e",
    "text": "#f2f0ea",
    "quiet": "#b9bec4",
    "rule": "#7b838c",
    "grid": "#3a4149",
    "land": "#22272d",
    "land_2": "#2f363e",
    "relief": "#4a4f55",
    "shade": "#1b1f24",
    "sea": "#153040",
    "water": "#6fb2d6",
    "border": "#ffffff",
    "casing": "#15191e",
    "desert": "#6e5623",
    "desert_line": "#e3bd68",
    "cave": "#b9b5ff",
    "cave_low": "#a5a1e6",
    "incident": "#ff86b6",
    "outside": "#b391a0",
    "synthetic": "#cbaaf0",
    "synthetic_fill": "#4f3d66",
    "optimal": "#85b8f2",
    "maximin": "#ffac66",
    "even": "#b3b3b3",
    "unled": "#e0b04f",
    "informed": "#9fb3c6",
    "fill": "#2d4257",
    "bar": "#4d7199",
    "height": "#4a473f",
    "rough": "#7d786b",
    "no_data": "#8c8c8c",
    "no_relief": "#3a3f45",
    "third": "#b0b0b0",
    "noise": "#4b5056",
    "warning": "#ffd54a",
    "on_warning": "#1c1c1c",
    "across": "#3c3f42",
    "hours_1": "#1d2b33",
    "hours_2": "#234a5c",
    "hours_3": "#3f7673",
    "hours_4": "#7fa57a",
    "hours_5": "#cfe0b0",
    "hours_line": "#e8eef0",
}


def luminance(color: Any) -> float:
    """Relative luminance of a colour, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: Any, other: Any) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _in_grey(inks: Mapping[str, str]) -> dict[str, str]:
    """Give the inks as a press without colour prints them."""
    levels = {name: _grey_level(color) for name, color in inks.items()}
    return {name: to_hex((level, level, level)) for name, level in levels.items()}


def _grey_level(color: str) -> float:
    linear = luminance(color)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


@dataclass(frozen=True, kw_only=True)
class Theme:
    """
    How figures look: inks, type and the width of lines.

    Attributes
    ----------
    name
        What it is called.
    ink
        Name of a thing -> its colour. Names that are left out have those of
        the theme ``"light"``.
    fonts
        Families in the order of wish; empty for those of the reader's own
        ``rcParams`` where these were set, else DejaVu Sans, which ships with
        matplotlib and has Arabic letters.
    points
        Size of plain words on a page of A4; nothing is set below 7. Units: points.
    line
        Factor on the width of all lines.

    Raises
    ------
    InvalidParameterError
        If an ink has an unknown name or is no colour, or a size is not positive.

    Examples
    --------
    >>> Theme(name="house", ink={"desert": "#c2a878"}, fonts=("Open Sans",)).ink["text"]
    '#1c1c1c'
    """

    name: str
    ink: Mapping[str, str] = field(default_factory=dict)
    fonts: tuple[str, ...] = ()
    points: float = 8.0
    line: float = 1.0

    def __post_init__(self) -> None:
        """Refuse inks that nothing is drawn with and sizes that are none."""
        for name, color in self.ink.items():
            check_choice(name, "ink", tuple(_LIGHT))
            if not is_color_like(color):
                msg = f"ink {name!r} must be a colour that matplotlib knows, got {color!r}"
                raise InvalidParameterError(msg)
        check_positive(self.points, "points", "points")
        check_positive(self.line, "line")
        object.__setattr__(self, "ink", MappingProxyType(_LIGHT | dict(self.ink)))

    @property
    def rc(self) -> dict[Any, Any]:
        """Settings of matplotlib that the theme draws with."""
        ink = self.ink
        return {
            **self._fonts,
            "font.size": self.points,
            "axes.titlesize": self.points + 1,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": self.points,
            "xtick.labelsize": max(LEAST_POINTS, self.points - 0.5),
            "ytick.labelsize": max(LEAST_POINTS, self.points - 0.5),
            "legend.fontsize": max(LEAST_POINTS, self.points - 0.5),
            "legend.frameon": False,
            "legend.facecolor": ink["paper"],
            "legend.edgecolor": ink["rule"],
            "text.color": ink["text"],
            "axes.labelcolor": ink["text"],
            "axes.titlecolor": ink["text"],
            "axes.facecolor": ink["paper"],
            "axes.edgecolor": ink["quiet"],
            "axes.linewidth": 0.8 * self.line,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": ink["quiet"],
            "ytick.color": ink["quiet"],
            "xtick.labelcolor": ink["text"],
            "ytick.labelcolor": ink["text"],
            "axes.grid": False,
            "axes.axisbelow": True,
            "grid.color": ink["grid"],
            "grid.linewidth": 0.6 * self.line,
            "hatch.linewidth": 0.6 * self.line,
            "figure.facecolor": ink["paper"],
            "figure.dpi": 110,
            "savefig.facecolor": "auto",
            "path.simplify": True,
            # Text stays text: it can be searched, read aloud and translated.
            "svg.fonttype": "none",
            "svg.hashsalt": "borderzone",
            "pdf.fonttype": 42,
            "axes.unicode_minus": True,
            # A name may hold a dollar sign; no figure of ours holds a formula.
            "text.parse_math": False,
            "text.usetex": False,
        }

    @property
    def _fonts(self) -> dict[Any, Any]:
        if self.fonts:
            return {"font.family": list(self.fonts)}
        theirs = {
            name: _OUTSIDE.get()[name]
            for name in ("font.family", "font.sans-serif", "font.serif")
            if name in _OUTSIDE.get()
        }
        return {"font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"]} | theirs


# What the reader's own settings say of fonts, where they are not those of matplotlib.
_OUTSIDE: ContextVar[Mapping[str, Any]] = ContextVar("outside", default=MappingProxyType({}))

THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme(name="light"),
        "dark": Theme(name="dark", ink=_DARK),
        "grey": Theme(name="grey", ink=_in_grey(_LIGHT)),
    }
)
_NOW: ContextVar[Theme] = ContextVar("theme", default=THEMES["light"])


def theme_now() -> Theme:
    """Give the theme that is drawn in."""
    return _NOW.get()


def theme_for(asked: Theme | str | None, face: Any) -> Theme:
    """Find the theme that was asked for; where none was, the one that suits the paper."""
    if isinstance(asked, Theme):
        return asked
    if asked is None:
        return THEMES["dark" if luminance(face) < luminance("#777777") else "light"]
    return THEMES[check_choice(asked, "theme", tuple(THEMES))]


@contextmanager
def themed(theme: Theme) -> Iterator[None]:
    """Draw in a theme for a while; all settings of the caller come back after."""
    now: Any = mpl.rcParams
    shipped: Any = mpl.rcParamsDefault
    names = ("font.family", "font.sans-serif", "font.serif")
    theirs = {name: now[name] for name in names if now[name] != shipped[name]}
    outer = _NOW.set(theme)
    fonts = _OUTSIDE.set(theirs)
    try:
        with mpl.rc_context():
            # No half of somebody's style: what is not the theme's is as matplotlib ships it.
            mpl.rcdefaults()
            mpl.rcParams.update(theme.rc)
            yield
            interactive = mpl.is_interactive()
        # A notebook's backend sets this when it first makes a figure, which is in here; taken back, no
        # later figure would be shown.
        mpl.interactive(interactive)
    finally:
        _OUTSIDE.reset(fonts)
        _NOW.reset(outer)


class _Inks(Mapping[str, str]):
    """The inks of the theme that is drawn in."""

    def __getitem__(self, name: str) -> str:
        return theme_now().ink[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_LIGHT)

    def __len__(self) -> int:
        return len(_LIGHT)


INK: Mapping[str, str] = _Inks()


def ink_of(name: str) -> str:
    """Give the colour of an ink's name; what is no such name is a colour already."""
    return INK[name] if name in _LIGHT else name


class Look(Mapping[str, Any]):
    """Arguments of an artist, in which colours are names of inks until it is drawn."""

    def __init__(self, **arguments: Any) -> None:
        self._arguments = arguments

    def __getitem__(self, name: str) -> Any:
        """Give an argument, a colour as it is in the theme that is drawn in."""
        value = self._arguments[name]
        return ink_of(value) if name.endswith("color") else value

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the arguments."""
        return iter(self._arguments)

    def __len__(self) -> int:
        """Count the arguments."""
        return len(self._arguments)

    def __or__(self, more: Mapping[str, Any]) -> Look:
        """Give the look with more arguments, or others."""
        return Look(**(self._arguments | dict(more)))


# What is not known has a look of its own: no colour that stands for ground or for sea.
NO_DATA = Look(facecolor="paper", edgecolor="no_data", hatch="----", linewidth=0)
NO_RELIEF = Look(facecolor="paper", edgecolor="no_relief", hatch="----", linewidth=0)
THIRD_COUNTRY = Look(facecolor="none", edgecolor="third", hatch="\\\\\\\\\\", linewidth=0)
VOID = Look(facecolor="paper", edgecolor="no_data", hatch="....", linewidth=0)
# Susceptibility to caves, told by hatch and by word.
CAVE_HATCH = {1: "..", 2: "//", 3: "xxx"}

# Allocation rule -> how its line is drawn.
RULE_STYLE: Mapping[str, Look] = MappingProxyType(
    {
        "even": Look(color="even", linestyle=(0, (5, 2))),
        "optimal": Look(color="optimal", linestyle="-"),
        "maximin": Look(color="maximin", linestyle=(0, (7, 1.5, 1, 1.5))),
    }
)


def ramp() -> Any:
    """Give the scale of colours from little to much: it starts near the paper, and ends far from it."""
    grey = all(len({*to_rgb(color)}) == 1 for color in theme_now().ink.values())
    first, last = (cm.grayC, cm.grayC_r) if grey else (cm.lapaz, cm.lapaz_r)
    dark = luminance(INK["paper"]) < luminance(INK["text"])
    return first if (luminance(first(0.0)) < luminance(first(1.0))) == dark else last


def halo(width: float = 2.0, color: str = "paper") -> list[Any]:
    """Return the rim that keeps a label readable on any ground."""
    return [withStroke(linewidth=width, foreground=ink_of(color))]
