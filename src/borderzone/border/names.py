"""Names of countries: any code or English name to the code of the border table."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from borderzone import datasets
from borderzone.errors import BorderNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Country", "code_or_name", "country_code", "country_name", "is_country", "iso_alpha3"]


@dataclass(frozen=True, kw_only=True)
class Country:
    """
    Codes and names of one country.

    Attributes
    ----------
    code
        Code in the border table: ISO alpha-3, or Natural Earth's own.
    name
        English name.
    known_as
        Every spelling that stands for it, codes included.
    iso_alpha3
        ISO alpha-3 code; that of the border table where ISO has none.
    """

    code: str
    name: str
    known_as: tuple[str, ...]
    iso_alpha3: str


def country_code(name: Any) -> str:
    """Code of the border table for any code or name of a country."""
    key = _plain(name) if isinstance(name, str) else ""
    if key in _spellings():
        return _spellings()[key]
    near = _nearest(key)
    hint = f"; the nearest are {', '.join(near)}" if near else ""
    msg = (
        f"no country is called {name!r}{hint}. Use an ISO code or an English name: "
        "borderzone.list_borders() shows them all"
    )
    raise BorderNotFoundError(msg)


def code_or_name(name: Any) -> str:
    """Code of a country, or the name itself where it is none."""
    return _spellings().get(_plain(str(name)), str(name))


def country_name(code: str) -> str:
    """English name of a country by the code of the border table."""
    country = _countries().get(code)
    return country.name if country else code


def is_country(name: Any) -> bool:
    """Tell whether a word is a code or name of a country."""
    return _plain(str(name)) in _spellings()


def iso_alpha3(code: str) -> str:
    """ISO alpha-3 code of a country by the code of the border table."""
    country = _countries().get(code)
    return country.iso_alpha3 if country else code


@cache
def _countries() -> Mapping[str, Country]:
    table = datasets.country_aliases().fillna("")
    found = {}
    for row in table.itertuples(index=False):
        spellings = [row.code, row.iso_a3, row.iso_a2, row.name, *row.aliases.split(";")]
        known_as = tuple(dict.fromkeys(word for word in spellings if word))
        found[row.code] = Country(
            code=row.code, name=row.name, known_as=known_as, iso_alpha3=row.iso_a3 or row.code
        )
    return MappingProxyType(found)


@cache
def _spellings() -> Mapping[str, str]:
    return MappingProxyType(
        {_plain(word): c.code for c in _countries().values() for word in c.known_as}
    )


def _nearest(key: str) -> list[str]:
    """Name the closest countries, codes compared with codes and names with names."""
    short = len(key) <= 3
    pool = [word for word in _spellings() if (len(word) <= 3) == short]
    cutoff = 0.5 if short else 0.6
    words = difflib.get_close_matches(key, pool, n=12, cutoff=cutoff)
    # Of equally close codes, those that begin alike: the last letter is the easiest to miss.
    words.sort(key=lambda word: [a != b for a, b in zip(word, key, strict=False)])
    codes = dict.fromkeys(_spellings()[word] for word in words)
    return [f"{code} ({country_name(code)})" for code in codes][:4]


def _plain(name: str) -> str:
    """Fold case, accents, punctuation and a leading article."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(ch if ch.isalnum() else " " for ch in bare if not unicodedata.combining(ch))
    words = letters.replace(" s ", "s ").split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
