"""Positions in other spellings: degrees, minutes and seconds, grid references, two in one cell."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from borderzone.errors import DataError
from borderzone.incidents.cells import is_missing, parse_number, shown

if TYPE_CHECKING:
    from borderzone.incidents.schema import Ledger

__all__ = ["angle_deg", "mgrs_position", "plain_angles", "positions_in_one_column"]

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
_MGRS = re.compile(r"(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z]{2})(\d*)")


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
    r"""
    Read an angle of degrees, minutes and seconds, with or without a compass letter.

    Parameters
    ----------
    cell
        Text such as ``34°22'12"N``, ``34 22 12 N``, ``N34 22.2`` or ``34.37 N``.
    axis
        "lat" or "lon": which letters it may bear.

    Returns
    -------
    float or None
        The angle; None where the text is none, or bears a letter of the other axis. Units: degrees.

    Examples
    --------
    >>> angle_deg("34°22'12\"N", "lat"), angle_deg("W041 05.4", "lon"), angle_deg("41 E", "lat")
    (34.37, -41.09, None)
    """
    text = str(cell).strip()
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
    found = _ANGLE.fullmatch(" ".join(text.translate(_MARKS).split()).replace("- ", "-"))
    if not found or (letter and found[1]):
        return None
    parts = [float(part.replace(",", ".")) for part in found.groups()[1:] if part]
    whole = all(part == int(part) for part in parts[:-1])
    if not whole or any(part >= 60 for part in parts[1:]):
        return None
    angle = math.fsum(part / 60.0**power for power, part in enumerate(parts))
    return round(-angle if letter in ("S", "W") or found[1] == "-" else angle, 9)


def mgrs_position(cell: object) -> GridPosition | None:
    """
    Read a grid reference of the Military Grid Reference System.

    Parameters
    ----------
    cell
        Text such as ``37SGU1234567890``, spaces allowed.

    Returns
    -------
    GridPosition or None
        Centre of the square; None where the text is no grid reference.

    Raises
    ------
    DataError
        If the library for grid references is missing.
    """
    match = _MGRS.fullmatch(re.sub(r"\s+", "", str(cell)).upper())
    if not match or len(match[4]) % 2 or len(match[4]) > 10:
        return None
    try:
        import mgrs  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "grid references need pip install 'borderzone[mgrs]'; or give latitude and longitude"
        raise DataError(msg) from error
    half = len(match[4]) // 2
    side_m = 10.0 ** (5 - half)
    # The middle of the square, told to a metre: whether the library gives corner or middle of that
    # is then of no account.
    halves = [digits + "50000"[: 5 - half] for digits in (match[4][:half], match[4][half:])]
    middle = match[0][: match.start(4)] + "".join(halves)
    try:
        lat, lon = mgrs.MGRS().toLatLon(middle)
    except (mgrs.core.MGRSError, ValueError):
        return None
    return GridPosition(float(lat), float(lon), side_m * math.sqrt(0.5) / 1e3)


def plain_angles(cells: list[object], axis: str, ledger: Ledger) -> list[object]:
    """
    Turn degrees, minutes and seconds into numbers, and tell so.

    Parameters
    ----------
    cells
        Latitudes or longitudes as found.
    axis
        "lat" or "lon".
    ledger
        Where findings go.

    Returns
    -------
    list[object]
        The cells; those that were angles are numbers now, the others as they were.
    """
    known: dict[object, float | None] = {}
    word = "latitude" if axis == "lat" else "longitude"
    read = list(cells)
    for row, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        if cell not in known:
            plain = parse_number(cell).state != "bad"
            known[cell] = None if plain else angle_deg(cell, axis)
        angle = known[cell]
        if angle is not None:
            read[row] = angle
            ledger.fix(row, "degrees", f"{word} {shown(cell)} read as {angle:g}")
    return read


def positions_in_one_column(
    cells: list[object], part: str, ledger: Ledger
) -> tuple[list[object], list[object], list[float]]:
    """
    Split a column of grid references, or of latitude and longitude in one cell.

    Parameters
    ----------
    cells
        The column as found.
    part
        "mgrs" or "latlon".
    ledger
        Where findings go.

    Returns
    -------
    tuple of lists
        Latitudes and longitudes, cells or numbers, and the radius that a coarse grid reference
        leaves open (NaN below 1 km: a reference to a metre is no position known to a metre).
    """
    lat: list[object] = [""] * len(cells)
    lon: list[object] = [""] * len(cells)
    radius = [math.nan] * len(cells)
    known: dict[object, tuple[object, object, float] | None] = {}
    for row, cell in enumerate(cells):
        if is_missing(cell):
            continue
        if cell not in known:
            known[cell] = _in_mgrs(cell) if part == "mgrs" else _in_two(cell)
        found = known[cell]
        if found is None:
            kind = "a grid reference" if part == "mgrs" else "a latitude and a longitude"
            ledger.quarantine(row, "position unreadable", f"{shown(cell)} is not {kind}")
            continue
        lat[row], lon[row], radius[row] = found
    return lat, lon, radius


def _in_mgrs(cell: object) -> tuple[object, object, float] | None:
    found = mgrs_position(cell)
    if found is None:
        return None
    return found.lat, found.lon, found.radius_km if found.radius_km > 0.7 else math.nan


def _in_two(cell: object) -> tuple[object, object, float] | None:
    text = str(cell).strip().strip("()[]")
    for mark in (";", "/", "|", ", ", ",", " "):
        if text.count(mark) == 1:
            first, second = (part.strip() for part in text.split(mark))
            return (first, second, math.nan) if first and second else None
    match = re.fullmatch(r"(.*[NSns])[\s,;/]*(.*[EWew])|([NSns].*?)[\s,;/]*([EWew].*)", text)
    if match:
        return match[1] or match[3], match[2] or match[4], math.nan
    return None
