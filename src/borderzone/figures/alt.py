"""Descriptions of figures in words, written from the data behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone.errors import InvalidParameterError
from borderzone.figures.events import placed_events
from borderzone.figures.reach_charts import race_words, response_words
from borderzone.figures.reach_map import travel_time_map_data
from borderzone.figures.words import ASSUMPTION_WORDS, say, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone.study import StudyResult

__all__ = ["alt_text"]


def alt_text(result: StudyResult, name: str, *, other: StudyResult | None = None) -> str:
    """
    Describe a figure for those who cannot see it.

    Parameters
    ----------
    result
        What a study gave.
    name
        ``"map"``, ``"strip"``, ``"curve"``, ``"sensitivity"``, ``"night"``, ``"caves"``,
        ``"travel_time"``, ``"response"``, ``"race"``, ``"sight"``, ``"night_reach"``,
        ``"incidents"``, ``"incidents_demo"``, ``"incident_pressure"``, ``"interdictions"`` or
        ``"whatif"``.
    other
        The second result of a what-if.

    Returns
    -------
    str
        A few sentences.

    Raises
    ------
    InvalidParameterError
        If there is no such figure.
    """
    if name == "whatif":
        return _whatif(result, other)
    writers: dict[str, Callable[[StudyResult], str]] = {
        "map": _map,
        "strip": _strip,
        "curve": _curve,
        "sensitivity": _sensitivity,
        "night": _night,
        "caves": _caves,
        "travel_time": _travel_time,
        "response": _response,
        "race": lambda result: (
            f"Steps along the border. The response is first on {race_words(result)}."
        ),
        "sight": _sight,
        "night_reach": _night_reach,
        "incidents": _incidents,
        "incidents_demo": _incidents_demo,
        "incident_pressure": _pressure,
        "interdictions": lambda _: (
            "A band that rises from left to right: the more people were stopped, the larger the "
            "chance to have been stopped, from 5 to 17 % at 100 people to 82 to 95 % at 9,000. How "
            "many were stopped is not published."
        ),
    }
    if name not in writers:
        msg = f"there is no figure {name!r}; there are {', '.join([*writers, 'whatif'])}"
        raise InvalidParameterError(msg)
    warning = "SYNTHETIC DATA: incidents in it never happened. " if result.synthetic else ""
    return warning + writers[name](result)


def _caves(result: StudyResult) -> str:
    found = result.cave_calibration
    if found is None:
        msg = f"the study of {result.name} has no known_caves, so there is no success rate"
        raise InvalidParameterError(msg)
    tenth = float(np.interp(0.1, found.curve["ground_share"], found.curve["cave_share"]))
    return (
        f"Curve of the share of {found.n_used} cells with known caves against the share of the mapped "
        f"rock, most susceptible ground first: a tenth of the ground holds {100 * tenth:.0f} % of them, "
        f"and the area under the curve is {found.auc:.2f}, where a map without knowledge has 0.5."
    )


def _map(result: StudyResult) -> str:
    border = result.border
    words = [
        (
            f"Map, north up, of the corridor along the {border.length_km:,.0f} km border of "
            f"{' and '.join(border.names[code] for code in (border.a, border.b))}, from "
            f"{border.start_name} to {border.end_name}."
        )
    ]
    zones = result.zones
    if zones is not None:
        for kind, name in (("remote_desert", "remote desert"), ("cave_prone", "cave-prone ground")):
            rows = zones[zones["kind"] == kind].sort_values("area_km2", ascending=False)
            if len(rows):
                first = rows.iloc[0]
                words.append(
                    f"{len(rows)} zones of {name} cover {rows['area_km2'].sum():,.0f} km²; the "
                    f"largest, near {first['near']}, lies at km {first['km_start']:.0f} to "
                    f"{first['km_end']:.0f}."
                )
            else:
                words.append(f"No zone of {name}.")
    events = placed_events(result)
    if events is not None:
        words.append(
            f"{int(events['drawn'].sum())} of {len(events)} incidents are placed well enough to "
            "draw, each with the circle it may lie in."
        )
    return " ".join(words)


def _strip(result: StudyResult) -> str:
    rows = result.segments
    words = [
        (
            f"The border pulled straight into {len(rows)} segments, from {result.border.start_name} "
            f"on the left to {result.border.end_name} on the right."
        )
    ]
    if "elevation_mean_m" in rows:
        words.append(
            f"Elevation goes from {rows['elevation_min_m'].min():,.0f} to "
            f"{rows['elevation_max_m'].max():,.0f} m; the most rugged ground lies at km "
            f"{rows.loc[rows['tri_m'].idxmax(), 'km_start']:.0f}."
        )
    if "remote_share" in rows:
        most = rows[rows["remote_share"] >= 0.5]
        length = (most["km_end"] - most["km_start"]).sum()
        words.append(f"Along {length:,.0f} km more than half of the ground is remote desert.")
    if "cave_rank" in rows:
        unknown = rows["cave_rank"].isna()
        words.append(f"Cave-prone ground is unknown in {int(unknown.sum())} segments.")
    if "pod_even" in rows:
        words.append(
            f"{result.scenario.reference_units} units spread evenly detect between "
            f"{100 * rows['pod_even'].min():.0f} and {100 * rows['pod_even'].max():.0f} % of "
            "crossings, by segment."
        )
    return " ".join(words)


def _curve(result: StudyResult) -> str:
    words = ["Curves of the chance to stop a crossing against units on station, with bands."]
    table = result.required
    if table is None:
        return words[0]
    rules = {"mean_poi": "optimal", "min_poi": "maximin", "mean_pod": "optimal"}
    said = {
        "mean_poi": "stopping, on average,",
        "min_poi": "stopping at the weakest segment",
        "mean_pod": "seeing, on average,",
    }
    rows = table[(table["light"] == result.scenario.light)]
    for measure, rule in rules.items():
        chosen = rows[(rows["measure"] == measure) & (rows["rule"] == rule)]
        for row in chosen.itertuples():
            target = f"{said[measure]} {100 * row.target:.0f} % of crossings"
            if np.isfinite(row.on_station_p50):
                words.append(
                    f"For {target} the median is {say(row.on_station_p50)} units, 5 to 95 % "
                    f"{say(row.on_station_p05)} to {say(row.on_station_p95)}."
                )
            else:
                words.append(f"For {target} no number of units is enough.")
    return " ".join(words)


def _sensitivity(result: StudyResult) -> str:
    if result.sobol is None:
        return "No sensitivity could be computed."
    rows = result.sobol.sort_values("total", ascending=False)
    listed = "; ".join(
        f"{ASSUMPTION_WORDS.get(row.assumption, row.assumption)} {100 * row.total:.0f} %"
        for row in rows.itertuples()
    )
    return f"Bars: share of the variance of the required units by assumption: {listed}."


def _night(result: StudyResult) -> str:
    table = result.night_hours.select_dtypes("number")
    listed = "; ".join(
        f"{name} {hours.min():.1f} to {hours.max():.1f} h" for name, hours in table.items()
    )
    return (
        f"Lines: length of the night by month, shortest in summer to longest in winter: {listed}."
    )


def _travel_time(result: StudyResult) -> str:
    bands = travel_time_map_data(result)
    listed = "; ".join(
        (
            f"more than {row.from_h:g} h"
            if np.isinf(row.to_h)
            else f"{row.from_h:g} to {row.to_h:g} h"
        )
        + f" {100 * row.share:.0f} %"
        for row in bands.itertuples()
    )
    return f"Map of the corridor by travel time from the nearest origin: {listed}."


def _response(result: StudyResult) -> str:
    return f"Steps along the border, hours from the nearest origin. {response_words(result)}."


def _sight(result: StudyResult) -> str:
    rows = result.segments
    return (
        "Steps along the border with a band: share of the ground beside it that a patrol does not see, "
        f"{100 * rows['f_mask'].min():.0f} to {100 * rows['f_mask'].max():.0f} %, by "
        f"{' and '.join(sorted(set(rows['f_mask_source'])))}."
    )


def _night_reach(result: StudyResult) -> str:
    if result.reach is None:
        return "No reach of a night could be computed."
    night = result.reach.night
    flat = night["flat_km"]
    return (
        "Line with a band: how far somebody on foot gets in one night over flat ground by month, "
        f"{flat.min():.0f} to {flat.max():.0f} km; {100 * night['share'].min():.0f} to "
        f"{100 * night['share'].max():.0f} % of the corridor."
    )


def _incidents(result: StudyResult) -> str:
    return _overlay(result, demo=False)


def _pressure(result: StudyResult) -> str:
    if result.pressure is None:
        return "No weights of segments by incidents."
    return f"Steps along the border with a wide band. {result.pressure.attrs['sentence']}"


def _incidents_demo(result: StudyResult) -> str:
    return "SYNTHETIC DATA: none of it happened. " + _overlay(result, demo=True)


def _overlay(result: StudyResult, *, demo: bool) -> str:
    table = result.demo_overlay if demo else result.overlay
    if table is None or table.empty:
        return "No incidents could be laid over the zones."
    rows = table.sort_values("expected", ascending=False).head(5)
    listed = "; ".join(
        f"{row.zone} {row.expected:.1f} ({row.p05:.0f} to {row.p95:.0f})"
        for row in rows.itertuples()
    )
    return f"Expected number of incidents in each zone with its 5 to 95 % band: {listed}."


def _whatif(result: StudyResult, other: StudyResult | None) -> str:
    if other is None:
        msg = "the what-if figure compares two results; give other="
        raise InvalidParameterError(msg)
    a, b = result.segments["pod_even"], other.segments["pod_even"]
    return (
        f"Two scenarios: “{result.scenario.name}” and “{other.scenario.name}”. At "
        f"{result.scenario.reference_units} units spread evenly the mean chance to be seen by "
        f"segment goes from {100 * a.mean():.0f} to {100 * b.mean():.0f} %; the change by segment "
        f"lies between {signed(100 * (b - a).min())} and {signed(100 * (b - a).max())} points."
    )
