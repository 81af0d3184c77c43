"""
What a notebook shows of a record: a small map and a table in plain HTML, whose words are escaped.

No library draws here, so that a record shows itself as fast as it prints. Colours are those of the
notebook (``currentColor``), light or dark; nothing is fetched, and nothing runs.
"""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards.escapes import block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

__all__ = ["Mark", "card", "described", "record_card", "runs_of"]

_WIDE, _HIGH, _RIM = 420.0, 260.0, 6.0
# A line on the screen needs no more; a whole card stays far below 200 kB.
_MOST_POINTS = 6000
_MOST_ROWS, _LONGEST = 60, 400
_STYLE = "font-size:90%;border-collapse:collapse;margin:0"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """
    One thing on the small map: lines or areas, by their longitudes and latitudes.

    `words` are shown where the mouse rests, and for those who listen; `fill` is a colour, or empty for
    a line.
    """

    runs: Sequence[npt.NDArray[Any]]
    words: str
    fill: str = ""
    dashed: bool = False


def runs_of(shape: Any) -> list[npt.NDArray[Any]]:
    """Give the lines of a shape or of several, or the edges of areas, as longitudes and latitudes."""
    parts = getattr(shape, "geoms", shape if hasattr(shape, "__iter__") else None)
    if parts is not None:
        return [run for part in parts for run in runs_of(part)]
    if hasattr(shape, "exterior"):
        return [np.asarray(ring.coords) for ring in (shape.exterior, *shape.interiors)]
    return [np.asarray(shape.coords)] if hasattr(shape, "coords") else []


def card(title: str, rows: Iterable[tuple[str, Any]], marks: Sequence[Mark] = ()) -> str:
    """Show a title, a small map and a table of two columns."""
    picture = _picture(marks, title)
    table = _table(list(rows))
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">{picture}'
        f"<div><strong>{_words(title)}</strong>{table}</div></div>"
    )


def _table(listed: list[tuple[str, Any]]) -> str:
    """Write a table whose first column names what the second holds."""
    cells = [
        f'<tr><th style="text-align:left;vertical-align:top;padding-right:1em">{_words(name)}</th>'
        f'<td style="text-align:left">{_words(value)}</td></tr>'
        for name, value in listed[:_MOST_ROWS]
    ]
    if len(listed) > _MOST_ROWS:
        cells.append(f'<tr><td colspan="2">and {len(listed) - _MOST_ROWS} more</td></tr>')
    return f'<table style="{_STYLE}">{"".join(cells)}</table>'


def described(record: type) -> dict[str, str]:
    """Read what the docstring of a record says of each attribute, without its markup."""
    said = (record.__doc__ or "").partition("Attributes\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for names, text in re.findall(r"^ {4}(\w[\w, ]*)\n((?: {8}.*\n?)+)", said + "\n", re.MULTILINE):
        plain = re.sub(r"`+", "", " ".join(text.split()))
        found |= dict.fromkeys(names.split(", "), plain)
    return found


def record_card(title: str, values: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """Show the fields of a record, those that are not as usual first, with what is usual beside them."""
    other = [name for name in values if values[name] != usual.get(name)]
    rows = [(name, f"{_plain(values[name])} (usual: {_plain(usual.get(name))})") for name in other]
    rows += [(name, _plain(values[name])) for name in values if name not in other]
    return card(title, rows)


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "none"
    return "not set" if value is None else "none" if value == {} else str(value)


def _words(value: Any) -> str:
    text = block(str(value))
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return html.escape(short)


def _picture(marks: Sequence[Mark], title: str) -> str:
    """Draw marks north up, in a frame that keeps shapes at the middle latitude."""
    runs = [run for mark in marks for run in mark.runs if len(run)]
    if not runs:
        return ""
    west, east = min(r[:, 0].min() for r in runs), max(r[:, 0].max() for r in runs)
    south, north = min(r[:, 1].min() for r in runs), max(r[:, 1].max() for r in runs)
    narrow = max(math.cos(math.radians((south + north) / 2)), 0.05)
    scale = min(
        (_WIDE - 2 * _RIM) / max((east - west) * narrow, 1e-9),
        (_HIGH - 2 * _RIM) / max(north - south, 1e-9),
    )
    wide, high = ((east - west) * narrow * scale + 2 * _RIM, (north - south) * scale + 2 * _RIM)
    step = max(1, math.ceil(sum(map(len, runs)) / _MOST_POINTS))
    drawn = "".join(_drawn(mark, (west, north), (narrow * scale, scale), step) for mark in marks)
    return (
        f'<svg role="img" width="{wide:.0f}" height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{_words(title)}</title>{drawn}</svg>'
    )


def _drawn(mark: Mark, corner: tuple[float, float], scale: tuple[float, float], step: int) -> str:
    path = "".join(_path(run, corner, scale, step, closed=bool(mark.fill)) for run in mark.runs)
    line = "0.4" if mark.fill else "1.6"
    dashes = ' stroke-dasharray="5 3"' if mark.dashed else ""
    fill = 'fill="none"'
    if mark.fill:
        fill = f'fill="{html.escape(mark.fill)}" fill-opacity="0.5" fill-rule="evenodd"'
    return (
        f'<path d="{path}" {fill} stroke="currentColor" '
        f'stroke-width="{line}"{dashes}><title>{_words(mark.words)}</title></path>'
    )


def _path(
    run: npt.NDArray[Any],
    corner: tuple[float, float],
    scale: tuple[float, float],
    step: int,
    *,
    closed: bool,
) -> str:
    """Write one run in tenths of a pixel; points that fall together are written once."""
    if not len(run):
        return ""
    x = _RIM + (run[:, 0] - corner[0]) * scale[0]
    y = _RIM + (corner[1] - run[:, 1]) * scale[1]
    kept = [*range(0, len(run), step), len(run) - 1]
    points = dict.fromkeys(f"{x[k]:.1f} {y[k]:.1f}" for k in kept)
    return f"M{'L'.join(points)}{'Z' if closed else ''}"
