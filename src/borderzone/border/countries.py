"""Names of countries: any code or English name to the code of the border table."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from borderzone import datasets
from borderzone._guards import guarded, nearest
from borderzone.errors import BorderNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["Country"]


@guarded
@dataclass(frozen=True, kw_only=True)
class Country:
    """
    Codes and names of one country, or of a side that is none.

    Attributes
    ----------
    code
        Code in the border table: ISO alpha-3, or Natural Earth's own; of a side that is no
        country, the word by which it goes.
    name
        English name, or that word.
    known_as
        Every spelling that stands for it, codes included; none for what is no country.
    iso_alpha3
        ISO alpha-3 code; that of the border table where ISO has none.

    Examples
    --------
    >>> Country.named("iraq").code, Country.of("the desert").is_known
    ('IRQ', False)
    """

    code: str
    name: str
    known_as: tuple[str, ...]
    iso_alpha3: str

    @classmethod
    def named(cls, name: Any) -> Country:
        """
        Find a country by any code or name of it.

        Parameters
        ----------
        name
            ISO alpha-3 or alpha-2 code, Natural Earth's own code or an English name.

        Returns
        -------
        Country
            The country.

        Raises
        ------
        BorderNotFoundError
            If no country is called so; the message names the nearest.

        Examples
        --------
        >>> Country.named("Iraq").code, Country.named("SYR").name
        ('IRQ', 'Syria')
        """
        key = _plain(name) if isinstance(name, str) else ""
        if key in _spellings():
            return _countries()[_spellings()[key]]
        near = _nearest(key)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        msg = (
            f"no country is called {name!r}{hint}. Use an ISO code or an English name: "
            "borderzone.list_borders() shows them all"
        )
        raise BorderNotFoundError(msg)

    @classmethod
    def of(cls, word: Any) -> Country:
        """
        Take the word for one side of a border: a country, or what goes by that word alone.

        Parameters
        ----------
        word
            As for `named`, or any other word.

        Returns
        -------
        Country
            The country; where there is none, a record that is not `is_known` with the word as
            code and name.

        Examples
        --------
        >>> Country.of("Iraq").code, Country.of("the north").is_known
        ('IRQ', False)
        """
        code = _spellings().get(_plain(str(word)))
        if code is not None:
            return _countries()[code]
        return cls(code=str(word), name=str(word), known_as=(), iso_alpha3=str(word))

    @staticmethod
    def land_around(bounds: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
        """
        Give the land of all countries around a box.

        Parameters
        ----------
        bounds
            West, south, east, north. Units: degree.

        Returns
        -------
        geopandas.GeoDataFrame
            As `borderzone.datasets.countries` gives it, by ``code``.
        """
        return datasets.countries(around=bounds)

    @property
    def is_known(self) -> bool:
        """
        Tell a country from a word of one's own.

        Returns
        -------
        bool
            Whether it is in the border table.
        """
        return bool(self.known_as)


@cache
def _countries() -> Mapping[str, Country]:
    table = datasets.country_aliases().fillna("").astype(str)
    found = {}
    columns = [table[name] for name in ("code", "iso_a3", "iso_a2", "name", "aliases")]
    for code, iso_a3, iso_a2, name, aliases in zip(*columns, strict=True):
        spellings = [code, iso_a3, iso_a2, name, *aliases.split(";")]
        known_as = tuple(dict.fromkeys(word for word in spellings if word))
        found[code] = Country(code=code, name=name, known_as=known_as, iso_alpha3=iso_a3 or code)
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
    words = nearest(key, pool, n=12, cutoff=cutoff)
    # Of equally close codes, those that begin alike: the last letter is the easiest to miss.
    words.sort(key=lambda word: [a != b for a, b in zip(word, key, strict=False)])
    codes = dict.fromkeys(_spellings()[word] for word in words)
    return [f"{code} ({_countries()[code].name})" for code in codes][:4]


def _plain(name: str) -> str:
    """Fold case, accents, punctuation and a leading article."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(ch if ch.isalnum() else " " for ch in bare if not unicodedata.combining(ch))
    words = letters.replace(" s ", "s ").split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
