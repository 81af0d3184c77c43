"""Sites in whole numbers: branch and bound for what search and prices leave open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import optimize, sparse

from borderzone._kernels.siting import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray, IntArray
    from borderzone.posts.site_rules import SitingTask

__all__ = ["MOST_ENTRIES", "best_prices", "best_served", "best_sites", "fewest_sites", "served_by"]

# Largest programmes that are tried: the first relaxation is not bounded by a number of nodes.
MOST_ENTRIES = 20_000
_MOST_RELAXED = 300_000
# What the solver's tolerances may hide in a bound, as a share.
_SLACK = 1e-7


class _Programme(NamedTuple):
    """Rows ``low <= A x <= high`` and bounds; the first variables are the candidates, 0 or 1."""

    worth: FloatArray
    rows: Sequence[tuple[Any, float, float]]
    lower: FloatArray
    upper: FloatArray
    whole: FloatArray


def best_sites(
    task: SitingTask, new: int, kind: IntArray, gap: float, nodes: int
) -> tuple[IntArray | None, float]:
    """
    Choose the new posts that cover most, by branch and bound.

    Parameters
    ----------
    task
        Who sees what.
    new
        Most new posts.
    kind
        0 free, 1 in, 2 out, for each candidate.
    gap
        Share of the bound that may stay open.
    nodes
        Most nodes.

    Returns
    -------
    tuple
        Candidates by kind, 1 where a post stands, or None if none was found; and the bound.
    """
    if task.has_capacity:
        programme = _served(task, kind)
    elif task.places.model == COUNT:
        programme = _counted(task, kind)
    else:
        programme = _graded(task, kind)
    limits = [*programme.rows, *_choice_rows(task, kind, new, len(programme.worth))]
    if sum(rows.nnz for rows, _, _ in limits) > MOST_ENTRIES:
        return None, math.inf
    found = _solved(programme._replace(rows=limits), gap, nodes)
    bound = found.mip_dual_bound
    bound = math.inf if bound is None else -float(bound) * (1.0 + _SLACK)
    if found.status == 2:  # what is left holds no answer at all
        return None, -math.inf
    return _chosen(task, found.x), bound


def best_prices(task: SitingTask, new: int) -> FloatArray | None:
    """Give the prices of the points by the linear programme, whose bound no prices beat; None if it is too large."""
    if task.places.model != COUNT or task.has_capacity or len(task.places.row_at) > _MOST_RELAXED:
        return None
    programme = _counted(task, task.kind)
    limits = [*programme.rows, *_choice_rows(task, task.kind, new, len(programme.worth))]
    # All rows as A x <= b: those of the points come first and have no upper limit.
    stacked: list[Any] = []
    most: list[Any] = []
    for rows, low, high in limits:
        below = np.isfinite(high)
        stacked.append(rows if below else -rows)
        most.append(np.broadcast_to(high if below else -np.asarray(low), rows.shape[0]))
    found: Any = optimize.linprog(  # type: ignore[call-overload]  # sparse rows are taken, the stubs do not say so
        -programme.worth,
        A_ub=sparse.csr_array(sparse.vstack(stacked)),
        b_ub=np.concatenate(most),
        bounds=np.column_stack([programme.lower, programme.upper]),
        method="highs-ipm",
    )
    if found.status != 0:
        return None
    steepest = max(task.places.worth[1], 0.5) * task.places.weight
    return np.asarray(np.clip(-found.ineqlin.marginals[: len(steepest)], 0.0, steepest))


def best_served(task: SitingTask, new: int) -> IntArray:
    """Choose posts one by one, each for the demand that it can serve and nobody serves yet."""
    seen, left = task.seen(), task.places.weight.copy()
    inside = task.kind.copy()
    money = task.budget
    clash = task.clashes()
    for i in np.flatnonzero(inside == 1):
        _serve(seen, left, int(i), float(task.cap[i]))
    for _ in range(new):
        gain = np.minimum(seen @ left, task.cap)
        blocked = (inside != 0) | (task.places.cost > money)
        blocked |= (clash @ (inside == 1)).astype(bool)
        gain[blocked] = 0.0
        best = int(gain.argmax())
        if gain[best] <= 0.0:
            break
        inside[best] = 1
        money -= task.places.cost[best]
        _serve(seen, left, best, float(task.cap[best]))
    return inside


def _serve(seen: Any, left: FloatArray, post: int, cap: float) -> None:
    """Take what a post serves off the demand that is left, from each point alike."""
    at = seen.indices[seen.indptr[post] : seen.indptr[post + 1]]
    most = left[at].sum()
    if most > 0.0:
        left[at] *= max(1.0 - cap / most, 0.0)


def served_by(task: SitingTask, inside: IntArray) -> float:
    """Give the most demand that posts can serve within their capacities."""
    kind = np.where(inside == 1, 1, 2).astype(np.uint8)
    programme = _served(task, kind)
    found = _solved(programme._replace(whole=np.zeros_like(programme.whole)), 0.0, 1)
    return -float(found.fun)


def fewest_sites(task: SitingTask, target: float, nodes: int) -> tuple[IntArray | None, int]:
    """Choose the fewest new posts that cover a target; give them and the number that none is below."""
    programme = _counted(task, task.kind)
    count, size = len(task.kind), len(programme.worth)
    asked = sparse.csr_array(programme.worth[None, :])
    limits = [*programme.rows, (asked, target, np.inf)]
    if target >= task.places.weight.sum() * (1.0 - 1e-12):
        # All points: each has its row, and nothing is left to weigh.
        seen = sparse.csr_array(task.seen().T)
        limits, size = [(seen, 1.0, np.inf)], count
    limits += _choice_rows(task, task.kind, count, size)
    if sum(rows.nnz for rows, _, _ in limits) > MOST_ENTRIES:
        return None, 0
    price = np.zeros(size)
    price[:count] = task.kind != 1
    programme = _Programme(
        -price, limits, programme.lower[:size], programme.upper[:size], programme.whole[:size]
    )
    found = _solved(programme, 0.0, nodes)
    bound = found.mip_dual_bound
    return _chosen(task, found.x), 0 if bound is None else math.ceil(float(bound) - 1e-6)


def _counted(task: SitingTask, kind: IntArray) -> _Programme:
    """Count a point once, and a second time for less, if so many posts see it."""
    of, count, points = task.places, len(task.kind), len(task.places.weight)
    seen = sparse.csr_array(task.seen().T)
    one, two = of.worth[1], of.worth[2] - of.worth[1]
    unit = sparse.eye_array(points, format="csr")
    lower, upper = _of_kind(kind)
    if two <= 0.0:
        rows = [(sparse.csr_array(sparse.hstack([seen, -unit])), 0.0, np.inf)]
        more, worth = points, of.weight * one
        whole = np.zeros(points)
    else:
        rows = [
            (sparse.csr_array(sparse.hstack([seen, -unit, -unit])), 0.0, np.inf),
            (sparse.csr_array(sparse.hstack([_empty(points, count), unit, -unit])), 0.0, np.inf),
        ]
        more, worth = 2 * points, np.concatenate([of.weight * one, of.weight * two])
        # Where the second is worth more than the first, halves of both would be taken.
        whole = np.concatenate([np.full(points, float(two > one)), np.zeros(points)])
    return _Programme(
        np.concatenate([np.zeros(count), worth]), rows,
        np.concatenate([lower, np.zeros(more)]), np.concatenate([upper, np.ones(more)]),
        np.concatenate([np.ones(count), whole]),
    )  # fmt: skip


def _edges(task: SitingTask, kind: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """List who could see what: candidate, point, chance."""
    seen = sparse.coo_array(task.seen())
    keep = kind[seen.row] != 2
    return seen.row[keep], seen.col[keep], seen.data[keep]


def _graded(task: SitingTask, kind: IntArray) -> _Programme:
    """Count a point by one post that sees it, the best there is."""
    by, at, q = _edges(task, kind)
    return _by_edges(task, kind, (by, at), task.places.weight[at] * q, np.ones(len(at)))


def _served(task: SitingTask, kind: IntArray) -> _Programme:
    """Serve demand in parts, within the capacity of each post."""
    by, at, _ = _edges(task, kind)
    weight = task.places.weight[at]
    programme = _by_edges(task, kind, (by, at), weight, np.ones(len(at)))
    count, edges = len(kind), len(at)
    cap = np.where(np.isfinite(task.cap), task.cap, task.places.weight.sum())
    serve = sparse.csr_array((weight, (by, np.arange(edges))), shape=(count, edges))
    rows = sparse.csr_array(sparse.hstack([sparse.diags_array(-cap), serve]))
    return programme._replace(rows=[*programme.rows, (rows, -np.inf, 0.0)])


def _by_edges(
    task: SitingTask,
    kind: IntArray,
    ends: tuple[IntArray, IntArray],
    worth: FloatArray,
    top: FloatArray,
) -> _Programme:
    """Share each point out among posts, and only to those that stand."""
    by, at = ends
    count, points, edges = len(kind), len(task.places.weight), len(at)
    one = np.ones(edges)
    shares = sparse.csr_array((one, (at, np.arange(edges))), shape=(points, edges))
    stands = sparse.csr_array((one, (np.arange(edges), by)), shape=(edges, count))
    unit = sparse.eye_array(edges, format="csr")
    lower, upper = _of_kind(kind)
    return _Programme(
        np.concatenate([np.zeros(count), worth]),
        [
            (sparse.csr_array(sparse.hstack([_empty(points, count), shares])), -np.inf, 1.0),
            (sparse.csr_array(sparse.hstack([-stands, unit])), -np.inf, 0.0),
        ],
        np.concatenate([lower, np.zeros(edges)]), np.concatenate([upper, top]),
        np.concatenate([np.ones(count), np.zeros(edges)]),
    )  # fmt: skip


def _choice_rows(
    task: SitingTask, kind: IntArray, new: int, size: int
) -> list[tuple[Any, float, float]]:
    """Allow so many new posts, for so much money, none too near to another."""
    fresh = (task.kind == 0).astype(float)
    rows = [(_wide(sparse.csr_array(fresh[None, :]), size), -np.inf, float(new))]
    if np.isfinite(task.budget):
        cost = sparse.csr_array((fresh * task.places.cost)[None, :])
        rows.append((_wide(cost, size), -np.inf, task.budget))
    clash = sparse.coo_array(task.clashes())
    # Two that stand already may be near.
    keep = (clash.row < clash.col) & ~((task.kind[clash.row] == 1) & (task.kind[clash.col] == 1))
    pairs = int(keep.sum())
    if pairs:
        at = np.concatenate([np.arange(pairs)] * 2)
        ends = np.concatenate([clash.row[keep], clash.col[keep]])
        table = sparse.csr_array((np.ones(2 * pairs), (at, ends)), shape=(pairs, len(kind)))
        rows.append((_wide(table, size), -np.inf, 1.0))
    return rows


def _wide(rows: Any, size: int) -> Any:
    return sparse.csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], size))


def _empty(rows: int, columns: int) -> Any:
    return sparse.csr_array((rows, columns))


def _of_kind(kind: IntArray) -> tuple[FloatArray, FloatArray]:
    return (kind == 1).astype(float), (kind != 2).astype(float)


def _solved(programme: _Programme, gap: float, nodes: int) -> Any:
    """Let the solver end by gap or by nodes, never by time."""
    limits = [optimize.LinearConstraint(rows, low, high) for rows, low, high in programme.rows]
    return optimize.milp(
        -programme.worth,
        integrality=programme.whole.astype(np.int64),
        bounds=optimize.Bounds(programme.lower, programme.upper),
        constraints=limits,
        options={"mip_rel_gap": max(gap, 1e-9), "node_limit": nodes},
    )


def _chosen(task: SitingTask, values: FloatArray | None) -> IntArray | None:
    if values is None:
        return None
    count = len(task.kind)
    inside = np.where(task.kind == 2, 2, (values[:count] > 0.5).astype(np.uint8))
    return inside.astype(np.uint8)
