"""Incidents as figures show them: gathered into symbols, each with the circle it lies in, or told in number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone import incidents

if TYPE_CHECKING:
    from borderzone._typing import BoolArray
    from borderzone.study import StudyResult

__all__ = [
    "KM_PER_DEGREE",
    "KNOWN_KM",
    "MIXED",
    "MOST_SYMBOLS",
    "OTHER",
    "UNTYPED",
    "SheetEvents",
    "event_symbols",
    "events_by_segment",
    "kinds_of",
    "placed_events",
    "sheet_events",
]

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
    off_sheet, under_furniture
        Events with a circle beyond the neatline; outside the corridor, under scale bar or arrow.
    to_area
        Events known only to an area, for which no symbol stands.
    """

    symbols: gpd.GeoDataFrame
    rings: gpd.GeoDataFrame
    kinds: tuple[str, ...]
    seen: int
    off_sheet: int
    under_furniture: int
    to_area: int

    @property
    def words(self) -> str:
        """Say what stands for how many."""
        n = len(self.symbols)
        if not n:
            return "no symbol for any of them"
        return f"{n:,} {'symbol' if n == 1 else 'symbols'} for {self.seen:,} of them"

    @property
    def not_drawn(self) -> str:
        """Say how many placed events no symbol stands for, and why."""
        parts = (
            (self.off_sheet, "off this sheet"),
            (self.under_furniture, "outside the corridor under its scale or arrow"),
            (self.to_area, AREA_ONLY),
        )
        return ", ".join(f"{number:,} {why}" for number, why in parts if number)


def sheet_events(
    result: StudyResult, frame: Any, window: Any, covered: Any, *, most: int = MOST_SYMBOLS
) -> SheetEvents | None:
    """Gather what a sheet shows of a study's incidents."""
    events = placed_events(result)
    if events is None:
        return None
    drawn = events[events["drawn"]]
    flat = drawn.geometry.to_crs(frame)
    x, y = flat.x.to_numpy(), flat.y.to_numpy()
    on_sheet = shapely.contains_xy(window, x, y)
    under = np.zeros(len(drawn), dtype=bool)
    for box in covered:
        under |= shapely.contains_xy(box, x, y)
    under &= on_sheet & ~drawn["inside"].to_numpy()
    shown = drawn[on_sheet & ~under]
    symbols = event_symbols(shown, most=most).to_crs(frame)
    return SheetEvents(
        symbols=symbols,
        rings=_rings(shown).to_crs(frame),
        kinds=kinds_of(events),
        seen=len(shown),
        off_sheet=int((~on_sheet).sum()),
        under_furniture=int(under.sum()),
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
