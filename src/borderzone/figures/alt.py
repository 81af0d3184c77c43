"""Descriptions of figures in words, written from the data behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone.errors import InvalidParameterError
from borderzone.figures.maps import drawn_words
from borderzone.figures.reach import travel_time_map_data
from borderzone.study import told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

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
            f"Steps along the border. The response is first on {told.race_words(result)}."
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
        f"rock, most susceptible ground first: a tenth of the ground holds {told.percent(tenth)} of them, "
        f"and the area under the curve is {found.auc:.2f}, where a map without knowledge has 0.5."
    )


def _map(result: StudyResult) -> str:
    border = result.border
    words = [
        (
            f"Map, north up, of the corridor along the border of "
            f"{' and '.join(border.names[code] for code in (border.a, border.b))}, "
            f"{told.length_words(border)} from {border.start_name} to {border.end_name}."
        ),
        _remote_zones(result),
        _cave_zones(result),
        _sentence(f"incidents: {told.incident_line(result)}{drawn_words(result)}")
        if result.account is not None
        else _sentence(told.incident_line(result)),
    ]
    return " ".join(words)


def _remote_zones(result: StudyResult) -> str:
    share = told.remote_desert(result)
    if told.hidden(result):
        return "Zones of remote desert are not shown, for their shape would tell where posts are."
    if not share.known:
        return _sentence(f"remote desert is {told.nowhere(result, 'remote desert')}")
    rest = f" {_sentence(share.rest)}" if share.rest else ""
    bound = told.upper_bound(result, "")
    across = told.across_zones(result)
    own = result.zones.drop(across.index) if result.zones is not None else None
    zones = _zones(
        own, "remote_desert", f"remote desert in {told.force_country(result)}", known=not rest
    )
    words = f"{zones}{_across(across)}{rest}"
    return f"{words} {_sentence(bound)}" if bound else words


def _across(zones: gpd.GeoDataFrame) -> str:
    """How much bare ground lies where the force does not go."""
    if zones.empty:
        return ""
    return f" Across the border {zones['area_km2'].sum():,.0f} km² of bare ground are out of the force's reach."


def _cave_zones(result: StudyResult) -> str:
    share = told.cave_prone(result)
    if not share.known:
        return _sentence(
            f"which ground is cave-prone is {told.nowhere(result, 'cave-prone ground')}"
        )
    rest = (
        f" On {told.percent(share.unknown)} of the corridor no soluble rock is mapped, and caves are unknown."
        if share.unknown
        else ""
    )
    return f"{_zones(result.zones, 'cave_prone', 'cave-prone ground', known=not rest)}{rest}"


def _zones(zones: gpd.GeoDataFrame | None, kind: str, name: str, *, known: bool) -> str:
    assert zones is not None  # noqa: S101 - shares are known only where there are zones
    rows = zones[zones["kind"] == kind].sort_values("area_km2", ascending=False)
    if rows.empty:
        return f"No zone of {name}{'' if known else ' on the ground that is known'}."
    first = next(rows.itertuples())
    near = f"{told.zone_words(first)}, " if first.near else ""
    return (
        f"{len(rows)} {'zone' if len(rows) == 1 else 'zones'} of {name} cover {rows['area_km2'].sum():,.0f} km²; the largest, "
        f"{near}lies at km {first.km_start:.0f} to {first.km_end:.0f}."
    )


def _sentence(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}."


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
    if not told.remote_desert(result).known:
        words.append(_sentence(f"remote desert is {told.nowhere(result, 'remote desert')}"))
    elif not told.hidden(result):
        words.append(_sentence(told.mostly_remote_words(result)))
    if not told.cave_prone(result).known:
        words.append(
            _sentence(f"which ground is cave-prone is {told.nowhere(result, 'cave-prone ground')}")
        )
    elif "cave_rank" in rows:
        unknown = int(rows["cave_rank"].isna().sum())
        words.append(
            f"Whether ground is cave-prone is unknown for most of it in {unknown} of {len(rows)} segments."
        )
    words.append(
        _sentence(told.incident_line(result))
        if result.account is None
        else f"Incidents: {told.incident_line(result)}."
    )
    if "pod_even" in rows:
        words.append(
            f"{result.scenario.reference_units} units spread evenly detect "
            f"{told.seen_by_segment(result)} of crossings, by segment."
        )
    else:
        words.append(_sentence(f"what patrols see is {told.nowhere(result, 'units')}"))
    return " ".join(words)


def _curve(result: StudyResult) -> str:
    words = ["Curves of the chance to stop a crossing against units on station, with bands."]
    if result.required is None:
        unknown = told.nowhere(result, "units")
        return f"{words[0]} {_sentence(f'how many units it takes is {unknown}')}"
    said = {
        "mean_poi": "stopping, on average,",
        "min_poi": "stopping at the weakest segment",
        "mean_pod": "seeing, on average,",
    }
    lengths = told.lengths(result)
    for length in lengths:
        if len(lengths) > 1:
            words.append(f"What follows is {told.at_length(result, length)}.")
        for measure, what in said.items():
            words += [
                _median(row, f"{what} {told.percent(row.target)} of crossings")
                for row in told.units(result, measure, length=length)
            ]
    return " ".join(words)


def _median(row: told.Units, target: str) -> str:
    if not row.enough:
        return f"For {target} no number of units is enough."
    return (
        f"For {target} the median is {told.count(row.middle)} units "
        f"({told.count(row.crew * row.middle)} people), 5 to 95 % "
        f"{told.count(row.low)} to {told.count(row.high)} units."
    )


def _sensitivity(result: StudyResult) -> str:
    if result.sobol is None:
        return f"No sensitivity could be computed: {told.nowhere(result, 'units')}."
    rows = result.sobol.sort_values("total", ascending=False)
    listed = "; ".join(
        f"{told.ASSUMPTION_WORDS.get(row.assumption, row.assumption)} {told.percent(row.total)}"
        for row in rows.itertuples()
    )
    return f"Bars: share of the variance of the required units by assumption: {listed}."


def _night(result: StudyResult) -> str:
    table = result.night_hours.select_dtypes("number")
    listed = "; ".join(
        f"{name} {told.night_length_words(result, str(name))}" for name in table.columns
    )
    return f"Lines: length of the night by month, shortest to longest: {listed}."


def _travel_time(result: StudyResult) -> str:
    bands = travel_time_map_data(result)
    listed = "; ".join(
        (
            f"more than {row.from_h:g} h"
            if np.isinf(row.to_h)
            else f"{row.from_h:g} to {row.to_h:g} h"
        )
        + f" {told.percent(row.share)}"
        for row in bands.itertuples()
    )
    return (
        f"Map of {told.ground_words(result)} by travel time from the nearest "
        f"{told.origin_words(result)}: {listed}; {told.across_words(result)}{told.upper_bound(result)}."
    )


def _response(result: StudyResult) -> str:
    if result.reach is None or result.reach.along is None:
        return _sentence(told.no_travel_times(result))
    return (
        f"Steps along the border, hours from the nearest {told.origin_words(result)}. "
        f"{told.response_words(result)}."
    )


def _sight(result: StudyResult) -> str:
    sight = told.out_of_sight(result)
    if sight is None:
        return _sentence(told.without_elevation(result, "lines of sight"))
    return (
        "Steps along the border with a band: share of the ground beside it that a patrol does not see, "
        f"by segment: {sight.words}."
    )


def _night_reach(result: StudyResult) -> str:
    if result.reach is None:
        return f"No reach of a night could be computed: {told.nowhere(result, 'units')}."
    return (
        "Line with a band: how far somebody on foot gets in the night of the 15th of each month: "
        f"{told.night_words(result)}."
    )


def _incidents(result: StudyResult) -> str:
    return _overlay(result, demo=False)


def _pressure(result: StudyResult) -> str:
    if result.pressure is None:
        return f"No weights of segments by incidents: {told.no_weights(result)}."
    return (
        f"Steps along the border with a wide band. {result.pressure.attrs['sentence']} All rows: "
        f"{told.incident_line(result)}."
    )


def _incidents_demo(result: StudyResult) -> str:
    return "SYNTHETIC DATA: none of it happened. " + _overlay(result, demo=True)


def _overlay(result: StudyResult, *, demo: bool) -> str:
    table = result.demo_overlay if demo else result.overlay
    if table is None or table.empty:
        return f"No incidents could be laid over zones: {told.no_overlay(result)}."
    account = result.demo_account if demo else result.account
    told_of = table[table["silent"] == ""]
    rows = told_of.sort_values("expected", ascending=False).head(5)
    listed = "; ".join(
        f"{row.zone} {row.expected:.1f} ({row.p05:.0f} to {row.p95:.0f})"
        for row in rows.itertuples()
    )
    words = (
        f"Expected number of incidents in each zone with its 5 to 95 % band: {listed or 'none'}."
    )
    if len(told_of) < len(table):
        words += f" {told.silent_zones(table)}."
    return words if account is None else f"{words} All rows: {account.line}."


def _whatif(result: StudyResult, other: StudyResult | None) -> str:
    if other is None:
        msg = "the what-if figure compares two results; give other="
        raise InvalidParameterError(msg)
    table = compare(result, other).set_index("quantity", drop=False)
    told_of = [
        f"{told.quantity_words(name)}, from {told.percent(row.a)} to {told.percent(row.b)}, difference "
        f"{told.change_words(row)}"
        for name, row in ((name, table.loc[name]) for name in ("mean_poi", "mean_pod"))
    ]
    change = other.segments["pod_even"] - result.segments["pod_even"]
    return (
        f"Two scenarios: “{result.scenario.name}” and “{other.scenario.name}”. At "
        f"{result.scenario.reference_units} units on station: {'; '.join(told_of)}. "
        f"{told.DIFFERENCE_WORDS} By segment, units spread evenly and all assumptions at their "
        f"middle, the chance to be seen changes by {told.signed(100 * change.min())} to "
        f"{told.signed(100 * change.max())} points."
    )
