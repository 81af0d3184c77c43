"""Coordinates of UTM as text: zone, easting and northing, and which letter says what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.hints import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone.incidents.incident_table import Ledger

__all__ = ["UtmPosition", "utm_crs", "utm_position", "zone_frames"]

_LETTER = r"(?:(?P<word>north(?:ern)?|south(?:ern)?)|(?P<letter>[C-HJ-NP-X]))"
_ZONE = rf"(?:utm\W*)?(?:zone\W*)?(?P<zone>\d{{1,2}})\s*-?\s*(?:\(?{_LETTER}\)?(?:\s*hemisphere)?)?"
_EASTING = r"(?:E[a-z]*\W*)?(?P<x>\d{6}(?:[.,]\d+)?)\s*(?:m?\s*E)?(?:\s*m(?![a-z]))?"
_NORTHING = r"(?:N[a-z]*\W*)?(?P<y>\d{5,8}(?:[.,]\d+)?)\s*(?:m?\s*N)?(?:\s*m(?![a-z]))?"
_NORTHING_FIRST = (
    r"(?:N[a-z]*\W*)?(?P<y>\d{7}(?:[.,]\d+)?)\s*(?:m?\s*N)?(?:\s*m(?![a-z]))?[\s,;/:]+"
    r"(?:E[a-z]*\W*)?(?P<x>\d{6}(?:[.,]\d+)?)\s*(?:m?\s*E)?(?:\s*m(?![a-z]))?"
)
_GAP = r"[\s,;/:]+"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_ZONE}{_GAP}{_EASTING}{_GAP}{_NORTHING}",
        rf"{_EASTING}{_GAP}{_NORTHING}{_GAP}{_ZONE}",
        rf"{_ZONE}{_GAP}{_NORTHING_FIRST}",
        rf"{_NORTHING_FIRST}{_GAP}{_ZONE}",
    )
)
_ZONE_ALONE = re.compile(_ZONE, re.IGNORECASE)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_BAND_DEG = 8.0
_ZONES = range(1, 61)
# Of these zones both readings of an S, 32 to 40 N and 50 to 58 S, have land.
_BOTH_ON_LAND = range(18, 22)
_M_PER_DEG = 110_900.0
_STEP_M = 10_000.0  # far less than the slack by which northings are told from bands
_FALSE_NORTHING_M = 10_000_000.0
_SLACK_DEG = 0.7  # what a degree counted with one length is off by, and a little beyond the band


class UtmPosition(NamedTuple):
    """
    Coordinates of UTM as a text tells them.

    Attributes
    ----------
    easting_m, northing_m
        The coordinates. Units: m.
    crs
        CRS of zone and hemisphere.
    told
        How a letter was read that says two things; empty for others.
    problem
        Why it is no position; empty where it is one.
    """

    easting_m: float = np.nan
    northing_m: float = np.nan
    crs: str = ""
    told: str = ""
    problem: str = ""


def utm_position(text: str) -> UtmPosition | None:
    """Read zone, easting and northing from one text."""
    if not re.search(r"\d{6}", text):
        return None
    match = next((found for form in _FORMS if (found := form.fullmatch(text.strip()))), None)
    if match is None:
        return None
    x, y = (parse_number(match[name]).value for name in ("x", "y"))
    crs, told, problem = _frame(int(match["zone"]), match["letter"], match["word"], y)
    return UtmPosition(x, y, crs, told, problem)


def utm_crs(zone: object, northing_m: float) -> tuple[str, str, str]:
    """Tell the CRS of a zone that stands in a column of its own."""
    match = _ZONE_ALONE.fullmatch(re.sub(r"\.0$", "", str(zone).strip()))
    if match is None:
        return "", "", "is no zone of UTM, such as 38N"
    return _frame(int(match["zone"]), match["letter"], match["word"], northing_m)


def zone_frames(
    zones: Sequence[object], northings: Sequence[object], frames: Sequence[object], ledger: Ledger
) -> list[object]:
    """Give the CRS of each row by a column of zones, where no other says it."""
    found = list(frames)
    known: dict[tuple[object, float], tuple[str, str, str]] = {}
    for row, (zone, cell) in enumerate(zip(zones, northings, strict=True)):
        if is_missing(zone) or not is_missing(found[row]):
            continue
        y = parse_number(cell).value
        key = (zone, y // _STEP_M)
        if key not in known:
            known[key] = utm_crs(zone, y)
        found[row], told, problem = known[key]
        if told or problem:
            ledger.flag(row, "position", f"{shown(zone)} {told or problem}")
    return found


def _frame(zone: int, letter: str | None, word: str | None, y: float) -> tuple[str, str, str]:
    if zone not in _ZONES:
        return "", "", f"has zone {zone}, which is none of 1 to 60"
    if letter is None and word is None:
        return (
            "",
            "",
            (
                f"does not say whether zone {zone} is north or south of the equator: write {zone}N, or "
                f"pass {option('crs', f'EPSG:{32600 + zone}')}"
            ),
        )
    if word is not None:
        return _code(zone, south=word.casefold().startswith("s")), "", ""
    return _by_letter(zone, str(letter).upper(), y)


def _by_letter(zone: int, letter: str, y: float) -> tuple[str, str, str]:
    """Read a letter as the band it names, unless the northing lies where only a hemisphere fits."""
    north = y / _M_PER_DEG
    south = (y - _FALSE_NORTHING_M) / _M_PER_DEG
    if letter == "N":  # band or hemisphere, it is north of the equator
        return _code(zone, south=False), "", ""
    low = (_BANDS.index(letter) - _BANDS.index("N")) * _BAND_DEG
    high = 84.0 if letter == "X" else low + _BAND_DEG
    here = south if low < 0 else north
    in_band = low - _SLACK_DEG <= here <= high + _SLACK_DEG
    if letter != "S":
        if in_band:
            return _code(zone, south=low < 0), "", ""
        reach = f"{abs(low):g} to {abs(high):g} {'S' if low < 0 else 'N'}"
        return "", "", f"has a northing that does not lie in band {letter} ({reach})"
    if not in_band:
        told = f"read as zone {zone} of the southern hemisphere: band S (32 to 40 N) has no such northing"
        return _code(zone, south=True), told, ""
    if zone in _BOTH_ON_LAND:
        return (
            "",
            "",
            (
                f"may be band S (32 to 40 N) or the southern hemisphere: write {zone} north or "
                f"{zone} south, or pass {option('crs', _code(zone, south=False))} or "
                f"{option('crs', _code(zone, south=True))}"
            ),
        )
    told = f"read as zone {zone} in band S (32 to 40 N), not as the southern hemisphere"
    return _code(zone, south=False), told, ""


def _code(zone: int, *, south: bool) -> str:
    return f"EPSG:{(32_700 if south else 32_600) + zone}"
