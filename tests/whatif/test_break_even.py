"""Break-even: the units of one kit that reach, in each draw, what units of another do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from borderzone.errors import InvalidParameterError
from borderzone.patrol import (
    FORCES,
    ExistingPosts,
    Force,
    KitQuestion,
    answer_break_even,
    answer_pod,
)
from borderzone.patrol.answer.kit_draws import Kit
from borderzone.whatif import break_even

if TYPE_CHECKING:
    from borderzone.study import StudyResult

SEGMENTS = 8
WAYS = [
    ("random", "blind"),
    ("beats_soft", "blind"),
    ("beats_soft", "last_pass"),
    ("beats_soft", "informed"),
]


@pytest.fixture(scope="module")
def asked() -> KitQuestion:
    """Ask of uneven ground, under a moon that rises, with a drive to each segment."""
    rng = np.random.default_rng(3)
    ground = pd.DataFrame(
        {
            "f_mask": rng.uniform(0.1, 0.6, SEGMENTS),
            "f_mask_low": 0.1,
            "f_mask_high": 0.7,
            "patrol_speed_factor": rng.uniform(0.6, 1.0, SEGMENTS),
            "crosser_km_h": rng.uniform(2.0, 5.0, SEGMENTS),
        }
    )
    return KitQuestion(
        kits={
            "eye": FORCES["vehicle_patrol"],
            "goggles": FORCES["vehicle_night_vision"],
            "posts": Force(sensor="tower_thermal", patrol_km_h=0),
        },
        lengths_km=pd.Series(np.full(SEGMENTS, 10.0)),
        ground=ground,
        drive_h=pd.Series(rng.uniform(0.2, 3.0, SEGMENTS)),
        night=pd.DataFrame({"moonlight": [0.0, 0.6], "share": [0.5, 0.5]}),
        draws=6,
    )


@pytest.mark.parametrize(("law", "opponent"), WAYS)
@pytest.mark.parametrize(
    ("measure", "light"), [("mean_pod", "night"), ("min_pod", "dark"), ("mean_poi", "night")]
)
def test_at_break_even_both_reach_the_same_in_each_draw(
    asked: KitQuestion, measure: str, light: str, law: str, opponent: str
) -> None:
    """Read forward again, the units of each draw give the share of the other kit, to a millionth."""
    found = answer_break_even(
        asked, asked, 20, kits=("eye", "goggles"), laws=(law, law), opponent=opponent, light=light,
        measure=measure,
    )  # fmt: skip
    eye = Kit(asked, asked.kits["eye"])

    assert len(found) == 7
    assert np.isfinite(found["units"]).all()
    for draw, row in enumerate(found.to_dict("records")):
        forward = eye.reached_with(row["units"], measure, law, opponent, light)
        assert forward[draw] == pytest.approx(row["share"], abs=1e-6)
    assert found["people"].tolist() == (4 * found["units"]).tolist()


@pytest.mark.parametrize("measure", ["mean_pod", "min_pod"])
def test_who_stands_better_than_he_moves_breaks_even_standing(
    asked: KitQuestion, measure: str
) -> None:
    """Many units that nobody leads do best as posts: of those the number is told."""
    found = answer_break_even(asked, asked, 60, kits=("goggles", "goggles"), measure=measure)
    goggles = Kit(asked, asked.kits["goggles"])
    standing = goggles.posts_reach(60.0, measure, "night")

    assert (found["share"] == standing).any()
    np.testing.assert_allclose(found["units"], 60.0, rtol=1e-3)


@pytest.mark.parametrize(("law", "opponent"), WAYS)
def test_equal_kits_are_worth_the_same_number(asked: KitQuestion, law: str, opponent: str) -> None:
    """What posts of the same eyes would do is told to a millionth of the share, and so is this."""
    for measure, light in (("mean_pod", "night"), ("min_pod", "dark"), ("mean_poi", "night")):
        found = answer_break_even(
            asked, asked, 20, kits=("goggles", "goggles"), laws=(law, law), opponent=opponent,
            light=light, measure=measure,
        )  # fmt: skip
        np.testing.assert_allclose(found["units"], 20.0, rtol=1e-3)


@pytest.mark.parametrize("number", [1, 20])
def test_break_even_beside_posts_that_stand_there(asked: KitQuestion, number: int) -> None:
    """As much is reached as is asked for, and nothing is needed where the posts alone reach it."""
    stands = ExistingPosts(from_km=0, to_km=40, count=4, sensor="tower_thermal")
    beside = replace(asked, posts=(stands,))
    eye = Kit(beside, beside.kits["eye"])
    for measure in ("mean_pod", "min_pod"):
        found = answer_break_even(
            beside, beside, number, kits=("eye", "goggles"), laws=("beats_soft", "beats_soft"),
            opponent="informed", measure=measure,
        )  # fmt: skip
        already = eye.reached_already(measure, "night")
        for draw, row in enumerate(found.to_dict("records")):
            forward = eye.reached_with(row["units"], measure, "beats_soft", "informed", "night")
            # The sparsest posts of a segment see more than a little: then more is reached, never less.
            assert forward[draw] >= max(row["share"], already[draw]) - 1e-6
            fewer = eye.reached_with(
                0.99 * row["units"], measure, "beats_soft", "informed", "night"
            )
            assert fewer[draw] < row["share"] or row["units"] == 0
        assert (found["units"][already >= found["share"]] == 0).all()


def test_one_segment_of_unled_units_breaks_even_as_sweep_widths_do() -> None:
    """With the random law 1 - exp(-n r) is the same where n r is: 5 units, times the ratio of the widths."""
    ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
    kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    asked = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=16)
    eye, goggles = (Kit(asked, force).seen("night").width_km[:, 0] for force in kits.values())

    found = answer_break_even(asked, asked, 5, kits=("eye", "goggles"))

    np.testing.assert_allclose(found["units"], 5.0 * goggles / eye, rtol=1e-9)


def test_no_number_breaks_even_with_what_is_out_of_reach(asked: KitQuestion) -> None:
    """Who arrives too late stops nobody, however many he is: the share that has a number is told."""
    far = replace(asked, drive_h=pd.Series(np.full(SEGMENTS, 500.0)))
    slow = FORCES["vehicle_patrol"].model_copy(update={"patrol_km_h": 0.1})
    late = replace(far, kits={"late": slow})

    table = break_even(late, asked, 20, "mean_poi", kits=("late", "goggles"))

    row = table.iloc[0]
    assert row["attainable"] == 0
    assert row["people"] == np.inf
    assert table.attrs["statement"].endswith("stop as many as no number (late) does.")


def test_results_break_even_in_one_row(result: StudyResult, other: StudyResult) -> None:
    """The reference units of the baseline, the law and light of the answer, bands over nature."""
    row = break_even(result, other).iloc[0]

    assert (row["units_b"], row["people_b"]) == (100, 400)
    assert (row["law_a"], row["law_b"], row["light"]) == ("random", "random", "night")
    assert row["low"] < row["units"] < row["high"]
    assert row["people_more"] == row["people"] - 400
    back = answer_pod(result.patrol.asked, row["units"], "scenario")["share"].iloc[0]  # type: ignore[arg-type]  # has an answer
    assert back == pytest.approx(row["share"], abs=0.03)
    same = break_even(result, result, 140, "min_pod").iloc[0]
    assert (same["low"], same["high"]) == pytest.approx((140, 140), rel=1e-3)
    assert same["light"] == "dark"
    posts = break_even(result, result, 100, kits=("posts", "thermal"), law="beats_soft").iloc[0]
    assert (posts["law_a"], posts["law_b"]) == ("standing", "beats_soft")


def test_break_even_is_said_in_a_sentence(result: StudyResult, other: StudyResult) -> None:
    """People of both sides, whose they are, and the band."""
    said = break_even(result, other).attrs["statement"]

    assert said.startswith("400 people (“goggles”) see as many as ")
    assert "(“as is”; 5 to 95 %: " in said
    kits = break_even(result, result, kits=("eye", "thermal")).attrs["statement"]
    assert "“as is”, vehicle thermal imagers" in kits


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measure": "min_poi"}, "measure must be one of mean_pod, min_pod, mean_poi"),
        ({"units": -1}, "units must be"),
        ({"kits": ("scenario", "eyes")}, "kit must be one of .* did you mean 'eye'"),
        ({"opponent": "nobody"}, "opponent must be one of"),
        ({"light": "dusk"}, "light must be one of"),
        ({"law": "led"}, "law must be one of"),
    ],
)
def test_what_is_no_break_even_is_refused(
    result: StudyResult, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        break_even(result, result, **given)


def test_break_even_needs_the_same_draws_and_segments(
    result: StudyResult, asked: KitQuestion
) -> None:
    """What is drawn of one is what is drawn of the other."""
    for odd in (
        replace(asked, draws=30),
        replace(asked, seed=2),
        replace(
            asked,
            lengths_km=asked.lengths_km[:4],
            ground=asked.ground[:4],
            weights=None,
            drive_h=None,
        ),
    ):
        with pytest.raises(InvalidParameterError, match="draw by draw: ask both with one seed"):
            answer_break_even(asked, odd, 20, kits=("eye", "eye"))
    with pytest.raises(InvalidParameterError, match="give units="):
        break_even(asked, asked, kits=("eye", "eye"))
    with pytest.raises(InvalidParameterError, match="run both with one seed"):
        break_even(result, replace(result, seed=2))
    bare = replace(result, patrol=result.patrol.with_tables(asked=None))
    with pytest.raises(InvalidParameterError, match="no answer to break even in"):
        break_even(bare, bare)
