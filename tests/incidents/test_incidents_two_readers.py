"""Two readers written apart give one table, and no damage or new writing of a file changes the other rows."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import incident_tables
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal
from plain_reader import read_plainly

import borderzone as bz
from borderzone.incidents.reading import text as parsing

MAKERS = {
    "acled": incident_tables.acled,
    "ucdp": incident_tables.ucdp,
    "gtd": incident_tables.gtd,
}
AS_OF = dt.date(2026, 1, 1)
WHERE = ("latitude", "longitude")
DATES = {"acled": "event_date", "ucdp": "date_start"}
CLASSES = {"acled": "geo_precision", "ucdp": "where_prec", "gtd": "specificity"}


def damaged(layout: str, rows: int, seed: int) -> pd.DataFrame:
    """Rows with decimal commas, empty and impossible cells, each in a tenth of them."""
    rng = np.random.default_rng(seed)
    table = MAKERS[layout](rows).astype(str)
    for column in WHERE:
        some = rng.random(rows) < 0.1
        table.loc[some, column] = table.loc[some, column].str.replace(".", ",")
        table.loc[rng.random(rows) < 0.03, column] = "195.5"
        table.loc[rng.random(rows) < 0.03, column] = ""
        table.loc[rng.random(rows) < 0.03, column] = "unsure"
    table.loc[rng.random(rows) < 0.02, list(WHERE)] = "0"
    table.loc[rng.random(rows) < 0.05, CLASSES[layout]] = "9"
    if layout in DATES:
        table.loc[rng.random(rows) < 0.05, DATES[layout]] = "soon"
    return table


def same(events: pd.DataFrame, plain: pd.DataFrame, *, but: tuple[str, ...] = ()) -> None:
    """Assert that two tables agree in every column that the plain reader gives."""
    for name in plain.columns.difference(list(but)):
        read = events[name].reset_index(drop=True)
        if name in WHERE or name in ("date_start", "date_end"):
            read, want = read.astype(plain[name].dtype), plain[name]
        else:
            read, want = read.astype(object), plain[name].astype(object)
        assert_series_equal(read, want, check_names=False)


@pytest.mark.parametrize("layout", MAKERS)
def test_a_second_reader_by_pandas_alone_reads_the_same_table(layout: str, tmp_path: Path) -> None:
    raw = damaged(layout, 300, seed=3)
    raw.to_csv(tmp_path / "events.csv", index=False)

    events = bz.incidents.read(
        tmp_path / "events.csv", options=bz.incidents.ReadOptions(as_of=AS_OF)
    )

    assert events.attrs["format"] == layout
    plain = read_plainly(raw, layout)
    same(events, plain)
    assert set(plain["status"]) == {"ok", "fixed", "quarantined"}
    usable = events["status"] != "quarantined"
    assert events.geometry[usable].x.tolist() == events["lon"][usable].tolist()
    assert events.geometry[~usable].is_empty.all()


SEPARATORS = st.sampled_from([",", ";", "\t", "|"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
LAYOUTS = st.sampled_from(sorted(MAKERS))


@settings(max_examples=25)
@given(
    layout=LAYOUTS,
    separator=SEPARATORS,
    encoding=ENCODINGS,
    quoting=st.sampled_from([0, 1]),
    ends=st.sampled_from(["\n", "\r\n"]),
    data=st.data(),
)
def test_how_a_text_is_written_changes_nothing(
    layout: str, separator: str, encoding: str, quoting: int, ends: str, data: Any
) -> None:
    raw = damaged(layout, 12, seed=data.draw(st.integers(0, 5)))
    order = data.draw(st.permutations(raw.columns.tolist()))
    written = raw[order].rename(columns=data.draw(st.sampled_from([str, str.upper, str.title])))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        how: dict[str, Any] = {"sep": separator, "quoting": quoting, "lineterminator": ends}
        written.to_csv(path, index=False, encoding=encoding, **how)
        events = bz.incidents.read(path, options=bz.incidents.ReadOptions(as_of=AS_OF))

    same(events, read_plainly(raw, layout))


@pytest.mark.parametrize("layout", MAKERS)
@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".geojson", ".gpkg", "memory"])
def test_what_holds_a_table_changes_nothing(layout: str, suffix: str, tmp_path: Path) -> None:
    raw = MAKERS[layout](12).astype(str)
    path = tmp_path / f"events{suffix}"
    points = gpd.points_from_xy(raw["longitude"].astype(float), raw["latitude"].astype(float))
    placed = gpd.GeoDataFrame(raw, geometry=points, crs=4326)
    if suffix == ".xlsx":
        raw.to_excel(path, index=False)
    elif suffix == ".parquet":
        placed.to_parquet(path)
    elif suffix != "memory":
        placed.rename(columns={"id": "id_"}).to_file(path)
        raw = raw.rename(columns={"id": "id_"})

    events = bz.incidents.read(
        raw if suffix == "memory" else path, options=bz.incidents.ReadOptions(as_of=AS_OF)
    )

    renamed = "id_" in raw
    plain = read_plainly(raw.rename(columns={"id_": "id"}), layout)
    same(events, plain, but=("id",) if renamed else ())


JUNK = st.sampled_from(
    ["", "unsure", "9e99", "-999", "1,2,3", "=1+1", "\u0664\u0661", "nan", "\u200f"]
)


@settings(max_examples=40)
@given(layout=LAYOUTS, row=st.integers(0, 11), place=st.integers(0, 60), junk=JUNK)
def test_a_damaged_cell_changes_its_own_row_alone(
    layout: str, row: int, place: int, junk: str
) -> None:
    raw = MAKERS[layout](12).astype(str)
    column = raw.columns[place % len(raw.columns)]
    hurt = raw.copy()
    hurt.loc[row, column] = junk

    before = bz.incidents.read(raw, options=bz.incidents.ReadOptions(as_of=AS_OF))
    after = bz.incidents.read(hurt, options=bz.incidents.ReadOptions(as_of=AS_OF))

    others = before.index != row
    plain = ["id", "date_start", "date_end", "lat", "lon", "where_prec", "where_scheme", "status"]
    pd.testing.assert_frame_equal(before.loc[others, plain], after.loc[others, plain])
    assert len(after) == len(raw)
    if after.loc[row, "status"] == "quarantined":
        assert after.loc[row, "reason"]
        assert after.geometry[row].is_empty


@settings(max_examples=20)
@given(layout=LAYOUTS, cut=st.integers(1, 400))
def test_a_file_cut_off_anywhere_is_told_or_keeps_its_whole_rows(layout: str, cut: int) -> None:
    raw = MAKERS[layout](12).astype(str)
    text = io.StringIO()
    raw.to_csv(text, index=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        path.write_text(text.getvalue()[:-cut], encoding="utf-8")
        events = bz.incidents.read(path, options=bz.incidents.ReadOptions(as_of=AS_OF))

    whole = text.getvalue()[:-cut].count("\n") - 1
    want = read_plainly(raw, layout).iloc[:whole]
    same(events.iloc[:whole], want)
    assert len(events) in (whole, whole + 1)


PIECES = st.sampled_from(
    ["a", "1", '"', '""', ",", ",", "\n", "\r\n", "\r", " ", "é", "x,y", '"q, r"']
)


WELL_FORMED = '1,2,3\n"a, b","""c""",\n,,5'


def test_a_well_formed_text_goes_the_quick_way() -> None:
    text = f"id,lat,lon\n{WELL_FORMED}".encode()
    assert parsing.plain_columns(text, ",", 2, 3) is not None


@settings(max_examples=300)
@example(pieces=[WELL_FORMED])
@example(pieces=["\r", "a", "\n", "\n"])
@example(pieces=["a", ",", ",", "\n", "\n", ",", ","])
@given(pieces=st.lists(PIECES, max_size=40))
def test_the_quick_way_through_a_text_is_the_slow_one_or_none(pieces: list[str]) -> None:
    text = f"id,lat,lon\n{''.join(pieces)}".encode()

    quick = read_or_refused(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "plain_columns", lambda *_: None)
        slow = read_or_refused(text)

    assert quick == slow


def read_or_refused(text: bytes) -> Any:
    """Cells, what is odd and where rows stand; or the message of a refusal."""
    try:
        table = parsing.parse_text(text, "a.csv")
    except bz.BorderzoneError as error:
        return str(error)
    return table.cells.to_dict("list"), table.odd, list(table.lines), table.notes
