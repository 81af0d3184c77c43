"""Vector files of every kind: nothing beside them is opened, and no foreign error comes out."""

from __future__ import annotations

import ctypes
import json
import os
import struct
import warnings
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

import borderzone as bz
from borderzone import incidents, io
from borderzone.errors import BorderzoneError, CRSMismatchError, DataError, InvalidGeometryError
from borderzone.study.given import vector_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "the-secret-of-another-file"  # noqa: S105  (the bait)


def points(rows: int = 2) -> gpd.GeoDataFrame:
    table = {"id": [f"e{n}" for n in range(rows)], "date": ["2019-07-21"] * rows}
    at = gpd.points_from_xy([41.0 + n / 10 for n in range(rows)], [34.0] * rows)
    return gpd.GeoDataFrame(table, geometry=at, crs=4326)


# -- Nothing beside a file is opened ----------------------------------------------------------

_IN_OPEN = 0x20


@contextmanager
def opened_in(folder: Path) -> Iterator[set[str]]:
    """Collect the names of all files of a folder that anything in this process opens."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert watch >= 0
    names: set[str] = set()
    try:
        assert libc.inotify_add_watch(watch, os.fsencode(folder), _IN_OPEN) >= 0
        yield names
        while True:
            try:
                content = os.read(watch, 65536)
            except BlockingIOError:
                break
            while content:
                length = struct.unpack("iIII", content[:16])[3]
                names.add(content[16 : 16 + length].rstrip(b"\0").decode())
                content = content[16 + length :]
        names.discard("")
    finally:
        os.close(watch)


KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Schema name="s" id="s"><SimpleField name="a" type="string"/></Schema>
<Style id="own"><IconStyle><Icon><href>secret.png</href></Icon></IconStyle></Style>
<NetworkLink><Link><href>secret.kml</href></Link></NetworkLink>
<Placemark><name>e1</name><styleUrl>secret.kml#there</styleUrl>
<ExtendedData><SchemaData schemaUrl="secret.kml#s"><SimpleData name="a">x</SimpleData></SchemaData>
</ExtendedData><Point><coordinates>41,34</coordinates></Point></Placemark></Document></kml>"""


def _xlsx(path: Path) -> None:
    cells = {"lat": [34], "lon": [41], "notes": ["='file:///[secret.xlsx]Sheet1'!$A$1"]}
    pd.DataFrame(cells).to_excel(path, index=False)


def _tif(path: Path) -> None:
    grid = bz.Grid.covering((0, 0, 3000, 3000), resolution_m=300, crs=32637)
    io.write_raster(grid.wrap(np.ones(grid.shape, np.float32)), path)


WRITERS: dict[str, Callable[[Path], object]] = {
    ".shp": lambda path: points().to_file(path),
    ".gpkg": lambda path: points().to_file(path),
    ".fgb": lambda path: points().to_file(path),
    ".geojson": lambda path: points().to_file(path),
    ".parquet": lambda path: points().to_parquet(path),
    ".kml": lambda path: path.write_text(KML),
    ".xlsx": _xlsx,
    ".csv": lambda path: path.write_text("lat,lon\n34,41\n"),
    ".tif": _tif,
    ".hgt": lambda path: path.write_bytes(bytes(1201 * 1201 * 2)),
}
PARTS = {".shp": {".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx"}}
# What programs put beside a file and read with it, and what a careless reader would try.
BESIDE = (
    *(".aux.xml", ".ovr", ".msk", ".vrt", ".qix", ".sbn", ".sbx", ".idm", ".ind", ".cst", ".qpj"),
    *(".tfw", ".wld", ".rpb", ".imd", ".xml", ".qml", ".sld", ".csvt", ".zip", ".json", ".kml"),
)
FOLDER = ("_metadata", "_common_metadata", "secret.kml", "secret.png", "secret.xlsx", "secret.gsb")


def read_any(path: Path) -> object:
    if path.suffix in {".tif", ".hgt"}:
        if path.suffix == ".tif":
            return io.read_raster(path).to_numpy().tolist()
        box = (730_000, 3_820_000, 730_900, 3_820_900)
        grid = bz.Grid.covering(box, resolution_m=300, crs=32637)
        return io.read_dem(path, grid).to_numpy().tolist()
    return incidents.read(path).to_csv()


@pytest.mark.parametrize("suffix", WRITERS)
def test_nothing_beside_a_file_is_opened(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "country=secret"  # parquet readers make columns of such names
    folder.mkdir()
    file = folder / f"N34E041{suffix}"
    WRITERS[suffix](file)
    own = {file.name} | {file.with_suffix(part).name for part in PARTS.get(suffix, ())}
    decoys = {f"{file.name}{ending}" for ending in BESIDE}
    decoys |= {file.with_suffix(ending).name for ending in BESIDE} | set(FOLDER)
    for name in decoys - own:
        (folder / name).write_text(SECRET)
    with opened_in(folder) as names:
        told = str(read_any(file))
    assert file.name in names
    assert names <= own
    assert "secret" not in told.replace("secret.kml", "").replace("secret.xlsx", "")


def test_a_document_in_an_archive_opens_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML)
        archive.writestr("secret.kml", KML.replace("e1", SECRET))
    (tmp_path / "secret.kml").write_text(KML.replace("e1", SECRET))
    with opened_in(tmp_path) as names:
        assert SECRET not in incidents.read(tmp_path / "a.kmz").to_csv()
    assert names == {"a.kmz"}


GRID_FILES = (
    "+proj=longlat +ellps=clrk66 +nadgrids={folder}/secret.gsb +no_defs",
    "+proj=longlat +ellps=clrk66 +nadgrids=@{folder}/secret.gsb,null +no_defs",
    "+proj=longlat +datum=WGS84 +geoidgrids={folder}/secret.gsb +vunits=m +no_defs",
)


@pytest.mark.parametrize("told", GRID_FILES)
@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp", None])
def test_a_crs_opens_no_grid_by_its_path(tmp_path: Path, told: str, suffix: str | None) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "secret.gsb").write_text(SECRET)
    frame = points().set_crs(told.format(folder=beside), allow_override=True)
    source: Any = frame
    if suffix:
        source = tmp_path / f"a{suffix}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            frame.to_parquet(source) if suffix == ".parquet" else frame.to_file(source)
    if suffix == ".shp":  # its writer has no words for a grid: they are put in by hand
        wkt = frame.crs.to_wkt("WKT1_GDAL")
        source.with_suffix(".prj").write_text(wkt)
    with opened_in(beside) as names, pytest.raises(CRSMismatchError, match="names another file"):
        incidents.read(source)
    assert names == set()


GEO = {
    "version": "1.0.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
}


def geoparquet(path: Path, crs: Any) -> Path:
    """Write a point with whatever for its CRS."""
    geo = GEO | {"columns": {"geometry": GEO["columns"]["geometry"] | {"crs": crs}}}  # type: ignore[index]
    table = pa.table({"geometry": pa.array(points(1).geometry.to_wkb().tolist(), pa.binary())})
    told = json.dumps(geo).replace("/", "\\/")  # as JSON may have it
    pq.write_table(table.replace_schema_metadata({b"geo": told.encode()}), path)
    return path


@pytest.mark.parametrize(
    "told",
    [
        "+init={folder}/epsg:1",
        "init = {folder}/epsg:1",
        "+proj=pipeline +step +proj=tinshift +file={folder}/secret.json",
        "+proj=pipeline +step +proj=defmodel +model={folder}/secret.json",
        "+proj=pipeline +step +proj=xyzgridshift +grids={folder}/secret.gsb",
        (
            'BOUNDCRS[SOURCECRS[x],ABRIDGEDTRANSFORMATION["y",METHOD["z"],PARAMETERFILE["a]""b" , '
            '"{folder}/secret.gsb"]]]'
        ),
    ],
)
def test_a_crs_in_words_opens_no_file(tmp_path: Path, told: str) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    for name in ("epsg", "secret.json", "secret.gsb"):
        (beside / name).write_text("<1> +proj=longlat +datum=WGS84 <>\n")
    file = geoparquet(tmp_path / "a.parquet", told.format(folder=beside))
    with opened_in(beside) as names, pytest.raises(CRSMismatchError, match="names another file"):
        io.read_vector(file)
    assert names == set()


@pytest.mark.parametrize(
    "piece", ["PARAMETERFILE[", 'PARAMETERFILE["', 'PARAMETERFILE[""', "grids ="]
)
def test_long_definitions_are_looked_at_once(tmp_path: Path, piece: str) -> None:
    """A search that began anew at every word would take hours."""
    file = geoparquet(tmp_path / "a.parquet", piece * 100_000)
    with pytest.raises(CRSMismatchError, match="no coordinate reference system"):
        io.read_vector(file)


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_needs_its_parts_themselves(tmp_path: Path, part: str) -> None:
    file = tmp_path / "a.shp"
    points().to_file(file)
    other = tmp_path / "other" / f"b{part}"
    other.parent.mkdir()
    file.with_suffix(part).rename(other)
    with pytest.raises(DataError, match=rf"'a\.shp' has no \{part} beside it"):
        io.read_vector(file)
    file.with_suffix(part).symlink_to(other)
    with opened_in(other.parent) as names, pytest.raises(DataError, match="is a link to another"):
        io.read_vector(file)
    assert names == set()
    file.with_suffix(part).unlink()
    other.rename(file.with_suffix(part.upper()))
    assert len(io.read_vector(file)) == 2


# -- What a CRS can do ------------------------------------------------------------------------

PLACELESS = {
    "a building site": 'ENGCRS["site",EDATUM["x"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
    'LENGTHUNIT["metre",1]]',
    "the Moon": 'GEOGCRS["Moon",DATUM["M",ELLIPSOID["M",1737400,0]],CS[ellipsoidal,2],'
    'AXIS["lat",north],AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433]]',
    "the centre of the Earth": "EPSG:4978",
    "heights": "EPSG:5773",
    "a grid that is nowhere": "+proj=longlat +ellps=clrk66 +nadgrids=nowhere.gsb +no_defs",
}


@pytest.mark.parametrize("kind", PLACELESS)
@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
def test_files_of_no_place_on_earth_are_refused(tmp_path: Path, kind: str, suffix: str) -> None:
    frame = points().set_crs(PLACELESS[kind], allow_override=True)
    file = tmp_path / f"a{suffix}"
    frame.to_parquet(file) if suffix == ".parquet" else frame.to_file(file)
    for read in (io.read_vector, incidents.read):
        with pytest.raises(CRSMismatchError, match=rf"'a\{suffix}' (is in|names no)"):
            read(file)


@pytest.mark.parametrize("kind", PLACELESS)
def test_tables_of_no_place_on_earth_are_refused(kind: str) -> None:
    frame = points().set_crs(PLACELESS[kind], allow_override=True)
    line = gpd.GeoSeries([shapely.LineString([(41, 34), (42, 35)])], crs=frame.crs)
    area = gpd.GeoSeries([shapely.box(41, 34, 42, 35)], crs=frame.crs)
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"))
    doors: dict[str, Callable[[], object]] = {
        "incidents": lambda: incidents.read(frame),
        "border": lambda: bz.Border.from_line(line),
        "layer of a study": lambda: vector_layer(frame, "origins", []),
        "points in a corridor": lambda: corridor.locate(frame.geometry),
        "ground of a seam": lambda: bz.Border.from_polygons(area, area),
    }
    for name, door in doors.items():
        with pytest.raises(CRSMismatchError, match=r"(is|are) in"):
            door()
        assert name


@pytest.mark.parametrize(
    "text", ["", "x", "\0\1", "PROJCS[", "EPSG:99999999", "[" * 9999, "é" * 99]
)
def test_a_broken_prj_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.shp"
    points().to_file(file)
    file.with_suffix(".prj").write_text(text)
    with pytest.raises(CRSMismatchError, match=r"'a\.shp' names no coordinate reference system"):
        io.read_vector(file)


def test_shapes_where_their_crs_does_not_hold_are_refused_as_layers(tmp_path: Path) -> None:
    frame = points().to_crs(32637)
    frame.loc[1, "geometry"] = shapely.Point(1e12, 1e12)
    file = tmp_path / "a.gpkg"
    frame.to_file(file)
    with pytest.raises(
        InvalidGeometryError, match="1 shapes lie nowhere on Earth, the first in row 2"
    ):
        io.read_vector(file)
    with pytest.raises(InvalidGeometryError, match="karst: 1 shapes lie nowhere"):
        vector_layer(frame, "karst", [])
    assert incidents.read(file)["status"].tolist() == ["ok", "quarantined"]


# -- Cells and shapes of any kind -------------------------------------------------------------


def feature(**parts: Any) -> dict[str, Any]:
    good = {
        "type": "Feature",
        "properties": {"id": "a"},
        "geometry": {"type": "Point", "coordinates": [41, 34]},
    }
    return good | parts


def geojson(path: Path, *features: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


NESTED: list[Any] = [[1], [], {"a": 1}, [[1, [2]]], {"a": {"b": []}}]


@pytest.mark.parametrize("value", NESTED, ids=str)
@pytest.mark.parametrize("name", ["date", "event_type", "lat", "notes", "id", "fatalities_best"])
def test_a_list_for_a_value_quarantines_its_row_alone(
    tmp_path: Path, value: Any, name: str
) -> None:
    rows = [feature(properties={name: value}), feature(properties={name: "2019-07-21"})]
    sources: list[Any] = [geojson(tmp_path / "a.geojson", *rows)]
    frame = points()
    frame[name] = pd.Series([value, "2019-07-21"], dtype=object)
    sources.append(frame)
    for source in sources:
        events = incidents.read(source)
        assert events["status"].iloc[0] == "quarantined"
        assert f"not one value: {name} holds" in events["reason"].iloc[0]
        assert "not one value" not in events["reason"].iloc[1]


class Unwilling:
    """An object that cannot be looked up, nor told in words."""

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """Refuse."""
        message = "no"
        raise RuntimeError(message)

    __repr__ = __str__


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (10**400, "a whole number of 1,329 bits"),
        (10**5000, "a whole number of 16,610 bits"),
        (slice(1), '"slice(None, 1, None)"'),
        (Unwilling(), "a Unwilling"),
        (np.array(5), "5"),
        ({1}, "[1]"),
        (b"\xff", "1 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["date", "event_type", "lat", "notes", "where_prec", "id"])
def test_a_cell_of_any_kind_ends_in_a_verdict(value: Any, told: str, name: str) -> None:
    table = pd.DataFrame({"lat": [34.0, 34.1], "lon": [41.0, 41.1], "notes": ["a", "b"]})
    table[name] = pd.Series([value, "2"], dtype=object)
    events = incidents.read(table)
    assert events["status"].iloc[0] == "quarantined"
    if name in {"event_type", "notes", "id"}:
        column = {"notes": "description"}.get(name, name)
        assert events[column].iloc[0] == told


def test_half_a_pair_of_surrogates_is_spelt_out(tmp_path: Path) -> None:
    """JSON may hold what no file of text can: it would end the writing of every output."""
    text = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"place":'
    text += '"a\\ud800b"},"geometry":{"type":"Point","coordinates":[41,34]}}]}'
    (tmp_path / "a.geojson").write_text(text)
    events = incidents.read(tmp_path / "a.geojson")
    assert (events["place"].tolist(), events["status"].tolist()) == (["a\\ud800b"], ["ok"])
    events.to_csv(tmp_path / "a.csv")
    frame = pd.DataFrame({"lat": [34.0], "lon": [41.0]})
    frame["place"] = pd.Series(["a\ud800b"], dtype=object)
    assert incidents.read(frame)["place"].tolist() == ["a\\ud800b"]


def test_columns_on_several_levels_are_refused() -> None:
    table = pd.DataFrame(
        [[34.0, 41.0]], columns=pd.MultiIndex.from_tuples([("a", "lat"), ("a", "lon")])
    )
    with pytest.raises(DataError, match="columns of several levels"):
        incidents.read(table)


def test_a_list_in_a_column_that_nothing_is_read_from_is_text(tmp_path: Path) -> None:
    file = geojson(tmp_path / "a.geojson", feature(properties={"tags": ["x", {"y": 1}]}))
    events = incidents.read(file)
    assert events["status"].tolist() == ["ok"]
    assert events["tags"].tolist() == ['["x", {"y": 1}]']
    assert io.read_vector(file)["tags"].tolist() == ['["x", {"y": 1}]']


def test_lists_and_bytes_of_other_formats_are_told_alike(tmp_path: Path) -> None:
    table = pa.table(
        {
            "lat": [34.0, 34.1, 34.2],
            "lon": [41.0, 41.1, 41.2],
            "event_type": pa.array([["a"], None, ["b"]], pa.list_(pa.string())),
            "place": pa.array([b"\xd8\xa7", b"\xff", None], pa.binary()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    events = incidents.read(tmp_path / "a.parquet")
    assert events["status"].tolist() == ["quarantined", "quarantined", "quarantined"]
    assert events["place"].tolist() == ["ا", "1 bytes", ""]
    assert events["reason"].iloc[1] == "not one value: place holds '1 bytes', a list or an object"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (1, "feature 2 is broken .it is a int, not a Feature"),
        (None, "feature 2 is broken"),
        (feature(geometry=5), "feature 2 is broken .its geometry is a int"),
        (feature(geometry={"type": "Point"}), "feature 2 is broken"),
        (feature(geometry={"type": "Pint", "coordinates": [1, 2]}), "feature 2 is broken"),
        (feature(geometry={"type": "Point", "coordinates": "x"}), "feature 2 is broken"),
        (feature(geometry={"type": "Point", "coordinates": [10**400, 1]}), "feature 2 is broken"),
        (feature(geometry={"type": "Point", "coordinates": {"x": 1}}), "feature 2 is broken"),
        (feature(geometry={"type": "Polygon", "coordinates": [[[1, 2]]]}), "feature 2 is broken"),
        (feature(properties=[1]), "feature 2 is broken .its properties are a list"),
    ],
    ids=str,
)
def test_a_broken_feature_is_named_by_its_place(tmp_path: Path, broken: Any, message: str) -> None:
    file = geojson(tmp_path / "a.geojson", feature(), broken)
    for read in (io.read_vector, incidents.read):
        with pytest.raises(DataError, match=message):
            read(file)


def test_geojson_without_properties_or_shape_is_read(tmp_path: Path) -> None:
    odd = {"geometry": "of mine", "index": 1, "": 2}
    file = geojson(
        tmp_path / "a.geojson",
        feature(properties=None),
        feature(geometry=None, properties={"lat": 34.5, "lon": 41.5}),
        feature(properties=odd),
        feature(geometry={"type": "Point", "coordinates": []}),
    )
    places = io.read_vector(file)
    assert places["geometry_original"].tolist()[2] == "of mine"
    assert places.geometry.isna().tolist() == [False, True, False, False]
    assert incidents.read(file)["status"].tolist() == ["ok", "ok", "ok", "quarantined"]


def test_collections_without_end_are_refused(tmp_path: Path) -> None:
    depth = 3_000
    start, end = '{"type":"GeometryCollection","geometries":[' * depth, "]}" * depth
    text = '{"type":"Feature","properties":{},"geometry":' + start + end + "}"
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(DataError, match=r"'a\.geojson' cannot be read"):
        io.read_vector(tmp_path / "a.geojson")


def test_a_table_of_geopandas_without_shapes_is_read_by_its_columns() -> None:
    table = gpd.GeoDataFrame({"lat": [34.0], "lon": [41.0]})
    assert incidents.read(table)[["lat", "lon", "status"]].to_numpy().tolist() == [[34, 41, "ok"]]


@pytest.mark.parametrize("name", ["karst", "origins", "roads", "barriers", "incidents"])
def test_rows_without_shapes_are_no_layer(tmp_path: Path, name: str) -> None:
    file = tmp_path / "rows.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), file, layer="t", driver="GPKG")
    with pytest.raises(DataError, match=rf"{name}: 'rows\.gpkg' holds rows without shapes"):
        vector_layer(file, name, [])


# -- Damage -----------------------------------------------------------------------------------


def parquet_of_pandas(path: Path) -> None:
    points().drop(columns="geometry").assign(lat=34.0, lon=41.0).to_parquet(path)


MODELS: dict[str, Callable[[Path], object]] = {
    "a.gpkg": WRITERS[".gpkg"],
    "a.fgb": WRITERS[".fgb"],
    "a.shp": WRITERS[".shp"],
    "a.geojson": WRITERS[".geojson"],
    "a.parquet": WRITERS[".parquet"],
    "rows.parquet": parquet_of_pandas,
    "a.kml": WRITERS[".kml"],
}


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
def test_a_damaged_file_gives_a_table_or_an_error_of_ours(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    file = tmp_path / name
    for old in tmp_path.iterdir():
        old.unlink()
    MODELS[name](file)
    part = data.draw(st.sampled_from(sorted(tmp_path.iterdir())))
    content = bytearray(part.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5B, 0x7B]))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(1, len(content)))]
    part.write_bytes(bytes(content))
    for read in (io.read_vector, incidents.read):
        try:
            table = read(file)
        except BorderzoneError:
            continue
        assert len(table) <= 100


def test_an_fgb_that_states_too_much_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.fgb"
    pyogrio.write_dataframe(points(777), file, layer_options={"SPATIAL_INDEX": "NO"})
    content = bytearray(file.read_bytes())
    place = content.index(struct.pack("<Q", 777))
    content[place : place + 8] = struct.pack("<Q", 50_000_000)
    file.write_bytes(bytes(content))
    with pytest.raises(
        DataError, match=r"'a\.fgb' is damaged: it states [\d,]+ rows in [\d,]+ bytes"
    ):
        io.read_vector(file)


def test_metadata_of_pandas_are_not_obeyed(tmp_path: Path) -> None:
    """They name columns for the index that are not there, and once named objects to be made."""
    table = pa.table({"lat": [34.0], "lon": [41.0]})
    wrong: list[Any] = [{"index_columns": ["gone"], "columns": []}, {"columns": 5}, [], "x", {}]
    for told in wrong:
        changed = table.replace_schema_metadata({b"pandas": json.dumps(told).encode()})
        pq.write_table(changed, tmp_path / "a.parquet")
        assert incidents.read(tmp_path / "a.parquet")["status"].tolist() == ["ok"]


@pytest.mark.parametrize(
    "geo",
    [
        b"", b"x", b"[]", b"{}", b'{"version":"1.0.0"}',
        b'{"version":"1.0.0","primary_column":"gone","columns":{}}',
        b'{"version":"1.0.0","primary_column":"geometry","columns":{"geometry":{"encoding":"x"}}}',
        (b'{"version":"1.0.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB",'
        b'"geometry_types":[],"crs":{"type":"GeographicCRS"}}}}'),
        (b'{"version":"1.0.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB",'
        b'"geometry_types":[],"crs":5}}}'),
        (b'{"version":"1.0.0","primary_column":"lat","columns":{"lat":{"encoding":"WKB",'
        b'"geometry_types":[]}}}'),
    ],
)  # fmt: skip
def test_metadata_of_geoparquet_may_be_anything(tmp_path: Path, geo: bytes) -> None:
    shapes = shapely.to_wkb(shapely.points([[41.0, 34.0]]))
    table = pa.table({"lat": [34.0], "geometry": pa.array(shapes, pa.binary())})
    pq.write_table(table.replace_schema_metadata({b"geo": geo}), tmp_path / "a.parquet")
    for read in (io.read_vector, io.read_rows, incidents.read):
        with pytest.raises(BorderzoneError, match=r"'?a\.parquet'?"):
            read(tmp_path / "a.parquet")


def test_a_stated_number_of_vertices_is_not_believed(tmp_path: Path) -> None:
    line = struct.pack("<BII", 1, 2, 2**31 - 1) + bytes(16)
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {
        "encoding": "WKB", "geometry_types": [], "crs": CRS(4326).to_json_dict()}}}  # fmt: skip
    table = pa.table({"geometry": pa.array([line], pa.binary())})
    pq.write_table(
        table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), tmp_path / "a.parquet"
    )
    with pytest.raises(DataError, match=r"'a\.parquet' cannot be read"):
        io.read_vector(tmp_path / "a.parquet")
