"""Real forces beside the model: densities as published, and a table that never extrapolates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from borderzone import patrol
from borderzone.errors import InvalidParameterError

CURVE = patrol.coverage_curve(
    np.full(60, 0.8), np.ones(60), unit_counts=range(1001), p_identify=0.9, p_respond=0.7
)


@pytest.mark.parametrize(
    ("case", "per_km"),
    [
        ("US south-west 2017", 5.3),
        ("Iraq plan 2005", 7.8),
        ("Saudi-Iraq, troops", 33),
        ("USSR Border Troops 1989", 3.7),
        ("Morice line", 174),
    ],
)
def test_roll_densities_are_the_published_ones(case: str, per_km: float) -> None:
    """People on the payroll for each km, before shifts."""
    force = next(f for f in patrol.REAL_FORCES if f.case == case)
    assert force.basis == "payroll"
    assert force.low / force.length_km == pytest.approx(per_km, rel=0.02)


def test_people_on_post_are_the_published_ones() -> None:
    """About one agent a mile on shift in the US, one to two guards a km in Iraq 2006."""
    forces = {force.case: force for force in patrol.REAL_FORCES}
    assert forces["US south-west 2017"].low == forces["US south-west 2017"].high == 16_717
    agents = forces["US south-west 2017"].people_per_km(shift_factor=5.16)
    assert agents * 1.609344 == pytest.approx(1.0, abs=0.05)
    iraq = forces["Iraq west 2006"]
    assert iraq.length_km / 23 == pytest.approx(25.7, abs=0.3)
    assert 0.7 < iraq.low / iraq.length_km < iraq.high / iraq.length_km < 1.6
    towers = forces["Saudi-Iraq, towers"]
    assert [towers.length_km / n for n in (78, 40)] == pytest.approx([11.5, 22.5], abs=0.05)


def test_posts_and_vehicles_count_as_units() -> None:
    """A tower a km on the wall of 2024, armoured cars all out at once; their people are not known."""
    forces = {force.case: force for force in patrol.REAL_FORCES}
    for case, per_km in (
        ("Iraq-Syria wall 2024", 1.0),
        ("Saudi-Iraq, towers", 59 / 900),
        ("Saudi-Iraq, armoured cars", 240 / 900),
    ):
        assert forces[case].units_per_km(crew=4, shift_factor=5.16) == pytest.approx(per_km)
        assert np.isnan(forces[case].people_per_km(shift_factor=5.16))
    payroll = forces["Iraq under Saddam"]
    assert payroll.units_per_km(crew=4, shift_factor=5.0) == pytest.approx(36 / 27.5 / 5 / 4)


def test_every_force_says_where_it_is_from() -> None:
    """Sources and tags; what is from memory is marked so."""
    assert all(len(f.source) > 15 and f.tag in "FM" for f in patrol.REAL_FORCES)
    assert [f.case for f in patrol.REAL_FORCES if f.tag == "M"] == ["Morice line"]


def test_plausibility_scales_to_the_border_and_reads_the_curve() -> None:
    """Units equivalent are density times length; the POD there is the curve's."""
    table = patrol.plausibility(599, CURVE).set_index("case")
    row = table.loc["Iraq west 2006"]
    assert row["unit_count_equivalent"] == pytest.approx(599 * 690 / 595 / 4)
    units = row["unit_count_equivalent"]
    assert row["mean_pod_at_that"] == pytest.approx(1 - np.exp(-0.8 * units / 60), abs=1e-4)
    assert row["mean_poi_at_that"] == pytest.approx(0.63 * row["mean_pod_at_that"])
    us = table.loc["US south-west 2017"]
    assert us["more_hopeful_high"] == pytest.approx(us["mean_poi_at_that"] / 0.31)
    assert us["more_hopeful_low"] == pytest.approx(us["mean_poi_at_that"] / 0.8101)
    doubled = patrol.plausibility(2 * 599, CURVE).set_index("case")
    np.testing.assert_allclose(doubled["unit_count_equivalent"], 2 * table["unit_count_equivalent"])


def test_plausibility_never_extrapolates() -> None:
    """Beyond the end of the curve the value is missing, not guessed."""
    table = patrol.plausibility(599, CURVE).set_index("case")
    assert table["unit_count_equivalent"].loc["Morice line"] > 1000
    assert np.isnan(table["mean_pod_at_that"].loc["Morice line"])
    short = patrol.plausibility(599, CURVE.head(5))
    assert short["fielded_over_need"].isna().all()


def test_plausibility_says_by_how_much_and_what_fails_first() -> None:
    """The factor and the assumptions, in words."""
    statement = patrol.plausibility(599, CURVE).attrs["statement"]
    assert "times as hopeful, that is" in statement
    weak = patrol.plausibility(599, CURVE.assign(mean_poi=CURVE["mean_poi"] / 50))
    assert "that is less hopeful than what was published" in weak.attrs["statement"]
    assert "First to fail is that nobody watches the patrols" in statement
    assert "US south-west 2017" in statement


def test_a_comparison_of_few_units_is_told_to_be_rounding() -> None:
    """Below five units for the smallest of the forces, not above."""
    fewest = patrol.plausibility(599, CURVE)["unit_count_equivalent"].min()
    for units, told in ((4.9, True), (5.1, False)):
        statement = patrol.plausibility(599 * units / fewest, CURVE).attrs["statement"]
        assert ("mostly rounding" in statement) is told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length_km": 0}, "length_km must be a finite number above 0"),
        ({"crew": 0}, "crew must be a whole number, 1 or more"),
        ({"crew": 2.5}, "crew must be a whole number"),
        ({"crew": True}, "crew must be a whole number"),
        ({"curve": pd.DataFrame({"unit_count": [1]})}, "lacks mean_pod, mean_poi"),
        ({"curve": pd.concat([CURVE, CURVE])}, "each unit_count once: choose one rule"),
    ],
)
def test_impossible_comparisons_are_refused(arguments: dict[str, Any], message: str) -> None:
    """Each refusal says what would do."""
    with pytest.raises(InvalidParameterError, match=message):
        patrol.plausibility(**{"length_km": 599, "curve": CURVE, **arguments})


def test_impossible_forces_are_refused() -> None:
    """At birth."""
    with pytest.raises(InvalidParameterError, match="low must not exceed high"):
        patrol.RealForce(
            case="x", length_km=1, low=2, high=1, basis="payroll", source="test", tag="F"
        )
