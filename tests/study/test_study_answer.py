"""The answer of a study is that of its scenario: who crosses, how long the line is, where, with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from own_width import OWN_WIDTH

from borderzone.patrol import Force
from borderzone.study import told

if TYPE_CHECKING:
    import borderzone as bz
    from borderzone.study import Ground, StudyResult


def row(result: StudyResult, kit: str = "eye") -> Any:
    return told.answer_row(result, "mean_pod", kit, "random")


def run(study: bz.Study, ground: Ground, **changes: Any) -> StudyResult:
    asked = study.with_scenario(study.scenario.changed(changes))
    return asked.run(seed=1, ground=ground if asked.ground_key == ground.key else None)


def test_it_follows_the_length_of_the_scenario(
    study: bz.Study, ground: Ground, result: StudyResult
) -> None:
    published = run(study, ground, length="published", draws=100)

    border = result.border
    assert border.published_length_km is not None
    longer = border.published_length_km / border.length_km
    assert row(published).units_at_medians == pytest.approx(
        row(result).units_at_medians * longer, rel=1e-6
    )


def test_it_follows_the_crosser_and_the_assumptions_of_the_scenario(
    coarse: bz.Study, coarse_ground: Ground, coarse_result: StudyResult
) -> None:
    usual = row(coarse_result)
    driving = run(coarse, coarse_ground, crosser="vehicle")
    sure = {"distribution": "fixed", "parameters": (1.0,), "source": "known here"}
    known = run(coarse, coarse_ground, uncertainty={"r50_factor": sure})

    # A vehicle at 30 km/h leaves a patrol little of its own speed, and is seen three times as far.
    assert row(driving).units_at_medians != pytest.approx(usual.units_at_medians, rel=0.05)
    assert row(known).high / row(known).low < 0.7 * usual.high / usual.low


def test_a_sweep_width_of_ones_own_leaves_the_other_kits(
    coarse: bz.Study, coarse_ground: Ground
) -> None:
    force = Force(sensor=OWN_WIDTH)

    found = run(coarse, coarse_ground, force=force.model_dump() | {"sensor": OWN_WIDTH})

    assert found.answer is not None
    assert "only a sweep width is known" in told.answer_sentences(found)[-1]
    assert np.isfinite(row(found).units)
    # What it sees is known, what it stops is not: nowhere a number stands in for it.
    own_rows = found.answer[found.answer["kit"] == "scenario"]
    assert np.isfinite(own_rows.loc[own_rows["measure"] == "mean_pod", "units"]).all()
    assert own_rows.loc[own_rows["measure"] == "mean_poi", "units"].isna().all()
    assert found.patrol.hindcast is not None
    assert found.patrol.plausibility is not None
    assert found.patrol.hindcast[["p_model", "ratio"]].isna().all(axis=None)
    assert found.patrol.plausibility["mean_poi_at_that"].isna().all()
    assert told.hindcast_title(found) == "What real borders achieved"
