"""The strip map: the border pulled straight, kilometre by kilometre, one row a theme."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from matplotlib.colors import ListedColormap, rgb2hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator, MultipleLocator

from borderzone._guards import check_positive
from borderzone.crs import GEOD, KM_PER_MILE
from borderzone.errors import InvalidParameterError
from borderzone.figures.country import town_labels
from borderzone.figures.grammar import (
    CAVE_HATCH,
    INK,
    NO_DATA,
    RULE_STYLE,
    SIZES,
    THIRD_COUNTRY,
    VOID,
    Page,
    Sheet,
    SheetOptions,
    credits_of,
    drawing,
    finding,
    halo,
    inches_of,
    open_page,
    percent_ticks,
    rows_of,
    run_words,
    say,
    width_in,
)
from borderzone.figures.layers import (
    KM_PER_DEGREE,
    SymbolScale,
    cave_ink,
    draw_symbols,
    event_symbols,
    events_by_segment,
    key_of_symbols,
    kinds_of,
    numbered,
    placed_events,
    shapes_of,
)
from borderzone.grid import Grid
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor
    from borderzone.study import StudyResult

__all__ = [
    "DRAW_ROW",
    "Strip",
    "across",
    "across_ink",
    "gather",
    "has_row",
    "strip_map",
    "strip_map_data",
]

# Towns this near the border are named on the strip. Units: km.
PLACE_REACH_KM = 15.0
# Length of a box of the plan, and how many there are at most along a border.
BOX_KM, MAX_BOXES = 5.0, 120
MAX_SAMPLES = 150_000
# The plan has room for so many symbols.
MOST_ON_STRIP = 90


@dataclass(frozen=True)
class StripBoxes:
    """
    What lies along and across a border, in boxes, by samples of the ground.

    Attributes
    ----------
    x, y
        Edges of the boxes: chainage and distance from the border. Units: km.
    ground
        Samples in a box; 0 where no ground is nearest to this kilometre.
    remote
        Share of its land that is remote desert; NaN where it is not known for
        half of it or more.
    sea, third
        Share of its ground that is sea or a third country's; NaN where it is
        not known.
    names
        Third countries with a place in the plan: ``name``, ``km``, ``offset``.
    """

    x: FloatArray
    y: FloatArray
    ground: FloatArray
    remote: FloatArray
    sea: FloatArray
    third: FloatArray
    names: pd.DataFrame


@dataclass(frozen=True)
class Strip:
    """
    What the rows draw, gathered once.

    Attributes
    ----------
    result
        What a study gave.
    segments
        Its segments without geometry, with expected incidents.
    places
        Towns near the border: ``label``, ``km``.
    symbols
        As from `event_symbols`, with chainage and offset as ``x`` and ``y``; None without
        incidents.
    kinds
        Types of the incidents, commonest first.
    plan
        What lies along and across the border.
    zones
        Zones that are named: ``zone``, ``kind``, ``km`` and ``offset``.
    scale
        How large symbols are on the plan.
    """

    result: StudyResult
    segments: pd.DataFrame
    places: pd.DataFrame
    symbols: pd.DataFrame | None
    kinds: tuple[str, ...]
    plan: StripBoxes
    zones: pd.DataFrame
    scale: SymbolScale

    @property
    def edges(self) -> FloatArray:
        """Chainage at every segment's start, and the last one's end."""
        rows = self.segments
        return np.append(rows["km_start"].to_numpy(), rows["km_end"].iloc[-1])


def gather(result: StudyResult) -> Strip:
    """Gather what the rows draw."""
    segments = pd.DataFrame(result.segments.drop(columns="geometry"))
    counted = events_by_segment(result)
    if counted is not None:
        segments = segments.join(counted)
    symbols, kinds = _symbols(result)
    return Strip(
        result=result,
        segments=segments,
        places=_named_places(result),
        symbols=symbols,
        kinds=kinds,
        plan=_plan(result),
        zones=_named_zones(result),
        scale=SymbolScale.of(_PLAN_IN, [] if symbols is None else symbols["events"].tolist()),
    )


# Width and height of the plan on a page of A4, by which symbols are sized on every page. Units: inches.
_PLAN_IN = (9.6, 1.4)

# Zones of a kind that have their letter on the plan, and how near two letters come. Unit: share of the
# border.
_MOST_LETTERS, _LETTERS_APART = 8, 0.025


def _named_zones(result: StudyResult) -> pd.DataFrame:
    empty = pd.DataFrame({"zone": [], "kind": [], "km": [], "offset": []})
    if result.zones is None or result.zones.empty or told.hidden(result):
        return empty
    rows = result.zones.sort_values("area_km2", ascending=False, kind="stable")
    rows = rows.groupby("kind", sort=False).head(_MOST_LETTERS)
    at = rows.geometry.representative_point().to_crs(4326)
    km, offset = result.border.locate(at.x.to_numpy(), at.y.to_numpy())
    table = pd.DataFrame(
        {
            "zone": rows["zone"].to_numpy(),
            "kind": rows["kind"].to_numpy(),
            "km": km,
            "offset": offset,
        }
    )
    deep = max(result.corridor.depth_km.values())
    keep: list[Any] = []
    for row in rows_of(table):
        others = table.loc[keep]
        near = np.abs(others["km"] - row.km) < _LETTERS_APART * result.border.length_km
        if not (near & (np.abs(others["offset"] - row.offset) < 0.3 * deep)).any():
            keep.append(row.Index)
    return table.loc[keep]


def strip_map_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the strip map shows by segment, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row a segment, with the expected number of incidents.
    """
    wanted = [
        "km_start",
        "km_end",
        "elevation_min_m",
        "elevation_mean_m",
        "elevation_max_m",
        "tri_m",
        "third_country_share",
        "sea_share",
        "remote_share",
        "remote_share_unknown",
        "cave_rank",
        "rate_night",
        "rate_day",
        "pod_even",
        "pod_optimal",
        "pod_maximin",
        # Counted beforehand where rows are held back.
        "incidents_expected",
        "incidents_p05",
        "incidents_p95",
    ]
    segments = result.segments
    table = pd.DataFrame(segments[[name for name in wanted if name in segments]])
    counted = events_by_segment(result)
    return table if counted is None else table.join(counted)


def _named_places(result: StudyResult) -> pd.DataFrame:
    towns = result.ground.furniture.get("places")
    empty = pd.DataFrame({"label": [], "km": [], "size": []})
    if towns is None:
        return empty
    around = towns[towns.within(result.corridor.outline.to_crs(towns.crs).union_all())]
    if around.empty:
        return empty
    km, offset = result.border.locate(around.geometry.x.to_numpy(), around.geometry.y.to_numpy())
    label = town_labels(around)
    size = np.log10(around["population"].fillna(0).clip(lower=1000))
    table = pd.DataFrame(
        {"label": label.to_numpy(), "km": km, "offset": np.abs(offset), "size": size.to_numpy()}
    )
    table = table[table["offset"] <= PLACE_REACH_KM].sort_values(
        ["size", "label"], ascending=[False, True], kind="stable"
    )
    apart = result.border.length_km / 16
    keep: list[Any] = []
    for row in rows_of(table):
        if all(abs(row.km - table.loc[other, "km"]) > apart for other in keep):
            keep.append(row.Index)
    return table.loc[keep[:9]].sort_values("km")


def _symbols(result: StudyResult) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Events coded in the corridor, gathered as on the map, by chainage and offset."""
    events = placed_events(result)
    if events is None:
        return None, ()
    shown = events[events["drawn"]]
    outline = shapely.union_all(result.corridor.outline.to_crs(shown.crs).to_numpy())
    shapely.prepare(outline)
    points = shown.geometry
    coded = shapely.contains_xy(outline, points.x.to_numpy(), points.y.to_numpy())
    # Whoever is coded in it may lie in it.
    symbols = event_symbols(shown[coded].assign(inside=True), most=MOST_ON_STRIP)
    table = pd.DataFrame(symbols.drop(columns="geometry"))
    if table.empty:
        return table.assign(x=[], y=[]), kinds_of(events)
    places = symbols.geometry
    km, offset = result.border.locate(places.x.to_numpy(), places.y.to_numpy())
    return table.assign(x=km, y=offset), kinds_of(events)


def _plan(result: StudyResult) -> StripBoxes:
    corridor, length = result.corridor, result.border.length_km
    deep = max(corridor.depth_km.values())
    x = np.linspace(0, length, math.ceil(min(length / BOX_KM, MAX_BOXES)) + 1)
    y = np.linspace(-deep, deep, 21)
    points = _samples(corridor, min(x[1], y[1] - y[0]) / 2)
    at = corridor.locate(points)
    points, at = points[at["segment"] >= 0], at[at["segment"] >= 0]
    km, offset = at["chainage_km"].to_numpy(), at["offset_km"].to_numpy()

    def count(rows: Any, weights: Any = None) -> FloatArray:
        cells, _, _ = np.histogram2d(km[rows], offset[rows], bins=(x, y), weights=weights)
        return np.asarray(cells, dtype=np.float64)

    def share(part: FloatArray, whole: FloatArray) -> FloatArray:
        return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

    outside = corridor.outside_ground()
    kind = np.full(len(points), "", dtype=object)
    for row in outside.itertuples():
        shapely.prepare(row.geometry)
        kind[shapely.contains_xy(row.geometry, points.x, points.y)] = row.kind
    everything = np.ones(len(points), dtype=bool)
    ground, land = count(everything), count(kind != "sea")
    flag = _flag_at(result, points)
    known = np.isfinite(flag) & (kind != "sea")
    remote = share(count(known, flag[known]), count(known))
    remote[count(known) < 0.5 * land] = np.nan
    sea, third = (share(count(kind == name), ground) for name in ("sea", "third country"))
    sea[count(kind == "unknown") > 0] = third[count(kind == "unknown") > 0] = np.nan
    names = _places_of(outside[outside["kind"] == "third country"], points, km, offset)
    return StripBoxes(x, y, ground, remote, sea, third, names)


def _samples(corridor: Corridor, step_km: float) -> gpd.GeoSeries:
    """Points over the corridor about a step apart, the same number to every square kilometre."""
    step_km = max(step_km, math.sqrt(corridor.area_km2 / MAX_SAMPLES))
    outline = corridor.outline.iloc[0]
    west, south, east, north = outline.bounds
    rows = np.arange(south, north, step_km / KM_PER_DEGREE)
    lines = [
        np.arange(west, east, step_km / (KM_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01)))
        for lat in rows
    ]
    lon, lat = np.concatenate(lines), np.repeat(rows, [len(line) for line in lines])
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, lon, lat)
    return gpd.GeoSeries(gpd.points_from_xy(lon[inside], lat[inside]), crs=4326)


def _flag_at(result: StudyResult, points: gpd.GeoSeries) -> FloatArray:
    """Remote desert on the cell that a point lies on; NaN where it is not known or not shown."""
    if (
        told.hidden(result)
        or result.ground.layers is None
        or "remote_desert" not in result.ground.layers
    ):
        return np.full(len(points), np.nan)
    layer = result.ground.layers["remote_desert"]
    there = points.to_crs(Grid.of(layer).crs)
    at = {name: xr.DataArray(getattr(there, name).to_numpy(), dims="point") for name in ("x", "y")}
    return np.asarray(layer.sel(at, method="nearest"), dtype=np.float64)


def _places_of(
    third: gpd.GeoDataFrame, points: gpd.GeoSeries, km: FloatArray, offset: FloatArray
) -> pd.DataFrame:
    """Where the name of each third country has the most of its ground around it."""
    rows = []
    for row in third.itertuples():
        inside = shapely.contains_xy(row.geometry, points.x, points.y)
        if inside.sum() < 0.004 * len(points):
            continue
        places = np.column_stack([km[inside], offset[inside]])
        middle = np.median(places, axis=0)
        nearest = places[np.argmin(np.abs(places - middle).sum(axis=1))]
        rows.append((row.name, *nearest))
    return pd.DataFrame(rows, columns=["name", "km", "offset"])


RIM_BOXES = 4  # rows of boxes at the edge of the plan that the name of a country covers


def across_ink() -> str:
    """Bare ground that the force does not reach: the desert's ink, thinned as on the map."""
    desert, land = (np.array(to_rgb(INK[name])) for name in ("desert", "land"))
    return str(rgb2hex((0.4 * desert + 0.6 * land).tolist()))


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


def _ground_inks() -> ListedColormap:
    return ListedColormap([INK["land"], INK["desert"], INK["sea"], across_ink()])


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
        plan.x, plan.y, np.ma.masked_invalid(classes.T), cmap=_ground_inks(), vmin=-0.5, vmax=3.5
    )
    _hatch(row, plan, blank, NO_DATA)
    _hatch(row, plan, plan.third >= 0.5, THIRD_COUNTRY)
    row.axhline(0, color=INK["casing"], linewidth=3.6, zorder=4)
    row.axhline(0, color=INK["border"], linewidth=1.6, zorder=5)
    _draw_points(row, strip)
    row.set_ylim(-deep, deep)
    row.yaxis.set_major_locator(MultipleLocator(deep if inches_of(row)[1] < 0.5 else deep / 2))
    _name_sides(row, strip)
    _name_zones(row, strip)
    _north_ticks(row, strip)
    return say("km off the border")


def _keep_clear(row: Axes, text: Text) -> None:
    """Take back words that would stand on others of the row."""
    box = text.get_window_extent()
    if any(box.overlaps(other.get_window_extent()) for other in row.texts if other is not text):
        text.remove()


def _name_zones(row: Axes, strip: Strip) -> None:
    """Write the letter of each large zone where it lies along and across the border."""
    first, last = row.get_xlim()
    for zone in rows_of(strip.zones):
        if first <= zone.km <= last:
            text = row.text(
                zone.km, zone.offset, zone.zone, fontsize=7, fontweight="bold", ha="center",
                va="center", clip_on=True, path_effects=halo(1.6), zorder=8,
                color=INK["desert_line" if zone.kind == "remote_desert" else "cave"],
            )  # fmt: skip
            _keep_clear(row, text)


def across(strip: Strip) -> BoolArray:
    """Tell which boxes of the plan lie across the border from the force."""
    plan, result = strip.plan, strip.result
    if result.reach.across is None:
        return np.zeros(plan.remote.shape, dtype=bool)
    left = (plan.y[:-1] + plan.y[1:]) / 2 > 0
    mine = left if result.reach.side == result.border.left else ~left
    return np.broadcast_to(~mine, plan.remote.shape)


def _hatch(row: Axes, plan: StripBoxes, boxes: BoolArray, style: Mapping[str, Any]) -> None:
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
    for place in rows_of(plan.names):  # their names take room as well
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
    for place in rows_of(plan.names):
        along = place.km / plan.x[-1]
        text = row.text(
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
        _keep_clear(row, text)


def _draw_points(row: Axes, strip: Strip) -> None:
    if strip.symbols is None:
        return
    draw_symbols(row, strip.symbols, shapes_of(strip.kinds), strip.scale, zorder=6)
    for x, y, reach, words in numbered(strip.symbols, strip.scale):
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


def _north_ticks(row: Axes, strip: Strip) -> None:
    if inches_of(row)[1] < 2 * _TWO_TICKS_IN:
        return  # an arrow is as long as the row is high
    border, total = strip.result.border, float(strip.edges[-1])
    step = max(100.0, total / 10) if total >= 300 else total / 4
    deep = max(strip.result.corridor.depth_km.values())
    for km in np.arange(step / 2, total, step):
        start, end = border.point_at(max(km - 20, 0.0)), border.point_at(min(km + 20, total))
        course, _, _ = GEOD.inv(start.x, start.y, end.x, end.y)
        # The course runs to the right of the page; north lies so far to its left.
        angle = math.radians(course)
        text = row.annotate(
            say("N"),
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
        _keep_clear(row, text)


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
    row.stairs(high, strip.edges, baseline=low, fill=True, color=INK["height"])
    _steps(row, strip, "elevation_mean_m", color=INK["text"], linewidth=1.3)
    row.set_ylim(bottom=min(0.0, float(np.nanmin(low))))
    row.yaxis.set_major_locator(MaxNLocator(3))
    _blank(row, strip, rows["elevation_mean_m"].to_numpy(dtype=float))
    return say("elevation, m")


def _draw_rugged(row: Axes, strip: Strip) -> str:
    row.stairs(
        strip.segments["tri_m"].to_numpy(dtype=float), strip.edges, fill=True, color=INK["rough"]
    )
    row.set_ylim(bottom=0)
    row.yaxis.set_major_locator(MaxNLocator(2))
    _blank(row, strip, strip.segments["tri_m"].to_numpy(dtype=float))
    return say("ruggedness (TRI), m")


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
    row.set_yticks([0, 1.0] if inches_of(row)[1] < 0.35 else [0, 0.5, 1.0])
    row.yaxis.set_major_formatter(percent_ticks())
    row.axhline(0, color=INK["quiet"], linewidth=0.7)
    ranks = strip.segments.get("cave_rank", pd.Series(np.nan, index=strip.segments.index))
    for start, end, rank in zip(strip.edges[:-1], strip.edges[1:], ranks, strict=True):
        if np.isfinite(rank) and int(rank) in CAVE_HATCH:
            row.fill_between(
                [start, end],
                -0.46,
                -0.08,
                facecolor=INK["paper"],
                edgecolor=cave_ink(int(rank)),
                hatch=CAVE_HATCH[int(rank)],
                linewidth=0,
            )
    _unknown_labels(row, strip, ranks)
    side = strip.result.reach.side
    return say("remote share of {side}, cave rank", side=side)


def _unknown_labels(row: Axes, strip: Strip, ranks: pd.Series) -> None:
    unknown = ~np.isfinite(ranks.to_numpy(dtype=float))
    edges, start = strip.edges, None
    for number in range(len(unknown) + 1):
        inside = number < len(unknown) and unknown[number]
        if inside and start is None:
            start = number
        if not inside and start is not None:
            room_in = (
                (edges[number] - edges[start]) / float(np.ptp(row.get_xlim())) * inches_of(row)[0]
            )
            if room_in > 0.85 and inches_of(row)[1] > _TWO_TICKS_IN:
                row.text(
                    (edges[number] + edges[start]) / 2,
                    -0.27,
                    say("caves unknown"),
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
        style = {"facecolor": INK["synthetic_fill"], "edgecolor": INK["synthetic"], "hatch": "///"}
    row.stairs(expected, strip.edges, fill=True, linewidth=0.4, **style)
    row.set_ylim(0, max(1.0, 1.1 * float(np.nanmax(expected))))
    row.yaxis.set_major_locator(MaxNLocator(2))
    return say("incidents expected")


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
    row.yaxis.set_major_formatter(percent_ticks())
    row.grid(axis="y")
    return say("seen at night by {units} units", units=strip.result.scenario.reference_units)


DRAW_ROW = {
    "plan": _draw_plan,
    "elevation": _draw_elevation,
    "rugged": _draw_rugged,
    "flags": _draw_flags,
    "incidents": _draw_incidents,
    "seen": _draw_seen,
}


# Theme -> height of its row beside the others.
ROWS = {"plan": 2.1, "elevation": 1.0, "rugged": 0.75, "flags": 1.1, "incidents": 0.8, "seen": 1.2}
# What a row shows, where a study may lack it.
ROW_WORDS = {
    "elevation": "elevation",
    "rugged": "ruggedness",
    "flags": "flags",
    "incidents": "incidents",
    "seen": "what patrols see",
}
# Gaps between rows whose names stand beside and above them, room of the names beside, of the names of
# places with the miles above, of the kilometres below, and the least height of a unit of a row. Units:
# inches.
_GAPS_IN, _BESIDE_IN, _ABOVE_IN, _UNDER_IN, _LEAST_IN = (0.09, 0.18), (1.0, 0.42), 0.42, 0.36, 0.17
# From this width on the names of rows stand beside them. Units: inches.
_NAMED_BESIDE_IN = 7.5
# A row lower than this has its two outer ticks alone, at half of it one. Units: inches.
_TWO_TICKS_IN = 0.42
# Six rows want more height than the pages of other figures have. Units: inches.
_OWN_IN = {"text": (6.3, 5.2), "column": (3.35, 5.6)}
# What a low page goes without, in this order.
_SPARED = ("rugged", "elevation", "incidents")
TICKS_KM = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)


@drawing
def strip_map(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    fold_km: float | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the corridor along its chainage: plan, ground, flags, incidents and patrols.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes whose place the rows take; a whole page is made when left out.
    sheet
        Size, title, part of the border, legend, theme and language, as a record.
    fold_km
        Length of one line of a folded page; one line when left out. Units: km.
    **options
        The same by name, as in `Sheet`: ``size="column"``, ``km=(100, 200)``.

    Returns
    -------
    matplotlib.axes.Axes
        The axes whose place the (first line of) rows takes.

    Raises
    ------
    InvalidParameterError
        If the page has no room for so many lines, or the kilometres lie off the border.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.strip_map(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Iraq-Syria, km 200 to 320: along 100 km of the border most ground on Iraq's side is remote desert
    """
    strip = gather(result)
    total = float(strip.edges[-1])
    page = open_page(
        ax, Sheet.of(sheet, options), SIZES["a4" if fold_km is None else "a4-portrait"], own=_OWN_IN
    )
    first, last = page.sheet.km_along(total)
    length = last - first if fold_km is None else check_positive(fold_km, "fold_km", "km")
    if result.synthetic:
        page.warn("the incidents on this page never happened.")
    page.heading(
        _finding(strip), _standing(strip), mark="  [SYNTHETIC DATA]" if result.synthetic else ""
    )
    page.keep_foot(*_foot(strip, 1.0))
    page.key_below(_key(strip))
    page.ax.set_axis_off()
    lines = _lines(page, strip, (first, last), length)
    names = _rows_on(page, strip, lines[0][0])
    if spared := [
        ROW_WORDS[name] for name in _SPARED if has_row(strip, name) and name not in names
    ]:
        page.left_out.append(f"Left out, for the page is low: {', '.join(spared)}.")
    rows: dict[str, Axes] = {}
    page.ax.set_label("strip-0")
    for number, (box, start) in enumerate(lines):
        line = page.ax if number == 0 else page.axes(box, f"strip-{number}")
        line.set_axis_off()
        line.set_position(page.share(box))
        ends = start, min(start + length, last)
        drawn = _stack(
            line, strip, ends, names, length=length, narrow=page.wide_in < _NAMED_BESIDE_IN
        )
        rows = rows or drawn
    page.footer(*_foot(strip, _stretch(rows)))
    return page.ax


def _lines(
    page: Page, strip: Strip, ends: tuple[float, float], length: float
) -> list[tuple[tuple[float, float, float, float], float]]:
    """Boxes of the lines of a page and the chainage each starts at. Units: inches and km."""
    first, last = ends
    number = math.ceil((last - first) / length - 1e-9)
    left, bottom, right, top = page.body_in
    beside = _BESIDE_IN[0 if page.wide_in >= _NAMED_BESIDE_IN else 1]
    if page.whole:
        left += beside
    room = (top - bottom) / number
    margins = _ABOVE_IN + _UNDER_IN if page.whole or number > 1 else 0.0
    names = [name for name in ROWS if has_row(strip, name)]
    least = _LEAST_IN * sum(ROWS[name] for name in names) + _GAPS_IN[0] * len(names)
    if number > 1 and room - margins < least:
        most = max(1, int((top - bottom) / (least + margins)))
        msg = (
            f"fold_km {length:g} folds {last - first:.0f} km into {number:,} lines, and {most} have "
            f"room on this page; take {math.ceil((last - first) / most)} km or more, or a larger size"
        )
        raise InvalidParameterError(msg)
    above, under = (_ABOVE_IN, _UNDER_IN) if margins else (0.0, 0.0)
    if page.wide_in < _NAMED_BESIDE_IN:
        above += 0.1  # the name of the first row
    return [
        (
            (left, top - (k + 1) * room + under, right - 0.12, top - k * room - above),
            first + k * length,
        )
        for k in range(number)
    ]


def _rows_on(page: Page, strip: Strip, box: tuple[float, float, float, float]) -> list[str]:
    """Name the rows that a line has room for."""
    names = [name for name in ROWS if has_row(strip, name)]
    gap = _GAPS_IN[1 if page.wide_in < _NAMED_BESIDE_IN else 0]
    for name in _SPARED:
        room = box[3] - box[1] - gap * (len(names) - 1)
        if room < _LEAST_IN * sum(ROWS[each] for each in names) and name in names:
            names.remove(name)
    return names


def _stack(
    ax: Axes,
    strip: Strip,
    ends: tuple[float, float],
    names: list[str],
    *,
    length: float,
    narrow: bool,
) -> dict[str, Axes]:
    """Draw the rows of one line, one under another; the last line of a page may be shorter."""
    wide_in, high_in = inches_of(ax)
    gap = _GAPS_IN[1 if narrow else 0]
    unit = max(high_in - gap * (len(names) - 1), 0.5) / sum(ROWS[name] for name in names)
    # A row alone does not fill the page: the scale across the border stays near the one along it.
    unit = min(unit, 1.2)
    rows: dict[str, Axes] = {}
    top = high_in
    for name in names:
        high = unit * ROWS[name]
        share = (ends[1] - ends[0]) / length
        row = ax.inset_axes((0.0, (top - high) / high_in, share, high / high_in))
        top -= high + gap
        row.set_xlim(*ends)
        _name_row(row, DRAW_ROW[name](row, strip), narrow=narrow)
        _mark_kilometres(row, strip, ends, _tick_step(length, wide_in))
        rows[name] = row
    bottom = rows[names[-1]]
    bottom.tick_params(axis="x", labelbottom=True)
    border = strip.result.border
    long = say(
        "km along the border, from {start} to {end}", start=border.start_name, end=border.end_name
    )
    fits = width_in(long, 8) < share * wide_in
    bottom.set_xlabel(long if fits else say("km along the border"), labelpad=2)
    _top_axis(rows[names[0]], strip, ends, narrow=narrow)
    return rows


def _mark_kilometres(row: Axes, strip: Strip, ends: tuple[float, float], step: float) -> None:
    """Mark the kilometres of a row, and where the named places lie; a low row has few values."""
    row.xaxis.set_major_locator(MultipleLocator(step))
    row.xaxis.set_minor_locator(MultipleLocator(step / 5 if step <= 50 else step / 10))
    row.tick_params(axis="x", which="major", length=4, labelbottom=False)
    row.tick_params(axis="x", which="minor", length=2)
    row.tick_params(labelsize=7)
    high = inches_of(row)[1]
    if high < _TWO_TICKS_IN:
        low, up = row.get_ylim()
        ticks = [tick for tick in row.get_yticks() if low <= tick <= up]
        row.set_yticks([ticks[0], ticks[-1]] if high > 0.5 * _TWO_TICKS_IN else ticks[-1:])
    for km in strip.places["km"]:
        row.axvline(km, color=INK["rule"], linewidth=0.6, linestyle=(0, (2, 2)), zorder=0.5)
    row.set_xlim(*ends)


def _name_row(row: Axes, words: str, *, narrow: bool) -> None:
    """Name a row beside it, and above it where there is little room."""
    if narrow:
        row.annotate(words, (0, 1), (0, 2), xycoords="axes fraction", textcoords="offset points",
                     ha="left", va="bottom", fontsize=7, color=INK["quiet"])  # fmt: skip
        return
    row.annotate(textwrap.fill(words, 14), (0, 0.5), (-33, 0), xycoords="axes fraction",
                 textcoords="offset points", ha="right", va="center", fontsize=7.5)  # fmt: skip


def _top_axis(row: Axes, strip: Strip, ends: tuple[float, float], *, narrow: bool) -> None:
    """Write the miles and the names of places above the first row."""
    first, last = ends
    wide_in, high_in = inches_of(row)
    # The names of places, and on a narrow page that of the row, stand between the row and the miles.
    lifted = (0.16 if len(strip.places) else 0.0) + (0.13 if narrow else 0.0)
    above = 1 + lifted / high_in
    top = row.secondary_xaxis(above, functions=(_miles, _kilometres))
    top.xaxis.set_major_locator(MultipleLocator(_tick_step((last - first) / KM_PER_MILE, wide_in)))
    row.annotate(say("miles"), (0, above), (-6, 2), xycoords="axes fraction",
                 textcoords="offset points", ha="right", va="bottom", fontsize=7)  # fmt: skip
    top.tick_params(length=3, labelsize=7)
    written: list[tuple[float, float]] = []
    for place in rows_of(strip.places.sort_values("size", ascending=False, kind="stable")):
        half = (width_in(place.label, 7) / 2 + 0.04) * (last - first) / wide_in
        span = place.km - half, place.km + half
        if (
            first <= span[0]
            and span[1] <= last
            and all(span[1] < low or high < span[0] for low, high in written)
        ):
            written.append(span)
            row.text(place.km, 1 + (0.15 if narrow else 0.02) / high_in, place.label, transform=row.get_xaxis_transform(), fontsize=7,
                     ha="center", va="bottom", path_effects=halo(3.0), zorder=12)  # fmt: skip


def _tick_step(length: float, wide_in: float) -> float:
    most = max(2.0, min(10.0, wide_in / 0.42))
    return next((step for step in TICKS_KM if length / step <= most), TICKS_KM[-1])


def _miles(km: Any) -> Any:
    return km / KM_PER_MILE


def _kilometres(miles: Any) -> Any:
    return miles * KM_PER_MILE


def _foot(strip: Strip, stretch: float) -> list[str | tuple[str, str]]:
    result = strip.result
    times = say("Top row: scale across the border {times:.1f} times that along it.", times=stretch)
    return [
        times,
        finding(_unknowns(strip), ""),
        credits_of(
            result, "borders", "elevation", "landcover", "karst", "places", "article_incidents"
        ),
        run_words(result),
        say(
            "The border is pulled straight, so shapes off it are not true; every place is shown "
            "once, at its nearest kilometre."
        ),
        say(told.DISCLAIMER),
    ]


def _key(strip: Strip) -> list[Any]:
    marks = _ground_key(strip)
    if "pod_even" in strip.segments:
        marks += [
            Line2D(
                [],
                [],
                color=style["color"],
                linestyle=style["linestyle"],
                linewidth=1.6,
                label=say("units {rule}", rule=say(told.RULE_WORDS[rule])),
            )
            for rule, style in RULE_STYLE.items()
        ]
    ranks = strip.segments.get("cave_rank")
    if ranks is not None:
        marks += [
            Patch(
                facecolor=INK["paper"],
                edgecolor=cave_ink(rank),
                hatch=CAVE_HATCH[rank],
                label=say("cave-prone, {rank}", rank=say(told.RANK_WORDS[rank])),
            )
            for rank in sorted(
                {int(rank) for rank in ranks.dropna() if int(rank) in CAVE_HATCH}, reverse=True
            )
        ]
    if "incidents_expected" in strip.segments:
        marks.append(
            Patch(
                facecolor=INK["synthetic_fill"],
                edgecolor=INK["synthetic"],
                hatch="///",
                label=say("incidents, SYNTHETIC"),
            )
            if strip.result.synthetic
            else Patch(color=INK["incident"], label=say("incidents expected"))
        )
    if strip.symbols is not None:
        for mark, words in key_of_symbols(strip.symbols, strip.kinds, strip.scale):
            mark.set_label(words)
            marks.append(mark)
    return marks


def _unknowns(strip: Strip) -> str:
    """Sentences on rows that are not drawn, and on what nobody knows."""
    absent = [words for name, words in ROW_WORDS.items() if not has_row(strip, name)]
    rows = [f"not drawn, for there is no such result: {', '.join(absent)}"] if absent else []
    phrases = [*rows, *told.unknowns(strip.result)]
    return "".join(f"{each[0].upper()}{each[1:]}. " for each in phrases)


def _ground_key(strip: Strip) -> list[Any]:
    plan, remote = strip.plan, told.remote_desert(strip.result)
    ground, sea = plan.ground > 0, plan.sea >= 0.5
    desert = Patch(
        facecolor=INK["desert"], edgecolor=INK["desert_line"], label=say("remote desert")
    )
    water = Patch(facecolor=INK["sea"], edgecolor=INK["water"], linewidth=0.6, label=say("sea"))
    unknown = say("remote desert not known")
    if told.hidden(strip.result):
        unknown = say("remote desert not shown")
    elif remote.unknown:
        unknown += f", {told.percent(remote.unknown)}"
    rows = strip.segments.get("remote_share_unknown")
    blank = (ground & np.isnan(plan.remote) & ~sea).any() or (rows is not None and (rows > 0).any())
    marks = [
        (desert, remote.known and "remote_share" in strip.segments),
        (
            Patch(
                facecolor=across_ink(),
                edgecolor=INK["desert_line"],
                label=say("bare, out of the force's reach"),
            ),
            (across(strip) & (plan.remote >= 0.5)).any(),
        ),
        (Patch(label=unknown, **NO_DATA), blank),
        (water, sea.any()),
        (Patch(label=say("a third country's ground"), **THIRD_COUNTRY), (plan.third >= 0.5).any()),
        (Patch(label=say("nearer to another kilometre"), **VOID), not ground.all()),
    ]
    return [mark for mark, shown in marks if shown]


def _finding(strip: Strip) -> str:
    result = strip.result
    pulled = say("{name}: the border pulled straight", name=result.name)
    if told.hidden(result):
        return pulled
    return finding(f"{result.name}: {told.mostly_remote_words(result)}", pulled)


def _standing(strip: Strip) -> str:
    result = strip.result
    number, length = len(strip.segments), strip.segments["length_km"].mean()
    words = say("{number} segments of {length:.1f} km.", number=number, length=length)
    if result.incidents.account is None:
        return words
    events = f"Incidents, {told.incident_line(result)}. {_symbol_words(strip)}."
    return finding(f"{words} {events}", words)


def _symbol_words(strip: Strip) -> str:
    """Say how many events the symbols on the plan stand for."""
    if strip.symbols is None:
        return "None is drawn by itself"
    number, events = len(strip.symbols), int(strip.symbols["events"].sum())
    if not number:
        return "None is coded in it to a point"
    verb = "symbol stands" if number == 1 else "symbols stand"
    return f"On the plan {number:,} {verb} for {events:,} coded in it"


def _stretch(rows: dict[str, Axes]) -> float:
    """How much larger the scale across the border is drawn than the scale along it."""
    plan = rows["plan"]
    (first, last), (low, high) = plan.get_xlim(), plan.get_ylim()
    wide_in, high_in = inches_of(plan)
    return (high_in / (high - low)) / (wide_in / (last - first))
