"""
Write a SYNTHETIC elevation of 30 m: seeded relief on top of the embedded grid of 2 minutes.

No elevation of 30 m ships, so speed and memory at that size are measured on invented ground. Its
large forms are those of the embedded grid. What is finer is noise: a sum of octaves whose height
falls as a power of their length, as high above a plain as the plain around is rough, with wadis cut
along the zero lines of two slower noises. The wadis are incised lines, not a drainage network.
Nothing finer than 2 minutes is where it is in nature, and every file says so.

Tiles are of one degree and lie as those of Copernicus GLO-30 do, half a cell off the whole degree.
Each height is a function of its place and the seed alone, so tiles meet without a seam and may be
written in any order. Memory is that of one strip of rows.

    python scripts/synthetic_relief_30m.py out/synthetic_30m
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from numba import njit, prange
from rasterio.windows import Window
from scipy import ndimage
from scipy.interpolate import RectBivariateSpline

import borderzone as bz

if TYPE_CHECKING:
    from collections.abc import Iterator

EMBEDDED = Path(__file__).resolve().parents[1] / "data" / "terrain" / "elevation.tif"
CELLS = 3600  # along a side of a tile
STRIP = 450  # rows in memory at once
DEPTH_KM, SEGMENT_KM = 50.0, 10.0

# Of the noise. The exponent of Hurst is in the middle of what is measured on land, and the
# shortest length is that at which four cells make a wave.
HURST = 0.7
LONGEST_S, OCTAVES = 120.0, 7  # spacing of the lattices in seconds of latitude, each half the last
GRADIENT_NOISE_RMS = 0.216  # of one octave of unit gradients, by sampling
# Standard deviation below a cell of 2' from the range within five by five of them: 25 draws range
# over 3.9 deviations, and heights within a window grow with its side to the power HURST.
RELIEF_WINDOW, WITHIN_CELL = 5, (1 / 5) ** HURST / 3.9
LEAST_M = 1.5
LON_SHRINK = float(
    np.cos(np.radians(34.5))
)  # makes the noise the same in all directions on the ground

# Of the wadis: spacing of the slow noise in seconds, half width as a share of it, deepest in metres.
WADIS = ((400.0, 0.030, 45.0), (110.0, 0.035, 15.0))

SAYS = (
    "SYNTHETIC: invented relief on the embedded elevation of 2 arc minutes. "
    "For tests of speed only. Nothing finer than 4 km is real"
)


@dataclass(frozen=True)
class Large:
    """The embedded grid as smooth surfaces over longitude and latitude."""

    height: RectBivariateSpline
    spread: RectBivariateSpline
    bounds: tuple[float, float, float, float]

    @classmethod
    def read(cls, path: Path = EMBEDDED) -> Large:
        """Fit the surfaces: cubic through the heights, linear through the spread of what is finer."""
        with rasterio.open(path) as source:
            z = source.read(1).astype(float)[::-1]
            west, south, east, north = source.bounds
        lat = south + (np.arange(z.shape[0]) + 0.5) * (north - south) / z.shape[0]
        lon = west + (np.arange(z.shape[1]) + 0.5) * (east - west) / z.shape[1]
        top = ndimage.maximum_filter(z, RELIEF_WINDOW)
        relief = ndimage.uniform_filter(top - ndimage.minimum_filter(z, RELIEF_WINDOW), 3)
        spread = np.maximum(LEAST_M, WITHIN_CELL * relief)
        return cls(
            height=RectBivariateSpline(lat, lon, z),
            spread=RectBivariateSpline(lat, lon, spread, kx=1, ky=1),
            bounds=(west, south, east, north),
        )


@njit
def gradients() -> Any:
    """Give 256 unit vectors, evenly around the circle."""
    angle = np.arange(256) * (2 * np.pi / 256)
    return np.column_stack((np.cos(angle), np.sin(angle)))


@njit(inline="always")
def direction(i: int, j: int, salt: int) -> int:
    """Choose the gradient of a lattice point: a hash of its place and the seed."""
    h = np.uint64(i) * np.uint64(0x9E3779B97F4A7C15)
    h ^= np.uint64(j) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= np.uint64(salt) * np.uint64(0x165667B19E3779F9)
    h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return np.int64(h >> np.uint64(56))


@njit(inline="always")
def gradient_noise(x: float, y: float, salt: int, vectors: Any) -> float:
    """Noise of Perlin (2002) on a lattice of spacing 1, turned by an angle of its own."""
    turn = 2.399963 * salt
    u = np.cos(turn) * x - np.sin(turn) * y
    v = np.sin(turn) * x + np.cos(turn) * y
    i, j = np.int64(np.floor(u)), np.int64(np.floor(v))
    u, v = u - i, v - j
    a = vectors[direction(i, j, salt)]
    b = vectors[direction(i + 1, j, salt)]
    c = vectors[direction(i, j + 1, salt)]
    d = vectors[direction(i + 1, j + 1, salt)]
    p = u * u * u * (u * (u * 6 - 15) + 10)
    q = v * v * v * (v * (v * 6 - 15) + 10)
    low = (a[0] * u + a[1] * v) * (1 - p) + (b[0] * (u - 1) + b[1] * v) * p
    high = (c[0] * u + c[1] * (v - 1)) * (1 - p) + (d[0] * (u - 1) + d[1] * (v - 1)) * p
    return low * (1 - q) + high * q


@njit(parallel=True)
def fine_relief(x: Any, y: Any, spread: Any, seed: int, octaves: Any, wadis: Any) -> Any:
    """
    Relief finer than the embedded grid, at places in seconds of latitude.

    Octaves hold a spacing and a height each; wadis a spacing, a half width and a depth.
    """
    vectors = gradients()
    out = np.empty((y.size, x.size), dtype=np.float32)
    for row in prange(y.size):
        for column in range(x.size):
            e, n, total = x[column], y[row], 0.0
            for k in range(octaves.shape[0]):
                salt = 64 * seed + k + 1
                total += octaves[k, 1] * gradient_noise(
                    e / octaves[k, 0], n / octaves[k, 0], salt, vectors
                )
            height = spread[row, column] * total
            for k in range(wadis.shape[0]):
                salt, step = 64 * seed + 32 + 2 * k, wadis[k, 0]
                slow = gradient_noise(e / step, n / step, salt, vectors)
                slow += 0.25 * gradient_noise(4 * e / step, 4 * n / step, salt + 1, vectors)
                off = abs(slow) / wadis[k, 1]
                if off < 1:
                    # A plain of the least spread has wadis of a fifth of the depth.
                    depth = wadis[k, 2] * min(1.0, 0.2 + 0.02 * (spread[row, column] - 1.5))
                    height -= depth * (1 - off * off) ** 2
            out[row, column] = height
    return out


def octave_heights() -> np.ndarray:
    """Spacing and height of every octave, so that together they have a deviation of 1."""
    spacing = LONGEST_S / 2.0 ** np.arange(OCTAVES)
    height = spacing**HURST
    height /= np.sqrt((height**2).sum()) * GRADIENT_NOISE_RMS
    return np.column_stack((spacing, height))


def heights(large: Large, lon: np.ndarray, lat: np.ndarray, seed: int) -> np.ndarray:
    """
    Synthetic heights at the crossings of falling latitudes and rising longitudes.

    Float32, to a sixteenth of a metre, NaN outside the embedded grid. Units: m.
    """
    rising = lat[::-1]
    base = large.height(rising, lon)[::-1]
    spread = np.ascontiguousarray(large.spread(rising, lon)[::-1])
    x, y = lon * 3600 * LON_SHRINK, lat * 3600
    z = base + fine_relief(x, y, spread, seed, octave_heights(), np.array(WADIS))
    west, south, east, north = large.bounds
    z[(lat < south) | (lat > north)] = np.nan
    z[:, (lon < west) | (lon > east)] = np.nan
    return (np.round(z * 16) / 16).astype(np.float32)


def tile_name(south: int, west: int) -> str:
    """Name of the tile with that corner, in the manner of GLO-30."""
    ns, ew = "S" if south < 0 else "N", "W" if west < 0 else "E"
    return f"SYNTHETIC_30m_{ns}{abs(south):02d}_00_{ew}{abs(west):03d}_00_DEM.tif"


def tiles_touched(
    a: str, b: str, *, depth_km: float, margin_km: float, bounds: tuple[float, float, float, float]
) -> list[tuple[int, int]]:
    """South and west of every tile of the embedded region that a corridor and its margin touch."""
    corridor = bz.Corridor.around(bz.Border.between(a, b), depth_km=depth_km, segment_km=SEGMENT_KM)
    ground = corridor.outline.to_crs(corridor.crs).buffer(margin_km * 1000)
    area = ground.segmentize(5000).to_crs(4326).union_all()
    area = area.intersection(shapely.box(*bounds))
    west, south, east, north = area.bounds
    return [
        (lat, lon)
        for lat in range(int(np.floor(south)), int(np.ceil(north)))
        for lon in range(int(np.floor(west)), int(np.ceil(east)))
        if area.intersects(shapely.box(lon, lat, lon + 1, lat + 1))
    ]


def strips(large: Large, south: int, west: int, seed: int) -> Iterator[tuple[int, np.ndarray]]:
    """Heights of a tile, some rows at a time, from the north."""
    lon = west + np.arange(CELLS) / CELLS
    for top in range(0, CELLS, STRIP):
        lat = south + 1 - np.arange(top, top + STRIP) / CELLS
        yield top, heights(large, lon, lat, seed)


def write_tile(folder: Path, large: Large, corner: tuple[int, int], seed: int) -> Path:
    """Write one tile as a tiled GeoTIFF, whole or not at all."""
    south, west = corner
    path = folder / tile_name(south, west)
    unfinished = path.with_suffix(".partial")
    half = 0.5 / CELLS
    profile = {
        "driver": "GTiff", "width": CELLS, "height": CELLS, "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "nodata": np.nan, "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "deflate", "zlevel": 1, "predictor": 3, "num_threads": 2,
        "transform": Affine(1 / CELLS, 0, west - half, 0, -1 / CELLS, south + 1 + half),
    }  # fmt: skip
    with rasterio.open(unfinished, "w", **profile) as target:
        target.update_tags(
            TIFFTAG_IMAGEDESCRIPTION=SAYS, SYNTHETIC="yes", SEED=str(seed), HURST=str(HURST)
        )
        target.set_band_description(1, SAYS)
        target.set_band_unit(1, "m")
        for top, z in strips(large, south, west, seed):
            target.write(z, 1, window=Window(0, top, CELLS, len(z)))
    return unfinished.rename(path)


def slope_deg(z: np.ndarray, lat: float) -> np.ndarray:
    """Slope by central differences, for cells of a second at a latitude."""
    north = np.gradient(z, axis=0) / (111_132 / CELLS)
    east = np.gradient(z, axis=1) / (111_320 * np.cos(np.radians(lat)) / CELLS)
    return np.degrees(np.arctan(np.hypot(north, east)))


def spectral_exponent(z: np.ndarray, waves: tuple[float, float] = (8, 100)) -> float:
    """Power of the wave number with which the power of a square of heights falls, by its lengths in cells."""
    cells = z.shape[0]
    axis = np.linspace(-1, 1, cells)
    plane = np.column_stack([np.ones(z.size), np.tile(axis, cells), np.repeat(axis, cells)])
    level = z.ravel() - plane @ np.linalg.lstsq(plane, z.ravel(), rcond=None)[0]
    window = np.hanning(cells)
    power = np.abs(np.fft.fft2(level.reshape(z.shape) * window * window[:, None])) ** 2
    wave = np.hypot(np.fft.fftfreq(cells), np.fft.fftfreq(cells)[:, None])
    edges = np.geomspace(1 / waves[1], 1 / waves[0], 12)
    ring = np.digitize(wave, edges)
    mean = [power[ring == k].mean() for k in range(1, len(edges))]
    return float(-np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(mean), 1)[0])


# Places to look at: plain, plateau and mountain of the corridor.
SAMPLES = {"plain at Bukamal": (34.2, 41.2), "Wadi Hauran": (33.2, 40.0), "Sinjar": (36.2, 41.7)}


def print_roughness(large: Large, seed: int) -> None:
    """Say how rough the ground is, before and after, at some places."""
    print(f"{'':20}{'median slope, 2 min':>21}{'30 m':>8}{'95 %':>8}{'exponent':>10}")
    for name, (lat0, lon0) in SAMPLES.items():
        lat, lon = lat0 + np.arange(900)[::-1] / CELLS, lon0 + np.arange(900) / CELLS
        base = large.height(lat[::-1], lon)[::-1]
        z = heights(large, lon, lat, seed).astype(float)
        steep = slope_deg(z, lat0)
        print(
            f"{name:20}{np.median(slope_deg(base, lat0)):19.2f} °{np.median(steep):7.2f}°"
            f"{np.percentile(steep, 95):7.2f}°{spectral_exponent(z):10.2f}"
        )


def main() -> None:
    """Write the tiles that a corridor touches, and say how rough and how large they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("folder", type=Path, help="folder to write; tiles that are there are kept")
    parser.add_argument("--border", nargs=2, default=("IRQ", "SYR"), metavar=("A", "B"))
    parser.add_argument("--depth-km", type=float, default=DEPTH_KM)
    parser.add_argument(
        "--margin-km", type=float, default=50.0, help="around the corridor, for travel times"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    large = Large.read()
    print_roughness(large, asked.seed)
    corners = tiles_touched(
        *asked.border, depth_km=asked.depth_km, margin_km=asked.margin_km, bounds=large.bounds
    )
    asked.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    for corner in corners:
        if not (asked.folder / tile_name(*corner)).exists():
            write_tile(asked.folder, large, corner, asked.seed)
    size = sum((asked.folder / tile_name(*corner)).stat().st_size for corner in corners)
    print(
        f"{len(corners)} tiles of {CELLS} x {CELLS} cells, {size / 1e6:.0f} MB, in "
        f"{time.perf_counter() - start:.0f} s: {asked.folder}"
    )


if __name__ == "__main__":
    main()
