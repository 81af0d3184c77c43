"""Whose side is whose along a user's line: as said, or as the ground on either side of it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone import datasets
from borderzone._guards import check_text, shown
from borderzone.border.chainage import Locator, point_at
from borderzone.border.countries import Country
from borderzone.border.sources import degrees_off_borders, on_land
from borderzone.crs import GEOD
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.border.parts import Part

__all__ = ["Asked", "Sided", "asked", "lies_in", "sided"]

_WORDS = ("left", "right")
# How far off the line its two sides are looked at: beyond the few km that the map of countries is
# off, and within what is still the side of a short piece of line. Units: km.
_OFFSETS_KM = (0.5, 2.0, 5.0, 10.0, 20.0)
_CLEAR_KM = 0.4
_PLACES = 40
# Of what is looked at on either side, so much more must speak for one answer than for the other.
_CLEAR, _LEAST = 1 / 3, 4
# A line whose coordinates are exchanged lies this near to a border once they are put right, and
# this far from any as it stands; in degrees, for a suspicion only.
_ON_A_BORDER_DEG, _OFF_BORDERS_DEG = 0.2, 1.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    What a user calls the two sides of a line, and how far that says which is which.

    Attributes
    ----------
    a, b
        The names in the order in which they were given.
    left
        The one that lies left of the line as it is drawn.
    how
        ``"given"`` where the user says so, ``"order"`` where only the order of the names does.
    """

    a: str
    b: str
    left: str
    how: str

    @property
    def right(self) -> str:
        """The other one."""
        return self.b if self.left == self.a else self.a


@dataclass(frozen=True, kw_only=True)
class Sided:
    """
    The parts of a line with the names of their sides.

    Attributes
    ----------
    course
        The parts.
    a, b
        Names of the sides: the codes of the two countries where the ground is theirs.
    how
        What decided: ``"given"``, ``"ground"`` or ``"order"``.
    remarks
        What a user must know of it.
    """

    course: tuple[Part, ...]
    a: str
    b: str
    how: str
    remarks: tuple[str, ...]


def asked(names: Any, left: Any, right: Any, *, usual: tuple[str, str] = _WORDS) -> Asked:
    """Take what a user calls the two sides."""
    said = {"left": left, "right": right}
    said = {
        side: check_text(name, side, longest=80) for side, name in said.items() if name is not None
    }
    pair = _pair(names, said, usual)
    here = [_which(name, pair, side) for side, name in said.items()]
    # The words "left" and "right" say it themselves.
    here += [
        (name, side) for name in pair for side in _WORDS if name.casefold() == side and not said
    ]
    lefts = {name if side == "left" else pair[1 - pair.index(name)] for name, side in here}
    if len(lefts) > 1:
        msg = f"left and right must be the two names {pair[0]!r} and {pair[1]!r}, one each, got {shown(said)}"
        raise InvalidParameterError(msg)
    how = "given" if lefts else "order"
    return Asked(a=pair[0], b=pair[1], left=lefts.pop() if lefts else pair[0], how=how)


def _pair(names: Any, said: dict[str, str], usual: tuple[str, str]) -> tuple[str, str]:
    if names is None:
        pair = (said.get("left", usual[0]), said.get("right", usual[1])) if said else usual
    elif isinstance(names, (tuple, list)) and len(names) == 2:
        pair = (
            check_text(names[0], "names", longest=80),
            check_text(names[1], "names", longest=80),
        )
    else:
        msg = (
            f"names must be two different words, for the two sides of the line, got {shown(names)}"
        )
        raise InvalidParameterError(msg)
    if Country.of(pair[0]).code == Country.of(pair[1]).code:
        msg = (
            f"names must be two different words, for left and right of the line, got {shown(pair)}"
        )
        raise InvalidParameterError(msg)
    return pair


def _which(name: str, pair: tuple[str, str], side: str) -> tuple[str, str]:
    for one in pair:
        if Country.of(one).code == Country.of(name).code:
            return one, side
    msg = f"{side} must be one of the two names, {pair[0]!r} or {pair[1]!r}, got {name!r}"
    raise InvalidParameterError(msg)


def sided(course: tuple[Part, ...], words: Asked) -> Sided:
    """
    Name the sides of a line: as the user says, else as the ground on either side says.

    The order of two names never decides in silence: where neither the user nor the ground says
    which is left, it is told that their order was taken.
    """
    grounds = {
        name: ground for name in (words.a, words.b) if (ground := _ground_of(name)) is not None
    }
    if not grounds:
        return _undecided(course, words, _suspicion(course))
    about = _Beside.of(course)
    known = {name: about.inside(ground) for name, ground in grounds.items()}
    met = {name: Country.of(name).code for name, within in known.items() if within.any()}
    if not met:
        return _undecided(course, words, _far(about, grounds))
    votes = about.votes(course, known)
    verdicts = [_verdict(row) for row in votes]
    verdict = _of_all(votes, verdicts)
    if words.how == "given":
        against = (_against(course),) if verdict < 0 else ()
        return _named(course, words, "given", met if verdict > 0 else {}, against)
    if verdict == 0:
        return _undecided(course, words, ())
    parts, turned = _by_ground(course, verdict, verdicts)
    remarks = (_turned_words(turned, len(parts)),) if turned else ()
    return _named(parts, words, "ground", met, remarks)


def _undecided(course: Sequence[Part], words: Asked, doubts: tuple[str, ...]) -> Sided:
    """Take what the user says, or the order of the names, and tell which of the two it was."""
    order = () if words.how == "given" else (_by_order(course, words),)
    return _named(course, words, words.how, {}, (*doubts, *order))


def _named(
    course: Sequence[Part], words: Asked, how: str, codes: dict[str, str], remarks: tuple[str, ...]
) -> Sided:
    """Call the sides by the codes of the countries whose ground was met there."""
    parts = [
        replace(part, left=codes.get(part.left, part.left), right=codes.get(part.right, part.right))
        for part in course
    ]
    a, b = (codes.get(name, name) for name in (words.a, words.b))
    return Sided(course=tuple(parts), a=a, b=b, how=how, remarks=remarks)


def lies_in(point: shapely.Point, name: str) -> bool:
    """Tell whether a place is on the land of a country."""
    ground = _ground_of(name)
    return ground is not None and bool(shapely.contains_xy(ground, point.x, point.y))


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """Places off a line to either side, with the part that they are beside."""

    beside: FloatArray
    part: IntArray
    left: BoolArray

    @classmethod
    def of(cls, course: Sequence[Part]) -> _Beside:
        each = max(4, _PLACES // len(course))
        shares = (np.arange(each) + 0.5) / each
        km = np.concatenate([part.km_start + shares * part.length_km for part in course])
        lon, lat = point_at(course, km)
        # Which side such a place is on is asked of the whole line: one that winds lies on both.
        off = [
            GEOD.fwd(lon, lat, np.full(len(km), azimuth), np.full(len(km), 1e3 * off_km))[:2]
            for off_km in _OFFSETS_KM
            for azimuth in range(0, 360, 90)
        ]
        beside = np.hstack(off).T
        chainage, offset = Locator(course).locate(*beside.T)
        clear = (
            np.abs(offset) >= _CLEAR_KM
        )  # others lie ahead of or behind where they were seen from
        starts = np.array([part.km_start for part in course])
        part = np.searchsorted(starts[1:], chainage[clear], side="right")
        return cls(beside=beside[clear], part=part, left=offset[clear] > 0)

    def inside(self, ground: shapely.Geometry, *, exchanged: bool = False) -> BoolArray:
        x, y = self.beside.T[::-1] if exchanged else self.beside.T
        return np.asarray(shapely.contains_xy(ground, x, y), dtype=bool)

    def votes(self, course: Sequence[Part], known: Mapping[str, BoolArray]) -> IntArray:
        """Count by part the places that agree with the names of its sides, and those against."""
        nowhere = np.zeros(len(self.part), dtype=bool)
        counts = np.zeros((len(course), 2), dtype=np.int64)
        for number, part in enumerate(course):
            here = self.part == number
            on_left, on_right = (known.get(name, nowhere)[here] for name in (part.left, part.right))
            left = self.left[here]
            counts[number] = (
                np.sum(on_left & left) + np.sum(on_right & ~left),
                np.sum(on_left & ~left) + np.sum(on_right & left),
            )
        return counts


def _ground_of(name: str) -> shapely.Geometry | None:
    """Land of a country by any of its names, None for what is no country."""
    return _grounds().get(Country.of(name).code)


@cache
def _grounds() -> Mapping[str, shapely.Geometry]:
    found: dict[str, shapely.Geometry] = {}
    for table in (datasets.world(), datasets.countries()):  # the finer one where there is one
        found |= dict(zip(table["code"], table.geometry, strict=True))
    for ground in found.values():
        shapely.prepare(ground)
    return MappingProxyType(found)


def _verdict(votes: IntArray) -> int:
    agree, against = (int(count) for count in votes)
    total = agree + against
    clear = total >= _LEAST and abs(agree - against) > _CLEAR * total
    return int(np.sign(agree - against)) if clear else 0


def _of_all(votes: IntArray, verdicts: Sequence[int]) -> int:
    """Give the verdict of the parts that have one, the longer looked at the more, else of all."""
    weighed = int(np.dot(verdicts, votes.sum(axis=1)))
    first = next((verdict for verdict in verdicts if verdict), 0)
    return int(np.sign(weighed)) or first or _verdict(votes.sum(axis=0))


def _by_ground(
    course: Sequence[Part], verdict: int, verdicts: Sequence[int]
) -> tuple[list[Part], int]:
    """Name each part by its own ground, and turn the open ones that run against the rest."""
    parts = [
        part.swapped() if (own or verdict) < 0 else part
        for part, own in zip(course, verdicts, strict=True)
    ]
    lead = next((part.left for part in parts if not part.is_ring), parts[0].left)
    against = [not part.is_ring and part.left != lead for part in parts]
    turned = [p.turned() if turn else p for p, turn in zip(parts, against, strict=True)]
    return turned, sum(against)


def _far(about: _Beside, grounds: Mapping[str, shapely.Geometry]) -> tuple[str, ...]:
    """Say that a line lies far from its countries; refuse one that is theirs once exchanged."""
    names = " or ".join(grounds)
    if _fits_exchanged(about.beside):
        mended = [about.inside(ground, exchanged=True) for ground in grounds.values()]
        if 2 * np.count_nonzero(np.any(mended, axis=0)) > len(about.beside):
            msg = (
                f"the line lies far from {names}, and beside it with longitude and latitude exchanged: "
                f"coordinates are longitude, latitude. {_CURE}"
            )
            raise InvalidGeometryError(msg)
    told = (
        f"The line lies nowhere within {_OFFSETS_KM[-1]:g} km of the land of {names}: check its "
        "coordinates, their reference system and the names."
    )
    return (told,)


def _suspicion(course: Sequence[Part]) -> tuple[str, ...]:
    km = np.linspace(0, course[-1].km_end, _PLACES)
    along = np.column_stack(point_at(course, km))
    return (_EXCHANGED,) if _fits_exchanged(along) and _better_exchanged(along) else ()


def _fits_exchanged(places: FloatArray) -> bool:
    return bool((np.abs(places[:, 0]) <= 90).all())


_CURE = (
    "Mend it with line.geometry.map(lambda g: shapely.transform(g, lambda xy: xy[:, ::-1])), or "
    "export it again with longitude first"
)
_EXCHANGED = (
    "Longitude and latitude of the line may be exchanged: as it stands it lies far from every land "
    "border or at sea, and exchanged it would not. Coordinates are longitude, latitude."
)


def _better_exchanged(along: FloatArray) -> bool:
    as_it_is, exchanged = degrees_off_borders(along), degrees_off_borders(along[:, ::-1])
    if np.median(exchanged) <= _ON_A_BORDER_DEG and np.median(as_it_is) >= _OFF_BORDERS_DEG:
        return True
    return bool(not on_land(along).any() and on_land(along[:, ::-1]).all())


def _by_order(course: Sequence[Part], words: Asked) -> str:
    part = course[0]
    middle = part.km_start + part.length_km * np.array([0.49, 0.51])
    lon, lat = point_at(course, middle)
    towards = float(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[0])
    compass = (
        "north",
        "north-east",
        "east",
        "south-east",
        "south",
        "south-west",
        "west",
        "north-west",
    )
    bearing = compass[round((towards - 90) / 45) % 8]
    return (
        f"Nothing says on which side of the line {words.left} and {words.right} lie; in the order of "
        f"the names {words.left} was put on its left as it is drawn, which in the middle is {bearing}. "
        f'Say left = "{words.left}" if that is right, and left = "{words.right}" if it is not.'
    )


def _against(course: Sequence[Part]) -> str:
    left, right = course[0].left, course[0].right
    return (
        f"{left} was given as left of the line and {right} as right, and the map of countries shows "
        "them the other way round: check which is which."
    )


def _turned_words(turned: int, count: int) -> str:
    some = "1 part was" if turned == 1 else f"{turned} parts were"
    return f"Of {count} parts of the line {some} drawn against the others and {'is' if turned == 1 else 'are'} turned."
