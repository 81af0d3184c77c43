"""The report holds the findings word for word, repeats to the byte, and tells no more than it may."""

from __future__ import annotations

import html
import json
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from changed_results import changed
from PIL import Image

import borderzone as bz
from borderzone.errors import InvalidParameterError, OutputError
from borderzone.report import check_folder, report_steps, write_report
from borderzone.report import folder as folder_room
from borderzone.report.public import edition, join_segments
from borderzone.report.tables import TABLE_WORDS
from borderzone.study import told

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult

pytestmark = pytest.mark.usefixtures("draft")

REPEATS = {"log.txt", "timing.json"}


@pytest.fixture(scope="module")
def inside(result: StudyResult, tmp_path_factory: pytest.TempPathFactory, draft: None) -> Path:
    """Give the internal folder of a study with posts."""
    place = tmp_path_factory.mktemp("internal") / "out"
    write_report(with_posts(result), place, detail="internal")
    return place


def with_posts(result: StudyResult) -> StudyResult:
    """Give the study as if its origins were the posts of a force."""
    posts = gpd.GeoDataFrame(
        {"name": ["Post Kilo", "Post Lima"], "kind": "post"},
        geometry=[shapely.Point(41.0777, 34.3777), shapely.Point(39.5111, 33.6111)],
        crs=4326,
    )
    return changed(result, origins=posts)


def files_of(place: Path) -> list[str]:
    """List the files of a folder."""
    return sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file())


def text_of(file: Path) -> str:
    """Read a file as text, whatever it is."""
    return file.read_bytes().decode("latin-1")


class Page(HTMLParser):
    """What the tests ask of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep what stands between tags."""
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of every tag of a name."""
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(public_report: Path) -> Page:
    """Give the public page, parsed."""
    return Page((public_report / "report.html").read_text(encoding="utf-8"))


def test_the_folder_has_the_promised_tree(public_report: Path) -> None:
    files = files_of(public_report)
    for name in ("report.html", "manifest.json", "timing.json", "study.toml", "log.txt"):
        assert name in files
    for figure in (
        "answer",
        "corridor_map",
        "strip_map",
        "coverage_curve",
        "whatif",
        "sensitivity",
        "hindcast",
        "incident_overlay",
    ):
        for ending in ("png", "svg", "pdf", "txt", "csv"):
            assert f"figures/{figure}.{ending}" in files
    for table in (*TABLE_WORDS, "data_dictionary"):
        # The built-in study has no inventory of caves, no cover and no elevation for posts, and shows no such
        # number; ways by kilometre are for internal use.
        lacking = ("cave_", "hotspot_", "race", "posts", "weakest_crossing_by_km")
        assert (f"tables/{table}.csv" in files) != table.startswith(lacking)
    for layer in ("border", "corridor", "segments", "zones", "incidents"):
        assert f"vectors/{layer}.parquet" in files
    assert "ATTRIBUTION.txt" in files
    assert {"rasters/slope_deg.tif", "rasters/hours_vehicle.tif"} <= set(files)


def test_the_three_sentences_are_the_same_everywhere(
    public_report: Path, result: StudyResult
) -> None:
    said = list(result.summary)
    assert len(said) == 3
    manifest = json.loads((public_report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["summary"] == said
    assert pd.read_csv(public_report / "tables" / "summary.csv")["sentence"].tolist() == said
    page = (public_report / "report.html").read_text(encoding="utf-8")
    listed = re.findall(r'<[ou]l class="findings">(.*?)</[ou]l>', page, re.DOTALL)
    shown = [html.unescape(words) for words in re.findall(r"<li>(.*?)</li>", " ".join(listed))]
    assert shown[:3] == told.answer_sentences(result)
    assert set(shown) == {*said, *told.answer_sentences(result)}


def test_two_runs_give_the_same_bytes(
    public_report: Path, result: StudyResult, other: StudyResult, tmp_path: Path
) -> None:
    write_report(result, tmp_path / "again", comparison=other)
    assert files_of(tmp_path / "again") == files_of(public_report)
    differing = {
        name
        for name in files_of(public_report)
        if (public_report / name).read_bytes() != (tmp_path / "again" / name).read_bytes()
    }
    assert differing <= REPEATS


def test_the_manifest_lists_what_is_there(public_report: Path) -> None:
    manifest = json.loads((public_report / "manifest.json").read_text(encoding="utf-8"))
    listed = {entry["path"] for entry in manifest["outputs"]}
    assert listed == set(files_of(public_report)) - REPEATS - {"manifest.json"}
    assert manifest["detail"] == "public"


def test_the_study_file_runs_the_study_again(public_report: Path, study: bz.Study) -> None:
    again = bz.Study.from_toml(public_report / "study.toml")
    assert again.scenario == study.scenario
    assert again.border.length_km == study.border.length_km
    assert again.seed == 1


def test_every_column_of_every_table_has_its_meaning(public_report: Path) -> None:
    words = pd.read_csv(public_report / "tables" / "data_dictionary.csv", keep_default_na=False)
    assert words[words["meaning"] == ""][["table", "column"]].to_numpy().tolist() == []
    for file in (public_report / "tables").glob("*.csv"):
        if file.stem == "data_dictionary":
            continue
        listed = words[words["table"] == file.stem]["column"].tolist()
        assert pd.read_csv(file).columns.tolist() == listed, file.stem


def test_the_page_needs_no_other_file_and_no_network(page: Page, public_report: Path) -> None:
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "data"):
            link = attrs.get(name)
            if link is None:
                continue
            assert not re.match(r"(https?:)?//", link), (tag, link)
            if name == "href" and not link.startswith(("#", "data:")):
                assert (public_report / link).is_file(), link
    assert [script.get("type") for script in page.all("script")] == ["application/json", None]
    assert not page.all("link")
    assert all(str(image["src"]).startswith("data:image/webp") for image in page.all("img"))
    assert (public_report / "report.html").stat().st_size < 6e6
    assert "url(" not in (public_report / "report.html").read_text(encoding="utf-8")


def test_the_page_can_be_read_by_keyboard_and_by_ear(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert all(len(str(image["alt"])) > 80 for image in page.all("img"))
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    regions = [attrs for attrs in page.all("div") if attrs.get("role") == "region"]
    assert regions
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    targets = {attrs.get("id") for _, attrs in page.tags}
    assert {
        str(link["href"])[1:] for link in page.all("a") if str(link["href"])[0] == "#"
    } <= targets


def test_the_first_screen_says_who_lives_there(public_report: Path) -> None:
    text = (public_report / "report.html").read_text(encoding="utf-8")
    top = text[text.index("<header>") : text.index("</header>")]
    for words in (
        "Who lives there",
        "Herders",
        "truffle",
        "A flag is a property of ground, never of people.",
    ):
        assert words in top


def test_the_page_holds_what_a_reader_must_know(page: Page, result: StudyResult) -> None:
    words = " ".join(" ".join(page.words).split())
    assert result.patrol.terrain_variance is not None
    assert result.patrol.plausibility is not None
    for needed in (
        "analyst's estimate",
        "not of attempts",
        "attacks inside Iraq, not the crossing",
        "First to fail",
        result.patrol.terrain_variance["statement"],
        "as hopeful",
        "an absence of incidents is an absence of reports",
        "GeoNames (geonames.org), CC BY 4.0",
        "about 3.1 by 3.7 km",
        "no line of sight",
        *result.notes,
    ):
        assert needed in words, needed


def test_the_numbers_of_the_page_are_those_of_the_tables(page: Page, public_report: Path) -> None:
    table = pd.read_csv(public_report / "tables" / "required_units.csv")
    row = table.query(
        "measure == 'mean_pod' and target == 0.9 and rule == 'optimal' and light == 'night'"
    ).iloc[0]
    # The file keeps all digits; what is read has two.
    middle, low, high = (told.rounded(row[f"out_{end}"]) for end in ("p50", "p05", "p95"))
    assert f"{middle} ({low} to {high})" in page.words


@pytest.mark.usefixtures("sketch")
def test_public_tells_of_no_posts_and_nothing_in_which_they_could_be_read(
    result: StudyResult, tmp_path: Path
) -> None:
    write_report(with_posts(result), tmp_path / "out")
    files = files_of(tmp_path / "out")
    assert not [name for name in files if "origin" in name or "rasters/hours" in name]
    assert "rasters/remote_desert.tif" not in files
    assert pyogrio.list_layers(tmp_path / "out" / "vectors" / "borderzone.gpkg")[:, 0].tolist() == [
        "border",
        "corridor",
        "segments",
        "zones",
        "incidents",
    ]
    for name in files:
        text = text_of(tmp_path / "out" / name)
        for secret in ("Post Kilo", "41.0777", "33.6111"):
            assert secret not in text, name
    assert "Posts are not shown" in text_of(tmp_path / "out" / "report.html")


@pytest.mark.usefixtures("sketch")
def test_public_lists_no_row_of_a_users_incident_table(result: StudyResult, tmp_path: Path) -> None:
    assert result.incidents.events is not None
    events = result.incidents.events.assign(
        id=[f"SECRET{n}" for n in range(8)],
        place="a place of ours",
        status=["quarantined", *["ok"] * 7],
        reason=["out of range: latitude 95 of SECRET", *[""] * 7],
    )
    own = changed(
        result,
        events=events,
        inputs=tuple(r for r in result.inputs if r.name != "article_incidents"),
    )
    write_report(own, tmp_path / "out")
    files = files_of(tmp_path / "out")
    assert "tables/incidents.csv" not in files
    assert "vectors/incidents.parquet" not in files
    for name in files:
        text = text_of(tmp_path / "out" / name)
        assert "a place of ours" not in text, name
        assert "SECRET" not in text, name
    rejected = pd.read_csv(tmp_path / "out" / "tables" / "incidents_rejected.csv")
    assert rejected.to_dict("list") == {"finding": ["out of range"], "rows": [1]}
    counted = pd.read_csv(tmp_path / "out" / "tables" / "segments.csv")["incidents_expected"]
    assert counted.sum() == pytest.approx(3, abs=0.3)


def test_public_joins_segments_finer_than_ten_kilometres(result: StudyResult) -> None:
    fine = replace(
        result,
        segments=halved(result.segments),
        scenario=result.scenario.changed({"segment_km": 5.0}),
    )
    shown = edition(fine, "public").result.segments
    assert shown["length_km"].min() > 9.9
    assert len(shown) < len(fine.segments)
    assert shown["length_km"].sum() == pytest.approx(fine.segments["length_km"].sum())
    assert shown["units_even"].sum() == pytest.approx(fine.segments["units_even"].sum())
    assert len(edition(fine, "internal").result.segments) == len(fine.segments)


def halved(segments: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each segment twice, as if it were two of half the length."""
    twice = segments.loc[np.repeat(segments.index, 2)].reset_index(drop=True)
    for name in ("length_km", "area_km2", "weight", "units_even", "units_optimal", "units_maximin"):
        twice[name] /= 2
    middle = twice["km_start"] + twice["length_km"]
    odd = twice.index % 2 == 1
    twice.loc[odd, "km_start"] = middle[odd]
    twice.loc[~odd, "km_end"] = middle[~odd]
    return gpd.GeoDataFrame(twice, crs=segments.crs).rename_axis("segment")


def test_joined_segments_keep_sums_ends_and_means(result: StudyResult) -> None:
    joined = join_segments(halved(result.segments), 2)
    assert joined["km_start"].tolist() == pytest.approx(result.segments["km_start"].tolist())
    assert joined["km_end"].tolist() == pytest.approx(result.segments["km_end"].tolist())
    for name in ("pod_even", "rate_night", "elevation_max_m", "weight", "units_maximin"):
        assert joined[name].tolist() == pytest.approx(result.segments[name].tolist())
    assert joined["cave_rank"].isna().tolist() == result.segments["cave_rank"].isna().tolist()
    assert len(join_segments(result.segments, 7)) == 60 // 7


def _of_table(file: Path) -> list[Any]:
    table = pd.read_csv(file, keep_default_na=False)
    return ["INTERNAL"] if table.empty else list(table["detail"])


def _of_picture(file: Path) -> list[Any]:
    with Image.open(file) as picture:
        return [picture.info["Description"]]


def _of_raster(file: Path) -> list[Any]:
    with rasterio.open(file) as raster:
        return [raster.tags()["DETAIL"]]


def _of_layers(file: Path) -> list[Any]:
    layers = pyogrio.list_layers(file)[:, 0]
    return [words for name in layers for words in gpd.read_file(file, layer=name)["detail"]]


def _of_parquet(file: Path) -> list[Any]:
    return list(gpd.read_parquet(file)["detail"])


def _of_record(file: Path) -> list[Any]:
    return [json.loads(file.read_text(encoding="utf-8"))["detail"].upper()]


def _of_words(file: Path) -> list[Any]:
    content = file.read_bytes()
    marks = (b"INTERNAL", "INTERNAL".encode("utf-16-be"))
    return ["INTERNAL"] if any(mark in content for mark in marks) else []


STAMPS = {
    ".csv": _of_table,
    ".png": _of_picture,
    ".tif": _of_raster,
    ".parquet": _of_parquet,
    ".gpkg": _of_layers,
    ".json": _of_record,
}


def test_internal_is_stamped_on_every_file(inside: Path) -> None:
    for name in files_of(inside):
        found = STAMPS.get((inside / name).suffix, _of_words)(inside / name)
        assert found, name
        assert all(words.startswith("INTERNAL") for words in found), name
    assert {"tables/segments.csv", "vectors/origins.parquet"} <= set(files_of(inside))


def test_public_files_carry_no_internal_stamp(public_report: Path) -> None:
    for name in files_of(public_report):
        if name != "tables/data_dictionary.csv":
            assert "INTERNAL" not in text_of(public_report / name), name


def test_no_edition_holds_caves_by_cell(public_report: Path, inside: Path) -> None:
    for place in (public_report, inside):
        assert not [name for name in files_of(place) if "rasters/cave" in name]


def test_there_are_two_editions(result: StudyResult, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="detail must be one of public, internal"):
        write_report(result, tmp_path / "out", detail="secret")
    assert not (tmp_path / "out").exists()


def test_a_full_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="not empty"):
        check_folder(tmp_path)
    assert files_of(tmp_path) == ["note.txt"]
    check_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("without_pictures")
def test_a_report_replaces_its_own_files_only_when_told_to(
    result: StudyResult, tmp_path: Path
) -> None:
    write_report(result, tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("keep me")
    with pytest.raises(OutputError, match="overwrite"):
        write_report(result, tmp_path / "out")
    file = write_report(result, tmp_path / "out", overwrite=True)
    assert file == tmp_path / "out" / "report.html"
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep me"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.usefixtures("without_pictures")
def test_a_report_that_fails_leaves_nothing(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        msg = "no ink"
        raise RuntimeError(msg)

    monkeypatch.setattr(folder_room, "render_page", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        write_report(result, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_format")
def test_a_border_without_data_gets_an_honest_report(tmp_path: Path) -> None:
    far = bz.Study(border=bz.Border.between("FRA", "ESP")).run()
    steps: list[str] = []
    file = write_report(far, tmp_path / "out", progress=steps.append)
    page = " ".join(" ".join(Page(file.read_text(encoding="utf-8")).words).split())
    assert "People live here" in page
    assert "truffle" not in page
    for note in far.notes:
        assert " ".join(note.split()) in page
    assert "figures/corridor_map.png" in files_of(tmp_path / "out")
    assert "figures/coverage_curve.png" not in files_of(tmp_path / "out")
    # What nobody planned would count to the step before it.
    assert {name.partition(":")[0] for name in steps} <= {name for name, _ in report_steps()}
    assert "manifest" in steps
    assert tomllib.loads((tmp_path / "out" / "study.toml").read_text())["a"] == far.border.a


@pytest.mark.usefixtures("without_pictures")
def test_hostile_names_stay_words(result: StudyResult, tmp_path: Path) -> None:
    odd = replace(result, name="<script>alert(1)</script>")
    file = write_report(odd, tmp_path / "out")
    page = Page(file.read_text(encoding="utf-8"))
    assert [script.get("type") for script in page.all("script")] == ["application/json", None]


@pytest.mark.usefixtures("one_format")
def test_a_post_cannot_be_read_from_the_public_edition(
    study: bz.Study, result: StudyResult, tmp_path: Path
) -> None:
    """Neither zones, nor tables, nor rasters, nor figures hold what is cut by hours from a post."""
    post = gpd.GeoDataFrame({"kind": ["post"]}, geometry=[shapely.Point(41.2, 34.5)], crs=4326)
    del result
    quick = study.scenario.changed({"draws": 100, "imputations": 10, "resolution_m": 4000})
    own = bz.Study(border=study.border, origins=post, incidents="embedded", scenario=quick).run()

    page = bz.write_report(own, tmp_path / "public")

    words = page.read_text(encoding="utf-8")
    assert "in whose shapes posts could be read" in words
    files = [p for p in page.parent.rglob("*") if p.suffix in (".csv", ".parquet", ".gpkg", ".txt")]
    for path in files:
        if path.name == "data_dictionary.csv":
            continue
        if path.suffix == ".gpkg":
            zones = gpd.read_file(path, layer="zones")
        elif path.name == "zones.parquet":
            zones = gpd.read_parquet(path)
        else:
            assert b"remote_desert" not in path.read_bytes(), path
            assert b"hours_median" not in path.read_bytes(), path
            continue
        assert set(zones["kind"]) == {"cave_prone"}
        assert not [name for name in zones.columns if name.startswith("hours")]
    rasters = {path.stem for path in (page.parent / "rasters").iterdir()}
    assert not rasters & {"hours_vehicle", "hours_foot", "remote_desert", "index"}
