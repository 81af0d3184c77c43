"""What a study lacks: which layer, why, what is not known without it, and how to bring it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from borderzone.border import Border

__all__ = ["LAYER_WORDS", "Missing", "joined", "missing_layer"]

# Layer -> what people call it.
LAYER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "elevation": "elevation",
        "landcover": "land cover",
        "karst": "map of soluble rock",
        "origins": "origin of travel times",
        "incidents": "table of incidents",
    }
)
# Layer -> what nobody knows without it.
_WITHOUT = {
    "sections": (
        "Terrain, travel times, flags, zones, detection rates and unit counts are not known; length, "
        "segments, night and light, and incidents along the border are given"
    ),
    "elevation": (
        "Terrain, travel times, flags, zones, detection rates and unit counts are not known"
    ),
    "landcover": "How much of the corridor is remote desert is not known",
    "karst": "Which ground is cave-prone is not known",
    "origins": "Travel times, and with them remote desert, are not known",
    "incidents": "What was reported along this border is not known",
}


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    A layer that a study lacks.

    Attributes
    ----------
    layer
        ``"elevation"``, ``"landcover"``, ``"karst"``, ``"origins"`` or ``"incidents"``;
        ``"sections"`` where the corridor has several frames and no ground was read at all.
    reason
        Why it lacks it.
    cure
        How to bring it, from where the user is.
    """

    layer: str
    reason: str
    cure: str

    @property
    def words(self) -> str:
        """Say that it is not known, why, and what brings it."""
        return f"not known: {self.reason}; {self.cure}"

    @property
    def note(self) -> str:
        """Say what cannot be given without the layer."""
        return f"{_WITHOUT[self.layer]}: {self.reason}; {self.cure}."


def joined(lacking: Iterable[Missing], *, cure: bool = True) -> str:
    """Say of a quantity that it is not known, for one reason or several."""
    told = [f"{each.reason}; {each.cure}" if cure else each.reason for each in lacking]
    return f"not known: {'; and '.join(told)}" if told else "not known"


def missing_layer(layer: str, source: object, border: Border, *, why: str = "") -> Missing:
    """Say why a study lacks a layer, and how to bring it."""
    reason = why
    if source is None:
        reason = f"no {LAYER_WORDS[layer]} was given"
    elif not reason:
        reason = f"the embedded {LAYER_WORDS[layer]} does not reach this corridor"
    return Missing(layer=layer, reason=reason, cure=_cure(layer, border))


def _cure(layer: str, border: Border) -> str:
    # A line of one's own is not the one that two names stand for, and nor is a part of that.
    shipped = border.sides == "source" and border.cut_km is None
    where = f"{border.a} {border.b}" if shipped else "STUDY.toml"
    # Its sides may have names that no command knows.
    countries = border.sides in ("source", "ground")
    events = f"--a {border.a} --b {border.b}" if countries else "--bbox W S E N"
    return {
        "elevation": f"`borderzone fetch dem {where}` brings it",
        "landcover": f"`borderzone fetch landcover {where}` brings it",
        "karst": "name polygons with susceptibility 1 to 3, GLiM or WOKAM as karst",
        "origins": "name posts or towns as origins",
        "incidents": f"`borderzone fetch ucdp {events}` brings public ones, to be named as incidents",
    }[layer]
