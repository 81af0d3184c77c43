"""How long a border is, measured and published, and over which length an answer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone._guards import percent
from borderzone.crs import KM_PER_MILE
from borderzone.study.patrols import lengths_told
from borderzone.study.told.words import fitting

if TYPE_CHECKING:
    from borderzone.border import Border
    from borderzone.study.result import StudyResult

__all__ = [
    "along_words",
    "at_length",
    "length_sentence",
    "length_words",
    "lengths",
    "published_words",
]


def lengths(result: StudyResult) -> tuple[str, ...]:
    """Name the lengths of the border for which unit counts are told."""
    return lengths_told(result.border, result.scenario.length)


def published_words(border: Border, unit: str = "km") -> str:
    """Write the published length of a border as finely as it is published."""
    assert border.published_length_km is not None  # noqa: S101 - asked before
    km = border.published_length_km
    words = f"{km:,.7g}"
    if unit == "km":
        return f"{words} km"
    # As many places in miles as in km.
    return f"{km / KM_PER_MILE:,.{len(words.partition('.')[2])}f} mi"


def length_words(border: Border, what: str = "") -> str:
    """Write how long a border is, with the published length where that is another."""
    words = f"{border.length_words()}{what}"
    if len(lengths_told(border, "measured")) == 1:
        return words
    return f"{words} (published: {published_words(border)})"


def along_words(result: StudyResult, length: str | None = None) -> str:
    """Write the length along which units are spread."""
    if (length or result.scenario.length) == "measured":
        return result.border.length_words()
    return published_words(result.border)


def at_length(result: StudyResult, length: str) -> str:
    """Say which length of the border a unit count stands on."""
    return f"at the {length} length of {along_words(result, length)}"


def length_sentence(result: StudyResult) -> str:
    """Say in forty words how long the border is, along which line, and what is published."""
    border = result.border
    names = " and ".join(border.names[code] for code in (border.a, border.b))
    base = (
        f"The border of {names} is {border.length_words()} ({border.length_words(unit='mi')}) long"
    )
    # Credits whole, else by their first words, which the list of data has whole.
    line = border.source.partition(",")[0]
    return fitting(
        f"{base}, measured on the ellipsoid along this line: {border.source}{_published(border)}.",
        f"{base} along this line: {border.source}{_published(border)}.",
        f"{base} along this line: {line}{_published(border, short=True)}.",
        f"{base}{_published(border, short=True, credit=False)}.",
    )


def _published(border: Border, *, short: bool = False, credit: bool = True) -> str:
    """Hold the measured length against the published one, where the two differ."""
    if border.published_length_km is None:
        return "; no published length is known to hold this against"
    if len(lengths_told(border, "measured")) == 1:
        return ""
    off = border.length_km / border.published_length_km - 1.0
    source = str(border.published_length_source)
    told = f"{published_words(border)} ({published_words(border, 'mi')})"
    if credit:
        told += f", by {source.partition(',')[0] if short else source}"
    return f"; that is {percent(abs(off))} {'longer' if off > 0 else 'shorter'} than the published length of {told}"
