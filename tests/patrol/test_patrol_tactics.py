"""Laws of a segment and who watches back: published values, order, limits, refusals."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS

import borderzone
from borderzone import patrol
from borderzone.errors import BorderzoneError, InvalidParameterError
from borderzone.patrol.answer.curve import units_for_target
from borderzone.patrol.theory import barrier, imaging, search, soft_beats, tactics

coverages = st.floats(0, 50)
probabilities = st.floats(0, 1, exclude_max=True)
closed = pytest.mark.parametrize("law", tactics.POD)


@pytest.mark.parametrize(
    ("coverage", "law", "units", "pod"),
    [
        (0.764853, "random", None, 0.534598),
        (0.764853, "memoryless", None, 0.534598),
        (0.764853, "beats", None, 0.618603),
        (0.764853, "inverse_cube", None, 0.662240),
        (0.254951, "independent", 1, 0.238701),
        (0.509902, "independent", 2, 0.419307),
        (0.764853, "independent", 3, 0.556145),
        (1.0, "beats", None, 0.75),
        (2.5, "beats", None, 1.0),
        (1.0, "beats_soft", None, 0.715494),
        (2.0, "beats_soft", 3, 0.956195),
    ],
)
def test_laws_of_a_segment_give_the_published_values(
    coverage: float, law: str, units: int | None, pod: float
) -> None:
    """20 km, 1 km wide, five times as fast as the crosser: one, two and three units."""
    assert patrol.detection_for(coverage, law, units=units) == pytest.approx(pod, abs=1.1e-6)


def test_one_independent_unit_goes_back_and_forth() -> None:
    """With nobody beside it, the law of its beat."""
    coverage = np.linspace(0, 1, 21)
    np.testing.assert_allclose(
        patrol.detection_for(coverage, "independent", units=1),
        patrol.detection_for(coverage, "beats"),
        atol=1e-15,
    )


@given(st.floats(0, 1), st.integers(1, 40))
def test_independent_units_detect_no_more_than_on_beats_of_their_own(
    one: float, units: int
) -> None:
    """They overlap each other too, and not only themselves at the turns."""
    coverage = one * units
    pod = float(patrol.detection_for(coverage, "independent", units=units))
    assert pod <= float(patrol.detection_for(coverage, "beats")) + 1e-12


def test_many_independent_units_are_random_ones() -> None:
    """Of each of many little is left to overlap itself."""
    assert patrol.detection_for(1.5, "independent", units=100_000) == pytest.approx(
        patrol.detection_for(1.5, "random"), abs=1e-5
    )


@given(coverages)
def test_beats_lie_between_random_and_the_bound(coverage: float) -> None:
    """Turning back at the ends costs something, but less than no plan at all."""
    pod = float(patrol.detection_for(coverage, "beats"))
    assert float(patrol.random_search(coverage)) <= pod + 1e-15
    assert pod <= float(patrol.exhaustive_search(coverage)) + 1e-15


@given(coverages)
def test_led_units_never_detect_more_than_their_bound(coverage: float) -> None:
    """Nor less than random ones, but for what the fit is off where there is hardly any coverage."""
    pod = float(patrol.detection_for(coverage, "beats_soft"))
    assert pod <= float(patrol.exhaustive_search(coverage)) + 1e-15
    assert pod >= float(patrol.random_search(coverage)) - 0.002
    if coverage > 0.163:
        assert pod >= float(patrol.random_search(coverage)) - 1e-15


@closed
@given(low=coverages, more=st.floats(0, 5))
def test_more_coverage_never_detects_less(law: str, low: float, more: float) -> None:
    assert float(patrol.detection_for(low + more, law)) >= float(patrol.detection_for(low, law))


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@given(coverage=coverages, step=st.floats(1e-3, 5))
def test_laws_of_plans_have_diminishing_returns(law: str, coverage: float, step: float) -> None:
    """Concave, which the optimal plan rests on."""
    low, middle, high = (float(patrol.detection_for(coverage + k * step, law)) for k in range(3))
    assert high - middle <= middle - low + 1e-12


@pytest.mark.parametrize(
    ("law", "pod", "coverage"),
    [
        ("random", 0.5, 0.693147),
        ("random", 0.8, 1.609438),
        ("random", 0.9, 2.302585),
        ("random", 0.95, 2.995732),
        ("random", 0.99, 4.605170),
        ("inverse_cube", 0.5, 0.538165),
        ("inverse_cube", 0.8, 1.022530),
        ("inverse_cube", 0.9, 1.312403),
        ("inverse_cube", 0.95, 1.563825),
        ("inverse_cube", 0.99, 2.055214),
        ("beats", 0.5, 0.585786),
        ("beats", 0.95, 1.552786),
        ("beats_soft", 0.5, 0.609556),
        ("beats_soft", 0.95, 1.938742),
    ],
)
def test_required_coverage_has_the_published_values(law: str, pod: float, coverage: float) -> None:
    """The inverses of the laws."""
    assert tactics.coverage_for(pod, law) == pytest.approx(coverage, abs=5e-7)


@closed
@given(pod=probabilities)
def test_required_coverage_gives_back_the_detection(law: str, pod: float) -> None:
    """Law and inverse undo each other, down to the smallest probabilities."""
    back = patrol.detection_for(float(tactics.coverage_for(pod, law)), law)
    assert back == pytest.approx(pod, rel=1e-9, abs=1e-15)


@given(st.floats(0, 1), st.integers(1, 12))
def test_independent_units_reach_what_they_can(pod: float, units: int) -> None:
    """Beyond the coverage that the law covers the answer is infinite."""
    most = 1 - 0.5**units / (units + 1)
    found = float(tactics.coverage_for(pod, "independent", units=units))
    if pod > most:
        assert found == np.inf
    elif pod < most - 1e-12:
        back = patrol.detection_for(found, "independent", units=units)
        assert back == pytest.approx(pod, abs=1e-9)


def test_certainty_takes_infinite_effort_of_all_but_bounds() -> None:
    """Each nine costs the same again; patrols without a definite range never reach 1."""
    for law in ("random", "memoryless", "beats_soft", "inverse_cube"):
        assert tactics.coverage_for(1.0, law) == np.inf
    assert tactics.coverage_for(1.0, "beats") == 2
    assert str(tactics.coverage_for(0.0)) == "0.0"
    assert tactics.coverage_for(0.0, "beats_soft") == 0


@given(st.floats(0, 40) | st.floats(40, 1e4))
def test_what_the_next_unit_gains_tells_how_many_there_are(coverage: float) -> None:
    """The marginal inverse of the soft law against its derivative by hand."""
    exponent = coverage * (0.95 + 0.307 * coverage)
    log_gain = np.log(0.95 + 0.614 * coverage) - exponent
    found = tactics.soft_coverage_at_gain(np.array(log_gain))
    assert float(found) == pytest.approx(coverage, rel=1e-9, abs=1e-7)


def test_no_coverage_misses_everything_to_the_last_bit() -> None:
    for law in tactics.POD:
        assert tactics.missed_in_place(np.zeros(3), law).tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"law": "exhaustive"}, "law must be one of"),
        ({"law": "independent"}, r"give units=, such as 3"),
        ({"law": "independent", "units": 1.5}, "units must be a whole number"),
        ({"law": "independent", "units": 1}, r"1 or less for 1 independent units.*give 3 units"),
        ({"coverage": -1.0}, "coverage must be 0 or more"),
    ],
)
def test_a_law_that_cannot_answer_says_what_to_do(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        patrol.detection_for(**({"coverage": 2.5} | given))


def line_of_beats(coverage: float, ratio: float, *, timed: bool, steps: int = 400) -> Any:
    """POD by place against units on beats side by side, summed step by step along their way."""
    # As slow as it is plain: units every few metres of a zigzag, r^-3 added up, phases in turn.
    width = coverage / np.hypot(1, ratio)
    way = np.arange(-12, 12, 1 / steps) + 0.5 / steps
    places = np.linspace(0, 1, 21)
    missed = np.ones_like(places)
    for beat in (-1, 0, 1):
        phases = np.arange(40) / 20 + 0.0123
        if timed and beat == 0:
            phases = np.array([1.0])
        of_beat = np.zeros_like(places)
        for phase in phases:
            folded = np.abs((way + phase + 1) % 2 - 1) + beat
            for i, place in enumerate(places):
                far = 1.0 if place <= 0.5 else 0.0
                x = (np.abs((way + far + 1) % 2 - 1) if timed and beat == 0 else folded) - place
                r2 = x**2 + (way / ratio) ** 2
                step = np.hypot(1, 1 / ratio) / steps
                of_beat[i] += np.exp(-(width**2) / (8 * np.pi) * np.sum(step / r2**1.5))
        missed *= of_beat / len(phases)
    return 1 - missed


@pytest.mark.parametrize(("coverage", "ratio"), [(0.8, 5.0), (1.6, 2.0)])
def test_tables_of_led_units_agree_with_sums_along_their_way(coverage: float, ratio: float) -> None:
    """Weakest place, and the last pass there."""
    for opponent, timed in (("blind", False), ("last_pass", True)):
        found = line_of_beats(coverage, ratio, timed=timed)
        table = patrol.weakest_place(coverage, "beats_soft", speed_ratio=ratio, opponent=opponent)
        assert float(table) <= found.min() + 0.002
        assert float(table) == pytest.approx(
            found.min(), abs=0.015
        )  # between places that were tried


@pytest.mark.parametrize(("ratio", "column"), [(2.0, 8), (5.5, 12)])
def test_tables_of_led_units_are_what_their_script_writes(ratio: float, column: int) -> None:
    """A few points anew, by the script itself."""
    sys.path.insert(0, str(TESTS.parent / "scripts"))
    script = importlib.import_module("opponent_table")
    row = script.SPEED_RATIOS.index(ratio)

    line = script.Line(ratio)
    anew = line.exponents(script.COVERAGES[column])

    assert script.COVERAGES == soft_beats.COVERAGES
    assert script.SPEED_RATIOS == soft_beats.SPEED_RATIOS
    for name, (kind, _) in script.NAMES.items():
        assert getattr(soft_beats, name)[row][column] == pytest.approx(anew[kind], abs=6e-6)
    assert soft_beats.INFORMED[row] == pytest.approx(line.informed, abs=6e-6)
    assert soft_beats.INFORMED_ALONE[row] == pytest.approx(line.alone, abs=6e-6)


def test_definite_beats_give_who_watches_what_the_round_says() -> None:
    """20 km, 1 km wide, five times as fast: three units, and then enough of them."""
    one: dict[str, Any] = {"law": "beats", "speed_ratio": 5.0}
    assert patrol.detection_against(0.764853, opponent="last_pass", **one) == 0
    assert patrol.detection_against(1.4, opponent="last_pass", **one) == pytest.approx(0.4)
    assert patrol.detection_against(1.999, opponent="informed", **one) == 0
    assert patrol.detection_against(2.0, opponent="informed", **one) == 1
    # By hand: C / 2 at an end; C / 2 + C / (2 sqrt(26)) one range inside.
    assert patrol.weakest_place(0.8, neighbours=False, **one) == pytest.approx(0.4)
    assert patrol.weakest_place(0.8, **one) == pytest.approx(0.4 + 0.4 / np.sqrt(26))


@given(coverage=st.floats(0.01, 2.2), ratio=st.floats(0.1, 50))
def test_the_weakest_place_of_definite_beats_is_that_of_a_search_along_them(
    coverage: float, ratio: float
) -> None:
    """Every place, with the looks of both neighbours beyond the turn of their units."""
    inside = coverage / 2 / np.hypot(1, ratio)
    at = np.append(np.linspace(0, 0.5, 2001), min(inside, 0.5))
    own = np.minimum(1, np.minimum(coverage / 2, at) + np.minimum(coverage / 2, 1 - at))

    def over(far: Any) -> Any:
        cap = np.sqrt(np.maximum(inside**2 - far**2, 0))
        near = np.where(cap <= ratio * far, cap, (inside * np.hypot(1, ratio) - far) / ratio)
        return np.where(far < inside, np.minimum(1, near * ratio), 0)

    least = float((1 - (1 - own) * (1 - over(at)) * (1 - over(1 - at))).min())
    found = patrol.weakest_place(coverage, "beats", speed_ratio=ratio)
    assert found >= least - 1e-9
    assert found <= least + (1e-9 if coverage <= 1.68 else 0.003)


def test_independent_units_lose_the_one_that_was_seen() -> None:
    """Three of them, .556 of who is blind and .419 of who saw one pass."""
    three: dict[str, Any] = {"law": "independent", "speed_ratio": 5.0, "units": 3}
    assert patrol.detection_against(0.764853, **three) == pytest.approx(0.556145, abs=1e-6)
    seen = patrol.detection_against(0.764853, opponent="last_pass", **three)
    assert seen == pytest.approx(0.419307, abs=1e-6)
    alone = {"law": "independent", "speed_ratio": 5.0, "units": 1}
    assert patrol.detection_against(0.25, opponent="last_pass", **alone) == 0  # type: ignore[arg-type]  # one dict of several kinds
    assert patrol.weakest_place(0.75, **three) == pytest.approx(1 - 0.875**3)


@given(coverage=st.floats(0.05, 6), ratio=st.floats(0.05, 80))
def test_who_knows_more_is_detected_less(coverage: float, ratio: float) -> None:
    """Blind, last pass, informed; anywhere, at the weakest place, at an end."""
    for law in ("random", "memoryless", "beats", "beats_soft"):
        one: dict[str, Any] = {"law": law, "speed_ratio": ratio}
        anywhere = [
            patrol.detection_against(coverage, opponent=x, **one) for x in tactics.OPPONENTS
        ]
        weakest = [patrol.weakest_place(coverage, opponent=x, **one) for x in tactics.OPPONENTS]
        end = [
            patrol.weakest_place(coverage, opponent=x, neighbours=False, **one)
            for x in tactics.OPPONENTS
        ]
        for row in (anywhere, weakest, end):
            assert row[0] >= row[1] - 1e-3
            assert row[1] >= row[2] - 1e-3
        assert (np.array(anywhere) >= np.array(weakest) - 1e-3).all()
        assert (np.array(weakest) >= np.array(end) - 1e-3).all()
        assert weakest[2] == pytest.approx(anywhere[2])


@pytest.mark.parametrize("law", ["random", "beats", "beats_soft"])
@pytest.mark.parametrize("opponent", tactics.OPPONENTS)
@pytest.mark.parametrize("place", ["anywhere", "weakest", "end"])
def test_more_coverage_never_helps_who_watches(law: str, opponent: str, place: str) -> None:
    coverage = np.linspace(0, 10, 2001)
    for ratio in (0.05, 0.3, 1.0, 1.22, 3.0, 7.7, 100.0):
        pod = tactics.pod_against(coverage, law, opponent, np.full(2001, ratio), place=place)
        assert ((pod >= 0) & (pod <= 1)).all()
        assert (np.diff(pod) >= -1e-12).all()


@pytest.mark.parametrize("law", ["random", "memoryless", "beats", "beats_soft"])
@pytest.mark.parametrize("opponent", tactics.OPPONENTS)
@pytest.mark.parametrize("place", ["anywhere", "weakest", "end"])
@pytest.mark.parametrize("few", [True, False])
def test_coverage_against_an_opponent_is_just_enough(
    law: str,
    opponent: str,
    place: str,
    few: bool,  # noqa: FBT001 - a case of a test
) -> None:
    """Found one by one, and on a grid where there are many speed ratios."""
    ratio = np.array([0.2, 1.0, 4.0, 30.0]) if few else np.geomspace(0.1, 50, 2000)
    near = 1e-9 if few else 2e-3
    for target in (0.5, 0.95):
        found = tactics.coverage_against(target, law, opponent, ratio, place=place)
        enough = tactics.pod_against(found * (1 + near), law, opponent, ratio, place=place)
        short = tactics.pod_against(found * (1 - near), law, opponent, ratio, place=place)
        assert (enough >= target).all()
        assert (short <= target).all()
    assert (tactics.coverage_against(0.0, law, opponent, ratio, place=place) == 0).all()
    certain = tactics.coverage_against(1.0, law, opponent, ratio, place=place)
    assert (np.isfinite(certain) if law == "beats" else np.isinf(certain)).all()


@pytest.mark.parametrize(
    ("law", "opponent", "message"),
    [
        (
            "independent",
            "informed",
            r"'independent' detects of an opponent 'informed' is not known",
        ),
        ("inverse_cube", "last_pass", r"it is a bound: use law='beats_soft'"),
        ("beats_soft", "lucky", "opponent must be one of"),
    ],
)
def test_what_is_not_known_of_an_opponent_is_no_guess(
    law: str, opponent: str, message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        patrol.detection_against(0.5, law, opponent, speed_ratio=5, units=3)


def bell(x: float) -> float:
    return float(0.9 * np.exp(-((x / 0.3) ** 2) / 2))


def eye(x: float) -> float:
    """Give the chance to see a walker at night: even at 75 m, by the curve of imaging sensors."""
    return float(imaging.imaging_probability(max(abs(x), 1e-6) * 1000, r50_m=75))


@pytest.mark.parametrize(("apart", "mean"), [(0.5, 0.909029), (1.0, 0.650008), (2.0, 0.338392)])
def test_posts_at_even_spacing_detect_the_published_mean(apart: float, mean: float) -> None:
    assert patrol.standing(bell, apart).mean == pytest.approx(mean, abs=1e-6)


def test_posts_one_sweep_width_apart_have_a_weak_place() -> None:
    """Mean .8207 and minimum .7274; for .95 of them 1.678 and 1.779 posts a sweep width."""
    width = float(search.sweep_width_gaussian(0.3, peak=0.9))
    found = patrol.standing(bell, width)
    assert (found.mean, found.minimum) == pytest.approx((0.8207, 0.7274), abs=5e-5)
    assert patrol.standing(bell, width / 1.678).mean == pytest.approx(0.95, abs=1e-4)
    assert patrol.standing(bell, width / 1.779).minimum == pytest.approx(0.95, abs=1e-4)


def test_eyes_on_599_km_by_night() -> None:
    """4,372 posts see 95 % on average, 5,360 at the weakest place; a definite range 3,994 everybody."""
    assert patrol.standing(eye, 599 / 4372, clip_km=10).mean == pytest.approx(0.95, abs=2e-5)
    assert patrol.standing(eye, 599 / 5360, clip_km=10).minimum == pytest.approx(0.95, abs=5e-5)
    definite = patrol.standing(lambda x: float(abs(x) <= 0.075), 599 / 3994, breaks_km=[0.075])
    assert definite.mean == pytest.approx(1.0)
    assert definite.minimum == 1.0


@given(width=st.floats(0.05, 2), apart=st.floats(0.1, 4))
def test_posts_with_a_definite_range_cover_their_share(width: float, apart: float) -> None:
    found = patrol.standing(
        lambda x: float(abs(x) <= width / 2), apart, clip_km=5, breaks_km=[width / 2]
    )
    assert found.mean == pytest.approx(min(1.0, width / apart), abs=1e-9)


@pytest.mark.parametrize("coverage", [0.5, 1.0, 2.0])
def test_evenly_spaced_passes_are_posts_with_the_same_curve(coverage: float) -> None:
    """Inverse cube: the mean over places is the error function, so the bound is `standing`."""
    k = 1 / (4 * np.pi)
    found = patrol.standing(
        lambda x: float(-np.expm1(-k / max(x * x, 1e-12))), 1 / coverage, clip_km=500 / coverage
    )
    assert found.mean == pytest.approx(patrol.inverse_cube_search(coverage), abs=1e-4)


@given(coverages)
def test_no_law_detects_more_than_posts_with_its_curve_at_its_coverage(coverage: float) -> None:
    """Definite ranges against the share covered, inverse cubes against the error function."""
    definite, cube = patrol.exhaustive_search(coverage), patrol.inverse_cube_search(coverage)
    for law in ("random", "memoryless", "beats"):
        assert patrol.detection_for(coverage, law) <= definite + 1e-12
    units = int(np.ceil(coverage)) or 1
    assert patrol.detection_for(coverage, "independent", units=units) <= definite + 1e-12
    assert patrol.detection_for(coverage, "beats_soft") <= cube + 1e-12


@given(pod=st.floats(0.01, 1), ratio=st.floats(np.sqrt(3), 50))
def test_fast_units_with_a_definite_range_are_never_more_than_posts(
    pod: float, ratio: float
) -> None:
    """A theorem from a speed ratio of the root of 3 on: 2 / (1 + sqrt(1 - P)) <= 2."""
    units = float(tactics.coverage_for(pod, "beats")) / np.hypot(1, ratio)
    assert units <= pod + 1e-12  # in sweep widths over the length


def test_slow_units_may_be_more_than_posts() -> None:
    """So that the cap is applied, and not only proved."""
    assert float(tactics.coverage_for(1.0, "beats")) / np.hypot(1, 1.0) > 1.0
    assert float(tactics.coverage_for(0.95, "random")) / np.hypot(1, 1.0) > 0.95


def test_posts_that_see_one_place_are_less_than_independent() -> None:
    """More alike, less seen; equal looks as the beta-binomial has them: .831930, .763244, .641709."""
    flat = ([0.0, 2.5], [0.3, 0.3])
    for correlation, pod in ((0.0, 0.831930), (0.1, 0.763244), (0.3, 0.641709)):
        found = patrol.standing(flat, 1.0, correlation=correlation)
        assert found.mean == pytest.approx(pod, abs=1e-6)  # five posts see each place
    seen = [patrol.standing(bell, 0.3, correlation=r).mean for r in (0.0, 0.3, 0.6, 0.9)]
    assert (np.diff(seen) < 0).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"curve": 3}, "curve must be a function of the range in km, or a table"),
        ({"curve": lambda _: 1.5}, "the curve must lie between 0 and 1"),
        ({"curve": lambda _: 0.5}, "give clip_km, the farthest that a post sees"),
        ({"spacing_km": 0}, "spacing_km must be a finite number above 0"),
        ({"correlation": 1.0}, "correlation must lie between 0 and 1, 1 left out"),
    ],
)
def test_posts_of_no_sense_are_refused(given: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"curve": bell, "spacing_km": 1.0}
    with pytest.raises(InvalidParameterError, match=message):
        patrol.standing(**(usual | given))


@pytest.mark.parametrize("law", ["random", "beats_soft", "beats"])
@pytest.mark.parametrize("measure", ["mean_pod", "min_pod"])
def test_two_halves_of_a_segment_take_what_the_whole_takes(law: str, measure: str) -> None:
    whole = units_for_target([0.2], [1.0], 0.8, measure=measure, law=law)
    halves = units_for_target([0.4, 0.4], [0.5, 0.5], 0.8, measure=measure, law=law)
    assert halves == pytest.approx(whole, rel=1e-9)


@given(
    width=st.floats(0.1, 3), patrol_km_h=st.floats(1, 60), units=st.floats(0.1, 50),
    more=st.floats(1, 3),
)  # fmt: skip
def test_more_units_range_or_speed_never_detect_less(
    width: float, patrol_km_h: float, units: float, more: float
) -> None:
    one = {"length_km": 20.0, "crosser_km_h": 4.0}
    usual = {"sweep_width_km": width, "patrol_km_h": patrol_km_h, "unit_count": units}
    base = barrier.barrier_coverage(**one, **usual)
    for name, value in usual.items():
        raised = barrier.barrier_coverage(**one, **(usual | {name: value * more}))
        for law in tactics.POD:
            assert patrol.detection_for(raised, law) >= patrol.detection_for(base, law)


def test_a_scenario_plans_by_laws_of_forces_and_one_bound() -> None:
    """The bound that is kept to compare with; the other is refused."""
    assert borderzone.Scenario().law == "random"
    assert borderzone.Scenario(law="beats_soft").law == "beats_soft"
    with pytest.raises(BorderzoneError, match="law"):
        borderzone.Scenario(law="inverse_cube")
