"""The output folder: one report to read, and every figure, table and layer behind it."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.report.folder import check_folder, write_report
from borderzone.report.public import Edition, edition

__all__ = ["Edition", "check_folder", "edition", "write_report"]

guard_room(globals(), __all__)
