"""What a study stands on: layers as the user gave them, or the embedded ones where they reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from borderzone import datasets, incidents, io
from borderzone.errors import (
    CoverageGapError,
    InvalidParameterError,
    InvalidScenarioError,
    NoOverlapError,
)
from borderzone.grid import raster_crs
from borderzone.io.warp import cell_m, source_transform

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid

__all__ = [
    "Layers",
    "embedded_cell_m",
    "furniture",
    "load_incidents",
    "load_layers",
    "load_origins",
    "open_cover",
    "open_heights",
]

EMBEDDED = "embedded"


@dataclass
class Layers:
    """
    The layers of one study, the records they came with, and what is missing.

    Attributes
    ----------
    dem, landcover, karst
        Elevation and land cover on the grid, and polygons of soluble rock;
        None where the study has none.
    records
        Where each came from.
    notes
        What cannot be given without a layer, and why.
    """

    dem: xr.DataArray | None = None
    landcover: xr.DataArray | None = None
    karst: gpd.GeoDataFrame | None = None
    records: list[datasets.Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_layers(sources: dict[str, Any], grid: Grid, needed: BoolArray) -> Layers:
    """
    Bring elevation, land cover and karst onto the grid.

    Parameters
    ----------
    sources
        For ``"dem"``, ``"landcover"`` and ``"karst"`` a path, an object, or
        ``"embedded"``.
    grid
        Working grid.
    needed
        Cells that must have data.

    Returns
    -------
    Layers
        What there is, and notes on what there is not.

    Raises
    ------
    BorderzoneError
        If a layer that the user gave cannot be used.
    """
    layers = Layers()
    layers.dem = _raster(sources["dem"], "elevation", layers, grid, needed)
    layers.landcover = _raster(sources["landcover"], "landcover", layers, grid, needed)
    layers.karst = _karst(sources["karst"], layers, grid)
    return layers


def _raster(
    source: Any, name: str, layers: Layers, grid: Grid, needed: BoolArray
) -> xr.DataArray | None:
    embedded: Callable[..., xr.DataArray] = getattr(datasets, name)
    if isinstance(source, str) and source == EMBEDDED:
        try:
            raster = embedded(grid, needed=needed)
        except (CoverageGapError, NoOverlapError) as error:
            layers.notes.append(f"No embedded {name} for this corridor: {error}")
            return None
        layers.records.append(datasets.record(name))
        return raster
    if isinstance(source, (str, Path, list, tuple)):
        layers.records.extend(io.describe(source, name=name))
        if name == "elevation":
            return io.read_dem(source, grid, needed=needed)
        if not isinstance(source, (str, Path)):
            msg = f"{name} takes one file, got {len(source)}; mosaic them first"
            raise InvalidParameterError(msg)
        source = io.read_raster(source)
    resampling = "auto" if name == "elevation" else "mode"
    return io.warp(source, grid, resampling=resampling, needed=needed, name=name)


@dataclass(frozen=True)
class _InMemory:
    """A raster that is in memory, read by block like one that is not."""

    raster: xr.DataArray
    grid: Grid
    resampling: str

    @property
    def cell_m(self) -> float:
        crs = raster_crs(self.raster)
        return cell_m(source_transform(self.raster), self.raster.shape, crs, self.grid)

    def read(self, rows: slice, columns: slice) -> Any:
        part = self.grid.part(rows, columns)
        return io.warp(self.raster, part, resampling=self.resampling).to_numpy()


def embedded_cell_m(grid: Grid) -> float:
    """
    Tell how coarse the embedded elevation is.

    Parameters
    ----------
    grid
        Where.

    Returns
    -------
    float
        Side of a cell on the ground. Units: m.
    """
    return _InMemory(datasets.elevation(), grid, "auto").cell_m


def open_heights(source: Any, grid: Grid) -> Any:
    """
    Open elevation for reading by block.

    Parameters
    ----------
    source
        Files, or a raster in memory.
    grid
        Grid onto which blocks are read.

    Returns
    -------
    object
        With ``read(rows, columns)``, which gives heights, and ``cell_m``, the size of its own cells.

    Raises
    ------
    BorderzoneError
        If it cannot be used, or is the embedded elevation, which is no finer than 3 km.
    """
    if isinstance(source, str) and source == EMBEDDED:
        msg = (
            "terrain_resolution_m asks for terrain finer than the working grid, but the embedded "
            "elevation has cells of about 3 km: give dem = the files that "
            "'borderzone fetch dem' brings, or leave terrain_resolution_m out"
        )
        raise InvalidScenarioError(msg)
    if isinstance(source, (str, Path, list, tuple)):
        return io.open_dem(source, grid)
    return _InMemory(source, grid, "auto")


def open_cover(source: Any, grid: Grid) -> Any:
    """
    Open land cover for reading by block.

    Parameters
    ----------
    source
        Files, a raster in memory, or ``"embedded"``.
    grid
        Grid onto which blocks are read.

    Returns
    -------
    object
        With ``read(rows, columns)``, which gives classes.

    Raises
    ------
    BorderzoneError
        If it cannot be used.
    """
    if isinstance(source, str) and source == EMBEDDED:
        return _InMemory(datasets.landcover(), grid, "nearest")
    if isinstance(source, (str, Path, list, tuple)):
        return io.open_classes(source, grid)
    return _InMemory(source, grid, "mode")


def _karst(source: Any, layers: Layers, grid: Grid) -> gpd.GeoDataFrame | None:
    if isinstance(source, str) and source == EMBEDDED:
        polygons = datasets.karst()
        inside = polygons.to_crs(grid.crs).intersects(_box(grid))
        if not inside.any():
            layers.notes.append(
                "No mapped soluble rock in this corridor: cave-prone ground is unknown, not absent."
            )
            return None
        layers.records.append(datasets.record("karst"))
        return polygons
    if isinstance(source, (str, Path)):
        layers.records.extend(io.describe(source, name="karst"))
        return io.read_vector(source)
    return source


def load_origins(
    source: Any, grid: Grid, records: list[datasets.Record], notes: list[str]
) -> gpd.GeoDataFrame | None:
    """
    Where travel times start: the user's posts, or towns and open airfields.

    Parameters
    ----------
    source
        Points, a path, or ``"embedded"``.
    grid
        Grid on which travel time runs; origins outside it are left out.
    records
        Records of the data used; appended to.
    notes
        Notes of the study; appended to.

    Returns
    -------
    GeoDataFrame or None
        Origins with a column ``kind``, EPSG:4326.
    """
    if isinstance(source, str) and source == EMBEDDED:
        towns, fields = datasets.places(), datasets.airfields()
        columns = ["name", "kind", "geometry"]
        points = gpd.GeoDataFrame(
            pd.concat(
                [towns.assign(kind="town")[columns], fields.assign(kind="airfield")[columns]],
                ignore_index=True,
            ),
            crs=4326,
        )
        used = [datasets.record("places"), datasets.record("airfields")]
        said = (
            "No posts were given: {towns} towns and {fields} open airfields on both sides of the "
            "border stand in as the origins of travel times."
        )
    else:
        points = io.read_vector(source) if isinstance(source, (str, Path)) else source
        used = io.describe(source, name="origins") if isinstance(source, (str, Path)) else []
        points = points.assign(kind=points.get("kind", "post"))
        said = ""
    near = points[points.to_crs(grid.crs).intersects(_box(grid))].to_crs(4326)
    if near.empty:
        notes.append("No origin lies near this corridor: travel time and remoteness are not given.")
        return None
    records.extend(used)
    if said:
        counts = near["kind"].value_counts()
        notes.append(said.format(towns=counts.get("town", 0), fields=counts.get("airfield", 0)))
    return near.reset_index(drop=True)


def load_incidents(
    source: Any, corridor: Corridor, seed: int, records: list[datasets.Record]
) -> gpd.GeoDataFrame | None:
    """
    Read the incident table of a study.

    Parameters
    ----------
    source
        A table, a path, ``"embedded"`` for the rows of the news article with
        a synthetic set, or None.
    corridor
        Corridor on which a synthetic set is drawn.
    seed
        Seed of the synthetic set.
    records
        Records of the data used; appended to.

    Returns
    -------
    GeoDataFrame or None
        Every row, with its status.
    """
    if source is None:
        return None
    if isinstance(source, str) and source == EMBEDDED:
        records.append(datasets.record("article_incidents"))
        return incidents.read(datasets.article_incidents())
    if isinstance(source, str) and source == "synthetic":
        return incidents.synthetic(corridor, seed=seed)
    if isinstance(source, (str, Path)):
        records.extend(io.describe(source, name="incidents"))
    return incidents.read(source)


def furniture(corridor: Corridor) -> dict[str, gpd.GeoDataFrame]:
    """
    Places, airfields, rivers, governorates and countries near a corridor.

    Parameters
    ----------
    corridor
        Corridor to look around.

    Returns
    -------
    dict of GeoDataFrame
        By name; a layer with nothing near is left out.
    """
    west, south, east, north = corridor.outline.total_bounds
    near = (west - 1, south - 1, east + 1, north + 1)
    found: dict[str, gpd.GeoDataFrame] = {}
    for name in ("places", "airfields", "rivers", "lakes", "admin1", "countries"):
        layer = getattr(datasets, name)().cx[near[0] : near[2], near[1] : near[3]]
        if len(layer):
            found[name] = layer
    return found


def _box(grid: Grid) -> Any:

    return shapely.box(*grid.bounds)
