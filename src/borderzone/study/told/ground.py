"""What a study tells of ground: what is remote or cave-prone, how far it is, what is out of sight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone import access
from borderzone._guards import percent
from borderzone.study.force_side import BOTH
from borderzone.study.told.unknown import (
    HIDDEN_WORDS,
    MEASURED,
    first_reason,
    hidden,
    lacking,
    nowhere,
)
from borderzone.study.told.words import MODE_WORDS, fitting, fraction_words, span

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from borderzone.study.result import StudyResult

__all__ = [
    "Share",
    "Sight",
    "across_words",
    "across_zones",
    "beyond",
    "cave_prone",
    "flagged_notes",
    "flagged_sentence",
    "force_country",
    "ground_words",
    "half_size",
    "half_words",
    "land_km2",
    "left_out",
    "mostly_remote",
    "mostly_remote_words",
    "night_length_words",
    "night_words",
    "origin_words",
    "out_of_sight",
    "race_words",
    "remote_desert",
    "remote_whole_words",
    "remote_words",
    "response_words",
    "side_words",
    "unknowns",
    "upper_bound",
]

_HOURS = {1.0: "an hour's", 2.0: "two hours'", 3.0: "three hours'", 6.0: "six hours'"}


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


def origin_words(result: StudyResult) -> str:
    """Say what travel times of a study start from."""
    return f"{result.ground.origin_kind or 'origin'} in {force_country(result)}"


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


def upper_bound(result: StudyResult, before: str = "; ") -> str:
    """Say that hours without roads are an upper bound; with roads there is nothing to say."""
    if result.reach.night is None or result.reach.on_roads:
        return ""
    return f"{before}hours are without roads, so an upper bound"


def beyond(bands: pd.DataFrame, limit_h: float, *, across_km2: float = 0.0) -> float:
    """Give the share of ground farther than some hours."""
    far = float(bands.loc[bands["from_h"] >= limit_h - 1e-9, "area_km2"].sum())
    return (far + across_km2) / (float(bands["area_km2"].sum()) + across_km2)


def flagged_sentence(result: StudyResult) -> str:
    """Say in forty words which share of the corridor is flagged; `flagged_notes` has the rest."""
    remote, caves = remote_desert(result), cave_prone(result)
    if not remote.known and not caves.known:
        lacks = lacking(result, "remote desert")
        both = "How much of the corridor is remote desert or cave-prone is"
        if lacks == lacking(result, "cave-prone ground"):
            known = (nowhere(result, "remote desert"), first_reason(result, "remote desert"))
            return fitting(*(f"{both} {words}." for words in (*known, "not known")))
    far = _unknown_of(result, f"how much of {half_words(result)} is remote desert", "remote desert")
    if remote.known:
        far = [remote_words(result), remote_words(result, short=True)]
    rock = _unknown_of(result, "which ground is cave-prone", "cave-prone ground")
    if caves.known:
        lies = f"{percent(1 - caves.unknown)} of the corridor lies on soluble rock"
        unknown = ", elsewhere caves are unknown" if caves.unknown else ""
        rock = [f"{lies}, which can hold caves{unknown}", f"{lies}{unknown}"]
    return fitting(*(f"{one[0].upper()}{one[1:]}; {other}." for one in far for other in rock))


def _unknown_of(result: StudyResult, what: str, quantity: str) -> list[str]:
    """Say that a quantity is not known, from all its reasons and cures to none of them."""
    if hidden(result) and quantity == "remote desert":
        return [f"{what} is {HIDDEN_WORDS}"]
    told = (nowhere(result, quantity), first_reason(result, quantity), "not known")
    return [f"{what} is {words}" for words in told]


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
        f"{origin_words(result)}{upper_bound(result)}"
    )
    much = f"it is {percent(share.chosen)} of that half; {remote_whole_words(result)}"
    return [words, much, f"with {first:g} to {last:g} h in its place it is {shares}", share.rest]


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
