"""Places where a post could stand: summits, a regular grid, or the line itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy import ndimage

from borderzone._cells import blocks_of, in_order
from borderzone._guards import check_at_least, check_choice, check_non_negative, check_positive
from borderzone._guards.rasters import refuse_impossible
from borderzone._kernels.focal import are_highest, descents
from borderzone.crs import project
from borderzone.errors import InvalidParameterError, LimitError
from borderzone.visibility import Windows

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._cells import Block
    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor, Section

__all__ = ["KINDS", "candidates", "section_on"]

KINDS = ("summits", "grid", "line")
# More posts than anybody weighs against each other; their views would take hours.
MOST_CANDIDATES = 100_000


def candidates(  # noqa: PLR0913 - which ground, which kind of place, how dense, whose side
    dem: xr.DataArray | Windows,
    corridor: Corridor,
    *,
    spacing_m: float = 1000.0,
    kind: str = "summits",
    side: str = "both",
    depth_km: float | None = None,
    prominence_m: float = 0.0,
    roads: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    road_km: float | None = None,
) -> gpd.GeoDataFrame:
    """
    List places where a post could stand.

    Every place is the centre of a cell of known height, in the corridor.

    Parameters
    ----------
    dem
        Elevation in the CRS of the corridor, or of one of its sections; or `visibility.Windows` of it. Units: m.
    corridor
        The corridor.
    spacing_m
        Of summits, how far none of the ground that may be taken is higher: no two stand nearer. Of a grid and of the
        line, the spacing. Units: m.
    kind
        ``"summits"``; ``"grid"``, regular on the raster; or ``"line"``, in each stretch of the border the cell
        nearest to its middle.
    side
        ``"both"``, or the country on whose side the posts must stand.
    depth_km
        Farthest from the border; the whole corridor unless given. Units: km.
    prominence_m
        Of summits, the least that one must go down on the way to higher ground or `spacing_m` out. Units: m.
    roads
        Lines of roads in any CRS; the distance from the nearest is told.
    road_km
        Farthest from a road. Units: km.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a place, in the CRS of the raster: ``kind``, ``height_m``, ``prominence_m`` (NaN but for summits), ``km``
        along the border, ``depth_km`` from it, ``side`` (code of the country), ``road_m`` (NaN without roads) and ``geometry``. Its
        ``attrs`` count what was left out: ``on_no_data`` (cells without a height, of a grid and of the line; for summits, all such
        cells in the corridor) and ``far_from_roads``.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, or no place is left.
    CRSMismatchError
        If the raster is in the CRS of no section of the corridor.
    LimitError
        If there are more than 100,000 places.

    Examples
    --------
    >>> import numpy as np
    >>> from borderzone import Border, Corridor
    >>> corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=5)
    >>> grid = corridor.grid(500)
    >>> flat = grid.wrap(np.zeros(grid.shape, np.float32), units="m")
    >>> found = candidates(flat, corridor, kind="line", spacing_m=2000, side="TUR")
    >>> len(found), set(found["side"])
    (4, {'TUR'})
    """
    check_choice(kind, "kind", KINDS)
    windows = Windows.of(dem)
    asked = _PlacesAsked(
        kind=kind,
        step=_step(spacing_m, windows.grid.resolution_m),
        spacing_km=float(spacing_m) / 1000.0,
        corridor=corridor,
        section=section_on(corridor, windows),
        windows=windows,
        side="both"
        if side == "both"
        else corridor.border.code_of(side, what="side must be 'both' or"),
        depth_km=np.inf if depth_km is None else check_positive(depth_km, "depth_km", "km"),
        prominence_m=check_non_negative(prominence_m, "prominence_m", "m"),
    )
    far = _farthest(roads, road_km)
    found = _PlacesFound.joined(list(in_order(asked.in_block, blocks_of(windows.grid))), asked)
    return _near_roads(found.table(asked), roads, far)


def section_on(corridor: Corridor, windows: Windows) -> Section:
    """Find the section of a corridor that a raster lies on."""
    same = [section for section in corridor.sections if section.crs == windows.grid.crs]
    # The first one says itself why it does not fit.
    return same[0] if same else corridor.sections[0]


def _step(spacing_m: Any, cell_m: float) -> float:
    """Spacing in cells: less than a cell is no spacing of cells."""
    return check_at_least(spacing_m, "spacing_m", cell_m, "m, the cells of the raster") / cell_m


def _farthest(roads: Any, road_km: Any) -> float:
    if road_km is None:
        return np.inf
    if roads is None:
        msg = (
            "road_km says how far a road may be, but there are no roads; give their lines as roads="
        )
        raise InvalidParameterError(msg)
    return check_positive(road_km, "road_km", "km")


@dataclass(frozen=True, kw_only=True)
class _PlacesFound:
    """Places by flat index of their cell, and what is known of each."""

    cell: IntArray
    height_m: FloatArray
    prominence_m: FloatArray
    km: FloatArray
    depth_km: FloatArray
    # 1 for the country left of the border's first part, 2 for the other.
    owner: IntArray
    # Stretch of the border that each stands for; of the line only.
    stretch: IntArray
    on_no_data: int

    @classmethod
    def joined(cls, parts: list[_PlacesFound], asked: _PlacesAsked) -> _PlacesFound:
        names = ("cell", "height_m", "prominence_m", "km", "depth_km", "owner", "stretch")
        all_of = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        if asked.kind == "line":
            # Blocks meet on the line: of a stretch in two of them the nearer place stays.
            order = np.lexsort((all_of["cell"], _off(all_of, asked), all_of["stretch"]))
            first = np.diff(all_of["stretch"][order], prepend=-1) != 0
            order = order[first]
        else:
            order = np.argsort(all_of["cell"])
        kept = {name: values[order] for name, values in all_of.items()}
        void = np.isnan(kept["height_m"])
        left_out = sum(part.on_no_data for part in parts) + int(void.sum())
        return cls(**{name: values[~void] for name, values in kept.items()}, on_no_data=left_out)

    def table(self, asked: _PlacesAsked) -> gpd.GeoDataFrame:
        """Make the table of the places."""
        if not len(self.cell):
            raise InvalidParameterError(_why_none(asked, self.on_no_data))
        if len(self.cell) > MOST_CANDIDATES:
            msg = (
                f"there are {len(self.cell):,} places, above the limit of {MOST_CANDIDATES:,}; take a wider "
                f"spacing_m than {1000.0 * asked.spacing_km:g}, one side, or a smaller depth_km"
            )
            raise LimitError(msg)
        border, grid = asked.corridor.border, asked.windows.grid
        rows, columns = np.divmod(self.cell, grid.shape[1])
        table = gpd.GeoDataFrame(
            {
                "kind": asked.kind,
                "height_m": self.height_m,
                "prominence_m": self.prominence_m,
                "km": self.km,
                "depth_km": self.depth_km,
                "side": np.where(self.owner == 1, border.left, border.right),
                "road_m": np.nan,
            },
            geometry=shapely.points(grid.x[columns], grid.y[rows]),
            crs=grid.crs,
        )
        table.attrs |= {"on_no_data": self.on_no_data, "far_from_roads": 0}
        return table


@dataclass(frozen=True, kw_only=True)
class _PlacesAsked:
    """Which places are asked for, checked."""

    kind: str
    # Units: cells.
    step: float
    spacing_km: float
    corridor: Corridor
    section: Section
    windows: Windows
    side: str
    depth_km: float
    prominence_m: float

    def in_block(self, block: Block) -> _PlacesFound:
        """Find the places in a block; those of summits look beyond it."""
        halo = int(np.ceil(self.step)) + 1 if self.kind == "summits" else 0
        rows, columns = (
            slice(max(part.start - halo, 0), min(part.stop + halo, size))
            for part, size in zip((block.rows, block.columns), self.windows.grid.shape, strict=True)
        )
        cells = self.section.cells(self.windows.grid.part(rows, columns))
        owner = self.corridor.border.country_of_cells(cells)
        km, depth = cells["chainage_km"].to_numpy(), np.abs(cells["offset_km"].to_numpy())
        wanted = (cells["segment"].to_numpy() >= 0) & (owner > 0) & (depth <= self.depth_km)
        if self.side != "both":
            wanted &= owner == (1 if self.side == self.corridor.border.left else 2)
        inner = np.zeros(wanted.shape, dtype=np.bool_)
        top, left = block.rows.start - rows.start, block.columns.start - columns.start
        inner[top : top + block.grid.shape[0], left : left + block.grid.shape[1]] = True
        if not (wanted & inner).any():
            z = np.full(wanted.shape, np.nan, np.float32)
        else:
            z = refuse_impossible(self.windows.heights(rows, columns))
        at, descent, unknown = self._choose(
            z, wanted, inner, km, depth, (rows.start, columns.start)
        )
        own_rows, own_columns = np.divmod(at, wanted.shape[1])
        return _PlacesFound(
            cell=(own_rows + rows.start) * self.windows.grid.shape[1] + own_columns + columns.start,
            height_m=z.ravel()[at].astype(np.float64),
            prominence_m=descent,
            km=km.ravel()[at].astype(np.float64),
            depth_km=depth.ravel()[at].astype(np.float64),
            owner=owner.ravel()[at],
            stretch=self._stretch(km.ravel()[at]),
            on_no_data=unknown,
        )

    def _choose(
        self,
        z: FloatArray,
        wanted: BoolArray,
        inner: BoolArray,
        km: FloatArray,
        depth: FloatArray,
        corner: tuple[int, int],
    ) -> tuple[IntArray, FloatArray, int]:
        """Flat index of the chosen cells of a block, their descent, and how many have no data."""
        if self.kind == "summits":
            at, descent = _summits(z, wanted & ~np.isnan(z), inner, self.step)
            keep = descent >= self.prominence_m
            return at[keep], descent[keep], int((wanted & inner & np.isnan(z)).sum())
        if self.kind == "grid":
            on = np.ix_(
                *(
                    _on_grid(first, size, self.step)
                    for first, size in zip(corner, z.shape, strict=True)
                )
            )
            chosen = np.zeros(z.shape, dtype=np.bool_)
            chosen[on] = True
            at = np.flatnonzero(chosen & wanted)
        else:
            near = np.flatnonzero(wanted & (depth <= self.spacing_km))
            at = near[self._nearest(km.ravel()[near], depth.ravel()[near], z.ravel()[near])]
        return at, np.full(len(at), np.nan), 0

    def _nearest(self, km: FloatArray, depth: FloatArray, z: FloatArray) -> IntArray:
        """Of each stretch of the border the cell nearest to its middle; known ones first."""
        stretch = self._stretch(km)
        off = np.hypot(km - (stretch + 0.5) * self.spacing_km, depth)
        order = np.lexsort((off, np.isnan(z), stretch))
        first: IntArray = order[np.diff(stretch[order], prepend=-1) != 0]
        return first

    def _stretch(self, km: FloatArray) -> IntArray:
        stretch: IntArray = np.floor(km / self.spacing_km).astype(np.int64)
        return stretch


def _off(columns: dict[str, Any], asked: _PlacesAsked) -> FloatArray:
    """How far places are from the middle of their stretch; those of no height last."""
    middle = (columns["stretch"] + 0.5) * asked.spacing_km
    off = np.hypot(columns["km"] - middle, columns["depth_km"])
    return np.where(np.isnan(columns["height_m"]), np.inf, off)


def _on_grid(first: int, size: int, step: float) -> IntArray:
    """Rows, or columns, of a block that a regular grid of the whole raster meets."""
    # From the middle of the first spacing on; a spacing of 2.5 cells takes every second and third.
    low, high = int(np.floor(first / step)) - 1, int(np.ceil((first + size) / step)) + 1
    at = np.floor((np.arange(max(low, 0), high) + 0.5) * step).astype(np.int64) - first
    inside: IntArray = at[(at >= 0) & (at < size)]
    return inside


def _summits(
    z: FloatArray, wanted: BoolArray, inner: BoolArray, step: float
) -> tuple[IntArray, FloatArray]:
    """Flat index of the summits inside, and how far one must go down from each."""
    here = np.where(wanted, z, np.float32(-np.inf))
    # The square in the circle leaves few cells, which are then looked at one by one.
    half = max(int(step / np.sqrt(2.0)), 1)
    highest = ndimage.maximum_filter(here, size=2 * half + 1, mode="constant", cval=-np.inf)
    at = np.flatnonzero(wanted & inner & (here == highest))
    kept = np.zeros(len(at), dtype=np.bool_)
    are_highest(z, wanted, at, step, kept)
    at = at[kept]
    descent = np.zeros(len(at))
    descents(z, at, step, descent)
    return at, descent


def _near_roads(table: gpd.GeoDataFrame, roads: Any, road_km: float) -> gpd.GeoDataFrame:
    """Tell the distance from the nearest road, and leave out what is too far."""
    if roads is None:
        return table
    lines = shapely.get_parts(project(roads, table.crs, "roads").geometry.to_numpy())
    lines = lines[~shapely.is_empty(lines)]
    if not len(lines):
        msg = "roads hold no line; give lines of roads, or leave them out"
        raise InvalidParameterError(msg)
    (of, _), far = shapely.STRtree(lines).query_nearest(
        table.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    road_m = np.full(len(table), np.nan)
    road_m[of] = far
    table["road_m"] = road_m
    near = road_m <= 1000.0 * road_km
    if not near.any():
        msg = (
            f"none of {len(table):,} places is within {road_km:g} km of a road, the nearest at "
            f"{road_m.min() / 1000.0:.1f} km; take a larger road_km"
        )
        raise InvalidParameterError(msg)
    kept = table[near].reset_index(drop=True)
    kept.attrs |= {**table.attrs, "far_from_roads": int((~near).sum())}
    return kept


def _why_none(asked: _PlacesAsked, on_no_data: int) -> str:
    where = "in the corridor" if asked.side == "both" else f"on the side of {asked.side}"
    what = "no summit of that prominence" if asked.kind == "summits" else "no place"
    msg = f"there is {what} {where} on the raster"
    if on_no_data:
        return f"{msg}, where {on_no_data:,} cells have no height; fill the voids first"
    return (
        f"{msg}; see that it lies on the corridor, and take a smaller spacing_m or prominence_m, a larger "
        "depth_km, or kind='grid'"
    )
