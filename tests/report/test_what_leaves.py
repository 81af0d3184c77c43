"""The public edition: rows by their terms or the user's word, and nothing of the user's posts."""

from __future__ import annotations

import ast
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from changed_results import changed
from typer.testing import CliRunner

import borderzone as bz
from borderzone import datasets, incidents
from borderzone.cli import app
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.incidents.table_schema import CATEGORIES, Ledger
from borderzone.provenance import manifest
from borderzone.report.public import edition
from borderzone.report.sections import excluded_words
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from borderzone.study import StudyResult

OWN = {"lat": [34.4, 34.5], "lon": [41.1, 41.2], "date": "2024-05-01", "notes": "n"}


def with_rows(result: StudyResult, terms: str | None, **columns: Any) -> StudyResult:
    """Give the study as if it had been run on a table of the user."""
    return changed(result, events=incidents.read(pd.DataFrame(OWN | columns), terms=terms))


def with_origins(result: StudyResult, points: Any, kind: str, **more: Any) -> StudyResult:
    """Give the study as if its travel times began at points of the user."""
    origins = gpd.GeoDataFrame(
        {"name": ["x"] * len(points), "kind": kind}, geometry=list(points), crs=4326
    )
    return changed(result, origins=origins, **more)


def test_rows_of_unknown_terms_are_held_back_and_it_is_said(result: StudyResult) -> None:
    shown = edition(with_rows(result, None, dataset="Ministry restricted DB"), "public")
    assert shown.result.incidents.events is None
    assert shown.terms == {"said": None, "incidents": "counts"}
    (said,) = [words for words in shown.left_out if words.startswith("Incidents")]
    assert said.endswith("not listed one by one: the terms of the table are not known.")


def test_rows_leave_on_the_word_of_the_user_which_the_manifest_keeps(result: StudyResult) -> None:
    shown = edition(with_rows(result, "mine"), "public")
    assert shown.result.incidents.events is not None
    told = manifest(shown.result, terms=shown.terms)["terms"]
    assert told == {"said": "mine", "incidents": "rows"}


def test_rows_of_acled_stay_whatever_is_said(result: StudyResult) -> None:
    shown = edition(with_rows(result, "mine", geo_precision=1), "public")
    assert shown.result.incidents.events is None
    assert shown.terms == {"said": "mine", "incidents": "counts"}
    assert any("rows of ACLED may not be passed on" in words for words in shown.left_out)


def test_the_article_is_shown_as_it_was(result: StudyResult) -> None:
    shown = edition(result, "public")
    assert shown.result.incidents.events is not None
    assert shown.terms == {"said": None, "incidents": "rows"}


def test_events_too_vague_are_numbers_and_reasons_where_rows_stay(result: StudyResult) -> None:
    assert result.overlay is not None
    open_, closed = (
        edition(each, "public").result.overlay for each in (result, with_rows(result, None))
    )
    assert open_ is not None
    assert closed is not None
    assert "A8 (" in excluded_words(open_.attrs["excluded"])
    assert {tuple(row) for row in closed.attrs["excluded"]} == {("reason", "beyond")}
    assert result.overlay.attrs["excluded"][0]["id"] == "A3"


def test_counts_by_small_zones_are_left_out_where_rows_stay(result: StudyResult) -> None:
    assert result.overlay is not None
    small = result.overlay.assign(area_km2=[20.0, *result.overlay["area_km2"].iloc[1:]])
    for terms, gone in ((None, 1), ("mine", 0)):
        shown = edition(changed(with_rows(result, terms), overlay=small), "public").result.overlay
        assert shown is not None
        assert len(shown) == len(small) - gone


@pytest.mark.parametrize("kind", ["post", "town", "airfield"])
def test_origins_of_the_user_are_never_shown_whatever_they_are_called(
    result: StudyResult, kind: str
) -> None:
    own = with_origins(result, [shapely.Point(41.0777, 34.3777)], kind)
    assert edition(own, "public").result.ground.origins is None
    assert edition(own, "internal").result.ground.origins is not None


def test_a_choice_of_towns_is_the_users_too(result: StudyResult) -> None:
    town = datasets.places().geometry.iloc[0]
    shipped = with_origins(result, [town], "town")
    assert edition(shipped, "public").result.ground.origins is not None
    for how in ({"path": "/a/b.gpkg", "sha256": "0"}, {"memory": "0"}):
        chosen = replace(shipped, given={**result.given, "origins": how})
        assert edition(chosen, "public").result.ground.origins is None


def test_neither_name_nor_checksum_of_a_file_of_posts_is_told(
    result: StudyResult, tmp_path: Path
) -> None:
    file = tmp_path / "our_posts.gpkg"
    own = []
    for n in (1, 2):
        gpd.GeoDataFrame(geometry=[shapely.Point(41 + n / 9, 34)], crs=4326).to_file(file)
        record = replace(
            datasets.record("places"), name="origins", path=file.name, sha256=str(n), bytes=n
        )
        given = {**result.given, "origins": {"path": str(file), "sha256": str(n)}}
        points = [shapely.Point(41 + n / 9, 34)]
        more: dict[str, Any] = {"inputs": (*result.inputs, record), "given": given}
        own.append(with_origins(result, points, "post", run_id=f"run{n}", **more))
    first, second = (edition(each, "public").result for each in own)
    told = json.dumps(manifest(first)) + write_study(first, tmp_path, public=True)
    assert "our_posts" not in told
    assert "withheld" in told
    assert first.run_id == second.run_id
    assert first.run_id not in ("run1", "run2", result.run_id)
    assert json.dumps(manifest(first)) == json.dumps(manifest(second))


def test_a_study_file_says_whose_rows_they_are(tmp_path: Path, result: StudyResult) -> None:
    (tmp_path / "events.csv").write_text("lat,lon\n34.4,41.1\n", "utf-8")
    text = 'a = "IRQ"\nb = "SYR"\nincidents = "events.csv"\nterms = {said}\n'
    (tmp_path / "study.toml").write_text(text.format(said='"mine"'), "utf-8")
    assert bz.Study.from_toml(tmp_path / "study.toml").terms == "mine"
    for wrong in ('"yours"', "true", "1"):
        (tmp_path / "study.toml").write_text(text.format(said=wrong), "utf-8")
        with pytest.raises((InvalidParameterError, InvalidScenarioError), match="terms must be"):
            bz.Study.from_toml(tmp_path / "study.toml")
    said = replace(result, given={**result.given, "terms": "mine"})
    assert tomllib.loads(write_study(said, tmp_path, public=True))["terms"] == "mine"
    assert "terms" not in tomllib.loads(write_study(result, tmp_path, public=True))


def test_the_command_line_takes_the_word(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("lat,lon\n34.4,41.1\n", "utf-8")
    run = CliRunner().invoke(app, ["check", str(file)])
    assert "Public: counts only" in run.output
    run = CliRunner().invoke(app, ["check", str(file), "--terms", "mine"])
    assert run.exit_code == 0
    assert "Public" not in run.output
    assert "yours to pass on, as you said" in run.output
    for command in (["check", str(file)], ["report", "-o", str(tmp_path / "out")]):
        run = CliRunner().invoke(app, [*command, "--terms", "yours"])
        assert isinstance(run.exception, InvalidParameterError)
    assert not (tmp_path / "out").exists()


def test_every_finding_of_the_reader_is_a_known_word() -> None:
    """Findings are told where cells are not, so no cell may pass for one."""
    ways, found = {"flag", "fix", "quarantine", "flag_all", "Oddity", "Unread"}, set()
    for file in Path(incidents.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in ways:
                place = 0 if ast.unparse(call.func) == "Unread" else 1
                word = call.args[place] if len(call.args) > place else None
                found |= {word.value} if isinstance(word, ast.Constant) else set()
    assert len(found) > 25
    assert found <= CATEGORIES


@pytest.mark.parametrize("way", ["flag", "fix", "quarantine"])
def test_a_cell_that_passes_for_a_finding_is_refused(way: str) -> None:
    with pytest.raises(KeyError, match="CATEGORIES"):
        getattr(Ledger(1), way)(0, "Placetwo", "told")
    with pytest.raises(KeyError, match="CATEGORIES"):
        Ledger(1).flag_all(np.array([0]), "Placetwo", "told")
