"""Break-even: how many people of one scenario reach what a number of another does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice
from borderzone._guards.draws import among_draws
from borderzone.errors import InvalidParameterError
from borderzone.patrol import KitQuestion, answer_break_even
from borderzone.study import StudyResult, own_law, told
from borderzone.whatif.comparing import check_paired

__all__ = ["break_even"]

# Every inch is told for the dark, in which who may choose the hour crosses.
_LIGHT = {"mean_pod": "night", "min_pod": "dark", "mean_poi": "night"}


def break_even(  # noqa: PLR0913 - two scenarios, and what they are held against each other in
    a: StudyResult | KitQuestion,
    b: StudyResult | KitQuestion,
    units: float | None = None,
    measure: str = "mean_pod",
    *,
    kits: tuple[str, str] = ("scenario", "scenario"),
    law: str | None = None,
    opponent: str = "blind",
    light: str | None = None,
) -> pd.DataFrame:
    """
    Give how many people of `a` are worth a number of units of `b`.

    In each draw of nature the units of `b` reach a share of all crossings; sought are the units of
    `a` that reach the same share in the same draw.

    Parameters
    ----------
    a, b
        Results of one border, or questions of kits, with one seed and one number of draws.
    units
        Units of `b` out at once; the reference units of the scenario of `a` when left out.
    measure
        ``"mean_pod"``, ``"min_pod"`` or ``"mean_poi"``.
    kits
        A kit of the answer of `a`, and one of that of `b`.
    law
        ``"random"`` or ``"beats_soft"`` for both; left out, that of each scenario, and
        ``"random"`` for a question.
    opponent
        As in `borderzone.patrol.answer_pod`.
    light
        ``"night"``, ``"dark"`` or ``"day"``; that in which the answer tells the measure when
        left out.

    Returns
    -------
    DataFrame
        One row: the two ``scenario``s, ``kit``s and ``law``s, ``opponent``, ``light``,
        ``measure``; ``units_b`` and ``people_b``; the ``share`` that they reach; ``units`` and
        ``people`` of `a`, medians over nature, each with its 5 to 95 % band (``low``, ``high``,
        ``people_low`` ...); ``people_more`` than those of `b`, of the medians; and
        ``attainable``, the share of draws in which some number is enough.

    Raises
    ------
    InvalidParameterError
        If the two are not of one border with the same draws and segments, have no answer,
        or a word or number is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> break_even(question, question, 20, kits=("eye", "goggles"))["people_low"].round().tolist()
    [677.0]
    """
    number = _units(a, units)
    light = _LIGHT[check_choice(measure, "measure", _LIGHT)] if light is None else light
    if isinstance(a, StudyResult) and isinstance(b, StudyResult):
        check_paired(a, b)
    sides = [_side(given, law) for given in (a, b)]
    (asked, own, name), (other, other_law, other_name) = sides
    drawn = answer_break_even(
        asked,
        other,
        number,
        kits=kits,
        laws=(own, other_law),
        opponent=opponent,
        light=light,
        measure=measure,
    ).iloc[1:]
    forces = asked.kit(kits[0]), other.kit(kits[1])
    row: dict[str, Any] = {"scenario_a": name, "scenario_b": other_name}
    row |= {"kit_a": kits[0], "kit_b": kits[1]}
    laws = [
        "standing" if force.stands else each[1] for force, each in zip(forces, sides, strict=True)
    ]
    row |= {"law_a": laws[0], "law_b": laws[1]}
    row |= {"opponent": opponent, "light": light, "measure": measure}
    row |= {"units_b": number, "people_b": forces[1].crew * number}
    for column, prefix in (("share", "share_"), ("units", ""), ("people", "people_")):
        low, middle, high = _band(drawn[column].to_numpy())
        row |= {column: middle, f"{prefix}low": low, f"{prefix}high": high}
    row["people_more"] = row["people"] - row["people_b"]
    row["attainable"] = float(np.isfinite(drawn["units"]).mean())
    table = pd.DataFrame([row])
    table.attrs["statement"] = told.break_even_words(next(iter(table.itertuples())))
    return table


def _units(a: StudyResult | KitQuestion, units: float | None) -> float:
    if units is not None:
        return units
    if not isinstance(a, StudyResult):
        msg = "a question of kits has no reference units: give units=, such as 100"
        raise InvalidParameterError(msg)
    return float(a.scenario.reference_units)


def _side(given: StudyResult | KitQuestion, law: str | None) -> tuple[KitQuestion, str, str]:
    """Give the question that a scenario stands on, its law and its name."""
    if not isinstance(given, StudyResult):
        return given, law or "random", ""
    asked = given.patrol.asked
    if asked is None:
        raise InvalidParameterError(told.without_elevation(given, "answer to break even in"))
    # A force that stands does so whatever is said here.
    own = own_law(given.scenario)
    return asked, law or ("random" if own == "standing" else own), given.scenario.name


def _band(values: Any) -> tuple[float, float, float]:
    """Give 5, 50 and 95 % of the draws; unknown where one is."""
    if np.isnan(values).any():
        return np.nan, np.nan, np.nan
    low, middle, high = among_draws(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)
