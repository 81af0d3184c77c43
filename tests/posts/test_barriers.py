"""Barriers of posts: against every choice, against a crosser who looks for a way, and the closed form."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage

import borderzone as bz
from borderzone import BorderzoneError, posts
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone._typing import BoolArray, FloatArray

_EIGHT = np.ones((3, 3), dtype=int)


def _strip(rows: int, columns: int) -> FloatArray:
    return np.tile(np.arange(columns) * 0.1, (rows, 1))


def _crosser_gets_through(fields: BoolArray, taken: Iterable[int]) -> bool:
    """Let a crosser step to eight neighbours, from the first row to the last, where no field is."""
    free = np.logical_not(fields[list(taken)].any(axis=0))
    labels, _ = ndimage.label(free, structure=_EIGHT)
    return bool(set(labels[0][free[0]]) & set(labels[-1][free[-1]]))


def _fewest(fields: BoolArray, existing: tuple[int, ...] = ()) -> int | None:
    """Try every set of posts, small ones first."""
    others = [i for i in range(len(fields)) if i not in existing]
    for size in range(len(others) + 1):
        for new in itertools.combinations(others, size):
            if not _crosser_gets_through(fields, (*new, *existing)):
                return size
    return None


def _discs(seed: int, count: int, shape: tuple[int, int], radius: float) -> BoolArray:
    """Scatter discs, each with a hole or a piece of shade in it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    found = []
    for _ in range(count):
        cy, cx = rng.random(2) * shape
        field = np.hypot(y - cy, x - cx) < radius * rng.uniform(0.6, 1.4)
        shade = np.abs(x - cx - rng.uniform(-2, 2)) < rng.integers(0, 2)
        found.append(field & ~shade)
    return np.array(found)


@given(seed=st.integers(0, 100_000), radius=st.floats(2.0, 5.0), stands=st.integers(0, 1))
def test_every_choice_on_a_strip(seed: int, radius: float, stands: int) -> None:
    fields = _discs(seed, 8, (5, 14), radius)
    existing = (0, 3) if stands else ()
    true = _fewest(fields, existing)
    if true is None:
        with pytest.raises(BorderzoneError, match=r"at km \d"):
            posts.barrier(fields, _strip(5, 14), 100.0, existing=existing)
        return
    found = posts.barrier(fields, _strip(5, 14), 100.0, existing=existing)
    assert (found.new, found.proved) == (true, True)
    assert found.at_least <= true <= found.at_most
    taken = found.posts[0].tolist()
    assert not _crosser_gets_through(fields, {*taken, *existing})
    # The loss of any new post lets him through, and the gap says where.
    for post, width in zip(found.gaps["post"], found.gaps["width_m"], strict=True):
        assert width > 0.0
        assert _crosser_gets_through(fields, {*taken, *existing} - {post})


@given(seed=st.integers(0, 100_000), k=st.integers(2, 3))
def test_folds_share_no_post(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    # Whole intervals over the full depth: one piece a post.
    at, reach = rng.random(9) * 12, rng.uniform(2.0, 5.0, 9)
    fields = np.abs(np.arange(12)[None, None, :] - at[:, None, None]) < reach[:, None, None]
    fields = np.broadcast_to(fields, (9, 2, 12)).copy()
    closing = {
        chosen
        for size in range(1, 10)
        for chosen in itertools.combinations(range(9), size)
        if not _crosser_gets_through(fields, chosen)
    }
    small = [one for one in closing if not any(set(other) < set(one) for other in closing)]
    true = min(
        (
            sum(map(len, several))
            for several in itertools.combinations(small, k)
            if len(set().union(*several)) == sum(map(len, several))
        ),
        default=None,
    )
    assume(true is not None)
    found = posts.barrier(fields, _strip(2, 12), 100.0, k=k)
    assert (found.new, found.proved, len(found.posts)) == (true, True, k)
    for chosen in found.posts:
        assert not _crosser_gets_through(fields, chosen.tolist())
    assert len(np.unique(np.concatenate(found.posts))) == found.new


def test_a_corner_is_no_join_and_dead_ground_is_a_hole() -> None:
    fields = np.zeros((2, 2, 4), dtype=bool)
    fields[0, 0, :2] = fields[1, 1, 2:] = True
    with pytest.raises(BorderzoneError, match=r"at km 0\.\d a gap of 41 m"):
        posts.barrier(fields, _strip(2, 4), 100.0)
    fields[1, 1, 1] = True
    assert posts.barrier(fields, _strip(2, 4), 100.0).new == 2


def test_fields_are_cut_to_the_corridor_before_they_join() -> None:
    km = _strip(3, 5)
    km[2] = np.nan
    field = np.ones((1, 3, 5), dtype=bool)
    field[0, :2, 2] = False  # joined only through the ground outside
    with pytest.raises(BorderzoneError, match=r"at km 0\.2 a gap of 100 m"):
        posts.barrier(field, km, 100.0)


def test_a_post_that_comes_back_is_paid_once() -> None:
    # Post 0 has a piece at both ends; way by way it would be paid twice, and 3 + 4 + 5 look as cheap.
    fields = np.zeros((5, 2, 9), dtype=bool)
    fields[0, 0, [0, 1, 2, 6, 7, 8]] = True
    fields[1, 0, 2:7] = True
    fields[2, 1, :3] = fields[3, 1, 3:6] = fields[4, 1, 6:] = True
    found = posts.barrier(fields, _strip(2, 9), 100.0)
    assert (found.new, found.at_least, found.at_most, found.proved) == (2, 2, 3, True)
    assert sorted(found.posts[0].tolist()) == [0, 1]


def test_chances_make_fields_by_their_level() -> None:
    chances = np.full((1, 2, 5), 0.9)
    assert posts.barrier(chances, _strip(2, 5), 100.0).new == 1
    with pytest.raises(BorderzoneError, match="stays open"):
        posts.barrier(chances, _strip(2, 5), 100.0, level=0.91)


def test_posts_that_stand_close_it_alone() -> None:
    fields = np.ones((2, 2, 5), dtype=bool)
    found = posts.barrier(fields, _strip(2, 5), 100.0, existing=[1])
    assert (found.new, found.proved, found.posts[0].tolist()) == (0, True, [1])
    assert found.gaps.empty


def _ring_of(seed: int, count: int) -> tuple[FloatArray, BoolArray]:
    """Lay discs on a ring of ground; chainage runs round it from a cut on its eastern side."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-8:9, -8:9].astype(float)
    far = np.hypot(x, y)
    km = np.where((far > 3.6) & (far < 7.6), (np.arctan2(y, x) % (2 * np.pi)), np.nan)
    angle = rng.random(count) * 2 * np.pi
    at = 5.5 * np.column_stack([np.sin(angle), np.cos(angle)])
    size = rng.uniform(3.5, 6.5, count)
    fields = np.hypot(y - at[:, 0, None, None], x - at[:, 1, None, None]) < size[:, None, None]
    return km, fields & np.isfinite(km)


@given(seed=st.integers(0, 100_000))
def test_every_choice_round_a_ring(seed: int) -> None:
    km, fields = _ring_of(seed, 7)
    ground = np.isfinite(km)

    def open_ring(taken: tuple[int, ...]) -> bool:
        # From the hole in the middle to the outside, over ground without a field.
        free = ~(fields[list(taken)].any(axis=0) & ground)
        labels, _ = ndimage.label(free, structure=_EIGHT)
        return bool(labels[8, 8] == labels[0, 0])

    true = next(
        (
            size
            for size in range(1, 8)
            for taken in itertools.combinations(range(7), size)
            if not open_ring(taken)
        ),
        None,
    )
    if true is None:
        with pytest.raises(BorderzoneError, match="closes the ring"):
            posts.barrier(fields, km, 100.0, ring=True)
        return
    found = posts.barrier(fields, km, 100.0, ring=True)
    assert (found.new, found.proved) == (true, True)
    assert not open_ring(tuple(found.posts[0].tolist()))


@pytest.mark.parametrize("spacing", [1, 2, 3, 4, 5])
def test_flat_line_against_every_step(spacing: int) -> None:
    for length, reach in itertools.product(range(1, 40), range(1, 9)):
        candidates = range(0, length + 1, spacing)
        at, count = -1, 0
        end = 0
        while end < length:  # the farthest candidate that still joins is the best one
            fit = [c for c in candidates if c - reach <= end and c > at]
            if not fit or fit[-1] + reach <= end:
                count = -1
                break
            at, count = fit[-1], count + 1
            end = at + reach
        if count < 0 or spacing > 2 * reach:
            with pytest.raises(BorderzoneError, match=r"range_km must be|leaves a gap"):
                posts.flat_line_posts(length, reach, spacing)
        else:
            assert posts.flat_line_posts(length, reach, spacing) == count
            assert posts.flat_line_posts(length / 10, reach / 10, spacing / 10) == count


def test_the_line_of_the_handbook() -> None:
    assert posts.flat_line_posts(599, 2, 0.5) == 150


def test_a_flat_line_of_fields_is_the_closed_form() -> None:
    # Cells stand for the tenths of a km between whole places: a field holds the cells it covers.
    length, reach, step = 12, 2, 1
    middle = np.arange(length * 10) / 10 + 0.05
    fields = np.abs(middle[None, None, :] - np.arange(0, length + 1, step)[:, None, None]) < reach
    found = posts.barrier(np.repeat(fields, 2, axis=1), np.tile(middle, (2, 1)), 100.0)
    assert found.new == posts.flat_line_posts(length, reach, step)


_FIELDS = np.ones((3, 2, 4), dtype=bool)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 0}, "k must be a whole number"),
        ({"k": 4}, "no 4 barriers"),
        ({"k": 2, "ring": True}, "k must be a whole number from 1 to 1"),
        ({"cell_m": 0.0}, "cell_m must be"),
        ({"cell_m": None}, "cell_m is needed"),
        ({"cell_m": math.nan}, "cell_m must be"),
        ({"level": 1.5}, "level must lie between 0 and 1"),
        ({"nodes": 0}, "nodes must be a whole number"),
        ({"existing": [3]}, "existing must be whole numbers from 0 to 2"),
        ({"existing": [1], "forbidden": [1]}, "both existing and forbidden"),
        ({"forbidden": [0, 1, 2]}, "stays open"),
        ({"fields": np.ones((3, 2, 5), bool)}, "2 rows and 4 columns"),
        ({"fields": np.ones((2, 4), bool)}, "2 rows and 4 columns"),
        ({"fields": np.full((3, 2, 4), 1.5)}, "chances from 0 to 1"),
        ({"fields": np.full((3, 2, 4), np.nan)}, "chances from 0 to 1"),
        ({"chainage_km": np.zeros(4)}, "rows by columns"),
        ({"chainage_km": np.full((2, 4), np.nan)}, "holds no corridor"),
        ({"chainage_km": np.full((2, 4), np.inf)}, "holds no corridor"),
    ],
)
def test_impossible_questions_are_refused(change: dict[str, Any], words: str) -> None:
    question: dict[str, Any] = {
        "fields": _FIELDS,
        "chainage_km": _strip(2, 4),
        "cell_m": 100.0,
    } | change
    with pytest.raises(BorderzoneError, match=words):
        posts.barrier(**question)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ((0, 2, 1), "length_km must be"),
        ((10, -2, 1), "range_km must be"),
        ((10, 2, math.nan), "spacing_km must be"),
        ((10, 1, 3), "range_km must be"),
        ((1.9, 0.6, 1), "leaves a gap of 0.3 km"),
    ],
)
def test_impossible_lines_are_refused(given_: tuple[float, float, float], words: str) -> None:
    with pytest.raises(BorderzoneError, match=words):
        posts.flat_line_posts(*given_)


def test_beside_a_raster_of_chainage_fields_say_where_they_lie() -> None:
    grid = bz.Grid.covering((0, 0, 600, 200), resolution_m=100, crs=32638)
    km = grid.wrap(_strip(*grid.shape))
    fields = np.ones((1, *grid.shape), dtype=bool)
    with pytest.raises(ShapeMismatchError, match="must be a raster too, posts by y by x"):
        posts.barrier(fields, km)
    with pytest.raises(InvalidParameterError, match="cells are 100 m, got 50"):
        posts.barrier(fields, km, 50.0)
    assert posts.barrier(xr.ones_like(km).expand_dims(post=1) > 0, km).new == 1
