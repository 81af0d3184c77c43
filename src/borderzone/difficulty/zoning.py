"""Zones: flagged ground as polygons, each with its reasons in numbers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from borderzone._guards import check_non_negative, check_whole
from borderzone.border import Country
from borderzone.difficulty.flagging import CAVE_MEANINGS
from borderzone.difficulty.reasons import raised_words, rock_words, terrain_words
from borderzone.difficulty.regions import (
    REMOTE_RANK_BREAKS_H,
    CorridorCells,
    remote_regions,
    rock_as_mapped,
    rock_as_rastered,
)
from borderzone.errors import InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid
from borderzone.terrain import soluble_rock

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import FloatArray, IntArray
    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.difficulty.regions import Region

__all__ = ["HOLE_SHARE", "zones"]

# Holes smaller than this share of the smallest zone that is listed are filled, where the caller
# names no size: such a hole changes no listed zone by more than a tenth. An assumption.
HOLE_SHARE = 0.1
# A place farther away says little of where a zone lies, which its kilometres then do.
NAMED_WITHIN_KM = 50.0

_COLUMNS = (
    "zone",
    "kind",
    "rank",
    "area_km2",
    "km_start",
    "km_end",
    "side",
    "near",
    "near_km",
    "reasons",
    "n_cells",
    "filled_km2",
    "hours_median",
    "break_hours",
    "bare_share",
    "break_bare_share",
    "aridity_index",
    "slope_deg",
    "relief_m",
    "incision_m",
    "karst_rank",
    "cave_rank",
    "raised_share",
    "break_cave_rank",
    "accuracy_km",
)


def zones(  # noqa: PLR0913 - two inputs, two layers around, three limits
    flags: xr.Dataset,
    corridor: Corridor,
    *,
    places: gpd.GeoDataFrame | None = None,
    karst: gpd.GeoDataFrame | None = None,
    min_area_km2: float = 100.0,
    min_hole_km2: float | None = None,
    min_cave_rank: int = 1,
) -> gpd.GeoDataFrame:
    """
    Turn flagged ground into zones with reasons that recompute from the rasters.

    Remote desert zones are groups of flagged cells that touch, lie on one
    side of the border and share a rank, which is a band of travel time (to 3,
    to 6 and over 6 h, unless the threshold is higher). Small holes are filled
    and outlines smoothed, each edge once for the two zones that share it, and
    cut at the rim of the corridor; smoothing moves no edge by half a cell and
    changes no area by more than 1 %. Cave-prone zones are regions of mapped
    soluble rock inside the corridor, with the rank that at least half of
    their cells reach: never cells, and never smaller than a disc as wide as
    the accuracy of the map. Zones of one kind do not overlap.

    Parameters
    ----------
    flags
        What `flags` returned.
    corridor
        Corridor whose ground is zoned.
    places
        Towns with a column ``name``, for the nearest one within 50 km on the zone's own side: by a
        column ``country``, else by the border.
    karst
        Polygons of soluble rock with ``susceptibility``, for outlines as
        mapped; without them outlines follow the raster, generalised to its
        accuracy.
    min_area_km2
        Smallest zone that is listed, by its flagged cells. Units: km2.
    min_hole_km2
        Holes smaller than this are filled; a tenth of `min_area_km2` when
        left out, 0 for none. Numbers stay those of the flagged cells.
        Units: km2.
    min_cave_rank
        Least rank of a cave-prone zone, 0 to 3.

    Returns
    -------
    GeoDataFrame
        One row a zone, EPSG:4326, remote desert first, largest first:
        ``zone``, ``kind``, ``rank``, ``area_km2``, ``km_start``, ``km_end``,
        ``side`` (a country, or both), ``near`` and ``near_km`` (empty where no
        place on that side is within 50 km), ``reasons`` in words, the numbers behind them (medians of hours, slope, relief,
        incision and karst rank, means of bare share and aridity, ``raised_share`` of the rock), and
        ``accuracy_km`` of the outline. ``area_km2`` is that of the outline,
        of which ``filled_km2`` are filled holes; ``n_cells`` are flagged.
        ``attrs["left_out_km2"]`` is flagged remote ground in smaller pieces.

    Raises
    ------
    InvalidParameterError
        If a limit is impossible, or the flags are none.
    GridMismatchError
        If the flags do not lie on one grid.

    Examples
    --------
    >>> import xarray as xr
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> from borderzone.difficulty import flags
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), depth_km=20, segment_km=50)
    >>> grid = corridor.grid(resolution_m=5000)
    >>> far = grid.wrap(np.full(grid.shape, 4.0))
    >>> bare = xr.Dataset({"bare_share": grid.wrap(np.ones(grid.shape))})
    >>> found = zones(flags(xr.Dataset(), far, bare), corridor)
    >>> sorted(zip(found["side"], found["rank"]))
    [('IRQ', 2), ('SYR', 2)]
    """
    smallest = check_non_negative(min_area_km2, "min_area_km2", "km2")
    hole = HOLE_SHARE * smallest if min_hole_km2 is None else min_hole_km2
    hole = check_non_negative(hole, "min_hole_km2", "km2")
    check_whole(min_cave_rank, "min_cave_rank", lowest=0, highest=3)
    if places is not None and (places.crs is None or "name" not in places):
        msg = "places need a CRS and a column 'name'; give them with set_crs and rename"
        raise InvalidParameterError(msg)
    if karst is not None:
        soluble_rock(karst, scheme="ranks")
    given: Any = flags
    if not isinstance(given, xr.Dataset) or {"remote_desert", "cave_prone", "hours"} - set(given):
        msg = f"flags must be the Dataset that difficulty.flags gives, got {type(flags).__name__}"
        raise InvalidParameterError(msg)
    grid = Grid.of(flags["remote_desert"])
    cells = corridor.cells(grid)
    within = cells["segment"].to_numpy() >= 0
    strip = CorridorCells(
        grid=grid,
        within=within,
        side=np.where(within, cells["side"].to_numpy(), 0),
        outline=corridor.outline.to_crs(grid.crs).union_all(),
    )
    flagged = (flags["remote_desert"].to_numpy() == 1) & within
    hours = flags["hours"].to_numpy()
    remote = [
        _remote_row(region, flags, grid)
        for region in remote_regions(flagged, hours, strip, smallest_km2=smallest, hole_km2=hole)
    ]
    rock = (
        rock_as_rastered(flags, strip, hole_km2=hole)
        if karst is None
        else rock_as_mapped(karst, strip, hole_km2=hole)
    )
    caves = [
        _cave_row(region, flags, min_cave_rank)
        for region in rock
        # A disc as wide as the map is wrong: anything smaller may lie somewhere else altogether.
        if region.outline.area / 1e6 >= max(smallest, np.pi * region.accuracy_km**2 / 4)
    ]
    rows = [
        *_numbered(remote, "R"),
        *_numbered([row for row in caves if row["rank"] >= min_cave_rank], "C"),
    ]
    _place(rows, cells["chainage_km"].to_numpy(), strip.side, corridor)
    table = _table(rows, grid, _sided(places, corridor.border))
    listed = sum(row["n_cells"] for row in remote)
    table.attrs["left_out_km2"] = float((flagged.sum() - listed) * grid.cell_area_km2)
    return table


def _remote_row(region: Region, flags: xr.Dataset, grid: Grid) -> dict[str, Any]:
    row = _numbers(region, flags)
    hours, settings = row["hours_median"], flags["remote_desert"].attrs
    breaks = {
        "break_hours": float(settings["remote_hours"]),
        "break_bare_share": float(settings["bare_threshold"]),
    }
    mode = f" by {settings['mode'].replace('_', ' ')}" if "mode" in settings else ""
    away = (
        f"median {hours:.1f} h from the nearest origin{mode}"
        if np.isfinite(hours)
        else f"no origin reaches it{mode}"
    )
    arid = row["aridity_index"]
    reasons = [
        f"bare ground (share {row['bare_share']:.2f}, break {breaks['break_bare_share']:g})",
        f"{away} (break {breaks['break_hours']:g} h)",
        *([f"aridity index {arid:.2f}"] if np.isfinite(arid) else []),
        *terrain_words(row),
    ]
    return (
        row
        | breaks
        | {
            "kind": "remote_desert",
            "rank": 1 + int(np.searchsorted(REMOTE_RANK_BREAKS_H, hours)),
            "filled_km2": region.filled * grid.cell_area_km2,
            "reasons": "; ".join(reasons),
        }
    )


def _cave_row(region: Region, flags: xr.Dataset, break_rank: int) -> dict[str, Any]:
    row = _numbers(region, flags)
    rank = int(row["cave_rank"]) if np.isfinite(row["cave_rank"]) else -1
    share = float((_known_classes(flags, region.cells) >= rank).mean()) if rank >= 0 else 0.0
    reached = CAVE_MEANINGS[max(rank, 0)].replace("_", " ")
    more = "" if rank == len(CAVE_MEANINGS) - 1 else " or more"
    name = f" ({region.rock})" if region.rock else ""
    rock = rock_words(row["karst_rank"]) if rank >= 0 else "a rank that is not known"
    reasons = [
        f"soluble rock{name} of {rock}",
        f"susceptibility {reached}{more} in {100 * share:.0f} % (rank {rank}, break {break_rank})",
        raised_words(
            row["karst_rank"], row["raised_share"], float(flags["cave_prone"].attrs["cell_m"])
        ),
        *terrain_words(row),
        f"mapped to {region.accuracy_km:g} km; a susceptibility, not a cave",
    ]
    return row | {
        "kind": "cave_prone",
        "rank": rank,
        "break_cave_rank": float(break_rank),
        "reasons": "; ".join(reasons),
    }


def _numbers(region: Region, flags: xr.Dataset) -> dict[str, Any]:
    """Take the numbers behind the reasons from the rasters, over the cells of the zone."""
    cells = region.cells
    # Of the flagged cells, not of the smoothed outline: whoever recomputes them finds the same.
    at = {
        name: flags[name].to_numpy().ravel()[cells] if name in flags else np.empty(0)
        for name in (*_MEDIANS.values(), *_MEANS.values())
    }
    return {
        "geometry": region.outline,
        "cells": cells,
        "accuracy_km": region.accuracy_km,
        "area_km2": region.outline.area / 1e6,
        "n_cells": int(cells.size),
        "filled_km2": 0.0,
        "cave_rank": _reached(_known_classes(flags, cells)),
        **{column: _median(at[layer]) for column, layer in _MEDIANS.items()},
        **{column: _mean(at[layer]) for column, layer in _MEANS.items()},
    }


# Column of a median, or of a mean, and its layer.
_MEDIANS = MappingProxyType(
    {"hours_median": "hours"}
    | {name: name for name in ("slope_deg", "relief_m", "incision_m", "karst_rank")}
)
_MEANS = MappingProxyType(
    {name: name for name in ("bare_share", "aridity_index")} | {"raised_share": "cave_raised"}
)


def _known_classes(flags: xr.Dataset, cells: IntArray) -> FloatArray:
    classes = flags["cave_prone"].to_numpy().ravel()[cells]
    return np.asarray(classes[classes != UNKNOWN_CLASS], dtype=np.float64)


def _reached(classes: FloatArray) -> float:
    """Highest class that at least half of the cells reach."""
    if not classes.size:
        return float("nan")
    return float(np.sort(classes)[::-1][(classes.size - 1) // 2])


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)].astype(np.float64)
    return float(known.mean()) if known.size else float("nan")


def _median(values: FloatArray) -> float:
    # The lower of the two middle values, so that a median next to infinity stays a number.
    known = np.sort(values[~np.isnan(values)])
    return float(known[(known.size - 1) // 2]) if known.size else float("nan")


def _place(
    rows: list[dict[str, Any]], chainage: FloatArray, side: IntArray, corridor: Corridor
) -> None:
    """Say where along the border, and on whose side, each zone lies."""
    names = {1: corridor.border.left, 2: corridor.border.right}
    for row in rows:
        cells = row.pop("cells")
        along = chainage.ravel()[cells]
        row["km_start"], row["km_end"] = float(along.min()), float(along.max())
        banks = np.unique(side.ravel()[cells])
        row["side"] = names[int(banks[0])] if banks.size == 1 else "both"


def _numbered(rows: list[dict[str, Any]], letter: str) -> list[dict[str, Any]]:
    # By area to a thousandth of a km2, then by place: rounding in the last digit must not renumber zones.
    ordered = sorted(rows, key=lambda row: (-round(row["area_km2"], 3), row["geometry"].bounds))
    return [row | {"zone": f"{letter}{number}"} for number, row in enumerate(ordered, start=1)]


def _table(
    rows: list[dict[str, Any]], grid: Grid, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    shapes = [row.pop("geometry") for row in rows]
    for row, shape in zip(rows, shapes, strict=True):
        row["near"], row["near_km"] = "", float("nan")
        if places is not None:
            mine = places if row["side"] == "both" else places[places["country"] == row["side"]]
            row["near"], row["near_km"] = _nearest(shape, mine.to_crs(grid.crs))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    text = {
        "zone": str,
        "kind": str,
        "side": str,
        "near": str,
        "reasons": str,
        "rank": int,
        "n_cells": int,
    }
    table = table.astype({name: text.get(name, float) for name in _COLUMNS})
    # Long straight edges get vertices, so that they lie as true in degrees as in the grid.
    outlines = gpd.GeoSeries(shapes, index=table.index, crs=grid.crs).segmentize(10_000.0)
    return gpd.GeoDataFrame(table, geometry=outlines.to_crs(4326))


def _sided(places: gpd.GeoDataFrame | None, border: Border) -> gpd.GeoDataFrame | None:
    """Places of the two countries, with whose they are: what names a zone lies on its own side."""
    if places is None or places.empty:
        return None
    if "country" in places:
        words = [str(word) for word in places["country"].fillna("")]
        codes = {word: Country.of(word).code for word in dict.fromkeys(words)}
        whose = np.array([codes[word] for word in words], dtype=object)
    else:
        whose, _ = border.country_beside(places.to_crs(4326).geometry.representative_point())
    return places.assign(country=whose)[np.isin(whose, [border.left, border.right])]


def _nearest(shape: BaseGeometry, places: gpd.GeoDataFrame) -> tuple[str, float]:
    """Nearest town to a zone, if one is near; of several inside it the one nearest to its middle."""
    if places.empty:
        return "", float("nan")
    to_zone = places.distance(shape).to_numpy()
    to_middle = places.distance(shape.representative_point()).to_numpy()
    # The last key sorts first: by distance to the zone, which is 0 for every town inside.
    best = int(np.lexsort((to_middle, to_zone))[0])
    away_km = float(to_zone[best]) / 1000
    return (
        (str(places["name"].iloc[best]), away_km)
        if away_km <= NAMED_WITHIN_KM
        else ("", float("nan"))
    )
