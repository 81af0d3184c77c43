"""GeoPackages: what other programs write opens, and nothing of a file acts."""

# ruff: noqa: S608 (statements of all kinds are what these tests are about)

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from gpkg_cases import BESIDE, HOSTILE, SECRET, edited, entry, good, registered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import borderzone
from borderzone import incidents, io
from borderzone.errors import BorderzoneError, DataError, LimitError
from borderzone.io.formats import geopackage

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[Path], Any]] = {
    "vector": io.read_vector,
    "layer": lambda path: io.read_vector(path, layer="t"),
    "incidents": incidents.read,
}


def secret_beside(folder: Path) -> Path:
    secret = folder / "secret.txt"
    secret.write_text(f"user,password\nroot,{SECRET}\n")
    return secret


def hostile(folder: Path, kind: str) -> Path:
    secret = secret_beside(folder)
    statements = [told.replace("{secret}", str(secret)) for told in HOSTILE[kind][0]]
    return edited(good(folder / "a.gpkg"), *statements)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_acts_is_refused_by_name(tmp_path: Path, kind: str, read: str) -> None:
    file = hostile(tmp_path, kind)
    with pytest.raises(DataError, match=HOSTILE[kind][1]) as refusal:
        READERS[read](file)
    assert "a.gpkg" in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_a_computed_column_is_seen_by_sqlite_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geopackage, "_is_plain_table", lambda *_: True)
    for kind in ("a computed column", "a computed column, stored"):
        with pytest.raises(DataError, match="computed columns are not read"):
            io.read_vector(hostile(tmp_path, kind))
        (tmp_path / "a.gpkg").unlink()


def test_no_driver_sees_a_file_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(*_: object, **__: object) -> None:
        message = "a driver was handed the file"
        raise AssertionError(message)

    for name in ("list_layers", "read_info", "read_dataframe"):
        monkeypatch.setattr(pyogrio, name, seen)
    file = hostile(tmp_path, "a view over a virtual table over another file")
    for read in READERS.values():
        with pytest.raises(DataError, match="the table 'v'"):
            read(file)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"SPATIAL_INDEX": "NO"},
        {"FID": "ogc_fid", "GEOMETRY_NAME": "shape", "layer": "My \"pts\" and 'more' {c}"},
    ],
    ids=["plain", "no index", "odd names"],
)
def test_what_gdal_writes_opens(tmp_path: Path, version: str, options: dict[str, str]) -> None:
    places = io.read_vector(good(tmp_path / "a.gpkg", VERSION=version, **options))
    assert places["notes"].tolist() == ["a", "a", "a"]
    assert places.geometry.x.tolist() == [41.0] * 3


@pytest.mark.parametrize("kind", BESIDE)
def test_what_other_programs_put_beside_the_data_opens(tmp_path: Path, kind: str) -> None:
    file = edited(good(tmp_path / "a.gpkg"), *BESIDE[kind])
    assert io.read_vector(file, layer="t")["notes"].tolist() == ["a", "a", "a"]


def test_guards_of_the_standard_in_files_of_older_programs_open(tmp_path: Path) -> None:
    """Without quotes, with the update trigger of version 1.0, and with table names as they are."""
    box = "ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)"
    file = edited(
        good(tmp_path / "a.gpkg", VERSION="1.0"),
        "DROP TRIGGER rtree_t_geom_update3",
        "CREATE TRIGGER rtree_t_geom_update3 AFTER UPDATE OF geom ON t WHEN OLD.fid != NEW.fid AND "
        "(NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN DELETE FROM rtree_t_geom WHERE id = "
        f"OLD.fid; INSERT OR REPLACE INTO rtree_t_geom VALUES (NEW.fid, {box}); END",
        "CREATE TABLE p (id INTEGER PRIMARY KEY, zoom_level INTEGER, tile_data BLOB)",
        "CREATE TRIGGER 'p_zoom_insert' BEFORE INSERT ON 'p' FOR EACH ROW BEGIN SELECT RAISE(ABORT,"
        "'insert on table ''p'' violates constraint') WHERE NOT (NEW.zoom_level IN (SELECT "
        "zoom_level FROM gpkg_tile_matrix WHERE table_name = 'p')) ; END",
    )
    assert len(io.read_vector(file)) == 3


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # within rasterio
def test_tables_of_rows_and_pictures_are_told_apart(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"lat": [34.0], "lon": [41.0], "notes": ["x"]})
    rows = tmp_path / "rows.gpkg"
    pyogrio.write_dataframe(frame, rows, layer="t", driver="GPKG")
    with pytest.raises(DataError, match=r"'rows\.gpkg' holds rows without shapes"):
        io.read_vector(rows)
    assert incidents.read(rows)[["lat", "lon", "status"]].to_numpy().tolist() == [[34, 41, "ok"]]
    for dtype in ("uint8", "float32"):
        pictures = tmp_path / f"{dtype}.gpkg"
        shape = {"width": 9, "height": 9, "count": 1, "dtype": dtype, "crs": "EPSG:4326"}
        place = rasterio.transform.from_origin(41, 35, 0.1, 0.1)
        with rasterio.open(pictures, "w", driver="GPKG", transform=place, **shape) as target:
            target.write(np.ones((9, 9), dtype), 1)
        with pytest.raises(DataError, match="holds no layer of shapes or rows"):
            io.read_vector(pictures)


def test_own_layers_come_back(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([41], [34]), crs=4326)
    io.write_vector({"one": frame, "two": frame.assign(a=2)}, tmp_path / "a.gpkg")
    assert io.read_vector(tmp_path / "a.gpkg", layer="two")["a"].tolist() == [2]
    with pytest.raises(DataError, match="holds the layers one, two; name one of them"):
        io.read_vector(tmp_path / "a.gpkg")
    io.write_vector({"none": frame.iloc[:0]}, tmp_path / "b.gpkg")
    assert len(io.read_vector(tmp_path / "b.gpkg")) == 0


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_changes_that_lie_beside_a_file_are_not_taken(tmp_path: Path, ending: str) -> None:
    file = good(tmp_path / "a.gpkg")
    beside = tmp_path / f"a.gpkg{ending}"
    beside.write_bytes(b"" if ending == "-wal" else b"\0" * 512)
    assert len(io.read_vector(file)) == 3  # what a program leaves that has closed it
    beside.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 504)
    with pytest.raises(DataError, match=r"'a\.gpkg' is open in another program"):
        io.read_vector(file)
    link = tmp_path / "far" / "b.gpkg"
    link.parent.mkdir()
    link.symlink_to(file)
    with pytest.raises(DataError, match=r"'b\.gpkg' is open in another program"):
        io.read_vector(link)


def test_a_file_is_left_as_it_was(tmp_path: Path) -> None:
    """A database in write-ahead mode makes files beside itself when it is opened plainly."""
    file = edited(good(tmp_path / "a.gpkg"), "PRAGMA journal_mode=WAL")
    before = file.read_bytes()
    io.read_vector(file)
    assert [found.name for found in tmp_path.iterdir()] == ["a.gpkg"]
    assert file.read_bytes() == before


def pointing_at(page: bytes, number: int) -> bytes:
    """Make all children of an inner page of a table the same page."""
    changed = bytearray(page)
    for cell in range(int.from_bytes(page[3:5])):
        place = int.from_bytes(page[12 + 2 * cell : 14 + 2 * cell])
        changed[place : place + 4] = number.to_bytes(4)
    changed[8:12] = number.to_bytes(4)
    return bytes(changed)


def test_pages_that_point_at_one_another_are_no_bomb(tmp_path: Path) -> None:
    """Every child of an inner page is made the same page, on four levels: 10 million million rows."""
    file = good(tmp_path / "a.gpkg", 30_000, SPATIAL_INDEX="NO")
    content = file.read_bytes()
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    root = max(
        range(1, len(pages)), key=lambda n: (pages[n][0] == 5) * int.from_bytes(pages[n][3:5])
    )
    leaves = [number for number in range(1, len(pages)) if pages[number][0] == 13][-4:]
    model = pages[root]
    for number, child in zip((root, *leaves[:3]), leaves, strict=True):
        pages[number] = pointing_at(model, child + 1)
    file.write_bytes(b"".join(pages))
    with pytest.raises(LimitError, match="takes more steps to read than its size allows"):
        io.read_vector(file)


def test_a_default_value_is_not_multiplied(tmp_path: Path) -> None:
    """Rows written before a column was added take its default from the definition."""
    file = edited(
        good(tmp_path / "a.gpkg", 5_000),
        f"ALTER TABLE t ADD COLUMN big TEXT DEFAULT '{'x' * 100_000}'",
    )
    with pytest.raises(DataError, match="the table 't' gives 5,000 rows, more than"):
        io.read_vector(file)


@pytest.mark.parametrize("stated", [0, 2, 1000, 2**62, "NULL", "'x'"])
def test_a_number_of_rows_that_is_stated_is_not_believed(tmp_path: Path, stated: object) -> None:
    file = good(tmp_path / "a.gpkg")
    edited(file, f"UPDATE gpkg_ogr_contents SET feature_count = {stated}")
    assert len(io.read_vector(file)) == 3


def test_a_number_of_rows_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = good(tmp_path / "a.gpkg")
    edited(file, "UPDATE gpkg_ogr_contents SET feature_count = 1000000")
    with pytest.raises(DataError, match="states 1,000,000 rows in"):
        io.read_vector(file)
    read = pyogrio.read_dataframe
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *a, **k: read(*a, **k).iloc[:2])
    with pytest.raises(DataError, match="2 of 3 rows came out"):
        io.read_vector(good(tmp_path / "b.gpkg"))


def test_limits_of_a_database_are_named_and_may_be_raised(tmp_path: Path) -> None:
    file = good(tmp_path / "a.gpkg")
    with (
        io.limits(database_entries=5),
        pytest.raises(
            LimitError, match=r"more than 5 tables.*BORDERZONE_LIMITS=database_entries=50"
        ),
    ):
        io.read_vector(file)
    with io.limits(table_rows=2), pytest.raises(LimitError, match="has 3 rows, the limit is 2"):
        io.read_vector(file)
    with io.limits(database_sql_bytes=60), pytest.raises(DataError, match="too big"):
        io.read_vector(file)
    wide = edited(
        good(tmp_path / "b.gpkg"),
        f"CREATE TABLE w ({', '.join(f'c{n} INTEGER' for n in range(1_500))})",
        *registered("w"),
    )
    with pytest.raises(LimitError, match="has 1,500 columns, the limit is 1,000"):
        io.read_vector(wide, layer="w")


def test_hostile_databases_take_neither_time_nor_memory(tmp_path: Path) -> None:
    """In a process of its own, whose time on the processor is limited."""
    kinds = list(HOSTILE)
    for number, kind in enumerate(kinds):
        (tmp_path / str(number)).mkdir()
        hostile(tmp_path / str(number), kind)
    script = f"""
import resource
from pathlib import Path
from borderzone import incidents, io
from borderzone.errors import DataError
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in sorted(Path({str(tmp_path)!r}).glob("*/a.gpkg")):
    for read in (io.read_vector, incidents.read):
        try:
            read(file)
        except DataError:
            print("refused")
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 100_000
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.split()) == 2 * len(kinds)


# -- No way around ----------------------------------------------------------------------------

DOORS = {
    "list_layers": {"io/formats/ogr.py"},
    "read_info": {"io/formats/ogr.py"},
    "read_bounds": set(),
    "read_dataframe": {"io/formats/ogr.py"},
    "read_arrow": set(),
    "open_arrow": set(),
    "read_file": set(),
    "read_feather": set(),
}


@functools.cache
def calls_in_source() -> list[tuple[str, ast.Call]]:
    root = Path(borderzone.__file__).parent
    return [
        (file.relative_to(root).as_posix(), node)
        for file in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def test_vector_drivers_have_one_door() -> None:
    around = [
        f"{file}: {call.func.attr}"
        for file, call in calls_in_source()
        if isinstance(call.func, ast.Attribute)
        and (
            file not in DOORS.get(call.func.attr, {file})
            or ast.unparse(call.func).endswith(("GeoDataFrame.from_file", "GeoSeries.from_file"))
        )
    ]
    assert around == []


def test_databases_and_rasters_are_opened_by_one_driver() -> None:
    """A raster driver would open a GeoPackage too, unless it is told which format it is."""
    for file, call in calls_in_source():
        asked = ast.unparse(call.func)
        if asked == "sqlite3.connect":
            assert file == "io/formats/geopackage.py"
        writes = any(isinstance(word, ast.Constant) and word.value == "w" for word in call.args)
        if asked in {"rasterio.open", "rasterio.vrt.WarpedVRT"} and not writes:
            told = [ast.unparse(word.value) for word in call.keywords if word.arg == "driver"]
            own = "'AAIGrid'" if file == "io/formats/grids.py" else "'GTiff'"
            assert told == [own], f"{file}: {ast.unparse(call)}"


# -- Any edit of a schema ---------------------------------------------------------------------

NAMES = st.sampled_from(["t", "v", "evil", "gpkg_contents", "rtree_t_geom", "sqlite_master", "T "])
BODIES = st.sampled_from(
    [
        "CREATE TABLE {name} (fid INTEGER PRIMARY KEY, geom POINT, notes TEXT)",
        (
            "CREATE VIEW {name} AS SELECT ROWNO + 1 AS fid, (SELECT geom FROM t) AS geom, COL001 AS "
            "notes FROM v"
        ),
        "CREATE VIEW {name} AS SELECT fid, geom, notes FROM t",
        "CREATE VIRTUAL TABLE {name} USING VirtualText('{secret}','UTF-8',0,POINT,NONE,'|')",
        "create  virtual/**/table \"{name}\" using virtualtext ('{secret}','UTF-8',1,POINT,NONE,',')",
        "CREATE TRIGGER {name} AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE {name} (fid INTEGER PRIMARY KEY, geom POINT, notes AS (hex(geom)))",
        "CREATE INDEX {name} ON t (notes)",
    ]
)
EDITS = st.one_of(
    st.builds(
        lambda kind, name, body, page: entry(kind, name, body.replace("{name}", name), page=page),
        st.sampled_from(["table", "view", "trigger", "index", "x"]),
        NAMES,
        BODIES,
        st.sampled_from(["0", "2", "999", "NULL", "(SELECT max(rootpage) FROM sqlite_master)"]),
    ),
    NAMES.map(lambda name: registered(name)[0]),
    NAMES.map(lambda name: registered(name)[1]),
    st.builds("UPDATE sqlite_master SET {} WHERE name = '{}'".format, st.sampled_from([
        "name = 'evil'", "tbl_name = 'v'", "rootpage = 3", "sql = NULL", "type = 'view'",
        "sql = replace(sql, 'rtree(', 'VirtualText(')", "sql = sql || ' '", "name = upper(name)",
        "sql = replace(sql, 'TEXT', 'TEXT AS (1)')", "sql = lower(sql)", "sql = substr(sql, 1, 30)",
    ]), NAMES),
    st.builds("UPDATE {} SET table_name = '{}'".format, st.sampled_from(
        ["gpkg_contents", "gpkg_geometry_columns"]), NAMES),
    st.sampled_from(["DELETE FROM gpkg_geometry_columns", ("UPDATE gpkg_spatial_ref_sys SET "
                     "definition = 'x', organization = 'y', organization_coordsys_id = 7")]),
)  # fmt: skip


@given(edits=st.lists(EDITS, min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_database_changed_at_random_is_read_or_refused(
    tmp_path: Path, edits: list[str], seed: int
) -> None:
    secret = secret_beside(tmp_path)
    file = tmp_path / "a.gpkg"
    file.unlink(missing_ok=True)
    good(file, VERSION="1.2")
    try:
        edited(file, *(told.replace("{secret}", str(secret)) for told in edits))
    except Exception:  # noqa: BLE001 (an edit that SQLite itself refuses leaves what stood before)
        content = bytearray(file.read_bytes())
        rng = np.random.default_rng(seed)
        for place in rng.integers(0, len(content), 20).tolist():
            content[place] = int(rng.integers(0, 256))
        file.write_bytes(bytes(content))
    for read in READERS.values():
        try:
            told = read(file).to_csv()
        except BorderzoneError as refusal:
            told = str(refusal)
        assert SECRET not in told
