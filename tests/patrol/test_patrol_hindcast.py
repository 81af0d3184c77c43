"""The model beside what real borders achieved: what is identified, and what is not compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_width import OWN_WIDTH

from borderzone import datasets, patrol
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory import staffing

ROWS = datasets.validation()


def border(
    kit: patrol.Force = patrol.FORCES["vehicle_patrol"], **changes: Any
) -> patrol.KitQuestion:
    """Ask of 599 km of even ground, an hour from those who answer."""
    ground = pd.DataFrame(
        {"f_mask": 0.2, "patrol_speed_factor": 1.0, "crosser_km_h": 3.0}, index=range(3)
    )
    usual: dict[str, Any] = {
        "kits": {"scenario": kit},
        "lengths_km": pd.Series(599.0 / 3, index=range(3)),
        "ground": ground,
        "drive_h": pd.Series(1.0, index=range(3)),
        "draws": 64,
    }
    return patrol.KitQuestion(**(usual | changes))


BORDER = border()


def held(rows: pd.DataFrame = ROWS, question: patrol.KitQuestion = BORDER) -> pd.DataFrame:
    return patrol.hindcast(rows, question)


def row(**values: Any) -> dict[str, Any]:
    """Give a row of observations of a border of one's own."""
    return {
        "id": "own", "border": "Own", "year": 2020, "kind": "on_line", "quantity": "agents",
        "value": 100.0, "unit": "persons", "length_km": 100.0, "tag": "F", "source": "own",
        "remark": "", **values,
    }  # fmt: skip


def test_a_published_rate_identifies_k_km_per_agent() -> None:
    """31 to 81 % is K .371 to 1.661; 2,330 agents on 3,145 km make that .501 to 2.243 km."""
    table = held()
    us = table[table["border"] == "US-Mexico"]
    np.testing.assert_allclose(us["p_observed"], [0.31, 0.4133, 0.62, 0.8101], atol=5e-5)
    np.testing.assert_allclose(us["k_observed"], [0.371, 0.533, 0.968, 1.661], atol=5e-4)
    np.testing.assert_allclose(us["k_km_per_agent"], [0.501, 0.720, 1.306, 2.243], atol=5e-4)
    assert us["agents_on_line"].to_numpy() == pytest.approx(2329.8, abs=0.05)
    assert us["agents_per_km"].to_numpy() == pytest.approx(0.7408, abs=5e-5)


def test_the_model_gets_as_many_agents_for_each_km() -> None:
    """What the answer stops with agents per km times the length of this border over the crew."""
    us = held().iloc[0]
    units = 599 * us["agents_per_km"] / 4
    assert us["unit_count_equivalent"] == pytest.approx(units)
    stopped = patrol.answer_pod(BORDER, units, "scenario", measure="mean_poi").iloc[0]
    assert us[["p_model", "p_model_low", "p_model_high"]].tolist() == pytest.approx(
        stopped[["share", "low", "high"]].tolist()
    )
    assert us["k_model"] == pytest.approx(-np.log(1 - stopped["share"]), rel=1e-9)
    assert us["ratio"] == pytest.approx(us["k_model"] / us["k_observed"])
    assert us["ratio"] == pytest.approx(us["k_km_per_agent_model"] / us["k_km_per_agent"])
    # The statement tells the range of the ratio, on whichever side of one it lies.
    statement = held().attrs["statement"]
    assert f"{held()['ratio'].min():.2g} to {held()['ratio'].max():.2g} times that" in statement
    assert "no assumption of the model was chosen by them" in statement
    assert "units here by night, the model stops" in statement


def test_it_follows_law_light_crew_and_relief() -> None:
    usual = held().iloc[0]
    by_day = patrol.hindcast(ROWS, BORDER, light="day").iloc[0]
    led = patrol.hindcast(ROWS, BORDER, law="beats_soft").iloc[0]
    assert by_day["p_model"] > 2 * usual["p_model"]
    assert led["p_model"] != usual["p_model"]
    two = held(question=border(patrol.FORCES["vehicle_patrol"].model_copy(update={"crew": 2})))
    assert two["unit_count_equivalent"].iloc[0] == 2 * usual["unit_count_equivalent"]
    half = held(question=border(relief=2 * BORDER.relief))
    assert half["agents_per_km"].iloc[0] == usual["agents_per_km"] / 2


def test_what_only_a_sweep_width_stops_is_not_known() -> None:
    table = held(question=border(patrol.Force(sensor=OWN_WIDTH)))
    assert table[["p_model", "k_model", "ratio"]].isna().all(axis=None)
    assert table["unit_count_equivalent"].notna().any()
    assert "is not known: of what they watch with only a sweep width" in table.attrs["statement"]
    assert "the model stops" not in table.attrs["statement"]


def test_a_border_without_a_rate_is_listed_and_not_compared() -> None:
    table = held().set_index("border")
    for border in ("Iraq west", "Iraq all", "Saudi-Iraq", "USSR"):
        assert table.loc[border, "reason"] == "no rate is published"
        assert np.isnan(table["ratio"].loc[border])
        assert np.isfinite(table["agents_per_km"].loc[border])
    assert table.loc["Iraq-Syria", "reason"] == "posts, and no people"
    assert table.loc["Iraq west", "agents_per_km"] == pytest.approx(690 / 590)
    assert "No rate to compare with: Iraq west, Iraq all" in held().attrs["statement"]


def test_nothing_from_memory_is_used() -> None:
    remembered = ROWS.assign(tag=np.where(ROWS["kind"] == "effectiveness", "M", "F"))
    table = held(remembered)
    assert table["p_observed"].max() == pytest.approx(0.62)
    assert table.attrs["left_out"] == ["us_ier_2015"]
    alone = held(ROWS.assign(tag=np.where(ROWS["border"] == "USSR", "M", "F")))
    assert "USSR" not in set(alone["border"])


def test_a_rate_of_ones_own_is_compared_and_certainty_has_no_end() -> None:
    rates = [row(), row(kind="effectiveness", value=1.0), row(kind="effectiveness", value=0.0)]
    table = held(pd.DataFrame(rates))
    assert table["k_observed"].tolist() == [np.inf, 0.0]
    assert table["ratio"].iloc[0] == 0.0
    assert np.isnan(table["ratio"].iloc[1])
    assert table["agents_per_km"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rows": ROWS.drop(columns="kind")}, "observations lack kind"),
        ({"rows": ROWS.assign(kind="guess")}, "kind must be one of payroll, .* got guess"),
        ({"rows": pd.DataFrame([row(), row(value=3.0)])}, "Own tells on_line twice"),
        ({"rows": pd.DataFrame([row(length_km=0.0)])}, "length_km of Own must be"),
        (
            {"rows": pd.DataFrame([row(), row(kind="effectiveness", value=1.2)])},
            "effectiveness of Own must lie between 0 and 1",
        ),
    ],
)
def test_impossible_hindcasts_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        held(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kit": "eye"}, "kit must be"),
        ({"law": "beats"}, "law must"),
        ({"light": "dusk"}, "light must"),
    ],
)
def test_words_that_no_answer_has_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        patrol.hindcast(ROWS, BORDER, **given)
    with pytest.raises(InvalidParameterError, match=message):
        patrol.plausibility(BORDER, **given)


def test_every_row_says_where_it_is_from_and_none_is_from_memory() -> None:
    assert (ROWS["source"].str.len() > 8).all()
    assert (ROWS["tag"] == "F").all()
    told = ROWS.set_index("id")["value"]
    assert 3 / told["us_sched_2016"] == pytest.approx(staffing.SHIFT_FACTORS["gao_scheduled"].value)
