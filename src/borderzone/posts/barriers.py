"""A barrier of posts: the fewest whose fields join from one end of a corridor to the other, or round a ring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import optimize, sparse, spatial

from borderzone._cells import cells_of_points
from borderzone._guards import (
    as_numbers,
    as_whole,
    check_at_least,
    check_flag,
    check_positive,
    check_probability,
    check_whole,
    shown,
)
from borderzone.errors import CoverageGapError, InvalidParameterError, ShapeMismatchError
from borderzone.grid import Grid
from borderzone.posts.pieces import (
    EndedStrip,
    Net,
    Pieces,
    cheapest_way,
    merged,
    missing_ground,
    net_of,
    pieces_of,
)
from borderzone.posts.sight_of_posts import SightOfPosts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from borderzone._typing import BoolArray, IntArray

__all__ = ["Barrier", "barrier", "flat_line_posts"]

# What an arc costs beside the posts, so that of equal answers the shorter is taken.
_TIE = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Barrier:
    """
    Posts whose fields leave no way across, and how few could.

    Attributes
    ----------
    posts
        Posts of each fold, in the order of their fields along the corridor.
    new
        Posts that do not stand yet.
    at_least, at_most
        Bounds of ``new``: from fields whose pieces count as joined, and from the cheapest way of pieces.
    proved
        Whether no fewer new posts would do. With several folds and posts whose field falls into pieces, whether no
        fewer would where each fold takes one piece of a post at most.
    gaps
        One row for each new post of the first fold: the ``post``, the ``km`` at which its loss would leave a gap, and
        ``width_m``, the distance between the fields left on both sides, 0 where they still join.
    """

    posts: tuple[IntArray, ...]
    new: int
    at_least: int
    at_most: int
    proved: bool
    gaps: pd.DataFrame


def barrier(  # noqa: PLR0913 - fields, ground, rules
    fields: Any,
    chainage_km: npt.ArrayLike | xr.DataArray,
    cell_m: float | None = None,
    *,
    k: int = 1,
    existing: Sequence[int] | npt.ArrayLike = (),
    forbidden: Sequence[int] | npt.ArrayLike = (),
    ring: bool = False,
    level: float = 0.9,
    nodes: int = 5_000,
) -> Barrier:
    """
    Find the fewest posts whose fields leave no way across a corridor.

    A field is the ground in which a post detects one passage with at least ``level``. Fields are cut to the corridor before
    their pieces are told apart, and join where cells overlap or share an edge; a corner is not enough, as
    a crosser slips through it. Going round an end of the corridor is not covered.

    Parameters
    ----------
    fields
        True where a post detects, posts by rows by columns; or chances of the same shape; or what `sight` gives for cells
        of the raster. Beside a raster of chainage a raster on its grid, posts by y by x.
    chainage_km
        Chainage of each cell, NaN outside the corridor, as from `Corridor.cells`. Its least and greatest are the
        flat ends. Units: km.
    cell_m
        Edge of a cell; that of the raster where there is one. Units: m.
    k
        How many barriers, no post in two of them; 1 round a ring.
    existing
        Posts that stand already and cost nothing. Numbers from 0.
    forbidden
        Posts that may not be taken. Numbers from 0.
    ring
        Whether the corridor closes on itself where the chainage jumps from its end to its start.
    level
        Least chance of detection that makes a field, where chances are given.
    nodes
        Most nodes of branch and bound; the bounds stay apart where they do not suffice.

    Returns
    -------
    Barrier
        The posts and what is proved.

    Raises
    ------
    CoverageGapError
        If no choice of posts closes the corridor; it tells where fields fail to join, and how wide.
    InvalidParameterError
        If a parameter is impossible.
    ShapeMismatchError
        If fields and chainage do not fit each other.

    References
    ----------
    Kumar, S., Lai, T. H., Arora, A. (2005). Barrier coverage with wireless sensors. MobiCom 2005, 284-298.

    Examples
    --------
    >>> km = np.tile(np.arange(9) * 0.1, (2, 1))
    >>> fields = np.abs(km[None] - np.array([0.1, 0.3, 0.5, 0.7])[:, None, None]) < 0.21
    >>> found = barrier(fields, km, 100.0)
    >>> found.new, found.proved, [posts.tolist() for posts in found.posts]
    (3, True, [[0, 2, 3]])
    """
    ring = check_flag(ring, "ring")
    k = check_whole(k, "k", highest=1 if ring else None)
    nodes = check_whole(nodes, "nodes", lowest=1)
    level = check_probability(level, "level")
    strip = _strip_of(chainage_km, cell_m, ring=ring)
    seen = _fields_of(fields, chainage_km, strip, level)
    cost, allowed = _costs_of(existing, forbidden, len(seen))
    seen[~allowed] = False
    pieces = pieces_of(seen, strip)
    way = cheapest_way(pieces, cost)
    if way is None:
        raise CoverageGapError(_told_gap(seen, strip))
    return _fewest(pieces, way, cost, strip, (k, nodes))


def _fewest(
    pieces: Pieces, way: list[int], cost: IntArray, strip: EndedStrip, limits: tuple[int, int]
) -> Barrier:
    """Bound from both sides, and close what is open in whole numbers."""
    k, nodes = limits
    ways, most = [way], _paid(pieces, way, cost)
    if k == 1:
        least = min(most, 1) if strip.ring else _merged_least(pieces, cost)
        if least < most and (found := _flow(pieces, cost, 1, nodes)) is not None:
            ways, least = found[0], max(least, found[1])
    else:
        bound, found = _flow(merged(pieces), cost, k, nodes), _flow(pieces, cost, k, nodes)
        if found is None:
            msg = (
                f"no {k} barriers were found without a post in two of them: ask for fewer, give more "
                "posts, or more nodes"
            )
            raise CoverageGapError(msg)
        ways, least = found[0], 0 if bound is None else bound[1]
        most = sum(_paid(pieces, one, cost) for one in ways)
    posts = tuple(_in_order(pieces.post[one]) for one in ways)
    new = sum(int(cost[one].sum()) for one in posts)
    return Barrier(
        posts=posts, new=new, at_least=least, at_most=most,
        proved=new == least or (k > 1 and found is not None and new == found[1]),
        gaps=_gaps(pieces, ways[0], cost, strip),
    )  # fmt: skip


def _merged_least(pieces: Pieces, cost: IntArray) -> int:
    """Bound the new posts from below: all pieces of a post count as joined."""
    whole = merged(pieces)
    return _paid(whole, cheapest_way(whole, cost) or [], cost)


def _paid(pieces: Pieces, way: list[int], cost: IntArray) -> int:
    """Count the new posts of a way, each once."""
    return int(cost[np.unique(pieces.post[way])].sum()) if way else 0


def _in_order(posts: IntArray) -> IntArray:
    """Keep the first of each post."""
    return posts[np.sort(np.unique(posts, return_index=True)[1])]


def _flow(pieces: Pieces, cost: IntArray, k: int, nodes: int) -> tuple[list[list[int]], int] | None:
    """Send k ways through the pieces for the fewest new posts, and give the number that none is below."""
    net = net_of(pieces)
    found = [_sent(pieces, net, ends, cost, (k, nodes)) for ends in net.ends]
    reached = [one for one in found if one is not None]
    if not reached:
        return None
    least = min(bound for _, _, bound in reached)
    flow, used, _ = min(reached, key=lambda one: float(cost[one[1]].sum()))
    if k == 1:
        # Any one way through the posts that were paid for will do.
        way = cheapest_way(pieces, np.where(used, 0, len(used) + 1))
        return ([] if way is None else [way]), least
    return _ways(net, flow, k), least


def _sent(
    pieces: Pieces, net: Net, ends: tuple[int, int], cost: IntArray, limits: tuple[int, int]
) -> tuple[BoolArray, BoolArray, int] | None:
    """Solve the flow between two ends: which arcs, which posts, and the bound."""
    # Variables: arcs, then posts.
    k, nodes = limits
    arcs, posts, size = len(net.tails), len(cost), len(net.piece)
    own = np.arange(arcs)
    balance = sparse.csr_array(
        (np.r_[np.ones(arcs), -np.ones(arcs)], (np.r_[net.heads, net.tails], np.r_[own, own])),
        shape=(size, arcs + posts),
    )
    enters = own[net.piece[net.heads] >= 0]
    owner = pieces.post[net.piece[net.heads[enters]]]
    # One way may come back to a post by another piece; several share none, so a post is entered once.
    into, rows = (owner, posts) if k > 1 else (net.heads[enters], size)
    pays = np.unique(np.column_stack([into, owner]), axis=0)
    visits = sparse.csr_array((np.ones(len(into)), (into, enters)), shape=(rows, arcs))
    stands = sparse.csr_array((np.ones(len(pays)), (pays[:, 0], pays[:, 1])), shape=(rows, posts))
    net_flow = np.zeros(size)
    net_flow[list(ends)] = -k, k
    found: Any = optimize.milp(
        np.concatenate([np.full(arcs, _TIE), cost.astype(float)]),
        # Arcs of one way follow from its posts; several must not be mixed.
        integrality=np.repeat([int(k > 1), 1], [arcs, posts]),
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(balance, net_flow, net_flow),
            optimize.LinearConstraint(
                sparse.csr_array(sparse.hstack([visits, -stands])), -np.inf, 0
            ),
        ],
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    # A way enters each node once at most, so that is all that breaking ties can cost.
    least = math.ceil(float(found.mip_dual_bound) - _TIE * (size + 1))
    return found.x[:arcs] > 0.5, found.x[arcs:] > 0.5, max(least, 0)


def _ways(net: Net, flow: BoolArray, k: int) -> list[list[int]]:
    """Read several ways off a flow of whole numbers."""
    after: dict[int, list[int]] = {}
    for tail, head in zip(net.tails[flow].tolist(), net.heads[flow].tolist(), strict=True):
        after.setdefault(tail, []).append(head)
    source, sink = net.ends[0]
    ways = []
    for _ in range(k):
        way, node = [], after[source].pop()
        while node != sink:
            way.append(int(net.piece[node]))
            node = after[node].pop()
        ways.append(way)
    return ways


def _gaps(pieces: Pieces, way: list[int], cost: IntArray, strip: EndedStrip) -> pd.DataFrame:
    """Measure what would open if one new post were lost."""
    columns = strip.km.shape[1]
    places = [np.column_stack(np.divmod(pieces.cells[[p]].indices, columns)) for p in way]
    found = []
    order = pieces.post[way]
    for post in _in_order(order)[cost[_in_order(order)] > 0]:
        at = np.flatnonzero(order == post)
        before, after = places[: at[0]], places[at[-1] + 1 :]
        if strip.ring:
            # Round a ring all others hang together; the two beside the lost one part.
            others = (after + before) if len(at) == 1 else []
            before, after = others[-1:], others[:1] if len(others) > 1 else []
        found.append((int(post), *_opened(before, after, strip)))
    return pd.DataFrame(found, columns=["post", "km", "width_m"])


def _opened(
    before: list[IntArray], after: list[IntArray], strip: EndedStrip
) -> tuple[float, float]:
    """Give where two sides are nearest, and the ground between them: km and metres."""
    # Fields side by side lack nothing; the cells at an end have to be covered themselves.
    sides: list[tuple[list[Any], list[Any], float]] = [(before, after, 1.0)]
    if not strip.ring:
        start, end = [np.argwhere(strip.start)], [np.argwhere(strip.end)]
        sides += [(start, after, 0.0), (before, end, 0.0), (start, end, -1.0)]
    best = (math.nan, math.inf)
    for one, two, touching in sides:
        if not (one and two):
            continue
        from_cells, to_cells = np.concatenate(one), np.concatenate(two)
        told = spatial.cKDTree(from_cells).query(to_cells)
        away, nearest = (np.asarray(part) for part in told)
        here = int(away.argmin())
        width = max(float(away[here]) - touching, 0.0) * strip.cell_m
        if width < best[1]:
            ends = np.stack([to_cells[here], from_cells[int(nearest[here])]])
            best = (float(strip.km[ends[:, 0], ends[:, 1]].mean()), width)
    return best if math.isfinite(best[1]) else (math.nan, math.nan)


def _told_gap(seen: BoolArray, strip: EndedStrip) -> str:
    if strip.ring:
        return (
            "no choice of posts closes the ring: their fields do not join once round; give more posts, "
            "higher ones or a lower level"
        )
    km, width = missing_ground(np.asarray(seen.any(axis=0)), strip)
    return (
        f"no choice of posts closes the corridor: at km {km:.1f} a gap of {width:,.0f} m stays open; "
        "give posts there, higher ones or a lower level"
    )


def _strip_of(
    chainage_km: npt.ArrayLike | xr.DataArray, cell_m: float | None, *, ring: bool
) -> EndedStrip:
    if isinstance(chainage_km, xr.DataArray):
        edge_m = Grid.of(chainage_km).resolution_m
        if cell_m is not None and cell_m != edge_m:
            msg = f"cell_m must be left out beside a raster, whose cells are {edge_m:g} m, got {cell_m!r}"
            raise InvalidParameterError(msg)
        cell_m = edge_m
    elif cell_m is None:
        msg = "cell_m is needed where chainage_km is no raster: the edge of a cell in metres"
        raise InvalidParameterError(msg)
    check_positive(cell_m, "cell_m", "m")
    km = as_numbers(chainage_km, "chainage_km")
    if km.ndim != 2:
        msg = f"chainage_km must be rows by columns of cells, got shape {km.shape}"
        raise ShapeMismatchError(msg)
    in_corridor = ~np.isnan(km)
    if not in_corridor.any() or np.isinf(km).any():
        msg = "chainage_km holds no corridor: give km in its cells, and NaN outside, as Corridor.cells does"
        raise InvalidParameterError(msg)
    return EndedStrip.of(km, float(cell_m), ring=ring)


def _fields_of(
    fields: Any, chainage_km: npt.ArrayLike | xr.DataArray, strip: EndedStrip, level: float
) -> BoolArray:
    """Lay the fields on the cells of the corridor."""
    if isinstance(fields, SightOfPosts):
        return _laid_out(fields, chainage_km, strip, level)
    if isinstance(chainage_km, xr.DataArray):
        # Rows of a plain array may run either way; beside a raster only coordinates tell which.
        if (
            not isinstance(fields, xr.DataArray)
            or fields.dims[1:] != ("y", "x")
            or fields.ndim != 3
        ):
            msg = (
                "fields beside a raster of chainage must be a raster too, posts by y by x, or what sight "
                "gives; or give both as plain arrays, with cell_m"
            )
            raise ShapeMismatchError(msg)
        Grid.of(chainage_km).check(fields[0], "the raster of fields")
    given = fields if getattr(fields, "dtype", None) == np.bool_ else as_numbers(fields, "fields")
    found = np.asarray(given)
    if found.ndim != 3 or found.shape[1:] != strip.km.shape or not len(found):
        msg = (
            f"fields must be posts by the {strip.km.shape[0]} rows and {strip.km.shape[1]} columns of "
            f"chainage_km, got shape {found.shape}"
        )
        raise ShapeMismatchError(msg)
    if found.dtype == np.bool_:
        return np.asarray(found & strip.inside)
    unknown = np.isnan(found) & strip.inside
    if unknown.any() or found[:, strip.inside].min() < 0 or found[:, strip.inside].max() > 1:
        msg = "fields must be True and False, or chances from 0 to 1, in every cell of the corridor"
        raise InvalidParameterError(msg)
    return np.asarray((np.nan_to_num(found) >= level) & strip.inside)


def _laid_out(
    sight: SightOfPosts, chainage_km: npt.ArrayLike | xr.DataArray, strip: EndedStrip, level: float
) -> BoolArray:
    """Put what posts see of the cells back on the raster that they were taken from."""
    if sight.demand is None or not isinstance(chainage_km, xr.DataArray):
        msg = (
            "sight as fields needs its demand, and chainage_km as a raster that the demand lies on"
        )
        raise InvalidParameterError(msg)
    points = sight.demand.geometry
    at = cells_of_points(np.column_stack([points.x, points.y]), Grid.of(chainage_km))
    missed = strip.inside.ravel().copy()
    missed[at[at >= 0]] = False
    if missed.any():
        msg = (
            f"sight leaves out {int(missed.sum()):,} cells of the corridor, and what is not looked at is "
            "no field: ask sight for the corridor, with every=1"
        )
        raise InvalidParameterError(msg)
    found = np.zeros((len(sight.bits), strip.km.size), dtype=bool)
    keep = at >= 0
    for row, bits in enumerate(sight.bits):
        seen = np.unpackbits(bits, count=sight.n_demand).astype(bool)
        if sight.probability is not None:
            seen = sight.probability[row] >= level
        found[row, at[keep]] = seen[keep]
    return np.asarray(found.reshape(-1, *strip.km.shape) & strip.inside)


def _costs_of(existing: Any, forbidden: Any, count: int) -> tuple[IntArray, BoolArray]:
    cost, allowed = np.ones(count, dtype=np.int64), np.ones(count, dtype=bool)
    standing = np.atleast_1d(as_whole(existing, "existing", 0, count - 1)).astype(np.int64)
    never = np.atleast_1d(as_whole(forbidden, "forbidden", 0, count - 1)).astype(np.int64)
    cost[standing] = 0
    allowed[never] = False
    if not allowed[standing].all():
        both = int(standing[~allowed[standing]][0])
        msg = f"post {both} is both existing and forbidden; name it once"
        raise InvalidParameterError(msg)
    return cost, allowed


def flat_line_posts(length_km: float, range_km: float, spacing_km: float) -> int:
    """
    Count the posts that close a straight flat line.

    Candidates stand at 0, one spacing, two spacings and so on, up to the length; each covers its range to both sides.

    Parameters
    ----------
    length_km
        Length of the line. Units: km.
    range_km
        Range of a post. Units: km.
    spacing_km
        Spacing of the candidates, twice the range at most. Units: km.

    Returns
    -------
    int
        Fewest posts.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0, candidates are too far apart to join, or the last one does not reach the end.

    Examples
    --------
    >>> flat_line_posts(599, 2, 0.5)
    150
    """
    given = {"length_km": length_km, "range_km": range_km, "spacing_km": spacing_km}
    # As written in decimals: 0.3 is three tenths here, so that three spacings of 0.1 fit into it.
    length, reach, step = (
        Fraction(repr(check_positive(value, name, "km"))) for name, value in given.items()
    )
    if step > 2 * reach:
        check_at_least(range_km, "range_km", float(step / 2), "km")
    last = length // step * step
    if last + reach < length:
        msg = (
            f"the last candidate, at {float(last):g} km, leaves a gap of {float(length - last - reach):g} "
            f"km at the end of the line; give a spacing_km that reaches it, got {shown(spacing_km)}"
        )
        raise InvalidParameterError(msg)
    hops = math.ceil((length - reach) / step) - reach // step
    return max(0, math.ceil(Fraction(hops) / (2 * reach // step))) + 1
