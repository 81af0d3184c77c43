"""Marks of the collections: a cut-down export is read as what it is, in precision, ids and terms."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import incident_tables as made
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from unpacking import pieces_of

import borderzone as bz
from borderzone import cli, datasets, incidents
from borderzone._guards import asked_from
from borderzone.errors import BorderzoneError, DataError
from borderzone.incidents.sharing.terms_of_use import dataset_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

# Columns without which a row is no event.
PLACES = ["latitude", "longitude"]
# One of these is enough; of those in the second line it takes two, or one beside one of the first.
ACLED_STRONG = [
    *("event_id_cnty", "geo_precision", "sub_event_type", "disorder_type", "civilian_targeting"),
    *("assoc_actor_1", "assoc_actor_2", "source_scale", "inter1", "inter2"),
]
GTD_STRONG = ["iyear", "imonth", "iday", "attacktype1", "attacktype1_txt", "doubtterr", "nkill"]
UCDP_STRONG = [
    *("type_of_violence", "event_clarity", "code_status", "dyad_name", "dyad_new_id"),
    *("conflict_new_id", "side_a_new_id", "side_b_new_id", "gwnoa", "gwnob"),
]


def text(table: str) -> pd.DataFrame:
    """Read a table as text, as from a file."""
    return pd.read_csv(io.StringIO(table), dtype="str", keep_default_na=False)


def notes_of(events: gpd.GeoDataFrame) -> str:
    return " | ".join(events.attrs["notes"])


def leaves(events: gpd.GeoDataFrame, **options: Any) -> str:
    """Say what may leave, as the report decides it."""
    from borderzone.incidents.sharing.terms_of_use import leaving, under_terms  # noqa: PLC0415

    return "rows" if leaving(under_terms(events, options.get("terms"))).rows else "counts"


SUBSET = """\
event_id_cnty,event_date,event_type,sub_event_type,actor1,country,admin1,location,latitude,longitude,geo_precision,fatalities
IRQ1,2019-07-21,Battles,Armed clash,X,Iraq,Al Anbar,Qaim,34.37,41.09,3,0
IRQ2,2019-07-22,Battles,Armed clash,X,Iraq,Al Anbar,Qaim,34.37,41.09,1,0
"""
NO_ID = """\
EVENT_DATE,EVENT_TYPE,LOCATION,LATITUDE,LONGITUDE,GEO_PRECISION,FATALITIES
21-July-2019,Battles,Qaim,34.37,41.09,3,0
22-July-2019,Battles,Qaim,34.37,41.09,1,0
"""
UNPLACED = """\
event_id_cnty,event_date,time_precision,event_type,location,latitude,longitude,geo_precision,fatalities,notes
TST1,2019-07-01,1,Battles,Placeone,34.3,41.1,1,0,n1
TST2,2019-07-02,1,Battles,Placetwo,,41.2,1,0,n2
TST3,2019-07-03,1,Battles,Placethree,12.3,61.2,3,0,n3
"""
ONE_COUNTRY = """\
id,latitude,longitude,where_prec,date_start,date_end,country
E0,36.1297,41.7687,1,2015-01-01,2015-01-01,Iraq
E1,34.6905,41.2509,3,2015-01-02,2015-01-02,Iraq
"""
VAGUE = """\
id,year,type_of_violence,where_prec,where_coordinates,adm_1,latitude,longitude,country,date_prec,date_start,date_end,low,best,high
0,2015,1,1,x town,Anbar,34.3723,41.1985,Iraq,1,2015-01-01,2015-01-01,0,0,0
9,2015,2,4,x town,Anbar,33.3,42.1174,Iraq,3,2015-01-01,2015-01-07,1,2,3
"""


def test_an_export_cut_down_keeps_ids_precision_and_collection() -> None:
    events = incidents.read(text(SUBSET))
    assert events.attrs["format"] == "acled"
    assert events["id"].tolist() == ["IRQ1", "IRQ2"]
    assert events["where_prec"].tolist() == [3, 1]
    assert set(events["where_scheme"]) == {"acled"}
    assert set(events["dataset"]) == {"ACLED"}
    assert events["fatalities_best"].tolist() == [0, 0]
    where = incidents.regions(events, admin1=datasets.admin1())
    assert where["kind"].tolist() == ["polygon", "disc"]
    assert where.geometry[0].covers(shapely.Point(41.09, 34.37))
    assert where["scale_km"][1] == 5.0
    assert leaves(events, terms="mine") == "counts"


def test_without_ids_it_is_still_what_it_is() -> None:
    events = incidents.read(text(NO_ID))
    assert events["where_prec"].tolist() == [3, 1]
    assert set(events["where_scheme"]) == {"acled"}
    assert set(dataset_of(events)) == {"ACLED"}
    assert events["place"].tolist() == ["Qaim", "Qaim"]
    assert events["date_start"].dt.day.tolist() == [21, 22]
    assert leaves(events, terms="mine") == "counts"


def test_classes_alone_are_those_of_ucdp_and_open_nothing() -> None:
    events = incidents.read(text(ONE_COUNTRY))
    assert events["where_prec"].tolist() == [1, 3]
    assert set(events["where_scheme"]) == {"ucdp"}
    assert set(dataset_of(events)) == {""}
    assert leaves(events) == "counts"
    assert "precision" not in notes_of(events)


def test_rows_of_ucdp_are_known_by_its_own_names() -> None:
    events = incidents.read(text(VAGUE))
    assert set(events["dataset"]) == {"UCDP GED"}
    assert events["date_precision"].tolist() == ["day", "week"]
    assert events["event_type"].tolist() == ["state-based violence", "non-state violence"]
    fewer = incidents.read(text(VAGUE).drop(columns=["type_of_violence"]))
    assert fewer["where_prec"].tolist() == [1, 4]
    assert fewer["date_precision"].tolist() == ["day", "week"], "derived without the layout"
    assert fewer["fatalities_high"].tolist() == [0, 3]
    assert leaves(fewer) == "counts", "weak marks alone open nothing"
    other = incidents.read(text(VAGUE).drop(columns=["date_prec", "where_coordinates"]))
    assert set(other["dataset"]) == {"UCDP GED"}


GTD = {
    "gtd_id": ["201905010001", "201905010002"],
    "iyear": ["2019", "2019"],
    "imonth": ["5", "0"],
    "iday": ["1", "0"],
    "latitude": ["34.3", "34.4"],
    "longitude": ["41.1", "41.2"],
    "specificity": ["1", "4"],
    "nkill": ["2", "0"],
}


@pytest.mark.parametrize("absent", [None, "iyear", "imonth", "iday", "specificity", "nkill"])
def test_the_gtd_is_known_by_any_of_its_names(absent: str | None) -> None:
    events = incidents.read(pd.DataFrame(GTD).drop(columns=[absent] if absent else []))
    assert events["id"].tolist() == GTD["gtd_id"]
    assert set(events["dataset"]) == {"GTD"}
    if absent != "specificity":
        assert events["where_prec"].tolist() == [1, 4]
        assert set(events["where_scheme"]) == {"gtd"}
    if absent != "nkill":
        assert events["fatalities_best"].tolist() == [2, 0]
    if absent is None:
        assert events["date_precision"].tolist() == ["day", "year"]


def test_deaths_of_the_gtd_are_read_and_close_its_rows() -> None:
    events = incidents.read(pd.DataFrame({"lat": [34.3], "lon": [41.1], "nkill": [3]}))
    assert events["fatalities_best"].tolist() == [3]
    assert leaves(events, terms="mine") == "counts"
    numbered = pd.DataFrame({"eventid": ["201905010001"], "lat": [34.3], "lon": [41.1]})
    assert set(incidents.read(numbered)["dataset"]) == {"GTD"}
    plain = numbered.assign(eventid="A-17")
    assert set(incidents.read(plain)["dataset"]) == {""}
    assert incidents.read(plain)["id"].tolist() == ["A-17"]


def test_event_types_that_only_acled_has_tell_its_code_book() -> None:
    table = pd.DataFrame(
        {
            "lat": [34.3, 34.4],
            "lon": [41.1, 41.2],
            "Type": ["Battles", "Protests"],
            "geo_prec": [3, 1],
        }
    )
    events = incidents.read(table)
    assert events.attrs["format"] == "acled"
    assert set(events["dataset"]) == {"ACLED"}
    assert list(zip(events["where_scheme"], events["where_prec"], strict=True)) == [
        ("acled", 3),
        ("acled", 1),
    ]
    assert "column 'geo_prec' is read as the classes of precision of ACLED" in notes_of(events)
    other = incidents.read(table.assign(Type=["Battles", "Market day"]))
    assert other.attrs["format"] == "table", "a word of others: the table is not ACLED's"
    assert dataset_of(other).tolist() == ["ACLED", ""], "but the row may be"


COLLECTIONS: dict[str, tuple[Callable[[], pd.DataFrame], list[str], dict[str, str]]] = {
    "acled": (
        made.acled,
        ACLED_STRONG,
        {"id": "event_id_cnty", "where_prec": "geo_precision", "fatalities_best": "fatalities"},
    ),
    "ucdp": (
        made.ucdp,
        UCDP_STRONG,
        {"id": "id", "where_prec": "where_prec", "fatalities_best": "best"},
    ),
    "gtd": (
        made.gtd,
        GTD_STRONG,
        {"id": "eventid", "where_prec": "specificity", "fatalities_best": "nkill"},
    ),
}
CASES: list[Callable[[str], str]] = [str.lower, str.upper, str.title]


@pytest.mark.parametrize("name", COLLECTIONS)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_is_left_keeps_what_it_states(name: str, data: st.DataObject) -> None:
    """Any columns, in any case and order: ids, classes, counts and terms of the whole export."""
    build, strong, parts = COLLECTIONS[name]
    table = build()
    others = [column for column in table.columns if column not in PLACES]
    kept = data.draw(st.sets(st.sampled_from(others), max_size=12), "kept")
    marks = data.draw(st.sets(st.sampled_from(strong), min_size=1, max_size=3), "marks")
    columns = data.draw(st.permutations(sorted({*PLACES, *kept, *marks})), "columns")
    if name == "ucdp" and len(marks | (kept & set(strong))) == 1:
        columns.append("side_a" if "side_a" not in columns else "side_b")
        columns = list(dict.fromkeys(columns))
    case = data.draw(st.sampled_from(CASES), "case")
    cut = table[columns].rename(columns=case)
    whole, events = incidents.read(table), incidents.read(cut)
    assert events.attrs["format"] == name
    assert set(events["dataset"]) == set(whole["dataset"])
    assert leaves(events, terms="mine") == leaves(whole, terms="mine")
    for part, own in parts.items():
        if own in columns:
            assert events[part].tolist() == whole[part].tolist(), part
    if parts["where_prec"] in columns:
        assert set(events["where_scheme"]) == {name}


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("letters", [10, 11])
def test_names_that_a_shapefile_cut_are_known(name: str, letters: int) -> None:
    build, _, parts = COLLECTIONS[name]
    table = build()
    columns = ["event_date", "date_start", "date_prec", "time_precision", "type_of_violence"]
    columns += ["sub_event_type", "iyear", "imonth", "iday", *PLACES, *parts.values()]
    whole = table[[column for column in columns if column in table]]
    cut = whole.rename(columns=lambda column: column[:letters].upper())
    one, other = incidents.read(cut), incidents.read(whole)
    for part in ("id", "where_prec", "where_scheme", "date_start", "date_precision", "dataset"):
        assert one[part].tolist() == other[part].tolist(), part


@pytest.mark.parametrize("name", COLLECTIONS)
def test_marks_without_a_cell_are_none(name: str) -> None:
    """A template in which somebody keeps their own rows."""
    table = COLLECTIONS[name][0]()
    blank = {str(column): "" for column in table if column not in PLACES}
    events = incidents.read(table.assign(**blank))
    assert events.attrs["format"] == "table"
    assert set(dataset_of(events)) == {""}


def test_a_layout_asked_for_names_what_is_missing() -> None:
    assert incidents.read(text(NO_ID), format="acled").attrs["format"] == "acled"
    with pytest.raises(
        DataError, match="not in the layout of ucdp: it has no column date_prec, type_of_violence"
    ):
        incidents.read(text(ONE_COUNTRY), format="ucdp")
    with pytest.raises(DataError, match=r"layout of acled: .*event_date, geo_precision"):
        incidents.read(text(ONE_COUNTRY), format="acled")
    with pytest.raises(DataError, match="not in the layout of gtd: it has no column eventid"):
        incidents.read(text(SUBSET), format="gtd")


def test_a_table_of_two_collections_is_told_and_loses_neither_precision() -> None:
    both = pd.concat([text(SUBSET), text(VAGUE)], ignore_index=True).fillna("")
    for table in (both, both.iloc[::-1], both[sorted(both.columns)]):
        events = incidents.read(table)
        assert "bears the marks of" in notes_of(events)
        assert "the stricter terms hold for all of it" in notes_of(events)
        told = events.set_index("id")
        assert told.loc[["IRQ1", "IRQ2", "0", "9"], "where_prec"].tolist() == [3, 1, 1, 4]
        schemes = told.loc[["IRQ1", "IRQ2", "0", "9"], "where_scheme"].tolist()
        assert schemes == ["acled", "acled", "ucdp", "ucdp"]
        assert told.loc[["IRQ1", "9"], "dataset"].tolist() == ["ACLED", "UCDP GED"]
        assert events["date_start"].notna().all()
        assert leaves(events, terms="mine") == "counts"


def test_the_user_names_the_column_and_its_name_the_code_book() -> None:
    table = pd.DataFrame({"lat": [34.3], "lon": [41.1], "specificity": ["3"], "klasse": ["5"]})
    assert incidents.read(table)["where_prec"].isna().all(), "a word of other fields too"
    one = incidents.read(table, columns={"where_prec": "specificity"})
    assert one[["where_prec", "where_scheme"]].iloc[0].tolist() == [3, "gtd"]
    other = incidents.read(table, columns={"where_prec": "klasse"})
    assert other[["where_prec", "where_scheme"]].iloc[0].tolist() == [5, "ucdp"]
    both = incidents.read(text(SUBSET).assign(klasse="1"), columns={"where_prec": "klasse"})
    assert both["where_prec"].tolist() == [1, 1]
    assert set(both["where_scheme"]) == {"acled"}


@pytest.mark.parametrize(
    ("column", "cells", "radii"),
    [
        ("accuracy_m", ["30", "2500"], [0.03, 2.5]),
        ("uncertainty_m", [100, 50.5], [0.1, 0.0505]),
        ("coordinateUncertaintyInMeters", ["10000", ""], [10.0, np.nan]),
        ("coordinate_uncertainty_in_metres", [1, 2], [0.001, 0.002]),
        ("GPS Accuracy (m)", ["5", "7"], [0.005, 0.007]),
        ("Uncertainty [km]", ["5", "7,5"], [5, 7.5]),
        ("radius_km", ["5 km", "500 m"], [5, 0.5]),
        ("positional error km", [12, 30], [12, 30]),
        ("accuracy", ["500 m", "±25 km"], [0.5, 25]),
        ("loc_precision", ["2.5 km", "10 km"], [2.5, 10]),
    ],
)
def test_radii_are_read_in_the_unit_that_is_stated(
    column: str, cells: list[object], radii: list[float]
) -> None:
    table = pd.DataFrame({"lat": [34.3, 34.4], "lon": [41.1, 41.2], column: cells})
    events = incidents.read(table)
    np.testing.assert_allclose(events["radius_km"], radii)
    assert (events["status"] != "quarantined").all()
    assert events.attrs["columns"]["radius_km"] == column
    if column not in ("radius_km", "Uncertainty [km]"):  # these are columns of km by name
        assert f"column {column!r} is read as the radius of uncertainty" in notes_of(events)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("geo_prec", ["3", "1"]),
        ("precision", ["2", "7"]),
        ("loc_precision", ["town", "district"]),
        ("accuracy", ["30", "2500"]),
        ("position_error", ["30", "2500"]),
        ("Genauigkeit", ["1", "2"]),
        ("geocoding", ["exact", "approximate"]),
        ("location_precision", ["exact", "vague"]),
        ("blast_accuracy_m", [30, 40]),
        ("coordinatePrecision", ["0.01", "0.0001"]),
    ],
)
def test_what_looks_like_a_precision_and_is_not_taken_is_told(
    column: str, cells: list[object]
) -> None:
    table = pd.DataFrame({"lat": [34.3, 34.4], "lon": [41.1, 41.2], column: cells})
    events = incidents.read(table)
    assert (events["status"] == "ok").all()
    assert events["radius_km"].isna().all()
    assert events["where_prec"].isna().all()
    told = notes_of(events)
    assert f"column {column!r} looks like a precision and was not taken" in told
    assert f"columns={{'where_prec': {column!r}}}" in told
    assert "2 of 2 rows state no precision: 25 km are taken" in told


@pytest.mark.parametrize(
    "column", ["time_accuracy", "date_precision", "blast_radius_m", "altitude_accuracy", "error"]
)
def test_a_precision_of_something_else_is_no_matter(column: str) -> None:
    table = pd.DataFrame({"lat": [34.3], "lon": [41.1], column: ["7"]})
    told = incidents.read(table).attrs["notes"]
    assert not [note for note in told if "looks like a precision" in note or "is read as" in note]


def test_rows_without_precision_are_counted_and_told() -> None:
    table = pd.DataFrame(
        {
            "lat": [34.3, 34.4, 34.5, 0, 34.6],
            "lon": [41.1, 41.2, 41.3, 0, 41.4],
            "where_prec": ["1", "", "", "", ""],
            "radius_km": ["", "", "3", "", "0"],
        }
    )
    events = incidents.read(table)
    told = "2 of 4 usable rows state no precision: 25 km are taken"
    assert told in events.attrs["notes"]
    assert f"Note: {told}." in incidents.TableCheck(events).sentences
    assert f"{told}." in incidents.TableCheck(events).assumptions()
    kinds = incidents.regions(events)
    assert kinds["scale_km"].tolist()[:3] == [1.0, 25.0, 3.0]
    assert "state no precision" not in notes_of(incidents.read(table.head(1)))
    # Of some rows of a table that was read, and of those read again, what holds for them.
    for some in (events.iloc[:2], incidents.read(events.iloc[:2])):
        assert (
            "1 of 2 rows state no precision: 25 km are taken."
            in incidents.TableCheck(some).assumptions()
        )
        assert (
            len([told for told in incidents.TableCheck(some).assumptions() if "precision" in told])
            == 1
        )


@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".xlsx", ".gpkg", ".parquet"])
def test_rows_without_a_place_are_counted_and_named_in_no_public_file(
    suffix: str, tmp_path: Path
) -> None:
    told = incidents.write(incidents.read(text(UNPLACED)), tmp_path / f"out{suffix}")
    assert told.content == "counts"
    pieces = list(pieces_of(tmp_path))
    for word in (b"TST", b"Placeone", b"Placetwo", b"Placethree"):
        assert not [piece.where for piece in pieces if word in piece.content]
    assert not any("n2" in piece.content.decode("utf-8", "replace").split(",") for piece in pieces)


@pytest.mark.parametrize("wrong", ["yours", "Mine", "mine ", "", "ours"])
def test_a_word_on_terms_that_is_not_known_is_refused_at_every_door(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = r"terms must be 'mine' or left out, got"
    file = tmp_path / "e.csv"
    file.write_text(NO_ID)
    events = incidents.read(file)
    with pytest.raises(BorderzoneError, match=said):
        incidents.read(file, terms=wrong)
    with pytest.raises(BorderzoneError, match=said):
        incidents.write(events, tmp_path / "out.csv", terms=wrong)
    with pytest.raises(BorderzoneError, match=said):
        bz.Study(border=bz.Border.between("IRQ", "SYR"), incidents=file, terms=wrong)
    for name, line in (
        ("top", f'terms = "{wrong}"\nincidents = "e.csv"'),
        ("table", f'[incidents]\npath = "e.csv"\nterms = "{wrong}"'),
    ):
        study = tmp_path / f"{name}.toml"
        study.write_text(f'a = "IRQ"\nb = "SYR"\n{line}\n')
        with pytest.raises(BorderzoneError, match=said):
            bz.Study.from_toml(study)
    for words in (["check", str(file)], ["report", str(study)]):
        arguments = ["borderzone", *words, "--terms", wrong]
        if words[0] == "report":
            arguments[2] = str(tmp_path / "good.toml")
            (tmp_path / "good.toml").write_text('a = "IRQ"\nb = "SYR"\nincidents = "e.csv"\n')
            arguments += ["--out", str(tmp_path / "out")]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 2
        assert "terms must be 'mine' or left out" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_way_out_is_named_where_the_user_is() -> None:
    events = incidents.read(text(ONE_COUNTRY))
    assert "--terms mine (on the command line)" in incidents.TableCheck(events).sentences[-1]
    with asked_from("command line"):
        told = incidents.TableCheck(events).sentences[-1]
    assert told.endswith("if these rows are yours to pass on, say --terms mine.")
    with asked_from("study file"):
        assert 'say terms = "mine"' in incidents.TableCheck(events).sentences[-1]


@pytest.mark.parametrize(
    "cell",
    ["Placetwo", "O'Place", "a \"Place\" 'Place'", "x, 'Place'", "\\' Place", "'Place", "\nPlace"],
)
def test_without_quotes_no_word_of_the_table_is_told(cell: str) -> None:
    events = incidents.read(text(NO_ID))
    events.attrs["notes"] = [f"row 3 has {cell!r}, columns={{'a': {cell!r}}}: the table's own"]
    (told,) = incidents.TableCheck(events).assumptions(quoting=False)
    assert told.startswith("Row 3 has \N{LEFT SINGLE QUOTATION MARK}...")
    assert "Place" not in told
    assert "Place" in incidents.TableCheck(events).assumptions()[0]


def test_sixty_events_cut_down_in_three_ways_give_one_count() -> None:
    """Without precision, a lost class would move every event 25 km: 39.7 or 51.8 events."""
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"))
    spread = np.random.default_rng(5)
    ways = np.linspace(0.05, 0.95, 60)
    along = shapely.line_interpolate_point(corridor.border.line.union_all(), ways, normalized=True)
    line = along.tolist()
    table = made.acled(60).assign(
        latitude=[f"{p.y + d:.4f}" for p, d in zip(line, spread.normal(0, 0.4, 60), strict=True)],
        longitude=[f"{p.x:.4f}" for p in line],
        geo_precision=["1"] * 40 + ["2"] * 20,
    )
    cuts = [
        table,
        table.drop(columns=["time_precision"]),
        table[["event_date", "country", *PLACES, "geo_precision"]].rename(columns=str.upper),
        table[["event_id_cnty", "country", *PLACES, "geo_precision"]].rename(
            columns=lambda name: name[:10]
        ),
    ]
    found = [incidents.account(incidents.read(cut), corridor, draws=200) for cut in cuts]
    expected = [one.expected for one in found]
    # Draws go by id: without ids they are others.
    assert expected == pytest.approx([expected[0]] * 4, abs=0.3)
    assert expected[1] == pytest.approx(expected[0], abs=1e-9)
    assert expected[3] == pytest.approx(expected[0], abs=1e-9)
