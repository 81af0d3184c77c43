"""Sections of the report: standing words, credits, caves, the index, reach and sight, incidents."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from borderzone import access
from borderzone._guards.draws import BAND_DEVIATIONS
from borderzone.incidents import ARTICLE_ESTIMATE
from borderzone.report import cells
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from borderzone.study import StudyResult
    from borderzone.study.reach import PostSight

__all__ = [
    "LEDE",
    "LIMITS",
    "article_facts",
    "caves_table",
    "caves_words",
    "creed",
    "estimate_words",
    "event_ground_table",
    "excluded_words",
    "exposure_table",
    "flagged_words",
    "ground_table",
    "ground_words",
    "hotspot_segments_table",
    "hotspot_stretches_table",
    "hotspot_words",
    "index_words",
    "inputs_table",
    "licence_table",
    "light_table",
    "night_table",
    "overlay_table",
    "people",
    "reach_words",
    "resolution",
    "response_table",
    "sight_words",
    "stability_table",
    "weights_table",
    "zone_words",
]

LEDE = (
    "A planning-level estimate from open data: where the border is, which ground along it is hard "
    "to patrol, and how many patrol units would see and stop how many crossings, with bands."
)

_PEOPLE_IRQ_SYR = (
    "Most people in this desert are civilians: herders with their flocks, families who gather "
    "truffles from January to April, people displaced by war, traders and smugglers of everyday "
    "goods. They are also its first victims: by the Iraqi count 44 truffle gatherers were "
    "kidnapped in early 2019 (The New York Times)."
)
_PEOPLE_ELSEWHERE = (
    "Borderlands are lived in: by herders and farmers, by people who trade across the line and "
    "visit family on its other side, by people who were displaced. Most who move there, by day or "
    "by night, are civilians."
)
_NEVER_A_TARGET = (
    "Nothing here tells who is on the ground. A flagged zone is never a target, and this study "
    "must not be used for decisions on force or detention."
)

LIMITS = (
    (
        "It is coarse planning from open data. It detects nobody, predicts no single crossing and does "
        "not show that any cave exists; its bands are part of every result, and incidents say nothing "
        "at less than 10 km."
    ),
    (
        "Coverage is the probability of a model under stated sweep widths. It is not deterrence, not "
        "legality and not control, and an absence of incidents is an absence of reports."
    ),
    (
        "Random search reaches certainty with no number of units: every further nine costs as much "
        "again. “Every inch” in the strict sense is out of reach of patrols alone."
    ),
    (
        "Units are spread by the model, not by a staff: no supply, terrain damage, weather, leave "
        "politics or opponent who adapts is in it, and the ranges of sensors are published or assumed, "
        "not tested on this ground."
    ),
    (
        "Crossings are taken to be spread evenly along the border and to go straight over it. Whoever "
        "chooses the weakest place meets the weakest segment, not the mean."
    ),
    (
        "Read as a map of gaps it could do harm; the public edition therefore joins results to "
        "segments of 10 km or more and shows no posts."
    ),
)


def creed(result: StudyResult) -> str:
    """Say in one line who lives along the border."""
    if _is_iraq_syria(result):
        return "Herders, truffle gatherers and displaced families live here."
    return "People live here: herders, farmers, traders and families on both sides."


def people(result: StudyResult) -> list[str]:
    """Say who lives along the border."""
    here = _PEOPLE_IRQ_SYR if _is_iraq_syria(result) else _PEOPLE_ELSEWHERE
    return [here, _NEVER_A_TARGET]


def _is_iraq_syria(result: StudyResult) -> bool:
    return {result.border.a, result.border.b} == {"IRQ", "SYR"}


def article_facts() -> list[str]:
    """Say what the news article reported, and what it did not."""
    estimate = ARTICLE_ESTIMATE
    return [
        (
            f"The “about {estimate.people:,.0f}” who crossed in some {estimate.days / 30.4:.0f} "
            "months is one analyst's estimate (Hisham al-Hashimi) of people who got through, most "
            "of them after March 2019. It is not a count, and not of attempts."
        ),
        (
            "How many were stopped is not published, so the chance of being stopped cannot be "
            "worked out from it: it could be 9 % (100 stopped) or 90 % (9,000 stopped)."
        ),
        (
            "“Under the cover of darkness” describes attacks inside Iraq, not the crossing. That "
            "crossings happen by night is an assumption of this study, and the worst case."
        ),
        (
            "L. Loveluck and M. Salim, The Washington Post, 21 July 2019, dateline Qaim; reprinted "
            "by Stars and Stripes. The colonel quoted is Saad Mohammed, western Anbar."
        ),
    ]


def resolution(result: StudyResult) -> str:
    """Say what cells of this size can hold."""
    assert result.ground.grid is not None  # noqa: S101 - asked for only where there is a grid
    runs = f"The study runs on cells of {result.ground.grid.resolution_m / 1000:g} km"
    if result.ground.fine is None:
        return (
            f"{runs}. Cells add nothing to what the inputs can resolve, which stands in the table with "
            "how far each may be off. Nothing smaller than a few cells of the coarsest input exists in "
            "this report: no wadi, no cliff, no track, no line of sight."
        )
    return (
        f"{runs}, its terrain on cells of {result.ground.fine.grid.resolution_m:g} m. Travel times and zones "
        "stand on the coarser ones. Nothing narrower than a few cells of the elevation exists in this "
        "report: no track, no wall, no cave mouth. A surface model holds roofs and trees as ground."
    )


def inputs_table(result: StudyResult) -> cells.Table:
    """Tabulate what each input can resolve and how far it may be off."""
    return cells.table(
        "What the inputs can resolve",
        "Results stand on all of them and are no finer than the coarsest.",
        [("input", False), ("resolution", False), ("accuracy", False), ("to know", False)],
        _once(
            (record.title, record.resolution, record.accuracy, record.notes)
            for record in result.inputs
        ),
    )


def licence_table(result: StudyResult) -> cells.Table:
    """Tabulate credits and licences."""
    return cells.table(
        "",
        "Data used in this run. Checksums stand in manifest.json.",
        [("data", False), ("credit", False), ("licence", False), ("reference", False)],
        _once(
            (record.title, record.attribution or "none asked for", record.licence, record.citation)
            for record in result.inputs
        ),
    )


def _once(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Tell tiles of one product in one row, with their number."""
    counted = Counter(rows)
    return [
        (f"{row[0]} ({number} files)" if number > 1 else row[0], *row[1:])
        for row, number in counted.items()
    ]


def caves_words(result: StudyResult) -> list[str]:
    """Say how well known caves and the map of susceptibility agree."""
    found = result.ground.cave_calibration
    if found is None:
        return []
    left_out = {
        "beside the grid": found.n_off_grid,
        "outside the corridor": found.n_outside,
        "where no soluble rock is mapped": found.n_unknown_rock,
        "in a cell that has one already": found.n_same_cell,
    }
    gone = ", ".join(f"{number} {where}" for where, number in left_out.items() if number)
    low, high = (max(0.0, min(1.0, found.auc + sign * 1.96 * found.auc_se)) for sign in (-1, 1))
    return [
        (
            f"Of {found.n_given} known caves {found.n_used} count{f' ({gone} do not)' if gone else ''}. "
            "Against all mapped rock of the corridor, the area under the success-rate curve of the flag "
            f"is {found.auc:.2f} (95 % band {low:.2f} to {high:.2f}); 0.5 is what a map without "
            "knowledge would reach. The flag is a fuzzy overlay with stated weights and has not seen these "
            f"caves. Weights of evidence from them would reach {found.auc_fitted:.2f} on the same caves and "
            f"{found.auc_held_out:.2f} on caves held out. Inventories are fullest where people walk, and none "
            "of this says where an unknown cave is. No position of a cave stands in this folder."
        )
    ]


def caves_table(result: StudyResult) -> cells.Table | None:
    """Tabulate known caves by class of susceptibility."""
    found = result.ground.cave_calibration
    if found is None:
        return None
    classes: Iterable[Any] = found.classes.itertuples()
    rows = [
        (
            row.susceptibility,
            cells.share(row.ground_share),
            cells.whole(row.n_caves),
            cells.number(row.frequency_ratio, 2),
            cells.number(row.contrast, 2),
            cells.number(row.studentised, 1),
        )
        for row in classes
    ]
    return cells.table(
        "Known caves by susceptibility",
        "Frequency ratio: share of the caves over share of the ground. Contrast of the weights of "
        "evidence, and the contrast over its standard error: above 2 is more than chance.",
        [
            ("susceptibility", False),
            ("ground", True),
            ("known caves", True),
            ("frequency ratio", True),
            ("contrast", True),
            ("over its error", True),
        ],
        rows,
    )


def index_words(result: StudyResult) -> list[str]:
    """Say how the index is weighted, and whether other weights would rank otherwise."""
    table = result.ground.stability
    if table is None or not (table["kind"] == "segment").any():
        return []
    told = table.attrs
    weighting = result.scenario.weighting().sentence() + _gaps(result)
    if not math.isfinite(told["kendall_tau_p50"]):
        return [weighting]
    segments = table[table["kind"] == "segment"]
    hardest = segments[segments["rank"] <= told["top"]]
    low, high = (math.exp(sign * BAND_DEVIATIONS * told["spread"]) for sign in (-1, 1))
    return [
        (
            f"{weighting} Weights are a judgement, so the ranking of the "
            f"segments was repeated {told['draws']:,} times with every weight multiplied by a factor of its "
            f"own, nine in ten of them between {low:.2f} and {high:.2f}. Half of the rankings agree with "
            f"the one shown to a Kendall's tau of {told['kendall_tau_p50']:.2f} or more, 95 % to "
            f"{told['kendall_tau_p05']:.2f} or more, where 1 is the same order. {_firm(hardest, told['top'])}. "
            "The index ranks ground; it is no probability."
        )
    ]


def _firm(hardest: pd.DataFrame, top: int) -> str:
    """Say how many stay at the top, or that they share their rank and nothing can be said."""
    if len(hardest) > top:
        last = hardest["rank"].max()
        rank = "the first rank" if last == 1 else f"rank {last:.0f}"
        tied = int((hardest["rank"] == last).sum())
        return (
            f"At the top {tied} segments share {rank}, so that the index does not tell them apart"
        )
    firm = int((hardest["top_share"] >= 0.95).sum())
    return (
        f"Of the {len(hardest)} hardest segments {firm} stay among the {top} hardest in at least 95 % of the "
        "rankings"
    )


def _gaps(result: StudyResult) -> str:
    """Name the members of the index that are known nowhere, and so are not in it."""
    members = result.ground.members
    if members is None:
        return ""
    absent = [str(name).removeprefix("member_") for name in members if members[name].count() == 0]
    return f" Not known anywhere, and so not in the index: {', '.join(absent)}." if absent else ""


def stability_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the hardest segments and all zones, with the band of their ranks."""
    table = result.ground.stability
    if table is None or table["rank"].isna().all():
        return None
    chosen = table[(table["kind"] != "segment") | (table["rank"] <= table.attrs.get("top", 0))]
    order = (chosen["kind"] != "segment").astype(int)
    chosen = chosen.assign(order=order).sort_values(["order", "kind", "rank"], kind="stable")
    rows = [
        (
            f"{str(row.kind).replace('_', ' ')} {row.name_}",
            cells.number(row.index_mean, 2),
            cells.whole(row.rank),
            f"{cells.whole(row.rank_p05)} to {cells.whole(row.rank_p95)}",
        )
        for row in chosen.rename(columns={"name": "name_"}).itertuples(index=False)
    ]
    return cells.table(
        "Which ground is hardest, and how firmly",
        "Mean difficulty index, rank among its kind (1 is hardest), and the 5 to 95 % band of the rank "
        "under perturbed weights. All segments stand in tables/rank_stability.csv.",
        [("ground", False), ("index", True), ("rank", True), ("band of the rank", True)],
        rows,
        folded=True,
    )


def reach_words(result: StudyResult) -> list[str]:
    """Say how long it takes to the border, and how far a night carries from it."""
    reach = result.reach
    if reach.night is None:
        return [f"Reach and sight are {told.nowhere(result, 'travel times')}."]
    if reach.along is not None:
        words = [_response(result)]
    elif told.hidden(result):
        words = ["Travel times are not shown, for posts could be read in them."]
    else:
        words = [f"Travel times are {told.nowhere(result, 'travel times')}."]
    if reach.race is not None:
        words.append(_race(result))
    moon = told.moon_words(result)
    return [*words, _night(result), *([f"{moon[0].upper()}{moon[1:]}."] if moon else [])]


def _race(result: StudyResult) -> str:
    scenario = result.scenario
    who = "in a vehicle" if scenario.crosser == "vehicle" else "on foot, as fast as by day"
    return (
        f"Somebody {who} makes for the nearest cover given; the response sets out "
        f"{scenario.report_minutes:g} minutes after they are seen. It is first at the line on "
        f"{told.race_words(result)}. That takes for granted that they were seen."
    )


def _response(result: StudyResult) -> str:
    reach = result.reach
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
    night = result.reach.night
    assert night is not None  # noqa: S101 - asked for before
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
    return [words] if result.reach.posts is None else [words, _posts(result.reach.posts)]


def _posts(posts: PostSight) -> str:
    return (
        f"From {cells.counted(posts.n_posts, 'post')} with eyes {posts.height_m:g} m above the ground, "
        f"{told.percent(posts.share)} of the corridor is in sight within {posts.max_km:g} km of one at least, in clear air "
        "and by line of sight alone: seen ground is not watched ground."
    )


def response_table(result: StudyResult) -> cells.Table | None:
    """Tabulate which share of the border and of the corridor is how far away."""
    reach = result.reach
    if reach.along is None or reach.bands is None:
        return None
    found = access.response_summary(reach.along, thresholds_h=reach.breaks_h)
    rows = [
        (
            f"more than {limit:g} h",
            cells.share(found[f"share_beyond_{limit:g}_h"]),
            cells.share(told.beyond(reach.bands, limit)),
            cells.share(told.beyond(reach.bands, limit, across_km2=reach.across_km2)),
        )
        for limit in reach.breaks_h
    ]
    return cells.table(
        "How long it takes to get there",
        f"Time from the nearest {told.origin_words(result)}, {told.MODE_WORDS[reach.mode]}{told.upper_bound(result)}. The force does not "
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
    night = result.reach.night
    if night is None:
        return None
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
    # Rows are of a place and a month: those of one place are a table.
    table = cast("pd.DataFrame", result.reach.light.loc["middle"])
    told = result.reach.light.attrs
    twilights = [str(name) for name in table.loc[:, "sunset":"astronomical"]]
    months: Iterable[Any] = table.rename(columns={"name": "name_"}).itertuples()
    rows = [
        (
            row.name_,
            *(cells.number(getattr(row, twilight), 1) for twilight in twilights),
            cells.share(row.moon_illuminated),
            cells.whole(row.dark_nights),
        )
        for row in months
    ]
    return cells.table(
        f"Night and moon in {told['year']}",
        (
            "In the middle of the border: mean hours of night by where the sun stands, share of the moon "
            f"that is lit at midnight, and nights with less than {100 * told['dark_below']:.0f} % of it lit."
        ),
        [
            ("month", False),
            *((f"{twilight}, h", True) for twilight in twilights),
            ("moon", True),
            ("dark nights", True),
        ],
        rows,
        folded=True,
    )


_PLANS = {
    "uniform": "crossings spread evenly",
    "incidents": "crossings where reports are",
    "worst case": "crossings where it is weakest",
}
_NAMED = 12  # events that are named one by one; all of them stand in a file
# Below this a zone is told together with the others. Units: expected events.
_FEW = 0.05
# Below this share of the draws a segment is not named as one that may be hot.
_SELDOM = 0.05


def excluded_words(excluded: Sequence[Mapping[str, Any]]) -> str:
    """Say which events could not be placed, or, where they may not be named, how many and why."""
    rows = [row for row in excluded if "id" in row]
    named = [f"{row['id']} ({row['place']})" for row in rows[:_NAMED]]
    if len(rows) > _NAMED:
        named = [f"{', '.join(named)} and {len(rows) - _NAMED:,} more"]
    counted = Counter(str(row["reason"]) for row in excluded if "id" not in row)
    return ", ".join([*named, *(f"{n:,} ({why})" for why, n in counted.items())]) or "none"


def zone_words(result: StudyResult) -> list[str]:
    """Say of each zone how many events fell into it; empty ones together."""
    table = result.overlay
    if table is None or "in_words" not in table:
        return []
    silent = table["silent"] != ""
    told = table[~silent & (table["expected"] >= _FEW)].sort_values("expected", ascending=False)
    words = [str(words) for words in told["in_words"]]
    rest = table[~silent & (table["expected"] < _FEW)]
    if len(rest):
        most = float(rest["underlying_p95"].max())
        words.append(
            f"{'In ' if len(told) else 'In all '}{len(rest)} {'other ' if len(told) else ''}zones there is "
            "next to no report of a located event, which does not say that nothing happened: such a "
            f"count leaves a mean of up to {most:.1f} possible in each."
        )
    for why, zones in table[silent].groupby("silent")["zone"]:
        words.append(f"{', '.join(map(str, zones))}: {why}.")
    return words


def flagged_words(result: StudyResult) -> list[str]:
    """Say whether flagged ground has more events, as reported and at equal distances."""
    words = []
    if result.incidents.exposure is not None or result.incidents.enrichment is not None:
        words.append(
            f"Unflagged ground here holds ground of which it is not known whether to flag it: "
            f"{_unknown_flags(result)}."
        )
    if result.incidents.exposure is not None:
        words.append(_flagged_ground(result))
        words.append(str(result.incidents.exposure.attrs["sentence"]))
    if result.incidents.enrichment is not None:
        words += [
            f"Cells of {row.cell_km:g} km: {row.sentence}"
            for row in result.incidents.enrichment.itertuples()
        ]
    return words


def _flagged_ground(result: StudyResult) -> str:
    """Say what counts as flagged, and how much of it is bare ground where the force does not go."""
    assert result.incidents.exposure is not None  # noqa: S101 - who asks has looked
    flagged_km2 = float(result.incidents.exposure["flagged_km2"].iloc[0])
    words = f"Flagged is the ground of all zones together, {cells.number(flagged_km2)} km²"
    across = None if result.zones is None else told.across_zones(result)
    if across is None or not len(across) or result.incidents.exposure.attrs["covered_share"] < 1:
        return f"{words}."
    return (
        f"{words}; {cells.number(float(across['area_km2'].sum()))} km² of the zones is bare ground "
        f"{told.across_words(result)}, flagged on bareness alone."
    )


def _unknown_flags(result: StudyResult) -> str:
    remote, caves = told.remote_desert(result), told.cave_prone(result)
    return (
        f"remote desert on {told.percent(remote.unknown)} of {remote.ground}, caves on "
        f"{told.percent(caves.unknown)} of {caves.ground}"
    )


def watcher_table(result: StudyResult) -> cells.Table | None:
    """Tabulate what a crosser gains by watching."""
    table = result.crossing.watcher
    if table is None:
        return None
    told_of: Iterable[Any] = table.itertuples()
    rows = [
        (
            _WATCHED[row.law],
            *(told.percent(getattr(row, name)) for name in ("blind", "last_pass", "informed")),
        )
        for row in told_of
    ]
    return cells.table(
        "What a watcher gains",
        f"Chance to be seen at the coverage of {result.scenario.reference_units} units on the middle segment, by what the crosser knows.",
        [("how units go", False), ("nothing", True), ("the last pass", True), ("all of it", True)],
        rows,
        folded=True,
    )


_WATCHED = {
    "random": "unled",
    "memoryless": "passes at random times",
    "beats_soft": "led, on beats",
    "beats": "beats with a sharp edge (a bound)",
}
# Rows of the page; all of them stand in a file.
_COUNTS_SHOWN = (10, 30, 100, 300, 1000, 3000)


def crossing_units_table(result: StudyResult) -> cells.Table | None:
    """Tabulate how mean, weakest segment and weakest way rise with units."""
    table = result.crossing.by_units
    if table is None:
        return None
    counts = table["unit_count"]
    near = sorted({int((counts - n).abs().argmin()) for n in _COUNTS_SHOWN if n <= counts.max()})
    shown: Iterable[Any] = table.iloc[near].itertuples()
    rows = [
        (
            f"{row.unit_count:,}",
            *(told.percent(share) for share in (row.mean_pod, row.segment_pod, row.crossing_pod)),
        )
        for row in shown
    ]
    return cells.table(
        "How the weakest way rises with units",
        "Chance to be seen: on average with units placed best for that; and, with every segment equal, at the weakest "
        "segment and on the way that is watched least.",
        [
            ("units out", False),
            ("on average", True),
            ("weakest segment", True),
            ("weakest way", True),
        ],
        rows,
        folded=True,
    )


def overlay_table(result: StudyResult) -> cells.Table | None:
    """Tabulate incidents by zone."""
    if result.overlay is None or result.overlay.empty:
        return None
    zones: Iterable[Any] = result.overlay.itertuples()
    rows = [
        (
            f"{row.zone}, {told.KIND_WORDS[row.kind]}",
            *_zone_cells(row),
        )
        for row in zones
    ]
    return cells.table(
        "Incidents by zone",
        "Expected number over all places where each event may have been. None reported does not "
        "mean no risk: the last column is what such a count leaves possible.",
        [
            ("zone", False),
            ("expected", True),
            ("5 to 95 %", True),
            ("if they ignored the ground", True),
            ("mean behind the count, 5 to 95 %", True),
        ],
        rows,
        folded=True,
    )


def ground_words(result: StudyResult) -> list[str]:
    """Say on what ground incidents happened, beside what their coded points would have said."""
    counts = result.incidents.ground_counts
    if counts is None:
        why = told.nowhere(result, "cave-prone ground")
        return (
            [f"On what ground they happened is {why}."]
            if result.incidents.account is not None
            else []
        )
    words = [str(counts.attrs["sentence"])]
    if counts.attrs["n_placed"] and result.ground.grid is not None:
        cell_m = result.ground.grid.resolution_m
        words.append(
            f"{counts.attrs['caution']} The ground is looked up on cells of {cell_m:,.0f} m."
        )
    return words


def ground_table(result: StudyResult) -> cells.Table | None:
    """Tabulate incidents by class of ground."""
    counts = result.incidents.ground_counts
    if counts is None or not counts.attrs["n_placed"]:
        return None
    found = {(row.kind, row.ground): row for row in counts.itertuples()}
    rows = [
        (
            words.format(force=told.force_country(result)),
            cells.number(found[name].expected, 1),
            f"{found[name].p05:,.0f} to {found[name].p95:,.0f}",
            cells.number(found[name].at_point),
        )
        for name, words in _GROUND_WORDS.items()
        if name in found and (found[name].possible or found[name].at_point)
    ]
    vague = int(counts["at_point_vague"][counts["kind"] == "place"].sum())
    more = (
        f" A sample of points would count {cells.counted(vague, 'event')} too that cannot be placed."
        if vague
        else ""
    )
    return cells.table(
        "On what ground",
        "Expected number of the events that can be placed, over all places where each may have been, and how "
        f"many have their coded point there.{more}",
        [
            ("ground", False),
            ("expected", True),
            ("5 to 95 %", True),
            ("by their coded points", True),
        ],
        rows,
    )


_GROUND_WORDS = {
    ("remote_desert", "yes"): "remote desert",
    ("remote_desert_unreached", "yes"): "of it out of reach, as all across the border from {force}",
    ("remote_desert", "no"): "no remote desert",
    ("remote_desert", "unknown"): "remote desert or not: unknown",
    **{
        ("cave_prone", word): f"cave susceptibility {word.replace('_', ' ')}"
        for word in ("high", "medium", "low", "very_low")
    },
    ("cave_prone", "unknown"): "cave susceptibility unknown",
    ("place", "unknown"): "in the corridor, ground of which nothing is known, or sea",
    ("place", "outside"): "outside the corridor",
}
# Rows of the page; all of them stand in a file.
_EVENTS_SHOWN = 40


def event_ground_table(result: StudyResult) -> cells.Table | None:
    """Tabulate on what ground single events happened, for the internal edition."""
    if result.incidents.on_ground is None:
        return None
    found = result.incidents.on_ground[result.incidents.on_ground["p_outside"] < 1]
    if found.empty:
        return None
    shown = found.sort_values("p_outside", kind="stable").head(_EVENTS_SHOWN)
    more = len(found) - len(shown)
    rest = f" {more:,} more stand in tables/incidents.csv." if more else ""
    heads = [(head, name not in _TEXT) for name, head in _EVENT_HEADS.items() if name in shown]
    return cells.table(
        "On what ground, event by event",
        "Chances over all places where each event may have been; medians with 5 to 95 % where known, and "
        f"what its coded point says.{rest}",
        heads,
        [_event_cells(row) for _, row in shown.iterrows()],
        folded=True,
    )


_TEXT = ("id", "point_remote_desert", "point_cave")
_EVENT_HEADS = {
    "id": "event",
    "p_outside": "outside",
    "p_remote_desert": "remote desert",
    "p_remote_desert_unknown": "that unknown",
    "p_cave_medium": "cave medium or high",
    "p_cave_unknown": "that unknown",
    "hours_h": "hours",
    "slope_deg": "slope, °",
    "relief_m": "relief, m",
    "elevation_m": "height, m",
    "point_remote_desert": "point: remote desert",
    "point_cave": "point: caves",
}
_DIGITS = {"hours_h": 1, "slope_deg": 1, "relief_m": 0, "elevation_m": 0}


def _event_cells(row: Any) -> list[str]:
    found = []
    for name in _EVENT_HEADS:
        if name not in row:
            continue
        if name in _TEXT:
            found.append(str(row[name]).replace("_", " "))
        elif name in _DIGITS:
            found.append(_with_band(row, name, _DIGITS[name]))
        else:
            value = row["p_cave_medium"] + row["p_cave_high"] if "medium" in name else row[name]
            found.append(cells.share(value))
    return found


def _with_band(row: Any, name: str, digits: int) -> str:
    values = [row[f"{name}{end}"] for end in ("", "_p05", "_p95")]
    if math.isnan(values[0]):
        return "unknown"
    middle, low, high = (
        "no way" if math.isinf(value) else cells.number(value, digits) for value in values
    )
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _zone_cells(row: Any) -> tuple[str, str, str, str]:
    if row.silent:
        return ("not covered",) * 4
    return (
        cells.number(row.expected, 2),
        f"{row.p05:.0f} to {row.p95:.0f}",
        cells.number(row.expected_if_uniform, 2),
        f"{row.underlying_p05:.1f} to {row.underlying_p95:.1f}",
    )


def exposure_table(result: StudyResult) -> cells.Table | None:
    """Tabulate rates of events on flagged and other ground."""
    table = result.incidents.exposure
    if table is None:
        return None
    rows = [
        (
            f"{row.level}{' (finer than the positions)' if row.below_precision else ''}",
            cells.number(row.events_flagged, 1),
            cells.number(row.events_other, 1),
            _rate(row, "flagged"),
            _rate(row, "other"),
            _ratio(row),
        )
        for row in table.itertuples()
    ]
    return cells.table(
        "Events on flagged and on other ground",
        "Rates per 10,000 km² and year, with 95 % bands, by two sizes of cell beside the outlines as "
        "drawn. Reports come from where people and roads are; this table does not correct for it.",
        [
            ("ground", False),
            ("events, flagged", True),
            ("events, other", True),
            ("rate, flagged", True),
            ("rate, other", True),
            ("ratio", True),
        ],
        rows,
        folded=True,
    )


def _rate(row: object, ground: str) -> str:
    name = f"per_1000_km2_month_{ground}"
    middle, low, high = (120 * getattr(row, name + end) for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "no dates"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _ratio(row: object) -> str:
    ratio, low, high = (getattr(row, name) for name in ("ratio", "ratio_low", "ratio_high"))
    if math.isnan(ratio):
        return "not known"
    ends = f"{low:.2f} to {high:.2f}" if math.isfinite(high) else f"{low:.2f} or more"
    return f"{ratio:.2f} ({ends})"


def weights_table(result: StudyResult) -> cells.Table | None:
    """Set plans for even, reported and worst-case crossings side by side."""
    table = result.patrol.by_weights
    if table is None:
        return None
    units = result.scenario.reference_units
    if units not in set(table["unit_count"]):
        units = int(table["unit_count"].max())
    plans: Iterable[Any] = table[table["unit_count"] == units].itertuples()
    rows = [
        (
            _PLANS[row.planned_for],
            told.percent(row.mean_pod_uniform),
            told.percent(row.mean_pod_incidents),
            told.percent(row.min_pod),
        )
        for row in plans
    ]
    return cells.table(
        f"A plan for reports is a bet: {units:,} units by night",
        "Share seen, if crossings are spread evenly, if they are where reports are, and on the "
        "weakest segment. Who is watched learns where the watch is: the last column is what an "
        "opponent who knows the plan is left with.",
        [
            ("units placed for", False),
            ("spread evenly", True),
            ("where reports are", True),
            ("weakest segment", True),
        ],
        rows,
    )


def hotspot_words(result: StudyResult) -> list[str]:
    """Say where and when there are more events than by chance, and what that does not say."""
    found = result.incidents.hotspots
    return [] if found is None else [*found.sentences(), *found.limits()]


def hotspot_segments_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the segments that are hot in the median draw or in one of twenty; all stand in a file."""
    if result.incidents.hotspots is None:
        return None
    found = result.incidents.hotspots.segments
    shown = found[found["beyond_chance"] | (found["share_beyond_chance"] >= _SELDOM)]
    if shown.empty:
        return None
    rows = [
        (
            f"km {row.km_start:.0f} to {row.km_end:.0f}",
            cells.number(row.incidents_expected, 1),
            cells.number(row.by_chance, 1),
            cells.number(row.z, 1),
            f"{row.q:.3f}",
            "yes" if row.beyond_chance else "no",
            cells.share(row.share_beyond_chance),
        )
        for row in shown.itertuples()
    ]
    radius, rate = (
        result.incidents.hotspots.options.radius_km,
        result.incidents.hotspots.options.false_discovery_rate,
    )
    return cells.table(
        "Hot segments",
        f"Segments that with those within {radius:g} km have more events for their ground than by chance (Gi*), "
        f"false discoveries held at {told.percent(rate)}; the last column is the share of all draws of positions "
        f"in which a segment is hot. Others are in tables/hotspot_segments.csv.",
        [
            ("segment", False),
            ("events", True),
            ("by chance", True),
            ("z of Gi*", True),
            ("q", True),
            ("hot", False),
            ("draws in which it is", True),
        ],
        rows,
    )


def hotspot_stretches_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the likeliest stretches of border, whether or not they are beyond chance."""
    if result.incidents.hotspots is None or result.incidents.hotspots.stretches.empty:
        return None
    rows = [
        (
            f"km {row.km_start:.0f} to {row.km_end:.0f}",
            cells.number(row.incidents_expected, 1),
            cells.number(row.by_chance, 1),
            f"{row.p:.3f}",
            cells.share(row.share_beyond_chance),
        )
        for row in result.incidents.hotspots.stretches.itertuples()
    ]
    return cells.table(
        "Likeliest stretches",
        "Of all stretches of up to half of the ground, those with most events for it (Kulldorff's scan); p accounts "
        "for all that were looked at.",
        [
            ("stretch", False),
            ("events", True),
            ("by chance", True),
            ("p", True),
            ("draws in which it is beyond chance", True),
        ],
        rows,
        folded=True,
    )


def estimate_words(length_km: float) -> list[str]:
    """Put the article's estimate as a rate with its prior, and as groups a night."""
    groups = ARTICLE_ESTIMATE.groups().set_index("group_size")["groups_per_night"]
    told = ", ".join(f"{rate:.1f} groups of {size:.0f}" for size, rate in groups.items())
    return [
        ARTICLE_ESTIMATE.sentence(length_km=length_km),
        f"In groups, that is a night: {told} (or half, or double).",
    ]
