"""Words that figures and report share: numbers as people say them, and the credits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.study.told import MODE_WORDS

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = [
    "ASSUMPTION_WORDS",
    "MODE_WORDS",
    "attribution",
    "signed",
]

# Name of an assumption in the tables -> what a reader calls it.
ASSUMPTION_WORDS = {
    "r50_factor": "detection range",
    "patrol_speed_factor": "speed of patrols",
    "crosser_speed_factor": "speed of crossers",
    "f_mask_position": "ground out of sight",
    "p_identify": "identification",
    "p_respond": "response",
    "shift_factor": "shifts",
    "availability": "availability",
}


def signed(number: float) -> str:
    """Return a whole number with its sign, with a minus and not a hyphen."""
    return f"{number:+,.0f}".replace("-", "−")


def attribution(result: StudyResult, *names: str) -> str:
    """Return the credits that a figure carries."""
    seen: dict[str, None] = {}
    for record in result.inputs:
        if names and record.embedded and record.name not in names:
            continue
        credit = (record.attribution or record.title).rstrip(".")
        terms = record.licence.replace("-", " ")
        told = terms.lower() in credit.replace("-", " ").lower() or len(terms) > 20
        seen.setdefault(credit if told else f"{credit} ({terms})")
    if result.event_credit and "article_incidents" not in {r.name for r in result.inputs}:
        seen.setdefault(result.event_credit.rstrip("."))
    return f"Sources: {'; '.join(seen)}." if seen else ""
