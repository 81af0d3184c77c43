"""Knox's test: whether events follow each other in space and time more than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import cKDTree

from borderzone._guards import (
    as_rising,
    check_choice,
    check_positive,
    check_probability,
    check_whole,
    generator,
    seed_number,
    told_seed,
)
from borderzone._kernels.near_pairs import band_sums
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.incidents.hotspots.discovery import CONTROLS, adjusted_p
from borderzone.incidents.hotspots.guards import (
    FEWEST_PERMUTATIONS,
    as_points,
)
from borderzone.incidents.hotspots.place import need_placed

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["knox", "knox_ratio"]

_SAME_PLACE_KM = 1e-3  # positions closer than a metre are one coordinate
_MOST_PAIRS = 30_000_000


def knox_ratio(observed: float, expected: float) -> tuple[float, float]:
    """
    Give observed over expected pairs, and the Poisson probability of so many.

    Parameters
    ----------
    observed
        Pairs counted, a whole number, 0 or more.
    expected
        Pairs expected, above 0.

    Returns
    -------
    tuple of float
        The ratio, and the probability of `observed` pairs or more. The
        latter takes pairs for independent, which they are not: `knox`
        takes its p-values from permutations.

    Raises
    ------
    InvalidParameterError
        If a number is impossible.

    Examples
    --------
    >>> ratio, probability = knox_ratio(30, 20)
    >>> ratio, round(probability, 6)
    (1.5, 0.021818)
    """
    observed = check_whole(observed, "observed", lowest=0, unit="pairs")
    check_positive(expected, "expected", "pairs")
    return observed / expected, float(stats.poisson.sf(observed - 1, expected))


def knox(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    dates: Any = None,
    corridor: Corridor | None = None,
    distance_km: ArrayLike = (5.0, 10.0, 25.0),
    days: ArrayLike = (7, 14, 28),
    permutations: int = 999,
    control: str = "bh",
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Test for near-repeats: pairs of events near in both space and time [1]_.

    The dates change places at random while positions stay, so that neither
    towns nor seasons make a result by themselves. Pairs on the very same
    coordinate are a row of their own: events coded to one centroid are not
    known to be near each other. With imputed positions a pair counts in each band
    by the share of its imputations; dates are permuted for all of them together.

    Parameters
    ----------
    data
        Positions in a plane, shape ``(n, 2)`` in km, with `dates`; or events
        from `place`, or a table from `incidents.read` with `corridor`. Events
        whose date is not known to the day leave, and are counted, as are
        events outside the corridor.
    dates
        Dates of the positions.
    corridor
        The corridor, for a table of events.
    distance_km
        Rising outer edges of the distance bands, inclusive. Units: km.
    days
        Rising outer edges of the time bands, inclusive, whole days.
    permutations
        Orders of the dates drawn.
    control
        "bh", "by" or "none", for the adjustment over all bands.
    level
        Level of the false discovery rate.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        One row a distance band and time band: band ("same place" first, then
        outer edges), km_from, km_to, days_from, days_to, observed, expected
        (mean over the permutations), ratio, p, q, near_repeat (q at most
        `level`), below_precision (band reaches no further than the median
        position error, or is "same place"). Bands of "same place" have no q.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or fewer than three events are left.

    References
    ----------
    .. [1] Knox, E. G. (1964). The detection of space-time interactions.
       Applied Statistics 13, 25-30.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> first, day = rng.random((40, 2)) * 100, rng.integers(0, 700, 40)
    >>> xy = np.concatenate([first, first + 0.5])
    >>> dates = np.datetime64("2019-01-01") + np.concatenate([day, day + 2])
    >>> knox(xy, dates=dates)[["band", "days_to", "observed", "p"]].iloc[3:5]
            band  days_to  observed      p
    3  0 to 5 km        7      41.0  0.001
    4  0 to 5 km       14       3.0  0.096
    """
    edges_km = as_rising(distance_km, "distance_km", "km")
    edges_days = _whole_days(days)
    check_choice(control, "control", CONTROLS)
    check_probability(level, "level")
    count = check_whole(permutations, "permutations", lowest=FEWEST_PERMUTATIONS)
    placed = need_placed(data, corridor, seed)
    positions, day, told = _plain(data, dates) if placed is None else _from_placed(placed)
    if len(day) < 3:
        msg = f"{len(day)} events with a position and a day are left; the test needs at least 3"
        raise InvalidParameterError(msg)
    entries = _entries(positions, edges_km)
    sums, drawn = _permuted(entries, day, edges_days, (count, len(edges_km) + 1, seed))
    error_km = float("nan") if placed is None else placed.median_error_km
    table = _table(sums, drawn, (edges_km, edges_days), error_km)
    tested = table["band"] != "same place"
    table["q"] = np.nan
    table.loc[tested, "q"] = adjusted_p(table.loc[tested, "p"], control=control)
    table["near_repeat"] = table["q"] <= level
    table["below_precision"] = table.pop("below_precision")
    table.attrs = {
        "method": "Knox",
        "statistic": "pairs by distance and time band, dates permuted, one-sided for many",
        "permutations": count,
        "control": control,
        "level": level,
        "seed": told_seed(seed),
        **({} if placed is None else placed.attrs()),
        **told,
    }
    return table


def _whole_days(days: ArrayLike) -> IntArray:
    edges = as_rising(days, "days", "days", from_zero=True)
    if (edges != np.rint(edges)).any():
        msg = f"days must be whole numbers of days, got {edges.tolist()}"
        raise InvalidParameterError(msg)
    return edges.astype(np.int64)


def _plain(data: Any, dates: Any) -> tuple[FloatArray, IntArray, dict[str, Any]]:
    xy = as_points(data, "positions")
    if dates is None:
        msg = "positions alone have no time: pass dates=, one for each"
        raise InvalidParameterError(msg)
    try:
        day = pd.to_datetime(pd.Series(np.asarray(dates).ravel())).to_numpy()
    except (TypeError, ValueError) as error:
        msg = f"dates must be dates such as 2019-07-21: {error}"
        raise InvalidParameterError(msg) from error
    if len(day) != len(xy):
        msg = f"there are {len(xy)} positions and {len(day)} dates"
        raise ShapeMismatchError(msg)
    day = day.astype("datetime64[D]")
    keep = np.isfinite(xy).all(axis=1) & ~np.isnat(day)
    told: dict[str, Any] = {
        "n_events": len(xy),
        "n_tested": int(keep.sum()),
        "n_left_out": int((~keep).sum()),
    }
    told["left_out"] = {"no position or no date": int((~keep).sum())} if not keep.all() else {}
    return xy[keep][:, None], day[keep].astype(np.int64), told


def _from_placed(placed: Placed) -> tuple[FloatArray, IntArray, dict[str, Any]]:
    near = placed.inside.any(axis=1)
    sharp = ~np.isnat(placed.date_start) & (placed.date_start == placed.date_end)
    keep = near & sharp
    told = {
        "n_tested": int(keep.sum()),
        "n_outside": int((~near).sum()),
        "n_left_out_dates": int((near & ~sharp).sum()),
        "why_left_out_dates": "date unknown or not known to the day",
    }
    return placed.xy_km()[keep], placed.date_start[keep].astype(np.int64), told


def _entries(positions: FloatArray, edges_km: FloatArray) -> tuple[Any, Any, Any, Any]:
    """Give pairs with the share of imputations in each band; band 0 is the same place."""
    n, draws = positions.shape[:2]
    n_bands = len(edges_km) + 1
    keys, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for draw in range(draws):
        here = np.flatnonzero(np.isfinite(positions[:, draw]).all(axis=1))
        xy = positions[here, draw]
        pairs = cKDTree(xy).query_pairs(edges_km[-1] * (1 + 1e-12), output_type="ndarray")
        apart = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
        band = 1 + np.searchsorted(edges_km * (1 + 1e-12), apart)
        band[apart <= _SAME_PLACE_KM] = 0
        one, other = here[pairs].min(axis=1), here[pairs].max(axis=1)
        key, number = np.unique((one * n + other) * n_bands + band, return_counts=True)
        keys.append(key)
        weights.append(number / draws)
        if sum(map(len, keys)) > _MOST_PAIRS:
            msg = "too many pairs within the largest distance: use shorter bands or fewer draws"
            raise LimitError(msg)
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    weight = np.bincount(place.ravel(), np.concatenate(weights), minlength=len(key))
    pair, band = np.divmod(key, n_bands)
    return *np.divmod(pair, n), band, weight


def _permuted(
    entries: tuple[Any, Any, Any, Any],
    day: IntArray,
    edges: IntArray,
    how: tuple[int, int, Seed],
) -> tuple[FloatArray, FloatArray]:
    permutations, n_bands, seed = how
    rng = generator(seed_number(seed))
    orders = np.stack([day, *(rng.permutation(day) for _ in range(permutations))])
    sums = band_sums(*entries, orders, edges, n_bands)
    return sums[0], sums[1:]


def _table(
    sums: FloatArray,
    drawn: FloatArray,
    edges: tuple[FloatArray, IntArray],
    error_km: float,
) -> pd.DataFrame:
    edges_km, edges_days = edges
    n_bands, n_times = sums.shape
    km_from = np.repeat(np.concatenate([[0.0, 0.0], edges_km[:-1]]), n_times)
    km_to = np.repeat(np.concatenate([[0.0], edges_km]), n_times)
    names = [f"{a:g} to {b:g} km" for a, b in zip(km_from, km_to, strict=True)]
    names[:n_times] = ["same place"] * n_times
    days_from = np.concatenate([[0], edges_days[:-1] + 1])
    expected = drawn.mean(axis=0).ravel()
    observed = sums.ravel()
    beyond = (drawn >= sums - 1e-9).sum(axis=0).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, observed / expected, np.nan)
    return pd.DataFrame(
        {
            "band": names,
            "km_from": km_from,
            "km_to": km_to,
            "days_from": np.tile(days_from, n_bands),
            "days_to": np.tile(edges_days, n_bands),
            "observed": observed,
            "expected": expected,
            "ratio": ratio,
            "p": (1.0 + beyond) / (len(drawn) + 1.0),
            "below_precision": (km_to < error_km) | (np.arange(observed.size) < n_times),
        }
    )
