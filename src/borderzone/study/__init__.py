"""A study: one border, its data and one scenario, from the line to three sentences."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.study.case import Study
from borderzone.study.ground import Ground
from borderzone.study.result import StudyResult

__all__ = ["Ground", "Study", "StudyResult"]

guard_room(globals(), __all__)
