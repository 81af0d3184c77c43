"""`fetch.ucdp`: whole versions only, cut to the ground, a token that never shows."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from fetch_cases import FOR_EVER_S, PATIENCE_S, Store, running_store, wait_until
from ged_cases import COLUMNS, cell, ged_rows, write_archive, write_pages
from pyproj import Geod

import borderzone as bz
from borderzone import cli, errors, fetch
from borderzone.fetch import events
from borderzone.io import Limits, read_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from borderzone.fetch.events import EventsResult

TOKEN = "tok-5f2c-very-secret"  # noqa: S105 (made up)
ROWS = ged_rows(2300)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("ucdp")
    write_archive(root, ROWS)
    with running_store(root) as store:
        write_pages(root, store.address, ROWS)
        write_pages(root, store.address, ROWS[:40], version="25.0.9")
        yield store


@pytest.fixture
def store(running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("UCDP_ACCESS_TOKEN", raising=False)
    running.rules()
    return running


@pytest.fixture
def bring(store: Store, tmp_path: Path) -> Callable[..., EventsResult]:
    """Fetch from the store into the test's own folders."""

    def call(where: Any = None, **options: Any) -> EventsResult:
        given: dict[str, Any] = {
            "cache": tmp_path / "cache",
            "out": tmp_path / "out",
            "network": store.network(),
        }
        return fetch.ucdp(where, **(given | options))

    return call


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def as_text(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [list(COLUMNS), *([cell(value) for value in row.values()] for row in rows)]


@pytest.mark.parametrize("way", ["bulk", "api"])
def test_a_whole_version_comes_cell_by_cell_in_the_order_of_the_service(
    bring: Callable[..., EventsResult], way: str
) -> None:
    result = bring(way=way)

    assert rows_of(result.path) == as_text(ROWS)
    assert (result.rows, result.rows_of_version, result.from_cache) == (2300, 2300, False)


@pytest.mark.parametrize("way", ["bulk", "api"])
def test_a_second_cut_asks_nobody(
    bring: Callable[..., EventsResult], store: Store, way: str
) -> None:
    bring(way=way)
    store.rules()

    result = bring((40, 33, 41, 34), way=way, years=(2014, 2016))

    inside = [
        row
        for row in ROWS
        if 40 <= row["longitude"] <= 41
        and 33 <= row["latitude"] <= 34
        and 2014 <= row["year"] <= 2016
    ]
    assert len(inside) > 3
    assert rows_of(result.path) == as_text(inside)
    assert (result.from_cache, result.fetched_bytes) == (True, 0)
    assert store.asked("GET") == store.asked("HEAD") == []


def test_the_margin_keeps_what_lies_within_it_on_the_ellipsoid(
    bring: Callable[..., EventsResult],
) -> None:
    result = bring((40, 34, 41, 35), margin_km=60)

    kept = {row[0] for row in rows_of(result.path)[1:]}
    edge = shapely.segmentize(shapely.box(40, 34, 41, 35), 0.002)
    lon, lat = shapely.get_coordinates(edge).T
    geod = Geod(ellps="WGS84")
    for row in ROWS:
        x, y = row["longitude"], row["latitude"]
        if not (38 < x < 43 and 32 < y < 37):
            assert str(row["id"]) not in kept
            continue
        *_, away = geod.inv(np.full(lon.shape, x), np.full(lon.shape, y), lon, lat)
        inside = 40 <= x <= 41 and 34 <= y <= 35
        if inside or away.min() < 59_900:
            assert str(row["id"]) in kept
        elif away.min() > 60_200:
            assert str(row["id"]) not in kept


@pytest.mark.parametrize("margin_km", [0, 50])
def test_a_box_across_180_degrees_holds_both_sides(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path, margin_km: float
) -> None:
    places = [179.5, -179.5, 178.0, -178.0]
    rows = [row | {"longitude": x, "latitude": 10.5} for row, x in zip(ROWS, places, strict=False)]
    write_archive(tmp_path / "far", rows)
    store.rules(root=tmp_path / "far")

    result = bring((179, 10, -179, 11), margin_km=margin_km)

    assert [row[COLUMNS.index("longitude")] for row in rows_of(result.path)[1:]] == [
        "179.5", "-179.5",
    ]  # fmt: skip


def test_incidents_read_the_table_and_the_record_travels_with_it(
    bring: Callable[..., EventsResult],
) -> None:
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)

    result = bring(corridor, years=(2014, 2024), way="api")
    read = bz.incidents.read(result.path)
    (record,) = bz.io.Record.of_files(result.path, name="incidents")

    assert result.path.name == "ucdp-ged-25.1-IRQ-SYR-2014-2024.csv"
    assert len(read) == result.rows > 50
    assert set(read["status"]) == {"ok"}
    assert shapely.intersects(corridor.outline.iloc[0], read.geometry.to_numpy()).all()
    assert record.licence == "CC BY 4.0"
    assert "Sundberg" in record.citation
    assert "Davies" in record.citation
    assert record.sha256 == result.sha256 == bz.io.sha256(result.path)
    words = read_sidecar(result.path)
    assert words is not None
    assert (words["version"], words["rows"]) == ("25.1", result.rows)
    assert words["address"].endswith("/gedevents/25.1")


def test_a_table_that_was_changed_says_so_and_keeps_its_credit(
    bring: Callable[..., EventsResult],
) -> None:
    result = bring()
    with result.path.open("a", encoding="utf-8") as file:
        file.write("\n")

    (record,) = bz.io.Record.of_files(result.path, name="incidents")

    assert "changed since" in record.notes
    assert "Uppsala" in record.attribution


def test_the_token_goes_to_the_service_and_into_no_file_message_or_log(
    bring: Callable[..., EventsResult],
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", TOKEN)
    caplog.set_level("DEBUG")

    result = bring(way="api")
    asked = store.asked()
    store.rules({"page=0": {"status": 403}})
    with pytest.raises(errors.NetworkError, match="UCDP_ACCESS_TOKEN") as refused:
        bring(way="api", cache=tmp_path / "other", overwrite=True)

    assert {line["token"] for line in asked} == {TOKEN}
    assert all(TOKEN not in line["path"] for line in asked)
    assert TOKEN not in f"{refused.value} {result!r} {caplog.text}"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)


def test_the_archive_is_asked_for_without_the_token(
    bring: Callable[..., EventsResult], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", TOKEN)

    bring(way="bulk")

    assert {line["token"] for line in store.asked()} == {None}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_the_variable(
    bring: Callable[..., EventsResult], store: Store, status: int
) -> None:
    store.rules({"page=0": {"status": status}})

    with pytest.raises(errors.NetworkError, match=f"{status}.*UCDP_ACCESS_TOKEN"):
        bring(way="api")
    assert len(store.asked()) == 1


def test_a_variable_that_holds_no_token_is_refused_unseen(
    bring: Callable[..., EventsResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", "two words\r\nX-Evil: 1")

    with pytest.raises(errors.InvalidParameterError, match="UCDP_ACCESS_TOKEN") as refused:
        bring(way="api")
    assert "Evil" not in str(refused.value)


@pytest.mark.parametrize(
    "rule",
    [
        {"status": 429, "times": 2, "headers": {"Retry-After": "0"}},
        {"status": 503, "times": 2},
        {"cut": 5000, "times": 2},
    ],
    ids=["too many questions", "out of order", "cut"],
)
def test_what_passes_is_tried_again(
    bring: Callable[..., EventsResult], store: Store, rule: dict[str, Any]
) -> None:
    store.rules({"page=1": rule})

    assert rows_of(bring(way="api").path) == as_text(ROWS)
    assert len(store.asked()) == 5


def test_a_half_fetched_set_goes_on_from_the_pages_that_are_there(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    store.rules({"page=2": {"status": 500}})
    with pytest.raises(errors.NetworkError, match=r"page 2.*go on"):
        bring(way="api")
    store.rules()

    result = bring(way="api")

    assert [line["path"][-1] for line in store.asked()] == ["0", "2"]
    assert rows_of(result.path) == as_text(ROWS)
    assert [p.name for p in (tmp_path / "cache" / "ucdp").rglob("*.json")] == ["register.json"]


def test_a_page_that_was_damaged_on_the_disk_is_asked_for_again(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    store.rules({"page=2": {"status": 500}})
    with pytest.raises(errors.NetworkError):
        bring(way="api")
    (page,) = (tmp_path / "cache").rglob("00001-*.json")
    page.write_bytes(page.read_bytes().replace(b"Sinjar", b"Sinjax", 1))
    store.rules()

    assert rows_of(bring(way="api").path) == as_text(ROWS)
    assert [line["path"][-1] for line in store.asked()] == ["0", "1", "2"]


def test_pages_of_a_set_that_changed_meanwhile_are_dropped(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    store.rules({"page=2": {"status": 500}})
    with pytest.raises(errors.NetworkError):
        bring(way="api")
    newer = ged_rows(2400, seed=2)
    write_pages(tmp_path / "newer", store.address, newer)
    store.rules(root=tmp_path / "newer")

    assert rows_of(bring(way="api").path) == as_text(newer)
    assert len(store.asked()) == 3


def grown(number: int, page: dict[str, Any]) -> None:
    if number == 1:
        page["TotalCount"] += 1


def short(number: int, page: dict[str, Any]) -> None:
    if number == 1:
        page["Result"].pop()


def repeated(number: int, page: dict[str, Any]) -> None:
    if number == 1:
        page["Result"][3] = ROWS[17]


def twice_on_a_page(number: int, page: dict[str, Any]) -> None:
    page["Result"][5] = page["Result"][4]


def elsewhere(number: int, page: dict[str, Any]) -> None:
    if page["NextPageUrl"]:
        page["NextPageUrl"] = "https://evil.example/api/gedevents/25.1?pagesize=1000&page=1"


def skipping(number: int, page: dict[str, Any]) -> None:
    page["NextPageUrl"] = page["NextPageUrl"].replace("page=1", "page=2")


def endless(number: int, page: dict[str, Any]) -> None:
    page["NextPageUrl"] = page["NextPageUrl"] or "http://127.0.0.1/gedevents?page=3"


def ending(number: int, page: dict[str, Any]) -> None:
    page["NextPageUrl"] = ""


def other_columns(number: int, page: dict[str, Any]) -> None:
    if number == 1:
        page["Result"][0] = {"id": 99_999, "other": 1}


def nested(number: int, page: dict[str, Any]) -> None:
    page["Result"][0] = page["Result"][0] | {"best": [1, 2]}


def empty(number: int, page: dict[str, Any]) -> None:
    page |= {"TotalCount": 0, "TotalPages": 0, "Result": [], "NextPageUrl": ""}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (grown, "changed while it was brought: 2300 rows .* 2301"),
        (short, "page 1 has 999 rows, 1000 were due"),
        (repeated, "id '18' is on page 0 and again on page 1"),
        (twice_on_a_page, "id '5' is on page 0 and again on page 0"),
        (elsewhere, "evil.example, another server"),
        (skipping, "does not name page 1"),
        (endless, "page 2 should be the last"),
        (ending, "page 0 of 3 names no further"),
        (other_columns, "other columns"),
        (nested, "page 0 is not what"),
        (empty, "0 rows"),
    ],
)
def test_pages_that_make_no_set_are_refused_and_leave_nothing(
    bring: Callable[..., EventsResult],
    store: Store,
    tmp_path: Path,
    change: Callable[[int, dict[str, Any]], None],
    says: str,
) -> None:
    write_pages(tmp_path / "bad", store.address, ROWS, change=change)
    store.rules(root=tmp_path / "bad")

    with pytest.raises(errors.NetworkError, match=says):
        bring(way="api")
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "cache" / "ucdp" / "partial").iterdir()) == []


def test_more_pages_than_a_day_allows_are_refused_at_once(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    def huge(number: int, page: dict[str, Any]) -> None:
        page |= {"TotalCount": 6_000_000, "TotalPages": 6000}

    write_pages(tmp_path / "bad", store.address, ROWS, change=huge)
    store.rules(root=tmp_path / "bad")

    with pytest.raises(errors.LimitError, match="6000 pages"):
        bring(way="api")
    assert len(store.asked()) == 1


def test_a_redirect_to_another_server_is_not_followed(
    bring: Callable[..., EventsResult], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", TOKEN)
    store.rules({"page=0": {"redirect": "http://localhost:9/steal"}})

    with pytest.raises(errors.NetworkError, match="localhost:9, which is not followed"):
        bring(way="api")


def test_an_archive_that_was_cut_off_is_taken_up_where_it_ended(
    bring: Callable[..., EventsResult], store: Store
) -> None:
    size = (store.root / "ged251-csv.zip").stat().st_size
    store.rules({"ged251": {"on": "GET", "cut": size // 2, "times": 1}})

    assert rows_of(bring().path) == as_text(ROWS)
    assert [line["range"] for line in store.asked()] == [None, f"bytes={size // 2}-"]


def test_a_damaged_archive_is_refused(bring: Callable[..., EventsResult], store: Store) -> None:
    store.rules({"ged251": {"on": "GET", "flip": 20_000, "etag": '"state"'}})

    with pytest.raises(errors.NetworkError, match="damaged, 2 times"):
        bring()


def test_two_tables_in_an_archive_are_refused(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    write_archive(tmp_path / "two", ROWS[:3], **{"b.csv": "id\n1\n"})
    store.rules(root=tmp_path / "two")

    with pytest.raises(errors.NetworkError, match="2 tables"):
        bring()


def test_what_a_file_manager_left_in_an_archive_is_passed_over(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    (tmp_path / "mac").mkdir()
    with zipfile.ZipFile(tmp_path / "mac" / "ged251-csv.zip", "w") as made:
        made.writestr("__MACOSX/._a.csv", b"\0litter")
        made.writestr("a.csv", b"id,year,latitude,longitude\n1,2014,3,4\n")
    store.rules(root=tmp_path / "mac")

    assert bring().rows == 1


def test_a_table_that_is_none_of_events_is_refused(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    tables = {
        "lacks": (b"id,year\n1,2014\n", "lacks latitude, longitude"),
        "odd": ("id,year,latitude,longitude,b\n1,2014,3,4,é\n".encode("latin-1"), "UTF-8"),
        "ragged": (b"id,year,latitude,longitude\n1,2014,3\n", "row 1 has 3 cells, 4 are due"),
        "twice": (b"id,year,latitude,longitude\n1,2014,3,4\n1,2014,3,4\n", "'1' is empty or"),
    }
    for name, (content, says) in tables.items():
        (tmp_path / name).mkdir()
        with zipfile.ZipFile(tmp_path / name / "ged251-csv.zip", "w") as made:
            made.writestr("a.csv", content)
        store.rules(root=tmp_path / name)
        with pytest.raises(errors.DataError, match=says):
            bring(cache=tmp_path / name / "cache")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_row_without_a_place_is_counted_and_lies_nowhere(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    rows = [ROWS[0] | {"latitude": None}, ROWS[1] | {"latitude": 33.5, "longitude": 40.5}]
    write_archive(tmp_path / "gaps", rows)
    store.rules(root=tmp_path / "gaps")

    result = bring((40, 33, 41, 34), margin_km=20)

    words = read_sidecar(result.path)
    assert words is not None
    assert (result.rows, words["rows_without_place"]) == (1, 1)


def test_a_long_wait_is_told_and_not_cut_short_by_asking_again(
    bring: Callable[..., EventsResult], store: Store
) -> None:
    store.rules({"page=1": {"status": 429, "times": 1, "headers": {"Retry-After": "3600"}}})

    with pytest.raises(errors.NetworkError, match=r"429\) asks to be left alone for 3600 s"):
        bring(way="api")
    assert len(store.asked()) == 2


def test_pages_above_the_limit_are_refused(
    bring: Callable[..., EventsResult], store: Store
) -> None:
    with pytest.raises(errors.LimitError, match=r"page 1 .*--max-gb"):
        bring(way="api", network=store.network(max_gb=0.0009))


def test_an_interrupt_keeps_the_pages_and_says_how_to_go_on(store: Store, tmp_path: Path) -> None:
    store.rules({"page=2": {"wait_s": FOR_EVER_S}})
    command = [
        sys.executable, "-m", "borderzone.cli", "fetch", "ucdp", "--way", "api", "-o",
        str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), "--mirror", store.address,
        "--timeout-s", str(FOR_EVER_S),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: len(store.asked()) >= 3, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    assert len(list((tmp_path / "cache").rglob("00001-*.json"))) == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_the_token_is_not_sent_to_a_mirror_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", TOKEN)
    secrets = {}
    service = "https://ucdpapi.pcr.uu.se/api"
    for mirror in (service, "https://mirror.example.org/api", "http://127.0.0.1:8000"):
        token = events._token("api", mirror)
        assert token is not None
        assert TOKEN not in repr(token)
        secrets[mirror] = token.secret

    assert list(secrets.values()) == [TOKEN, None, TOKEN]


def test_a_bomb_is_refused_and_removed(
    bring: Callable[..., EventsResult], store: Store, tmp_path: Path
) -> None:
    (tmp_path / "bomb").mkdir()
    with zipfile.ZipFile(tmp_path / "bomb" / "ged251-csv.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", b"0" * 20_000_000)
    store.rules(root=tmp_path / "bomb")

    with pytest.raises(errors.LimitError, match="unpacks to more than 100 times its size"):
        bring()
    assert list((tmp_path / "cache").rglob("*.zip*")) == []


def test_an_archive_above_the_limit_is_not_brought(
    bring: Callable[..., EventsResult], store: Store
) -> None:
    with pytest.raises(errors.LimitError, match="--max-gb"):
        bring(network=store.network(max_gb=1e-6))
    assert store.asked("GET") == []


def test_an_archive_that_the_disk_has_no_room_for_is_not_brought(
    bring: Callable[..., EventsResult], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(errors.LimitError, match="are free in"):
        bring()
    assert store.asked("GET") == []


def test_a_version_that_is_not_there_is_named(bring: Callable[..., EventsResult]) -> None:
    with pytest.raises(errors.NetworkError, match=r"ged231-csv\.zip.*no such file"):
        bring(version="23.1")
    with pytest.raises(errors.NetworkError, match=r"23\.1.*no such file; check the version"):
        bring(version="23.1", way="api")


def test_a_candidate_comes_in_pages(bring: Callable[..., EventsResult]) -> None:
    result = bring(version="25.0.9")

    assert (result.rows, result.path.name) == (40, "ucdp-ged-25.0.9.csv")
    assert "Candidate" in result.attribution


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"version": "25"}, "version"),
        ({"version": 25.1}, "as text"),
        ({"version": None}, "version"),
        ({"version": "25.1/../../x"}, "version"),
        ({"version": "25.0.13"}, "version"),
        ({"version": "25.0.9", "way": "bulk"}, "no archive"),
        ({"way": "ftp"}, "way must be one of bulk, api"),
        ({"years": (2024, 2014)}, "years"),
        ({"years": "2014"}, "years"),
        ({"years": (2014,)}, "years"),
        ({"years": (2014.5, 2016)}, "years"),
        ({"margin_km": 10}, "needs a piece of ground"),
        ({"where": (40, 33, 41, 34), "margin_km": -1}, "margin_km"),
        ({"where": (-60, -60, 60, 60), "margin_km": 5}, "too far for an even margin"),
        ({"where": "IRQ"}, "'IRQ'"),
        ({"out": 3}, "out must be a folder"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(
    bring: Callable[..., EventsResult], store: Store, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(errors.InvalidParameterError, match=says):
        bring(**options)
    assert store.asked("HEAD") == store.asked("GET") == []


def test_a_table_that_is_there_is_replaced_only_on_request(
    bring: Callable[..., EventsResult],
) -> None:
    first = bring()

    with pytest.raises(errors.OutputError, match="--overwrite"):
        bring()
    assert bring(overwrite=True).sha256 == first.sha256


def test_the_command_line_cuts_to_a_border_and_to_a_box(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        common = ["--mirror", store.address, "--cache", str(tmp_path / "cache")]
        monkeypatch.setattr(
            sys, "argv", ["borderzone", "fetch", "ucdp", "-o", str(tmp_path), *common, *words]
        )
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    border = run("IRQ", "SYR", "--margin-km", "20", "--years", "2014", "2020")
    box = run("--bbox", "-10", "33", "41", "34")
    half = run("IRQ")
    both = run("IRQ", "SYR", "--bbox", "40", "33", "41", "34")
    wrong = run("--version", "banana")
    away = run("--way", "api", "--attempts", "1", "--mirror", "http://127.0.0.1:9")

    assert [code for code, _, _ in (border, box, half, both, wrong, away)] == [0, 0, 2, 2, 2, 4]
    assert "CC BY 4.0" in border[1]
    assert "To fetch: ged251-csv.zip" in border[1]
    assert "To fetch" not in box[1]
    inside = [r for r in ROWS if -10 <= r["longitude"] <= 41 and 33 <= r["latitude"] <= 34]
    assert rows_of(tmp_path / "ucdp-ged-25.1-cut.csv") == as_text(inside)
    assert "not more than one" in both[2]
    assert "IRQ is one country, and a border has two" in half[2]
    words = json.loads((tmp_path / "ucdp-ged-25.1-IRQ-SYR-2014-2020.csv.source.json").read_text())
    assert (words["margin_km"], words["years"]) == (20.0, [2014, 2020])


def test_a_record_that_is_none_is_passed_over(tmp_path: Path) -> None:
    table = tmp_path / "events.csv"
    table.write_text("id\n1\n")
    for text in ("", "[]", "{}", '{"title": 3}', "[" * 100_000):
        (tmp_path / "events.csv.source.json").write_text(text)
        (record,) = bz.io.Record.of_files(table, name="incidents")
        assert record.licence == "as stated by its source"


def test_the_ratio_that_is_refused_lies_far_above_that_of_a_true_table(store: Store) -> None:
    with zipfile.ZipFile(store.root / "ged251-csv.zip") as archive:
        (table,) = archive.infolist()
    assert table.file_size / table.compress_size < Limits.now().archive_ratio / 2.5
