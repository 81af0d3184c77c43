"""K along the border line: whether events bunch up by chainage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import (
    as_rising,
    check_probability,
    check_whole,
    generator,
    seed_number,
    told_seed,
)
from borderzone.errors import InvalidParameterError
from borderzone.incidents.hotspots.guards import FEWEST_PERMUTATIONS
from borderzone.incidents.hotspots.line import Line, as_chainages
from borderzone.incidents.hotspots.place import need_placed
from borderzone.incidents.hotspots.ripley import told_curve

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["ripley_k_along"]


def ripley_k_along(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    line: Any = None,
    corridor: Corridor | None = None,
    radii_km: ArrayLike = (2.0, 5.0, 10.0, 15.0, 20.0, 25.0),
    simulations: int = 199,
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Estimate K of events along the border, against events at random on it.

    A pair counts for 1 over the length of line that can hold a pair so far
    apart (translation correction in one dimension), so K is 2r under the
    null whatever the ends. Pairs never reach across a break; on a ring
    distance is the shorter way round.

    Parameters
    ----------
    data
        Chainages, with `line`; NaN for events off the line. Or events from
        `place`, or a table from `incidents.read` with `corridor`.
    line
        Border, corridor, or length of one open line, for chainages.
    corridor
        The corridor, for a table of events.
    radii_km
        Rising distances along the line. Units: km.
    simulations
        Patterns drawn under the null.
    level
        Level of the global envelope.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        As `ripley_k`; K in km, l is ``K / 2``, k_csr is ``2r``.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or fewer than three events lie on the line.

    Examples
    --------
    >>> km = np.random.default_rng(1).random(400) * 600
    >>> found = ripley_k_along(km, line=600, radii_km=[5, 10])
    >>> found["k"].round(1).tolist(), found.attrs["p"] > 0.05
    ([10.0, 20.5], True)
    """
    radii = as_rising(radii_km, "radii_km", "km")
    count = check_whole(simulations, "simulations", lowest=FEWEST_PERMUTATIONS)
    check_probability(level, "level")
    placed = need_placed(data, corridor, seed)
    if placed is None and line is None and corridor is None:
        msg = "chainages alone do not say where the border ends: pass line= (border or length)"
        raise InvalidParameterError(msg)
    whole = Line.of((line if line is not None else corridor) if placed is None else placed.corridor)
    if placed is None:
        km, off = as_chainages(data, whole)
        patterns = [km]
    else:
        by_draw = placed.chainage_km.T
        patterns, off = [as_chainages(row, whole)[0] for row in by_draw], 0
    n = round(float(np.mean([len(km) for km in patterns])))
    if n < 3 or min(map(len, patterns)) < 2:
        msg = f"{n} events lie on the line; K needs at least 3"
        raise InvalidParameterError(msg)
    if _holding(np.array([radii[-1]]), whole)[0] <= 0:
        msg = f"no part of the line can hold a pair {radii[-1]:g} km apart; use shorter radii"
        raise InvalidParameterError(msg)
    rng = generator(seed_number(seed))
    chance = rng.random((count, n)) * whole.length_km
    observed = np.array([_k(km, radii, whole) for km in patterns])
    simulated = np.array([_k(km, radii, whole) for km in chance])
    result = told_curve(observed, simulated, radii, level, plane=False)
    error_km = float("nan") if placed is None else placed.median_error_km
    result["below_precision"] = radii < error_km
    result.attrs |= {
        "method": "Ripley's K along the border",
        "edge_correction": "translation along each part; breaks are never crossed, rings wrap",
        "null": "events at random on the line",
        "seed": told_seed(seed),
        "n_inside": n,
        **({"n_left_out": off} if placed is None else placed.attrs()),
    }
    return result


def _k(chainage_km: FloatArray, radii: FloatArray, line: Line) -> FloatArray:
    apart = np.concatenate(
        [
            _gaps(np.sort(chainage_km[line.part_of(chainage_km) == part]), radii[-1], line, part)
            for part in range(len(line.start_km))
        ]
    )
    n = len(chainage_km)
    share = 2.0 * line.length_km**2 / (n * (n - 1.0)) / _holding(apart, line)
    place = np.searchsorted(radii, apart)
    return np.cumsum(np.bincount(place, share, minlength=len(radii))[: len(radii)])


def _gaps(km: FloatArray, reach: float, line: Line, part: int) -> FloatArray:
    """Distances of all pairs of one part that are within reach."""
    found = []
    length = float(line.end_km[part] - line.start_km[part])
    # On a ring every pair has a way round each side of the start; both are listed once.
    ahead = np.concatenate([km, km + length]) if line.ring[part] else km
    reach = min(reach, length / 2.0) if line.ring[part] else reach
    for step in range(1, len(ahead)):
        stop = min(len(km), len(ahead) - step)
        gap = ahead[step : step + stop] - km[:stop]
        near = gap <= reach
        if not near.any():
            break
        found.append(gap[near])
    return np.concatenate(found) if found else np.empty(0)


def _holding(apart: FloatArray, line: Line) -> FloatArray:
    """Length of line that can hold the first of a pair so far apart."""
    length = (line.end_km - line.start_km)[:, None]
    open_part = np.maximum(length - apart, 0.0)
    ring = np.where(apart <= length / 2.0, length, 0.0)
    return np.asarray(np.where(line.ring[:, None], ring, open_part).sum(axis=0))
