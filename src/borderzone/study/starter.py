"""A study file to start from: every field with what is usual, and what its record says of it."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from borderzone._guards import written_option
from borderzone._guards.escapes import comment
from borderzone._guards.pages import described
from borderzone.patrol import Force
from borderzone.scenario import Scenario
from borderzone.study.given import LAYERS, NONE

if TYPE_CHECKING:
    from borderzone.study.record import Study

__all__ = ["starter_file"]

_WIDE = 96
_HEAD = (
    "A study: whose border, on which data, under which assumptions. Each line holds what is usual; take "
    "away the # before one that you want to say yourself. Paths are seen from this file."
)
_RUN = "Run it: borderzone report study.toml -o out"
_OF_A_LINE = (
    ("border", "A file with a line of one's own, in place of a and b."),
    ("border_km", "Two chainages, when the study is of what lies between them. Units: km."),
)
# What stands elsewhere in the file, or is said of incidents in their table.
_ELSEWHERE = ("border", "scenario", "incidents_accessed", "hotspots")


def starter_file(study: Study) -> str:
    """Write a study on data that ship, with its comments."""
    told, border = described(type(study)), study.border
    lines = [*map(comment, _wrapped(_HEAD)), comment(_RUN), "\n"]
    lines += [f"{_said('a', border.a)}\n", f"{_said('b', border.b)}\n"]
    for name, words in _OF_A_LINE:
        lines += _field(name, None, words)
    for name in (f.name for f in fields(study)):
        if name[0] != "_" and name not in _ELSEWHERE:
            value = getattr(study, name)
            value = NONE if value is None and name in LAYERS else value
            # It follows a and b.
            lines += _field(name, value, told[name], said=name != "name")
    scenario = study.scenario.model_dump(mode="json") | {"force_side": None}
    force = scenario.pop("force")
    told = described(Scenario)
    lines.append("\n[scenario]\n")
    for name, value in scenario.items():
        lines += _field(name, value, told[name])
    lines += ["\n", *map(comment, _wrapped(told["force"])), "[scenario.force]\n"]
    told, follows = described(Force), _following(study.scenario.force)
    for name, value in force.items():
        lines += _field(name, value, told[name], said=name not in follows)
    return "".join(lines)


def _following(force: Force) -> set[str]:
    """Name what goes with the mode: written down, it would outlive a change of the mode."""
    other = Force(mode="vehicle_off_road" if force.mode == "foot" else "foot", sensor=force.sensor)
    names = (name for name in Force.model_fields if name != "mode")
    return {name for name in names if getattr(other, name) != getattr(force, name)}


def _field(name: str, value: Any, words: str, *, said: bool = True) -> list[str]:
    """Write a field under what is said of it; empty tables stand back, for rows are written as [[name]]."""
    empty = isinstance(value, (dict, list)) and not value
    mark = "" if said and value is not None and not empty else "# "
    return ["\n", *map(comment, _wrapped(words)), f"{mark}{_said(name, value)}\n"]


def _said(name: str, value: Any) -> str:
    return f"{name} =" if value is None else written_option(name, value, where="study file")


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDE, break_long_words=False, break_on_hyphens=False)
