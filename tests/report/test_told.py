"""Unknown is not zero, missing is not none, and one quantity has one number wherever it is told."""

from __future__ import annotations

import html
import json
import re
from io import StringIO
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from changed_results import changed
from matplotlib.text import Text
from sheets import some_axes
from subsets import LAYERS, faults, page_of, uncured, words_of

import borderzone as bz
from borderzone import figures
from borderzone.errors import BorderzoneError, InvalidParameterError
from borderzone.figures.grammar import figure_of
from borderzone.incidents.placing.overlaying import Account
from borderzone.report.public import edition, join_segments
from borderzone.report.sections import index_words, reach_words
from borderzone.report.tables import tables
from borderzone.study import told
from borderzone.study.given import missing_layer
from borderzone.study.told import flagged_sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from borderzone.study import Ground, StudyResult

    Without = Callable[..., StudyResult]

COARSE: dict[str, Any] = {"resolution_m": 5000, "draws": 100, "imputations": 20}
# Each layer, and the pairs that are told together: what lacks incidents lacks nothing of the ground.
SUBSETS = [
    lack for n in (0, 1, 2) for lack in combinations(LAYERS, n) if n < 2 or "incidents" not in lack
]


def study_without(*lack: str, **other: Any) -> bz.Study:
    """Make the built-in study without some layers."""
    layers: dict[str, Any] = {"incidents": "embedded", **dict.fromkeys(lack), **other}
    return bz.Study(
        border=bz.Border.between("IRQ", "SYR"), scenario=bz.Scenario(**COARSE), **layers
    )


def beside(result: StudyResult) -> str:
    """Give the finding on flagged ground with its notes."""
    return " ".join([result.summary[1], *told.flagged_notes(result)])


@pytest.fixture(scope="module")
def run_without() -> Without:
    """Give the built-in study without some layers, each run once; incidents change no ground."""
    grounds: dict[frozenset[str], Ground] = {}
    runs: dict[frozenset[str], StudyResult] = {}

    def run(*lack: str) -> StudyResult:
        layers, missing = frozenset(lack) - {"incidents"}, frozenset(lack)
        if missing not in runs:
            study = study_without(*lack)
            if layers not in grounds:
                grounds[layers] = study.read_ground()
            runs[missing] = study.run(seed=1, ground=grounds[layers])
        return runs[missing]

    return run


@pytest.mark.parametrize("lack", SUBSETS, ids="+".join)
def test_nothing_unknown_is_told_as_zero_and_nothing_missing_as_none(
    lack: tuple[str, ...], run_without: Without
) -> None:
    """Sentences, notes, figures, descriptions and page, without each layer and each pair."""
    result = run_without(*lack)
    said = words_of(result) | {
        "summary": " ".join([*result.summary, *told.flagged_notes(result)]),
        "notes": " ".join(result.notes),
        "page": page_of(result),
    }

    assert {name: found for name, text in said.items() if (found := faults(text, lack))} == {}
    for name in (
        "notes",
        "page",
        "figure corridor_map",
        "figure strip_map",
        "alt corridor_map",
        "alt strip_map",
    ):
        assert uncured(said[name], lack) == [], name
    assert len(result.summary[1].split()) <= 40
    assert uncured(said["summary"], [each for each in lack if each != "incidents"]) == []


@pytest.mark.parametrize(
    ("text", "lack"),
    [
        ("Between 0 % and 0 % of the corridor (60,389 km2) is remote desert.", "landcover"),
        ("Iraq-Syria: no remote desert in the corridor, by any of the definitions", "origins"),
        ("No zone of remote desert. 4 zones of cave-prone ground.", "dem"),
        ("Iraq-Syria: no segment is mostly remote desert", "landcover"),
        ("No zone of cave-prone ground.", "karst"),
        ("no hatch: caves unknown,\nno soluble rock is mapped", "karst"),
        ("of the 100 % on mapped rock, 0 % to 0 % ranks medium in cave susceptibility", "karst"),
        ("0 of 0 incidents are placed well enough to draw", "incidents"),
        ("0 reported: 0 in the corridor", "incidents"),
        ("No events fell here", "incidents"),
        ("Half of the border is reached within 2.5 h", "origins"),
        ("304 towns and 27 open airfields stand in as the origins", "dem"),
        ("it takes 2,019 units out", "dem"),
        ("from nan to nan", ""),
        ("the nearest None", ""),
        ("up to inf units", ""),
    ],
)
def test_the_reader_of_words_finds_a_bad_sentence(text: str, lack: str) -> None:
    """A check that finds nothing in anything would be worth nothing."""
    assert faults(text, [lack] if lack else [])
    assert faults("Not known: no land cover was given. None of it happened.", LAYERS) == []
    if lack:
        assert uncured(text, [lack]) == [lack]


def test_a_border_with_no_land_cover_names_the_command_of_its_own_countries() -> None:
    """Sentence, title, legend, description and table say the same."""
    result = bz.Study(
        border=bz.Border.between("JOR", "IRQ"),
        landcover=None,
        scenario=bz.Scenario(depth_km=25, **COARSE),
    ).run(seed=1)

    command = f"`borderzone fetch landcover {result.border.a} {result.border.b}` brings it"
    said = beside(result)
    assert f"is remote desert is not known: no land cover was given; {command}" in said
    assert f"Remote desert is not known: no land cover was given; {command}." in figures.alt_text(
        result, "corridor_map"
    )
    title = title_of(figures.corridor_map(result, ax=some_axes(), relief=False))
    assert title.endswith(": remote desert is not known: no land cover was given")
    assert "remote desert on unknown" not in page_of(result)
    shares = result.flagged_share
    assert shares is not None
    assert shares["remote_share"].isna().all()
    assert shares["unknown_remote_share"].eq(1).all()
    assert result.segments["remote_share"].isna().all()
    assert result.segments["remote_share_unknown"].eq(1).all()


def title_of(ax: Axes) -> str:
    """Give the finding over somebody's axes on one line."""
    return " ".join(ax.get_title(loc="left").split())


def test_outside_the_embedded_region_each_layer_is_named_with_its_reason() -> None:
    """Not reached is another reason than not given."""
    far = bz.Study(border=bz.Border.between("FRA", "ESP"), scenario=bz.Scenario(**COARSE)).run()

    assert set(far.missing) == {"elevation", "landcover", "karst", "origins", "incidents"}
    size = f"{far.corridor.area_km2:,.0f} km2, "
    assert f"France's half of the corridor is the whole: {size}" in beside(far)
    for layer in ("elevation", "land cover", "map of soluble rock"):
        assert f"the embedded {layer} does not reach this corridor" in beside(far)
    lack = ("dem", "landcover", "karst", "origins", "incidents")
    said = words_of(far) | {"page": page_of(far), "notes": " ".join(far.notes)}
    assert {name: found for name, text in said.items() if (found := faults(text, lack))} == {}
    assert uncured(said["page"], ("dem", "landcover", "karst", "origins", "incidents")) == []
    assert "`borderzone fetch dem FRA ESP`" in said["notes"]


def test_a_border_of_several_frames_does_not_blame_a_layer_that_it_never_opened() -> None:
    """The true reason is the frames, and what is given all the same is listed."""
    dem = bz.datasets.elevation()
    long = bz.Study(
        border=bz.Border.between("USA", "CAN"),
        dem=dem,
        incidents="embedded",
        scenario=bz.Scenario(depth_km=25, **COARSE),
    ).run()

    told_of = " ".join([*long.summary, *long.notes])
    assert "no elevation" not in told_of
    keys = figure_of(figures.corridor_map(long, ax=some_axes((11.7, 8.3)))).legends
    words = " ".join(" ".join(t.get_text() for key in keys for t in key.get_texts()).split())
    assert "land, without relief: this corridor needs" in words
    assert "no elevation" not in words
    assert f"this corridor needs {len(long.corridor.sections)} frames" in long.summary[2]
    assert "length, segments, night and light, and incidents along the border are given" in told_of
    assert "border_km = [0, 500] in a study file, or Border.between_km" in beside(long)
    with pytest.raises(InvalidParameterError, match="has no curve: not known: this corridor needs"):
        figures.coverage_curve(long)


def test_the_strip_is_drawn_without_elevation_and_names_what_it_lacks() -> None:
    bare = study_without("dem", "incidents").run(seed=1)
    axes = figures.strip_map(bare)
    texts: list[Any] = figure_of(axes).findobj(Text)
    foot = " ".join(text.get_text() for text in texts).replace("\n", " ")

    assert len(axes.child_axes) == 1
    assert (
        "Not drawn, for there is no such result: elevation, ruggedness, flags, incidents, what "
        "patrols see." in foot
    )
    assert "not known: no elevation was given; `borderzone fetch dem IRQ SYR` brings it" in foot


def test_a_folded_strip_loses_no_row_and_a_low_page_says_which(result: StudyResult) -> None:
    folded = figures.strip_map(result, fold_km=200)
    lines = [ax for ax in figure_of(folded).axes if "strip" in str(ax.get_label())]
    assert {len(ax.child_axes) for ax in lines} == {6}
    low = figures.strip_map(result, size=(6.3, 3.2))
    assert len(low.child_axes) < 6


@pytest.fixture(scope="module")
def posted() -> StudyResult:
    """Give the built-in study with two posts of a user."""
    posts = gpd.GeoDataFrame(
        {"name": ["one", "two"]},
        geometry=[shapely.Point(41.0, 34.4), shapely.Point(41.9, 36.3)],
        crs=4326,
    )
    return study_without(origins=posts).run(seed=1)


def test_posts_of_a_user_are_called_posts(posted: StudyResult) -> None:
    """Towns and airfields stand in only where there are no posts."""
    said = words_of(posted) | {
        "page": page_of(posted, "internal"),
        "summary": " ".join(posted.summary),
    }
    for name, text in said.items():
        assert "town or" not in text, name
        assert name == "page" or "nearest origin" not in text, name
        assert "nearest airfield" not in text, name
    assert "off-road drive from any post in Iraq" in said["summary"]
    assert "drawn: bare ground more than 2 h from the nearest post" in " ".join(
        said["figure corridor_map"].split()
    )
    for name in (
        "alt travel_time_map",
        "alt response_times",
        "figure travel_time_map",
        "figure response_times",
        "page",
    ):
        assert "nearest post" in said[name], name


def test_the_public_edition_says_that_posts_hide_what_it_does_not_show(posted: StudyResult) -> None:
    """Hidden is neither unknown nor absent."""
    shown = edition(posted, "public").result
    said = words_of(shown) | {"page": page_of(posted)}

    assert "No zone of remote" not in said["alt corridor_map"]
    assert "not shown, for their shape would tell where posts are" in said["alt corridor_map"]
    assert "remote desert is not drawn" in " ".join(said["figure corridor_map"].split())
    assert "Travel times are not shown, for posts could be read in them." in said["page"]
    assert told.percent(told.remote_desert(posted).high) not in said["figure corridor_map"]
    assert "is remote desert is not shown, for it would tell where posts are" in shown.summary[1]
    assert "not known" not in shown.summary[1]
    assert "How much is remote depends on the hours" not in said["page"]
    assert shown.flagged_share is not None
    assert "unknown_karst_share" in shown.flagged_share
    assert not [name for name in shown.flagged_share if "remote" in str(name)]
    with pytest.raises(InvalidParameterError, match="posts are not shown"):
        figures.travel_time_map(shown)


def test_no_origins_are_accepted_like_other_layers_and_the_night_is_told(
    run_without: Without,
) -> None:
    """Who walks from the border needs no post."""
    result = run_without("origins")

    assert result.reach.along is None
    assert result.reach.night is not None
    assert result.reach.night["share"].between(0, 1).all()
    assert told.cave_prone(result).known
    assert not told.remote_desert(result).known
    assert "from the border" in page_of(result)


def test_segments_that_share_the_first_rank_are_not_said_to_stay_among_ten(
    run_without: Without,
) -> None:
    """On bare ground without an origin the index is the same all along: it ranks nothing there."""
    result = run_without("origins")
    assert result.ground.stability is not None
    table = result.ground.stability[result.ground.stability["kind"] == "segment"]
    first = int((table["rank"] == 1).sum())
    assert first > 10

    (said,) = index_words(result)
    assert (
        f"{first} segments share the first rank, so that the index does not tell them apart" in said
    )
    assert "hardest segments stay among" not in said


def test_without_a_table_of_incidents_no_table_says_that_none_was_rejected(
    run_without: Without,
) -> None:
    for detail in ("public", "internal"):
        without = edition(run_without("incidents"), detail)
        assert "incidents_rejected" not in tables(without)
        assert "incidents_rejected" in tables(edition(run_without(), detail))


def test_origins_that_lie_nowhere_near_are_another_reason() -> None:
    paris = gpd.GeoDataFrame(geometry=[shapely.Point(2.35, 48.85)], crs=4326)
    ground = study_without(origins=paris).read_ground()

    assert ground.missing["origins"].reason == "none of the origins given lies near this corridor"
    assert ground.origins is None


def test_a_map_of_rock_that_shows_none_here_is_told_as_unknown() -> None:
    far = gpd.GeoDataFrame(
        {"susceptibility": [2]}, geometry=[shapely.box(10, 50, 11, 51)], crs=4326
    )
    ground = study_without(karst=far).read_ground()

    assert "does not mean that there is none" in ground.missing["karst"].reason


@pytest.fixture(scope="module")
def half(run_without: Without) -> StudyResult:
    """Give the built-in study as if a quarter of its ground had no land cover."""
    result = run_without()
    shares, segments = result.flagged_share, result.segments.copy()
    assert shares is not None
    known = segments.index < 45
    segments["remote_share"] = segments["remote_share"].where(known)
    segments["remote_share_unknown"] = np.where(known, 0.0, 1.0)
    shares = shares.assign(remote_share=shares["remote_share"] * 0.75, unknown_remote_share=0.25)
    return changed(result, flagged_share=shares, segments=segments)


def test_a_share_that_is_the_same_at_every_threshold_is_no_range(half: StudyResult) -> None:
    shares = half.flagged_share
    assert shares is not None
    none = changed(half, flagged_share=shares.assign(remote_share=0.0, unknown_remote_share=0.0))
    assert flagged_sentence(none).startswith(
        "No part of Iraq's half of the corridor is desert more than two hours' off-road drive from any town"
    )
    assert "With 1 to 3 h in its place it is 0 %." in told.flagged_notes(none)


def test_a_share_known_in_part_is_told_with_the_rest(half: StudyResult) -> None:
    """In sentence, titles, legends, descriptions and tables."""
    assert "(25 % not known) of Iraq's half of the corridor is desert" in flagged_sentence(half)
    assert "Of 25 % of Iraq's half of the corridor it is not known." in told.flagged_notes(half)
    said = {name: " ".join(text.split()) for name, text in words_of(half).items()}
    assert "; 25 % not known) of Iraq's half of the corridor" in said["figure corridor_map"]
    assert "not known on 25 % of Iraq's half of the corridor" in said["figure corridor_map"]
    assert "Of 25 % of Iraq's half of the corridor it is not known." in said["alt corridor_map"]
    assert "remote desert not known, 25 %" in said["figure strip_map"]
    assert "along 150 km that is not known" in said["figure strip_map"]
    assert "along 150 km that is not known" in said["alt strip_map"]
    page = html.unescape(page_of(half))
    assert "remote desert on 25 % of Iraq's half of the corridor" in page
    none = changed(half, flagged_share=half.flagged_share.assign(remote_share=0.0))  # type: ignore[union-attr]
    title = title_of(figures.corridor_map(none, ax=some_axes(), relief=False))
    assert title.endswith(
        "no part of Iraq's half of the corridor (25 % not known) is desert more than two hours' off-road "
        "drive from any town or open airfield in Iraq"
    )


def test_joined_segments_keep_their_share_of_all_ground() -> None:
    """One segment all remote and one unknown make one half remote, half unknown."""
    two = gpd.GeoDataFrame(
        {
            "km_start": [0.0, 5.0],
            "km_end": [5.0, 10.0],
            "length_km": 5.0,
            "remote_share": [1.0, np.nan],
            "remote_share_unknown": [0.0, 1.0],
        },
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=4326,
    ).rename_axis("segment")

    joined = join_segments(two, 2).iloc[0]
    assert joined["remote_share"] == pytest.approx(0.5)
    assert joined["remote_share_unknown"] == pytest.approx(0.5)
    assert join_segments(two.assign(remote_share=np.nan), 2)["remote_share"].isna().all()


def test_where_all_rows_of_a_table_went_adds_up(study: bz.Study) -> None:
    """Unreadable, too vague, outside, in the corridor: every row once."""
    corridor = bz.Corridor.around(study.border, depth_km=50, segment_km=10)
    rows = pd.DataFrame(
        {
            "lat": [34.4, 34.4, 33.3, 99.0, 34.0, 34.4],
            "lon": [41.1, 41.1, 44.4, 41.0, 44.0, 41.75],
            "where_prec": [1, 1, 1, 1, 6, 2],
        }
    )
    found = bz.incidents.account(bz.incidents.read(rows), corridor, draws=400)

    assert (found.reported, found.unreadable, found.vague, found.outside) == (6, 1, 1, 1)
    assert found.inside == 3
    assert 2 < found.expected < 3
    assert found.line == (
        "6 reported: 1 unreadable, 1 too vague, 1 outside, 3 that may lie in the corridor "
        f"({found.expected:.1f} expected)"
    )


def numbers(pattern: str, texts: dict[str, str]) -> dict[str, set[Any]]:
    """Find what each text tells of a quantity."""
    found = {
        name: set(re.findall(pattern, " ".join(text.split()), re.IGNORECASE))
        for name, text in texts.items()
    }
    return {name: values for name, values in found.items() if values}


@pytest.fixture(scope="module")
def report(public_report: Path) -> dict[str, str]:
    """Give the words of all files of the report of the built-in study."""
    place = public_report
    said = {}
    for file in [*place.rglob("*.txt"), *place.rglob("*.svg"), place / "report.html"]:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".svg":
            text = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", text))
        text = re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
        said[file.relative_to(place).as_posix()] = text.replace("&#34;", '"')
    said["manifest"] = " ".join(json.loads((place / "manifest.json").read_text())["summary"])
    said["tables/required_units.csv"] = (place / "tables" / "required_units.csv").read_text()
    return said


def test_units_have_one_number_wherever_they_are_told(
    result: StudyResult, other: StudyResult, report: dict[str, str]
) -> None:
    """Half of all crossings seen, on average, by night: title, table, figure, CSV."""
    half = told.units(result, "mean_pod", target=0.5)[0]
    table = pd.read_csv(StringIO(report["tables/required_units.csv"]))
    row = table.query(
        "measure == 'mean_pod' and target == 0.5 and rule == 'optimal' and light == 'night'"
    ).iloc[0]
    # The file keeps all digits; what is read has two.
    assert row["out_p50"] == half.middle
    assert row["people_out_p50"] == 4 * half.middle
    assert row["people_payroll_p50"] == 4 * half.payroll_middle

    out = told.rounded(half.middle)
    read = numbers(r"50 % seen, on average ([\d,]+) \(", report)
    assert "report.html" in read
    # By day, and under the second scenario, which the page tells as well.
    others = {
        told.rounded(told.units(run, "mean_pod", target=0.5, light=light)[0].middle)
        for run in (result, other)
        for light in ("night", "day")
    }
    assert all(out in values for values in read.values())
    assert set().union(*read.values()) <= others


def test_the_curve_tells_what_the_answer_does(result: StudyResult, report: dict[str, str]) -> None:
    """Half of all crossings seen by the scenario's own units: title and description of the curve."""
    half = told.answered_units(result, "mean_pod")
    assert half is not None
    median = numbers(
        r"seeing, on average, 50 % of crossings the median is ([\d,]+) units \([\d,]+ people\)",
        report,
    )
    assert "figures/coverage_curve.txt" in median
    assert set().union(*median.values()) == {told.rounded(half.middle)}
    band = numbers(r"seeing half of all crossings takes ([\d,]+ to [\d,]+) units", report)
    assert set().union(*band.values()) == {f"{told.rounded(half.low)} to {told.rounded(half.high)}"}
    assert "figures/coverage_curve.svg" in band


def test_the_answer_has_one_number_wherever_it_is_told(
    result: StudyResult, report: dict[str, str]
) -> None:
    """Every inch with the eye, led: sentence, title of the figure, table, description."""
    row = told.answer_row(result, "min_pod", "eye", "beats_soft")
    people = told.rounded(row.people)
    took = numbers(r"“Every inch”.{0,70}? takes ([\d,]+) people", report)
    assert {"manifest", "report.html", "figures/answer.txt", "figures/answer.svg"} <= set(took)
    assert set().union(*took.values()) == {people}
    assert f"the unaided eye, led {told.rounded(row.units)} {people} " in " ".join(
        report["report.html"].split()
    )
    for text in report.values():
        assert "Counted simply" not in text
        assert "out of reach of any number" not in text
        assert "number of units stops" not in text


def test_what_a_moon_is_worth_is_told_where_it_is_known(
    result: StudyResult, report: dict[str, str]
) -> None:
    table = result.patrol.by_night
    assert table is not None
    few, many = (told.rounded(float(x)) for x in (table["people"].min(), table["people"].max()))
    assert few != many
    sentence = told.moon_words(result)
    assert sentence.startswith("under a full moon in ")
    assert f"takes {few} people out" in sentence
    assert sentence.endswith(f"in a night without a moon {many}")
    assert sentence[1:] in " ".join(report["report.html"].split())

    def instead(by_night: pd.DataFrame | None) -> StudyResult:
        return changed(result, by_night=by_night)

    assert told.moon_words(instead(None)) == ""
    assert told.moon_words(instead(table.assign(people=2000.0))) == ""
    assert told.moon_words(instead(table.assign(people=np.nan))) == ""


@pytest.mark.parametrize(
    ("number", "words"),
    [(7.4, "7"), (94.2, "94"), (1649.0, "1,600"), (10_953.0, "11,000"), (np.inf, "no number")],
)
def test_people_are_told_in_two_digits(number: float, words: str) -> None:
    assert told.rounded(number) == words


def test_units_of_a_comparison_are_those_of_the_study(
    result: StudyResult, report: dict[str, str]
) -> None:
    """What-if: table of the figure, table of the page, description."""
    half = told.count(told.units(result, "mean_pod", target=0.5)[0].middle)
    found = numbers(r"units for 50 % seen, on average ([\d,]+)", report)
    assert {"figures/whatif.svg", "report.html"} <= set(found)
    assert set().union(*found.values()) == {half}


def test_a_comparison_tells_one_share_and_what_its_difference_is(report: dict[str, str]) -> None:
    """The chance to be seen goes from a to b in the description as in the table."""
    seen = re.findall(
        r"seen, on average,? (?:from )?(\d+) %(?: to)? (\d+) %,?(?: difference)? "
        r"([+−]\d+) points",
        " ".join(" ".join(report[name].split()) for name in ("figures/whatif.txt", "report.html")),
    )
    assert len(seen) >= 2
    assert len(set(seen)) == 1
    for name in ("figures/whatif.txt", "figures/whatif.svg", "report.html"):
        text = " ".join(report[name].split())
        assert "the median of the differences draw by draw" in text, name


def test_remote_desert_has_one_range_wherever_it_is_told(
    result: StudyResult, report: dict[str, str]
) -> None:
    share = told.remote_desert(result)
    half = r"Iraq(?:'|&#39;|&#x27;)s half of the corridor"
    said = numbers(rf"([\w ]+) \((\d+ %)\) of {half} is desert more than two hours", report)
    range_ = numbers(r"with 1 to 3 h in its place it is between (\d+ %) and (\d+ %)", report)

    assert {
        "manifest",
        "report.html",
        "figures/corridor_map.svg",
        "figures/corridor_map.txt",
    } <= set(said)
    assert {number for _, number in set().union(*said.values())} == {told.percent(share.chosen)}
    assert all(
        words.lower().endswith(told.fraction_words(share.chosen))
        for words, _ in set().union(*said.values())
    )
    assert "report.html" in range_
    assert set().union(*range_.values()) == {(told.percent(share.low), told.percent(share.high))}
    chosen = numbers(r"[Ii]t is (\d+ %) of that half; of the whole corridor (\d+ %),", report)
    both = told.remote_desert(result, whole=True)
    assert set().union(*chosen.values()) == {
        (told.percent(share.chosen), told.percent(both.chosen))
    }
    by_time = numbers(rf"Iraq-Syria: (\d+ %) of {half} is more than 2 h away", report)
    assert set(by_time) == {"figures/travel_time_map.svg"}
    row = re.search(r"more than 2 h (\d+ %) (\d+ %)", " ".join(report["report.html"].split()))
    assert row is not None
    assert by_time["figures/travel_time_map.svg"] == {row.group(2)}
    mostly = numbers(r"along ([\d,]+) km of the border most ground", report)
    assert {"figures/strip_map.svg", "figures/strip_map.txt"} <= set(mostly)
    assert len(set().union(*mostly.values())) == 1


def test_incidents_have_one_account_wherever_they_are_told(report: dict[str, str]) -> None:
    """Map, strip, charts, page and descriptions."""
    found = numbers(r"\b(8 reported: [\w ,]+? in the corridor)", report)

    assert set().union(*found.values()) == {"8 reported: 3 too vague, 2 outside, 3 in the corridor"}
    for name in ("corridor_map", "strip_map", "incident_overlay"):
        assert f"figures/{name}.txt" in found, name
        assert f"figures/{name}.svg" in found, name
    assert "report.html" in found
    of_all = re.findall(r"([\d.]+) of 8 (?:incidents|events)", " ".join(report.values()))
    assert {float(number) for number in of_all} == {3.0}


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        (
            r"(\d+ to \d+ km over flat ground, \d+ to \d+ % of the corridor on either side)",
            "night_reach",
        ),
        (
            r"(half of the border is reached within [\d.]+ h[^,]*, [^,]*, [^,.]*\.\d h)",
            "response_times",
        ),
        (r"(\d+ to \d+ %)(?:, assumed from landforms| is out of sight)", "sight_lines"),
        (r"(detect \d+ to \d+ % of crossings)", "strip_map"),
    ],
)
def test_other_quantities_too(pattern: str, where: str, report: dict[str, str]) -> None:
    found = numbers(pattern, report)
    assert f"figures/{where}.txt" in found
    assert len(found) >= (1 if where == "strip_map" else 3)
    assert len({words.lower() for words in set().union(*found.values())}) == 1


def test_what_is_not_there_says_why_when_asked_for() -> None:
    """Errors of figures carry reason and cure."""
    bare = study_without("dem", "incidents").run(seed=1)
    asked: list[tuple[Any, str]] = [
        (
            figures.coverage_curve,
            "has no curve: not known: no elevation was given; `borderzone fetch",
        ),
        (figures.sensitivity, "no elevation was given"),
        (figures.hindcast, "no elevation was given"),
        (figures.travel_time_map, "has no travel times: not known: no elevation was given"),
        (figures.night_reach, "no elevation was given"),
        (figures.sight_lines, "no elevation was given"),
        (figures.incident_overlay, "no table of incidents was given; `borderzone fetch ucdp"),
    ]
    for draw, words in asked:
        with pytest.raises(BorderzoneError, match=re.escape(words)):
            draw(bare)
    with pytest.raises(BorderzoneError, match="no elevation was given"):
        bz.compare(bare, bare)


def test_a_line_of_ones_own_has_no_command_with_its_names() -> None:
    """Names that nobody can type are not told as if they could be."""
    border = bz.Border.from_line(
        shapely.LineString([(41.0, 34.0), (41.0, 34.5)]), names=("west", "east")
    )
    study = bz.Study(border=border, dem=None, scenario=bz.Scenario(depth_km=10, **COARSE))
    result = study.run(seed=1)

    assert "`borderzone fetch dem STUDY.toml`" in beside(result)
    assert "west east" not in " ".join([*result.summary, *result.notes])


def test_what_is_fetched_is_fetched_for_the_line_of_the_study() -> None:
    """Two countries stand for their whole border as it ships, not for a part or for another line."""
    whole = bz.Border.between("IRQ", "SYR")
    part = whole.between_km(0, 100)
    ours = bz.Border.from_line(part.line, names=("IRQ", "SYR"))
    assert "fetch dem IRQ SYR`" in missing_layer("elevation", None, whole).words
    for border in (part, ours):
        assert "fetch dem STUDY.toml`" in missing_layer("elevation", None, border).words
        assert "ucdp IRQ SYR`" in missing_layer("incidents", None, border).words
    named = bz.Border.from_line(part.line, left="ABC", right="XYZ")
    assert "--bbox W S E N`" in missing_layer("incidents", None, named).words


def test_an_account_without_doubt_reads_plainly() -> None:
    plain = Account(reported=3, unreadable=0, vague=0, outside=0, inside=3, expected=3.0, circles=3)
    assert plain.line == "3 reported: 3 in the corridor"


def test_shortest_and_longest_night_carry_their_months_on_both_hemispheres(
    result: StudyResult,
) -> None:
    """In the sentence, the title and the description; the day of the month beside them."""
    south = changed(result, night_hours=bz.access.night_table(-49.0))
    table = south.reach.night_hours["nautical"]
    words = f"{table[12]:.1f} h (Dec) to {table[6]:.1f} h (Jun) on the 15th of the month"

    assert told.night_length_words(south) == words
    page = figure_of(figures.month_moon(south, size="a4"))
    standing = " ".join(text.get_text() for text in page.texts).replace("\n", " ")
    assert f"Without useful light: {words}." in standing
    assert f"useful light: {words}." in figures.alt_text(south, "month_moon")
    assert " h (Jun) to " in told.night_length_words(result)
    assert told.night_length_words(result) in " ".join(reach_words(result))
