"""The table of answers: against plain statements, its limits, and what must hold between its rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from borderzone import patrol
from borderzone._kernels import unit_counts
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.answer.case import CORRELATED, checked_correlation, drawn_nature

LAW = {0: lambda c: 1 - np.exp(-c), 1: lambda c: 1 - np.exp(-c * (0.95 + 0.307 * c))}
GAIN = {0: lambda c: -c, 1: lambda c: np.log(0.95 + 0.614 * c) - c * (0.95 + 0.307 * c)}


def question(**changes: Any) -> patrol.KitQuestion:
    ones = pd.Series(np.ones(3))
    ground = pd.DataFrame(
        {
            "f_mask": [0.1, 0.3, 0.6],
            "f_mask_low": [0.05, 0.2, 0.4],
            "f_mask_high": [0.2, 0.5, 0.8],
            "patrol_speed_factor": [1.0, 0.8, 0.5],
            "crosser_km_h": [2.8, 2.6, 2.2],
        }
    )
    usual: dict[str, Any] = {
        "kits": {
            "eye": patrol.FORCES["vehicle_patrol"],
            "thermal": patrol.FORCES["vehicle_thermal"],
        },
        "lengths_km": 10.0 * ones,
        "ground": ground,
        "weights": pd.Series([0.2, 0.3, 0.5]),
        "drive_h": pd.Series([0.5, 2.0, 7.0]),
        "night": pd.DataFrame({"moonlight": [0.0, 0.6], "share": [0.7, 0.3]}),
        "night_h": 10.0,
        "shift_h": 12.0,
        "relief": 5.159,
        "draws": 64,
    }
    return patrol.KitQuestion(**(usual | changes))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return patrol.answer_table(question())


def plain_units(code: int, rates: Any, share: Any, plan: Any, stop: Any, target: float) -> float:
    """Say in plain numpy and with another root finder what the compiled loop counts."""
    believed, worth = plan
    weights = worth
    recognised, followed, reserve, near = stop

    def beyond(coverage: float, level: float) -> float:
        return float(GAIN[code](coverage)) - level

    def units(log_mu: float) -> Any:
        found = np.zeros(len(weights))
        for i, (a, w) in enumerate(zip(believed, worth, strict=True)):
            level = log_mu - np.log(w * a)
            if GAIN[code](0.0) > level:
                found[i] = optimize.brentq(beyond, 0, 60, args=(level,), xtol=1e-14) / a
        return found

    def short(log_mu: float) -> float:
        coverage = rates * units(log_mu)[:, None]
        seen = LAW[code](coverage) @ share
        told = LAW[code](recognised * coverage) @ share
        close = (1 - followed) * LAW[code](np.minimum(recognised, near[:, None]) * coverage) @ share
        close += followed * LAW[code](near[:, None] * coverage) @ share
        handled = (1 - followed) * told + followed * seen
        return float(weights @ (reserve * handled + (1 - reserve) * close)) - target

    top = float(np.log(believed * worth).max())
    return float(units(optimize.brentq(short, top - 40, top, xtol=1e-14)).sum())


@pytest.mark.parametrize("code", [unit_counts.RANDOM, unit_counts.BEATS_SOFT])
def test_units_for_a_mean_are_those_of_the_plain_statement(code: int) -> None:
    rng = np.random.default_rng(5)
    rates = rng.lognormal(-3, 0.5, (4, 6, 3))
    share, weights = np.array([0.5, 0.3, 0.2]), rng.dirichlet(np.ones(6))
    believed = rates.mean(axis=(0, 2))
    stop = (
        rng.uniform(0.2, 0.4, (4, 6, 3)),
        rng.uniform(0, 1, 4),
        rng.uniform(0.4, 1, (4, 6)),
        rng.uniform(0, 1, (4, 6)),
    )
    none, cost = (0.0, np.zeros(6)), rng.uniform(1, 3, 6)
    law = (code, np.zeros(2), 1.0)
    plan = (code, believed, np.tile(weights, (4, 1)))

    found, paid = unit_counts.units_for_mean(
        rates,
        np.tile(share, (4, 6, 1)),
        weights,
        plan,
        law,
        (*stop, share),
        none,
        cost,
        np.full(4, 0.4),
    )

    for d in range(4):
        here = tuple(part[d] for part in stop)
        plain = plain_units(code, rates[d], share, (believed, weights), here, 0.4)
        assert found[d] == pytest.approx(plain, rel=1e-9)
    assert (paid >= found).all()


def test_what_cannot_be_stopped_takes_no_number(table: pd.DataFrame) -> None:
    """Nobody reaches cover in time to be stopped where it is close by."""
    close = patrol.answer_table(question(stopping=patrol.Stopping(cover_km=0.1)))

    stopped = close[close["measure"] == "mean_poi"]
    assert np.isinf(stopped["units"]).all()
    assert (stopped["attainable"] == 0).all()
    assert np.isfinite(table["units"]).all()


def test_every_inch_at_the_medians_is_the_closed_form(table: pd.DataFrame) -> None:
    asked = question()
    row = table.query("kit == 'eye' and law == 'random' and measure == 'min_pod'").iloc[0]

    # The eye's range holds the ground, so that W is the same everywhere: 0.1853 km at 75 m. At night
    # a vehicle without lights keeps half of its speed; crossers walk at the median of their factor.
    crosser = asked.drawn["crosser_speed_factor"][0] * asked.ground["crosser_km_h"]
    speed = asked.drawn["patrol_speed_factor"][0] * 15.0 * 0.5 * asked.ground["patrol_speed_factor"]
    rates = 0.1853 / 10.0 * np.hypot(1.0, speed / crosser)
    assert row["units_at_medians"] == pytest.approx((-np.log(0.05) / rates).sum(), rel=1e-3)


def test_rows_keep_their_order(table: pd.DataFrame) -> None:
    def beside(column: str) -> pd.DataFrame:
        keys = [name for name in ("kit", "measure", "law", "opponent") if name != column]
        return table.pivot_table(index=keys, columns=column, values="units")

    blind = beside("law").xs("blind", level="opponent")

    assert (blind["beats_soft"] <= blind["random"]).all()
    # Who watches led units is harder to see; who watches unled ones learns nothing.
    by_opponent = beside("opponent")
    assert (by_opponent["blind"] <= by_opponent["last_pass"] + 1e-9).all()
    unled = by_opponent.xs("random", level="law")
    assert (unled["blind"] == unled["informed"]).all()
    assert (table["low"] <= table["units"]).all()
    assert (table["units"] <= table["high"]).all()
    assert (table["people"] == 4 * table["units"]).all()
    # A plan that is kept needs more than one made anew, wherever ground and law are uncertain.
    inch = table[
        (table["measure"] == "min_pod") & (table["kit"] == "thermal") & (table["stands"] == 0)
    ]
    assert len(inch)
    assert (inch["units"] > 1.05 * inch["units_replanned"]).all()
    assert (table["payroll"] > table["people"]).all()


def test_no_answer_takes_more_units_than_posts_with_the_same_eyes(table: pd.DataFrame) -> None:
    posts = patrol.FORCES["vehicle_thermal"].model_copy(update={"patrol_km_h": 0.0})

    standing = patrol.answer_table(question(kits={"posts": posts})).query("measure != 'mean_poi'")
    patrols = table.query("kit == 'thermal' and measure != 'mean_poi'")
    for measure, most in standing.groupby("measure")["units"].max().items():
        assert (patrols.loc[patrols["measure"] == measure, "units"] <= most * 1.001).all()
    assert (standing["law"] == "standing").all()


def test_more_crew_or_a_longer_drive_costs_people_and_no_units(table: pd.DataFrame) -> None:
    far = patrol.answer_table(question(drive_h=pd.Series([4.0, 5.0, 9.0])))

    seen = table["measure"] != "mean_poi"
    assert far.loc[seen, "units"].tolist() == table.loc[seen, "units"].tolist()
    assert (far.loc[seen, "payroll"] > table.loc[seen, "payroll"]).all()


def test_states_of_nature_are_drawn_together() -> None:
    apart, together = (drawn_nature(1024, 1, correlation=r) for r in (0.0, 0.7))

    names = list(CORRELATED)
    assert abs(apart[names].corr("spearman").to_numpy()[0, 1]) < 0.03
    assert together[names].corr("spearman").to_numpy()[0, 1] == pytest.approx(0.683, abs=0.02)
    assert apart["r50_factor"].median() == pytest.approx(1.0, abs=0.01)
    assert drawn_nature(100, 1).equals(drawn_nature(100, 1))


@pytest.mark.parametrize(
    ("correlation", "error", "words"),
    [
        (-0.9, InvalidParameterError, "no correlation matrix"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], InvalidParameterError, "eigenvalue"),
        ([[1, 0.5], [0.5, 1]], ShapeMismatchError, "3 rows of 3"),
    ],
)
def test_what_is_no_correlation_is_refused(correlation: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        checked_correlation(correlation)


def test_a_question_refuses_what_no_answer_can_stand_on() -> None:
    for change, words in (
        ({"shift_h": 0.0}, "shift_h must"),
        ({"relief": 0.0}, "relief must"),
        ({"night_h": 25.0}, "night_h must"),
        ({"target": "herd"}, "target must"),
        ({"weights": pd.Series([0.0, 0.0, 0.0])}, "weights must"),
    ):
        with pytest.raises(InvalidParameterError, match=words):
            question(**change)


def test_who_drives_is_seen_farther_and_crosses_faster() -> None:
    usual = question()
    fast = usual.ground.assign(crosser_km_h=30.0)

    walking = patrol.answer_table(question(ground=fast, kits={"eye": usual.kits["eye"]}))
    driving = patrol.answer_table(
        question(ground=fast, kits={"eye": usual.kits["eye"]}, target="vehicle")
    )
    seen = walking["measure"] == "mean_pod"
    # Eyes see 2.3 / 0.75 times as far: so many times fewer units for the same coverage.
    ratio = walking.loc[seen, "units_at_medians"] / driving.loc[seen, "units_at_medians"]
    assert ratio[walking["law"] == "random"].to_numpy() == pytest.approx(2.3 / 0.75, rel=2e-3)


MEASURES = [("mean_pod", "night"), ("min_pod", "dark"), ("mean_poi", "night")]


@pytest.mark.parametrize(("measure", "light"), MEASURES)
@pytest.mark.parametrize("opponent", ["blind", "last_pass", "informed"])
@pytest.mark.parametrize("law", ["random", "beats_soft"])
def test_what_units_reach_is_the_table_read_the_other_way(
    law: str, opponent: str, measure: str, light: str
) -> None:
    asked = question()
    row = {"law": law, "opponent": opponent, "measure": measure}
    drawn = patrol.answer_draws(asked, "eye", **row)
    target = 0.95 if measure == "min_pod" else 0.5
    found = patrol.answer_pod(asked, drawn["units"].iloc[:1], "eye", light=light, **row)
    assert found["share_at_medians"][0] == pytest.approx(target, abs=2e-6)
    assert found["low"][0] < found["share"][0] < found["high"][0]
    more = patrol.answer_pod(asked, [0.0, 5.0, 50.0, 500.0], "eye", light=light, **row)
    assert (more["share"].diff().dropna() >= 0).all()
    assert more["share"][0] == more["high"][0] == 0.0


def test_a_moving_unit_is_worth_at_least_a_post_with_its_eyes() -> None:
    asked = question(
        kits={
            "moving": patrol.FORCES["vehicle_thermal"],
            "standing": patrol.Force(sensor="vehicle_thermal", patrol_km_h=0),
        }
    )
    for measure, light in (("mean_pod", "night"), ("min_pod", "dark")):
        moving, standing = (
            patrol.answer_pod(asked, [1.0, 4.0], kit, light=light, measure=measure)
            for kit in ("moving", "standing")
        )
        assert (moving["share"] >= standing["share"] - 1e-6).all()


def test_a_row_of_the_table_is_the_quantiles_of_its_draws(table: pd.DataFrame) -> None:
    drawn = patrol.answer_draws(question(), "thermal", law="beats_soft", measure="min_pod")
    row = table.query("kit == 'thermal' and law == 'beats_soft' and measure == 'min_pod'").iloc[0]
    assert drawn.loc[0, "units"] == row["units_at_medians"]
    for name in ("units", "people", "payroll"):
        low, high = drawn.loc[1:, name].quantile([0.05, 0.95])
        assert row["low" if name == "units" else f"{name}_low"] == pytest.approx(low, rel=0.1)
        assert row["high" if name == "units" else f"{name}_high"] == pytest.approx(high, rel=0.1)
    assert list(drawn.columns[3:]) == list(patrol.NATURE)


def test_draws_made_elsewhere_are_taken_as_they_are() -> None:
    asked = question()
    rows = asked.drawn.iloc[1:4].reset_index(drop=True)
    given = patrol.answer_draws(question(draws=rows), "eye")
    # The eye's range holds the mask, so that the parts of single segments change nothing.
    pd.testing.assert_frame_equal(given, patrol.answer_draws(asked, "eye").iloc[:4])
    for wrong, words in (
        (rows.drop(columns="followed_up"), "got 3 rows without followed_up"),
        (rows.iloc[:1], "need two rows or more"),
        (rows.assign(followed_up=1.5), "draws of followed_up must lie between 0 and 1, got 1.5"),
        (rows.assign(r50_factor=0.0), "draws of r50_factor must be above 0 and finite, got 0"),
        (rows.assign(r50_factor=np.nan), "draws of r50_factor"),
    ):
        with pytest.raises(InvalidParameterError, match=words):
            question(draws=wrong)


def test_sobol_indices_say_which_state_of_nature_decides_the_people() -> None:
    asked = question()
    table = patrol.answer_sobol(asked, "thermal", law="beats_soft", n=512)
    assert set(table["assumption"]) == {*patrol.NATURE, "f_mask_own"}
    assert table["total"].is_monotonic_decreasing
    assert table["first_order"].sum() == pytest.approx(1, abs=0.2)
    pd.testing.assert_frame_equal(
        table, patrol.answer_sobol(asked, "thermal", law="beats_soft", n=512)
    )
    by_name = table.set_index("assumption")
    # Seeing hangs on nobody's response.
    for name in ("response_speed_factor", "followed_up"):
        assert by_name.loc[name, "total"] == pytest.approx(0, abs=1e-9)
        low, high = by_name.loc[name, ["people_low", "people_high"]].to_numpy(float)
        assert low == high
    columns = ["people_high", "people", "people_low"]
    assert (np.diff(by_name.loc["r50_factor", columns].to_numpy(float)) > 0).all()
    fixed = {
        name: patrol.Assumption(
            name=name, distribution="fixed", parameters=(value,), unit="1", source="test"
        )
        for name, value in zip(patrol.NATURE, asked.drawn.to_numpy()[0], strict=True)
    }
    alone = patrol.answer_sobol(question(nature=fixed), "thermal", n=64).set_index("assumption")
    assert alone.loc["f_mask_own", "total"] == pytest.approx(1, abs=1e-6)
    with pytest.raises(InvalidParameterError, match="power of two such as 1024, got 100"):
        patrol.answer_sobol(asked, "eye", n=100)


def test_a_width_of_ones_own_is_seen_by_and_recognises_nobody() -> None:
    sensor = dataclasses.replace(patrol.SENSORS["small_drone"], width_km=0.5, source="own trial")
    asked = question(kits={"drone": patrol.Force(sensor=sensor, patrol_km_h=40)})
    table = patrol.answer_table(asked).set_index(["measure", "law", "opponent"])
    seen = table.xs(("mean_pod", "random", "blind"))[["low", "units", "high"]].to_numpy(float)
    assert 0 < seen[0] < seen[1] < seen[2]
    stopped = table.xs("mean_poi")[["units", "people", "payroll", "attainable"]]
    assert np.isnan(stopped.to_numpy(float)).all()


def test_words_that_no_table_has_are_refused() -> None:
    asked = question()
    for words, match in (
        ({"kit": "eyes"}, "kit must be one of eye, thermal, got 'eyes'; did you mean 'eye'"),
        ({"kit": "eye", "law": "beats"}, "law must be one of random, beats_soft"),
        (
            {"kit": "eye", "measure": "min_poi"},
            "measure must be one of mean_pod, min_pod, mean_poi",
        ),
        ({"kit": "eye", "opponent": "police"}, "opponent must be one of"),
    ):
        with pytest.raises(InvalidParameterError, match=match):
            patrol.answer_draws(asked, **words)
    with pytest.raises(InvalidParameterError, match="light must be one of night, dark, day"):
        patrol.answer_pod(asked, 3, "eye", light="dusk")
    with pytest.raises(InvalidParameterError, match="units must be 0 or more"):
        patrol.answer_pod(asked, [-1], "eye")


def test_a_night_of_one_light_is_that_light() -> None:
    """A full moon alone is no dark night, nor is it a night of two states that are both full."""
    full = pd.DataFrame({"moonlight": [0.9], "share": [1.0]})
    twice = pd.DataFrame({"moonlight": [0.9, 0.9], "share": [0.4, 0.6]})
    dark = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})
    units = [
        float(patrol.answer_draws(question(night=night), "eye")["units"].iloc[0])
        for night in (dark, full, twice)
    ]
    assert units[1] == units[2] < 0.5 * units[0]


@pytest.mark.parametrize("law", ["random", "beats_soft"])
@pytest.mark.parametrize("measure", ["mean_pod", "min_pod", "mean_poi"])
def test_two_halves_of_every_segment_take_what_the_whole_takes(law: str, measure: str) -> None:
    """A longer list of the same ground is the same border."""
    whole = question()
    twice = np.repeat(np.arange(3), 2)
    halves = question(
        lengths_km=pd.Series(np.full(6, 5.0)),
        ground=whole.ground.iloc[twice].reset_index(drop=True),
        weights=pd.Series(np.asarray(whole.weights)[twice] / 2),
        drive_h=pd.Series(np.asarray(whole.drive_h)[twice]),
    )
    for kit in whole.kits:
        one, two = (
            patrol.answer_draws(asked, kit, law=law, measure=measure).iloc[0]
            for asked in (whole, halves)
        )
        np.testing.assert_allclose(one[:3].astype(float), two[:3].astype(float), rtol=1e-8)


@pytest.mark.parametrize("kit", ["eye", "thermal"])
@pytest.mark.parametrize("measure", ["mean_pod", "min_pod", "mean_poi"])
def test_better_eyes_more_moon_and_slower_crossers_never_take_more(kit: str, measure: str) -> None:
    nature = question().drawn.iloc[[0, 0]]

    def units(night: Any = None, **states: float) -> float:
        changes = {} if night is None else {"night": night}
        asked = question(draws=nature.assign(**states), **changes)
        return float(patrol.answer_draws(asked, kit, measure=measure)["units"].iloc[1])

    usual = units()
    assert units(r50_factor=1.5) < usual
    assert units(patrol_speed_factor=1.2) < usual
    assert units(crosser_speed_factor=0.8) < usual
    moonlit = pd.DataFrame({"moonlight": [0.2, 0.9], "share": [0.5, 0.5]})
    assert units(moonlit) <= usual
    assert units(moonlit) < usual or kit == "thermal" or measure == "min_pod"


def test_ground_that_no_road_reaches_has_no_reserve() -> None:
    """An infinite drive is as one that is not known, but for the payroll; and nothing is said of it aloud."""
    asked = {
        name: question(drive_h=pd.Series([0.5, 2.0, drive]))
        for name, drive in (("never", np.inf), ("unknown", np.nan))
    }
    found = {
        name: patrol.answer_draws(one, "eye", measure="mean_poi") for name, one in asked.items()
    }
    pd.testing.assert_series_equal(found["never"]["units"], found["unknown"]["units"])
    assert np.isfinite(found["never"]["units"].iloc[0])
    assert found["never"]["payroll"].iloc[0] == np.inf
    assert np.isnan(found["unknown"]["payroll"].iloc[0])


@pytest.mark.parametrize("hidden", [0.1, 0.42, 0.7, 0.93])
def test_posts_are_as_many_as_their_curve_asks_for(hidden: float) -> None:
    """Read off a table, on any ground: so far apart they see the target, by the sum over their curve itself."""
    ground = pd.DataFrame({"f_mask": [hidden], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
    for sensor in ("night_vision_goggles", "vehicle_thermal"):
        asked = patrol.KitQuestion(
            kits={"posts": patrol.Force(sensor=sensor, patrol_km_h=0)},
            lengths_km=pd.Series([100.0]),
            ground=ground,
            draws=2,
        )
        curve = patrol.lateral_curve(sensor, "night", hidden, watch=patrol.Watch(patrol_km_h=0))
        sides = curve["range_km"].to_numpy(), curve["pod"].to_numpy()
        for measure, told, target in (("mean_pod", "mean", 0.5), ("min_pod", "minimum", 0.95)):
            count = patrol.answer_draws(asked, "posts", measure=measure)["units"].iloc[0]
            seen = patrol.standing(sides, 100.0 / count, correlation=0.3)
            assert getattr(seen, told) == pytest.approx(target, abs=0.015)


def test_draws_out_of_reach_count_alike_in_every_lot_of_samples() -> None:
    """What decides nothing owns nothing, also where some draws have no number."""
    asked = question(stopping=patrol.Stopping(cover_km=2.2))
    drawn = patrol.answer_draws(asked, "eye", measure="mean_poi")["units"]
    assert 0 < np.isfinite(drawn).mean() < 1
    table = patrol.answer_sobol(asked, "eye", measure="mean_poi", n=64).set_index("assumption")
    # The range of the eye holds the mask.
    for name in ("f_mask_position", "f_mask_own"):
        assert table.loc[name, "total"] == pytest.approx(0, abs=1e-9)
    never = question(stopping=patrol.Stopping(cover_km=0.1))
    with pytest.raises(InvalidParameterError, match="no number of kit 'eye' is enough in any draw"):
        patrol.answer_sobol(never, "eye", measure="mean_poi", n=16)
