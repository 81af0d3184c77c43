"""What a study tells of the way that is watched least, of who watches back, and of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone._guards import percent
from borderzone.errors import InvalidParameterError
from borderzone.study.told.unknown import without_elevation

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.study.result import StudyResult

__all__ = [
    "CROSSING_WORDS",
    "crossing_finding",
    "crossing_table",
    "crossing_words",
    "posts_beside_words",
    "posts_finding",
    "posts_flat_words",
    "posts_table",
    "posts_words",
    "watcher_words",
]

# A column of the table of weakest ways -> its words.
CROSSING_WORDS = {
    "segment_pod": "anywhere on the segment",
    "pod": "on the way that is watched least",
    "night_pod": "on the best way within one night",
}


def crossing_table(result: StudyResult) -> pd.DataFrame:
    """Give the weakest way of every 10 km, and what the segments say there."""
    table = result.crossing.by_10_km
    if table is None:
        if result.answer is not None:
            msg = f"the units of the study of {result.name} stand, so they sweep no ground; ask the answer for posts"
            raise InvalidParameterError(msg)
        raise InvalidParameterError(without_elevation(result, "weakest way"))
    return table


def crossing_finding(result: StudyResult) -> str:
    """Say how much is seen on the weakest way, beside the segments."""
    table = crossing_table(result)
    row = table.iloc[int(table["pod"].argmin())]
    seen, said = percent(row["pod"]), percent(row["segment_pod"])
    where = f"at km {row['km_start']:.0f} to {row['km_end']:.0f}"
    beside = "as much as anywhere there" if seen == said else f"{said} anywhere there"
    return f"{result.scenario.reference_units} units spread evenly see {seen} on the way that is watched least, {where}; {beside}"


def crossing_words(result: StudyResult) -> list[str]:
    """Say what the weakest way is, on which cells, and how it rises with units."""
    found = result.crossing
    if found.by_10_km is None or found.by_units is None:
        return []
    table, units = found.by_10_km, found.by_units
    late = int(table["longer_than_night"].sum())
    cell_km = result.scenario.resolution_m / 1000.0
    words = [
        (
            "Who knows the ground does not cross anywhere: he takes the way that is watched least. "
            f"{crossing_finding(result)}."
        ),
        (
            f"It is sought on cells of {cell_km:g} km, which hide every gully narrower than that: on finer elevation "
            "the weakest way is weaker."
        ),
    ]
    if late:
        words.append(
            f"In {late} of {len(table)} stretches it takes longer than one night; the best way within a night is told beside it."
        )
    half = units[units["mean_pod"] >= 0.5]
    if len(half):
        row = half.iloc[0]
        words.append(
            f"Where {row['unit_count']:,.0f} units see {percent(row['mean_pod'])} on average, they see {percent(row['crossing_pod'])} on "
            "that way."
        )
    return words


def watcher_words(result: StudyResult) -> list[str]:
    """Say what a crosser gains by watching, by the way units go about it."""
    table = result.crossing.watcher
    if table is None:
        return []
    informed, blind = (
        table.set_index("law")[name].astype(float).to_dict() for name in ("informed", "blind")
    )
    return [
        (
            f"At the coverage of {result.scenario.reference_units} units, who knows where led units are meets "
            f"{percent(informed['beats_soft'])} instead of {percent(blind['beats_soft'])}. Passes at random times give nothing "
            f"away: {percent(informed['memoryless'])} for anybody."
        )
    ]


def posts_flat_words(result: StudyResult) -> list[str]:
    """Say how few posts flat ground would take, beside what was built."""
    if result.crossing.flat_posts is None:
        return []
    row = result.crossing.flat_posts.iloc[0]
    return [
        (
            f"On flat ground {row['posts']:,.0f} posts that see {row['range_km']:g} km would leave no gap in {row['line_km']:,.0f} km; real "
            f"ground hides, and takes more. At one post a kilometre, as was built on the wall of Iraq in 2024, there "
            f"would be {row['built']:,.0f}."
        )
    ]


def posts_words(result: StudyResult) -> list[str]:
    """Say what posts see and add, or what it takes to tell."""
    words = posts_flat_words(result)
    if result.crossing.siting is None:
        pair = f"{result.border.a} {result.border.b}"
        words.append(
            "Where posts go is told on elevation of 90 m or finer, for a study with a table [posts]: "
            f"'borderzone fetch dem {pair}' brings what it takes."
        )
        return words
    return [*words, f"{posts_finding(result)}.", *posts_beside_words(result)]


def posts_table(result: StudyResult) -> pd.DataFrame:
    """Give what each number of posts sees at the best places found."""
    table = result.crossing.siting
    if table is None:
        msg = (
            f"the study of {result.name} sites no posts: give it elevation of 90 m or finer and a table [posts], in "
            "Python Study(posts=posts.PostPlan())"
        )
        raise InvalidParameterError(msg)
    return table


def posts_finding(result: StudyResult) -> str:
    """Say how much of the ground the most posts see, and what no choice of places passes."""
    row = posts_table(result).iloc[-1]
    return (
        f"{row['posts']:,.0f} posts see {percent(row['seen_share'])} of the ground at the best places found; no choice of places "
        f"sees more than {percent(row['bound_share'])}"
    )


def posts_beside_words(result: StudyResult) -> list[str]:
    """Say what the weakest way is with posts, and with as many more patrols."""
    table = result.crossing.beside_posts
    if table is None:
        return []
    alone, posted, more = (row for _, row in table.iterrows())
    return [
        (
            f"{alone['patrols']:,.0f} units see {percent(alone['crossing_pod'])} on the weakest way; with {posted['posts']:,.0f} posts beside "
            f"them {percent(posted['crossing_pod'])}, with as many more units {percent(more['crossing_pod'])}."
        )
    ]
