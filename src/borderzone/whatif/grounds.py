"""Grounds that cases share: read once, kept by what they hang on, as far as memory allows."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone.study import Ground, Study

__all__ = ["Grounds", "inputs_of", "kept_grounds", "without_cells"]


# What all that is kept may take: the built-in study has some 10 MB, a corridor of 100 m cells 1 GB.
_MOST_BYTES = 2 * 2**30


class Grounds:
    """
    Grounds by the content they were read from; the least recently used go first.

    A ground hangs on the layers but incidents, and on a part of the scenario: two cases that share
    these share it, whatever else differs.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[str, Ground] = OrderedDict()

    def of(self, study: Study, progress: Callable[[str], None] | None = None) -> Ground:
        """Give the ground of a study, read now or before."""
        key = ground_digest(study)
        if key not in self._held:
            self.put(study, study.read_ground(progress))
        self._held.move_to_end(key)
        return self._held[key]

    def put(self, study: Study, ground: Ground) -> None:
        """Keep a ground, and let go of others until all fit; the last one stays."""
        self._held[ground_digest(study)] = ground
        while len(self._held) > 1 and sum(map(_bytes, self._held.values())) > _MOST_BYTES:
            self._held.popitem(last=False)


# For the whole session: the second sweep of a notebook reads nothing again.
_KEPT = Grounds()


def kept_grounds() -> Grounds:
    """Give the grounds of this session."""
    return _KEPT


def _bytes(ground: Ground) -> int:
    rasters = sum(each.nbytes for each in (ground.layers, ground.members) if each is not None)
    tables = (ground.table, ground.zones, ground.better_data)
    return rasters + sum(
        int(each.memory_usage(deep=True).sum()) for each in tables if each is not None
    )


def inputs_of(study: Study) -> dict[str, Any]:
    """Tell what a study stands on beside its scenario: words, paths with digests, ways of reading."""
    border = study.border
    line = {"a": border.a, "b": border.b, "km": border.cut_km}
    return {"line": line, **study.given, **study.settings}


def ground_digest(study: Study) -> str:
    """Name the ground of a study by all that it hangs on."""
    told = {name: value for name, value in inputs_of(study).items() if name != "incidents"}
    text = repr((sorted(told.items(), key=str), study.ground_key))
    return hashlib.sha256(text.encode()).hexdigest()


def without_cells(ground: Ground) -> Ground:
    """Leave what unit counts hang on: tables by segment, which go to other processes in no time."""
    return replace(
        ground,
        layers=None,
        members=None,
        grid=None,
        zones=None,
        origins=None,
        roads=None,
        fine=None,
        better_data=None,
        furniture={},
        records=(),
    )
