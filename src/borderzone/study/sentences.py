"""Three plain sentences: how long, how hard, how many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from borderzone.study.coverage import HEADLINE_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario

__all__ = ["KM_PER_MILE", "summary_sentences"]

KM_PER_MILE = 1.609344
_MODES = {"vehicle_off_road": "by vehicle", "foot": "on foot"}


def summary_sentences(
    border: Border,
    corridor: Corridor,
    scenario: Scenario,
    flagged_share: pd.DataFrame | None,
    required: pd.DataFrame | None,
) -> tuple[str, str, str]:
    """
    Say how long the border is, how much is flagged, and how many units it takes.

    Parameters
    ----------
    border, corridor, scenario
        What the study was run on.
    flagged_share
        Flagged share over modes and thresholds; None where not given.
    required
        Required units; None where not given.

    Returns
    -------
    tuple of str
        Three sentences.
    """
    return (
        length_sentence(border),
        flagged_sentence(corridor, scenario, flagged_share),
        units_sentence(scenario, required),
    )


def length_sentence(border: Border) -> str:
    """
    Say how long the border is, and along which line.

    Parameters
    ----------
    border
        The border.

    Returns
    -------
    str
        One sentence.
    """
    km = border.length_km
    names = " and ".join(border.names[code] for code in (border.a, border.b))
    return (
        f"The border of {names} is {km:.1f} km ({km / KM_PER_MILE:.1f} mi) long, measured on the "
        f"ellipsoid along this line: {border.source}."
    )


def flagged_sentence(corridor: Corridor, scenario: Scenario, shares: pd.DataFrame | None) -> str:
    """
    Say which share of the corridor is flagged, under which choices.

    Parameters
    ----------
    corridor
        The corridor.
    scenario
        Its thresholds.
    shares
        Flagged share over modes and thresholds.

    Returns
    -------
    str
        One sentence.
    """
    if shares is None:
        return "How much of the corridor is remote or cave-prone is not known without its layers."
    if shares.empty:
        return (
            "How much of the corridor is remote desert is not known: no origin of travel times lies "
            "near it; give the posts or towns of the region as origins."
        )
    depth = " and ".join(f"{km:g}" for km in sorted(set(corridor.depth_km.values())))
    low, high = shares["remote_share"].min(), shares["remote_share"].max()
    first, last = min(scenario.remote_hours_range), max(scenario.remote_hours_range)
    chosen = shares[
        (shares["mode"] == scenario.force.mode) & (shares["threshold_h"] == scenario.remote_hours)
    ]["remote_share"].iloc[0]
    return (
        f"Between {low:.0%} and {high:.0%} of the corridor ({corridor.area_km2:,.0f} km2, {depth} km "
        f"deep on each side) is remote desert, depending on whether {first:g} to {last:g} hours "
        f"count as remote and on travel by vehicle or on foot ({chosen:.0%} at "
        f"{scenario.remote_hours:g} h {_MODES[scenario.force.mode]}); {_caves(shares)}."
    )


def _caves(shares: pd.DataFrame) -> str:
    unknown = shares["unknown_karst_share"].iloc[0]
    if math.isnan(unknown) or unknown >= 1:
        return "cave-prone ground is unknown, because no soluble rock is mapped here"
    relief, rock = (
        shares[name].iloc[0]
        for name in ("cave_share_rank2plus_of_known", "rock_share_rank2plus_of_known")
    )
    low, high = sorted((relief, rock))
    return (
        f"of the {1 - unknown:.0%} on mapped soluble rock, {low:.0%} (by rock and the relief that "
        f"this grid can see) to {high:.0%} (by rock alone) ranks medium or high in cave "
        f"susceptibility, and the other {unknown:.0%} of the corridor is unknown"
    )


def units_sentence(scenario: Scenario, required: pd.DataFrame | None) -> str:
    """
    Say how many units each target takes, with bands, or that none is enough.

    Parameters
    ----------
    scenario
        Force and light of the headline.
    required
        Required units.

    Returns
    -------
    str
        One sentence.
    """
    if required is None:
        return "How many units it takes cannot be said without elevation."
    rows = required[required["light"] == scenario.light]
    poi, pod = _of(rows, "mean_poi"), _of(rows, "mean_pod")
    reached = [row for row in poi.itertuples() if math.isfinite(row.on_station_p50)]
    missed = [f"{row.target:.0%}" for row in poi.itertuples() if row not in reached]
    sensor = str(getattr(scenario.force.sensor, "name", scenario.force.sensor)).replace("_", " ")
    sensor = {"eye": "the unaided eye"}.get(sensor, sensor)
    parts = []
    if reached:
        first = reached[0]
        parts.append(
            f"interdicting {_listed(f'{row.target:.0%}' for row in reached)} of crossings takes "
            f"{_listed(_station(row) for row in reached)} patrol units on station "
            f"({first.on_roll_p50:,.0f} on roll for {first.target:.0%})"
        )
    if missed:
        parts.append(
            f"{_listed(missed)} {'is' if len(missed) == 1 else 'are'} out of reach of any number, "
            f"because identification and response as assumed cap interdiction near "
            f"{poi['ceiling'].iloc[0]:.0%}"
        )
    every = _of(rows, "min_pod").iloc[-1]
    parts.append(
        f"detecting {_listed(f'{target:.0%}' for target in pod['target'])} takes "
        f"{_listed(_station(row) for row in pod.itertuples())}, and detecting "
        f'{every["target"]:.0%} on every segment, "every inch", {_station(every)}'
    )
    return (
        f"At {scenario.light}, with patrols that rely on {sensor}, "
        + "; ".join(parts)
        + " (in brackets the 5 to 95 % band)."
    )


def _listed(words: Iterable[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def _of(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    chosen = (rows["measure"] == measure) & (rows["rule"] == HEADLINE_RULE[measure])
    return rows[chosen].sort_values("target")


def _station(row: Any) -> str:
    low, middle, high = (getattr(row, f"on_station_{name}") for name in ("p05", "p50", "p95"))
    top = f"{high:,.0f}" if math.isfinite(high) else "no number"
    return f"{middle:,.0f} ({low:,.0f} to {top})"
