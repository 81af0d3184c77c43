"""The difficulty index: scales of its members, their weights and overlay, and how firmly it ranks."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from borderzone._guards import (
    check_non_negative,
    check_positive,
    check_whole,
    generator,
    guarded,
    meant,
    shown,
)
from borderzone._kernels import index_sums as kernels
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray, Seed

__all__ = [
    "FLOOR",
    "HIGHEST_RATIO",
    "INDEX_LEGS",
    "SCALES",
    "WEIGHT_SPREAD",
    "IndexWeights",
    "Scale",
    "index_weights",
    "rank_stability",
]

# Compromise between product and sum in every leg.
GAMMA = 0.75
# The two legs of the index and their members.
INDEX_LEGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"remote": ("remoteness", "bareness"), "rough": ("karst", "ruggedness", "masking")}
)
# Comparisons that disagree with each other as much as this are refused (Saaty 1980).
HIGHEST_RATIO = 0.1
# The scale of Saaty ends at nine times.
_MOST = 9.0
# Mean consistency index of random matrices of size 1, 2, 3 ... (Saaty 1980, The Analytic
# Hierarchy Process, McGraw-Hill).
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


@guarded
@dataclass(frozen=True, kw_only=True)
class IndexWeights:
    """
    Weights of the members of the index, and where they are from.

    Attributes
    ----------
    weights
        Weight by member. Only ratios within a leg count; those of a leg sum to the number of its
        members, unless the caller gave them.
    basis
        ``"equal"``, ``"given"`` or ``"compared"``.
    consistency_ratio
        By leg that was compared; below 0.1.
    """

    weights: Mapping[str, float]
    basis: str
    consistency_ratio: Mapping[str, float] = field(default_factory=dict)

    def sentence(self) -> str:
        """
        Say how the members are weighted.

        Returns
        -------
        str
            One sentence.
        """
        if self.basis == "equal":
            return "All members of a leg of the difficulty index count alike."
        told = ", ".join(f"{name} {weight:.2f}" for name, weight in self.weights.items())
        if self.basis == "given":
            return f"The members of the difficulty index are weighted as given: {told}."
        ratio = max(self.consistency_ratio.values())
        return (
            f"The members of the difficulty index are weighted by pairwise comparison: {told} "
            f"(consistency ratio {ratio:.3f}; below {HIGHEST_RATIO:g} comparisons agree)."
        )


def index_weights(
    given: Mapping[str, float] | None = None, comparisons: Mapping[str, float] | None = None
) -> IndexWeights:
    """
    Weigh the members of the index by numbers, or by comparing them in pairs.

    The index is the larger of its two legs, so members are compared within a leg. A leg that is
    not compared has equal weights; one that is needs every pair, once.

    Parameters
    ----------
    given
        Weight by member, above 0; 1 where left out.
    comparisons
        How many times the first member counts more than the second, 1/9 to 9, as
        ``{"remoteness/bareness": 3}``.

    Returns
    -------
    IndexWeights
        A weight for every member, and the consistency ratio of each leg compared.

    Raises
    ------
    InvalidParameterError
        If both are given, a name is unknown, a number impossible, a pair missing, or the
        comparisons disagree with each other.

    References
    ----------
    .. [1] Saaty, T. L. (1980). The Analytic Hierarchy Process. McGraw-Hill, New York.

    Examples
    --------
    >>> found = index_weights(comparisons={"remoteness/bareness": 3.0})
    >>> {name: round(weight, 3) for name, weight in found.weights.items()}
    {'remoteness': 1.5, 'bareness': 0.5, 'karst': 1.0, 'ruggedness': 1.0, 'masking': 1.0}
    """
    if given and comparisons:
        msg = "index_weights and index_comparisons exclude each other; leave one of them out"
        raise InvalidParameterError(msg)
    equal = {name: 1.0 for names in INDEX_LEGS.values() for name in names}
    if given:
        return IndexWeights(weights=equal | _checked(given, equal), basis="given")
    if not comparisons:
        return IndexWeights(weights=equal, basis="equal")
    pairs = _pairs(comparisons, equal)
    weights, ratios = dict(equal), {}
    for leg, names in INDEX_LEGS.items():
        own = {pair: value for pair, value in pairs.items() if pair[0] in names}
        if own:
            found, ratios[leg] = _weigh(names, own)
            weights |= found
    return IndexWeights(weights=weights, basis="compared", consistency_ratio=ratios)


def _checked(given: Mapping[str, float], members: Mapping[str, float]) -> dict[str, float]:
    strange = [name for name in given if name not in members]
    if strange:
        hint = meant(strange[0], members)
        msg = f"weights name {', '.join(strange)}; the index has {', '.join(members)}{hint}"
        raise InvalidParameterError(msg)
    for name, weight in given.items():
        check_positive(weight, f"the weight of {name}")
    return {name: float(weight) for name, weight in given.items()}


def _pairs(
    comparisons: Mapping[str, float], members: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Read pairs of names, and refuse those that say nothing."""
    legs = {name: leg for leg, names in INDEX_LEGS.items() for name in names}
    pairs: dict[tuple[str, str], float] = {}
    for text, value in comparisons.items():
        first, _, second = (part.strip() for part in text.partition("/"))
        if first not in members or second not in members or first == second:
            msg = (
                f"index_comparisons has {text!r}; a comparison is 'one/other' of two members of a "
                f"leg: {'; '.join(', '.join(names) for names in INDEX_LEGS.values())}"
            )
            raise InvalidParameterError(msg)
        if legs[first] != legs[second]:
            msg = (
                f"{text!r} compares members of two legs; the index is the larger of its legs, so "
                "members are compared within one: leave this comparison out"
            )
            raise InvalidParameterError(msg)
        if (first, second) in pairs or (second, first) in pairs:
            msg = f"index_comparisons compares {first} and {second} twice; keep one of the two"
            raise InvalidParameterError(msg)
        if not 1 / _MOST - 1e-3 <= value <= _MOST:
            msg = f"{text!r} must lie between 1/9 and 9, got {value:g}"
            raise InvalidParameterError(msg)
        pairs[first, second] = float(value)
    return pairs


def _weigh(
    names: tuple[str, ...], pairs: Mapping[tuple[str, str], float]
) -> tuple[dict[str, float], float]:
    """Weigh the members of one leg."""
    missing = [
        f"{one}/{other}"
        for one, other in combinations(names, 2)
        if (one, other) not in pairs and (other, one) not in pairs
    ]
    if missing:
        msg = f"index_comparisons leaves out {', '.join(missing)}; a leg needs every pair"
        raise InvalidParameterError(msg)
    # Reciprocal, as Saaty has it: if one counts three times the other, the other counts a third.
    matrix = np.ones((len(names), len(names)))
    for (one, other), value in pairs.items():
        i, j = names.index(one), names.index(other)
        matrix[i, j], matrix[j, i] = value, 1 / value
    weights, ratio = ahp_weights(matrix)
    if ratio >= HIGHEST_RATIO:
        # What the ways over every third member say of a pair.
        logs = np.log(matrix)
        ways = (logs[:, :, None] + logs[None, :, :]).sum(axis=1) - 2 * logs
        fits = np.exp(ways / (len(names) - 2))
        mends = [
            f"{one}/{other} = {fits[names.index(one), names.index(other)]:.2g} instead of {value:.3g}"
            for (one, other), value in pairs.items()
        ]
        msg = (
            f"the comparisons of {', '.join(names)} disagree: consistency ratio {ratio:.2f}, must be "
            f"below {HIGHEST_RATIO:g}; any one of these would agree with the others: {', or '.join(mends)}"
        )
        raise InvalidParameterError(msg)
    return {
        name: len(names) * float(weight) for name, weight in zip(names, weights, strict=True)
    }, ratio


# From ground to memberships: the fixed scales on which a layer counts from little to fully.


# Least membership: a single absent factor lowers an index but does not annihilate it.
FLOOR = 0.05


@dataclass(frozen=True, kw_only=True)
class Scale:
    """
    How one layer becomes a membership, the same for every border.

    Attributes
    ----------
    form
        ``"linear"``: x / at, up to 1. ``"saturating"``: x / (x + at).
    at
        Value with full membership (linear) or with one half (saturating).
    unit
        Unit of the value.
    source
        Where the value is from, or that it is an assumption.
    """

    form: Literal["linear", "saturating"]
    at: float
    unit: str
    source: str

    def membership(self, values: FloatArray) -> FloatArray:
        """Membership from `FLOOR` to 1 of values in the unit of the scale; negative ones count as 0."""
        # float32 stays, all else is float64; every step is taken in place.
        kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
        share: FloatArray = np.maximum(np.asarray(values, dtype=kind), 0.0)
        if self.form == "linear":
            share /= self.at
        else:
            # 1 - at / (x + at) rather than x / (x + at): 1 and not NaN where x is infinite.
            share += self.at
            np.divide(self.at, share, out=share)
            np.subtract(1.0, share, out=share)
        np.clip(share, FLOOR, 1.0, out=share)
        return share


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "remoteness": Scale(
            form="saturating",
            at=3.0,
            unit="h",
            source="assumption: half membership at the middle of the breaks 1, 3 and 6 h",
        ),
        "bareness": Scale(
            form="linear", at=1.0, unit="share", source="land cover: cover that defines the class"
        ),
        "karst": Scale(
            form="linear",
            at=3.0,
            unit="rank",
            source="mapped soluble rock, ranks 1 to 3; equal steps are an assumption",
        ),
        "ruggedness": Scale(
            form="linear",
            at=0.30,
            unit="rise over run",
            source=(
                "assumption: the slope at which wheeled vehicles stop (FM 5-33, 1990); gradient "
                "of the plane with the same ruggedness index (Riley et al. 1999)"
            ),
        ),
        "masking": Scale(
            form="linear", at=1.0, unit="share", source="share of the ground out of sight"
        ),
        "relief": Scale(
            form="linear",
            at=150.0,
            unit="m",
            source="depth of Wadi Hauran, 150 to 200 m, as a deeply cut landscape of the region",
        ),
        "cliff": Scale(
            form="linear",
            at=45.0,
            unit="degrees",
            source="assumption: half of it is the slope that cells of 30 m show of a cliff of 25 m",
        ),
        "incision": Scale(
            form="linear",
            at=50.0,
            unit="m",
            source="assumption: a third of the full relief, below the mean of the 8 neighbours",
        ),
    }
)


def fuzzy_gamma(members: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """Overlay memberships of one shape: algebraic sum to the power `GAMMA` times product to the rest."""
    # Zimmermann and Zysno (1980), Fuzzy Sets and Systems 4, 37-51. Weights are exponents, scaled so that
    # those of the known members sum to their number; an unknown member leaves as if it were not there.
    out = np.empty(members[0].shape, dtype=np.float32)
    kernels.gamma(
        tuple(np.ascontiguousarray(member).ravel() for member in members),
        weights,
        GAMMA,
        out.ravel(),
    )
    return out


def ahp_weights(matrix: Any) -> tuple[FloatArray, float]:
    """
    Weigh up to ten criteria by pairwise comparison: the principal eigenvector, which sums to 1.

    Beside it the consistency ratio: departure from agreement relative to random comparisons.
    """
    try:
        a = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"comparisons must be numbers in a square matrix, got {shown(matrix)}"
        raise InvalidParameterError(msg) from error
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 1 <= len(a) <= len(_RANDOM_INDEX):
        msg = f"comparisons must be a square matrix of 1 to 10 criteria, got shape {a.shape}"
        raise InvalidParameterError(msg)
    if not (np.isfinite(a).all() and (a > 0).all() and np.allclose(a * a.T, 1.0, atol=1e-3)):
        msg = "comparisons must be positive, and each the reciprocal of its mirror image"
        raise InvalidParameterError(msg)
    values, vectors = np.linalg.eig(a)
    largest = int(values.real.argmax())
    weights = np.abs(vectors[:, largest].real)
    n, lambda_max = len(a), float(values[largest].real)
    # One or two reciprocal criteria always agree.
    ratio = (lambda_max - n) / (n - 1) / _RANDOM_INDEX[n - 1] if n > 2 else 0.0
    return weights / weights.sum(), float(ratio)


# How far the ranking by the index hangs on its weights.


# Standard deviation of the logarithm of the factor on each weight: nine in ten factors lie
# between 0.66 and 1.51. An assumption: nobody states weights to better than a half.
WEIGHT_SPREAD = 0.25
# Cells times draws worked on at a time: few enough for what is worked on to stay beside the processor.
_CHUNK = 250_000
# Means of the index that differ by less are one rank: float32 sums are no better.
_DECIMALS = 5


def rank_stability(  # noqa: PLR0913 - two inputs, four settings of the draws and the seed
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
    # Lognormal: a weight is as likely to be doubled as halved, and never below 0.
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
    # Rounded, so that equal ground ties whatever the order of its sum; ties share the better rank.
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
    # A mean by group as a sparse product: one pass over the cells for all draws of a chunk.
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
        # 1 - x is 0 for full membership: its logarithm is kept finite, and its power is 0 all the same.
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
        # The algebraic sum, one less the product of what is lacking, to the power gamma; the product to the rest.
        return np.asarray(GAMMA * np.log1p(-rest) + (1.0 - GAMMA) * product)
