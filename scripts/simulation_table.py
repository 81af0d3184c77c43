"""
Print the differences between laws of a segment and their simulation, as docs/explanation/methods/patrol.md has them.

    python scripts/simulation_table.py
"""

from __future__ import annotations

import sys
from typing import Any

from borderzone import patrol
from borderzone.patrol import SimulatedView

ONE: dict[str, Any] = {
    "length_km": 20.0, "sweep_width_km": 1.0, "patrol_km_h": 20.0, "crosser_km_h": 4.0,
    "crossings": 1_000_000, "seed": 1,
}  # fmt: skip
# What is told, what is simulated, and the law that it is held against.
ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("`random` against independent units", "random", {"law": "independent", "units": 3}),
    ("`beats` against units that look over the boundary, on the segment", "beats",
     {"law": "beats", "units": 3, "view": SimulatedView(neighbours="segment")}),
    ("`beats` against units that look over the boundary, on a long line", "beats",
     {"law": "beats", "units": 3, "view": SimulatedView(neighbours="line")}),
    ("`beats_soft`, long line", "beats_soft", {"law": "beats_soft", "units": 3}),
    ("`beats_soft`, long line, $W$ = 2.5 km", "beats_soft",
     {"law": "beats_soft", "units": 3, "sweep_width_km": 2.5}),
    ("`beats_soft`, segment alone", "beats_soft",
     {"law": "beats_soft", "units": 3, "view": SimulatedView(neighbours="segment")}),
    ("`beats_soft`, nobody looks over the boundary", "beats_soft",
     {"law": "beats_soft", "units": 3, "view": SimulatedView(neighbours="none")}),
    ("`beats_soft`, last pass, long line", "beats_soft",
     {"law": "beats_soft", "units": 3, "opponent": "last_pass"}),
    ("`beats`, last pass, on the segment", "beats",
     {"law": "beats", "units": 3, "opponent": "last_pass", "view": SimulatedView(neighbours="segment")}),
)  # fmt: skip


def main() -> None:
    """Print the rows."""
    out = [
        "| law | $C$ | law says | simulated | law less simulated |",
        "| --- | --- | --- | --- | --- |",
    ]
    for words, law, given in ROWS:
        found = patrol.simulate(**(ONE | given))
        opponent = given.get("opponent", "blind")
        says = patrol.detection_against(found.coverage, law, opponent, speed_ratio=5.0)
        out.append(
            f"| {words} | {found.coverage:.3f} | {says:.4f} | {found.pod:.4f} | {says - found.pod:+.4f} |"
        )
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
