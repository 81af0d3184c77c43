"""Weights of the members of the index: given, or from comparing them two at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_positive, guarded
from borderzone.difficulty.fuzzy import ahp_weights
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HIGHEST_RATIO", "INDEX_LEGS", "IndexWeights", "index_weights"]

# The two legs of the index and their members.
INDEX_LEGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"remote": ("remoteness", "bareness"), "rough": ("karst", "ruggedness", "masking")}
)
# Comparisons that disagree with each other as much as this are refused (Saaty 1980).
HIGHEST_RATIO = 0.1
# The scale of Saaty ends at nine times.
_MOST = 9.0


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
        msg = f"weights name {', '.join(strange)}; the index has {', '.join(members)}"
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
    matrix = np.ones((len(names), len(names)))
    for (one, other), value in pairs.items():
        i, j = names.index(one), names.index(other)
        matrix[i, j], matrix[j, i] = value, 1 / value
    weights, _, ratio = ahp_weights(matrix)
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
