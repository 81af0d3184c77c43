"""Weights of the index: given or compared, and how firmly they rank."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import fuzzy_cases as plain
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS

import borderzone as bz
from borderzone import difficulty
from borderzone._kernels import index_sums as kernels
from borderzone.difficulty.index import GAMMA, INDEX_LEGS
from borderzone.errors import GridMismatchError, InvalidParameterError, InvalidScenarioError
from borderzone.grid import Grid
from borderzone.report.public import edition
from borderzone.report.sections import index_words, stability_table

if TYPE_CHECKING:
    from pathlib import Path

# The matrix [[1, 3, 5], [1/3, 1, 3], [1/5, 1/3, 1]] of Saaty's school: weights 0.636986, 0.258285,
# 0.104729, ratio 0.0332.
AGREED = {"karst/ruggedness": 3.0, "karst/masking": 5.0, "ruggedness/masking": 3.0}
AT_ODDS = {"karst/ruggedness": 9.0, "ruggedness/masking": 9.0, "masking/karst": 9.0}


# Weights


def test_compared_weights_are_those_of_the_published_matrix() -> None:
    """Per leg, as many in sum as members; a leg that is not compared is even."""
    found = difficulty.index_weights(comparisons=AGREED)
    three = [found.weights[name] / 3 for name in ("karst", "ruggedness", "masking")]
    assert three == pytest.approx([0.636986, 0.258285, 0.104729], abs=1e-6)
    assert found.consistency_ratio == {"rough": pytest.approx(0.0332, abs=1e-4)}
    assert (found.weights["remoteness"], found.weights["bareness"]) == (1.0, 1.0)
    assert "consistency ratio 0.033" in found.sentence()


def test_comparisons_that_agree_give_their_own_ratios() -> None:
    """6 = 2 x 3: ratio 0, weights as 6 to 3 to 1; and a pair may stand the other way round."""
    for last in ({"karst/masking": 6.0}, {"masking/karst": 1 / 6}):
        given_pairs = {"karst/ruggedness": 2.0, "ruggedness/masking": 3.0} | last
        found = difficulty.index_weights(comparisons=given_pairs)
        assert found.weights["karst"] == pytest.approx(1.8)
        assert found.weights["masking"] == pytest.approx(0.3)
        assert found.consistency_ratio["rough"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("comparisons", "message"),
    [
        (
            AT_ODDS,
            r"disagree: consistency ratio \d.*must be below 0.1; any one of these would agree",
        ),
        ({"karst/ruggedness": 2.0}, "leaves out karst/masking, ruggedness/masking"),
        ({"karst/remoteness": 2.0}, "compares members of two legs"),
        ({"karst": 2.0}, "a comparison is 'one/other' of two members"),
        ({"karst/incidents": 2.0}, "a comparison is 'one/other'"),
        ({"karst/karst": 1.0}, "a comparison is 'one/other'"),
        ({"remoteness/bareness": 10.0}, "between 1/9 and 9, got 10"),
        ({"remoteness/bareness": 2.0, "bareness/remoteness": 0.5}, "twice; keep one"),
    ],
)
def test_comparisons_that_say_nothing_are_refused(
    comparisons: dict[str, float], message: str
) -> None:
    """With what would mend them; and a scenario refuses the same at birth."""
    with pytest.raises(InvalidParameterError, match=message):
        difficulty.index_weights(comparisons=comparisons)
    with pytest.raises(InvalidScenarioError, match=message):
        bz.Scenario(index_comparisons=comparisons)


def test_a_refusal_names_what_would_mend_it() -> None:
    """By hand: 3 x 2 = 6 over the third; and whichever is changed so, the rest agrees."""
    odd = {"karst/ruggedness": 3.0, "ruggedness/masking": 2.0, "karst/masking": 0.5}
    with pytest.raises(InvalidParameterError, match=r"karst/masking = 6 instead of 0\.5"):
        difficulty.index_weights(comparisons=odd)
    with pytest.raises(InvalidParameterError, match=r"karst/ruggedness = 0\.25 instead of 3"):
        difficulty.index_weights(comparisons=odd)
    for change in ({"karst/masking": 6.0}, {"karst/ruggedness": 0.25}):
        found = difficulty.index_weights(comparisons=odd | change)
        assert found.consistency_ratio["rough"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"index_weights": {"incidents": 2.0}}, "weights name incidents; the index has remoteness"),
        ({"index_weights": {"karst": 0.0}}, "index_weights.karst = 0.0"),
        ({"index_weights": {"karst": "2"}}, "index_weights.karst = '2'"),
        ({"index_weights": {"karst": float("inf")}}, "index_weights.karst"),
        ({"index_weights": {"karst": 2.0}, "index_comparisons": AGREED}, "exclude each other"),
    ],
)
def test_impossible_weights_are_refused_at_birth(values: dict[str, Any], message: str) -> None:
    """Each with its name."""
    with pytest.raises(InvalidScenarioError, match=message):
        bz.Scenario(**values)


def test_weights_come_back_from_a_study_file(tmp_path: Path) -> None:
    """With the pairs as keys."""
    scenario = bz.Scenario(index_comparisons=AGREED)
    scenario.to_toml(tmp_path / "scenario.toml")
    assert bz.Scenario.from_toml(tmp_path / "scenario.toml") == scenario
    (tmp_path / "study.toml").write_text(
        'a = "IRQ"\nb = "SYR"\n[scenario.index_weights]\nkarst = 2\n', encoding="utf-8"
    )
    read = bz.Study.from_toml(tmp_path / "study.toml").scenario
    assert read.weighting().weights["karst"] == 2
    assert read.weighting().basis == "given"


def test_weights_of_a_scenario_reach_the_index() -> None:
    """Remoteness five times bareness: near, bare ground is easier then, and no flag moves."""
    even = bz.Study.default(bz.Scenario(resolution_m=4000.0, depth_km=10.0))
    tilted = even.scenario.changed({"index_comparisons": {"remoteness/bareness": 5.0}})
    one, other = even.read_ground(), even.with_scenario(tilted).read_ground()
    assert one.key != other.key
    before, after = (found.layers for found in (one, other))
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before["remote_desert"], after["remote_desert"])
    bare = before["bare_share"].to_numpy() > 0.9
    near = (before["hours_vehicle"].to_numpy() < 1) & bare & (before["segment"].to_numpy() >= 0)
    change = (after["index"] - before["index"]).to_numpy()[near]
    assert change.size > 10
    assert (change <= 1e-6).all()
    assert change.min() < -0.05


# The kernel behind the index


@settings(max_examples=80)
@given(
    arrays(
        np.float32,
        (3, 6),
        elements=st.one_of(st.just(float("nan")), st.floats(0.0625, 1.0, width=32)),
    ),
    st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=3, max_size=3),
    st.sampled_from([0.0, 0.25, 0.6, 0.75, 1.0]),
)
def test_one_pass_gives_what_the_plain_formula_gives(
    members: Any, weights: list[float], power: float
) -> None:
    """Equal weights or not, a power of quarters or not, unknown members or none known."""
    out = np.empty(6, np.float32)
    kernels.gamma(tuple(members), np.array(weights), power, out)
    expected = plain.gamma(list(members), power, weights)
    np.testing.assert_allclose(out, expected, rtol=1e-6)


# Stability of the ranking

GRID = Grid(shape=(4, 6), transform=Affine(2000, 0, 0, 0, -2000, 8000), crs=CRS(32637))
MEMBERS = [name for leg in INDEX_LEGS.values() for name in leg]


def members_of(values: Any) -> xr.Dataset:
    """Memberships on the grid, one plane a member."""
    planes = {
        f"member_{name}": GRID.wrap(np.asarray(plane, np.float32))
        for name, plane in zip(MEMBERS, values, strict=True)
    }
    return xr.Dataset(planes)


def random_members(seed: int = 0, unknown: float = 0.2) -> Any:
    """Draw members, some unknown."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.05, 1, (5, *GRID.shape))
    values[rng.random(values.shape) < unknown] = np.nan
    return values


SIX = GRID.wrap(np.broadcast_to(np.arange(6, dtype=np.int32), GRID.shape).copy(), name="segment")


def test_without_a_spread_no_rank_moves() -> None:
    """And the means are those of the plain formula, cell by cell, with unknown members left out."""
    values, weights = random_members(), {"karst": 3.0, "bareness": 0.5}
    table = difficulty.rank_stability(
        members_of(values), SIX, weights=weights, spread=0, draws=20, top=2
    )
    own = difficulty.index_weights(weights).weights
    legs = []
    for names in INDEX_LEGS.values():
        planes = [values[MEMBERS.index(name)] for name in names]
        legs.append(plain.gamma(planes, GAMMA, [own[n] for n in names]))
    expected = np.nanmean(np.fmax(*legs), axis=0)
    np.testing.assert_allclose(table["index_mean"], expected, rtol=1e-5)
    order = np.argsort(np.argsort(-expected)) + 1
    for column in ("rank", "rank_p05", "rank_p50", "rank_p95"):
        np.testing.assert_array_equal(table[column], order)
    np.testing.assert_array_equal(table["top_share"], order <= 2)
    assert table.attrs["kendall_tau_p05"] == table.attrs["kendall_tau_p50"] == 1
    assert table.index.name == "segment"


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.05, 2))
def test_ground_that_is_harder_in_every_member_is_never_overtaken(seed: int, spread: float) -> None:
    """Whatever the weights."""
    values = random_members(seed, unknown=0.0) * 0.9
    values[:, :, 1] = np.minimum(values[:, :, 0] + 0.08, 1)
    table = difficulty.rank_stability(members_of(values), SIX, spread=spread, draws=40, seed=seed)
    for column in ("rank", "rank_p05", "rank_p50", "rank_p95"):
        assert table[column][1] < table[column][0]


def test_the_band_of_two_segments_that_swap_by_hand() -> None:
    """
    Alike but for remoteness and bareness, which they hold the other way round.

    Which is ahead then hangs on which weight is drawn larger: half of the draws each.
    """
    values = np.full((5, *GRID.shape), 0.05)
    values[0], values[1] = 0.3, 0.6
    values[0, :, 3:], values[1, :, 3:] = 0.6, 0.3
    two = GRID.wrap(np.broadcast_to(np.arange(6) // 3, GRID.shape).astype(np.int32))
    table = difficulty.rank_stability(members_of(values), two, draws=4000, top=1)
    assert table["rank"].tolist() == [1, 1]
    assert table["rank_p05"].tolist() == [1, 1]
    assert table["rank_p95"].tolist() == [2, 2]
    assert table["top_share"].tolist() == pytest.approx([0.5, 0.5], abs=0.04)
    assert table["top_share"].sum() == pytest.approx(1, abs=0.01)
    assert np.isnan(table.attrs["kendall_tau_p50"])


def test_a_wider_spread_never_ranks_more_firmly() -> None:
    """Tau falls; the same seed gives the same table, another seed another one."""
    flags = members_of(random_members(4))
    found = [difficulty.rank_stability(flags, SIX, spread=s, draws=300) for s in (0.1, 0.5, 2.0)]
    taus = [table.attrs["kendall_tau_p05"] for table in found]
    assert taus == sorted(taus, reverse=True)
    assert taus[0] > taus[-1]
    again = difficulty.rank_stability(flags, SIX, spread=2.0, draws=300)
    assert again.equals(found[-1])
    other = difficulty.rank_stability(flags, SIX, spread=2.0, draws=300, seed=2)
    assert not other.equals(again)


def test_ground_of_which_nothing_is_known_has_no_rank() -> None:
    """And what is outside has no row."""
    values = random_members(2)
    values[:, :, 2] = np.nan
    groups = SIX.copy()
    groups[:, 5] = -1
    table = difficulty.rank_stability(members_of(values), groups, draws=10)
    assert table.index.tolist() == [0, 1, 2, 3, 4]
    assert table.loc[2].isna().all()
    assert sorted(table["rank"].dropna()) == [1, 2, 3, 4]
    nothing = difficulty.rank_stability(members_of(values), groups * 0 - 1, draws=10)
    assert nothing.empty


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"draws": 0}, "draws must be a whole number, 1 or more, got 0"),
        ({"top": 1.5}, "top must be a whole number, 1 or more, got 1.5"),
        ({"spread": -1}, "spread must be a finite number, 0 or more"),
        ({"weights": {"incidents": 1.0}}, "weights name incidents"),
    ],
)
def test_impossible_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    """Each with what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        difficulty.rank_stability(members_of(random_members()), SIX, **kwargs)


def test_flags_without_members_and_groups_of_another_grid_are_refused() -> None:
    """By name."""
    flags = members_of(random_members())
    with pytest.raises(InvalidParameterError, match="flags has no member_karst"):
        difficulty.rank_stability(flags.drop_vars("member_karst"), SIX)
    elsewhere = Grid(shape=GRID.shape, transform=Affine(2000, 0, 9, 0, -2000, 8000), crs=GRID.crs)
    with pytest.raises(GridMismatchError, match="groups covers"):
        difficulty.rank_stability(flags, elsewhere.wrap(SIX.to_numpy()))


def test_the_built_in_study_tells_how_firmly_it_ranks(result: Any) -> None:
    """Every segment and zone has a row; means are those of the segments; rank 1 is hardest."""
    table = result.ground.stability
    segments = table[table["kind"] == "segment"]
    np.testing.assert_allclose(segments["index_mean"], result.segments["index_mean"], atol=1e-5)
    for kind, own in table[table["kind"] != "segment"].groupby("kind"):
        assert set(own["name"]) == set(result.zones.loc[result.zones["kind"] == kind, "zone"])
        assert own["rank"].min() == 1
    for _, own in table.groupby("kind"):
        hardest = own["index_mean"].to_numpy()[own["rank"].to_numpy().argsort(kind="stable")]
        assert (np.diff(hardest) <= 1e-5).all()
    assert (table["rank_p05"] <= table["rank_p50"]).all()
    assert (table["rank_p50"] <= table["rank_p95"]).all()
    assert 0.5 < table.attrs["kendall_tau_p05"] <= table.attrs["kendall_tau_p50"] <= 1


def test_the_report_says_how_the_index_is_weighted_and_how_firmly_it_ranks(result: Any) -> None:
    """In words, and as a table with the ten hardest segments and every zone."""
    [words] = index_words(result)
    assert "count alike" in words
    assert "500 times" in words
    assert f"Kendall's tau of {result.ground.stability.attrs['kendall_tau_p50']:.2f}" in words
    table = stability_table(result)
    assert table is not None
    assert [row[2] for row in table["rows"][:10]] == [str(rank) for rank in range(1, 11)]
    assert len(table["rows"]) == 10 + len(result.zones)
    compared = replace(result, scenario=result.scenario.changed({"index_comparisons": AGREED}))
    assert "consistency ratio 0.033" in index_words(compared)[0]


def test_no_rank_in_public_tells_of_posts_or_of_short_segments(result: Any) -> None:
    """Hours from posts are in the index, so nothing of it is told; and segments are 10 km."""
    origins = result.ground.origins.assign(kind="post")
    posts = replace(result, ground=replace(result.ground, origins=origins))
    assert edition(posts, "public").result.ground.stability is None
    assert edition(posts, "internal").result.ground.stability is not None
    short = replace(result, scenario=result.scenario.changed({"segment_km": 5.0}))
    told: Any = edition(short, "public").result
    assert set(told.ground.stability["kind"]) == {"remote_desert", "cave_prone"}
    assert index_words(told) == []
    assert index_words(edition(posts, "public").result) == []
    assert stability_table(edition(posts, "public").result) is None


def test_zones_of_the_built_in_study_are_clean(result: Any) -> None:
    """Valid, inside the corridor, none over another of its kind, as large as their cells."""
    grid, zones = result.ground.grid, result.zones.to_crs(result.ground.grid.crs)
    outline = result.corridor.outline.to_crs(grid.crs).union_all()
    assert zones.is_valid.all()
    assert zones.difference(outline).area.max() < 10
    for _, own in zones.groupby("kind"):
        shapes = own.geometry.tolist()
        for i, j in product(range(len(shapes)), repeat=2):
            assert i == j or shapes[i].intersection(shapes[j]).area < 10
    remote = zones[zones["kind"] == "remote_desert"]
    cells_km2 = remote["n_cells"] * grid.cell_area_km2
    own_km2 = remote["area_km2"] - remote["filled_km2"]
    assert own_km2.sum() == pytest.approx(cells_km2.sum(), rel=0.005)
    assert (abs(own_km2 / cells_km2 - 1) < 0.03).all()
