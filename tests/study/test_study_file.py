"""The study.toml of an output folder: it repeats the run, or says why it cannot."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import borderzone as bz
from borderzone import patrol
from borderzone.errors import BorderzoneError, DataError, InvalidScenarioError
from borderzone.grid import Grid
from borderzone.study.given import as_given, how_read, unrecorded
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from pathlib import Path

QUICK = bz.Scenario(
    resolution_m=2000, depth_km=8, segment_km=3, draws=100, imputations=10, min_zone_km2=5
)
VECTORS = ("karst", "origins", "known_caves", "roads", "barriers", "crossings", "cover")
RASTERS = ("dem", "landcover", "aridity")
LAYERS = (*RASTERS, *VECTORS, "incidents")


def small_border() -> bz.Border:
    """Give a border of 7.6 km, outside of the data that ship."""
    return bz.Border.between("AZE", "TUR")


def grid() -> Grid:
    """Lay cells around it and the ground from which it is reached."""
    return Grid.covering((-80e3, -80e3, 80e3, 80e3), resolution_m=2000, crs=_crs())


def _crs() -> Any:
    return bz.Corridor.around(small_border(), depth_km=8).crs


def _spread(ground: Any, step: float) -> list[Any]:
    """Give points all over some ground."""
    left, bottom, right, top = ground.bounds
    x, y = np.meshgrid(np.arange(left, right, step), np.arange(bottom, top, step))
    points = np.asarray(shapely.points(x.ravel(), y.ravel()))
    return [point for point in points if ground.contains(point)]


@pytest.fixture(scope="module")
def in_memory() -> dict[str, Any]:
    """Give each layer in memory."""
    cells = grid()
    rough = np.random.default_rng(3).normal(900, 80, cells.shape).astype(np.float32)
    classes = np.full(cells.shape, 16, np.uint8)
    wet = np.full(cells.shape, 0.1, np.float32)
    line = small_border().line.to_crs(_crs()).iloc[0]
    middle = line.interpolate(0.5, normalized=True)

    def shapes(*geometry: Any, **columns: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=_crs()).to_crs(4326)

    return {
        "dem": cells.wrap(rough, units="m"),
        "landcover": cells.wrap(classes),
        "aridity": cells.wrap(wet),
        "karst": shapes(middle.buffer(12e3), susceptibility=[2]),
        "origins": shapes(middle.buffer(9e3).exterior.interpolate(3e3), name=["east"]),
        "known_caves": shapes(*_spread(line.buffer(7e3, cap_style="flat"), 1500.0)),
        "roads": shapes(line.buffer(5e3).exterior, **{"class": ["track"]}),
        "barriers": shapes(line.buffer(3e3).exterior),
        "crossings": shapes(middle.buffer(4e3)),
        "cover": shapes(middle.buffer(7e3).exterior.interpolate(2e3)),
        "incidents": pd.DataFrame({"lat": [39.7, 39.72], "lon": [44.8, 44.82], "id": ["a", "b"]}),
    }


@pytest.fixture(scope="module")
def on_disk(in_memory: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Write each layer to a file."""
    folder = tmp_path_factory.mktemp("project") / "data"
    folder.mkdir()
    found: dict[str, Any] = {}
    for name, layer in in_memory.items():
        if name in RASTERS:
            found[name] = folder / f"{name}.tif"
            bz.io.write_raster(layer, found[name])
        elif name in VECTORS:
            found[name] = folder / f"{name}.geojson"
            layer.to_file(found[name])
        else:
            found[name] = folder / f"{name}.csv"
            layer.to_csv(found[name], index=False)
    return found


def run(**given: Any) -> Any:
    """Run a study of the small border."""
    usual: dict[str, Any] = {"border": small_border(), "scenario": QUICK, "seed": 5}
    return bz.Study(**(usual | given)).run()


def written(result: Any, folder: Path, *, public: bool = False) -> Path:
    """Write the study file of a result."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    (out / "study.toml").write_text(write_study(result, out, public=public), encoding="utf-8")
    return out / "study.toml"


def same(first: Any, second: Any) -> None:
    """Hold two runs to be one."""
    assert first.run_id == second.run_id
    assert first.scenario == second.scenario
    names = ("segments", "curve", "required", "overlay", "zones", "flagged_share")
    for name in (*names, "incidents.events"):
        one, two = attrgetter(name)(first), attrgetter(name)(second)
        assert (one is None) == (two is None), name
        if one is not None:
            pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two), obj=name)


@pytest.fixture(scope="module")
def from_files(on_disk: dict[str, Any]) -> Any:
    """Run a study with every layer from a file."""
    return run(**on_disk)


@pytest.fixture(scope="module")
def from_memory(in_memory: dict[str, Any]) -> Any:
    """Run it with every layer in memory."""
    return run(**in_memory)


def test_layers_from_files_are_read_again(from_files: Any, tmp_path: Path) -> None:
    """Each by its path and under its digest."""
    path = written(from_files, tmp_path)
    stated = tomllib.loads(path.read_text())

    assert all(set(stated[name]) == {"path", "sha256"} for name in LAYERS)
    same(bz.Study.from_toml(path).run(), from_files)


def test_layers_in_memory_are_taken_again(
    from_memory: Any, in_memory: dict[str, Any], tmp_path: Path
) -> None:
    """Once they are handed over."""
    path = written(from_memory, tmp_path)
    stated = tomllib.loads(path.read_text())

    assert all(set(stated[name]) == {"memory"} for name in LAYERS)
    same(bz.Study.from_toml(path, **in_memory).run(), from_memory)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_in_memory_is_asked_for_and_known_again(
    from_files: Any, on_disk: dict[str, Any], in_memory: dict[str, Any], name: str, tmp_path: Path
) -> None:
    """What ships never takes its place, and another layer is told from it."""
    study = bz.Study(border=small_border(), **on_disk | {name: in_memory[name]})
    path = written(replace(from_files, given=as_given(study)), tmp_path)

    with pytest.raises(InvalidScenarioError, match=rf"{name} was in memory.*{name}=\.\.\."):
        bz.Study.from_toml(path)
    again = bz.Study.from_toml(path, **{name: in_memory[name]})
    assert getattr(again, name) is in_memory[name]
    other = in_memory[name].copy(deep=True)
    if name in RASTERS:
        other[0, 0] = other[0, 0] + 1
    else:
        other = pd.concat([other, other], ignore_index=True)
    for wrong in (other, "embedded", None, 5, on_disk[name]):
        with pytest.raises(InvalidScenarioError, match="not the one"):
            bz.Study.from_toml(path, **{name: wrong})


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_left_out_stays_out(
    from_files: Any, on_disk: dict[str, Any], name: str, tmp_path: Path
) -> None:
    """What ships does not come in its place, in the file or in the name of the run."""
    study = bz.Study(border=small_border(), **on_disk | {name: None})
    path = written(replace(from_files, given=as_given(study)), tmp_path)

    assert tomllib.loads(path.read_text())[name] == "none"
    assert getattr(bz.Study.from_toml(path), name) is None


@pytest.mark.parametrize(
    "ours", [{"dem": None}, {"dem": None, "incidents": "synthetic"}, {"dem": None, "karst": None}]
)
def test_words_are_taken_again_and_name_the_run(ours: dict[str, Any], tmp_path: Path) -> None:
    """Nothing, what ships and what is drawn are three runs."""
    first = run(**ours)

    same(bz.Study.from_toml(written(first, tmp_path)).run(), first)
    assert first.run_id != run().run_id


def test_two_layers_in_memory_are_two_runs(in_memory: dict[str, Any]) -> None:
    """The name of a run tells them apart."""
    both = [bz.Study(border=small_border(), dem=in_memory["dem"] + more) for more in (0.0, 50.0)]

    first, second = (unrecorded(as_given(study), study.border) for study in both)

    assert first != second


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_line_of_ones_own_is_repeated(on_disk: dict[str, Any], kind: str, tmp_path: Path) -> None:
    """From its file, or handed over again."""
    line = small_border().line
    line.to_file(tmp_path / "line.geojson")
    names = ("west", "east")
    border = (
        bz.Border.from_file(tmp_path / "line.geojson", names=names)
        if kind == "file"
        else bz.Border.from_line(line, names=names)
    )
    first = run(dem=None, border=border)
    path = written(first, tmp_path)

    if kind == "memory":
        with pytest.raises(InvalidScenarioError, match="border was in memory"):
            bz.Study.from_toml(path)
        with pytest.raises(InvalidScenarioError, match="not the one"):
            bz.Study.from_toml(path, border=small_border())
    again = bz.Study.from_toml(path, **({} if kind == "file" else {"border": border}))
    assert (again.border.left, again.border.right) == names
    same(again.run(), first)


def test_a_changed_file_is_told(from_files: Any, on_disk: dict[str, Any], tmp_path: Path) -> None:
    """Another content under the same name is not the same run."""
    copy = tmp_path / "origins.geojson"
    copy.write_bytes(on_disk["origins"].read_bytes())
    study = bz.Study(border=small_border(), **on_disk | {"origins": copy})
    path = written(replace(from_files, given=as_given(study)), tmp_path)
    copy.write_text(copy.read_text().replace("east", "west"))

    with pytest.raises(DataError, match=r"origins: .* was changed since"):
        bz.Study.from_toml(path)
    copy.unlink()
    with pytest.raises(DataError, match=r"origins: there is no file .*origins=\.\.\."):
        bz.Study.from_toml(path)


def test_settings_seed_and_day_of_access_come_back(on_disk: dict[str, Any], tmp_path: Path) -> None:
    """With every field of the scenario, to the last bit."""
    sensor = replace(patrol.SENSORS["eye"], r50_day_m=100 / 3, r50_vehicle_m=None)
    odd = QUICK.changed(
        {
            "force.sensor": sensor,
            "force.scan_share": 1 / 3,
            "force.p_identify": 0.8,
            "bare_threshold": 0.1 + 0.2,
            "road_speeds_km_h": {'dirt "road"\n': 7.0},
            "index_weights": {"karst": 2.0},
            "uncertainty": {
                "p_identify": {"distribution": "fixed", "parameters": [0.7], "source": "x = 'y'"}
            },
        }
    )
    first = run(
        dem=on_disk["dem"],
        origins=on_disk["origins"],
        scenario=odd,
        name='quoted "name" # é',
        seed=2**40 + 1,
        landcover=on_disk["landcover"],
        landcover_scheme="igbp",
        aridity=on_disk["aridity"],
        aridity_scale=0.1 + 0.2,
        roads_cross=True,
        incidents=on_disk["incidents"],
        incidents_accessed="2024-05-31",
    )
    path = written(first, tmp_path)

    again = bz.Study.from_toml(path)

    # What the scenario left out the study has settled: whose force it is.
    assert again.scenario == first.scenario == odd.changed({"force_side": "AZE"})
    assert how_read(again) == {"accessed": dt.date(2024, 5, 31)}
    assert (again.aridity_scale, again.roads_cross) == (0.1 + 0.2, True)
    same(again.run(), first)


def test_the_public_edition_leaves_out_posts_and_folders(
    from_files: Any, on_disk: dict[str, Any], tmp_path: Path
) -> None:
    """It says so, and runs once they are handed over."""
    path = written(from_files, tmp_path, public=True)
    text = path.read_text()

    assert str(on_disk["dem"].parent) not in text
    assert "origins" in tomllib.loads(text)
    for secret in (on_disk["origins"].name, bz.io.sha256(on_disk["origins"])):
        assert secret not in text
    assert "posts are left out of the public edition" in text.splitlines()[2]
    with pytest.raises(BorderzoneError, match=r"dem: there is no file"):
        bz.Study.from_toml(path)
    with pytest.raises(InvalidScenarioError, match=r"origins: posts are left out of the public"):
        bz.Study.from_toml(path, **{k: v for k, v in on_disk.items() if k != "origins"})
    assert bz.Study.from_toml(path, **on_disk).origins == on_disk["origins"]


def test_paths_near_the_output_are_told_from_it(
    from_files: Any, on_disk: dict[str, Any], tmp_path: Path
) -> None:
    """A project folder may be moved as a whole."""
    project = on_disk["dem"].parent.parent
    out = project / "out"
    text = write_study(from_files, out, public=True)

    assert tomllib.loads(text)["dem"]["path"] == "../data/dem.tif"
    moved = tmp_path / "moved"
    project.rename(moved)
    try:
        (moved / "out").mkdir()
        (moved / "out" / "study.toml").write_text(text)
        study = bz.Study.from_toml(moved / "out" / "study.toml", origins="embedded")
    finally:
        moved.rename(project)
    assert study.dem == str(moved / "out" / "../data/dem.tif")


@pytest.mark.usefixtures("without_pictures")
def test_a_whole_report_repeats_its_run(tmp_path: Path) -> None:
    """A pair without any layer that ships, from one folder to the next."""
    study = bz.Study(border=bz.Border.between("FRA", "ESP"), scenario=bz.Scenario(depth_km=20))
    first = study.run(seed=9)
    bz.write_report(first, tmp_path / "out")

    same(bz.Study.from_toml(tmp_path / "out" / "study.toml").run(), first)


def test_the_built_in_study_repeats_its_run(
    study: bz.Study, result: Any, ground: Any, tmp_path: Path
) -> None:
    """From its file alone."""
    again = bz.Study.from_toml(written(result, tmp_path, public=True))

    assert replace(again, border=study.border) == replace(study, seed=result.seed)
    same(again.run(ground=ground), result)
