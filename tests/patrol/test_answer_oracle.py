"""The answer against a second statement of it, which knows docs/explanation/methods and not the library: oracles/answer.py."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from oracles import answer as oracle

from borderzone.patrol import (
    FORCES,
    SENSORS,
    Force,
    KitQuestion,
    Watch,
    answer_draws,
    r50_m,
    sweep_width_km,
    weakest_place,
)
from borderzone.patrol.force.sweep import SweepTable
from borderzone.visibility import mask_at

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

LAWS = ("random", "beats_soft")
MEASURES = ("mean_pod", "min_pod", "mean_poi")
KITS = {
    "eye": FORCES["vehicle_patrol"],
    "goggles": FORCES["vehicle_night_vision"],
    "thermal": FORCES["vehicle_thermal"],
    "on foot": FORCES["foot_patrol"],
}
NIGHT = pd.DataFrame({"moonlight": [0.0, 0.6], "share": [0.55, 0.45]})
NIGHT_H = 10.5


@cache
def asked(seed: int, target: str = "person") -> KitQuestion:
    """Draw a border of four segments: unequal, hidden to different degrees, one beyond a shift."""
    random = np.random.default_rng(seed)
    hidden = random.uniform(0.02, 0.8, 4)
    walker = random.uniform(2.0, 3.5, 4)
    ground = pd.DataFrame(
        {
            "f_mask": hidden,
            "f_mask_low": hidden * random.uniform(0.2, 1.0, 4),
            "f_mask_high": hidden + (1 - hidden) * random.uniform(0.0, 0.9, 4),
            "patrol_speed_factor": random.uniform(0.4, 1.0, 4),
            "crosser_km_h": walker if target == "person" else 2 * walker,
        }
    )
    weights = random.uniform(0.1, 1.0, 4)
    return KitQuestion(
        kits=KITS,
        lengths_km=pd.Series(random.uniform(20.0, 200.0, 4)),
        ground=ground,
        weights=pd.Series(weights / weights.sum()),
        drive_h=pd.Series([7.0, *random.uniform(0.2, 0.8, 3)]),
        night=NIGHT,
        night_h=NIGHT_H,
        target=target,
        draws=8,
        seed=seed,
    )


def line_of(question: KitQuestion) -> oracle.Line:
    """Take the columns of a question."""
    ground = question.ground
    assert question.weights is not None
    assert question.drive_h is not None
    return oracle.Line(
        lengths_km=question.lengths_km.to_numpy(),
        weights=question.weights.to_numpy(),
        patrol_speed_factor=ground["patrol_speed_factor"].to_numpy(),
        crosser_km_h=ground["crosser_km_h"].to_numpy(),
        drive_h=question.drive_h.to_numpy(),
    )


def nature_of(question: KitQuestion) -> dict[str, FloatArray]:
    """Take what was drawn."""
    return {str(name): question.drawn[name].to_numpy() for name in question.drawn}


def masks_of(question: KitQuestion) -> FloatArray:
    """Let the oracle say what is hidden in each draw."""
    at, low, high = (question.ground[f"f_mask{end}"].to_numpy() for end in ("", "_low", "_high"))
    shared = question.drawn["f_mask_position"].to_numpy()
    return oracle.masked(at, low, high, shared, question.own_masks)


def states_of(name: str) -> tuple[str, pd.DataFrame]:
    """Give the half of the day and the states of light of it."""
    dark = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})
    return ("day" if name == "day" else "night"), (NIGHT if name == "night" else dark)


def watch_of(force: Force, target: str, task: str, *, stands: bool = False) -> Watch:
    """Say how fast a unit and a crosser go on flat bare ground, and how high the eyes are."""
    return Watch(
        patrol_km_h=0.0 if stands else force.patrol_km_h,
        crosser_km_h=4.0 if target == "person" else 30.0,
        eye_m=1.7 if force.mode == "foot" else 2.5,
        task=task,
    )


def light_of(question: KitQuestion, kit: str, name: str) -> oracle.Light:
    """Read widths and ranges, which the library takes from a table of them."""
    force, target = KITS[kit], question.target
    half, states = states_of(name)
    factor, masks = question.drawn["r50_factor"].to_numpy(), masks_of(question)

    def even_m(moon: float, task: str) -> float:
        return r50_m(force.sensor, half, moonlight=moon, target=target, task=task)

    def widths(task: str) -> FloatArray:
        table = SweepTable(force.sensor, half, watch=watch_of(force, target, task))
        even = [even_m(moon, task) * factor[:, None] for moon in states["moonlight"]]
        return np.stack([table.widths(one, masks) for one in even], axis=1)

    shares = states["share"].to_numpy()
    by_night = {"vehicle_off_road": 0.5, "foot": 0.8}[force.mode]
    return oracle.Light(
        shares=shares,
        patrol_km_h=force.patrol_km_h * (by_night if half == "night" else 1.0),
        seen_km=widths("detect"),
        recognised_km=widths("recognise"),
        nature=nature_of(question),
    )


def coverage_at_weakest(law: str, speed_ratio: FloatArray) -> FloatArray:
    """Turn the table of the weakest place round by halving: it is a quadrature, which has tests of its own."""
    low, high = np.zeros_like(speed_ratio), np.full_like(speed_ratio, 10.0)
    for _ in range(60):
        middle = (low + high) / 2
        enough = weakest_place(middle, law, speed_ratio=speed_ratio) >= 0.95
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def moving(question: KitQuestion, kit: str, law: str, measure: str, name: str) -> FloatArray:
    """Let the oracle count units that move, by draw and segment."""
    line, light = line_of(question), light_of(question, kit, name)
    if measure != "min_pod":
        return oracle.on_average(line, light, law, 0.5, stop=measure == "mean_poi")
    return oracle.every_inch(line, light, lambda ratio: coverage_at_weakest(law, ratio))[0]


def ground_of(hidden: float, eye_m: float) -> oracle.Curve:
    """Say by range what the ground hides: numbers, which no formula gives."""
    return lambda r_km: np.asarray(mask_at(1000 * r_km, hidden, eye_m))


def standing(seed: int, kit: str, measure: str, name: str) -> FloatArray:
    """Let the oracle count posts with the same eyes, by draw and segment, each for the whole target."""
    question, force = asked(seed), KITS[kit]
    half, states = states_of(name)
    sensor = SENSORS["eye" if half == "day" and kit == "goggles" else str(force.sensor)]
    watch = watch_of(force, "person", "detect", stands=True)
    apart_km = 0.0 if sensor.basis == "passage" else (sensor.scan_s or 0.0) * 4.0 / 3600.0
    nature, line = nature_of(question), line_of(question)
    light, masks = light_of(question, kit, name), masks_of(question)
    target = np.full(len(masks), 0.95 if measure == "min_pod" else 0.5)
    followed: FloatArray = np.ones(len(masks))
    if measure == "mean_poi":
        # Nobody runs after anybody from a post: only a reserve does.
        never = oracle.Light(light.shares, 0.0, light.seen_km, light.recognised_km, nature)
        there = [oracle.response(line, never, draw)[0] for draw in range(len(masks))]
        target, followed = target / (np.array(there) @ line.weights), nature["followed_up"]

    def curves(task: str, draw: int, hidden: float) -> list[Any]:
        found = []
        for moon in states["moonlight"]:
            factor = nature["r50_factor"][draw] / 1000.0
            even, noticed = (
                r50_m(sensor, half, moonlight=moon, task=of) * factor for of in (task, "detect")
            )
            clip_km = min(sensor.clip_km, 10 * noticed)

            ground = None if sensor.includes_mask else ground_of(hidden, watch.eye_m)
            found.append(oracle.curve(even, clip_km, apart_km, ground))
        return found

    count = np.empty_like(masks)
    for (draw, i), hidden in np.ndenumerate(masks):
        seen = curves("detect", draw, float(hidden))
        told = curves("recognise", draw, float(hidden)) if measure == "mean_poi" else seen
        count[draw, i] = line.lengths_km[i] * oracle.posts_per_km(
            light.shares,
            seen,
            told,
            float(followed[draw]),
            float(target[draw]),
            weakest=measure == "min_pod",
        )
    return count


def halves_of(measure: str) -> tuple[str, str]:
    """Give the lights of an answer by night and by day."""
    return ("dark" if measure == "min_pod" else "night"), "day"


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("seed", "target", "kit"),
    [*((1, "person", kit) for kit in KITS), (2, "vehicle", "eye"), (2, "vehicle", "thermal")],
)
def test_units_that_move(seed: int, target: str, measure: str, kit: str, law: str) -> None:
    """To 1e-9 in each draw in which patrols move by night and by day, and never more of them where they stand."""
    question, crew = asked(seed, target), KITS[kit].crew
    found = answer_draws(question, kit, law=law, measure=measure)
    night, day = (moving(question, kit, law, measure, name) for name in halves_of(measure))
    units = night.sum(axis=1)
    assert (found["units"] <= units * (1 + 1e-9)).all()
    move = np.isclose(found["units"], units, rtol=1e-9)
    if (measure, target) == ("mean_pod", "person") and kit != "on foot":
        assert move.mean() >= 0.9
    np.testing.assert_allclose(found["people"], crew * found["units"], rtol=1e-12)
    payroll = oracle.payroll(line_of(question), night, day, NIGHT_H, crew)
    same = np.isclose(found["payroll"], payroll, rtol=1e-9)
    # By day they may stand all the same, those on foot above all.
    assert (same[move]).all() or kit == "on foot"
    assert not same[~move & np.isfinite(units)].any()


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("measure", MEASURES)
def test_units_that_stand(measure: str, kit: str) -> None:
    """
    Where posts with the same eyes take fewer than patrols do, they are the answer.

    The library reads posts off a table: within 1 % for the eye, whose curve has one shape, and
    within 6 % for cameras, whose curve bends with the ground.
    """
    question, within = asked(1), 0.06 if kit in {"goggles", "thermal"} else 0.01
    found = answer_draws(question, kit, measure=measure)
    by_half = [
        (moving(question, kit, "random", measure, name), standing(1, kit, measure, name))
        for name in halves_of(measure)
    ]
    night, day = (
        np.where(stand.sum(axis=1, keepdims=True) < move.sum(axis=1, keepdims=True), stand, move)
        for move, stand in by_half
    )
    np.testing.assert_allclose(found["units"], night.sum(axis=1), rtol=within)
    # What stands costs other drives: only where one of the two is clearly less is it known which.
    clear = np.ones(len(found), dtype=bool)
    for move, stand in by_half:
        with np.errstate(invalid="ignore"):
            clear &= ~(np.abs(stand.sum(axis=1) / move.sum(axis=1) - 1) < within)
    payroll = oracle.payroll(line_of(question), night, day, NIGHT_H, KITS[kit].crew)
    np.testing.assert_allclose(found["payroll"][clear], payroll[clear], rtol=within)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("half", ["night", "day"])
def test_widths(kit: str, half: str) -> None:
    """Sweep widths from the range curve, the ground and the looks of a pass, by a quadrature of its own."""
    force = KITS[kit]
    sensor = SENSORS["eye" if half == "day" and kit == "goggles" else str(force.sensor)]
    watch = watch_of(force, "person", "detect")
    apart_km = 0.0
    if sensor.basis == "look":
        apart_km = (sensor.scan_s or 0.0) * np.hypot(force.patrol_km_h, 4.0) / 3600.0
    for task in ("detect", "recognise"):
        for hidden, factor in ((0.0, 1.0), (0.3, 0.6), (0.63, 1.0), (0.9, 1.7)):
            even_km, noticed_km = (
                r50_m(sensor, half, task=of) * factor / 1000.0 for of in (task, "detect")
            )
            mine = oracle.curve(
                even_km,
                min(sensor.clip_km, 10 * noticed_km),
                float(apart_km),
                None if sensor.includes_mask else ground_of(hidden, watch.eye_m),
            )
            theirs = sweep_width_km(
                force.sensor,
                half,
                hidden,
                watch=watch_of(force, "person", task),
                r50_factor=factor,
            )
            assert oracle.width(mine) == pytest.approx(theirs, rel=1e-3)
