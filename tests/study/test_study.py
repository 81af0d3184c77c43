"""The study: what it finds on the embedded data, what moves it, and what it refuses to say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

import borderzone as bz
from borderzone.errors import (
    BorderNotFoundError,
    CoverageGapError,
    CRSMismatchError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.study import told
from borderzone.study.ground import OutsideGround

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground


def test_the_sentences_say_what_the_tables_hold(result: Any) -> None:
    """Length, flagged share and required units are read back from the text."""
    length, flagged, units = result.summary

    assert "599 km (372 mi) long" in length
    shares = result.flagged_share.query("side == 'IRQ'").set_index("threshold_h")["remote_share"]
    assert f"({100 * shares[2]:.0f} %) of Iraq's half" in flagged
    assert len(flagged.split()) <= 40
    between = f"between {100 * shares.min():.0f} % and {100 * shares.max():.0f} %"
    assert f"With 1 to 3 h in its place it is {between}." in told.flagged_notes(result)
    inch = result.answer.query(
        "measure == 'min_pod' and law == 'beats_soft' and opponent == 'blind'"
    ).set_index("kit")
    for kit in ("eye", "thermal"):
        row = inch.loc[kit]
        ends = f"({told.rounded(row['people_low'])} to {told.rounded(row['people_high'])})"
        assert ends in units
        assert told.rounded(row["people"]) in units
    assert len(units.split()) <= 40


def test_the_flagged_share_is_a_range_that_moves_with_the_choices(result: Any) -> None:
    """More hours flag less ground, and the force goes one way only: its own."""
    table = result.flagged_share

    assert set(table["mode"]) == {result.scenario.force.mode} == {"vehicle_off_road"}
    for _, rows in table.groupby("side"):
        assert rows["threshold_h"].tolist() == [1, 2, 3]
        assert (np.diff(rows["remote_share"]) <= 0).all()
    own = table[table["side"] == "IRQ"]["remote_share"]
    assert own.max() - own.min() > 0.2


def test_segments_carry_ground_and_rates_and_add_up_to_the_corridor(result: Any) -> None:
    """No segment is lost on the way from geometry to rates."""
    segments = result.segments

    assert segments.index.tolist() == list(range(60))
    assert segments["area_km2"].sum() == pytest.approx(result.corridor.area_km2, rel=1e-3)
    assert segments["rate_night"].gt(0).all()
    assert segments["rate_day"].gt(segments["rate_night"]).all()
    for rule in ("even", "optimal", "maximin"):
        assert segments[f"units_{rule}"].sum() == pytest.approx(100)
    assert segments["pod_maximin"].min() == pytest.approx(segments["pod_maximin"].max())


def test_the_curve_is_ordered_and_the_rules_keep_their_promise(result: Any) -> None:
    """More units never do worse; optimal leads in the mean and maximin in the minimum."""
    for _, curve in result.curve.groupby(["rule", "light"]):
        assert (np.diff(curve["mean_pod"]) >= -1e-12).all()
        assert (curve["min_pod"] <= curve["mean_pod"] + 1e-12).all()
        assert (curve["mean_pod_p05"] <= curve["mean_pod_p95"]).all()
    night = result.curve[result.curve["light"] == "night"].set_index(["rule", "unit_count"])
    assert (night.loc["optimal", "mean_pod"] >= night.loc["even", "mean_pod"] - 1e-12).all()
    assert (night.loc["maximin", "min_pod"] >= night.loc["optimal", "min_pod"] - 1e-12).all()


def test_one_seed_gives_one_result_and_another_seed_other_bands(
    coarse: bz.Study, coarse_ground: Ground, coarse_result: Any
) -> None:
    """Runs repeat to the last digit."""
    again: Any = coarse.run(seed=1, ground=coarse_ground)
    other: Any = coarse.run(seed=2, ground=coarse_ground)

    first = coarse_result
    pd.testing.assert_frame_equal(again.curve, first.curve)
    pd.testing.assert_frame_equal(again.overlay, first.overlay)
    assert again.run_id == first.run_id != other.run_id
    assert not np.array_equal(other.patrol.draws["mean_pod"], first.patrol.draws["mean_pod"])
    assert other.required["out_reference"].equals(first.required["out_reference"])


def _rates(study: bz.Study) -> pd.Series:
    rates: pd.Series = study.run(seed=1).segments["rate_night"]
    return rates


@pytest.mark.parametrize("layer", ["dem", "landcover"])
def test_other_ground_makes_other_rates(coarse: bz.Study, coarse_result: Any, layer: str) -> None:
    """The rate of some segment follows elevation and land cover."""
    west, south, east, north = 38, 29.5, 47, 38
    step = 0.05
    x = np.arange(west + step / 2, east, step)
    y = np.arange(north - step / 2, south, -step)
    if layer == "dem":
        values = 800 + 600 * np.sin(6 * x)[None, :] * np.cos(6 * y)[:, None]
        raster = xr.DataArray(values.astype("float32"), dims=("y", "x"), coords={"y": y, "x": x})
        raster = raster.assign_attrs(crs="EPSG:4326", units="m")
    else:
        values = np.full((len(y), len(x)), 12, dtype="uint8")
        raster = xr.DataArray(values, dims=("y", "x"), coords={"y": y, "x": x})
        raster = raster.assign_attrs(crs="EPSG:4326")
    layers: dict[str, Any] = {layer: raster}
    changed = bz.Study(border=coarse.border, scenario=coarse.scenario, **layers)

    rates = _rates(changed)

    assert (rates - coarse_result.segments["rate_night"]).abs().max() > 1e-4


def test_other_towns_make_other_hours_and_other_rates_on_shift(
    coarse: bz.Study, coarse_result: Any
) -> None:
    """One post instead of all towns leaves more of the corridor remote."""
    post = gpd.GeoDataFrame(geometry=[shapely.Point(41.0, 34.4)], crs=4326)
    far = bz.Study(border=coarse.border, origins=post, scenario=coarse.scenario).run(seed=1)

    ours, usual = far.segments, coarse_result.segments
    assert ours["hours_median"].median() > usual["hours_median"].median()
    assert (ours["rate_on_shift_night"] - usual["rate_on_shift_night"]).min() < -1e-3
    # Where a unit stands does not depend on where it came from.
    pd.testing.assert_series_equal(ours["rate_night"], usual["rate_night"])
    assert not any("stand in" in note for note in far.notes)


def test_the_report_of_terrain_says_how_little_the_coarse_grid_tells(result: Any) -> None:
    """Most of the variance of the rates is shared assumptions, and it is said."""
    assert 0 < result.patrol.terrain_variance["share_of_total"] < 0.5
    assert re.search(
        r"Terrain makes \d+% of the variance", result.patrol.terrain_variance["statement"]
    )


def test_what_is_stopped_is_the_answers_unless_constants_are_given(
    coarse: bz.Study, coarse_ground: Ground, coarse_result: Any, result: Any
) -> None:
    """No curve tells a share that is reached whatever the number, but by the user's own constants."""
    tables = (result.curve, result.required, result.patrol.draws)
    assert not any("poi" in str(name) for table in tables for name in table.columns)
    assert set(result.required["measure"]) == {"mean_pod", "min_pod"}
    stopped = result.pod([1e3, 1e6], measure="mean_poi")["share"]
    assert stopped[0] < 0.63 < stopped[1]

    own = coarse.scenario.changed({"force.p_identify": 0.9, "force.p_respond": 0.7})
    told: Any = coarse.with_scenario(own).run(seed=1, ground=coarse_ground)
    poi = told.required[told.required["measure"].str.endswith("poi")]
    above = poi[poi["target"] > poi["ceiling"]]
    assert len(above)
    assert np.isinf(above["out_reference"]).all()
    # The answer works recognition and response out, whatever constants are given beside it.
    pd.testing.assert_frame_equal(told.answer, coarse_result.answer)
    pd.testing.assert_frame_equal(told.patrol.hindcast, coarse_result.patrol.hindcast)


def test_the_article_is_counted_and_the_synthetic_set_kept_apart(result: Any) -> None:
    """Rows too vague to place are named, and nothing invented is in the findings."""
    assert len(result.incidents.events) == 8
    assert not result.synthetic
    assert result.overlay.attrs["n_excluded"] == len(result.overlay.attrs["excluded"]) > 0
    assert result.incidents.demo.events["synthetic"].all()
    assert result.incidents.demo.overlay.attrs["label"] == "SYNTHETIC DATA"


def test_a_border_without_embedded_layers_says_what_it_cannot_give() -> None:
    """It gives the line, the corridor and the nights, and fills nothing in."""
    far = bz.Study(border=bz.Border.between("FRA", "ESP"), scenario=bz.Scenario(depth_km=20)).run()

    assert far.curve is None
    assert far.required is None
    assert far.zones is None
    assert len(far.segments)
    assert len(far.reach.night_hours) == 12
    assert any("the embedded elevation does not reach" in note for note in far.notes)
    assert far.segments[["third_country_share", "sea_share"]].notna().all(axis=None)
    assert "world" in {record.name for record in far.inputs}
    assert "How many units it takes is not known: the embedded elevation" in far.summary[2]


@pytest.mark.parametrize(
    ("pair", "depth_km", "said"),
    [
        (
            ("JOR", "IRQ"),
            50,
            r"6\.6 % .* neither Jordan's nor Iraq's ground: Saudi Arabia 4\.4 %, ",
        ),
        (("KOR", "PRK"), 30, r"sea 2\.8 %\. .* 1:50 million"),
        (("GIB", "ESP"), 5, r"is not known: no embedded layer shows the land of Gibraltar"),
    ],
    ids=["third countries", "sea", "unknown"],
)
def test_a_study_tells_third_countries_sea_and_what_it_does_not_know(
    pair: tuple[str, str], depth_km: float, said: str
) -> None:
    corridor = bz.Corridor.around(bz.Border.between(*pair), depth_km=depth_km)
    outside = OutsideGround.of(corridor)
    (note,) = outside.notes
    assert re.search(said, note), note
    assert len(outside.by_segment) == len(corridor.segments)


def test_a_corridor_of_several_frames_gives_its_segments() -> None:
    """A continent's border has no single frame; it is told, not bent."""
    long = bz.Study(border=bz.Border.between("USA", "CAN"), scenario=bz.Scenario(depth_km=25)).run()

    assert len(long.corridor.sections) > 1
    assert any("frames" in note for note in long.notes)
    assert long.required is None


def test_an_elevation_that_leaves_a_gap_is_refused(study: bz.Study) -> None:
    """Half a border is not studied as if it were whole."""
    short = bz.datasets.elevation().sel(y=slice(38, 35))

    with pytest.raises(CoverageGapError, match="%"):
        bz.Study(border=study.border, dem=short).run()


def test_an_elevation_without_crs_is_refused(study: bz.Study, result: Any) -> None:
    """Coordinates without a system are numbers, not places."""
    bare = result.ground.layers["elevation_m"].drop_vars("spatial_ref").copy()
    bare.attrs = {}

    with pytest.raises(CRSMismatchError, match="no CRS"):
        bz.Study(border=study.border, dem=bare).run()


def test_ground_read_under_other_assumptions_is_refused(study: bz.Study, ground: Ground) -> None:
    """Reuse is for equal ground alone."""
    other = study.with_scenario(study.scenario.changed({"depth_km": 25}))

    with pytest.raises(InvalidScenarioError, match="read it again"):
        other.run(ground=ground)


def test_a_study_file_is_read_with_its_paths(tmp_path: Path) -> None:
    """Layers, seed and scenario come from one file."""
    (tmp_path / "events.csv").write_text("lat,lon\n34.4,41.0\n", encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(
        'name = "mine"\na = "Iraq"\nb = "SY"\nseed = 7\nincidents = "events.csv"\n'
        "[scenario]\ndepth_km = 30\n",
        encoding="utf-8",
    )

    study = bz.Study.from_toml(path)

    assert (study.name, study.seed, study.scenario.depth_km) == ("mine", 7, 30)
    assert study.incidents == str(tmp_path / "events.csv")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('a = "IRQ"', InvalidScenarioError, "needs b ="),
        ('a = "IRQ"\nb = "SYR"\nhdem = "x"', InvalidScenarioError, "a study has no hdem"),
        ('a = "IRQ"\nb = "FRA"', BorderNotFoundError, "no land border"),
    ],
)
def test_a_bad_study_file_is_refused(
    tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    """Each refusal says what is wrong with the file."""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(error, match=message):
        bz.Study.from_toml(path)


def test_a_generator_seeds_a_run_that_anyone_can_repeat(
    coarse: bz.Study, coarse_ground: Ground
) -> None:
    """One whole number is drawn from it, and the result keeps that number."""
    drawn: Any = coarse.run(seed=np.random.default_rng(5), ground=coarse_ground)
    again: Any = coarse.run(seed=drawn.seed, ground=coarse_ground)

    pd.testing.assert_frame_equal(drawn.patrol.draws, again.patrol.draws)


@pytest.mark.parametrize("seed", ["a", 1.5, -1, True])
def test_a_seed_that_is_no_whole_number_is_refused(study: bz.Study, seed: Any) -> None:
    """Before anything is computed."""
    with pytest.raises(InvalidParameterError, match="seed must be a whole number"):
        study.run(seed=seed)


def test_data_with_a_hole_in_the_corridor_are_refused_at_the_first_call() -> None:
    """The grid of a corridor knows its cells: no silent NaN, and the share is said."""
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "IRN"), depth_km=50)

    with pytest.raises(CoverageGapError, match=r"no data for 3\d\.\d% of the corridor's cells"):
        bz.datasets.elevation(corridor.grid(resolution_m=5000))


def test_one_quantity_has_one_number(result: Any) -> None:
    """The paired table and the table of required units say the same."""
    table = bz.compare(result, result).set_index("quantity")["a"]
    night = result.required[result.required["light"] == "night"]
    for measure, rule in (("mean_pod", "optimal"), ("min_pod", "maximin")):
        rows = night[(night["measure"] == measure) & (night["rule"] == rule)]
        for row in rows.itertuples():
            assert table[f"out_{measure}_{row.target:g}"] == row.out_p50
