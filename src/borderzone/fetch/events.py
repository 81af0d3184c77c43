"""Bringing public incidents: the UCDP Georeferenced Event Dataset, cut to a corridor or box."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from borderzone._guards import check_choice, guarded, local_path
from borderzone._guards.escapes import file_word
from borderzone.errors import InvalidParameterError, OutputError
from borderzone.fetch.account import Account
from borderzone.fetch.address import checked_mirror, is_loopback, same_server
from borderzone.fetch.area import Ground, checked_years, cut_table
from borderzone.fetch.cache import Shelf, cache_folder
from borderzone.fetch.ged_bulk import bring_archive
from borderzone.fetch.ged_pages import bring_pages
from borderzone.fetch.ged_version import API, BULK, GedVersion
from borderzone.fetch.network import Network
from borderzone.fetch.server import Server
from borderzone.io import sha256, write_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from borderzone.fetch.area import Cut
    from borderzone.fetch.ged_version import GedFile

__all__ = ["TOKEN_VARIABLE", "UcdpResult", "checked_path", "ucdp"]

TOKEN_VARIABLE = "UCDP_ACCESS_TOKEN"  # noqa: S105 (a name, no secret)
WAYS = ("bulk", "api")

_log = logging.getLogger("borderzone")


@guarded
@dataclass(frozen=True, kw_only=True)
class UcdpResult:
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


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One of the two ways that the service offers."""

    version: GedVersion
    name: str
    base: str
    whole: GedFile

    @property
    def address(self) -> str:
        return f"{self.base}/{self.whole.key}"

    def account(self) -> Account | None:
        """Only the service itself, or this machine, is shown the token."""
        if self.name != "api":
            return None
        account = Account.from_environment(
            header="x-ucdp-access-token",
            variable=TOKEN_VARIABLE,
            apply_at="see https://ucdp.uu.se/apidocs/",
        )
        known = same_server(self.base, API) or is_loopback(urlsplit(self.base).hostname or "")
        if known:
            return account
        return Account(header=account.header, variable=account.variable, apply_at=account.apply_at)


def ucdp(  # noqa: PLR0913 (one option a matter that users decide)
    where: Any = None,
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
) -> UcdpResult:
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
    UcdpResult
        Where the table and its record are, and whom to credit.

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
    span = checked_years(years)
    if where is None and margin_km:
        msg = f"margin_km={margin_km!r} needs a piece of ground; give where, or leave it out"
        raise InvalidParameterError(msg)
    ground = None if where is None else Ground(where, margin_km)
    chosen = _way(asked, way, net.mirror)
    path = checked_path(out, _file_name(asked, where, span), overwrite=overwrite)
    shelf = Shelf(asked, cache_folder(cache) / "ucdp")
    with shelf.alone(say):
        there = shelf.holds(chosen.whole)
        received = 0 if there else _bring(chosen, shelf, net, say)
        cut = cut_table(shelf.folder / chosen.whole.file, path, ground, span)
        retrieved = shelf.retrieved(chosen.whole)
    digest = sha256(path)
    words = _words(chosen, cut, retrieved, digest) | _cut_words(ground, span)
    terms = asked.terms
    return UcdpResult(
        path=path,
        record=write_sidecar(path, words),
        version=asked.text,
        rows=cut.rows,
        rows_of_version=cut.rows_of_version,
        sha256=digest,
        from_cache=there,
        fetched_bytes=received,
        attribution=(
            f"{terms.attribution}\n{terms.citation}\n"
            f"Licence: {terms.licence}. Retrieved: {retrieved}."
        ),
    )


def _way(version: GedVersion, way: str | None, mirror: str | None) -> _Way:
    name = way or ("api" if version.is_candidate else "bulk")
    check_choice(name, "way", WAYS)
    if name == "bulk" and version.is_candidate:
        msg = f"version {version.text} is a candidate, which has no archive; take way 'api'"
        raise InvalidParameterError(msg)
    base = {"bulk": BULK, "api": API}[name] if mirror is None else checked_mirror(mirror)
    whole = version.archive if name == "bulk" else version.joined
    return _Way(version=version, name=name, base=base, whole=whole)


def _bring(way: _Way, shelf: Shelf, network: Network, announce: Callable[[str], None]) -> int:
    server = Server(way.base, network, way.account())
    try:
        if way.name == "bulk":
            brought = bring_archive(server, way.whole, shelf.partial, announce)
        else:
            brought = bring_pages(server, way.version, shelf.partial, announce)
        shelf.put(way.whole, brought, way.base)
    finally:
        server.close()
    return server.received


def _file_name(version: GedVersion, where: Any, years: tuple[int, int] | None) -> str:
    border = getattr(where, "border", None)
    parts = ["ucdp-ged", version.text]
    if where is not None:
        parts.append(file_word(f"{border.a}-{border.b}") if border is not None else "cut")
    if years is not None:
        parts.append(f"{years[0]}-{years[1]}")
    return f"{'-'.join(parts)}.csv"


def checked_path(out: str | os.PathLike[str], name: str, *, overwrite: bool) -> Path:
    """Make a folder, and refuse to write over what is in it."""
    try:
        folder = local_path(out)
        folder.mkdir(parents=True, exist_ok=True)
    except TypeError:
        msg = f"out must be a folder, got {out!r}"
        raise InvalidParameterError(msg) from None
    except OSError as error:
        msg = f"the folder {os.fspath(out)!r} cannot be made: {error.strerror or error}"
        raise OutputError(msg) from None
    path = folder / name
    if path.exists() and not overwrite:
        msg = (
            f"{path} exists; name another folder with --out (out), or replace it with --overwrite "
            "(overwrite=True)"
        )
        raise OutputError(msg)
    return path


def _words(way: _Way, cut: Cut, retrieved: str, digest: str) -> dict[str, Any]:
    terms = way.version.terms
    return {
        "title": terms.title,
        "dataset": "UCDP GED",
        "version": way.version.text,
        "way": way.name,
        "address": way.address,
        "retrieved": retrieved,
        "rows": cut.rows,
        "rows_of_version": cut.rows_of_version,
        "rows_without_place": cut.unplaced,
        "sha256": digest,
        "licence": terms.licence,
        "attribution": terms.attribution,
        "citation": terms.citation,
        "notes": f"{cut.rows} of {cut.rows_of_version} rows of the version were kept.",
    }


def _cut_words(ground: Ground | None, years: tuple[int, int] | None) -> dict[str, Any]:
    return {
        "bounds": None if ground is None else [round(edge, 6) for edge in ground.shape.bounds],
        "margin_km": None if ground is None else ground.margin_km,
        "years": None if years is None else list(years),
    }
