"""The study area, and the layers brought onto it: the user's, or the embedded ones where they reach."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone import datasets, io, terrain
from borderzone._cells import mark_inside, needed_on_land
from borderzone._guards import check_choice
from borderzone.border import Country
from borderzone.errors import (
    BorderNotFoundError,
    CoverageGapError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
    NoOverlapError,
)
from borderzone.io import Record
from borderzone.study.force_side import is_own_ground, side_of
from borderzone.study.given import EMBEDDED, LAYER_WORDS, check_cells, vector_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario

__all__ = [
    "CoverByBlock",
    "Layers",
    "Sea",
    "StudyArea",
    "embedded_cell_m",
    "furniture",
    "load_layers",
    "load_origins",
    "load_sea",
    "on_land",
    "open_cover",
    "open_heights",
]


@dataclass(frozen=True)
class StudyArea:
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
    def of(cls, corridor: Corridor, scenario: Scenario, margin_km: float) -> StudyArea:
        """Lay the working grid of a corridor."""
        grid = corridor.grid(resolution_m=scenario.resolution_m)
        pad = round(margin_km * 1000 / grid.resolution_m)
        check_cells(math.prod(side + 2 * pad for side in grid.shape), grid.resolution_m)
        return cls(corridor, scenario, grid, corridor.cells(grid), grid.padded(pad), pad)

    def crop_mask(self, mask: BoolArray) -> BoolArray:
        """Cut a mask on the wide grid to the working grid."""
        rows, columns = self.grid.shape
        return mask[self.pad : self.pad + rows, self.pad : self.pad + columns]

    def on_land(self, at_sea: BoolArray) -> StudyArea:
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


_NO_ROCK = "no soluble rock is mapped in this corridor, which does not mean that there is none"
# The wettest ground on Earth. An index above it is stored times something.
_HIGHEST_ARIDITY = 50.0


@dataclass
class Layers:
    """
    The layers of one study, the records they came with, and what is missing.

    Attributes
    ----------
    dem, landcover, karst
        Elevation and land cover on the grid, and polygons of soluble rock;
        None where the study has none.
    aridity, known_caves
        Aridity index on the grid, and points of known caves, if the user gave them.
    sea, at_sea
        What is sea, and which cells of the grid are; elevation has none there.
    gap_share
        Share of the ground asked for that has no elevation.
    records
        Where each came from.
    notes
        What is to be told of them.
    missing
        Layer -> why there is none.
    """

    dem: xr.DataArray | None = None
    landcover: xr.DataArray | None = None
    karst: gpd.GeoDataFrame | None = None
    aridity: xr.DataArray | None = None
    known_caves: gpd.GeoDataFrame | None = None
    sea: Sea = field(default_factory=lambda: Sea(shapely.Polygon(), stated=False))
    at_sea: BoolArray = field(default_factory=lambda: np.zeros((0, 0), bool))
    gap_share: float = float("nan")
    records: list[io.Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def level(self) -> xr.DataArray:
        """Give elevation with the sea at 0 m, so that shores have slopes."""
        assert self.dem is not None  # noqa: S101 - asked only where there is elevation
        if not self.at_sea.any():
            return self.dem
        return self.dem.copy(data=np.where(self.at_sea, np.float32(0), self.dem.to_numpy()))

    def sea_share(self, needed: BoolArray) -> float:
        """Tell how much of the ground asked for is sea."""
        return float((self.at_sea & needed).sum() / needed.sum())


def load_layers(
    sources: dict[str, Any], grid: Grid, needed: BoolArray, *, max_gap_share: float = 0.0
) -> Layers:
    """Bring elevation, land cover and karst onto the grid."""
    layers = Layers()
    layers.sea = load_sea(
        sources.get("sea"), grid, layers.records, io.Record.squares_without_tile(sources["dem"])
    )
    layers.at_sea = layers.sea.candidates(grid)
    if layers.sea.stated:
        needed_on_land(needed, layers.at_sea)
        if not layers.at_sea.any():
            layers.notes.append(
                "The polygons given as sea cover nothing around the corridor: no sea is left out. Check "
                "their CRS and the order of their coordinates if there should be some."
            )
    _load_elevation(sources["dem"], layers, grid, needed, max_gap_share)
    needed = needed & ~layers.at_sea
    layers.landcover = _landcover(sources, layers, grid, needed)
    layers.karst = _karst(sources["karst"], layers, grid)
    layers.aridity = _aridity(sources, layers, grid)
    layers.known_caves = _known_caves(sources.get("known_caves"), layers)
    return layers


def _load_elevation(
    source: Any, layers: Layers, grid: Grid, needed: BoolArray, max_gap_share: float
) -> None:
    """Bring elevation, find out what of it is sea, and refuse more gaps on land than may be."""
    shipped = isinstance(source, str) and source == EMBEDDED
    told = len(layers.records), len(layers.notes)
    try:
        raster = _raster(source, "elevation", layers, replace(grid, needed_by=None), None)
        if raster is None:
            return
        heights = raster.to_numpy()
        layers.at_sea = layers.sea.on(grid, heights)
        layers.gap_share = grid.check_cover(
            np.isfinite(heights),
            "embedded elevation" if shipped else "elevation",
            needed=needed & ~layers.at_sea,
            max_gap_share=max_gap_share,
        )
    except (NoOverlapError, CoverageGapError) as error:
        if not shipped:
            raise
        gaps = f"the embedded elevation leaves gaps here ({error})"
        layers.missing["elevation"] = gaps if isinstance(error, CoverageGapError) else ""
        # What was said of elevation goes with it; others hold on to the lists themselves.
        del layers.records[told[0] :], layers.notes[told[1] :]
        return
    fringe = layers.at_sea & needed & ~layers.sea.candidates(grid)
    if fringe.any():
        layers.notes.append(
            f"{fringe.sum() * (grid.resolution_m / 1000) ** 2:,.0f} km2 beside the sea have no elevation and "
            "count as sea: the coast on the map of the world is off by kilometres. If this is land, bring its tiles."
        )
    layers.dem = raster.copy(data=np.where(layers.at_sea, np.float32(np.nan), heights))


def _raster(
    source: Any, name: str, layers: Layers, grid: Grid, needed: BoolArray | None
) -> xr.DataArray | None:
    if source is None:
        layers.missing[name] = ""
        return None
    embedded: Callable[..., xr.DataArray] = getattr(datasets, name)
    if isinstance(source, str) and source == EMBEDDED:
        try:
            raster = embedded(grid, needed=needed)
        except NoOverlapError:
            layers.missing[name] = ""
            return None
        except CoverageGapError as error:
            layers.missing[name] = f"the embedded {LAYER_WORDS[name]} leaves gaps here ({error})"
            return None
        layers.records.append(datasets.record(name))
        if name == "elevation":
            said = datasets.record(name).accuracy
            layers.notes.append(f"The elevation that ships is {said}.")
        return raster
    if isinstance(source, (str, Path, list, tuple)):
        records = io.Record.of_files(source, name=name)
        if name == "elevation":
            return _elevation(source, records, layers, grid)
        layers.records.extend(records)
    holds = "heights" if name == "elevation" else "classes"
    return io.warp(source, grid, holds=holds, needed=needed, name=name)


def _elevation(source: Any, records: list[Record], layers: Layers, grid: Grid) -> xr.DataArray:
    """Read the user's tiles, and tell how coarse they are and from where their heights count."""
    raster = io.read_dem(source, grid)
    size = f"cells of about {raster.attrs['tile_cell_m']:.0f} m"
    layers.records.extend(
        replace(record, resolution=size) if record.resolution == Record.resolution else record
        for record in records
    )
    datum = raster.attrs["vertical_datum"]
    if datum == "unknown" or " and " in datum:
        told = "from where they do not say" if datum == "unknown" else f"from {datum}, mixed"
        layers.notes.append(
            f"Heights of the elevation given count {told}; a geoid and an ellipsoid differ by tens of "
            "metres, which moves heights and, where tiles of two kinds meet, makes steps."
        )
    else:
        layers.notes.append(f"Heights of the elevation given count from {datum}.")
    return raster


def _landcover(
    sources: Mapping[str, Any], layers: Layers, grid: Grid, needed: BoolArray
) -> xr.DataArray | None:
    source, scheme = sources["landcover"], sources.get("landcover_scheme", "igbp")
    check_choice(scheme, "landcover_scheme", terrain.LAND_COVER)
    if isinstance(source, str) and source == EMBEDDED and scheme != "igbp":
        msg = (
            f"landcover_scheme is {scheme!r}, but the embedded land cover has classes of igbp; name "
            "your own landcover, or leave landcover_scheme out"
        )
        raise InvalidParameterError(msg)
    if source is None or not isinstance(source, (str, Path, list, tuple)) or source == EMBEDDED:
        return _raster(source, "landcover", layers, grid, needed)
    layers.records.extend(io.Record.of_files(source, name="landcover"))
    cover = open_cover(source, grid, scheme).read(slice(None), slice(None))
    empty = terrain.LAND_COVER[scheme].no_data
    grid.check_cover(cover != empty, "land cover", needed=needed)
    wrapped = grid.wrap(cover, name="landcover", units=f"{scheme} class", long_name="land cover")
    wrapped.attrs["_FillValue"] = np.uint8(empty)
    return wrapped


def _aridity(sources: Mapping[str, Any], layers: Layers, grid: Grid) -> xr.DataArray | None:
    source = sources.get("aridity")
    if source is None:
        return None
    if isinstance(source, (str, Path)):
        layers.records.extend(io.Record.of_files(source, name="aridity"))
        source = io.read_raster(source, what="aridity", near=grid)
    fill = source.attrs.get("_FillValue")
    source = source.where(source != fill) if fill is not None else source
    index = source.astype(np.float32) * np.float32(sources.get("aridity_scale", 1.0))
    index.attrs = {k: v for k, v in source.attrs.items() if k != "_FillValue"} | {"units": "1"}
    low, high = float(index.min()), float(index.max())
    if low < 0 or high > _HIGHEST_ARIDITY:
        msg = (
            f"aridity holds {low:g} to {high:g}; an index of precipitation over evapotranspiration lies "
            f"between 0 and {_HIGHEST_ARIDITY:g}. Global-AI stores it times 10,000: give "
            "aridity_scale = 0.0001. Mask no data"
        )
        raise DataError(msg)
    # Cubic convolution overshoots where ground turns from desert to none.
    found = io.warp(index, grid, name="aridity index").clip(min=0, keep_attrs=True)
    return found.rename("aridity_index")


def _known_caves(source: Any, layers: Layers) -> gpd.GeoDataFrame | None:
    return None if source is None else vector_layer(source, "known_caves", layers.records)


def _karst(source: Any, layers: Layers, grid: Grid) -> gpd.GeoDataFrame | None:
    if isinstance(source, str) and source == EMBEDDED:
        polygons = datasets.karst()
        if not _in_degrees(grid).intersects(shapely.box(*datasets.REGION)):
            layers.missing["karst"] = ""
            return None
        if not polygons.to_crs(grid.crs).intersects(_box(grid)).any():
            layers.missing["karst"] = _NO_ROCK
            return None
        layers.records.append(datasets.record("karst"))
        return polygons
    if source is None:
        layers.missing["karst"] = ""
        return None
    polygons, kind = terrain.soluble_rock(vector_layer(source, "karst", layers.records))
    if not polygons.to_crs(4326).intersects(_in_degrees(grid)).any():
        layers.missing["karst"] = _NO_ROCK
    if kind != "ranks":
        layers.notes.append(
            f"Soluble rock is from a map of {kind}, ranked by the rules of this program; where it shows "
            "none, cave-prone ground is unknown, not absent."
        )
    return polygons


def load_origins(source: Any, area: StudyArea, layers: Layers) -> gpd.GeoDataFrame | None:
    """Where a force starts: the user's posts, or towns and open airfields, of its own country."""
    if source is None:
        layers.missing["origins"] = ""
        return None
    embedded, used = isinstance(source, str) and source == EMBEDDED, []
    if embedded:
        points = _stand_ins()
        used = [datasets.record("places"), datasets.record("airfields")]
    else:
        points = vector_layer(source, "origins", used)
        points = points.assign(kind=points.get("kind", "post"))
    grid = area.wide
    near = points[points.to_crs(grid.crs).intersects(_box(grid))].to_crs(4326)
    what = "embedded town or open airfield" if embedded else "of the origins given"
    if near.empty:
        layers.missing["origins"] = f"{'no' if embedded else 'none'} {what} lies near this corridor"
        return None
    mine = _on_its_side(near, area)
    camp = (near["kind"] == datasets.CAMP).to_numpy() & embedded
    own = near[mine & ~camp]
    country = area.corridor.border.names.get(area.side, area.side)
    if own.empty:
        layers.missing["origins"] = (
            f"{'no' if embedded else 'none'} {what} near this corridor lies in {country}, whose force it "
            f"is (force_side = {area.side!r})"
        )
        return None
    layers.records.extend(used)
    left_out = (int((~mine).sum()), int((mine & camp).sum()))
    layers.notes += _account(own, country, left_out, embedded=embedded)
    return own.reset_index(drop=True)


def _on_its_side(origins: gpd.GeoDataFrame, area: StudyArea) -> BoolArray:
    """Which origins lie in the country of the force: by a country that they name, else by the border."""
    border, side = area.corridor.border, area.side
    deep = max(area.corridor.depth_km.values())
    mine = is_own_ground(origins.geometry.representative_point(), border, side, deep)
    if "country" not in origins:
        return mine
    column = origins["country"].astype(object).where(origins["country"].notna(), "")
    codes = {name: _code(name, border) for name in column.unique()}
    stated = column.map(codes).to_numpy(dtype=object)
    return np.where(stated == "", mine, stated == side)


def _code(name: Any, border: Border) -> str:
    """Code of a country, one of the border's two names, or nothing."""
    if name in (border.a, border.b):
        return str(name)
    try:
        return Country.named(name).code
    except BorderNotFoundError:
        return ""


def _account(
    own: gpd.GeoDataFrame, country: str, left_out: tuple[int, int], *, embedded: bool
) -> list[str]:
    """Say where the force starts, and which origins were left out."""
    abroad, camps = left_out
    force = f"The force is that of {country} (force_side)"
    words = [f"{force}: it starts and drives on that country's ground and stops at the border."]
    if embedded:
        counts = own["kind"].value_counts()
        words.append(
            f"No posts were given: {_counted(counts.get('town', 0), 'town')} and "
            f"{_counted(counts.get('airfield', 0), 'open airfield')} of {country} stand in as the origins of "
            "travel times."
        )
    if abroad or camps:
        told = (
            (abroad, f"{_counted(abroad, 'place')} in other countries"),
            (camps, f"{_counted(camps, 'camp')} of displaced people"),
        )
        words.append(f"Left out as origins: {' and '.join(text for n, text in told if n)}.")
    return words


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _stand_ins() -> gpd.GeoDataFrame:
    """Towns, airfields and camps of displaced people that ship."""
    columns = ["name", "kind", "country", "geometry"]
    towns, fields = datasets.places(), datasets.airfields()
    camp = towns["kind"] == datasets.CAMP
    towns = towns.assign(kind=np.where(camp, datasets.CAMP, "town"))
    every = [towns[columns], fields.assign(kind="airfield")[columns]]
    return gpd.GeoDataFrame(pd.concat(every, ignore_index=True), crs=4326)


def furniture(corridor: Corridor) -> dict[str, gpd.GeoDataFrame]:
    """Places, airfields, rivers, governorates and countries near a corridor."""
    west, south, east, north = corridor.outline.total_bounds
    near = (west - 1, south - 1, east + 1, north + 1)
    found: dict[str, gpd.GeoDataFrame] = {}
    found["countries"] = datasets.countries(around=near)
    for name in ("places", "airfields", "rivers", "lakes", "admin1"):
        layer = getattr(datasets, name)().cx[near[0] : near[2], near[1] : near[3]]
        if name == "places":  # a camp names nothing
            layer = layer[layer["kind"] != datasets.CAMP]
        if len(layer):
            found[name] = layer
    return found


def _box(grid: Grid) -> Any:

    return shapely.box(*grid.bounds)


def _in_degrees(grid: Grid) -> Any:
    """Where a grid lies: far from it its own frame folds, so that questions are asked in degrees."""
    around = gpd.GeoSeries([_box(grid)], crs=grid.crs).segmentize(2e4).to_crs(4326)
    return shapely.box(*around.total_bounds)


def embedded_cell_m(grid: Grid) -> float:
    """Tell how coarse the embedded elevation is."""
    return io.open_dem(datasets.elevation(), grid).cell_m


@dataclass(frozen=True)
class OverSea:
    """
    Heights read by block, with the sea at 0 m.

    Attributes
    ----------
    source
        With ``read(rows, columns)`` and ``cell_m``.
    grid
        Grid onto which blocks are read.
    sea
        What is sea.
    """

    source: Any
    grid: Grid
    sea: Sea

    @property
    def cell_m(self) -> float:
        """Tell how coarse the heights are."""
        return float(self.source.cell_m)

    def read(self, rows: slice, columns: slice) -> Any:
        """Read a block."""
        heights = self.source.read(rows, columns)
        if self.sea.shape.is_empty:
            return heights
        return self.sea.level(self.grid.part(rows, columns), heights)


def open_heights(source: Any, grid: Grid, sea: Sea | None = None) -> Any:
    """Open elevation for reading by block."""
    if isinstance(source, str) and source == EMBEDDED:
        msg = (
            "terrain_resolution_m asks for terrain finer than the working grid, but the embedded "
            "elevation has cells of about 3 km: give dem = the files that "
            "'borderzone fetch dem' brings, or leave terrain_resolution_m out"
        )
        raise InvalidScenarioError(msg)
    heights: Any = io.open_dem(source, grid)
    return heights if sea is None else OverSea(heights, grid, sea)


@dataclass(frozen=True)
class CoverByBlock:
    """
    Land cover read by block, with the code of no data that its legend has.

    Attributes
    ----------
    source
        With ``read(rows, columns)``.
    nodata
        Code of no data of the source.
    scheme
        Legend of the map.
    """

    source: Any
    nodata: int
    scheme: str

    def read(self, rows: slice, columns: slice) -> Any:
        """Read a block."""
        classes = self.source.read(rows, columns)
        empty = terrain.LAND_COVER[self.scheme].no_data
        if self.nodata == empty:
            return classes
        return np.where((classes == self.nodata) | np.isnan(classes), empty, classes)


def open_cover(source: Any, grid: Grid, scheme: str) -> CoverByBlock:
    """Open land cover for reading by block."""
    if isinstance(source, str) and source == EMBEDDED:
        source, scheme = datasets.landcover(), "igbp"
    found: Any = io.open_classes(source, grid)
    return CoverByBlock(found, found.nodata, scheme)


_COAST_M = 3000.0
"""How far the coast of the layer that ships may lie inland of the shore."""
_FRINGE = 0.05
"""
Of a square that the product has no tile for, this share may be land by the layer that ships, whose
coast is off by kilometres, and all of it is sea. Where more is land, the tile was not released.
"""


@dataclass(frozen=True)
class Sea:
    """
    What is sea around a corridor.

    Attributes
    ----------
    shape
        Where it lies, on the map of the grid; empty where there is none.
    stated
        Whether the user says so: then no height counts. The layer that ships has its coast off by
        kilometres: there what lies above 0 m is ground.
    """

    shape: BaseGeometry
    stated: bool

    def candidates(self, grid: Grid) -> BoolArray:
        """Find the cells in its shape."""
        return mark_inside(self.shape, grid)

    def on(self, grid: Grid, heights: FloatArray) -> BoolArray:
        """Find the cells that are sea."""
        if self.stated or self.shape.is_empty:
            return self.candidates(grid)
        # Where tiles end at the shore and the coast that ships lies inland of it, or a cell is
        # mostly water: without a height, and no farther from the sea than that coast is off.
        fringe = _widened(self.shape, max(_COAST_M, grid.resolution_m))
        return np.where(
            np.isnan(heights), mark_inside(fringe, grid), self.candidates(grid) & ~(heights > 0)
        )

    def level(self, grid: Grid, heights: FloatArray) -> FloatArray:
        """Put the sea at 0 m, so that shores have slopes and lines of sight pass over water."""
        at_sea = self.on(grid, heights)
        return np.where(at_sea, np.float32(0), heights) if at_sea.any() else heights


def on_land(cells: xr.Dataset, at_sea: BoolArray) -> xr.Dataset:
    """Leave the sea out of the cells of a corridor."""
    if not at_sea.any():
        return cells
    nothing = {"segment": -1, "side": 0}
    return cells.assign(
        {
            name: cells[name].copy(
                data=np.where(at_sea, cells[name].dtype.type(empty), cells[name].to_numpy())
            )
            for name, empty in nothing.items()
        }
    )


def load_sea(
    source: Any,
    grid: Grid,
    records: list[Record],
    without: Sequence[tuple[float, float, float, float]] = (),
) -> Sea:
    """Read what is sea around a corridor."""
    if source is None:
        return Sea(shapely.Polygon(), stated=False)
    if isinstance(source, str) and source == EMBEDDED:
        parts = [
            datasets.sea_around(grid),
            *filter(_is_sea, itertools.starmap(shapely.box, without)),
        ]
        shipped = gpd.GeoSeries([shapely.union_all(parts)], crs=4326)
        return Sea(io.sea_shape(shipped, grid), stated=False)
    return Sea(io.sea_shape(vector_layer(source, "sea", records), grid), stated=True)


@lru_cache(maxsize=4)
def _widened(shape: BaseGeometry, reach_m: float) -> BaseGeometry:
    """Widen a shape; once for all blocks of a grid."""
    return shape.buffer(reach_m)


def _is_sea(square: BaseGeometry) -> bool:
    """Whether the layer that ships shows no more land in a square than its coast is off by."""
    west, south, east, north = square.bounds
    land = shapely.union_all(
        datasets.countries(around=(west, south, east, north)).geometry.to_numpy()
    )
    return bool(shapely.intersection(land, square).area <= _FRINGE * square.area)
