"""What `incidents.read` takes is taken by a study file, a study in Python and `borderzone check` too."""

from __future__ import annotations

import datetime as dt
import inspect
import re
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import typer
from places import ROOT

import borderzone as bz
from borderzone import cli, incidents
from borderzone._guards import asked_from
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.incidents import ReadOptions
from borderzone.incidents.option_list import KEYWORDS, option
from borderzone.study.given import as_given, how_read, unrecorded
from borderzone.study.incident_findings import load_incidents
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAIR = 'a = "AZE"\nb = "TUR"\ndem = "none"\n'
QUICK = (
    "[scenario]\nresolution_m = 2000\ndepth_km = 8\nsegment_km = 3\ndraws = 100\nimputations = 10\n"
)
# What only the user can settle: names of no known language, day before month, letters of Windows.
TABLE = "Kennung;Nordwert;Ostwert;Tag\nä;39,70;44,80;03/04/2019\nb;39,72;44,82;05/06/2019\n"
HOW = """[incidents]
path = "meldungen.csv"
columns = {lat = "Nordwert", lon = "Ostwert", id = "Kennung", date = "Tag"}
date_format = "%d/%m/%Y"
encoding = "cp1252"
accessed = 2026-11-02
terms = "mine"
bbox = [43, 38, 46, 41]
"""


# What is read, and what a study knows by itself.
_NOT_SAID = ("source", "corridor", "options")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a table that needs to be told how it is read."""
    (tmp_path / "meldungen.csv").write_bytes(TABLE.encode("cp1252"))
    return tmp_path


def study_of(folder: Path, text: str, **given: Any) -> bz.Study:
    (folder / "study.toml").write_text(PAIR + text, encoding="utf-8")
    return bz.Study.from_toml(folder / "study.toml", **given)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process; give exit code, output and errors."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["borderzone", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


def test_every_option_of_reading_is_at_every_door() -> None:
    """A new one cannot be missing at one of them."""
    asked = list(inspect.signature(ReadOptions).parameters)
    alone = [name for name in inspect.signature(incidents.read).parameters if name not in _NOT_SAID]
    check = typer.main.get_command(cli.app).commands["check"]  # type: ignore[attr-defined]
    offered = {one.name: one.opts for one in check.params}

    assert sorted(ReadOptions.known) == sorted(asked)
    assert alone == list(KEYWORDS)
    for name in asked:
        assert offered[name] == [f"--{name.replace('_', '-')}"]
    # A study file takes the same names, each in the kind that its example shows.
    stated = {name: one.example for name, one in ReadOptions.known.items()}
    assert list(ReadOptions.of(stated).stated()) == list(ReadOptions.known)


def test_an_option_that_is_stated_as_false_is_kept() -> None:
    """It is part of what a run is named by; what is left out is not."""
    told = ReadOptions.of({"fix_swapped": False})
    assert told.stated() == {"fix_swapped": False}
    assert ReadOptions().stated() == {}
    assert not told.judge
    with pytest.raises(BorderzoneError, match="fix_swapped is said twice"):
        told.beside(fix_swapped=True)


def test_a_study_file_says_how_its_incidents_are_read(folder: Path) -> None:
    study = study_of(folder, HOW + QUICK)
    result = study.run()

    assert result.incidents.events is not None
    assert result.incidents.events["id"].tolist() == ["ä", "b"]
    assert result.incidents.events["date_start"].dt.strftime("%Y-%m-%d").tolist() == [
        "2019-04-03",
        "2019-06-05",
    ]
    assert result.incidents.events[["lat", "lon"]].to_numpy().tolist() == [
        [39.7, 44.8],
        [39.72, 44.82],
    ]
    assert result.incidents.events.attrs["accessed"] == "2026-11-02"
    assert incidents.terms(result.incidents.events)["licence"].tolist() == ["yours, as you said"]


def test_python_takes_the_same_table(folder: Path) -> None:
    named = tomllib.loads(HOW)["incidents"] | {"path": folder / "meldungen.csv"}
    from_file = study_of(folder, HOW + QUICK)
    study = bz.Study(
        border=from_file.border, dem=None, scenario=from_file.scenario, incidents=named
    )

    assert how_read(study) == how_read(from_file)
    pd.testing.assert_frame_equal(
        pd.DataFrame(study.run().incidents.events), pd.DataFrame(from_file.run().incidents.events)
    )


def test_the_study_file_of_a_run_repeats_how_they_were_read(folder: Path) -> None:
    first = study_of(folder, HOW + QUICK).run()
    out = folder / "out"
    out.mkdir()
    (out / "study.toml").write_text(write_study(first, out, public=True), encoding="utf-8")
    stated = tomllib.loads((out / "study.toml").read_text(encoding="utf-8"))

    assert stated["incidents"] == tomllib.loads(HOW)["incidents"] | {
        "path": "../meldungen.csv",
        "sha256": bz.io.sha256(folder / "meldungen.csv"),
        "bbox": [43.0, 38.0, 46.0, 41.0],
    }
    assert not {"terms", "incidents_accessed"} & set(stated)
    again = bz.Study.from_toml(out / "study.toml").run()
    assert again.run_id == first.run_id
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.incidents.events), pd.DataFrame(first.incidents.events)
    )


def test_another_way_of_reading_is_another_run(folder: Path) -> None:
    runs = [
        study_of(folder, HOW),
        study_of(folder, HOW.replace("%d/%m", "%m/%d")),
        study_of(folder, HOW.replace("2026-11-02", "2026-11-03").replace('terms = "mine"', "")),
    ]
    first, second, third = (unrecorded(as_given(study), study.border) for study in runs)

    assert first != second
    assert first == third  # whose rows they are, and since when, changes no number


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colums = {lat = 'x'}", r"no 'colums'.*path, format, columns, date_format"),
        (
            "columns = 'Nordwert'",
            r"columns must be a table of parts.*columns = \{lat = \"Breite\"\}",
        ),
        ("columns = {lat = 5}", "columns must be a table of parts"),
        ("columns = {latitude = 'Nordwert'}", "'latitude' is not a part; use id, date"),
        ("date_format = 5", "date_format must be text"),
        ("countries = ['Irak']", "Irak"),
        ("date_format = '%q'", "date_format must be a strptime format with a year"),
        ("date_format = '%H:%M'", "date_format must be a strptime format with a year"),
        ("fix_swapped = 'yes'", r"fix_swapped must be True or False \(true or false in a study"),
        ("bbox = [1, 2, 3]", "bbox must be .west, south, east, north."),
        ("bbox = [46, 38, 43, 41]", "bbox"),
        ("encoding = ''", "encoding must have 1 to 200 characters"),
        ("sheet = 1", "sheet must be text"),
        ("layer = []", "layer must be text"),
        ("crs = 4.5", "crs must be the name or number of a CRS"),
        ("crs = true", "crs must be the name or number of a CRS"),
        ("countries = 5", r"countries must be one name or several.*countries = \[\"IRQ\"\]"),
        ("countries = []", "countries must be one name or several"),
        ("period = 2019", "period must be two days"),
        ("period = ['2019-01-01', 'later']", "period must be a day such as"),
        (
            "period = [2019-12-31, 2019-01-01]",
            "period must begin before it ends, got 2019-12-31 to 2019-01-01",
        ),
        ("accessed = 'soon'", "accessed must be a day such as"),
        ("accessed = 2019-01-01T00:00:00", "accessed must be a day such as"),
        ("as_of = 2019", "as_of must be a day such as"),
        ("terms = 'ours'", "terms must be 'mine' or left out"),
    ],
)
def test_a_wrong_option_is_refused_at_birth(folder: Path, line: str, words: str) -> None:
    """With the file, the table, what is wrong and what is allowed; in Python as well."""
    text = f'[incidents]\npath = "meldungen.csv"\n{line}\n'
    with pytest.raises(InvalidScenarioError, match=rf"study\.toml: \[incidents\]: .*{words}"):
        study_of(folder, text)

    stated = tomllib.loads(text)["incidents"]
    with pytest.raises(InvalidParameterError, match=r"^incidents: "):
        bz.Study(border=bz.Border.between("AZE", "TUR"), dem=None, incidents=stated)


@pytest.mark.parametrize(
    "text",
    ["[incidents]\n", "[incidents]\nformat = 'acled'\n", "[incidents]\nsha256 = 'x'\n",
     "[incidents]\npath = 5\n", "[incidents]\npath = ['a.csv', 'b.csv']\n",
     "[incidents]\npath = 'none'\nformat = 'acled'\n"],
)  # fmt: skip
def test_a_table_without_its_file_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(InvalidScenarioError, match=r"study\.toml: .*incidents.*path"):
        study_of(folder, text)


@pytest.mark.parametrize("inner", ['terms = "mine"', "accessed = 2026-11-02"])
def test_what_stood_at_the_top_still_stands_there(folder: Path, inner: str) -> None:
    """Said once, or twice alike; never twice and differently."""
    top = 'incidents_accessed = 2026-11-02\nterms = "mine"\n'
    plain = study_of(folder, 'incidents = "meldungen.csv"\n' + top)
    both = study_of(folder, f'{top}[incidents]\npath = "meldungen.csv"\n{inner}\n')

    said = {"accessed": dt.date(2026, 11, 2), "terms": "mine"}
    assert how_read(plain) == said
    assert how_read(both) == said
    with pytest.raises(
        InvalidScenarioError, match=r"incidents_accessed is 2026-11-01, but accessed"
    ):
        study_of(
            folder,
            'incidents_accessed = 2026-11-01\n[incidents]\npath = "meldungen.csv"\n'
            "accessed = 2026-11-02\n",
        )


def test_a_table_in_memory_is_handed_over_beside_what_is_said_of_it(folder: Path) -> None:
    events = incidents.read(pd.DataFrame({"lat": [39.7], "lon": [44.8]}))
    said = '[incidents]\nmemory = "{}"\nterms = "mine"\naccessed = 2026-11-02\n'
    digest = as_given(bz.Study(border=bz.Border.between("AZE", "TUR"), incidents=events))[
        "incidents"
    ]
    study = study_of(folder, said.format(digest["memory"]), incidents=events)

    assert study.incidents is events
    assert how_read(study) == {"accessed": dt.date(2026, 11, 2), "terms": "mine"}
    with pytest.raises(
        InvalidScenarioError, match=r"\[incidents\] says how a file is read \(encoding"
    ):
        study_of(folder, '[incidents]\npath = "x.csv"\nencoding = "cp1252"\n', incidents=events)
    with pytest.raises(InvalidScenarioError, match="terms is said twice, and differently"):
        study_of(folder, 'terms = "his"\n' + said.format(digest["memory"]), incidents=events)


def test_a_file_that_is_handed_over_is_read_as_the_study_file_says(folder: Path) -> None:
    text = HOW.replace("meldungen.csv", "elsewhere.csv") + QUICK
    study = study_of(folder, text, incidents=folder / "meldungen.csv")
    other = study_of(
        folder, text, incidents={"path": folder / "meldungen.csv", "date_format": "%m/%d/%Y"}
    )

    assert study.run().incidents.events["date_start"].dt.month.tolist() == [4, 6]  # type: ignore[index]
    assert other.run().incidents.events["date_start"].dt.month.tolist() == [3, 5]  # type: ignore[index]


def test_a_refusal_names_the_option_where_the_user_is(
    folder: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    (folder / "bare.csv").write_text("id,town\n1,Qaim\n", encoding="utf-8")
    study = study_of(folder, 'incidents = "bare.csv"\n' + QUICK)

    with pytest.raises(DataError, match=r"study\.toml: incidents: bare\.csv .*columns = \{lat = "):
        study.run()
    with pytest.raises(DataError, match=r"columns=\{'lat': ") as refused:
        incidents.read(folder / "bare.csv")
    assert "study" not in str(refused.value)
    code, _, err = command("check", str(folder / "bare.csv"))
    assert code == 3
    assert '--columns lat="' in " ".join(err.split())


def test_check_takes_what_read_takes(
    folder: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    file = str(folder / "meldungen.csv")
    how = ["--date-format", "%d/%m/%Y", "--encoding", "cp1252", "--terms", "mine"]
    how += ["--bbox", "43", "38", "46", "41", "--accessed", "2026-11-02"]
    whole = "lat=Nordwert,lon=Ostwert,id=Kennung,date=Tag"
    apart = [word for one in whole.split(",") for word in ("--columns", one)]
    for columns in (["--columns", whole], apart):
        code, out, err = command("check", file, *columns, *how)
        assert (code, err) == (0, "")
        told_words = " ".join(out.split())
        assert "Rows: 0 ok, 2 fixed, 0 quarantined (0 %)." in told_words
        assert "lat from 'Nordwert'" in told_words
        assert "(2 rows, accessed 2026-11-02): yours to pass on" in told_words

    for wrong in (["--columns", "Nordwert"], ["--accessed", "soon"], ["--terms", "his"],
                  ["--period", "2019-12-31", "2019-01-01"], ["--columns", "breite=Nordwert"],
                  ["--columns", "lat=a", "--columns", "lat=b"]):  # fmt: skip
        code, _, err = command("check", file, *wrong)
        assert code == 2
        assert wrong[0].lstrip("-") in err


def test_a_hint_of_the_command_line_can_be_typed_as_it_stands(
    folder: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    """A shell parts it into the words that the command takes."""
    import shlex  # noqa: PLC0415 - of this test alone

    odd = {"lat": 'a "b" $c', "lon": "Länge (°)"}
    with asked_from("command line"):
        hint = option("columns", odd)
        assert option("bbox", (43, 38, 46, 41)) == "--bbox 43 38 46 41"
        assert option("countries", ["IRQ", "Saudi Arabia"]) == (
            '--countries IRQ --countries "Saudi Arabia"'
        )
        assert option("date_format", "%d-%b-%y") == "--date-format %d-%b-%y"
    words = shlex.split(hint)
    assert ReadOptions.named_columns(words[1::2]) == odd
    with asked_from("study file"):
        line = option("columns", odd).removesuffix(" under [incidents]")
    assert tomllib.loads(line) == {"columns": odd}
    (folder / "odd.csv").write_text('"a ""b"" $c",Länge (°)\n34.4,41.1\n', encoding="utf-8")
    assert command("check", str(folder / "odd.csv"), *words)[0] == 0


def test_the_table_of_the_documentation_is_read_as_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "study.md").read_text(encoding="utf-8")
    section = page.split("## How incidents are read")[1].split("\n## ")[0]
    text = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)[0]
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    rows = "Nr;Position N;Position E;Day;Ort\n1;34,4;41,1;03/04/2019;Al-Qā'im\n".replace("ā", "â")
    (tmp_path / "reports.csv").write_bytes(rows.encode("cp1252"))
    study = bz.Study.from_toml(tmp_path / "study.toml")
    events = incidents.read(
        study.incidents["path"], options=incidents.ReadOptions(**how_read(study))
    )

    row = events.iloc[0]
    assert (row["lat"], row["lon"], row["status"]) == (34.4, 41.1, "fixed")
    assert row["date_start"] == pd.Timestamp("2019-04-03")
    assert str(study.districts) == str(tmp_path / "districts.gpkg")
    told_keys = set(
        re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    )
    assert told_keys - {"path"} == set(ReadOptions.known)


def test_a_credit_names_the_day_that_the_table_says(folder: Path) -> None:
    records: list[Any] = []
    load_incidents(folder / "meldungen.csv", None, 1, records, **how_read(study_of(folder, HOW)))  # type: ignore[arg-type]
    assert records[0].attribution == ("Events: table of the user, accessed 2026-11-02")


@pytest.mark.parametrize("text", ["", "lat", "=x", "lat=", " ,lon=x"])
def test_words_that_name_no_column_are_refused(text: str) -> None:
    with pytest.raises(BorderzoneError, match="columns are told as"):
        ReadOptions.named_columns([text])


@pytest.mark.parametrize(
    ("table", "words", "columns"),
    [
        # Degrees under names that say nothing; only the first is small enough for a latitude.
        ({"id": [1, 2], "pos1": [34.37, 34.4], "pos2": [41.09, 41.2], "n": [3, 4]},
         "likely are 'pos1', 'pos2'", {"lat": "pos1", "lon": "pos2"}),
        ({"nr": [1, 2], "u": ["141.5", "142"], "v": ["34,25", "34,5"], "w": ["a", "b"]},
         "likely are 'u', 'v'", {"lat": "v", "lon": "u"}),
        ({"u": ["N 34°22'", "N 34°24'"], "v": ["E 41°05'", "E 41°12'"]},
         "likely are 'u', 'v'", {"lat": "u", "lon": "v"}),
        ({"a": ["38SLB1234567890", "38SLB12"], "b": ["x", "y"]}, "likely is 'a'", {"mgrs": "a"}),
        ({"spot": ["34.37, 41.09", "34.4 41.2"], "b": ["x", "y"]},
         "likely is 'spot'", {"latlon": "spot"}),
        ({"lat": [34.2], "eastish": [41.2], "share": [0.5]},
         "likely are 'eastish', 'share'", {"lon": "eastish"}),
        # Nothing like it: five of the names, and no list of ours.
        ({f"c{i}": [7] for i in range(50)}, "found 'c0', 'c1', 'c2', 'c3', 'c4' and 45 more, none",
         {"lat": "its name in your file", "lon": "its name in your file"}),
        ({f"c{i}": [7.5] for i in range(20)}, "likely are 'c0', 'c1', 'c2', 'c3', 'c4' .looked",
         {"lat": "c0", "lon": "c1"}),
        ({"latitude_of_office": ["x", "y"], "b": ["c", "d"]}, "found 'latitude_of_office', 'b', none",
         {"lat": "its name in your file", "lon": "its name in your file"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["python", "study file", "command line"])
def test_a_table_without_coordinates_names_five_likely_columns(
    table: dict[str, list[Any]], words: str, columns: dict[str, str], where: Any
) -> None:
    """Of the table itself, by what they hold, and the option where the user is."""
    with asked_from(where):
        with pytest.raises(DataError, match=words) as refused:
            incidents.read(pd.DataFrame(table))
        assert str(refused.value).endswith(f"Name yours: {option('columns', columns)}")
    assert len(str(refused.value)) < 400
    if "likely" in words:  # what it names can be read
        read = incidents.read(pd.DataFrame(table), columns=columns)
        assert (read["status"] != "quarantined").all()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("columns = {latt = 'a'}", "'latt' is not a part; use id, .*; did you mean 'lat'"),
        ("columns = {breite = 'a'}", "'breite' is not a part; use id, .*; did you mean 'lat'"),
        ("column = {lat = 'a'}", "no 'column'; .*; did you mean 'columns'"),
        ("county = ['IRQ']", "no 'county'; .*; did you mean 'countries'"),
    ],
)
def test_a_misspelt_key_is_told_with_the_nearest(folder: Path, table: str, told: str) -> None:
    with pytest.raises(InvalidScenarioError, match=rf"study\.toml: \[incidents\]: .*{told}"):
        study_of(folder, f'[incidents]\npath = "meldungen.csv"\n{table}\n')


def test_a_layer_that_is_not_there_is_named_once_with_those_that_are(
    folder: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    points = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(44.8, 39.7)], crs=4326)
    points.to_file(folder / "two.gpkg", layer="events")
    points.to_file(folder / "two.gpkg", layer="other")
    study = study_of(folder, '[incidents]\npath = "two.gpkg"\nlayer = "nix"\n' + QUICK)
    told = (
        r"study\.toml: incidents: 'two\.gpkg' has no layer 'nix': it holds the layers events, other"
    )
    with pytest.raises(DataError, match=told) as refused:
        study.run()
    assert str(refused.value).count("incidents: ") == 1

    both = study_of(folder, '[incidents]\npath = "two.gpkg"\nlayer = "a"\nsheet = "b"\n' + QUICK)
    with pytest.raises(
        InvalidParameterError, match=r'sheet = "b" under \[incidents\] and layer = '
    ):
        both.run()
    code, _, err = command("check", str(folder / "two.gpkg"), "--layer", "a", "--sheet", "b")
    assert (code, "--sheet b and --layer a name two parts" in err) == (2, True)


def test_all_that_a_check_says_names_the_options_of_the_command(
    folder: Path, command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    rows = "id,lat,lon,country\na,39.7,44.8,TUR\nb,,44.8,TUR\nc,39.7,44.8,TUR\n"
    (folder / "a.csv").write_text(rows)
    code, out, err = command("check", "a.csv")
    assert code == 3
    assert "say --terms mine." in out
    assert "say --countries Turkey --countries another." in out
    assert "or raise the limit, --limit 0.34" in err
    assert "in Python" not in out + err


def test_a_report_on_rows_that_cannot_be_used_is_refused_as_their_check_is(
    folder: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    (folder / "bad.csv").write_text("id,lat,lon\na,39.7,44.8\nb,,44.8\nc,39.7,\nd,39.7,44.9\n")
    study_of(folder, 'incidents = "bad.csv"\n' + QUICK)
    words = ("report", str(folder / "study.toml"), "-o", str(folder / "out"))

    code, _, err = command(*words)
    assert code == 3
    assert "2 of 4 rows (50%) cannot be used" in err
    assert "--limit 0.5" in err
    assert not (folder / "out").exists()
    assert command(*words, "--limit", "2")[0] == 2
    assert command(*words, "--limit", "0.5")[0] == 0
    assert (folder / "out" / "report.html").exists()
