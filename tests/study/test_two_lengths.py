"""Where the published and the measured length differ, both are told, and every unit count for both."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from changed_results import changed
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

import borderzone as bz
from borderzone import figures, patrol
from borderzone.errors import InvalidScenarioError
from borderzone.figures.grammar import figure_of
from borderzone.patrol.answer.case import draw_rates
from borderzone.patrol.answer.uncertainty import required_draws
from borderzone.report import write_report
from borderzone.study import told
from borderzone.study.study_file import write_study
from borderzone.study.told import length_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground, StudyResult

COARSE: dict[str, Any] = {"depth_km": 20, "resolution_m": 5000, "draws": 100, "imputations": 20}
# Iraq-Turkey lies on the embedded ground and is 21 % shorter along the line that ships.
MEASURED, PUBLISHED = 291.0, 367.0


@pytest.fixture(scope="module")
def study() -> bz.Study:
    """Give a study whose border is published longer than it is drawn."""
    return bz.Study(border=bz.Border.between("IRQ", "TUR"), scenario=bz.Scenario(**COARSE))


@pytest.fixture(scope="module")
def ground(study: bz.Study) -> Ground:
    """Read its ground once."""
    return study.read_ground()


@pytest.fixture(scope="module")
def result(study: bz.Study, ground: Ground) -> StudyResult:
    """Run it along the measured line."""
    return study.run(ground=ground)


@pytest.fixture(scope="module")
def scaled(study: bz.Study, ground: Ground) -> StudyResult:
    """Run it at the published length."""
    longer = study.scenario.changed({"length": "published", "name": "as published"})
    return study.with_scenario(longer).run(ground=ground)


# -- the numbers -------------------------------------------------------------------------------


def test_rates_at_the_published_length_are_smaller_by_the_two_lengths(
    result: StudyResult, scaled: StudyResult
) -> None:
    ratio = result.border.length_km / PUBLISHED
    assert result.border.length_km == pytest.approx(MEASURED, abs=0.1)
    for light in ("night", "day"):
        np.testing.assert_allclose(
            scaled.segments[f"rate_{light}"], ratio * result.segments[f"rate_{light}"], rtol=1e-12
        )
    # The ground and the line stay what they are.
    pd.testing.assert_series_equal(scaled.segments["length_km"], result.segments["length_km"])
    assert scaled.segments.geometry.equals(result.segments.geometry)
    np.testing.assert_allclose(scaled.segments["weight"], result.segments["weight"], rtol=1e-12)


def test_every_required_number_stands_in_the_table_for_both_lengths(result: StudyResult) -> None:
    assert result.required is not None
    short, long = (
        result.required.query(f"length == '{name}'") for name in ("measured", "published")
    )
    assert len(short) == len(long) == len(result.required) / 2
    assert set(long["length_km"]) == {PUBLISHED}
    assert set(short["length_km"]) == {result.border.length_km}
    ratio = PUBLISHED / result.border.length_km
    for name in ("out_p05", "out_p50", "out_p95", "payroll_p50"):
        few, many = short[name].to_numpy(), long[name].to_numpy()
        np.testing.assert_array_equal(np.isfinite(few), np.isfinite(many))
        known = np.isfinite(few)
        assert known.any()
        # Both are rounded up to whole units.
        assert (np.abs(many[known] - ratio * few[known]) <= 1 + ratio).all()
    np.testing.assert_array_equal(short["ceiling"], long["ceiling"])


def test_it_does_not_matter_which_length_is_the_scenarios(
    result: StudyResult, scaled: StudyResult
) -> None:
    order = ["length", "light", "measure", "rule", "target"]
    tables = [run.required for run in (result, scaled)]
    assert tables[0] is not None
    assert tables[1] is not None
    assert tables[1]["length"].iloc[0] == "published"
    one, other = (
        table.sort_values(order, ignore_index=True) for table in tables if table is not None
    )
    pd.testing.assert_frame_equal(one, other)
    for measure in ("mean_pod", "min_pod"):
        for length in ("measured", "published"):
            assert told.units(result, measure, length=length) == told.units(
                scaled, measure, length=length
            )


@given(factor=st.floats(0.2, 20), lengths=st.lists(st.floats(1, 30), min_size=1, max_size=6))
def test_units_scale_with_the_length(factor: float, lengths: list[float]) -> None:
    ground = pd.DataFrame(
        {"f_mask": 0.2, "patrol_speed_factor": 0.8, "crosser_km_h": 3.0}, index=range(len(lengths))
    )
    cases = [
        patrol.PatrolCase.of(pd.Series(scale * np.array(lengths)), ground, patrol.Force())
        for scale in (1.0, factor)
    ]
    drawn = [draw_rates(case, draws=100, seed=1) for case in cases]
    for measure, rule in (("mean_pod", "optimal"), ("min_pod", "maximin")):
        few, many = (
            required_draws(case, each, target=0.9, measure=measure, rule=rule)
            for case, each in zip(cases, drawn, strict=True)
        )
        np.testing.assert_allclose(many, factor * few, rtol=1e-6)


def test_lengths_that_differ_by_3_per_cent_are_one_length(result: StudyResult) -> None:
    km = result.border.length_km
    for published, told_for in ((1.02, 1), (1.04, 2), (0.98, 1), (0.96, 2)):
        border = result.border.with_published_length(published * km)
        assert len(told.lengths(changed(result, border=border))) == told_for
        assert ("published" in told.length_words(border)) == (told_for == 2)
    alone = bz.Border.between("MYS", "SGP")
    assert told.lengths(changed(result, border=alone)) == ("measured",)
    assert length_sentence(changed(result, border=alone)).endswith(
        "; no published length is known to hold this against."
    )


# -- the words ---------------------------------------------------------------------------------


def test_the_first_sentence_tells_both_lengths_where_they_differ(result: StudyResult) -> None:
    assert length_sentence(result) == (
        "The border of Iraq and Turkey is 290 km (180 mi) long along this line: Natural Earth 10m land "
        "boundary lines; that is 21 % shorter than the published length of 367 km (228 mi), by CIA World "
        "Factbook."
    )
    assert result.summary[0] == length_sentence(result)


def test_every_border_is_told_in_forty_words(result: StudyResult) -> None:
    pairs = bz.list_borders()[["a", "b"]].itertuples(index=False)
    for a, b in pairs:
        said = length_sentence(changed(result, border=bz.Border.between(a, b)))
        assert len(said.split()) <= 40, said


def test_the_answer_is_told_for_the_length_of_the_headline_and_names_it(
    result: StudyResult, scaled: StudyResult
) -> None:
    for run, own, other in ((result, "measured", "published"), (scaled, "published", "measured")):
        sentence = run.summary[2]
        assert len(sentence.split()) <= 40
        assert told.at_length(run, own) in sentence
        assert f"the {other} length" not in sentence
        for kit in ("eye", "thermal"):
            few, many = (
                told.answer_row(run, "min_pod", kit, "beats_soft", length=each)
                for each in (own, other)
            )
            assert told.rounded(few.people) in sentence
            assert told.rounded(many.people) not in sentence
            assert told.answer_row(run, "min_pod", kit, "beats_soft").units == few.units
        assert all(len(words.split()) <= 40 for words in told.answer_sentences(run))
        assert told.at_length(run, own) in told.answer_sentences(run)[0]
        drawn = figures.figure_data(run, "answer")
        assert set(drawn["length"]) == {own}
        assert run.answer is not None
        assert len(run.answer) == 2 * len(drawn)


def every_text(result: StudyResult) -> dict[str, str]:
    """Give all texts in which the units of the curve are told."""
    figure = figure_of(figures.coverage_curve(result))
    drawn = " ".join(text.get_text() for text in figure.findobj(Text))
    return {
        "figure": " ".join(drawn.split()),
        "alt": figures.alt_text(result, "coverage_curve"),
    }


def test_title_caption_and_description_of_the_curve_tell_both(result: StudyResult) -> None:
    half = {
        length: told.answered_units(result, "mean_pod", length=length)
        for length in ("measured", "published")
    }
    texts = every_text(result)
    for row in half.values():
        assert row is not None
        assert row.range in texts["figure"]
        assert f"the median is {told.rounded(row.middle)} units" in texts["alt"]
    assert "at the published length of 367 km" in texts["figure"]
    assert "at the published length of 367 km" in texts["alt"]
    forces = result.patrol.plausibility
    assert forces is not None
    for case, rows in forces.groupby("case"):
        few, many = rows.set_index("length")["unit_count_equivalent"][["measured", "published"]]
        assert many == pytest.approx(few * PUBLISHED / result.border.length_km)
        assert f"{case}, {told.count(few)} ({told.count(many)})" in texts["figure"]


@pytest.mark.parametrize("detail", ["public", "internal"])
def test_a_report_tells_both_on_its_page_and_in_its_tables(
    detail: str,
    result: StudyResult,
    scaled: StudyResult,
    without_pictures: None,
    tmp_path: Path,
) -> None:
    write_report(result, tmp_path / "out", detail=detail, comparison=scaled)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    plain = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for measure, what in (("mean_pod", "seen, on average"), ("min_pod", "seen, every segment")):
        for length, words in (("measured", "along the line"), ("published", "as published")):
            for row in told.units(result, measure, length=length):
                assert (
                    f"{told.percent(row.target)} {what}, {words} {row.out} {row.people} " in plain
                )
    assert "people out, at the published length of 367 km" in plain
    for length in ("measured", "published"):
        row = told.answer_row(result, "min_pod", "eye", "beats_soft", length=length)
        assert told.rounded(row.people) in plain
    assert "290 km (180 mi)" in plain
    assert "367 km" in plain
    table = pd.read_csv(tmp_path / "out" / "tables" / "required_units.csv")
    assert set(table["length"]) == {"measured", "published"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["border"]["length_km"] == result.border.length_km
    assert manifest["border"]["published_length_km"] == PUBLISHED
    assert any("published_lengths" in entry["path"] for entry in manifest["inputs"])
    assert "CIA World Factbook" in (tmp_path / "out" / "ATTRIBUTION.txt").read_text("utf-8")


# -- the choice ----------------------------------------------------------------------------------


def test_a_scenario_takes_the_measured_length_unless_told_otherwise() -> None:
    assert bz.Scenario().length == "measured"
    with pytest.raises(InvalidScenarioError, match="length = 'official'"):
        bz.Scenario(length="official")


def test_a_length_that_is_not_published_cannot_be_taken() -> None:
    scenario = bz.Scenario(length="published", **COARSE)
    with pytest.raises(InvalidScenarioError, match=r'length = "measured".*with_published_length'):
        bz.Study(border=bz.Border.between("MYS", "SGP"), scenario=scenario)
    line = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])
    own = bz.Border.from_line(line, names=("IRQ", "SYR"))
    with pytest.raises(InvalidScenarioError, match=r"published_length_km = "):
        bz.Study(border=own).with_scenario(scenario)
    bz.Study(border=own.with_published_length(130)).with_scenario(scenario)


def test_the_choice_goes_through_a_study_file_and_names_another_run(
    result: StudyResult, scaled: StudyResult, tmp_path: Path
) -> None:
    assert result.run_id != scaled.run_id
    path = tmp_path / "study.toml"
    path.write_text(write_study(scaled, tmp_path, public=False), encoding="utf-8")
    again = bz.Study.from_toml(path)
    assert again.scenario.length == "published"
    assert again.border.published_length_km == PUBLISHED


def test_a_published_length_of_ones_own_goes_through_a_study_file(
    study: bz.Study, ground: Ground, result: StudyResult, tmp_path: Path
) -> None:
    border = study.border.with_published_length(400.0, source="the treaty of 1926")
    own = bz.Study(border=border, scenario=study.scenario).run(ground=ground)
    assert own.run_id != result.run_id
    assert own.summary[0].endswith(
        "than the published length of 400 km (249 mi), by the treaty of 1926."
    )
    assert not any(record.name == "published_lengths" for record in own.inputs)
    path = tmp_path / "study.toml"
    path.write_text(write_study(own, tmp_path, public=True), encoding="utf-8")
    again = bz.Study.from_toml(path).border
    assert (again.published_length_km, again.published_length_source) == (
        400.0,
        "the treaty of 1926",
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("published_length_km = -3", "published length"),
        ('published_length_km = "long"', "published length"),
        ('published_length_source = "a treaty"', "published_length_km"),
    ],
)
def test_a_study_file_with_an_impossible_length_is_refused(
    line: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(f'a = "IRQ"\nb = "SYR"\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidScenarioError, match=message):
        bz.Study.from_toml(path)


def test_a_sweep_over_lengths_takes_one_ground(
    study: bz.Study, ground: Ground, result: StudyResult
) -> None:
    table = bz.sweep(study, {"length": ["measured", "published"]}, bands=True, ground=ground)
    found = table.query("opponent == 'blind'").set_index(["length", "measure"])["units"]
    assert result.answer is not None
    rows = result.answer.query("kit == 'scenario' and opponent == 'blind'")
    own = rows[rows["law"] == result.scenario.law]
    expected = own.set_index(["length", "measure"])["units"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index())


def test_a_comparison_tells_its_unit_counts_for_both_lengths(
    study: bz.Study, ground: Ground, result: StudyResult
) -> None:
    eyes = study.scenario.changed({"force.sensor": "night_vision_goggles", "name": "goggles"})
    better = study.with_scenario(eyes).run(ground=ground)
    table = bz.compare(result, better).set_index("quantity")
    for length, name in (("measured", "out"), ("published", "out_published")):
        row = table.loc[f"{name}_mean_pod_0.9"]
        for column, run in (("a", result), ("b", better)):
            assert row[column] == told.units(run, "mean_pod", target=0.9, length=length)[0].middle


# -- a border without ground, end to end ------------------------------------------------------------


def test_a_long_border_without_ground_tells_both_lengths(tmp_path: Path) -> None:
    scenario = bz.Scenario(**COARSE)
    result = bz.Study(border=bz.Border.between("MEX", "USA"), scenario=scenario).run()
    assert result.summary[0].startswith(
        "The border of Mexico and United States is 2,600 km (1,600 mi)"
    )
    assert "the published length of 3,155 km (1,960 mi)" in result.summary[0]
    assert "16 % shorter" in result.summary[0]
