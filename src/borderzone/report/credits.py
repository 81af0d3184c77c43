"""What the data can resolve, and who is to be credited for them, as tables of the page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from borderzone.report import cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone.study import StudyResult

__all__ = ["inputs_table", "licence_table"]


def inputs_table(result: StudyResult) -> cells.Table:
    """Tabulate what each input can resolve and how far it may be off."""
    return cells.table(
        "What the inputs can resolve",
        "Results stand on all of them and are no finer than the coarsest.",
        [("input", False), ("resolution", False), ("accuracy", False), ("to know", False)],
        _once(
            (record.title, record.resolution, record.accuracy, record.notes)
            for record in result.inputs
        ),
    )


def licence_table(result: StudyResult) -> cells.Table:
    """Tabulate credits and licences."""
    return cells.table(
        "",
        "Data used in this run. Checksums stand in manifest.json.",
        [("data", False), ("credit", False), ("licence", False), ("reference", False)],
        _once(
            (record.title, record.attribution or "none asked for", record.licence, record.citation)
            for record in result.inputs
        ),
    )


def _once(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Tell tiles of one product in one row, with their number."""
    counted = Counter(rows)
    return [
        (f"{row[0]} ({number} files)" if number > 1 else row[0], *row[1:])
        for row, number in counted.items()
    ]
