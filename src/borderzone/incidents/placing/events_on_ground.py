"""On what ground each event happened: flags, hours and terrain over all places where it may have been."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from pyproj import Transformer

from borderzone._cells import any_lazy, cells_of_points, in_order
from borderzone._guards import check_threads
from borderzone._guards.rasters import check_hours, heights_of, is_impossible
from borderzone._kernels.positions import mark_inside
from borderzone.difficulty import CAVE_MEANINGS
from borderzone.errors import DataError, InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid
from borderzone.incidents.placing.bands_of_counts import count_bands
from borderzone.incidents.placing.covered_ground import corridor_outline, imputed
from borderzone.incidents.placing.imputation import index_of
from borderzone.incidents.placing.precision import in_degrees

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation, Index

__all__ = [
    "GROUNDS",
    "LAYERS",
    "POINT_WARNING",
    "GroundLayers",
    "ground_classes",
    "ground_counts",
    "ground_sentence",
    "on_ground",
]


POINT_WARNING = (
    "A report that names a town is coded to the town, even one called exact, so the ground under coded "
    "points is flatter and nearer to people than that of the events."
)
"""Why a sample of the ground under coded points says little of the events."""

# Layer and the name of its columns.
_MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "hours": "hours_h",
        "slope_deg": "slope_deg",
        "relief_m": "relief_m",
        "elevation_m": "elevation_m",
    }
)
_CAVES = tuple(f"cave_{word}" for word in CAVE_MEANINGS)
GROUNDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("place", "inside"): ("inside",),
        ("place", "unknown"): ("unknown",),
        ("place", "outside"): ("outside",),
        ("remote_desert", "yes"): ("remote_desert",),
        ("remote_desert", "no"): ("remote_desert_no",),
        ("remote_desert", "unknown"): ("remote_desert_unknown",),
        ("remote_desert_unreached", "yes"): ("remote_desert_unreached",),
        **{("cave_prone", word): (f"cave_{word}",) for word in (*CAVE_MEANINGS, "unknown")},
        ("cave_medium_or_high", "yes"): ("cave_medium", "cave_high"),
    }
)
"""Kind and ground of each row of the pooled table, and the classes that make it."""
_BAND = 0.90


def on_ground(  # noqa: PLR0913 - same names as `overlay`
    events: gpd.GeoDataFrame,
    flags: xr.Dataset,
    attrs: xr.Dataset,
    *,
    hours: xr.DataArray | None = None,
    corridor: Corridor | None = None,
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """
    Say of each event on what ground it happened, with what is not known of it.

    Every event is placed `draws` times in its region of possible positions [1]_, and the cell
    that holds each position is looked up. Beside it stands what a sample at the coded point would
    have said; events coded to a town sit in the town, so such samples are biased to flat ground.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        From `borderzone.difficulty.flags`: ``remote_desert`` and ``cave_prone``, and ``hours``.
    attrs
        From `borderzone.terrain.attributes`: ``slope_deg`` and ``relief_m``, and ``elevation_m`` if it
        was assigned. Layers of either dataset may be missing, or lazy: then only chunks that hold a
        position are computed, one at a time.
    hours
        Hours from the nearest origin, in place of those of `flags`; infinite where no way leads.
        Units: h.
    corridor
        Ground outside it counts as outside, and positions are held to the country that a row
        names, as in `overlay`; None for the whole grid.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
    weight
        Raster of how likely such an event is on each unit of ground, or one by
        event type; see `impute`.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    pandas.DataFrame
        One row an event, index of `events`:

        - id, placed, why_not_placed;
        - p_inside, p_unknown, p_outside: share of all draws on ground of which anything is known, on
          ground of which no layer knows anything, and off the grid or the corridor. They add up to 1.
        - p_remote_desert, p_remote_desert_no and p_remote_desert_unknown add up to 1 with p_outside, and
          so do p_cave_very_low, p_cave_low, p_cave_medium, p_cave_high and p_cave_unknown. Where none of
          the ground that an event may lie on is known, the classes are empty, not 0.
          p_remote_desert_unreached is the part of p_remote_desert where no way leads, such as across
          the border from the force; p_unreached all such ground.
        - hours_h, slope_deg, relief_m and elevation_m: the median; ``_mean`` (of hours: where a way
          leads), ``_p05`` and ``_p95``, all over the draws where the value is known; ``_known``, their
          share of all draws. Ends of bands are draws, so that the true value lies between them nine
          times in ten if positions are as imprecise as coded.
        - point_ground ("inside", "unknown", "outside"), point_remote_desert ("yes", "no" or these),
          point_cave (a class or these), point_hours_h and so on: the cell that holds the
          coded point, of events that are too vague to be placed too.

        Columns of layers that are not there are left out. ``attrs`` holds n_events, n_placed,
        n_excluded, n_draws, missing (layers), sentence, and counts by draw for `ground_counts`.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or `regions` is of another table.
    GridMismatchError
        If the layers do not share a grid.
    InvalidParameterError
        If there is no layer, a value of one is impossible, `draws` or `threads` is not a whole number
        above zero, or a weight or seed is impossible.
    NotProjectedError
        If the layers are in degrees.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.

    Examples
    --------
    >>> import xarray as xr
    >>> from borderzone.grid import Grid
    >>> from borderzone.incidents import read
    >>> grid = Grid.covering((680e3, 3780e3, 720e3, 3840e3), resolution_m=1000, crs=32637)
    >>> east = np.where(grid.x > 700e3, 1, 0) * np.ones(grid.shape)
    >>> flags = xr.Dataset({"remote_desert": grid.wrap(east.astype(np.float32))})
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.17], "where_prec": [1]}))
    >>> found = on_ground(events, flags, xr.Dataset(), seed=1)
    >>> found[["p_remote_desert", "p_remote_desert_no", "point_remote_desert"]].round(1)
       p_remote_desert  p_remote_desert_no point_remote_desert
    0              0.3                 0.7                  no
    """
    workers = check_threads(threads)
    ground = GroundLayers.of(flags, attrs, hours, corridor)
    drawn = imputed(
        events, corridor, draws=draws, seed=seed, regions=regions, weight=weight, each_told=True
    )
    points = _coded_cells(events, ground)
    ground = ground.ready(drawn, points, threads=workers)

    def block(rows: IntArray) -> tuple[IntArray, dict[str, FloatArray], dict[str, IntArray]]:
        cells = ground.cells_of(*drawn.positions(rows))
        values = ground.values(cells)
        classes = ground_classes(values, cells)
        shares = {name: held.mean(axis=1) for name, held in classes.items()}
        measures = _measures(values)
        return rows, shares | measures, {name: held.sum(axis=0) for name, held in classes.items()}

    columns: dict[str, FloatArray] = {}
    by_draw: dict[str, IntArray] = {}
    for rows, found, counts in in_order(block, [*drawn.rows(), _NO_ROWS], threads=workers):
        for name, values in found.items():
            columns.setdefault(name, np.full(len(events), np.nan))[rows] = values
        for name, count in counts.items():
            by_draw[name] = by_draw.get(name, 0) + count
    table = _table(events, drawn, columns, _at_points(ground, points, events))
    table.attrs = _attrs(table, ground, drawn, by_draw)
    table.attrs["sentence"] = ground_counts(table).attrs["sentence"]
    return table


# A block without rows names the columns where no event is placed.
_NO_ROWS = np.zeros(0, dtype=np.int64)


def ground_classes(values: Mapping[str, FloatArray], cells: IntArray) -> dict[str, BoolArray]:
    """Sort cells into classes of ground."""
    there = cells >= 0
    anything = np.zeros(cells.shape, dtype=bool)
    for layer in values.values():
        anything |= ~np.isnan(layer)
    found = {"inside": there & anything, "unknown": there & ~anything, "outside": ~there}
    hours, remote = values.get("hours"), values.get("remote_desert")
    if remote is not None:
        found |= {
            "remote_desert": remote == 1,
            "remote_desert_no": remote == 0,
            "remote_desert_unknown": there & np.isnan(remote),
        }
    if hours is not None:
        found["unreached"] = np.isinf(hours)
    if remote is not None and hours is not None:
        found["remote_desert_unreached"] = found["remote_desert"] & found["unreached"]
    if "cave_prone" in values:
        caves = values["cave_prone"]
        found |= {name: caves == rank for rank, name in enumerate(_CAVES)}
        found["cave_unknown"] = there & np.isnan(caves)
    return found


def _measures(values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Mean, median and band of each event's draws, unknown ones left out and counted."""
    found: dict[str, FloatArray] = {}
    for layer, name in _MEASURES.items():
        if layer not in values:
            continue
        ordered = np.sort(values[layer], axis=1)  # unknown ones last
        events, draws = ordered.shape
        n = draws - np.isnan(ordered).sum(axis=1)
        finite = np.isfinite(ordered)
        total = np.where(finite, ordered, 0.0).sum(axis=1, dtype=np.float64)
        # As in `imputed_band`; where draws are too few for the band it is all that is possible.
        rank = np.maximum(np.floor((1.0 - _BAND) / 2.0 * (n + 1) + 1e-9).astype(np.int64), 1)

        def at(places: IntArray, ordered: FloatArray = ordered, n: IntArray = n) -> FloatArray:
            taken = ordered[np.arange(len(n)), np.clip(places, 0, ordered.shape[1] - 1)]
            return np.where(n > 0, taken, np.nan).astype(np.float64)

        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = (at((n - 1) // 2) + at(n // 2)) / 2.0
            found[f"{name}_mean"] = total / finite.sum(axis=1)
        found[f"{name}_p05"], found[f"{name}_p95"] = at(rank - 1), at(n - rank)
        found[f"{name}_known"] = n / max(draws, 1) * np.ones(events)
    return found


def _coded_cells(events: gpd.GeoDataFrame, ground: GroundLayers) -> IntArray:
    points = in_degrees(events, "events").geometry.to_numpy()
    xy = np.full((len(points), 2), np.nan)
    some = shapely.get_type_id(points) == 0
    some &= ~shapely.is_empty(points)
    xy[some] = shapely.get_coordinates(points[some])
    return ground.cells_of(xy[:, 0], xy[:, 1])


def _at_points(ground: GroundLayers, cells: IntArray, events: gpd.GeoDataFrame) -> dict[str, Any]:
    """Say what a sample at the coded points would; nothing of rows that have none."""
    values = ground.values(cells)
    classes = ground_classes(values, cells)
    none = (events.geometry.is_empty | events.geometry.isna()).to_numpy()
    where = {word: classes[word] for word in ("inside", "unknown", "outside")}
    found: dict[str, Any] = {"point_ground": _word_of(where, none)}
    outside = {"outside": classes["outside"]}
    if "remote_desert" in classes:
        words = {"yes": "", "no": "_no", "unknown": "_unknown"}
        kinds = {word: classes[f"remote_desert{end}"] for word, end in words.items()}
        found["point_remote_desert"] = _word_of(kinds | outside, none)
    if "cave_unknown" in classes:
        kinds = {word: classes[f"cave_{word}"] for word in (*CAVE_MEANINGS, "unknown")}
        found["point_cave"] = _word_of(kinds | outside, none)
    for layer, name in _MEASURES.items():
        if layer in values:
            found[f"point_{name}"] = values[layer].astype(np.float64)
    return found


def _word_of(kinds: Mapping[str, BoolArray], none: BoolArray) -> Any:
    words = np.full(len(none), "", dtype=object)
    for word, held in kinds.items():
        words[held & ~none] = word
    return words


def _table(
    events: gpd.GeoDataFrame,
    drawn: Imputation,
    columns: dict[str, FloatArray],
    at_points: dict[str, Any],
) -> pd.DataFrame:
    placed = drawn.is_placed
    found: dict[str, Any] = {
        "id": events["id"].to_numpy(),
        "placed": placed,
        "why_not_placed": drawn.placed["reason"].where(~placed, "").to_numpy(),
    }
    for kind in ("remote_desert", "cave"):
        classes = [n for n in columns if n.startswith(kind) and n != f"{kind}_unknown"]
        if not classes:
            continue
        # Not known to be anything is not known to be nothing.
        dark = (columns[f"{kind}_unknown"] > 0) & (
            columns[f"{kind}_unknown"] + columns["outside"] > 1.0 - 1e-9
        )
        for name in classes:
            columns[name] = np.where(dark, np.nan, columns[name])
    measured = {name for name in columns if name.startswith(tuple(_MEASURES.values()))}
    found |= {f"p_{name}": values for name, values in columns.items() if name not in measured}
    found |= {name: values for name, values in columns.items() if name in measured}
    return pd.DataFrame(found | at_points, index=events.index)


def _attrs(
    table: pd.DataFrame, ground: GroundLayers, drawn: Imputation, by_draw: dict[str, IntArray]
) -> dict[Hashable, Any]:
    n_placed = int(table["placed"].sum())
    return {
        "n_events": len(table),
        "n_placed": n_placed,
        "n_excluded": len(table) - n_placed,
        "n_draws": drawn.draws,
        "missing": [name for name in LAYERS if name not in ground.rasters],
        # Text, which every format of tables keeps and pandas does not copy number by number.
        "by_draw": json.dumps({name: counts.tolist() for name, counts in by_draw.items()}),
    }


def ground_counts(
    found: pd.DataFrame,
    flags: xr.Dataset | None = None,
    attrs: xr.Dataset | None = None,
    *,
    hours: xr.DataArray | None = None,
    corridor: Corridor | None = None,
) -> pd.DataFrame:
    """
    Count the events by class of ground, with the band of where they may have been.

    Parameters
    ----------
    found
        Table from `on_ground`, with all its rows.
    flags, attrs
        The layers that it was looked up on, for the area of each class; None for none.
    hours
        As in `on_ground`.
    corridor
        Where the area is taken; None for the whole grid.

    Returns
    -------
    pandas.DataFrame
        One row a class: kind and ground; with layers area_km2 (sea included, unknown outside); expected (mean imputed count) with its band p05 to p95 and
        p025 to p975; underlying_p05 and so on (band of the mean behind the count); possible (events
        that may lie there); at_point (placed events whose coded point lies there), at_point_vague
        (events too vague to be placed that a sample of points would count there too). Each of the
        kinds remote_desert and cave_prone adds up, with the row "outside", to the events placed, and
        so does the kind place. The kinds remote_desert_unreached and cave_medium_or_high are parts
        of these, with bands of their own. ``attrs`` holds n_events, n_placed, n_excluded, n_draws,
        sentence, and caution (why coded points say little of the ground of events).

    Raises
    ------
    DataError
        If the table is not from `on_ground`, or rows were added or taken away.

    Examples
    --------
    >>> from borderzone.grid import Grid
    >>> import xarray as xr
    >>> from borderzone.incidents import on_ground, read
    >>> grid = Grid.covering((680e3, 3780e3, 720e3, 3840e3), resolution_m=1000, crs=32637)
    >>> flags = xr.Dataset({"remote_desert": grid.wrap(np.ones(grid.shape, np.float32))})
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.17], "where_prec": [1]}))
    >>> ground_counts(on_ground(events, flags, xr.Dataset()))[["kind", "ground", "expected"]].head(4)
                kind   ground  expected
    0          place   inside       1.0
    1          place  unknown       0.0
    2          place  outside       0.0
    3  remote_desert      yes       1.0
    """
    told = getattr(found, "attrs", {}).get("by_draw")
    if told is None or "placed" not in found.columns:
        msg = "the table must be the one that incidents.on_ground gives"
        raise DataError(msg)
    if len(found) != found.attrs["n_events"]:
        msg = (
            f"the table has {len(found)} of {found.attrs['n_events']} rows: to count some of the events, "
            "hand them to incidents.on_ground; the draws of an event stay what they are"
        )
        raise DataError(msg)
    by_draw, placed = json.loads(told), found["placed"].to_numpy(dtype=bool)
    rows = []
    for (kind, ground), classes in GROUNDS.items():
        if not all(name in by_draw for name in classes):
            continue
        counts = np.sum([by_draw[name] for name in classes], axis=0).astype(np.int64)
        chances = found[[f"p_{name}" for name in classes]].sum(axis=1).to_numpy()
        under = _under_point(found, kind, ground)
        rows.append(
            {"kind": kind, "ground": ground, "expected": float(counts.mean())}
            | count_bands(counts, int(placed.sum()))
            | {
                "possible": int((placed & (chances > 0)).sum()),
                "at_point": int((under & placed).sum()),
                "at_point_vague": int((under & ~placed).sum()),
            }
        )
    table = pd.DataFrame(rows)
    if flags is not None and attrs is not None:
        layers = GroundLayers.of(flags, attrs, hours, None)
        table.insert(2, "area_km2", _areas_km2(table, layers, corridor))
    kept = ("n_events", "n_placed", "n_excluded", "n_draws")
    table.attrs = {**{name: found.attrs[name] for name in kept}, "caution": POINT_WARNING}
    table.attrs["sentence"] = ground_sentence(table)
    return table


def _areas_km2(table: pd.DataFrame, layers: GroundLayers, corridor: Corridor | None) -> list[float]:
    """Area of each class of ground; none of what lies outside."""
    grid = layers.grid
    cells = np.arange(grid.shape[0] * grid.shape[1])
    if corridor is not None:
        cells = np.flatnonzero(corridor.cells(grid)["segment"].to_numpy() >= 0)
    classes = ground_classes(layers.values(cells), cells)
    rows = zip(table["kind"], table["ground"], strict=True)
    return [
        np.nan
        if ground == "outside"
        else grid.cell_area_km2 * sum(int(classes[name].sum()) for name in GROUNDS[kind, ground])
        for kind, ground in rows
    ]


def _under_point(found: pd.DataFrame, kind: str, ground: str) -> BoolArray:
    if kind == "place":
        under = found["point_ground"] == ground
    elif kind == "remote_desert":
        under = found["point_remote_desert"] == ground
    elif kind == "remote_desert_unreached":
        under = (found["point_remote_desert"] == "yes") & np.isinf(found["point_hours_h"])
    elif kind == "cave_prone":
        under = found["point_cave"] == ground
    else:
        under = found["point_cave"].isin(["medium", "high"])
    found_there: BoolArray = under.to_numpy(dtype=bool)
    return found_there


def ground_sentence(table: pd.DataFrame) -> str:
    """
    Say on what ground events happened, and what their coded points would have said.

    Parameters
    ----------
    table
        Table from `ground_counts`, or some of its rows.

    Returns
    -------
    str
        One sentence, which the table has in ``attrs`` as long as it is whole.

    Raises
    ------
    DataError
        If the table is not from `ground_counts`.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": [], "ground": []})
    >>> table.attrs = {"n_events": 1, "n_placed": 0}
    >>> ground_sentence(table)
    'None of 1 event can be placed: on what ground they happened is not known.'
    """
    if not {"kind", "ground"} <= set(table.columns) or "n_placed" not in table.attrs:
        msg = "the table must be the one that incidents.ground_counts gives, or rows of it"
        raise DataError(msg)
    rows = {(row.kind, row.ground): row for row in table.itertuples()}
    n, placed = table.attrs["n_events"], table.attrs["n_placed"]
    events = f"{n:,} event" if n == 1 else f"{n:,} events"
    if not placed:
        return f"None of {events} can be placed: on what ground they happened is not known."
    parts = [
        _part(rows[name], rows[dark], words)
        for name, dark, words in _TOLD
        if name in rows and dark in rows
    ]
    if ("place", "outside") in rows:
        parts.append(f"outside {rows['place', 'outside'].expected:,.1f}")
    return (
        f"Of {events} {placed:,} can be placed. Over all places where they may have happened, with 90 % "
        f"bands, they fall so. {' '.join(f'{part[0].upper()}{part[1:]}.' for part in parts)}"
    )


_TOLD = (
    (("remote_desert", "yes"), ("remote_desert", "unknown"), "remote desert"),
    (
        ("cave_medium_or_high", "yes"),
        ("cave_prone", "unknown"),
        "ground of medium or high cave susceptibility",
    ),
)


def _part(row: Any, dark: Any, words: str) -> str:
    unknown = f"{dark.expected:,.1f} where that is not known"
    if row.possible == 0 and dark.expected > 0:
        # None where it is known, which may be nowhere.
        return f"on {words} none that is known, {unknown}"
    rest = f" and {unknown}" if dark.expected else ""
    return (
        f"on {words} {row.expected:,.1f} ({row.p05:,.0f} to {row.p95:,.0f}){rest}, at their coded points "
        f"{row.at_point:,}"
    )


class _Rule(NamedTuple):
    """Which numbers of a layer can be, in words for the message."""

    words: str
    impossible: Callable[[FloatArray], Any]


# What is looked up, and what it can be. NaN is unknown everywhere; hours may be infinite.
LAYERS: Mapping[str, _Rule] = MappingProxyType(
    {
        "remote_desert": _Rule("1, 0 or NaN", lambda v: (v != 0) & (v != 1)),
        "cave_prone": _Rule(
            f"a class of 0 to {len(CAVE_MEANINGS) - 1}, or {UNKNOWN_CLASS} for unknown",
            lambda v: ~np.isin(v, (*range(len(CAVE_MEANINGS)), UNKNOWN_CLASS)),
        ),
        "hours": _Rule("0 or more", lambda v: v < 0),
        "slope_deg": _Rule("from 0 to 90", lambda v: (v < 0) | (v > 90)),
        "relief_m": _Rule("0 or more, and finite", lambda v: (v < 0) | np.isinf(v)),
        "elevation_m": _Rule("heights in metres", is_impossible),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class GroundLayers:
    """
    Layers on one grid, and the corridor in which they are looked at.

    Attributes
    ----------
    grid
        Their grid.
    rasters
        Those of `LAYERS` that were given, by name.
    corridor
        Edges of the corridor; None for all of the grid.
    cells
        Cells, in order, of which lazy layers were computed; None where none is lazy.
    computed
        Values of lazy layers on these cells.
    to_map
        From longitude and latitude to the CRS of the grid.
    """

    grid: Grid
    rasters: Mapping[str, xr.DataArray]
    corridor: Index | None
    to_map: Transformer = field(repr=False)
    cells: IntArray | None = None
    computed: Mapping[str, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flags: Any,
        attrs: Any,
        hours: Any,
        corridor: Corridor | None,
    ) -> GroundLayers:
        """Take the layers that are there."""
        for name, value in (("flags", flags), ("attrs", attrs)):
            if not isinstance(value, xr.Dataset):
                msg = f"{name} must be an xarray.Dataset, got {type(value).__name__}"
                raise InvalidParameterError(msg)
        given = {
            name: dataset[name] for dataset in (attrs, flags) for name in LAYERS if name in dataset
        }
        if hours is not None:
            if not isinstance(hours, xr.DataArray):
                msg = f"hours must be an xarray.DataArray, got {type(hours).__name__}"
                raise InvalidParameterError(msg)
            given["hours"] = hours
        if not given:
            msg = (
                f"no layer is known: flags and attrs hold none of {', '.join(LAYERS)}; pass what "
                "difficulty.flags and terrain.attributes give"
            )
            raise InvalidParameterError(msg)
        if "hours" in given:
            check_hours(given["hours"])
        given = {name: given[name] for name in LAYERS if name in given}
        grid = Grid.of(next(iter(given.values())))
        rasters = {name: grid.check(raster, name) for name, raster in given.items()}
        return cls(
            grid=grid,
            rasters=rasters,
            corridor=None if corridor is None else index_of([corridor_outline(corridor)]),
            to_map=Transformer.from_crs(4326, grid.crs, always_xy=True),
        )

    def ready(self, drawn: Imputation, more: IntArray, *, threads: int) -> GroundLayers:
        """Compute lazy layers on the cells that hold a position, chunk by chunk; others stay as they are."""
        lazy = {name: raster for name, raster in self.rasters.items() if any_lazy({name: raster})}
        if not lazy:
            return self
        wanted = np.zeros(self.grid.shape[0] * self.grid.shape[1], dtype=bool)

        def held(rows: IntArray) -> IntArray:
            return np.unique(self.cells_of(*drawn.positions(rows)))

        for cells in (more, *in_order(held, drawn.rows(), threads=threads)):
            wanted[cells[cells >= 0]] = True
        cells = np.flatnonzero(wanted)
        found: dict[str, FloatArray] = {}
        for chunks in dict.fromkeys(raster.chunks for raster in lazy.values()):
            alike = {name: raster for name, raster in lazy.items() if raster.chunks == chunks}
            found |= self._computed(alike, cells)
        return replace(self, cells=cells, computed=found)

    def _computed(self, lazy: Mapping[str, xr.DataArray], cells: IntArray) -> dict[str, FloatArray]:
        """Go once through the chunks that hold a cell, all layers of a chunk at once."""
        found = {name: np.empty(len(cells), np.float32) for name in lazy}
        sizes: Any = next(iter(lazy.values())).chunks
        edges = [np.concatenate([[0], np.cumsum(along)]) for along in sizes]
        at = np.divmod(cells, self.grid.shape[1])
        chunk = [np.searchsorted(e, a, side="right") - 1 for e, a in zip(edges, at, strict=True)]
        number = chunk[0] * len(sizes[1]) + chunk[1]
        # Without coordinates, which may differ by less than matters.
        layers = xr.Dataset({name: one.drop_vars(list(one.coords)) for name, one in lazy.items()})
        for one in np.unique(number):
            mine = np.flatnonzero(number == one)
            (i, j), (down, right) = divmod(int(one), len(sizes[1])), edges
            part = layers.isel(y=slice(*down[i : i + 2]), x=slice(*right[j : j + 2])).compute()
            where = at[0][mine] - down[i], at[1][mine] - right[j]
            for name in lazy:
                found[name][mine] = self._checked(part[name].to_numpy()[where], name)
        return found

    def cells_of(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Find the cells that hold positions."""
        x, y = self.to_map.transform(lon.ravel(), lat.ravel())
        cells = cells_of_points(np.column_stack([x, y]), self.grid)
        if self.corridor is not None:
            cells[~mark_inside(lon.ravel(), lat.ravel(), 0, self.corridor)] = -1
        return cells.reshape(lon.shape)

    def values(self, cells: IntArray) -> dict[str, FloatArray]:
        """Give the values of every layer in cells."""
        there = cells >= 0
        inside, found = cells[there], {}
        for name in self.rasters:
            found[name] = np.full(cells.shape, np.nan, np.float32)
            found[name][there] = self._taken(name, inside)
        return found

    def _taken(self, name: str, cells: IntArray) -> FloatArray:
        if name in self.computed:
            assert self.cells is not None  # noqa: S101 - computed on them
            return self.computed[name][np.searchsorted(self.cells, cells)]
        # Row and column, so that a raster of which a part is looked at is never laid out anew.
        raw = self.rasters[name].to_numpy()[np.divmod(cells, self.grid.shape[1])]
        return self._checked(raw, name)

    def _checked(self, raw: Any, name: str) -> FloatArray:
        """Turn what stands for no data into NaN, and refuse what cannot be."""
        raster, rule = self.rasters[name], LAYERS[name]
        one = xr.DataArray(raw.astype(np.uint8) if raw.dtype == bool else raw, attrs=raster.attrs)
        one.encoding = raster.encoding
        values = heights_of(one, name, metres=name == "elevation_m").astype(np.float32)
        wrong = ~np.isnan(values) & np.asarray(rule.impossible(values))
        if wrong.any():
            msg = (
                f"{name} must be {rule.words}, got {values[wrong][0]:g}; mask no data as NaN, or "
                "name it in attrs['_FillValue']"
            )
            raise InvalidParameterError(msg)
        if name == "cave_prone":
            values[values == UNKNOWN_CLASS] = np.nan
        return values
