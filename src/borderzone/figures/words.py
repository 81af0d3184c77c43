"""Words that figures and report share: numbers as people say them, and the credits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["attribution", "say"]


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


def attribution(result: StudyResult) -> str:
    """
    Return the credits that every figure of a study carries.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    str
        Sources with licences, each once.
    """
    seen: dict[str, str] = {}
    for record in result.inputs:
        credit = record.attribution or record.title
        seen.setdefault(credit.rstrip("."), record.licence)
    listed = "; ".join(f"{credit} ({licence})" for credit, licence in seen.items())
    return f"Sources: {listed}." if listed else ""
