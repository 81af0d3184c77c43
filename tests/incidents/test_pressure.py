"""Pressure: weights that add up, leave no segment safe, and say how little few events tell."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from borderzone import incidents, patrol
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
    ShapeMismatchError,
)
from borderzone.incidents.comparing.pressure import GammaPoisson
from borderzone.scenario import Scenario
from borderzone.study.incident_findings import Reported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone.corridor import Corridor


def strip(n: int = 4, lengths: list[float] | None = None) -> Corridor:
    """Segments side by side along 34 N, half a degree each."""
    edges = 40.0 + 0.5 * np.arange(n + 1)
    segments = gpd.GeoDataFrame(
        {"segment": range(n), "length_km": lengths or [46.2] * n},
        geometry=[shapely.box(a, 33.55, b, 34.45) for a, b in pairwise(edges)],
        crs="EPSG:4326",
    )
    outline = segments.dissolve().geometry
    return cast("Corridor", SimpleNamespace(segments=segments, outline=outline, border=None))


def events_in(*segments: int, where_prec: int = 1) -> gpd.GeoDataFrame:
    """Events in the middle of segments."""
    lon = [40.25 + 0.5 * k for k in segments]
    rows = pd.DataFrame({"lon": lon, "lat": 34.0, "where_prec": where_prec})
    return incidents.read(rows)


COUNTS = st.lists(st.integers(0, 5), min_size=4, max_size=4)


@given(counts=COUNTS, method=st.sampled_from(["gamma_poisson", "dirichlet"]))
@settings(max_examples=25)
def test_weights_add_up_and_no_segment_is_safe(counts: list[int], method: str) -> None:
    """Whatever was reported where; more events never give less weight."""
    if not sum(counts):
        counts = [1, 0, 0, 0]
    events = events_in(*[k for k, n in enumerate(counts) for _ in range(n)])
    table = incidents.pressure_weights(strip(), events, method=method, draws=60)
    assert table["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert (table["weight"] > 0).all()
    assert (table["weight_low"] > 0).all()
    assert (table["weight_low"] <= table["weight"]).all()
    assert (table["weight"] <= table["weight_high"]).all()
    assert ((table["shrinkage"] > 0) & (table["shrinkage"] < 1)).all()
    by_count = table.assign(n=counts).sort_values("n")
    assert (np.diff(by_count["weight"]) >= -1e-12).all()
    assert table["events_expected"].tolist() == pytest.approx(counts)


def test_the_mean_under_a_given_strength_is_that_of_the_closed_form() -> None:
    """Gamma(a, a/m) and Poisson: (a + y) / (a/m + E), by hand, with unequal exposure."""
    exposure, a = np.array([30.0, 60.0, 10.0]), 2.0
    y = np.array([3, 1, 0])
    mean_rate = y.sum() / exposure.sum()
    by_hand = exposure * (a + y) / (a / mean_rate + exposure)
    model = GammaPoisson.of(y[None], exposure, strength=a)
    np.testing.assert_allclose(model.mean_weights(), by_hand / by_hand.sum(), rtol=1e-12)
    kept = (a / mean_rate) / (a / mean_rate + exposure)
    np.testing.assert_allclose(model.shrinkage(), kept, rtol=1e-12)
    # The draws have that mean too: posterior gammas, here by scipy's own.
    many = GammaPoisson.of(np.tile(y, (20_000, 1)), exposure, strength=a)
    drawn = many.sample(np.random.default_rng(1))
    rates = stats.gamma.rvs(
        a + y, scale=1 / (a / mean_rate + exposure), size=(20_000, 3), random_state=2
    )
    shares = exposure * rates / (exposure * rates).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(drawn.mean(axis=0), shares.mean(axis=0), atol=0.006)
    np.testing.assert_allclose(drawn.std(axis=0), shares.std(axis=0), rtol=0.03)


def test_the_strength_has_the_negative_binomial_likelihood() -> None:
    """The same maximum as scipy's nbinom on the same grid."""
    rng = np.random.default_rng(3)
    exposure = rng.uniform(5, 15, 80)
    y = rng.poisson(exposure * rng.gamma(2.0, 0.3 / 2.0, 80))
    model = GammaPoisson.of(y[None], exposure)
    mean = y.sum() * exposure / exposure.sum()
    known = [stats.nbinom.logpmf(y, a, a / (a + mean)).sum() for a in model.strengths]
    np.testing.assert_allclose(
        model.evidence - model.evidence[0], np.array(known) - known[0], atol=1e-8
    )
    assert model.told_by_counts()
    middle, low, high = model.strength_band()
    assert low < 2.0 < high
    assert low < middle < high


def test_counts_that_cannot_tell_leave_the_stated_prior() -> None:
    """Two events say nothing of unevenness; two thousand even ones say that there is none."""
    few = incidents.pressure_weights(strip(), events_in(0, 2), draws=50)
    assert few.attrs["strength_source"] == "the stated prior: the counts cannot tell"
    even = GammaPoisson.of(np.full((1, 40), 50), np.ones(40))
    assert even.most_likely_strength() == math.inf
    assert even.strength_band()[1] > 20
    np.testing.assert_allclose(even.mean_weights(), 1 / 40, rtol=1e-9)
    heaped = GammaPoisson.of(np.array([[400] + [0] * 39]), np.ones(40))
    assert heaped.strength_band()[2] < 1
    assert 0 < heaped.mean_weights()[1] < 1 / 40


def test_bands_hold_the_true_weights() -> None:
    """Rates drawn from the model's own family: 95 % bands hold about 95 % of the true shares."""
    rng = np.random.default_rng(5)
    held = []
    for _ in range(60):
        a = float(np.exp(rng.normal(0, 0.7)))
        rate = rng.gamma(a, 1 / a, 30)
        truth, y = rate / rate.sum(), rng.poisson(4.0 * rate)
        if y.sum() < 5:
            continue
        model = GammaPoisson.of(np.tile(y, (300, 1)), np.ones(30))
        low, high = np.quantile(model.sample(rng), [0.025, 0.975], axis=0)
        held.append(((low <= truth) & (truth <= high)).mean())
    assert 0.92 < np.mean(held) < 0.98


def test_positions_spread_the_weight_and_repeat_by_seed() -> None:
    """A vague event lends weight to its neighbours; the same seed gives the same table."""
    sharp = incidents.pressure_weights(strip(), events_in(1, 1, 1), draws=200)
    vague_events = events_in(1, 1, 1, where_prec=2)
    vague = incidents.pressure_weights(strip(), vague_events, draws=200)
    assert sharp["events_expected"].tolist() == [0, 3, 0, 0]
    assert vague["events_expected"].iloc[0] > 0
    assert vague["weight"].iloc[1] < sharp["weight"].iloc[1]
    again = incidents.pressure_weights(strip(), vague_events, draws=200)
    pd.testing.assert_frame_equal(vague, again)
    other = incidents.pressure_weights(strip(), vague_events, draws=200, seed=2)
    assert not np.array_equal(vague["weight_low"], other["weight_low"])


def test_the_prior_of_dirichlet_weights_is_an_event_a_segment() -> None:
    """Four events beside a prior of four; a heavier prior moves less."""
    events = events_in(0, 0, 0, 0)
    table = incidents.pressure_weights(strip(), events, method="dirichlet", draws=50)
    assert table["weight"].tolist() == pytest.approx([5 / 8, 1 / 8, 1 / 8, 1 / 8])
    assert table["shrinkage"].tolist() == pytest.approx([0.5] * 4)
    heavy = incidents.pressure_weights(
        strip(), events, method="dirichlet", prior_events=400, draws=50
    )
    assert heavy["weight"].iloc[0] < 0.27


def test_weights_follow_the_exposure_given() -> None:
    """Twice the months of reporting, the same events: half the rate and a larger prior share."""
    events = events_in(0, 1)
    doubled = pd.Series([1.0, 2.0, 1.0, 1.0], index=[0, 1, 2, 3])
    table = incidents.pressure_weights(strip(), events, exposure=doubled, draws=50)
    shuffled = incidents.pressure_weights(
        strip(), events, exposure=doubled.iloc[[3, 1, 0, 2]], draws=50
    )
    pd.testing.assert_frame_equal(table, shuffled)
    assert table["weight"].iloc[1] > table["weight"].iloc[0]
    assert table["weight"].iloc[2] == pytest.approx(table["weight"].iloc[3])


def test_the_table_says_that_reports_are_not_crossings() -> None:
    """The caution stands in the table, in the sentence, and with an index kept."""
    corridor = strip()
    corridor.segments.index = pd.Index(list("abcd"))
    table = incidents.pressure_weights(corridor, events_in(0, 0, 3), draws=50)
    assert table.index.tolist() == list("abcd")
    assert "not where people cross" in table.attrs["caution"]
    assert table.attrs["sentence"].startswith("3.0 of 3 events are expected in the 4 segments")
    assert "not where people cross" in table.attrs["sentence"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "gamma"}, "method must be one of gamma_poisson, dirichlet"),
        ({"strength": 0}, "strength must be a finite number above 0"),
        ({"method": "dirichlet", "strength": 1.0}, "strength belongs to method='gamma_poisson'"),
        ({"prior_events": 3}, "prior_events belongs to method='dirichlet'"),
        ({"draws": 0}, "draws must be a whole number, 1 or more"),
        ({"draws": "many"}, "draws must be a whole number, 1 or more"),
        ({"seed": None}, "seed must be a whole number, 0 or more and below"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"confidence": 1}, "confidence must lie between 0 and 1, both left out"),
        ({"exposure": [1, 2, 3, 4]}, "exposure must be a Series by segment, got a list"),
        ({"exposure": pd.Series([1.0, 2.0])}, "one value for each of the 4 segments"),
        (
            {"exposure": pd.Series([1.0, 2.0, 0.0, 1.0])},
            "exposure of segment 2 must be a finite number above 0, got 0.0",
        ),
        (
            {"exposure": pd.Series([1, "x", 2, 3], dtype=object)},
            "exposure of segment 1 must be a number, got 'x'",
        ),
    ],
)
def test_impossible_weights_are_refused_by_name(how: dict[str, Any], message: str) -> None:
    """Each message names the value and what is allowed."""
    with pytest.raises(BorderzoneError, match=message):
        incidents.pressure_weights(strip(), events_in(0), **{"draws": 20, **how})


@pytest.mark.parametrize("bad", [None, "events.csv", pd.DataFrame({"lat": [1.0]}), 3])
def test_what_is_no_table_of_events_is_refused(bad: Any) -> None:
    """By its kind, with the call that reads it."""
    with pytest.raises(DataError, match=r"events must be the table that incidents\.read gives"):
        incidents.pressure_weights(strip(), bad, draws=20)


def test_an_exposure_of_other_segments_has_its_own_error() -> None:
    """By class, so that a caller can tell it from a bad number."""
    with pytest.raises(ShapeMismatchError):
        incidents.pressure_weights(strip(), events_in(0), exposure=pd.Series([1.0]), draws=20)


def test_the_rates_and_groups_of_the_article_carry_its_prior() -> None:
    """SCIENCE 2, value by value; the band is half to double."""
    said = incidents.ARTICLE_ESTIMATE
    rates = said.rates(length_km=599).set_index("quantity")
    assert rates.loc["per_day", "value"] == pytest.approx(4.107, abs=5e-4)
    assert rates.loc["per_km_day", "value"] == pytest.approx(0.006856, abs=5e-7)
    assert rates.loc["days_between_on_km", "value"] == pytest.approx(145.9, abs=0.05)
    assert rates.loc["per_km_year", "value"] == pytest.approx(2.504, abs=5e-4)
    assert (rates["high"] / rates["value"]).to_numpy() == pytest.approx(2)
    assert (rates["value"] / rates["low"]).to_numpy() == pytest.approx(2)

    groups = said.groups().set_index("group_size")
    per_night = groups.loc[[2, 3, 5, 10], "groups_per_night"].tolist()
    assert per_night == pytest.approx([2.05, 1.37, 0.82, 0.41], abs=5e-3)
    assert groups.loc[4, "p_at_least_1"] == pytest.approx(0.642, abs=5e-4)
    assert groups.loc[4, "p_at_least_2"] == pytest.approx(0.274, abs=5e-4)
    below = np.random.default_rng(1).random(200_000)
    drawn = np.asarray(said.quantile(below)) / said.days / 4
    assert groups.loc[4, "p_at_least_1_prior"] == pytest.approx(
        np.mean(stats.poisson.sf(0, drawn)), abs=2e-3
    )
    assert groups.loc[4, "p_at_least_2_prior"] == pytest.approx(
        np.mean(stats.poisson.sf(1, drawn)), abs=2e-3
    )


def test_the_interval_of_a_count_is_named_and_said_not_to_apply() -> None:
    """939 to 1,064 would be sampling error; a judgement has none."""
    told = incidents.ARTICLE_ESTIMATE.sentence()
    assert "939 to 1,064, does not apply" in told
    assert "is a judgement" in told
    assert incidents.ARTICLE_ESTIMATE.band() == pytest.approx((500, 2000))
    assert incidents.ARTICLE_ESTIMATE.quantile(0.5) == pytest.approx(1000)
    for bad in (0, 1, "x", None, math.nan):
        with pytest.raises(
            InvalidParameterError, match=r"share must (lie between 0 and 1|be a number)"
        ):
            incidents.ARTICLE_ESTIMATE.quantile(bad)  # type: ignore[arg-type]


def test_the_curve_of_interdiction_has_its_reference_values_and_a_band() -> None:
    """Probability I / (I + 1000), attempts = 1000 / (1 - p), at five counts."""
    curve = incidents.ARTICLE_ESTIMATE.interdiction_curve([100, 500, 1000, 4000, 9000])
    assert curve["p_interdiction"].tolist() == pytest.approx([1 / 11, 1 / 3, 0.5, 0.8, 0.9])
    assert curve["attempts"].tolist() == pytest.approx(1000 / (1 - curve["p_interdiction"]))
    assert curve["attempts_per_day"].iloc[-1] == pytest.approx(41.1, abs=0.05)
    for end, other in (("low", "high"), ("high", "low")):
        attempts = curve["interdicted"] / curve[f"p_{other}"]
        known = curve["interdicted"] > 0
        assert curve[f"attempts_{end}"][known].tolist() == pytest.approx(attempts[known].tolist())
    assert (curve["attempts_low"] < curve["attempts"]).all()
    drawn = np.asarray(incidents.ARTICLE_ESTIMATE.quantile(np.linspace(5e-6, 1 - 5e-6, 100_000)))
    rows: Iterable[Any] = curve.itertuples()
    for row in rows:
        ends = np.quantile(row.interdicted / (row.interdicted + drawn), [0.025, 0.975])
        assert (row.p_low, row.p_high) == pytest.approx(tuple(ends), abs=4e-3)
    assert "not published" in curve.attrs["why"]


def test_the_curve_is_never_a_point() -> None:
    """Nobody publishes how many were stopped."""
    for one in (500, [500], "many", [1, math.nan], [-1, 2]):
        with pytest.raises(InvalidParameterError, match="interdicted must be"):
            incidents.ARTICLE_ESTIMATE.interdiction_curve(one)


def test_plans_for_uniform_incidents_and_the_worst_case_stand_side_by_side() -> None:
    """Each plan is best under its own opinion, and the golden case has its values."""
    rates = [0.063295, 0.017603, 0.006933]
    opinions = {"uniform": [0.30, 0.45, 0.25], "incidents": [0.05, 0.15, 0.80]}
    table = patrol.curve_by_weights(rates, opinions, unit_counts=[30, 60, 120])
    by_plan = table.set_index(["unit_count", "planned_for"])
    for n, mean, worst in ((30, 0.2898, 0.1292), (60, 0.4456, 0.2417), (120, 0.6168, 0.4250)):
        rows = by_plan.loc[n]
        assert rows.loc["uniform", "mean_pod_uniform"] == pytest.approx(mean, abs=6e-5)
        assert rows.loc["worst case", "min_pod"] == pytest.approx(worst, abs=5e-5)
        for column, own in (
            ("mean_pod_uniform", "uniform"),
            ("mean_pod_incidents", "incidents"),
            ("min_pod", "worst case"),
        ):
            assert rows[column].idxmax() == own
    for bad in ({}, {"worst case": [1, 1, 1]}, [[1, 1, 1]]):
        with pytest.raises(InvalidParameterError, match="weights must be a dict"):
            patrol.curve_by_weights(rates, bad)  # type: ignore[arg-type]


def test_a_scenario_weighs_by_incidents_only_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The study refuses what it cannot give, and weighs by length otherwise."""
    corridor = strip()
    by_incidents = Scenario(weights="incidents", imputations=50)
    with pytest.raises(InvalidScenarioError, match="needs a table of incidents"):
        Reported.of(None, corridor, by_incidents, 1)
    with pytest.raises(InvalidScenarioError, match="weights"):
        Scenario(weights="adversarial")
    nothing = Reported.of(None, corridor, Scenario(), 1)
    assert nothing.pressure is None
    events = events_in(2, 2, 2)
    monkeypatch.setattr(incidents, "read", lambda table, **_: table)  # of no real corridor
    found = Reported.of(events, corridor, by_incidents, 1)
    assert found.pressure is not None
    assert found.pressure.set_index("segment")["weight"].idxmax() == 2
