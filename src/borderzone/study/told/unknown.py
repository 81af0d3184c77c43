"""What a study does not know: each quantity that is missing, why, and what brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.study.given import Missing, joined

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.study.result import StudyResult

__all__ = [
    "HIDDEN_WORDS",
    "MEASURED",
    "first_reason",
    "hidden",
    "incident_line",
    "lacking",
    "no_overlay",
    "no_travel_times",
    "no_weights",
    "nowhere",
    "silent_zones",
    "without_elevation",
]

MEASURED = "lines of sight"
# Layers that a quantity needs, in the order in which they are told.
_NEEDS = {
    "remote desert": ("elevation", "landcover", "origins"),
    "cave-prone ground": ("elevation", "karst"),
    "travel times": ("elevation", "origins"),
    "units": ("elevation",),
}
HIDDEN_WORDS = "not shown, for it would tell where posts are"
_NOT_HERE = Missing(
    layer="landcover",
    reason="the layers given say nothing of this corridor",
    cure="give layers that cover it",
)


def lacking(result: StudyResult, quantity: str) -> tuple[Missing, ...]:
    """Name the layers that a quantity needs and a study lacks."""
    missing = result.missing
    if "sections" in missing:
        return (missing["sections"],)
    return tuple(missing[layer] for layer in _NEEDS[quantity] if layer in missing)


def nowhere(result: StudyResult, quantity: str, *, cure: bool = True) -> str:
    """Say that a quantity is not known anywhere, why, and what brings it."""
    if hidden(result) and "origins" in _NEEDS[quantity]:
        return HIDDEN_WORDS
    return joined(lacking(result, quantity) or (_NOT_HERE,), cure=cure)


def first_reason(result: StudyResult, quantity: str) -> str:
    """Say in a title that a quantity is not known, with the first reason alone."""
    if hidden(result) and "origins" in _NEEDS[quantity]:
        return HIDDEN_WORDS
    return joined((lacking(result, quantity) or (_NOT_HERE,))[:1], cure=False)


def hidden(result: StudyResult) -> bool:
    """Tell whether remote desert is known but not shown, because it would tell of posts."""
    return result.ground.origins is None and bool(result.ground.origin_kind)


def incident_line(result: StudyResult) -> str:
    """Say in one line where all rows of the incident table went."""
    if result.incidents.account is not None:
        return result.incidents.account.line
    lack = result.missing.get("incidents")
    return "incidents are not known" if lack is None else f"incidents are {lack.words}"


def no_travel_times(result: StudyResult) -> str:
    """Say that a figure of travel times cannot be given."""
    if hidden(result):
        return f"the study of {result.name} tells no travel times, for posts are not shown"
    return f"the study of {result.name} has no travel times: {nowhere(result, 'travel times')}"


def no_overlay(result: StudyResult) -> str:
    """Say why no incidents lie over zones."""
    if "incidents" in result.missing:
        return result.missing["incidents"].words
    if result.zones is None:
        return f"zones are {nowhere(result, 'units')}"
    if result.incidents.account is not None and not result.incidents.account.any_placed:
        return f"none can be placed ({result.incidents.account.line})"
    return "there is no flagged zone on the ground that is known"


def silent_zones(overlay: pd.DataFrame) -> str:
    """Say how many zones lie on ground of which a table of incidents cannot speak."""
    number = int((overlay["silent"] != "").sum())
    zones, lie = ("zone", "lies") if number == 1 else ("zones", "lie")
    return f"{number} {zones} {lie} on ground of which the table cannot speak"


def no_weights(result: StudyResult) -> str:
    """Say why segments have no weights by incidents."""
    if "incidents" in result.missing:
        return result.missing["incidents"].words
    if result.incidents.account is not None and not result.incidents.account.any_placed:
        return f"none can be placed ({result.incidents.account.line})"
    return "this edition does not tell them, or the table of incidents holds no row"


def without_elevation(result: StudyResult, what: str) -> str:
    """Say that a figure or table of patrols cannot be given."""
    return f"the study of {result.name} has no {what}: {nowhere(result, 'units')}"
