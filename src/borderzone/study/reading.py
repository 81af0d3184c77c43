"""Terrain and flags of a corridor on its working grid, from cells of its own size or from finer ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import xarray as xr

from borderzone import difficulty, terrain, visibility
from borderzone.difficulty import FINE_M, MODES, better_data
from borderzone.errors import LimitError
from borderzone.io.bounds import current, how_to_raise
from borderzone.study.by_block import EMBEDDED, embedded_cell_m, open_heights
from borderzone.study.fine import FineInputs, read_fine
from borderzone.study.force import HalfShares, side_of
from borderzone.study.sea import on_land
from borderzone.study.sources import check_cells
from borderzone.study.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario
    from borderzone.study.force import ForceHours
    from borderzone.study.inputs import Layers

__all__ = ["FineFiles", "Frame", "Reading", "read_terrain"]

_MUCH_FINER = 0.5


@dataclass(frozen=True)
class Frame:
    """
    Where a study works.

    Attributes
    ----------
    corridor, scenario
        What is studied, and how.
    grid, cells
        Working grid, and the corridor's cells on it.
    wide, pad
        The grid grown on every side, and by how many cells: travel times come from around too.
    """

    corridor: Corridor
    scenario: Scenario
    grid: Grid
    cells: xr.Dataset
    wide: Grid
    pad: int

    @property
    def side(self) -> str:
        """Give the country whose force it is."""
        return side_of(self.scenario, self.corridor.border)

    @classmethod
    def of(cls, corridor: Corridor, scenario: Scenario, margin_km: float) -> Frame:
        """Lay the working grid of a corridor."""
        grid = corridor.grid(resolution_m=scenario.resolution_m)
        pad = round(margin_km * 1000 / grid.resolution_m)
        check_cells(math.prod(side + 2 * pad for side in grid.shape), grid.resolution_m)
        return cls(corridor, scenario, grid, corridor.cells(grid), grid.padded(pad), pad)

    def crop_mask(self, mask: BoolArray) -> BoolArray:
        """Cut a mask on the wide grid to the working grid."""
        rows, columns = self.grid.shape
        return mask[self.pad : self.pad + rows, self.pad : self.pad + columns]

    def on_land(self, at_sea: BoolArray) -> Frame:
        """Leave the sea out of the corridor's cells."""
        return replace(self, cells=on_land(self.cells, self.crop_mask(at_sea)))

    def crop(self, raster: xr.DataArray) -> xr.DataArray:
        """Cut a raster on the wide grid to the working grid."""
        rows, columns = self.grid.shape
        window = raster.isel(
            y=slice(self.pad, self.pad + rows), x=slice(self.pad, self.pad + columns)
        )
        return self.grid.wrap(
            window.to_numpy(),
            name=str(raster.name),
            units=raster.attrs.get("units", ""),
            long_name=raster.attrs.get("long_name", ""),
        ).assign_attrs({k: v for k, v in raster.attrs.items() if k != "crs"})


@dataclass(frozen=True, kw_only=True)
class FineFiles:
    """
    Layers on cells finer than the working grid, in files.

    Attributes
    ----------
    grid
        Their grid.
    files
        File by layer. They lie in the workspace, and go with it.
    workspace
        Folder that holds them.
    """

    grid: Grid
    files: Mapping[str, Path]
    workspace: Workspace


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    What terrain, surface and flags are, on the working grid and by segment.

    Attributes
    ----------
    dem, attrs, surface, hours, flags
        Layers on the working grid.
    table
        Ground by segment.
    shares
        Flagged shares.
    fine
        Layers on finer cells, if the study has them.
    better_data
        Where finer terrain or a visit would change the flags most, if terrain is coarse.
    gap_share
        Share of the corridor's land without elevation, on the cells that terrain was read on; None
        where those are the working grid's.
    notes
        What is to be told of them.
    """

    dem: xr.DataArray
    attrs: xr.Dataset
    surface: xr.Dataset
    hours: Mapping[str, xr.DataArray]
    flags: xr.Dataset
    table: pd.DataFrame
    shares: pd.DataFrame
    fine: FineFiles | None = None
    better_data: pd.DataFrame | None = None
    gap_share: float | None = None
    notes: tuple[str, ...] = field(default=())


def read_terrain(
    frame: Frame,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    surface: xr.Dataset,
    step: Callable[[str], None],
) -> Reading:
    """Read terrain and flags at the resolution that the scenario names."""
    if frame.scenario.refinement > 1:
        reading = _nested(frame, found, sources, force, step)
    else:
        step("terrain and flags")
        reading = _same_cells(frame, found, force, surface)
    grid = reading.fine.grid if reading.fine is not None else frame.grid
    if isinstance(sources["dem"], str) and sources["dem"] == EMBEDDED:
        return replace(reading, better_data=_worth(frame, reading, embedded_cell_m(grid)))
    heights = open_heights(sources["dem"], grid, found.sea)
    reading = replace(
        reading,
        better_data=_worth(frame, reading, heights.cell_m),
        notes=(*reading.notes, *_on_cells(heights.cell_m, grid.resolution_m)),
    )
    if max(heights.cell_m, grid.resolution_m) > visibility.COARSEST_M:
        return reading
    step("lines of sight along the border")
    masked = visibility.masked_by_segment(
        frame.corridor, visibility.Windows(read=heights.read, grid=grid)
    )
    return replace(reading, table=difficulty.with_measured_mask(reading.table, masked))


def _on_cells(source_m: float, cell_m: float) -> tuple[str, ...]:
    """Say what is lost, or is not gained, where elevation has cells of another size."""
    note = ""
    if source_m <= _MUCH_FINER * cell_m:
        note = (
            f"Elevation with cells of {source_m:.0f} m was averaged onto cells of {cell_m:g} m, which "
            "flattens slopes and fills wadis; terrain_resolution_m in the scenario keeps them."
        )
    if source_m >= cell_m / _MUCH_FINER:
        note = (
            f"Elevation has cells of about {source_m:.0f} m: on cells of {cell_m:g} m terrain is "
            "interpolated between them and shows no more than they do."
        )
    return (note,) if note else ()


def _worth(frame: Frame, reading: Reading, source_m: float) -> pd.DataFrame | None:
    """Rank segments by what finer terrain or a visit would change, where terrain is coarse."""
    scenario = frame.scenario
    if reading.fine is not None or source_m <= FINE_M:
        return None
    return better_data(
        reading.attrs,
        reading.hours.get(scenario.force.mode),
        reading.surface,
        frame.cells,
        segments=frame.corridor.segments,
        source_m=source_m,
        mode=scenario.force.mode,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
    )


def _same_cells(
    frame: Frame, found: Layers, force: ForceHours, surface_wide: xr.Dataset
) -> Reading:
    scenario = frame.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    level = found.level
    wide = terrain.attributes(level).assign(landform=terrain.landform(level))
    attrs = xr.Dataset({name: frame.crop(layer) for name, layer in wide.items()})
    surface = xr.Dataset({name: frame.crop(layer) for name, layer in surface_wide.items()})
    hours = {mode: frame.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    flags = difficulty.flags(
        attrs,
        response,
        surface,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
        weights=scenario.weighting().weights,
    )
    shares = HalfShares(frame.corridor.border, scenario)
    shares.add(dict.fromkeys(MODES) | hours, surface, frame.cells, flags["cave_prone"])
    table = difficulty.ground_by_segment(
        attrs,
        surface,
        None if response is None else response.where(force.half),
        frame.cells,
        segments=frame.corridor.segments,
        mode=scenario.force.mode,
    )
    return Reading(
        dem=frame.crop(found.dem),
        attrs=attrs,
        surface=surface,
        hours=hours,
        flags=flags,
        table=table,
        shares=shares.table(),
    )


def _nested(
    frame: Frame,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    step: Callable[[str], None],
) -> Reading:
    scenario = frame.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    step(f"terrain and flags at {scenario.terrain_resolution_m:g} m")
    cells = frame.grid.shape[0] * frame.grid.shape[1] * scenario.refinement**2
    if cells > (most := current().raster_cells_by_block):
        msg = (
            f"terrain_resolution_m {scenario.terrain_resolution_m:g} makes {cells:,} cells, the limit is "
            f"{most:,}; take larger cells, or a smaller corridor, or "
            f"{how_to_raise('raster_cells_by_block', cells)}"
        )
        raise LimitError(msg)
    workspace = Workspace()
    fine = read_fine(
        FineInputs(
            corridor=frame.corridor,
            working=frame.grid,
            factor=scenario.refinement,
            dem=sources["dem"],
            landcover=None if found.landcover is None else sources["landcover"],
            landcover_scheme=sources.get("landcover_scheme", "igbp"),
            karst=found.karst,
            aridity=found.aridity,
            hours=force.to_the_line,
            pad=frame.pad,
            landform=frame.crop(terrain.landform(found.level)),
            scenario=scenario,
            sea=found.sea,
        ),
        workspace.path,
    )
    hours = {mode: frame.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    void = (
        f"{fine.n_void:,} of {fine.n_cells:,} cells of {scenario.terrain_resolution_m:g} m have "
        "no elevation: their terrain is unknown, not flat."
    )
    return Reading(
        dem=frame.crop(found.dem),
        attrs=fine.attrs,
        surface=fine.surface,
        hours=hours,
        flags=fine.flags.assign({} if response is None else {"hours": response}),
        table=fine.sums.table(
            hours=None if response is None else response.where(force.half),
            cells=frame.cells,
            segments=frame.corridor.segments,
        ),
        shares=fine.shares.table(),
        fine=FineFiles(grid=fine.grid, files=fine.files, workspace=workspace),
        gap_share=fine.n_void / max(fine.n_cells, 1),
        notes=(void,) if fine.n_void else (),
    )
