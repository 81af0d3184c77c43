"""Several kinds of unit at once: every plan tried out, values by hand, limits kept, refusals."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from borderzone import patrol
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol import Fleet, UnitKind, allocate_kinds, answer_plan, smallest_fleet
from borderzone.patrol.answer import fleet as fleet_module
from borderzone.patrol.theory import whole_plans

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.study import StudyResult

NAMES = ("eye", "goggles", "thermal")
TWO = pd.DataFrame({"eye": [0.2, 0.1], "goggles": [0.5, 0.4]})
HALF = [0.5, 0.5]
KINDS = {"eye": UnitKind(units=3, crew=4), "goggles": UnitKind(units=2, crew=4)}
ALL = ("even", "optimal", "maximin", "adversarial")


def shares(case: dict[str, Any], plans: IntArray) -> FloatArray:
    """Give what each of many plans sees in each segment, from the laws alone."""
    coverage = (plans * case["rates"].to_numpy()).sum(axis=-1)
    pod = np.asarray(patrol.detection_for(coverage, case["law"]))
    return np.asarray(case["seen"] + (1 - case["seen"]) * pod)


def every_plan(case: dict[str, Any]) -> IntArray:
    """All plans that keep to all limits, one by one."""
    fleet: Fleet = case["fleet"]
    segments, kinds = len(case["rates"]), list(fleet.kinds.values())
    rows = [
        [
            x
            for x in itertools.product(range(kind.units + 1), repeat=segments)
            if sum(x) <= kind.units
        ]
        for kind in kinds
    ]
    plans = np.array([np.transpose(x) for x in itertools.product(*rows)])
    sent, there = plans.sum(axis=1), plans.sum(axis=2)
    kept = np.ones(len(plans), dtype=bool)
    if fleet.people is not None:
        kept &= sent @ [kind.crew for kind in kinds] <= fleet.people
    if fleet.money is not None:
        kept &= sent @ fleet.costs() <= fleet.money + 1e-9
    if fleet.at_most is not None:
        kept &= (there <= fleet.at_most).all(axis=1)
    if isinstance(fleet.at_least, dict):
        (name, least), *_ = fleet.at_least.items()
        kept &= (plans[:, :, list(fleet.kinds).index(name)] >= least).all(axis=1)
    else:
        kept &= (there >= fleet.at_least).all(axis=1)
    return np.asarray(plans[kept])


AT_LEAST: st.SearchStrategy[Any] = st.sampled_from([0, 0, 1, {NAMES[0]: 1}])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a small border and fleet, of which all plans can be tried out."""
    segments, kinds = draw(st.sampled_from([(1, 3), (2, 2), (2, 3), (3, 2), (4, 1), (4, 2)]))
    most = 5 if segments * kinds <= 4 else 3 if segments * kinds <= 6 else 2
    rate, number = st.floats(0.05, 1.5), st.integers(0, most)
    rates = draw(st.lists(rate, min_size=segments * kinds, max_size=segments * kinds))
    found = {
        name: UnitKind(
            units=draw(number),
            crew=draw(st.integers(1, 5)),
            cost=draw(st.integers(1, 9)),
            source="x",
        )
        for name in NAMES[:kinds]
    }
    fleet = Fleet(
        kinds=found,
        people=draw(st.none() | st.integers(0, 30)),
        money=draw(st.none() | st.integers(0, 40)),
        at_least=draw(AT_LEAST),
        at_most=draw(st.none() | st.integers(1, 4)),
    )
    column = st.lists(st.sampled_from([0.0, 0.0, 0.2, 0.55]), min_size=segments, max_size=segments)
    weights = st.lists(st.floats(0.01, 1), min_size=segments, max_size=segments)
    return {
        "rates": pd.DataFrame(np.reshape(rates, (segments, kinds)), columns=NAMES[:kinds]),
        "weights": draw(weights),
        "fleet": fleet,
        "law": draw(st.sampled_from(["random", "beats_soft", "beats"])),
        "seen": np.array(draw(column)),
    }


@given(case=cases(), rule=st.sampled_from(ALL[1:]))
@settings(max_examples=40)
def test_no_plan_of_all_is_better(case: dict[str, Any], rule: str) -> None:
    """Mean, weakest segment and all segments from the weakest up, over every plan there is."""
    plans = every_plan(case)
    if not len(plans):
        with pytest.raises(InvalidParameterError, match="at_least"):
            allocate_kinds(**case, rule=rule)
        return
    plan = allocate_kinds(**case, rule=rule, gap=1e-9)

    seen, weights = shares(case, plans), np.array(case["weights"]) / np.sum(case["weights"])
    assert (plans == plan.to_numpy()).all(axis=(1, 2)).any()
    (ours,) = shares(case, plan.to_numpy()[None])
    assert plan.attrs["min_pod"] == pytest.approx(ours.min(), abs=1e-12)
    if rule == "optimal":
        assert ours @ weights == pytest.approx((seen @ weights).max(), abs=2e-9)
        return
    best = seen.min(axis=1).max()
    assert ours.min() == pytest.approx(best, abs=2e-9)
    if rule == "maximin":
        assert ours @ weights >= (seen @ weights)[seen.min(axis=1) >= best - 1e-10].max() - 1e-8
    else:
        order = max(map(tuple, np.round(np.sort(seen, axis=1), 7)))
        assert np.sort(ours) == pytest.approx(order, abs=2e-7)


@given(
    case=cases(),
    measure=st.sampled_from(["mean_pod", "min_pod"]),
    spend=st.sampled_from(["people", "money"]),
    part=st.floats(0.0, 1.15),
)
@settings(max_examples=40)
def test_no_plan_of_all_reaches_a_target_for_less(
    case: dict[str, Any], measure: str, spend: str, part: float
) -> None:
    """People and money for a mean and for the weakest segment; what is out of reach is refused."""
    plans = every_plan(case)
    assume(len(plans))
    seen, weights = shares(case, plans), np.array(case["weights"]) / np.sum(case["weights"])
    reached = seen @ weights if measure == "mean_pod" else seen.min(axis=1)
    target = min(part * float(reached.max()), 1.0)
    assume(abs(target - reached.max()) > 1e-8)
    asked: dict[str, Any] = {**case, "target": target, "measure": measure, "spend": spend}
    if target > reached.max():
        with pytest.raises(InvalidParameterError, match=f"is {reached.max():.3g}"[:6]):
            smallest_fleet(**asked)
        return
    plan = smallest_fleet(**asked)

    kinds = list(case["fleet"].kinds.values())
    each = [getattr(kind, {"people": "crew", "money": "cost"}[spend]) for kind in kinds]
    assert plan.attrs[measure] >= target - 1e-9
    assert plan.attrs[spend] == pytest.approx((plans.sum(axis=1) @ each)[reached >= target].min())


@given(case=cases())
@settings(max_examples=25)
def test_an_even_plan_keeps_to_all_limits_and_sends_each_kind_alike(case: dict[str, Any]) -> None:
    plans, fleet = every_plan(case), case["fleet"]
    try:
        plan = allocate_kinds(**case, rule="even").to_numpy()
    except InvalidParameterError:
        # The same share of every kind may be too few for what is asked for at least.
        assert fleet.at_least
        return
    assert (plans == plan).all(axis=(1, 2)).any()
    if fleet.at_least == 0 and fleet.at_most is None:
        units = np.array([kind.units for kind in fleet.kinds.values()])
        share = plan.sum(axis=0) / np.maximum(units, 1)
        assert (np.abs(plan.sum(axis=1) - plan.sum() / len(plan)) < 1).all()
        assert (share[units > 0] + 1 / units[units > 0]).min(initial=9) > share.max(
            initial=0
        ) - 1e-9


def test_by_hand() -> None:
    """The example of the methods page."""
    fleet = Fleet(kinds=KINDS, people=16)
    optimal, maximin = (allocate_kinds(TWO, HALF, fleet, rule=rule) for rule in ALL[1:3])

    assert optimal.to_numpy().tolist() == [[2, 1], [0, 1]]
    assert optimal.attrs["mean_pod"] == pytest.approx(0.4616, abs=5e-5)
    assert maximin.to_numpy().tolist() == [[1, 1], [1, 1]]
    assert maximin.attrs["min_pod"] == pytest.approx(0.3935, abs=5e-5)
    assert maximin.attrs["people"] == 16
    assert maximin.attrs["money"] is None


def test_the_opponent_leaves_the_next_weakest_as_high_as_can_be() -> None:
    """Where one segment holds the level down, maximin may leave the second low, and this may not."""
    rates = pd.DataFrame({"eye": [0.01, 1.0, 1.0]})
    fleet = Fleet(kinds={"eye": UnitKind(units=5, crew=1)}, at_most=[1, 4, 4])
    weights = [0.01, 0.98, 0.01]
    maximin, informed = (allocate_kinds(rates, weights, fleet, rule=rule) for rule in ALL[2:])

    assert maximin["eye"].tolist() == [1, 3, 1]
    assert informed["eye"].tolist() == [1, 2, 2]


def test_one_kind_is_the_plan_of_one_kind() -> None:
    rng = np.random.default_rng(1)
    rates, weights = rng.uniform(0.05, 0.5, 12), rng.dirichlet(np.ones(12))
    fleet = Fleet(kinds={"eye": UnitKind(units=40, crew=4)})
    for law in ("random", "beats_soft"):
        ours = allocate_kinds(pd.DataFrame({"eye": rates}), weights, fleet, law=law)
        one = patrol.allocate(rates, weights, 40, integer=True, law=law)
        pod = np.asarray(patrol.detection_for(rates * one.to_numpy(), law))
        assert ours.attrs["mean_pod"] == pytest.approx(pod @ weights, abs=1e-6)


def test_a_real_border_is_exact_and_the_same_every_time() -> None:
    """Thirty segments, four kinds and a budget: the gap is proved, and the plan keeps to its limits."""
    rng = np.random.default_rng(2)
    one = rng.uniform(0.5, 1.0, (30, 1)) * np.array([0.04, 0.07, 0.2, 0.12])
    rates = pd.DataFrame(one * rng.uniform(0.8, 1.2, (30, 4)), columns=list("abcd"))
    kinds = {
        name: UnitKind(units=n, crew=4) for name, n in zip("abcd", (45, 30, 10, 15), strict=True)
    }
    fleet = Fleet(kinds=kinds, people=300, at_least=1, at_most=8)
    plans = [allocate_kinds(rates, np.ones(30), fleet) for _ in range(2)]

    assert plans[0].equals(plans[1])
    assert plans[0].attrs["gap"] <= 1e-6
    assert plans[0].attrs["people"] <= 300
    assert plans[0].sum(axis=1).between(1, 8).all()
    even = allocate_kinds(rates, np.ones(30), fleet, rule="even")
    assert plans[0].attrs["mean_pod"] > even.attrs["mean_pod"]


def test_what_could_not_be_gone_through_stands_in_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for few sets the plan still keeps to its limits, and the gap says what is not proved."""
    rng = np.random.default_rng(3)
    rates = pd.DataFrame(rng.uniform(0.05, 0.5, (8, 3)), columns=list(NAMES))
    kinds = {name: UnitKind(units=6, crew=3 + k) for k, name in enumerate(NAMES)}
    fleet = Fleet(kinds=kinds, people=50)
    whole = allocate_kinds(rates, np.ones(8), fleet)
    # Prices leave a handful of 3 000 sets in doubt: room for these proves as much.
    monkeypatch.setattr(whole_plans, "_MOST_COLUMNS", 50)
    assert allocate_kinds(rates, np.ones(8), fleet).attrs["gap"] <= 1e-6
    monkeypatch.setattr(whole_plans, "_MOST_COLUMNS", 4)
    few = allocate_kinds(rates, np.ones(8), fleet)

    assert whole.attrs["gap"] <= 1e-6
    assert few.attrs["mean_pod"] + few.attrs["gap"] >= whole.attrs["mean_pod"] - 1e-12
    assert few.attrs["people"] <= 50


CHEAP = {"eye": UnitKind(units=6, crew=1), "goggles": UnitKind(units=6, crew=10)}
COST = {name: UnitKind(units=3, crew=4, cost=2.0, source="own") for name in KINDS}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "people": ({"fleet": Fleet(kinds=KINDS, people=7, at_least=1)}, "people 7 where it takes 8"),
    "money": ({"fleet": Fleet(kinds=COST, money=3, at_least=1)}, "money 3 where it takes 4"),
    "even": (
        {"fleet": Fleet(kinds=CHEAP, people=10, at_least=[4, 0]), "rule": "even"},
        "an even plan sends",
    ),
    "at most": ({"fleet": Fleet(kinds=KINDS, at_least=2, at_most=1)}, "at_most 1 is below"),
    "of a kind": ({"fleet": Fleet(kinds=KINDS, at_least={"goggles": 2})}, "4 units of goggles"),
    "in all": ({"fleet": Fleet(kinds=KINDS, at_least=3)}, "6 units in all, and there are 5"),
    "unknown": ({"rates": TWO.rename(columns={"eye": "eyes"})}, "columns eye, goggles"),
    "rule": ({"rule": "best"}, "rule must be one of"),
    "gap": ({"gap": 0.0}, "gap must be"),
    "law": ({"law": "independent"}, "law must be one of"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_words(name: str) -> None:
    changed, words = REFUSED[name]
    asked: dict[str, Any] = {"rates": TWO, "weights": HALF, "fleet": Fleet(kinds=KINDS)}
    with pytest.raises(InvalidParameterError, match=words):
        allocate_kinds(**{**asked, **changed})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kinds": {}}, "kinds must map names"),
        ({"kinds": {"eye": 3}}, "must be a borderzone.patrol.UnitKind"),
        ({"kinds": KINDS, "money": 5}, "cost of eye and goggles|of eye and goggles"),
        ({"kinds": KINDS, "at_least": {"eyes": 1}}, "did you mean 'eye'"),
        ({"kinds": KINDS, "people": -1}, "people must be a whole number"),
    ],
)
def test_a_fleet_is_refused_at_birth(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameterError, match=words):
        Fleet(**asked)


def test_a_cost_needs_its_source() -> None:
    with pytest.raises(InvalidParameterError, match="a cost needs its source"):
        UnitKind(units=1, crew=4, cost=3.0)


def test_shapes_must_fit() -> None:
    fleet = Fleet(kinds=KINDS)
    with pytest.raises(ShapeMismatchError, match="seen must have one value"):
        allocate_kinds(TWO, HALF, fleet, seen=[0.1])
    with pytest.raises(ShapeMismatchError, match="at_most must be one number or one for each"):
        allocate_kinds(TWO, HALF, Fleet(kinds=KINDS, at_most=[1, 2, 3]))


def test_an_impossible_target_names_the_best() -> None:
    with pytest.raises(InvalidParameterError, match=r"on average is 0\.5"):
        smallest_fleet(TWO, HALF, Fleet(kinds=KINDS), 0.9)
    with pytest.raises(InvalidParameterError, match=r"in every segment is 0\.4"):
        smallest_fleet(TWO, HALF, Fleet(kinds=KINDS), 0.9, measure="min_pod")


def question(**other: Any) -> patrol.KitQuestion:
    """Ask of three segments, in a night of two moons."""
    ones = pd.Series([1.0, 1.0, 1.0])
    ground = pd.DataFrame(
        {
            "f_mask": [0.1, 0.3, 0.5],
            "patrol_speed_factor": [1.0, 0.8, 0.6],
            "crosser_km_h": 4.0 * ones,
        }
    )
    kits = {
        "eye": patrol.FORCES["vehicle_patrol"],
        "goggles": patrol.FORCES["vehicle_night_vision"],
        "thermal": patrol.FORCES["vehicle_thermal"],
        "tower": patrol.Force(sensor="tower_thermal", patrol_km_h=0),
    }
    moons = pd.DataFrame({"moonlight": [0.0, 0.8], "share": [0.6, 0.4]})
    asked = {"kits": kits, "lengths_km": 20.0 * ones, "ground": ground, "night": moons, "draws": 64}
    return patrol.KitQuestion(**{**asked, **other})


def fleet_of(**units: int) -> Fleet:
    return Fleet(kinds={name: UnitKind(units=n, crew=4) for name, n in units.items()})


POST = patrol.ExistingPosts(from_km=0, to_km=15, count=4, sensor="tower_thermal")


@pytest.mark.parametrize(("law", "posts"), [("random", (POST,)), ("beats_soft", ())])
def test_one_kit_reaches_what_the_answer_says_of_so_many(law: str, posts: tuple[Any, ...]) -> None:
    """Whole units of one kit see what the same kit's fractions do, nearly, in every draw."""
    asked = question(posts=posts)
    plan = answer_plan(asked, fleet_of(eye=60), law=law)
    told = patrol.answer_pod(asked, 60, "eye", law=law).iloc[0]

    assert plan["people"].sum() == 240
    assert plan.attrs["mean_pod"] == pytest.approx(told["share"], abs=0.01)
    assert plan.attrs["mean_pod_low"] == pytest.approx(told["low"], abs=0.02)
    assert plan.attrs["mean_pod_high"] == pytest.approx(told["high"], abs=0.02)


def test_a_second_kit_adds_and_its_weakest_beat_counts() -> None:
    asked = question()
    alone = answer_plan(asked, fleet_of(thermal=12), rule="maximin", law="beats_soft")
    both = answer_plan(asked, fleet_of(thermal=12, eye=9), rule="maximin", law="beats_soft")

    assert both.attrs["mean_pod"] > alone.attrs["mean_pod"]
    assert both.attrs["min_pod"] > alone.attrs["min_pod"]
    assert both.attrs["min_pod"] < both.attrs["mean_pod"]


@pytest.mark.parametrize(("rule", "measure"), [("optimal", "mean_pod"), ("maximin", "min_pod")])
def test_a_target_holds_at_the_medians_over_the_states_of_light(rule: str, measure: str) -> None:
    fleet = fleet_of(goggles=60, eye=40)
    plan = answer_plan(question(), fleet, rule=rule, law="beats_soft", target=0.4)

    assert 0.4 <= plan.attrs[f"{measure}_at_medians"] < 0.44
    assert plan.attrs[f"{measure}_low"] < plan.attrs[measure] < plan.attrs[f"{measure}_high"]


def test_a_plan_that_falls_short_of_its_target_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weakest place of a beat is below the mean rate: the first plan that is tried does not reach it."""
    monkeypatch.setattr(fleet_module, "_MOVES", 1)
    fleet = fleet_of(goggles=60, eye=40)
    with pytest.raises(InvalidParameterError, match=r"no plan was found that reaches target 0\.6"):
        answer_plan(question(), fleet, rule="maximin", law="beats_soft", target=0.6)


def test_kits_that_stand_and_kits_unknown_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="'tower' stands still"):
        answer_plan(question(), fleet_of(tower=3))
    with pytest.raises(InvalidParameterError, match="kit must be one of"):
        answer_plan(question(), fleet_of(drone=3))
    with pytest.raises(InvalidParameterError, match="rule with a target must be one of"):
        answer_plan(question(), fleet_of(eye=3), rule="even", target=0.1)


def test_a_study_plans_several_kits(result: StudyResult) -> None:
    """By segment, without coordinates, with people out and on the payroll."""
    plan = result.plan({"eye": 60, "goggles": UnitKind(units=40, crew=3)}, people=200, at_least=1)

    assert list(plan.columns) == ["km_start", "km_end", "eye", "goggles", "people"]
    assert (plan["eye"] + plan["goggles"] >= 1).all()
    assert plan["people"].sum() == plan.attrs["people"] <= 200
    assert plan.attrs["payroll"] > 200
    assert plan.attrs["mean_pod_low"] < plan.attrs["mean_pod"] < plan.attrs["mean_pod_high"]
