"""
Restore elevation in metres from 8-bit JPEG relief tiles.

Input: the folder ``srtm/3`` of the relief tiles in the Debian package
marble-qt-data 4:22.12.3-1 (NASA SRTM30, public domain): 8 x 16 tiles of 675
pixels, 2 arc-minutes a pixel. JPEG keeps the cosine coefficients of each block
of 8 x 8 pixels only to within half a quantisation step. Among all grey images
inside those intervals this takes the one with the least second-order total
variation, by a primal-dual iteration, which removes the edges of the blocks
without leaving the data. A monotone curve then maps grey to metres; it was
fitted to elevations of GeoNames (CC BY 4.0) and ETOPO5.

Needs Pillow. Usage: elevation_from_relief_tiles.py TILES OUT.tif
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from PIL import Image
from scipy.fft import dctn, idctn

TILE = 675  # pixels a side
RES = 1 / 30  # degree
WEST, EAST, SOUTH, NORTH = 38, 47, 29.5, 38
FULL = TILE // 8 * 8  # the last, partial blocks of a tile are only held near their value
PARTIAL_SLACK = 6.0  # grey levels by which they may move
ITERATIONS = 400
SMOOTHING = 0.05
STEP = 1 / 8.0  # one over the norm of the operator of second differences

# Grey level and the elevation it stands for. Units: m.
CURVE = (
    (95, -4.0),
    (100, 14.2),
    (104, 24.4),
    (108, 34.3),
    (112, 47.2),
    (116, 58.5),
    (120, 89.0),
    (126, 157.0),
    (132, 175.9),
    (138, 288.7),
    (145, 410.4),
    (152, 525.0),
    (160, 662.8),
    (168, 809.5),
    (176, 963.9),
    (184, 1289.2),
    (192, 1695.1),
    (200, 2218.3),
    (210, 2510.8),
    (225, 2930.5),
)

Array = np.ndarray[Any, np.dtype[np.float64]]
Window = tuple[slice, slice]


def blocks(image: Array) -> Array:
    """Cut an image into blocks of 8 x 8 pixels."""
    return image.reshape(FULL // 8, 8, FULL // 8, 8).transpose(0, 2, 1, 3)


def unblocks(cut: Array) -> Array:
    """Put blocks together again."""
    return cut.transpose(0, 2, 1, 3).reshape(FULL, FULL)


def second_differences(image: Array) -> Array:
    """Second derivatives along x, along y, and mixed (weighted as in the Frobenius norm)."""
    xx, yy, xy = np.zeros_like(image), np.zeros_like(image), np.zeros_like(image)
    xx[:, 1:-1] = image[:, 2:] - 2 * image[:, 1:-1] + image[:, :-2]
    yy[1:-1] = image[2:] - 2 * image[1:-1] + image[:-2]
    mixed = image[1:, 1:] - image[1:, :-1] - image[:-1, 1:] + image[:-1, :-1]
    xy[:-1, :-1] = 2**0.5 * mixed
    return np.stack([xx, yy, xy])


def adjoint(dual: Array) -> Array:
    """Apply the transpose of `second_differences`."""
    xx, yy, xy = dual
    out = np.zeros_like(xx)
    for part, shift in ((1, 2), (-2, 1), (1, 0)):
        stop = shift - 2 or None
        out[:, shift:stop] += part * xx[:, 1:-1]
        out[shift:stop] += part * yy[1:-1]
    mixed = 2**0.5 * xy[:-1, :-1]
    out[1:, 1:] += mixed
    out[1:, :-1] -= mixed
    out[:-1, 1:] -= mixed
    out[:-1, :-1] += mixed
    return out


class Intervals:
    """All grey images that the JPEG tiles allow."""

    def __init__(self, tiles: Path, rows: range, columns: range) -> None:
        """Read the tiles and their quantisation tables."""
        self.grey = np.zeros((len(rows) * TILE, len(columns) * TILE))
        self.partial = np.ones(self.grey.shape, bool)
        self.parts: list[tuple[Window, Array, Array]] = []
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                image = Image.open(tiles / f"{row:06d}" / f"{row:06d}_{column:06d}.jpg")
                step = np.array(image.quantization[0], float).reshape(8, 8)
                top, left = i * TILE, j * TILE
                pixels = np.asarray(image.convert("L"), float)
                self.grey[top : top + TILE, left : left + TILE] = pixels
                window = (slice(top, top + FULL), slice(left, left + FULL))
                self.partial[window] = False
                kept = dctn(blocks(self.grey[window] - 128), axes=(2, 3), norm="ortho")
                self.parts.append((window, step, np.round(kept / step) * step))

    def nearest(self, image: Array) -> Array:
        """Project an image into the intervals."""
        out = image.copy()
        for window, step, kept in self.parts:
            waves = dctn(blocks(image[window] - 128), axes=(2, 3), norm="ortho")
            waves = np.clip(waves, kept - step / 2, kept + step / 2)
            out[window] = unblocks(idctn(waves, axes=(2, 3), norm="ortho")) + 128
        near = self.grey[self.partial]
        out[self.partial] = np.clip(image[self.partial], near - PARTIAL_SLACK, near + PARTIAL_SLACK)
        return out


def smoothest(allowed: Intervals) -> Array:
    """Find the allowed image with the least second-order total variation."""
    image = allowed.grey.copy()
    ahead, dual = image.copy(), np.zeros((3, *image.shape))
    for _ in range(ITERATIONS):
        dual = (dual + STEP * second_differences(ahead)) / (1 + SMOOTHING * STEP)
        dual /= np.maximum(1, np.sqrt((dual**2).sum(0)))
        new = allowed.nearest(image - STEP * adjoint(dual))
        ahead, image = 2 * new - image, new
    return image


def main(tiles: Path, out: Path) -> None:
    """Read the tiles of the region, restore them and write metres."""
    top, bottom = round((90 - NORTH) / RES), round((90 - SOUTH) / RES)
    left, right = round((WEST + 180) / RES), round((EAST + 180) / RES)
    rows = range(top // TILE, (bottom - 1) // TILE + 1)
    columns = range(left // TILE, (right - 1) // TILE + 1)
    image = smoothest(Intervals(tiles, rows, columns))
    image = image[
        top - rows[0] * TILE : bottom - rows[0] * TILE,
        left - columns[0] * TILE : right - columns[0] * TILE,
    ]
    metres = np.round(np.interp(image, *np.transpose(CURVE))).astype("int16")
    with rasterio.open(
        out,
        "w",
        driver="GTiff",
        height=metres.shape[0],
        width=metres.shape[1],
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=Affine(RES, 0, WEST, 0, -RES, NORTH),
        nodata=-32768,
        compress="deflate",
        predictor=2,
        zlevel=9,
    ) as target:
        target.write(metres, 1)
        target.update_tags(
            SOURCE="NASA SRTM30 as 8-bit relief tiles (Debian package marble-qt-data "
            "4:22.12.3-1, srtm level 3), public domain",
            METHOD="JPEG deblocking: second-order total variation within the quantisation "
            "intervals; grey-to-metre curve fitted to GeoNames (CC BY 4.0) and ETOPO5",
        )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
