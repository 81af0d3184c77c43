"""The layers a study puts on a map: corridor, border, flagged zones, and incidents gathered into symbols."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from rasterio import features

from borderzone import incidents
from borderzone.figures.grammar import (
    CAVE_HATCH,
    INK,
    NO_DATA,
    THIRD_COUNTRY,
    NestedMark,
    Page,
    SizeRow,
    figure_of,
    halo,
    inches_of,
    points_across,
    say,
)
from borderzone.grid import Grid
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.study import StudyResult

__all__ = [
    "KM_PER_DEGREE",
    "KNOWN_KM",
    "MIXED",
    "MOST_SYMBOLS",
    "OTHER",
    "UNTYPED",
    "MapPage",
    "SheetEvents",
    "SymbolScale",
    "cave_ink",
    "cells_as_polygons",
    "draw_border",
    "draw_corridor",
    "draw_incidents",
    "draw_outside",
    "draw_posts",
    "draw_symbols",
    "draw_unknown",
    "draw_zones",
    "event_symbols",
    "events_by_segment",
    "key_of_symbols",
    "kinds_of",
    "name_zones",
    "numbered",
    "outside_mark",
    "placed_events",
    "room_for_symbols",
    "shapes_of",
    "sheet_events",
    "unflagged",
]

# -- incidents, gathered into symbols ---------------------------------------------------------------

# A normal error in the plane stays within this many sigma in nine cases of ten: sqrt(2 ln 10).
NINE_TENTHS = 2.145966
# An event that lies somewhere in a circle wider than this is hollow. Units: km.
KNOWN_KM = 10.0
# So many types have a shape of their own, the commonest first; more than these nobody tells apart.
MOST_KINDS = 5
OTHER, MIXED, UNTYPED = "other types", "several types, none over half", "type not stated"
AREA_ONLY = "known only to an area"
# Events nearer together than this are one symbol: less than a millimetre on a map of a border.
STEP_DEGREES = 0.01
STEPS_DEGREES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
# What an A4 page has room for. Where there are more places the busiest keep a symbol of their own.
MOST_SYMBOLS = 250
OWN_SHARE = 0.3
# Circles that can be told apart; of more only the vague ones, and of them the edge of all together.
MOST_RINGS = 25
KM_PER_DEGREE = 111.2
_OF_A_SYMBOL = ("events", "known", "kind", "types", "place", "inside", "synthetic", "cell_km")


def placed_events(result: StudyResult) -> gpd.GeoDataFrame | None:
    """
    Return every incident with how precisely it is known.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    GeoDataFrame or None
        One row an event: ``id``, ``date``, ``event_type``, ``place``,
        ``where_prec``, ``synthetic``, ``radius_km`` (NaN where it is no
        circle), ``drawn``, ``why_not``, ``kind`` (its type, one of the five
        commonest, or "other types"), ``inside`` (whether it may lie in the
        corridor) and its coded point, EPSG:4326; None where the study has no
        incidents.
    """
    events, where = result.incidents.events, result.incidents.placed
    if events is None or where is None:
        return None
    # Labels of rows may repeat where tables were put together.
    events, where = events.reset_index(drop=True), where.reset_index(drop=True)
    scale = where["scale_km"].to_numpy(dtype=float)
    radius = np.select(
        [where["kind"] == "disc", where["kind"] == "gaussian"],
        [scale, NINE_TENTHS * scale],
        np.nan,
    )
    drawn = np.isfinite(radius) & ~events.geometry.is_empty.to_numpy()
    excluded = (where["kind"] == "excluded").to_numpy()
    why = np.where(drawn, "", np.where(excluded, where["reason"], AREA_ONLY))
    columns = {
        name: events.get(name, "") for name in ("id", "date", "event_type", "place", "where_prec")
    }
    fake = events.get("synthetic", default=False)
    table = gpd.GeoDataFrame(
        columns | {"synthetic": fake, "radius_km": radius, "drawn": drawn, "why_not": why},
        geometry=events.geometry,
        crs=events.crs,
    ).to_crs(4326)
    inside = _inside(result, table)
    return table.assign(kind=_kinds(table["event_type"], drawn, inside), inside=inside)


def _kinds(types: pd.Series, drawn: BoolArray, inside: BoolArray) -> pd.Series:
    """Name the type of each event, where it is one of the commonest of those drawn."""
    words = types.fillna("").astype(str).str.strip().replace("", UNTYPED)
    order = _by_frequency(words, drawn, inside)
    return words.where(words.isin(order[:MOST_KINDS]), OTHER) if len(order) > MOST_KINDS else words


def _by_frequency(kinds: pd.Series, drawn: BoolArray, inside: BoolArray) -> list[str]:
    """Those in the corridor come first, for it is what a figure is about."""
    near, all_of = (kinds[rows].value_counts() for rows in (drawn & inside, drawn))
    return sorted(all_of.index, key=lambda kind: (-near.get(kind, 0), -all_of[kind], kind))


def kinds_of(events: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Order the types of events, so that each has the same shape on every figure."""
    rows = (events[name].to_numpy(dtype=bool) for name in ("drawn", "inside"))
    order = _by_frequency(events["kind"], *rows)
    return tuple(sorted(order, key=lambda kind: kind == OTHER))


def _inside(result: StudyResult, events: gpd.GeoDataFrame) -> BoolArray:
    """Tell which events may lie in the corridor, as the account of all rows has it."""
    counted = None if result.incidents.account is None else result.incidents.account.may_be_inside
    if counted is not None and len(counted) == len(events):
        return counted
    # A table put in the place of the one that was counted: its circles are held against the outline.
    frame = result.corridor.crs
    outline = shapely.union_all(result.corridor.outline.to_crs(frame).to_numpy())
    apart_km = shapely.distance(events.geometry.to_crs(frame).to_numpy(), outline) / 1000
    near: BoolArray = apart_km <= events["radius_km"].to_numpy()
    return near


def event_symbols(events: gpd.GeoDataFrame, *, most: int = MOST_SYMBOLS) -> gpd.GeoDataFrame:
    """
    Gather events into the symbols that stand for them.

    Events on one coordinate, to about a kilometre, are one symbol. Where that
    gives too many, the busiest places keep their own and the others are
    gathered by the cells of a lattice that is as fine as the number allows.
    """
    rows = pd.DataFrame(events[["kind", "place", "inside", "synthetic"]])
    rows["lon"], rows["lat"] = events.geometry.x.to_numpy(), events.geometry.y.to_numpy()
    rows["known"] = (events["radius_km"] <= KNOWN_KM).to_numpy()
    rows["synthetic"] = rows["synthetic"].astype(bool)
    rows = rows.reset_index(drop=True)
    if rows.empty:
        return gpd.GeoDataFrame({name: [] for name in _OF_A_SYMBOL}, geometry=[], crs=4326)
    rows["symbol"], rows["cell_deg"] = "", STEP_DEGREES
    for inside, room in ((True, most), (False, most // 2)):
        part = rows[rows["inside"] == inside]
        if len(part):
            names, step = _gathered(part, max(room, 1), own=OWN_SHARE if inside else 0.0)
            rows.loc[part.index, "symbol"], rows.loc[part.index, "cell_deg"] = names, step
    by = rows.groupby(["inside", "synthetic", "symbol"], sort=False)
    rows["number"] = by.ngroup()
    table = by.agg(
        events=("lon", "size"),
        known=("known", "sum"),
        lon=("lon", "mean"),
        lat=("lat", "mean"),
        cell_deg=("cell_deg", "max"),
    ).reset_index()
    words = _types(rows)
    table = table.assign(place=_commonest(rows, "place"), kind=words["kind"], types=words["types"])
    table["cell_km"] = table.pop("cell_deg") * KM_PER_DEGREE
    table = table.sort_values(["events", "lon", "lat"], ascending=[False, True, True])
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    table = table.drop(columns="symbol").reset_index(drop=True)
    return gpd.GeoDataFrame(table[[*_OF_A_SYMBOL]], geometry=points, crs=4326)


def _gathered(rows: pd.DataFrame, most: int, *, own: float) -> tuple[pd.Series, pd.Series]:
    """Name the symbol of each event, and give the width of the cell it was gathered in."""
    name = _cells(rows, STEP_DEGREES)
    width = pd.Series(STEP_DEGREES, index=rows.index)
    counted = name.value_counts()
    busiest = counted.sort_index().sort_values(ascending=False, kind="stable")
    keeps = name.isin(busiest.index[: int(own * most)])
    for step in STEPS_DEGREES if len(counted) > most else ():
        width = width.where(keeps, step)
        wider = name.where(keeps, _cells(rows, step) + f"/{step}")
        if wider.nunique() <= most or step == STEPS_DEGREES[-1]:
            return wider, width
    return name, width


def _cells(rows: pd.DataFrame, step: float) -> pd.Series:
    column, row = (np.floor(rows[name] / step + 0.5).astype(int) for name in ("lon", "lat"))
    codes, cells = pd.factorize(column * 1_000_000 + row)
    return pd.Series(np.asarray(cells).astype(str)[codes], index=rows.index)


def _types(rows: pd.DataFrame) -> pd.DataFrame:
    """By symbol, the type of more than half of its events, and all of them counted."""
    counted = rows.groupby(["number", "kind"]).size().rename("n").reset_index()
    counted = counted.sort_values(["number", "n", "kind"], ascending=[True, False, True])
    pairs = zip(counted["kind"], counted["n"], strict=True)
    counted["words"] = [f"{kind} {n:,}" for kind, n in pairs]
    by = counted.groupby("number")
    first, n = by.first(), by["n"].sum()
    kind = first["kind"].where(first["n"] * 2 > n, MIXED)
    return pd.DataFrame({"kind": kind, "types": by["words"].agg(", ".join)})


def _commonest(rows: pd.DataFrame, column: str) -> pd.Series:
    words = rows[column].fillna("").astype(str)
    counted = words.groupby([rows["number"], words]).size().rename("n").reset_index()
    counted = counted.sort_values(["number", "n", column], ascending=[True, False, True])
    return counted.groupby("number")[column].first()


@dataclass(frozen=True)
class SheetEvents:
    """
    What one sheet shows of a study's incidents.

    Attributes
    ----------
    symbols
        As from `event_symbols`, in the frame of the sheet; empty where none is drawn.
    rings
        Centre and ``radius_km`` of the circles in which events of the corridor lie, each once.
    kinds
        As from `kinds_of`.
    seen
        Events that a symbol stands for.
    off_sheet
        Events with a circle beyond the neatline.
    to_area
        Events known only to an area, for which no symbol stands.
    """

    symbols: gpd.GeoDataFrame
    rings: gpd.GeoDataFrame
    kinds: tuple[str, ...]
    seen: int
    off_sheet: int
    to_area: int

    @property
    def words(self) -> str:
        """Say what stands for how many."""
        n = len(self.symbols)
        if not n:
            return say("no symbol for any of them")
        if n == 1:
            return say("1 symbol for {seen:,} of them", seen=self.seen)
        return say("{number:,} symbols for {seen:,} of them", number=n, seen=self.seen)

    @property
    def not_drawn(self) -> str:
        """Say how many placed events no symbol stands for, and why."""
        parts = ((self.off_sheet, say("off this sheet")), (self.to_area, say(AREA_ONLY)))
        return ", ".join(f"{number:,} {why}" for number, why in parts if number)


def sheet_events(
    result: StudyResult, frame: Any, window: Any, *, most: int = MOST_SYMBOLS
) -> SheetEvents | None:
    """Gather what a sheet shows of a study's incidents."""
    events = placed_events(result)
    if events is None:
        return None
    drawn = events[events["drawn"]]
    flat = drawn.geometry.to_crs(frame)
    x, y = flat.x.to_numpy(), flat.y.to_numpy()
    on_sheet = shapely.contains_xy(window, x, y)
    shown = drawn[on_sheet]
    symbols = event_symbols(shown, most=most).to_crs(frame)
    return SheetEvents(
        symbols=symbols,
        rings=_rings(shown).to_crs(frame),
        kinds=kinds_of(events),
        seen=len(shown),
        off_sheet=int((~on_sheet).sum()),
        to_area=int((events["why_not"] == AREA_ONLY).sum()),
    )


def _rings(shown: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inside = shown[shown["inside"].to_numpy(dtype=bool)]
    points = inside.geometry
    table = pd.DataFrame(
        {
            "lon": points.x.round(3),
            "lat": points.y.round(3),
            "radius_km": inside["radius_km"],
            "synthetic": inside["synthetic"].astype(bool),
        }
    ).drop_duplicates()
    if len(table) > MOST_RINGS:
        table = table[table["radius_km"] > KNOWN_KM]
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=points, crs=4326)


def events_by_segment(result: StudyResult) -> pd.DataFrame | None:
    """
    Count incidents by segment, each spread over all the places it may have been.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame or None
        Columns ``incidents_expected``, ``incidents_p05`` and
        ``incidents_p95`` by segment; None where there are no incidents that can be placed.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, incidents="embedded", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> events_by_segment(study.run(seed=1))["incidents_expected"].sum().round(1).item()
    3.0
    """
    account = result.incidents.account
    if result.incidents.events is None or (account is not None and not account.any_placed):
        return None
    strips = result.segments[["geometry"]].assign(zone=result.segments.index.astype(str))
    counted = incidents.overlay(
        result.incidents.events,
        strips,
        draws=result.scenario.imputations,
        seed=result.seed,
        corridor=result.corridor,
        regions=result.incidents.placed,
    )
    return pd.DataFrame(
        {f"incidents_{name}": counted[name].to_numpy() for name in ("expected", "p05", "p95")},
        index=result.segments.index,
    )


# -- what is drawn ---------------------------------------------------------------------------------

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
    def of(cls, room_in: tuple[float, float], counts: Sequence[int]) -> SymbolScale:
        """Choose the scale for axes of a width and a height in inches."""
        wide, high = (72 * side for side in room_in)
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


@cache
def _unit_area(marker: str) -> float:
    style = MarkerStyle(marker)
    outline = style.get_path().transformed(style.get_transform()).to_polygons()
    return float(sum(shapely.Polygon(np.asarray(ring)).area for ring in outline))


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
        "markerfacecolor": ink if known == 1 else INK["paper"],
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
            words = (
                say(kind)
                if kind in {MIXED, OTHER, UNTYPED}
                else f"{what}{textwrap.shorten(kind, 34)}"
            )
            entries.append((_mark(shapes[kind], 1.0, fake=not real), words))
    if fake and real:
        entries.append((_mark(MIXED_SHAPE, 1.0, fake=True), "any shape in this ink: SYNTHETIC"))
    known, events = int(inside["known"].sum()), int(inside["events"].sum())
    within = say("known to within {km:.0f} km", km=KNOWN_KM)
    if known == events:
        entries.append((Line2D([], [], linestyle="none"), say("all {known}", known=within)))
    elif known:
        words = say("filled: {known}; hollow: vaguer", known=within)
        entries.append((_mark(MIXED_SHAPE, 0.45, fake=not real), words))
    else:
        entries.append(
            (
                _mark(MIXED_SHAPE, 0.0, fake=not real),
                say("hollow: vaguer than {km:.0f} km", km=KNOWN_KM),
            )
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
        words[0] = say("up to {number}", number=words[0])
    listed = f" {say('and')} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return SizeRow([scale.area(number) for number in shown]), say(
        "{numbers} events", numbers=listed
    )


def _round_number(number: float) -> int:
    if number < 10:
        return round(number)
    power = 10 ** (len(str(int(number))) - 1)
    return int(round(number / power) * power)


Z_GROUND, Z_ZONE, Z_LINE, Z_BORDER, Z_INCIDENT = 1, 3, 5, 8, 12
SYMBOLS_PER_INCH2 = 5.7
# Labels keep off symbols wider than this; over smaller ones they are read as they are.
HINDERING_POINTS = 9.0
POST_STEPS_KM = (10, 20, 50, 100, 200, 500, 1000, 2000)
MAX_POSTS = 9
POST_APART_IN = 0.5


@dataclass
class MapPage:
    """
    A map being drawn: its axes, its frame, and the legend it earns as it grows.

    Attributes
    ----------
    ax
        Axes with their limits set.
    crs
        North-up frame in metres.
    page
        The sheet it lies on.
    key
        Heading -> marks and words of the legend.
    taken_x, taken_y, taken_points
        Where symbols stand that labels should not cover, and how far each reaches from its
        middle. Units of the last: points.
    numbers
        Place, reach in points and words of the numbers beside large symbols.
    reserved
        Boxes of scale bar and north arrow, which no town should lie under.
    lines
        Lines that labels should not cover, as arrays of points.
    named
        Boxes of the names of countries, which others keep clear of.
    symbols
        The first three as they are before any words are written.
    events
        What it shows of the incidents, once drawn.
    land
        ``code``, ``name`` and ground of the countries it shows, once drawn.
    sea
        The sea in map units, once drawn.
    exaggeration
        How many times the relief is exaggerated; None without relief.
    unrelieved
        Share of the land without elevation.
    """

    ax: Axes
    crs: Any
    page: Page
    key: dict[str, list[tuple[Artist, str]]] = field(default_factory=dict)
    taken_x: list[float] = field(default_factory=list)
    taken_y: list[float] = field(default_factory=list)
    taken_points: list[float] = field(default_factory=list)
    numbers: list[tuple[float, float, float, str]] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    reserved: list[Any] = field(default_factory=list)
    named: list[Any] = field(default_factory=list)
    symbols: tuple[list[float], ...] = field(default_factory=lambda: ([], [], []))
    events: SheetEvents | None = None
    land: Any = None
    sea: Any = None
    exaggeration: float | None = None
    unrelieved: float = 1.0

    def explain(self, group: str, mark: Artist, words: str) -> None:
        """Add one entry to the legend, once."""
        entries = self.key.setdefault(group, [])
        words = say(words)
        if all(words != known for _, known in entries):
            entries.append((mark, words))

    def begin_words(self) -> None:
        """Begin the words of the map anew: what they keep off are the symbols alone."""
        self.named.clear()
        self.reserved.clear()
        self.taken_x, self.taken_y, self.taken_points = (list(each) for each in self.symbols)

    def keep_symbols(self) -> None:
        """Keep where symbols stand, which stay where they are when words move."""
        self.symbols = (list(self.taken_x), list(self.taken_y), list(self.taken_points))

    def take(self, x: Iterable[float], y: Iterable[float], points: Iterable[float] = ()) -> None:
        """Keep labels off symbols."""
        x = list(x)
        self.taken_x += x
        self.taken_y += list(y)
        self.taken_points += list(points) or [0.0] * len(x)

    @property
    def point_m(self) -> float:
        """Length of a typographic point on the map, in its units."""
        west, east = self.ax.get_xlim()
        return float((east - west) / inches_of(self.ax)[0] / 72)

    @property
    def window(self) -> shapely.Polygon:
        """The ground the map shows."""
        (west, east), (south, north) = self.ax.get_xlim(), self.ax.get_ylim()
        return shapely.box(west, south, east, north)

    @property
    def degrees(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the ground the map shows, and a little more."""
        window = self.window.buffer(self.window.length / 40, join_style="mitre")
        rim = shapely.segmentize(window, window.length / 400)
        rim = gpd.GeoSeries([rim], crs=self.crs).to_crs(4326).get_coordinates().to_numpy()
        if not np.isfinite(rim).all():  # wider than the globe is
            return -180.0, -90.0, 180.0, 90.0
        poles = gpd.GeoSeries(gpd.points_from_xy([0, 0], [90, -90]), crs=4326).to_crs(self.crs)
        north, south = shapely.contains(window, poles.to_numpy())
        low = -90.0 if south else float(max(rim[:, 1].min(), -90.0))
        high = 90.0 if north else float(min(rim[:, 1].max(), 90.0))
        whole = north or south or float(np.abs(np.diff(rim[:, 0])).max()) > 180
        west, east = (-180.0, 180.0) if whole else (float(rim[:, 0].min()), float(rim[:, 0].max()))
        return west, low, east, high

    @property
    def _this_side(self) -> Any:
        """Squares of 15 degrees that are nearer to the map's middle than to its antipode."""
        middle = gpd.GeoSeries([self.window.centroid], crs=self.crs).to_crs(4326).iloc[0]
        west, south = (
            axis.ravel() for axis in np.meshgrid(np.arange(-180, 180, 15), np.arange(-90, 90, 15))
        )
        lon, lat = np.radians(west + 7.5 - middle.x), np.radians(south + 7.5)
        here = np.radians(middle.y)
        height = np.sin(here) * np.sin(lat) + np.cos(here) * np.cos(lat) * np.cos(lon)
        near = height > np.cos(np.radians(120))
        squares = shapely.box(west[near], south[near], west[near] + 15, south[near] + 15)
        return shapely.union_all(squares)

    def united(self, shapes: gpd.GeoSeries) -> Any:
        """Bring shapes into the map's frame as one; what crosses itself there is mended first."""
        # A shape that is valid in one frame may touch itself in another by the last digit.
        return shapely.union_all(shapes.to_crs(self.crs).make_valid().to_numpy())

    def bring(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Bring a table into the map's frame and cut it at the neatline."""
        # Degrees first: what lies around the map's antipode would turn inside out on it.
        box = shapely.box(*self.degrees)
        if box.bounds[2] - box.bounds[0] >= 360:
            box = shapely.intersection(box, self._this_side)
        near = table.to_crs(4326)
        near = near[near.intersects(box)]
        near = near.set_geometry(near.geometry.intersection(box))
        # A parallel is a curve on the map: long sides get vertices of their own.
        shown = near.set_geometry(near.geometry.segmentize(0.25)).to_crs(self.crs)
        whole = shown.geometry.make_valid()
        shown = shown.set_geometry(whole.intersection(self.window))
        return shown[~shown.geometry.is_empty]


def draw_zones(
    page: MapPage,
    zones: gpd.GeoDataFrame | None,
    *,
    across: gpd.GeoDataFrame | None = None,
    filled: str = "remote desert",
    unhatched: bool = True,
) -> None:
    """Fill remote desert and hatch cave-prone ground by rank."""
    if zones is None:
        return
    remote = zones[zones["kind"] == "remote_desert"]
    beyond = remote.iloc[:0] if across is None else across
    _draw_remote(page, remote.drop(beyond.index), (0.62, 0.9), filled)
    _draw_caves(page, zones[zones["kind"] == "cave_prone"])
    # Nobody measured hours there: paler, and without an outline that would look like a break.
    _draw_remote(
        page, beyond, (0.25, 0.0), "bare ground across the border, out of the force's reach"
    )
    if unhatched:
        plain = Patch(facecolor="none", edgecolor=INK["rule"], linewidth=0.7)
        words = "no hatch: caves unknown, no soluble rock is mapped"
        page.explain("Flagged ground", plain, words)


def _draw_remote(
    page: MapPage, zones: gpd.GeoDataFrame, look: tuple[float, float], words: str
) -> None:
    """Fill remote desert; its edge is what tells it apart where the fill is pale, in grey as well."""
    rows, (alpha, line) = page.bring(zones), look
    if rows.empty:
        return
    style: dict[str, Any] = {
        "facecolor": to_rgba(INK["desert"], alpha),
        "edgecolor": INK["desert_line"],
        "linewidth": line,
    }
    rows.plot(ax=page.ax, zorder=Z_ZONE, **style)
    page.explain("Flagged ground", Patch(**style), words)


def _draw_caves(page: MapPage, zones: gpd.GeoDataFrame) -> None:
    """Hatch cave-prone ground by rank."""
    caves = page.bring(zones)
    for rank in sorted({int(rank) for rank in caves["rank"]}, reverse=True):
        look: dict[str, Any] = {
            "facecolor": "none",
            "edgecolor": cave_ink(rank),
            "hatch": CAVE_HATCH[rank],
        }
        how = {"linewidth": 0.6, "linestyle": (0, (1, 1.5)), "zorder": Z_ZONE + 1}
        caves[caves["rank"] == rank].plot(ax=page.ax, **look, **how)
        words = say("cave-prone, {rank} susceptibility", rank=say(told.RANK_WORDS[rank]))
        page.explain("Flagged ground", Patch(**look), words)


def cave_ink(rank: int) -> str:
    """Give the ink of ground of a susceptibility to caves."""
    return INK["cave_low" if rank == 1 else "cave"]


# Zones of each kind that have their letter on the map: more of them nobody looks up.
_MOST_LETTERS = 12


def name_zones(page: MapPage, zones: gpd.GeoDataFrame | None) -> None:
    """Write the letter of each zone on it, as tables and sentences name it."""
    if zones is None or zones.empty:
        return
    shown = page.bring(zones).sort_values("area_km2", ascending=False, kind="stable")
    room = 8 * page.point_m
    for _, rows in shown.groupby("kind", sort=False):
        for row in rows.head(_MOST_LETTERS).itertuples():
            at = _roomy_point(page, row.geometry, room)
            if at is None:
                continue
            page.ax.text(
                *at, str(row.zone), fontsize=7, fontweight="bold", ha="center", va="center",
                color=INK["desert_line" if row.kind == "remote_desert" else "cave"],
                path_effects=halo(1.6), zorder=Z_BORDER - 0.5,
            ).set_gid("zone")  # fmt: skip
            page.take([at[0]], [at[1]], [7.0])
            page.named.append(shapely.Point(at).buffer(room))


def _roomy_point(page: MapPage, ground: Any, room: float) -> tuple[float, float] | None:
    """Find the place on ground that is farthest from its edge and from what stands there already."""
    inner = shapely.buffer(ground, -0.8 * room)
    for other in [*page.named, *page.reserved]:
        inner = shapely.difference(inner, shapely.buffer(other, room))
    points = list(shapely.points([*zip(page.taken_x, page.taken_y, strict=True)]))
    if page.events is not None:
        points = [*points, *page.events.symbols.geometry]
    inner = shapely.difference(inner, shapely.union_all(shapely.buffer(points, 1.5 * room)))
    if inner.is_empty:
        return None
    circle = shapely.maximum_inscribed_circle(inner)
    return float(circle.coords[0][0]), float(circle.coords[0][1])


def draw_outside(page: MapPage, corridor: Corridor) -> None:
    """Hatch the ground of third countries inside the corridor."""
    outside = corridor.outside_ground()
    third = page.bring(outside[outside["kind"] == "third country"])
    if len(third):
        third.plot(ax=page.ax, zorder=Z_ZONE + 1.5, **THIRD_COUNTRY)
        page.explain("Border", Patch(**THIRD_COUNTRY), "a third country's ground in the corridor")
    unknown = outside[outside["kind"] == "unknown"]
    if len(unknown):
        draw_unknown(page, unknown.geometry, "whose ground it is is not known")


def draw_unknown(page: MapPage, unknown: gpd.GeoSeries, words: str) -> None:
    """Hatch ground of the corridor on which nothing can be said, the sea left out."""
    ground = shapely.intersection(page.united(unknown), page.window)
    if page.sea is not None:
        ground = shapely.difference(ground, page.sea)
    if ground.area < 1e-4 * page.window.area:
        return
    gpd.GeoSeries([ground], crs=page.crs).plot(ax=page.ax, zorder=Z_GROUND + 0.2, **NO_DATA)
    page.explain("No data", Patch(**NO_DATA), words)


def unflagged(result: StudyResult) -> gpd.GeoSeries:
    """Give the ground of a corridor on which remote desert is not known."""
    if result.ground.layers is None or "remote_desert" not in result.ground.layers:
        return result.corridor.outline
    flag = result.ground.layers["remote_desert"]
    unknown = np.isnan(flag.to_numpy()) & (result.ground.layers["segment"].to_numpy() >= 0)
    return cells_as_polygons(unknown, Grid.of(flag))


def cells_as_polygons(cells: BoolArray, grid: Grid) -> gpd.GeoSeries:
    """Outline the cells of a mask."""
    found = features.shapes(cells.astype("uint8"), mask=cells, transform=grid.transform)
    return gpd.GeoSeries([shapely.geometry.shape(shape) for shape, _ in found], crs=grid.crs)


def draw_corridor(page: MapPage, outline: gpd.GeoSeries, depth: str) -> None:
    """Draw the edge of the corridor as a thin dashed line."""
    edge: dict[str, Any] = {"color": INK["text"], "linewidth": 0.8, "linestyle": (0, (5, 3))}
    outline.to_crs(page.crs).boundary.plot(ax=page.ax, zorder=Z_LINE + 1, **edge)
    page.explain(
        "Border", Line2D([], [], **edge), say("edge of the corridor, {depth}", depth=depth)
    )


def draw_border(page: MapPage, stretches: gpd.GeoDataFrame) -> None:
    """Draw the border black on white, dashed where it is disputed or indefinite."""
    lines = stretches.to_crs(page.crs)
    coarse = lines.geometry.simplify(3000).explode()
    page.lines += [shapely.get_coordinates(line) for line in coarse]
    lines.plot(ax=page.ax, color=INK["casing"], linewidth=4.2, zorder=Z_BORDER, capstyle="round")
    for dashed, words in (
        (False, "border"),
        (True, "border disputed, indefinite or a line of control"),
    ):
        part = lines[lines["dashed"].astype(bool) == dashed]
        if part.empty:
            continue
        style: dict[str, Any] = {"color": INK["border"], "linewidth": 1.9}
        style |= {"linestyle": (0, (3.0, 1.4))} if dashed else {}
        part.plot(ax=page.ax, zorder=Z_BORDER + 1, **style)
        page.explain("Border", Line2D([], [], **style), words)


def draw_posts(page: MapPage, border: Any) -> pd.DataFrame:
    """Mark round kilometres along the border and name its two ends."""
    line_in = float(border.line.to_crs(page.crs).length.sum()) / page.point_m / 72
    most = int(np.clip(line_in / POST_APART_IN, 1, MAX_POSTS))
    step = next(
        (step for step in POST_STEPS_KM if border.length_km / step <= most), POST_STEPS_KM[-1]
    )
    chainage = np.arange(0, border.length_km, step)
    if border.length_km - chainage[-1] > step / 2:
        chainage = np.append(chainage, border.length_km)
    else:
        chainage[-1] = border.length_km
    degrees = border.point_at(chainage)
    places = degrees.to_crs(page.crs)
    x, y = places.x.to_numpy(), places.y.to_numpy()
    page.ax.plot(
        x,
        y,
        linestyle="none",
        marker="s",
        markersize=4.2,
        markerfacecolor=INK["paper"],
        markeredgecolor=INK["border"],
        markeredgewidth=1.0,
        zorder=Z_BORDER + 2,
    )
    page.take(x.tolist(), y.tolist())
    page.explain(
        "Border",
        Line2D(
            [],
            [],
            linestyle="none",
            marker="s",
            markersize=4.2,
            markerfacecolor=INK["paper"],
            markeredgecolor=INK["border"],
        ),
        say("kilometre post, from {start}", start=border.start_name),
    )
    return pd.DataFrame(
        {"chainage_km": chainage, "lon": degrees.x, "lat": degrees.y, "x": x, "y": y}
    )


def room_for_symbols(page: MapPage) -> int:
    """Say how many symbols a map has room for."""
    box, (wide, high) = page.ax.get_position(), figure_of(page.ax).get_size_inches()
    return int(np.clip(SYMBOLS_PER_INCH2 * box.width * wide * box.height * high, 30, MOST_SYMBOLS))


def draw_incidents(page: MapPage, shown: SheetEvents) -> None:
    """Draw the symbols of events, and the circles in which those of the corridor lie."""
    symbols = shown.symbols.assign(x=shown.symbols.geometry.x, y=shown.symbols.geometry.y)
    inside = symbols[symbols["inside"].astype(bool)]
    scale = SymbolScale.of(inches_of(page.ax), inside["events"].tolist())
    draw_symbols(page.ax, symbols, shapes_of(shown.kinds), scale, zorder=Z_INCIDENT)
    for mark, words in key_of_symbols(symbols, shown.kinds, scale):
        page.explain("Incidents", mark, words)
    _draw_rings(page, shown.rings)
    across = np.array([points_across(scale.area(n)) for n in inside["events"]])
    large = inside[across > HINDERING_POINTS]
    page.take(large["x"], large["y"], across[across > HINDERING_POINTS] / 2)
    page.numbers += numbered(inside, scale)
    outside = symbols[~symbols["inside"].astype(bool)]
    if len(outside):
        words = say("{number:,} outside the corridor, drawn small", number=outside["events"].sum())
        page.explain("Incidents", outside_mark(), words)
    page.keep_symbols()


def _draw_rings(page: MapPage, rings: gpd.GeoDataFrame) -> None:
    """Circles of few events each; of many, the edge of the ground that all together cover."""
    for fake in (False, True):
        rows = rings[rings["synthetic"] == fake]
        if rows.empty:
            continue
        circles = rows.geometry.buffer(rows["radius_km"] * 1000, quad_segs=32)
        words = say("circle it lies in")
        if len(rows) > MOST_RINGS:
            circles = gpd.GeoSeries([circles.union_all()], crs=page.crs)
            words = say("edge of {number:,} circles, of the vague ones", number=len(rows))
        ink = INK["synthetic" if fake else "incident"]
        edge: dict[str, Any] = {"facecolor": "none", "edgecolor": ink, "linewidth": 0.7}
        circles.plot(ax=page.ax, alpha=0.9, zorder=Z_INCIDENT - 1, **edge)
        mark = Line2D([], [], linestyle="none", marker="o", markersize=10)
        mark.set(markerfacecolor="none", markeredgecolor=ink, markeredgewidth=0.8)
        page.explain("Incidents", mark, words)
