"""Fetching from a server that misbehaves: a tile is whole or absent, never half under its name."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import rasterio
from affine import Affine
from fetch_cases import (
    FOR_EVER_S,
    KEY,
    NAME,
    PATIENCE_S,
    WHERE,
    Store,
    running_store,
    wait_until,
    write_tile,
)

from borderzone import errors, fetch
from borderzone.fetch.cache import Shelf
from borderzone.fetch.server import LONGEST_PAUSE_S, Remote
from borderzone.fetch.tile_stores import SOURCES
from borderzone.fetch.transfer import same_md5

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from borderzone.fetch.tile_stores import TilesResult

FOUR = (39.5, 32.5, 40.5, 33.5)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("store")
    write_tile(root / KEY, 40, 33, cells=400)
    with running_store(root) as store:
        yield store


@pytest.fixture
def store(running: Store) -> Store:
    running.rules()
    return running


@pytest.fixture(scope="module")
def body(running: Store) -> bytes:
    """Give the tile as the server has it."""
    return (running.root / KEY).read_bytes()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def bring(store: Store, cache: Path) -> Callable[..., TilesResult]:
    """Fetch the one tile, impatiently."""

    def call(**changes: Any) -> TilesResult:
        return fetch.dem(WHERE, cache=cache, network=store.network(**changes))

    return call


def final(cache: Path) -> Path:
    return cache / "glo30" / f"{NAME}.tif"


def part(cache: Path) -> Path:
    return cache / "glo30" / "partial" / f"{NAME}.tif.part"


def left(cache: Path) -> list[str]:
    """Names of what is on its way, without the note beside it."""
    return [p.name for p in (cache / "glo30" / "partial").glob("*") if p.suffix != ".json"]


def test_a_tile_arrives_whole_with_register_and_credit(
    bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    result = bring()

    assert result.paths == (final(cache),)
    assert final(cache).read_bytes() == body
    assert (result.bytes, result.fetched_bytes, result.from_cache) == (len(body), len(body), 0)
    assert result.missing == ()
    entry = json.loads((cache / "glo30" / "register.json").read_text("utf-8"))["files"]
    assert entry[f"{NAME}.tif"]["bytes"] == len(body)
    credit = (cache / "glo30" / "ATTRIBUTION.txt").read_text("utf-8")
    assert "DLR e.V. 2010-2014" in credit
    assert "do not incur any liability" in credit
    assert time.strftime("Retrieved: %Y-", time.gmtime()) in credit
    assert left(cache) == []


def test_the_tile_opens_in_its_place(bring: Callable[..., TilesResult]) -> None:
    with rasterio.open(bring().paths[0]) as source:
        assert [round(edge) for edge in source.bounds] == [40, 33, 41, 34]


def test_a_second_fetch_asks_for_nothing(store: Store, bring: Callable[..., TilesResult]) -> None:
    bring()
    store.rules()

    again = bring()

    assert (again.from_cache, again.fetched_bytes) == (1, 0)
    assert store.asked("GET") == store.asked("HEAD") == []


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied"])
def test_a_tile_that_was_tampered_with_is_fetched_again(
    bring: Callable[..., TilesResult], cache: Path, body: bytes, store: Store, harm: str
) -> None:
    bring()
    changed = bytearray(body)
    changed[len(body) // 2] ^= 1
    harmed = {"cut": body[:-100], "changed": bytes(changed), "emptied": b""}[harm]
    final(cache).write_bytes(harmed)
    said: list[str] = []

    result = fetch.dem(WHERE, cache=cache, network=store.network(), announce=said.append)

    assert final(cache).read_bytes() == body
    assert result.from_cache == 0
    assert any("fetched again" in line and NAME in line for line in said)


def test_a_file_that_fetch_did_not_bring_is_not_trusted(
    bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    final(cache).parent.mkdir(parents=True)
    final(cache).write_bytes(body)

    assert bring().from_cache == 0


@pytest.mark.parametrize("content", ["{", "[]", '{"files": 3}', '{"files": {"x": 1}}', "\0"])
def test_a_broken_register_costs_a_fetch_and_nothing_else(
    bring: Callable[..., TilesResult], cache: Path, body: bytes, content: str
) -> None:
    bring()
    (cache / "glo30" / "register.json").write_text(content, "utf-8")

    assert bring().from_cache == 0
    assert final(cache).read_bytes() == body
    assert bring().from_cache == 1


def test_a_connection_cut_time_after_time_is_taken_up_where_it_ended(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    # Each answer brings a part: more cuts than attempts are no reason to give up.
    store.rules({NAME: {"on": "GET", "cut": 100_000}})

    result = bring()

    assert final(cache).read_bytes() == body
    assert result.fetched_bytes == len(body)
    ranges = [line["range"] for line in store.asked()]
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    assert len(ranges) > 3
    assert ranges[:3] == [None, "bytes=100000-", "bytes=200000-"]
    assert {line["if_range"] for line in store.asked()[1:]} == {etag}


def test_cuts_that_bring_nothing_end_in_an_error_and_a_part_to_go_on_from(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000}})

    with pytest.raises(errors.NetworkError, match=r"failed in 3 tries in a row .*run the command"):
        bring()

    assert not final(cache).exists()
    assert part(cache).stat().st_size == 3000
    store.rules()
    assert bring().fetched_bytes == len(body) - 3000
    assert [line["range"] for line in store.asked()] == ["bytes=3000-"]
    assert final(cache).read_bytes() == body


def test_the_announcement_counts_what_is_there_from_before(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)

    plan = fetch.plan(WHERE, cache=cache, network=store.network())

    assert (plan.bytes, plan.begun_bytes) == (len(body) - 1000, 1000)
    assert part(cache).stat().st_size == 1000


@pytest.mark.parametrize("mark", ["none", "weak"])
def test_without_a_mark_of_its_state_a_file_starts_over(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes, mark: str
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000, "etag": mark}})
    with pytest.raises(errors.NetworkError):
        bring()

    assert left(cache) == []
    store.rules({NAME: {"etag": mark}})
    assert bring().fetched_bytes == len(body)
    assert [line["range"] for line in store.asked()] == [None]


def test_a_file_that_changed_on_the_server_starts_over(
    store: Store, bring: Callable[..., TilesResult], cache: Path, tmp_path: Path
) -> None:
    newer = write_tile(tmp_path / "newer" / KEY, 40, 33, cells=410)
    store.rules({NAME: {"on": "GET", "cut": 90_000, "times": 1, "then": str(tmp_path / "newer")}})

    bring()

    assert final(cache).read_bytes() == newer.read_bytes()
    first, second = store.asked()
    assert (first["range"], second["range"]) == (None, "bytes=90000-")
    assert second["sent"] == newer.stat().st_size


def test_a_file_that_changed_without_a_mark_but_its_date_starts_over(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    old, new = ({"Last-Modified": f"Mon, 0{day} Jan 2024 00:00:00 GMT"} for day in (1, 8))
    store.rules({NAME: {"etag": "none", "headers": old, "cut": 90_000}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)
    assert part(cache).stat().st_size == 90_000
    # Told to be as before, and sent in its new state.
    store.rules(
        {
            NAME: {"etag": "none", "headers": old, "on": "HEAD"},
            KEY: {"etag": "none", "headers": new, "on": "GET", "careless": True},
        }
    )

    bring()

    assert [line["range"] for line in store.asked()] == ["bytes=90000-", None]
    assert final(cache).read_bytes() == body


def test_a_file_that_grew_above_the_limit_meanwhile_is_not_brought(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "length": 400_000}})

    with pytest.raises(errors.LimitError, match=r"grew to .* above the limit of"):
        bring(max_gb=(len(body) + 200_000) / 1e9)
    assert not final(cache).exists()


def test_a_mark_that_changes_with_every_answer_never_joins_two_states(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    store.rules({NAME: {"etag": "new", "cut": 90_000}})

    with pytest.raises(errors.NetworkError, match="3 tries in a row"):
        bring()

    assert not final(cache).exists()
    again = [line for line in store.asked() if line["range"]]
    assert [line["sent"] for line in again] == [90_000] * 2
    assert len({line["if_range"] for line in again}) == 2


def test_a_server_that_ignores_ranges_sends_it_all_again(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 90_000, "times": 1}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)
    store.rules({NAME: {"deaf": True}})

    assert bring().fetched_bytes == len(body)
    assert final(cache).read_bytes() == body


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 500), ("GET", 500), ("GET", 503), ("GET", 429), ("HEAD", 408)]
)
def test_a_server_out_of_order_is_asked_again(
    store: Store, bring: Callable[..., TilesResult], method: str, status: int
) -> None:
    store.rules({NAME: {"on": method, "status": status, "times": 2}})

    assert bring().bytes > 0
    assert len(store.asked(method)) == 3


@pytest.mark.parametrize(("asked_s", "given_s"), [(7, 7), (3600, LONGEST_PAUSE_S)])
def test_a_server_that_asks_for_a_pause_gets_it(
    store: Store,
    bring: Callable[..., TilesResult],
    monkeypatch: pytest.MonkeyPatch,
    asked_s: float,
    given_s: float,
) -> None:
    pauses: list[float | None] = []

    class Recorder(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            return self.is_set()

    recording = SimpleNamespace(Event=Recorder, Lock=threading.Lock, Timer=threading.Timer)
    monkeypatch.setattr("borderzone.fetch.server.threading", recording)
    store.rules({NAME: {"status": 429, "times": 1, "headers": {"Retry-After": str(asked_s)}}})

    assert bring().bytes > 0
    assert pauses == [given_s]
    assert len(store.asked("HEAD")) == 2


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_server_that_stays_out_of_order_ends_in_an_error(
    store: Store, bring: Callable[..., TilesResult], cache: Path, method: str
) -> None:
    store.rules({NAME: {"on": method, "status": 502}})

    with pytest.raises(errors.NetworkError, match=r"failed in 3 .*status 502"):
        bring()

    assert len(store.asked(method)) == 3
    assert not final(cache).exists()
    assert left(cache) == []


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_a_refusal_is_not_asked_again(
    store: Store, bring: Callable[..., TilesResult], cache: Path, status: int
) -> None:
    store.rules({NAME: {"status": status, "on": "HEAD"}})

    with pytest.raises(errors.NetworkError, match=f"{NAME}.*status {status}"):
        bring()

    assert len(store.asked("HEAD")) == 1
    assert store.asked("GET") == []
    assert not final(cache).exists()


def test_a_server_without_head_is_asked_another_way(
    store: Store, bring: Callable[..., TilesResult], body: bytes
) -> None:
    store.rules({NAME: {"status": 501, "on": "HEAD"}})

    assert bring().bytes == len(body)


def test_a_tile_that_vanishes_between_two_questions_is_an_error(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    store.rules({NAME: {"status": 404, "on": "GET"}})

    with pytest.raises(errors.NetworkError, match="now has no such file"):
        bring()
    assert not final(cache).exists()


def test_slow_answers_end_after_the_timeout(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    store.rules({NAME: {"wait_s": FOR_EVER_S, "on": "HEAD"}})

    with pytest.raises(errors.NetworkError, match=r"no answer within 0\.2 s"):
        bring(timeout_s=0.2, attempts=2)

    assert len(store.asked("HEAD")) == 2
    assert not final(cache).exists()


def test_a_trickle_ends_too(
    store: Store,
    bring: Callable[..., TilesResult],
    cache: Path,
    body: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each byte comes within the timeout; all of them would take hours. By this clock 20 s pass
    # between any two of them.
    hours = SimpleNamespace(monotonic=itertools.count(0, 20).__next__)
    monkeypatch.setattr("borderzone.fetch.server.time", hours)
    store.rules({NAME: {"drip_s": 0.05, "on": "GET"}})

    with pytest.raises(errors.NetworkError, match=r"only \d+ bytes in 80\.0 s"):
        bring(timeout_s=60, attempts=1)

    assert store.asked()[0]["sent"] < len(body)
    assert not final(cache).exists()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_head_without_an_end_ends_too(
    store: Store, bring: Callable[..., TilesResult], cache: Path, method: str
) -> None:
    store.rules({NAME: {"drip_head_s": 0.05, "on": method}})

    with pytest.raises(errors.NetworkError, match=r"no answer within 0\.3 s"):
        bring(timeout_s=0.3, attempts=2)

    assert not final(cache).exists()


def test_a_damaged_file_is_fetched_anew(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"flip": 200_000, "times": 1, "on": "GET"}})

    bring()

    assert final(cache).read_bytes() == body
    assert [line["range"] for line in store.asked()] == [None, None]


@pytest.mark.parametrize("mark", ["md5", "none", "parts", '"a-mark-of-its-own"'])
@pytest.mark.parametrize("place", [0, 200_000])
def test_a_file_that_is_always_damaged_is_never_kept(
    store: Store, bring: Callable[..., TilesResult], cache: Path, mark: str, place: int
) -> None:
    """Found by its MD5, or where the server gives none by its first bytes and packed blocks."""
    store.rules({NAME: {"flip": place, "on": "GET", "etag": mark}})

    with pytest.raises(errors.NetworkError, match="damaged, 2 times over"):
        bring()

    assert len(store.asked()) == 2
    assert not final(cache).exists()
    assert left(cache) == []


def test_the_mark_of_an_upload_in_parts_proves_a_file(tmp_path: Path) -> None:
    file = tmp_path / "zeros"
    file.write_bytes(bytes(5 * 1024 * 1024 + 1))
    # By md5sum: of 5 MiB of zeros, of one more, and of these two sums joined.
    mark = '"92f3a08aa3b1d7eb318ab9c2fc4a6ec3-2"'
    other = f'"{mark[2:-3]}0-2"'

    def proves(etag: str) -> bool | None:
        return same_md5(file, Remote(size=file.stat().st_size, etag=etag, modified=None))

    assert proves(mark) is True
    assert proves(other) is None


def test_a_mark_that_only_looks_like_an_md5_is_not_taken_for_one() -> None:
    etag = '"0123456789abcdef0123456789abcdef"'

    assert Remote(size=1, etag=etag, modified=None).md5 == (etag.strip('"'), 0)
    assert Remote(size=1, etag=etag, modified=None, encrypted=True).md5 is None
    assert Remote(size=1, etag='"65a1b-5f3e"', modified=None).md5 is None


@pytest.mark.parametrize("difference", [-5000, 5000])
@pytest.mark.parametrize("mark", ["md5", "none"])
def test_a_wrong_length_never_makes_a_tile(
    store: Store,
    bring: Callable[..., TilesResult],
    cache: Path,
    difference: int,
    mark: str,
) -> None:
    store.rules({NAME: {"length": difference, "etag": mark}})

    with pytest.raises(errors.NetworkError, match=NAME):
        bring()

    assert not final(cache).exists()


def test_a_body_without_end_is_left_at_the_announced_length(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    store.rules({NAME: {"endless": True}})

    with pytest.raises(errors.NetworkError, match="sends more than the"):
        bring()

    assert not final(cache).exists()
    assert left(cache) == []


def test_a_file_of_untold_length_is_refused(
    store: Store, bring: Callable[..., TilesResult]
) -> None:
    store.rules({NAME: {"no_length": True}})

    with pytest.raises(errors.NetworkError, match="does not tell its length"):
        bring()
    assert store.asked("GET") == []


def test_a_web_page_in_place_of_a_tile_is_not_kept(
    store: Store, bring: Callable[..., TilesResult], cache: Path, tmp_path: Path
) -> None:
    page = tmp_path / "other" / KEY
    page.parent.mkdir(parents=True)
    page.write_text("<html>Sign in to go on</html>", "utf-8")
    store.rules(root=tmp_path / "other")

    with pytest.raises(errors.NetworkError, match="not what its extension"):
        bring()
    assert not final(cache).exists()


def test_a_tile_of_another_place_is_not_kept(
    store: Store, bring: Callable[..., TilesResult], cache: Path, tmp_path: Path
) -> None:
    write_tile(tmp_path / "other" / KEY, 41, 33)
    store.rules(root=tmp_path / "other")

    with pytest.raises(errors.NetworkError, match="not the place of"):
        bring()
    assert not final(cache).exists()


def test_a_packed_answer_is_not_taken_for_the_file(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    store.rules({NAME: {"headers": {"Content-Encoding": "gzip"}}})

    with pytest.raises(errors.NetworkError, match="packed"):
        bring()
    assert not final(cache).exists()


@pytest.mark.parametrize("claim", ["bytes 0-9/10", "bytes 900-999/1000", "", "nonsense"])
def test_a_rest_that_does_not_fit_is_not_joined(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes, claim: str
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)
    store.rules({NAME: {"on": "GET", "range_claim": claim, "times": 1}})

    bring()

    assert [line["range"] for line in store.asked()] == ["bytes=1000-", None]
    assert final(cache).read_bytes() == body


def test_a_question_that_cannot_be_met_starts_the_file_over(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)
    store.rules({NAME: {"on": "GET", "status": 416, "times": 1}})

    bring()

    assert final(cache).read_bytes() == body


def test_a_block_that_unpacks_to_too_much_is_not_unpacked(
    store: Store, bring: Callable[..., TilesResult], tmp_path: Path
) -> None:
    # One strip of the whole raster: 64 million cells of 8 bytes in a file of 500 kB.
    path = tmp_path / "bomb" / KEY
    path.parent.mkdir(parents=True)
    step = 1 / 8192
    profile = {"driver": "GTiff", "width": 8192, "height": 8192, "count": 1, "dtype": "float64"}
    with rasterio.open(
        path,
        "w",
        crs="EPSG:4326",
        transform=Affine(step, 0, 40, 0, -step, 34),
        compress="deflate",
        blockysize=8192,
        sparse_ok=True,
        **profile,
    ):
        pass
    store.rules({NAME: {"etag": "none"}}, root=tmp_path / "bomb")

    with pytest.raises(errors.NetworkError, match="larger than any tile store"):
        bring()


def test_an_interrupt_ends_it_and_keeps_what_came(
    store: Store, cache: Path, body: bytes, bring: Callable[..., TilesResult]
) -> None:
    # The server stands still for ever, and the fetch would wait for as long.
    store.rules({NAME: {"on": "GET", "stall_after": 150_000, "stall_s": FOR_EVER_S}})
    process = start_elsewhere(store, cache)
    wait_for_part(cache, 150_000, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode != 0
    assert not final(cache).exists()
    store.rules()
    assert bring().fetched_bytes == len(body) - 150_000
    assert final(cache).read_bytes() == body


def test_it_is_not_led_to_another_host(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    for target in ("http://169.254.169.254/latest", "https://example.org/x", "//10.0.0.1/x"):
        store.rules({NAME: {"redirect": target}})
        with pytest.raises(errors.NetworkError, match=r"sends on to .* not followed"):
            bring()
    assert not final(cache).exists()


def test_it_follows_within_one_server_but_not_in_circles(
    store: Store, bring: Callable[..., TilesResult], body: bytes
) -> None:
    store.rules({NAME: {"redirect": f"/{KEY}"}})
    with pytest.raises(errors.NetworkError, match="circles"):
        bring()
    store.rules({NAME: {"redirect": f"/{KEY}", "times": 1, "on": "HEAD"}})

    assert bring().bytes == len(body)


def test_no_password_that_lies_about_is_sent(
    store: Store,
    bring: Callable[..., TilesResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password hunter2\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@127.0.0.1:9")

    bring()

    assert {line["authorization"] for line in store.asked()} == {None}


def test_a_server_that_is_not_there_is_told(cache: Path) -> None:
    network = fetch.Network(mirror="http://127.0.0.1:9", attempts=2, backoff_s=0.01)

    with pytest.raises(errors.NetworkError, match=r"127\.0\.0\.1:9 failed in 2 of 2 tries"):
        fetch.dem(WHERE, cache=cache, network=network)


def test_sea_and_unreleased_tiles_are_named_and_are_no_files(store: Store, cache: Path) -> None:
    said: list[str] = []

    result = fetch.dem(FOUR, cache=cache, network=store.network(), announce=said.append)

    assert [path.name for path in result.paths] == [f"{NAME}.tif"]
    assert [name[22:34] for name in result.missing] == [
        "N32_00_E039_", "N32_00_E040_", "N33_00_E039_",
    ]  # fmt: skip
    assert any("unknown" in line and result.missing[0] in line for line in said)
    register = json.loads((cache / "glo30" / "register.json").read_text("utf-8"))
    assert sorted(register["unknown"]) == sorted(result.missing)
    assert [p.name for p in (cache / "glo30").glob("*.tif")] == [f"{NAME}.tif"]


def test_a_tile_that_is_released_later_is_fetched_then(
    store: Store, cache: Path, tmp_path: Path, running: Store
) -> None:
    first = fetch.dem(FOUR, cache=cache, network=store.network())
    tile = SOURCES["glo30"].tile(39, 33)
    (tmp_path / "more" / KEY).parent.mkdir(parents=True)
    (tmp_path / "more" / KEY).write_bytes((running.root / KEY).read_bytes())
    write_tile(tmp_path / "more" / tile.key, 39, 33)
    store.rules(root=tmp_path / "more")

    second = fetch.dem(FOUR, cache=cache, network=store.network())

    assert tile.name in first.missing
    assert tile.name not in second.missing
    assert second.from_cache == 1
    register = json.loads((cache / "glo30" / "register.json").read_text("utf-8"))
    assert tile.name not in register["unknown"]


def test_a_store_that_has_none_of_the_tiles_is_an_error(store: Store, cache: Path) -> None:
    with pytest.raises(errors.NetworkError, match=r"none of the tiles needed .*S11_00_W021"):
        fetch.dem((-20.5, -10.5, -20.4, -10.4), cache=cache, network=store.network())

    assert not (cache / "glo30" / "register.json").exists()


def test_too_much_is_refused_before_the_first_byte(
    store: Store, bring: Callable[..., TilesResult], cache: Path
) -> None:
    with pytest.raises(errors.LimitError, match=r"the limit is 0\.0001 GB.*--max-gb"):
        bring(max_gb=0.0001)

    assert store.asked("GET") == []
    assert not final(cache).exists()


def test_a_full_disk_is_told_before_the_first_byte(
    store: Store,
    bring: Callable[..., TilesResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage(".")._replace(free=1000)
    monkeypatch.setattr("borderzone.fetch.planning.shutil.disk_usage", lambda _: usage)

    with pytest.raises(errors.LimitError, match="are free in"):
        bring()
    assert store.asked("GET") == []


def test_the_plan_touches_neither_disk_nor_files(store: Store, cache: Path, body: bytes) -> None:
    plan = fetch.plan(FOUR, cache=cache, network=store.network())

    assert plan.sizes == {NAME: len(body)}
    assert len(plan.missing) == 3
    assert store.asked("GET") == []
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")

    with pytest.raises(errors.OutputError, match="BORDERZONE_CACHE"):
        fetch.dem(WHERE, cache=tmp_path / "file", network=store.network())


SCRIPT = """
import sys
from borderzone import fetch
network = fetch.Network(mirror=sys.argv[1], timeout_s={})
result = fetch.dem(({}, {}, {}, {}), cache=sys.argv[2], network=network)
print(result.fetched_bytes, result.from_cache)
""".format(FOR_EVER_S, *WHERE)


def start_elsewhere(store: Store, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, store.address, str(cache)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_for_part(cache: Path, size: int, process: subprocess.Popen[str]) -> None:
    wait_until(lambda: part(cache).exists() and part(cache).stat().st_size == size, process)


def test_a_killed_fetch_asks_only_for_what_is_left(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "stall_after": 150_000}})
    process = start_elsewhere(store, cache)
    wait_for_part(cache, 150_000, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not final(cache).exists()
    store.rules()

    result = bring()

    assert [line["range"] for line in store.asked()] == ["bytes=150000-"]
    assert result.fetched_bytes == len(body) - 150_000
    assert final(cache).read_bytes() == body


def test_a_fetch_killed_while_it_checked_its_file_needs_no_byte_more(
    store: Store, bring: Callable[..., TilesResult], cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "cut": 1000}})
    with pytest.raises(errors.NetworkError):
        bring(attempts=1)
    part(cache).with_suffix("").write_bytes(body)
    part(cache).unlink()
    store.rules()

    assert bring().fetched_bytes == 0
    assert final(cache).read_bytes() == body


def test_two_fetches_into_one_cache_do_not_harm_each_other(
    store: Store, cache: Path, body: bytes
) -> None:
    store.rules({NAME: {"on": "GET", "wait_s": 0.3}})
    two = [start_elsewhere(store, cache) for _ in range(2)]

    said = sorted(tuple(map(int, p.communicate(timeout=PATIENCE_S)[0].split())) for p in two)

    assert said == [(0, 1), (len(body), 0)]
    assert len(store.asked()) == 1
    assert final(cache).read_bytes() == body


def test_a_fetch_that_waits_says_so(store: Store, cache: Path) -> None:
    shelf = Shelf(SOURCES["glo30"].terms, cache / "glo30")
    said: list[str] = []
    waits = threading.Event()

    def announce(sentence: str) -> None:
        said.append(sentence)
        waits.set()

    def second() -> None:
        fetch.dem(WHERE, cache=cache, network=store.network(), announce=announce)

    with shelf.alone(said.append):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(PATIENCE_S)
    thread.join(PATIENCE_S)

    assert "waiting" in said[0]
    assert final(cache).exists()


def test_the_failure_of_one_tile_stops_the_others_and_keeps_their_parts(
    store: Store, cache: Path, tmp_path: Path, running: Store
) -> None:
    other = SOURCES["glo30"].tile(39, 33)
    (tmp_path / "two" / KEY).parent.mkdir(parents=True)
    (tmp_path / "two" / KEY).write_bytes((running.root / KEY).read_bytes())
    write_tile(tmp_path / "two" / other.key, 39, 33)
    store.rules(
        {
            NAME: {"on": "GET", "stall_after": 150_000, "stall_s": FOR_EVER_S},
            other.name: {"on": "GET", "status": 403, "wait_for": [str(part(cache)), 150_000]},
        },
        root=tmp_path / "two",
    )

    with pytest.raises(errors.NetworkError, match="status 403"):
        fetch.dem(
            (39.5, 33.2, 40.5, 33.5), cache=cache, network=store.network(timeout_s=FOR_EVER_S)
        )

    assert not final(cache).exists()
    assert part(cache).stat().st_size >= 150_000
