"""Real forces beside the model: densities as published, and a table that never extrapolates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_width import OWN_WIDTH

from borderzone import patrol
from borderzone.errors import InvalidParameterError


def border(length_km: float = 599.0, **changes: Any) -> patrol.KitQuestion:
    """Ask of one even segment, an hour from those who answer."""
    ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [3.0]})
    usual: dict[str, Any] = {
        "kits": {"scenario": patrol.FORCES["vehicle_thermal"]},
        "lengths_km": pd.Series([length_km]),
        "ground": ground,
        "drive_h": pd.Series([1.0]),
        "draws": 64,
    }
    return patrol.KitQuestion(**(usual | changes))


BORDER = border()


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


def test_plausibility_scales_to_the_border_and_reads_the_answer() -> None:
    """Units equivalent are density times length; what they see and stop is the answer's."""
    table = patrol.plausibility(BORDER).set_index("case")
    row = table.loc["Iraq west 2006"]
    assert row["unit_count_equivalent"] == pytest.approx(599 * 690 / 595 / 4)
    for measure in ("mean_pod", "mean_poi"):
        share = patrol.answer_pod(
            BORDER, row["unit_count_equivalent"], "scenario", measure=measure
        )["share"][0]
        assert row[f"{measure}_at_that"] == pytest.approx(share)
    us = table.loc["US south-west 2017"]
    assert us["more_hopeful_high"] == pytest.approx(us["mean_poi_at_that"] / 0.31)
    assert us["more_hopeful_low"] == pytest.approx(us["mean_poi_at_that"] / 0.8101)
    doubled = patrol.plausibility(border(2 * 599.0)).set_index("case")
    np.testing.assert_allclose(doubled["unit_count_equivalent"], 2 * table["unit_count_equivalent"])
    # Posts are no patrols: what they would see is not said.
    posts = table[table["basis"] == "posts"]
    assert posts[["mean_pod_at_that", "mean_poi_at_that"]].isna().all(axis=None)


def test_the_need_sees_nine_in_ten() -> None:
    table = patrol.plausibility(BORDER)
    need = table.attrs["need"]
    found = patrol.answer_pod(BORDER, need, "scenario").iloc[0]
    # The median of the units that nine in ten take is not quite what the median of them sees.
    assert found["share"] == pytest.approx(0.9, abs=0.005)
    np.testing.assert_allclose(table["fielded_over_need"], table["unit_count_equivalent"] / need)
    led = patrol.plausibility(BORDER, law="beats_soft")
    assert led.attrs["need"] < need


def test_plausibility_says_by_how_much_and_what_fails_first() -> None:
    """The factor and the assumptions, in words."""
    attrs = patrol.plausibility(BORDER).attrs
    assert "times as hopeful, that is" in attrs["statement"]
    weak = patrol.plausibility(border(kits={"scenario": patrol.FORCES["vehicle_patrol"]}))
    assert "that is less hopeful than what was published" in weak.attrs["statement"]
    assert "First to fail is that nobody watches the patrols" in attrs["statement"]
    assert "US south-west 2017" in attrs["statement"]
    # One without what is stopped, for whom that may not be told.
    assert "stops" not in attrs["statement_seen"]
    assert "The model sees nine in ten" in attrs["statement_seen"]


def test_what_only_a_sweep_width_stops_is_not_known() -> None:
    table = patrol.plausibility(border(kits={"scenario": patrol.Force(sensor=OWN_WIDTH)}))
    assert table[["mean_poi_at_that", "more_hopeful_low"]].isna().all(axis=None)
    assert table["mean_pod_at_that"].notna().any()
    assert "(92 units) is not known: of what they watch with" in table.attrs["statement"]


def test_a_comparison_of_few_units_is_told_to_be_rounding() -> None:
    """Below five units for the smallest of the forces, not above."""
    fewest = patrol.plausibility(BORDER)["unit_count_equivalent"].min()
    for units, told in ((4.9, True), (5.1, False)):
        statement = patrol.plausibility(border(599 * units / fewest)).attrs["statement"]
        assert ("mostly rounding" in statement) is told


def test_impossible_forces_are_refused() -> None:
    """At birth."""
    with pytest.raises(InvalidParameterError, match="low must not exceed high"):
        patrol.RealForce(
            case="x", length_km=1, low=2, high=1, basis="payroll", source="test", tag="F"
        )
