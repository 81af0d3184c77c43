"""`fetch.roads`: whole archives only, cut to the ground, credited, and used by a study."""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fetch_cases import Store, running_store

import borderzone as bz
from borderzone import access, cli, errors, fetch
from borderzone.cli.terminal import EXIT_USAGE
from borderzone.fetch.road_archives import EXTRACTS, ROAD_SOURCES
from borderzone.io import read_sidecar, read_vector
from borderzone.io.bounds import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from borderzone.fetch.planning import Plan
    from borderzone.fetch.road_archives import RoadsResult

IRAQ, SYRIA = "asia/iraq-latest-free.shp.zip", "asia/syria-latest-free.shp.zip"
GRIP = "GRIP4_Region5_vector_shp.zip"
WEST_ROAD = shapely.LineString([(40.2, 34.4), (41.3, 34.4)])


def pack(
    path: Path, layer: str, table: gpd.GeoDataFrame, more: dict[str, bytes] | None = None
) -> None:
    """Write a Shapefile into an archive, with what else such archives hold."""
    folder = path.parent / f"{path.name}.d"
    folder.mkdir(parents=True)
    table.to_file(folder / f"{layer}.shp")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
        for name, content in (more or {}).items():
            archive.writestr(name, content)


def osm(**rows: Any) -> gpd.GeoDataFrame:
    """Make roads as an extract has them."""
    shapes = list(rows.values())
    return gpd.GeoDataFrame({"fclass": list(rows), "name": "x"}, geometry=shapes, crs=4326)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("roads")
    far = shapely.LineString([(45.0, 31.0), (45.1, 31.0)])
    shared = shapely.LineString([(40.9, 34.6), (41.1, 34.6)])
    rng = np.random.default_rng(1)
    other = {"gis_osm_buildings_a_free_1.shp": rng.bytes(200_000), "README": b"words"}
    iraq = osm(
        track_grade2=shapely.LineString([(41.0, 34.5), (41.2, 34.5)]),
        steps=shapely.LineString([(41.0, 34.45), (41.01, 34.45)]),
        motorway=far,
        tertiary_link=shared,
    )
    pack(root / IRAQ, "gis_osm_roads_free_1", iraq, other)
    pack(root / SYRIA, "gis_osm_roads_free_1", osm(primary=WEST_ROAD, tertiary_link=shared))
    table = gpd.GeoDataFrame({"GP_RTP": [2, 5]}, geometry=[WEST_ROAD, far], crs=4326)
    pack(root / GRIP, "GRIP4_region5", table)
    with running_store(root) as store:
        yield store


@pytest.fixture
def store(running: Store) -> Store:
    running.rules()
    return running


@pytest.fixture(scope="module")
def border() -> bz.Border:
    line = shapely.LineString([(41.0, 34.0), (41.0, 34.9)])
    return bz.Border.from_line(line, names=("SYR", "IRQ"))


@pytest.fixture(scope="module")
def corridor(border: bz.Border) -> bz.Corridor:
    return bz.Corridor.around(border, depth_km=20, segment_km=25)


@pytest.fixture
def bring(store: Store, corridor: bz.Corridor, tmp_path: Path) -> Callable[..., RoadsResult]:
    """Fetch from the store into the test's own folders."""

    def call(where: Any = corridor, **options: Any) -> RoadsResult:
        given: dict[str, Any] = {
            "cache": tmp_path / "cache",
            "out": tmp_path / "out",
            "network": store.network(),
        }
        return fetch.roads(where, **(given | options))

    return call


def test_roads_of_both_countries_come_cut_with_classes_that_have_speeds(
    bring: Callable[..., RoadsResult], corridor: bz.Corridor
) -> None:
    result = bring(margin_km=0)
    table = read_vector(result.path)

    assert sorted(table["class"]) == ["primary", "tertiary", "track"]
    assert sorted(table["source_class"]) == ["primary", "tertiary_link", "track_grade2"]
    assert table.within(corridor.outline.union_all().buffer(1e-9)).all()
    assert result.rows == 3, "what two extracts share counts once"
    assert result.left_out == {"steps": 1}
    length = table.to_crs(corridor.crs).length.sum() / 1000
    assert result.length_km == pytest.approx(length, rel=1e-3)


def test_the_margin_keeps_roads_around_the_corridor(
    bring: Callable[..., RoadsResult], corridor: bz.Corridor
) -> None:
    far = bring(margin_km=45).path
    whole = read_vector(far).query("`class` == 'primary'").to_crs(corridor.crs)

    # The road is 73 km long west of the border, of which 20 + 45 lie within.
    west = (
        corridor.border.line.to_crs(corridor.crs)
        .iloc[0]
        .distance(shapely.Point(whole.geometry.iloc[0].coords[0]))
    )
    assert west / 1000 == pytest.approx(65.0, abs=0.3)


def test_a_second_cut_asks_nobody_and_the_bytes_repeat(
    bring: Callable[..., RoadsResult], store: Store, tmp_path: Path
) -> None:
    first = bring()
    store.rules()
    again = bring(out=tmp_path / "again")

    assert (first.from_cache, again.from_cache, again.fetched_bytes) == (0, 2, 0)
    assert store.asked("GET") == store.asked("HEAD") == []
    assert again.sha256 == first.sha256
    with pytest.raises(errors.OutputError, match="--overwrite"):
        bring()
    assert bring(overwrite=True).sha256 == first.sha256


def test_licence_and_credit_travel_with_the_file(bring: Callable[..., RoadsResult]) -> None:
    result = bring()
    record = read_sidecar(result.path)

    assert record is not None
    assert record["sha256"] == result.sha256
    assert record["licence"].startswith("ODbL 1.0")
    assert record["attribution"].startswith("© OpenStreetMap contributors")
    assert record["parts"] == ["asia/syria", "asia/iraq"]
    assert "© OpenStreetMap contributors" in result.attribution


def test_a_region_of_grip4_comes_with_its_own_terms(
    bring: Callable[..., RoadsResult],
) -> None:
    result = bring(source="grip4", parts=[5])
    record = read_sidecar(result.path)

    assert read_vector(result.path)["class"].tolist() == ["primary"]
    assert record is not None
    assert record["licence"].startswith("CC0")
    assert "Meijer" in result.attribution


def test_the_plan_brings_nothing_and_whoever_is_asked_can_stop(
    bring: Callable[..., RoadsResult], store: Store, corridor: bz.Corridor, tmp_path: Path
) -> None:
    plan = fetch.roads_plan(corridor, cache=tmp_path / "cache", network=store.network())
    size = (store.root / IRAQ).stat().st_size + (store.root / SYRIA).stat().st_size

    assert plan.bytes == size
    assert "2 archives needed, 0 there already." in plan.sentences()[0]

    def stop(_: Plan) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(confirm=stop)
    assert store.asked("GET") == []


def test_a_transfer_that_breaks_off_goes_on_where_it_ended(
    bring: Callable[..., RoadsResult], store: Store
) -> None:
    store.rules({"iraq": {"cut": 100_000, "on": "GET"}})
    with pytest.raises(errors.NetworkError, match="run the command again"):
        bring(network=store.network(attempts=1))
    store.rules()
    bring()

    assert [q["range"] for q in store.asked() if "iraq" in q["path"]] == ["bytes=100000-"]


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in ("shp", "dbf", "shx"):
            archive.writestr(f"gis_osm_roads_free_1.{suffix}", bytes(64 * 1024**2))


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def spoil(path: Path) -> None:
    """Turn bits of a member, so that its check sum is wrong."""
    content = bytearray(path.read_bytes())
    content[120] ^= 0xFF
    path.write_bytes(content)


def no_roads(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gis_osm_buildings_a_free_1.shp", b"no roads")


def page(path: Path) -> None:
    path.write_bytes(b"<html>please log in</html>" * 100)


def wrong_column(path: Path) -> None:
    path.unlink()
    table = gpd.GeoDataFrame({"kind": ["track"]}, geometry=[WEST_ROAD], crs=4326)
    pack(path, "gis_osm_roads_free_1", table)


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (cut_short, errors.NetworkError, "no whole archive"),
        (spoil, errors.NetworkError, "damaged|no whole archive"),
        (page, errors.NetworkError, "no whole archive"),
        (no_roads, errors.NetworkError, "no layer that is wanted"),
        (bomb, errors.LimitError, "unpacks to more than 100 times its size"),
        (wrong_column, errors.DataError, "has no column fclass"),
    ],
)
def test_an_archive_that_is_none_or_a_bomb_leaves_no_roads(
    bring: Callable[..., RoadsResult],
    store: Store,
    tmp_path: Path,
    damage: Callable[[Path], None],
    error: type[Exception],
    message: str,
) -> None:
    root = tmp_path / "store"
    for name in (IRAQ, SYRIA):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((store.root / name).read_bytes())
    damage(root / SYRIA)
    store.rules(root=root)
    with pytest.raises(error, match=message):
        bring()
    assert not list((tmp_path / "out").iterdir())


def test_what_else_an_archive_holds_counts_against_no_limit(
    bring: Callable[..., RoadsResult],
) -> None:
    """Buildings are the most of an extract, and stay packed."""
    with limits(archive_bytes=150_000):
        assert bring().rows == 3


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"source": "overpass"}, "source must be one of osm, grip4"),
    ({"where": (40, 33, 41, 34)}, "parts must be given where"),
    ({"parts": ["../asia"]}, "extracts as download.geofabrik.de names them"),
    ({"parts": []}, "parts is empty"),
    ({"parts": [5]}, "got 5; regions are of source='grip4'"),
    ({"source": "grip4"}, "5 Middle East and Central Asia"),
    ({"source": "grip4", "parts": [8]}, "parts must be of GRIP4's seven"),
    ({"source": "grip4", "parts": [True]}, "parts must be of GRIP4's seven"),
    ({"source": "grip4", "parts": ["asia/iraq"]}, "parts must be of GRIP4's seven"),
    ({"margin_km": -1}, "margin_km"),
)


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(
    bring: Callable[..., RoadsResult],
    store: Store,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(errors.InvalidParameterError, match=message):
        bring(**options)
    assert store.asked("HEAD") == []


def test_a_country_that_comes_by_parts_is_told(bring: Callable[..., RoadsResult]) -> None:
    with pytest.raises(errors.NetworkError, match="name its parts, such as --extract europe"):
        bring(parts=["europe/germany"])


def test_ground_without_a_road_is_told(bring: Callable[..., RoadsResult]) -> None:
    with pytest.raises(errors.DataError, match="no road of"):
        bring((10, 50, 11, 51), parts=["asia/iraq"], margin_km=0)


def test_ground_across_180_degrees_finds_roads_on_both_sides(
    bring: Callable[..., RoadsResult], store: Store, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    lines = {
        "track": shapely.LineString([(179.5, 66.0), (179.9, 66.0)]),
        "path": shapely.LineString([(-179.9, 66.1), (-179.5, 66.1)]),
        "service": shapely.LineString([(0.1, 66.1), (0.5, 66.1)]),
    }
    pack(root / "russia-latest-free.shp.zip", "gis_osm_roads_free_1", osm(**lines))
    store.rules(root=root)
    for margin in (0.0, 30.0):
        found = bring((179.6, 65.8, -179.6, 66.3), parts=["russia"], margin_km=margin,
                      overwrite=True)  # fmt: skip
        assert sorted(read_vector(found.path)["class"]) == ["path", "track"]


def test_every_class_has_a_speed_and_every_country_an_extract() -> None:
    for source in ROAD_SOURCES.values():
        assert set(source.classes.values()) <= set(access.ROAD_SPEEDS)
    pairs = bz.list_borders()
    without = set(pairs["a"]) | set(pairs["b"])
    # Pieces of ground that no extract is certain to hold; the message says how to name one.
    assert without - set(EXTRACTS) == {"GIB", "KAS", "MAF", "SXM"}
    assert all(ROAD_SOURCES["osm"].archive(name) for name in EXTRACTS.values())


def test_a_study_takes_the_roads_and_no_hours_grow(
    bring: Callable[..., RoadsResult], border: bz.Border, tmp_path: Path
) -> None:
    """From the fetched file by study.toml: hours fall along the road, and grow nowhere."""
    result = bring()
    scenario = bz.Scenario(resolution_m=2000, depth_km=20, segment_km=25, draws=100, imputations=20)
    grid = bz.Corridor.around(border, depth_km=20, segment_km=25).grid(resolution_m=2000)
    dem = grid.padded(30).wrap(np.full(grid.padded(30).shape, 100, np.float32), units="m")
    post = gpd.GeoDataFrame(geometry=[shapely.Point(40.7, 34.4)], crs=4326)

    def ground(**ways: Any) -> Any:
        return bz.Study(
            border=border, dem=dem, origins=post, landcover=None, karst=None, scenario=scenario,
            **ways,
        ).read_ground()  # fmt: skip

    off, on = ground(), ground(roads=str(result.path))
    assert on.reach.on_roads
    before, after = (reach.along["hours"] for reach in (off.reach, on.reach))
    assert (after <= before + 1e-9).all()
    assert after.min() < 0.5 * before.min()
    credit = [r.attribution for r in on.records if r.name == "roads"]
    assert credit == ["© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)"]


def test_the_command_line_brings_roads_and_gives_the_line_of_the_study(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*words: str) -> tuple[int, str]:
        given = ["fetch", "roads", "IRQ", "SYR", "--cache", str(tmp_path / "cache"), *words]
        monkeypatch.setattr(sys, "argv", ["borderzone", *given, "--mirror", store.address])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out + said.err

    out = ("--out", str(tmp_path / "out"))
    code, said = run(*out, "--dry-run")
    assert (code, "2 archives needed" in said) == (0, True)
    assert not (tmp_path / "out").exists()
    code, said = run(*out, "--yes")
    assert (code, "© OpenStreetMap contributors" in said) == (0, True)
    line = said[said.index("roads = ") :].strip()
    study = tmp_path / "study.toml"
    study.write_text(f'a = "IRQ"\nb = "SYR"\n{line}\n', encoding="utf-8")
    roads = bz.Study.from_toml(study).roads
    assert roads == (tmp_path / "out" / "roads-osm-IRQ-SYR.gpkg").as_posix()
    code, said = run("--source", "grip4")
    assert (code, "5 Middle East and Central Asia" in said) == (EXIT_USAGE, True)


def test_a_region_written_as_a_number_with_a_point_is_the_same_file() -> None:
    source = ROAD_SOURCES["grip4"]
    assert source.archive(5.0) == source.archive(5)
