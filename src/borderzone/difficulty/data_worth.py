"""Where better data pays: segments ranked by how much of their flags may change."""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine
from pyproj import CRS
from scipy.special import ndtr, ndtri

from borderzone._guards import check_choice, check_positive, check_probability, check_whole, guarded
from borderzone.access import irmischer_clarke, vehicle_off_road
from borderzone.difficulty.flagging import check_terrain, flags
from borderzone.difficulty.segment_ground import MODES
from borderzone.difficulty.segment_sums import ClassCounts, Sum, share
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "CHARACTERS",
    "FINE_M",
    "MAP_DOUBT",
    "RELIEF_ERRORS",
    "FlagDoubt",
    "Flagged",
    "MapDoubt",
    "ReliefError",
    "VisitSums",
    "better_data",
    "draws_of",
    "flagged",
    "refined",
    "relief_error",
]

_TERRAIN = ("slope_deg", "relief_m", "tpi_m")
_SURFACE = ("bare_share", "karst_rank", "aridity_index")
# Cells looked at together: draws of more would not fit the cache, and memory stays bounded.
_CELLS_AT_ONCE = 20_000
# Draws for each cell; a segment averages over all its cells.
_DRAWS = 16
# A share of changed cells below it is not worth naming.
_LITTLE = 0.005


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class MapDoubt:
    """
    How far the maps of rock and surface may be wrong.

    Attributes
    ----------
    bare_spread
        Standard deviation of the share of bare ground about the mapped one.
    cover_wrong
        Chance that the mapped class of cover says nothing about a cell: best
        guess, low, high.
    rank_wrong
        Chance that the mapped rank of rock says nothing about a cell: best
        guess, low, high.
    soluble_share
        Chance that unmapped rock is soluble; None for the mapped share of the study.
    source
        What the numbers rest on.

    Raises
    ------
    InvalidParameterError
        If a chance is none, or a guess lies outside its band.

    Examples
    --------
    >>> MapDoubt().rank_wrong
    (0.2, 0.05, 0.4)
    >>> MapDoubt(rank_wrong=(0.1, 0.2, 0.4))
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: rank_wrong must be (guess, low, high) with the guess between, got (0.1, 0.2, 0.4)
    """

    bare_spread: float = 0.2
    cover_wrong: tuple[float, float, float] = (0.10, 0.03, 0.25)
    rank_wrong: tuple[float, float, float] = (0.2, 0.05, 0.4)
    soluble_share: float | None = None
    source: str = (
        "modelling assumption; at most a quarter of cells have a wrong class of cover, as in the "
        "assessment of MODIS land cover over all its classes (Friedl et al. 2010, Remote Sensing of "
        "Environment 114, 168-182), and bare ground is told better than most"
    )

    def __post_init__(self) -> None:
        """Refuse chances that are none."""
        check_positive(self.bare_spread, "bare_spread")
        for name in ("cover_wrong", "rank_wrong"):
            guess, low, high = (check_probability(value, name) for value in getattr(self, name))
            if not low <= guess <= high:
                msg = f"{name} must be (guess, low, high) with the guess between, got {getattr(self, name)}"
                raise InvalidParameterError(msg)
        if self.soluble_share is not None:
            check_probability(self.soluble_share, "soluble_share")


MAP_DOUBT = MapDoubt()


def better_data(  # noqa: PLR0913 - the flags' inputs, and what the model of doubt needs
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
        Layers of `terrain.surface`.
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
    )
    sums.add(attrs, hours, surface, cells)
    return sums.table()


class FlagDoubt:
    """Expected change of flags by segment, summed block by block; the same whatever the blocks."""

    # Draws belong to places, not to blocks, and sums are exact in any order: several threads may add.

    def __init__(  # noqa: PLR0913 - as of `better_data`
        self,
        segments: pd.DataFrame,
        *,
        source_m: float,
        mode: str = "vehicle_off_road",
        remote_hours: float = 2.0,
        bare_threshold: float = 0.5,
        doubt: MapDoubt = MAP_DOUBT,
        draws: int = _DRAWS,
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
        """Add a block: layers as for `better_data`."""
        check_terrain(attrs, _TERRAIN)
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
        """Give the segments, ranked; one without a cell comes last, with NaN."""
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


def _places(grid: Grid, own: IntArray) -> IntArray:
    """Whole numbers that name a cell, from its centre in metres."""
    row, column = np.divmod(own, grid.shape[1])
    places: IntArray = np.rint(np.column_stack([grid.x[column], grid.y[row]])).astype(np.int64)
    return places


# Ground as it may be at 30 m: seeded draws for each cell, and the flags under each.


# Medium and high susceptibility count as flagged, unknown and the rest as not.
_CAVE_CLASSES = (2, 3)
# A place in a square cell, along a line through it: spread over the side of the cell.
_PLACE_SPREAD = 12.0**-0.5
_DIMENSIONS = 4
# Rows and columns of the grid of draws are no places; any metric CRS will do.
_CRS = CRS(32637)
_SMALLEST_RELIEF_M = 0.5


class Flagged(NamedTuple):
    """Which draws are remote desert and which are cave-prone."""

    remote: BoolArray
    cave: BoolArray


def flagged(
    layers: Mapping[str, FloatArray], *, remote_hours: float, bare_threshold: float
) -> Flagged:
    """Flag cells by the rules of `difficulty.flags`."""
    shape = next(iter(layers.values())).shape
    # Rows are draws and columns are cells: the rules look at one cell at a time.
    grid = Grid(shape=shape, transform=Affine(1, 0, 0, 0, -1, shape[0]), crs=_CRS)
    wrapped = {name: grid.wrap(values) for name, values in layers.items()}
    hours = wrapped.pop("hours", None)
    ground = xr.Dataset(wrapped)
    # Masking bears on the index only, which is not asked for.
    nothing = grid.wrap(np.zeros(shape, dtype=np.float32))
    found = flags(
        ground,
        hours,
        ground,
        remote_hours=remote_hours,
        bare_threshold=bare_threshold,
        masking=nothing,
    )
    return Flagged(
        found["remote_desert"].to_numpy() == 1,
        np.isin(found["cave_prone"].to_numpy(), _CAVE_CLASSES),
    )


def draws_of(places: IntArray, count: int) -> FloatArray:
    """Draw standard normal numbers for cells, the same for a cell in whichever block it comes."""
    # The root of x ** 5 = x + 1 makes the evenest such lattice of four dimensions (Roberts 2018).
    ratio = 1.1673039782614187
    steps = ratio ** -np.arange(1.0, _DIMENSIONS + 1)
    lattice = np.outer(steps, np.arange(1, count + 1))
    shifts = np.stack([_hashed(places, dimension) for dimension in range(_DIMENSIONS)])
    uniform = (lattice[:, :, None] + shifts[:, None, :]) % 1.0
    return np.asarray(ndtri(np.clip(uniform, 1e-9, 1.0 - 1e-9)))


def refined(
    layers: Mapping[str, FloatArray],
    draws: FloatArray,
    error: ReliefError,
    *,
    sizes_m: tuple[float, float, float],
    mode: str,
) -> dict[str, FloatArray]:
    """Draw what the ground may be at 30 m."""
    first, second, third, fourth = draws
    rho = error.correlation
    second = rho * first + np.sqrt(1.0 - rho**2) * second
    source_m, cell_m, radius_m = sizes_m
    reference_m = table_radius_m(source_m)
    # Relief grows with its window: taken to that of the table in proportion.
    relief = np.maximum(layers["relief_m"] * (reference_m / radius_m), _SMALLEST_RELIEF_M)
    gradient = (
        relief / (2 * reference_m) * np.exp(error.gradient_log + error.gradient_spread * second)
    )
    drawn = {
        "relief_m": relief * np.exp(error.relief_log + error.relief_spread * first),
        "slope_deg": np.degrees(np.arctan(gradient)),
        "tpi_m": error.tpi_share * relief * third,
    }
    if "hours" in layers:
        delay = error.delay_foot if mode == "foot" else error.delay_vehicle
        flat_km_h = irmischer_clarke(0.0) if mode == "foot" else vehicle_off_road(0.0)
        within_h = _PLACE_SPREAD * cell_m / 1000 / flat_km_h * fourth
        # Where relief is not known the way is as long as it was.
        rise_km = np.nan_to_num(relief, nan=0.0) / 1000
        later = layers["hours"] * np.exp(np.minimum(delay * rise_km, 3.0)) + within_h
        drawn["hours"] = np.maximum(later, 0.0)
    for name, values in layers.items():
        drawn.setdefault(name, np.broadcast_to(values, first.shape))
    return {name: values.astype(np.float32) for name, values in drawn.items()}


def _hashed(places: IntArray, dimension: int) -> FloatArray:
    """Uniform numbers from places, by the mixing steps of splitmix64."""
    x = places.astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        mixed = x[:, 0] * np.uint64(0x9E3779B97F4A7C15) + np.uint64(dimension + 1)
        mixed = _mix(mixed) + x[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    return (_mix(mixed) >> np.uint64(11)) / 2.0**53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


_RANKS = (1, 2, 3)


class VisitSums:
    """Sums from which the change by a visit follows, whatever the shares of the study turn out to be."""

    def __init__(self, n_segments: int, doubt: MapDoubt, bare_threshold: float) -> None:
        self._n, self._doubt, self._bare = n_segments, doubt, bare_threshold
        names = ("now", "mapped", "any", "blank", *(f"{k}{r}" for k in "mu" for r in (0, *_RANKS)))
        self._sums = {name: Sum(n_segments, name) for name in names}
        self._bare_cells = ClassCounts(1)
        self._ranks = ClassCounts(1)
        self.unmapped = Sum(n_segments, "unmapped")
        self.uncovered = Sum(n_segments, "uncovered")

    def add(
        self,
        segment: IntArray,
        layers: dict[str, FloatArray],
        now: Flagged,
        by_rank: Flagged,
    ) -> None:
        """Add cells."""
        share, rank = layers["bare_share"], layers["karst_rank"]
        told = ~np.isnan(share)
        everywhere = np.zeros(segment.shape, dtype=np.int64)
        self._bare_cells.add(everywhere[told], (share[told] > self._bare).astype(np.int64))
        self._add_surface(segment, share, now.remote[0], by_rank.remote[0])
        mapped = ~np.isnan(rank)
        self._ranks.add(everywhere[mapped], rank[mapped].astype(np.int64))
        self.unmapped.add(segment, (~mapped).astype(np.float64))
        self.uncovered.add(segment, (~told).astype(np.float64))
        for kind, kept in (("m", mapped), ("u", ~mapped)):
            flags = np.vstack([np.zeros_like(now.cave), by_rank.cave])
            for number, flag in zip((0, *_RANKS), flags, strict=True):
                self._sums[f"{kind}{number}"].add(segment, (kept & (flag != now.cave[0])) * 1.0)

    def _add_surface(
        self, segment: IntArray, share: FloatArray, now: BoolArray, if_bare: BoolArray
    ) -> None:
        """
        Add what the surface decides.

        The flag is "bare and far from help". Where it is far, it changes if it is flagged and
        the truth is not bare, or the other way round; that is linear in the chance of bare.
        """
        sign = np.where(now, -1.0, 1.0) * if_bare
        chance = ndtr((share - self._bare) / self._doubt.bare_spread)
        self._sums["now"].add(segment, (now & if_bare) * 1.0)
        self._sums["mapped"].add(segment, np.where(np.isnan(share), 0.0, sign * chance))
        self._sums["any"].add(segment, np.where(np.isnan(share), 0.0, sign))
        self._sums["blank"].add(segment, np.where(np.isnan(share), sign, 0.0))

    def change(self, case: int) -> tuple[FloatArray, FloatArray]:
        """Give the expected number of cells whose flags change."""
        total = {name: one.total() for name, one in self._sums.items()}
        wrong, bare = self._doubt.cover_wrong[case], self._prior_bare()
        remote = (
            total["now"]
            + (1.0 - wrong) * total["mapped"]
            + bare * (wrong * total["any"] + total["blank"])
        )
        soluble = (self._soluble(), 0.0, 1.0)[case]
        ranks = self.rank_shares()
        cave = np.zeros(self._n)
        for kind, weight in (("m", self._doubt.rank_wrong[case]), ("u", 1.0)):
            shares = (1.0 - soluble, *(soluble * share for share in ranks))
            for number, chance in zip((0, *_RANKS), shares, strict=True):
                cave += weight * chance * total[f"{kind}{number}"]
        return remote, cave

    def rank_shares(self) -> tuple[float, ...]:
        """Give the shares of the ranks among mapped rock."""
        counts = [int(self._ranks.of(rank)[0]) for rank in _RANKS]
        total = sum(counts)
        return tuple(count / total if total else 1 / 3 for count in counts)

    def _prior_bare(self) -> float:
        known = int(self._bare_cells.known()[0])
        return int(self._bare_cells.of(1)[0]) / known if known else 0.5

    def _soluble(self) -> float:
        if self._doubt.soluble_share is not None:
            return self._doubt.soluble_share
        cells = int(self.unmapped.count.sum())
        return 1.0 - float(self.unmapped.total().sum()) / cells if cells else 0.0


# By how much coarse elevation understates the ground, measured by coarsening fine ground.


# Cells at which the ground counts as known.
FINE_M = 30.0
# From the smoothest ground to the roughest; the middle one is the guess, the others its band.
CHARACTERS = ("smooth", "middle", "rough")

_SOURCE = (
    "seeded fractal ground of spectral exponent 3.8, 3.4 and 3.0, averaged to the cells of coarse "
    "data (scripts/coarse_relief_error.py). The ground of the Jacksboro fault, Tennessee, that "
    "matplotlib ships, coarsened from 80 m to 1 and 3.5 km, lies between middle and rough"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliefError:
    """What ground is at 30 m, given what coarse elevation says."""

    # Logarithms are natural; spreads are over fine cells, those within one coarse cell included.
    relief_log: float  # of relief within 1 km over relief of the coarse grid
    relief_spread: float
    gradient_log: float  # of gradient over relief of the coarse grid by the width of its window
    gradient_spread: float
    correlation: float  # between the two
    tpi_share: float  # spread of topographic position at 30 m over relief of the coarse grid
    # Logarithm of the travel time over that through the coarse ground, for each km of coarse relief.
    delay_vehicle: float
    delay_foot: float
    source: str = _SOURCE


_NAMES = tuple(one.name for one in fields(ReliefError) if one.name != "source")


def _named(row: tuple[float, ...]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))


def _rows(*rows: tuple[float, ...]) -> Mapping[str, ReliefError]:
    return MappingProxyType(
        {kind: ReliefError(**_named(row)) for kind, row in zip(CHARACTERS, rows, strict=True)}
    )


# By size of the cells of the data in m. Data of 3480 m (2 arc minutes) lie on cells of 1980 m.
RELIEF_ERRORS: Mapping[float, Mapping[str, ReliefError]] = MappingProxyType(
    {
        90.0: _rows(
            (0.050, 0.029, 0.212, 0.623, 0.113, 0.008, 0.255, 0.048),
            (0.082, 0.037, 0.529, 0.669, 0.181, 0.017, 0.612, 0.168),
            (0.136, 0.047, 0.897, 0.669, 0.191, 0.032, 1.244, 0.403),
        ),
        270.0: _rows(
            (0.163, 0.088, 0.326, 0.631, 0.192, 0.010, 0.500, 0.087),
            (0.246, 0.105, 0.694, 0.684, 0.272, 0.021, 1.172, 0.296),
            (0.373, 0.120, 1.133, 0.687, 0.299, 0.042, 2.349, 0.726),
        ),
        990.0: _rows(
            (0.029, 0.227, 0.587, 0.673, 0.391, 0.009, 0.717, 0.121),
            (0.243, 0.258, 1.085, 0.726, 0.411, 0.022, 1.635, 0.371),
            (0.530, 0.284, 1.687, 0.735, 0.440, 0.053, 3.496, 0.981),
        ),
        3480.0: _rows(
            (-0.430, 0.388, 0.821, 0.724, 0.515, 0.006, 0.842, 0.019),
            (-0.068, 0.419, 1.468, 0.764, 0.499, 0.017, 2.036, 0.308),
            (0.410, 0.427, 2.259, 0.769, 0.509, 0.051, 4.820, 1.142),
        ),
    }
)
# Within what radius the coarse grids of the table take relief. Units: m.
_RELIEF_RADIUS_M = {90.0: 1000.0, 270.0: 1000.0, 990.0: 1485.0, 3480.0: 2970.0}


def relief_error(source_m: float, character: str = "middle") -> ReliefError:
    """
    Give the error of elevation of some cell size, between the sizes that were measured.

    Linear in the logarithm of the size; that of 90 m below 90 m, and that of 3480 m above it.
    """
    source_m = check_positive(source_m, "source_m", "m")
    check_choice(character, "character", CHARACTERS)
    known = np.log(list(RELIEF_ERRORS))
    rows = [RELIEF_ERRORS[size][character] for size in RELIEF_ERRORS]
    values: dict[str, Any] = {
        name: float(np.interp(np.log(source_m), known, [getattr(row, name) for row in rows]))
        for name in _NAMES
    }
    return ReliefError(**values)


def table_radius_m(source_m: float) -> float:
    """Give the radius within which the table takes the relief of the coarse grid."""
    return float(
        np.interp(np.log(source_m), np.log(list(_RELIEF_RADIUS_M)), list(_RELIEF_RADIUS_M.values()))
    )
