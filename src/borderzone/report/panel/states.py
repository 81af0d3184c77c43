"""The numbers of the panel: one table of what units see, by every state of the controls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone.patrol import answer_places
from borderzone.study import KITS, own_law

if TYPE_CHECKING:
    from collections.abc import Iterator

    from borderzone._typing import FloatArray, IntArray
    from borderzone.patrol import KitQuestion
    from borderzone.scenario import Scenario

__all__ = ["LIGHTS", "RULES", "TACTICS", "PanelNumbers", "PanelState", "panel_numbers", "stops_of"]

# Stops of the slider: even steps of a logarithm, six to a decade.
_PER_DECADE = 6
# Law and opponent, as a reader calls them.
TACTICS = {
    ("random", "blind"): "not led",
    ("beats_soft", "blind"): "led",
    ("beats_soft", "informed"): "led, and crossers know all units",
    ("standing", "blind"): "posts stand",
}
LIGHTS = {"night": "night, over its moons", "dark": "moonless night", "day": "day"}
RULES = {
    "optimal": "most seen on average",
    "maximin": "every inch: most seen at the weakest place",
    "even": "spread evenly by length",
}
# So many places are drawn at most: what is narrower than a few pixels nobody can point at.
_MOST_PLACES = 100


@dataclass(frozen=True, kw_only=True)
class PanelState:
    """What the controls of the panel are set to."""

    kit: str
    law: str
    opponent: str
    light: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class PanelNumbers:
    """
    What units see, by state of the controls.

    Attributes
    ----------
    table
        A row for each state and number of units: people, shares seen on average and at the weakest
        place, and segments without a unit.
    units, seen
        Of each place, by state, number and place.
    group
        The place of each segment.
    """

    stops: tuple[int, ...]
    crews: dict[str, int]
    states: tuple[PanelState, ...]
    table: pd.DataFrame
    units: FloatArray
    seen: FloatArray
    group: IntArray
    start: PanelState


def panel_numbers(asked: KitQuestion, scenario: Scenario, group: IntArray) -> PanelNumbers:
    """Ask what every stop of the slider sees, in every state of the controls."""
    kits = _kits(asked)
    stops = stops_of(scenario.max_units)
    states = tuple(_states(asked, kits))
    weights, lengths = np.asarray(asked.weights), asked.lengths_km.to_numpy()
    share = lengths / np.bincount(group, lengths)[group]
    rows, units, seen = [], [], []
    for state in states:
        law = "random" if state.law == "standing" else state.law
        how = {"opponent": state.opponent, "light": state.light, "rule": state.rule}
        found = answer_places(asked, stops, state.kit, law=law, **how)
        shape = len(stops), len(lengths)
        out, share_seen, weakest = (
            found[name].to_numpy().reshape(shape) for name in ("units", "seen", "seen_weakest")
        )
        crew = kits[state.kit]
        rows += [
            vars(state)
            | {
                "units": stop,
                "people": crew * stop,
                "seen": float(np.minimum(share_seen[n] @ weights, 1.0)),
                "seen_weakest": float(weakest[n].min()),
                "segments_without": int((out[n] <= 0.0).sum()),
            }
            for n, stop in enumerate(stops)
        ]
        units.append(_gathered(out, group))
        seen.append(_gathered(share_seen * share, group))
    return PanelNumbers(
        stops=stops,
        crews=kits,
        states=states,
        table=pd.DataFrame(rows),
        units=np.array(units),
        seen=np.array(seen),
        group=group,
        start=_start(asked, scenario, kits),
    )


def stops_of(max_units: int) -> tuple[int, ...]:
    """Give the numbers of units at which the slider stops, up to the most of the scenario."""
    decades = np.log10(max(max_units, 2))
    steps = np.geomspace(1, max(max_units, 2), round(_PER_DECADE * decades) + 1)
    return tuple(sorted({round(step) for step in steps}))


def places_of(n_segments: int, together: int) -> IntArray:
    """Give the place of each segment, so few that each can be pointed at, never finer than what is told."""
    together *= -(-n_segments // (together * _MOST_PLACES))
    last = max(n_segments // together - 1, 0)
    found: IntArray = np.minimum(np.arange(n_segments) // together, last)
    return found


def _gathered(values: FloatArray, group: IntArray) -> FloatArray:
    """Sum over the segments of each place."""
    return np.stack([np.bincount(group, row) for row in values])


def _kits(asked: KitQuestion) -> dict[str, int]:
    """Name the kits that differ, with the people of a unit."""
    own = asked.kits["scenario"]
    shown = [name for name in KITS if name in asked.kits]
    if own not in [asked.kits[name] for name in shown]:
        shown.append("scenario")
    return {name: asked.kits[name].crew for name in shown}


def _states(asked: KitQuestion, kits: dict[str, int]) -> Iterator[PanelState]:
    for kit, (law, opponent), light, rule in product(kits, TACTICS, LIGHTS, RULES):
        if asked.kits[kit].stands == (law == "standing"):
            yield PanelState(kit=kit, law=law, opponent=opponent, light=light, rule=rule)


def _start(asked: KitQuestion, scenario: Scenario, kits: dict[str, int]) -> PanelState:
    """Begin with what the scenario has."""
    same: Any = (name for name in kits if asked.kits[name] == scenario.force)
    return PanelState(
        kit=next(same),
        law=own_law(scenario),
        opponent="blind",
        light=scenario.light,
        rule="optimal",
    )
