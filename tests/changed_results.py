"""A result with other tables, for tests of what is made of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from borderzone import datasets, incidents

if TYPE_CHECKING:
    from borderzone.study import StudyResult

# Where a table may stand: on the result itself, or in the answer to one of its questions.
_QUESTIONS = ("incidents", "patrol", "ground", "reach")


def changed(result: StudyResult, **values: Any) -> StudyResult:
    """Give a result in which tables, named as they are in it or in its answers, are others."""
    if "events" in values and "placed" not in values:
        # Events of other places lie in other regions.
        placed = incidents.regions(values["events"], admin1=datasets.admin1())
        values = {**values, "placed": placed}
    for name, value in values.items():
        if name in _names(result):
            result = replace(result, **{name: value})
        elif name == "border":
            result = replace(result, corridor=replace(result.corridor, border=value))
        else:
            question = next(q for q in _QUESTIONS if name in _names(getattr(result, q)))
            found = getattr(result, question)
            result = _answered(result, question, found.with_tables(**{name: value}))
    return result


def _answered(result: StudyResult, question: str, answer: Any) -> StudyResult:
    if question == "reach":
        question, answer = "ground", replace(result.ground, reach=answer)
    return replace(result, **{question: answer})


def _names(record: Any) -> set[str]:
    return {field.name for field in fields(record)} | set(getattr(record, "_put_off", ()))
