"""Operators on the 3 x 3 neighbourhood of a cell, and on the disc around it.

Slope, aspect, curvatures, ruggedness and hillshade; mean and relief. Every kernel takes a raster `z` that already carries its halo (one cell each way,
two and more for `vector_ruggedness`) and writes the inner cells to the outputs, the first at
row `row0` and column `col0`. So one kernel serves the inside of a raster, which is its own
halo, the bands of rows that threads share out, and the strips along its rim, whose halo is
extrapolated. Each cell is computed on its own from its neighbours, in one order: the answer does
not depend on the number of threads. (Threads take bands outside these loops, which let the
interpreter go: the compiler needs half the time for them that way.)

Differences are taken before anything is summed, so that float32 loses nothing at an elevation of
several thousand metres. Numbers enter through the tuple `k`, in the type of `z`, because a
literal would lift every operation to float64.

Summits stand at the end. A cell is a summit if no cell asked for within a radius is higher, and of equal ones it is the first, row by
row. Its descent is the least that one must go down on the way to higher ground or out of
the circle, by steps to the eight neighbours over known cells: water that rises from the summit's foot would
cut it off at that depth. Where no way leads out, it is the descent to its lowest cell.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "above_mean",
    "are_highest",
    "constants",
    "curvatures",
    "descents",
    "hillshade",
    "n_impossible",
    "relief",
    "vector_ruggedness",
    "window_layers",
]

# atan(t) / t as a polynomial of t squared, 0 <= t <= 1: a fit at Chebyshev nodes whose largest
# relative error is 1.6e-8, a quarter of what float32 rounds away.
_ARCTAN = (
    0.999999984243,
    -0.333330667807,
    0.199924835785,
    -0.142025705117,
    0.106367540982,
    -0.074954454434,
    0.042587607466,
    -0.016005030503,
    0.002834064299,
)

_BLOCK = 16  # rows whose normals stay in the cache together
_FAST: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
}
# Sums of products are not fused where the same layer is computed along with others or alone.
_EXACT: dict[str, Any] = {**_FAST, "fastmath": False}
_INLINE: dict[str, Any] = {**_FAST, "cache": False, "inline": "always"}


def constants(dtype: np.dtype[Any], weights: tuple[float, ...]) -> tuple[Any, ...]:
    """Every number that the kernels need, in one floating type."""
    # dtype: type of the raster.
    # weights: weight of a corner and of a side of the window, and what their weighted sums of
    # differences east and north are multiplied by: ``(corner, side, kx, ky)``.
    # Returns the weights, 0, 1, 90, 180, 360, 1/8, then the arctangent's coefficients in degrees.
    numbers = (*weights, 0.0, 1.0, 90.0, 180.0, 360.0, 0.125, *np.degrees(_ARCTAN))
    return tuple(dtype.type(number) for number in numbers)


@njit(**_INLINE)
def _arctan_deg(t: float, k: tuple[Any, ...]) -> Any:
    """Arctangent of 0 <= t <= 1 in degrees."""
    u = t * t
    high = k[14] + u * (k[15] + u * (k[16] + u * (k[17] + u * k[18])))
    return t * (k[10] + u * (k[11] + u * (k[12] + u * (k[13] + u * high))))


@njit(**_INLINE)
def _gradient(z: FloatArray, i: int, j: int, k: tuple[Any, ...]) -> Any:
    """Rise over run to the east and to the north; NaN if any of the nine cells is NaN."""
    west_north, north, east_north = z[i - 1, j - 1], z[i - 1, j], z[i - 1, j + 1]
    west_south, south, east_south = z[i + 1, j - 1], z[i + 1, j], z[i + 1, j + 1]
    diagonal_a = east_north - west_south
    diagonal_b = east_south - west_north
    # The centre has no weight, but where it is unknown so is the gradient.
    east = k[0] * (diagonal_a + diagonal_b) + k[1] * (z[i, j + 1] - z[i, j - 1])
    up = k[0] * (diagonal_a - diagonal_b) + k[1] * (north - south)
    return east * k[2] + k[4] * z[i, j], up * k[3]


@njit(**_INLINE)
def _slope_deg(east: float, north: float, k: tuple[Any, ...]) -> Any:
    steep = np.sqrt(east * east + north * north)
    above = steep > k[5]
    angle = _arctan_deg(k[5] / steep if above else steep, k)
    return k[6] - angle if above else angle


@njit(**_INLINE)
def _aspect_deg(east: float, north: float, k: tuple[Any, ...]) -> Any:
    """Azimuth of the steepest descent; flat ground divides 0 by 0 and is NaN."""
    across, along = abs(east), abs(north)
    steep = across > along
    angle = _arctan_deg(along / across if steep else across / along, k)
    angle = k[6] - angle if steep else angle
    angle = k[7] - angle if north > k[4] else angle
    angle = k[8] - angle if east > k[4] else angle
    return angle if angle < k[8] or angle != angle else k[4]  # noqa: PLR0124 - NaN stays NaN


@njit(**_INLINE)
def _differences(z: FloatArray, i: int, j: int) -> Any:
    centre = z[i, j]
    return (
        z[i - 1, j - 1] - centre,
        z[i - 1, j] - centre,
        z[i - 1, j + 1] - centre,
        z[i, j - 1] - centre,
        z[i, j + 1] - centre,
        z[i + 1, j - 1] - centre,
        z[i + 1, j] - centre,
        z[i + 1, j + 1] - centre,
    )


@njit(**_INLINE)
def _impossible_in_row(z: FloatArray, i: int) -> Any:
    """Count numbers of a row that are no heights, as `focal.n_impossible` does, on their way by."""
    most, void, short = z.dtype.type(1e6), z.dtype.type(-9999), z.dtype.type(-32768)
    count = 0
    for j in range(z.shape[1]):
        count += (abs(z[i, j]) > most) | (z[i, j] == void) | (z[i, j] == short)
    return count


@njit(**_INLINE)
def _higher(a: Any, b: Any) -> Any:
    return a if a > b else b  # noqa: FURB136 - max() is not made into vector instructions


@njit(**_INLINE)
def _lower(a: Any, b: Any) -> Any:
    return a if a < b else b  # noqa: FURB136 - min() and max() are not made into vector instructions


# In numpy, with the partial quartic of Zevenbergen and Thorne:
#   p, q = east and north differences of the side neighbours over two cells,
#   r, t = their second differences, s = the difference of the diagonals over 4 dx dy,
# and g = p ** 2 + q ** 2:
#   profile = -(r p^2 + 2 s p q + t q^2) / (g (1 + g) ** 1.5)
#   plan    = -(r q^2 - 2 s p q + t p^2) / g ** 1.5
# and total is r + t with the sign changed. Profile and plan are 0 where g is 0.
@njit(**_EXACT)
def curvatures(  # noqa: C901, PLR0913, PLR0917 - one output a layer; None leaves it out
    z: FloatArray,
    steps: tuple[Any, ...],
    row0: int,
    col0: int,
    profile: FloatArray | None,
    plan: FloatArray | None,
    total: FloatArray | None,
) -> Any:
    """Compute the curvatures of the surface in one pass."""
    # z: elevation with a halo of one cell.
    # steps: 0, 1, 2, 1 / (2 dx), 1 / (2 dy), 1 / dx^2, 1 / dy^2 and 1 / (4 dx dy), in the type of
    # `z`.
    # row0, col0: where in the outputs the first inner cell goes.
    # profile, plan, total: outputs, one over the unit of `z`, float32, or None.
    # Returns number of heights that are none.
    impossible = _impossible_in_row(z, 0) + _impossible_in_row(z, 1)
    for i in range(1, z.shape[0] - 1):
        impossible += _impossible_in_row(z, i + 1)
        row = row0 + i - 1
        if profile is not None:
            profile_line = profile[row, col0:]
        if plan is not None:
            plan_line = plan[row, col0:]
        if total is not None:
            total_line = total[row, col0:]
        for j in range(1, z.shape[1] - 1):
            a, b, c, d, e, f, g, h = _differences(z, i, j)
            # Corners have no weight in r and t, but where one is unknown so is the answer.
            known = steps[0] * ((a + h) + (c + f))
            p, q = (e - d) * steps[3], (b - g) * steps[4]
            r, t = (e + d) * steps[5] + known, (b + g) * steps[6]
            s = ((c - a) + (f - h)) * steps[7]
            steep, twist = p * p + q * q, steps[2] * s * p * q
            level = steep == steps[0]
            safe = steps[1] if level else steep
            root = np.sqrt(safe)
            if profile is not None:
                one = steps[1] + steep
                value = -(r * p * p + twist + t * q * q) / (safe * one * np.sqrt(one))
                profile_line[j - 1] = value
            if plan is not None:
                value = -(r * q * q - twist + t * p * p) / (safe * root)
                plan_line[j - 1] = value
            if total is not None:
                total_line[j - 1] = -(r + t)
    return impossible


# In numpy, with d the eight differences of the neighbours from the centre, and gx, gy the
# weighted differences (Horn: corner 1, side 2, kx = 1 / (8 dx); Zevenbergen-Thorne: 0, 1, 1 / (2 dx)):
#   slope  = degrees(arctan(hypot(gx, gy)))          aspect = degrees(arctan2(-gx, -gy)) % 360
#   riley  = sqrt(sum(d ** 2))   wilson = mean(abs(d))   tpi = -mean(d)
# Roughness is the largest of d and 0 less the smallest.
@njit(**_FAST)
def window_layers(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one loop and one output a layer; None leaves it out
    z: FloatArray,
    k: tuple[Any, ...],
    row0: int,
    col0: int,
    slope: FloatArray | None,
    aspect: FloatArray | None,
    riley: FloatArray | None,
    wilson: FloatArray | None,
    tpi: FloatArray | None,
    roughness: FloatArray | None,
) -> Any:
    """All layers of the 3 x 3 window in one pass over the raster."""
    # z: elevation with a halo of one cell.
    # k: numbers from `constants`.
    # row0, col0: where in the outputs the first inner cell goes.
    # slope, aspect: outputs in degrees, float32, or None. Aspect is the way down, clockwise from
    # north.
    # riley, wilson, tpi, roughness: outputs in the unit of `z`, float32, or None.
    # Returns number of heights that are none.
    # One inner loop for each layer: short loops with one output become vector instructions, and
    # the three rows of `z` they share stay in the cache. A row of an output is taken first: with a
    # row and a column added to the indices the loop would take twice as long.
    impossible = _impossible_in_row(z, 0) + _impossible_in_row(z, 1)
    for i in range(1, z.shape[0] - 1):
        impossible += _impossible_in_row(z, i + 1)
        row = row0 + i - 1
        if slope is not None:
            line = slope[row, col0:]
            for j in range(1, z.shape[1] - 1):
                east, north = _gradient(z, i, j, k)
                line[j - 1] = _slope_deg(east, north, k)
        if aspect is not None:
            line = aspect[row, col0:]
            for j in range(1, z.shape[1] - 1):
                east, north = _gradient(z, i, j, k)
                line[j - 1] = _aspect_deg(east, north, k)
        if riley is not None:
            line = riley[row, col0:]
            for j in range(1, z.shape[1] - 1):
                a, b, c, d, e, f, g, h = _differences(z, i, j)
                square = (a * a + b * b) + (c * c + d * d) + (e * e + f * f) + (g * g + h * h)
                line[j - 1] = np.sqrt(square)
        if wilson is not None:
            line = wilson[row, col0:]
            for j in range(1, z.shape[1] - 1):
                a, b, c, d, e, f, g, h = _differences(z, i, j)
                size = (abs(a) + abs(b)) + (abs(c) + abs(d)) + (abs(e) + abs(f)) + (abs(g) + abs(h))
                line[j - 1] = size * k[9]
        if tpi is not None:
            line = tpi[row, col0:]
            for j in range(1, z.shape[1] - 1):
                a, b, c, d, e, f, g, h = _differences(z, i, j)
                line[j - 1] = k[4] - ((a + h) + (b + g) + (c + f) + (d + e)) * k[9]
        if roughness is not None:
            line = roughness[row, col0:]
            for j in range(1, z.shape[1] - 1):
                a, b, c, d, e, f, g, h = _differences(z, i, j)
                up, low = _higher(_higher(a, b), _higher(c, d)), _lower(_lower(a, b), _lower(c, d))
                up = _higher(up, _higher(_higher(e, f), _higher(g, h)))
                low = _lower(low, _lower(_lower(e, f), _lower(g, h)))
                # A sum is NaN where any of its terms is; a comparison would lose that.
                known = k[4] * ((a + h) + (b + g) + (c + f) + (d + e))
                line[j - 1] = _higher(up, k[4]) - _lower(low, k[4]) + known
    return impossible


@njit(**_FAST)
def _add_deviations(
    normals: FloatArray, row: int, first: int, middle_row: int, middle: int, sums: FloatArray
) -> None:
    """Add up, column by column, how far a row of normals is from another, and its square."""
    ax, ay, az = normals[row, 0, first:], normals[row, 1, first:], normals[row, 2, first:]
    bx, by = normals[middle_row, 0, middle:], normals[middle_row, 1, middle:]
    bz = normals[middle_row, 2, middle:]
    for j in range(sums.shape[1]):
        ex, ey, ez = ax[j] - bx[j], ay[j] - by[j], az[j] - bz[j]
        sums[0, j] += ex
        sums[1, j] += ey
        sums[2, j] += ez
        sums[3, j] += ex * ex + ey * ey + ez * ez


@njit(**_FAST)
def _ruggedness_of_rows(  # noqa: PLR0913, PLR0917 - whole arrays and a place: slices are slower
    z: FloatArray, k: tuple[Any, ...], half: int, top: int, row0: int, col0: int, out: FloatArray
) -> None:
    rows = min(_BLOCK, z.shape[0] - 2 * half - 2 - top)
    nx, count = z.shape[1] - 2 * half - 2, (2 * half + 1) ** 2
    normals = np.empty((rows + 2 * half, 3, nx + 2 * half))
    for i in range(normals.shape[0]):
        for j in range(normals.shape[2]):
            east, north = _gradient(z, top + i + 1, j + 1, k)
            gx, gy = np.float64(east), np.float64(north)
            scale = 1.0 / np.sqrt(1.0 + gx * gx + gy * gy)
            normals[i, 0, j], normals[i, 1, j], normals[i, 2, j] = gx * scale, gy * scale, scale
    sums = np.empty((4, nx))
    for i in range(rows):
        sums[:] = 0.0
        for p in range(2 * half + 1):
            for q in range(2 * half + 1):
                _add_deviations(normals, i + p, q, i + half, half, sums)
        middle, line = normals[i + half], out[row0 + top + i, col0:]
        for j in range(nx):
            cx, cy, cz = middle[0, j + half], middle[1, j + half], middle[2, j + half]
            sx, sy, sz = sums[0, j], sums[1, j], sums[2, j]
            scatter = sums[3, j] - (sx * sx + sy * sy + sz * sz) / count
            tx, ty, tz = sx + count * cx, sy + count * cy, sz + count * cz
            length = np.sqrt(tx * tx + ty * ty + tz * tz)
            # max() would turn NaN into 0.
            value = 0.0 if scatter < 0.0 else scatter / (count + length)
            line[j] = value


# In words: 1 - norm(sum of n) / N for the normals n of the N cells of the window, where
# n is (-gx, -gy, 1) / sqrt(1 + gx ** 2 + gy ** 2). Written that way, small values drown in rounding.
# As normals have length one, it equals the sum of norm(n - mean of n) ** 2 over
# (N + norm(sum of n)), which is exactly 0 on a plane; deviations are taken from the centre's normal.
@njit(**_FAST)
def vector_ruggedness(
    z: FloatArray, k: tuple[Any, ...], half: int, row0: int, col0: int, out: FloatArray
) -> None:
    """Dispersion of the surface normals in a square window."""
    # z: elevation with a halo of ``half + 1`` cells.
    # k: numbers from `constants`.
    # half: the window reaches this many cells each way.
    # row0, col0: where in the output the first inner cell goes.
    # out: output, 0 to 1, float32.
    for part in range((z.shape[0] - 2 * half - 2 + _BLOCK - 1) // _BLOCK):
        _ruggedness_of_rows(z, k, half, part * _BLOCK, row0, col0, out)


# In numpy, for suns s of unit length (east, north, up) and normals n as above:
#   shade = sum(w * maximum(0, n @ s)), with w = 1 for one sun and otherwise w = sin(azimuth - aspect) ** 2 / sum,
# as in the multidirectional hillshade of Mark (1992); on flat ground all suns weigh the same.
@njit(**_FAST)
def hillshade(
    z: FloatArray, k: tuple[Any, ...], suns: FloatArray, row0: int, col0: int, out: FloatArray
) -> None:
    """Share of the light that a surface receives from one or several suns."""
    # z: elevation with a halo of one cell.
    # k: numbers from `constants`.
    # suns: one row a sun: its direction east, north and up, of length one.
    # row0, col0: where in the output the first inner cell goes.
    # out: output, 0 to 1, float32.
    n_suns = suns.shape[0]
    for i in range(1, z.shape[0] - 1):
        line = out[row0 + i - 1, col0:]
        for j in range(1, z.shape[1] - 1):
            east, north = _gradient(z, i, j, k)
            gx, gy = np.float64(east), np.float64(north)
            scale = 1.0 / np.sqrt(1.0 + gx * gx + gy * gy)
            level = gx == 0.0 and gy == 0.0
            total = weight = 0.0
            for n in range(n_suns):
                light = (suns[n, 2] - gx * suns[n, 0] - gy * suns[n, 1]) * scale
                across = gx * suns[n, 1] - gy * suns[n, 0]
                share = 1.0 if n_suns == 1 or level else across * across
                # max() would turn NaN into 0.
                total += share * (0.0 if light < 0.0 else light)  # noqa: FURB136 - min() and max() are not made into vector instructions
                weight += share
            line[j - 1] = total / weight


# Operators on the disc around a cell: mean and relief, whatever the radius.
#
# A disc is given by its half-widths: how many cells it reaches to each side in each of its rows.
# The raster `z` carries its halo, as above. Work grows with the radius, not with its
# square: a row of the disc is a difference of two running sums, or the larger of two
# overlapping runs whose extremes are known. Both are kept for one tile at a time, so that they stay
# in the cache. Sums are of whole numbers: heights in units of 2 ** -24 m, which holds any float32 of
# half a metre and more as it is, and others to 3e-8 m. So the answer does not depend on where a tile, a block or a
# band begins, to the last bit.

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_ROWS, _COLS = 64, 256  # cells of output in a tile
_PER_M = 16777216.0  # 2 ** 24


@njit(**_OPTIONS)
def n_impossible(z: FloatArray) -> Any:
    """Count numbers that are no heights: infinite, beyond 1,000 km, or a usual mark of no data."""
    # z: heights.
    # Returns the number; NaN is not counted.
    most, void, short = z.dtype.type(1e6), z.dtype.type(-9999), z.dtype.type(-32768)
    count = 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            count += (abs(z[i, j]) > most) | (z[i, j] == void) | (z[i, j] == short)
    return count


@njit(**_OPTIONS)
def _running_sums(z: FloatArray, top: int, left: int, sums: IntArray, gaps: IntArray) -> Any:
    """Along each row, sum the heights and count the cells without one; say if there is any."""
    some = False
    for i in range(sums.shape[0]):
        for j in range(sums.shape[1] - 1):
            height = np.float64(z[top + i, left + j])
            known = height == height  # noqa: PLR0124 - NaN differs from itself
            some = some or not known
            sums[i, j + 1] = sums[i, j] + (np.int64(np.rint(height * _PER_M)) if known else 0)
            gaps[i, j + 1] = gaps[i, j] + (0 if known else 1)
    return some


@njit(**_OPTIONS)
def _add_rows(sums: IntArray, row: int, half_widths: IntArray, side: int, total: IntArray) -> None:
    """Add to each total the cells of the disc that starts in a row of `sums`."""
    for p in range(half_widths.size):
        wide = half_widths[p]
        if wide >= 0:
            right, left = sums[row + p, side + wide + 1 :], sums[row + p, side - wide :]
            for j in range(total.size):
                total[j] += right[j] - left[j]


@njit(**_OPTIONS)
def _above_mean_of_tile(  # noqa: PLR0913, PLR0917 - whole arrays and a place: slices are slower
    z: FloatArray,
    outer: IntArray,
    inner: IntArray,
    top: int,
    left: int,
    row0: int,
    col0: int,
    out: FloatArray,
) -> None:
    reach, side = outer.size // 2, outer.max()
    rows = min(_ROWS, z.shape[0] - 2 * reach - top)
    columns = min(_COLS, z.shape[1] - 2 * side - left)
    cells = 0
    for p in range(outer.size):
        cells += 2 * outer[p] + 1 - (2 * inner[p] + 1 if inner[p] >= 0 else 0)
    sums = np.zeros((rows + 2 * reach, columns + 2 * side + 1), np.int64)
    gaps = np.zeros((rows + 2 * reach, columns + 2 * side + 1), np.int64)
    some = _running_sums(z, top, left, sums, gaps)
    disc = np.empty(columns, np.int64)
    hole, missing = np.empty_like(disc), np.empty_like(disc)
    for i in range(rows):
        disc[:] = 0
        hole[:] = 0
        missing[:] = 0
        _add_rows(sums, i, outer, side, disc)
        _add_rows(sums, i, inner, side, hole)
        if some:
            # Not less the hole: where the ground of the hole is unknown so is the answer.
            _add_rows(gaps, i, outer, side, missing)
        line = out[row0 + top + i, col0 + left :]
        for j in range(columns):
            centre = np.float64(z[top + i + reach, left + j + side])
            value = centre - np.float64(disc[j] - hole[j]) / (cells * _PER_M)
            line[j] = value if missing[j] == 0 else np.nan


# In words: the cell minus scipy.ndimage.convolve(z, ring) / ring.sum(), with the ring as an array
# of 0 and 1.
@njit(**_OPTIONS)
def above_mean(
    z: FloatArray, outer: IntArray, inner: IntArray, row0: int, col0: int, out: FloatArray
) -> None:
    """How far a cell stands above the mean of the ring around it."""
    # z: elevation with a halo as large as the disc.
    # outer, inner: half-widths of the disc and of the hole in it, one for each row of the disc; -1
    # where the hole has no cell. The hole holds the centre at least.
    # row0, col0: where in the output the first inner cell goes.
    # out: output in the unit of `z`, float32.
    reach, side = outer.size // 2, outer.max()
    ny, nx = z.shape[0] - 2 * reach, z.shape[1] - 2 * side
    across = (nx + _COLS - 1) // _COLS
    for part in range(across * ((ny + _ROWS - 1) // _ROWS)):
        top, left = part // across * _ROWS, part % across * _COLS
        _above_mean_of_tile(z, outer, inner, top, left, row0, col0, out)


@njit(**_OPTIONS)
def _runs(z: FloatArray, top: int, left: int, sign: int, tops: FloatArray) -> None:
    """tops[m, i, j] becomes the highest of the 2 ** m cells of row i, times the sign, from j on."""
    for i in range(tops.shape[1]):
        for j in range(tops.shape[2]):
            height = z[top + i, left + j] if sign > 0 else -z[top + i, left + j]
            # An unknown height counts as infinite, so that it wins and can be told at the end.
            tops[0, i, j] = height if height == height else np.inf  # noqa: PLR0124 - NaN differs from itself
        for m in range(1, tops.shape[0]):
            step = 1 << (m - 1)
            for j in range(tops.shape[2] - 2 * step + 1):
                a, b = tops[m - 1, i, j], tops[m - 1, i, j + step]
                tops[m, i, j] = a if a > b else b  # noqa: FURB136 - max() is not made into vector instructions


@njit(**_OPTIONS)
def _highest(tops: FloatArray, row: int, half_widths: IntArray, side: int, high: FloatArray) -> Any:
    """Highest cell of the disc that starts in a row of `tops`, for each column."""
    high[0] = -np.inf
    for p in range(half_widths.size):
        wide = half_widths[p]
        m = 0
        while 2 << m <= 2 * wide + 1:
            m += 1
        left = tops[m, row + p, side - wide :]
        right = tops[m, row + p, side + wide + 1 - (1 << m) :]
        # From one buffer into the other: in place, the compiler stores under a mask, which is slow.
        so_far, now = high[p % 2], high[(p + 1) % 2]
        for j in range(now.size):
            a = left[j] if left[j] > right[j] else right[j]  # noqa: FURB136 - min() and max() are not made into vector instructions
            now[j] = a if a > so_far[j] else so_far[j]  # noqa: FURB136 - min() and max() are not made into vector instructions
    return high[half_widths.size % 2]


@njit(**_OPTIONS)
def _relief_of_tile(  # noqa: PLR0913, PLR0917 - whole arrays and a place: slices are slower
    z: FloatArray, outer: IntArray, top: int, left: int, row0: int, col0: int, out: FloatArray
) -> None:
    reach, side = outer.size // 2, outer.max()
    rows = min(_ROWS, z.shape[0] - 2 * reach - top)
    columns = min(_COLS, z.shape[1] - 2 * side - left)
    levels = 1
    while 1 << levels <= 2 * side + 1:
        levels += 1
    tops = np.empty((levels, rows + 2 * reach, columns + 2 * side), z.dtype)
    feet = np.empty((levels, rows + 2 * reach, columns + 2 * side), z.dtype)
    _runs(z, top, left, 1, tops)
    _runs(z, top, left, -1, feet)  # the lowest is the highest of the ground turned over
    buffers = np.empty((2, 2, columns), z.dtype)
    for i in range(rows):
        high = _highest(tops, i, outer, side, buffers[0])
        low = _highest(feet, i, outer, side, buffers[1])
        line = out[row0 + top + i, col0 + left :]
        for j in range(columns):
            gap = np.float64(high[j]) + np.float64(low[j])
            line[j] = gap if gap < np.inf else np.nan


# In words: scipy.ndimage.maximum_filter(z, footprint=disc) minus minimum_filter of the same.
@njit(**_OPTIONS)
def relief(z: FloatArray, outer: IntArray, row0: int, col0: int, out: FloatArray) -> None:
    """Highest minus lowest cell of the disc around a cell."""
    # z: elevation with a halo as large as the disc.
    # outer: half-widths of the disc, one for each of its rows.
    # row0, col0: where in the output the first inner cell goes.
    # out: output in the unit of `z`, float32.
    reach, side = outer.size // 2, outer.max()
    ny, nx = z.shape[0] - 2 * reach, z.shape[1] - 2 * side
    across = (nx + _COLS - 1) // _COLS
    for part in range(across * ((ny + _ROWS - 1) // _ROWS)):
        top, left = part // across * _ROWS, part % across * _COLS
        _relief_of_tile(z, outer, top, left, row0, col0, out)


@njit(**_OPTIONS)
def _is_highest(z: FloatArray, wanted: BoolArray, i: int, j: int, radius: float) -> bool:
    rows, columns = z.shape
    top, far = z[i, j], int(radius)
    for k in range(max(i - far, 0), min(i + far + 1, rows)):
        wide = int(np.sqrt(radius * radius - (k - i) ** 2))
        for m in range(max(j - wide, 0), min(j + wide + 1, columns)):
            if not wanted[k, m]:
                continue
            # Of equal cells the first stands for all, so that a plateau has one summit.
            before = k < i or (k == i and m < j)
            if z[k, m] > top or (before and z[k, m] == top):
                return False
    return True


@njit(**_OPTIONS)
def are_highest(
    z: FloatArray, wanted: BoolArray, at: IntArray, radius: float, found: BoolArray
) -> None:
    """Tell which of some cells are the highest of those wanted within a radius."""
    # z: heights; those wanted are known. Units: m.
    # at: flat index of the cells.
    # radius: how far to look. Units: cells.
    # found: output.
    for n in range(at.size):
        found[n] = _is_highest(z, wanted, at[n] // z.shape[1], at[n] % z.shape[1], radius)


@njit(**_OPTIONS)
def _descent(z: FloatArray, i: int, j: int, radius: float) -> float:
    rows, columns = z.shape
    far, top = int(radius) + 1, np.float64(z[i, j])
    side = 2 * far + 1
    met = np.zeros(side * side, np.uint8)
    met[far * side + far] = 1
    # The highest cell on the edge of what has been walked comes first, so the way taken is the best one.
    edge = [(-top, far * side + far)]
    lowest = top
    while edge:
        minus, at = heapq.heappop(edge)
        down, right = at // side - far, at % side - far
        lowest = min(lowest, -minus)
        if -minus > top or down * down + right * right > radius * radius:
            return top - lowest
        for p in range(-1, 2):
            for q in range(-1, 2):
                k, m = i + down + p, j + right + q
                if abs(down + p) > far or abs(right + q) > far:
                    continue
                if k < 0 or k >= rows or m < 0 or m >= columns:
                    continue
                there = (down + p + far) * side + right + q + far
                if met[there] or np.isnan(z[k, m]):
                    continue
                met[there] = 1
                heapq.heappush(edge, (-np.float64(z[k, m]), there))
    return top - lowest


@njit(**_OPTIONS)
def descents(z: FloatArray, at: IntArray, radius: float, found: FloatArray) -> None:
    """Tell how far one must go down to leave each summit."""
    # z: heights, NaN unknown. Units: m.
    # at: flat index of the summits.
    # radius: how far to look. Units: cells.
    # found: output. Units: m.
    for n in range(at.size):
        found[n] = _descent(z, at[n] // z.shape[1], at[n] % z.shape[1], radius)
