"""Which sheet or layer of a file holds the incidents, where the user does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.hints import option

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["one_name", "only_one"]

_SHOWN = 20


def one_name(sheet: Any, layer: Any) -> str | None:
    """Take the name of a sheet or a layer, which are two words for one thing."""
    for option_name, given in (("sheet", sheet), ("layer", layer)):
        if given is not None and not isinstance(given, str):
            msg = f"{option_name} must be the name of one, as a text, got {given!r}"
            raise InvalidParameterError(msg)
    if sheet is not None and layer is not None and sheet != layer:
        msg = (
            f"{option('sheet', sheet)} and {option('layer', layer)} name two parts of the file; they "
            "are two words for one thing: give one of them"
        )
        raise InvalidParameterError(msg)
    name: str | None = layer if sheet is None else sheet
    return name


def only_one(placed: Sequence[str], file: str, kind: Literal["sheet", "layer"]) -> NoReturn:
    """Refuse a file of which several sheets or layers hold incidents."""
    told = ", ".join(map(repr, placed[:_SHOWN]))
    more = f" and {len(placed) - _SHOWN:,} more" if len(placed) > _SHOWN else ""
    msg = (
        f"{file} holds incidents on several {kind}s ({told}{more}); read one at a time with "
        f"{option(kind, placed[0])}"
    )
    raise DataError(msg)
