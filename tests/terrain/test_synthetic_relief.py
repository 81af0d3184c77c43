"""The synthetic elevation of 30 m: seams, seed, roughness and labels."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from places import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = SCRIPTS / "synthetic_relief_30m.py"
SECOND = 1 / 3600


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def large(script: dict[str, Any]) -> Any:
    return script["Large"].read()


def patch(script: dict[str, Any], large: Any, lat: float, lon: float, n: int, seed: int = 0) -> Any:
    """Heights of a square of cells with that south-west corner."""
    north_down = lat + np.arange(n)[::-1] * SECOND
    return script["heights"](large, lon + np.arange(n) * SECOND, north_down, seed)


def test_heights_do_not_depend_on_the_part_that_is_asked_for(
    script: dict[str, Any], large: Any
) -> None:
    whole = patch(script, large, 35.0 - 20 * SECOND, 41.0 - 20 * SECOND, 40)
    corner = patch(script, large, 35.0, 41.0, 20)
    np.testing.assert_array_equal(whole[:20, 20:], corner)


def test_one_seed_gives_one_ground_and_another_seed_another(
    script: dict[str, Any], large: Any
) -> None:
    first, again = (patch(script, large, 36.2, 41.7, 60) for _ in range(2))
    other = patch(script, large, 36.2, 41.7, 60, seed=1)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_its_spectrum_falls_as_that_of_land_does(script: dict[str, Any], large: Any) -> None:
    # Between 3.0 and 3.8, the exponents from rough to smooth behind the mask prior.
    for lat, lon in ((34.2, 41.2), (36.2, 41.7)):
        assert 3.0 < script["spectral_exponent"](patch(script, large, lat, lon, 700)) < 3.8


def test_mountains_are_rougher_than_the_plain(script: dict[str, Any], large: Any) -> None:
    plain = script["slope_deg"](patch(script, large, 33.2, 40.0, 300), 33.2)
    sinjar = script["slope_deg"](patch(script, large, 36.3, 41.8, 300), 36.3)
    assert np.median(sinjar) > 4 * np.median(plain)


def test_the_large_forms_are_those_of_the_embedded_grid(script: dict[str, Any], large: Any) -> None:
    step = np.arange(0, 0.5, 1 / 120)
    lat, lon = 36.5 - step, 41.5 + step
    base = large.height(lat[::-1], lon)[::-1]
    spread = large.spread(lat[::-1], lon)[::-1]
    off = script["heights"](large, lon, lat, 0) - base
    # Octaves of deviation 1 in all, and wadis cut below them.
    assert 0.6 < np.std(off / spread) < 1.8
    assert abs(np.mean(off / spread)) < 0.7


def test_the_spread_of_the_octaves_is_one(script: dict[str, Any]) -> None:
    place = np.random.default_rng(0).uniform(0, 1e6, 600)
    no_wadis = np.zeros((0, 3))
    flat = script["fine_relief"](
        place[:300], place[300:], np.ones((300, 300)), 3, script["octave_heights"](), no_wadis
    )
    assert float(flat.std()) == pytest.approx(1.0, abs=0.08)


def test_a_tile_lies_as_glo_30_does_and_says_that_it_is_synthetic(
    script: dict[str, Any], large: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tile = script["write_tile"]
    monkeypatch.setitem(write_tile.__globals__, "CELLS", 60)
    monkeypatch.setitem(write_tile.__globals__, "STRIP", 20)
    path = write_tile(tmp_path, large, (34, 41), 0)
    assert path.name == "SYNTHETIC_30m_N34_00_E041_00_DEM.tif"
    with rasterio.open(path) as tile:
        assert tile.bounds.left == pytest.approx(41 - 0.5 / 60)
        assert tile.bounds.top == pytest.approx(35 + 0.5 / 60)
        assert tile.tags()["SYNTHETIC"] == "yes"
        assert "SYNTHETIC" in tile.descriptions[0]
        assert np.isfinite(tile.read(1)).all()
    assert list(tmp_path.iterdir()) == [path]


def test_ground_beyond_the_embedded_grid_is_no_data(script: dict[str, Any], large: Any) -> None:
    assert np.isnan(patch(script, large, 38.2, 41.0, 4)).all()
    names = script["tiles_touched"]("IRQ", "SYR", depth_km=50, margin_km=0, bounds=large.bounds)
    assert len(names) == 16
    assert (34, 41) in names
