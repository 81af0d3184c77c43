"""What was fetched is what a study reads: heights, classes, and unknown ground where a tile is missing."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
from fetch_cases import Store, running_store, write_tile

import borderzone as bz
from borderzone import errors, fetch, io
from borderzone.fetch.tile_stores import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from borderzone.fetch.tile_stores import TilesResult

BARE, TREES = 60, 10
LINE = 50.9
"""Trees stand west of this longitude, on bare ground east of it."""


def plane(lon: Any, lat: Any) -> Any:
    """Heights that rise to the south-east: cubic convolution and means keep them."""
    return 1000 + 400 * (lon - 50) - 300 * (lat - 24)


def cover(lon: Any, lat: Any) -> Any:
    return np.where(lon + 0 * lat < LINE, TREES, BARE)


@pytest.fixture(scope="module")
def corridor() -> bz.Corridor:
    """Ground round a border of 53 km, on both sides of 51 degrees east."""
    return bz.Corridor.around(bz.Border.between("QAT", "SAU"), depth_km=5, segment_km=10)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("store")
    heights, classes = SOURCES["glo30"], SOURCES["worldcover"]
    for west in (50, 51):
        write_tile(root / heights.tile(west, 24).key, west, 24, cells=600, values=plane)
    for west in (48, 51):
        write_tile(
            root / classes.tile(west, 24).key, west, 24, cells=1800, size_deg=3,
            values=cover, off_by_cells=0, dtype="uint8", nodata=0, overview_resampling="mode",
        )  # fmt: skip
    with running_store(root) as running:
        yield running


@pytest.fixture(scope="module")
def heights(
    store: Store, corridor: bz.Corridor, tmp_path_factory: pytest.TempPathFactory
) -> TilesResult:
    store.rules()
    cache = tmp_path_factory.mktemp("cache")
    # What a run that was killed left on its way is no tile of the folder.
    stray = cache / "glo30" / "partial" / "Copernicus_DSM_COG_10_N24_00_E049_00_DEM.tif"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half a tile")
    return fetch.dem(corridor, margin_km=20, cache=cache, network=store.network())


def places(grid: bz.Grid) -> tuple[Any, Any]:
    """Longitude and latitude of each cell's centre."""
    x, y = np.meshgrid(grid.x, grid.y)
    to_degrees = pyproj.Transformer.from_crs(grid.crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    return lon, lat


@pytest.mark.parametrize("resolution_m", [900, 90])
def test_the_fetched_folder_reads_into_the_heights_of_the_store(
    heights: TilesResult, corridor: bz.Corridor, resolution_m: float
) -> None:
    grid = corridor.grid(resolution_m=resolution_m)
    lon, lat = places(grid)

    dem = bz.read_dem(heights.folder, grid)

    assert lon.min() < 51 < lon.max()
    assert len(heights.paths) == 2
    # Half a cell off, to the north-west as the tiles are, would be wrong by 0.6 m everywhere.
    assert np.abs(dem.to_numpy() - plane(lon, lat)).max() < 0.05
    assert dem.attrs["vertical_datum"] == "EGM2008"
    assert dem.attrs["void_cells"] == 0


def test_folder_pattern_and_list_are_the_same_heights(
    heights: TilesResult, corridor: bz.Corridor
) -> None:
    grid = corridor.grid(resolution_m=500)
    block = (slice(None), slice(None))

    folder, pattern, paths = (
        io.open_dem(source, grid).read(*block)
        for source in (heights.folder, str(heights.folder / "*.tif"), heights.paths)
    )

    assert np.array_equal(folder, pattern, equal_nan=True)
    assert np.array_equal(folder, paths, equal_nan=True)


def test_ground_of_a_missing_tile_is_unknown_and_never_zero(
    store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    gone = SOURCES["glo30"].tile(51, 24).name
    store.rules({gone: {"status": 404}})

    result = fetch.dem(corridor, cache=tmp_path, network=store.network())

    assert gone in result.missing
    grid = corridor.grid(resolution_m=500)
    lon, _ = places(grid)
    dem = bz.read_dem(result.folder, grid, needed=lon < 50.99)
    east = lon > 51.01
    assert east.any()
    assert np.isnan(dem.to_numpy()[east]).all()
    assert np.isfinite(dem.to_numpy()[lon < 50.99]).all()
    assert dem.attrs["void_cells"] >= east.sum()
    assert not (dem == 0).any()
    with pytest.raises(errors.CoverageGapError, match="no data for"):
        bz.read_dem(result.folder, grid)


@pytest.mark.parametrize("given", ["folder", "line"])
def test_a_study_runs_on_the_fetched_tiles(
    heights: TilesResult, tmp_path: Path, given: str
) -> None:
    line = heights.study_line if given == "line" else f"dem = {str(heights.folder)!r}"
    file = tmp_path / "study.toml"
    file.write_text(
        f"a = 'QAT'\nb = 'SAU'\n{line}\n[scenario]\ndepth_km = 5\nsegment_km = 10\n"
        "resolution_m = 900\ndraws = 200\n",
        "utf-8",
    )

    result = bz.Study.from_toml(file).run()

    used = {record.path: record.sha256 for record in result.inputs}
    assert {path.name for path in heights.paths} <= set(used)
    assert {io.sha256(path) for path in heights.paths} <= set(used.values())


def test_the_fetched_land_cover_opens_as_classes(
    store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    store.rules()
    grid = corridor.grid(resolution_m=450)
    lon, _ = places(grid)
    block = (slice(None), slice(None))

    result = fetch.esa_worldcover(corridor, cache=tmp_path, network=store.network())
    source = io.open_classes(result.folder, grid)
    classes, bare = source.read(*block), source.read_share(*block, [BARE])

    assert [path.name for path in result.paths] == [
        "ESA_WorldCover_10m_2021_v200_N24E048_Map.tif",
        "ESA_WorldCover_10m_2021_v200_N24E051_Map.tif",
    ]
    assert source.nodata == 0
    # A cell of the grid and one of the map reach less than 0.01 degree round a centre.
    assert (lon < LINE - 0.01).any()
    assert (classes[lon < LINE - 0.01] == TREES).all()
    assert (classes[lon > LINE + 0.01] == BARE).all()
    assert (bare[lon < LINE - 0.01] == 0).all()
    assert (bare[lon > LINE + 0.01] == 1).all()
    assert tomllib.loads(result.study_line) == {
        "landcover": result.folder.as_posix(),
        "landcover_scheme": "worldcover",
    }


def test_a_study_tells_bare_ground_from_the_fetched_land_cover(
    heights: TilesResult, store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    store.rules()
    # Travel times lead over ground around the corridor, and slow down where it is not bare.
    cover = fetch.esa_worldcover(corridor, cache=tmp_path, network=store.network())
    file = tmp_path / "study.toml"
    file.write_text(
        f"a = 'QAT'\nb = 'SAU'\n{heights.study_line}\n{cover.study_line}\n[scenario]\n"
        "depth_km = 5\nsegment_km = 10\nresolution_m = 900\ndraws = 200\n",
        "utf-8",
    )

    ground = bz.Study.from_toml(file).read_ground()

    assert ground.layers is not None
    assert ground.grid is not None
    lon, _ = places(ground.grid)
    bare = ground.layers["bare_share"].to_numpy()
    inside = ground.layers["segment"].to_numpy() >= 0
    west, east = inside & (lon < LINE - 0.01), inside & (lon > LINE + 0.01)
    assert west.any()
    assert east.any()
    assert (bare[west] == 0).all()
    assert (bare[east] == 1).all()
    assert "ESA WorldCover" in " ".join(record.attribution for record in ground.records)


def test_land_cover_of_a_missing_tile_is_no_class(
    store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    gone = SOURCES["worldcover"].tile(51, 24).name
    store.rules({gone: {"status": 404}})
    grid = corridor.grid(resolution_m=450)
    lon, _ = places(grid)

    result = fetch.esa_worldcover(corridor, cache=tmp_path, network=store.network())
    source = io.open_classes(result.folder, grid)
    classes = source.read(slice(None), slice(None))

    assert result.missing == (gone,)
    assert (classes[lon > 51.01] == source.nodata).all()
    assert np.isnan(source.read_share(slice(None), slice(None), [BARE])[lon > 51.01]).all()


def test_land_cover_is_checked_and_taken_up_like_heights(
    store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    name = SOURCES["worldcover"].tile(48, 24).name
    store.rules({name: {"on": "GET", "flip": 3000, "times": 1}})

    fetch.esa_worldcover(corridor, cache=tmp_path, network=store.network())

    assert [line["range"] for line in store.asked() if name in line["path"]] == [None, None]
    store.rules({name: {"on": "GET", "cut": 1000, "times": 1}})
    (tmp_path / "worldcover" / f"{name}.tif").unlink()
    fetch.esa_worldcover(corridor, cache=tmp_path, network=store.network())
    assert [line["range"] for line in store.asked()] == [None, "bytes=1000-"]
