"""
Compute what led units detect of who watches them, and at their weakest place, by quadrature.

Units keep beats of length 1 along a line, at equal speed, each in a phase of its own, and detect at a
rate that falls with the cube of the range. In the frame of a crosser a unit runs a zigzag; its exposure
is a sum over straight legs in closed form, and goes with the square of coverage. The share missed is the
mean over the phase of the unit on the crosser's beat, times those over the phases of the units on
both sides, each by Gauss's rule between the passes of that unit.

    python scripts/opponent_table.py    # writes src/borderzone/patrol/theory/soft_beats.py
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

OUT = Path(__file__).parents[1] / "src/borderzone/patrol/theory/soft_beats.py"
COVERAGES = (
    0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0,
    6.0, 8.0,
)  # fmt: skip
SPEED_RATIOS = (
    0.1, 0.18, 0.25, 0.32, 0.4, 0.5, 0.62, 0.75, 0.9, 1.1, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.5, 8.0,
    15.0, 50.0,
)  # fmt: skip
NODES = 48


def graded(low: Any, high: Any, nodes: int = NODES) -> tuple[Any, Any]:
    """Give nodes and weights of Gauss's rule between two ends, crowded towards both."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    t, w = (x + 1) / 2, w / 2
    place, speed = t * t * (3 - 2 * t), 6 * t * (1 - t)
    length = np.asarray(high - low)[..., None]
    return np.asarray(low)[..., None] + length * place, length * speed * w


def exposure(place: Any, phase: Any, ratio: float) -> Any:
    """Exposure over the square of coverage: at a place of a beat, by the phase as he is on the line."""
    legs = int(max(60, 6 * ratio))
    leg = np.hypot(1.0, 1.0 / ratio)
    total = np.zeros(np.broadcast_shapes(np.shape(place), np.shape(phase)))
    for k in range(-legs, legs):
        forth = k % 2 == 0
        right, up = (1 if forth else -1) / leg, 1.0 / ratio / leg
        x, y = (0.0 if forth else 1.0) - place, (k - phase) / ratio
        near2 = np.maximum((x * up - y * right) ** 2, 1e-14)
        start = x * right + y * up
        end = start + leg
        total += (end / np.sqrt(near2 + end**2) - start / np.sqrt(near2 + start**2)) / near2
    # What legs farther off add, as if they were spread evenly.
    total += ratio**2 * np.sqrt(1 + ratio**2) / legs**2
    return total / (8 * np.pi * (1 + ratio**2))


def over_phases(place: Any, cuts: tuple[Any, ...], ratio: float) -> tuple[Any, Any]:
    """Give the exposure over one round of a unit, and the weights of its phases."""
    pieces = [graded(low, high) for low, high in pairwise(cuts)]
    phase = np.concatenate([p for p, _ in pieces], axis=-1)
    weight = np.concatenate([w for _, w in pieces], axis=-1) / 2.0
    return exposure(place[:, None], phase, ratio), weight


class Line:
    """Beats side by side at one speed ratio: the parts of which all shares are made."""

    def __init__(self, ratio: float) -> None:
        half, weight = graded(np.array(0.0), np.array(0.5))
        # The two halves of a beat mirror each other; its end is where most is missed.
        self.place = np.concatenate([[0.0], half])
        self.weight = np.concatenate([[0.0], 2 * weight])
        place, one = self.place, np.ones_like(self.place)
        self.own = over_phases(place, (-place, place, 2 - place), ratio)
        # Beside him: on the left at 1 + place of its beat, on the right at 2 - place.
        self.left = over_phases(1 + place, (0 * one, one, 2 * one), ratio)
        self.right = over_phases(2 - place, (0 * one, one, 2 * one), ratio)
        # The way to the far end is the long one: he is on the line as the unit turns there.
        self.longest = exposure(place, one, ratio)
        # A long line has a boundary whose two units turn at their far ends at once.
        beyond = exposure(1 + place, 0.0 * one, ratio)
        self.informed = float((self.longest + beyond).min())
        self.alone = float(self.longest[0])

    def missed(self, coverage: float, part: tuple[Any, Any]) -> Any:
        """Share missed at each place, over the phases of one unit."""
        exposed, weight = part
        return (np.exp(-(coverage**2) * exposed) * weight).sum(axis=-1)

    def exponents(self, coverage: float) -> list[float]:
        """Mean, weakest place, end without a neighbour, last pass, and last pass at the weakest place."""
        beside = self.missed(coverage, self.left) * self.missed(coverage, self.right)
        own = self.missed(coverage, self.own)
        timed = np.exp(-(coverage**2) * self.longest)
        mean, last = ((x * beside * self.weight).sum() for x in (own, timed))
        missed = (mean, (own * beside).max(), own[0], last, (timed * beside).max())
        return [float(-np.log(x)) / coverage for x in missed]


def table(ratio: float) -> Any:
    """Exponents over coverage, by coverage and kind; at no coverage by the parabola of the next three."""
    line = Line(ratio)
    rows = np.array([line.exponents(c) for c in COVERAGES[1:]])
    c = np.array(COVERAGES[1:4])
    first = [np.polynomial.polynomial.polyfit(c, rows[:3, k], 2)[0] for k in range(rows.shape[1])]
    return np.vstack([first, rows]), line.informed, line.alone


def numbers(values: Any) -> str:
    """Write a row."""
    return ", ".join(f"{max(x, 0.0):.5f}" for x in values)


NAMES = {
    "WEAKEST": (1, "At the weakest place of a beat between two others."),
    "WEAKEST_ALONE": (2, "At the end of a beat beyond which there is no other."),
    "LAST_PASS": (3, "Of who is on the line while the unit he saw turns at its far end."),
    "WEAKEST_LAST_PASS": (4, "Of the same, at the weakest place."),
}


def text() -> tuple[str, Any]:
    """Write the module, and give the exponents of the mean for the check of the fit."""
    found = [table(ratio) for ratio in SPEED_RATIOS]
    out = [
        '"""Tables of led units, written by ``scripts/opponent_table.py``: see there what they are."""',
        "",
        "# fmt: off",
        "# Minus the logarithm of the share missed, over coverage: a row for each speed ratio, a column for",
        "# each coverage.",
        f"COVERAGES = ({numbers(COVERAGES)})",
        f"SPEED_RATIOS = ({numbers(SPEED_RATIOS)})",
    ]
    for name, (kind, words) in NAMES.items():
        rows = "".join(f"    ({numbers(values[:, kind])}),\n" for values, _, _ in found)
        out += ["", f"# {words}", f"{name} = (\n{rows})"]
    out += [
        "",
        "# Over the square of coverage, by speed ratio: of who picks time and place, on a long line and",
        "# at an end beyond which there is no other beat.",
        f"INFORMED = ({numbers([x for _, x, _ in found])})",
        f"INFORMED_ALONE = ({numbers([x for _, _, x in found])})",
        "",
    ]
    return "\n".join(out), [values[:, 0] for values, _, _ in found]


def main() -> None:
    """Write the tables, and print how far the law of led units is from its mean."""
    module, means = text()
    OUT.write_text(module, encoding="utf-8")
    coverage = np.array(COVERAGES)
    law = -np.expm1(-coverage * (0.95 + 0.307 * coverage))
    for ratio, exponent in zip(SPEED_RATIOS, means, strict=True):
        off = law + np.expm1(-coverage * exponent)
        told = " ".join(f"{x:+.3f}" for x in off)
        sys.stdout.write(f"speed ratio {ratio:5g}: law less mean {told}\n")


if __name__ == "__main__":
    main()
