"""Hot spots against other programs and chance."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import shapely
from scipy import sparse, stats

from borderzone.incidents import hotspots


def test_gi_star_is_that_of_esda() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own and of what it imports
        from esda.getisord import G_Local  # noqa: PLC0415
        from libpysal.weights import WSP, WSP2W  # noqa: PLC0415

        near = hotspots.queen_neighbours(np.ones((12, 9), dtype=bool))
        counts = np.random.default_rng(2).poisson(3, 108).astype(float)
        peer = G_Local(
            counts, WSP2W(WSP(sparse.csr_array(near))), transform="B", star=True, permutations=0
        )
    np.testing.assert_allclose(hotspots.gi_star_z(counts, near), peer.Zs, atol=1e-12)


@pytest.mark.parametrize("control", ["bh", "by"])
def test_false_discoveries_are_held_as_by_scipy(control: str) -> None:
    p = np.random.default_rng(1).random(60) ** 3
    theirs = stats.false_discovery_control(p, method=control)
    np.testing.assert_allclose(hotspots.adjusted_p(p, control=control), theirs, rtol=1e-12)


def test_k_of_chance_is_the_area_of_the_disc_where_edges_are_corrected() -> None:
    rng = np.random.default_rng(4)
    window, radii = shapely.box(0, 0, 60, 60), np.array([3.0, 6.0, 12.0])
    found = [
        hotspots.ripley_k(
            rng.random((150, 2)) * 60, window=window, radii_km=radii, simulations=19, seed=1
        )["k"].to_numpy()
        for _ in range(60)
    ]
    ratio = np.array(found) / hotspots.k_csr(radii)
    error = ratio.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(ratio.mean(axis=0) - 1) < 4 * error).all()


def test_a_planted_cluster_is_the_likeliest_stretch() -> None:
    counts = np.ones(60, dtype=int)
    counts[20:24] = 12
    found = hotspots.scan(counts, exposure=np.ones(60), permutations=99, seed=1)
    assert found["p"].iloc[0] <= 0.02
