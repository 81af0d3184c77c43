"""The model beside what real borders achieved: what is identified, and what is not compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from borderzone import datasets, patrol
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory import staffing

ROWS = datasets.validation()
CURVE = patrol.coverage_curve(
    np.full(60, 0.05), np.ones(60), unit_counts=range(1001), p_identify=0.9, p_respond=0.7
)


def held(rows: pd.DataFrame = ROWS, curve: pd.DataFrame = CURVE, **given: Any) -> pd.DataFrame:
    return patrol.hindcast(rows, curve, **{"length_km": 599.0, **given})


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
    """The curve of this border at agents per km times its length over the crew."""
    us = held().iloc[0]
    units = 599 * us["agents_per_km"] / 4
    assert us["unit_count_equivalent"] == pytest.approx(units)
    stopped = 0.63 * -np.expm1(-0.05 * units / 60)
    assert us["p_model"] == pytest.approx(stopped, rel=1e-5)
    assert us["k_model"] == pytest.approx(-np.log(1 - stopped), rel=1e-5)
    assert us["ratio"] == pytest.approx(us["k_model"] / us["k_observed"])
    assert us["ratio"] == pytest.approx(us["k_km_per_agent_model"] / us["k_km_per_agent"])
    # The statement tells the range of the ratio, on whichever side of one it lies.
    statement = held().attrs["statement"]
    assert f"{held()['ratio'].min():.2g} to {held()['ratio'].max():.2g} times that" in statement
    assert "no assumption of the model was chosen by them" in statement


def test_six_percent_is_a_k_of_six_hundredths() -> None:
    flat = pd.DataFrame({"unit_count": [0, 1000], "mean_pod": [0.1, 0.1], "mean_poi": [0.06, 0.06]})
    assert held(curve=flat)["k_model"].iloc[0] == pytest.approx(0.062, abs=5e-4)
    lit = held(curve=flat.assign(light="night"))
    assert "units here by night, the model stops 6.0 %" in lit.attrs["statement"]


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


def test_beyond_the_end_of_the_curve_nothing_is_guessed() -> None:
    table = held(curve=CURVE.head(5))
    assert table["ratio"].isna().all()
    assert "the model stops" not in table.attrs["statement"]
    assert table["k_observed"].notna().sum() == 4


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
        ({"length_km": 0}, "length_km must be"),
        ({"crew": 0}, "crew must be"),
        ({"shift_factor": 0}, "shift_factor must be"),
        ({"rows": ROWS.drop(columns="kind")}, "observations lack kind"),
        ({"rows": ROWS.assign(kind="guess")}, "kind must be one of payroll, .* got guess"),
        ({"rows": pd.DataFrame([row(), row(value=3.0)])}, "Own tells on_line twice"),
        ({"rows": pd.DataFrame([row(length_km=0.0)])}, "length_km of Own must be"),
        (
            {"rows": pd.DataFrame([row(), row(kind="effectiveness", value=1.2)])},
            "effectiveness of Own must lie between 0 and 1",
        ),
        ({"curve": pd.DataFrame({"unit_count": [1]})}, "lacks mean_pod, mean_poi"),
        ({"curve": pd.concat([CURVE, CURVE])}, "each unit_count once"),
    ],
)
def test_impossible_hindcasts_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        held(**given)


def test_every_row_says_where_it_is_from_and_none_is_from_memory() -> None:
    assert (ROWS["source"].str.len() > 8).all()
    assert (ROWS["tag"] == "F").all()
    told = ROWS.set_index("id")["value"]
    assert 3 / told["us_sched_2016"] == pytest.approx(staffing.SHIFT_FACTORS["gao_scheduled"].value)
