"""Numbers of the built-in study stay what they were: a change is meant, and told where it is made."""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from borderzone.study import StudyResult

# Of the run of conftest.py. Where a number changes on purpose, its new digest stands in the commit
# that says why, beside the differences.
DIGESTS = {
    "segments": "a978d214b006f264",
    "zones": "408e2d857608157f",
    "incidents.events": "606c1e9fd2700fd6",
    "overlay": "cd264cedfe30e5d8",
    "curve": "7451d186912f2e7f",
    "required": "79455857e0a82204",
    "patrol.draws": "f7c798c177852709",
    "flagged_share": "590d6eba375e028a",
    "reach.night_hours": "28e7ab55f52fd3d8",
    "reach.light": "25e1ce85ab14a79d",
    "patrol.sobol": "94759ca19bb631d3",
    "patrol.plausibility": "429d9ba6f028c331",
    "patrol.assumptions": "c93011243f4412aa",
    "ground.origins": "1377db93f27fc153",
    "incidents.placed": "348dfa5799c50b8f",
    "incidents.demo.events": "4336f8bf6e5da025",
    "incidents.demo.overlay": "fa3594bcffd5aecf",
    "incidents.exposure": "59ae46847c01f202",
    "incidents.enrichment": "9de62860639ed33e",
    "incidents.on_ground": "164d14f4b296e18d",
    "incidents.ground_counts": "dc708776ec94d3e0",
    "incidents.pressure": "3a2fe4e1ec9a94d1",
    "patrol.by_weights": "7d018023a599679d",
    "ground.stability": "20afb4d4213b6771",
    "ground.better_data": "a0febdbf64ea754b",
}


def text_of(value: Any) -> str:
    """Write a cell down: numbers to ten digits, for the last few are of the machine."""
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.10g}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return f"[{','.join(map(text_of, value))}]"
    if hasattr(value, "wkt"):
        return ""  # shapes are held by the tests of their rooms
    return str(value)


def digest(table: pd.DataFrame) -> str:
    """Give a short checksum of a table: its columns, its index, its cells."""
    plain = pd.DataFrame(table).reset_index()
    lines = [",".join(map(str, plain.columns))]
    lines += [",".join(map(text_of, row)) for row in plain.itertuples(index=False)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", DIGESTS)
def test_tables_of_the_built_in_study_are_what_they_were(name: str, result: StudyResult) -> None:
    assert digest(attrgetter(name)(result)) == DIGESTS[name]


def test_a_digest_sees_one_cell_and_not_the_last_digits_of_a_machine() -> None:
    table = pd.DataFrame({"units": [30, 100], "mean_pod": [0.25, 1 / 3]})
    assert digest(table) != digest(table.assign(mean_pod=[0.25, 0.333333333]))
    assert digest(table) == digest(table.assign(mean_pod=[0.25, 1 / 3 + 1e-15]))
    assert digest(table) != digest(table.rename(columns={"units": "unit_count"}))
