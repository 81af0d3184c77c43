"""What a study tells of plans: where units go and what stays empty, and where least is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import listed, percent
from borderzone.errors import InvalidParameterError
from borderzone.patrol import detection_against, detection_for, weakest_place
from borderzone.study.told.ground import half_words, night_length_words, remote_desert
from borderzone.study.told.unit_counts import moon_words
from borderzone.study.told.unknown import no_travel_times, without_elevation
from borderzone.study.told.words import RULE_WORDS

if TYPE_CHECKING:
    from borderzone.study.result import StudyResult

__all__ = [
    "PLACE_WORDS",
    "allocation_finding",
    "allocation_table",
    "empty_segments",
    "empty_words",
    "month_moon_finding",
    "remoteness_finding",
    "remoteness_standing",
    "remoteness_table",
    "weakest_place_finding",
    "weakest_place_table",
]

# Less than this of a unit, out all the time, is none.
_NO_UNIT = 1e-6


# A column of the table of weakest places -> its words.
PLACE_WORDS = {
    "led": "led, over all places",
    "unled": "unled, at every place",
    "led_weakest": "led, between two beats",
    "led_end": "led, at a beat's end with nobody beyond",
    "informed": "led, where place and time are known",
}

# How units are placed -> its words in a sentence.
_PLACED = {
    "even": "spread evenly",
    "optimal": "placed best for the mean",
    "maximin": "placed so that every segment is equal",
}


def allocation_table(result: StudyResult) -> pd.DataFrame:
    """Give units and the chance to be seen, by segment and rule, at the reference units."""
    if "units_even" not in result.segments:
        raise InvalidParameterError(without_elevation(result, "plan of its units"))
    rules = [name for rule in RULE_WORDS for name in (f"units_{rule}", f"pod_{rule}")]
    return pd.DataFrame(result.segments[["km_start", "km_end", "length_km", "weight", *rules]])


def empty_segments(table: pd.DataFrame, rule: str) -> pd.Series:
    """Tell of each segment whether a plan leaves it empty."""
    return table[f"units_{rule}"] < _NO_UNIT


def empty_words(table: pd.DataFrame, rule: str) -> str:
    """Name the stretches that a plan leaves empty; nothing where it leaves none."""
    empty = empty_segments(table, rule)
    run = (empty != empty.shift()).cumsum()[empty]
    ends = table[empty].groupby(run).agg({"km_start": "min", "km_end": "max"})
    pairs = zip(ends["km_start"], ends["km_end"], strict=True)
    return listed([f"km {first:.0f} to {last:.0f}" for first, last in pairs]) if len(ends) else ""


def allocation_finding(result: StudyResult, rule: str) -> str:
    """Say how many segments a plan leaves empty, and what the plan is worth over an even one."""
    table, units = allocation_table(result), result.scenario.reference_units
    empty = empty_segments(table, rule)
    number = int(empty.sum())
    share = {name: _mean(table[f"pod_{name}"], table["weight"]) for name in ("even", rule)}
    stay = f"{number} of {len(table)} segments {'stays' if number == 1 else 'stay'} empty"
    if not number:
        stay = "No segment stays empty"
    more = f"{percent(share[rule])} of crossings are seen"
    if rule != "even":
        more += f", {percent(share['even'])} if spread evenly"
    return f"{stay} at {units} units, {_PLACED[rule]}: {more}"


def _mean(values: pd.Series, weight: pd.Series) -> float:
    return float((values * weight).sum() / weight.sum())


def weakest_place_table(result: StudyResult) -> pd.DataFrame:
    """
    Give the chance to be seen by segment, and by place in the beat of led units.

    At the reference units spread evenly, every state of nature at its middle.
    """
    rows, light = result.segments, result.scenario.light
    if "units_even" not in rows:
        raise InvalidParameterError(without_elevation(result, "weakest place"))
    speed = (rows["patrol_km_h"] / rows["crosser_km_h"]).to_numpy(dtype=float)
    if not (speed > 0).all():
        msg = f"the units of the study of {result.name} stand, so they keep no beat; ask the answer for posts"
        raise InvalidParameterError(msg)
    swept = (rows["units_even"] * rows[f"rate_{light}"]).to_numpy(dtype=float)
    led: dict[str, Any] = {"law": "beats_soft", "speed_ratio": speed}
    table = pd.DataFrame(rows[["km_start", "km_end", "length_km"]])
    return table.assign(
        unled=detection_for(swept),
        led=detection_for(swept, "beats_soft"),
        led_weakest=weakest_place(swept, **led),
        led_end=weakest_place(swept, **led, neighbours=False),
        informed=detection_against(swept, opponent="informed", **led),
    )


def weakest_place_finding(result: StudyResult) -> str:
    """Say where led units see least, and how much that is beside the mean."""
    table = weakest_place_table(result)
    row = table.iloc[int(table["led_weakest"].argmin())]
    mean = _mean(table["led"], table["length_km"])
    return (
        f"{result.scenario.reference_units} led units see {percent(mean)} over all places; at km {row['km_start']:.0f} to "
        f"{row['km_end']:.0f} {percent(row['led_weakest'])} between two beats, {percent(row['led_end'])} at a beat's end, "
        f"{percent(row['informed'])} if time and place are known"
    )


def remoteness_table(result: StudyResult) -> pd.DataFrame:
    """Give the share of the force's half farther than some hours, and how much of it is remote desert."""
    bands = result.reach.bands
    if bands is None or result.flagged_share is None:
        raise InvalidParameterError(no_travel_times(result))
    shares = result.flagged_share
    shares = shares[shares["side"] == result.reach.side]
    known = sorted({*bands["from_h"]} & {*shares["threshold_h"]}) or sorted(
        {*bands["from_h"]} - {0.0}
    )
    total = float(bands["area_km2"].sum())
    rows = []
    for hours in known:
        far = float(bands.loc[bands["from_h"] >= hours - 1e-9, "area_km2"].sum())
        here = shares[(shares["mode"] == result.reach.mode) & (shares["threshold_h"] == hours)]
        remote = float(here["remote_share"].iloc[0]) if len(here) else np.nan
        rows.append((result.reach.mode, hours, far, far / total, remote))
    columns = ["mode", "threshold_h", "farther_km2", "farther_share", "remote_share"]
    return pd.DataFrame(rows, columns=columns)


def remoteness_finding(result: StudyResult) -> str:
    """Say how much of the force's half is farther than each number of hours."""
    table = remoteness_table(result)
    first, *rest = (
        f"{percent(share)} {'is ' if place == 0 else ''}more than {hours:g} h"
        for place, (share, hours) in enumerate(
            zip(table["farther_share"], table["threshold_h"], strict=True)
        )
    )
    tail = "".join(f", {each}" for each in rest)
    return f"{result.name}: of {half_words(result)} {first} away{tail}"


def remoteness_standing(result: StudyResult) -> str:
    """Say how much of that is remote desert."""
    share = remote_desert(result)
    if not share.known:
        return ""
    return (
        f"Bare ground more than {result.scenario.remote_hours:g} h away is remote desert: {percent(share.chosen)} of "
        "that half."
    )


def month_moon_finding(result: StudyResult) -> str:
    """Say what the moon is worth, or where no units are known how long the nights are."""
    words = moon_words(result)
    if words:
        return f"{words[0].upper()}{words[1:]}"
    return f"Without useful light: {night_length_words(result)}"
