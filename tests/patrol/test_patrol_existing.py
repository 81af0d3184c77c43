"""Posts and obstacles that stand at the line already: patrols take what they leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from borderzone import patrol
from borderzone._kernels import unit_counts
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.kit_draws import Kit
from borderzone.patrol.theory.response import responds

EYE = patrol.FORCES["vehicle_patrol"]
FIXED = {
    name: patrol.Assumption(
        name=name, distribution="fixed", parameters=(value,), unit="1", source="test"
    )
    for name, value in {
        "r50_factor": 1.0,
        "patrol_speed_factor": 1.0,
        "crosser_speed_factor": 1.0,
        "f_mask_position": 0.0,
        "response_speed_factor": 1.0,
        "followed_up": 0.25,
    }.items()
}


def question(**changes: Any) -> patrol.KitQuestion:
    """Ask about three segments of 10 km."""
    ground = pd.DataFrame(
        {
            "f_mask": [0.0, 0.3, 0.6],
            "f_mask_low": [0.0, 0.2, 0.4],
            "f_mask_high": [0.1, 0.5, 0.8],
            "patrol_speed_factor": [1.0, 0.8, 0.5],
            "crosser_km_h": [2.8, 2.6, 2.2],
        }
    )
    usual: dict[str, Any] = {
        "kits": {"eye": EYE},
        "lengths_km": pd.Series([10.0, 10.0, 10.0]),
        "ground": ground,
        "weights": pd.Series([0.2, 0.3, 0.5]),
        "drive_h": pd.Series([0.5, 1.0, 2.0]),
        "night": pd.DataFrame({"moonlight": [0.0, 0.8], "share": [0.6, 0.4]}),
        "draws": 64,
    }
    return patrol.KitQuestion(**(usual | changes))


def row(from_km: float, to_km: float, **changes: Any) -> patrol.ExistingPosts:
    usual: dict[str, Any] = {"from_km": from_km, "to_km": to_km, "sensor": "tower_thermal"}
    if "count" not in changes:
        usual["spacing_km"] = 4.0
    return patrol.ExistingPosts(**(usual | changes))


def berm(from_km: float, to_km: float, **changes: Any) -> patrol.Obstacle:
    usual: dict[str, Any] = {"kind": "berm", "delay_h_person": 0.5, "source": "test"}
    return patrol.Obstacle(**(usual | {"from_km": from_km, "to_km": to_km} | changes))


def seen(asked: patrol.KitQuestion, light: str = "dark") -> Any:
    return Kit(asked, EYE).there(light)


def test_one_post_sees_its_width_over_its_stretch() -> None:
    """A buried sensor, whose range holds the ground, is too short for two of them to meet."""
    there = seen(question(posts=[row(0, 10, count=1, sensor="ground_sensor")], nature=FIXED))

    watch = patrol.Watch(patrol_km_h=0.0)
    width = patrol.sweep_width_km("ground_sensor", watch=watch)
    assert there.mean[0, :, 0] == pytest.approx([width / 10.0, 0.0, 0.0], rel=3e-3)
    assert (there.least == 0.0).all()


def test_a_row_of_posts_is_the_law_of_standing_ones() -> None:
    asked = question(posts=[row(0, 10, count=2)], nature=FIXED)
    there = seen(asked)

    watch = patrol.Watch(patrol_km_h=0.0)
    for task, found in (("detect", there.mean), ("recognise", there.told)):
        curve = patrol.lateral_curve(
            "tower_thermal",
            watch=patrol.Watch(patrol_km_h=0.0, task=task),
            range_km=np.linspace(0.0, 30.0, 3001),
        )
        exact = patrol.standing(
            (curve["range_km"], curve["pod"]), 5.0, correlation=watch.correlation
        )
        assert found[0, 0, 0] == pytest.approx(exact.mean, abs=2e-3)
        if task == "detect":
            assert there.least[0, 0, 0] == pytest.approx(exact.minimum, abs=2e-3)


def test_a_segment_partly_watched_has_the_mean_by_length_and_no_weakest_place() -> None:
    whole, part = (seen(question(posts=[row(0, end)])) for end in (10, 4))

    assert part.mean[:, 0] == pytest.approx(0.4 * whole.mean[:, 0])
    assert (whole.least[:, 0] > 0.0).all()
    assert (part.least == 0.0).all()
    # Two rows that meet within it leave no gap between them.
    both = seen(question(posts=[row(0, 4), row(4, 10)]))
    assert both.mean == pytest.approx(whole.mean)
    assert both.least == pytest.approx(whole.least)


def test_rows_over_each_other_miss_independently() -> None:
    once, twice = (seen(question(posts=[row(0, 10, count=1)] * n)) for n in (1, 2))
    assert twice.mean[:, 0] == pytest.approx(1.0 - (1.0 - once.mean[:, 0]) ** 2)


def test_a_line_that_counts_as_longer_has_the_same_posts_farther_apart() -> None:
    asked = question(posts=[row(0, 10, count=2)])
    longer = question(posts=asked.posts, lengths_km=pd.Series([20.0, 20.0, 20.0]), line_km=30.0)
    fewer = question(posts=[row(0, 10, count=1)])
    assert seen(longer).mean == pytest.approx(seen(fewer).mean)


def by_hand(asked: patrol.KitQuestion, units: Any, measure: str) -> float:
    """Say in plain sums what posts and patrols reach together, with every state at its median."""
    kit, light = Kit(asked, EYE), "dark" if measure == "min_pod" else "night"
    looked, there = kit.seen(light), kit.there(light)
    follow = float(asked.drawn["followed_up"][0])
    total, worst = 0.0, 1.0
    for i, weight in enumerate(kit.weights):
        here = 0.0
        for s, share in enumerate(looked.share):
            coverage = looked.rates[0, i, s] * units[i]
            if measure == "min_pod":
                here += share * (1 - (1 - there.least[0, i, s]) * np.exp(-coverage))
            elif measure == "mean_pod":
                here += share * (1 - (1 - there.mean[0, i, s]) * np.exp(-coverage))
            else:
                reserve, near = kit.reserve[0, i], kit.near(light)[0, i]
                told = looked.recognised[0, i, s]
                known = (1 - follow) * -np.expm1(-told * coverage) - follow * np.expm1(-coverage)
                close = (1 - follow) * -np.expm1(-min(told, near) * coverage)
                close -= follow * np.expm1(-near * coverage)
                post = (1 - follow) * there.told[0, i, s] + follow * there.mean[0, i, s]
                # The reserve comes for whom either sees; the unit for whom it sees near by.
                here += share * (reserve * (post + (1 - post) * known) + (1 - reserve) * close)
        total, worst = total + weight * here, min(worst, here)
    return worst if measure == "min_pod" else total


@pytest.mark.parametrize(("measure", "target"), [("mean_pod", 0.5), ("mean_poi", 0.5)])
def test_no_other_plan_reaches_a_mean_with_fewer_units(measure: str, target: float) -> None:
    """Posts with the eyes of patrols, so that moon helps both."""
    asked = question(posts=[row(0, 14, spacing_km=0.2, sensor="eye")])
    found = patrol.answer_draws(asked, "eye", measure=measure).loc[0, "units"]
    kit = Kit(asked, EYE)
    rates, share, weights, plan, law, stop, off_line = kit.mean_terms(
        measure, "random", "blind", "night"
    )
    left = np.array([target - kit.reached_already(measure, "night")[0]])
    units = np.zeros(3)
    seen_by_them = np.zeros(3)
    terms = rates, share, weights, plan, law, stop, off_line
    unit_counts._for_share(0, *terms, left, 0.0, (units, seen_by_them))

    assert by_hand(asked, units, measure) == pytest.approx(target, abs=1e-9)
    calls = 1.0 + off_line[0]
    assert found == pytest.approx(calls * units.sum() + (off_line[1] * seen_by_them).sum())
    if measure == "mean_pod":
        for i, j in ((0, 1), (1, 2), (2, 0)):
            moved = units.copy()
            moved[i] -= 0.2 * min(units[i], 1.0)
            moved[j] += 0.2 * min(units[i], 1.0)
            assert by_hand(asked, moved, measure) < target + 1e-3


def test_the_values_worked_by_hand() -> None:
    """Two segments of one rate, 0.05; a post sees 0.4 of the first, and posts 0.2 at the weakest place."""
    rates, half = np.full((1, 2, 1), 0.05), np.array([0.5, 0.5])
    free = np.array([[0.6, 1.0]])
    one = np.ones((1, 2))
    ones = (one[:, :, None], np.ones(1), one, one, np.ones(1))
    plan = (unit_counts.RANDOM, rates[0, :, 0], half * free)
    law, none = (unit_counts.RANDOM, np.zeros(2), 1.0), (0.0, np.zeros(2))

    units, _ = unit_counts.units_for_mean(
        rates, free[:, :, None], half, plan, law, ones, none, np.ones(2), np.array([0.3])
    )
    assert units[0] == pytest.approx((np.log(1.2) + np.log(2.0)) / 0.05)
    assert units[0] == pytest.approx(17.51, abs=5e-3)

    from_posts = patrol.theory.tactics.coverage_against(
        0.95, "random", "blind", np.ones((1, 2)), place="weakest", seen=np.array([[0.2, 0.0]])
    )
    assert from_posts.sum() / 0.05 == pytest.approx(115.4, abs=0.05)
    with_delay, without = (
        responds(cover_km=5, crosser_km_h=4, decide_h=0.25, call_h=0.25, drive_h=0.75,
                 shortest_drive_h=0.25, delay_h=delay)
        for delay in (0.5, 0.0)
    )  # fmt: skip
    assert (with_delay + without) / 2 == pytest.approx(0.7512, abs=5e-5)


@pytest.mark.parametrize("law", ["random", "beats_soft"])
def test_more_posts_never_take_more_units(law: str) -> None:
    rows: list[list[Any]] = [[], [row(0, 10, count=1)], [row(0, 10, count=2)]]
    rows += [[row(0, 20, count=4)], [row(0, 30, count=30)]]
    kits = {"eye": EYE, "posts": patrol.Force(sensor="tower_thermal", patrol_km_h=0)}
    for measure in ("mean_pod", "min_pod", "mean_poi"):
        for kit in kits:
            counts = np.array([
                patrol.answer_draws(question(posts=posts, kits=kits), kit, law=law, measure=measure)
                ["units"] for posts in rows
            ])  # fmt: skip
            # Plans for stopping are made on the medians: in a draw in which the reserve is slow where they
            # send more units, more are needed.
            counts = counts[:, :1] if measure == "mean_poi" else counts
            finite = np.where(np.isfinite(counts), counts, 1e9)
            assert (np.diff(finite, axis=0) <= 1e-9 * finite[:-1]).all(), (measure, kit)
            assert (finite[-1] < finite[0])[np.isfinite(counts[0])].all()


def test_posts_that_reach_the_target_alone_leave_nothing_to_do() -> None:
    asked = question(
        posts=[row(0, 30, spacing_km=0.5)],
        kits={"eye": EYE, "posts": patrol.Force(sensor="tower_thermal", patrol_km_h=0)},
    )
    table = patrol.answer_table(asked).query("measure != 'mean_poi'")
    counts = table[["units", "high", "people", "payroll", "units_replanned"]].fillna(0.0)
    assert (counts.to_numpy() == 0.0).all()
    pod = patrol.answer_pod(asked, [0.0], "eye", measure="min_pod", light="dark")
    assert pod["low"][0] > 0.95


@pytest.mark.parametrize(("measure", "light"), [("mean_pod", "night"), ("min_pod", "dark"),
                                                ("mean_poi", "night")])  # fmt: skip
@pytest.mark.parametrize("law", ["random", "beats_soft"])
@pytest.mark.parametrize("kit", ["eye", "posts"])
def test_what_units_reach_beside_posts_is_the_table_read_the_other_way(
    kit: str, law: str, measure: str, light: str
) -> None:
    # Crossers far from cover, so that posts alone can stop half.
    asked = question(
        posts=[row(0, 14)],
        stopping=patrol.Stopping(cover_km=12.0),
        kits={"eye": EYE, "posts": patrol.Force(sensor="tower_thermal", patrol_km_h=0)},
    )
    units = float(patrol.answer_draws(asked, kit, law=law, measure=measure)["units"].iloc[0])
    assert units > 0
    target = 0.95 if measure == "min_pod" else 0.5

    found = patrol.answer_pod(asked, [0.0, units], kit, law=law, light=light, measure=measure)
    assert found["share_at_medians"][1] == pytest.approx(target, abs=1e-5)
    alone = Kit(asked, EYE).reached_already(measure, light)[0]
    assert found["share_at_medians"][0] == pytest.approx(alone, abs=1e-12)
    assert by_hand(asked, np.zeros(3), measure) == pytest.approx(alone)


def test_units_for_every_inch_leave_no_segment_below_it() -> None:
    asked = question(posts=[row(0, 10), row(10, 20, count=1)])
    kit = Kit(asked, EYE)
    units, _, replanned = kit.every_inch(0.95, "random", "blind", "dark")
    rates, least = kit.seen("dark").rates[:, :, 0], kit.there("dark").least[:, :, 0]
    need = np.maximum(0.0, np.log((1.0 - least) / 0.05)) / rates
    assert replanned == pytest.approx(need.sum(axis=1), rel=1e-9)
    # The plan follows the posts, and is scaled until the worst of the segments has enough.
    plan = need * rates / rates[0]
    times = np.array([(n[p > 0] / p[p > 0]).max() for n, p in zip(need, plan, strict=True)])
    assert units == pytest.approx(times * plan.sum(axis=1), rel=1e-9)
    assert (units >= replanned - 1e-9).all()


def test_an_obstacle_gives_who_answers_more_time_and_detects_nobody() -> None:
    def found(*rows: patrol.Obstacle, **changes: Any) -> Any:
        asked = question(obstacles=rows, nature=FIXED, **changes)
        return Kit(asked, EYE).reserve[0], patrol.answer_table(asked)

    plain, usual = found()
    held, table = found(berm(0, 5), berm(20, 30, delay_h_person=0.0, speed_factor=0.5))
    ground = question().ground["crosser_km_h"]
    stop = patrol.Stopping()

    def chance(i: int, delay_h: float = 0.0, factor: float = 1.0) -> float:
        drive = [0.5, 1.0, 2.0][i]
        return float(
            responds(
                cover_km=stop.cover_km,
                crosser_km_h=ground[i] * factor,
                decide_h=stop.decide_h,
                call_h=stop.call_delay_h,
                drive_h=drive,
                shortest_drive_h=0.75 * drive,
                delay_h=delay_h,
            )
        )

    assert plain == pytest.approx([chance(i) for i in range(3)])
    expected = [(chance(0, 0.5) + chance(0)) / 2, chance(1), chance(2, factor=0.5)]
    assert held == pytest.approx(expected)
    seen_rows = table["measure"] != "mean_poi"
    pd.testing.assert_frame_equal(table[seen_rows], usual[seen_rows])
    stopped = table.loc[~seen_rows, "units"] - usual.loc[~seen_rows, "units"]
    assert (stopped <= 1e-9).all()
    assert (stopped < -1).any()


def test_two_obstacles_on_one_stretch_delay_one_after_the_other() -> None:
    both = question(obstacles=[berm(0, 10), berm(0, 10, kind="fence", delay_h_person=0.25)])
    one = question(obstacles=[berm(0, 10, delay_h_person=0.75)])
    assert Kit(both, EYE).reserve == pytest.approx(Kit(one, EYE).reserve)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"to_km": 0}, "to_km: Input should be greater than 0"),
        ({"from_km": 10}, "from_km 10 must be below to_km 10"),
        ({"count": 2, "spacing_km": 4.0}, "their count or their spacing_km, one of the two"),
        ({"spacing_km": None}, "their count or their spacing_km, one of the two"),
        ({"spacing_km": 0}, "spacing_km: Input should be greater than 0"),
        ({"count": 0, "spacing_km": None}, "count: Input should be greater than or equal to 1"),
        ({"sensor": "tower"}, "sensor must be one of"),
        ({"sensor": "small_drone"}, "'small_drone' does not say how far it sees from a post"),
        ({"height_m": 10}, "height_m is no field; the fields are from_km, to_km, count"),
    ],
)
def test_posts_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameterError, match=words):
        row(**({"from_km": 0, "to_km": 10} | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": " "}, "the delay of a berm needs a source, such as source = 'own trial"),
        ({"delay_h_person": None}, "a berm has no delay of its own: give delay_h_person"),
        ({"delay_h_person": -1}, "delay_h_person: Input should be greater than or equal to 0"),
        ({"speed_factor": 0}, "speed_factor: Input should be greater than 0"),
        ({"speed_factor": 1.5}, "speed_factor: Input should be less than or equal to 1"),
        ({"kind": "river"}, "kind: Input should be 'fence', 'ditch', 'berm' or 'wall'"),
    ],
)
def test_obstacles_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameterError, match=words):
        berm(0, 10, **changes)


def test_a_question_refuses_rows_that_do_not_fit_its_line() -> None:
    for changes, words in (
        ({"posts": [row(0, 31)]}, "to_km must be at most the length of the line, 30.0 km, got 31"),
        ({"obstacles": [berm(0, 31)]}, "Obstacle: to_km must be at most"),
        ({"posts": [berm(0, 3)]}, r"a row must be a borderzone\.patrol\.ExistingPosts, got a Obstacle"),
        ({"obstacles": [berm(0, 3)], "target": "vehicle"},
         "the berm from km 0 to 3 has no delay_h_vehicle, and a vehicle crosses"),
        ({"line_km": 0.0}, "line_km must"),
    ):  # fmt: skip
        with pytest.raises(InvalidParameterError, match=words):
            question(**changes)


def test_posts_that_are_needed_besides_lift_the_segments_below_one_level() -> None:
    stand = patrol.Force(sensor="tower_thermal", patrol_km_h=0)
    enough = question(posts=[row(10, 30, spacing_km=0.5)], kits={"posts": stand})
    assert (patrol.answer_draws(enough, "posts")["units"] == 0.0).all()

    asked = question(posts=[row(0, 12, spacing_km=0.5)], kits={"posts": stand})
    kit = Kit(asked, stand)
    done = kit.done_already("mean_pod", "dark")[:, :, 0]
    wanted = np.full(len(done), 0.7)
    level = kit.level("mean_pod", wanted, done)
    assert (level[:, 0] < done[:, 0]).all()
    assert np.maximum(level, done) @ kit.weights == pytest.approx(wanted)
