"""The pages of the service: each kept as it comes, all refused when they do not make one set."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from borderzone.errors import LimitError, NetworkError
from borderzone.fetch.address import shown
from borderzone.fetch.documents import document
from borderzone.fetch.remote import Remote
from borderzone.fetch.transfer import Brought
from borderzone.io import atomic_write, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from borderzone.fetch.ged_version import GedVersion
    from borderzone.fetch.server import Server

__all__ = ["PAGE_ROWS", "bring_pages"]

PAGE_ROWS = 1000
MAX_PAGES = 4900
"""The service answers 5,000 questions a day; some are left for further tries."""
_MAX_PAGE_BYTES = 64 * 1024**2
_SAY_EACH = 50


@dataclass(frozen=True, kw_only=True)
class _Page:
    number: int
    total: int
    pages: int
    onward: str
    rows: list[dict[str, str]]


def bring_pages(
    server: Server, version: GedVersion, folder: Path, announce: Callable[[str], None]
) -> Brought:
    """
    Bring all pages of a version and join them.

    A page is kept as soon as it is there, so that a later call goes on from it,
    as long as the first page still says the same.
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
    remote = Remote(size=whole.stat().st_size, etag=None, modified=None)
    pages.clear()
    return Brought(path=whole, remote=remote, sha256=sha256(whole))


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
        item = self.version.page(number, PAGE_ROWS)
        return document(self.server, item, max_bytes=_MAX_PAGE_BYTES)

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
        if page.pages != math.ceil(page.total / PAGE_ROWS) or page.total == 0:
            msg = f"{page.total} rows cannot lie on {page.pages} pages of {PAGE_ROWS}"
            raise _UnfitError(msg)
        if page.pages > MAX_PAGES:
            msg = f"{page.pages} pages are more than the {MAX_PAGES} that may be asked for in a day"
            raise LimitError(msg)
        last = page.number == page.pages - 1
        due = page.total - PAGE_ROWS * page.number if last else PAGE_ROWS
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
        if shown(page.onward) != shown(self.server.base):
            msg = (
                f"page {page.number} sends on to {shown(page.onward)}, another server, which is not "
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


def _whole(value: Any) -> int:
    if not re.fullmatch(r"\d{1,9}", str(value)):
        raise ValueError
    return int(value)


def _no_constant(_: str) -> Any:
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
