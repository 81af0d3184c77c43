"""Maps: a border, a corridor, and the corridor map of a study."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from borderzone.figures import country, layers, sheet
from borderzone.figures.events import KNOWN_KM, placed_events, sheet_events
from borderzone.figures.map_page import (
    KEY_CHARACTERS,
    MAP_BOX,
    colophon,
    depth_words,
    draw_ground,
    explain_beside,
    furnish,
    open_map,
    reserve,
    share_of_page,
    sheet_of,
)
from borderzone.figures.style import A4_LANDSCAPE, INK, context, drawing, figure_of, page
from borderzone.study import told

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.figures.events import SheetEvents
    from borderzone.study import StudyResult

__all__ = [
    "corridor_map",
    "corridor_map_data",
    "drawn_words",
    "page_events",
    "plot_border",
    "plot_corridor",
]


@drawing
def corridor_map(result: StudyResult, ax: Axes | None = None, *, relief: bool = True) -> Axes:
    """
    Draw the corridor with its flagged ground, incidents and towns, north up.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a whole page with heading, legend column, locator and
        footer is made when left out.
    relief
        Whether to draw relief under the map.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        whole = ax is None
        if ax is None:
            sheet_ = page(A4_LANDSCAPE)
            ax = sheet_.add_axes(share_of_page(MAP_BOX), label="map")
        outline = result.corridor.outline
        drawn = open_map(ax, outline)
        draw_ground(drawn, result, relief=relief)
        corners = reserve(drawn, outline)
        posts = _draw_layers(drawn, result)
        furnish(drawn, corners)
        if whole:
            _finish_page(drawn, result)
        else:
            if drawn.events is not None and drawn.events.not_drawn:
                words = textwrap.fill(f"no symbol: {drawn.events.not_drawn}", KEY_CHARACTERS)
                drawn.explain("Incidents", Line2D([], [], linestyle="none"), words)
            _place_key(drawn)
            ax.set_title(_finding(result) + _mark(result))
        ax.set_gid(f"corridor-map-{len(posts)}")
    return ax


def _place_key(drawn: layers.MapPage) -> None:
    """Lay the legend into the corner with the fewest events; beside the map where none is free."""
    looks: dict[str, Any] = {"frameon": True, "framealpha": 0.92, "fontsize": 7}
    looks |= {"handleheight": 1.1, "labelspacing": 0.2, "borderpad": 0.3}
    high = drawn.ax.get_window_extent().height
    # Small axes: what explains itself goes first.
    for group in ("", "Ground", "Border", "No data"):
        drawn.key.pop(group, None)
        key = sheet.legend(drawn.ax, drawn.key, loc="lower right", **looks)
        if key.get_window_extent().height <= high:
            break
    hidden: dict[str, float] = {}
    for corner in ("lower right", "lower left", "upper left", "upper right"):
        key = sheet.legend(drawn.ax, drawn.key, loc=corner, **looks)
        hidden[corner] = layers.events_under(drawn, key.get_window_extent())
    best = min(hidden, key=lambda corner: hidden[corner])
    key = sheet.legend(drawn.ax, drawn.key, loc=best, **looks)
    room = figure_of(drawn.ax).bbox.x1 - drawn.ax.get_window_extent().x1
    if hidden[best] and key.get_window_extent().width + 10 < room:
        looks["bbox_to_anchor"] = (1.02, 1.0)
        key = sheet.legend(drawn.ax, drawn.key, loc="upper left", **looks)
    key.set_zorder(40)  # above labels, which would be read as part of it


def corridor_map_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the corridor map shows, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row a mark: ``layer``, ``name``, ``lon``, ``lat``, ``km_start``,
        ``km_end``, ``value``, ``unit`` and ``note``.
    """
    rows = [*_zone_rows(result), *_outside_rows(result)]
    rows += [*_symbol_rows(result), *_incident_rows(result)]
    border = result.border
    for name, km in ((border.start_name, 0.0), (border.end_name, border.length_km)):
        point = border.point_at(km)
        rows.append(_row("border end", name, point, km_start=km, km_end=km))
    columns = ["layer", "name", "lon", "lat", "km_start", "km_end", "value", "unit", "note"]
    return pd.DataFrame(rows, columns=columns)


def _zone_rows(result: StudyResult) -> list[dict[str, Any]]:
    if result.zones is None:
        return []
    return [
        _row(
            row.kind,
            row.zone,
            row.geometry.representative_point(),
            km_start=row.km_start,
            km_end=row.km_end,
            value=row.area_km2,
            unit="km2",
            note=f"rank {row.rank}, {told.zone_words(row)}; {row.reasons}",
        )
        for row in result.zones.itertuples()
    ]


def _outside_rows(result: StudyResult) -> list[dict[str, Any]]:
    return [
        _row(
            row.kind,
            row.name,
            row.geometry.representative_point(),
            value=row.area_km2,
            unit="km2",
            note="in the corridor, of neither country",
        )
        for row in result.corridor.outside_ground().itertuples()
    ]


def _symbol_rows(result: StudyResult) -> list[dict[str, Any]]:
    shown = page_events(result)
    if shown is None:
        return []
    rows = []
    symbols = shown.symbols.to_crs(4326)
    for row in symbols.itertuples():
        where = "may lie in the corridor" if row.inside else "outside the corridor, drawn small"
        note = (
            f"{'SYNTHETIC; ' if row.synthetic else ''}{row.types}; {row.known:,} known to within "
            f"{KNOWN_KM:.0f} km; {where}"
        )
        place = row.place if row.events == 1 else f"{row.place} and around"
        rows.append(
            _row("incident symbol", place, row.geometry, value=row.events, unit="events", note=note)
        )
    return rows


def _incident_rows(result: StudyResult) -> list[dict[str, Any]]:
    events = placed_events(result)
    if events is None:
        return []
    rows = []
    for row in events.itertuples():
        how = "has a circle" if row.drawn else f"not drawn: {row.why_not}"
        note = f"{'SYNTHETIC; ' if row.synthetic else ''}{row.event_type}, {row.place}; {how}"
        point = row.geometry if row.drawn else None
        rows.append(_row("incident", row.id, point, value=row.radius_km, unit="km", note=note))
    return rows


def _row(layer: str, name: str, point: Any, **values: Any) -> dict[str, Any]:
    empty = point is None or point.is_empty
    place = {"lon": np.nan, "lat": np.nan} if empty else {"lon": point.x, "lat": point.y}
    rest: dict[str, Any] = {"km_start": np.nan, "km_end": np.nan, "value": np.nan}
    return {"layer": layer, "name": name, "unit": "", "note": ""} | place | rest | values


@drawing
def plot_border(border: Border, ax: Axes | None = None) -> Axes:
    """
    Draw a border with its kilometre posts.

    Parameters
    ----------
    border
        The border.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        ax = _plain_axes(ax)
        drawn = open_map(ax, border.line, margin=0.12)
        country.draw_land(drawn)
        layers.draw_border(drawn, border.stretches)
        _close_plain(drawn, border, border.line)
        ax.set_title(f"{border.start_name} to {border.end_name}: {told.length_words(border)}")
    return ax


@drawing
def plot_corridor(corridor: Corridor, ax: Axes | None = None) -> Axes:
    """
    Draw a corridor with its segments.

    Parameters
    ----------
    corridor
        The corridor.
    ax
        Axes to draw on; made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The map.
    """
    with context():
        ax = _plain_axes(ax)
        drawn = open_map(ax, corridor.outline)
        country.draw_land(drawn)
        segments = corridor.segments.to_crs(drawn.crs)
        segments.boundary.plot(
            ax=ax, color=INK["rule"], linewidth=0.4, zorder=layers.Z_GROUND + 0.1
        )
        ground = segments.set_geometry(segments.geometry.difference(drawn.sea))
        for parity, fill in ((0, INK["land"]), (1, "#dcd6c6")):
            ground[ground.index % 2 == parity].plot(ax=ax, facecolor=fill, zorder=layers.Z_GROUND)
        layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
        layers.draw_border(drawn, corridor.border.stretches)
        _close_plain(drawn, corridor.border, corridor.outline)
        ax.set_title(f"{len(segments)} segments, {corridor.area_km2:,.0f} km²")
    return ax


def _plain_axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    return page((7.5, 6.5)).add_axes((0.08, 0.06, 0.88, 0.86))


def _close_plain(drawn: layers.MapPage, border: Border, around: gpd.GeoSeries) -> None:
    corners = reserve(drawn, border.line)
    country.draw_towns(drawn, None, border.line, layers.draw_posts(drawn, border))
    edge = drawn.united(around)
    country.name_countries(
        drawn, {border.a, border.b}, avoid=edge.boundary if edge.area > 0 else edge
    )
    furnish(drawn, corners)


def _draw_layers(drawn: layers.MapPage, result: StudyResult) -> pd.DataFrame:
    ground = result.furniture
    corridor = result.corridor
    layers.draw_corridor(drawn, corridor.outline, depth_words(corridor))
    layers.draw_border(drawn, corridor.border.stretches)
    posts = layers.draw_posts(drawn, corridor.border)
    layers.draw_outside(drawn, corridor)
    if not told.hidden(result):
        layers.draw_unknown(drawn, layers.unflagged(result), "remote desert not known")
    layers.draw_zones(
        drawn,
        result.zones,
        across=None if result.zones is None else told.across_zones(result),
        filled=_remote_words(result),
        unhatched=_unhatched(result),
    )
    country.draw_lakes(drawn, ground.get("lakes"))
    country.draw_rivers(drawn, ground.get("rivers"))
    country.draw_airfields(drawn, ground.get("airfields"))
    _draw_incidents(drawn, result)
    country.draw_provinces(drawn, ground.get("admin1"))
    country.draw_towns(drawn, ground.get("places"), corridor.outline, posts)
    edge = drawn.united(corridor.outline).boundary
    country.name_countries(drawn, set(corridor.depth_km), avoid=edge)
    for words in told.unknowns(result):
        drawn.explain(
            "Not known", Line2D([], [], linestyle="none"), textwrap.fill(words, KEY_CHARACTERS)
        )
    order = ("Border", "Flagged ground", "Incidents", "Not known", "No data", "Ground")
    drawn.key = {name: drawn.key[name] for name in order if name in drawn.key}
    return posts


def _finish_page(drawn: layers.MapPage, result: StudyResult) -> None:
    figure = figure_of(drawn.ax)
    sheet.heading(figure, _finding(result), _standing(result, drawn.events))
    if result.synthetic:
        number = int(result.incidents["synthetic"].sum()) if result.incidents is not None else 0
        sheet.synthetic_band(
            figure,
            top=0.03,
            words=f"{number:,} incidents were drawn by a random process; none of them happened.",
        )
    explain_beside(drawn, result.border)
    rest = "" if drawn.events is None else drawn.events.not_drawn
    first = f"Incidents without a symbol: {rest}." if rest else ""
    sheet.footer(figure, colophon(drawn, result, first=first))


def _draw_incidents(drawn: layers.MapPage, result: StudyResult) -> None:
    most = layers.room_for_symbols(drawn)
    drawn.events = sheet_events(result, drawn.crs, drawn.window, drawn.reserved, most=most)
    if drawn.events is not None:
        layers.draw_incidents(drawn, drawn.events)


def page_events(result: StudyResult) -> SheetEvents | None:
    """Gather what a whole page's map shows of the incidents."""
    return sheet_events(result, *sheet_of(result.corridor.outline))


def drawn_words(result: StudyResult) -> str:
    """Say what the map shows of the incidents, after the line that says where all went."""
    if result.account is None:
        return ""
    shown = page_events(result)
    if shown is None:
        return "; none is drawn by itself"
    rest = f"; without one are {shown.not_drawn}" if shown.not_drawn else ""
    return f"; the map has {shown.words}{rest}"


def _remote_words(result: StudyResult) -> str:
    share = told.remote_desert(result)
    unknown = f",\nnot known on {told.percent(share.unknown)} of {share.ground}"
    return f"remote desert{unknown if share.unknown else ''}"


def _unhatched(result: StudyResult) -> bool:
    """Whether some ground has no hatch because no rock is mapped there."""
    caves = told.cave_prone(result)
    return caves.known and caves.unknown > 0


def _finding(result: StudyResult) -> str:
    share = told.remote_desert(result)
    if not share.known:
        return f"{result.name}: remote desert is {told.first_reason(result, 'remote desert')}"
    rest = f"; {told.percent(share.unknown)} is not known" if share.unknown else ""
    if share.high == 0:
        where = f"where {share.ground} is known" if rest else f"in {share.ground}"
        return f"{result.name}: no remote desert {where}, by any of the definitions{rest}"
    return (
        f"{result.name}: {told.span(share.low, share.high)} of {share.ground} is remote desert, "
        f"depending on the definition{rest}"
    )


def _standing(result: StudyResult, events: SheetEvents | None) -> str:
    words = [told.length_words(result.border, " of border")]
    if told.hidden(result):
        words.append("remote desert is not drawn, for its shape would tell where posts are")
    elif told.remote_desert(result).known:
        words.append(
            f"drawn: bare ground more than {result.scenario.remote_hours:g} h from the nearest "
            f"{told.origin_words(result)}; across the border none of it is in reach"
            f"{told.upper_bound(result)}"
        )
    if result.account is not None:
        shown = "none is drawn by itself" if events is None else events.words
        words.append(f"incidents, {told.incident_line(result)}; {shown}")
    return "; ".join(words) + "."


def _mark(result: StudyResult) -> str:
    return "  [SYNTHETIC DATA]" if result.synthetic else ""
