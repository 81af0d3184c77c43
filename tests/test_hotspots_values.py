"""Hot-spot statistics against reference values, closed forms and brute force."""

from __future__ import annotations

import itertools
from typing import Any

import esda
import libpysal
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hotspot_cases import plane_in, random_in, ring_and_line, winding
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import stats

from borderzone.grid import Grid
from borderzone.incidents import hotspots as hs
from borderzone.incidents.hotspots.ripley import common_area
from borderzone.incidents.hotspots.windows import disc_windows, runs_of, stretch_windows

QUEEN = hs.queen_neighbours(np.ones((5, 5)))
BUMP = np.zeros((5, 5))
BUMP[1:4, 1:4] = [[1, 2, 1], [2, 5, 2], [1, 2, 1]]


def plain_grid(side: int = 81) -> Grid:
    return Grid(
        shape=(side, side), transform=Affine(1e3, 0, 0, 0, -1e3, side * 1e3), crs=CRS(32637)
    )


def test_gi_star_has_the_reference_values_and_those_of_esda() -> None:
    z = hs.gi_star_z(BUMP.ravel(), QUEEN).reshape(5, 5)
    assert [z[2, 2].round(6), z[0, 0].round(6), z[0, 2].round(6)] == [
        3.840521,
        -0.794934,
        -0.031738,
    ]
    weights = libpysal.weights.lat2W(5, 5, rook=False)
    theirs = esda.G_Local(BUMP.ravel(), weights, star=True, transform="B", permutations=0)
    np.testing.assert_allclose(z.ravel(), theirs.Zs, rtol=1e-12)
    np.testing.assert_array_equal(hs.gi_star_z(BUMP.ravel(), weights), z.ravel())


@pytest.mark.parametrize("inference", ["conditional", "total"])
def test_permutation_p_is_the_hypergeometric_tail_for_zeros_and_ones(inference: str) -> None:
    ones = (np.random.default_rng(3).random(25) < 0.3).astype(float)
    size, sums = QUEEN.sum(axis=1), QUEEN @ ones
    found = hs.gi_star(ones, neighbours=QUEEN, inference=inference, permutations=40_000)
    if inference == "conditional":
        exact = stats.hypergeom.sf(sums - 1, 24, ones.sum() - ones, size)
    else:
        exact = stats.hypergeom.sf(sums + ones - 1, 25, ones.sum(), size + 1)
    assert np.abs(found["p"] - exact).max() < 0.012  # 4.5 standard errors


def test_esda_gives_the_same_p_within_simulation_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled half of esda takes 15 s to load, so its permutations are played here."""
    values = BUMP.ravel()
    rng = np.random.default_rng(5)

    class Played:
        def __init__(self, y: Any, w: Any, *, permutations: int, star: bool, **_: Any) -> None:
            assert star
            near = w.sparse.toarray() > 0
            self.Gs = (y + near @ y) / y.sum()
            sums = np.empty((len(y), permutations))
            for i in range(len(y)):
                others = np.delete(y, i)
                for k in range(permutations):
                    sums[i, k] = y[i] + rng.choice(others, int(near[i].sum()), replace=False).sum()
            self.rGs = sums / y.sum()

    monkeypatch.setattr(esda, "G_Local", Played)
    theirs = hs.gi_star(values, neighbours=QUEEN, inference="esda", permutations=400)
    ours = hs.gi_star(values, neighbours=QUEEN, permutations=20_000)
    assert np.abs(theirs["p"] - ours["p"]).max() < 0.1


def test_false_discovery_control_by_hand() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5])
    np.testing.assert_allclose(hs.adjusted_p(p), [0.04, 0.16 / 3, 0.16 / 3, 0.5])
    harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    np.testing.assert_allclose(
        hs.adjusted_p(p, control="by"),
        [0.04 * harmonic, 0.16 / 3 * harmonic, 0.16 / 3 * harmonic, 1],
    )


def test_neighbours_stop_at_breaks_and_go_round_rings() -> None:
    corridor = ring_and_line()
    near = hs.segment_neighbours(corridor).toarray()
    (_, open_end, _), (first, stop, is_ring) = runs_of(corridor)
    assert is_ring
    assert near[first, stop - 1] == 1
    assert near[open_end - 1, first] == 0
    assert near[0, open_end - 1] == 0
    assert (near == near.T).all()


def test_kernels_and_k_have_the_reference_values() -> None:
    at = hs.kernel_plane([0.0, 5.0], 5)
    assert [round(float(v), 8) for v in np.atleast_1d(at)] == [0.00636620, 0.00386129]
    assert round(float(hs.kernel_plane(0, 10)), 8) == 0.00159155
    assert round(float(hs.kernel_plane(0, 5, kernel="quartic")), 8) == 0.03819719
    np.testing.assert_allclose(hs.k_csr([2, 5]), [12.566371, 78.539816], atol=5e-7)
    assert hs.k_csr(2.0) == pytest.approx(12.566371, abs=5e-7)
    assert hs.l_of_k(hs.k_csr(5.0)) == pytest.approx(5.0)


def test_scan_and_knox_have_the_reference_values() -> None:
    ratios = hs.poisson_llr([20, 10, 5], [10, 2, 10], [100, 50, 50])
    assert np.round(ratios, 6).tolist() == [4.440301, 8.801517, 0.0]
    assert hs.poisson_llr(10, 2, 10) == pytest.approx(10 * np.log(5))
    ratio, tail = hs.knox_ratio(30, 20)
    assert (ratio, round(tail, 6)) == (1.5, 0.021818)


@settings(max_examples=30)
@given(
    counts=st.lists(st.integers(0, 9), min_size=6, max_size=12).filter(lambda c: sum(c) > 0),
    share=st.sampled_from([0.3, 0.5, 0.8]),
)
def test_scan_of_stretches_is_the_best_of_all_by_brute_force(
    counts: list[int], share: float
) -> None:
    n, total = len(counts), sum(counts)
    best = 0.0
    for a, b in itertools.combinations(range(n + 1), 2):
        if (b - a) / n <= share + 1e-9:
            best = max(best, float(hs.poisson_llr(sum(counts[a:b]), total * (b - a) / n, total)))
    found = hs.scan(counts, exposure=np.ones(n), max_share=share, permutations=19)
    assert (found["llr"].max() if len(found) else 0.0) == pytest.approx(best)


def test_scan_of_space_time_is_the_best_of_all_by_brute_force() -> None:
    rng = np.random.default_rng(2)
    counts, weight = rng.poisson(2.0, (7, 6)), rng.random((7, 6)) + 0.5
    expected = weight * counts.sum() / weight.sum()
    best, where = 0.0, None
    for (a, b), (s, t) in itertools.product(
        itertools.combinations(range(8), 2), itertools.combinations(range(7), 2)
    ):
        if weight[a:b].sum() <= 0.5 * weight.sum() and t - s <= 3:
            inside = counts[a:b, s:t].sum(), expected[a:b, s:t].sum()
            ratio = float(hs.poisson_llr(*inside, counts.sum()))
            if ratio > best:
                best, where = ratio, (a, b - 1, s, t - 1)
    top = hs.scan_space_time(counts, exposure=weight, permutations=19).iloc[0]
    assert top["llr"] == pytest.approx(best)
    assert tuple(top[["first", "last", "period_start", "period_end"]]) == where


def test_windows_of_a_ring_wrap_and_none_crosses_a_break() -> None:
    windows = stretch_windows([(0, 3, False), (3, 7, True)], np.full(7, 1 / 7), 1.0)
    sets = [tuple(windows.places(w).tolist()) for w in range(len(windows.runs))]
    assert (6, 3) in sets
    assert (6, 3, 4) in sets
    assert not any(min(s) < 3 <= max(s) for s in sets)
    assert len({tuple(sorted(s)) for s in sets}) == len(sets) == 6 + 4 * 3 + 1


def test_discs_take_places_at_one_distance_together() -> None:
    xy = np.array([[0.0, 0], [1, 0], [-1, 0], [5, 0]])
    windows = disc_windows(xy, np.full(4, 0.25), 0.75, 2.0)
    sets = {tuple(sorted(windows.places(w).tolist())) for w in range(len(windows.runs))}
    assert sets == {(0,), (1,), (2,), (3,), (0, 1, 2), (0, 1), (0, 2)}


def test_density_is_the_exact_sum_inside_and_adds_up_at_the_edge() -> None:
    rng = np.random.default_rng(1)
    grid, xy = plain_grid(), rng.random((200, 2)) * 81
    found = hs.density(xy, grid, bandwidth_km=6)
    assert float(found.sum()) == pytest.approx(200, rel=1e-6)
    inner = (xy - 40.5)[:, :] * 0.2 + 40.5
    dense = hs.density(inner, grid, bandwidth_km=5)
    x, y = np.meshgrid(grid.x / 1e3, grid.y / 1e3)
    exact = np.sum(
        [np.asarray(hs.kernel_plane(np.hypot(x - px, y - py), 5)) for px, py in inner], axis=0
    )
    assert np.abs(dense.to_numpy() - exact).max() < 0.012 * exact.max()
    cov = np.cov(inner.T)
    theirs = stats.gaussian_kde(inner.T, bw_method=5 / np.sqrt(cov[0, 0]))
    theirs.set_bandwidth(5 / np.sqrt(cov[0, 0]))
    if abs(cov[0, 1]) < 1e-12:  # scipy's kernel is as skew as the data
        np.testing.assert_allclose(exact.ravel(), 200 * theirs(np.stack([x.ravel(), y.ravel()])))


@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_density_on_a_cell_centre_has_the_kernels_own_value(kernel: str) -> None:
    found = hs.density([[40.5, 40.5]], plain_grid(), bandwidth_km=5, kernel=kernel)
    peak = float(hs.kernel_plane(0, 5, kernel=kernel))
    assert float(found.max()) == pytest.approx(peak, rel=2e-3 if kernel == "quartic" else 1e-6)
    assert found.attrs["units"] == "events per km2"


def test_density_in_a_winding_corridor_keeps_every_event_inside() -> None:
    corridor = winding()
    grid = corridor.grid(2000)
    xy = random_in(plane_in(corridor), 300, np.random.default_rng(4))
    found = hs.density(xy, grid, corridor=corridor, bandwidth_km=8)
    inside = corridor.cells(grid)["segment"].to_numpy() >= 0
    assert np.isnan(found.to_numpy()[~inside]).all()
    whole = float(found.sum()) * grid.cell_area_km2
    assert whole == pytest.approx(300 - found.attrs["n_left_out_of_grid"], rel=1e-5)
    assert found.attrs["n_left_out_of_grid"] <= 1


@pytest.mark.parametrize("correction", ["mass", "reflection"])
@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_density_along_adds_up_over_ends_breaks_and_rings(kernel: str, correction: str) -> None:
    corridor = ring_and_line()
    km = np.random.default_rng(2).random(50) * corridor.border.length_km
    at, step = np.linspace(0, corridor.border.length_km, 40_001, retstep=True)
    found = hs.density_along(
        km, line=corridor, bandwidth_km=7, at_km=at, kernel=kernel, correction=correction
    )
    assert found.sum() * step == pytest.approx(50, rel=1e-3)


def test_density_along_does_not_leak_over_a_break_but_goes_round_a_ring() -> None:
    corridor = ring_and_line()
    border = corridor.border
    brk, end = border.breaks_km[0], border.length_km
    at = [brk - 1e-3, brk + 1.0, end - 1.0]
    before, after, before_end = hs.density_along(
        [brk + 1e-6], line=border, bandwidth_km=3, at_km=at
    )
    assert before == 0
    assert after == pytest.approx(before_end, rel=1e-4)
    assert after == pytest.approx(float(hs.kernel_line(1.0, 3)), rel=1e-4)


def test_area_in_common_is_that_of_the_shifted_polygon() -> None:
    shape = plane_in(winding())
    table, step = common_area(shape, 20.0)
    middle = len(table) // 2
    for i, j in [(0, 0), (5, middle), (middle, middle), (-1, 3)]:
        by = (
            (np.arange(len(table))[i] - middle) * step,
            (np.arange(len(table))[j] - middle) * step,
        )
        exact = shape.intersection(shapely.transform(shape, lambda xy, by=by: xy + by)).area
        assert table[i, j] == pytest.approx(exact, rel=2e-3, abs=2.0)


def test_ripley_k_of_a_few_points_by_hand() -> None:
    xy = np.array([[2.0, 2], [5, 2], [9, 9], [2, 8]])
    window = shapely.box(0, 0, 10, 12)
    found = hs.ripley_k(xy, window=window, radii_km=[3.5, 7.0], simulations=19)
    brute = np.zeros(2)
    for i, j in itertools.permutations(range(4), 2):
        dx, dy = np.abs(xy[i] - xy[j])
        near = np.hypot(dx, dy) <= np.array([3.5, 7.0])
        brute += near * 120.0**2 / (4 * 3) / ((10 - dx) * (12 - dy))
    np.testing.assert_allclose(found["k"], brute, rtol=5e-3)


def test_k_along_of_a_few_points_by_hand() -> None:
    # Gaps of 10 and 30 and 40 on 100 km: 2 * 100^2 / (3 * 2) / (100 - gap) each.
    found = hs.ripley_k_along([20.0, 30.0, 60.0], line=100, radii_km=[15, 35, 45], simulations=19)
    share = 2 * 100**2 / 6 / np.array([90.0, 70.0, 60.0])
    np.testing.assert_allclose(found["k"], np.cumsum(share))


def test_knox_counts_by_brute_force_and_keeps_one_place_apart() -> None:
    rng = np.random.default_rng(6)
    xy, day = rng.random((60, 2)) * 30, rng.integers(0, 90, 60)
    xy[:4] = xy[0]
    dates = np.datetime64("2019-01-01") + day
    found = hs.knox(xy, dates=dates, distance_km=[5, 12], days=[7, 20], permutations=99)
    brute = dict.fromkeys([("same place", 7), ("same place", 20)], 0) | dict.fromkeys(
        itertools.product(["0 to 5 km", "5 to 12 km"], [7, 20]), 0
    )
    for i, j in itertools.combinations(range(60), 2):
        apart, days = np.hypot(*(xy[i] - xy[j])), abs(day[i] - day[j])
        band = "same place" if apart == 0 else "0 to 5 km" if apart <= 5 else "5 to 12 km"
        if apart <= 12 and days <= 20:
            brute[band, 7 if days <= 7 else 20] += 1
    counted = found.set_index(["band", "days_to"])["observed"]
    assert {key: counted[key] for key in brute} == brute
    assert found.loc[found["band"] == "same place", "q"].isna().all()


def test_row_order_does_not_matter() -> None:
    rng = np.random.default_rng(8)
    xy, day = rng.random((50, 2)) * 40, rng.integers(0, 60, 50)
    dates, mixed = np.datetime64("2019-01-01") + day, rng.permutation(50)
    one = hs.knox(xy, dates=dates, permutations=19)["observed"]
    other = hs.knox(xy[mixed], dates=dates[mixed], permutations=19)["observed"]
    pd.testing.assert_series_equal(one, other)
    window = shapely.box(0, 0, 40, 40)
    first = hs.ripley_k(xy, window=window, radii_km=[5], simulations=19)
    again = hs.ripley_k(xy[mixed], window=window, radii_km=[5], simulations=19)
    pd.testing.assert_frame_equal(first, again)
