"""
Damage good files at random and put them through every door, each in a process of its own.

Usage: fuzz.py [--seconds 300] [--rounds N] [--seed 1] [--out out/fuzz] [--only DOOR:FORMAT]. With one seed the cases are
the same; how many of them are tried depends on the time. A door gives a result or refuses with an error of
ours. Anything else is a fault: another error, an abort, more than 10 s of processor time or 1 GB of memory, a
question to the network, or the words of a file beside the one that was named. Faults are kept with what is
needed to try them again, and end the run with status 1.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

# A process with threads cannot be forked safely: none is started before.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Door = Callable[[Path], Any]

CPU_S, WALL_S, MEMORY_MB, BATCH = 10, 300, 1024, 10
WORDS = "the-words-of-another-file-7d1c"
HERE = "{another-file}"
"""In the hostile pieces below: replaced by the path of a file that nobody may read."""


def models(folder: Path) -> dict[str, bytes]:
    """Write one good file of each format, and give them by format."""
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import shapely

    rows = pd.DataFrame(
        {
            "event_id": ["a", "b", "c"],
            "date": ["2019-01-01", "2019-02-03", "2019-03-05"],
            "latitude": [34.1, 33.9, 34.4],
            "longitude": [41.0, 40.8, 41.2],
            "notes": ["one", "two, too", "three"],
        }
    )
    line = [[38.8, 33.4], [40.0, 34.0], [41.2, 34.8]]
    both = gpd.GeoDataFrame(
        {"name": ["x", "y"]},
        geometry=[shapely.LineString(line), shapely.LineString([[40.1, 34.1], [40.2, 34.3]])],
        crs=4326,
    )
    made = {"csv": rows.to_csv(index=False).encode()}
    for suffix in ("xlsx", "parquet"):
        writer = rows.to_excel if suffix == "xlsx" else rows.to_parquet
        writer(folder / f"rows.{suffix}", index=False)
        made[suffix] = (folder / f"rows.{suffix}").read_bytes()
    made["ods"] = _ods(rows)
    drivers = {
        "geojson": "GeoJSON",
        "gpkg": "GPKG",
        "fgb": "FlatGeobuf",
        "kml": "KML",
        "shp": "ESRI Shapefile",
    }
    for suffix, driver in drivers.items():
        pyogrio.write_dataframe(both, folder / f"lines.{suffix}", driver=driver)
        made[suffix] = (folder / f"lines.{suffix}").read_bytes()
    made["dbf"], made["shx"], made["prj"] = (
        (folder / f"lines.{suffix}").read_bytes() for suffix in ("dbf", "shx", "prj")
    )
    made["kmz"] = _zip({"doc.kml": made["kml"]})
    both.to_parquet(folder / "lines.geoparquet")
    made["geoparquet"] = (folder / "lines.geoparquet").read_bytes()
    made |= _rasters(folder)
    made["study.toml"] = STUDY
    made["scenario.toml"] = SCENARIO
    return made


SCENARIO = b"""name = "as is"
depth_km = 50
segment_km = 10
resolution_m = 5000
draws = 100
remote_hours = 2
[force]
mode = "vehicle"
sensor = "vehicle_thermal"
"""
STUDY = b"""name = "a study"
a = "IRQ"
b = "SYR"
seed = 1
dem = "embedded"
landcover = "embedded"
karst = "none"
[scenario]
""" + SCENARIO.replace(b"[force]", b"[scenario.force]")
ODS_MIME = "application/vnd.oasis.opendocument.spreadsheet"


def _rasters(folder: Path) -> dict[str, bytes]:
    import numpy as np
    import rasterio
    from affine import Affine

    made = {"hgt": np.full(1201 * 1201, 300, ">i2").tobytes()}
    cells = np.arange(900).reshape(30, 30)
    profile = {"driver": "GTiff", "width": 30, "height": 30, "count": 1, "crs": "EPSG:4326"}
    place = Affine(0.01, 0, 41, 0, -0.01, 34.3)
    for name, kind in (("tif", "int16"), ("classes", "uint8")):
        with rasterio.open(
            folder / f"{name}.tif", "w", transform=place, dtype=kind, compress="deflate", **profile
        ) as file:
            file.write((cells % 200).astype(kind), 1)
        made[name] = (folder / f"{name}.tif").read_bytes()
    return made | _other_heights(folder, cells)


def _other_heights(folder: Path, cells: Any) -> dict[str, bytes]:
    """Write the same heights as a mosaic, as a text, and as NetCDF of both kinds."""
    import numpy as np
    import xarray as xr

    side = '<{} xOff="0" yOff="0" xSize="30" ySize="30"/>'
    mosaic = f"""<VRTDataset rasterXSize="30" rasterYSize="30"><SRS>EPSG:4326</SRS>
<GeoTransform>41.0, 0.01, 0.0, 34.3, 0.0, -0.01</GeoTransform><VRTRasterBand dataType="Int16" band="1">
<NoDataValue>-32768</NoDataValue><ComplexSource><SourceFilename relativeToVRT="1">tile.tif</SourceFilename>
<SourceBand>1</SourceBand>{side.format("SrcRect")}{side.format("DstRect")}<NODATA>-32768</NODATA>
</ComplexSource></VRTRasterBand></VRTDataset>"""
    head = "ncols 30\nnrows 30\nxllcorner 41\nyllcorner 34\ncellsize 0.01\nNODATA_value -9999\n"
    lines = "\n".join(" ".join(map(str, row)) for row in cells % 200)
    made = {"vrt": mosaic.encode(), "asc": f"{head}{lines}\n".encode()}
    data = xr.Dataset(
        {"z": (("lat", "lon"), (cells % 200).astype("int16"), {"units": "m"})},
        coords={
            "lat": ("lat", 34.295 - 0.01 * np.arange(30), {"units": "degrees_north"}),
            "lon": ("lon", 41.005 + 0.01 * np.arange(30), {"units": "degrees_east"}),
        },
    )
    for kind, engine in (("nc", "scipy"), ("nc4", "h5netcdf")):
        data.to_netcdf(folder / f"z.{kind}", engine=engine)
        made[kind] = (folder / f"z.{kind}").read_bytes()
    return made


def _ods(rows: Any) -> bytes:
    """Write a table as a spreadsheet of OpenDocument, in its shortest form."""
    lines = [list(rows.columns), *rows.astype(str).to_numpy().tolist()]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'
            for word in line
        )
        + "</table:table-row>"
        for line in lines
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="s">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest='
        '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{ODS_MIME}"/></manifest:manifest>'
    )
    parts = {"mimetype": ODS_MIME, "content.xml": content, "META-INF/manifest.xml": manifest}
    return _zip({name: text.encode() for name, text in parts.items()})


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def doors() -> dict[str, tuple[Door, str]]:
    """Give every door with the formats that go through it; the first imports happen here."""
    import importlib

    from affine import Affine
    from pyproj import CRS

    import borderzone as bz
    from borderzone import figures, incidents, report, study  # noqa: F401 (loaded before the first fork)
    from borderzone.grid import Grid

    for name in ("geopandas", "openpyxl", "pandas", "pyogrio", "python_calamine", "rasterio.warp"):
        importlib.import_module(name)
    place = Affine(1000, 0, 690_000, 0, -1000, 3_790_000)
    grid = Grid(shape=(20, 20), transform=place, crs=CRS(32637))
    whole = (slice(0, 20), slice(0, 20))
    vectors = "geojson gpkg shp dbf shx prj fgb kml kmz geoparquet"
    return {
        "incidents.read": (incidents.read, f"csv xlsx ods parquet {vectors}"),
        "io.read_vector": (bz.io.read_vector, vectors),
        "io.read_rows": (bz.io.read_rows, "parquet geoparquet"),
        "Border.from_file": (bz.Border.from_file, vectors),
        "read_dem": (lambda path: bz.read_dem(path, grid), "tif hgt vrt asc nc nc4"),
        "landcover": (
            lambda p: bz.io.open_classes(p, grid).read_share(*whole, [16, 60]),
            "classes",
        ),
        "Study.from_toml": (bz.Study.from_toml, "study.toml"),
        "Scenario.from_toml": (bz.Scenario.from_toml, "scenario.toml"),
    }


NUMBERS = [
    "-1",
    "0",
    "1e309",
    "nan",
    "-Infinity",
    "9" * 400,
    "4294967296",
    "18446744073709551615",
    "0x10",
    "1_0",
]
PIECES = [
    HERE, f"file://{HERE}", f"/vsizip/{HERE}", "/vsicurl/http://127.0.0.1:9/x", "http://127.0.0.1:9/x",
    f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{HERE}">]>', "&b;", "<NetworkLink><Link><href>x</href></Link></NetworkLink>",
    "\0", "\ufffe", "\u202e", "é" * 300, "a" * 100_000, "[" * 5_000, '{"a":' * 3_000, "=cmd|' /C calc'!A0", "[/x]",
    "$\\frac{$", "\x1b]0;x\x07", "\r\n", '"', "'", ",", ";", "</", "<![CDATA[", "%s%n", "../../x", "true", "null",
    "[]", "{}", '[1, "a"]', "1979-05-27T07:32:00Z", "inf", '"""', "#", "= ", "[scenario]", "[[force]]",
]  # fmt: skip


def mutated(model: bytes, others: list[bytes], chance: random.Random, another: Path) -> bytes:
    """Damage a file once to four times; of an archive one member, so that its checksums stay right."""
    if model[:2] == b"PK" and chance.random() < 0.8:
        with zipfile.ZipFile(io.BytesIO(model)) as file:
            members = {info.filename: file.read(info) for info in file.infolist()}
        name = chance.choice(sorted(members))
        members[name] = mutated(members[name], others, chance, another)
        return _zip(members)
    data = model
    for _ in range(chance.choice([1, 1, 1, 2, 3, 4])):
        data = chance.choice(WAYS)(data, others, chance)
    return data.replace(HERE.encode(), str(another).encode())[: 1 << 23]


def _flip(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8]) if data else 0):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    number = chance.choice(
        [0, 1, 0x7F, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1]
    )
    word = struct.pack(chance.choice("<>") + "Q", number)[: chance.choice([1, 2, 4, 8])]
    at = chance.randrange(len(data) + 1)
    return data[:at] + word + data[at + len(word) :]


def _cut(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice([data[:a], data[a:], data[:a] + data[b:], data[: -1 - len(data) // 50]])


def _copy(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    times = chance.choice([2, 3, 50]) if b - a < 20_000 else 2
    return data[:a] + data[a:b] * times + data[b:]


def _splice(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    other, at = chance.choice(others), chance.randrange(len(data) + 1)
    a, b = sorted(chance.randrange(len(other) + 1) for _ in range(2))
    return data[:at] + other[a:b] + data[at:]


def _piece(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(PIECES).encode("utf-8", "surrogatepass") + data[at:]


def _token(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    """Put a hostile word in place of a number or of a quoted text."""
    import re

    found = list(re.finditer(rb"-?\d+(?:\.\d+)?|\"[^\"]{0,80}\"|(?<=>)[^<]{1,80}(?=<)", data))
    if not found:
        return _piece(data, [], chance)
    place = chance.choice(found)
    word = chance.choice(NUMBERS + PIECES)
    if chance.random() < 0.5:
        word = f'"{word}"'
    return data[: place.start()] + word.encode("utf-8", "surrogatepass") + data[place.end() :]


WAYS = [_flip, _set, _cut, _copy, _splice, _piece, _token, _token, _token]


class Batch:
    """A run of damaged files for one door, in a process of its own; the seed makes them again."""

    def __init__(self, door: str, one: str, numbers: list[int]) -> None:
        self.door, self.format, self.numbers = door, one, numbers

    def start(self, ways_in: dict[str, tuple[Door, str]], good: dict[str, bytes], seed: int) -> int:
        """Fork; the copy tries one file after the other and writes down what came of each."""
        self.seed = seed
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._late = time.monotonic() + WALL_S
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            self._try_all(ways_in[self.door][0], good)
            status = 0
        finally:
            os._exit(status)

    def _try_all(self, door: Door, good: dict[str, bytes]) -> None:
        another = self.folder / "another.txt"
        another.write_text(WORDS, encoding="utf-8")
        asked = _limited()
        with (self.folder / "verdicts").open("w", encoding="utf-8") as verdicts:
            for number in self.numbers:
                folder = self.folder / str(number)
                folder.mkdir()
                file = _written(folder, self.format, self._data(good, number, another), good)
                asked.clear()
                verdict = _judged(door, file, number, asked)
                print(json.dumps([number, *verdict]), file=verdicts, flush=True)
                if verdict[0] != "fault":
                    shutil.rmtree(folder)

    def _data(self, good: dict[str, bytes], number: int, another: Path) -> bytes:
        if number == 0:
            return good[self.format]
        chance = random.Random(f"{self.seed} {self.door} {self.format} {number}")  # noqa: S311
        return mutated(good[self.format], list(good.values()), chance, another)

    def is_late(self) -> bool:
        """Tell whether it hangs without using the processor."""
        return time.monotonic() > self._late

    def verdicts(self, status: int) -> tuple[list[tuple[int, str, str]], list[int]]:
        """Give what came of each file, and the numbers that are still to be tried."""
        said = self.folder / "verdicts"
        lines = said.read_text(encoding="utf-8").splitlines() if said.exists() else []
        found: list[tuple[int, str, str]] = [tuple(json.loads(line)) for line in lines]
        left = self.numbers[len(found) :]
        if left:  # the first of them ended the process
            code = os.waitstatus_to_exitcode(status)
            ends = {
                -signal.SIGXCPU: f"more than {CPU_S} s of processor time",
                -signal.SIGKILL: "hangs",
            }
            found.append(
                (left[0], "fault", ends.get(code, f"the process ended with status {code}"))
            )
        return found, left[1:]

    def keep(self, out: Path, number: int, why: str) -> None:
        """Keep the file and how to make it again."""
        name = f"{self.door}-{self.format}-{self.seed}-{number}"
        if (self.folder / str(number)).exists():
            shutil.copytree(self.folder / str(number), out / name, dirs_exist_ok=True)
            said = f"seed {self.seed}, number {number} of {self.door}:{self.format}\n{why}\n"
            (out / name / "why.txt").write_text(said, encoding="utf-8")

    def clear(self) -> None:
        """Remove what was written for it."""
        shutil.rmtree(self.folder)


def _batches(ways_in: dict[str, tuple[Door, str]], options: argparse.Namespace) -> Iterator[Batch]:
    """Go round all doors and formats; the first file of each is the good one itself."""
    for turn in itertools.count() if options.rounds == 0 else range(options.rounds):
        for door, (_, formats) in ways_in.items():
            for one in formats.split():
                if options.only in {"", f"{door}:{one}"}:
                    yield Batch(door, one, list(range(turn * BATCH, (turn + 1) * BATCH)))


def hunt(
    ways_in: dict[str, tuple[Door, str]], good: dict[str, bytes], options: argparse.Namespace
) -> int:
    """Try batches until the time is over; tell the counts, keep the faults, and give how many."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    kinds: Counter[str] = Counter()
    end = time.monotonic() + options.seconds
    options.out.mkdir(parents=True, exist_ok=True)
    todo = _batches(ways_in, options)
    running: dict[int, Batch] = {}
    again: list[Batch] = []
    while True:
        while len(running) < (os.cpu_count() or 1) and time.monotonic() < end:
            next_one = again.pop() if again else next(todo, None)
            if next_one is None:
                break
            running[next_one.start(ways_in, good, options.seed)] = next_one
        if not running:
            return _told(counts, kinds, options)
        for pid, status in _ended(running):
            batch = running.pop(pid)
            found, left = batch.verdicts(status)
            if left:
                again.append(Batch(batch.door, batch.format, left))
            counted = counts.setdefault((batch.door, batch.format), Counter())
            counted.update(verdict for _, verdict, _ in found)
            for number, why in ((n, why) for n, verdict, why in found if verdict == "fault"):
                kinds[f"{batch.door}:{batch.format}: {why.splitlines()[-1][:200]}"] += 1
                batch.keep(options.out, number, why)
            batch.clear()


def _ended(running: dict[int, Batch]) -> list[tuple[int, int]]:
    ended = []
    for pid, batch in running.items():
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            ended.append((pid, status))
        elif batch.is_late():
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.002)
    return ended


def _written(folder: Path, one: str, data: bytes, good: dict[str, bytes]) -> Path:
    """Write the file under a name that its door takes; a shapefile has files beside it."""
    if one in {"shp", "dbf", "shx", "prj"}:
        for beside in ("shp", "dbf", "shx", "prj"):
            (folder / f"lines.{beside}").write_bytes(data if beside == one else good[beside])
        return folder / "lines.shp"
    if one == "vrt":
        (folder / "tile.tif").write_bytes(good["tif"])
    elif one == "asc":
        (folder / "file.prj").write_bytes(good["prj"])
    ending = {"classes": "tif", "geoparquet": "parquet"}.get(one, one)
    file = folder / ("n34e041.hgt" if ending == "hgt" else f"file.{ending}")
    file.write_bytes(data)
    return file


def _limited() -> list[str]:
    """Limit this process, silence it, and listen for what no reader of files needs."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = held * resource.getpagesize() + 3 * MEMORY_MB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    asked: list[str] = []

    def listen(event: str, given: tuple[Any, ...]) -> None:
        # Readers that may break down run in an isolated Python of their own: that one is allowed.
        if event == "subprocess.Popen" and list(given[1])[:2] == [sys.executable, "-I"]:
            return
        if event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"}:
            asked.append(f"{event} {given!r}")

    sys.addaudithook(listen)
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silent, stream)
    return asked


def _judged(door: Door, file: Path, number: int, asked: list[str]) -> tuple[str, str]:
    """Go through a door within limits, and say what came of it."""
    from borderzone.errors import BorderzoneError

    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + CPU_S + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    before = _peak_mb(forget=True)
    try:
        result = door(file)
        text = result.to_csv() if hasattr(result, "to_csv") else repr(result)
        verdict = ("result", "")
    except BorderzoneError as error:
        text = str(error)
        verdict = ("fault", f"the good file is refused: {text}") if number == 0 else ("refused", "")
    except BaseException:  # noqa: BLE001 (whatever it is, it is not ours)
        return "fault", traceback.format_exc()
    grown = _peak_mb() - before
    if WORDS in text:
        return "fault", "the words of another file came out"
    if grown > MEMORY_MB:
        return "fault", f"took {grown:.0f} MB"
    return ("fault", f"asked {asked[0]}") if asked else verdict


def _peak_mb(*, forget: bool = False) -> float:
    if forget:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1e3


def _told(
    counts: dict[tuple[str, str], Counter[str]], kinds: Counter[str], options: argparse.Namespace
) -> int:
    total: Counter[str] = Counter()
    print(f"{'door':20} {'format':14} {'result':>7} {'refused':>8} {'fault':>6}")
    for (door, one), count in sorted(counts.items()):
        total += count
        print(f"{door:20} {one:14} {count['result']:7} {count['refused']:8} {count['fault']:6}")
    print(f"{'all':35} {total['result']:7} {total['refused']:8} {total['fault']:6}")
    for kind, times in kinds.most_common():
        print(f"{times:5} x {kind}")
    if total["fault"]:
        print(f"kept in {options.out} (seed {options.seed})")
    return total["fault"]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=0, help="stop after so many batches of each")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="where faults are kept")
    parser.add_argument("--only", default="", help="DOOR:FORMAT")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        good = models(Path(folder))
    return 1 if hunt(doors(), good, options) else 0


if __name__ == "__main__":
    sys.exit(main())
