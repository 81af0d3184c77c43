"""
Print laws of a segment and units lost to calls beside their simulation, as docs/explanation/methods/patrol.md has them.

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

# Law, policy, units out, groups in half a day, false calls an hour.
CALLS: tuple[tuple[str, str, int, float, float], ...] = (
    ("beats", "blind", 6, 1.0, 0.02),
    ("memoryless", "blind", 4, 0.5, 0.01),
    ("independent", "last_pass", 5, 1.0, 0.0),
    ("beats", "waiter", 8, 2.0, 0.005),
    ("beats", "blind", 3, 30.0, 0.1),
)


def main() -> None:
    """Print the rows of both tables."""
    sys.stdout.write("\n".join([*laws(), "", *calls()]) + "\n")


def calls() -> list[str]:
    """Give units lost to calls of two hours, simulated and by the equation."""
    out = [
        "| law, policy | units out | crossings an hour | false calls | lost, simulated | lost, $N - x$ |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    ground = {
        name: ONE[name] for name in ("length_km", "sweep_width_km", "patrol_km_h", "crosser_km_h")
    }
    for law, policy, units, groups, false in CALLS:
        segment = patrol.SimulatedSegment(
            **ground,
            law=law,
            night_units=units,
            day_units=units,
            groups_per_night=groups,
            groups_per_day=groups,
            response=patrol.SimulatedResponse(busy_h=2.0, false_calls_per_unit_h=false),
        )
        found = patrol.simulate_border(
            [segment],
            groups=patrol.SimulatedGroups(policy=policy, wait_h=0.2),
            roster=patrol.SimulatedRoster(days=30_000),
            seed=5,
        )
        row = found.table.loc[0]
        lost = units - row["units_on_line"], units - row["expected_on_line"]
        out.append(
            f"| `{law}`, {policy} | {units} | {groups / 12:.3g} | {false} | {lost[0]:.4f} | {lost[1]:.4f} |"
        )
    return out


def laws() -> list[str]:
    """Give laws, and what is simulated."""
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
    return out


if __name__ == "__main__":
    main()
