"""Local G* of Getis and Ord: places that are high together with their neighbours."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import check_choice, check_probability, check_whole, seed_number, told_seed
from borderzone._kernels.neighbour_sums import count_sums_beyond
from borderzone.errors import InvalidParameterError
from borderzone.incidents.hotspots.adjacency import as_neighbours, segment_neighbours
from borderzone.incidents.hotspots.discovery import CONTROLS, adjusted_p
from borderzone.incidents.hotspots.extra import stats_library
from borderzone.incidents.hotspots.guards import FEWEST_PERMUTATIONS, as_counts
from borderzone.incidents.hotspots.place import need_placed

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike
    from scipy import sparse

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["gi_star", "gi_star_z"]

INFERENCE = ("conditional", "total", "analytic", "esda")
_NOTES = {
    "conditional": "a place keeps its own count, the others change places: tests its neighbourhood",
    "total": "all counts change places, its own too",
    "analytic": "normal approximation of Ord and Getis (1995); poor for sparse counts",
    "esda": "conditional permutation by esda",
}


def gi_star_z(values: ArrayLike, neighbours: Any) -> FloatArray:
    """
    Give the standardised Gi* of each place.

    The sum over a place and its neighbours, less its expectation, over its
    standard deviation, both under random re-ordering of all values [1]_.

    Parameters
    ----------
    values
        Value of each place, shape ``(n,)`` or ``(draws, n)``.
    neighbours
        Matrix that is not zero where two places are neighbours, weights or
        graph of libpysal; a place always counts as its own neighbour.

    Returns
    -------
    FloatArray
        Standard deviates, shape of `values`; NaN where all values are equal
        or every place is a neighbour.

    Raises
    ------
    InvalidParameterError
        If a value is not a finite number, 0 or more.
    ShapeMismatchError
        If values and neighbours do not match.

    References
    ----------
    .. [1] Ord, J. K., Getis, A. (1995). Local spatial autocorrelation
       statistics. Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> from borderzone.incidents.hotspots.adjacency import queen_neighbours
    >>> values = np.zeros((5, 5))
    >>> values[1:4, 1:4] = [[1, 2, 1], [2, 5, 2], [1, 2, 1]]
    >>> z = gi_star_z(values.ravel(), queen_neighbours(np.ones((5, 5)))).reshape(5, 5)
    >>> z[2, 2].round(6), z[0, 0].round(6), z[0, 2].round(6)
    (np.float64(3.840521), np.float64(-0.794934), np.float64(-0.031738))
    """
    x = as_counts(values, "values")
    near = as_neighbours(neighbours, x.shape[-1])
    n = x.shape[-1]
    size = near.sum(axis=1) + 1.0
    sums = x + (near @ x.T).T
    mean = x.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.maximum((x**2).mean(axis=-1, keepdims=True) - mean**2, 0.0))
    scale = spread * np.sqrt(size * (n - size) / max(n - 1, 1))
    flat = scale <= 1e-12 * np.maximum(np.abs(mean), 1.0)
    return np.where(flat, np.nan, (sums - size * mean) / np.where(flat, 1.0, scale))


def gi_star(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    neighbours: Any = None,
    corridor: Corridor | None = None,
    inference: str = "conditional",
    permutations: int = 9999,
    control: str = "bh",
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Find hot spots by Gi* with permutations and false discovery control.

    With imputed counts every imputation is tested by itself: a place has the
    median of its p-values, and the share of imputations in which it stays
    significant after the adjustment. Tests are one-sided, for high values.

    Parameters
    ----------
    data
        Counts, shape ``(n,)`` or imputed ``(draws, n)``; or events from
        `place`, or a table from `incidents.read` with `corridor`, which are
        counted by segment.
    neighbours
        As in `gi_star_z`; None for the segments of the corridor, with the one
        before and the one after as neighbours.
    corridor
        The corridor, for a table of events or for counts by segment.
    inference
        "conditional" (a place keeps its own count), "total" (its own count is
        drawn as well), "analytic" (normal approximation), or "esda" (by that
        library, which the extra ``stats`` installs).
    permutations
        How many; too few cannot give a single place out of many a small
        adjusted p, which ``attrs["smallest_q"]`` tells.
    control
        "bh" after Benjamini and Hochberg, "by" after Benjamini and Yekutieli,
        or "none".
    level
        Level of the false discovery rate.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        One row a place: count (mean over imputations), z, p, q (p after
        adjustment), hot (q at most `level`), share_significant (of the
        imputations), below_precision (segment shorter than the median position
        error). ``attrs`` tells method, inference, permutations, control, level, and
        which events are left out.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or "esda" is asked for without the extra
        ``stats``.

    References
    ----------
    .. [1] Ord, J. K., Getis, A. (1995). Local spatial autocorrelation
       statistics. Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> from borderzone.incidents.hotspots.adjacency import queen_neighbours
    >>> values = np.zeros((9, 9))
    >>> values[3:6, 3:6] = 6
    >>> found = gi_star(values.ravel(), neighbours=queen_neighbours(np.ones((9, 9))))
    >>> found["hot"].to_numpy().reshape(9, 9)[2:7, 2:7].astype(int)
    array([[0, 0, 0, 0, 0],
           [0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0],
           [0, 0, 0, 0, 0]])
    """
    check_choice(inference, "inference", INFERENCE)
    check_choice(control, "control", CONTROLS)
    check_probability(level, "level")
    count = check_whole(permutations, "permutations", lowest=FEWEST_PERMUTATIONS)
    placed = need_placed(data, corridor, seed)
    area = corridor if placed is None else placed.corridor
    counts = as_counts(data if placed is None else placed.counts(), "counts")
    if neighbours is None:
        if area is None:
            msg = "counts alone do not say who is next to whom: pass neighbours= or corridor="
            raise InvalidParameterError(msg)
        neighbours = segment_neighbours(area)
    near = as_neighbours(neighbours, counts.shape[-1])
    table = _tested(np.atleast_2d(counts), near, (inference, count, seed), (control, level))
    floor = 0.0 if inference == "analytic" else 1.0 / (count + 1)
    table.attrs = {
        "method": "Gi*",
        "statistic": "z of Gi* (Ord and Getis 1995), one-sided for high counts",
        "inference": f"{inference}: {_NOTES[inference]}",
        "permutations": None if inference == "analytic" else count,
        "control": control,
        "level": level,
        "seed": told_seed(seed),
        "n_places": counts.shape[-1],
        # All places but one at p = 1: what one hot place can reach at best.
        "smallest_q": float(adjusted_p(_lone(floor, counts.shape[-1]), control=control)[0]),
        "pooling": "median p over the imputations; q adjusts it",
    }
    table["below_precision"] = False
    if placed is not None:
        table.index = pd.Index(placed.corridor.segments["segment"].to_numpy(), name="segment")
        length = placed.corridor.segments["length_km"].to_numpy()
        table["below_precision"] = length < placed.median_error_km
        table.attrs |= placed.attrs()
    return table


def _tested(
    counts: FloatArray, near: sparse.csr_array, how: tuple[str, int, Seed], cut: tuple[str, float]
) -> pd.DataFrame:
    z = np.atleast_2d(gi_star_z(counts, near))
    p = _p_values(counts, near, z, how)
    pooled = np.median(p, axis=0)
    q = adjusted_p(pooled, control=cut[0])
    each = adjusted_p(p, control=cut[0]) <= cut[1]
    return pd.DataFrame(
        {
            "count": counts.mean(axis=0),
            "z": z.mean(axis=0),
            "p": pooled,
            "q": q,
            "hot": q <= cut[1],
            "share_significant": each.mean(axis=0),
        }
    ).rename_axis("place")


def _p_values(
    counts: FloatArray, near: sparse.csr_array, z: FloatArray, how: tuple[str, int, Seed]
) -> FloatArray:
    inference, permutations, seed = how
    if inference == "analytic":
        return np.where(np.isnan(z), 1.0, stats.norm.sf(z))
    if inference == "esda":
        return np.array([_by_esda(row, near, permutations, seed) for row in counts])
    # Not by esda: it would compile for 15 s in every process, and its p-values are folded, so
    # that empty places among sparse counts come out significant.
    size = near.sum(axis=1).astype(np.int64)
    key = np.uint64(seed_number(seed))
    p = np.empty(counts.shape)
    for row, values in enumerate(counts):
        sums = values + near @ values
        beyond = count_sums_beyond(
            values, size, sums, inference == "conditional", permutations, key + np.uint64(row)
        )
        p[row] = (1.0 + beyond[:, 0]) / (permutations + 1.0)
    return p


def _by_esda(
    values: FloatArray, near: sparse.csr_array, permutations: int, seed: Seed
) -> FloatArray:
    esda, weights = stats_library("esda"), stats_library("libpysal").weights
    with warnings.catch_warnings():
        # Islands and the coming change of one-sided p-values are no news: p is taken from the sums.
        warnings.simplefilter("ignore")
        found = esda.G_Local(
            values,
            weights.WSP(near.tocsr()).to_W(silence_warnings=True),
            transform="B",
            star=True,
            permutations=permutations,
            keep_simulations=True,
            n_jobs=1,
            seed=seed_number(seed) % 2**32,
        )
    as_high = (found.rGs >= found.Gs[:, None] * (1 - 1e-9)).sum(axis=1)
    return np.asarray((1.0 + as_high) / (permutations + 1.0))


def _lone(floor: float, n_places: int) -> FloatArray:
    p = np.ones(n_places)
    p[0] = floor
    return p
