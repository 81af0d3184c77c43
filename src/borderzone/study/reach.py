"""Reach in a study: roads and barriers as travel times take them, hours to the border, what posts see."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone import access, visibility
from borderzone._cells import blocks_of
from borderzone._guards import guarded
from borderzone.corridor import Corridor
from borderzone.crs import raster_crs
from borderzone.errors import InvalidGeometryError, NoOverlapError
from borderzone.study.force_side import side_of
from borderzone.study.given import vector_layer
from borderzone.study.result import Finding
from borderzone.study.terrain_reading import between_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from borderzone.border import Border
    from borderzone.grid import Grid
    from borderzone.io import Record
    from borderzone.scenario import Scenario
    from borderzone.study.force_side import ForceHours
    from borderzone.study.layers import StudyArea

__all__ = [
    "BREAKS_H",
    "NIGHT",
    "OPEN_ORIGINS",
    "WAYS",
    "PostSight",
    "Reach",
    "WayLayers",
    "load_ways",
    "origin_kind",
    "read_posts",
    "read_reach",
]

WAYS = ("roads", "barriers", "crossings", "cover")


@dataclass(frozen=True, kw_only=True)
class WayLayers:
    """
    What helps or hinders somebody who moves, in the CRS of the working grid.

    Attributes
    ----------
    roads, barriers, crossings, cover
        Layers near the corridor; None where there are none.
    road_class
        Column of the roads that holds their class.
    roads_cross
        Whether roads pass barriers.
    speeds_km_h
        Speed by class of road that differs from `access.ROAD_SPEEDS`. Units: km/h.
    """

    roads: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    crossings: gpd.GeoDataFrame | None = None
    cover: gpd.GeoDataFrame | None = None
    road_class: str = "class"
    roads_cross: bool = False
    speeds_km_h: Mapping[str, float] | None = None

    def of(self, mode: str) -> access.Ways:
        """Give the ways of a patrol."""
        if self.roads is None:
            return self.off_road()
        usual = {name: road.km_h for name, road in access.ROAD_SPEEDS.items()}
        roads = access.Roads(
            lines=self.roads,
            class_column=self.road_class,
            speeds_km_h=usual | dict(self.speeds_km_h or {}),
            on_foot=mode == "foot",
        )
        return replace(self.off_road(), roads=roads, roads_cross=self.roads_cross)

    def off_road(self) -> access.Ways:
        """Give the ways of somebody who keeps off roads."""
        if self.barriers is None:
            return access.Ways()
        crossings = None if self.crossings is None else self.crossings.geometry
        return access.Ways(barriers=self.barriers.geometry, crossings=crossings)


def load_ways(
    sources: Mapping[str, Any],
    grid: Grid,
    scenario: Scenario,
    records: list[Record],
    notes: list[str],
) -> WayLayers:
    """Read roads, barriers, crossings and cover near a corridor."""
    found = {name: _near(sources.get(name), name, grid, records, notes) for name in WAYS}
    if found["crossings"] is not None and found["barriers"] is None:
        notes.append("Crossings were given, but no barriers that they would open.")
    return WayLayers(
        **found,
        road_class=sources.get("road_class", "class"),
        roads_cross=sources.get("roads_cross", False),
        speeds_km_h=scenario.road_speeds_km_h,
    )


def _near(
    source: Any, name: str, grid: Grid, records: list[Record], notes: list[str]
) -> gpd.GeoDataFrame | None:
    if source is None:
        return None
    table = vector_layer(source, name, records)
    xy, owner = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    bad = owner[~np.isfinite(xy).all(axis=1)]
    if len(bad):
        label = table.index[bad[0]]
        msg = f"{name} must have finite coordinates, that of {label!r} has not; drop or mend it"
        raise InvalidGeometryError(msg)
    box = shapely.box(*grid.bounds)
    # In degrees first: far from it the frame of the grid folds.
    west, south, east, north = (
        gpd.GeoSeries([box], crs=grid.crs).segmentize(2e4).to_crs(4326).total_bounds
    )
    around = table.to_crs(4326).cx[west:east, south:north].to_crs(grid.crs)
    near = around[around.intersects(box)]
    if near.empty:
        notes.append(f"The {name} given lie nowhere near this corridor, and change nothing.")
        return None
    return near


# Kinds of origin that stand in where there are no posts.
OPEN_ORIGINS = frozenset({"town", "airfield"})


def origin_kind(origins: gpd.GeoDataFrame | None) -> str:
    """Say what travel times start from: what a user gave are posts, unless all are towns or airfields."""
    if origins is None or origins.empty:
        return ""
    kinds = set(origins["kind"])
    if not kinds <= OPEN_ORIGINS:
        return "post"
    words = {"town": "town", "airfield": "open airfield"}
    return " or ".join(words[kind] for kind in ("town", "airfield") if kind in kinds)


@dataclass(frozen=True, kw_only=True)
class PostSight:
    """
    What the posts see.

    Attributes
    ----------
    by_segment
        Index ``segment``: ``post_seen_km2`` and ``post_seen_share`` of its ground.
    share
        Share of the corridor.
    n_posts
        Posts in reach of the corridor.
    height_m, max_km
        Eyes above the ground, and how far they look.
    """

    by_segment: pd.DataFrame
    share: float
    n_posts: int
    height_m: float
    max_km: float


def read_posts(
    corridor: Corridor,
    grid: Grid,
    heights: Any,
    origins: gpd.GeoDataFrame,
    scenario: Scenario,
    notes: list[str],
) -> PostSight | None:
    """Measure what the posts of a study see of its corridor."""
    posts = origins[~origins["kind"].isin(OPEN_ORIGINS)].to_crs(grid.crs)
    reach = scenario.post_sight_km * 1000
    outline = corridor.outline.to_crs(grid.crs).union_all()
    posts = posts[posts.geometry.representative_point().distance(outline) < reach]
    wide = grid.padded(math.ceil(reach / grid.resolution_m) + 1)
    source = heights(wide)
    points = [
        point for point in posts.geometry.representative_point() if _stands(source, wide, point)
    ]
    if len(points) < len(posts):
        lost = len(posts) - len(points)
        notes.append(
            f"{lost} of {len(posts)} posts stand where there is no elevation, and see nothing."
        )
    if not points:
        return None
    counts = visibility.cumulative_viewshed(
        visibility.Windows(read=source.read, grid=wide),
        points,
        scenario.post_height_m,
        max_km=scenario.post_sight_km,
        dtype="uint8" if len(points) < 256 else "uint16",
    )
    seen = np.zeros(len(corridor.segments))
    for block in blocks_of(wide, outline):
        lit = counts.to_numpy()[block.rows, block.columns] > 0
        if lit.any():
            segment = corridor.cells(block.grid)["segment"].to_numpy()
            seen += np.bincount(segment[lit & (segment >= 0)], minlength=len(seen))
    seen_km2 = seen * wide.cell_area_km2
    area = corridor.segments["area_km2"].to_numpy(dtype=float)
    table = pd.DataFrame(
        {"post_seen_km2": seen_km2, "post_seen_share": np.minimum(seen_km2 / area, 1.0)},
        index=pd.Index(corridor.segments["segment"], name="segment"),
    )
    return PostSight(
        by_segment=table,
        share=float(seen_km2.sum() / area.sum()),
        n_posts=len(points),
        height_m=scenario.post_height_m,
        max_km=scenario.post_sight_km,
    )


def _stands(source: Any, grid: Grid, point: Any) -> bool:
    """Whether all ground around a post is known, from which the height of its eyes is read."""
    left, _, _, top = grid.bounds
    row = int((top - point.y) / grid.resolution_m)
    column = int((point.x - left) / grid.resolution_m)
    around = source.read(slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
    return bool(np.isfinite(around).all()) and around.size > 0


# Hours that maps and tables tell apart; an assumption of remoteness.
BREAKS_H = (1.0, 2.0, 3.0, 6.0)
# What counts as night for somebody on foot: without useful light.
NIGHT: Literal["nautical"] = "nautical"
EVERY_KM = 1.0
# Cells on which somebody on foot walks from the border, where the working grid is coarser.
_NIGHT_CELL_M = 500.0


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class Reach(Finding):
    """
    Times to the border and from it, nights, and what posts see.

    Without travel time the tables of it are None, and so are those of a night's reach without elevation.

    Attributes
    ----------
    mode
        How the response travels.
    side
        Code of the country whose force it is.
    night_hours
        Length of the night on the 15th of each month, by definition.
    light
        Night by twilight and moon, month by month, at both ends and the middle of the border.
    moonlight
        How bright the nights halfway along the border are, by month and moon.
    response
        Response time by segment: ``response_median_h``, ``response_worst_h``, and the share of its
        length beyond each of `BREAKS_H`. Units: h.
    along
        Response time by kilometre.
    bands
        Ground of the force's half of the corridor by response time, EPSG:4326: ``from_h``, ``to_h``
        (infinite for the last), ``area_km2``, ``share`` of the ground with elevation.
    half_km2
        That half, with elevation or without. Units: km2.
    across
        The other half, where the force does not go, EPSG:4326.
    across_km2
        Ground with elevation there. Units: km2.
    night
        By side and month: how much of the corridor somebody on foot reaches from the border in one
        night, and how deep.
    race
        By segment, on the force's side: how often the response is there before the crosser is in
        cover; None where no cover was given.
    on_roads
        Whether roads carry the response.
    breaks_h
        Hours that maps and tables tell apart; an assumption of remoteness.
    posts
        What posts see of the corridor; None where there are none or elevation is too coarse.
    """

    _figure = "response_times"
    breaks_h: ClassVar[tuple[float, ...]] = BREAKS_H

    mode: str
    side: str
    night_hours: pd.DataFrame
    light: pd.DataFrame
    moonlight: pd.DataFrame
    response: pd.DataFrame | None = None
    along: pd.DataFrame | None = None
    bands: gpd.GeoDataFrame | None = None
    night: pd.DataFrame | None = None
    half_km2: float = math.nan
    across: gpd.GeoSeries | None = None
    across_km2: float = 0.0
    race: pd.DataFrame | None = None
    on_roads: bool = False
    posts: PostSight | None = None

    @classmethod
    def without_elevation(cls, border: Border, scenario: Scenario) -> Reach:
        """
        Give what is known of any border: whose force it is, and how long and how dark nights are.

        Parameters
        ----------
        border
            The border.
        scenario
            Whose force, how it travels, and the year of the moons.

        Returns
        -------
        Reach
            Without a table of travel times.
        """
        middle = border.point_at(border.length_km / 2)
        return cls(
            mode=scenario.force.mode,
            side=side_of(scenario, border),
            night_hours=access.night_table(middle.y),
            light=access.border_light_table(border, scenario.light_year),
            moonlight=access.moonlight_table(border),
        )

    def without_posts(self) -> Reach:
        """
        Leave out all in whose shapes the posts could be read.

        Returns
        -------
        Reach
            Nights, and how far one carries, alone.
        """
        return replace(self, response=None, along=None, bands=None, race=None, posts=None)


def read_reach(
    area: StudyArea, dem: xr.DataArray, force: ForceHours, ways: WayLayers, notes: list[str]
) -> Reach:
    """Read response times along the border and the reach of a night from it."""
    bare = Reach.without_elevation(area.corridor.border, area.scenario)
    mode, side = bare.mode, bare.side
    night = _night(area, _from_border(area, dem, ways))
    if mode not in force.to_the_line:
        return replace(bare, night=night)
    corridor, hours = area.corridor, force.to_the_line[mode]
    along = access.response_along_border(hours, corridor, every_km=EVERY_KM)
    by_segment = access.response_by_segment(along, thresholds_h=BREAKS_H)
    known = np.isfinite(area.crop(dem).to_numpy())
    half, other = (_half(corridor, code) for code in sorted(corridor.depth_km, key=side.__ne__))
    return replace(
        bare,
        response=by_segment.add_prefix("response_"),
        along=along,
        bands=_bands(half, area.crop(hours)),
        night=night,
        half_km2=half.area_km2,
        across=other.outline,
        across_km2=float((known & force.across).sum()) * area.grid.cell_area_km2,
        race=None if ways.cover is None else _race(area, dem, hours, ways, notes),
        on_roads=ways.roads is not None,
    )


def _from_border(area: StudyArea, dem: xr.DataArray, ways: WayLayers) -> xr.DataArray:
    """
    Hours of a walker in the dark from the nearest point of the border.

    A cell of kilometres would move the start by as much as a night is off, so the ground is
    cut into smaller ones, interpolated between the centres of the larger.
    """
    factor = math.ceil(area.grid.resolution_m / _NIGHT_CELL_M)
    rows, columns = area.grid.shape
    first, last = area.pad * factor, area.pad + np.array([rows, columns])
    z = between_cells(
        dem.to_numpy(),
        slice(first, int(last[0]) * factor),
        slice(first, int(last[1]) * factor),
        factor,
    )
    ground = area.grid.refined(factor).wrap(z, name="elevation_m", units="m")
    return access.travel_time(
        ground, area.corridor.border.line, speed=access.at_night("foot"), ways=ways.off_road()
    )


def _race(
    area: StudyArea, dem: xr.DataArray, response: xr.DataArray, ways: WayLayers, notes: list[str]
) -> pd.DataFrame | None:
    """Run the race to cover on the force's side; a crosser is as fast as by day, which favours them."""
    assert ways.cover is not None  # noqa: S101 - asked for before
    scenario, border, side = area.scenario, area.corridor.border, area.side
    speed: Any = "foot"
    if scenario.crosser == "vehicle":
        speed = partial(access.vehicle_off_road, flat_km_h=scenario.crosser_vehicle_km_h)
        update_wrapper(speed, access.vehicle_off_road)
    try:
        dash = access.dash_to_cover(
            dem,
            ways.cover.geometry,
            speed=speed,
            corridor=area.corridor,
            side=side,
            ways=ways.off_road(),
        )
    except NoOverlapError:
        notes.append(
            f"No cover was given in {border.names.get(side, side)}, whose force it is: no race is run."
        )
        return None
    race = access.race_to_cover(
        response, dash, area.corridor, detect_h=scenario.report_minutes / 60, every_km=EVERY_KM
    )
    return pd.concat({side: race}, names=["side"])


def _night(area: StudyArea, hours: xr.DataArray) -> pd.DataFrame:
    """Measure what a night reaches of each side, beside how far it carries over flat ground."""
    table = access.night_reach_on_ground(hours, area.corridor, twilight=NIGHT)
    flat = access.night_reach(
        table.attrs["latitude_deg"], speed=access.at_night("foot"), twilight=NIGHT
    )
    months = table.index.get_level_values("month")
    found = table.assign(flat_km=flat["reach_km"].loc[months].to_numpy())
    found.attrs = {**table.attrs, **flat.attrs}
    return found


def _half(corridor: Corridor, side: str) -> Corridor:
    """Give the part of a corridor on one side, undivided."""
    border = corridor.border
    deep, whole_km = dict(corridor.depth_km), border.length_km
    return Corridor.around(border, depth_km=deep, segment_km=whole_km, side=side)


def _bands(half: Corridor, hours: xr.DataArray) -> gpd.GeoDataFrame:
    """Isochrones of the force's half of the corridor, and the rest of it beyond the last."""
    crs = raster_crs(hours)
    outline = half.outline.to_crs(crs).union_all()
    # Where there is no elevation nothing is known, which is not the same as out of reach.
    known = access.isochrones(hours.copy(data=np.where(np.isnan(hours), np.nan, 0.0)), (1.0,))
    ground = outline.intersection(known.geometry.iloc[0])
    bands = access.isochrones(hours, BREAKS_H)
    shapes = bands.geometry.intersection(ground)
    within: Any = shapes.union_all()
    table = gpd.GeoDataFrame(
        {
            "from_h": [*bands["from_h"], BREAKS_H[-1]],
            "to_h": [*bands["to_h"], np.inf],
        },
        geometry=[*shapes, ground.difference(within)],
        crs=crs,
    )
    table["area_km2"] = table.geometry.area / 1e6
    table["share"] = table["area_km2"] / table["area_km2"].sum()
    return table.to_crs(4326)
