"""One hostile string in every field of a study: the whole report is written, read and opened."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import json
import re
import shutil
import subprocess
import tomllib
from html.parser import HTMLParser
from importlib import resources
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from changed_results import changed
from hostile_words import ALL_AT_ONCE, LONG, obeyed, with_words
from PIL import Image

import borderzone as bz
from borderzone import cli
from borderzone._guards import escapes
from borderzone.report import pictures, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult

pytestmark = [
    pytest.mark.filterwarnings("ignore:Glyph .* missing"),
    pytest.mark.usefixtures("draft"),
]
SHOWN = escapes.block(ALL_AT_ONCE)
# Of an event, all that is words and no term of ours.
WORDS_OF_EVENTS = (
    "id",
    "event_type",
    "description",
    "admin1",
    "admin2",
    "place",
    "source",
    "reason",
)


@pytest.fixture(scope="module")
def odd(result: StudyResult) -> StudyResult:
    """Give a result that holds the string wherever words come from outside."""
    events = result.incidents.events
    assert events is not None
    told = events.assign(**dict.fromkeys(WORDS_OF_EVENTS, ALL_AT_ONCE))
    told[f"column {ALL_AT_ONCE}"] = ALL_AT_ONCE
    told["description"] = [LONG, *told["description"].iloc[1:]]
    told["status"] = ["quarantined", *["ok"] * (len(told) - 1)]
    told.attrs = events.attrs
    named = with_words(result, ALL_AT_ONCE)
    return changed(named, events=told, summary=(ALL_AT_ONCE,) * 3, notes=(ALL_AT_ONCE, LONG))


@pytest.fixture(scope="module")
def inside(odd: StudyResult, tmp_path_factory: pytest.TempPathFactory, draft: None) -> Path:
    """Give the internal folder, which holds all rows."""
    place = tmp_path_factory.mktemp("inside") / "out"
    with pytest.MonkeyPatch.context() as patch:
        # The same words in each format of each figure: test_escapes, figure by figure.
        patch.setattr(pictures, "FORMATS", ("png",))
        write_report(odd, place, detail="internal", comparison=odd)
    return place


def files(place: Path, suffix: str) -> list[Path]:
    """List files by ending; there is always one at least."""
    found = sorted(place.rglob(f"*{suffix}"))
    assert found, suffix
    return found


class Page(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep what stands between tags."""
        self.words.append(data)


def own_scripts(text: str) -> int:
    """Count the scripts of a page, each of which is ours, or numbers and words that are no script."""
    found = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    for how, words in found:
        if how.strip():
            assert how.strip() == 'type="application/json" id="panel-data"'
            assert "<" not in words
            json.loads(words)
        else:
            # Its policy lets this script run and no other.
            digest = base64.b64encode(hashlib.sha256(words.encode()).digest()).decode("ascii")
            assert f"'sha256-{digest}'" in html.unescape(text)
            own = resources.files("borderzone.report").joinpath("page.js")
            assert own.read_text(encoding="utf-8").strip() in words
    assert len(re.findall(r"<script", text, re.IGNORECASE)) == len(found)
    return len(found)


def test_the_page_holds_the_words_and_no_tag_or_attribute_of_theirs(inside: Path) -> None:
    text = (inside / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"iframe", "object", "embed", "link", "base"}
    assert own_scripts(text) == 2
    head = text.partition("</head>")[0]
    assert text.count("</style>") == head.count("</title>") == 1
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on")], tag
        # What a page holds of its own: pictures, and the tables of figures to keep.
        own = ("#", "figures/", "data:image/webp;base64,", "data:text/csv;base64,")
        assert str(attrs.get("href", "#")).startswith(own), tag
        assert str(attrs.get("src", "data:image/")).startswith("data:image/"), tag
    assert obeyed(text) == []
    for word in (page.words, [str(attrs.get("alt")) for tag, attrs in page.tags if tag == "img"]):
        assert any(SHOWN in piece for piece in word)
    assert "(1,000,000 characters)" in text


def test_words_beside_figures_are_seen(inside: Path) -> None:
    for file in files(inside, ".png"):
        with Image.open(file) as picture:
            assert obeyed("".join(map(str, picture.info.values()))) == [], file.name
    for file in files(inside / "figures", ".txt"):
        assert obeyed(file.read_text(encoding="utf-8")) == [], file.name


def test_no_cell_of_any_table_is_a_formula_and_rows_are_whole(inside: Path) -> None:
    csv.field_size_limit(10_000_000)
    for file in files(inside, ".csv"):
        text = file.read_bytes().decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) == 1, file.name
        for cell in (cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n")):
            assert cell == "" or float(cell) <= 0, (file.name, cell)
    table = pd.read_csv(inside / "tables" / "incidents.csv", keep_default_na=False)
    assert table["place"].map(escapes.uncell).tolist() == [escapes.kept(ALL_AT_ONCE)] * len(table)
    assert table["description"][0] == LONG


def test_layers_hold_the_words_as_they_are(inside: Path) -> None:
    kept = escapes.kept(ALL_AT_ONCE)
    for name, column in (("incidents", "place"), ("zones", "reasons"), ("origins", "name")):
        layer = gpd.read_file(inside / "vectors" / "borderzone.gpkg", layer=name)
        assert set(layer[column]) == {kept}, name
        assert set(gpd.read_parquet(inside / "vectors" / f"{name}.parquet")[column]) == {kept}
    assert pyogrio.list_layers(inside / "vectors" / "borderzone.gpkg")[:, 0].tolist() == [
        "border",
        "corridor",
        "segments",
        "zones",
        "incidents",
        "origins",
    ]


def test_records_and_words_of_the_run_are_parsed_and_forge_no_line(inside: Path) -> None:
    noted = json.loads((inside / "manifest.json").read_text(encoding="utf-8"))
    assert noted["name"] == noted["parameters"]["name"] == ALL_AT_ONCE
    study = tomllib.loads((inside / "study.toml").read_text(encoding="utf-8"))
    assert study["name"] == study["scenario"]["name"] == ALL_AT_ONCE
    for name in ("log.txt", "ATTRIBUTION.txt"):
        text = (inside / name).read_text(encoding="utf-8")
        assert obeyed(text) == [], name
        assert not [row for row in text.splitlines() if row.startswith(("ERROR", "three"))], name


def test_nothing_is_written_outside_the_folder(inside: Path) -> None:
    assert [file.name for file in inside.parent.iterdir()] == ["out"]
    names = {file.relative_to(inside).as_posix() for file in inside.rglob("*")}
    assert not [name for name in names if not re.fullmatch(r"[\w./]+", name)]


def test_the_command_line_writes_the_public_report_and_prints_what_can_be_seen(
    odd: StudyResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plans = pictures.figure_specs
    monkeypatch.setattr(pictures, "figure_specs", lambda *arguments: plans(*arguments)[:1])
    monkeypatch.setattr(bz.Study, "run", lambda *_, **__: odd)
    (tmp_path / "study.toml").write_text('a = "IRQ"\nb = "SYR"\n')
    folder = tmp_path / "[red] out"
    monkeypatch.setattr(
        "sys.argv", ["borderzone", "report", str(tmp_path / "study.toml"), "-o", str(folder)]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    assert not stop.value.code, said.err
    assert f"Report: {folder / 'report.html'}" in said.out
    assert SHOWN in said.out
    assert obeyed(said.out + said.err) == []
    assert "Traceback" not in said.out + said.err
    public = (folder / "report.html").read_text(encoding="utf-8")
    assert own_scripts(public) == 2


@pytest.mark.parametrize("policy", [True, False], ids=["as it is", "without its policy"])
def test_a_browser_runs_nothing_of_the_page(inside: Path, tmp_path: Path, *, policy: bool) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser is not None, "run `make browser` first"
    text = (inside / "report.html").read_text(encoding="utf-8")
    rule = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', text)
    assert rule is not None
    (tmp_path / "page.html").write_text(text if policy else text.replace(rule[0], ""), "utf-8")
    run = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=3000",
            "--dump-dom",
            (tmp_path / "page.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    page = Page(run.stdout)
    title = re.search(r"<title>(.*?)</title>", run.stdout, re.DOTALL)
    assert title is not None
    assert title[1] != "ran"
    assert "border study (INTERNAL)" in title[1]
    assert not {tag for tag, _ in page.tags} & {"iframe", "object"}
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert any(SHOWN in piece for piece in page.words)
