"""Points along the border that find out roughly which segments meet where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._kernels.nearest import spaced_sites
from borderzone.corridor.track import NOTHING

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor.track import Track

__all__ = ["Runs", "open_ends", "sites_along"]

# Points along the line: step as a share of the distance to another stretch, least, most.
SPACING = (0.5, 20.0, 2000.0)


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


def sites_along(track: Track, runs: Runs) -> tuple[FloatArray, IntArray, FloatArray]:
    """Set points along every run, and one beyond every open end."""
    insets = _insets(track, runs)
    real = np.flatnonzero(runs.labels != NOTHING)
    points, which = spaced_sites(
        runs.spans[real], insets[real], track.pieces, track.boxes, track.labels, SPACING
    )
    owner = real[which]
    gap = np.hypot(*np.diff(points, axis=0).T)
    gap[np.diff(which) != 0] = 0.0
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
            both = min(insets[run, 1], insets[after, 0])
            insets[run, 1] = both
            # At a bend the wedge nearest to the vertex belongs to what starts there.
            insets[after, 0] = 0.0 if track.bent[last[run]] else both
    for run, end, point in open_ends(track, runs):
        insets[run, end] = min(insets[run, end], _gap_to_others(track, runs.labels[run], point) / 4)
    return insets


def open_ends(track: Track, runs: Runs) -> list[tuple[int, int, FloatArray]]:
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
    for run, end, point in open_ends(track, runs):
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
