"""Surface from the user's own maps: WOKAM, GLiM, WorldCover and an aridity index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
from affine import Affine

import borderzone as bz
from borderzone.errors import DataError, InvalidParameterError
from borderzone.terrain import soluble_rock
from borderzone.terrain.rock import WOKAM_ACCURACY_KM

if TYPE_CHECKING:
    from pathlib import Path

WEST, EAST = shapely.box(38, 32, 41, 38), shapely.box(41, 32, 44, 38)


def polygons(**columns: Any) -> gpd.GeoDataFrame:
    """Make polygons over the corridor."""
    n = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[WEST, EAST, WEST, EAST, WEST][:n], crs=4326)


# -- rock ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "rank"),
    [
        ("Carbonate rocks, continuous", 3),
        ("carbonate_discontinuous", 2),
        ("Evaporite rocks, dis-continuous", 1),
        ("evaporites continuous", 2),
        ("Mixed carbonate and evaporite rocks", 2),
    ],
)
def test_rocks_of_wokam_are_read_by_their_words(words: str, rank: int) -> None:
    """However they are written."""
    found, kind = soluble_rock(polygons(Rock_Type=[words]))

    assert kind == "WOKAM"
    assert found["susceptibility"].tolist() == [rank]
    assert found["accuracy_km"].tolist() == [WOKAM_ACCURACY_KM]


def test_words_go_before_codes() -> None:
    """Where the map has a column of each."""
    both = polygons(rock_type=[3, 2], RTypeLabel=["continuous carbonate rocks", "evaporites"])

    assert soluble_rock(both)[0]["susceptibility"].tolist() == [3, 2]


def test_soluble_rocks_of_glim_are_taken_and_the_rest_stays_unknown() -> None:
    """By two letters or the first two of six."""
    by_two, kind = soluble_rock(polygons(xx=["sc", "mt", "ev", "nd", "sm"]))
    by_six, _ = soluble_rock(polygons(Litho=["scpu__", "mtam__", "ev____", "nd____", "smmx__"]))

    assert kind == "GLiM"
    assert by_two["susceptibility"].tolist() == [3, 2, 1]
    assert by_two.drop(columns="geometry").equals(by_six.drop(columns="geometry"))
    assert by_two.crs == by_six.crs == 4326


@pytest.mark.parametrize(
    ("frame", "scheme", "message"),
    [
        (polygons(rock_type=["granite"]), "WOKAM", "'granite'; a rock of WOKAM is one of"),
        (polygons(rock_type=[3]), "WOKAM", "'3'.*Put words in place of codes"),
        (polygons(name=["a"]), "WOKAM", "no column that says which rock.*got columns name"),
        (polygons(xx=["sc", "zz"]), "GLiM", "'zz'; the codes of GLiM begin with su, ss"),
        (polygons(xx=["mt"]), "GLiM", "no polygon is soluble rock"),
        (polygons(name=["a"]), "GLiM", "neither a column xx nor Litho"),
        (polygons(name=["a"]), None, "need a column susceptibility .* GLiM .* WOKAM"),
    ],
)
def test_maps_that_are_neither_are_refused(frame: Any, scheme: Any, message: str) -> None:
    """With the value, and what is allowed."""
    with pytest.raises(DataError, match=message):
        soluble_rock(frame, scheme=scheme)


def test_a_column_of_another_name_is_named() -> None:
    """With the map it is of."""
    found, _ = soluble_rock(polygons(Gestein=["ev", "sc"]), scheme="GLiM", column="Gestein")

    assert found["name"].tolist() == ["evaporites", "carbonate sedimentary rocks"]


# -- in a study ----------------------------------------------------------------------------------

SCENARIO = bz.Scenario(resolution_m=5000, segment_km=50, depth_km=30, draws=100)
BORDER = bz.Border.between("IRQ", "SYR")


def raster(folder: Path, name: str, values: Any, nodata: float | None = None) -> Path:
    """Write a raster of half a degree over the corridor."""
    path = folder / name
    values = np.asarray(values)
    with rasterio.open(
        path, "w", driver="GTiff", height=14, width=16, count=1, dtype=values.dtype,
        crs="EPSG:4326", transform=Affine(0.5, 0, 37, 0, -0.5, 39), nodata=nodata,
    ) as target:  # fmt: skip
        target.write(values, 1)
    return path


def test_a_map_of_glim_is_recognised_and_told(tmp_path: Path) -> None:
    """From a file; its rank reaches the flags, and the note says whose ranks they are."""
    path = tmp_path / "glim.gpkg"
    polygons(xx=["sc", "mt"]).to_file(path)
    found: Any = bz.Study(border=BORDER, karst=path, scenario=SCENARIO).run()

    rank = found.ground.layers["karst_rank"].to_numpy()
    assert set(np.unique(rank[np.isfinite(rank)])) == {3.0}
    assert 0.2 < np.isnan(rank).mean() < 0.8
    assert [note for note in found.notes if "a map of GLiM" in note]


def test_worldcover_says_which_ground_is_bare(tmp_path: Path) -> None:
    """Its class 60; the same file read as IGBP is refused with the name of the setting."""
    cover = np.full((14, 16), 60, np.uint8)
    cover[:, 8:] = 40
    path = raster(tmp_path, "ESA.tif", cover, nodata=0)
    found: Any = bz.Study(
        border=BORDER, landcover=path, landcover_scheme="worldcover", scenario=SCENARIO
    ).run()

    lon = found.ground.layers["bare_share"]
    assert set(np.unique(lon)) == {0.0, 1.0}
    assert 0.1 < float(lon.mean()) < 0.9
    with pytest.raises(DataError, match=r"no class of 'igbp'.*landcover_scheme in a study"):
        bz.Study(border=BORDER, landcover=path, scenario=SCENARIO).run()
    with pytest.raises(InvalidParameterError, match="embedded land cover has classes of igbp"):
        bz.Study(border=BORDER, landcover_scheme="worldcover", scenario=SCENARIO).run()
    with pytest.raises(InvalidParameterError, match="landcover_scheme must be one of"):
        bz.Study(border=BORDER, landcover_scheme="corine", scenario=SCENARIO).run()


def test_tiles_of_land_cover_are_one_map(tmp_path: Path) -> None:
    """A folder, or a list."""
    whole = np.random.default_rng(0).choice([10, 60], (14, 16)).astype(np.uint8)
    one = raster(tmp_path, "one.tif", whole, nodata=0)
    (tmp_path / "tiles").mkdir()
    for name, part, left in (("a", whole[:, :8], 37), ("b", whole[:, 8:], 41)):
        with rasterio.open(
            tmp_path / "tiles" / f"{name}.tif", "w", driver="GTiff", height=14, width=8, count=1,
            dtype="uint8", crs="EPSG:4326", transform=Affine(0.5, 0, left, 0, -0.5, 39), nodata=0,
        ) as target:  # fmt: skip
            target.write(part, 1)
    shared: dict[str, Any] = {
        "border": BORDER,
        "landcover_scheme": "worldcover",
        "scenario": SCENARIO,
    }

    single: Any = bz.Study(landcover=one, **shared).read_ground()
    for source in (tmp_path / "tiles", sorted((tmp_path / "tiles").iterdir())):
        tiled: Any = bz.Study(landcover=source, **shared).read_ground()
        xr.testing.assert_equal(tiled.layers["bare_share"], single.layers["bare_share"])


def test_ground_that_is_not_arid_is_no_desert(tmp_path: Path) -> None:
    """However bare and remote; Global-AI's whole numbers need their scale."""
    index = np.full((14, 16), 300, np.int32)
    index[:, 8:] = 6000
    path = raster(tmp_path, "ai.tif", index, nodata=-1)
    shared: dict[str, Any] = {"border": BORDER, "scenario": SCENARIO}
    arid: Any = bz.Study(aridity=path, aridity_scale=1e-4, **shared).run()
    plain: Any = bz.Study(**shared).run()

    wet = arid.ground.layers["aridity_index"].to_numpy() > 0.3
    assert 0.2 < wet.mean() < 0.8
    assert not (arid.ground.layers["remote_desert"].to_numpy()[wet] == 1).any()
    dry = arid.ground.layers["aridity_index"].to_numpy() < 0.15
    np.testing.assert_array_equal(
        arid.ground.layers["remote_desert"].to_numpy()[dry],
        plain.ground.layers["remote_desert"].to_numpy()[dry],
    )
    assert (plain.ground.layers["remote_desert"].to_numpy()[wet] == 1).any()
    assert arid.run_id != plain.run_id
    with pytest.raises(DataError, match=r"aridity holds 300 to 6000.*aridity_scale = 0\.0001"):
        bz.Study(aridity=path, **shared).run()


@pytest.mark.usefixtures("without_pictures")
def test_settings_come_back_from_the_report(tmp_path: Path) -> None:
    """The study that the report writes names what its layers were read by."""
    path = raster(tmp_path, "ESA.tif", np.full((14, 16), 60, np.uint8), nodata=0)
    index = raster(tmp_path, "ai.tif", np.full((14, 16), 300, np.int32))
    toml = tmp_path / "study.toml"
    toml.write_text(
        'a = "IRQ"\nb = "SYR"\nlandcover = "ESA.tif"\nlandcover_scheme = "worldcover"\n'
        'aridity = "ai.tif"\naridity_scale = 0.0001\n'
        "[scenario]\nresolution_m = 5000\nsegment_km = 50\ndepth_km = 30\ndraws = 100\n"
    )
    study = bz.Study.from_toml(toml)
    assert (study.landcover_scheme, study.aridity_scale) == ("worldcover", 1e-4)
    assert (study.landcover, study.aridity) == (str(path), str(index))
    bz.write_report(study.run(), tmp_path / "out")
    text = (tmp_path / "out" / "study.toml").read_text()

    assert 'landcover_scheme = "worldcover"' in text
    assert "aridity_scale = 0.0001" in text
