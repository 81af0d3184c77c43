"""Angles of degrees, minutes and seconds, and grid references."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from borderzone.errors import DataError
from borderzone.incidents.cells import parse_number, shown, trimmed

if TYPE_CHECKING:
    from borderzone.incidents.incident_table import Ledger

__all__ = [
    "GridPosition",
    "angle_deg",
    "by_their_letters",
    "mgrs_position",
    "plain_angles",
    "why_no_mgrs",
]

_LETTERS = {"lat": ("N", "S"), "lon": ("E", "W")}
_MARKS = str.maketrans(
    {
        "°": " ",
        "º": " ",
        "˚": " ",
        "d": " ",
        "D": " ",
        "'": " ",
        "’": " ",
        "′": " ",
        "´": " ",
        "m": " ",
        "″": " ",
        "”": " ",
        "“": " ",
        '"': " ",
        ":": " ",
        "s": " ",
        "\u2212": "-",
        "\u00a0": " ",
    }
)
_ANGLE = re.compile(
    r"([+-]?)\s*(\d{1,3}(?:[.,]\d+)?)(?:\s+(\d{1,2}(?:[.,]\d+)?))?(?:\s+(\d{1,2}(?:[.,]\d+)?))?"
)
_UNITS = re.compile(r"(?<![a-z])(?:deg(?:rees?)?|min(?:utes?)?|sec(?:onds?)?)\b\.?", re.IGNORECASE)
# As aircraft and ships write: 342212N, 0410524E, 34-22-12N.
_HYPHENS = re.compile(r"\d{1,3}-\d{1,2}(?:\.\d+)?(?:-\d{1,2}(?:\.\d+)?)?")
_PARTING = re.compile(r"[\s\-_./,:]+")
_MGRS = re.compile(
    r"(\d{1,2})[\s\-_./,:]*([C-HJ-NP-X])[\s\-_./,:]*([A-HJ-NP-Z]{2})([\d\s\-_./,:]*)"
)
_DIGITS = 10
_LONGEST = 200  # letters; an angle has fewer
_CUT_SHORT = (
    (
        re.compile(r"\d{1,2}[C-HJ-NP-X]"),
        "a grid zone alone, some 600 by 900 km, is no place: square and digits are absent",
    ),
    (
        re.compile(r"[A-HJ-NP-Z]{2}(\d\d){1,5}"),
        "it lacks its grid zone, such as 38S, before the square",
    ),
)


class GridPosition(NamedTuple):
    """
    A position read from a grid reference.

    Attributes
    ----------
    lat, lon
        Centre of the square. Units: degrees.
    radius_km
        Half its diagonal. Units: km.
    """

    lat: float
    lon: float
    radius_km: float


def angle_deg(cell: object, axis: str) -> float | None:
    r"""Read an angle of degrees, minutes and seconds, with or without a compass letter."""
    if len(str(cell)) > _LONGEST:
        return None
    text = _UNITS.sub(" ", trimmed(cell)).strip()
    letter = ""
    if re.search(r"\d\s*d.*\d\s*m.*\d\s*s$", text, re.IGNORECASE):
        text = text[:-1]  # seconds, as their degrees and minutes are marked alike
    # The compass letter first: an S at the end is south, not seconds.
    match = re.fullmatch(r"([NSEWnsew])\s*(.*)|(.*?)\s*([NSEWnsew])", text, re.DOTALL)
    if match:
        letter = (match[1] or match[4]).upper()
        text = match[2] if match[1] else match[3]
    if letter and letter not in _LETTERS[axis]:
        return None
    if letter:
        text = _parted(text)
    found = _ANGLE.fullmatch(" ".join(text.translate(_MARKS).split()).replace("- ", "-"))
    if not found or (letter and found[1]):
        return None
    parts = [float(part.replace(",", ".")) for part in found.groups()[1:] if part]
    whole = all(part == int(part) for part in parts[:-1])
    if not whole or any(part >= 60 for part in parts[1:]):
        return None
    angle = math.fsum(part / 60.0**power for power, part in enumerate(parts))
    return round(-angle if letter in ("S", "W") or found[1] == "-" else angle, 9)


def by_their_letters(
    lat_cells: list[object], lon_cells: list[object], ledger: Ledger
) -> tuple[list[object], list[object]]:
    """Exchange the cells of rows whose compass letters say that they stand in each other's column."""
    lat, lon = lat_cells, lon_cells
    if not any(_bears(cell, "EWew") for cell in _texts(lat_cells)):
        return lat, lon
    for row, (y, x) in enumerate(zip(lat_cells, lon_cells, strict=True)):
        if not (_bears(y, "EWew") and _bears(x, "NSns")):
            continue
        if angle_deg(y, "lon") is not None and angle_deg(x, "lat") is not None:
            if lat is lat_cells:
                lat, lon = list(lat_cells), list(lon_cells)
            lat[row], lon[row] = x, y
            told = f"{shown(y)} stood for the latitude, {shown(x)} for the longitude"
            ledger.fix(row, "swapped", told)
    return lat, lon


def _texts(cells: list[object]) -> set[str]:
    """Each different text of a column once."""
    return {cell for cell in cells if isinstance(cell, str)}


def _bears(cell: object, letters: str) -> bool:
    """Whether a text begins or ends with one of some letters."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return bool(text) and (text[0] in letters or text[-1] in letters)


def _parted(text: str) -> str:
    """Part degrees, minutes and seconds that are run together or joined by hyphens."""
    if _HYPHENS.fullmatch(text):
        return text.replace("-", " ")
    whole, mark, rest = text.partition(".")
    if not (whole + rest).isdecimal() or not 4 <= len(whole) <= 7:
        return text
    # An even number of digits has two of degrees, an odd one three.
    start = 2 + len(whole) % 2
    parts = [whole[:start], *(whole[i : i + 2] for i in range(start, len(whole), 2))]
    return " ".join(parts) + mark + rest


def mgrs_position(cell: object) -> GridPosition | None:
    """Read a grid reference of the Military Grid Reference System."""
    match = _MGRS.fullmatch(_bare_mgrs(cell))
    if not match or _digits_wrong(match[4]):
        return None
    digits = _PARTING.sub("", match[4])
    half = len(digits) // 2
    side_m = 10.0 ** (5 - half)
    # The middle of the square, told to a metre: whether the library gives corner or middle of that
    # is then of no account.
    halves = [part + "50000"[: 5 - half] for part in (digits[:half], digits[half:])]
    library = _mgrs()
    try:
        lat, lon = library.MGRS().toLatLon("".join([match[1], match[2], match[3], *halves]))
    except (library.core.MGRSError, ValueError):
        return None
    return GridPosition(float(lat), float(lon), side_m * math.sqrt(0.5) / 1e3)


def _mgrs() -> Any:
    try:
        import mgrs  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "grid references need pip install 'borderzone[mgrs]'; or give latitude and longitude"
        raise DataError(msg) from error
    return mgrs


def _bare_mgrs(cell: object) -> str:
    return re.sub(r"^\s*MGRS\s*[:=]?\s*", "", str(cell).upper()).strip()


def _digits_wrong(digits: str) -> bool:
    """Whether easting and northing cannot be told apart."""
    groups = _PARTING.sub(" ", digits).split()
    count = sum(map(len, groups))
    return bool(
        count % 2 or count > _DIGITS or (len(groups) == 2 and len(set(map(len, groups))) > 1)
    )


def why_no_mgrs(cell: object) -> str:
    """Say what is wrong with a text that begins like a grid reference."""
    text = _bare_mgrs(cell)
    match = _MGRS.fullmatch(text)
    if match is None:
        return next((why for form, why in _CUT_SHORT if form.fullmatch(_PARTING.sub("", text))), "")
    digits = len(_PARTING.sub("", match[4]))
    if digits % 2:
        return (
            f"it has {digits} digits, an odd number: easting and northing need the same number of "
            "digits"
        )
    if digits > _DIGITS:
        return f"it has {digits} digits, more than the 10 of one metre"
    if _digits_wrong(match[4]):
        return "easting and northing have not the same number of digits"
    return f"there is no square {match[3]} in grid zone {match[1]}{match[2]}"


def plain_angles(cells: list[object], axis: str, ledger: Ledger) -> list[object]:
    """Turn degrees, minutes and seconds into numbers, and tell so."""
    known = {
        cell: angle
        for cell in _texts(cells)
        if parse_number(cell).state == "bad" and (angle := angle_deg(cell, axis)) is not None
    }
    word = "latitude" if axis == "lat" else "longitude"
    read = list(cells)
    for row, cell in enumerate(cells if known else ()):
        if isinstance(cell, str) and cell in known:
            read[row] = known[cell]
            ledger.fix(row, "degrees", f"{word} {shown(cell)} read as {known[cell]:g}")
    return read
