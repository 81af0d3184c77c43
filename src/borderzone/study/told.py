"""What a study tells: each quantity once, with its band and what of it is unknown; three sentences."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone import access
from borderzone._guards import listed, percent
from borderzone.crs import KM_PER_MILE
from borderzone.patrol import BEST_RULE
from borderzone.study.force_side import BOTH
from borderzone.study.given import Missing, joined
from borderzone.study.patrols import lengths_told

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from borderzone.border import Border
    from borderzone.scenario import Scenario
    from borderzone.study.result import StudyResult

__all__ = [
    "ASSUMPTION_WORDS",
    "DIFFERENCE_WORDS",
    "DISCLAIMER",
    "KIND_WORDS",
    "KIT_WORDS",
    "LAW_WORDS",
    "MEASURED",
    "MEASURE_WORDS",
    "MODE_WORDS",
    "OPPONENT_WORDS",
    "RANK_WORDS",
    "RULE_WORDS",
    "ForceFielded",
    "ForceInPeople",
    "Share",
    "Sight",
    "Units",
    "across_words",
    "across_zones",
    "aim_words",
    "along_words",
    "answer_caution",
    "answer_finding",
    "answer_row",
    "answer_rows",
    "answer_sentences",
    "answer_standing",
    "at_length",
    "band",
    "beyond",
    "break_even_words",
    "cave_prone",
    "change_words",
    "compared_words",
    "constants_words",
    "count",
    "every_inch_sentence",
    "first_reason",
    "flagged_notes",
    "force_country",
    "forces_in_people",
    "fraction_words",
    "ground_words",
    "half_size",
    "half_words",
    "hidden",
    "hindcast_title",
    "hindcast_words",
    "incident_line",
    "is_share",
    "lacking",
    "land_km2",
    "left_out",
    "length_words",
    "lengths",
    "listed",
    "moon_words",
    "mostly_remote",
    "mostly_remote_words",
    "night_length_words",
    "night_words",
    "no_overlay",
    "no_travel_times",
    "no_weights",
    "nowhere",
    "observed_words",
    "origin_words",
    "out_of_sight",
    "percent",
    "published_words",
    "quantity_words",
    "race_words",
    "real_forces",
    "real_forces_words",
    "remote_desert",
    "remote_whole_words",
    "remote_words",
    "response_words",
    "rounded",
    "seen_by_segment",
    "sensitivity_finding",
    "sensitivity_words",
    "sensor_words",
    "signed",
    "silent_zones",
    "span",
    "standing_words",
    "summary_sentences",
    "swings",
    "units",
    "unknowns",
    "upper_bound",
    "without_elevation",
    "zone_words",
]

DISCLAIMER = (
    "Boundaries, names and designations on this figure imply no opinion on the legal status of "
    "any territory or on the delimitation of its frontiers. All areas are approximate."
)
# A name in the tables -> what a reader calls it.
ASSUMPTION_WORDS = {
    "r50_factor": "detection range",
    "patrol_speed_factor": "speed of patrols",
    "crosser_speed_factor": "speed of crossers",
    "f_mask_position": "ground out of sight",
    "f_mask_own": "ground out of sight, each segment's own",
    "response_speed_factor": "speed of the response",
    "followed_up": "detections followed up",
    "scan_share": "constant on the sweep width",
    "p_identify": "identification, a constant of your own",
    "p_respond": "response, a constant of your own",
    "shift_factor": "shifts",
}
KIND_WORDS = {"remote_desert": "remote desert", "cave_prone": "cave-prone"}
RANK_WORDS = {1: "low", 2: "medium", 3: "high"}
MEASURE_WORDS = {
    "mean_poi": "stopped, on average",
    "min_poi": "stopped, every inch",
    "mean_pod": "seen, on average",
    "min_pod": "seen, every inch",
}
# How units are spread: by length, for the mean, for the worst segment.
RULE_WORDS: dict[str, str] = {
    "even": "spread evenly",
    "optimal": "best for the mean",
    "maximin": "every inch",
}
MODE_WORDS = {"vehicle_off_road": "by vehicle off road", "vehicle": "by vehicle", "foot": "on foot"}
# Shares that a reader has words for.
_FRACTIONS = (
    (1 / 10, "a tenth"),
    (1 / 5, "a fifth"),
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (2 / 5, "two fifths"),
    (1 / 2, "half"),
    (3 / 5, "three fifths"),
    (2 / 3, "two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (9 / 10, "nine tenths"),
)
# A share as near to one of them is "about" it; one as far from all is a number alone.
_ABOUT, _FAR = 0.01, 0.05
_HOURS = {1.0: "an hour's", 2.0: "two hours'", 3.0: "three hours'", 6.0: "six hours'"}
# A finding that is longer is not read; what it leaves out goes into the notes beside it.
_MOST_WORDS = 40
DIFFERENCE_WORDS = (
    "The difference is the median of the differences draw by draw, which is not the difference of the "
    "two medians beside it."
)
MEASURED = "lines of sight"
# Layers that a quantity needs, in the order in which they are told.
_NEEDS = {
    "remote desert": ("elevation", "landcover", "origins"),
    "cave-prone ground": ("elevation", "karst"),
    "travel times": ("elevation", "origins"),
    "units": ("elevation",),
}
# A state of nature that moves the people by less is named and not drawn.
_STILL = 0.01
_HIDDEN = "not shown, for it would tell where posts are"
_NOT_HERE = Missing(
    layer="landcover",
    reason="the layers given say nothing of this corridor",
    cure="give layers that cover it",
)


def span(low: float, high: float) -> str:
    """Write a range of shares in percent."""
    first, last = percent(low), percent(high)
    if "unknown" in (first, last):
        return "unknown"
    return first if first == last else f"{first.removesuffix(' %')} to {last}"


def count(number: float) -> str:
    """Write a number of units or people."""
    return f"{number:,.0f}" if math.isfinite(number) else "no number"


def signed(number: float) -> str:
    """Write a whole number with its sign, with a minus and not a hyphen."""
    return f"{number:+,.0f}".replace("-", "−")


def lengths(result: StudyResult) -> tuple[str, ...]:
    """Name the lengths of the border for which unit counts are told."""
    return lengths_told(result.border, result.scenario.length)


def published_words(border: Border, unit: str = "km") -> str:
    """Write the published length of a border as finely as it is published."""
    assert border.published_length_km is not None  # noqa: S101 - asked before
    km = border.published_length_km
    words = f"{km:,.7g}"
    if unit == "km":
        return f"{words} km"
    # As many places in miles as in km.
    return f"{km / KM_PER_MILE:,.{len(words.partition('.')[2])}f} mi"


def length_words(border: Border, what: str = "") -> str:
    """Write how long a border is, with the published length where that is another."""
    words = f"{border.length_words()}{what}"
    if len(lengths_told(border, "measured")) == 1:
        return words
    return f"{words} (published: {published_words(border)})"


def along_words(result: StudyResult, length: str | None = None) -> str:
    """Write the length along which units are spread."""
    if (length or result.scenario.length) == "measured":
        return result.border.length_words()
    return published_words(result.border)


def at_length(result: StudyResult, length: str) -> str:
    """Say which length of the border a unit count stands on."""
    return f"at the {length} length of {along_words(result, length)}"


def lacking(result: StudyResult, quantity: str) -> tuple[Missing, ...]:
    """Name the layers that a quantity needs and a study lacks."""
    missing = result.missing
    if "sections" in missing:
        return (missing["sections"],)
    return tuple(missing[layer] for layer in _NEEDS[quantity] if layer in missing)


def nowhere(result: StudyResult, quantity: str, *, cure: bool = True) -> str:
    """Say that a quantity is not known anywhere, why, and what brings it."""
    if hidden(result) and "origins" in _NEEDS[quantity]:
        return _HIDDEN
    return joined(lacking(result, quantity) or (_NOT_HERE,), cure=cure)


def first_reason(result: StudyResult, quantity: str) -> str:
    """Say in a title that a quantity is not known, with the first reason alone."""
    if hidden(result) and "origins" in _NEEDS[quantity]:
        return _HIDDEN
    return joined((lacking(result, quantity) or (_NOT_HERE,))[:1], cure=False)


def unknowns(result: StudyResult) -> list[str]:
    """List what a map cannot show, each with its reasons and cures."""
    found = []
    if not remote_desert(result).known:
        found.append(f"remote desert is {nowhere(result, 'remote desert')}")
    if not cave_prone(result).known:
        found.append(f"which ground is cave-prone is {nowhere(result, 'cave-prone ground')}")
    if "incidents" in result.missing:
        found.append(f"incidents are {result.missing['incidents'].words}")
    return found


def hidden(result: StudyResult) -> bool:
    """Tell whether remote desert is known but not shown, because it would tell of posts."""
    return result.ground.origins is None and bool(result.ground.origin_kind)


def incident_line(result: StudyResult) -> str:
    """Say in one line where all rows of the incident table went."""
    if result.incidents.account is not None:
        return result.incidents.account.line
    lack = result.missing.get("incidents")
    return "incidents are not known" if lack is None else f"incidents are {lack.words}"


def no_travel_times(result: StudyResult) -> str:
    """Say that a figure of travel times cannot be given."""
    if hidden(result):
        return f"the study of {result.name} tells no travel times, for posts are not shown"
    return f"the study of {result.name} has no travel times: {nowhere(result, 'travel times')}"


def ground_words(result: StudyResult, *, whole: bool = False) -> str:
    """Say of which ground shares by travel time are."""
    reach = result.reach
    assert reach.bands is not None  # noqa: S101 - asked before
    known, all_ = float(reach.bands["area_km2"].sum()), reach.half_km2
    if whole:
        known, all_ = known + reach.across_km2, land_km2(result)
    words = "the corridor" if whole else half_words(result)
    return (
        words if known > 0.995 * all_ else f"the {percent(known / all_)} of {words} with elevation"
    )


def land_km2(result: StudyResult) -> float:
    """Give the area of the corridor without the sea."""
    sea = result.ground.sea_share if math.isfinite(result.ground.sea_share) else 0.0
    return float(result.corridor.area_km2) * (1.0 - sea)


def left_out(result: StudyResult) -> str:
    """Say how much of the corridor is sea, which no number on ground counts, and how much land is unknown."""
    said = []
    if result.ground.sea_share > 0:
        said.append(
            f"sea, {percent(result.ground.sea_share)} of the corridor, is left out of all numbers on ground"
        )
    if result.ground.gap_share > 0:
        ground = "its land" if result.ground.sea_share > 0 else "the corridor"
        said.append(
            f"{percent(result.ground.gap_share)} of {ground} has no elevation and is not known"
        )
    return ", and ".join(said)


def no_overlay(result: StudyResult) -> str:
    """Say why no incidents lie over zones."""
    if "incidents" in result.missing:
        return result.missing["incidents"].words
    if result.zones is None:
        return f"zones are {nowhere(result, 'units')}"
    if result.incidents.account is not None and not result.incidents.account.any_placed:
        return f"none can be placed ({result.incidents.account.line})"
    return "there is no flagged zone on the ground that is known"


def silent_zones(overlay: pd.DataFrame) -> str:
    """Say how many zones lie on ground of which a table of incidents cannot speak."""
    number = int((overlay["silent"] != "").sum())
    zones, lie = ("zone", "lies") if number == 1 else ("zones", "lie")
    return f"{number} {zones} {lie} on ground of which the table cannot speak"


def no_weights(result: StudyResult) -> str:
    """Say why segments have no weights by incidents."""
    if "incidents" in result.missing:
        return result.missing["incidents"].words
    if result.incidents.account is not None and not result.incidents.account.any_placed:
        return f"none can be placed ({result.incidents.account.line})"
    return "this edition does not tell them, or the table of incidents holds no row"


def without_elevation(result: StudyResult, what: str) -> str:
    """Say that a figure or table of patrols cannot be given."""
    return f"the study of {result.name} has no {what}: {nowhere(result, 'units')}"


@dataclass(frozen=True, kw_only=True)
class Share:
    """
    A share of a corridor, or of a half of one, with its range.

    Attributes
    ----------
    low, high
        Smallest and largest share, over the thresholds told beside the definition; NaN where nothing is known.
    chosen
        Share by the definition.
    unknown
        Share of it of which nothing is known.
    ground
        What it is a share of.
    """

    low: float
    high: float
    chosen: float
    unknown: float
    ground: str = "the corridor"

    @property
    def known(self) -> bool:
        """Whether anything is known at all."""
        return math.isfinite(self.low) and self.unknown < 1

    @property
    def rest(self) -> str:
        """Say of how much nothing is known."""
        return (
            f"of {percent(self.unknown)} of {self.ground} it is not known" if self.unknown else ""
        )


_ALL_UNKNOWN = Share(low=math.nan, high=math.nan, chosen=math.nan, unknown=1.0)


def force_country(result: StudyResult) -> str:
    """Name the country whose force it is."""
    side = result.reach.side
    return str(result.border.names.get(side, side))


def half_words(result: StudyResult) -> str:
    """Name the half of the corridor on which the force is at home."""
    return f"{force_country(result)}'s half of the corridor"


def side_words(result: StudyResult, side: str) -> str:
    """Name the ground of a row of the table of flagged shares."""
    return "the corridor" if side == BOTH else half_words(result)


def across_words(result: StudyResult) -> str:
    """Say of the ground across the border that the force does not go there."""
    return f"across the border from {force_country(result)}: out of reach"


def across_zones(result: StudyResult) -> gpd.GeoDataFrame:
    """Give the zones of bare ground across the border, where the force does not go."""
    zones = result.zones_across
    assert zones is not None  # noqa: S101 - who asks has looked
    return zones


def half_size(result: StudyResult) -> str:
    """Say how large that half is, before the size of the corridor."""
    half = result.reach.half_km2
    return f"{half:,.0f} of " if math.isfinite(half) else "the whole: "


def remote_desert(result: StudyResult, *, whole: bool = False) -> Share:
    """Give the share of the force's half of the corridor that is remote desert."""
    table = result.flagged_share
    if table is None or hidden(result) or table["remote_share"].isna().all():
        return _ALL_UNKNOWN
    scenario = result.scenario
    table = table[table["side"] == (BOTH if whole else result.reach.side)]
    mine = table[
        (table["mode"] == scenario.force.mode) & (table["threshold_h"] == scenario.remote_hours)
    ]["remote_share"]
    return Share(
        low=float(table["remote_share"].min()),
        high=float(table["remote_share"].max()),
        chosen=float(mine.iloc[0]) if len(mine) else math.nan,
        unknown=float(table["unknown_remote_share"].max()),
        ground="the corridor" if whole else half_words(result),
    )


def remote_whole_words(result: StudyResult) -> str:
    """Say how much of the whole corridor is remote desert, and how the ground across the border counts."""
    share = remote_desert(result, whole=True)
    return (
        f"of the whole corridor {percent(share.chosen)}, for the force reaches none of the bare ground "
        "across the border"
    )


def remote_words(result: StudyResult, *, short: bool = False) -> str:
    """
    Say how much of the force's half is remote desert, for title, sentence and description alike.

    Only where that is known; `short` leaves the fraction in words to the number.
    """
    share = remote_desert(result)
    half = half_words(result)
    far = f"desert more than {_drive(result)} from any {origin_words(result)}"
    unknown = f"{percent(share.unknown)} not known" if share.unknown else ""
    if not share.chosen:
        rest = f" ({unknown})" if unknown else ""
        return f"no part of {half}{rest} is {far}"
    number = percent(share.chosen)
    words = "" if short else fraction_words(share.chosen)
    inside = "; ".join(part for part in (number if words else "", unknown) if part)
    much = f"{words or number}{inside and f' ({inside})'}"
    return f"{much} of {half} is {far}"


def _drive(result: StudyResult) -> str:
    """Say how far is remote, in the time and the way of the force."""
    hours = result.scenario.remote_hours
    time = _HOURS.get(hours, f"{hours:g} hours'")
    if result.scenario.force.mode == "foot":
        return f"{time} walk"
    return f"{time} drive" if result.reach.on_roads else f"{time} off-road drive"


def fraction_words(share: float) -> str:
    """Write a share as it is said, such as nearly two thirds; empty where no word is near it."""
    value, words = min(_FRACTIONS, key=lambda fraction: abs(share - fraction[0]))
    off = share - value
    if not abs(off) <= _FAR:
        return ""
    if abs(off) <= _ABOUT:
        return f"about {words}"
    return f"{'nearly' if off < 0 else 'more than'} {words}"


def cave_prone(result: StudyResult) -> Share:
    """Give the share of the mapped rock of medium or high cave susceptibility, at least by rock alone."""
    table = result.flagged_share
    if table is None or table.empty:
        return _ALL_UNKNOWN
    table = table[table["side"] == BOTH]
    unknown = float(table["unknown_karst_share"].iloc[0])
    seen, rock = (
        float(table[f"{name}_share_rank2plus_of_known"].iloc[0]) for name in ("cave", "rock")
    )
    if not unknown < 1 or not math.isfinite(seen):
        return _ALL_UNKNOWN
    return Share(low=rock, high=seen, chosen=seen, unknown=unknown)


@dataclass(frozen=True, kw_only=True)
class Units:
    """
    Units that a target takes, as the table of required units has them.

    Attributes
    ----------
    target, measure, light
        What is to be reached.
    crew
        People in a unit.
    low, middle, high
        Units out, 5 %, median and 95 % of the draws; infinite where none is enough.
    payroll_low, payroll_middle, payroll_high
        The same on the payroll.
    confident
        Units out, for the confidence of the scenario.
    ceiling
        The most that any number reaches.
    """

    target: float
    measure: str
    light: str
    crew: int
    low: float
    middle: float
    high: float
    payroll_low: float
    payroll_middle: float
    payroll_high: float
    confident: float
    ceiling: float

    @property
    def enough(self) -> bool:
        """Whether any number is enough."""
        return math.isfinite(self.middle)

    @property
    def out(self) -> str:
        """Write the units out with their band."""
        return band(self.low, self.middle, self.high)

    @property
    def people(self) -> str:
        """Write the people out with their band."""
        return band(*(self.crew * units for units in (self.low, self.middle, self.high)))

    @property
    def payroll(self) -> str:
        """Write the units on the payroll with their band."""
        return band(self.payroll_low, self.payroll_middle, self.payroll_high)

    @property
    def range(self) -> str:
        """Write the band alone, in units and people."""
        low, people = rounded(self.low), rounded(self.crew * self.low)
        if not math.isfinite(self.high):
            return f"{low} units or more ({people} people or more)"
        return (
            f"{low} to {rounded(self.high)} units "
            f"({people} to {rounded(self.crew * self.high)} people)"
        )


def band(low: float, middle: float, high: float) -> str:
    """Write a number of units or people with its band."""
    if not math.isfinite(middle):
        return "no number is enough"
    return f"{rounded(middle)} ({rounded(low)} to {rounded(high)})"


def sensor_words(scenario: Scenario) -> str:
    """Name what patrols watch with."""
    sensor = scenario.force.sensor
    name = str(getattr(sensor, "name", sensor)).replace("_", " ")
    if name == "eye":
        return "the unaided eye"
    return name if name.endswith("s") else f"the {name}"


def units(
    result: StudyResult,
    measure: str,
    *,
    light: str | None = None,
    target: float | None = None,
    length: str | None = None,
) -> list[Units]:
    """Give the units required, placed by the rule that serves the measure."""
    table = result.required
    if table is None:
        return []
    light = light or result.scenario.light
    rows = table[
        (table["measure"] == measure)
        & (table["light"] == light)
        & (table["length"] == (length or result.scenario.length))
        & (table["rule"] == BEST_RULE[measure])
    ].sort_values("target")
    if target is not None:
        rows = rows[np.isclose(rows["target"], target)]
    return [_units(row, light, result.scenario.force.crew) for row in rows.itertuples()]


def _units(row: Any, light: str, crew: int) -> Units:
    return Units(
        target=row.target,
        measure=row.measure,
        light=light,
        crew=crew,
        low=row.out_p05,
        middle=row.out_p50,
        high=row.out_p95,
        payroll_low=row.payroll_p05,
        payroll_middle=row.payroll_p50,
        payroll_high=row.payroll_p95,
        confident=row.out_confidence,
        ceiling=row.ceiling,
    )


@dataclass(frozen=True, kw_only=True)
class ForceFielded:
    """
    What a real force had, as units on this border.

    Attributes
    ----------
    case, persons_per_km
        Which force, and people out per km.
    units
        Units out, for each of `lengths`.
    pod, poi
        What the model detects and stops with so many; NaN where they are not on the curve.
    observed
        What was published of it, lowest and highest; NaN where nothing was.
    source
        Where it is from.
    basis
        What was counted: people on the payroll or on post, posts or vehicles.
    """

    case: str
    persons_per_km: float
    units: tuple[float, ...]
    pod: float
    poi: float
    observed: tuple[float, float]
    source: str
    basis: str = "payroll"

    @property
    def words(self) -> str:
        """Write the units, in brackets for the other length."""
        first, *rest = (count(units) for units in self.units)
        return f"{first} ({rest[0]})" if rest else first

    @property
    def stands_for_people(self) -> bool:
        """Whether people were counted, and not towers or cars that are taken as a unit each."""
        return self.basis not in _AS_UNITS

    @property
    def as_units(self) -> str:
        """Say that what was counted is no people; empty where it is."""
        return _AS_UNITS.get(self.basis, "")


# What a published count is of -> what it is taken for.
_AS_UNITS = {"posts": " (towers, each as a unit)", "vehicles": " (cars, each as a unit)"}


def real_forces(result: StudyResult) -> list[ForceFielded]:
    """Give what real forces had, as units on this border."""
    table = result.patrol.plausibility
    if table is None:
        return []
    first, *others = (table[table["length"] == length] for length in lengths(result))
    units = [first, *others]
    forces: Iterable[Any] = first.itertuples()
    return [
        ForceFielded(
            case=row.case,
            persons_per_km=row.persons_per_km,
            units=tuple(float(rows["unit_count_equivalent"].iloc[place]) for rows in units),
            pod=row.mean_pod_at_that,
            poi=row.mean_poi_at_that,
            observed=(row.observed_low, row.observed_high),
            source=f"{row.source} [{row.tag}]",
            basis=row.basis,
        )
        for place, row in enumerate(forces)
    ]


def real_forces_words(result: StudyResult) -> list[str]:
    """Say what the model makes of real forces."""
    table = result.patrol.plausibility
    assert table is not None  # noqa: S101 - asked before
    words = [str(table.attrs["statement"])]
    for place, length in enumerate(lengths(result)[1:], start=1):
        had = "; ".join(f"{row.case} {count(row.units[place])}" for row in real_forces(result))
        need = table.attrs["need"][length]
        nine = f", and nine in ten are detected with {count(need)}" if math.isfinite(need) else ""
        where = at_length(result, length)
        words.append(
            f"{where[0].upper()}{where[1:]} these come to other numbers of units ({had}){nine}."
        )
    return words


def hindcast_words(result: StudyResult) -> list[str]:
    """Say what published results of real borders identify, and what the model makes of it."""
    table = result.patrol.hindcast
    return [] if table is None else [str(table.attrs["statement"])]


def hindcast_title(result: StudyResult) -> str:
    """Say by which factor the model is off what real borders achieved."""
    table = result.patrol.hindcast
    rows = None if table is None else table[table["ratio"].notna()]
    if rows is None or rows.empty:
        return "What real borders achieved"
    low, high = rows["ratio"].min(), rows["ratio"].max()
    return f"The model has {low:.2g} to {high:.2g} times their K"


def observed_words(row: Any) -> str:
    """Name a published rate in few words: border, year, what it is and how much."""
    kind = "recaptures" if "worked with" in row.observed else "known entries"
    given = row.observed.partition(", worked with ")[2]
    return f"{row.border} {row.year:.0f}, {kind}{', ' if given else ''}{given}: {percent(row.p_observed)}"


def origin_words(result: StudyResult) -> str:
    """Say what travel times of a study start from."""
    return f"{result.ground.origin_kind or 'origin'} in {force_country(result)}"


def zone_words(zone: Any) -> str:
    """Say where a zone lies: near a place on its own side, else between which kilometres."""
    return f"near {zone.near}" if zone.near else f"at km {zone.km_start:.0f} to {zone.km_end:.0f}"


def mostly_remote(result: StudyResult) -> tuple[float, float]:
    """Give the length of the border along which most ground of the force's half is remote desert."""
    rows = result.segments
    length = rows["km_end"] - rows["km_start"]
    if "remote_share" not in rows:
        return math.nan, float(length.sum())
    share = rows["remote_share"].fillna(0.0)
    unknown = rows["remote_share_unknown"]
    if not (unknown < 1).any():
        return math.nan, float(length.sum())
    far = share >= 0.5
    return float(length[far].sum()), float(length[~far & (share + unknown >= 0.5)].sum())


def mostly_remote_words(result: StudyResult) -> str:
    """Say along how much of the border most ground is remote desert."""
    far, open_ = mostly_remote(result)
    if not math.isfinite(far):
        return f"remote desert is {first_reason(result, 'remote desert')}"
    border = result.border
    rest = f"; along {border.length_words(open_)} that is not known" if open_ else ""
    if not far:
        where = " where it is known" if rest else ""
        return f"no segment is mostly remote desert on {force_country(result)}'s side{where}{rest}"
    return (
        f"along {border.length_words(far)} of the border most ground on {force_country(result)}'s "
        f"side is remote desert{rest}"
    )


def constants_words(result: StudyResult) -> list[str]:
    """Say that what is stopped stands on constants of the user's own, where a force has any."""
    force = result.scenario.force
    if force.ceiling is None:
        return []
    shares = [
        f"{percent(share)} of those {what}"
        for share, what in (
            (force.p_identify, "seen are identified"),
            (force.p_respond, "identified are reached"),
        )
        if share is not None
    ]
    words = f"What is stopped stands here on constants of your own: {' and '.join(shares)}."
    return [f"{words} The answer works both out."]


def seen_by_segment(result: StudyResult) -> str:
    """Say which share of crossings the reference units see, spread evenly, by segment."""
    seen = result.segments["pod_even"]
    return span(float(seen.min()), float(seen.max()))


@dataclass(frozen=True, kw_only=True)
class Sight:
    """
    How much of the ground beside the border a patrol on it does not see, by segment.

    Attributes
    ----------
    low, high
        Smallest and largest share; NaN where no segment's is known.
    measured, segments
        Segments where it was measured by lines of sight, and all.
    unknown
        Segments of which it is not known.
    """

    low: float
    high: float
    measured: int
    segments: int
    unknown: int

    @property
    def words(self) -> str:
        """Write the range, and how it was found."""
        how = "measured in part"
        if self.measured == self.segments:
            how = "measured by lines of sight"
        elif not self.measured:
            how = "assumed from landforms"
        gap = f"; unknown in {self.unknown} of {self.segments} segments" if self.unknown else ""
        return f"{span(self.low, self.high)}, {how}{gap}"


def out_of_sight(result: StudyResult) -> Sight | None:
    """Give the share of the ground beside the border that a patrol on it does not see."""
    rows = result.segments
    if "f_mask" not in rows:
        return None
    return Sight(
        low=float(rows["f_mask"].min()),
        high=float(rows["f_mask"].max()),
        measured=int((rows["f_mask_source"] == MEASURED).sum()),
        segments=len(rows),
        unknown=int(rows["f_mask"].isna().sum()),
    )


def night_length_words(result: StudyResult, twilight: str = "nautical") -> str:
    """Say how long the shortest and the longest night of the months are, and on which day."""
    table = result.reach.night_hours
    ends = (table.iloc[table[twilight].argmin()], table.iloc[table[twilight].argmax()])
    low, high = (f"{row[twilight]:.1f} h ({row['name']})" for row in ends)
    return f"{low} to {high} on the {table.attrs['day']}th of the month"


def night_words(result: StudyResult) -> str:
    """Say how far a night on foot carries."""
    night = result.reach.night
    assert night is not None  # noqa: S101 - asked for before
    flat = night["flat_km"]
    share = span(float(night["share"].min()), float(night["share"].max()))
    return f"{flat.min():.0f} to {flat.max():.0f} km over flat ground, {share} of the corridor on either side"


def response_words(result: StudyResult) -> str:
    """Say how long it takes to the border."""
    along = result.reach.along
    assert along is not None  # noqa: S101 - asked before
    found = access.response_summary(along)
    how = MODE_WORDS[result.reach.mode]
    if not math.isfinite(found["median_h"]):
        words = f"No way leads {how} from the origins to half of the border"
    else:
        words = f"Half of the border is reached within {found['median_h']:.1f} h {how}"
        if math.isfinite(found["p90_h"]):
            words += f", nine tenths within {found['p90_h']:.1f} h"
        far = along["hours"][along["state"] == "reached"].max()
        words += f", the farthest kilometre in reach in {far:.1f} h{upper_bound(result)}"
    for name, why in (("unreachable", "no way leads"), ("unknown", "there is no elevation")):
        if found[name]:
            words += f"; to {found[name]:.0f} of {found['points']:.0f} kilometres {why}"
    return words


def swings(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give the states of nature that move the people it takes, most first, and the names of the others."""
    low, high = table["people_low"], table["people_high"]
    with np.errstate(invalid="ignore", divide="ignore"):
        swing = (np.log(high) - np.log(low)).abs().fillna(0.0)
    # One that each segment has for itself has no two ends, but may own a share of the variance.
    moves = (swing > _STILL) | (table["total"] > _STILL)
    order = swing[moves].sort_values(ascending=False, kind="stable").index
    still = table.loc[~moves, "assumption"]
    return table.loc[order].reset_index(drop=True), [ASSUMPTION_WORDS.get(n, n) for n in still]


def sensitivity_finding(result: StudyResult) -> str:
    """Say in a title which state of nature moves the people it takes most, and by how much."""
    assert result.patrol.sobol is not None  # noqa: S101 - asked before
    moving, _ = swings(result.patrol.sobol)
    if moving.empty or math.isnan(moving["people_low"].iloc[0]):
        return "No state of nature alone moves the people that see half"
    first = moving.iloc[0]
    few, many = sorted((float(first["people_low"]), float(first["people_high"])))
    words = ASSUMPTION_WORDS.get(first["assumption"], first["assumption"])
    return f"{words[0].upper()}{words[1:]} alone: {rounded(few)} to {rounded(many)} people see half"


def sensitivity_words(result: StudyResult) -> str:
    """Say for each state of nature how many people it takes at its two ends, and its share of the variance."""
    table = result.patrol.sobol
    assert table is not None  # noqa: S101 - asked before
    moving, still = swings(table)
    found: Iterable[Any] = moving.itertuples()
    each = []
    for row in found:
        ends = f"{rounded(row.people_low)} and {rounded(row.people_high)} people"
        what = "no two ends" if math.isnan(row.people_low) else ends
        name = ASSUMPTION_WORDS.get(row.assumption, row.assumption)
        each.append(f"{name} {what}, {percent(row.total)} of the variance")
    words = (
        "Seeing half with the scenario's own units takes "
        f"{rounded(float(table['people'].iloc[0]))} people out at once with every state of nature at its "
        f"median; with one alone at its 5 and at its 95 %: {'; '.join(each) or 'nothing moves it'}."
    )
    return f"{words} By less than one in a hundred: {listed(still)}." if still else words


def moon_words(result: StudyResult) -> str:
    """Say what a moon is worth to the scenario's own kit; empty where that is not known or nothing."""
    table = result.patrol.by_night
    if table is None or "people" not in table:
        return ""
    known = table[np.isfinite(table["people"])]
    if known.empty:
        return ""
    fewest, most = (
        known.loc[place] for place in (known["people"].idxmin(), known["people"].idxmax())
    )
    few, many = (rounded(float(row["people"])) for row in (fewest, most))
    if few == many:
        return ""
    bright, dark = (
        _NIGHTS[row.name[1]].format(month=calendar.month_name[row.name[0]])
        for row in (fewest, most)
    )
    return f"{bright} seeing half takes {few} people out with what the scenario has, {dark} {many}"


# A moon, as the table of nights names it -> the night of it.
_NIGHTS = {
    "full": "under a full moon in {month}",
    "mean": "over the moons of {month}",
    "dark": "in a night without a moon",
}


def race_words(result: StudyResult) -> str:
    """Say how often the response is there before the crosser is in cover."""
    assert result.reach.race is not None  # noqa: S101 - asked before
    length = result.segments["length_km"]
    phrases = []
    for side, rows in result.reach.race.groupby("side", sort=False):
        share = rows.droplevel("side")["response_share"]
        mean = float((share * length).sum() / length.sum())
        into = result.border.names.get(str(side), str(side))
        phrases.append(f"{percent(mean)} of the border into {into}")
    return ", ".join(phrases)


def quantity_words(quantity: str) -> str:
    """Say in words what a row of a comparison of two studies is."""
    if quantity in MEASURE_WORDS:
        return MEASURE_WORDS[quantity]
    what, _, rest = quantity.partition("_")
    measure, _, target = rest.rpartition("_")
    length, _, known = measure.partition("_")
    where = f", at the {length} length" if known in MEASURE_WORDS else ""
    words = MEASURE_WORDS[known if where else measure]
    counted = "people" if what == "people" else "units"
    return f"{counted} for {100 * float(target):.0f} % {words}{where}"


def is_share(quantity: str) -> bool:
    """Tell whether a quantity of a comparison is a share, or a number of units or people."""
    return not quantity.startswith(("out_", "people"))


def change_words(row: Any) -> str:
    """Write the median of the differences with its band, as figure, report and description have it."""
    if not math.isfinite(row.difference):
        return "none to tell"
    scale, unit = (100, " points") if is_share(str(row.quantity)) else (1, "")
    low, high = scale * row.difference_low, scale * row.difference_high
    return f"{signed(scale * row.difference)}{unit} ({signed(low)} to {signed(high)})"


def compared_words(scenario: str, kit: str) -> str:
    """Name one side of a comparison: its scenario, and its kit where that is not the scenario's own."""
    words = [f"“{scenario}”"] if scenario else []
    words += [KIT_WORDS.get(kit, kit)] if kit != "scenario" or not scenario else []
    return ", ".join(words)


_DOES = {
    "mean_pod": "see as many",
    "min_pod": "see as many at the weakest place",
    "mean_poi": "stop as many",
}


def break_even_words(row: Any) -> str:
    """Say how many people of one side are worth those of the other, from a row of break-even."""
    words = f"{count(row.people_b)} people ({compared_words(row.scenario_b, row.kit_b)}) {_DOES[row.measure]} as "
    one = compared_words(row.scenario_a, row.kit_a)
    if math.isnan(row.people):
        return f"{words}an unknown number ({one})."
    if not math.isfinite(row.people):
        return f"{words}no number ({one}) does."
    words += f"{rounded(row.people)} ({one}; 5 to 95 %: {rounded(row.people_low)} to {rounded(row.people_high)})"
    if row.attainable < 1:
        words += f"; no number does in {percent(1 - row.attainable)} of the draws"
    return f"{words}."


def upper_bound(result: StudyResult, before: str = "; ") -> str:
    """Say that hours without roads are an upper bound; with roads there is nothing to say."""
    if result.reach.night is None or result.reach.on_roads:
        return ""
    return f"{before}hours are without roads, so an upper bound"


def beyond(bands: pd.DataFrame, limit_h: float, *, across_km2: float = 0.0) -> float:
    """Give the share of ground farther than some hours."""
    far = float(bands.loc[bands["from_h"] >= limit_h - 1e-9, "area_km2"].sum())
    return (far + across_km2) / (float(bands["area_km2"].sum()) + across_km2)


def summary_sentences(result: StudyResult) -> tuple[str, str, str]:
    """Say how long the border is, how much is flagged, and how many people it takes."""
    return length_sentence(result), flagged_sentence(result), every_inch_sentence(result)


def length_sentence(result: StudyResult) -> str:
    """Say in forty words how long the border is, along which line, and what is published."""
    border = result.border
    names = " and ".join(border.names[code] for code in (border.a, border.b))
    base = (
        f"The border of {names} is {border.length_words()} ({border.length_words(unit='mi')}) long"
    )
    # Credits whole, else by their first words, which the list of data has whole.
    line = border.source.partition(",")[0]
    return _fitting(
        f"{base}, measured on the ellipsoid along this line: {border.source}{_published(border)}.",
        f"{base} along this line: {border.source}{_published(border)}.",
        f"{base} along this line: {line}{_published(border, short=True)}.",
        f"{base}{_published(border, short=True, credit=False)}.",
    )


def _published(border: Border, *, short: bool = False, credit: bool = True) -> str:
    """Hold the measured length against the published one, where the two differ."""
    if border.published_length_km is None:
        return "; no published length is known to hold this against"
    if len(lengths_told(border, "measured")) == 1:
        return ""
    off = border.length_km / border.published_length_km - 1.0
    source = str(border.published_length_source)
    told = f"{published_words(border)} ({published_words(border, 'mi')})"
    if credit:
        told += f", by {source.partition(',')[0] if short else source}"
    return f"; that is {percent(abs(off))} {'longer' if off > 0 else 'shorter'} than the published length of {told}"


def flagged_sentence(result: StudyResult) -> str:
    """Say in forty words which share of the corridor is flagged; `flagged_notes` has the rest."""
    remote, caves = remote_desert(result), cave_prone(result)
    if not remote.known and not caves.known:
        lacks = lacking(result, "remote desert")
        both = "How much of the corridor is remote desert or cave-prone is"
        if lacks == lacking(result, "cave-prone ground"):
            known = (nowhere(result, "remote desert"), first_reason(result, "remote desert"))
            return _fitting(*(f"{both} {words}." for words in (*known, "not known")))
    far = _unknown_of(result, f"how much of {half_words(result)} is remote desert", "remote desert")
    if remote.known:
        far = [remote_words(result), remote_words(result, short=True)]
    rock = _unknown_of(result, "which ground is cave-prone", "cave-prone ground")
    if caves.known:
        lies = f"{percent(1 - caves.unknown)} of the corridor lies on soluble rock"
        unknown = ", elsewhere caves are unknown" if caves.unknown else ""
        rock = [f"{lies}, which can hold caves{unknown}", f"{lies}{unknown}"]
    return _fitting(*(f"{one[0].upper()}{one[1:]}; {other}." for one in far for other in rock))


def _unknown_of(result: StudyResult, what: str, quantity: str) -> list[str]:
    """Say that a quantity is not known, from all its reasons and cures to none of them."""
    if hidden(result) and quantity == "remote desert":
        return [f"{what} is {_HIDDEN}"]
    told = (nowhere(result, quantity), first_reason(result, quantity), "not known")
    return [f"{what} is {words}" for words in told]


def _fitting(*variants: str) -> str:
    """Give the first that is short enough to be read, else the last."""
    return next((words for words in variants if len(words.split()) <= _MOST_WORDS), variants[-1])


def flagged_notes(result: StudyResult) -> list[str]:
    """Say beside the finding on flagged ground what forty words do not hold."""
    corridor = result.corridor
    depth = " and ".join(f"{km:g}" for km in sorted(set(corridor.depth_km.values())))
    size = f"{corridor.area_km2:,.0f} km2, {depth} km deep on each side"
    notes = [f"{half_words(result)} is {half_size(result)}{size}"]
    notes += _remote_notes(result)
    notes += _cave_notes(result)
    notes += [left_out(result)]
    return [f"{note[0].upper()}{note[1:]}." for note in notes if note]


def _remote_notes(result: StudyResult) -> list[str]:
    scenario, share = result.scenario, remote_desert(result)
    if not share.known:
        return [f"how much is remote desert is {nowhere(result, 'remote desert')}"]
    first, last = min(scenario.remote_hours_range), max(scenario.remote_hours_range)
    mode = MODE_WORDS[scenario.force.mode]
    shares = _between(percent(share.low), percent(share.high))
    words = (
        f"remote desert is bare ground more than {scenario.remote_hours:g} h {mode} from the nearest "
        f"{origin_words(result)} ({percent(share.chosen)} of that half; {remote_whole_words(result)})"
        f"{upper_bound(result)}"
    )
    return [words, f"with {first:g} to {last:g} h in its place it is {shares}", share.rest]


def _between(low: str, high: str) -> str:
    """Write a range, or the one share where both ends read the same."""
    return f"between {low} and {high}" if low != high else low


def _cave_notes(result: StudyResult) -> list[str]:
    share = cave_prone(result)
    if not share.known:
        return [f"which ground is cave-prone is {nowhere(result, 'cave-prone ground')}"]
    words = (
        f"of the {percent(1 - share.unknown)} on mapped soluble rock {percent(share.low)} ranks medium or "
        "high in cave susceptibility by its rock alone"
    )
    if share.high > share.low:
        words += f", and {percent(share.high)} with the open ground that these cells show"
    if share.unknown:
        words += f"; for the other {percent(share.unknown)} of the corridor nothing is mapped, so caves are unknown, not absent"
    return [words]


KIT_WORDS = {
    "eye": "the unaided eye",
    "goggles": "night-vision goggles",
    "thermal": "vehicle thermal imagers",
    "posts": "thermal posts that stand",
    "scenario": "what the scenario has",
}
LAW_WORDS = {"random": "unled", "beats_soft": "led", "standing": "posts"}
OPPONENT_WORDS = {
    "blind": "knows nothing",
    "last_pass": "saw the last pass",
    "informed": "knows all units",
}
_AIM_WORDS = {
    "mean_pod": "see {share} of crossings",
    "min_pod": "see {share} at the weakest place",
    "mean_poi": "stop {share} of crossings",
}
# A force whose size everybody can look up, for the scale of an answer.
_SCALE_FORCES = ("Iraq plan 2005", "Iraq west 2006")


def rounded(number: float) -> str:
    """Write a number of people or units in the digits that its band leaves: two."""
    if math.isnan(number):
        return "unknown"
    if not math.isfinite(number):
        return "no number"
    if number < 100:
        return f"{number:,.0f}"
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    return f"{round(number / step) * step:,.0f}"


def aim_words(row: Any) -> str:
    """Say what a row of the answer is to reach."""
    return _AIM_WORDS[row.measure].format(share=percent(float(row.target)))


def answer_rows(result: StudyResult, length: str | None = None) -> pd.DataFrame:
    """Give the answer for one length of the border, that of the headline unless named."""
    assert result.answer is not None  # noqa: S101 - asked before
    rows = result.answer["length"] == (length or result.scenario.length)
    return result.answer[rows].reset_index(drop=True)


def answer_row(
    result: StudyResult,
    measure: str,
    kit: str,
    law: str,
    opponent: str = "blind",
    *,
    length: str | None = None,
) -> Any:
    """Give one row of the answer."""
    table = answer_rows(result, length)
    rows = table[
        (table["measure"] == measure)
        & (table["kit"] == kit)
        & (table["law"] == law)
        & (table["opponent"] == opponent)
    ]
    return next(rows.itertuples())


def answer_finding(result: StudyResult) -> str:
    """Say in a title what eyes are worth."""
    eye, thermal = (answer_row(result, "min_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    return (
        f"“Every inch” takes {rounded(eye.people)} people out with the unaided eye, "
        f"{rounded(thermal.people)} with vehicle thermal imagers, if they are led"
    )


def answer_standing(result: StudyResult) -> str:
    """Say under a title what the answer stands on."""
    return (
        f"{result.name}, {along_words(result)}: people out at once by night, median and 5 to 95 % over "
        "what nobody chooses (ranges, ground, speeds, response)."
    )


def answer_caution(result: StudyResult) -> str:
    """Say beside the answer what it is not."""
    crew = result.scenario.force.crew
    return (
        "Every inch: 95 of 100 seen at the weakest place on a moonless night; the other two are means over "
        f"the moons. A unit of the scenario is {crew} people, one of the other kits 4. A planning estimate on coarse open data, and no forecast."
    )


@dataclass(frozen=True, kw_only=True)
class ForceInPeople:
    """A real force, in people on this border."""

    words: str
    people: float


def forces_in_people(result: StudyResult) -> list[ForceInPeople]:
    """Give what real forces had, per kilometre, on the length of this border."""
    crew = result.scenario.force.crew
    return [
        ForceInPeople(words=force.case, people=crew * force.units[0])
        for force in real_forces(result)
        if force.case in _SCALE_FORCES and math.isfinite(force.units[0])
    ]


def _where(result: StudyResult) -> str:
    """Name the length that a sentence stands on, where the border has two."""
    if len(lengths(result)) == 1:
        return ""
    return f" {at_length(result, result.scenario.length)}"


def every_inch_sentence(result: StudyResult) -> str:
    """Say in forty words how many people "every inch" takes, or why nobody knows."""
    if result.answer is None:
        what = "How many units it takes is"
        reasons = (nowhere(result, "units"), first_reason(result, "units"), "not known")
        return _fitting(*(f"{what} {words}." for words in reasons))
    eye, thermal = (answer_row(result, "min_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    where, first, other = _where(result), _people(eye), _people(thermal).replace(" people", "")
    seen = "95 of 100 seen at the weakest place in the dark"
    return _fitting(
        f"“Every inch”, {seen}, takes{where} {first.replace('people', 'people out at once', 1)} with the "
        f"unaided eye, and {other} with vehicle thermal imagers, if they are led.",
        f"“Every inch”, {seen}, takes{where} {first} with the eye and {other} with thermal imagers, if led.",
    )


def answer_sentences(result: StudyResult) -> list[str]:
    """Say the answer in sentences of at most forty words."""
    if result.answer is None:
        return [every_inch_sentence(result)]
    eye, thermal = (answer_row(result, "mean_pod", kit, "beats_soft") for kit in ("eye", "thermal"))
    found = [
        (
            f"By night, seeing half of all crossings takes{_where(result)} {_people(eye)} with the unaided "
            f"eye and {_people(thermal)} with vehicle thermal imagers, if they are led."
        ),
        every_inch_sentence(result),
    ]
    if "mean_poi" not in set(result.answer["measure"]):
        return found
    stop = answer_row(result, "mean_poi", "scenario", "random")
    if math.isnan(stop.people):
        found.append(
            "Of what the scenario has only a sweep width is known, not how far it recognises: what it stops is "
            "not known."
        )
    elif math.isfinite(stop.people):
        payroll = "an unknown number" if math.isnan(stop.payroll) else rounded(stop.payroll)
        found.append(
            f"Stopping half, with what the scenario has and nobody leading, takes {_people(stop)} out and "
            f"{payroll} on the payroll, if cover is {result.scenario.cover_km:g} km away."
        )
    else:
        found.append(
            f"No number of units stops half, if cover is {result.scenario.cover_km:g} km away and those who "
            "answer come from where they are."
        )
    return found


def standing_words(result: StudyResult) -> list[str]:
    """Say which posts and obstacles of the user the answer counts, where there are any."""
    posts, obstacles = result.scenario.posts, result.scenario.obstacles
    told = []
    if posts:
        number = sum(row.posts for row in posts)
        told.append(
            f"{number:,.0f} {'post' if round(number) == 1 else 'posts'} on {_stretch(posts)}"
        )
    if obstacles:
        noun = "obstacle" if len(obstacles) == 1 else "obstacles"
        told.append(f"{len(obstacles)} {noun} on {_stretch(obstacles)}")
    if not told:
        return []
    return [
        (
            f"The answer counts what the user says stands there already: {listed(told)}. It tells what is "
            "needed beside that; the people of those posts are not in it."
        )
    ]


def _stretch(rows: Iterable[Any]) -> str:
    return f"{sum(row.to_km - row.from_km for row in rows):,.0f} km"


def _people(row: Any) -> str:
    """Write people out at once with their band; a kit that cannot do it takes more than any number."""
    if not math.isfinite(row.people):
        return "more than any number of people"
    high = f"to {rounded(row.people_high)}" if math.isfinite(row.people_high) else "or more"
    return f"{rounded(row.people)} people ({rounded(row.people_low)} {high})"
