"""The tables of the report as plain files, and what every column of them means, with its unit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone.incidents import schema
from borderzone.study import told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from borderzone.report.panel.build import Panel
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["COLUMNS", "TABLE_WORDS", "credited", "data_dictionary", "meaning_of", "tables"]

# Columns of incidents that say on what ground they happened: what is looked up, and of which draws.
_MEASURES = {
    "hours_h": ("h", "travel time from the force's nearest origin, infinite where no way leads"),
    "slope_deg": ("degree", "slope, Horn (1981)"),
    "relief_m": ("m", "highest less lowest elevation within the search radius"),
    "elevation_m": ("m", "elevation"),
}
_OVER = {
    "": "median over the places where it may have happened",
    "_mean": "mean over these places",
    "_p05": "5 % quantile over these places",
    "_p95": "95 % quantile over these places",
}
_CHANCES = {
    "p_inside": "in the corridor, on ground of which anything is known",
    "p_unknown": "in the corridor, on ground of which nothing is known, or sea",
    "p_outside": "outside the corridor",
    "p_remote_desert": "on remote desert; empty where none of its ground is known",
    "p_remote_desert_no": "on ground that is no remote desert",
    "p_remote_desert_unknown": "on ground of which that is not known",
    "p_remote_desert_unreached": "on remote desert to which no way leads, as across the border",
    "p_unreached": "on ground to which no way leads from the force's origins",
    "p_cave_very_low": "on rock of very low cave susceptibility; empty where none of it is known",
    "p_cave_low": "on rock of low cave susceptibility",
    "p_cave_medium": "on rock of medium cave susceptibility",
    "p_cave_high": "on rock of high cave susceptibility; never a cave",
    "p_cave_unknown": "off the mapped rock, where caves are not known",
}
_HOTSPOTS = {
    f"hotspot_{table}.{name}": meaning
    for table in ("segments", "stretches", "distances", "repeats")
    for name, meaning in {
        "incidents_expected": ("incidents", "expected there over the imputed positions"),
        "by_chance": ("", "the same, if as many lay anywhere on the covered ground"),
        "z": ("", "standard deviate of Gi* of incidents per area (Ord and Getis 1995)"),
        "log_likelihood_ratio": ("", "of Kulldorff's scan, for more than by chance"),
        "measured": ("", "straight, or along the border"),
        "within_km": ("km", "distance up to which pairs are counted"),
        "days_from": ("days", "shortest time between the two"),
        "days_to": ("days", "longest time between the two"),
        "pairs_expected": ("pairs", "of incidents, over the imputed positions"),
        "ratio": ("ratio", "pairs over those by chance, which is Ripley's K over that of chance"),
        "l_minus_r_km": (
            "km",
            "Besag's L less the distance: above 0 where incidents are clustered",
        ),
        "p": ("probability", "of so many by chance, median of the draws of positions"),
        "q": ("", "p adjusted for the number of tests (Benjamini and Hochberg 1995)"),
        "beyond_chance": ("", "whether q, for stretches p, is at most the rate asked for"),
        "share_beyond_chance": ("share", "draws of positions in which it is"),
        "below_precision": ("", "finer than the median position error"),
    }.items()
}
_POINT = "at its coded point, which is no finding: it is the point of a town, biased to flat ground"
_OF_LAW = {
    f"coverage_by_law.{name}": about
    for name, about in {
        "kit": ("", "the scenario's own"),
        "law": (
            "",
            "random for units that nobody leads, beats_soft for led ones, standing for posts",
        ),
        "opponent": ("", "who crosses: blind, knowing nothing of the patrols"),
        "units": ("units", "out at once"),
        "people": ("people", "out at once"),
        "share": (
            "share",
            "of all crossings seen or stopped, at the weakest place for min_pod: median",
        ),
        "low": ("share", "5 % of the draws"),
        "high": ("share", "95 % of the draws"),
        "share_at_medians": ("share", "with every state of nature at its median"),
    }.items()
}
_OF_GROUND = {
    "incidents.placed": ("", "whether it is known well enough to be placed"),
    "incidents.why_not_placed": ("", "why not"),
    **{
        f"incidents.{name}": ("probability", f"that it happened {words}")
        for name, words in _CHANCES.items()
    },
    **{
        f"incidents.{name}{end}": (unit, f"{words}: {over}")
        for name, (unit, words) in _MEASURES.items()
        for end, over in _OVER.items()
    },
    **{
        f"incidents.{name}_known": (
            "share",
            f"of the places where it may have happened, known: {words}",
        )
        for name, (_, words) in _MEASURES.items()
    },
    "incidents.hours_h_mean": ("h", "mean travel time over the places to which a way leads"),
    **{
        f"incidents.point_{name}": (unit, f"{words}: {_POINT}")
        for name, (unit, words) in _MEASURES.items()
    },
    "incidents.point_ground": ("", f"inside, unknown or outside: {_POINT}"),
    "incidents.point_remote_desert": ("", f"remote desert, yes or no: {_POINT}"),
    "incidents.point_cave": ("", f"class of cave susceptibility: {_POINT}"),
    "incident_ground.kind": (
        "",
        "what is told of the ground; those of one kind add up, with outside",
    ),
    "incident_ground.ground": ("", "class of ground"),
    "incident_ground.area_km2": ("km2", "ground of that class in the corridor"),
    "incident_ground.expected": ("incidents", "expected number there over the imputed positions"),
    "incident_ground.possible": ("incidents", "incidents that may lie there"),
    "at_point": ("incidents", "that can be placed and whose coded point lies there"),
    "at_point_vague": ("incidents", "too vague to be placed, whose coded point lies there"),
}

# Column -> unit and meaning. A column that means another thing in one table stands as
# "table.column".
COLUMNS = MappingProxyType(
    {
        **_OF_LAW,
        "finding": ("", "number of the finding"),
        "sentence": ("", "the finding, word for word as in the report and the manifest"),
        "summary.note": ("", "what the sentence leaves out, as beside it in the report"),
        "detail": ("", "edition this row belongs to; INTERNAL rows are not for publication"),
        "segment": ("", "number of the segment, from the start of the border"),
        "km_start": ("km", "chainage along the border where it begins"),
        "km_end": ("km", "chainage along the border where it ends"),
        "length_km": ("km", "length along the border, on the ellipsoid"),
        "area_km2": ("km2", "area on the ellipsoid"),
        "section": ("", "section of the corridor, each with its own frame"),
        "third_country_share": ("share", "ground of a third country; empty where it is not known"),
        "sea_share": (
            "share",
            "water of the sea, left out of all numbers on ground; empty where it is not known",
        ),
        "f_mask": ("share", "strip out of sight of a patrol"),
        "f_mask_low": ("share", "low end of the 90 % band of f_mask"),
        "f_mask_high": ("share", "high end of the 90 % band of f_mask"),
        "f_mask_source": ("", "what f_mask rests on: landform prior, or lines of sight"),
        "patrol_speed_factor": ("share", "speed of a patrol against that on flat bare ground"),
        "no_go_share": ("share", "water, and ground too steep for the patrol's vehicle"),
        "terrain_known_share": ("share", "ground with elevation"),
        "surface_known_share": ("share", "ground with land cover"),
        "slope_deg": ("degree", "mean slope, Horn (1981)"),
        "relief_m": ("m", "highest less lowest elevation within the search radius"),
        "tri_m": ("m", "terrain ruggedness index, Riley (1999)"),
        "bare_share": ("share", "bare ground"),
        "hours_median": (
            "h",
            "median travel time from the nearest origin, on the force's side; an upper bound without roads",
        ),
        "hours_max": (
            "h",
            "longest travel time from the nearest origin, on the force's side; an upper bound without roads",
        ),
        "response_points": ("points", "kilometres of the border that were asked for"),
        "response_unreachable": ("points", "those to which no way leads"),
        "response_unknown": ("points", "those without elevation"),
        "response_median_h": ("h", "time within which half of the segment's border is reached"),
        "response_p90_h": ("h", "time within which nine tenths of it are reached"),
        "response_worst_h": ("h", "time to the farthest point of it"),
        "response_share_beyond_1_h": ("share", "border farther than 1 h"),
        "response_share_beyond_2_h": ("share", "border farther than 2 h"),
        "response_share_beyond_3_h": ("share", "border farther than 3 h"),
        "response_share_beyond_6_h": ("share", "border farther than 6 h"),
        "post_seen_km2": ("km2", "ground that one post at least sees"),
        "post_seen_share": ("share", "ground that one post at least sees"),
        "race_to_cover.side": ("", "country that the crosser flees into, which is the force's"),
        "race_to_cover.points": ("points", "kilometres of the border that were asked for"),
        "response_share": ("share", "of the length, the response is there first"),
        "crosser_share": ("share", "of the length, the crosser is in cover first"),
        "neither_share": ("share", "of the length, neither can get there"),
        "unknown_share": ("share", "of the length, without elevation"),
        "median_margin_h": ("h", "time to spare of the response, median of the length"),
        "worst_margin_h": ("h", "time to spare of the response, worst kilometre"),
        "point": ("", "number of the step along the border"),
        "chainage_km": ("km", "chainage of its middle"),
        "longitude_deg": ("degree", "longitude"),
        "latitude_deg": ("degree", "latitude"),
        "hours": (
            "h",
            "travel time from the nearest origin; infinite where no way leads; an upper bound without roads",
        ),
        "weakest_crossing.pod": ("probability", "detection on the way that is watched least"),
        "segment_pod": ("probability", "detection anywhere on the weakest segment there"),
        "longer_than_night": ("", "whether that way takes longer than one night of its light"),
        "night_pod": (
            "probability",
            "detection on the best way found within one night; empty where none is",
        ),
        "night_pod_at_least": ("probability", "what no way within one night is below"),
        "exponent": ("", "what watches that way: -ln(1 - detection)"),
        "weakest_crossing_by_km.pod": ("probability", "detection on that way"),
        "weakest_crossing_by_km.time_h": ("h", "how long it takes"),
        "into": ("", "country that it leads into"),
        "crossing_pod": ("probability", "detection on the way that is watched least"),
        "watcher.law": ("", "how units share a segment"),
        "watcher.coverage": ("", "coverage of the middle segment by the reference units"),
        "blind": ("probability", "detection of who knows nothing"),
        "last_pass": ("probability", "detection of who saw the last pass"),
        "informed": ("probability", "detection of who knows all units, and picks time and place"),
        "gained": ("probability", "what the informed one gains over the blind one"),
        "range_km": ("km", "how far a post sees"),
        "step_km": ("km", "steps in which posts may be spaced"),
        "flat_posts.posts": ("posts", "fewest that leave no gap on flat ground"),
        "line_km": ("km", "length of the border"),
        "built": ("posts", "at the density that was built"),
        "flat_posts.source": ("", "where and when, and who says so"),
        "posts.posts": ("posts", "how many"),
        "seen_share": ("share", "of the ground, seen from the best places found"),
        "bound_share": ("share", "of the ground, that no choice of places passes"),
        "posts.gap": ("share", "by which the bound lies above what is seen"),
        "patrols": ("", "units out"),
        "posts_beside_patrols.posts": ("posts", "beside them"),
        "state": ("", "reached, unreachable, unknown (no elevation) or outside the grid"),
        "from_h": ("h", "shortest travel time of the band"),
        "to_h": ("h", "longest travel time of the band"),
        "share": ("share", "of the ground with elevation"),
        "night_reach.name": ("", "month"),
        "night_reach.month": ("1-12", "month, on its 15th day"),
        "night_reach.side": ("", "country on whose side the ground lies"),
        "night_h": ("h", "night without useful light, sun 12 degrees below the horizon"),
        "reached_km2": ("km2", "ground of the corridor in reach from the border"),
        "night_reach.share": ("share", "of that side's ground"),
        "farthest_km": ("km", "largest distance in reach, to a cell of the working grid"),
        "unknown_km2": ("km2", "ground without elevation"),
        "flat_km": ("km", "way on flat ground"),
        "light.place": ("", "south, middle or north of the border"),
        "light.name": ("", "month"),
        "moonlight.name": ("", "month"),
        "moonlight.units": (
            "",
            "units of the scenario out at once that see half, medians of nature",
        ),
        "moonlight.people": ("people", "people out at once for that"),
        "moon_illuminated": ("share", "mean share of the moon that is lit at midnight"),
        "nights": ("nights", "nights of the month"),
        "dark_nights": ("nights", "those with little of the moon lit"),
        "karst_rank": (
            "rank 1-3",
            "susceptibility of the mapped soluble rock; empty where unknown",
        ),
        "karst_known_share": ("share", "ground on mapped rock"),
        "landform": ("", "commonest landform class"),
        "n_cells": ("cells", "cells of the working grid"),
        "n_borrowed": ("cells", "cells taken from the neighbourhood, where there are none inside"),
        "elevation_min_m": ("m", "lowest elevation"),
        "elevation_mean_m": ("m", "mean elevation"),
        "elevation_max_m": ("m", "highest elevation"),
        "remote_share": (
            "share",
            "ground on the force's side known to be remote desert; empty where none is known",
        ),
        "remote_share_unknown": ("share", "ground on that side of which that is not known"),
        "remote_share_both": (
            "share",
            "the same of both sides: across the border all bare ground is out of the force's reach",
        ),
        "remote_share_both_unknown": ("share", "ground of both sides of which that is not known"),
        "flagged_share.side": ("", "the force's side, or both: the whole corridor"),
        "flagged_share.remote_share": ("share", "ground flagged as remote desert"),
        "unknown_remote_share": ("share", "ground where remoteness is unknown"),
        "index_mean": ("0-1", "mean difficulty index; descriptive, never part of a probability"),
        "susceptibility": ("", "class of cave_prone; never a cave"),
        "layer": ("", "layer of evidence"),
        "bin": ("", "rank, or range of the layer: cut at the quartiles of the mapped rock"),
        "n_caves": ("cells", "cells that hold a known cave"),
        "ground_share": ("share", "of the mapped rock of the corridor"),
        "cave_share": ("share", "of the cells with a known cave"),
        "frequency_ratio": ("ratio", "share of the caves over share of the ground"),
        "w_plus": ("log", "weight of evidence where it is so"),
        "w_minus": ("log", "weight of evidence where it is not"),
        "contrast": ("log", "the first weight less the second"),
        "studentised": ("", "contrast over its standard error"),
        "pays": ("", "which of 30 m terrain and a site visit would change more flags, or neither"),
        "expected_change_terrain": (
            "share",
            "cells whose flags 30 m terrain is expected to change",
        ),
        "expected_change_terrain_low": ("share", "the same, on ground as even as any measured"),
        "expected_change_terrain_high": ("share", "the same, on ground as broken as any measured"),
        "expected_change_visit": ("share", "cells whose flags a site visit is expected to change"),
        "expected_change_visit_low": ("share", "the same, if the maps are better than assumed"),
        "expected_change_visit_high": ("share", "the same, if the maps are worse than assumed"),
        "better_data.rank": ("", "place in the order of expected change, 1 changes most"),
        "better_data.reason": ("", "what weighs most, in words"),
        "weight": ("share", "share of the crossings expected here"),
        "patrol_km_h": ("km/h", "speed of a patrol"),
        "crosser_km_h": ("km/h", "speed of somebody who crosses"),
        "sweep_width_km_night": ("km", "sweep width of the sensor by night"),
        "sweep_width_km_day": ("km", "sweep width of the sensor by day"),
        "on_line_share": ("share", "of a shift, what the drive there and back leaves on the line"),
        "rate_on_shift_night": ("per unit", "detection rate of one unit on shift by night"),
        "rate_on_shift_day": ("per unit", "detection rate of one unit on shift by day"),
        "rate_night": ("per unit", "detection rate of one unit out by night"),
        "rate_day": ("per unit", "detection rate of one unit out by day"),
        "cave_rank": ("rank 0-3", "cave susceptibility; never a cave; empty where unknown"),
        "cave_reason": ("", "rock that sets it, and what raises it on cells of which size"),
        "change": ("", "what is changed"),
        "remote_moves.remote_share": ("share", "of the force's half that is remote desert then"),
        "remote_moves.difference": ("share", "against the definition"),
        "named_ground.name": ("", "name of the place"),
        "named_ground.kind": ("", "area, within 10 km; or town, its cell"),
        "where": ("", "in the corridor, or in a window of its own on the data that ship"),
        "remote": ("", "remote desert: yes, no, unknown, out of reach, or outside"),
        "remote_expected": ("", "what is expected of it; empty where nothing is"),
        "remote_agrees": ("", "whether it is so"),
        "remote_reason": ("", "why, in numbers"),
        "cave": ("", "class of cave susceptibility; never a cave"),
        "cave_expected": ("", "least class that is expected; empty where nothing is"),
        "cave_agrees": ("", "whether it is reached; not mapped where no rock is"),
        "named_ground.cave_reason": ("", "rock that sets it, and what raises it"),
        "named_ground.basis": ("", "what is known of the place"),
        "named_ground.source": ("", "where that is from"),
        "raised_share": ("share", "of the mapped rock, where open ground raises the class by one"),
        "zone": ("", "name of the zone"),
        "kind": ("", "remote_desert or cave_prone"),
        "rank": ("rank 1-3", "how far past the breaks"),
        "zones.n_cells": ("cells", "flagged cells of the working grid, without filled holes"),
        "zones.area_km2": ("km2", "area of its outline, filled holes included"),
        "filled_km2": ("km2", "holes in the flagged ground that its outline fills"),
        "zones.slope_deg": ("degree", "median slope, Horn (1981)"),
        "zones.relief_m": ("m", "median of highest less lowest elevation within the search radius"),
        "incision_m": ("m", "median depth below the ground on both sides, where it is known"),
        "rank_stability.kind": ("", "segment, remote_desert or cave_prone"),
        "rank_stability.name": ("", "number of the segment, or name of the zone"),
        "rank_stability.rank": ("", "rank by the mean index among its kind, 1 is hardest"),
        "rank_p05": ("", "rank, 5 % quantile over draws of the weights"),
        "rank_p50": ("", "rank, median over draws of the weights"),
        "rank_p95": ("", "rank, 95 % quantile over draws of the weights"),
        "top_share": ("share", "draws of the weights in which it is among the 10 hardest"),
        "side": ("", "country on whose side of the border most of it lies"),
        "near": ("", "nearest place on the zone's own side; empty where none is within 50 km"),
        "near_km": ("km", "distance to that place"),
        "reasons": ("", "why it is flagged, in numbers"),
        "break_hours": ("h", "travel time above which ground is remote"),
        "break_bare_share": ("share", "bare share above which ground is bare"),
        "break_cave_rank": ("rank 0-3", "cave susceptibility from which ground is listed"),
        "aridity_index": ("P/PET", "aridity index, where a layer is given"),
        "accuracy_km": ("km", "how far its outline may be off"),
        "unit_count": ("units", "patrol units out"),
        "rule": ("", "even, optimal (best for the mean) or maximin (every segment alike)"),
        "light": ("", "night or day"),
        "payroll": ("units", "units on the payroll, at the reference assumptions"),
        "payroll_p50": ("units", "units on the payroll, median of the draws"),
        "people_out_p50": ("people", "units out times crew, median of the draws"),
        "people_payroll_p50": ("people", "units on the payroll times crew, median of the draws"),
        "length": ("", "of the border: measured along the line, or published"),
        "required_units.length_km": ("km", "length of the border that the units have to cover"),
        "plausibility.length_km": ("km", "length of the border that the forces are scaled to"),
        "panel.kit": ("", "what units watch with"),
        "panel.law": ("", "how units are led: random (unled), beats_soft (led) or standing"),
        "panel.opponent": ("", "what crossers know: nothing (blind), or all units (informed)"),
        "panel.light": ("", "night, over its moons, dark or day"),
        "panel.rule": ("", "how units are placed: optimal, maximin or even"),
        "panel.units": ("units", "units out at once"),
        "panel.people": ("people", "people out at once"),
        "panel.seen": ("share", "of all crossings that is seen, every assumption at its median"),
        "panel.seen_weakest": ("share", "that is seen at the weakest place, at the medians"),
        "panel.segments_without": ("", "segments to which no unit goes"),
        "answer.kit": ("", "what units watch with: a decision"),
        "answer.law": ("", "how units are led: random (unled), beats_soft (led) or standing"),
        "answer.opponent": ("", "what crossers know: nothing (blind), the last pass, or all units"),
        "answer.light": ("", "night, over its moons, or dark"),
        "answer.target": ("1", "share to be reached"),
        "answer.measure": ("", "what is to be reached: a mean, or the weakest place"),
        "answer.units": ("", "units out at once by night, median over the states of nature"),
        "answer.low": ("", "the same, 5 %"),
        "answer.high": ("", "the same, 95 %"),
        "answer.people": ("", "people out at once by night, median"),
        "answer.people_low": ("", "the same, 5 %"),
        "answer.people_high": ("", "the same, 95 %"),
        "answer.payroll": ("", "people on the payroll for that by night and day, median"),
        "answer.payroll_low": ("", "the same, 5 %"),
        "answer.payroll_high": ("", "the same, 95 %"),
        "answer.units_at_medians": ("", "units out with every state of nature at its median"),
        "answer.units_replanned": (
            "",
            "units for the weakest place where the plan follows what is true",
        ),
        "answer.stands": ("1", "share of draws in which units do best to stand still"),
        "answer.attainable": ("1", "share of draws in which some number is enough"),
        "hindcast.border": ("", "border that was held"),
        "hindcast.year": ("", "year of the rate, or of the agents where there is no rate"),
        "observed": ("", "what the published rate is"),
        "p_observed": ("probability", "published, or worked from what was published"),
        "k_observed": ("", "K = -ln(1 - P) of it"),
        "agents_on_line": ("people", "out on the line at one time"),
        "agents_per_km": ("1/km", "the same for each km"),
        "agents_year": ("", "year of the number of agents"),
        "k_km_per_agent": ("km", "K over agents per km: all that the rate identifies"),
        "p_model": ("probability", "stopped by the model with as many agents per km, median"),
        "p_model_low": ("probability", "the same, 5 %"),
        "p_model_high": ("probability", "the same, 95 %"),
        "k_model": ("", "K = -ln(1 - P) of the model"),
        "k_km_per_agent_model": ("km", "the same over agents per km"),
        "hindcast.ratio": ("", "K of the model over the published one"),
        "hindcast.reason": ("", "why the border is not compared; empty where it is"),
        "moon": (
            "",
            "dark (none), mean (all nights of a lunation) or full (the night nearest to it)",
        ),
        "moonless_share": ("share", "of the hours of the night, with the moon below the horizon"),
        "moonlight": (
            "",
            "mean over the night: 0 for stars alone to 1 for a full moon overhead, log scale",
        ),
        "brightest": ("", "the most moonlight of the night, on that scale"),
        "measure": ("", "mean or worst segment, probability of detection or interdiction"),
        "target": ("probability", "probability to be reached"),
        "confidence": ("probability", "confidence with which the target is to be met"),
        "attainable": ("share", "share of the draws in which some number of units is enough"),
        "ceiling": ("probability", "largest value that any number of units reaches"),
        "mode": ("", "how travel time is reckoned"),
        "threshold_h": ("h", "travel time beyond which ground counts as remote"),
        "cave_share_rank2plus_of_known": (
            "share",
            "medium or high cave susceptibility, of the ground on mapped rock",
        ),
        "rock_share_rank2plus_of_known": (
            "share",
            "medium or high susceptibility by rock alone, of the ground on mapped rock",
        ),
        "unknown_karst_share": ("share", "corridor off the mapped rock, where caves are unknown"),
        **{row.Index: (row.unit, row.meaning) for row in schema().itertuples()},
        "date": ("", "date as given"),
        "fatalities": ("people", "deaths as reported"),
        "expected": ("incidents", "expected number in the zone over the imputed positions"),
        "p025": ("incidents", "2.5 % quantile over the imputed positions"),
        "p05": ("incidents", "5 % quantile over the imputed positions"),
        "p95": ("incidents", "95 % quantile over the imputed positions"),
        "p975": ("incidents", "97.5 % quantile over the imputed positions"),
        "possible": ("incidents", "incidents that may lie in the zone"),
        "expected_if_uniform": ("incidents", "number if incidents ignored the ground"),
        "covered_share": ("share", "of the zone on ground of the countries that the table covers"),
        "covered_expected": ("incidents", "expected number on that share of the zone"),
        "covered_underlying_p05": ("incidents", "5 % end of the mean behind that number"),
        "covered_underlying_p95": ("incidents", "95 % end of the mean behind that number"),
        "silent": ("", "why the table cannot speak of the zone; empty where it can"),
        "incident_enrichment.ground": ("", "ground compared, where the table covers less than all"),
        "incidents_rejected.finding": ("", "what is wrong with a row"),
        "rows": ("rows", "of the table that was read"),
        "event_credit": ("", "whose the incidents are, and when they were fetched"),
        "in_words": ("", "the count of the zone in a sentence"),
        "level": ("", "outlines as drawn, or cells of a size, flagged where more than half is"),
        "flagged_km2": ("km2", "flagged ground compared"),
        "other_km2": ("km2", "ground compared that is not flagged"),
        "unflagged_km2": ("km2", "ground compared that is not flagged"),
        "events_flagged": ("incidents", "expected on flagged ground"),
        "events_other": ("incidents", "expected on the other ground compared"),
        "ratio": ("ratio", "rate on flagged over rate on other ground"),
        "ratio_low": ("ratio", "low end of its 95 % band"),
        "ratio_high": ("ratio", "high end of its 95 % band"),
        "cell_km": ("km", "side of a cell"),
        "method": ("", "how ground at equal distance is found"),
        "verdict": ("", "what the comparison shows, or that it cannot tell"),
        "incident_enrichment.low": ("ratio", "low end of the band of the ratio"),
        "incident_enrichment.high": ("ratio", "high end of the band of the ratio"),
        "incident_enrichment.sentence": ("", "the comparison in a sentence"),
        "incident_enrichment.confidence": ("probability", "confidence of the bands"),
        "smallest_ratio": ("ratio", "smallest that such data would tell from 1 four times in five"),
        "crude_ratio": ("ratio", "the same with no distance held equal"),
        "crude_low": ("ratio", "low end of its band"),
        "crude_high": ("ratio", "high end of its band"),
        "p_value": ("probability", "of a ratio so far from 1 if the rates were equal"),
        "held_equal": ("", "distances held equal"),
        "events": ("incidents", "expected in the cells"),
        "events_compared": ("incidents", "with ground of both kinds to compare"),
        "rate_flagged": ("per 1,000 km2 and month", "rate on flagged ground, nothing held equal"),
        "rate_unflagged": ("per 1,000 km2 and month", "rate elsewhere, nothing held equal"),
        "months": ("months", "of the period that the table covers"),
        "cells": ("cells", "cells compared"),
        "cells_flagged": ("cells", "cells flagged on more than half of their ground"),
        "overlap_share": ("share", "flagged ground with other ground at equal distances"),
        "median_error_km": (
            "km",
            "median position error of the events, each by its probability of lying here",
        ),
        "dispersion": ("", "how much more uneven counts are than chance makes them"),
        "missing_share": ("share", "variance owed to not knowing the positions"),
        "df": ("", "degrees of freedom of the band"),
        "draws": ("draws", "imputations"),
        "draws_filled": ("draws", "imputations in which half an event was added to each kind"),
        "kinds": ("", "kinds of flag"),
        "label": ("", "SYNTHETIC DATA for invented events"),
        "weight_low": ("share", "low end of the 95 % band of the weight"),
        "weight_high": ("share", "high end of the 95 % band of the weight"),
        "events_expected": ("incidents", "expected in the segment over the imputed positions"),
        "shrinkage": ("share", "how far the segment is drawn towards the common mean"),
        "planned_for": ("", "crossings that the units are placed for"),
        "mean_pod_uniform": ("probability", "of detection, if crossings are spread evenly"),
        "mean_pod_incidents": ("probability", "of detection, if crossings are where reports are"),
        "coverage_by_weights.min_pod": ("probability", "of detection on the weakest segment"),
        "below_precision": ("", "zone smaller across than the median position error"),
        "month": ("1-12", "month"),
        "sunset": ("h", "time with the sun below -0.833 degrees"),
        "civil": ("h", "time with the sun below -6 degrees"),
        "nautical": ("h", "time with the sun below -12 degrees"),
        "astronomical": ("h", "time with the sun below -18 degrees"),
        "assumption": ("", "name of the assumption"),
        "sensitivity.people": ("people", "out at once, every state of nature at its median"),
        "sensitivity.people_low": ("people", "the same with this state alone at its 5 %"),
        "sensitivity.people_high": ("people", "the same with this state alone at its 95 %"),
        "first_order": ("share", "variance owned by itself (Sobol, first order)"),
        "total": ("share", "variance owned with its interactions (Sobol, total)"),
        "case": ("", "border and year"),
        "basis": ("", "what was counted: people on the payroll, on post, posts or vehicles"),
        "persons_per_km": ("people/km", "people out"),
        "units_per_km": ("units/km", "as units out"),
        "unit_count_equivalent": ("units", "as units out on this length of border"),
        "mean_pod_at_that": (
            "probability",
            "what the model sees with so many, mean along the border, median",
        ),
        "mean_poi_at_that": (
            "probability",
            "what the model stops with so many, mean along the border, median",
        ),
        "observed_low": ("probability", "lowest effectiveness published"),
        "observed_high": ("probability", "highest effectiveness published"),
        "observed_source": ("", "what those two are"),
        "more_hopeful_low": ("factor", "the model's interdiction over the highest published"),
        "more_hopeful_high": ("factor", "the model's interdiction over the lowest published"),
        "fielded_over_need": ("factor", "their units over those that detect nine in ten here"),
        "tag": ("", "F seen in a public source, M from memory, A assumption"),
        "value": ("as in unit", "median"),
        "band_low": ("as in unit", "5 % quantile"),
        "band_high": ("as in unit", "95 % quantile"),
        "distribution": ("", "law it is drawn from"),
        "unit": ("", "unit of the value"),
        "name": ("", "short name"),
        "night_hours.name": ("", "month"),
        "night_hours.month": ("1-12", "month, on its 15th day"),
        "title": ("", "what it is"),
        "path": ("", "file"),
        "sha256": ("", "checksum of the file"),
        "bytes": ("bytes", "size of the file"),
        "licence": ("", "terms of use"),
        "attribution": ("", "credit to print"),
        "citation": ("", "full reference"),
        "resolution": ("", "what the data can resolve"),
        "accuracy": ("", "how far the data may be off"),
        "notes": ("", "what a user must know"),
        "accessed": ("", "day or month on which the data were taken from their source"),
        "quantity": ("", "what is compared"),
        "a": ("", "first scenario, median of the draws"),
        "b": ("", "second scenario, median of the draws"),
        "difference": ("", "second less first, median of the paired draws"),
        "difference_low": ("", "5 % quantile of the paired differences"),
        "difference_high": ("", "95 % quantile of the paired differences"),
        "probability": (
            "",
            "share of the draws in which the difference has the sign of its median",
        ),
        "within_noise": ("", "whether the band of the difference holds zero"),
        "scenario_a": ("", "name of the first scenario"),
        "scenario_b": ("", "name of the second scenario"),
        "whatif.case": ("", "which of the scenarios after the first"),
        "incidents_expected": ("incidents", "expected incidents over the imputed positions"),
        "incidents_p05": ("incidents", "5 % quantile over the imputed positions"),
        "incidents_p95": ("incidents", "95 % quantile over the imputed positions"),
        **_OF_GROUND,
        **_HOTSPOTS,
    }
)
MEASURES = {
    "mean_pod": "probability of detection, mean along the border",
    "min_pod": "probability of detection, weakest segment",
    "mean_poi": "probability of interdiction, mean along the border",
    "min_poi": "probability of interdiction, weakest segment",
}
COUNTS = {"out": "units out", "payroll": "units on the payroll"}
ENDS = {
    "p05": "5 % quantile of the draws",
    "p50": "median of the draws",
    "p95": "95 % quantile of the draws",
    "p025": "2.5 % quantile of the draws",
    "p975": "97.5 % quantile of the draws",
    "reference": "at the reference assumptions",
    "confidence": "with the confidence asked for",
}


def meaning_of(column: str, table: str = "") -> tuple[str, str]:
    """Say what a column is."""
    known = COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column)
    return known or _composed(column)


def _composed(column: str) -> tuple[str, str]:
    # Names made of parts: a measure or a count, and which of its values.
    if column in MEASURES:
        return "probability", f"{MEASURES[column]}; at the reference assumptions"
    head, _, tail = column.rpartition("_")
    end, rule = ENDS.get(tail), told.RULE_WORDS.get(tail)
    parts = {
        "units": ("units", f"units out at the reference number, {rule}", rule),
        "pod": ("probability", f"probability of detection at the reference number, {rule}", rule),
        "underlying": ("incidents", f"mean number behind the counts (Garwood); {end}", end),
    }
    if column.startswith("per_1000_km2"):
        return _rate(column)
    parts |= {name: ("probability", f"{words}; {end}", end) for name, words in MEASURES.items()}
    parts |= {name: ("units", f"{words}; {end}", end) for name, words in COUNTS.items()}
    unit, meaning, known = parts.get(head, ("", "", None))
    return (unit, meaning) if known else ("", "")


def _rate(column: str) -> tuple[str, str]:
    unit = "per 1,000 km2 and month" if "_month_" in column else "per 1,000 km2"
    ground = "flagged ground" if "flagged" in column else "other ground"
    ends = {"low": "low end of its 95 % band", "high": "high end of its 95 % band"}
    end = ends.get(column.rpartition("_")[2], "mean over the imputations")
    return unit, f"incidents on {ground}; {end}"


INPUT_COLUMNS = (
    "name",
    "title",
    "path",
    "sha256",
    "bytes",
    "licence",
    "attribution",
    "citation",
    "resolution",
    "accuracy",
    "notes",
    "accessed",
)
# Columns that only tables made from incidents have.
_OF_INCIDENTS = {
    "incidents_expected",
    "events_expected",
    "expected_if_uniform",
    "events_flagged",
    "at_point",
    "mean_pod_incidents",
    "pairs_expected",
}
# File name without ending -> what the table holds.
TABLE_WORDS = {
    "summary": "the three findings",
    "answer": "units, people and payroll by kit, law and opponent, with bands",
    "panel": "the numbers of the panel: what units see by kit, law, opponent, light and rule, at the medians",
    "segments": "the corridor by segment: ground, detection rates and units",
    "zones": "flagged zones with their reasons in numbers",
    "rank_stability": "segments and zones ranked by the difficulty index, with bands over weights",
    "cave_classes": "known caves by class of susceptibility",
    "cave_evidence": "known caves by layer of evidence, with their weights",
    "cave_success_rate": "share of the known caves against share of the ground",
    "coverage_by_units": "probability of detection against units, and of interdiction by constants of one's own",
    "coverage_by_law": "what so many units see and stop, led and not: the answer read the other way",
    "required_units": "units required for each target, with bands",
    "weakest_crossing": "the way across that is watched least, by 10 km",
    "weakest_crossing_by_km": "the same by kilometre",
    "weakest_crossing_by_units": "how the weakest way rises with units, beside mean and weakest segment",
    "watcher": "what a crosser gains who watches, by how units go",
    "flat_posts": "posts on flat ground, beside what was built",
    "posts": "what each number of posts sees at the best places found, with its bound",
    "posts_beside_patrols": "the weakest way with posts, and with as many more patrols",
    "better_data": "segments ranked by what 30 m terrain or a site visit would change",
    "flagged_share": "flagged share of the corridor over thresholds",
    "remote_moves": "how the share of remote desert moves, one change at a time",
    "named_ground": "the flags held against what is known of named ground",
    "incidents": "incident rows with their verdicts",
    "incidents_rejected": "incident rows that cannot be used, and why",
    "incident_overlay": "expected incidents in each zone, with bands",
    "incident_ground": "expected incidents by class of ground, with bands, and what coded points say",
    "incident_exposure": "rates of incidents on flagged and other ground, at three levels",
    "incident_enrichment": "the same at equal distance from roads and towns, null results included",
    "incident_pressure": "weights of segments by incidents, shrunk towards their mean, with bands",
    "hotspot_segments": "segments with more incidents than by chance: Gi*, false discoveries held",
    "hotspot_stretches": "the likeliest stretches with more incidents than by chance",
    "hotspot_distances": "pairs of incidents by distance, against chance on the same ground",
    "hotspot_repeats": "pairs of incidents near in space by days apart, against dates in random order",
    "coverage_by_weights": "what plans for even, reported and worst-case crossings are worth",
    "response_times": "travel time from the nearest origin by kilometre of the border",
    "race_to_cover": "how often the response is there before a crosser is in cover, by side and segment",
    "night_reach": "what somebody on foot reaches from the border in one night, by side and month",
    "night_hours": "length of the night on the 15th of each month",
    "moonlight": "how bright the nights halfway along the border are, and what sees half, by month and moon",
    "light": "night and moon at both ends and the middle of the border, by month",
    "sensitivity": "which state of nature decides the people out at once that see half",
    "plausibility": "what real forces had, and what the model says of so many",
    "hindcast": "what real borders achieved, and the model with as many agents per km",
    "assumptions": "assumptions with bands and sources",
    "inputs": "data used, with licence, resolution and accuracy",
    "whatif": "paired differences between two scenarios",
}


def tables(
    edition: Edition, comparison: StudyResult | None = None, *, panel: Panel | None = None
) -> dict[str, pd.DataFrame]:
    """Gather the tables of a report."""
    result = edition.result
    found: dict[str, pd.DataFrame | None] = {
        "summary": _summary(result),
        "answer": result.answer,
        "panel": None if panel is None else panel.numbers.table,
        "segments": _plain(result.segments),
        "zones": _plain(result.zones),
        "rank_stability": result.ground.stability,
        **_caves(result),
        "coverage_by_units": result.curve,
        "coverage_by_law": result.patrol.by_law,
        "required_units": _with_people(result),
        **_crossing(result),
        "better_data": result.ground.better_data,
        "flagged_share": result.flagged_share,
        "remote_moves": result.ground.remote_moves,
        "named_ground": result.ground.named,
        "incidents": _with_ground(result),
        "incidents_rejected": edition.rejected,
        "incident_overlay": result.overlay,
        "incident_ground": _placed_ground(result),
        "incident_exposure": result.incidents.exposure,
        "incident_enrichment": result.incidents.enrichment,
        "incident_pressure": result.incidents.pressure,
        **_hotspots(result),
        "coverage_by_weights": result.patrol.by_weights,
        **_reach(result),
        "night_hours": result.reach.night_hours.reset_index(),
        "light": result.reach.light.reset_index(),
        "moonlight": _nights(result),
        "sensitivity": result.patrol.sobol,
        "plausibility": result.patrol.plausibility,
        "hindcast": result.patrol.hindcast,
        "assumptions": result.patrol.assumptions,
        "inputs": _inputs(result),
        "whatif": None if comparison is None else compare(result, comparison),
    }
    kept = {name: credited(table, result) for name, table in found.items() if table is not None}
    if edition.internal:
        return {name: table.assign(detail="INTERNAL") for name, table in kept.items()}
    return kept


def _nights(result: StudyResult) -> pd.DataFrame:
    """How bright nights are, and what the scenario's own kit then takes where that is known."""
    by_night = result.patrol.by_night
    return (result.reach.moonlight if by_night is None else by_night).reset_index()


def credited(table: pd.DataFrame, result: StudyResult) -> pd.DataFrame:
    """Name the source of incidents in every row of a table made from them."""
    if not result.incidents.credit or not _OF_INCIDENTS & set(map(str, table.columns)):
        return table
    return table if "synthetic" in table else table.assign(event_credit=result.incidents.credit)


def _caves(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    """Give sums alone: no table says where a cave is."""
    found = result.ground.cave_calibration
    if found is None:
        return {}
    return {
        "cave_classes": found.classes,
        "cave_evidence": found.evidence,
        "cave_success_rate": found.curve[["ground_share", "cave_share"]],
    }


def _hotspots(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    names = ("segments", "stretches", "distances", "repeats")
    return {f"hotspot_{name}": getattr(result.incidents.hotspots, name, None) for name in names}


def _crossing(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    found = result.crossing
    return {
        "weakest_crossing": found.by_10_km,
        "weakest_crossing_by_km": found.by_km,
        "weakest_crossing_by_units": found.by_units,
        "watcher": found.watcher,
        "flat_posts": found.flat_posts,
        "posts": found.siting,
        "posts_beside_patrols": found.beside_posts,
    }


def _reach(result: StudyResult) -> dict[str, pd.DataFrame | None]:
    reach = result.reach
    if reach.night is None:
        return {}
    return {
        "response_times": None if reach.along is None else reach.along.reset_index(),
        "race_to_cover": None if reach.race is None else reach.race.reset_index(),
        "night_reach": reach.night.reset_index(),
    }


def data_dictionary(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say what every column of every table is."""
    rows = []
    for name, table in found.items():
        for column in table.columns:
            unit, meaning = meaning_of(str(column), name)
            row = {"table": name, "column": column, "unit": unit, "meaning": meaning}
            rows.append(row | {"type": type_of(table[column])})
    words = pd.DataFrame(rows)
    stamped = any("detail" in table and len(table) for table in found.values())
    return words.assign(detail="INTERNAL") if stamped else words


# Types of columns whose name is the same in every version of pandas; all others are text.
TYPES = ("float64", "float32", "int64", "Int64", "bool", "boolean", "datetime64[ns]")
TEXT, TEXT_WITH_GAPS = "text", "text or empty"


def type_of(column: pd.Series) -> str:
    """Name the type of a column, for whoever reads its text again."""
    name = str(column.dtype)
    if name in TYPES:
        return name
    if name.startswith("datetime64") and getattr(column.dtype, "tz", None) is None:
        return "datetime64[ns]"
    known = column.dropna()
    if len(known) and known.map(lambda value: isinstance(value, (bool, np.bool_))).all():
        return "boolean"
    return TEXT if len(known) == len(column) else TEXT_WITH_GAPS


def _summary(result: StudyResult) -> pd.DataFrame:
    notes = {2: " ".join(told.flagged_notes(result))}
    rows = [(n, words, notes.get(n, "")) for n, words in enumerate(result.summary, start=1)]
    return pd.DataFrame(rows, columns=["finding", "sentence", "note"])


def _plain(table: pd.DataFrame | None) -> pd.DataFrame | None:
    if table is None:
        return None
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain if plain.index.name in (None, "") else plain.reset_index()


def _placed_ground(result: StudyResult) -> pd.DataFrame | None:
    """Give the counts by class of ground; of events that have no place they are not known."""
    counts = result.incidents.ground_counts
    return None if counts is None or not counts.attrs["n_placed"] else counts


def _with_ground(result: StudyResult) -> pd.DataFrame | None:
    """Set beside each row on what ground it happened, where the edition tells it."""
    events = result.incidents.events
    if events is None or result.incidents.on_ground is None:
        return _plain(events)
    # By place, for labels may repeat; a column of the user's keeps its name.
    ground = result.incidents.on_ground.drop(columns="id")
    ground.columns = [f"{n}_on_ground" if n in events else n for n in ground.columns]
    ground.index = events.index
    return _plain(events.assign(**{str(name): column for name, column in ground.items()}))


def _with_people(result: StudyResult) -> pd.DataFrame | None:
    """Set people beside units, so that nobody takes one for the other."""
    if result.required is None:
        return None
    crew = result.scenario.force.crew
    people = {
        f"people_{name}_p50": crew * result.required[f"{name}_p50"] for name in ("out", "payroll")
    }
    return result.required.assign(**people)


def _inputs(result: StudyResult) -> pd.DataFrame:
    return pd.DataFrame(
        [{name: getattr(record, name) for name in INPUT_COLUMNS} for record in result.inputs]
    )
