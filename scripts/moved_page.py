"""Write docs/explanation/what_moved.md from the built-in study: the first answer turned into today's, one change at a time."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize

import borderzone as bz
from borderzone import access, patrol

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parent.parent / "docs" / "explanation" / "what_moved.md"
EYE = patrol.FORCES["vehicle_patrol"]
# The constants of the first version: identified, and reached in time.
STOPPED_OF_SEEN = 0.9 * 0.7
HEAD = """# What moved the answer

<!-- Written by scripts/moved_page.py. -->

The first version of this library said that patrols with the unaided eye stop half of all crossings of the Iraq-Syria border with 1,649 units out, and see 95 of
100 in every segment with 3,201 (what ships with it has changed a little since: 1,651 and 3,205 today). Below each assumption is changed in turn, one at a time and for good, until today's [answer](methods/answer.md) stands there. Units out
at once, with every assumption at its median unless a line says otherwise; a unit is four people in a vehicle. `python scripts/moved_page.py` writes this page again.

"""
TAIL = """
## What it says

- The first two numbers were not wrong sums, they were sums of other assumptions. The largest steps are what is *asked for* (half seen, or 95 of 100 seen at the weakest place) and how far an eye sees by night.
- What is a decision (kit, whether units are led) is a row of the answer; it moves the number more than all of nature does.
- Stopping has no cap any more that was put in as a constant: who is recognised, who follows up and who is there in time are worked out, and where no number of units stops half, the table says so.
"""


class Steps:
    """The units of each step, on the ground of one study."""

    def __init__(self, result: bz.StudyResult) -> None:
        asked, answer = result.patrol.asked, result.answer
        if asked is None or answer is None:
            sys.exit("the built-in study has no answer")
        self.asked, self.ground, self.lengths = asked, asked.ground, asked.lengths_km
        self.weights = np.asarray(asked.weights, dtype=np.float64)
        self.dark = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})
        rows = answer[
            (answer["length"] == result.scenario.length) & (answer["opponent"] == "blind")
        ]
        self.answer = rows.set_index(["measure", "kit", "law"])

    def rates(self, ground: pd.DataFrame, night: pd.DataFrame) -> np.ndarray:
        """Coverage of one unit with the eye, by state of light and segment."""
        return np.array(
            [
                patrol.detection_rates(
                    self.lengths, ground, EYE, watch=patrol.Watch(moonlight=float(moon))
                )
                for moon in night["moonlight"]
            ]
        )

    def half(self, rates: np.ndarray, night: pd.DataFrame, target: float) -> float:
        """Units that see a share of all crossings, best for the mean."""
        share = night["share"].to_numpy()

        def missing(units: float) -> float:
            plan = np.asarray(
                patrol.allocate(share @ rates, self.weights, units, rule="optimal"),
                dtype=np.float64,
            )
            return float(share @ (1 - np.exp(-rates * plan)) @ self.weights) - target

        return float(optimize.brentq(missing, 1e-3, 1e6, xtol=1e-9))

    def every(self, rates: np.ndarray, target: float) -> float:
        """Units that see a share in every segment."""
        return float((-math.log1p(-target) / rates[0]).sum())

    def walk(self) -> Iterator[tuple[str, float, float]]:
        """Change one thing after the other: what, units for half, units for every inch."""
        ground, dark = self.ground, self.dark
        half, every = 0.5 / STOPPED_OF_SEEN, 0.95
        range_m = patrol.r50_m("eye", "night")
        rates = self.rates(ground, dark)
        hidden = ground["f_mask"].to_numpy()
        cut = 2 * range_m / 1000 / patrol.sweep_width_km("eye", "night")
        first = rates * cut * (1 - hidden)
        yield "as it was", self.half(first, dark, half), self.every(first, every)
        first = rates * (1 - hidden)
        yield (
            f"an eye has a range curve: its sweep width is the area below it, and not twice the {range_m:g} m of an even chance",
            self.half(first, dark, half), self.every(first, every),
        )  # fmt: skip
        yield (
            "the ground out of sight is in the range already: field trials were walked on ground",
            self.half(rates, dark, half), self.every(rates, every),
        )  # fmt: skip
        half = 0.5
        yield (
            "no constants for identifying and responding: half is *seen*, and what is stopped has a row of its own",
            self.half(rates, dark, half), self.every(rates, every),
        )  # fmt: skip
        slower = access.at_night("vehicle_off_road").factor
        ground = ground.assign(patrol_speed_factor=ground["patrol_speed_factor"] * slower)
        rates = self.rates(ground, dark)
        yield (
            f"patrols without lights go at {slower:g} of their speed by day",
            self.half(rates, dark, half), self.every(rates, every),
        )  # fmt: skip
        middle = float(self.asked.drawn["crosser_speed_factor"].iloc[0])
        ground = ground.assign(crosser_km_h=ground["crosser_km_h"] * middle)
        rates = self.rates(ground, dark)
        yield (
            f"crossers at the median of their band, {middle:.3f} times as fast",
            self.half(rates, dark, half), self.every(rates, every),
        )  # fmt: skip
        yield (
            "the nights have a moon; who may choose crosses in the dark, so that every inch stays dark",
            self.half(self.rates(ground, self.asked.night), self.asked.night, half),
            self.every(rates, every),
        )  # fmt: skip
        seen, inch = (self.answer.loc[(name, "eye", "random")] for name in ("mean_pod", "min_pod"))
        yield (
            "units may stand still where that sees more",
            seen["units_at_medians"], inch["units_at_medians"],
        )  # fmt: skip
        yield (
            "the median over the states of nature, and no number at the medians",
            seen["units"],
            inch["units"],
        )

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Today's answer for one decision after the other, in people out."""
        for kit, words in (
            ("eye", "unaided eye"),
            ("goggles", "night-vision goggles"),
            ("thermal", "vehicle thermal imager"),
        ):
            for law, how in (("random", "unled"), ("beats_soft", "led")):
                told = []
                for measure in ("mean_pod", "min_pod", "mean_poi"):
                    row = self.answer.loc[(measure, kit, law)]
                    told.append(_people(row["people"], row["people_low"], row["people_high"]))
                yield f"{words}, {how}", *told


def _people(middle: float, low: float, high: float) -> str:
    """Write people with their band, to two digits."""

    def two(number: float) -> str:
        if not math.isfinite(number):
            return "no number"
        digits = 2 - math.ceil(math.log10(max(number, 1.0)) + 1e-12)
        return f"{round(number, min(digits, 0)):,.0f}"

    return f"{two(middle)} ({two(low)} to {two(high)})"


def main() -> None:
    """Run the study and write the page."""
    result = bz.Study.default().run(seed=1)
    steps = Steps(result)
    walk = list(steps.walk())
    lines = ["| change | units: half | units: every inch |", "| --- | --- | --- |"]
    lines += [f"| {what} | {half:,.0f} | {every:,.0f} |" for what, half, every in walk]
    lines += [
        "",
        "Today's answer, decision by decision, in people out at once against somebody who does not watch, with the band of nature:",
        "",
    ]
    lines += ["| kit | half seen | every inch | half stopped |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in steps.rows()]
    TARGET.write_text(HEAD + "\n".join(lines) + "\n" + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
