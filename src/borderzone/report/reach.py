"""What the report says of reach and sight: hours to the border, nights on foot, lines of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone import access
from borderzone.figures.reach_charts import race_words
from borderzone.figures.words import MODE_WORDS
from borderzone.report import cells
from borderzone.study.reach import BREAKS_H

if TYPE_CHECKING:
    from borderzone.study import StudyResult
    from borderzone.study.posts import PostSight

__all__ = ["light_table", "night_table", "reach_words", "response_table", "sight_words"]

MEASURED = "lines of sight"


def reach_words(result: StudyResult) -> list[str]:
    """
    Say how long it takes to the border, and how far a night carries from it.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    list of str
        Paragraphs; none without travel times.
    """
    reach = result.reach
    if reach is None:
        return []
    words = [] if reach.along is None else [_response(result)]
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
    assert reach is not None and reach.along is not None  # noqa: S101, PT018 - asked for before
    along = reach.along
    found = access.response_summary(along)
    kinds = "origin" if result.origins is None else " or ".join(sorted(set(result.origins["kind"])))
    words = (
        f"From the nearest {kinds}, {MODE_WORDS[reach.mode]}, half of the border is reached within "
        f"{_hours(found['median_h'])}, nine tenths within {_hours(found['p90_h'])}, and the farthest kilometre "
        f"in {_hours(found['worst_h'])}."
    )
    for count, why in (
        (found["unreachable"], "no way leads"),
        (found["unknown"], "there is no elevation"),
    ):
        if count:
            words += f" To {count:.0f} of {found['points']:.0f} kilometres {why}."
    return words + (
        " That is driving over open ground, without mustering, halts or breakdowns; "
        + ("roads count as given." if reach.on_roads else "roads are not in it.")
    )


def _night(result: StudyResult) -> str:
    reach = result.reach
    assert reach is not None  # noqa: S101 - asked for before
    night = reach.night
    flat = night["flat_km"]
    share = night["share"]
    return (
        f"Without useful light the night lasts {night['night_h'].min():.1f} to "
        f"{night['night_h'].max():.1f} h in the middle of the border. Somebody on foot in the dark, at "
        f"{night.attrs['flat_km_h']:.1f} km/h on the flat and without a rest, makes {flat.min():.0f} to "
        f"{flat.max():.0f} km in it, and from the border reaches {100 * share.min():.0f} to "
        f"{100 * share.max():.0f} % of the corridor on either side. This says how deep the ground behind "
        "the line matters. It predicts no crossing, and most who walk there are civilians."
    )


def sight_words(result: StudyResult) -> list[str]:
    """
    Say what a patrol on the border does not see, and whether that was measured.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    list of str
        Paragraphs; none without terrain.
    """
    rows = result.segments
    if "f_mask" not in rows:
        return []
    measured = rows["f_mask_source"] == MEASURED
    low, high = 100 * rows["f_mask"].min(), 100 * rows["f_mask"].max()
    words = f"Of the ground within 2 km of the border {low:.0f} to {high:.0f} % is out of sight of a patrol on it, by segment."
    if measured.all():
        words += " That was measured, line of sight by line of sight, from stops along the border."
    elif measured.any():
        words += (
            f" On {measured.sum()} of {len(rows)} segments that was measured, line of sight by line of "
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
        f"{100 * posts.share:.0f} % of the corridor is in sight within {posts.max_km:g} km of one at least, in clear air "
        "and by line of sight alone: seen ground is not watched ground."
    )


def response_table(result: StudyResult) -> cells.Table | None:
    """
    Tabulate which share of the border and of the corridor is how far away.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict or None
        The table; None where there is none.
    """
    reach = result.reach
    if reach is None or reach.along is None or reach.bands is None:
        return None
    found = access.response_summary(reach.along, thresholds_h=BREAKS_H)
    bands = reach.bands.set_index("from_h")["share"]
    rows = [
        (
            f"more than {limit:g} h",
            cells.share(found[f"share_beyond_{limit:g}_h"]),
            cells.share(bands[bands.index >= limit].sum()),
        )
        for limit in BREAKS_H
    ]
    return cells.table(
        "How long it takes to get there",
        f"Time from the nearest origin, {MODE_WORDS[reach.mode]}.",
        [("away", False), ("of the border", True), ("of the corridor", True)],
        rows,
    )


def night_table(result: StudyResult) -> cells.Table | None:
    """
    Tabulate the reach of a night on foot by month.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict or None
        The table; None where there is none.
    """
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
        "Night without useful light, the way on flat ground, and the share of the corridor in reach.",
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
    """
    Tabulate night and moon in the middle of the border, month by month.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict
        The table.
    """
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


def _hours(value: float) -> str:
    return f"{value:.1f} h" if np.isfinite(value) else "no time at all, for no way leads there"
