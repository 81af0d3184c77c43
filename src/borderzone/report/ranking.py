"""What the report says of the difficulty index: its weights, and how far its ranking hangs on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from borderzone.report import cells

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.study import StudyResult

__all__ = ["index_words", "stability_table"]


def index_words(result: StudyResult) -> list[str]:
    """Say how the index is weighted, and whether other weights would rank otherwise."""
    table = result.stability
    if table is None or not (table["kind"] == "segment").any():
        return []
    told = table.attrs
    weighting = result.scenario.weighting().sentence() + _gaps(result)
    if not math.isfinite(told["kendall_tau_p50"]):
        return [weighting]
    segments = table[table["kind"] == "segment"]
    hardest = segments[segments["rank"] <= told["top"]]
    low, high = (math.exp(sign * 1.645 * told["spread"]) for sign in (-1, 1))
    return [
        (
            f"{weighting} Weights are a judgement, so the ranking of the "
            f"segments was repeated {told['draws']:,} times with every weight multiplied by a factor of its "
            f"own, nine in ten of them between {low:.2f} and {high:.2f}: half of the rankings agree with "
            f"the one shown to a Kendall's tau of {told['kendall_tau_p50']:.2f} or more, 95 % to "
            f"{told['kendall_tau_p05']:.2f} or more (1 is the same order), and {_firm(hardest, told['top'])}. "
            "The index ranks ground; it is no probability."
        )
    ]


def _firm(hardest: pd.DataFrame, top: int) -> str:
    """Say how many stay at the top, or that they share their rank and nothing can be said."""
    if len(hardest) > top:
        last = hardest["rank"].max()
        rank = "the first rank" if last == 1 else f"rank {last:.0f}"
        tied = int((hardest["rank"] == last).sum())
        return f"{tied} segments share {rank}, so that the index does not tell them apart"
    firm = int((hardest["top_share"] >= 0.95).sum())
    return (
        f"{firm} of the {len(hardest)} hardest segments stay among the {top} hardest in at least "
        "95 % of them"
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
    table = result.stability
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
