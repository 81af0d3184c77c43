"""Where posts see most: the best places for 1 to n posts, each with a bound that is proved."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import (
    check_between,
    check_threads,
    check_whole,
    generator,
    seed_number,
    shown,
)
from borderzone._kernels.siting import (
    COUNT,
    JOINT,
    Posts,
    fill,
    forced_moves,
    joint_bound,
    priced_bound,
    renew,
    swap,
)
from borderzone.errors import InvalidParameterError
from borderzone.posts.site_rules import SiteRules, SitingTask, task_of
from borderzone.posts.whole_sites import (
    best_prices,
    best_served,
    best_sites,
    fewest_sites,
    served_by,
)

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray, Seed

__all__ = ["FewestPosts", "SitingCurve", "fewest_posts", "site"]

# Numbers of posts that share their prices one after the other, whatever the threads.
_RUN = 8
# Steps of the prices where a run begins, and in each round after.
_FIRST_STEPS, _STEPS = 600, 300
# First step of the prices, as a share of the distance between answer and bound.
# Prices from another number of posts, or from a round before, are near: large steps would leave them.
_STRIDE, _STRIDE_NEAR, _STRIDE_AGAIN = 1.0, 0.5, 0.1
# Forced moves of one round, and the most candidates that one forces in.
_MOVES, _FORCED = 100, 3
# Fewer moves a round on larger tasks: what one post sees, over all, times the moves. At least ten.
_MOVED = 4_000_000
# Rounds of moves for one of prices, which cost more; rounds of moves that find nothing, one after another, before moves
# are left; and the share of what is open that a round of prices must close.
_MOVES_A_PRICE = 4
_IDLE, _STUCK = 8, 0.05
# Tangents behind a bound of what posts see together.
_TANGENTS = 200
_OUT_OF_REACH = (
    "no choice was found that covers the share within the rules: give more budget, a smaller spacing_m "
    "or a smaller share"
)
# Below the next whole number, by more than rounding.
_NEXT = 0.99
# Rounding of sums, as a share.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class SitingCurve:
    """
    The best places found for each number of posts, and how far from the best they can be.

    Attributes
    ----------
    table
        One row for each number ``n`` of posts: ``posts`` that stand (those that stand already among them),
        ``covered`` demand, its ``share`` of all demand, the proved upper ``bound`` of what any n
        posts cover, the ``gap`` as a share of the bound, and the ``cost`` of new posts.
    chosen
        For each row, the candidates with a post, rising.
    total
        All demand, seen by some candidate or not.
    """

    table: pd.DataFrame
    chosen: tuple[IntArray, ...]
    total: float

    def sites(self, n: int) -> IntArray:
        """
        Give the candidates that n posts stand on.

        Parameters
        ----------
        n
            Number of posts, as in the table.

        Returns
        -------
        numpy.ndarray
            Candidates, from 0, rising.

        Raises
        ------
        InvalidParameterError
            If the curve has no such number.
        """
        first, last = int(self.table["n"].iloc[0]), int(self.table["n"].iloc[-1])
        return self.chosen[check_whole(n, "n", lowest=first, highest=last) - first]

    def needed(self, share: float) -> int | None:
        """
        Give the least number of posts on the curve that covers a share of all demand.

        Parameters
        ----------
        share
            Share of all demand.

        Returns
        -------
        int or None
            Number of posts; None if the curve ends below the share.
        """
        enough = self.table["share"] >= check_between(share, "share", 0.0, 1.0) - _ROUNDING
        return int(self.table.loc[enough, "n"].iloc[0]) if enough.any() else None


@dataclass(frozen=True, kw_only=True, eq=False)
class FewestPosts:
    """
    Posts that cover what was asked, and how few could.

    Attributes
    ----------
    posts
        Number of posts found; those that stand already count only where the rules say so.
    at_least
        Number that no answer is below: the answer is proved where it equals ``posts``.
    chosen
        Candidates with a post, rising.
    covered
        Demand covered.
    total
        All demand.
    """

    posts: int
    at_least: int
    chosen: IntArray
    covered: float
    total: float

    @property
    def proved(self) -> bool:
        """
        Tell whether no fewer posts would do.

        Returns
        -------
        bool
            True if the number is proved.
        """
        return self.posts == self.at_least


def site(  # noqa: PLR0913 - who sees what, how many, by what rules, how hard to try
    sees: Any,
    demand: Any = None,
    *,
    n: int = 20,
    rules: SiteRules | None = None,
    gap: float = 0.005,
    rounds: int = 8,
    nodes: int = 200,
    seed: Seed = 0,
    threads: int | None = None,
) -> SitingCurve:
    """
    Find the best places for each number of posts from 1 to n.

    The covering location problem of Church and ReVelle, for a whole curve: greedy choice, swaps and
    forced moves from below, prices of the demand from above, and whole numbers by branch and bound where
    both stay apart. Work ends by gap or by count, never by time, so the answer is the same on every
    machine, whatever the threads.

    Parameters
    ----------
    sees
        Who sees what: what `sight` gives, or an array or sparse matrix of candidates by points, of True and
        False, or of chances for ``counts="best"`` and ``"joint"``.
    demand
        Weight of each point, 0 or more; 1 each unless given.
    n
        Most posts.
    rules
        Existing and forbidden candidates, costs, spacing, capacity, and how a point counts.
    gap
        Distance from the bound that is near enough, as a share of it. 0 asks for proof.
    rounds
        Rounds of prices and forced moves for each number of posts, while it is not near enough.
    nodes
        Most nodes of branch and bound for each number that is still not near enough; 0 leaves its gap.
    seed
        Seed of the forced moves.
    threads
        Threads to work with; all cores unless given.

    Returns
    -------
    SitingCurve
        Places, covered demand, bound and gap by number of posts.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, there are more posts than candidates, or rules contradict each other.
    ShapeMismatchError
        If sight, demand and rules do not fit each other.

    References
    ----------
    Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional
    Science Association 32, 101-118.
    Galvao, R. D., ReVelle, C. (1996). A Lagrangean heuristic for the maximal covering location problem.
    European Journal of Operational Research 88, 114-123.

    Examples
    --------
    >>> sees = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 1]], dtype=bool)
    >>> curve = site(sees, n=3)
    >>> curve.table[["n", "covered", "bound"]].to_numpy().tolist()
    [[1.0, 3.0, 3.0], [2.0, 4.0, 4.0], [3.0, 5.0, 5.0]]
    >>> curve.sites(2).tolist()
    [0, 1]
    """
    rules = SiteRules() if rules is None else rules
    check_between(gap, "gap", 0.0, 1.0, without=(1.0,))
    rounds = check_whole(rounds, "rounds")
    nodes = check_whole(nodes, "nodes", lowest=0)
    task = task_of(sees, demand, rules)
    numbers = _numbers(task, n)
    search = _SitingSearch(task, gap, rounds, seed_number(seed))
    answers = search.along(numbers, check_threads(threads))
    if nodes > 0:
        for p in numbers:
            if not search.near(answers[p]):
                _branched(search, answers[p], p - task.counted, nodes)
    return _curve(task, numbers, answers)


def fewest_posts(  # noqa: PLR0913 - who sees what, how much, by what rules, how hard to try
    sees: Any,
    demand: Any = None,
    *,
    share: float = 1.0,
    rules: SiteRules | None = None,
    rounds: int = 8,
    nodes: int = 20_000,
    seed: Seed = 0,
) -> FewestPosts:
    """
    Find the fewest posts that cover all demand, or a share of it.

    The covering problem of Toregas and others: search from above, prices from below, and branch and bound
    between, which ends by a number of nodes, never by time.

    Parameters
    ----------
    sees, demand
        As in `site`.
    share
        Share of all demand that must be covered.
    rules
        As in `site`; no capacity.
    rounds
        Rounds of forced moves for each number of posts that is tried.
    nodes
        Most nodes of branch and bound; 0 leaves what is open.
    seed
        Seed of the forced moves.

    Returns
    -------
    FewestPosts
        Number of posts, the number that no answer is below, and the places.

    Raises
    ------
    InvalidParameterError, ShapeMismatchError
        As in `site`; also if all candidates together cover less than the share.

    References
    ----------
    Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971). The location of emergency service
    facilities. Operations Research 19, 1363-1373.

    Examples
    --------
    >>> sees = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 1]], dtype=bool)
    >>> found = fewest_posts(sees)
    >>> found.posts, found.proved
    (3, True)
    """
    rules = SiteRules() if rules is None else rules
    check_between(share, "share", 0.0, 1.0, without=(0.0,))
    rounds = check_whole(rounds, "rounds")
    nodes = check_whole(nodes, "nodes", lowest=0)
    if rules.capacity is not None:
        msg = "fewest_posts has no capacity; leave it out of the rules, or read it off the curve of site"
        raise InvalidParameterError(msg)
    task = task_of(sees, demand, rules)
    search = _SitingSearch(task, 0.0, rounds, seed_number(seed))
    target = share * task.total * (1.0 - _ROUNDING)
    search.within_reach(target, share)
    inside, new = search.down_to(target)
    least = search.least(target, new)
    if least < new and nodes > 0 and rules.counts == "once":
        better, bound = fewest_sites(task, target, nodes)
        least = max(least, min(bound, new))
        if better is not None and int((better == 1).sum()) < int((inside == 1).sum()):
            inside = better
            new = int((better == 1).sum()) - task.standing
    covered = float(renew(task.places, search.posts(inside)))
    return FewestPosts(
        posts=new + task.counted, at_least=least + task.counted,
        chosen=np.flatnonzero(inside == 1), covered=covered, total=task.total,
    )  # fmt: skip


@dataclass
class _Answer:
    """What one number of posts covers, and at most could."""

    inside: IntArray
    covered: float
    bound: float
    scores: FloatArray
    priced: float = math.inf
    """Bound that the scores of the candidates go with."""


class _SitingSearch:
    """Search from below and bounds from above, for one task."""

    def __init__(self, task: SitingTask, gap: float, rounds: int, seed: int) -> None:
        self.task, self.gap, self.rounds, self.seed = task, gap, rounds, seed
        self.fixed = (task.kind == 1).astype(np.uint8)
        self.moves = int(np.clip(_MOVED // max(len(task.places.row_at), 1), 10, _MOVES))

    def posts(self, inside: IntArray | None = None) -> Posts:
        """Make room for a set of posts."""
        count, points = len(self.task.kind), len(self.task.places.weight)
        return Posts(
            self.task.kind.copy() if inside is None else inside.copy(),
            np.zeros(points), np.zeros(count), np.zeros(count, np.int32),
        )  # fmt: skip

    def starts(self, numbers: list[int]) -> dict[int, IntArray]:
        """Choose greedily and swap, each number from the one before."""
        task, found = self.task, {}
        posts = self.posts()
        renew(task.places, posts)
        left = task.budget
        for p in numbers:
            new = p - task.counted
            for case in self._stages():
                renew(case, posts)
                left = fill(case, posts, self.fixed, new, left, int(np.isfinite(task.budget)))
                left = swap(case, posts, self.fixed, new, left)
            found[p] = posts.inside.copy()
        return found

    def along(self, numbers: list[int], threads: int) -> dict[int, _Answer]:
        """Close each number of posts, runs of them side by side."""
        if self.task.has_capacity:
            return self._served(numbers)
        starts = self.starts(numbers)
        runs = [numbers[k : k + _RUN] for k in range(0, len(numbers), _RUN)]
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda run: self.close(run, starts), runs))
        return {p: answer for part in found for p, answer in part.items()}

    def _served(self, numbers: list[int]) -> dict[int, _Answer]:
        """Choose by what can be served, and bound by prices."""
        task, found = self.task, {}
        price = 0.5 * task.places.weight
        for p in numbers:
            new = p - task.counted
            inside = best_served(task, new)
            answer = _Answer(inside, served_by(task, inside), self._most(), np.zeros(len(inside)))
            self.lower(answer, new, price, _FIRST_STEPS)
            found[p] = answer
        return found

    def within_reach(self, target: float, share: float) -> None:
        """Refuse a target beyond what all candidates cover together."""
        most = self._most()
        short = most - target < 0.0
        if short:
            reach = math.floor(most / self.task.total * 1e4) / 1e4
            msg = (
                f"all candidates together cover {reach:.2%} of the demand, less than the share of "
                f"{share:.2%}: ask for a share up to {reach:g}, or give more candidates"
            )
            raise InvalidParameterError(msg)

    def down_to(self, target: float) -> tuple[IntArray, int]:
        """Reach the target greedily, then try with one post fewer for as long as that works."""
        task = self.task
        posts = self.posts()
        value, new, left = renew(task.places, posts), 0, task.budget
        while value < target:
            before = int((posts.inside == 1).sum())
            for case in self._stages():
                renew(case, posts)
                left = fill(case, posts, self.fixed, new + 1, left, 0)
            value, new = renew(task.places, posts), new + 1
            if int((posts.inside == 1).sum()) == before:
                raise InvalidParameterError(_OUT_OF_REACH)
        inside = posts.inside.copy()
        while new > 0:
            posts = self.posts(inside)
            _leave_one_out(task, posts)
            rng = generator(self.seed, new)
            for _ in range(self.rounds):
                draws = rng.random((self.moves, _FORCED + 1))
                value = forced_moves(
                    task.places, posts, self.fixed, new - 1, task.budget, target, draws
                )
                if value >= target:
                    break
            if value < target:
                break
            inside, new = posts.inside.copy(), new - 1
        return inside, new

    def least(self, target: float, new: int) -> int:
        """Find the number of new posts that no answer is below, by bounds of one fewer each time."""
        task, price = self.task, 0.5 * self.task.places.weight
        while new > 0:
            answer = _Answer(task.kind, 0.0, self._most(), np.zeros(len(task.kind)))
            enough = target * (1.0 - _ROUNDING)
            self.lower(answer, new - 1, price, _FIRST_STEPS, goal=enough)
            if answer.bound < enough:
                return new
            new -= 1
        return 0

    def _stages(self) -> list[Any]:
        """Give the worths to search by: a second post that counts more than the first needs a straight line."""
        places = self.task.places
        if places.model == COUNT and places.worth[1] < 0.5:
            straight = places._replace(worth=np.array([0.0, 0.5, 1.0]))
            return [straight, places]
        return [places]

    def near(self, answer: _Answer) -> bool:
        """Tell whether an answer is near enough to its bound."""
        return answer.covered >= answer.bound * (1.0 - self.gap) - _ROUNDING * self.task.total

    def close(self, run: list[int], starts: dict[int, IntArray]) -> dict[int, _Answer]:
        """Bring answer and bound together for a run of numbers, prices handed on."""
        task, case = self.task, self.task.places
        steepest = 0.5 if case.model == COUNT and case.worth[1] < 0.5 else case.worth[1]
        price = 0.5 * case.weight * (steepest if case.model == COUNT else 1.0)
        found: dict[int, _Answer] = {}
        for p in run:
            new = p - task.counted
            posts = self._begin(starts[p], found.get(p - 1), new)
            answer = _Answer(
                posts.inside.copy(),
                float(renew(case, posts)),
                self._most(),
                np.zeros(len(task.kind)),
            )
            rng = generator(self.seed, p)
            # Where prices no longer move the bound they are left; where moves find nothing, so are they.
            stuck, idle = False, 0
            for turn in range(_MOVES_A_PRICE * self.rounds):
                fresh = p == run[0] and turn == 0
                stride = _STRIDE if fresh else _STRIDE_AGAIN if turn else _STRIDE_NEAR
                if not stuck and turn < self.rounds:
                    before = answer.bound
                    self.lower(answer, new, price, _FIRST_STEPS if fresh else _STEPS, stride=stride)
                    stuck = turn > 0 and before - answer.bound < _STUCK * (before - answer.covered)
                if self.near(answer) or idle == _IDLE:
                    break
                goal = answer.bound * (1.0 - self.gap)
                draws = rng.random((self.moves, _FORCED + 1))
                value = forced_moves(case, posts, self.fixed, new, task.budget, goal, draws)
                idle += 1
                if value > answer.covered:
                    answer.covered, answer.inside, idle = float(value), posts.inside.copy(), 0
                if self.near(answer):
                    break
            found[p] = answer
        return found

    def _begin(self, start: IntArray, before: _Answer | None, new: int) -> Posts:
        """Begin where the greedy choice led, or from the answer with one post fewer, whichever covers more."""
        case, posts = self.task.places, self.posts(start)
        if before is None or np.isfinite(self.task.budget):
            return posts
        other = self.posts(before.inside)
        for each in self._stages():
            renew(each, other)
            left = fill(each, other, self.fixed, new, self.task.budget, 0)
            swap(each, other, self.fixed, new, left)
        return other if renew(case, other) > renew(case, posts) else posts

    def _most(self) -> float:
        """Give what all candidates together could cover."""
        everyone = np.where(self.task.kind == 2, 2, 1).astype(np.uint8)
        return float(renew(self.task.places, self.posts(everyone)))

    def goal(self, answer: _Answer) -> float:
        """Give the bound that is near enough to an answer."""
        goal = answer.covered / max(1.0 - self.gap, _ROUNDING)
        # Of whole numbers, anything below the next one is as good as proof.
        return max(goal, answer.covered + _NEXT) if self.task.whole else goal

    def take(self, answer: _Answer, inside: IntArray) -> None:
        """Take posts that cover more."""
        if self.task.has_capacity:
            value = served_by(self.task, inside)
        else:
            value = float(renew(self.task.places, self.posts(inside)))
        if value > answer.covered:
            answer.covered, answer.inside = value, inside.copy()

    def bound(self, answer: _Answer, bound: float) -> None:
        """Take a bound that is lower."""
        if self.task.whole and math.isfinite(bound):
            bound = math.floor(bound + 1e-4)
        answer.bound = max(min(answer.bound, bound), answer.covered)

    def lower(
        self,
        answer: _Answer,
        new: int,
        price: FloatArray,
        steps: int,
        *,
        stride: float = _STRIDE,
        goal: float | None = None,
    ) -> None:
        """Lower the bound by moving prices so many steps."""
        task, floor = self.task, answer.covered if goal is None else goal
        goal = self.goal(answer) if goal is None else goal * (1.0 - _ROUNDING)
        if task.places.model == JOINT:
            bound = joint_bound(task.places, task.kind, new, task.budget, goal, _TANGENTS)
        else:
            bound, scores = priced_bound(
                task.places, task.kind, task.cap, new, task.budget, price, floor, goal, steps,
                stride,
            )  # fmt: skip
            if bound < answer.priced:
                answer.priced, answer.scores = float(bound), scores
        self.bound(answer, float(bound))


def _numbers(task: SitingTask, n: int) -> list[int]:
    """List the numbers of posts, from those that stand and count."""
    free = int((task.kind == 0).sum())
    n = check_whole(n, "n")
    if n - task.counted > free:
        msg = (
            f"n must be {free + task.counted} at most, as there are {free} candidates where a post may "
            f"come, got {shown(n)}"
        )
        raise InvalidParameterError(msg)
    if n < task.counted:
        msg = f"n must be {task.counted} or more, as so many posts stand and count, got {shown(n)}"
        raise InvalidParameterError(msg)
    return list(range(max(1, task.counted), n + 1))


def _leave_one_out(task: SitingTask, posts: Posts) -> None:
    """Take out the new post that is missed least."""
    value = [
        (float(renew(task.places, posts._replace(inside=_without(posts.inside, int(i))))), -i)
        for i in np.flatnonzero((posts.inside == 1) & (task.kind != 1))
    ]
    posts.inside[-max(value)[1]] = 0


def _without(inside: IntArray, i: int) -> IntArray:
    fewer = inside.copy()
    fewer[i] = 0
    return fewer


def _branched(search: _SitingSearch, answer: _Answer, new: int, nodes: int) -> None:
    """Close what is open: the prices of the linear programme first, then whole numbers."""
    task = search.task
    if task.places.model == JOINT:
        return  # no programme in whole numbers that is linear
    price = best_prices(task, new)
    if price is not None:
        search.lower(answer, new, price, 1)
    if search.near(answer):
        return
    goal = search.goal(answer)
    inside, bound = best_sites(task, new, _still_open(task, answer, new, goal), search.gap, nodes)
    if inside is not None:
        search.take(answer, inside)
    # Whatever was left out covers no more than the goal.
    search.bound(answer, max(bound, goal))


def _still_open(task: SitingTask, answer: _Answer, new: int, goal: float) -> IntArray:
    """Leave out candidates with which, and take in those without which, the goal is out of reach."""
    kind = task.kind.copy()
    free = np.flatnonzero(kind == 0)
    if np.isfinite(task.budget) or not np.isfinite(answer.priced) or len(free) <= new or new == 0:
        return kind
    scores = answer.scores[free]
    order = np.sort(scores)[::-1]
    last_in, first_out = order[new - 1], order[new]
    kind[free[answer.priced - (last_in - scores) <= goal]] = 2
    kind[free[answer.priced - (scores - first_out) <= goal]] = 1
    return kind


def _curve(task: SitingTask, numbers: list[int], answers: dict[int, _Answer]) -> SitingCurve:
    """Lay the answers side by side: more posts never cover less, and fewer never have a higher bound."""
    for before, p in itertools.pairwise(numbers):
        if answers[before].covered > answers[p].covered:
            answers[p].inside, answers[p].covered = answers[before].inside, answers[before].covered
    for p, after in zip(numbers[-2::-1], numbers[:0:-1], strict=True):
        answers[p].bound = max(min(answers[p].bound, answers[after].bound), answers[p].covered)
    chosen = tuple(np.flatnonzero(answers[p].inside == 1) for p in numbers)
    covered = np.array([answers[p].covered for p in numbers])
    bound = np.array([answers[p].bound for p in numbers])
    new = [at[task.kind[at] == 0] for at in chosen]
    table = pd.DataFrame(
        {
            "n": numbers,
            "posts": [len(at) for at in chosen],
            "covered": covered,
            "share": covered / task.total,
            "bound": bound,
            "gap": np.where(bound > 0, 1.0 - covered / np.where(bound > 0, bound, 1.0), 0.0),
            "cost": [float(task.places.cost[at].sum()) for at in new],
        }
    )
    return SitingCurve(table=table, chosen=chosen, total=task.total)
