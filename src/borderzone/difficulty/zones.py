"""Zones: flagged ground as polygons, each with its reasons in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._checks import check_non_negative
from borderzone.difficulty.flags import CAVE_MEANINGS, CAVE_UNKNOWN
from borderzone.difficulty.outlines import cell_outlines, connected, generalised
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid
from borderzone.terrain.surface import cells_inside, projected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["REMOTE_RANK_BREAKS_H", "zones"]

# Travel time above which remote ground has rank 2 and rank 3. An assumption.
REMOTE_RANK_BREAKS_H = (3.0, 6.0)

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
    "hours_median",
    "break_hours",
    "bare_share",
    "break_bare_share",
    "aridity_index",
    "slope_deg",
    "relief_m",
    "karst_rank",
    "cave_rank",
    "break_cave_rank",
    "accuracy_km",
)


@dataclass(frozen=True, kw_only=True)
class _Region:
    """Ground that may become a zone: its cells, its outline, and how well that is known."""

    cells: IntArray  # flat indices
    outline: Any
    accuracy_km: float
    rock: str = ""


def zones(
    flags: xr.Dataset,
    corridor: Corridor,
    *,
    places: gpd.GeoDataFrame | None = None,
    karst: gpd.GeoDataFrame | None = None,
    min_area_km2: float = 100.0,
    min_cave_rank: int = 1,
) -> gpd.GeoDataFrame:
    """
    Turn flagged ground into zones with reasons that recompute from the rasters.

    Remote desert zones are groups of flagged cells that touch, lie on one
    side of the border and share a rank, which is a band of travel time (to 3,
    to 6 and over 6 h, unless the threshold is higher). Cave-prone zones are regions of mapped soluble rock inside the corridor, with the rank
    that at least half of their cells reach: never cells, and never smaller
    than a disc as wide as the accuracy of the map.

    Parameters
    ----------
    flags
        What `flags` returned.
    corridor
        Corridor whose ground is zoned.
    places
        Towns with a column ``name``, for the nearest one.
    karst
        Polygons of soluble rock with ``susceptibility``, for outlines as
        mapped; without them outlines follow the raster, generalised to its
        accuracy.
    min_area_km2
        Smallest zone that is listed. Units: km2.
    min_cave_rank
        Least rank of a cave-prone zone, 0 to 3.

    Returns
    -------
    GeoDataFrame
        One row a zone, EPSG:4326, remote desert first, largest first:
        ``zone``, ``kind``, ``rank``, ``area_km2``, ``km_start``, ``km_end``,
        ``side`` (a country, or both), ``near`` and ``near_km``, ``reasons``
        in words, the numbers behind them, and ``accuracy_km`` of the outline.
        ``attrs["left_out_km2"]`` is flagged remote ground in smaller pieces.

    Raises
    ------
    InvalidParameterError
        If a limit is impossible.
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
    if min_cave_rank not in range(4):
        msg = f"min_cave_rank must be 0, 1, 2 or 3, got {min_cave_rank!r}"
        raise InvalidParameterError(msg)
    grid = Grid.of(flags["remote_desert"])
    cells = corridor.cells(grid)
    within = cells["segment"].to_numpy() >= 0
    side = np.where(within, cells["side"].to_numpy(), 0)
    flagged = (flags["remote_desert"].to_numpy() == 1) & within
    remote = [
        _remote_row(region, flags, grid)
        for region in _remote_regions(flagged, flags["hours"].to_numpy(), side, grid, smallest)
    ]
    outline = corridor.outline.to_crs(grid.crs).union_all()
    rock = (
        _rock_as_rastered(flags, grid, within)
        if karst is None
        else _rock_as_mapped(karst, grid, within, outline)
    )
    caves = [
        _cave_row(region, flags, min_cave_rank)
        for region in rock
        if region.outline.area / 1e6 >= max(smallest, np.pi * region.accuracy_km**2 / 4)
    ]
    rows = [
        *_numbered(remote, "R"),
        *_numbered([row for row in caves if row["rank"] >= min_cave_rank], "C"),
    ]
    _place(rows, cells["chainage_km"].to_numpy(), side, corridor)
    table = _table(rows, grid, places)
    listed_km2 = sum(row["area_km2"] for row in remote)
    table.attrs["left_out_km2"] = float(flagged.sum() * grid.cell_area_km2 - listed_km2)
    return table


def _remote_regions(
    flagged: BoolArray, hours: FloatArray, side: IntArray, grid: Grid, smallest_km2: float
) -> list[_Region]:
    """Collect remote ground that touches, on one side of the border and in one band of time."""
    band = np.searchsorted(REMOTE_RANK_BREAKS_H, hours)
    regions = []
    for bank in (1, 2):
        for rank in range(len(REMOTE_RANK_BREAKS_H) + 1):
            labels, count = connected(flagged & (side == bank) & (band == rank))
            members = _members(labels, count)
            large = [
                number
                for number, cells in enumerate(members, start=1)
                if cells.size * grid.cell_area_km2 >= smallest_km2
            ]
            outlines = cell_outlines(labels, grid, np.array(large, dtype=np.int64))
            regions += [
                _Region(cells=members[n - 1], outline=shape, accuracy_km=grid.resolution_m / 1000)
                for n, shape in zip(large, outlines, strict=True)
            ]
    return regions


def _members(labels: IntArray, count: int) -> Sequence[IntArray]:
    """Collect the flat indices of the cells of each label."""
    numbers = labels.ravel()
    inside = np.flatnonzero(numbers)
    order = inside[np.argsort(numbers[inside], kind="stable")]
    ends = np.cumsum(np.bincount(numbers[inside], minlength=count + 1)[1:])
    return np.split(order, ends)[:count]


def _rock_as_mapped(
    karst: gpd.GeoDataFrame, grid: Grid, within: BoolArray, outline: Any
) -> list[_Region]:
    order = np.argsort(-karst["susceptibility"].to_numpy(), kind="stable")
    shapes = projected(karst, grid)
    accuracy = karst.get("accuracy_km", pd.Series(0.0, index=karst.index)).to_numpy(dtype=float)
    names = karst.get("name", pd.Series("", index=karst.index)).astype(str).to_numpy()
    taken: Any = shapely.Polygon()
    regions = []
    # Where polygons overlap the ground belongs to the higher rank, as in the raster.
    for row in order:
        left = shapely.intersection(shapely.difference(shapes[row], taken), outline)
        taken = shapely.union(taken, shapes[row])
        for part in shapely.get_parts(left):
            cells = np.flatnonzero(cells_inside(part, grid) & within)
            if cells.size:
                regions.append(
                    _Region(cells=cells, outline=part, accuracy_km=accuracy[row], rock=names[row])
                )
    return regions


def _rock_as_rastered(flags: xr.Dataset, grid: Grid, within: BoolArray) -> list[_Region]:
    accuracy_km = float(flags["cave_prone"].attrs.get("accuracy_km", 0.0))
    rank = flags["karst_rank"].to_numpy()
    regions = []
    for value in np.unique(rank[within & np.isfinite(rank)]):
        labels, count = connected((rank == value) & within)
        numbers = np.arange(1, count + 1)
        for number, cells in zip(numbers, cell_outlines(labels, grid, numbers), strict=True):
            smooth = generalised(cells, accuracy_km * 1000)
            for part in shapely.get_parts(smooth):
                inside = np.flatnonzero(cells_inside(part, grid) & (labels == number))
                if inside.size:
                    regions.append(_Region(cells=inside, outline=part, accuracy_km=accuracy_km))
    return regions


def _remote_row(region: _Region, flags: xr.Dataset, grid: Grid) -> dict[str, Any]:
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
        *_terrain_reasons(row),
    ]
    return (
        row
        | breaks
        | {
            "kind": "remote_desert",
            "rank": 1 + int(np.searchsorted(REMOTE_RANK_BREAKS_H, hours)),
            "area_km2": row["n_cells"] * grid.cell_area_km2,
            "reasons": "; ".join(reasons),
        }
    )


def _cave_row(region: _Region, flags: xr.Dataset, break_rank: int) -> dict[str, Any]:
    row = _numbers(region, flags)
    rank = int(row["cave_rank"]) if np.isfinite(row["cave_rank"]) else -1
    share = float((_known_classes(flags, region.cells) >= rank).mean()) if rank >= 0 else 0.0
    rock = f" ({region.rock})" if region.rock else ""
    least = CAVE_MEANINGS[max(rank, 0)].replace("_", " ")
    reasons = [
        f"soluble rock{rock} of karst rank {row['karst_rank']:g}",
        f"susceptibility at least {least} in {100 * share:.0f} % (rank {rank}, break {break_rank})",
        *_terrain_reasons(row),
        f"mapped to {region.accuracy_km:g} km; a susceptibility, not a cave",
    ]
    return row | {
        "kind": "cave_prone",
        "rank": rank,
        "area_km2": region.outline.area / 1e6,
        "break_cave_rank": float(break_rank),
        "reasons": "; ".join(reasons),
    }


def _terrain_reasons(row: Mapping[str, Any]) -> list[str]:
    told = {"slope_deg": "slope {:.1f} degrees", "relief_m": "relief {:.0f} m"}
    return [text.format(row[name]) for name, text in told.items() if np.isfinite(row[name])]


def _numbers(region: _Region, flags: xr.Dataset) -> dict[str, Any]:
    """Take the numbers behind the reasons from the rasters, over the cells of the zone."""
    cells = region.cells
    at = {name: flags[name].to_numpy().ravel()[cells] for name in _MEANS | {"hours", "karst_rank"}}
    return {
        "geometry": region.outline,
        "cells": cells,
        "accuracy_km": region.accuracy_km,
        "n_cells": int(cells.size),
        "hours_median": _median(at["hours"]),
        "karst_rank": _median(at["karst_rank"]),
        "cave_rank": _reached(_known_classes(flags, cells)),
        **{name: _mean(at[name]) for name in sorted(_MEANS)},
    }


_MEANS = frozenset({"bare_share", "aridity_index", "slope_deg", "relief_m"})


def _known_classes(flags: xr.Dataset, cells: IntArray) -> FloatArray:
    classes = flags["cave_prone"].to_numpy().ravel()[cells]
    return np.asarray(classes[classes != CAVE_UNKNOWN], dtype=np.float64)


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
    ordered = sorted(rows, key=lambda row: (-row["area_km2"], row["geometry"].bounds))
    return [row | {"zone": f"{letter}{number}"} for number, row in enumerate(ordered, start=1)]


def _table(
    rows: list[dict[str, Any]], grid: Grid, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    shapes = [row.pop("geometry") for row in rows]
    for row, shape in zip(rows, shapes, strict=True):
        row["near"], row["near_km"] = "", float("nan")
        if places is not None and len(places):
            row["near"], row["near_km"] = _nearest(shape, places.to_crs(grid.crs))
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


def _nearest(shape: Any, places: gpd.GeoDataFrame) -> tuple[str, float]:
    """Nearest town to a zone; of several inside it the one nearest to its middle."""
    to_zone = places.distance(shape).to_numpy()
    to_middle = places.distance(shape.representative_point()).to_numpy()
    best = int(np.lexsort((to_middle, to_zone))[0])
    return str(places["name"].iloc[best]), float(to_zone[best]) / 1000
