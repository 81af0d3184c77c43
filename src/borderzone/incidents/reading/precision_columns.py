"""Columns in which a table states how precise its positions are: classes, and radii in km or metres."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.hints import option
from borderzone.incidents.incident_table import COLUMNS
from borderzone.incidents.placing.codebooks import UNSTATED
from borderzone.incidents.reading.aliases import plain_name
from borderzone.incidents.reading.layouts import own_column
from borderzone.incidents.reading.marks import COLLECTIONS, filled, scheme_of
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.incident_table import Ledger
    from borderzone.incidents.reading.layouts import Layout

__all__ = ["UNSTATED_TOLD", "StatedPrecision", "stated_precision", "unstated_words"]

UNSTATED_TOLD = f"state no precision: {UNSTATED.scale_km:g} km are taken"
"""How the sentence on rows without precision ends."""


_CLASSES = {name: known.classes for name, known in COLLECTIONS.items()}
_UNIT_KM = dict.fromkeys(
    ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"), 1.0
) | dict.fromkeys(("m", "mtr", "meter", "meters", "metre", "metres"), 0.001)
_SAYS = frozenset(
    {"precision", "prec", "accuracy", "uncertainty", "geoprecision", "geoprec", "geoaccuracy"}
    | {"imprecision", "inaccuracy", "genauigkeit", "unsicherheit", "präzision", "précision"}
    | {"incertitude", "precisión", "exactitud", "incertidumbre", "doğruluk", "hassasiyet", "دقة"}
)
# These say it of a place only.
_MAY_SAY = frozenset({"error", "radius", "quality", "confidence", "certainty"})
_OF_A_PLACE = frozenset(
    {"geo", "loc", "location", "position", "positional", "coordinate", "coordinates", "coord"}
    | {"coords", "horizontal", "gps", "spatial", "where", "place", "point", "circular", "xy"}
    | {"geographic", "in", "of", "the", "est", "estimated", "max"}
)
_OF_SOMETHING_ELSE = frozenset(
    {
        "original",
        "time",
        "date",
        "temporal",
        "vertical",
        "altitude",
        "elevation",
        "height",
        "speed",
        "bearing",
    }
    | {"heading", "course", "event", "source", "actor"}
)
_WITH_UNIT = re.compile(r"[±~<]?\s*(\d+(?:[.,]\d+)?)\s*([a-z]+)\.?")
_WORDS = frozenset(
    {"exact", "precise", "approximate", "approximative", "approx", "imprecise", "estimated"}
    | {"centroid", "interpolated", "rooftop", "admin1", "admin2", "adm1", "adm2"}
)
_LOOK_AT = 50


class StatedPrecision(NamedTuple):
    """
    How precise positions are, as their table states it.

    Attributes
    ----------
    where_prec, where_scheme
        Class and its code book, row by row.
    radius_km
        Radius; NaN where none is stated.
    parts
        Part to column, with those that were taken for class and radius.
    """

    where_prec: Any
    where_scheme: Any
    radius_km: FloatArray
    parts: dict[str, str]


class _Radii(NamedTuple):
    """A column of radii and its unit: "km", "m", or "" where each cell tells its own."""

    name: str
    unit: str


class _Class(NamedTuple):
    """What a cell of a class comes to."""

    code: int
    scheme: str
    problem: str


class _Radius(NamedTuple):
    """What a cell of a radius comes to, and what is told of its row."""

    km: float
    how: str = ""
    kind: str = ""
    told: str = ""


class _Source(NamedTuple):
    """A column of classes, the code book that its name tells, and whether rows may name another."""

    name: str
    scheme: str
    by_row: bool


def stated_precision(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    given: Collection[str],
    ledger: Ledger,
) -> StatedPrecision:
    """Read what a table states of its precision, whichever columns state it."""
    found = {part: name for part, name in parts.items() if part not in ("where_prec", "radius_km")}
    sources = _class_sources(raw, layouts, parts, given)
    radii = _radius_columns(raw, parts)
    if layouts[0].name != "borderzone":
        if not sources:
            sources = _by_likeness(raw, layouts[0], set(found.values()), ledger)
        taken = {*found.values(), *(one.name for one in sources), *(one.name for one in radii)}
        for name in [str(name) for name in raw.columns if name not in taken]:
            _tell_untaken(raw[name], name, ledger)
        for one in radii:
            if parts.get("radius_km") != one.name or one.unit == "m":
                unit = {"km": "km", "m": "metres"}.get(one.unit, "the unit that each cell tells")
                ledger.note(f"column {one.name!r} is read as the radius of uncertainty, in {unit}")
    if sources:
        found["where_prec"] = sources[0].name
    if radii:
        found["radius_km"] = radii[0].name
    schemes = raw[found["where_scheme"]] if "where_scheme" in found else None
    return StatedPrecision(
        *_classes(raw, sources, schemes, ledger), _radii(raw, radii, ledger), found
    )


def unstated_words(unstated: BoolArray, usable: BoolArray) -> str:
    """Say how many events are taken to lie somewhere near their point."""
    n_rows, n_unstated = int(usable.sum()), int((unstated & usable).sum())
    rows = "rows" if n_rows == len(usable) else "usable rows"
    return f"{n_unstated:,} of {n_rows:,} {rows} {UNSTATED_TOLD}" if n_unstated else ""


def _class_sources(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    given: Collection[str],
) -> list[_Source]:
    """Columns of classes: that of the layout, then those of other collections."""
    usual = layouts[0].name if layouts[0].name in COLLECTIONS else "ucdp"
    main, sources = parts.get("where_prec"), []
    if main is not None:
        own = scheme_of(main)
        if own or "where_prec" in given or _any_code(raw[main], usual):
            by_row = own in ("", "ucdp") or "where_prec" in given
            sources.append(_Source(main, own or usual, by_row))
    if "where_prec" in given or layouts[0].name == "borderzone":
        return sources
    by_plain = {plain_name(str(name)): str(name) for name in reversed(list(raw.columns))}
    marked = {layout.name for layout in layouts}
    for name, known in COLLECTIONS.items():
        other = own_column(by_plain, known.precision)
        # What the GTD calls specificity is a word of other fields too.
        certain = known.precision in known.strong or known.precision in COLUMNS or name in marked
        if other is not None and other != main and certain:
            sources.append(_Source(other, name, by_row=known.precision in COLUMNS))
    return sources


def _by_likeness(
    raw: pd.DataFrame, layout: Layout, taken: set[str], ledger: Ledger
) -> list[_Source]:
    """In a table of a collection whose own column was renamed: one that holds its codes only."""
    if layout.name not in COLLECTIONS:
        return []
    for name in [str(name) for name in raw.columns if name not in taken]:
        if _says_precision(name) and _only_codes(raw[name], layout.name):
            told = f"column {name!r} is read as the classes of precision of {layout.dataset}"
            ledger.note(told)
            return [_Source(name, layout.name, by_row=False)]
    return []


def _radius_columns(raw: pd.DataFrame, parts: Mapping[str, str]) -> list[_Radii]:
    """Columns of radii, that which the user or the alias table names first."""
    main = parts.get("radius_km")
    found = [] if main is None else [_Radii(main, _unit_of(main) or "km")]
    for name in [str(name) for name in raw.columns if name not in parts.values()]:
        unit, column = _unit_of(name), raw[name]
        if unit and filled(column).any():
            found.append(_Radii(name, unit))
        elif _says_precision(name) and _all_tell_units(column):
            found.append(_Radii(name, ""))
    return found


def _all_tell_units(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    cells = Spellings(column[filled(column)]).cells
    texts = [str(cell).strip().casefold() for cell in cells]
    told = [_WITH_UNIT.fullmatch(text) for text in texts]
    return bool(told) and all(one is not None and one[2] in _UNIT_KM for one in told)


def _tokens(name: str) -> list[str]:
    """Words of a name, also where capitals part them."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name)
    return [word for word in plain_name(parted).split("_") if word]


def _unit_of(name: str) -> str:
    """Give the unit of a column of radii, "km" or "m"; empty for other columns."""
    words = _tokens(name)
    units = [word for word in words if word in _UNIT_KM]
    others = {word for word in words if word not in _UNIT_KM}
    says = others & (_SAYS | _MAY_SAY)
    if len(units) != 1 or not says or others - _SAYS - _MAY_SAY - _OF_A_PLACE:
        return ""
    return "km" if _UNIT_KM[units[0]] == 1.0 else "m"


def _says_precision(name: str) -> bool:
    words = set(_tokens(name))
    if words & _OF_SOMETHING_ELSE:
        return False
    return bool(words & _SAYS or (words & _MAY_SAY and words & _OF_A_PLACE))


def _tell_untaken(column: pd.Series, name: str, ledger: Ledger) -> None:
    """Say that a column which looks like a precision was not taken, and what takes it."""
    if column.dtype == "geometry" or not (_says_precision(name) or _only_words(column)):
        return
    if filled(column).any():
        classes, radius = (option("columns", {part: name}) for part in ("where_prec", "radius_km"))
        ledger.note(
            f"column {name!r} looks like a precision and was not taken: {classes} reads it as "
            f"classes of UCDP (1 exact to 7), {radius} as a distance in km"
        )


def _only_words(column: pd.Series) -> bool:
    """Whether a column holds nothing but words such as "approximate"."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    some = column.iloc[:_LOOK_AT]
    words = {str(cell).strip().casefold() for cell in some[filled(some)].tolist()}
    return bool(words) and words <= _WORDS


def _any_code(column: pd.Series, scheme: str) -> bool:
    return any(_code_of(cell, scheme) is not None for cell in Spellings(column).cells)


def _only_codes(column: pd.Series, scheme: str) -> bool:
    cells = Spellings(column[filled(column)]).cells
    return bool(cells) and all(_code_of(cell, scheme) is not None for cell in cells)


def _code_of(cell: object, scheme: str) -> int | None:
    number = parse_number(cell)
    known = number.state == "ok" and number.value in _CLASSES[scheme]
    return int(number.value) if known else None


def _classes(
    raw: pd.DataFrame, sources: Sequence[_Source], schemes: pd.Series | None, ledger: Ledger
) -> tuple[Any, Any]:
    """Class and code book of each row, from the first column that says anything there."""
    codes, books = np.zeros(len(raw), dtype=np.int64), np.full(len(raw), "", dtype=object)
    for source in sources:
        rows = np.flatnonzero(filled(raw[source.name]) & (books == ""))
        spelled = Spellings(raw[source.name].iloc[rows])
        if source.by_row and schemes is not None:
            pairs = zip(raw[source.name].iloc[rows].tolist(), schemes.iloc[rows], strict=True)
            spelled = Spellings(pd.Series(list(pairs), dtype=object))
        read = [_class_of(cell, source) for cell in spelled.cells]
        codes[rows] = np.array([one.code for one in read], dtype=np.int64)[spelled.numbers]
        books[rows] = np.array([one.scheme for one in read], dtype=object)[spelled.numbers]
        for number, one in enumerate(read):
            for row in rows[spelled.rows(number)].tolist() if one.problem else ():
                ledger.quarantine(row, "precision class", one.problem)
    return pd.arrays.IntegerArray(codes, books == ""), books.tolist()


def _class_of(cell: object, source: _Source) -> _Class:
    cell, said = cell if isinstance(cell, tuple) else (cell, "")
    if is_missing(cell):
        return _Class(0, "", "")
    scheme = source.scheme if is_missing(said) else str(said).strip()
    if scheme not in _CLASSES:
        books = ", ".join(_CLASSES)
        return _Class(0, "", f"where_scheme {shown(scheme)} is none of {books}")
    code, allowed = _code_of(cell, scheme), _CLASSES[scheme]
    if code is not None:
        return _Class(code, scheme, "")
    told = f"where_prec {shown(cell)} is not one of {allowed.start} to {allowed.stop - 1}"
    return _Class(0, "", told)


def _radii(raw: pd.DataFrame, columns: Sequence[_Radii], ledger: Ledger) -> FloatArray:
    radii = np.full(len(raw), np.nan)
    tell = {"fix": ledger.fix, "flag": ledger.flag, "quarantine": ledger.quarantine}
    for column in columns:
        rows = np.flatnonzero(filled(raw[column.name]) & np.isnan(radii))
        spelled = Spellings(raw[column.name].iloc[rows])
        read = [_radius_of(cell, 0.001 if column.unit == "m" else 1.0) for cell in spelled.cells]
        radii[rows] = np.array([one.km for one in read], dtype=float)[spelled.numbers]
        for number, one in enumerate(read):
            for row in rows[spelled.rows(number)].tolist() if one.told else ():
                tell[one.how](row, one.kind, one.told)
    return radii


def _radius_of(cell: object, unit_km: float) -> _Radius:
    number = parse_number(cell)
    value = number.value * unit_km
    if number.state == "bad" and (told := _WITH_UNIT.fullmatch(str(cell).strip().casefold())):
        value = float(told[1].replace(",", ".")) * _UNIT_KM.get(told[2], np.nan)
    if number.state == "missing":
        return _Radius(np.nan)
    if np.isnan(value) or value < 0:
        return _Radius(
            np.nan, "quarantine", "radius", f"radius_km {shown(cell)} is not a distance in km"
        )
    if value == 0:
        return _Radius(
            np.nan, "flag", "radius", "radius_km 0 is no stated precision and is left out"
        )
    if number.state == "comma":
        return _Radius(value, "fix", "decimal comma", f"radius {shown(cell)} read as {value:g}")
    return _Radius(value)
