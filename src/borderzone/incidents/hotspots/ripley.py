"""Ripley's K and L in the corridor: whether events are nearer to each other than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import fft

from borderzone._guards import (
    as_numbers,
    as_positive,
    as_rising,
    check_non_negative,
    check_probability,
    check_whole,
    generator,
    seed_number,
    told_seed,
)
from borderzone._kernels.pair_distances import pair_sums
from borderzone.errors import InvalidGeometryError, InvalidParameterError
from borderzone.incidents.hotspots.envelope import rank_envelope
from borderzone.incidents.hotspots.guards import (
    FEWEST_PERMUTATIONS,
    as_points,
)
from borderzone.incidents.hotspots.place import need_placed
from borderzone.incidents.hotspots.plane_cells import outline_km

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["common_area", "k_csr", "l_of_k", "ripley_k", "told_curve"]

_MOST_CELLS = 4_000_000
_ROUNDS = 1000


def k_csr(radius_km: ArrayLike) -> np.float64 | FloatArray:
    """
    Give K under complete spatial randomness: the area of the disc.

    Parameters
    ----------
    radius_km
        Radius. Units: km.

    Returns
    -------
    float or FloatArray
        ``pi r^2``. Units: km2.

    Raises
    ------
    InvalidParameterError
        If a radius is negative or no number.

    Examples
    --------
    >>> k_csr([2, 5]).round(6)
    array([12.566371, 78.539816])
    """
    if np.ndim(radius_km) == 0:
        check_non_negative(radius_km, "radius_km", "km")
        return np.float64(np.pi * np.float64(radius_km) ** 2)  # type: ignore[arg-type]
    r = as_rising(radius_km, "radius_km", "km", from_zero=True)
    return np.asarray(np.pi * r * r)


def l_of_k(k_km2: ArrayLike) -> np.float64 | FloatArray:
    """
    Give Besag's L, which is r under complete spatial randomness.

    Parameters
    ----------
    k_km2
        K. Units: km2.

    Returns
    -------
    float or FloatArray
        ``sqrt(K / pi)``. Units: km.

    Examples
    --------
    >>> l_of_k(k_csr([2, 5])).round(6)
    array([2., 5.])
    """
    return np.asarray(np.sqrt(as_numbers(k_km2, "k_km2") / np.pi))[()]


def ripley_k(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    window: shapely.Geometry | None = None,
    corridor: Corridor | None = None,
    radii_km: ArrayLike = (2.0, 5.0, 10.0, 15.0, 20.0, 25.0),
    intensity: Callable[[FloatArray], FloatArray] | None = None,
    simulations: int = 199,
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Estimate Ripley's K and L in a polygon, against events at random in it.

    Translation correction [1]_: a pair counts for 1 over the area that the
    window has in common with itself shifted by the pair, so a winding corridor
    is no bias. The same number of events is drawn at random in the polygon,
    not in its box, and whole curves are compared (`rank_envelope`). With imputed
    positions each imputation is tested; p is the median.

    Parameters
    ----------
    data
        Positions in a plane, shape ``(n, 2)`` in km, with `window`; or events
        from `place`, or a table from `incidents.read` with `corridor`.
    window
        Polygon in the same plane. Units: km.
    corridor
        The corridor, for a table of events.
    radii_km
        Rising radii. Units: km.
    intensity
        Events per km2 at positions of shape ``(m, 2)`` in km, above 0; makes K
        inhomogeneous [2]_ and draws the null in proportion to it. None for
        equal everywhere.
    simulations
        Patterns drawn under the null.
    level
        Level of the global envelope.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        By radius: r_km, k, l, l_minus_r, k_csr, low and high (global envelope
        of l_minus_r), share_above (of the imputations beyond `high`),
        below_precision (r smaller than the median position error). ``attrs``
        tells method, p, edge correction, and which events are left out.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or fewer than three events lie inside.

    References
    ----------
    .. [1] Ohser, J. (1983). On estimators for the reduced second moment measure
       of point processes. Math. Operationsforsch. Statist. 14, 63-71.
    .. [2] Baddeley, A., Moller, J., Waagepetersen, R. (2000). Non- and
       semi-parametric estimation of interaction in inhomogeneous point
       patterns. Statistica Neerlandica 54, 329-350.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = ripley_k(rng.random((300, 2)) * 100, window=shapely.box(0, 0, 100, 100))
    >>> found["k"].round(0).tolist()[:3], found.attrs["p"] > 0.05
    ([11.0, 78.0, 304.0], True)
    """
    radii = as_rising(radii_km, "radii_km", "km")
    count = check_whole(simulations, "simulations", lowest=FEWEST_PERMUTATIONS)
    check_probability(level, "level")
    placed = need_placed(data, corridor, seed)
    if placed is not None:
        shape, patterns, n_given = outline_km(placed), _imputed(placed), placed.n_events
    elif window is None:
        msg = "positions alone have no window: pass window= (a polygon in km), or events"
        raise InvalidParameterError(msg)
    else:
        shape, xy = _polygon(window), as_points(data, "positions")
        n_given = len(xy)
        patterns = [xy[shapely.intersects_xy(shape, *xy.T)]]
    n = round(float(np.mean([len(xy) for xy in patterns])))
    if n < 3 or min(map(len, patterns)) < 2:
        msg = f"{n} events lie inside; Ripley's K needs at least 3"
        raise InvalidParameterError(msg)
    table, step = common_area(shape, float(radii[-1]))
    rng = generator(seed_number(seed))
    chance = _random_patterns(shape, n, count, intensity, rng)
    curves = _curves([*patterns, *chance], radii, (table, step, shape.area), intensity)
    observed, simulated = curves[: len(patterns)], curves[len(patterns) :]
    result = told_curve(observed, simulated, radii, level, plane=True)
    error_km = float("nan") if placed is None else placed.median_error_km
    result["below_precision"] = radii < error_km
    result.attrs |= {
        "method": "Ripley's K in the plane" + ("" if intensity is None else ", inhomogeneous"),
        "edge_correction": "translation",
        "null": "events at random in the polygon"
        + ("" if intensity is None else ", in proportion to the stated intensity"),
        "seed": told_seed(seed),
        "n_inside": n,
        **({"n_events": n_given, "n_left_out": n_given - n} if placed is None else placed.attrs()),
    }
    return result


def told_curve(
    observed: FloatArray, simulated: FloatArray, radii: FloatArray, level: float, *, plane: bool
) -> pd.DataFrame:
    """Tabulate curves of K with their envelope."""
    expected = np.pi * radii**2 if plane else 2.0 * radii

    def excess(k: FloatArray) -> FloatArray:
        return np.asarray((np.sqrt(k / np.pi) if plane else k / 2.0) - radii)

    envelope = rank_envelope(excess(observed), excess(simulated), level)
    k = observed.mean(axis=0)
    over = excess(observed)
    result = pd.DataFrame(
        {
            "r_km": radii,
            "k": k,
            "l": over.mean(axis=0) + radii,
            "l_minus_r": over.mean(axis=0),
            "k_csr": expected,
            "low": envelope.low,
            "high": envelope.high,
            "share_above": (over > envelope.high).mean(axis=0),
        }
    )
    result.attrs = {
        "statistic": "K; L - r against a global envelope by extreme rank length",
        "permutations": len(simulated),
        "level": level,
        "p": float(np.median(envelope.p)),
        "share_of_imputations": float((envelope.p <= level).mean()),
    }
    return result


def common_area(shape: shapely.Geometry, reach_km: float) -> tuple[FloatArray, float]:
    """Give the area that a window has in common with itself shifted."""
    west, south, east, north = shape.bounds
    if reach_km >= max(east - west, north - south):
        msg = f"radii of up to {reach_km:g} km are longer than the window; use shorter ones"
        raise InvalidParameterError(msg)
    width = shape.area / max(east - west, north - south)
    finest = np.sqrt((east - west + reach_km) * (north - south + reach_km) / _MOST_CELLS)
    parts = int(np.ceil(reach_km / max(min(reach_km / 20, width / 50), finest)))
    step = reach_km / parts
    x = np.arange(west + step / 2, east, step)
    y = np.arange(south + step / 2, north, step)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, x[:, None], y[None, :]).astype(float)
    size = [fft.next_fast_len(side + parts + 1, real=True) for side in inside.shape]
    power = np.abs(fft.rfft2(inside, s=size, workers=-1)) ** 2
    shared = fft.irfft2(power, s=size, workers=-1)
    steps = np.arange(-parts, parts + 1)
    table = np.maximum(shared[np.ix_(steps, steps)], 0.0)
    # The cells' area differs a little from the polygon's; a shift of 0 must give the latter.
    return np.ascontiguousarray(table * (shape.area / table[parts, parts])), step


def _polygon(window: Any) -> shapely.Geometry:
    good = isinstance(window, (shapely.Polygon, shapely.MultiPolygon))
    if not (good and window.is_valid and window.area > 0):
        kind = getattr(window, "geom_type", type(window).__name__)
        msg = f"window must be a valid polygon with an area, in km, got a {kind}"
        raise InvalidGeometryError(msg)
    return window


def _imputed(placed: Placed) -> list[FloatArray]:
    xy = placed.xy_km()
    return [xy[placed.inside[:, draw], draw] for draw in range(placed.draws)]


def _random_patterns(
    shape: shapely.Geometry,
    n: int,
    count: int,
    intensity: Callable[[FloatArray], FloatArray] | None,
    rng: np.random.Generator,
) -> list[FloatArray]:
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    if intensity is not None:
        trial = (
            west + (east - west) * rng.random(20_000),
            south + (north - south) * rng.random(20_000),
        )
        trial_in = np.column_stack(trial)[shapely.contains_xy(shape, *trial)]
        highest = 1.25 * float(_intensity_at(intensity, trial_in).max())
    found, missing = [], n * count
    for _ in range(_ROUNDS):
        x = west + (east - west) * rng.random(2 * missing + 64)
        y = south + (north - south) * rng.random(2 * missing + 64)
        xy = np.column_stack([x, y])[shapely.contains_xy(shape, x, y)]
        if intensity is not None and len(xy):
            at = _intensity_at(intensity, xy)
            xy = xy[rng.random(len(xy)) * max(highest, float(at.max())) < at]
        found.append(xy[:missing])
        missing -= len(found[-1])
        if missing == 0:
            return np.split(np.concatenate(found), count)
    msg = "events cannot be drawn in this window: it is too thin for its extent"
    raise InvalidGeometryError(msg)


def _intensity_at(intensity: Callable[[FloatArray], FloatArray], xy: FloatArray) -> FloatArray:
    values = as_positive(intensity(xy), "what intensity gives", "events per km2")
    if values.shape != (len(xy),):
        msg = "intensity must give a finite number above 0 (events per km2) for each position"
        raise InvalidParameterError(msg)
    return values


def _curves(
    patterns: list[FloatArray],
    radii: FloatArray,
    window: tuple[FloatArray, float, float],
    intensity: Callable[[FloatArray], FloatArray] | None,
) -> FloatArray:
    table, step, area = window
    ordered = [xy[np.argsort(xy[:, 0], kind="stable")] for xy in patterns]
    sizes = np.array([len(xy) for xy in ordered])
    xy = np.concatenate(ordered)
    weight: FloatArray = np.repeat(area / np.sqrt(sizes * (sizes - 1.0)), sizes)
    if intensity is not None:
        weight = 1.0 / _intensity_at(intensity, xy)
    starts = np.concatenate([[0], sizes.cumsum()])
    x, y = np.ascontiguousarray(xy.T)
    return np.asarray(pair_sums(x, y, weight, starts, radii, table, step))
