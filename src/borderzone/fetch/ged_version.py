"""Versions of the UCDP Georeferenced Event Dataset, and where each of them lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone.errors import InvalidParameterError
from borderzone.io.terms import ucdp_ged

if TYPE_CHECKING:
    from borderzone.io.terms import Terms

__all__ = ["API", "BULK", "GedFile", "GedVersion"]

BULK = "https://ucdp.uu.se/downloads/ged"
API = "https://ucdpapi.pcr.uu.se/api"

_YEARLY = re.compile(r"(?P<year>\d\d)\.(?P<issue>[12])")
_CANDIDATE = re.compile(r"(?P<year>\d\d)\.0\.(?P<month>1[0-2]|[1-9])")
_FIRST_YEAR = 17


@dataclass(frozen=True, kw_only=True)
class GedFile:
    """
    A file of the dataset: an archive, a page, or the joined pages.

    Attributes
    ----------
    name
        Name for messages.
    key
        Where it lies below the root of the server.
    file
        Name of its file.
    """

    name: str
    key: str
    file: str


@dataclass(frozen=True)
class GedVersion:
    """
    A version of the dataset.

    Attributes
    ----------
    text
        As UCDP writes it: "25.1", or "25.0.9" for a candidate of September 2025.
    """

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
        """Tell whether it is a monthly candidate."""
        return _CANDIDATE.fullmatch(self.text) is not None

    @property
    def terms(self) -> Terms:
        """Licence and the words that must travel with it."""
        return ucdp_ged(self.text)

    @property
    def archive(self) -> GedFile:
        """Name the archive of a yearly version."""
        name = f"ged{self.text.replace('.', '')}-csv.zip"
        return GedFile(name=name, key=name, file=name)

    @property
    def joined(self) -> GedFile:
        """Name the table that the joined pages make."""
        name = f"ged-{self.text}-api.csv"
        return GedFile(name=name, key=f"gedevents/{self.text}", file=name)

    def page(self, number: int, rows: int) -> GedFile:
        """Name a page of the service."""
        return GedFile(
            name=f"page {number} of UCDP GED {self.text}",
            key=f"{self.joined.key}?pagesize={rows}&page={number}",
            file=f"{number:05d}.json",
        )
