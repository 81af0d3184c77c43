"""Pieces of the fields of posts: what joins what, from one end of a corridor to the other, and where nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "EndedStrip",
    "Net",
    "Pieces",
    "cheapest_way",
    "merged",
    "missing_ground",
    "net_of",
    "pieces_of",
]

# A crosser steps to eight neighbours, so only a join of four keeps him in.
_FOUR = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)

# How often a ring is laid out: a barrier may go back over the cut once or twice on its way round.
_TURNS = 5


@dataclass(frozen=True, kw_only=True)
class EndedStrip:
    """The ground of a corridor as cells: chainage, and the cells at its two flat ends."""

    km: FloatArray
    cell_m: float
    start: BoolArray
    end: BoolArray
    ring: bool

    @classmethod
    def of(cls, km: FloatArray, cell_m: float, *, ring: bool) -> EndedStrip:
        """Find the ends: cells within one cell of the first and the last chainage."""
        step, first, last = cell_m / 1000.0, np.nanmin(km), np.nanmax(km)
        # One cell in from the end is no end; chainages are float32 at times.
        near = step * 0.999
        start, end = km < first + near, km > last - near
        return cls(km=km, cell_m=cell_m, start=start, end=end, ring=ring)

    @property
    def inside(self) -> BoolArray:
        """Tell which cells belong to the corridor."""
        return np.isfinite(self.km)

    def neighbours(self, *, over_the_cut: bool) -> tuple[IntArray, IntArray]:
        """Pair the cells that share an edge, those of a ring whose chainage jumps apart from the rest."""
        number = np.arange(self.km.size).reshape(self.km.shape)
        one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
        two = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
        flat = self.km.ravel()
        both = np.isfinite(flat[one]) & np.isfinite(flat[two])
        one, two = one[both], two[both]
        half = 0.5 * (np.nanmax(self.km) - np.nanmin(self.km))
        jumps = self.ring & (np.abs(flat[one] - flat[two]) > half)
        return one[jumps == over_the_cut], two[jumps == over_the_cut]


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Nodes are pieces of fields; arcs lead between pieces that overlap or share an edge of cells."""

    post: IntArray
    """Post of each piece."""
    cells: Any
    """Sparse, pieces by cells."""
    arcs: IntArray
    """Ordered pairs, shape ``(arcs, 2)``; of a ring only those that do not cross the cut."""
    first: IntArray
    """Pieces at the start; of a ring, pairs over the cut stand in `cut`."""
    last: IntArray
    cut: IntArray
    """Pairs over the cut: from the end of the chainage to its start. Shape ``(pairs, 2)``."""
    ring: bool


def pieces_of(fields: BoolArray, strip: EndedStrip) -> Pieces:
    """Label each field by itself, and find which pieces join."""
    post: list[int] = []
    cells: list[IntArray] = []
    for number, field in enumerate(fields):
        for part in _parts(field & strip.inside, strip):
            post.append(number)
            cells.append(part)
    ends = np.concatenate([[0], np.cumsum([len(part) for part in cells])]).astype(np.int64)
    at = np.concatenate(cells) if cells else np.zeros(0, np.int64)
    table = sparse.csr_array(
        (np.ones(len(at), np.int32), at, ends), shape=(len(post), strip.km.size)
    )
    owner = np.array(post, dtype=np.int64)
    joined = table @ table.T + _over(table, strip.neighbours(over_the_cut=False))
    arcs = _pairs(joined + joined.T, owner)
    one, two = strip.neighbours(over_the_cut=True)
    km = strip.km.ravel()
    late = np.where(km[one] > km[two], one, two)
    cut = _pairs(_over(table, (late, one + two - late)), None) if strip.ring else arcs[:0]
    first = np.flatnonzero(table @ strip.start.ravel().astype(np.int32))
    last = np.flatnonzero(table @ strip.end.ravel().astype(np.int32))
    return Pieces(
        post=owner, cells=table, arcs=arcs, first=first, last=last, cut=cut, ring=strip.ring
    )


def _parts(field: BoolArray, strip: EndedStrip) -> list[IntArray]:
    """Label one field; a ring is cut where its chainage jumps, so that no piece goes round by itself."""
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    if not len(rows):
        return []
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    if strip.ring:
        return _parts_of_ring(field, strip)
    labels, count = ndimage.label(field[box], structure=_FOUR)
    row, column = np.nonzero(labels)
    order = np.argsort(labels[row, column], kind="stable")
    number = (row + rows[0]) * field.shape[1] + column + columns[0]
    sizes = np.bincount(labels[row, column], minlength=count + 1)[1:]
    return np.split(number[order], np.cumsum(sizes)[:-1])


def _parts_of_ring(field: BoolArray, strip: EndedStrip) -> list[IntArray]:
    one, two = strip.neighbours(over_the_cut=False)
    flat = field.ravel()
    keep = flat[one] & flat[two]
    table = sparse.csr_array(
        (np.ones(keep.sum(), bool), (one[keep], two[keep])), shape=(flat.size, flat.size)
    )
    labels = csgraph.connected_components(table, directed=False)[1]
    used = np.flatnonzero(flat)
    return [used[labels[used] == label] for label in np.unique(labels[used])]


def _over(table: Any, pairs: tuple[IntArray, IntArray]) -> Any:
    """Count for each pair of pieces the pairs of cells, one in each."""
    one, two = pairs
    size = table.shape[1]
    step = sparse.csr_array((np.ones(len(one), np.int32), (one, two)), shape=(size, size))
    return table @ step @ table.T


def _pairs(joined: Any, owner: IntArray | None) -> IntArray:
    """List ordered pairs of pieces; those of one post never join, unless over a cut."""
    found = sparse.coo_array(joined)
    pairs = np.column_stack([found.row, found.col])
    return pairs if owner is None else pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]


def merged(pieces: Pieces) -> Pieces:
    """Merge all pieces of a post into one node: a barrier of these is a bound, not always one."""
    names, node = np.unique(pieces.post, return_inverse=True)
    arcs = np.unique(node[pieces.arcs], axis=0).reshape(-1, 2)
    return Pieces(
        post=names, cells=pieces.cells, arcs=arcs, first=np.unique(node[pieces.first]),
        last=np.unique(node[pieces.last]), cut=np.unique(node[pieces.cut], axis=0).reshape(-1, 2),
        ring=pieces.ring,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Net:
    """Nodes and arcs that ways run through; a ring is laid out several times round."""

    tails: IntArray
    heads: IntArray
    piece: IntArray
    """Piece of each node, -1 for the two ends of the corridor."""
    ends: tuple[tuple[int, int], ...]
    """From which node to which a way may run: any one pair of these."""


def net_of(pieces: Pieces) -> Net:
    """Lay out the net: from end to end, or from each piece at the cut of a ring once round to itself."""
    count = len(pieces.post)
    if not pieces.ring:
        source, sink = count, count + 1
        tails = np.concatenate([pieces.arcs[:, 0], np.full(len(pieces.first), source), pieces.last])
        heads = np.concatenate([pieces.arcs[:, 1], pieces.first, np.full(len(pieces.last), sink)])
        return Net(
            tails=tails, heads=heads, piece=np.append(np.arange(count), [-1, -1]), ends=((source, sink),)
        )  # fmt: skip
    # Turns are counted by layers: over the cut one up or one down, as a barrier may wind back over it.
    arcs = [pieces.arcs + turn * count for turn in range(_TURNS)]
    for turn in range(_TURNS - 1):
        up = pieces.cut + np.array([turn * count, (turn + 1) * count])
        arcs += [up, up[:, ::-1]]
    every = np.concatenate(arcs)
    middle = _TURNS // 2 * count
    return Net(
        tails=every[:, 0],
        heads=every[:, 1],
        piece=np.tile(np.arange(count), _TURNS),
        ends=tuple((int(p) + middle, int(p) + middle + count) for p in np.unique(pieces.cut[:, 0])),
    )


def cheapest_way(pieces: Pieces, cost: IntArray) -> list[int] | None:
    """Find the pieces of a way from end to end, or once round, whose posts cost least, each piece for itself."""
    net = net_of(pieces)
    # A step beyond the cost breaks ties by fewer pieces, and no arc weighs nothing.
    weight = np.append(cost[pieces.post] * (len(net.piece) + 1) + 1, 1)
    size = len(net.piece)
    graph: Any = sparse.csr_array(
        (weight[net.piece[net.heads]].astype(float), (net.tails, net.heads)), shape=(size, size)
    )
    search: Any = csgraph.dijkstra
    least, best = np.inf, None
    for source, sink in net.ends:
        far, back = search(graph, indices=source, return_predecessors=True)
        if far[sink] < least:
            nodes = [node for node in _walked(back, source, sink) if net.piece[node] >= 0]
            least, best = float(far[sink]), [int(net.piece[node]) for node in nodes]
    return best


def _walked(back: IntArray, source: int, sink: int) -> list[int]:
    """Read a way backwards, without its source."""
    way = [sink]
    while way[-1] != source:
        way.append(int(back[way[-1]]))
    return way[-2::-1]


def missing_ground(covered: BoolArray, strip: EndedStrip) -> tuple[float, float]:
    """Give where fields from end to end break first, as they are bridged by the shortest hops: km and metres."""
    labels, _ = ndimage.label(covered & strip.inside, structure=_FOUR)
    reached = np.isin(labels, np.unique(labels[strip.start & (labels > 0)])) & (labels > 0)
    worst = (float(np.nanmin(strip.km)), 0.0)
    for _ in range(labels.max() + 1):
        if (reached & strip.end).any():
            break
        hop, from_km = _hops(reached, strip)
        # A field, or a cell of the far end, which has to be covered itself.
        hop = np.where(labels > 0, hop, np.where(strip.end, hop + 1.0, np.inf))
        hop[reached | ~strip.inside] = np.inf
        to = np.unravel_index(int(hop.argmin()), hop.shape)
        if hop[to] * strip.cell_m >= worst[1]:
            worst = (float(from_km[to] + strip.km[to]) / 2.0, float(hop[to]) * strip.cell_m)
        if labels[to] == 0:
            break
        reached |= labels == labels[to]
    return worst


def _hops(reached: BoolArray, strip: EndedStrip) -> tuple[FloatArray, FloatArray]:
    """Count the cells that lack a field on the way to each cell, from what is reached or from the start."""
    find: Any = ndimage.distance_transform_edt
    away, nearest = find(~strip.start, return_indices=True)
    from_km = strip.km[tuple(nearest)]
    if reached.any():
        beyond, nearest = find(~reached, return_indices=True)
        nearer = beyond - 1.0 < away
        away = np.where(nearer, beyond - 1.0, away)
        from_km = np.where(nearer, strip.km[tuple(nearest)], from_km)
    return away, from_km
