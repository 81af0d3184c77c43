"""What stands in one row or at one post stands in no public file, however it is packed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sqlite3
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from incident_tables import acled, gtd
from PIL import Image, PngImagePlugin
from unpacking import Canaries, pieces_of

import borderzone as bz
from borderzone import figures, incidents
from borderzone.figures.grammar import figure_of
from borderzone.report import folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORDS = (
    "QZXJ77KW",
    "zephyrquill",
    "Umm Canaria",
    "Front of Canaries",
    "canary desk",
    "Canaries DB",
)
POST_WORDS = ("Post Zephyr", "vexillum", "canary_posts")
# In the corridor of Iraq and Syria, on both sides; six decimals, the last no zero.
PLACES = [
    (41.123457, 34.234561),
    (40.712349, 34.471623),
    (39.912347, 33.812349),
    (41.512347, 36.012343),
]
POST_PLACES = [(41.345671, 34.123457), (39.734563, 33.545671)]
SUFFIXES = (".csv", ".geojson", ".gpkg", ".parquet", ".xlsx")


def planted(table: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """Put canaries into four rows: at two places, without one, and where none can be."""
    text = {part: [f"{words} {n}" for n in range(4)] for part, words in columns.items()}
    lon, lat = (np.array(PLACES)[:, axis].astype(object) for axis in (0, 1))
    lat[2], lat[3] = "", f"Umm Canaria; QZXJ77KW: {PLACES[3][1]}"
    return table.head(4).assign(latitude=lat, longitude=lon, **text)


def of_acled() -> pd.DataFrame:
    names = {"event_id_cnty": "QZXJ77KW", "notes": "zephyrquill", "location": "Umm Canaria"}
    return planted(acled(4), **names, actor1="Front of Canaries", source="canary desk")


def of_gtd() -> pd.DataFrame:
    names = {"eventid": "QZXJ77KW", "summary": "zephyrquill", "city": "Umm Canaria"}
    return planted(gtd(4), **names, gname="Front of Canaries", scite1="canary desk")


def cut_down() -> pd.DataFrame:
    """Give what somebody left of an export of ACLED: nothing that bears its marks."""
    kept = of_acled().rename(columns={"event_id_cnty": "id"})
    return kept[["id", "event_date", "latitude", "longitude", "location", "notes", "actor1"]]


def unknown() -> pd.DataFrame:
    return cut_down().assign(dataset=[f"Canaries DB {n}" for n in range(4)])


TABLES = {"ACLED": of_acled, "GTD": of_gtd, "cut down": cut_down, "unknown": unknown}


def posts() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Post Zephyr A", "Post Zephyr B"], "kind": "vexillum", "notes": "vexillum"},
        geometry=[shapely.Point(place) for place in POST_PLACES],
        crs=4326,
    )


@pytest.fixture(scope="module")
def canaries(study: bz.Study) -> Canaries:
    frame = bz.Corridor.around(study.border).sections[0].crs
    return Canaries((*WORDS, *POST_WORDS), [*PLACES, *POST_PLACES], [frame, 3857, 6933, 32637])


@pytest.fixture(scope="module")
def mixed() -> gpd.GeoDataFrame:
    """Give all four tables as one."""
    return incidents.read(pd.concat([incidents.read(make()) for make in TABLES.values()]))


@pytest.fixture(scope="module")
def canary_result(
    study: bz.Study, mixed: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Run a study on all four tables, from posts in a file whose name tells of them."""
    file = tmp_path_factory.mktemp("given") / "canary_posts.gpkg"
    posts().to_file(file)
    return small(study, file, mixed).run(seed=1), hashlib.sha256(file.read_bytes()).hexdigest()


def small(study: bz.Study, origins: Any, events: Any) -> bz.Study:
    """Give a study that is soon done."""
    less = study.scenario.changed({"draws": 100, "imputations": 20, "resolution_m": 5000})
    return bz.Study(border=study.border, origins=origins, incidents=events, scenario=less)


@pytest.fixture(scope="module")
def editions(
    canary_result: Any, tmp_path_factory: pytest.TempPathFactory, draft: None
) -> dict[str, Path]:
    """Write both editions."""
    del draft
    found = {detail: tmp_path_factory.mktemp(detail) / "out" for detail in ("public", "internal")}
    bz.write_report(canary_result[0], found["public"])
    with pytest.MonkeyPatch.context() as patch:  # page, tables and layers hold every word
        patch.setattr(folder, "draw_pictures", lambda *_: {})
        bz.write_report(canary_result[0], found["internal"], detail="internal")
    return found


def test_no_canary_is_in_the_public_report(
    editions: dict[str, Path], canaries: Canaries, canary_result: Any
) -> None:
    pieces = list(pieces_of(editions["public"]))
    assert canaries.found_in(pieces) == []
    checksum = canary_result[1].encode()
    assert not [piece.where for piece in pieces if checksum in piece.content]
    page = (editions["public"] / "report.html").read_text("utf-8")
    assert "rows of ACLED and GTD may not be passed on" in page
    assert "Posts are not shown" in page


def test_two_studies_that_differ_in_posts_alone_look_the_same_in_public(
    study: bz.Study,
    mixed: gpd.GeoDataFrame,
    editions: dict[str, Path],
    draft: None,
    tmp_path: Path,
) -> None:
    """Whoever has the program could else try places until the numbers agree."""
    del draft
    elsewhere = posts().head(1).set_geometry([shapely.Point(40.234561, 33.912347)], crs=4326)
    elsewhere.to_file(tmp_path / "others.gpkg")
    bz.write_report(small(study, tmp_path / "others.gpkg", mixed).run(seed=1), tmp_path / "out")
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert files.keys() == {
        path.relative_to(editions["public"]).as_posix()
        for path in editions["public"].rglob("*")
        if path.is_file()
    }
    differing = {
        name
        for name, content in files.items()
        if content != (editions["public"] / name).read_bytes()
    }
    assert differing <= {"log.txt", "timing.json"}


def test_what_is_left_out_is_said_in_numbers_and_reasons(editions: dict[str, Path]) -> None:
    page = (editions["public"] / "report.html").read_text("utf-8")
    assert "8 (cannot be used)" in page
    manifest = json.loads((editions["public"] / "manifest.json").read_text("utf-8"))
    assert manifest["terms"] == {"said": None, "incidents": "counts"}
    rejected = pd.read_csv(editions["public"] / "tables" / "incidents_rejected.csv")
    assert rejected.set_index("finding")["rows"].to_dict() == {
        "missing position": 8,
        "same id": 6,
    }


def test_the_internal_edition_holds_them_and_says_so(
    editions: dict[str, Path], canaries: Canaries
) -> None:
    found = canaries.found_in(pieces_of(editions["internal"]))
    for word in (*WORDS, *POST_WORDS[:2], *(str(value) for value in (34.234561, 34.123457))):
        assert any(word.casefold() in where.casefold() for where in found), word


@pytest.mark.parametrize("name", TABLES)
def test_no_canary_is_in_an_export(tmp_path: Path, canaries: Canaries, name: str) -> None:
    events = incidents.read(TABLES[name]())
    for suffix in SUFFIXES:
        told = incidents.write(events, tmp_path / f"out{suffix}")
        assert told.content == "counts"
    incidents.write(events, tmp_path / "merged.csv", min_count=3)
    (tmp_path / "words.txt").write_text(
        "\n".join([incidents.credit_line(events), repr(incidents.terms(events))]), "utf-8"
    )
    assert canaries.found_in(pieces_of(tmp_path)) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_internal_export_holds_them(tmp_path: Path, canaries: Canaries, suffix: str) -> None:
    incidents.write(incidents.read(of_acled()), tmp_path / f"out{suffix}", detail="internal")
    found = "\n".join(canaries.found_in(pieces_of(tmp_path)))
    for told in ("'qzxj77kw'", "'zephyrquill'", "'umm canaria'", "34.234561"):
        assert told in found


def test_sentences_and_the_look_of_a_result_tell_nothing(
    canary_result: Any, canaries: Canaries, tmp_path: Path
) -> None:
    result = canary_result[0]
    told = [repr(result), *result.summary]
    (tmp_path / "told.txt").write_text("\n".join(told), "utf-8")
    assert canaries.found_in(pieces_of(tmp_path)) == []


# The unpacker, container by container: what is planted must be found.


def _png(file: Path, key: str, words: str, *, packed: bool, international: bool) -> None:
    more = PngImagePlugin.PngInfo()
    if international:
        more.add_itxt(key, words, zip=packed)
    else:
        more.add_text(key, words, zip=packed)
    Image.new("RGB", (4, 4)).save(file, format="PNG", pnginfo=more)


def _figure(file: Path) -> None:
    figure, axes = plt.subplots(figsize=(2, 2))
    axes.text(0.1, 0.5, "near Umm Canaria, today")
    figure.savefig(file, metadata={} if file.suffix == ".svg" else None)
    plt.close(figure)


def _title(file: Path) -> None:
    figure = plt.figure(figsize=(1, 1))
    figure.savefig(file, metadata={"Title": "Umm Canaria"})
    plt.close(figure)


def _in_html(file: Path) -> None:
    picture = io.BytesIO()
    more = PngImagePlugin.PngInfo()
    more.add_text("Description", "Umm Canaria", zip=True)
    Image.new("RGB", (4, 4)).save(picture, format="PNG", pnginfo=more)
    data = base64.b64encode(picture.getvalue()).decode()
    file.write_text(f'<img src="data:image/png;base64,{data}">', "utf-8")


def _book(file: Path) -> None:
    pd.DataFrame({"a": ["Umm Canaria"]}).to_excel(file, engine="openpyxl")


def _nested(file: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "Umm Canaria " * 9)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())


def _place(file: Path) -> None:
    point = gpd.GeoDataFrame(geometry=[shapely.Point(PLACES[0])], crs=4326)
    if file.suffix == ".parquet":
        point.to_parquet(file, compression="gzip")
    else:
        pyogrio.write_dataframe(point, file, driver="GPKG")


def _rounded(file: Path) -> None:
    """Write a place as a projection and back leaves it, whose bytes are others."""
    point = gpd.GeoDataFrame(geometry=[shapely.Point(PLACES[0][0] + 1e-9, PLACES[0][1])], crs=4326)
    point.assign(geometry=point.translate(0, -1e-9)).to_parquet(file)


def _metadata(file: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["notes"] = ["Umm Canaria"]
    frame.to_parquet(file)


def _column(file: Path) -> None:
    pd.DataFrame({"Umm Canaria": [1]}).to_parquet(file)


def _record(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE a (b TEXT)")
        database.execute("INSERT INTO a VALUES ('Umm Canaria')")
    database.close()


def _tag(file: Path) -> None:
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=2,
        height=2,
        count=1,
        dtype="uint8",
        transform=(1, 0, 0, 0, -1, 2),
    ) as raster:
        raster.update_tags(NOTE="Umm Canaria")


PLANTED: dict[str, Callable[[Path], Any]] = {
    "plain.csv": lambda file: file.write_text("a,Umm Canaria\n", "utf-8"),
    "number.csv": lambda file: file.write_text(f"{PLACES[0][0]:.4f}\n", "utf-8"),
    "cut.csv": lambda file: file.write_text("lat 34.23456 N\n", "utf-8"),
    "comma.csv": lambda file: file.write_text('"34,2346"\n', "utf-8"),
    "metres.csv": lambda file: file.write_text("4577842.31\n", "utf-8"),
    "bytes.bin": lambda file: file.write_bytes(b"x" + np.array(34.234561, ">f8").tobytes()),
    "doubles.bin": lambda file: file.write_bytes(b"xy" + np.array(34.234561, "<f8").tobytes()),
    "utf16.txt": lambda file: file.write_text("Umm Canaria", "utf-16"),
    "escaped.json": lambda file: file.write_text('{"a": "Umm \\u0043anaria"}', "utf-8"),
    "escaped.html": lambda file: file.write_text("<p>Umm&#32;Can<b>aria</b></p>", "utf-8"),
    "picture.html": _in_html,
    "Umm Canaria.txt": lambda file: file.write_text("", "utf-8"),
    "text.png": lambda file: _png(file, "Title", "Umm Canaria", packed=False, international=False),
    "ztext.png": lambda file: _png(file, "Title", "Umm Canaria", packed=True, international=False),
    "itext.png": lambda file: _png(file, "Title", "Umm Canaria", packed=True, international=True),
    "drawn.pdf": _figure,
    "drawn.svg": _figure,
    "title.pdf": _title,
    "book.xlsx": _book,
    "nested.zip": _nested,
    "place.gpkg": _place,
    "place.parquet": _place,
    "rounded.parquet": _rounded,
    "metadata.parquet": _metadata,
    "column.parquet": _column,
    "table.gpkg": _record,
    "tag.tif": _tag,
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_unpacker_finds_what_is_planted(tmp_path: Path, canaries: Canaries, name: str) -> None:
    PLANTED[name](tmp_path / name)
    assert canaries.found_in(pieces_of(tmp_path))


def test_the_unpacker_finds_words_in_a_figure_of_ours(
    study: bz.Study, tmp_path: Path, canaries: Canaries
) -> None:
    axes = figures.plot_border(study.border)
    axes.set_title("Umm Canaria")
    figures.save(figure_of(axes), tmp_path / "a", alt="none", formats=("pdf",), dpi=40)
    assert any("words" in where for where in canaries.found_in(pieces_of(tmp_path)))
