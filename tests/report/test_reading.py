"""An output folder read back: tables to the last digit, what is absent and why, and what is refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import borderzone as bz
from borderzone.errors import DataError, InvalidScenarioError, OutputError
from borderzone.report import edition
from borderzone.report.panel.build import made_panel
from borderzone.report.reading import _column
from borderzone.report.tables import TYPES, tables, type_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.study import StudyResult


@pytest.fixture(scope="module")
def written(
    result: StudyResult, other: StudyResult, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Write both editions, without pictures."""
    place = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("borderzone.report.folder.draw_pictures", lambda *_: {})
        for detail in ("public", "internal"):
            bz.write_report(result, place / detail, detail=detail, comparison=other)
    return {detail: place / detail for detail in ("public", "internal")}


def same(found: pd.DataFrame, told: pd.DataFrame) -> None:
    """Hold two tables to be one, to the last digit and in the types of their numbers."""
    told = told.reset_index(drop=True)
    texts = [name for name in told if type_of(told[name]).startswith("text")]
    pd.testing.assert_frame_equal(
        found.astype(dict.fromkeys(texts, "object")),
        told.astype(dict.fromkeys(texts, "object")),
        check_exact=True,
    )


@pytest.mark.parametrize("detail", ["public", "internal"])
def test_all_tables_come_back_as_they_were(
    result: StudyResult, other: StudyResult, written: dict[str, Path], detail: str
) -> None:
    opened = bz.open_result(written[detail])
    shown = edition(result, detail)
    told = tables(shown, other, panel=made_panel(shown))

    assert opened.detail == detail
    assert set(opened.tables) == set(told)
    for name, table in told.items():
        same(opened.tables[name], table.drop(columns="detail", errors="ignore"))
    assert opened.summary == result.summary
    assert opened.scenario == result.scenario
    assert opened.manifest["run_id"] == result.run_id
    assert result.answer is not None
    assert opened.answer is not None
    same(opened.answer, result.answer)
    assert "people_out_p50" in opened.required  # type: ignore[operator] # it is there
    for name in ("curve", "segments", "zones", "overlay", "flagged_share"):
        assert getattr(opened, name) is not None


def test_the_run_is_repeated_from_its_folder_alone(
    written: dict[str, Path], tmp_path: Path
) -> None:
    """The folder is moved, so that nothing but what it says decides."""
    opened = bz.open_result(shutil.copytree(written["public"], tmp_path / "moved"))

    again = opened.study().run()

    assert again.run_id == opened.manifest["run_id"]
    for name, table in tables(edition(again, "public")).items():
        same(opened.tables[name], table)


def test_what_an_edition_lacks_is_none_with_the_reason(written: dict[str, Path]) -> None:
    opened = bz.open_result(written["public"])

    assert "hotspot_repeats" in opened.absent
    assert "whatif" not in opened.absent
    assert not set(opened.absent) & set(opened.tables)


@pytest.mark.usefixtures("without_pictures")
def test_layers_that_lack_and_rows_that_are_left_out_are_told(tmp_path: Path) -> None:
    rows = pd.DataFrame({"lat": [34.4], "lon": [41.1], "date": "2024-05-01"})
    border = bz.Border.between("IRQ", "SYR").between_km(0, 60)
    study = bz.Study(border=border, dem=None, incidents=rows, scenario=bz.Scenario(imputations=10))
    bz.write_report(study.run(), tmp_path / "out")
    opened = bz.open_result(tmp_path / "out")

    assert opened.answer is None
    assert opened.curve is None
    assert opened.zones is None
    assert "no elevation was given" in opened.absent["answer"]
    assert "not listed one by one" in opened.absent["incidents"]
    assert opened.absent["whatif"].startswith("the report was written without a second result")
    with pytest.raises(InvalidScenarioError, match="incidents"):
        opened.study()
    assert opened.study(incidents=rows).name == study.name


def _edited(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def edit(place: Path) -> None:
        file = place / "manifest.json"
        content = json.loads(file.read_text("utf-8"))
        change(content)
        file.write_text(json.dumps(content), encoding="utf-8")

    return edit


def _written_to(name: str, text: str) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        (place / name).write_text(text, encoding="utf-8")

    return write


SPOILT: dict[str, tuple[Callable[[Path], None], type[Exception], str]] = {
    "changed": (_written_to("tables/answer.csv", "kit\neye\n"), DataError, "'tables/answer.csv' was changed"),
    "gone": (lambda place: (place / "study.toml").unlink(), DataError, "'study.toml' is gone"),
    "no manifest": (lambda place: (place / "manifest.json").unlink(), OutputError, "there is no run in"),
    "no json": (_written_to("manifest.json", "{"), DataError, "is no manifest of a run"),
    "a list": (_written_to("manifest.json", "[1]"), DataError, "is no manifest of a run"),
    "another's": (_written_to("manifest.json", '{"a": 1}'), DataError, "it lacks detail"),
    "newer": (_edited(lambda m: m.update(schema_version=99)), DataError, "has schema_version 99"),
    "outside": (
        _edited(lambda m: m["outputs"].append({"path": "../x", "sha256": "0"})),
        DataError,
        "outside its folder",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_folder_that_is_not_what_a_run_wrote_is_refused(
    written: dict[str, Path], tmp_path: Path, name: str
) -> None:
    spoil, kind, words = SPOILT[name]
    place = shutil.copytree(written["public"], tmp_path / "out")
    spoil(place)

    with pytest.raises(kind, match=words):
        bz.open_result(place)


DAYS: Any = ["2024-05-01", None, "2024-05-01T12:30"]
COLUMNS: dict[str, pd.Series] = {
    "float64": pd.Series([0.1 + 0.2, -1e-300, np.inf, np.nan]),
    "float32": pd.Series([0.1, 26.667800903320312, np.nan], dtype="float32"),
    "int64": pd.Series([2**62, -3]),
    "Int64": pd.Series([1, None], dtype="Int64"),
    "bool": pd.Series([True, False]),
    "boolean": pd.Series([True, None, False], dtype="object"),
    "datetime64[ns]": pd.Series(pd.to_datetime(DAYS, format="ISO8601")),
    "text": pd.Series(["=1", "", "007", "nan"]),
    "text or empty": pd.Series(["-x", None, "1.0"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_type_survives_the_way_through_text(tmp_path: Path, kind: str) -> None:
    column = COLUMNS[kind]
    bz.io.write_csv(pd.DataFrame({"x": column, "beside": 1}), tmp_path / "a.csv")
    found = _column(bz.io.read_csv(tmp_path / "a.csv")["x"], kind)

    assert type_of(column) == kind
    assert type_of(found) == kind
    assert found.isna().equals(column.isna())
    assert found.dropna().tolist() == column.dropna().tolist()
    if kind in TYPES and kind != "boolean":
        assert str(found.dtype) == kind
