"""Sweeps: what varies becomes cases, cases become one table, and nothing is worked out that nobody asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import borderzone as bz
from borderzone.errors import BorderzoneError, InvalidParameterError, InvalidScenarioError
from borderzone.patrol import FORCES
from borderzone.study.incident_findings import Reported
from borderzone.whatif import sweeping
from borderzone.whatif.grounds import kept_grounds
from borderzone.whatif.plan import plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground


@pytest.fixture(scope="module", autouse=True)
def _known(coarse: bz.Study, coarse_ground: Ground) -> None:
    """Let sweeps of this study read no ground."""
    kept_grounds().put(coarse, coarse_ground)


def half(table: pd.DataFrame) -> Any:
    """Give the rows for half of all crossings against a crosser who knows nothing."""
    rows = table[(table["measure"] == "mean_pod") & (table["opponent"] == "blind")]
    return rows.reset_index(drop=True)


@pytest.fixture(scope="module")
def four(coarse: bz.Study) -> Any:
    """Give a grid of two kits and two numbers of units."""
    vary = {"kit": ["eye", "goggles"], "units": [100, 140]}
    return bz.sweep(coarse, vary, outputs=["answer", "pod"])


def test_a_grid_is_every_combination_in_its_order(four: Any) -> None:
    rows = half(four)

    assert rows["case"].tolist() == [0, 1, 2, 3]
    assert rows["kit"].tolist() == ["eye", "eye", "goggles", "goggles"]
    assert rows["at_units"].tolist() == [100, 140, 100, 140]
    assert four.attrs["vary"] == ["kit", "case_units"]
    assert four.columns.tolist() == [
        "case", "kit", "case_units", "law", "opponent", "light", "target", "measure", "units", "people",
        "payroll", "at_units", "at_people", "share",
    ]  # fmt: skip
    # Units change what is reached and not what it takes; goggles change both.
    assert rows["people"].nunique() == 2
    assert rows.loc[2, "people"] < rows.loc[0, "people"]
    assert rows["share"].is_monotonic_increasing


def test_units_that_are_needed_reach_what_is_wanted(coarse: bz.Study, four: Any) -> None:
    """The share is the answer read the other way."""
    needed = int(np.ceil(half(four).loc[2, "units"]))
    table = bz.sweep(coarse, {"kit": ["goggles"], "units": [needed]}, outputs="pod")

    assert half(table)["share"].iloc[0] == pytest.approx(0.5, abs=0.01)


def test_rows_are_those_of_a_run(study: bz.Study, ground: Ground, result: bz.StudyResult) -> None:
    """For every kit of the answer, led and unled, with as many draws as a run takes, to the last digit."""
    answer = result.answer
    assert answer is not None
    vary = {"law": ["random", "beats_soft"], "kit": answer["kit"].unique().tolist()}
    table = bz.sweep(study, vary, bands=True, ground=ground)

    keys = ["kit", "law", "measure", "opponent"]
    shared = [name for name in table if name in answer and name not in keys]
    assert len(shared) == 15
    once = table.drop_duplicates(keys).set_index(keys)[shared].sort_index()
    own = answer.set_index(keys)[shared].sort_index()
    pd.testing.assert_frame_equal(once, own, check_dtype=False, check_exact=True)


def test_ground_is_read_again_only_for_what_it_hangs_on(
    coarse: bz.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    usual = bz.Study.read_ground

    def counted(self: bz.Study, progress: Any = None) -> Any:
        read.append(self.scenario.depth_km)
        return usual(self, progress)

    monkeypatch.setattr(bz.Study, "read_ground", counted)
    fixed = {"distribution": "fixed", "parameters": [0.5], "source": "a test"}
    for name, values in {
        "kit": ["eye", "thermal"],
        "law": ["random", "beats_soft"],
        "month": [1, 7],
        "moon": ["dark"],
        "shift_h": [8, 12],
        "uncertainty.r50_factor": [0.3, fixed],
    }.items():
        bz.sweep(coarse, {name: values})
    bz.sweep(coarse, {"units": [100, 140]}, outputs="pod")
    assert read == []

    table = bz.sweep(coarse, {"force.crew": [2, 4], "depth_km": [50, 31]})
    assert read == [31]
    assert half(table).groupby("depth_km")["people"].nunique().tolist() == [2, 2]


def test_weights_of_incidents_are_read_once(
    coarse: bz.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And change the plan."""
    read: list[int] = []
    usual = Reported.of

    def counted(*args: Any, **how: Any) -> Reported:
        read.append(1)
        return usual(*args, **how)

    monkeypatch.setattr(Reported, "of", counted)
    table = bz.sweep(
        coarse, {"kit": ["eye", "goggles"], "weights": ["uniform", "incidents"]}, seed=7
    )

    assert read == [1]
    assert half(table)["people"].nunique() == 4


@pytest.mark.parametrize(
    ("vary", "outputs", "message"),
    [
        (
            {"units": [100, 140]},
            "answer",
            r"units decides nothing of what is asked \(answer\): add 'pod'",
        ),
        ({"targets": [[0.5], [0.9]]}, ["pod"], "add 'required' to outputs"),
        ({"light": ["day", "night"]}, "answer", "add 'required' or 'curve'"),
        ({"name": ["a", "b"]}, "answer", "name decides no number of a sweep"),
        ({"uncertainty.shift_factor": [4.0, 5.0]}, "answer", "add 'required' or 'curve'"),
        ({"force.p_respond": [0.5, 0.8]}, "answer", "add 'required' or 'curve'"),
        ({"bare_threshold": [0.5, 0.9]}, "answer", "add 'flagged' to outputs"),
        ({"karst": ["embedded", None]}, "pod", "add 'flagged' to outputs"),
        ({"light_year": [2019, 2024]}, "answer", "light_year decides no number"),
        ({"crosser_vehicle_km_h": [20, 60]}, "answer", "counts with crosser = 'vehicle' alone"),
        ({"provinces": ["embedded", None]}, "answer", "counts with weights = 'incidents' alone"),
        ({"road_speeds_km_h": [{}, {"primary": 20}]}, "answer", "counts on roads alone"),
    ],
)
def test_what_would_change_nothing_is_refused(
    coarse: bz.Study, vary: dict[str, Any], outputs: Any, message: str
) -> None:
    """Equal rows would look like a finding."""
    with pytest.raises(InvalidScenarioError, match=message):
        bz.sweep(coarse, vary, outputs=outputs)


# What the answer hangs on without the ground being read again, by field: two values of it.
DECIDES: dict[str, list[Any]] = {
    "force": ["eye", "goggles"],
    "shift_h": [12, 8],
    "cover_km": [5, 0.5],
    "month": [1, 6],
    "moon": ["mean", "dark"],
    "law": ["random", "beats_soft"],
    "weights": ["uniform", "incidents"],
    "posts": [[], [{"from_km": 0, "to_km": 40, "count": 30, "sensor": "eye"}]],
    "obstacles": [
        [],
        [{"from_km": 0, "to_km": 40, "kind": "ditch", "delay_h_person": 2.0, "source": "a test"}],
    ],
    "uncertainty": [
        {},
        {"r50_factor": {"distribution": "fixed", "parameters": [0.5], "source": "a test"}},
    ],
}
# What the ground is read again for, or whether it can be read at all.
OF_GROUND = {
    "depth_km", "segment_km", "resolution_m", "terrain_resolution_m", "max_gap_share", "force_side",
    "road_speeds_km_h", "crosser", "crosser_vehicle_km_h", "report_minutes",
    # A stretch has no published length; two lengths are swept in the tests of lengths.
    "length",
}  # fmt: skip


def test_every_field_of_a_scenario_is_placed() -> None:
    """A new one is told here: it decides the answer, the ground, or nothing that a sweep tells."""
    told = set(sweeping._TOLD_BY) | set(sweeping._COUNTS_WITH)
    assert set(bz.Scenario.model_fields) <= told | set(DECIDES) | OF_GROUND


@pytest.mark.parametrize("name", DECIDES)
def test_what_decides_the_answer_changes_a_number_of_it(coarse: bz.Study, name: str) -> None:
    table = bz.sweep(coarse, {"kit" if name == "force" else name: DECIDES[name]})

    first, second = (rows[["people", "payroll"]].to_numpy() for _, rows in table.groupby("case"))
    assert not np.array_equal(first, second, equal_nan=True)


def test_every_state_of_nature_of_the_answer_varies(coarse: bz.Study) -> None:
    """Whom somebody follows up who was not recognised decides what is stopped, and nothing that is seen."""
    table = bz.sweep(coarse, {"uncertainty.followed_up": [0.1, 0.9]})
    stopped, seen = (
        table[(table["measure"] == name) & (table["opponent"] == "blind")]["people"].tolist()
        for name in ("mean_poi", "mean_pod")
    )

    assert stopped[0] > stopped[1]
    assert seen[0] == seen[1]


def test_scenarios_differ_in_what_varies(coarse: bz.Study) -> None:
    first = coarse.scenario
    others = [first, first.changed({"name": "few", "force.crew": 2})]
    table = bz.sweep(coarse, others)

    assert table["scenario"].unique().tolist() == ["as is", "few"]
    four, two = half(table)["people"]
    assert four == pytest.approx(2 * two, rel=1e-9)


def test_a_table_has_a_case_for_each_row(coarse: bz.Study) -> None:
    """An empty cell is a value that is not set."""
    given = pd.DataFrame({"month": [1, np.nan], "kit": ["thermal", FORCES["foot_thermal"]]})
    table = half(bz.sweep(coarse, given))

    assert table["kit"].tolist() == ["thermal", "foot, hand_held_thermal, 3 km/h"]
    assert table["month"].isna().tolist() == [False, True]


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_a_design_fills_ranges_evenly(coarse: bz.Study, design: str) -> None:
    vary = {"cover_km": (0.1, 0.9), "force.crew": (2, 5), "kit": ["eye", "thermal"]}
    plan, again, other = (
        plan_of(coarse, vary, design=design, n=8, seed=seed).table() for seed in (1, 1, 2)
    )

    assert sorted(np.floor(10 * np.array(plan["cover_km"])).astype(int)) == [*range(1, 9)]
    assert sorted(plan["force.crew"]) == [2, 2, 3, 3, 4, 4, 5, 5]
    assert sorted(plan["kit"]) == 4 * ["eye"] + 4 * ["thermal"]
    assert plan.equals(again)
    assert not plan.equals(other)
    table = bz.sweep(coarse, vary | {"cover_km": [0.5]}, design=design, n=2)
    assert sorted(half(table)["kit"]) == ["eye", "thermal"]


def test_cases_are_held_against_a_baseline(coarse: bz.Study) -> None:
    """By paired draws, whichever way the baseline is named; a case does not differ from itself."""
    vary = {"kit": ["scenario", "goggles"], "law": ["random"]}
    by_case = bz.sweep(coarse, vary, bands=64, baseline=0)
    by_name = bz.sweep(coarse, vary, bands=64, baseline={"month": None})
    whole = bz.sweep(coarse, vary, bands=64, baseline=coarse.scenario)

    pd.testing.assert_frame_equal(by_case, by_name)
    pd.testing.assert_frame_equal(by_case, whole)
    same, better = (half(by_case).loc[case] for case in (0, 1))
    assert (same["difference"], same["difference_low"], same["within_noise"]) == (0, 0, True)
    assert np.isnan(same["probability"])
    assert better["difference_high"] < 0
    assert better["probability"] == 1
    assert not better["within_noise"]
    points = half(bz.sweep(coarse, vary, baseline=0))
    assert points[["difference_low", "probability", "within_noise"]].isna().all(axis=None)
    assert points["difference"].tolist() == (points["people"] - points["people"][0]).tolist()


def test_shares_are_those_of_the_ground(coarse: bz.Study) -> None:
    """More hours, less remote desert."""
    table = half(bz.sweep(coarse, {"remote_hours": [1, 2, 3]}, outputs=["flagged"]))

    assert table["remote_share"].is_monotonic_decreasing
    assert table["remote_share"].nunique() == 3
    assert len(set(table["cave_share_of_known"])) == 1


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({}, "needs lists of values"),
        ({"depth_km": []}, "needs lists of values"),
        ({"force.sensor": "eye"}, "needs lists of values"),
        ([], "needs lists of values"),
        (pd.DataFrame(), "needs one case or more"),
        ({"dept_km": [1]}, "did you mean 'depth_km'"),
        ({"force.sensr": ["eye"]}, "did you mean 'force.sensor'"),
        ({"uncertainty.r50_facto": [1]}, "did you mean 'uncertainty.r50_factor'"),
        ({"depth_km": [50, 25, -1]}, r"case 2 \(depth_km = -1\): depth_km = -1"),
        ({"targets": [[0.5], [1.5]]}, r"case 1 .*targets"),
        ({"side": ["IRQ", "FRA"]}, r"case 1 .*force_side must be 'IRQ' or 'SYR'"),
        ({"units": [1], "reference_units": [2]}, "reference_units varies under two names"),
        ({"kit": ["gogles"]}, "did you mean 'goggles'"),
        ({"posts": ["nowhere.toml"]}, "there is no scenario file 'nowhere.toml'"),
        ({"origins": ["nowhere.geojson"]}, "case 0: origins: there is no file 'nowhere.geojson'"),
        ({"border": [bz.Border.between("DEU", "FRA")]}, "another line between IRQ and SYR"),
        ([bz.Scenario(force_side="FRA")], "force_side must be 'IRQ' or 'SYR'"),
    ],
)
def test_an_impossible_sweep_is_refused_before_the_first_case(
    coarse: bz.Study, vary: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "answer_case", None)

    with pytest.raises(BorderzoneError, match=message):
        bz.sweep(coarse, vary)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": "lhs", "n": 0}, "n must be"),
        ({"design": "lhs"}, "n must be a whole number"),
        ({"n": 5}, "give design, one of lhs, sobol"),
        ({"design": "lhc", "n": 5}, "did you mean 'lhs'"),
        ({"outputs": ["answers"]}, "did you mean 'answer'"),
        ({"outputs": ["curve"]}, "give a folder"),
        ({"baseline": 2}, "a case, 0 to 1"),
        ({"baseline": {"dept_km": 3}}, "did you mean 'depth_km'"),
        ({"bands": 3}, "bands must be"),
        ({"workers": 0}, "workers must be"),
        ({"on_error": "ignore"}, "on_error must be one of raise, row"),
    ],
)
def test_an_impossible_option_is_refused(
    coarse: bz.Study, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((InvalidParameterError, InvalidScenarioError), match=message):
        bz.sweep(coarse, {"depth_km": [25, 50]}, **options)


def test_posts_come_from_a_file_of_their_own(coarse: bz.Study, tmp_path: Path) -> None:
    path = tmp_path / "north.toml"
    path.write_text(
        '[[posts]]\nfrom_km = 0\nto_km = 60\nspacing_km = 4\nsensor = "tower_thermal"\n', "utf-8"
    )
    table = half(bz.sweep(coarse, {"posts": [[], path]}))

    assert table["posts"].tolist() == ["[]", str(path)]
    assert table["people"][1] < table["people"][0]
    (tmp_path / "both.toml").write_text("[[obstacles]]\n", "utf-8")
    with pytest.raises(InvalidScenarioError, match=r"a file of posts has a table \[\[posts\]\]"):
        bz.sweep(coarse, {"posts": [tmp_path / "both.toml"]})


def test_a_case_that_fails_is_a_row_where_that_is_wanted(
    coarse: bz.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or stops the sweep, and is named."""
    usual = bz.patrol.answer_case

    def sometimes(question: Any, *args: Any, **how: Any) -> Any:
        if question.shift_h == 9:
            msg = "no such shift"
            raise InvalidParameterError(msg)
        return usual(question, *args, **how)

    monkeypatch.setattr(sweeping, "answer_case", sometimes)
    table = bz.sweep(coarse, {"shift_h": [8, 9, 10]}, on_error="row")

    assert table["case"].value_counts().to_dict() == {0: 9, 2: 9, 1: 1}
    failed = table[table["case"] == 1].iloc[0]
    assert failed["error"] == "no such shift"
    assert np.isnan(failed["people"])
    assert table["error"].isna().sum() == 18
    with pytest.raises(InvalidParameterError, match="case 1: no such shift"):
        bz.sweep(coarse, {"shift_h": [8, 9]})


def test_lines_vary_and_are_told_apart(coarse: bz.Study) -> None:
    """Two stretches of one border, each on ground of its own."""
    parts = [coarse.border.between_km(start, start + 40) for start in (10, 60)]
    table = half(bz.sweep(coarse, {"border": parts, "force.crew": [2, 4]}))

    assert table["border"].unique().tolist() == ["Border in memory", "Border in memory (2)"]
    assert table["people"].nunique() == 4
    own = half(bz.sweep(replace(coarse, border=parts[1]), {"force.crew": [4]}))
    assert table["people"].iloc[3] == own["people"].iloc[0]


def test_how_far_it_is_is_told_in_words(coarse: bz.Study) -> None:
    told: list[str] = []
    bz.sweep(coarse, {"force.crew": range(1, 25)}, progress=told.append)

    assert [words.partition(",")[0] for words in told] == ["20 of 24 cases", "24 of 24 cases"]
    assert told[1].endswith("about 0 s left")
