"""Tables that a choice is made from, on small tables by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borderzone.errors import InvalidParameterError
from borderzone.whatif import pareto, regret, tornado, two_way

if TYPE_CHECKING:
    from collections.abc import Callable


def swept(cases: list[dict[str, Any]], people: dict[str, list[float]], **more: Any) -> pd.DataFrame:
    """Give a table as a sweep does: a row for each case, measure and opponent."""
    rows = [
        {"case": k, **case, "opponent": opponent, "target": 0.5, "measure": measure, "people": counts[k]}
        for k, case in enumerate(cases)
        for measure in ("mean_pod", "min_pod")
        for opponent, counts in people.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows).assign(**more)
    table.attrs["vary"] = list(cases[0])
    return table


GRID = [{"kit": kit, "month": month} for kit in ("goggles", "eye") for month in (12, 6)]
PLAIN = swept(
    GRID, {"blind": [100.0, 80.0, 400.0, 500.0], "informed": [300.0, 200.0, 900.0, np.inf]}
)


def test_two_names_are_set_side_by_side() -> None:
    """Numbers in their order, words in that of the table, without a band where there is none."""
    found = two_way(PLAIN, "kit", "month", opponent="informed")

    assert found[["row", "column", "value"]].to_numpy().tolist() == [
        ["goggles", 6, 200.0],
        ["eye", 6, np.inf],
        ["goggles", 12, 300.0],
        ["eye", 12, 900.0],
    ]
    assert found[["low", "high", "difference"]].isna().all(axis=None)
    assert found["within_noise"].isna().all()
    assert set(found["row_name"]) == {"kit"}
    assert set(found["column_name"]) == {"month"}


def test_bands_and_noise_come_with_the_numbers() -> None:
    """Those of the sweep; a share has its own band and no difference of people."""
    table = PLAIN.assign(
        people_low=PLAIN["people"] / 2, people_high=2 * PLAIN["people"], share=0.3, share_low=0.2,
        share_high=0.4, difference=5.0, difference_low=-1.0, difference_high=9.0, probability=0.8,
        within_noise=True,
    )  # fmt: skip
    found = two_way(table, "kit", "month")

    assert found["low"].tolist() == (found["value"] / 2).tolist()
    assert found["within_noise"].all()
    assert (found["probability"] == 0.8).all()
    share = two_way(table, "kit", "month", "share")
    assert (share["high"] == 0.4).all()
    assert share["difference"].isna().all()


def test_units_of_a_case_are_not_those_of_its_answer() -> None:
    """What was varied has a column beside that of the answer, and is meant by its name."""
    table = PLAIN.assign(case_units=PLAIN["case"] % 2 * 40 + 100, units=7.0).drop(columns="month")
    table.attrs["vary"] = ["kit", "units"]

    assert set(two_way(table, "kit", "units")["column"]) == {100, 140}
    found = regret(table, ["kit"], ["units", "opponent"])
    assert set(found["state"]) == {
        f"units {n}, {who}" for n in (100, 140) for who in ("blind", "informed")
    }
    options = pareto(table.assign(at_people=4 * table["case_units"], share=0.5))["option"]
    assert options.tolist()[0] in {"goggles, units 100", "eye, units 100"}


ONE_BY_ONE = [
    {"kit": "eye", "depth_km": 50, "month": None},
    {"kit": "goggles", "depth_km": 50, "month": None},
    {"kit": "eye", "depth_km": 25, "month": None},
    {"kit": "eye", "depth_km": 75, "month": None},
    {"kit": "eye", "depth_km": 50, "month": 6.0},
    {"kit": "goggles", "depth_km": 25, "month": None},
]
TURNED = swept(ONE_BY_ONE, {"blind": [400.0, 100.0, 380.0, 450.0, 400.0, 90.0]})


def test_a_tornado_has_what_each_name_does_alone() -> None:
    """The widest first; who changes two names is left out, and an empty cell is the study's own value."""
    found = tornado(TURNED)

    assert found[["name", "at", "baseline_at", "difference", "swing"]].fillna(
        ""
    ).to_numpy().tolist() == [
        ["kit", "goggles", "eye", -300.0, 300.0],
        ["depth_km", 25, 50, -20.0, 70.0],
        ["depth_km", 75, 50, 50.0, 70.0],
        ["month", 6.0, "", 0.0, 0.0],
    ]
    assert found["baseline"].tolist() == [400.0] * 4


def test_a_tornado_takes_the_paired_differences_of_its_sweep() -> None:
    """Medians of differences and not differences of medians, if they are against the same case."""
    people = TURNED["people"]
    table = TURNED.assign(
        difference=1.1 * (people - 400), difference_low=-500.0, difference_high=10.0,
        probability=0.9, within_noise=people > 300,
    )  # fmt: skip
    found = tornado(table)

    assert found["difference"].iloc[0] == pytest.approx(-330.0)
    assert found["within_noise"].tolist() == [False, True, True, True]
    with pytest.raises(InvalidParameterError, match="against another case than 2"):
        tornado(table, baseline=2)
    assert tornado(table.drop(columns="difference"), baseline=2)["difference"].tolist() == [
        -290.0, 20.0, 70.0
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 5).map(lambda n: n / 10)),
        min_size=1,
        max_size=8,
    )
)
def test_who_is_not_dominated_is_best_for_some_cost(options: list[tuple[int, float]]) -> None:
    """By definition, pair by pair; the dominator costs no more, gains no less, and is itself on the front."""
    table = pd.DataFrame(options, columns=["people", "gain"]).assign(name=range(len(options)))
    found = pareto(table, "people", "gain", label=["name"]).set_index("option")

    for name, (cost, gain) in enumerate(options):
        over = {
            str(k)
            for k, (c, g) in enumerate(options)
            if c <= cost and g >= gain and (c, g) != (cost, gain)
        }
        row = found.loc[str(name)]
        assert row["dominated"] == bool(over)
        if over:
            assert row["dominated_by"] in over
            assert not found.loc[row["dominated_by"], "dominated"]


def test_people_against_the_weakest_place() -> None:
    """Of a sweep the rows of the weakest place, options by what was varied, with the band of the share."""
    table = PLAIN.assign(
        share=PLAIN["case"] / 10, share_low=0.0, share_high=1.0, at_people=[400.0] * 8 + [300.0] * 8
    )
    found = pareto(table)

    assert found["option"].tolist() == [
        "eye, month 6",
        "eye, month 12",
        "goggles, month 6",
        "goggles, month 12",
    ]
    assert found["dominated_by"].tolist() == [None, *["eye, month 6"] * 3]
    assert set(found["measure"]) == {"min_pod"}
    assert set(found["high"]) == {1.0}


def test_the_smallest_of_the_largest_regrets_is_chosen() -> None:
    """By hand: against the blind goggles lose nothing, and where nobody is enough none is regretted."""
    people = {
        "blind": [100.0, 400.0, 250.0],
        "informed": [900.0, 500.0, 550.0],
        "last_pass": [np.inf] * 3,
    }
    table = swept([{"kit": kit} for kit in ("goggles", "eye", "posts")], people)
    found = regret(table)

    wide = found.pivot_table(index="decision", columns="state", values="regret", sort=False)
    assert wide.to_dict("index") == {
        "posts": {"blind": 150.0, "informed": 50.0, "last_pass": 0.0},
        "eye": {"blind": 300.0, "informed": 0.0, "last_pass": 0.0},
        "goggles": {"blind": 0.0, "informed": 400.0, "last_pass": 0.0},
    }
    assert found.loc[found["choice"], "decision"].unique().tolist() == ["posts"]
    assert found["max_regret"].tolist() == sorted(found["max_regret"])


def test_regret_over_opponents_and_months_of_a_share() -> None:
    """More of a share is better; states are named by both."""
    table = PLAIN.assign(share=[0.1, 0.2, 0.3, 0.4] * 4)
    table.loc[table["case"] == 0, "share"] = 0.5
    found = regret(table, ["kit"], ("opponent", "month"), "share")

    assert set(found["state"]) == {
        f"{who}, month {m}" for who in ("blind", "informed") for m in (6, 12)
    }
    worst = found.groupby("decision")["regret"].max()
    assert worst.to_dict() == pytest.approx({"goggles": 0.0, "eye": 0.4})
    assert not regret(table, ["kit"], ("opponent", "month"), "share", better="less").equals(found)
    endless = regret(table, ["kit"], ("month",))
    assert endless["regret"].max() == 420.0
    assert regret(PLAIN, ["kit"], ("opponent", "month"))["regret"].max() == np.inf


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: two_way(PLAIN, "kit", "moon"), "no column 'moon'"),
        (lambda: two_way(PLAIN, "kit", "kit"), "two names"),
        (lambda: two_way(PLAIN, "kit", "month", "share"), r'no column \'share\'.*outputs=\("answer", "pod"\)'),
        (lambda: two_way(PLAIN, "kit", "month", measure="mean_poi"), "measure must be one of mean_pod"),
        (lambda: two_way(PLAIN, "kit", "month", opponent="nobody"), "opponent must be one of"),
        (lambda: two_way(TURNED, "kit", "month"), "several cases have eye, month as it is: keep one value of depth_km"),
        (lambda: two_way(pd.concat([PLAIN, PLAIN]), "kit", "month"), "several rows of case 0"),
        (lambda: two_way(PLAIN[["case"]], "kit", "month"), "no column 'measure'"),
        (lambda: tornado(TURNED, baseline=9), "baseline must be a case"),
        (lambda: tornado(TURNED[TURNED["case"].isin([0, 5])]), "one name alone"),
        (lambda: pareto(PLAIN), "no column 'at_people'"),
        (lambda: pareto(PLAIN.assign(at_people=1.0, share=np.nan)), "no option has a finite number"),
        (lambda: pareto(PLAIN, "people", "people", label=[]), "label must name one column"),
        (lambda: regret(PLAIN, ["kit"]), "decision 'goggles' has several numbers in state 'blind'"),
        (lambda: regret(PLAIN[PLAIN["case"] > 0], ["kit"], ["opponent", "month"]), "no number in state 'blind, month 12'"),
        (lambda: regret(PLAIN, ["kit"], ["sun"]), "no column 'sun'"),
        (lambda: regret(PLAIN, ["kit"], []), "states must name one column"),
        (lambda: regret(PLAIN, better="most"), "better must be one of less, more"),
    ],
)  # fmt: skip
def test_a_table_without_what_is_needed_is_refused(
    ask: Callable[[], pd.DataFrame], message: str
) -> None:
    """By the name of the column, the case or the state that lacks."""
    with pytest.raises(InvalidParameterError, match=message):
        ask()
