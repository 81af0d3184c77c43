"""How far the ranking by the index hangs on its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from borderzone._guards import check_non_negative, check_whole, generator
from borderzone.difficulty.flagging import GAMMA
from borderzone.difficulty.index import INDEX_LEGS, index_weights
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray, Seed

__all__ = ["WEIGHT_SPREAD", "rank_stability"]

# Standard deviation of the logarithm of the factor on each weight: nine in ten factors lie
# between 0.66 and 1.51. An assumption: nobody states weights to better than a half.
WEIGHT_SPREAD = 0.25
# Cells times draws worked on at a time.
_CHUNK = 4_000_000
# Means of the index that differ by less are one rank: float32 sums are no better.
_DECIMALS = 5


def rank_stability(  # noqa: PLR0913 (two inputs, four settings of the draws and the seed)
    flags: xr.Dataset,
    groups: xr.DataArray,
    *,
    weights: Mapping[str, float] | None = None,
    spread: float = WEIGHT_SPREAD,
    draws: int = 500,
    top: int = 10,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Rank segments by their mean index, and again under perturbed weights.

    In every draw each weight is multiplied by a lognormal factor with median
    1, and the index is computed anew on every cell from its members.

    Parameters
    ----------
    flags
        What `flags` returned: its members.
    groups
        Segment, or any other group, of each cell, from 0; negative outside.
    weights
        Weight by member around which is drawn; 1 where not given.
    spread
        Standard deviation of the logarithm of the factors; 0 leaves the
        weights as they are.
    draws
        Number of draws.
    top
        How many of the hardest groups count as the top.
    seed
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row a group, its number as index: ``index_mean`` and ``rank`` at
        the stated weights (1 is hardest, equal values share the better rank),
        ``rank_p05``, ``rank_p50`` and ``rank_p95`` over the draws, and
        ``top_share``, the share of draws in the top. NaN where no member is
        known. In ``attrs``, ``kendall_tau_p50`` and ``kendall_tau_p05`` of the
        drawn rankings against the stated one, ``top``, ``draws`` and ``spread``.

    Raises
    ------
    InvalidParameterError
        If a weight or a number is impossible, or a member is missing.
    GridMismatchError
        If the groups do not lie on the grid of the flags.

    References
    ----------
    .. [1] Kendall, M. G. (1938). A new measure of rank correlation.
       Biometrika 30, 81-93.

    Examples
    --------
    Ground that is harder in every member stays ahead, whatever the weights:

    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.difficulty import flags
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 2), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values], dtype=np.float32))
    >>> bare = xr.Dataset({"bare_share": layer(0.4, 0.9)})
    >>> table = rank_stability(flags(xr.Dataset(), layer(1.0, 9.0), bare), layer(0, 1), top=1)
    >>> table[["rank", "rank_p05", "rank_p95", "top_share"]].to_numpy().tolist()
    [[2.0, 2.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """
    check_non_negative(spread, "spread")
    draws, top = check_whole(draws, "draws"), check_whole(top, "top")
    stated = index_weights(flags.attrs.get("index_weights") if weights is None else weights).weights
    members = _members(flags, groups)
    names, place = np.unique(members.pop("group"), return_inverse=True)
    rng = generator(seed)
    # The stated weights first, then the draws.
    factors = np.exp(spread * rng.standard_normal((draws + 1, len(stated))))
    factors[0] = 1.0
    drawn = dict(zip(stated, (factors * list(stated.values())).T, strict=True))
    means = _group_means(members, drawn, place, len(names))
    table = _table(means, top)
    table.index = pd.Index(names, name="group" if groups.name is None else groups.name)
    table.attrs |= {"top": top, "draws": draws, "spread": float(spread)}
    return table


def _table(means: FloatArray, top: int) -> pd.DataFrame:
    """Rank the means of each draw, of which the first is the stated one."""
    known = np.isfinite(means[:, 0])
    ranks = np.full(means.shape, np.nan)
    ranks[known] = pd.DataFrame(-means[known].round(_DECIMALS)).rank(method="min")
    low, middle, high = np.quantile(ranks[:, 1:], [0.05, 0.5, 0.95], axis=1, method="nearest")
    columns = {
        "index_mean": means[:, 0],
        "rank": ranks[:, 0],
        "rank_p05": low,
        "rank_p50": middle,
        "rank_p95": high,
        "top_share": np.where(known, (ranks[:, 1:] <= top).mean(axis=1), np.nan),
    }
    table = pd.DataFrame(columns)
    tau = _kendall(ranks[known])
    table.attrs = {
        "kendall_tau_p50": float(np.median(tau)),
        "kendall_tau_p05": float(np.quantile(tau, 0.05)),
    }
    return table


def _kendall(ranks: FloatArray) -> FloatArray:
    """Kendall's tau of each later column against the first, over pairs that the first tells apart."""
    one, other = np.triu_indices(len(ranks), 1)
    order = np.sign(ranks[one, 0] - ranks[other, 0])
    one, other, order = one[order != 0], other[order != 0], order[order != 0]
    if not order.size:
        return np.full(ranks.shape[1] - 1, np.nan)
    return np.array([(np.sign(draw[one] - draw[other]) * order).mean() for draw in ranks[:, 1:].T])


def _members(flags: xr.Dataset, groups: xr.DataArray) -> dict[str, Any]:
    """Take group and members of the cells of all groups."""
    names = [name for leg in INDEX_LEGS.values() for name in leg]
    missing = [name for name in names if f"member_{name}" not in flags]
    if missing:
        msg = f"flags has no member_{missing[0]}; hand over what difficulty.flags returned"
        raise InvalidParameterError(msg)
    where = Grid.of(flags[f"member_{names[0]}"]).check(groups, "groups").to_numpy()
    if not np.array_equal(where, np.round(where), equal_nan=True):
        msg = "groups must hold whole numbers, or NaN or -1 for none"
        raise InvalidParameterError(msg)
    inside = where >= 0
    found = {name: flags[f"member_{name}"].to_numpy()[inside] for name in names}
    return {"group": where[inside].astype(np.int64), **found}


def _group_means(
    members: Mapping[str, FloatArray],
    weights: Mapping[str, FloatArray],
    place: IntArray,
    count: int,
) -> FloatArray:
    """Average the index over the known cells of each group, for each set of weights."""
    unknown = np.all([np.isnan(member) for member in members.values()], axis=0)
    place = place[~unknown]
    legs = [
        _Leg([members[name][~unknown] for name in names], [weights[name] for name in names])
        for names in INDEX_LEGS.values()
    ]
    size = np.bincount(place, minlength=count)
    share = 1.0 / np.maximum(size, 1)[place]
    average = sparse.csr_array(
        (share.astype(np.float32), (place, np.arange(place.size))), shape=(count, place.size)
    )
    n_draws = len(next(iter(weights.values())))
    step = max(1, _CHUNK // max(place.size, 1))
    means = np.empty((count, n_draws))
    for start in range(0, n_draws, step):
        part = slice(start, start + step)
        means[:, part] = average @ np.exp(np.fmax(*(leg.logarithm(part) for leg in legs)))
    means[size == 0] = np.nan
    return means


class _Leg:
    """One leg of the index for many sets of weights: fuzzy gamma, in logarithms."""

    def __init__(self, members: Sequence[FloatArray], weights: Sequence[FloatArray]) -> None:
        stack = np.stack(members, axis=1).astype(np.float64)
        known = ~np.isnan(stack)
        full = np.where(known, stack, 0.5)
        high, low = np.log(full), np.log(np.maximum(1.0 - full, 1e-30))
        self._known = known.astype(np.float32)
        self._high = np.where(known, high, 0.0).astype(np.float32)
        self._low = np.where(known, low, 0.0).astype(np.float32)
        self._weights = np.asarray(weights, dtype=np.float32)

    def logarithm(self, draws: slice) -> FloatArray:
        """Logarithm of the leg, one row a cell and one column a set; NaN where no member is known."""
        weights = self._weights[:, draws]
        total = self._known @ weights
        count = self._known.sum(axis=1, keepdims=True)
        # Exponents sum to the number of known members.
        scale = np.divide(count, total, out=np.full_like(total, np.nan), where=total > 0)
        product = (self._high @ weights) * scale
        rest = np.exp((self._low @ weights) * scale)
        return np.asarray(GAMMA * np.log1p(-rest) + (1.0 - GAMMA) * product)
