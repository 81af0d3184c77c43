"""Files made to mislead: each is refused with an error of our own, and nothing is fetched or leaked."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from borderzone import io
from borderzone.errors import BorderzoneError, CRSMismatchError, DataError, LimitError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRID = Grid(
    shape=(4, 5),
    transform=Affine(100, 0, 600_000, 0, -100, 3_800_000),
    crs=CRS("EPSG:32637"),
)
SECRET = "the-secret-of-another-file"  # noqa: S105  (the bait)

VRT_RASTER = """<VRTDataset rasterXSize="5" rasterYSize="4">
<SRS>EPSG:32637</SRS><GeoTransform>600000,100,0,3800000,0,-100</GeoTransform>
<VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename relativeToVRT="0">{target}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""
VRT_RAW = """<VRTDataset rasterXSize="5" rasterYSize="4">
<SRS>EPSG:32637</SRS><GeoTransform>600000,100,0,3800000,0,-100</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativeToVRT="0">{target}</SourceFilename>
<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>5</LineOffset>
</VRTRasterBand></VRTDataset>"""
WMS = """<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/${{z}}/${{x}}/${{y}}.png</ServerUrl>
</Service><DataWindow><UpperLeftX>0</UpperLeftX></DataWindow></GDAL_WMS>"""
OGR_VRT = """<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{target}</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
XXE = """<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{target}">]>
<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&x;</name>
<Point><coordinates>41,33</coordinates></Point></Placemark></kml>"""
ENTITIES = "".join('<!ENTITY a{} "{}">'.format(n + 1, f"&a{n};" * 10) for n in range(9))
LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a0 "ha">{ENTITIES}]>'
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&a9;</name></Placemark></kml>'
)
NETWORK_LINK = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>
<href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink></Document></kml>"""
PIPELINE = json.dumps(
    {"type": "gdal_streamed_alg", "command_line": "gdal vector read http://127.0.0.1:9/a.geojson"}
)
ESRI = json.dumps({"geometryType": "esriGeometryPoint", "features": []})


def geotiff(path: Path, **changes: Any) -> Path:
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    options = {"transform": GRID.transform, "crs": "EPSG:32637"} | changes
    with rasterio.open(
        path, "w", driver="GTiff", height=4, width=5, count=1, dtype="float32", **options
    ) as target:
        target.write(values, 1)
    return path


def dem_on(grid: Grid) -> Callable[[Any], Any]:
    return lambda path: io.read_dem(path, grid)


RASTERS: dict[str, str] = {
    "a VRT to an address": VRT_RASTER.format(target="/vsicurl/http://127.0.0.1:9/a.tif"),
    "a raw VRT over another file": VRT_RAW.format(target="{secret}"),
    "a map service": WMS.format(),
    "HTML of an error page": "<html><body>404 Not Found</body></html>",
    "an LFS pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "text": "ncols 5\nnrows 4\nxllcorner 0\n",
    "nothing": "",
    "a pickle": "\x80\x04K\x01.",
}


@pytest.mark.parametrize("kind", RASTERS)
@pytest.mark.parametrize("name", ["dem.tif", "dem.TIFF", "dem.vrt", "dem.asc", "dem"])
def test_what_is_no_geotiff_is_refused_whatever_its_name(
    tmp_path: Path, kind: str, name: str
) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_text(SECRET)
    file = tmp_path / name
    file.write_text(RASTERS[kind].replace("{secret}", str(secret)), encoding="latin-1")
    for read in (dem_on(GRID), io.read_raster):
        with pytest.raises(DataError) as refusal:
            read(file)
        assert name in str(refusal.value)
        assert SECRET not in str(refusal.value)


VECTORS: dict[str, tuple[str, str]] = {
    "an OGR VRT as GeoJSON": ("a.geojson", OGR_VRT),
    "an OGR VRT as KML": ("a.kml", OGR_VRT),
    "an OGR VRT as GeoPackage": ("a.gpkg", OGR_VRT),
    "a KML with an external entity": ("a.kml", XXE),
    "a KML with entities without end": ("a.kml", LAUGHS),
    "a KML with a network link": ("a.kml", NETWORK_LINK),
    "a pipeline as GeoJSON": ("a.geojson", PIPELINE),
    "a pipeline as JSON": ("a.json", PIPELINE),
    "another vendor's JSON": ("a.json", ESRI),
    "JSON that is cut short": ("a.geojson", '{"type": "FeatureCollection", "features": ['),
    "JSON nested without end": ("a.geojson", "[" * 200_000),
    "JSON with a wrong member": ("a.geojson", '{"type": "FeatureCollection", "features": 5}'),
    "JSON without features": ("a.geojson", '{"type": "FeatureCollection"}'),
    "JSON with a broken geometry": (
        "a.geojson",
        '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": "x"}}',
    ),
    "text as GeoPackage": ("a.gpkg", "SQLite format 2"),
    "a database of nothing": ("a.gpkg", "SQLite format 3\0" + "\0" * 4096),
    "text as Parquet": ("a.parquet", "PAR1 but not really PAR1"),
    "a shapefile alone": ("a.shp", "\0\0\x27\x0a" + "\0" * 96),
    "nothing": ("a.geojson", ""),
}


@pytest.mark.parametrize("kind", VECTORS)
def test_vectors_that_are_not_what_they_say_are_refused(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret.geojson"
    gpd.GeoDataFrame({"a": [SECRET]}, geometry=gpd.points_from_xy([41], [33]), crs=4326).to_file(
        secret
    )
    name, text = VECTORS[kind]
    file = tmp_path / name
    file.write_text(text.replace("{target}", str(secret)), encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        io.read_vector(file)
    assert SECRET not in str(refusal.value)
    assert name in str(refusal.value)


def test_a_plain_database_is_no_geopackage(tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE places (name TEXT)")
        database.execute("INSERT INTO places VALUES (?)", (SECRET,))
        database.commit()
    with pytest.raises(DataError, match=r"a\.gpkg"):
        io.read_vector(file)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/a.tif",
        "/vsicurl/http://127.0.0.1:9/a.tif",
        "/vsizip/a.zip/a.tif",
        "zip://a.zip!a.tif",
        "MEM:::DATAPOINTER=1",
        "GTIFF_DIR:1:a.tif",
        "<VRTDataset></VRTDataset>",
        '{"type": "FeatureCollection", "features": []}',
        "a\0.tif",
    ],
)
@pytest.mark.parametrize(
    "read",
    [dem_on(GRID), io.read_raster, io.read_vector],
    ids=["dem", "raster", "vector"],
)
def test_addresses_are_not_files(address: str, read: Callable[[str], Any]) -> None:
    with pytest.raises(DataError, match="is not a local file"):
        read(address)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no.tif", tmp_path):
        with pytest.raises(DataError, match="there is no file"):
            io.read_raster(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_geotiff_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    rng = np.random.default_rng(1)
    file = tmp_path / "dem.tif"
    big = Grid(
        shape=(300, 300),
        transform=Affine(100, 0, 600_000, 0, -100, 3_800_000),
        crs=CRS("EPSG:32637"),
    )
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        height=300,
        width=300,
        count=1,
        dtype="float32",
        crs="EPSG:32637",
        transform=big.transform,
        compress="deflate",
    ) as target:
        target.write(rng.uniform(0, 900, (300, 300)).astype(np.float32), 1)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    for read in (dem_on(big), io.read_raster):
        with pytest.raises(DataError, match=r"dem\.tif.*(cut short or damaged|fetch)"):
            read(file)


def test_a_geotiff_with_damaged_blocks_is_refused(tmp_path: Path) -> None:
    file = geotiff(tmp_path / "dem.tif", compress="deflate")
    content = bytearray(file.read_bytes())
    with rasterio.open(file) as source:
        offset = int(source.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    content[offset : offset + 20] = b"\xff" * 20
    file.write_bytes(bytes(content))
    with pytest.raises(DataError, match="cut short or damaged"):
        io.read_dem(file, GRID)


def bomb(path: Path, side: int) -> Path:
    """Write a TIFF that says it is huge and holds almost nothing: its strips are all absent."""
    tags = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 16),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 0),
        (277, 3, 1, 1),
        (278, 4, 1, side),
        (279, 4, 1, 0),
    ]
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    body += b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    path.write_bytes(body)
    return path


def test_a_small_file_that_says_it_is_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = bomb(tmp_path / "dem.tif", 100_000)
    assert file.stat().st_size < 200
    with pytest.raises(LimitError, match="100000 x 100000 x 1 cells, the limit is 1000000000"):
        io.read_dem(file, GRID)


def test_a_raster_without_crs_is_refused_with_the_fix(tmp_path: Path) -> None:
    file = geotiff(tmp_path / "dem.tif", crs=None)
    with pytest.raises(CRSMismatchError, match=r"has no coordinate reference system.*-a_srs"):
        io.read_dem(file, GRID)


def test_a_raster_without_place_is_refused(tmp_path: Path) -> None:
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        file = geotiff(tmp_path / "dem.tif", transform=Affine.identity())
    with pytest.raises(CRSMismatchError, match="has no georeference"):
        io.read_dem(file, GRID)


def test_side_files_do_not_change_a_raster(tmp_path: Path) -> None:
    file = geotiff(tmp_path / "dem.tif")
    before = io.read_dem(file, GRID)
    (tmp_path / "dem.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>7</NoDataValue>'
        "<UnitType>ft</UnitType></PAMRasterBand></PAMDataset>"
    )
    (tmp_path / "dem.tif.ovr").write_text(VRT_RASTER)
    (tmp_path / "dem.tif.msk").write_text(VRT_RASTER)
    (tmp_path / "dem.tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    assert before.identical(io.read_dem(file, GRID))


def test_a_hostile_file_neither_fetches_nor_fills_the_memory(tmp_path: Path) -> None:
    """In a process of its own: sockets raise, and the address space is limited."""
    (tmp_path / "vrt.tif").write_text(RASTERS["a VRT to an address"])
    bomb(tmp_path / "bomb.tif", 30_000)
    (tmp_path / "laughs.kml").write_text(LAUGHS)
    (tmp_path / "pipe.geojson").write_text(PIPELINE)
    script = f"""
import resource, socket
from affine import Affine
from pyproj import CRS
from borderzone import io
from borderzone.errors import BorderzoneError
from borderzone.grid import Grid
grid = Grid(shape=(4, 5), transform=Affine(100, 0, 6e5, 0, -100, 3.8e6), crs=CRS("EPSG:32637"))
def closed(*a, **k): raise SystemExit("network")
socket.socket.connect = closed
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in ("vrt.tif", "bomb.tif", "laughs.kml", "pipe.geojson"):
    path = {str(tmp_path)!r} + "/" + name
    try:
        io.read_dem(path, grid) if name.endswith("tif") else io.read_vector(path)
    except BorderzoneError as error:
        print(type(error).__name__)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used
assert grown < 300_000, grown
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.split()) == 4


def test_every_refusal_is_one_of_ours() -> None:
    for error in (DataError, LimitError, CRSMismatchError):
        assert issubclass(error, BorderzoneError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_record_is_not_waited_for(tmp_path: Path) -> None:
    words = dict.fromkeys(("title", "licence", "attribution", "citation", "sha256"), "x")
    record = io.write_sidecar(tmp_path / "a.csv", words)
    text = record.read_text(encoding="utf-8")
    record.unlink()
    os.mkfifo(record)
    # Whoever waits at the pipe is given a record; nobody must.
    teller = threading.Thread(target=lambda: record.write_text(text, encoding="utf-8"))
    teller.start()
    found = io.read_sidecar(tmp_path / "a.csv")
    if found is None:
        end = os.open(record, os.O_RDONLY | os.O_NONBLOCK)
        teller.join()
        os.close(end)
    assert found is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_part_of_a_shapefile_is_a_file(tmp_path: Path) -> None:
    shapes = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([41], [34]), crs=4326)
    shapes.to_file(tmp_path / "real.shp")
    os.mkfifo(tmp_path / "pipe")
    for suffix in ("shp", "shx", "dbf"):
        (tmp_path / f"a.{suffix}").symlink_to(tmp_path / f"real.{suffix}")
    (tmp_path / "a.prj").symlink_to(tmp_path / "pipe")
    with pytest.raises(
        DataError, match=r"'a\.prj' beside 'a\.shp' is a link to another file, or a pipe"
    ):
        io.read_vector(tmp_path / "a.shp")
