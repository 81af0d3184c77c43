"""The doors of borderzone, and one valid call of each, on small inputs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import inspect
import zipfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from changed_results import changed

import borderzone as bz
from borderzone import access, difficulty, incidents, io, patrol
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

ROOMS = (
    "access", "border", "corridor", "datasets", "difficulty", "fetch", "figures",
    "incidents", "io", "patrol", "posts", "provenance", "report", "scenario", "stream",
    "study", "terrain", "visibility", "whatif",
)  # fmt: skip
CLASSES = {
    "Border": (
        "of",
        "between",
        "from_line",
        "from_file",
        "from_polygons",
        "between_km",
        "point_at",
        "locate",
        "country_beside",
        "country_of_cells",
        "code_of",
        "with_published_length",
        "length_words",
    ),
    "Corridor": ("around", "check_segments", "grid", "cells"),
    "Grid": ("covering", "of", "wrap", "padded", "part"),
    "Scenario": ("changed", "from_toml", "to_toml", "without_standing"),
    "Study": (
        "default",
        "between",
        "starter",
        "from_toml",
        "from_file",
        "from_name",
        "with_scenario",
        "read_ground",
        "run",
    ),
}


def doors() -> dict[str, Any]:
    """List every function that a user calls, by its dotted name."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"borderzone.{room}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                found[f"{room}.{name}"] = thing
    for owner, methods in CLASSES.items():
        found |= {f"{owner}.{name}": getattr(getattr(bz, owner), name) for name in methods}
    return found


class World:
    """Small inputs for every door, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written = 0

    def new_path(self, end: str) -> Path:
        """Name a file or folder that is not there."""
        self._written += 1
        return self.folder / f"new_{self._written}{end}"

    @cached_property
    def border(self) -> Any:
        """Give the border."""
        return bz.Border.between("AZE", "TUR")

    @cached_property
    def corridor(self) -> Any:
        """Give the corridor."""
        return bz.Corridor.around(self.border, depth_km=8, segment_km=3)

    @cached_property
    def grid(self) -> Any:
        """Give the grid."""
        return self.corridor.grid(resolution_m=2000)

    @cached_property
    def dem(self) -> Any:
        """Give the dem."""
        rough = np.random.default_rng(3).normal(900, 80, self.grid.shape).astype(np.float32)
        return self.grid.wrap(rough, name="elevation_m", units="m")

    @cached_property
    def fine(self) -> Any:
        """Ground on cells of 30 m, for terrain and lines of sight."""
        grid = Grid.covering((0, 0, 1500, 1500), resolution_m=30, crs=32638)
        rough = np.random.default_rng(4).normal(900, 5, grid.shape).astype(np.float32)
        return grid.wrap(rough, name="elevation_m", units="m")

    @cached_property
    def around(self) -> Any:
        """Ground far around the corridor, on cells of 2 km."""
        crs = self.corridor.crs
        grid = Grid.covering((-80e3, -80e3, 80e3, 80e3), resolution_m=2000, crs=crs)
        return grid.wrap(np.random.default_rng(3).normal(900, 80, grid.shape).astype(np.float32))

    @cached_property
    def classes(self) -> Any:
        """Give the classes."""
        raster = self.grid.wrap(np.full(self.grid.shape, 16, np.uint8), name="landcover")
        return raster.assign_attrs(_FillValue=np.uint8(255))

    @cached_property
    def middle(self) -> Any:
        """Give the middle."""
        return self.border.line.to_crs(self.corridor.crs).iloc[0].interpolate(0.5, normalized=True)

    @cached_property
    def origins(self) -> gpd.GeoDataFrame:
        """Give the origins."""
        posts = [self.middle.buffer(3e3).exterior.interpolate(far) for far in (0, 6e3)]
        return gpd.GeoDataFrame({"name": ["x", "y"]}, geometry=posts, crs=self.corridor.crs)

    @cached_property
    def karst(self) -> gpd.GeoDataFrame:
        """Give the karst."""
        shape = [self.middle.buffer(12e3)]
        return gpd.GeoDataFrame({"susceptibility": [2]}, geometry=shape, crs=self.corridor.crs)

    @cached_property
    def attrs(self) -> Any:
        """Give the attrs."""
        return bz.terrain.attributes(self.dem).assign(landform=bz.terrain.landform(self.dem))

    @cached_property
    def surface(self) -> Any:
        """Give the surface."""
        return bz.terrain.surface(self.classes, self.karst, self.grid)

    @cached_property
    def travel(self) -> xr.Dataset:
        """Give the travel."""
        return access.travel(self.dem, self.origins)

    @cached_property
    def hours(self) -> xr.DataArray:
        """Give the hours."""
        return access.travel_time(self.dem, self.origins)

    @cached_property
    def flags(self) -> Any:
        """Give the flags."""
        return difficulty.flags(self.attrs, self.hours, self.surface)

    @cached_property
    def cells(self) -> Any:
        """Give the cells."""
        return self.corridor.cells(self.grid)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Give the table."""
        return bz.difficulty.ground_by_segment(
            self.attrs, self.surface, self.hours, self.cells, segments=self.corridor.segments
        )

    @cached_property
    def watched(self) -> Any:
        """Give a field that watches all ground alike."""
        layer = self.grid.wrap(np.full(self.grid.shape, 0.1, np.float32), name="hazard_per_km")
        return layer.to_dataset()

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Give the zones."""
        halves = self.corridor.segments[["geometry"]].iloc[:2]
        kinds = {"kind": ["remote_desert", "cave_prone"], "zone": [0, 1], "rank": [1, 1]}
        return halves.assign(**kinds, area_km2=20.0, km_start=0.0, km_end=3.0, near="x")

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Give the rows."""
        at = shapely.get_coordinates(self.origins.to_crs(4326).geometry.to_numpy())
        days = ["2020-01-02", "2020-02-03"]
        return pd.DataFrame({"id": ["a", "b"], "lat": at[:, 1], "lon": at[:, 0], "date": days})

    @cached_property
    def events(self) -> gpd.GeoDataFrame:
        """Give the events."""
        return incidents.read(pd.concat([self.rows] * 6, ignore_index=True))

    @cached_property
    def study(self) -> Any:
        """Give the study."""
        scenario = bz.Scenario(
            resolution_m=2000, depth_km=8, segment_km=3, draws=100, imputations=10
        )
        return bz.Study(
            border=self.border, dem=self.file("around.tif"), landcover=None, karst=self.karst,
            origins=self.origins, incidents=self.rows, scenario=scenario, cover=self.lines.to_frame(
                "geometry"
            ), known_caves=self.caves,
        )  # fmt: skip

    @cached_property
    def result(self) -> Any:
        """Give the result."""
        return self.study.run()

    @cached_property
    def written(self) -> Path:
        """Give the folder of a report without pictures."""
        path = self.new_path("")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("borderzone.report.folder.draw_pictures", lambda *_: {})
            bz.write_report(self.result, path)
        return path

    @cached_property
    def other(self) -> Any:
        """Give the other."""
        return self.study.with_scenario(self.study.scenario.changed({"force.crew": 6})).run()

    @cached_property
    def sweep(self) -> Path:
        """Give the folder of a sweep of one case."""
        folder = self.folder / "sweep"
        bz.sweep(self.study, {"force.crew": [4]}, folder=folder)
        return folder

    @cached_property
    def plan(self) -> Path:
        """Give the plan of a sweep."""
        path = self.folder / "plan.toml"
        path.write_text("[vary]\ndepth_km = [25, 50]\n", encoding="utf-8")
        return path

    @cached_property
    def case(self) -> Any:
        """Give the case."""
        segments = self.result.segments
        return patrol.PatrolCase(
            lengths_km=segments["length_km"], ground=self.result.ground.table,
            force=patrol.Force(), weights=segments["length_km"], light="night", target="person",
            law="random",
        )  # fmt: skip

    @cached_property
    def folder_of_its_own(self) -> Path:
        """Give the folder of its own."""
        path = self.new_path("")
        path.mkdir()
        return path

    @cached_property
    def caves(self) -> gpd.GeoDataFrame:
        """One cave in each of many cells."""
        inside = np.argwhere(self.cells["segment"].to_numpy() >= 0)
        x, y = self.cells["x"].to_numpy(), self.cells["y"].to_numpy()
        points = [shapely.Point(x[column], y[row]) for row, column in inside[::2]]
        return gpd.GeoDataFrame(geometry=points, crs=self.corridor.crs)

    @cached_property
    def beside(self) -> Any:
        """Give the beside."""
        grid = self.corridor.grid(resolution_m=90).padded(30)
        return grid.wrap(np.full(grid.shape, 900, np.float32), units="m")

    @cached_property
    def near(self) -> gpd.GeoDataFrame:
        """Exact places of six events in the corridor."""
        line = self.border.line.to_crs(self.corridor.crs).iloc[0]
        points = [line.interpolate(far / 7, normalized=True) for far in range(1, 7)]
        at = shapely.get_coordinates(gpd.GeoSeries(points, crs=self.corridor.crs).to_crs(4326))
        table = {"id": list("abcdef"), "lat": at[:, 1], "lon": at[:, 0], "radius_km": 0.01}
        return incidents.read(pd.DataFrame(table))

    @cached_property
    def lines(self) -> gpd.GeoSeries:
        """Give the lines."""
        return gpd.GeoSeries([self.middle.buffer(2e3).exterior], crs=self.corridor.crs)

    def file(self, name: str) -> Path:
        """Write a good file once, and give its path."""
        path = self.folder / name
        if not path.exists():
            _WRITERS[path.suffix](self, path)
        return path


# Nobody answers there, and at once.
_NOWHERE = bz.fetch.Network(
    mirror="http://localhost:9", attempts=1, timeout_s=0.05, backoff_s=0.0, connections=1
)
_WORDS = {"title": "x", "licence": "y", "attribution": "z", "citation": ""}


def _inside(world: World) -> shapely.Point:
    left, bottom, right, top = Grid.of(world.fine).bounds
    return shapely.Point((left + right) / 2, (bottom + top) / 2)


def _glim(world: World) -> gpd.GeoDataFrame:
    return world.karst.assign(xx="sc", rock_type="Continuous carbonate rocks")


def _mapped(world: World) -> gpd.GeoDataFrame:
    wide = {"f": [1, 2]}
    shapes = [shapely.box(44, 39, 44.8, 41), shapely.box(44.8, 39, 46, 41)]
    return gpd.GeoDataFrame(wide, geometry=shapes, crs=4326)


def _zip(world: World, path: Path) -> None:
    """Pack a table; roads are a Shapefile with what belongs to it."""
    with zipfile.ZipFile(path, "w") as archive:
        if path.stem == "roads":
            for part in world.file("roads.shp").parent.glob("roads.[dps]*"):
                archive.write(part, part.name)
            return
        archive.write(world.file("rows.csv"), "rows.csv")


def _plain(world: World, path: Path) -> None:
    """Write a raster that is not laid out for the web."""
    with io.create_raster(path, world.grid, name="x", compress="none") as target:
        target.write(slice(0, None), slice(0, None), world.dem.to_numpy())


_WRITERS: dict[str, Callable[[World, Path], Any]] = {
    ".tif": lambda world, path: (
        _plain(world, path)
        if path.stem == "plain"
        else io.write_raster(
            {"classes": world.classes, "around": world.around, "fine": world.fine}.get(
                path.stem, world.dem
            ),
            path,
        )
    ),
    ".csv": lambda world, path: world.rows.to_csv(path, index=False),
    ".xlsx": lambda world, path: world.rows.to_excel(path, index=False),
    ".geojson": lambda world, path: world.border.line.to_file(path),
    ".gpkg": lambda world, path: io.write_vector(
        {"lines": gpd.GeoDataFrame(geometry=world.border.line)}, path
    ),
    ".shp": lambda world, path: gpd.GeoDataFrame(
        {"class": [1]}, geometry=world.border.line[:1]
    ).to_file(path),
    ".parquet": lambda world, path: io.write_vector({"a": world.events[["id", "geometry"]]}, path),
    ".zip": _zip,
    ".toml": lambda _, path: path.write_text(
        'a = "IRQ"\nb = "SYR"\n' if path.stem == "study" else "depth_km = 20\n"
    ),
    ".json": lambda _, path: path.write_text("{}"),
}

NUMBERS = np.array([0.2, 0.5, 0.3])

# What a parameter of this name takes, wherever it stands.
USUAL: dict[str, Callable[[World], Any]] = {
    "attrs": lambda w: w.attrs,
    "border": lambda w: w.border,
    "case": lambda w: w.case,
    "cells": lambda w: w.cells,
    "changes": lambda _: {"depth_km": 20},
    "columns": lambda _: slice(0, 3),
    "corridor": lambda w: w.corridor,
    "corridor_cells": lambda w: w.cells,
    "dem": lambda w: w.dem,
    "events": lambda w: w.events,
    "flags": lambda w: w.flags,
    "folder": lambda w: w.new_path(""),
    "force": lambda _: patrol.Force(),
    "grid": lambda w: w.grid,
    "ground": lambda w: w.table,
    "hours": lambda w: w.hours,
    "karst": lambda w: w.karst,
    "landcover": lambda w: w.classes,
    "masked": lambda w: pd.DataFrame(
        {"f_mask": 0.2, "f_mask_low": 0.1, "f_mask_high": 0.3, "unknown_share": 0.0},
        index=w.table.index,
    ),
    "members": lambda _: [NUMBERS, NUMBERS],
    "observer": lambda w: w.middle,
    "observers": lambda w: w.origins.geometry,
    "origins": lambda w: w.origins,
    "path": lambda w: w.file("rows.csv"),
    "p_values": lambda _: NUMBERS,
    "raster": lambda w: w.dem,
    "result": lambda w: w.result,
    "rows": lambda _: slice(0, 3),
    "scenario": lambda _: bz.Scenario(),
    "segments": lambda w: w.corridor.segments,
    "self": lambda w: w.border,
    "sensor": lambda _: "eye",
    "study": lambda w: w.study,
    "surface": lambda w: w.surface,
    "what": lambda _: "rows",
    "where": lambda w: w.corridor,
    "zones": lambda w: w.zones,
    "a": lambda w: w.result,
    "b": lambda w: w.other,
    "dates": lambda _: [dt.date(2020, 1, 2)],
    "year": lambda _: 2020,
    "distance_km": lambda _: NUMBERS,
    "error": lambda _: bz.BorderzoneError("x"),
    "law": lambda _: "random",
    "name": lambda _: "places",
    "suffixes": lambda _: {".csv"},
    "weights": lambda _: NUMBERS,
    **dict.fromkeys(("k", "n", "n_cells", "required"), lambda _: 3),
    **dict.fromkeys(("latitude_deg", "longitude_deg"), lambda _: 30.0),
    **dict.fromkeys(("month", "marked", "caught", "recaught", "halo"), lambda _: 1),
    **dict.fromkeys(
        (
            "gradient", "coverage", "pod", "rates", "repeat_share", "mean", "visible_share", "p",
            "day", "night", "share", "probability", "poi", "target", "confidence", "availability",
            "relief_m", "elevation_m", "inside", "observed", "expected", "f_mask", "hidden",
        ),
        lambda _: 0.2,
    ),
    **dict.fromkeys(
        (
            "patrol_km_h", "crosser_km_h", "length_km", "sweep_width_km", "range_km", "speed_km_h",
            "clip_km", "cover_km", "scale_km", "hours_h", "area_km2", "units", "looks", "run_m",
            "rise_m", "dash_h", "response_h", "radius_km", "bandwidth_km", "sweep_width",
            "passes_per_h", "duration_h", "post_count", "people_per_day", "group_size", "range_m",
            "r50_m", "eye_m", "ifov_mrad", "apprehensions", "turn_backs", "known_got_aways",
            "detection_range", "units_out", "unit_count", "track_km", "detection_h",
            "response_km", "response_km_h", "window_h", "mean_response_h", "constant",
            "glimpse_constant", "height_km", "max_range_km", "cycle_ratio", "sensors",
            "cave_and_class", "cave_not_class", "class_only", "neither", "k_km2", "count", "total",
            "area", "cell_m", "radius_m", "resolution_m", "lon", "lat", "km", "source_m", "n_caves",
        ),
        lambda _: 2.0,
    ),
}  # fmt: skip

_ALONG = {"every_km": lambda _: 2.0}
_SMALL = {"search_m": lambda _: 90.0}
_FIGURE = {"ax": lambda _: plt.figure().gca()}
_RATES = {"rates": lambda _: NUMBERS}
_LINE = {"lengths_km": lambda _: NUMBERS}
_UNITS = {"unit_counts": lambda _: [1, 5]}


def _question(_: World) -> Any:
    ones = pd.Series([1.0, 1.0])
    ground = pd.DataFrame(
        {
            "f_mask": 0.2 * ones,
            "f_mask_low": 0.1 * ones,
            "f_mask_high": 0.4 * ones,
            "patrol_speed_factor": ones,
            "crosser_km_h": 3.0 * ones,
        }
    )
    return bz.patrol.KitQuestion(
        kits={"eye": bz.patrol.FORCES["vehicle_patrol"]},
        lengths_km=10.0 * ones,
        ground=ground,
        weights=0.5 * ones,
        drive_h=ones,
        night=pd.DataFrame({"moonlight": [0.0], "share": [1.0]}),
        night_h=10.0,
        shift_h=12.0,
        relief=5.159,
        draws=16,
    )


# As a sweep of two kits and two months gives it.
SWEPT = pd.DataFrame(
    [
        (case, kit, month, opponent, measure, 100.0 * (case + 1), 0.2 * case)
        for case, (kit, month) in enumerate(
            [("eye", 6), ("eye", 12), ("goggles", 6), ("goggles", 12)]
        )
        for measure in ("mean_pod", "min_pod")
        for opponent in ("blind", "informed")
    ],
    columns=["case", "kit", "month", "opponent", "measure", "people", "share"],
).assign(at_people=400.0)


def _fleet(_: World) -> Any:
    return bz.patrol.Fleet(kinds={"eye": bz.patrol.UnitKind(units=3, crew=4)})


def _simulated(_: World) -> Any:
    calls = patrol.SimulatedResponse(busy_h=1.0, cover_km=5.0, false_calls_per_unit_h=0.1)
    one: dict[str, Any] = {
        "sweep_width_km": 1.0,
        "patrol_km_h": 20.0,
        "crosser_km_h": 4.0,
        "night_units": 2,
    }
    return [patrol.SimulatedSegment(length_km=km, response=calls, **one) for km in (10.0, 20.0)]


_FEW = {"draws": lambda _: 20}
_LIT = {"dem": lambda w: w.fine, "observer": _inside, "max_km": lambda _: 0.5}
_LITS = _LIT | {"observers": lambda w: gpd.GeoSeries([_inside(w)], crs=32638)}
_LITS.pop("observer")
_GOOD_PATH = {
    "io.read_raster": "dem.tif",
    "io.read_sheets": "rows.xlsx",
    "io.list_layers": "lines.gpkg",
    "io.open_raster": "dem.tif",
    "io.read_rows": "line.geojson",
    "io.read_vector": "line.geojson",
    "Border.from_file": "line.geojson",
    "scenario.read_toml": "scenario.toml",
    "Scenario.from_toml": "scenario.toml",
    "Study.from_toml": "study.toml",
    "Study.from_file": "study.toml",
}
_NEW_PATH = {
    "io.atomic_write": ".csv",
    "io.create_raster": ".tif",
    "io.write_csv": ".csv",
    "io.write_vector": ".gpkg",
    "io.write_raster": ".tif",
    "incidents.write": ".csv",
    "stream.raster_like": ".tif",
    "Scenario.to_toml": ".toml",
}


# What a door takes beside or instead of the usual.
ROWS: dict[str, dict[str, Callable[[World], Any]]] = {
    "access.at_night": {"speed": lambda _: "foot"},
    "access.gradient_of": {"slope_deg": lambda _: 3.0},
    "access.dash_to_cover": {"cover": lambda w: w.lines},
    "access.race_to_cover": {"response": lambda w: w.hours, "dash": lambda w: w.hours} | _ALONG,
    "access.response_along_border": _ALONG,
    "access.response_by_segment": {
        "along": lambda w: access.response_along_border(w.hours, w.corridor)
    },
    "access.response_summary": {"along": lambda w: access.response_along_border(w.hours, w.corridor)},
    "access.routes": {"travel": lambda w: w.travel, "points": lambda w: w.origins},
    "datasets.sea": {"grid": lambda w: w.grid},
    "datasets.sea_around": {"grid": lambda w: w.grid},
    "datasets.elevation": {},
    **{f"fetch.{name}": {"network": lambda _: _NOWHERE} for name in ("dem", "esa_worldcover", "plan")},
    "fetch.ucdp": {"network": lambda _: _NOWHERE, "way": lambda _: "bulk"},
    **{
        f"fetch.{name}": {
            "network": lambda _: _NOWHERE, "source": lambda _: "osm",
            "parts": lambda _: ["asia/iraq"],
        }
        for name in ("roads", "roads_plan")
    },
    "difficulty.calibrate": {"caves": lambda w: w.caves},
    "difficulty.flagged_share": {"hours_by_mode": lambda w: {"foot": w.hours}},
    "difficulty.named_ground": {"side": lambda _: "IRQ", "around": lambda w: lambda _: (w.dem, w.karst)},
    "difficulty.rank_stability": {"groups": lambda w: w.cells["segment"]} | _FEW,
    "figures.alt_text": {"name": lambda _: "month_moon"},
    "figures.figure_data": {"name": lambda _: "month_moon"},
    "figures.save": {
        "figure": lambda _: plt.figure(), "stem": lambda w: w.new_path(""), "alt": lambda _: "x",
        "formats": lambda _: ("svg",),
    },
    "figures.plot_border": _FIGURE,
    "figures.add_layer": {
        "ax": lambda w: bz.figures.plot_border(w.border), "layer": lambda w: w.border.line,
    },
    "figures.incident_pressure": {"result": lambda w: _with_events(w.result)},
    "figures.post_curve": {"result": lambda w: _with_posts(w.result)},
    "figures.break_even": {"table": lambda w: bz.whatif.break_even(w.result, w.other)},
    "figures.comparison": {"table": lambda w: bz.compare(w.result, w.other)},
    "figures.pareto": {"table": lambda _: bz.whatif.pareto(SWEPT)},
    "figures.regret": {"table": lambda _: bz.whatif.regret(SWEPT)},
    "figures.tornado": {"table": lambda _: bz.whatif.tornado(SWEPT)},
    "figures.two_way": {"table": lambda _: bz.whatif.two_way(SWEPT, "kit", "month")},
    "incidents.enrichment": {"flags": lambda w: w.zones, "cell_km": lambda _: 20.0} | _FEW,
    "incidents.enrichment_table": {"flags": lambda w: w.zones} | _FEW,
    "incidents.event_probabilities": {"zones": lambda w: w.zones} | _FEW,
    "incidents.exposure_ratios": {
        "flagged": lambda w: w.zones, "cell_sizes_km": lambda _: (5.0,)
    } | _FEW,
    "incidents.ground_counts": {
        "found": lambda w: incidents.on_ground(w.events, w.flags, w.attrs, draws=20)
    },
    "incidents.ground_sentence": {
        "table": lambda w: incidents.ground_counts(
            incidents.on_ground(w.events, w.flags, w.attrs, draws=20)
        )
    },
    "incidents.on_ground": _FEW,
    "incidents.overlay": _FEW,
    "incidents.pressure_weights": _FEW,
    "incidents.read": {"source": lambda w: w.rows},
    "incidents.zone_sentences": {
        "overlay": lambda w: incidents.overlay(w.events, w.zones, draws=20, corridor=w.corridor)
    },
    "incidents.event_density": {"events": lambda w: w.near},
    "incidents.find_hotspots": {
        "events": lambda w: w.near,
        "options": lambda w: incidents.HotspotOptions(
            radius_km=1.1 * w.corridor.segments["length_km"].max(), draws=2
        ),
    },
    "incidents.synthetic": {"n": lambda _: 5},
    "io.check_archive": {"source": lambda w: w.file("rows.zip")},
    "io.copy_raster": {"source": lambda w: w.file("plain.tif"), "target": lambda w: w.new_path(".tif")},
    "io.create_raster": {"name": lambda _: "x"},
    "io.limits": {},
    "io.plain_cells": {"rows": lambda w: w.rows},
    "io.open_classes": {"source": lambda w: w.file("classes.tif")},
    "io.open_dem": {"source": lambda w: w.file("dem.tif")},
    "io.read_dem": {"source": lambda w: w.file("dem.tif")},
    "io.sea_shape": {"sea": lambda w: w.karst, "grid": lambda w: w.grid},
    "provenance.run_id": {"parts": lambda _: {"a": 1}},
    "io.flush_to_disk": {"file": lambda w: w.file("rows.csv")},
    "io.read_archived": {
        "source": lambda w: w.file("roads.zip"), "pattern": lambda _: r"roads\.shp", "columns": lambda _: ["class"]
    },
    "io.rows_of": {"content": lambda _: [{"lat": 34.0, "lon": 41.0}], "told": lambda _: "rows"},
    "io.source_files": {"source": lambda w: w.file("dem.tif")},
    "io.unpacked": {"source": lambda w: w.file("rows.zip")},
    "io.write_csv": {"frame": lambda w: w.rows},
    "io.write_vector": {"layers": lambda w: {"karst": w.karst}},
    "io.write_sidecar": {"path": lambda w: w.file("rows.csv"), "words": lambda _: _WORDS},
    "patrol.allocate": _RATES,
    **{
        f"patrol.{name}": {
            "rates": lambda _: pd.DataFrame({"eye": NUMBERS}), "fleet": _fleet,
        }
        for name in ("allocate_kinds", "smallest_fleet")
    },
    "patrol.answer_plan": {"question": _question, "fleet": _fleet},
    "patrol.coverage_curve": _RATES | _UNITS,
    "patrol.curve_by_weights": _RATES | _UNITS | {"weights": lambda _: {"x": NUMBERS}},
    "patrol.barrier_patrol": {"patrol_km_h": lambda _: 9.0},
    "patrol.monte_carlo": _FEW | _UNITS,
    "patrol.detection_field": {"units": lambda w: [1.0] * len(w.corridor.segments)},
    "patrol.weakest_crossings": {"field": lambda w: w.watched, "speed": lambda _: 4.0},
    "patrol.hazard_by_range": {
        "range_km": lambda _: [0.0, 1.0], "pod": lambda _: [0.5, 0.0], "at_km": lambda _: [0.5]
    },
    "patrol.answered_effort": {"units": lambda _: 2.0},
    "patrol.interdiction_game": {"exposure": lambda _: np.eye(2), "units": lambda _: 1},
    "patrol.patrolling_value": {"n": lambda _: 4, "m": lambda _: 2},
    "patrol.watcher_gains": {"coverage": lambda _: 0.7, "speed_ratio": lambda _: 5.0},
    "patrol.zero_sum_coverage": {"values": lambda _: [4.0, 2.0], "units": lambda _: 1},
    "patrol.no_gap_probability": {"fraction": lambda _: 0.2},
    "patrol.hindcast": {
        "observations": lambda _: bz.datasets.validation(), "question": _question, "kit": lambda _: "eye"
    },
    "patrol.answer_break_even": {
        "a": _question, "b": _question, "units": lambda _: 3.0, "kits": lambda _: ("eye", "eye")
    },
    "patrol.answer_draws": {"question": _question, "kit": lambda _: "eye"},
    "patrol.answer_case": {"question": _question, "kit": lambda _: "eye"},
    "patrol.answer_places": {"question": _question, "kit": lambda _: "eye", "units": lambda _: [3.0]},
    "patrol.answer_pod": {"question": _question, "kit": lambda _: "eye", "units": lambda _: [3.0]},
    "patrol.answer_sobol": {"question": _question, "kit": lambda _: "eye", "n": lambda _: 16},
    "patrol.answer_table": {"question": _question},
    "patrol.plausibility": {"question": _question, "kit": lambda _: "eye"},
    "patrol.simulate": {"crossings": lambda _: 50, "units": lambda _: 3},
    "patrol.simulate_border": {"segments": _simulated, "roster": lambda _: patrol.SimulatedRoster(days=3)},
    "patrol.standing": {"curve": lambda _: ([0.0, 1.0], [0.9, 0.0]), "spacing_km": lambda _: 1.5},
    "patrol.detection_against": {"speed_ratio": lambda _: 5.0, "opponent": lambda _: "blind"},
    "patrol.weakest_place": {"speed_ratio": lambda _: 5.0},
    "patrol.units_required": _FEW,
    "posts.candidates": {"dem": lambda w: w.beside, "spacing_m": lambda _: 2000.0},
    "posts.barrier": {
        "fields": lambda _: np.ones((2, 2, 4), dtype=bool),
        "chainage_km": lambda _: np.tile(np.arange(4) * 0.1, (2, 1)), "cell_m": lambda _: 100.0,
    },
    "posts.flat_line_posts": {
        "length_km": lambda _: 10.0, "range_km": lambda _: 2.0, "spacing_km": lambda _: 0.5,
    },
    "posts.fewest_posts": {"sees": lambda _: np.eye(3, dtype=bool), "demand": lambda _: [1.0, 2.0, 3.0]},
    "posts.site": {
        "sees": lambda _: np.eye(3, dtype=bool), "demand": lambda _: [1.0, 2.0, 3.0], "n": lambda _: 2,
    },
    "posts.sight": {
        "dem": lambda w: w.fine, "posts": lambda w: gpd.GeoSeries([_inside(w)], crs=32638),
        "demand": lambda w: w.fine > 900, "max_km": lambda _: 0.5,
    },
    "provenance.attribution_text": {"records": lambda _: [bz.datasets.record("places")]},
    "provenance.list_outputs": {"folder": lambda w: w.folder_of_its_own},
    "provenance.write_manifest": {"folder": lambda w: w.folder_of_its_own},
    "provenance.write_timing": {"folder": lambda w: w.folder_of_its_own, "stages": lambda w: w.result.stages},
    "report.open_result": {"folder": lambda w: w.written},
    "report.panel_page": {"result": lambda w: w.result},
    "report.edition": {"detail": lambda _: "public"},
    "scenario.named_after": {"path": lambda _: "x.toml"},
    "stream.raster_like": {"layer": lambda w: w.dem},
    "stream.terrain_to_files": {
        "folder": lambda w: w.folder_of_its_own, "source": lambda w: w.file("fine.tif"), "grid": lambda w: Grid.of(w.fine), "layers": lambda _: ["slope_deg"]
    },
    "difficulty.by_segment": {"layers": lambda w: w.attrs[["slope_deg"]]},
    "terrain.soluble_rock": {"polygons": _glim},
    "terrain.pans": _SMALL, "terrain.ridges": _SMALL, "terrain.wadis": _SMALL,
    "terrain.geomorphons": _SMALL,
    "terrain.relief": {"radius_m": lambda _: 90.0},
    "visibility.cumulative_viewshed": _LITS,
    "visibility.who_sees": _LITS,
    "visibility.height_to_be_seen": _LIT,
    "visibility.horizon": _LIT,
    "visibility.viewshed": _LIT,
    "visibility.masked_by_segment": {"dem": lambda w: w.beside, "spacing_m": lambda _: 2000.0},
    "visibility.masked_fraction": {
        "dem": lambda w: w.fine, "track": lambda w: _inside(w).buffer(200).exterior,
        "max_km": lambda _: 0.3,
    },
    "whatif.break_even": {},
    "whatif.compare": {},
    "whatif.pareto": {"table": lambda _: SWEPT},
    "whatif.regret": {"table": lambda _: SWEPT},
    "whatif.tornado": {"table": lambda _: SWEPT},
    "whatif.two_way": {"table": lambda _: SWEPT, "rows": lambda _: "kit", "columns": lambda _: "month"},
    "whatif.open_sweep": {"folder": lambda w: w.sweep},
    "whatif.read_plan": {"path": lambda w: w.plan},
    "Study.kit_question": {"ground": lambda w: w.result.ground},
    "Study.patrol_answer": {"ground": lambda w: w.result.ground},
    "whatif.sweep": {"vary": lambda _: {"force.crew": [4]}},
    "border.told_lengths": {"table": lambda _: bz.list_borders().head(3)},
    "border.is_line_file": {"text": lambda _: "line.geojson"},
    "Border.of": {"given": lambda _: ("JOR", "IRQ")},
    "Border.between": {"a": lambda _: "IRQ", "b": lambda _: "SYR"},
    "Border.from_line": {"line": lambda w: w.border.line},
    "Border.code_of": {"name": lambda w: w.border.b},
    "Border.country_beside": {"points": lambda w: w.border.line.interpolate(0.1)},
    "Border.country_of_cells": {"cells": lambda w: w.corridor.cells(w.grid)},
    "Corridor.check_segments": {"length_km": lambda _: 10.0, "segment_km": lambda _: 5.0},
    "Border.with_published_length": {"length_km": lambda w: 1.1 * w.border.length_km},
    "Border.from_polygons": {"a": lambda w: _mapped(w).iloc[[0]], "b": lambda w: _mapped(w).iloc[[1]]},
    "Border.between_km": {"a": lambda _: 1.0, "b": lambda _: 5.0},
    "Grid.covering": {"bounds": lambda _: (0, 0, 3e3, 3e3), "crs": lambda _: 32638, "resolution_m": lambda _: 300.0},
    "Grid.padded": {"cells": lambda _: 2},
    "Grid.wrap": {"values": lambda w: w.dem.to_numpy()},
    "Study.between": {"a": lambda _: "JOR", "b": lambda _: "IRQ"},
    "Study.from_name": {"name": lambda _: "as_is"},
}  # fmt: skip
_OWNERS: dict[str, Callable[[World], Any]] = {
    "Border": lambda w: w.border,
    "Corridor": lambda w: w.corridor,
    "Grid": lambda w: w.grid,
    "Scenario": lambda _: bz.Scenario(),
    "Study": lambda w: w.study,
}


def _with_posts(result: Any) -> Any:
    """Give a result as if places had been found for two posts."""
    siting = pd.DataFrame(
        {"posts": [1, 2], "seen_share": [0.1, 0.2], "bound_share": [0.1, 0.3], "gap": [0.0, 0.3]}
    )
    return dataclasses.replace(result, crossing=result.crossing.with_tables(siting=siting))


def _with_events(result: Any) -> Any:
    """Give the result as if it placed as many events as a figure of their weights takes."""
    table = result.incidents.pressure.copy()
    table.attrs = result.incidents.pressure.attrs | {"n_placed": 20}
    return changed(result, pressure=table)


def valid_call(name: str, door: Any, world: World) -> dict[str, Any]:
    """Give the arguments of the valid call of a door."""
    made = dict(USUAL) | ROWS.get(name, {})
    if name in _GOOD_PATH:
        made["path"] = lambda w: w.file(_GOOD_PATH[name])
    if name in _NEW_PATH:
        made["path"] = lambda w: w.new_path(_NEW_PATH[name])
    if name.startswith("terrain.") and name.count(".") == 1:
        made["dem"] = lambda w: w.fine
    if name.partition(".")[0] in _OWNERS:
        made["self"] = _OWNERS[name.partition(".")[0]]
    skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {
        parameter.name: made[parameter.name](world)
        for parameter in inspect.signature(door).parameters.values()
        if parameter.kind not in skipped
        and (parameter.default is parameter.empty or parameter.name in ROWS.get(name, {}))
    }


def call(door: Any, given: dict[str, Any]) -> Any:
    """Call a door; what runs later is run, and what it drew is closed."""
    own = dict(given)
    first = [own.pop("self")] if "self" in own else []
    try:
        result = door(*first, **own)
        if hasattr(result, "__enter__") and hasattr(result, "gen"):
            with result as made:
                if isinstance(made, Path) and not made.exists() and made.suffix:
                    made.write_text("x")
        return result
    finally:
        plt.close("all")


def wrong_values(world: World) -> dict[str, Any]:
    """Give what no door takes everywhere: wrong kinds, and wrong values of the right kind."""
    bare = world.dem.drop_vars("spatial_ref")
    bare.attrs = {}
    return {
        "none": None,
        "object": object(),
        "text": "x",
        "empty text": "",
        "nul": "a\0b",
        "bytes": b"x",
        "minus one": -1,
        "zero": 0,
        "half": 0.5,
        "true": True,
        "nan": float("nan"),
        "infinite": float("inf"),
        "400 digits": 10**400,
        "5,000 digits": 10**5000,
        "20 digits": 10**20,
        "complex": 1j,
        "day": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
        "empty list": [],
        "list of text": ["x", "y"],
        "ragged": [[1.0], [1.0, 2.0]],
        "empty dict": {},
        "dict": {"x": "y"},
        "set": set(),
        "function": lambda *_: "x",
        "forces": [patrol.Force(), patrol.Force()],
        "empty array": np.array([]),
        "cube": np.ones((2, 2, 2)),
        "array of nan": np.full(3, np.nan),
        "array of text": np.array(["x"]),
        "empty frame": pd.DataFrame(),
        "other frame": pd.DataFrame({"x": ["a"]}),
        "no geometry": gpd.GeoDataFrame({"x": [1]}),
        "no crs": gpd.GeoDataFrame({"x": [1]}, geometry=[shapely.Point(1, 2)]),
        "no shape": gpd.GeoDataFrame({"x": [1]}, geometry=[None], crs=4326),
        "other shapes": gpd.GeoDataFrame({"x": [1]}, geometry=[shapely.Point(1, 2)], crs=4326),
        "raster without crs": bare,
        "raster of text": xr.DataArray(np.array([["x"]]), dims=("y", "x")),
        "cut raster": world.dem[:1, :1],
        "empty dataset": xr.Dataset(),
        "geometry": shapely.Point(),
        "slice": slice(None, None, 2),
    }
