"""
The ground of a corridor as an analyst would compute it in an afternoon, from public libraries.

geopandas and shapely for the corridor, rasterio for tiles and frames, xarray-spatial for slope, numpy
and scipy for the rest of the terrain, scikit-image for travel time. It is here to be measured
against `borderzone report`, on the same tiles, frame and rules, and knows nothing of borderzone.
Whole layers are held in memory, as such scripts do. Run by `bench_corridor_30m.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stages import Stages

stage = Stages()

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
import xarray as xr
import xrspatial
from pyproj import Geod
from rasterio.features import rasterize, shapes
from rasterio.merge import merge
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.graph import MCP_Geometric

with Path(sys.argv[1]).open(encoding="utf-8") as file:
    CASE = json.load(file)
DATA, OUT = Path(CASE["data"]), Path(CASE["out"])
FINE, WORK = CASE["terrain_m"], CASE["work_m"]
MARGIN = round(50_000 / WORK) * WORK
# Land cover class: bare, and speed of a vehicle against bare ground. The rest is 0.3.
SPEED = {
    0: 0,
    6: 0.6,
    7: 0.9,
    8: 0.5,
    9: 0.8,
    10: 1,
    11: 0.2,
    12: 0.7,
    13: 1,
    14: 0.7,
    16: 1,
    17: 0,
}

stage("border and corridor")
borders = gpd.read_parquet(DATA / "boundaries/borders.parquet")
pair = {"IRQ", "SYR"}
line = borders[[{a, b} == pair for a, b in zip(borders.adm0_a3_l, borders.adm0_a3_r)]]
line = shapely.line_merge(line.geometry.union_all())
if line.coords[0][1] > line.coords[-1][1]:
    line = line.reverse()
azimuth, _, length = Geod(ellps="WGS84").inv(*line.coords[0], *line.coords[-1])
lon, lat, _ = Geod(ellps="WGS84").fwd(*line.coords[0], azimuth, length / 2)
azimuth = Geod(ellps="WGS84").inv(lon, lat, *line.coords[-1])[0]
FRAME = f"+proj=omerc +lat_0={lat} +lonc={lon} +alpha={azimuth} +gamma=90 +datum=WGS84 +units=m"
line = gpd.GeoSeries([line], crs=4326).segmentize(0.01).to_crs(FRAME).iloc[0]
strip = line.buffer(CASE["depth_km"] * 1000, cap_style="flat")
step = line.length / np.ceil(line.length / (CASE["segment_km"] * 1000))


def grid(cell, margin):
    """Transform and shape of a grid over the corridor."""
    left, bottom, right, top = strip.bounds
    left, top = WORK * np.floor(left / WORK) - margin, WORK * np.ceil(top / WORK) + margin
    columns = np.ceil(np.ceil((right + margin - left) / WORK) * WORK / cell)
    rows = np.ceil(np.ceil((top - bottom + margin) / WORK) * WORK / cell)
    return from_origin(left, top, cell, cell), (int(rows), int(columns))


def onto(source, transform, shape, how, from_transform=None, empty=np.nan):
    """Bring an array, or a file, onto a grid."""
    out = np.full(shape, empty, np.float32)
    if isinstance(source, Path):
        with rasterio.open(source) as opened:
            source, from_transform = opened.read(1).astype(np.float32), opened.transform
    reproject(
        source, out, src_transform=from_transform, src_crs="EPSG:4326", src_nodata=np.nan,
        dst_transform=transform, dst_crs=FRAME, dst_nodata=np.nan, resampling=how, num_threads=2,
    )  # fmt: skip
    return out


def segments_of(transform, shape):
    """Segment of each cell, by the nearest point of the line; -1 outside."""
    along = np.arange(0, line.length, 100)
    tree = cKDTree(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))
    inside = rasterize([strip], shape, transform=transform, fill=0).astype(bool)
    rows, columns = np.nonzero(inside)
    x, y = transform * (columns + 0.5, rows + 0.5)
    nearest = tree.query(np.column_stack([x, y]), workers=2)[1]
    found = np.full(shape, -1, np.int16)
    found[inside] = along[nearest] // step
    return found


stage("mosaic and warp")
mosaic, lattice = merge(sorted(Path(CASE["tiles"]).glob("*.tif")))
fine, fine_shape = grid(FINE, 0)
wide, wide_shape = grid(WORK, MARGIN)
work, work_shape = grid(WORK, 0)
dem_wide = onto(mosaic[0], wide, wide_shape, Resampling.average, from_transform=lattice)
how = Resampling.average if FINE > 60 else Resampling.cubic
dem = onto(mosaic[0], fine, fine_shape, how, from_transform=lattice)
del mosaic
# Running sums of scipy carry a NaN along the whole row; the holes lie outside the strip.
dem[np.isnan(dem)] = 0
cover_wide = onto(DATA / "terrain/landcover.tif", wide, wide_shape, Resampling.nearest, empty=255)

stage("segments")
segment_work = segments_of(work, work_shape)
segment = segments_of(*grid(10 * FINE, 0)) if 10 * FINE <= WORK else segment_work
times = 10 if 10 * FINE <= WORK else round(WORK / FINE)
segment = segment.repeat(times, 0).repeat(times, 1)[: fine_shape[0], : fine_shape[1]]

stage("slope")


def slope_of(z, cell):
    """Horn's slope in degrees."""
    y, x = -np.arange(z.shape[0]) * cell, np.arange(z.shape[1]) * cell
    return xrspatial.slope(xr.DataArray(z, {"y": y, "x": x}, ("y", "x"), attrs={"res": cell})).data


slope = slope_of(dem, FINE)

stage("TRI")
tri = np.zeros_like(dem)
for down in (-1, 0, 1):
    for right in (-1, 0, 1):
        tri += (np.roll(dem, (down, right), (0, 1)) - dem) ** 2
tri = np.sqrt(tri)

stage("VRM")
north, east = np.gradient(dem, FINE)
up = 1 / np.sqrt(1 + north**2 + east**2)
total = sum(ndimage.uniform_filter(part, 3) ** 2 for part in (up, north * up, east * up))
vrm = 1 - np.sqrt(total)
del north, east, up, total

stage("TPI")
tpi = (dem - ndimage.uniform_filter(dem, 3)) * np.float32(9 / 8)

stage("relief")
size = 2 * round(1000 / FINE) + 1
# A square, because a filter over a disc of this size takes hours.
relief = ndimage.maximum_filter(dem, max(size, 3)) - ndimage.minimum_filter(dem, max(size, 3))

stage("travel time")
slope_wide = np.tan(np.radians(slope_of(dem_wide, WORK)))
factor = np.full(256, 0.3)
factor[list(SPEED)] = list(SPEED.values())
factor = factor[np.nan_to_num(cover_wide, nan=255).astype(int)]
with np.errstate(divide="ignore", invalid="ignore"):
    vehicle = 15 * np.maximum(0, 1 - slope_wide / 0.3) * factor
    cost = np.where(vehicle > 0, WORK / 1000 / vehicle, -1)
towns = gpd.read_parquet(DATA / "places/places.parquet")
fields = gpd.read_parquet(DATA / "places/airfields.parquet")
fields = fields[fields.kind.isin(["small_airport", "medium_airport", "large_airport"])]
# Iraq's force: it starts in Iraq and stops at the border.
iraq = gpd.read_parquet(DATA / "boundaries/countries.parquet").query("code == 'IRQ'").to_crs(FRAME)
cost[rasterize(iraq.geometry, wide_shape, transform=wide, fill=0) == 0] = -1
both = [towns[towns.country == "IRQ"].geometry, fields[fields.country == "IRQ"].geometry]
points = pd.concat(both).to_crs(FRAME)
columns, rows = ~wide * (points.x.to_numpy(), points.y.to_numpy())
rows, columns = np.floor(rows).astype(int), np.floor(columns).astype(int)
near = (rows >= 0) & (rows < wide_shape[0]) & (columns >= 0) & (columns < wide_shape[1])
starts = [(r, c) for r, c in zip(rows[near], columns[near]) if cost[r, c] > 0]
hours_wide = MCP_Geometric(cost).find_costs(starts)[0]
pad = round(MARGIN / WORK)
hours = hours_wide[pad : pad + work_shape[0], pad : pad + work_shape[1]].astype(np.float32)

stage("flags")
rows = (np.arange(fine_shape[0]) * FINE / WORK).astype(int)
columns = (np.arange(fine_shape[1]) * FINE / WORK).astype(int)
bare = cover_wide[pad : pad + work_shape[0], pad : pad + work_shape[1]] == 16
remote_work = bare & (hours > 2) & (segment_work >= 0)
remote = remote_work[np.ix_(rows, columns)] & (segment >= 0)
karst = gpd.read_file(DATA / "terrain/karst.geojson").to_crs(FRAME).sort_values("susceptibility")
rank = rasterize(
    zip(karst.geometry, karst.susceptibility), fine_shape, transform=fine, dtype="uint8"
)
steep = np.maximum(np.clip(slope / 10, 0.05, 1), np.clip(-tpi / 50, 0.05, 1))
members = [(2, rank / np.float32(3)), (0.5, np.clip(relief / 150, 0.05, 1)), (0.5, steep)]
product = inverse = np.float32(1)
for weight, member in members:
    product = product * member ** np.float32(weight)
    inverse = inverse * (1 - member) ** np.float32(weight)
score = (1 - inverse) ** 0.75 * product**0.25
cave = (score >= 0.45) & (rank > 0) & (segment >= 0)
del steep, members, product, inverse

stage("zones")
labels, count = ndimage.label(remote_work, np.ones((3, 3)))
area_km2 = np.bincount(labels.ravel())[1:] * (WORK / 1000) ** 2
large = np.isin(labels, np.flatnonzero(area_km2 >= 100) + 1)
zones = gpd.GeoDataFrame(
    geometry=[
        shapely.geometry.shape(shape)
        for shape, value in shapes(labels.astype(np.int32), large, 8, work)
    ],
    crs=FRAME,
).to_crs(4326)
zones.to_file(OUT / "handmade_zones.gpkg")

stage("summary by segment")
inside = segment >= 0
surface = factor[pad : pad + work_shape[0], pad : pad + work_shape[1]][np.ix_(rows, columns)]
going = surface[inside] * np.maximum(0, 1 - np.tan(np.radians(slope[inside])) / 0.3)
cells = pd.DataFrame({
    "segment": segment[inside], "slope_deg": slope[inside], "relief_m": relief[inside],
    "tri_m": tri[inside], "pace": np.where(going > 0, 1 / np.maximum(going, 1e-9), np.nan),
    "remote_share_both": remote[inside], "cave": np.where(rank[inside] > 0, cave[inside], np.nan),
})  # fmt: skip
table = cells.groupby("segment").mean()
table["patrol_speed_factor"] = 1 / table.pop("pace")
reached = (segment_work >= 0) & np.isfinite(hours)
table["hours_median"] = pd.Series(hours[reached]).groupby(segment_work[reached]).median()
table.to_csv(OUT / "handmade_segments.csv")

stage("rasters")
profile = {
    "driver": "GTiff", "height": fine_shape[0], "width": fine_shape[1], "count": 1,
    "dtype": "float32", "crs": FRAME, "transform": fine, "tiled": True, "compress": "deflate",
    "predictor": 3, "zlevel": 1, "num_threads": 2,
}  # fmt: skip
layers = {"elevation": dem, "slope": slope, "tri": tri, "vrm": vrm, "tpi": tpi, "relief": relief}
for name, layer in layers.items():
    with rasterio.open(OUT / f"handmade_{name}.tif", "w", **profile) as target:
        target.write(layer.astype(np.float32), 1)
result = {
    "zones_km2": float(area_km2[area_km2 >= 100].sum()),
    "remote_share": float(remote[inside].mean()),
    "cave_share_of_rock": float(cave[inside & (rank > 0)].mean()),
}
(OUT / "handmade_result.json").write_text(json.dumps(result), encoding="utf-8")
stage.write(OUT / "handmade_stages.json")
