"""A study whose terrain is finer than its working grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

import borderzone as bz
from borderzone import io, patrol, terrain, visibility
from borderzone.errors import InvalidScenarioError
from borderzone.study import terrain_reading

if TYPE_CHECKING:
    from pathlib import Path

BORDER = ("AZE", "TUR")
FACTOR, FINE_M = 10, 90.0
SIZE = 900  # cells of the tile, three seconds each


def tile(folder: Path, z: Any) -> Path:
    """Write heights around the border, in degrees."""
    path = folder / "ground.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=SIZE, width=SIZE, count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(1 / 1200, 0, 44.45, 0, -1 / 1200, 40.0), tiled=True,
    ) as target:  # fmt: skip
        target.write(np.asarray(z, np.float32), 1)
    return path


def fractal(*, plain_until: int = 300, ramp: int = 150, size_m: float = 500) -> Any:
    """Seeded ground: mountains in the south, a plain in the rows before."""
    wave = np.hypot(np.fft.rfftfreq(SIZE), np.fft.fftfreq(SIZE)[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(0).normal(size=(SIZE, SIZE)))
    z = np.fft.irfft2(wave**-2.0 * noise, s=(SIZE, SIZE))
    south = np.clip((np.arange(SIZE) - plain_until) / ramp, 0.02, 1)[:, None]
    return 3000 + size_m * south * z / z.std()


def study(dem: Path, **scenario: Any) -> bz.Study:
    """Build a small study of 7.6 km of border."""
    settings: dict[str, Any] = {"resolution_m": FACTOR * FINE_M, "depth_km": 8, "segment_km": 1.5}
    settings |= {"draws": 100, "imputations": 10} | scenario
    return bz.Study(
        border=bz.Border.between(*BORDER), dem=dem, scenario=bz.Scenario(**settings), karst=None
    )


@pytest.fixture(scope="module")
def dem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write rough ground."""
    return tile(tmp_path_factory.mktemp("dem"), fractal())


@pytest.fixture(scope="module")
def result(dem: Path) -> Any:
    """Run the study with terrain at 90 m on a working grid of 900 m."""
    return study(dem, terrain_resolution_m=FINE_M).run()


def whole(path: Path) -> Any:
    """Read a layer of the fine grid."""
    return io.read_raster(path).to_numpy()


def test_layers_on_fine_cells_are_those_of_the_elevation(result: Any, dem: Path) -> None:
    """Read at once in memory, with the ground around: the same bits, in the corridor alone."""
    grid = result.ground.fine.grid
    halo = terrain.reach_cells(cell_m=FINE_M)
    around = terrain.attributes(bz.read_dem(dem, grid.padded(halo)), layers=["slope_deg", "tri_m"])
    inside = result.corridor.cells(grid)["segment"].to_numpy() >= 0

    assert grid.resolution_m == FINE_M
    for name in ("slope_deg", "tri_m"):
        expected = around[name].to_numpy()[halo:-halo, halo:-halo]
        np.testing.assert_array_equal(
            whole(result.ground.fine.files[name]), np.where(inside, expected, np.nan)
        )


def test_the_working_grid_holds_the_means_of_fine_cells(result: Any) -> None:
    """Wherever a working cell lies wholly in the corridor."""
    rows, columns = result.ground.layers["slope_deg"].shape
    for name in ("slope_deg", "relief_m", "index"):
        fine = whole(result.ground.fine.files[name]).reshape(rows, FACTOR, columns, FACTOR)
        known = np.isfinite(fine).all(axis=(1, 3))
        mean = fine.astype(float).mean(axis=(1, 3))
        assert known.sum() > 50
        np.testing.assert_allclose(
            result.ground.layers[name].to_numpy()[known], mean[known], rtol=1e-5
        )


def test_fine_cells_see_slopes_that_working_cells_flatten(result: Any, dem: Path) -> None:
    """The same ground, the same study, without the fine cells; and both say what they did."""
    coarse = study(dem).run()

    assert (result.segments["slope_deg"] > 1.25 * coarse.segments["slope_deg"]).all()
    averaged = [note for note in coarse.notes if "averaged onto cells of 900 m" in note]
    assert len(averaged) == 1
    assert "terrain_resolution_m in the scenario keeps them" in averaged[0]
    assert coarse.ground.fine is None
    assert not [note for note in result.notes if "averaged onto" in note]


def test_what_is_out_of_sight_is_measured_where_the_ground_is_fine_enough(
    result: Any, dem: Path
) -> None:
    """At 90 m by lines of sight, coarser than that by the landform."""
    coarse = study(dem, terrain_resolution_m=300.0).run()

    assert set(result.segments["f_mask_source"]) == {"lines of sight"}
    assert set(coarse.segments["f_mask_source"]) == {"landform prior"}
    assert visibility.Windows.COARSEST_M == FINE_M
    for table in (result.segments, coarse.segments):
        assert table["f_mask"].between(table["f_mask_low"], table["f_mask_high"]).all()


def test_weights_reach_the_index_on_fine_cells(result: Any, dem: Path) -> None:
    """Where ruggedness is above masking, more weight on it makes the index higher, else lower."""
    rugged = {"karst/ruggedness": 0.2, "karst/masking": 1.0, "ruggedness/masking": 5.0}
    found: Any = study(dem, terrain_resolution_m=FINE_M, index_comparisons=rugged).run()

    even, tilted = (whole(each.ground.fine.files["index"]) for each in (result, found))
    slope = whole(result.ground.fine.files["slope_deg"])
    flat = slope < 0.5
    assert (tilted[flat] < even[flat]).mean() > 0.95
    assert np.nanmax(tilted - even) > 0.02


def gain(found: Any, units: int) -> float:
    """How many times more the optimal allocation of so many units sees than the even one."""
    seen = found.curve.query("light == 'night'").pivot_table(
        index="unit_count", columns="rule", values="mean_pod"
    )
    # Between the numbers of the curve.
    at = {rule: np.interp(units, seen.index, seen[rule]) for rule in ("optimal", "even")}
    return float(at["optimal"] / at["even"])


def test_where_ground_differs_the_optimal_allocation_beats_the_even_one(tmp_path: Path) -> None:
    """
    By about a seventh with one unit that looks on, and by nothing where all ground is alike.

    Half of this border runs through mountains that hide most of what lies 2 km off and slow the patrol; the even
    allocation takes no notice of it.
    """
    mountains = fractal(plain_until=390, ramp=20, size_m=1000)
    looking: dict[str, Any] = {
        "terrain_resolution_m": FINE_M, "force": patrol.Force(sensor="hand_held_thermal")
    }  # fmt: skip
    uneven = study(tile(tmp_path, mountains), **looking).run()
    level = study(tile(tmp_path, np.full((SIZE, SIZE), 900.0)), **looking).run()
    rates = uneven.segments["rate_night"]

    assert rates.nunique() == len(rates)
    assert rates.max() > 2 * rates.min()
    assert level.segments["rate_night"].max() < 1.01 * level.segments["rate_night"].min()
    assert 1.1 < gain(uneven, 1) < 1.4
    assert gain(level, 1) == pytest.approx(1.0, abs=1e-4)


def test_blocks_and_threads_do_not_change_a_bit(
    result: Any, dem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any layer, mean, sum by segment or share."""
    walk = terrain_reading.read_fine
    for block_cells, threads in ((40, 1), (100, 3)):
        monkeypatch.setattr(
            "borderzone.study.terrain_reading.read_fine",
            lambda inputs, folder, size=block_cells, n=threads: walk(
                inputs, folder, block_cells=size, threads=n
            ),
        )
        again: Any = study(dem, terrain_resolution_m=FINE_M).run()
        for name, path in result.ground.fine.files.items():
            np.testing.assert_array_equal(whole(again.ground.fine.files[name]), whole(path))
        for name in result.ground.layers:
            np.testing.assert_array_equal(again.ground.layers[name], result.ground.layers[name])
        assert again.segments.equals(result.segments)
        assert again.flagged_share.equals(result.flagged_share)


def test_holes_of_the_elevation_are_counted_and_stay_unknown(tmp_path: Path) -> None:
    """On the working grid a cell of which most is known is known."""
    z = fractal()
    z[430:436, 380:386] = np.nan
    found: Any = study(tile(tmp_path, z), terrain_resolution_m=FINE_M).run()
    slope = whole(found.ground.fine.files["slope_deg"])
    inside = found.corridor.cells(found.ground.fine.grid)["segment"].to_numpy() >= 0

    told = [note for note in found.notes if "have no elevation" in note]
    assert len(told) == 1
    assert "unknown, not flat" in told[0]
    assert 20 < np.isnan(slope[inside]).sum() < 200
    assert found.segments["slope_deg"].notna().all()


def test_terrain_finer_than_the_embedded_elevation_is_refused() -> None:
    """It would be drawn, not known."""
    scenario = bz.Scenario(resolution_m=1800, terrain_resolution_m=90, depth_km=8)

    with pytest.raises(InvalidScenarioError, match="embedded elevation has cells of about 3 km"):
        bz.Study(border=bz.Border.between("IRQ", "SYR"), scenario=scenario).run()


def test_fine_cells_must_nest_in_the_working_grid() -> None:
    """Both lengths are named, with the next ones that would do."""
    with pytest.raises(InvalidScenarioError, match="terrain_resolution_m"):
        bz.Scenario(resolution_m=2000, terrain_resolution_m=30)


def test_terrain_between_coarse_heights_is_told(tmp_path: Path, dem: Path) -> None:
    """Cells of 30 m on an elevation of 90 m show no more than it does."""
    found: Any = study(
        dem, resolution_m=900, terrain_resolution_m=30, segment_km=4, depth_km=3
    ).run()

    assert [note for note in found.notes if "interpolated between them" in note]


@pytest.mark.usefixtures("without_pictures")
def test_the_report_takes_the_fine_layers_along(result: Any, tmp_path: Path) -> None:
    """Tagged, by their cell size; what the posts would give away stays out of public ones."""
    folder = tmp_path / "out"
    bz.write_report(result, folder)
    fine = sorted(path.name for path in (folder / "rasters").glob("*_90m.tif"))

    assert "slope_deg_90m.tif" in fine
    with rasterio.open(folder / "rasters" / "slope_deg_90m.tif") as source:
        assert source.tags()["RUN"] == result.run_id
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        np.testing.assert_array_equal(source.read(1), whole(result.ground.fine.files["slope_deg"]))


def test_the_workspace_goes_with_the_result(dem: Path) -> None:
    """No folder is left behind."""
    found: Any = study(dem, terrain_resolution_m=FINE_M, segment_km=4, depth_km=3).run()
    path = next(iter(found.ground.fine.files.values())).parent
    assert path.is_dir()
    del found

    assert not path.exists()
