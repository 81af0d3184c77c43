"""What the report says of known caves, where a study has an inventory of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.report import cells

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["caves_table", "caves_words"]


def caves_words(result: StudyResult) -> list[str]:
    """Say how well known caves and the map of susceptibility agree."""
    found = result.cave_calibration
    if found is None:
        return []
    left_out = {
        "beside the grid": found.n_off_grid,
        "outside the corridor": found.n_outside,
        "where no soluble rock is mapped": found.n_unknown_rock,
        "in a cell that has one already": found.n_same_cell,
    }
    gone = ", ".join(f"{number} {where}" for where, number in left_out.items() if number)
    low, high = (max(0.0, min(1.0, found.auc + sign * 1.96 * found.auc_se)) for sign in (-1, 1))
    return [
        (
            f"Of {found.n_given} known caves {found.n_used} count{f' ({gone} do not)' if gone else ''}. "
            "Against all mapped rock of the corridor, the area under the success-rate curve of the flag "
            f"is {found.auc:.2f} (95 % band {low:.2f} to {high:.2f}); 0.5 is what a map without "
            "knowledge would reach. The flag is a fuzzy overlay with stated weights and has not seen these "
            f"caves. Weights of evidence from them would reach {found.auc_fitted:.2f} on the same caves and "
            f"{found.auc_held_out:.2f} on caves held out. Inventories are fullest where people walk, and none "
            "of this says where an unknown cave is. No position of a cave stands in this folder."
        )
    ]


def caves_table(result: StudyResult) -> cells.Table | None:
    """Tabulate known caves by class of susceptibility."""
    found = result.cave_calibration
    if found is None:
        return None
    rows = [
        (
            row.susceptibility,
            cells.share(row.ground_share),
            cells.whole(row.n_caves),
            cells.number(row.frequency_ratio, 2),
            cells.number(row.contrast, 2),
            cells.number(row.studentised, 1),
        )
        for row in found.classes.itertuples()
    ]
    return cells.table(
        "Known caves by susceptibility",
        "Frequency ratio: share of the caves over share of the ground. Contrast of the weights of "
        "evidence, and the contrast over its standard error: above 2 is more than chance.",
        [
            ("susceptibility", False),
            ("ground", True),
            ("known caves", True),
            ("frequency ratio", True),
            ("contrast", True),
            ("over its error", True),
        ],
        rows,
    )
