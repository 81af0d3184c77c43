"""Posts by what they cover: against brute force, the solver, published optima and closed forms."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse

from borderzone import BorderzoneError, posts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray


def _field(seed: int, candidates: int, points: int, radius: float) -> tuple[BoolArray, FloatArray]:
    """Scatter candidates and points over a field of 100 by 100, with weights from 1 to 9."""
    rng = np.random.default_rng(seed)
    at, to = rng.random((candidates, 2)) * 100, rng.random((points, 2)) * 100
    sees = ((at[:, None] - to[None]) ** 2).sum(axis=2) <= radius**2
    return sees, rng.integers(1, 10, points).astype(float)


def _worth(
    q: FloatArray, weight: FloatArray, chosen: Sequence[int], rules: posts.SiteRules
) -> float:
    """Say in one line each what a set of posts is worth."""
    mine = q[list(chosen)]
    if rules.counts == "joint":
        return float(weight @ (1.0 - np.prod(1.0 - mine, axis=0)))
    if rules.counts == "best":
        return float(weight @ mine.max(axis=0, initial=0.0))
    times = (mine > 0).sum(axis=0)
    second = rules.backup if rules.counts == "backup" else 0.0
    return float(weight @ ((times >= 1) * (1.0 - second) + (times >= 2) * second))


def _enumerated(q: FloatArray, weight: FloatArray, p: int, rules: posts.SiteRules) -> float:
    """Try every set of at most p new posts that the rules allow."""
    count = len(q)
    kept = list(np.atleast_1d(rules.existing).astype(int))
    free = [
        i for i in range(count) if i not in {*kept, *np.atleast_1d(rules.forbidden).astype(int)}
    ]
    cost = np.zeros(count) if rules.cost is None else np.broadcast_to(rules.cost, count)
    best = 0.0
    for size in range(p + 1):
        for new in itertools.combinations(free, size):
            if rules.budget is not None and cost[list(new)].sum() > rules.budget + 1e-12:
                continue
            if rules.spacing_m is not None:
                xy = np.asarray(rules.xy)
                pairs = [(a, b) for a in new for b in (*new, *kept) if a != b]
                if any(np.hypot(*(xy[a] - xy[b])) < rules.spacing_m for a, b in pairs):
                    continue
            best = max(best, _worth(q, weight, (*new, *kept), rules))
    return best


RULES: dict[str, dict[str, Any]] = {
    "once": {},
    "backup": {"counts": "backup", "backup": 0.3},
    "twice only": {"counts": "backup", "backup": 1.0},
    "best": {"counts": "best"},
    "joint": {"counts": "joint"},
    "existing": {"existing": [1, 4]},
    "forbidden": {"forbidden": [0, 2, 5]},
    "spacing": {"spacing_m": 35.0},
    "budget": {"budget": 7.0},
    "joint with a budget": {"counts": "joint", "budget": 7.0},
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_small_fields_against_every_choice(name: str, seed: int) -> None:
    rng = np.random.default_rng([7, seed])
    sees, weight = _field(seed, 11, 40, 25.0)
    q = sees * rng.uniform(0.1, 1.0, sees.shape) if "counts" in RULES[name] else sees * 1.0
    options: dict[str, Any] = dict(RULES[name])
    if options.get("counts") == "backup":
        q = sees * 1.0
    if "budget" in options:
        options["cost"] = rng.uniform(1.0, 4.0, 11)
    if "spacing_m" in options:
        options["xy"] = rng.random((11, 2)) * 100
    rules = posts.SiteRules(**options)
    curve = posts.site(q, weight, n=4, rules=rules, gap=0.0)
    for chosen, n, covered, bound in zip(
        curve.chosen, *(curve.table[name] for name in ("n", "covered", "bound")), strict=True
    ):
        true = _enumerated(q, weight, n, rules)
        assert covered == pytest.approx(_worth(q, weight, chosen.tolist(), rules))
        assert covered <= true + 1e-9
        assert bound >= true - 1e-9
        if options.get("counts") != "joint":
            assert covered == pytest.approx(true)
            assert bound == pytest.approx(true, rel=1e-5)


@given(seed=st.integers(0, 10_000), p=st.integers(1, 3), radius=st.floats(1.0, 60.0))
def test_bounds_hold_and_more_posts_never_cover_less(seed: int, p: int, radius: float) -> None:
    sees, weight = _field(seed, 8, 15, radius)
    curve = posts.site(sees, weight, n=p, nodes=0, rounds=1)
    assert (np.diff(curve.table["covered"]) >= 0).all()
    assert curve.table["bound"].iloc[-1] >= _enumerated(sees * 1.0, weight, p, posts.SiteRules())


@pytest.mark.parametrize(("counts", "seed"), [("once", 3), ("best", 4)])
def test_middle_fields_against_the_solver(counts: str, seed: int) -> None:
    sees, weight = _field(seed, 60, 300, 14.0)
    q = sees * (
        np.random.default_rng(seed).uniform(0.2, 1.0, sees.shape) if counts == "best" else 1.0
    )
    curve = posts.site(q, weight, n=12, rules=posts.SiteRules(counts=counts), nodes=0)
    by, at = np.nonzero(q)
    edges, own = len(by), np.arange(len(by))
    # One share a post and point that it sees: written apart from the library's own programmes.
    one = sparse.coo_array((np.ones(edges), (at, 60 + own)), shape=(300, 60 + edges))
    stands = sparse.coo_array(
        (np.r_[np.ones(edges), -np.ones(edges)], (np.r_[own, own], np.r_[60 + own, by])),
        shape=(edges, 60 + edges),
    )
    for p in (4, 8, 12):
        found: Any = optimize.milp(
            -np.r_[np.zeros(60), weight[at] * q[by, at]],
            integrality=np.r_[np.ones(60), np.zeros(edges)],
            bounds=optimize.Bounds(0, 1),
            constraints=[
                optimize.LinearConstraint(one.tocsr(), -np.inf, 1),
                optimize.LinearConstraint(stands.tocsr(), -np.inf, 0),
                optimize.LinearConstraint(np.r_[np.ones(60), np.zeros(edges)], -np.inf, p),
            ],
        )
        row = curve.table.iloc[p - 1]
        assert row["bound"] >= -found.fun - 1e-6
        assert row["covered"] >= -found.fun * 0.995


def test_capacity_is_served_in_parts() -> None:
    sees = np.array([[1, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0]], dtype=bool)
    rules = posts.SiteRules(capacity=[5.0, 4.0, 3.0])
    curve = posts.site(sees, [4.0, 2.0, 3.0, 2.0], n=3, rules=rules, gap=0.0)
    # One: 5 of 9. Two: 5 and 4. Three: all 11.
    np.testing.assert_allclose(curve.table["covered"], [5.0, 9.0, 11.0])
    np.testing.assert_allclose(curve.table["bound"], [5.0, 9.0, 11.0], rtol=1e-6)


def test_posts_that_stand_are_free_or_among_the_n() -> None:
    sees, weight = _field(5, 10, 60, 20.0)
    free = posts.site(sees, weight, n=2, rules=posts.SiteRules(existing=[3]))
    counted = posts.SiteRules(existing=[3], existing_counted=True)
    among = posts.site(sees, weight, n=3, rules=counted)
    assert among.table["n"].tolist() == [1, 2, 3]
    assert among.sites(1).tolist() == [3]
    assert free.table["posts"].tolist() == [2, 3]
    np.testing.assert_allclose(free.table["covered"], among.table["covered"][1:])


def test_packed_bits_flags_and_sparse_are_one() -> None:
    sees, weight = _field(6, 20, 77, 20.0)
    packed = posts.SightOfPosts(bits=np.packbits(sees, axis=1), n_demand=77)
    told = [
        posts.site(given, weight, n=5).table
        for given in (sees, packed, sparse.csr_array(sees), sees.astype(float))
    ]
    for other in told[1:]:
        assert other.equals(told[0])
    with pytest.raises(BorderzoneError, match="give sight a curve by range"):
        posts.site(packed, rules=posts.SiteRules(counts="joint"), n=2)


def test_threads_and_repeats_change_nothing() -> None:
    sees, weight = _field(7, 50, 300, 12.0)
    told = [posts.site(sees, weight, n=20, threads=threads).table for threads in (1, 2, None)]
    assert told[1].equals(told[0])
    assert told[2].equals(told[0])


def test_needed_is_read_off_the_curve() -> None:
    curve = posts.site(np.eye(4, dtype=bool), n=3)
    assert curve.needed(0.5) == 2
    assert curve.needed(0.76) is None


def _triples_of(size: int) -> list[tuple[int, int, int]]:
    """Bose's triple system on 3 (2 k + 1) things."""
    n = size // 3
    half = (n + 1) // 2
    triples = [(x, x + n, x + 2 * n) for x in range(n)]
    for i, x in itertools.product(range(3), range(n)):
        triples += [
            (x + i * n, y + i * n, (x + y) * half % n + (i + 1) % 3 * n) for y in range(x + 1, n)
        ]
    return triples


def _tripled(size: int, triples: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    found = [(x, x + size, x + 2 * size) for x in range(size)]
    for a, b, c in triples:
        found += [(a + i * size, b + i * size, c + i * size) for i in range(3)]
        for i, j, k in itertools.permutations(range(3)):
            found.append((a + i * size, b + j * size, c + k * size))
    return found


@pytest.mark.parametrize(("size", "best"), [(9, 5), (15, 9), (27, 18)])
def test_steiner_triples(size: int, best: int) -> None:
    # Fulkerson, Nemhauser, Trotter 1974.
    triples = _tripled(9, _triples_of(9)) if size == 27 else _triples_of(size)
    sees = np.zeros((size, len(triples)), dtype=bool)
    for k, triple in enumerate(triples):
        sees[list(triple), k] = True
    found = posts.fewest_posts(sees)
    assert (found.posts, found.at_least) == (best, best)
    assert sees[found.chosen].any(axis=0).all()


@pytest.mark.parametrize(("bits", "best"), [(3, 2), (4, 4), (5, 7), (6, 12), (7, 16)])
def test_covering_codes(bits: int, best: int) -> None:
    words = np.arange(1 << bits)
    apart = np.bitwise_count(words[:, None] ^ words[None, :])
    found = posts.fewest_posts(apart <= 1)
    assert (found.posts, found.proved) == (best, True)


@pytest.mark.parametrize(("count", "reach"), [(20, 1), (50, 2), (101, 3), (200, 4)])
def test_ring(count: int, reach: int) -> None:
    at = np.arange(count)
    apart = (at[:, None] - at[None, :]) % count
    found = posts.fewest_posts(np.minimum(apart, count - apart) <= reach)
    assert (found.posts, found.at_least) == (-(-count // (2 * reach + 1)),) * 2


@pytest.mark.parametrize("counts", ["once", "best", "joint", "backup"])
def test_fewest_for_a_share_against_every_choice(counts: str) -> None:
    sees, weight = _field(11, 10, 30, 28.0)
    q = sees * 1.0
    if counts in {"best", "joint"}:
        q *= np.random.default_rng(2).uniform(0.4, 1.0, sees.shape)
    rules = posts.SiteRules(counts=counts)
    share = 0.55
    found = posts.fewest_posts(q, weight, share=share, rules=rules)
    true = next(p for p in range(11) if _enumerated(q, weight, p, rules) >= share * weight.sum())
    assert found.at_least <= true <= found.posts
    assert found.covered >= share * weight.sum() - 1e-6
    if counts == "once":
        assert found.proved


_SEES = np.eye(5, dtype=bool)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 0}, "n must be a whole number"),
        ({"n": 6}, "n must be 5 at most"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"n": 4, "rules": {"forbidden": [0, 1]}}, "n must be 3 at most"),
        ({"n": 1, "rules": {"existing": [0, 1], "existing_counted": True}}, "n must be 2 or more"),
        ({"demand": [1, 1, 1, 1]}, "one weight for each of the 5 points"),
        ({"demand": [1, 1, 1, 1, -1]}, "demand must be 0 or more"),
        ({"demand": [1, 1, 1, 1, np.nan]}, "demand must be 0 or more"),
        ({"demand": [0, 0, 0, 0, 0]}, "sum to a finite number above 0"),
        ({"sees": np.full((5, 5), 0.5)}, "chances between 0 and 1"),
        ({"sees": np.full((5, 5), 1.5)}, "between 0 and 1"),
        ({"sees": np.full((5, 5), np.nan)}, "sees must be finite"),
        ({"sees": np.ones(5, bool)}, "two dimensions"),
        ({"sees": np.zeros((0, 5), bool)}, "a candidate and a point at least"),
        ({"gap": -0.1}, "gap must lie between 0 and 1"),
        ({"gap": 1.0}, "gap must lie between 0 and 1"),
        ({"rounds": 0}, "rounds must be a whole number"),
        ({"nodes": -1}, "nodes must be a whole number"),
        ({"rules": {"existing": [5]}}, "existing must be whole numbers from 0 to 4"),
        ({"rules": {"forbidden": [-1]}}, "forbidden must be whole numbers from 0 to 4"),
        ({"rules": {"existing": [1], "forbidden": [1]}}, "both existing and forbidden"),
        ({"rules": {"cost": [1.0] * 5}}, "cost and budget go together"),
        ({"rules": {"cost": [1.0] * 4, "budget": 3.0}}, "one number for each of 5 candidates"),
        ({"rules": {"cost": -1.0, "budget": 3.0}}, "cost must be 0 or more"),
        ({"rules": {"cost": 1.0, "budget": -3.0}}, "budget must be"),
        ({"rules": {"spacing_m": 0.0}}, "spacing_m must be"),
        ({"rules": {"spacing_m": 5.0}}, "spacing_m needs the places"),
        ({"rules": {"spacing_m": 5.0, "xy": np.zeros((4, 2))}}, r"xy must have shape \(5, 2\)"),
        ({"rules": {"capacity": -1.0}}, "capacity must be 0 or more"),
        ({"rules": {"capacity": 1.0, "counts": "joint"}}, "capacity is served once"),
        ({"rules": {"counts": "often"}}, "counts must be"),
        ({"rules": {"backup": 1.5}}, "backup must lie between 0 and 1"),
    ],
)
def test_impossible_questions_are_refused(change: dict[str, Any], words: str) -> None:
    def ask(rules: dict[str, Any] | None = None, **options: Any) -> None:
        posts.site(**options, rules=None if rules is None else posts.SiteRules(**rules))

    question: dict[str, Any] = {"sees": _SEES, "n": 2} | change
    with pytest.raises(BorderzoneError, match=words):
        ask(**question)


def test_what_nobody_sees_cannot_be_covered() -> None:
    sees = np.array([[1, 0, 0, 0], [0, 1, 1, 0]], dtype=bool)
    with pytest.raises(BorderzoneError, match=r"cover 75.00% of the demand.*share up to 0\.75"):
        posts.fewest_posts(sees)
    found = posts.fewest_posts(sees, share=0.75)
    assert (found.posts, found.proved, found.covered) == (2, True, 3.0)
    curve = posts.site(sees, n=2)
    assert curve.table["share"].tolist() == [0.5, 0.75]


def test_a_budget_may_forbid_the_target() -> None:
    rules = posts.SiteRules(cost=1.0, budget=2.0)
    with pytest.raises(BorderzoneError, match="within the rules"):
        posts.fewest_posts(np.eye(4, dtype=bool), rules=rules)
