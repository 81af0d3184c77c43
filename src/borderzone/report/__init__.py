"""The output folder: one report to read, and every figure, table and layer behind it."""

from __future__ import annotations

from borderzone.report.folder import check_folder, write_report

__all__ = ["check_folder", "write_report"]
