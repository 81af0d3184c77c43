"""Text from outside: seen where it is shown, unchanged where it is kept, run nowhere."""

from __future__ import annotations

import csv
import inspect
import io
import logging
import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import jinja2
import pandas as pd
import pyogrio
import pytest
import shapely
from changed_results import changed
from front_door_cases import SWEPT
from hostile_words import ALL_AT_ONCE, HOSTILE, LONG, UNSEEN, obeyed, with_words
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from rich.console import Console
from sheets import some_axes

import borderzone as bz
from borderzone import cli, fetch, figures, incidents, stream
from borderzone import io as files
from borderzone._guards import Bar, escapes
from borderzone._guards.progress import OnTerminal
from borderzone.cli import terminal as cli_terminal
from borderzone.errors import BorderzoneError, DataError
from borderzone.fetch import events as events_of_fetch
from borderzone.fetch.events import GedVersion
from borderzone.figures.grammar import drawing, figure_of
from borderzone.provenance import attribution_text
from borderzone.report import check_folder, write_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.study import StudyResult

WORDS = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@\t\r\n'\"<>&[]/\\$%{}#;,"),
        st.sampled_from([*UNSEEN, "\ud800", "\udfff", "\uffff", "\U0010ffff", "\U000e0041"]),
        st.characters(exclude_categories=()),
    ),
    max_size=40,
)


@given(WORDS)
def test_what_is_shown_holds_nothing_unseen_and_can_be_encoded(text: str) -> None:
    for shown in (escapes.block(text), escapes.line(text), escapes.figure_words(text)):
        assert obeyed(shown) == []
        shown.encode("utf-8")
    assert not set(escapes.line(text)) & set("\n\r\t")
    parsed(ET.tostring(_element(escapes.block(text))))


def parsed(text: bytes) -> ET.Element:
    """Parse XML of our own making, which must be well formed."""
    return ET.fromstring(text)  # noqa: S314  (nobody else wrote it)


def _element(text: str) -> ET.Element:
    element = ET.Element("words")
    element.text = text
    return element


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs", "M"]), max_size=40))
def test_what_can_be_seen_is_shown_as_it_is(text: str) -> None:
    assert escapes.block(text) == escapes.line(text) == escapes.figure_words(text) == text


def test_text_without_end_is_cut_and_says_how_long_it_was() -> None:
    assert escapes.block(LONG).endswith("… (1,000,000 characters)")
    assert len(escapes.block(LONG)) < 11_000
    assert len(escapes.figure_words(LONG)) < 400
    assert len(escapes.figure_words("line\n" * 10_000).split("\n")) < 100


@given(WORDS)
def test_what_is_kept_loses_only_what_no_file_can_hold(text: str) -> None:
    stored = escapes.kept(text)
    stored.encode("utf-8")
    assert "\0" not in stored
    if not any(mark == "\0" or "\ud800" <= mark <= "\udfff" for mark in text):
        assert stored == text


@given(WORDS)
def test_a_cell_comes_back_and_is_no_formula(text: str) -> None:
    marked = escapes.cell(text)
    assert escapes.uncell(marked) == text
    if marked[:1] in tuple("=+-@\t\r\n＝＋－＠"):
        float(marked)


@given(WORDS)
def test_a_comment_of_toml_stays_a_comment(text: str) -> None:
    assert tomllib.loads(f"{escapes.comment(text)}a = 1\n{escapes.comment(text)}") == {"a": 1}


class Tags(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        """Keep what stands between tags."""
        self.words += data


@given(WORDS)
def test_a_value_of_the_page_stays_words_in_text_and_in_attributes(text: str) -> None:
    made = jinja2.Environment(autoescape=True, finalize=escapes.page_value)
    told = Tags(made.from_string('<p title="{{ words }}">{{ words }}</p>').render(words=text))
    assert told.found == [("p", [("title", escapes.block(text))])]
    assert told.words == escapes.block(text)


def test_what_the_template_made_is_not_escaped_twice() -> None:
    made = jinja2.Environment(autoescape=True, finalize=escapes.page_value)
    macro = "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}{{ bold(words) }}{{ 7 }}{{ none }}"
    assert made.from_string(macro).render(words="<i>") == "<b>&lt;i&gt;</b>7None"


def test_popups_of_interactive_maps_hold_no_html(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[gpd.GeoDataFrame] = []
    monkeypatch.setattr(gpd.GeoDataFrame, "explore", lambda self, **_: shown.append(self))
    line = shapely.LineString([(40.0, 34.0), (40.5, 34.5), (41.0, 34.5)])
    border = bz.Border.from_line(line, names=(HOSTILE["script"], HOSTILE["handler"]))
    border.explore()
    bz.Corridor.around(border, depth_km=10).explore()
    cells = [
        str(cell) for table in shown for cell in table.drop(columns="geometry").to_numpy().flat
    ]
    assert len(shown) == 2
    assert any("&lt;script&gt;" in cell for cell in cells)
    assert not any(mark in cell for cell in cells for mark in '<>"')


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_what_a_notebook_or_terminal_shows_of_a_record_is_one_safe_line(
    words: str, result: StudyResult
) -> None:
    line = shapely.LineString([(40.0, 34.0), (40.5, 34.5), (41.0, 34.5)])
    name = f"{escapes.kept(words)[:60]} x"
    border = bz.Border.from_line(line, names=(name, f"{name} too"))
    corridor = bz.Corridor.around(border, depth_km=10)
    study = bz.Study(border=border, name=name)
    named = replace(result, name=words, summary=(words,))
    for record in (border, corridor, corridor.sections[0], study, named):
        assert obeyed(repr(record)) == []
    for record in (border, corridor):
        assert "\n" not in repr(record)


@pytest.mark.parametrize("words", [HOSTILE["zero"], HOSTILE["surrogate"]])
def test_a_name_that_no_file_can_hold_is_refused(words: str) -> None:
    line = shapely.LineString([(40.0, 34.0), (41.0, 34.5)])
    with pytest.raises(BorderzoneError, match="names holds a character that no file can hold"):
        bz.Border.from_line(line, names=(words, "b"))
    with pytest.raises(BorderzoneError, match="name holds a character that no file can hold"):
        bz.Study(border=bz.Border.between("IRQ", "SYR"), name=words)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_an_error_says_what_it_quotes_in_characters_that_can_be_seen(words: str) -> None:
    for kind in (BorderzoneError, DataError):
        assert obeyed(str(kind(f"cannot read {words}"))) == []
    assert str(DataError("plain\nwords")) == "plain\nwords"


def test_no_name_can_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("borderzone")
    log.warning("removing %s", "a\nERROR: all is lost\x1b[2J")
    log.warning("removing %s", "b")
    assert caplog.messages == ["removing a\\nERROR: all is lost\\x1b[2J", "removing b"]


def test_credits_are_a_line_each() -> None:
    record = bz.datasets.record("places")
    text = attribution_text([record], name="Demo")
    hostile = replace(record, title=HOSTILE["lines"], attribution=HOSTILE["terminal"])
    told = attribution_text([hostile], name=HOSTILE["zero"])
    assert len(told.splitlines()) == len(text.splitlines())
    assert obeyed(told) == []


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_tables_give_back_what_was_written(words: str, tmp_path: Path) -> None:
    heads = pd.Index(["note", f"a {words}"], dtype=object)
    frame = pd.DataFrame([[words, "x"], ["next", words]], columns=heads, dtype=object)
    files.write_csv(frame, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [[escapes.uncell(cell) for cell in row] for row in rows] == [
        ["note", f"a {escapes.kept(words)}"],
        [escapes.kept(words), "x"],
        ["next", escapes.kept(words)],
    ]
    assert not any(cell[:1] in tuple("=+-@\t\r\n") for row in rows for cell in row if cell)
    # Readers that know of no quoted breaks see no row more either.
    assert pd.read_csv(tmp_path / "a.csv").shape == (2, 2)


def test_categories_are_marked_as_text_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"kind": pd.Categorical(["=1+1", "b"]), "n": [-1.5, 2.0]})
    files.write_csv(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "kind,n\n'=1+1,-1.5\nb,2.0\n"


@pytest.mark.parametrize("words", [*HOSTILE.values(), LONG], ids=[*HOSTILE, "long"])
def test_layers_give_back_what_was_written(words: str, tmp_path: Path) -> None:
    note = pd.Series([words], dtype=object)
    frame = gpd.GeoDataFrame({"note": note}, geometry=[shapely.Point(41, 34)], crs=4326)
    files.write_vector({f"a {words[:100]}": frame}, tmp_path / "a.gpkg")
    files.write_vector({"a": frame}, tmp_path / "a.parquet")
    named = pyogrio.list_layers(tmp_path / "a.gpkg")[:, 0].tolist()
    assert named == [f"a {escapes.kept(words[:100])}"]
    for back in (gpd.read_file(tmp_path / "a.gpkg"), gpd.read_parquet(tmp_path / "a.parquet")):
        assert back["note"].tolist() == [escapes.kept(words)]


def test_records_beside_files_hold_any_text(tmp_path: Path) -> None:
    words = dict.fromkeys(("title", "licence", "attribution", "citation", "sha256"), ALL_AT_ONCE)
    files.write_sidecar(tmp_path / "a.csv", words)
    assert files.read_sidecar(tmp_path / "a.csv") == {"schema": 1, **words}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Let the command line think that it prints on a terminal, and keep what it prints."""
    paper = io.StringIO()
    for name in ("OUT", "ERR"):
        console = Console(
            file=paper, force_terminal=True, highlight=False, markup=False, emoji=False, width=200
        )
        monkeypatch.setattr(cli_terminal, name, console)
    return paper


def printed_of(words: str) -> None:
    """Print words in every way in which the command line prints."""
    cli_terminal.say(words)
    cli_terminal.complain(words)
    heads = pd.Index([words], dtype=object)
    cli_terminal.print_table(pd.DataFrame([[words], [1.5]], columns=heads, dtype=object), words)
    assert cli_terminal.tell(DataError(words)) == cli_terminal.EXIT_DATA
    bar, shown = Bar(words, ()), OnTerminal(cli_terminal.ERR)
    bar(words)
    shown.show(bar)
    shown.end()


STEERING = re.compile(r"\r?\x1b\[\??[\d;]*[A-Za-z]")


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_terminal_shows_any_words_and_obeys_none(words: str, terminal: io.StringIO) -> None:
    printed_of("plain")
    ours = set(STEERING.findall(terminal.getvalue()))  # bold, a spinner: what rich steers by
    terminal.seek(0)
    terminal.truncate()
    printed_of(words)
    printed = STEERING.sub(lambda found: "" if found[0] in ours else found[0], terminal.getvalue())
    assert ours
    assert obeyed(printed) == []
    assert escapes.block(words).split("\n", maxsplit=1)[0] in printed


def test_a_table_with_markup_is_checked_and_not_called_a_bug(
    tmp_path: Path, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = [HOSTILE[name] for name in ("markup", "terminal", "right to left", "formula")]
    table = pd.DataFrame(
        {"id": notes, "date": "2019-07-21", "lat": 34.37, "lon": ["41.09", *notes[:3]]}
    )
    table.to_csv(tmp_path / "[red].csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["borderzone", "check", str(tmp_path / "[red].csv")])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = terminal.getvalue()
    assert stop.value.code == cli_terminal.EXIT_DATA
    assert "this is a bug" not in printed
    assert "longitude '[/x] [red]" in printed
    assert obeyed(STEERING.sub("", printed)) == []


@pytest.mark.parametrize("words", ["check", "report", "whatif"])
def test_a_command_that_quotes_what_was_typed_quotes_it_safely(
    words: str,
    terminal: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = "--\x1b]0;x\x07[/x]\udcff"
    monkeypatch.setattr("sys.argv", ["borderzone", words, bad, bad])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    assert stop.value.code == cli_terminal.EXIT_USAGE
    assert "No such option" in said.err
    assert obeyed(said.out + said.err + terminal.getvalue()) == []


def test_a_missing_argument_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["borderzone", "check"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == cli_terminal.EXIT_USAGE
    assert "Missing argument" in capsys.readouterr().err


DRAWN = [
    name
    for name in dir(figures)
    if name != "add_layer"
    and callable(getattr(figures, name))
    and "Axes" in str(inspect.signature(getattr(figures, name)).return_annotation)
]


def arguments(name: str, result: StudyResult) -> list[Any]:
    """Give what a function that draws needs."""
    if name == "interdiction_curve":
        return []
    if name == "whatif":
        return [result, result]
    if name in figures.TABLE_FIGURES:
        return [swept(name, result)]
    return [{"plot_border": result.border, "plot_corridor": result.corridor}.get(name, result)]


def swept(name: str, result: StudyResult) -> pd.DataFrame:
    """Give what a figure of a table draws, with the words of a scenario wherever a name stands."""
    words = result.scenario.name
    if name == "comparison":
        return bz.compare(result, result).assign(scenario_b=words)
    if name == "break_even":
        return bz.whatif.break_even(result, result).assign(scenario_b=words)
    table = SWEPT.assign(kit=SWEPT["kit"].replace("eye", words))
    how = {"two_way": ("kit", "month")}.get(name, ())
    found: pd.DataFrame = getattr(bz.whatif, name)(table, *how)
    return found


# Figures that the built-in study cannot give: it has neither cover, nor an inventory of caves, nor
# many incidents, nor elevation fine enough for posts.
NOT_GIVEN = {"race_to_cover", "cave_success_rate", "incident_pressure", "post_curve"}


def test_every_function_that_draws_is_tried(result: StudyResult) -> None:
    assert set(DRAWN) > NOT_GIVEN
    assert len(DRAWN) >= 15
    for name in NOT_GIVEN:
        with pytest.raises(BorderzoneError):
            getattr(figures, name)(with_words(result, ALL_AT_ONCE))


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
@pytest.mark.parametrize("name", sorted(set(DRAWN) - NOT_GIVEN))
def test_a_figure_shows_any_words_and_reads_no_formula(
    name: str, result: StudyResult, tmp_path: Path
) -> None:
    words = ALL_AT_ONCE
    ax = getattr(figures, name)(*arguments(name, with_words(result, words)))
    figure = figure_of(ax)
    shown = [text.get_text() for text in figure.findobj(Text)]
    assert [mark for text in shown for mark in obeyed(text)] == []
    made = figures.save(figure, tmp_path / name, alt=words, dpi=30)
    assert {file.suffix for file in made} == {".png", ".svg", ".pdf", ".txt"}
    tree = parsed((tmp_path / f"{name}.svg").read_bytes())
    tags = {tag.tag.rpartition("}")[2] for tag in tree.iter()}
    assert not tags & {"script", "foreignObject", "a"}
    assert obeyed("".join(tree.itertext())) == []
    with Image.open(tmp_path / f"{name}.png") as picture:
        # What has no room on the page follows the description.
        assert picture.info["Description"].startswith(escapes.block(words))
        assert obeyed("".join(map(str, picture.info.values()))) == []
    drawn = (tmp_path / f"{name}.pdf").read_bytes()
    assert not [mark for mark in (b"/JavaScript", b"/OpenAction", b"/Launch") if mark in drawn]
    described = (tmp_path / f"{name}.txt").read_text(encoding="utf-8").strip()
    assert described.startswith(escapes.block(words))
    assert obeyed(described.removeprefix(escapes.block(words))) == []


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
@pytest.mark.parametrize("words", [*HOSTILE.values(), LONG], ids=[*HOSTILE, "long"])
def test_each_string_can_stand_on_a_figure_of_the_users_own(
    words: str, result: StudyResult, tmp_path: Path
) -> None:
    figure = Figure(figsize=(4, 3))
    ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    ax.set_title("before")
    mine = figure.text(0.5, 0.9, "$x^2$", parse_math=True)
    odd = changed(
        result,
        name=words,
        border=replace(result.border, names=dict.fromkeys(result.border.names, words)),
    )
    figures.coverage_curve(odd, ax=ax)
    figures.plot_border(odd.border, ax=figure.add_axes((0.4, 0.4, 0.2, 0.2)))
    assert mine.get_parse_math()
    figures.save(figure, tmp_path / "a", alt=words, formats=("png", "svg", "pdf"), dpi=30)
    parsed((tmp_path / "a.svg").read_bytes())


def test_dollars_in_a_name_are_drawn_as_dollars() -> None:
    @drawing
    def titled(*, ax: Any, sheet: Any = None) -> Any:
        ax.set_title(r"$\frac{$ and \$5")
        ax.set_yticks([0.2, 0.8], ["$x$", "\x1b[2J"])
        return ax

    ax = titled(ax=some_axes())
    figure_of(ax).savefig(io.BytesIO(), format="svg")
    assert ax.get_title(loc="left") == r"$\frac{$ and \$5"
    (title,) = [text for text in ax.findobj(Text) if "frac" in text.get_text()]
    assert not title.get_parse_math()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$x$", "\\x1b[2J"]


NO_FILES = {
    "long": "a" * 300 + ".csv",
    "deep": "a/" * 3000 + "b.csv",
    "zero": "a\0.csv",
    "surrogate": "\ud800.csv",
    "blank": " ",
    "nobody": "~nobody-of-that-name/a.csv",
}


def writers(result: StudyResult) -> dict[str, Callable[[Any], object]]:
    """Give every door through which a file is written, as a function of its path."""
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(41, 34)], crs=4326)
    events = incidents.read(pd.DataFrame({"lat": [34.4], "lon": [41.1]}))
    assert result.ground.layers is not None
    assert result.ground.grid is not None
    raster, grid = result.ground.layers["elevation_m"], result.ground.grid
    return {
        "csv": lambda path: files.write_csv(frame, path),
        "gpkg": lambda path: files.write_vector({"a": frame}, path),
        "parquet": lambda path: files.write_vector({"a": frame}, path),
        "raster": lambda path: files.write_raster(raster, path),
        "incidents": lambda path: incidents.write(events, path),
        "figure": lambda path: figures.save(Figure(), path, alt="Nothing."),
        "scenario": result.scenario.to_toml,
        "report": lambda path: write_report(result, path),
        "folder": check_folder,
        "layers": lambda path: stream.terrain_to_files("dem.tif", grid, path),
        "cache": fetch.cache_folder,
    }


@pytest.mark.parametrize("path", NO_FILES.values(), ids=NO_FILES)
def test_a_path_that_no_file_can_have_is_refused_at_every_door(
    path: str, result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for write in writers(result).values():
        with pytest.raises(BorderzoneError):
            write(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("check", "a.csv", "--rejected"), ("whatif", "a", "b", "-o")])
@pytest.mark.parametrize("path", [NO_FILES["long"], NO_FILES["nobody"]], ids=["long", "nobody"])
def test_the_command_line_says_so_too(
    words: tuple[str, ...], path: str, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["borderzone", *words, path])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == cli_terminal.EXIT_USAGE
    assert "this is a bug" not in terminal.getvalue()


def test_the_longest_name_that_a_file_can_have_is_written(tmp_path: Path) -> None:
    name = "é" * 125 + ".csv"
    files.write_csv(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@given(WORDS)
def test_a_name_inside_the_name_of_a_file_leads_nowhere(text: str) -> None:
    word = escapes.file_word(text)
    assert word
    assert not set(word) & set("/\\.:\0\n ")
    assert len(f"{word}-1989-2024.csv".encode()) < 256


def test_a_border_of_ones_own_names_no_other_folder_for_its_events() -> None:
    line = shapely.LineString([(40.0, 34.0), (41.0, 34.5)])
    border = bz.Border.from_line(line, names=("../../evil", "C:\\x"))
    corridor = bz.Corridor.around(border, depth_km=10)
    named = events_of_fetch._file_name(GedVersion("25.1"), corridor, (1989, 2024))
    assert named == "ucdp-ged-25.1-_evil-C_x-1989-2024.csv"


def test_columns_of_a_users_table_cannot_make_the_layers_of_a_report_fail(tmp_path: Path) -> None:
    columns = {"fid": [7], "Note": ["a"], "note": ["b"], "geom": ["c"], "NOTE_2": ["d"]}
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.Point(41, 34)], crs=4326)
    files.write_vector({"a": frame}, tmp_path / "a.gpkg")
    back = gpd.read_file(tmp_path / "a.gpkg").drop(columns="geometry")
    assert back.to_dict("list") == {
        "fid_2": [7],
        "Note": ["a"],
        "note_3": ["b"],
        "geom_2": ["c"],
        "NOTE_2": ["d"],
    }


def test_a_table_in_memory_with_half_a_pair_of_surrogates_is_read() -> None:
    notes = pd.Series([HOSTILE["surrogate"], HOSTILE["zero"]], dtype=object)
    heads = pd.Index(["lat", "lon", "date", "notes", f"a {HOSTILE['surrogate']}"], dtype=object)
    table = pd.concat([pd.Series([34.4] * 2), pd.Series([41.1] * 2), notes, notes, notes], axis=1)
    read = incidents.read(table.set_axis(heads, axis=1))
    assert "\\ud800" in read.columns[read.columns.str.startswith("a ")][0]
    assert obeyed("".join(map(str, read.to_numpy().flat))) == []
