"""Words that figures and report share: numbers as people say them, and the credits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = [
    "ASSUMPTION_WORDS",
    "MODE_WORDS",
    "attribution",
    "left_out_words",
    "say",
    "sensor_words",
    "signed",
]

MODE_WORDS = {"vehicle_off_road": "by vehicle off road", "vehicle": "by vehicle", "foot": "on foot"}
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


def say(number: float) -> str:
    """
    Return a number of units as one would say it, to three digits at most.

    Parameters
    ----------
    number
        The number; infinity where no number is enough.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> say(1234.5), say(87.2), say(float("inf"))
    ('1,230', '87', 'no number of')
    """
    if not math.isfinite(number):
        return "no number of"
    if number < 100:
        return f"{number:.0f}"
    digits = 2 - math.floor(math.log10(abs(number)))
    return f"{round(number, digits):,.0f}"


def signed(number: float) -> str:
    """
    Return a whole number with its sign, with a minus and not a hyphen.

    Parameters
    ----------
    number
        The number.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> signed(-1234.4), signed(8.0)
    ('−1,234', '+8')
    """
    return f"{number:+,.0f}".replace("-", "−")


def sensor_words(result: StudyResult) -> str:
    """
    Name what patrols watch with.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    str
        The words.
    """
    sensor = result.scenario.force.sensor
    name = str(getattr(sensor, "name", sensor)).replace("_", " ")
    return f"the {name}" if not name.endswith("s") else name


def left_out_words(result: StudyResult) -> str:
    """
    Say how many incidents are too vague to be in a figure.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    str
        A sentence; empty for a study without incidents.
    """
    counts = next((t.attrs for t in (result.overlay, result.pressure) if t is not None), None)
    if counts is None:
        return ""
    total = counts["n_events"]
    return f"{total - counts['n_placed']} of {total} incidents are too vague to be placed."


def attribution(result: StudyResult, *names: str) -> str:
    """
    Return the credits that a figure carries.

    Parameters
    ----------
    result
        What a study gave.
    *names
        Names of the embedded data it shows; what a user gave is always
        credited, and all data without names.

    Returns
    -------
    str
        Sources with licences, each once.
    """
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
