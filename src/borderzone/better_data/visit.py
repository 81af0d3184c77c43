"""What a site visit may change: rock and surface, told on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from borderzone._guards import check_positive, check_probability, guarded
from borderzone.errors import InvalidParameterError
from borderzone.summary.sums import ClassCounts, Sum

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.better_data.sampling import Flagged

__all__ = ["MAP_DOUBT", "MapDoubt", "VisitSums"]

_RANKS = (1, 2, 3)


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class MapDoubt:
    """
    How far the maps of rock and surface may be wrong.

    Attributes
    ----------
    bare_spread
        Standard deviation of the share of bare ground about the mapped one.
    cover_wrong
        Chance that the mapped class of cover says nothing about a cell: best
        guess, low, high.
    rank_wrong
        Chance that the mapped rank of rock says nothing about a cell: best
        guess, low, high.
    soluble_share
        Chance that unmapped rock is soluble; None for the mapped share of the study.
    source
        What the numbers rest on.

    Raises
    ------
    InvalidParameterError
        If a chance is none, or a guess lies outside its band.
    """

    bare_spread: float = 0.2
    cover_wrong: tuple[float, float, float] = (0.10, 0.03, 0.25)
    rank_wrong: tuple[float, float, float] = (0.2, 0.05, 0.4)
    soluble_share: float | None = None
    source: str = (
        "modelling assumption; at most a quarter of cells have a wrong class of cover, as in the "
        "assessment of MODIS land cover over all its classes (Friedl et al. 2010, Remote Sensing of "
        "Environment 114, 168-182), and bare ground is told better than most"
    )

    def __post_init__(self) -> None:
        """Refuse chances that are none."""
        check_positive(self.bare_spread, "bare_spread")
        for name in ("cover_wrong", "rank_wrong"):
            guess, low, high = (check_probability(value, name) for value in getattr(self, name))
            if not low <= guess <= high:
                msg = f"{name} must be (guess, low, high) with the guess between, got {getattr(self, name)}"
                raise InvalidParameterError(msg)
        if self.soluble_share is not None:
            check_probability(self.soluble_share, "soluble_share")


MAP_DOUBT = MapDoubt()


class VisitSums:
    """Sums from which the change by a visit follows, whatever the shares of the study turn out to be."""

    def __init__(self, n_segments: int, doubt: MapDoubt, bare_threshold: float) -> None:
        self._n, self._doubt, self._bare = n_segments, doubt, bare_threshold
        names = ("now", "mapped", "any", "blank", *(f"{k}{r}" for k in "mu" for r in (0, *_RANKS)))
        self._sums = {name: Sum(n_segments, name) for name in names}
        self._bare_cells = ClassCounts(1)
        self._ranks = ClassCounts(1)
        self.unmapped = Sum(n_segments, "unmapped")
        self.uncovered = Sum(n_segments, "uncovered")

    def add(
        self,
        segment: IntArray,
        layers: dict[str, FloatArray],
        now: Flagged,
        by_rank: Flagged,
    ) -> None:
        """Add cells."""
        share, rank = layers["bare_share"], layers["karst_rank"]
        told = ~np.isnan(share)
        everywhere = np.zeros(segment.shape, dtype=np.int64)
        self._bare_cells.add(everywhere[told], (share[told] > self._bare).astype(np.int64))
        self._add_surface(segment, share, now.remote[0], by_rank.remote[0])
        mapped = ~np.isnan(rank)
        self._ranks.add(everywhere[mapped], rank[mapped].astype(np.int64))
        self.unmapped.add(segment, (~mapped).astype(np.float64))
        self.uncovered.add(segment, (~told).astype(np.float64))
        for kind, kept in (("m", mapped), ("u", ~mapped)):
            flags = np.vstack([np.zeros_like(now.cave), by_rank.cave])
            for number, flag in zip((0, *_RANKS), flags, strict=True):
                self._sums[f"{kind}{number}"].add(segment, (kept & (flag != now.cave[0])) * 1.0)

    def _add_surface(
        self, segment: IntArray, share: FloatArray, now: BoolArray, if_bare: BoolArray
    ) -> None:
        """
        Add what the surface decides.

        The flag is "bare and far from help". Where it is far, it changes if it is flagged and
        the truth is not bare, or the other way round; that is linear in the chance of bare.
        """
        sign = np.where(now, -1.0, 1.0) * if_bare
        chance = ndtr((share - self._bare) / self._doubt.bare_spread)
        self._sums["now"].add(segment, (now & if_bare) * 1.0)
        self._sums["mapped"].add(segment, np.where(np.isnan(share), 0.0, sign * chance))
        self._sums["any"].add(segment, np.where(np.isnan(share), 0.0, sign))
        self._sums["blank"].add(segment, np.where(np.isnan(share), sign, 0.0))

    def change(self, case: int) -> tuple[FloatArray, FloatArray]:
        """Give the expected number of cells whose flags change."""
        total = {name: one.total() for name, one in self._sums.items()}
        wrong, bare = self._doubt.cover_wrong[case], self._prior_bare()
        remote = (
            total["now"]
            + (1.0 - wrong) * total["mapped"]
            + bare * (wrong * total["any"] + total["blank"])
        )
        soluble = (self._soluble(), 0.0, 1.0)[case]
        ranks = self.rank_shares()
        cave = np.zeros(self._n)
        for kind, weight in (("m", self._doubt.rank_wrong[case]), ("u", 1.0)):
            shares = (1.0 - soluble, *(soluble * share for share in ranks))
            for number, share in zip((0, *_RANKS), shares, strict=True):
                cave += weight * share * total[f"{kind}{number}"]
        return remote, cave

    def rank_shares(self) -> tuple[float, ...]:
        """Give the shares of the ranks among mapped rock."""
        counts = [int(self._ranks.of(rank)[0]) for rank in _RANKS]
        total = sum(counts)
        return tuple(count / total if total else 1 / 3 for count in counts)

    def _prior_bare(self) -> float:
        known = int(self._bare_cells.known()[0])
        return int(self._bare_cells.of(1)[0]) / known if known else 0.5

    def _soluble(self) -> float:
        if self._doubt.soluble_share is not None:
            return self._doubt.soluble_share
        cells = int(self.unmapped.count.sum())
        return 1.0 - float(self.unmapped.total().sum()) / cells if cells else 0.0
