"""What cases share: grounds, read once and kept as far as memory allows, and weights of incidents."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from borderzone.whatif.plan import OF_A_STUDY

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.study import Ground, Study

__all__ = ["Grounds", "kept_grounds", "without_cells"]

# What all that is kept may take: the tables of the built-in study have a quarter of a megabyte.
_MOST_BYTES = 2**29
_MOST_WEIGHTS = 16


class Grounds:
    """
    Grounds by the content they were read from; the least recently used go first.

    A ground hangs on the layers but incidents, and on a part of the scenario: two cases that share
    these share it, whatever else differs.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[Ground, int]] = OrderedDict()
        self._digests: dict[Any, tuple[Study, str]] = {}
        self._weights: OrderedDict[Any, pd.Series | None] = OrderedDict()

    def look_again(self) -> None:
        """Forget what files hold: they may have changed since."""
        self._digests.clear()
        self._weights.clear()

    def of(self, study: Study) -> Ground:
        """Give the ground of a study, read now or before."""
        digest = self._digest(study)
        if digest not in self._held:
            known = study.ground_in_sight(digest)
            self._keep(digest, study.read_ground() if known is None else known)
        self._held.move_to_end(digest)
        return self._held[digest][0]

    def put(self, study: Study, ground: Ground) -> None:
        """Keep a ground that was read elsewhere."""
        self._keep(self._digest(study), ground)

    def weights(self, study: Study, seed: int) -> pd.Series | None:
        """Give the weights of segments by a study's incidents, read once for all cases that share them."""
        scenario = study.scenario
        if scenario.weights != "incidents":
            return None
        drawn = (scenario.depth_km, scenario.segment_km, scenario.imputations, seed)
        key = (self._layers(study), drawn)
        if key not in self._weights:
            self._weights[key] = study.pressure(self.of(study), seed)
            while len(self._weights) > _MOST_WEIGHTS:
                self._weights.popitem(last=False)
        return self._weights[key]

    def _digest(self, study: Study) -> str:
        # Files are read whole for it: once for all cases that have the same layers.
        key = (self._layers(study), study.ground_key)
        if key not in self._digests:
            self._digests[key] = (study, study.ground_digest())
        return self._digests[key][1]

    @staticmethod
    def _layers(study: Study) -> tuple[Any, ...]:
        """Tell the layers of cases apart: places by their names, and data as the objects they are."""
        values = (getattr(study, name) for name in OF_A_STUDY)
        return tuple(each if isinstance(each, (str, tuple)) else id(each) for each in values)

    def _keep(self, digest: str, ground: Ground) -> None:
        """Keep one, and let go of others until all fit; the last one stays."""
        small = without_cells(ground)
        self._held[digest] = (small, len(pickle.dumps(small)))
        while len(self._held) > 1 and sum(size for _, size in self._held.values()) > _MOST_BYTES:
            self._held.popitem(last=False)


# For the whole session: the second sweep of a notebook reads nothing again.
_KEPT = Grounds()


def kept_grounds() -> Grounds:
    """Give the grounds of this session, for a sweep that begins."""
    _KEPT.look_again()
    return _KEPT


def without_cells(ground: Ground) -> Ground:
    """Leave what unit counts and ways hang on: tables by segment and heights, which go to other processes in no time."""
    layers = None if ground.layers is None else ground.layers[["elevation_m"]]
    return replace(
        ground,
        layers=layers,
        members=None,
        zones=None,
        origins=None,
        roads=None,
        fine=None,
        better_data=None,
        furniture={},
        records=(),
        _later={},
        _result=None,
    )
