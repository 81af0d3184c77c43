"""Where the units of a kit go, and what each segment then sees, with every state of nature at its median."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import as_non_negative, check_choice
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.allocation import RULES, fractional_plan
from borderzone.patrol.answer.kit_draws import Kit, tabled_law
from borderzone.patrol.answer.kits import LIGHTS, ROW_LAWS
from borderzone.patrol.theory.tactics import OPPONENTS, POD

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.patrol.answer.kits import KitQuestion

__all__ = ["answer_places"]


def answer_places(  # noqa: PLR0913 - a row of the table, with how many and by which rule
    question: KitQuestion,
    units: npt.ArrayLike,
    kit: str,
    *,
    law: str = "random",
    opponent: str = "blind",
    light: str = "night",
    rule: str = "optimal",
) -> pd.DataFrame:
    """
    Give where units go and what each segment sees, with every state of nature at its median.

    The shares are those of `answer_pod` at the medians: on average where the rule is ``"optimal"``, at
    the weakest place where it is ``"maximin"``. Units that see more by standing still than by moving
    stand, as they do there.

    Parameters
    ----------
    question
        What it stands on; of its draws only the medians count.
    units
        Units out at once, one number or several; fractions are shares of time.
    kit, law, opponent, light
        As in `answer_pod`.
    rule
        ``"optimal"``: the highest share seen on average. ``"maximin"``: the highest share seen at the
        weakest place. ``"even"``: by length.

    Returns
    -------
    DataFrame
        A row for each number and segment: ``units_out``, ``segment``, its ``units``, the shares ``seen`` on
        average and ``seen_weakest`` at its weakest place, and whether units of that number ``stands``.
        A mean weighted by `KitQuestion.weights` is the share of all crossings.

    Raises
    ------
    InvalidParameterError
        If a word is unknown or a number is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES, KitQuestion
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2, 0.6], "patrol_speed_factor": [1.0, 1.0], "crosser_km_h": [4.0, 4.0]}
    ... )
    >>> kits = {"thermal": FORCES["vehicle_thermal"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([50.0, 50.0]), ground=ground, draws=64)
    >>> answer_places(question, 10, "thermal")[["units", "seen"]].round(2).values.tolist()
    [[4.81, 0.77], [5.19, 0.69]]
    """
    force = question.kit(kit)
    law = "standing" if force.stands else check_choice(law, "law", ROW_LAWS)
    check_choice(opponent, "opponent", OPPONENTS)
    check_choice(light, "light", LIGHTS)
    check_choice(rule, "rule", RULES)
    counts = np.atleast_1d(as_non_negative(units, "units"))
    if counts.ndim > 1 or not counts.size:
        msg = f"units are one number or a list of them, got an array of shape {counts.shape}"
        raise InvalidParameterError(msg)
    found = _numbers(question, kit, tuple(counts.tolist())).placed(law, opponent, light, rule)
    segments = question.lengths_km.index
    return pd.DataFrame(
        {
            "units_out": np.repeat(counts, len(segments)),
            "segment": np.tile(segments.to_numpy(), counts.size),
            "units": found.units.ravel(),
            "seen": found.seen.ravel(),
            "seen_weakest": found.weakest.ravel(),
            "stands": np.repeat(found.stands, len(segments)),
        }
    )


@dataclass(frozen=True, kw_only=True)
class _PlacedUnits:
    """Units by number and segment, what they see there, and in which numbers they stand."""

    units: FloatArray
    seen: FloatArray
    weakest: FloatArray
    stands: BoolArray

    def by(self, rule: str, weights: FloatArray) -> FloatArray:
        """Give what a rule makes as large as can be, by number."""
        return self.weakest.min(axis=1) if rule == "maximin" else self.seen @ weights


@lru_cache(maxsize=8)
def _numbers(question: KitQuestion, kit: str, counts: tuple[float, ...]) -> _KitNumbers:
    """Ask one kit again by other laws, lights and rules: what does not hang on them is there already."""
    return _KitNumbers(question, kit, np.array(counts))


class _KitNumbers:
    """One kit at the medians, with a number of units where another question has a draw."""

    def __init__(self, question: KitQuestion, kit: str, counts: FloatArray) -> None:
        # A row of medians comes first by itself, and two more are the least that a question takes.
        self.counts = np.concatenate([counts, np.full(max(0, 3 - counts.size), counts[-1])])
        self.asked = counts.size
        self._standing: dict[tuple[bytes, str], _PlacedUnits] = {}
        medians = question.at_medians().draws
        assert isinstance(medians, pd.DataFrame)  # noqa: S101 - made so
        rows = medians.iloc[[0] * (self.counts.size - 1)].reset_index(drop=True)
        force = question.kit(kit)
        self.kit = Kit(replace(question, kits={kit: force}, drive_h=None, draws=rows), force)

    def placed(self, law: str, opponent: str, light: str, rule: str) -> _PlacedUnits:
        """Place the units of each number, moving or standing, whichever is more by the rule."""
        if law == "standing":
            return self.cut(self.standing(light, rule))
        moving, weights = self.moving(law, opponent, light, rule), self.kit.weights
        reached = moving.by(rule, weights)
        if not self.may_stand(reached, light, rule):
            return self.cut(moving)
        standing = self.standing(light, rule)
        better = standing.by(rule, weights) > reached
        pick = better[:, None]
        return self.cut(
            _PlacedUnits(
                units=np.where(pick, standing.units, moving.units),
                seen=np.where(pick, standing.seen, moving.seen),
                weakest=np.where(pick, standing.weakest, moving.weakest),
                stands=better,
            )
        )

    def may_stand(self, reached: FloatArray, light: str, rule: str) -> bool:
        """Tell whether any of the numbers could see more by standing: a search over posts is dear."""
        if not self.kit.force.has_ranges:
            return False
        if rule == "even":
            return True
        measure = "min_pod" if rule == "maximin" else "mean_pod"
        needed, _ = self.kit.posts(measure, np.maximum(reached, 1e-12), light)
        return bool((needed <= self.counts).any())

    def cut(self, found: _PlacedUnits) -> _PlacedUnits:
        """Leave the numbers that were asked for."""
        rows = slice(0, self.asked)
        return _PlacedUnits(
            units=found.units[rows],
            seen=found.seen[rows],
            weakest=found.weakest[rows],
            stands=found.stands[rows],
        )

    def moving(self, law: str, opponent: str, light: str, rule: str) -> _PlacedUnits:
        """Place units that patrol."""
        kit, seen = self.kit, self.kit.seen(light)
        if rule == "maximin":
            units = kit.plan_for_all(self.counts, law, opponent, light)
        else:
            rates, there = seen.rates[0] @ seen.share, kit.there(light).mean[0] @ seen.share
            worth = kit.weights * (1.0 - there)
            plan = fractional_plan(rates, worth, rule=rule, lengths_km=kit.lengths_km, law=law)
            units = plan(self.counts)
        # One ratio of speeds for all segments, as the answers count their means.
        half = "day" if light == "day" else "night"
        ratio = float(np.median(kit.speed[half][0] / kit.crosser[0]))
        _, table, step = tabled_law(law, opponent, ratio)
        there = kit.there(light).mean
        coverage = seen.rates * units[:, :, None]
        tabled = opponent != "blind" and law != "random"
        pod = (
            np.interp(coverage, step * np.arange(table.size), table)
            if tabled
            else POD[law](coverage)
        )
        return _PlacedUnits(
            units=units,
            seen=(there + (1.0 - there) * pod) @ seen.share,
            weakest=kit.least_by_segment(units, law, opponent, light),
            stands=np.zeros(len(units), dtype=bool),
        )

    def standing(self, light: str, rule: str) -> _PlacedUnits:
        """Place units that stand: all segments alike, or by length."""
        # Eyes that the moon does not help see as much in the dark as over a night.
        key = self.kit.seen(light).range_m.tobytes(), rule
        if key not in self._standing:
            self._standing[key] = self.stood(light, rule)
        return self._standing[key]

    def stood(self, light: str, rule: str) -> _PlacedUnits:
        """Work out where units stand and what they see."""
        kit = self.kit
        by_length = np.multiply.outer(self.counts, kit.lengths_km / kit.lengths_km.sum())
        if rule == "even":
            units = by_length
        else:
            measure = "min_pod" if rule == "maximin" else "mean_pod"
            level = kit.posts_reach(self.counts, measure, light)
            units = np.broadcast_to(kit.posts_by_segment(measure, level, light), kit.masked.shape)
            # A level is found to a millionth, which near certainty is some units of those there are;
            # too few to be seen at their weakest place stand as they would by length.
            total = units.sum(axis=1, keepdims=True)
            left = self.counts[:, None] / np.maximum(total, 1e-300)
            units = np.where(total > 0.0, units * left, by_length)
        return _PlacedUnits(
            units=units,
            seen=kit.seen_by_standing(units, light, weakest=False),
            weakest=kit.seen_by_standing(units, light, weakest=True),
            stands=np.ones(len(units), dtype=bool),
        )
