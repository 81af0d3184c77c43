"""Parts of a border: pieces of line joined, directed, ordered and measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from borderzone.crs import GEOD, split_at_antimeridian
from borderzone.errors import InvalidGeometryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "LINE_KINDS",
    "Part",
    "Piece",
    "check_course",
    "directed_course",
    "drawn_course",
    "edge_km",
    "stretches_of",
]

# End points closer than this are one point: about a centimetre, the rounding of the source.
TOUCH_DEG = 1e-7
# Longer edges get extra vertices on the geodesic, so that a line drawn in degrees follows it.
LONGEST_EDGE_KM = 60.0

# Natural Earth's classes of boundary line. Its "(verify)" class is the ordinary one.
LINE_KINDS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "International boundary (verify)": ("international", False),
        "Disputed (please verify)": ("disputed", True),
        "Indefinite (please verify)": ("indefinite", True),
        "Indeterminant frontier": ("indefinite", True),
        "Line of control (please verify)": ("line_of_control", True),
        "Lease limit": ("lease_limit", False),
        "Overlay limit": ("overlay_limit", False),
    }
)
"""Kind of a line by its class in the source, and whether it is drawn dashed."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """
    One stretch of line as it comes from a source.

    Attributes
    ----------
    coords
        Longitude and latitude of its vertices, shape ``(n, 2)``. Units: degree.
    left, right
        Country to either side of the directed line.
    featurecla
        Class of the line in its source.
    """

    coords: FloatArray
    left: str
    right: str
    featurecla: str

    def reversed(self) -> Piece:
        """Turn the piece round, sides included."""
        return replace(self, coords=self.coords[::-1], left=self.right, right=self.left)


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One connected, directed line of a border.

    Attributes
    ----------
    coords
        Longitude and latitude of its vertices, shape ``(n, 2)``; longitude is
        continuous, beyond 180 where the line crosses it. Units: degree.
    chainage_km
        Chainage of the vertices, shape ``(n,)``. Units: km.
    is_ring
        Whether it closes on itself.
    left, right
        Country to either side of the directed line.
    classes
        Chainage of start and end, and class of the line, of each stretch.
    """

    coords: FloatArray
    chainage_km: FloatArray
    is_ring: bool
    left: str
    right: str
    classes: tuple[tuple[float, float, str], ...]

    def swapped(self) -> Part:
        """Exchange the names of the two sides."""
        return replace(self, left=self.right, right=self.left)

    def turned(self) -> Part:
        """Run the part the other way, between the same two chainages."""
        both = self.km_start + self.km_end
        return replace(
            self.swapped(),
            coords=self.coords[::-1],
            chainage_km=both - self.chainage_km[::-1],
            classes=tuple(
                (both - end, both - start, kind) for start, end, kind in self.classes[::-1]
            ),
        )

    def points_at(self, km: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give longitude and latitude at chainages of the part, along the geodesic of their edge."""
        edge = np.searchsorted(self.chainage_km, km, side="right") - 1
        edge = np.clip(edge, 0, len(self.chainage_km) - 2)
        (lon0, lat0), (lon1, lat1) = self.coords[edge].T, self.coords[edge + 1].T
        azimuth, _, length_m = GEOD.inv(lon0, lat0, lon1, lat1)
        along = (km - self.chainage_km[edge]) / np.diff(self.chainage_km)[edge]
        # Rounding may put a chainage a hair beyond its edge, where the geodesic would run on.
        lon, lat, _ = GEOD.fwd(lon0, lat0, azimuth, np.clip(along, 0, 1) * length_m)
        return lon, lat

    def cut(self, start: float, end: float) -> Part:
        """Cut the part at two chainages, and count its own chainage from the first."""
        first, last = max(start, self.km_start), min(end, self.km_end)
        coords, chainage = self.coords, self.chainage_km
        whole = first == self.km_start and last == self.km_end
        if not whole:
            inside = (chainage > first) & (chainage < last)
            ends = np.column_stack(self.points_at(np.array([first, last])))
            coords = _continuous(np.vstack([ends[:1], coords[inside], ends[1:]]))
            chainage = np.concatenate([[first], chainage[inside], [last]])
        return replace(
            self,
            coords=coords,
            chainage_km=chainage - start,
            is_ring=self.is_ring and whole,
            classes=tuple(
                (max(low, first) - start, min(high, last) - start, kind)
                for low, high, kind in self.classes
                if min(high, last) > max(low, first)
            ),
        )

    @property
    def line(self) -> shapely.LineString:
        """The line itself; longitude may run on beyond 180."""
        return shapely.LineString(self.coords)

    @property
    def km_start(self) -> float:
        """Chainage of the first vertex."""
        return float(self.chainage_km[0])

    @property
    def km_end(self) -> float:
        """Chainage of the last vertex."""
        return float(self.chainage_km[-1])

    @property
    def length_km(self) -> float:
        """Length on the ellipsoid."""
        return self.km_end - self.km_start


def directed_course(pieces: Sequence[Piece], first: str) -> tuple[Part, ...]:
    """
    Join pieces and direct them from the southern end.

    All open parts keep the same country on their left, so that the line runs
    on sensibly over its breaks: they are put into the order with the shortest
    jumps, and the whole is turned so that it starts at its southern end. Rings
    follow, from south to north; each starts at its northernmost vertex and
    runs eastward.
    """
    same_left = [piece if piece.left == first else piece.reversed() for piece in pieces]
    chains = [_as_directed(chain, first) for chain in _chains(same_left)]
    rings = [_ring_from_north(chain) for chain in chains if _is_closed(chain)]
    open_ones = _shortest_jumps([chain for chain in chains if not _is_closed(chain)])
    if open_ones and _starts_north(open_ones[0][0].coords[0], open_ones[-1][-1].coords[-1]):
        open_ones = [_turned(chain) for chain in reversed(open_ones)]
    rings.sort(key=lambda chain: tuple(chain[0].coords[0][::-1]))
    return _measured([*open_ones, *rings])


def drawn_course(pieces: Sequence[Piece]) -> tuple[Part, ...]:
    """Join pieces and keep the direction and order in which they were drawn."""
    chains = [_as_directed(chain, pieces[0].left) for chain in _chains(pieces)]
    return _measured([_ring_from_north(c) if _is_closed(c) else c for c in chains])


def check_course(parts: Iterable[Part]) -> None:
    """Refuse parts that cross themselves or each other."""
    line = shapely.MultiLineString([part.line for part in parts])
    if shapely.is_simple(line):
        return
    place = _first_crossing(line)
    msg = f"the line crosses or touches itself{place}; a border must not: cut or redraw it there"
    raise InvalidGeometryError(msg)


def _first_crossing(line: shapely.MultiLineString) -> str:
    noded = shapely.get_parts(shapely.node(line))
    ends, counts = np.unique(
        np.vstack([shapely.get_coordinates(noded)[[0, -1]] for noded in noded]).round(9),
        axis=0,
        return_counts=True,
    )
    crossings = ends[counts > 2]
    return f" near {crossings[0][0]:.4f}, {crossings[0][1]:.4f}" if len(crossings) else ""


def _chains(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Walk through every point where exactly two piece ends meet."""
    nodes = _end_nodes(pieces)
    meeting: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(nodes):
        meeting.setdefault(int(start), []).append(index)
        meeting.setdefault(int(end), []).append(index)
    chains, used = [], np.zeros(len(pieces), dtype=bool)
    for index in range(len(pieces)):
        if used[index]:
            continue
        used[index] = True
        ahead = _walk(pieces, nodes, meeting, used, (index, int(nodes[index][1])))
        behind = _walk(pieces, nodes, meeting, used, (index, int(nodes[index][0])))
        chains.append([*_turned(behind), pieces[index], *ahead])
    return chains


def _walk(
    pieces: Sequence[Piece],
    nodes: IntArray,
    meeting: dict[int, list[int]],
    used: FloatArray,
    at: tuple[int, int],
) -> list[Piece]:
    index, node = at
    walked = []
    while len(meeting[node]) == 2:
        index = next((other for other in meeting[node] if other != index), index)
        if used[index]:
            break
        used[index] = True
        forward = int(nodes[index][0]) == node
        walked.append(pieces[index] if forward else pieces[index].reversed())
        node = int(nodes[index][1] if forward else nodes[index][0])
    return walked


def _end_nodes(pieces: Sequence[Piece]) -> IntArray:
    """Give end points that touch the same number."""
    ends = np.vstack([piece.coords[[0, -1]] for piece in pieces])
    # 180 and -180 degrees are one meridian.
    ends = np.column_stack([np.mod(ends[:, 0], 360.0), ends[:, 1]])
    pairs = cKDTree(ends).query_pairs(TOUCH_DEG, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(ends),) * 2)
    labels: IntArray = connected_components(graph, directed=False)[1]
    return labels.reshape(-1, 2)


def _as_directed(chain: list[Piece], first: str) -> list[Piece]:
    """Let the longer share of the pieces decide which way the chain runs."""
    with_it = sum(_length_km(piece.coords) for piece in chain if piece.left == first)
    against = sum(_length_km(piece.coords) for piece in chain if piece.left != first)
    chain = chain if with_it >= against else _turned(chain)
    other = chain[0].right if chain[0].left == first else chain[0].left
    return [replace(piece, left=first, right=other) for piece in chain]


def _turned(chain: list[Piece]) -> list[Piece]:
    return [piece.reversed() for piece in reversed(chain)]


def _is_closed(chain: list[Piece]) -> bool:
    gap = np.abs(chain[0].coords[0] - chain[-1].coords[-1])
    return bool(max(min(gap[0], abs(gap[0] - 360.0)), gap[1]) <= TOUCH_DEG)


def _ring_from_north(chain: list[Piece]) -> list[Piece]:
    coords = _continuous(np.vstack([piece.coords for piece in chain]))
    x, y = coords[:, 0] - coords[0, 0], coords[:, 1] - coords[0, 1]
    # Twice the signed area, by the shoelace formula in degrees: only its sign is asked for.
    counterclockwise = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) > 0
    if counterclockwise:
        chain = _turned(chain)
    which = max(range(len(chain)), key=lambda k: chain[k].coords[:, 1].max())
    piece = chain[which]
    top = int(piece.coords[:, 1].argmax())
    before = replace(piece, coords=piece.coords[: top + 1])
    after = replace(piece, coords=piece.coords[top:])
    turned = [after, *chain[which + 1 :], *chain[:which], before]
    return [piece for piece in turned if len(piece.coords) > 1]


def _shortest_jumps(chains: list[list[Piece]]) -> list[list[Piece]]:
    """Order the chains by going on to the nearest start, from the best first one."""
    if len(chains) < 2:
        return chains
    starts = np.array([chain[0].coords[0] for chain in chains])
    ends = np.array([chain[-1].coords[-1] for chain in chains])
    n = len(chains)
    jump = GEOD.inv(*np.repeat(ends, n, axis=0).T, *np.tile(starts, (n, 1)).T)[2].reshape(n, n)
    # From each first one to the nearest next: borders have few parts, most of them in a row.
    best: tuple[float, list[int]] = (np.inf, [])
    for first in range(n):
        order, total = [first], 0.0
        while len(order) < n:
            left = [k for k in range(n) if k not in order]
            nearest = min(left, key=lambda k: jump[order[-1], k])
            total += jump[order[-1], nearest]
            order.append(nearest)
        if total < best[0]:
            best = (total, order)
    return [chains[k] for k in best[1]]


def _starts_north(start: FloatArray, end: FloatArray) -> bool:
    return (start[1], start[0]) > (end[1], end[0])


def _measured(chains: list[list[Piece]]) -> tuple[Part, ...]:
    parts, km = [], 0.0
    for chain in chains:
        part = _measured_part(chain, km)
        km = part.km_end
        parts.append(part)
    return tuple(parts)


def _measured_part(chain: list[Piece], km: float) -> Part:
    coords = [_spaced(chain[0].coords)[:1]]
    classes: list[tuple[float, float, str]] = []
    chainage = [np.array([km])]
    for piece in chain:
        spaced = _spaced(piece.coords)
        steps = np.cumsum(edge_km(spaced))
        coords.append(spaced[1:])
        chainage.append(km + steps)
        start, km = km, float(km + steps[-1])
        if classes and classes[-1][2] == piece.featurecla:
            classes[-1] = (classes[-1][0], km, piece.featurecla)
        else:
            classes.append((start, km, piece.featurecla))
    return Part(
        coords=_continuous(np.vstack(coords)),
        chainage_km=np.concatenate(chainage),
        is_ring=_is_closed(chain),
        left=chain[0].left,
        right=chain[0].right,
        classes=tuple(classes),
    )


def _spaced(coords: FloatArray) -> FloatArray:
    """Insert vertices on the geodesic of edges that are very long."""
    edges = edge_km(coords)
    if not (edges > LONGEST_EDGE_KM).any():
        return coords
    rows = [coords[:1]]
    for start, end, km in zip(coords[:-1], coords[1:], edges, strict=True):
        extra = int(np.ceil(km / LONGEST_EDGE_KM)) - 1
        if extra > 0:
            rows.append(np.array(GEOD.npts(start[0], start[1], end[0], end[1], extra)))
        rows.append(end[None])
    return np.vstack(rows)


def edge_km(coords: FloatArray) -> FloatArray:
    """Measure the edges between vertices on the ellipsoid."""
    lon, lat = coords.T
    metres: FloatArray = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    return metres / 1e3


def _length_km(coords: FloatArray) -> float:
    return float(edge_km(coords).sum())


def _continuous(coords: FloatArray) -> FloatArray:
    """Let longitude run on beyond 180 instead of jumping."""
    return np.column_stack([np.unwrap(coords[:, 0], period=360.0), coords[:, 1]])


def stretches_of(course: Sequence[Part]) -> gpd.GeoDataFrame:
    """Tabulate the classes of the line by chainage range."""
    rows = []
    for number, part in enumerate(course):
        for start, end, featurecla in part.classes:
            kind, dashed = LINE_KINDS.get(featurecla, ("user", False))
            line = split_at_antimeridian(shapely.LineString(_between(part, start, end)))
            rows.append((number, start, end, kind, dashed, featurecla, line))
    names = ["part", "km_start", "km_end", "kind", "dashed", "featurecla", "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=4326)


def _between(part: Part, start: float, end: float) -> FloatArray:
    """Vertices of a part between two chainages that are both vertices of it."""
    chainage = part.chainage_km
    inside = (chainage >= start - 1e-9) & (chainage <= end + 1e-9)
    return part.coords[inside]
