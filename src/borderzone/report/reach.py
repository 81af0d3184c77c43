"""What the report says of reach and sight: hours to the border, nights on foot, lines of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone import access
from borderzone.figures.reach_charts import race_words
from borderzone.figures.words import MODE_WORDS
from borderzone.report import cells
from borderzone.study import told
from borderzone.study.reach import BREAKS_H

if TYPE_CHECKING:
    from borderzone.study import StudyResult
    from borderzone.study.posts import PostSight

__all__ = ["light_table", "night_table", "reach_words", "response_table", "sight_words"]


def reach_words(result: StudyResult) -> list[str]:
    """Say how long it takes to the border, and how far a night carries from it."""
    reach = result.reach
    if reach is None:
        return [f"Reach and sight are {told.nowhere(result, 'travel times')}."]
    if reach.along is not None:
        words = [_response(result)]
    elif told.hidden(result):
        words = ["Travel times are not shown, for posts could be read in them."]
    else:
        words = [f"Travel times are {told.nowhere(result, 'travel times')}."]
    if reach.race is not None:
        words.append(_race(result))
    return [*words, _night(result)]


def _race(result: StudyResult) -> str:
    scenario = result.scenario
    who = "in a vehicle" if scenario.crosser == "vehicle" else "on foot, as fast as by day"
    return (
        f"Somebody {who} makes for the nearest cover given; the response sets out "
        f"{scenario.report_minutes:g} minutes after they are seen. It is first at the line on "
        f"{race_words(result)}. That takes for granted that they were seen."
    )


def _response(result: StudyResult) -> str:
    reach = result.reach
    assert reach is not None  # noqa: S101 - asked for before
    roads = (
        "roads count as given."
        if reach.on_roads
        else "roads are not in it: `borderzone fetch roads` brings them."
    )
    return (
        f"{told.response_words(result)}. Hours count from the nearest {told.origin_words(result)}. "
        f"That is driving over open ground, without mustering, halts or breakdowns; {roads}"
    )


def _night(result: StudyResult) -> str:
    reach = result.reach
    assert reach is not None  # noqa: S101 - asked for before
    night = reach.night
    return (
        f"Without useful light the night lasts {told.night_length_words(result)}, in the middle of "
        "the border. Somebody on foot in the dark, at "
        f"{night.attrs['flat_km_h']:.1f} km/h and without a rest, makes from the border in it "
        f"{told.night_words(result)}. This says how deep the ground behind the line "
        "matters. It predicts no crossing, and most who walk there are civilians."
    )


def sight_words(result: StudyResult) -> list[str]:
    """Say what a patrol on the border does not see, and whether that was measured."""
    sight = told.out_of_sight(result)
    if sight is None:
        return []
    words = (
        f"Of the ground within 2 km of the border {told.span(sight.low, sight.high)} is out of sight of a "
        "patrol on it, by segment."
    )
    if sight.unknown:
        words += f" In {sight.unknown} of {sight.segments} segments it is not known."
    if sight.measured == sight.segments:
        words += " That was measured, line of sight by line of sight, from stops along the border."
    elif sight.measured:
        words += (
            f" On {sight.measured} of {sight.segments} segments that was measured, line of sight by line of "
            "sight; on the others it is assumed from their landforms."
        )
    else:
        words += (
            " Elevation as coarse as this shows no line of sight: the share is assumed from landforms, "
            "with a wide band. Elevation of 90 m or finer measures it."
        )
    return [words] if result.posts is None else [words, _posts(result.posts)]


def _posts(posts: PostSight) -> str:
    return (
        f"From {cells.counted(posts.n_posts, 'post')} with eyes {posts.height_m:g} m above the ground, "
        f"{told.percent(posts.share)} of the corridor is in sight within {posts.max_km:g} km of one at least, in clear air "
        "and by line of sight alone: seen ground is not watched ground."
    )


def response_table(result: StudyResult) -> cells.Table | None:
    """Tabulate which share of the border and of the corridor is how far away."""
    reach = result.reach
    if reach is None or reach.along is None or reach.bands is None:
        return None
    found = access.response_summary(reach.along, thresholds_h=BREAKS_H)
    rows = [
        (
            f"more than {limit:g} h",
            cells.share(found[f"share_beyond_{limit:g}_h"]),
            cells.share(told.beyond(reach.bands, limit)),
            cells.share(told.beyond(reach.bands, limit, across_km2=reach.across_km2)),
        )
        for limit in BREAKS_H
    ]
    return cells.table(
        "How long it takes to get there",
        f"Time from the nearest {told.origin_words(result)}, {MODE_WORDS[reach.mode]}{told.upper_bound(result)}. The force does not "
        "cross the border: ground across it is beyond any hours.",
        [
            ("away", False),
            ("of the border", True),
            (f"of {told.ground_words(result)}", True),
            (f"of {told.ground_words(result, whole=True)}", True),
        ],
        rows,
    )


def night_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the reach of a night on foot by month."""
    if result.reach is None:
        return None
    night = result.reach.night
    sides = list(night.index.get_level_values("side").unique())
    first = night.loc[sides[0]]
    rows = [
        (
            row.name_,
            cells.number(row.night_h, 1),
            cells.number(row.flat_km, 0),
            *(cells.share(night.loc[(side, row.Index), "share"]) for side in sides),
        )
        for row in first.rename(columns={"name": "name_"}).itertuples()
    ]
    return cells.table(
        "One night on foot from the border",
        (
            f"Night without useful light on the {night.attrs['day']}th of the month, the way on flat "
            "ground, and the share of the corridor in reach."
        ),
        [
            ("month", False),
            ("night, h", True),
            ("flat ground, km", True),
            *((f"of {result.border.names.get(side, side)}", True) for side in sides),
        ],
        rows,
        folded=True,
    )


def light_table(result: StudyResult) -> cells.Table:
    """Tabulate night and moon in the middle of the border, month by month."""
    table = result.light.loc["middle"]
    told = result.light.attrs
    rows = [
        (
            row.name_,
            *(cells.number(getattr(row, twilight), 1) for twilight in access.TWILIGHTS_DEG),
            cells.share(row.moon_illuminated),
            cells.whole(row.dark_nights),
        )
        for row in table.rename(columns={"name": "name_"}).itertuples()
    ]
    return cells.table(
        f"Night and moon in {told['year']}",
        (
            "In the middle of the border: mean hours of night by where the sun stands, share of the moon "
            f"that is lit at midnight, and nights with less than {100 * told['dark_below']:.0f} % of it lit."
        ),
        [
            ("month", False),
            *((f"{twilight}, h", True) for twilight in access.TWILIGHTS_DEG),
            ("moon", True),
            ("dark nights", True),
        ],
        rows,
        folded=True,
    )
