"""Known caves against the map of susceptibility: formulas, ties, what is left out, and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy.stats import mannwhitneyu

import borderzone as bz
from borderzone import difficulty
from borderzone.difficulty.cave_calibration import (
    auc,
    auc_error,
    class_evidence,
    success_rate_curve,
)
from borderzone.errors import CRSMismatchError, InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = {"cave_and_class": 30, "cave_not_class": 70, "class_only": 200, "neither": 9700}
GRID = Grid(shape=(60, 80), transform=Affine(100, 0, 5e5, 0, -100, 4e6), crs=CRS(32637))


def test_ratio_and_weights_of_the_worked_case() -> None:
    """100 caves on 10,000 cells, 30 of them in a class of 230."""
    found = class_evidence(**COUNTS)

    assert found["frequency_ratio"] == pytest.approx(13.043478, abs=1e-6)
    assert found["w_plus"] == pytest.approx(2.698000, abs=1e-6)
    assert found["w_minus"] == pytest.approx(-0.336266, abs=1e-6)
    assert found["contrast"] == pytest.approx(3.034266, abs=1e-6)
    assert found["contrast"] / found["studentised"] == pytest.approx(0.229613, abs=1e-6)
    assert found["studentised"] == pytest.approx(13.2147, abs=1e-4)


def test_a_class_that_says_nothing_has_no_weight() -> None:
    """As many caves as its share of the ground."""
    found = class_evidence(cave_and_class=10, cave_not_class=90, class_only=100, neither=900)

    assert found["frequency_ratio"] == pytest.approx(1.0)
    assert found["contrast"] == pytest.approx(0.0, abs=1e-12)


def test_a_class_without_a_cave_has_a_finite_weight() -> None:
    """Half a cell is added to each count, but not to those of the ratio."""
    found = class_evidence(**(COUNTS | {"cave_and_class": 0}))

    assert found["w_plus"] < -1
    assert np.isfinite(found["studentised"])
    assert found["frequency_ratio"] == 0.0


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=60),
    st.data(),
)
@settings(max_examples=60)
def test_the_area_is_that_under_the_curve_ties_and_all(scores: list[int], data: Any) -> None:
    """By the trapezoids of the curve, and by the rank test of another library."""
    caves = data.draw(
        st.lists(st.integers(0, 1), min_size=len(scores), max_size=len(scores)).filter(any)
    )
    values, has = np.array(scores, float), np.array(caves, bool)
    curve = success_rate_curve(values, has)

    area = auc(values, has)
    trapezoids = np.trapezoid(curve["cave_share"], curve["ground_share"])
    assert area == pytest.approx(trapezoids, abs=1e-12)
    by_rank = mannwhitneyu(values[has], values).statistic / (has.sum() * values.size)
    assert area == pytest.approx(by_rank, abs=1e-12)
    assert (np.diff(curve["ground_share"]) > 0).all()
    assert curve.iloc[-1][["ground_share", "cave_share"]].tolist() == [1.0, 1.0]


def test_the_error_of_an_area_is_that_of_drawn_samples() -> None:
    """Exponential scores, for which the formula holds: 1,500 draws of 25 caves."""
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(1500):
        cave, ground = rng.exponential(4.0, 25), rng.exponential(1.0, 2000)
        has = np.r_[np.ones(25, bool), np.zeros(2000, bool)]
        areas.append(auc(np.r_[cave, ground], has))

    told = auc_error(float(np.mean(areas)), 25, 2025)
    assert told == pytest.approx(np.std(areas), rel=0.1)


# -- on a map ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flags() -> xr.Dataset:
    """Flag ground of two ranks of rock, steeper to the east; none is mapped in the west."""
    relief = np.tile(np.linspace(0, 250, 80, dtype=np.float32), (60, 1))
    rank = np.where(np.arange(60)[:, None] < 30, 2, 1).repeat(80, 1).astype(np.float32)
    rank[:, :10] = np.nan
    attrs = xr.Dataset({"relief_m": GRID.wrap(relief), "slope_deg": GRID.wrap(relief / 20)})
    return difficulty.flags(attrs, None, xr.Dataset({"karst_rank": GRID.wrap(rank)}))


def points(columns: Any, rows: Any, crs: int = 32637) -> gpd.GeoDataFrame:
    """Place caves in the middle of cells."""
    x, y = 5e5 + (np.asarray(columns) + 0.5) * 100, 4e6 - (np.asarray(rows) + 0.5) * 100
    return gpd.GeoDataFrame(geometry=shapely.points(x, y), crs=32637).to_crs(crs)


def test_caves_on_the_most_susceptible_ground_make_a_good_map(flags: xr.Dataset) -> None:
    """And caves at random a map that knows nothing, within its own error."""
    rng = np.random.default_rng(4)
    good = difficulty.calibrate(flags, points(rng.integers(55, 80, 40), rng.integers(0, 30, 40)))
    chance = difficulty.calibrate(
        flags, points(rng.integers(10, 80, 300), rng.integers(0, 60, 300), crs=4326)
    )

    assert good.auc > 0.8
    assert good.auc_held_out > 0.8
    assert abs(chance.auc - 0.5) < 4 * chance.auc_se
    assert abs(chance.auc_held_out - 0.5) < 0.1
    high = good.classes.set_index("susceptibility").loc["high"]
    assert high["frequency_ratio"] > 2
    assert high["studentised"] > 2
    assert good.classes["n_caves"].sum() == good.n_used
    assert np.isnan(good.score.to_numpy()[:, :10]).all()


def test_what_is_left_out_is_counted(flags: xr.Dataset) -> None:
    """Beside the grid, outside the corridor, on unknown rock, twice in a cell."""
    segment = np.zeros(GRID.shape, int)
    segment[50:] = -1
    columns = [*range(20, 40), 25, 25, 3, 500, 30]
    rows = [*[12] * 20, 12, 12, 5, 5, 55]
    found = difficulty.calibrate(
        flags, points(columns, rows), cells=xr.Dataset({"segment": GRID.wrap(segment)})
    )

    counts = (
        found.n_given, found.n_off_grid, found.n_outside, found.n_unknown_rock,
        found.n_same_cell, found.n_used,
    )  # fmt: skip
    assert counts == (25, 1, 1, 1, 2, 20)


def test_an_inventory_that_says_nothing_is_refused(flags: xr.Dataset) -> None:
    """Too few, not points, nowhere."""
    with pytest.raises(InvalidParameterError, match=r"3 cells of mapped rock .* 10 are needed"):
        difficulty.calibrate(flags, points([20, 30, 40], [5, 5, 5]))
    with pytest.raises(InvalidParameterError, match="must be points, got Polygon"):
        difficulty.calibrate(flags, points(range(20, 40), [5] * 20).buffer(10).to_frame("geometry"))
    with pytest.raises(CRSMismatchError, match="have no CRS"):
        difficulty.calibrate(
            flags, points(range(20, 40), [5] * 20).set_crs(None, allow_override=True)
        )
    with pytest.raises(InvalidParameterError, match="folds must be a whole number from 2 to "):
        difficulty.calibrate(flags, points(range(20, 40), [5] * 20), folds=50)


# -- in a study --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def caves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invent caves around Sinjar, SYNTHETIC as all of this."""
    rng = np.random.default_rng(3)
    shapes = shapely.points(rng.uniform(41.3, 42.1, 40), rng.uniform(36.28, 36.42, 40))
    path = tmp_path_factory.mktemp("caves") / "caves.gpkg"
    gpd.GeoDataFrame({"name": "synthetic"}, geometry=shapes, crs=4326, index=range(40)).to_file(
        path
    )
    return path


@pytest.fixture(scope="module")
def result(caves: Path) -> Any:
    """Run the built-in border with that inventory."""
    border = bz.Border.between("IRQ", "SYR")
    scenario = bz.Scenario(resolution_m=4000, segment_km=20, draws=200)
    return bz.Study(border=border, known_caves=caves, scenario=scenario).run()


@pytest.mark.usefixtures("one_format")
def test_a_study_with_an_inventory_tells_how_good_its_flag_is(result: Any, tmp_path: Path) -> None:
    """In the report and its tables, without any position."""
    found = result.ground.cave_calibration
    bz.write_report(result, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    tables = {path.stem for path in (tmp_path / "out" / "tables").iterdir()}

    assert found.n_given == 40
    assert 10 <= found.n_used <= 40
    assert found.auc > 0.7
    assert f"the area under the success-rate curve of the flag is {found.auc:.2f}" in page
    assert "has not seen these caves" in page
    assert {"cave_classes", "cave_evidence", "cave_success_rate"} <= tables
    assert (tmp_path / "out" / "figures" / "cave_success_rate.png").exists()
    assert not list((tmp_path / "out").rglob("*known*"))
    for layer in (tmp_path / "out" / "vectors").glob("*.parquet"):
        assert "synthetic" not in gpd.read_parquet(layer).astype(str).to_string().split()


@pytest.mark.usefixtures("one_format")
def test_without_an_inventory_no_such_figure_is_shown(tmp_path: Path, result: Any) -> None:
    """Neither a number nor an empty chart."""
    border = bz.Border.between("IRQ", "SYR")
    plain = bz.Study(border=border, scenario=result.scenario).run()
    bz.write_report(plain, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    assert plain.ground.cave_calibration is None
    assert "success-rate" not in page
    assert "frequency ratio" not in page.lower()
    assert not list((tmp_path / "out").rglob("*cave_*"))
    assert not (tmp_path / "out" / "figures" / "cave_success_rate.png").exists()
    with pytest.raises(InvalidParameterError, match="has no known_caves"):
        bz.figures.cave_success_rate(plain)
