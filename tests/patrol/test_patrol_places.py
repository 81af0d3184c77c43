"""Where units of a kit go: all of them, where the rule sends them, and what each segment then sees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from borderzone.errors import InvalidParameterError
from borderzone.patrol import FORCES, Force, KitQuestion, answer_places, answer_pod

GROUND = pd.DataFrame(
    {
        "f_mask": [0.1, 0.5, 0.8],
        "patrol_speed_factor": [1.0, 0.8, 0.6],
        "crosser_km_h": [4.0, 3.0, 2.0],
    }
)
BORDER = KitQuestion(
    kits={
        "eye": FORCES["vehicle_patrol"],
        "thermal": FORCES["vehicle_thermal"],
        "posts": Force(sensor="tower_thermal", patrol_km_h=0),
    },
    lengths_km=pd.Series([40.0, 30.0, 30.0]),
    ground=GROUND,
    draws=64,
)
COUNTS = [0, 1, 7, 40, 300]


@pytest.mark.parametrize("rule", ["optimal", "maximin", "even"])
@pytest.mark.parametrize(
    ("kit", "law", "opponent"),
    [
        ("eye", "random", "blind"),
        ("thermal", "beats_soft", "blind"),
        ("thermal", "beats_soft", "informed"),
        ("posts", "random", "blind"),
    ],
)
def test_shares_are_those_of_the_answer_and_no_unit_is_lost(
    kit: str, law: str, opponent: str, rule: str
) -> None:
    found = answer_places(BORDER, COUNTS, kit, law=law, opponent=opponent, rule=rule)
    by_number = found.groupby("units_out")
    assert by_number["units"].sum().tolist() == pytest.approx(COUNTS)
    # Against who watches, means stand on one speed for all segments, and weakest places on each its own.
    assert opponent != "blind" or (found["seen"] >= found["seen_weakest"] - 1e-9).all()
    if rule == "even":
        assert found.query("units_out == 40")["units"].tolist() == pytest.approx([16, 12, 12])
        return
    measure = "mean_pod" if rule == "optimal" else "min_pod"
    other = answer_pod(
        BORDER.at_medians(), COUNTS, kit, law=law, opponent=opponent, measure=measure
    )
    mean = [float(rows["seen"] @ np.array([0.4, 0.3, 0.3])) for _, rows in by_number]
    mine = mean if rule == "optimal" else by_number["seen_weakest"].min().tolist()
    assert mine == pytest.approx(other["share_at_medians"].tolist(), abs=2e-6)


def test_few_posts_see_what_two_ranges_hold() -> None:
    one, two = (answer_places(BORDER, n, "posts")["seen"].mean() for n in (1, 2))
    # So far apart no two look at one place: twice as many see twice as much.
    assert 0.01 < one < 0.3
    assert -np.log1p(-two) == pytest.approx(-2 * np.log1p(-one), rel=0.02)


def test_words_and_numbers_are_checked() -> None:
    with pytest.raises(InvalidParameterError, match="kit must be one of"):
        answer_places(BORDER, 1, "nose")
    with pytest.raises(InvalidParameterError, match="rule must be one of even, optimal, maximin"):
        answer_places(BORDER, 1, "eye", rule="fair")
    with pytest.raises(InvalidParameterError, match="units"):
        answer_places(BORDER, -1, "eye")
    with pytest.raises(InvalidParameterError, match="array of shape"):
        answer_places(BORDER, [], "eye")
