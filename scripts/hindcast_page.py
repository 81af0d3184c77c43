"""Write docs/explanation/hindcast.md from the built-in study: what real borders achieved, and the model with as many agents."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

import borderzone as bz

TARGET = Path(__file__).parent.parent / "docs" / "explanation" / "hindcast.md"
HEAD = """# Hindcast

<!-- Written by scripts/hindcast_page.py. -->

Could the model have told what real borders achieved? Next to nothing is published that would say. A share P of crossings that was stopped identifies one number,
$K = -\\ln(1 - P)$ times kilometres over agents on the line; sensors, tactics and ground are not to be had from it. The [method](methods/plans.md#hindcast) is one formula.
The numbers below are of the built-in study with its default scenario, at its seed 1; `python scripts/hindcast_page.py` writes this page again.

"""
TAIL = """
## What it does not say

- No assumption was chosen by it, and none cites it as its reason. A ratio below 1 says that the model's patrols, as they are assumed, stop fewer than were stopped there for each agent; above 1, more.
- The published rates are of day and night, with fences, cameras, aircraft and a population that reports. The model is of patrols alone, by night.
- Who was never noticed is in none of them: the rate over known entries is an upper bound, and recaptures hang on who gave up.
- Agents are of 2017 and rates of 2015. Of the payroll, those on line duties count (71.9 %; without intelligence 59.9 %, which makes K for each agent a fifth larger), divided by the relief factor 5.159. With GAO's 43 % of scheduled time, three shifts over 0.43 = 6.98, it is a third larger.
- A rate of one border does not carry over to another: deterrence, the risk of death and who crosses differ.
"""


def main() -> None:
    """Run the study and write the page."""
    result = bz.Study.default().run(seed=1)
    table, rows = result.patrol.hindcast, bz.datasets.validation()
    if table is None:
        sys.exit("the built-in study has no hindcast")
    told = pd.DataFrame(
        {
            "border": table["border"],
            "published": table["observed"].where(table["reason"] == "", table["reason"]),
            "P": table["p_observed"].map(_number(2)),
            "K": table["k_observed"].map(_number(2)),
            "agents out per km": table["agents_per_km"].map(_number(2)),
            "K km per agent": table["k_km_per_agent"].map(_number(2)),
            "units here": table["unit_count_equivalent"].map(_number(0)),
            "model stops": table["p_model"].map(_number(3)),
            "model's K km per agent": table["k_km_per_agent_model"].map(_number(3)),
            "ratio": table["ratio"].map(_number(2)),
        }
    )
    named = rows[["border", "year", "quantity", "value", "unit", "tag", "source", "remark"]]
    named = named.assign(value=[f"{value:,.10g}" for value in named["value"]])
    words = f"{table.attrs['statement']}\n\n{_table(told)}\n\n## The rows\n\n{_table(named)}\n"
    TARGET.write_text(HEAD + words + TAIL, encoding="utf-8")


def _number(digits: int) -> object:
    return lambda value: "" if pd.isna(value) else f"{value:,.{digits}f}"


def _table(rows: pd.DataFrame) -> str:
    lines = [rows.columns, ["---"] * len(rows.columns), *rows.astype(str).to_numpy()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
