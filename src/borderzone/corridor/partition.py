"""
Partition of a corridor into segments, exactly by nearest chainage.

A segment is the ground whose nearest border point lies on its stretch of line.
Its boundary against another segment is therefore where two stretches of line
are equally near: pieces of straight line and parabola. They are found in three
steps. The Voronoi diagram of points set along the line, close together where
different stretches come close, gives which stretches meet and roughly where. Its
vertices are then moved onto the true line of equal distance, and edges are
divided until a straight edge departs from it by less than a metre. Last, the
edges and the outline of the corridor are noded into one coverage and each face
is given to the segment to which a point inside it belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely
from scipy.spatial import Voronoi

from borderzone._kernels.nearest import onto_bisectors, spaced_sites
from borderzone.corridor.track import NOTHING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor.track import Track

__all__ = ["TOLERANCE_M", "Divides", "divides", "lines_as_one", "outline_lines"]

# Greatest departure of a straight edge from the true boundary.
TOLERANCE_M = 0.5
SHORTEST_EDGE_M = 20.0
ROUNDS = 10
# Points along the line: step as a share of the distance to another stretch, least, most. Units: m.
SPACING = (0.5, 20.0, 2000.0)


@dataclass(frozen=True, kw_only=True)
class Divides:
    """
    Edges along which two segments, or a segment and the ground beyond an end, meet.

    Attributes
    ----------
    edges
        Start and end of each edge, shape ``(n, 2, 2)``. Units: m.
    labels
        The two segments, -1 for beyond an end, shape ``(n, 2)``.
    """

    edges: FloatArray
    labels: IntArray


def divides(track: Track, deepest_m: float) -> Divides:
    """Find the edges between segments out to a depth."""
    runs = Runs.of(track)
    if len(runs.labels) < 2:
        return Divides(edges=np.empty((0, 2, 2)), labels=np.empty((0, 2), dtype=int))
    sites, owner, spacing = _sites_along(track, runs)
    vertices, ends, between = _rough_edges(sites, owner, deepest_m)
    # Beyond the depth nothing is drawn; 2 % and 100 m more hold the arcs of the outline.
    ends, vertices, between = _trimmed(ends, vertices, sites, between, deepest_m * 1.02 + 100.0)
    vertices = _onto_true_lines(track, runs, (sites, owner, spacing), (vertices, ends, between))
    edges, pair = _unfolded(vertices[ends], owner[between])
    edges, pair = _through_posts(track, runs, edges, pair)
    edges, pair = _fine_edges(track, runs, edges, pair)
    return Divides(edges=edges, labels=runs.labels[pair])


@dataclass(frozen=True, kw_only=True)
class Runs:
    """
    Consecutive pieces of one label, stubs among them.

    Attributes
    ----------
    spans
        First piece, and piece after the last, of each run, shape ``(n, 2)``.
    labels
        Segment of each, -1 for a stub.
    follower
        Run that starts where each one ends, -1 for none.
    """

    spans: IntArray
    labels: IntArray
    follower: IntArray

    @classmethod
    def of(cls, track: Track) -> Runs:
        """Find the runs of a track."""
        change = np.flatnonzero(np.diff(track.labels) != 0) + 1
        starts = np.concatenate([[0], change])
        stops = np.concatenate([change, [len(track.labels)]])
        labels = track.labels[starts]
        # Two stubs next to each other, of parts that follow each other, are two runs.
        double = (labels == NOTHING) & (stops - starts > 1)
        for index in np.flatnonzero(double)[::-1]:
            middle = starts[index] + 1
            starts, stops = np.insert(starts, index + 1, middle), np.insert(stops, index, middle)
            labels = np.insert(labels, index, NOTHING)
        run_of = {int(label): run for run, label in enumerate(labels) if label != NOTHING}
        ends = track.end_labels[stops - 1]
        follower = [
            run_of.get(int(end), -1) if end not in (own, NOTHING) else -1
            for end, own in zip(ends, labels, strict=True)
        ]
        return cls(
            spans=np.column_stack([starts, stops]), labels=labels, follower=np.array(follower)
        )


def _sites_along(track: Track, runs: Runs) -> tuple[FloatArray, IntArray, FloatArray]:
    """Set points along every run, and one beyond every open end."""
    insets = _insets(track, runs)
    real = np.flatnonzero(runs.labels != NOTHING)
    points, which = spaced_sites(
        runs.spans[real], insets[real], track.pieces, track.boxes, track.labels, SPACING
    )
    owner = real[which]
    gap = np.hypot(*np.diff(points, axis=0).T)
    gap[np.diff(which) != 0] = 0.0
    # How far a point stands from its neighbours bounds how far the rough boundary is off.
    spacing = np.maximum(np.append(gap, 0.0), np.insert(gap, 0, 0.0))
    stubs, stub_runs = _stub_sites(track, runs, points, owner)
    return (
        np.vstack([points, stubs]),
        np.concatenate([owner, stub_runs]),
        np.concatenate([spacing, np.full(len(stubs), SPACING[1])]),
    )


def _insets(track: Track, runs: Runs) -> FloatArray:
    """How far from the ends of each run its first and last point stand."""
    length = 1.0 / np.sqrt(track.pieces[:, 4])
    first, last = runs.spans[:, 0], runs.spans[:, 1] - 1
    whole = np.add.reduceat(length, first)
    most = np.minimum(SPACING[1] / 2, whole / 16)
    insets = np.column_stack(
        [np.minimum(most, length[first] / 2), np.minimum(most, length[last] / 2)]
    )
    for run, after in enumerate(runs.follower):
        if runs.labels[run] == NOTHING:
            continue
        if after >= 0:
            # At equal distance before and after a boundary, whose bisector then passes through it.
            both = min(insets[run, 1], insets[after, 0])
            insets[run, 1] = both
            # At a bend the wedge nearest to the vertex belongs to what starts there.
            insets[after, 0] = 0.0 if track.bent[last[run]] else both
    for run, end, point in _open_ends(track, runs):
        insets[run, end] = min(insets[run, end], _gap_to_others(track, runs.labels[run], point) / 4)
    return insets


def _open_ends(track: Track, runs: Runs) -> list[tuple[int, int, FloatArray]]:
    """Find the ends that have a stub beyond them."""
    found = []
    for stub in np.flatnonzero(runs.labels == NOTHING):
        start = track.pieces[runs.spans[stub, 0], :2]
        best: tuple[float, int, int, FloatArray] = (np.inf, 0, 0, start)
        for run in (stub - 1, stub + 1):
            if not 0 <= run < len(runs.labels) or runs.labels[run] == NOTHING:
                continue
            first, last = track.pieces[runs.spans[run, 0]], track.pieces[runs.spans[run, 1] - 1]
            end, point = (1, last[:2] + last[2:4]) if run < stub else (0, first[:2])
            gap = float(np.hypot(*(point - start)))
            if gap < best[0]:
                best = (gap, int(run), end, point)
        found.append(best[1:])
    return found


def _stub_sites(
    track: Track, runs: Runs, points: FloatArray, owner: IntArray
) -> tuple[FloatArray, IntArray]:
    """Mirror the last point before an open end in that end."""
    sites = []
    for run, end, point in _open_ends(track, runs):
        own = points[owner == run]
        sites.append(2 * point - own[-1 if end else 0])
    stubs = np.flatnonzero(runs.labels == NOTHING)
    return np.array(sites).reshape(-1, 2), stubs


def _gap_to_others(track: Track, label: int, point: FloatArray) -> float:
    others = track.pieces[(track.labels != label) & (track.labels != NOTHING)]
    if len(others) == 0:
        return np.inf
    along = np.clip(np.sum((point - others[:, :2]) * others[:, 2:4], axis=1) * others[:, 4], 0, 1)
    return float(np.hypot(*(others[:, :2] + along[:, None] * others[:, 2:4] - point).T).min())


def _rough_edges(
    sites: FloatArray, owner: IntArray, deepest_m: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """Voronoi edges between points of different runs."""
    low, high = sites.min(axis=0), sites.max(axis=0)
    middle = (low + high) / 2
    far = float(np.hypot(*(high - low))) + 8.0 * deepest_m
    # Four far points close every cell that matters.
    corners = far * np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    # Around the middle: products of coordinates of millions of metres would cost the last digits.
    diagram = Voronoi(np.vstack([sites - middle, corners]))
    between = np.asarray(diagram.ridge_points)
    ends = np.asarray(diagram.ridge_vertices)
    real = (between < len(sites)).all(axis=1) & (ends >= 0).all(axis=1)
    between, ends = between[real], ends[real]
    one, other = owner[between].T
    # Edges between two stubs stay for now: they make the corners where three runs meet.
    wanted = one != other
    return diagram.vertices + middle, ends[wanted], between[wanted]


def _trimmed(
    ends: IntArray, vertices: FloatArray, sites: FloatArray, between: IntArray, radius: float
) -> tuple[IntArray, FloatArray, IntArray]:
    """Cut the edges off at a distance from the points that they lie between."""
    start, stop, centre = vertices[ends[:, 0]], vertices[ends[:, 1]], sites[between[:, 0]]
    step = stop - start
    # Where a segment enters and leaves a circle: roots of a quadratic in the way along it.
    a = np.maximum(np.sum(step**2, axis=1), 1e-12)
    b = np.sum((start - centre) * step, axis=1) / a
    c = (np.sum((start - centre) ** 2, axis=1) - radius**2) / a
    root = np.sqrt(np.maximum(b**2 - c, 0.0))
    t0, t1 = np.maximum(-b - root, 0.0), np.minimum(-b + root, 1.0)
    keep = (b**2 > c) & (t1 > t0)
    ends, between = ends[keep].copy(), between[keep]
    start, step, t0, t1 = start[keep], step[keep], t0[keep], t1[keep]
    grown = [vertices]
    count = len(vertices)
    for column, t, cut in ((0, t0, t0 > 0), (1, t1, t1 < 1)):
        grown.append(start[cut] + t[cut, None] * step[cut])
        ends[cut, column] = count + np.arange(int(cut.sum()))
        count += int(cut.sum())
    return ends, np.vstack(grown), between


def _onto_true_lines(
    track: Track,
    runs: Runs,
    placed: tuple[FloatArray, IntArray, FloatArray],
    net: tuple[FloatArray, IntArray, IntArray],
) -> FloatArray:
    """Move every vertex to where its runs are equally near; where three meet, in turn."""
    sites, owner, spacing = placed
    vertices, ends, between = net
    vertices = vertices.copy()
    vertex, edge = ends.T.ravel(), np.tile(np.arange(len(ends)), 2)
    order = np.argsort(vertex, kind="stable")
    vertex, edge = vertex[order], edge[order]
    starts = np.flatnonzero(np.append(True, np.diff(vertex) != 0))
    size = np.diff(np.append(starts, len(vertex)))
    rank = np.arange(len(vertex)) - np.repeat(starts, size)
    size = np.repeat(size, size)
    # Where three runs meet, being on all three lines at once is found by moving onto one after the
    # other, three times round; where two meet, one move is enough.
    for turn in range(9):
        chosen = (rank == turn % 3) & ((size > 2) | (turn == 0))
        if not chosen.any():
            continue
        who, pair = vertex[chosen], between[edge[chosen]]
        across = sites[pair[:, 1]] - sites[pair[:, 0]]
        across /= np.hypot(*across.T)[:, None]
        height = np.hypot(*(vertices[who] - sites[pair[:, 0]]).T)
        # No farther than the points stand apart, nor as far as the line itself.
        reach = np.minimum(spacing[pair].max(axis=1), 0.9 * height)
        vertices[who] = _moved(
            track, runs, (vertices[who], across, reach), owner[pair], TOLERANCE_M / 10
        )
    return vertices


def _moved(
    track: Track,
    runs: Runs,
    moves: tuple[FloatArray, FloatArray, FloatArray],
    pair: IntArray,
    near: float,
) -> FloatArray:
    points, across, reach = moves
    one, other = pair.T
    # Ground equally near to two runs that share a boundary is nearest to that boundary,
    # which belongs to the run that starts there; else the lower chainage has it.
    one_starts, other_starts = runs.follower[other] == one, runs.follower[one] == other
    first_wins = np.where(one_starts == other_starts, one < other, one_starts)
    spans = np.hstack([runs.spans[one], runs.spans[other]])
    moved: FloatArray = onto_bisectors(points, across, reach, spans, first_wins, track.pieces, near)
    return moved


def _unfolded(edges: FloatArray, pair: IntArray) -> tuple[FloatArray, IntArray]:
    """Drop the vertices that a straight edge can do without, and those that double back."""
    # The number of the edge travels as height, which merging and simplifying keep.
    height = np.arange(len(edges), dtype=float)
    solid = np.concatenate([edges, np.tile(height[:, None, None], (1, 2, 1))], axis=2)
    merged = shapely.line_merge(lines_as_one(solid))
    simple = shapely.simplify(shapely.get_parts(merged), TOLERANCE_M / 2, preserve_topology=False)
    coords, which = shapely.get_coordinates(simple, include_z=True, return_index=True)
    start = np.flatnonzero(which[1:] == which[:-1])
    xy = coords[:, :2]
    return np.stack([xy[start], xy[start + 1]], axis=1), pair[coords[start, 2].astype(int)]


def _through_posts(
    track: Track, runs: Runs, edges: FloatArray, pair: IntArray
) -> tuple[FloatArray, IntArray]:
    """Let the edge between two runs pass exactly through the point where they meet."""
    one = np.flatnonzero(runs.follower >= 0)
    last = track.pieces[runs.spans[one, 1] - 1]
    ends = _open_ends(track, runs)
    stubs = np.flatnonzero(runs.labels == NOTHING)
    count = len(runs.labels)
    keys = np.concatenate(
        [
            _pair_key(one, runs.follower[one], count),
            _pair_key(np.array([run for run, _, _ in ends], dtype=int), stubs, count),
        ]
    )
    points = np.vstack([last[:, :2] + last[:, 2:4], *[point[None] for _, _, point in ends]])
    # A ring of two segments has two posts with one key: the far ends of its edges take the other.
    split = [
        _nearest_edges(edges, pair, keys[half], points[half], count)
        for half in _without_twins(keys)
    ]
    where, at = (np.concatenate(column) for column in zip(*split, strict=True))
    where, unique = np.unique(where, return_index=True)
    at = at[unique]
    whole = np.setdiff1d(np.arange(len(edges)), where)
    first = np.stack([edges[where, 0], at], axis=1)
    second = np.stack([at, edges[where, 1]], axis=1)
    return (
        np.concatenate([edges[whole], first, second]),
        np.concatenate([pair[whole], pair[where], pair[where]]),
    )


def _pair_key(one: IntArray, other: IntArray, count: int) -> IntArray:
    return np.minimum(one, other) * count + np.maximum(one, other)


def _without_twins(keys: IntArray) -> list[IntArray]:
    """Divide numbers so that no key comes twice in one group."""
    first = np.unique(keys, return_index=True)[1]
    rest = np.setdiff1d(np.arange(len(keys)), first)
    return [first, rest] if len(rest) else [first]


def _nearest_edges(
    edges: FloatArray, pair: IntArray, keys: IntArray, points: FloatArray, count: int
) -> tuple[IntArray, FloatArray]:
    """For each point the nearest of the edges with its key, and the point."""
    order = np.argsort(keys)
    keys, points = keys[order], points[order]
    own = _pair_key(pair[:, 0], pair[:, 1], count)
    place = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    mine = np.flatnonzero(keys[place] == own)
    place, start = place[mine], edges[mine, 0]
    step, target = edges[mine, 1] - start, points[place]
    along = np.sum((target - start) * step, axis=1) / np.maximum(np.sum(step**2, axis=1), 1e-12)
    away = np.hypot(*(start + np.clip(along, 0, 1)[:, None] * step - target).T)
    best = np.lexsort((away, place))
    best = best[np.append(True, np.diff(place[best]) != 0)] if len(best) else best
    return mine[best], target[best]


def _fine_edges(
    track: Track, runs: Runs, edges: FloatArray, pair: IntArray
) -> tuple[FloatArray, IntArray]:
    """Divide edges until their middle lies on the true line."""
    done, done_pair = [], []
    for _ in range(ROUNDS):
        step = edges[:, 1] - edges[:, 0]
        length = np.hypot(*step.T)
        across = np.column_stack([-step[:, 1], step[:, 0]]) / np.maximum(length, 1e-9)[:, None]
        middle = edges.mean(axis=1)
        bow = _moved(track, runs, (middle, across, length / 4), pair, TOLERANCE_M)
        off = (np.hypot(*(bow - middle).T) > TOLERANCE_M) & (length > SHORTEST_EDGE_M)
        # The boundary is a parabola at most: halving an edge quarters how far it departs.
        done.append(edges[~off])
        done_pair.append(pair[~off])
        if not off.any():
            return np.concatenate(done), np.concatenate(done_pair)
        edges, bow, pair = edges[off], bow[off], pair[off]
        edges = np.concatenate(
            [np.stack([edges[:, 0], bow], axis=1), np.stack([bow, edges[:, 1]], axis=1)]
        )
        pair = np.tile(pair, (2, 1))
    return np.concatenate([*done, edges]), np.concatenate([*done_pair, pair])


def outline_lines(track: Track) -> list[BaseGeometry]:
    """Draw the lines along which a corridor can end: its depth on either side."""
    real = track.labels != NOTHING
    start, step = track.pieces[real, :2], track.pieces[real, 2:4]
    depths = track.depths[real]
    lines = np.stack([start, start + step], axis=1)
    found: list[BaseGeometry] = []
    for depth in np.unique(depths[depths > 0]):
        with_it = (depths == depth).any(axis=1)
        merged = shapely.line_merge(lines_as_one(lines[with_it]))
        found.append(shapely.buffer(merged, depth, quad_segs=_quad_segs(depth)).boundary)
    # With two depths the line itself bounds ground: beyond the lesser on one side, within the
    # greater on the other.
    if (depths[:, 0] != depths[:, 1]).any():
        found.append(lines_as_one(lines))
    return found


def lines_as_one(edges: FloatArray) -> shapely.MultiLineString:
    """Make one geometry of edges, shape ``(n, 2, 2)`` or with heights ``(n, 2, 3)``."""
    lines = np.asarray(shapely.linestrings(edges), dtype=object)
    return cast("shapely.MultiLineString", shapely.multilinestrings(lines))


def _quad_segs(depth: float) -> int:
    """Chords of a quarter circle that stay within a metre or a ten-thousandth of the depth."""
    # A chord of a circle of radius r over the angle 2a departs from it by r (1 - cos a).
    sagitta = max(1.0, 1e-4 * depth)
    return int(np.ceil(np.pi / 4 / np.arccos(1 - min(sagitta / depth, 0.5))))
