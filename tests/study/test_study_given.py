"""What a study is given: refused at birth where it cannot be used, before any work is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

import borderzone
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.study import record

if TYPE_CHECKING:
    from collections.abc import Callable

bz: Any = borderzone  # what is wrong for a reader of types is asked on purpose
PAIR = 'a = "IRQ"\nb = "SYR"\n'
LAYERS = (
    "dem", "landcover", "karst", "origins", "incidents", "aridity", "known_caves",
    "roads", "barriers", "crossings", "cover",
)  # fmt: skip


@pytest.fixture(scope="module")
def border() -> Any:
    """Give the border of the built-in study."""
    return bz.Border.between("IRQ", "SYR")


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every step of work that a study begins."""
    begun: list[str] = []
    for name in ("read_ground", "patrols_on"):
        monkeypatch.setattr(record, name, lambda *_, name=name, **__: begun.append(name))
    monkeypatch.setattr(bz.Corridor, "around", lambda *_, **__: begun.append("corridor"))
    return begun


def study_file(folder: Path, text: str, *, pair: str = PAIR) -> Path:
    """Write a study."""
    path = folder / "study.toml"
    path.write_text(pair + text, encoding="utf-8")
    return path


def raster(**attrs: Any) -> xr.DataArray:
    """Make a small raster in degrees."""
    coords = {"y": np.linspace(38, 29, 10), "x": np.linspace(38, 47, 10)}
    return xr.DataArray(np.ones((10, 10), np.float32), dims=("y", "x"), coords=coords, attrs=attrs)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"border": "JOR-IRQ"}, r'two countries, such as \("JOR", "IRQ"\)'),
        ({"border": ("JOR", "SYR", "IRQ")}, r'two countries, such as \("IRQ", "SYR"\)'),
        ({"border": ("JRO", "IRQ")}, "no country is called 'JRO'"),
        ({"border": None}, "border must be a Border"),
        ({"name": 5}, "name must be text"),
        ({"name": "x" * 201}, "200 characters"),
        ({"name": "  "}, "name"),
        ({"seed": "1"}, "seed must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"scenario": "as_is"}, "scenario must be a Scenario"),
        ({"scenario": {"depth_km": 20}}, "scenario must be a Scenario"),
        ({"roads_cross": "no"}, "roads_cross must be True or False"),
        ({"roads_cross": 0}, "roads_cross must be True or False"),
        ({"aridity_scale": "x"}, "aridity_scale must be a number"),
        ({"aridity_scale": 0}, "aridity_scale must be a finite number above 0"),
        ({"aridity_scale": 10**400}, "aridity_scale must be a number"),
        ({"landcover_scheme": "corine"}, "landcover_scheme must be one of"),
        ({"landcover_scheme": []}, "landcover_scheme must be one of"),
        ({"landcover_scheme": "worldcover"}, "embedded land cover has classes of igbp"),
        ({"road_class": 3}, "road_class must be text"),
        ({"incidents_accessed": "yesterday"}, "incidents_accessed"),
        ({"incidents_accessed": 2020}, "incidents_accessed"),
        ({"roads": "embedded"}, "no roads ship"),
        ({"dem": "synthetic"}, "dem"),
        ({"dem": []}, "dem"),
        ({"dem": [1]}, "dem"),
        ({"roads": ["a.gpkg", "b.gpkg"]}, "roads"),
        ({"dem": np.ones((3, 3))}, "dem must be .* got ndarray"),
        ({"dem": raster()}, "no CRS"),
        ({"dem": gpd.GeoSeries([shapely.Point(0, 0)], crs=4326)}, "dem must be"),
        ({"origins": raster(crs="EPSG:4326")}, "origins must be"),
        ({"origins": pd.DataFrame({"lat": [1.0]})}, "origins"),
        ({"origins": gpd.GeoDataFrame({"name": ["a"]})}, "geometry"),
        ({"origins": gpd.GeoSeries([shapely.Point(41, 34)])}, "CRS"),
        ({"incidents": [{"lat": 1}]}, "incidents must be"),
    ],
)
def test_a_study_refuses_at_birth(border: Any, wrong: dict[str, Any], message: str) -> None:
    """The wrong value is named, and nothing was read."""
    with pytest.raises(BorderzoneError, match=message):
        bz.Study(**({"border": border} | wrong))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    "value", [5, True, b"dem.tif", object(), {}, set(), 1j, float("nan"), [[]], "", "a\0b"]
)
def test_what_is_no_layer_is_refused_at_birth(border: Any, layer: str, value: Any) -> None:
    """Each layer names what it takes."""
    with pytest.raises(BorderzoneError, match=layer):
        bz.Study(**{"border": border, layer: value})


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_may_be_left_out_by_word_or_none(
    border: Any, layer: str, tmp_path: Path
) -> None:
    """The word is the one that a study file has, which knows no None."""
    word = bz.Study(**{"border": border, layer: "none"})
    read = bz.Study.from_toml(study_file(tmp_path, f'{layer} = "none"'))

    assert getattr(word, layer) is None
    assert getattr(read, layer) is None


@pytest.mark.parametrize(
    "text",
    [
        "roads_cross = 'no'",
        "aridity_scale = 'x'",
        "aridity_scale = nan",
        "name = 5",
        "name = ' '",
        "seed = -1",
        "seed = 1.5",
        "scenario = 'x'",
        "scenario = [1]",
        "dem = 5",
        "dem = [5]",
        "dem = {}",
        "dem = {paths = 'x'}",
        "dem = {path = 5}",
        "border = 5",
        "incidents_accessed = 'soon'",
        "landcover_scheme = 'x'",
        "[scenario]\nresolution_m = 1.0",
        "[scenario]\nsegment_km = 0.001",
        "[scenario]\ndepth_km = 1e9",
        "[scenario]\ndepth_km = 'x'",
        "[scenario]\nreference_units = 99999999999999999999",
        "[scenario]\n'' = 1",
        "[scenario.force]\nsensor = 'x'",
        "[scenario.force]\nsensor = []",
    ],
)
def test_a_study_file_is_refused_before_any_work(
    tmp_path: Path, text: str, no_work: list[str]
) -> None:
    """What is wrong is told with the name of the file."""
    with pytest.raises(InvalidScenarioError, match=r"study\.toml"):
        bz.Study.from_toml(study_file(tmp_path, text))
    assert no_work == []


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ({"resolution_m": 1.0}, r"resolution_m 1 makes about [\d,]+ cells, .* limit"),
        ({"segment_km": 0.001}, r"segment_km 0\.001 makes [\d,]+ segments .* limit"),
    ],
)
def test_too_much_is_refused_with_the_number(
    border: Any, scenario: dict[str, Any], message: str
) -> None:
    """How much it would be, what the limit is and what to take instead."""
    with pytest.raises(InvalidScenarioError, match=message) as refusal:
        bz.Study(border=border, scenario=bz.Scenario(**scenario))
    assert "take " in str(refusal.value)


def test_a_corridor_has_limits_of_its_own(border: Any) -> None:
    """They hold without a study too."""
    with pytest.raises(BorderzoneError, match="segments"):
        bz.Corridor.around(border, segment_km=0.001)
    with pytest.raises(BorderzoneError, match="depth_km"):
        bz.Corridor.around(border, depth_km=1e9)


def test_files_are_looked_at_before_any_work_and_all_at_once(
    border: Any, tmp_path: Path, no_work: list[str]
) -> None:
    """One refusal names every file that cannot be used."""
    (tmp_path / "dem.tif").write_bytes(b"not a raster at all")
    (tmp_path / "roads.docx").write_bytes(b"x")
    given = bz.Study(
        border=border,
        dem=tmp_path / "dem.tif",
        landcover=tmp_path / "no.tif",
        roads=str(tmp_path / "roads.docx"),
        incidents=tmp_path / "gone.csv",
    )

    with pytest.raises(DataError, match="4 files") as refusal:
        given.run()

    for word in ("dem.tif", "no.tif", "roads.docx", "gone.csv"):
        assert word in str(refusal.value)
    assert no_work == []


@pytest.mark.parametrize("layer", LAYERS)
def test_one_missing_file_is_told_by_its_layer(
    border: Any, layer: str, tmp_path: Path, no_work: list[str]
) -> None:
    """Whichever layer it is."""
    with pytest.raises(DataError, match=layer):
        bz.Study(**{"border": border, layer: tmp_path / "gone.tif"}).run()
    assert no_work == []


@pytest.mark.parametrize("name", ["x" * 300 + ".tif", "x/" * 3000 + "a.tif", "\udcff.tif"])
def test_a_name_that_no_file_can_have_is_no_crash(border: Any, name: str) -> None:
    """The system's own refusal is told in words."""
    with pytest.raises(BorderzoneError, match="dem"):
        bz.Study(border=border, dem=name).run()


def test_weights_by_incidents_need_incidents_before_any_work(
    border: Any, no_work: list[str]
) -> None:
    """The study and its scenario must agree."""
    with pytest.raises(InvalidScenarioError, match="weights"):
        bz.Study(border=border, scenario=bz.Scenario(weights="incidents")).run()
    assert no_work == []


def line_file(folder: Path) -> Path:
    """Write a line of one's own."""
    path = folder / "line.geojson"
    line = shapely.LineString([(44.8, 39.6), (44.9, 39.72), (44.95, 39.8)])
    gpd.GeoDataFrame(geometry=[line], crs=4326).to_file(path)
    return path


def test_a_line_of_ones_own_is_a_border_in_a_study_file(tmp_path: Path) -> None:
    """Its sides are named by a and b, or left and right."""
    line_file(tmp_path)
    named = bz.Study.from_toml(
        study_file(tmp_path, 'border = "line.geojson"', pair='a = "WST"\nb = "EST"\n')
    )
    plain = bz.Study.from_toml(study_file(tmp_path, 'border = "line.geojson"', pair=""))

    assert (named.border.left, named.border.right) == ("WST", "EST")
    assert (plain.border.left, plain.border.right) == ("left", "right")
    assert named.border.length_km == bz.Border.from_file(tmp_path / "line.geojson").length_km


def test_a_line_that_is_not_there_or_no_line_is_refused(tmp_path: Path) -> None:
    """As any other file."""
    with pytest.raises(BorderzoneError, match="border"):
        bz.Study.from_toml(study_file(tmp_path, 'border = "gone.geojson"', pair=""))
    points = gpd.GeoDataFrame(geometry=[shapely.Point(41, 34)], crs=4326)
    points.to_file(tmp_path / "points.geojson")
    with pytest.raises(BorderzoneError, match="line"):
        bz.Border.from_file(tmp_path / "points.geojson")


def test_paths_of_a_study_file_are_relative_to_it(tmp_path: Path) -> None:
    """One or several."""
    text = 'dem = ["a.tif", "/b.tif"]\nroads = "r.gpkg"\nlandcover = {path = "c.tif"}'
    study = bz.Study.from_toml(study_file(tmp_path, text))

    assert [Path(item) for item in study.dem] == [tmp_path / "a.tif", Path("/b.tif")]
    assert Path(study.roads) == tmp_path / "r.gpkg"
    assert Path(study.landcover) == tmp_path / "c.tif"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda border: bz.Study(border=border, origins=gpd.GeoSeries([None])), CRSMismatchError),
        (lambda _: bz.Study.from_toml(None), InvalidScenarioError),
        (lambda _: bz.Study.from_toml(b"x"), InvalidScenarioError),
        (lambda _: bz.Study.from_toml("x" * 5000), InvalidScenarioError),
        (lambda _: bz.Study.from_name(5), InvalidScenarioError),
        (lambda _: bz.Study.default("as_is"), InvalidParameterError),
        (lambda border: bz.Study(border=border).with_scenario("x"), InvalidParameterError),
        (lambda border: bz.Study(border=border).run(ground="x"), InvalidParameterError),
        (lambda border: bz.Study(border=border).run(progress="x"), InvalidParameterError),
    ],
    ids=[str(number) for number in range(9)],
)
def test_other_doors_of_a_study(
    border: Any, call: Callable[[Any], Any], error: type[Exception]
) -> None:
    """Files, names, scenarios and grounds of the wrong kind."""
    with pytest.raises(error):
        call(border)
