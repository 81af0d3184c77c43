"""Incidents as the report tells them: zones, rates on flagged ground, weights for plans."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from borderzone.figures.incident_charts import KINDS
from borderzone.incidents import ARTICLE_ESTIMATE
from borderzone.report import cells
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone.study import StudyResult

__all__ = [
    "estimate_words",
    "excluded_words",
    "exposure_table",
    "flagged_words",
    "overlay_table",
    "weights_table",
    "zone_words",
]

_PLANS = {
    "uniform": "crossings spread evenly",
    "incidents": "crossings where reports are",
    "worst case": "crossings where it is weakest",
}
# Below this a zone is told together with the others. Units: expected events.
_FEW = 0.05


def excluded_words(excluded: Sequence[Mapping[str, Any]]) -> str:
    """
    Say which events could not be placed, or, where they may not be named, how many and why.

    Parameters
    ----------
    excluded
        As in the attributes of an overlay; without ids in an edition that holds rows back.

    Returns
    -------
    str
        The words; "none" where there are none.

    Examples
    --------
    >>> excluded_words([{"reason": "a country"}, {"reason": "a country"}])
    '2 (a country)'
    >>> excluded_words([{"id": "A8", "place": "Iraq", "reason": "a country"}])
    'A8 (Iraq)'
    """
    named = [f"{row['id']} ({row['place']})" for row in excluded if "id" in row]
    counted = Counter(str(row["reason"]) for row in excluded if "id" not in row)
    return ", ".join([*named, *(f"{n:,} ({why})" for why, n in counted.items())]) or "none"


def zone_words(result: StudyResult) -> list[str]:
    """
    Say of each zone how many events fell into it; empty ones together.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    list of str
        Sentences.
    """
    table = result.overlay
    if table is None or "in_words" not in table:
        return []
    told = table[table["expected"] >= _FEW].sort_values("expected", ascending=False)
    words = [str(words) for words in told["in_words"]]
    rest = table[table["expected"] < _FEW]
    if len(rest):
        most = float(rest["underlying_p95"].max())
        words.append(
            f"{'In ' if len(told) else 'In all '}{len(rest)} {'other ' if len(told) else ''}zones next to no "
            f"located event fell; such a count leaves a mean of up to {most:.1f} possible in each."
        )
    return words


def flagged_words(result: StudyResult) -> list[str]:
    """
    Say whether flagged ground has more events, as reported and at equal distances.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    list of str
        Sentences.
    """
    words = []
    if result.exposure is not None or result.enrichment is not None:
        words.append(
            f"Unflagged ground here holds ground of which it is not known whether to flag it: "
            f"{_unknown_flags(result)}."
        )
    if result.exposure is not None:
        words.append(str(result.exposure.attrs["sentence"]))
    if result.enrichment is not None:
        words += [
            f"Cells of {row.cell_km:g} km: {row.sentence}" for row in result.enrichment.itertuples()
        ]
    return words


def _unknown_flags(result: StudyResult) -> str:
    remote, caves = told.remote_desert(result), told.cave_prone(result)
    return (
        f"remote desert on {told.percent(remote.unknown)} of {remote.ground}, caves on "
        f"{told.percent(caves.unknown)} of {caves.ground}"
    )


def overlay_table(result: StudyResult) -> cells.Table | None:
    """
    Tabulate incidents by zone.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict or None
        The table; None where there is none.
    """
    if result.overlay is None or result.overlay.empty:
        return None
    rows = [
        (
            f"{row.zone}, {KINDS[row.kind]}",
            cells.number(row.expected, 2),
            f"{row.p05:.0f} to {row.p95:.0f}",
            cells.number(row.expected_if_uniform, 2),
            f"{row.underlying_p05:.1f} to {row.underlying_p95:.1f}",
        )
        for row in result.overlay.itertuples()
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


def exposure_table(result: StudyResult) -> cells.Table | None:
    """
    Tabulate rates of events on flagged and other ground.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict or None
        The table; None where there is none.
    """
    table = result.exposure
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
    """
    Set plans for even, reported and worst-case crossings side by side.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    dict or None
        The table; None where there is none.
    """
    table = result.by_weights
    if table is None:
        return None
    units = result.scenario.reference_units
    if units not in set(table["unit_count"]):
        units = int(table["unit_count"].max())
    rows = [
        (
            _PLANS[row.planned_for],
            told.percent(row.mean_pod_uniform),
            told.percent(row.mean_pod_incidents),
            told.percent(row.min_pod),
        )
        for row in table[table["unit_count"] == units].itertuples()
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


def estimate_words(length_km: float) -> list[str]:
    """
    Put the article's estimate as a rate with its prior, and as groups a night.

    Parameters
    ----------
    length_km
        Length of the border. Units: km.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> estimate_words(599.0)[0][:32]
    '1,000 people in 243.5 days is a '
    """
    groups = ARTICLE_ESTIMATE.groups().set_index("group_size")["groups_per_night"]
    told = ", ".join(f"{rate:.1f} groups of {size:.0f}" for size, rate in groups.items())
    return [
        ARTICLE_ESTIMATE.sentence(length_km=length_km),
        f"In groups, that is a night: {told} (or half, or double).",
    ]
