"""Public incidents: the UCDP Georeferenced Event Dataset, brought whole and cut to a piece of ground."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import logging
import math
import re
import shutil
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import numpy as np

from borderzone._guards import check_choice, check_whole, shown
from borderzone.errors import DataError, InvalidParameterError, LimitError, NetworkError
from borderzone.fetch.area import Area, place_word
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.network import AccessToken, Network, is_this_machine, same_server, server_name
from borderzone.fetch.planning import as_size, check_room, checked_path
from borderzone.fetch.server import Item, Server
from borderzone.fetch.transfer import bring
from borderzone.io import Terms, atomic_write, check_archive, sha256, write_sidecar

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from borderzone._typing import FloatArray
    from borderzone.fetch.area import Where

__all__ = ["EventsResult", "GedVersion", "ucdp"]

_ROOTS = {"bulk": "https://ucdp.uu.se/downloads/ged", "api": "https://ucdpapi.pcr.uu.se/api"}
_UCDP_TOKEN = AccessToken(
    header="x-ucdp-access-token",
    variable="UCDP_ACCESS_TOKEN",
    apply_at="see https://ucdp.uu.se/apidocs/",
)

_YEARLY = re.compile(r"(?P<year>\d\d)\.(?P<issue>[12])")
_CANDIDATE = re.compile(r"(?P<year>\d\d)\.0\.(?P<month>1[0-2]|[1-9])")
_FIRST_YEAR = 17

_PAGE_ROWS = 1000
_MAX_PAGES = 4900  # the service answers 5,000 questions a day; some are left for further tries
_MAX_PAGE_BYTES = 64 * 1024**2
_SAY_EACH = 50

_NEEDED = ("id", "year", "latitude", "longitude")
_BATCH_ROWS = 20_000

_log = logging.getLogger("borderzone")


def ucdp(  # noqa: PLR0913 - one option a matter that users decide
    where: Where | None = None,
    *,
    version: str = "25.1",
    years: Sequence[int] | None = None,
    margin_km: float = 0.0,
    way: str | None = None,
    out: str | os.PathLike[str] = ".",
    overwrite: bool = False,
    cache: str | os.PathLike[str] | None = None,
    network: Network | None = None,
    announce: Callable[[str], None] | None = None,
) -> EventsResult:
    """
    Bring a version of the UCDP Georeferenced Event Dataset, and cut it to a piece of ground.

    The whole version is brought once and kept in the cache; cutting it again
    asks nobody. Cells stay as the service wrote them. The token that the
    service may want is taken from the environment variable
    ``UCDP_ACCESS_TOKEN`` and from nowhere else; it is sent to the service, or
    to this machine, only.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees. None keeps all the world.
    version
        "25.1" for a yearly version, "25.0.9" for the candidate of a month.
    years
        First and last year to keep, by the column ``year``; None keeps all.
    margin_km
        How far around the ground. Units: km.
    way
        "bulk" for the archive, "api" for the pages of the service. None takes
        the archive, or the pages for a candidate, which has none.
    out
        Folder to write into; it is made where it is missing.
    overwrite
        Whether a table that is there may be replaced.
    cache
        Folder to keep whole versions in; see `cache_folder`.
    network
        Mirror (of the way that is taken), limits and patience.
    announce
        Called with each sentence on what is brought.

    Returns
    -------
    EventsResult
        ``path`` of the table and ``record`` beside it, how many ``rows`` of
        ``rows_of_version``, and the ``attribution`` they carry.

    Raises
    ------
    InvalidParameterError
        If an option makes no sense, or the variable holds no token.
    InvalidGeometryError, CRSMismatchError
        If the ground is none.
    NetworkError
        If the service refuses, fails time after time, or delivers pages that
        do not make one set.
    LimitError
        If it is larger than the limit.
    DataError
        If what came is no table of events.
    OutputError
        If the table is there already, or cannot be written.

    References
    ----------
    .. [1] Sundberg, R. and Melander, E. (2013). Introducing the UCDP
       Georeferenced Event Dataset. Journal of Peace Research 50(4), 523-532.

    Examples
    --------
    >>> ucdp(version="25")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: version must be one of UCDP GED, as text: '25.1' \
(yearly, from 17.1 on) or '25.0.9' (candidate of a month); got '25'
    """
    asked, net, say = GedVersion(version), network or Network(), announce or _log.info
    span = _checked_years(years)
    if where is None and margin_km:
        msg = f"margin_km={margin_km!r} needs a piece of ground; give where, or leave it out"
        raise InvalidParameterError(msg)
    area = None if where is None else Area(where, margin_km)
    chosen = _way(asked, way)
    base = net.mirror or _ROOTS[chosen]
    whole = asked.archive if chosen == "bulk" else asked.joined
    path = checked_path(out, _file_name(asked, where, span), overwrite=overwrite)
    shelf = Shelf(asked.terms, cache_folder(cache) / "ucdp")
    with shelf.alone(say):
        there, received = shelf.holds(whole), 0
        if not there:
            with Server(base, net, _token(chosen, base)) as server:
                etag = None  # the join of pages has none
                if chosen == "bulk":
                    etag = _bring_archive(server, whole, shelf.partial, say)
                else:
                    _bring_pages(server, asked, shelf.partial, say)
                shelf.put(whole, base, etag)
            received = server.received
        counts = _cut_table(shelf.folder / whole.file, path, area, span)
        origin, credit = shelf.words([whole], base), shelf.credit([whole.file])
    digest = sha256(path)
    words = {
        **origin,
        "dataset": "UCDP GED",
        "version": asked.text,
        "way": chosen,
        **counts,
        "sha256": digest,
        **({"bounds": None, "margin_km": None} if area is None else area.words),
        "years": None if span is None else list(span),
        "notes": f"{counts['rows']} of {counts['rows_of_version']} rows of the version were kept.",
    }
    return EventsResult(
        path=path,
        record=write_sidecar(path, words),
        version=asked.text,
        rows=counts["rows"],
        rows_of_version=counts["rows_of_version"],
        sha256=digest,
        from_cache=there,
        fetched_bytes=received,
        attribution=credit,
    )


@dataclass(frozen=True, kw_only=True)
class EventsResult:
    """
    What a fetch of incidents left.

    Attributes
    ----------
    path
        The table, for `borderzone.incidents.read`.
    record
        The record beside it: version, address, day, rows, SHA-256, licence, citation.
    version
        Version of the dataset.
    rows, rows_of_version
        Rows of the table, and rows that the version has.
    sha256
        Checksum of the table.
    from_cache
        Whether the whole version was there already.
    fetched_bytes
        What came over the network. Units: byte.
    attribution
        Credit, licence and references that must travel with the data.
    """

    path: Path
    record: Path
    version: str
    rows: int
    rows_of_version: int
    sha256: str
    from_cache: bool
    fetched_bytes: int
    attribution: str


@dataclass(frozen=True)
class GedVersion:
    """A version of the dataset as UCDP writes it: "25.1", or "25.0.9" for September 2025's candidate."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what is no version."""
        text = self.text
        found = None
        if isinstance(text, str):
            found = _YEARLY.fullmatch(text) or _CANDIDATE.fullmatch(text)
        if found is None or int(found["year"]) < _FIRST_YEAR or not text.isascii():
            msg = (
                f"version must be one of UCDP GED, as text: '25.1' (yearly, from {_FIRST_YEAR}.1 on) "
                f"or '25.0.9' (candidate of a month); got {text!r}"
            )
            raise InvalidParameterError(msg)

    @property
    def is_candidate(self) -> bool:
        """Whether it is a monthly candidate, which has no archive."""
        return _CANDIDATE.fullmatch(self.text) is not None

    @property
    def terms(self) -> Terms:
        """Licence and the words that must travel with it."""
        return Terms.ucdp_ged(self.text)

    @property
    def archive(self) -> Item:
        """
        Archive of a yearly version, a zip with one table.

        Examples
        --------
        >>> GedVersion("25.1").archive.key
        'ged251-csv.zip'
        """
        name = f"ged{self.text.replace('.', '')}-csv.zip"
        return Item(name=name, key=name, file=name)

    @property
    def joined(self) -> Item:
        """Table that the joined pages make; its key is the address of the pages."""
        name = f"ged-{self.text}-api.csv"
        return Item(name=name, key=f"gedevents/{self.text}", file=name)

    def page(self, number: int) -> Item:
        """
        Page of the service, from 0 on.

        Examples
        --------
        >>> GedVersion("25.0.9").page(3).key
        'gedevents/25.0.9?pagesize=1000&page=3'
        """
        return Item(
            name=f"page {number} of UCDP GED {self.text}",
            key=f"{self.joined.key}?pagesize={_PAGE_ROWS}&page={number}",
            file=f"{number:05d}.json",
        )


def _way(version: GedVersion, way: str | None) -> str:
    """Take the archive, or the pages of a candidate, where no way is named."""
    chosen = check_choice(way or ("api" if version.is_candidate else "bulk"), "way", _ROOTS)
    if chosen == "bulk" and version.is_candidate:
        msg = f"version {version.text} is a candidate, which has no archive; take way 'api'"
        raise InvalidParameterError(msg)
    return chosen


def _token(way: str, base: str) -> AccessToken | None:
    """Only the service itself, or this machine, is shown the token."""
    if way != "api":
        return None
    known = same_server(base, _ROOTS["api"]) or is_this_machine(base)
    return _UCDP_TOKEN.from_environment() if known else _UCDP_TOKEN


def _checked_years(years: Any) -> tuple[int, int] | None:
    """Refuse a span that is not two whole years from 1946 to 2100, in order."""
    if years is None:
        return None
    try:
        first, last = (
            check_whole(year, "years", lowest=1946, highest=2100) for year in list(years)
        )
    except (TypeError, ValueError):  # refusals are among them
        first, last = 1, 0
    if first > last:
        msg = f"years must be the first and the last year, such as (2014, 2024), got {shown(years)}"
        raise InvalidParameterError(msg)
    return first, last


def _file_name(version: GedVersion, where: Where | None, years: tuple[int, int] | None) -> str:
    parts = ["ucdp-ged", version.text]
    if where is not None:
        parts.append(place_word(where))
    if years is not None:
        parts.append(f"{years[0]}-{years[1]}")
    return f"{'-'.join(parts)}.csv"


def _bring_archive(
    server: Server, archive: Item, folder: Path, announce: Callable[[str], None]
) -> str | None:
    """Bring the archive of a version, from where an earlier try ended; give its mark."""
    remote = server.look(archive)
    if remote is None:
        msg = (
            f"{archive.name}: {server.name} has no such file; check the version, or ask the "
            "service for its pages with --way api"
        )
        raise NetworkError(msg)
    check_room(server, remote.size, folder.parent)
    announce(f"To fetch: {archive.name}, {as_size(remote.size)}, from {server.name}.")
    return bring(server, archive, remote, folder, check=_check_archive).etag


def _check_archive(_: Item, path: Path, __: bool) -> None:  # noqa: FBT001 - see `bring`
    """Unpack an archive once without keeping anything; it must hold one table."""
    files = check_archive(path, what="events")
    tables = [name for name in files if name.lower().endswith(".csv")]
    if len(tables) != 1:
        msg = f"it holds {len(tables)} tables in {len(files)} files, not one"
        raise DataError(msg)


def _bring_pages(
    server: Server, version: GedVersion, folder: Path, announce: Callable[[str], None]
) -> None:
    """
    Bring all pages of a version, each kept as it comes, and join them in the order of the service.

    A later call goes on from the pages that are there, as long as the first still says the same.
    They are all refused when they do not make one set.
    """
    pages = _Pages(server, version, folder / version.joined.file.removesuffix(".csv"))
    whole = folder / version.joined.file
    folder.mkdir(parents=True, exist_ok=True)
    try:
        first = pages.first()
        announce(
            f"To fetch: {first.total} rows of {version.terms.title} in {first.pages} pages from "
            f"{server.name}; {pages.kept()} of them are there."
        )
        _join(pages.all_after(first, announce), first.total, whole)
    except _UnfitError as reason:
        pages.clear()
        msg = (
            f"UCDP GED {version.text}: {server.name}: {reason}; nothing was kept, so that no mixed "
            "set is used. Try again later, or bring the whole file with --way bulk"
        )
        raise NetworkError(msg) from None
    pages.clear()


@dataclass(frozen=True, kw_only=True)
class _Page:
    number: int
    total: int
    pages: int
    onward: str
    rows: list[dict[str, str]]


class _UnfitError(Exception):
    """Pages that do not make one set."""


class _Pages:
    """Pages on the disk, under names that hold their checksums, and those still to be asked for."""

    def __init__(self, server: Server, version: GedVersion, folder: Path) -> None:
        self.server = server
        self.version = version
        self.folder = folder

    def first(self) -> _Page:
        """Ask for the first page anew: it tells whether the pages that are there still fit."""
        page = _parsed(self._asked(0), 0)
        self._check(page, page)
        state = self.folder / "state.json"
        now = json.dumps({"address": self.server.base, "first": _digest(page)})
        if not (state.is_file() and state.read_text(encoding="utf-8") == now):
            self.clear()
            self.folder.mkdir(parents=True)
            with atomic_write(state) as temporary:
                temporary.write_text(now, encoding="utf-8")
        return page

    def kept(self) -> int:
        """Count the pages that are there."""
        return len(list(self.folder.glob("?????-*.json")))

    def all_after(self, first: _Page, announce: Callable[[str], None]) -> Iterator[_Page]:
        """Give every page in turn; asked for only where it is not there."""
        yield first
        for number in range(1, first.pages):
            raw = self._stored(number)
            fresh = raw is None
            if raw is None:
                raw = self._asked(number)
            page = _parsed(raw, number)
            self._check(page, first)
            if fresh:
                name = f"{number:05d}-{hashlib.sha256(raw).hexdigest()[:32]}.json"
                with atomic_write(self.folder / name) as temporary:
                    temporary.write_bytes(raw)
                if number % _SAY_EACH == 0:
                    announce(f"{number + 1} of {first.pages} pages")
            yield page

    def clear(self) -> None:
        """Remove all pages that are there."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _asked(self, number: int) -> bytes:
        return self.server.read(self.version.page(number), max_bytes=_MAX_PAGE_BYTES)

    def _stored(self, number: int) -> bytes | None:
        for path in self.folder.glob(f"{number:05d}-*.json"):
            raw = path.read_bytes()
            if path.stem == f"{number:05d}-{hashlib.sha256(raw).hexdigest()[:32]}":
                return raw
            path.unlink()
        return None

    def _check(self, page: _Page, first: _Page) -> None:
        """Refuse a page that is not of the same set as the first."""
        where = f"page {page.number}"
        if (page.total, page.pages) != (first.total, first.pages):
            msg = (
                f"the set changed while it was brought: {first.total} rows in {first.pages} pages on "
                f"page 0, {page.total} in {page.pages} on {where}"
            )
            raise _UnfitError(msg)
        if page.pages != math.ceil(page.total / _PAGE_ROWS) or page.total == 0:
            msg = f"{page.total} rows cannot lie on {page.pages} pages of {_PAGE_ROWS}"
            raise _UnfitError(msg)
        if page.pages > _MAX_PAGES:
            msg = (
                f"{page.pages} pages are more than the {_MAX_PAGES} that may be asked for in a day"
            )
            raise LimitError(msg)
        last = page.number == page.pages - 1
        due = page.total - _PAGE_ROWS * page.number if last else _PAGE_ROWS
        if len(page.rows) != due:
            msg = f"{where} has {len(page.rows)} rows, {due} were due"
            raise _UnfitError(msg)
        self._check_onward(page, last=last)

    def _check_onward(self, page: _Page, *, last: bool) -> None:
        """Compare the address of the next page with the expected one; it is never followed."""
        if last or not page.onward:
            if last and page.onward:
                msg = f"page {page.number} should be the last, and names a further one"
                raise _UnfitError(msg)
            if not last:
                msg = f"page {page.number} of {page.pages} names no further page"
                raise _UnfitError(msg)
            return
        if server_name(page.onward) != self.server.name:
            msg = (
                f"page {page.number} sends on to {server_name(page.onward)}, another server, which is not "
                "asked: the token is for this one only"
            )
            raise _UnfitError(msg)
        told = parse_qs(urlsplit(page.onward).query)
        if {key.lower(): value for key, value in told.items()}.get("page") != [
            str(page.number + 1)
        ]:
            msg = f"page {page.number} does not name page {page.number + 1} as the next"
            raise _UnfitError(msg)


def _digest(page: _Page) -> str:
    text = json.dumps([page.total, page.pages, page.rows])
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(raw: bytes, number: int) -> _Page:
    try:
        # Numbers stay the text that the service wrote, so that no digit is lost or made up.
        words = json.loads(raw, parse_float=str, parse_int=str, parse_constant=_no_constant)
        total, pages = (_whole(words[name]) for name in ("TotalCount", "TotalPages"))
        rows = [_row(row) for row in words["Result"]]
        onward = words.get("NextPageUrl") or ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        msg = f"page {number} is not what the service documents (JSON with TotalCount and Result)"
        raise _UnfitError(msg) from None
    return _Page(number=number, total=total, pages=pages, onward=str(onward), rows=rows)


def _whole(value: object) -> int:
    if not re.fullmatch(r"\d{1,9}", str(value)):
        raise ValueError
    return int(str(value))


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _row(row: Any) -> dict[str, str]:
    """Give the cells of a row as text; what the service leaves open is an empty cell."""
    cells = {}
    for name, value in row.items():
        if value is None:
            cells[name] = ""
        elif isinstance(value, bool):
            cells[name] = str(int(value))
        elif isinstance(value, str):
            cells[name] = value
        else:
            raise TypeError
    return cells


def _join(pages: Iterator[_Page], total: int, path: Path) -> None:
    seen: dict[str, int] = {}
    columns: list[str] = []
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for page in pages:
            if not columns:
                columns = list(page.rows[0])
                writer.writerow(columns)
            for row in page.rows:
                _check_row(row, columns, seen, page.number)
                writer.writerow([row[name] for name in columns])
    if len(seen) != total:
        msg = f"{len(seen)} rows came, {total} were told"
        raise _UnfitError(msg)


def _check_row(row: dict[str, str], columns: list[str], seen: dict[str, int], number: int) -> None:
    if row.keys() != set(columns) or not row.get("id"):
        msg = f"page {number} has a row without an id, or with other columns than the first"
        raise _UnfitError(msg)
    if row["id"] in seen:
        before = seen[row["id"]]
        msg = f"the row with id {row['id'][:40]!r} is on page {before} and again on page {number}"
        raise _UnfitError(msg)
    seen[row["id"]] = number


def _cut_table(
    source: Path, path: Path, area: Area | None, years: Sequence[int] | None
) -> dict[str, int]:
    """Write the rows of a table that lie on the ground and in the years; every cell stays as it was."""
    seen: set[str] = set()
    kept = unplaced = 0
    with (
        _table_rows(source) as rows,
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        columns = next(rows, [])
        places = _places(columns, source.name)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for batch in _batches(rows):
            _check_batch(batch, len(columns), places["id"], seen, source.name)
            lon, lat = (_numbers(batch, places[axis]) for axis in ("longitude", "latitude"))
            keep = np.ones(len(batch), dtype=bool) if area is None else area.holds(lon, lat)
            if years is not None:
                year = _numbers(batch, places["year"])
                keep &= (year >= years[0]) & (year <= years[1])
            unplaced += int((~(np.isfinite(lon) & np.isfinite(lat))).sum())
            kept += int(keep.sum())
            writer.writerows(itertools.compress(batch, keep.tolist()))
    # What has no coordinates lies on no ground, however large: it is counted, so that it is told.
    return {"rows": kept, "rows_of_version": len(seen), "rows_without_place": unplaced}


@contextmanager
def _table_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """Read a table row by row, the names of the columns first, from an archive or as it is."""
    try:
        with _opened(path) as table:
            text = io.TextIOWrapper(table, encoding="utf-8-sig", newline="")
            # Not strict: how cells are quoted differs between versions; their number is checked.
            yield csv.reader(text)
    except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"{path.name} is not a table in UTF-8 ({error}); remove it and fetch it again"
        raise DataError(msg) from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix != ".zip":
        with path.open("rb") as table:
            yield table
        return
    # It was checked before it was kept: one table, besides the litter of file managers.
    with zipfile.ZipFile(path) as archive:
        names = (name for name in archive.namelist() if not name.startswith("__MACOSX/"))
        table_name = next(name for name in names if name.lower().endswith(".csv"))
        with archive.open(table_name) as table:
            yield table


def _places(columns: list[str], name: str) -> dict[str, int]:
    missing = [column for column in _NEEDED if column not in columns]
    if missing or len({*columns}) != len(columns):
        msg = (
            f"{name} is no table of UCDP GED: it lacks {', '.join(missing) or 'clear names'}; "
            "check the version and the address"
        )
        raise DataError(msg)
    return {column: columns.index(column) for column in _NEEDED}


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(itertools.islice(rows, _BATCH_ROWS)):
        yield batch


def _check_batch(
    batch: list[list[str]], width: int, id_place: int, seen: set[str], name: str
) -> None:
    for row in batch:
        if len(row) != width:
            msg = (
                f"{name}: row {len(seen) + 1} has {len(row)} cells, {width} are due; it is damaged"
            )
            raise DataError(msg)
        if row[id_place] in seen or not row[id_place]:
            msg = f"{name}: the id {row[id_place][:40]!r} is empty or occurs twice; it is damaged"
            raise DataError(msg)
        seen.add(row[id_place])


def _numbers(batch: list[list[str]], place: int) -> FloatArray:
    return np.array([_number(row[place]) for row in batch], dtype=float)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
