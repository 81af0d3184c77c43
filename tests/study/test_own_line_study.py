"""A line of one's own through every door: study, study file, report, command line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import borderzone as bz
from borderzone import cli, whatif
from borderzone.errors import BorderzoneError, DataError, InvalidScenarioError
from borderzone.study.given import as_given, unrecorded
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = "Callable[..., tuple[int, str, str]]"
SCENARIO = """
[scenario]
resolution_m = 5000
depth_km = 10
segment_km = 20
draws = 100
imputations = 10
min_zone_km2 = 50
"""
QUICK = bz.Scenario(
    resolution_m=5000, depth_km=10, segment_km=20, draws=100, imputations=10, min_zone_km2=50
)
KM = (200.0, 260.0)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process; give exit code, output and errors."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a line of 60 km between Iraq and Syria, and areas on both sides of it."""
    line = bz.Border.between("IRQ", "SYR").between_km(*KM).line
    line.to_file(tmp_path / "line.geojson")
    gpd.GeoDataFrame(geometry=line, crs=4326).to_file(tmp_path / "line.gpkg", layer="held")
    turned = gpd.GeoDataFrame(geometry=line.reverse(), crs=4326)
    turned.to_file(tmp_path / "line.gpkg", layer="claimed")
    box, table = shapely.box(40, 33, 42, 35), bz.datasets.countries().set_index("code")
    for code in ("IRQ", "SYR"):
        shape = shapely.intersection(table.geometry[code], box)
        gpd.GeoSeries([shape], crs=4326).to_file(tmp_path / f"{code}.geojson")
    return tmp_path


def study_file(folder: Path, head: str) -> Path:
    """Write a study."""
    path = folder / "study.toml"
    path.write_text(head + SCENARIO, encoding="utf-8")
    return path


# What a study file can say of its border, and what comes of it: left, how it was decided, length.
WAYS = {
    "path": ('border = "line.geojson"', "left", "given"),
    "countries": ('a = "IRQ"\nb = "SYR"\nborder = "line.geojson"', "SYR", "ground"),
    "other order": ('a = "Syria"\nb = "Iraq"\nborder = "line.geojson"', "SYR", "ground"),
    "words": ('a = "North"\nb = "Republika"\nborder = "line.geojson"', "North", "order"),
    "sides": ('[border]\npath = "line.geojson"\nleft = "Republika"\nright = "North"', "Republika", "given"),
    "one side": ('a = "North"\nb = "Republika"\nborder = {path = "line.geojson", right = "North"}', "Republika", "given"),
    "layer": ('a = "IRQ"\nb = "SYR"\n[border]\npath = "line.gpkg"\nlayer = "claimed"', "IRQ", "ground"),
    "areas": ('a = "SYR"\nb = "IRQ"\n[border]\npath = ["SYR.geojson", "IRQ.geojson"]\ntolerance_km = 2', "SYR", "given"),
    "part of a line": ('border_km = [10, 40]\nborder = "line.geojson"', "left", "given"),
    "part of a border": ('a = "IRQ"\nb = "SYR"\nborder_km = [200, 260]', "SYR", "source"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_study_file_names_its_border_and_repeats_it(way: str, folder: Path) -> None:
    """What is written of a study makes the same line with the same sides, under its digest."""
    head, left, how = WAYS[way]
    study = bz.Study.from_toml(study_file(folder, head))
    assert (study.border.left, study.border.sides) == (left, how)

    given = as_given(study)
    again = bz.Study.from_toml(_written(study, given, folder))

    assert (again.border.a, again.border.b) == (study.border.a, study.border.b)
    assert again.border.parts.equals(study.border.parts)
    assert again.border.cut_km == study.border.cut_km
    assert again.border.remarks == study.border.remarks
    assert unrecorded(as_given(again), again.border) == unrecorded(given, study.border)
    assert again.name == study.name


def _written(study: Any, given: dict[str, Any], folder: Path) -> Path:
    """Write the study file of a study that has not run."""
    result: Any = type("Result", (), {})()
    result.border, result.given, result.name, result.seed = study.border, given, study.name, 1
    result.scenario = study.scenario
    result.ground = type("Ground", (), {"settings": {}})()
    (folder / "out").mkdir()
    path = folder / "out" / "study.toml"
    path.write_text(write_study(result, path.parent, public=False), encoding="utf-8")
    return path


def test_the_file_itself_is_a_border_for_a_study(folder: Path) -> None:
    for given in (folder / "line.geojson", str(folder / "line.geojson")):
        study = bz.Study(border=given, scenario=QUICK)
        assert isinstance(study.border, bz.Border)
        assert study.border.path == folder / "line.geojson"
    with pytest.raises(DataError, match="border"):
        bz.Study(border=folder / "gone.geojson")
    with pytest.raises(BorderzoneError, match=r'two countries, such as \("JOR", "IRQ"\)'):
        bz.Study(border="JOR-IRQ")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('border = {path = "line.geojson", side = "x"}', "path .*left, right, layer"),
        ('border = {left = "x"}', "a border in a study file"),
        ('border = {path = "line.geojson", left = 5}', "left must be text"),
        ('border = {path = "line.geojson", layer = 5}', "layer"),
        ('a = "x"\nb = "y"\nborder = {path = "line.geojson", left = "z"}', "one of the two names"),
        ('border = ["a.gpkg", "b.gpkg", "c.gpkg"]', "path must be a file, or two"),
        ('border = "line.geojson"\nborder_km = 5', r"border_km must be two chainages.*\[0, 200\]"),
        ('border = "line.geojson"\nborder_km = [0, 100]', r"border_km.*from 0 to 60\.000 km"),
        ('border = "line.geojson"\nborder_km = ["a", 9]', "border_km.*a must be a number"),
        ('a = "IRQ"\nb = "SYR"\nborder_km = [9, 1]', "border_km.*a below b"),
    ],
)
def test_what_is_wrong_with_a_border_is_told_with_its_study(
    head: str, message: str, folder: Path
) -> None:
    with pytest.raises(InvalidScenarioError, match=rf"study\.toml.*{message}"):
        bz.Study.from_toml(study_file(folder, head))


def test_a_changed_line_is_told_and_a_border_handed_over_is_not_its_file(folder: Path) -> None:
    study = bz.Study.from_toml(study_file(folder, WAYS["sides"][0]))
    path = _written(study, as_given(study), folder)
    with pytest.raises(InvalidScenarioError, match="border that was handed over"):
        bz.Study.from_toml(path, border=study.border)
    moved = folder / "moved.geojson"
    moved.write_bytes((folder / "line.geojson").read_bytes())
    assert bz.Study.from_toml(path, border=str(moved)).border.left == "Republika"
    with (folder / "line.geojson").open("a") as file:
        file.write(" ")
    with pytest.raises(DataError, match=r"border: .* was changed since"):
        bz.Study.from_toml(path)


def test_sides_layer_and_kilometres_name_the_run(folder: Path) -> None:
    """Two runs on one file that differ in what they make of it are two."""
    heads = [head for head, _, _ in WAYS.values() if "line.geojson" in head]
    heads.append('border_km = [10, 41]\nborder = "line.geojson"')
    studies = [bz.Study.from_toml(study_file(folder, head)) for head in heads]
    ids = [str(unrecorded(as_given(study), study.border)) for study in studies]
    # Neither which country is named first decides anything, nor which side is said.
    assert ids[1] == ids[2]
    assert ids[4] == ids[5]
    assert len(set(ids)) == len(ids) - 2
    shipped = bz.Study(border=bz.Border.between("IRQ", "SYR"), scenario=QUICK)
    assert unrecorded(as_given(shipped), shipped.border) == {}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a study between two sides that are no countries, on the data that ship."""
    path = tmp_path_factory.mktemp("words") / "line.geojson"
    bz.Border.between("IRQ", "SYR").between_km(*KM).line.to_file(path)
    border = bz.Border.from_file(path, names=("North", "Republika <b>Srpska</b>"))
    return bz.Study(border=border, incidents="embedded", scenario=QUICK).run(seed=1)


def test_ground_and_numbers_are_those_of_the_part_that_ships(words: Any) -> None:
    """A name is a name: it moves no number."""
    part = bz.Border.between("IRQ", "SYR").between_km(*KM)
    shipped: Any = bz.Study(border=part, incidents="embedded", scenario=QUICK).run(seed=1)

    assert shipped.name == "Iraq-Syria, km 200 to 260"
    assert words.name == "North-Republika <b>Srpska</b>"
    for column in ("length_km", "area_km2", "bare_share"):
        np.testing.assert_allclose(words.segments[column], shipped.segments[column], rtol=1e-6)
    assert words.curve["mean_pod"].to_numpy() == pytest.approx(
        shipped.curve["mean_pod"].to_numpy(), rel=1e-6
    )
    assert words.inputs[0].title == "border, given by the user"
    assert shipped.inputs[0].name == "borders"


def test_remarks_of_border_and_corridor_are_notes_of_the_study(words: Any) -> None:
    assert words.border.remarks
    assert set(words.corridor.remarks) <= set(words.notes)


@pytest.mark.usefixtures("sketch")
def test_a_report_of_an_own_line_holds_its_names_as_words_and_repeats(
    run: Callable[..., tuple[int, str, str]], folder: Path
) -> None:
    """Names that are no countries reach page, tables and manifest, and none of them as marks."""
    head = 'a = "North"\nb = "Republika <b>Srpska</b>"\nborder = "line.geojson"\n'
    out = folder / "out"
    code, said, err = run("report", str(study_file(folder, head)), "-o", str(out))

    assert code == 0
    # Where the machine is busy a line says how far it is.
    assert all(line.startswith("Report on North-Republika") for line in err.splitlines())
    assert "border of North and Republika <b>Srpska</b>" in said
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Republika &lt;b&gt;Srpska&lt;/b&gt;" in page
    assert "<b>Srpska" not in page
    assert "Nothing says on which side of the line North and Republika" in page
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["border"]["source"] == "user line, line.geojson"
    assert manifest["inputs"][0]["path"] == "line.geojson"
    again = bz.Study.from_toml(out / "study.toml")
    assert (again.border.left, again.border.right) == ("North", "Republika <b>Srpska</b>")


def test_two_scenarios_on_an_own_line_are_compared(folder: Path) -> None:
    studies = [
        bz.Study(
            border=folder / "line.geojson",
            scenario=QUICK.changed({"name": name, "force.crew": crew}),
        )
        for name, crew in (("few", 3), ("many", 5))
    ]
    ground = studies[0].read_ground()
    results = [study.run(seed=1, ground=ground) for study in studies]
    assert len(bz.compare(*results))
    swept = whatif.sweep(studies[0], {"force.crew": [3, 4]})
    assert set(swept["force.crew"]) == {3, 4}


def test_a_line_that_cannot_be_one_ends_the_command_with_3(
    folder: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    line = gpd.read_file(folder / "line.geojson").geometry.iloc[0]
    swapped = shapely.transform(line, lambda xy: xy[:, ::-1])
    gpd.GeoSeries([swapped], crs=4326).to_file(folder / "line.geojson")
    path = study_file(folder, WAYS["countries"][0])
    code, _, err = run("report", str(path), "-o", str(folder / "out"))
    assert code == 3
    assert "longitude and latitude exchanged" in err
    assert not (folder / "out").exists()


def test_a_line_or_a_study_of_one_stands_where_a_study_does(
    folder: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    """For a report the line alone will do, and for a comparison the study file that names it."""
    code, _, err = run("report", str(folder / "gone.geojson"), "-o", str(folder / "out"))
    assert code == 3
    assert "border: there is no file" in err
    study = bz.Study.from_name(str(study_file(folder, WAYS["sides"][0])))
    assert study.border.left == "Republika"


def test_an_own_line_that_changes_sides_changes_nothing_on_the_ground(folder: Path) -> None:
    """Reversed and named in the other order, Iraq's ground is Iraq's."""
    border = bz.Border.from_file(folder / "line.gpkg", names=("SYR", "IRQ"), layer="claimed")
    shipped = bz.Border.between("IRQ", "SYR").between_km(*KM)
    ours = bz.Corridor.around(border, depth_km=10, side="IRQ").outline.iloc[0]
    theirs = bz.Corridor.around(shipped, depth_km=10, side="IRQ").outline.iloc[0]
    assert shapely.area(shapely.symmetric_difference(ours, theirs)) < 1e-3 * shapely.area(ours)
    assert replace(border, remarks=()).left == "IRQ"
