"""Every figure of a study by its name: what draws it, the table behind it, and what it shows in words."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import meant
from borderzone.errors import InvalidParameterError
from borderzone.figures.answers import answer, answer_data, coverage_curve, coverage_curve_data
from borderzone.figures.charts import (
    cave_calibration_of,
    cave_success_rate,
    cave_success_rate_data,
    hindcast,
    hindcast_data,
    incident_overlay,
    incident_overlay_data,
    incident_pressure,
    incident_pressure_data,
    sensitivity,
    sensitivity_data,
)
from borderzone.figures.compare import whatif, whatif_data
from borderzone.figures.decisions import (
    break_even,
    break_even_words,
    comparison,
    comparison_words,
    pareto,
    pareto_words,
    regret,
    regret_words,
    tornado,
    tornado_words,
    two_way,
    two_way_words,
)
from borderzone.figures.grammar import rows_of
from borderzone.figures.maps import corridor_map, corridor_map_data, drawn_words
from borderzone.figures.plans import (
    allocation,
    allocation_data,
    month_moon,
    month_moon_data,
    post_curve,
    post_curve_data,
    remoteness,
    remoteness_data,
    weakest_crossing,
    weakest_crossing_data,
    weakest_place,
    weakest_place_data,
)
from borderzone.figures.reach import (
    night_reach,
    night_reach_data,
    race_to_cover,
    race_to_cover_data,
    response_times,
    response_times_data,
    sight_lines,
    sight_lines_data,
)
from borderzone.figures.shaded_maps import (
    crossing_map,
    crossing_map_data,
    travel_time_map,
    travel_time_map_data,
    weakest_place_map,
    weakest_place_map_data,
)
from borderzone.figures.strip import strip_map, strip_map_data
from borderzone.study import told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import geopandas as gpd
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["FIGURES", "TABLE_FIGURES", "StudyFigure", "alt_text", "figure_data"]


def alt_text(
    result: StudyResult | pd.DataFrame, name: str, *, other: StudyResult | None = None
) -> str:
    """
    Describe a figure for those who cannot see it.

    Parameters
    ----------
    result
        What a study gave, or the table of a what-if.
    name
        A name in `FIGURES`, or for a table in `TABLE_FIGURES`.
    other
        The second result of a what-if.

    Returns
    -------
    str
        A few sentences.

    Raises
    ------
    InvalidParameterError
        If there is no such figure, or the study cannot give it.

    Examples
    --------
    >>> import borderzone as bz
    >>> study = bz.Study.between("AZE", "TUR", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> print(alt_text(study.run(seed=1), "month_moon"))
    Cells of months by moons. Without useful light: 6.6 h (Jun) to 12.5 h (Dec) on the 15th of the month. Nights without useful light: 6.6 h (Jun) to 12.5 h (Dec) on the 15th of the month.
    """
    words = _named(name, result).words(*_shown(result, name, other))
    if name == "whatif" or isinstance(result, pd.DataFrame):
        return words
    return f"SYNTHETIC DATA: incidents in it never happened. {words}" if result.synthetic else words


def figure_data(
    result: StudyResult | pd.DataFrame, name: str, *, other: StudyResult | None = None
) -> pd.DataFrame:
    """
    Give the table behind a figure, as a report writes it beside the figure.

    Parameters
    ----------
    result
        What a study gave, or the table of a what-if.
    name
        A name in `FIGURES`, or for a table in `TABLE_FIGURES`.
    other
        The second result of a what-if.

    Returns
    -------
    DataFrame
        What is drawn: a row for each mark, segment, month, number of units or zone.

    Raises
    ------
    InvalidParameterError
        If there is no such figure, or the study cannot give it.

    Examples
    --------
    >>> import borderzone as bz
    >>> result = bz.Study.default(bz.Scenario(draws=100, resolution_m=5000)).run(seed=1)
    >>> figure_data(result, "sight_lines").columns.tolist()[:3]
    ['segment', 'km_start', 'km_end']
    """
    table = _named(name, result).data(*_shown(result, name, other))
    # Segments, sides and months are an index where they are drawn, columns where they are read.
    return table if table.index.names == [None] else table.reset_index()


def _named(name: str, shown: StudyResult | pd.DataFrame) -> StudyFigure:
    """Find a figure of a study's result, or of a table."""
    figures, of = (FIGURES, "a study")
    if isinstance(shown, pd.DataFrame):
        figures, of = TABLE_FIGURES, "a table"
    if name not in figures:
        other = TABLE_FIGURES if figures is FIGURES else FIGURES
        where = "; that one is of a table" if name in other and other is TABLE_FIGURES else ""
        where = "; that one is of a study" if name in other and other is FIGURES else where
        msg = f"there is no figure {name!r} of {of}{where}; there are {', '.join(figures)}{meant(name, figures)}"
        raise InvalidParameterError(msg)
    return figures[name]


def _shown(
    result: StudyResult | pd.DataFrame, name: str, other: StudyResult | None
) -> tuple[StudyResult | pd.DataFrame, ...]:
    """Results that a figure is of: one, and two for a what-if."""
    if name != "whatif" or isinstance(result, pd.DataFrame):
        return (result,)
    if other is None:
        msg = "the what-if figure compares two results; give other="
        raise InvalidParameterError(msg)
    return (result, other)


def _cave_success_rate_words(result: StudyResult) -> str:
    curve, found = cave_success_rate_data(result), cave_calibration_of(result)
    tenth = float(np.interp(0.1, curve["ground_share"], curve["cave_share"]))
    return (
        f"Curve of the share of {found.n_used} cells with known caves against the share of the mapped "
        f"rock, most susceptible ground first: a tenth of the ground holds {told.percent(tenth)} of them, "
        f"and the area under the curve is {found.auc:.2f}, where a map without knowledge has 0.5."
    )


def _corridor_map_words(result: StudyResult) -> str:
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
        if result.incidents.account is not None
        else _sentence(told.incident_line(result)),
    ]
    return " ".join(words)


def _remote_zones(result: StudyResult) -> str:
    share = told.remote_desert(result)
    if told.hidden(result):
        return "Zones of remote desert are not shown, for their shape would tell where posts are."
    if not share.known:
        return _sentence(f"remote desert is {told.nowhere(result, 'remote desert')}")
    much = _sentence(told.remote_words(result))
    rest = f" {_sentence(share.rest)}" if share.rest else ""
    bound = told.upper_bound(result, "")
    across = told.across_zones(result)
    own = result.zones.drop(across.index) if result.zones is not None else None
    zones = _zones(
        own, "remote_desert", f"remote desert in {told.force_country(result)}", known=not rest
    )
    words = f"{much} {zones}{_across(across)}{rest}"
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
    first = next(rows_of(rows))
    near = f"{told.zone_words(first)}, " if first.near else ""
    return (
        f"{len(rows)} {'zone' if len(rows) == 1 else 'zones'} of {name} cover {rows['area_km2'].sum():,.0f} km²; the largest, "
        f"{near}lies at km {first.km_start:.0f} to {first.km_end:.0f}."
    )


def _sentence(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}."


def _strip_map_words(result: StudyResult) -> str:
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
        if result.incidents.account is None
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


def _coverage_curve_words(result: StudyResult) -> str:
    does = "see" if result.scenario.force.ceiling is None else "stop"
    words = [f"Curves of the chance to {does} a crossing against units out, with bands."]
    if result.required is None:
        unknown = told.nowhere(result, "units")
        return f"{words[0]} {_sentence(f'how many units it takes is {unknown}')}"
    if result.patrol.by_law is not None and result.scenario.force.ceiling is None:
        return " ".join([*words, *_answered_sentences(result)])
    said = {
        "mean_poi": "stopping, on average,",
        "min_poi": "stopping at the weakest segment",
        "mean_pod": "seeing, on average,",
        "min_pod": "seeing at the weakest segment",
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


def _answered_sentences(result: StudyResult) -> Iterator[str]:
    """Say what the answer has of the scenario's own units, led and not, for each length."""
    said = {
        "mean_pod": "seeing, on average,",
        "mean_poi": "stopping, on average,",
        "min_pod": "seeing in the dark at the weakest place",
    }
    laws = {"random": "", "beats_soft": ", led", "standing": ", by posts"}
    lengths = told.lengths(result)
    for length in lengths:
        if len(lengths) > 1:
            yield f"What follows is {told.at_length(result, length)}."
        for measure, what in said.items():
            for law, how in laws.items():
                row = told.answered_units(result, measure, law=law, length=length)
                if row is not None:
                    yield _median(row, f"{what} {told.percent(row.target)} of crossings{how}")


def _median(row: told.Units, target: str) -> str:
    if not row.enough:
        return f"For {target} no number of units is enough."
    return (
        f"For {target} the median is {told.rounded(row.middle)} units "
        f"({told.rounded(row.crew * row.middle)} people), 5 to 95 % "
        f"{told.rounded(row.low)} to {told.rounded(row.high)} units."
    )


def _answer_words(result: StudyResult) -> str:
    if result.answer is None:
        return f"No answer could be computed: {told.nowhere(result, 'units')}."
    return f"People out at once by night, by kit. {' '.join(told.answer_sentences(result))}"


def _sensitivity_words(result: StudyResult) -> str:
    if result.patrol.sobol is None:
        return f"No sensitivity could be computed: {told.nowhere(result, 'units')}."
    return f"Bars on both sides of a line. {told.sensitivity_words(result)}"


def _hindcast_words(result: StudyResult) -> str:
    if result.patrol.hindcast is None:
        return f"No hindcast could be made: {told.nowhere(result, 'units')}."
    return (
        "Dots and diamonds on a log scale: what real borders achieved for each agent on the line, and "
        f"the model with as many agents per km. {result.patrol.hindcast.attrs['statement']}"
    )


def _travel_time_map_words(result: StudyResult) -> str:
    bands = travel_time_map_data(result)
    listed = "; ".join(
        (
            f"more than {row.from_h:g} h"
            if np.isinf(row.to_h)
            else f"{row.from_h:g} to {row.to_h:g} h"
        )
        + f" {told.percent(row.share)}"
        for row in rows_of(bands)
    )
    return (
        f"Map of {told.ground_words(result)} by travel time from the nearest "
        f"{told.origin_words(result)}: {listed}; {told.across_words(result)}{told.upper_bound(result)}."
    )


def _weakest_place_map_words(result: StudyResult) -> str:
    seen = weakest_place_map_data(result)["led_weakest"]
    return (
        f"Map of the corridor by the chance to be seen at the weakest place of a beat, "
        f"{told.percent(seen.min())} to {told.percent(seen.max())} by segment. "
        f"{told.weakest_place_finding(result)}."
    )


def _weakest_crossing_words(result: StudyResult) -> str:
    table = weakest_crossing_data(result)
    listed = "; ".join(
        f"{words} {told.span(float(table[column].min()), float(table[column].max()))}"
        for column, words in told.CROSSING_WORDS.items()
        if column in table and table[column].notna().any()
    )
    return (
        f"Steps along the border, chance to be seen by 10 km. {told.crossing_finding(result)}. "
        f"By 10 km: {listed}."
    )


def _crossing_map_words(result: StudyResult) -> str:
    crossing_map_data(result)
    return f"INTERNAL. Map of the corridor with the weakest way of every 10 km. {told.crossing_finding(result)}."


def _post_curve_words(result: StudyResult) -> str:
    return (
        f"Two lines, share of the ground against the number of posts. {told.posts_finding(result)}."
    )


def _weakest_place_words(result: StudyResult) -> str:
    table = weakest_place_data(result)
    listed = "; ".join(
        f"{words} {told.span(float(table[column].min()), float(table[column].max()))}"
        for column, words in told.PLACE_WORDS.items()
    )
    return (
        f"Steps along the border, chance to be seen by place in the beat of a unit. "
        f"{told.weakest_place_finding(result)}. By segment: {listed}."
    )


def _allocation_words(result: StudyResult) -> str:
    table = allocation_data(result)
    where = told.empty_words(table, "optimal")
    words = (
        f"Steps along the border: units for 10 km, and under them the chance to be seen. "
        f"{told.allocation_finding(result, 'optimal')}."
    )
    return f"{words} Empty: {where}." if where else words


def _remoteness_words(result: StudyResult) -> str:
    remoteness_data(result)
    standing = told.remoteness_standing(result)
    return f"Small maps, one for each number of hours. {told.remoteness_finding(result)}. {standing}".rstrip()


def _month_moon_words(result: StudyResult) -> str:
    return (
        f"Cells of months by moons. {told.month_moon_finding(result)}. Nights without useful light: "
        f"{told.night_length_words(result)}."
    )


def _response_times_words(result: StudyResult) -> str:
    if result.reach.along is None:
        return _sentence(told.no_travel_times(result))
    return (
        f"Steps along the border, hours from the nearest {told.origin_words(result)}. "
        f"{told.response_words(result)}."
    )


def _sight_lines_words(result: StudyResult) -> str:
    sight = told.out_of_sight(result)
    if sight is None:
        return _sentence(told.without_elevation(result, "lines of sight"))
    return (
        "Steps along the border with a band: share of the ground beside it that a patrol does not see, "
        f"by segment: {sight.words}."
    )


def _night_reach_words(result: StudyResult) -> str:
    if result.reach.night is None:
        return f"No reach of a night could be computed: {told.nowhere(result, 'units')}."
    return (
        "Line with a band: how far somebody on foot gets in the night of the 15th of each month: "
        f"{told.night_words(result)}."
    )


def _incident_pressure_words(result: StudyResult) -> str:
    if result.incidents.pressure is None:
        return f"No weights of segments by incidents: {told.no_weights(result)}."
    return (
        f"Steps along the border with a wide band. {result.incidents.pressure.attrs['sentence']} All rows: "
        f"{told.incident_line(result)}."
    )


def _incident_overlay_words(result: StudyResult) -> str:
    found = result.incidents
    table = found.overlay
    if table is None or table.empty:
        return f"No incidents could be laid over zones: {told.no_overlay(result)}."
    account = found.account
    told_of = table[table["silent"] == ""]
    rows = told_of.sort_values("expected", ascending=False).head(5)
    listed = "; ".join(
        f"{row.zone} {row.expected:.1f} ({row.p05:.0f} to {row.p95:.0f})" for row in rows_of(rows)
    )
    words = (
        f"Expected number of incidents in each zone with its 5 to 95 % band: {listed or 'none'}."
    )
    if len(told_of) < len(table):
        words += f" {told.silent_zones(table)}."
    return words if account is None else f"{words} All rows: {account.line}."


def _whatif_words(result: StudyResult, other: StudyResult) -> str:
    rows = {row.quantity: row for row in rows_of(compare(result, other))}
    told_of = [
        f"{told.quantity_words(name)}, from {told.percent(row.a)} to {told.percent(row.b)}, difference "
        f"{told.change_words(row)}"
        for name, row in ((name, rows[name]) for name in ("mean_poi", "mean_pod") if name in rows)
    ]
    change = other.segments["pod_even"] - result.segments["pod_even"]
    return (
        f"Two scenarios: “{result.scenario.name}” and “{other.scenario.name}”. At "
        f"{result.scenario.reference_units} units out: {'; '.join(told_of)}. "
        f"{told.DIFFERENCE_WORDS} By segment, units spread evenly and all assumptions at their "
        f"middle, the chance to be seen changes by {told.signed(100 * change.min())} to "
        f"{told.signed(100 * change.max())} points."
    )


def _race_to_cover_words(result: StudyResult) -> str:
    race_to_cover_data(result)
    return f"Steps along the border. The response is first on {told.race_words(result)}."


@dataclass(frozen=True, kw_only=True)
class StudyFigure:
    """
    One figure of a study, or of a table.

    Attributes
    ----------
    draw
        Draws it from what a study gave, and returns the axes; from two results for a what-if, and
        from the table of a what-if.
    data
        Gives the table behind it, indexed as it is drawn.
    words
        Says what it shows to those who cannot see it.
    """

    draw: Callable[..., Axes]
    data: Callable[..., pd.DataFrame]
    words: Callable[..., str]


# The name of a figure is that of the function that draws it, of its files in a report and of its
# description. In the order of a report.
FIGURES: Mapping[str, StudyFigure] = MappingProxyType(
    {
        "corridor_map": StudyFigure(
            draw=corridor_map, data=corridor_map_data, words=_corridor_map_words
        ),
        "strip_map": StudyFigure(draw=strip_map, data=strip_map_data, words=_strip_map_words),
        "coverage_curve": StudyFigure(
            draw=coverage_curve, data=coverage_curve_data, words=_coverage_curve_words
        ),
        "weakest_place": StudyFigure(
            draw=weakest_place, data=weakest_place_data, words=_weakest_place_words
        ),
        "weakest_crossing": StudyFigure(
            draw=weakest_crossing, data=weakest_crossing_data, words=_weakest_crossing_words
        ),
        "post_curve": StudyFigure(draw=post_curve, data=post_curve_data, words=_post_curve_words),
        "crossing_map": StudyFigure(
            draw=crossing_map, data=crossing_map_data, words=_crossing_map_words
        ),
        "allocation": StudyFigure(draw=allocation, data=allocation_data, words=_allocation_words),
        "remoteness": StudyFigure(draw=remoteness, data=remoteness_data, words=_remoteness_words),
        "travel_time_map": StudyFigure(
            draw=travel_time_map, data=travel_time_map_data, words=_travel_time_map_words
        ),
        "weakest_place_map": StudyFigure(
            draw=weakest_place_map, data=weakest_place_map_data, words=_weakest_place_map_words
        ),
        "response_times": StudyFigure(
            draw=response_times, data=response_times_data, words=_response_times_words
        ),
        "race_to_cover": StudyFigure(
            draw=race_to_cover, data=race_to_cover_data, words=_race_to_cover_words
        ),
        "sight_lines": StudyFigure(
            draw=sight_lines, data=sight_lines_data, words=_sight_lines_words
        ),
        "night_reach": StudyFigure(
            draw=night_reach, data=night_reach_data, words=_night_reach_words
        ),
        "month_moon": StudyFigure(draw=month_moon, data=month_moon_data, words=_month_moon_words),
        "whatif": StudyFigure(draw=whatif, data=whatif_data, words=_whatif_words),
        "answer": StudyFigure(draw=answer, data=answer_data, words=_answer_words),
        "sensitivity": StudyFigure(
            draw=sensitivity, data=sensitivity_data, words=_sensitivity_words
        ),
        "hindcast": StudyFigure(draw=hindcast, data=hindcast_data, words=_hindcast_words),
        "cave_success_rate": StudyFigure(
            draw=cave_success_rate, data=cave_success_rate_data, words=_cave_success_rate_words
        ),
        "incident_overlay": StudyFigure(
            draw=incident_overlay, data=incident_overlay_data, words=_incident_overlay_words
        ),
        "incident_pressure": StudyFigure(
            draw=incident_pressure, data=incident_pressure_data, words=_incident_pressure_words
        ),
    }
)

# Figures of the tables of what-ifs, which no one result gives and no report shows.
TABLE_FIGURES: Mapping[str, StudyFigure] = MappingProxyType(
    {
        "comparison": StudyFigure(draw=comparison, data=pd.DataFrame.copy, words=comparison_words),
        "break_even": StudyFigure(draw=break_even, data=pd.DataFrame.copy, words=break_even_words),
        "two_way": StudyFigure(draw=two_way, data=pd.DataFrame.copy, words=two_way_words),
        "tornado": StudyFigure(draw=tornado, data=pd.DataFrame.copy, words=tornado_words),
        "pareto": StudyFigure(draw=pareto, data=pd.DataFrame.copy, words=pareto_words),
        "regret": StudyFigure(draw=regret, data=pd.DataFrame.copy, words=regret_words),
    }
)
