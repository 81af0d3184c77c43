"""What a study may say where layers are missing: no share, no "none", no "no", but reason and cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

from borderzone import figures
from borderzone.figures.grammar import figure_of
from borderzone.report import pictures
from borderzone.report.page import render_page
from borderzone.report.panel.build import made_panel
from borderzone.report.public import edition
from borderzone.report.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone.study import StudyResult

LAYERS = ("dem", "landcover", "karst", "origins", "incidents")
# Layer -> quantities that nobody knows without it.
TAKES = {
    "dem": ("remote", "caves", "times", "units"),
    "landcover": ("remote",),
    "karst": ("caves",),
    "origins": ("remote", "times"),
    "incidents": ("incidents",),
}
# Layer -> what brings it, in the words of whoever sits at the terminal.
CURES = {
    "dem": "`borderzone fetch dem ",
    "landcover": "`borderzone fetch landcover ",
    "karst": "as karst",
    "origins": "as origins",
    "incidents": "`borderzone fetch ucdp ",
}
# Quantity -> what is never said of it where it is unknown.
NEVER = {
    "remote": (
        r"\d ?% of (?:[^.:%]{0,80}s half of )?the corridor[^.;:]*\bremote desert",
        r"\bno (remote desert|segment is mostly remote|zone of remote)",
        r"\d+ zones? of remote desert",
        r"remote desert on 0 %",
    ),
    "caves": (
        r"\bno (zone of cave|cave-prone)",
        r"\d ?%[^.;]*in cave susceptibility",
        r"no soluble rock is mapped",
        r"caves on 0 %",
    ),
    "times": (
        r"half of the border is reached",
        r"no way leads",
        r"\d ?% of (?:[^.:%]{0,80}s half of )?the corridor is more than",
        r"stand in as the origins",
    ),
    "units": (r"\b\d[\d,]* (patrol )?units (or|out|on|and)\b", r"no number (of units )?is enough"),
    "incidents": (
        r"\d+ reported:",
        r"\bno (reported )?(incidents?|events?) (lie|fell|were|is|are)\b",
        r"\d+ of \d+ incidents",
    ),
}
_NOT_WORDS = r"(?<![\w.-])(nan|NaN|None(?! (of|reported))|inf|NaT|Infinity)(?![\w-])"


def faults(text: str, missing: Iterable[str]) -> list[str]:
    """List what a text tells of what nobody knows."""
    plain = " ".join(text.split())
    found = [match.group() for match in re.finditer(_NOT_WORDS, plain)]
    for quantity in {quantity for layer in missing for quantity in TAKES[layer]}:
        for pattern in NEVER[quantity]:
            found += [match.group() for match in re.finditer(pattern, plain, re.IGNORECASE)]
    return found


def uncured(text: str, missing: Iterable[str]) -> list[str]:
    """List the layers that are missing without a word on how to bring them."""
    plain = " ".join(text.split())
    return [layer for layer in missing if CURES[layer] not in plain]


def words_of(result: StudyResult) -> dict[str, str]:
    """Gather what figures say, drawn and described: every figure that the report has."""
    said = {}
    for plan in pictures.figure_specs(result, None):
        figure = figure_of(plan.draw(result))
        texts: list[Any] = figure.findobj(Text)
        drawn = [text.get_text() for text in texts if text.get_visible()]
        said[f"figure {plan.name}"] = "\n".join([*drawn, plan.title, plan.caption])
        said[f"alt {plan.name}"] = figures.alt_text(result, plan.name)
        figure.clear()
    return said


def page_of(result: StudyResult, detail: str = "public") -> str:
    """Give the words of the report without its pictures, tables included."""
    shown = edition(result, detail)
    page = render_page(shown, tables(shown), {}, None, made_panel(shown))
    page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    body = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body)
