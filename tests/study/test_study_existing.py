"""Posts and obstacles of a scenario: counted in its answer, told in the report, and in no public file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from unpacking import Canaries, pieces_of

import borderzone as bz
from borderzone.errors import InvalidScenarioError
from borderzone.report import folder
from borderzone.report.public import edition
from borderzone.study import told
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground, StudyResult

# Numbers that stand nowhere else.
POSTS = {"from_km": 123.456719, "to_km": 234.567813, "count": 37, "sensor": "tower_thermal"}
BERM = {
    "from_km": 12.345617,
    "to_km": 98.765423,
    "kind": "berm",
    "delay_h_person": 0.135791,
    "source": "zephyrquill",
}
STANDING = {"posts": [POSTS], "obstacles": [BERM]}
AS_TOML = """
[[scenario.posts]]
from_km = 123.456719
to_km = 234.567813
count = 37
sensor = "tower_thermal"

[[scenario.obstacles]]
from_km = 12.345617
to_km = 98.765423
kind = "berm"
delay_h_person = 0.135791
source = "zephyrquill"
"""


def with_standing(study: bz.Study, **changes: Any) -> bz.Study:
    few = {"draws": 100, "imputations": 20}
    return study.with_scenario(study.scenario.changed(few | changes))


@pytest.fixture(scope="module")
def bare(study: bz.Study, ground: Ground) -> StudyResult:
    return with_standing(study).run(seed=1, ground=ground)


@pytest.fixture(scope="module")
def guarded(study: bz.Study, ground: Ground) -> StudyResult:
    return with_standing(study, **STANDING).run(seed=1, ground=ground)


def same(one: pd.DataFrame | None, other: pd.DataFrame | None) -> None:
    assert one is not None
    assert other is not None
    pd.testing.assert_frame_equal(one, other)


def test_a_scenario_takes_them_from_toml_and_gives_them_back(tmp_path: Path) -> None:
    scenario = bz.Scenario(**STANDING)
    assert scenario == bz.Scenario(**tomllib.loads(AS_TOML)["scenario"])
    assert bz.Scenario.from_toml(_written(scenario, tmp_path)) == scenario
    assert scenario.without_standing() == bz.Scenario()


def _written(scenario: bz.Scenario, folder: Path) -> Path:
    file = folder / "scenario.toml"
    scenario.to_toml(file)
    return file


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"posts": [{**POSTS, "to_km": 1.0}]}, r"posts\.0.*from_km 123\.457 must be below to_km 1"),
        ({"posts": [{**POSTS, "sensor": "eyes"}]}, "sensor must be one of.*did you mean 'eye'"),
        ({"obstacles": [{**BERM, "source": ""}]}, "the delay of a berm needs a source"),
        ({"obstacles": [BERM], "crosser": "vehicle"}, "has no delay_h_vehicle, and a vehicle"),
    ],
)
def test_a_scenario_refuses_what_cannot_be(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidScenarioError, match=words):
        bz.Scenario(**changes)


def test_a_study_refuses_posts_beyond_its_border_before_any_work(study: bz.Study) -> None:
    with pytest.raises(InvalidScenarioError, match="to_km must be at most the length of the line"):
        with_standing(study, posts=[{**POSTS, "to_km": 2000.0}])


def test_the_answer_counts_them_and_the_curve_does_not(
    bare: StudyResult, guarded: StudyResult
) -> None:
    assert bare.answer is not None
    assert guarded.answer is not None
    same(guarded.curve, bare.curve)
    less = guarded.answer["units"] - bare.answer["units"]
    assert (less[bare.answer["units"] < float("inf")] < 0).all()
    assert guarded.run_id != bare.run_id
    # Nobody out sees what posts see.
    alone = guarded.pod(0.0)["share"][0]
    assert 0.1 < alone < (234.567813 - 123.456719) / guarded.border.length_km + 1e-9
    assert bare.pod(0.0)["share"][0] == 0.0


def test_the_report_says_what_it_counts(bare: StudyResult, guarded: StudyResult) -> None:
    assert told.standing_words(bare) == []
    (words,) = told.standing_words(guarded)
    assert words.startswith(
        "The answer counts what the user says stands there already: 37 posts on 111 km and 1 obstacle on 86 km."
    )


def test_the_public_edition_is_that_of_a_border_without_them(
    bare: StudyResult, guarded: StudyResult
) -> None:
    shown = edition(guarded, "public").result
    assert shown.scenario == bare.scenario
    assert shown.run_id == bare.run_id
    same(shown.answer, bare.answer)
    same(shown.patrol.sobol, bare.patrol.sobol)
    same(shown.patrol.by_night, bare.patrol.by_night)
    assert shown.pod(0.0)["share"][0] == 0.0
    assert any(
        words.startswith("Posts and obstacles that stand at the border already are not told")
        for words in edition(guarded, "public").left_out
    )
    assert told.standing_words(shown) == []
    assert edition(guarded, "internal").result.scenario.posts == guarded.scenario.posts


@pytest.mark.parametrize("detail", ["public", "internal"])
def test_no_canary_of_them_is_in_a_public_folder(
    guarded: StudyResult,
    detail: str,
    tmp_path: Path,
    one_format: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del one_format
    if detail == "internal":  # page and tables hold every word
        monkeypatch.setattr(folder, "draw_pictures", lambda *_: {})
    bz.write_report(guarded, tmp_path / "out", detail=detail)
    words = ("123.456719", "234.567813", "12.345617", "98.765423", "0.135791", "zephyrquill")
    canaries = Canaries(words, [(41.345671, 34.123457)], [])
    found = "\n".join(canaries.found_in(pieces_of(tmp_path / "out")))
    for word in words:
        assert (word in found) == (detail == "internal"), found


def test_a_public_study_file_leaves_them_out_and_says_so(
    guarded: StudyResult, tmp_path: Path
) -> None:
    public = write_study(guarded, tmp_path, public=True)
    assert "# Without the posts and obstacles that stood at the border" in public
    assert tomllib.loads(public)["scenario"]["posts"] == []
    assert tomllib.loads(public)["scenario"]["obstacles"] == []
    own = tomllib.loads(write_study(guarded, tmp_path, public=False))["scenario"]
    assert own["posts"] == [POSTS]
    assert own["obstacles"] == [BERM | {"speed_factor": 1.0}]
