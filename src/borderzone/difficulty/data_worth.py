"""Where better data pays: segments ranked by how much of their flags may change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, check_positive, check_probability, check_whole, guarded
from borderzone.better_data.relief_errors import CHARACTERS, FINE_M, relief_error
from borderzone.better_data.sampling import Flagged, draws_of, flagged, refined
from borderzone.better_data.visit import MAP_DOUBT, MapDoubt, VisitSums
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid
from borderzone.summary import MODES
from borderzone.summary.sums import Sum, share

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = ["FlagDoubt", "better_data"]

_TERRAIN = ("slope_deg", "relief_m", "tpi_m")
_SURFACE = ("bare_share", "karst_rank", "aridity_index")
# Cells looked at together: draws of more would not fit the cache, and memory stays bounded.
_CELLS_AT_ONCE = 20_000
# A share of changed cells below it is not worth naming.
_LITTLE = 0.005


def better_data(  # noqa: PLR0913 (the flags' inputs, and what the model of doubt needs)
    attrs: xr.Dataset,
    hours: xr.DataArray | None,
    surface: xr.Dataset,
    cells: xr.Dataset,
    *,
    segments: pd.DataFrame,
    source_m: float,
    mode: str = "vehicle_off_road",
    remote_hours: float = 2.0,
    bare_threshold: float = 0.5,
    doubt: MapDoubt = MAP_DOUBT,
    draws: int = 16,
) -> pd.DataFrame:
    """
    Rank segments by how much of their flags may change with better data.

    A flag is remote desert, or medium or high susceptibility to caves; unknown
    counts as not flagged. With 30 m terrain, relief, gradient and position are
    drawn about what the coarse grid says (`RELIEF_ERRORS`), travel times grow with
    relief, and the flags are computed again by their own rules. With a site
    visit, cover and rock are told: the mapped ones hold but for a stated chance
    (`MapDoubt`), and unmapped rock may be any rank, in the shares of mapped rock of the study.

    Parameters
    ----------
    attrs
        Terrain layers ``slope_deg``, ``relief_m`` and ``tpi_m``.
    hours
        Travel time from the nearest origin, or None. Units: h.
    surface
        Layers of `terrain.surface.describe`.
    cells
        Cells of the corridor: ``segment`` (-1 outside).
    segments
        Segments of the corridor with ``km_start`` and ``km_end``.
    source_m
        Cells of the elevation data, not of the grid. Units: m.
    mode
        How `hours` are travelled.
    remote_hours, bare_threshold
        Breaks of the flags, as for `difficulty.flags`.
    doubt
        How far the maps may be wrong.
    draws
        Draws for each cell; a segment averages over all its cells.

    Returns
    -------
    DataFrame
        Ranked: ``segment``, ``km_start``, ``km_end``, ``expected_change_terrain`` and
        ``expected_change_visit`` (share of the cells whose flags change), each with
        its band ``_low`` and ``_high``, ``pays`` (which of the two changes more, or neither),
        ``rank`` and ``reason``.

    Raises
    ------
    InvalidParameterError
        If a layer is missing or a parameter impossible.
    GridMismatchError
        If a layer does not lie on the grid of the cells.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(2000, 0, 0, 0, -2000, 2000), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values], dtype=np.float32))
    >>> attrs = xr.Dataset({"slope_deg": layer(0, 0, 2, 2), "relief_m": layer(3, 3, 60, 60)})
    >>> attrs["relief_m"].attrs["radius_m"] = 3000.0
    >>> attrs["tpi_m"] = layer(0, 0, 0, 0)
    >>> cover = xr.Dataset({"bare_share": layer(1, 1, 1, 1), "karst_rank": layer(2, 2, 2, 2)})
    >>> cells = xr.Dataset({"segment": grid.wrap(np.array([[0, 0, 1, 1]]))})
    >>> segments = pd.DataFrame({"km_start": [0.0, 4.0], "km_end": [4.0, 8.0]})
    >>> table = better_data(
    ...     attrs, layer(1.9, 1.9, 1.9, 1.9), cover, cells, segments=segments, source_m=3480.0
    ... )
    >>> table[["segment", "pays", "rank"]].to_numpy().tolist()
    [[1, '30 m terrain', 1], [0, 'neither', 2]]
    """
    sums = FlagDoubt(
        segments,
        source_m=source_m,
        mode=mode,
        remote_hours=remote_hours,
        bare_threshold=bare_threshold,
        doubt=doubt,
        draws=draws,
    )
    sums.add(attrs, hours, surface, cells)
    return sums.table()


@guarded
class FlagDoubt:
    """
    Expected change of flags by segment, summed block by block; the same whatever the blocks.

    Draws belong to places, not to blocks, and sums are exact in any order. Several
    threads may add.

    Parameters
    ----------
    segments
        Segments of the corridor with ``km_start`` and ``km_end``.
    source_m
        Cells of the elevation data. Units: m.
    mode
        How travel times are travelled.
    remote_hours, bare_threshold
        Breaks of the flags.
    doubt
        How far the maps may be wrong.
    draws
        Draws for each cell.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible.
    """

    def __init__(  # noqa: PLR0913 (as of `better_data`)
        self,
        segments: pd.DataFrame,
        *,
        source_m: float,
        mode: str = "vehicle_off_road",
        remote_hours: float = 2.0,
        bare_threshold: float = 0.5,
        doubt: MapDoubt = MAP_DOUBT,
        draws: int = 16,
    ) -> None:
        self._segments = _in_order(segments)
        self._source_m = check_positive(source_m, "source_m", "m")
        self._mode = check_choice(mode, "mode", MODES)
        self._draws = check_whole(draws, "draws")
        self._breaks = {
            "remote_hours": check_positive(remote_hours, "remote_hours", "h"),
            "bare_threshold": check_probability(bare_threshold, "bare_threshold"),
        }
        n = len(segments)
        self._visit = VisitSums(n, doubt, self._breaks["bare_threshold"])
        self._terrain = {kind: Sum(n, kind) for kind in CHARACTERS}
        self._parts = {name: Sum(n, name) for name in ("remote", "cave")}
        self._lock = threading.Lock()

    def add(
        self,
        attrs: xr.Dataset,
        hours: xr.DataArray | None,
        surface: xr.Dataset,
        cells: xr.Dataset,
    ) -> None:
        """
        Add a block.

        Parameters
        ----------
        attrs, hours, surface, cells
            As for `better_data`, of one block.

        Raises
        ------
        InvalidParameterError
            If a layer is missing.
        GridMismatchError
            If a layer does not lie on the grid of the cells.
        """
        missing = [name for name in _TERRAIN if name not in attrs]
        if missing:
            msg = f"attrs needs {', '.join(missing)}; compute it with terrain.attributes"
            raise InvalidParameterError(msg)
        grid = Grid.of(cells["segment"])
        radius_m = float(
            attrs["relief_m"].attrs.get("radius_m", max(1000.0, 1.5 * grid.resolution_m))
        )
        given = {name: attrs[name] for name in _TERRAIN}
        given |= {name: surface[name] for name in _SURFACE if name in surface}
        given |= {} if hours is None else {"hours": hours}
        flat = {n: grid.check(layer, n).to_numpy().ravel() for n, layer in given.items()}
        number = cells["segment"].to_numpy().ravel()
        if number.max(initial=-1) >= len(self._segments):
            msg = (
                f"cells lie in segment {number.max()}, but segments has {len(self._segments)}; hand over "
                "the segments of the same corridor"
            )
            raise InvalidParameterError(msg)
        own = np.flatnonzero(number >= 0)
        places = _places(grid, own)
        for first in range(0, own.size, _CELLS_AT_ONCE):
            some = slice(first, first + _CELLS_AT_ONCE)
            layers = {name: values[own[some]].astype(np.float32) for name, values in flat.items()}
            segment = number[own[some]].astype(np.int64)
            self._add_cells(segment, places[some], layers, (grid.resolution_m, radius_m))

    def _add_cells(
        self,
        segment: IntArray,
        places: IntArray,
        layers: dict[str, FloatArray],
        sizes_m: tuple[float, float],
    ) -> None:
        for name in ("bare_share", "karst_rank"):
            layers.setdefault(name, np.full(segment.shape, np.nan, dtype=np.float32))
        now = flagged({name: values[None] for name, values in layers.items()}, **self._breaks)
        draws = draws_of(places, self._draws)
        fine = {kind: self._fine(layers, draws, sizes_m, kind) for kind in CHARACTERS}
        on_rock = {name: np.tile(values, (3, 1)) for name, values in layers.items()}
        on_rock["bare_share"] = np.ones_like(on_rock["bare_share"])
        on_rock["karst_rank"] = np.ones_like(on_rock["karst_rank"]) * np.arange(1, 4)[:, None]
        by_rank = flagged(
            {name: values.astype(np.float32) for name, values in on_rock.items()}, **self._breaks
        )
        with self._lock:
            for kind, found in fine.items():
                changed = (found.remote != now.remote) | (found.cave != now.cave)
                self._terrain[kind].add(segment, changed.mean(axis=0))
            for name, part in self._parts.items():
                changed = getattr(fine["middle"], name) != getattr(now, name)
                part.add(segment, changed.mean(axis=0))
            self._visit.add(segment, layers, now, by_rank)

    def _fine(
        self,
        layers: dict[str, FloatArray],
        draws: FloatArray,
        sizes_m: tuple[float, float],
        kind: str,
    ) -> Flagged:
        if self._source_m <= FINE_M:
            shape = draws.shape[1:]
            return flagged(
                {name: np.broadcast_to(values, shape).copy() for name, values in layers.items()},
                **self._breaks,
            )
        drawn = refined(
            layers,
            draws,
            relief_error(self._source_m, kind),
            sizes_m=(self._source_m, *sizes_m),
            mode=self._mode,
        )
        return flagged(drawn, **self._breaks)

    def table(self) -> pd.DataFrame:
        """
        Give the segments, ranked.

        Returns
        -------
        DataFrame
            As `better_data` gives it. A segment without a cell comes last, with NaN.
        """
        count = self._parts["remote"].count
        terrain = np.stack([self._terrain[kind].mean() for kind in CHARACTERS])
        parts = [[share(p, count) for p in self._visit.change(case)] for case in range(3)]
        # Remote and cave-prone cells are taken to lie apart at random within a segment.
        visit = np.stack([1.0 - (1.0 - remote) * (1.0 - cave) for remote, cave in parts])
        table = pd.DataFrame(
            {
                "segment": np.arange(len(count)),
                "km_start": self._segments["km_start"].to_numpy(),
                "km_end": self._segments["km_end"].to_numpy(),
                "expected_change_terrain": terrain[1],
                "expected_change_terrain_low": terrain.min(axis=0),
                "expected_change_terrain_high": terrain.max(axis=0),
                "expected_change_visit": visit[0],
                "expected_change_visit_low": visit.min(axis=0),
                "expected_change_visit_high": visit.max(axis=0),
            }
        )
        most = np.fmax(terrain[1], visit[0])
        better = np.where(terrain[1] >= visit[0], "30 m terrain", "site visit")
        table["pays"] = np.where(most < _LITTLE, "neither", better)
        table["reason"] = self._reasons(table, parts[0])
        order = np.argsort(-np.nan_to_num(most, nan=-1.0), kind="stable")
        table = table.iloc[order].reset_index(drop=True)
        table.insert(len(table.columns) - 1, "rank", np.arange(1, len(table) + 1))
        return table

    def _reasons(self, table: pd.DataFrame, visit: list[FloatArray]) -> list[str]:
        unknown = np.stack([self._visit.uncovered.mean(), self._visit.unmapped.mean()])
        remote, cave = (self._parts[name].mean() for name in ("remote", "cave"))
        hours = f"{self._breaks['remote_hours']:g} h"
        return [
            _reason(pays, (remote[n], cave[n]), (visit[0][n], visit[1][n]), unknown[:, n], hours)
            for n, pays in zip(table["segment"], table["pays"], strict=True)
        ]


def _in_order(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments by their numbers, which must be 0, 1, 2 and so on."""
    missing = [name for name in ("km_start", "km_end") if name not in segments]
    if missing:
        msg = f"segments needs {', '.join(missing)}; corridor.segments has them"
        raise InvalidParameterError(msg)
    numbers = segments["segment"] if "segment" in segments else segments.index.to_series()
    order = np.argsort(numbers.to_numpy(), kind="stable")
    if not np.array_equal(numbers.to_numpy()[order], np.arange(len(segments))):
        msg = "segments must be numbered 0, 1, 2 and so on, in a column segment or by their index"
        raise InvalidParameterError(msg)
    return segments.iloc[order]


def _reason(
    pays: str,
    terrain: tuple[float, float],
    visit: tuple[float, float],
    unknown: FloatArray,
    hours: str,
) -> str:
    """Say in words what weighs most, and how much of the segment it may change."""
    remote, cave = terrain if pays == "30 m terrain" else visit
    uncovered, unmapped = unknown
    if np.isnan(remote):
        return "no cell of the grid lies in the segment"
    if pays == "neither":
        return "neither fine terrain nor a visit is likely to change a flag here"
    if pays == "30 m terrain":
        why = (
            f"travel times lie near the break of {hours}"
            if remote >= cave
            else "soluble rock whose fine relief and slope decide"
        )
    elif remote >= cave and uncovered > 0.5:
        why = f"far from help, and the cover of {uncovered:.0%} of the ground is not known"
    elif remote >= cave:
        why = "far from help, so that the map of bare ground decides"
    elif unmapped > 0.5:
        why = f"{unmapped:.0%} of the rock is not mapped"
    else:
        why = "the mapped rank of the rock decides"
    return f"{why}: {max(remote, cave):.0%} of the cells may change"


def _places(grid: Grid, own: IntArray) -> Any:
    """Whole numbers that name a cell, from its centre in metres."""
    row, column = np.divmod(own, grid.shape[1])
    return np.rint(np.column_stack([grid.x[column], grid.y[row]])).astype(np.int64)
