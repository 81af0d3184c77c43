"""Whose force a study is of: on that country's ground it starts and drives, and at the border it stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from scipy import ndimage

from borderzone import access, datasets, difficulty
from borderzone._cells import cells_inside, cells_of_points, passages_of
from borderzone.difficulty import MODES
from borderzone.errors import InvalidParameterError, InvalidScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray
    from borderzone.access import Ways
    from borderzone.border import Border
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario
    from borderzone.study.layers import StudyArea
    from borderzone.study.reach import WayLayers

__all__ = ["BOTH", "ForceHours", "HalfShares", "is_across", "is_own_ground", "side_of"]

# The whole corridor, where a table names a side.
BOTH = "both"
# What stands on the border stands on the ground of both.
_ON_THE_LINE_KM = 0.001


def side_of(scenario: Scenario, border: Border) -> str:
    """Name the country whose force a scenario has on a border."""
    if scenario.force_side is None:
        return border.a
    try:
        return border.code_of(scenario.force_side, what="force_side must be")
    except InvalidParameterError as error:
        raise InvalidScenarioError(str(error)) from error


def is_across(cells: xr.Dataset, border: Border, side: str) -> BoolArray:
    """Tell which cells of a corridor lie across the border from a country."""
    sides = border.country_of_cells(cells)
    return np.asarray((sides > 0) & (sides != _number(side, border)))


def _number(side: str, border: Border) -> int:
    return 1 if side == border.left else 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ForceHours:
    """
    Hours of a force over its own ground, and which ground that is.

    In the corridor the border decides whose ground it is, around it the map of countries. The
    force moves on its own ground and in cells that the border passes, of which a part is its own.

    Attributes
    ----------
    side
        Code of the country whose force it is.
    own
        Cells of the wide grid whose centres lie on its ground.
    half, across
        Cells of the corridor, on the working grid, on its side of the border and on the other.
    to_the_line
        Hours from its origins in its own mode, by its name, on the wide grid, known up to the
        border; none without origins. Units: h.
    without_roads
        The same without the roads that were given; None where none were. Units: h.
    """

    side: str
    own: BoolArray
    half: BoolArray
    across: BoolArray
    to_the_line: Mapping[str, xr.DataArray] = field(default_factory=dict)
    without_roads: xr.DataArray | None = None

    @classmethod
    def of(
        cls,
        area: StudyArea,
        dem: xr.DataArray,
        origins: gpd.GeoDataFrame | None,
        surface: xr.Dataset,
        ways: WayLayers,
    ) -> ForceHours:
        """Drive from the origins of a force over its own ground."""
        border, side = area.corridor.border, area.side
        sides = border.country_of_cells(area.cells)
        mine = _number(side, border)
        own = _own_ground(np.pad(sides, area.pad), mine, side, border, area.wide)
        hours, without_roads = {}, None
        if origins is not None:
            open_ = _with_line_and_origins(own, border, origins, area.wide)
            mode = area.scenario.force.mode
            hours[mode] = _hours(mode, dem, origins, surface, ways.of(mode), open_)
            if ways.roads is not None:
                off_road = _hours(mode, dem, origins, surface, ways.off_road(), open_)
                without_roads = _up_to_the_line(off_road, own)
        return cls(
            side=side,
            own=own,
            half=sides == mine,
            across=(sides > 0) & (sides != mine),
            to_the_line={mode: _up_to_the_line(raster, own) for mode, raster in hours.items()},
            without_roads=without_roads,
        )

    def inside(self, mode: str) -> xr.DataArray:
        """Give the hours on the force's own ground alone."""
        hours = self.to_the_line[mode]
        return hours.where(self.own | np.isnan(hours), np.inf)


class HalfShares:
    """Flagged shares of the half of a corridor on the force's side, and of all of it."""

    def __init__(self, border: Border, scenario: Scenario) -> None:
        self._border, self._side = border, side_of(scenario, border)
        self._mode = scenario.force.mode
        self._counts = {
            side: difficulty.ShareCounts(
                scenario.remote_hours_range, bare_threshold=scenario.bare_threshold
            )
            for side in (self._side, BOTH)
        }

    def add(
        self,
        hours: Mapping[str, xr.DataArray],
        surface: xr.Dataset,
        cells: xr.Dataset,
        cave_prone: xr.DataArray,
    ) -> None:
        """Count the cells of a block; several threads may."""
        across = is_across(cells, self._border, self._side)
        half = cells.assign(segment=cells["segment"].where(~across, -1))
        for side, part in ((self._side, half), (BOTH, cells)):
            own: dict[str, xr.DataArray | None] = {self._mode: hours.get(self._mode)}
            self._counts[side].add(own, surface, part, cave_prone=cave_prone)

    def table(self) -> pd.DataFrame:
        """Give the shares of all cells that were added."""
        tables = {side: counts.table() for side, counts in self._counts.items()}
        return pd.concat(tables, names=["side"]).reset_index("side").reset_index(drop=True)


def is_own_ground(points: gpd.GeoSeries, border: Border, side: str, deep_km: float) -> BoolArray:
    """Tell which points lie on one country's ground."""
    here, away_km = border.country_beside(points)
    own: BoolArray = (here == side) | (away_km <= _ON_THE_LINE_KM)
    land = _land_around(tuple(points.total_bounds + np.array([-1.0, -1.0, 1.0, 1.0])))
    if side in land:
        far = away_km > deep_km
        own[far] = shapely.covers(land[side], points.to_numpy()[far])
    return own


def _own_ground(sides: Any, mine: int, side: str, border: Border, grid: Grid) -> BoolArray:
    """Cells whose centres lie on one country's ground."""
    # Where no map shows the country, ground goes with the nearest that has a side.
    nearest = ndimage.distance_transform_edt(
        sides == 0, return_distances=False, return_indices=True
    )
    own: BoolArray = sides[tuple(nearest)] == mine
    around = gpd.GeoSeries([shapely.box(*grid.bounds)], crs=grid.crs).segmentize(2e4).to_crs(4326)
    land = _land_around(tuple(around.total_bounds))
    if side not in land:
        return own
    beside = sides == 0
    own[beside] = _covered(land[side], grid)[beside]
    for code in set(land) - {border.a, border.b}:
        own &= ~_covered(land[code], grid)
    return own


def _land_around(bounds: Any) -> dict[str, Any]:
    """Land of the countries in a box, by code."""
    box = shapely.box(*bounds)
    near = datasets.countries(around=bounds)
    shapes = near.geometry.intersection(box).groupby(near["code"].to_numpy())
    return {str(code): shapely.union_all(group.to_numpy()) for code, group in shapes}


def _covered(land: Any, grid: Grid) -> BoolArray:
    covered = np.zeros(grid.shape, dtype=bool)
    shape = gpd.GeoSeries([land], crs=4326).to_crs(grid.crs).iloc[0]
    covered.ravel()[cells_inside(shape, grid)] = True
    return covered


def _with_line_and_origins(own: BoolArray, border: Border, origins: Any, grid: Grid) -> BoolArray:
    """Cells that are open to the force: of those that the border passes a part is its own."""
    open_ = own.copy()
    open_.ravel()[passages_of(border.line.to_crs(grid.crs).to_numpy(), grid).cell] = True
    points = origins.geometry.representative_point().to_crs(grid.crs)
    cells = cells_of_points(shapely.get_coordinates(points.to_numpy()), grid)
    open_.ravel()[cells[cells >= 0]] = True
    return open_


def _hours(
    mode: str,
    dem: xr.DataArray,
    origins: Any,
    surface: xr.Dataset,
    ways: Ways,
    open_: BoolArray,
) -> xr.DataArray:
    factor = surface.get("surface_factor") if mode == MODES[0] else None
    if factor is None:
        factor = xr.ones_like(dem)
    # Unknown ground is closed to roads as well, which ground closed by its surface is not.
    hours = access.travel_time(
        dem, origins.geometry, speed=mode, surface_factor=factor.where(open_), ways=ways
    )
    return hours.where(open_ | np.isnan(dem.to_numpy()), np.inf)


def _up_to_the_line(hours: xr.DataArray, own: BoolArray) -> xr.DataArray:
    """Hours that a cell beyond the border has for the ground of the force beside it."""
    values = hours.to_numpy()
    least = ndimage.minimum_filter(np.where(np.isnan(values), np.inf, values), size=3)
    beside = ~own & np.isinf(values)
    return hours.copy(data=np.where(beside, least, values).astype(np.float32))
