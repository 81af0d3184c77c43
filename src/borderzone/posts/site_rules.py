"""Rules that posts are chosen by, and who sees what, read from whatever holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse, spatial

from borderzone._guards import (
    as_finite,
    as_non_negative,
    as_probabilities,
    as_whole,
    check_between,
    check_choice,
    check_flag,
    check_non_negative,
    check_positive,
    check_whole,
    guarded,
    shown,
)
from borderzone._kernels.siting import BEST, COUNT, JOINT, Incidence
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol import SENSORS
from borderzone.posts.candidate_sites import KINDS
from borderzone.posts.sight_of_posts import SightOfPosts
from borderzone.visibility import Windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = ["COUNTING", "PostPlan", "SiteRules", "SitingTask", "task_of"]

# How a point of the demand counts, and how the loops work that out.
COUNTING = {"once": COUNT, "backup": COUNT, "best": BEST, "joint": JOINT}


@guarded
@dataclass(frozen=True, kw_only=True)
class PostPlan:
    """
    Which posts a study is to find places for: the table ``[posts]`` of a study file.

    Attributes
    ----------
    n
        Most posts.
    height_m
        Eyes above the ground. Units: m.
    max_km
        How far they look. Units: km.
    kind
        Places that are tried: ``"summits"``, ``"grid"`` or ``"line"``, as in `candidates`.
    spacing_m
        How far such places are apart. Units: m.
    prominence_m
        Least prominence of a summit. Units: m.
    sensor
        A name in `patrol.SENSORS`: what stands at a post.
    cell_m
        Cells of the ground on which lines of sight run, at most 90. Units: m.
    every
        Of these cells every n-th row and column is demand.

    Raises
    ------
    InvalidParameterError
        If a number or word is outside what is allowed.

    Examples
    --------
    >>> PostPlan(n=5, max_km=3).sensor
    'tower_thermal'
    """

    n: int = 20
    height_m: float = 10.0
    max_km: float = 5.0
    kind: str = "summits"
    spacing_m: float = 1000.0
    prominence_m: float = 3.0
    sensor: str = "tower_thermal"
    cell_m: float = 90.0
    every: int = 10

    def __post_init__(self) -> None:
        """Refuse a plan that no study can make."""
        check_whole(self.n, "n", highest=1000)
        check_whole(self.every, "every", unit="cells")
        check_positive(self.height_m, "height_m", "m")
        check_positive(self.max_km, "max_km", "km")
        check_positive(self.spacing_m, "spacing_m", "m")
        check_non_negative(self.prominence_m, "prominence_m", "m")
        check_between(self.cell_m, "cell_m", 0.0, Windows.COARSEST_M, without=(0.0,))
        check_choice(self.kind, "kind", KINDS)
        check_choice(self.sensor, "sensor", SENSORS)


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class SiteRules:
    """
    What posts may stand where, and how a point that they see counts.

    Attributes
    ----------
    existing
        Candidates where a post stands already; it stays. Numbers from 0.
    existing_counted
        Whether posts that stand already are among the n. They are free unless told so.
    forbidden
        Candidates where none may stand. Numbers from 0.
    cost
        Cost of each candidate, in any unit; goes with ``budget``.
    budget
        Most that new posts may cost together.
    spacing_m
        Least distance between two posts; goes with ``xy``, unless `sees` holds its candidates. Two that
        stand already may be nearer. Units: m.
    xy
        Incidence of the candidates, shape ``(candidates, 2)``. Units: m.
    capacity
        Most demand that one post can serve, one number or one for each candidate; a point may be
        served by several in parts. Units: those of the demand.
    counts
        ``"once"``: a point counts in full if one post sees it. ``"backup"``: a second post that sees it
        adds the share ``backup``, and the first alone leaves the rest. ``"best"``: it counts with the
        chance of the post that sees it best. ``"joint"``: with the chance that at least one of all posts,
        independent of each other, detects.
    backup
        Share of a point's weight that the second post adds, with ``counts="backup"``; 1 counts only what
        two posts see.

    Raises
    ------
    InvalidParameterError
        If a number or word is outside what is allowed, or a rule lacks the one it goes with.

    Examples
    --------
    >>> SiteRules(existing=[3], counts="joint").counts
    'joint'
    """

    existing: Sequence[int] | npt.ArrayLike = ()
    existing_counted: bool = False
    forbidden: Sequence[int] | npt.ArrayLike = ()
    cost: npt.ArrayLike | None = None
    budget: float | None = None
    spacing_m: float | None = None
    xy: npt.ArrayLike | None = None
    capacity: npt.ArrayLike | None = None
    counts: str = "once"
    backup: float = 0.5

    def __post_init__(self) -> None:
        """Refuse rules that say nothing or contradict each other."""
        check_choice(self.counts, "counts", COUNTING)
        check_between(self.backup, "backup", 0.0, 1.0)
        check_flag(self.existing_counted, "existing_counted")
        if (self.cost is None) != (self.budget is None):
            msg = "cost and budget go together: give both, or neither"
            raise InvalidParameterError(msg)
        if self.budget is not None:
            check_non_negative(self.budget, "budget")
        if self.spacing_m is not None:
            check_positive(self.spacing_m, "spacing_m", "m")
        if self.capacity is not None and self.counts != "once":
            msg = f"capacity is served once: leave counts at 'once', got {shown(self.counts)}"
            raise InvalidParameterError(msg)


@dataclass(frozen=True, kw_only=True)
class SitingTask:
    """Who sees what, and the rules, as the loops take them."""

    places: Incidence
    kind: IntArray
    """0 free to choose, 1 stands already, 2 never."""
    cap: FloatArray
    budget: float
    total: float
    """All demand, seen or not."""
    whole: bool
    """Worths are whole numbers, so a bound may be rounded down."""
    counted: int
    """Posts that stand already and are among the n."""

    @property
    def standing(self) -> int:
        """Count the posts that stand already."""
        return int((self.kind == 1).sum())

    @property
    def has_capacity(self) -> bool:
        """Tell whether posts serve no more than so much."""
        return bool(np.isfinite(self.cap).any())

    def clashes(self) -> Any:
        """Give the pairs of candidates that are too near to each other."""
        of, count = self.places, len(self.kind)
        one = np.ones(len(of.clash_at))
        return sparse.csr_array((one, of.clash_at, of.clash_ptr), shape=(count, count))

    def seen(self) -> Any:
        """Give the chances by candidate and point."""
        of = self.places
        shape = (len(self.kind), len(of.weight))
        return sparse.csr_array((of.row_q, of.row_at, of.row_ptr), shape=shape)


def task_of(sees: Any, demand: Any, rules: SiteRules) -> SitingTask:
    """Read who sees what, weigh it and apply the rules."""
    chances = _chances_of(sees, COUNTING[rules.counts])
    count, points = chances.shape
    weight = np.ones(points) if demand is None else as_non_negative(demand, "demand")
    if weight.shape != (points,):
        msg = (
            f"demand must be one weight for each of the {points:,} points that sees has, "
            f"got shape {weight.shape}"
        )
        raise ShapeMismatchError(msg)
    total = float(weight.sum())
    if not (0 < total < np.inf):
        msg = f"demand must sum to a finite number above 0, got {shown(total)}"
        raise InvalidParameterError(msg)
    # What nobody sees, or nobody wants seen, decides nothing.
    used = np.flatnonzero((weight > 0) & (chances.sum(axis=0) > 0))
    rows = sparse.csr_array(chances[:, used])
    rows.sort_indices()
    columns = sparse.csr_array(rows.T)
    kind = _kinds_of(rules, count)
    cost = np.zeros(count)
    if rules.cost is not None:
        cost = _one_each(as_non_negative(rules.cost, "cost"), "cost", count)
    cap = np.full(count, np.inf)
    if rules.capacity is not None:
        cap = _one_each(as_non_negative(rules.capacity, "capacity"), "capacity", count)
    clash_ptr, clash_at = _clashes(rules, sees, kind)
    second = rules.backup if rules.counts == "backup" else 0.0
    places = Incidence(
        rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data,
        columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data,
        np.ascontiguousarray(weight[used]), np.array([0.0, 1.0 - second, 1.0]),
        COUNTING[rules.counts], cost, clash_ptr, clash_at,
    )  # fmt: skip
    whole = rules.counts == "once" and total < 2.0**50 and bool((weight == np.floor(weight)).all())
    return SitingTask(
        places=places,
        kind=kind,
        cap=cap,
        budget=np.inf if rules.budget is None else float(rules.budget),
        total=total,
        whole=whole and rules.capacity is None,
        counted=int((kind == 1).sum()) if rules.existing_counted else 0,
    )


def _chances_of(sees: Any, model: int) -> Any:
    """Read sight: packed bits, an array of flags or chances, or a sparse matrix of either."""
    if isinstance(sees, SightOfPosts):
        if model == COUNT:
            return _unpacked(sees.bits, sees.n_demand)
        if sees.probability is None:
            msg = (
                "sees holds who sees what, but no chances: give sight a curve by range, "
                "or count 'once' or 'backup'"
            )
            raise InvalidParameterError(msg)
        sees = sees.probability
    if sparse.issparse(sees):
        matrix: Any = sees
        found: Any = sparse.csr_array(matrix.astype(np.float64), copy=True)
        found.sum_duplicates()
    else:
        found = _flags_or_numbers(sees)
        if found.ndim != 2:
            msg = f"sees must be candidates by points, two dimensions, got shape {found.shape}"
            raise ShapeMismatchError(msg)
        found = sparse.csr_array(found)
    if 0 in found.shape:
        msg = f"sees must hold a candidate and a point at least, got shape {found.shape}"
        raise ShapeMismatchError(msg)
    as_probabilities(found.data, "sees")
    found.eliminate_zeros()
    if model == COUNT and (found.data != 1.0).any():
        msg = (
            "sees holds chances between 0 and 1: give sees >= level, as with .9, "
            "or count by 'best' or 'joint'"
        )
        raise InvalidParameterError(msg)
    return found


def _flags_or_numbers(sees: Any) -> FloatArray:
    try:
        given = np.asarray(sees)
    except (TypeError, ValueError):  # a ragged list: the guard says so
        given = None
    flags = given is not None and given.dtype == np.bool_
    return np.asarray(given, np.float64) if flags else as_finite(sees, "sees")


def _unpacked(bits: IntArray, points: int) -> Any:
    """Open packed bits row by row: all at once would take eight times the memory."""
    rows = [np.flatnonzero(np.unpackbits(row, count=points)) for row in bits]
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    at = np.concatenate(rows)
    return sparse.csr_array((np.ones(len(at)), at, ends), shape=(len(bits), points))


def _kinds_of(rules: SiteRules, count: int) -> IntArray:
    """Mark each candidate: free, standing already, or never."""
    kind = np.zeros(count, dtype=np.uint8)
    for name, mark in (("existing", 1), ("forbidden", 2)):
        at = np.atleast_1d(as_whole(getattr(rules, name), name, 0, count - 1))
        if (kind[at] != 0).any():
            both = int(at[kind[at] != 0][0])
            msg = f"candidate {both} is both existing and forbidden; name it once"
            raise InvalidParameterError(msg)
        kind[at] = mark
    return kind


def _one_each(values: FloatArray, name: str, count: int) -> FloatArray:
    if values.ndim == 0:
        return np.full(count, float(values))
    if values.shape != (count,):
        msg = (
            f"{name} must be one number for each of {count:,} candidates, got shape {values.shape}"
        )
        raise ShapeMismatchError(msg)
    return values


def _clashes(rules: SiteRules, sees: Any, kind: IntArray) -> tuple[IntArray, IntArray]:
    """List for each candidate the others that are too near to stand beside it."""
    count = len(kind)
    if rules.spacing_m is None:
        return np.zeros(count + 1, np.int64), np.zeros(0, np.int32)
    xy = rules.xy
    if xy is None:
        table = sees.candidates if isinstance(sees, SightOfPosts) else None
        if table is None:
            msg = "spacing_m needs the places of the candidates: give xy, one x and y each"
            raise InvalidParameterError(msg)
        xy = np.column_stack([table.geometry.x, table.geometry.y])
    places = as_finite(xy, "xy", "m")
    if places.shape != (count, 2):
        msg = f"xy must have shape ({count}, 2), one x and y for each candidate, got {places.shape}"
        raise ShapeMismatchError(msg)
    # Exactly at the spacing is far enough.
    near = np.nextafter(rules.spacing_m, 0.0)
    pairs = spatial.cKDTree(places).query_pairs(near, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    table = sparse.csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
    return table.indptr.astype(np.int64), table.indices.astype(np.int32)
