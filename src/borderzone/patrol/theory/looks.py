"""One straight pass: how often a target is looked at along it, and with what chance it is seen at least once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from borderzone._guards import (
    as_non_negative,
    as_probabilities,
    broadcast,
    check_probability,
    plain,
)
from borderzone.patrol.theory.imaging import transfer_at
from borderzone.visibility import mask_by_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["LOOK_CORRELATION", "Pass", "multi_look", "seen_along", "single_look", "width_m"]

# Looks of one crew at one target share its cover, its contrast and the crew's attention: an assumption, to be swept
# from 0 to 0.9.
LOOK_CORRELATION = 0.3

# Range over R50 at the joints of the quadrature: close where the range curve bends, then by halves.
_JOINTS = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 2.7, 3.6, 5.0])
_FURTHER = 1.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
# From here on the norm is the number of looks itself.
_MANY = 50.0
# Below this correlation the gamma functions lose the digits that tell looks from independent ones.
_INDEPENDENT = 1e-7


def multi_look(
    pod: npt.ArrayLike, looks: npt.ArrayLike, correlation: float = 0.0
) -> FloatArray | float:
    """POD of several looks of one probability that are correlated: ``1 - (1 - p)^n`` where they are not."""
    single, number = broadcast(
        pod=as_probabilities(pod, "pod"), looks=as_non_negative(looks, "looks")
    )
    return plain(_compounded(single, number, check_probability(correlation, "correlation")))


def _compounded(single: FloatArray, looks: FloatArray, correlation: float) -> FloatArray:
    """Beta-binomial: each target has a probability of its own, drawn from a beta law of mean p."""
    # Intra-class correlation r makes a + b = (1 - r) / r; all n looks miss with B(a, b + n) / B(a, b), which holds for
    # any real n. Behind one ridge all looks are one look: r = 1.
    if correlation < _INDEPENDENT:
        with np.errstate(divide="ignore"):  # a sure look: never missed
            return np.asarray(-np.expm1(looks * np.log1p(-single)) * (looks > 0))
    if correlation == 1.0:
        return np.where(looks > 0, single, 0.0)
    both = (1.0 - correlation) / correlation
    miss = (1.0 - single) * both
    sure = miss == 0.0
    miss = np.where(sure, 1.0, miss)
    log_missed = (
        special.gammaln(miss + looks)
        - special.gammaln(miss)
        + special.gammaln(both)
        - special.gammaln(both + looks)
    )
    return np.where(sure, 1.0 * (looks > 0), -np.expm1(np.minimum(log_missed, 0.0)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """How one straight pass is watched: what the sensor's range does not say."""

    # Beyond it nothing is seen. Units: m.
    clip_m: float
    # Nor beyond so many R50: the tail of the range curve was never measured.
    clip_r50: float = np.inf
    # Way between two looks along the track, seen from the target; None where R50 is of the whole passage. Units: m.
    spacing_m: float | None = None
    correlation: float = LOOK_CORRELATION
    # Share of contrast lost by the metre, in haze and dust. Units: 1/m.
    extinction_per_m: float = 0.0
    # Height of the eye, for the ground it does not see; None where R50 holds that already. Units: m.
    eye_m: float | None = None

    def reach_m(self, r50_m: float) -> float:
        """Range beyond which nothing is seen."""
        return min(self.clip_m, self.clip_r50 * r50_m)


def width_m(r50_m: float, f_mask: FloatArray, one: Pass) -> FloatArray:
    """Sweep width by kind of ground: twice the integral of the chance to be seen at least once along the pass."""
    offset, weight = _nodes(_edges(r50_m, one))
    return 2.0 * weight @ seen_along(offset, r50_m, f_mask, one)


def seen_along(offset_m: FloatArray, r50_m: float, f_mask: FloatArray, one: Pass) -> FloatArray:
    """
    Chance to be seen at least once along a straight pass.

    Offsets ``(x,)`` of the closest approach and kinds of ground ``(g,)`` give ``(x, g)``.
    """
    nearest = single_look(offset_m, r50_m, f_mask, one)
    if one.spacing_m is None:
        return nearest
    # The looks of a pass, in looks as good as that at the closest approach, on which one of them falls. They are m =
    # integral / (spacing * chance there) where they are many, and never fewer than that one. Between the two the eighth
    # norm of 1 and m is smooth and no more than a tenth below the sum over looks at even distances.
    along = _along(offset_m, r50_m, f_mask, one)
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # no chance at the closest approach, and none elsewhere
        many = np.where(nearest > 0.0, along / (one.spacing_m * nearest), 0.0)
    looks = np.where(many > _MANY, many, (1.0 + np.minimum(many, _MANY) ** 8) ** 0.125)
    return _compounded(nearest, looks, one.correlation)


def single_look(range_m: FloatArray, r50_m: float, f_mask: FloatArray, one: Pass) -> FloatArray:
    """Chance that one look sees: the lower bound of a pass, taken at its closest approach; shape as `seen_along`."""
    open_ground = _open(range_m, r50_m, one)[:, None]
    if one.eye_m is None:
        return np.repeat(open_ground, len(f_mask), axis=1)
    return open_ground * (1.0 - _shares_of(range_m, one.eye_m) @ _between_rows(f_mask, one.eye_m))


def _open(range_m: FloatArray, r50_m: float, one: Pass) -> FloatArray:
    """Chance of one look over open ground: the range curve, the air and the clip."""
    seen = transfer_at(range_m, r50_m)
    return np.where(
        range_m <= one.reach_m(r50_m), seen * np.exp(-one.extinction_per_m * range_m), 0.0
    )


def _along(offset_m: FloatArray, r50_m: float, f_mask: FloatArray, one: Pass) -> FloatArray:
    """Integral of the chance of one look along the track, both ways. Units: m."""
    edges = np.maximum(_edges(r50_m, one)[None, :], offset_m[:, None])
    way, weight = _nodes(np.sqrt(edges**2 - offset_m[:, None] ** 2))
    distance = np.hypot(way, offset_m[:, None])
    density = 2.0 * weight * _open(np.minimum(distance, one.reach_m(r50_m)), r50_m, one)
    total = density.sum(axis=1)[:, None]
    if one.eye_m is None:
        return np.repeat(total, len(f_mask), axis=1)
    # What is hidden is straight between the ranges of the family: the integral needs only how much of the density
    # falls to each of them, not each kind of ground at each place.
    ranges = _family(one.eye_m)[0]
    low, part = _place(np.log(ranges), np.log(np.maximum(distance, ranges[0])))
    cell = low + np.arange(len(offset_m))[:, None] * len(ranges)
    size = len(offset_m) * len(ranges)
    moments = np.bincount(cell.ravel(), (density * (1.0 - part)).ravel(), size)
    moments += np.bincount(cell.ravel() + 1, (density * part).ravel(), size)
    hidden = moments.reshape(-1, len(ranges)) @ _family(one.eye_m)[2].T
    return np.asarray(total - hidden @ _between_rows(f_mask, one.eye_m))


def _edges(r50_m: float, one: Pass) -> FloatArray:
    """Joints of the quadrature: within each the range curve and the family of the ground are smooth."""
    last, reach = _JOINTS[-1] * r50_m, one.reach_m(r50_m)
    further = np.arange(1, 1 + max(0, int(np.ceil(np.log(reach / last) / np.log(_FURTHER)))))
    joints = [_JOINTS * r50_m, last * _FURTHER**further]
    if one.eye_m is not None:
        joints.append(_family(one.eye_m)[0])
    inside = np.unique(np.concatenate(joints))
    return np.concatenate([[0.0], inside[inside < reach], [reach]])


def _nodes(edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss and Legendre between joints, along the last axis."""
    half = np.diff(edges, axis=-1)[..., None] / 2.0
    nodes = edges[..., :-1, None] + half * (1.0 + _NODES)
    shape = (*edges.shape[:-1], -1)
    return nodes.reshape(shape), (half * _WEIGHTS).reshape(shape)


@cache
def _family(eye_m: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ranges, kinds of ground and the share hidden of each at each range."""
    table = mask_by_range(eye_m=eye_m)
    return (
        table.columns.to_numpy(dtype=np.float64),
        table.index.to_numpy(dtype=np.float64),
        table.to_numpy(dtype=np.float64),
    )


def _shares_of(range_m: FloatArray, eye_m: float) -> FloatArray:
    """Share hidden at ranges ``(x,)`` on each kind of ground of the family ``(x, rows)``."""
    ranges, _, hidden = _family(eye_m)
    low, part = _place(np.log(ranges), np.log(np.maximum(range_m, ranges[0])))
    return (hidden[:, low] * (1.0 - part) + hidden[:, low + 1] * part).T


def _between_rows(f_mask: FloatArray, eye_m: float) -> FloatArray:
    """Weights ``(rows, g)`` that make ground of any share from those of the family."""
    kinds = _family(eye_m)[1]
    low, part = _place(kinds, f_mask)
    weights = np.zeros((len(kinds), len(f_mask)))
    column = np.arange(len(f_mask))
    weights[low, column], weights[low + 1, column] = 1.0 - part, part
    return weights


def _place(knots: FloatArray, value: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Knot at or below a value, and how far it lies on the way to the next."""
    at = np.interp(value, knots, np.arange(len(knots), dtype=np.float64))
    low = np.minimum(at.astype(np.intp), len(knots) - 2)
    return low, at - low
