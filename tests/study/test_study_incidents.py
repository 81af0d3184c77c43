"""What a study tells of its incidents: rates, equal distances, weights, and whose they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import borderzone as bz
from borderzone import figures, incidents
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.figures.grammar import attribution, figure_of
from borderzone.report.public import edition
from borderzone.report.sections import flagged_words, weights_table, zone_words
from borderzone.report.tables import data_dictionary, tables
from borderzone.study.incident_findings import load_incidents

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from borderzone.io import Record
    from borderzone.study import Ground, StudyResult

ARTICLE = "Stars and Stripes, 2019"


def foot(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


@pytest.fixture(scope="module")
def acled(study: bz.Study, ground: Ground) -> StudyResult:
    """Give the study with rows of a collection whose terms forbid to pass them on."""
    made = incidents.synthetic(ground.corridor, n=40, seed=3)
    table = pd.DataFrame(
        {
            "event_id_cnty": [f"IRQ{i}" for i in range(40)],
            "event_date": "2024-05-01",
            "year": 2024,
            "time_precision": 1,
            "disorder_type": "Political violence",
            "event_type": "Battles",
            "sub_event_type": "Armed clash",
            "actor1": "A",
            "latitude": made["lat"].to_numpy(),
            "longitude": made["lon"].to_numpy(),
            "geo_precision": 1,
            "fatalities": 0,
            "source": "x",
            "notes": "y",
            "timestamp": 1,
        }
    )
    events = incidents.read(table, options=incidents.ReadOptions(accessed=dt.date(2026, 11, 2)))
    assert events.attrs["format"] == "acled"
    return replace(study, incidents=events).run(seed=1, ground=ground)


def test_few_events_give_no_ratio_and_say_so(result: StudyResult) -> None:
    assert result.incidents.exposure is not None
    assert result.incidents.enrichment is not None
    assert (result.incidents.exposure["ratio_low"] < 1).all()
    assert (result.incidents.exposure["ratio_high"] > 1).all()
    assert set(result.incidents.enrichment["verdict"]) == {"cannot tell"}
    words = " ".join(flagged_words(result))
    assert "no clear difference between flagged and unflagged ground" in words
    assert "too few for a ratio" in words


def test_zones_are_told_in_words_and_empty_ones_together(result: StudyResult) -> None:
    words = zone_words(result)
    assert result.overlay is not None
    busy = (result.overlay["expected"] >= 0.05).sum()
    assert len(words) == busy + 1
    assert words[-1].startswith(f"In {len(result.overlay) - busy} other zones")
    assert "leaves a mean of up to 3.0 possible" in words[-1]


def test_plans_are_set_side_by_side(result: StudyResult) -> None:
    table = weights_table(result)
    assert table is not None
    assert [row[0] for row in table["rows"]] == [
        "crossings spread evenly",
        "crossings where reports are",
        "crossings where it is weakest",
    ]
    shares = np.array([[float(cell.split()[0]) for cell in row[1:]] for row in table["rows"]])
    # Each plan is the best of the three by its own measure.
    assert (shares.argmax(axis=0) == [0, 1, 2]).all()


def test_a_figure_of_incidents_tells_what_it_leaves_out_and_whose_they_are(
    result: StudyResult,
) -> None:
    words = foot(figure_of(figures.incident_overlay(result)))
    assert "8 reported: 3 too vague, 2 outside, 3 in the corridor." in words
    assert ARTICLE in words


def test_the_strip_tells_how_many_it_leaves_out(result: StudyResult) -> None:
    told = " ".join(text.get_text() for text in figure_of(figures.strip_map(result)).texts)
    assert "8 reported: 3 too vague, 2 outside, 3 in the corridor." in " ".join(told.split())


def test_figures_of_a_users_table_carry_its_credit(acled: StudyResult) -> None:
    credit = "Events: ACLED, accessed 2026-11-02 (ACLED terms of use: aggregates only)"
    assert acled.incidents.credit == credit
    assert credit in attribution(acled)
    for draw in (figures.incident_overlay, figures.incident_pressure):
        assert credit in foot(figure_of(draw(acled)))
    for page in (figures.corridor_map(acled), figures.strip_map(acled)):
        told = " ".join(text.get_text() for text in figure_of(page).texts).replace("\n", " ")
        assert "Events: ACLED, accessed 2026-11-02" in told


def test_without_incidents_nothing_of_them_is_told(study: bz.Study, ground: Ground) -> None:
    bare = replace(study, incidents=None).run(seed=1, ground=ground)
    nothing = bare.incidents
    found = (bare.overlay, nothing.exposure, nothing.enrichment, nothing.pressure)
    assert (*found, bare.patrol.by_weights) == (None,) * 5
    assert nothing.credit == ""
    with pytest.raises(InvalidParameterError, match="has no incidents"):
        figures.incident_pressure(bare)


def test_every_column_of_the_new_tables_has_a_meaning(result: StudyResult) -> None:
    names = ("incident_exposure", "incident_enrichment", "incident_pressure", "coverage_by_weights")
    found = tables(edition(result, "public"))
    told = data_dictionary({name: found[name] for name in names})
    assert told.loc[told["meaning"] == "", ["table", "column"]].to_numpy().tolist() == []


def test_short_segments_are_given_no_weights_in_public(result: StudyResult) -> None:
    short = replace(result, scenario=result.scenario.changed({"segment_km": 5.0}))
    assert edition(short, "public").result.incidents.pressure is None
    assert edition(short, "internal").result.incidents.pressure is not None


def test_a_study_file_names_the_day_of_access(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("lat,lon,date\n34.4,41.1,2024-05-01\n")
    text = 'a = "IRQ"\nb = "SYR"\nincidents = "events.csv"\nincidents_accessed = {day}\n'
    (tmp_path / "study.toml").write_text(text.format(day="2026-11-02"))
    study = bz.Study.from_toml(tmp_path / "study.toml")
    assert study.incidents_accessed == dt.date(2026, 11, 2)

    (tmp_path / "study.toml").write_text(text.format(day='"yesterday"'))
    records: list[Record] = []
    path = tmp_path / "events.csv"
    load_incidents(path, None, 1, records, accessed=dt.date(2026, 11, 2))  # type: ignore[arg-type]
    assert [record.attribution for record in records] == [
        "Events: table of the user, accessed 2026-11-02"
    ]

    with pytest.raises(InvalidScenarioError, match="incidents_accessed must be a day"):
        bz.Study.from_toml(tmp_path / "study.toml")
    with pytest.raises(InvalidParameterError, match=r"accessed must be a datetime\.date"):
        load_incidents(path, None, 1, [], accessed="yesterday")  # type: ignore[arg-type]


def test_tables_made_from_incidents_carry_their_credit(acled: StudyResult) -> None:
    found = tables(edition(acled, "public"))
    made = {name for name, table in found.items() if "event_credit" in table}
    assert made >= {
        "segments",
        "incident_overlay",
        "incident_exposure",
        "incident_enrichment",
        "incident_pressure",
        "coverage_by_weights",
    }
    assert all((found[name]["event_credit"] == acled.incidents.credit).all() for name in made)
