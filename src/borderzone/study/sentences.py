"""Three plain sentences: how long, how hard, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.study import told
from borderzone.study.coverage import lengths_told

if TYPE_CHECKING:
    from borderzone.border import Border
    from borderzone.study.result import StudyResult

__all__ = ["summary_sentences"]

_SPREAD = {"published": ", its difference from the line spread evenly over the segments,"}


def summary_sentences(result: StudyResult) -> tuple[str, str, str]:
    """Say how long the border is, how much is flagged, and how many units it takes."""
    return length_sentence(result), flagged_sentence(result), units_sentence(result)


def length_sentence(result: StudyResult) -> str:
    """Say how long the border is, and along which line."""
    border = result.border
    names = " and ".join(border.names[code] for code in (border.a, border.b))
    return (
        f"The border of {names} is {border.length_words()} ({border.length_words(unit='mi')}) long, "
        f"measured on the ellipsoid along this line: {border.source}{_published(border)}."
    )


def _published(border: Border) -> str:
    """Hold the measured length against the published one, where the two differ."""
    if border.published_length_km is None:
        return "; no published length is known to hold this against"
    if len(lengths_told(border, "measured")) == 1:
        return ""
    off = border.length_km / border.published_length_km - 1.0
    return (
        f"; the published length is {told.published_words(border)} "
        f"({told.published_words(border, 'mi')}), by {border.published_length_source}, and the line "
        f"is {told.percent(abs(off))} {'longer' if off > 0 else 'shorter'} than that"
    )


def flagged_sentence(result: StudyResult) -> str:
    """Say which share of the corridor is flagged, under which choices, and which is not known."""
    corridor = result.corridor
    depth = " and ".join(f"{km:g}" for km in sorted(set(corridor.depth_km.values())))
    size = f"{corridor.area_km2:,.0f} km2, {depth} km deep on each side"
    what = f"the corridor ({size})"
    remote, caves = told.remote_desert(result), told.cave_prone(result)
    lacking = told.lacking(result, "remote desert")
    if (
        not remote.known
        and not caves.known
        and lacking == told.lacking(result, "cave-prone ground")
    ):
        return (
            f"How much of {what} is remote desert or cave-prone is "
            f"{told.nowhere(result, 'remote desert')}."
        )
    aside = told.left_out(result)
    return f"{_remote(result, size)}; {_caves(result)}{aside and '; '}{aside}."


def _remote(result: StudyResult, size: str) -> str:
    scenario, share = result.scenario, told.remote_desert(result)
    what = f"{told.half_words(result)} ({told.half_size(result)}{size})"
    if not share.known:
        return f"How much of {what} is remote desert is {told.nowhere(result, 'remote desert')}"
    first, last = min(scenario.remote_hours_range), max(scenario.remote_hours_range)
    chosen = (
        f"{told.percent(share.chosen)} at {scenario.remote_hours:g} h "
        f"{told.MODE_WORDS[scenario.force.mode]}"
    )
    low, high = told.percent(share.low), told.percent(share.high)
    words = (
        f"{_between(low, high)} of {what} is remote desert, "
        f"{'whether' if low == high else 'depending on whether'} {first:g} to {last:g} hours from the nearest "
        f"{told.origin_words(result)} count as remote and on travel by vehicle or on foot ({chosen}; "
        f"{told.remote_whole_words(result)}){told.upper_bound(result)}"
    )
    return f"{words}; {share.rest}" if share.rest else words


def _between(low: str, high: str) -> str:
    """Write a range, or the one share where both ends read the same."""
    if low != high:
        return f"Between {low} and {high}"
    return f"{low[0].upper()}{low[1:]}"


def _caves(result: StudyResult) -> str:
    share = told.cave_prone(result)
    if not share.known:
        return f"which ground is cave-prone is {told.nowhere(result, 'cave-prone ground')}"
    words = (
        f"of the {told.percent(1 - share.unknown)} on mapped soluble rock, {told.percent(share.low)} (by "
        f"rock and the relief that this grid can see) to {told.percent(share.high)} (by rock alone) "
        "ranks medium or high in cave susceptibility"
    )
    if not share.unknown:
        return words
    return f"{words}, and the other {told.percent(share.unknown)} of the corridor is unknown"


def units_sentence(result: StudyResult) -> str:
    """Say how many units and people each target takes, with bands, or that none is enough."""
    if result.required is None:
        return f"How many units it takes is {told.nowhere(result, 'units')}."
    scenario = result.scenario
    lengths = told.lengths(result)
    counts = [_counts(result, length) for length in lengths]
    if len(lengths) > 1 or scenario.length == "published":
        counts = [
            f"{told.at_length(result, length)}{_SPREAD.get(length, '')} {words}"
            for length, words in zip(lengths, counts, strict=True)
        ]
    return (
        f"At {scenario.light}, with patrols of {scenario.force.crew} people that rely on {told.sensor_words(scenario)}, "
        + "; and ".join(counts)
        + " (in brackets the 5 to 95 % band)."
    )


def _counts(result: StudyResult, length: str) -> str:
    """Units and people for each target, for one length of the border."""
    stopped, seen = (told.units(result, name, length=length) for name in ("mean_poi", "mean_pod"))
    reached, missed = [u for u in stopped if u.enough], [u for u in stopped if not u.enough]
    parts = [_takes(f"interdicting {_targets(reached)} of crossings", reached)] if reached else []
    if reached:
        parts[0] += (
            f", which means {told.count(reached[0].roll)} units or "
            f"{told.count(reached[0].crew * reached[0].roll)} people on roll for "
            f"{told.percent(reached[0].target)}"
        )
    if missed:
        parts.append(
            f"{_targets(missed)} {'is' if len(missed) == 1 else 'are'} out of reach of any number, "
            f"because identification and response as assumed cap interdiction near "
            f"{told.percent(stopped[0].ceiling)}"
        )
    every = told.units(result, "min_pod", length=length)[-1]
    parts.append(
        f"{_takes(f'detecting {_targets(seen)}', seen)}, and "
        f'{_takes(f"detecting {told.percent(every.target)} on every segment", [every])}, "every inch"'
    )
    return "; ".join(parts)


def _takes(what: str, rows: list[told.Units]) -> str:
    """Units with their bands, and the people in them."""
    people = told.listed([told.count(row.crew * row.middle) for row in rows])
    return (
        f"{what} takes {told.listed([row.station for row in rows])} patrol units or {people} people "
        "on station"
    )


def _targets(rows: list[told.Units]) -> str:
    return told.listed([told.percent(row.target) for row in rows])
