"""Tables as people read them: few columns, words for names, rounded numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from borderzone.report import cells
from borderzone.study import KITS, told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from borderzone.study import StudyResult

__all__ = [
    "answer_small_table",
    "answer_table",
    "assumptions_table",
    "better_data_table",
    "flagged_table",
    "hindcast_table",
    "plausibility_table",
    "required_table",
    "segments_table",
    "whatif_table",
    "zones_table",
]

_LENGTH_WORDS = {"measured": ", along the line", "published": ", as published"}
# Words that stay in one line.
_NO_BREAK = "\u00a0"


def answer_table(result: StudyResult) -> cells.Table | None:
    """Tabulate people and payroll by kit, led and unled, against who knows nothing and who knows all."""
    if result.answer is None:
        return None
    table = _kits_that_differ(result)
    shown = table[table["opponent"] == "blind"]
    told_payroll = "payroll" in shown
    # What hangs on the length of the border is told for both of them.
    others = told.lengths(result)[1:]
    rows = []
    found: Iterable[Any] = shown.itertuples()
    for row in found:
        key = (row.measure, row.kit, row.law)
        longer = [told.answer_row(result, *key, length=length) for length in others]
        rows.append(
            (
                told.aim_words(row),
                f"{told.KIT_WORDS.get(row.kit, row.kit)}, {told.LAW_WORDS[row.law]}",
                told.rounded(row.units),
                told.rounded(row.people),
                f"{told.rounded(row.people_low)} to {told.rounded(row.people_high)}",
                *(told.rounded(each.people) for each in longer),
                told.rounded(row.payroll) if told_payroll else "not shown",
                told.rounded(told.answer_row(result, *key, "informed").people),
            )
        )
    where = f" All but one column stand {told.at_length(result, result.scenario.length)}."
    had = "; ".join(
        f"{force.words}: {told.rounded(force.people)}" for force in told.forces_in_people(result)
    )
    return cells.table(
        "Kits side by side",
        f"Medians over the states of nature, rounded to what their band leaves.{where if others else ''} Real forces, in people "
        f"out, scaled to this length: {had or 'none known'}. All rows, with opponents and bands, stand in "
        "tables/answer.csv.",
        [
            ("to", False),
            ("with", False),
            ("units out", True),
            ("people out", True),
            ("5 to 95 %", True),
            *((f"people out, {told.at_length(result, length)}", True) for length in others),
            ("people on the payroll", True),
            ("people out, if crossers know all", True),
        ],
        rows,
    )


def _kits_that_differ(result: StudyResult) -> pd.DataFrame:
    """Give the answer; what the scenario has is told by its own name where it is none of the others."""
    table = told.answer_rows(result)
    same = any(force == result.scenario.force for force in KITS.values())
    return table[table["kit"] != "scenario"] if same else table


def answer_small_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the people out of each kit at its best, for the first screen."""
    if result.answer is None:
        return None
    table = _kits_that_differ(result)
    shown = table[(table["opponent"] == "blind") & (table["law"] != "random")]
    measures = list(dict.fromkeys(shown["measure"]))
    rows = []
    for kit, law in dict.fromkeys(zip(shown["kit"], shown["law"], strict=True)):
        of_kit = shown[shown["kit"] == kit]
        found: Iterable[Any] = of_kit.itertuples()
        people = {
            row.measure: _bound(told.band(row.people_low, row.people, row.people_high))
            for row in found
        }
        rows.append(
            (
                f"{told.KIT_WORDS.get(kit, kit)}{', led' if law != 'standing' else ''}",
                *(people.get(measure, "not shown") for measure in measures),
            )
        )
    aims = {row.measure: told.aim_words(row) for row in shown.itertuples()}
    return cells.table(
        "People out at once",
        "People out at once: median and, in brackets, 5 to 95 % over all assumptions.",
        [("with", False), *((f"to {aims[measure]}", True) for measure in measures)],
        rows,
    )


def _bound(words: str) -> str:
    """Keep a band in one line, which a narrow cell breaks before it."""
    number, bracket, band = words.partition(" (")
    return f"{number}{bracket}{band.replace(' ', _NO_BREAK)}"


def required_table(result: StudyResult, light: str) -> cells.Table | None:
    """Tabulate how many units each target takes."""
    if result.required is None:
        return None
    lengths = told.lengths(result)
    rows = [
        (
            f"{told.percent(row.target)} {words}{_LENGTH_WORDS[length] if len(lengths) > 1 else ''}",
            row.out,
            row.people,
            row.payroll,
            told.rounded(row.crew * row.payroll_middle) if row.enough else "no number is enough",
            told.rounded(row.confident) if row.confident < math.inf else "no number is enough",
        )
        for measure, words in told.SEGMENT_WORDS.items()
        for length in lengths
        for row in told.units(result, measure, light=light, length=length)
    ]
    also = f" Rows stand {told.listed([told.at_length(result, each) for each in lengths])}."
    confidence = f"units out, with {told.percent(result.scenario.confidence)} confidence"
    return cells.table(
        f"Units required by {light}",
        f"Median over the draws, in brackets 5 to 95 %, in two digits. A unit is {result.scenario.force.crew} people."
        f"{also if len(lengths) > 1 else ''} All digits, with all rules, stand in "
        "tables/required_units.csv.",
        [
            ("target", False),
            ("units out", True),
            ("people out", True),
            ("units on the payroll", True),
            ("people on the payroll", True),
            (confidence, True),
        ],
        rows,
        folded=light != result.scenario.light,
    )


def flagged_table(result: StudyResult) -> cells.Table | None:
    """Tabulate how the flagged share moves with the definition."""
    shares = result.flagged_share
    if shares is None or told.hidden(result):
        return None
    hours = sorted(shares["threshold_h"].unique())
    rows = []
    for side, part in shares.groupby("side", sort=False):
        by_hours = part.set_index("threshold_h")["remote_share"]
        rows.append(
            (
                told.side_words(result, str(side)),
                *(cells.share(by_hours.get(hour)) for hour in hours),
                cells.share(part["unknown_remote_share"].iloc[0]),
            )
        )
    mode = told.MODE_WORDS[result.scenario.force.mode]
    caption = (
        f"Share of the ground that is bare and farther {mode} than so many hours from the nearest "
        f"{told.origin_words(result)}{told.upper_bound(result)}. Remote desert is that at "
        f"{result.scenario.remote_hours:g} h. The force does not cross the border: of the corridor, all bare ground "
        "across it counts."
    )
    if not told.remote_desert(result).known:
        caption = f"Remote desert is {told.nowhere(result, 'remote desert')}."
    return cells.table(
        "How much is remote depends on the hours",
        caption,
        [
            ("of", False),
            *((f"more than {hour:g} h", True) for hour in hours),
            ("not known", True),
        ],
        rows,
    )


def moves_table(result: StudyResult) -> cells.Table | None:
    """Tabulate how the share of remote desert moves, one change at a time."""
    moves = result.ground.remote_moves
    if moves is None or not told.remote_desert(result).known:
        return None
    changes: Iterable[Any] = moves.itertuples()
    rows = [
        (row.change, cells.share(row.remote_share), f"{told.signed(100 * row.difference)} points")
        for row in changes
    ]
    return cells.table(
        "How the share of remote desert moves",
        f"Of {told.half_words(result)}, on the working grid, one change at a time. A force half as fast has twice the hours.",
        [("change", False), ("remote desert", True), ("difference", True)],
        rows,
        folded=True,
    )


def named_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the flags against what is known of named ground."""
    named = result.ground.named
    if named is None:
        return None
    kinds = [kind for kind in ("remote", "cave") if kind in named]
    heads = {"remote": "remote desert", "cave": "cave susceptibility"}
    rows = [
        (
            f"{row['name']}, {row['kind']}",
            *(_against(row, kind) for kind in kinds),
            "; ".join(str(row[f"{kind}_reason"]) for kind in kinds),
            f"{row['basis']} [{row['source']}]",
        )
        for _, row in named.iterrows()
    ]
    return cells.table(
        "The flags at places of which something is known",
        "Found, and what was expected where something was. Areas within 10 km, towns by their cell. Where no rock "
        "is mapped the flag cannot be held against anything. Not ground truth: positions are good to 10 km.",
        [
            ("place", False),
            *((heads[kind], False) for kind in kinds),
            ("why", False),
            ("known of it", False),
        ],
        rows,
        folded=True,
    )


def _against(row: Any, kind: str) -> str:
    expected, agrees = row[f"{kind}_expected"], row[f"{kind}_agrees"]
    if not expected:
        return str(row[kind])
    verdict = {"yes": "as expected", "no": f"NOT as expected: {expected}"}
    return f"{row[kind]}, {verdict.get(agrees, f'expected {expected}, but not mapped')}"


def better_data_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the ten segments whose flags better data would change most."""
    ranked = result.ground.better_data
    if ranked is None or not (ranked["pays"] != "neither").any():
        return None
    first: Iterable[Any] = ranked[ranked["pays"] != "neither"].head(10).itertuples()
    rows = [
        (
            cells.whole(row.rank),
            f"km {row.km_start:.0f} to {row.km_end:.0f}",
            row.pays,
            cells.share(row.expected_change_terrain),
            cells.share(row.expected_change_visit),
            row.reason,
        )
        for row in first
    ]
    return cells.table(
        "Where flags would change most",
        "Expected share of a segment's cells whose flags change. All segments, with bands, stand in "
        "tables/better_data.csv.",
        [
            ("rank", True),
            ("segment", False),
            ("what pays more", False),
            ("30 m terrain", True),
            ("site visit", True),
            ("why", False),
        ],
        rows,
    )


def zones_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the flagged zones."""
    if result.zones is None or result.zones.empty:
        return None
    rows = [
        (
            row.zone,
            f"{told.KIND_WORDS[row.kind]}, {told.RANK_WORDS.get(int(row.rank), row.rank)}"
            if row.kind == "cave_prone"
            else f"{told.KIND_WORDS[row.kind]}, rank {row.rank}",
            cells.number(row.area_km2),
            f"{row.km_start:.0f} to {row.km_end:.0f}",
            f"{row.near} ({row.near_km:.0f} km)" if row.near else "no place on its side",
            str(row.reasons),
        )
        for row in result.zones.itertuples()
    ]
    return cells.table(
        f"The {len(rows)} flagged zones and their reasons",
        "A flag is a property of ground. Ranks: remote desert 1 to 3 by travel time; caves low, "
        "medium, high.",
        [
            ("zone", False),
            ("kind", False),
            ("km²", True),
            ("border km", True),
            ("near", False),
            ("reasons", False),
        ],
        rows,
        folded=True,
    )


def segments_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the segments."""
    rows = result.segments
    if "remote_share" not in rows or "rate_night" not in rows:
        return None
    body = [
        (
            f"{row.km_start:.0f} to {row.km_end:.0f}",
            cells.number(row.elevation_mean_m),
            cells.number(row.slope_deg, 1),
            _with_unknown(row.remote_share, row.remote_share_unknown),
            cells.share(row.f_mask),
            cells.number(row.sweep_width_km_night, 2),
            cells.number(row.rate_night, 3),
            cells.share(row.pod_even),
        )
        for row in rows.itertuples()
    ]
    return cells.table(
        f"The {cells.counted(len(body), 'segment')}",
        f"Remote is a share of {told.force_country(result)}'s side. All columns stand in tables/segments.csv, "
        "their meaning in tables/data_dictionary.csv.",
        [
            ("border km", False),
            ("elevation, m", True),
            ("slope, °", True),
            ("remote", True),
            ("out of sight", True),
            ("sweep width by night, km", True),
            ("detection rate by night, per unit", True),
            (f"seen by {result.scenario.reference_units} units spread evenly", True),
        ],
        body,
        folded=True,
    )


def _with_unknown(share: float, unknown: float) -> str:
    """Write a share of all ground, and how much of it nobody knows."""
    if not 0 < unknown < 1:
        return cells.share(share)
    return f"{cells.share(share)}, {cells.share(unknown)} unknown"


def assumptions_table(result: StudyResult) -> cells.Table | None:
    """Tabulate the assumptions with their bands and sources."""
    if result.patrol.assumptions is None:
        return None
    assumed: Iterable[Any] = result.patrol.assumptions.itertuples()
    rows = [
        (
            told.ASSUMPTION_WORDS.get(row.assumption, row.assumption),
            f"{row.value:.3g}" if isinstance(row.value, float) else str(row.value),
            f"{row.band_low:.3g} to {row.band_high:.3g}",
            f"{row.unit}, {row.distribution}",
            f"{row.source} [{row.tag}]",
        )
        for row in assumed
    ]
    return cells.table(
        "Assumptions and where they come from",
        "Median and 5 to 95 % band of what is drawn. F: seen in a public source. M: from memory. "
        "A: assumed. All fixed parameters stand in study.toml.",
        [
            ("assumption", False),
            ("median", True),
            ("5 to 95 %", True),
            ("unit", False),
            ("source", False),
        ],
        rows,
    )


def plausibility_table(result: StudyResult) -> cells.Table | None:
    """Tabulate real forces and what the model says of them."""
    if result.patrol.plausibility is None:
        return None
    rows = [
        (
            row.case,
            cells.number(row.persons_per_km, 1),
            row.words,
            cells.share(row.pod) if math.isfinite(row.pod) else "not known",
            cells.share(row.poi) if math.isfinite(row.poi) else "not known",
            f"{cells.share(row.observed[0])} to {cells.share(row.observed[1])}"
            if math.isfinite(row.observed[0])
            else "not published",
            row.source,
        )
        for row in told.real_forces(result)
    ]
    lengths = told.lengths(result)
    also = f", in brackets {told.at_length(result, lengths[1])}" if len(lengths) > 1 else ""
    return cells.table(
        "What real forces had",
        f"Scaled to the length of this border, as units out{also}. What the model sees and stops with so many are "
        "medians over nature; of posts, which are no patrols, nothing is said.",
        [
            ("force", False),
            ("people out, per km", True),
            ("units", True),
            ("model: seen", True),
            ("model: stopped", True),
            ("published", True),
            ("source", False),
        ],
        rows,
    )


def hindcast_table(result: StudyResult) -> cells.Table | None:
    """Tabulate what real borders achieved for each agent, and the model with as many."""
    if result.patrol.hindcast is None:
        return None
    found: Iterable[Any] = result.patrol.hindcast.itertuples()
    rows = [
        (
            f"{row.border} {row.agents_year:.0f}" if math.isfinite(row.agents_year) else row.border,
            cells.number(row.agents_per_km, 2),
            told.observed_words(row) if not row.reason else row.reason,
            cells.number(row.k_observed, 2),
            cells.number(row.k_km_per_agent, 2),
            cells.number(row.unit_count_equivalent),
            _stopped(row),
            cells.number(row.k_km_per_agent_model, 2),
            cells.number(row.ratio, 2),
            f"{row.source} [{row.tag}]",
        )
        for row in found
    ]
    return cells.table(
        "What real borders achieved",
        "K = -ln(1 - P) times km over agents on the line is all that a published rate identifies. The ratio "
        "is the model's K over theirs; no assumption was chosen by it. In brackets 5 to 95 % over nature.",
        [
            ("border, agents of", False),
            ("agents out, per km", True),
            ("published", False),
            ("K", True),
            ("K km per agent", True),
            ("units here", True),
            ("model: stopped", True),
            ("model: K km per agent", True),
            ("ratio", True),
            ("source", False),
        ],
        rows,
    )


def _stopped(row: Any) -> str:
    if not math.isfinite(row.unit_count_equivalent):
        return "–"
    if not math.isfinite(row.p_model):
        return "not known"
    return f"{cells.share(row.p_model)} ({told.span(row.p_model_low, row.p_model_high)})"


def whatif_table(result: StudyResult, comparison: StudyResult) -> cells.Table:
    """Tabulate paired differences between two scenarios."""
    rows = []
    compared: Iterable[Any] = compare(result, comparison).itertuples()
    for row in compared:
        show = cells.share if told.is_share(str(row.quantity)) else cells.whole
        rows.append(
            (
                told.quantity_words(str(row.quantity)),
                show(row.a),
                show(row.b),
                told.change_words(row),
                "within the noise" if row.within_noise else "",
            )
        )
    return cells.table(
        "Paired differences",
        f"A: {_case_words(result)}; B: {_case_words(comparison)}. Shares at "
        f"{result.scenario.reference_units} units out. {told.DIFFERENCE_WORDS}",
        [
            ("quantity", False),
            ("A", True),
            ("B", True),
            ("median of B less A, 5 to 95 %", True),
            ("", False),
        ],
        rows,
        folded=True,
    )


def _case_words(result: StudyResult) -> str:
    """Name of a scenario, with the length that its units stand on where there are two."""
    if told.lengths(result) == ("measured",):
        return result.scenario.name
    return f"{result.scenario.name}, {told.at_length(result, result.scenario.length)}"
