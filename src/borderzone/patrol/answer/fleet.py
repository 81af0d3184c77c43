"""Several kinds of unit at once: whole units by segment and kind, under caps, presence and budgets, exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_positive,
    as_probabilities,
    as_whole,
    check_at_least,
    check_between,
    check_choice,
    check_non_negative,
    check_text,
    check_whole,
    guarded,
    listed,
    shown,
)
from borderzone._guards.draws import among_draws
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.answer.allocation import (
    PLAN_LAWS,
    RULES,
    even_shares,
    largest_remainder,
    normalised_weights,
)
from borderzone.patrol.answer.kit_draws import Kit
from borderzone.patrol.theory.tactics import pod_against
from borderzone.patrol.theory.whole_plans import Places, Task, best_plan, possible_plan

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray
    from borderzone.patrol.answer.kits import KitQuestion
    from borderzone.patrol.theory.whole_plans import Found

__all__ = ["Fleet", "UnitKind", "allocate_kinds", "answer_plan", "smallest_fleet"]

FLEET_RULES = (*RULES, "adversarial")
MEASURES = ("mean_pod", "min_pod")
SPENDS = ("people", "money")
# A gap below which rounding would decide.
_LEAST_GAP = 1e-9
# The informed opponent's next weakest places that are still told apart.
_WEAKEST = 4
# Units of one kind, so that whole numbers stay exact in the solver.
_MOST_UNITS = 100_000
# How often a target of the plan is moved until what is reached over the states of light is enough.
_MOVES = 8


@guarded
@dataclass(frozen=True, kw_only=True)
class UnitKind:
    """
    How many units of one kind there are, and what one takes.

    Attributes
    ----------
    units
        Units available; more are never sent.
    crew
        People of one unit.
    cost
        Money for one unit, in a currency of your own; none is known here.
    source
        Where the cost is from; needed with it.

    Examples
    --------
    >>> UnitKind(units=40, crew=4).people
    160
    """

    units: int
    crew: int
    cost: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse numbers that count nothing, and a cost that nobody answers for."""
        check_whole(self.units, "units", lowest=0, highest=_MOST_UNITS)
        check_whole(self.crew, "crew")
        if self.cost is not None:
            check_non_negative(self.cost, "cost")
            if not self.source.strip():
                msg = (
                    "a cost needs its source, such as source='tender of 2024': no number without one "
                    "is counted on"
                )
                raise InvalidParameterError(msg)
            check_text(self.source, "source")

    @property
    def people(self) -> int:
        """
        Give the people of all units.

        Returns
        -------
        int
            Crew times units.
        """
        return self.crew * self.units


@guarded
@dataclass(frozen=True, kw_only=True)
class Fleet:
    """
    The kinds of unit there are, and what a plan must keep to.

    Attributes
    ----------
    kinds
        Kinds by name.
    people
        People out at once, at most.
    money
        Money that the units sent may cost, at most, in the currency of their costs.
    at_least
        Least presence: units of any kind in each segment, one number or one for each; or by kind,
        such as ``{"goggles": 1}``.
    at_most
        Most units of all kinds in a segment, one number or one for each.

    Examples
    --------
    >>> kinds = {"eye": UnitKind(units=60, crew=4), "goggles": UnitKind(units=40, crew=4)}
    >>> Fleet(kinds=kinds, people=200, at_least=1).people
    200
    """

    kinds: Mapping[str, UnitKind]
    people: int | None = None
    money: float | None = None
    at_least: int | Sequence[int] | Mapping[str, int | Sequence[int]] = 0
    at_most: int | Sequence[int] | None = None

    def __post_init__(self) -> None:
        """Refuse kinds that are none, unknown ones, and a budget in money without costs."""
        given: Any = self.kinds
        if not isinstance(given, Mapping) or not given:
            msg = f"kinds must map names to UnitKind, got {shown(given)}"
            raise InvalidParameterError(msg)
        for name, kind in given.items():
            if not isinstance(kind, UnitKind):
                msg = f"kind {name!r} must be a borderzone.patrol.UnitKind, got {shown(kind)}"
                raise InvalidParameterError(msg)
        if isinstance(self.at_least, Mapping):
            for name in self.at_least:
                check_choice(name, "a kind in at_least", self.kinds)
        if self.people is not None:
            check_whole(self.people, "people", lowest=0)
        if self.money is not None:
            check_non_negative(self.money, "money")
            self.costs()

    def costs(self) -> FloatArray:
        """
        Give the cost of one unit of each kind.

        Returns
        -------
        FloatArray
            In the order of the kinds.

        Raises
        ------
        InvalidParameterError
            If a kind has none.
        """
        lacking = [name for name, kind in self.kinds.items() if kind.cost is None]
        if lacking:
            msg = (
                f"money is counted only where every kind has a cost: give UnitKind(cost=, source=) of "
                f"{listed(lacking)}, or leave money out"
            )
            raise InvalidParameterError(msg)
        return np.array([kind.cost for kind in self.kinds.values()], dtype=np.float64)


def allocate_kinds(  # noqa: PLR0913 - the front door fixes this signature
    rates: pd.DataFrame,
    weights: npt.ArrayLike,
    fleet: Fleet,
    *,
    rule: str = "optimal",
    law: str = "random",
    seen: npt.ArrayLike | None = None,
    lengths_km: npt.ArrayLike | None = None,
    gap: float = 1e-6,
) -> pd.DataFrame:
    """
    Put whole units of several kinds on the segments of a border.

    Coverage adds over kinds, and what posts see already is not seen twice:
    ``POD = p + (1 - p) P(sum of rate x units)``.

    Parameters
    ----------
    rates
        Coverage per unit: a row for each segment, a column for each kind of the fleet.
    weights
        Weight of each segment, such as its share of reported incidents; normalised here.
    fleet
        Units there are, with caps, least presence and budgets.
    rule
        ``"optimal"``: the highest weighted mean POD. ``"maximin"``: the highest POD of the weakest
        segment, and of these plans the one with the highest mean. ``"adversarial"``: against an
        informed opponent, who goes where the least is seen: as maximin, then the next weakest
        segment as high as possible, and so on for the four weakest. ``"even"``: by length, each kind
        alike; budgets are kept by sending the same share of every kind.
    law
        As in `allocate`, for all units.
    seen
        POD of posts that stand in each segment already; none when left out.
    lengths_km
        Lengths for the even rule; segments count alike when left out. Units: km.
    gap
        POD by which another plan may be better, at most; units that would add less stay at home.

    Returns
    -------
    DataFrame
        Units by segment and kind. ``attrs``: ``mean_pod``, ``min_pod``, ``people``, ``money`` (None
        without costs), and ``gap``: by how much another plan may be better at most, as proved.

    Raises
    ------
    InvalidParameterError
        If kinds and rates do not fit, or presence, caps and budgets do not go together.
    ShapeMismatchError
        If rates, weights, seen and lengths are not of one length.

    References
    ----------
    .. [1] Koopman, B. O. (1953). The optimum distribution of effort. Journal
       of the Operations Research Society of America 1, 52-63.
    .. [2] Gilmore, P. C., Gomory, R. E. (1961). A linear programming approach
       to the cutting-stock problem. Operations Research 9, 849-859.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"eye": [0.2, 0.1], "goggles": [0.5, 0.4]})
    >>> kinds = {"eye": UnitKind(units=3, crew=4), "goggles": UnitKind(units=2, crew=4)}
    >>> plan = allocate_kinds(rates, [0.5, 0.5], Fleet(kinds=kinds, people=16))
    >>> plan.to_numpy().tolist(), round(plan.attrs["mean_pod"], 4)
    ([[2, 1], [0, 1]], 0.4616)
    """
    check_choice(rule, "rule", FLEET_RULES)
    check_at_least(gap, "gap", _LEAST_GAP)
    border = _Border.of(rates, weights, fleet, law=law, seen=seen)
    start = _presence(border)
    if rule == "even":
        lengths = even_shares(len(border.weights), lengths_km)
        plan, proved = _even(border, lengths), 0.0
    elif rule == "optimal":
        found = best_plan(border.task(border.weights), start, gap=gap)
        plan, proved = _planned(found), found.bound - found.value
    else:
        plan, proved = _weakest_first(border, start, gap, 1 if rule == "maximin" else _WEAKEST)
    return border.told(plan, rule=rule, gap=proved)


def smallest_fleet(  # noqa: PLR0913 - the front door fixes this signature
    rates: pd.DataFrame,
    weights: npt.ArrayLike,
    fleet: Fleet,
    target: float,
    *,
    measure: str = "mean_pod",
    spend: str = "people",
    law: str = "random",
    seen: npt.ArrayLike | None = None,
    gap: float = 1e-6,
) -> pd.DataFrame:
    """
    Find the fewest people, or the least money, that reach a target.

    Parameters
    ----------
    rates, weights, fleet
        As in `allocate_kinds`.
    target
        POD to be reached.
    measure
        ``"mean_pod"``: weighted over the segments; ``"min_pod"``: in every segment.
    spend
        What is kept small: ``"people"`` or ``"money"``.
    law, seen
        As in `allocate_kinds`.
    gap
        Share of what is spent that another plan may save, at most.

    Returns
    -------
    DataFrame
        As from `allocate_kinds`; ``gap`` in people or money.

    Raises
    ------
    InvalidParameterError
        If the fleet cannot reach the target, which names what it can, or as `allocate_kinds` says.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"eye": [0.2, 0.1], "goggles": [0.5, 0.4]})
    >>> kinds = {"eye": UnitKind(units=9, crew=2), "goggles": UnitKind(units=3, crew=4)}
    >>> plan = smallest_fleet(rates, [0.5, 0.5], Fleet(kinds=kinds), 0.4, measure="min_pod")
    >>> plan.attrs["people"], round(plan.attrs["min_pod"], 4)
    (14, 0.4512)
    """
    check_between(target, "target", 0.0, 1.0)
    check_choice(measure, "measure", MEASURES)
    check_choice(spend, "spend", SPENDS)
    check_at_least(gap, "gap", _LEAST_GAP)
    border = _Border.of(rates, weights, fleet, law=law, seen=seen)
    cost = border.crew if spend == "people" else fleet.costs()
    start = _presence(border)
    task = border.task(np.zeros_like(border.weights))
    if measure == "min_pod":
        floors = border.places.floors(target)[None]
        found = possible_plan(replace(task, floors=floors))
        if found.plan is None:
            reached, _ = _weakest_first(border, start, 1e-6, 1)
            raise _out_of_reach(target, measure, float(border.places.shares(reached).min()))
        task, start = replace(task, floors=floors), found.plan
    else:
        found = best_plan(border.task(border.weights), start, gap=1e-9)
        if found.value < target - 1e-10:
            raise _out_of_reach(target, measure, found.value)
        task, start = replace(task, wanted=(border.weights, target)), _planned(found)
    spent = float(start.sum(axis=0) @ cost)
    # People are whole: a plan that could be better by less than one is the best.
    found = best_plan(
        replace(task, cost=cost), start, gap=max(gap * spent, 0.5 * (spend == "people"))
    )
    proved = found.bound - found.value
    proved = float(np.floor(proved)) if spend == "people" else proved
    return border.told(_planned(found), rule=f"least {spend}", gap=proved)


def _out_of_reach(target: float, measure: str, best: float) -> InvalidParameterError:
    where = "on average" if measure == "mean_pod" else "in every segment"
    msg = (
        f"target {target:g} is out of reach: the best that this fleet can see {where} is {best:.4g}; "
        "lower it, or give more units, people or money"
    )
    return InvalidParameterError(msg)


@dataclass(frozen=True, kw_only=True)
class _Border:
    """Segments and kinds as the search for a plan takes them."""

    fleet: Fleet
    index: pd.Index
    weights: FloatArray
    places: Places
    crew: FloatArray
    use: FloatArray
    limit: FloatArray

    @classmethod
    def of(
        cls,
        rates: pd.DataFrame,
        weights: npt.ArrayLike,
        fleet: Fleet,
        *,
        law: str,
        seen: npt.ArrayLike | None,
    ) -> _Border:
        """Check what is handed over, and put it in the order of the kinds."""
        check_choice(law, "law", PLAN_LAWS)
        names, given = list(fleet.kinds), getattr(rates, "columns", None)
        if given is None or set(given) != set(names):
            got = shown(rates) if given is None else ", ".join(map(str, given))
            msg = f"rates must be a table with the columns {', '.join(names)}, as the fleet has kinds, got {got}"
            raise InvalidParameterError(msg)
        covered = as_positive(rates[names].to_numpy(), "rates")
        size = len(covered)
        there = np.zeros(size) if seen is None else as_probabilities(seen, "seen")
        if there.shape != (size,):
            msg = f"seen must have one value for each of {size} segments, got {there.shape}"
            raise ShapeMismatchError(msg)
        kinds = list(fleet.kinds.values())
        available = np.array([kind.units for kind in kinds], dtype=np.int64)
        use: list[FloatArray] = [np.eye(len(kinds))]
        limit: list[FloatArray] = [available.astype(np.float64)]
        crew = np.array([kind.crew for kind in kinds], dtype=np.float64)
        if fleet.people is not None:
            use, limit = [*use, crew[None]], [*limit, np.array([float(fleet.people)])]
        if fleet.money is not None:
            use, limit = [*use, fleet.costs()[None]], [*limit, np.array([float(fleet.money)])]
        return cls(
            fleet=fleet,
            index=rates.index,
            weights=normalised_weights(weights, size),
            places=_places(fleet, covered, there, law, available),
            crew=crew,
            use=np.vstack(use),
            limit=np.concatenate(limit),
        )

    def task(self, gain: FloatArray) -> Task:
        """Ask for the most that is seen, by weights."""
        kinds = self.crew.size
        floors = np.zeros((1, gain.size))
        return Task(
            places=self.places,
            gain=gain,
            cost=np.zeros(kinds),
            use=self.use,
            limit=self.limit,
            floors=floors,
        )

    def told(self, plan: IntArray, *, rule: str, gap: float) -> pd.DataFrame:
        """Tell a plan, with what it takes and reaches."""
        table = pd.DataFrame(plan, index=self.index, columns=list(self.fleet.kinds))
        sent, shares = plan.sum(axis=0), self.places.shares(plan)
        known = all(kind.cost is not None for kind in self.fleet.kinds.values())
        table.attrs = {
            "rule": rule,
            "law": self.places.law,
            "mean_pod": float(shares @ self.weights),
            "min_pod": float(shares.min()),
            "people": int(sent @ self.crew),
            "money": float(sent @ self.fleet.costs()) if known else None,
            "gap": max(gap, 0.0),
        }
        return table


def _places(
    fleet: Fleet, rates: FloatArray, seen: FloatArray, law: str, available: IntArray
) -> Places:
    """Read presence and caps, and refuse those that no number of people would bring together."""
    size = len(rates)
    by_kind = np.zeros(rates.shape, dtype=np.int64)
    least: IntArray = np.zeros(size, dtype=np.int64)
    if isinstance(fleet.at_least, Mapping):
        for k, name in enumerate(fleet.kinds):
            by_kind[:, k] = _by_segment(fleet.at_least.get(name, 0), f"at_least of {name}", size)
    else:
        least = _by_segment(fleet.at_least, "at_least", size)
    total = int(available.sum())
    most = (
        np.full(size, total)
        if fleet.at_most is None
        else _by_segment(fleet.at_most, "at_most", size)
    )
    for k, name in enumerate(fleet.kinds):
        if by_kind[:, k].sum() > available[k]:
            msg = f"at_least asks for {by_kind[:, k].sum():,} units of {name}, and there are {available[k]:,}"
            raise InvalidParameterError(msg)
    needed = np.maximum(least, by_kind.sum(axis=1))
    if needed.sum() > total:
        msg = f"at_least asks for {needed.sum():,} units in all, and there are {total:,}"
        raise InvalidParameterError(msg)
    if (needed > most).any():
        s = int(np.argmax(needed > most))
        msg = f"at_most {most[s]:,} is below at_least {needed[s]:,} in segment {s}; raise it, or lower at_least"
        raise InvalidParameterError(msg)
    return Places(
        rates=rates,
        seen=seen,
        law=law,
        least_by_kind=by_kind,
        least=least,
        most=most,
        available=available,
    )


def _by_segment(value: Any, name: str, size: int) -> IntArray:
    found = as_whole(value, name, 0, 100 * _MOST_UNITS)
    if found.shape not in ((), (size,)):
        msg = (
            f"{name} must be one number or one for each of {size} segments, got shape {found.shape}"
        )
        raise ShapeMismatchError(msg)
    return np.asarray(np.broadcast_to(found, (size,)))


def _presence(border: _Border) -> IntArray:
    """Find a plan that keeps to all limits, or say which budget is below the least presence."""
    places = border.places
    if not (places.least.any() or places.least_by_kind.any()):
        return np.zeros_like(places.least_by_kind)
    found = possible_plan(border.task(np.zeros_like(border.weights)))
    if found.plan is not None:
        return found.plan
    fleet = border.fleet
    rest = _Border.of(
        pd.DataFrame(places.rates, columns=list(fleet.kinds)),
        border.weights,
        replace(fleet, people=None, money=None),
        law=places.law,
        seen=places.seen,
    )
    told = []
    for spend, budget in (("people", fleet.people), ("money", fleet.money)):
        if budget is not None:
            cost = border.crew if spend == "people" else fleet.costs()
            task = replace(rest.task(np.zeros_like(border.weights)), cost=cost)
            alone = possible_plan(rest.task(np.zeros_like(border.weights)))
            least = -best_plan(task, _planned(alone), gap=1e-6).value
            told.append(f"{spend} {budget:,g} where it takes {least:,g} at least")
    msg = f"the least presence is above the budget: {' and '.join(told)}; raise the budget, or lower at_least"
    raise InvalidParameterError(msg)


def _planned(found: Found) -> IntArray:
    assert found.plan is not None  # noqa: S101 - it began with a plan
    return found.plan


def _even(border: _Border, shares: FloatArray) -> IntArray:
    """Send the same share of every kind, by length, and each kind alike."""
    places = border.places
    lowest = places.least_by_kind
    sent = _same_share(border)
    least = np.maximum(places.least, lowest.sum(axis=1))
    total = min(int(sent.sum()), int(places.most.sum()))
    if total < least.sum():
        msg = (
            f"an even plan sends {total:,} units, the same share of every kind, and at_least asks for "
            f"{least.sum():,}; raise the budget, or take another rule"
        )
        raise InvalidParameterError(msg)
    # Where a share is outside what a segment may have it has that, and the others share the rest.
    low, high = 0.0, float((places.most / shares).max())
    for _ in range(100):
        level = (low + high) / 2.0
        few = np.clip(level * shares, least, places.most).sum() < total
        low, high = (level, high) if few else (low, level)
    quota = np.clip(high * shares, least, places.most)
    units = largest_remainder(quota / max(quota.sum(), 1e-300), total)
    return _dealt(units, sent, lowest)


def _same_share(border: _Border) -> IntArray:
    """Units of each kind, the largest share of all kinds that the budgets pay for, at least the presence."""
    available, lowest = border.places.available, border.places.least_by_kind.sum(axis=0)
    steps = [np.arange(n + 1) / n for n in available if n]
    shares = np.unique(np.concatenate([[0.0], *steps]))
    low, high = 0, shares.size - 1

    def sent(step: int) -> IntArray:
        whole = np.floor(shares[step] * available + 1e-9).astype(np.int64)
        return np.asarray(np.maximum(whole, lowest))

    def paid(step: int) -> bool:
        return bool((border.use @ sent(step) <= border.limit * (1.0 + 1e-12)).all())

    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if paid(middle) else (low, middle - 1)
    return sent(low)


def _dealt(units: IntArray, sent: IntArray, lowest: IntArray) -> IntArray:
    """Deal out kinds, so many units to each segment, in a row in which every kind is spread evenly."""
    left = sent - lowest.sum(axis=0)
    kind = np.repeat(np.arange(left.size), left)
    place = np.concatenate([(np.arange(n) + 0.5) / n for n in left if n] or [np.zeros(0)])
    row = kind[np.argsort(place, kind="stable")]
    plan: IntArray = lowest.copy()
    ends = np.cumsum(units - lowest.sum(axis=1))
    # Where fewer are dealt than there are, those at home are spread over the row as well.
    taken = row[np.floor((np.arange(ends[-1]) + 0.5) * row.size / max(ends[-1], 1)).astype(int)]
    segment = np.searchsorted(ends, np.arange(taken.size), side="right")
    np.add.at(plan, (segment, taken), 1)
    return plan


def _weakest_first(
    border: _Border, start: IntArray, gap: float, depth: int
) -> tuple[IntArray, float]:
    """Raise the weakest segment, then the mean, and so on with the next weakest; and the gap of the first."""
    plan, proved = start, 0.0
    levels: list[float] = []
    counts: list[int] = []
    for step in range(depth):
        plan, level, off = _highest(border, plan, levels, counts, gap)
        proved = off if step == 0 else proved
        task = replace(_above(border, levels, counts, level), gain=border.weights)
        plan = _planned(best_plan(task, plan, gap=gap))
        if step + 1 == depth:
            break
        levels.append(level)
        plan, stay = _fewest_below(border, plan, levels, counts, level + gap)
        if stay >= border.weights.size:
            break
        counts.append(stay)
    return plan, proved


def _highest(
    border: _Border, plan: IntArray, levels: list[float], counts: list[int], gap: float
) -> tuple[IntArray, float, float]:
    """Raise all segments but those that stay below as high as can be, by halving; and what may be left."""
    places, below = border.places, counts[-1] if counts else 0
    low = float(np.sort(places.shares(plan))[below])
    alone = np.tile(places.available, (len(plan), 1))
    high = float(np.sort(places.shares(alone))[below])
    prices = None
    # The next weakest is often as high as can be already, and then near.
    level, step = (low + gap, gap) if levels else ((low + high) / 2.0, 0.0)
    while high - low > gap:
        found = possible_plan(_above(border, levels, counts, level), prices)
        prices = found.prices
        if found.plan is not None:
            plan, step = found.plan, 16.0 * step
            low = max(level, float(np.sort(places.shares(plan))[below]))
        elif found.bound == -math.inf:
            high, step = level, 0.0
        else:
            break
        level = low + step if 0.0 < step < (high - low) / 2.0 else (low + high) / 2.0
    return plan, low, high - low


def _fewest_below(
    border: _Border, plan: IntArray, levels: list[float], counts: list[int], level: float
) -> tuple[IntArray, int]:
    """Leave as few segments as can be below a level, which all cannot have."""
    # What is reached but for rounding is reached; a gap is never so small.
    short = level - _LEAST_GAP / 10.0
    below = int((border.places.shares(plan) < short).sum())
    while below > 1:
        found = possible_plan(_above(border, levels, [*counts, below - 1], level))
        if found.plan is None:
            break
        plan = found.plan
        below = min(int((border.places.shares(plan) < short).sum()), below - 1)
    return plan, below


def _above(border: _Border, levels: list[float], counts: list[int], level: float) -> Task:
    """Ask for segments at a level, but for so many that stay at those before."""
    # A segment that only has the i-th level is one of those allowed below the next, and below all after.
    floors = [border.places.floors(each) for each in (level, *reversed(levels))]
    below = [np.arange(len(counts)) >= i for i in reversed(range(len(levels)))]
    flags = np.array([np.zeros(len(counts)), *below], dtype=np.float64)
    return replace(
        border.task(np.zeros_like(border.weights)),
        floors=np.stack(floors),
        flags=flags.reshape(len(floors), len(counts)),
        flag_limit=np.array(counts, dtype=np.float64),
    )


def answer_plan(  # noqa: PLR0913 - a fleet, and what is asked of it
    question: KitQuestion,
    fleet: Fleet,
    *,
    rule: str = "optimal",
    law: str = "random",
    light: str = "night",
    target: float | None = None,
    spend: str = "people",
    gap: float = 1e-6,
) -> pd.DataFrame:
    """
    Put several kits on a border at once, and say what they see in every draw of nature.

    The plan is made with every state of nature at its median, a unit's coverage being its mean over the
    states of light, beside posts that stand there already; it stays what it is in all draws.

    Parameters
    ----------
    question
        What it stands on: ground, weights, light, posts and draws.
    fleet
        Kinds named as kits of the question, with caps, least presence and budgets.
    rule, law
        As in `allocate_kinds`; laws are ``"random"`` (unled) and ``"beats_soft"`` (led).
    light
        ``"night"`` (over its states of light), ``"dark"`` or ``"day"``.
    target
        Share to be seen at the medians, by the rule: on average (``"optimal"``) or at the weakest place
        (``"maximin"``). With it the plan is the one that spends least.
    spend
        What a plan for a target keeps small: ``"people"`` or ``"money"``.
    gap
        As in `allocate_kinds`.

    Returns
    -------
    DataFrame
        Units by segment and kit, and ``people``. ``attrs``: those of `allocate_kinds`, with ``mean_pod``
        and ``min_pod`` (at the weakest place, of led units that of the kit whose beat is weakest) as
        medians over nature, ``_low`` and ``_high`` (5 and 95 %) and ``_at_medians``; ``payroll`` in
        people, if the plan holds day and night, NaN where the drive is not known.

    Raises
    ------
    InvalidParameterError
        If a kind is no kit of the question or stands still, if a target goes with a rule that has no
        measure, or as `allocate_kinds` says.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES, KitQuestion
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> fleet = Fleet(kinds={name: UnitKind(units=50, crew=4) for name in kits})
    >>> plan = answer_plan(question, fleet, target=0.5)
    >>> plan["goggles"].tolist(), plan.attrs["mean_pod_at_medians"] >= 0.5
    ([20], True)
    """
    check_choice(law, "law", ("random", "beats_soft"))
    check_choice(light, "light", ("night", "dark", "day"))
    if target is not None:
        check_choice(rule, "rule with a target", ("optimal", "maximin"))
    plans = _KitPlans(question, fleet, law, light, weakest=rule in ("maximin", "adversarial"))
    if target is None:
        plan = allocate_kinds(
            plans.rates, plans.weights, fleet, rule=rule, law=law, seen=plans.seen,
            lengths_km=question.lengths_km, gap=gap,
        )  # fmt: skip
        return plans.told(plan)
    wanted = check_between(target, "target", 0.0, 1.0)
    measure = "min_pod" if rule == "maximin" else "mean_pod"
    for _ in range(_MOVES):
        plan = smallest_fleet(
            plans.rates, plans.weights, fleet, wanted, measure=measure, spend=spend, law=law,
            seen=plans.seen, gap=gap,
        )  # fmt: skip
        told = plans.told(plan)
        short = target - told.attrs[f"{measure}_at_medians"]
        if short <= 1e-9:
            return told
        # A share mixed over states of light, or at the weakest place of a beat, is below that of the mean.
        wanted = min(wanted + 1.02 * short, 1.0)
    msg = (
        f"no plan was found that reaches target {target:g} with every state of nature at its median: the last "
        f"of {_MOVES} reaches {told.attrs[f'{measure}_at_medians']:.4g}; ask for a target next to it"
    )
    raise InvalidParameterError(msg)


class _KitPlans:
    """Kits of a question as kinds of a fleet, and what a plan of theirs sees."""

    def __init__(
        self, question: KitQuestion, fleet: Fleet, law: str, light: str, *, weakest: bool
    ) -> None:
        self.question, self.fleet, self.law, self.light = question, fleet, law, light
        self.kits = [self._kit(name) for name in fleet.kinds]
        # Eyes that the moon does not help have one state of light; others have those of the night.
        self.widest = max(self.kits, key=lambda kit: kit.seen(light).share.size)
        self.share, self.weights = self.widest.seen(light).share, self.widest.weights
        there = self.widest.there(light)
        seen = [kit.seen(light) for kit in self.kits]
        self.rates = pd.DataFrame(
            {
                name: each.rates[0] @ each.share
                for name, each in zip(fleet.kinds, seen, strict=True)
            },
            index=question.lengths_km.index,
        )
        self.seen = (there.least if weakest else there.mean)[0] @ self.share

    def _kit(self, name: str) -> Kit:
        force = self.question.kit(name)
        if force.stands:
            msg = (
                f"kit {name!r} stands still, and posts do not add to the coverage of patrols; leave it out, "
                "and name posts that stand there as posts of the scenario"
            )
            raise InvalidParameterError(msg)
        return Kit(self.question, force)

    def told(self, plan: pd.DataFrame) -> pd.DataFrame:
        """Set beside a plan what it sees in all draws, and what it takes."""
        units = plan.to_numpy()
        crew = np.array([kind.crew for kind in self.fleet.kinds.values()])
        table = plan.assign(people=units @ crew)
        attrs = dict(plan.attrs)
        for name, found in zip(("mean_pod", "min_pod"), self._reached(units), strict=True):
            low, middle, high = among_draws(found[1:], [0.05, 0.5, 0.95])
            attrs |= {name: float(middle), f"{name}_low": float(low), f"{name}_high": float(high)}
            attrs[f"{name}_at_medians"] = float(found[0])
        people = table["people"].to_numpy()
        out = np.where(people > 0, people * self.widest.per_unit_out, 0.0).sum()
        table.attrs = attrs | {"light": self.light, "payroll": float(self.question.relief * out)}
        return table

    def _reached(self, units: IntArray) -> tuple[FloatArray, FloatArray]:
        """Share seen on average and at the weakest place, by draw."""
        there = self.widest.there(self.light)
        rates = [kit.seen(self.light).rates for kit in self.kits]
        coverage = sum(
            (rate * units[None, :, k, None] for k, rate in enumerate(rates)),
            np.zeros_like(there.mean),
        )
        half = "day" if self.light == "day" else "night"
        none = np.ones((1, 1, 1))
        mean = pod_against(coverage, self.law, "blind", none)
        least = mean.copy()
        for k, kit in enumerate(self.kits if self.law != "random" else []):
            sent = units[:, k] > 0
            ratio = (kit.speed[half] / kit.crosser)[:, sent, None]
            own = pod_against(coverage[:, sent], self.law, "blind", ratio, place="weakest")
            least[:, sent] = np.minimum(least[:, sent], own)
        mean = (there.mean + (1.0 - there.mean) * mean) @ self.share
        least = (there.least + (1.0 - there.least) * least) @ self.share
        return mean @ self.weights, least.min(axis=1)
