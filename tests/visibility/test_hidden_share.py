"""The share of ground out of sight by range: one family of ground, its table, and its way back from a measured strip."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import terrain, visibility
from borderzone.errors import InvalidParameterError
from borderzone.visibility.hidden_table import EYES_M, HIDDEN_PER_MILLE, RANGES_M, SHARES

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# Ground from nearly flat to nearly hidden; of the two ends everything is known.
GROUND = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("landform", "f_mask", "published"),
    [
        ("undulating", 0.40, [0.00, 0.06, 0.22, 0.40]),
        ("hilly", 0.63, [0.02, 0.32, 0.49, 0.63]),
    ],
)
def test_the_family_agrees_with_an_independent_simulation(
    landform: str, f_mask: float, published: list[float]
) -> None:
    """Within 0.06 at 75, 400, 900 and 2,000 m; the prior of the class names the same ground within 0.05."""
    found = visibility.mask_at([75, 400, 900, 2000], f_mask)
    np.testing.assert_allclose(found, published, atol=0.06)
    prior = next(kind.mask for kind in terrain.LANDFORMS if kind.name == landform)
    assert prior.f_mask == pytest.approx(f_mask, abs=0.051)


def test_ground_is_named_by_what_is_hidden_at_two_km() -> None:
    share = np.linspace(0, 1, 41)
    np.testing.assert_allclose(visibility.mask_at(2000, share), share, atol=1e-12)
    assert visibility.mask_at(900, 0.63) == pytest.approx(0.7 * 0.404 + 0.3 * 0.519)


def test_a_few_sections_of_ground_say_what_the_table_says() -> None:
    """The script with a fiftieth of its profiles, on the eye that names the ground and on a tower."""
    script: dict[str, Any] = runpy.run_path(str(SCRIPTS / "mask_by_range.py"))
    found = script["by_share"](script["simulated"](count=400, seeds=range(1, 2)))
    rows = np.array([[int(x) for x in row.split()] for row in HIDDEN_PER_MILLE]) / 1000.0
    shipped = rows.reshape(len(EYES_M), len(SHARES), len(RANGES_M))
    assert [script[name] for name in ("EYES_M", "SHARES", "RANGES_M")] == [EYES_M, SHARES, RANGES_M]
    np.testing.assert_allclose(found, shipped, atol=0.1)
    assert np.abs(found - shipped).mean() < 0.015


@given(
    share=GROUND, other=GROUND, near=st.floats(0, 20_000), far=st.floats(0, 20_000), eye=st.floats(1, 30),
    higher=st.floats(1, 30),
)  # fmt: skip
def test_more_is_hidden_farther_off_on_rougher_ground_and_from_lower_eyes(
    share: float, other: float, near: float, far: float, eye: float, higher: float
) -> None:
    (low, high), (near, far) = sorted((share, other)), sorted((near, far))
    eye, higher = sorted((eye, higher))
    at = visibility.mask_at
    assert at(near, low, eye) <= at(far, low, eye) + 1e-12
    assert at(near, low, eye) <= at(near, high, eye) + 1e-12
    assert (
        at(near, low, higher) <= at(near, low, eye) + 0.006
    )  # a thousandth of rounding, and few profiles
    assert 0 <= at(far, high, eye) <= 1


@pytest.mark.parametrize("max_km", [0.5, 1.0, 2.0])
def test_a_strip_of_the_family_gives_its_ground_back(max_km: float) -> None:
    """By places drawn over a strip, cell by cell and then stop by stop."""
    rng = np.random.default_rng(5)
    offset = rng.uniform(0, 1, 40_000)
    along = np.sqrt(1 - offset**2) * rng.uniform(0, 1, 40_000)
    distance = 1000 * max_km * np.hypot(offset, along)
    for f_mask in (0.2, 0.5, 0.8):
        strip = np.mean(visibility.mask_at(distance, f_mask, 3.0))
        assert visibility.mask_index(strip, max_km=max_km, eye_m=3.0) == pytest.approx(
            f_mask, abs=0.01
        )


def test_ends_of_the_family() -> None:
    """Flat ground hides nothing, hopeless ground all; what is not measured stays so."""
    np.testing.assert_array_equal(visibility.mask_at([0, 75, 9000], 0.0), [0, 0, 0])
    np.testing.assert_array_equal(visibility.mask_at([75, 9000], 1.0), [1, 1])
    np.testing.assert_allclose(visibility.mask_index([0.0, 1.0]), [0, 1], atol=1e-9)
    assert np.isnan(visibility.mask_index(np.nan))
    table = visibility.mask_by_range(eye_m=10.0)
    np.testing.assert_array_equal(table.index.to_numpy(float), SHARES)
    np.testing.assert_array_equal(table.columns.to_numpy(float), RANGES_M)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: visibility.mask_at(-1, 0.4), "range_m must be 0 or more"),
        (lambda: visibility.mask_at(75, 1.4), "f_mask must lie between 0 and 1"),
        (lambda: visibility.mask_at(75, 0.4, eye_m=0), "eye_m must be above 0"),
        (lambda: visibility.mask_index(1.2), "hidden must lie between 0 and 1"),
        (lambda: visibility.mask_index(0.2, max_km=0), "max_km must be a finite number above 0"),
    ],
)
def test_impossible_ground_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        call()
