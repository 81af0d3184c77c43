"""A border simulated over days: laws, calls and response against closed forms, and a slow program beside it."""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone import patrol
from borderzone._kernels import crossings as kernel
from borderzone._kernels.positions import two_uniforms
from borderzone.errors import BorderzoneError, InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol import (
    SIMULATED_POLICIES,
    SimulatedGroups,
    SimulatedResponse,
    SimulatedRoster,
    SimulatedSegment,
    border_simulation,
    simulate_border,
)
from borderzone.patrol.theory.response import handled, responds, units_with_calls

ONE: dict[str, Any] = {
    "length_km": 20.0, "sweep_width_km": 1.0, "patrol_km_h": 20.0, "crosser_km_h": 4.0,
    "night_units": 3, "groups_per_night": 600.0,
}  # fmt: skip
LAWS = ("memoryless", "independent", "beats", "standing")
KNOWN = {*product(LAWS, SIMULATED_POLICIES)} - {("independent", "informed")}
loose: Any = patrol  # what is wrong for a reader of types is asked on purpose


def simulated(
    policy: Any = "blind", *, wait_h: float = 0.5, days: int = 365, **changed: Any
) -> Any:
    """Simulate one segment, and give its row."""
    groups = SimulatedGroups(policy=policy, wait_h=wait_h)
    roster = SimulatedRoster(days=days)
    found = simulate_border(
        [SimulatedSegment(**ONE | changed)], groups=groups, roster=roster, seed=5
    )
    return found.table.loc[0]


@pytest.mark.parametrize(("law", "policy"), sorted(KNOWN))
@pytest.mark.parametrize("width", [1.0, 2.2])
def test_exact_laws_are_confirmed_where_no_call_takes_a_unit(
    law: str, policy: str, width: float
) -> None:
    """A quarter of a million groups by night and by day, other units and widths, within four standard errors."""
    row = simulated(
        policy,
        law=law,
        sweep_width_km=width,
        day_sweep_width_km=1.5,
        day_units=2,
        groups_per_day=90.0,
    )
    assert row["groups"] > 240_000
    assert row["is_exact"]
    assert abs(row["z"]) < 4
    assert row["units_on_line"] == pytest.approx(2.5)


def test_a_million_groups_agree_with_the_law() -> None:
    row = simulated({"blind": 0.5, "last_pass": 0.2, "waiter": 0.3}, groups_per_night=2750.0)
    assert row["groups"] > 990_000
    assert abs(row["z"]) < 4


@pytest.mark.parametrize("law", ["beats", "independent"])
@pytest.mark.parametrize("width", [1.0, 5.0])
def test_a_waiter_meets_what_the_last_pass_meets_or_what_the_blind_do(
    law: str, width: float
) -> None:
    """With patience for a whole round, and with next to none."""
    coverage = 3 * width / 20 * math.sqrt(26)
    if law == "independent" and width > 1:
        width, coverage = 3.0, 9 / 20 * math.sqrt(26)
    for wait_h, opponent in ((2.0, "last_pass"), (1e-9, "blind")):
        row = simulated("waiter", law=law, sweep_width_km=width, wait_h=wait_h)
        says = patrol.detection_against(coverage, law, opponent, speed_ratio=5.0, units=3)
        assert row["expected_pod"] == pytest.approx(says, abs=1e-6)
        assert abs(row["pod"] - says) <= 4 * max(row["standard_error"], 1e-12)


@pytest.mark.parametrize("policy", SIMULATED_POLICIES)
def test_memoryless_units_give_a_watcher_nothing(policy: str) -> None:
    row = simulated(policy, law="memoryless")
    says = -math.expm1(-3 / 20 * math.sqrt(26))
    assert row["expected_pod"] == pytest.approx(says)
    assert abs(row["pod"] - says) < 4 * row["standard_error"]


@given(
    coverage=st.floats(0.05, 2.5),
    others=st.integers(0, 3),
    patience=st.floats(0.0, 2.5),
)
def test_the_closed_form_of_a_waiter_is_what_counting_says(
    coverage: float, others: int, patience: float
) -> None:
    """Places and phases on a grid; each is on the line as soon as a gap comes, or when patience ends."""
    if others and coverage > 1.0:
        coverage = 1.0
    half, n = min(coverage, 2.0) / 2.0, 100
    xi = (np.arange(n) + 0.5)[:, None] / n
    phase = (np.arange(2 * n) + 0.5)[None, :] / n

    def covered(at: Any) -> Any:
        off = [np.abs((at - turn + 1.0) % 2.0 - 1.0) for turn in (xi, -xi)]
        return np.minimum(*off) <= half

    free = ~covered(phase)
    steps = min(int(patience * n), 2 * n)  # a round later all is as it was
    free = np.lib.stride_tricks.sliding_window_view(
        np.hstack([free, free, free]), steps + 1, axis=1
    )
    free = free[:, : 2 * n].any(axis=2)
    passes = np.minimum(half, xi) + np.minimum(half, 1.0 - xi)
    missed = float((free.mean(axis=1, keepdims=True) * (1.0 - passes) ** others).mean())

    found = border_simulation._waiter_is_seen(coverage, others, patience)
    assert found == pytest.approx(1.0 - missed, abs=0.025)


def test_led_units_against_a_waiter_are_simulated_and_their_law_is_unknown() -> None:
    row = simulated("waiter", law="beats_soft")
    assert 0.0 < row["pod"] < simulated("blind", law="beats_soft")["pod"]
    assert np.isnan(row["expected_pod"])
    assert np.isnan(row["z"])
    assert not row["is_exact"]


def test_choosers_go_where_coverage_is_lowest_and_share_ties() -> None:
    border = [
        SimulatedSegment(**ONE | {"length_km": km, "day_units": units, "groups_per_day": 50.0})
        for km, units in ((20.0, 1), (40.0, 4), (40.0, 6))
    ]
    found = simulate_border(border, groups=SimulatedGroups(policy={"blind": 0.5, "chooser": 0.5}))
    chose = found.by_policy["groups"].xs("chooser", level="policy")

    assert set(chose.index) == {(0, "day"), (1, "night"), (2, "night")}
    one, two = chose[1, "night"], chose[2, "night"]
    assert abs(one - two) < 4 * math.sqrt(one + two)
    assert found.table["arrivals"].sum() == found.table["groups"].sum()
    assert (found.table["arrivals"] != found.table["groups"]).all()


CALLS = {"busy_h": 2.0, "false_calls_per_unit_h": 0.01}


@pytest.mark.parametrize(
    ("law", "policy", "units", "per_night", "false"),
    [
        ("beats", "blind", 6, 1.0, 0.0),
        ("beats", "blind", 6, 1.0, 0.02),
        ("memoryless", "blind", 4, 0.5, 0.01),
        ("independent", "blind", 5, 1.0, 0.01),
        ("independent", "last_pass", 5, 1.0, 0.0),
        ("beats", "waiter", 8, 2.0, 0.005),
        ("standing", "blind", 8, 2.0, 0.01),
    ],
)
def test_units_on_the_line_follow_the_equation_in_light_traffic(
    law: str, policy: str, units: int, per_night: float, false: float
) -> None:
    """With less than one unit in ten away, the loss is within 1.5 % of N = x + s (lambda_c P + lambda_f x)."""
    row = simulated(
        policy, wait_h=0.2, days=30_000, law=law, night_units=units, day_units=units, groups_per_night=per_night,
        groups_per_day=per_night,
        response=SimulatedResponse(busy_h=2.0, false_calls_per_unit_h=false),
    )  # fmt: skip
    lost, says = units - row["units_on_line"], units - row["expected_on_line"]
    assert 0 < says < 0.1 * units
    assert lost == pytest.approx(says, rel=0.015)
    assert row["pod"] == pytest.approx(row["expected_pod"], abs=4 * row["standard_error"])
    out = units_with_calls(
        row["expected_on_line"], detected=lambda _: row["expected_pod"], call_h=2.0,
        crossings_per_h=per_night / 12, false_calls_per_unit_h=false,
    )  # fmt: skip
    assert out == pytest.approx(units, abs=1e-6)
    assert not row["is_exact"]


def test_no_more_units_are_called_than_there_are() -> None:
    """A call of ten days leaves one unit a call in ten days, however many cross."""
    row = simulated(
        days=100, night_units=1, day_units=1, groups_per_day=600.0, response=SimulatedResponse(busy_h=240.0)
    )  # fmt: skip
    assert row["detected"] == 10
    assert row["busy_h"] == pytest.approx(2400.0, rel=0.01)
    assert row["units_on_line"] < 0.01
    assert row["expected_on_line"] < 0.01


def test_a_unit_on_a_call_into_the_day_is_missing_there() -> None:
    """The equation has each light by itself; the simulation does not forget at dawn."""
    row = simulated(days=100, night_units=1, day_units=1, response=SimulatedResponse(busy_h=24.0))
    assert row["units_on_line"] < 0.05
    assert row["expected_on_line"] > 0.45


def slowly(run: Any, row: int) -> tuple[np.ndarray, int, float, float]:
    """Count one segment from a list of all calls, each looked through at each thing that happens."""
    side = run.sides[row]
    tactic, looks, segments, sensors, after = side.plan()
    coming, _ = run.coming()
    due = np.diff(run.changes) * np.tile(side.false_per_h, run.roster.days)
    times, drawn, _ = run._times(
        due, border_simulation._FALSE + row * border_simulation._NUMBERS_OF_ONE
    )
    events = sorted(
        [(t, 1, *who) for t, *who in zip(*coming[row], strict=True)]
        + [(t, 0, u) for t, u in zip(times, drawn[:, 1], strict=True)]
    )
    calls: list[tuple[float, float]] = []
    counts, false = np.zeros((2, 5, 5), dtype=int), 0
    for t, crosses, *what in events:
        light = int(np.searchsorted(run.changes, t, side="right") - 1) % 2
        line = max(0, side.out[light] - sum(first <= t < last for first, last in calls))
        if not crosses:
            if what[0] * side.out[light] < line:
                calls.append((t, t + side.after.busy_h))
                false += 1
            continue
        number, policy, people = what
        far = 0
        if line:
            segment = segments[light].copy()
            segment[1] = line
            given = (
                np.uint64(run.key),
                number,
                tactic,
                0 if policy == 4 else policy,
                looks[policy],
                segment,
            )
            follows, in_time = two_uniforms(np.uint64(run.key), np.uint64(2**32 + 2), number)
            if kernel._detects(*given, sensors[0, light]):
                far = 1
                if follows < after[1] or kernel._detects(*given, sensors[1, light]):
                    far = 3 if in_time < after[2 + light] else 2
                    calls.append((t, t + side.after.busy_h))
        counts[light, policy] += [1, people, far > 0, far > 1, far > 2]
    return counts, false, *hours_of(run.changes, side.out, calls)


def hours_of(
    changes: np.ndarray, out: np.ndarray, calls: list[tuple[float, float]]
) -> tuple[float, float]:
    """Hours of units on the line and on calls, stretch by stretch in which nothing changes."""
    edges = np.unique(np.concatenate([changes, *calls]))
    on_line = busy = 0.0
    for low, high in pairwise(edges[edges <= changes[-1]]):
        light = int(np.searchsorted(changes, low, side="right") - 1) % 2
        away = sum(first <= low < last for first, last in calls)
        on_line += max(0, out[light] - away) * (high - low)
        busy += away * (high - low)
    return on_line, busy


@pytest.mark.parametrize("law", ["beats", "independent", "beats_soft", "memoryless"])
def test_a_busy_border_is_what_a_slow_program_says(law: str) -> None:
    response = SimulatedResponse(
        busy_h=3.0, false_calls_per_unit_h=0.1, width_ratio=0.5, followed_up=0.3, cover_km=5.0, drive_h=1.2,
        pursuit_km_h=0.0, shortest_drive_h=0.2,
    )  # fmt: skip
    one = ONE | {"law": law, "day_units": 1, "groups_per_night": 9.0, "groups_per_day": 3.0}
    border = tuple(
        SimulatedSegment(**one | {"length_km": km}, response=response) for km in (20.0, 31.0)
    )
    policy = {"blind": 0.4, "last_pass": 0.2, "waiter": 0.2, "chooser": 0.2}
    groups = SimulatedGroups(sizes={1: 0.6, 5: 0.4}, policy=policy, wait_h=0.3)
    roster = SimulatedRoster(days=12, night_h=[9.0 + 0.5 * day for day in range(12)])
    run = border_simulation._Run(border, groups, roster, 7)
    coming, _ = run.coming()
    for row in (0, 1):
        counts, false, hours = run.run(row, coming[row])
        by_hand = slowly(run, row)
        assert np.array_equal(counts, by_hand[0])
        assert counts[:, :, 2].sum() > counts[:, :, 3].sum() > counts[:, :, 4].sum() > 0
        assert false == by_hand[1] > 0
        assert hours.sum(axis=0) == pytest.approx(by_hand[2:])


def test_the_result_hangs_on_the_seed_and_on_no_number_of_threads() -> None:
    response = SimulatedResponse(**CALLS, cover_km=5.0, drive_h=0.5)
    border = [SimulatedSegment(**ONE | {"length_km": km}, response=response) for km in (20, 25, 31)]
    roster = SimulatedRoster(days=30)
    alone, three, other = (
        simulate_border(border, roster=roster, seed=seed, threads=n).table
        for seed, n in ((9, 1), (9, 3), (10, 3))
    )
    pd.testing.assert_frame_equal(alone, three)
    assert not alone.equals(other)


def test_more_days_and_more_segments_change_nothing_of_what_went_before() -> None:
    """Each group has a stream of its own, so that blocks of arrivals do not matter."""
    segment = SimulatedSegment(**ONE | {"groups_per_night": 40.0})
    runs = [
        border_simulation._Run(
            (segment,) * n, SimulatedGroups(), SimulatedRoster(days=days), 3
        ).coming()[0][0]
        for n, days in ((1, 5), (1, 300), (2, 5))
    ]
    first = len(runs[0][0])
    for short, long, beside in zip(*runs, strict=True):
        assert np.array_equal(short, beside)
        assert np.allclose(short.astype(float), long[:first].astype(float))
    assert runs[1][0][first] > 5 * 24


def test_blocks_in_which_arrivals_are_drawn_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    response = SimulatedResponse(**CALLS)
    border = [SimulatedSegment(**ONE | {"groups_per_night": 90.0}, response=response)]
    at_once = simulate_border(border, roster=SimulatedRoster(days=100)).table
    monkeypatch.setattr(border_simulation, "_SPARE", -80.0)
    in_blocks = simulate_border(border, roster=SimulatedRoster(days=100)).table
    pd.testing.assert_frame_equal(at_once, in_blocks)


@pytest.mark.parametrize("policy", ["blind", "last_pass", "informed"])
def test_led_units_are_near_their_law(policy: str) -> None:
    row = simulated(policy, law="beats_soft")
    assert row["pod"] == pytest.approx(
        row["expected_pod"], abs=0.016 if policy == "blind" else 0.006
    )
    assert not row["is_exact"]


def test_groups_arrive_by_chance_in_their_light_and_size() -> None:
    """As many as the rate says, with the spread of Poisson, in nights of any length, at even chance of each hour."""
    border = tuple(
        SimulatedSegment(**ONE | {"groups_per_night": 10.0, "groups_per_day": 5.0})
        for _ in range(400)
    )
    nights = [8.0, 14.0]
    run = border_simulation._Run(
        border,
        SimulatedGroups(sizes={2: 0.25, 10: 0.75}),
        SimulatedRoster(days=2, night_h=nights),
        1,
    )
    coming, arrivals = run.coming()
    times = np.concatenate([one[0] for one in coming])
    people = np.concatenate([one[3] for one in coming])
    for first, last, mean in ((0, 8, 10), (8, 24, 5), (24, 38, 10), (38, 48, 5)):
        among = times[(times >= first) & (times < last)]
        assert abs(len(among) - 400 * mean) < 4 * math.sqrt(400 * mean)
        assert abs(among.mean() - (first + last) / 2) < 4 * (last - first) / math.sqrt(
            12 * len(among)
        )
    assert arrivals.var() == pytest.approx(30.0, rel=0.25)
    assert set(people) == {2, 10}
    assert (people == 10).mean() == pytest.approx(0.75, abs=0.02)


def test_recognised_and_followed_up_are_handled_as_the_theory_says() -> None:
    for law in LAWS:
        row = simulated(law=law, response=SimulatedResponse(width_ratio=0.4, followed_up=0.25))
        coverage = 3 / 20 * (1.0 if law == "standing" else math.sqrt(26))
        seen, known = (
            coverage * part
            if law == "standing"
            else patrol.detection_for(coverage * part, law, units=3)
            for part in (1.0, 0.4)
        )
        says = handled(known, seen, 0.25)
        assert row["handled"] / row["groups"] == pytest.approx(
            says, abs=4 * math.sqrt(says / row["groups"])
        )


@pytest.mark.parametrize(
    ("race", "share"),
    [
        # The unit sees him 0.5 km off and closes at 16 km/h: 0.03 h of a window of 1.25 h.
        ({"cover_km": 5.0}, 1.0),
        # It stands: a reserve after 0.2 h and a drive of 0.5 h, at least 0.1 h.
        (
            {
                "cover_km": 5.0,
                "pursuit_km_h": 0.0,
                "call_h": 0.2,
                "drive_h": 0.5,
                "shortest_drive_h": 0.1,
            },
            None,
        ),
        # The window is shorter than the shortest drive.
        ({"cover_km": 1.0, "pursuit_km_h": 4.0, "drive_h": 0.5, "shortest_drive_h": 0.3}, 0.0),
        # It sees him 0.5 km off and closes at 0.4 km/h: as long as the window of 1.25 h, and a tie is in time.
        ({"cover_km": 5.0, "pursuit_km_h": 4.4}, 1.0),
        ({"cover_km": 4.9, "pursuit_km_h": 4.4}, 0.0),
        # There is no reserve.
        ({"cover_km": 5.0, "pursuit_km_h": 3.0}, 0.0),
    ],
)
def test_who_is_stopped_is_who_loses_the_race(race: dict[str, float], share: float | None) -> None:
    row = simulated(response=SimulatedResponse(**race))
    if share is None:
        # Two stages of a mean of 0.2 h each beyond the shortest drive, drawn.
        stages = np.random.default_rng(2).exponential(0.2, (2, 200_000)).sum(axis=0)
        share = float((0.2 + 0.1 + stages <= 1.25).mean())
        assert share == pytest.approx(float(responds(crosser_km_h=4.0, **race)), abs=0.004)
    assert row["stopped"] / row["handled"] == pytest.approx(share, abs=0.006)


def test_a_post_pursues_nobody_unless_it_is_said() -> None:
    for law, stopped in (("standing", False), ("beats", True)):
        row = simulated(law=law, response=SimulatedResponse(cover_km=5.0))
        assert row["stopped"] == (row["handled"] if stopped else 0)


def test_what_is_not_known_of_the_response_is_missing_and_no_zero() -> None:
    known = {"cover_km": 5.0, "pursuit_km_h": 0.0}
    border = [
        SimulatedSegment(**ONE, response=response)
        for response in (
            None,
            SimulatedResponse(busy_h=1.0),
            SimulatedResponse(cover_km=math.nan),
            SimulatedResponse(**known, drive_h=math.nan),
            SimulatedResponse(**known, drive_h=math.inf),
            SimulatedResponse(**known | {"pursuit_km_h": 20.0}, drive_h=math.nan),
        )
    ]
    found = simulate_border(border, roster=SimulatedRoster(days=3))
    missing = [True, True, True, True, False, False]
    assert found.table["stopped"].isna().tolist() == missing
    assert found.by_policy["stopped"].isna().tolist() == missing
    assert found.table["stopped"].tolist()[4:] == [0, found.table.loc[5, "handled"]]
    assert "nothing is known" in found.summary[1]


def test_where_nobody_comes_there_is_no_share() -> None:
    found = simulate_border(
        [SimulatedSegment(**ONE | {"groups_per_night": 0.0})], roster=SimulatedRoster(days=3)
    )
    row = found.table.loc[0]
    assert row["groups"] == row["detected"] == 0
    assert np.isnan([row["pod"], row["standard_error"], row["expected_pod"], row["z"]]).all()
    assert len(found.by_policy) == 0
    assert found.summary[0].startswith("In 3 days 0 groups (0 people) crossed 1 segment;")


def test_nobody_out_sees_nobody() -> None:
    row = simulated(days=3, night_units=0, response=SimulatedResponse(**CALLS))
    assert row["groups"] > 0
    assert (row["detected"], row["false_calls"], row["pod"], row["expected_pod"]) == (
        0,
        0,
        0.0,
        0.0,
    )


def test_the_payroll_keeps_the_units_out() -> None:
    """12 by night and 6 by day with 14 h of night are 9.5; (10 + 10 / 0.25) is by segment, not over the mean share."""
    segment = ONE | {"night_units": 12, "day_units": 6, "groups_per_night": 1.0}
    roster = SimulatedRoster(days=2, night_h=14.0, shift_factor=4.2)
    found = simulate_border([SimulatedSegment(**segment)], roster=roster)
    assert found.payroll == pytest.approx(4.2 * 9.5)
    assert found.table.loc[0, "units_out"] == pytest.approx(9.5)
    ten = ONE | {"night_units": 10, "day_units": 10, "groups_per_night": 1.0}
    far = [SimulatedSegment(**ten, drive_to_line_h=hours) for hours in (0.0, 4.5)]
    assert simulate_border(far, roster=SimulatedRoster(days=2)).payroll == pytest.approx(
        257.95, abs=0.02
    )


def test_the_summary_adds_the_table_up() -> None:
    response = SimulatedResponse(**CALLS, cover_km=5.0)
    found = simulate_border(
        [SimulatedSegment(**ONE, response=response)] * 2, roster=SimulatedRoster(days=10)
    )
    t = found.table
    assert f"{t['groups'].sum():,} groups" in found.summary[0]
    assert f"{t['detected'].sum():,} were detected" in found.summary[0]
    assert f"{t['stopped'].sum():,} of them stopped" in found.summary[1]
    assert f"{t['false_calls'].sum():,} calls were false" in found.summary[1]
    assert f"{found.payroll:,.1f} units on the payroll" in found.summary[2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: loose.SimulatedSegment(**ONE | {"length_km": 0}), "length_km must be a finite number above 0"),
        (lambda: loose.SimulatedSegment(**ONE | {"sweep_width_km": -1}), "sweep_width_km must be"),
        (lambda: loose.SimulatedSegment(**ONE | {"day_sweep_width_km": 0}), "day_sweep_width_km must be"),
        (lambda: loose.SimulatedSegment(**ONE | {"patrol_km_h": 0}), "patrol_km_h must be"),
        (lambda: loose.SimulatedSegment(**ONE | {"crosser_km_h": math.inf}), "crosser_km_h must be"),
        (lambda: loose.SimulatedSegment(**ONE | {"night_units": 2.5}), "night_units must be a whole number"),
        (lambda: loose.SimulatedSegment(**ONE | {"day_units": -1}), "day_units must be a whole number"),
        (lambda: loose.SimulatedSegment(**ONE, law="random"), "law must be one of"),
        (lambda: loose.SimulatedSegment(**ONE | {"groups_per_night": math.nan}), "groups_per_night must be"),
        (lambda: loose.SimulatedSegment(**ONE, groups_per_day=-1), "groups_per_day must be"),
        (lambda: loose.SimulatedSegment(**ONE, drive_to_line_h=-1), "drive_to_line_h must be"),
        (lambda: loose.SimulatedSegment(**ONE, response=3), "response must be a SimulatedResponse"),
        (lambda: loose.SimulatedResponse(busy_h=-1), "busy_h must be"),
        (lambda: loose.SimulatedResponse(false_calls_per_unit_h=-1), "false_calls_per_unit_h must be"),
        (lambda: loose.SimulatedResponse(width_ratio=1.2), "width_ratio must lie between 0 and 1"),
        (lambda: loose.SimulatedResponse(followed_up=-0.1), "followed_up must lie between 0 and 1"),
        (lambda: loose.SimulatedResponse(cover_km=-1), "cover_km must be"),
        (lambda: loose.SimulatedResponse(pursuit_km_h=-1), "pursuit_km_h must be"),
        (lambda: loose.SimulatedResponse(drive_h=-1), "drive_h must be"),
        (lambda: loose.SimulatedResponse(drive_h="x"), "drive_h must be a number"),
        (lambda: loose.SimulatedResponse(drive_h=0.2, shortest_drive_h=0.3), "shortest_drive_h must not exceed drive_h"),
        (lambda: loose.SimulatedGroups(sizes={}), "sizes must map people to shares"),
        (lambda: loose.SimulatedGroups(sizes={1: 0.5}), "the shares in sizes must sum to 1, got 0.5"),
        (lambda: loose.SimulatedGroups(sizes={0: 1.0}), "a size in sizes must be a whole number"),
        (lambda: loose.SimulatedGroups(sizes={1: 1.5, 2: -0.5}), "must lie between 0 and 1"),
        (lambda: loose.SimulatedGroups(policy="lucky"), "policy must be one of"),
        (lambda: loose.SimulatedGroups(policy={"lucky": 1.0}), "a policy in policy must be one of"),
        (lambda: loose.SimulatedGroups(policy={"blind": 0.4}), "the shares in policy must sum to 1"),
        (lambda: loose.SimulatedGroups(policy="waiter"), "a waiter needs wait_h above 0"),
        (lambda: loose.SimulatedGroups(wait_h=-1), "wait_h must be"),
        (lambda: loose.SimulatedRoster(days=0), "days must be a whole number"),
        (lambda: loose.SimulatedRoster(night_h=24.0), "night_h must lie between 0 and 24, both left out"),
        (lambda: loose.SimulatedRoster(days=3, night_h=[9.0, 9.0]), "night_h must be one number or one for each of 3"),
        (lambda: loose.SimulatedRoster(shift_factor=0), "shift_factor must be"),
        (lambda: loose.SimulatedRoster(shift_h=0), "shift_h must be"),
        (lambda: loose.simulate_border([]), "segments must list SimulatedSegment"),
        (lambda: loose.simulate_border(loose.SimulatedSegment(**ONE)), "segments must list .* got a SimulatedSegment"),
        (lambda: loose.simulate_border([None]), r"segments\[0\] must be a SimulatedSegment"),
        (lambda: loose.simulate_border([loose.SimulatedSegment(**ONE)], groups=3), "groups must be a SimulatedGroups"),
        (lambda: loose.simulate_border([loose.SimulatedSegment(**ONE)], roster=3), "roster must be a SimulatedRoster"),
        (lambda: loose.simulate_border([loose.SimulatedSegment(**ONE)], threads=0), "threads"),
        (lambda: loose.simulate_border([loose.SimulatedSegment(**ONE)], seed=-1), "seed must be"),
        (
            lambda: loose.simulate_border([loose.SimulatedSegment(**ONE | {"law": "independent", "sweep_width_km": 9.0})]),
            r"segments\[0\]: coverage must be 3 or less",
        ),
        (
            lambda: loose.simulate_border(
                [loose.SimulatedSegment(**ONE, law="independent")], groups=loose.SimulatedGroups(policy="informed")
            ),
            r"segments\[0\]: what law 'independent' detects of an opponent 'informed' is not known",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(make: Any, message: str) -> None:
    with pytest.raises(BorderzoneError, match=message) as told:
        make()
    assert told.type in {InvalidParameterError, ShapeMismatchError}


def test_more_than_memory_holds_is_refused() -> None:
    crowd = SimulatedSegment(**ONE | {"groups_per_night": 1e6})
    with pytest.raises(
        LimitError, match="groups and false calls are above the limit of 10,000,000"
    ):
        simulate_border([crowd])
    with pytest.raises(LimitError, match="10,001 segments are above the limit"):
        simulate_border([SimulatedSegment(**ONE)] * 10_001)
