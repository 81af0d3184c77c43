"""A border that touches the sea keeps its study: sea is left out and counted, a hole on land is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from tile_cases import write_tif

import borderzone as bz
from borderzone import Grid, io
from borderzone.errors import (
    BorderzoneError,
    CoverageGapError,
    GridMismatchError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.study import told

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Affine(0.02, 0, 18.5, 0, -0.02, 42)
"""Over southern Albania, north-western Greece and the sea before them; cells of 2 km."""
HOLE = (20.46, 40.1, 20.6, 40.2)
"""A piece of land in the corridor."""
SETTINGS: dict[str, Any] = {
    "depth_km": 20,
    "segment_km": 40,
    "resolution_m": 4000,
    "draws": 100,
    "imputations": 10,
}


@pytest.fixture(scope="module")
def heights() -> Any:
    """Hills everywhere, and nothing where no country's land is."""
    lon, lat = np.meshgrid(18.51 + 0.02 * np.arange(200), 41.99 - 0.02 * np.arange(180))
    land = shapely.union_all(bz.datasets.countries(around=(18, 38, 23, 43)).geometry.to_numpy())
    hills = 600 + 300 * np.sin(9 * lon) * np.cos(7 * lat)
    return np.where(shapely.contains_xy(land, lon, lat), hills, -9999).astype(np.float32)


def tif(folder: Path, values: Any, *, hole: bool = False) -> Path:
    if hole:
        values = values.copy()
        west, south, east, north = HOLE
        rows = slice(round((42 - north) / 0.02), round((42 - south) / 0.02))
        values[rows, round((west - 18.5) / 0.02) : round((east - 18.5) / 0.02)] = -9999
    return write_tif(folder / "dem.tif", values, PLACE, nodata=-9999)


def study(dem: Any, *, scenario: dict[str, Any] | None = None, **layers: Any) -> bz.Study:
    towns = gpd.GeoDataFrame(
        {"kind": ["town", "town"]},
        geometry=gpd.points_from_xy([20.3, 20.9], [39.95, 40.6]),
        crs=4326,
    )
    return bz.Study(
        border=bz.Border.between("ALB", "GRC"),
        dem=dem,
        landcover=None,
        karst=None,
        origins=towns,
        scenario=bz.Scenario(**SETTINGS | (scenario or {})),
        **layers,
    )


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, heights: Any) -> bz.StudyResult:
    return study(tif(tmp_path_factory.mktemp("coast"), heights)).run(seed=1)


# -- the study ---------------------------------------------------------------------------------


def test_a_border_that_touches_the_sea_is_studied_and_its_sea_is_counted(
    result: bz.StudyResult,
) -> None:
    assert 0.03 < result.ground.sea_share < 0.1
    assert result.ground.gap_share == 0
    assert result.required is not None
    by_segment = result.segments
    area = by_segment["area_km2"] / by_segment["area_km2"].sum()
    assert float((by_segment["sea_share"] * area).sum()) == pytest.approx(
        result.ground.sea_share, abs=0.02
    )
    assert (by_segment["terrain_known_share"] == 1).all()


def test_no_layer_holds_a_number_at_sea_and_shores_have_slopes(result: bz.StudyResult) -> None:
    assert result.ground.grid is not None
    assert result.ground.layers is not None
    elevation = result.ground.layers["elevation_m"].to_numpy()
    # A cell of the shore of which the tiles know half lies above the sea, and is ground.
    at_sea = bz.datasets.sea(result.ground.grid).to_numpy() & ~(elevation > 0)
    cells = result.corridor.cells(result.ground.grid)["segment"].to_numpy() >= 0
    assert (at_sea & cells).sum() > 10
    for name in ("slope_deg", "tri_m", "hours_vehicle", "index"):
        assert np.isnan(result.ground.layers[name].to_numpy()[at_sea]).all(), name
    assert (result.ground.layers["segment"].to_numpy()[at_sea] == -1).all()
    assert np.isfinite(result.ground.layers["slope_deg"].to_numpy()[cells & ~at_sea]).all()


@pytest.mark.usefixtures("without_pictures")
def test_the_sea_is_told_beside_the_second_sentence_and_first_among_the_notes(
    result: bz.StudyResult, tmp_path: Path
) -> None:
    words = f"sea, {told.percent(result.ground.sea_share)} of the corridor, is left out of all numbers on ground"
    assert told.left_out(result) == words
    assert told.flagged_notes(result)[-1] == f"S{words[1:]}."
    assert result.notes[0] == f"S{words[1:]}."
    assert not any("sea" in note and "no number leaves it out" in note for note in result.notes)
    bz.write_report(result, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"S{words[1:]}." in page
    table = pd.read_csv(tmp_path / "out" / "tables" / "segments.csv")
    assert table["sea_share"].max() > 0.05


def test_travel_goes_round_the_sea(heights: Any) -> None:
    """A bay between two places is not crossed."""
    grid = Grid.covering((0, 0, 40_000, 40_000), resolution_m=1000, crs=32636)
    dem = grid.wrap(np.full(grid.shape, 100, np.float32), name="elevation_m", units="m")
    sea = np.zeros(grid.shape, bool)
    sea[:35, 18:22] = True
    start = gpd.GeoSeries([shapely.Point(10_500, 30_500)], crs=grid.crs)
    over = bz.access.travel_time(dem, start, speed="foot")
    left_out = dem.where(~sea).assign_attrs(dem.attrs)
    around = bz.access.travel_time(left_out, start, speed="foot")
    there = {"x": 30_500, "y": 30_500}
    assert float(around.sel(there)) > 1.8 * float(over.sel(there))
    assert np.isnan(around.to_numpy()[sea]).all()


# -- holes on land -----------------------------------------------------------------------------


def test_a_hole_on_land_is_refused_with_size_and_place(tmp_path: Path, heights: Any) -> None:
    with pytest.raises(
        CoverageGapError,
        match=r"no data for \d\.\d% of the corridor's cells, \d+ km2 \(lon 20\.\d+ to 20\.\d+, lat 40\.\d+ "
        r"to 40\.\d+\), more than max_gap_share = 0; .*name what of it is sea.*max_gap_share = 0\.0",
    ):
        study(tif(tmp_path, heights, hole=True)).read_ground()


def test_a_named_share_of_holes_passes_as_unknown(tmp_path: Path, heights: Any) -> None:
    dem = tif(tmp_path, heights, hole=True)
    result = study(dem, scenario={"max_gap_share": 0.05}).run(seed=1)
    assert 0 < result.ground.gap_share <= 0.05
    assert told.left_out(result).endswith(
        f"and {told.percent(result.ground.gap_share)} of its land has no elevation and is not known"
    )
    known = result.segments["terrain_known_share"]
    assert known.min() < 1
    assert (known.notna()).all()
    assert result.ground.layers is not None
    segment = result.ground.layers["segment"].to_numpy()
    unknown = np.isnan(result.ground.layers["elevation_m"].to_numpy()) & (segment >= 0)
    assert unknown.sum() / (segment >= 0).sum() == pytest.approx(result.ground.gap_share)
    with pytest.raises(CoverageGapError, match=r"more than max_gap_share = 0\.001"):
        study(dem, scenario={"max_gap_share": 0.001}).read_ground()


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan"), "0.1"])
def test_a_share_of_gaps_lies_between_none_and_all(share: Any) -> None:
    with pytest.raises(InvalidScenarioError, match="max_gap_share"):
        bz.Scenario(max_gap_share=share)


def test_without_a_sea_the_same_border_is_refused_as_before(tmp_path: Path, heights: Any) -> None:
    with pytest.raises(CoverageGapError, match="no data for"):
        study(tif(tmp_path, heights), sea=None).read_ground()


def test_ones_own_sea_counts_whatever_the_elevation_says(tmp_path: Path, heights: Any) -> None:
    dem = tif(tmp_path, np.where(heights == -9999, 5, heights).astype(np.float32))
    shipped = study(dem).read_ground()
    assert shipped.sea_share == 0  # higher than 0 m is ground, where the coast is drawn coarsely
    lake = gpd.GeoDataFrame(geometry=[shapely.box(*HOLE)], crs=4326)
    lake.to_file(tmp_path / "sea.gpkg")
    own = study(dem, sea=tmp_path / "sea.gpkg").read_ground()
    assert 0.005 < own.sea_share < 0.1
    assert any(record.path == "sea.gpkg" for record in own.records)


@pytest.mark.parametrize("fine", [None, 2000])
def test_tiles_may_end_before_the_coast_that_ships(
    tmp_path: Path, heights: Any, fine: int | None
) -> None:
    """That coast is off by kilometres: what has no height beside the sea is sea, not a hole."""
    sea = heights == -9999
    shore = sea.copy()
    for step in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        shore |= np.roll(sea, step, (0, 1))
    dem = tif(tmp_path, np.where(shore, -9999, heights))
    ground = study(dem, scenario={"terrain_resolution_m": fine}).read_ground()
    whole = study(tif(tmp_path, heights)).read_ground()
    assert ground.gap_share == 0
    assert any("km2 beside the sea have no elevation" in note for note in ground.notes)
    assert not any("beside the sea" in note for note in whole.notes)
    assert whole.sea_share < ground.sea_share < 2 * whole.sea_share
    assert ground.table is not None
    assert (ground.table["terrain_known_share"] == 1).all()


def test_a_sea_that_lies_elsewhere_is_told(tmp_path: Path, heights: Any) -> None:
    dem = tif(tmp_path, np.where(heights == -9999, 5, heights).astype(np.float32))
    away = gpd.GeoSeries([shapely.box(39, 19, 41, 21)], crs=4326)  # latitude first
    ground = study(dem, sea=away.to_frame("geometry")).read_ground()
    assert ground.sea_share == 0
    assert any("sea cover nothing around the corridor" in note for note in ground.notes)
    own = study(dem, sea=gpd.GeoDataFrame(geometry=[shapely.box(*HOLE)], crs=4326)).read_ground()
    assert not any("sea cover nothing" in note for note in own.notes)


def test_sea_of_0_m_in_the_tiles_is_sea_as_well(
    tmp_path: Path, heights: Any, result: bz.StudyResult
) -> None:
    """Products fill the sea of a tile that touches land with zeros; others hold its depth."""
    filled = np.where(heights == -9999, -30, heights).astype(np.float32)
    # Cells of the shore differ: half hills, half sea.
    assert 0.5 < study(tif(tmp_path, filled)).read_ground().sea_share / result.ground.sea_share <= 1


def test_on_finer_cells_the_sea_is_left_out_too(tmp_path: Path, heights: Any) -> None:
    fine = study(tif(tmp_path, heights), scenario={"terrain_resolution_m": 2000}).read_ground()
    assert fine.table is not None
    # A fine cell of the shore may lie more than half beyond the tiles.
    assert fine.gap_share < 0.002
    assert fine.table["terrain_known_share"].min() > 0.95
    assert fine.sea_share > 0.02
    assert fine.fine is not None
    slope = io.read_raster(fine.fine.files["slope_deg"]).to_numpy()
    at_sea = bz.datasets.sea(fine.fine.grid).to_numpy()
    inside = fine.corridor.cells(fine.fine.grid)["segment"].to_numpy() >= 0
    assert np.isnan(slope[at_sea]).mean() > 0.9
    assert np.isfinite(slope[inside & ~at_sea]).mean() > 0.99


def test_sea_and_gaps_go_through_a_study_file(tmp_path: Path, heights: Any) -> None:
    tif(tmp_path, heights)
    gpd.GeoDataFrame(geometry=[shapely.box(19, 39, 20, 40)], crs=4326).to_file(
        tmp_path / "sea.gpkg"
    )
    (tmp_path / "study.toml").write_text(
        'a = "ALB"\nb = "GRC"\ndem = "dem.tif"\nsea = "sea.gpkg"\n[scenario]\nmax_gap_share = 0.25\n'
    )
    read = bz.Study.from_toml(tmp_path / "study.toml")
    assert read.scenario.max_gap_share == 0.25
    assert str(read.sea).endswith("sea.gpkg")
    (tmp_path / "study.toml").write_text('a = "ALB"\nb = "GRC"\nsea = "none"\n')
    assert bz.Study.from_toml(tmp_path / "study.toml").sea is None
    with pytest.raises(InvalidParameterError, match="sea must be"):
        study("embedded", sea=3)


def test_the_built_in_study_has_no_sea_and_no_gap() -> None:
    ground = bz.Study.default(bz.Scenario(**SETTINGS)).read_ground()
    assert (ground.sea_share, ground.gap_share) == (0, 0)


# -- read_dem ----------------------------------------------------------------------------------


def test_read_dem_takes_polygons_or_a_mask_of_the_sea(tmp_path: Path, heights: Any) -> None:
    dem = tif(tmp_path, heights)
    corridor = bz.Corridor.around(bz.Border.between("ALB", "GRC"), depth_km=20, segment_km=40)
    grid = corridor.grid(resolution_m=4000)
    with pytest.raises(CoverageGapError, match="name what of it is sea"):
        bz.read_dem(dem, grid)
    mask = bz.datasets.sea(grid)
    by_mask = bz.read_dem(dem, grid, sea=mask, max_gap_share=0.02)
    shape = gpd.GeoSeries([bz.datasets.sea_around(grid)], crs=4326)
    by_shape = bz.read_dem(dem, grid, sea=shape.to_crs(grid.crs), max_gap_share=0.02)
    assert by_mask.attrs["sea_cells"] == int(mask.sum()) > 0
    assert 0 <= by_mask.attrs["gap_share"] <= 0.02
    assert np.isnan(by_mask.to_numpy()[mask.to_numpy()]).all()
    assert abs(by_shape.attrs["sea_cells"] - by_mask.attrs["sea_cells"]) <= 2


def test_a_mask_that_is_none_is_refused(tmp_path: Path, heights: Any) -> None:
    dem = tif(tmp_path, heights)
    grid = Grid.covering((450_000, 4_450_000, 500_000, 4_500_000), resolution_m=5000, crs=32634)
    with pytest.raises(GridMismatchError, match=r"sea has shape \(3, 3\)"):
        bz.read_dem(dem, grid, sea=np.zeros((3, 3), bool))
    with pytest.raises(
        InvalidParameterError, match="a mask that is true at sea, got ndarray of int"
    ):
        bz.read_dem(dem, grid, sea=np.zeros(grid.shape, int))
    with pytest.raises(InvalidParameterError, match="max_gap_share"):
        bz.read_dem(dem, grid, max_gap_share=2)
    with pytest.raises(InvalidParameterError, match="leave them out with chunks"):
        bz.read_dem(dem, grid, max_gap_share=0.5, chunks=5)


def test_a_tile_that_the_product_does_not_have_is_sea_to_its_last_cell(tmp_path: Path) -> None:
    """The coast that ships is off by kilometres: of a square of sea it leaves slivers of land."""
    values = np.full((200, 200), 50, np.float32)
    values[100:150, :50] = -9999  # 10 to 11 N, west of 15 W: the sea and the tip of a peninsula
    dem = write_tif(tmp_path / "dem.tif", values, Affine(0.02, 0, -16, 0, -0.02, 13), nodata=-9999)
    tip = bz.Study(
        border=bz.Border.between("GIN", "GNB"),
        dem=dem,
        landcover=None,
        karst=None,
        origins=None,
        scenario=bz.Scenario(**SETTINGS),
    )
    with pytest.raises(CoverageGapError, match=r"lon -15\.\d+ to -15\.\d+, lat 10"):
        tip.read_ground()
    register = tmp_path / "register.json"
    name = "Copernicus_DSM_COG_10_N10_00_W016_00_DEM"
    register.write_text(f'{{"schema": 1, "unknown": {{"{name}": "2026-01-02"}}}}')
    ground = tip.read_ground()
    assert ground.gap_share == 0
    assert ground.sea_share > 0


def test_a_tile_that_was_not_released_is_land_nevertheless(tmp_path: Path, heights: Any) -> None:
    name = "Copernicus_DSM_COG_10_N40_00_E020_00_DEM"
    (tmp_path / "register.json").write_text(f'{{"schema": 1, "unknown": {{"{name}": ""}}}}')
    with pytest.raises(CoverageGapError):
        study(tif(tmp_path, heights, hole=True)).read_ground()


@pytest.mark.parametrize("words", ["", "[]", '{"unknown": 1}', '{"unknown": {"../N39E019": 1}}'])
def test_a_register_that_says_nothing_changes_nothing(
    tmp_path: Path, heights: Any, words: str
) -> None:
    (tmp_path / "register.json").write_text(words)
    with pytest.raises(CoverageGapError):
        study(tif(tmp_path, heights, hole=True)).read_ground()


WRONG_SEA: dict[str, tuple[Any, str]] = {
    "a line": (shapely.LineString([(19, 39), (22, 41)]), "sea must be polygons, got LineString"),
    "a point": (shapely.Point(20, 40), "sea must be polygons, got Point"),
    "endless": (shapely.Polygon([(19, 39), (np.inf, 41), (22, 39)]), "lie nowhere on Earth"),
    "everything": (shapely.box(0, 20, 60, 60), "all of the ground asked for is sea"),
}


@pytest.mark.parametrize("case", WRONG_SEA)
def test_a_sea_that_is_none_is_refused_by_read_dem_and_by_a_study(
    case: str, tmp_path: Path, heights: Any
) -> None:
    shape, told = WRONG_SEA[case]
    sea = gpd.GeoSeries([shape], crs=4326)
    grid = Grid.covering((450_000, 4_450_000, 500_000, 4_500_000), resolution_m=5000, crs=32634)
    dem = tif(tmp_path, heights)
    with pytest.raises(BorderzoneError, match=told):
        bz.read_dem(dem, grid, sea=sea)
    with pytest.raises(BorderzoneError, match=told):
        study(dem, sea=sea).read_ground()
